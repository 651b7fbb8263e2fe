//! The kiosk's clock: what time it is in Japan, and whether that may be believed.
//!
//! The only place of the kiosk that asks the operating system for the time. Tests and the demo may move it
//! forward ("a simulated day"); never back.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};

use crate::config::ClockTrust;

/// Japan Standard Time: UTC+9, no daylight saving since 1951.
const JST: Offset = Offset::constant(9);

/// The clock.
#[derive(Debug)]
pub struct Clock {
    trust: ClockTrust,
    moved_forward: AtomicI64,
}

impl Clock {
    /// A clock that believes what `trust` says.
    #[must_use]
    pub const fn new(trust: ClockTrust) -> Self {
        Self {
            trust,
            moved_forward: AtomicI64::new(0),
        }
    }

    /// Seconds since 1970-01-01 UTC, believed or not.
    #[must_use]
    pub fn unix(&self) -> i64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "this file is the adapter to the system clock"
        )]
        let now = Timestamp::now();
        now.as_second()
            .saturating_add(self.moved_forward.load(Ordering::Relaxed))
    }

    /// Whether the time may be used for a signature or a deadline.
    #[must_use]
    pub fn is_synchronised(&self) -> bool {
        match &self.trust {
            ClockTrust::System => true,
            ClockTrust::Timesyncd(path) => path.exists(),
        }
    }

    /// What says whether it may be believed.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        match self.trust {
            ClockTrust::System => "system",
            ClockTrust::Timesyncd(_) => "timesyncd",
        }
    }

    /// Today in Japan, or `None` while the clock is not synchronised.
    #[must_use]
    pub fn today(&self) -> Option<Date> {
        self.is_synchronised()
            .then(|| civil_day(self.unix()))
            .flatten()
    }

    /// Moves the clock forward by whole seconds; used by the demo and the tests.
    pub fn move_forward(&self, seconds: u32) {
        self.moved_forward
            .fetch_add(i64::from(seconds), Ordering::Relaxed);
    }
}

/// The civil day in Japan of a time in seconds since 1970-01-01 UTC.
#[must_use]
pub fn civil_day(unix: i64) -> Option<Date> {
    civil(unix).map(jiff::civil::DateTime::date)
}

/// Date and time in Japan of a time in seconds since 1970-01-01 UTC.
#[must_use]
pub fn civil(unix: i64) -> Option<jiff::civil::DateTime> {
    Some(
        Timestamp::from_second(unix)
            .ok()?
            .to_zoned(TimeZone::fixed(JST))
            .datetime(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use super::{Clock, civil, civil_day};
    use crate::config::ClockTrust;

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        // 2026-11-22 23:59:59 JST is 14:59:59 UTC.
        assert_eq!(civil_day(1_795_359_599).unwrap().to_string(), "2026-11-22");
        assert_eq!(civil_day(1_795_359_600).unwrap().to_string(), "2026-11-23");
        assert_eq!(
            civil(1_795_359_600).unwrap().to_string(),
            "2026-11-23T00:00:00"
        );
    }

    #[test]
    fn an_unsynchronised_clock_knows_no_day() {
        let clock = Clock::new(ClockTrust::Timesyncd("/nonexistent/synchronized".into()));
        assert_eq!(clock.today(), None);
    }
}
