//! Any bytes as a piece of an attachment, in an envelope that is signed and sealed as it should be. What is read is written
//! alike, and its digest is that of its bytes.

use ubugoe_protocol::attachment::{CHUNK, MAX_CHUNKS};
use ubugoe_protocol::{Incoming, digest};

use super::envelope::content;
use crate::{Verdict, real};

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Some(incoming) = content(&real::PIECE, bytes) else {
        return Verdict::Refused;
    };
    let Incoming::Chunk {
        chunk,
        digest: told,
        ..
    } = incoming
    else {
        panic!("another kind than the header says");
    };
    assert_eq!(told, digest(&chunk.bytes));
    assert!(chunk.number < chunk.of && usize::from(chunk.of) <= MAX_CHUNKS);
    assert!((1..=CHUNK).contains(&chunk.bytes.len()));
    Verdict::Taken
}
