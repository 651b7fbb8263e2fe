//! The way on paper: which office, until when, and the printer. Nothing that was said is on it.

use ubugoe_procedures::{Tongue, calendar};
use ubugoe_view::{ComponentHandle, PaperAdapter, PaperReason, Printer, Screen};
use ubugoe_visit::{Event, Failure, Print, Reach, Sheet, Stage};

use super::{Around, Picture};
use crate::core::{Input, Sender};

/// A printer on the screen, if there is one.
pub(super) fn printer(print: Print, there: bool) -> Printer {
    if !there {
        return Printer::Absent;
    }
    match print {
        Print::Nothing => Printer::Ready,
        Print::Busy(_) => Printer::Printing,
        Print::Waiting(_, Failure::PrinterNoPaper) => Printer::NoPaper,
        Print::Waiting(_, Failure::PrinterCoverOpen) => Printer::CoverOpen,
        Print::Waiting(_, Failure::PrinterBusy) => Printer::Busy,
        Print::Waiting(..) => Printer::Silent,
        Print::Asked(_) => Printer::Asking,
        Print::Missing(_) => Printer::Missing,
        Print::Done(_) => Printer::Printed,
        Print::Failed(_, Failure::NoPrinter) => Printer::Absent,
        Print::Failed(..) => Printer::Failed,
    }
}

/// Whether what is known of somebody stands on the forms.
fn filled(was: &Stage) -> bool {
    match was {
        Stage::Following { after, .. } => !after.forms.0.is_empty(),
        other => other.draft().is_some(),
    }
}

pub(super) fn show(was: &Stage, print: Print, around: &Around<'_>, tongue: Tongue) -> Picture {
    let profile = around.catalogue.profile(&around.birthplace);
    let text = |text: Option<&ubugoe_procedures::Text>| {
        text.map(|text| text.get(tongue.lang()).to_owned())
            .unwrap_or_default()
    };
    let desk = profile.map(|profile| &profile.counter);
    let office = text(desk.map(|desk| &desk.name));
    let address = text(desk.map(|desk| &desk.place));
    let hours = text(desk.map(|desk| &desk.hours));
    let phone = desk.map(|desk| desk.tel.clone()).unwrap_or_default();
    let due = first_day(was).and_then(|first| {
        let days = around.today?.until(first).ok()?.get_days();
        Some((first, days))
    });
    let reach = Reach {
        online: around.online,
        offline_long: around.offline_long,
    };
    let near = due.is_some_and(|(_, days)| days <= reach.near());
    let reason = match was {
        Stage::Trouble { .. } | Stage::CardWanted => PaperReason::Card,
        _ if near && !around.online => PaperReason::Network,
        _ if near => PaperReason::Deadline,
        _ => PaperReason::Chosen,
    };
    let (filled, printer) = (filled(was), printer(print, around.printers.1));
    let day = due.map(|(day, _)| calendar::written(day, tongue));
    Box::new(move |screen| {
        let page = screen.global::<PaperAdapter>();
        page.set_reason(reason);
        page.set_due_text(day.unwrap_or_default().into());
        page.set_due_days(due.map(|(_, days)| days).unwrap_or_default());
        page.set_office(office.into());
        page.set_office_address(address.into());
        page.set_office_phone(phone.into());
        page.set_office_hours(hours.into());
        page.set_filled(filled);
        page.set_printer(printer);
        page.set_can_return(true);
    })
}

/// The first day until which something of this visit is taken in time, and has not arrived.
fn first_day(was: &Stage) -> Option<jiff::civil::Date> {
    if let Stage::Following { deliveries, .. } = was {
        return ubugoe_visit::first_due(deliveries);
    }
    let dues = was.draft()?.forms.iter().filter(|form| form.chosen);
    dues.filter_map(|form| form.due)
        .map(|due| due.open_until)
        .min()
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<PaperAdapter>();
    let send = to.clone();
    page.on_print(move || send.send(Input::Visit(Event::PrintWanted(Sheet::Paper))));
    let send = to.clone();
    page.on_stop(move || send.send(Input::Visit(Event::PrintStopped)));
    let send = to.clone();
    page.on_seen(move |seen| send.send(Input::Visit(Event::PrintSeen(seen))));
    let send = to.clone();
    page.on_back(move || send.send(Input::Visit(Event::BackWanted)));
    let send = to.clone();
    page.on_finish(move || send.send(Input::Visit(Event::QuitWanted)));
}
