//! How far the filings have come: stored, arrived, decided. The words for each are the view's.

use ubugoe_procedures::{Tongue, calendar};
use ubugoe_view::{
    ComponentHandle, FilingState, OutcomeAdapter, OutcomeAdvice, OutcomeFiling, OutcomeSheet,
    Screen,
};
use ubugoe_visit::{
    Aftercare, Delivery, DeliveryState, Event, FollowingPage, PaperAdvice, Reach, Sheet,
    carried_advice,
};

use super::{Around, Picture, paper, words};
use crate::{
    clock,
    core::{Input, Sender},
};

pub(super) fn show(
    deliveries: &[Delivery],
    after: &Aftercare,
    around: &Around<'_>,
    tongue: Tongue,
) -> Picture {
    let rows: Vec<OutcomeFiling> = deliveries.iter().map(|d| row(d, around, tongue)).collect();
    let status = deliveries.iter().find_map(|d| d.status_url.clone());
    let receipt = deliveries.iter().find_map(|d| d.receipt_text.clone());
    // The second code is another way to the same page; a protected family has none.
    let second = !after.protected && status.is_some();
    let (page_of, printer) = (after.page, paper::printer(after.print, around.printers.0));
    let pages = around.printers.1;
    let sheet = match page_of {
        FollowingPage::Receipts | FollowingPage::Voice => OutcomeSheet::None,
        FollowingPage::HandOver => OutcomeSheet::Phone,
        FollowingPage::OtherParent => OutcomeSheet::SecondParent,
    };
    let reach = Reach {
        online: around.online,
        offline_long: around.offline_long,
    };
    let (advice, day) = match carried_advice(deliveries, around.today, reach) {
        PaperAdvice::NotNeeded => (OutcomeAdvice::None, None),
        PaperAdvice::Soon { open_until } => (OutcomeAdvice::Soon, Some(open_until)),
        PaperAdvice::Now { open_until } => (OutcomeAdvice::Now, Some(open_until)),
        PaperAdvice::Late { open_until } => (OutcomeAdvice::Late, Some(open_until)),
    };
    let day = day.map(|day| calendar::written(day, tongue));
    let fresh = around.fresh;
    Box::new(move |screen| {
        let page = screen.global::<OutcomeAdapter>();
        let code = |text: Option<&str>| text.and_then(words::qr).unwrap_or_default();
        page.set_filings(words::model(rows));
        page.set_advice(advice);
        page.set_advice_day(day.unwrap_or_default().into());
        page.set_qr(code(status.as_deref()));
        page.set_receipt_qr(code(receipt.as_deref()));
        page.set_phone_qr(code(status.as_deref()));
        page.set_second_parent_possible(second);
        page.set_second_qr(code(status.as_deref().filter(|_| second)));
        page.set_printer(printer);
        page.set_can_print_paper(pages);
        page.set_comment_possible(true);
        if fresh {
            page.set_sheet(sheet);
        }
    })
}

fn row(delivery: &Delivery, around: &Around<'_>, tongue: Tongue) -> OutcomeFiling {
    let lang = tongue.lang();
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
            .map(|at| calendar::written_minute(at, tongue))
            .unwrap_or_default()
            .into(),
        reason: reason.into(),
        digest: words::short_digest(&delivery.digest).into(),
        whom: delivery.child.map(words::place).unwrap_or_default().into(),
    }
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<OutcomeAdapter>();
    page.set_filings(words::model(Vec::new()));
    page.set_advice(OutcomeAdvice::None);
    page.set_advice_day("".into());
    page.set_qr(ubugoe_view::Image::default());
    page.set_receipt_qr(ubugoe_view::Image::default());
    page.set_phone_qr(ubugoe_view::Image::default());
    page.set_second_qr(ubugoe_view::Image::default());
    page.set_sheet(OutcomeSheet::None);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<OutcomeAdapter>();
    let send = to.clone();
    page.on_finish(move || send.send(Input::Visit(Event::QuitWanted)));
    let send = to.clone();
    page.on_sheet_opened(move |sheet| {
        let page = match sheet {
            OutcomeSheet::None | OutcomeSheet::Receipt => FollowingPage::Receipts,
            OutcomeSheet::Phone => FollowingPage::HandOver,
            OutcomeSheet::SecondParent => FollowingPage::OtherParent,
        };
        send.send(Input::Visit(Event::PageWanted(page)));
    });
    let send = to.clone();
    page.on_print(move || send.send(Input::Visit(Event::PrintWanted(Sheet::Receipt))));
    let send = to.clone();
    page.on_stop_printing(move || send.send(Input::Visit(Event::PrintStopped)));
    let send = to.clone();
    page.on_print_seen(move |seen| send.send(Input::Visit(Event::PrintSeen(seen))));
    let send = to.clone();
    page.on_paper(move || send.send(Input::Visit(Event::PaperWanted)));
    let send = to.clone();
    page.on_comment(move || send.send(Input::Visit(Event::PageWanted(FollowingPage::Voice))));
}
