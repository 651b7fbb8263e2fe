//! How far the filings have come: stored, arrived, decided. The words for each are the view's.

use ubugoe_procedures::Lang;
use ubugoe_view::{ComponentHandle, FilingState, OutcomeAdapter, OutcomeFiling, Screen};
use ubugoe_visit::{Delivery, DeliveryState, Event};

use super::{Around, Picture, words};
use crate::{
    clock,
    core::{Input, Sender},
};

pub(super) fn show(deliveries: &[Delivery], around: &Around<'_>, lang: Lang) -> Picture {
    let rows: Vec<OutcomeFiling> = deliveries.iter().map(|d| row(d, around, lang)).collect();
    let receipt = deliveries.iter().find_map(|d| d.status_url.clone());
    Box::new(move |screen| {
        let page = screen.global::<OutcomeAdapter>();
        page.set_filings(words::model(rows));
        page.set_qr(receipt.as_deref().and_then(words::qr).unwrap_or_default());
    })
}

fn row(delivery: &Delivery, around: &Around<'_>, lang: Lang) -> OutcomeFiling {
    let (state, reason) = match &delivery.state {
        DeliveryState::Stored => (FilingState::Stored, ""),
        DeliveryState::Sent => (FilingState::Sending, ""),
        DeliveryState::Arrived => (FilingState::Arrived, ""),
        DeliveryState::Accepted => (FilingState::Accepted, ""),
        DeliveryState::Returned { reason } => (FilingState::Returned, reason.as_str()),
        DeliveryState::Refused { reason } => (FilingState::Refused, reason.as_str()),
    };
    let at = delivery.arrived_at.and_then(clock::civil);
    OutcomeFiling {
        title: words::title(around.catalogue, &delivery.procedure, lang).into(),
        to: words::municipality(around.catalogue, delivery.recipient, lang).into(),
        state,
        arrival_no: delivery
            .arrival_no
            .map(|n| n.to_string())
            .unwrap_or_default()
            .into(),
        time_text: at
            .map(|at| words::date_time(at, lang))
            .unwrap_or_default()
            .into(),
        reason: reason.into(),
        digest: words::short_digest(&delivery.digest).into(),
        ..OutcomeFiling::default()
    }
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<OutcomeAdapter>();
    page.set_filings(words::model(Vec::new()));
    page.set_qr(ubugoe_view::Image::default());
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let send = to.clone();
    screen
        .global::<OutcomeAdapter>()
        .on_finish(move || send.send(Input::Visit(Event::QuitWanted)));
}
