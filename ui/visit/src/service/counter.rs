//! The counter of a city hall: documents beside the forms, and receipts.

use ubugoe_procedures::ProcedureId;

use super::{
    Ask, Counter, CounterAt, Mark, Moved, Print, Printed, Scanned, Service, ServiceContext,
    ServiceEffect, Verdict, close, stay,
};

/// The counter with another page.
fn at(mut counter: Box<Counter>, at: CounterAt) -> Moved {
    let mut effects = leave_sheet(&mut counter);
    counter.at = at;
    effects.push(ServiceEffect::Await);
    (Service::Counter(counter), effects)
}

/// A page's sheet ends with the page.
fn leave_sheet(counter: &mut Counter) -> Vec<ServiceEffect> {
    let under_way = counter.print.is_under_way();
    counter.print = Printed::No;
    if under_way {
        vec![ServiceEffect::StopPrinting]
    } else {
        Vec::new()
    }
}

pub(super) fn back(counter: Box<Counter>) -> Moved {
    match counter.at {
        CounterAt::Home => close(&Service::Counter(counter)),
        CounterAt::Procedures | CounterAt::Receipt | CounterAt::Verifying { .. } => {
            at(counter, CounterAt::Home)
        }
        CounterAt::Documents(_) => at(counter, CounterAt::Procedures),
        CounterAt::Verified(_) => at(counter, CounterAt::Receipt),
    }
}

pub(super) fn documents_wanted(service: Service) -> Moved {
    let Service::Counter(counter) = service else {
        return stay(service);
    };
    at(counter, CounterAt::Procedures)
}

pub(super) fn procedure_chosen(
    service: Service,
    procedure: ProcedureId,
    cx: &ServiceContext<'_>,
) -> Moved {
    let Service::Counter(counter) = service else {
        return stay(service);
    };
    let known = cx
        .catalogue
        .procedure(&procedure)
        .is_some_and(|found| !found.attachments.is_empty());
    if counter.at != CounterAt::Procedures || !known {
        return stay(Service::Counter(counter));
    }
    at(counter, CounterAt::Documents(procedure))
}

pub(super) fn marked(
    service: Service,
    document: String,
    mark: Option<Mark>,
    cx: &ServiceContext<'_>,
) -> Moved {
    let Service::Counter(mut counter) = service else {
        return stay(service);
    };
    let CounterAt::Documents(procedure) = &counter.at else {
        return stay(Service::Counter(counter));
    };
    let asked = cx
        .catalogue
        .procedure(procedure)
        .is_some_and(|found| found.attachments.iter().any(|one| one.id == document));
    if !asked {
        return stay(Service::Counter(counter));
    }
    let key = (procedure.clone(), document);
    match mark {
        Some(mark) => counter.marks.insert(key, mark),
        None => counter.marks.remove(&key),
    };
    // what is being printed says otherwise
    let mut effects = leave_sheet(&mut counter);
    effects.push(ServiceEffect::Await);
    (Service::Counter(counter), effects)
}

pub(super) fn receipt_wanted(service: Service) -> Moved {
    let Service::Counter(counter) = service else {
        return stay(service);
    };
    at(counter, CounterAt::Receipt)
}

/// A scanner may type the next receipt while the last one's words are still on the screen.
pub(super) fn receipt_scanned(service: Service, text: Scanned, cx: &ServiceContext<'_>) -> Moved {
    let Service::Counter(mut counter) = service else {
        return stay(service);
    };
    match counter.at {
        CounterAt::Receipt | CounterAt::Verified(_) => {
            let ask = cx.desk.ask;
            let mut effects = leave_sheet(&mut counter);
            counter.at = CounterAt::Verifying { ask };
            effects.extend([
                ServiceEffect::CheckReceipt { ask, text },
                ServiceEffect::Await,
            ]);
            (Service::Counter(counter), effects)
        }
        CounterAt::Home
        | CounterAt::Procedures
        | CounterAt::Documents(_)
        | CounterAt::Verifying { .. } => stay(Service::Counter(counter)),
    }
}

pub(super) fn receipt_checked(service: Service, answered: Ask, verdict: Verdict) -> Moved {
    let Service::Counter(counter) = service else {
        return stay(service);
    };
    if counter.at != (CounterAt::Verifying { ask: answered }) {
        return stay(Service::Counter(counter));
    }
    at(counter, CounterAt::Verified(verdict))
}

pub(super) fn print_wanted(service: Service) -> Moved {
    let Service::Counter(mut counter) = service else {
        return stay(service);
    };
    let what = match counter.at {
        CounterAt::Documents(_) => Print::Documents,
        CounterAt::Verified(Verdict::Genuine { .. }) => Print::Receipt,
        CounterAt::Home
        | CounterAt::Procedures
        | CounterAt::Receipt
        | CounterAt::Verifying { .. }
        | CounterAt::Verified(Verdict::Altered | Verdict::OtherCity | Verdict::NotAReceipt) => {
            return stay(Service::Counter(counter));
        }
    };
    if counter.print.is_under_way() {
        let mut effects = leave_sheet(&mut counter);
        effects.push(ServiceEffect::Await);
        return (Service::Counter(counter), effects);
    }
    counter.print = Printed::Busy;
    (
        Service::Counter(counter),
        vec![ServiceEffect::Print(what), ServiceEffect::Await],
    )
}

/// News of a sheet that was taken back meanwhile are dropped.
pub(super) fn print_moved(service: Service, print: Printed) -> Moved {
    let Service::Counter(mut counter) = service else {
        return stay(service);
    };
    if counter.print.is_under_way() {
        counter.print = print;
    }
    stay(Service::Counter(counter))
}
