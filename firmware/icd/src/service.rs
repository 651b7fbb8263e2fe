//! Who a panel is, and how it takes new firmware. **Frozen**: a panel of any age and a kiosk of any age understand each other
//! here; a test holds both hashes.

use postcard_schema::{Schema, key::Key};
use serde_core_only::{Deserialize, Serialize};

use crate::{Request, frame::Table};

/// Most bytes of an image in one [`ServiceAsk::Write`].
pub const CHUNK: usize = 192;

/// Which microcontroller board it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Board {
    /// Simulated on the host.
    Simulated,
    /// Raspberry Pi RP2040.
    Rp2040,
    /// TI Stellaris LM3S6965, as QEMU emulates it.
    Lm3s6965,
}

/// One of two places for firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

impl Slot {
    /// The one that does not run.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What the kiosk asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum ServiceAsk<'a> {
    /// Say who you are.
    Identify,
    /// An image with this signed head ([`crate::image`]) is to come, for the slot that does not run. The same head again
    /// goes on where the last one stopped.
    Begin {
        /// [`crate::image::SIGNED_HEAD`] bytes.
        head: &'a [u8],
    },
    /// The next bytes. Bytes that are there already are taken as written.
    Write {
        /// Where, from the image's beginning.
        offset: u32,
        /// At most [`CHUNK`].
        bytes: &'a [u8],
    },
    /// All is there: compare it with the head.
    Verify,
    /// Start the new image on trial.
    Switch,
    /// The image that runs on trial with this version is good.
    Confirm {
        /// Its version.
        version: u32,
    },
}

impl Table for ServiceAsk<'_> {
    const SCHEMA: u64 = u64::from_le_bytes(
        Key::for_path::<ServiceAsk<'static>>("ubugoe/panel/service/ask/1").to_bytes(),
    );
}

impl Request for ServiceAsk<'_> {
    fn is_idempotent(&self) -> bool {
        match self {
            Self::Identify
            | Self::Begin { .. }
            | Self::Write { .. }
            | Self::Verify
            | Self::Confirm { .. } => true,
            // After a trial that failed, a second one would start the bad image again.
            Self::Switch => false,
        }
    }
}

/// What the panel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum ServiceTell {
    /// Who it is.
    Identity(Identity),
    /// The next byte that is wanted.
    Next {
        /// From the image's beginning.
        offset: u32,
    },
    /// The image is whole and signed.
    Verified,
    /// It restarts now.
    Switching,
    /// The running image stays.
    Confirmed,
    /// It was not done.
    Refused(UpdateRefusal),
}

impl Table for ServiceTell {
    const SCHEMA: u64 =
        u64::from_le_bytes(Key::for_path::<ServiceTell>("ubugoe/panel/service/tell/1").to_bytes());
}

/// Who a panel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub struct Identity {
    /// Its board.
    pub board: Board,
    /// The firmware's version.
    pub version: u32,
    /// No image below this version is taken.
    pub floor: u32,
    /// Which slot runs.
    pub slot: Slot,
    /// Whether it runs on trial: without a [`ServiceAsk::Confirm`] in time the other slot comes back.
    pub trial: bool,
    /// Whether the last trial failed.
    pub fell_back: bool,
    /// [`Table::SCHEMA`] of the panel's `Ask`.
    pub ask: u64,
    /// [`Table::SCHEMA`] of the panel's `Tell`.
    pub tell: u64,
}

/// Why firmware is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum UpdateRefusal {
    /// The head is none, or of another format.
    Head,
    /// Not signed by whom this panel trusts.
    Signature,
    /// For another board.
    OtherBoard,
    /// Built for the slot that runs.
    OtherSlot,
    /// Below the floor.
    TooOld,
    /// Longer than a slot.
    TooLong,
    /// Bytes before the ones that are wanted are missing, or none were begun.
    Gap,
    /// The bytes are not those the head speaks of.
    Digest,
    /// The flash memory failed.
    Flash,
    /// Runs on trial itself, and is not confirmed yet.
    OnTrial,
    /// There is no trial of this version.
    NoTrial,
}
