//! Staff at the device: a second pure state machine beside the visit, for the ward, the counter and the technician.
//!
//! `step(service, event, context) -> (service, effects)`, with the habits of the visit: no clock, no I/O, no PIN in a
//! state or an event, no `_` arm on states and events, and an audit record from before and after ([`audit::record`]).
//!
//! ```text
//!                       ┌─ number ─> Pin ─> Checking ─┬─> Ward:    Reading ─> List ─> One ─┬─ flags ──────> Writing ─> Reading
//! None ─ "staff" ─> Number                            │                        │           ├─ twin, correct ─> Form
//!   ^                   └─ maintenance ─> LookingFor- │                        └─ register ┴─> Form ⟲ ─> Review ─ attested ─> Writing
//!   │                      Switch ─> Pin ─> Checking  │                                    └─ hand over ─> Handed
//!   │                                                 ├─> Counter: Home ─> Procedures ─> Documents · Receipt ─> Verified
//!   │                                                 └─> Technician: Menu ─> Testing ─> Report · Code, Sticks (─> Sure) ─> Working ─> Done
//!   └── sign out · three minutes without a touch · a parent's card ── everything is wiped
//! ```
//!
//! It opens only over a device at rest and never holds anything of a visit: staff see no answer and no PIN of a parent,
//! and no effect here signs. What it writes are the ward's own papers.

pub mod audit;
mod counter;
mod event;
mod form;
pub mod report;
mod state;
mod technician;
mod ward;

use ubugoe_procedures::{Catalogue, PlaceKind};

pub use event::{
    HANDED_SECONDS, Means, PinAnswer, Print, SESSION_SECONDS, Scanned, ServiceDesk, ServiceEffect,
    ServiceEvent, TypedCode,
};
pub use form::{CERTIFICATE_FORM, draft_certificate, sheet_fields};
pub use state::{
    Ask, Attestation, CodeProblem, Counter, CounterAt, Errand, ErrandDone, ErrandTrouble, Filed,
    FlagsRead, Form, Handed, Loss, Mark, Paper, PinRefused, Place, Printed, Role, Service, Sheet,
    SignIn, Staff, StaffNumber, Technician, Verdict, Ward, WardAt, Who, key_of,
};

use crate::{Event, ServiceFailure, Stage};

/// What the ward writes on every certificate, from its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usual {
    /// Kind of place.
    pub place_kind: PlaceKind,
    /// Its address.
    pub place_addr: String,
    /// Its name.
    pub place_name: Option<String>,
}

/// What a step may look at.
#[derive(Debug, Clone, Copy)]
pub struct ServiceContext<'a> {
    /// The catalogue.
    pub catalogue: &'a Catalogue,
    /// What the device knows now.
    pub desk: ServiceDesk<'a>,
    /// Whether the device is at rest, so that staff may have the screen.
    pub may_open: bool,
}

type Moved = (Service, Vec<ServiceEffect>);

/// Moves a session of staff by one event.
#[must_use]
pub fn step(service: Service, event: ServiceEvent, cx: &ServiceContext<'_>) -> Moved {
    match event {
        ServiceEvent::Wanted => wanted(service, cx),
        ServiceEvent::NumberEntered(number) => number_entered(service, number),
        ServiceEvent::TechnicianWanted => technician::wanted(service, cx),
        ServiceEvent::SwitchSeen { ask, on, known } => {
            technician::switch_seen(service, ask, on, known)
        }
        ServiceEvent::PinEntered => pin_entered(service, cx),
        ServiceEvent::PinChecked { ask, answer } => pin_checked(service, ask, answer, cx),
        ServiceEvent::BackWanted => back(service),
        ServiceEvent::Closed | ServiceEvent::Idle => match service {
            Service::Technician(Technician::Working {
                errand: Errand::Wipe | Errand::Destroy,
                ..
            }) => stay(service),
            other => close(&other),
        },
        ServiceEvent::Touched => touched(service),
        ServiceEvent::RefreshWanted => match service {
            Service::Technician(_) => technician::refresh(service, cx),
            other => ward::refresh(other, cx),
        },
        ServiceEvent::WardRead {
            ask,
            papers,
            unreadable,
        } => ward::read(service, ask, papers, unreadable),
        ServiceEvent::WardUnreadable { ask } => ward::unreadable(service, ask),
        ServiceEvent::PaperChosen(key) => ward::paper_chosen(service, key),
        ServiceEvent::RegisterWanted => ward::register(service, cx),
        ServiceEvent::TwinWanted => ward::twin(service, cx),
        ServiceEvent::CorrectionWanted => ward::correct(service, cx),
        ServiceEvent::RowChosen(path) => ward::row_chosen(service, &path, cx),
        ServiceEvent::Answered(value) => ward::answered(service, value, cx),
        ServiceEvent::AnswerUnreadable(code) => ward::answer_unreadable(service, code),
        ServiceEvent::SheetEntered(values) => ward::sheet_entered(service, &values, cx),
        ServiceEvent::Attested => ward::attested(service, cx),
        ServiceEvent::FlagsChosen(flags) => ward::flags_chosen(service, flags, cx),
        ServiceEvent::HandOverWanted => ward::hand_over(service),
        ServiceEvent::HandedTo(role) => ward::handed_to(service, role),
        ServiceEvent::LossWanted => ward::loss_wanted(service),
        ServiceEvent::LossChosen(loss) => ward::loss_chosen(service, loss),
        ServiceEvent::Written { ask } => ward::written(service, ask, cx),
        ServiceEvent::NotWritten { ask, filed } => ward::not_written(service, ask, filed),
        ServiceEvent::DocumentsWanted => counter::documents_wanted(service),
        ServiceEvent::ProcedureChosen(procedure) => {
            counter::procedure_chosen(service, procedure, cx)
        }
        ServiceEvent::Marked { document, mark } => counter::marked(service, document, mark, cx),
        ServiceEvent::ReceiptWanted => counter::receipt_wanted(service),
        ServiceEvent::ReceiptScanned(text) => counter::receipt_scanned(service, text, cx),
        ServiceEvent::ReceiptChecked { ask, verdict } => {
            counter::receipt_checked(service, ask, verdict)
        }
        ServiceEvent::PrintWanted => counter::print_wanted(service),
        ServiceEvent::PrintMoved(print) => counter::print_moved(service, print),
        ServiceEvent::SelfTestWanted => technician::self_test(service, cx),
        ServiceEvent::SelfTestDone { ask, report } => technician::tested(service, ask, report),
        ServiceEvent::SelfTestSilent { ask } => technician::silent(service, ask),
        ServiceEvent::ErrandWanted(errand) => technician::errand_wanted(service, errand, cx),
        ServiceEvent::CodeEntered(code) => technician::code_entered(service, code, cx),
        ServiceEvent::SticksFound { ask, names } => technician::sticks_found(service, ask, names),
        ServiceEvent::StickChosen(name) => technician::stick_chosen(service, name, cx),
        ServiceEvent::WipeWanted(digits) => technician::wipe_wanted(service, &digits, cx),
        ServiceEvent::ErrandStep { ask, step } => technician::stepped(service, ask, step),
        ServiceEvent::ErrandEnded { ask, how } => technician::ended(service, ask, how, cx),
        ServiceEvent::UnlockWanted => technician::unlock(service, cx),
        ServiceEvent::Unlocked { ask, written } => technician::unlocked(service, ask, written),
    }
}

/// Whether staff may have the screen in this stage of the visit: only while the device is at rest, so that no staff
/// page ever covers what a parent entered.
#[must_use]
pub fn may_open(stage: &Stage) -> bool {
    // Or where only they open what comes next.
    stage.is_rest() || matches!(stage, Stage::StaffGuides { .. })
}

/// What an event of the parent's side means to staff who have the screen.
pub(crate) enum Meanwhile {
    /// Nothing: both go on.
    Beside,
    /// A card is here for a visit: staff give way, and everything of theirs is forgotten.
    GiveWay,
    /// The technician tries the reader: no visit begins.
    KeepBack,
}

pub(crate) fn meanwhile(service: &Service, event: &Event) -> Meanwhile {
    // Staff who are signed in open what comes next, and leave the screen to the mother; nobody else does.
    if matches!(event, Event::StaffOpened) {
        return if service.who().is_some() {
            Meanwhile::GiveWay
        } else {
            Meanwhile::KeepBack
        };
    }
    // The quiet exit takes everything from the screen.
    if matches!(event, Event::QuietExitWanted) && service.is_open() {
        return Meanwhile::GiveWay;
    }
    // The screen is theirs: a touch begins no visit beneath them, and another language is theirs too.
    if service.is_open() && matches!(event, Event::BeginWanted | Event::LanguageChosen(_)) {
        return Meanwhile::KeepBack;
    }
    let comes = matches!(event, Event::CardInserted(_) | Event::CardUnusable { .. });
    match service {
        Service::Technician(_) if comes => Meanwhile::KeepBack,
        Service::SignIn(_) | Service::Refused(_) | Service::Ward(_) | Service::Counter(_)
            if comes =>
        {
            Meanwhile::GiveWay
        }
        Service::None
        | Service::SignIn(_)
        | Service::Refused(_)
        | Service::Ward(_)
        | Service::Counter(_)
        | Service::Technician(_) => Meanwhile::Beside,
    }
}

// ---------------------------------------------------------------------------------------------- shared by the families

/// Nothing changes, nothing is to be done.
const fn stay(service: Service) -> Moved {
    (service, Vec::new())
}

/// Somebody acts: the session's time begins anew.
fn acting(service: Service) -> Moved {
    (service, vec![ServiceEffect::Await])
}

/// An empty pad.
fn pad(who: Who, problem: Option<PinRefused>) -> Moved {
    (
        Service::SignIn(SignIn::Pin { who, problem }),
        vec![ServiceEffect::ClearPin, ServiceEffect::Await],
    )
}

fn refused(failure: ServiceFailure) -> Moved {
    (
        Service::Refused(failure),
        vec![ServiceEffect::ClearPin, ServiceEffect::Await],
    )
}

/// Back to the resting screen; nothing is kept.
pub(crate) fn close(service: &Service) -> Moved {
    match service {
        Service::None => stay(Service::None),
        Service::SignIn(_)
        | Service::Refused(_)
        | Service::Ward(_)
        | Service::Counter(_)
        | Service::Technician(_) => (
            Service::None,
            vec![ServiceEffect::ClearPin, ServiceEffect::Wipe],
        ),
    }
}

fn touched(service: Service) -> Moved {
    if service.is_open() {
        acting(service)
    } else {
        stay(service)
    }
}

// ---------------------------------------------------------------------------------------------- signing in

fn wanted(service: Service, cx: &ServiceContext<'_>) -> Moved {
    match service {
        Service::None if cx.may_open => pad_of_number(),
        Service::None
        | Service::SignIn(_)
        | Service::Refused(_)
        | Service::Ward(_)
        | Service::Counter(_)
        | Service::Technician(_) => stay(service),
    }
}

fn pad_of_number() -> Moved {
    (
        Service::SignIn(SignIn::Number),
        vec![ServiceEffect::ClearPin, ServiceEffect::Await],
    )
}

fn number_entered(service: Service, number: StaffNumber) -> Moved {
    let Service::SignIn(SignIn::Number) = service else {
        return stay(service);
    };
    pad(Who::Staff(number), None)
}

fn pin_entered(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::SignIn(SignIn::Pin { who, problem: _ }) = service else {
        return stay(service);
    };
    let ask = cx.desk.ask;
    let effects = vec![
        ServiceEffect::CheckPin {
            ask,
            who: who.clone(),
        },
        ServiceEffect::Await,
    ];
    (Service::SignIn(SignIn::Checking { who, ask }), effects)
}

fn pin_checked(
    service: Service,
    answered: Ask,
    answer: PinAnswer,
    cx: &ServiceContext<'_>,
) -> Moved {
    let Service::SignIn(SignIn::Checking { who, ask }) = service else {
        return stay(service);
    };
    if ask != answered {
        return stay(Service::SignIn(SignIn::Checking { who, ask }));
    }
    match answer {
        PinAnswer::Refused(problem) => pad(who, Some(problem)),
        PinAnswer::Locked => refused(ServiceFailure::StaffLocked),
        PinAnswer::Nobody => refused(match who {
            Who::Staff(_) => ServiceFailure::NoStaff,
            Who::Technician => ServiceFailure::NoTechnician,
        }),
        PinAnswer::SwitchOff => refused(ServiceFailure::NoServiceSwitch),
        PinAnswer::Staff(staff) => signed_in(who, staff, cx),
        PinAnswer::Technician => match who {
            Who::Technician => acting(Service::Technician(Technician::Menu { unlocked: false })),
            // An answer about somebody else opens nothing.
            Who::Staff(_) => pad(who, None),
        },
    }
}

fn signed_in(who: Who, staff: Staff, cx: &ServiceContext<'_>) -> Moved {
    if who != Who::Staff(staff.number.clone()) {
        return pad(who, None);
    }
    match staff.role {
        Role::Ward => {
            let ask = cx.desk.ask;
            let ward = Ward {
                who: staff,
                papers: Vec::new(),
                unreadable: 0,
                at: WardAt::Reading { ask, open: None },
            };
            (
                Service::Ward(Box::new(ward)),
                vec![ServiceEffect::ReadWard { ask }, ServiceEffect::Await],
            )
        }
        Role::Counter => acting(Service::Counter(Box::new(Counter {
            who: staff,
            marks: std::collections::BTreeMap::new(),
            print: Printed::No,
            at: CounterAt::Home,
        }))),
    }
}

/// One page back; from the first page of a session, out.
fn back(service: Service) -> Moved {
    match service {
        Service::None => stay(Service::None),
        Service::SignIn(SignIn::Pin { .. }) => pad_of_number(),
        // What is being checked answers soon.
        Service::SignIn(SignIn::Checking { .. }) => stay(service),
        Service::SignIn(SignIn::Number | SignIn::LookingForSwitch { .. }) | Service::Refused(_) => {
            close(&service)
        }
        Service::Ward(ward) => ward::back(ward),
        Service::Counter(counter) => counter::back(counter),
        Service::Technician(at) => technician::back(at),
    }
}
