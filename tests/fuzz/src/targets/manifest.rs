//! The announcement of an update with any bytes under the signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::Manifest;
use ubugoe_protocol::update::{MAX_PARTS, join};

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-manifest/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::read(TYP, bytes, Manifest::verify, Manifest::sign);
    let Some(read) = read else {
        return Verdict::Refused;
    };
    assert!((1..=MAX_PARTS).contains(&read.parts()), "{read:?}");
    // What was not hashed is not joined.
    assert_eq!(join(&read, &[bytes.to_vec()]), None);
    Verdict::Taken
}
