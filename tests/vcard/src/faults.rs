//! What can go wrong between card and reader, as a plan that counts APDUs. Pure: it says what is to happen at an APDU
//! and leaves the doing to the simulated reader.

use std::time::Duration;

/// What happens at one APDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The card leaves before it sees the command.
    PullBefore,
    /// The card does what it was told (a wrong PIN is counted) and leaves before the answer arrives.
    PullDuring,
    /// The answer arrives, then the card leaves.
    PullAfter,
    /// This status word instead of doing anything.
    Status(u16),
    /// The card works but stays silent until it is removed, or answers after this long.
    Mute(Option<Duration>),
    /// Noise of the right length; the status word stays if there was data, and turns to noise if there was none.
    Garbage,
    /// Only this many first bytes of the answer.
    Truncate(usize),
    /// Another card lies there, without the reader noticing; the command goes to it.
    Swap(String),
}

/// What a fault's APDU number is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// From now: 1 is the next APDU.
    Now,
    /// From insertion: 1 is the first APDU after the card is (or was) put down.
    Insertion,
}

/// One planned fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which APDU, counted from 1.
    pub at: u64,
    /// Counted from where.
    pub from: From,
    /// What happens.
    pub effect: Effect,
}

impl Fault {
    /// A fault at the `at`-th APDU from now.
    #[must_use]
    pub fn next(at: u64, effect: Effect) -> Self {
        Self {
            at,
            from: From::Now,
            effect,
        }
    }

    /// A fault at the `at`-th APDU after insertion.
    #[must_use]
    pub fn after_insertion(at: u64, effect: Effect) -> Self {
        Self {
            at,
            from: From::Insertion,
            effect,
        }
    }
}

/// The faults still to come, and how many APDUs this insertion has seen.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    seen: u64,
    armed: Vec<(u64, Effect)>,
}

impl Plan {
    /// A card was put down: counting starts again, armed faults stay.
    pub(crate) fn inserted(&mut self) {
        self.seen = 0;
    }

    pub(crate) fn arm(&mut self, fault: Fault) {
        let at = match fault.from {
            From::Now => self.seen.saturating_add(fault.at),
            From::Insertion => fault.at,
        };
        self.armed.push((at, fault.effect));
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    pub(crate) fn waiting(&self) -> usize {
        self.armed.len()
    }

    /// Counts one APDU and gives the first fault armed for it; each fault happens once.
    pub(crate) fn step(&mut self) -> Option<Effect> {
        self.seen += 1;
        let due = self.armed.iter().position(|(at, _)| *at == self.seen)?;
        Some(self.armed.remove(due).1)
    }
}

/// Noise that is the same in every run.
pub(crate) fn garble(answer: &mut [u8]) {
    let keep = if answer.len() > 2 { 2 } else { 0 };
    let noisy = answer.len() - keep;
    let mut state = 0x2F_u8;
    for byte in answer.iter_mut().take(noisy) {
        state = state.wrapping_mul(13).wrapping_add(101);
        *byte = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_counted_from_now_or_from_insertion_happens_once_at_its_apdu() {
        let mut plan = Plan::default();
        plan.arm(Fault::after_insertion(2, Effect::Garbage));
        assert_eq!(plan.step(), None);
        plan.arm(Fault::next(1, Effect::PullBefore));
        assert_eq!(plan.step(), Some(Effect::Garbage));
        assert_eq!(plan.waiting(), 1);
        plan.inserted();
        assert_eq!(plan.step(), None);
        assert_eq!(plan.step(), Some(Effect::PullBefore));
        assert_eq!(plan.step(), None);
    }

    #[test]
    fn garbage_keeps_the_status_word_of_an_answer_with_data_only() {
        let mut with_data = [0, 0, 0, 0x90, 0x00];
        garble(&mut with_data);
        assert_eq!(with_data[3..], [0x90, 0x00]);
        assert_ne!(with_data[..3], [0, 0, 0]);
        let mut bare = [0x90, 0x00];
        garble(&mut bare);
        assert_ne!(bare, [0x90, 0x00]);
    }
}
