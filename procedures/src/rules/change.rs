//! What would change an answer: the facts still to be asked, and the conditions it hangs on.
//!
//! Works on the tree with the verdicts of its leaves, and takes leaves for independent of one another. Sets are minimal and
//! bounded in number; a bounded answer says so.

use std::collections::BTreeSet;

use super::facts::{Focus, Records, Slot};
use super::program::Rule;
use super::tree::{At, Node, NodeKind, Test};
use super::verdict::Verdict;

/// How many ways are kept at most.
const MOST_WAYS: usize = 24;

/// A condition whose outcome would have to be another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hinge {
    /// The leaf.
    pub id: String,
    /// What it would have to come to.
    pub becomes: bool,
    /// The facts it rests on; of a leaf that is unknown, those nobody knows.
    pub facts: Vec<String>,
}

/// Minimal sets of conditions, each of which would be enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// The sets, smallest first. Empty: there is no way.
    pub sets: Vec<Vec<Hinge>>,
    /// There are more than are listed.
    pub more: bool,
}

/// What would change an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The answer as it is.
    pub verdict: Verdict,
    /// How it could become yes. When unknown: only by what is not known yet. Empty when it is yes already.
    pub to_yes: Ways,
    /// How it could become no. When unknown: only by what is not known yet. Empty when it is no already.
    pub to_no: Ways,
}

impl Change {
    /// When unknown: the minimal sets of facts whose being known could decide the answer, smallest first.
    #[must_use]
    pub fn facts(&self) -> Vec<BTreeSet<&str>> {
        if self.verdict != Verdict::Unknown {
            return Vec::new();
        }
        let mut sets: Vec<BTreeSet<&str>> = self
            .to_yes
            .sets
            .iter()
            .chain(&self.to_no.sets)
            .map(|set| {
                set.iter()
                    .flat_map(|hinge| hinge.facts.iter().map(String::as_str))
                    .collect()
            })
            .collect();
        sets.sort_by_key(|set| (set.len(), set.iter().copied().collect::<Vec<_>>()));
        sets.dedup();
        let mut least: Vec<BTreeSet<&str>> = Vec::new();
        for set in sets {
            if !least.iter().any(|kept| kept.is_subset(&set)) {
                least.push(set);
            }
        }
        least
    }
}

pub(super) fn what_would_change(rule: &Rule, records: &Records, focus: &Focus) -> Change {
    let at = At {
        records,
        focus: *focus,
    };
    let verdict = rule.tree.holds(&at);
    let mut search = Search {
        at,
        rule,
        // A known fact stays what it is; only where there is nothing left to ask does one ask what if.
        only_unknown: verdict == Verdict::Unknown,
        more: false,
    };
    let to = |search: &mut Search<'_>, wanted: bool| {
        if verdict == Verdict::of(wanted) {
            return Ways::default();
        }
        search.more = false;
        let mut sets: Vec<Vec<Hinge>> = search
            .ways(&rule.tree, wanted)
            .into_iter()
            // A leaf that stands at several places may undo at one what it does at another.
            .filter(|set| search.supposing(&rule.tree, set) == Verdict::of(wanted))
            .map(|set| set.into_iter().collect())
            .collect();
        sets.sort_by_key(|set: &Vec<Hinge>| (set.len(), set.clone()));
        Ways {
            sets,
            more: search.more,
        }
    };
    let to_yes = to(&mut search, true);
    let to_no = to(&mut search, false);
    Change {
        verdict,
        to_yes,
        to_no,
    }
}

type Set = BTreeSet<Hinge>;

struct Search<'a> {
    at: At<'a>,
    rule: &'a Rule,
    only_unknown: bool,
    more: bool,
}

impl Search<'_> {
    /// The minimal sets of leaves that make a node come to `wanted`.
    fn ways(&mut self, node: &Node, wanted: bool) -> Vec<Set> {
        if node.holds(&self.at) == Verdict::of(wanted) {
            return vec![Set::new()];
        }
        match &node.kind {
            NodeKind::Constant(_) => Vec::new(),
            NodeKind::Not(part) => self.ways(part, !wanted),
            NodeKind::All(parts) if wanted => self.together(parts, wanted),
            NodeKind::Any(parts) if !wanted => self.together(parts, wanted),
            NodeKind::All(parts) | NodeKind::Any(parts) => {
                let sets = parts.iter().flat_map(|part| self.ways(part, wanted));
                let sets = sets.collect();
                self.least(sets)
            }
            NodeKind::Test(test) => self.leaf(node, test, wanted),
        }
    }

    /// What a node would come to if the leaves of the set came to what it says.
    fn supposing(&self, node: &Node, set: &Set) -> Verdict {
        match &node.kind {
            NodeKind::Constant(holds) => Verdict::of(*holds),
            NodeKind::Not(part) => !self.supposing(part, set),
            NodeKind::All(parts) => parts.iter().fold(Verdict::Yes, |sofar, part| {
                sofar.and(self.supposing(part, set))
            }),
            NodeKind::Any(parts) => parts.iter().fold(Verdict::No, |sofar, part| {
                sofar.or(self.supposing(part, set))
            }),
            NodeKind::Test(test) => set
                .iter()
                .find(|hinge| hinge.id == node.about.id)
                .map_or_else(|| test.holds(&self.at), |hinge| Verdict::of(hinge.becomes)),
        }
    }

    /// Every part at once.
    fn together(&mut self, parts: &[Node], wanted: bool) -> Vec<Set> {
        let mut sets = vec![Set::new()];
        for part in parts {
            let own = self.ways(part, wanted);
            let mut joined = Vec::new();
            for set in &sets {
                for more in &own {
                    let both: Set = set.union(more).cloned().collect();
                    if !contradicts(&both) {
                        joined.push(both);
                    }
                }
            }
            sets = self.least(joined);
            if sets.is_empty() {
                break;
            }
        }
        sets
    }

    fn leaf(&self, node: &Node, test: &Test, wanted: bool) -> Vec<Set> {
        let verdict = test.holds(&self.at);
        if self.only_unknown && verdict != Verdict::Unknown {
            return Vec::new();
        }
        let (mut own, mut counted) = (BTreeSet::new(), BTreeSet::new());
        for expr in test.exprs() {
            expr.own_slots(&mut own);
            expr.counted_slots(&mut counted);
        }
        let all = verdict != Verdict::Unknown;
        own.retain(|slot| all || self.look_at(*slot).is_none());
        counted.retain(|slot| all || self.open_for_any(*slot));
        own.append(&mut counted);
        let facts = own
            .into_iter()
            .filter_map(|slot| self.rule.vocabulary.at(slot))
            .map(|fact| fact.id.clone())
            .collect();
        vec![Set::from([Hinge {
            id: node.about.id.clone(),
            becomes: wanted,
            facts,
        }])]
    }

    fn look_at(&self, slot: Slot) -> Option<i64> {
        let member = self.at.focus.member(slot.scope())?;
        self.at.records.get(slot, member)
    }

    fn open_for_any(&self, slot: Slot) -> bool {
        let records = self.at.records;
        (0..records.members(slot.scope())).any(|member| records.get(slot, member).is_none())
    }

    /// Without the sets that contain another one, and no more than are kept.
    fn least(&mut self, mut sets: Vec<Set>) -> Vec<Set> {
        sets.sort_by_key(Set::len);
        let mut kept: Vec<Set> = Vec::new();
        for set in sets {
            if kept.iter().any(|smaller| smaller.is_subset(&set)) {
                continue;
            }
            if kept.len() == MOST_WAYS {
                self.more = true;
                break;
            }
            kept.push(set);
        }
        kept
    }
}

/// The same leaf cannot become both.
fn contradicts(set: &Set) -> bool {
    set.iter()
        .zip(set.iter().skip(1))
        .any(|(a, b)| a.id == b.id && a.becomes != b.becomes)
}
