//! The end of a device: what it comes to, why it waits, what was done.

use ubugoe_view::{ComponentHandle, Page, Screen, ServicePage, WipeAdapter};
use ubugoe_visit::{
    ServiceFailure,
    service::{ErrandDone, ServiceEvent},
};

use super::{Picture, shown};
use crate::core::{Input, Sender};

pub(super) fn sure(stick: &str, digits: &str, mistyped: bool, waiting: usize) -> (Page, Picture) {
    let (stick, digits) = (stick.to_owned(), digits.to_owned());
    shown(
        ServicePage::Sure,
        Box::new(move |screen| {
            let page = screen.global::<WipeAdapter>();
            // Other digits: what was typed was for the ones before.
            if page.get_digits() != digits.as_str() {
                page.set_typed("".into());
            }
            page.set_stick(stick.into());
            page.set_waiting(waiting.to_string().into());
            page.set_digits(digits.into());
            page.set_mistyped(mistyped);
        }),
    )
}

pub(super) fn held(failure: ServiceFailure, stick: &str) -> (Page, Picture) {
    let stick = stick.to_owned();
    shown(
        ServicePage::Held,
        Box::new(move |screen| {
            let page = screen.global::<WipeAdapter>();
            page.set_code(failure.code().into());
            page.set_whole(failure != ServiceFailure::WipeStuck);
            page.set_stick(stick.into());
        }),
    )
}

pub(super) fn done(done: &ErrandDone) -> (Page, Picture) {
    let done = done.clone();
    shown(
        ServicePage::Wiped,
        Box::new(move |screen| {
            let page = screen.global::<WipeAdapter>();
            if let ErrandDone::Wiped {
                device,
                files,
                exported,
                record,
                on_stick,
                told,
            } = done
            {
                page.set_device(device.into());
                page.set_files(files.to_string().into());
                page.set_exported(exported.to_string().into());
                page.set_record(record.into());
                page.set_on_stick(on_stick);
                page.set_told(told);
            }
        }),
    )
}

/// Nothing typed stays behind.
pub(super) fn forget(screen: &Screen) {
    let page = screen.global::<WipeAdapter>();
    page.set_typed("".into());
    page.set_digits("".into());
}

pub(super) fn wipe(screen: &Screen) {
    forget(screen);
    let page = screen.global::<WipeAdapter>();
    for empty in [
        WipeAdapter::set_stick,
        WipeAdapter::set_waiting,
        WipeAdapter::set_code,
        WipeAdapter::set_device,
        WipeAdapter::set_files,
        WipeAdapter::set_exported,
        WipeAdapter::set_record,
    ] {
        empty(&page, "".into());
    }
    page.set_mistyped(false);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let send = to.clone();
    screen.global::<WipeAdapter>().on_sure(move |typed| {
        send.send(Input::Service(ServiceEvent::WipeWanted(typed.into())));
    });
}
