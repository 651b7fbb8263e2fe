//! When a status notice is sent again.
//!
//! Answers for the rhythm only. The rows live in the store, the sending is the link's.
//!
//! ```text
//!  decision ──one transaction──> state + history + notice row (next_at = now)
//!                                       │
//!          link sends ──> broker PUBACK 0x00: somebody listens or a session keeps it ──> again after 10 min, 1 h, then every day
//!                     ──> broker PUBACK 0x10: nobody listens                         ──> again after 30 s, doubling to 1 h
//!                     ──> no PUBACK (connection lost)                                ──> again after 30 s
//!          any message from the device (it is there) ──> its current notices of the last 90 days are due at once
//! ```
//!
//! Promised: a decision is never lost (it is a committed row), and the newest notice of every filing reaches the
//! device once the device is connected while the city is, at the latest when it next sends anything. Not promised:
//! that every intermediate notice arrives, or that one arrives only once; `seq` tells old from new. Once the device has
//! said that the notice is on its disk, it is not sent again, and the console shows it as received.

use crate::store::DownKind;

/// What the broker said about a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// PUBACK 0x00.
    Taken,
    /// PUBACK 0x10: no matching subscribers.
    NobodyListens,
    /// Sent; not answered yet. What is set here stands if the connection dies.
    Unanswered,
}

/// Seconds between a notice's first sending and the moment it is sent again without an answer.
pub const UNANSWERED: i64 = 30;
/// A device's sign of life wakes decisions of this many seconds.
pub const WAKE_DECIDED: i64 = 90 * 86_400;
/// … unless they were sent within this many seconds.
pub const WAKE_REST: i64 = 60;

/// When to send again, unix seconds; `attempts` counts sendings so far, this one included.
#[must_use]
pub fn next_attempt(handed: Handed, attempts: u32, now: i64) -> i64 {
    match handed {
        Handed::Unanswered => now + UNANSWERED,
        Handed::NobodyListens => now + (30_i64 << attempts.min(7)).min(3_600),
        // Never given up: a device may hear and have nothing to say to this city for weeks.
        Handed::Taken => match attempts {
            0 | 1 => now + 600,
            2 => now + 3_600,
            _ => now + 86_400,
        },
    }
}

/// The same for an item of the operator's. An order goes on until it is answered or expires. What is long rests after four times
/// until the device says something, which it does to its operator every hour that it is connected.
#[must_use]
pub fn next_item(kind: DownKind, handed: Handed, attempts: u32, now: i64) -> Option<i64> {
    let rests = kind != DownKind::Command && handed == Handed::Taken && attempts > 3;
    (!rests).then(|| next_attempt(handed, attempts, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_go_again_more_and_more_slowly_and_are_never_given_up() {
        let taken: Vec<i64> = (1..=5).map(|n| next_attempt(Handed::Taken, n, 0)).collect();
        assert_eq!(taken, [600, 3_600, 86_400, 86_400, 86_400]);
        let unheard: Vec<i64> = [1, 2, 6, 7, 40]
            .into_iter()
            .map(|n| next_attempt(Handed::NobodyListens, n, 0))
            .collect();
        assert_eq!(unheard, [60, 120, 1_920, 3_600, 3_600]);
        assert_eq!(next_attempt(Handed::Unanswered, 9, 100), 130);
    }

    #[test]
    fn parts_of_updates_rest_and_orders_do_not() {
        let at = |kind, n| next_item(kind, Handed::Taken, n, 0);
        assert_eq!(at(DownKind::Part, 3), Some(86_400));
        assert_eq!(at(DownKind::Part, 4), None);
        assert_eq!(at(DownKind::Command, 40), Some(86_400));
        let unheard = next_item(DownKind::Part, Handed::NobodyListens, 40, 0);
        assert_eq!(unheard, Some(3_600));
    }
}
