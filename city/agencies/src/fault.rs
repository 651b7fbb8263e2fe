//! How an agency misbehaves, and how often.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// One way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It does what is asked, and its answer comes after nobody waits any more: never.
    Late,
    /// Answers after half a second.
    Slow,
    /// What it sends, it sends twice at the same time.
    Twice,
    /// The body of the answer is cut in the middle, and signed like that.
    Garbled,
    /// Ends every connection without an answer, and does nothing.
    Down,
    /// Signs with a key that nobody knows.
    WrongSignature,
    /// Answers an earlier question.
    Stranger,
    /// Answers in words that nobody agreed upon.
    Nonsense,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 8] = [
        Self::Late,
        Self::Slow,
        Self::Twice,
        Self::Garbled,
        Self::Down,
        Self::WrongSignature,
        Self::Stranger,
        Self::Nonsense,
    ];

    /// The word in settings.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Slow => "slow",
            Self::Twice => "twice",
            Self::Garbled => "garbled",
            Self::Down => "down",
            Self::WrongSignature => "wrong-signature",
            Self::Stranger => "stranger",
            Self::Nonsense => "nonsense",
        }
    }
}

/// No fault of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fault is one of late, slow, twice, garbled, down, wrong-signature, stranger, nonsense")]
pub struct NoFault;

impl FromStr for Fault {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        Self::ALL
            .into_iter()
            .find(|fault| fault.code() == text)
            .ok_or(NoFault)
    }
}

/// The faults of the next exchanges, one each; then it is well.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    /// Plans faults.
    pub fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(faults);
    }

    /// Whether all were taken.
    #[must_use]
    pub fn over(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    pub(crate) fn take(&self) -> Option<Fault> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}
