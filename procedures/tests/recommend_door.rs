//! The doors `recommend`, `plan` and `portable-id`, asked in the ways outsiders ask: flags that must never be overlooked,
//! wrappers, and the several spellings of one thing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::sync::LazyLock;

use jiff::civil::date;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;

fn ask(kind: &str, question: &Value) -> Value {
    static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(date(2026, 11, 24)).unwrap());
    serde_json::from_str(&DOOR.answer(kind, &question.to_string()).unwrap()).unwrap()
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

fn shelf<'a>(answer: &'a Value, name: &str) -> Vec<&'a str> {
    let list = answer[name]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    list.iter()
        .map(|one| one["procedure"].as_str().unwrap())
        .collect()
}

const GUARDING: [&str; 4] = ["loss", "nicu", "dv_support", "adoption_plan"];

#[test]
fn private_offers_are_made_to_no_family_in_a_guarded_circumstance() {
    let offers = ask("recommend", &json!({"child_age": 0, "private": true}));
    assert!(shelf(&offers, "private").contains(&"minkan_photo"));
    for flag in GUARDING {
        for base in [
            json!({"child_age": 0, "private": true}),
            json!({"private": true, "looking_for": ["003", "082", "087"]}),
            json!({"child_age": 1, "children": 3, "private": true, "looking_for": ["003"]}),
            json!({"pregnant": true, "private": true}),
        ] {
            let mut beside = base.clone();
            beside[flag] = json!(true);
            let mut object = base.clone();
            object["flags"] = json!({ flag: true });
            let mut list = base.clone();
            list["flags"] = json!([flag]);
            let mut nested = json!({"attributes": base});
            nested["attributes"]["flags"] = json!([flag]);
            let mut talked_away = list.clone();
            talked_away[flag] = json!(false);
            let answer = ask("recommend", &beside);
            assert!(shelf(&answer, "private").is_empty(), "{beside}");
            for same in [object, list, nested, talked_away] {
                assert_eq!(ask("recommend", &same), answer, "{same}");
            }
        }
    }
    let minor = json!({"child_age": 0, "private": true, "minor_parent": true});
    assert!(shelf(&ask("recommend", &minor), "private").is_empty());
    let foreign = json!({"child_age": 0, "private": true, "foreign_parent": true});
    assert!(ask("recommend", &foreign)["error"].is_null());
}

#[test]
fn a_child_in_intensive_care_is_quietly_shown_what_is_for_it() {
    let answer = ask("recommend", &json!({"nicu": true, "child_age": 0}));
    // Weight and signs are not known, so it may apply, and no more is said.
    let also = answer["also"].as_array().unwrap();
    let care = also.iter().find(|one| one["procedure"] == "yoiku_iryo");
    assert_eq!(care.unwrap()["guard"], "quiet");
}

#[test]
fn a_flag_that_is_none_is_refused_with_those_there_are() {
    for kind in ["recommend", "plan"] {
        for flags in [
            json!({"los": true}),
            json!({"los": false}),
            json!(["dv_support", "los"]),
            json!("los"),
        ] {
            let answer = ask(kind, &json!({"flags": flags}));
            let error = answer["error"].as_str().unwrap();
            assert!(error.contains("los"), "{error}");
            for known in [
                "loss",
                "dv_support",
                "adoption_plan",
                "nicu",
                "welfare",
                "satogaeri",
            ] {
                assert!(error.contains(known), "{kind}: {error}");
            }
        }
        for flags in [
            json!({"loss": "perhaps"}),
            json!([1]),
            json!(3),
            json!({"loss": 2}),
        ] {
            let answer = ask(kind, &json!({"flags": flags}));
            assert!(answer["error"].is_string(), "{kind} {flags}");
        }
        for flags in [
            json!(null),
            json!({}),
            json!([]),
            json!({"loss": null}),
            json!(["Dv-Support", "welfare", "satogaeri", "single_parent"]),
            json!({"dv": true, "adoption": false, "nicu": 0}),
        ] {
            let answer = ask(kind, &json!({"flags": flags}));
            assert!(answer["error"].is_null(), "{kind} {flags}: {answer}");
        }
    }
}

#[test]
fn attributes_a_code_and_plain_keys_are_the_same_question() {
    let answer = ask("recommend", &json!({"code": "1230A64"}));
    assert!(shelf(&answer, "usable").contains(&"kenshin_3y"));
    for same in [
        json!({"attributes": {"region": "12", "child": true, "age": 3, "income": "64"}}),
        json!({"attributes": {"region": "あすこえ市", "child": "30", "age": "A", "income": 4}}),
        json!({"attributes": {"region": "991015", "child": true, "age": "3", "income": 6_000_000}}),
        json!({"attributes": [{"region": "12"}, "child", {"age": 3}, {"income": "64"}]}),
        json!({"attributes": {"code": "1230A64"}}),
        json!({"attributes": {"region": 12, "age": "3歳"}, "child": true, "income": "64"}),
        json!({"region": "asukoe_shi", "has_child": true, "child_age": 3, "income_band": "64"}),
        json!({"region": 991_015, "child": true, "age": 3.0, "attributes": null}),
        json!({"region": "12", "child": true, "age": 3, "attributes": {"age": 9}}),
    ] {
        assert_eq!(ask("recommend", &same), answer, "{same}");
    }
    for wrong in [
        json!({"region": "どこか市"}),
        json!({"region": "13"}),
        json!({"region": []}),
        json!({"age": "old"}),
        json!({"age": -1}),
        json!({"age": i64::MAX}),
        json!({"child": "perhaps"}),
        json!({"attributes": 3}),
        json!({"attributes": {"loss": "perhaps"}}),
        json!({"attributes": ["unheard"]}),
    ] {
        let answer = ask("recommend", &wrong);
        assert!(answer["error"].is_string(), "{wrong}");
    }
}

#[test]
fn exempt_from_residence_tax_is_said_in_several_ways() {
    let base = json!({"region": "01", "single_parent": true, "age": 4});
    let with = |income: Value| {
        let mut question = base.clone();
        question["income"] = income;
        ask("recommend", &question)
    };
    let exempt = with(json!("exempt"));
    assert!(exempt["error"].is_null(), "{exempt}");
    for same in [
        json!("12"),
        json!("非課税"),
        json!("tax-exempt"),
        json!(12),
        json!("none"),
    ] {
        assert_eq!(with(same.clone()), exempt, "{same}");
    }
}

#[test]
fn two_children_with_one_id_are_refused() {
    for question in [
        json!({"children": [{"id": "a", "birth": "2026-11-20"}, {"id": "a", "birth": "2026-11-20"}]}),
        json!({"children": [{"id": 1, "birth": "2026-11-20"}, {"id": "1", "birth": "2026-11-20"}]}),
        json!({"children": [{"id": "a", "birth": "2026-11-20"}], "older_children": [{"id": "a", "birth": "2020-01-01"}]}),
    ] {
        let answer = ask("plan", &question);
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains("two children have the id"), "{error}");
    }
    // A child without an id never gets one that another has.
    let twins = json!({"children": [{"birth": "2026-11-20"}, {"id": "c1", "birth": "2026-11-20"}]});
    let answer = ask("plan", &twins);
    let mut ids: Vec<&str> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["procedure"] == "shussei_todoke")
        .map(|item| item["child"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["#c1", "c1"]);
}

#[test]
fn a_family_around_the_question_is_the_question() {
    let inner = json!({
        "mother": {"birth": "1995-03-04", "nationality": "JP", "residence": "991015", "insurance": "kenpo"},
        "father": null,
        "children": [{"id": "c1", "birth": "2026-11-22"}],
        "flags": ["dv_support"],
        "today": "2026-11-24",
    });
    let answer = ask("plan", &inner);
    assert!(!answer["items"].as_array().unwrap().is_empty());
    assert_eq!(ask("plan", &json!({"family": inner})), answer);
    // What stands beside it counts more, and a flag inside is not lost.
    let mut outer = json!({"family": inner, "today": "2026-11-25", "flags": {"welfare": false}});
    assert_eq!(ask("plan", &outer)["as_of"], "2026-11-25");
    outer["today"] = Value::Null;
    outer["flags"] = Value::Null;
    assert_eq!(ask("plan", &outer), answer);
    let lost = json!({"family": {"children": [{"birth": "2026-11-22"}], "loss": true}});
    assert_eq!(ask("plan", &lost)["quiet"], true);
    let lost = json!({"family": {"children": [{"birth": "2026-11-22"}], "flags": ["loss"]}, "flags": ["welfare"]});
    assert_eq!(ask("plan", &lost)["quiet"], true);
    for wrong in [
        json!({"family": {"unheard": 1, "of": {}}}),
        json!({"family": {"family": {"children": []}}}),
        json!({"family": 3}),
        json!({"family": {"children": 3}}),
        json!({"family": {"flags": ["los"]}}),
    ] {
        let answer = ask("plan", &wrong);
        assert!(answer["error"].is_string(), "{wrong}");
    }
    assert!(ask("plan", &json!({"family": null}))["error"].is_null());
}

#[test]
fn insurance_and_pension_have_their_usual_names() {
    let with = |whose: &str, what: &str, value: Value| {
        let mut question = json!({
            "mother": {"residence": "991015", "nationality": "JP"},
            "father": {"residence": "991015", "nationality": "JP"},
            "married": true,
            "delivery": {"date": "2026-11-22", "weeks": 39, "fetuses": 1},
            "children": [{"id": "c1", "birth": "2026-11-22"}],
        });
        question[whose][what] = value;
        let answer = ask("plan", &question);
        assert!(answer["error"].is_null(), "{answer}");
        answer
    };
    for (what, own, others) in [
        (
            "insurance",
            "kenpo",
            vec![json!("employee"), json!("Employees"), json!("社保")],
        ),
        (
            "insurance",
            "kokuho",
            vec![json!("national"), json!("NHI"), json!("国保")],
        ),
        (
            "insurance",
            "kenpo_dependant",
            vec![json!("dependant"), json!("dependent")],
        ),
        (
            "pension",
            "national_1",
            vec![json!("1"), json!(1), json!("national")],
        ),
        (
            "pension",
            "employees_2",
            vec![json!("2"), json!(2), json!("employee")],
        ),
        (
            "pension",
            "dependant_3",
            vec![json!("3"), json!(3), json!("dependant")],
        ),
    ] {
        for whose in ["mother", "father"] {
            let answer = with(whose, what, json!(own));
            for other in &others {
                assert_eq!(
                    with(whose, what, other.clone()),
                    answer,
                    "{whose} {what} {other}"
                );
            }
        }
    }
    let answer = ask("plan", &json!({"mother": {"insurance": "gold"}}));
    assert!(
        answer["error"].as_str().unwrap().contains("kokuho"),
        "{answer}"
    );
}
