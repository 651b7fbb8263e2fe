//! What can stand in a field, and where it came from.
//!
//! Text is carried as received: nothing here trims, folds or normalises.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::ids::FieldPath;

/// The content of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Free text or a reading, code points exactly as received.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// A calendar day.
    Date(Date),
    /// A day and a time to the minute, Japan Standard Time.
    DateTime(DateTime),
    /// A month.
    YearMonth {
        /// Western year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// The id of one of the field's options.
    Choice(String),
    /// Left blank on purpose, where the field's `blank` words allow it (name not decided, sex
    /// undetermined, 本籍 not known). An unanswered field has no value at all.
    Blank,
}

/// Where a value came from. Kept for every field and shown to officers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Read from the My Number card.
    Card,
    /// From the birth certificate.
    Certificate,
    /// Said by the parent.
    Parent,
    /// Follows from other values.
    Derived,
    /// From the municipality's profile.
    Profile,
    /// Set by the system itself.
    System,
}

impl Source {
    /// The stable word that stands in the signed bytes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Certificate => "certificate",
            Self::Parent => "parent",
            Self::Derived => "derived",
            Self::Profile => "profile",
            Self::System => "system",
        }
    }

    /// The inverse of [`Source::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Card,
            Self::Certificate,
            Self::Parent,
            Self::Derived,
            Self::Profile,
            Self::System,
        ]
        .into_iter()
        .find(|source| source.as_str() == word)
    }
}

/// A value with its source.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub source: Source,
}

// Answers reach log lines by way of other types' Debug; names, addresses and accounts must not.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer(masked, from {})", self.source.as_str())
    }
}

/// Everything known about one form so far. `Debug` shows paths and sources, never values.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answers(BTreeMap<FieldPath, Answer>);

impl Answers {
    /// No answers yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The answer to a field, if there is one.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Answer> {
        self.0.get(path)
    }

    /// The value of a field, if there is one.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&Value> {
        self.get(path).map(|answer| &answer.value)
    }

    /// The text of a field, if it holds text.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.value(path) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Sets or replaces an answer.
    pub fn set(&mut self, path: FieldPath, value: Value, source: Source) {
        self.0.insert(path, Answer { value, source });
    }

    /// Takes an answer away.
    pub fn remove(&mut self, path: &str) -> Option<Answer> {
        self.0.remove(path)
    }

    /// All answers, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldPath, &Answer)> {
        self.0.iter()
    }

    /// How many fields are answered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(FieldPath, Answer)> for Answers {
    fn from_iter<I: IntoIterator<Item = (FieldPath, Answer)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}
