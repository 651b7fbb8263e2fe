//! Any bytes as a form's place in its visit, in a filing that is genuine otherwise. What is read is written alike and holds by
//! our own reckoning.

use ubugoe_protocol::{Incoming, digest};

use super::envelope::content;
use super::visit_tree::root;
use crate::Verdict;
use crate::real::{self, CONTENT};

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let body = real::filing_body(&real::TIME_CLAIM, bytes);
    let Some(Incoming::Filing(opened)) = content(&real::ENVELOPE, &body) else {
        return Verdict::Refused;
    };
    let proof = &opened.body.visit;
    assert_eq!(root(proof, &digest(CONTENT)), Some(proof.place.root));
    Verdict::Taken
}
