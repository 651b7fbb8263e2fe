//! A point table as data: read, checked, found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::super::words::{DataError, goes_by, read};
use super::facts::{Fact, FactKind, Value};
use crate::form::Confidence;
use crate::ids::MunicipalityCode;
use crate::text::Text;

/// The most rules of a table, and the most tests of a rule: a table may come from outside.
const MOST_RULES: usize = 1000;

/// A municipality's table for a fiscal year.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table of points, an object")]
pub struct PointTable {
    /// Its name in data, for example `asukoe`.
    #[serde(default)]
    pub id: String,
    /// Whose it is.
    #[serde(default)]
    pub municipality: Option<MunicipalityCode>,
    /// Its name in words.
    #[serde(default)]
    pub name: Text,
    /// For entries from April of this year to March of the next.
    #[serde(default)]
    pub fiscal_year: i16,
    /// Whether it is invented.
    #[serde(default)]
    pub fictional: bool,
    /// How sure it is.
    #[serde(default)]
    pub confidence: Confidence,
    /// How the guardians' points become one.
    #[serde(default)]
    pub(super) combine: Combine,
    /// What stands for the second guardian of a single parent.
    #[serde(default)]
    pub(super) absent_guardian: Option<Absent>,
    #[serde(default, alias = "priorities")]
    pub(super) priority: Vec<PriorityClass>,
    #[serde(default, alias = "rule")]
    pub(super) rules: Vec<Rule>,
    #[serde(default, alias = "tie_breaker")]
    pub(super) tie_breakers: Vec<TieBreaker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Combine {
    #[default]
    Sum,
    Min,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object with points and text")]
pub(super) struct Absent {
    pub(super) points: i64,
    pub(super) text: Text,
}

/// Families of an earlier class come before those of a later one, whatever their points.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a priority class, an object")]
pub(super) struct PriorityClass {
    pub(super) id: String,
    pub(super) when: When,
    #[serde(default)]
    pub(super) text: Text,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a rule, an object")]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) scope: Scope,
    pub(super) when: When,
    pub(super) points: i64,
    #[serde(default)]
    pub(super) group: Option<String>,
    /// Of the rules of its group that apply, only the highest counts.
    #[serde(default)]
    pub(super) max_of_group: bool,
    #[serde(default)]
    pub(super) text: Text,
}

impl Rule {
    /// The group of which only the highest counts.
    pub(super) fn capped_group(&self) -> Option<&str> {
        self.group.as_deref().filter(|_| self.max_of_group)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scope {
    Guardian,
    #[default]
    Household,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a tie-breaker, an object")]
pub(super) struct TieBreaker {
    pub(super) id: String,
    pub(super) by: TieKey,
    #[serde(default)]
    pub(super) order: Order,
    #[serde(default)]
    pub(super) text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(
    rename_all = "snake_case",
    expecting = "a tie-breaker goes by total_points, base_points, adjustment_points or a fact"
)]
pub(super) enum TieKey {
    TotalPoints,
    BasePoints,
    AdjustmentPoints,
    #[serde(untagged)]
    Fact(Fact),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    #[default]
    High,
    Low,
}

/// All of these must hold: a fact and what it is compared with.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct When(BTreeMap<Fact, Test>);

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    untagged,
    expecting = "a condition is true, false, a number, a word, a list of words or {\"at_least\", \"at_most\", \"below\"}"
)]
enum Test {
    Flag(bool),
    Number(f64),
    Word(String),
    OneOf(Vec<String>),
    Range(Range),
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object with at_least, at_most or below")]
struct Range {
    #[serde(default)]
    at_least: Option<f64>,
    #[serde(default)]
    at_most: Option<f64>,
    #[serde(default)]
    above: Option<f64>,
    #[serde(default)]
    below: Option<f64>,
}

impl Range {
    fn holds(self, number: f64) -> bool {
        self.at_least.is_none_or(|limit| number >= limit)
            && self.at_most.is_none_or(|limit| number <= limit)
            && self.above.is_none_or(|limit| number > limit)
            && self.below.is_none_or(|limit| number < limit)
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Flag(wanted), Value::Flag(is)) => wanted == is,
            (Self::Number(wanted), Value::Number(is)) => (wanted - is).abs() < 1e-9,
            (Self::Range(range), Value::Number(is)) => range.holds(*is),
            (Self::Word(wanted), Value::Word(is)) => wanted == is,
            (Self::OneOf(wanted), Value::Word(is)) => wanted.iter().any(|word| word == is),
            _ => false,
        }
    }

    fn fits(&self, kind: FactKind) -> bool {
        matches!(
            (self, kind),
            (Self::Flag(_), FactKind::Flag)
                | (Self::Number(_) | Self::Range(_), FactKind::Number)
                | (Self::Word(_) | Self::OneOf(_), FactKind::Word)
        )
    }
}

/// What became of a condition.
#[derive(Debug)]
pub(super) enum Decided {
    Yes,
    No,
    /// These facts are missing.
    Open(Vec<Fact>),
}

impl When {
    pub(super) fn decide(&self, value: impl Fn(Fact) -> Option<Value>) -> Decided {
        let mut missing = Vec::new();
        for (fact, test) in &self.0 {
            match value(*fact) {
                Some(value) if test.holds(&value) => {}
                Some(_) => return Decided::No,
                None => missing.push(*fact),
            }
        }
        if missing.is_empty() {
            Decided::Yes
        } else {
            Decided::Open(missing)
        }
    }
}

impl PointTable {
    /// Reads one file; `file` is its name for errors.
    ///
    /// # Errors
    /// [`DataError`] with the first thing that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataError> {
        let table: Self = read(file, text)?;
        table.check()?;
        Ok(table)
    }

    /// Checks what the shape cannot say.
    ///
    /// # Errors
    /// [`DataError::Table`] with the first contradiction.
    pub fn check(&self) -> Result<(), DataError> {
        let wrong = |problem: String| {
            Err(DataError::Table {
                table: self.id.clone(),
                problem,
            })
        };
        if self.rules.len() > MOST_RULES
            || self.tie_breakers.len() > 100
            || self.priority.len() > 100
        {
            return wrong("more rules than any table has".to_owned());
        }
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            if !ids.insert(&rule.id) {
                return wrong(format!("rule {} appears twice", rule.id));
            }
            if rule.max_of_group && rule.group.is_none() {
                return wrong(format!("rule {}: max_of_group without a group", rule.id));
            }
            let divided = self.rules.iter().any(|other| {
                other.group.is_some()
                    && other.group == rule.group
                    && other.max_of_group != rule.max_of_group
            });
            if divided {
                return wrong(format!(
                    "rule {}: its group is not of one mind about max_of_group",
                    rule.id
                ));
            }
            for (fact, test) in &rule.when.0 {
                if !test.fits(fact.kind()) {
                    return wrong(format!(
                        "rule {}: {} is compared with another kind of value",
                        rule.id,
                        fact.id()
                    ));
                }
                if rule.scope == Scope::Household && fact.is_of_a_guardian() {
                    return wrong(format!("rule {}: {} is a guardian's", rule.id, fact.id()));
                }
            }
        }
        for class in &self.priority {
            for (fact, test) in &class.when.0 {
                if !test.fits(fact.kind()) || fact.is_of_a_guardian() {
                    return wrong(format!("priority {}: {} does not fit", class.id, fact.id()));
                }
            }
        }
        let of_a_guardian =
            |by: TieKey| matches!(by, TieKey::Fact(fact) if fact.is_of_a_guardian());
        match self.tie_breakers.iter().find(|tie| of_a_guardian(tie.by)) {
            Some(tie) => wrong(format!("tie-breaker {} is a guardian's", tie.id)),
            None => Ok(()),
        }
    }
}

/// The tables that are part of the program. All of them are invented.
#[derive(Debug)]
pub struct PointTables(Vec<PointTable>);

macro_rules! file {
    ($name:literal) => {
        (
            concat!("points/", $name),
            include_str!(concat!("../../../catalogue/points/", $name)),
        )
    };
}

const FILES: &[(&str, &str)] = &[
    file!("asukoe_2026.toml"),
    file!("asukoe_2027.toml"),
    file!("kazamine_2027.toml"),
];

static BUILTIN: LazyLock<Result<PointTables, DataError>> = LazyLock::new(|| {
    let mut tables = Vec::new();
    for (file, text) in FILES {
        tables.push(PointTable::parse(file, text)?);
    }
    Ok(PointTables(tables))
});

impl PointTables {
    /// The tables that are part of the program.
    ///
    /// # Errors
    /// [`DataError`] when one of them is broken; a test keeps that from being released.
    pub fn builtin() -> Result<&'static Self, DataError> {
        BUILTIN.as_ref().map_err(Clone::clone)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &PointTable> {
        self.0.iter()
    }

    /// A municipality's table by its id, code or name: that of a fiscal year, else the newest before it, else the oldest.
    #[must_use]
    pub fn find(&self, name: &str, fiscal_year: i16) -> Option<&PointTable> {
        let own = || {
            self.0
                .iter()
                .filter(|table| goes_by(name, &table.id, &table.name, table.municipality))
        };
        own()
            .filter(|table| table.fiscal_year <= fiscal_year)
            .max_by_key(|table| table.fiscal_year)
            .or_else(|| own().min_by_key(|table| table.fiscal_year))
    }
}
