//! Agencies, told to both databases: who is let in, who may what, what is kept once, what is asked until it is answered.

use std::sync::Arc;

use crate::support::exchange::{Door, Exchange, Life, PATIENCE, TRIES, authority};
use crate::support::office::{Office, land, letter, on_each_store};
use crate::support::papers::{MOTHER, Paper, birth, canonical, catalogue, certificate};
use jiff::civil::{date, datetime};
use serde_json::{Value, json};
use ubugoe_agencies::{Agency, Answers, Fault, Faults, Verdict, Verdicts};
use ubugoe_city::agencies::hops::{HopState, Reason, wait};
use ubugoe_city::agencies::send::{Sender, Wish, WishError, Word};
use ubugoe_city::agencies::{Denied, Offered, log};
use ubugoe_city::casework::FilingState;
use ubugoe_city::nonstop::{Engine, Worker};
use ubugoe_city::store::Store;
use ubugoe_city::store::agencies::{
    AgencyEventKind, CertificateKind, Consent, Hop as Asked, Queued, Via,
};
use ubugoe_city::store::nonstop::{Hop, HopState as Station, Planner};
use ubugoe_exchange::log::{Direction, Verifier};
use ubugoe_exchange::{AskError, Dialer, ErrorKind, Identity, MessageId, Part};
use ubugoe_procedures::fhir::{write_birth, write_stillbirth, write_withdrawal};
use ubugoe_procedures::{BirthCertificate, Plurality, Sex, StillbirthCertificate};
use ubugoe_protocol::{FilingId, SigningKey};

fn loss(number: &str) -> StillbirthCertificate {
    let same = certificate(number);
    StillbirthCertificate {
        number: same.number,
        sex: Sex::NotKnown,
        at: same.birth_dt,
        place_kind: same.place_kind,
        place_addr: same.place_addr,
        place_name: same.place_name,
        weight_g: 412,
        length_mm: 270,
        plurality: Plurality::Single,
        mother: same.mother,
        weeks: 21,
        days: 3,
        live_births: 0,
        stillbirths: 1,
        issued: same.issued,
        issuer_kind: same.issuer_kind,
        issuer_addr: same.issuer_addr,
        issuer_name: same.issuer_name,
    }
}

fn fresh() -> MessageId {
    MessageId::generate().unwrap()
}

const CERTIFICATE: (&str, &str) = ("birthCertificate", "");

/// The error code of an answer, or `ok`.
async fn said(
    door: &Door,
    agency: &Arc<Agency>,
    what: (&str, &str),
    body: Option<Vec<u8>>,
) -> String {
    let answered = door.ask(agency, fresh(), what, body).await.unwrap();
    let error = answered.answer.error.clone();
    assert_eq!(error.is_none(), answered.answer.status == 200);
    error.unwrap_or_else(|| "ok".to_owned())
}

/// Lands a birth notification; its id and arrival number.
async fn notified(office: &Office, number: &str) -> (FilingId, u64) {
    let ingest = office.ingest().await;
    let notice = letter(canonical(&birth(number)));
    let receipt = land(office, &ingest, &notice).await;
    (notice.id, receipt.arrival_no)
}

async fn consent(store: &dyn Store, filing: FilingId, source: &str, purpose: &str) -> [u8; 16] {
    let digest = store.filing(filing).await.unwrap().unwrap().digest;
    let id = *fresh().as_bytes();
    let given = Consent {
        id,
        filing,
        digest,
        source: source.to_owned(),
        purpose: purpose.to_owned(),
        given_at: 1,
        given_by: "sato".to_owned(),
        withdrawn_at: None,
    };
    let forged = Consent {
        digest: [0; 32],
        ..given.clone()
    };
    assert!(
        !store.give_consent(forged).await.unwrap(),
        "a consent without its proof was taken"
    );
    assert!(store.give_consent(given).await.unwrap());
    id
}

/// Walks the whole log and answers its directions; everything is sealed.
async fn log_holds(office: &Office, store: &dyn Store) -> Vec<Direction> {
    let config = office.config();
    log::seal(store, &config.keys.sign, office.now())
        .await
        .unwrap();
    let seals = store.message_seals().await.unwrap();
    let mut verifier = Verifier::new(seals, &config.keys.sign.verifying().unwrap()).unwrap();
    let entries = store.message_entries(0, 10_000).await.unwrap();
    for entry in &entries {
        verifier.follow(entry).unwrap();
    }
    verifier.end().unwrap();
    assert_eq!(verifier.sealed(), verifier.entries());
    entries
        .iter()
        .map(|entry| entry.message.direction)
        .collect()
}

/// Who says to be the hospital, with this certificate and this key.
fn impostor(hospital: &Agency, identity: &Identity, key: &SigningKey) -> Arc<Agency> {
    let tls = identity.client().unwrap();
    Arc::new(Agency {
        kind: hospital.kind,
        own: hospital.own.clone(),
        key: key.clone(),
        strange: hospital.strange.clone(),
        city: hospital.city.clone(),
        city_name: hospital.city_name.clone(),
        city_key: hospital.city_key,
        dialer: Dialer::new(tls, key.clone(), PATIENCE),
        faults: Faults::default(),
        verdicts: Verdicts::default(),
        answers: Answers::default(),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_whoever_holds_their_own_certificate_of_the_exchange_is_let_in() {
    let office = Office::new();
    let exchange = Exchange::of(&office).await;
    let store = office.store().await;
    let door = exchange.door(&office, Arc::clone(&store)).await;
    let foreign = authority("elsewhere");
    for (what, signer, life) in [
        ("of another authority", Some(&foreign), Life::Now),
        ("expired", None, Life::Over),
    ] {
        let identity = exchange.stranger(signer, "hospital", life);
        let hospital = exchange.agency("hospital");
        let agency = impostor(hospital, &identity, &hospital.key);
        let error = door
            .ask(&agency, fresh(), CERTIFICATE, Some(b"{}".to_vec()))
            .await
            .unwrap_err();
        assert!(
            matches!(error, AskError::Tls(_) | AskError::Http(_)),
            "{what}: {error:?}"
        );
    }
    assert!(store.message_entries(0, 10).await.unwrap().is_empty());
    // the insurer's certificate with the hospital's address and signature, and the right certificate with another key
    let hospital = exchange.agency("hospital");
    for (id, key) in [("insurer", &hospital.key), ("hospital", &hospital.strange)] {
        let identity = exchange.stranger(None, id, Life::Now);
        let agency = impostor(hospital, &identity, key);
        let bundle = write_birth(&certificate("X-1"));
        assert_eq!(
            said(&door, &agency, CERTIFICATE, Some(bundle)).await,
            ErrorKind::NotYou.code(),
            "{id}"
        );
    }
    assert!(store.certificates(None, 10).await.unwrap().is_empty());
    // what got as far as HTTP is in the log, with its refusal
    assert_eq!(log_holds(&office, store.as_ref()).await.len(), 4);
    door.stop().await;
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_to_a_service_is_what_is_written_and_nothing_else() {
    let office = Office::new();
    let exchange = Exchange::of(&office).await;
    let book = exchange.book(&office);
    // who may call what, by the configuration's own words
    let calls = [
        ("hospital", [Ok(()), Err(Denied::NoRight)]),
        ("clinic", [Ok(()), Err(Denied::NoRight)]),
        ("insurer", [Err(Denied::NoRight), Ok(())]),
        ("pension", [Err(Denied::NoRight), Err(Denied::Jurisdiction)]),
        ("prefecture", [Err(Denied::NoRight), Ok(())]),
        ("provider", [Err(Denied::NoRight), Err(Denied::NoRight)]),
    ];
    for (id, expected) in calls {
        let client = &exchange.agency(id).own;
        for (offered, expected) in Offered::ALL.into_iter().zip(expected) {
            let service = book.own().service(offered.code()).unwrap();
            let found = book.may_call(client, &service).map(|_| ());
            assert_eq!(found, expected, "{id} {}", offered.code());
        }
        let unknown = book.own().service("residentRegister").unwrap();
        assert_eq!(
            book.may_call(client, &unknown).map(|_| ()),
            Err(Denied::NoService)
        );
    }
    let hospital = &exchange.agency("hospital").own;
    // another member's service of the same name, and a neighbour in the same member
    let elsewhere = hospital.service(Offered::BirthCertificate.code()).unwrap();
    assert_eq!(
        book.may_call(hospital, &elsewhere).map(|_| ()),
        Err(Denied::NoService)
    );
    let mut neighbour = hospital.clone();
    neighbour.subsystem = Part::new("OTHER").unwrap();
    let ours = book
        .own()
        .service(Offered::BirthCertificate.code())
        .unwrap();
    assert_eq!(
        book.may_call(&neighbour, &ours).map(|_| ()),
        Err(Denied::Stranger)
    );
    for (agency, service, purpose, expected) in [
        ("insurer", "lumpSum", "lump-sum", Ok(())),
        ("insurer", "lumpSum", "marketing", Err(Denied::NoRight)),
        ("insurer", "gift", "lump-sum", Err(Denied::NoRight)),
        (
            "pension",
            "premiumRelief",
            "premium",
            Err(Denied::Jurisdiction),
        ),
        ("nobody", "gift", "gift", Err(Denied::Stranger)),
    ] {
        let found = book.may_ask(agency, service, purpose).map(|_| ());
        assert_eq!(found, expected, "{agency} {service} {purpose}");
    }
    exchange.stop().await;
}

#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hospitals_certificates_are_taken_once_and_losses_as_losses() {
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let store = office.store().await;
        let door = exchange.door(office, Arc::clone(&store)).await;
        let (filing, _) = notified(office, "ASK-7").await;
        let hospital = exchange.agency("hospital");

        let (id, bundle) = (fresh(), write_birth(&certificate("ASK-7")));
        let first = door
            .ask(hospital, id, CERTIFICATE, Some(bundle.clone()))
            .await
            .unwrap();
        assert_eq!(first.body, br#"{"taken":"birth"}"#);
        office.hands.forward(90);
        let again = door
            .ask(hospital, id, CERTIFICATE, Some(bundle.clone()))
            .await
            .unwrap();
        assert_eq!(again, first, "the same question got another answer");
        let other = door
            .ask(
                hospital,
                id,
                CERTIFICATE,
                Some(write_birth(&certificate("ASK-8"))),
            )
            .await
            .unwrap();
        assert_eq!(
            other.answer.error.as_deref(),
            Some(ErrorKind::IdReused.code())
        );
        // the same paper under another id, and twice at the same time
        hospital.faults.plan([Fault::Twice]);
        door.ask(hospital, fresh(), CERTIFICATE, Some(bundle))
            .await
            .unwrap();
        let kept = store.certificates(None, 10).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(
            BirthCertificate::from_json(kept[0].kept.content.as_bytes()).unwrap(),
            certificate("ASK-7")
        );
        assert_eq!(
            (kept[0].kept.via, kept[0].kept.agency.as_str()),
            (Via::Message, "hospital")
        );
        // the key is the notification's own, and nothing was accepted by that
        let key = kept[0].kept.child_key.unwrap();
        assert_eq!(store.filings_of_child(key).await.unwrap(), [filing]);
        let state = store.filing(filing).await.unwrap().unwrap().row.state;
        assert_eq!(state, FilingState::Arrived);

        // a loss is the other paper, without a key that any birth has
        office.hands.forward(1);
        let bundle = write_stillbirth(&loss("ASK-7"));
        assert_eq!(said(&door, hospital, CERTIFICATE, Some(bundle)).await, "ok");
        let kept = store.certificates(Some("hospital"), 10).await.unwrap();
        assert_eq!(
            (kept[0].kept.kind, kept[0].kept.child_key),
            (CertificateKind::Stillbirth, None)
        );
        // what cannot be used is refused by name and leaves nothing
        let mut heavy: Value = serde_json::from_slice(&write_birth(&certificate("ASK-9"))).unwrap();
        heavy["entry"][6]["resource"]["valueQuantity"]["value"] = json!(9_000);
        let future = BirthCertificate {
            birth_dt: datetime(2026, 12, 1, 0, 0, 0, 0),
            issued: date(2026, 12, 1),
            ..certificate("ASK-9")
        };
        for body in [
            heavy.to_string().into_bytes(),
            write_birth(&future),
            b"{\"resourceType\":\"Patient\"}".to_vec(),
            b"not json".to_vec(),
            Vec::new(),
        ] {
            let answer = said(&door, hospital, CERTIFICATE, Some(body)).await;
            assert_eq!(answer, ErrorKind::BadRequest.code());
        }
        // a mistake is taken back, by the hospital that made it and no other
        let back = || Some(write_withdrawal("ASK-7", false));
        let clinic = exchange.agency("clinic");
        assert_eq!(said(&door, clinic, CERTIFICATE, back()).await, "ok");
        let voided = |all: &[ubugoe_city::store::agencies::Certificate]| {
            all.iter().filter(|each| each.voided_at.is_some()).count()
        };
        let all = store.certificates(None, 10).await.unwrap();
        assert_eq!((all.len(), voided(&all)), (2, 0));
        assert_eq!(said(&door, hospital, CERTIFICATE, back()).await, "ok");
        let all = store.certificates(None, 10).await.unwrap();
        assert_eq!((all.len(), voided(&all)), (2, 2));

        let events = store.agency_events(0, 10).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert_eq!(
            kinds,
            [
                AgencyEventKind::Birth,
                AgencyEventKind::Loss,
                AgencyEventKind::Withdrawn,
                AgencyEventKind::Withdrawn
            ]
        );
        assert_eq!(store.agency_events(2, 10).await.unwrap().len(), 2);
        // every question and every answer, in pairs
        let log = log_holds(office, store.as_ref()).await;
        assert_eq!(log.len(), 2 * 13);
        assert!(
            log.chunks(2)
                .all(|pair| pair == [Direction::AskedUs, Direction::WeAnswered])
        );
        let bodies = store.message_entries(0, 100).await.unwrap();
        assert!(
            bodies
                .iter()
                .all(|entry| !entry.message.head.contains(MOTHER)),
            "the log holds somebody's name"
        );
        door.stop().await;
        exchange.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_told_without_consent_or_law_and_withdrawal_works_at_once() {
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let store = office.store().await;
        let door = exchange.door(office, Arc::clone(&store)).await;
        let (filing, number) = notified(office, "ASK-7").await;
        let path = format!("/{number}");
        let ask = ("birthStatus", path.as_str());
        let insurer = exchange.agency("insurer");
        let prefecture = exchange.agency("prefecture");
        let none = ErrorKind::NoConsent.code();

        assert_eq!(said(&door, insurer, ask, None).await, none);
        // whether there is such a notification is not told either
        assert_eq!(said(&door, insurer, ("birthStatus", "/99"), None).await, none);
        consent(store.as_ref(), filing, "insurer", "statistics").await;
        consent(store.as_ref(), filing, "provider", "lump-sum").await;
        assert_eq!(said(&door, insurer, ask, None).await, none);
        let given = consent(store.as_ref(), filing, "insurer", "lump-sum").await;
        let id = fresh();
        let told = door.ask(insurer, id, ask, None).await.unwrap();
        let body: Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(
            body,
            json!({ "arrivalNumber": number, "accepted": false, "acceptedOn": null, "legalBasis": null })
        );
        office.accept(store.as_ref(), filing).await;
        // by law, without the family's consent, and with its article
        let told = door.ask(prefecture, fresh(), ask, None).await.unwrap();
        let body: Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(
            body,
            json!({ "arrivalNumber": number, "accepted": true, "acceptedOn": "2026-11-24", "legalBasis": "人口動態調査令第3条" })
        );
        assert_eq!(
            said(&door, prefecture, ("birthStatus", "/99"), None).await,
            ErrorKind::NotFound.code()
        );
        for path in ["", "/", "/1x", "/-1", "/1/2"] {
            let answer = said(&door, prefecture, ("birthStatus", path), None).await;
            assert_eq!(answer, ErrorKind::NotFound.code(), "{path}");
        }
        // withdrawn: neither a new question nor one that was answered before
        assert!(store.withdraw_consent(given, "sato", office.now()).await.unwrap());
        assert!(!store.withdraw_consent(given, "sato", office.now()).await.unwrap());
        assert_eq!(said(&door, insurer, ask, None).await, none);
        let again = door.ask(insurer, id, ask, None).await.unwrap();
        assert_eq!(again.answer.error.as_deref(), Some(none));
        // other rights: refused at the door
        let denied = ErrorKind::AccessDenied.code();
        assert_eq!(said(&door, exchange.agency("hospital"), ask, None).await, denied);
        assert_eq!(said(&door, exchange.agency("pension"), ask, None).await, denied);
        assert_eq!(said(&door, exchange.agency("provider"), ask, None).await, denied);
        let bundle = write_birth(&certificate("ASK-7"));
        assert_eq!(said(&door, insurer, CERTIFICATE, Some(bundle)).await, denied);
        assert_eq!(
            said(&door, insurer, ("residentRegister", ""), None).await,
            ErrorKind::NotFound.code()
        );
        log_holds(office, store.as_ref()).await;
        door.stop().await;
        exchange.stop().await;
    })
    .await;
}

fn wish(filing: FilingId, agency: &str, service: &str, purpose: &str) -> Wish {
    Wish {
        id: fresh(),
        filing,
        agency: agency.to_owned(),
        service: service.to_owned(),
        purpose: purpose.to_owned(),
        issue: "991015-1".to_owned(),
        path: String::new(),
        body: Some(b"{\"applied\":true}".to_vec()),
        actor: "system".to_owned(),
    }
}

fn lump_sum(filing: FilingId) -> Wish {
    wish(filing, "insurer", "lumpSum", "lump-sum")
}

async fn state(sender: &Sender, id: MessageId) -> (HopState, Option<Reason>, u32) {
    let hop = sender.store.request(id).await.unwrap().unwrap();
    (hop.state, hop.reason, hop.attempts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_an_agency_is_survived_and_has_its_effect_once() {
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let store = office.store().await;
        let sender = exchange.sender(office, Arc::clone(&store));
        let (filing, _) = notified(office, "ASK-7").await;
        consent(store.as_ref(), filing, "insurer", "lump-sum").await;
        let insurer = exchange.agency("insurer");
        let faults = [
            (Fault::Slow, None),
            (Fault::Down, Some(Reason::BrokenOff)),
            (Fault::Garbled, Some(Reason::Garbled)),
            (Fault::WrongSignature, Some(Reason::BadSignature)),
            (Fault::Stranger, Some(Reason::Stranger)),
            (Fault::Late, Some(Reason::TimedOut)),
        ];
        for (at, (fault, reason)) in faults.into_iter().enumerate() {
            insurer.faults.plan([fault]);
            let wish = lump_sum(filing);
            let id = wish.id;
            assert_eq!(sender.ask(wish.clone()).await.unwrap(), Queued::Yes);
            assert_eq!(sender.ask(wish).await.unwrap(), Queued::Already);
            assert_eq!(sender.send_due().await.unwrap(), 1, "{fault:?}");
            if let Some(reason) = reason {
                assert_eq!(
                    state(&sender, id).await,
                    (HopState::Failed, Some(reason), 1),
                    "{fault:?}"
                );
                // not before its time
                assert_eq!(sender.send_due().await.unwrap(), 0);
                office.hands.forward(wait(1));
                assert_eq!(sender.send_due().await.unwrap(), 1);
            }
            assert_eq!(state(&sender, id).await.0, HopState::Answered, "{fault:?}");
            assert!(insurer.faults.over());
            assert_eq!(insurer.answers.effects(), at + 1, "{fault:?}");
            let hop = store.request(id).await.unwrap().unwrap();
            let answer: Value = serde_json::from_slice(&hop.answer.unwrap()).unwrap();
            assert_eq!(answer["issue"], "991015-1");
        }
        let log = log_holds(office, store.as_ref()).await;
        let asked = log.iter().filter(|way| **way == Direction::WeAsked).count();
        let answered = log
            .iter()
            .filter(|way| **way == Direction::TheyAnswered)
            .count();
        // each sending; and each answer that was theirs, also the one that could not be read
        assert_eq!((asked, answered), (6 + 5, 6 + 1));
        exchange.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_too_often_is_refused_or_forbidden_becomes_a_task_or_stops() {
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let store = office.store().await;
        let sender = exchange.sender(office, Arc::clone(&store));
        let (filing, _) = notified(office, "ASK-7").await;

        // no consent, no law: not even queued; and what the configuration does not know
        let refused = sender.ask(lump_sum(filing)).await.unwrap();
        assert_eq!(refused, Queued::NoConsent);
        let unknown = sender.ask(lump_sum(FilingId::from_bytes([1; 16]))).await;
        assert_eq!(unknown.unwrap(), Queued::NoFiling);
        let strange = sender
            .ask(wish(filing, "insurer", "lumpSum", "marketing"))
            .await;
        assert!(matches!(strange, Err(WishError::Denied(Denied::NoRight))));
        let personal = Wish {
            path: "/葛城".to_owned(),
            ..wish(filing, "prefecture", "vitalStatistics", "statistics")
        };
        assert!(matches!(
            sender.ask(personal).await,
            Err(WishError::Unsendable)
        ));

        // a law that needs no consent
        let statistics = wish(filing, "prefecture", "vitalStatistics", "statistics");
        let id = statistics.id;
        assert_eq!(sender.ask(statistics).await.unwrap(), Queued::Yes);
        sender.send_due().await.unwrap();
        assert_eq!(state(&sender, id).await.0, HopState::Answered);
        let hop = store.request(id).await.unwrap().unwrap();
        assert_eq!(hop.request.law.as_deref(), Some("人口動態調査令第3条"));

        // down for good: a task; an officer sends it again
        let given = consent(store.as_ref(), filing, "insurer", "lump-sum").await;
        let insurer = exchange.agency("insurer");
        insurer.faults.plan([Fault::Down; TRIES as usize]);
        let down = lump_sum(filing);
        let id = down.id;
        sender.ask(down).await.unwrap();
        for _ in 0..TRIES {
            assert_eq!(sender.send_due().await.unwrap(), 1);
            office.hands.forward(3_600);
        }
        let task = (HopState::GivenUp, Some(Reason::BrokenOff), TRIES);
        assert_eq!(state(&sender, id).await, task);
        assert_eq!(sender.send_due().await.unwrap(), 0);
        assert_eq!(store.requests(None, 10).await.unwrap()[0].request.id, id);
        assert!(sender.officer(id, Word::Again, "sato").await.unwrap());
        assert!(!sender.officer(id, Word::Again, "sato").await.unwrap());
        sender.send_due().await.unwrap();
        assert_eq!(state(&sender, id).await, (HopState::Answered, None, 1));
        assert_eq!(insurer.answers.effects(), 1);

        // whoever sent it died: it is sent again under the same id once its lease is over
        let lost = lump_sum(filing);
        let id = lost.id;
        sender.ask(lost).await.unwrap();
        insurer.faults.plan([Fault::Late]);
        let dying = Arc::clone(&sender);
        let task = tokio::spawn(async move { dying.send_due().await });
        while !insurer.faults.over() {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
        assert_eq!(state(&sender, id).await.0, HopState::Sent);
        assert_eq!(sender.send_due().await.unwrap(), 0);
        office.hands.forward(60);
        assert_eq!(sender.send_due().await.unwrap(), 1);
        assert_eq!(state(&sender, id).await, (HopState::Answered, None, 2));
        assert_eq!(insurer.answers.effects(), 2);

        // a withdrawal stops what waits, at once
        let waiting = lump_sum(filing);
        let id = waiting.id;
        sender.ask(waiting).await.unwrap();
        assert!(
            store
                .withdraw_consent(given, "sato", office.now())
                .await
                .unwrap()
        );
        assert_eq!(sender.send_due().await.unwrap(), 0);
        let stopped = (HopState::Stopped, Some(Reason::NoConsent), 0);
        assert_eq!(state(&sender, id).await, stopped);
        assert_eq!(insurer.answers.effects(), 2);
        assert_eq!(
            sender.ask(lump_sum(filing)).await.unwrap(),
            Queued::NoConsent
        );
        log_holds(office, store.as_ref()).await;
        exchange.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_loss_nothing_joyful_leaves_also_what_was_queued() {
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let store = office.store().await;
        let sender = exchange.sender(office, Arc::clone(&store));
        let door = exchange.door(office, Arc::clone(&store)).await;
        let (filing, _) = notified(office, "ASK-7").await;
        let (other, _) = notified(office, "ASK-8").await;
        for each in [filing, other] {
            consent(store.as_ref(), each, "provider", "gift").await;
            consent(store.as_ref(), each, "insurer", "lump-sum").await;
        }
        let gift = |of| wish(of, "provider", "gift", "gift");
        let (queued, others, money) = (gift(filing), gift(other), lump_sum(filing));
        let ids = [queued.id, others.id, money.id];
        for wish in [queued, others, money] {
            assert_eq!(sender.ask(wish).await.unwrap(), Queued::Yes);
        }
        let hospital = exchange.agency("hospital");
        let bundle = write_stillbirth(&loss("ASK-L-1"));
        assert_eq!(said(&door, hospital, CERTIFICATE, Some(bundle)).await, "ok");
        let id = store.certificates(None, 1).await.unwrap()[0].kept.id;
        let now = office.now();
        assert!(
            store
                .link_certificate(id, filing, "sato", now)
                .await
                .unwrap()
        );
        assert!(
            !store
                .link_certificate(id, other, "sato", now)
                .await
                .unwrap()
        );

        sender.send_due().await.unwrap();
        let mut states = Vec::new();
        for id in ids {
            states.push(state(&sender, id).await);
        }
        assert_eq!(
            states,
            [
                (HopState::Stopped, Some(Reason::Silenced), 0),
                (HopState::Answered, None, 1),
                // what the mother is entitled to goes on
                (HopState::Answered, None, 1)
            ]
        );
        assert_eq!(exchange.agency("provider").answers.effects(), 1);
        assert_eq!(sender.ask(gift(filing)).await.unwrap(), Queued::Silenced);
        door.stop().await;
        exchange.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_the_configuration_is_named_by_its_key_all_at_once() {
    let office = Office::new();
    let exchange = Exchange::of(&office).await;
    let broken = exchange
        .toml
        .replace("JPX/GOV/991015/UBUGOE", "JPX/GOV/991015")
        .replace("tries = 3", "tries = 0")
        .replace(
            "service = \"birthStatus\"",
            "service = \"residentRegister\"",
        )
        .replace("jurisdiction = [\"98\"]", "jurisdiction = [\"9\"]")
        .replace("id = \"clinic\"", "id = \"hospital\"")
        .replace("purpose = \"gift\"", "purpose = \"A gift\"")
        .replace(
            "verify = \"prefecture.sign.pub\"",
            "verify = \"exchange.pem\"",
        )
        .replace("joyful = true", "joy = true");
    let problems = office.config_of(&broken).unwrap_err();
    let keys: Vec<&str> = problems.0.iter().map(|each| each.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "agencies.address",
            "agencies.tries",
            "agencies.agency[1]",
            "agencies.agency[2].calls[0].service",
            "agencies.agency[3].jurisdiction",
            "agencies.agency[3].calls[0].service",
            "agencies.agency[4].verify",
            "agencies.agency[4].calls[0].service",
            "agencies.agency[5].asks[0].purpose",
            "agencies.agency[5].asks[0].joy",
        ],
        "{problems}"
    );
    exchange.stop().await;
}

/// How far the insurer is with the medical subsidy of this case.
async fn insurer(store: &dyn Store, filing: FilingId) -> Option<Station> {
    let line = store.case_line(filing).await.unwrap();
    let mut items = line.items.iter();
    let item = items.find(|item| item.procedure == "kodomo_iryohi")?;
    let mut hops = item.hops.iter();
    hops.find(|hop| hop.hop == Hop::Insurer)
        .map(|hop| hop.state)
}

/// An accepted claim that waits for the insurer.
async fn waits_for_the_insurer(office: &Office, store: &Arc<dyn Store>, number: &str) -> FilingId {
    let subsidy = Paper {
        procedure: "kodomo_iryohi",
        ..birth(number)
    };
    let filing = letter(canonical(&subsidy));
    land(office, &office.ingest().await, &filing).await;
    office.accept(store.as_ref(), filing.id).await;
    let engine = Engine::new(catalogue(), office.config().office.municipality, 3);
    let worker = Worker {
        store: Arc::clone(store),
        planner: Arc::new(engine) as Arc<dyn Planner>,
        clock: office.hands.clock(),
        bell: Arc::default(),
        done: Arc::default(),
    };
    worker.work_off().await.unwrap();
    assert_eq!(
        insurer(store.as_ref(), filing.id).await,
        Some(Station::Waiting)
    );
    filing.id
}

/// The one question about a filing.
async fn about(store: &dyn Store, filing: FilingId) -> Asked {
    let mut asked = store.requests(None, 100).await.unwrap();
    asked.retain(|hop| hop.request.filing == filing);
    assert_eq!(asked.len(), 1);
    asked.remove(0)
}

/// The insurer's own words beside the station, as officers see them.
async fn own_words(store: &dyn Store, filing: FilingId) -> Option<String> {
    let line = store.case_line(filing).await.unwrap();
    let mut hops = line.items.into_iter().flat_map(|item| item.hops);
    hops.find_map(|hop| hop.said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_yes_carries_the_line_on_and_everything_else_waits_for_an_officer() {
    on_each_store(async |office| {
        let store = office.store().await;
        let exchange = Exchange::of(office).await;
        let sender = exchange.sender(office, Arc::clone(&store));
        let agency = exchange.agency("insurer");
        let settle = async || {
            sender.follow_the_line().await.unwrap();
            sender.send_due().await.unwrap();
            sender.follow_the_line().await.unwrap();
            assert_eq!(sender.follow_the_line().await.unwrap(), 0, "it rests");
        };
        let answers = [
            (Verdict::Refused, Reason::Declined, Station::Refused),
            (Verdict::NeedsMore, Reason::NeedsMore, Station::NeedsMore),
            (Verdict::NotKnown, Reason::NotKnown, Station::NotKnown),
        ];
        let mut asked = Vec::new();
        for (n, (verdict, reason, station)) in answers.into_iter().enumerate() {
            let filing = waits_for_the_insurer(office, &store, &format!("ASK-4{n}")).await;
            consent(store.as_ref(), filing, "insurer", "lump-sum").await;
            agency.verdicts.plan([verdict]);
            settle().await;
            let id = about(store.as_ref(), filing).await.request.id;
            let task = (HopState::GivenUp, Some(reason), 1);
            assert_eq!(state(&sender, id).await, task, "{verdict:?}");
            assert_eq!(insurer(store.as_ref(), filing).await, Some(station));
            let words = own_words(store.as_ref(), filing).await;
            assert_eq!(words.as_deref(), verdict.reason(), "{verdict:?}");
            // time changes nothing, and nothing is asked again by itself
            office.hands.forward(100 * 86_400);
            settle().await;
            assert_eq!(insurer(store.as_ref(), filing).await, Some(station));
            asked.push((filing, id));
        }
        assert_eq!(agency.answers.effects(), 3);
        let [refused, more, unknown] = asked[..] else {
            panic!("{asked:?}")
        };

        // asked anew it is another question, and this time it is a yes
        assert!(sender.officer(more.1, Word::Again, "sato").await.unwrap());
        settle().await;
        assert_eq!(insurer(store.as_ref(), more.0).await, Some(Station::Done));
        assert_eq!(own_words(store.as_ref(), more.0).await, None);
        assert_eq!(agency.answers.effects(), 4);
        let anew = (HopState::Stopped, Some(Reason::AskedAnew), 1);
        assert_eq!(state(&sender, more.1).await, anew);
        // left at a no it has ended; settled by an officer it goes on
        assert!(sender.officer(refused.1, Word::Left, "sato").await.unwrap());
        assert!(
            !sender
                .officer(refused.1, Word::Settled, "sato")
                .await
                .unwrap()
        );
        let settled = sender.officer(unknown.1, Word::Settled, "sato").await;
        assert!(settled.unwrap());
        settle().await;
        assert_eq!(
            insurer(store.as_ref(), refused.0).await,
            Some(Station::Stopped)
        );
        assert_eq!(
            insurer(store.as_ref(), unknown.0).await,
            Some(Station::Done)
        );

        // words that nobody agreed upon are no yes, however friendly
        let filing = waits_for_the_insurer(office, &store, "ASK-49").await;
        consent(store.as_ref(), filing, "insurer", "lump-sum").await;
        agency.faults.plan([Fault::Nonsense]);
        settle().await;
        assert!(agency.faults.over());
        let hop = about(store.as_ref(), filing).await;
        assert_eq!(
            (hop.state, hop.reason),
            (HopState::GivenUp, Some(Reason::Meaningless))
        );
        assert_eq!(
            insurer(store.as_ref(), filing).await,
            Some(Station::Waiting)
        );
        log_holds(office, store.as_ref()).await;
        exchange.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_line_waits_for_is_asked_once_and_its_answer_comes_back() {
    on_each_store(async |office| {
        let store = office.store().await;
        let exchange = Exchange::of(office).await;
        let sender = exchange.sender(office, Arc::clone(&store));
        let filing = waits_for_the_insurer(office, &store, "ASK-1").await;
        let now = async || insurer(store.as_ref(), filing).await;

        // nobody agreed: nothing is asked, and it goes on waiting
        assert_eq!(sender.follow_the_line().await.unwrap(), 0);
        assert_eq!(store.requests(None, 10).await.unwrap(), []);
        consent(store.as_ref(), filing, "insurer", "lump-sum").await;
        // two programs find it at the same moment
        let again = exchange.sender(office, Arc::clone(&store));
        let (one, two) = tokio::join!(sender.follow_the_line(), again.follow_the_line());
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        assert_eq!(now().await, Some(Station::Waiting));
        let asked = store.requests(None, 10).await.unwrap();
        let [hop] = asked.as_slice() else {
            panic!("{} questions", asked.len())
        };
        assert_eq!(hop.request.service, "lumpSum");
        let body = String::from_utf8(hop.request.body.clone().unwrap()).unwrap();
        assert_eq!(body, "{\"procedure\":\"kodomo_iryohi\"}", "more was told");

        // taken back before it left, and given again: it is another question
        let given = store.consents(filing).await.unwrap()[0].id;
        assert!(store.withdraw_consent(given, "sato", 2).await.unwrap());
        assert_eq!(sender.follow_the_line().await.unwrap(), 0);
        assert_eq!(now().await, Some(Station::Waiting));
        consent(store.as_ref(), filing, "insurer", "lump-sum").await;
        assert_eq!(sender.follow_the_line().await.unwrap(), 1);
        let ids: std::collections::BTreeSet<_> = store
            .requests(None, 10)
            .await
            .unwrap()
            .into_iter()
            .map(|hop| hop.request.id.to_string())
            .collect();
        assert_eq!(ids.len(), 2);

        assert_eq!(sender.send_due().await.unwrap(), 1);
        assert_eq!(sender.follow_the_line().await.unwrap(), 1);
        assert_eq!(now().await, Some(Station::Done));
        assert_eq!(sender.follow_the_line().await.unwrap(), 0);
        assert_eq!(exchange.agency("insurer").answers.effects(), 1);
        log_holds(office, store.as_ref()).await;
    })
    .await;
}
