//! Yes, no, or unknown, and the span of values an unknown may still take. Kleene's logic; no facts here.

use serde::{Deserialize, Serialize};

/// What a condition comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It rests on something nobody knows yet.
    Unknown,
}

impl Verdict {
    /// From a plain truth value.
    #[must_use]
    pub fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    /// The plain truth value, where there is one.
    #[must_use]
    pub fn known(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Unknown => None,
        }
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }
}

impl std::ops::Not for Verdict {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A value as far as it is known: everything from `lo` to `hi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) lo: i64,
    pub(super) hi: i64,
}

impl Span {
    /// Nothing is known.
    pub(super) const UNKNOWN: Self = Self {
        lo: i64::MIN,
        hi: i64::MAX,
    };

    /// One known value. The two ends of `i64` are kept for the unknown.
    pub(super) fn at(value: i64) -> Self {
        let value = value.clamp(i64::MIN + 1, i64::MAX - 1);
        Self {
            lo: value,
            hi: value,
        }
    }

    pub(super) fn known(self) -> Option<i64> {
        (self.lo == self.hi).then_some(self.lo)
    }

    pub(super) fn compare(self, by: Comparison, other: Self) -> Verdict {
        let (yes, no) = match by {
            Comparison::Lt => (self.hi < other.lo, self.lo >= other.hi),
            Comparison::Le => (self.hi <= other.lo, self.lo > other.hi),
            Comparison::Gt => return other.compare(Comparison::Lt, self),
            Comparison::Ge => return other.compare(Comparison::Le, self),
            Comparison::Eq => (
                self.known().is_some() && self == other,
                self.hi < other.lo || other.hi < self.lo,
            ),
            Comparison::Ne => return !self.compare(Comparison::Eq, other),
        };
        match (yes, no) {
            (true, _) => Verdict::Yes,
            (_, true) => Verdict::No,
            _ => Verdict::Unknown,
        }
    }
}
