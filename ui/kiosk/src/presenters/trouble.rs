//! A failure: its code, and whether trying again is offered. The sentences are the view's.

use ubugoe_view::{ComponentHandle, Screen, TroubleAdapter, TroubleKind};
use ubugoe_visit::{Event, Failure};

use super::Picture;
use crate::core::{Input, Sender};

pub(super) fn show(failure: Failure, retry: bool) -> Picture {
    let kind = if retry {
        TroubleKind::Retry
    } else {
        way_on(failure)
    };
    // What the counter alone can mend can be filed on paper.
    let paper = way_on(failure) == TroubleKind::Counter;
    Box::new(move |screen| {
        let page = screen.global::<TroubleAdapter>();
        page.set_code(failure.code().into());
        page.set_kind(kind);
        page.set_can_paper(paper);
    })
}

/// Who helps when trying again does not: the ward's staff, or the municipal counter.
const fn way_on(failure: Failure) -> TroubleKind {
    match failure {
        Failure::CardExpired
        | Failure::AttributesPinLocked
        | Failure::AttributesPinLastTry
        | Failure::SignPasswordLocked
        | Failure::SignPasswordLastTry
        | Failure::NoSignCertificate
        | Failure::SignCertificateInvalid
        | Failure::SignerDiffers => TroubleKind::Counter,
        _ => TroubleKind::Staff,
    }
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<TroubleAdapter>();
    let send = to.clone();
    page.on_retry(move || send.send(Input::Visit(Event::RetryWanted)));
    let send = to.clone();
    page.on_finish(move || send.send(Input::Visit(Event::QuitWanted)));
    let send = to.clone();
    page.on_paper(move || send.send(Input::Visit(Event::PaperWanted)));
}
