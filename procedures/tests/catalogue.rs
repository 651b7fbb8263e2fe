//! The builtin catalogue: loads, says everything in both languages, and asks for nothing it must not ask.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{asukoe, catalogue, procedure};
use ubugoe_procedures::{Confidence, FieldKind, MunicipalityCode, Required, Routing, Text};

fn said(text: &Text) -> bool {
    !text.ja.trim().is_empty() && !text.en.trim().is_empty()
}

#[test]
fn every_field_has_words_a_reason_and_a_reader_in_both_languages() {
    for procedure in catalogue().procedures() {
        assert!(said(&procedure.title) && said(&procedure.summary) && said(&procedure.reason));
        let officer = procedure.officer_item.as_ref();
        assert!(
            officer.is_none_or(|item| said(&item.title)
                && item.decides.iter().all(|decision| said(&decision.label))),
            "{}",
            procedure.id
        );
        assert_eq!(
            procedure.has_form(),
            procedure.has_form() && officer.is_some()
        );
        for field in &procedure.form.fields {
            let words = [
                &field.label,
                &field.question,
                &field.why,
                &field.seen_by,
                &field.section,
            ];
            assert!(
                words.into_iter().all(said),
                "{} {}",
                procedure.id,
                field.path
            );
            assert!(
                field
                    .options
                    .iter()
                    .all(|o| said(&o.label) && said(o.on_form())),
                "{}",
                field.path
            );
            assert!(field.blank.as_ref().is_none_or(said), "{}", field.path);
        }
    }
}

#[test]
fn an_individual_number_is_never_asked_for_and_has_no_room() {
    for procedure in catalogue().procedures() {
        for field in &procedure.form.fields {
            if field.label.ja.contains("個人番号") || field.path.as_str().contains("mynum") {
                assert_eq!(field.required, Required::System, "{}", field.path);
                assert_eq!(field.kind, FieldKind::Choice, "{}", field.path);
            }
        }
    }
}

#[test]
fn the_birth_certificate_has_the_eighteen_items_and_is_filed_with_nobody() {
    let catalogue = catalogue();
    let certificate = procedure(catalogue, "shussei_shomeisho");
    assert_eq!(certificate.routing, Routing::Nobody);
    let items: std::collections::BTreeSet<&str> = certificate
        .form
        .fields
        .iter()
        .map(|field| field.path.as_str().split('.').next().unwrap_or_default())
        .map(|item| if item == "days" { "weeks" } else { item })
        .collect();
    assert_eq!(items.len(), 18, "{items:?}");
}

#[test]
fn what_is_not_verified_says_so() {
    let catalogue = catalogue();
    let birth = procedure(catalogue, "shussei_todoke");
    assert_eq!(
        birth.form.field("work_code").unwrap().confidence,
        Confidence::Gk
    );
    assert_eq!(
        birth.form.field("child_mei").unwrap().confidence,
        Confidence::Verified
    );
    assert!(birth.law.iter().any(|law| law.confidence == Confidence::Gk));
}

#[test]
fn the_profile_is_invented_and_its_code_checks() {
    let catalogue = catalogue();
    let profile = catalogue.profile(&asukoe()).unwrap();
    assert!(profile.fictional);
    assert_eq!(profile.name.ja, "あすこえ市");
    assert_eq!(MunicipalityCode::check_digit("99101"), Some(5));
    assert!(profile.night_desk.is_some());
}
