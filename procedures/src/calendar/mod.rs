//! Periods, closing days, ages and fiscal years: every date rule a procedure rests on.
//!
//! Pure arithmetic on civil days of Japan Standard Time. Knows no clock and nothing of procedures. Rules
//! carry the ids of the domain reference: R-DAY1, R-DAY0, R-ROLL, R-ATTAIN, R-FYEND, R-MONTH.

mod closing;
mod holiday;
mod wareki;
mod written;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

pub use closing::{Calendar, ClosingDays, Holidays, MonthDay};
pub use holiday::holidays_by_rule;
pub use wareki::{
    Era, Wareki, WarekiError, from_wareki, japanese, japanese_minute, japanese_month, wareki,
};
pub use written::{written, written_minute, written_month};

/// Why a date could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The table of national holidays does not reach that year.
    #[error("no table of national holidays for {year}")]
    NoHolidayTable {
        /// The year.
        year: i16,
    },
    /// Closed for more than two months on end: the profile is wrong.
    #[error("no opening day within 62 days of {from}")]
    NeverOpen {
        /// The day the search began.
        from: Date,
    },
}

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month {
    /// Western year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// The month a day lies in.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month >= 12 {
            Self {
                year: self.year.saturating_add(1),
                month: 1,
            }
        } else {
            Self {
                year: self.year,
                month: self.month + 1,
            }
        }
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A day some days later; negative counts go back.
#[must_use]
pub fn plus_days(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

/// R-DAY1: the last day of a period whose first day is the event itself (戸籍法43: birth notification).
#[must_use]
pub fn last_day_counting_event(event: Date, days: u16) -> Date {
    plus_days(event, i32::from(days) - 1)
}

/// R-DAY0: the last day of a period that begins the day after the event (民法140: child allowance).
#[must_use]
pub fn last_day_after_event(event: Date, days: u16) -> Date {
    plus_days(event, i32::from(days))
}

/// R-MONTH: the last day of a period of whole months that begins on `start`, `start` included (民法143 II):
/// the day before the corresponding day, or the month's last day where there is none.
#[must_use]
pub fn last_day_of_months(start: Date, months: u16) -> Date {
    let first = start
        .first_of_month()
        .saturating_add(i32::from(months).months());
    if start.day() <= first.days_in_month() {
        plus_days(first, i32::from(start.day()) - 2)
    } else {
        first.last_of_month()
    }
}

/// R-ATTAIN: the day on which somebody attains an age, which is the day before the birthday
/// (年齢計算ニ関スル法律, 民法143).
#[must_use]
pub fn attains(birth: Date, years: u16) -> Date {
    last_day_of_months(birth, years.saturating_mul(12))
}

/// R-FYEND: the first 31 March on or after the day of attaining an age.
#[must_use]
pub fn fiscal_year_end_after_attaining(birth: Date, years: u16) -> Date {
    let attained = attains(birth, years);
    let year = if attained.month() > 3 {
        attained.year().saturating_add(1)
    } else {
        attained.year()
    };
    Date::new(year, 3, 31).unwrap_or(attained)
}

/// The fiscal year a day belongs to, named after the year its April lies in.
#[must_use]
pub fn fiscal_year(day: Date) -> i16 {
    if day.month() >= 4 {
        day.year()
    } else {
        day.year().saturating_sub(1)
    }
}

/// Full years on a day, as a form asks: one more from each birthday on. `None` before the birth.
#[must_use]
pub fn age_on(birth: Date, day: Date) -> Option<i64> {
    if day < birth {
        return None;
    }
    let years = i64::from(day.year()) - i64::from(birth.year());
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    Some(if had_birthday { years } else { years - 1 })
}

/// The last month in which the child allowance counts a child as under three: the month of the third
/// birthday, also for births on the first of a month (special clause of 児童手当法).
#[must_use]
pub fn under_three_last_month(birth: Date) -> Month {
    Month {
        year: birth.year().saturating_add(3),
        month: birth.month(),
    }
}

/// The first month the child allowance is paid for: the month after the claim, where a claim within fifteen
/// days (R-DAY0, R-ROLL) counts as made in the month of birth (児童手当法8).
///
/// # Errors
/// [`CalendarError`] when the fifteenth day cannot be rolled.
pub fn allowance_first_month(
    birth: Date,
    claim: Date,
    calendar: &Calendar<'_>,
) -> Result<Month, CalendarError> {
    let last = calendar.roll(last_day_after_event(birth, 15))?;
    let counted = if claim <= last {
        Month::of(birth)
    } else {
        Month::of(claim)
    };
    Ok(counted.next())
}

/// How a day is written in English.
#[must_use]
pub fn english(day: Date) -> String {
    format!(
        "{} {} {}",
        day.day(),
        english_month(day.month()),
        day.year()
    )
}

/// How a day with a time is written in English, to the minute on the 24-hour clock.
#[must_use]
pub fn english_minute(at: DateTime) -> String {
    format!(
        "{}, {:02}:{:02}",
        english(at.date()),
        at.hour(),
        at.minute()
    )
}

/// The English name of a month.
#[must_use]
pub fn english_month(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(i16::from(month) - 1)
        .ok()
        .and_then(|index| NAMES.get(index))
        .copied()
        .unwrap_or("?")
}
