//! 法人番号, the number of a corporation, an authority or a municipality: thirteen digits, the first of them a check.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{CodeError, as_digits, digits, written};
use crate::ids::MunicipalityCode;

/// A corporate number (番号法39条; check digit by the ordinance: 9 minus the weighted sum modulo 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CorporateNumber([u8; 13]);

/// What kind of body a number belongs to, as far as its form tells (general knowledge).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CorporateBody {
    /// An organ of the state (000012…).
    State,
    /// A prefecture, municipality or special ward (000020 and its code).
    Municipality(MunicipalityCode),
    /// Anybody else.
    Other,
}

impl CorporateNumber {
    /// The check digit that stands before twelve digits; `None` unless `body` is twelve ASCII digits.
    #[must_use]
    pub fn check_digit(body: &str) -> Option<u8> {
        let digits: [u8; 12] = digits(body)?;
        // From the right: the odd places count once, the even ones twice.
        let weights = [1u32, 2].into_iter().cycle();
        let sum: u32 = digits
            .iter()
            .rev()
            .zip(weights)
            .map(|(digit, weight)| u32::from(*digit) * weight)
            .sum();
        u8::try_from(9 - sum % 9).ok()
    }

    /// Whose it is.
    #[must_use]
    pub fn body(&self) -> CorporateBody {
        let text = written(&self.0);
        match text.get(1..7) {
            Some("000012") => CorporateBody::State,
            Some("000020") => match text.get(7..).map(str::parse) {
                Some(Ok(code)) => CorporateBody::Municipality(code),
                _ => CorporateBody::Other,
            },
            _ => CorporateBody::Other,
        }
    }
}

impl FromStr for CorporateNumber {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let all: [u8; 13] = digits(text).ok_or(CodeError::CorporateShape)?;
        let body = text.get(1..).ok_or(CodeError::CorporateShape)?;
        let expected = Self::check_digit(body).ok_or(CodeError::CorporateShape)?;
        if all[0] == expected {
            Ok(Self(all))
        } else {
            Err(CodeError::CorporateCheckDigit { expected })
        }
    }
}

as_digits!(CorporateNumber, |number| &number.0);
