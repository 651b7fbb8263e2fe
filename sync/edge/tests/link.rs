//! The link against a real Mosquitto with mutual TLS, which is killed, paused, restricted and lied to.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(clippy::print_stderr, reason = "counts belong into the test report")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use support::{Answers, City, CityKeys, Kiosk, NOW, receipt_topic, receipts, short};
use tempfile::TempDir;
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::pki::Pki;
use ubugoe_edge::outbox::SettleError;
use ubugoe_edge::{Alert, DisconnectReason, LinkEvent, Mode, RowState, Trouble, Tuning};
use ubugoe_protocol::{
    CaseState, Downlink, Opened, Receipt, Refusal, RefusalReason, SignedError, SigningKey,
    StatusNotice, digest,
};

struct Rig {
    broker: Mosquitto,
    pki: Pki,
    _folder: TempDir,
}

fn rig(settings: &Settings) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::with(
        folder.path(),
        &["kiosk-1", "kiosk-2"],
        &["city-a", "city-b"],
    )
    .unwrap();
    let broker = Mosquitto::start(&pki, settings).unwrap();
    Rig {
        broker,
        pki,
        _folder: folder,
    }
}

impl Rig {
    fn kiosk(&self, tuning: Tuning) -> Kiosk {
        let mut kiosk = Kiosk::new(&self.pki, "kiosk-1");
        let config = kiosk.config(&self.pki, &self.broker, tuning);
        kiosk.connect(config);
        kiosk
    }

    fn city(&self, answers: Answers) -> City {
        City::start(&self.pki, &self.broker, "city-a", answers)
    }
}

fn alert<T>(pick: impl Fn(&Alert) -> Option<T>) -> impl Fn(&LinkEvent) -> Option<T> {
    move |event| match event {
        LinkEvent::Alert(alert) => pick(alert),
        _ => None,
    }
}

fn connected(event: &LinkEvent) -> Option<()> {
    matches!(event, LinkEvent::Connected(_)).then_some(())
}

#[test]
fn a_stored_row_arrives_and_only_its_receipt_settles_it() {
    let rig = rig(&Settings::default());
    let city = rig.city(receipts());
    let mut kiosk = rig.kiosk(short());
    let id = kiosk.file("city-a");
    let (receipt, raw) = kiosk.wait("a receipt", |e| match e {
        LinkEvent::Receipt { receipt, raw } => Some((receipt.clone(), raw.clone())),
        _ => None,
    });
    assert_eq!(receipt.id, id);
    let row = kiosk.row(&id);
    assert_eq!(row.state, RowState::Arrived);
    assert_eq!(row.answer, Some(raw));
    assert!(
        kiosk.outbox.lock().sealed(&id).unwrap().is_some(),
        "kept for some days, should the city lose it"
    );
    assert_eq!(city.tally(), (1, 0));
    assert_eq!(kiosk.link().mode(), Mode::Online);
}

#[test]
fn every_row_arrives_although_the_broker_is_killed_again_and_again_without_state() {
    const ROWS: usize = 600;
    const KILLS: usize = 4;
    let mut rig = rig(&Settings {
        receive_maximum: Some(20),
        ..Settings::default()
    });
    let city = rig.city(receipts());
    let mut kiosk = rig.kiosk(short());
    for kill in 0..KILLS {
        for _ in 0..50 {
            let rows: Vec<_> = (0..3).map(|_| kiosk.filing("city-a", 600)).collect();
            kiosk.store(&rows);
        }
        city.wait_distinct(kill * ROWS / KILLS + 60);
        rig.broker.restart().unwrap();
    }
    kiosk.wait_arrived(ROWS as u64);
    let (distinct, repeated) = city.tally();
    let stats = kiosk.link().stats();
    assert_eq!(distinct, ROWS, "lost: {}", ROWS - distinct);
    assert_eq!(
        kiosk.counts().queued + kiosk.counts().sent + kiosk.counts().refused,
        0
    );
    // Each portion of rows needed a connection after the kill before it.
    assert!(stats.connections >= KILLS as u64, "{stats:?}");
    // The count follows the commit.
    kiosk.wait_until("counted receipts", |kiosk| {
        kiosk.link().stats().receipts == ROWS as u64
    });
    eprintln!("{ROWS} rows, {KILLS} kills: 0 lost, {repeated} repeated at the city; {stats:?}");
}

#[test]
fn a_kiosk_that_restarts_between_sent_and_arrived_finishes_its_work() {
    let rig = rig(&Settings::default());
    let answering = Arc::new(AtomicBool::new(false));
    let answer = Arc::clone(&answering);
    let city = rig.city(Box::new(move |keys, opened| {
        if answer.load(Ordering::SeqCst) {
            vec![keys.receipted(opened)]
        } else {
            vec![]
        }
    }));
    let mut kiosk = rig.kiosk(Tuning {
        resend_after: Duration::from_hours(1),
        ..short()
    });
    let ids: Vec<_> = (0..5).map(|_| kiosk.file("city-a")).collect();
    city.wait_distinct(5);
    kiosk.wait_until("acknowledgements", |kiosk| {
        kiosk.link().stats().acknowledged == 5
    });
    kiosk.link.take().unwrap().stop();
    assert_eq!(kiosk.counts().sent, 5, "noted at the goodbye at the latest");
    // Another process opens the same file.
    let path = kiosk.folder.path().join("outbox.db");
    let reopened = ubugoe_edge::Outbox::open(&ubugoe_edge::outbox::Config::at(path)).unwrap();
    kiosk.outbox = ubugoe_edge::OutboxHandle::new(reopened);
    answering.store(true, Ordering::SeqCst);
    let config = kiosk.config(&rig.pki, &rig.broker, short());
    kiosk.connect(config);
    kiosk.wait_arrived(5);
    let (distinct, repeated) = city.tally();
    assert_eq!(distinct, 5);
    assert!(repeated >= 5, "{repeated}");
    assert!(
        ids.iter()
            .all(|id| kiosk.row(id).state == RowState::Arrived)
    );
}

#[test]
fn a_row_too_large_for_the_broker_stays_and_holds_nobody_up() {
    let rig = rig(&Settings {
        max_packet_size: Some(4096),
        ..Settings::default()
    });
    let city = rig.city(receipts());
    let mut kiosk = rig.kiosk(short());
    let large = kiosk.filing("city-a", 8000);
    let large = kiosk.store(&[large])[0];
    for _ in 0..20 {
        kiosk.file("city-a");
    }
    kiosk.wait(
        "an alert",
        alert(|a| match a {
            Alert::Row {
                id,
                trouble: Trouble::TooLargeForBroker,
            } if *id == large => Some(()),
            _ => None,
        }),
    );
    kiosk.wait_arrived(20);
    let row = kiosk.row(&large);
    assert_eq!(
        (row.state, row.trouble),
        (RowState::Queued, Some(Trouble::TooLargeForBroker))
    );
    assert!(kiosk.outbox.lock().sealed(&large).unwrap().is_some());
    assert_eq!(city.tally().0, 20);
    assert_eq!(kiosk.link().stats().connections, 1, "no reconnect for it");
}

#[test]
fn a_row_that_breaks_the_connection_every_time_is_found_and_holds_nobody_up() {
    // Mosquitto answers an oversize payload with a reason code the client does not know, which ends the connection.
    let rig = rig(&Settings {
        extra: vec!["message_size_limit 4096".to_owned()],
        ..Settings::default()
    });
    let _city = rig.city(receipts());
    let mut kiosk = rig.kiosk(short());
    let large = kiosk.filing("city-a", 8000);
    let large = kiosk.store(&[large])[0];
    for _ in 0..20 {
        kiosk.file("city-a");
    }
    // The others may arrive before or after the culprit is named.
    kiosk.wait_until("suspicion", |kiosk| {
        kiosk.row(&large).trouble == Some(Trouble::BreaksConnection)
    });
    kiosk.wait_arrived(20);
    assert_eq!(kiosk.row(&large).state, RowState::Queued);
    // New rows still pass.
    for _ in 0..5 {
        kiosk.file("city-a");
    }
    kiosk.wait_arrived(25);
}

#[test]
fn a_device_the_broker_does_not_let_publish_keeps_its_rows_until_it_may() {
    let mut rig = rig(&Settings::default());
    // Certified, and in no access list yet.
    rig.pki.add_device("kiosk-9").unwrap();
    let city = City::start(&rig.pki, &rig.broker, "city-a", receipts());
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-9");
    let config = kiosk.config(&rig.pki, &rig.broker, short());
    kiosk.connect(config);
    let id = kiosk.file("city-a");
    kiosk.wait(
        "an alert",
        alert(|a| match a {
            Alert::Row {
                id: row,
                trouble: Trouble::NotAuthorised,
            } if *row == id => Some(()),
            _ => None,
        }),
    );
    assert_eq!(kiosk.row(&id).state, RowState::Queued);
    assert_eq!(city.tally().0, 0);
    rig.broker.reload(&rig.pki).unwrap();
    kiosk.wait_arrived(1);
}

#[test]
fn while_nobody_listens_the_link_backs_off_and_rows_of_others_pass() {
    let rig = rig(&Settings::default());
    let _other = City::start(&rig.pki, &rig.broker, "city-b", receipts());
    let mut kiosk = rig.kiosk(short());
    let rows: Vec<_> = (0..10).map(|_| kiosk.filing("city-a", 600)).collect();
    kiosk.store(&rows);
    let silent = kiosk.wait(
        "an alert",
        alert(|a| match a {
            Alert::NobodyListens(recipient) => Some(recipient.clone()),
            _ => None,
        }),
    );
    assert_eq!(silent.as_str(), "city-a");
    kiosk.file("city-b");
    kiosk.wait_arrived(1);
    let stats = kiosk.link().stats();
    assert_eq!(
        stats.acknowledged,
        stats.unheard + 1,
        "only city-b heard anything: {stats:?}"
    );
    let city = rig.city(receipts());
    kiosk.wait_arrived(11);
    assert_eq!(city.tally().0, 10);
    assert_eq!(
        kiosk.link().stats().connections,
        1,
        "silence is no reason to reconnect"
    );
}

#[test]
fn a_city_that_takes_filings_without_a_word_gets_them_again() {
    let rig = rig(&Settings::default());
    let mut heard = 0;
    let city = rig.city(Box::new(move |keys, opened| {
        heard += 1;
        if heard < 3 {
            vec![]
        } else {
            vec![keys.receipted(opened)]
        }
    }));
    let mut kiosk = rig.kiosk(short());
    let id = kiosk.file("city-a");
    city.wait_times(id, 3);
    kiosk.wait_arrived(1);
    assert!(kiosk.link().stats().resent >= 2);
    assert_eq!(kiosk.link().stats().connections, 1);
}

#[test]
fn answers_that_are_forged_or_misdirected_settle_nothing() {
    let rig = rig(&Settings::default());
    let thief = SigningKey::generate().unwrap();
    let city_b = CityKeys::load(&rig.pki, "city-b");
    // In turn: a stranger's signature; another city's, in its own name; another city's in the first one's name;
    // a recipient nobody knows; other content; another filing.
    let wrong = move |keys: &CityKeys, opened: &Opened| -> Vec<Vec<u8>> {
        let receipt = keys.receipt(opened);
        let of = |change: &dyn Fn(&mut Receipt), key: &SigningKey| {
            let mut receipt = receipt.clone();
            change(&mut receipt);
            receipt.sign(key).unwrap()
        };
        vec![
            of(&|_| {}, &thief),
            of(&|r| r.recipient = city_b.id.clone(), &city_b.signing),
            of(&|_| {}, &city_b.signing),
            of(&|r| r.recipient = "city-x".parse().unwrap(), &thief),
            of(&|r| r.digest = [0; 32], &keys.signing),
            of(
                &|r| r.id = ubugoe_protocol::FilingId::from_bytes([0; 16]),
                &keys.signing,
            ),
            vec![1, 2, 3],
        ]
    };
    let city = rig.city(Box::new(move |keys, opened| {
        vec![Downlink::Receipts(wrong(keys, opened))]
    }));
    let mut kiosk = rig.kiosk(Tuning {
        resend_after: Duration::from_hours(1),
        ..short()
    });
    let id = kiosk.file("city-a");
    let answer = || {
        kiosk.wait(
            "an alert",
            alert(|a| match a {
                Alert::Answer(SettleError::Signature(SignedError::Signature { .. })) => {
                    Some("signature")
                }
                Alert::Answer(SettleError::Signature(_)) => Some("unreadable"),
                Alert::Answer(SettleError::UnknownRecipient(_)) => Some("unknown recipient"),
                Alert::Answer(SettleError::OtherRecipient { .. }) => Some("other recipient"),
                Alert::Answer(SettleError::OtherContent { .. }) => Some("other content"),
                Alert::Answer(SettleError::NoSuchFiling(_)) => Some("no such filing"),
                _ => None,
            }),
        )
    };
    let alerts: Vec<_> = (0..7).map(|_| answer()).collect();
    let expected = [
        "signature",
        "other recipient",
        "signature",
        "unknown recipient",
        "other content",
        "no such filing",
        "unreadable",
    ];
    assert_eq!(alerts, expected);
    assert_ne!(kiosk.row(&id).state, RowState::Arrived);
    assert!(kiosk.outbox.lock().sealed(&id).unwrap().is_some());
    // The right one still counts.
    city.send(&kiosk.device, &city.keys().receipted(&city.last()));
    kiosk.wait_arrived(1);
}

#[test]
fn messages_that_are_not_for_this_device_are_reported_and_dropped() {
    let rig = rig(&Settings::default());
    let city = rig.city(receipts());
    let mut kiosk = rig.kiosk(short());
    kiosk.wait("a connection", connected);
    let topic = receipt_topic(&kiosk.device);
    city.send_raw(&topic, b"garbage".to_vec());
    // Sealed to another device, put on this one's topic.
    let other = ubugoe_protocol::RecipientSecretKey::generate()
        .unwrap()
        .public()
        .unwrap();
    let message = Downlink::Receipts(vec![vec![1]]);
    city.send_raw(
        &topic,
        ubugoe_protocol::seal_down(&message, &"kiosk-2".parse().unwrap(), &other).unwrap(),
    );
    city.send_raw(&topic, vec![0x5A; 200_000]);
    for _ in 0..2 {
        kiosk.wait(
            "an alert",
            alert(|a| matches!(a, Alert::Downlink { .. }).then_some(())),
        );
    }
    // An incoming packet above the limit never reaches us: Mosquitto honours the limit we gave it.
    kiosk.file("city-a");
    kiosk.wait_arrived(1);
    assert_eq!(kiosk.link().stats().connections, 1);
}

#[test]
fn a_refused_envelope_becomes_a_dead_letter_that_keeps_its_payload_and_its_reason() {
    let rig = rig(&Settings::default());
    let refuse = |keys: &CityKeys, opened: &Opened, envelope: [u8; 32]| {
        let refusal = Refusal {
            id: opened.header.id,
            recipient: keys.id.clone(),
            envelope,
            reason: RefusalReason::Signature,
            at: NOW,
        };
        Downlink::Refusals(vec![refusal.sign(&keys.signing).unwrap()])
    };
    let city = rig.city(Box::new(|_, _| vec![]));
    let mut kiosk = rig.kiosk(short());
    let row = kiosk.filing("city-a", 600);
    let envelope = digest(&row.sealed);
    let id = kiosk.store(&[row])[0];
    city.wait_distinct(1);
    // About other bytes than were sent: ignored.
    city.send(&kiosk.device, &refuse(city.keys(), &city.last(), [0; 32]));
    kiosk.wait(
        "an alert",
        alert(|a| matches!(a, Alert::Answer(SettleError::OtherContent { .. })).then_some(())),
    );
    assert_ne!(kiosk.row(&id).state, RowState::Refused);
    city.send(&kiosk.device, &refuse(city.keys(), &city.last(), envelope));
    let refusal = kiosk.wait("a refusal", |e| match e {
        LinkEvent::Refused(refusal) => Some(refusal.clone()),
        _ => None,
    });
    assert_eq!(refusal.reason, RefusalReason::Signature);
    assert_eq!(kiosk.row(&id).state, RowState::Refused);
    assert!(kiosk.outbox.lock().sealed(&id).unwrap().is_some());
    assert!(
        kiosk.outbox.lock().pending().unwrap().is_empty(),
        "not sent again"
    );
}

#[test]
fn statuses_are_reported_once_in_rising_order_even_from_while_the_kiosk_was_away() {
    let rig = rig(&Settings::default());
    let city = rig.city(receipts());
    let mut kiosk = rig.kiosk(short());
    let id = kiosk.file("city-a");
    kiosk.wait_arrived(1);
    let notice = |seq, state| {
        let notice = StatusNotice {
            id,
            recipient: city.keys().id.clone(),
            seq,
            state,
            at: NOW,
        };
        notice.sign(&city.keys().signing).unwrap()
    };
    let accepted = notice(2, CaseState::Accepted);
    let old = notice(1, CaseState::Arrived);
    city.send(
        &kiosk.device,
        &Downlink::Statuses(vec![accepted.clone(), accepted.clone(), old]),
    );
    let status = |e: &LinkEvent| match e {
        LinkEvent::Status(notice) => Some(notice.clone()),
        _ => None,
    };
    assert_eq!(kiosk.wait("a status", status).state, CaseState::Accepted);
    // The kiosk goes home; the officer works late.
    kiosk.link().set_offline(true);
    kiosk.wait("the switch", |e| {
        matches!(e, LinkEvent::Mode(Mode::Offline)).then_some(())
    });
    let returned = CaseState::Returned {
        reason: "印が必要です".to_owned(),
    };
    city.send(
        &kiosk.device,
        &Downlink::Statuses(vec![notice(3, returned.clone())]),
    );
    kiosk.link().set_offline(false);
    let late = kiosk.wait("the late status", status);
    assert_eq!((late.seq, &late.state), (3, &returned));
    let (stored, _) = kiosk.outbox.lock().latest_status(&id).unwrap().unwrap();
    assert_eq!(stored.state, returned);
}

#[test]
fn a_broker_that_falls_silent_is_left_and_the_rows_arrive_after_it_comes_back() {
    let rig = rig(&Settings::default());
    let city = rig.city(receipts());
    let mut kiosk = rig.kiosk(Tuning {
        connect_timeout: Duration::from_secs(1),
        ..short()
    });
    kiosk.wait("a connection", connected);
    rig.broker.pause().unwrap();
    for _ in 0..30 {
        kiosk.file("city-a");
    }
    kiosk.wait("a stall", |e| {
        matches!(
            e,
            LinkEvent::Disconnected {
                reason: DisconnectReason::Stalled
            }
        )
        .then_some(())
    });
    assert_eq!(kiosk.link().stats().stalls, 1);
    rig.broker.resume().unwrap();
    kiosk.wait_arrived(30);
    assert_eq!(city.tally().0, 30);
}

#[test]
fn switched_off_nothing_is_sent_and_switched_on_everything_is() {
    let rig = rig(&Settings::default());
    let city = rig.city(receipts());
    let mut kiosk = rig.kiosk(short());
    kiosk.wait("a connection", connected);
    kiosk.link().set_offline(true);
    kiosk.wait("the switch", |e| {
        matches!(e, LinkEvent::Mode(Mode::Offline)).then_some(())
    });
    for _ in 0..10 {
        kiosk.file("city-a");
    }
    assert_eq!(kiosk.link().mode(), Mode::Offline);
    assert_eq!((kiosk.counts().queued, city.tally().0), (10, 0));
    kiosk.link().set_offline(false);
    kiosk.wait_arrived(10);
}

#[test]
fn a_broker_with_another_authoritys_certificate_is_not_spoken_to() {
    let rig = rig(&Settings::default());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Pki::with(elsewhere.path(), &["kiosk-1"], &[]).unwrap();
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let mut config = kiosk.config(&rig.pki, &rig.broker, short());
    config.tls.ca_pem = std::fs::read(other.path("broker-ca.pem")).unwrap();
    kiosk.connect(config);
    kiosk.file("city-a");
    kiosk.wait("a TLS failure", |e| {
        matches!(
            e,
            LinkEvent::Disconnected {
                reason: DisconnectReason::Tls(_)
            }
        )
        .then_some(())
    });
    assert_eq!(kiosk.link().stats().published, 0);
}

#[test]
fn the_second_address_is_tried_when_the_first_is_dead() {
    let rig = rig(&Settings::default());
    let _city = rig.city(receipts());
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let mut config = kiosk.config(&rig.pki, &rig.broker, short());
    // Bound and never listening: connections are refused.
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = dead.local_addr().unwrap().port();
    drop(dead);
    config.brokers.insert(
        0,
        ubugoe_edge::Broker {
            host: "localhost".to_owned(),
            port,
        },
    );
    kiosk.connect(config);
    kiosk.file("city-a");
    kiosk.wait_arrived(1);
}

#[test]
fn the_first_address_is_preferred_again_once_it_answers() {
    let mut rig = rig(&Settings::default());
    let mut second = Mosquitto::start(&rig.pki, &Settings::default()).unwrap();
    let (first, other) = (rig.broker.port(), second.port());
    rig.broker.kill().unwrap();
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let mut config = kiosk.config(&rig.pki, &rig.broker, short());
    config.brokers.push(ubugoe_edge::Broker {
        host: "localhost".to_owned(),
        port: other,
    });
    kiosk.connect(config);
    let reached = |event: &LinkEvent| match event {
        LinkEvent::Connected(broker) => Some(broker.port),
        _ => None,
    };
    assert_eq!(kiosk.wait("a connection", reached), other);
    // It carries something, so that its end is no failure to connect.
    let _city = City::start(&rig.pki, &second, "city-a", receipts());
    kiosk.file("city-a");
    kiosk.wait_arrived(1);
    rig.broker.restart().unwrap();
    second.restart().unwrap();
    assert_eq!(kiosk.wait("another connection", reached), first);
}

#[test]
fn files_that_are_no_pem_are_named_before_anything_starts() {
    let rig = rig(&Settings::default());
    let kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let good = kiosk.config(&rig.pki, &rig.broker, short());
    let start = |config| {
        ubugoe_edge::Link::start(config, kiosk.outbox.clone(), |_| {})
            .unwrap_err()
            .to_string()
    };
    let mut bad = good.clone();
    bad.tls.ca_pem = b"no".to_vec();
    assert_eq!(start(bad), "the broker's authority is not usable PEM");
    let mut bad = good.clone();
    bad.tls.cert_pem.clear();
    assert_eq!(start(bad), "the device's certificate is not usable PEM");
    let mut bad = good.clone();
    bad.tls.key_pem = bad.tls.cert_pem.clone();
    assert_eq!(start(bad), "the device's key is not usable PEM");
    let mut bad = good;
    bad.brokers.clear();
    assert_eq!(start(bad), "no broker is configured");
}
