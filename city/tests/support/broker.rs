//! An office with a real Mosquitto beside it.

use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::process::Mark;

use super::device::PATIENCE;
use super::office::Office;

pub(crate) fn with_broker() -> (Office, Mosquitto) {
    let mut office = Office::new();
    let broker = Mosquitto::start(&office.pki, &Settings::default()).unwrap();
    office.broker_port = broker.port();
    (office, broker)
}

/// Waits until the broker's own log says that the city listens, and that it said so.
pub(crate) fn listens(broker: &Mosquitto) {
    listens_after(broker, None);
}

/// The same, for what the log says after a mark.
pub(crate) fn listens_after(broker: &Mosquitto, since: Option<Mark>) {
    let said = |line: &str| {
        line.contains("Received PUBLISH from city-asukoe") && line.contains("presence")
    };
    tokio::task::block_in_place(|| match since {
        Some(mark) => broker
            .process()
            .wait_line_after(mark, "the city's presence", said, PATIENCE),
        None => broker
            .process()
            .wait_line("the city's presence", said, PATIENCE),
    })
    .unwrap();
}
