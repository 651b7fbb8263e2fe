//! Which facilities suit a child, nearest first, and why.
//!
//! A wish that a facility misses does not hide it: those that fit come first, then those that miss one wish, then two, each
//! by distance, and each finding is said. What the list does not tell is no miss; the finding says to ask. Straight lines
//! are not ways: distances are as the crow flies.

mod index;
mod judge;
mod names;
mod towns;

use jiff::civil::Date;

use super::facility::{Clock, FacilityKind, Position, Weekdays};
use super::vacancy::Vacancy;
use crate::text::Text;

pub use index::Index;
pub use towns::{Town, towns};

/// The most facilities that can be asked for, skipped ones included.
pub(super) const MOST: usize = 10_000;

/// What a family looks for. Everything may be left open.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// From where distances are measured.
    pub at: Option<Position>,
    /// How far at most, in metres.
    pub within_m: Option<u32>,
    /// The day of birth and the day of entry.
    pub child: Option<(Date, Date)>,
    /// From when until when care is needed.
    pub hours: Option<(Clock, Clock)>,
    /// On which days; empty if it does not matter.
    pub days: Weekdays,
    /// The most it may cost a month, in yen.
    pub max_fee: Option<u32>,
    /// What licensed care costs this household a month, in yen, if it was computed ([`super::FeeTable`]).
    pub licensed_fee: Option<u32>,
    /// Which kinds; empty for every kind that looks after children day by day.
    pub kinds: Vec<FacilityKind>,
    /// Whether a free place must be known of.
    pub vacancy: bool,
    /// Part of the name or of its reading. Others are left out.
    pub name: Option<String>,
    /// Today, to tell old vacancies.
    pub today: Option<Date>,
    /// After how many days vacancies are old.
    pub fresh_days: u16,
    /// How many of the best to skip.
    pub offset: usize,
    /// How many to hand out.
    pub limit: usize,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            at: None,
            within_m: None,
            child: None,
            hours: None,
            days: Weekdays::default(),
            max_fee: None,
            licensed_fee: None,
            kinds: Vec::new(),
            vacancy: false,
            name: None,
            today: None,
            fresh_days: 45,
            offset: 0,
            limit: 20,
        }
    }
}

/// One thing looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// The kind of facility, and whether it is open to everyone.
    Kind,
    /// The age class.
    Class,
    /// The minimum age on the day of entry.
    MinAge,
    /// Opening hours.
    Hours,
    /// Days of the week.
    Days,
    /// What it costs.
    Fee,
    /// Free places.
    Vacancy,
    /// How far it is.
    Distance,
}

impl Wish {
    /// All, in the order they are told.
    pub const ALL: [Self; 8] = [
        Self::Kind,
        Self::Class,
        Self::MinAge,
        Self::Hours,
        Self::Days,
        Self::Fee,
        Self::Vacancy,
        Self::Distance,
    ];

    /// Its name in answers.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Class => "class",
            Self::MinAge => "min_age",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Fee => "fee",
            Self::Vacancy => "vacancy",
            Self::Distance => "distance",
        }
    }
}

/// How a facility meets a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Met,
    /// It does not.
    Missed,
    /// The list does not say.
    Unknown,
}

/// A wish, how it is met, and the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub wish: Wish,
    /// How.
    pub outcome: Outcome,
    /// In words.
    pub text: Text,
}

/// One facility found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its place in [`Index::facilities`].
    pub facility: usize,
    /// Metres as the crow flies; `None` where one of the two places is not known.
    pub distance_m: Option<u32>,
    /// Every wish that was looked at, in the order of [`Wish::ALL`].
    pub findings: Vec<Finding>,
    /// Free places of the child's class, if a table told, and whether it is old (to be shown grey).
    pub vacancy: Option<(Vacancy, bool)>,
}

impl Hit {
    /// Whether no wish is missed.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.misses() == 0
    }

    fn misses(&self) -> u64 {
        self.findings
            .iter()
            .filter(|finding| finding.outcome == Outcome::Missed)
            .fold(0, |misses, _| misses + 1)
    }
}

/// The facilities asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Best first; equal ones by id.
    pub hits: Vec<Hit>,
    /// Whether there are more behind them.
    pub more: bool,
}
