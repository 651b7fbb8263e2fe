//! The kinds `allowance`, `claim`, `deadline` and `benefit` through the door: shapes to the letter, generous reading, and an
//! error for everything else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;

static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(date(2026, 11, 22)).unwrap());

fn ask(kind: &str, question: &Value) -> Value {
    let answer = DOOR.answer(kind, &question.to_string()).unwrap();
    assert!(!answer.contains('\n'));
    serde_json::from_str(&answer).unwrap()
}

fn error(kind: &str, question: &Value) -> String {
    let answer = ask(kind, question);
    let error = answer["error"].as_str();
    error
        .unwrap_or_else(|| panic!("{question} was answered with {answer}"))
        .to_owned()
}

fn vectors(of: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("data/testvectors.json")).unwrap();
    all[of].as_array().unwrap().clone()
}

#[test]
fn an_allowance_has_the_shape_of_the_issue() {
    let question = json!({
        "id": "case 1",
        "note": "unknown fields are ignored",
        "month": "2026-11",
        "recipient": { "civil_servant": false },
        "children": [
            { "id": "A", "birth": "2006-06-01", "supported": true },
            { "id": 2, "birth": "2011-06-01", "custody": true, "residence": "japan", "status": "home" },
            { "birth": "2026-10-05", "residence": "study_abroad" },
            { "id": "D", "birth": "2020-01-01", "residence": "abroad" },
            { "id": "E", "birth": "2020-01-01", "status": "facility" },
        ],
    });
    let answer = ask("allowance", &question);
    assert_eq!(answer["id"], "case 1");
    assert_eq!(
        answer["per_child"],
        // A child without an id is named by its place in the list, unless another has that name.
        json!({ "A": 0, "2": 10_000, "#2": 30_000, "D": 0, "E": 0 })
    );
    assert_eq!(answer["total"], 40_000);
    assert_eq!(answer["payer"], "municipality");
    let trace = answer["trace"].as_array().unwrap();
    assert_eq!(trace[0]["child"], "A");
    assert_eq!(trace[0]["rule"], "counted_older");
    for step in trace {
        for field in ["rule", "law", "article", "ja", "en", "confidence"] {
            assert!(step[field].is_string(), "{step}");
        }
    }
}

#[test]
fn an_allowance_is_read_with_everything_left_out_or_null() {
    let answer = ask("allowance", &json!({}));
    assert_eq!(answer["per_child"], json!({}));
    assert_eq!(answer["total"], 0);
    // The month of the law's date.
    let answer = ask(
        "allowance",
        &json!({ "children": [{ "birth": "2026-10-31" }] }),
    );
    assert_eq!(answer["per_child"], json!({ "0": 15_000 }));
    let nulls = json!({
        "month": null,
        "recipient": null,
        "children": [{
            "id": null, "birth": "2026-10-31T08:15", "custody": null, "supported": null,
            "residence": null, "status": null, "birth_order": null, "died": null,
        }],
    });
    assert_eq!(
        ask("allowance", &nulls)["per_child"],
        json!({ "0": 15_000 })
    );
    let servant = json!({ "recipient": { "civil_servant": true, "income_class": null } });
    assert_eq!(ask("allowance", &servant)["payer"], "employer");
}

#[test]
fn an_allowance_that_cannot_be_said_is_an_error_in_words() {
    let one = |child: Value| json!({ "month": "2026-11", "children": [child] });
    for (question, words) in [
        (json!({ "month": "2026-13" }), "not a month"),
        (json!({ "month": "2012-03" }), "begins with 2012-04"),
        (one(json!({})), "birth"),
        (one(json!({ "birth": null })), "null is not a day"),
        (one(json!({ "birth": "2026-02-30" })), "2026-02-30"),
        (
            one(json!({ "birth": "2026-02-01", "residence": "moon" })),
            "moon",
        ),
        (
            one(json!({ "birth": "2026-02-01", "custody": "perhaps" })),
            "perhaps",
        ),
        (json!({ "children": 3 }), "3"),
        (
            json!({ "children": [
                { "id": 1, "birth": "2026-02-01" }, { "id": "1", "birth": "2026-02-01" },
            ] }),
            "two children have the id",
        ),
        (
            json!({ "children": vec![json!({ "birth": "2026-02-01" }); 100_000] }),
            "100000 children",
        ),
    ] {
        let error = error("allowance", &question);
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_claim_begins_in_the_month_of_every_vector() {
    for row in vectors("child_allowance_start_month") {
        let answer = ask(
            "claim",
            &json!({ "event": "birth", "event_date": row["birth"], "claim_date": row["claim_received"] }),
        );
        assert_eq!(answer["first_month"], row["first_month_paid"], "{row}");
        let known = vectors("birth_rows");
        let birth_row = known.iter().find(|known| known["birth"] == row["birth"]);
        assert_eq!(
            answer["special_limit"],
            birth_row.unwrap()["jido_teate_due"]
        );
        assert_eq!(answer.as_object().unwrap().len(), 2);
    }
}

/// The stored example of Golden Week 2019, and trap 6: born on 1 January, the last day is the 16th.
#[test]
fn a_claim_waits_for_the_next_opening_day_also_beyond_the_holiday_table() {
    let first = |event_date: &str, claim_date: &str| {
        let question =
            json!({ "event": "birth", "event_date": event_date, "claim_date": claim_date });
        let answer = ask("claim", &question);
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("special_limit"), text("first_month"))
    };
    let limit = |day: &str, month: &str| (day.to_owned(), month.to_owned());
    assert_eq!(
        first("2019-04-12", "2019-05-07"),
        limit("2019-05-07", "2019-05")
    );
    assert_eq!(
        first("2019-04-12", "2019-05-08"),
        limit("2019-05-07", "2019-06")
    );
    assert_eq!(
        first("2026-01-01", "2026-01-16"),
        limit("2026-01-16", "2026-02")
    );
    assert_eq!(
        first("2026-01-01", "2026-01-31"),
        limit("2026-01-16", "2026-02")
    );
    assert_eq!(
        first("2026-01-01", "2026-02-01"),
        limit("2026-01-16", "2026-03")
    );
}

#[test]
fn a_claim_after_another_event_has_its_own_answer() {
    let moved = json!({ "event": "move", "event_date": "2026-11-30", "claim_date": "2026-12-15" });
    assert_eq!(
        ask("claim", &moved),
        json!({ "special_limit": "2026-12-15", "first_month": "2026-12" })
    );
    for event in [
        "child_died",
        "recipient_died",
        "child_moved_abroad",
        "custody_ended",
        "moved_away",
        "facility_entered",
        "Child-Died",
        "died",
        "death",
        "child_dies",
        "child_abroad",
        "left_japan",
        "move_abroad",
        "facility",
        "child_facility",
        "facility_admission",
        "institution",
        "lost_custody",
        "custody_end",
    ] {
        for day in ["2026-11-01", "2026-11-30"] {
            assert_eq!(
                ask("claim", &json!({ "event": event, "event_date": day })),
                json!({ "last_month": "2026-11" })
            );
        }
    }
    // Hired on 1 April: the municipality pays for April, the employer from May.
    let hired = json!({ "event": "became_civil_servant", "event_date": "2026-04-01", "claim_date": "2026-04-16" });
    assert_eq!(
        ask("claim", &hired),
        json!({ "last_month": "2026-04", "special_limit": "2026-04-16", "first_month": "2026-05" })
    );
    for event in [
        "became_public_servant",
        "left_public_service",
        "recipient_moved",
    ] {
        let mut passed = hired.clone();
        passed["event"] = json!(event);
        assert_eq!(ask("claim", &passed), ask("claim", &hired), "{event}");
    }
    for event in ["custody_start", "adopted"] {
        let mut begun = moved.clone();
        begun["event"] = json!(event);
        assert_eq!(ask("claim", &begun), ask("claim", &moved), "{event}");
    }
    // Born on 1 April, eighteen on 31 March.
    for (birthday, last) in [
        ("2026-11-22", "2027-03"),
        ("2027-04-01", "2027-03"),
        ("2027-04-02", "2028-03"),
    ] {
        assert_eq!(
            ask(
                "claim",
                &json!({ "event": "turned_18", "event_date": birthday })
            ),
            json!({ "last_month": last })
        );
    }
    error(
        "claim",
        &json!({ "event": "turned_18", "event_date": "2023-05-01" }),
    );
    let unclaimed = json!({ "event": "birth", "event_date": "2026-11-30" });
    assert_eq!(
        ask("claim", &unclaimed),
        json!({ "special_limit": "2026-12-15", "first_month": null })
    );
    let closed = json!({
        "event": "birth", "event_date": "2026-11-30", "claim_date": "2026-12-16",
        "closed_days": ["2026-12-15"],
    });
    assert_eq!(
        ask("claim", &closed),
        json!({ "special_limit": "2026-12-16", "first_month": "2026-12" })
    );
}

/// Trap 6: six payments a year now, three before.
#[test]
fn a_month_is_paid_in_the_next_paying_month() {
    for (month, paid_in) in [
        ("2026-10", "2026-12"),
        ("2026-11", "2026-12"),
        ("2026-12", "2027-02"),
        ("2027-01", "2027-02"),
        ("2024-10", "2024-12"),
        ("2024-11", "2024-12"),
        ("2024-09", "2024-10"),
        ("2024-06", "2024-10"),
        ("2024-05", "2024-06"),
        ("2024-02", "2024-06"),
        ("2024-01", "2024-02"),
        ("2023-10", "2024-02"),
    ] {
        assert_eq!(
            ask("claim", &json!({ "month": month })),
            json!({ "paid_in": paid_in })
        );
    }
}

#[test]
fn a_claim_that_cannot_be_said_is_an_error_in_words() {
    for (question, words) in [
        (json!({}), "an event or a month"),
        (
            json!({ "event": "party", "event_date": "2026-11-30" }),
            "party",
        ),
        (json!({ "event": "birth" }), "event_date"),
        (
            json!({ "event": "birth", "event_date": "9999-12-31" }),
            "9999",
        ),
        (
            json!({ "event": "birth", "event_date": "2026-11-30", "claim_date": "2026-11-29" }),
            "before the birth",
        ),
        (json!({ "month": "2012-03" }), "2012-04"),
    ] {
        let error = error("claim", &question);
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn deadlines_are_those_of_every_vector() {
    for row in vectors("birth_rows") {
        for (procedure, due) in [
            ("shussei_todoke", "shussei_todoke_due"),
            ("jido_teate_nintei", "jido_teate_due"),
        ] {
            if row[due].is_null() {
                continue;
            }
            let question =
                json!({ "procedure": procedure, "born": row["birth"], "place": "japan" });
            assert_eq!(
                ask("deadline", &question),
                json!({ "deadline": row[due], "late": null }),
                "{row}"
            );
        }
        let limit = json!({ "procedure": "keika_taizai", "born": row["birth"] });
        assert_eq!(
            ask("deadline", &limit)["deadline"],
            row["keika_taizai_60d_first_day_excluded"]
        );
    }
}

/// Trap 28, trap 18, trap 1, trap 3.
#[test]
fn deadlines_know_place_time_closed_days_and_whether_a_filing_was_late() {
    let deadline = |question: Value| ask("deadline", &question);
    // Three months with the day of birth: Sunday 21 February 2027 waits for Monday.
    let mut abroad = json!({ "procedure": "shussei_todoke", "born": "2026-11-22", "place": "abroad", "filed": "2027-02-22" });
    assert_eq!(
        deadline(abroad.clone()),
        json!({ "deadline": "2027-02-22", "late": false })
    );
    abroad["filed"] = json!("2027-02-23");
    assert_eq!(deadline(abroad)["late"], true);
    // No corresponding day: the month's last day.
    let end = json!({ "procedure": "shussei_todoke", "born": "2026-12-01", "place": "abroad" });
    assert_eq!(deadline(end)["deadline"], "2027-03-01");
    let end = json!({ "procedure": "shussei_todoke", "born": "2025-11-30", "place": "abroad" });
    assert_eq!(deadline(end)["deadline"], "2026-03-02");

    let day = |born: &str| json!({ "procedure": "shussei_todoke", "born": born });
    assert_eq!(deadline(day("2026-11-22T23:59"))["deadline"], "2026-12-07");
    assert_eq!(deadline(day("2026-11-23T00:00"))["deadline"], "2026-12-07");
    // A list with all closed days of the new year says no more than no list.
    let mut listed = day("2026-12-18");
    assert_eq!(deadline(listed.clone())["deadline"], "2027-01-04");
    listed["closed_days"] = json!(["2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"]);
    assert_eq!(deadline(listed.clone())["deadline"], "2027-01-04");
    listed["closed_days"] = json!(["2027-01-04", "2027-01-05"]);
    assert_eq!(deadline(listed.clone())["deadline"], "2027-01-06");
    listed["closed_days"] = json!(null);
    assert_eq!(deadline(listed)["deadline"], "2027-01-04");

    let stay = json!({ "procedure": "zairyu_shikaku_shutoku", "born": "2026-11-22" });
    assert_eq!(deadline(stay)["deadline"], "2026-12-22");
    let any_time =
        json!({ "procedure": "sanzen_sango_nenkin", "born": "2026-11-22", "filed": "2030-01-01" });
    assert_eq!(
        deadline(any_time),
        json!({ "deadline": null, "late": null })
    );
    // Golden Week beyond the table of holidays.
    assert_eq!(deadline(day("2031-04-20"))["deadline"], "2031-05-07");
}

#[test]
fn a_deadline_that_cannot_be_said_is_an_error_in_words() {
    let every_day: Vec<String> = (0..100)
        .map(|later| ubugoe_procedures::calendar::plus_days(date(2026, 12, 1), later).to_string())
        .collect();
    for (question, words) in [
        (json!({ "procedure": "shussei_todoke" }), "born"),
        (
            json!({ "procedure": "tea", "born": "2026-11-22" }),
            "no procedure",
        ),
        (
            json!({ "procedure": "O'Tea", "born": "2026-11-22" }),
            "procedure id",
        ),
        (
            json!({ "procedure": "shussei_todoke", "born": "9999-12-31" }),
            "9999",
        ),
        (
            json!({ "procedure": "shussei_todoke", "born": "-009999-01-01" }),
            "-9999",
        ),
        (
            json!({ "procedure": "shussei_todoke", "born": "2026-11-22", "filed": "2026-11-21" }),
            "before the event",
        ),
        (
            json!({ "procedure": "shussei_todoke", "born": "2026-11-22", "closed_days": every_day }),
            "no opening day",
        ),
        (
            json!({ "procedure": "shussei_todoke", "born": "2026-11-22", "place": "moon" }),
            "moon",
        ),
    ] {
        let error = error("deadline", &question);
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn benefits_are_asked_for_by_either_name_with_facts_in_any_usual_spelling() {
    for (question, class, total) in [
        (
            json!({ "benefit": "childbirth_lump_sum", "input": { "children": 2, "weeks": 37 } }),
            "in_scheme",
            1_000_000,
        ),
        (
            json!({ "benefit": "shussan_ikuji_ichijikin", "input": { "weeks": "21w6d", "facility_in_scheme": true } }),
            "outside",
            488_000,
        ),
        (
            json!({ "benefit": "childbirth_lump_sum", "input": { "children": 1, "fetuses": 1, "compensation_scheme": false } }),
            "outside",
            488_000,
        ),
        (
            json!({ "benefit": "childbirth_lump_sum", "input": { "days": 84 } }),
            "none",
            0,
        ),
        (
            json!({ "benefit": "childbirth_lump_sum", "input": { "birth": "2023-03-31" } }),
            "in_scheme",
            420_000,
        ),
        (
            json!({ "benefit": "pregnancy_support", "input": { "fetuses": 2 } }),
            "full",
            150_000,
        ),
        (
            json!({ "benefit": "ninpu_shien_2", "input": { "fetuses": 2 } }),
            "partial",
            100_000,
        ),
        (
            json!({ "benefit": "child_rearing_allowance", "month": "2026-11",
                "input": { "children": 1, "dependents": "1", "income": 1_220_000.0 } }),
            "partial",
            44_080,
        ),
        (
            json!({ "benefit": "jido_fuyo_teate", "input": { "month": "2025-04", "income": null } }),
            "full",
            46_690,
        ),
        (
            json!({ "benefit": "child_rearing_allowance", "income": 0, "relatives_income": [2_360_000] }),
            "none",
            0,
        ),
        (
            json!({ "benefit": "child_rearing_allowance", "month": "2026-11", "input": { "children": [
                { "birth": "2008-04-01" }, { "birth": "2008-04-02" },
                { "birth": "2006-12-01", "disabled": true }, "2026-11-22",
            ] } }),
            "full",
            48_050 + 2 * 11_350,
        ),
        (
            json!({ "benefit": "special_child_rearing_allowance", "input": { "grade": "2級" } }),
            "2",
            38_930,
        ),
        (
            json!({ "benefit": "tokuji_teate", "input": { "children": [{ "grade": 1 }, { "grade": 2 }] } }),
            "1,2",
            97_380,
        ),
        (
            json!({ "benefit": "special_child_rearing_allowance", "input": { "grade": 1, "children": 2 } }),
            "1",
            116_900,
        ),
        (
            json!({ "benefit": "disabled_child_welfare_allowance" }),
            "full",
            16_560,
        ),
        (
            json!({ "benefit": "pension_childcare_relief", "input": { "birth": "2026-01-01", "role": "father" } }),
            "partial",
            3,
        ),
        (
            json!({ "benefit": "nhi_maternity_relief", "input": { "birth": "2026-11-22", "fetuses": 3 } }),
            "full",
            6,
        ),
    ] {
        let answer = ask("benefit", &question);
        assert_eq!(answer["class"], class, "{question} {answer}");
        assert_eq!(answer["total"], total, "{question} {answer}");
        assert!(answer["parts"].is_object() && answer["trace"].is_array());
    }
}

#[test]
fn a_relief_lists_its_months() {
    let answer = ask(
        "benefit",
        &json!({ "benefit": "pension_maternity_relief", "input": { "birth": "2026-11-22", "multiple": false } }),
    );
    assert_eq!(answer["unit"], "months");
    assert_eq!(
        answer["parts"],
        json!({
            "first_month": "2026-10", "last_month": "2027-01", "count": 4, "premium": 71_680,
            "months": ["2026-10", "2026-11", "2026-12", "2027-01"],
        })
    );
}

#[test]
fn a_facility_is_outside_the_scheme_in_any_usual_words() {
    for (input, total) in [
        (json!({ "facility": "outside" }), 488_000),
        (json!({ "facility": "in_scheme" }), 500_000),
        (json!({ "facility": "inside" }), 500_000),
        (json!({ "facility": { "in_scheme": false } }), 488_000),
        (json!({ "facility": { "in_scheme": true } }), 500_000),
        (json!({ "facility": { "name": "あすこえ産院" } }), 500_000),
        (json!({ "facility": false }), 488_000),
        (json!({ "facility": null }), 500_000),
        (json!({ "obstetric_compensation": false }), 488_000),
        (json!({ "obstetric_compensation": true }), 500_000),
    ] {
        let question = json!({ "benefit": "childbirth_lump_sum", "input": input });
        assert_eq!(ask("benefit", &question)["total"], total, "{question}");
    }
    let disabled = |input: Value| {
        let question = json!({ "benefit": "disabled_child_welfare_allowance", "input": input });
        ask("benefit", &question)["total"].clone()
    };
    assert_eq!(disabled(json!({ "facility": true })), 0);
    assert_ne!(disabled(json!({ "facility": false })), 0);
}

#[test]
fn a_benefit_that_cannot_be_said_is_an_error_in_words() {
    let input = |benefit: &str, input: Value| json!({ "benefit": benefit, "input": input });
    for (question, words) in [
        (json!({}), "benefit is needed"),
        (json!({ "benefit": "free_tea" }), "free_tea"),
        (json!({ "benefit": "jido_teate" }), "`allowance`"),
        (json!({ "benefit": "Child Allowance" }), "`allowance`"),
        (
            json!({ "benefit": "childbirth_lump_sum", "input": 7 }),
            "input",
        ),
        (
            input("childbirth_lump_sum", json!({ "children": -1 })),
            "below zero",
        ),
        (
            input("childbirth_lump_sum", json!({ "children": 1e9 })),
            "more than",
        ),
        (
            input("childbirth_lump_sum", json!({ "weeks": -1 })),
            "below zero",
        ),
        (
            input("childbirth_lump_sum", json!({ "weeks": "many" })),
            "weeks",
        ),
        (
            input("childbirth_lump_sum", json!({ "weeks": 12, "days": 85 })),
            "0 to 6",
        ),
        (
            input("childbirth_lump_sum", json!({ "birth": "1999-01-01" })),
            "2009-10",
        ),
        (input("tokuji_teate", json!({ "grade": 3 })), "no grade 3"),
        (
            input("tokuji_teate", json!({ "children": i64::MAX })),
            "more than",
        ),
        (input("pension_maternity_relief", json!({})), "is needed"),
        (
            input(
                "pension_maternity_relief",
                json!({ "birth": "2026-11-22", "role": "uncle" }),
            ),
            "role",
        ),
        (
            input("child_rearing_allowance", json!({ "income": i64::MAX })),
            "more than",
        ),
        (
            input("child_rearing_allowance", json!({ "income": "lots" })),
            "income",
        ),
    ] {
        let error = error("benefit", &question);
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn every_kind_has_a_schema_that_says_what_its_fields_mean() {
    for kind in ["allowance", "claim", "deadline", "benefit"] {
        let schema = Door::schema(kind).unwrap();
        for side in ["question", "answer"] {
            let text = schema[side].to_string();
            assert!(text.contains("description"), "{kind} {side}");
        }
    }
    let benefit = Door::schema("benefit").unwrap();
    let question = benefit["question"].to_string();
    for field in [
        "in_scheme",
        "relative_income",
        "standard_daily",
        "dependants",
    ] {
        assert!(question.contains(field), "{field}");
    }
}

/// Values that fields of these kinds hold, and such as they never should.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "[ -~]{0,12}".prop_map(Value::from),
        (-9999..=9999i16, 1..=12i8, 1..=28i8).prop_map(|(year, month, day)| {
            let sign = if year < 0 { "-00" } else { "" };
            json!(format!("{sign}{:04}-{month:02}-{day:02}", year.abs()))
        }),
        (1900..=2200i16, 1..=12i8).prop_map(|(year, month)| json!(format!("{year}-{month:02}"))),
        prop_oneof![
            Just("birth"),
            Just("move"),
            Just("child_died"),
            Just("abroad"),
            Just("father"),
            Just("shussei_todoke"),
            Just("jido_fuyo_teate"),
            Just("childbirth_lump_sum"),
            Just("pension_childcare_relief"),
            Just("tokuji_teate"),
            Just("childbirth_allowance"),
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(field(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    let names: Vec<&str> = "month recipient children birth custody supported residence status \
        birth_order died event event_date claim_date procedure born place filed closed_days benefit \
        input weeks days in_scheme fetuses dependants income relative_income relatives grade grades \
        due role multiple care_began standard_daily standard_monthly public_pension child_support id"
        .split_ascii_whitespace()
        .collect();
    proptest::sample::select(names).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn whatever_comes_in_an_object_goes_out(question in value()) {
        for kind in ["allowance", "claim", "deadline", "benefit"] {
            prop_assert!(ask(kind, &question).is_object());
        }
    }

    #[test]
    fn half_sensible_questions_are_answered_without_a_panic(
        fields in proptest::collection::btree_map(field(), value(), 0..8),
        benefit in proptest::sample::select(vec![
            "childbirth_lump_sum", "pregnancy_support", "child_rearing_allowance",
            "special_child_rearing_allowance", "disabled_child_welfare_allowance",
            "pension_maternity_relief", "pension_childcare_relief", "nhi_maternity_relief",
            "childbirth_allowance",
        ]),
    ) {
        let mut question = Value::Object(fields.into_iter().collect());
        question["benefit"] = json!(benefit);
        prop_assert!(ask("benefit", &question).is_object());
    }
}
