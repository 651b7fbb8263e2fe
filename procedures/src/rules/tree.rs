//! The checked tree of a condition, and the plain recursive evaluation that the flat program is tested against.
//!
//! A tree is made by `resolve` only: names are looked up, types agree, depth is bounded.

use std::collections::BTreeSet;

use super::dates::{self, Step, Unit};
use super::facts::{Focus, Records, Scope, Slot};
use super::verdict::{Comparison, Span, Verdict};
use crate::form::Confidence;
use crate::text::Text;

/// A node of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) about: About,
    pub(super) kind: NodeKind,
}

/// What a node says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    pub(super) id: String,
    pub(super) sentence: Option<Text>,
    pub(super) article: Option<String>,
    pub(super) confidence: Confidence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeKind {
    Constant(bool),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
}

/// A comparison: the only thing that looks at facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) left: Expr,
    pub(super) check: Check,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    Compare(Comparison, Expr),
    OneOf(Vec<i64>),
    Between(Expr, Expr),
    Known(bool),
}

/// A value: where it comes from, and the words applied to it in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expr {
    pub(super) base: Base,
    pub(super) steps: Vec<Step>,
    /// Counted from this day on, in this unit, to the value so far.
    pub(super) since: Option<(Unit, Slot)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    Slot(Slot),
    Literal(i64),
    Tally(Tally),
}

/// How many members satisfy a condition; with `by`, the place of the member looked at among them.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) scope: Scope,
    /// Oldest first by this day; a member of the same day that stands earlier in the list comes first.
    pub(super) by: Option<Slot>,
    pub(super) filter: Box<Node>,
}

// Two tallies are the same when they count the same, whatever their conditions say about themselves.
impl PartialEq for Tally {
    fn eq(&self, other: &Self) -> bool {
        self.scope == other.scope && self.by == other.by && self.filter.same(&other.filter)
    }
}

impl Eq for Tally {}

/// Where values come from: a family's records, or the made-up assignments of the analysis.
pub(super) trait Look {
    fn slot(&self, slot: Slot) -> Span;
    fn tally(&self, tally: &Tally) -> Span;
}

/// A family's records, looked at with a focus.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) records: &'a Records,
    pub(super) focus: Focus,
}

impl Look for At<'_> {
    fn slot(&self, slot: Slot) -> Span {
        look(self.records, &self.focus, slot)
    }

    fn tally(&self, tally: &Tally) -> Span {
        count(self.records, &self.focus, tally.scope, tally.by, |focus| {
            let at = At {
                records: self.records,
                focus,
            };
            tally.filter.holds(&at)
        })
    }
}

/// What stands in a slot for the member looked at.
pub(super) fn look(records: &Records, focus: &Focus, slot: Slot) -> Span {
    focus
        .member(slot.scope())
        .and_then(|member| records.get(slot, member))
        .map_or(Span::UNKNOWN, Span::at)
}

/// Counts members that satisfy `filter`, or finds the place of the member looked at among them.
pub(super) fn count(
    records: &Records,
    focus: &Focus,
    scope: Scope,
    by: Option<Slot>,
    filter: impl Fn(Focus) -> Verdict,
) -> Span {
    let mut surely = 0;
    let mut perhaps = 0;
    let own = by.map(|by| (by, focus.member(scope), look(records, focus, by)));
    for member in 0..records.members(scope) {
        let here = focus.on(scope, member);
        let before = match own {
            None => Verdict::Yes,
            Some((_, None, _)) => Verdict::Unknown,
            Some((_, Some(me), _)) if me == member => continue,
            Some((by, Some(me), mine)) => {
                let theirs = look(records, &here, by);
                let earlier = if member < me {
                    Comparison::Le
                } else {
                    Comparison::Lt
                };
                theirs.compare(earlier, mine)
            }
        };
        if before == Verdict::No {
            continue;
        }
        match before.and(filter(here)) {
            Verdict::Yes => surely += 1,
            Verdict::Unknown => perhaps += 1,
            Verdict::No => {}
        }
    }
    // The member looked at has the first place when nobody comes before it.
    let first = i64::from(by.is_some());
    Span {
        lo: first + surely,
        hi: first + surely + perhaps,
    }
}

impl Expr {
    pub(super) fn value(&self, look: &impl Look) -> Span {
        let mut value = match &self.base {
            Base::Slot(slot) => look.slot(*slot),
            Base::Literal(number) => Span::at(*number),
            Base::Tally(tally) => look.tally(tally),
        };
        for step in &self.steps {
            value = apply(*step, value);
        }
        match self.since {
            None => value,
            Some((unit, from)) => since(unit, look.slot(from), value),
        }
    }

    pub(super) fn slots(&self, into: &mut BTreeSet<Slot>) {
        self.own_slots(into);
        self.counted_slots(into);
    }

    /// The slots of the member looked at.
    pub(super) fn own_slots(&self, into: &mut BTreeSet<Slot>) {
        if let Base::Slot(slot) = self.base {
            into.insert(slot);
        }
        into.extend(self.since.map(|(_, from)| from));
    }

    /// The slots looked at for every member that is counted.
    pub(super) fn counted_slots(&self, into: &mut BTreeSet<Slot>) {
        if let Base::Tally(tally) = &self.base {
            into.extend(tally.by);
            tally.filter.slots(into);
        }
    }
}

pub(super) fn apply(step: Step, value: Span) -> Span {
    value
        .known()
        .map_or(Span::UNKNOWN, |value| Span::at(step.apply(value)))
}

pub(super) fn since(unit: Unit, from: Span, to: Span) -> Span {
    match (from.known(), to.known()) {
        (Some(from), Some(to)) => Span::at(dates::between(unit, from, to)),
        _ => Span::UNKNOWN,
    }
}

pub(super) fn one_of(value: Span, options: &[i64]) -> Verdict {
    options.iter().fold(Verdict::No, |found, option| {
        found.or(value.compare(Comparison::Eq, Span::at(*option)))
    })
}

pub(super) fn within(value: Span, low: Span, high: Span) -> Verdict {
    value
        .compare(Comparison::Ge, low)
        .and(value.compare(Comparison::Le, high))
}

impl Test {
    pub(super) fn holds(&self, look: &impl Look) -> Verdict {
        let left = self.left.value(look);
        match &self.check {
            Check::Compare(by, right) => left.compare(*by, right.value(look)),
            Check::OneOf(options) => one_of(left, options),
            Check::Between(low, high) => within(left, low.value(look), high.value(look)),
            Check::Known(wanted) => Verdict::of(left.known().is_some() == *wanted),
        }
    }

    pub(super) fn slots(&self, into: &mut BTreeSet<Slot>) {
        for expr in self.exprs() {
            expr.slots(into);
        }
    }

    /// Both sides.
    pub(super) fn exprs(&self) -> impl Iterator<Item = &Expr> {
        std::iter::once(&self.left).chain(self.rights())
    }

    /// What the left side is compared with.
    pub(super) fn rights(&self) -> Vec<&Expr> {
        match &self.check {
            Check::Compare(_, right) => vec![right],
            Check::Between(low, high) => vec![low, high],
            Check::OneOf(_) | Check::Known(_) => Vec::new(),
        }
    }
}

impl Node {
    /// The recursive evaluation: what the program must agree with.
    pub(super) fn holds(&self, look: &impl Look) -> Verdict {
        match &self.kind {
            NodeKind::Constant(holds) => Verdict::of(*holds),
            NodeKind::All(parts) => parts
                .iter()
                .fold(Verdict::Yes, |sofar, part| sofar.and(part.holds(look))),
            NodeKind::Any(parts) => parts
                .iter()
                .fold(Verdict::No, |sofar, part| sofar.or(part.holds(look))),
            NodeKind::Not(part) => !part.holds(look),
            NodeKind::Test(test) => test.holds(look),
        }
    }

    /// Whether two conditions ask the same, whatever they say about themselves.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (NodeKind::Constant(a), NodeKind::Constant(b)) => a == b,
            (NodeKind::All(a), NodeKind::All(b)) | (NodeKind::Any(a), NodeKind::Any(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (NodeKind::Not(a), NodeKind::Not(b)) => a.same(b),
            (NodeKind::Test(a), NodeKind::Test(b)) => a == b,
            _ => false,
        }
    }

    /// Every slot the condition rests on.
    pub(super) fn slots(&self, into: &mut BTreeSet<Slot>) {
        match &self.kind {
            NodeKind::Constant(_) => {}
            NodeKind::All(parts) | NodeKind::Any(parts) => {
                for part in parts {
                    part.slots(into);
                }
            }
            NodeKind::Not(part) => part.slots(into),
            NodeKind::Test(test) => test.slots(into),
        }
    }

    /// Calls `each` for every node, itself first.
    pub(super) fn walk<'n>(&'n self, each: &mut dyn FnMut(&'n Node)) {
        each(self);
        match &self.kind {
            NodeKind::All(parts) | NodeKind::Any(parts) => {
                for part in parts {
                    part.walk(each);
                }
            }
            NodeKind::Not(part) => part.walk(each),
            NodeKind::Constant(_) | NodeKind::Test(_) => {}
        }
    }
}
