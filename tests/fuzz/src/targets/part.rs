//! Any bytes as a part of an update. What is read is written alike.

use ubugoe_protocol::Part;
use ubugoe_protocol::update::{MAX_PARTS, PART_LEN};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Ok(part) = Part::from_bytes(bytes) else {
        return Verdict::Refused;
    };
    assert_eq!(part.to_bytes(), bytes, "two spellings of one part");
    assert!(usize::from(part.number) < MAX_PARTS);
    assert!((1..=PART_LEN).contains(&part.bytes.len()));
    Verdict::Taken
}
