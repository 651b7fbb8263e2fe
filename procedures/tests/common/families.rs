//! Invented families for the tests of the line.
#![allow(dead_code, reason = "each test file uses its own part")]

use jiff::civil::{Date, date};
use ubugoe_procedures::MunicipalityCode;
use ubugoe_procedures::plan::{Child, Family, Other, Parent, Pregnancy, Stillbirth, Whom};
use ubugoe_procedures::rules::FactValue;

pub(crate) fn code(text: &str) -> MunicipalityCode {
    text.parse().unwrap()
}

pub(crate) fn word(text: &str) -> FactValue {
    FactValue::Choice(text.to_owned())
}

pub(crate) fn child(id: &str, birth: Date, minute: i16) -> Child {
    Child {
        id: id.to_owned(),
        birth,
        minute: Some(minute),
        died: None,
    }
}

/// A couple in あすこえ市, both Japanese, he employed, she employed; nobody born yet.
pub(crate) fn couple() -> Family {
    let home = Some(code("991015"));
    let mut family = Family {
        mother: Parent {
            birth: Some(date(1996, 11, 23)),
            japanese: Some(true),
            residence: home,
        },
        father: Other::Some(Parent {
            birth: Some(date(1994, 5, 3)),
            japanese: Some(true),
            residence: home,
        }),
        ..Family::default()
    };
    family.places.birthplace = home;
    for (fact, value) in [
        ("family.marital", "married"),
        ("family.claimant", "father"),
        ("family.head", "father"),
        ("mother.insurance", "kenpo"),
        ("father.insurance", "kenpo"),
    ] {
        family.tell(Whom::Family, fact, word(value));
    }
    for fact in [
        "mother.employment_insurance",
        "father.employment_insurance",
        "mother.leave",
    ] {
        family.tell(Whom::Family, fact, FactValue::Bool(true));
    }
    family.tell(Whom::Family, "father.leave", FactValue::Bool(false));
    family
}

/// The couple with one child, born at 23:41.
pub(crate) fn one_child(birth: Date) -> Family {
    let mut family = couple();
    family
        .delivery
        .children
        .push(child("c1", birth, 23 * 60 + 41));
    family.delivery.weeks = Some((39, 2));
    family.tell(Whom::Child(0), "child.weight_g", FactValue::Number(3012));
    family
}

/// Twins who straddle midnight.
pub(crate) fn twins(birth: Date) -> Family {
    let mut family = one_child(birth);
    family
        .delivery
        .children
        .push(child("c2", birth.tomorrow().unwrap(), 4));
    family.tell(Whom::Child(1), "child.weight_g", FactValue::Number(2380));
    family.delivery.weeks = Some((37, 0));
    family
}

/// One twin was stillborn.
pub(crate) fn one_twin_lost(birth: Date) -> Family {
    let mut family = one_child(birth);
    family
        .delivery
        .stillborn
        .push(Stillbirth { on: Some(birth) });
    family
}

/// The only child was stillborn.
pub(crate) fn stillbirth(on: Date) -> Family {
    let mut family = couple();
    family.delivery.stillborn.push(Stillbirth { on: Some(on) });
    family.delivery.weeks = Some((30, 1));
    family
}

/// Born alive, and died.
pub(crate) fn born_and_died(birth: Date, died: Date) -> Family {
    let mut family = one_child(birth);
    family.delivery.children[0].died = Some(died);
    family
}

/// An unmarried mother, self-employed, in national health insurance and pension.
pub(crate) fn unmarried(birth: Date) -> Family {
    let mut family = one_child(birth);
    family.father = Other::None;
    family.told.retain(|told| {
        !told.fact.starts_with("mother.")
            && !told.fact.starts_with("father.")
            && !told.fact.starts_with("family.")
    });
    for (fact, value) in [
        ("family.marital", "not_married"),
        ("family.head", "mother"),
        ("mother.insurance", "kokuho"),
        ("mother.pension", "national_1"),
        ("mother.work", "self_employed"),
    ] {
        family.tell(Whom::Family, fact, word(value));
    }
    family
}

/// Both parents foreign nationals.
pub(crate) fn both_foreign(birth: Date) -> Family {
    let mut family = one_child(birth);
    family.mother.japanese = Some(false);
    if let Other::Some(father) = &mut family.father {
        father.japanese = Some(false);
    }
    family.tell(
        Whom::Child(0),
        "child.leaves_japan_within_60_days",
        FactValue::Bool(false),
    );
    family
}

/// A small baby in intensive care.
pub(crate) fn nicu(birth: Date, grams: i64) -> Family {
    let mut family = one_child(birth);
    family.told.retain(|told| told.fact != "child.weight_g");
    family.tell(Whom::Child(0), "child.weight_g", FactValue::Number(grams));
    family.tell(Whom::Child(0), "child.nicu", FactValue::Bool(true));
    family.delivery.weeks = Some((31, 3));
    family
}

/// Born away from home (里帰り), the father, who claims, in a third place (単身赴任).
pub(crate) fn away_and_apart(birth: Date) -> Family {
    let mut family = one_child(birth);
    family.places.birthplace = Some(code("994049"));
    family.places.stay = Some(code("994049"));
    family.places.honseki = Some(code("131016"));
    if let Other::Some(father) = &mut family.father {
        father.residence = Some(code("271004"));
    }
    family
}

/// Protected from violence.
pub(crate) fn protected(birth: Date) -> Family {
    let mut family = one_child(birth);
    family.tell(Whom::Family, "family.dv_support", FactValue::Bool(true));
    family.told.retain(|told| told.fact != "family.claimant");
    family.tell(Whom::Family, "family.claimant", word("mother"));
    family
}

/// A pregnancy.
pub(crate) fn expecting(due: Date) -> Family {
    let mut family = couple();
    family.delivery.expected = Some(Pregnancy { due: Some(due) });
    family.tell(Whom::Delivery, "delivery.fetuses", FactValue::Number(1));
    family
}
