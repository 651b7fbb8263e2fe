//! Japanese input without a keyboard: from kana to the kanji that a name, an address or a sentence is written with.
//!
//! Answers for candidates and their order. It keeps nothing of what it is asked: the conversion server runs as a child
//! that learns nothing, in a folder that goes with it, and [`Ime::wipe`] ends it between two people. It does not
//! decide what may be written in a register (`procedures::names` does) and never changes a code point.
//!
//! ```text
//!  kana ──> rank ──┬── lexicon: names, places, words (SKK, ENAMDICT; in memory)      always
//!                  └── mozc ── link ──> mozc_server, child process, abstract socket  within the deadline
//! ```

mod enamdict;
mod ime;
mod kana;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test stops where something is missing"
)]
mod learning_tests;
mod lexicon;
mod link;
mod mozc;
#[doc(hidden)]
pub mod outside;
mod rank;
mod readings;
mod server;
mod skk;
pub mod spell;
mod wire;

pub use ime::{Config, Dictionaries, Ime, ImeError};
pub use mozc::Segment;
pub use rank::{Candidate, Kind, Origin};
pub use server::{Account, ServerError};
