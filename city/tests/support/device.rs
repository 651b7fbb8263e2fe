//! A device's raw MQTT 5 client: sends what it is told, keeps what comes down.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::{AsyncClient, Event, Incoming, MqttOptions};
use rumqttc::{Outgoing, TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use ubugoe_protocol::{DeviceId, Downlink, RecipientSecretKey, open_down, topics};

use super::office::Office;

/// How long anything on loopback may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A connected device.
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    client: AsyncClient,
    open: RecipientSecretKey,
    down: mpsc::UnboundedReceiver<Vec<u8>>,
    acknowledged: mpsc::UnboundedReceiver<u16>,
    poll: JoinHandle<()>,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.poll.abort();
    }
}

fn transport(office: &Office, id: &str) -> Transport {
    let files = office.pki.device_tls(id);
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&files.ca).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_root_certificates(roots)
    .with_client_auth_cert(chain, key)
    .unwrap();
    Transport::Tls(TlsConfiguration::Rustls(Arc::new(config)))
}

impl Device {
    /// Connects and subscribes.
    pub(crate) async fn connect(office: &Office, id: &str) -> Self {
        let mut options = MqttOptions::new(id, "127.0.0.1", office.broker_port);
        options.set_transport(transport(office, id));
        options.set_max_packet_size(Some(1 << 20));
        let (client, mut events) = AsyncClient::new(options, 1_000);
        let id: DeviceId = id.parse().unwrap();
        client
            .subscribe(format!("ubg/v1/down/{id}/+"), QoS::AtLeastOnce)
            .await
            .unwrap();
        let (down_in, down) = mpsc::unbounded_channel();
        let (acknowledged_in, acknowledged) = mpsc::unbounded_channel();
        let (ready_in, mut ready) = mpsc::unbounded_channel();
        let poll = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Incoming::Publish(publish))) => {
                        let _ = down_in.send(publish.payload.to_vec());
                    }
                    Ok(Event::Incoming(Incoming::PubAck(ack))) => {
                        let _ = acknowledged_in.send(ack.pkid);
                    }
                    Ok(Event::Incoming(Incoming::SubAck(_))) => {
                        let _ = ready_in.send(());
                    }
                    Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                    Ok(_) => {}
                    Err(error) => panic!("the device's connection failed: {error}"),
                }
            }
        });
        tokio::time::timeout(PATIENCE, ready.recv())
            .await
            .unwrap()
            .unwrap();
        Self {
            open: office.device_open(id.as_str()),
            id,
            client,
            down,
            acknowledged,
            poll,
        }
    }

    /// Publishes to a recipient and waits for the broker's acknowledgement.
    pub(crate) async fn send(&mut self, recipient: &str, wire: Vec<u8>) {
        let topic = topics::up(&self.id, &recipient.parse().unwrap());
        self.client
            .publish(topic, QoS::AtLeastOnce, false, wire)
            .await
            .unwrap();
        tokio::time::timeout(PATIENCE, self.acknowledged.recv())
            .await
            .unwrap()
            .unwrap();
    }

    /// Publishes to a recipient and does not ask what became of it.
    pub(crate) async fn post(&self, recipient: &str, wire: Vec<u8>) {
        let topic = topics::up(&self.id, &recipient.parse().unwrap());
        self.client
            .publish(topic, QoS::AtLeastOnce, false, wire)
            .await
            .unwrap();
    }

    /// What comes down within a while, if anything.
    pub(crate) async fn within(&mut self, while_: Duration) -> Option<Vec<u8>> {
        tokio::time::timeout(while_, self.down.recv())
            .await
            .ok()
            .flatten()
    }

    /// Opens what came down.
    pub(crate) fn open(&self, bytes: &[u8]) -> Downlink {
        open_down(bytes, &self.id, &self.open).unwrap()
    }

    /// The next thing that comes down.
    pub(crate) async fn next(&mut self) -> Downlink {
        let bytes = tokio::time::timeout(PATIENCE, self.down.recv())
            .await
            .expect("nothing came down")
            .unwrap();
        open_down(&bytes, &self.id, &self.open).unwrap()
    }

    /// The next receipts.
    pub(crate) async fn receipts(&mut self) -> Vec<Vec<u8>> {
        match self.next().await {
            Downlink::Receipts(items) => items,
            other => panic!("no receipts: {other:?}"),
        }
    }

    /// Whether nothing has come down so far.
    pub(crate) fn nothing_came(&mut self) -> bool {
        self.down.try_recv().is_err()
    }
}
