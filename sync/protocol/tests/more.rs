//! Attachments, reports, orders, updates and the family's code: what goes in comes out, and nothing else passes.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use support::{city, device, header, pair, receipt, signer};
use ubugoe_protocol::attachment::{self, CHUNK, MAX_CHUNKS, seal_chunk};
use ubugoe_protocol::command::CommandId;
use ubugoe_protocol::report::{Outcome, UpdateState, seal_report};
use ubugoe_protocol::second::{self, seal_second};
use ubugoe_protocol::update::{self, Content, PART_LEN};
use ubugoe_protocol::{
    CodeError, Command, Downlink, FilingId, Grant, Header, Incoming, Interval, Kind, Manifest,
    OpenError, Order, Part, Place, Receipt, Report, SealError, SecondAnswer, SecondBody,
    SecondGrant, SecondNotice, TimeNotice, VisitCode, VisitTree, digest, open, open_any, open_down,
    seal_down, topics,
};

fn of(kind: Kind, to: &support::Pair) -> Header {
    Header {
        kind,
        ..header(&to.public)
    }
}

#[test]
fn an_attachment_is_cut_sealed_opened_and_joined_byte_for_byte() {
    let (to, key) = (pair(), signer());
    let whole: Vec<u8> = (0..251).cycle().take(CHUNK * 2 + 17).collect();
    let pieces = attachment::cut(FilingId::from_bytes([1; 16]), &whole).unwrap();
    assert_eq!(pieces.len(), 3);
    let mut joined = Vec::new();
    for piece in &pieces {
        let sealed =
            seal_chunk(&of(Kind::Attachment, &to), piece, &to.public, &key.secret).unwrap();
        let opened = open_any(&sealed, &to.secret, |_| Some(key.public)).unwrap();
        let Incoming::Chunk {
            chunk,
            digest: found,
            ..
        } = opened
        else {
            unreachable!("a chunk")
        };
        assert_eq!((&chunk, found), (piece, digest(&piece.bytes)));
        joined.extend(chunk.bytes);
        // Whoever expects a filing is not given one.
        assert_eq!(
            open(&sealed, &to.secret, |_| Some(key.public)),
            Err(OpenError::Kind(Kind::Attachment))
        );
    }
    assert_eq!(joined, whole);
    assert_eq!(pieces[0].sha256, digest(&whole));
}

#[test]
fn pieces_of_a_wrong_size_or_number_are_not_sealed() {
    let (to, key) = (pair(), signer());
    let good = attachment::cut(FilingId::from_bytes([1; 16]), &vec![7; CHUNK + 1]).unwrap();
    let seal = |chunk| seal_chunk(&of(Kind::Attachment, &to), &chunk, &to.public, &key.secret);
    for change in [
        |c: &mut ubugoe_protocol::Chunk| c.number = c.of,
        |c: &mut ubugoe_protocol::Chunk| c.of = 0,
        |c: &mut ubugoe_protocol::Chunk| {
            c.bytes.pop();
        },
        |c: &mut ubugoe_protocol::Chunk| c.bytes.push(0),
    ] {
        let mut bad = good[0].clone();
        change(&mut bad);
        assert!(matches!(seal(bad), Err(SealError::Field(_))));
    }
    let filing = seal_chunk(&of(Kind::Filing, &to), &good[0], &to.public, &key.secret);
    assert_eq!(filing, Err(SealError::Kind(Kind::Filing)));
    assert!(attachment::cut(FilingId::from_bytes([1; 16]), &[]).is_none());
    let long = vec![0; CHUNK * MAX_CHUNKS + 1];
    assert!(attachment::cut(FilingId::from_bytes([1; 16]), &long).is_none());
}

fn reports() -> Vec<Report> {
    let id = FilingId::from_bytes([4; 16]);
    vec![
        Report::Seen(vec![(id, 1), (FilingId::from_bytes([5; 16]), u32::MAX)]),
        Report::TimeAsk([9; 16]),
        Report::Update {
            id,
            state: UpdateState::Failed,
            detail: "catalogue: shussei_todoke has no title".to_owned(),
        },
        Report::Command {
            id,
            outcome: Outcome::Done,
            detail: String::new(),
        },
        Report::CertificateAsk(vec![0x30; 300]),
        Report::Earlier(vec![vec![1; 227], vec![2; 300]]),
        Report::SecondAsk {
            nonce: [9; 16],
            number: "1234567897".parse().unwrap(),
        },
    ]
}

#[test]
fn every_report_comes_out_as_it_went_in_and_no_two_look_alike_inside() {
    let (to, key) = (pair(), signer());
    for report in reports() {
        let sealed = seal_report(&of(Kind::Report, &to), &report, &to.public, &key.secret).unwrap();
        match open_any(&sealed, &to.secret, |_| Some(key.public)).unwrap() {
            Incoming::Report { report: found, .. } => assert_eq!(found, report),
            other => unreachable!("{other:?}"),
        }
    }
}

#[test]
fn reports_beyond_their_limits_are_not_sealed() {
    let (to, key) = (pair(), signer());
    for report in [
        Report::Seen(vec![]),
        Report::Seen(vec![(FilingId::from_bytes([4; 16]), 1); 257]),
        Report::Command {
            id: CommandId::from_bytes([1; 16]),
            outcome: Outcome::Refused,
            detail: "x".repeat(501),
        },
        Report::CertificateAsk(vec![]),
        Report::CertificateAsk(vec![0; 8193]),
        Report::Earlier(vec![vec![0; 1025]]),
    ] {
        let sealed = seal_report(&of(Kind::Report, &to), &report, &to.public, &key.secret);
        assert!(matches!(sealed, Err(SealError::Field(_))), "{report:?}");
    }
}

fn command(order: Order) -> Command {
    Command {
        id: CommandId::from_bytes([6; 16]),
        device: device(),
        recipient: city(),
        at: 1_790_000_000,
        expires: 1_790_086_400,
        order,
    }
}

#[test]
fn every_order_verifies_under_its_operators_key_only() {
    let (key, other) = (signer(), signer());
    let orders = [
        Order::Resend {
            since: 1_789_000_000,
            era: 1_790_000_000,
        },
        Order::Close,
        Order::Open,
        Order::Restart,
        Order::Renew,
        Order::Withdraw {
            update: FilingId::from_bytes([3; 16]),
        },
        Order::Diagnose,
    ];
    for order in orders {
        let signed = command(order).sign(&key.secret).unwrap();
        assert_eq!(
            Command::verify(&signed, &key.public).unwrap(),
            command(order)
        );
        assert!(Command::verify(&signed, &other.public).is_err());
        // One kind of signed message never passes for another.
        assert!(Manifest::verify(&signed, &key.public).is_err());
        assert!(Receipt::verify(&signed, &key.public).is_err());
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert!(Command::verify(&changed, &key.public).is_err(), "byte {at}");
        }
    }
}

#[test]
fn the_time_and_a_certificate_are_for_one_device_and_verify_under_one_key() {
    let (key, other) = (signer(), signer());
    let time = TimeNotice {
        nonce: [1; 16],
        device: device(),
        recipient: city(),
        at_ms: 1_790_000_000_123,
    };
    let signed = time.sign(&key.secret).unwrap();
    assert_eq!(TimeNotice::verify(&signed, &key.public).unwrap(), time);
    assert_eq!(TimeNotice::peek(&signed).unwrap(), time);
    assert!(TimeNotice::verify(&signed, &other.public).is_err());
    let grant = Grant {
        device: device(),
        request: [2; 32],
        chain_pem: "-----BEGIN CERTIFICATE-----\n".to_owned(),
    };
    let signed = grant.sign(&key.secret).unwrap();
    assert_eq!(Grant::verify(&signed, &key.public).unwrap(), grant);
    assert!(Grant::verify(&signed, &other.public).is_err());
}

#[test]
fn what_a_number_leads_to_is_for_one_device_and_verifies_under_one_key() {
    let (key, other, to) = (signer(), signer(), pair());
    let longest = SecondGrant {
        ticket: [7; 16],
        canonical: vec![b'x'; second::MAX_CONTENT],
        first: [8; 32],
    };
    for answer in [
        SecondAnswer::Granted(longest.clone()),
        SecondAnswer::Unknown,
        SecondAnswer::Busy,
    ] {
        let notice = SecondNotice {
            nonce: [1; 16],
            device: device(),
            recipient: city(),
            answer,
        };
        let signed = notice.sign(&key.secret).unwrap();
        assert_eq!(SecondNotice::verify(&signed, &key.public).unwrap(), notice);
        assert_eq!(SecondNotice::peek(&signed).unwrap(), notice);
        assert!(SecondNotice::verify(&signed, &other.public).is_err());
        assert!(TimeNotice::verify(&signed, &key.public).is_err());
        // the longest still travels, and only its device opens it
        let down = Downlink::Seconds(vec![signed]);
        assert_eq!(down.channel(), topics::Channel::Command);
        let sealed = seal_down(&down, &device(), &to.public).unwrap();
        assert_eq!(open_down(&sealed, &device(), &to.secret).unwrap(), down);
        let elsewhere = "kiosk-08".parse().unwrap();
        assert!(open_down(&sealed, &elsewhere, &to.secret).is_err());
    }
    for canonical in [vec![], vec![b'x'; second::MAX_CONTENT + 1]] {
        let notice = SecondNotice {
            nonce: [1; 16],
            device: device(),
            recipient: city(),
            answer: SecondAnswer::Granted(SecondGrant {
                canonical,
                ..longest.clone()
            }),
        };
        assert!(notice.sign(&key.secret).is_err());
    }
}

#[test]
fn a_second_signature_travels_like_a_filing_and_is_none() {
    let (to, key) = (pair(), signer());
    let body = SecondBody {
        ticket: [7; 16],
        signature: vec![0x30; 2500],
        time: support::time(),
    };
    let header = of(Kind::Second, &to);
    let sealed = seal_second(&header, &body, &to.public, &key.secret).unwrap();
    match open_any(&sealed, &to.secret, |_| Some(key.public)).unwrap() {
        Incoming::Second {
            header: found,
            body: inside,
            digest: told,
        } => {
            assert_eq!((found, inside), (header, body.clone()));
            assert_eq!(told, digest(&body.signature));
        }
        other => unreachable!("{other:?}"),
    }
    let as_filing = open(&sealed, &to.secret, |_| Some(key.public));
    assert_eq!(as_filing, Err(OpenError::Kind(Kind::Second)));
    let other_kind = seal_second(&of(Kind::Filing, &to), &body, &to.public, &key.secret);
    assert_eq!(other_kind, Err(SealError::Kind(Kind::Filing)));
    for signature in [vec![], vec![0; 16 * 1024 + 1]] {
        let body = SecondBody {
            signature,
            ..body.clone()
        };
        let sealed = seal_second(&of(Kind::Second, &to), &body, &to.public, &key.secret);
        assert!(matches!(sealed, Err(SealError::Field(_))));
    }
}

#[test]
fn an_update_is_what_its_manifest_announces_or_nothing() {
    let key = signer();
    let whole: Vec<u8> = (0..13).cycle().take(PART_LEN + 5).collect();
    let id = FilingId::from_bytes([8; 16]);
    let manifest = Manifest {
        id,
        content: Content::Catalogue,
        version: 3,
        sha256: digest(&whole),
        len: whole.len() as u64,
        at: 1_790_000_000,
    };
    let signed = manifest.sign(&key.secret).unwrap();
    assert_eq!(Manifest::verify(&signed, &key.public).unwrap(), manifest);
    let parts = update::cut(id, &whole);
    assert_eq!((parts.len(), manifest.parts()), (2, 2));
    let mut bytes = Vec::new();
    for part in &parts {
        let read = Part::from_bytes(&part.to_bytes()).unwrap();
        assert_eq!(read, *part);
        bytes.push(read.bytes);
    }
    assert_eq!(update::join(&manifest, &bytes), Some(whole.clone()));
    bytes.reverse();
    assert_eq!(update::join(&manifest, &bytes), None);
    bytes.reverse();
    bytes[1][0] ^= 1;
    assert_eq!(update::join(&manifest, &bytes), None);
    let empty = Manifest { len: 0, ..manifest };
    assert!(empty.sign(&key.secret).is_err());
}

/// Ten forms of one visit, and the code a family gets for the fourth.
fn ten() -> (Vec<Vec<u8>>, VisitCode, support::Signer) {
    let key = signer();
    let forms: Vec<Vec<u8>> = (0..10_u8).map(|n| vec![b'a' + n; 900]).collect();
    let digests = forms.iter().map(|f| digest(f)).collect();
    let tree = VisitTree::new([2; 16], digests).unwrap();
    let signed = Receipt {
        digest: digest(&forms[3]),
        visit: Some(tree.proof(3).unwrap().place),
        signed: Some(Interval {
            from: 1_790_000_000,
            until: 1_790_000_010,
        }),
        ..receipt()
    }
    .sign(&key.secret)
    .unwrap();
    let code = VisitCode {
        receipt: signed,
        tree,
    };
    (forms, code, key)
}

#[test]
fn one_altered_form_out_of_ten_is_named() {
    let (mut forms, code, key) = ten();
    let text = code.to_text();
    let alphanumeric = |c: char| matches!(c, '0'..='9' | 'A'..='Z' | ' ' | '$' | '%' | '*' | '+' | '-' | '.' | '/' | ':');
    assert!(text.chars().all(alphanumeric));
    // Version 25 with error correction M holds 1,451 such characters (ISO/IEC 18004 table 7).
    assert!(text.len() <= 1451, "{}", text.len());
    let read = VisitCode::from_text(&text).unwrap();
    assert_eq!(read, code);
    assert_eq!(read.verify(&key.public).unwrap().arrival_no, 4711);
    let given =
        |forms: &[Vec<u8>]| read.compare(&forms.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert_eq!(given(&forms), ubugoe_protocol::code::Compared::default());
    forms[7][450] ^= 1;
    let found = given(&forms);
    assert_eq!((found.altered, found.missing), (vec![7], vec![7]));
    forms.remove(7);
    assert_eq!(given(&forms).missing, [7]);
}

#[test]
fn a_code_with_another_list_receipt_or_city_is_not_genuine() {
    let (forms, code, key) = ten();
    let mut digests = code.tree.digests().to_vec();
    digests[9][0] ^= 1;
    let other_list = VisitCode {
        tree: VisitTree::new([2; 16], digests).unwrap(),
        ..code.clone()
    };
    assert_eq!(other_list.verify(&key.public), Err(CodeError::OtherForms));
    let other_seed = VisitCode {
        tree: VisitTree::new([3; 16], code.tree.digests().to_vec()).unwrap(),
        ..code.clone()
    };
    assert_eq!(other_seed.verify(&key.public), Err(CodeError::OtherForms));
    let without_visit = VisitCode {
        receipt: receipt().sign(&key.secret).unwrap(),
        ..code.clone()
    };
    assert_eq!(
        without_visit.verify(&key.public),
        Err(CodeError::OtherForms)
    );
    assert!(matches!(
        code.verify(&signer().public),
        Err(CodeError::Receipt(_))
    ));
    for (text, error) in [
        ("UBUGOE1:AB", CodeError::Prefix),
        ("UBUGOE1V:", CodeError::Damaged),
        ("UBUGOE1V:ABC", CodeError::Damaged),
        ("UBUGOE1V:あ", CodeError::Damaged),
    ] {
        assert_eq!(VisitCode::from_text(text).unwrap_err(), error, "{text}");
    }
    assert_eq!(forms.len(), 10);
}

#[test]
fn a_receipt_with_a_place_outside_its_visit_or_a_backward_interval_is_not_signed() {
    let key = signer();
    let place = Place {
        root: [1; 32],
        index: 2,
        count: 2,
    };
    let outside = Receipt {
        visit: Some(place),
        ..receipt()
    };
    let backward = Receipt {
        signed: Some(Interval { from: 2, until: 1 }),
        ..receipt()
    };
    for bad in [outside, backward] {
        assert!(bad.sign(&key.secret).is_err(), "{bad:?}");
    }
}

#[test]
fn a_filing_whose_visit_proof_does_not_fit_is_neither_sealed_nor_opened() {
    let (to, key) = (pair(), signer());
    let mut body = support::body();
    body.visit.salt[0] ^= 1;
    let sealed = ubugoe_protocol::seal(&header(&to.public), &body, &to.public, &key.secret);
    assert!(matches!(sealed, Err(SealError::Field(_))));
}
