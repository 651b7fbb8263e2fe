//! The doors `recommend`, `plan` and `portable-id`, asked in the ways outsiders ask: flags that must never be overlooked,
//! wrappers, and the several spellings of one thing.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use jiff::civil::date;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;

fn ask(kind: &str, question: &Value) -> Value {
    let door = Door::open(date(2026, 11, 24)).unwrap();
    serde_json::from_str(&door.answer(kind, &question.to_string()).unwrap()).unwrap()
}

#[test]
fn an_income_is_a_step_of_six_or_exempt_or_yen() {
    for (income, code) in [
        (json!("exempt"), "-----12"),
        (json!("residence_tax_exempt"), "-----12"),
        (json!("12"), "-----12"),
        (json!("非課税"), "-----12"),
        (json!("taxed"), "-----11"),
        (json!(1), "-----61"),
        (json!(4), "-----64"),
        (json!(4.0), "-----64"),
        (json!("4"), "-----64"),
        (json!(6), "-----66"),
        (json!(64), "-----64"),
        (json!(0), "-----61"),
        (json!(6_000_000), "-----64"),
    ] {
        let answer = ask("portable-id", &json!({"attributes": {"income": income}}));
        assert_eq!(answer["code"], code, "{income}: {answer}");
    }
    for income in [json!(7), json!("9"), json!("rich"), json!(-1)] {
        let answer = ask("portable-id", &json!({"attributes": {"income": income}}));
        assert!(answer["error"].is_string(), "{income}: {answer}");
    }
    let yen = ask("portable-id", &json!({"attributes": {"income_yen": 4}}));
    assert_eq!(yen["code"], "-----61");
}
