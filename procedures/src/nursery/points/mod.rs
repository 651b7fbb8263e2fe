//! 利用調整 (allocation): a municipality's points, counted for a household with the reason for each.
//!
//! A table is data: rules with conditions on a fixed record of facts, groups of which only the highest rule counts, priority
//! classes, tie-breakers in order. Facts that are missing leave a rule open, never met. Points rank families against each
//! other; they say nothing about how likely a place is, and nothing here does.

mod facts;
mod table;

use serde::Serialize;

use super::need::NeedReason;
use super::words::{DataError, Say, Sentence, Words};
use crate::text::Text;

use facts::Fact;
pub use facts::{Employment, Guardian, Household, Illness};
use table::{Combine, Decided, Order, Rule, Scope, TieKey};
pub use table::{PointTable, PointTables};

/// One rule that applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PointLine {
    /// The rule.
    pub rule: String,
    /// Which guardian, from 1; `None` for the household.
    pub guardian: Option<usize>,
    /// What the rule gives.
    pub points: i64,
    /// Whether it counts; of a group only the highest does.
    pub counted: bool,
    /// The rule of the same group that counts instead.
    pub instead: Option<String>,
    /// Its sentence.
    pub text: Text,
}

/// A tie-breaker and the household's value in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TieValue {
    /// Which.
    pub id: String,
    /// The value; `None` where the fact is missing, which comes last.
    pub value: Option<i64>,
    /// Whether a high value goes first.
    pub high_first: bool,
    /// Its sentence.
    pub text: Text,
}

/// Where a household stands; greater comes first. The matching compares these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Priority class, negated: class 0 is greater than class 1.
    pub priority: i64,
    /// Points.
    pub total: i64,
    /// Tie-breakers, each turned so that greater goes first.
    pub ties: Vec<i64>,
}

impl Household {
    /// Takes every guardian who works some hours, and of whom nothing says how, for an employee. Whoever has only an offer
    /// of work is left as is.
    ///
    /// Returns a line for each, which gives no points and says so.
    ///
    /// # Errors
    /// [`DataError`] when the built-in sentences are broken.
    pub fn suppose_employees(&mut self) -> Result<Vec<PointLine>, DataError> {
        let text = Words::builtin()?.say(Sentence::PointsEmployeeSupposed, &[]);
        let mut lines = Vec::new();
        for (index, guardian) in self.guardians.iter_mut().enumerate() {
            let works = guardian.reason == Some(NeedReason::Work) && !guardian.has_offer;
            if works && guardian.employment.is_none() && guardian.hours_a_week().is_some() {
                guardian.employment = Some(Employment::Employee);
                lines.push(PointLine {
                    rule: "employee_supposed".to_owned(),
                    guardian: Some(index + 1),
                    points: 0,
                    counted: false,
                    instead: None,
                    text: text.clone(),
                });
            }
        }
        Ok(lines)
    }
}

/// Points and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Base and adjustments together.
    pub total: i64,
    /// The guardians' points, added or the lower of them.
    pub base: i64,
    /// Of each guardian.
    pub per_guardian: Vec<i64>,
    /// Of the household.
    pub adjustment: i64,
    /// Every rule that applied, guardians first.
    pub lines: Vec<PointLine>,
    /// Rules that could not be decided, and the facts they lack.
    pub open: Vec<(String, Vec<String>)>,
    /// The priority class, where the table has classes: rank (0 first), id, sentence.
    pub priority: Option<(usize, String, Text)>,
    /// Tie-breakers in the order they are used.
    pub ties: Vec<TieValue>,
    /// What must stand beside the number wherever it is shown.
    pub note: Text,
}

impl Score {
    /// For comparing households.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let turned = self.ties.iter().map(|tie| match tie.value {
            None => i64::MIN,
            Some(value) if tie.high_first => value,
            Some(value) => value.saturating_neg(),
        });
        Standing {
            priority: self.priority.as_ref().map_or(0, |(rank, ..)| {
                i64::try_from(*rank).unwrap_or(i64::MAX).saturating_neg()
            }),
            total: self.total,
            ties: turned.collect(),
        }
    }
}

impl PointTable {
    /// Counts a household's points.
    ///
    /// # Errors
    /// [`DataError`] when the built-in sentences are broken.
    pub fn score(&self, household: &Household) -> Result<Score, DataError> {
        let mut count = Count {
            table: self,
            household,
            lines: Vec::new(),
            open: Vec::new(),
        };
        let mut per_guardian: Vec<i64> = household
            .guardians
            .iter()
            .enumerate()
            .map(|(index, guardian)| count.guardian(index, guardian))
            .collect();
        if let (Some(absent), 1, true) = (
            &self.absent_guardian,
            per_guardian.len(),
            household.single_parent,
        ) {
            count.lines.push(PointLine {
                rule: "absent_guardian".to_owned(),
                guardian: Some(2),
                points: absent.points,
                counted: true,
                instead: None,
                text: absent.text.clone(),
            });
            per_guardian.push(absent.points);
        }
        let base = match self.combine {
            Combine::Sum => per_guardian
                .iter()
                .fold(0i64, |sum, own| sum.saturating_add(*own)),
            Combine::Min => per_guardian.iter().copied().min().unwrap_or(0),
        };
        let adjustment = count.apply(Scope::Household, None);
        let total = base.saturating_add(adjustment);
        let Count { lines, open, .. } = count;
        Ok(Score {
            total,
            base,
            per_guardian,
            adjustment,
            lines,
            open,
            priority: self.priority_of(household),
            ties: self.ties(household, total, base, adjustment),
            note: Words::builtin()?.say(Sentence::PointsNotATruth, &[]),
        })
    }

    fn priority_of(&self, household: &Household) -> Option<(usize, String, Text)> {
        let met = self.priority.iter().enumerate().find(|(_, class)| {
            matches!(
                class.when.decide(|fact| household.value(fact, None)),
                Decided::Yes
            )
        });
        let (rank, class) = met?;
        Some((rank, class.id.clone(), class.text.clone()))
    }

    fn ties(&self, household: &Household, total: i64, base: i64, adjustment: i64) -> Vec<TieValue> {
        self.tie_breakers
            .iter()
            .map(|tie| TieValue {
                id: tie.id.clone(),
                value: match tie.by {
                    TieKey::TotalPoints => Some(total),
                    TieKey::BasePoints => Some(base),
                    TieKey::AdjustmentPoints => Some(adjustment),
                    TieKey::Fact(fact) => household
                        .value(fact, None)
                        .and_then(|value| value.to_whole()),
                },
                high_first: tie.order == Order::High,
                text: tie.text.clone(),
            })
            .collect()
    }

    /// A sentence for a table of another year than was asked for.
    ///
    /// # Errors
    /// [`DataError`] when the built-in sentences are broken.
    pub fn year_note(&self, asked: i16) -> Result<Option<Text>, DataError> {
        let words = Words::builtin()?;
        let values = [
            ("year", Say::plain(asked)),
            ("used", Say::plain(self.fiscal_year)),
        ];
        Ok((asked != self.fiscal_year).then(|| words.say(Sentence::PointsYearDiffers, &values)))
    }
}

struct Count<'a> {
    table: &'a PointTable,
    household: &'a Household,
    lines: Vec<PointLine>,
    open: Vec<(String, Vec<String>)>,
}

impl Count<'_> {
    fn guardian(&mut self, index: usize, guardian: &Guardian) -> i64 {
        self.apply(Scope::Guardian, Some((index + 1, guardian)))
    }

    /// Applies the rules of one scope; returns the points that count.
    fn apply(&mut self, scope: Scope, guardian: Option<(usize, &Guardian)>) -> i64 {
        let start = self.lines.len();
        let mut met: Vec<&Rule> = Vec::new();
        for rule in self.table.rules.iter().filter(|rule| rule.scope == scope) {
            let own = guardian.map(|(_, guardian)| guardian);
            match rule.when.decide(|fact| self.household.value(fact, own)) {
                Decided::Yes => met.push(rule),
                Decided::No => {}
                Decided::Open(missing) => {
                    let missing = missing.into_iter().map(Fact::id).map(str::to_owned);
                    self.open.push((rule.id.clone(), missing.collect()));
                }
            }
        }
        for rule in &met {
            let winner = rule.capped_group().and_then(|group| {
                // The highest of the group; of equals the first.
                let rivals = met
                    .iter()
                    .filter(|other| other.capped_group() == Some(group));
                rivals.rev().max_by_key(|other| other.points)
            });
            let instead = winner
                .filter(|winner| winner.id != rule.id)
                .map(|winner| winner.id.clone());
            self.lines.push(PointLine {
                rule: rule.id.clone(),
                guardian: guardian.map(|(number, _)| number),
                points: rule.points,
                counted: instead.is_none(),
                instead,
                text: rule.text.clone(),
            });
        }
        self.lines
            .get(start..)
            .unwrap_or_default()
            .iter()
            .filter(|line| line.counted)
            .fold(0i64, |sum, line| sum.saturating_add(line.points))
    }
}
