//! What the loader cannot see in the files of visits, check-ups, nursery, school, private offers, elderly care and work:
//! boundaries of law, windows that other data give too, forms that can be filled in to their end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use ubugoe_procedures::calendar::plus_days;
use ubugoe_procedures::catalogue::{Guard, Kind, Role, Routing, Sector, Window};
use ubugoe_procedures::checkups::Checkups;
use ubugoe_procedures::milestone::Anchors;
use ubugoe_procedures::rules::{FactValue, Focus, Records, Scope, Verdict};
use ubugoe_procedures::vaccination::Schedule;
use ubugoe_procedures::{
    Answers, Catalogue, Field, FieldKind, Procedure, Source, Value, check, missing,
    optional_unasked,
};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap());

const TODAY: Date = date(2026, 11, 22);

fn procedure(id: &str) -> &'static Procedure {
    let found = CATALOGUE.procedure(&id.parse().unwrap());
    found.unwrap_or_else(|| panic!("no {id}"))
}

fn yes(value: bool) -> FactValue {
    FactValue::Bool(value)
}

fn day(value: Date) -> FactValue {
    FactValue::Date(value)
}

fn number(value: i64) -> FactValue {
    FactValue::Number(value)
}

fn choice(value: &str) -> FactValue {
    FactValue::Choice(value.to_owned())
}

/// One member of a scope with these facts, beside `today`; facts of the family may be among them.
fn records(scope: Scope, today: Date, facts: &[(&str, FactValue)]) -> (Records, Focus) {
    let vocabulary = CATALOGUE.vocabulary();
    let mut records = Records::new(vocabulary);
    let member = records.add(scope);
    records.set(vocabulary, 0, "today", &day(today)).unwrap();
    for (id, value) in facts {
        records.set(vocabulary, member, id, value).unwrap();
    }
    (records, Focus::family().on(scope, member))
}

fn verdict(id: &str, scope: Scope, today: Date, facts: &[(&str, FactValue)]) -> Verdict {
    let (records, focus) = records(scope, today, facts);
    let procedure = procedure(id);
    let version = procedure.version(Some(today), today);
    version.map_or(Verdict::No, |version| version.when.decide(&records, &focus))
}

fn windows(id: &str) -> &'static [Window] {
    &procedure(id).versions.last().unwrap().windows
}

/// The first and last day of a window for a child.
fn days_of(id: &str, window: &str, birth: Date) -> (Option<Date>, Option<Date>) {
    ends(id, window, Scope::Child, &[("child.birth", day(birth))])
}

fn ends(
    id: &str,
    window: &str,
    scope: Scope,
    facts: &[(&str, FactValue)],
) -> (Option<Date>, Option<Date>) {
    let (records, focus) = records(scope, TODAY, facts);
    let window = windows(id).iter().find(|w| w.id == window).unwrap();
    let of = |end: &Option<ubugoe_procedures::rules::Day>| {
        end.as_ref().and_then(|end| end.of(&records, &focus))
    };
    (of(&window.from), of(&window.to))
}

// --- boundaries --------------------------------------------------------------------------------------------------------

#[test]
fn a_child_of_2499_grams_is_notified_and_one_of_2500_is_not() {
    let at = |grams| {
        verdict(
            "teitaiju_todoke",
            Scope::Child,
            TODAY,
            &[
                ("child.residence", choice("japan")),
                ("child.weight_g", number(grams)),
            ],
        )
    };
    assert_eq!(at(2499), Verdict::Yes);
    assert_eq!(at(2500), Verdict::No);
}

#[test]
fn premature_care_goes_up_to_2000_grams_or_rests_on_signs_and_always_on_admission() {
    let at = |grams, signs, admission| {
        verdict(
            "yoiku_iryo",
            Scope::Child,
            TODAY,
            &[
                ("child.residence", choice("japan")),
                ("child.birth", day(date(2026, 11, 20))),
                ("child.weight_g", number(grams)),
                ("child.weak_signs", yes(signs)),
                ("child.admission_needed", yes(admission)),
            ],
        )
    };
    assert_eq!(at(2000, false, true), Verdict::Yes);
    assert_eq!(at(2001, false, true), Verdict::No);
    assert_eq!(at(2001, true, true), Verdict::Yes);
    assert_eq!(at(2000, true, false), Verdict::No);
}

#[test]
fn a_small_child_is_visited_after_the_first_28_days_too() {
    let window = windows("shinseiji_homon")
        .iter()
        .find(|w| w.id == "born_small")
        .unwrap();
    let rule = window.when.as_ref().unwrap();
    let small = |grams| {
        let (records, focus) = records(Scope::Child, TODAY, &[("child.weight_g", number(grams))]);
        rule.decide(&records, &focus)
    };
    assert_eq!(small(2499), Verdict::Yes);
    assert_eq!(small(2500), Verdict::No);
}

#[test]
fn nursery_for_everybody_began_in_april_2026_and_ends_two_days_before_the_third_birthday() {
    let at = |today| {
        verdict(
            "daredemo_tsuen",
            Scope::Child,
            today,
            &[
                ("child.residence", choice("japan")),
                ("child.birth", day(date(2025, 9, 10))),
                ("child.in_childcare", yes(false)),
            ],
        )
    };
    assert_eq!(at(date(2026, 3, 31)), Verdict::No);
    assert_eq!(at(date(2026, 4, 1)), Verdict::Yes);
    assert_eq!(at(date(2028, 9, 8)), Verdict::Yes);
    assert_eq!(at(date(2028, 9, 9)), Verdict::No);
    assert_eq!(
        days_of("daredemo_tsuen", "six_months_to_three", date(2026, 11, 22)),
        (Some(date(2027, 5, 21)), Some(date(2029, 11, 20)))
    );
}

#[test]
fn the_mothers_rs_virus_vaccination_lies_between_28_and_36_weeks_and_began_in_april_2026() {
    let due = date(2027, 1, 10);
    let window = ends(
        "rsv_boshi",
        "weeks_28_to_36",
        Scope::Delivery,
        &[("delivery.due_date", day(due))],
    );
    assert_eq!(window, (Some(date(2026, 10, 18)), Some(date(2026, 12, 19))));
    let vaccine = Schedule::builtin()
        .unwrap()
        .vaccine("rsv_maternal")
        .unwrap();
    let anchors = Anchors {
        birth: None,
        due: Some(due),
    };
    assert_eq!(vaccine.window.from.day(anchors), window.0);
    assert_eq!(vaccine.window.to.day(anchors), window.1);
    let at = |today| {
        verdict(
            "rsv_boshi",
            Scope::Delivery,
            today,
            &[("delivery.outcome", choice("expected"))],
        )
    };
    assert_eq!(at(date(2026, 3, 31)), Verdict::No);
    assert_eq!(at(date(2026, 4, 1)), Verdict::Yes);
}

#[test]
fn school_begins_with_the_april_after_six_and_a_child_of_1_april_is_the_older() {
    for (birth, entry) in [
        (date(2026, 4, 1), date(2032, 4, 1)),
        (date(2026, 4, 2), date(2033, 4, 1)),
        (date(2026, 11, 22), date(2033, 4, 1)),
        (date(2027, 2, 28), date(2033, 4, 1)),
    ] {
        let before = entry.year() - 1;
        assert_eq!(
            days_of("shugakuji_kenshin", "year_before_entry", birth),
            (Some(date(before, 4, 1)), Some(date(before, 11, 30))),
            "{birth}"
        );
        assert_eq!(
            days_of("nyugaku_tsuchi", "by_31_january", birth).1,
            Some(date(entry.year(), 1, 31)),
            "{birth}"
        );
        assert_eq!(
            days_of("nyugaku_tsuchi", "entry", birth),
            (Some(entry), Some(entry)),
            "{birth}"
        );
    }
}

// --- the same windows in two places ------------------------------------------------------------------------------------

#[test]
fn the_windows_of_check_ups_are_those_of_the_check_up_data_for_every_birth_of_two_years() {
    let pairs = [
        ("kenshin_1m", "days_28_to_41", "kenshin_1m"),
        ("kenshin_3_4m", "usual_time", "kenshin_3_4m"),
        ("kenshin_6_7m", "usual_time", "kenshin_6_7m"),
        ("kenshin_9_10m", "usual_time", "kenshin_9_10m"),
        ("kenshin_18m", "past_18_months", "kenshin_18m"),
        ("kenshin_3y", "past_three", "kenshin_3y"),
        ("kenshin_5y", "fiscal_year_of_five", "kenshin_5y"),
        ("shinseiji_homon", "first_28_days", "shinseiji_homon"),
        ("konnichiwa", "before_four_months", "konnichiwa"),
        ("chokaku", "first_test", "chokaku"),
        ("senten_taisha", "day_4_to_6", "mass_screening"),
        ("shugakuji_kenshin", "year_before_entry", "shugakuji"),
    ];
    let checkups = Checkups::builtin().unwrap();
    for (id, window, checkup) in pairs {
        let checkup = checkups.checkup(checkup).unwrap();
        let mut birth = date(2026, 1, 1);
        while birth < date(2028, 3, 2) {
            let (from, to) = checkup.days(birth);
            assert_eq!(
                days_of(id, window, birth),
                (Some(from), Some(to)),
                "{id}, born {birth}"
            );
            birth = plus_days(birth, 1);
        }
    }
}

#[test]
fn every_vaccine_of_a_child_can_be_named_on_the_form() {
    let form = &procedure("yobosesshu").form;
    let offered: BTreeSet<&str> = form
        .field("vaccine")
        .unwrap()
        .options
        .iter()
        .map(|option| option.id.as_str())
        .collect();
    let known: BTreeSet<&str> = Schedule::builtin()
        .unwrap()
        .vaccines()
        .iter()
        .map(|vaccine| vaccine.id.as_str())
        .filter(|id| *id != "rsv_maternal")
        .collect();
    assert_eq!(offered, known);
}

// --- forms -------------------------------------------------------------------------------------------------------------

/// An answer that fits a field, as somebody might give it.
fn plain(field: &Field) -> Value {
    let leaf = field.path.as_str().rsplit('.').next().unwrap_or_default();
    match field.kind {
        FieldKind::Kana => Value::Text("カミヤマ".to_owned()),
        FieldKind::Number { min, .. } => Value::Number(min),
        FieldKind::Bool => Value::Bool(true),
        FieldKind::Date => Value::Date(TODAY),
        FieldKind::DateTime => Value::DateTime(TODAY.at(10, 0, 0, 0)),
        FieldKind::YearMonth => Value::YearMonth {
            year: 2027,
            month: 4,
        },
        FieldKind::Choice => Value::Choice(field.options.first().unwrap().id.clone()),
        FieldKind::Text => Value::Text(
            match leaf {
                "tel" => "090-0000-0000",
                "email" => "hanako@example.jp",
                "bank" => "0001",
                "branch" if field.max_len == Some(2) => "01",
                "branch" => "001",
                "number" => "1234567",
                "holder_kana" => "ｶﾐﾔﾏ ﾊﾅｺ",
                "addressee" | "to" | "code" => "991015",
                _ if field.charset == Some(ubugoe_procedures::Charset::Digit) => "12345678",
                _ if field.charset == Some(ubugoe_procedures::Charset::Ascii) => "49.5",
                _ => "さくら",
            }
            .to_owned(),
        ),
    }
}

/// The same, the other way round: the last option, no, the greatest small number.
fn contrary(field: &Field) -> Value {
    match field.kind {
        FieldKind::Bool => Value::Bool(false),
        FieldKind::Number { min, max } => Value::Number(max.min(min + 3)),
        FieldKind::Choice => Value::Choice(field.options.last().unwrap().id.clone()),
        _ if field.blank.is_some() => Value::Blank,
        _ => plain(field),
    }
}

#[test]
fn every_form_can_be_filled_in_to_its_end_whatever_is_chosen() {
    let mut forms = 0;
    for procedure in CATALOGUE.procedures().filter(|p| p.has_form()) {
        forms += 1;
        for say in [plain, contrary] {
            let mut answers = Answers::new();
            let mut asked = 0;
            while let Some(field) = missing(procedure, &answers).first().copied() {
                let value = say(field);
                let verdict = check(field, &value, &answers);
                assert!(
                    verdict.blocks.is_empty(),
                    "{}: {} does not take {value:?}: {:?}",
                    procedure.id,
                    field.path,
                    verdict.blocks
                );
                answers.set(field.path.clone(), value, Source::Parent);
                asked += 1;
                assert!(asked < 400, "{}: the questions never end", procedure.id);
            }
            for field in optional_unasked(procedure, &answers) {
                let value = plain(field);
                let verdict = check(field, &value, &answers);
                assert!(
                    verdict.blocks.is_empty(),
                    "{}: {} does not take {value:?}",
                    procedure.id,
                    field.path
                );
            }
        }
    }
    assert!(forms >= 35, "{forms} forms");
}

#[test]
fn no_form_asks_for_the_result_of_a_test_or_a_score_and_what_a_doctor_writes_is_staff_only() {
    for procedure in CATALOGUE.procedures() {
        for field in &procedure.form.fields {
            let path = field.path.as_str();
            for word in ["epds", "result", "score", "passed", "refer"] {
                assert!(
                    !path.contains(word) || field.staff_only,
                    "{}: {path}",
                    procedure.id
                );
            }
            if path.starts_with("opinion_") {
                assert!(field.staff_only && field.private, "{path}");
            }
        }
    }
}

#[test]
fn nothing_staff_only_is_needed_to_complete_a_form_that_a_family_fills_in() {
    use ubugoe_procedures::Required;
    // A form that staff fill in from beginning to end (a stillbirth) is another thing.
    let familys = CATALOGUE.procedures().filter(|p| {
        let asked = |field: &Field| field.required == Required::Mandatory && !field.staff_only;
        p.guards.loss == Guard::Hide && p.form.fields.iter().any(asked)
    });
    for procedure in familys {
        for field in procedure.form.fields.iter().filter(|f| f.staff_only) {
            assert!(
                matches!(field.required, Required::Optional | Required::System),
                "{}: {}",
                procedure.id,
                field.path
            );
        }
    }
}

// --- guards ------------------------------------------------------------------------------------------------------------

#[test]
fn after_a_loss_no_visit_check_up_vaccination_nursery_gift_school_or_offer_is_shown() {
    let rights = ["yoiku_iryo", "sango_care", "tanki_shien"];
    for id in rights {
        assert_eq!(procedure(id).guards.loss, Guard::StaffOnly, "{id}");
    }
    for id in [
        "ninshin_todoke",
        "ninpu_kenshin",
        "rsv_boshi",
        "shussei_renraku",
        "teitaiju_todoke",
        "shinseiji_homon",
        "konnichiwa",
        "chokaku",
        "senten_taisha",
        "kenshin_1m",
        "kenshin_3_4m",
        "kenshin_6_7m",
        "kenshin_9_10m",
        "kenshin_18m",
        "kenshin_3y",
        "kenshin_5y",
        "yobosesshu",
        "hoiku_nintei_riyo",
        "shuro_shomeisho",
        "riyo_chosei",
        "daredemo_tsuen",
        "famisapo",
        "ichiji_azukari",
        "kinenhin",
        "shugakuji_kenshin",
        "nyugaku_tsuchi",
        "shugaku_enjo",
        "shien_sodan",
    ] {
        assert_eq!(procedure(id).guards.loss, Guard::Hide, "{id}");
    }
}

#[test]
fn a_private_offer_is_labelled_comes_last_and_is_there_only_for_who_asked() {
    let birth = [("child.birth", day(date(2026, 11, 20)))];
    let last_public = CATALOGUE
        .procedures()
        .filter(|p| p.sector == Sector::Public)
        .map(|p| p.order)
        .max()
        .unwrap();
    let mut seen = 0;
    for offer in CATALOGUE
        .procedures()
        .filter(|p| p.sector == Sector::Private)
    {
        seen += 1;
        let id = offer.id.as_str();
        assert!(offer.title.ja.starts_with("【民間】"), "{id}");
        assert!(offer.order > last_public, "{id}");
        assert_eq!(offer.kind, Kind::Offer, "{id}");
        assert_eq!(offer.recipient.usual, Routing::Provider, "{id}");
        assert_ne!(
            verdict(id, Scope::Child, TODAY, &birth),
            Verdict::Yes,
            "{id}"
        );
        for (agreed, loss, shown) in [
            (true, false, Verdict::Yes),
            (true, true, Verdict::No),
            (false, false, Verdict::No),
        ] {
            let (mut records, focus) = records(Scope::Child, TODAY, &birth);
            let vocabulary = CATALOGUE.vocabulary();
            for (fact, value) in [
                ("family.ready_for_private_offers", agreed),
                ("family.loss", loss),
            ] {
                records.set(vocabulary, 0, fact, &yes(value)).unwrap();
            }
            let when = &offer.versions.last().unwrap().when;
            assert_eq!(when.decide(&records, &focus), shown, "{id} {agreed} {loss}");
        }
    }
    assert_eq!(seen, 7);
}

#[test]
fn what_a_private_provider_may_learn_is_coarse_and_the_link_to_insurance_has_no_form() {
    for offer in CATALOGUE
        .procedures()
        .filter(|p| p.sector == Sector::Private)
    {
        let paths: Vec<&str> = offer.form.fields.iter().map(|f| f.path.as_str()).collect();
        if offer.id.as_str() == "minkan_gakushi_hoken" {
            assert!(paths.is_empty());
        } else {
            assert_eq!(
                paths,
                [
                    "provider",
                    "purpose",
                    "attr_district",
                    "attr_months",
                    "attr_order",
                    "until",
                    "agree"
                ]
            );
        }
    }
}

// --- two further domains of life ---------------------------------------------------------------------------------------

#[test]
fn an_assessment_of_care_is_open_from_the_day_before_the_65th_birthday_or_from_40_with_a_specified_disease()
 {
    let at = |birth, disease| {
        verdict(
            "yokaigo_nintei",
            Scope::Person,
            TODAY,
            &[
                ("person.birth", day(birth)),
                ("care.wants_assessment", yes(true)),
                ("care.level", choice("not_assessed")),
                ("care.health_insured", yes(true)),
                ("care.specified_disease", yes(disease)),
            ],
        )
    };
    assert_eq!(at(date(1961, 11, 23), false), Verdict::Yes);
    assert_eq!(at(date(1961, 11, 24), false), Verdict::No);
    assert_eq!(at(date(1961, 11, 24), true), Verdict::Yes);
    assert_eq!(at(date(1986, 11, 23), true), Verdict::Yes);
    assert_eq!(at(date(1986, 11, 24), true), Verdict::No);
}

#[test]
fn the_care_team_reads_what_its_role_needs_and_family_far_away_writes_nothing() {
    let record = procedure("kaigo_kiroku").record.as_ref().unwrap();
    assert!(record.break_glass);
    for access in &record.access {
        assert_eq!(
            access.consent,
            access.role != Role::Person,
            "{:?}",
            access.role
        );
    }
    let of = |role: Role| record.access.iter().find(|a| a.role == role).unwrap();
    let reads = |role: Role, entry: &str| of(role).reads.iter().any(|read| read == entry);
    assert!(of(Role::RemoteFamily).writes.is_empty());
    assert!(reads(Role::RemoteFamily, "daily") && !reads(Role::RemoteFamily, "medical"));
    assert!(!reads(Role::Helper, "medical") && !reads(Role::Helper, "medicine"));
    assert!(reads(Role::Doctor, "medical") && !reads(Role::Doctor, "message"));
    for role in [
        Role::CareManager,
        Role::Helper,
        Role::Nurse,
        Role::Doctor,
        Role::Family,
    ] {
        assert!(!reads(role, "private_note"), "{role:?}");
    }
    assert!(reads(Role::Person, "private_note"));
}

#[test]
fn three_levels_of_government_stand_behind_work_and_the_money_for_moving_goes_to_the_new_home() {
    let levels: BTreeSet<&str> = CATALOGUE
        .procedures()
        .filter(|p| p.domain.as_str() == "regional_work")
        .map(|p| p.level.as_str())
        .collect();
    assert_eq!(
        levels,
        BTreeSet::from(["municipal", "national", "prefecture"])
    );
    assert_eq!(procedure("iju_shienkin").recipient.usual, Routing::NewHome);
    let at = |years| {
        verdict(
            "iju_shienkin",
            Scope::Person,
            TODAY,
            &[
                ("move.moved_on", day(date(2026, 10, 1))),
                ("move.years_in_tokyo", number(years)),
                ("move.last_year_in_tokyo", yes(true)),
                ("move.ground", choice("telework")),
                ("move.stays_five_years", yes(true)),
            ],
        )
    };
    assert_eq!(at(5), Verdict::Yes);
    assert_eq!(at(4), Verdict::No);
}

#[test]
fn the_training_benefit_needs_one_year_the_first_time_two_for_professional_courses_and_three_after_that()
 {
    let at = |course: &str, years, used| {
        verdict(
            "kyoiku_kunren_kyufu",
            Scope::Person,
            TODAY,
            &[
                ("work.course", choice(course)),
                ("work.still_insured", yes(true)),
                ("work.insured_years", number(years)),
                ("work.used_training_benefit", yes(used)),
            ],
        )
    };
    assert_eq!(at("general", 1, false), Verdict::Yes);
    assert_eq!(at("general", 0, false), Verdict::No);
    assert_eq!(at("professional", 1, false), Verdict::No);
    assert_eq!(at("professional", 2, false), Verdict::Yes);
    assert_eq!(at("general", 2, true), Verdict::No);
    assert_eq!(at("general", 3, true), Verdict::Yes);
    assert_eq!(at("public", 9, false), Verdict::No);
}
