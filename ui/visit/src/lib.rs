//! The visit: what one parent does at the device, from the resting screen to the receipt, as a pure state machine.
//!
//! `step(state, event, context) -> (state, effects)`. No clock, no I/O, no threads, no secrets: PINs never enter a
//! state or an event, times come in as events, and every wish to the outside is an [`Effect`]. The audit record is
//! derived from the state before and the state after ([`audit::record`]), so that no transition can forget it.
//!
//! ```text
//! Resting ─card─> AttributesPin ─> ReadingAttributes ─> Identity ─> FindingCertificate ─> Certificate ─> Line
//!    ^                                                                                                    │
//!    │         Storing <── Signing <── SignPassword <── Reviewing <──────────── Asking ⟲ <────────────────┘
//!    │            │                                        └─ correct a row ──────^
//!    └─ Finished <── Following (stored → sent → arrived → decided)
//!
//! with personal data held:  card gone ─> CardAway (covered) ─same card─> back, ─time─> Finished
//! something fails:          Trouble(code), with or without a way back
//! ```
//!
//! Three rules hold everywhere, and `tests/` try to break them: nobody's data outlives their card or their patience,
//! what is signed is exactly what was shown, and a PIN's last try is never asked for.

pub mod audit;
mod effect;
mod event;
mod failure;
mod questions;
pub mod service;
mod state;
mod step;

pub use effect::{Effect, Timer};
pub use event::Event;
pub use failure::{Failure, ServiceFailure};
pub use questions::{LeftOut, QuestionNumber, left_out, obstacle, question_number, questions_left};
pub use state::{
    CardFacts, CardIdentity, CardOnReader, CardSide, CardTrouble, CertificateTrouble, ChildKey,
    Delivery, DeliveryState, Draft, FormDraft, Integrity, PinProblem, Prepared, QuestionAt, Stage,
    State, Ticket, UnusableCard, WardFlags,
};
pub use step::{Context, step};
