//! Deadlines that no procedure's own file says yet, and those that depend on where the event was.
//!
//! A stopgap by design: once a procedure's file in the catalogue states its deadline, that one holds and the row here is
//! dead. Knows periods and closing days, not procedures.

use jiff::civil::Date;
use serde::Deserialize;

use super::AmountsError;
use super::load::{File, read};
use crate::calendar::{self, Calendar, CalendarError, plus_days};
use crate::catalogue::{DayCount, DeadlineRule, Length};
use crate::form::Confidence;

/// Where an event was, as far as a period depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventPlace {
    /// In Japan.
    #[default]
    Japan,
    /// Anywhere else.
    Abroad,
}

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// Days.
    Days(u16),
    /// Calendar months (R-MONTH).
    Months(u16),
}

/// A period that runs from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeriodRule {
    /// Whether the day of the event is the first day.
    pub count: DayCount,
    /// How long.
    pub period: Period,
    /// Whether it is extended to the next opening day (R-ROLL).
    pub roll: bool,
}

impl PeriodRule {
    /// The last day as the law counts it.
    #[must_use]
    pub fn last_day(&self, event: Date) -> Date {
        match (self.period, self.count) {
            (Period::Days(days), DayCount::EventDayIsDayOne) => {
                calendar::last_day_counting_event(event, days)
            }
            (Period::Days(days), DayCount::EventDayExcluded) => {
                calendar::last_day_after_event(event, days)
            }
            (Period::Months(months), DayCount::EventDayIsDayOne) => {
                calendar::last_day_of_months(event, months)
            }
            (Period::Months(months), DayCount::EventDayExcluded) => {
                calendar::last_day_of_months(plus_days(event, 1), months)
            }
        }
    }

    /// The last day on which a filing is in time.
    ///
    /// # Errors
    /// [`CalendarError`] when the last day cannot be rolled.
    pub fn deadline(&self, event: Date, calendar: &Calendar<'_>) -> Result<Date, CalendarError> {
        let last = self.last_day(event);
        if self.roll {
            calendar.roll(last)
        } else {
            Ok(last)
        }
    }
}

impl PeriodRule {
    /// The ordinary period of a procedure's own file; `None` where it has no number of days (速やかに) or ends before the
    /// event.
    #[must_use]
    pub fn of(rule: &DeadlineRule) -> Option<Self> {
        let period = match rule.length {
            Length::Days(days) => Period::Days(days),
            Length::Months(months) => Period::Months(months),
            Length::Promptly => return None,
        };
        (!rule.before).then_some(Self {
            count: rule.count,
            period,
            roll: rule.rolled,
        })
    }
}

/// The table.
#[derive(Debug, Clone)]
pub struct Deadlines {
    rows: Vec<DeadlineRow>,
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct DeadlineRow {
    /// Romanised id of the procedure.
    pub procedure: String,
    /// Other names it is asked for by.
    pub aliases: Vec<String>,
    /// Only for events there; `None` for events anywhere.
    pub place: Option<EventPlace>,
    /// The period; `None` where the procedure can be filed at any time.
    pub rule: Option<PeriodRule>,
    /// The law's Japanese name.
    pub law: String,
    /// Article or articles.
    pub article: String,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    deadline: Vec<RawRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    procedure: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    place: Option<EventPlace>,
    count: DayCount,
    #[serde(default)]
    days: Option<u16>,
    #[serde(default)]
    months: Option<u16>,
    #[serde(default)]
    years: Option<u16>,
    roll: bool,
    law: String,
    article: String,
    #[serde(default)]
    confidence: Confidence,
}

impl Deadlines {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: Raw = read(file)?;
        let rows = raw
            .deadline
            .into_iter()
            .map(|row| {
                let period = match (row.days, row.months, row.years) {
                    (None, None, None) => None,
                    (Some(days), None, None) if days > 0 => Some(Period::Days(days)),
                    (None, Some(months), None) if months > 0 => Some(Period::Months(months)),
                    (None, None, Some(years)) if (1..=100).contains(&years) => {
                        Some(Period::Months(12 * years))
                    }
                    _ => {
                        return Err(AmountsError::Contradiction {
                            file: file.0,
                            problem: "a period has days, months or years, one of them",
                        });
                    }
                };
                Ok(DeadlineRow {
                    rule: period.map(|period| PeriodRule {
                        count: row.count,
                        period,
                        roll: row.roll,
                    }),
                    procedure: row.procedure,
                    aliases: row.aliases,
                    place: row.place,
                    law: row.law,
                    article: row.article,
                    confidence: row.confidence,
                })
            })
            .collect::<Result<Vec<_>, AmountsError>>()?;
        Ok(Self { rows })
    }

    /// The romanised id a name stands for; the name itself if the table does not know it.
    #[must_use]
    pub fn canonical<'a>(&'a self, name: &'a str) -> &'a str {
        self.rows
            .iter()
            .find(|row| row.aliases.iter().any(|alias| alias == name))
            .map_or(name, |row| &row.procedure)
    }

    /// The rule that holds only for events at this place.
    #[must_use]
    pub fn only_at(&self, procedure: &str, place: EventPlace) -> Option<PeriodRule> {
        self.rows
            .iter()
            .find(|row| row.procedure == procedure && row.place == Some(place))
            .and_then(|row| row.rule)
    }

    /// The rule for events anywhere: `None` for a procedure the table does not know, `Some(None)` for one that can be
    /// filed at any time.
    #[must_use]
    pub fn anywhere(&self, procedure: &str) -> Option<Option<PeriodRule>> {
        self.rows
            .iter()
            .find(|row| row.procedure == procedure && row.place.is_none())
            .map(|row| row.rule)
    }

    /// The rows, in their order.
    #[must_use]
    pub fn rows(&self) -> &[DeadlineRow] {
        &self.rows
    }
}
