//! The technician's tool against a real city and a real Mosquitto: registering, looking, moving, renewing, exporting, wiping.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed set-up should stop the test"
)]

mod enrol;
mod last;
mod town;
