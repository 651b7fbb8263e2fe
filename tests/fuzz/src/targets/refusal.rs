//! A refusal with any bytes under the city's signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::Refusal;

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-refusal/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::peeked(TYP, bytes, Refusal::peek, Refusal::verify, Refusal::sign);
    Verdict::of(read.is_some())
}
