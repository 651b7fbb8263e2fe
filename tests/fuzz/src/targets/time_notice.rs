//! The time with any bytes under the signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::TimeNotice;

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-time/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::peeked(
        TYP,
        bytes,
        TimeNotice::peek,
        TimeNotice::verify,
        TimeNotice::sign,
    );
    Verdict::of(read.is_some())
}
