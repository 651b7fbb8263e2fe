//! Bytes from strangers: no decoder panics, and none takes a second spelling of the same message.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use proptest::prelude::*;
use support::{body, device, header, pair, receipt, signer, time, visit};
use ubugoe_protocol::cades::{self, Trust};
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{
    AttachmentRef, CaseId, Command, Downlink, FilingBody, FilingId, Grant, Header, Manifest,
    OpenError, Part, Receipt, Refusal, SecondNotice, SignedError, StatusNotice, SystemOrder,
    TimeNotice, VisitCode, VisitTree, WireError, open, open_down, peek, seal, seal_down, topics,
};

/// Every decoder of the crate on the same bytes.
fn decode_everything(bytes: &[u8]) {
    let (recipient, signer) = keys();
    let _ = peek(bytes);
    let _ = open(bytes, &recipient.secret, |_| Some(signer.public));
    let _ = open_down(bytes, &device(), &recipient.secret);
    let _ = Receipt::verify(bytes, &signer.public);
    let _ = Receipt::peek(bytes);
    let _ = Receipt::qr_text(bytes);
    let _ = Refusal::peek(bytes);
    let _ = StatusNotice::peek(bytes);
    let _ = Command::verify(bytes, &signer.public);
    let _ = TimeNotice::peek(bytes);
    let _ = SecondNotice::verify(bytes, &signer.public);
    let _ = Grant::verify(bytes, &signer.public);
    let _ = Manifest::verify(bytes, &signer.public);
    let _ = Part::from_bytes(bytes);
    let _ = SystemOrder::from_bytes(bytes);
    let _ = cades::describe(bytes);
    let _ = cades::prepare(b"content", bytes, 0);
    let _ = Trust::new(&[bytes.to_vec()]).map(|trust| cades::verify(bytes, b"content", &trust, 0));
    let text = String::from_utf8_lossy(bytes);
    let _ = Receipt::qr_bytes(&text);
    let _ = Receipt::qr_bytes(&format!("UBUGOE1:{text}"));
    let _ = VisitCode::from_text(&text);
    let _ = VisitCode::from_text(&format!("UBUGOE1V:{text}"));
    let _ = Trust::from_pem(&text);
    let _ = topics::parse_up(&text);
    let _ = topics::parse_down(&text);
    let _ = text.parse::<FilingId>();
    let _ = ubugoe_protocol::SigningKey::from_text(&text);
}

fn keys() -> &'static (support::Pair, support::Signer) {
    static KEYS: std::sync::OnceLock<(support::Pair, support::Signer)> = std::sync::OnceLock::new();
    KEYS.get_or_init(|| (pair(), signer()))
}

fn real_messages() -> Vec<Vec<u8>> {
    let (to, key) = keys();
    let signed = receipt().sign(&key.secret).unwrap();
    vec![
        seal(&header(&to.public), &body(), &to.public, &key.secret).unwrap(),
        seal_down(
            &Downlink::Receipts(vec![signed.clone()]),
            &device(),
            &to.public,
        )
        .unwrap(),
        Receipt::qr_text(&signed).unwrap().into_bytes(),
        VisitCode {
            receipt: signed.clone(),
            tree: VisitTree::new([1; 16], vec![[7; 32], [8; 32]]).unwrap(),
        }
        .to_text()
        .into_bytes(),
        Manifest {
            id: FilingId::from_bytes([1; 16]),
            content: Content::Profile,
            version: 2,
            sha256: [3; 32],
            len: 5,
            at: 1,
        }
        .sign(&key.secret)
        .unwrap(),
        signed,
        support::system_order().to_bytes().unwrap(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_decoder_panics_on_arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        decode_everything(&bytes);
    }

    #[test]
    fn no_decoder_panics_on_real_messages_with_damage(
        which in 0..7_usize,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        tail in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = real_messages().swap_remove(which);
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        decode_everything(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        bytes.extend(tail);
        decode_everything(&bytes);
    }

    #[test]
    fn whatever_is_sealed_comes_out_the_same(
        id in any::<[u8; 16]>(),
        case in any::<[u8; 16]>(),
        case_seq in any::<u32>(),
        created in 0..253_402_300_799_i64,
        expires in proptest::option::of(0..253_402_300_799_i64),
        canonical in proptest::collection::vec(any::<u8>(), 1..5000),
        signature in proptest::collection::vec(any::<u8>(), 0..3000),
        refs in proptest::collection::vec((any::<[u8; 32]>(), any::<u64>(), "[a-z]{1,20}/[a-z]{1,20}"), 0..5),
    ) {
        let (to, key) = keys();
        let header = Header {
            id: FilingId::from_bytes(id), case: CaseId::from_bytes(case), case_seq, created, expires, ..header(&to.public)
        };
        let attachments =
            refs.into_iter().map(|(sha256, len, media_type)| AttachmentRef { sha256, len, media_type }).collect();
        let (time, visit) = (time(), visit(&canonical));
        let body = FilingBody { canonical, signature, attachments, time, visit };
        let sealed = seal(&header, &body, &to.public, &key.secret).unwrap();
        let opened = open(&sealed, &to.secret, |_| Some(key.public)).unwrap();
        prop_assert_eq!(opened.header, header);
        prop_assert_eq!(opened.body, body);
    }

    #[test]
    fn a_qr_text_carries_any_receipt_bytes(no in any::<u64>(), at in 0..253_402_300_799_i64, digest in any::<[u8; 32]>()) {
        let (_, key) = keys();
        let receipt = Receipt { arrival_no: no, arrived_at: at, digest, ..receipt() };
        let text = Receipt::qr_text(&receipt.sign(&key.secret).unwrap()).unwrap();
        prop_assert_eq!(Receipt::from_qr_text(&text, &key.public).unwrap(), receipt);
    }
}

#[test]
fn deep_nesting_is_refused_before_it_costs_stack() {
    let deep = vec![0x81; 100_000];
    assert_eq!(
        peek(&deep),
        Err(OpenError::Wire(WireError::TooDeep {
            what: "ubugoe-envelope/1"
        }))
    );
    let tags = vec![0xC1; 100_000];
    assert!(peek(&tags).is_err());
}

#[test]
fn a_length_that_promises_gigabytes_is_refused_without_taking_memory() {
    for bomb in [
        &[0x5B, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF][..],
        &[0x9B, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF][..],
    ] {
        assert!(matches!(
            peek(bomb),
            Err(OpenError::Wire(WireError::NotCbor { .. }))
        ));
    }
    assert!(matches!(
        peek(&vec![0; 200_000]),
        Err(OpenError::Wire(WireError::TooLong { .. }))
    ));
}

#[test]
fn a_second_spelling_of_the_same_message_is_refused() {
    let (_, key) = keys();
    let signed = receipt().sign(&key.secret).unwrap();
    let mut trailing = signed.clone();
    trailing.push(0);
    let error = Receipt::verify(&trailing, &key.public).unwrap_err();
    assert_eq!(
        error,
        SignedError::Wire(WireError::NotDeterministic {
            what: "ubugoe-receipt/1"
        })
    );
    // The same array with indefinite length: D2 84 … -> D2 9F … FF.
    let mut indefinite = signed.clone();
    assert_eq!(indefinite[..2], [0xD2, 0x84]);
    indefinite[1] = 0x9F;
    indefinite.push(0xFF);
    let error = Receipt::verify(&indefinite, &key.public).unwrap_err();
    assert_eq!(
        error,
        SignedError::Wire(WireError::NotDeterministic {
            what: "ubugoe-receipt/1"
        })
    );
    // Something in the unprotected header, which the signature does not cover.
    let mut added = signed.clone();
    let at = added.iter().position(|b| *b == 0xA0).unwrap();
    added.splice(at..=at, [0xA1, 0x04, 0x41, 0x00]);
    assert_eq!(
        Receipt::verify(&added, &key.public).unwrap_err(),
        SignedError::Shape {
            expected: "ubugoe-receipt/1"
        }
    );
}

#[test]
fn another_algorithm_in_the_header_is_refused_before_the_signature_is_looked_at() {
    let (_, key) = keys();
    let mut signed = receipt().sign(&key.secret).unwrap();
    // { 1: -8 } EdDSA becomes { 1: -7 } ES256.
    let at = signed
        .windows(3)
        .position(|w| w == [0xA2, 0x01, 0x27])
        .unwrap();
    signed[at + 2] = 0x26;
    assert_eq!(
        Receipt::verify(&signed, &key.public).unwrap_err(),
        SignedError::Shape {
            expected: "ubugoe-receipt/1"
        }
    );
}
