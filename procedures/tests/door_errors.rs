//! Whatever is wrong with a question, the error speaks of JSON and of the question, never of the program's own types.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;

use jiff::civil::date;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;

/// Values of every shape, also one and two levels down.
fn bad() -> Vec<Value> {
    let simple = [
        json!(-5),
        json!(1.5),
        json!("¿"),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
    ];
    let lists = simple.iter().map(|value| json!([value, [value]]));
    let objects = simple.iter().map(|value| json!({ "x": value }));
    simple.iter().cloned().chain(lists).chain(objects).collect()
}

/// The question with one of its values, at any depth, replaced by each bad one.
fn spoilt(question: &Value) -> Vec<Value> {
    let mut all = bad();
    match question {
        Value::Object(fields) => {
            for (name, value) in fields {
                for other in spoilt(value) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), other);
                    all.push(Value::Object(fields));
                }
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                for other in spoilt(value) {
                    let mut values = values.clone();
                    values[index] = other;
                    all.push(Value::Array(values));
                }
            }
        }
        _ => {}
    }
    all
}

fn questions() -> Vec<(&'static str, Value)> {
    let text = json!({ "ja": "例", "en": "An example" });
    let table = json!({
        "id": "own", "municipality": "991015", "name": text, "fiscal_year": 2027, "fictional": true, "combine": "sum",
        "absent_guardian": { "points": 1, "text": text },
        "rules": [{ "id": "a", "scope": "guardian", "when": { "hours_week": { "at_least": 1 } }, "points": 1, "text": text }],
        "priority": [{ "id": "p", "when": { "welfare": true }, "text": text }],
        "tie_breakers": [{ "id": "t", "by": "children", "order": "high", "text": text }],
    });
    vec![
        (
            "allowance",
            json!({ "month": "2026-11", "recipient": { "civil_servant": false, "income_class": "below" },
            "children": [{ "id": 1, "birth": "2020-01-01", "residence": "japan", "status": "home", "birth_order": 1 }] }),
        ),
        (
            "claim",
            json!({ "event": "birth", "event_date": "2026-11-01", "claim_date": "2026-11-02", "closed_days": ["2026-11-03"] }),
        ),
        (
            "benefit",
            json!({ "benefit": "tokuji_teate", "input": { "children": [{ "grade": 1 }],
            "facility": { "in_scheme": true }, "relatives": [{ "income": 1 }] } }),
        ),
        (
            "code",
            json!({ "kind": "yucho", "value": { "kigo": "10000", "bango": "1" }, "as_of": "2026-11-22" }),
        ),
        (
            "vaccine",
            json!({ "vaccine": "bcg", "birth": "2026-01-01", "doses": [{ "date": "2026-06-01", "brand": "x" }],
            "sex": "female" }),
        ),
        (
            "nursery",
            json!({ "entry": "2027-04", "hours": { "from": "08:00", "to": "18:00" }, "days": ["月"], "kinds": ["nursery"],
            "fee": { "profile": "asukoe", "care": "standard", "household": { "tax": { "2026": { "levy": 1 } },
            "siblings": [{ "older": true }] } } }),
        ),
        (
            "points",
            json!({ "table": table, "household": { "guardians": [{ "reason": "work", "illness": "home" }],
            "siblings_enrolled": 1, "income_levy": 1 } }),
        ),
        (
            "points",
            json!({ "guardians": [{ "reason": "work", "employment": "employee", "hours_week": 40 }], "children": 1 }),
        ),
        (
            "match",
            json!({ "facilities": [{ "id": "A", "capacity": { "0": 1 }, "priority": ["c"] }],
            "children": [{ "id": "c", "points": { "*": 1 }, "wishes": [{ "facility": "A" }], "ties": [1], "class": 0,
            "sibling_group": "s", "sibling_policy": "any" }],
            "priorities": { "A": ["c"] }, "siblings": [{ "members": ["c"], "policy": "any" }] }),
        ),
        (
            "portable-id",
            json!({ "attributes": { "region": "123021" }, "k": 10, "counts": [{ "code": "12", "households": 9 }],
            "scramble": { "site": "a", "epoch": 1, "key": "00", "random": "00" } }),
        ),
        (
            "portable-id",
            json!({ "attributes": ["12"], "counts": { "12": 9 } }),
        ),
        (
            "plan",
            json!({ "pregnancy": { "due": "2027-03-10", "fetuses": 1 }, "delivery": { "date": "2026-11-01" },
            "mother": { "birth": "1990-01-01", "work": "employee" }, "father": { "nationality": "JP" },
            "children": [{ "birth": "2026-11-01", "nicu": true }] }),
        ),
        (
            "recommend",
            json!({ "code": "1230A64", "region": "991015", "pregnant": true, "child_age": 1 }),
        ),
        (
            "registry",
            json!({ "record": { "psid": "x" }, "birth": "2026-01-01" }),
        ),
        (
            "lint",
            json!({ "files": { "a.toml": "id = 1" }, "folder": "x" }),
        ),
    ]
}

#[test]
fn no_error_names_a_type_of_the_program() {
    let door = Door::open(date(2026, 11, 22)).unwrap();
    let mut errors = 0;
    let mut leaks = BTreeSet::new();
    let mut check = |kind: &str, question: &Value| {
        let answer = door.answer(kind, &question.to_string()).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        if let Some(error) = answer["error"].as_str() {
            errors += 1;
            let leaked = ["untagged", "struct ", "enum ", "newtype", "Question"];
            if leaked.iter().any(|word| error.contains(word)) {
                leaks.insert(format!("{kind}: {error}"));
            }
        }
    };
    for (kind, question) in questions() {
        for question in spoilt(&question) {
            check(kind, &question);
        }
    }
    // Every field of every kind, as its schema names it.
    for (kind, _) in Door::kinds() {
        let schema = Door::schema(kind).unwrap();
        let fields = schema["question"]["properties"].as_object();
        for name in fields.into_iter().flat_map(|fields| fields.keys()) {
            for value in bad() {
                check(kind, &json!({ name.as_str(): value }));
            }
        }
    }
    assert_eq!(leaks, BTreeSet::new());
    assert!(errors > 1000, "{errors}");
}
