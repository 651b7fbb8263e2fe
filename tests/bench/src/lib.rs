//! The rig: real brokers, databases, keys and processes for tests and the demo, on loopback only.
//!
//! Answers for starting, breaking and stopping the real parts (`mosquitto`, `postgres`, our own
//! binaries) and for the little PKI they share. It must not simulate any of them but the one broker
//! whose faults no real one can be made to show ([`scripted`]), must not reach beyond 127.0.0.1, and
//! links none of the products: they run as processes, as they do in a ward.

pub mod broker;
pub mod browser;
pub mod dice;
pub mod envelope;
mod error;
pub mod exchange;
pub mod kiosk;
pub mod office;
pub mod pki;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod programs;
pub mod rig;
pub mod scripted;
pub mod story;
pub mod tpm;
pub mod wire;

pub use error::Error;
