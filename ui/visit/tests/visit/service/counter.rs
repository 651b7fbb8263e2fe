//! The counter of a city hall.

use ubugoe_visit::PrintTrouble;
use ubugoe_visit::service::{
    CounterAt, Mark, Print, Printed, Scanned, Service, ServiceEffect, ServiceEvent, Verdict,
};

use super::Desk;

fn genuine() -> Verdict {
    Verdict::Genuine {
        arrival_no: 417,
        arrived_at: None,
        recipient: "991015".parse().unwrap(),
        digest: [7; 32],
    }
}

fn marks(desk: &Desk) -> usize {
    match &desk.state.service {
        Service::Counter(counter) => counter.marks.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn documents_are_those_that_the_catalogue_asks_for_and_a_note_can_be_taken_back() {
    let mut desk = Desk::counter();
    desk.tell(ServiceEvent::DocumentsWanted)
        .tell(ServiceEvent::ProcedureChosen(
            "jido_teate_nintei".parse().unwrap(),
        ));
    assert_eq!(desk.page(), "counter-documents");
    let mark = |document: &str, mark| ServiceEvent::Marked {
        document: document.to_owned(),
        mark,
    };
    desk.tell(mark("account", Some(Mark::Seen)))
        .tell(mark("account", Some(Mark::Copied)))
        .tell(mark("certificate", Some(Mark::Seen)));
    assert_eq!(
        marks(&desk),
        1,
        "another form's document is not on this page"
    );
    desk.tell(mark("account", None));
    assert_eq!(marks(&desk), 0);
}

#[test]
fn a_procedure_without_documents_has_no_page() {
    let mut desk = Desk::counter();
    desk.tell(ServiceEvent::DocumentsWanted)
        .tell(ServiceEvent::ProcedureChosen(
            "juminhyo_kisai".parse().unwrap(),
        ));
    assert_eq!(desk.page(), "counter-procedures");
}

#[test]
fn a_receipt_is_verified_and_the_next_may_be_scanned_at_once() {
    let mut desk = Desk::counter();
    desk.tell(ServiceEvent::ReceiptWanted)
        .tell(ServiceEvent::ReceiptScanned(Scanned(
            "UBUGOE1:…".to_owned(),
        )));
    assert_eq!(desk.page(), "counter-verifying");
    let ask = desk.ask();
    desk.tell(ServiceEvent::ReceiptChecked {
        ask,
        verdict: Verdict::Altered,
    });
    assert_eq!(desk.page(), "counter-verified");
    desk.tell(ServiceEvent::PrintWanted);
    assert!(
        desk.effects.is_empty(),
        "what is not genuine is not printed"
    );
    desk.tell(ServiceEvent::ReceiptScanned(Scanned(
        "UBUGOE1:…".to_owned(),
    )));
    let late = ServiceEvent::ReceiptChecked {
        ask,
        verdict: Verdict::OtherCity,
    };
    desk.tell(late);
    assert_eq!(
        desk.page(),
        "counter-verifying",
        "an older answer is dropped"
    );
}

#[test]
fn printing_is_asked_for_and_answered_with_there_is_no_printer() {
    let mut desk = Desk::counter();
    desk.tell(ServiceEvent::ReceiptWanted)
        .tell(ServiceEvent::ReceiptScanned(Scanned(String::new())));
    let ask = desk.ask();
    desk.tell(ServiceEvent::ReceiptChecked {
        ask,
        verdict: genuine(),
    })
    .tell(ServiceEvent::PrintWanted);
    assert!(desk.effects.contains(&ServiceEffect::Print(Print::Receipt)));
    assert_eq!(printed(&desk), Printed::Busy);
    desk.tell(ServiceEvent::PrintMoved(Printed::Failed(
        PrintTrouble::NoPrinter,
    )));
    assert!(matches!(
        &desk.state.service,
        Service::Counter(counter) if counter.at == CounterAt::Verified(genuine())
    ));
    assert_eq!(printed(&desk), Printed::Failed(PrintTrouble::NoPrinter));
}

fn printed(desk: &Desk) -> Printed {
    match &desk.state.service {
        Service::Counter(counter) => counter.print,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sheet_ends_with_its_page_and_late_news_of_it_are_dropped() {
    let at_the_printer = || {
        let mut desk = Desk::counter();
        desk.tell(ServiceEvent::DocumentsWanted)
            .tell(ServiceEvent::ProcedureChosen(
                "jido_teate_nintei".parse().unwrap(),
            ))
            .tell(ServiceEvent::PrintWanted);
        assert!(
            desk.effects
                .contains(&ServiceEffect::Print(Print::Documents))
        );
        desk.tell(ServiceEvent::PrintMoved(Printed::Waiting(
            PrintTrouble::NoPaper,
        )));
        desk
    };
    // the same key again, another mark, another page
    for leave in [
        ServiceEvent::PrintWanted,
        ServiceEvent::Marked {
            document: "account".to_owned(),
            mark: Some(Mark::Seen),
        },
        ServiceEvent::BackWanted,
    ] {
        let mut desk = at_the_printer();
        desk.tell(leave.clone());
        assert!(
            desk.effects.contains(&ServiceEffect::StopPrinting),
            "{leave:?}"
        );
        desk.tell(ServiceEvent::PrintMoved(Printed::Done));
        assert_eq!(printed(&desk), Printed::No, "{leave:?}");
    }
    let mut desk = at_the_printer();
    desk.tell(ServiceEvent::PrintMoved(Printed::Done));
    assert_eq!(printed(&desk), Printed::Done);
    desk.tell(ServiceEvent::PrintWanted);
    assert_eq!(printed(&desk), Printed::Busy, "once more");
    desk.tell(ServiceEvent::Closed);
    assert!(desk.effects.contains(&ServiceEffect::Wipe));
}

#[test]
fn the_text_of_a_receipt_is_shown_by_no_debugger_and_kept_in_no_state() {
    let text = "UBUGOE1:SECRET-TOKEN";
    let scanned = ServiceEvent::ReceiptScanned(Scanned(text.to_owned()));
    assert!(!format!("{scanned:?}").contains("SECRET"));
    let mut desk = Desk::counter();
    desk.tell(ServiceEvent::ReceiptWanted).tell(scanned);
    assert!(!format!("{:?}", desk.state).contains("SECRET"));
}
