//! Filings arrive over a real Mosquitto with mutual TLS: once, with the same receipt however often they are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::broker::{listens, listens_after, with_broker};
use crate::support::browser::Browser;
use crate::support::device::{Device, PATIENCE};
use crate::support::office::{
    Letter, NOON, Office, land, letter, message, on_each_store, only_receipt, signed_by,
};
use crate::support::papers::{MOTHER, allowance, birth, canonical, stranger};
use tokio::sync::Notify;
use ubugoe_bench::broker::Mosquitto;
use ubugoe_bench::postgres::Postgres;
use ubugoe_city::casework::{FilingState, ReasonCode};
use ubugoe_city::ingest::{Answer, FaultPoint, Faults};
use ubugoe_city::store::{Finding, QuarantineReason, Store, StoreError};
use ubugoe_protocol::{
    CaseState, Downlink, FilingId, Receipt, Refusal, RefusalReason, Report, StatusNotice,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_sent_three_times_arrives_once_with_one_receipt() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker);
    let letter = letter(canonical(&birth("ASK-1")));
    let wire = office.envelope(&letter);
    let mut receipts = Vec::new();
    for _ in 0..3 {
        device.send("asukoe", wire.clone()).await;
        receipts.extend(device.receipts().await);
    }
    assert_eq!(receipts[0], receipts[1]);
    assert_eq!(receipts[1], receipts[2]);
    let receipt = Receipt::verify(&receipts[0], &office.receipt_key()).unwrap();
    assert_eq!(
        (receipt.id, receipt.arrival_no, receipt.arrived_at),
        (letter.id, 1, NOON)
    );
    assert_eq!(receipt.digest, ubugoe_protocol::digest(&letter.canonical));
    assert_eq!(
        receipt.status_link(),
        format!("http://127.0.0.1:8080/f/{}", receipt.status_token)
    );
    let record = office
        .store()
        .await
        .filing(letter.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        record.canonical, letter.canonical,
        "what is kept is what was signed, byte for byte"
    );
    assert_eq!(record.row.facts.claimant.as_deref(), Some(MOTHER));
    city.stop().await;
    left(&broker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_lands_in_few_transactions_and_every_filing_has_its_receipt() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker);
    let bytes = canonical(&birth("ASK-1"));
    let letters: Vec<Letter> = (0..150).map(|_| letter(bytes.clone())).collect();
    for letter in &letters {
        device.send("asukoe", office.envelope(letter)).await;
    }
    let mut ids = std::collections::BTreeSet::new();
    while ids.len() < letters.len() {
        for signed in device.receipts().await {
            ids.insert(Receipt::verify(&signed, &office.receipt_key()).unwrap().id);
        }
    }
    assert_eq!(ids, letters.iter().map(|letter| letter.id).collect());
    city.stop().await;
}

/// Waits until the broker has let go of the city's connection.
fn left(broker: &Mosquitto) {
    let gone = |line: &str| {
        line.contains("Client city-asukoe")
            && (line.contains("closed") || line.contains("disconnected"))
    };
    tokio::task::block_in_place(|| {
        broker
            .process()
            .wait_line("the city's leaving", gone, PATIENCE)
    })
    .unwrap();
}

/// A city that dies at one point, once, and says so.
fn dies_at(point: FaultPoint) -> (Faults, Arc<Notify>) {
    let died = Arc::new(Notify::new());
    let (ring, done) = (Arc::clone(&died), AtomicBool::new(false));
    let faults: Faults = Arc::new(move |at| {
        let now = at == point && !done.swap(true, Ordering::SeqCst);
        if now {
            ring.notify_one();
        }
        now
    });
    (faults, died)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_killed_between_commit_and_receipt_gives_the_same_receipt_later() {
    for point in [FaultPoint::AfterCommit, FaultPoint::AfterReceipts] {
        let (office, broker) = with_broker();
        let (faults, died) = dies_at(point);
        let city = office.open_with(faults).await;
        let mut device = Device::connect(&office, "ward-1").await;
        listens(&broker);
        let letter = letter(canonical(&birth("ASK-1")));
        let wire = office.envelope(&letter);
        device.send("asukoe", wire.clone()).await;
        tokio::time::timeout(PATIENCE, died.notified())
            .await
            .unwrap();
        city.stop().await;
        left(&broker);
        let record = office
            .store()
            .await
            .filing(letter.id)
            .await
            .unwrap()
            .unwrap();
        office.hands.forward(3_600);
        let since = broker.process().mark();
        let city = office.open().await;
        listens_after(&broker, Some(since));
        device.send("asukoe", wire).await;
        assert_eq!(
            device.receipts().await,
            [record.receipt],
            "killed at {point:?}"
        );
        assert_eq!(office.store().await.counts().await.unwrap().arrived, 1);
        city.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_killed_and_restarted_costs_nothing() {
    let (office, mut broker) = with_broker();
    let city = office.open().await;
    let letter = letter(canonical(&birth("ASK-1")));
    listens(&broker);
    broker.kill().unwrap();
    broker.restart().unwrap();
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker);
    device.send("asukoe", office.envelope(&letter)).await;
    let receipts = device.receipts().await;
    assert_eq!(
        Receipt::verify(&receipts[0], &office.receipt_key())
            .unwrap()
            .id,
        letter.id
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_reaches_the_device_and_again_when_it_comes_back() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let letter = letter(canonical(&birth("ASK-1")));
    {
        let mut device = Device::connect(&office, "ward-1").await;
        listens(&broker);
        device.send("asukoe", office.envelope(&letter)).await;
        device.receipts().await;
    }
    // the officer returns it while the device is away; its words are for the family
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let page = format!("/console/filings/{}/return", letter.id);
    let form = browser.get(&page).await;
    let fields = [
        ("csrf", form.hidden("csrf")),
        ("version", form.hidden("version")),
        ("reason", "name_check".into()),
        ("note", "読み方の由来を教えてください。".into()),
        ("confirmed", "yes".into()),
    ];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(browser.post(&page, &fields).await.status, 303);
    // the device comes back and shows a sign of life a few minutes later
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker);
    office.hands.forward(300);
    device.send("asukoe", office.envelope(&letter)).await;
    let (mut notice, mut receipts) = (None, 0);
    while notice.is_none() || receipts == 0 {
        match device.next().await {
            Downlink::Statuses(items) => notice = items.into_iter().next(),
            Downlink::Receipts(items) => receipts += items.len(),
            other => panic!("not to be expected: {other:?}"),
        }
    }
    let notice = StatusNotice::verify(&notice.unwrap(), &office.receipt_key()).unwrap();
    assert_eq!((notice.id, notice.seq, notice.at), (letter.id, 1, NOON));
    let CaseState::Returned { reason } = notice.state else {
        panic!("{:?}", notice.state)
    };
    assert_eq!(
        reason,
        "お名前の文字または読み方について、確認したいことがあります。\n読み方の由来を教えてください。"
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn same_id_with_other_content_is_refused_and_shown_to_staff() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker);
    let first = letter(canonical(&birth("ASK-1")));
    let changed = Letter {
        id: first.id,
        ..letter(canonical(&birth("ASK-2")))
    };
    device.send("asukoe", office.envelope(&first)).await;
    device.receipts().await;
    let wire = office.envelope(&changed);
    device.send("asukoe", wire.clone()).await;
    let Downlink::Refusals(refusals) = device.next().await else {
        panic!("no refusal")
    };
    let refusal = Refusal::verify(&refusals[0], &office.receipt_key()).unwrap();
    assert_eq!(
        (refusal.id, refusal.reason),
        (first.id, RefusalReason::DigestConflict)
    );
    assert_eq!(refusal.envelope, ubugoe_protocol::digest(&wire));
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    assert!(
        browser
            .get("/console/quarantine")
            .await
            .text()
            .contains("同じIDで内容が異なる")
    );
    city.stop().await;
}

async fn reasons(store: &dyn Store) -> Vec<QuarantineReason> {
    store
        .quarantine(100)
        .await
        .unwrap()
        .iter()
        .map(|item| item.reason)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strange_messages_are_kept_for_staff_and_nobody_is_answered() {
    let office = Office::new();
    let (ingest, store) = (office.ingest().await, office.store().await);
    let good = letter(canonical(&birth("ASK-1")));
    let wire = office.envelope(&good);
    let mut damaged = wire.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let unreadable = Letter {
        canonical: b"{\"format\":\"ubugoe-filing/1\"}".to_vec(),
        ..good.clone()
    };
    let newer = Letter {
        schema: "ubugoe-filing/9",
        ..good.clone()
    };
    let cases = [
        (message("ward-1", Vec::new()), QuarantineReason::Malformed),
        (
            message("ward-1", vec![0xff; 60_000]),
            QuarantineReason::Malformed,
        ),
        (
            message("ward-1", damaged),
            QuarantineReason::BadDeviceSignature,
        ),
        (message("ward-9", wire), QuarantineReason::DeviceMismatch),
        (
            message("ward-2", office.report("ward-1", &Report::TimeAsk([7; 16]))),
            QuarantineReason::DeviceMismatch,
        ),
        (
            message("ward-1", office.envelope(&unreadable)),
            QuarantineReason::UnreadableContent,
        ),
        (
            message("ward-1", office.envelope(&newer)),
            QuarantineReason::UnsupportedKind,
        ),
    ];
    for (message, reason) in cases {
        assert_eq!(
            ingest.land(vec![message]).await.unwrap(),
            [],
            "{reason:?} was answered"
        );
        assert!(
            reasons(store.as_ref()).await.contains(&reason),
            "{reason:?} is not in quarantine"
        );
    }
    assert_eq!(store.counts().await.unwrap().arrived, 0);
}

fn receipts_of(answers: &[Answer], device: &str) -> Vec<Vec<u8>> {
    let of = answers.iter().filter(|one| one.device.as_str() == device);
    of.flat_map(|one| match &one.content {
        Downlink::Receipts(items) => items.clone(),
        other => panic!("{device} hears {other:?}"),
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_device_carries_lands_once_and_tells_the_carrier_nothing_of_the_family() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let key = office.receipt_key();
        let letter = letter(canonical(&birth("ASK-1")));
        let wire = office.envelope(&letter);
        let answers = ingest
            .land(vec![message("ward-2", wire.clone())])
            .await
            .unwrap();
        let own = Receipt::verify(&receipts_of(&answers, "ward-1")[0], &key).unwrap();
        assert_eq!(own.digest, ubugoe_protocol::digest(&letter.canonical));
        assert!(!own.status_token.is_empty(), "control");
        let told = Receipt::verify(&receipts_of(&answers, "ward-2")[0], &key).unwrap();
        assert_eq!(
            (told.id, told.digest),
            (letter.id, ubugoe_protocol::digest(&wire))
        );
        assert_eq!(
            (told.status_token, told.status_url, told.arrival_no),
            (String::new(), String::new(), 0)
        );
        // the device comes back to life; the carrier sends again
        for from in ["ward-1", "ward-2"] {
            let answers = ingest
                .land(vec![message(from, wire.clone())])
                .await
                .unwrap();
            let again = Receipt::verify(&receipts_of(&answers, "ward-1")[0], &key).unwrap();
            assert_eq!(again, own);
            assert_eq!(
                receipts_of(&answers, "ward-2").len(),
                usize::from(from == "ward-2")
            );
        }
        assert_eq!(store.counts().await.unwrap().arrived, 1);
        // the same id with something else in it: both hear the same no
        let changed = Letter {
            id: letter.id,
            ..self::letter(canonical(&birth("ASK-2")))
        };
        let answers = ingest
            .land(vec![message("ward-2", office.envelope(&changed))])
            .await
            .unwrap();
        let mut refused: Vec<&str> = answers
            .iter()
            .filter(|one| matches!(one.content, Downlink::Refusals(_)))
            .map(|one| one.device.as_str())
            .collect();
        refused.sort_unstable();
        assert_eq!(refused, ["ward-1", "ward-2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_single_flipped_bit_is_kept_aside_and_never_arrives() {
    let office = Office::new();
    let (ingest, store) = (office.ingest().await, office.store().await);
    let wire = office.envelope(&letter(canonical(&birth("ASK-1"))));
    let step = wire.len() / 300 + 1;
    let messages: Vec<_> = (0..wire.len())
        .step_by(step)
        .map(|at| {
            let mut bytes = wire.clone();
            bytes[at] ^= 1 << (at % 8);
            message("ward-1", bytes)
        })
        .collect();
    for few in messages.chunks(100) {
        assert_eq!(ingest.land(few.to_vec()).await.unwrap(), []);
    }
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (counts.arrived, counts.quarantined),
        (0, messages.len() as u64)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_for_another_city_is_refused_by_name() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let lost = Letter {
        recipient: "tonari",
        ..letter(canonical(&birth("ASK-1")))
    };
    let answers = ingest
        .land(vec![message("ward-1", office.envelope(&lost))])
        .await
        .unwrap();
    let [
        Answer {
            content: Downlink::Refusals(items),
            ..
        },
    ] = answers.as_slice()
    else {
        panic!("{answers:?}")
    };
    let refusal = Refusal::verify(&items[0], &office.receipt_key()).unwrap();
    assert_eq!(
        (refusal.id, refusal.reason),
        (lost.id, RefusalReason::WrongRecipient)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unregistered_device_is_kept_aside_and_lands_once_it_is_registered() {
    let mut office = Office::new();
    office.pki.add_device("ward-9").unwrap();
    let letter = Letter {
        device: "ward-9",
        ..letter(canonical(&birth("ASK-1")))
    };
    let wire = office.envelope(&letter);
    {
        let ingest = office.ingest().await;
        assert_eq!(
            ingest
                .land(vec![message("ward-9", wire.clone())])
                .await
                .unwrap(),
            []
        );
        assert_eq!(
            reasons(office.store().await.as_ref()).await,
            [QuarantineReason::UnknownDevice]
        );
        ingest.retry_quarantine().await.unwrap();
        assert!(
            office
                .store()
                .await
                .filing(letter.id)
                .await
                .unwrap()
                .is_none(),
            "nothing was mended yet"
        );
    }
    let registered = format!(
        "{}\n[[device]]\nid = \"ward-9\"\nward = \"新しい産院\"\nsign = \"device-ward-9.sign.pub\"\nhpke = \"device-ward-9.hpke.pub\"\n",
        office.toml()
    );
    let config = office.config_of(&registered).unwrap();
    let city = ubugoe_city::server::City::start(
        config,
        office.hands.clock(),
        ubugoe_city::ingest::no_faults(),
    )
    .await
    .unwrap();
    drop(city);
    let store = office.store().await;
    assert!(store.filing(letter.id).await.unwrap().is_some());
    assert_eq!(store.counts().await.unwrap().quarantined, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_changed_too_early_loses_nothing() {
    let office = Office::new();
    let letter = letter(canonical(&birth("ASK-1")));
    let wire = office.envelope(&letter);
    let keep = office.pki.text("city-asukoe.hpke").unwrap();
    std::fs::copy(
        office.pki.path("city-tonari.hpke"),
        office.pki.path("city-asukoe.hpke"),
    )
    .unwrap();
    let wrong = office.ingest().await;
    assert_eq!(
        wrong
            .land(vec![message("ward-1", wire.clone())])
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        reasons(office.store().await.as_ref()).await,
        [QuarantineReason::Undecryptable]
    );
    std::fs::write(office.pki.path("city-asukoe.hpke"), keep).unwrap();
    let right = office.ingest().await;
    // the device sends again, as it does until it has a receipt
    let receipt = only_receipt(&right.land(vec![message("ward-1", wire)]).await.unwrap());
    assert_eq!(
        Receipt::verify(&receipt, &office.receipt_key()).unwrap().id,
        letter.id
    );
    assert_eq!(office.store().await.counts().await.unwrap().quarantined, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_signature_is_received_and_shown_to_the_officer() {
    let office = Office::new();
    let (ingest, store) = (office.ingest().await, office.store().await);
    let other = Letter {
        canonical: canonical(&birth("ASK-2")),
        ..letter(canonical(&birth("ASK-1")))
    };
    let empty = Letter {
        signature: Vec::new(),
        ..letter(canonical(&birth("ASK-3")))
    };
    let foreign = signed_by(stranger(), canonical(&birth("ASK-4")));
    let good = letter(canonical(&birth("ASK-5")));
    for (letter, code) in [
        (&other, Some(ReasonCode::SignatureInvalid)),
        (&empty, Some(ReasonCode::SignatureInvalid)),
        (&foreign, Some(ReasonCode::SignatureUntrusted)),
        (&good, None),
    ] {
        land(&office, &ingest, letter).await;
        let facts = store.filing(letter.id).await.unwrap().unwrap().row.facts;
        let codes: Vec<_> = facts
            .reasons
            .iter()
            .map(|reason| reason.code)
            .filter(|code| *code != ReasonCode::ReviewValue)
            .collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>());
        assert_eq!(
            facts.signature.revocation,
            Finding::Unknown,
            "nobody asked about revocation"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_ran_out_before_arrival_is_named_as_such() {
    let office = Office::new();
    let (ingest, store) = (office.ingest().await, office.store().await);
    office.hands.forward(3 * 366 * 86_400);
    let letter = letter(canonical(&birth("ASK-1")));
    land(&office, &ingest, &letter).await;
    let facts = store.filing(letter.id).await.unwrap().unwrap().row.facts;
    let finding = &facts.signature;
    assert_eq!(
        (finding.math, finding.chain, finding.validity),
        (Finding::Ok, Finding::Ok, Finding::Bad)
    );
    let codes: Vec<_> = facts.reasons.iter().map(|reason| reason.code).collect();
    assert!(
        codes.contains(&ReasonCode::SignatureExpired) && codes.contains(&ReasonCode::Late),
        "{codes:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn father_and_mother_are_flagged_and_twins_are_not() {
    let office = Office::new();
    let (ingest, store) = (office.ingest().await, office.store().await);
    let mother = letter(canonical(&birth("ASK-1")));
    let father = Letter {
        device: "ward-2",
        ..letter(canonical(&birth("ASK-1")))
    };
    let twin = letter(canonical(&crate::support::papers::Paper {
        order: 2,
        child: "すみれ".into(),
        ..birth("ASK-1")
    }));
    let claim = Letter {
        case: mother.case,
        case_seq: 1,
        ..letter(canonical(&allowance("ASK-1")))
    };
    for letter in [&mother, &father, &twin, &claim] {
        land(&office, &ingest, letter).await;
    }
    let duplicate = |id: FilingId| {
        let store = Arc::clone(&store);
        async move { store.filing(id).await.unwrap().unwrap().row.duplicate }
    };
    assert!(duplicate(mother.id).await && duplicate(father.id).await);
    assert!(
        !duplicate(twin.id).await,
        "twins share parents, hospital and day, and are two children"
    );
    assert!(
        !duplicate(claim.id).await,
        "another procedure for the same child is no duplicate"
    );
    // what matters is the substance: a correction of a returned filing in the same case is no duplicate either
    let record = store.filing(mother.id).await.unwrap().unwrap();
    assert_eq!(record.siblings.len(), 1);
    assert_eq!(record.row.state, FilingState::Arrived);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_due_day_comes_from_the_law_and_the_municipal_calendar() {
    let office = Office::new();
    let (ingest, store) = (office.ingest().await, office.store().await);
    let (notice, claim) = (
        letter(canonical(&birth("ASK-1"))),
        letter(canonical(&allowance("ASK-1"))),
    );
    land(&office, &ingest, &notice).await;
    land(&office, &ingest, &claim).await;
    let due = |id: FilingId| {
        let store = Arc::clone(&store);
        async move { store.filing(id).await.unwrap().unwrap().row.due }
    };
    // born 22 Nov 2026 at 23:59: day 14 is Saturday 5 December, so Monday 7; fifteen days from the next day is Monday 7
    assert_eq!(due(notice.id).await.as_deref(), Some("2026-12-07"));
    assert_eq!(due(claim.id).await.as_deref(), Some("2026-12-07"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_fails_as_a_whole_lands_one_by_one() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let letters: Vec<Letter> = (0..3)
        .map(|n| letter(canonical(&birth(&format!("ASK-{n}")))))
        .collect();
    let messages = letters
        .iter()
        .map(|letter| message("ward-1", office.envelope(letter)))
        .collect();
    // the database refuses every third filing
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    c.execute_batch(
        "CREATE TRIGGER no_third BEFORE INSERT ON history WHEN (SELECT count(*) FROM history) = 2
         BEGIN SELECT RAISE(ABORT, 'no third filing'); END",
    )
    .unwrap();
    let answers = ingest.land(messages).await.unwrap();
    let receipts: usize = answers
        .iter()
        .map(|answer| {
            if let Downlink::Receipts(items) = &answer.content {
                items.len()
            } else {
                0
            }
        })
        .sum();
    assert_eq!(receipts, 2, "the two good ones have receipts");
    let counts = office.store().await.counts().await.unwrap();
    assert_eq!(
        (counts.arrived, counts.quarantined),
        (2, 1),
        "the third is set aside and holds nobody up"
    );
}

/// It was only just starting, say: the messages are not at fault, and an officer has nothing to look at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_not_to_be_had_nothing_is_set_aside() {
    const REFUSE: &str = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '<state>'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION refuse();";
    const AGREE: &str = "DROP FUNCTION refuse CASCADE";
    let cluster = Postgres::start().unwrap();
    let mut office = Office::new();
    office.store_url = cluster.url();
    let (ingest, store) = (office.ingest().await, office.store().await);
    let (client, connection) = tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let filed = letter(canonical(&birth("ASK-1")));
    let wire = office.envelope(&filed);
    let came = || vec![message("ward-1", wire.clone())];
    client
        .batch_execute(&REFUSE.replace("<state>", "57P03"))
        .await
        .unwrap();
    assert!(matches!(
        ingest.land(came()).await,
        Err(StoreError::Unavailable { .. })
    ));
    client.batch_execute(AGREE).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.arrived, counts.quarantined), (0, 0));
    // Control: what the database says about the message itself sets it aside.
    client
        .batch_execute(&REFUSE.replace("<state>", "23514"))
        .await
        .unwrap();
    assert_eq!(ingest.land(came()).await.unwrap(), []);
    client.batch_execute(AGREE).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.arrived, counts.quarantined), (0, 1));
    assert_eq!(ingest.land(came()).await.unwrap().len(), 1);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.arrived, counts.quarantined), (1, 0));
}
