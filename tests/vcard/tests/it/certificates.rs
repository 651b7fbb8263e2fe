//! The test PKI: the profile of the real certificates, and openssl's opinion of the chains.

use std::{fs, path::Path, process::Command};

use der::{Decode as _, Encode as _};
use jiff::civil::date;
use ubugoe_vcard::{AUTH_CA_FILE, Card, Issuer, Persona, Pki, SIGN_CA_FILE};
use x509_cert::Certificate;

use super::{SELECT_JPKI, TODAY, check, issuer, object, powered, read_all, run};

/// A certificate off a persona's card, DER; the sign certificate after its password.
fn certificate(persona: &str, file: &str) -> Vec<u8> {
    let mut card = powered(persona);
    read_certificate(&mut card, file)
}

fn read_certificate(card: &mut Card, file: &str) -> Vec<u8> {
    let password = card.persona().pins.clone().unwrap().sign;
    let verify = format!(
        "0020009B{:02X}{}",
        password.reveal().len(),
        hex::encode(password.reveal())
    );
    let mut script = vec![(SELECT_JPKI, "9000")];
    if file == "0001" {
        script.push((&verify, "9000"));
    }
    let select = format!("00A4020C02{file}");
    script.push((&select, "9000"));
    check(card, &script);
    let bytes = read_all(card);
    object(&bytes).to_vec()
}

fn extensions(der: &[u8]) -> Vec<(String, bool)> {
    let certificate = Certificate::from_der(der).unwrap();
    // strict DER all through: what was parsed is what stands there
    assert_eq!(certificate.to_der().unwrap(), der);
    let extensions = certificate.tbs_certificate.extensions.unwrap();
    extensions
        .iter()
        .map(|e| (e.extn_id.to_string(), e.critical))
        .collect()
}

fn listed(expected: &[(&str, bool)]) -> Vec<(String, bool)> {
    expected
        .iter()
        .map(|(oid, critical)| ((*oid).to_owned(), *critical))
        .collect()
}

#[test]
fn extensions_stand_in_the_order_of_the_real_certificates() {
    assert_eq!(
        extensions(&certificate("hana", "000A")),
        listed(&[
            ("2.5.29.15", true),
            ("2.5.29.37", false),
            ("2.5.29.32", true),
            ("2.5.29.18", false),
            ("2.5.29.31", false),
            ("1.3.6.1.5.5.7.1.1", false),
            ("2.5.29.35", false),
            ("2.5.29.14", false),
        ])
    );
    assert_eq!(
        extensions(&certificate("hana", "0001")),
        listed(&[
            ("2.5.29.15", true),
            ("2.5.29.17", false),
            ("2.5.29.32", true),
            ("2.5.29.18", false),
            ("2.5.29.31", false),
            ("2.5.29.35", false),
            ("2.5.29.14", false),
        ])
    );
    for ca in ["0002", "000B"] {
        assert_eq!(
            extensions(&certificate("hana", ca)),
            listed(&[
                ("2.5.29.15", true),
                ("2.5.29.17", false),
                ("2.5.29.19", true),
                ("2.5.29.31", false),
                ("2.5.29.14", false),
            ])
        );
    }
}

#[test]
fn the_sign_certificate_names_its_holder_in_six_entries_in_the_real_order() {
    let der = certificate("rare", "0001");
    let parsed = Certificate::from_der(&der).unwrap();
    let extensions = parsed.tbs_certificate.extensions.unwrap();
    let san = extensions[1].extn_value.as_bytes();
    let holder = Persona::built_in("rare").unwrap().holder.unwrap();
    let flags = |text: &str| "0".repeat(text.chars().count());
    // (arc under 1.2.392.200149.8.5.5, value); the birth carries its era digit: 昭和
    let expected: Vec<u8> = [
        (1, holder.name.clone()),
        (4, "319880229".to_owned()),
        (3, "9".to_owned()),
        (5, holder.address.clone()),
        (2, flags(&holder.name)),
        (6, flags(&holder.address)),
    ]
    .iter()
    .flat_map(|(arc, value)| {
        let text = value.as_bytes();
        let n = u8::try_from(text.len()).unwrap();
        let id = [
            0x06, 0x0A, 0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 0x08, 0x05, 0x05, *arc,
        ];
        [&[0xA0, n + 16][..], &id, &[0xA0, n + 2, 0x0C, n], text].concat()
    })
    .collect();
    assert_eq!(&san[3..], expected);
    assert_eq!(usize::from(san[2]), expected.len());
}

#[test]
fn subject_and_issuer_have_the_real_shape_and_say_what_they_are() {
    let auth = Certificate::from_der(&certificate("hana", "000A"))
        .unwrap()
        .tbs_certificate;
    let sign = Certificate::from_der(&certificate("hana", "0001"))
        .unwrap()
        .tbs_certificate;
    let subject = auth.subject.to_string();
    let common = subject
        .strip_prefix("CN=")
        .unwrap()
        .strip_suffix(",C=JP")
        .unwrap();
    assert_eq!(common.len(), 23);
    assert!(common.ends_with("99001003A"), "{common}");
    let subject = sign.subject.to_string();
    assert!(
        subject.ends_with(",L=Asukoe-shi,L=Namioto-ken,C=JP"),
        "{subject}"
    );
    assert_eq!(subject.split(',').next().unwrap().len(), "CN=".len() + 28);
    assert_eq!(
        sign.issuer.to_string(),
        "OU=Ubugoe virtual card test CA (not J-LIS),OU=JPKI for digital signature,O=JPKI-TEST,C=JP"
    );
    assert_eq!(
        sign.validity.not_after.to_date_time().to_string(),
        "2029-05-17T14:59:59Z"
    );
}

/// Writes what `openssl verify` needs and asks it about a leaf on a day.
fn openssl_verify(folder: &Path, ca: &str, leaf: &[u8], purpose: &str) -> bool {
    let path = folder.join("leaf.der");
    fs::write(&path, leaf).unwrap();
    let pem = run(Command::new("openssl")
        .args(["x509", "-inform", "DER", "-in"])
        .arg(&path));
    let path = folder.join("leaf.pem");
    fs::write(&path, pem).unwrap();
    // noon on the tests' day, so that they never grow old
    let noon = TODAY
        .at(12, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap();
    let at = noon.timestamp().as_second().to_string();
    let output = Command::new("openssl")
        .args([
            "verify",
            "-x509_strict",
            "-policy_check",
            "-attime",
            &at,
            "-purpose",
            purpose,
            "-CAfile",
        ])
        .arg(issuer().pki().directory().join(ca))
        .arg(path)
        .output()
        .unwrap();
    output.status.success()
}

#[test]
fn openssl_accepts_both_chains_and_refuses_expired_and_crossed_ones() {
    let folder = tempfile::tempdir().unwrap();
    let check = |persona: &str, file: &str, ca: &str, good: bool| {
        let leaf = certificate(persona, file);
        let verdict = openssl_verify(folder.path(), ca, &leaf, "any");
        assert_eq!(verdict, good, "{persona} {file} {ca}");
    };
    for persona in ["hana", "rare", "long255", "foreign"] {
        check(persona, "0001", SIGN_CA_FILE, true);
        check(persona, "000A", AUTH_CA_FILE, true);
    }
    check("hana", "0001", AUTH_CA_FILE, false);
    check("expired", "0001", SIGN_CA_FILE, false);
    check("expired", "000A", AUTH_CA_FILE, false);
}

#[test]
fn keys_and_certificates_are_the_same_wherever_they_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = Issuer::new(Pki::open(folder.path(), TODAY).unwrap());
    let mut card = elsewhere.issue("hana").unwrap();
    card.power_on();
    assert_eq!(
        read_certificate(&mut card, "0001"),
        certificate("hana", "0001")
    );
    assert_eq!(elsewhere.pki().sign_ca(), issuer().pki().sign_ca());
}

#[test]
fn a_pki_reopened_years_later_keeps_its_keys_and_makes_dates_that_hold() {
    let folder = tempfile::tempdir().unwrap();
    let first = Pki::open(folder.path(), TODAY).unwrap();
    let soon = Pki::open(folder.path(), date(2027, 12, 31)).unwrap();
    assert_eq!(first.sign_ca(), soon.sign_ca());
    let late = Pki::open(folder.path(), date(2040, 1, 1)).unwrap();
    assert_ne!(first.sign_ca(), late.sign_ca());
    let key = |der: &[u8]| {
        let parsed = Certificate::from_der(der).unwrap();
        parsed
            .tbs_certificate
            .subject_public_key_info
            .to_der()
            .unwrap()
    };
    assert_eq!(key(first.sign_ca()), key(late.sign_ca()));
    let mut card = Issuer::new(late).issue("hana").unwrap();
    card.power_on();
    let parsed = Certificate::from_der(&read_certificate(&mut card, "000A")).unwrap();
    let until = parsed.tbs_certificate.validity.not_after.to_date_time();
    assert_eq!(until.to_string(), "2043-05-17T14:59:59Z");
}

#[test]
fn the_mismatch_personas_sign_certificate_names_somebody_else() {
    let holder = Persona::built_in("mismatch").unwrap().holder.unwrap();
    let der = certificate("mismatch", "0001");
    let contains = |text: &str| der.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!contains(&holder.name));
    assert!(contains("小林\u{3000}二"));
}
