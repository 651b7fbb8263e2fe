//! `deadline`: until when a procedure can be filed in time, and whether a day was late.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, ClosingDays};
use crate::catalogue::DeadlineRule;
use crate::door::{Context, DoorError, Kind};
use crate::ids::ProcedureId;
use crate::rules::{FactValue, Focus, Records, Scope};

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
        let last = last_day(cx, rule, &question)?;
        let mut closing = ClosingDays::usual();
        closing.also_closed = question.closed_days;
        let holidays = cx.catalogue.holidays();
        let deadline = if rule.rolled {
            Calendar::new(holidays, &closing).roll(last).unwrap_or(last)
        } else {
            last
        };
        Ok(Answer {
            deadline: Some(deadline),
            late: question.filed.map(|filed| filed > deadline),
        })
    }
}

/// The last day of the period, not rolled: the variant's where one applies to the place of birth.
fn last_day(cx: &Context, rule: &DeadlineRule, question: &Question) -> Result<Date, DoorError> {
    let vocabulary = cx.catalogue.vocabulary();
    let mut records = Records::new(vocabulary);
    let child = records.add(Scope::Child);
    let abroad = question.place == Place::Abroad;
    for (id, value) in [
        ("child.birth", FactValue::Date(question.born)),
        ("child.born_abroad", FactValue::Bool(abroad)),
    ] {
        records
            .set(vocabulary, child, id, &value)
            .map_err(DoorError::impossible)?;
    }
    let focus = Focus::family().on(Scope::Child, child);
    // A variant that rests on something that was not asked does not apply.
    let last = match rule.variant(&records, &focus) {
        Ok(Some(variant)) => rule.last_day_of(variant, question.born),
        Ok(None) | Err(_) => rule.last_day(question.born),
    };
    last.ok_or_else(|| DoorError::impossible("the deadline has no number of days"))
}
