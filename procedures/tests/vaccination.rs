//! Vaccination windows against computed vectors, the circular's examples and the order's own edges (traps 40, 63).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::calendar::{fiscal_year_end_after_attaining, plus_days};
use ubugoe_procedures::door::Door;
use ubugoe_procedures::vaccination::{
    Dose, NextDose, NoteCode, Outlook, Person, Records, Schedule, Status, Vaccine,
};

fn schedule() -> &'static Schedule {
    Schedule::builtin().unwrap()
}

fn vaccine(id: &str) -> &'static Vaccine {
    schedule().vaccine(id).unwrap_or_else(|| panic!("{id}"))
}

fn child(birth: Date) -> Person {
    Person {
        birth: Some(birth),
        ..Person::default()
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn doses(days: &[&str]) -> Vec<Dose> {
    days.iter().map(|text| Dose::from(day(text))).collect()
}

fn at(id: &str, birth: &str, given: &[&str], as_of: &str) -> Outlook {
    let doses = doses(given);
    schedule()
        .assess(vaccine(id), &child(day(birth)), &doses, day(as_of))
        .unwrap()
}

fn next(id: &str, birth: &str, given: &[&str], as_of: &str) -> NextDose {
    let outlook = at(id, birth, given, as_of);
    outlook
        .next
        .unwrap_or_else(|| panic!("{id} {birth} {given:?} {as_of}: {outlook:?}"))
}

/// `earliest`, `recommended`, `latest` of the next dose.
fn windows(id: &str, birth: &str, given: &[&str], as_of: &str) -> [String; 4] {
    let next = next(id, birth, given, as_of);
    let recommended = |pick: fn((Date, Date)) -> Date| {
        next.recommended
            .map_or_else(|| "-".to_owned(), |span| pick(span).to_string())
    };
    [
        next.earliest.to_string(),
        recommended(|span| span.0),
        recommended(|span| span.1),
        next.latest.to_string(),
    ]
}

/// The words of every line of a table; `#` begins a remark.
fn lines(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().map(str::trim);
    let rows: Vec<Vec<&str>> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(!rows.is_empty());
    rows
}

fn rows_of<const N: usize>(table: &str) -> Vec<[&str; N]> {
    lines(table)
        .into_iter()
        .map(|row| row.try_into().unwrap_or_else(|row| panic!("{row:?}")))
        .collect()
}

fn list(days: &str) -> Vec<&str> {
    if days == "-" {
        return Vec::new();
    }
    days.split(',').collect()
}

fn ask(question: &Value) -> Value {
    static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(date(2026, 11, 22)).unwrap());
    let door = &*DOOR;
    serde_json::from_str(&door.answer("vaccine", &question.to_string()).unwrap()).unwrap()
}

// --- vectors -----------------------------------------------------------------------------------------------------------

#[test]
fn every_birth_row_of_the_vectors_agrees() {
    let vectors: Value = serde_json::from_str(include_str!("data/testvectors.json")).unwrap();
    let rows = vectors["birth_rows"].as_array().unwrap();
    assert!(rows.len() > 10);
    for row in rows {
        let birth = row["birth"].as_str().unwrap();
        let expected = |name: &str| row[name].as_str().unwrap().to_owned();
        let on_birth = |id: &str| windows(id, birth, &[], birth);
        for (id, last) in [
            ("rotavirus_rv1", "rotarix_last_day_24w0d"),
            ("rotavirus_rv5", "rotateq_last_day_32w0d"),
        ] {
            assert_eq!(
                on_birth(id),
                [
                    expected("rota_first_day_6w0d"),
                    expected("age_2months_attained"),
                    expected("rota_first_dose_advised_by_14w6d"),
                    expected(last),
                ],
                "{birth}"
            );
        }
        for id in ["dpt_ipv_hib", "pneumococcal_child"] {
            assert_eq!(on_birth(id)[0], expected("age_2months_attained"), "{birth}");
        }
        for id in ["hepatitis_b", "bcg"] {
            assert_eq!(on_birth(id)[3], expected("age_1year_attained"), "{birth}");
        }
        for id in ["mr_1", "varicella"] {
            assert_eq!(on_birth(id)[0], expected("age_1year_attained"), "{birth}");
        }
    }
}

#[test]
fn a_child_of_the_tenth_of_may_2026_has_these_days() {
    // Counted by hand in a public repository that quotes the order and the notice as of October 2026.
    let table = [
        (
            "hepatitis_b",
            ["2026-05-10", "2026-07-09", "2027-02-09", "2027-05-09"],
        ),
        (
            "rotavirus_rv5",
            ["2026-06-21", "2026-07-09", "2026-08-22", "2026-12-20"],
        ),
        (
            "rotavirus_rv1",
            ["2026-06-21", "2026-07-09", "2026-08-22", "2026-10-25"],
        ),
        (
            "dpt_ipv_hib",
            ["2026-07-09", "2026-07-09", "2026-12-09", "2033-11-09"],
        ),
        (
            "pneumococcal_child",
            ["2026-07-09", "2026-07-09", "2026-12-09", "2031-05-09"],
        ),
        (
            "bcg",
            ["2026-05-10", "2026-10-09", "2027-01-09", "2027-05-09"],
        ),
        (
            "mr_1",
            ["2027-05-09", "2027-05-09", "2028-05-09", "2028-05-09"],
        ),
        (
            "varicella",
            ["2027-05-09", "2027-05-09", "2027-08-09", "2029-05-09"],
        ),
        (
            "je_1",
            ["2026-11-09", "2029-05-09", "2030-05-09", "2033-11-09"],
        ),
        (
            "mr_2",
            ["2032-04-01", "2032-04-01", "2033-03-31", "2033-03-31"],
        ),
        (
            "je_2",
            ["2035-05-09", "2035-05-09", "2036-05-09", "2039-05-09"],
        ),
        (
            "dt_2",
            ["2037-05-09", "2037-05-09", "2038-05-09", "2039-05-09"],
        ),
        (
            "hpv",
            ["2038-04-01", "2039-04-01", "2040-03-31", "2043-03-31"],
        ),
    ];
    for (id, expected) in table {
        assert_eq!(
            windows(id, "2026-05-10", &[], "2026-05-10"),
            expected,
            "{id}"
        );
        assert_eq!(
            at(id, "2026-05-10", &[], "2026-05-10").status,
            Status::DueWindow
        );
    }
}

// --- counting ----------------------------------------------------------------------------------------------------------

#[test]
fn an_interval_of_n_days_ends_n_plus_one_days_later() {
    // (vaccine, birth, doses, days from the counted dose)
    let table = [
        ("hepatitis_b", vec!["2026-07-10"], 28),
        ("rotavirus_rv1", vec!["2026-07-10"], 28),
        ("rotavirus_rv5", vec!["2026-07-10"], 28),
        ("dpt_ipv_hib", vec!["2026-07-10"], 21),
        ("pneumococcal_child", vec!["2026-07-10"], 28),
        ("je_1", vec!["2029-06-01"], 7),
    ];
    for (id, given, days) in table {
        let first = day(given[0]);
        let next = next(id, "2026-05-10", &given, given[0]);
        assert_eq!(next.earliest, plus_days(first, days), "{id}");
        assert_eq!(next.number, 2, "{id}");
    }
    // 139 days from the first dose, whenever the second came (trap 63).
    for second in ["2026-08-07", "2026-10-01", "2026-11-01"] {
        let given = ["2026-07-10", second];
        assert_eq!(
            next("hepatitis_b", "2026-05-10", &given, second).earliest,
            date(2026, 11, 27),
            "{second}"
        );
    }
    // A second dose after that day still comes before the third.
    let given = ["2026-07-10", "2026-12-24"];
    assert_eq!(
        next("hepatitis_b", "2026-05-10", &given, "2026-12-24").earliest,
        date(2026, 12, 25)
    );
}

#[test]
fn an_interval_of_n_months_ends_on_the_same_day_or_the_first_of_the_month_after() {
    let second = |first: &str| next("varicella", "2024-05-10", &[first], first).earliest;
    // The ministry's examples: 1 April → 1 July, 30 November → 1 March.
    assert_eq!(second("2026-04-01"), date(2026, 7, 1));
    assert_eq!(second("2025-11-30"), date(2026, 3, 1));
    assert_eq!(second("2025-11-28"), date(2026, 2, 28));
    assert_eq!(second("2025-10-31"), date(2026, 1, 31));
    assert_eq!(second("2026-01-31"), date(2026, 5, 1));
    let standard = next("varicella", "2024-05-10", &["2025-08-31"], "2025-08-31");
    assert_eq!(
        standard.recommended,
        Some((date(2026, 3, 1), date(2026, 8, 31)))
    );
}

#[test]
fn month_end_and_leap_day_births_attain_months_at_the_end_of_the_month() {
    let opens = |birth: &str| next("dpt_ipv_hib", birth, &[], birth).earliest.to_string();
    assert_eq!(opens("2026-12-31"), "2027-02-28");
    assert_eq!(opens("2026-12-30"), "2027-02-28");
    assert_eq!(opens("2026-12-29"), "2027-02-28");
    assert_eq!(opens("2026-12-28"), "2027-02-27");
    assert_eq!(opens("2027-12-31"), "2028-02-29");
    assert_eq!(opens("2026-07-31"), "2026-09-30");
    assert_eq!(opens("2026-08-31"), "2026-10-30");
    // Born on the leap day: one year is attained on 28 February, four on 28 February of a leap year.
    assert_eq!(
        windows("bcg", "2024-02-29", &[], "2024-02-29")[3],
        "2025-02-28"
    );
    assert_eq!(
        windows("mr_1", "2024-02-29", &[], "2024-02-29")[0],
        "2025-02-28"
    );
    assert_eq!(
        windows("je_1", "2024-02-29", &[], "2024-02-29")[2],
        "2028-02-28"
    );
}

// --- statuses ----------------------------------------------------------------------------------------------------------

#[test]
fn a_status_changes_on_these_days() {
    // Vaccine, birth, doses, day, status.
    let table = "
        # Rotavirus: 14w6d, 24w0d, 32w0d (trap 63).
        rotavirus_rv1  2026-11-22 -                      2026-11-22 DueWindow
        rotavirus_rv1  2026-11-22 -                      2027-03-06 DueWindow
        rotavirus_rv1  2026-11-22 -                      2027-03-07 Late
        rotavirus_rv1  2026-11-22 -                      2027-05-08 Late
        rotavirus_rv1  2026-11-22 -                      2027-05-09 LastDay
        rotavirus_rv1  2026-11-22 -                      2027-05-10 Expired
        rotavirus_rv1  2026-11-22 2027-01-21             2027-05-08 DueWindow
        rotavirus_rv1  2026-11-22 2027-01-21             2027-05-09 LastDay
        rotavirus_rv1  2026-11-22 2027-01-21             2027-05-10 Expired
        rotavirus_rv1  2026-11-22 2027-04-12             2027-04-12 Expired
        rotavirus_rv1  2026-11-22 2027-01-21,2027-02-18  2027-02-18 Complete
        rotavirus_rv5  2026-11-22 2027-01-21,2027-02-18  2027-07-04 LastDay
        rotavirus_rv5  2026-11-22 2027-01-21,2027-02-18  2027-07-05 Expired
        # Hepatitis B: 9 months, one year.
        hepatitis_b    2026-11-22 -                      2027-08-21 DueWindow
        hepatitis_b    2026-11-22 -                      2027-08-22 Late
        hepatitis_b    2026-11-22 -                      2027-11-20 Late
        hepatitis_b    2026-11-22 -                      2027-11-21 LastDay
        hepatitis_b    2026-11-22 -                      2027-11-22 Expired
        # The third dose would come 140 days after the first: 4 July is the last first dose with room for it.
        hepatitis_b    2026-11-22 2027-07-04,2027-08-01  2027-08-01 Late
        hepatitis_b    2026-11-22 2027-07-05,2027-08-02  2027-08-02 Expired
        # BCG.
        bcg            2026-11-22 -                      2027-07-21 DueWindow
        bcg            2026-11-22 -                      2027-07-22 Late
        bcg            2026-11-22 -                      2027-11-21 LastDay
        bcg            2026-11-22 -                      2027-11-22 Expired
        bcg            2026-11-22 2027-05-01             2027-05-01 Complete
        # Five-in-one: 20 to 56 days, 6 to 18 months, 90 months.
        dpt_ipv_hib    2026-11-22 2027-01-21             2027-03-19 DueWindow
        dpt_ipv_hib    2026-11-22 2027-01-21             2027-03-20 Late
        dpt_ipv_hib    2026-11-22 -                      2034-05-21 LastDay
        dpt_ipv_hib    2026-11-22 -                      2034-05-22 Expired
        # Measles and rubella.
        mr_1           2026-11-22 -                      2028-11-20 DueWindow
        mr_1           2026-11-22 -                      2028-11-21 LastDay
        mr_1           2026-11-22 -                      2028-11-22 Expired
        mr_2           2020-04-02 -                      2027-03-31 LastDay
        mr_2           2020-04-02 -                      2027-04-01 Expired
        # Chickenpox: 15 months, 36 months; second dose 6 to 12 months.
        varicella      2026-11-22 -                      2028-02-21 DueWindow
        varicella      2026-11-22 -                      2028-02-22 Late
        varicella      2026-11-22 2027-11-21             2028-11-21 DueWindow
        varicella      2026-11-22 2027-11-21             2028-11-22 Late
        varicella      2026-11-22 2029-09-01             2029-09-01 Expired
        # Japanese encephalitis, diphtheria and tetanus.
        je_1           2023-05-10 -                      2027-05-09 DueWindow
        je_1           2023-05-10 -                      2027-05-10 Late
        je_1           2023-05-10 -                      2030-11-09 LastDay
        je_2           2017-05-10 -                      2027-05-10 Late
        je_2           2017-05-10 -                      2030-05-09 LastDay
        je_2           2017-05-10 -                      2030-05-10 Expired
        dt_2           2015-05-10 -                      2027-05-10 Late
        dt_2           2015-05-10 -                      2028-05-09 LastDay
        # Human papillomavirus: fiscal years.
        hpv            2014-04-02 -                      2026-03-31 DueWindow
        hpv            2014-04-02 -                      2028-03-31 DueWindow
        hpv            2014-04-02 -                      2028-04-01 Late
        hpv            2014-04-02 -                      2031-03-31 LastDay
        hpv            2014-04-02 -                      2031-04-01 Expired
    ";
    for [id, birth, given, as_of, expected] in rows_of(table) {
        let given = list(given);
        let outlook = at(id, birth, &given, as_of);
        assert_eq!(
            format!("{:?}", outlook.status),
            expected,
            "{id} {birth} {given:?} {as_of}: {outlook:?}"
        );
        let has_window = !matches!(outlook.status, Status::Expired | Status::Complete);
        assert_eq!(outlook.next.is_some(), has_window, "{id} {given:?} {as_of}");
    }
}

#[test]
fn the_pneumococcus_course_follows_the_age_at_the_start() {
    let (id, birth) = ("pneumococcal_child", "2026-05-10");
    // Ages attained: 7 months 2026-12-09, 12 months 2027-05-09, 24 months 2028-05-09, 60 months 2031-05-09.
    // Doses, day, status; number and part of the next dose, its four days.
    let table = "
        # Nobody began: the class is today's.
        -                                           2026-12-09 DueWindow  1 Primary 2026-07-09 2026-07-09 2026-12-09 2031-05-09
        -                                           2026-12-10 LateSeries 1 Primary 2026-07-09 2026-07-09 2026-12-09 2031-05-09
        -                                           2031-05-09 LastDay    1 Primary 2026-07-09 2026-07-09 2026-12-09 2031-05-09
        -                                           2031-05-10 Expired    -
        # Four doses.
        2026-07-09                                  2026-07-09 DueWindow  2 Primary 2026-08-06 2026-08-06 2027-05-09 2028-05-09
        2026-12-09                                  2026-12-09 DueWindow  2 Primary 2027-01-06 2027-01-06 2027-05-09 2028-05-09
        2026-07-09,2026-08-06                       2027-05-10 Late       3 Primary 2026-09-03 2026-09-03 2027-05-09 2028-05-09
        2026-07-09,2026-08-06,2026-09-03            2026-09-03 DueWindow  4 Booster 2027-05-09 2027-05-09 2027-08-09 2031-05-09
        2026-07-09,2026-08-06,2027-05-09            2027-05-09 DueWindow  4 Booster 2027-07-09 2027-07-09 2027-08-09 2031-05-09
        2026-07-09,2026-08-06,2026-09-03,2027-05-09 2027-05-09 Complete   -
        # A second dose on the day of twelve months keeps the third; a day later it is left out.
        2026-07-09,2027-05-09                       2027-05-09 Late       3 Primary 2027-06-06 - - 2028-05-09
        2026-07-09,2027-05-10                       2027-05-10 LateSeries 3 Booster 2027-07-10 2027-07-10 2027-08-09 2031-05-09
        # After 24 months the second and third are left out.
        2026-07-09                                  2028-05-09 LastDay    2 Primary 2026-08-06 2026-08-06 2027-05-09 2028-05-09
        2026-07-09                                  2028-05-10 LateSeries 2 Booster 2027-05-09 2027-05-09 2027-08-09 2031-05-09
        # Three doses from seven months, two from twelve, one from twenty-four.
        2026-12-10                                  2026-12-10 LateSeries 2 Primary 2027-01-07 2027-01-07 2027-05-09 2028-05-09
        2026-12-10,2027-01-07                       2027-01-07 LateSeries 3 Booster 2027-05-09 2027-05-09 2031-05-09 2031-05-09
        2027-05-10                                  2027-05-10 LateSeries 2 Primary 2027-07-10 2027-07-10 2031-05-09 2031-05-09
        2028-05-10                                  2028-05-10 Complete   -
    ";
    for line in lines(table) {
        let [given, as_of, status, rest @ ..] = &line[..] else {
            panic!("{line:?}")
        };
        let given = list(given);
        let outlook = at(id, birth, &given, as_of);
        assert_eq!(
            format!("{:?}", outlook.status),
            *status,
            "{given:?} {as_of}: {outlook:?}"
        );
        let Some(next) = outlook.next else {
            assert_eq!(rest, ["-"], "{given:?} {as_of}");
            continue;
        };
        let said = [next.number.to_string(), format!("{:?}", next.part)];
        assert_eq!(rest[..2], said, "{given:?} {as_of}");
        assert_eq!(
            rest[2..],
            windows(id, birth, &given, as_of),
            "{given:?} {as_of}"
        );
    }
}

#[test]
fn a_late_pneumococcus_course_ends_early_and_a_hasty_booster_is_the_clinic_s() {
    let table = "
        2027-05-10,2027-07-10            Complete
        2027-05-10,2027-07-09            NeedsDoctor
        2026-12-10,2027-01-07,2027-05-09 Complete
        2026-12-10,2027-01-07,2027-05-08 NeedsDoctor
    ";
    for [given, status] in rows_of(table) {
        let outlook = at(
            "pneumococcal_child",
            "2026-05-10",
            &list(given),
            "2029-01-01",
        );
        assert_eq!(format!("{:?}", outlook.status), status, "{given}");
    }
}

#[test]
fn two_doses_of_hpv_suffice_before_fifteen_and_five_months_apart() {
    // Born 2 April 2014: fifteen is attained on 1 April 2029.
    let birth = "2014-04-02";
    // Doses, status; number of the next dose, its four days.
    let table = "
        2027-05-01                       DueWindow   2 2027-10-01 2027-11-01 2031-03-31 2031-03-31
        2027-05-01,2027-10-01            Complete    -
        # A day short of five months: a third dose, three months after the second.
        2027-05-01,2027-09-30            DueWindow   3 2027-12-30 2027-12-30 2031-03-31 2031-03-31
        2027-05-01,2027-06-01            DueWindow   3 2027-09-01 2027-11-01 2031-03-31 2031-03-31
        2027-05-01,2027-06-01,2027-09-01 Complete    -
        # A day short of one month is nobody's course.
        2027-05-01,2027-05-31            NeedsDoctor -
        # The last day of two doses, and the first of three.
        2029-04-01                       DueWindow   2 2029-09-01 2029-10-01 2031-03-31 2031-03-31
        2029-04-02                       DueWindow   2 2029-05-02 2029-06-02 2031-03-31 2031-03-31
        2029-04-02,2029-06-02            DueWindow   3 2029-09-02 2029-10-02 2031-03-31 2031-03-31
    ";
    for line in lines(table) {
        let [given, status, rest @ ..] = &line[..] else {
            panic!("{line:?}")
        };
        let given = list(given);
        let as_of = given[given.len() - 1];
        let outlook = at("hpv", birth, &given, as_of);
        assert_eq!(
            format!("{:?}", outlook.status),
            *status,
            "{given:?}: {outlook:?}"
        );
        let Some(next) = outlook.next else {
            assert_eq!(rest, ["-"], "{given:?}");
            continue;
        };
        assert_eq!(rest[0], next.number.to_string(), "{given:?}");
        assert_eq!(rest[1..], windows("hpv", birth, &given, as_of), "{given:?}");
    }
    let with = |brand: &str| {
        ask(&json!({"vaccine": "hpv", "birth": birth, "doses": ["2027-05-01"], "brand": brand}))
    };
    assert_eq!(with("Silgard 9")["earliest"], "2027-10-01");
    assert_eq!(with("シルガード9")["earliest"], "2027-10-01");
    // Begun with another product: three doses.
    assert_eq!(with("Gardasil")["earliest"], "2027-06-01");
}

#[test]
fn the_fiscal_year_of_a_child_of_the_first_of_april_is_the_earlier_one() {
    let of = |id: &str, birth: &str| {
        let days = windows(id, birth, &[], birth);
        [days[0].clone(), days[3].clone()]
    };
    assert_eq!(of("mr_2", "2020-04-01"), ["2025-04-01", "2026-03-31"]);
    assert_eq!(of("mr_2", "2020-04-02"), ["2026-04-01", "2027-03-31"]);
    assert_eq!(of("mr_2", "2021-03-31"), ["2026-04-01", "2027-03-31"]);
    assert_eq!(of("mr_2", "2021-04-01"), ["2026-04-01", "2027-03-31"]);
    assert_eq!(of("hpv", "2014-04-01"), ["2025-04-01", "2030-03-31"]);
    assert_eq!(of("hpv", "2014-04-02"), ["2026-04-01", "2031-03-31"]);
}

#[test]
fn twins_on_both_sides_of_midnight_have_their_own_windows() {
    // 1 April 23:50 and 2 April 0:05 (trap 40).
    let (first, second) = ("2026-04-01", "2026-04-02");
    let last = |id: &str, birth: &str| windows(id, birth, &[], birth)[3].clone();
    assert_eq!(last("rotavirus_rv1", first), "2026-09-16");
    assert_eq!(last("rotavirus_rv1", second), "2026-09-17");
    assert_eq!(last("bcg", first), "2027-03-31");
    assert_eq!(last("bcg", second), "2027-04-01");
    assert_eq!(last("mr_2", first), "2032-03-31");
    assert_eq!(last("mr_2", second), "2033-03-31");
}

#[test]
fn a_record_that_does_not_fit_the_order_goes_to_the_clinic() {
    let table = "
        bcg            2026-11-22 2026-11-21                                  DoseBeforeBirth
        hepatitis_b    2026-11-22 2027-01-21,2027-12-02                       DoseAfterToday
        rotavirus_rv1  2026-11-22 2027-01-02                                  DoseTooEarly
        dpt_ipv_hib    2026-11-22 2027-01-20                                  DoseTooEarly
        mr_1           2025-11-22 2026-11-20                                  DoseTooEarly
        mr_2           2020-04-02 2024-06-01                                  DoseTooEarly
        rotavirus_rv1  2026-11-22 2027-01-21,2027-02-17                       DosesTooClose
        dpt_ipv_hib    2026-11-22 2027-01-21,2027-02-10                       DosesTooClose
        hepatitis_b    2026-11-22 2027-01-21,2027-02-18,2027-06-09            DosesTooClose
        varicella      2024-11-22 2026-01-31,2026-04-30                       DosesTooClose
        je_1           2023-05-10 2026-05-09,2026-05-15                       DosesTooClose
        hepatitis_b    2026-11-22 2027-01-21,2027-01-21                       DosesTooClose
        dpt_ipv_hib    2026-11-22 2027-01-21,2027-02-11,2027-03-04,2027-09-03 DosesTooClose
        je_2           2016-05-10 2025-05-08                                  DoseTooEarly
    ";
    for [id, birth, given, why] in rows_of(table) {
        let outlook = at(id, birth, &list(given), "2027-12-01");
        assert_eq!(
            outlook.status,
            Status::NeedsDoctor,
            "{id} {given}: {outlook:?}"
        );
        let last = outlook.notes.last().map(|code| format!("{code:?}"));
        assert_eq!(last.as_deref(), Some(why), "{id} {given}");
        assert_eq!(outlook.next, None);
    }
}

/// The same records as above, each a day later where that is what was wrong.
#[test]
fn a_day_later_the_record_fits() {
    let table = "
        bcg            2026-11-22 2026-11-22
        rotavirus_rv1  2026-11-22 2027-01-03
        dpt_ipv_hib    2026-11-22 2027-01-21
        mr_1           2025-11-22 2026-11-21
        rotavirus_rv1  2026-11-22 2027-01-21,2027-02-18
        dpt_ipv_hib    2026-11-22 2027-01-21,2027-02-11
        hepatitis_b    2026-11-22 2027-01-21,2027-02-18,2027-06-10
        varicella      2024-11-22 2026-01-31,2026-05-01
        je_1           2023-05-10 2026-05-09,2026-05-16
        dpt_ipv_hib    2026-11-22 2027-01-21,2027-02-11,2027-03-04,2027-09-04
        je_2           2016-05-10 2025-05-09
    ";
    for [id, birth, given] in rows_of(table) {
        let outlook = at(id, birth, &list(given), "2027-12-01");
        assert_ne!(
            outlook.status,
            Status::NeedsDoctor,
            "{id} {given}: {outlook:?}"
        );
    }
}

#[test]
fn brands_of_rotavirus_are_not_mixed() {
    let ask_with = |doses: Value| {
        ask(&json!({"vaccine": "rotavirus_rv1", "birth": "2026-11-22", "doses": doses}))["status"]
            .clone()
    };
    assert_eq!(
        ask_with(json!([{"date": "2027-01-21", "brand": "Rotarix"}])),
        "due_window"
    );
    assert_eq!(
        ask_with(json!([{"date": "2027-01-21", "brand": "ロタテック"}])),
        "needs_doctor"
    );
    let mut records = Records::new();
    records.insert("rotavirus_rv1".to_owned(), doses(&["2027-01-21"]));
    records.insert("rotavirus_rv5".to_owned(), doses(&["2027-02-18"]));
    let planned = schedule()
        .calendar(&child(date(2026, 11, 22)), &records, date(2027, 3, 1))
        .unwrap();
    for entry in planned.iter().filter(|entry| entry.vaccine.group.is_some()) {
        assert_eq!(entry.outlook.status, Status::NeedsDoctor);
        assert_eq!(entry.outlook.notes, [NoteCode::OtherProduct]);
        assert!(entry.ahead.is_empty());
    }
}

#[test]
fn some_children_are_not_part_of_the_programme() {
    for (id, birth, as_of, status) in [
        (
            "hepatitis_b",
            "2016-03-31",
            "2016-11-01",
            Status::NotRoutine,
        ),
        ("hepatitis_b", "2016-04-01", "2016-11-01", Status::DueWindow),
        ("hepatitis_b", "2016-04-01", "2016-09-30", Status::DueWindow),
        (
            "rotavirus_rv1",
            "2020-07-31",
            "2020-10-10",
            Status::NotRoutine,
        ),
        (
            "rotavirus_rv1",
            "2020-08-01",
            "2020-10-10",
            Status::DueWindow,
        ),
        (
            "rotavirus_rv5",
            "2020-08-01",
            "2020-09-30",
            Status::DueWindow,
        ),
        // Ninety months were attained on 31 March 2024, the day before the programme began.
        (
            "dpt_ipv_hib",
            "2016-10-01",
            "2024-01-01",
            Status::NotRoutine,
        ),
        ("dpt_ipv_hib", "2016-10-02", "2024-01-01", Status::Late),
    ] {
        assert_eq!(
            at(id, birth, &[], as_of).status,
            status,
            "{id} {birth} {as_of}"
        );
    }
    // The ministry's table for August 2020: routine from 1 October, advised until 13 November.
    assert_eq!(
        windows("rotavirus_rv1", "2020-08-01", &[], "2020-10-01"),
        ["2020-10-01", "2020-10-01", "2020-11-13", "2021-01-16"]
    );
    let of = |extra: Value| {
        let mut question = json!({"vaccine": "hpv", "birth": "2014-04-02"});
        question
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        ask(&question)["status"].clone()
    };
    for boy in [
        json!({"sex": "male"}),
        json!({"sex": 1}),
        json!({"sex": "M"}),
        json!({"sex": "男"}),
    ] {
        assert_eq!(of(boy.clone()), "not_routine", "{boy}");
    }
    for girl in [
        json!({"sex": "female"}),
        json!({"sex": 2}),
        json!({"sex": null}),
        json!({}),
        json!({"sex": 0}),
    ] {
        assert_eq!(of(girl.clone()), "due_window", "{girl}");
    }
    let carrier = |id: &str| {
        ask(
            &json!({"vaccine": id, "birth": "2026-11-22", "mother_hbs_positive": true, "doses": []}),
        )
    };
    assert_eq!(carrier("hepatitis_b")["status"], "not_routine");
    assert_eq!(carrier("hepatitis_b")["next_dose"], Value::Null);
    assert_eq!(carrier("bcg")["status"], "due_window");
}

#[test]
fn births_of_the_suspended_recommendation_have_until_twenty() {
    let status = |id: &str, birth: &str, as_of: &str| at(id, birth, &[], as_of).status;
    for id in ["je_1", "je_2"] {
        assert_eq!(status(id, "2007-04-01", "2027-03-30"), Status::Late);
        assert_eq!(status(id, "2007-04-01", "2027-03-31"), Status::LastDay);
        assert_eq!(status(id, "2007-04-01", "2027-04-01"), Status::Expired);
        assert_eq!(status(id, "2007-04-02", "2026-11-22"), Status::Expired);
    }
}

#[test]
fn doses_of_an_earlier_period_are_not_counted() {
    let mr = at("mr_2", "2020-04-02", &["2021-05-01"], "2026-05-01");
    assert_eq!((mr.status, mr.given), (Status::DueWindow, 0));
    assert_eq!(mr.notes, [NoteCode::EarlierPeriod]);
    let done = at(
        "mr_2",
        "2020-04-02",
        &["2026-05-01", "2021-05-01"],
        "2026-05-01",
    );
    assert_eq!((done.status, done.given), (Status::Complete, 1));
    let je = at(
        "je_2",
        "2017-05-10",
        &["2020-06-01", "2020-06-10", "2021-06-20"],
        "2026-11-22",
    );
    assert_eq!((je.status, je.given), (Status::DueWindow, 0));
}

#[test]
fn the_order_of_the_doses_does_not_matter_and_more_than_enough_is_complete() {
    let days = ["2027-06-10", "2027-01-21", "2027-02-18"];
    assert_eq!(
        at("hepatitis_b", "2026-11-22", &days, "2027-06-10").status,
        Status::Complete
    );
    let more = ["2027-06-10", "2027-01-21", "2027-02-18", "2027-08-01"];
    let outlook = at("hepatitis_b", "2026-11-22", &more, "2027-08-01");
    assert_eq!(outlook.status, Status::Complete);
    assert_eq!(outlook.notes, [NoteCode::MoreDosesThanPlanned]);
    // The last dose after the window is still the last dose.
    let after = ["2027-01-21", "2027-02-18", "2027-12-01"];
    let outlook = at("hepatitis_b", "2026-11-22", &after, "2027-12-01");
    assert_eq!(outlook.status, Status::Complete);
    assert_eq!(outlook.notes, [NoteCode::DoseOutsideWindow]);
}

#[test]
fn the_whole_course_fits_until_this_day() {
    let by = |id: &str, given: &[&str]| {
        next(id, "2026-11-22", given, "2027-06-01")
            .whole_course_by
            .map(|day| day.to_string())
    };
    // One year is attained on 21 November 2027, 140 days later than 4 July.
    assert_eq!(by("hepatitis_b", &[]).as_deref(), Some("2027-07-04"));
    assert_eq!(
        by("hepatitis_b", &["2027-05-01"]).as_deref(),
        Some("2027-11-20")
    );
    // Japanese encephalitis: six months and seven days before the last day.
    assert_eq!(by("je_1", &[]).as_deref(), Some("2033-11-14"));
    // One dose of the oldest class is a whole course.
    assert_eq!(by("pneumococcal_child", &[]).as_deref(), Some("2031-11-21"));
    assert_eq!(
        by("hepatitis_b", &["2027-06-01"]).as_deref(),
        Some("2027-11-20")
    );
    let late = next("hepatitis_b", "2026-11-22", &["2027-07-05"], "2027-07-05");
    assert_eq!(late.whole_course_by, None);
}

#[test]
fn the_mothers_window_counts_back_from_the_due_date() {
    let of = |due: &str, extra: Value, as_of: &str| {
        let mut question = json!({"vaccine": "rsv_maternal", "due_date": due, "as_of": as_of});
        question
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        ask(&question)
    };
    let open = of("2027-02-01", json!({}), "2026-11-22");
    assert_eq!(open["status"], "due_window");
    assert_eq!(open["earliest"], "2026-11-09");
    assert_eq!(open["latest"], "2027-01-10");
    assert_eq!(
        of("2027-02-01", json!({}), "2027-01-10")["status"],
        "last_day"
    );
    assert_eq!(
        of("2027-02-01", json!({}), "2027-01-11")["status"],
        "expired"
    );
    assert_eq!(
        of("2027-02-01", json!({"doses": ["2026-12-01"]}), "2026-12-01")["status"],
        "complete"
    );
    assert_eq!(
        of("2027-02-01", json!({"birth": "2026-12-20"}), "2026-12-21")["status"],
        "expired"
    );
    // Routine since 1 April 2026.
    assert_eq!(
        of("2026-04-20", json!({}), "2026-03-20")["status"],
        "not_routine"
    );
    assert_eq!(
        of("2026-06-01", json!({}), "2026-03-31")["status"],
        "due_window"
    );
    assert_eq!(
        of("2026-06-01", json!({}), "2026-04-01")["earliest"],
        "2026-04-01"
    );
    let none = ask(&json!({"vaccine": "rsv_maternal", "birth": "2026-11-22"}));
    assert_eq!(
        none["error"],
        "rsv_maternal is counted from the expected day of delivery, which is missing"
    );
}

// --- the door ----------------------------------------------------------------------------------------------------------

#[test]
fn the_door_answers_with_exactly_these_fields() {
    assert_eq!(
        ask(
            &json!({"vaccine": "hepatitis_b", "birth": "2026-11-22", "doses": ["2027-01-21", "2027-02-18"], "as_of": "2027-03-01"})
        ),
        json!({
            "status": "due_window", "next_dose": 3, "earliest": "2027-06-10",
            "recommended_from": "2027-06-10", "recommended_to": "2027-08-21", "latest": "2027-11-21",
        })
    );
    assert_eq!(
        ask(&json!({"id": "x", "vaccine": "bcg", "birth": "2025-11-22", "doses": [], "note": "?"})),
        json!({
            "id": "x", "status": "expired", "next_dose": null, "earliest": null,
            "recommended_from": null, "recommended_to": null, "latest": null,
        })
    );
    let schema = Door::schema("vaccine").unwrap().to_string();
    for status in [
        "due_window",
        "late",
        "last_day",
        "expired",
        "complete",
        "needs_doctor",
        "late_series",
        "not_routine",
    ] {
        assert!(schema.contains(&format!("{status:?}")), "{status}");
    }
}

#[test]
fn without_a_day_the_law_s_date_counts_or_the_last_dose_if_later() {
    let of = |doses: Value| {
        ask(&json!({"vaccine": "dpt_ipv_hib", "birth": "2026-11-22", "doses": doses}))
    };
    assert_eq!(of(json!([]))["status"], "due_window");
    assert_eq!(of(json!(null))["next_dose"], 1);
    assert_eq!(of(json!(["2027-01-21"]))["next_dose"], 2);
    assert_eq!(of(json!(["2027-01-21"]))["status"], "due_window");
}

#[test]
fn explained_answers_carry_remarks_and_ground() {
    let answer = ask(&json!({
        "vaccine": "rotavirus_rv1", "birth": "2026-11-22", "doses": [], "as_of": "2027-03-07", "explain": true,
    }));
    assert_eq!(answer["status"], "late");
    assert_eq!(answer["why"]["notes"][0]["code"], "past_advised_start");
    assert!(
        answer["why"]["notes"][0]["ja"]
            .as_str()
            .unwrap()
            .contains("医療機関")
    );
    assert_eq!(answer["why"]["ground"][0]["article"], "2の3");
    assert_eq!(answer["why"]["whole_course_by"], "2027-04-11");
}

#[test]
fn bad_questions_are_answered_with_what_is_wrong() {
    for question in [
        json!({}),
        json!({"vaccine": "mumps", "birth": "2026-11-22"}),
        json!({"vaccine": "bcg"}),
        json!({"vaccine": "bcg", "birth": "2026-02-30"}),
        json!({"vaccine": "bcg", "birth": 20_261_122}),
        json!({"vaccine": "bcg", "birth": "2026-11-22", "doses": "2027-05-01"}),
        json!({"vaccine": "bcg", "birth": "2026-11-22", "doses": [null]}),
        json!({"vaccine": "bcg", "birth": "2026-11-22", "doses": [1]}),
        json!({"vaccine": "hpv", "birth": "2014-04-02", "sex": 7}),
        json!({"vaccine": ["bcg"], "birth": "2026-11-22"}),
    ] {
        let answer = ask(&question);
        assert!(answer["error"].is_string(), "{question} → {answer}");
    }
}

#[test]
fn a_hundred_thousand_doses_and_absurd_dates_are_no_trouble() {
    let many: Vec<Dose> = (0..100_000)
        .map(|n| Dose::from(plus_days(date(2026, 11, 22), n % 4000)))
        .collect();
    for vaccine in schedule().vaccines() {
        for birth in [Date::MIN, date(2026, 11, 22), Date::MAX] {
            for as_of in [Date::MIN, date(2026, 11, 22), Date::MAX] {
                let person = Person {
                    due: Some(birth),
                    ..child(birth)
                };
                for doses in [
                    &[][..],
                    &[Dose::from(Date::MIN)],
                    &[Dose::from(birth), Dose::from(Date::MAX)],
                ] {
                    let _ = schedule().assess(vaccine, &person, doses, as_of).unwrap();
                }
            }
        }
        let person = Person {
            due: Some(date(2027, 1, 1)),
            ..child(date(2026, 11, 22))
        };
        schedule()
            .assess(vaccine, &person, &many, Date::MAX)
            .unwrap();
    }
}

// --- the calendar ------------------------------------------------------------------------------------------------------

#[test]
fn the_calendar_of_a_newborn_shows_every_dose_of_every_course() {
    let planned = schedule()
        .calendar(
            &child(date(2026, 11, 22)),
            &Records::new(),
            date(2026, 11, 22),
        )
        .unwrap();
    let counts: Vec<(&str, usize)> = planned
        .iter()
        .map(|entry| (entry.vaccine.id.as_str(), entry.ahead.len()))
        .collect();
    assert_eq!(
        counts,
        [
            ("hepatitis_b", 3),
            ("rotavirus_rv1", 2),
            ("rotavirus_rv5", 3),
            ("dpt_ipv_hib", 4),
            ("pneumococcal_child", 4),
            ("bcg", 1),
            ("mr_1", 1),
            ("mr_2", 1),
            ("varicella", 2),
            ("je_1", 3),
            ("je_2", 1),
            ("dt_2", 1),
            ("hpv", 2),
        ]
    );
    let third = planned[0].ahead[2];
    assert!(third.assumes_earlier && !planned[0].ahead[0].assumes_earlier);
    // First dose on the day of two months, 21 January 2027.
    assert_eq!(third.dose.earliest, date(2027, 6, 10));
    // With a due date the mother's window is there too.
    let expecting = Person {
        due: Some(date(2026, 11, 25)),
        ..child(date(2026, 11, 22))
    };
    let planned = schedule()
        .calendar(&expecting, &Records::new(), date(2026, 11, 22))
        .unwrap();
    assert_eq!(planned.len(), 14);
}

#[test]
fn injected_live_vaccines_keep_twenty_seven_days_between_each_other() {
    let birth = date(2025, 11, 22);
    let mut records = Records::new();
    records.insert("varicella".to_owned(), doses(&["2026-11-21"]));
    let planned = |as_of| schedule().calendar(&child(birth), &records, as_of).unwrap();
    let find = |id: &str| {
        planned(date(2026, 11, 25))
            .into_iter()
            .find(|entry| entry.vaccine.id == id)
            .unwrap()
            .outlook
    };
    let mr = find("mr_1");
    assert_eq!(mr.next.unwrap().earliest, date(2026, 12, 19));
    assert_eq!(mr.notes, [NoteCode::LiveInjectionGap]);
    // Not live, not injected, or its own: untouched.
    assert_eq!(
        find("dpt_ipv_hib").next.unwrap().earliest,
        date(2026, 1, 21)
    );
    assert_eq!(find("varicella").next.unwrap().earliest, date(2027, 2, 21));
}

#[test]
fn away_from_home_every_window_asks_for_the_letter() {
    let person = Person {
        away: true,
        ..child(date(2026, 11, 22))
    };
    let planned = schedule()
        .calendar(&person, &Records::new(), date(2026, 11, 22))
        .unwrap();
    assert!(
        planned
            .iter()
            .all(|entry| entry.outlook.notes.contains(&NoteCode::RequestLetter))
    );
}

// --- properties --------------------------------------------------------------------------------------------------------

fn rank(status: Status) -> u8 {
    match status {
        Status::NotRoutine => 0,
        Status::DueWindow => 1,
        Status::Late | Status::LateSeries | Status::NeedsDoctor => 2,
        Status::LastDay => 3,
        Status::Expired => 4,
        Status::Complete => 5,
    }
}

fn check(outlook: &Outlook, as_of: Date) {
    let windowed = matches!(
        outlook.status,
        Status::DueWindow | Status::Late | Status::LateSeries | Status::LastDay
    );
    assert!(!windowed || outlook.next.is_some(), "{outlook:?}");
    let Some(next) = outlook.next else { return };
    assert!(next.earliest <= next.latest, "{outlook:?}");
    assert!(as_of <= next.latest, "{outlook:?}");
    assert_eq!(
        outlook.status == Status::LastDay,
        as_of == next.latest,
        "{outlook:?}"
    );
    if let Some((from, to)) = next.recommended {
        assert!(
            next.earliest <= from && from <= to && to <= next.latest,
            "{outlook:?}"
        );
        assert!(
            outlook.status != Status::DueWindow || as_of <= to,
            "{outlook:?}"
        );
        assert!(outlook.status != Status::Late || as_of > to, "{outlook:?}");
    } else {
        assert_ne!(outlook.status, Status::DueWindow, "{outlook:?}");
    }
    if let Some(by) = next.whole_course_by {
        assert!(next.earliest <= by && by <= next.latest, "{outlook:?}");
    }
    assert_eq!(next.number, outlook.given + 1);
}

/// Births of ten years around today, with every leap day and month end among them now and then.
fn birth() -> impl Strategy<Value = Date> {
    prop_oneof![
        8 => (0..3650_i32).prop_map(|days| plus_days(date(2020, 10, 1), days)),
        1 => Just(date(2024, 2, 29)),
        1 => (0..60_i8).prop_map(|n| {
            let first = Date::new(2021 + i16::from(n / 12), n % 12 + 1, 1).unwrap();
            first.last_of_month()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// A course followed within its windows, each dose some way into them, never leaves the order, moves on with every
    /// dose, and ends complete or expired.
    #[test]
    fn a_course_followed_within_its_windows_ends(
        birth in birth(),
        which in 0_usize..13,
        ways in proptest::collection::vec(0_u32..1000, 4),
    ) {
        let vaccine = &schedule().vaccines()[which];
        let person = child(birth);
        let mut given: Vec<Dose> = Vec::new();
        let mut as_of = birth;
        let mut last_earliest = Date::MIN;
        for (step, way) in ways.into_iter().chain([0]).enumerate() {
            let outlook = schedule().assess(vaccine, &person, &given, as_of).unwrap();
            check(&outlook, as_of);
            let Some(next) = outlook.next else {
                prop_assert!(matches!(outlook.status, Status::Complete | Status::Expired));
                break;
            };
            prop_assert_eq!(next.number, step + 1);
            prop_assert!(next.earliest > last_earliest);
            last_earliest = next.earliest;
            let first = next.earliest.max(as_of);
            let room = first.until(next.latest).unwrap().get_days();
            // Mostly early in the window, sometimes anywhere.
            let way = i64::from(way);
            let days = if way < 700 { way % 60 } else { i64::from(room) * way / 1000 };
            let day = plus_days(first, i32::try_from(days).unwrap().min(room));
            given.push(Dose::from(day));
            as_of = day;
            prop_assert!(step < 4, "no course has five doses");
        }
    }

    /// No record and no day makes it panic, or say a window that is none.
    #[test]
    fn any_record_has_a_consistent_answer(
        birth in birth(),
        which in 0_usize..13,
        offsets in proptest::collection::vec(-30_i32..6500, 0..6),
        today in -30_i32..6500,
    ) {
        let vaccine = &schedule().vaccines()[which];
        let given: Vec<Dose> = offsets.iter().map(|days| Dose::from(plus_days(birth, *days))).collect();
        let as_of = plus_days(birth, today);
        let outlook = schedule().assess(vaccine, &child(birth), &given, as_of).unwrap();
        check(&outlook, as_of);
    }

    /// The calendar never plans a dose outside the windows it shows.
    #[test]
    fn the_calendar_is_consistent(birth in birth(), today in 0_i32..2500) {
        let as_of = plus_days(birth, today);
        let planned = schedule().calendar(&child(birth), &Records::new(), as_of).unwrap();
        for entry in &planned {
            check(&entry.outlook, as_of);
            for (index, ahead) in entry.ahead.iter().enumerate() {
                prop_assert_eq!(ahead.dose.number, index + 1);
                prop_assert!(ahead.dose.earliest <= ahead.dose.latest);
                prop_assert_eq!(ahead.assumes_earlier, index > 0);
            }
        }
    }
}

/// Day by day from birth: the status only moves down, unless a dose is left out and the next begins its own walk.
#[test]
fn walking_through_the_days_only_moves_a_status_down() {
    for birth in [
        date(2024, 2, 29),
        date(2026, 8, 31),
        date(2026, 4, 1),
        date(2026, 11, 22),
    ] {
        for vaccine in schedule()
            .vaccines()
            .iter()
            .filter(|vaccine| vaccine.id != "rsv_maternal")
        {
            let person = child(birth);
            let mut given = Vec::new();
            for _ in 0..4 {
                let mut before: Option<Outlook> = None;
                let mut as_of = given.last().map_or(birth, |dose: &Dose| dose.day);
                let mut at_first = None;
                loop {
                    let outlook = schedule().assess(vaccine, &person, &given, as_of).unwrap();
                    check(&outlook, as_of);
                    at_first = at_first.or(outlook.next);
                    let part = |outlook: &Outlook| outlook.next.map(|next| next.latest);
                    if let Some(before) = &before {
                        let same_dose = part(before) == part(&outlook) || outlook.next.is_none();
                        assert!(
                            !same_dose || rank(before.status) <= rank(outlook.status),
                            "{} {as_of}: {:?} → {:?}",
                            vaccine.id,
                            before.status,
                            outlook.status
                        );
                        // The last day comes before the end, and on no other day.
                        if outlook.status == Status::Expired && before.status != Status::Expired {
                            assert_eq!(before.status, Status::LastDay, "{} {as_of}", vaccine.id);
                        }
                    }
                    let over = matches!(outlook.status, Status::Expired | Status::Complete);
                    before = Some(outlook);
                    if over {
                        break;
                    }
                    as_of = plus_days(as_of, 1);
                }
                let Some(next) = at_first else { break };
                given.push(Dose::from(
                    next.recommended.map_or(next.earliest, |span| span.0),
                ));
            }
        }
    }
}

/// Ages attained against a walker that only knows the calendar: n months are attained at midnight before the same day.
#[test]
fn windows_agree_with_a_day_walker() {
    let mut birth = date(2026, 1, 1);
    while birth < date(2028, 3, 2) {
        let attained = |months: i32| {
            // The first day whose morrow has the birth's day of the month, or the last of the month without one.
            let mut day = birth;
            let mut passed = 0;
            loop {
                let morrow = plus_days(day, 1);
                let same = morrow.day() == birth.day() && morrow > birth;
                let missing = morrow.day() == 1
                    && day.day() < birth.day()
                    && (day.year(), day.month()) > (birth.year(), birth.month());
                if same || missing {
                    passed += 1;
                }
                if passed == months {
                    return day;
                }
                day = morrow;
            }
        };
        let text = birth.to_string();
        let span = |id: &str| {
            let days = windows(id, &text, &[], &text);
            (day(&days[0]), day(&days[3]))
        };
        assert_eq!(span("dpt_ipv_hib").0, attained(2), "{birth}");
        assert_eq!(span("bcg").1, attained(12), "{birth}");
        assert_eq!(span("varicella"), (attained(12), attained(36)), "{birth}");
        let entry = plus_days(fiscal_year_end_after_attaining(birth, 6), 1);
        assert_eq!((entry.month(), entry.day()), (4, 1));
        assert_eq!(span("mr_2").1, plus_days(entry, -1), "{birth}");
        birth = plus_days(birth, 1);
    }
}
