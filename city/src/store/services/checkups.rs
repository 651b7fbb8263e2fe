//! Places for check-ups, bookings, and doses a family tells of.
//!
//! ```text
//!   take ──> held ──confirm──> confirmed ──> attended        a held, confirmed or attended booking has one row of checkup_places;
//!             │ until passes      │ cancel, loss             no two bookings have the same (UNIQUE), and a child has one
//!             ▼                   ▼                           booking with a place for each check-up (partial UNIQUE)
//!          lapsed             cancelled                      place = NULL
//! ```
//!
//! Whoever takes a place changes the row of its time first, so that takers of one time wait for each other on any number of
//! programs; the constraints hold what that lock is for, also where somebody forgets it. A hold that ran out is none from that
//! second on, for every reader; its row is put away by whoever needs the place.

use super::{
    Act, Acted, BookingRow, BookingState, Imported, PlaceAsked, SlotRefusal, SlotRow, SlotSeen,
    ToldDose, enter, family_line, first,
};
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;
use crate::store::nonstop::{By, Row, Tx, cells};

const SLOT: &str = "s.id, s.checkup, s.facility, s.facility_name, s.address, s.phone, s.starts_at, s.minutes, s.days_from, s.days_to,
    s.contracts, (SELECT count(*) FROM checkup_places p WHERE p.slot = s.id)";

/// Bookings that take a place at `$1`.
const STANDS: &str = "b.place IS NOT NULL AND (b.state <> 'held' OR b.held_until > $1)";

fn a_slot(row: &mut Row) -> Result<SlotRow, StoreError> {
    let mut slot = SlotRow {
        id: row.text()?,
        checkup: row.text()?,
        facility: row.text()?,
        facility_name: row.text()?,
        address: row.text()?,
        phone: row.text()?,
        starts_at: row.int()?,
        minutes: row.int()?,
        capacity: 0,
        days: row.maybe_int()?.zip(row.maybe_int()?),
        contracts: row.text()?,
    };
    slot.capacity = row.int()?;
    Ok(slot)
}

fn a_booking(mut row: Row, now: i64) -> Result<BookingRow, StoreError> {
    let id = row.int()?;
    let (filing, child, checkup) = (row.filing()?, row.text()?, row.text()?);
    let state = BookingState::stored(&row.text()?)?;
    let held_until = row.maybe_int()?;
    let (cover, state_at) = (row.text()?, row.int()?);
    let ran_out = state == BookingState::Held && held_until.is_none_or(|until| until <= now);
    Ok(BookingRow {
        id,
        filing,
        child,
        checkup,
        slot: a_slot(&mut row)?,
        state: if ran_out { BookingState::Lapsed } else { state },
        held_until,
        cover,
        state_at,
    })
}

fn bookings(
    tx: &dyn Tx,
    whose: &str,
    with: &[super::super::nonstop::Cell],
    now: i64,
) -> Result<Vec<BookingRow>, StoreError> {
    tx.rows(
        &format!(
            "SELECT b.id, b.filing, b.child, b.checkup, b.state, b.held_until, b.cover, b.state_at, {SLOT}
             FROM checkup_bookings b JOIN checkup_slots s ON s.id = b.slot WHERE {whose} ORDER BY b.id"
        ),
        with,
    )?
    .into_iter()
    .map(|row| a_booking(row, now))
    .collect()
}

pub(super) fn of_case(
    tx: &dyn Tx,
    case: [u8; 32],
    now: i64,
) -> Result<Vec<BookingRow>, StoreError> {
    bookings(tx, "b.case_ref = $1", cells![case], now)
}

pub(super) fn slots(
    tx: &dyn Tx,
    checkup: Option<&str>,
    (from, to): (i64, i64),
    now: i64,
) -> Result<Vec<SlotSeen>, StoreError> {
    let sql = format!(
        "SELECT {SLOT}, (SELECT count(*) FROM checkup_bookings b WHERE b.slot = s.id AND {STANDS})
         FROM checkup_slots s WHERE s.starts_at >= $2 AND s.starts_at < $3"
    );
    let rows = match checkup {
        Some(checkup) => tx.rows(
            &format!("{sql} AND s.checkup = $4 ORDER BY s.starts_at, s.id LIMIT 2000"),
            cells![now, from, to, checkup],
        )?,
        None => tx.rows(
            &format!("{sql} ORDER BY s.starts_at, s.id LIMIT 2000"),
            cells![now, from, to],
        )?,
    };
    rows.into_iter()
        .map(|mut row| {
            Ok(SlotSeen {
                slot: a_slot(&mut row)?,
                taken: row.int()?,
            })
        })
        .collect()
}

pub(super) fn slot(
    tx: &dyn Tx,
    id: &str,
    now: i64,
) -> Result<Option<(SlotSeen, Vec<BookingRow>)>, StoreError> {
    let found = first(tx.rows(
        &format!(
            "SELECT {SLOT}, (SELECT count(*) FROM checkup_bookings b WHERE b.slot = s.id AND {STANDS})
             FROM checkup_slots s WHERE s.id = $2"
        ),
        cells![now, id],
    )?);
    let Some(mut row) = found else {
        return Ok(None);
    };
    let seen = SlotSeen {
        slot: a_slot(&mut row)?,
        taken: row.int()?,
    };
    let standing = bookings(
        tx,
        &format!("{STANDS} AND b.slot = $2"),
        cells![now, id],
        now,
    )?;
    Ok(Some((seen, standing)))
}

pub(super) fn import(tx: &dyn Tx, new: &[SlotRow], by: &By) -> Result<Imported, StoreError> {
    let mut done = Imported::default();
    for row in new {
        if let Some(why) = refusal(tx, row, by.at)? {
            done.refused.push((row.id.clone(), why));
        }
    }
    if !done.refused.is_empty() {
        return Ok(done);
    }
    for row in new {
        let before = slot(tx, &row.id, by.at)?;
        match before {
            Some((seen, _)) if seen.slot == *row => done.same += 1,
            Some((seen, _)) => {
                write_slot(tx, row, by.at)?;
                fit(tx, row, seen.slot.capacity)?;
                done.changed += 1;
            }
            None => {
                write_slot(tx, row, by.at)?;
                fit(tx, row, 0)?;
                done.new += 1;
            }
        }
    }
    tx.audit(AuditEntry {
        at: by.at,
        actor: by.actor.clone(),
        action: "slots.imported".to_owned(),
        subject: "-".to_owned(),
        detail: format!(
            "new={} changed={} same={}",
            done.new, done.changed, done.same
        ),
    });
    Ok(done)
}

/// Why a time that is there already cannot become this; its row is locked from here on.
fn refusal(tx: &dyn Tx, row: &SlotRow, now: i64) -> Result<Option<SlotRefusal>, StoreError> {
    let there = lock(tx, &row.id)?;
    if !there {
        return Ok(None);
    }
    put_away(tx, &row.id, now)?;
    let Some((seen, standing)) = slot(tx, &row.id, now)? else {
        return Ok(None);
    };
    let known = &seen.slot;
    let same = (known.starts_at, known.minutes) == (row.starts_at, row.minutes)
        && (&known.checkup, &known.facility) == (&row.checkup, &row.facility);
    Ok(if standing.is_empty() {
        None
    } else if !same {
        Some(SlotRefusal::Booked)
    } else if row.capacity < seen.taken {
        Some(SlotRefusal::Taken)
    } else {
        None
    })
}

fn lock(tx: &dyn Tx, slot: &str) -> Result<bool, StoreError> {
    let locked = tx.run(
        "UPDATE checkup_slots SET changed_at = changed_at WHERE id = $1",
        cells![slot],
    )?;
    Ok(locked > 0)
}

fn write_slot(tx: &dyn Tx, row: &SlotRow, now: i64) -> Result<(), StoreError> {
    let (from, to) = row.days.unzip();
    tx.run(
        "INSERT INTO checkup_slots (id, checkup, facility, facility_name, address, phone, starts_at, minutes, days_from, days_to,
           contracts, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET checkup = excluded.checkup, facility = excluded.facility,
           facility_name = excluded.facility_name, address = excluded.address, phone = excluded.phone,
           starts_at = excluded.starts_at, minutes = excluded.minutes, days_from = excluded.days_from, days_to = excluded.days_to,
           contracts = excluded.contracts, changed_at = excluded.changed_at",
        cells![
            row.id.as_str(),
            row.checkup.as_str(),
            row.facility.as_str(),
            row.facility_name.as_str(),
            row.address.as_str(),
            row.phone.as_str(),
            row.starts_at,
            row.minutes,
            from,
            to,
            row.contracts.as_str(),
            now
        ],
    )?;
    Ok(())
}

/// As many places as the time has room for: new ones behind the last, superfluous ones out of those that nobody has.
fn fit(tx: &dyn Tx, row: &SlotRow, before: i64) -> Result<(), StoreError> {
    for _ in before..row.capacity {
        tx.run(
            "INSERT INTO checkup_places (slot, place) SELECT CAST($1 AS TEXT), COALESCE(max(place), 0) + 1 FROM checkup_places WHERE slot = $1",
            cells![row.id.as_str()],
        )?;
    }
    for _ in row.capacity..before {
        tx.run(
            "DELETE FROM checkup_places WHERE slot = $1 AND place = (
               SELECT max(p.place) FROM checkup_places p WHERE p.slot = $1
                 AND NOT EXISTS (SELECT 1 FROM checkup_bookings b WHERE b.slot = p.slot AND b.place = p.place))",
            cells![row.id.as_str()],
        )?;
    }
    Ok(())
}

/// Puts away holds of a time that ran out. Those that their own family is working on at this moment are passed by.
fn put_away(tx: &dyn Tx, slot: &str, now: i64) -> Result<(), StoreError> {
    for mut row in tx.claim(
        "SELECT b.id FROM checkup_bookings b WHERE b.slot = $1 AND b.state = 'held' AND b.held_until <= $2 ORDER BY b.id",
        "b",
        cells![slot, now],
    )? {
        lapse(tx, row.int()?, now)?;
    }
    Ok(())
}

fn lapse(tx: &dyn Tx, id: i64, now: i64) -> Result<(), StoreError> {
    tx.run(
        "UPDATE checkup_bookings SET state = 'lapsed', place = NULL, held_until = NULL, state_at = $2
         WHERE id = $1 AND state = 'held' AND held_until <= $2",
        cells![id, now],
    )?;
    Ok(())
}

/// What the child has of this check-up; what ran out or has passed is put away first.
fn standing(tx: &dyn Tx, act: &Act) -> Result<Option<BookingRow>, StoreError> {
    tx.run(
        "UPDATE checkup_bookings SET state = 'lapsed', place = NULL, held_until = NULL, state_at = $3
         WHERE child = $1 AND checkup = $2 AND state = 'held' AND held_until <= $3",
        cells![act.child.as_str(), act.procedure.as_str(), act.at],
    )?;
    tx.run(
        "UPDATE checkup_bookings SET state = 'past', place = NULL, state_at = $3
         WHERE child = $1 AND checkup = $2 AND state = 'confirmed'
           AND slot IN (SELECT s.id FROM checkup_slots s WHERE s.starts_at <= $3)",
        cells![act.child.as_str(), act.procedure.as_str(), act.at],
    )?;
    let found = bookings(
        tx,
        "b.child = $1 AND b.checkup = $2 AND b.place IS NOT NULL",
        cells![act.child.as_str(), act.procedure.as_str()],
        act.at,
    )?;
    Ok(found.into_iter().next())
}

pub(super) fn take(tx: &dyn Tx, act: &Act, asked: &PlaceAsked) -> Result<Acted, StoreError> {
    let Some(entered) = enter(tx, act)? else {
        return Ok(Acted::Closed);
    };
    let now = act.at;
    let has = standing(tx, act)?;
    if !lock(tx, &asked.slot)? {
        return Ok(Acted::Closed);
    }
    put_away(tx, &asked.slot, now)?;
    let moved = match &has {
        Some(has) if has.slot.id == asked.slot => return Ok(Acted::Already),
        Some(has) if has.state == BookingState::Held => Some(has.id),
        Some(has) if has.state == BookingState::Confirmed && asked.moves == Some(has.id) => {
            Some(has.id)
        }
        Some(_) => return Ok(Acted::Booked),
        None if asked.moves.is_some() => return Ok(Acted::Closed),
        None => None,
    };
    let seat = first(tx.rows(
        "SELECT min(p.place) FROM checkup_places p JOIN checkup_slots s ON s.id = p.slot
         WHERE p.slot = $1 AND s.checkup = $2 AND s.starts_at > $3
           AND NOT EXISTS (SELECT 1 FROM checkup_bookings b WHERE b.slot = p.slot AND b.place = p.place)",
        cells![asked.slot.as_str(), act.procedure.as_str(), now],
    )?);
    let Some(place) = seat.map(|mut row| row.maybe_int()).transpose()?.flatten() else {
        return Ok(Acted::Full);
    };
    let action = match (&has, moved) {
        (Some(has), Some(id)) if has.state == BookingState::Confirmed => {
            let moved = tx.run(
                "UPDATE checkup_bookings SET slot = $2, place = $3, cover = $4, state_at = $5, actor = 'family'
                 WHERE id = $1 AND state = 'confirmed'",
                cells![id, asked.slot.as_str(), place, asked.cover, now],
            )?;
            if moved == 0 {
                return Ok(Acted::Stale);
            }
            "checkup.moved"
        }
        (_, Some(id)) => {
            let held = tx.run(
                "UPDATE checkup_bookings SET slot = $2, place = $3, cover = $4, held_until = $5, state_at = $6, actor = 'family'
                 WHERE id = $1 AND state = 'held'",
                cells![id, asked.slot.as_str(), place, asked.cover, asked.until, now],
            )?;
            if held == 0 {
                return Ok(Acted::RanOut);
            }
            "checkup.held"
        }
        (_, None) => {
            tx.run(
                "INSERT INTO checkup_bookings (case_ref, filing, child, checkup, slot, place, state, held_until, cover, created_at,
                   state_at, actor)
                 VALUES ($1, $2, $3, $4, $5, $6, 'held', $7, $8, $9, $9, 'family')",
                cells![
                    entered.case,
                    asked.filing,
                    act.child.as_str(),
                    act.procedure.as_str(),
                    asked.slot.as_str(),
                    place,
                    asked.until,
                    asked.cover,
                    now
                ],
            )?;
            "checkup.held"
        }
    };
    tx.audit(family_line(
        act,
        action,
        asked.filing.to_string(),
        act.procedure.as_str(),
    ));
    Ok(Acted::Done)
}

/// A booking of this family's room, whatever it has come to.
fn own(tx: &dyn Tx, act: &Act, id: i64) -> Result<Option<BookingRow>, StoreError> {
    let Some(entered) = enter(tx, act)? else {
        return Ok(None);
    };
    let found = bookings(
        tx,
        "b.id = $1 AND b.case_ref = $2 AND b.child = $3 AND b.checkup = $4",
        cells![id, entered.case, act.child.as_str(), act.procedure.as_str()],
        act.at,
    )?;
    Ok(found.into_iter().next())
}

pub(super) fn confirm(tx: &dyn Tx, act: &Act, id: i64) -> Result<Acted, StoreError> {
    let Some(booking) = own(tx, act, id)? else {
        return Ok(Acted::Closed);
    };
    match booking.state {
        BookingState::Held => {}
        BookingState::Confirmed => return Ok(Acted::Already),
        BookingState::Lapsed => return Ok(Acted::RanOut),
        BookingState::Attended | BookingState::Cancelled | BookingState::Past => {
            return Ok(Acted::Closed);
        }
    }
    let confirmed = tx.run(
        "UPDATE checkup_bookings SET state = 'confirmed', held_until = NULL, state_at = $2, actor = 'family'
         WHERE id = $1 AND state = 'held' AND held_until > $2",
        cells![id, act.at],
    )?;
    if confirmed == 0 {
        return Ok(Acted::RanOut);
    }
    tx.audit(family_line(
        act,
        "checkup.confirmed",
        booking.filing.to_string(),
        act.procedure.as_str(),
    ));
    Ok(Acted::Done)
}

pub(super) fn cancel(tx: &dyn Tx, act: &Act, id: i64) -> Result<Acted, StoreError> {
    let Some(booking) = own(tx, act, id)? else {
        return Ok(Acted::Closed);
    };
    match booking.state {
        BookingState::Held | BookingState::Confirmed => {}
        BookingState::Cancelled | BookingState::Lapsed => return Ok(Acted::Already),
        BookingState::Attended | BookingState::Past => return Ok(Acted::TooLate),
    }
    tx.run(
        "UPDATE checkup_bookings SET state = 'cancelled', place = NULL, held_until = NULL, state_at = $2, actor = 'family'
         WHERE id = $1 AND place IS NOT NULL AND state <> 'attended'",
        cells![id, act.at],
    )?;
    tx.audit(family_line(
        act,
        "checkup.cancelled",
        booking.filing.to_string(),
        act.procedure.as_str(),
    ));
    Ok(Acted::Done)
}

pub(super) fn attended(tx: &dyn Tx, id: i64, by: &By) -> Result<Acted, StoreError> {
    let came = tx.run(
        "UPDATE checkup_bookings SET state = 'attended', state_at = $2, actor = $3 WHERE id = $1 AND state = 'confirmed'",
        cells![id, by.at, by.actor.as_str()],
    )?;
    let found = bookings(tx, "b.id = $1", cells![id], by.at)?;
    let Some(booking) = found.into_iter().next() else {
        return Ok(Acted::Closed);
    };
    if came == 0 {
        return Ok(if booking.state == BookingState::Attended {
            Acted::Already
        } else {
            Acted::Closed
        });
    }
    tx.audit(AuditEntry {
        at: by.at,
        actor: by.actor.clone(),
        action: "checkup.attended".to_owned(),
        subject: booking.filing.to_string(),
        detail: booking.checkup,
    });
    Ok(Acted::Done)
}

pub(super) fn doses(tx: &dyn Tx, case: [u8; 32]) -> Result<Vec<ToldDose>, StoreError> {
    tx.rows(
        "SELECT child, vaccine, day, told_at FROM told_doses WHERE case_ref = $1 ORDER BY child, vaccine, day",
        cells![case],
    )?
    .into_iter()
    .map(|mut row| {
        Ok(ToldDose {
            child: row.text()?,
            vaccine: row.text()?,
            day: row.text()?,
            told_at: row.int()?,
        })
    })
    .collect()
}

pub(super) fn tell_dose(
    tx: &dyn Tx,
    act: &Act,
    (vaccine, day): (&str, &str),
    given: bool,
) -> Result<Acted, StoreError> {
    let Some(entered) = enter(tx, act)? else {
        return Ok(Acted::Closed);
    };
    let changed = if given {
        tx.run(
            "INSERT INTO told_doses (case_ref, child, vaccine, day, told_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            cells![entered.case, act.child.as_str(), vaccine, day, act.at],
        )?
    } else {
        tx.run(
            "DELETE FROM told_doses WHERE case_ref = $1 AND child = $2 AND vaccine = $3 AND day = $4",
            cells![entered.case, act.child.as_str(), vaccine, day],
        )?
    };
    if changed == 0 {
        return Ok(Acted::Already);
    }
    tx.audit(family_line(
        act,
        if given {
            "vaccine.told"
        } else {
            "vaccine.taken_back"
        },
        "-".to_owned(),
        vaccine,
    ));
    Ok(Acted::Done)
}
