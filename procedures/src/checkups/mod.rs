//! Health check-ups, newborn tests and visits: on which days each takes place, and booking a place for one.
//!
//! The facts stand in `catalogue/checkups.toml`; this module counts days and keeps the book. Results never have a place
//! here, only that something is due or done. Pure: no clock, and the book is a value that whoever holds it stores.
//!
//! | status | meaning |
//! |---|---|
//! | [`Upcoming`](Status::Upcoming) | its first day has not come |
//! | [`Open`](Status::Open) | it can take place today |
//! | [`LastDay`](Status::LastDay) | today is its last day |
//! | [`Closed`](Status::Closed) | its last day has passed |
//! | [`Exception`](Status::Exception) | a stay in hospital outlasts the window: the municipality of residence decides, so no last day is said |
//! | [`Done`](Status::Done) | it took place |

mod booking;
mod data;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

pub use booking::{
    Book, Booking, BookingError, BookingId, BookingState, Cover, Hold, Slot, SlotId,
};
pub use data::{
    BookingRules, Checkup, CheckupNote, Checkups, CheckupsError, Held, WhenAdmitted, Window,
};

use crate::milestone::Anchors;

/// Where a check-up stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its first day has not come.
    Upcoming,
    /// It can take place today.
    Open,
    /// Today is its last day.
    LastDay,
    /// Its last day has passed.
    Closed,
    /// A stay in hospital outlasts the window.
    Exception,
    /// It took place.
    Done,
}

/// What is known of the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// Date of birth.
    pub birth: Date,
    /// Last day in hospital, where the child is or was admitted.
    pub admitted_until: Option<Date>,
}

/// Where one check-up stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Its status.
    pub status: Status,
    /// First day.
    pub from: Date,
    /// Last day; `None` where the municipality decides.
    pub to: Option<Date>,
    /// Remarks.
    pub notes: Vec<CheckupNote>,
}

impl Checkup {
    /// Where it stands on a day; `done` is the day it took place.
    #[must_use]
    pub fn outlook(&self, child: Child, done: Option<Date>, as_of: Date) -> Outlook {
        let (from, to) = self.days(child.birth);
        let mut notes = Vec::new();
        if self.held == Held::Municipal {
            notes.push(CheckupNote::Municipal);
        }
        let inside = child.admitted_until.filter(|until| *until >= from);
        let (mut from, mut to) = (from, Some(to));
        if let Some(discharge) = inside {
            let outlasts = to.is_some_and(|to| discharge >= to);
            match self.when_admitted {
                WhenAdmitted::Unaffected => notes.push(CheckupNote::InHospital),
                WhenAdmitted::Exception if outlasts => {
                    notes.push(CheckupNote::AdmittedThrough);
                    (from, to) = (discharge, None);
                }
                WhenAdmitted::Later if outlasts => {
                    notes.push(CheckupNote::AfterDischarge);
                    (from, to) = (discharge, None);
                }
                WhenAdmitted::Exception | WhenAdmitted::Later => {
                    notes.push(CheckupNote::AfterDischarge);
                    from = discharge;
                }
            }
        }
        let status = match to {
            _ if done.is_some_and(|day| day <= as_of) => Status::Done,
            None => Status::Exception,
            Some(to) if as_of > to => Status::Closed,
            Some(to) if as_of == to => Status::LastDay,
            Some(_) if as_of < from => Status::Upcoming,
            Some(_) => Status::Open,
        };
        Outlook {
            status,
            from,
            to,
            notes,
        }
    }

    /// First and last day for a child.
    #[must_use]
    pub fn days(&self, birth: Date) -> (Date, Date) {
        let anchors = Anchors {
            birth: Some(birth),
            due: None,
        };
        // Loading refuses windows that are counted from anything but the birth.
        let day = |milestone: crate::milestone::Milestone| milestone.day(anchors).unwrap_or(birth);
        (day(self.window.from), day(self.window.to))
    }
}
