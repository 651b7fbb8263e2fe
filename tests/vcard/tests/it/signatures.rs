//! COMPUTE DIGITAL SIGNATURE in every scheme, and INTERNAL AUTHENTICATE, checked with the certificates' keys.

use der::{Decode as _, Encode as _};
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey, pkcs8::DecodePublicKey as _};
use sha2::{Digest as _, Sha256};
use ubugoe_vcard::Card;
use x509_cert::Certificate;

use super::{SELECT_COMMON, SELECT_JPKI, SELECT_TEXT, check, data, object, powered, read_all};

const AUTH_PIN: (&str, &str) = ("002000980432343638", "9000");
const SIGN_PASSWORD: (&str, &str) = ("0020009B0A554255474F4532303236", "9000");

/// A card with both secrets of the JPKI AP presented.
fn opened() -> Card {
    let mut card = powered("hana");
    check(&mut card, &[(SELECT_JPKI, "9000"), AUTH_PIN, SIGN_PASSWORD]);
    card
}

fn certified_key(card: &mut Card, file: &str) -> RsaPublicKey {
    check(card, &[(&format!("00A4020C02{file}"), "9000")]);
    let bytes = read_all(card);
    let certificate = Certificate::from_der(object(&bytes)).unwrap();
    let spki = certificate
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .unwrap();
    RsaPublicKey::from_public_key_der(&spki).unwrap()
}

fn command(scheme: u8, p2: &str, data: &[u8]) -> String {
    format!(
        "802A{scheme:02X}{p2}{:02X}{}00",
        data.len(),
        hex::encode(data)
    )
}

#[test]
fn every_scheme_of_both_keys_gives_a_signature_that_verifies() {
    let mut card = opened();
    let message = b"what is signed is what was shown";
    let hash = Sha256::digest(message);
    let info = [
        &hex::decode("3031300d060960864801650304020105000420").unwrap()[..],
        &hash,
    ]
    .concat();
    for (file, p2) in [("000A", "97"), ("0001", "9A")] {
        let key = certified_key(&mut card, file);
        let mut signature = |scheme: u8, input: &[u8]| {
            let bytes = data(&mut card, &command(scheme, p2, input));
            assert_eq!(bytes.len(), 256);
            bytes
        };
        let wrapped = Pkcs1v15Sign::new::<Sha256>;
        let plain = Pkcs1v15Sign::new_unprefixed;
        key.verify(wrapped(), &hash, &signature(0, &info)).unwrap();
        key.verify(plain(), &hash, &signature(1, message)).unwrap();
        key.verify(wrapped(), &hash, &signature(2, &hash)).unwrap();
        key.verify(wrapped(), &hash, &signature(3, message))
            .unwrap();
        key.verify(Pss::new::<Sha256>(), &hash, &signature(4, &hash))
            .unwrap();
        key.verify(Pss::new::<Sha256>(), &hash, &signature(5, message))
            .unwrap();
        // PKCS#1 v1.5 is repeatable, PSS is not
        assert_eq!(signature(2, &hash), signature(2, &hash));
        assert_ne!(signature(4, &hash), signature(4, &hash));
        // any bytes, padded as given
        key.verify(plain(), b"x", &signature(0, b"x")).unwrap();
    }
}

#[test]
fn the_key_may_be_the_selected_file() {
    let mut card = opened();
    let key = certified_key(&mut card, "0001");
    let hash = Sha256::digest(b"text");
    check(&mut card, &[("00A4020C02001A", "9000")]);
    let signature = data(&mut card, &command(2, "80", &hash));
    key.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, &signature)
        .unwrap();
}

#[test]
fn without_the_pin_nothing_is_signed() {
    let mut card = powered("hana");
    let hash = [7; 32];
    check(
        &mut card,
        &[
            (SELECT_JPKI, "9000"),
            (&command(2, "97", &hash), "6982"),
            (&command(2, "9A", &hash), "6982"),
            AUTH_PIN,
            (&command(2, "97", &hash), "9000"),
            (&command(2, "9A", &hash), "6982"),
        ],
    );
}

#[test]
fn what_a_scheme_cannot_sign_is_refused() {
    let mut card = opened();
    check(
        &mut card,
        &[
            (&command(6, "97", &[1; 32]), "6A86"),
            (&command(0xFF, "97", &[1; 32]), "6A86"),
            (&command(2, "97", &[1; 31]), "6985"),
            (&command(4, "97", &[1; 33]), "6985"),
            (&command(0, "97", &[1; 246]), "6985"),
            (&command(0, "97", &[1; 245]), "9000"),
            ("802A0097", "6700"),
            ("802A00970109", "6700"),
            (&command(0, "17", &[1]), "6A86"),
            (&command(0, "8A", &[1]), "6981"),
            (&command(0, "83", &[1]), "6A82"),
            (SELECT_TEXT, "9000"),
            (&command(0, "97", &[1]), "6A86"),
            (&command(2, "00", &[1; 32]), "6A86"),
            (SELECT_COMMON, "9000"),
            (&command(0, "80", &[1]), "6A86"),
        ],
    );
}

#[test]
fn internal_authenticate_answers_in_the_common_application_only() {
    let mut card = powered("hana");
    check(&mut card, &[(SELECT_COMMON, "9000")]);
    let challenge = "00880099041122334400";
    let first = data(&mut card, challenge);
    assert_eq!(first.len(), 256);
    assert_eq!(first, data(&mut card, challenge));
    check(
        &mut card,
        &[
            (SELECT_JPKI, "9000"),
            ("00880097041122334400", "6982"),
            (AUTH_PIN.0, AUTH_PIN.1),
            ("00880097041122334400", "6985"),
            (SELECT_TEXT, "9000"),
            ("00880093041122334400", "6985"),
        ],
    );
}
