//! Any bytes inside a well sealed answer. What is read is written alike.

use super::downlink::{TYP, opened};
use crate::Verdict;
use crate::keys::{DEVICE_OPEN, sealing_bytes};
use crate::real;
use crate::sealing::encrypt0;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    opened(&encrypt0(
        TYP,
        &real::DOWNLINK.header,
        bytes,
        &sealing_bytes(&DEVICE_OPEN),
    ))
}
