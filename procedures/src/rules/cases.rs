//! Tables that choose one thing: who receives it, who signs, what it amounts to; and days that follow from facts.

use jiff::civil::Date;

use super::dates;
use super::facts::{Focus, Records};
use super::program::Rule;
use super::tree::{At, Expr};
use super::verdict::Verdict;
use crate::form::Confidence;
use crate::text::Text;

/// A table that chooses one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cases<T> {
    /// What it usually is; to be said while nothing is known.
    pub usual: T,
    /// The cases; none where it is always the same. They do not overlap (the lint sees to it).
    pub cases: Vec<Case<T>>,
    /// What it is in none of the cases.
    pub otherwise: Option<T>,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case<T> {
    /// Its id.
    pub id: String,
    /// When it applies.
    pub rule: Rule,
    /// What is chosen.
    pub then: T,
    /// Why.
    pub sentence: Option<Text>,
    /// Where the law says so.
    pub article: Option<String>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

/// What a table chooses for one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen<'t, T> {
    /// This, by this case (`None`: always, or otherwise).
    Sure(&'t T, Option<&'t Case<T>>),
    /// One of these; it rests on something nobody knows yet. The usual one first where it is among them.
    Open(Vec<&'t T>),
}

impl<T> Cases<T> {
    /// Always the same.
    #[must_use]
    pub fn always(one: T) -> Self {
        Self {
            otherwise: None,
            usual: one,
            cases: Vec::new(),
        }
    }

    /// Chooses.
    #[must_use]
    pub fn choose(&self, records: &Records, focus: &Focus) -> Chosen<'_, T>
    where
        T: PartialEq,
    {
        let otherwise = self.otherwise.as_ref().unwrap_or(&self.usual);
        let mut open: Vec<&T> = Vec::new();
        for case in &self.cases {
            match case.rule.decide(records, focus) {
                Verdict::Yes => return Chosen::Sure(&case.then, Some(case)),
                Verdict::Unknown => open.push(&case.then),
                Verdict::No => {}
            }
        }
        if open.is_empty() {
            return Chosen::Sure(otherwise, None);
        }
        open.extend(&self.otherwise);
        let mut distinct: Vec<&T> = Vec::new();
        for candidate in open {
            if candidate == &self.usual {
                distinct.insert(0, candidate);
            } else {
                distinct.push(candidate);
            }
        }
        distinct.dedup();
        match distinct.as_slice() {
            [only] if self.otherwise.is_none() || self.otherwise.as_ref() == Some(*only) => {
                Chosen::Sure(only, None)
            }
            _ => Chosen::Open(distinct),
        }
    }

    /// Everything the table may choose, the usual one first.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.usual)
            .chain(self.cases.iter().map(|case| &case.then))
            .chain(&self.otherwise)
    }
}

/// A day that follows from facts: the end of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub(super) expr: Expr,
}

impl Day {
    /// The day, where everything it rests on is known.
    #[must_use]
    pub fn of(&self, records: &Records, focus: &Focus) -> Option<Date> {
        let at = At {
            records,
            focus: *focus,
        };
        self.expr.value(&at).known().map(dates::day)
    }
}
