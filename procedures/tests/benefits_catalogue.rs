//! What the entries around registers, insurance, allowances and pensions come to for made-up families: the cases an officer
//! would try first.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a failed unwrap is a failed test, and values are made where they are told"
)]

mod common;

use std::collections::BTreeSet;

use common::{catalogue, procedure};
use jiff::civil::{Date, date};
use ubugoe_procedures::catalogue::{AutomaticMode, DeadlineRule, Guard, Role, Strength};
use ubugoe_procedures::rules::{Chosen, FactValue, Focus, Records, Scope, Verdict};
use ubugoe_procedures::{Confidence, FieldKind, Procedure, Required, Routing};

/// The entries this file is about.
const ENTRIES: [&str; 26] = [
    "bukkadaka_teate",
    "hitorioya_iryohi",
    "ikuji_kyugyo_kyufu",
    "ikuji_menjo_nenkin",
    "jido_fuyo_teate",
    "jido_teate_gakukaitei",
    "jido_teate_kakunin",
    "juminhyo_kisai",
    "kenpo_hifuyosha",
    "kojin_bango_tsuchi",
    "kokuho_kanyu",
    "kokuseki_ryuho",
    "mynumber_card_newborn",
    "ninchi_todoke",
    "ninpu_shien_1",
    "ninpu_shien_2",
    "sanzen_sango_kokuho",
    "sanzen_sango_nenkin",
    "shakai_hoken_menjo",
    "shibo_todoke",
    "shizan_todoke",
    "shogaiji_fukushi_teate",
    "shussan_ikuji_ichijikin",
    "shussan_teatekin",
    "tokuji_teate",
    "tsuikan_todoke",
];

const TODAY: Date = date(2026, 11, 25);
const BORN: Date = date(2026, 11, 22);

fn yes() -> FactValue {
    FactValue::Bool(true)
}

fn choice(option: &str) -> FactValue {
    FactValue::Choice(option.to_owned())
}

/// What is known of a family, and whom a question is about.
struct Told {
    records: Records,
    focus: Focus,
    asked: Date,
}

impl Told {
    /// One delivery with one child in it; nothing else is known but the day.
    fn nothing() -> Self {
        let mut records = Records::new(catalogue().vocabulary());
        let delivery = records.add(Scope::Delivery);
        let child = records.add(Scope::Child);
        let parent = records.add(Scope::Parent);
        let told = Self {
            records,
            focus: Focus::family()
                .on(Scope::Delivery, delivery)
                .on(Scope::Child, child)
                .on(Scope::Parent, parent),
            asked: TODAY,
        };
        told.on(TODAY)
    }

    /// A child born on 2026-11-22 who lives in Japan with its parents.
    fn newborn() -> Self {
        Self::nothing()
            .with(0, "child.birth", FactValue::Date(BORN))
            .with(0, "child.residence", choice("japan"))
            .with(0, "child.care", choice("home"))
            .with(0, "child.custody", yes())
            .with(0, "child.supported", yes())
            .with(0, "delivery.date", FactValue::Date(BORN))
            .with(0, "delivery.outcome", choice("live"))
            .with(0, "delivery.stillbirths", FactValue::Number(0))
    }

    fn on(mut self, asked: Date) -> Self {
        self.asked = asked;
        self.with(0, "today", FactValue::Date(asked))
    }

    fn with(mut self, member: usize, id: &str, value: FactValue) -> Self {
        self.records
            .set(catalogue().vocabulary(), member, id, &value)
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        self
    }

    /// One more child, for whom the question is not asked.
    fn sibling(mut self, birth: Date) -> Self {
        let member = self.records.add(Scope::Child);
        self.with(member, "child.birth", FactValue::Date(birth))
            .with(member, "child.residence", choice("japan"))
            .with(member, "child.care", choice("home"))
            .with(member, "child.custody", yes())
            .with(member, "child.supported", yes())
    }

    fn about(mut self, child: usize) -> Self {
        self.focus = self.focus.on(Scope::Child, child);
        self
    }

    fn due(&self, id: &str) -> Verdict {
        let procedure = procedure(catalogue(), id);
        let event = procedure
            .event
            .as_deref()
            .and_then(|event| self.date(event));
        let Some(version) = procedure.version(event, self.asked) else {
            return Verdict::No;
        };
        version.when.decide(&self.records, &self.focus)
    }

    fn date(&self, id: &str) -> Option<Date> {
        match self.records.value(catalogue().vocabulary(), 0, id)? {
            FactValue::Date(day) => Some(day),
            _ => None,
        }
    }
}

fn deadline(id: &str) -> DeadlineRule {
    let procedure = procedure(catalogue(), id);
    procedure.versions.last().unwrap().deadline.clone().unwrap()
}

fn entries() -> impl Iterator<Item = &'static Procedure> {
    ENTRIES.iter().map(|id| procedure(catalogue(), id))
}

// ------------------------------------------------------------------------------------------------ every entry

#[test]
fn the_kiosk_files_none_of_them_and_none_sends_a_joyful_message() {
    for entry in entries() {
        assert!(!entry.bedside, "{}", entry.id);
        assert!(entry.joyful.is_empty(), "{}", entry.id);
        assert!(!entry.sources.is_empty(), "{}", entry.id);
        assert!(entry.authority.is_some(), "{}", entry.id);
    }
}

#[test]
fn every_key_in_the_catalogue_of_public_services_is_given_once() {
    let keys: Vec<&str> = catalogue()
        .procedures()
        .filter_map(|p| p.psid.as_deref())
        .collect();
    let distinct: BTreeSet<&str> = keys.iter().copied().collect();
    assert_eq!(keys.len(), distinct.len());
    for entry in entries() {
        let psid = entry.psid.as_deref().unwrap_or_default();
        assert!(psid.starts_with("psid3.0+5000020991015+"), "{}", entry.id);
    }
}

#[test]
fn health_results_and_pins_have_no_room_and_what_hospital_knows_stays_with_staff() {
    for entry in entries() {
        for field in &entry.form.fields {
            let words = format!("{} {}", field.label.ja, field.question.ja);
            for never in ["聴覚", "EPDS", "代謝", "暗証番号"] {
                assert!(!words.contains(never), "{} {}", entry.id, field.path);
            }
            let path = field.path.as_str();
            if ["weeks", "weeks_days", "outcome"].contains(&path) {
                assert!(field.staff_only, "{} {path}", entry.id);
            }
        }
    }
}

#[test]
fn individual_numbers_are_handed_over_later_and_never_written() {
    let forms = ENTRIES.iter().chain(&["kodomo_iryohi", "zairyu_shikaku"]);
    for entry in forms.map(|id| procedure(catalogue(), id)) {
        for field in &entry.form.fields {
            if field.path.as_str().ends_with("given_by") {
                assert_eq!(field.kind, FieldKind::Choice, "{} {}", entry.id, field.path);
                assert_eq!(
                    field.required,
                    Required::System,
                    "{} {}",
                    entry.id,
                    field.path
                );
            }
            // Nothing that only digits go into is as long as an individual number.
            let digits = field.charset == Some(ubugoe_procedures::Charset::Digit);
            assert!(
                !digits || field.max_len.is_some_and(|len| len < 12),
                "{}",
                field.path
            );
        }
    }
}

#[test]
fn no_entry_speaks_of_probability_or_gives_medical_advice() {
    for entry in entries() {
        let said = [&entry.title, &entry.summary, &entry.reason];
        for text in said {
            for never in ["確率", "可能性が高い", "必ずもらえ", "受診してください"]
            {
                assert!(!text.ja.contains(never), "{}", entry.id);
            }
        }
    }
}

// ------------------------------------------------------------------------------------------------ loss

#[test]
fn a_stillbirth_is_notified_from_the_85th_day_and_one_twin_lost_counts_beside_the_living_one() {
    let lost = |days: i64| {
        Told::nothing()
            .with(0, "delivery.stillbirths", FactValue::Number(1))
            .with(0, "delivery.days", FactValue::Number(days))
            .due("shizan_todoke")
    };
    assert_eq!(lost(84), Verdict::No);
    assert_eq!(lost(85), Verdict::Yes);
    let twins = Told::newborn()
        .with(0, "delivery.outcome", choice("mixed"))
        .with(0, "delivery.stillbirths", FactValue::Number(1))
        .with(0, "delivery.days", FactValue::Number(230));
    assert_eq!(twins.due("shizan_todoke"), Verdict::Yes);
    assert_eq!(twins.due("shussei_todoke"), Verdict::Yes);
    assert_eq!(Told::newborn().due("shizan_todoke"), Verdict::No);
}

#[test]
fn seven_days_count_the_day_itself_and_a_death_abroad_leaves_three_months() {
    let stillbirth = deadline("shizan_todoke");
    assert_eq!(stillbirth.from, "delivery.loss_on");
    assert_eq!(
        stillbirth.last_day(date(2026, 11, 22)),
        Some(date(2026, 11, 28))
    );
    let death = deadline("shibo_todoke");
    assert_eq!(death.last_day(date(2026, 11, 22)), Some(date(2026, 11, 28)));
    let abroad = &death.variants[0];
    assert_eq!(
        death.last_day_of(abroad, date(2026, 11, 22)),
        Some(date(2027, 2, 21))
    );
    let here = Told::newborn();
    assert_eq!(death.variant(&here.records, &here.focus), Ok(None));
}

#[test]
fn a_death_is_on_nobodys_line_until_somebody_says_so() {
    assert_eq!(Told::newborn().due("shibo_todoke"), Verdict::No);
    let lost = Told::newborn().with(0, "child.died_on", FactValue::Date(date(2026, 11, 23)));
    assert_eq!(lost.due("shibo_todoke"), Verdict::Yes);
}

#[test]
fn the_notifications_of_a_loss_are_for_staff_and_every_field_stays_with_them() {
    for id in ["shizan_todoke", "shibo_todoke"] {
        let entry = procedure(catalogue(), id);
        let guards = entry.guards;
        for guard in [
            guards.loss,
            guards.nicu,
            guards.dv_support,
            guards.adoption_plan,
            guards.minor_parent,
            guards.foreign_parent,
        ] {
            assert_eq!(guard, Guard::StaffOnly, "{id}");
        }
    }
    let stillbirth = procedure(catalogue(), "shizan_todoke");
    assert!(stillbirth.has_form());
    assert!(stillbirth.form.fields.iter().all(|field| field.staff_only));
    assert!(stillbirth.form.field("child_mei").is_none());
    assert_eq!(
        stillbirth.form.field("push").unwrap().required,
        Required::System
    );
}

#[test]
fn what_stays_the_mothers_after_a_loss_is_left_to_staff_and_the_rest_is_hidden() {
    for id in [
        "ninpu_shien_1",
        "ninpu_shien_2",
        "sanzen_sango_kokuho",
        "sanzen_sango_nenkin",
        "shakai_hoken_menjo",
        "shussan_ikuji_ichijikin",
        "shussan_teatekin",
    ] {
        assert_eq!(
            procedure(catalogue(), id).guards.loss,
            Guard::StaffOnly,
            "{id}"
        );
    }
    for id in [
        "jido_fuyo_teate",
        "jido_teate_gakukaitei",
        "jido_teate_kakunin",
        "kenpo_hifuyosha",
        "kokuho_kanyu",
        "mynumber_card_newborn",
        "tokuji_teate",
    ] {
        assert_eq!(procedure(catalogue(), id).guards.loss, Guard::Hide, "{id}");
    }
    for days in [84, 85] {
        let lost = Told::nothing()
            .with(0, "mother.insurance", choice("kenpo"))
            .with(0, "mother.pension", choice("national_1"))
            .with(0, "delivery.outcome", choice("loss"))
            .with(0, "delivery.date", FactValue::Date(BORN))
            .with(0, "delivery.days", FactValue::Number(days));
        let expected = if days == 85 {
            Verdict::Yes
        } else {
            Verdict::No
        };
        for id in [
            "shussan_ikuji_ichijikin",
            "shussan_teatekin",
            "sanzen_sango_nenkin",
        ] {
            assert_eq!(lost.due(id), expected, "{id} {days}");
        }
        assert_eq!(lost.due("ninpu_shien_2"), Verdict::Yes);
    }
}

// ------------------------------------------------------------------------------------------------ registers

#[test]
fn a_name_still_open_or_left_open_leads_to_the_supplement() {
    let named = Told::newborn()
        .with(0, "child.name_decided", yes())
        .with(0, "child.filed_without_name", FactValue::Bool(false))
        .with(0, "child.filed_without_sex", FactValue::Bool(false));
    assert_eq!(named.due("tsuikan_todoke"), Verdict::No);
    let open = Told::newborn().with(0, "child.name_decided", FactValue::Bool(false));
    assert_eq!(open.due("tsuikan_todoke"), Verdict::Yes);
    let left_open = Told::newborn().with(0, "child.name_decided", yes()).with(
        0,
        "child.filed_without_name",
        yes(),
    );
    assert_eq!(left_open.due("tsuikan_todoke"), Verdict::Yes);
    assert!(
        procedure(catalogue(), "tsuikan_todoke").versions[0]
            .deadline
            .is_none()
    );
}

#[test]
fn acknowledgement_is_never_guessed_at_and_goes_to_the_mothers_domicile_before_the_birth() {
    assert_eq!(Told::newborn().due("ninchi_todoke"), Verdict::No);
    let not_married = Told::newborn().with(0, "family.marital", choice("not_married"));
    assert_eq!(not_married.due("ninchi_todoke"), Verdict::Yes);
    let done = Told::newborn()
        .with(0, "family.marital", choice("not_married"))
        .with(0, "child.acknowledged", yes());
    assert_eq!(done.due("ninchi_todoke"), Verdict::No);

    let entry = procedure(catalogue(), "ninchi_todoke");
    let to = |told: &Told| match entry.recipient.choose(&told.records, &told.focus) {
        Chosen::Sure(to, _) => *to,
        other @ Chosen::Open(_) => panic!("{other:?}"),
    };
    assert_eq!(to(&Told::nothing()), Routing::Honseki);
    assert_eq!(to(&Told::newborn()), Routing::Stay);
    assert_eq!(entry.guards.dv_support, Guard::StaffOnly);
    assert!(!entry.has_form());
}

#[test]
fn nationality_is_reserved_within_three_months_of_a_birth_abroad_and_only_there() {
    assert_eq!(Told::newborn().due("kokuseki_ryuho"), Verdict::No);
    let abroad = Told::newborn()
        .with(0, "child.born_abroad", yes())
        .with(0, "child.other_nationality", yes())
        .with(0, "child.japanese", yes());
    assert_eq!(abroad.due("kokuseki_ryuho"), Verdict::Yes);
    let rule = deadline("kokuseki_ryuho");
    assert_eq!(rule.last_day(date(2026, 11, 22)), Some(date(2027, 2, 21)));
    assert!(!procedure(catalogue(), "kokuseki_ryuho").has_form());
}

#[test]
fn the_resident_record_and_the_number_come_by_themselves() {
    for id in ["juminhyo_kisai", "kojin_bango_tsuchi"] {
        let entry = procedure(catalogue(), id);
        assert_eq!(
            entry.automatic[0].mode,
            AutomaticMode::NoApplication,
            "{id}"
        );
        assert!(!entry.has_form());
        assert_eq!(entry.depends[0].strength, Strength::Hard);
        assert_eq!(Told::newborn().due(id), Verdict::Yes, "{id}");
    }
    let numbered = Told::newborn().with(0, "child.has_number", yes());
    assert_eq!(numbered.due("kojin_bango_tsuchi"), Verdict::No);
}

#[test]
fn the_card_is_for_children_under_one_and_asks_for_no_photograph() {
    let last = date(2027, 11, 21);
    assert_eq!(
        Told::newborn().on(last).due("mynumber_card_newborn"),
        Verdict::Yes
    );
    let birthday = Told::newborn().on(date(2027, 11, 22));
    assert_eq!(birthday.due("mynumber_card_newborn"), Verdict::No);
    let form = &procedure(catalogue(), "mynumber_card_newborn").form;
    assert!(form.field("photo").is_none() && form.field("pin").is_none());
}

// ------------------------------------------------------------------------------------------------ allowances

#[test]
fn whoever_receives_child_allowance_asks_for_an_increase_for_the_newborn_only() {
    let first = Told::newborn().with(0, "family.receives_child_allowance", FactValue::Bool(false));
    assert_eq!(first.due("jido_teate_gakukaitei"), Verdict::No);
    assert_eq!(first.due("jido_teate_nintei"), Verdict::Yes);
    let second = Told::newborn()
        .sibling(date(2022, 5, 1))
        .with(1, "child.allowance_received", yes())
        .with(0, "family.receives_child_allowance", yes());
    assert_eq!(second.due("jido_teate_gakukaitei"), Verdict::Yes);
    assert_eq!(second.due("jido_teate_nintei"), Verdict::No);
    assert_eq!(second.about(1).due("jido_teate_gakukaitei"), Verdict::No);
    // Born 2026-12-18: the fifteenth day is 2 January, in the closing days.
    assert_eq!(
        deadline("jido_teate_gakukaitei").last_day(date(2026, 12, 18)),
        Some(date(2027, 1, 2))
    );
}

#[test]
fn before_october_2024_the_allowance_ended_with_lower_secondary_school() {
    let older = |asked: Date| {
        Told::nothing()
            .with(0, "child.birth", FactValue::Date(date(2008, 6, 1)))
            .with(0, "child.residence", choice("japan"))
            .with(0, "child.care", choice("home"))
            .with(0, "child.custody", yes())
            .with(0, "child.supported", yes())
            .with(0, "family.receives_child_allowance", yes())
            .on(asked)
            .due("jido_teate_gakukaitei")
    };
    assert_eq!(older(date(2024, 9, 30)), Verdict::No);
    assert_eq!(older(date(2024, 10, 1)), Verdict::Yes);
}

#[test]
fn only_the_twenty_year_old_of_four_needs_the_statement() {
    // 23, 20, 15 and a newborn: with the statement the newborn is the third that counts.
    let family = || {
        Told::newborn()
            .with(0, "family.receives_child_allowance", yes())
            .sibling(date(2003, 6, 1))
            .sibling(date(2006, 6, 1))
            .sibling(date(2011, 6, 1))
    };
    let needs = |child: usize| family().about(child).due("jido_teate_kakunin");
    assert_eq!(
        [needs(0), needs(1), needs(2), needs(3)],
        [Verdict::No, Verdict::No, Verdict::Yes, Verdict::No]
    );
    let two = Told::newborn().sibling(date(2006, 6, 1)).about(1);
    assert_eq!(two.due("jido_teate_kakunin"), Verdict::No);
    let before = family().on(date(2024, 9, 30)).about(2);
    assert_eq!(before.due("jido_teate_kakunin"), Verdict::No);
    // On 1 April after 22 the rank shifts.
    let last = family().on(date(2029, 3, 31)).about(2);
    assert_eq!(last.due("jido_teate_kakunin"), Verdict::Yes);
    let after = family().on(date(2029, 4, 1)).about(2);
    assert_eq!(after.due("jido_teate_kakunin"), Verdict::No);
}

#[test]
fn allowances_of_hardship_are_no_while_nobody_has_told_of_it() {
    for id in [
        "hitorioya_iryohi",
        "jido_fuyo_teate",
        "shogaiji_fukushi_teate",
        "tokuji_teate",
    ] {
        let entry = procedure(catalogue(), id);
        assert_eq!(Told::newborn().due(id), Verdict::No, "{id}");
        assert_eq!(entry.guards.minor_parent, Guard::StaffOnly, "{id}");
        assert!(entry.versions[0].deadline.is_none(), "{id}");
    }
    let alone = Told::newborn().with(0, "family.single_parent", yes());
    assert_eq!(alone.due("jido_fuyo_teate"), Verdict::Yes);
    assert_eq!(alone.due("hitorioya_iryohi"), Verdict::Yes);
    let interview = procedure(catalogue(), "jido_fuyo_teate");
    assert!(interview.form.fields.iter().all(|field| field.staff_only));
    assert_eq!(interview.automatic[0].mode, AutomaticMode::None);
}

#[test]
fn disability_allowances_go_by_grade_and_end_at_twenty() {
    let grade = |grade: &str| Told::newborn().with(0, "child.disability", choice(grade));
    assert_eq!(grade("none").due("tokuji_teate"), Verdict::No);
    assert_eq!(grade("grade_2").due("tokuji_teate"), Verdict::Yes);
    assert_eq!(grade("grade_1").due("shogaiji_fukushi_teate"), Verdict::No);
    assert_eq!(grade("severe").due("shogaiji_fukushi_teate"), Verdict::Yes);
    assert_eq!(grade("severe").due("tokuji_teate"), Verdict::Yes);
    let grown = grade("severe").on(date(2046, 11, 22));
    assert_eq!(grown.due("tokuji_teate"), Verdict::No);
    let institution = grade("severe").with(0, "child.care", choice("institution"));
    assert_eq!(institution.due("shogaiji_fukushi_teate"), Verdict::No);
}

#[test]
fn the_support_against_rising_prices_is_closed() {
    assert_eq!(Told::newborn().due("bukkadaka_teate"), Verdict::No);
    let march = |asked: Date| {
        Told::newborn()
            .with(0, "child.birth", FactValue::Date(date(2026, 3, 20)))
            .on(asked)
            .due("bukkadaka_teate")
    };
    assert_eq!(march(date(2026, 4, 10)), Verdict::Yes);
    assert_eq!(march(TODAY), Verdict::No);
    let april = Told::newborn()
        .with(0, "child.birth", FactValue::Date(date(2026, 4, 1)))
        .on(date(2026, 4, 10));
    assert_eq!(april.due("bukkadaka_teate"), Verdict::No);
}

// ------------------------------------------------------------------------------------------------ insurance

#[test]
fn the_childs_insurance_follows_the_parents_and_stays_open_where_they_differ() {
    let insured = |mother: &str, father: &str| {
        Told::newborn()
            .with(0, "mother.insurance", choice(mother))
            .with(0, "father.insurance", choice(father))
            .with(0, "family.welfare", FactValue::Bool(false))
    };
    let both = |told: Told| (told.due("kenpo_hifuyosha"), told.due("kokuho_kanyu"));
    assert_eq!(
        both(insured("kenpo_dependant", "kenpo")),
        (Verdict::Yes, Verdict::No)
    );
    assert_eq!(
        both(insured("kokuho", "kokuho")),
        (Verdict::No, Verdict::Yes)
    );
    assert_eq!(
        both(insured("kokuho", "kenpo")),
        (Verdict::Yes, Verdict::Unknown),
        "it goes by the expected incomes"
    );
    let chosen = insured("kenpo", "kokuho").with(0, "child.insurance", choice("kokuho"));
    assert_eq!(both(chosen), (Verdict::No, Verdict::Yes));
}

#[test]
fn the_head_of_the_household_files_for_national_health_insurance_and_the_employer_for_the_other() {
    let kokuho = procedure(catalogue(), "kokuho_kanyu");
    assert_eq!(kokuho.routing, Routing::HeadHome);
    assert_eq!(kokuho.signers.usual, [Role::HeadOfHousehold]);
    assert_eq!(
        deadline("kokuho_kanyu").last_day(BORN),
        Some(date(2026, 12, 6))
    );
    assert_eq!(
        procedure(catalogue(), "kenpo_hifuyosha").routing,
        Routing::Employer
    );
    assert_eq!(
        deadline("kenpo_hifuyosha").last_day(BORN),
        Some(date(2026, 11, 27))
    );
}

#[test]
fn the_reform_of_the_lump_sum_is_passed_and_has_no_sums_yet() {
    let entry = procedure(catalogue(), "shussan_ikuji_ichijikin");
    let today = entry.version(None, TODAY).unwrap();
    assert_eq!(
        today.amount.as_ref().unwrap().table,
        "shussan_ikuji_ichijikin"
    );
    assert_eq!(today.valid_to, Some(date(2028, 6, 3)));
    let reform = entry.version(None, date(2028, 6, 4)).unwrap();
    assert!(reform.amount.is_none() && reform.note.is_some());
    let insured = Told::newborn()
        .with(0, "mother.insurance", choice("kenpo_dependant"))
        .on(date(2028, 6, 4));
    assert_eq!(insured.due("shussan_ikuji_ichijikin"), Verdict::Yes);
    let asks = reform.when.facts().collect::<Vec<_>>();
    assert!(asks.contains(&"delivery.facility_mode"), "{asks:?}");
    // Two years from the day after.
    assert_eq!(
        deadline("shussan_ikuji_ichijikin").last_day(BORN),
        Some(date(2028, 11, 22))
    );
}

#[test]
fn maternity_pay_is_for_the_insured_woman_and_windows_follow_the_due_date() {
    let with = |insurance: &str| Told::newborn().with(0, "mother.insurance", choice(insurance));
    assert_eq!(with("kenpo").due("shussan_teatekin"), Verdict::Yes);
    assert_eq!(with("kenpo_dependant").due("shussan_teatekin"), Verdict::No);
    assert_eq!(with("kokuho").due("shussan_teatekin"), Verdict::No);
    let told = with("kenpo").with(0, "delivery.due_date", FactValue::Date(date(2026, 11, 20)));
    let windows = &procedure(catalogue(), "shussan_teatekin").versions[0].windows;
    let first = |place: usize| {
        windows[place]
            .from
            .as_ref()
            .unwrap()
            .of(&told.records, &told.focus)
    };
    assert_eq!(first(0), Some(date(2026, 10, 10)));
    assert_eq!(first(1), Some(date(2026, 8, 15)));
    let last = windows[0].to.as_ref().unwrap();
    assert_eq!(last.of(&told.records, &told.focus), Some(date(2027, 1, 17)));
}

// ------------------------------------------------------------------------------------------------ pensions, support, leave

#[test]
fn a_mother_in_category_1_files_for_the_maternity_exemption_and_no_other() {
    let with = |pension: &str| Told::newborn().with(0, "mother.pension", choice(pension));
    assert_eq!(with("national_1").due("sanzen_sango_nenkin"), Verdict::Yes);
    assert_eq!(with("dependant_3").due("sanzen_sango_nenkin"), Verdict::No);
    let early = with("national_1").with(0, "delivery.date", FactValue::Date(date(2019, 1, 31)));
    assert_eq!(early.due("sanzen_sango_nenkin"), Verdict::No);
    let expected = Told::nothing()
        .with(0, "mother.pension", choice("national_1"))
        .with(0, "delivery.outcome", choice("expected"))
        .with(0, "delivery.due_date", FactValue::Date(date(2027, 3, 1)));
    assert_eq!(expected.due("sanzen_sango_nenkin"), Verdict::Yes);
    let windows = &procedure(catalogue(), "sanzen_sango_nenkin").versions[1].windows;
    let from = windows[0].from.as_ref().unwrap();
    assert_eq!(
        from.of(&expected.records, &expected.focus),
        Some(date(2026, 9, 1))
    );
    assert!(windows[0].to.is_none());
}

#[test]
fn the_exemption_while_raising_a_child_begins_in_october_2026_and_some_mothers_file_nothing() {
    let parent = |is: &str| {
        Told::newborn().with(0, "parent.is", choice(is)).with(
            0,
            "parent.pension",
            choice("national_1"),
        )
    };
    assert_eq!(parent("father").due("ikuji_menjo_nenkin"), Verdict::Yes);
    let september = parent("father")
        .with(0, "child.birth", FactValue::Date(date(2026, 6, 1)))
        .on(date(2026, 9, 30));
    assert_eq!(september.due("ikuji_menjo_nenkin"), Verdict::No);
    assert_eq!(
        parent("father")
            .on(date(2027, 11, 22))
            .due("ikuji_menjo_nenkin"),
        Verdict::No
    );
    let lost = parent("mother").with(0, "child.died_on", FactValue::Date(date(2026, 11, 24)));
    assert_eq!(lost.due("ikuji_menjo_nenkin"), Verdict::No);

    let filed = parent("mother")
        .with(0, "parent.filed_sanzen_sango", yes())
        .with(0, "mother.apart_from_child", FactValue::Bool(false));
    let entry = procedure(catalogue(), "ikuji_menjo_nenkin");
    let by_itself = entry.automatic[0].when.as_ref().unwrap();
    assert_eq!(entry.automatic[0].mode, AutomaticMode::NoApplication);
    assert_eq!(by_itself.decide(&filed.records, &filed.focus), Verdict::Yes);
    let father = parent("father");
    assert_eq!(
        by_itself.decide(&father.records, &father.focus),
        Verdict::No
    );
}

#[test]
fn the_support_for_pregnant_women_is_the_womans_alone_and_paid_once() {
    for id in ["ninpu_shien_1", "ninpu_shien_2"] {
        let entry = procedure(catalogue(), id);
        assert_eq!(entry.signers.usual, [Role::Mother], "{id}");
        assert_eq!(entry.routing, Routing::MotherHome, "{id}");
        assert_eq!(Told::nothing().due(id), Verdict::Yes, "{id}");
        assert_eq!(
            Told::nothing().on(date(2025, 3, 31)).due(id),
            Verdict::No,
            "{id}"
        );
    }
    let received = Told::nothing().with(0, "delivery.first_payment_received", yes());
    assert_eq!(received.due("ninpu_shien_1"), Verdict::No);
    assert_eq!(received.due("ninpu_shien_2"), Verdict::Yes);
    let told = Told::nothing().with(0, "delivery.due_date", FactValue::Date(date(2027, 1, 15)));
    let version = procedure(catalogue(), "ninpu_shien_2")
        .version(None, TODAY)
        .unwrap();
    let from = version.windows[0].from.as_ref().unwrap();
    assert_eq!(
        from.of(&told.records, &told.focus),
        Some(date(2026, 11, 20))
    );
    // Confirmed on 10 May 2026: until the day before the second anniversary.
    assert_eq!(
        deadline("ninpu_shien_1").last_day(date(2026, 5, 10)),
        Some(date(2028, 5, 9))
    );
}

#[test]
fn leave_benefits_are_for_each_parent_with_employment_insurance() {
    let on_leave = |insured: bool| {
        Told::newborn().with(0, "parent.leave", yes()).with(
            0,
            "parent.employment_insurance",
            FactValue::Bool(insured),
        )
    };
    assert_eq!(on_leave(true).due("ikuji_kyugyo_kyufu"), Verdict::Yes);
    assert_eq!(on_leave(false).due("ikuji_kyugyo_kyufu"), Verdict::No);
    let entry = procedure(catalogue(), "ikuji_kyugyo_kyufu");
    let id = |day: Date| entry.version(None, day).unwrap().id.clone();
    assert_eq!(id(date(2026, 7, 31)), "2025-04");
    assert_eq!(id(TODAY), "2026-08");
    assert!(!entry.has_form());
}

#[test]
fn what_no_source_backs_says_so() {
    let menjo = procedure(catalogue(), "shakai_hoken_menjo");
    assert_eq!(menjo.confidence, Confidence::Gk);
    let form = &procedure(catalogue(), "zairyu_shikaku").form;
    let shown: Vec<&str> = form
        .fields
        .iter()
        .filter(|field| field.confidence != Confidence::Gk)
        .map(|field| field.path.as_str())
        .collect();
    assert!(shown.is_empty(), "{shown:?}");
}
