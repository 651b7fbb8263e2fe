//! The kiosk's clock: what time it is in Japan, and whether that may be believed.
//!
//! The only place of the kiosk that asks the operating system for the time. What may be believed is reckoned by
//! [`TrustedClock`]: from a moment that network time or a city vouched for, carried on by the boot clock. Tests and
//! the demo may move it forward ("a simulated day"); never back.

use std::fs;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::Duration;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use rustix::time::{ClockId, clock_gettime};
use ubugoe_edge::{Reading, TrustedClock, Untrusted};
use ubugoe_protocol::TimeClaim;

use crate::config::ClockTrust;

/// Japan Standard Time: UTC+9, no daylight saving since 1951.
const JST: Offset = Offset::constant(9);

/// How far a clock that the system calls synchronised may be off, milliseconds. systemd-timesyncd steps beyond 400.
const SYNCHRONISED_WITHIN: u32 = 500;

/// The clock.
#[derive(Debug)]
pub struct Clock {
    trust: ClockTrust,
    moved_forward: Arc<AtomicI64>,
    trusted: TrustedClock,
}

impl Clock {
    /// A clock that believes what `trust` says, and that it is later than `floor` (seconds since 1970-01-01 UTC).
    #[must_use]
    pub fn new(trust: ClockTrust, floor: i64) -> Self {
        let moved_forward = Arc::<AtomicI64>::default();
        let (moved, believed, boot) = (Arc::clone(&moved_forward), trust.clone(), boot_id());
        let read = move || {
            let moved = moved.load(Ordering::Relaxed).saturating_mul(1000);
            Reading {
                boot,
                ticks: ticks().saturating_add(moved.unsigned_abs()),
                wall: wall().as_millisecond().saturating_add(moved),
                vouched: vouches(&believed).then_some(SYNCHRONISED_WITHIN),
            }
        };
        Self {
            trust,
            moved_forward,
            trusted: TrustedClock::new(Arc::new(read), floor),
        }
    }

    /// Until midnight in Japan.
    #[must_use]
    pub fn left_of_day(&self) -> Duration {
        let gone = (self.unix() + i64::from(JST.seconds())).rem_euclid(86_400);
        Duration::from_secs(86_400 - gone.unsigned_abs())
    }

    /// Seconds since 1970-01-01 UTC: the trusted time, or the wall clock's where nobody told the time.
    #[must_use]
    pub fn unix(&self) -> i64 {
        self.trusted.now().unwrap_or_else(|_| {
            wall()
                .as_second()
                .saturating_add(self.moved_forward.load(Ordering::Relaxed))
        })
    }

    /// What an envelope with this number may claim about the time.
    ///
    /// # Errors
    /// [`Untrusted`]: then it must not be signed.
    pub fn claim(&self, counter: u64) -> Result<TimeClaim, Untrusted> {
        self.trusted.claim(counter)
    }

    /// The clock behind it, for the link, which asks cities for the time.
    #[must_use]
    pub const fn trusted(&self) -> &TrustedClock {
        &self.trusted
    }

    /// Whether the time may be used for a signature or a deadline.
    #[must_use]
    pub fn is_synchronised(&self) -> bool {
        self.trusted.now().is_ok()
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
        self.trusted.now().ok().and_then(civil_day)
    }

    /// Moves the clock forward by whole seconds; used by the demo and the tests.
    pub fn move_forward(&self, seconds: u32) {
        self.moved_forward
            .fetch_add(i64::from(seconds), Ordering::Relaxed);
    }
}

fn vouches(trust: &ClockTrust) -> bool {
    match trust {
        ClockTrust::System => true,
        ClockTrust::Timesyncd(path) => path.exists(),
    }
}

fn wall() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "this file is the adapter to the system clock"
    )]
    Timestamp::now()
}

/// Milliseconds since the device was switched on, sleep included.
fn ticks() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = time.tv_sec.unsigned_abs().saturating_mul(1000);
    seconds.saturating_add(time.tv_nsec.unsigned_abs() / 1_000_000)
}

/// Random per boot; where the kernel does not say, random per start of the program, which is stricter.
fn boot_id() -> [u8; 8] {
    let said = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = said
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(16)
        .collect();
    let mut id = [0; 8];
    if hex::decode_to_slice(&digits, &mut id).is_err() {
        // Without randomness either, every start looks like one boot: a claim across two is refused as "anchor ahead".
        let _ = getrandom::fill(&mut id);
    }
    id
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
        let clock = Clock::new(ClockTrust::Timesyncd("/nonexistent/synchronized".into()), 0);
        assert_eq!(clock.today(), None);
        assert!(clock.claim(1).is_err(), "and signs nothing");
    }

    #[test]
    fn a_moved_clock_is_later_by_exactly_that_and_still_believed() {
        let clock = Clock::new(ClockTrust::System, 0);
        let before = clock.unix();
        clock.move_forward(3 * 86_400);
        let moved = clock.unix() - before;
        assert!((259_200..259_205).contains(&moved), "{moved}");
        let claim = clock.claim(1).unwrap();
        let interval = claim.interval(clock.unix() + 1).unwrap();
        assert!(
            interval.from <= clock.unix() && interval.width() < 10,
            "{interval:?}"
        );
    }
}
