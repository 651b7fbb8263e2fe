//! Any bytes as a filing's body, in an envelope that is signed and sealed as it should be. What is read is written alike.

use super::envelope::content;
use crate::{Verdict, real};

pub(super) fn run(bytes: &[u8]) -> Verdict {
    Verdict::of(content(&real::ENVELOPE, bytes).is_some())
}
