//! The kiosk: where card, visit, screen, desk and link are put together.
//!
//! The only crate that knows all of them. It reads no files but those its configuration names, and decides nothing
//! that a person sees: that is `ubugoe_visit::step`. Start reading at [`app::run`], then [`core`].

pub mod app;
pub mod board;
mod cardside;
pub mod clock;
pub mod config;
#[cfg(feature = "drive")]
mod control;
pub mod core;
pub mod desk;
mod drafts;
pub mod input;
pub mod keyless;
pub mod orders;
pub mod pad;
pub mod panelside;
pub mod presenters;
pub mod printing;
pub mod records;
pub mod second;
pub mod service;
pub mod setup;
pub mod updates;
pub mod ward;
pub mod watch;
pub mod wiping;
