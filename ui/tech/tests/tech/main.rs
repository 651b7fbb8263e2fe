//! The technician's tool against a real city and a real Mosquitto: registering, looking, moving, renewing, exporting, wiping.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a failed set-up should stop the test; one test says how long it took"
)]

mod enrol;
mod last;
mod screen;
mod town;
mod tpm;
