//! `points`: a household's points for a place in a nursery (利用調整), with the reason for each.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::loose;
use crate::calendar;
use crate::door::{Context, DoorError, Kind};
use crate::nursery::{
    CareHours, CertificationClass, Guardian, Household, NeedDecision, NeedRules, PointLine,
    PointTable, PointTables, Score, certify,
};
use crate::text::Text;

pub(crate) struct Points;

/// A household and whose table counts.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// The municipality: code, name or table (`asukoe`, `kazamine`). Left out: `asukoe`.
    #[serde(default)]
    profile: Option<String>,
    /// A table of your own, in the shape of `catalogue/points/*.toml`: rules `{id, scope, when, points, group, max_of_group,
    /// text}`, `tie_breakers`, `priority`, `combine` (`sum` or `min`), `absent_guardian`. It goes before `profile`.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Value>")]
    table: Option<PointTable>,
    /// The month of entry (`2027-04`); its fiscal year chooses the table. Left out: the day of the law.
    #[serde(default)]
    entry: Option<String>,
    /// The fiscal year, if it is not that of `entry`.
    #[serde(default)]
    fiscal_year: Option<i16>,
    /// The child's day of birth; with it the certification (1号, 2号, 3号) is proposed too.
    #[serde(default)]
    birth: Option<Date>,
    /// Municipal minimum of working hours a month for a need of care, 48 to 64. Left out: 48.
    #[serde(default)]
    minimum_hours_month: Option<u16>,
    /// The times of work make more than eight hours necessary.
    #[serde(default)]
    hours_demand_standard: Option<bool>,
    /// The family asks for short time (短時間).
    #[serde(default)]
    wants_short: Option<bool>,
    /// The household, if it is not given on this level.
    #[serde(default)]
    household: Option<Household>,
    /// The household's facts.
    #[serde(flatten)]
    facts: Household,
}

/// Points and where they come from. Never a chance of a place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// Points in all.
    total: i64,
    /// The guardians' points, added or the lower of them.
    base: i64,
    /// Points of each guardian; for a single parent the table may set points for the absent one.
    per_guardian: Vec<i64>,
    /// The household's adjustments that count.
    adjustments: Vec<Adjustment>,
    /// Their sum.
    adjustment: i64,
    /// Every rule that applied, also those that do not count because another of their group does. `employee_supposed` says
    /// that a guardian who works was taken for an employee because nothing said how.
    trace: Vec<Line>,
    /// Rules that could not be decided, and what is missing for them.
    open: Vec<Open>,
    /// The priority class; `null` for a table without classes. Rank 0 comes before all others, whatever the points.
    priority: Option<Priority>,
    /// What decides between equal points, in order.
    tie_breakers: Vec<Tie>,
    /// Which table was used.
    table: Table,
    /// The certification, if `birth` was given.
    certification: Option<Certified>,
    /// What must stand beside the number.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    note: Text,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Adjustment {
    /// The rule.
    rule: String,
    /// What it gives.
    points: i64,
    /// In words.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    text: Text,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    /// The rule.
    rule: String,
    /// Which guardian, from 1; `null` for the household.
    guardian: Option<usize>,
    /// What the rule gives.
    points: i64,
    /// Whether it counts.
    counted: bool,
    /// The rule of its group that counts instead.
    instead: Option<String>,
    /// In words.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    text: Text,
}

impl From<PointLine> for Line {
    fn from(line: PointLine) -> Self {
        Self {
            rule: line.rule,
            guardian: line.guardian,
            points: line.points,
            counted: line.counted,
            instead: line.instead,
            text: line.text,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Open {
    /// The rule.
    rule: String,
    /// The facts it lacks.
    missing: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Priority {
    /// 0 comes first.
    rank: usize,
    /// Its id.
    id: String,
    /// In words.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    text: Text,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Tie {
    /// Its id.
    id: String,
    /// The household's value; `null` if it is not known, which comes last.
    value: Option<i64>,
    /// `high`: the higher value goes first; `low`: the lower.
    order: &'static str,
    /// In words.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    text: Text,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Table {
    /// Its id.
    id: String,
    /// Its name.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    name: Text,
    /// Its fiscal year.
    fiscal_year: i16,
    /// Whether it is invented.
    fictional: bool,
    /// Said where the table of another fiscal year was used.
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>")]
    year_note: Option<Text>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Certified {
    /// `1`, `2`, `3`, or `null`.
    class: Option<CertificationClass>,
    /// Whether care is needed.
    need: NeedDecision,
    /// Standard or short time; `null` without a need.
    amount: Option<CareHours>,
    /// Why.
    #[schemars(with = "Vec<std::collections::BTreeMap<String, String>>")]
    reasons: Vec<Text>,
}

impl Kind for Points {
    const NAME: &'static str = "points";
    const ABOUT: &'static str = "a household's points for a place in a nursery, with reasons";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let entry = loose::entry(cx, question.entry.as_deref())?;
        let year = question
            .fiscal_year
            .unwrap_or_else(|| calendar::fiscal_year(entry));
        let table = if let Some(table) = &question.table {
            table.check().map_err(DoorError::impossible)?;
            table
        } else {
            let name = question.profile.as_deref().unwrap_or("asukoe");
            PointTables::builtin()
                .map_err(DoorError::impossible)?
                .find(name, year)
                .ok_or_else(|| DoorError::impossible(format!("no point table of {name:?}")))?
        };
        let given = question.household.as_ref().unwrap_or(&question.facts);
        if given.guardians.len() > 2 {
            return Err(DoorError::impossible(format!(
                "{} guardians: one or two are needed",
                given.guardians.len()
            )));
        }
        given.guardians.iter().try_for_each(possible)?;
        let mut household = given.clone();
        let supposed = household
            .suppose_employees()
            .map_err(DoorError::impossible)?;
        let mut score = table.score(&household).map_err(DoorError::impossible)?;
        score.lines.extend(supposed);
        let certification = match question.birth {
            Some(birth) => Some(certified(&question, &household, birth, entry)?),
            None => None,
        };
        let year_note = match question.table {
            Some(_) => None,
            None => table.year_note(year).map_err(DoorError::impossible)?,
        };
        Ok(answer(score, table, year_note, certification))
    }
}

/// No week has more than 168 hours, no month more than 744.
fn possible(guardian: &Guardian) -> Result<(), DoorError> {
    for (what, given, most) in [
        ("hours_week", guardian.hours_week, 168.0),
        ("hours_month", guardian.hours_month, 744.0),
        ("days_week", guardian.days_week, 7.0),
        ("days_month", guardian.days_month, 31.0),
    ] {
        if let Some(given) = given.filter(|given| !(0.0..=most).contains(given)) {
            let what = format!("{what} {given}: 0 to {most} are possible");
            return Err(DoorError::impossible(what));
        }
    }
    Ok(())
}

fn certified(
    question: &Question,
    household: &Household,
    birth: Date,
    entry: Date,
) -> Result<Certified, DoorError> {
    let mut rules = NeedRules::builtin().map_err(DoorError::impossible)?;
    if let Some(minimum) = question.minimum_hours_month {
        let [low, high] = rules.minimum_hours_range;
        if !(low..=high).contains(&minimum) {
            return Err(DoorError::impossible(format!(
                "a minimum of {minimum} hours a month: {low} to {high} are allowed"
            )));
        }
        rules.minimum_hours_month = minimum;
    }
    let found = certify(
        &rules,
        birth,
        entry,
        &household.guardians,
        question.hours_demand_standard.unwrap_or(false),
        question.wants_short.unwrap_or(false),
    )
    .map_err(DoorError::impossible)?;
    Ok(Certified {
        class: found.class,
        need: found.need,
        amount: found.amount,
        reasons: found.reasons,
    })
}

fn answer(
    score: Score,
    table: &PointTable,
    year_note: Option<Text>,
    certification: Option<Certified>,
) -> Answer {
    let adjustments = score
        .lines
        .iter()
        .filter(|line| line.guardian.is_none() && line.counted)
        .map(|line| Adjustment {
            rule: line.rule.clone(),
            points: line.points,
            text: line.text.clone(),
        })
        .collect();
    Answer {
        total: score.total,
        base: score.base,
        per_guardian: score.per_guardian,
        adjustments,
        adjustment: score.adjustment,
        trace: score.lines.into_iter().map(Line::from).collect(),
        open: score
            .open
            .into_iter()
            .map(|(rule, missing)| Open { rule, missing })
            .collect(),
        priority: score
            .priority
            .map(|(rank, id, text)| Priority { rank, id, text }),
        tie_breakers: score
            .ties
            .into_iter()
            .map(|tie| Tie {
                id: tie.id,
                value: tie.value,
                order: if tie.high_first { "high" } else { "low" },
                text: tie.text,
            })
            .collect(),
        table: Table {
            id: table.id.clone(),
            name: table.name.clone(),
            fiscal_year: table.fiscal_year,
            fictional: table.fictional,
            year_note,
        },
        certification,
        note: score.note,
    }
}
