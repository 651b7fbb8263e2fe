//! Short tones, one after the other. The pitch is the board's; here is only when it sounds.

use ubugoe_icd::Sound;

use crate::Millis;

/// What sounds now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Player {
    playing: Option<(Sound, Millis)>,
}

impl Player {
    /// Silence.
    #[must_use]
    pub const fn new() -> Self {
        Self { playing: None }
    }

    /// Begins; what sounded before ends.
    pub fn play(&mut self, sound: Sound, now: Millis) {
        self.playing = Some((sound, now));
    }

    /// Silence, at once.
    pub fn stop(&mut self) {
        self.playing = None;
    }

    /// Whether the buzzer is on, and how loud in percent of the duty that is loudest.
    #[must_use]
    pub fn loudness(&mut self, now: Millis) -> u8 {
        let Some((sound, since)) = self.playing else {
            return 0;
        };
        let at = now.saturating_sub(since);
        let tones: &[(Millis, Millis, u8)] = match sound {
            Sound::Tick => &[(0, 30, 60)],
            Sound::Joy => &[(0, 90, 50), (130, 300, 80)],
            Sound::Attention => &[(0, 150, 80), (300, 450, 80)],
        };
        if tones.iter().all(|(_, end, _)| at >= *end) {
            self.playing = None;
        }
        let now = tones
            .iter()
            .find(|(from, end, _)| (*from..*end).contains(&at));
        now.map_or(0, |(_, _, loud)| *loud)
    }
}
