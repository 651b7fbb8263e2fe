//! The time with any bytes under the signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::TimeNotice;

use super::signed;
use crate::Verdict;
use crate::keys::CITY_SIGN;
use crate::sealing::sign1;

pub(super) const TYP: &str = "ubugoe-time/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::read(TYP, bytes, TimeNotice::verify, TimeNotice::sign);
    let signed = sign1(TYP, bytes, &CITY_SIGN);
    assert_eq!(
        TimeNotice::peek(&signed).ok(),
        read,
        "the signature is right"
    );
    Verdict::of(read.is_some())
}
