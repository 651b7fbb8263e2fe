//! What must hold on the line of any family on any day.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod common;
#[path = "common/families.rs"]
mod families;

use common::catalogue;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use ubugoe_procedures::catalogue::{Joyful, Sector};
use ubugoe_procedures::door::Door;
use ubugoe_procedures::plan::{Around, Audience, Family, FamilyLine, Status, Whom, line};
use ubugoe_procedures::rules::FactValue;

fn seen(family: &Family, today: Date, audience: Audience) -> FamilyLine<'static> {
    line(
        catalogue(),
        family,
        today,
        &Around {
            audience,
            ..Around::default()
        },
    )
}

fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(jiff::Span::new().days(1))
        .take_while(move |day| *day <= to)
}

/// Following what an item waits for never comes back to it, and ends at something that waits for nothing.
fn holds_together(line: &FamilyLine<'_>) {
    for start in 0..line.items.len() {
        let mut seen = vec![start];
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            let item = &line.items[at];
            for edge in item.waits_for() {
                let next = edge.item.unwrap_or_else(|| {
                    panic!("{} waits for nothing on the line", item.procedure.id)
                });
                assert_ne!(next, start, "{} waits for itself", item.procedure.id);
                if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            }
            let waits = item.state == Status::WaitsFor;
            assert!(
                !waits || item.waits_for().next().is_some(),
                "{}",
                item.procedure.id
            );
        }
    }
    let sectors: Vec<Sector> = line
        .items
        .iter()
        .map(|item| item.procedure.sector)
        .collect();
    assert!(sectors.is_sorted(), "private before public");
    for item in &line.items {
        if let Some(deadline) = &item.deadline {
            assert!(deadline.open_until >= deadline.last_day);
            assert!(item.state != Status::Late || deadline.open_until < line.today);
        }
        assert!(
            item.state != Status::Question || !item.missing.is_empty(),
            "{}",
            item.procedure.id
        );
        for window in &item.windows {
            assert!(
                window
                    .from
                    .zip(window.to)
                    .is_none_or(|(from, to)| from <= to),
                "{}",
                item.procedure.id
            );
        }
    }
}

#[test]
fn the_plan_is_acyclic_and_without_gaps_for_every_birth_date_of_two_years() {
    for birth in days(date(2026, 1, 1), date(2027, 12, 31)) {
        let next = birth.tomorrow().unwrap();
        for family in [
            families::one_child(birth),
            families::twins(birth),
            families::one_twin_lost(birth),
            families::unmarried(birth),
            families::both_foreign(birth),
        ] {
            let line = seen(&family, next, Audience::Parents);
            holds_together(&line);
            let notice = line
                .items
                .iter()
                .find(|item| item.procedure.id.as_str() == "shussei_todoke")
                .unwrap();
            let due = notice.deadline.as_ref().unwrap();
            assert_eq!(
                due.last_day,
                birth.saturating_add(jiff::Span::new().days(13))
            );
            assert!(
                line.items
                    .iter()
                    .any(|item| matches!(item.status, Status::Now | Status::Offer))
            );
        }
    }
}

#[test]
fn after_a_loss_nothing_joyful_reaches_anybody() {
    let birth = date(2026, 11, 22);
    let mut plain = families::one_child(birth);
    plain.loss = true;
    let mut lost = vec![
        families::stillbirth(birth),
        families::born_and_died(birth, birth),
        families::born_and_died(birth, date(2027, 3, 1)),
        plain,
    ];
    for family in &mut lost {
        family.tell(
            Whom::Family,
            "family.ready_for_private_offers",
            FactValue::Bool(true),
        );
        family.tell(Whom::Family, "family.loss", FactValue::Bool(false));
    }
    for family in &lost {
        for today in days(birth, date(2027, 12, 31)).step_by(7) {
            for audience in [Audience::Parents, Audience::Staff] {
                let line = seen(family, today, audience);
                holds_together(&line);
                assert!(line.quiet);
                for item in &line.items {
                    assert!(
                        item.procedure.joyful.is_empty(),
                        "{} on {today}",
                        item.procedure.id
                    );
                    assert_eq!(item.procedure.sector, Sector::Public);
                    assert!(item.doses.is_empty());
                }
                let rights = line
                    .items
                    .iter()
                    .any(|item| item.procedure.id.as_str() == "shussan_ikuji_ichijikin");
                assert!(rights || today > date(2027, 11, 1), "{today}");
            }
        }
    }
}

#[test]
fn with_one_twin_lost_the_living_ones_tasks_stay_and_nobody_congratulates() {
    let birth = date(2026, 11, 22);
    let mut died = families::twins(birth);
    died.delivery.children[1].died = Some(date(2026, 11, 24));
    for family in [families::one_twin_lost(birth), died] {
        for today in days(date(2026, 11, 24), date(2027, 6, 1)).step_by(5) {
            let line = seen(&family, today, Audience::Parents);
            for item in &line.items {
                let joyful = &item.procedure.joyful;
                assert!(
                    item.whom != Whom::Child(1) || joyful.is_empty(),
                    "{}",
                    item.procedure.id
                );
                let congratulates = joyful
                    .iter()
                    .any(|one| matches!(one, Joyful::Congrats | Joyful::Gift | Joyful::Offer));
                assert!(
                    !congratulates || item.status == Status::Staff,
                    "{}",
                    item.procedure.id
                );
            }
            for id in ["shussei_todoke", "yobosesshu", "jido_teate_nintei"] {
                assert!(line.items.iter().any(|item| item.procedure.id.as_str() == id && item.whom == Whom::Child(0)), "{id}");
            }
        }
    }
}

fn questions() -> Vec<Value> {
    let mut questions = Vec::new();
    for month in 1..=12 {
        questions.push(json!({
            "today": format!("2026-{month:02}-25"),
            "mother": {"birth": "1996-11-23", "nationality": "JP", "residence": "991015", "insurance": "kenpo"},
            "father": {"birth": "1994-05-03", "nationality": "JP", "residence": "991015"},
            "married": true,
            "birthplace": "991015",
            "children": [{"id": "c1", "birth": format!("2026-{month:02}-11T23:41"), "weight_g": 2100, "nicu": month % 2 == 0}],
            "flags": {"dv_support": month % 3 == 0},
        }));
    }
    questions
}

#[test]
fn no_individual_number_and_no_protected_place_is_in_any_answer() {
    let door = Door::open(date(2026, 11, 24)).unwrap();
    for question in questions() {
        let answer = door.answer("plan", &question.to_string()).unwrap();
        assert!(!answer.contains("\"error\""), "{answer}");
        let mut run = 0;
        for (at, c) in answer.char_indices() {
            run = if c.is_ascii_digit() { run + 1 } else { 0 };
            assert!(run < 12, "{}", &answer[at.saturating_sub(30)..=at]);
        }
        if question["flags"]["dv_support"] == true {
            assert!(
                !answer.contains("991015")
                    && !answer.contains("あすこえ")
                    && !answer.contains("Asukoe")
            );
        }
    }
}

#[test]
fn the_door_takes_what_is_missing_and_refuses_what_cannot_be() {
    let door = Door::open(date(2026, 11, 24)).unwrap();
    let said = |question: &str| -> Value {
        serde_json::from_str(&door.answer("plan", question).unwrap()).unwrap()
    };
    for fine in [
        "{}",
        r#"{"mother":null,"father":null,"children":null,"flags":null,"done":null,"facts":null}"#,
        r#"{"children":[]}"#,
        r#"{"children":[{"birth":"2026-11-22"}]}"#,
        r#"{"children":[{"outcome":"stillborn"}],"delivery":{"weeks":30}}"#,
        r#"{"pregnancy":{"due":"2027-03-10","weeks":24,"fetuses":2},"mother":{"residence":"991015"}}"#,
        r#"{"delivery":{"date":"2026-11-22","weeks":39,"days":2}}"#,
        r#"{"children":[{"birth":"2026-11-22"}],"facts":{"nobody.knows":3,"child.insurance":"kenpo"},"done":["shussei_todoke:c1"]}"#,
        r#"{"domain":"elderly_care","residence":"991015"}"#,
        r#"{"domain":"regional_work","residence":"991015"}"#,
    ] {
        let answer = said(fine);
        assert!(answer["items"].is_array(), "{fine}: {answer}");
    }
    for bad in [
        r#"{"children":[{"birth":"2028-11-22"}]}"#,
        r#"{"children":[{"birth":"2026-13-45"}]}"#,
        r#"{"children":[{"birth":"2026-11-22","died_on":"2026-11-20"}]}"#,
        r#"{"children":[{"birth":"2026-11-22","weight_g":99999}]}"#,
        r#"{"mother":{"birth":"2030-01-01"}}"#,
        r#"{"residence":"991016"}"#,
    ] {
        assert!(said(bad)["error"].is_string(), "{bad}");
    }
    let many =
        json!({"children": (0..100).map(|_| json!({"birth": "2026-11-22"})).collect::<Vec<_>>()});
    assert!(said(&many.to_string())["error"].is_string());
    for day in ["-009999-01-01", "9999-12-31", "0001-01-01"] {
        let _ = said(
            &json!({"today": day, "children": [{"birth": day}], "mother": {"residence": "991015"}})
                .to_string(),
        );
    }
}

#[test]
fn recommendations_say_why_keep_private_apart_and_are_silent_after_a_loss() {
    let door = Door::open(date(2026, 11, 24)).unwrap();
    let said = |question: Value| -> Value {
        serde_json::from_str(&door.answer("recommend", &question.to_string()).unwrap()).unwrap()
    };
    let answer = said(
        json!({"region": "991015", "child": true, "child_age": 0, "children": 1, "looking_for": ["027"]}),
    );
    assert!(
        !answer["searched"].as_array().unwrap().is_empty(),
        "{answer}"
    );
    assert!(!answer["usable"].as_array().unwrap().is_empty());
    assert!(answer["private"].as_array().unwrap().is_empty());
    for list in ["usable", "searched", "also"] {
        for one in answer[list].as_array().unwrap() {
            assert!(!one["why"].as_array().unwrap().is_empty());
        }
    }
    let with = said(json!({"region": "991015", "child_age": 0, "private": true}));
    assert!(!with["private"].as_array().unwrap().is_empty());
    for flag in ["loss", "adoption_plan"] {
        let answer = said(
            json!({"region": "991015", "child_age": 0, "private": true, flag: true, "looking_for": ["003", "027"]}),
        );
        assert!(answer["private"].as_array().unwrap().is_empty(), "{flag}");
        assert!(
            !answer.to_string().contains("kenshin_1m")
                && !answer.to_string().contains("yobosesshu"),
            "{flag}"
        );
    }
    for domain in ["elderly_care", "regional_work"] {
        let answer = said(
            json!({"region": "991015", "domain": domain, "looking_for": ["027", "079", "003", "077"]}),
        );
        assert!(answer["error"].is_null(), "{answer}");
    }
}

fn answered(question: &Value) -> Value {
    let door = Door::open(date(2026, 11, 24)).unwrap();
    serde_json::from_str(&door.answer("plan", &question.to_string()).unwrap()).unwrap()
}

fn item<'a>(answer: &'a Value, id: &str) -> &'a Value {
    let items = answer["items"].as_array().unwrap();
    items.iter().find(|one| one["procedure"] == id).unwrap()
}

#[test]
fn a_birth_may_be_notified_at_three_places_and_at_two_without_a_registered_domicile() {
    let places = |nationality: &str| {
        answered(&json!({
            "birthplace": "994049", "stay": "994049", "honseki": "991015", "residence": "991015",
            "mother": {"nationality": nationality}, "father": {"nationality": nationality},
            "children": [{"birth": "2026-11-22"}],
        }))
    };
    let answer = places("JP");
    let birth = item(&answer, "shussei_todoke");
    assert_eq!(birth["recipients"][0]["municipality"], "994049");
    // Where she stays is where the child was born, and is not named twice.
    assert_eq!(birth["also_at"].as_array().unwrap().len(), 1);
    assert_eq!(birth["also_at"][0]["kind"], "honseki");
    assert_eq!(birth["also_at"][0]["municipality"], "991015");
    let answer = places("US");
    assert!(item(&answer, "shussei_todoke")["also_at"].is_null());
}

#[test]
fn a_vaccination_is_not_now_before_the_first_can_be_given() {
    let on = |today: &str| {
        let answer = answered(&json!({
            "today": today, "residence": "991015", "children": [{"birth": "2026-11-22"}],
        }));
        let item = item(&answer, "yobosesshu");
        (item["status"].clone(), item["from"].clone())
    };
    let upcoming = (json!("upcoming"), json!("2027-01-03"));
    assert_eq!(on("2026-11-22"), upcoming);
    assert_eq!(on("2027-01-02"), upcoming);
    assert_eq!(on("2027-01-03"), (json!("by_itself"), Value::Null));
}

#[test]
fn the_rounds_of_the_nursery_are_those_of_the_municipality() {
    let windows = |home: &str, today: &str| -> Vec<(Value, Value)> {
        let answer = answered(&json!({
            "today": today, "residence": home,
            "children": [{"birth": "2026-11-22", "wants_childcare": true, "in_childcare": false}],
        }));
        let windows = item(&answer, "hoiku_nintei_riyo")["windows"].clone();
        let windows = windows.as_array().unwrap();
        windows
            .iter()
            .map(|one| (one["from"].clone(), one["to"].clone()))
            .collect()
    };
    // The first month a place can begin in after eight weeks is February.
    assert_eq!(
        windows("991015", "2026-11-24"),
        [
            (json!("2026-10-15"), json!("2026-11-30")),
            (json!("2027-02-01"), json!("2027-02-10")),
            (Value::Null, json!("2027-01-10")),
        ]
    );
    assert_eq!(
        windows("994049", "2026-12-26"),
        [
            (json!("2027-12-01"), json!("2027-12-25")),
            (Value::Null, json!("2027-01-05")),
        ]
    );
    assert!(windows("131016", "2026-11-24").is_empty());
}

#[test]
fn what_only_staff_may_bring_up_is_in_no_list_of_a_parent() {
    let lost = |audience: &str| {
        answered(&json!({
            "audience": audience, "residence": "991015", "birthplace": "991015",
            "delivery": {"date": "2026-11-22", "weeks": 30, "outcome": "stillborn"},
        }))
    };
    let listed = |answer: &Value| answer["recipients"].as_array().unwrap().len();
    assert_eq!(listed(&lost("parents")), 0);
    assert!(listed(&lost("staff")) > 0);
}

#[test]
fn the_disability_allowances_say_their_sums_once_a_grade_was_told() {
    let sums = |grade: &str| -> Vec<Value> {
        let answer = answered(&json!({
            "audience": "staff", "residence": "991015",
            "children": [{"birth": "2026-11-22", "disability": grade}],
        }));
        let items = answer["items"].as_array().unwrap();
        let those = ["tokuji_teate", "shogaiji_fukushi_teate"];
        items
            .iter()
            .filter(|one| those.iter().any(|id| one["procedure"] == *id))
            .map(|one| {
                json!([
                    one["amount"]["yen"],
                    one["amount"]["first_month"],
                    one["guard"]
                ])
            })
            .collect()
    };
    assert_eq!(sums("grade_2"), [json!([38_930, "2026-12", "quiet"])]);
    assert_eq!(
        sums("severe"),
        [
            json!([58_450, "2026-12", "quiet"]),
            json!([16_560, "2026-12", "quiet"]),
        ]
    );
    assert!(sums("none").is_empty());
}
