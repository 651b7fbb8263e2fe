//! The counter's pages: documents from the catalogue, and what a receipt says.

use ubugoe_procedures::{Lang, Procedure, ProcedureId, calendar};
use ubugoe_view::{
    ComponentHandle, CounterAdapter, CounterDocument, CounterProcedure, DocumentMark, Page,
    Printer, ReceiptAdapter, ReceiptVerdict, Screen, ServicePage, ServiceWait,
};
use ubugoe_visit::{
    PrintTrouble,
    service::{Counter, CounterAt, Mark, Printed, Scanned, ServiceEvent, Verdict},
};

use super::{Around, Picture, nothing, shown, wait};
use crate::{
    core::{Input, Sender},
    presenters::words,
};

pub(super) fn page(counter: &Counter, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    match &counter.at {
        CounterAt::Home => shown(ServicePage::Counter, nothing()),
        CounterAt::Procedures => procedures(counter, around, lang),
        CounterAt::Documents(procedure) => documents(counter, procedure, around, lang),
        CounterAt::Receipt => shown(ServicePage::Receipt, nothing()),
        CounterAt::Verifying { .. } => wait(ServiceWait::Receipt),
        CounterAt::Verified(verdict) => verified(verdict, counter.print, around, lang),
    }
}

/// Procedures that ask for documents: what this device files first, then in the order of the line.
fn with_documents<'a>(around: &Around<'a>) -> Vec<&'a Procedure> {
    let mut found: Vec<&Procedure> = around
        .catalogue
        .procedures()
        .filter(|procedure| !procedure.attachments.is_empty() && procedure.has_form())
        .collect();
    found.sort_by_key(|procedure| (!procedure.bedside, procedure.order));
    found
}

fn procedures(counter: &Counter, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    let narrow = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let rows: Vec<CounterProcedure> = with_documents(around)
        .into_iter()
        .map(|procedure| {
            let noted = counter.marks.keys().filter(|(id, _)| *id == procedure.id);
            CounterProcedure {
                id: procedure.id.as_str().into(),
                title: procedure.title.get(lang).into(),
                noted: narrow(noted.count()),
                total: narrow(procedure.attachments.len()),
            }
        })
        .collect();
    shown(
        ServicePage::Procedures,
        Box::new(move |screen| {
            screen
                .global::<CounterAdapter>()
                .set_procedures(words::model(rows));
        }),
    )
}

fn documents(
    counter: &Counter,
    id: &ProcedureId,
    around: &Around<'_>,
    lang: Lang,
) -> (Page, Picture) {
    let procedure = around.catalogue.procedure(id);
    let attachments = procedure.map(|procedure| procedure.attachments.as_slice());
    let rows: Vec<CounterDocument> = attachments
        .unwrap_or_default()
        .iter()
        .map(|document| CounterDocument {
            id: document.id.as_str().into(),
            label: document.label.get(lang).into(),
            may_follow: document.may_follow,
            mark: match counter.marks.get(&(id.clone(), document.id.clone())) {
                None => DocumentMark::None,
                Some(Mark::Seen) => DocumentMark::Seen,
                Some(Mark::Copied) => DocumentMark::Copied,
                Some(Mark::Missing) => DocumentMark::Missing,
            },
        })
        .collect();
    let title = words::title(around.catalogue, id, lang);
    let printer = printer(counter.print);
    shown(
        ServicePage::Documents,
        Box::new(move |screen| {
            let page = screen.global::<CounterAdapter>();
            page.set_procedure(title.into());
            page.set_papers(words::model(rows));
            page.set_printer(printer);
        }),
    )
}

fn verified(verdict: &Verdict, print: Printed, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    let (kind, no, time, city, digest) = match verdict {
        Verdict::Genuine {
            arrival_no,
            arrived_at,
            recipient,
            digest,
        } => (
            ReceiptVerdict::Genuine,
            arrival_no.to_string(),
            arrived_at
                .map(|at| calendar::written_minute(at, lang.into()))
                .unwrap_or_default(),
            words::municipality(around.catalogue, *recipient, lang),
            words::short_digest(digest),
        ),
        Verdict::Altered => blank(ReceiptVerdict::Altered),
        Verdict::OtherCity => blank(ReceiptVerdict::OtherCity),
        Verdict::NotAReceipt => blank(ReceiptVerdict::NoReceipt),
    };
    let printer = printer(print);
    shown(
        ServicePage::Verified,
        Box::new(move |screen| {
            let page = screen.global::<ReceiptAdapter>();
            page.set_verdict(kind);
            page.set_arrival_no(no.into());
            page.set_time_text(time.into());
            page.set_city(city.into());
            page.set_digest(digest.into());
            screen.global::<CounterAdapter>().set_printer(printer);
        }),
    )
}

/// What the printer says of the page's sheet.
const fn printer(print: Printed) -> Printer {
    match print {
        Printed::No => Printer::Ready,
        Printed::Busy => Printer::Printing,
        Printed::Waiting(why) => match why {
            PrintTrouble::NoPaper => Printer::NoPaper,
            PrintTrouble::CoverOpen => Printer::CoverOpen,
            PrintTrouble::Busy => Printer::Busy,
            PrintTrouble::NoPrinter | PrintTrouble::Broken | PrintTrouble::Faulty => {
                Printer::Silent
            }
        },
        Printed::Done => Printer::Printed,
        Printed::Failed(PrintTrouble::NoPrinter) => Printer::Absent,
        Printed::Failed(_) => Printer::Failed,
    }
}

fn blank(kind: ReceiptVerdict) -> (ReceiptVerdict, String, String, String, String) {
    let empty = String::new;
    (kind, empty(), empty(), empty(), empty())
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<CounterAdapter>();
    page.set_procedures(words::model(Vec::new()));
    page.set_papers(words::model(Vec::new()));
    page.set_procedure("".into());
    page.set_printer(Printer::Ready);
    let page = screen.global::<ReceiptAdapter>();
    page.set_verdict(ReceiptVerdict::NoReceipt);
    page.set_arrival_no("".into());
    page.set_time_text("".into());
    page.set_city("".into());
    page.set_digest("".into());
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    use ServiceEvent as E;
    let tell = |event: E| {
        let send = to.clone();
        move || send.send(Input::Service(event.clone()))
    };
    let page = screen.global::<CounterAdapter>();
    page.on_documents(tell(E::DocumentsWanted));
    page.on_receipt(tell(E::ReceiptWanted));
    page.on_print(tell(E::PrintWanted));
    let send = to.clone();
    page.on_choose(move |id| {
        if let Ok(id) = id.parse() {
            send.send(Input::Service(E::ProcedureChosen(id)));
        }
    });
    let send = to.clone();
    page.on_mark(move |document, mark| {
        send.send(Input::Service(E::Marked {
            document: document.into(),
            mark: match mark {
                DocumentMark::None => None,
                DocumentMark::Seen => Some(Mark::Seen),
                DocumentMark::Copied => Some(Mark::Copied),
                DocumentMark::Missing => Some(Mark::Missing),
            },
        }));
    });
    let page = screen.global::<ReceiptAdapter>();
    page.on_again(tell(E::BackWanted));
    let send = to.clone();
    page.on_scanned(move |text| {
        send.send(Input::Service(E::ReceiptScanned(Scanned(text.into()))));
    });
}
