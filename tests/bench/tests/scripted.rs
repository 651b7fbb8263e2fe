//! The scripted broker, asked by an MQTT 5 client that nobody here wrote: honest without a script, and each deed shows.

#![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use std::fs;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    LastWill, Packet, PubAckReason, PublishProperties, SubscribeReasonCode,
};
use support::{Client, tls};
use tempfile::TempDir;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::scripted::codec::{PUBACK, PUBLISH};
use ubugoe_bench::scripted::{Deed, Limits, Point, Rule, Scripted};

const LONG: Duration = Duration::from_mins(1);
const UP: &str = "ubg/v1/up/kiosk-1/city-a";

#[tokio::test]
async fn without_a_script_it_carries_both_ways_with_properties_and_says_who_listens() {
    let rig = Rig::start();
    let mut device = rig.device("kiosk-1").await;
    assert_eq!(
        device.publish(UP, b"early").await,
        PubAckReason::NoMatchingSubscribers
    );
    let mut city = rig.city("city-a").await;
    city.subscribe("ubg/v1/up/+/city-a").await;
    let properties = PublishProperties {
        correlation_data: Some(vec![1, 2, 3].into()),
        ..PublishProperties::default()
    };
    let sent = device
        .mqtt
        .publish_with_properties(UP, QoS::AtLeastOnce, false, "up", properties);
    sent.await.unwrap();
    assert_eq!(device.puback().await, PubAckReason::Success);
    let got = city
        .incoming(|p| match p {
            Packet::Publish(publish) => Some(publish),
            _ => None,
        })
        .await;
    assert_eq!(got.payload.as_ref(), b"up");
    let correlation = got.properties.unwrap().correlation_data.unwrap();
    assert_eq!(correlation.as_ref(), [1, 2, 3]);
    device.subscribe("ubg/v1/down/kiosk-1/#").await;
    city.publish("ubg/v1/down/kiosk-1/receipt", b"down").await;
    assert_eq!(device.next().await, b"down");
    let record = rig.broker.record();
    assert_eq!(record.misdeeds(), 0);
    assert_eq!(record.violations, Vec::<String>::new());
    assert!(
        record
            .packets(PUBLISH, true)
            .any(|s| s.topic.as_deref() == Some(UP) && s.payload == b"up")
    );
}

#[tokio::test]
async fn it_keeps_presence_publishes_wills_and_holds_sessions_for_those_who_ask() {
    let rig = Rig::start();
    let presence = "ubg/v1/city/city-a/presence";
    let mut options = rig.options("city-a", "city-city-a");
    options.set_last_will(LastWill::new(
        presence,
        "offline",
        QoS::AtLeastOnce,
        true,
        None,
    ));
    let mut city = Client::connect(options, LONG).await.unwrap();
    let kept = city
        .mqtt
        .publish(presence, QoS::AtLeastOnce, true, "online");
    kept.await.unwrap();
    city.puback().await;
    let mut options = rig.options("kiosk-1", "device-kiosk-1");
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(600));
    let mut device = Client::connect(options.clone(), LONG).await.unwrap();
    assert!(!device.connack.session_present);
    device.subscribe("ubg/v1/down/kiosk-1/#").await;
    device.subscribe(presence).await;
    assert_eq!(device.next().await, b"online");
    drop(city);
    rig.broker.wait_connected("city-a", false).unwrap();
    assert_eq!(device.next().await, b"offline");
    // What comes while the device is away is there when it comes back, once.
    drop(device);
    rig.broker.wait_connected("kiosk-1", false).unwrap();
    rig.broker
        .inject("ubg/v1/down/kiosk-1/receipt", b"kept".to_vec());
    let mut device = Client::connect(options.clone(), LONG).await.unwrap();
    assert!(device.connack.session_present);
    assert_eq!(device.next().await, b"kept");
    rig.broker.restart();
    assert!(device.lost().await);
    let device = Client::connect(options, LONG).await.unwrap();
    assert!(!device.connack.session_present, "a restart forgets");
}

#[tokio::test]
async fn what_is_done_to_a_publish_shows_at_both_ends() {
    type Payloads = &'static [&'static [u8]];
    let success = Some(PubAckReason::Success);
    let cases: [(Deed, Payloads, Option<PubAckReason>); 9] = [
        (Deed::Drop, &[], None),
        (Deed::Lie, &[], success),
        (Deed::Unacknowledged, &[b"one"], None),
        (Deed::Refuse(0x97), &[], Some(PubAckReason::QuotaExceeded)),
        (Deed::Twice, &[b"one", b"one"], success),
        (Deed::Alter(0), &[b"nne"], success),
        (Deed::After, &[], success),
        (Deed::Hold, &[], None),
        (
            Deed::Divert("ubg/v1/up/kiosk-2/city-a".to_owned()),
            &[b"one"],
            success,
        ),
    ];
    for (deed, payloads, answer) in cases {
        let rig = Rig::start();
        let mut city = rig.city("city-a").await;
        city.subscribe("ubg/v1/up/+/city-a").await;
        let mut device = rig.device("kiosk-1").await;
        rig.broker
            .rule(Rule::at(Point::Publish, deed.clone()).times(1));
        let sent = device.mqtt.publish(UP, QoS::AtLeastOnce, false, "one");
        sent.await.unwrap();
        let sent = device.mqtt.publish(UP, QoS::AtLeastOnce, false, "two");
        sent.await.unwrap();
        if let Some(answer) = answer {
            assert_eq!(device.puback().await, answer, "{deed:?}");
        }
        assert_eq!(device.puback().await, PubAckReason::Success, "{deed:?}");
        for payload in payloads {
            assert_eq!(city.next().await, *payload, "{deed:?}");
        }
        assert_eq!(city.next().await, b"two", "{deed:?}");
        match deed {
            Deed::After => assert_eq!(city.next().await, b"one"),
            Deed::Hold => {
                rig.broker.release();
                assert_eq!(city.next().await, b"one");
                assert_eq!(device.puback().await, PubAckReason::Success);
            }
            _ => {}
        }
        let count = |up, kind| rig.broker.record().packets(kind, up).count();
        assert_eq!(rig.broker.record().misdeeds(), 1, "{deed:?}");
        assert_eq!(count(true, PUBLISH), 2, "{deed:?}");
    }
}

#[tokio::test]
async fn what_is_done_to_a_delivery_shows_at_the_receiver() {
    let topic = "ubg/v1/down/kiosk-1/receipt";
    let rig = Rig::start();
    let mut one = rig.device("kiosk-1").await;
    let mut two = rig.device("kiosk-2").await;
    one.subscribe("ubg/v1/down/kiosk-1/#").await;
    two.subscribe("ubg/v1/down/kiosk-2/#").await;
    let next = |deed| rig.broker.rule(Rule::at(Point::Deliver, deed).times(1));
    next(Deed::Misdeliver("kiosk-2".to_owned()));
    rig.broker.inject(topic, b"astray".to_vec());
    assert_eq!(
        two.next_publish().await,
        (topic.to_owned(), b"astray".to_vec())
    );
    next(Deed::Divert("ubg/v1/down/kiosk-2/receipt".to_owned()));
    rig.broker.inject(topic, b"disguised".to_vec());
    let (as_theirs, payload) = two.next_publish().await;
    assert_eq!(as_theirs, "ubg/v1/down/kiosk-2/receipt");
    assert_eq!(payload, b"disguised");
    next(Deed::After);
    rig.broker.inject(topic, b"late".to_vec());
    rig.broker.inject(topic, b"early".to_vec());
    assert_eq!(one.next().await, b"early");
    assert_eq!(one.next().await, b"late");
    next(Deed::Drop);
    rig.broker.inject(topic, b"gone".to_vec());
    rig.broker.inject(topic, b"there".to_vec());
    assert_eq!(one.next().await, b"there");
    rig.broker
        .wait("acknowledgements", |r| r.packets(PUBACK, true).count() == 5)
        .unwrap();
}

#[tokio::test]
async fn connections_are_refused_starved_and_cut_at_the_byte_that_was_named() {
    let rig = Rig::start();
    let once = |point, deed| rig.broker.rule(Rule::at(point, deed).times(1));
    once(Point::Connect, Deed::Refuse(0x89));
    let refused = rig.try_device("kiosk-1").await.err().unwrap();
    assert!(refused.contains("ServerBusy"), "{refused}");
    // CONNACK without properties has five bytes.
    for (written, connects) in [(4, false), (5, true)] {
        once(
            Point::Accept,
            Deed::EndAt {
                read: u64::MAX,
                written,
            },
        );
        let connected = rig.try_device("kiosk-1").await;
        assert_eq!(connected.is_ok(), connects, "{written} bytes");
    }
    once(Point::Subscribe, Deed::Refuse(0x87));
    let mut device = rig.device("kiosk-1").await;
    assert_eq!(
        device.subscribe_or_be_refused("ubg/#").await,
        SubscribeReasonCode::NotAuthorized
    );
    once(Point::Publish, Deed::WrongId);
    let sent = device.mqtt.publish(UP, QoS::AtLeastOnce, false, "one");
    sent.await.unwrap();
    assert!(device.lost().await, "an answer to nothing");
}

#[tokio::test]
async fn its_limits_are_told_and_a_packet_above_a_secret_one_ends_the_connection() {
    let rig = Rig::start();
    rig.broker.limit(Limits {
        receive_maximum: Some(5),
        packet_size: Some(4096),
        secret_size: Some(1000),
    });
    let mut device = rig.device("kiosk-1").await;
    let told = device.connack.properties.clone().unwrap();
    assert_eq!(told.max_packet_size, Some(4096));
    assert_eq!(told.receive_max, Some(5));
    let large = vec![0; 2_000];
    let sent = device.mqtt.publish(UP, QoS::AtLeastOnce, false, large);
    sent.await.unwrap();
    assert!(device.lost().await);
}

#[tokio::test]
async fn a_certificate_of_another_year_is_not_believed() {
    let mut rig = Rig::start();
    rig.pki.add_broker("broker-past", 2019, 2020).unwrap();
    rig.pki.add_broker("broker-future", 2047, 2048).unwrap();
    for stem in ["broker-past", "broker-future"] {
        rig.broker.show(stem).unwrap();
        assert!(rig.try_device("kiosk-1").await.is_err(), "{stem}");
    }
    rig.broker.show("broker").unwrap();
    assert!(rig.try_device("kiosk-1").await.is_ok());
    rig.broker
        .wait("failed handshakes", |r| r.unshaken == 2)
        .unwrap();
}

struct Rig {
    broker: Scripted,
    pki: Pki,
    _dir: TempDir,
}

impl Rig {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::with(dir.path(), &["kiosk-1", "kiosk-2"], &["city-a"]).unwrap();
        let broker = Scripted::start(&pki).unwrap();
        Self {
            broker,
            pki,
            _dir: dir,
        }
    }

    fn options(&self, id: &str, stem: &str) -> MqttOptions {
        let read = |name: String| fs::read(self.pki.path(&name)).unwrap();
        let mut options = MqttOptions::new(id, self.broker.host(), self.broker.port());
        let identity = (read(format!("{stem}.pem")), read(format!("{stem}.key")));
        options.set_transport(tls(read("broker-ca.pem".to_owned()), Some(identity)));
        options
    }

    async fn try_device(&self, id: &str) -> Result<Client, String> {
        let options = self.options(id, &format!("device-{id}"));
        Client::connect(options, LONG)
            .await
            .map_err(|e| format!("{e:?}"))
    }

    async fn device(&self, id: &str) -> Client {
        self.try_device(id).await.unwrap()
    }

    async fn city(&self, id: &str) -> Client {
        Client::connect(self.options(id, &format!("city-{id}")), LONG)
            .await
            .unwrap()
    }
}
