//! 保険者番号, the number of a health insurer: eight digits, or six for 国民健康保険; the last one a check.
//!
//! All of it is general knowledge, checked against two published numbers.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{CodeError, as_digits, digits};

/// An insurer's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InsurerNumber {
    digits: [u8; 8],
    /// Where the number begins: 2 for six digits.
    from: u8,
}

/// The kind of insurance, from the first two digits of eight (法別番号); six digits are 国民健康保険.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsurerKind {
    /// 国民健康保険, of a municipality or of a 国保組合.
    Kokuho,
    /// 協会けんぽ (01) and its insurance of day labourers (03, 04).
    KyokaiKenpo,
    /// 船員保険 (02).
    Seamen,
    /// 健康保険組合 (06, 63).
    KenpoKumiai,
    /// 自衛官等 (07).
    SelfDefence,
    /// 共済組合 (31 to 34, 72 to 75).
    Kyosai,
    /// 後期高齢者医療 (39).
    LateElderly,
    /// Another number.
    Other,
}

impl InsurerNumber {
    /// The check digit that follows seven digits (or five); `None` for anything else.
    ///
    /// From the right the weights 2, 1, 2, 1 …; the digits of the products are summed; ten minus the sum's last digit.
    #[must_use]
    pub fn check_digit(body: &str) -> Option<u8> {
        if !matches!(body.len(), 5 | 7) || !body.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let sum: u32 = body
            .bytes()
            .rev()
            .zip([2u32, 1].into_iter().cycle())
            .map(|(byte, weight)| {
                let product = u32::from(byte - b'0') * weight;
                product / 10 + product % 10
            })
            .sum();
        u8::try_from((10 - sum % 10) % 10).ok()
    }

    fn shown(&self) -> &[u8] {
        self.digits
            .get(usize::from(self.from)..)
            .unwrap_or_default()
    }

    /// The kind of insurance.
    #[must_use]
    pub fn kind(&self) -> InsurerKind {
        if self.from == 2 {
            return InsurerKind::Kokuho;
        }
        let [tens, ones, ..] = self.digits;
        match tens * 10 + ones {
            1 | 3 | 4 => InsurerKind::KyokaiKenpo,
            2 => InsurerKind::Seamen,
            6 | 63 => InsurerKind::KenpoKumiai,
            7 => InsurerKind::SelfDefence,
            31..=34 | 72..=75 => InsurerKind::Kyosai,
            39 => InsurerKind::LateElderly,
            _ => InsurerKind::Other,
        }
    }

    /// The prefecture, 1 to 47; `None` where those digits name none.
    #[must_use]
    pub fn prefecture(&self) -> Option<u8> {
        let [_, _, tens, ones, ..] = self.digits;
        Some(tens * 10 + ones).filter(|prefecture| (1..=47).contains(prefecture))
    }
}

impl FromStr for InsurerNumber {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let (digits, from) = if let Some(six) = digits::<6>(text) {
            let mut all = [0; 8];
            all[2..].copy_from_slice(&six);
            (all, 2)
        } else {
            (digits::<8>(text).ok_or(CodeError::InsurerShape)?, 0)
        };
        let body = text.get(..text.len() - 1).ok_or(CodeError::InsurerShape)?;
        let expected = Self::check_digit(body).ok_or(CodeError::InsurerShape)?;
        if digits[7] == expected {
            Ok(Self { digits, from })
        } else {
            Err(CodeError::InsurerCheckDigit { expected })
        }
    }
}

as_digits!(InsurerNumber, |number| number.shown());
