//! Certificates as FHIR documents: what hospitals could send, what is taken of it, what is refused and how it is named.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use jiff::civil::{Date, date, datetime};
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::fhir::{
    self, FhirError, HospitalWord, read, write_birth, write_stillbirth, write_withdrawal,
};
use ubugoe_procedures::{
    BirthCertificate, CertificateError, IssuerKind, PlaceKind, Plurality, Sex,
    StillbirthCertificate,
};

const BIRTH: &str = include_str!("data/fhir/birth.json");
const STILLBIRTH: &str = include_str!("data/fhir/stillbirth.json");

fn birth() -> BirthCertificate {
    BirthCertificate {
        number: "ASK-B-7".to_owned(),
        name: Some("葛\u{e0100}城\u{3000}さくら".to_owned()),
        sex: Sex::Male,
        birth_dt: datetime(2026, 11, 23, 0, 7, 0, 0),
        place_kind: PlaceKind::MaternityHome,
        place_addr: "ことほぎ県あすこえ市うぶ町２丁目１番".to_owned(),
        place_name: Some("うぶ町産院".to_owned()),
        weight_g: 3012,
        length_mm: 495,
        plurality: Plurality::Single,
        mother: "葛\u{e0100}城\u{3000}𠮷子".to_owned(),
        weeks: 39,
        days: 2,
        live_births: 1,
        stillbirths: 0,
        issued: date(2026, 11, 23),
        issuer_kind: IssuerKind::Midwife,
        issuer_addr: "ことほぎ県あすこえ市うぶ町２丁目１番".to_owned(),
        issuer_name: "海野\u{3000}渚".to_owned(),
    }
}

fn stillbirth() -> StillbirthCertificate {
    let same = birth();
    StillbirthCertificate {
        number: "ASK-L-7".to_owned(),
        sex: Sex::NotKnown,
        at: datetime(2026, 11, 23, 4, 5, 0, 0),
        place_kind: same.place_kind,
        place_addr: same.place_addr,
        place_name: same.place_name,
        weight_g: 412,
        length_mm: 270,
        plurality: Plurality::Single,
        mother: same.mother,
        weeks: 21,
        days: 3,
        live_births: 1,
        stillbirths: 1,
        issued: same.issued,
        issuer_kind: same.issuer_kind,
        issuer_addr: same.issuer_addr,
        issuer_name: same.issuer_name,
    }
}

/// A document with something changed.
fn changed(text: &str, change: impl FnOnce(&mut Value)) -> Result<HospitalWord, FhirError> {
    let mut bundle: Value = serde_json::from_str(text).unwrap();
    change(&mut bundle);
    read(bundle.to_string().as_bytes())
}

/// The resource of an id.
fn resource<'b>(bundle: &'b mut Value, id: &str) -> &'b mut Value {
    let entries = bundle["entry"].as_array_mut().unwrap();
    let found = entries
        .iter_mut()
        .find(|entry| entry["resource"]["id"] == id);
    &mut found.unwrap()["resource"]
}

fn drop_resource(bundle: &mut Value, id: &str) {
    let entries = bundle["entry"].as_array_mut().unwrap();
    entries.retain(|entry| entry["resource"]["id"] != id);
}

#[test]
fn a_hospitals_birth_becomes_the_wards_certificate_and_what_is_not_ours_is_left() {
    let HospitalWord::Birth(read) = read(BIRTH.as_bytes()).unwrap() else {
        panic!("not a birth");
    };
    assert_eq!(*read, birth());
    // nothing else has a place to go: the written form has the paper's members only
    let form: Value = serde_json::from_slice(&read.to_json()).unwrap();
    assert_eq!(form.as_object().unwrap().len(), 22);
    assert!(!form.to_string().contains("not for us"));
}

#[test]
fn a_stillbirth_becomes_the_other_paper_and_never_a_birth() {
    let HospitalWord::Stillbirth(read) = read(STILLBIRTH.as_bytes()).unwrap() else {
        panic!("not a stillbirth");
    };
    assert_eq!(*read, stillbirth());
    assert_eq!(
        StillbirthCertificate::from_json(&read.to_json()).unwrap(),
        *read
    );
    assert!(matches!(
        BirthCertificate::from_json(&read.to_json()),
        Err(CertificateError::Format { .. })
    ));
    assert!(matches!(
        StillbirthCertificate::from_json(&birth().to_json()),
        Err(CertificateError::Format { .. })
    ));
}

#[test]
fn a_document_about_both_is_neither() {
    for (text, profile) in [
        (BIRTH, "Patient-decedent-fetus"),
        (STILLBIRTH, "Patient-child-vr"),
    ] {
        let mixed = changed(text, |bundle| {
            let other = json!({ "resource": { "resourceType": "Patient",
                "meta": { "profile": [format!("http://x.example/{profile}")] } } });
            bundle["entry"].as_array_mut().unwrap().push(other);
        });
        assert!(matches!(mixed, Err(FhirError::Mixed)), "{mixed:?}");
    }
    let both = changed(BIRTH, |bundle| {
        let coding = resource(bundle, "c")["type"]["coding"]
            .as_array_mut()
            .unwrap();
        coding.push(json!({ "system": "http://loinc.org", "code": "69045-3" }));
    });
    assert!(matches!(both, Err(FhirError::Mixed)));
}

#[test]
fn a_certificate_that_was_sent_by_mistake_is_taken_back_by_its_number() {
    let said = changed(BIRTH, |bundle| {
        resource(bundle, "c")["status"] = "entered-in-error".into();
        drop_resource(bundle, "w");
    });
    let number = "ASK-B-7".to_owned();
    assert_eq!(said.unwrap(), HospitalWord::Withdrawn { number });
    for still in [false, true] {
        let number = "L-1".to_owned();
        assert_eq!(
            read(&write_withdrawal("L-1", still)).unwrap(),
            HospitalWord::Withdrawn { number }
        );
    }
    assert!(read(&write_withdrawal("a b", false)).is_err());
}

#[test]
fn what_is_missing_doubled_or_in_another_unit_is_named() {
    for id in ["child", "mother", "place", "p", "w", "l", "g", "lb", "sb"] {
        let error = changed(BIRTH, |bundle| drop_resource(bundle, id)).unwrap_err();
        assert!(matches!(error, FhirError::Missing { .. }), "{id}: {error}");
    }
    for id in ["child", "mother", "w", "g", "birth"] {
        let error = changed(BIRTH, |bundle| {
            let mut copy = resource(bundle, id).clone();
            copy["id"] = "copy".into();
            let entry = json!({ "fullUrl": "urn:copy", "resource": copy });
            bundle["entry"].as_array_mut().unwrap().push(entry);
        })
        .unwrap_err();
        assert!(matches!(error, FhirError::Doubled { .. }), "{id}: {error}");
    }
    let wrong: [(&str, &str, Value); 10] = [
        ("w", "/valueQuantity/code", json!("kg")),
        ("w", "/valueQuantity/value", json!(3012.5)),
        ("w", "/valueQuantity/value", json!("3012")),
        ("l", "/valueQuantity/value", json!(49.55)),
        ("g", "/component/0/valueQuantity/code", json!("mo")),
        ("lb", "/valueInteger", json!("1")),
        ("child", "/gender", json!("other")),
        ("child", "/multipleBirthBoolean", json!(true)),
        ("child", "/birthDate", json!("2026-11-22")),
        (
            "child",
            "/_birthDate/extension/0/valueDateTime",
            json!("2026-11-23"),
        ),
    ];
    for (id, pointer, value) in wrong {
        let error = changed(BIRTH, |bundle| {
            *resource(bundle, id).pointer_mut(pointer).unwrap() = value.clone();
        })
        .unwrap_err();
        assert!(
            matches!(error, FhirError::Shape { .. }),
            "{id}{pointer} {value}: {error}"
        );
    }
}

#[test]
fn what_is_impossible_on_paper_is_impossible_here() {
    let heavy = changed(BIRTH, |bundle| {
        resource(bundle, "w")["valueQuantity"]["value"] = 9_000.into();
    });
    assert!(matches!(
        heavy,
        Err(FhirError::Certificate(CertificateError::Impossible {
            field: "weight_g",
            ..
        }))
    ));
    // eleven weeks are no stillbirth in the sense of the ordinance
    let early = changed(STILLBIRTH, |bundle| {
        resource(bundle, "g")["valueQuantity"]["value"] = 83.into();
    });
    assert!(matches!(
        early,
        Err(FhirError::Certificate(CertificateError::Impossible {
            field: "weeks",
            ..
        }))
    ));
    let early = changed(STILLBIRTH, |bundle| {
        resource(bundle, "g")["valueQuantity"]["value"] = 84.into();
    });
    assert!(matches!(early, Ok(HospitalWord::Stillbirth(_))));
}

#[test]
fn other_documents_and_other_bytes_are_refused() {
    assert!(matches!(read(b"{"), Err(FhirError::NotJson { .. })));
    assert!(matches!(read(b"[]"), Err(FhirError::NotADocument)));
    assert!(matches!(
        read(&vec![b' '; fhir::BUNDLE_MAX_BYTES + 1]),
        Err(FhirError::TooLong { .. })
    ));
    let transaction = changed(BIRTH, |bundle| bundle["type"] = "transaction".into());
    assert!(matches!(transaction, Err(FhirError::NotADocument)));
    let letter = changed(BIRTH, |bundle| {
        resource(bundle, "c")["type"]["coding"][0]["code"] = "11488-4".into();
    });
    assert!(matches!(letter, Err(FhirError::Kind)));
    let draft = changed(BIRTH, |bundle| {
        resource(bundle, "c")["status"] = "preliminary".into();
    });
    assert!(matches!(draft, Err(FhirError::Status)));
}

#[test]
fn a_second_twin_says_which_of_how_many() {
    let twin = BirthCertificate {
        plurality: Plurality::Multiple { order: 2, of: 2 },
        live_births: 2,
        name: None,
        ..birth()
    };
    let word = read(&write_birth(&twin)).unwrap();
    assert_eq!(word, HospitalWord::Birth(Box::new(twin)));
    let unsaid = changed(BIRTH, |bundle| {
        let child = resource(bundle, "child").as_object_mut().unwrap();
        child.remove("multipleBirthBoolean");
        child.insert("multipleBirthInteger".to_owned(), 2.into());
    });
    assert!(matches!(unsaid, Err(FhirError::Shape { .. })));
}

fn text() -> impl Strategy<Value = String> {
    "[一-龠ぁ-んァ-ヶ葛𠮷\u{fa19}]{1,8}\u{3000}[一-龠ぁ-ん\u{20b9f}]{1,8}"
}

fn day() -> impl Strategy<Value = Date> {
    (2000_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn certificates() -> impl Strategy<Value = BirthCertificate> {
    (
        (
            "[A-Za-z0-9_-]{1,40}",
            proptest::option::of(text()),
            0..3_usize,
            day(),
            0_i8..24,
            0_i8..60,
        ),
        (0..5_usize, text(), proptest::option::of(text())),
        (200_u16..=7000, 200_u16..=650, 20_u8..=44, 0_u8..=6),
        (1_u8..=30, 0_u8..=30, 0..3_usize, text(), text(), text()),
        proptest::option::of((2_u8..=9).prop_flat_map(|of| (1..=of, Just(of)))),
    )
        .prop_map(|(who, place, size, rest, many)| {
            let (number, name, sex, on, hour, minute) = who;
            let (place_kind, place_addr, place_name) = place;
            let (live_births, stillbirths, issuer_kind, issuer_addr, issuer_name, mother) = rest;
            BirthCertificate {
                number,
                name,
                sex: [Sex::NotKnown, Sex::Male, Sex::Female][sex],
                birth_dt: on.at(hour, minute, 0, 0),
                place_kind: [
                    PlaceKind::Hospital,
                    PlaceKind::Clinic,
                    PlaceKind::MaternityHome,
                    PlaceKind::Home,
                    PlaceKind::Other,
                ][place_kind],
                place_addr,
                place_name,
                weight_g: size.0,
                length_mm: size.1,
                plurality: many.map_or(Plurality::Single, |(order, of)| Plurality::Multiple {
                    order,
                    of,
                }),
                mother,
                weeks: size.2,
                days: size.3,
                live_births,
                stillbirths,
                issued: on,
                issuer_kind: [IssuerKind::Doctor, IssuerKind::Midwife, IssuerKind::Other]
                    [issuer_kind],
                issuer_addr,
                issuer_name,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn every_certificate_comes_back_code_point_for_code_point(given in certificates()) {
        let word = read(&write_birth(&given)).unwrap();
        prop_assert_eq!(word, HospitalWord::Birth(Box::new(given.clone())));
        let still = StillbirthCertificate {
            number: given.number,
            sex: given.sex,
            at: given.birth_dt,
            place_kind: given.place_kind,
            place_addr: given.place_addr,
            place_name: given.place_name,
            weight_g: given.weight_g,
            length_mm: given.length_mm / 3,
            plurality: given.plurality,
            mother: given.mother,
            weeks: given.weeks,
            days: given.days,
            live_births: given.live_births,
            stillbirths: given.stillbirths,
            issued: given.issued,
            issuer_kind: given.issuer_kind,
            issuer_addr: given.issuer_addr,
            issuer_name: given.issuer_name,
        };
        prop_assert_eq!(&StillbirthCertificate::from_json(&still.to_json()).unwrap(), &still);
        let word = read(&write_stillbirth(&still)).unwrap();
        prop_assert_eq!(word, HospitalWord::Stillbirth(Box::new(still)));
    }

    #[test]
    fn no_change_of_one_value_makes_a_stillbirth_a_birth(at in 0..400_usize, value in prop_oneof![
        Just(json!(null)), Just(json!("final")), Just(json!(1)), Just(json!([])), Just(json!({})), Just(json!("Patient-child")),
    ]) {
        fn nth<'v>(value: &'v mut Value, at: &mut usize) -> Option<&'v mut Value> {
            if *at == 0 { return Some(value); }
            *at -= 1;
            match value {
                Value::Array(items) => items.iter_mut().find_map(|item| nth(item, at)),
                Value::Object(members) => members.values_mut().find_map(|item| nth(item, at)),
                _ => None,
            }
        }
        let mut bundle: Value = serde_json::from_str(STILLBIRTH).unwrap();
        let mut left = at;
        if let Some(place) = nth(&mut bundle, &mut left) {
            *place = value;
        }
        let said = read(bundle.to_string().as_bytes());
        prop_assert!(!matches!(said, Ok(HospitalWord::Birth(_))));
    }
}
