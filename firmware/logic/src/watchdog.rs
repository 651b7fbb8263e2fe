//! Whether the kiosk lives. Silent for ten seconds: the panel says "out of service". Silent for two minutes: its power is cut and
//! given back, at most three times in an hour, for a device that does not come up is not helped by being beaten.
//!
//! ```text
//!            heard                silent 120 s (300 s while it starts), fewer than 3 cuts in the hour
//!  Starting ───────> Hearing ────────────────────────────────────────────────────> Cut ──5 s──> Starting
//!     ^                 │ leave(n)
//!     └──── n s ── Left <┘
//! ```

use crate::Millis;

/// Silent for so long, and the panel says so.
pub const SILENT: Millis = 10_000;
/// Silent for so long after it had spoken, and it hangs.
pub const HUNG: Millis = 120_000;
/// So long may it take from power to its first word: a check of the disk included.
pub const STARTING: Millis = 300_000;
/// So long without power.
pub const OFF: Millis = 5_000;
/// Most cuts in an hour.
pub const MOST: usize = 3;

const HOUR: Millis = 3_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Starting { since: Millis },
    Hearing { last: Millis },
    Left { until: Millis },
    Cut { since: Millis },
}

/// What follows for the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Show "out of service".
    pub out_of_service: bool,
    /// Whether the kiosk has power.
    pub power: bool,
}

/// The watch over one kiosk.
#[derive(Debug)]
pub struct Watchdog {
    state: State,
    /// When the last cuts were.
    cuts: [Option<Millis>; MOST],
    count: u16,
}

impl Watchdog {
    /// The kiosk was given power together with the panel.
    #[must_use]
    pub const fn new(now: Millis) -> Self {
        Self {
            state: State::Starting { since: now },
            cuts: [None; MOST],
            count: 0,
        }
    }

    /// The kiosk said something that makes sense.
    pub fn heard(&mut self, now: Millis) {
        if !matches!(self.state, State::Cut { .. }) {
            self.state = State::Hearing { last: now };
        }
    }

    /// The kiosk will be silent on purpose.
    pub fn leave(&mut self, for_ms: Millis, now: Millis) {
        if !matches!(self.state, State::Cut { .. }) {
            self.state = State::Left {
                until: now + for_ms,
            };
        }
    }

    /// How often power was cut since the panel started.
    #[must_use]
    pub const fn cuts(&self) -> u16 {
        self.count
    }

    /// What is to be done now.
    pub fn tick(&mut self, now: Millis) -> Verdict {
        match self.state {
            State::Cut { since } if now.saturating_sub(since) >= OFF => {
                self.state = State::Starting { since: now };
            }
            State::Starting { since } if now.saturating_sub(since) >= STARTING => self.cut(now),
            State::Hearing { last } if now.saturating_sub(last) >= HUNG => self.cut(now),
            State::Left { until } if now >= until => self.state = State::Starting { since: now },
            State::Cut { .. }
            | State::Starting { .. }
            | State::Hearing { .. }
            | State::Left { .. } => {}
        }
        Verdict {
            out_of_service: match self.state {
                State::Starting { .. } | State::Cut { .. } => true,
                State::Hearing { last } => now.saturating_sub(last) >= SILENT,
                State::Left { .. } => false,
            },
            power: !matches!(self.state, State::Cut { .. }),
        }
    }

    fn cut(&mut self, now: Millis) {
        let free = |at: &Option<Millis>| at.is_none_or(|at| now.saturating_sub(at) >= HOUR);
        let Some(place) = self.cuts.iter_mut().find(|at| free(at)) else {
            return;
        };
        *place = Some(now);
        self.count = self.count.saturating_add(1);
        self.state = State::Cut { since: now };
    }
}
