//! The visit as a whole, from outside: real catalogue, real certificate, events in, states and effects out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod bedside;
mod cards;
mod children;
mod failures;
mod following;
mod line;
mod nursery;
mod pause;
mod pins;
mod questions;
mod random;
mod second;
mod service;
mod story;
mod table;
mod time;
mod traps;
mod wipe;
