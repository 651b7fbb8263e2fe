//! Which slot is started: the whole decision of the boot loader. It runs before anything else and may lose its power anywhere.

use embedded_storage::nor_flash::NorFlash;
use ubugoe_icd::Slot;

use crate::{
    record::{self, Record, Trial},
    update::{self, Layout},
};

/// What is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The slot.
    pub slot: Slot,
    /// Whether it is on trial.
    pub trial: bool,
    /// Whether the last trial failed.
    pub fell_back: bool,
}

/// Chooses, and notes a trial as begun *before* it starts: whatever stops it, the next choice is the other slot.
///
/// # Errors
/// What the flash says. A boot loader then starts the slot it finds whole.
pub fn choose<F: NorFlash>(flash: &mut F, layout: &Layout) -> Result<Choice, F::Error> {
    let kept = record::read(flash, layout)?.or_factory();
    match kept.trial {
        Trial::Wanted if update::is_whole(flash, layout, kept.active.other())? => {
            let begun = Record {
                trial: Trial::Begun,
                ..kept
            };
            record::write(flash, layout, begun)?;
            Ok(Choice {
                slot: kept.active.other(),
                trial: true,
                fell_back: false,
            })
        }
        // Not whole, or begun and back here without a confirmation.
        Trial::Wanted | Trial::Begun => {
            let back = Record {
                trial: Trial::None,
                fell_back: true,
                ..kept
            };
            record::write(flash, layout, back)?;
            Ok(Choice {
                slot: kept.active,
                trial: false,
                fell_back: true,
            })
        }
        Trial::None => Ok(Choice {
            slot: kept.active,
            trial: false,
            fell_back: kept.fell_back,
        }),
    }
}
