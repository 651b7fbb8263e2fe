//! Which slot runs, kept in flash so that a power cut at any moment leaves the old or the new, never neither.
//!
//! Two places, written in turn: the one that is not the newest is erased and written, and counts only when its check sum is right.
//!
//! ```text
//! 0 "UBPR"  4 format 1  5 active slot  6 trial (0 none, 1 wanted, 2 begun)  7 fell back  8 sequence u32  12 floor u32  16 CRC-32
//! ```

use crc::{CRC_32_ISO_HDLC, Crc};
use embedded_storage::nor_flash::NorFlash;
use ubugoe_icd::Slot;

use crate::update::{Layout, PAGE};

const MAGIC: [u8; 4] = *b"UBPR";
const LENGTH: usize = 20;
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// How far a trial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    None,
    /// At the next start.
    Wanted,
    /// It was started, and is not confirmed.
    Begun,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) active: Slot,
    pub(crate) trial: Trial,
    pub(crate) fell_back: bool,
    pub(crate) sequence: u32,
    pub(crate) floor: u32,
}

/// What the two places hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The newest that is whole.
    Record(Record),
    /// Never written.
    Blank,
    /// Written, and none is whole: no power cut does that.
    Damaged,
}

impl Kept {
    /// The record, or what holds where none can be read.
    pub(crate) const fn or_factory(self) -> Record {
        match self {
            Self::Record(record) => record,
            Self::Blank | Self::Damaged => Record::FACTORY,
        }
    }
}

impl Record {
    pub(crate) const FACTORY: Self = Self {
        active: Slot::A,
        trial: Trial::None,
        fell_back: false,
        sequence: 0,
        floor: 0,
    };

    fn to_bytes(self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        let kind = [
            1,
            u8::from(self.active == Slot::B),
            match self.trial {
                Trial::None => 0,
                Trial::Wanted => 1,
                Trial::Begun => 2,
            },
            u8::from(self.fell_back),
        ];
        let (sequence, floor) = (self.sequence.to_le_bytes(), self.floor.to_le_bytes());
        let parts: [&[u8]; 4] = [&MAGIC, &kind, &sequence, &floor];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        let (said, check) = bytes.split_at_mut(LENGTH - 4);
        check.copy_from_slice(&CRC.checksum(said).to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; LENGTH]) -> Option<Self> {
        let (said, check) = bytes.split_at_checked(LENGTH - 4)?;
        if CRC.checksum(said).to_le_bytes() != *check {
            return None;
        }
        let (magic, rest) = said.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, floor) = rest.split_first_chunk::<4>()?;
        let [1, active, trial, fell_back] = *kind else {
            return None;
        };
        if *magic != MAGIC {
            return None;
        }
        Some(Self {
            active: if active == 0 { Slot::A } else { Slot::B },
            trial: match trial {
                0 => Trial::None,
                1 => Trial::Wanted,
                2 => Trial::Begun,
                _ => return None,
            },
            fell_back: fell_back != 0,
            sequence: u32::from_le_bytes(*sequence),
            floor: u32::from_le_bytes(*floor.first_chunk()?),
        })
    }
}

/// Reads both places.
pub(crate) fn read<F: NorFlash>(flash: &mut F, layout: &Layout) -> Result<Kept, F::Error> {
    let mut newest: Option<Record> = None;
    let mut blank = true;
    for at in layout.records {
        let mut bytes = [0; LENGTH];
        flash.read(at, &mut bytes)?;
        blank &= bytes.iter().all(|byte| *byte == 0xFF);
        let found = Record::from_bytes(bytes);
        newest = match (newest, found) {
            (Some(one), Some(other)) if other.sequence <= one.sequence => Some(one),
            (one, other) => other.or(one),
        };
    }
    Ok(match newest {
        Some(record) => Kept::Record(record),
        None if blank => Kept::Blank,
        None => Kept::Damaged,
    })
}

/// Writes `record` as the newest: over the older place, or the first that is not whole.
pub(crate) fn write<F: NorFlash>(
    flash: &mut F,
    layout: &Layout,
    record: Record,
) -> Result<Record, F::Error> {
    let mut place = (u32::MAX, None);
    let mut newest = 0;
    for at in layout.records {
        let mut bytes = [0; LENGTH];
        flash.read(at, &mut bytes)?;
        let sequence = Record::from_bytes(bytes).map(|record| record.sequence);
        newest = newest.max(sequence.unwrap_or(0));
        if place.1.is_none() || sequence.unwrap_or(0) < place.0 {
            place = (sequence.unwrap_or(0), Some(at));
        }
    }
    let record = Record {
        sequence: newest + 1,
        ..record
    };
    let [first, _] = layout.records;
    let at = place.1.unwrap_or(first);
    let sector = u32::try_from(F::ERASE_SIZE).unwrap_or(u32::MAX);
    flash.erase(at, at.saturating_add(sector))?;
    let mut page = [0xFF; PAGE];
    for (place, byte) in page.iter_mut().zip(record.to_bytes()) {
        *place = byte;
    }
    flash.write(at, &page)?;
    Ok(record)
}
