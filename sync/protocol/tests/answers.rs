//! Receipts, refusals and statuses: signed words of a city, and the receipt's QR text.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use support::{city, receipt, signer};
use ubugoe_protocol::{
    CaseState, FilingId, QrError, Receipt, Refusal, RefusalReason, SignedError, StatusNotice,
    WireError,
};

fn refusal() -> Refusal {
    Refusal {
        id: FilingId::from_bytes([1; 16]),
        recipient: city(),
        envelope: [3; 32],
        reason: RefusalReason::Undecryptable,
        at: 1_790_000_200,
    }
}

fn notice(state: CaseState) -> StatusNotice {
    StatusNotice {
        id: FilingId::from_bytes([1; 16]),
        recipient: city(),
        seq: 2,
        state,
        at: 1_790_000_300,
    }
}

#[test]
fn a_receipt_verifies_under_its_citys_key_and_no_other() {
    let (city, other) = (signer(), signer());
    let signed = receipt().sign(&city.secret).unwrap();
    assert_eq!(Receipt::verify(&signed, &city.public).unwrap(), receipt());
    assert_eq!(Receipt::peek(&signed).unwrap(), receipt());
    let error = Receipt::verify(&signed, &other.public).unwrap_err();
    assert_eq!(
        error,
        SignedError::Signature {
            what: "ubugoe-receipt/1"
        }
    );
}

#[test]
fn every_flipped_bit_of_a_receipt_is_noticed() {
    let city = signer();
    let signed = receipt().sign(&city.secret).unwrap();
    for at in 0..signed.len() * 8 {
        let mut damaged = signed.clone();
        damaged[at / 8] ^= 1 << (at % 8);
        assert!(Receipt::verify(&damaged, &city.public).is_err(), "bit {at}");
    }
}

#[test]
fn the_qr_text_verifies_offline_and_stays_short_enough_to_scan() {
    let city = signer();
    let signed = receipt().sign(&city.secret).unwrap();
    let text = Receipt::qr_text(&signed).unwrap();
    assert!(text.starts_with("UBUGOE1:"));
    assert!(text.len() < 400, "{} characters", text.len());
    let alphanumeric =
        |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
    assert!(text.chars().all(alphanumeric), "{text}");
    assert_eq!(
        Receipt::from_qr_text(&text, &city.public).unwrap(),
        receipt()
    );
    assert_eq!(Receipt::qr_bytes(&text).unwrap(), signed);
}

#[test]
fn the_longest_receipt_still_fits_one_qr_code() {
    let city = signer();
    let mut longest = receipt();
    longest.recipient = "r".repeat(64).parse().unwrap();
    longest.arrival_no = u64::MAX;
    longest.arrived_at = 253_402_300_799;
    longest.status_token = "t".repeat(43);
    longest.status_url = format!("https://{}/", "u".repeat(71));
    let text = Receipt::qr_text(&longest.sign(&city.secret).unwrap()).unwrap();
    // Version 15 at level L carries 758 alphanumeric characters (ISO/IEC 18004).
    assert!(text.len() <= 758, "{} characters", text.len());
}

#[test]
fn a_damaged_qr_text_says_what_is_wrong() {
    let city = signer();
    let text = Receipt::qr_text(&receipt().sign(&city.secret).unwrap()).unwrap();
    assert_eq!(
        Receipt::from_qr_text(&text[1..], &city.public).unwrap_err(),
        QrError::Prefix
    );
    assert_eq!(
        Receipt::from_qr_text(&text.to_lowercase(), &city.public).unwrap_err(),
        QrError::Prefix
    );
    let torn = &text[..text.len() - 1];
    assert!(Receipt::from_qr_text(torn, &city.public).is_err());
    let smudged = text.replacen('A', "B", 1);
    assert!(matches!(
        Receipt::from_qr_text(&smudged, &city.public).unwrap_err(),
        QrError::Receipt(_)
    ));
}

#[test]
fn the_status_link_is_the_page_followed_by_the_token() {
    assert_eq!(
        receipt().status_link(),
        "https://status.asukoe.example/s/0123456789abcdefABCDEF"
    );
}

type Change = fn(&mut Receipt);

#[test]
fn a_receipt_with_fields_outside_the_profile_is_not_signed() {
    let city = signer();
    let changes: [(&str, Change); 5] = [
        ("arrived_at", |r| r.arrived_at = -1),
        ("arrived_at", |r| r.arrived_at = i64::MAX),
        ("status_token", |r| r.status_token = "two words".to_owned()),
        ("status_token", |r| r.status_token = "t".repeat(44)),
        ("status_url", |r| {
            r.status_url = "https://例え.jp/".to_owned();
        }),
    ];
    for (field, change) in changes {
        let mut bad = receipt();
        change(&mut bad);
        let expected = WireError::OutOfRange {
            what: "ubugoe-receipt/1",
            field,
        };
        assert_eq!(
            bad.sign(&city.secret).unwrap_err(),
            SignedError::Wire(expected)
        );
    }
}

#[test]
fn a_refusal_reads_back_with_every_reason_and_keeps_unknown_ones() {
    let city = signer();
    for code in [1, 2, 3, 4, 5, 6, 7, 8, 65535] {
        let refusal = Refusal {
            reason: RefusalReason::from_code(code),
            ..refusal()
        };
        let signed = refusal.sign(&city.secret).unwrap();
        assert_eq!(Refusal::verify(&signed, &city.public).unwrap(), refusal);
        assert_eq!(refusal.reason.code(), code);
    }
    assert_eq!(RefusalReason::DigestConflict.code(), 4);
    assert_eq!(RefusalReason::from_code(9), RefusalReason::Other(9));
}

#[test]
fn a_status_reads_back_in_every_state_with_the_officers_words_untouched() {
    let city = signer();
    let words = "住所の「葛󠄀」の字を確認してください。".to_owned();
    let states = [
        CaseState::Arrived,
        CaseState::Accepted,
        CaseState::Returned {
            reason: words.clone(),
        },
        CaseState::Refused { reason: words },
    ];
    for state in states {
        let notice = notice(state);
        let signed = notice.sign(&city.secret).unwrap();
        assert_eq!(StatusNotice::verify(&signed, &city.public).unwrap(), notice);
    }
    let long = notice(CaseState::Returned {
        reason: "あ".repeat(700),
    });
    assert!(long.sign(&city.secret).is_err());
}

#[test]
fn no_signed_word_passes_for_another() {
    let city = signer();
    let receipt = receipt().sign(&city.secret).unwrap();
    let refusal = refusal().sign(&city.secret).unwrap();
    let status = notice(CaseState::Accepted).sign(&city.secret).unwrap();
    for (name, bytes) in [
        ("receipt", &receipt),
        ("refusal", &refusal),
        ("status", &status),
    ] {
        let shape = |e: SignedError| matches!(e, SignedError::Shape { .. });
        assert!(
            name == "receipt" || shape(Receipt::verify(bytes, &city.public).unwrap_err()),
            "{name}"
        );
        assert!(
            name == "refusal" || shape(Refusal::verify(bytes, &city.public).unwrap_err()),
            "{name}"
        );
        assert!(
            name == "status" || shape(StatusNotice::verify(bytes, &city.public).unwrap_err()),
            "{name}"
        );
    }
}
