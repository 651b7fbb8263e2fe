//! An order with any bytes under the signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::Command;

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-command/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::peeked(TYP, bytes, Command::peek, Command::verify, Command::sign);
    Verdict::of(read.is_some())
}
