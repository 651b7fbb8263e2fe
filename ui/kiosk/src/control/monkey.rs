//! Touches anywhere, as a child or a sleeve would: half of them on something that reacts, the rest wherever.
//!
//! Knows nothing of pages; whoever orders it says afterwards what must still hold. The same seed makes the same choices,
//! though not the same visit: what the screen shows in between depends on cards and clocks.

use ubugoe_view::{ComponentHandle as _, Screen, drive};

use super::{Reach, chain, on_screen, settled};

/// Touches between two waits for the loop: as fast as fingers could ever be, slow enough that pages change.
const BURST: u32 = 16;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough for fingers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let high = (z ^ (z >> 31)) >> 32;
        u32::try_from(high % u64::from(below.max(1))).unwrap_or_default()
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a window is a few thousand pixels wide"
    )]
    fn along(&mut self, length: f32) -> f32 {
        self.roll(10_000) as f32 / 10_000.0 * length
    }
}

/// Touches the screen so many times, then waits for the loop.
///
/// # Errors
/// What the window or the loop refused, in words.
pub(super) fn run(reach: &Reach, touches: u32, seed: u64) -> Result<(), String> {
    let mut dice = Dice(seed);
    let mut left = touches;
    while left > 0 {
        let burst = left.min(BURST);
        left -= burst;
        dice = on_screen(reach, move |screen| burst_of(screen, burst, dice))?
            .map_err(|error| chain(&error))?;
        settled(reach)?;
    }
    Ok(())
}

fn burst_of(screen: &Screen, touches: u32, mut dice: Dice) -> Result<Dice, drive::DriveError> {
    let window = screen.window();
    let size = window.size().to_logical(window.scale_factor());
    let targets = drive::touchables(screen);
    for _ in 0..touches {
        let anywhere = (dice.along(size.width), dice.along(size.height));
        let count = u32::try_from(targets.len()).unwrap_or(u32::MAX);
        let target = usize::try_from(dice.roll(count))
            .ok()
            .and_then(|n| targets.get(n));
        match (dice.roll(16), target) {
            (0..8, Some(target)) => {
                drive::touch(screen, target.rect.centre(), target.rect.centre())?;
            }
            (8..10, _) => {
                let elsewhere = (dice.along(size.width), dice.along(size.height));
                drive::touch(screen, anywhere, elsewhere)?;
            }
            _ => drive::touch(screen, anywhere, anywhere)?,
        }
    }
    Ok(dice)
}
