//! Booking a place for a check-up: places with a capacity, a hold while the family decides, cancelling until the day
//! before, reminders, and who pays.
//!
//! ```text
//!            hold                confirm
//!   (free) ───────▶ held ──────────────────▶ confirmed ───▶ attended
//!                     │ ten minutes, or           │ until the day before
//!                     │ given back                │
//!                     ▼                           ▼
//!                  (free)                     cancelled
//! ```
//!
//! A child has one active booking of a kind. Every function takes the time; a hold runs out without anybody calling.
//! The book is a value: it must not outlive its store, and it knows no name, only the child's opaque reference.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::data::{BookingRules, Checkup};
use super::{Child, Status};
use crate::calendar::plus_days;
use crate::ids::MunicipalityCode;

/// A place's reference, given by the facility.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotId(pub String);

/// A booking's number within its book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BookingId(pub u64);

/// A time at a facility with places for one check-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its reference.
    pub id: SlotId,
    /// The facility's code.
    pub facility: String,
    /// Which check-up.
    pub checkup: String,
    /// When it begins, Japan Standard Time.
    pub start: DateTime,
    /// How long it takes, in minutes.
    pub minutes: u16,
    /// How many children at once.
    pub capacity: u16,
    /// Days after birth, first and last, where the facility takes a narrower span than the check-up's window.
    pub days_after_birth: Option<(u16, u16)>,
    /// Municipalities whose vouchers the facility takes.
    pub contracts: BTreeSet<MunicipalityCode>,
}

impl Slot {
    /// Whether this place is one for this child at all: the check-up, its window, and that it has not begun.
    ///
    /// # Errors
    /// [`BookingError`]: what the family can be told.
    pub fn takes(
        &self,
        checkup: &Checkup,
        facts: Child,
        now: DateTime,
    ) -> Result<(), BookingError> {
        fits(self, checkup, facts, now)
    }

    /// Who pays for a child of this municipality.
    #[must_use]
    pub fn cover(&self, home: &MunicipalityCode) -> Cover {
        if self.contracts.contains(home) {
            Cover::Voucher
        } else {
            Cover::Refund
        }
    }

    /// The last day on which a confirmed booking can be cancelled or changed.
    #[must_use]
    pub fn last_change(&self, rules: &BookingRules) -> Date {
        plus_days(self.start.date(), -i32::from(rules.cancel_days_before))
    }
}

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cover {
    /// The voucher of the municipality of residence is taken.
    Voucher,
    /// Paid first and refunded by the municipality of residence (里帰り: a facility without a contract).
    Refund,
}

/// How far a booking has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// Held until a time, not included.
    Held {
        /// The time.
        until: DateTime,
    },
    /// Confirmed.
    Confirmed,
    /// Cancelled, or given back.
    Cancelled,
    /// The child came.
    Attended,
}

/// A child's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its number.
    pub id: BookingId,
    /// The child's opaque reference.
    pub child: String,
    /// Which check-up.
    pub checkup: String,
    /// Which place.
    pub slot: SlotId,
    /// Who pays.
    pub cover: Cover,
    /// How far it has come.
    pub state: BookingState,
}

/// A request for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold<'a> {
    /// The check-up; its window decides.
    pub checkup: &'a Checkup,
    /// The child's opaque reference.
    pub child: &'a str,
    /// What is known of the child.
    pub facts: Child,
    /// The municipality of residence.
    pub home: &'a MunicipalityCode,
    /// Which place.
    pub slot: &'a SlotId,
}

/// Why a booking cannot be made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookingError {
    /// No such place.
    #[error("no slot {0:?}")]
    NoSlot(SlotId),
    /// No such booking.
    #[error("no booking {0:?}")]
    NoBooking(BookingId),
    /// A place with that reference is there already.
    #[error("slot {0:?} is there already")]
    SlotTwice(SlotId),
    /// The place is for another check-up.
    #[error("the slot is for {slot}, not for {asked}")]
    OtherCheckup {
        /// What it is for.
        slot: String,
        /// What was asked for.
        asked: String,
    },
    /// The check-up is not booked by families.
    #[error("{checkup} is not booked")]
    NotBooked {
        /// The check-up.
        checkup: String,
    },
    /// The place's day lies outside the child's window.
    #[error("{day} lies outside {from} to {to:?}")]
    OutsideWindow {
        /// The day.
        day: Date,
        /// First day.
        from: Date,
        /// Last day, where there is one.
        to: Option<Date>,
    },
    /// The time has come or passed.
    #[error("it began at {start}")]
    Begun {
        /// When.
        start: DateTime,
    },
    /// No place is left.
    #[error("no place left")]
    Full,
    /// The child has a booking of this kind.
    #[error("the child has booking {0:?} already")]
    AlreadyBooked(BookingId),
    /// The hold has run out.
    #[error("the hold ran out at {until}")]
    HoldRanOut {
        /// When.
        until: DateTime,
    },
    /// Only until the day before.
    #[error("could be cancelled until {last}")]
    TooLate {
        /// The last day.
        last: Date,
    },
    /// What was asked does not follow from the booking's state.
    #[error("the booking is {state:?}")]
    State {
        /// Its state.
        state: BookingState,
    },
}

/// Places and bookings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Book {
    slots: BTreeMap<SlotId, Slot>,
    bookings: BTreeMap<BookingId, Booking>,
    by_slot: BTreeMap<SlotId, Vec<BookingId>>,
    by_child: BTreeMap<String, Vec<BookingId>>,
}

impl Book {
    /// Adds a place.
    ///
    /// # Errors
    /// [`BookingError::SlotTwice`].
    pub fn add(&mut self, slot: Slot) -> Result<(), BookingError> {
        if self.slots.contains_key(&slot.id) {
            return Err(BookingError::SlotTwice(slot.id));
        }
        self.slots.insert(slot.id.clone(), slot);
        Ok(())
    }

    /// A booking.
    #[must_use]
    pub fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.get(&id)
    }

    /// Places left at a time: capacity without confirmed ones, holds that still run and children who came.
    #[must_use]
    pub fn places_left(&self, slot: &SlotId, now: DateTime) -> usize {
        let capacity = self
            .slots
            .get(slot)
            .map_or(0, |slot| usize::from(slot.capacity));
        let taken = self
            .of(self.by_slot.get(slot))
            .filter(|booking| takes_a_place(booking.state, now))
            .count();
        capacity.saturating_sub(taken)
    }

    /// The places a child can be booked for, by time.
    #[must_use]
    pub fn open_slots(&self, checkup: &Checkup, facts: Child, now: DateTime) -> Vec<&Slot> {
        let mut open: Vec<&Slot> = self
            .slots
            .values()
            .filter(|slot| fits(slot, checkup, facts, now).is_ok())
            .filter(|slot| self.places_left(&slot.id, now) > 0)
            .collect();
        open.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        open
    }

    /// Holds a place while the family decides.
    ///
    /// # Errors
    /// [`BookingError`]: what the family can be told, nothing changed.
    pub fn hold(
        &mut self,
        request: &Hold<'_>,
        rules: &BookingRules,
        now: DateTime,
    ) -> Result<Booking, BookingError> {
        let slot = self
            .slots
            .get(request.slot)
            .ok_or_else(|| BookingError::NoSlot(request.slot.clone()))?;
        fits(slot, request.checkup, request.facts, now)?;
        if let Some(active) = self.active(request.child, &request.checkup.id, now) {
            return Err(BookingError::AlreadyBooked(active));
        }
        if self.places_left(request.slot, now) == 0 {
            return Err(BookingError::Full);
        }
        let cover = slot.cover(request.home);
        let last = self.bookings.last_key_value();
        let id = BookingId(last.map_or(1, |(id, _)| id.0.saturating_add(1)));
        let booking = Booking {
            id,
            child: request.child.to_owned(),
            checkup: request.checkup.id.clone(),
            slot: request.slot.clone(),
            cover,
            state: BookingState::Held {
                until: now.saturating_add(i64::from(rules.hold_minutes).minutes()),
            },
        };
        self.by_slot
            .entry(request.slot.clone())
            .or_default()
            .push(id);
        self.by_child
            .entry(request.child.to_owned())
            .or_default()
            .push(id);
        self.bookings.insert(id, booking.clone());
        Ok(booking)
    }

    /// Confirms a hold; confirming twice changes nothing.
    ///
    /// # Errors
    /// [`BookingError::HoldRanOut`]: hold anew. [`BookingError::State`] for a cancelled booking.
    pub fn confirm(&mut self, id: BookingId, now: DateTime) -> Result<Booking, BookingError> {
        self.change(id, |_, state| match state {
            BookingState::Held { until } if now < until => Ok(BookingState::Confirmed),
            BookingState::Held { until } => Err(BookingError::HoldRanOut { until }),
            BookingState::Confirmed => Ok(BookingState::Confirmed),
            BookingState::Cancelled | BookingState::Attended => Err(BookingError::State { state }),
        })
    }

    /// Cancels: a hold at any time, a confirmed booking until the day before. Cancelling twice changes nothing.
    ///
    /// # Errors
    /// [`BookingError::TooLate`]: the facility has to be called.
    pub fn cancel(
        &mut self,
        id: BookingId,
        rules: &BookingRules,
        now: DateTime,
    ) -> Result<Booking, BookingError> {
        self.change(id, |slot, state| match state {
            BookingState::Held { .. } | BookingState::Cancelled => Ok(BookingState::Cancelled),
            BookingState::Confirmed => {
                let last = slot.last_change(rules);
                if now.date() <= last {
                    Ok(BookingState::Cancelled)
                } else {
                    Err(BookingError::TooLate { last })
                }
            }
            BookingState::Attended => Err(BookingError::State { state }),
        })
    }

    /// The child came.
    ///
    /// # Errors
    /// [`BookingError::State`] for a booking that was not confirmed.
    pub fn attended(&mut self, id: BookingId) -> Result<Booking, BookingError> {
        self.change(id, |_, state| match state {
            BookingState::Confirmed | BookingState::Attended => Ok(BookingState::Attended),
            BookingState::Held { .. } | BookingState::Cancelled => {
                Err(BookingError::State { state })
            }
        })
    }

    /// The days on which a confirmed booking is brought to mind, from a day on.
    #[must_use]
    pub fn reminders(&self, id: BookingId, rules: &BookingRules, from: Date) -> Vec<Date> {
        let confirmed = self
            .bookings
            .get(&id)
            .filter(|booking| booking.state == BookingState::Confirmed);
        let Some(slot) = confirmed.and_then(|booking| self.slots.get(&booking.slot)) else {
            return Vec::new();
        };
        let mut days: Vec<Date> = rules
            .remind_days_before
            .iter()
            .map(|days| plus_days(slot.start.date(), -i32::from(*days)))
            .filter(|day| *day >= from)
            .collect();
        days.sort_unstable();
        days
    }

    /// The child's booking of a kind that still stands: a hold that runs, a confirmed one that has not begun, or one the
    /// child came to.
    #[must_use]
    pub fn active(&self, child: &str, checkup: &str, now: DateTime) -> Option<BookingId> {
        self.of(self.by_child.get(child))
            .filter(|booking| booking.checkup == checkup)
            .find(|booking| match booking.state {
                BookingState::Held { until } => now < until,
                BookingState::Confirmed => {
                    let slot = self.slots.get(&booking.slot);
                    slot.is_some_and(|slot| now < slot.start)
                }
                BookingState::Attended => true,
                BookingState::Cancelled => false,
            })
            .map(|booking| booking.id)
    }

    fn of<'a>(&'a self, ids: Option<&'a Vec<BookingId>>) -> impl Iterator<Item = &'a Booking> {
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.bookings.get(id))
    }

    fn change(
        &mut self,
        id: BookingId,
        to: impl FnOnce(&Slot, BookingState) -> Result<BookingState, BookingError>,
    ) -> Result<Booking, BookingError> {
        let booking = self
            .bookings
            .get_mut(&id)
            .ok_or(BookingError::NoBooking(id))?;
        let slot = self
            .slots
            .get(&booking.slot)
            .ok_or_else(|| BookingError::NoSlot(booking.slot.clone()))?;
        booking.state = to(slot, booking.state)?;
        Ok(booking.clone())
    }
}

fn takes_a_place(state: BookingState, now: DateTime) -> bool {
    match state {
        BookingState::Held { until } => now < until,
        BookingState::Confirmed | BookingState::Attended => true,
        BookingState::Cancelled => false,
    }
}

/// Whether a place is one for this child at all.
fn fits(slot: &Slot, checkup: &Checkup, facts: Child, now: DateTime) -> Result<(), BookingError> {
    if !checkup.booking {
        return Err(BookingError::NotBooked {
            checkup: checkup.id.clone(),
        });
    }
    if slot.checkup != checkup.id {
        return Err(BookingError::OtherCheckup {
            slot: slot.checkup.clone(),
            asked: checkup.id.clone(),
        });
    }
    if slot.start <= now {
        return Err(BookingError::Begun { start: slot.start });
    }
    let day = slot.start.date();
    let outlook = checkup.outlook(facts, None, day);
    let narrower = slot.days_after_birth.is_some_and(|(first, last)| {
        let after = |days: u16| plus_days(facts.birth, i32::from(days));
        day < after(first) || day > after(last)
    });
    let open = match outlook.status {
        Status::Open | Status::LastDay => true,
        Status::Exception => day >= outlook.from,
        Status::Upcoming | Status::Closed | Status::Done => false,
    };
    // A facility's narrower span does not hold for a child whose stay in hospital outlasted it.
    if !open || (narrower && outlook.status != Status::Exception) {
        return Err(BookingError::OutsideWindow {
            day,
            from: outlook.from,
            to: outlook.to,
        });
    }
    Ok(())
}
