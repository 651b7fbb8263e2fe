//! Random choices that can be thrown again: whoever throws them prints the seed.

/// Xorshift64*: good enough to choose what breaks, and the same on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        // A state of zero would stay there.
        Self(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `below`; 0 when there is none.
    pub const fn below(&mut self, below: u64) -> u64 {
        if below == 0 { 0 } else { self.next() % below }
    }

    /// One of these.
    pub fn of<T: Clone>(&mut self, some: &[T]) -> Option<T> {
        let count = u64::try_from(some.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(self.below(count)).unwrap_or(0);
        some.get(at).cloned()
    }

    /// Heads or tails.
    pub const fn coin(&mut self) -> bool {
        self.next() >> 63 == 1
    }
}
