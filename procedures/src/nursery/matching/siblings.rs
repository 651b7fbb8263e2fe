//! Siblings who want to be together.
//!
//! Each group has options in the order of its wish: one facility after the other, or simply "everybody somewhere". A round of
//! deferred acceptance is run in which each member may propose only to its group's present option; groups that were not
//! taken as a whole go on to their next option, and the round is run afresh. Options only move on, so this ends. Afterwards
//! groups that could claim an earlier option get it, in order, as long as no other group is torn apart; each such step moves
//! some group forward and none back, so this ends too. Every result is that of a whole round, so children without a condition
//! are never passed over unfairly.

use std::collections::{BTreeMap, BTreeSet};

use super::check::would_take_all;
use super::priority::Ranks;
use super::propose::{Allowed, Matching};
use super::{Instance, SiblingPolicy};

/// Proposals after which groups that still stand outside are left out: some seconds of work.
const MOST_WORK: usize = 30_000_000;

/// A member's seat in an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) applicant: usize,
    pub(super) choice: usize,
    pub(super) place: usize,
}

/// A group that sets a condition.
#[derive(Debug)]
pub(super) struct Group<'a> {
    members: &'a [usize],
    options: Options,
}

#[derive(Debug)]
enum Options {
    /// One facility each, a seat for every member.
    Together(Vec<Vec<Seat>>),
    /// Everybody somewhere.
    Anywhere,
}

impl<'a> Group<'a> {
    pub(super) fn all(instance: &'a Instance) -> Vec<Self> {
        instance
            .groups
            .iter()
            .filter(|group| !group.members.is_empty())
            .filter_map(|group| {
                let options = match group.policy {
                    SiblingPolicy::First => return None,
                    SiblingPolicy::Any => Options::Anywhere,
                    SiblingPolicy::SameFacility => {
                        Options::Together(together(instance, &group.members))
                    }
                };
                Some(Self {
                    members: &group.members,
                    options,
                })
            })
            .collect()
    }

    pub(super) fn options(&self) -> usize {
        match &self.options {
            Options::Together(options) => options.len(),
            Options::Anywhere => 1,
        }
    }

    /// Lets the members propose to one option; to nothing behind the last.
    fn allow(&self, option: usize, allowed: &mut [Allowed]) {
        let mut set = |applicant: usize, to: Allowed| {
            if let Some(slot) = allowed.get_mut(applicant) {
                *slot = to;
            }
        };
        match &self.options {
            Options::Together(options) => match options.get(option) {
                Some(seats) => {
                    for seat in seats {
                        set(seat.applicant, Allowed::Only(seat.choice));
                    }
                }
                None => self
                    .members
                    .iter()
                    .for_each(|own| set(*own, Allowed::Nothing)),
            },
            Options::Anywhere => {
                let to = if option == 0 {
                    Allowed::All
                } else {
                    Allowed::Nothing
                };
                self.members.iter().for_each(|own| set(*own, to));
            }
        }
    }

    fn is_whole(&self, matching: &Matching) -> bool {
        self.members
            .iter()
            .all(|own| matching.given.get(*own).copied().flatten().is_some())
    }

    /// The option a result gave it; `None` if it gave none as a whole.
    pub(super) fn option_of(&self, matching: &Matching) -> Option<usize> {
        match &self.options {
            Options::Anywhere => self.is_whole(matching).then_some(0),
            Options::Together(options) => options.iter().position(|seats| {
                seats.iter().all(|seat| {
                    matching.given.get(seat.applicant).copied().flatten() == Some(seat.choice)
                })
            }),
        }
    }

    /// The seats of an option, if places would take all of them now.
    pub(super) fn claim(
        &self,
        instance: &Instance,
        ranks: &Ranks,
        matching: &Matching,
        option: usize,
    ) -> Option<Vec<Seat>> {
        let seats = match &self.options {
            Options::Together(options) => options.get(option)?.clone(),
            Options::Anywhere => {
                // Each member its best seat that is still open beside those of the members before it.
                let mut seats: Vec<Seat> = Vec::new();
                for applicant in self.members {
                    let own = instance.applicants.get(*applicant)?;
                    let seat = own
                        .choices
                        .iter()
                        .enumerate()
                        .find_map(|(choice, wanted)| {
                            let seat = Seat {
                                applicant: *applicant,
                                choice,
                                place: *wanted.place.as_ref().ok()?,
                            };
                            seats.push(seat);
                            let open = would_take_all(instance, ranks, matching, &seats);
                            seats.pop();
                            open.then_some(seat)
                        })?;
                    seats.push(seat);
                }
                seats
            }
        };
        would_take_all(instance, ranks, matching, &seats).then_some(seats)
    }
}

/// The facilities every member names: by the sum of the ranks they give it, then by the first member's rank.
fn together(instance: &Instance, members: &[usize]) -> Vec<Vec<Seat>> {
    let mut named: BTreeMap<&str, Vec<Seat>> = BTreeMap::new();
    for (number, applicant) in members.iter().enumerate() {
        let choices = instance
            .applicants
            .get(*applicant)
            .map_or(&[][..], |own| &own.choices);
        for (choice, wanted) in choices.iter().enumerate() {
            let Ok(place) = wanted.place else { continue };
            let seats = named.entry(&wanted.facility).or_default();
            // Once for each member, and only while every member before it named the facility too.
            if seats.len() == number {
                seats.push(Seat {
                    applicant: *applicant,
                    choice,
                    place,
                });
            }
        }
    }
    let mut options: Vec<Vec<Seat>> = named
        .into_values()
        .filter(|seats| seats.len() == members.len())
        .collect();
    options.sort_by_key(|seats| {
        let sum: usize = seats.iter().map(|seat| seat.choice).sum();
        (sum, seats.first().map(|seat| seat.choice))
    });
    options
}

/// The facilities every member names.
pub(super) fn common<'a>(instance: &'a Instance, members: &[usize]) -> BTreeSet<&'a str> {
    let mut members = members.iter().map(|member| -> BTreeSet<&str> {
        let choices = instance
            .applicants
            .get(*member)
            .map(|own| own.choices.iter());
        choices
            .into_iter()
            .flatten()
            .filter(|choice| choice.place.is_ok())
            .map(|choice| choice.facility.as_str())
            .collect()
    });
    let first = members.next().unwrap_or_default();
    members.fold(first, |common, own| {
        common.intersection(&own).copied().collect()
    })
}

/// A result, and whether the search was cut short.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) matching: Matching,
    pub(super) cut_short: bool,
}

/// Finds a result in which every group is whole or left out.
pub(super) fn settle(instance: &Instance, ranks: &Ranks) -> Settled {
    let groups = Group::all(instance);
    let mut search = Search {
        instance,
        ranks,
        groups: &groups,
        options: vec![0; groups.len()],
        work: 0,
    };
    let mut matching = search.round();
    loop {
        let over = search.work > MOST_WORK;
        let mut moved = false;
        for (group, option) in groups.iter().zip(&mut search.options) {
            if *option < group.options() && !group.is_whole(&matching) {
                *option = if over { group.options() } else { *option + 1 };
                moved = true;
            }
        }
        if !moved {
            break;
        }
        matching = search.round();
    }
    while search.work <= MOST_WORK {
        match search.improve(&matching) {
            Some(better) => matching = better,
            None => break,
        }
    }
    Settled {
        matching,
        cut_short: search.work > MOST_WORK,
    }
}

struct Search<'a> {
    instance: &'a Instance,
    ranks: &'a Ranks,
    groups: &'a [Group<'a>],
    /// The present option of each group; behind its last when it is left out.
    options: Vec<usize>,
    work: usize,
}

impl Search<'_> {
    /// One whole round of deferred acceptance.
    fn round(&mut self) -> Matching {
        let mut allowed = vec![Allowed::All; self.instance.applicants.len()];
        for (group, option) in self.groups.iter().zip(&self.options) {
            group.allow(*option, &mut allowed);
        }
        let matching = Matching::run(self.instance, self.ranks, &allowed);
        self.work += matching.work;
        matching
    }

    /// Gives the first group that can claim an earlier option that option, if every group then is as whole as before.
    fn improve(&mut self, matching: &Matching) -> Option<Matching> {
        for (index, group) in self.groups.iter().enumerate() {
            let now = self.options.get(index).copied()?;
            for option in 0..now {
                let claim = group.claim(self.instance, self.ranks, matching, option);
                self.work += group.members.len() + self.instance.places.len().min(64);
                if claim.is_none() || self.work > MOST_WORK {
                    continue;
                }
                if let Some(slot) = self.options.get_mut(index) {
                    *slot = option;
                }
                let tried = self.round();
                let whole = self
                    .groups
                    .iter()
                    .zip(&self.options)
                    .all(|(group, option)| *option >= group.options() || group.is_whole(&tried));
                if whole {
                    return Some(tried);
                }
                if let Some(slot) = self.options.get_mut(index) {
                    *slot = now;
                }
            }
        }
        None
    }
}
