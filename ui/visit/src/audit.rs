//! The audit record of a step, derived from the state before and the state after.
//!
//! It says what happened, never to whom: no name, no address, no answer, no certificate number.

use crate::{DeliveryState, Failure, Print, Second, Stage, State};

/// One line of the device's audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Record {
    /// The stage before.
    pub from: &'static str,
    /// The stage after.
    pub to: &'static str,
    /// The failure code that the screen shows after the step.
    pub code: Option<&'static str>,
    /// How many filings have a receipt after the step.
    pub arrived: usize,
}

/// The record of a step, or `None` where nothing worth keeping changed.
#[must_use]
pub fn record(before: &State, after: &State) -> Option<Record> {
    let (from, to) = (name(&before.stage), name(&after.stage));
    let (had, has) = (arrived(&before.stage), arrived(&after.stage));
    let code = failure(&after.stage).map(Failure::code);
    if from == to && had == has && code == failure(&before.stage).map(Failure::code) {
        return None;
    }
    Some(Record {
        from,
        to,
        code,
        arrived: has,
    })
}

/// The failure whose page a stage shows.
#[must_use]
pub fn failure(stage: &Stage) -> Option<Failure> {
    match stage {
        Stage::Trouble { failure, .. } => Some(*failure),
        Stage::CardAway { another: false, .. } => Some(Failure::CardTakenAway),
        Stage::CardAway { another: true, .. } => Some(Failure::AnotherCard),
        Stage::Following { after, .. } => print_failure(after.print),
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Finished
        | Stage::Second(_) => None,
        Stage::Paper { was, print } => print_failure(*print).or_else(|| failure(was)),
    }
}

const fn print_failure(print: Print) -> Option<Failure> {
    match print {
        Print::Failed(_, failure) | Print::Waiting(_, failure) => Some(failure),
        Print::Nothing | Print::Busy(_) | Print::Done(_) | Print::Asked(_) | Print::Missing(_) => {
            None
        }
    }
}

fn arrived(stage: &Stage) -> usize {
    let Stage::Following { deliveries, .. } = stage else {
        return 0;
    };
    let here = |state: &DeliveryState| match state {
        DeliveryState::Stored | DeliveryState::Sent | DeliveryState::Refused { .. } => false,
        DeliveryState::Arrived | DeliveryState::Accepted | DeliveryState::Returned { .. } => true,
    };
    deliveries
        .iter()
        .filter(|delivery| here(&delivery.state))
        .count()
}

/// The stage's name as the audit log and the tests write it.
#[must_use]
pub const fn name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Resting => "resting",
        Stage::Language { .. } => "language",
        Stage::Notice { .. } => "notice",
        Stage::CardWanted => "card-wanted",
        Stage::AttributesPin { .. } => "attributes-pin",
        Stage::ReadingAttributes { .. } => "reading-attributes",
        Stage::Identity { .. } => "identity",
        Stage::FindingCertificate { .. } => "finding-certificate",
        Stage::StaffGuides { .. } => "staff-guides",
        Stage::Resume { .. } => "resume",
        Stage::Certificate { .. } => "certificate",
        Stage::Line(_) => "line",
        Stage::Asking { .. } => "asking",
        Stage::Nursery(_) => "nursery",
        Stage::Reviewing { .. } => "reviewing",
        Stage::SignPassword { .. } => "sign-password",
        Stage::Signing { .. } => "signing",
        Stage::Storing { .. } => "storing",
        Stage::Following { .. } => "following",
        Stage::Keeping { .. } => "keeping",
        Stage::Paused { .. } => "paused",
        Stage::StillThere { .. } => "still-there",
        Stage::Called { .. } => "called",
        Stage::Paper { .. } => "paper",
        Stage::CardAway { .. } => "card-away",
        Stage::Trouble { .. } => "trouble",
        Stage::Finished => "finished",
        Stage::Second(second) => match second {
            Second::CardWanted => "second-card-wanted",
            Second::Number { .. } => "second-number",
            Second::Asking { .. } => "second-asking",
            Second::Reading { .. } => "second-reading",
            Second::Password { .. } => "second-password",
            Second::Signing { .. } => "second-signing",
            Second::Storing { .. } => "second-storing",
            Second::Done { arrived: false, .. } => "second-stored",
            Second::Done { arrived: true, .. } => "second-arrived",
        },
    }
}
