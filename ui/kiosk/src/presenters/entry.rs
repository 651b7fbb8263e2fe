//! The pages before the card: the resting screen, what will happen, and the card itself.

use ubugoe_view::{CardAdapter, ComponentHandle, NoticeAdapter, RestingAdapter, Screen};
use ubugoe_visit::Event;

use super::{Around, Picture, words};
use crate::core::{Input, Sender};

pub(super) fn resting(around: &Around<'_>) -> Picture {
    let (room, open) = (around.has_room, !around.closed);
    Box::new(move |screen| {
        let page = screen.global::<RestingAdapter>();
        // A missing reader or service is a trouble page of its own; here both are well.
        page.set_reader_ok(true);
        page.set_service_ok(true);
        page.set_room_ok(room);
        page.set_open(open);
    })
}

pub(super) fn notice(around: &Around<'_>, lang: ubugoe_procedures::Lang) -> Picture {
    let city = words::municipality(around.catalogue, around.birthplace, lang);
    let hours = words::kept_hours(around);
    Box::new(move |screen| {
        let page = screen.global::<NoticeAdapter>();
        page.set_city(city.into());
        page.set_kept_hours(hours);
    })
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<RestingAdapter>();
    let send = to.clone();
    page.on_begin(move || send.send(Input::Visit(Event::BeginWanted)));
    let send = to.clone();
    page.on_staff(move || {
        send.send(Input::Service(ubugoe_visit::service::ServiceEvent::Wanted));
    });
    let page = screen.global::<NoticeAdapter>();
    let send = to.clone();
    page.on_understood(move || send.send(Input::Visit(Event::NoticeRead)));
    let send = to.clone();
    page.on_stop(move || send.send(Input::Visit(Event::QuitWanted)));
    let send = to.clone();
    page.on_other_parent(move || send.send(Input::Visit(Event::SecondWanted)));
    let page = screen.global::<CardAdapter>();
    let send = to.clone();
    page.on_no_card(move || send.send(Input::Visit(Event::PaperWanted)));
    let send = to.clone();
    page.on_back(move || send.send(Input::Visit(Event::BackWanted)));
}
