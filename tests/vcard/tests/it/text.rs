//! The text AP: who may read what, the record's form, the issuer's integrity signatures.

use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest as _, Sha256};
use ubugoe_vcard::{BUILT_IN, Card, Kind, Persona, TEXT_ISSUER_KEY_ID, TEXT_ROOT_KEY_ID};

use super::{SELECT_TEXT, check, data, issuer, object, powered, read_all, send};

/// Selects the text AP and presents the persona's PIN.
fn opened(persona: &str) -> Card {
    let mut card = issuer().issue(persona).unwrap();
    card.power_on();
    let pin = card.persona().pins.clone().unwrap().attributes;
    let verify = format!("0020009104{}", hex::encode(pin.reveal()));
    check(&mut card, &[(SELECT_TEXT, "9000"), (&verify, "9000")]);
    card
}

fn file(card: &mut Card, id: &str) -> Vec<u8> {
    check(card, &[(&format!("00A4020C02{id}"), "9000")]);
    read_all(card)
}

/// Walks the objects of a two-byte-tag template: tag, value and the whole object's bytes.
fn objects(template: &[u8]) -> Vec<(u16, Vec<u8>, usize)> {
    let outer = header(template);
    let mut at = outer.1;
    let mut found = Vec::new();
    while at < template.len() {
        let (tag, start, length) = header(&template[at..]);
        let body = at + start;
        found.push((tag, template[body..body + length].to_vec(), at));
        at = body + length;
    }
    found
}

/// Tag (two bytes), where the value begins, how long it is.
fn header(bytes: &[u8]) -> (u16, usize, usize) {
    let tag = u16::from_be_bytes([bytes[0], bytes[1]]);
    match bytes[2] {
        0x81 => (tag, 4, usize::from(bytes[3])),
        0x82 => (tag, 5, usize::from(bytes[3]) << 8 | usize::from(bytes[4])),
        short => (tag, 3, usize::from(short)),
    }
}

/// A key as the card writes it: `90 03 <e> 91 82 01 00 <n>`.
fn key(bytes: &[u8]) -> RsaPublicKey {
    assert_eq!(
        bytes[..9],
        [0x90, 0x03, 0x01, 0x00, 0x01, 0x91, 0x82, 0x01, 0x00]
    );
    assert_eq!(bytes.len(), 265);
    RsaPublicKey::new(
        BigUint::from_bytes_be(&bytes[9..]),
        BigUint::from(65537_u32),
    )
    .unwrap()
}

fn signed_by(key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool {
    key.verify(
        Pkcs1v15Sign::new::<Sha256>(),
        &Sha256::digest(message),
        signature,
    )
    .is_ok()
}

/// The issuer's key out of EF 0004, after the root vouched for it.
fn issuer_key(card: &mut Card) -> RsaPublicKey {
    let file = file(card, "0004");
    let certificate = object(&file);
    assert_eq!(certificate[..5], [0x7F, 0x21, 0x82, 0x02, 0x33]);
    assert_eq!(certificate[5..10], [0x5F, 0x4E, 0x82, 0x01, 0x29]);
    let body = &certificate[10..307];
    assert_eq!(certificate[307..312], [0x5F, 0x37, 0x82, 0x01, 0x00]);
    assert_eq!(&body[..16], b"9999033\x08\x05001\0\0\0\0");
    assert_eq!(body[..16], TEXT_ROOT_KEY_ID);
    assert_eq!(body[16..32], TEXT_ISSUER_KEY_ID);
    assert!(signed_by(
        &issuer().pki().text_root(),
        body,
        &certificate[312..]
    ));
    key(&body[32..])
}

#[test]
fn each_secret_opens_its_own_files() {
    // 照合番号B of hana: 平成6年5月17日, card until 2032, code 4821
    let pin = "002000910431333537";
    let number_a = "002000940C303030303030303030303030";
    let number_b = "002000950E3036303531373230333234383231";
    for (verify, readable) in [
        (pin, ["9000", "9000", "9000", "9000", "9000"]),
        (number_a, ["9000", "6982", "9000", "9000", "9000"]),
        (number_b, ["6982", "9000", "9000", "9000", "9000"]),
    ] {
        let mut card = powered("hana");
        check(&mut card, &[(SELECT_TEXT, "9000"), (verify, "9000")]);
        for (file, expected) in ["81", "82", "83", "86", "87"].iter().zip(readable) {
            assert_eq!(
                send(&mut card, &format!("00B0{file}0000")).1,
                expected,
                "{verify} {file}"
            );
        }
    }
    let mut card = powered("hana");
    check(&mut card, &[(SELECT_TEXT, "9000")]);
    for (file, expected) in [
        ("81", "6982"),
        ("82", "6982"),
        ("83", "6982"),
        ("84", "9000"),
        ("85", "9000"),
        ("86", "6982"),
        ("87", "6982"),
        ("88", "9000"),
    ] {
        assert_eq!(
            send(&mut card, &format!("00B0{file}0000")).1,
            expected,
            "{file}"
        );
    }
}

#[test]
fn a_foreign_residents_check_number_has_western_years() {
    check(
        &mut powered("foreign"),
        &[
            (SELECT_TEXT, "9000"),
            ("002000950E3936303732313230333236343030", "9000"),
            ("00B0820000", "9000"),
        ],
    );
}

#[test]
fn the_number_file_has_the_real_form_and_no_real_number() {
    let mut card = opened("hana");
    assert_eq!(
        file(&mut card, "0001"),
        [&[0xFF, 0x10, 0x0C][..], b"000000000000", &[0xFF, 0xFF]].concat()
    );
}

#[test]
fn every_persona_gives_back_its_name_and_address_code_point_for_code_point() {
    for (name, _) in BUILT_IN {
        let persona = Persona::built_in(name).unwrap();
        if persona.kind != Kind::MyNumberCard {
            continue;
        }
        let holder = persona.holder.unwrap();
        let tries = persona.tries.attributes;
        if tries == Some(0) {
            continue;
        }
        let file = file(&mut opened(name), "0002");
        let record = object(&file);
        let found = objects(record);
        let tags: Vec<u16> = found.iter().map(|(tag, _, _)| *tag).collect();
        assert_eq!(tags, [0xDF21, 0xDF22, 0xDF23, 0xDF24, 0xDF25], "{name}");
        let table: Vec<usize> = found[0]
            .1
            .chunks(2)
            .map(|c| usize::from(c[0]) << 8 | usize::from(c[1]))
            .collect();
        let places: Vec<usize> = found[1..].iter().map(|(_, _, at)| *at).collect();
        assert_eq!(table, places, "{name}");
        assert_eq!(found[1].1, holder.name.as_bytes(), "{name}");
        if *name != "forged" {
            assert_eq!(found[2].1, holder.address.as_bytes(), "{name}");
        }
        assert_eq!(
            found[3].1,
            holder.birth.strftime("%Y%m%d").to_string().as_bytes(),
            "{name}"
        );
        assert_eq!(found[4].1, holder.sex.to_string().as_bytes(), "{name}");
    }
}

#[test]
fn long_records_need_long_lengths() {
    let long127 = file(&mut opened("long127"), "0002");
    assert_eq!(long127[..3], [0xFF, 0x20, 0x81]);
    let long255 = file(&mut opened("long255"), "0002");
    assert_eq!(long255[..3], [0xFF, 0x20, 0x82]);
    let address = &objects(object(&long255))[2];
    assert!(address.1.len() > 255);
    assert_eq!(long255[address.2 + 2], 0x82);
    let rare = file(&mut opened("rare"), "0002");
    assert_eq!(rare[..4], [0xFF, 0x20, 0x82, 0x00]);
    let info = file(&mut opened("rare"), "0005");
    assert_eq!(info[..4], [0xFF, 0x40, 0x82, 0x00]);
    assert_eq!(info.len(), 164);
}

/// Whether the digests of EF 0003 are those of the files, after checking who signed them.
fn integrity(persona: &str) -> (bool, bool) {
    let mut card = opened(persona);
    let issuer = issuer_key(&mut card);
    let file3 = file(&mut card, "0003");
    let record = object(&file3);
    assert_eq!(record[..5], [0xFF, 0x30, 0x82, 0x01, 0x4B]);
    let found = objects(record);
    assert!(
        signed_by(&issuer, &record[5..found[2].2], &found[2].1),
        "{persona}"
    );
    let number = file(&mut card, "0001");
    let file2 = file(&mut card, "0002");
    let attributes = object(&file2);
    let signed_part = &attributes[objects(attributes)[1].2..];
    (
        found[0].1 == Sha256::digest(&number).as_slice(),
        found[1].1 == Sha256::digest(signed_part).as_slice(),
    )
}

#[test]
fn the_issuer_vouches_for_number_and_attributes_of_every_plain_persona() {
    for persona in [
        "hana", "rare", "long127", "long255", "foreign", "child", "extended",
    ] {
        assert_eq!(integrity(persona), (true, true), "{persona}");
    }
}

#[test]
fn a_forged_record_does_not_match_what_the_issuer_signed() {
    assert_eq!(integrity("forged"), (true, false));
}

#[test]
fn the_cards_own_key_signs_without_a_pin_and_the_issuer_vouches_for_it() {
    let mut card = opened("hana");
    let issuer = issuer_key(&mut card);
    let file7 = file(&mut card, "0007");
    let record = object(&file7);
    let found = objects(record);
    let (_, start, _) = header(record);
    assert!(signed_by(&issuer, &record[start..found[1].2], &found[1].1));
    let own = key(&found[0].1);
    card.power_off();
    card.power_on();
    check(&mut card, &[(SELECT_TEXT, "9000")]);
    let prefix = "3031300D060960864801650304020105000420";
    let challenge = b"a challenge of sixteen or so";
    let info = format!("{prefix}{}", hex::encode(Sha256::digest(challenge)));
    let signature = data(&mut card, &format!("802A000033{info}00"));
    assert!(signed_by(&own, challenge, &signature));
}
