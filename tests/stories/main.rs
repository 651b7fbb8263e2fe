//! The whole system, told as stories: a card on a reader, a kiosk, a cable, a broker, a city; every part real.
//!
//! Each story is one test in a world of its own (`ubugoe_bench::rig`), so that they run beside each other. Nothing
//! waits by sleeping; every wait has an end. What a person sees is read from the screen's labels and the city's pages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot be told has failed"
)]

mod bedside;
mod memory;
mod network;
mod operator;
mod panel;
mod plain;
mod printing;
mod privacy;
mod pulled;
mod second;
mod secrets;
mod staff;
mod technician;
mod troubles;
mod vanish;
mod world;
