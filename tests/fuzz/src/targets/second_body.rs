//! Any bytes as a second signature, in an envelope that is signed and sealed as it should be. What is read is written alike, and its
//! digest is that of the signature.

use ubugoe_protocol::{Incoming, digest};

use super::envelope::content;
use crate::{Verdict, real};

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Some(incoming) = content(&real::SECOND, bytes) else {
        return Verdict::Refused;
    };
    let Incoming::Second {
        body, digest: told, ..
    } = incoming
    else {
        panic!("another kind than the header says");
    };
    assert_eq!(told, digest(&body.signature));
    Verdict::Taken
}
