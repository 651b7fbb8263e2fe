//! Any bytes as word from a device, in an envelope that is signed and sealed as it should be. What is read is written alike.

use ubugoe_protocol::Incoming;

use super::envelope::content;
use crate::{Verdict, real};

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let incoming = content(&real::WORD, bytes);
    assert!(matches!(incoming, None | Some(Incoming::Report { .. })));
    Verdict::of(incoming.is_some())
}
