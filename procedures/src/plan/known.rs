//! From a family to the slots the conditions read: what was told, what follows from it, and what is presumed.
//!
//! All derived facts are computed here and nowhere else. A presumption is the usual case of something nobody is asked
//! (a child lives with its parents, nobody is on public assistance); it never stands against what was told, and is listed,
//! so that whoever reads the plan can see it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::family::{Family, Other, Parent, Whom};
use crate::calendar::{age_on, attains, fiscal_year, fiscal_year_end_after_attaining};
use crate::catalogue::{Catalogue, OnlineMode, Profile, SecondPayment};
use crate::ids::MunicipalityCode;
use crate::rules::{FactValue, Focus, Records, Scope, Vocabulary};

/// A pregnancy at term, in days as they are counted in the law: the first day is day 1.
const AT_TERM: i64 = 281;

/// What is known of a family on a day.
pub(super) struct Known {
    /// The slots.
    pub(super) records: Records,
    /// Facts that were presumed.
    pub(super) presumed: BTreeSet<&'static str>,
}

/// The places of the members in their scopes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members {
    /// Children of this delivery.
    pub(super) children: usize,
    /// An expected child comes after them.
    pub(super) expected: bool,
    /// There is a delivery.
    pub(super) delivery: bool,
    /// There is a father to act.
    pub(super) father: bool,
}

impl Members {
    pub(super) fn of(family: &Family) -> Self {
        Self {
            children: family.delivery.children.len(),
            expected: family.delivery.expected.is_some(),
            delivery: family.delivery.expected.is_some()
                || !family.delivery.children.is_empty()
                || !family.delivery.stillborn.is_empty()
                || family.loss,
            father: matches!(family.father, Other::Some(_)),
        }
    }

    /// Which member of which scope somebody is.
    pub(super) fn member(self, whom: Whom) -> (Scope, usize) {
        match whom {
            Whom::Family => (Scope::Family, 0),
            Whom::Delivery => (Scope::Delivery, 0),
            Whom::Child(at) => (Scope::Child, at),
            Whom::Expected => (Scope::Child, self.children),
            Whom::Older(at) => (
                Scope::Child,
                self.children + usize::from(self.expected) + at,
            ),
            Whom::Mother => (Scope::Parent, 0),
            Whom::Father => (Scope::Parent, 1),
            Whom::Person(at) => (Scope::Person, at),
        }
    }

    /// What to look at for an item of somebody. Items that are not of a child look at the first child beside.
    pub(super) fn focus(self, family: &Family, whom: Whom) -> Focus {
        let mut focus = Focus::family();
        if self.delivery {
            focus = focus.on(Scope::Delivery, 0);
        }
        let living = (0..self.children).find(|child| !family.lost(*child));
        if let Some(child) = living.or_else(|| self.expected.then_some(self.children)) {
            focus = focus.on(Scope::Child, child);
        }
        let (scope, member) = self.member(whom);
        focus.on(scope, member)
    }
}

struct Writer<'a> {
    vocabulary: &'a Vocabulary,
    known: Known,
}

impl Writer<'_> {
    fn has(&self, member: usize, id: &str) -> bool {
        self.get(member, id).is_some()
    }

    fn get(&self, member: usize, id: &str) -> Option<i64> {
        let slot = self.vocabulary.slot(id)?;
        self.known.records.get(slot, member)
    }

    fn word(&self, id: &str) -> Option<String> {
        match self.known.records.value(self.vocabulary, 0, id) {
            Some(FactValue::Choice(word)) => Some(word),
            _ => None,
        }
    }

    fn flag(&self, member: usize, id: &str) -> Option<bool> {
        self.get(member, id).map(|number| number != 0)
    }

    /// Sets what follows; what was told stays. A catalogue without the fact does not need it.
    fn put(&mut self, member: usize, id: &str, value: Option<FactValue>) {
        if let Some(value) = value
            && !self.has(member, id)
        {
            let _ = self.known.records.set(self.vocabulary, member, id, &value);
        }
    }

    fn presume(&mut self, member: usize, id: &'static str, value: &FactValue) {
        if !self.has(member, id)
            && self
                .known
                .records
                .set(self.vocabulary, member, id, value)
                .is_ok()
        {
            self.known.presumed.insert(id);
        }
    }

    fn copy(&mut self, member: usize, from: &str, to: &str) {
        let value = self.known.records.value(self.vocabulary, 0, from);
        self.put(member, to, value);
    }
}

fn yes(value: bool) -> FactValue {
    FactValue::Bool(value)
}

fn word(value: &str) -> FactValue {
    FactValue::Choice(value.to_owned())
}

/// Where the child lives: where it was said, or with the mother, or with the father where nothing is known of her home.
pub(super) fn child_home(family: &Family) -> Option<MunicipalityCode> {
    let father = || family.father.known().and_then(|father| father.residence);
    family
        .places
        .child_home
        .or(family.mother.residence)
        .or_else(father)
}

/// Where the claimant lives, as far as it is known who that is.
pub(super) fn claimant_home(family: &Family) -> Option<MunicipalityCode> {
    if family.places.claimant_home.is_some() {
        return family.places.claimant_home;
    }
    let mother = family.mother.residence;
    let father = family.father.known().and_then(|father| father.residence);
    match family.told_of("family.claimant") {
        Some(FactValue::Choice(who)) if who == "mother" => mother,
        Some(FactValue::Choice(who)) if who == "father" => father.or(mother),
        Some(_) => None,
        None => match (&family.father, mother, father) {
            (Other::None, mother, _) => mother,
            (_, Some(mother), Some(father)) if mother != father => None,
            (_, mother, father) => mother.or(father),
        },
    }
}

/// The day of the delivery: the first child's birth, or the day of the loss.
pub(super) fn delivery_day(family: &Family) -> Option<Date> {
    let born = family.delivery.children.iter().map(|child| child.birth);
    let lost = family.delivery.stillborn.iter().filter_map(|one| one.on);
    born.chain(lost).min()
}

/// Writes everything down. With `hoped`, an expected child is taken as born on the expected day.
pub(super) fn known(catalogue: &Catalogue, family: &Family, today: Date, hoped: bool) -> Known {
    let vocabulary = catalogue.vocabulary();
    let members = Members::of(family);
    let mut records = Records::new(vocabulary);
    if members.delivery {
        records.add(Scope::Delivery);
    }
    for _ in 0..members.children + usize::from(members.expected) + family.older.len() {
        records.add(Scope::Child);
    }
    records.add(Scope::Parent);
    if members.father {
        records.add(Scope::Parent);
    }
    for _ in 0..family.persons {
        records.add(Scope::Person);
    }
    let mut writer = Writer {
        vocabulary,
        known: Known {
            records,
            presumed: BTreeSet::new(),
        },
    };
    for told in &family.told {
        let (scope, member) = members.member(told.of);
        // What is told of another scope than the fact has is told of its first member: a door for plain lists of facts.
        let member = match vocabulary.fact(&told.fact) {
            Some(fact) if fact.scope == scope => member,
            Some(_) => 0,
            None => continue,
        };
        let _ = writer
            .known
            .records
            .set(vocabulary, member, &told.fact, &told.value);
    }
    writer.put(0, "today", Some(FactValue::Date(today)));
    parents(&mut writer, family, today);
    around(&mut writer, family);
    home(
        &mut writer,
        child_home(family).and_then(|code| catalogue.profile(&code)),
        child_home(family).is_some(),
    );
    if members.delivery {
        delivery(&mut writer, family, hoped);
    }
    for (at, child) in family.delivery.children.iter().enumerate() {
        let order = i64::try_from(at + 1).unwrap_or(i64::MAX);
        writer.put(at, "child.order", Some(FactValue::Number(order)));
        of_child(
            &mut writer,
            family,
            at,
            Some(child.birth),
            child.died,
            today,
        );
    }
    if members.expected {
        let due = family.delivery.expected.as_ref().and_then(|one| one.due);
        let birth = due.filter(|_| hoped);
        of_child(&mut writer, family, members.children, birth, None, today);
    }
    let first_older = members.children + usize::from(members.expected);
    for (at, child) in family.older.iter().enumerate() {
        of_child(
            &mut writer,
            family,
            first_older + at,
            Some(child.birth),
            child.died,
            today,
        );
    }
    each_parent(&mut writer, family, members);
    writer.known
}

fn parents(writer: &mut Writer<'_>, family: &Family, today: Date) {
    let father = family.father.known();
    let mut person = |name: &str, parent: &Parent| {
        writer.put(
            0,
            &format!("{name}.birth"),
            parent.birth.map(FactValue::Date),
        );
        writer.put(0, &format!("{name}.japanese"), parent.japanese.map(yes));
        let age = parent.birth.and_then(|birth| age_on(birth, today));
        writer.put(0, &format!("{name}.age"), age.map(FactValue::Number));
        if parent.japanese == Some(true) {
            writer.put(0, &format!("{name}.special_permanent"), Some(yes(false)));
        }
        let insurance = writer.word(&format!("{name}.insurance"));
        let work = writer.word(&format!("{name}.work"));
        if work.as_deref() == Some("civil_servant") {
            writer.put(0, &format!("{name}.insurance"), Some(word("kyosai")));
            writer.put(0, &format!("{name}.pension"), Some(word("employees_2")));
            writer.put(0, &format!("{name}.employment_insurance"), Some(yes(false)));
        }
        // Whoever is insured through work is in the employees' pension, and a dependant in category 3.
        match insurance.as_deref() {
            Some("kenpo") => {
                writer.put(0, &format!("{name}.pension"), Some(word("employees_2")));
                writer.put(0, &format!("{name}.work"), Some(word("employee")));
            }
            Some("kyosai") => writer.put(0, &format!("{name}.pension"), Some(word("employees_2"))),
            Some("kenpo_dependant") => {
                writer.put(0, &format!("{name}.pension"), Some(word("dependant_3")));
            }
            _ => {}
        }
        if matches!(work.as_deref(), Some("none" | "student")) {
            writer.put(0, &format!("{name}.employment_insurance"), Some(yes(false)));
            writer.put(0, &format!("{name}.leave"), Some(yes(false)));
        }
        if work.as_deref() == Some("self_employed") {
            writer.put(0, &format!("{name}.employment_insurance"), Some(yes(false)));
            writer.put(0, &format!("{name}.leave"), Some(yes(false)));
        }
    };
    person("mother", &family.mother);
    if let Some(father) = father {
        person("father", father);
    }
    let nationality = match (family.mother.japanese, father.and_then(|one| one.japanese)) {
        (Some(true), Some(true)) => Some("both_japanese"),
        (Some(false), Some(false)) => Some("both_foreign"),
        (Some(_), Some(_)) => Some("one_foreign"),
        // Only the mother counts where there is no father in law.
        (Some(true), None) if family.father == Other::None => Some("both_japanese"),
        (Some(false), None) if family.father == Other::None => Some("both_foreign"),
        _ => None,
    };
    writer.put(0, "family.nationality", nationality.map(word));
    let foreign = match writer.word("family.nationality").as_deref() {
        Some("both_japanese") => Some(false),
        Some(_) => Some(true),
        None if family.mother.japanese == Some(false) => Some(true),
        None if father.and_then(|one| one.japanese) == Some(false) => Some(true),
        None => None,
    };
    writer.put(0, "family.foreign_parent", foreign.map(yes));
    let minor = |birth: Option<Date>| birth.map(|birth| today < attains(birth, 18));
    let minors = [
        minor(family.mother.birth),
        father.and_then(|one| minor(one.birth)),
    ];
    if minors.contains(&Some(true)) {
        writer.put(0, "family.minor_parent", Some(yes(true)));
    }
    writer.presume(0, "family.minor_parent", &yes(false));
    writer.presume(0, "family.foreign_parent", &yes(false));
    if family.father == Other::None {
        // Nobody is asked about a father there is not.
        for (id, value) in [
            ("father.insurance", word("none")),
            ("father.pension", word("none")),
            ("father.work", word("none")),
            ("father.employment_insurance", yes(false)),
            ("father.leave", yes(false)),
            ("father.special_permanent", yes(false)),
        ] {
            writer.put(0, id, Some(value));
        }
        writer.put(0, "family.claimant", Some(word("mother")));
        writer.put(0, "family.single_parent", Some(yes(true)));
    }
    match writer.word("family.claimant").as_deref() {
        Some("mother") => writer.copy(0, "mother.work", "claimant.work"),
        Some("father") => writer.copy(0, "father.work", "claimant.work"),
        // The same for both: it does not matter who claims.
        _ => {
            let (mother, father) = (writer.word("mother.work"), writer.word("father.work"));
            if mother.is_some() && mother == father {
                writer.copy(0, "mother.work", "claimant.work");
            }
        }
    }
}

fn around(writer: &mut Writer<'_>, family: &Family) {
    let children = family.delivery.children.iter().chain(&family.older);
    let living = children.filter(|child| child.died.is_none()).count();
    let living = i64::try_from(living).unwrap_or(i64::MAX);
    writer.put(0, "family.children", Some(FactValue::Number(living)));
    writer.put(0, "family.loss", Some(yes(family.any_lost())));
    if writer.word("family.marital").as_deref() == Some("married") {
        writer.put(0, "family.single_parent", Some(yes(false)));
    }
    let (mother, father) = (
        family.mother.residence,
        family.father.known().and_then(|one| one.residence),
    );
    let apart = mother.zip(father).map(|(mother, father)| mother != father);
    writer.put(0, "family.spouses_apart", apart.map(yes));
    writer.presume(0, "family.spouses_apart", &yes(false));
    let claimant = claimant_home(family).zip(child_home(family));
    writer.put(
        0,
        "family.claimant_elsewhere",
        claimant.map(|(one, other)| yes(one != other)),
    );
    writer.presume(0, "family.claimant_elsewhere", &yes(false));
    let away = family.places.stay.or(family.places.birthplace).zip(mother);
    // A mother in a hospital of the next town is not staying away; only whoever says so is asked no more.
    if away.is_some_and(|(there, home)| there == home) {
        writer.put(0, "family.satogaeri", Some(yes(false)));
    } else if away.is_some() {
        writer.put(0, "family.satogaeri", Some(yes(true)));
    }
    writer.presume(0, "family.satogaeri", &yes(false));
    if family.older.is_empty() {
        writer.presume(0, "family.receives_child_allowance", &yes(false));
    }
    for id in [
        "family.dv_support",
        "family.adoption_plan",
        "family.welfare",
        "family.ready_for_private_offers",
        "mother.apart_from_child",
    ] {
        writer.presume(0, id, &yes(false));
    }
}

fn home(writer: &mut Writer<'_>, profile: Option<&Profile>, known: bool) {
    writer.put(0, "home.known", Some(yes(profile.is_some())));
    let Some(profile) = profile else {
        if known {
            // A municipality without a profile: what differs from place to place is taken as usual, and said so.
            writer.presume(0, "home.nhi_provisional", &yes(false));
            writer.presume(0, "home.provisional_claims", &yes(false));
        }
        return;
    };
    let health = &profile.health;
    for (id, value) in [
        (
            "home.provisional_claims",
            profile.medical.provisional_claims,
        ),
        ("home.nhi_provisional", profile.nhi_provisional),
        ("home.unborn_nursery", profile.nursery.unborn),
        ("home.gift", profile.gift.is_some()),
        ("home.one_month_check", health.one_month_check_yen.is_some()),
        ("home.hearing_test", health.hearing_test_yen.is_some()),
    ] {
        writer.put(0, id, Some(yes(value)));
    }
    let online = match profile.online_mode {
        OnlineMode::None => "none",
        OnlineMode::Image => "image",
        OnlineMode::Direct => "direct",
    };
    writer.put(0, "home.online_mode", Some(word(online)));
    let until = i64::from(profile.medical.until_fiscal_year_end_of);
    writer.put(0, "home.medical_until_age", Some(FactValue::Number(until)));
    let second = match profile.second_payment {
        SecondPayment::BirthCounter => "birth_counter",
        SecondPayment::HomeVisit => "home_visit",
        SecondPayment::EighthMonthInterview => "eighth_month_interview",
        SecondPayment::Online => "online",
    };
    writer.put(0, "home.second_payment", Some(word(second)));
}

fn delivery(writer: &mut Writer<'_>, family: &Family, hoped: bool) {
    let delivery = &family.delivery;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (live, still) = (
        count(delivery.children.len()),
        count(delivery.stillborn.len()),
    );
    let expected = delivery.expected.as_ref();
    let due = expected.and_then(|one| one.due);
    let hoped = hoped && due.is_some();
    writer.put(0, "delivery.due_date", due.map(FactValue::Date));
    let day = delivery_day(family).or_else(|| due.filter(|_| hoped));
    if expected.is_none() || hoped {
        writer.put(0, "delivery.date", day.map(FactValue::Date));
    }
    let told = writer.get(0, "delivery.fetuses");
    let live = if hoped { told.unwrap_or(1) } else { live };
    let over = expected.is_none() || hoped;
    if over {
        writer.put(0, "delivery.live_births", Some(FactValue::Number(live)));
        writer.put(0, "delivery.stillbirths", Some(FactValue::Number(still)));
        if live.saturating_add(still) > 0 {
            let all = live.saturating_add(still);
            writer.put(0, "delivery.fetuses", Some(FactValue::Number(all)));
        }
    } else {
        writer.put(0, "delivery.live_births", Some(FactValue::Number(0)));
        writer.put(0, "delivery.stillbirths", Some(FactValue::Number(still)));
    }
    let outcome = match (over, family.all_lost(), family.any_lost()) {
        (false, ..) => "expected",
        (_, true, _) => "loss",
        (_, _, true) => "mixed",
        _ => "live",
    };
    writer.put(0, "delivery.outcome", Some(word(outcome)));
    let lost_on = delivery.stillborn.iter().filter_map(|one| one.on).min();
    writer.put(0, "delivery.loss_on", lost_on.map(FactValue::Date));
    // 12 weeks 0 days is the 85th day.
    let days = delivery.weeks.map(|(weeks, days)| {
        let days = weeks.saturating_mul(7).saturating_add(days);
        FactValue::Number(days.saturating_add(1))
    });
    if over {
        writer.put(0, "delivery.days", days);
    }
    // Whoever was born alive was born after the 85th day; how long the pregnancy was exactly is another matter.
    if over && live > 0 {
        writer.presume(0, "delivery.days", &FactValue::Number(AT_TERM));
    }
    let abroad =
        (0..delivery.children.len()).any(|at| writer.flag(at, "child.born_abroad") == Some(true));
    writer.put(0, "delivery.abroad", abroad.then(|| yes(true)));
    writer.presume(0, "delivery.abroad", &yes(false));
    writer.presume(0, "delivery.facility_in_scheme", &yes(true));
    writer.presume(0, "delivery.facility_mode", &word("lump_sum"));
    if family.has_done("ninshin_todoke", Whom::Delivery) {
        let notified = day.or(due).map(FactValue::Date);
        writer.put(0, "delivery.notified_on", notified);
    }
}

#[expect(clippy::too_many_lines, reason = "one line for each fact of a child")]
fn of_child(
    writer: &mut Writer<'_>,
    family: &Family,
    at: usize,
    birth: Option<Date>,
    died: Option<Date>,
    today: Date,
) {
    writer.put(at, "child.birth", birth.map(FactValue::Date));
    writer.put(at, "child.died_on", died.map(FactValue::Date));
    writer.put(at, "child.death_known_on", died.map(FactValue::Date));
    writer.put(at, "child.alive", birth.map(|_| yes(died.is_none())));
    if let Some(birth) = birth.filter(|birth| *birth <= today) {
        let days = birth
            .until(today)
            .map_or(0, |span| i64::from(span.get_days()));
        writer.put(at, "child.days_old", Some(FactValue::Number(days)));
        let reached = (i32::from(today.year()) - i32::from(birth.year())) * 12
            + i32::from(today.month())
            - i32::from(birth.month());
        // A month is attained on the day before the same day; where there is none, on the month's last day.
        let attained = u16::try_from(reached + 1)
            .ok()
            .filter(|months| crate::calendar::last_day_of_months(birth, *months) <= today);
        let last = u16::try_from(reached).ok().filter(|months| {
            *months == 0 || crate::calendar::last_day_of_months(birth, *months) <= today
        });
        let months = attained
            .map(i64::from)
            .or(last.map(i64::from))
            .unwrap_or(i64::from(reached) - 1);
        writer.put(
            at,
            "child.months_old",
            Some(FactValue::Number(months.max(0))),
        );
    }
    if let Some(birth) = birth {
        // The class is that of the age attained by the 31 March before the fiscal year: one year for each 1 April after.
        let turns_one = fiscal_year_end_after_attaining(birth, 0);
        let class = i64::from(fiscal_year(today)) - i64::from(turns_one.year());
        writer.put(
            at,
            "child.class_age",
            Some(FactValue::Number(class.clamp(0, 6))),
        );
    }
    let nationality = writer.word("family.nationality");
    let japanese = match nationality.as_deref() {
        Some("both_foreign") => Some(false),
        Some(_) => Some(true),
        None if family.mother.japanese == Some(true) => Some(true),
        None => None,
    };
    writer.put(at, "child.japanese", japanese.map(yes));
    let foreign = nationality.as_deref() == Some("both_foreign");
    writer.put(
        at,
        "child.status_of_residence",
        nationality
            .as_deref()
            .map(|_| word(if foreign { "none" } else { "not_needed" })),
    );
    if nationality.is_some() && !foreign {
        writer.put(at, "child.leaves_japan_within_60_days", Some(yes(false)));
    }
    let done = |id: &str| family.has_done(id, Whom::Child(at));
    writer.put(
        at,
        "child.registered",
        done("shussei_todoke").then(|| yes(true)),
    );
    writer.put(
        at,
        "child.has_resident_record",
        done("juminhyo_kisai").then(|| yes(true)),
    );
    let insured = done("kokuho_kanyu") || done("kenpo_hifuyosha");
    writer.put(at, "child.insured", insured.then(|| yes(true)));
    writer.put(
        at,
        "child.has_card",
        done("mynumber_card_newborn").then(|| yes(true)),
    );
    if writer.flag(0, "delivery.abroad") == Some(true) {
        writer.put(at, "child.born_abroad", Some(yes(true)));
    }
    writer.presume(at, "child.born_abroad", &yes(false));
    let abroad = writer.flag(at, "child.born_abroad") == Some(true);
    if nationality.as_deref() == Some("both_japanese") {
        writer.put(at, "child.other_nationality", Some(yes(false)));
    }
    if !abroad {
        writer.presume(at, "child.other_nationality", &yes(false));
        writer.presume(at, "child.residence", &word("japan"));
    }
    let apart = writer.flag(0, "family.claimant_elsewhere");
    writer.put(
        at,
        "child.lives_with_claimant",
        apart.map(|apart| yes(!apart)),
    );
    let small = writer
        .get(at, "child.weight_g")
        .is_some_and(|grams| grams <= 2000);
    let nicu = writer.flag(at, "child.nicu") == Some(true);
    if nicu {
        writer.presume(at, "child.admission_needed", &yes(true));
        if let Some(birth) = birth {
            writer.presume(at, "child.treatment_began", &FactValue::Date(birth));
        }
    } else if !small {
        writer.presume(at, "child.admission_needed", &yes(false));
    }
    writer.presume(at, "child.care", &word("home"));
    writer.presume(at, "child.disability", &word("none"));
    for (id, usual) in [
        ("child.custody", true),
        ("child.supported", true),
        ("child.name_decided", true),
        ("child.designated_hospital", true),
        ("child.lives_with_claimant", true),
        ("child.filed_without_name", false),
        ("child.filed_without_sex", false),
        ("child.registered", false),
        ("child.has_resident_record", false),
        ("child.insured", false),
        ("child.has_number", false),
        ("child.has_card", false),
        ("child.nicu", false),
        ("child.weak_signs", false),
        ("child.allowance_received", false),
    ] {
        writer.presume(at, id, &yes(usual));
    }
}

fn each_parent(writer: &mut Writer<'_>, family: &Family, members: Members) {
    let mut names = vec![(0, "mother", Whom::Mother)];
    if members.father {
        names.push((1, "father", Whom::Father));
    }
    let born = family
        .delivery
        .children
        .iter()
        .map(|child| child.birth)
        .min();
    for (at, name, whom) in names {
        writer.put(at, "parent.is", Some(word(name)));
        writer.copy(at, &format!("{name}.pension"), "parent.pension");
        writer.copy(
            at,
            &format!("{name}.employment_insurance"),
            "parent.employment_insurance",
        );
        // Childcare leave is leave for a child.
        writer.put(at, "parent.leave", family.all_lost().then(|| yes(false)));
        writer.copy(at, &format!("{name}.leave"), "parent.leave");
        if let Some(born) = born {
            writer.presume(at, "parent.care_began_on", &FactValue::Date(born));
        }
        let filed = whom == Whom::Mother && family.has_done("sanzen_sango_nenkin", Whom::Delivery);
        writer.put(at, "parent.filed_sanzen_sango", filed.then(|| yes(true)));
        writer.presume(at, "parent.filed_sanzen_sango", &yes(false));
    }
}
