//! Who gets which place: deferred acceptance over ranked choices, for each facility and class.
//!
//! # What is guaranteed
//! Without siblings who must stay together the result is *stable* (no child is refused where a child that comes after it got
//! in, and no wanted place stays free), *best for the children* (no stable result gives any child a better choice) and
//! *strategy-proof* (naming true choices in true order is never worse for a family). All three are theorems about this
//! procedure (Gale and Shapley 1962; Dubins and Freedman 1981); tests hold the program to the first two.
//!
//! With siblings who want to be together none of this can be promised: a stable result need not exist. The procedure then
//! still ends, is the same every time, fills no place twice, and lets no child *without* such a condition be passed over
//! unfairly. Where a group of siblings could still claim better places, [`Allotment::blocking`] says so; nothing is hidden.
//!
//! Equal points and equal tie-breakers are settled by the applicants' ids: put lot numbers there if a lot is to decide.

mod check;
mod priority;
mod propose;
mod siblings;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::words::{DataError, Say, Sentence, Words};
use crate::text::Text;

pub use check::{Blocking, blocking};
use priority::Ranks;
use propose::Matching;

/// The most applicants of one allotment.
const MOST_APPLICANTS: usize = 500_000;
/// The most choices of all of them together.
const MOST_CHOICES: usize = 5_000_000;
/// The most siblings of one group.
const MOST_SIBLINGS: usize = 20;

/// The places of one class of one facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The facility; places of one facility in several classes share it.
    pub facility: String,
    /// How many.
    pub capacity: u32,
}

/// One choice of an applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The facility as the family named it.
    pub facility: String,
    /// Its place in [`Instance::places`], or why there is none.
    pub place: Result<usize, Refusal>,
    /// Priority there: greater comes first, before all points.
    pub priority: i64,
    /// Points there.
    pub points: i64,
}

/// A child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Unique. Settles what points and tie-breakers leave equal: the smaller comes first.
    pub id: String,
    /// Choices, the best first.
    pub choices: Vec<Choice>,
    /// Tie-breakers in order; greater comes first.
    pub ties: Vec<i64>,
}

/// What siblings want who apply together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiblingPolicy {
    /// All in one facility, or none of them.
    #[serde(
        alias = "same",
        alias = "same_facility_only",
        alias = "together",
        alias = "同一施設"
    )]
    SameFacility,
    /// All, in whichever of their facilities, or none of them.
    #[serde(alias = "any_facility", alias = "all", alias = "別施設可")]
    Any,
    /// Each for itself: whoever gets in goes.
    #[serde(
        alias = "first",
        alias = "first_who_gets_in",
        alias = "separate",
        alias = "一人でも"
    )]
    First,
}

/// Siblings who apply together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiblingGroup {
    /// Places in [`Instance::applicants`].
    pub members: Vec<usize>,
    /// What they want.
    pub policy: SiblingPolicy,
}

/// What there is to give out, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instance {
    /// Places.
    pub places: Vec<Place>,
    /// Children.
    pub applicants: Vec<Applicant>,
    /// Siblings among them.
    pub groups: Vec<SiblingGroup>,
}

/// Why an instance cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceError {
    /// Two applicants share an id.
    #[error("two applicants have the id {id:?}")]
    SameId {
        /// The id.
        id: String,
    },
    /// A choice or a group points at something that is not there.
    #[error("{what} {index} is not there")]
    NotThere {
        /// What is pointed at.
        what: &'static str,
        /// Where.
        index: usize,
    },
    /// An applicant is in two groups, or twice in one.
    #[error("applicant {id:?} is in more than one group of siblings")]
    TwoGroups {
        /// The applicant.
        id: String,
    },
    /// More than any municipality has.
    #[error("{count} {what}: {most} are the most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The limit.
        most: usize,
    },
}

/// Why a choice was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The last place went to a child with more points.
    Lower {
        /// Of the child who got the last place.
        last: i64,
        /// Of this child.
        own: i64,
    },
    /// The last place went to a child with the same points, who comes first by tie-breakers.
    Tie {
        /// Of both.
        own: i64,
    },
    /// The places went to children of an earlier priority.
    Priority,
    /// The facility has this class, but no places in it.
    NoPlaces,
    /// The facility does not have this class.
    NoClass,
    /// There is no such facility.
    NoFacility,
    /// A place would have been there for this child, but not for all siblings.
    SiblingsNotTogether,
    /// Not all siblings name the facility, and they want to be in one.
    SiblingsAlone,
}

impl Refusal {
    /// The sentence for the family. It tells points, never whose.
    ///
    /// # Errors
    /// [`DataError`] when the built-in sentences are broken.
    pub fn text(&self, facility: &str) -> Result<Text, DataError> {
        let words = Words::builtin()?;
        let name = ("facility", Say::plain(facility));
        Ok(match self {
            Self::Lower { last, own } => words.say(
                Sentence::MatchLower,
                &[name, ("last", Say::plain(last)), ("own", Say::plain(own))],
            ),
            Self::Tie { own } => words.say(Sentence::MatchTie, &[name, ("own", Say::plain(own))]),
            Self::Priority => words.say(Sentence::MatchPriority, &[name]),
            Self::NoPlaces => words.say(Sentence::MatchNoPlaces, &[name]),
            Self::NoClass => words.say(Sentence::MatchNoClass, &[name]),
            Self::NoFacility => words.say(Sentence::MatchNoFacility, &[name]),
            Self::SiblingsNotTogether => words.say(Sentence::MatchSiblings, &[name]),
            Self::SiblingsAlone => words.say(Sentence::MatchSiblingsAlone, &[name]),
        })
    }

    /// Its name in answers.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Lower { .. } => "lower_points",
            Self::Tie { .. } => "tie_breaker",
            Self::Priority => "priority",
            Self::NoPlaces => "no_places",
            Self::NoClass => "no_class",
            Self::NoFacility => "no_facility",
            Self::SiblingsNotTogether => "siblings_not_together",
            Self::SiblingsAlone => "siblings_do_not_all_list_it",
        }
    }
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allotment {
    /// For each applicant the choice that was given (its place in the list of choices).
    pub given: Vec<Option<usize>>,
    /// For each applicant the better choices that were not given, and why.
    pub refused: Vec<Vec<(usize, Refusal)>>,
    /// Applicants or groups who could still claim something better; empty means the result is stable.
    pub blocking: Vec<Blocking>,
    /// Whether the search for a better arrangement of siblings was cut short because of the size of the instance.
    pub cut_short: bool,
}

impl Allotment {
    /// The sentence that sums up one applicant's result.
    ///
    /// # Errors
    /// [`DataError`] when the built-in sentences are broken.
    pub fn summary(&self, applicant: usize) -> Result<Text, DataError> {
        let words = Words::builtin()?;
        let given = self.given.get(applicant).copied().flatten();
        Ok(match given {
            Some(choice) => words.say(Sentence::MatchPlaced, &[("rank", Say::plain(choice + 1))]),
            None => words.say(Sentence::MatchNotPlaced, &[]),
        })
    }
}

/// Gives out the places.
///
/// # Errors
/// [`InstanceError`] when the instance contradicts itself or is larger than any municipality's.
pub fn allot(instance: &Instance) -> Result<Allotment, InstanceError> {
    instance.check()?;
    let ranks = Ranks::of(instance);
    let settled = siblings::settle(instance, &ranks);
    let blocking = check::blocking_of(instance, &ranks, &settled.matching);
    let groups = Conditions::of(instance);
    let refused = (0..instance.applicants.len())
        .map(|applicant| refusals(instance, &ranks, &settled.matching, &groups, applicant))
        .collect();
    Ok(Allotment {
        given: settled.matching.given,
        refused,
        blocking,
        cut_short: settled.cut_short,
    })
}

/// Who may only go where siblings go too.
struct Conditions<'a> {
    /// For each applicant its group.
    group_of: Vec<Option<usize>>,
    /// For each group that wants one facility those all of them name.
    common: Vec<Option<BTreeSet<&'a str>>>,
}

impl<'a> Conditions<'a> {
    fn of(instance: &'a Instance) -> Self {
        let mut group_of = vec![None; instance.applicants.len()];
        let mut common = Vec::new();
        for (index, group) in instance.groups.iter().enumerate() {
            for member in &group.members {
                if let Some(slot) = group_of.get_mut(*member) {
                    *slot = Some(index);
                }
            }
            let together = group.policy == SiblingPolicy::SameFacility;
            common.push(together.then(|| siblings::common(instance, &group.members)));
        }
        Self { group_of, common }
    }

    /// The facilities all siblings of an applicant name, if they want to be in one.
    fn common(&self, applicant: usize) -> Option<&BTreeSet<&'a str>> {
        let group = self.group_of.get(applicant).copied().flatten()?;
        self.common.get(group)?.as_ref()
    }
}

fn refusals(
    instance: &Instance,
    ranks: &Ranks,
    matching: &Matching,
    groups: &Conditions<'_>,
    applicant: usize,
) -> Vec<(usize, Refusal)> {
    let Some(own) = instance.applicants.get(applicant) else {
        return Vec::new();
    };
    let given = matching.given.get(applicant).copied().flatten();
    let common = groups.common(applicant);
    own.choices
        .iter()
        .enumerate()
        .take(given.unwrap_or(own.choices.len()))
        .filter_map(|(index, choice)| {
            let refusal = match &choice.place {
                Err(refusal) => refusal.clone(),
                Ok(place) => {
                    // The same place named twice: the first time says it all.
                    let rank = ranks.of_choice(applicant, index)?;
                    refusal(instance, ranks, matching, choice, *place, rank, common)
                }
            };
            Some((index, refusal))
        })
        .collect()
}

fn refusal(
    instance: &Instance,
    ranks: &Ranks,
    matching: &Matching,
    choice: &Choice,
    place: usize,
    rank: u32,
    common: Option<&BTreeSet<&str>>,
) -> Refusal {
    let capacity = instance.places.get(place).map_or(0, |place| place.capacity);
    if capacity == 0 {
        return Refusal::NoPlaces;
    }
    if common.is_some_and(|common| !common.contains(choice.facility.as_str())) {
        return Refusal::SiblingsAlone;
    }
    if matching.would_take(instance, place, rank) {
        // Its own points were enough: only the siblings stood against it.
        return Refusal::SiblingsNotTogether;
    }
    let last = matching
        .worst(place)
        .and_then(|worst| ranks.holder(place, worst))
        .and_then(|(applicant, index)| instance.applicants.get(applicant)?.choices.get(index));
    match last {
        Some(last) if last.priority != choice.priority => Refusal::Priority,
        Some(last) if last.points == choice.points => Refusal::Tie { own: choice.points },
        Some(last) => Refusal::Lower {
            last: last.points,
            own: choice.points,
        },
        None => Refusal::NoPlaces,
    }
}

impl Instance {
    fn check(&self) -> Result<(), InstanceError> {
        let choices: usize = self.applicants.iter().map(|own| own.choices.len()).sum();
        for (what, count, most) in [
            ("applicants", self.applicants.len(), MOST_APPLICANTS),
            ("places", self.places.len(), MOST_APPLICANTS),
            ("choices", choices, MOST_CHOICES),
        ] {
            if count > most {
                return Err(InstanceError::TooMany { what, count, most });
            }
        }
        let mut ids = BTreeSet::new();
        for applicant in &self.applicants {
            if !ids.insert(applicant.id.as_str()) {
                return Err(InstanceError::SameId {
                    id: applicant.id.clone(),
                });
            }
            for choice in &applicant.choices {
                if let Ok(place) = choice.place
                    && place >= self.places.len()
                {
                    return Err(InstanceError::NotThere {
                        what: "place",
                        index: place,
                    });
                }
            }
        }
        if let Some(group) = self
            .groups
            .iter()
            .find(|group| group.members.len() > MOST_SIBLINGS)
        {
            return Err(InstanceError::TooMany {
                what: "siblings",
                count: group.members.len(),
                most: MOST_SIBLINGS,
            });
        }
        let mut grouped = BTreeSet::new();
        for member in self.groups.iter().flat_map(|group| &group.members) {
            let applicant = self
                .applicants
                .get(*member)
                .ok_or(InstanceError::NotThere {
                    what: "applicant",
                    index: *member,
                })?;
            if !grouped.insert(*member) {
                return Err(InstanceError::TwoGroups {
                    id: applicant.id.clone(),
                });
            }
        }
        Ok(())
    }
}
