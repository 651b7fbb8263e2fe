//! The door's kinds `nursery`, `points` and `match`, as somebody outside would ask them.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;

static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(date(2026, 11, 22)).unwrap());

fn ask(kind: &str, question: &Value) -> Value {
    serde_json::from_str(&DOOR.answer(kind, &question.to_string()).unwrap()).unwrap()
}

#[track_caller]
fn error(kind: &str, question: &Value) -> String {
    let answer = ask(kind, question);
    answer["error"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

// ---- match ----

fn assigned(question: &Value) -> Value {
    let answer = ask("match", question);
    assert_eq!(answer["stable"], json!(true), "{answer}");
    answer["assigned"].clone()
}

#[test]
fn facilities_and_children_may_be_lists_or_maps() {
    let expected = json!({ "c1": "B", "c2": "A", "c3": null });
    let children = json!([
        { "id": "c1", "points": 20, "wishes": ["A", "B"] },
        { "id": "c2", "points": 25, "wishes": ["A", "B"] },
        { "id": "c3", "points": 10, "wishes": ["A"] },
    ]);
    let as_map = json!({
        "c1": { "points": 20, "wishes": ["A", "B"] },
        "c2": { "points": 25.0, "wishes": ["A", { "facility": "B" }] },
        "c3": { "points": 10, "wishes": ["A"], "note": "ignored" },
    });
    for facilities in [
        json!([{ "id": "A", "capacity": 1 }, { "id": "B", "capacity": 1 }]),
        json!({ "A": 1, "B": 1 }),
        json!({ "A": { "capacity": 1 }, "B": { "capacity": 1 } }),
        json!(["A", "B"]),
    ] {
        for children in [&children, &as_map] {
            let question = json!({ "facilities": facilities, "children": children });
            assert_eq!(assigned(&question), expected, "{question}");
        }
    }
}

#[test]
fn priorities_may_stand_at_the_top_or_at_each_facility() {
    // c1 has no points at all; the facility's own order counts.
    let children = json!({ "c1": ["A", "B"], "c2": ["A", "B"], "c3": ["A", "B"] });
    let top = json!({
        "facilities": { "A": 1, "B": 1 },
        "children": children,
        "priorities": { "A": ["c3", "c1", "c2"], "B": ["c1", "c2", "c3"] },
    });
    let inside = json!({
        "facilities": [
            { "id": "A", "capacity": 1, "priority": ["c3", "c1", "c2"] },
            { "id": "B", "capacity": 1, "priorities": ["c1", "c2", "c3"] },
        ],
        "children": children,
    });
    let expected = json!({ "c1": "B", "c2": null, "c3": "A" });
    assert_eq!(assigned(&top), expected);
    assert_eq!(assigned(&inside), expected);
    let reasons = ask("match", &top)["reasons"].clone();
    assert_eq!(reasons["c2"]["refused"][0]["why"], json!("priority"));
}

#[test]
fn capacities_may_differ_by_class_and_children_be_given_by_their_birth() {
    let answer = ask(
        "match",
        &json!({
            "facilities": [{ "id": "A", "capacity": { "0": 1, "1歳児": 1 } }, { "id": "B", "capacity": [0, 1] }],
            "entry": "2027-04",
            "children": [
                { "id": "x", "points": 9, "birth": "2026-11-22", "wishes": ["A", "B"] },
                { "id": "y", "points": 8, "class": 0, "wishes": ["A", "B"] },
                { "id": "z", "points": 7, "birth": "2026-04-01", "wishes": ["A"] },
                { "id": "w", "points": 7, "age_class": 5, "wishes": ["A"] },
            ],
        }),
    );
    assert_eq!(
        answer["assigned"],
        json!({ "x": "A", "y": null, "z": "A", "w": null })
    );
    assert_eq!(
        answer["reasons"]["y"]["refused"][1]["why"],
        json!("no_places")
    );
    assert_eq!(
        answer["reasons"]["w"]["refused"][0]["why"],
        json!("no_class")
    );
    assert_eq!(answer["free"], json!({ "A": 0, "B": 1 }));
}

#[test]
fn the_reason_tells_the_points_of_the_last_child_and_nothing_else_of_it() {
    let answer = ask(
        "match",
        &json!({
            "id": 7,
            "facilities": { "A": 1 },
            "children": [
                { "id": "hanako", "points": 20, "wishes": ["A"] },
                { "id": "taro", "points": 25, "wishes": ["A"] },
            ],
        }),
    );
    assert_eq!(answer["id"], json!(7));
    let reason = &answer["reasons"]["hanako"];
    assert_eq!(reason["rank"], Value::Null);
    assert_eq!(reason["refused"][0]["last_points"], json!(25));
    assert_eq!(reason["refused"][0]["points"], json!(20));
    assert!(!reason.to_string().contains("taro"));
    assert_eq!(answer["reasons"]["taro"]["rank"], json!(1));
}

#[test]
fn ties_points_by_facility_and_priority_classes_are_taken() {
    let question = json!({
        "facilities": { "A": 1, "B": 1 },
        "children": [
            { "id": "a", "points": { "A": 5, "*": 1 }, "ties": [1, 3], "wishes": ["A", "B"] },
            { "id": "b", "points": 5, "ties": [1, 4], "wishes": ["A"] },
            { "id": "c", "points": 99, "priority": 1, "wishes": ["B"] },
        ],
    });
    assert_eq!(
        assigned(&question),
        json!({ "a": "B", "b": "A", "c": null })
    );
}

#[test]
fn siblings_are_kept_together_unless_told_otherwise() {
    let question = |policy: Value| {
        json!({
            "facilities": { "A": 1, "B": 2 },
            "children": [
                { "id": "s1", "points": 9, "wishes": ["A", "B"], "sibling_group": "s", "sibling_policy": policy },
                { "id": "s2", "points": 8, "wishes": ["A", "B"], "sibling_group": "s" },
            ],
        })
    };
    let apart = json!({ "s1": "A", "s2": "B" });
    let together = json!({ "s1": "B", "s2": "B" });
    assert_eq!(assigned(&question(Value::Null)), together);
    assert_eq!(assigned(&question(json!("same_facility"))), together);
    assert_eq!(assigned(&question(json!("any"))), apart);
    assert_eq!(assigned(&question(json!("first"))), apart);
    let listed = json!({
        "facilities": { "A": 1, "B": 2 },
        "children": { "s1": ["A", "B"], "s2": ["A", "B"] },
        "siblings": [{ "members": ["s1", "s2"], "policy": "same" }],
    });
    assert_eq!(assigned(&listed), together);
}

#[test]
fn numbers_are_ids_too_and_come_back_as_numbers() {
    let question = json!({
        "facilities": [{ "id": 1, "capacity": 1 }],
        "children": [{ "id": 10, "points": 1, "wishes": [1, 2] }],
    });
    assert_eq!(assigned(&question), json!({ "10": 1 }));
}

#[test]
fn an_instance_that_cannot_be_is_answered_with_what_is_wrong() {
    let of = |facilities: Value, children: Value| {
        error(
            "match",
            &json!({ "facilities": facilities, "children": children }),
        )
    };
    assert_eq!(
        of(json!({ "A": -1 }), json!([])),
        "facility \"A\": a capacity of -1"
    );
    assert_eq!(
        of(json!({ "A": 1.5 }), json!([])),
        "capacity of \"A\": 1.5 is no whole number"
    );
    assert_eq!(
        of(json!([{ "id": "A" }]), json!([])),
        "facility \"A\" has no capacity"
    );
    assert_eq!(
        of(json!(["A", "A"]), json!([])),
        "facility \"A\" appears twice"
    );
    assert_eq!(
        of(json!({ "A": 1 }), json!([{ "wishes": [] }])),
        "a child without an id"
    );
    assert_eq!(
        of(json!({ "A": 1 }), json!([{ "id": "c" }, { "id": "c" }])),
        "two applicants have the id \"c\""
    );
    assert_eq!(
        of(json!({ "A": { "0": 1 } }), json!({ "c": ["A"] })),
        "child \"c\" needs a class or a birth: facility \"A\" has a capacity for each class"
    );
    assert_eq!(
        of(json!(3), json!([])),
        "facilities: a list or a map is needed, not 3"
    );
    // Nothing at all is an instance.
    assert_eq!(
        assigned(&json!({ "facilities": [], "children": [] })),
        json!({})
    );
}

// ---- points ----

#[test]
fn points_are_told_with_their_reasons() {
    let answer = ask(
        "points",
        &json!({
            "profile": "991015",
            "entry": "2027-04",
            "guardians": [
                { "reason": "work", "employment": "employee", "hours_week": 40 },
                { "reason": "就労", "employment": "会社員", "hours_per_week": 30 },
            ],
            "siblings_enrolled": [{}],
            "single_parent": null,
            "income": 120_000,
        }),
    );
    assert_eq!(answer["total"], json!(24));
    assert_eq!(answer["per_guardian"], json!([12, 9]));
    assert_eq!(
        answer["adjustments"],
        json!([{
            "rule": "sibling_enrolled",
            "points": 3,
            "text": {
                "ja": "きょうだいが在園しています（3点を加えます）。",
                "en": "A sibling is enrolled already (3 points more).",
            },
        }])
    );
    assert_eq!(answer["trace"][0]["rule"], json!("work_40"));
    assert_eq!(answer["tie_breakers"][3]["value"], json!(120_000));
    assert_eq!(answer["tie_breakers"][3]["order"], json!("low"));
    assert_eq!(answer["table"]["fiscal_year"], json!(2027));
    assert_eq!(answer["table"]["fictional"], json!(true));
    assert_eq!(answer["certification"], Value::Null);
    assert!(answer.get("probability").is_none());
}

#[test]
fn a_table_of_ones_own_can_be_asked() {
    let answer = ask(
        "points",
        &json!({
            "table": {
                "combine": "min",
                "rules": [
                    { "id": "full", "scope": "guardian", "when": { "reason": "work", "hours_month": { "at_least": 160 } }, "points": 50, "group": "w", "max_of_group": true },
                    { "id": "any", "scope": "guardian", "when": { "reason": ["work", "study"] }, "points": 30, "group": "w", "max_of_group": true },
                    { "id": "single", "when": { "single_parent": true }, "points": 7 },
                ],
                "tie_breakers": [{ "id": "poor", "by": "income_levy", "order": "low" }],
            },
            "household": { "guardians": [{ "reason": "work", "hours_month": 160 }, { "reason": "study" }], "single_parent": true },
        }),
    );
    assert_eq!(answer["total"], json!(37));
    assert_eq!(answer["per_guardian"], json!([50, 30]));
    assert_eq!(answer["trace"][1]["instead"], json!("full"));
    assert_eq!(answer["tie_breakers"][0]["value"], Value::Null);
}

#[test]
fn the_certification_comes_with_the_points_where_the_birth_is_known() {
    let answer = ask(
        "points",
        &json!({
            "birth": "2026-11-22",
            "entry": "2027-04",
            "guardians": [{ "reason": 1, "hours_month": 130 }, { "reason": 6 }],
        }),
    );
    let certification = &answer["certification"];
    assert_eq!(certification["class"], json!("3"));
    assert_eq!(certification["need"], json!("needed"));
    assert_eq!(certification["amount"], json!("short"));
}

#[test]
fn points_that_cannot_be_counted_are_answered_with_what_is_wrong() {
    assert_eq!(
        error("points", &json!({ "profile": "nowhere" })),
        "no point table of \"nowhere\""
    );
    assert_eq!(
        error("points", &json!({ "entry": "soon" })),
        "entry \"soon\" is no month"
    );
    let three = json!({ "guardians": [{}, {}, {}] });
    assert_eq!(
        error("points", &three),
        "3 guardians: one or two are needed"
    );
    assert!(
        error("points", &json!({ "guardians": [{ "reason": "fun" }] })).contains("unknown variant")
    );
    assert_eq!(ask("points", &json!({}))["total"], json!(0));
}

// ---- nursery ----

#[test]
fn the_text_of_a_real_list_is_searched() {
    let (csv, _, _) =
        encoding_rs::SHIFT_JIS.decode(include_bytes!("data/nurseries/352071_preschool.csv"));
    let answer = ask(
        "nursery",
        &json!({
            "csv": csv, "lat": 34.0204, "lon": 131.8634, "birth": "2026-11-22", "entry": "2027-04",
            "hours": ["07:30", "18:30"], "limit": 5,
        }),
    );
    assert_eq!(answer["read"], json!(49));
    assert_eq!(answer["problems"], json!([]));
    assert_eq!(answer["age_class"], json!(0));
    assert_eq!(answer["entry"], json!("2027-04-01"));
    assert_eq!(answer["more"], json!(true));
    let first = &answer["facilities"][0];
    assert_eq!(first["id"], json!("KD0000500002"));
    assert_eq!(first["distance_m"], json!(50));
    assert_eq!(first["fits"], json!(true));
    let wishes: Vec<&str> = first["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["wish"].as_str().unwrap())
        .collect();
    assert_eq!(wishes, ["kind", "class", "min_age", "hours"]);
}

#[test]
fn records_are_taken_in_many_dresses() {
    let answer = ask(
        "nursery",
        &json!({
            "facilities": [
                { "id": "A", "name": "ひかり", "kind": "nursery", "lat": 35.001, "lon": 139.0, "min_age_months": 6, "max_age": 5, "open": "7:00", "close": "19:00", "vacancies": { "0": 2 }, "as_of": "2026-11-01" },
                { "id": "B", "location": { "lat": 35.002, "lng": 139.0 }, "min_age": { "days": 57 }, "hours": ["07:00", "19:00"] },
                { "id": "C", "lat": "35.003", "lon": "139.0", "ages": [1, 2], "hours": "7:00-19:00" },
                { "名称": "こだま", "緯度": 35.004, "経度": 139, "受入年齢": "57日から", "開始時間": "8:00", "終了時間": "17:00" },
                { "capacity": 3 },
            ],
            "lat": 35.0, "lon": 139.0, "birth": "2026-11-22", "entry": "2027-04-01", "hours": { "from": "7:30", "to": "18:30" },
            "max_fee": null,
        }),
    );
    let ids = |list: &Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|own| own["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&answer["facilities"]), ["B"]);
    assert_eq!(ids(&answer["others"]), ["A", "C", "こだま"]);
    let missed = |index: usize| answer["others"][index]["missed"].clone();
    assert_eq!(missed(0), json!(["min_age"]));
    assert_eq!(missed(1), json!(["class"]));
    assert_eq!(missed(2), json!(["hours"]));
    assert_eq!(
        answer["others"][0]["vacancy"],
        json!({ "vacancies": 2, "applicants": null, "offered": true, "as_of": "2026-11-01", "stale": false })
    );
    assert_eq!(answer["problems"][0]["refused"], json!(true));
}

#[test]
fn radius_fee_and_old_vacancies_are_taken_into_account() {
    let question = json!({
        "facilities": { "near": { "lat": 35.0, "lon": 139.0, "kind": "認可保育所" }, "far": { "lat": 35.1, "lon": 139.0, "kind": "認可保育所" } },
        "vacancy_csv": "facility_id,age_class,vacancies,as_of\nnear,0,1,2026-01-01\n",
        "lat": 35.0, "lon": 139.0, "radius_km": 5, "birth": "2026-11-22", "entry": "2027-04", "vacancy": true, "max_fee": 10_000,
        "fee": { "profile": "asukoe", "household": { "tax": { "2026": { "levy": 100_000 } } } },
    });
    let answer = ask("nursery", &question);
    assert_eq!(answer["fee"]["yen"], json!(38_000));
    assert_eq!(answer["fee"]["tax_year"], json!(2026));
    assert_eq!(answer["facilities"], json!([]));
    assert_eq!(answer["others"][0]["missed"], json!(["fee"]));
    assert_eq!(answer["others"][0]["vacancy"]["stale"], json!(true));
    assert_eq!(answer["others"][1]["missed"], json!(["fee", "distance"]));
}

#[test]
fn a_search_that_cannot_be_made_is_answered_with_what_is_wrong() {
    let facilities = json!([{ "id": "A" }]);
    let of = |name: &str, value: Value| {
        let mut question = json!({ "facilities": facilities });
        question[name] = value;
        error("nursery", &question)
    };
    assert_eq!(
        error("nursery", &json!({ "lat": 1, "lon": 2 })),
        "facilities are needed: csv (the text of a list) or facilities (records)"
    );
    assert_eq!(of("lat", json!(35)), "lat and lon are needed together");
    assert_eq!(of("entry", json!("spring")), "entry \"spring\" is no month");
    assert_eq!(
        of("hours", json!(["early", "late"])),
        "\"early\" is no time of day"
    );
    assert_eq!(of("days", json!("never")), "\"never\" are no days");
    let far = json!({ "facilities": facilities, "lat": 99.0, "lon": 0.0 });
    assert_eq!(error("nursery", &far), "99, 0 is no place");
    assert!(error("nursery", &json!({ "csv": "a,b\n" })).starts_with("no line among the first"));
}

#[test]
fn the_schemas_describe_questions_and_answers() {
    for kind in ["nursery", "points", "match"] {
        let schema = Door::schema(kind).unwrap();
        assert!(
            schema["question"]["properties"].as_object().unwrap().len() >= 5,
            "{kind}"
        );
        assert!(
            schema["answer"]["properties"].as_object().unwrap().len() >= 5,
            "{kind}"
        );
    }
}

const NAMES: &[&str] = &[
    "facilities",
    "children",
    "csv",
    "id",
    "capacity",
    "wishes",
    "points",
    "priorities",
    "lat",
    "lon",
    "birth",
    "entry",
    "hours",
    "guardians",
    "reason",
    "hours_week",
    "profile",
    "table",
    "rules",
    "siblings",
    "limit",
    "min_age",
    "vacancies",
    "sibling_group",
    "class",
    "ties",
    "0",
    "A",
];

/// Any JSON that has some of the right names in it.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        Just(json!("A")),
        Just(json!("-009999-01-01")),
        Just(json!("9999-12-31")),
        Just(json!("2027-04")),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(
                (prop::sample::select(NAMES).prop_map(str::to_owned), inner),
                0..6
            )
            .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_question_makes_the_door_panic(value in anything(), facilities in anything(), children in anything()) {
        for kind in ["nursery", "points", "match"] {
            DOOR.answer(kind, &value.to_string()).unwrap();
            let shaped = json!({
                "facilities": facilities, "children": children, "birth": "9999-12-31", "entry": "-009999-01-01",
                "lat": 35, "lon": 139, "guardians": children,
            });
            DOOR.answer(kind, &shaped.to_string()).unwrap();
        }
    }
}

#[test]
fn whoever_works_some_hours_is_taken_for_an_employee_and_the_trace_says_so() {
    let question = |employment: Value| {
        json!({ "guardians": [
            { "reason": "work", "hours_week": 40, "employment": employment },
            { "reason": "work", "hours_week": 35, "employment": employment },
        ] })
    };
    let supposed = ask("points", &question(Value::Null));
    let said = ask("points", &question(json!("employee")));
    let left_out = json!({ "guardians": [{ "reason": "work", "hours_week": 40 }, { "reason": "work", "hours_week": 35 }] });
    for answer in [&supposed, &said, &ask("points", &left_out)] {
        assert_eq!(answer["total"], json!(23), "{answer}");
        assert_eq!(answer["per_guardian"], json!([12, 11]));
    }
    let trace = supposed["trace"].as_array().unwrap();
    let supposed: Vec<&Value> = trace
        .iter()
        .filter(|line| line["rule"] == json!("employee_supposed"))
        .collect();
    assert_eq!(supposed.len(), 2);
    assert_eq!(supposed[1]["guardian"], json!(2));
    assert_eq!(supposed[0]["counted"], json!(false));
    assert!(!said.to_string().contains("employee_supposed"));
    // An offer of work is not work yet.
    let offer = json!({ "guardians": [{ "reason": "work", "hours_week": 40, "has_offer": true }] });
    assert_eq!(ask("points", &offer)["total"], json!(4));
}

#[test]
fn hours_and_days_that_no_week_or_month_has_are_errors_and_null_guardians_are_none() {
    for (field, bad, good) in [
        ("hours_week", [json!(168.5), json!(-1), json!(1e300)], 168),
        ("hours_month", [json!(745), json!(-0.1), json!(1e9)], 744),
        ("days_week", [json!(8), json!(-1), json!(7.5)], 7),
        ("days_month", [json!(32), json!(-3), json!(99)], 31),
    ] {
        let of = |value: &Value| json!({ "guardians": [{ "reason": "work", field: value }] });
        for value in &bad {
            assert!(error("points", &of(value)).contains(field), "{value}");
        }
        let fine = ask("points", &of(&json!(good)));
        assert!(fine["total"].is_number(), "{fine}");
    }
    for field in ["disability_grade", "care_level"] {
        error("points", &json!({ "guardians": [{ field: -1 }] }));
    }
    error("points", &json!({ "siblings_enrolled": -1 }));
    let null = ask("points", &json!({ "guardians": null, "welfare": true }));
    assert_eq!(null, ask("points", &json!({ "welfare": true })));
}
