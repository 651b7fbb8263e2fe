//! An MQTT 5 client that nobody here wrote, for asking brokers.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnAck, Packet, PubAckReason, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::time::timeout;

/// Mutual TLS from PEM bytes: the authority, and certificate and key where the client has them.
pub(crate) fn tls(ca: Vec<u8>, client_auth: Option<(Vec<u8>, Vec<u8>)>) -> Transport {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Transport::Tls(TlsConfiguration::Simple {
        ca,
        alpn: None,
        client_auth,
    })
}

pub(crate) struct Client {
    pub(crate) mqtt: AsyncClient,
    pub(crate) events: EventLoop,
    pub(crate) connack: ConnAck,
    patience: Duration,
}

impl Client {
    /// `patience`: how long any answer may take.
    pub(crate) async fn connect(
        options: MqttOptions,
        patience: Duration,
    ) -> Result<Self, ConnectionError> {
        let (mqtt, mut events) = AsyncClient::new(options, 10);
        match timeout(patience, events.poll()).await.unwrap()? {
            Event::Incoming(Packet::ConnAck(connack)) => Ok(Self {
                mqtt,
                events,
                connack,
                patience,
            }),
            other => unreachable!("{other:?}"),
        }
    }

    pub(crate) async fn incoming<T>(&mut self, pick: impl Fn(Packet) -> Option<T>) -> T {
        timeout(self.patience, async {
            loop {
                if let Event::Incoming(packet) = self.events.poll().await.unwrap()
                    && let Some(found) = pick(packet)
                {
                    return found;
                }
            }
        })
        .await
        .unwrap()
    }

    pub(crate) async fn subscribe(&mut self, filter: &str) {
        let code = self.subscribe_or_be_refused(filter).await;
        assert_eq!(
            code,
            SubscribeReasonCode::Success(QoS::AtLeastOnce),
            "{filter}"
        );
    }

    pub(crate) async fn subscribe_or_be_refused(&mut self, filter: &str) -> SubscribeReasonCode {
        self.mqtt.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        self.incoming(|packet| match packet {
            Packet::SubAck(ack) => Some(ack.return_codes[0]),
            _ => None,
        })
        .await
    }

    pub(crate) async fn publish(&mut self, topic: &str, payload: &[u8]) -> PubAckReason {
        let sent = self
            .mqtt
            .publish(topic, QoS::AtLeastOnce, false, payload.to_vec());
        sent.await.unwrap();
        self.puback().await
    }

    pub(crate) async fn puback(&mut self) -> PubAckReason {
        self.incoming(|packet| match packet {
            Packet::PubAck(ack) => Some(ack.reason),
            _ => None,
        })
        .await
    }

    /// The next message: topic and payload.
    pub(crate) async fn next_publish(&mut self) -> (String, Vec<u8>) {
        self.incoming(|packet| match packet {
            Packet::Publish(publish) => Some((
                String::from_utf8(publish.topic.to_vec()).unwrap(),
                publish.payload.to_vec(),
            )),
            _ => None,
        })
        .await
    }

    pub(crate) async fn next(&mut self) -> Vec<u8> {
        self.next_publish().await.1
    }

    /// Whether the connection ends in time.
    pub(crate) async fn lost(&mut self) -> bool {
        timeout(self.patience, async {
            while self.events.poll().await.is_ok() {}
        })
        .await
        .is_ok()
    }
}
