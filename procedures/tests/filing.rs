//! The bytes that are shown and signed.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::sync::OnceLock;

use common::{asukoe, both_forms, catalogue, choice, facts, procedure, text};
use jiff::civil::date;
use proptest::prelude::*;
use ubugoe_procedures::{
    Answers, AssembleError, Catalogue, Draft, Filing, Lang, ParseError, ParsedFiling, Source,
    Tongue, Value,
};

fn draft() -> Draft {
    Draft {
        recipient: asukoe(),
        lang_shown: Tongue::Ja,
        certificate_number: Some("ASK-2026-000123".to_owned()),
        child_order: Some(1),
        drafted_on: date(2026, 11, 24),
    }
}

fn birth_answers(catalogue: &Catalogue) -> Answers {
    let [(answers, _), _] = both_forms(catalogue, &facts());
    answers
}

fn bytes(catalogue: &Catalogue) -> Vec<u8> {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let birth = procedure(catalogue, "shussei_todoke");
        Filing::assemble(birth, &birth_answers(catalogue), &draft())
            .unwrap()
            .canonical(birth)
    };
    BYTES.get_or_init(make).clone()
}

#[test]
fn what_is_signed_reads_back_as_what_was_answered_and_shown() {
    let catalogue = catalogue();
    for ((answers, _), id) in both_forms(catalogue, &facts())
        .into_iter()
        .zip(["shussei_todoke", "jido_teate_nintei"])
    {
        let procedure = procedure(catalogue, id);
        let filing = Filing::assemble(procedure, &answers, &draft()).unwrap();
        let bytes = filing.canonical(procedure);
        let parsed = Filing::parse(&bytes).unwrap();
        assert_eq!(parsed.answers(), filing.answers);
        assert_eq!(
            (parsed.recipient, parsed.drafted_on),
            (asukoe(), date(2026, 11, 24))
        );
        assert_eq!(
            parsed.certificate_number.as_deref(),
            Some("ASK-2026-000123")
        );
        assert!(parsed.agrees_with(procedure));
        assert_eq!(filing.canonical(procedure), bytes);
    }
}

#[test]
fn dates_and_options_are_shown_in_the_readers_language_and_names_in_neither() {
    let catalogue = catalogue();
    let parsed = ParsedFiling::parse(&bytes(catalogue)).unwrap();
    let shown = |lang, path: &str| {
        let rows = parsed
            .sections(lang)
            .into_iter()
            .flat_map(|section| section.rows);
        rows.filter(|row| row.path.as_str() == path)
            .map(|row| (row.label, row.value))
            .next()
            .unwrap()
    };
    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    assert_eq!(
        shown(Lang::Ja, "birth_dt"),
        pair("生まれたとき", "令和8年11月22日 午後11時59分")
    );
    assert_eq!(
        shown(Lang::En, "birth_dt"),
        pair("Born on", "22 November 2026, 23:59")
    );
    assert_eq!(shown(Lang::Ja, "father.birth").1, "平成6年2月3日");
    assert_eq!(shown(Lang::En, "legit").1, "Born in marriage (嫡出子)");
    for lang in [Lang::Ja, Lang::En] {
        assert_eq!(shown(lang, "mother.sei").1, "神\u{E0100}山");
        assert_eq!(shown(lang, "tsuzukigara").1, "長女");
    }
    let titles: Vec<String> = parsed
        .sections(Lang::Ja)
        .into_iter()
        .map(|section| section.title)
        .collect();
    assert_eq!(
        titles,
        ["届出", "お子さん", "住所と世帯", "父母", "届出人", "連絡先"]
    );
}

/// Trap 2.
#[test]
fn midnight_is_gozen_zero_and_noon_is_gogo_zero() {
    let catalogue = catalogue();
    let field = procedure(catalogue, "shussei_todoke")
        .form
        .field("birth_dt")
        .unwrap();
    let shown = |hour, minute| {
        ubugoe_procedures::shown(
            field,
            &Value::DateTime(date(2026, 11, 22).at(hour, minute, 0, 0)),
        )
        .ja
    };
    assert_eq!(shown(0, 0), "令和8年11月22日 午前0時00分");
    assert_eq!(shown(11, 59), "令和8年11月22日 午前11時59分");
    assert_eq!(shown(12, 0), "令和8年11月22日 午後0時00分");
    assert_eq!(shown(23, 5), "令和8年11月22日 午後11時05分");
}

#[test]
fn an_unfinished_form_is_refused_and_every_open_field_is_named() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let mut answers = birth_answers(catalogue);
    answers.remove("honseki");
    answers.remove("contact.tel");
    let Err(AssembleError::Incomplete { fields }) = Filing::assemble(birth, &answers, &draft())
    else {
        panic!()
    };
    let names: Vec<&str> = fields
        .iter()
        .map(ubugoe_procedures::FieldPath::as_str)
        .collect();
    assert!(
        names.contains(&"honseki") && names.contains(&"contact.tel"),
        "{names:?}"
    );
}

#[test]
fn a_blocked_value_a_stray_field_another_recipient_and_a_public_servant_are_refused_by_name() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let with = |path: &str, value: Value| {
        let mut answers = birth_answers(catalogue);
        answers.set(path.parse().unwrap(), value, Source::Parent);
        Filing::assemble(birth, &answers, &draft())
    };
    let blocked = with("child_mei", text("〆"));
    assert!(
        matches!(blocked, Err(AssembleError::Blocked { problems }) if problems[0].0.as_str() == "child_mei")
    );
    let stray = with("weight", Value::Number(3000));
    assert!(
        matches!(stray, Err(AssembleError::UnknownField { path }) if path.as_str() == "weight")
    );
    let elsewhere = with("addressee", text("131016"));
    assert!(
        matches!(elsewhere, Err(AssembleError::RecipientDiffers { path, .. }) if path.as_str() == "addressee")
    );

    let claim = procedure(catalogue, "jido_teate_nintei");
    let [_, (mut answers, _)] = both_forms(catalogue, &facts());
    answers.set("job".parse().unwrap(), choice("3"), Source::Parent);
    answers.set(
        "public_kind".parse().unwrap(),
        choice("local"),
        Source::Parent,
    );
    let employer = Filing::assemble(claim, &answers, &draft());
    assert!(
        matches!(employer, Err(AssembleError::Elsewhere { advice }) if advice == "claim_at_employer")
    );
}

/// Trap 26: what a condition hides is not filed, even if it was once answered.
#[test]
fn hidden_answers_do_not_reach_the_bytes() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let mut answers = birth_answers(catalogue);
    for (path, value) in [
        ("parents_marriage", "not_married"),
        ("head_who", "mother"),
        ("hittosha_who", "mother"),
    ] {
        answers.set(path.parse().unwrap(), choice(value), Source::Parent);
    }
    let filing = Filing::assemble(birth, &answers, &draft()).unwrap();
    let bytes = String::from_utf8(filing.canonical(birth)).unwrap();
    assert!(!bytes.contains("太郎") && !bytes.contains("father.mei"));
}

#[test]
fn the_legal_date_is_left_to_the_receiving_office() {
    let catalogue = catalogue();
    let parsed = ParsedFiling::parse(&bytes(catalogue)).unwrap();
    assert!(
        parsed
            .rows
            .iter()
            .all(|row| row.path.as_str() != "file_date")
    );
}

#[test]
fn every_other_spelling_of_the_same_content_is_refused() {
    let good = bytes(catalogue());
    let text = String::from_utf8(good.clone()).unwrap();
    let spellings = [
        format!("{text}\n"),
        format!(" {text}"),
        text.replacen(':', ": ", 1),
        text.replacen("あすこえ市長", "\\u3042すこえ市長", 1),
        text.replacen(
            "{\"certificate_number\"",
            "{\"a\":1,\"a\":1,\"certificate_number\"",
            1,
        ),
        text.replacen("\"child_order\":1", "\"child_order\":1.0", 1),
    ];
    for spelling in spellings {
        assert_ne!(spelling, text);
        let refused = ParsedFiling::parse(spelling.as_bytes());
        assert!(
            matches!(
                refused,
                Err(ParseError::NotCanonical | ParseError::Json { .. })
            ),
            "{refused:?}"
        );
    }
}

#[test]
fn members_missing_unknown_or_of_another_type_are_named() {
    let good = String::from_utf8(bytes(catalogue())).unwrap();
    let refusal = |from: &str, to: &str| {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        ParsedFiling::parse(bad.as_bytes()).unwrap_err()
    };
    let named = |error: &ParseError, wanted: &str| matches!(error, ParseError::Member { member, .. } if member == wanted);
    assert!(named(&refusal("\"child_order\":1,", ""), "child_order"));
    assert!(named(
        &refusal(
            "\"child_order\":1,",
            "\"child_order\":1,\"child_orders\":1,"
        ),
        "child_orders"
    ));
    assert!(named(
        &refusal("\"child_order\":1,", "\"child_order\":\"1\","),
        "child_order"
    ));
    assert!(named(
        &refusal("\"child_order\":1,", "\"child_order\":256,"),
        "child_order"
    ));
    for tongue in Tongue::ALL {
        let tag = format!("\"lang_shown\":\"{}\"", tongue.tag());
        let bytes = good.replacen("\"lang_shown\":\"ja\"", &tag, 1);
        let parsed = ParsedFiling::parse(bytes.as_bytes());
        assert_eq!(
            parsed.unwrap().lang_shown,
            tongue,
            "every language of a screen is read back"
        );
    }
    assert!(named(
        &refusal("\"lang_shown\":\"ja\"", "\"lang_shown\":\"de\""),
        "lang_shown"
    ));
    assert!(named(
        &refusal("\"2026-11-22T23:59\"", "\"2026-11-22T24:59\""),
        "value"
    ));
    assert!(named(
        &refusal("\"source\":\"card\"", "\"source\":\"cart\""),
        "source"
    ));
    assert!(named(
        &refusal("\"kind\":\"date_time\"", "\"kind\":\"date_tide\""),
        "value"
    ));
    assert!(matches!(
        refusal("\"recipient\":\"991015\"", "\"recipient\":\"991016\""),
        ParseError::Id { .. }
    ));
    assert!(matches!(
        refusal("ubugoe-filing/1", "ubugoe-filing/2"),
        ParseError::Format { given: Some(_) }
    ));
    assert!(matches!(
        refusal("\"path\":\"child_mei\"", "\"path\":\"child_sei\""),
        ParseError::Twice { .. }
    ));
    let long = vec![b' '; 256 * 1024 + 1];
    assert!(matches!(
        ParsedFiling::parse(&long),
        Err(ParseError::TooLong { bytes: 262_145 })
    ));
    for bytes in [&b""[..], b"null", b"[]", b"{}", b"\"x\"", b"{\"format\":1}"] {
        assert!(ParsedFiling::parse(bytes).is_err());
    }
}

/// Words in the bytes that are not the catalogue's are noticed by whoever has the catalogue.
#[test]
fn a_filing_whose_words_were_changed_does_not_agree_with_the_form() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let good = String::from_utf8(bytes(catalogue)).unwrap();
    for (from, to) in [
        ("\"ja\":\"嫡出子\"", "\"ja\":\"嫡出でない子\""),
        ("\"ja\":\"子の名\"", "\"ja\":\"父の名\""),
    ] {
        let forged = ParsedFiling::parse(good.replacen(from, to, 1).as_bytes()).unwrap();
        assert!(!forged.agrees_with(birth), "{from}");
    }
    assert!(
        ParsedFiling::parse(good.as_bytes())
            .unwrap()
            .agrees_with(birth)
    );
}

#[test]
fn debug_output_shows_no_name_and_no_address() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let filing = Filing::assemble(birth, &birth_answers(catalogue), &draft()).unwrap();
    let parsed = Filing::parse(&filing.canonical(birth)).unwrap();
    let shown = format!(
        "{filing:?}{parsed:?}{:?}{:?}",
        parsed.sections(Lang::Ja),
        facts()
    );
    for secret in ["花子", "太郎", "うぶ町", "090"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

/// Any text a register may hold, the hard cases included.
fn any_name() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(vec![
        "\u{FA19}",
        "\u{20B9F}",
        "辻\u{E0100}",
        "髙",
        "\u{10DE92}",
        "か\u{3099}",
        "é",
        "e\u{301}",
        "\"",
        "\\",
        "/",
    ]);
    prop::collection::vec(
        prop_oneof![hard.prop_map(str::to_owned), "\\PC".prop_map(|s| s)],
        1..20,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn code_points_in_are_code_points_out(name in any_name(), remark in any_name()) {
        let catalogue = catalogue();
        let birth = procedure(catalogue, "shussei_todoke");
        let mut answers = birth_answers(catalogue);
        answers.set("father.mei".parse().unwrap(), text(&name), Source::Parent);
        answers.set("other".parse().unwrap(), text(&remark), Source::Parent);
        match Filing::assemble(birth, &answers, &draft()) {
            Ok(filing) => {
                let bytes = filing.canonical(birth);
                let parsed = ParsedFiling::parse(&bytes).unwrap();
                let back = parsed.answers();
                prop_assert_eq!(back.text("father.mei"), Some(name.as_str()));
                prop_assert_eq!(back.text("other"), Some(remark.as_str()));
                let rows: Vec<_> = parsed.sections(Lang::En).into_iter().flat_map(|section| section.rows).collect();
                prop_assert!(rows.iter().any(|row| row.path.as_str() == "father.mei" && row.value == name));
                prop_assert!(parsed.agrees_with(birth));
            }
            Err(AssembleError::Blocked { .. }) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn bytes_from_outside_are_read_canonically_or_refused_and_never_panic(
        at in 0usize..12_000, byte: u8, cut in 0usize..12_000, noise in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        let good = bytes(catalogue());
        let mut flipped = good.clone();
        if let Some(place) = flipped.get_mut(at % good.len()) { *place = byte; }
        for bytes in [&flipped[..], &good[..cut.min(good.len())], &noise[..]] {
            if let Ok(parsed) = ParsedFiling::parse(bytes) {
                // Whatever is accepted is said with these bytes and no others.
                prop_assert_eq!(parsed.canonical(), bytes);
            }
            let _ = ubugoe_procedures::BirthCertificate::from_json(bytes);
        }
    }

    #[test]
    fn checks_never_panic_and_never_touch_the_text(text in any::<String>()) {
        use ubugoe_procedures::Charset::{Ascii, Digit, JisX0213, Kana, Mj, Name, Zengin};
        for charset in [Mj, Name, Kana, Zengin, JisX0213, Ascii, Digit] {
            let verdict = ubugoe_procedures::names::check(charset, &text);
            prop_assert_eq!(verdict.fileable(), verdict.blocks.is_empty());
        }
        let once = ubugoe_procedures::names::compose_kana(&text);
        prop_assert_eq!(ubugoe_procedures::names::compose_kana(&once).len() <= once.len(), true);
        prop_assert!(ubugoe_procedures::names::length(&text) <= text.chars().count());
        let _ = ubugoe_procedures::holds_individual_number(&text);
    }

    #[test]
    fn every_birth_day_has_deadlines_in_order(offset in 0i32..1095) {
        let catalogue = catalogue();
        let birth = ubugoe_procedures::calendar::plus_days(date(2024, 1, 1), offset);
        let line = ubugoe_procedures::plan(catalogue, &common::born(birth));
        prop_assert_eq!(line.items.len(), 2);
        for item in line.items {
            let due = item.due.unwrap();
            prop_assert!(due.rolled && birth < due.last_day && due.last_day <= due.open_until);
            let code = asukoe();
            prop_assert!(!catalogue.calendar(&code).is_closed(due.open_until).unwrap());
            // Brute force: every day from the last day up to the opening day is closed.
            let mut day = due.last_day;
            while day < due.open_until {
                prop_assert!(catalogue.calendar(&code).is_closed(day).unwrap());
                day = ubugoe_procedures::calendar::plus_days(day, 1);
            }
        }
    }
}
