//! The envelope: what goes in comes out at the right recipient, and at nobody else.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use support::{body, city, device, header, pair, signer, visit};
use ubugoe_protocol::{
    CaseId, Downlink, FilingId, Header, Kind, MAX_ENVELOPE, OpenError, SealError, WireError,
    digest, open, open_down, peek, seal, seal_down,
};

#[test]
fn what_was_sealed_is_what_the_recipient_opens() {
    let (to, device) = (pair(), signer());
    let header = header(&to.public);
    let sealed = seal(&header, &body(), &to.public, &device.secret).unwrap();
    assert_eq!(peek(&sealed).unwrap(), header);
    let opened = open(&sealed, &to.secret, |_| Some(device.public)).unwrap();
    assert_eq!(opened.header, header);
    assert_eq!(opened.body, body());
    assert_eq!(opened.digest, digest(&body().canonical));
}

#[test]
fn sealing_twice_gives_different_bytes_of_the_same_length() {
    let (to, device) = (pair(), signer());
    let one = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    let two = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    assert_ne!(one, two);
    assert_eq!(one.len(), two.len());
}

#[test]
fn nothing_of_the_content_is_readable_in_the_sealed_bytes() {
    let (to, device) = (pair(), signer());
    let sealed = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    let name = "𠮷子".as_bytes();
    assert!(!sealed.windows(name.len()).any(|w| w == name));
    assert!(
        !sealed.windows(8).any(|w| w == [0x30; 8]),
        "the signature is readable"
    );
}

#[test]
fn another_recipients_key_does_not_open_it() {
    let (to, other, device) = (pair(), pair(), signer());
    let sealed = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    let error = open(&sealed, &other.secret, |_| Some(device.public)).unwrap_err();
    assert!(matches!(error, OpenError::OtherKey { .. }), "{error:?}");
}

#[test]
fn a_header_that_names_a_key_it_is_not_sealed_to_is_refused_at_the_source() {
    let (to, other, device) = (pair(), pair(), signer());
    let error = seal(&header(&other.public), &body(), &to.public, &device.secret).unwrap_err();
    assert!(matches!(error, SealError::OtherKey { .. }), "{error:?}");
}

#[test]
fn a_forged_device_signature_is_refused_before_anything_is_decrypted() {
    let (to, device, thief) = (pair(), signer(), signer());
    let sealed = seal(&header(&to.public), &body(), &to.public, &thief.secret).unwrap();
    let error = open(&sealed, &to.secret, |_| Some(device.public)).unwrap_err();
    assert_eq!(error, OpenError::DeviceSignature(support::device()));
    let unknown = open(&sealed, &to.secret, |_| None).unwrap_err();
    assert_eq!(unknown, OpenError::UnknownDevice(support::device()));
}

/// Takes an envelope apart and puts the ciphertext under another header, signed by the real device again: what a
/// stolen device key could try.
fn reheaded(
    sealed: &[u8],
    change: impl Fn(&mut Header),
    device: &support::Signer,
    to: &support::Pair,
) -> Vec<u8> {
    use ciborium::Value;
    let take = |bytes: &[u8], tag: u64| -> Vec<Value> {
        let value: Value = ciborium::from_reader(bytes).unwrap();
        let Value::Tag(found, inner) = value else {
            unreachable!("tagged")
        };
        assert_eq!(found, tag);
        inner.into_array().unwrap()
    };
    let put = |value: Value| {
        let mut out = Vec::new();
        ciborium::into_writer(&value, &mut out).unwrap();
        out
    };
    let mut header = peek(sealed).unwrap();
    change(&mut header);
    // A fresh envelope with the changed header gives a valid protected part; its ciphertext is exchanged.
    let fresh = seal(&header, &body(), &to.public, &device.secret).unwrap();
    let original = take(take(sealed, 18)[2].as_bytes().unwrap(), 16);
    let mut inner = take(take(&fresh, 18)[2].as_bytes().unwrap(), 16);
    inner[1] = original[1].clone();
    inner[2] = original[2].clone();
    let payload = put(Value::Tag(16, Box::new(Value::Array(inner))));
    let mut outer = take(&fresh, 18);
    let to_sign = put(Value::Array(vec![
        Value::from("Signature1"),
        outer[0].clone(),
        Value::Bytes(Vec::new()),
        Value::Bytes(payload.clone()),
    ]));
    let text = device.secret.to_text();
    let seed = hex::decode(text.split(':').nth(1).unwrap()).unwrap();
    let key = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    outer[2] = Value::Bytes(payload);
    outer[3] = Value::Bytes(key.sign(&to_sign).as_ref().to_vec());
    put(Value::Tag(18, Box::new(Value::Array(outer))))
}

#[test]
fn the_same_text_under_another_header_does_not_decrypt_even_when_signed_by_the_device() {
    let (to, device) = (pair(), signer());
    let sealed = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    let unchanged = reheaded(&sealed, |_| {}, &device, &to);
    assert!(
        open(&unchanged, &to.secret, |_| Some(device.public)).is_ok(),
        "the surgery itself must be sound"
    );
    let changes: [fn(&mut Header); 5] = [
        |h| h.id = FilingId::from_bytes([5; 16]),
        |h| h.recipient = "city-b2".parse().unwrap(),
        |h| h.case = CaseId::from_bytes([5; 16]),
        |h| h.case_seq += 1,
        |h| h.expires = None,
    ];
    for change in changes {
        let forged = reheaded(&sealed, change, &device, &to);
        let error = open(&forged, &to.secret, |_| Some(device.public)).unwrap_err();
        assert_eq!(error, OpenError::Undecryptable);
    }
}

#[test]
fn every_single_flipped_bit_is_noticed() {
    let (to, device) = (pair(), signer());
    let sealed = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(
            open(&damaged, &to.secret, |_| Some(device.public)).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn another_version_is_refused_by_number_in_both_directions() {
    let (to, device) = (pair(), signer());
    for found in [0, 2, 255] {
        let header = Header {
            v: found,
            ..header(&to.public)
        };
        let error = seal(&header, &body(), &to.public, &device.secret).unwrap_err();
        let expected = WireError::Version {
            what: "envelope header",
            found: u64::from(found),
        };
        assert_eq!(error, SealError::Field(expected));
    }
}

#[test]
fn a_filing_too_large_for_the_narrowest_broker_is_refused_at_the_source() {
    let (to, device) = (pair(), signer());
    let mut body = body();
    body.canonical = vec![b'x'; MAX_ENVELOPE];
    body.visit = visit(&body.canonical);
    let error = seal(&header(&to.public), &body, &to.public, &device.secret).unwrap_err();
    assert!(
        matches!(error, SealError::TooLong { len } if len > MAX_ENVELOPE),
        "{error:?}"
    );
}

#[test]
fn a_filing_body_does_not_travel_under_an_attachments_header() {
    let (to, device) = (pair(), signer());
    let header = Header {
        kind: Kind::Attachment,
        ..header(&to.public)
    };
    let error = seal(&header, &body(), &to.public, &device.secret).unwrap_err();
    assert_eq!(error, SealError::Kind(Kind::Attachment));
}

#[test]
fn the_cost_of_sealing_is_known_to_the_byte() {
    let (to, device) = (pair(), signer());
    let sealed = seal(&header(&to.public), &body(), &to.public, &device.secret).unwrap();
    let content = body().canonical.len() + body().signature.len();
    // Header, two COSE frames, encapsulated key, tag, signature, one attachment reference: 334. Time claim: 43. Proof of a
    // visit of three forms: 124.
    assert_eq!(sealed.len() - content, 501);
}

#[test]
fn a_downlink_opens_on_its_device_only() {
    let (kiosk, other) = (pair(), pair());
    let message = Downlink::Receipts(vec![vec![1, 2, 3], vec![4]]);
    let sealed = seal_down(&message, &device(), &kiosk.public).unwrap();
    assert_eq!(
        open_down(&sealed, &device(), &kiosk.secret).unwrap(),
        message
    );
    let error = open_down(&sealed, &"kiosk-08".parse().unwrap(), &kiosk.secret).unwrap_err();
    assert_eq!(error, OpenError::OtherAddressee("kiosk-07".to_owned()));
    let error = open_down(&sealed, &device(), &other.secret).unwrap_err();
    assert!(matches!(error, OpenError::OtherKey { .. }), "{error:?}");
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert!(
            open_down(&damaged, &device(), &kiosk.secret).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn a_downlink_is_no_envelope_and_an_envelope_no_downlink() {
    let (to, device_key) = (pair(), signer());
    let down = seal_down(&Downlink::Statuses(vec![vec![1]]), &device(), &to.public).unwrap();
    assert!(open(&down, &to.secret, |_| Some(device_key.public)).is_err());
    let up = seal(&header(&to.public), &body(), &to.public, &device_key.secret).unwrap();
    assert!(open_down(&up, &device(), &to.secret).is_err());
}

#[test]
fn empty_and_overfull_downlinks_are_refused_at_the_source() {
    let kiosk = pair();
    for message in [
        Downlink::Receipts(vec![]),
        Downlink::Receipts(vec![vec![]; 257]),
        Downlink::Refusals(vec![vec![0; 102_401]]),
    ] {
        assert!(seal_down(&message, &device(), &kiosk.public).is_err());
    }
    assert_eq!(city().as_str(), "city-a1");
}
