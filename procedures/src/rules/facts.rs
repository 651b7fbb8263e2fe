//! The facts there are about a family, as data, and the slots in which what is known of one family stands.
//!
//! A fact has an id, a scope, a type and words. Other domains of life bring their own facts in their own files; nothing
//! here knows what a fact means. An individual number (個人番号) is no fact and must never become one.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dates;
use crate::calendar::Month;
use crate::form::{ChoiceOption, Confidence};
use crate::text::Text;

/// Of whom or what a fact is told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The family as a whole; told once. Also `today`, and what the home municipality offers.
    Family,
    /// One pregnancy and birth.
    Delivery,
    /// One child.
    Child,
    /// One parent or other adult who raises the child, where a procedure is done once for each of them.
    Parent,
    /// Any other person: somebody who needs care, somebody looking for work.
    Person,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Family,
        Self::Delivery,
        Self::Child,
        Self::Parent,
        Self::Person,
    ];

    fn index(self) -> usize {
        match self {
            Self::Family => 0,
            Self::Delivery => 1,
            Self::Child => 2,
            Self::Parent => 3,
            Self::Person => 4,
        }
    }

    /// The word in the catalogue.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Family => "family",
            Self::Delivery => "delivery",
            Self::Child => "child",
            Self::Parent => "parent",
            Self::Person => "person",
        }
    }
}

/// The type of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// Yes or no.
    Bool,
    /// A whole number.
    Number,
    /// Yen.
    Money,
    /// A day.
    Date,
    /// A month.
    Month,
    /// One of these.
    Choice(Vec<ChoiceOption>),
}

impl FactKind {
    /// The word in the catalogue.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Number => "number",
            Self::Money => "money",
            Self::Date => "date",
            Self::Month => "month",
            Self::Choice(_) => "choice",
        }
    }
}

/// One thing that can be known about a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Stable id, for example `child.birth`.
    pub id: String,
    /// Of whom.
    pub scope: Scope,
    /// Its type.
    pub kind: FactKind,
    /// Least possible number or sum.
    pub min: Option<i64>,
    /// Greatest possible number or sum.
    pub max: Option<i64>,
    /// Its name.
    pub label: Text,
    /// How a person is asked; `None` where nobody is (derived facts, registers).
    pub question: Option<Text>,
    /// The sentence to say where a yes-or-no fact stands by itself as a condition.
    pub says: Option<Text>,
    /// Who may see it.
    pub seen_by: Option<Text>,
    /// Must not appear on shared screens, receipts or previews.
    pub sensitive: bool,
    /// Computed from other facts, never asked.
    pub derived: bool,
    /// How sure the catalogue is that the fact is told like this.
    pub confidence: Confidence,
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number, or yen.
    Number(i64),
    /// A day.
    Date(Date),
    /// A month.
    Month(Month),
    /// The id of an option.
    Choice(String),
}

/// Why a fact could not be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// There is no such fact.
    #[error("there is no fact {id:?}")]
    NoSuchFact {
        /// The id.
        id: String,
    },
    /// The value is not of the fact's type.
    #[error("{id} is a {expected}")]
    WrongKind {
        /// The fact.
        id: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The choice has no such option.
    #[error("{id} has no option {given:?}")]
    NoSuchOption {
        /// The fact.
        id: String,
        /// The option.
        given: String,
    },
    /// There is no such member of the scope.
    #[error("there is no {} number {member}", scope.as_str())]
    NoSuchMember {
        /// The scope.
        scope: Scope,
        /// Which, from 0.
        member: usize,
    },
    /// The fact is told of another scope.
    #[error("{id} is told of each {}", scope.as_str())]
    OtherScope {
        /// The fact.
        id: String,
        /// Its scope.
        scope: Scope,
    },
}

/// Where a fact stands: which scope, and which place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    pub(super) scope: Scope,
    pub(super) place: u16,
}

impl Slot {
    /// The scope the fact is told of.
    #[must_use]
    pub fn scope(self) -> Scope {
        self.scope
    }
}

/// All facts there are.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    facts: Vec<(Fact, Slot)>,
    by_id: BTreeMap<String, usize>,
    by_slot: BTreeMap<Slot, usize>,
    width: [u16; 5],
}

impl Vocabulary {
    /// Adds a fact; false when there is one of this name already, or no room.
    pub(crate) fn add(&mut self, fact: Fact) -> bool {
        let Some(width) = self.width.get_mut(fact.scope.index()) else {
            return false;
        };
        if self.by_id.contains_key(&fact.id) || *width == u16::MAX {
            return false;
        }
        let slot = Slot {
            scope: fact.scope,
            place: *width,
        };
        *width += 1;
        self.by_id.insert(fact.id.clone(), self.facts.len());
        self.by_slot.insert(slot, self.facts.len());
        self.facts.push((fact, slot));
        true
    }

    /// A fact.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<&Fact> {
        self.find(id).map(|(fact, _)| fact)
    }

    /// All facts, in the order of the files.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().map(|(fact, _)| fact)
    }

    /// Where a fact stands; look it up once, then use [`Records::put`].
    #[must_use]
    pub fn slot(&self, id: &str) -> Option<Slot> {
        self.find(id).map(|(_, slot)| *slot)
    }

    /// The fact that stands in a slot.
    #[must_use]
    pub fn at(&self, slot: Slot) -> Option<&Fact> {
        let index = self.by_slot.get(&slot)?;
        self.facts.get(*index).map(|(fact, _)| fact)
    }

    fn find(&self, id: &str) -> Option<&(Fact, Slot)> {
        self.by_id.get(id).and_then(|index| self.facts.get(*index))
    }

    /// A value as the number that stands in the slot.
    ///
    /// # Errors
    /// [`FactError`] when there is no such fact, or the value is not of its type.
    pub fn encode(&self, id: &str, value: &FactValue) -> Result<i64, FactError> {
        let fact = self
            .fact(id)
            .ok_or_else(|| FactError::NoSuchFact { id: id.to_owned() })?;
        match (&fact.kind, value) {
            (FactKind::Bool, FactValue::Bool(value)) => Ok(i64::from(*value)),
            (FactKind::Number | FactKind::Money, FactValue::Number(value)) => {
                Ok((*value).clamp(i64::MIN + 1, i64::MAX - 1))
            }
            (FactKind::Date, FactValue::Date(day)) => Ok(dates::number(*day)),
            (FactKind::Month, FactValue::Month(month)) => {
                Ok(dates::month_number(month.year, month.month))
            }
            (FactKind::Choice(options), FactValue::Choice(given)) => options
                .iter()
                .position(|option| option.id == *given)
                .and_then(|index| i64::try_from(index).ok())
                .ok_or_else(|| FactError::NoSuchOption {
                    id: id.to_owned(),
                    given: given.clone(),
                }),
            (kind, _) => Err(FactError::WrongKind {
                id: id.to_owned(),
                expected: kind.as_str(),
            }),
        }
    }

    /// The number that stands in a slot as a value.
    #[must_use]
    pub fn decode(&self, slot: Slot, number: i64) -> Option<FactValue> {
        Some(match &self.at(slot)?.kind {
            FactKind::Bool => FactValue::Bool(number != 0),
            FactKind::Number | FactKind::Money => FactValue::Number(number),
            FactKind::Date => FactValue::Date(dates::day(number)),
            FactKind::Month => FactValue::Month(dates::month(number)),
            FactKind::Choice(options) => {
                let option = usize::try_from(number)
                    .ok()
                    .and_then(|index| options.get(index))?;
                FactValue::Choice(option.id.clone())
            }
        })
    }
}

/// Nobody knows.
const UNKNOWN: i64 = i64::MIN;

/// What is known of one family. Everything begins as unknown.
///
/// There is always exactly one member of [`Scope::Family`]; the others are added.
#[derive(Clone, PartialEq, Eq)]
pub struct Records {
    width: [u16; 5],
    count: [usize; 5],
    values: [Vec<i64>; 5],
}

// What is known of a family must not reach log lines.
impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Records(masked, members {:?})", self.count)
    }
}

impl Records {
    /// Nothing known, nobody there.
    #[must_use]
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut records = Self {
            width: vocabulary.width,
            count: [0; 5],
            values: Default::default(),
        };
        records.add(Scope::Family);
        records
    }

    /// Adds a member and says which number it has. The family is there already.
    pub fn add(&mut self, scope: Scope) -> usize {
        let index = scope.index();
        let (Some(width), Some(count), Some(values)) = (
            self.width.get(index),
            self.count.get_mut(index),
            self.values.get_mut(index),
        ) else {
            return 0;
        };
        if scope == Scope::Family && *count == 1 {
            return 0;
        }
        values.resize(values.len() + usize::from(*width), UNKNOWN);
        *count += 1;
        *count - 1
    }

    /// How many members a scope has.
    #[must_use]
    pub fn members(&self, scope: Scope) -> usize {
        self.count.get(scope.index()).copied().unwrap_or_default()
    }

    /// Sets a fact of a member (0 for the family).
    ///
    /// # Errors
    /// [`FactError`] when there is no such fact or member, or the value is not of its type.
    pub fn set(
        &mut self,
        vocabulary: &Vocabulary,
        member: usize,
        id: &str,
        value: &FactValue,
    ) -> Result<(), FactError> {
        let number = vocabulary.encode(id, value)?;
        let slot = vocabulary
            .slot(id)
            .ok_or_else(|| FactError::NoSuchFact { id: id.to_owned() })?;
        if self.put(slot, member, Some(number)) {
            Ok(())
        } else {
            Err(FactError::NoSuchMember {
                scope: slot.scope,
                member,
            })
        }
    }

    /// Sets or forgets a fact by its slot, with the number of [`Vocabulary::encode`]; false when there is no such member.
    pub fn put(&mut self, slot: Slot, member: usize, number: Option<i64>) -> bool {
        let place = self.place(slot, member);
        let found = place.and_then(|place| {
            self.values
                .get_mut(slot.scope.index())
                .and_then(|values| values.get_mut(place))
        });
        match found {
            Some(value) => {
                *value = number.unwrap_or(UNKNOWN);
                true
            }
            None => false,
        }
    }

    /// The number in a slot; `None` when nobody knows or there is no such member.
    #[must_use]
    pub fn get(&self, slot: Slot, member: usize) -> Option<i64> {
        let place = self.place(slot, member)?;
        let value = *self.values.get(slot.scope.index())?.get(place)?;
        (value != UNKNOWN).then_some(value)
    }

    /// The value of a fact.
    #[must_use]
    pub fn value(&self, vocabulary: &Vocabulary, member: usize, id: &str) -> Option<FactValue> {
        let slot = vocabulary.slot(id)?;
        vocabulary.decode(slot, self.get(slot, member)?)
    }

    fn place(&self, slot: Slot, member: usize) -> Option<usize> {
        let width = *self.width.get(slot.scope.index())?;
        (slot.place < width)
            .then(|| member.checked_mul(usize::from(width)))
            .flatten()?
            .checked_add(usize::from(slot.place))
    }
}

/// Which member of each scope a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Focus([u32; 5]);

impl Default for Focus {
    fn default() -> Self {
        let mut focus = Self([u32::MAX; 5]);
        focus.0[0] = 0;
        focus
    }
}

impl Focus {
    /// The family as a whole.
    #[must_use]
    pub fn family() -> Self {
        Self::default()
    }

    /// The same, looking at one member of a scope.
    #[must_use]
    pub fn on(mut self, scope: Scope, member: usize) -> Self {
        if let Some(place) = self.0.get_mut(scope.index()) {
            *place = u32::try_from(member).unwrap_or(u32::MAX);
        }
        self
    }

    /// The member of a scope that is looked at.
    #[must_use]
    pub fn member(&self, scope: Scope) -> Option<usize> {
        let member = *self.0.get(scope.index())?;
        (member != u32::MAX)
            .then(|| usize::try_from(member).ok())
            .flatten()
    }
}
