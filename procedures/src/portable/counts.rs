//! How many households a declaration fits, by public figures.
//!
//! Counts come in as tables that anybody could publish. Nothing here is ever counted from the people who use a device,
//! and a cell that is not in a table counts as nobody, so it is never released.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::declared::Declared;
use super::ladder::K_MIN;
use super::table::{MAX_SLOTS, SlotTable};

/// Public figures.
pub trait Counts {
    /// At least how many households fit everything that is declared. A source that does not know answers 0.
    fn count(&self, table: &SlotTable, declared: &Declared) -> u64;
}

/// Why a table of shares was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountsError {
    /// Not the TOML of such a table.
    #[error("the table of households cannot be read: {0}")]
    Toml(String),
    /// It names a slot that the slot table does not have.
    #[error("{stratum}: there is no slot {slot:?}")]
    NoSlot {
        /// Where.
        stratum: String,
        /// The name.
        slot: String,
    },
    /// It names an option that the slot does not have.
    #[error("{stratum}: slot {slot} has no option {option:?}")]
    NoOption {
        /// Where.
        stratum: String,
        /// The slot.
        slot: String,
        /// The name.
        option: String,
    },
    /// More than a thousand per mille.
    #[error("{stratum}: {option} has {share} per mille")]
    Share {
        /// Where.
        stratum: String,
        /// The option.
        option: String,
        /// The share.
        share: u32,
    },
}

/// Which depth each slot has: rows of one shape never overlap, so they may be added.
type Shape = [u8; MAX_SLOTS];

/// Published cells: so many households in exactly this cell.
#[derive(Debug, Clone, Default)]
pub struct PublicCounts {
    cells: HashMap<Declared, u64>,
    shapes: BTreeMap<Shape, Vec<Declared>>,
}

impl PublicCounts {
    /// No cells: everything counts as nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds households to a cell.
    pub fn add(&mut self, table: &SlotTable, cell: Declared, households: u64) {
        let mut first = false;
        let stored = self.cells.entry(cell).or_insert_with(|| {
            first = true;
            0
        });
        *stored = stored.saturating_add(households);
        if first {
            self.shapes
                .entry(shape(table, &cell))
                .or_default()
                .push(cell);
        }
    }

    /// How many cells there are.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Adds the sums that the ladder will ask for, so that each is found without adding up again. Every cell is taken for
    /// a part of the same population: add only cells of one shape before.
    pub fn add_rungs(&mut self, table: &SlotTable) {
        self.climb(table, u64::MAX);
    }

    /// The same, but each rung counts only the households for whom no finer rung was enough. Somebody who knows the
    /// public figures can rule out everybody whose own release would be finer; among those who are left there are
    /// still `k`. Ask [`generalise`](super::generalise) for the same `k`.
    pub fn add_rungs_of_the_rest(&mut self, table: &SlotTable, k: u64) {
        self.climb(table, k.max(K_MIN));
    }

    fn climb(&mut self, table: &SlotTable, enough: u64) {
        let mut rest: Vec<(Declared, u64)> = self.cells.iter().map(|(&c, &n)| (c, n)).collect();
        for rung in table.ladder() {
            let mut sums: HashMap<Declared, u64> = HashMap::new();
            for &(cell, households) in rest.iter().filter(|(_, households)| *households < enough) {
                let sum = sums.entry(table.climb(cell, rung)).or_default();
                *sum = sum.saturating_add(households);
            }
            rest = sums.into_iter().collect();
            for &(cell, households) in &rest {
                if !self.cells.contains_key(&cell) {
                    self.add(table, cell, households);
                }
            }
        }
    }
}

impl Counts for PublicCounts {
    /// The published number of exactly this cell; otherwise the largest sum of published finer cells of one shape, which
    /// can only be too small.
    fn count(&self, table: &SlotTable, declared: &Declared) -> u64 {
        if let Some(&households) = self.cells.get(declared) {
            return households;
        }
        self.shapes
            .values()
            .map(|cells| {
                cells
                    .iter()
                    .filter(|cell| table.covers(declared, cell))
                    .filter_map(|cell| self.cells.get(cell))
                    .fold(0u64, |sum, &households| sum.saturating_add(households))
            })
            .max()
            .unwrap_or(0)
    }
}

/// The depth of each slot: 0 not declared, 1 as coarse as it gets, more for each finer step.
fn shape(table: &SlotTable, declared: &Declared) -> Shape {
    let mut shape = Shape::default();
    for ((place, slot), depth) in table.slots().iter().enumerate().zip(&mut shape) {
        let steps = declared
            .get(place)
            .map_or(0, |option| slot.coarsening(option).count());
        *depth = u8::try_from(steps).unwrap_or(u8::MAX);
    }
    shape
}

/// Totals and shares per kind of household, taken as independent of each other within a kind. Coarser than cells, and
/// what there is where no cross table is published.
#[derive(Debug, Clone)]
pub struct HouseholdShares {
    strata: Vec<Stratum>,
}

#[derive(Debug, Clone)]
struct Stratum {
    /// Households by the place of the option in the first slot.
    households: BTreeMap<u16, u64>,
    /// Per mille by slot and place of the option.
    shares: BTreeMap<usize, BTreeMap<u16, u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShares {
    #[serde(rename = "version")]
    _version: u8,
    #[serde(rename = "as_of")]
    _as_of: String,
    #[serde(rename = "fictional")]
    _fictional: bool,
    stratum: Vec<RawStratum>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStratum {
    of: String,
    households: BTreeMap<String, u64>,
    share: BTreeMap<String, BTreeMap<String, u32>>,
}

static BUILTIN: LazyLock<Result<HouseholdShares, String>> = LazyLock::new(|| {
    let table = SlotTable::builtin().map_err(|error| error.to_string())?;
    HouseholdShares::parse(table, include_str!("../../catalogue/portable_counts.toml"))
        .map_err(|error| error.to_string())
});

impl HouseholdShares {
    /// The invented figures of the invented places.
    ///
    /// # Errors
    /// [`CountsError`] when the data contradicts itself, which a test rules out.
    pub fn builtin() -> Result<&'static Self, CountsError> {
        BUILTIN
            .as_ref()
            .map_err(|error| CountsError::Toml(error.clone()))
    }

    /// Reads such a table.
    ///
    /// # Errors
    /// [`CountsError`] for the first thing that is wrong with it.
    pub fn parse(table: &SlotTable, toml: &str) -> Result<Self, CountsError> {
        let raw: RawShares =
            toml::from_str(toml).map_err(|error| CountsError::Toml(error.to_string()))?;
        let strata = raw
            .stratum
            .into_iter()
            .map(|stratum| Stratum::check(table, stratum))
            .collect::<Result<_, _>>()?;
        Ok(Self { strata })
    }
}

impl Counts for HouseholdShares {
    fn count(&self, table: &SlotTable, declared: &Declared) -> u64 {
        self.strata
            .iter()
            .map(|stratum| stratum.count(table, declared))
            .fold(0u64, u64::saturating_add)
    }
}

impl Stratum {
    fn check(table: &SlotTable, raw: RawStratum) -> Result<Self, CountsError> {
        let stratum = raw.of;
        let find = |slot: usize, option: &str| {
            let slot = table.slots().get(slot);
            slot.and_then(|slot| slot.place_of(option))
                .ok_or_else(|| CountsError::NoOption {
                    stratum: stratum.clone(),
                    slot: slot.map(|slot| slot.id.clone()).unwrap_or_default(),
                    option: option.to_owned(),
                })
        };
        let households = raw
            .households
            .iter()
            .map(|(option, &households)| Ok((find(0, option)?, households)))
            .collect::<Result<_, CountsError>>()?;
        let mut shares = BTreeMap::new();
        for (name, options) in &raw.share {
            let slot = table
                .slots()
                .iter()
                .position(|slot| &slot.id == name)
                .ok_or_else(|| CountsError::NoSlot {
                    stratum: stratum.clone(),
                    slot: name.clone(),
                })?;
            let mut of_slot = BTreeMap::new();
            for (option, &share) in options {
                if share > 1000 {
                    return Err(CountsError::Share {
                        stratum: stratum.clone(),
                        option: option.clone(),
                        share,
                    });
                }
                of_slot.insert(find(slot, option)?, share);
            }
            shares.insert(slot, of_slot);
        }
        Ok(Self { households, shares })
    }

    fn count(&self, table: &SlotTable, declared: &Declared) -> u64 {
        let mut households = match declared.get(0) {
            Some(option) => self.households.get(&option).copied().unwrap_or(0),
            // Coarse options hold their finer ones, so the largest is a number that is surely there.
            None => self.households.values().copied().max().unwrap_or(0),
        };
        for place in 1..table.slots().len() {
            if let Some(option) = declared.get(place) {
                let share = self.share(table, place, option);
                households = u64::try_from(u128::from(households) * u128::from(share) / 1000)
                    .unwrap_or(u64::MAX);
            }
        }
        households
    }

    fn share(&self, table: &SlotTable, place: usize, wanted: u16) -> u32 {
        let (Some(slot), Some(shares)) = (table.slots().get(place), self.shares.get(&place)) else {
            return 0;
        };
        if let Some(&share) = shares.get(&wanted) {
            return share;
        }
        shares
            .iter()
            .filter(|&(&option, _)| slot.coarsening(option).any(|step| step == wanted))
            .fold(0u32, |sum, (_, &share)| sum.saturating_add(share))
            .min(1000)
    }
}
