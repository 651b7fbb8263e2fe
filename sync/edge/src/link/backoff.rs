//! Growing pauses with jitter, so that a hundred kiosks do not come back in the same second.

use std::time::Duration;

/// Doubles from `min` to `max`; each pause is drawn from its upper half.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) const fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max,
            failures: 0,
        }
    }

    /// The next pause.
    pub(super) fn next(&mut self) -> Duration {
        let whole = self
            .min
            .saturating_mul(1 << self.failures.min(16))
            .min(self.max);
        self.failures = self.failures.saturating_add(1);
        whole / 2 + (whole / 2).mul_f64(fraction())
    }

    /// Begins again with the shortest pause.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Random in 0..1; without random numbers there is no jitter, which harms nobody else.
fn fraction() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_with_jitter_and_stay_below_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for whole in [100, 200, 400, 800, 1000, 1000] {
            let pause = backoff.next();
            assert!(
                pause >= Duration::from_millis(whole / 2),
                "{pause:?} of {whole}"
            );
            assert!(
                pause <= Duration::from_millis(whole),
                "{pause:?} of {whole}"
            );
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(100));
    }
}
