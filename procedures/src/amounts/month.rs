//! Months as plain numbers: allowances are counted, paid and ended by the month, so a month is one integer here and
//! comparing two of them is one instruction. Knows nothing of days beyond the month they lie in.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::Month;

/// A month of the Western calendar, counted in months from January of the year 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct MonthNumber(i32);

/// Why a text is no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a month such as \"2026-11\"")]
pub struct MonthError {
    /// What was given.
    pub given: String,
}

impl MonthNumber {
    /// A month of a year; `month` is 1 to 12, and what lies outside runs into the years beside it.
    #[must_use]
    pub const fn new(year: i16, month: i8) -> Self {
        Self(year as i32 * 12 + month as i32 - 1)
    }

    /// The month a day lies in.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self::new(day.year(), day.month())
    }

    /// Months from January of the year 0.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Some months later; negative counts go back.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// The year it lies in.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// 1 to 12.
    #[must_use]
    pub const fn month(self) -> i8 {
        // A remainder of twelve fits.
        #[expect(clippy::cast_possible_truncation, reason = "0 to 11")]
        let month = self.0.rem_euclid(12) as i8;
        month + 1
    }

    /// The March that ends the fiscal year in which somebody attains an age (R-FYEND, the month of its last day).
    ///
    /// One attains an age on the day before the birthday, so whoever is born on 1 April belongs to the year before.
    #[must_use]
    pub fn fiscal_year_end(birth: Date, years: i32) -> Self {
        let eve = Self::of(birth).plus(if birth.day() == 1 { -1 } else { 0 });
        let months_to_march = (3 - i32::from(eve.month())).rem_euclid(12);
        eve.plus(months_to_march + 12 * years)
    }
}

impl From<MonthNumber> for Month {
    fn from(number: MonthNumber) -> Self {
        Self {
            year: i16::try_from(number.year()).unwrap_or(i16::MAX),
            month: number.month(),
        }
    }
}

impl From<Month> for MonthNumber {
    fn from(month: Month) -> Self {
        Self::new(month.year, month.month)
    }
}

impl fmt::Display for MonthNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for MonthNumber {
    type Err = MonthError;

    /// `2026-11`, or any day of the month, `2026-11-22`.
    fn from_str(text: &str) -> Result<Self, MonthError> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let month = match text.split_once('-') {
            Some((year, month))
                if year.len() == 4 && month.len() == 2 && digits(year) && digits(month) =>
            {
                year.parse()
                    .ok()
                    .zip(month.parse().ok())
                    .filter(|(_, month)| (1..=12).contains(month))
                    .map(|(year, month)| Self::new(year, month))
            }
            _ => text.parse::<Date>().ok().map(Self::of),
        };
        month.ok_or_else(|| MonthError {
            given: text.chars().take(40).collect(),
        })
    }
}

impl TryFrom<String> for MonthNumber {
    type Error = MonthError;

    fn try_from(text: String) -> Result<Self, MonthError> {
        text.parse()
    }
}

impl From<MonthNumber> for String {
    fn from(month: MonthNumber) -> Self {
        month.to_string()
    }
}
