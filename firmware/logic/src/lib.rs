//! What the front panel does, whatever it is made of: lights, sounds, presence, case, the kiosk's power, its own firmware.
//!
//! ```text
//!   bytes of the line ─> icd::Splitter ─> Panel::receive ─┬─> Shown ──> ring, lamps, backlight, buzzer
//!                                                         ├─> Watchdog ──> the kiosk's power
//!   clock ─> Panel::tick ─> sensors ─> Senses ────────────┴─> icd::encode ─> bytes of the line
//!                                          Updater (service table) ──> flash, two slots; boot::choose at the next start
//! ```
//!
//! Knows `embedded-hal` traits and a number of milliseconds, no pin, port or register of a board: those are in
//! `firmware/boards`, and for a host in `firmware/sim`. Allocates nothing and waits for nothing.

#![no_std]

pub mod boot;
pub mod eye;
mod panel;
pub mod presence;
mod record;
pub mod ring;
pub mod sound;
pub mod update;
pub mod watchdog;

pub use boot::{Choice, choose};
pub use eye::{Eye, EyeSilent};
pub use panel::{Hardware, Panel, Parts};
pub use update::{Firmware, Layout, Updater};
pub use watchdog::Watchdog;

/// Milliseconds since the panel started. Only differences matter.
pub type Millis = u64;
