//! `deadline`: until when a procedure can be filed in time, and whether a day was late.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Calendar, ClosingDays};
use crate::catalogue::DayCount;
use crate::door::{Context, DoorError, Kind};
use crate::ids::ProcedureId;

pub(crate) struct Deadline;

/// A birth and a procedure.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// Which procedure, for example `shussei_todoke`.
    procedure: String,
    /// The day of birth.
    born: Date,
    /// Where the child was born.
    #[serde(default)]
    place: Place,
    /// The day it was filed, if it was.
    #[serde(default)]
    filed: Option<Date>,
    /// Days on which the counters are closed, beside Saturdays, Sundays, national holidays and 29 December to 3 January.
    #[serde(default)]
    closed_days: Vec<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Place {
    #[default]
    Japan,
    Abroad,
}

/// The deadline.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The day until which the counters take it in time; `null` where the procedure has no deadline.
    deadline: Option<Date>,
    /// Whether `filed` lies after it; `null` without `filed` or without a deadline.
    late: Option<bool>,
}

impl Kind for Deadline {
    const NAME: &'static str = "deadline";
    const ABOUT: &'static str = "until when a procedure can be filed in time";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let id: ProcedureId = question.procedure.parse().map_err(DoorError::impossible)?;
        let procedure = cx
            .catalogue
            .procedure(&id)
            .ok_or_else(|| DoorError::impossible(format!("no procedure {id:?}")))?;
        let Some(rule) = &procedure.deadline else {
            return Ok(Answer {
                deadline: None,
                late: None,
            });
        };
        let last = match rule.count {
            DayCount::EventDayIsDayOne => {
                calendar::last_day_counting_event(question.born, rule.days)
            }
            DayCount::EventDayExcluded => calendar::last_day_after_event(question.born, rule.days),
        };
        let mut closing = ClosingDays::usual();
        closing.also_closed = question.closed_days;
        let holidays = cx.catalogue.holidays();
        let deadline = Calendar::new(holidays, &closing).roll(last).unwrap_or(last);
        Ok(Answer {
            deadline: Some(deadline),
            late: question.filed.map(|filed| filed > deadline),
        })
    }
}
