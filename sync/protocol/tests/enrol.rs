//! How a device comes and goes, on the wire: what is written is read, and whatever else comes is an error with a name.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;
use ubugoe_protocol::enrol::{
    Answer, AnswerError, Carried, Core, EnrolCode, Export, Pin, Purpose, Request, Voucher,
    WipeRecord, device_of,
};
use ubugoe_protocol::{FilingId, RecipientSecretKey, SigningKey};
use zeroize::Zeroizing;

const NOW: i64 = 1_795_300_000;

fn core(sign: &SigningKey) -> Vec<u8> {
    Core {
        purpose: Purpose::Enrol,
        csr: vec![0x30; 300],
        sign: sign.verifying().unwrap(),
        seal: RecipientSecretKey::generate().unwrap().public().unwrap(),
        at: NOW,
    }
    .sign(sign)
    .unwrap()
}

#[test]
fn a_request_says_who_asks_and_only_the_holder_of_the_key_can_have_said_it() {
    let (sign, other) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let signed = core(&sign);
    let read = Core::verify(&signed).unwrap();
    let id = read.device().to_string();
    assert_eq!(read.device(), device_of(&sign.verifying().unwrap()));
    assert!(id.len() == 10 && id.starts_with("d-"), "{id}");
    assert_ne!(read.device(), device_of(&other.verifying().unwrap()));
    // the public key of one, signed by the other
    let forged = read.sign(&other).unwrap();
    assert!(Core::verify(&forged).is_err());
    for at in 0..signed.len() {
        let mut changed = signed.clone();
        changed[at] ^= 1;
        assert!(Core::verify(&changed).is_err(), "byte {at}");
        assert!(Core::verify(&signed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_bench_vouches_for_one_device_in_one_ward() {
    let (bench, stranger) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let core = core(&SigningKey::generate().unwrap());
    let request = Request::by_bench(core, "bench-1", "三階東", &bench).unwrap();
    let read = Request::from_bytes(&request.to_bytes()).unwrap();
    assert_eq!(read, request);
    let key = bench.verifying().unwrap();
    assert!(read.verify_bench(&key).is_ok());
    assert!(read.verify_bench(&stranger.verifying().unwrap()).is_err());
    let Voucher::Bench { bench, signed, .. } = read.voucher.clone() else {
        unreachable!("it came from a bench")
    };
    let elsewhere = Request {
        voucher: Voucher::Bench {
            bench: bench.clone(),
            ward: "別の病棟".to_owned(),
            signed: signed.clone(),
        },
        core: read.core.clone(),
    };
    assert!(elsewhere.verify_bench(&key).is_err());
    let another = Request {
        core: self::core(&SigningKey::generate().unwrap()),
        voucher: read.voucher,
    };
    assert!(another.verify_bench(&key).is_err());
}

#[test]
fn every_voucher_comes_back_and_none_is_shown() {
    let core = core(&SigningKey::generate().unwrap());
    for voucher in [
        Voucher::Secret(Zeroizing::new(vec![7; 15])),
        Voucher::Proof([9; 32]),
        Voucher::Known,
    ] {
        let request = Request {
            core: core.clone(),
            voucher,
        };
        assert_eq!(Request::from_bytes(&request.to_bytes()).unwrap(), request);
        assert!(!format!("{:?}", request.voucher).contains('7'));
    }
}

#[test]
fn last_words_are_the_devices_own() {
    let (sign, other) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let device = device_of(&sign.verifying().unwrap());
    let record = WipeRecord {
        device: device.clone(),
        at: NOW,
        unsent: 2,
        exported: 1,
        files: 20,
        bytes: 40_000,
        why: "落として割れた".to_owned(),
    };
    let signed = record.sign(&sign).unwrap();
    assert_eq!(WipeRecord::peek(&signed).unwrap(), record);
    assert_eq!(
        WipeRecord::verify(&signed, &sign.verifying().unwrap()).unwrap(),
        record
    );
    assert!(WipeRecord::verify(&signed, &other.verifying().unwrap()).is_err());
    let long = WipeRecord {
        why: "あ".repeat(400),
        ..record
    };
    assert!(long.sign(&sign).is_err());
    let list = Export {
        device,
        at: NOW,
        envelopes: vec![Carried {
            id: FilingId::from_bytes([3; 16]),
            recipient: "asukoe".parse().unwrap(),
            envelope: [5; 32],
        }],
    };
    let signed = list.sign(&sign).unwrap();
    assert_eq!(
        Export::verify(&signed, &sign.verifying().unwrap()).unwrap(),
        list
    );
    // one kind of word is not another
    assert!(WipeRecord::peek(&signed).is_err());
    assert!(Export::verify(&record_of(&sign), &sign.verifying().unwrap()).is_err());
}

fn record_of(sign: &SigningKey) -> Vec<u8> {
    WipeRecord {
        device: device_of(&sign.verifying().unwrap()),
        at: NOW,
        unsent: 0,
        exported: 0,
        files: 0,
        bytes: 0,
        why: String::new(),
    }
    .sign(sign)
    .unwrap()
}

#[test]
fn an_answer_of_another_root_is_a_strangers_whatever_else_it_says() {
    let answer = Answer {
        bundle: b"a bundle".to_vec(),
        issuing: b"no certificate".to_vec(),
        root: b"a root".to_vec(),
        signature: vec![0; 70],
    };
    let read = Answer::from_bytes(&answer.to_bytes()).unwrap();
    assert_eq!(read, answer);
    assert_eq!(
        read.verify(&Pin::of(b"another")),
        Err(AnswerError::Stranger)
    );
    assert_eq!(
        read.verify(&Pin::of(b"a root")),
        Err(AnswerError::Certificate)
    );
}

proptest! {
    #[test]
    fn whatever_comes_is_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in ".{0,80}") {
        let _ = Request::from_bytes(&bytes);
        let _ = Core::verify(&bytes);
        let _ = WipeRecord::peek(&bytes);
        if let Ok(answer) = Answer::from_bytes(&bytes) {
            prop_assert_eq!(answer.to_bytes(), bytes);
        }
        let _ = EnrolCode::from_any(&text);
        let _ = text.parse::<Pin>();
    }

    #[test]
    fn a_request_that_was_changed_is_not_the_request(at in 0_usize..700, bit in 0_u8..8) {
        let core = core(&SigningKey::generate().unwrap());
        let request = Request { core, voucher: Voucher::Proof([1; 32]) };
        let mut bytes = request.to_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(read) = Request::from_bytes(&bytes) {
            prop_assert_ne!(read, request);
        }
    }
}
