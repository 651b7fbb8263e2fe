//! What is still to be asked, in the order a person would ask it, and what to say on the way.

use crate::calendar;
use crate::catalogue::{Advice, Procedure};
use crate::certificate::BirthCertificate;
use crate::form::{Field, FieldKind, Required};
use crate::ids::FieldPath;
use crate::names::{self, Problem, ReasonCode, Verdict};
use crate::prefill::derive;
use crate::value::{Answers, Value};

/// The questions still needed, in the order of asking. Empty: the form can be assembled.
///
/// A field whose condition rests on something unanswered is not there yet; it appears, or does not, once
/// that is answered.
#[must_use]
pub fn missing<'a>(procedure: &'a Procedure, answers: &Answers) -> Vec<&'a Field> {
    open_fields(
        procedure,
        answers,
        &[Required::Mandatory, Required::Conditional],
    )
}

/// What could be added and need not be.
#[must_use]
pub fn optional_unasked<'a>(procedure: &'a Procedure, answers: &Answers) -> Vec<&'a Field> {
    open_fields(procedure, answers, &[Required::Optional])
}

fn open_fields<'a>(
    procedure: &'a Procedure,
    answers: &Answers,
    kinds: &[Required],
) -> Vec<&'a Field> {
    let all = derive(procedure, answers);
    let mut open: Vec<&Field> = procedure
        .form
        .fields
        .iter()
        .filter(|field| kinds.contains(&field.required) && !field.staff_only)
        .filter(|field| {
            field.when.holds(&all) == Some(true) && all.get(field.path.as_str()).is_none()
        })
        .filter(|field| !may_still_follow(field, &all))
        .collect();
    open.sort_by_key(|field| field.ask);
    open
}

/// Whether an answer still to come may make the field follow by itself: then it is not asked yet.
fn may_still_follow(field: &Field, answers: &Answers) -> bool {
    field
        .derive
        .iter()
        .any(|rule| rule.when.holds(answers).is_none())
}

/// Needed fields without a value, whether or not they would be asked now. Empty exactly when a form is complete.
pub(crate) fn incomplete<'a>(procedure: &'a Procedure, answers: &Answers) -> Vec<&'a Field> {
    let needed =
        |field: &&Field| matches!(field.required, Required::Mandatory | Required::Conditional);
    let there = |field: &&Field| {
        field.when.holds(answers) == Some(true) && answers.get(field.path.as_str()).is_none()
    };
    let mut open: Vec<&Field> = procedure
        .form
        .fields
        .iter()
        .filter(needed)
        .filter(there)
        .collect();
    open.sort_by_key(|field| field.ask);
    open
}

/// What the answers so far make worth saying.
#[must_use]
pub fn advice<'a>(procedure: &'a Procedure, answers: &Answers) -> Vec<&'a Advice> {
    let all = derive(procedure, answers);
    procedure
        .advice
        .iter()
        .filter(|advice| advice.when.holds(&all) == Some(true))
        .collect()
}

/// Checks one value. Blocks only on kind, charset, length and format; everything doubtful is a review.
#[must_use]
pub fn check(field: &Field, value: &Value, answers: &Answers) -> Verdict {
    let mut verdict = Verdict::default();
    match (field.kind, value) {
        (_, Value::Blank) => blank(field, &mut verdict),
        (FieldKind::Text | FieldKind::Kana, Value::Text(text)) => {
            check_text(field, text, &mut verdict);
        }
        (FieldKind::Number { min, max }, Value::Number(number)) => {
            if !(min..=max).contains(number) {
                verdict.block(Problem::of(ReasonCode::OutOfRange));
            }
        }
        (FieldKind::Choice, Value::Choice(id)) => {
            if field.option(id).is_none() {
                verdict.block(Problem::of(ReasonCode::NoSuchOption));
            }
        }
        (FieldKind::YearMonth, Value::YearMonth { year, month }) => {
            if !(1..=12).contains(month) || !(1..=9999).contains(year) {
                verdict.block(Problem::of(ReasonCode::OutOfRange));
            }
        }
        (FieldKind::DateTime, Value::DateTime(at)) => {
            if at.second() != 0 || at.subsec_nanosecond() != 0 {
                verdict.block(Problem::of(ReasonCode::BadFormat));
            }
        }
        (FieldKind::Bool, Value::Bool(_)) | (FieldKind::Date, Value::Date(_)) => {}
        _ => verdict.block(Problem::of(ReasonCode::WrongKind)),
    }
    cross_check(field, value, answers, &mut verdict);
    verdict
}

fn blank(field: &Field, verdict: &mut Verdict) {
    match (&field.blank, field.path.as_str()) {
        (None, _) => verdict.block(Problem::of(ReasonCode::BlankNotAllowed)),
        (Some(_), "child_mei") => verdict.review(ReasonCode::NameUndecided),
        (Some(_), "sex") => verdict.review(ReasonCode::SexUndetermined),
        (Some(_), _) => verdict.review(ReasonCode::LeftToOffice),
    }
}

fn check_text(field: &Field, text: &str, verdict: &mut Verdict) {
    if text.chars().all(char::is_whitespace) {
        verdict.block(Problem::of(ReasonCode::Empty));
        return;
    }
    if let Some(charset) = field.charset {
        verdict.join(names::check(charset, text));
    }
    if field
        .max_len
        .is_some_and(|most| names::length(text) > usize::from(most))
    {
        verdict.block(Problem::of(ReasonCode::TooLong));
    }
    let leaf = field.path.as_str().rsplit('.').next().unwrap_or_default();
    // A telephone number with its country code may have twelve digits, and one in eleven would fit by chance.
    if leaf != "tel" && holds_individual_number(text) {
        verdict.block(Problem::of(ReasonCode::IndividualNumber));
    }
    if !format_fits(leaf, field.max_len, text) {
        verdict.block(Problem::of(ReasonCode::BadFormat));
    }
}

/// Format rules by leaf name: the blocks of the catalogue name their leaves the same everywhere.
fn format_fits(leaf: &str, most: Option<u16>, text: &str) -> bool {
    let digits = |n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    match leaf {
        "tel" => telephone(text),
        "email" => email(text),
        "bank" => digits(4),
        // Three digits of a bank's branch, two of an insured person's number (枝番): the field says how many.
        "branch" => digits(most.map_or(3, usize::from)),
        "number" | "zip" => digits(7),
        "kigo" => digits(5),
        "bango" => {
            (2..=8).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_digit())
                && text.ends_with('1')
        }
        "code" | "addressee" | "to" => text.parse::<crate::ids::MunicipalityCode>().is_ok(),
        _ => true,
    }
}

/// Ten or eleven digits from 0, or + and country code; hyphens and parentheses do not count.
fn telephone(text: &str) -> bool {
    let bare: String = text
        .chars()
        .filter(|c| !matches!(c, '-' | '(' | ')' | ' '))
        .collect();
    let number = bare.strip_prefix('+').unwrap_or(&bare);
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    if bare.starts_with('+') {
        (7..=15).contains(&number.len())
    } else {
        bare.starts_with('0') && (10..=11).contains(&number.len())
    }
}

fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |part: &str| part.chars().all(|c| c.is_ascii_graphic());
    (1..=64).contains(&local.len())
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && plain(local)
        && plain(domain)
}

/// Twelve digits in a row whose check digit is that of an individual number (個人番号).
///
/// Full-width digits and separators are looked through, so that none slips into a free text.
#[must_use]
pub fn holds_individual_number(text: &str) -> bool {
    let mut run: Vec<u32> = Vec::new();
    for c in text.chars() {
        let digit = match c {
            '\u{FF10}'..='\u{FF19}' => Some(u32::from(c) - 0xFF10),
            c => c.to_digit(10),
        };
        match digit {
            Some(digit) => run.push(digit),
            None if matches!(
                c,
                '-' | ' ' | '\u{3000}' | '\u{FF0D}' | '\u{2010}'..='\u{2015}' | '\u{2212}'
            ) => {}
            None if has_number(&run) => return true,
            None => run.clear(),
        }
    }
    has_number(&run)
}

/// A run of exactly twelve digits with a right check digit: weights 2…7, 2…6 from the right, modulo 11.
fn has_number(run: &[u32]) -> bool {
    let [body @ .., check] = run else {
        return false;
    };
    if body.len() != 11 {
        return false;
    }
    let weights = [2u32, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6];
    let sum: u32 = body
        .iter()
        .rev()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let rest = sum % 11;
    *check == if rest <= 1 { 0 } else { 11 - rest }
}

/// Facts that only show between fields: reviews, never blocks.
fn cross_check(field: &Field, value: &Value, answers: &Answers, verdict: &mut Verdict) {
    match (field.path.as_str(), value) {
        ("child_sei", Value::Text(sei))
            if answers
                .text("mother.sei")
                .is_some_and(|mother| mother != sei) =>
        {
            verdict.review(ReasonCode::FamilyNameDiffers);
        }
        ("higher", Value::Choice(who)) if who == "spouse" => {
            verdict.review(ReasonCode::SpouseEarnsMore);
        }
        ("consent", Value::Bool(false)) => verdict.review(ReasonCode::NoConsent),
        ("acct.kind", Value::Choice(kind)) if kind != "1" => {
            verdict.review(ReasonCode::AccountKind);
        }
        ("father.birth" | "mother.birth", Value::Date(parent)) => {
            let child = match answers.value("birth_dt") {
                Some(Value::DateTime(at)) => at.date(),
                _ => return,
            };
            // Nobody is refused for an unusual age; an age under twelve is most likely a slip of the finger.
            if calendar::age_on(*parent, child).is_none_or(|age| !(12..=90).contains(&age)) {
                verdict.review(ReasonCode::UnlikelyDate);
            }
        }
        _ => {}
    }
}

/// Every review a whole form gives rise to, in form order.
#[must_use]
pub fn reviews(procedure: &Procedure, answers: &Answers) -> Vec<(FieldPath, ReasonCode)> {
    let mut found = Vec::new();
    for field in &procedure.form.fields {
        if let Some(value) = answers.value(field.path.as_str()) {
            let verdict = check(field, value, answers);
            found.extend(
                verdict
                    .reviews
                    .into_iter()
                    .map(|code| (field.path.clone(), code)),
            );
        }
    }
    found
}

/// Where a birth notification and the certificate differ: an officer's decision, never corrected here.
#[must_use]
pub fn compare_with_certificate(
    answers: &Answers,
    certificate: &BirthCertificate,
) -> Vec<(&'static str, ReasonCode)> {
    let sex = match certificate.sex {
        crate::facts::Sex::NotKnown | crate::facts::Sex::NotApplicable => Value::Blank,
        known => Value::Choice(known.code().to_string()),
    };
    let mother = crate::facts::split_name(&certificate.mother);
    let expected = [
        ("birth_dt", Some(Value::DateTime(certificate.birth_dt))),
        (
            "birth_place.full",
            Some(Value::Text(certificate.place_addr.clone())),
        ),
        ("sex", Some(sex)),
        (
            "mother.sei",
            mother.map(|(sei, _)| Value::Text(sei.to_owned())),
        ),
        (
            "mother.mei",
            mother.map(|(_, mei)| Value::Text(mei.to_owned())),
        ),
    ];
    expected
        .into_iter()
        .filter(|(path, expected)| match (answers.value(path), expected) {
            (Some(given), Some(expected)) => given != expected,
            _ => false,
        })
        .map(|(path, _)| (path, ReasonCode::DiffersFromCertificate))
        .collect()
}
