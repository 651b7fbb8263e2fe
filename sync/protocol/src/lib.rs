//! How a filing looks while it travels: identifiers, keys, the sealed envelope, the answers a city signs,
//! the topics they move on, and the parent's signature as CMS.
//!
//! Both ends share this crate, so it performs no I/O, reads no clock and keeps no state. Every format is
//! versioned, and every decoder takes bytes from strangers: it answers with a typed error that names what was
//! wrong, and never panics.
//!
//! ```text
//!  kiosk                                                              city
//!  Filing bytes ──┐
//!  cades CMS  ────┼─ envelope::seal ──(topics::up)──> envelope::open ──> cades::verify ──> database
//!  Header  ───────┘                                                          │ after its commit
//!  outbox row <── Receipt | Refusal | StatusNotice <──(topics::down)── downlink::seal_down
//! ```

pub mod attachment;
mod base45;
pub mod cades;
pub mod code;
pub mod command;
mod cose;
pub mod detached;
pub mod downlink;
pub mod enrol;
pub mod envelope;
pub mod header;
pub mod ids;
#[cfg(test)]
mod inside_tests;
pub mod interval;
pub mod keys;
pub mod receipt;
pub mod refusal;
pub mod report;
pub mod second;
pub mod status;
pub mod system;
pub mod topics;
pub mod tree;
pub mod update;
pub mod wire;

pub use attachment::Chunk;
pub use code::{CodeError, VisitCode};
pub use command::{Command, CommandId, Grant, Order, TimeNotice};
pub use cose::SignedError;
pub use downlink::{Downlink, SignedBytes, open_down, seal_down};
pub use envelope::{
    AttachmentRef, FilingBody, Incoming, OpenError, Opened, SealError, digest, open, open_any,
    peek, seal,
};
pub use header::{Header, Kind};
pub use ids::{CaseId, DeviceId, FilingId, IdError, RecipientId};
pub use interval::{Anchor, AnchorSource, Interval, TimeClaim, TimeError};
pub use keys::{KeyError, KeyId, RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey};
pub use receipt::{QrError, Receipt};
pub use refusal::{Refusal, RefusalReason};
pub use report::Report;
pub use second::{SecondAnswer, SecondBody, SecondGrant, SecondNotice, SecondNumber};
pub use status::{CaseState, StatusNotice};
pub use system::{ImageVersion, SystemOrder};
pub use tree::{Place, VisitProof, VisitTree};
pub use update::{Manifest, Part, UpdateId};
pub use wire::WireError;

/// The one profile version this crate writes and reads. A higher or lower number is refused, never guessed at.
pub const VERSION: u8 = 1;

/// Largest sealed envelope in bytes: AWS IoT Core refuses an MQTT payload over 128 KiB, and it is the narrowest
/// of the brokers we promise to work with.
pub const MAX_ENVELOPE: usize = 128 * 1024;
