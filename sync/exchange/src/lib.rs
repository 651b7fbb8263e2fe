//! How authorities ask each other: addresses, headers, hashes, signatures, and the way over mutual TLS.
//!
//! Modelled on X-Road's message protocol for REST (PR-REST 0.9.0): names of headers, shape of addresses, request hash. It
//! is not X-Road and does not claim to be: there is no security server, and signatures and log are our own. Both ends
//! use this crate, so it keeps no state, reads no files and no clock; who may ask for what is the caller's business.

pub mod address;
pub mod client;
pub mod id;
pub mod log;
pub mod message;
pub mod server;
pub mod tls;

pub use address::{AddressError, Part, Service, Subsystem};
pub use client::{AskError, Dialer, Place};
pub use id::{MessageId, MessageIdError};
pub use message::{Answer, ErrorBody, ErrorKind, HeadError, Method, Request};
pub use tls::{Identity, Peer, TlsError};

/// Largest body of a question or an answer, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// Longest target (`/r1/…`), in bytes: about what X-Road allows.
pub const MAX_TARGET: usize = 2_000;
