//! Who could still claim something better. Looks only at the result, not at how it came about.

use serde::Serialize;

use super::priority::Ranks;
use super::propose::Matching;
use super::siblings::{Group, Seat};
use super::{Instance, SiblingPolicy};

/// A claim that the result leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocking {
    /// The applicants: one, or all siblings of a group.
    pub applicants: Vec<usize>,
    /// The choice of each that they could claim together.
    pub choices: Vec<usize>,
}

/// The claims that a result (for each applicant the choice that was given) leaves open.
#[must_use]
pub fn blocking(instance: &Instance, given: &[Option<usize>]) -> Vec<Blocking> {
    let ranks = Ranks::of(instance);
    let matching = Matching::of(instance, &ranks, given);
    blocking_of(instance, &ranks, &matching)
}

pub(super) fn blocking_of(
    instance: &Instance,
    ranks: &Ranks,
    matching: &Matching,
) -> Vec<Blocking> {
    let mut conditional = vec![false; instance.applicants.len()];
    for group in &instance.groups {
        if group.policy != SiblingPolicy::First {
            for member in &group.members {
                if let Some(slot) = conditional.get_mut(*member) {
                    *slot = true;
                }
            }
        }
    }
    let mut found = Vec::new();
    for (applicant, own) in instance.applicants.iter().enumerate() {
        if conditional.get(applicant) == Some(&true) {
            continue;
        }
        let given = matching.given.get(applicant).copied().flatten();
        let better = given.unwrap_or(own.choices.len());
        let claim = (0..better).find(|choice| {
            let place = own.choices.get(*choice).map(|choice| &choice.place);
            match (place, ranks.of_choice(applicant, *choice)) {
                (Some(Ok(place)), Some(rank)) => matching.would_take(instance, *place, rank),
                _ => false,
            }
        });
        found.extend(claim.map(|choice| Blocking {
            applicants: vec![applicant],
            choices: vec![choice],
        }));
    }
    for group in Group::all(instance) {
        let now = group.option_of(matching);
        let claim = (0..now.unwrap_or(group.options()))
            .find_map(|option| group.claim(instance, ranks, matching, option));
        found.extend(claim.map(|seats| Blocking {
            applicants: seats.iter().map(|seat| seat.applicant).collect(),
            choices: seats.iter().map(|seat| seat.choice).collect(),
        }));
    }
    found
}

/// Whether places would take all of these at once, displacing only those who come after.
pub(super) fn would_take_all(
    instance: &Instance,
    ranks: &Ranks,
    matching: &Matching,
    seats: &[Seat],
) -> bool {
    let own = |applicant: usize| seats.iter().any(|seat| seat.applicant == applicant);
    seats.iter().all(|seat| {
        let Some(rank) = ranks.of_choice(seat.applicant, seat.choice) else {
            return false;
        };
        let capacity = instance
            .places
            .get(seat.place)
            .map_or(0, |place| place.capacity);
        // Nothing to count where the place is full with others who all come first.
        let full = matching.holders(seat.place).len() >= capacity as usize;
        if capacity == 0 || full && matching.worst(seat.place).is_some_and(|worst| worst < rank) {
            return false;
        }
        // Those before it: strangers who hold the place, and siblings who want it too.
        let strangers = matching
            .holders(seat.place)
            .filter(|held| *held < rank)
            .filter(|held| {
                let holder = ranks.holder(seat.place, *held);
                !holder.is_some_and(|(applicant, _)| own(applicant))
            })
            .count();
        let siblings = seats
            .iter()
            .filter(|other| other.place == seat.place)
            .filter_map(|other| ranks.of_choice(other.applicant, other.choice))
            .filter(|other| *other < rank)
            .count();
        strangers + siblings < capacity as usize
    })
}
