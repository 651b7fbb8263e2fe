//! The holidays by rule against the committed table and against odd years, and the rules for periods against a walker that
//! counts days one by one.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::catalogue;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use ubugoe_procedures::amounts::MonthNumber;
use ubugoe_procedures::calendar::{
    Calendar, CalendarError, ClosingDays, attains, fiscal_year_end_after_attaining,
    holidays_by_rule, last_day_after_event, last_day_counting_event, last_day_of_months, plus_days,
};

fn shown(days: impl Iterator<Item = Date>) -> Vec<String> {
    days.map(|day| day.strftime("%m-%d").to_string()).collect()
}

#[test]
fn the_rule_gives_every_holiday_of_the_committed_table_and_no_other() {
    let holidays = catalogue().holidays();
    for year in 2024..=2027 {
        for day in date(year, 1, 1).series(jiff::Span::new().days(1)) {
            if day.year() != year {
                break;
            }
            let by_rule = holidays_by_rule(year).any(|holiday| holiday == day);
            assert_eq!(by_rule, holidays.contains(day).unwrap(), "{day}");
        }
    }
}

/// Lists of PyPI jpholiday 1.0.3 (MIT), which agrees with the rule on every day of 1986 to 2099.
#[test]
fn the_rule_knows_the_years_that_were_unlike_others() {
    for (year, listed) in [
        // A substitute and a citizens' holiday under the law before 2007.
        (
            1999,
            "01-01 01-15 02-11 03-21 03-22 04-29 05-03 05-04 05-05 07-20 09-15 09-23 10-10 10-11 11-03 11-23 12-23",
        ),
        // The first September with a day between two holidays.
        (
            2009,
            "01-01 01-12 02-11 03-20 04-29 05-03 05-04 05-05 05-06 07-20 09-21 09-22 09-23 10-12 11-03 11-23 12-23",
        ),
        // Ten days on end at the change of era.
        (
            2019,
            "01-01 01-14 02-11 03-21 04-29 04-30 05-01 05-02 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-23 10-14 10-22 11-03 11-04 11-23",
        ),
        (
            2020,
            "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-23 07-24 08-10 09-21 09-22 11-03 11-23",
        ),
        (
            2021,
            "01-01 01-11 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-22 07-23 08-08 08-09 09-20 09-23 11-03 11-23",
        ),
        (
            2032,
            "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-21 09-22 10-11 11-03 11-23",
        ),
    ] {
        let listed: Vec<&str> = listed.split(' ').collect();
        assert_eq!(shown(holidays_by_rule(year)), listed, "{year}");
    }
    assert_eq!(holidays_by_rule(1948).count(), 0);
    assert_eq!(holidays_by_rule(2100).count(), 0);
    assert_eq!(holidays_by_rule(i16::MIN).count(), 0);
}

#[test]
fn years_beyond_the_table_are_an_error_unless_the_rule_is_asked_for() {
    let closing = ClosingDays::usual();
    let strict = Calendar::new(catalogue().holidays(), &closing);
    let golden_week = date(2031, 5, 3);
    assert_eq!(
        strict.roll(golden_week),
        Err(CalendarError::NoHolidayTable { year: 2031 })
    );
    let by_rule = strict.by_rule_beyond_table();
    assert_eq!(by_rule.roll(golden_week), Ok(date(2031, 5, 7)));
    assert_eq!(by_rule.roll(date(2099, 12, 25)), Ok(date(2099, 12, 25)));
    assert_eq!(
        by_rule.roll(date(2100, 1, 4)),
        Err(CalendarError::NoHolidayTable { year: 2100 })
    );
    assert_eq!(
        by_rule.roll(Date::MAX),
        Err(CalendarError::NoHolidayTable { year: 9999 })
    );
}

/// Walks from a day until a number of days is counted, the first of them `first`.
fn walk(first: Date, days: u16) -> Date {
    let mut last = first;
    for _ in 1..days {
        last = last.tomorrow().unwrap();
    }
    last
}

/// Walks month by month over every day: a month is over on the day before its corresponding day, or with the calendar
/// month where there is none.
fn walk_months(start: Date, months: u16) -> Date {
    let mut day = start;
    let mut over = 0;
    loop {
        let next = day.tomorrow().unwrap();
        let corresponding = next.day() == start.day();
        let none_here = next.day() == 1 && start.day() > day.days_in_month() && day >= start;
        if corresponding || none_here {
            over += 1;
        }
        if over == months {
            return day;
        }
        day = next;
    }
}

fn days() -> impl Strategy<Value = Date> {
    (0..36_500i32).prop_map(|later| plus_days(date(1990, 1, 1), later))
}

proptest! {
    #[test]
    fn periods_of_days_agree_with_a_walker(event in days(), length in 1..90u16) {
        prop_assert_eq!(last_day_counting_event(event, length), walk(event, length));
        let next = event.tomorrow().unwrap();
        prop_assert_eq!(last_day_after_event(event, length), walk(next, length));
    }

    #[test]
    fn periods_of_months_agree_with_a_walker(start in days(), months in 1..30u16) {
        prop_assert_eq!(last_day_of_months(start, months), walk_months(start, months));
    }

    #[test]
    fn ages_and_fiscal_years_agree_with_a_walker(birth in days(), years in 1..23u16) {
        let attained = walk_months(birth, 12 * years);
        prop_assert_eq!(attains(birth, years), attained);
        let mut end = attained;
        while (end.month(), end.day()) != (3, 31) {
            end = end.tomorrow().unwrap();
        }
        prop_assert_eq!(fiscal_year_end_after_attaining(birth, years), end);
        let by_month = MonthNumber::fiscal_year_end(birth, i32::from(years));
        prop_assert_eq!(by_month, MonthNumber::of(end));
    }

    #[test]
    fn rolling_finds_the_first_open_day_that_a_walker_finds(day in days()) {
        let closing = ClosingDays::usual();
        let calendar = Calendar::new(catalogue().holidays(), &closing).by_rule_beyond_table();
        let holiday = |day: Date| match catalogue().holidays().contains(day) {
            Ok(known) => known,
            Err(_) => holidays_by_rule(day.year()).any(|holiday| holiday == day),
        };
        let mut open = day;
        while holiday(open)
            || open.weekday().to_monday_zero_offset() >= 5
            || (open.month() == 12 && open.day() >= 29)
            || (open.month() == 1 && open.day() <= 3)
        {
            open = open.tomorrow().unwrap();
        }
        prop_assert_eq!(calendar.roll(day), Ok(open));
    }
}
