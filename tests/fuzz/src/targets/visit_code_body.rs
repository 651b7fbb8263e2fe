//! Any bytes inside a family's code: they reach what lies behind the letters of a QR code.

use super::visit_code::read;
use crate::Verdict;
use crate::sealing::base45;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    read(&format!("UBUGOE1V:{}", base45(bytes)))
}
