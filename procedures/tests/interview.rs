//! What a family is asked, in which order, and what it is never asked.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{asukoe, both_forms, catalogue, choice, facts, interview, procedure, said, text};
use jiff::civil::date;
use ubugoe_procedures::{
    AdviceKind, Answers, CardHolder, FilerRole, Plurality, ReasonCode, Sex, Source, Value, advice,
    check, compare_with_certificate, derive, missing, optional_unasked, prefill, reviews, share,
};

#[test]
fn a_married_mother_with_her_first_child_is_asked_twelve_things_and_then_eleven() {
    let catalogue = catalogue();
    let [(_, birth), (_, claim)] = both_forms(catalogue, &facts());
    assert_eq!(
        birth,
        [
            "child_mei",
            "child_mei_kana",
            "child_sei_kana",
            "parents_marriage",
            "parents",
            "father.mei",
            "father.birth",
            "head_who",
            "honseki",
            "hittosha_who",
            "work_code",
            "contact.tel"
        ]
    );
    assert_eq!(
        claim,
        [
            "claimant.mei_kana",
            "job",
            "employer",
            "pension",
            "spouse_living",
            "spouse_job",
            "higher",
            "addr_same_0101",
            "has_other_children",
            "acct.kokin",
            "consent"
        ]
    );
}

#[test]
fn card_and_certificate_fill_in_what_they_know_and_say_so() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let known = prefill(birth, &facts(), catalogue);
    let expected = [
        ("mother.sei", text("神\u{E0100}山"), Source::Card),
        ("mother.mei", text("花子"), Source::Card),
        (
            "filer.name",
            text("神\u{E0100}山\u{3000}花子"),
            Source::Card,
        ),
        (
            "addr.full",
            text("ことほぎ県あすこえ市うぶ町１丁目２番３号"),
            Source::Card,
        ),
        ("sex", choice("2"), Source::Certificate),
        (
            "birth_dt",
            Value::DateTime(date(2026, 11, 22).at(23, 59, 0, 0)),
            Source::Certificate,
        ),
        (
            "birth_place.full",
            text("ことほぎ県あすこえ市みなと町４丁目５番地"),
            Source::Certificate,
        ),
        ("filer_cap", choice("1"), Source::Derived),
        ("filer_parent", choice("mother"), Source::Derived),
        ("addressee", text("991015"), Source::Derived),
        ("addressee_name", text("あすこえ市長"), Source::Profile),
        ("order", Value::Number(1), Source::Derived),
        // Trap 33: the mother's birthday lies between the birth and the filing.
        ("mother.age", Value::Number(29), Source::Derived),
        ("kind", choice("birth"), Source::System),
    ];
    for (path, value, source) in expected {
        let answer = known.get(path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!((&answer.value, answer.source), (&value, source), "{path}");
    }
    assert!(
        known.get("honseki").is_none(),
        "the address is never copied into the registered domicile"
    );
    assert!(
        known.get("father.sei").is_none(),
        "a father is never assumed"
    );
}

#[test]
fn a_name_that_the_card_does_not_part_is_asked_and_kept_as_it_is() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    for name in ["SMITH ANNA", "神山花子", "神山\u{3000}花子\u{3000}マリア"] {
        let mut facts = facts();
        facts.holder = CardHolder {
            name: name.to_owned(),
            ..facts.holder
        };
        let known = prefill(birth, &facts, catalogue);
        assert_eq!(known.text("filer.name"), Some(name));
        assert!(known.get("mother.sei").is_none());
        assert!(
            missing(birth, &known)
                .iter()
                .any(|field| field.path.as_str() == "mother.mei")
        );
    }
}

/// Trap 44.
#[test]
fn a_child_may_be_notified_without_a_name_and_then_no_reading_is_asked() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let (answers, asked) = interview(
        birth,
        prefill(birth, &facts(), catalogue),
        |path| match path {
            "child_mei" => Some(Value::Blank),
            "name_undecided" => Some(choice("family")),
            path => said(path),
        },
    );
    assert!(
        asked.contains(&"name_undecided".to_owned())
            && !asked.contains(&"child_mei_kana".to_owned())
    );
    assert!(
        reviews(birth, &answers)
            .iter()
            .any(|(_, code)| *code == ReasonCode::NameUndecided)
    );
    assert!(
        advice(birth, &answers)
            .iter()
            .any(|advice| advice.id == "name_undecided")
    );
    let claim = procedure(catalogue, "jido_teate_nintei");
    let shared = share(birth, &answers, claim, &prefill(claim, &facts(), catalogue));
    assert_eq!(shared.value("child[0].mei"), Some(&Value::Blank));
}

/// Trap 47.
#[test]
fn an_undetermined_sex_is_a_blank_that_nobody_has_to_fill() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let mut facts = facts();
    facts.certificate.as_mut().unwrap().sex = Sex::NotKnown;
    let (answers, asked) = interview(birth, prefill(birth, &facts, catalogue), said);
    assert!(!asked.contains(&"sex".to_owned()));
    assert_eq!(answers.value("sex"), Some(&Value::Blank));
    assert!(derive(birth, &answers).get("tsuzukigara").is_none());
}

/// Traps 25, 26: no marriage, no father's boxes; nothing is refused; no father slips in from earlier answers.
#[test]
fn an_unmarried_mother_is_not_asked_about_a_father() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let mut known = prefill(birth, &facts(), catalogue);
    known.set("father.mei".parse().unwrap(), text("太郎"), Source::Parent);
    let (answers, asked) = interview(birth, known, |path| match path {
        "parents_marriage" => Some(choice("not_married")),
        "head_who" | "hittosha_who" => Some(choice("mother")),
        path => said(path),
    });
    assert!(
        !asked.iter().any(|path| path.starts_with("father")),
        "{asked:?}"
    );
    assert_eq!(derive(birth, &answers).value("legit"), Some(&choice("2")));
    let said = advice(birth, &answers);
    assert!(
        said.iter()
            .all(|advice| advice.kind != AdviceKind::Elsewhere)
    );
    assert!(said.iter().any(|advice| advice.id == "parents_not_married"));
    let claim = procedure(catalogue, "jido_teate_nintei");
    let shared = share(birth, &answers, claim, &Answers::new());
    assert!(shared.get("married").is_none() && shared.get("spouse.mei").is_none());
}

/// Trap 28: of foreign parents the nationality is asked, never a registered domicile.
#[test]
fn foreign_parents_are_asked_their_nationality_and_no_registered_domicile() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let (answers, asked) = interview(
        birth,
        prefill(birth, &facts(), catalogue),
        |path| match path {
            "parents" => Some(choice("both_foreign")),
            "nationality" => Some(text("父 ブラジル、母 ブラジル")),
            "child_sei" | "father.sei" => Some(text("シルバ")),
            path => said(path),
        },
    );
    assert!(asked.contains(&"nationality".to_owned()));
    assert!(
        !asked
            .iter()
            .any(|path| path.contains("honseki") || path.contains("hittosha")),
        "{asked:?}"
    );
    assert!(
        advice(birth, &answers)
            .iter()
            .any(|advice| advice.id == "residence_status")
    );
}

/// Section I of the traps: the parents' occupations only in a census fiscal year.
#[test]
fn occupations_are_asked_only_for_births_in_a_census_year() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let asks = |day| {
        let (_, asked) = interview(
            birth,
            prefill(birth, &common::born(day), catalogue),
            |path| {
                if path.ends_with("_job") {
                    Some(text("会社員"))
                } else {
                    said(path)
                }
            },
        );
        asked.contains(&"m_job".to_owned()) && asked.contains(&"f_job".to_owned())
    };
    assert!(asks(date(2026, 3, 31)) && asks(date(2025, 4, 1)));
    assert!(!asks(date(2026, 4, 1)) && !asks(date(2026, 11, 22)) && !asks(date(2025, 3, 31)));
}

/// Trap 35: with an elder child the number is asked, not guessed; trap 34: a grandfather as head.
#[test]
fn order_and_household_are_asked_when_nothing_tells_them() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let mut facts = facts();
    facts.certificate.as_mut().unwrap().live_births = 2;
    let (answers, asked) = interview(
        birth,
        prefill(birth, &facts, catalogue),
        |path| match path {
            "order" => Some(Value::Number(2)),
            "head_who" => Some(choice("other")),
            "head_name" => Some(text("神山　一郎")),
            "head_rel" => Some(text("子の子")),
            path => said(path),
        },
    );
    assert!(
        ["order", "head_name", "head_rel"]
            .iter()
            .all(|path| asked.contains(&(*path).to_owned()))
    );
    assert_eq!(derive(birth, &answers).text("tsuzukigara"), Some("二女"));
    facts.certificate.as_mut().unwrap().live_births = 1;
    facts.certificate.as_mut().unwrap().plurality = Plurality::Multiple { order: 2, of: 2 };
    assert!(
        prefill(birth, &facts, catalogue).get("order").is_none(),
        "a second twin is not surely the first of its sex"
    );
}

/// Trap 57.
#[test]
fn a_public_servant_is_sent_to_the_employer_and_university_staff_are_not() {
    let catalogue = catalogue();
    let claim = procedure(catalogue, "jido_teate_nintei");
    let told = |kind: &str| {
        let mut answers = Answers::new();
        answers.set("job".parse().unwrap(), choice("3"), Source::Parent);
        answers.set("public_kind".parse().unwrap(), choice(kind), Source::Parent);
        advice(claim, &answers)
            .iter()
            .any(|advice| advice.kind == AdviceKind::Elsewhere)
    };
    assert!(told("national") && told("local"));
    assert!(!told("agency") && !told("seconded"));
}

/// Trap 37.
#[test]
fn a_protected_address_keeps_the_spouse_out_of_what_is_carried_over() {
    let catalogue = catalogue();
    let [(mut answers, _), _] = both_forms(catalogue, &facts());
    let birth = procedure(catalogue, "shussei_todoke");
    let claim = procedure(catalogue, "jido_teate_nintei");
    let start = prefill(claim, &facts(), catalogue);
    assert_eq!(
        share(birth, &answers, claim, &start).text("spouse.mei"),
        Some("太郎")
    );
    answers.set(
        "addr.confidential".parse().unwrap(),
        choice("dv_support"),
        Source::System,
    );
    let shared = share(birth, &answers, claim, &start);
    assert!(
        shared
            .iter()
            .all(|(path, _)| !path.as_str().starts_with("spouse."))
    );
    assert_eq!(
        shared.value("claimant_addr.confidential"),
        Some(&choice("dv_support"))
    );
    let staff_only = |id: &str| {
        optional_unasked(procedure(catalogue, id), &Answers::new())
            .iter()
            .all(|field| !field.staff_only)
    };
    assert!(staff_only("shussei_todoke") && staff_only("jido_teate_nintei"));
}

#[test]
fn the_father_may_file_and_is_then_the_claimant() {
    let catalogue = catalogue();
    let mut facts = facts();
    facts.role = FilerRole::Father;
    facts.holder = CardHolder {
        name: "神山\u{3000}太郎".to_owned(),
        birth: date(1994, 2, 3),
        sex: Sex::Male,
        address: facts.holder.address,
    };
    facts.certificate.as_mut().unwrap().mother = "神山\u{3000}花子".to_owned();
    let birth = procedure(catalogue, "shussei_todoke");
    let claim = procedure(catalogue, "jido_teate_nintei");
    let say = |path: &str| {
        if path == "mother.birth" {
            Some(Value::Date(date(1996, 11, 23)))
        } else {
            said(path)
        }
    };
    let (answers, asked) = interview(birth, prefill(birth, &facts, catalogue), say);
    assert!(
        asked.contains(&"mother.birth".to_owned())
            && !asked.iter().any(|path| path.starts_with("father"))
    );
    assert_eq!(
        answers.get("mother.mei").unwrap().source,
        Source::Certificate
    );
    let shared = share(birth, &answers, claim, &prefill(claim, &facts, catalogue));
    assert_eq!(
        (shared.text("spouse.mei"), shared.text("claimant.mei")),
        (Some("花子"), Some("太郎"))
    );
    let own = |facts: &ubugoe_procedures::Facts| {
        compare_with_certificate(&answers, facts.certificate.as_ref().unwrap())
    };
    assert!(own(&facts).is_empty());
    facts.certificate.as_mut().unwrap().birth_dt = date(2026, 11, 23).at(0, 0, 0, 0);
    assert_eq!(
        own(&facts),
        [("birth_dt", ReasonCode::DiffersFromCertificate)]
    );
}

#[test]
fn an_account_at_the_post_bank_follows_from_symbol_and_number() {
    let catalogue = catalogue();
    let claim = procedure(catalogue, "jido_teate_nintei");
    let [(answers, _), _] = both_forms(catalogue, &facts());
    let birth = procedure(catalogue, "shussei_todoke");
    let shared = share(birth, &answers, claim, &prefill(claim, &facts(), catalogue));
    let (answers, asked) = interview(claim, shared, |path| match path {
        "acct.kokin" => Some(Value::Bool(false)),
        "acct.bank" => Some(text("9900")),
        "acct.kigo" => Some(text("10120")),
        "acct.bango" => Some(text("1234561")),
        path => said(path),
    });
    let account: Vec<&String> = asked
        .iter()
        .filter(|path| path.starts_with("acct"))
        .collect();
    assert_eq!(
        account,
        ["acct.kokin", "acct.bank", "acct.kigo", "acct.bango"]
    );
    let all = derive(claim, &answers);
    assert_eq!(
        (all.text("acct.branch"), all.text("acct.number")),
        (Some("018"), Some("0123456"))
    );
    assert_eq!(all.text("acct.holder_kana"), Some("ｶﾐﾔﾏ ﾊﾅｺ"));
}

#[test]
fn other_children_get_their_own_rows_and_no_more() {
    let catalogue = catalogue();
    let claim = procedure(catalogue, "jido_teate_nintei");
    let birth = procedure(catalogue, "shussei_todoke");
    let [(answers, _), _] = both_forms(catalogue, &facts());
    let shared = share(birth, &answers, claim, &prefill(claim, &facts(), catalogue));
    let (answers, asked) = interview(claim, shared, |path| {
        let leaf = path.rsplit('.').next().unwrap_or_default();
        match (path, leaf) {
            ("has_other_children", _) => Some(Value::Bool(true)),
            ("other_children", _) => Some(Value::Number(2)),
            ("older_children", _) => Some(Value::Number(1)),
            (_, "sei" | "mei" | "rel") => Some(text("子")),
            (_, "birth") => Some(Value::Date(date(2010, 5, 5))),
            (_, "living" | "seikei") => Some(choice("1")),
            (_, "kango" | "cost") => Some(Value::Bool(true)),
            (_, "abroad") => Some(Value::Bool(false)),
            ("older[0].job", _) => Some(choice("student")),
            (path, _) => said(path),
        }
    });
    let rows = |prefix: &str| asked.iter().any(|path| path.starts_with(prefix));
    assert!(rows("child[1].") && rows("child[2].") && rows("older[0]."));
    assert!(!rows("child[0].") && !rows("child[3].") && !rows("older[1]."));
    assert!(
        advice(claim, &answers)
            .iter()
            .any(|advice| advice.id == "already_receiving")
    );
}

#[test]
fn a_derived_value_follows_its_sources_and_a_parents_word_stands() {
    let catalogue = catalogue();
    let [(mut answers, _), _] = both_forms(catalogue, &facts());
    let birth = procedure(catalogue, "shussei_todoke");
    answers.set(
        "head_who".parse().unwrap(),
        choice("mother"),
        Source::Parent,
    );
    assert_eq!(
        derive(birth, &answers).text("head_name"),
        Some("神\u{E0100}山\u{3000}花子")
    );
    answers.set(
        "head_name".parse().unwrap(),
        text("神山 花子"),
        Source::Parent,
    );
    assert_eq!(derive(birth, &answers).text("head_name"), Some("神山 花子"));
    answers.set("child_sei".parse().unwrap(), text("海野"), Source::Parent);
    let verdict = check(
        birth.form.field("child_sei").unwrap(),
        &text("海野"),
        &answers,
    );
    assert!(verdict.fileable());
    assert_eq!(verdict.reviews, [ReasonCode::FamilyNameDiffers]);
}

#[test]
fn values_are_blocked_for_their_form_and_never_for_their_likelihood() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    let [(answers, _), _] = both_forms(catalogue, &facts());
    let blocks = |path: &str, value: Value| {
        let verdict = check(birth.form.field(path).unwrap(), &value, &answers);
        verdict.blocks.first().map(|problem| problem.code)
    };
    assert_eq!(
        blocks("child_mei", text("龘")),
        Some(ReasonCode::KanjiNotForNames)
    );
    assert_eq!(
        blocks("child_mei", text(&"あ".repeat(31))),
        Some(ReasonCode::TooLong)
    );
    assert_eq!(blocks("child_mei", text(&"辻\u{E0100}".repeat(30))), None);
    assert_eq!(
        blocks("child_mei", text("\u{3000}")),
        Some(ReasonCode::Empty)
    );
    assert_eq!(
        blocks("child_mei", Value::Number(1)),
        Some(ReasonCode::WrongKind)
    );
    assert_eq!(
        blocks("child_mei_kana", text("さくら")),
        Some(ReasonCode::CharacterNotAllowed)
    );
    assert_eq!(
        blocks("contact.tel", text("090-1234")),
        Some(ReasonCode::BadFormat)
    );
    assert_eq!(blocks("contact.tel", text("+81 90-1234-5678")), None);
    assert_eq!(
        blocks("contact.email", text("a@b")),
        Some(ReasonCode::BadFormat)
    );
    assert_eq!(
        blocks("order", Value::Number(0)),
        Some(ReasonCode::OutOfRange)
    );
    assert_eq!(blocks("sex", choice("3")), Some(ReasonCode::NoSuchOption));
    assert_eq!(
        blocks("work_code", Value::Blank),
        Some(ReasonCode::BlankNotAllowed)
    );
    assert_eq!(
        blocks("addressee", text("991016")),
        Some(ReasonCode::BadFormat)
    );
    let infant = Value::Date(date(2020, 1, 1));
    let verdict = check(birth.form.field("father.birth").unwrap(), &infant, &answers);
    assert!(verdict.fileable());
    assert_eq!(verdict.reviews, [ReasonCode::UnlikelyDate]);
}

/// Traps 48 and J: twelve digits that are an individual number are blocked wherever they are typed.
#[test]
fn an_individual_number_is_found_in_free_text() {
    // Built here, so that no such number stands in the source.
    let body = "12345678901";
    let sum: u32 = body
        .chars()
        .rev()
        .zip([2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6])
        .map(|(c, w)| c.to_digit(10).unwrap() * w)
        .sum();
    let check_digit = if sum % 11 <= 1 { 0 } else { 11 - sum % 11 };
    let number = format!("{body}{check_digit}");
    let spaced = format!(
        "番号は {} {} {} です",
        &number[..4],
        &number[4..8],
        &number[8..]
    );
    let wide: String = number
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap())
        .collect();
    for text in [&number, &spaced, &wide] {
        assert!(ubugoe_procedures::holds_individual_number(text));
    }
    let wrong = format!("{body}{}", (check_digit + 1) % 10);
    for text in [
        wrong.as_str(),
        "090-1234-5678",
        "昭和20年8月15日 12時",
        "",
        &format!("{number}1"),
    ] {
        assert!(!ubugoe_procedures::holds_individual_number(text), "{text}");
    }
    assert_eq!(asukoe().to_string().len(), 6);
}

/// Trap 25: after a divorce nobody is asked for a legal term, and the office is told to settle it.
#[test]
fn a_mother_divorced_before_the_birth_is_not_asked_for_legal_terms() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    for situation in ["divorced", "unsure"] {
        let (answers, asked) =
            interview(
                birth,
                prefill(birth, &facts(), catalogue),
                |path| match path {
                    "parents_marriage" => Some(choice(situation)),
                    "child_sei" => Some(text("神\u{E0100}山")),
                    "head_who" => Some(choice("mother")),
                    "hittosha_who" => Some(Value::Blank),
                    path => said(path),
                },
            );
        assert!(
            !asked
                .iter()
                .any(|path| path == "legit" || path.starts_with("father") || path == "hittosha")
        );
        assert!(
            advice(birth, &answers)
                .iter()
                .any(|advice| advice.id == "divorce_before_birth")
        );
        let found = reviews(birth, &derive(birth, &answers));
        assert!(
            found
                .iter()
                .any(|(path, code)| path.as_str() == "legit" && *code == ReasonCode::LeftToOffice)
        );
    }
}
