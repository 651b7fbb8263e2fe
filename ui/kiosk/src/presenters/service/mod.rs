//! Staff's pages: which one is shown, and what stands on it. One file per group of pages, as `ui/view` has them.

mod counter;
mod errand;
mod form;
mod sign_in;
mod technician;
mod ward;
mod wiping;

pub(crate) use form::certificate_field;
use ubugoe_procedures::Lang;
use ubugoe_view::{ComponentHandle, Page, Screen, ServiceAdapter, ServicePage, ServiceWait};
use ubugoe_visit::{
    ServiceFailure, Stage, State,
    service::{self, Service, Staff},
};

use super::{Around, Picture};
use crate::core::{Input, Sender};

/// The page of a session of staff.
pub(super) fn page(service: &Service, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    let (page, draw) = match service {
        Service::None => (Page::Resting, nothing()),
        Service::SignIn(at) => sign_in::page(at, around),
        Service::Refused(failure) => trouble(*failure, false),
        Service::Ward(ward) => ward::page(ward, around, lang),
        Service::Counter(counter) => counter::page(counter, around, lang),
        Service::Technician(at) => technician::page(at, around, lang),
    };
    let who = service.who().map(signed_in).unwrap_or_default();
    let picture: Picture = Box::new(move |screen| {
        screen.global::<ServiceAdapter>().set_who(who.into());
        draw(screen);
    });
    (page, picture)
}

/// Whether the quiet control that lets staff in is shown.
pub(super) fn entry(state: &State) -> bool {
    !state.service.is_open() && service::may_open(&state.stage)
}

/// Whether a mother waits behind a neutral page that only staff open.
pub(super) fn waiting(state: &State) -> bool {
    matches!(state.stage, Stage::StaffGuides { .. })
}

fn signed_in(staff: &Staff) -> String {
    format!("{}（{}）", staff.name, staff.number.as_str())
}

fn nothing() -> Picture {
    Box::new(|_| {})
}

/// One of the staff pages.
fn shown(page: ServicePage, draw: Picture) -> (Page, Picture) {
    let picture: Picture = Box::new(move |screen| {
        draw(screen);
        screen.global::<ServiceAdapter>().set_page(page);
    });
    (Page::Service, picture)
}

fn wait(what: ServiceWait) -> (Page, Picture) {
    shown(
        ServicePage::Wait,
        Box::new(move |screen| screen.global::<ServiceAdapter>().set_wait(what)),
    )
}

/// `kept`: something was typed that goes on afterwards.
fn trouble(failure: ServiceFailure, kept: bool) -> (Page, Picture) {
    shown(
        ServicePage::Trouble,
        Box::new(move |screen| {
            let page = screen.global::<ServiceAdapter>();
            page.set_code(failure.code().into());
            page.set_kept(kept);
        }),
    )
}

/// Empties everything that staff's pages showed.
pub(super) fn wipe(screen: &Screen) {
    screen.global::<ServiceAdapter>().set_who("".into());
    sign_in::wipe(screen);
    ward::wipe(screen);
    form::wipe(screen);
    counter::wipe(screen);
    technician::wipe(screen);
    errand::wipe(screen);
    wiping::wipe(screen);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    use service::ServiceEvent as E;
    let page = screen.global::<ServiceAdapter>();
    let tell = |event: E| {
        let send = to.clone();
        move || send.send(Input::Service(event.clone()))
    };
    page.on_wanted(tell(E::Wanted));
    page.on_back(tell(E::BackWanted));
    page.on_close(tell(E::Closed));
    page.on_touched(tell(E::Touched));
    page.on_refresh(tell(E::RefreshWanted));
    sign_in::bind(screen, to);
    ward::bind(screen, to);
    form::bind(screen, to);
    counter::bind(screen, to);
    technician::bind(screen, to);
    errand::bind(screen, to);
    wiping::bind(screen, to);
}
