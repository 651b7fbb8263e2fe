//! The benefits beside the child allowance, each from the few facts it depends on.
//!
//! One function per benefit, one file per family of them. All answer with an [`Outcome`]: a class, a total, named parts and
//! the clauses they rest on. Sums are whole yen; what is refused is refused with its reason, not with an error.

mod birth;
mod disability;
mod rearing;
mod relief;

use jiff::civil::Date;
use serde::Serialize;

use super::clause::{Clause, Reason};
use super::load::File;
use super::month::MonthNumber;
use super::{AmountError, AmountsError};
use crate::form::Confidence;

pub use birth::{Childbirth, MaternityPay, Pregnancy, PregnancySupport};
pub use disability::{DisabledChild, GradedChildren};
pub use rearing::RearingClaim;
pub use relief::{ChildcareRelief, MaternityRelief, Parent};

/// The kind of an outcome, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// All of it.
    Full,
    /// Part of it: by income, or because only some months are covered.
    Partial,
    /// Nothing.
    None,
    /// Grade 1.
    #[serde(rename = "1")]
    Grade1,
    /// Grade 2.
    #[serde(rename = "2")]
    Grade2,
    /// Children of both grades.
    #[serde(rename = "1,2")]
    BothGrades,
    /// A birth in the compensation scheme of obstetrics.
    InScheme,
    /// A birth outside it.
    Outside,
}

/// What a total counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Yen: once, or a month, as the benefit goes.
    Yen,
    /// Months without premium.
    Months,
}

/// A named part of an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Part {
    /// Yen, or a count.
    Number(i64),
    /// A month.
    Month(MonthNumber),
    /// Months, in order.
    Months(Vec<MonthNumber>),
    /// A day.
    Day(Date),
}

/// What a benefit comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<'t> {
    /// In one word.
    pub class: Class,
    /// In numbers; `None` where a number was not given without which it cannot be said.
    pub total: Option<i64>,
    /// What the total counts.
    pub unit: Unit,
    /// By name.
    pub parts: Vec<(&'static str, Part)>,
    /// Why.
    pub reasons: Vec<Reason<'t>>,
}

impl<'t> Outcome<'t> {
    fn nothing(unit: Unit, reason: Reason<'t>) -> Self {
        Self {
            class: Class::None,
            total: Some(0),
            unit,
            parts: Vec::new(),
            reasons: vec![reason],
        }
    }
}

/// Somebody's income of the law (所得, after its deductions) and number of dependants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Means {
    /// Yen a year.
    pub income: i64,
    /// Dependants for tax.
    pub dependants: i64,
}

/// The amount tables of all these benefits.
#[derive(Debug, Clone)]
pub struct Benefits {
    childbirth: birth::ChildbirthTable,
    maternity_pay: birth::MaternityPayTable,
    pregnancy: birth::PregnancyTable,
    rearing: rearing::RearingTable,
    special: disability::SpecialTable,
    disabled: disability::DisabledTable,
    relief: relief::ReliefTable,
}

/// Their files.
pub(super) struct Files {
    pub(super) childbirth: File,
    pub(super) maternity_pay: File,
    pub(super) pregnancy: File,
    pub(super) rearing: File,
    pub(super) special: File,
    pub(super) disabled: File,
    pub(super) relief: File,
}

impl Benefits {
    pub(super) fn load(files: &Files) -> Result<Self, AmountsError> {
        Ok(Self {
            childbirth: birth::ChildbirthTable::load(files.childbirth)?,
            maternity_pay: birth::MaternityPayTable::load(files.maternity_pay)?,
            pregnancy: birth::PregnancyTable::load(files.pregnancy)?,
            rearing: rearing::RearingTable::load(files.rearing)?,
            special: disability::SpecialTable::load(files.special)?,
            disabled: disability::DisabledTable::load(files.disabled)?,
            relief: relief::ReliefTable::load(files.relief)?,
        })
    }
}

/// How sure a version is, and until when its amounts are set.
#[derive(Debug, Clone, Copy)]
struct Standing {
    confidence: Confidence,
    last: Option<MonthNumber>,
}

impl Standing {
    /// What has to be said about the amounts of a version for a month.
    fn caveats<'t>(
        self,
        month: MonthNumber,
        from_memory: &'t Clause,
        not_yet_set: Option<&'t Clause>,
        reasons: &mut Vec<Reason<'t>>,
    ) {
        if self.confidence == Confidence::Gk {
            reasons.push(Reason::new(from_memory));
        }
        if let Some((last, clause)) = self.last.zip(not_yet_set)
            && month > last
        {
            reasons.push(Reason::new(clause).month(last));
        }
    }
}

/// More of anything than a family can have; bounds the arithmetic.
const MOST: i64 = 1_000;
/// More yen than anybody earns; bounds the arithmetic.
const MOST_YEN: i64 = 1_000_000_000_000_000;

fn count(what: &'static str, given: i64) -> Result<i64, AmountError> {
    within(what, given, MOST)
}

fn yen(what: &'static str, given: i64) -> Result<i64, AmountError> {
    within(what, given, MOST_YEN)
}

fn within(what: &'static str, given: i64, most: i64) -> Result<i64, AmountError> {
    if given < 0 {
        Err(AmountError::BelowZero { what, given })
    } else if given > most {
        Err(AmountError::TooLarge { what, given, most })
    } else {
        Ok(given)
    }
}

/// An income may be a loss.
fn income(given: i64) -> Result<i64, AmountError> {
    let what = "income";
    yen(what, given.saturating_abs()).map_err(|_| AmountError::TooLarge {
        what,
        given,
        most: MOST_YEN,
    })?;
    Ok(given)
}
