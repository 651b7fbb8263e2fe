//! The audit record of a step of staff, from before and after: who, and what page. Never a family, never a number of
//! a certificate.

use super::{CounterAt, Service, SignIn, Technician, WardAt};
use crate::ServiceFailure;

/// One line of the device's audit log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServiceRecord {
    /// The page before.
    pub from: &'static str,
    /// The page after.
    pub to: &'static str,
    /// Who is, or was just now, signed in: the staff number.
    pub who: Option<String>,
    /// The failure code that the screen shows after the step.
    pub code: Option<&'static str>,
}

/// The record of a step, or `None` where nothing worth keeping changed.
#[must_use]
pub fn record(before: &Service, after: &Service) -> Option<ServiceRecord> {
    let (from, to) = (name(before), name(after));
    let code = failure(after).map(ServiceFailure::code);
    if from == to && code == failure(before).map(ServiceFailure::code) {
        return None;
    }
    let who = after.who().or_else(|| before.who());
    Some(ServiceRecord {
        from,
        to,
        who: who.map(|staff| staff.number.as_str().to_owned()),
        code,
    })
}

/// The failure whose page a session shows.
#[must_use]
pub fn failure(service: &Service) -> Option<ServiceFailure> {
    match service {
        Service::Refused(failure)
        | Service::Technician(Technician::Trouble(failure) | Technician::Held { failure, .. }) => {
            Some(*failure)
        }
        Service::Ward(ward) => match &ward.at {
            WardAt::Trouble { failure, .. } => Some(*failure),
            WardAt::Reading { .. }
            | WardAt::List
            | WardAt::One(_)
            | WardAt::Form(_)
            | WardAt::Writing { .. }
            | WardAt::HandOver(_)
            | WardAt::Handed(_)
            | WardAt::LossAsked
            | WardAt::Loss { .. } => None,
        },
        Service::None
        | Service::SignIn(_)
        | Service::Counter(_)
        | Service::Technician(
            Technician::Menu { .. }
            | Technician::Testing { .. }
            | Technician::Report(_)
            | Technician::Unlocking { .. }
            | Technician::Code { .. }
            | Technician::LookingForSticks { .. }
            | Technician::Sticks { .. }
            | Technician::Sure { .. }
            | Technician::Working { .. }
            | Technician::Done(_),
        ) => None,
    }
}

/// The page's name as the audit log, the report and the tests write it.
#[must_use]
pub fn name(service: &Service) -> &'static str {
    match service {
        Service::None => "no-staff",
        Service::SignIn(SignIn::Number) => "staff-number",
        Service::SignIn(SignIn::Pin { .. }) => "staff-pin",
        Service::SignIn(SignIn::Checking { .. }) => "staff-checking",
        Service::SignIn(SignIn::LookingForSwitch { .. }) => "service-switch",
        Service::Refused(_) => "staff-refused",
        Service::Ward(ward) => match &ward.at {
            WardAt::Reading { .. } => "ward-reading",
            WardAt::List => "ward-list",
            WardAt::One(_) => "ward-paper",
            WardAt::Form(_) => "ward-form",
            WardAt::Writing { .. } => "ward-writing",
            WardAt::HandOver(_) => "ward-hand-over",
            WardAt::Handed(_) => "ward-handed",
            WardAt::LossAsked => "ward-loss-asked",
            WardAt::Loss { .. } => "ward-loss",
            WardAt::Trouble { .. } => "ward-trouble",
        },
        Service::Counter(counter) => match &counter.at {
            CounterAt::Home => "counter",
            CounterAt::Procedures => "counter-procedures",
            CounterAt::Documents(_) => "counter-documents",
            CounterAt::Receipt => "counter-receipt",
            CounterAt::Verifying { .. } => "counter-verifying",
            CounterAt::Verified(_) => "counter-verified",
        },
        Service::Technician(at) => match at {
            Technician::Menu { .. } => "technician",
            Technician::Testing { .. } => "technician-testing",
            Technician::Report(_) => "technician-report",
            Technician::Unlocking { .. } => "technician-unlocking",
            Technician::Code { .. } => "technician-code",
            Technician::LookingForSticks { .. } => "technician-looking",
            Technician::Sticks { .. } => "technician-sticks",
            Technician::Sure { .. } => "technician-sure",
            Technician::Held { .. } => "technician-held",
            Technician::Working { .. } => "technician-working",
            Technician::Done(_) => "technician-done",
            Technician::Trouble(_) => "technician-trouble",
        },
    }
}
