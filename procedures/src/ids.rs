//! The identifiers everything else hangs on: procedures, fields, municipalities.
//!
//! Each is checked once, where it enters, and is then carried as a type. Nothing here looks anything up:
//! a well-formed code may still name nobody.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why an identifier was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A procedure id may hold only `a–z`, `0–9` and `_`, 1 to 64 of them, beginning with a letter.
    #[error("{given:?} is not a procedure id (a–z, 0–9, _; 1 to 64; begins with a letter)")]
    Procedure {
        /// What was given.
        given: String,
    },
    /// A field path may hold only `a–z`, `0–9`, `_`, `.`, `[` and `]`, 1 to 96 of them.
    #[error("{given:?} is not a field path (a–z, 0–9, _ . [ ]; 1 to 96)")]
    FieldPath {
        /// What was given.
        given: String,
    },
    /// A municipality code has six ASCII digits.
    #[error("{given:?} is not a municipality code: six digits are needed")]
    MunicipalityShape {
        /// What was given.
        given: String,
    },
    /// The sixth digit of a municipality code does not fit the first five.
    #[error("municipality code {given}: the check digit should be {expected}")]
    MunicipalityCheckDigit {
        /// What was given.
        given: String,
        /// The digit that would fit.
        expected: u8,
    },
}

/// The stable key of a procedure, for example `shussei_todoke` (出生届, notification of birth).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ProcedureId(String);

impl ProcedureId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProcedureId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        let fits = (1..=64).contains(&s.len())
            && s.starts_with(|c: char| c.is_ascii_lowercase())
            && s.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if fits {
            Ok(Self(s.to_owned()))
        } else {
            Err(IdError::Procedure {
                given: s.to_owned(),
            })
        }
    }
}

/// Where a value sits in a form: `child_mei`, `mother.sei`, `child[0].birth`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldPath(String);

impl FieldPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FieldPath {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.[]".contains(c);
        let fits = (1..=96).contains(&s.len()) && s.chars().all(allowed);
        if fits {
            Ok(Self(s.to_owned()))
        } else {
            Err(IdError::FieldPath {
                given: s.to_owned(),
            })
        }
    }
}

impl Borrow<str> for FieldPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A municipality: 全国地方公共団体コード, two digits prefecture, three municipality, one check digit.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct MunicipalityCode([u8; 6]);

impl MunicipalityCode {
    /// The check digit that belongs to five digits: weights 6, 5, 4, 3, 2; eleven minus the sum modulo
    /// eleven; its last digit. `None` unless `code5` is five ASCII digits.
    #[must_use]
    pub fn check_digit(code5: &str) -> Option<u8> {
        if code5.len() != 5 || !code5.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let sum: u32 = code5
            .bytes()
            .zip([6u32, 5, 4, 3, 2])
            .map(|(b, weight)| u32::from(b - b'0') * weight)
            .sum();
        u8::try_from((11 - sum % 11) % 10).ok()
    }

    /// The six digits as numbers.
    pub(crate) const fn digits(self) -> [u8; 6] {
        self.0
    }

    /// The six digits as text.
    #[must_use]
    pub fn to_text(self) -> String {
        self.0
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    }
}

impl FromStr for MunicipalityCode {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        let shape = || IdError::MunicipalityShape {
            given: s.to_owned(),
        };
        let bytes: [u8; 6] = s.as_bytes().try_into().map_err(|_| shape())?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(shape());
        }
        let digits = bytes.map(|b| b - b'0');
        let expected = s.get(..5).and_then(Self::check_digit).ok_or_else(shape)?;
        if digits[5] == expected {
            Ok(Self(digits))
        } else {
            Err(IdError::MunicipalityCheckDigit {
                given: s.to_owned(),
                expected,
            })
        }
    }
}

macro_rules! as_text {
    ($type:ty, $text:expr) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text: fn(&$type) -> String = $text;
                f.write_str(&text(self))
            }
        }
        impl TryFrom<String> for $type {
            type Error = IdError;
            fn try_from(s: String) -> Result<Self, IdError> {
                s.parse()
            }
        }
        impl From<$type> for String {
            fn from(id: $type) -> Self {
                id.to_string()
            }
        }
    };
}

as_text!(ProcedureId, |id| id.0.clone());
as_text!(FieldPath, |path| path.0.clone());
as_text!(MunicipalityCode, |code| code.to_text());
