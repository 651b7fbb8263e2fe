//! When something was signed, as an interval that a verifier derives and does not have to believe a wall clock for.
//!
//! A device's calendar may be wrong by days; its count of milliseconds since it was switched on is not. So an envelope
//! carries that count beside the last moment at which somebody trustworthy told the time (the *anchor*), and the
//! interval follows:
//!
//! ```text
//!  anchor in the same boot      anchor.at ± error + elapsed · (1 ± DRIFT)              both ends from the device
//!  anchor in an earlier boot    anchor.at − error + time since this boot … unknown     the device was off for a while
//!  always                       … and not after the arrival at the city                the upper end from the city
//! ```
//! The counter orders the signatures of one device; the same number twice means that a device was copied.

use ciborium::Value;

use crate::wire::{self, Fields, WireError};

const WHAT: &str = "time claim";

/// Largest error of a running clock, in parts per million: what the kernel may slew at most (`adjtimex(2)`); a Raspberry
/// Pi's crystal alone is within 50. In 30 days it comes to 22 minutes.
pub const DRIFT_PPM: u64 = 500;

/// How far a city's clock may lag behind a device's without a contradiction, seconds.
pub const TOLERANCE: i64 = 5;

/// Who told the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorSource {
    /// The operating system says that its clock is synchronised by network time (NTP, or NTS where configured).
    NetworkTime,
    /// A city signed the time in answer to a question of this device.
    City,
    /// A city's receipt: it was that late at least.
    Receipt,
}

impl AnchorSource {
    const fn code(self) -> u64 {
        match self {
            Self::NetworkTime => 1,
            Self::City => 2,
            Self::Receipt => 3,
        }
    }
}

/// A moment at which somebody trustworthy told the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Who.
    pub source: AnchorSource,
    /// The time told, seconds since 1970 UTC.
    pub at: i64,
    /// How far it may have been off, either way, in milliseconds.
    pub error: u32,
    /// The device's count of milliseconds at that moment, if it has run ever since.
    pub ticks: Option<u64>,
}

/// What a device knew about time when it sealed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeClaim {
    /// Counts the envelopes of this device; never the same twice, never back.
    pub counter: u64,
    /// Random per boot: counts of milliseconds can be compared within one.
    pub boot: [u8; 8],
    /// Milliseconds since the device was switched on, sleep included (`CLOCK_BOOTTIME`).
    pub ticks: u64,
    /// The last trusted time.
    pub anchor: Anchor,
}

/// Between which seconds something happened, both included; seconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Not before.
    pub from: i64,
    /// Not after.
    pub until: i64,
}

impl Interval {
    /// Seconds between its ends.
    #[must_use]
    pub const fn width(&self) -> i64 {
        self.until.saturating_sub(self.from)
    }
}

/// Why no interval follows from a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The anchor is later than what it should anchor.
    #[error("the anchor lies after the signature")]
    AnchorAhead,
    /// By its own account it was signed after it arrived.
    #[error("signed at {from} at the earliest, arrived at {arrived}")]
    AfterArrival {
        /// Earliest moment by the device's account.
        from: i64,
        /// When it arrived.
        arrived: i64,
    },
}

impl TimeClaim {
    /// Between which moments the device sealed it, as far as the device alone can say; no end when it was switched off
    /// since its anchor.
    pub fn bounds(&self) -> Result<(i64, Option<i64>), TimeError> {
        let told = i128::from(self.anchor.at) * 1000;
        let error = i128::from(self.anchor.error);
        let slower = |ticks: u64| i128::from(ticks) - i128::from(drift(ticks));
        let faster = |ticks: u64| i128::from(ticks) + i128::from(drift(ticks));
        let (from, until) = match self.anchor.ticks {
            Some(then) => {
                let elapsed = self.ticks.checked_sub(then).ok_or(TimeError::AnchorAhead)?;
                let until = told + error + faster(elapsed);
                (told - error + slower(elapsed), Some(until))
            }
            // It was switched on after the anchor, and has run for `ticks` since.
            None => (told - error + slower(self.ticks), None),
        };
        let seconds = |ms: i128| i64::try_from(ms).unwrap_or(i64::MAX);
        // A receipt bounds from below only.
        let until = until.filter(|_| self.anchor.source != AnchorSource::Receipt);
        Ok((
            seconds(from.div_euclid(1000)),
            until.map(|u| seconds((u + 999).div_euclid(1000))),
        ))
    }

    /// Between which moments it was signed, for a verifier at whose clock it arrived at `arrived`.
    pub fn interval(&self, arrived: i64) -> Result<Interval, TimeError> {
        let (from, until) = self.bounds()?;
        if from > arrived.saturating_add(TOLERANCE) {
            return Err(TimeError::AfterArrival { from, arrived });
        }
        let until = until.map_or(arrived, |u| u.min(arrived));
        Ok(Interval {
            from: from.min(until),
            until,
        })
    }

    pub(crate) fn to_value(self) -> Result<Value, WireError> {
        if !wire::time_ok(self.anchor.at) {
            return Err(WireError::OutOfRange {
                what: WHAT,
                field: "at",
            });
        }
        let mut fields = vec![
            (1, Value::from(self.counter)),
            (2, Value::Bytes(self.boot.to_vec())),
            (3, Value::from(self.ticks)),
            (4, Value::from(self.anchor.source.code())),
            (5, Value::from(self.anchor.at)),
            (6, Value::from(self.anchor.error)),
        ];
        fields.extend(self.anchor.ticks.map(|t| (7, Value::from(t))));
        Ok(wire::map(fields))
    }

    pub(crate) fn from_value(value: Value) -> Result<Self, WireError> {
        let mut f = Fields::open(WHAT, value)?;
        let claim = Self {
            counter: f.uint(1, "counter", u64::MAX)?,
            boot: f.array(2, "boot")?,
            ticks: f.uint(3, "ticks", u64::MAX)?,
            anchor: Anchor {
                source: match f.uint(4, "source", 255)? {
                    1 => AnchorSource::NetworkTime,
                    2 => AnchorSource::City,
                    3 => AnchorSource::Receipt,
                    _ => {
                        return Err(WireError::OutOfRange {
                            what: WHAT,
                            field: "source",
                        });
                    }
                },
                at: f.time(5, "at")?,
                error: f.small(6, "error")?,
                ticks: if f.has(7) {
                    Some(f.uint(7, "anchor ticks", u64::MAX)?)
                } else {
                    None
                },
            },
        };
        f.finish()?;
        Ok(claim)
    }
}

/// How far a clock may be off after this many milliseconds; never less than one.
const fn drift(ticks: u64) -> u64 {
    (ticks / 1_000_000).saturating_mul(DRIFT_PPM) + (ticks % 1_000_000) * DRIFT_PPM / 1_000_000 + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const NOON: i64 = 1_795_300_000;
    const HOUR: u64 = 3_600_000;

    fn claim(source: AnchorSource, ticks: Option<u64>) -> TimeClaim {
        TimeClaim {
            counter: 7,
            boot: [3; 8],
            ticks: 10 * HOUR,
            anchor: Anchor {
                source,
                at: NOON,
                error: 500,
                ticks,
            },
        }
    }

    #[test]
    fn a_clock_that_ran_on_bounds_the_signature_from_both_sides() {
        let claim = claim(AnchorSource::NetworkTime, Some(8 * HOUR));
        // Two hours after noon, ± half a second, ± 500 ppm of two hours (3.6 s).
        let interval = claim.interval(NOON + 100 * 86_400).unwrap();
        assert_eq!((interval.from, interval.until), (NOON + 7195, NOON + 7205));
        assert_eq!(interval.width(), 10);
    }

    #[test]
    fn a_device_that_was_off_is_bounded_by_its_uptime_and_by_the_arrival() {
        let claim = claim(AnchorSource::City, None);
        let interval = claim.interval(NOON + 3 * 86_400).unwrap();
        assert_eq!(interval.from, NOON + 36_000 - 19);
        assert_eq!(interval.until, NOON + 3 * 86_400);
    }

    #[test]
    fn a_receipt_says_only_how_late_it_was_at_least() {
        let claim = claim(AnchorSource::Receipt, Some(8 * HOUR));
        let interval = claim.interval(NOON + 9000).unwrap();
        assert_eq!((interval.from, interval.until), (NOON + 7195, NOON + 9000));
    }

    #[test]
    fn a_claim_that_contradicts_itself_or_the_arrival_gives_no_interval() {
        let ahead = claim(AnchorSource::City, Some(11 * HOUR));
        assert_eq!(ahead.interval(NOON), Err(TimeError::AnchorAhead));
        let claim = claim(AnchorSource::City, Some(8 * HOUR));
        assert!(matches!(
            claim.interval(NOON),
            Err(TimeError::AfterArrival { .. })
        ));
        // A city's clock that lags by seconds is no contradiction, and the interval stays one.
        let interval = claim.interval(NOON + 7194).unwrap();
        assert!(interval.from <= interval.until);
    }

    #[test]
    fn the_largest_numbers_give_a_wide_interval_or_an_error_and_never_a_panic() {
        for ticks in [None, Some(0), Some(u64::MAX)] {
            let claim = TimeClaim {
                counter: u64::MAX,
                boot: [0; 8],
                ticks: u64::MAX,
                anchor: Anchor {
                    source: AnchorSource::City,
                    at: 253_402_300_799,
                    error: u32::MAX,
                    ticks,
                },
            };
            let _ = claim.interval(0);
            assert_eq!(
                TimeClaim::from_value(claim.to_value().unwrap()).unwrap(),
                claim
            );
        }
    }
}
