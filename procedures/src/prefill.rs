//! What can be filled in before anybody is asked, and what follows from answers already given.
//!
//! Only what is known for sure is filled in; a parent can change it. Derivation never overrides what a person,
//! a card or a certificate said.

use crate::calendar;
use crate::catalogue::{Catalogue, Procedure};
use crate::codes;
use crate::facts::{Facts, FilerRole, Sex, split_name};
use crate::form::{
    Derive, Field, FieldKind, Prefill, PrefillFrom, PrefillRole, Required, ShareRule,
};
use crate::names;
use crate::value::{Answers, Source, Value};

/// Fills in what card, certificate, role and profiles tell.
///
/// The card holder's attributes go only into fields about the card holder: never into a spouse's, so
/// that a protected address cannot travel there.
#[must_use]
pub fn prefill(procedure: &Procedure, facts: &Facts, catalogue: &Catalogue) -> Answers {
    let mut answers = Answers::new();
    for field in &procedure.form.fields {
        let mut known = field
            .prefill
            .iter()
            .filter(|prefill| suits(prefill, facts.role));
        let found = known.find_map(|prefill| known_value(prefill.from, facts, catalogue));
        if let Some((value, source)) = found {
            answers.set(field.path.clone(), fitted(field, value), source);
        }
    }
    derive(procedure, &answers)
}

fn suits(prefill: &Prefill, role: FilerRole) -> bool {
    match prefill.role {
        None => true,
        Some(PrefillRole::Mother) => role == FilerRole::Mother,
        Some(PrefillRole::Father) => role == FilerRole::Father,
        Some(PrefillRole::Parent) => matches!(role, FilerRole::Mother | FilerRole::Father),
    }
}

/// Option ids and codes are the same words; the field's kind decides which they are.
fn fitted(field: &Field, value: Value) -> Value {
    match (field.kind, value) {
        (FieldKind::Choice, Value::Text(id)) => Value::Choice(id),
        (_, value) => value,
    }
}

fn known_value(from: PrefillFrom, facts: &Facts, catalogue: &Catalogue) -> Option<(Value, Source)> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let holder = &facts.holder;
    let certificate = facts.certificate.as_ref();
    let mother = || certificate.and_then(|certificate| split_name(&certificate.mother));
    let mayor = |code| {
        catalogue
            .profile(code)
            .and_then(|profile| text(&profile.mayor.ja))
    };
    let (value, source) = match from {
        PrefillFrom::CardName => (text(&holder.name), Source::Card),
        PrefillFrom::CardSei => (
            holder.name_parts().and_then(|(sei, _)| text(sei)),
            Source::Card,
        ),
        PrefillFrom::CardMei => (
            holder.name_parts().and_then(|(_, mei)| text(mei)),
            Source::Card,
        ),
        PrefillFrom::CardBirth => (Some(Value::Date(holder.birth)), Source::Card),
        PrefillFrom::CardSex => (sex(holder.sex), Source::Card),
        PrefillFrom::CardAddress => (text(&holder.address), Source::Card),
        PrefillFrom::CertificateBirthDt => (
            certificate.map(|c| Value::DateTime(c.birth_dt)),
            Source::Certificate,
        ),
        PrefillFrom::CertificateBirth => (
            certificate.map(|c| Value::Date(c.birth_dt.date())),
            Source::Certificate,
        ),
        PrefillFrom::CertificateSex => (certificate.and_then(|c| sex(c.sex)), Source::Certificate),
        PrefillFrom::CertificatePlace => (
            certificate.and_then(|c| text(&c.place_addr)),
            Source::Certificate,
        ),
        PrefillFrom::CertificateMotherSei => {
            (mother().and_then(|(sei, _)| text(sei)), Source::Certificate)
        }
        PrefillFrom::CertificateMotherMei => {
            (mother().and_then(|(_, mei)| text(mei)), Source::Certificate)
        }
        PrefillFrom::CertificateFirstborn => {
            let first = certificate.is_some_and(|c| c.live_births == 1 && c.child_order() == 1);
            (first.then_some(Value::Number(1)), Source::Derived)
        }
        PrefillFrom::RoleCapacity => (text(&facts.role.capacity().to_string()), Source::Derived),
        PrefillFrom::RoleParent => match facts.role {
            FilerRole::Mother => (text("mother"), Source::Derived),
            FilerRole::Father => (text("father"), Source::Derived),
            _ => return None,
        },
        PrefillFrom::BirthplaceCode => (text(&facts.birthplace.to_text()), Source::Derived),
        PrefillFrom::BirthplaceMayor => (mayor(&facts.birthplace), Source::Profile),
        PrefillFrom::HomeCode => (text(&facts.home.to_text()), Source::Derived),
        PrefillFrom::HomeMayor => (mayor(&facts.home), Source::Profile),
    };
    Some((value?, source))
}

fn sex(sex: Sex) -> Option<Value> {
    match sex {
        Sex::Male | Sex::Female => Some(Value::Choice(sex.code().to_string())),
        Sex::NotKnown => Some(Value::Blank),
        Sex::NotApplicable => None,
    }
}

/// Computes what follows from the answers: the answers given, with derived ones added, renewed, or taken
/// away where they no longer follow.
#[must_use]
pub fn derive(procedure: &Procedure, answers: &Answers) -> Answers {
    let mut all = answers.clone();
    // A derived value may feed another; forms are shallow, and the second round settles them.
    for _ in 0..2 {
        for field in procedure
            .form
            .fields
            .iter()
            .filter(|field| !field.derive.is_empty())
        {
            let path = field.path.as_str();
            if all
                .get(path)
                .is_some_and(|answer| !renewable(answer.source))
            {
                continue;
            }
            let there = field.when.holds(&all) != Some(false);
            let mut rules = field
                .derive
                .iter()
                .filter(|rule| rule.when.holds(&all) == Some(true));
            let value = rules.find_map(|rule| compute(&rule.derive, &all));
            match value {
                Some(value) if there => {
                    let source = if field.required == Required::System && is_fixed(field) {
                        Source::System
                    } else {
                        Source::Derived
                    };
                    all.set(field.path.clone(), value, source);
                }
                _ => {
                    let own = all
                        .get(path)
                        .is_some_and(|answer| answer.source == Source::Derived);
                    if own {
                        all.remove(path);
                    }
                }
            }
        }
    }
    all
}

fn is_fixed(field: &Field) -> bool {
    field
        .derive
        .iter()
        .all(|rule| matches!(rule.derive, Derive::Value(_)))
}

/// Computed values are computed again; what somebody or something said stands.
fn renewable(source: Source) -> bool {
    match source {
        Source::Derived | Source::System => true,
        Source::Card | Source::Certificate | Source::Parent | Source::Profile => false,
    }
}

fn compute(derive: &Derive, answers: &Answers) -> Option<Value> {
    match derive {
        Derive::Copy(from) => answers.value(from).cloned(),
        Derive::Name { sei, mei } => Some(Value::Text(format!(
            "{}\u{3000}{}",
            answers.text(sei)?,
            answers.text(mei)?
        ))),
        Derive::AgeAt { birth, on } => {
            calendar::age_on(day(answers.value(birth)?)?, day(answers.value(on)?)?)
                .map(Value::Number)
        }
        Derive::DayOf(from) => day(answers.value(from)?).map(Value::Date),
        Derive::Tsuzukigara { order, sex } => {
            tsuzukigara(answers.value(order)?, answers.value(sex)?)
        }
        Derive::YuchoBranch(from) => {
            let branch = savings(answers.text(from)?)?.branch();
            Some(Value::Text(branch.to_string()))
        }
        Derive::YuchoNumber(from) => {
            let number = codes::savings_number(answers.text(from)?)?;
            Some(Value::Text(number.to_string()))
        }
        Derive::Zengin { sei_kana, mei_kana } => {
            let both = format!("{} {}", answers.text(sei_kana)?, answers.text(mei_kana)?);
            Some(Value::Text(names::to_zengin(&both)))
        }
        Derive::Value(value) => Some(value.clone()),
    }
}

fn day(value: &Value) -> Option<jiff::civil::Date> {
    match value {
        Value::Date(day) => Some(*day),
        Value::DateTime(at) => Some(at.date()),
        _ => None,
    }
}

/// 長男, 二女 … in the koseki's words; `None` while the sex is open.
fn tsuzukigara(order: &Value, sex: &Value) -> Option<Value> {
    const ORDER: [&str; 20] = [
        "長", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四",
        "十五", "十六", "十七", "十八", "十九", "二十",
    ];
    let (Value::Number(order), Value::Choice(sex)) = (order, sex) else {
        return None;
    };
    let order = usize::try_from(*order)
        .ok()?
        .checked_sub(1)
        .and_then(|index| ORDER.get(index))?;
    let sex = match sex.as_str() {
        "1" => "男",
        "2" => "女",
        _ => return None,
    };
    Some(Value::Text(format!("{order}{sex}")))
}

/// The symbol (記号) of a ゆうちょ savings account. Forms of families take no transfer account (記号 0AB?0).
fn savings(kigo: &str) -> Option<codes::YuchoSymbol> {
    let symbol: codes::YuchoSymbol = kigo.parse().ok()?;
    (!symbol.is_transfer()).then_some(symbol)
}

/// Carries answers over to another form of the same visit, by the other form's own sharing rules.
///
/// Returns the answers to `to`, with what could be carried over added. Nothing already answered is replaced,
/// and a parent's words keep their source.
#[must_use]
pub fn share(from: &Procedure, given: &Answers, to: &Procedure, answers: &Answers) -> Answers {
    let given = derive(from, given);
    let mut all = derive(to, answers);
    for field in &to.form.fields {
        if all.get(field.path.as_str()).is_some() {
            continue;
        }
        let rules = field.shared.iter().filter(|rule| rule.procedure == from.id);
        let found = rules
            .filter(|rule| applies(rule, from, &given, &all))
            .find_map(|rule| carried(rule, field, &given));
        if let Some((value, source)) = found {
            all.set(field.path.clone(), value, source);
        }
    }
    derive(to, &all)
}

fn applies(rule: &ShareRule, from: &Procedure, given: &Answers, all: &Answers) -> bool {
    // What the other form hides is not an answer, though it may still be stored.
    let there = from
        .form
        .field(&rule.path)
        .is_some_and(|field| field.when.holds(given) == Some(true));
    let same = |(here, there): &(String, String)| match (all.value(here), given.value(there)) {
        (Some(here), Some(there)) => here == there,
        _ => false,
    };
    there && rule.when.holds(given) == Some(true) && rule.same.iter().all(same)
}

fn carried(rule: &ShareRule, field: &Field, given: &Answers) -> Option<(Value, Source)> {
    let answer = given.get(&rule.path)?;
    let value = match (&answer.value, field.kind) {
        (Value::Blank, _) => field.blank.as_ref().map(|_| Value::Blank)?,
        // A condition stated as a choice there is a plain yes here; the rule's `when` said which choice.
        (Value::Choice(_), FieldKind::Bool) => Value::Bool(true),
        (Value::DateTime(at), FieldKind::Date) => Value::Date(at.date()),
        (value, _) => value.clone(),
    };
    Some((value, answer.source))
}
