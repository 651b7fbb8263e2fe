//! The PIN pad's memory: the only place in this process where a PIN is, for as long as it is being typed.
//!
//! Zeroised when cleared, taken or dropped. The view gets a count, never a character.

use zeroize::{Zeroize, Zeroizing};

/// Longest secret there is: the signature password (16 characters).
const CAPACITY: usize = 16;

/// Characters typed so far.
pub struct Pad {
    typed: Zeroizing<String>,
}

impl Default for Pad {
    fn default() -> Self {
        // Full capacity from the start: a growing string would leave copies behind.
        Self {
            typed: Zeroizing::new(String::with_capacity(CAPACITY)),
        }
    }
}

impl std::fmt::Debug for Pad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pad({} typed)", self.len())
    }
}

impl Pad {
    /// Takes one key; anything but an ASCII letter or digit, and anything beyond `limit`, is ignored.
    pub fn press(&mut self, key: char, limit: usize) {
        if key.is_ascii_alphanumeric() && self.typed.len() < limit.min(CAPACITY) {
            self.typed.push(key.to_ascii_uppercase());
        }
    }

    /// Takes the last key back.
    pub fn backspace(&mut self) {
        if let Some(mut last) = self.typed.pop() {
            last.zeroize();
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.typed.zeroize();
    }

    /// How many characters are typed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.typed.len()
    }

    /// Whether nothing is typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// Hands the secret over and forgets it.
    #[must_use]
    pub fn take(&mut self) -> Zeroizing<String> {
        let taken = Zeroizing::new(self.typed.as_str().to_owned());
        self.clear();
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::Pad;

    #[test]
    fn the_pad_folds_to_upper_case_and_stops_at_its_limit() {
        let mut pad = Pad::default();
        for key in "ab1!2cdあ".chars() {
            pad.press(key, 4);
        }
        assert_eq!(pad.len(), 4);
        assert_eq!(pad.take().as_str(), "AB12");
        assert!(pad.is_empty());
    }

    #[test]
    fn debug_shows_a_count_and_no_character() {
        let mut pad = Pad::default();
        pad.press('7', 4);
        assert_eq!(format!("{pad:?}"), "Pad(1 typed)");
    }
}
