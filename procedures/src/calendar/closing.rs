//! R-ROLL: when the last day is a closing day, the next opening day counts (地方自治法4条の2, 民法142).
//!
//! National holidays are a dated table, a municipality's own closing days come from its profile. A year
//! without a table is an error, unless whoever asks says that the rule of the law will do.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::Deserialize;

use super::holiday::is_holiday_by_rule;
use super::{CalendarError, plus_days};

/// The national holidays (国民の祝日, substitute holidays included) of some years.
#[derive(Debug, Clone, Default)]
pub struct Holidays {
    years: BTreeSet<i16>,
    days: BTreeSet<Date>,
}

impl Holidays {
    /// From all holidays of whole years.
    #[must_use]
    pub fn new(years: impl IntoIterator<Item = i16>, days: impl IntoIterator<Item = Date>) -> Self {
        Self {
            years: years.into_iter().collect(),
            days: days.into_iter().collect(),
        }
    }

    /// Whether a day is a national holiday.
    ///
    /// # Errors
    /// [`CalendarError::NoHolidayTable`] for a year outside the table.
    pub fn contains(&self, day: Date) -> Result<bool, CalendarError> {
        if self.years.contains(&day.year()) {
            Ok(self.days.contains(&day))
        } else {
            Err(CalendarError::NoHolidayTable { year: day.year() })
        }
    }
}

/// A day of any year, written `12-29`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct MonthDay {
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31.
    pub day: i8,
}

impl TryFrom<String> for MonthDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text
            .split_once('-')
            .and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
        match parts {
            // 2024 is a leap year, so that 29 February is a day too.
            Some((month, day)) if Date::new(2024, month, day).is_ok() => Ok(Self { month, day }),
            _ => Err(format!("{text:?} is not a month and day such as \"12-29\"")),
        }
    }
}

/// When a municipality's counters are closed, by its own ordinance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingDays {
    /// Weekly closing days: `sat`, `sun` …
    #[serde(deserialize_with = "weekdays")]
    #[schemars(with = "Vec<String>")]
    pub weekly: Vec<Weekday>,
    /// Closed on national holidays.
    pub national_holidays: bool,
    /// First day of the closing around the new year.
    pub year_end_from: MonthDay,
    /// Last day of the closing around the new year.
    pub year_end_to: MonthDay,
    /// Further closing days.
    #[serde(default)]
    pub also_closed: Vec<Date>,
    /// Days open in spite of everything above.
    #[serde(default)]
    pub open: Vec<Date>,
}

impl ClosingDays {
    /// Saturdays, Sundays, national holidays, 29 December to 3 January: the usual ordinance. Used for a
    /// municipality that has no profile.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            weekly: vec![Weekday::Saturday, Weekday::Sunday],
            national_holidays: true,
            year_end_from: MonthDay { month: 12, day: 29 },
            year_end_to: MonthDay { month: 1, day: 3 },
            also_closed: Vec::new(),
            open: Vec::new(),
        }
    }

    fn around_new_year(&self, day: Date) -> bool {
        let this = MonthDay {
            month: day.month(),
            day: day.day(),
        };
        if self.year_end_from <= self.year_end_to {
            (self.year_end_from..=self.year_end_to).contains(&this)
        } else {
            this >= self.year_end_from || this <= self.year_end_to
        }
    }
}

fn weekdays<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Vec<Weekday>, D::Error> {
    const NAMES: [(&str, Weekday); 7] = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    let words: Vec<String> = Vec::deserialize(input)?;
    words
        .into_iter()
        .map(|word| {
            let found = NAMES
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, weekday)| *weekday);
            found.ok_or_else(|| {
                serde::de::Error::custom(format!("{word:?} is not a weekday (mon … sun)"))
            })
        })
        .collect()
}

/// The opening days of one municipality.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    holidays: &'a Holidays,
    closing: &'a ClosingDays,
    by_rule: bool,
}

impl<'a> Calendar<'a> {
    /// From the national table and a municipality's own rule.
    #[must_use]
    pub fn new(holidays: &'a Holidays, closing: &'a ClosingDays) -> Self {
        Self {
            holidays,
            closing,
            by_rule: false,
        }
    }

    /// Takes the holidays of years without a table from the rule of the law (1949 to 2099): good enough to plan
    /// with, though the Cabinet Office fixes the equinoxes only a year ahead.
    #[must_use]
    pub fn by_rule_beyond_table(self) -> Self {
        Self {
            by_rule: true,
            ..self
        }
    }

    fn is_holiday(&self, day: Date) -> Result<bool, CalendarError> {
        match self.holidays.contains(day) {
            Err(missing) if self.by_rule => is_holiday_by_rule(day).ok_or(missing),
            known => known,
        }
    }

    /// Whether the counters are closed on a day.
    ///
    /// # Errors
    /// [`CalendarError::NoHolidayTable`] for a year outside the table (and, where asked for, outside the rule).
    pub fn is_closed(&self, day: Date) -> Result<bool, CalendarError> {
        let holiday = self.closing.national_holidays && self.is_holiday(day)?;
        if self.closing.open.contains(&day) {
            return Ok(false);
        }
        Ok(holiday
            || self.closing.weekly.contains(&day.weekday())
            || self.closing.around_new_year(day)
            || self.closing.also_closed.contains(&day))
    }

    /// The day itself if the counters are open, else the next day on which they are.
    ///
    /// # Errors
    /// [`CalendarError`] when the holiday table ends first, or nothing opens within 62 days.
    pub fn roll(&self, day: Date) -> Result<Date, CalendarError> {
        for later in 0..=62 {
            let candidate = plus_days(day, later);
            if !self.is_closed(candidate)? {
                return Ok(candidate);
            }
        }
        Err(CalendarError::NeverOpen { from: day })
    }
}
