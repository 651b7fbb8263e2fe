//! The visit: what one parent does at the device, from the resting screen to the receipt, as a pure state machine.
//!
//! `step(state, event, context) -> (state, effects)`. No clock, no I/O, no threads, no secrets: PINs never enter a
//! state or an event, times come in as events, and every wish to the outside is an [`Effect`]. The audit record is
//! derived from the state before and the state after ([`audit::record`]), so that no transition can forget it.
//!
//! ```text
//! Resting ─card─> AttributesPin ─> ReadingAttributes ─> Identity ─> Certificate ─> Line ─> Asking ⟲ ─> Reviewing
//!    ^                                                                                                   │
//!    └── Finished <── Following(stored → arrived → decided) <── Storing <── Signing <── SignPassword <────┘
//! any of them: card gone ─> CardAway (covered) ─same card─> back, ─time─> Finished;   trouble ─> Trouble(code)
//! ```

pub mod audit;
mod failure;
mod state;
mod step;

pub use failure::Failure;
pub use state::{
    CardFacts, CardIdentity, CardOnReader, CardTrouble, CertificateTrouble, Delivery, DeliveryState, Draft, FormDraft,
    Integrity, PinProblem, Prepared, QuestionAt, Stage, State, Ticket, TokenKind, UnusableCard,
};
pub use step::{Context, Effect, Event, Timer, questions_left, step};
