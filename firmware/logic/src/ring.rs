//! Pictures of the status ring. Patterns differ by which lights are on and when: colour only helps, for one man in twenty
//! does not see it. Nothing flashes faster than once a second (WCAG 2.3.1 allows three).

use smart_leds_trait::RGB8;
use ubugoe_icd::{Pattern, panel::RING};

use crate::Millis;

/// One picture; light 0 is at the top, and they go round clockwise.
pub type Picture = [RGB8; RING];

const GREEN: RGB8 = RGB8::new(40, 200, 90);
const BLUE: RGB8 = RGB8::new(40, 120, 255);
const WHITE: RGB8 = RGB8::new(200, 190, 170);
const AMBER: RGB8 = RGB8::new(255, 140, 0);
const RED: RGB8 = RGB8::new(255, 30, 20);

/// The picture of `pattern` at `now`, at a brightness of 0 to 100.
///
/// Quiet: plain white, half as bright, and nothing moves but what asks for somebody (`Help`, `Trouble`) or is for a technician.
#[must_use]
pub fn picture(pattern: Pattern, quiet: bool, bright: u8, now: Millis) -> Picture {
    let moves = match pattern {
        Pattern::Help | Pattern::Trouble | Pattern::Updating | Pattern::OutOfService => true,
        Pattern::Dark
        | Pattern::Ready
        | Pattern::WantsCard
        | Pattern::KeepCard
        | Pattern::InVisit
        | Pattern::Done
        | Pattern::Closed => !quiet,
    };
    let now = if moves { now } else { 0 };
    let colour = if quiet && pattern != Pattern::Help {
        WHITE
    } else {
        colour(pattern)
    };
    let bright = u32::from(bright.min(100)) / if quiet { 2 } else { 1 };
    let mut picture = [RGB8::default(); RING];
    for (at, light) in (0..).zip(picture.iter_mut()) {
        // In percent. What is lit stays visible however dim the ring is set.
        let level = u32::from(level(pattern, at, now)) * bright / 100;
        let scale = |part: u8| u8::try_from(u32::from(part) * level / 100).unwrap_or(u8::MAX);
        *light = RGB8::new(scale(colour.r), scale(colour.g), scale(colour.b));
    }
    picture
}

const fn colour(pattern: Pattern) -> RGB8 {
    match pattern {
        Pattern::Ready | Pattern::Done => GREEN,
        Pattern::WantsCard | Pattern::KeepCard => BLUE,
        Pattern::Dark | Pattern::InVisit | Pattern::Updating => WHITE,
        Pattern::Trouble | Pattern::Closed => AMBER,
        Pattern::Help | Pattern::OutOfService => RED,
    }
}

/// How bright light `at` is, 0 to 100.
fn level(pattern: Pattern, at: u8, now: Millis) -> u8 {
    let on = |yes: bool| if yes { 100 } else { 0 };
    let half_seconds = now / 500;
    match pattern {
        Pattern::Dark => 0,
        Pattern::Ready => {
            if at.is_multiple_of(2) {
                breath(now)
            } else {
                0
            }
        }
        // The card slot is below.
        Pattern::WantsCard => on(matches!(at, 5..=7) && half_seconds.is_multiple_of(2)),
        // A gap goes round in 2.4 s.
        Pattern::KeepCard => on(u64::from(at) != now / 200 % RING as u64),
        Pattern::InVisit => on(matches!(at, 0..=2 | 10..=11)),
        Pattern::Done => 100,
        Pattern::Trouble => on(at.is_multiple_of(3) && half_seconds.is_multiple_of(2)),
        // Left half and right half take turns.
        Pattern::Help => on((at < 6) == (now / 1000).is_multiple_of(2)),
        Pattern::Closed => on(matches!(at, 0 | 6)),
        // Fills up in six seconds.
        Pattern::Updating => on(u64::from(at) <= half_seconds % RING as u64),
        // A cross.
        Pattern::OutOfService => on(at.is_multiple_of(3)) / 2,
    }
}

/// Up and down between 20 and 100 in four seconds.
fn breath(now: Millis) -> u8 {
    let at = now % 4000;
    let up = if at < 2000 { at } else { 4000 - at };
    u8::try_from(20 + up / 25).unwrap_or(100)
}

/// Everything lights up in turn, for somebody who looks whether it does.
#[must_use]
pub fn test_picture(elapsed: Millis) -> Picture {
    let mut picture = [RGB8::default(); RING];
    for (at, light) in (0..).zip(picture.iter_mut()) {
        if at <= elapsed / 150 {
            *light = WHITE;
        }
    }
    picture
}
