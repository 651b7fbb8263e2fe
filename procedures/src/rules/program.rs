//! A condition as a flat program: small operations over slots, with jumps where the rest no longer matters.
//!
//! [`Rule`] is what the catalogue holds. Deciding allocates nothing; explaining runs the same operations, takes no
//! shortcut, and writes down every node.

use std::sync::Arc;

use super::change::{self, Change};
use super::dates::{Step, Unit};
use super::facts::{Focus, Records, Scope, Slot, Vocabulary};
use super::trace::{Trace, Watch, Watcher};
use super::tree::{self, About, At, Base, Check, Expr, Node, NodeKind, Test};
use super::verdict::{Comparison, Span, Verdict};

/// How deep `all` and `any` may stand in one another.
pub(super) const MOST_DEPTH: usize = 24;

/// One operation. `value` and `verdict` are the two registers; `left` and `low` hold values aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    /// A node begins.
    Enter(u32),
    /// value := what stands in the slot.
    Load(Slot),
    /// value := a number.
    Literal(i64),
    /// value := how many members satisfy the sub-program, or the place among them.
    Tally(u16),
    /// value := the word applied to it.
    Step(Step),
    /// value := time from the slot's day to it.
    Since(Unit, Slot),
    /// left := value.
    Left,
    /// low := value.
    Low,
    /// verdict := left compared with value.
    Compare(Comparison),
    /// verdict := value is one of these.
    OneOf { from: u32, count: u32 },
    /// verdict := left lies from low to value.
    Between,
    /// verdict := value is known, or is not.
    Known(bool),
    /// verdict := always the same.
    Constant(bool),
    /// verdict := its opposite.
    Not,
    /// Opens a level: all (begins as yes) or any (begins as no).
    Open { all: bool },
    /// Joins the verdict into the level; jumps when that settles it.
    Join { all: bool, settled: u32 },
    /// verdict := the level, which is closed.
    Close,
    /// A node ends with the verdict.
    Leave(u32),
    /// The program ends.
    End,
}

/// A count over members: where its sub-program begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counter {
    scope: Scope,
    by: Option<Slot>,
    start: u32,
}

/// A condition, ready to be decided.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) tree: Node,
    pub(super) vocabulary: Arc<Vocabulary>,
    ops: Vec<Op>,
    numbers: Vec<i64>,
    counters: Vec<Counter>,
    /// What each node says, in the order of the tree (a node before its parts), with its depth.
    pub(super) nodes: Vec<(About, u16)>,
    slots: Vec<Slot>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

impl Eq for Rule {}

impl Rule {
    pub(super) fn compile(tree: Node, vocabulary: Arc<Vocabulary>) -> Self {
        let mut writer = Writer::default();
        writer.node(&tree, 0, true);
        writer.ops.push(Op::End);
        // A sub-program may not count in turn (the resolver sees to that), so one round is enough.
        for (at, tally) in std::mem::take(&mut writer.later) {
            let start = place(writer.ops.len());
            writer.node(&tally.filter, 0, false);
            writer.ops.push(Op::End);
            if let Some(counter) = writer.counters.get_mut(at) {
                counter.start = start;
            }
        }
        let mut slots = std::collections::BTreeSet::new();
        tree.slots(&mut slots);
        Self {
            tree,
            vocabulary,
            ops: writer.ops,
            numbers: writer.numbers,
            counters: writer.counters,
            nodes: writer.nodes,
            slots: slots.into_iter().collect(),
        }
    }

    /// Decides, without reasons and without allocating.
    #[must_use]
    pub fn decide(&self, records: &Records, focus: &Focus) -> Verdict {
        self.run(0, records, focus, &mut Unwatched)
    }

    /// Decides, with every node's own verdict and what it saw.
    #[must_use]
    pub fn explain(&self, records: &Records, focus: &Focus) -> Trace<'_> {
        let mut watcher = Watcher::new(self);
        let verdict = self.run(0, records, focus, &mut watcher);
        watcher.finish(verdict)
    }

    /// What would change the answer.
    #[must_use]
    pub fn what_would_change(&self, records: &Records, focus: &Focus) -> Change {
        change::what_would_change(self, records, focus)
    }

    /// The ids of the facts the rule rests on.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        self.slots
            .iter()
            .filter_map(|slot| self.vocabulary.at(*slot))
            .map(|fact| fact.id.as_str())
    }

    /// The slots the rule rests on.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Whether it rests on no fact and always holds.
    #[must_use]
    pub fn always(&self) -> bool {
        self.tree.kind == NodeKind::Constant(true)
    }

    /// The recursive evaluation of the tree, which [`Rule::decide`] must agree with. Slower; for tests.
    #[must_use]
    pub fn decide_by_tree(&self, records: &Records, focus: &Focus) -> Verdict {
        self.tree.holds(&At {
            records,
            focus: *focus,
        })
    }

    fn run<W: Watch>(
        &self,
        start: u32,
        records: &Records,
        focus: &Focus,
        watch: &mut W,
    ) -> Verdict {
        let mut at = usize::try_from(start).unwrap_or(usize::MAX);
        let mut value = Span::UNKNOWN;
        let mut left = Span::UNKNOWN;
        let mut low = Span::UNKNOWN;
        let mut verdict = Verdict::Unknown;
        let mut levels = [Verdict::Unknown; MOST_DEPTH + 1];
        let mut depth = 0_usize;
        // A program that ran off its end would be a fault of this module; unknown is then the safe answer.
        while let Some(op) = self.ops.get(at) {
            at += 1;
            match *op {
                Op::Enter(node) => watch.enter(node),
                Op::Load(slot) => {
                    value = tree::look(records, focus, slot);
                    watch.load(slot, value);
                }
                Op::Literal(number) => value = Span::at(number),
                Op::Tally(counter) => {
                    let Some(counter) = self.counters.get(usize::from(counter)) else {
                        return Verdict::Unknown;
                    };
                    value = tree::count(records, focus, counter.scope, counter.by, |focus| {
                        self.run(counter.start, records, &focus, &mut Unwatched)
                    });
                    watch.counted(counter.scope, counter.by.is_some(), value);
                }
                Op::Step(step) => value = tree::apply(step, value),
                Op::Since(unit, slot) => {
                    let from = tree::look(records, focus, slot);
                    watch.load(slot, from);
                    value = tree::since(unit, from, value);
                }
                Op::Left => left = value,
                Op::Low => low = value,
                Op::Compare(by) => verdict = left.compare(by, value),
                Op::OneOf { from, count } => {
                    verdict = tree::one_of(value, slice(&self.numbers, from, count));
                }
                Op::Between => verdict = tree::within(left, low, value),
                Op::Known(wanted) => verdict = Verdict::of(value.known().is_some() == wanted),
                Op::Constant(holds) => verdict = Verdict::of(holds),
                Op::Not => verdict = !verdict,
                Op::Open { all } => {
                    depth += 1;
                    if let Some(level) = levels.get_mut(depth) {
                        *level = Verdict::of(all);
                    }
                }
                Op::Join { all, settled } => {
                    if let Some(level) = levels.get_mut(depth) {
                        *level = if all {
                            level.and(verdict)
                        } else {
                            level.or(verdict)
                        };
                        if !W::EVERYTHING && *level == Verdict::of(!all) {
                            at = usize::try_from(settled).unwrap_or(usize::MAX);
                        }
                    }
                }
                Op::Close => {
                    verdict = levels.get(depth).copied().unwrap_or(Verdict::Unknown);
                    depth = depth.saturating_sub(1);
                }
                Op::Leave(node) => watch.leave(node, verdict),
                Op::End => return verdict,
            }
        }
        Verdict::Unknown
    }
}

fn slice(numbers: &[i64], from: u32, count: u32) -> &[i64] {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let end = from.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
    numbers.get(from..end).unwrap_or_default()
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Nobody looks on.
struct Unwatched;

impl Watch for Unwatched {
    const EVERYTHING: bool = false;
    fn enter(&mut self, _: u32) {}
    fn load(&mut self, _: Slot, _: Span) {}
    fn counted(&mut self, _: Scope, _: bool, _: Span) {}
    fn leave(&mut self, _: u32, _: Verdict) {}
}

#[derive(Default)]
struct Writer {
    ops: Vec<Op>,
    numbers: Vec<i64>,
    counters: Vec<Counter>,
    later: Vec<(usize, tree::Tally)>,
    nodes: Vec<(About, u16)>,
}

impl Writer {
    /// `told`: whether the node appears in traces. Nodes of sub-programs do not.
    fn node(&mut self, node: &Node, depth: u16, told: bool) {
        let number = place(self.nodes.len());
        if told {
            self.nodes.push((node.about.clone(), depth));
            self.ops.push(Op::Enter(number));
        }
        match &node.kind {
            NodeKind::Constant(holds) => self.ops.push(Op::Constant(*holds)),
            NodeKind::Not(part) => {
                self.node(part, depth + 1, told);
                self.ops.push(Op::Not);
            }
            NodeKind::All(parts) => self.level(true, parts, depth, told),
            NodeKind::Any(parts) => self.level(false, parts, depth, told),
            NodeKind::Test(test) => self.test(test),
        }
        if told {
            self.ops.push(Op::Leave(number));
        }
    }

    fn level(&mut self, all: bool, parts: &[Node], depth: u16, told: bool) {
        self.ops.push(Op::Open { all });
        let mut joins = Vec::new();
        for part in parts {
            self.node(part, depth + 1, told);
            joins.push(self.ops.len());
            self.ops.push(Op::Join { all, settled: 0 });
        }
        let close = place(self.ops.len());
        for join in joins {
            if let Some(Op::Join { settled, .. }) = self.ops.get_mut(join) {
                *settled = close;
            }
        }
        self.ops.push(Op::Close);
    }

    fn test(&mut self, test: &Test) {
        self.expr(&test.left);
        match &test.check {
            Check::Compare(by, right) => {
                self.ops.push(Op::Left);
                self.expr(right);
                self.ops.push(Op::Compare(*by));
            }
            Check::Between(low, high) => {
                self.ops.push(Op::Left);
                self.expr(low);
                self.ops.push(Op::Low);
                self.expr(high);
                self.ops.push(Op::Between);
            }
            Check::OneOf(options) => {
                let from = place(self.numbers.len());
                self.numbers.extend(options);
                self.ops.push(Op::OneOf {
                    from,
                    count: place(options.len()),
                });
            }
            Check::Known(wanted) => self.ops.push(Op::Known(*wanted)),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.base {
            Base::Slot(slot) => self.ops.push(Op::Load(*slot)),
            Base::Literal(number) => self.ops.push(Op::Literal(*number)),
            Base::Tally(tally) => {
                let at = self.counters.len();
                self.counters.push(Counter {
                    scope: tally.scope,
                    by: tally.by,
                    start: 0,
                });
                self.later.push((at, tally.clone()));
                self.ops
                    .push(Op::Tally(u16::try_from(at).unwrap_or(u16::MAX)));
            }
        }
        self.ops.extend(expr.steps.iter().copied().map(Op::Step));
        self.ops
            .extend(expr.since.map(|(unit, from)| Op::Since(unit, from)));
    }
}
