//! Deferred acceptance: children propose in the order of their choices, a full place keeps those who come first.
//!
//! The order in which children are taken up does not change the result; that is a theorem, and a test.

use std::collections::BinaryHeap;

use super::Instance;
use super::priority::Ranks;

/// Which choices an applicant may propose to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    All,
    /// This choice only.
    Only(usize),
    Nothing,
}

/// Who holds which place.
#[derive(Debug, Clone, Default)]
pub(super) struct Matching {
    /// For each applicant the choice.
    pub(super) given: Vec<Option<usize>>,
    /// For each place the ranks that hold it, the worst on top.
    held: Vec<BinaryHeap<u32>>,
    /// Proposals made.
    pub(super) work: usize,
}

impl Matching {
    /// Runs until nobody has anything left to propose.
    pub(super) fn run(instance: &Instance, ranks: &Ranks, allowed: &[Allowed]) -> Self {
        let count = instance.applicants.len();
        let mut matching = Self {
            given: vec![None; count],
            held: vec![BinaryHeap::new(); instance.places.len()],
            work: count,
        };
        let mut next = vec![0usize; count];
        let mut free: Vec<usize> = (0..count).rev().collect();
        while let Some(applicant) = free.pop() {
            let Some(own) = instance.applicants.get(applicant) else {
                continue;
            };
            let allowed = allowed.get(applicant).copied().unwrap_or(Allowed::All);
            while let Some(cursor) = next.get_mut(applicant) {
                let choice = match allowed {
                    Allowed::All if *cursor < own.choices.len() => *cursor,
                    Allowed::Only(only) if *cursor == 0 => only,
                    _ => break,
                };
                *cursor += 1;
                matching.work += 1;
                let place = own.choices.get(choice).map(|choice| &choice.place);
                let (Some(Ok(place)), Some(rank)) = (place, ranks.of_choice(applicant, choice))
                else {
                    continue;
                };
                if !matching.would_take(instance, *place, rank) {
                    continue;
                }
                let out = matching.take(instance, *place, rank);
                if let Some(given) = matching.given.get_mut(applicant) {
                    *given = Some(choice);
                }
                if let Some((out, _)) = out.and_then(|rank| ranks.holder(*place, rank)) {
                    if let Some(given) = matching.given.get_mut(out) {
                        *given = None;
                    }
                    free.push(out);
                }
                break;
            }
        }
        matching
    }

    /// Whether a place would take somebody of this rank now.
    pub(super) fn would_take(&self, instance: &Instance, place: usize, rank: u32) -> bool {
        let capacity = instance.places.get(place).map_or(0, |place| place.capacity);
        self.held.get(place).is_some_and(|held| {
            held.len() < capacity as usize
                || capacity > 0 && held.peek().is_some_and(|worst| rank < *worst)
        })
    }

    /// The last rank that got in.
    pub(super) fn worst(&self, place: usize) -> Option<u32> {
        self.held.get(place)?.peek().copied()
    }

    /// All ranks that hold a place.
    pub(super) fn holders(&self, place: usize) -> impl ExactSizeIterator<Item = u32> + '_ {
        let none: &[u32] = &[];
        self.held
            .get(place)
            .map_or(none, |held| held.as_slice())
            .iter()
            .copied()
    }

    /// Takes somebody in; returns the rank that had to leave.
    fn take(&mut self, instance: &Instance, place: usize, rank: u32) -> Option<u32> {
        let capacity = instance.places.get(place)?.capacity as usize;
        let held = self.held.get_mut(place)?;
        held.push(rank);
        (held.len() > capacity).then(|| held.pop()).flatten()
    }

    /// A matching somebody else made, for checking it.
    pub(super) fn of(instance: &Instance, ranks: &Ranks, given: &[Option<usize>]) -> Self {
        let mut matching = Self {
            given: given.to_vec(),
            held: vec![BinaryHeap::new(); instance.places.len()],
            work: 0,
        };
        for (applicant, choice) in given.iter().enumerate() {
            let Some(choice) = choice else { continue };
            let place = instance
                .applicants
                .get(applicant)
                .and_then(|own| own.choices.get(*choice)?.place.as_ref().ok());
            let held = place.and_then(|place| matching.held.get_mut(*place));
            if let (Some(held), Some(rank)) = (held, ranks.of_choice(applicant, *choice)) {
                held.push(rank);
            }
        }
        matching
    }
}
