//! A kiosk's side and a city that answers as it is told, both over a real or a scripted broker. Nothing here is under test.
#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod lines;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::Notify;
use ubugoe_bench::broker::Mosquitto;
use ubugoe_bench::envelope;
use ubugoe_bench::pki::{ClientFiles, Pki};
use ubugoe_bench::scripted::Scripted;
use ubugoe_edge::link::{Config as LinkConfig, Operator, Voice};
use ubugoe_edge::outbox::{Config, Counts, NewRow, Outbox, OutboxHandle, Recipients, Row, RowKind};
use ubugoe_edge::{Broker, Link, LinkEvent, Tls, Tuning};
use ubugoe_protocol::topics::{self, Channel};
use ubugoe_protocol::{
    CaseId, DeviceId, Downlink, FilingBody, FilingId, Header, Incoming, Kind, Opened, Receipt,
    RecipientId, RecipientPublicKey, RecipientSecretKey, Report, SigningKey, VERSION, VerifyingKey,
    digest, open_any, seal, seal_down,
};

/// Long enough for a loaded machine; a test that needs it has failed.
pub(crate) const LONG: Duration = Duration::from_mins(1);
pub(crate) const NOW: i64 = 1_795_300_000;

pub(crate) fn short() -> Tuning {
    Tuning {
        connect_timeout: Duration::from_secs(5),
        stall_after: Duration::from_secs(2),
        resend_after: Duration::from_secs(2),
        pause_min: Duration::from_millis(50),
        pause_max: Duration::from_millis(400),
        ..Tuning::default()
    }
}

/// A broker that can be connected to.
pub(crate) trait Address {
    fn address(&self) -> Broker;
}

impl Address for Mosquitto {
    fn address(&self) -> Broker {
        Broker {
            host: self.host().to_owned(),
            port: self.port(),
        }
    }
}

impl Address for Scripted {
    fn address(&self) -> Broker {
        Broker {
            host: self.host().to_owned(),
            port: self.port(),
        }
    }
}

pub(crate) fn text(pki: &Pki, name: &str) -> String {
    pki.text(name).unwrap()
}

/// One kiosk with its outbox and, while it runs, its link.
pub(crate) struct Kiosk {
    pub(crate) device: DeviceId,
    pub(crate) outbox: OutboxHandle,
    pub(crate) link: Option<Link>,
    pub(crate) events: Receiver<LinkEvent>,
    pub(crate) folder: Arc<tempfile::TempDir>,
    pub(crate) recipients: Recipients,
    keys: BTreeMap<RecipientId, RecipientPublicKey>,
    signing: SigningKey,
    sealing: RecipientSecretKey,
    next: u64,
}

impl Kiosk {
    pub(crate) fn new(pki: &Pki, id: &str) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let outbox = Outbox::open(&Config::at(folder.path().join("outbox.db"))).unwrap();
        let cities: Vec<RecipientId> = pki.cities().map(|c| c.parse().unwrap()).collect();
        let key = |c: &RecipientId| {
            VerifyingKey::from_text(&text(pki, &format!("city-{c}.receipt.pub"))).unwrap()
        };
        let seal = |c: &RecipientId| {
            RecipientPublicKey::from_text(&text(pki, &format!("city-{c}.hpke.pub"))).unwrap()
        };
        Self {
            device: id.parse().unwrap(),
            outbox: OutboxHandle::new(outbox),
            link: None,
            events: channel().1,
            folder,
            recipients: cities.iter().map(|c| (c.clone(), key(c))).collect(),
            keys: cities.iter().map(|c| (c.clone(), seal(c))).collect(),
            signing: SigningKey::from_text(&text(pki, &format!("device-{id}.sign"))).unwrap(),
            sealing: RecipientSecretKey::from_text(&text(pki, &format!("device-{id}.hpke")))
                .unwrap(),
            next: 0,
        }
    }

    pub(crate) fn config(&self, pki: &Pki, broker: &impl Address, tuning: Tuning) -> LinkConfig {
        let files = pki.device_tls(self.device.as_str());
        LinkConfig {
            brokers: vec![broker.address()],
            network: ubugoe_edge::Network::default(),
            identities: None,
            tls: Tls {
                ca_pem: std::fs::read(files.ca).unwrap(),
                crl_pem: Vec::new(),
                cert_pem: std::fs::read(files.cert).unwrap(),
                key_pem: std::fs::read(files.key).unwrap(),
            },
            device: self.device.clone(),
            device_key: self.sealing.clone(),
            recipients: self.recipients.clone(),
            voice: None,
            clock: Arc::new(|| NOW),
            tuning,
        }
    }

    /// With what it speaks for itself, to an operator whose orders it takes.
    pub(crate) fn voice(&self, pki: &Pki, operator: &str) -> Voice {
        let key = text(pki, &format!("city-{operator}.operate.pub"));
        Voice {
            signing: self.signing.clone(),
            seal: self.keys.clone(),
            operator: Some(Operator {
                id: operator.parse().unwrap(),
                key: VerifyingKey::from_text(&key).unwrap(),
            }),
            time: None,
        }
    }

    pub(crate) fn connect(&mut self, config: LinkConfig) {
        let (sender, events) = channel();
        let sender = Mutex::new(sender);
        let link = Link::start(config, self.outbox.clone(), move |event| {
            let _ = sender.lock().unwrap().send(event);
        });
        self.link = Some(link.unwrap());
        self.events = events;
    }

    pub(crate) fn link(&self) -> &Link {
        self.link.as_ref().unwrap()
    }

    /// Seals a filing of `size` canonical bytes.
    pub(crate) fn filing(&mut self, recipient: &str, size: usize) -> NewRow {
        self.next += 1;
        let recipient: RecipientId = recipient.parse().unwrap();
        let key = &self.keys[&recipient];
        let id = FilingId::generate().unwrap();
        let mut canonical = format!("filing {} of {}", self.next, self.device).into_bytes();
        canonical.resize(size.max(canonical.len()), b' ');
        let header = Header {
            v: VERSION,
            id,
            device: self.device.clone(),
            recipient: recipient.clone(),
            kind: Kind::Filing,
            schema: "ubugoe-filing/1".to_owned(),
            case: CaseId::from_bytes([7; 16]),
            case_seq: u32::try_from(self.next).unwrap(),
            created: NOW,
            expires: None,
            key_id: key.key_id(),
        };
        let digest = digest(&canonical);
        let visit = envelope::alone(&canonical);
        let body = FilingBody {
            canonical,
            signature: vec![1; 64],
            attachments: vec![],
            time: envelope::claim(self.next, NOW),
            visit,
        };
        let sealed = seal(&header, &body, key, &self.signing).unwrap();
        NewRow {
            id,
            kind: RowKind::Filing,
            counter: None,
            recipient,
            digest,
            sealed,
            legal_due: None,
        }
    }

    /// Stores a visit with these rows and wakes the link.
    pub(crate) fn store(&mut self, rows: &[NewRow]) -> Vec<FilingId> {
        let visit = *FilingId::generate().unwrap().as_bytes();
        self.outbox
            .lock()
            .store(&visit, rows, b"record", NOW)
            .unwrap();
        if let Some(link) = &self.link {
            link.wake();
        }
        rows.iter().map(|r| r.id).collect()
    }

    pub(crate) fn file(&mut self, recipient: &str) -> FilingId {
        let row = self.filing(recipient, 600);
        self.store(&[row])[0]
    }

    pub(crate) fn row(&self, id: &FilingId) -> Row {
        self.outbox.lock().row(id).unwrap().unwrap()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.outbox.lock().counts().unwrap()
    }

    /// Waits for an event; what came before it is dropped.
    pub(crate) fn wait<T>(&self, what: &str, pick: impl Fn(&LinkEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + LONG;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) => match pick(&event) {
                    Some(found) => return found,
                    None => seen.push(format!("{event:?}")),
                },
                Err(_) => unreachable!("no {what} in time; seen: {seen:#?}"),
            }
        }
    }

    /// Waits until this many rows arrived. Events in the meantime are dropped.
    pub(crate) fn wait_arrived(&self, count: u64) {
        self.wait_until("arrivals", |kiosk| kiosk.counts().arrived >= count);
    }

    /// Waits until the outbox is in a state. Events in the meantime are dropped.
    pub(crate) fn wait_until(&self, what: &str, good: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LONG * 2;
        while !good(self) {
            let (counts, stats) = (self.counts(), self.link().stats());
            assert!(
                Instant::now() < deadline,
                "no {what}: {counts:?}, {stats:?}"
            );
            // Every change of the outbox is an event; the timeout only guards against a missed one.
            let _ = self.events.recv_timeout(Duration::from_secs(1));
        }
    }
}

/// What a city says to a filing: messages to send to its device.
pub(crate) type Answers = Box<dyn FnMut(&CityKeys, &Opened) -> Vec<Downlink> + Send>;

pub(crate) struct CityKeys {
    pub(crate) id: RecipientId,
    pub(crate) signing: SigningKey,
    sealing: RecipientSecretKey,
    devices: BTreeMap<DeviceId, (VerifyingKey, RecipientPublicKey)>,
}

impl CityKeys {
    pub(crate) fn load(pki: &Pki, id: &str) -> Self {
        let device = |d: &str| {
            let verifying =
                VerifyingKey::from_text(&text(pki, &format!("device-{d}.sign.pub"))).unwrap();
            let sealing =
                RecipientPublicKey::from_text(&text(pki, &format!("device-{d}.hpke.pub"))).unwrap();
            (d.parse().unwrap(), (verifying, sealing))
        };
        Self {
            id: id.parse().unwrap(),
            signing: SigningKey::from_text(&text(pki, &format!("city-{id}.receipt"))).unwrap(),
            sealing: RecipientSecretKey::from_text(&text(pki, &format!("city-{id}.hpke"))).unwrap(),
            devices: pki.devices().map(device).collect(),
        }
    }

    pub(crate) fn receipt(&self, opened: &Opened) -> Receipt {
        Receipt {
            v: VERSION,
            id: opened.header.id,
            digest: opened.digest,
            recipient: self.id.clone(),
            arrived_at: NOW,
            arrival_no: 1,
            status_token: "token".to_owned(),
            status_url: "https://status.asukoe.example/s/".to_owned(),
            visit: Some(opened.body.visit.place),
            signed: opened.body.time.interval(NOW).ok(),
            era: 0,
        }
    }

    pub(crate) fn receipted(&self, opened: &Opened) -> Downlink {
        Downlink::Receipts(vec![self.receipt(opened).sign(&self.signing).unwrap()])
    }
}

/// Answers every filing with a receipt.
pub(crate) fn receipts() -> Answers {
    Box::new(|keys, opened| vec![keys.receipted(opened)])
}

#[derive(Default)]
struct Seen {
    /// How often each id came.
    counts: BTreeMap<FilingId, u32>,
    /// What devices said for themselves.
    reports: Vec<Report>,
    /// The last filing, for later answers.
    last: Option<Opened>,
    /// Whether the subscription stands.
    subscribed: u64,
    /// Messages that do not open.
    strange: u64,
}

/// A city: one MQTT client that opens what comes and answers as it is told. It reconnects by itself.
pub(crate) struct City {
    keys: Arc<CityKeys>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    outgoing: Outgoing,
    poke: Arc<Notify>,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

impl City {
    pub(crate) fn start(pki: &Pki, broker: &impl Address, id: &str, answers: Answers) -> Self {
        let keys = Arc::new(CityKeys::load(pki, id));
        let mut city = Self {
            keys: Arc::clone(&keys),
            seen: Arc::default(),
            outgoing: Arc::default(),
            poke: Arc::default(),
            stop: Arc::default(),
            thread: None,
        };
        let Broker { host, port } = broker.address();
        let mut options = MqttOptions::new(id, host, port);
        options.set_transport(Transport::tls_with_config(tls(&pki.city_tls(id))));
        options.set_max_packet_size(Some(256 * 1024));
        // A connection that is only half there is noticed within ten seconds.
        options.set_keep_alive(Duration::from_secs(5));
        let parts = (
            Arc::clone(&city.seen),
            Arc::clone(&city.outgoing),
            Arc::clone(&city.poke),
        );
        let stop = Arc::clone(&city.stop);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = serve(options, keys, parts, answers) => {}
                    () = stop.notified() => {}
                }
            });
        });
        city.thread = Some(thread);
        city.wait("a subscription", |s| s.subscribed > 0);
        city
    }

    fn wait(&self, what: &str, good: impl Fn(&Seen) -> bool) {
        let (seen, changed) = &*self.seen;
        let guard = seen.lock().unwrap();
        let (guard, timeout) = changed
            .wait_timeout_while(guard, LONG, |s| !good(s))
            .unwrap();
        assert!(!timeout.timed_out(), "no {what}: {:?}", guard.counts.len());
    }

    /// Waits until this many different filings came.
    pub(crate) fn wait_distinct(&self, count: usize) {
        self.wait("filings", |s| s.counts.len() >= count);
    }

    /// Waits until one filing came this often.
    pub(crate) fn wait_times(&self, id: FilingId, times: u32) {
        self.wait("repetition", |s| {
            s.counts.get(&id).is_some_and(|n| *n >= times)
        });
    }

    /// Waits until a device said something.
    pub(crate) fn wait_report<T>(&self, what: &str, pick: impl Fn(&Report) -> Option<T>) -> T {
        self.wait(what, |s| s.reports.iter().any(|r| pick(r).is_some()));
        let seen = self.seen.0.lock().unwrap();
        seen.reports.iter().find_map(pick).unwrap()
    }

    /// How many of what devices said for themselves was of this kind.
    pub(crate) fn reports(&self, of: impl Fn(&Report) -> bool) -> usize {
        let seen = self.seen.0.lock().unwrap();
        seen.reports.iter().filter(|r| of(r)).count()
    }

    pub(crate) fn wait_reports(&self, what: &str, count: usize, pick: impl Fn(&Report) -> bool) {
        self.wait(what, |s| {
            s.reports.iter().filter(|r| pick(r)).count() >= count
        });
    }

    /// How many different filings came, and how many repetitions.
    pub(crate) fn tally(&self) -> (usize, u32) {
        let seen = self.seen.0.lock().unwrap();
        let total: u32 = seen.counts.values().sum();
        (
            seen.counts.len(),
            total - u32::try_from(seen.counts.len()).unwrap(),
        )
    }

    /// How many messages did not open.
    pub(crate) fn strange(&self) -> u64 {
        self.seen.0.lock().unwrap().strange
    }

    pub(crate) fn last(&self) -> Opened {
        self.seen.0.lock().unwrap().last.clone().unwrap()
    }

    pub(crate) fn keys(&self) -> &CityKeys {
        &self.keys
    }

    /// Sends a message down, sealed to the device.
    pub(crate) fn send(&self, device: &DeviceId, message: &Downlink) {
        let sealed = seal_down(message, device, &self.keys.devices[device].1).unwrap();
        self.send_raw(&topics::down(device, message.channel()), sealed);
    }

    pub(crate) fn send_raw(&self, topic: &str, payload: Vec<u8>) {
        self.outgoing
            .lock()
            .unwrap()
            .push((topic.to_owned(), payload));
        self.poke.notify_one();
    }
}

impl Drop for City {
    fn drop(&mut self) {
        self.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Topics and payloads that wait to be sent.
type Outgoing = Arc<Mutex<Vec<(String, Vec<u8>)>>>;
type Parts = (Arc<(Mutex<Seen>, Condvar)>, Outgoing, Arc<Notify>);

async fn serve(
    options: MqttOptions,
    keys: Arc<CityKeys>,
    (seen, outgoing, poke): Parts,
    mut answers: Answers,
) {
    loop {
        let (client, mut events) = AsyncClient::new(options.clone(), 20_000);
        let pump = async {
            loop {
                let waiting = std::mem::take(&mut *outgoing.lock().unwrap());
                for (topic, payload) in waiting {
                    client
                        .try_publish(topic, QoS::AtLeastOnce, false, payload)
                        .unwrap();
                }
                poke.notified().await;
            }
        };
        let poll = async {
            while let Ok(event) = events.poll().await {
                let (seen, changed) = &*seen;
                match event {
                    Event::Incoming(Packet::ConnAck(_)) => {
                        client
                            .try_subscribe(topics::up_filter(&keys.id), QoS::AtLeastOnce)
                            .unwrap();
                    }
                    Event::Incoming(Packet::SubAck(ack)) => {
                        let granted = |c: &_| matches!(c, SubscribeReasonCode::Success(_));
                        if !ack.return_codes.iter().all(granted) {
                            break;
                        }
                        seen.lock().unwrap().subscribed += 1;
                    }
                    Event::Incoming(Packet::Publish(publish)) => {
                        let key = |d: &DeviceId| keys.devices.get(d).map(|k| k.0);
                        let opened = match open_any(&publish.payload, &keys.sealing, key) {
                            Ok(Incoming::Filing(opened)) => opened,
                            Ok(Incoming::Report { report, .. }) => {
                                seen.lock().unwrap().reports.push(report);
                                changed.notify_all();
                                continue;
                            }
                            // No attachments and no second signatures here; what the broker made up opens for nobody.
                            Ok(Incoming::Chunk { .. } | Incoming::Second { .. }) | Err(_) => {
                                seen.lock().unwrap().strange += 1;
                                changed.notify_all();
                                continue;
                            }
                        };
                        let correlation =
                            publish.properties.and_then(|p| p.correlation_data).unwrap();
                        assert_eq!(&correlation[..], opened.header.id.as_bytes());
                        {
                            // Counted before it is answered: whoever sees the answer may count.
                            let mut seen = seen.lock().unwrap();
                            *seen.counts.entry(opened.header.id).or_default() += 1;
                            seen.last = Some(opened.clone());
                        }
                        for message in answers(&keys, &opened) {
                            let device = &opened.header.device;
                            let sealed =
                                seal_down(&message, device, &keys.devices[device].1).unwrap();
                            let topic = topics::down(device, message.channel());
                            client
                                .try_publish(topic, QoS::AtLeastOnce, false, sealed)
                                .unwrap();
                        }
                    }
                    _ => {}
                }
                changed.notify_all();
            }
        };
        tokio::select! {
            () = pump => {}
            () = poll => {}
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

pub(crate) fn receipt_topic(device: &DeviceId) -> String {
    topics::down(device, Channel::Receipt)
}

pub(crate) fn tls(files: &ClientFiles) -> TlsConfiguration {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&files.ca).unwrap())
        .unwrap();
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap();
    TlsConfiguration::Rustls(Arc::new(config))
}
