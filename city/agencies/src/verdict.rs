//! What an agency decides about what it is asked.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Yes.
    Granted,
    /// No.
    Refused,
    /// Something is missing.
    NeedsMore,
    /// Nothing is known of it.
    NotKnown,
}

impl Verdict {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::Granted,
        Self::Refused,
        Self::NeedsMore,
        Self::NotKnown,
    ];

    /// The word in answers and in settings.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::NeedsMore => "needs-more",
            Self::NotKnown => "not-known",
        }
    }

    /// What is said besides.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Granted => None,
            Self::Refused => Some("資格喪失後の出産のため、支給の対象になりません。"),
            Self::NeedsMore => Some("直接支払制度の合意文書の写しが必要です。"),
            Self::NotKnown => Some("該当する加入者の記録がありません。"),
        }
    }
}

/// No decision of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a verdict is one of granted, refused, needs-more, not-known")]
pub struct NoVerdict;

impl FromStr for Verdict {
    type Err = NoVerdict;

    fn from_str(text: &str) -> Result<Self, NoVerdict> {
        let found = Self::ALL.into_iter().find(|one| one.code() == text);
        found.ok_or(NoVerdict)
    }
}

/// The decisions about the next new questions, one each; then everything is granted.
#[derive(Debug, Default)]
pub struct Verdicts(Mutex<VecDeque<Verdict>>);

impl Verdicts {
    /// Plans decisions.
    pub fn plan(&self, verdicts: impl IntoIterator<Item = Verdict>) {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        planned.extend(verdicts);
    }

    pub(crate) fn take(&self) -> Verdict {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        planned.pop_front().unwrap_or(Verdict::Granted)
    }
}
