//! Everybody's rank at every place, computed once. After that only ranks are compared.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Applicant, Choice, Instance};

/// Ranks: 0 is the first to get in.
#[derive(Debug)]
pub(super) struct Ranks {
    /// Where an applicant's choices begin in `of_choice`.
    starts: Vec<usize>,
    /// `None` for a choice without a place, or of a place named before.
    of_choice: Vec<Option<u32>>,
    /// For each place the applicants by rank, with the choice.
    holders: Vec<Vec<(u32, u32)>>,
}

impl Ranks {
    pub(super) fn of(instance: &Instance) -> Self {
        let mut holders: Vec<Vec<(u32, u32)>> = vec![Vec::new(); instance.places.len()];
        let mut starts = Vec::with_capacity(instance.applicants.len());
        let mut total = 0;
        for (applicant, own) in (0u32..).zip(&instance.applicants) {
            starts.push(total);
            total += own.choices.len();
            let mut seen = BTreeSet::new();
            for (index, choice) in (0u32..).zip(&own.choices) {
                let Ok(place) = choice.place else { continue };
                if let (true, Some(slot)) = (seen.insert(place), holders.get_mut(place)) {
                    slot.push((applicant, index));
                }
            }
        }
        let mut of_choice = vec![None; total];
        for slot in &mut holders {
            slot.sort_by(|one, other| compare(instance, *one, *other));
            for (rank, (applicant, choice)) in (0u32..).zip(slot.iter()) {
                let at = starts
                    .get(*applicant as usize)
                    .map(|start| start + *choice as usize);
                if let Some(entry) = at.and_then(|at| of_choice.get_mut(at)) {
                    *entry = Some(rank);
                }
            }
        }
        Self {
            starts,
            of_choice,
            holders,
        }
    }

    /// An applicant's rank at the place of one of its choices.
    pub(super) fn of_choice(&self, applicant: usize, choice: usize) -> Option<u32> {
        let at = self.starts.get(applicant)?.checked_add(choice)?;
        self.of_choice.get(at).copied().flatten()
    }

    /// Who has a rank at a place, and which of its choices the place is.
    pub(super) fn holder(&self, place: usize, rank: u32) -> Option<(usize, usize)> {
        let (applicant, choice) = self.holders.get(place)?.get(rank as usize)?;
        Some((*applicant as usize, *choice as usize))
    }
}

fn compare(instance: &Instance, one: (u32, u32), other: (u32, u32)) -> Ordering {
    let find = |(applicant, choice): (u32, u32)| -> Option<(&Applicant, &Choice)> {
        let applicant = instance.applicants.get(applicant as usize)?;
        Some((applicant, applicant.choices.get(choice as usize)?))
    };
    let (Some((one, first)), Some((other, second))) = (find(one), find(other)) else {
        return Ordering::Equal;
    };
    (second.priority, second.points)
        .cmp(&(first.priority, first.points))
        .then_with(|| ties(&other.ties, &one.ties))
        .then_with(|| one.id.cmp(&other.id))
}

/// A tie-breaker that is missing comes last.
fn ties(one: &[i64], other: &[i64]) -> Ordering {
    let length = one.len().max(other.len());
    let at = |ties: &[i64], index: usize| ties.get(index).copied().unwrap_or(i64::MIN);
    (0..length)
        .map(|index| at(one, index).cmp(&at(other, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
