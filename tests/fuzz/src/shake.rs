//! The engine of the ordinary test run: real inputs, changed at random from a fixed seed, for a bounded number of cases.
//!
//! It does not look at coverage. What libFuzzer found with coverage lies in the corpus, and from there this engine goes
//! on; it needs no special compiler and repeats itself exactly.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::edits::{Source, edit};
use crate::{Target, Verdict};

/// Random numbers that are the same in each run (SplitMix64, Steele et al. 2014).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(count + 8);
        while out.len() < count {
            out.extend(self.next().to_le_bytes());
        }
        out.truncate(count);
        out
    }
}

/// How often it ran, and how often something was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Inputs tried.
    pub cases: usize,
    /// Of these, taken.
    pub taken: usize,
    /// The longest that one input took.
    pub slowest: Duration,
}

/// An input for which a property does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// Number of the case, from one; with the seed it says which.
    pub case: usize,
    /// The input.
    pub bytes: Vec<u8>,
    /// What the target said.
    pub why: String,
}

/// Runs one input and turns a panic into what it said.
pub fn attempt(target: &Target, bytes: &[u8]) -> Result<Verdict, String> {
    catch_unwind(AssertUnwindSafe(|| target.check(bytes))).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without words".to_owned())
    })
}

/// So many inputs are tried whatever the time: on any machine the first ones are the same.
const LEAST: usize = 16;

/// How long a run may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Inputs in all; fewer when `limit` is over.
    pub cases: usize,
    /// No new input is begun after so long.
    pub limit: Duration,
    /// An input that takes longer, twice in a row, is a find.
    pub slowest: Duration,
}

/// Shakes a target: first the seeds as they are, then changed ones. Case `n` is the same in each run.
///
/// # Errors
/// The first [`Find`].
pub fn shake(
    target: &Target,
    seeds: &[Vec<u8>],
    seed: u64,
    bounds: Bounds,
) -> Result<Report, Find> {
    let Bounds {
        cases,
        limit,
        slowest,
    } = bounds;
    let start = Instant::now();
    let mut random = Random::new(seed);
    let mut report = Report::default();
    let mut whole = seeds.iter();
    while report.cases < cases && (report.cases < seeds.len() + LEAST || start.elapsed() < limit) {
        let next = whole.next().cloned();
        let bytes = next.unwrap_or_else(|| invent(target, seeds, &mut random));
        report.cases += 1;
        match timed(target, &bytes, slowest) {
            Ok((verdict, took)) => {
                report.taken += usize::from(verdict == Verdict::Taken);
                report.slowest = report.slowest.max(took);
            }
            Err(why) => {
                return Err(Find {
                    case: report.cases,
                    bytes,
                    why,
                });
            }
        }
    }
    Ok(report)
}

/// One input and its time. The machine may have been busy with something else, so a slow one gets a second go.
fn timed(target: &Target, bytes: &[u8], slowest: Duration) -> Result<(Verdict, Duration), String> {
    let mut took = Duration::ZERO;
    for _ in 0..2 {
        let began = Instant::now();
        let verdict = attempt(target, bytes)?;
        took = began.elapsed();
        if took <= slowest {
            return Ok((verdict, took));
        }
    }
    Err(format!(
        "it took {took:.1?}, at most {slowest:.1?} may pass"
    ))
}

fn invent(target: &Target, seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let (one, other) = (random.below(seeds.len()), random.below(seeds.len()));
    let none = Vec::new();
    let mut bytes = match random.below(32) {
        0 => {
            let count = random.below(64);
            random.bytes(count)
        }
        _ => seeds.get(one).unwrap_or(&none).clone(),
    };
    let other = seeds.get(other).unwrap_or(&none);
    // Mostly one or two changes: more than that is refused at the first of them.
    let changes = match random.below(8) {
        0..=3 => 1,
        4..=5 => 2,
        6 => 4,
        _ => random.below(16),
    };
    for _ in 0..changes {
        let instruction = random.bytes(24);
        edit(&mut bytes, other, &mut Source::new(&instruction));
    }
    bytes.truncate(target.longest);
    bytes
}
