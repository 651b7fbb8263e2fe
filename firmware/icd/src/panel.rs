//! What the panel shows and senses. A change here is a new schema: a panel of another build is noticed, not misread.

use postcard_schema::{Schema, key::Key};
use serde_core_only::{Deserialize, Serialize};

use crate::{Request, frame::Table};

/// Of both tables below; part of their hashes. Raised when a message keeps its shape and changes its meaning.
pub const VERSION: &str = "1";

/// Lights of the status ring.
pub const RING: usize = 12;

/// What the ring says. Each differs from every other by where and when it is light, not by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Pattern {
    /// Nothing.
    #[default]
    Dark,
    /// At rest: come closer.
    Ready,
    /// A card is wanted.
    WantsCard,
    /// The card is being read or signs: leave it where it is.
    KeepCard,
    /// Somebody is being asked.
    InVisit,
    /// It is stored.
    Done,
    /// It stopped and says on the screen why.
    Trouble,
    /// Staff were called.
    Help,
    /// No visits may begin.
    Closed,
    /// The panel takes new firmware.
    Updating,
    /// The kiosk is silent. The panel shows it by itself.
    OutOfService,
}

/// A sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Sound {
    /// One short tone.
    Tick,
    /// Two rising tones: stored.
    Joy,
    /// Two equal tones: look at the screen.
    Attention,
}

/// Everything the panel is to show. Always whole: whoever hears the last one knows all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub struct Scene {
    /// What the ring says.
    pub pattern: Pattern,
    /// No sound, no lively light, whatever else is asked.
    pub quiet: bool,
    /// The light at the card slot.
    pub card_slot: bool,
    /// The "needs help" light that staff see from the corridor.
    pub help: bool,
    /// The screen's light, 0 to 100.
    pub backlight: u8,
    /// The ring's light, 0 to 100.
    pub ring: u8,
}

/// What the kiosk asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Ask {
    /// Show this.
    Set(Scene),
    /// Say what you sense.
    Sense,
    /// Sound this.
    Buzz(Sound),
    /// Openings up to this count are on record.
    NoteTamper {
        /// The count.
        openings: u16,
    },
    /// The kiosk will be silent on purpose: neither show "out of service" nor cut the power for so long.
    Leave {
        /// At most [`Ask::LONGEST_LEAVE`].
        seconds: u16,
    },
    /// Light everything for two seconds, one after the other.
    TestLamps,
}

impl Ask {
    /// Seconds that a kiosk may announce to be silent.
    pub const LONGEST_LEAVE: u16 = 900;
}

impl Table for Ask {
    const SCHEMA: u64 = hash::<Self>(VERSION, "ubugoe/panel/ask/");
}

impl Request for Ask {
    fn is_idempotent(&self) -> bool {
        match self {
            Self::Set(_) | Self::Sense | Self::NoteTamper { .. } | Self::Leave { .. } => true,
            // Heard twice, it sounds twice; the lamps begin anew.
            Self::Buzz(_) | Self::TestLamps => false,
        }
    }
}

/// What the panel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Tell {
    /// How it is; the answer to everything that was done, and sent by itself when it changes.
    Senses(Senses),
    /// It was not done.
    Refused(Refusal),
}

impl Table for Tell {
    const SCHEMA: u64 = hash::<Self>(VERSION, "ubugoe/panel/tell/");
}

/// Why the panel did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Refusal {
    /// A number is out of its range.
    OutOfRange,
    /// It takes new firmware just now.
    Updating,
}

/// What the panel senses, and what it drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub struct Senses {
    /// Whether somebody is in front of the device.
    pub presence: Presence,
    /// The case.
    pub tamper: Tamper,
    /// The "needs help" light, as its current says.
    pub help: Lamp,
    /// Whether the light at the card slot is driven.
    pub card_slot: bool,
    /// Seconds since the panel started.
    pub uptime: u32,
    /// How often the panel cut and gave back the kiosk's power since it started.
    pub power_cycles: u16,
}

/// Whether somebody is in front of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Presence {
    /// The sensor does not answer.
    #[default]
    Unknown,
    /// Nobody.
    Nobody,
    /// Somebody, at this distance.
    Somebody {
        /// Millimetres.
        distance: u16,
    },
}

/// The case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub struct Tamper {
    /// Whether it is open now.
    pub open: bool,
    /// How often it was opened since the panel started, 65535 at most.
    pub openings: u16,
    /// Up to which opening the kiosk has it on record.
    pub noted: u16,
}

/// A lamp whose current is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Schema)]
#[serde(crate = "serde_core_only")]
pub enum Lamp {
    /// Not driven.
    #[default]
    Dark,
    /// Driven, and current flows.
    Lit,
    /// Driven, and no current flows.
    Broken,
}

/// FNV-1a over the path, the version and the type's shape (`postcard_schema::key::hash`).
const fn hash<T: Schema>(version: &str, path: &str) -> u64 {
    let mixed = [
        Key::for_path::<T>(path).to_bytes(),
        Key::for_path::<T>(version).to_bytes(),
    ];
    let [shape, version] = mixed;
    u64::from_le_bytes(shape) ^ u64::from_le_bytes(version).rotate_left(32)
}
