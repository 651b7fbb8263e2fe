//! The date words of conditions, on days counted from 1970-01-01 and months counted from year 0.
//!
//! Every word is one [`Step`]: a value goes in, a value comes out. The rules themselves are the calendar's; this module
//! only translates. Days outside the years −9999 to 9999 stay at the edge, so nothing overflows.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, ToSpan};

use crate::calendar;

const EPOCH: Date = date(1970, 1, 1);
const SECONDS_A_DAY: i64 = 86_400;
/// More days than the calendar has.
const MOST_DAYS: i64 = 8_000_000;

/// A day as a number.
pub(super) fn number(day: Date) -> i64 {
    day.duration_since(EPOCH)
        .as_secs()
        .div_euclid(SECONDS_A_DAY)
}

/// A number as a day, kept at the edge of the calendar.
pub(super) fn day(number: i64) -> Date {
    let days = number.clamp(-MOST_DAYS, MOST_DAYS);
    EPOCH.saturating_add(SignedDuration::from_secs(days * SECONDS_A_DAY))
}

/// A month as a number.
pub(super) fn month_number(year: i16, month: i8) -> i64 {
    i64::from(year) * 12 + i64::from(month) - 1
}

/// A number as a month.
pub(super) fn month(number: i64) -> calendar::Month {
    let year = number.div_euclid(12).clamp(-9999, 9999);
    calendar::Month {
        year: i16::try_from(year).unwrap_or_default(),
        month: i8::try_from(number.rem_euclid(12) + 1).unwrap_or(1),
    }
}

/// One date word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Step {
    /// So many days later; negative: earlier.
    Days(i32),
    /// The corresponding day so many months later, or the month's last day where there is none.
    Months(i32),
    /// R-ATTAIN: the day on which one born on the day attains an age of so many months.
    Reaches(u16),
    /// R-FYEND: the first 31 March on or after the day of attaining an age of so many years.
    FiscalYearEnd(u16),
    /// The first day of the month.
    FirstOfMonth,
    /// The last day of the month.
    LastOfMonth,
    /// The month the day lies in.
    Month,
    /// The fiscal year the day lies in.
    FiscalYear,
    /// The month's number, 1 to 12.
    MonthOfYear,
    /// So much more: months of a month, units of a number.
    Add(i64),
}

/// The unit in which the time between two days is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Unit {
    /// Days.
    Days,
    /// Whole weeks.
    Weeks,
    /// Whole months: one more from each corresponding day on.
    Months,
    /// Whole years: one more from each birthday on.
    Years,
}

impl Step {
    pub(super) fn apply(self, value: i64) -> i64 {
        match self {
            Self::Days(days) => value.saturating_add(i64::from(days)),
            Self::Months(months) => number(day(value).saturating_add(months.months())),
            Self::Reaches(months) => number(calendar::last_day_of_months(day(value), months)),
            Self::FiscalYearEnd(years) => {
                number(calendar::fiscal_year_end_after_attaining(day(value), years))
            }
            Self::FirstOfMonth => number(day(value).first_of_month()),
            Self::LastOfMonth => number(day(value).last_of_month()),
            Self::Month => {
                let day = day(value);
                month_number(day.year(), day.month())
            }
            Self::FiscalYear => i64::from(calendar::fiscal_year(day(value))),
            Self::MonthOfYear => value.rem_euclid(12) + 1,
            Self::Add(more) => value.saturating_add(more),
        }
    }
}

/// How many whole units lie between `from` and `to`; negative when `to` comes first.
pub(super) fn between(unit: Unit, from: i64, to: i64) -> i64 {
    match unit {
        Unit::Days => to.saturating_sub(from),
        Unit::Weeks => to.saturating_sub(from).div_euclid(7),
        Unit::Months | Unit::Years => {
            let (from, to) = (day(from), day(to));
            let months = month_number(to.year(), to.month())
                - month_number(from.year(), from.month())
                - i64::from(to.day() < from.day() && to != to.last_of_month());
            match unit {
                Unit::Years => months.div_euclid(12),
                _ => months,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_numbers_agree_at_the_edges_and_around_the_epoch() {
        for day_ in [
            date(-9999, 1, 1),
            date(1969, 12, 31),
            date(1970, 1, 1),
            date(2024, 2, 29),
            date(9999, 12, 31),
        ] {
            assert_eq!(day(number(day_)), day_);
        }
        assert_eq!(number(date(1970, 1, 2)), 1);
        assert_eq!(day(i64::MAX), date(9999, 12, 31));
        assert_eq!(day(i64::MIN), date(-9999, 1, 1));
    }

    #[test]
    fn one_born_on_the_first_of_april_belongs_to_the_earlier_fiscal_year() {
        let end = |born: Date| day(Step::FiscalYearEnd(18).apply(number(born)));
        assert_eq!(end(date(2026, 4, 1)), date(2044, 3, 31));
        assert_eq!(end(date(2026, 4, 2)), date(2045, 3, 31));
    }

    #[test]
    fn two_months_after_the_last_of_december_are_attained_on_the_last_of_february() {
        let attained = Step::Reaches(2).apply(number(date(2026, 12, 31)));
        assert_eq!(day(attained), date(2027, 2, 28));
        assert_eq!(
            between(
                Unit::Months,
                number(date(2026, 12, 31)),
                number(date(2027, 2, 28))
            ),
            2
        );
    }

    #[test]
    fn weeks_and_years_count_whole_ones() {
        let from = number(date(2026, 11, 22));
        assert_eq!(between(Unit::Weeks, from, number(date(2027, 1, 2))), 5);
        assert_eq!(between(Unit::Weeks, from, number(date(2027, 1, 3))), 6);
        assert_eq!(between(Unit::Years, from, number(date(2029, 11, 21))), 2);
        assert_eq!(between(Unit::Years, from, number(date(2029, 11, 22))), 3);
        assert_eq!(between(Unit::Days, from, from - 1), -1);
    }
}
