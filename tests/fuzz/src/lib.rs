//! What strangers can send, and what must hold whatever they send.
//!
//! One file in `targets/` for each decoder of bytes or text from outside. A target gives the bytes to the decoder and
//! panics when a property fails; otherwise it says whether they were taken. Two drivers run the same targets: the ordinary
//! tests (`tests/`), and libFuzzer (`libfuzzer/`, `./ubugoe fuzz`). A find is put into `corpus/` under a name and stays there.

#![allow(
    clippy::missing_panics_doc,
    reason = "a panic is how a target says that a property fails"
)]

pub mod corpus;
pub mod edits;
mod keys;
pub mod real;
mod sealing;
pub mod shake;
mod targets;

use std::sync::{Mutex, PoisonError};

use peakmem_alloc::{INSTRUMENTED_SYSTEM, PeakMemAlloc, PeakMemAllocTrait};

pub use targets::{TARGETS, finish};

/// Counts what every decoder takes, in each driver.
#[global_allocator]
static MEMORY: &PeakMemAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// What a decoder said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not what it reads: an error, and nothing else.
    Refused,
    /// Read; every property of what was read holds.
    Taken,
}

impl Verdict {
    /// Of a decoder that answers with a result or an option.
    #[must_use]
    pub fn of(taken: bool) -> Self {
        if taken { Self::Taken } else { Self::Refused }
    }
}

/// A decoder and what must hold.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As `./ubugoe fuzz` and the corpus call it.
    pub name: &'static str,
    /// Panics when a property fails.
    pub run: fn(&[u8]) -> Verdict,
    /// Longest input that is tried, in bytes: beyond what the decoder itself refuses by length.
    pub longest: usize,
    /// Memory it may take whatever the input, in bytes. Measured, and given about four times as much.
    pub memory: usize,
}

/// What each byte of input may cost in memory. A value tree of CBOR costs 32 bytes for an item of one byte, and a
/// growing vector has both its halves for a moment.
const MEMORY_FOR_A_BYTE: usize = 256;

/// One at a time: the memory that is counted is the whole process's.
static GATE: Mutex<()> = Mutex::new(());

impl Target {
    /// The target of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Runs the target and holds its memory to the bound: a length that is promised and not kept must cost nothing.
    pub fn check(&self, bytes: &[u8]) -> Verdict {
        let _gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.memory + bytes.len() * MEMORY_FOR_A_BYTE;
        let (verdict, first) = self.measured(bytes);
        if first <= most {
            return verdict;
        }
        // The first run of a process also reads tables that stay.
        let (_, taken) = self.measured(bytes);
        assert!(
            taken <= most,
            "{}: {taken} bytes of memory for {} bytes of input, at most {most} may be taken",
            self.name,
            bytes.len()
        );
        verdict
    }

    fn measured(&self, bytes: &[u8]) -> (Verdict, usize) {
        MEMORY.reset_peak_memory();
        let verdict = (self.run)(bytes);
        (verdict, MEMORY.get_peak_memory())
    }
}
