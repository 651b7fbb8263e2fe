//! "Is this you?": the four attributes as the card has them.

use ubugoe_procedures::{CardHolder, Tongue, calendar};
use ubugoe_view::{ComponentHandle, IdentityAdapter, Integrity as Shown, Screen};
use ubugoe_visit::{Event, Integrity};

use super::{Picture, words};
use crate::core::{Input, Sender};

pub(super) fn show(holder: &CardHolder, integrity: Integrity, tongue: Tongue) -> Picture {
    let (name, address) = (holder.name.clone(), holder.address.clone());
    let birth = calendar::written(holder.birth, tongue);
    let sex = words::sex(holder.sex);
    let integrity = match integrity {
        Integrity::Proven => Shown::Ok,
        Integrity::IssuerUnknown | Integrity::NotChecked | Integrity::Broken => Shown::Unchecked,
    };
    Box::new(move |screen| {
        let page = screen.global::<IdentityAdapter>();
        page.set_name(name.into());
        page.set_address(address.into());
        page.set_birth_text(birth.into());
        page.set_sex(sex);
        page.set_integrity(integrity);
    })
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<IdentityAdapter>();
    page.set_name("".into());
    page.set_address("".into());
    page.set_birth_text("".into());
    page.set_sex(ubugoe_view::Sex::Unknown);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<IdentityAdapter>();
    let send = to.clone();
    page.on_yes(move || send.send(Input::Visit(Event::IdentityConfirmed)));
    let send = to.clone();
    page.on_not_me(move || send.send(Input::Visit(Event::QuitWanted)));
}
