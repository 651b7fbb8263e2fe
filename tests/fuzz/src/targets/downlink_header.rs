//! Any bytes as the header of a well sealed answer: only the one that names this device and key is taken.

use super::downlink::{TYP, opened};
use crate::Verdict;
use crate::keys::{DEVICE_OPEN, sealing_bytes};
use crate::real;
use crate::sealing::encrypt0;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let sealed = encrypt0(
        TYP,
        bytes,
        &real::DOWNLINK.plaintext,
        &sealing_bytes(&DEVICE_OPEN),
    );
    let verdict = opened(&sealed);
    assert_eq!(
        verdict == Verdict::Taken,
        bytes == real::DOWNLINK.header,
        "there is one header for one device"
    );
    verdict
}
