//! A visit that rests: kept for later, about to end by itself, covered for a nurse, guided by staff; and going on.

use ubugoe_procedures::{Tongue, calendar};
use ubugoe_view::{
    CalledAdapter, ComponentHandle, PausedAdapter, ResumeAdapter, Screen, StaffGuidesAdapter,
    StillThereAdapter,
};
use ubugoe_visit::{Event, SavedDraft, Timer, service::ServiceEvent};

use super::{Picture, words};
use crate::{
    clock,
    core::{Input, Sender},
};

fn moment(unix: i64, tongue: Tongue) -> String {
    clock::civil(unix)
        .map(|at| calendar::written_minute(at, tongue))
        .unwrap_or_default()
}

pub(super) fn paused(until: i64, answers: usize, card_present: bool, tongue: Tongue) -> Picture {
    let until = moment(until, tongue);
    Box::new(move |screen| {
        let page = screen.global::<PausedAdapter>();
        page.set_until_text(until.into());
        page.set_answers(words::count(answers));
        page.set_card_present(card_present);
    })
}

pub(super) fn resume(saved: &SavedDraft, tongue: Tongue) -> Picture {
    let (kept, until) = (moment(saved.kept, tongue), moment(saved.until, tongue));
    let answers = words::count(saved.answers());
    Box::new(move |screen| {
        let page = screen.global::<ResumeAdapter>();
        page.set_kept_text(kept.into());
        page.set_until_text(until.into());
        page.set_answers(answers);
    })
}

/// `keeps`: what was said will be kept. `fresh`: the wait begins now.
pub(super) fn still_there(keeps: bool, fresh: bool) -> Picture {
    let seconds = i32::try_from(Timer::StillThere.seconds()).unwrap_or(90);
    Box::new(move |screen| {
        let page = screen.global::<StillThereAdapter>();
        page.set_keeps(keeps);
        if fresh {
            page.set_total(seconds);
            page.set_seconds(seconds);
        }
    })
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<ResumeAdapter>();
    page.set_kept_text("".into());
    page.set_until_text("".into());
    page.set_answers(0);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let send = to.clone();
    let page = screen.global::<PausedAdapter>();
    page.on_finish(move || send.send(Input::Visit(Event::QuitWanted)));
    let send = to.clone();
    let page = screen.global::<StillThereAdapter>();
    page.on_go_on(move || send.send(Input::Visit(Event::ContinueWanted)));
    let send = to.clone();
    let page = screen.global::<CalledAdapter>();
    page.on_go_on(move || send.send(Input::Visit(Event::ContinueWanted)));
    let page = screen.global::<StaffGuidesAdapter>();
    let send = to.clone();
    page.on_staff(move || send.send(Input::Service(ServiceEvent::Wanted)));
    let send = to.clone();
    page.on_finish(move || send.send(Input::Visit(Event::QuitWanted)));
    let page = screen.global::<ResumeAdapter>();
    let send = to.clone();
    page.on_resume(move || send.send(Input::Visit(Event::ResumeWanted)));
    let send = to.clone();
    page.on_anew(move || send.send(Input::Visit(Event::BeginAnewWanted)));
}
