//! `claim`: from when the child allowance is paid, until when, and in which month it comes.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deadline::{closed_on, rule_of};
use super::loose::{self, spelt};
use crate::amounts::{Amounts, ClaimEvent, EventPlace, MonthNumber, claim_window};
use crate::calendar::Calendar;
use crate::door::{Context, DoorError, Kind};

pub(crate) struct Claim;

/// An event, or a month.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// What happened. What gives an entitlement: `birth`, `move`, `custody_began`, `adoption`, `left_facility`,
    /// `returned_to_japan`, `disaster`. What ends one: `child_died`, `recipient_died`, `child_moved_abroad`,
    /// `recipient_moved_abroad`, `moved_away`, `custody_ended`, `facility_entered`, `support_ended`, `age_limit`, and
    /// `turned_18` (the birthday; it ends with that fiscal year). What passes it to another payer, so both:
    /// `became_civil_servant`, `left_civil_service`, `recipient_moved`. Several have more than one accepted name.
    #[serde(default)]
    event: Option<String>,
    /// The day it happened; for a move, the announced day of moving out (転出予定日); for a disaster, the day it ended.
    #[serde(default, alias = "date", deserialize_with = "loose::maybe_day")]
    #[schemars(with = "Option<Date>")]
    event_date: Option<Date>,
    /// The day the claim was received.
    #[serde(
        default,
        alias = "claimed",
        alias = "claim_received",
        deserialize_with = "loose::maybe_day"
    )]
    #[schemars(with = "Option<Date>")]
    claim_date: Option<Date>,
    /// For a disaster: the day from which no claim was possible.
    #[serde(default, deserialize_with = "loose::maybe_day")]
    #[schemars(with = "Option<Date>")]
    unable_since: Option<Date>,
    /// Days on which the counters are closed, beside Saturdays, Sundays, national holidays and 29 December to 3 January.
    #[serde(default, deserialize_with = "loose::days")]
    closed_days: Vec<Date>,
    /// Without an event: the month the allowance is for.
    #[serde(default, deserialize_with = "loose::maybe_month")]
    #[schemars(with = "Option<String>")]
    month: Option<MonthNumber>,
}

/// The answer to each way of asking.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// To an event that gives an entitlement.
    Begins {
        /// The last day on which a claim counts as made in the month of the event.
        special_limit: Date,
        /// The first month paid for; `null` without `claim_date`.
        #[schemars(with = "Option<String>")]
        first_month: Option<MonthNumber>,
    },
    /// To an event that ends one.
    Ends {
        /// The last month paid for.
        #[schemars(with = "String")]
        last_month: MonthNumber,
    },
    /// To an event that passes it to another payer.
    Passes {
        /// The last month the old payer pays for.
        #[schemars(with = "String")]
        last_month: MonthNumber,
        /// The last day on which a claim to the new payer counts as made in the month of the event.
        special_limit: Date,
        /// The first month the new payer pays for; `null` without `claim_date`.
        #[schemars(with = "Option<String>")]
        first_month: Option<MonthNumber>,
    },
    /// To a month.
    Paid {
        /// The month in which it is paid.
        #[schemars(with = "String")]
        paid_in: MonthNumber,
    },
}

/// The event that ends nothing on its day, but with the fiscal year (R-FYEND).
const TURNED_18: &str = "turned_18";

/// Names of events, as they are asked for.
const EVENTS: &[(&str, ClaimEvent)] = &[
    ("birth", ClaimEvent::Begins),
    ("born", ClaimEvent::Begins),
    ("child_born", ClaimEvent::Begins),
    ("move", ClaimEvent::Begins),
    ("moved", ClaimEvent::Begins),
    ("move_in", ClaimEvent::Begins),
    ("moved_in", ClaimEvent::Begins),
    ("custody_began", ClaimEvent::Begins),
    ("custody_started", ClaimEvent::Begins),
    ("custody_start", ClaimEvent::Begins),
    ("adoption", ClaimEvent::Begins),
    ("child_adopted", ClaimEvent::Begins),
    ("adopted", ClaimEvent::Begins),
    ("left_facility", ClaimEvent::Begins),
    ("facility_left", ClaimEvent::Begins),
    ("child_left_facility", ClaimEvent::Begins),
    ("returned_to_japan", ClaimEvent::Begins),
    ("disaster", ClaimEvent::Begins),
    ("died", ClaimEvent::Ends),
    ("death", ClaimEvent::Ends),
    ("child_died", ClaimEvent::Ends),
    ("child_dies", ClaimEvent::Ends),
    ("child_death", ClaimEvent::Ends),
    ("death_of_child", ClaimEvent::Ends),
    ("recipient_died", ClaimEvent::Ends),
    ("recipient_death", ClaimEvent::Ends),
    ("claimant_died", ClaimEvent::Ends),
    ("parent_died", ClaimEvent::Ends),
    ("child_moved_abroad", ClaimEvent::Ends),
    ("child_left_japan", ClaimEvent::Ends),
    ("recipient_moved_abroad", ClaimEvent::Ends),
    ("recipient_left_japan", ClaimEvent::Ends),
    ("child_abroad", ClaimEvent::Ends),
    ("left_japan", ClaimEvent::Ends),
    ("moved_abroad", ClaimEvent::Ends),
    ("move_abroad", ClaimEvent::Ends),
    ("moved_away", ClaimEvent::Ends),
    ("moved_out", ClaimEvent::Ends),
    ("move_out", ClaimEvent::Ends),
    ("custody_ended", ClaimEvent::Ends),
    ("custody_end", ClaimEvent::Ends),
    ("custody_lost", ClaimEvent::Ends),
    ("lost_custody", ClaimEvent::Ends),
    ("child_left", ClaimEvent::Ends),
    ("child_left_custody", ClaimEvent::Ends),
    ("divorce", ClaimEvent::Ends),
    ("divorced", ClaimEvent::Ends),
    ("facility", ClaimEvent::Ends),
    ("child_facility", ClaimEvent::Ends),
    ("facility_admission", ClaimEvent::Ends),
    ("institution", ClaimEvent::Ends),
    ("facility_entered", ClaimEvent::Ends),
    ("entered_facility", ClaimEvent::Ends),
    ("child_entered_facility", ClaimEvent::Ends),
    ("support_ended", ClaimEvent::Ends),
    ("age_limit", ClaimEvent::Ends),
    (TURNED_18, ClaimEvent::Ends),
    ("aged_out", ClaimEvent::Ends),
    ("child_aged_out", ClaimEvent::Ends),
    ("became_civil_servant", ClaimEvent::Passes),
    ("became_public_servant", ClaimEvent::Passes),
    ("left_civil_service", ClaimEvent::Passes),
    ("left_public_service", ClaimEvent::Passes),
    ("recipient_moved", ClaimEvent::Passes),
];

impl Kind for Claim {
    const NAME: &'static str = "claim";
    const ABOUT: &'static str =
        "from when the child allowance is paid, until when, and when it comes";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let tables = Amounts::builtin().map_err(DoorError::impossible)?;
        let Some(name) = &question.event else {
            let month = question
                .month
                .ok_or_else(|| DoorError::impossible("an event or a month is needed"))?;
            let paid_in = tables.allowance.paid_in(month);
            return Ok(Answer::Paid {
                paid_in: paid_in.map_err(DoorError::impossible)?,
            });
        };
        let name = &spelt(name);
        let event = EVENTS
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, event)| *event)
            .ok_or_else(|| {
                let shown: String = name.chars().take(60).collect();
                DoorError::impossible(format!("there is no event {shown:?}; --schema lists them"))
            })?;
        let day = question
            .event_date
            .ok_or_else(|| DoorError::impossible("event_date is needed"))?;
        let last_month = if name == TURNED_18 {
            eighteenth_year_end(day)?
        } else {
            MonthNumber::of(day)
        };
        if event == ClaimEvent::Ends {
            return Ok(Answer::Ends { last_month });
        }
        if question.claim_date.is_some_and(|claim| claim < day) && is_birth(name) {
            return Err(DoorError::impossible("the claim lies before the birth"));
        }
        let rule = rule_of(cx, tables, "jido_teate_nintei", EventPlace::Japan)?
            .ok_or_else(|| DoorError::impossible("the claim has no period"))?;
        let closing = closed_on(question.closed_days);
        let calendar = Calendar::new(cx.catalogue.holidays(), &closing).by_rule_beyond_table();
        let mut window = claim_window(day, question.claim_date, &rule, &calendar)
            .map_err(DoorError::impossible)?;
        // 児童手当法8 III: after a disaster it runs from the month after the day from which no claim was possible.
        if let (Some(since), Some(claim)) = (question.unable_since, question.claim_date)
            && claim <= window.special_limit
        {
            window.first_month = Some(MonthNumber::of(since).plus(1));
        }
        Ok(match event {
            ClaimEvent::Passes => Answer::Passes {
                last_month,
                special_limit: window.special_limit,
                first_month: window.first_month,
            },
            ClaimEvent::Begins | ClaimEvent::Ends => Answer::Begins {
                special_limit: window.special_limit,
                first_month: window.first_month,
            },
        })
    }
}

/// 児童手当法3 I, 4 I: the March after reaching eighteen, asked for by the eighteenth birthday. The law has gone that far
/// since October 2024; whoever was past that March by then never had it.
fn eighteenth_year_end(birthday: Date) -> Result<MonthNumber, DoorError> {
    let last = MonthNumber::fiscal_year_end(birthday, 0);
    if last < MonthNumber::new(2024, 10) {
        return Err(DoorError::impossible(
            "until September 2024 the allowance ended with the fiscal year of fifteen",
        ));
    }
    Ok(last)
}

fn is_birth(event: &str) -> bool {
    matches!(event, "birth" | "born" | "child_born")
}
