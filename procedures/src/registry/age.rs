//! For which ages a scheme is, and which days that means for a child.
//!
//! The published bounds are in full years and months. `lessThanOrEqualTo` N years lasts until the day before the (N + 1)th
//! birthday; with months, until the day before the next month of age. `lessThan` ends the day before the age named.
//! Days are counted as everywhere in this crate (R-MONTH: a child born on 29 February has its birthday on 1 March of a
//! common year).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::ProblemKind;
use super::record::{Age, Target};
use crate::calendar::{last_day_of_months, plus_days};

/// The oldest age a bound may name, in years.
pub(super) const MAX_YEARS: u16 = 130;

/// Ages in full months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, JsonSchema)]
pub struct AgeBounds {
    /// From this age on; `null` without a lower bound.
    pub from_months: Option<u16>,
    /// Below this age; `null` without an upper bound.
    pub below_months: Option<u16>,
}

/// Days for one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct AgeWindow {
    /// The first day; `null` without a lower bound: then it may begin before the birth.
    pub from: Option<Date>,
    /// The last day; `null` without an upper bound.
    pub to: Option<Date>,
}

impl AgeBounds {
    /// The bounds a record states. Where two of them say the same side, or "over N" could be read in two ways, the wider
    /// reading is taken, so that nothing is hidden from somebody who may have it.
    pub(super) fn of(target: &Target, mut problem: impl FnMut(ProblemKind)) -> Self {
        let at_least = months(&target.greater_than_or_equal_to);
        let over = months(&target.greater_than);
        let below = months(&target.less_than).filter(|&months| {
            // "Under 0 months" is nobody who is born; in the published data it stands for pregnancy.
            if months == 0 {
                problem(ProblemKind::AgeAmbiguous);
            }
            months > 0
        });
        let at_most = including(&target.less_than_or_equal_to);
        if over.is_some() || (below.is_some() && at_most.is_some()) {
            problem(ProblemKind::AgeAmbiguous);
        }
        let from_months = [at_least, over].into_iter().flatten().min();
        let below_months = [below, at_most].into_iter().flatten().max();
        if let (Some(from), Some(below)) = (from_months, below_months)
            && from >= below
        {
            problem(ProblemKind::AgeContradiction);
            return Self::default();
        }
        Self {
            from_months,
            below_months,
        }
    }

    /// Whether there is no bound.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.from_months.is_none() && self.below_months.is_none()
    }

    /// The days on which a child is of these ages.
    #[must_use]
    pub fn window(&self, birth: Date) -> AgeWindow {
        AgeWindow {
            from: self
                .from_months
                .map(|months| plus_days(last_day_of_months(birth, months), 1)),
            to: self
                .below_months
                .map(|months| last_day_of_months(birth, months)),
        }
    }
}

fn months(age: &Age) -> Option<u16> {
    if age.target_age.is_none() && age.target_age_of_months.is_none() {
        return None;
    }
    let years = age.target_age.unwrap_or(0);
    Some(
        years
            .saturating_mul(12)
            .saturating_add(age.target_age_of_months.unwrap_or(0)),
    )
}

/// The first month of age above a bound that includes the age it names.
fn including(age: &Age) -> Option<u16> {
    match (age.target_age, age.target_age_of_months) {
        (Some(years), None) => Some(years.saturating_add(1).saturating_mul(12)),
        (_, Some(_)) => months(age).map(|months| months.saturating_add(1)),
        (None, None) => None,
    }
}
