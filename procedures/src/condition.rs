//! Conditions on other answers of a *form*, as the small typed tree that stands in the catalogue.
//!
//! For fields, derivations and advice: "asked only if …". Whether a procedure is due for a *family*, who receives it and
//! by when is another tree, on facts and with reasons: [`crate::rules`].
//!
//! Three-valued: a condition on something not answered yet is neither yes nor no. Evaluating never asks,
//! never looks anything up and knows no clock.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::calendar;
use crate::value::{Answers, Value};

/// A literal in a condition: text (also for choices), a number, or yes/no.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text, or the id of an option.
    Text(String),
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// Holds always.
    #[default]
    Always,
    /// Every part holds. An empty list holds.
    All(Vec<When>),
    /// At least one part holds. An empty list does not.
    Any(Vec<When>),
    /// The part does not hold.
    Not(Box<When>),
    /// A field has this value.
    Is {
        /// The field.
        path: String,
        /// The value.
        value: Scalar,
    },
    /// A field has an answer at all; never open.
    Answered {
        /// The field.
        path: String,
    },
    /// A field was left blank on purpose.
    Blank {
        /// The field.
        path: String,
    },
    /// Two fields have the same value, code point for code point.
    Same {
        /// One field.
        a: String,
        /// The other.
        b: String,
    },
    /// A number is at least this.
    AtLeast {
        /// The field.
        path: String,
        /// The least number.
        n: i64,
    },
    /// A date falls in one of these fiscal years (April to March, named after the year of April).
    FiscalYear {
        /// The field: a date or a date with time.
        path: String,
        /// The fiscal years.
        years: Vec<i16>,
    },
}

impl When {
    /// Whether the condition holds; `None` while something it rests on is unanswered.
    #[must_use]
    pub fn holds(&self, answers: &Answers) -> Option<bool> {
        match self {
            Self::Always => Some(true),
            Self::All(parts) => fold(parts, answers, false),
            Self::Any(parts) => fold(parts, answers, true),
            Self::Not(part) => part.holds(answers).map(|held| !held),
            Self::Is { path, value } => answers.value(path).map(|given| equals(given, value)),
            Self::Answered { path } => Some(answers.value(path).is_some()),
            Self::Blank { path } => answers.value(path).map(|given| *given == Value::Blank),
            Self::Same { a, b } => Some(answers.value(a)? == answers.value(b)?),
            Self::AtLeast { path, n } => match answers.value(path)? {
                Value::Number(given) => Some(given >= n),
                _ => Some(false),
            },
            Self::FiscalYear { path, years } => {
                let day: Date = match answers.value(path)? {
                    Value::Date(date) => *date,
                    Value::DateTime(at) => at.date(),
                    _ => return Some(false),
                };
                Some(years.contains(&calendar::fiscal_year(day)))
            }
        }
    }

    /// Every field the condition rests on.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        match self {
            Self::Always => Vec::new(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::Not(part) => part.paths(),
            Self::Is { path, .. }
            | Self::Blank { path }
            | Self::Answered { path }
            | Self::AtLeast { path, .. }
            | Self::FiscalYear { path, .. } => {
                vec![path]
            }
            Self::Same { a, b } => vec![a, b],
        }
    }

    /// The same condition with every path passed through `rename`.
    pub(crate) fn renamed(&self, rename: &dyn Fn(&str) -> String) -> Self {
        match self {
            Self::Always => Self::Always,
            Self::All(parts) => Self::All(parts.iter().map(|part| part.renamed(rename)).collect()),
            Self::Any(parts) => Self::Any(parts.iter().map(|part| part.renamed(rename)).collect()),
            Self::Not(part) => Self::Not(Box::new(part.renamed(rename))),
            Self::Is { path, value } => Self::Is {
                path: rename(path),
                value: value.clone(),
            },
            Self::Answered { path } => Self::Answered { path: rename(path) },
            Self::Blank { path } => Self::Blank { path: rename(path) },
            Self::Same { a, b } => Self::Same {
                a: rename(a),
                b: rename(b),
            },
            Self::AtLeast { path, n } => Self::AtLeast {
                path: rename(path),
                n: *n,
            },
            Self::FiscalYear { path, years } => Self::FiscalYear {
                path: rename(path),
                years: years.clone(),
            },
        }
    }
}

/// Joins parts: one part equal to `deciding` settles it, else one unknown leaves it open.
fn fold(parts: &[When], answers: &Answers, deciding: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match part.holds(answers) {
            Some(held) if held == deciding => return Some(deciding),
            Some(_) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(!deciding) }
}

fn equals(given: &Value, wanted: &Scalar) -> bool {
    match (given, wanted) {
        (Value::Text(given) | Value::Choice(given), Scalar::Text(wanted)) => given == wanted,
        (Value::Number(given), Scalar::Number(wanted)) => given == wanted,
        (Value::Bool(given), Scalar::Bool(wanted)) => given == wanted,
        _ => false,
    }
}
