//! Any bytes as the parent's signature. What verifies says what the parent's card said, and about this content only.
//!
//! Parts of a CMS are under no signature (algorithm parameters), so other bytes may verify; they may not say anything else.

use ubugoe_protocol::cades::verify;

use crate::Verdict;
use crate::keys::NOW;
use crate::real::{self, CONTENT};

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let trust = &real::SIGNATURE.trust;
    assert!(
        verify(bytes, b"other content", trust, NOW).is_err(),
        "it verifies for content that nobody signed"
    );
    let Ok(verified) = verify(bytes, CONTENT, trust, NOW) else {
        return Verdict::Refused;
    };
    assert_eq!(verified, real::SIGNATURE.verified, "another signature");
    Verdict::Taken
}
