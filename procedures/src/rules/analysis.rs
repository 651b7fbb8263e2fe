//! Do the cases of a table overlap, and do they leave anything out?
//!
//! Made-up families are enumerated: both answers of every yes-or-no fact, every option of a choice, and of days and numbers
//! the values around every boundary that a condition draws (found by bisection, since every date word but the number of
//! the month is monotone). Unknown facts are left out. What is found is real: it comes with a family that shows it. A
//! table whose families are too many is reported as such, never passed in silence.
//!
//! Facts are taken for independent of one another; counts and ranks for numbers of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::date;

use super::dates::{self, Step};
use super::facts::{FactKind, FactValue, Slot, Vocabulary};
use super::program::Rule;
use super::tree::{Base, Check, Expr, Look, Node, NodeKind, Tally, Test};
use super::verdict::{Span, Verdict};

/// The most families that are looked at for one table.
const MOST_FAMILIES: usize = 40_000;
/// The most nodes that are evaluated for one table.
const MOST_WORK: usize = 4_000_000;
/// The most values of one fact.
const MOST_VALUES: usize = 40;

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Two cases apply to the same family.
    #[error("the cases {a} and {b} both apply when {witness}")]
    Overlap {
        /// One.
        a: String,
        /// The other.
        b: String,
        /// A family.
        witness: Witness,
    },
    /// Two exceptions apply to the same family, say the opposite, and neither goes over the other.
    #[error(
        "the exceptions {a} and {b} say the opposite when {witness}; one must go over the other"
    )]
    Contradiction {
        /// One.
        a: String,
        /// The other.
        b: String,
        /// A family.
        witness: Witness,
    },
    /// No case applies to a family.
    #[error("no case applies when {witness}")]
    Missing {
        /// The family.
        witness: Witness,
    },
    /// Too many families to look at.
    #[error(
        "too large to check for overlaps and gaps: more than {MOST_FAMILIES} different families; split the table"
    )]
    TooLarge,
    /// A condition compares in a way that cannot be enumerated.
    #[error(
        "{id} cannot be checked for overlaps and gaps; compare facts with facts or literals, not counts with counts"
    )]
    NotCheckable {
        /// The condition.
        id: String,
    },
}

/// A made-up family: the facts that matter and their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness(pub Vec<(String, String)>);

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("anything");
        }
        for (index, (fact, value)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{fact} = {value}")?;
        }
        Ok(())
    }
}

/// The overlaps and gaps of a case table. `complete`: something is chosen in no case too.
pub(crate) fn table(cases: &[(&str, &Rule)], complete: bool) -> Vec<Finding> {
    let mut overlaps = BTreeSet::new();
    let mut findings = Vec::new();
    let mut missing = complete;
    let looked = families(cases, |family, holding| {
        for (index, a) in holding.iter().enumerate() {
            for b in holding.iter().skip(index + 1) {
                if overlaps.insert((*a, *b)) {
                    findings.push(Finding::Overlap {
                        a: id(cases, *a),
                        b: id(cases, *b),
                        witness: family.witness(),
                    });
                }
            }
        }
        if holding.is_empty() && !missing {
            missing = true;
            findings.push(Finding::Missing {
                witness: family.witness(),
            });
        }
    });
    findings.extend(looked);
    findings
}

/// Exceptions that contradict one another. `opposed(a, b)`: whether two say the opposite with neither over the other.
pub(crate) fn exceptions(
    all: &[(&str, &Rule)],
    opposed: &dyn Fn(usize, usize) -> bool,
) -> Vec<Finding> {
    let any = (0..all.len()).any(|a| (a + 1..all.len()).any(|b| opposed(a, b)));
    if !any {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    let looked = families(all, |family, holding| {
        for (index, a) in holding.iter().enumerate() {
            for b in holding.iter().skip(index + 1) {
                if opposed(*a, *b) && seen.insert((*a, *b)) {
                    findings.push(Finding::Contradiction {
                        a: id(all, *a),
                        b: id(all, *b),
                        witness: family.witness(),
                    });
                }
            }
        }
    });
    findings.extend(looked);
    findings
}

fn id(cases: &[(&str, &Rule)], index: usize) -> String {
    cases
        .get(index)
        .map(|(id, _)| (*id).to_owned())
        .unwrap_or_default()
}

/// Calls `each` with every family and the places of the rules that hold for it.
fn families(
    rules: &[(&str, &Rule)],
    mut each: impl FnMut(&Family<'_>, &[usize]),
) -> Option<Finding> {
    let vocabulary = &rules.first()?.1.vocabulary;
    let trees: Vec<&Node> = rules.iter().map(|(_, rule)| &rule.tree).collect();
    let domain = match Domain::of(vocabulary, &trees) {
        Ok(domain) => domain,
        Err(finding) => return Some(finding),
    };
    let sizes: Vec<usize> = domain.values().map(<[i64]>::len).collect();
    let total = sizes
        .iter()
        .try_fold(1_usize, |total, size| total.checked_mul(*size))
        .filter(|total| *total <= MOST_FAMILIES);
    let nodes: usize = rules.iter().map(|(_, rule)| rule.nodes.len()).sum();
    let Some(total) = total.filter(|total| total.saturating_mul(nodes) <= MOST_WORK) else {
        return Some(Finding::TooLarge);
    };
    let mut family = Family {
        vocabulary,
        domain: &domain,
        slots: BTreeMap::new(),
        tallies: vec![0; domain.tallies.len()],
    };
    let mut holding = Vec::new();
    for number in 0..total {
        family.assume(number);
        holding.clear();
        for (index, tree) in trees.iter().enumerate() {
            if tree.holds(&family) == Verdict::Yes {
                holding.push(index);
            }
        }
        each(&family, &holding);
    }
    None
}

/// One made-up family.
struct Family<'a> {
    vocabulary: &'a Vocabulary,
    domain: &'a Domain,
    slots: BTreeMap<Slot, i64>,
    tallies: Vec<i64>,
}

impl Family<'_> {
    /// Becomes the family of this number.
    fn assume(&mut self, mut number: usize) {
        let mut pick = |values: &[i64]| {
            let size = values.len().max(1);
            let value = values.get(number % size).copied().unwrap_or_default();
            number /= size;
            value
        };
        for (slot, values) in &self.domain.slots {
            self.slots.insert(*slot, pick(values));
        }
        for (tally, (_, values)) in self.tallies.iter_mut().zip(&self.domain.tallies) {
            *tally = pick(values);
        }
    }

    fn witness(&self) -> Witness {
        let facts = self.slots.iter().filter_map(|(slot, number)| {
            let fact = self.vocabulary.at(*slot)?;
            let value = self.vocabulary.decode(*slot, *number)?;
            Some((fact.id.clone(), shown(&value)))
        });
        let tallies = self.domain.tallies.iter().zip(&self.tallies);
        let tallies = tallies.map(|((tally, _), number)| {
            let word = if tally.by.is_some() { "rank" } else { "count" };
            (
                format!("{word} of {}", tally.scope.as_str()),
                number.to_string(),
            )
        });
        Witness(facts.chain(tallies).collect())
    }
}

fn shown(value: &FactValue) -> String {
    match value {
        FactValue::Bool(true) => "yes".to_owned(),
        FactValue::Bool(false) => "no".to_owned(),
        FactValue::Number(number) => number.to_string(),
        FactValue::Date(day) => day.to_string(),
        FactValue::Month(month) => month.to_string(),
        FactValue::Choice(option) => option.clone(),
    }
}

impl Look for Family<'_> {
    fn slot(&self, slot: Slot) -> Span {
        self.slots
            .get(&slot)
            .copied()
            .map_or(Span::UNKNOWN, Span::at)
    }

    fn tally(&self, tally: &Tally) -> Span {
        let place = self.domain.tallies.iter().position(|(own, _)| own == tally);
        place
            .and_then(|place| self.tallies.get(place))
            .copied()
            .map_or(Span::UNKNOWN, Span::at)
    }
}

/// Which values to try for what.
#[derive(Default)]
struct Domain {
    slots: BTreeMap<Slot, Vec<i64>>,
    tallies: Vec<(Tally, Vec<i64>)>,
}

impl Domain {
    fn of(vocabulary: &Vocabulary, trees: &[&Node]) -> Result<Self, Finding> {
        let mut tests: Vec<(&str, &Test)> = Vec::new();
        for tree in trees {
            tree.walk(&mut |node| {
                if let NodeKind::Test(test) = &node.kind {
                    tests.push((&node.about.id, test));
                }
            });
        }
        let mut sets: BTreeMap<Slot, BTreeSet<i64>> = BTreeMap::new();
        let mut domain = Self::default();
        for (id, test) in &tests {
            let mut own = BTreeSet::new();
            for expr in test.exprs() {
                expr.own_slots(&mut own);
            }
            for slot in own {
                sets.entry(slot)
                    .or_insert_with(|| fixed(vocabulary, slot).into_iter().collect());
            }
            domain.tally(id, test)?;
        }
        // First what literals say, so that relations have something to hold on to.
        boundaries(vocabulary, &tests, &mut sets, false)?;
        for (slot, set) in &mut sets {
            if set.is_empty() {
                set.extend(seeds(vocabulary, *slot));
            }
        }
        boundaries(vocabulary, &tests, &mut sets, true)?;
        for (slot, set) in sets {
            let (min, max) = bounds(vocabulary, slot);
            let mut values: Vec<i64> = set.into_iter().map(|value| value.clamp(min, max)).collect();
            values.dedup();
            domain.slots.insert(slot, values);
        }
        Ok(domain)
    }

    fn tally(&mut self, id: &str, test: &Test) -> Result<(), Finding> {
        let stray = || Finding::NotCheckable { id: id.to_owned() };
        if test
            .rights()
            .iter()
            .any(|right| matches!(right.base, Base::Tally(_)))
        {
            return Err(stray());
        }
        let Base::Tally(tally) = &test.left.base else {
            return Ok(());
        };
        let shift = test
            .left
            .steps
            .iter()
            .try_fold(0_i64, |sum, step| match step {
                Step::Add(more) => sum.checked_add(*more),
                _ => None,
            })
            .ok_or_else(stray)?;
        let mut set: BTreeSet<i64> = BTreeSet::new();
        let mut near = |value: i64| {
            let value = value.saturating_sub(shift);
            set.extend([value.saturating_sub(1), value, value.saturating_add(1)]);
        };
        for right in test.rights() {
            near(constant(right).ok_or_else(stray)?);
        }
        if let Check::OneOf(options) = &test.check {
            options.iter().copied().for_each(near);
        }
        let least = i64::from(tally.by.is_some());
        set = set.into_iter().map(|value| value.max(least)).collect();
        match self.tallies.iter_mut().find(|(own, _)| own == tally) {
            Some((_, values)) => {
                set.extend(values.iter().copied());
                *values = set.into_iter().collect();
            }
            None => self
                .tallies
                .push((tally.clone(), set.into_iter().collect())),
        }
        Ok(())
    }

    fn values(&self) -> impl Iterator<Item = &[i64]> {
        self.slots
            .values()
            .map(Vec::as_slice)
            .chain(self.tallies.iter().map(|(_, values)| values.as_slice()))
    }
}

/// The values of facts that have only a few.
fn fixed(vocabulary: &Vocabulary, slot: Slot) -> Vec<i64> {
    match vocabulary.at(slot).map(|fact| &fact.kind) {
        Some(FactKind::Bool) => vec![0, 1],
        Some(FactKind::Choice(options)) => (0..).zip(options).map(|(index, _)| index).collect(),
        _ => Vec::new(),
    }
}

/// A value for a fact that no literal says anything about.
fn seeds(vocabulary: &Vocabulary, slot: Slot) -> Vec<i64> {
    match vocabulary.at(slot).map(|fact| &fact.kind) {
        // The two sides of a school year.
        Some(FactKind::Date) => vec![
            dates::number(date(2026, 4, 1)),
            dates::number(date(2026, 4, 2)),
        ],
        Some(FactKind::Month) => vec![dates::month_number(2026, 4)],
        _ => vec![bounds(vocabulary, slot).0.max(0)],
    }
}

/// The least and greatest value worth trying.
fn bounds(vocabulary: &Vocabulary, slot: Slot) -> (i64, i64) {
    const NUMBERS: i64 = 1_000_000_000_000;
    let Some(fact) = vocabulary.at(slot) else {
        return (0, 0);
    };
    match fact.kind {
        FactKind::Bool => (0, 1),
        FactKind::Choice(_) => (0, i64::from(u16::MAX)),
        FactKind::Number | FactKind::Money => {
            let min = fact.min.unwrap_or(-NUMBERS);
            (min, fact.max.unwrap_or(NUMBERS).max(min))
        }
        // Two centuries to both sides; bisection stays quick and no date word reaches the edge of the calendar.
        FactKind::Date => (-73_000, 146_000),
        FactKind::Month => (21_600, 28_800),
    }
}

/// Adds to every fact the values around the boundaries its conditions draw.
///
/// `relations`: also the boundaries drawn by other facts, at the values those have so far.
fn boundaries(
    vocabulary: &Vocabulary,
    tests: &[(&str, &Test)],
    sets: &mut BTreeMap<Slot, BTreeSet<i64>>,
    relations: bool,
) -> Result<(), Finding> {
    let before = sets.clone();
    for (id, test) in tests {
        let mut pairs: Vec<(&Expr, Option<&Expr>, i64)> = Vec::new();
        for right in test.rights() {
            match constant(right) {
                Some(value) => pairs.push((&test.left, None, value)),
                None if relations => {
                    pairs.push((&test.left, Some(right), 0));
                    pairs.push((right, Some(&test.left), 0));
                }
                None => {}
            }
        }
        if let Check::OneOf(options) = &test.check {
            pairs.extend(options.iter().map(|option| (&test.left, None, *option)));
        }
        for (moving, against, value) in pairs {
            let Base::Slot(slot) = moving.base else {
                continue;
            };
            if !fixed(vocabulary, slot).is_empty() {
                continue;
            }
            if moving.since.is_some() && !relations {
                continue;
            }
            let mut others = BTreeSet::new();
            moving.own_slots(&mut others);
            if let Some(against) = against {
                against.own_slots(&mut others);
                if matches!(against.base, Base::Tally(_)) {
                    return Err(Finding::NotCheckable {
                        id: (*id).to_owned(),
                    });
                }
            }
            others.remove(&slot);
            let mut found = BTreeSet::new();
            for point in points(&others, &before) {
                let target = against.map_or(Span::at(value), |against| against.value(&point));
                if let Some(target) = target.known() {
                    around(vocabulary, slot, moving, &point, target, &mut found);
                }
            }
            if let Some(set) = sets.get_mut(&slot) {
                set.extend(found);
                if set.len() > MOST_VALUES {
                    return Err(Finding::TooLarge);
                }
            }
        }
    }
    Ok(())
}

/// Other facts at some of their values.
struct Point(BTreeMap<Slot, i64>);

impl Look for Point {
    fn slot(&self, slot: Slot) -> Span {
        self.0.get(&slot).copied().map_or(Span::UNKNOWN, Span::at)
    }

    fn tally(&self, _: &Tally) -> Span {
        Span::UNKNOWN
    }
}

fn points(slots: &BTreeSet<Slot>, sets: &BTreeMap<Slot, BTreeSet<i64>>) -> Vec<Point> {
    let mut points = vec![Point(BTreeMap::new())];
    for slot in slots {
        let values = sets.get(slot).into_iter().flatten();
        let mut next = Vec::new();
        for value in values {
            for point in &points {
                let mut point = point.0.clone();
                point.insert(*slot, *value);
                next.push(Point(point));
            }
        }
        points = next;
        points.truncate(64);
    }
    points
}

/// The values of `slot` at which `moving` passes `target`.
fn around(
    vocabulary: &Vocabulary,
    slot: Slot,
    moving: &Expr,
    point: &Point,
    target: i64,
    into: &mut BTreeSet<i64>,
) {
    let (min, max) = bounds(vocabulary, slot);
    if moving.steps.contains(&Step::MonthOfYear) {
        // Not monotone: one day, or month, of each month of a year.
        let kind = vocabulary.at(slot).map(|fact| &fact.kind);
        into.extend((1..=12).map(|month| match kind {
            Some(FactKind::Month) => dates::month_number(2026, month),
            _ => dates::number(date(2026, 1, 15)) + (i64::from(month) - 1) * 30,
        }));
        return;
    }
    let mut at = Point(point.0.clone());
    let mut value = |number: i64| {
        at.0.insert(slot, number);
        moving.value(&at).known()
    };
    for wanted in [target, target.saturating_add(1)] {
        // The first number whose value is at least `wanted`.
        let (mut low, mut high) = (min, max);
        while low < high {
            let middle = low + (high - low) / 2;
            match value(middle) {
                Some(found) if found >= wanted => high = middle,
                Some(_) => low = middle + 1,
                None => return,
            }
        }
        into.insert((low - 1).max(min));
        into.insert(low);
    }
}

fn constant(expr: &Expr) -> Option<i64> {
    match (&expr.base, expr.since) {
        (Base::Literal(number), None) => Some(
            expr.steps
                .iter()
                .fold(*number, |number, step| step.apply(number)),
        ),
        _ => None,
    }
}
