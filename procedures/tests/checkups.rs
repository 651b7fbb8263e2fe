//! Check-up windows against the vectors, and the book of places against its own rules (traps 52, 63).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::sync::LazyLock;

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, date, datetime};
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::MunicipalityCode;
use ubugoe_procedures::calendar::plus_days;
use ubugoe_procedures::checkups::{
    Book, Booking, BookingError, BookingRules, BookingState, Checkup, CheckupNote, Checkups, Child,
    Cover, Hold, Slot, SlotId, Status,
};
use ubugoe_procedures::door::Door;

fn checkup(id: &str) -> &'static Checkup {
    let checkups = Checkups::builtin().unwrap();
    checkups.checkup(id).unwrap_or_else(|| panic!("{id}"))
}

fn rules() -> &'static BookingRules {
    Checkups::builtin().unwrap().booking()
}

fn born(birth: Date) -> Child {
    Child {
        birth,
        admitted_until: None,
    }
}

fn ask(question: &Value) -> Value {
    static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(date(2026, 11, 22)).unwrap());
    let door = &*DOOR;
    serde_json::from_str(&door.answer("checkup", &question.to_string()).unwrap()).unwrap()
}

// --- windows -----------------------------------------------------------------------------------------------------------

#[test]
fn the_one_month_check_agrees_with_every_birth_row() {
    let vectors: Value = serde_json::from_str(include_str!("data/testvectors.json")).unwrap();
    let rows = vectors["birth_rows"].as_array().unwrap();
    assert!(rows.len() > 10);
    for row in rows {
        let day = |name: &str| -> Date { row[name].as_str().unwrap().parse().unwrap() };
        let birth = day("birth");
        let (from, to) = (
            day("kenshin_1m_from(day28)"),
            day("kenshin_1m_until(day41)"),
        );
        assert_eq!(checkup("kenshin_1m").days(birth), (from, to), "{birth}");
        let status = |as_of| {
            checkup("kenshin_1m")
                .outlook(born(birth), None, as_of)
                .status
        };
        assert_eq!(status(plus_days(from, -1)), Status::Upcoming);
        assert_eq!(status(from), Status::Open);
        assert_eq!(status(plus_days(to, -1)), Status::Open);
        assert_eq!(status(to), Status::LastDay);
        assert_eq!(status(plus_days(to, 1)), Status::Closed);
    }
}

#[test]
fn every_check_up_of_a_child_has_these_days() {
    let table = [
        ("chokaku", "2026-11-22", "2026-11-25"),
        ("cmv", "2026-11-22", "2026-12-12"),
        ("mass_screening", "2026-11-26", "2026-11-28"),
        ("shinseiji_homon", "2026-11-22", "2026-12-19"),
        ("kenshin_1m", "2026-12-20", "2027-01-02"),
        ("konnichiwa", "2026-11-22", "2027-03-21"),
        ("kenshin_3_4m", "2027-02-21", "2027-04-21"),
        ("kenshin_6_7m", "2027-05-21", "2027-07-21"),
        ("kenshin_9_10m", "2027-08-21", "2027-10-21"),
        ("kenshin_18m", "2028-05-22", "2028-11-21"),
        ("kenshin_3y", "2029-11-22", "2030-11-21"),
        ("kenshin_5y", "2031-04-01", "2032-03-31"),
        ("shugakuji", "2032-04-01", "2032-11-30"),
    ];
    let all: Vec<&str> = Checkups::builtin()
        .unwrap()
        .checkups()
        .iter()
        .map(|checkup| checkup.id.as_str())
        .collect();
    assert_eq!(all, table.map(|(id, _, _)| id));
    for (id, from, to) in table {
        let (first, last) = checkup(id).days(date(2026, 11, 22));
        assert_eq!(
            (first.to_string().as_str(), last.to_string().as_str()),
            (from, to),
            "{id}"
        );
    }
}

#[test]
fn the_school_check_of_a_child_of_the_first_of_april_is_a_year_earlier() {
    let last = |birth| checkup("shugakuji").days(birth).1;
    assert_eq!(last(date(2020, 4, 1)), date(2025, 11, 30));
    assert_eq!(last(date(2020, 4, 2)), date(2026, 11, 30));
}

#[test]
fn a_newborn_is_seen_at_home_until_the_one_month_check_begins() {
    let mut birth = date(2023, 12, 1);
    while birth < date(2024, 4, 1) {
        let (_, newborn) = checkup("shinseiji_homon").days(birth);
        let (one_month, _) = checkup("kenshin_1m").days(birth);
        assert_eq!(plus_days(newborn, 1), one_month);
        birth = plus_days(birth, 1);
    }
}

#[test]
fn a_long_stay_in_hospital_lifts_the_last_day() {
    let birth = date(2026, 11, 22);
    let seen = |id: &str, until: Date| {
        let child = Child {
            admitted_until: Some(until),
            ..born(birth)
        };
        checkup(id).outlook(child, None, date(2026, 12, 25))
    };
    let lapsed = seen("kenshin_1m", date(2027, 1, 20));
    assert_eq!(
        (lapsed.status, lapsed.from, lapsed.to),
        (Status::Exception, date(2027, 1, 20), None)
    );
    assert!(lapsed.notes.contains(&CheckupNote::AdmittedThrough));
    // Home within the window: the rest of it.
    let rest = seen("kenshin_1m", date(2026, 12, 28));
    assert_eq!(
        (rest.status, rest.from, rest.to),
        (Status::Upcoming, date(2026, 12, 28), Some(date(2027, 1, 2)))
    );
    // Home before it: as ever.
    let before = seen("kenshin_1m", date(2026, 12, 19));
    assert_eq!(
        (before.status, before.from),
        (Status::Open, date(2026, 12, 20))
    );
    assert_eq!(before.notes, [CheckupNote::Municipal]);
    // Tests of the hospital do not wait for discharge.
    let screening = seen("mass_screening", date(2027, 1, 20));
    assert_eq!(
        (screening.status, screening.from),
        (Status::Closed, date(2026, 11, 26))
    );
    assert_eq!(screening.notes, [CheckupNote::InHospital]);
    assert_eq!(
        seen("shinseiji_homon", date(2027, 1, 20)).status,
        Status::Exception
    );
}

#[test]
fn the_door_says_status_and_days() {
    let answer = ask(
        &json!({"id": 7, "checkup": "kenshin_1m", "birth": "2026-11-22", "as_of": "2026-12-20"}),
    );
    assert_eq!(answer["status"], "open");
    assert_eq!(answer["from"], "2026-12-20");
    assert_eq!(answer["to"], "2027-01-02");
    assert_eq!(answer["id"], 7);
    assert_eq!(
        ask(&json!({"checkup": "1m", "birth": "2026-11-22"}))["status"],
        "upcoming"
    );
    let done = ask(&json!({"checkup": "kenshin_1m", "birth": "2026-10-01", "done": "2026-11-01"}));
    assert_eq!(done["status"], "done");
    let admitted = ask(
        &json!({"checkup": "kenshin_1m", "birth": "2026-10-01", "admitted_until": "2026-12-01"}),
    );
    assert_eq!(admitted["status"], "exception");
    assert_eq!(admitted["to"], Value::Null);
    assert_eq!(
        ask(&json!({"checkup": "kenshin_18m", "birth": "2025-05-22"}))["statutory"],
        true
    );
    for bad in [
        json!({"checkup": "x", "birth": "2026-11-22"}),
        json!({"checkup": "kenshin_1m"}),
        json!({"checkup": "kenshin_1m", "birth": null}),
        json!({"checkup": 1, "birth": "2026-11-22"}),
    ] {
        assert!(ask(&bad)["error"].is_string(), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_check_up_opens_and_closes_once(
        year in -9999_i16..=9999,
        of_year in 1_i16..=365,
        which in 0_usize..13,
        today in -100_i32..3000,
        stay in proptest::option::of(0_i32..400),
    ) {
        let checkups = Checkups::builtin().unwrap();
        let checkup = &checkups.checkups()[which];
        let birth = plus_days(Date::new(year, 1, 1).unwrap(), i32::from(of_year) - 1);
        let child = Child { birth, admitted_until: stay.map(|days| plus_days(birth, days)) };
        let as_of = plus_days(birth, today);
        let outlook = checkup.outlook(child, None, as_of);
        if let Some(to) = outlook.to {
            let expected = if as_of > to {
                Status::Closed
            } else if as_of == to {
                Status::LastDay
            } else if as_of < outlook.from {
                Status::Upcoming
            } else {
                Status::Open
            };
            prop_assert_eq!(outlook.status, expected);
        } else {
            prop_assert_eq!(outlook.status, Status::Exception);
        }
    }
}

// --- booking -----------------------------------------------------------------------------------------------------------

/// 22 November 2026, a Sunday: the one-month check runs from 20 December to 2 January.
const BIRTH: Date = date(2026, 11, 22);
const MORNING: DateTime = datetime(2026, 12, 1, 9, 0, 0, 0);

fn home() -> MunicipalityCode {
    "991015".parse().unwrap()
}

fn id(name: &str) -> SlotId {
    SlotId(name.to_owned())
}

fn slot(name: &str, start: DateTime, capacity: u16) -> Slot {
    Slot {
        id: id(name),
        facility: "ASK001".to_owned(),
        checkup: "kenshin_1m".to_owned(),
        start,
        minutes: 30,
        capacity,
        days_after_birth: None,
        contracts: BTreeSet::from([home()]),
    }
}

fn book() -> Book {
    let mut book = Book::default();
    for (name, start, capacity) in [
        ("early", datetime(2026, 12, 19, 10, 0, 0, 0), 1),
        ("first", datetime(2026, 12, 20, 10, 0, 0, 0), 1),
        ("mid", datetime(2026, 12, 24, 10, 0, 0, 0), 2),
        ("last", datetime(2027, 1, 2, 23, 30, 0, 0), 1),
        ("after", datetime(2027, 1, 3, 10, 0, 0, 0), 1),
    ] {
        book.add(slot(name, start, capacity)).unwrap();
    }
    book
}

fn hold(book: &mut Book, child: &str, place: &str, now: DateTime) -> Result<Booking, BookingError> {
    let (home, place) = (home(), id(place));
    let request = Hold {
        checkup: checkup("kenshin_1m"),
        child,
        facts: born(BIRTH),
        home: &home,
        slot: &place,
    };
    book.hold(&request, rules(), now)
}

#[test]
fn only_places_within_the_window_are_offered() {
    let book = book();
    let open = |facts| -> Vec<String> {
        book.open_slots(checkup("kenshin_1m"), facts, MORNING)
            .into_iter()
            .map(|slot| slot.id.0.clone())
            .collect()
    };
    assert_eq!(open(born(BIRTH)), ["first", "mid", "last"]);
    // A twin of the day before has other days.
    assert_eq!(open(born(date(2026, 11, 21))), ["early", "first", "mid"]);
    // Discharged on Christmas Eve: from that day. Discharged after the window: from then on, without an end.
    let home_on = |day| Child {
        admitted_until: Some(day),
        ..born(BIRTH)
    };
    assert_eq!(open(home_on(date(2026, 12, 24))), ["mid", "last"]);
    assert_eq!(open(home_on(date(2027, 1, 3))), ["after"]);
}

#[test]
fn a_hold_lasts_ten_minutes() {
    let mut book = book();
    let held = hold(&mut book, "child-1", "first", MORNING).unwrap();
    assert_eq!(
        held.state,
        BookingState::Held {
            until: datetime(2026, 12, 1, 9, 10, 0, 0)
        }
    );
    assert_eq!(book.places_left(&id("first"), MORNING), 0);
    assert_eq!(
        hold(&mut book, "child-2", "first", MORNING),
        Err(BookingError::Full)
    );
    // The tenth minute frees the place.
    let later = datetime(2026, 12, 1, 9, 10, 0, 0);
    assert_eq!(
        book.confirm(held.id, later),
        Err(BookingError::HoldRanOut { until: later })
    );
    assert_eq!(book.places_left(&id("first"), later), 1);
    let second = hold(&mut book, "child-2", "first", later).unwrap();
    let confirmed = book
        .confirm(second.id, datetime(2026, 12, 1, 9, 19, 59, 0))
        .unwrap();
    assert_eq!(confirmed.state, BookingState::Confirmed);
    // Twice is once, also after the ten minutes.
    assert_eq!(
        book.confirm(second.id, datetime(2026, 12, 2, 0, 0, 0, 0))
            .unwrap(),
        confirmed
    );
    assert_eq!(
        book.places_left(&id("first"), datetime(2026, 12, 2, 0, 0, 0, 0)),
        0
    );
}

#[test]
fn a_child_has_one_active_booking_of_a_kind() {
    let mut book = book();
    let held = hold(&mut book, "child-1", "first", MORNING).unwrap();
    assert_eq!(
        hold(&mut book, "child-1", "mid", MORNING),
        Err(BookingError::AlreadyBooked(held.id))
    );
    // The twin is another child.
    hold(&mut book, "child-2", "mid", MORNING).unwrap();
    book.confirm(held.id, MORNING).unwrap();
    assert_eq!(
        hold(&mut book, "child-1", "mid", MORNING),
        Err(BookingError::AlreadyBooked(held.id))
    );
    book.cancel(held.id, rules(), MORNING).unwrap();
    let again = hold(&mut book, "child-1", "mid", MORNING).unwrap();
    book.confirm(again.id, MORNING).unwrap();
    book.attended(again.id).unwrap();
    // Once is enough: not after the day either.
    assert_eq!(
        hold(
            &mut book,
            "child-1",
            "last",
            datetime(2026, 12, 25, 9, 0, 0, 0)
        ),
        Err(BookingError::AlreadyBooked(again.id))
    );
}

#[test]
fn a_missed_place_can_be_booked_anew() {
    let mut book = book();
    let missed = hold(&mut book, "child-1", "first", MORNING).unwrap();
    book.confirm(missed.id, MORNING).unwrap();
    hold(
        &mut book,
        "child-1",
        "mid",
        datetime(2026, 12, 21, 9, 0, 0, 0),
    )
    .unwrap();
}

#[test]
fn cancelling_is_possible_until_the_day_before() {
    let mut book = book();
    let booking = hold(&mut book, "child-1", "mid", MORNING).unwrap();
    book.confirm(booking.id, MORNING).unwrap();
    let on_the_day = datetime(2026, 12, 24, 0, 0, 0, 0);
    assert_eq!(
        book.cancel(booking.id, rules(), on_the_day),
        Err(BookingError::TooLate {
            last: date(2026, 12, 23)
        })
    );
    let the_night_before = datetime(2026, 12, 23, 23, 59, 0, 0);
    let cancelled = book.cancel(booking.id, rules(), the_night_before).unwrap();
    assert_eq!(cancelled.state, BookingState::Cancelled);
    assert_eq!(book.places_left(&id("mid"), the_night_before), 2);
    assert_eq!(
        book.cancel(booking.id, rules(), on_the_day).unwrap(),
        cancelled
    );
    assert_eq!(
        book.confirm(booking.id, MORNING),
        Err(BookingError::State {
            state: BookingState::Cancelled
        })
    );
    // A hold is given back at any time.
    let held = hold(&mut book, "child-2", "mid", the_night_before).unwrap();
    book.cancel(held.id, rules(), on_the_day).unwrap();
}

#[test]
fn reminders_come_seven_days_and_one_day_before() {
    let mut book = book();
    let booking = hold(&mut book, "child-1", "mid", MORNING).unwrap();
    assert!(
        book.reminders(booking.id, rules(), MORNING.date())
            .is_empty()
    );
    book.confirm(booking.id, MORNING).unwrap();
    let from = |book: &Book, day| book.reminders(booking.id, rules(), day);
    assert_eq!(
        from(&book, MORNING.date()),
        [date(2026, 12, 17), date(2026, 12, 23)]
    );
    assert_eq!(from(&book, date(2026, 12, 18)), [date(2026, 12, 23)]);
    assert!(from(&book, date(2026, 12, 24)).is_empty());
    book.cancel(booking.id, rules(), MORNING).unwrap();
    assert!(
        book.reminders(booking.id, rules(), MORNING.date())
            .is_empty()
    );
}

#[test]
fn away_from_home_the_family_pays_first() {
    let mut book = book();
    let here = hold(&mut book, "child-1", "mid", MORNING).unwrap();
    assert_eq!(here.cover, Cover::Voucher);
    // Residence in another city that has no contract with this facility (里帰り).
    let (elsewhere, place): (MunicipalityCode, SlotId) = ("131016".parse().unwrap(), id("mid"));
    let request = Hold {
        checkup: checkup("kenshin_1m"),
        child: "child-2",
        facts: born(BIRTH),
        home: &elsewhere,
        slot: &place,
    };
    assert_eq!(
        book.hold(&request, rules(), MORNING).unwrap().cover,
        Cover::Refund
    );
}

#[test]
fn what_cannot_be_booked_is_said() {
    let mut book = book();
    let mut narrow = slot("narrow", datetime(2026, 12, 23, 10, 0, 0, 0), 1);
    narrow.days_after_birth = Some((35, 41));
    book.add(narrow).unwrap();
    let mut none = slot("none", datetime(2026, 12, 23, 10, 0, 0, 0), 0);
    none.minutes = 0;
    book.add(none.clone()).unwrap();
    assert_eq!(book.add(none), Err(BookingError::SlotTwice(id("none"))));
    let outside = |day| BookingError::OutsideWindow {
        day,
        from: date(2026, 12, 20),
        to: Some(date(2027, 1, 2)),
    };
    let mut try_at = |place: &str, now| hold(&mut book, "child-1", place, now).unwrap_err();
    assert_eq!(try_at("early", MORNING), outside(date(2026, 12, 19)));
    assert_eq!(try_at("after", MORNING), outside(date(2027, 1, 3)));
    assert_eq!(try_at("narrow", MORNING), outside(date(2026, 12, 23)));
    assert_eq!(try_at("none", MORNING), BookingError::Full);
    assert_eq!(
        try_at("nowhere", MORNING),
        BookingError::NoSlot(id("nowhere"))
    );
    let begun = datetime(2026, 12, 20, 10, 0, 0, 0);
    assert_eq!(try_at("first", begun), BookingError::Begun { start: begun });
    let (home, place) = (home(), id("first"));
    let mut of = |checkup| {
        let request = Hold {
            checkup,
            child: "child-1",
            facts: born(BIRTH),
            home: &home,
            slot: &place,
        };
        book.hold(&request, rules(), MORNING).unwrap_err()
    };
    assert!(matches!(
        of(checkup("kenshin_18m")),
        BookingError::OtherCheckup { .. }
    ));
    assert!(matches!(
        of(checkup("mass_screening")),
        BookingError::NotBooked { .. }
    ));
}

#[test]
fn a_book_is_stored_and_read_back() {
    let mut book = book();
    let booking = hold(&mut book, "child-1", "mid", MORNING).unwrap();
    book.confirm(booking.id, MORNING).unwrap();
    let text = serde_json::to_string(&book).unwrap();
    let mut back: Book = serde_json::from_str(&text).unwrap();
    assert_eq!(back, book);
    assert_eq!(
        hold(&mut back, "child-1", "last", MORNING),
        Err(BookingError::AlreadyBooked(booking.id))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever families do, no place is given twice and no child has two bookings that stand.
    #[test]
    fn no_place_is_given_twice(steps in proptest::collection::vec((0_u8..4, 0_u8..6, 0_u8..3, 0_i64..20), 1..60)) {
        let mut book = book();
        let mut now = MORNING;
        let mut made: Vec<Booking> = Vec::new();
        for (what, child, place, minutes) in steps {
            now = now.saturating_add(jiff::Span::new().minutes(minutes));
            let child = format!("child-{child}");
            let place = ["first", "mid", "last"][usize::from(place)];
            match (what, made.last().map(|booking| booking.id)) {
                (0, _) | (_, None) => made.extend(hold(&mut book, &child, place, now)),
                (1, Some(last)) => drop(book.confirm(last, now)),
                (2, Some(last)) => drop(book.cancel(last, rules(), now)),
                (_, Some(last)) => drop(book.attended(last)),
            }
            for (place, capacity) in [("first", 1), ("mid", 2), ("last", 1)] {
                let standing = made
                    .iter()
                    .filter_map(|booking| book.booking(booking.id))
                    .filter(|booking| booking.slot == id(place))
                    .filter(|booking| match booking.state {
                        BookingState::Held { until } => now < until,
                        BookingState::Confirmed | BookingState::Attended => true,
                        BookingState::Cancelled => false,
                    })
                    .count();
                prop_assert!(standing <= capacity);
                prop_assert_eq!(book.places_left(&id(place), now), capacity - standing);
            }
            for child in 0..6 {
                let child = format!("child-{child}");
                let active = made
                    .iter()
                    .filter_map(|booking| book.booking(booking.id))
                    .filter(|booking| booking.child == child)
                    .filter(|booking| match booking.state {
                        BookingState::Held { until } => now < until,
                        BookingState::Confirmed | BookingState::Attended => true,
                        BookingState::Cancelled => false,
                    })
                    .count();
                prop_assert!(active <= 1);
            }
        }
    }
}
