//! A status notice with any bytes under the city's signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::StatusNotice;

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-status/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::peeked(
        TYP,
        bytes,
        StatusNotice::peek,
        StatusNotice::verify,
        StatusNotice::sign,
    );
    Verdict::of(read.is_some())
}
