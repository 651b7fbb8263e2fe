//! The ward form: what is read, what is refused and in which words, and whose certificate it is.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{certificate, holder};
use jiff::civil::datetime;
use serde_json::{Value, json};
use ubugoe_procedures::{
    BirthCertificate, CertificateDoubt, CertificateError, Difference, Match, Plurality, Sex,
};

fn form() -> Value {
    serde_json::from_slice(&certificate().to_json()).unwrap()
}

fn read(form: &Value) -> Result<BirthCertificate, CertificateError> {
    BirthCertificate::from_json(form.to_string().as_bytes())
}

/// The error with one member replaced.
fn error(field: &str, value: Value) -> CertificateError {
    let mut form = form();
    form[field] = value;
    read(&form).unwrap_err()
}

#[test]
fn what_is_written_is_read_back_code_point_for_code_point() {
    let mut given = certificate();
    given.mother = "\u{FA19}\u{E0100}\u{3000}\u{20B9F}".to_owned();
    given.plurality = Plurality::Multiple { order: 2, of: 2 };
    given.live_births = 2;
    assert_eq!(
        BirthCertificate::from_json(&given.to_json()).unwrap(),
        given
    );
    assert_eq!(read(&form()).unwrap(), certificate());
}

#[test]
fn every_missing_member_is_named() {
    let members: Vec<String> = form().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members.len(), 22);
    for name in members {
        let mut form = form();
        form.as_object_mut().unwrap().remove(&name);
        assert!(
            matches!(read(&form), Err(CertificateError::Missing { field }) if field == name),
            "{name}"
        );
    }
}

#[test]
fn impossible_values_are_refused_by_name() {
    for (field, value) in [
        ("weight_g", json!(199)),
        ("weight_g", json!(7001)),
        ("weight_g", json!(i64::MAX)),
        ("length_cm", json!("19.9")),
        ("length_cm", json!("65.1")),
        ("weeks", json!(19)),
        ("weeks", json!(45)),
        ("days", json!(7)),
        ("live_births", json!(0)),
        ("stillbirths", json!(-1)),
        ("sex", json!(9)),
        ("place_kind", json!(6)),
        ("issuer_kind", json!(0)),
        ("mother", json!("子".repeat(61))),
    ] {
        let found = error(field, value.clone());
        assert!(
            matches!(found, CertificateError::Impossible { field: named, .. } if named == field),
            "{field} {value}: {found}"
        );
    }
    for (field, value) in [
        ("weight_g", json!(2999.5)),
        ("weight_g", json!("3012")),
        ("length_cm", json!(49.5)),
        ("length_cm", json!("49.55")),
        ("length_cm", json!("49")),
        ("birth_dt", json!("2026-11-22T23:59:30")),
        ("birth_dt", json!("2026-11-22T24:00")),
        ("birth_dt", json!("2026-02-30T10:00")),
        ("birth_dt", json!("2026-11-22 23:59")),
        ("issued", json!("22/11/2026")),
        ("mother", json!("")),
        ("mother", json!("  ")),
        ("mother", json!("神山\u{0}花子")),
        ("mother", json!(null)),
        ("number", json!("../../etc")),
        ("number", json!("番号")),
        ("plural", json!(1)),
    ] {
        let found = error(field, value.clone());
        assert!(
            matches!(found, CertificateError::Shape { field: named, .. } if named == field),
            "{field} {value}: {found}"
        );
    }
    assert!(matches!(
        error("order_of", json!({"order": 1, "of": 2})),
        CertificateError::Shape {
            field: "order_of",
            ..
        }
    ));
    assert!(matches!(
        error("issued", json!("2026-11-21")),
        CertificateError::Contradiction {
            field: "issued",
            ..
        }
    ));
}

#[test]
fn strangers_twins_and_giants_are_refused() {
    assert!(
        matches!(error("diagnosis", json!("x")), CertificateError::Unknown { field } if field == "diagnosis")
    );
    assert!(matches!(
        error("version", json!(2)),
        CertificateError::Format {
            version: Some(2),
            ..
        }
    ));
    let twice = String::from_utf8(certificate().to_json())
        .unwrap()
        .replacen('{', "{\"weight_g\":1,", 1);
    assert!(matches!(
        BirthCertificate::from_json(twice.as_bytes()),
        Err(CertificateError::NotJson { .. })
    ));
    for bytes in [&b""[..], b"[]", b"null", b"\xff\xfe", b"{\"a\":"] {
        assert!(matches!(
            BirthCertificate::from_json(bytes),
            Err(CertificateError::NotJson { .. })
        ));
    }
    let long = vec![b' '; 17 * 1024];
    assert!(matches!(
        BirthCertificate::from_json(&long),
        Err(CertificateError::TooLong { bytes: 17_408 })
    ));
}

/// Traps 44, 45, 47: a blank name and an undetermined sex are certificates like any other.
#[test]
fn what_is_only_doubtful_is_read_and_pointed_out() {
    let mut form = form();
    form["name"] = json!("");
    form["sex"] = json!(0);
    form["weeks"] = json!(21);
    form["place_name"] = json!(null);
    form["plural"] = json!(true);
    form["order_of"] = json!({"order": 2, "of": 2});
    let read = read(&form).unwrap();
    assert_eq!(
        (read.name.as_ref(), read.sex, read.child_order()),
        (None, Sex::NotKnown, 2)
    );
    assert_eq!(
        read.doubts(),
        [
            CertificateDoubt::VeryEarly,
            CertificateDoubt::SexUndetermined,
            CertificateDoubt::OrderExceedsBirths,
            CertificateDoubt::FacilityUnnamed
        ]
    );
    assert!(certificate().doubts().is_empty());
    assert!(certificate().is_after(datetime(2026, 11, 22, 23, 58, 0, 0)));
    assert!(!certificate().is_after(datetime(2026, 11, 22, 23, 59, 0, 0)));
}

#[test]
fn the_mother_is_matched_by_code_points_and_only_the_separator_is_forgiven() {
    let matched = |mother: &str| {
        let mut certificate = certificate();
        mother.clone_into(&mut certificate.mother);
        certificate.matches_mother(&holder())
    };
    assert_eq!(matched("神\u{E0100}山\u{3000}花子"), Match::Exact);
    assert_eq!(matched("神\u{E0100}山 花子"), Match::Exact);
    assert_eq!(
        matched("神山　花子"),
        Match::Differs(Difference::VariantOnly)
    );
    // Trap 36: the name before marriage.
    assert_eq!(
        matched("海野　花子"),
        Match::Differs(Difference::FamilyName)
    );
    assert_eq!(
        matched("神\u{E0100}山花子"),
        Match::Differs(Difference::Name)
    );
    assert_eq!(
        matched("\u{FA19}\u{E0100}山　花子"),
        Match::Differs(Difference::FamilyName)
    );
    assert_eq!(
        matched("神\u{E0100}山　華子"),
        Match::Differs(Difference::Name)
    );
}

#[test]
fn debug_output_names_the_paper_and_nobody() {
    let shown = format!("{:?}", certificate());
    assert!(
        shown.contains("ASK-2026-000123")
            && !shown.contains("花子")
            && !shown.contains("あすこえ市"),
        "{shown}"
    );
}
