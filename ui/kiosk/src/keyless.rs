//! A device whose TPM does not give out its keys: it rests, closed, and looks again. Nobody is asked for a card, nothing is opened or sent.
//!
//! A TPM that comes late, or was busy, is there the next time; for one that was cleared a technician has to come. The log and
//! `ubugoe-tech diagnose` say which.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ubugoe_procedures::{Catalogue, Tongue};
use ubugoe_visit::{Comfort, State};

use crate::core::{Canvas, End, Input};
use crate::setup;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// Runs until the keys are there ([`End::Restart`]), or until [`Input::Stop`].
pub fn run(
    catalogue: &Catalogue,
    tongue: Tongue,
    there: &dyn Fn() -> bool,
    inputs: &Receiver<Input>,
    screen: &mut dyn Canvas,
) -> End {
    let state = State::resting(tongue, Comfort::default());
    setup::draw(catalogue, &state, true, screen);
    let mut next = Instant::now() + PAUSE;
    loop {
        match inputs.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => return End::Stop,
            Ok(Input::Settle(done)) => screen.settle(done),
            // What belongs to a device at work.
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => {
                if there() {
                    return End::Restart;
                }
                next = Instant::now() + PAUSE;
            }
        }
    }
}
