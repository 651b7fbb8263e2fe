//! Days of a child's life that a rule names: "two months old", "twenty-four weeks", "the fiscal year of turning
//! twelve", "30 November before school entry".
//!
//! Pure arithmetic on a birth date or a due date, for windows kept as data. Knows nothing of vaccines or check-ups, and
//! never a clock. Dates beyond the calendar's ends stop at them.

use jiff::civil::{Date, date};
use serde::Deserialize;

use crate::calendar::{
    MonthDay, attains, fiscal_year, fiscal_year_end_after_attaining, last_day_of_months, plus_days,
};

/// The two days every milestone is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anchors {
    /// The day of birth, day 0 of every count.
    pub birth: Option<Date>,
    /// The expected day of delivery (分娩予定日), which is 40 weeks 0 days of pregnancy.
    pub due: Option<Date>,
}

/// A day, said by rule. Written in data as `{ months = 2 }`, `"birth"` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The day of birth.
    Birth,
    /// So many days after the birth; the birth is day 0, so 6 weeks 0 days is 42 (R-WEEKS).
    Days(u16),
    /// The day on which so many months are attained: the day before the same day, or the month's last day where there
    /// is none (R-ATTAIN, R-MONTH). Both 「n月に至った日」 and the last day of 「n月に至るまで」.
    Months(u16),
    /// The day after so many months are attained: the first day of 「n月を超え」.
    PastMonths(u16),
    /// The day on which an age is attained, the day before the birthday.
    Years(u16),
    /// The day after an age is attained: the birthday.
    PastYears(u16),
    /// 1 April of the fiscal year in which an age is attained.
    FiscalYearStart(u16),
    /// 31 March of the fiscal year in which an age is attained.
    FiscalYearEnd(u16),
    /// The last such day of a year before the 1 April of school entry (学校教育法17).
    BeforeSchoolEntry(MonthDay),
    /// So many days before the expected day of delivery: 28 weeks 0 days is 84, 36 weeks 6 days is 22.
    BeforeDue(u16),
}

impl Milestone {
    /// The day, or `None` where the day it is counted from is not known.
    #[must_use]
    pub fn day(self, from: Anchors) -> Option<Date> {
        let day = match self {
            Self::BeforeDue(days) => return Some(plus_days(from.due?, -i32::from(days))),
            Self::Birth => from.birth?,
            Self::Days(days) => plus_days(from.birth?, i32::from(days)),
            Self::Months(months) => last_day_of_months(from.birth?, months),
            Self::PastMonths(months) => plus_days(last_day_of_months(from.birth?, months), 1),
            Self::Years(years) => attains(from.birth?, years),
            Self::PastYears(years) => plus_days(attains(from.birth?, years), 1),
            Self::FiscalYearStart(age) => {
                let year = fiscal_year(attains(from.birth?, age));
                Date::new(year, 4, 1).unwrap_or(Date::MIN)
            }
            Self::FiscalYearEnd(age) => fiscal_year_end_after_attaining(from.birth?, age),
            Self::BeforeSchoolEntry(day) => last_before(school_entry(from.birth?), day),
        };
        Some(day)
    }
}

/// 1 April of school entry: the first on or after the day after attaining six (学校教育法17). A child born on 1 April
/// enters with those born the year before.
#[must_use]
pub fn school_entry(birth: Date) -> Date {
    plus_days(fiscal_year_end_after_attaining(birth, 6), 1)
}

/// The last day of that month and day before another day; 29 February stands for 28 in a common year.
pub(crate) fn last_before(limit: Date, day: MonthDay) -> Date {
    let of = |year: i16| {
        Date::new(year, day.month, day.day)
            .or_else(|_| Date::new(year, day.month, day.day - 1))
            .ok()
    };
    [limit.year(), limit.year().saturating_sub(1)]
        .into_iter()
        .filter_map(of)
        .find(|candidate| *candidate < limit)
        .unwrap_or(date(-9999, 1, 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn of(birth: Date, milestone: Milestone) -> Date {
        let from = Anchors {
            birth: Some(birth),
            due: None,
        };
        milestone.day(from).unwrap()
    }

    #[test]
    fn months_are_attained_the_day_before_or_at_the_end_of_the_month() {
        // The circular of 2014-03-11: born 1 April 2013.
        assert_eq!(
            of(date(2013, 4, 1), Milestone::Months(1)),
            date(2013, 4, 30)
        );
        assert_eq!(
            of(date(2013, 4, 1), Milestone::Months(3)),
            date(2013, 6, 30)
        );
        assert_eq!(
            of(date(2013, 4, 1), Milestone::Months(12)),
            date(2014, 3, 31)
        );
        assert_eq!(
            of(date(2013, 1, 31), Milestone::Months(1)),
            date(2013, 2, 28)
        );
        assert_eq!(
            of(date(2026, 8, 31), Milestone::Months(2)),
            date(2026, 10, 30)
        );
        assert_eq!(
            of(date(2024, 2, 29), Milestone::Months(12)),
            date(2025, 2, 28)
        );
        assert_eq!(
            of(date(2024, 2, 29), Milestone::Months(48)),
            date(2028, 2, 28)
        );
    }

    #[test]
    fn past_is_the_day_after() {
        assert_eq!(
            of(date(2026, 5, 10), Milestone::PastMonths(18)),
            date(2027, 11, 10)
        );
        assert_eq!(
            of(date(2026, 5, 10), Milestone::PastYears(3)),
            date(2029, 5, 10)
        );
        // No 31 June: 18 months are attained on the 30th, passed on 1 July.
        assert_eq!(
            of(date(2024, 12, 31), Milestone::PastMonths(18)),
            date(2026, 7, 1)
        );
    }

    #[test]
    fn a_child_of_the_first_of_april_goes_to_school_a_year_earlier() {
        assert_eq!(school_entry(date(2020, 4, 1)), date(2026, 4, 1));
        assert_eq!(school_entry(date(2020, 4, 2)), date(2027, 4, 1));
        assert_eq!(school_entry(date(2021, 3, 31)), date(2027, 4, 1));
        assert_eq!(school_entry(date(2020, 2, 29)), date(2026, 4, 1));
    }

    #[test]
    fn days_before_school_entry_lie_in_the_year_before_it() {
        let on = |month, day| Milestone::BeforeSchoolEntry(MonthDay { month, day });
        let birth = date(2020, 4, 2);
        assert_eq!(of(birth, on(4, 1)), date(2026, 4, 1));
        assert_eq!(of(birth, on(3, 31)), date(2027, 3, 31));
        assert_eq!(of(birth, on(11, 30)), date(2026, 11, 30));
        assert_eq!(of(birth, on(2, 29)), date(2027, 2, 28));
    }

    #[test]
    fn weeks_of_pregnancy_count_back_from_the_due_date() {
        let from = Anchors {
            birth: None,
            due: Some(date(2026, 12, 1)),
        };
        assert_eq!(Milestone::BeforeDue(84).day(from), Some(date(2026, 9, 8)));
        assert_eq!(Milestone::BeforeDue(22).day(from), Some(date(2026, 11, 9)));
        assert_eq!(Milestone::Birth.day(from), None);
    }

    #[test]
    fn no_date_is_too_absurd() {
        for birth in [Date::MIN, Date::MAX] {
            for milestone in [
                Milestone::Days(u16::MAX),
                Milestone::Months(u16::MAX),
                Milestone::PastYears(u16::MAX),
                Milestone::FiscalYearStart(16),
                Milestone::FiscalYearEnd(u16::MAX),
                Milestone::BeforeSchoolEntry(MonthDay { month: 4, day: 1 }),
            ] {
                let _ = of(birth, milestone);
            }
        }
    }
}
