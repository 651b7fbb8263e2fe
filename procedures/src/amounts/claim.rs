//! When the child allowance begins and ends (児童手当法8).
//!
//! It begins with the month after the claim; a claim within fifteen days of the event (R-DAY0, R-ROLL) counts as made in
//! the month of the event. It ends with the month in which its reason ceased. Nothing here knows what a month is worth.

use jiff::civil::Date;

use super::deadlines::PeriodRule;
use super::month::MonthNumber;
use crate::calendar::{Calendar, CalendarError};

/// What an event does to an entitlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClaimEvent {
    /// It gives one: a birth, moving in, taking a child into care.
    Begins,
    /// It ends one: a death, moving away, losing custody.
    Ends,
    /// Another office pays from then on: one entitlement ends and another has to be claimed.
    Passes,
}

/// By when to claim, and from when it is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimWindow {
    /// The last day on which a claim still counts as made in the month of the event.
    pub special_limit: Date,
    /// The first month paid for; `None` without a claim.
    pub first_month: Option<MonthNumber>,
}

/// The window that an event opens.
///
/// A claim after the limit that still lies in the month of the event loses nothing: the month after it is the same.
///
/// # Errors
/// [`CalendarError`] when the limit cannot be rolled to an opening day.
pub fn claim_window(
    event: Date,
    claim: Option<Date>,
    rule: &PeriodRule,
    calendar: &Calendar<'_>,
) -> Result<ClaimWindow, CalendarError> {
    let special_limit = rule.deadline(event, calendar)?;
    let first_month = claim.map(|claim| {
        let counted = if claim <= special_limit { event } else { claim };
        MonthNumber::of(counted).plus(1)
    });
    Ok(ClaimWindow {
        special_limit,
        first_month,
    })
}
