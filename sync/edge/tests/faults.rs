//! The link against a broker that does what it must not, one fault at a time and by dice: nothing is lost, and nothing but a
//! city's signature settles a row. The brokers' faults that a real Mosquitto can be made to show are in `link.rs`.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(clippy::print_stdout, reason = "counts belong into the test report")]

mod support;

use std::time::{Duration, Instant};

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use rumqttc::{Outgoing, Transport};
use support::{City, CityKeys, Kiosk, LONG, NOW, receipt_topic, receipts, tls};
use tempfile::TempDir;
use ubugoe_bench::dice::Dice;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::scripted::codec::{CONNECT, PUBACK, PUBLISH, SUBACK, SUBSCRIBE};
use ubugoe_bench::scripted::{Deed, Limits, Point, Rule, Scripted, chance};
use ubugoe_edge::outbox::SettleError;
use ubugoe_edge::{Alert, DisconnectReason, LinkEvent, RowState, Trouble, Tuning};
use ubugoe_protocol::{Downlink, FilingId, Receipt, SigningKey, digest, peek, topics};

/// Rows of one fault.
const ROWS: usize = 20;

/// A broker, a city and its keys.
struct Rig {
    city: City,
    broker: Scripted,
    pki: Pki,
    _folder: TempDir,
}

/// So short that a fault costs a second, not a minute.
fn brisk() -> Tuning {
    Tuning {
        keep_alive: Duration::from_secs(5),
        connect_timeout: Duration::from_secs(2),
        stall_after: Duration::from_secs(1),
        resend_after: Duration::from_millis(600),
        pause_min: Duration::from_millis(20),
        pause_max: Duration::from_millis(200),
        ..Tuning::default()
    }
}

impl Rig {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = Pki::with(
            folder.path(),
            &["kiosk-1", "kiosk-2"],
            &["city-a", "city-b"],
        )
        .unwrap();
        let broker = Scripted::start(&pki).unwrap();
        let city = City::start(&pki, &broker, "city-a", receipts());
        Self {
            city,
            broker,
            pki,
            _folder: folder,
        }
    }

    fn kiosk(&self, id: &str) -> Kiosk {
        let mut kiosk = Kiosk::new(&self.pki, id);
        self.connect(&mut kiosk);
        kiosk
    }

    fn connect(&self, kiosk: &mut Kiosk) {
        let config = kiosk.config(&self.pki, &self.broker, brisk());
        kiosk.connect(config);
    }

    /// Files rows, two a visit.
    fn file(kiosk: &mut Kiosk, rows: usize) -> Vec<FilingId> {
        let mut ids = Vec::new();
        while ids.len() < rows {
            let visit: Vec<_> = (0..2.min(rows - ids.len()))
                .map(|_| kiosk.filing("city-a", 600))
                .collect();
            ids.extend(kiosk.store(&visit));
        }
        ids
    }

    /// What must be so after every fault; prints what it cost.
    fn check(&self, name: &str, kiosks: &[(&Kiosk, &[FilingId])]) {
        let mut rows = 0;
        let (mut resent, mut connections, mut stalls) = (0, 0, 0);
        for (kiosk, ids) in kiosks {
            kiosk.wait_until("counted receipts", |kiosk| {
                kiosk.link().stats().receipts == ids.len() as u64
            });
            for id in *ids {
                signed_by_the_city(kiosk, id);
            }
            let stats = kiosk.link().stats();
            rows += ids.len();
            resent += stats.resent;
            connections += stats.connections;
            stalls += stats.stalls;
        }
        let (distinct, repeated) = self.city.tally();
        let record = self.broker.record();
        println!(
            "{name}: {rows} rows, {} lost, {} doubled, {repeated} repetitions at the city; {} misdeeds, {resent} sent again for want of a receipt, {connections} connections, {stalls} stalls",
            rows.saturating_sub(distinct),
            distinct.saturating_sub(rows),
            record.misdeeds(),
        );
        assert_eq!(distinct, rows, "{name}");
        assert_eq!(record.violations, Vec::<String>::new(), "{name}");
    }
}

/// A row is settled, and by a receipt that the city signed about the content that was stored.
fn signed_by_the_city(kiosk: &Kiosk, id: &FilingId) {
    let row = kiosk.row(id);
    assert_eq!(row.state, RowState::Arrived, "{id}");
    let receipt = Receipt::verify(&row.answer.unwrap(), &kiosk.recipients[&row.recipient]).unwrap();
    assert_eq!((receipt.id, receipt.digest), (*id, row.digest));
}

/// Rows go while the rules hold; when this many deeds are done the broker turns honest, and everything must be there.
fn survives(name: &str, deeds: u64, rules: Vec<Rule>) {
    let rig = Rig::start();
    for rule in rules {
        rig.broker.rule(rule);
    }
    let mut kiosk = rig.kiosk("kiosk-1");
    let ids = Rig::file(&mut kiosk, ROWS);
    rig.broker
        .wait(name, |record| record.misdeeds() >= deeds)
        .unwrap();
    rig.broker.calm();
    kiosk.wait_arrived(ROWS as u64);
    rig.check(name, &[(&kiosk, &ids)]);
}

fn publish(deed: Deed) -> Rule {
    Rule::at(Point::Publish, deed).client("kiosk-1")
}

fn deliver(deed: Deed) -> Rule {
    Rule::at(Point::Deliver, deed).topic("ubg/v1/down/kiosk-1/receipt")
}

fn alert<T>(pick: impl Fn(&Alert) -> Option<T>) -> impl Fn(&LinkEvent) -> Option<T> {
    move |event| match event {
        LinkEvent::Alert(alert) => pick(alert),
        _ => None,
    }
}

#[test]
fn publishes_that_are_lost_kept_doubled_or_mixed_up_arrive_in_the_end() {
    let old = "ubg/v1/up/kiosk-1/city-a";
    for (name, deed) in [
        ("drops publishes", Deed::Drop),
        ("acknowledges and forgets", Deed::Lie),
        ("passes on and never acknowledges", Deed::Unacknowledged),
        ("doubles publishes", Deed::Twice),
        ("reorders publishes", Deed::After),
        ("holds publishes back", Deed::Hold),
        ("replays old publishes", Deed::Old),
        ("changes a bit on the way up", Deed::Alter(300)),
        ("is slow", Deed::Slow(Duration::from_millis(30))),
    ] {
        survives(
            name,
            5,
            vec![publish(deed).topic(old).from(2).every(2).times(5)],
        );
    }
}

#[test]
fn publishes_that_are_refused_for_any_reason_wait_and_arrive() {
    // 0x95 and 0xFF are no reasons a PUBACK may give: the client gives the connection up, and the link must not give up.
    for reason in [0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99, 0x95, 0xFF] {
        let rule = publish(Deed::Refuse(reason)).from(3).times(4);
        survives(
            &format!("refuses publishes with {reason:#04x}"),
            4,
            vec![rule],
        );
    }
}

#[test]
fn answers_to_publishes_that_are_wrong_or_cut_anywhere_cost_a_connection_and_no_row() {
    for (name, deed) in [
        ("acknowledges an id that was never used", Deed::WrongId),
        ("acknowledges twice", Deed::Doubly),
        ("closes before it takes a publish", Deed::Close),
        ("closes after it took a publish", Deed::CloseAfter),
        ("answers with rubbish", Deed::Rubbish(vec![0x40, 3, 0xFF])),
        (
            "answers with endless rubbish",
            Deed::Rubbish(vec![0xFF; 64]),
        ),
        (
            "answers with a packet that no broker sends",
            Deed::Rubbish(vec![0xC0, 0]),
        ),
        ("cuts a PUBACK after 1 byte", Deed::Cut(1)),
        ("cuts a PUBACK after 2 bytes", Deed::Cut(2)),
        ("cuts a PUBACK after 3 bytes", Deed::Cut(3)),
    ] {
        survives(name, 3, vec![publish(deed).from(2).every(3).times(3)]);
    }
}

#[test]
fn receipts_that_are_lost_kept_doubled_or_mixed_up_come_again() {
    for (name, deed) in [
        ("drops receipts", Deed::Drop),
        ("doubles receipts", Deed::Twice),
        ("reorders receipts", Deed::After),
        ("holds receipts back", Deed::Hold),
        ("replays old receipts", Deed::Old),
        ("changes a bit on the way down", Deed::Alter(200)),
        (
            "gives receipts to another client",
            Deed::Misdeliver("city-a".to_owned()),
        ),
        (
            "is slow with receipts",
            Deed::Slow(Duration::from_millis(30)),
        ),
        ("closes instead of delivering", Deed::Close),
        ("closes after delivering", Deed::CloseAfter),
        ("cuts a receipt after 1 byte", Deed::Cut(1)),
        ("cuts a receipt after 40 bytes", Deed::Cut(40)),
        ("cuts a receipt after 300 bytes", Deed::Cut(300)),
    ] {
        survives(name, 3, vec![deliver(deed).every(2).times(3)]);
    }
}

#[test]
fn a_subscription_that_is_granted_and_not_served_is_noticed() {
    let lost = |broker: &Scripted| broker.forget("kiosk-1");
    let lied = |broker: &Scripted| {
        broker.rule(
            Rule::at(Point::Subscribe, Deed::Lie)
                .client("kiosk-1")
                .times(1),
        );
        broker.forget("kiosk-1");
        broker.kick("kiosk-1");
    };
    for (name, fault) in [
        (
            "loses a session and keeps the connection",
            &lost as &dyn Fn(&Scripted),
        ),
        ("grants a subscription and delivers nothing", &lied),
    ] {
        let rig = Rig::start();
        let mut kiosk = rig.kiosk("kiosk-1");
        rig.broker
            .wait("a subscription", |r| {
                r.packets(SUBACK, false).any(|s| s.client == "kiosk-1")
            })
            .unwrap();
        fault(&rig.broker);
        let ids = Rig::file(&mut kiosk, ROWS);
        kiosk.wait_arrived(ROWS as u64);
        rig.check(name, &[(&kiosk, &ids)]);
    }
}

#[test]
fn receipts_whose_acknowledgement_was_lost_come_again_and_settle_once() {
    let rig = Rig::start();
    let ignored = Rule::at(Point::Acknowledge, Deed::Drop).client("kiosk-1");
    rig.broker.rule(ignored);
    let mut kiosk = rig.kiosk("kiosk-1");
    let ids = Rig::file(&mut kiosk, ROWS);
    kiosk.wait_arrived(ROWS as u64);
    rig.broker
        .wait("acknowledgements", |r| r.misdeeds() >= ROWS as u64)
        .unwrap();
    rig.broker.calm();
    rig.broker.kick("kiosk-1");
    kiosk.wait_until("the receipts once more", |kiosk| {
        kiosk.link().stats().repeated >= ROWS as u64
    });
    rig.check("forgets what the device acknowledged", &[(&kiosk, &ids)]);
}

#[test]
fn filings_given_to_another_city_are_nothing_to_it_and_reach_their_own() {
    let rig = Rig::start();
    let other = City::start(&rig.pki, &rig.broker, "city-b", receipts());
    let astray = Deed::Divert("ubg/v1/up/kiosk-1/city-b".to_owned());
    rig.broker.rule(publish(astray).from(2).every(2).times(5));
    let mut kiosk = rig.kiosk("kiosk-1");
    let ids = Rig::file(&mut kiosk, ROWS);
    kiosk.wait_arrived(ROWS as u64);
    rig.check("gives filings to another city", &[(&kiosk, &ids)]);
    assert_eq!((other.tally(), other.strange()), ((0, 0), 5));
}

#[test]
fn connections_that_are_refused_forgotten_or_answered_with_rubbish_are_tried_again() {
    let connect = |deed| Rule::at(Point::Connect, deed).client("kiosk-1");
    for (name, deed) in [
        ("is busy", Deed::Refuse(0x89)),
        ("does not authorise", Deed::Refuse(0x87)),
        ("is unavailable", Deed::Refuse(0x88)),
        ("uses another server", Deed::Refuse(0x9C)),
        ("limits the rate of connections", Deed::Refuse(0x9F)),
        ("closes at CONNECT", Deed::Close),
        (
            "answers CONNECT with rubbish",
            Deed::Rubbish(vec![0xFF; 16]),
        ),
        ("never answers CONNECT", Deed::Silence),
        ("never reads after CONNECT", Deed::Deaf),
    ] {
        survives(name, 2, vec![connect(deed).times(2)]);
    }
    for (name, deed) in [
        ("accepts and hangs up", Deed::Close),
        ("accepts, reads and never answers", Deed::Silence),
        ("accepts and never reads", Deed::Deaf),
    ] {
        survives(name, 2, vec![Rule::at(Point::Accept, deed).times(2)]);
    }
    let subscribe = |deed| Rule::at(Point::Subscribe, deed).client("kiosk-1");
    for (name, deed) in [
        ("denies the subscription", Deed::Refuse(0x87)),
        ("closes at SUBSCRIBE", Deed::Close),
        (
            "answers SUBSCRIBE with rubbish",
            Deed::Rubbish(vec![0x90, 1, 0]),
        ),
    ] {
        survives(name, 2, vec![subscribe(deed).times(2)]);
    }
}

#[test]
fn a_connection_that_ends_at_any_byte_is_made_again() {
    // CONNACK ends at byte 5 and SUBACK at 15; receipts follow. Upwards, CONNECT ends before byte 60, filings follow.
    let down = (1..=16).chain([40, 100, 300, 700]);
    let up = [1, 2, 10, 30, 60, 120, 200, 400, 700, 1_000, 2_000];
    let rules: Vec<Rule> = down
        .map(|written| Deed::EndAt {
            read: u64::MAX,
            written,
        })
        .chain(up.into_iter().map(|read| Deed::EndAt {
            read,
            written: u64::MAX,
        }))
        .map(|deed| Rule::at(Point::Accept, deed).times(1))
        .collect();
    let deeds = u64::try_from(rules.len()).unwrap();
    let rig = Rig::start();
    for rule in rules {
        rig.broker.rule(rule);
    }
    let mut kiosk = rig.kiosk("kiosk-1");
    let mut ids = Vec::new();
    // Rows that settle early would leave later cuts nothing to cut.
    for met in 1..=deeds {
        ids.extend(Rig::file(&mut kiosk, 1));
        rig.broker
            .wait("a cut", |record| record.misdeeds() >= met)
            .unwrap();
    }
    rig.broker.calm();
    kiosk.wait_arrived(ids.len() as u64);
    rig.check("ends connections at any byte", &[(&kiosk, &ids)]);
}

#[test]
fn a_half_open_connection_is_left_whether_the_broker_stopped_writing_or_reading() {
    for (name, deed) in [
        ("falls silent under way", Deed::Silence),
        ("stops reading under way", Deed::Deaf),
    ] {
        survives(name, 2, vec![publish(deed.clone()).from(5).times(2)]);
        // With nothing to send, only the keep-alive can notice.
        let rig = Rig::start();
        let mut kiosk = rig.kiosk("kiosk-1");
        rig.broker.wait_connected("kiosk-1", true).unwrap();
        rig.broker
            .rule(Rule::at(Point::Ping, deed).client("kiosk-1").times(1));
        let reason = kiosk.wait("the end of a dead connection", |event| match event {
            LinkEvent::Disconnected { reason } => Some(reason.clone()),
            _ => None,
        });
        assert_eq!(reason, DisconnectReason::Stalled);
        let ids = Rig::file(&mut kiosk, 4);
        kiosk.wait_arrived(4);
        rig.check(&format!("{name}, idle"), &[(&kiosk, &ids)]);
    }
}

#[test]
fn a_broker_that_loses_sessions_or_everything_costs_repetitions_only() {
    for (name, lose) in [
        (
            "restarts without its state",
            Scripted::restart as fn(&Scripted),
        ),
        ("loses a session and the connection", |broker| {
            broker.forget("kiosk-1");
            broker.kick("kiosk-1");
        }),
        ("is shut for a while", |broker| {
            broker.open(false);
            broker.open(true);
        }),
        ("loses the city's session and connection", |broker| {
            broker.forget("city-a");
            broker.kick("city-a");
        }),
    ] {
        let rig = Rig::start();
        let mut kiosk = rig.kiosk("kiosk-1");
        let mut ids = Vec::new();
        for round in 1..=4 {
            // Some receipts are on their way when it happens.
            rig.broker
                .rule(Rule::at(Point::Deliver, Deed::Hold).from(3).times(3));
            ids.extend(Rig::file(&mut kiosk, ROWS / 4));
            rig.city.wait_distinct(ROWS / 4 * (round - 1) + 1);
            lose(&rig.broker);
            rig.broker.calm();
        }
        kiosk.wait_arrived(ids.len() as u64);
        rig.check(name, &[(&kiosk, &ids)]);
    }
}

#[test]
fn a_broker_that_takes_less_than_it_did_keeps_the_large_row_waiting_and_lets_the_small_ones_pass() {
    let rig = Rig::start();
    rig.broker.limit(Limits {
        receive_maximum: Some(2),
        packet_size: Some(2_000),
        secret_size: None,
    });
    let mut kiosk = rig.kiosk("kiosk-1");
    let large = kiosk.filing("city-a", 5_000);
    let large = kiosk.store(&[large]);
    let mut ids = Rig::file(&mut kiosk, ROWS);
    kiosk.wait(
        "the large row's trouble",
        alert(|a| match a {
            Alert::Row { id, trouble } if large == [*id] => Some(*trouble),
            _ => None,
        }),
    );
    kiosk.wait_arrived(ROWS as u64);
    let row = kiosk.row(&large[0]);
    assert_eq!(
        (row.state, row.trouble),
        (RowState::Queued, Some(Trouble::TooLargeForBroker))
    );
    rig.broker.limit(Limits::default());
    rig.broker.kick("kiosk-1");
    kiosk.wait_arrived(ROWS as u64 + 1);
    ids.extend(large);
    rig.check("takes less than it did", &[(&kiosk, &ids)]);
}

#[test]
fn a_broker_that_hangs_up_on_large_rows_without_saying_so_is_found_out_and_the_small_ones_pass() {
    let rig = Rig::start();
    rig.broker.limit(Limits {
        secret_size: Some(2_000),
        ..Limits::default()
    });
    let mut kiosk = rig.kiosk("kiosk-1");
    let large = kiosk.filing("city-a", 5_000);
    let large = kiosk.store(&[large]);
    let mut ids = Rig::file(&mut kiosk, ROWS);
    kiosk.wait_arrived(ROWS as u64);
    kiosk.wait_until("the large row's trouble", |kiosk| {
        kiosk.row(&large[0]).trouble == Some(Trouble::BreaksConnection)
    });
    rig.broker.limit(Limits::default());
    kiosk.wait_arrived(ROWS as u64 + 1);
    ids.extend(large);
    rig.check("hangs up on large rows", &[(&kiosk, &ids)]);
}

#[test]
fn a_broker_whose_certificate_is_of_another_year_is_not_spoken_to_and_loses_nothing() {
    let mut rig = Rig::start();
    rig.pki.add_broker("broker-past", 2019, 2020).unwrap();
    rig.pki.add_broker("broker-future", 2047, 2048).unwrap();
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let ids = Rig::file(&mut kiosk, ROWS);
    for stem in ["broker-past", "broker-future"] {
        rig.broker.show(stem).unwrap();
        rig.connect(&mut kiosk);
        kiosk.wait("a refused certificate", |event| match event {
            LinkEvent::Disconnected {
                reason: DisconnectReason::Tls(_),
            } => Some(()),
            _ => None,
        });
        kiosk.link = None;
    }
    let spoken = rig.broker.record();
    assert!(
        !spoken.seen.iter().any(|s| s.client == "kiosk-1"),
        "not even a CONNECT"
    );
    rig.broker.show("broker").unwrap();
    rig.connect(&mut kiosk);
    kiosk.wait_arrived(ROWS as u64);
    rig.check("shows a certificate of another year", &[(&kiosk, &ids)]);
}

#[test]
fn what_was_recorded_on_earlier_connections_settles_nothing_when_it_is_played_again() {
    let rig = Rig::start();
    let mut kiosk = rig.kiosk("kiosk-1");
    let mut ids = Rig::file(&mut kiosk, ROWS);
    kiosk.wait_arrived(ROWS as u64);
    let earlier = rig.broker.record();
    // From now on the city is not heard; whatever settles a row would be a replay.
    let topic = receipt_topic(&kiosk.device);
    rig.broker
        .rule(Rule::at(Point::Deliver, Deed::Hold).topic(&topic));
    rig.broker.restart();
    rig.broker.wait_connected("kiosk-1", true).unwrap();
    rig.broker.wait_connected("city-a", true).unwrap();
    let fresh = Rig::file(&mut kiosk, 4);
    rig.city.wait_distinct(ROWS + 4);
    let down: Vec<_> = earlier
        .packets(PUBLISH, false)
        .filter(|s| s.topic.as_deref() == Some(&topic))
        .collect();
    let up: Vec<_> = earlier
        .packets(PUBLISH, true)
        .filter(|s| s.client == "kiosk-1")
        .collect();
    assert!(down.len() >= ROWS && up.len() >= ROWS);
    let before = kiosk.link().stats().repeated;
    for seen in &down {
        // Held like all the others, so it is handed over directly.
        rig.broker.write("kiosk-1", seen.frame.clone());
    }
    kiosk.wait_until("the replays", |kiosk| {
        kiosk.link().stats().repeated >= before + down.len() as u64
    });
    for id in &fresh {
        assert_ne!(
            kiosk.row(id).state,
            RowState::Arrived,
            "settled by a replay"
        );
    }
    for seen in &up {
        rig.broker.replay(seen);
    }
    rig.city.wait_times(ids[0], 2);
    rig.broker.calm();
    kiosk.wait_arrived(ROWS as u64 + 4);
    ids.extend(fresh);
    rig.check("plays everything again", &[(&kiosk, &ids)]);
}

#[test]
fn a_receipt_handed_to_another_device_settles_nothing_there_and_comes_again() {
    let rig = Rig::start();
    let mut one = rig.kiosk("kiosk-1");
    let mut two = rig.kiosk("kiosk-2");
    for id in ["kiosk-1", "kiosk-2"] {
        let answered =
            |r: &ubugoe_bench::scripted::Record| r.packets(SUBSCRIBE, true).any(|s| s.client == id);
        rig.broker.wait("subscriptions", answered).unwrap();
    }
    let (first, second) = (receipt_topic(&one.device), receipt_topic(&two.device));
    // Each gets the other's, once under the other's topic and once as if it were its own.
    for (topic, other_topic, other) in [(&first, &second, "kiosk-2"), (&second, &first, "kiosk-1")]
    {
        let rule = |deed| Rule::at(Point::Deliver, deed).topic(topic).times(2);
        rig.broker.rule(rule(Deed::Divert(other_topic.clone())));
        rig.broker.rule(rule(Deed::Misdeliver(other.to_owned())));
    }
    let in_one = Rig::file(&mut one, ROWS / 2);
    let in_two = Rig::file(&mut two, ROWS / 2);
    let (mut unreadable, mut unknown) = (0, 0);
    while unreadable < 2 || unknown < 2 {
        let found = alert(|a| match a {
            Alert::Downlink { .. } => Some((1, 0)),
            Alert::UnknownTopic(_) => Some((0, 1)),
            _ => None,
        });
        let (more, others) = one.wait("the other's receipts", found);
        unreadable += more;
        unknown += others;
    }
    one.wait_arrived(in_one.len() as u64);
    two.wait_arrived(in_two.len() as u64);
    rig.check("swaps receipts", &[(&one, &in_one), (&two, &in_two)]);
}

#[test]
fn without_a_city_no_lie_of_the_broker_settles_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::with(folder.path(), &["kiosk-1"], &["city-a", "city-b"]).unwrap();
    let broker = Scripted::start(&pki).unwrap();
    broker.rule(publish(Deed::Lie));
    let mut kiosk = Kiosk::new(&pki, "kiosk-1");
    let config = kiosk.config(&pki, &broker, brisk());
    kiosk.connect(config);
    let ids = Rig::file(&mut kiosk, ROWS);
    // Each is taken with a friendly word at least twice.
    broker
        .wait("acknowledgements", |r| {
            r.packets(PUBACK, false).count() >= 2 * ROWS
        })
        .unwrap();
    // Whom the broker knows: another city's signature, and the device's own.
    let body = b"canonical";
    let other = CityKeys::load(&pki, "city-b");
    let forged = Receipt {
        v: ubugoe_protocol::VERSION,
        id: ids[0],
        digest: digest(body),
        recipient: "city-a".parse().unwrap(),
        arrived_at: NOW,
        arrival_no: 1,
        status_token: "token".to_owned(),
        status_url: "https://status.asukoe.example/s/".to_owned(),
        visit: None,
        signed: None,
        era: 0,
    };
    let city = City::start(&pki, &broker, "city-a", Box::new(|_, _| vec![]));
    let device = SigningKey::from_text(pki.text("device-kiosk-1.sign").unwrap().trim_end());
    let own = SigningKey::generate().unwrap();
    for key in [&other.signing, &device.unwrap(), &own] {
        let signed = forged.sign(key).unwrap();
        city.send(&kiosk.device, &Downlink::Receipts(vec![signed]));
        kiosk.wait(
            "an alert about a forged receipt",
            alert(|a| matches!(a, Alert::Answer(SettleError::Signature(_))).then_some(())),
        );
    }
    let counts = kiosk.counts();
    assert_eq!((counts.arrived, counts.refused), (0, 0));
    assert_eq!(counts.queued + counts.sent, ROWS as u64);
    for id in &ids {
        assert!(kiosk.outbox.lock().sealed(id).unwrap().is_some());
    }
}

/// The control: the faults are real. A client that takes the broker at its word loses by them.
#[test]
fn a_client_that_trusts_acknowledgements_loses_through_a_lying_broker() {
    let rig = Rig::start();
    rig.broker
        .rule(publish(Deed::Lie).from(2).every(2).times(5));
    let mut options = MqttOptions::new("kiosk-1", rig.broker.host(), rig.broker.port());
    options.set_transport(Transport::tls_with_config(tls(&rig
        .pki
        .device_tls("kiosk-1"))));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let acknowledged = runtime.block_on(async {
        let (client, mut events) = AsyncClient::new(options, 100);
        for _ in 0..ROWS {
            let sent = client.publish(
                "ubg/v1/up/kiosk-1/city-a",
                QoS::AtLeastOnce,
                false,
                vec![0, 1],
            );
            sent.await.unwrap();
        }
        let mut acknowledged = 0;
        tokio::time::timeout(LONG, async {
            while acknowledged < ROWS {
                if let Event::Incoming(Packet::PubAck(_)) = events.poll().await.unwrap() {
                    acknowledged += 1;
                }
            }
            client.disconnect().await.unwrap();
            while events.poll().await.unwrap() != Event::Outgoing(Outgoing::Disconnect) {}
        })
        .await
        .unwrap();
        acknowledged
    });
    rig.broker.wait_connected("kiosk-1", false).unwrap();
    rig.broker
        .wait("what the city took", |r| {
            r.packets(PUBACK, true)
                .filter(|s| s.client == "city-a")
                .count()
                == ROWS - 5
        })
        .unwrap();
    let arrived = usize::try_from(rig.city.strange()).unwrap();
    println!(
        "trusting client: {acknowledged} acknowledged, {} lost",
        acknowledged - arrived
    );
    assert_eq!((acknowledged, arrived), (ROWS, ROWS - 5));
}

/// Seeds are thrown in a row from `UBUGOE_SEED` (1) on: as many as fit into half a minute, or `UBUGOE_SEEDS` of them.
/// The dice fall the same for the same seed; threads do not.
#[test]
fn whatever_the_dice_do_to_sixty_filings_all_arrive_with_their_receipts() {
    const FILINGS: usize = 60;
    const LEAST: u64 = 3;
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse::<u64>().unwrap());
    let first = number("UBUGOE_SEED").unwrap_or(1);
    let wanted = number("UBUGOE_SEEDS");
    let began = Instant::now();
    let mut thrown = 0;
    while wanted.map_or_else(
        || thrown < LEAST || began.elapsed() < Duration::from_secs(25),
        |wanted| thrown < wanted,
    ) {
        let seed = first + thrown;
        println!("UBUGOE_SEED={seed} UBUGOE_SEEDS=1 throws this again:");
        throw(seed, FILINGS);
        thrown += 1;
    }
    println!("{thrown} seeds, {} filings", thrown * FILINGS as u64);
}

fn throw(seed: u64, filings: usize) {
    const STEPS: usize = 10;
    let rig = Rig::start();
    let mut dice = Dice::new(seed);
    rig.broker.limit(Limits {
        receive_maximum: dice.of(&[None, Some(1), Some(3), Some(20)]).flatten(),
        ..Limits::default()
    });
    let mut kiosks = [rig.kiosk("kiosk-1"), rig.kiosk("kiosk-2")];
    rig.broker.follow(chance(seed, 8, 80, &["city-a"]));
    let mut ids = [Vec::new(), Vec::new()];
    let each = filings / STEPS / kiosks.len();
    for step in 0..STEPS {
        for (kiosk, ids) in kiosks.iter_mut().zip(&mut ids) {
            ids.extend(Rig::file(kiosk, each));
            // Half of what came before is there: the faults are spread over the whole run.
            kiosk.wait_arrived((step * each / 2) as u64);
        }
        match dice.below(12) {
            0 => rig.broker.restart(),
            1 => rig.broker.kick("kiosk-1"),
            2 => rig.broker.kick("city-a"),
            3 => rig.broker.release(),
            _ => {}
        }
    }
    rig.broker.calm();
    for (kiosk, ids) in kiosks.iter().zip(&ids) {
        kiosk.wait_arrived(ids.len() as u64);
    }
    let [one, two] = &kiosks;
    rig.check(
        &format!("does anything, seed {seed}"),
        &[(one, &ids[0]), (two, &ids[1])],
    );
    assert!(
        rig.broker.record().misdeeds() > 10,
        "seed {seed} did nothing"
    );
}

#[test]
fn what_the_link_sends_is_what_the_standard_allows() {
    let rig = Rig::start();
    let mut kiosk = rig.kiosk("kiosk-1");
    let ids = Rig::file(&mut kiosk, ROWS);
    kiosk.wait_arrived(ROWS as u64);
    kiosk.link = None;
    rig.broker.wait_connected("kiosk-1", false).unwrap();
    let record = rig.broker.record();
    let ours = || record.seen.iter().filter(|s| s.client == "kiosk-1" && s.up);
    assert_eq!(ours().filter(|s| s.kind == CONNECT).count(), 1);
    let up = topics::up(&kiosk.device, &"city-a".parse().unwrap());
    let published: Vec<_> = ours().filter(|s| s.kind == PUBLISH).collect();
    assert_eq!(published.len(), ids.len());
    assert!(
        published
            .iter()
            .all(|s| s.topic.as_deref() == Some(&up) && !s.retained)
    );
    for (seen, id) in published.iter().zip(&ids) {
        assert_eq!(
            peek(&seen.payload).unwrap().id,
            *id,
            "in the order they were stored"
        );
        // Beside the envelope: the topic, and the id once more as correlation data (property 9, 16 bytes).
        let outside = seen.frame.len() - seen.payload.len();
        assert!(outside < up.len() + 32, "{outside} bytes");
        let named = [&[9, 0, 16], id.as_bytes().as_slice()].concat();
        assert!(seen.frame.windows(named.len()).any(|w| w == named));
    }
    let inside = b"filing 1 of kiosk-1";
    assert!(
        !record.seen.iter().any(|s| s
            .frame
            .windows(8)
            .any(|w| inside.windows(8).any(|i| i == w))),
        "a word of a filing"
    );
    assert_eq!(record.misdeeds(), 0);
    assert_eq!(record.violations, Vec::<String>::new());
}
