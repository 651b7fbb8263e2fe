//! The My Number card over PC/SC: what is on the reader, what it says without a PIN, its four
//! attributes, its certificates, its signatures.
//!
//! Must not: decide what a person is told (codes and words belong to the screen), keep anything of a
//! card after its visit, read the file that holds the individual number, or spend a last PIN try.
//!
//! ```text
//!   caller ── Request ──▶ ┌─────────┐ ◀── readers, cards ── monitor thread (own PC/SC context, blocks)
//!   caller ◀─ CardEvent ─ │  core   │
//!                         │ thread  │ ── job ──▶ worker thread, one per card, SCARD_SHARE_EXCLUSIVE
//!                         └─────────┘ ◀─ answer ─     CardSession<Watched<PcscTransport>>
//! ```
//!
//! From the outside in: [`CardService`] lives through hot-plugged readers, a dying pcscd and mute cards;
//! [`CardSession`] knows the card's commands and nothing of threads; [`Transmit`] carries bytes.

mod apdu;
mod date;
mod error;
mod integrity;
#[cfg(feature = "record")]
pub mod record;
mod secret;
mod service;
mod session;
mod text;
mod tlv;
mod token;
mod transport;

pub use apdu::{Application, StatusWord, Step};
pub use date::{CardDate, CardDateError};
pub use error::{CardError, Malformed, PrepareRefused, Unusable};
pub use integrity::{Broken, Integrity, IssuerRoot, IssuerRootError, KeyId, NotChecked};
pub use secret::{Pin, PinError, SecretKind, SignPassword, SignPasswordError};
pub use service::{
    CardEvent, CardService, Config, IntegrityPolicy, Prepare, Reply, Request, StartError, Ticket,
};
pub use session::{
    Attributes, CardIdentity, CardSession, Cost, Look, Policy, Signed, Traffic, Tries,
};
pub use text::Sex;
pub use tlv::TlvError;
pub use token::Token;
pub use transport::{PcscTransport, Transmit, TransmitError, ask_readers, list_readers};

/// The version of this library, as a self-test says it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
