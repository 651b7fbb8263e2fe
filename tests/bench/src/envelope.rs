//! The parts of an envelope that a test has no opinion about: a plausible time claim, a visit of one form.

use ubugoe_protocol::{Anchor, AnchorSource, TimeClaim, VisitProof, VisitTree, digest};

/// What a device claims that heard network time a minute before `sealed_at` (seconds since 1970 UTC).
#[must_use]
pub fn claim(counter: u64, sealed_at: i64) -> TimeClaim {
    TimeClaim {
        counter,
        boot: [0xB0; 8],
        ticks: 3_660_000,
        anchor: Anchor {
            source: AnchorSource::NetworkTime,
            at: sealed_at.saturating_sub(60),
            error: 50,
            ticks: Some(3_600_000),
        },
    }
}

/// The proof of a form that is the only one of its visit.
///
/// # Panics
/// Never: a tree of one form has a proof for it.
#[must_use]
#[expect(clippy::expect_used, reason = "a tree of one form has a proof for it")]
pub fn alone(canonical: &[u8]) -> VisitProof {
    VisitTree::new([0x5E; 16], vec![digest(canonical)])
        .and_then(|tree| tree.proof(0))
        .expect("a tree of one form has a proof for it")
}
