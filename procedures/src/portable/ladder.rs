//! Generalising: a declaration is made coarser, rung by rung, until enough households share it.
//!
//! It works on the device with public figures only. What comes out is the only thing a token can be made of.

use std::fmt;

use super::counts::Counts;
use super::declared::Declared;
use super::table::{Rung, RungTo, SlotTable};

/// The fewest households that may share what is released.
pub const K_MIN: u64 = 10;

/// A declaration that enough households share. Made only by [`generalise`]; says nothing in `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Released {
    declared: Declared,
    households: u64,
    rungs: usize,
}

impl Released {
    /// What is left of the declaration.
    #[must_use]
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// How many households share it: never below [`K_MIN`].
    #[must_use]
    pub fn households(&self) -> u64 {
        self.households
    }

    /// How many rungs were climbed: 0 where everything could stay.
    #[must_use]
    pub fn rungs(&self) -> usize {
        self.rungs
    }
}

impl fmt::Debug for Released {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Released(stays on the device)")
    }
}

/// What generalising came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generalised {
    /// This much may leave the device.
    Released(Released),
    /// Too few households even at the top of the ladder: nothing leaves the device.
    Withheld,
}

/// Climbs the ladder until at least `k` households fit; `k` below [`K_MIN`] is taken as [`K_MIN`].
#[must_use]
pub fn generalise(
    table: &SlotTable,
    declared: &Declared,
    counts: &impl Counts,
    k: u64,
) -> Generalised {
    let k = k.max(K_MIN);
    let mut cell = *declared;
    let mut rungs = 0;
    let mut ladder = table.ladder().iter();
    loop {
        let households = counts.count(table, &cell);
        if households >= k {
            return Generalised::Released(Released {
                declared: cell,
                households,
                rungs,
            });
        }
        // Rungs that change nothing are climbed without asking again.
        loop {
            let Some(rung) = ladder.next() else {
                return Generalised::Withheld;
            };
            rungs += 1;
            let next = table.climb(cell, rung);
            if next != cell {
                cell = next;
                break;
            }
        }
    }
}

impl SlotTable {
    /// The cell one rung further up.
    pub(super) fn climb(&self, mut cell: Declared, rung: &Rung) -> Declared {
        let Some(option) = cell.get(rung.slot) else {
            return cell;
        };
        match rung.to {
            RungTo::Nothing => cell.set(rung.slot, None),
            RungTo::Coarser => {
                let slot = self.slots().get(rung.slot);
                let coarser = slot
                    .and_then(|slot| slot.at(option))
                    .and_then(|option| option.coarser);
                if coarser.is_some() {
                    cell.set(rung.slot, coarser);
                }
            }
        }
        cell
    }

    /// The rungs that were climbed, for telling people what was left out. Rungs that changed nothing are not named.
    pub fn climbed<'a>(
        &'a self,
        declared: &Declared,
        released: &Released,
    ) -> impl Iterator<Item = &'a Rung> {
        let mut cell = *declared;
        self.ladder()
            .iter()
            .take(released.rungs)
            .filter(move |rung| {
                let next = self.climb(cell, rung);
                let changed = next != cell;
                cell = next;
                changed
            })
    }
}
