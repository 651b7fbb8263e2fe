//! The table of slots: which characters the code has, what they mean, and how each option is made coarser.
//!
//! The table is data (`catalogue/portable_id.toml`) and has a version. Reading it checks everything once, so that nothing
//! after it needs to. Knows nothing of counts or keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::token::MAX_ATTRIBUTE_BITS;
use crate::text::Text;

/// The most slots a table can have.
pub(super) const MAX_SLOTS: usize = 8;

/// Why a table was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Not the TOML of a slot table.
    #[error("the slot table cannot be read: {0}")]
    Toml(String),
    /// More versions than a token has room for.
    #[error("version {0} of the slot table: 0 to 15 is possible")]
    Version(u8),
    /// No slot, or more than there is room for.
    #[error("{0} slots: one to eight are possible")]
    Slots(usize),
    /// A width of zero or above eight characters.
    #[error("slot {slot}: a width of {width} characters")]
    Width {
        /// The slot.
        slot: String,
        /// Its width.
        width: usize,
    },
    /// All slots together need more bits than a token has for them.
    #[error("the slots need {needed} bits; a token has {room}")]
    Bits {
        /// What they need.
        needed: u32,
        /// What there is.
        room: u32,
    },
    /// A slot has more options than its bits can count.
    #[error("slot {slot}: {options} options and the blank do not fit {bits} bits")]
    Options {
        /// The slot.
        slot: String,
        /// How many options.
        options: usize,
        /// How many bits.
        bits: u32,
    },
    /// A code that is not `width` digits and capital letters.
    #[error("slot {slot}: code {code:?} is not {width} digits or capital letters")]
    Code {
        /// The slot.
        slot: String,
        /// The code.
        code: String,
        /// The slot's width.
        width: usize,
    },
    /// A name is used twice where it has to be unique.
    #[error("{name:?} stands for two things in {place}")]
    Twice {
        /// The name.
        name: String,
        /// Where.
        place: String,
    },
    /// A reference to nothing.
    #[error("{place} names {name:?}, which is not there")]
    DeadLink {
        /// Where.
        place: String,
        /// The name.
        name: String,
    },
    /// Following `coarser` comes back to where it began.
    #[error("slot {slot}: {option} is coarser than itself")]
    Circle {
        /// The slot.
        slot: String,
        /// The option.
        option: String,
    },
}

/// What an option says, for rules that match on it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Yes or no.
    Is(bool),
    /// A word, for example a municipality code.
    Word(String),
    /// Somewhere between two numbers, both included.
    Between {
        /// The lowest.
        from: i64,
        /// The highest.
        to: i64,
    },
}

/// One meaning a slot can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotOption {
    /// Its characters in the code.
    pub code: String,
    /// Stable id, unique in the table.
    pub id: String,
    /// What people read.
    pub label: Text,
    /// What it says, by name.
    pub facts: BTreeMap<String, Fact>,
    /// Other words for it that a question may use.
    pub(super) names: Vec<String>,
    /// The place of the coarser option in the same slot.
    pub(super) coarser: Option<u16>,
}

/// An answer beside the slot's own that changes it: single parenthood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modifier {
    /// Its name as an attribute.
    pub id: String,
    /// Other names.
    pub(super) aliases: Vec<String>,
    /// What it means when nothing else is declared in the slot.
    pub(super) alone: u16,
    /// What it turns options into.
    pub(super) turns: BTreeMap<u16, u16>,
}

/// Some characters of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Stable id: the attribute's name.
    pub id: String,
    /// What people read.
    pub label: Text,
    /// How many characters.
    pub width: usize,
    /// How many bits in a token.
    pub(super) bits: u32,
    /// Other names of the attribute.
    pub(super) aliases: Vec<String>,
    /// Names under which a number is always a quantity, never a code.
    pub(super) counted_by: Vec<String>,
    /// What comes before a number of one digit to make a code: with `6`, four is 64. Nothing such is a quantity.
    pub(super) scale: Option<String>,
    /// The fact that a number is compared with.
    pub(super) number: Option<String>,
    /// What `true` and `false` mean.
    pub(super) yes: Option<u16>,
    pub(super) no: Option<u16>,
    /// The options in the order of the table.
    pub options: Vec<SlotOption>,
    /// The modifiers.
    pub modifiers: Vec<Modifier>,
}

/// What a rung does to its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungTo {
    /// The coarser option, where there is one.
    Coarser,
    /// Not declared.
    Nothing,
}

/// One step of generalising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// The place of the slot.
    pub(super) slot: usize,
    /// What happens to it.
    pub to: RungTo,
    /// What people read.
    pub label: Text,
}

/// The checked table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotTable {
    version: u8,
    slots: Vec<Slot>,
    ladder: Vec<Rung>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    version: u8,
    slot: Vec<RawSlot>,
    #[serde(default)]
    ladder: Vec<RawRung>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSlot {
    id: String,
    label: Text,
    width: usize,
    bits: u32,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    counted_by: Vec<String>,
    scale: Option<String>,
    number: Option<String>,
    yes: Option<String>,
    no: Option<String>,
    option: Vec<RawOption>,
    #[serde(default)]
    modifier: Vec<RawModifier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOption {
    code: String,
    id: String,
    label: Text,
    #[serde(default)]
    names: Vec<String>,
    coarser: Option<String>,
    #[serde(default)]
    facts: BTreeMap<String, Fact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModifier {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    alone: String,
    turns: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRung {
    slot: String,
    to: RungTo,
    label: Text,
}

static BUILTIN: LazyLock<Result<SlotTable, TableError>> =
    LazyLock::new(|| SlotTable::parse(include_str!("../../catalogue/portable_id.toml")));

impl SlotTable {
    /// The table of this program.
    ///
    /// # Errors
    /// [`TableError`] when its data contradicts itself, which a test rules out.
    pub fn builtin() -> Result<&'static Self, TableError> {
        BUILTIN.as_ref().map_err(Clone::clone)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`TableError`] for the first thing that is wrong with it.
    pub fn parse(toml: &str) -> Result<Self, TableError> {
        let raw: RawTable =
            toml::from_str(toml).map_err(|error| TableError::Toml(error.to_string()))?;
        if raw.version > 15 {
            return Err(TableError::Version(raw.version));
        }
        if raw.slot.is_empty() || raw.slot.len() > MAX_SLOTS {
            return Err(TableError::Slots(raw.slot.len()));
        }
        let slots = raw
            .slot
            .into_iter()
            .map(Slot::check)
            .collect::<Result<Vec<_>, _>>()?;
        let needed = slots
            .iter()
            .fold(0u32, |sum, slot| sum.saturating_add(slot.bits));
        if needed > MAX_ATTRIBUTE_BITS {
            return Err(TableError::Bits {
                needed,
                room: MAX_ATTRIBUTE_BITS,
            });
        }
        unique_names(&slots)?;
        let ladder = raw
            .ladder
            .into_iter()
            .map(|rung| {
                let slot = slots
                    .iter()
                    .position(|slot| slot.id == rung.slot)
                    .ok_or_else(|| dead("the ladder", &rung.slot))?;
                Ok(Rung {
                    slot,
                    to: rung.to,
                    label: rung.label,
                })
            })
            .collect::<Result<Vec<_>, TableError>>()?;
        Ok(Self {
            version: raw.version,
            slots,
            ladder,
        })
    }

    /// The version: 0 to 15. It travels inside a token.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The slots in the order of the code.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The rungs, from the finest to the coarsest.
    #[must_use]
    pub fn ladder(&self) -> &[Rung] {
        &self.ladder
    }

    /// How many bits the attributes take in a token.
    #[must_use]
    pub fn attribute_bits(&self) -> u32 {
        self.slots.iter().map(|slot| slot.bits).sum()
    }
}

impl Slot {
    /// The option at a place.
    pub(super) fn at(&self, place: u16) -> Option<&SlotOption> {
        self.options.get(usize::from(place))
    }

    /// The place of an option by its id.
    pub(super) fn place_of(&self, id: &str) -> Option<u16> {
        place(&self.options, |option| option.id == id)
    }

    /// The place of an option by its code.
    pub(super) fn place_of_code(&self, code: &str) -> Option<u16> {
        place(&self.options, |option| option.code == code)
    }

    /// An option and everything coarser than it, the finest first.
    pub(super) fn coarsening(&self, from: u16) -> impl Iterator<Item = u16> {
        std::iter::successors(Some(from), |&place| self.at(place)?.coarser)
    }

    fn check(raw: RawSlot) -> Result<Self, TableError> {
        let slot = raw.id;
        if !(1..=8).contains(&raw.width) {
            return Err(TableError::Width {
                slot,
                width: raw.width,
            });
        }
        // Zero stands for "not declared".
        let fits = raw.bits <= 16 && raw.option.len() < (1 << raw.bits.min(16));
        if !fits {
            return Err(TableError::Options {
                options: raw.option.len(),
                bits: raw.bits,
                slot,
            });
        }
        let ids: BTreeMap<String, u16> = (0u16..)
            .zip(&raw.option)
            .map(|(place, option)| (option.id.clone(), place))
            .collect();
        let find = |id: &String| {
            ids.get(id)
                .copied()
                .ok_or_else(|| dead(&format!("slot {slot}"), id))
        };
        let find_optional = |id: &Option<String>| id.as_ref().map(find).transpose();

        let mut codes = BTreeSet::new();
        let mut options = Vec::with_capacity(raw.option.len());
        for option in &raw.option {
            let plain = option
                .code
                .bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
            if option.code.len() != raw.width || !plain {
                return Err(TableError::Code {
                    slot,
                    code: option.code.clone(),
                    width: raw.width,
                });
            }
            if !codes.insert(&option.code) {
                return Err(twice(&option.code, &format!("slot {slot}")));
            }
            options.push(SlotOption {
                code: option.code.clone(),
                id: option.id.clone(),
                label: option.label.clone(),
                facts: option.facts.clone(),
                names: option.names.clone(),
                coarser: find_optional(&option.coarser)?,
            });
        }
        let modifiers = raw
            .modifier
            .iter()
            .map(|modifier| {
                let turns = modifier
                    .turns
                    .iter()
                    .map(|(from, to)| Ok((find(from)?, find(to)?)))
                    .collect::<Result<_, TableError>>()?;
                Ok(Modifier {
                    id: modifier.id.clone(),
                    aliases: modifier.aliases.clone(),
                    alone: find(&modifier.alone)?,
                    turns,
                })
            })
            .collect::<Result<_, TableError>>()?;
        let checked = Self {
            yes: find_optional(&raw.yes)?,
            no: find_optional(&raw.no)?,
            label: raw.label,
            width: raw.width,
            bits: raw.bits,
            aliases: raw.aliases,
            counted_by: raw.counted_by,
            scale: raw.scale,
            number: raw.number,
            options,
            modifiers,
            id: slot,
        };
        checked.refuse_circles()?;
        Ok(checked)
    }

    fn refuse_circles(&self) -> Result<(), TableError> {
        for (place, option) in (0u16..).zip(&self.options) {
            if self.coarsening(place).nth(self.options.len()).is_some() {
                return Err(TableError::Circle {
                    slot: self.id.clone(),
                    option: option.id.clone(),
                });
            }
        }
        Ok(())
    }
}

fn place(options: &[SlotOption], is: impl Fn(&SlotOption) -> bool) -> Option<u16> {
    u16::try_from(options.iter().position(is)?).ok()
}

/// Attributes and options can be named without saying which kind is meant, so each name stands for one thing.
fn unique_names(slots: &[Slot]) -> Result<(), TableError> {
    let mut attributes = BTreeSet::new();
    let mut options = BTreeSet::new();
    for slot in slots {
        let modifiers = slot
            .modifiers
            .iter()
            .flat_map(|modifier| std::iter::once(&modifier.id).chain(&modifier.aliases));
        for name in std::iter::once(&slot.id)
            .chain(&slot.aliases)
            .chain(modifiers)
        {
            if !attributes.insert(name) {
                return Err(twice(name, "the attributes"));
            }
        }
        for option in &slot.options {
            for name in std::iter::once(&option.id).chain(&option.names) {
                if !options.insert(name) {
                    return Err(twice(name, "the options"));
                }
            }
        }
    }
    Ok(())
}

fn dead(place: &str, name: &str) -> TableError {
    TableError::DeadLink {
        place: place.to_owned(),
        name: name.to_owned(),
    }
}

fn twice(name: &str, place: &str) -> TableError {
    TableError::Twice {
        name: name.to_owned(),
        place: place.to_owned(),
    }
}
