//! Simulated agencies: a hospital, an insurer, the pension office, the prefecture, and a private provider.
//!
//! They behave like the thing at the wire (certificates, signatures, message ids, one effect per id) and know nothing of
//! the real one's trade; what they answer is invented. Each can be told what to decide
//! ([`verdict::Verdict`]) and to misbehave ([`fault::Fault`]). For demonstrations and
//! tests; no agency stands behind any of them, and nothing here is compatible with a real one's system.

pub mod agency;
pub mod fault;
pub mod settings;
pub mod verdict;

pub use agency::{Agency, Answers, Kind};
pub use fault::{Fault, Faults};
pub use settings::{Settings, SettingsError};
pub use verdict::{Verdict, Verdicts};
