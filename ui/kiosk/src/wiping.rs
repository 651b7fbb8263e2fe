//! A device whose own screen ordered its end: before outbox, keys, card or link are opened, everything is destroyed.
//!
//! What lies where when the power goes says [`ubugoe_tech::order`]. Nobody signs in here: who ordered it did. While the stick is not
//! there and nothing is destroyed, the order can be taken back, and the device works on. Once somebody has read what was
//! done, the program starts anew as a device without a city; where the system destroys the key of the whole partition on demand,
//! it is asked to, for on flash memory overwriting a file does not reach every copy. Never while the record lies on the device only.

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::mpsc,
};

use ubugoe_procedures::Tongue;
use ubugoe_tech::order::Order;
use ubugoe_visit::{
    Comfort, Event, ServiceFailure, State,
    service::{self, ErrandDone, Service, ServiceContext, ServiceDesk, ServiceEvent, Technician},
};

use crate::{
    core::{Canvas, End, Input},
    setup::{Parts, draw, perform},
};

/// Waits for the order to destroy the key of the data partition, on the appliance.
const RESET: &str = "/usr/lib/systemd/system/ubugoe-factory-reset.path";

/// Runs until everything is destroyed and somebody has read that, the order is taken back, or [`Input::Stop`].
pub fn run(
    parts: &Parts,
    order: &Order,
    inputs: &mpsc::Receiver<Input>,
    screen: &mut dyn Canvas,
) -> End {
    let mut state = State {
        service: Service::Technician(Technician::Held {
            failure: ServiceFailure::StickGone,
            stick: order.stick.clone(),
        }),
        ..State::resting(Tongue::Ja, Comfort::default())
    };
    // `Some` once everything is destroyed: whether the record lies on the stick.
    let (mut wiped, mut asked) = (None, 0);
    let mut next = Some(Input::Service(ServiceEvent::RefreshWanted));
    while let Some(input) = next.take().or_else(|| inputs.recv().ok()) {
        match input {
            Input::Stop => return End::Stop,
            Input::Settle(done) => screen.settle(done),
            Input::Visit(Event::LanguageChosen(tongue)) => {
                state.tongue = tongue;
                draw(&parts.catalogue, &state, false, screen);
            }
            // There is nobody to sign out, and what waits here waits for somebody.
            Input::Service(ServiceEvent::Closed | ServiceEvent::Idle) if wiped.is_none() => {}
            Input::Service(event) => {
                if let ServiceEvent::ErrandEnded {
                    how: Ok(ErrandDone::Wiped { on_stick, .. }),
                    ..
                } = &event
                {
                    wiped = Some(*on_stick);
                }
                asked += 1;
                let cx = ServiceContext {
                    catalogue: &parts.catalogue,
                    desk: ServiceDesk {
                        ask: service::Ask(asked),
                        ordered: &order.stick,
                        ..ServiceDesk::default()
                    },
                    may_open: false,
                };
                let (after, effects) = service::step(state.service, event, &cx);
                state.service = after;
                for effect in effects {
                    perform(parts, effect);
                }
                if state.service == Service::None {
                    screen.wipe();
                    leave(&parts.errands.home, order, wiped);
                    return End::Restart;
                }
                draw(&parts.catalogue, &state, false, screen);
            }
            // What belongs to a device at work.
            _ => {}
        }
    }
    End::Stop
}

fn leave(home: &Path, order: &Order, wiped: Option<bool>) {
    let done = match wiped {
        None => order.take_back(home),
        // First the greater thing: the key of the partition takes the order with it.
        Some(true) => ask_for_reset(home, Path::new(RESET)).and_then(|asked| {
            tracing::info!(asked, "the key of the partition goes too");
            order.forget(home, true)
        }),
        Some(false) => order.forget(home, false),
    };
    match done {
        Ok(()) => tracing::info!(wiped = wiped.is_some(), "an ordered wipe is over"),
        Err(error) => tracing::error!(%error, "an ordered wipe is not over"),
    }
}

/// Whether somebody waits for that order about this very folder, and was given it.
fn ask_for_reset(home: &Path, unit: &Path) -> io::Result<bool> {
    let order = home.join("factory-reset");
    let waits = format!("PathExists={}", order.display());
    let heard = fs::read_to_string(unit).is_ok_and(|unit| unit.lines().any(|line| line == waits));
    if heard {
        File::create(&order)?.sync_all()?;
    }
    Ok(heard)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use super::*;

    #[test]
    fn the_partitions_key_goes_only_where_the_system_waits_for_that_order_about_this_device() {
        let folder = tempfile::tempdir().unwrap();
        let (home, unit) = (folder.path().join("home"), folder.path().join("unit"));
        fs::create_dir(&home).unwrap();
        assert!(!ask_for_reset(&home, &unit).unwrap(), "no such unit");
        let theirs = include_str!(
            "../../../images/overlay/common/usr/lib/systemd/system/ubugoe-factory-reset.path"
        );
        fs::write(&unit, theirs).unwrap();
        assert!(!ask_for_reset(&home, &unit).unwrap(), "another folder");
        assert!(!home.join("factory-reset").exists());
        let ours = theirs.replace("/var/lib/ubugoe", home.to_str().unwrap());
        assert_ne!(ours, theirs);
        fs::write(&unit, ours).unwrap();
        assert!(ask_for_reset(&home, &unit).unwrap());
        assert!(home.join("factory-reset").exists());
    }
}
