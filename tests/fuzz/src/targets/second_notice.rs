//! What a number leads to, with any bytes under the signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::SecondNotice;

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-second/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::peeked(
        TYP,
        bytes,
        SecondNotice::peek,
        SecondNotice::verify,
        SecondNotice::sign,
    );
    Verdict::of(read.is_some())
}
