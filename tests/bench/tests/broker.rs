//! What the rig's Mosquitto lets through, and what it survives; asked by a real MQTT 5 client.
//!
//! Uses `rumqttc` directly: what is tested here is the broker's configuration, not our link.

#![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PubAckReason;
use support::{Client, tls};
use tempfile::TempDir;
use tokio::time::timeout;
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::pki::{ClientFiles, Pki};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_device_reaches_a_city_and_a_city_reaches_the_device() {
    let rig = Rig::start(&Settings::default());
    let mut device = rig.device("kiosk-1").await;
    let mut city = rig.city("city-a").await;
    city.subscribe("ubg/v1/up/+/city-a").await;
    device.subscribe("ubg/v1/down/kiosk-1/#").await;

    device.publish("ubg/v1/up/kiosk-1/city-a", b"up").await;
    assert_eq!(
        city.next_publish().await,
        ("ubg/v1/up/kiosk-1/city-a".to_owned(), b"up".to_vec())
    );
    for channel in ["receipt", "status", "catalogue", "command"] {
        let topic = format!("ubg/v1/down/kiosk-1/{channel}");
        city.publish(&topic, channel.as_bytes()).await;
        assert_eq!(
            device.next_publish().await,
            (topic, channel.as_bytes().to_vec())
        );
    }
}

#[tokio::test]
async fn a_device_may_publish_on_its_own_upward_topics_only() {
    let rig = Rig::start(&Settings::default());
    let mut device = rig.device("kiosk-1").await;
    for topic in [
        "ubg/v1/up/kiosk-2/city-a",
        "ubg/v1/up/kiosk-1",
        "ubg/v1/up/kiosk-1/city-a/deeper",
        "ubg/v1/down/kiosk-1/receipt",
        "ubg/v1/down/kiosk-2/command",
        "ubg/v1/city/city-a/presence",
        "anything",
    ] {
        assert_eq!(
            device.publish(topic, b"x").await,
            PubAckReason::NotAuthorized,
            "{topic}"
        );
    }
    // Allowed, and nobody listens: the code by which the link knows to back off.
    let reason = device.publish("ubg/v1/up/kiosk-1/city-a", b"x").await;
    assert_eq!(reason, PubAckReason::NoMatchingSubscribers);
}

#[tokio::test]
async fn a_device_hears_whether_any_city_is_present_and_may_not_say_so_itself() {
    let rig = Rig::start(&Settings::default());
    let mut device = rig.device("kiosk-1").await;
    let mut city = rig.city("city-b").await;
    device.subscribe("ubg/v1/city/city-b/presence").await;
    city.publish("ubg/v1/city/city-b/presence", b"online").await;
    assert_eq!(
        device.next_publish().await,
        ("ubg/v1/city/city-b/presence".to_owned(), b"online".to_vec())
    );
    let reason = device.publish("ubg/v1/city/city-b/presence", b"x").await;
    assert_eq!(reason, PubAckReason::NotAuthorized);
}

#[tokio::test]
async fn a_city_may_publish_downward_and_its_own_presence_only() {
    let rig = Rig::start(&Settings::default());
    let mut city = rig.city("city-a").await;
    for topic in [
        "ubg/v1/up/kiosk-1/city-a",
        "ubg/v1/up/kiosk-1/city-b",
        "ubg/v1/city/city-b/presence",
        "ubg/v1/down/kiosk-1/firmware",
        "ubg/v1/down/kiosk-1",
    ] {
        assert_eq!(
            city.publish(topic, b"x").await,
            PubAckReason::NotAuthorized,
            "{topic}"
        );
    }
    for topic in ["ubg/v1/city/city-a/presence", "ubg/v1/down/kiosk-1/receipt"] {
        assert_eq!(
            city.publish(topic, b"x").await,
            PubAckReason::NoMatchingSubscribers,
            "{topic}"
        );
    }
}

#[tokio::test]
async fn nobody_reads_what_is_meant_for_others_whatever_they_subscribe_to() {
    let rig = Rig::start(&Settings::default());
    let mut nosy = rig.device("kiosk-2").await;
    let mut other_city = rig.city("city-b").await;
    let mut city = rig.city("city-a").await;
    let mut device = rig.device("kiosk-1").await;
    for filter in [
        "#",
        "ubg/v1/#",
        "ubg/v1/down/kiosk-1/receipt",
        "ubg/v1/up/+/city-a",
    ] {
        nosy.subscribe_or_be_refused(filter).await;
        other_city.subscribe_or_be_refused(filter).await;
    }
    city.subscribe("ubg/v1/up/+/city-a").await;
    other_city.subscribe("ubg/v1/up/+/city-b").await;
    nosy.subscribe("ubg/v1/down/kiosk-2/#").await;

    device
        .publish("ubg/v1/up/kiosk-1/city-a", b"secret up")
        .await;
    city.publish("ubg/v1/down/kiosk-1/receipt", b"secret down")
        .await;
    // Delivery is in order: once these arrive, anything leaked would have arrived before.
    device.publish("ubg/v1/up/kiosk-1/city-b", b"for b").await;
    city.publish("ubg/v1/down/kiosk-2/status", b"for 2").await;
    assert_eq!(other_city.next_publish().await.1, b"for b");
    assert_eq!(nosy.next_publish().await.1, b"for 2");
}

#[tokio::test]
async fn a_stranger_with_another_ca_and_a_client_without_certificate_are_turned_away() {
    let rig = Rig::start(&Settings::default());
    let elsewhere = tempfile::tempdir().unwrap();
    let strangers = Pki::with(elsewhere.path(), &["kiosk-1"], &[]).unwrap();
    let stranger = ClientFiles {
        ca: rig.pki.path("broker-ca.pem"),
        ..strangers.device_tls("kiosk-1")
    };
    assert!(rig.connect("kiosk-1", &stranger, true).await.is_err());
    assert!(
        rig.connect("kiosk-1", &rig.pki.device_tls("kiosk-1"), false)
            .await
            .is_err()
    );
    assert!(
        rig.connect("kiosk-1", &rig.pki.device_tls("kiosk-1"), true)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_limits_that_were_set_are_told_to_clients() {
    let settings = Settings {
        max_packet_size: Some(4096),
        receive_maximum: Some(5),
        ..Settings::default()
    };
    let rig = Rig::start(&settings);
    let properties = rig.device("kiosk-1").await.connack.properties.unwrap();
    assert_eq!(properties.max_packet_size, Some(4096));
    assert_eq!(properties.receive_max, Some(5));
}

#[tokio::test]
async fn a_killed_broker_comes_back_on_the_same_port_and_remembers_nothing() {
    let mut rig = Rig::start(&Settings::default());
    let port = rig.broker.port();
    let mut city = rig.city("city-a").await;
    city.mqtt
        .publish(
            "ubg/v1/city/city-a/presence",
            QoS::AtLeastOnce,
            true,
            "here",
        )
        .await
        .unwrap();
    city.puback().await;

    rig.broker.kill().unwrap();
    assert!(!rig.broker.process().is_running());
    assert!(city.lost().await);
    rig.broker.restart().unwrap();
    assert_eq!(rig.broker.port(), port);

    let mut city = rig.city("city-a").await;
    assert!(!city.connack.session_present);
    city.subscribe("ubg/v1/city/city-a/presence").await;
    city.subscribe("ubg/v1/up/+/city-a").await;
    let mut device = rig.device("kiosk-1").await;
    device.publish("ubg/v1/up/kiosk-1/city-a", b"first").await;
    // A remembered presence would have come before.
    assert_eq!(city.next_publish().await.1, b"first");
}

#[tokio::test]
async fn a_paused_broker_keeps_the_connection_and_answers_after_it_is_resumed() {
    let rig = Rig::start(&Settings::default());
    let mut device = rig.device("kiosk-1").await;
    rig.broker.pause().unwrap();
    device
        .mqtt
        .publish("ubg/v1/up/kiosk-1/city-a", QoS::AtLeastOnce, false, "x")
        .await
        .unwrap();
    assert!(
        timeout(Duration::from_millis(300), device.puback())
            .await
            .is_err()
    );
    rig.broker.resume().unwrap();
    assert_eq!(device.puback().await, PubAckReason::NoMatchingSubscribers);
}

#[tokio::test]
async fn a_device_added_later_is_let_in_after_a_reload() {
    let mut rig = Rig::start(&Settings::default());
    rig.pki.add_device("kiosk-3").unwrap();
    rig.broker.reload(&rig.pki).unwrap();
    let mut device = rig.device("kiosk-3").await;
    let reason = device.publish("ubg/v1/up/kiosk-3/city-a", b"x").await;
    assert_eq!(reason, PubAckReason::NoMatchingSubscribers);
}

#[test]
fn the_log_stays_in_the_given_directory_one_file_per_start() {
    let dir = tempfile::tempdir().unwrap();
    let pki = Pki::with(dir.path().join("pki"), &["kiosk-1"], &["city-a"]).unwrap();
    let settings = Settings {
        dir: Some(dir.path().join("broker")),
        ..Settings::default()
    };
    let mut broker = Mosquitto::start(&pki, &settings).unwrap();
    broker.restart().unwrap();
    drop(broker);
    let logs: BTreeSet<String> = fs::read_dir(dir.path().join("broker"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("mosquitto-"))
        .collect();
    assert_eq!(
        logs,
        BTreeSet::from(["mosquitto-1.log".to_owned(), "mosquitto-2.log".to_owned()])
    );
}

struct Rig {
    broker: Mosquitto,
    pki: Pki,
    _dir: TempDir,
}

impl Rig {
    fn start(settings: &Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::with(dir.path(), &["kiosk-1", "kiosk-2"], &["city-a", "city-b"]).unwrap();
        let broker = Mosquitto::start(&pki, settings).unwrap();
        Self {
            broker,
            pki,
            _dir: dir,
        }
    }

    async fn device(&self, id: &str) -> Client {
        self.connect(id, &self.pki.device_tls(id), true)
            .await
            .unwrap()
    }

    async fn city(&self, id: &str) -> Client {
        self.connect(id, &self.pki.city_tls(id), true)
            .await
            .unwrap()
    }

    async fn connect(
        &self,
        id: &str,
        files: &ClientFiles,
        with_key: bool,
    ) -> Result<Client, String> {
        let mut options = MqttOptions::new(id, self.broker.host(), self.broker.port());
        let identity = (
            fs::read(&files.cert).unwrap(),
            fs::read(&files.key).unwrap(),
        );
        options.set_transport(tls(
            fs::read(&files.ca).unwrap(),
            with_key.then_some(identity),
        ));
        Client::connect(options, LONG)
            .await
            .map_err(|e| e.to_string())
    }
}
