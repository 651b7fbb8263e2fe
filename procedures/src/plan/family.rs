//! The facts of a family as the plan takes them: parents, a pregnancy or a delivery, children, places, and whatever else
//! the vocabulary knows.
//!
//! Children who lived and children who were stillborn are different types on purpose: a stillbirth has no name, no birth
//! record and no child's benefits, and nothing here turns one into the other (死産の届出に関する規程). No individual number has a
//! place here.

use jiff::civil::Date;

use crate::ids::{MunicipalityCode, ProcedureId};
use crate::rules::FactValue;

/// A parent, as far as one is known by name of the role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parent {
    /// Date of birth.
    pub birth: Option<Date>,
    /// Japanese national.
    pub japanese: Option<bool>,
    /// The municipality of the resident record.
    pub residence: Option<MunicipalityCode>,
}

/// Whether somebody else is the parent of the child, in law.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Other {
    /// Nothing is known of a father.
    #[default]
    NotSaid,
    /// There is none in law, or none who takes part.
    None,
    /// There is.
    Some(Parent),
}

impl Other {
    /// The father, where there is one.
    #[must_use]
    pub fn known(&self) -> Option<&Parent> {
        match self {
            Self::Some(parent) => Some(parent),
            Self::NotSaid | Self::None => None,
        }
    }
}

/// A child who was born alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// How the family's own data call the child; never a name.
    pub id: String,
    /// Day of birth.
    pub birth: Date,
    /// Minute of that day, from 0: 23:59 is 1439.
    pub minute: Option<i16>,
    /// The day the child died.
    pub died: Option<Date>,
}

/// A stillbirth. It has a day, and nothing else that a child has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stillbirth {
    /// The day, where it is known.
    pub on: Option<Date>,
}

/// A pregnancy that goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pregnancy {
    /// The expected day (分娩予定日).
    pub due: Option<Date>,
}

/// A pregnancy and how it ended, as far as it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Still going on.
    pub expected: Option<Pregnancy>,
    /// Children born alive, whether or not they still live.
    pub children: Vec<Child>,
    /// Children who were not.
    pub stillborn: Vec<Stillbirth>,
    /// Full weeks and days of the pregnancy at its end.
    pub weeks: Option<(i64, i64)>,
}

/// Municipalities that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Where the child was born.
    pub birthplace: Option<MunicipalityCode>,
    /// The registered domicile (本籍).
    pub honseki: Option<MunicipalityCode>,
    /// Where whoever files is staying.
    pub stay: Option<MunicipalityCode>,
    /// Where the child lives, if not with the mother.
    pub child_home: Option<MunicipalityCode>,
    /// Where the claimant lives, if elsewhere than both parents say.
    pub claimant_home: Option<MunicipalityCode>,
    /// Where the family moved away from.
    pub former_home: Option<MunicipalityCode>,
    /// Where it moves to.
    pub new_home: Option<MunicipalityCode>,
    /// Where a person of another life domain lives.
    pub person_home: Option<MunicipalityCode>,
}

/// Of whom a fact is told, or whom an item is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whom {
    /// The family.
    Family,
    /// The pregnancy and its end.
    Delivery,
    /// The child that is expected.
    Expected,
    /// A child of the delivery, by its place in [`Delivery::children`].
    Child(usize),
    /// An older child, by its place in [`Family::older`].
    Older(usize),
    /// The mother.
    Mother,
    /// The father.
    Father,
    /// A person of another life domain, by place.
    Person(usize),
}

/// A fact of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of whom.
    pub of: Whom,
    /// Its id.
    pub fact: String,
    /// Its value.
    pub value: FactValue,
}

/// A family.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Family {
    /// The mother.
    pub mother: Parent,
    /// The father.
    pub father: Other,
    /// This pregnancy.
    pub delivery: Delivery,
    /// Children of before: they count, and their own items are not on this line.
    pub older: Vec<Child>,
    /// How many persons of another life domain.
    pub persons: usize,
    /// Municipalities.
    pub places: Places,
    /// A child was lost, and no more is said.
    pub loss: bool,
    /// Everything else that is known.
    pub told: Vec<Told>,
    /// What has been done, for everybody or for one.
    pub done: Vec<(ProcedureId, Option<Whom>)>,
}

// What is known of a family must not reach log lines.
impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Family(masked)")
    }
}

impl Family {
    /// Tells a fact.
    pub fn tell(&mut self, of: Whom, fact: &str, value: FactValue) {
        self.told.push(Told {
            of,
            fact: fact.to_owned(),
            value,
        });
    }

    /// What was told of a fact, the latest word.
    #[must_use]
    pub fn told_of(&self, fact: &str) -> Option<&FactValue> {
        let mut told = self.told.iter().rev();
        told.find(|told| told.fact == fact).map(|told| &told.value)
    }

    /// Whether a yes-or-no fact was told and is yes.
    #[must_use]
    pub fn is(&self, fact: &str) -> bool {
        self.told_of(fact) == Some(&FactValue::Bool(true))
    }

    /// Whether a child of this delivery was lost.
    #[must_use]
    pub fn any_lost(&self) -> bool {
        self.loss
            || self.is("family.loss")
            || !self.delivery.stillborn.is_empty()
            || self
                .delivery
                .children
                .iter()
                .any(|child| child.died.is_some())
            || self
                .told
                .iter()
                .any(|told| told.fact == "child.alive" && told.value == FactValue::Bool(false))
    }

    /// Whether one child was lost. Of a loss of which nothing more is known, every child is.
    #[must_use]
    pub fn lost(&self, child: usize) -> bool {
        let died = |at: usize, child: &Child| {
            child.died.is_some()
                || self.told.iter().any(|told| {
                    told.of == Whom::Child(at)
                        && told.fact == "child.alive"
                        && told.value == FactValue::Bool(false)
                })
        };
        let children = &self.delivery.children;
        let unsaid = self.any_lost()
            && self.delivery.stillborn.is_empty()
            && !children.iter().enumerate().any(|(at, one)| died(at, one));
        unsaid || children.get(child).is_some_and(|one| died(child, one))
    }

    /// Whether a loss left no living child of this delivery.
    #[must_use]
    pub fn all_lost(&self) -> bool {
        self.any_lost()
            && (self.loss || self.delivery.expected.is_none())
            && (0..self.delivery.children.len()).all(|child| self.lost(child))
    }

    /// Whether something is done, for one of them.
    #[must_use]
    pub fn has_done(&self, procedure: &str, whom: Whom) -> bool {
        self.done
            .iter()
            .any(|(id, of)| id.as_str() == procedure && of.is_none_or(|of| of == whom))
    }
}
