//! What this device may claim about time: the last trusted moment, carried on by a clock that nobody can set.
//!
//! The wall clock is read only where the operating system vouches for it. From then on the time is that moment plus what the
//! boot clock (`CLOCK_BOOTTIME`) has counted since, so setting the calendar wrong changes nothing. Pure but for the
//! given source of readings; [`Outbox`] keeps what must survive a power cut.
//!
//! | what happens | what follows |
//! |---|---|
//! | network time vouches for the wall clock | an anchor, unless it contradicts a city or a running anchor |
//! | a city answers a question for the time | an anchor; it overrules network time |
//! | a receipt comes | it is later than its arrival: a floor, kept on disk |
//! | somebody sets the calendar | nothing: the anchor runs on |
//! | the device was switched off | no signature until somebody tells the time again |
//!
//! [`Outbox`]: crate::Outbox

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ubugoe_protocol::{Anchor, AnchorSource, Interval, TimeClaim};

/// Widest interval that may stand around a signature, seconds. A clock that ran alone for 30 days is within 44 minutes.
pub const WIDEST: i64 = 2 * 3600;

/// Two accounts of the time that differ by less are the same, milliseconds. Network time over a mobile network is within it.
const SAME: i128 = 2000;

/// What the operating system says at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Random per boot.
    pub boot: [u8; 8],
    /// Milliseconds since the device was switched on, sleep included.
    pub ticks: u64,
    /// The wall clock, milliseconds since 1970 UTC.
    pub wall: i64,
    /// Whether network time vouches for the wall clock, and how far it may be off in milliseconds.
    pub vouched: Option<u32>,
}

/// Reads the operating system's clocks.
pub type Source = Arc<dyn Fn() -> Reading + Send + Sync>;

/// Why nothing may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// Nobody told the time since the device was switched on.
    #[error("nobody has told the time since the device was switched on")]
    NoAnchor,
    /// It ran alone for so long that the interval would be wider than [`WIDEST`].
    #[error("the clock ran alone for too long: {width} s wide")]
    TooWide {
        /// How wide, seconds.
        width: i64,
    },
}

/// The device's trusted clock. Clones share it.
#[derive(Clone)]
pub struct TrustedClock {
    source: Source,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    anchor: Option<Held>,
    /// It is later than this, milliseconds since 1970 UTC.
    floor: i64,
    /// A question for the time under way: its random bytes and when it was asked.
    asked: Option<([u8; 16], u64)>,
    /// Network time said something impossible.
    doubted: bool,
}

/// An anchor of this boot.
#[derive(Debug, Clone, Copy)]
struct Held {
    boot: [u8; 8],
    source: AnchorSource,
    /// Milliseconds since 1970 UTC.
    at: i64,
    error: u32,
    ticks: u64,
}

impl Held {
    /// What may be claimed at these ticks.
    fn claim(&self, counter: u64, ticks: u64) -> TimeClaim {
        // The protocol counts anchors in seconds; what is cut off is counted as error.
        let cut = self.at.rem_euclid(1000);
        TimeClaim {
            counter,
            boot: self.boot,
            ticks,
            anchor: Anchor {
                source: self.source,
                at: self.at.div_euclid(1000),
                error: self.error.saturating_add(u32::try_from(cut).unwrap_or(0)),
                ticks: Some(self.ticks),
            },
        }
    }

    /// The best guess at these ticks, milliseconds since 1970 UTC.
    fn guess(&self, ticks: u64) -> i64 {
        let elapsed = i64::try_from(ticks.saturating_sub(self.ticks)).unwrap_or(i64::MAX);
        self.at.saturating_add(elapsed)
    }
}

impl fmt::Debug for TrustedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedClock")
            .field("state", &self.held())
            .finish_non_exhaustive()
    }
}

impl TrustedClock {
    /// A clock that has been told nothing yet but that it is later than `floor` (seconds since 1970 UTC, from the outbox).
    #[must_use]
    pub fn new(source: Source, floor: i64) -> Self {
        let state = State {
            floor: floor.saturating_mul(1000),
            ..State::default()
        };
        Self {
            source,
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the clocks and takes an anchor if somebody vouches for one.
    fn read(&self) -> (MutexGuard<'_, State>, Reading) {
        let reading = (self.source)();
        let mut state = self.held();
        state.take_network_time(&reading);
        (state, reading)
    }

    /// The time, seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`Untrusted`] when it may not be used for a signature or a deadline.
    pub fn now(&self) -> Result<i64, Untrusted> {
        let (state, reading) = self.read();
        let held = state.usable(&reading)?;
        Ok(held.guess(reading.ticks).div_euclid(1000))
    }

    /// What an envelope with this number may claim.
    ///
    /// # Errors
    /// [`Untrusted`]: then it must not be signed.
    pub fn claim(&self, counter: u64) -> Result<TimeClaim, Untrusted> {
        let (state, reading) = self.read();
        Ok(state.usable(&reading)?.claim(counter, reading.ticks))
    }

    /// Who told the time last, and between which moments it is now.
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn certainty(&self) -> Result<(AnchorSource, Interval), Untrusted> {
        let (state, reading) = self.read();
        let held = state.usable(&reading)?;
        Ok((held.source, bounds(held, reading.ticks)))
    }

    /// Whether network time contradicted a city or the running clock since the start: somebody should look.
    #[must_use]
    pub fn network_time_is_doubted(&self) -> bool {
        self.held().doubted
    }

    /// A question for the time goes out with these random bytes; the one before it is void.
    pub fn asking(&self, nonce: [u8; 16]) {
        let ticks = (self.source)().ticks;
        self.held().asked = Some((nonce, ticks));
    }

    /// A city's verified answer, in milliseconds since 1970 UTC; `false` if it answers no question that is open.
    #[must_use]
    pub fn told(&self, nonce: &[u8; 16], at_ms: u64) -> bool {
        let reading = (self.source)();
        let mut state = self.held();
        let Some((_, asked)) = state.asked.take_if(|(open, _)| open == nonce) else {
            return false;
        };
        let Ok(at) = i64::try_from(at_ms) else {
            return false;
        };
        // It was told somewhere between question and answer: the middle, give or take half.
        let way = reading.ticks.saturating_sub(asked);
        let half = i64::try_from(way / 2).unwrap_or(i64::MAX);
        state.floor = state.floor.max(at);
        state.anchor = Some(Held {
            boot: reading.boot,
            source: AnchorSource::City,
            at: at.saturating_add(half),
            error: u32::try_from(way.div_ceil(2)).unwrap_or(u32::MAX),
            ticks: reading.ticks,
        });
        true
    }

    /// A verified receipt says that it arrived at this second: it is not earlier now.
    pub fn arrived(&self, at: i64) {
        let mut state = self.held();
        state.floor = state.floor.max(at.saturating_mul(1000));
    }
}

impl State {
    fn take_network_time(&mut self, reading: &Reading) {
        let Some(error) = reading.vouched else { return };
        if i128::from(reading.wall) + i128::from(error) + SAME < i128::from(self.floor) {
            self.doubted = true;
            return;
        }
        if let Some(held) = self.anchor.filter(|h| h.boot == reading.boot) {
            let interval = bounds(&held, reading.ticks);
            let (from, until) = (
                i128::from(interval.from) * 1000 - SAME,
                i128::from(interval.until) * 1000 + SAME,
            );
            if !(from..=until).contains(&i128::from(reading.wall)) {
                self.doubted = true;
                return;
            }
            // A city's word stands until the clock that carries it on is less certain than network time.
            let carried = interval.width().saturating_mul(500);
            if i64::from(error) >= carried && held.source == AnchorSource::City {
                return;
            }
        }
        self.anchor = Some(Held {
            boot: reading.boot,
            source: AnchorSource::NetworkTime,
            at: reading.wall,
            error,
            ticks: reading.ticks,
        });
    }

    fn usable(&self, reading: &Reading) -> Result<&Held, Untrusted> {
        let held = self
            .anchor
            .as_ref()
            .filter(|h| h.boot == reading.boot)
            .ok_or(Untrusted::NoAnchor)?;
        let width = bounds(held, reading.ticks).width();
        if width > WIDEST {
            return Err(Untrusted::TooWide { width });
        }
        Ok(held)
    }
}

/// Between which moments it is at these ticks, as a verifier would derive it.
fn bounds(held: &Held, ticks: u64) -> Interval {
    let (from, until) = held
        .claim(0, ticks.max(held.ticks))
        .bounds()
        .unwrap_or((i64::MIN, None));
    Interval {
        from,
        until: until.unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const NOON: i64 = 1_795_300_000;
    const DAY: u64 = 86_400_000;

    /// Clocks that a test sets.
    struct Clocks(Arc<Mutex<Reading>>);

    impl Clocks {
        fn new() -> (Self, TrustedClock) {
            let reading = Reading {
                boot: [1; 8],
                ticks: 5000,
                wall: NOON * 1000,
                vouched: Some(200),
            };
            let shared = Arc::new(Mutex::new(reading));
            let source = Arc::clone(&shared);
            let clock = TrustedClock::new(Arc::new(move || *source.lock().unwrap()), 0);
            (Self(shared), clock)
        }

        fn set(&self, change: impl FnOnce(&mut Reading)) {
            change(&mut self.0.lock().unwrap());
        }

        fn pass(&self, ms: u64) {
            self.set(|r| {
                r.ticks += ms;
                r.wall += i64::try_from(ms).unwrap();
            });
        }
    }

    #[test]
    fn a_calendar_set_wrong_by_days_changes_neither_the_time_nor_the_interval() {
        let (clocks, clock) = Clocks::new();
        assert_eq!(clock.now(), Ok(NOON));
        clocks.pass(DAY / 2);
        for vouched in [None, Some(200)] {
            clocks.set(|r| {
                r.wall += i64::try_from(9 * DAY).unwrap();
                r.vouched = vouched;
            });
            let truth = NOON + 43_200;
            assert!((clock.now().unwrap() - truth).abs() <= 22, "{vouched:?}");
            let interval = clock
                .claim(1)
                .unwrap()
                .interval(truth + 5 * 86_400)
                .unwrap();
            assert!(
                interval.from <= truth && truth <= interval.until && interval.width() < 60,
                "{vouched:?}: {interval:?}"
            );
        }
        assert!(clock.network_time_is_doubted());
    }

    #[test]
    fn without_a_word_since_it_was_switched_on_nothing_is_signed() {
        let (clocks, clock) = Clocks::new();
        assert!(clock.claim(1).is_ok());
        clocks.set(|r| {
            r.boot = [2; 8];
            r.ticks = 10;
            r.vouched = None;
        });
        assert_eq!(clock.claim(2), Err(Untrusted::NoAnchor));
        assert_eq!(clock.now(), Err(Untrusted::NoAnchor));
    }

    #[test]
    fn a_month_alone_is_within_an_hour_and_a_year_alone_is_too_much() {
        let (clocks, clock) = Clocks::new();
        assert!(clock.now().is_ok());
        clocks.set(|r| r.vouched = None);
        clocks.pass(30 * DAY);
        let (_, interval) = clock.certainty().unwrap();
        assert!((2500..2700).contains(&interval.width()), "{interval:?}");
        clocks.pass(335 * DAY);
        assert!(matches!(clock.claim(1), Err(Untrusted::TooWide { .. })));
    }

    #[test]
    fn a_city_tells_the_time_where_network_time_is_blocked_and_an_old_answer_does_not() {
        let (clocks, clock) = Clocks::new();
        clocks.set(|r| {
            r.vouched = None;
            r.wall = 0;
        });
        clock.asking([1; 16]);
        clock.asking([2; 16]);
        clocks.set(|r| r.ticks += 800);
        assert!(!clock.told(&[1; 16], 1_795_300_000_000), "an old question");
        assert!(clock.told(&[2; 16], 1_795_300_000_000));
        assert!(!clock.told(&[2; 16], 1_795_400_000_000), "answered twice");
        let (source, interval) = clock.certainty().unwrap();
        assert_eq!(source, AnchorSource::City);
        assert!(interval.from <= NOON && NOON < interval.until && interval.width() <= 3);
    }

    #[test]
    fn network_time_before_a_receipt_is_not_believed() {
        let (clocks, clock) = Clocks::new();
        clock.arrived(NOON + 3600);
        assert_eq!(clock.now(), Err(Untrusted::NoAnchor));
        assert!(clock.network_time_is_doubted());
        clocks.pass(3_600_000);
        assert!(clock.now().is_ok());
    }

    #[test]
    fn a_citys_word_overrules_network_time_and_not_the_other_way_round() {
        let (clocks, clock) = Clocks::new();
        assert_eq!(clock.now(), Ok(NOON));
        clock.asking([3; 16]);
        clocks.pass(100);
        assert!(clock.told(&[3; 16], 1_795_310_000_000));
        assert_eq!(clock.now(), Ok(NOON + 10_000));
        clocks.pass(60_000);
        assert_eq!(clock.now(), Ok(NOON + 10_060));
        assert!(clock.network_time_is_doubted());
    }
}
