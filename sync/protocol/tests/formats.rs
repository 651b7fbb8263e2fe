//! The formats themselves, byte by byte: a change here is a change of version.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use ciborium::Value;
use support::{body, device, header, pair, receipt, signer};
use ubugoe_protocol::{
    Downlink, KeyError, RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey, peek,
    seal, seal_down,
};

const SEED: &str =
    "ubugoe-ed25519-secret-v1:9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

fn parse(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).unwrap()
}

fn tagged(value: &Value) -> (u64, Vec<Value>) {
    let (tag, inner) = value.as_tag().unwrap();
    (tag, inner.as_array().unwrap().clone())
}

#[test]
fn keys_have_one_line_texts_and_match_the_rfcs_test_vectors() {
    // RFC 8032 §7.1, test 1.
    let signing = SigningKey::from_text(SEED).unwrap();
    assert_eq!(
        signing.verifying().unwrap().to_text(),
        "ubugoe-ed25519-public-v1:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
    assert_eq!(signing.to_text().as_str(), SEED);
    // RFC 7748 §6.1, Alice.
    let secret =
        "ubugoe-x25519-secret-v1:77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    let key = RecipientSecretKey::from_text(secret).unwrap();
    assert_eq!(key.to_text().as_str(), secret);
    let public =
        "ubugoe-x25519-public-v1:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    assert_eq!(key.public().unwrap().to_text(), public);
    assert_eq!(
        RecipientPublicKey::from_text(public).unwrap(),
        key.public().unwrap()
    );
}

#[test]
fn a_final_newline_is_the_only_liberty_a_key_text_has() {
    assert!(SigningKey::from_text(&format!("{SEED}\n")).is_ok());
    assert!(SigningKey::from_text(&format!("{SEED}\r\n")).is_ok());
    let label = KeyError::Label {
        expected: "ubugoe-ed25519-secret-v1:",
    };
    assert_eq!(
        SigningKey::from_text(&format!(" {SEED}")).unwrap_err(),
        label
    );
    assert_eq!(
        SigningKey::from_text(&SEED.replace("secret", "public")).unwrap_err(),
        label
    );
    assert_eq!(
        SigningKey::from_text(&SEED.replace("v1", "v2")).unwrap_err(),
        label
    );
    let hex = KeyError::NotHex {
        label: "ubugoe-ed25519-secret-v1:",
    };
    assert_eq!(
        SigningKey::from_text(&SEED[..SEED.len() - 2]).unwrap_err(),
        hex
    );
    assert_eq!(
        SigningKey::from_text(&format!("{SEED}00")).unwrap_err(),
        hex
    );
    assert!(VerifyingKey::from_text(SEED).is_err());
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let (signing, sealing) = (signer(), pair());
    for (shown, secret) in [
        (format!("{:?}", signing.secret), signing.secret.to_text()),
        (format!("{:?}", sealing.secret), sealing.secret.to_text()),
    ] {
        let digits = secret.split(':').nth(1).unwrap();
        assert!(!shown.contains(&digits[..8]), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
}

#[test]
fn an_envelope_is_sign1_around_encrypt0_with_exactly_these_headers() {
    let (to, device) = (pair(), signer());
    let sealed = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    let (tag, outer) = tagged(&parse(&sealed));
    assert_eq!((tag, outer.len()), (18, 4));
    // { 1: -8 (EdDSA), 16: "ubugoe-envelope/1" }
    assert_eq!(
        outer[0].as_bytes().unwrap(),
        b"\xa2\x01\x27\x10\x71ubugoe-envelope/1"
    );
    assert_eq!(outer[1], Value::Map(vec![]));
    assert_eq!(outer[3].as_bytes().unwrap().len(), 64);
    let (tag, inner) = tagged(&parse(outer[2].as_bytes().unwrap()));
    assert_eq!((tag, inner.len()), (16, 3));
    let protected = parse(inner[0].as_bytes().unwrap());
    let protected = protected.as_map().unwrap();
    assert_eq!(protected[0], (Value::from(1), Value::from(-70_000)));
    assert_eq!(protected[1].0, Value::from(-70_001));
    let ours = protected[1].1.as_map().unwrap();
    let expected = [
        (1, Value::from(1)),
        (2, Value::Bytes(vec![1; 16])),
        (3, Value::from("kiosk-07")),
        (4, Value::from("city-a1")),
        (5, Value::from(1)),
        (6, Value::from("ubugoe-filing/1")),
        (7, Value::Bytes(vec![2; 16])),
        (8, Value::from(3)),
        (9, Value::from(1_790_000_000)),
        (10, Value::from(1_800_000_000)),
        (11, Value::Bytes(to.public.key_id().to_vec())),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(k, v)| (Value::from(k), v))
        .collect();
    assert_eq!(*ours, expected);
    let unprotected = inner[1].as_map().unwrap();
    assert_eq!(unprotected.len(), 1);
    assert_eq!(unprotected[0].0, Value::from(-4));
    assert_eq!(unprotected[0].1.as_bytes().unwrap().len(), 32);
}

#[test]
fn a_receipt_is_these_eight_fields_and_its_signature_is_reproducible() {
    let key = SigningKey::from_text(SEED).unwrap();
    let signed = receipt().sign(&key).unwrap();
    let (tag, parts) = tagged(&parse(&signed));
    assert_eq!(tag, 18);
    let fields = parse(parts[2].as_bytes().unwrap());
    let keys: Vec<i128> = fields
        .as_map()
        .unwrap()
        .iter()
        .map(|(k, _)| k.as_integer().unwrap().into())
        .collect();
    assert_eq!(keys, [1, 2, 3, 4, 5, 6, 7, 8]);
    // Ed25519 is deterministic: same key, same receipt, same bytes, on every machine and in every later version.
    assert_eq!(
        hex::encode(ubugoe_protocol::digest(&signed)),
        RECEIPT_SHA256
    );
    assert_eq!(signed.len(), RECEIPT_LEN);
}

const RECEIPT_SHA256: &str = "974b15b7622c4e3b82368a13ae077dd811f313322914ae623de478d862c86df2";
const RECEIPT_LEN: usize = 227;

#[test]
fn a_downlink_shows_the_broker_a_device_id_and_a_key_id_and_nothing_else() {
    let kiosk = pair();
    let sealed = seal_down(&Downlink::Statuses(vec![vec![1]]), &device(), &kiosk.public).unwrap();
    let (tag, parts) = tagged(&parse(&sealed));
    assert_eq!((tag, parts.len()), (16, 3));
    let protected = parse(parts[0].as_bytes().unwrap());
    let ours = protected.as_map().unwrap()[1].1.as_map().unwrap().clone();
    let expected = [
        (1, Value::from(1)),
        (2, Value::from("kiosk-07")),
        (3, Value::Bytes(kiosk.public.key_id().to_vec())),
    ];
    assert_eq!(
        ours,
        expected
            .into_iter()
            .map(|(k, v)| (Value::from(k), v))
            .collect::<Vec<_>>()
    );
}

#[test]
fn ids_have_exactly_the_characters_brokers_agree_on() {
    type Device = ubugoe_protocol::DeviceId;
    for good in ["abc", "kiosk-07", "0-0", &"a".repeat(64)] {
        assert_eq!(good.parse::<Device>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "ab",
        "Kiosk",
        "kiosk.7",
        "kiosk/7",
        "kiosk+",
        "kiosk#",
        "kiosk_7",
        "病院-1",
        "abc\n",
        &"a".repeat(65),
    ] {
        assert!(bad.parse::<Device>().is_err(), "{bad:?}");
    }
    let id: ubugoe_protocol::FilingId = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    assert_eq!(id.as_bytes()[15], 15);
    assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0e0f");
    assert!("0001".parse::<ubugoe_protocol::FilingId>().is_err());
    assert_ne!(
        ubugoe_protocol::FilingId::generate().unwrap(),
        ubugoe_protocol::FilingId::generate().unwrap()
    );
}

#[test]
fn peek_agrees_with_what_was_sealed() {
    let (to, device) = (pair(), signer());
    let header = header(&to.public);
    assert_eq!(
        peek(&seal(&header, &body(), &to.public, &device.secret).unwrap()).unwrap(),
        header
    );
}
