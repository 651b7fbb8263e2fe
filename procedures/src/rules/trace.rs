//! An answer with its reasons: every node of a condition with its own verdict, sentence, article and the values it saw.

use super::facts::{FactValue, Scope, Slot};
use super::program::Rule;
use super::verdict::{Span, Verdict};
use crate::form::Confidence;
use crate::text::Text;

/// Looks on while a program runs.
pub(super) trait Watch {
    /// Whether every node is to be visited, also where the rest no longer matters.
    const EVERYTHING: bool;
    fn enter(&mut self, node: u32);
    fn load(&mut self, slot: Slot, value: Span);
    fn counted(&mut self, scope: Scope, place: bool, value: Span);
    fn leave(&mut self, node: u32, verdict: Verdict);
}

/// An answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace<'r> {
    /// The answer.
    pub verdict: Verdict,
    /// Every node, a node before its parts.
    pub steps: Vec<TraceStep<'r>>,
}

/// One node of a condition as it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep<'r> {
    /// Its id.
    pub id: &'r str,
    /// 0 for the whole condition, 1 for its parts …
    pub depth: u16,
    /// What it came to.
    pub verdict: Verdict,
    /// What it asks, in words.
    pub sentence: Option<&'r Text>,
    /// Where the law says so.
    pub article: Option<&'r str>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
    /// The values it saw.
    pub seen: Vec<Seen<'r>>,
}

/// A value a condition saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<'r> {
    /// A fact; without a value when nobody knows.
    Fact {
        /// Its id.
        id: &'r str,
        /// Its value.
        value: Option<FactValue>,
    },
    /// How many members satisfied a condition, at least and at most.
    Count {
        /// Of what.
        scope: Scope,
        /// At least.
        least: i64,
        /// At most.
        most: i64,
    },
    /// The place of the member looked at among those that satisfied a condition, from 1, at least and at most.
    Place {
        /// Of what.
        scope: Scope,
        /// At least.
        least: i64,
        /// At most.
        most: i64,
    },
}

impl<'r> Trace<'r> {
    /// A node by its id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&TraceStep<'r>> {
        self.steps.iter().find(|step| step.id == id)
    }
}

/// Writes everything down.
pub(super) struct Watcher<'r> {
    rule: &'r Rule,
    steps: Vec<TraceStep<'r>>,
    open: Vec<u32>,
}

impl<'r> Watcher<'r> {
    pub(super) fn new(rule: &'r Rule) -> Self {
        let steps = rule.nodes.iter().map(|(about, depth)| TraceStep {
            id: about.id.as_str(),
            depth: *depth,
            verdict: Verdict::Unknown,
            sentence: about.sentence.as_ref(),
            article: about.article.as_deref(),
            confidence: about.confidence,
            seen: Vec::new(),
        });
        Self {
            rule,
            steps: steps.collect(),
            open: Vec::new(),
        }
    }

    pub(super) fn finish(self, verdict: Verdict) -> Trace<'r> {
        Trace {
            verdict,
            steps: self.steps,
        }
    }

    fn at(&mut self, node: u32) -> Option<&mut TraceStep<'r>> {
        self.steps.get_mut(usize::try_from(node).ok()?)
    }

    fn see(&mut self, seen: Seen<'r>) {
        if let Some(node) = self.open.last().copied()
            && let Some(step) = self.at(node)
        {
            step.seen.push(seen);
        }
    }
}

impl Watch for Watcher<'_> {
    const EVERYTHING: bool = true;

    fn enter(&mut self, node: u32) {
        self.open.push(node);
    }

    fn load(&mut self, slot: Slot, value: Span) {
        let vocabulary = &self.rule.vocabulary;
        if let Some(fact) = vocabulary.at(slot) {
            self.see(Seen::Fact {
                id: &fact.id,
                value: value
                    .known()
                    .and_then(|number| vocabulary.decode(slot, number)),
            });
        }
    }

    fn counted(&mut self, scope: Scope, place: bool, value: Span) {
        let (least, most) = (value.lo, value.hi);
        self.see(if place {
            Seen::Place { scope, least, most }
        } else {
            Seen::Count { scope, least, most }
        });
    }

    fn leave(&mut self, node: u32, verdict: Verdict) {
        self.open.pop();
        if let Some(step) = self.at(node) {
            step.verdict = verdict;
        }
    }
}
