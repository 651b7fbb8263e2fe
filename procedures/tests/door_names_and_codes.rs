//! The kinds `name`, `furigana`, `code` and `postcode` of the door, as somebody outside sees them.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;

/// One door for all questions: opening it reads the whole catalogue.
fn door() -> &'static Door {
    static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(date(2026, 11, 22)).unwrap());
    &DOOR
}

fn ask(door: &Door, kind: &str, question: &Value) -> Value {
    serde_json::from_str(&door.answer(kind, &question.to_string()).unwrap()).unwrap()
}

#[test]
fn a_name_is_answered_with_verdict_reason_and_nothing_more_than_needed() {
    let door = door();
    for (name, answer) in [
        (json!("花子"), json!({"verdict": "accept", "reason": null})),
        (
            json!("\u{FA19}"),
            json!({"verdict": "accept", "reason": null}),
        ),
        (
            json!("勒"),
            json!({"verdict": "accept", "reason": null, "unverified": ["勒"]}),
        ),
        (
            json!(""),
            json!({"verdict": "review", "reason": "name_undecided"}),
        ),
        (
            json!(null),
            json!({"verdict": "review", "reason": "name_undecided"}),
        ),
        (
            json!("ｻｸﾗ"),
            json!({"verdict": "normalise", "reason": "kana_not_composed", "normalized": "サクラ"}),
        ),
        (
            json!("\u{FA19}か\u{3099}"),
            json!({"verdict": "normalise", "reason": "kana_not_composed", "normalized": "\u{FA19}が"}),
        ),
        (
            json!("叱"),
            json!({"verdict": "review", "reason": "second_code_point", "characters": [
                {"character": "叱", "at": 0, "reason": "second_code_point", "alternatives": ["\u{20B9F}"]}
            ]}),
        ),
        (
            json!("花澤〆"),
            json!({"verdict": "reject", "reason": "kanji_not_for_names",
                "reasons": ["kanji_not_for_names", "character_not_allowed"], "characters": [
                {"character": "澤", "at": 1, "reason": "kanji_not_for_names", "alternatives": ["沢"]},
                {"character": "〆", "at": 2, "reason": "character_not_allowed"}
            ]}),
        ),
        (
            json!("スヽ"),
            json!({"verdict": "review", "reason": "kana_unclear"}),
        ),
        (
            json!("葛\u{E0100}"),
            json!({"verdict": "review", "reason": "variant_in_name"}),
        ),
    ] {
        assert_eq!(ask(door, "name", &json!({"name": name})), answer, "{name}");
    }
}

#[test]
fn the_list_is_that_of_the_day_asked_about() {
    let before = Door::open(date(2026, 6, 25)).unwrap();
    let verdict = |door: &Door, question: Value| ask(door, "name", &question)["verdict"].clone();
    assert_eq!(verdict(&before, json!({"name": "勒"})), "reject");
    assert_eq!(
        verdict(&before, json!({"name": "勒", "as_of": "2026-06-26"})),
        "accept"
    );
    assert_eq!(
        verdict(door(), json!({"name": "勒", "as_of": "2026-06-25"})),
        "reject"
    );
    assert_eq!(
        verdict(door(), json!({"name": "勒", "as_of": null})),
        "accept"
    );
}

#[test]
fn a_reading_is_answered_in_the_same_words() {
    let door = door();
    for (furigana, answer) in [
        (
            json!("サクラ"),
            json!({"verdict": "accept", "reason": null}),
        ),
        (
            json!("さくら"),
            json!({"verdict": "normalise", "reason": "not_katakana", "normalized": "サクラ"}),
        ),
        (
            json!("ｷｮｳ"),
            json!({"verdict": "normalise", "reason": "kana_not_composed", "normalized": "キョウ"}),
        ),
        (
            json!("ヰ"),
            json!({"verdict": "review", "reason": "kana_unclear"}),
        ),
        (
            json!(null),
            json!({"verdict": "review", "reason": "name_undecided"}),
        ),
        (
            json!("サ花"),
            json!({"verdict": "reject", "reason": "character_not_allowed", "characters": [
                {"character": "花", "at": 1, "reason": "character_not_allowed"}
            ]}),
        ),
    ] {
        assert_eq!(
            ask(door, "furigana", &json!({"furigana": furigana})),
            answer,
            "{furigana}"
        );
    }
}

#[test]
fn what_is_no_question_is_an_error_and_ids_come_back() {
    let door = door();
    for (kind, question) in [
        ("name", json!({})),
        ("name", json!({"name": 5})),
        ("name", json!({"name": ["花"]})),
        ("name", json!({"name": "花", "as_of": "2026-02-30"})),
        ("furigana", json!({"name": "花"})),
        ("postcode", json!({"postcode": 1_000_001})),
        ("postcode", json!({"postcode": "12"})),
        ("code", json!({"kind": "individual", "value": "1"})),
        ("code", json!({"kind": "municipality"})),
        (
            "code",
            json!({"kind": "municipality", "value": {"bank": "0001"}}),
        ),
        ("code", json!({"kind": "yucho", "value": {"kigo": "14030"}})),
        ("code", json!({"kind": "bank", "value": {}})),
    ] {
        let answer = ask(door, kind, &question);
        assert!(answer["error"].is_string(), "{kind} {question}: {answer}");
    }
    let answer = ask(door, "name", &json!({"name": "花", "id": 7, "note": "x"}));
    assert_eq!(
        answer,
        json!({"verdict": "accept", "reason": null, "id": 7})
    );
    assert!(door.answer("name", "{").unwrap().contains("error"));
    assert!(
        door.answer("name", r#"{"name":"\ud800"}"#)
            .unwrap()
            .contains("error")
    );
}

#[test]
fn a_municipality_is_told_from_its_namesake() {
    let answer = ask(
        door(),
        "code",
        &json!({"kind": "municipality", "value": "132063"}),
    );
    assert_eq!(
        answer,
        json!({"valid": true, "expected_check": 3, "problem": null, "known": true, "name": "東京都府中市",
            "municipality": {"code": "132063", "kind": "city", "prefecture": "東京都", "within": "", "name": "府中市",
                "in_force": true, "same_name": ["342084"]}})
    );
    let wrong = ask(
        door(),
        "code",
        &json!({"kind": "municipality", "value": "132061"}),
    );
    assert_eq!(
        (&wrong["valid"], &wrong["expected_check"]),
        (&json!(false), &json!(3))
    );
    assert_eq!(wrong["problem"], "check_digit");
    // An invented municipality is known from its profile, an unknown one is valid all the same.
    let invented = ask(
        door(),
        "code",
        &json!({"kind": "municipality", "value": "991015"}),
    );
    assert_eq!(
        (&invented["known"], &invented["name"]),
        (&json!(true), &json!("あすこえ市"))
    );
    let dead = json!({"kind": "municipality", "value": "221317", "as_of": "2023-12-31"});
    assert_eq!(ask(door(), "code", &dead)["municipality"]["in_force"], true);
    let dead = json!({"kind": "municipality", "value": "221317"});
    assert_eq!(
        ask(door(), "code", &dead)["municipality"]["in_force"],
        false
    );
}

#[test]
fn other_codes_are_checked_and_named() {
    let door = door();
    let of = |kind: &str, value: Value| ask(door, "code", &json!({"kind": kind, "value": value}));
    assert_eq!(of("corporate", json!("8000020130001"))["name"], "東京都");
    assert_eq!(of("corporate", json!("1000020130001"))["expected_check"], 8);
    assert_eq!(
        of("insurer", json!("01130012"))["insurance"],
        "kyokai_kenpo"
    );
    assert_eq!(of("insurer", json!("138016"))["valid"], true);
    assert_eq!(of("insurer", json!("138010"))["expected_check"], 6);
    for value in [
        json!("14030-12345671"),
        json!({"kigo": "14030", "bango": "12345671"}),
    ] {
        assert_eq!(
            of("yucho", value)["account"],
            json!({"bank": "9900", "bank_name": "ゆうちょ", "branch": "408", "branch_name": "四〇八", "kind": "1",
                "number": "1234567"})
        );
    }
    assert_eq!(
        of("yucho", json!("00160-0-100001"))["account"]["number"],
        "0100001"
    );
    assert_eq!(of("yucho", json!("14030-12345670"))["problem"], "number");
    assert_eq!(
        of("bank", json!("0001-001-1-123"))["name"],
        "みずほ 東京営業部"
    );
    assert_eq!(
        of("bank", json!("0001-001-1-123"))["account"]["number"],
        "0000123"
    );
    assert_eq!(of("bank", json!("0001-999"))["known"], false);
    assert_eq!(
        of("bank", json!("0001-001-3-123"))["problem"],
        "account_kind"
    );
}

#[test]
fn a_postcode_is_answered_with_every_candidate() {
    let door = door();
    for written in ["1000001", "〒100-0001", "１００－０００１"] {
        assert_eq!(
            ask(door, "postcode", &json!({"postcode": written})),
            json!({"postcode": "1000001", "candidates": [
                {"code": "131016", "prefecture": "東京都", "city": "千代田区", "town": "千代田"}]})
        );
    }
    let many = ask(door, "postcode", &json!({"postcode": "0040000"}));
    assert_eq!(many["candidates"].as_array().unwrap().len(), 2);
    let none = ask(door, "postcode", &json!({"postcode": "9999999"}));
    assert_eq!(none["candidates"], json!([]));
}

#[test]
fn no_answer_holds_the_individual_number_it_was_given() {
    let door = door();
    // A made-up number with a right check digit.
    for number in [
        individual_number(""),
        individual_number("-"),
        full_width(&individual_number("")),
    ] {
        for (kind, question) in [
            ("name", json!({"name": number})),
            ("furigana", json!({"furigana": number})),
            ("postcode", json!({"postcode": number})),
            ("code", json!({"kind": "municipality", "value": number})),
            ("code", json!({"kind": "corporate", "value": number})),
            ("code", json!({"kind": "insurer", "value": number})),
            ("code", json!({"kind": "yucho", "value": number})),
            ("code", json!({"kind": "bank", "value": number})),
        ] {
            let answer = ask(door, kind, &question).to_string();
            assert!(
                !answer.contains("9018") && !answer.contains('９'),
                "{kind}: {answer}"
            );
            assert!(!answer.contains("\"9\""), "{kind}: {answer}");
        }
    }
    let answer = ask(door, "name", &json!({"name": individual_number("")}));
    assert_eq!(
        answer,
        json!({"verdict": "reject", "reason": "individual_number"})
    );
}

#[test]
fn each_kind_has_a_schema_that_tells_its_fields() {
    for (kind, field) in [
        ("name", "name"),
        ("furigana", "furigana"),
        ("code", "value"),
        ("postcode", "postcode"),
    ] {
        let schema = Door::schema(kind).unwrap();
        assert!(
            schema["question"]["properties"][field].is_object(),
            "{kind}"
        );
        let required = schema["question"]["required"].as_array().unwrap();
        assert!(required.contains(&json!(field)), "{kind}");
    }
    let verdict = Door::schema("name").unwrap()["answer"]["required"].clone();
    // `reason` is always there, and null where all is well.
    assert_eq!(verdict, json!(["verdict", "reason"]));
}

proptest! {
    #[test]
    fn whatever_is_asked_there_is_one_line_of_json(text in any::<String>(), line in any::<String>()) {
        let door = door();
        for (kind, question) in [
            ("name", json!({"name": text})),
            ("furigana", json!({"furigana": text})),
            ("postcode", json!({"postcode": text})),
            ("code", json!({"kind": "bank", "value": text})),
            ("code", json!({"kind": "yucho", "value": text})),
            ("code", json!({"kind": "insurer", "value": text})),
            ("code", json!({"kind": "municipality", "value": text})),
            ("code", json!({"kind": "corporate", "value": text})),
        ] {
            prop_assert!(ask(door, kind, &question).is_object());
            let answer = door.answer(kind, &line).unwrap();
            prop_assert!(!answer.contains('\n'));
        }
    }
}

/// Twelve digits whose last fits the others: made here, so that no text of ours holds them in a row.
fn individual_number(between: &str) -> String {
    ["1234", "5678", "9018"].join(between)
}

fn full_width(text: &str) -> String {
    let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap();
    text.chars().map(wide).collect()
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_question_and_no_answer_ends_a_line_early() {
    let door = door();
    let marked = door.answer("name", "\u{FEFF}{\"name\":\"湊\"}").unwrap();
    assert!(marked.contains("\"accept\""), "{marked}");
    let parted = door
        .answer(
            "name",
            &json!({"name": "湊", "id": "a\u{2028}b\u{2029}c\u{85}d"}).to_string(),
        )
        .unwrap();
    assert_eq!(parted.lines().count(), 1);
    assert!(!parted.contains(['\u{2028}', '\u{2029}', '\u{85}']));
    let back: Value = serde_json::from_str(&parted).unwrap();
    assert_eq!(back["id"], "a\u{2028}b\u{2029}c\u{85}d");
}

#[test]
fn kana_to_be_rewritten_do_not_hide_what_an_officer_will_have_to_look_at() {
    let answer = ask(door(), "name", &json!({"name": "叱ｱ"}));
    assert_eq!(answer["verdict"], "normalise");
    assert_eq!(answer["normalized"], "叱ア");
    assert_eq!(
        answer["reasons"],
        json!(["kana_not_composed", "second_code_point"])
    );
}

#[test]
fn a_deadline_that_municipalities_set_is_theirs_where_one_is_named() {
    let of = |question: Value| ask(door(), "deadline", &question)["deadline"].clone();
    let born = "2026-11-22";
    // あすこえ市 takes claims for thirty days, as its profile says; day 30 is 22 December.
    assert_eq!(
        of(json!({"procedure": "kodomo_iryohi", "born": born, "residence": "991015"})),
        "2026-12-22"
    );
    assert_eq!(
        of(json!({"procedure": "kodomo_iryohi", "born": born})),
        "2026-12-07"
    );
    // The law's own deadlines are nobody's to change.
    assert_eq!(
        of(json!({"procedure": "shussei_todoke", "born": born, "residence": "991015"})),
        "2026-12-07"
    );
    let strange = ask(
        door(),
        "deadline",
        &json!({"procedure": "shussei_todoke", "born": born, "residence": "991016"}),
    );
    assert!(strange["error"].is_string());
}
