//! What kiosk and front panel say to each other: the one message table, and how a message becomes bytes on the line.
//!
//! ```text
//!   kiosk ──Ask──> panel      what is to be shown, sensed, heard      (panel)
//!         <──Tell──           an answer, or news by itself
//!   kiosk ──ServiceAsk──>     who are you, take this firmware         (service, frozen)
//!         <──ServiceTell──
//! ```
//!
//! Both sides are built from these types; each frame carries the hash of the table it was built from ([`frame`]), so a side
//! that was built from other types is noticed and never misread. The service table does not change: by it a panel of any
//! age says who it is and takes new firmware. Knows no serial port, no clock and no device.

#![no_std]

pub mod frame;
pub mod image;
pub mod panel;
pub mod service;

pub use frame::{Frame, FrameError, ReadError, Splitter, Table, encode};
pub use panel::{
    Ask, Lamp, Pattern, Presence, Refusal, Scene, Senses, Sound, Tamper, Tell, VERSION,
};
pub use service::{Board, Identity, ServiceAsk, ServiceTell, Slot, UpdateRefusal};

/// What the kiosk asks of the panel, in either table.
pub trait Request: Table {
    /// Whether the panel is in the same state after hearing it twice as after hearing it once. Only then may an unanswered
    /// request be sent again.
    fn is_idempotent(&self) -> bool;
}

/// A message that is whole without the bytes it was read from.
pub trait Answer: Table + for<'a> serde_core_only::Deserialize<'a> {}

impl<T: Table + for<'a> serde_core_only::Deserialize<'a>> Answer for T {}
