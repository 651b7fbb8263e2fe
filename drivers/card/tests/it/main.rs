//! The card service against real `pcscd` and a virtual card: what happens when a card, a reader or the service does
//! not do what it should.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod budget;
mod cardctl;
mod desk;
mod faults;
mod people;
mod service;
mod vanish;
