//! `deadline`: until when a procedure can be filed in time, and whether a day was late.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::loose::{self, spelt};
use crate::amounts::{Amounts, EventPlace, Period, PeriodRule};
use crate::calendar::{Calendar, ClosingDays};
use crate::catalogue::{DayCount, OwnDays, Profile};
use crate::door::{Context, DoorError, Kind};
use crate::ids::{MunicipalityCode, ProcedureId};

pub(crate) struct Deadline;

/// A birth, or another event, and a procedure.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// Which procedure, for example `shussei_todoke`.
    procedure: String,
    /// The day of birth, or of the event the procedure is about; with or without a time.
    #[serde(
        alias = "birth",
        alias = "birth_date",
        alias = "event_date",
        deserialize_with = "loose::needed_moment"
    )]
    #[schemars(with = "Date")]
    born: loose::Moment,
    /// Where the child was born; in Japan if absent.
    #[serde(default)]
    place: Option<Place>,
    /// The day it was filed, if it was.
    #[serde(default, alias = "filed_on", deserialize_with = "loose::maybe_day")]
    #[schemars(with = "Option<Date>")]
    filed: Option<Date>,
    /// The municipality whose own rule and closing days apply: its code, where this program has its profile. Without it, what
    /// most municipalities do.
    #[serde(default, alias = "municipality")]
    residence: Option<String>,
    /// Days on which the counters are closed, beside Saturdays, Sundays, national holidays and 29 December to 3 January,
    /// which always are; a list that repeats those does no harm.
    #[serde(default, deserialize_with = "loose::days")]
    closed_days: Vec<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// In Japan.
    #[serde(alias = "domestic")]
    Japan,
    /// Anywhere else.
    #[serde(alias = "overseas")]
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
        let tables = Amounts::builtin().map_err(DoorError::impossible)?;
        let (born, _) = question.born;
        if question.filed.is_some_and(|filed| filed < born) {
            return Err(DoorError::impossible("filed before the event"));
        }
        let place = match question.place {
            None | Some(Place::Japan) => EventPlace::Japan,
            Some(Place::Abroad) => EventPlace::Abroad,
        };
        let profile = profile_of(cx, question.residence.as_deref())?;
        let own = match profile {
            Some(profile) => profile.own_days(&known_by(tables, &question.procedure)?),
            None => OwnDays::AsTheLaw,
        };
        let rule = match own {
            OwnDays::AsTheLaw => rule_of(cx, tables, &question.procedure, place)?,
            OwnDays::Whenever => None,
            OwnDays::Days(days) => Some(PeriodRule {
                count: DayCount::EventDayExcluded,
                period: Period::Days(days),
                roll: true,
            }),
        };
        let Some(rule) = rule else {
            return Ok(Answer {
                deadline: None,
                late: None,
            });
        };
        let mut closing = profile.map_or_else(ClosingDays::usual, |own| own.closing.clone());
        closing.also_closed.extend(question.closed_days);
        let calendar = Calendar::new(cx.catalogue.holidays(), &closing).by_rule_beyond_table();
        let deadline = rule
            .deadline(born, &calendar)
            .map_err(DoorError::impossible)?;
        Ok(Answer {
            deadline: Some(deadline),
            late: question.filed.map(|filed| filed > deadline),
        })
    }
}

/// The profile of the municipality that was named.
fn profile_of<'c>(cx: &'c Context, code: Option<&str>) -> Result<Option<&'c Profile>, DoorError> {
    let Some(code) = code else {
        return Ok(None);
    };
    let code: MunicipalityCode = code.parse().map_err(DoorError::impossible)?;
    Ok(cx.catalogue.profile(&code))
}

/// The id a procedure is known by, however it was spelt.
fn known_by(tables: &Amounts, name: &str) -> Result<ProcedureId, DoorError> {
    let name = spelt(name);
    let name = tables.deadlines.canonical(&name);
    name.parse().map_err(DoorError::impossible)
}

/// The period of a procedure; `None` where it can be filed at any time.
///
/// A rule for events abroad comes first, then the procedure's own file, then the table of those that have none yet.
pub(super) fn rule_of(
    cx: &Context,
    tables: &Amounts,
    name: &str,
    place: EventPlace,
) -> Result<Option<PeriodRule>, DoorError> {
    let id = known_by(tables, name)?;
    let name = id.as_str();
    if let Some(rule) = tables.deadlines.only_at(name, place) {
        return Ok(Some(rule));
    }
    if let Some(rule) = cx
        .catalogue
        .procedure(&id)
        .and_then(|own| own.deadline.as_ref())
    {
        return Ok(PeriodRule::of(rule));
    }
    let known = cx.catalogue.procedure(&id).is_some();
    match tables.deadlines.anywhere(name) {
        Some(rule) => Ok(rule),
        None if known => Ok(None),
        None => Err(DoorError::impossible(format!("no procedure {name:?}"))),
    }
}

/// The usual closing days and some more.
pub(super) fn closed_on(days: Vec<Date>) -> ClosingDays {
    ClosingDays {
        also_closed: days,
        ..ClosingDays::usual()
    }
}
