//! The national holidays by rule, for the years that no official table covers yet or any more.
//!
//! 国民の祝日に関する法律 (323AC1000000178) as it stood in each year: fixed days, second and third Mondays, both
//! equinoxes by the usual astronomical approximation, substitute holidays (振替休日) and the days between two holidays
//! (国民の休日). A table, where there is one, is the authority; nothing here overrules it. The equinoxes of coming
//! years are fixed by the Cabinet Office each February, so a rule for them stays a forecast.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::plus_days;

/// The years the rule knows: the law is of July 1948, and the equinox formula ends with the century.
pub(super) const RULE_YEARS: std::ops::RangeInclusive<i16> = 1949..=2099;

/// How the day of a holiday is found within its year.
#[derive(Clone, Copy)]
enum On {
    /// The same day every year.
    Day(i8, i8),
    /// The nth Monday of a month (ハッピーマンデー).
    Monday(i8, i8),
    /// 春分の日.
    SpringEquinox,
    /// 秋分の日.
    AutumnEquinox,
}

/// Day, first year, last year. Year 9999 stands for "still so".
const HOLIDAYS: &[(On, i16, i16)] = &[
    (On::Day(1, 1), 1949, 9999),
    (On::Day(1, 15), 1949, 1999),
    (On::Monday(1, 2), 2000, 9999),
    (On::Day(2, 11), 1967, 9999),
    (On::Day(2, 23), 2020, 9999),
    (On::SpringEquinox, 1949, 9999),
    (On::Day(4, 29), 1949, 9999),
    (On::Day(5, 3), 1949, 9999),
    (On::Day(5, 4), 2007, 9999),
    (On::Day(5, 5), 1949, 9999),
    (On::Day(7, 20), 1996, 2002),
    (On::Monday(7, 3), 2003, 2019),
    (On::Monday(7, 3), 2022, 9999),
    (On::Day(8, 11), 2016, 2019),
    (On::Day(8, 11), 2022, 9999),
    (On::Day(9, 15), 1966, 2002),
    (On::Monday(9, 3), 2003, 9999),
    (On::AutumnEquinox, 1949, 9999),
    (On::Day(10, 10), 1966, 1999),
    (On::Monday(10, 2), 2000, 2019),
    (On::Monday(10, 2), 2022, 9999),
    (On::Day(11, 3), 1949, 9999),
    (On::Day(11, 23), 1949, 9999),
    (On::Day(12, 23), 1989, 2018),
    // The two summers of the Tokyo games moved three holidays.
    (On::Day(7, 23), 2020, 2020),
    (On::Day(7, 24), 2020, 2020),
    (On::Day(8, 10), 2020, 2020),
    (On::Day(7, 22), 2021, 2021),
    (On::Day(7, 23), 2021, 2021),
    (On::Day(8, 8), 2021, 2021),
    // Once only: weddings, funerals and enthronements of the imperial house.
    (On::Day(4, 10), 1959, 1959),
    (On::Day(2, 24), 1989, 1989),
    (On::Day(11, 12), 1990, 1990),
    (On::Day(6, 9), 1993, 1993),
    (On::Day(5, 1), 2019, 2019),
    (On::Day(10, 22), 2019, 2019),
];

/// Whether a day is a holiday by rule, substitute and in-between days included; `None` outside [`RULE_YEARS`].
pub(super) fn is_holiday_by_rule(day: Date) -> Option<bool> {
    RULE_YEARS
        .contains(&day.year())
        .then(|| is_named(day) || is_substitute(day) || is_between(day))
}

/// The holidays of a year by rule, in order; empty for years outside 1949 to 2099.
pub fn holidays_by_rule(year: i16) -> impl Iterator<Item = Date> {
    let first = date(if RULE_YEARS.contains(&year) { year } else { 1 }, 1, 1);
    first
        .series(1.day())
        .take_while(move |day| day.year() == year)
        .filter(|&day| is_holiday_by_rule(day) == Some(true))
}

/// A holiday with a name of its own (国民の祝日).
fn is_named(day: Date) -> bool {
    HOLIDAYS.iter().any(|&(on, from, to)| {
        (from..=to).contains(&day.year())
            && match on {
                On::Day(month, of_month) => (day.month(), day.day()) == (month, of_month),
                On::Monday(month, nth) => {
                    day.month() == month
                        && day.weekday() == Weekday::Monday
                        && (day.day() - 1) / 7 == nth - 1
                }
                On::SpringEquinox => {
                    day.month() == 3
                        && i32::from(day.day()) == equinox(day.year(), 208_357, 208_431)
                }
                On::AutumnEquinox => {
                    day.month() == 9
                        && i32::from(day.day()) == equinox(day.year(), 232_588, 232_488)
                }
            }
    })
}

/// The day of the month of an equinox, in ten-thousandths of a day so that no float decides a holiday: the mean
/// equinox drifts by 0.242194 days a year and falls back with each leap day.
fn equinox(year: i16, until_1979: i64, from_1980: i64) -> i32 {
    let since = i64::from(year) - 1980;
    let (base, leap_days) = if year < 1980 {
        // Years run backwards here, and the leap days with them: rounded towards 1980.
        (until_1979, (since - 3) / 4)
    } else {
        (from_1980, since / 4)
    };
    let millionths = base * 100 + 242_194 * since;
    let day = millionths.div_euclid(1_000_000) - leap_days;
    i32::try_from(day).unwrap_or(0)
}

/// 振替休日 (law art. 3 II): for a holiday on a Sunday the next day that is none, since 2007; before, since
/// 12 April 1973, the Monday.
fn is_substitute(day: Date) -> bool {
    if day < date(1973, 4, 12) || is_named(day) {
        return false;
    }
    let yesterday = plus_days(day, -1);
    if day.year() < 2007 {
        return yesterday.weekday() == Weekday::Sunday && is_named(yesterday);
    }
    // A run of holidays is never longer than a week.
    (1..=7)
        .map(|back| plus_days(day, -back))
        .take_while(|&earlier| is_named(earlier))
        .any(|earlier| earlier.weekday() == Weekday::Sunday)
}

/// 国民の休日 (law art. 3 III, since 27 December 1985): a day with a named holiday on either side.
fn is_between(day: Date) -> bool {
    day >= date(1985, 12, 27)
        && !is_named(day)
        && (day.year() >= 2007 || day.weekday() != Weekday::Sunday)
        && is_named(plus_days(day, -1))
        && is_named(plus_days(day, 1))
}
