//! A new certificate with any bytes under the signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::Grant;

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-grant/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::read(TYP, bytes, Grant::verify, Grant::sign);
    Verdict::of(read.is_some())
}
