//! Recommendations from the declared code of a portable ID, through the door.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use jiff::civil::date;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;

fn said(question: &Value) -> Value {
    let door = Door::open(date(2026, 11, 24)).unwrap();
    serde_json::from_str(&door.answer("recommend", &question.to_string()).unwrap()).unwrap()
}

fn on(answer: &Value, shelf: &str, id: &str) -> bool {
    answer[shelf]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["procedure"] == id)
}

#[test]
fn the_first_example_is_a_child_of_three_in_asukoe() {
    let answer = said(&json!({"code": "1230A64"}));
    // The check-up of three years is open, that of one month is over, and nobody is said to be a single parent.
    assert!(on(&answer, "usable", "kenshin_3y"), "{answer}");
    for shelf in ["usable", "searched", "also"] {
        assert!(!on(&answer, shelf, "kenshin_1m"));
        assert!(!on(&answer, shelf, "jido_fuyo_teate"));
    }
    for other in [
        json!({"portable_id": "1230A64"}),
        json!({"portable_id": {"code": "1230A64"}}),
        json!({"code": null, "portable_id": " 1230A64 "}),
    ] {
        assert_eq!(said(&other), answer, "{other}");
    }
}

#[test]
fn the_second_example_is_a_single_parent_in_kazamine_exempt_from_tax() {
    let answer = said(&json!({"code": "0106B12"}));
    let one = answer["usable"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["procedure"] == "jido_fuyo_teate")
        .unwrap();
    assert_eq!(one["guard"], "quiet");
    assert!(on(&answer, "usable", "hitorioya_iryohi"));
}

#[test]
fn what_is_said_beside_the_code_counts_more() {
    let answer = said(&json!({"code": "0106B12", "single_parent": false}));
    assert!(!on(&answer, "usable", "jido_fuyo_teate"));
    let answer = said(&json!({"code": "1230A64", "child_age_months": 1}));
    assert!(!on(&answer, "usable", "kenshin_3y"));
}

#[test]
fn in_a_band_of_years_only_what_fits_every_year_is_usable() {
    let answer = said(&json!({"code": "1230R64"}));
    assert!(!on(&answer, "usable", "kenshin_3y"), "{answer}");
    assert!(on(&answer, "also", "kenshin_3y"));
    assert!(on(&answer, "usable", "famisapo"));
}

#[test]
fn a_carer_is_shown_elderly_care_and_a_code_that_is_none_is_refused() {
    let answer = said(&json!({"code": "1240"}));
    assert!(answer.to_string().contains("yokaigo_nintei"), "{answer}");
    for wrong in [
        json!("1230A6"),
        json!("ZZ"),
        json!(1230),
        json!("あ"),
        json!("1230A6499"),
    ] {
        let answer = said(&json!({"code": wrong}));
        assert!(answer["error"].is_string(), "{answer}");
    }
    let whole = said(&json!({"code": ""}));
    assert!(whole["error"].is_null());
}
