//! Any bytes as what a device knew about time, in a filing that is genuine otherwise. What is read is written alike; the
//! interval that follows is one, ends at the arrival, and holds the time of a clock that runs true.

use ubugoe_protocol::interval::TOLERANCE;
use ubugoe_protocol::{Incoming, Interval, TimeClaim, TimeError};

use super::envelope::content;
use crate::Verdict;
use crate::keys::NOW;
use crate::real;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let body = real::filing_body(bytes, &real::VISIT_PROOF);
    let Some(Incoming::Filing(opened)) = content(&real::ENVELOPE, &body) else {
        return Verdict::Refused;
    };
    holds(&opened.body.time);
    Verdict::Taken
}

fn holds(claim: &TimeClaim) {
    let ahead = claim.anchor.ticks.is_some_and(|then| then > claim.ticks);
    let (from, until) = match claim.bounds() {
        Ok(bounds) => bounds,
        Err(error) => {
            assert_eq!((error, ahead), (TimeError::AnchorAhead, true));
            return;
        }
    };
    assert!(!ahead, "an anchor in the future was believed");
    // Told at the anchor and counted without an error since: that must be inside.
    let elapsed = claim.ticks - claim.anchor.ticks.unwrap_or(0);
    let true_time = i128::from(claim.anchor.at) * 1000 + i128::from(elapsed);
    assert!(i128::from(from) * 1000 <= true_time, "{claim:?}");
    assert!(
        until.is_none_or(|until| true_time <= i128::from(until) * 1000),
        "{claim:?}"
    );
    for arrived in [0, NOW, from, from.saturating_add(TOLERANCE), i64::MAX] {
        match claim.interval(arrived) {
            Ok(Interval { from: first, until }) => assert!(
                first <= until && until <= arrived && first <= from,
                "{claim:?} at {arrived}"
            ),
            Err(error) => assert_eq!(error, TimeError::AfterArrival { from, arrived }),
        }
    }
}
