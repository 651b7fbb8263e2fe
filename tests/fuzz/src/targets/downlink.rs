//! Any bytes as a sealed answer to the device. What opens is sealed to the device, and is written alike inside.

use ubugoe_protocol::{open_down, seal_down};

use crate::Verdict;
use crate::keys::{DEVICE_OPEN, opening, sealing};
use crate::real;
use crate::sealing::decrypted;

pub(super) const TYP: &str = "ubugoe-downlink/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    opened(bytes)
}

/// Opens and checks; shared by the three targets of this message.
pub(super) fn opened(bytes: &[u8]) -> Verdict {
    let device = real::device();
    let Ok(message) = open_down(bytes, &device, &opening(&DEVICE_OPEN)) else {
        return Verdict::Refused;
    };
    let inside = decrypted(TYP, bytes, &DEVICE_OPEN);
    assert!(
        inside.is_some(),
        "it opened, and is not sealed to the device"
    );
    let again =
        seal_down(&message, &device, &sealing(&DEVICE_OPEN)).expect("what was read can be written");
    assert_eq!(
        decrypted(TYP, &again, &DEVICE_OPEN),
        inside,
        "two spellings of one message"
    );
    Verdict::Taken
}
