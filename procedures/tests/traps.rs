//! The traps of the domain reference, 1 to 66, by number: a test here, or the reason why another part answers for it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod common;
#[path = "common/families.rs"]
mod families;

use std::sync::LazyLock;

use common::catalogue;
use families::{code, word};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use ubugoe_procedures::catalogue::{Guard, Role, Routing};
use ubugoe_procedures::door::Door;
use ubugoe_procedures::plan::{
    Around, Audience, Family, FamilyLine, Item, Other, Status, Whom, filings, line,
};
use ubugoe_procedures::rules::FactValue;

const BIRTH: Date = date(2026, 11, 22);
const TODAY: Date = date(2026, 11, 24);

enum Answer {
    Test(fn()),
    /// Another part's, and why.
    Elsewhere(&'static str),
}
use Answer::{Elsewhere, Test};

const TRAPS: [(u8, Answer); 66] = [
    (1, Test(a_birth_at_23_59_is_day_one)),
    (
        2,
        Elsewhere(
            "midnight and noon on paper: the certificate and the printed form (tests/certificate.rs, ui)",
        ),
    ),
    (3, Test(a_deadline_on_a_closing_day_rolls)),
    (4, Test(after_the_night_desk_the_rest_stays_open)),
    (5, Test(fifteen_days_are_not_fourteen)),
    (6, Test(the_vectors_are_ours)),
    (
        7,
        Test(births_on_the_first_keep_the_high_amount_a_month_longer),
    ),
    (8, Test(the_first_of_april_is_the_older_year)),
    (
        9,
        Test(two_months_after_31_december_is_the_last_of_february),
    ),
    (
        10,
        Elsewhere("wareki both ways: tests/vectors.rs; date pickers: the screens"),
    ),
    (
        11,
        Elsewhere("an unsynchronised clock: the kiosk; this crate is handed every day"),
    ),
    (
        12,
        Test(near_the_last_day_the_paper_is_named_and_nothing_counts_as_filed),
    ),
    (13, Test(late_is_still_taken)),
    (14, Test(away_from_home_each_item_goes_where_it_belongs)),
    (15, Test(a_claimant_elsewhere_claims_there)),
    (
        16,
        Elsewhere(
            "the gate of online filing: the kiosk's channel; the profile says the mode (home.online_mode)",
        ),
    ),
    (
        17,
        Elsewhere("an unknown 本籍 may stay blank on the form: tests/interview.rs"),
    ),
    (18, Test(born_abroad_has_three_months_and_the_reservation)),
    (
        19,
        Elsewhere("kind and place of birth are fields of the certificate: tests/certificate.rs"),
    ),
    (20, Test(the_certificate_is_never_a_dead_end)),
    (21, Test(moved_last_week_brings_the_tax_paper)),
    (22, Elsewhere("codes by check digit: tests/codes.rs")),
    (23, Test(who_signs_and_who_carries_are_two_things)),
    (24, Test(divorced_the_mother_files)),
    (
        25,
        Elsewhere(
            "the 300 days: advice on the form sends to the counter and never touches the father's box (catalogue advice)",
        ),
    ),
    (
        26,
        Test(unmarried_the_mother_files_and_nobody_asks_for_a_father),
    ),
    (27, Test(a_minor_mother_is_guarded)),
    (28, Test(both_foreign_have_thirty_days)),
    (29, Test(one_foreign_parent_makes_a_japanese_child)),
    (
        30,
        Elsewhere(
            "rare family situations: the kiosk's one exit to the counter; no question of the catalogue asks for them",
        ),
    ),
    (31, Test(with_an_adoption_plan_nothing_is_offered)),
    (
        32,
        Elsewhere("joint custody changes consent forms, not the order of filers: the forms' words"),
    ),
    (
        33,
        Elsewhere("ages at birth: derived in the form (tests/interview.rs, calendar::age_on)"),
    ),
    (34, Test(the_grandfather_files_the_health_insurance)),
    (
        35,
        Elsewhere("続柄 is derived in the form: tests/interview.rs"),
    ),
    (
        36,
        Elsewhere("names on certificate and card: compare_with_certificate, tests/certificate.rs"),
    ),
    (37, Test(a_protected_address_is_said_to_nobody)),
    (
        38,
        Elsewhere(
            "who stands beside the bed: the kiosk's session; the plan only names no partner (37)",
        ),
    ),
    (
        39,
        Elsewhere("double filing: the city's store, by certificate and child"),
    ),
    (40, Test(twins_have_two_notifications_and_their_own_days)),
    (41, Test(characters_of_names)),
    (42, Test(two_code_points_are_reviewed)),
    (43, Elsewhere("readings are not refused: tests/names.rs")),
    (44, Test(a_child_without_a_name_goes_on)),
    (
        45,
        Elsewhere("the certificate's name box: tests/certificate.rs"),
    ),
    (46, Elsewhere("no edit after acceptance: the city's desk")),
    (
        47,
        Elsewhere("sex not determined: code 0 of the certificate, tests/certificate.rs"),
    ),
    (48, Test(the_individual_number_is_no_precondition)),
    (
        49,
        Test(a_stillbirth_has_its_own_notification_and_nothing_joyful),
    ),
    (50, Test(born_and_died_has_both_notifications)),
    (51, Test(one_twin_lost_keeps_the_other_ones_tasks)),
    (52, Test(weights_at_the_limits)),
    (
        53,
        Elsewhere("deferring: the kiosk's drafts; the plan has no countdown, only days"),
    ),
    (54, Test(no_result_of_a_test_is_a_fact)),
    (55, Test(the_municipalitys_own_days_are_shown)),
    (56, Test(the_claimant_is_asked_not_assumed)),
    (57, Test(public_servants_claim_at_work)),
    (58, Test(the_third_child_counts_with_the_statement)),
    (59, Test(insurance_goes_through_the_employer_or_the_head)),
    (60, Test(law_has_its_days)),
    (61, Test(the_single_parent_allowance_is_mentioned_quietly)),
    (62, Test(nursery_is_asked_before_it_is_shown)),
    (63, Test(vaccine_windows)),
    (64, Elsewhere("the card's PIN: drivers/card")),
    (
        65,
        Elsewhere("characters the card cannot hold: the form keeps its own, tests/names.rs"),
    ),
    (66, Test(private_offers_come_last_and_only_when_wanted)),
];

#[test]
fn no_trap_is_missing_and_each_other_answer_says_why() {
    let numbers: Vec<u8> = TRAPS.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=66).collect::<Vec<u8>>());
    for (number, answer) in &TRAPS {
        if let Elsewhere(why) = answer {
            assert!(why.len() > 20, "{number}");
        }
    }
}

#[test]
fn every_trap_that_is_ours_holds() {
    let fallen: Vec<u8> = TRAPS
        .iter()
        .filter_map(|(number, answer)| match answer {
            Test(test) => std::panic::catch_unwind(test).is_err().then_some(*number),
            Elsewhere(_) => None,
        })
        .collect();
    assert!(fallen.is_empty(), "traps {fallen:?}");
}

fn of<'c>(family: &Family, today: Date) -> FamilyLine<'c> {
    line(catalogue(), family, today, &Around::default())
}

fn staff<'c>(family: &Family, today: Date) -> FamilyLine<'c> {
    let around = Around {
        audience: Audience::Staff,
        ..Around::default()
    };
    line(catalogue(), family, today, &around)
}

fn find<'l, 'c>(line: &'l FamilyLine<'c>, id: &str) -> Option<&'l Item<'c>> {
    line.items
        .iter()
        .find(|item| item.procedure.id.as_str() == id)
}

fn item<'l, 'c>(line: &'l FamilyLine<'c>, id: &str) -> &'l Item<'c> {
    find(line, id).unwrap_or_else(|| panic!("{id} is not on the line"))
}

fn count(line: &FamilyLine<'_>, id: &str) -> usize {
    line.items
        .iter()
        .filter(|item| item.procedure.id.as_str() == id)
        .count()
}

fn until(line: &FamilyLine<'_>, id: &str) -> Date {
    item(line, id).deadline.as_ref().unwrap().open_until
}

fn door(kind: &str, question: &Value) -> Value {
    static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(TODAY).unwrap());
    serde_json::from_str(&DOOR.answer(kind, &question.to_string()).unwrap()).unwrap()
}

fn a_birth_at_23_59_is_day_one() {
    for birth in ["2026-11-22T23:59", "2026-11-23T00:00"] {
        let said = door(
            "plan",
            &json!({"children": [{"id": "c1", "birth": birth}], "mother": {"residence": "991015"}, "birthplace": "991015"}),
        );
        let due = &said["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["procedure"] == "shussei_todoke")
            .unwrap()["deadline"];
        assert_eq!(due["open_until"], "2026-12-07", "{birth}");
        assert_eq!(
            due["last_day"],
            if birth.ends_with("59") {
                "2026-12-05"
            } else {
                "2026-12-06"
            }
        );
    }
}

fn a_deadline_on_a_closing_day_rolls() {
    let family = families::one_child(date(2026, 12, 18));
    let line = of(&family, date(2026, 12, 20));
    let due = item(&line, "shussei_todoke").deadline.clone().unwrap();
    assert_eq!(
        (due.last_day, due.open_until),
        (date(2026, 12, 31), date(2027, 1, 4))
    );
    // Golden Week 2027: day 14 of 20 April is 3 May; 3 to 5 May are holidays.
    let family = families::one_child(date(2027, 4, 20));
    assert_eq!(
        until(&of(&family, date(2027, 4, 21)), "shussei_todoke"),
        date(2027, 5, 6)
    );
}

fn after_the_night_desk_the_rest_stays_open() {
    let mut family = families::one_child(BIRTH);
    family.done.push(("shussei_todoke".parse().unwrap(), None));
    let line = of(&family, TODAY);
    assert_eq!(item(&line, "shussei_todoke").status, Status::Done);
    assert!(matches!(
        item(&line, "jido_teate_nintei").status,
        Status::Offer | Status::Now
    ));
    assert!(!matches!(
        item(&line, "kodomo_iryohi").status,
        Status::Done | Status::WaitsFor
    ));
}

fn fifteen_days_are_not_fourteen() {
    let family = families::one_child(date(2026, 11, 30));
    let line = of(&family, date(2026, 12, 15));
    assert_eq!(until(&line, "jido_teate_nintei"), date(2026, 12, 15));
    assert_eq!(until(&line, "shussei_todoke"), date(2026, 12, 14));
    let first = |birth, today| {
        let family = families::one_child(birth);
        let line = of(&family, today);
        item(&line, "jido_teate_nintei")
            .amount
            .as_ref()
            .unwrap()
            .first_month
            .unwrap()
            .to_string()
    };
    assert_eq!(first(date(2026, 11, 30), date(2026, 12, 15)), "2026-12");
    assert_eq!(first(date(2026, 11, 30), date(2026, 12, 16)), "2027-01");
    assert_eq!(first(date(2026, 11, 5), date(2026, 11, 30)), "2026-12");
    assert_eq!(first(date(2026, 11, 5), date(2026, 12, 1)), "2027-01");
}

fn the_vectors_are_ours() {
    let family = families::one_child(date(2027, 1, 1));
    let line = of(&family, date(2027, 1, 5));
    assert_eq!(
        item(&line, "jido_teate_nintei")
            .deadline
            .as_ref()
            .unwrap()
            .last_day,
        date(2027, 1, 16)
    );
}

fn births_on_the_first_keep_the_high_amount_a_month_longer() {
    for (month, yen) in [("2029-04", 15_000), ("2029-05", 10_000)] {
        let said = door(
            "allowance",
            &json!({"month": month, "children": [{"id": "c", "birth": "2026-04-01"}]}),
        );
        assert_eq!(said["per_child"]["c"], yen, "{month}");
    }
}

fn the_first_of_april_is_the_older_year() {
    for (birth, month, yen) in [
        ("2026-04-01", "2044-04", 0),
        ("2026-04-02", "2044-04", 10_000),
    ] {
        let said = door(
            "allowance",
            &json!({"month": month, "children": [{"id": "c", "birth": birth}]}),
        );
        assert_eq!(said["per_child"]["c"], yen, "{birth}");
    }
    let school = |birth| {
        let family = families::one_child(birth);
        let line = of(&family, birth);
        item(&line, "nyugaku_tsuchi")
            .windows
            .last()
            .unwrap()
            .from
            .unwrap()
    };
    assert_eq!(school(date(2026, 4, 1)), date(2032, 4, 1));
    assert_eq!(school(date(2026, 4, 2)), date(2033, 4, 1));
}

fn two_months_after_31_december_is_the_last_of_february() {
    assert_eq!(
        ubugoe_procedures::calendar::last_day_of_months(date(2026, 12, 31), 2),
        date(2027, 2, 28)
    );
}

fn near_the_last_day_the_paper_is_named_and_nothing_counts_as_filed() {
    let family = families::one_child(BIRTH);
    let line = of(&family, date(2026, 12, 4));
    assert_eq!(item(&line, "shussei_todoke").status, Status::Now);
    let text = ubugoe_procedures::plan::render(&line, ubugoe_procedures::Lang::Ja);
    assert!(text.contains("紙の届書でも出せます") && !text.contains("提出済み"));
}

fn late_is_still_taken() {
    let family = families::one_child(BIRTH);
    let line = of(&family, date(2027, 1, 20));
    let notice = item(&line, "shussei_todoke");
    assert_eq!(notice.status, Status::Late);
    assert!(!notice.recipients.is_empty());
    assert_eq!(item(&line, "jido_teate_nintei").status, Status::Late);
}

fn away_from_home_each_item_goes_where_it_belongs() {
    let family = families::away_and_apart(BIRTH);
    let line = of(&family, TODAY);
    let to = |id| item(&line, id).recipients[0].municipality;
    assert_eq!(to("shussei_todoke"), family.places.birthplace);
    assert_eq!(to("kodomo_iryohi"), Some(code("991015")));
    assert_eq!(to("yobosesshu"), Some(code("991015")));
    assert!(filings(&line).len() >= 3);
}

fn a_claimant_elsewhere_claims_there() {
    let line = of(&families::away_and_apart(BIRTH), TODAY);
    let claim = item(&line, "jido_teate_nintei");
    assert_eq!(claim.recipients[0].municipality, Some(code("271004")));
    assert!(
        claim
            .papers
            .iter()
            .any(|paper| paper.attachment.id == "living_apart")
    );
}

fn born_abroad_has_three_months_and_the_reservation() {
    let mut family = families::one_child(BIRTH);
    family.tell(Whom::Child(0), "child.born_abroad", FactValue::Bool(true));
    family.tell(Whom::Child(0), "child.residence", word("abroad"));
    family.tell(
        Whom::Child(0),
        "child.other_nationality",
        FactValue::Bool(true),
    );
    let line = of(&family, TODAY);
    let due = item(&line, "shussei_todoke").deadline.clone().unwrap();
    assert_eq!(due.last_day, date(2027, 2, 21));
    assert!(find(&line, "kokuseki_ryuho").is_some());
    assert!(find(&line, "yobosesshu").is_none());
}

fn the_certificate_is_never_a_dead_end() {
    let line = of(&families::one_child(BIRTH), TODAY);
    assert_eq!(item(&line, "shussei_todoke").status, Status::Now);
}

fn moved_last_week_brings_the_tax_paper() {
    let mut family = families::one_child(BIRTH);
    let tax = |family: &Family| {
        let line = of(family, TODAY);
        item(&line, "kodomo_iryohi")
            .papers
            .iter()
            .any(|paper| paper.attachment.id == "tax" && !paper.maybe)
    };
    assert!(!tax(&family));
    family.tell(
        Whom::Family,
        "family.moved_on",
        FactValue::Date(date(2026, 11, 17)),
    );
    assert!(tax(&family));
}

fn who_signs_and_who_carries_are_two_things() {
    let line = of(&families::one_child(BIRTH), TODAY);
    let notice = item(&line, "shussei_todoke");
    assert_eq!(notice.signers[..2], [Role::Father, Role::Mother]);
    assert!(!notice.signers.contains(&Role::Anyone) && !notice.signers.contains(&Role::Family));
    assert_eq!(notice.carriers, [Role::Anyone]);
}

fn divorced_the_mother_files() {
    let mut family = families::one_child(BIRTH);
    family.told.retain(|told| told.fact != "family.marital");
    family.tell(Whom::Family, "family.marital", word("divorced"));
    let line = of(&family, TODAY);
    assert_eq!(item(&line, "shussei_todoke").signers[0], Role::Mother);
}

fn unmarried_the_mother_files_and_nobody_asks_for_a_father() {
    let line = of(&families::unmarried(BIRTH), TODAY);
    assert_eq!(item(&line, "shussei_todoke").signers[0], Role::Mother);
    assert!(
        line.questions
            .iter()
            .all(|question| !question.fact.id.starts_with("father."))
    );
    assert!(
        line.items
            .iter()
            .all(|item| item.whom != Whom::Father && !item.signers.contains(&Role::BothParents))
    );
}

fn a_minor_mother_is_guarded() {
    let mut family = families::unmarried(BIRTH);
    family.mother.birth = Some(date(2010, 1, 1));
    let line = of(&family, TODAY);
    for item in &line.items {
        let own = item.procedure.guards.minor_parent;
        assert!(
            own <= item.guard && own != Guard::Hide,
            "{}",
            item.procedure.id
        );
    }
    assert_eq!(item(&line, "shussei_todoke").signers[0], Role::Mother);
    // On the day before the eighteenth birthday she is of age.
    family.mother.birth = Some(date(2008, 11, 25));
    assert!(of(&family, TODAY).items.len() >= line.items.len());
}

fn both_foreign_have_thirty_days() {
    let line = of(&families::both_foreign(BIRTH), TODAY);
    let status = item(&line, "zairyu_shikaku");
    assert_eq!(
        status.deadline.as_ref().unwrap().last_day,
        date(2026, 12, 22)
    );
    assert_eq!(status.windows[0].to, Some(date(2027, 1, 21)));
    assert_eq!(status.recipients[0].kind, Routing::Immigration);
    assert_eq!(
        item(&line, "shussei_todoke").recipients[0].kind,
        Routing::Birthplace
    );
}

fn one_foreign_parent_makes_a_japanese_child() {
    let mut family = families::one_child(BIRTH);
    if let Other::Some(father) = &mut family.father {
        father.japanese = Some(false);
    }
    assert!(find(&of(&family, TODAY), "zairyu_shikaku").is_none());
}

fn with_an_adoption_plan_nothing_is_offered() {
    let mut family = families::one_child(BIRTH);
    family.tell(Whom::Family, "family.adoption_plan", FactValue::Bool(true));
    family.tell(
        Whom::Family,
        "family.ready_for_private_offers",
        FactValue::Bool(true),
    );
    let line = of(&family, TODAY);
    for item in line
        .items
        .iter()
        .filter(|item| !item.procedure.joyful.is_empty())
    {
        assert!(item.guard >= Guard::StaffOnly, "{}", item.procedure.id);
    }
    assert!(
        line.items
            .iter()
            .all(|item| item.procedure.sector == ubugoe_procedures::catalogue::Sector::Public)
    );
    assert!(find(&line, "shussei_todoke").is_some_and(Item::for_parents));
}

fn the_grandfather_files_the_health_insurance() {
    let mut family = families::unmarried(BIRTH);
    family.told.retain(|told| told.fact != "family.head");
    family.tell(Whom::Family, "family.head", word("grandparent"));
    let line = of(&family, TODAY);
    let entry = item(&line, "kokuho_kanyu");
    assert_eq!(entry.signers, [Role::HeadOfHousehold]);
    assert_eq!(entry.recipients[0].kind, Routing::HeadHome);
}

fn a_protected_address_is_said_to_nobody() {
    let family = families::protected(BIRTH);
    let line = of(&family, TODAY);
    assert!(line.quiet);
    for item in &line.items {
        assert!(item.guard >= Guard::Quiet, "{}", item.procedure.id);
        assert!(
            item.recipients.iter().all(|one| one.municipality.is_none()),
            "{}",
            item.procedure.id
        );
        assert!(
            item.whom != Whom::Father && !item.signers.contains(&Role::Father),
            "{}",
            item.procedure.id
        );
    }
    // Officers know where to send it; days count as they do there.
    assert_eq!(
        item(&staff(&family, TODAY), "kodomo_iryohi").recipients[0].municipality,
        Some(code("991015"))
    );
    assert_eq!(until(&line, "shussei_todoke"), date(2026, 12, 7));
}

fn twins_have_two_notifications_and_their_own_days() {
    let line = of(&families::twins(date(2026, 12, 31)), date(2027, 1, 2));
    assert_eq!(count(&line, "shussei_todoke"), 2);
    assert_eq!(count(&line, "jido_teate_nintei"), 2);
    assert_eq!(count(&line, "shussan_ikuji_ichijikin"), 1);
    assert_eq!(
        item(&line, "shussan_ikuji_ichijikin")
            .amount
            .as_ref()
            .unwrap()
            .yen,
        Some(1_000_000)
    );
    assert_eq!(
        item(&line, "ninpu_shien_2").amount.as_ref().unwrap().yen,
        Some(100_000)
    );
    let first: Vec<String> = line
        .items
        .iter()
        .filter(|item| item.procedure.id.as_str() == "jido_teate_nintei")
        .map(|item| {
            item.amount
                .as_ref()
                .unwrap()
                .first_month
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(first, ["2027-01", "2027-02"]);
}

fn characters_of_names() {
    for (name, verdict) in [("龘", "reject"), ("A", "reject"), ("\u{fa19}", "accept")] {
        assert_eq!(
            door("name", &json!({"name": name}))["verdict"],
            verdict,
            "{name}"
        );
    }
}

fn two_code_points_are_reviewed() {
    assert_eq!(
        door("name", &json!({"name": "\u{20b9f}"}))["verdict"],
        "accept"
    );
    assert_eq!(
        door("name", &json!({"name": "\u{53f1}"}))["verdict"],
        "review"
    );
}

fn a_child_without_a_name_goes_on() {
    let mut family = families::one_child(BIRTH);
    family.tell(Whom::Child(0), "child.name_decided", FactValue::Bool(false));
    let line = of(&family, TODAY);
    assert_eq!(item(&line, "shussei_todoke").status, Status::Now);
    assert_eq!(item(&line, "tsuikan_todoke").status, Status::WaitsFor);
    assert!(find(&line, "jido_teate_nintei").is_some() && find(&line, "kodomo_iryohi").is_some());
}

fn the_individual_number_is_no_precondition() {
    let line = of(&families::one_child(BIRTH), TODAY);
    for item in &line.items {
        let waits = item
            .waits_for()
            .any(|edge| edge.dependency.on.as_str() == "kojin_bango_tsuchi");
        assert!(!waits, "{}", item.procedure.id);
    }
}

fn a_stillbirth_has_its_own_notification_and_nothing_joyful() {
    let family = families::stillbirth(date(2026, 11, 22));
    let line = staff(&family, TODAY);
    assert_eq!(until(&line, "shizan_todoke"), date(2026, 11, 30));
    for id in [
        "shussei_todoke",
        "jido_teate_nintei",
        "kinenhin",
        "yobosesshu",
        "kenshin_1m",
        "hoiku_nintei_riyo",
    ] {
        assert!(find(&line, id).is_none(), "{id}");
    }
    for id in ["shussan_ikuji_ichijikin", "ninpu_shien_2", "sango_care"] {
        assert!(find(&line, id).is_some(), "{id}");
    }
    // Nothing a screen shows by itself; a miscarriage before twelve weeks has no notification.
    assert!(
        of(&family, TODAY)
            .items
            .iter()
            .all(|item| item.procedure.id.as_str() != "shizan_todoke"
                || item.status == Status::Staff)
    );
    let mut early = family;
    early.delivery.weeks = Some((11, 6));
    assert!(find(&staff(&early, TODAY), "shizan_todoke").is_none());
    assert!(find(&staff(&early, TODAY), "shussan_ikuji_ichijikin").is_none());
}

fn born_and_died_has_both_notifications() {
    let family = families::born_and_died(BIRTH, date(2026, 11, 23));
    let line = staff(&family, TODAY);
    assert!(find(&line, "shussei_todoke").is_some() && find(&line, "shibo_todoke").is_some());
    assert!(find(&line, "shizan_todoke").is_none() && find(&line, "jido_teate_nintei").is_none());
}

fn one_twin_lost_keeps_the_other_ones_tasks() {
    let family = families::one_twin_lost(BIRTH);
    let line = of(&family, TODAY);
    assert_eq!(count(&line, "shussei_todoke"), 1);
    assert_eq!(item(&line, "shizan_todoke").status, Status::Staff);
    assert!(find(&line, "yobosesshu").is_some_and(|item| item.guard == Guard::Quiet));
    assert!(find(&line, "kinenhin").is_none_or(|item| item.status == Status::Staff));
    assert_eq!(
        item(&line, "shussan_ikuji_ichijikin")
            .amount
            .as_ref()
            .unwrap()
            .yen,
        Some(1_000_000)
    );
    assert_eq!(
        item(&line, "ninpu_shien_2").amount.as_ref().unwrap().yen,
        Some(100_000)
    );
}

fn weights_at_the_limits() {
    let has = |grams, id| find(&of(&families::nicu(BIRTH, grams), TODAY), id).is_some();
    assert!(has(2499, "teitaiju_todoke") && !has(2500, "teitaiju_todoke"));
    assert!(has(2000, "yoiku_iryo") && !has(2001, "yoiku_iryo"));
}

fn no_result_of_a_test_is_a_fact() {
    for fact in catalogue().vocabulary().facts() {
        let id = &fact.id;
        assert!(!id.contains("result") && !id.contains("epds"), "{id}");
    }
}

fn the_municipalitys_own_days_are_shown() {
    let mut family = families::one_child(BIRTH);
    let line = of(&family, TODAY);
    assert_eq!(
        item(&line, "kodomo_iryohi")
            .deadline
            .as_ref()
            .unwrap()
            .last_day,
        date(2026, 12, 22)
    );
    let town = catalogue()
        .profiles()
        .find(|one| one.code.to_text() != "991015")
        .unwrap();
    family.mother.residence = Some(town.code);
    assert!(
        item(&of(&family, TODAY), "kodomo_iryohi")
            .deadline
            .is_none()
    );
    let care = of(&families::nicu(BIRTH, 1480), TODAY);
    assert_eq!(
        item(&care, "yoiku_iryo")
            .deadline
            .as_ref()
            .unwrap()
            .last_day,
        date(2026, 12, 22)
    );
}

fn the_claimant_is_asked_not_assumed() {
    let mut family = families::one_child(BIRTH);
    family.told.retain(|told| told.fact != "family.claimant");
    let line = of(&family, TODAY);
    assert!(
        line.questions
            .iter()
            .any(|question| question.fact.id == "family.claimant")
    );
    assert_ne!(item(&line, "jido_teate_nintei").status, Status::Offer);
}

fn public_servants_claim_at_work() {
    let mut family = families::one_child(BIRTH);
    family
        .told
        .retain(|told| !told.fact.starts_with("father.insurance"));
    family.tell(Whom::Family, "father.work", word("civil_servant"));
    let line = of(&family, TODAY);
    let claim = item(&line, "jido_teate_nintei");
    assert_eq!(
        (claim.status, claim.recipients[0].kind),
        (Status::Elsewhere, Routing::Employer)
    );
    assert_eq!(claim.deadline.as_ref().unwrap().last_day, date(2026, 12, 7));
    family.told.retain(|told| told.fact != "father.work");
    family.tell(Whom::Family, "father.work", word("independent_public"));
    let line = of(&family, TODAY);
    assert_eq!(
        item(&line, "jido_teate_nintei").recipients[0].kind,
        Routing::ClaimantHome
    );
}

fn the_third_child_counts_with_the_statement() {
    let mut family = families::one_child(BIRTH);
    for (at, birth) in [date(2003, 11, 1), date(2006, 11, 1), date(2011, 11, 1)]
        .into_iter()
        .enumerate()
    {
        family
            .older
            .push(families::child(&format!("o{at}"), birth, 0));
    }
    family.tell(
        Whom::Family,
        "family.receives_child_allowance",
        FactValue::Bool(false),
    );
    let yen = |family: &Family| {
        let line = of(family, TODAY);
        item(&line, "jido_teate_nintei")
            .amount
            .as_ref()
            .unwrap()
            .yen
    };
    assert_eq!(yen(&family), Some(15_000));
    family.tell(Whom::Older(1), "child.supported", FactValue::Bool(true));
    assert_eq!(yen(&family), Some(30_000));
}

fn insurance_goes_through_the_employer_or_the_head() {
    let line = of(&families::one_child(BIRTH), TODAY);
    assert_eq!(item(&line, "kenpo_hifuyosha").status, Status::Elsewhere);
    assert!(find(&line, "kokuho_kanyu").is_none());
    let line = of(&families::unmarried(BIRTH), TODAY);
    assert!(find(&line, "kenpo_hifuyosha").is_none());
    for paper in line.items.iter().flat_map(|item| &item.papers) {
        assert!(
            !paper.attachment.label.ja.contains("保険証"),
            "{}",
            paper.attachment.id
        );
    }
}

fn law_has_its_days() {
    assert!(find(&of(&families::one_child(BIRTH), TODAY), "bukkadaka_teate").is_none());
    let born = date(2026, 3, 20);
    assert!(
        find(
            &of(&families::one_child(born), date(2026, 4, 10)),
            "bukkadaka_teate"
        )
        .is_some()
    );
    assert!(
        find(
            &of(&families::one_child(born), date(2026, 11, 24)),
            "bukkadaka_teate"
        )
        .is_none()
    );
    let single = families::unmarried(BIRTH);
    let relief = of(&single, TODAY);
    let first = item(&relief, "ikuji_menjo_nenkin")
        .amount
        .as_ref()
        .unwrap()
        .first_month
        .unwrap();
    assert!(first.to_string().as_str() >= "2026-10");
}

fn the_single_parent_allowance_is_mentioned_quietly() {
    let line = of(&families::unmarried(BIRTH), TODAY);
    if let Some(item) = find(&line, "jido_fuyo_teate") {
        assert!(
            item.amount
                .as_ref()
                .is_none_or(|amount| amount.yen.is_none())
        );
        assert!(!item.procedure.bedside);
    }
    assert!(find(&of(&families::one_child(BIRTH), TODAY), "jido_fuyo_teate").is_none());
}

fn nursery_is_asked_before_it_is_shown() {
    let mut family = families::one_child(BIRTH);
    assert_eq!(
        item(&of(&family, TODAY), "hoiku_nintei_riyo").status,
        Status::Question
    );
    family.tell(
        Whom::Child(0),
        "child.wants_childcare",
        FactValue::Bool(false),
    );
    family.tell(Whom::Child(0), "child.in_childcare", FactValue::Bool(false));
    assert!(find(&of(&family, TODAY), "hoiku_nintei_riyo").is_none());
}

fn vaccine_windows() {
    let line = of(&families::one_child(BIRTH), TODAY);
    let doses = &item(&line, "yobosesshu").doses;
    let rota = doses
        .iter()
        .find(|dose| dose.vaccine == "rotavirus_rv1")
        .unwrap();
    assert_eq!(
        (rota.earliest, rota.latest),
        (date(2027, 1, 3), date(2027, 5, 9))
    );
}

fn private_offers_come_last_and_only_when_wanted() {
    use ubugoe_procedures::catalogue::Sector;
    let mut family = families::one_child(BIRTH);
    assert!(
        of(&family, TODAY)
            .items
            .iter()
            .all(|item| item.procedure.sector == Sector::Public)
    );
    family.tell(
        Whom::Family,
        "family.ready_for_private_offers",
        FactValue::Bool(true),
    );
    let line = of(&family, TODAY);
    let sectors: Vec<Sector> = line
        .items
        .iter()
        .map(|item| item.procedure.sector)
        .collect();
    assert!(sectors.is_sorted() && sectors.contains(&Sector::Private));
    let mut lost = families::one_twin_lost(BIRTH);
    lost.tell(
        Whom::Family,
        "family.ready_for_private_offers",
        FactValue::Bool(true),
    );
    assert!(
        of(&lost, TODAY)
            .items
            .iter()
            .all(|item| item.procedure.sector == Sector::Public)
    );
}
