//! Whether somebody is in front of the device, from single distances that jump.
//!
//! Near is nearer than 80 cm twice in a row; gone is farther than 120 cm for three seconds. Between the two nothing changes,
//! so nobody who sways wakes the screen again and again. A sensor that fails three times is silent, and is started anew every ten
//! seconds.

use ubugoe_icd::Presence;

use crate::{
    Millis,
    eye::{Eye, EyeSilent},
};

/// Nearer than this is near, in millimetres.
pub const NEAR: u16 = 800;
/// Farther than this is gone, in millimetres.
pub const FAR: u16 = 1200;
/// So long without anybody near, and they are gone.
pub const GONE_AFTER: Millis = 3_000;
/// Between two looks.
pub const EVERY: Millis = 100;
/// Between two starts of a silent sensor.
pub const RESTART_EVERY: Millis = 10_000;

/// A sensor, and what it was taken to say.
#[derive(Debug)]
pub struct Watcher<E> {
    eye: E,
    said: Presence,
    near_in_a_row: u8,
    failed_in_a_row: u8,
    last_near: Millis,
    next_look: Millis,
    /// Until it was started, there is nothing to look at.
    started: bool,
}

impl<E: Eye> Watcher<E> {
    /// Before the first look.
    pub const fn new(eye: E) -> Self {
        Self {
            eye,
            said: Presence::Unknown,
            near_in_a_row: 0,
            failed_in_a_row: 0,
            last_near: 0,
            next_look: 0,
            started: false,
        }
    }

    /// Looks when it is time to, and says whether somebody is there.
    pub fn look(&mut self, now: Millis) -> Presence {
        if now < self.next_look {
            return self.said;
        }
        self.next_look = now + EVERY;
        let seen = if self.started {
            self.eye.look()
        } else {
            self.eye.start().map(|()| None)
        };
        match seen {
            Ok(distance) => {
                if !self.started {
                    self.started = true;
                    self.said = Presence::Nobody;
                }
                self.failed_in_a_row = 0;
                if let Some(distance) = distance {
                    self.saw(distance, now);
                }
            }
            Err(EyeSilent) => self.failed(now),
        }
        self.said
    }

    fn saw(&mut self, distance: u16, now: Millis) {
        if distance < NEAR {
            self.near_in_a_row = self.near_in_a_row.saturating_add(1);
        } else {
            self.near_in_a_row = 0;
        }
        if distance <= FAR {
            self.last_near = now;
        }
        let somebody = matches!(self.said, Presence::Somebody { .. });
        if self.near_in_a_row >= 2 || somebody && distance <= FAR {
            self.said = Presence::Somebody { distance };
        } else if now.saturating_sub(self.last_near) >= GONE_AFTER {
            self.said = Presence::Nobody;
        }
    }

    fn failed(&mut self, now: Millis) {
        self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
        if self.failed_in_a_row >= 3 || !self.started {
            self.started = false;
            self.near_in_a_row = 0;
            self.said = Presence::Unknown;
            self.next_look = now + RESTART_EVERY;
        }
    }
}
