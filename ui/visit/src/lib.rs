//! The visit: what one parent does at the device, from the resting screen to the receipt, as a pure state machine.
//!
//! `step(state, event, context) -> (state, effects)`. No clock, no I/O, no threads, no secrets: PINs never enter a
//! state or an event, times come in as events, and every wish to the outside is an [`Effect`]. The audit record is
//! derived from the state before and the state after ([`audit::record`]), so that no transition can forget it.
//!
//! ```text
//! Resting ─touch─> Language ─> Notice ─> CardWanted ─> AttributesPin ─> ReadingAttributes ─> Identity
//!    └─card──────────────────────^  └──card lies───────────^                                   │
//!                                                                                              v
//!    Resume <── FindingCertificate ──> StaffGuides ─staff open─┐        (loss, adoption plan)  ...
//!       │               └────────────> Certificate <───────────┘
//!       └────────> Line <──────────────────┘
//!                   │ ^
//!                   v └── back         ┌─ correct a row ─┐
//!                 Asking ⟲ ──> Nursery ──> Reviewing ────┘──> SignPassword ──> Signing ──> Storing
//!                                                                                            │
//!    Resting <── Finished <──────────── Following (stored → sent → arrived → decided) <──────┘
//!
//! the other parent:         Notice ─> Second (card, number, the city's answer, review, password) ─> Finished
//! with personal data held:  card gone ─> CardAway (covered) ─same card─> back, ─time─> kept, or Finished
//!                           nobody ────> StillThere (covered) ─touch─> back, ─90 s─> kept, or Finished
//!                           nurse ─────> Called (covered) ─"go on"─> back
//!                           pause ─────> Keeping ─> Paused ─> Resting;  same card and PIN ─> Resume
//! from anywhere but Storing: quiet exit ─> Resting, wiped
//! something fails:           Trouble(code), with or without a way back
//! ```
//!
//! Three rules hold everywhere, and `tests/` try to break them: nobody's data outlives their card or their patience,
//! what is signed is exactly what was shown, and a PIN's last try is never asked for.

pub mod audit;
mod effect;
mod event;
mod failure;
mod family;
mod line;
mod nursery;
mod questions;
mod saved;
pub mod service;
mod state;
mod step;

pub use effect::{Effect, Timer};
pub use event::Event;
pub use failure::{Failure, ServiceFailure};
pub use line::{
    LineDate, LineFiling, LineRow, LineSection, LineView, Reach, carried_advice, first_due,
    line_view,
};
pub use nursery::{
    APPLICATION as NURSERY_APPLICATION, KINDS as NURSERY_KINDS, NurseryChoice, NurseryDraft,
    NurseryWish, most_choices, nursery_hits,
};
pub use questions::{
    LeftOut, QuestionNumber, elsewhere, left_out, obstacle, question_number, questions_left,
};
pub use saved::{SavedDraft, SavedForm};
pub use state::{
    Aftercare, Candidate, CardFacts, CardIdentity, CardOnReader, CardSide, CardTrouble,
    CertificateTrouble, ChildKey, Comfort, Delivery, DeliveryState, Draft, FollowingPage,
    FormDraft, Forms, Found, Integrity, Mood, PaperAdvice, PinProblem, Prepared, Print,
    PrintTrouble, QuestionAt, Second, SecondProblem, SecondSheet, Sheet, Stage, State, Step,
    TextSize, Ticket, UnusableCard, Voice, WardFlags,
};
pub use step::{Context, kept_alone, print_failure, step};
