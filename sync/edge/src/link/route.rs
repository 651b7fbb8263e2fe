//! Which broker is next, and which certificate: what the link remembers from one connection to the next.

use std::time::Duration;

use super::backoff::Backoff;

/// Most times a limit is doubled.
const DOUBLINGS: u32 = 3;

/// Goes through the addresses in order, and back to the first one as soon as that is worth trying.
#[derive(Debug)]
pub(super) struct Route {
    count: usize,
    at: usize,
    stalls: u32,
    home: Backoff,
}

impl Route {
    /// `home`: how long another than the first one is kept before the first is looked for.
    pub(super) fn new(count: usize, home: Duration) -> Self {
        Self {
            count,
            at: 0,
            stalls: 0,
            home: Backoff::new(home, home.saturating_mul(1 << DOUBLINGS)),
        }
    }

    /// Index of the address that is next.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// How long to stay before a better one is looked for; longer each time it was in vain.
    pub(super) fn stay(&mut self) -> Duration {
        self.home.next()
    }

    /// By how much the watchdog's limit is lengthened: a line too slow for it would be cut for ever otherwise.
    pub(super) const fn patience(&self) -> u32 {
        1 << self.stalls
    }

    /// A better one answers.
    pub(super) fn go_home(&mut self, to: usize) {
        self.at = to.min(self.at);
    }

    /// A connection was of use and has ended: the first address is the preferred one.
    pub(super) fn useful(&mut self) {
        if self.at == 0 {
            self.home.reset();
        }
        self.at = 0;
        self.stalls = 0;
    }

    /// A connection or an attempt was in vain.
    pub(super) fn vain(&mut self, stalled: bool) {
        self.at = (self.at + 1) % self.count.max(1);
        if stalled {
            self.stalls = (self.stalls + 1).min(DOUBLINGS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_tried_in_order_and_the_first_again_after_use() {
        let mut route = Route::new(3, Duration::from_secs(8));
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(route.at());
            route.vain(false);
        }
        assert_eq!(seen, [0, 1, 2, 0]);
        assert_eq!(route.at(), 1);
        route.useful();
        assert_eq!(route.at(), 0);
    }

    #[test]
    fn each_way_home_in_vain_makes_the_next_stay_longer_and_a_use_of_the_first_shorter() {
        let mut route = Route::new(2, Duration::from_secs(8));
        let mut longest = Duration::ZERO;
        for _ in 0..6 {
            route.vain(false);
            longest = longest.max(route.stay());
            route.go_home(0);
        }
        assert!((32..=64).contains(&longest.as_secs()), "{longest:?}");
        route.useful();
        assert!(route.stay() <= Duration::from_secs(8));
    }

    #[test]
    fn the_watchdog_gets_patience_from_stalls_and_loses_it_when_something_moved() {
        let mut route = Route::new(1, Duration::from_secs(8));
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(route.patience());
            route.vain(true);
        }
        assert_eq!(seen, [1, 2, 4, 8, 8]);
        route.useful();
        assert_eq!(route.patience(), 1);
    }
}
