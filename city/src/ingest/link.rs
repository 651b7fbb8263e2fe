//! The city's connection to the MQTT broker.
//!
//! Answers for carrying messages in, answers out and acknowledging after the commit. It knows nothing of filings, and
//! loses nothing by dying: what was not acknowledged or not receipted comes again from the device.
//!
//! ```text
//!  poll loop (never awaits the client)            worker (one per connection)
//!  ───────────────────────────────────            ───────────────────────────
//!  CONNACK ──────────── Connected ──────────────> subscribe, wait for SUBACK, presence "online"
//!  PUBLISH ──────────── Came ───────────────────> up to 100 → judge → the time, if asked → commit → publish sealed answers → PUBACK each
//!  Outgoing(pkid) ───── pops one of `sending` ──> map[pkid]
//!  PUBACK(pkid, code) ─ map[pkid] ─ Handed ─────> notice: when to send again
//!  error ── connection over ── worker dropped ──> next connection, fresh event loop, clean session
//! ```
//!
//! The session is clean: a broker that forgets it loses nothing, because devices send again until they have a receipt.
//! They notice that the city was away by PUBACK 0x10 (nobody listens), by a receipt that does not come, or, where the
//! broker's rules let them read it, by the retained presence (with a will). A durable session would keep messages that
//! devices keep anyway.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How to reach the broker; made here, carried by the server, used here again.
pub(crate) use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, LastWill, PubAckReason, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ClientError, ConnectionError, Event, EventLoop, Incoming};
use rumqttc::{Outgoing, TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::{Notify, mpsc, watch};
use ubugoe_protocol::{DeviceId, Downlink, MAX_ENVELOPE, RecipientId, topics};

use super::lease::Inbox;
use super::{Answer, FaultPoint, Faults, Ingest, Judgement, MAX_BATCH, Message};
use crate::Clock;
use crate::config::{BrokerAddress, BrokerConfig};
use crate::receipt::outbox::{Handed, WAKE_DECIDED, WAKE_REST, next_attempt, next_item};
use crate::store::{Attempt, DownAttempt, DownKind, Notice, Store, StoreError, WakeWindow};

/// Most unacknowledged messages the broker may have under way to us: two batches.
const RECEIVE_MAXIMUM: u16 = 200;
/// Most news that waits for the worker. Far above `RECEIVE_MAXIMUM`: in a burst of four devices through Mosquitto 2.0.11, 565
/// messages were here unacknowledged; why is not known. Ending the connection for it costs every device of the burst a wait.
const INBOX: usize = 2_048;
/// Most batches in a row before what waits to go down is looked at.
const ROUNDS: usize = 16;
/// Most unacknowledged messages of ours under way.
const IN_FLIGHT: u16 = 64;
/// An envelope with room for its MQTT frame.
const MAX_PACKET: u32 = 132 * 1024;
const _: () = assert!(
    MAX_ENVELOPE + 4096 <= MAX_PACKET as usize,
    "an envelope must fit"
);
/// Something of ours is under way and the broker acknowledged nothing for this long: the connection is given up. With all of
/// `IN_FLIGHT` under way the client sends nothing any more, not even acknowledgements.
const STALL: Duration = Duration::from_secs(20);
/// Most topics in one request for them.
const SUBSCRIBE_AT_ONCE: usize = 500;
/// How often the broker is asked for what it carries.
const SUBSCRIBE_AGAIN: Duration = Duration::from_mins(1);
/// Largest number of notices taken up at once.
const NOTICES: u32 = 64;
/// Largest number of items that go down at once.
const ITEMS: u32 = 16;
/// Longest time between two looks at what is due.
const LOOK: Duration = Duration::from_secs(15);
/// Seconds between two looks at rollouts.
const ROLLOUTS_EVERY: i64 = 30;

/// Why the link could not be set up. A connection that fails later is tried again for ever.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The CA, certificate or key file holds nothing usable.
    #[error("the broker's {what} file is not usable PEM")]
    Pem {
        /// Which file.
        what: &'static str,
        /// The reader's error.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The TLS identity does not fit together.
    #[error("the TLS identity for the broker is not usable")]
    Tls(#[source] rustls::Error),
}

/// Why one connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the connection failed")]
    Connection(#[source] Box<ConnectionError>),
    #[error("the broker refused the subscription")]
    NotSubscribed,
    #[error("the broker sent more than it was allowed to")]
    TooMuch,
    #[error("the client stopped taking requests")]
    Client(#[source] Box<ClientError>),
    #[error("the store failed; nothing was acknowledged")]
    Store(#[source] StoreError),
    #[error("the broker acknowledged nothing for {}s", STALL.as_secs())]
    Stalled,
    #[error("stopped at a fault point")]
    Fault,
}

/// Everything the link needs.
#[derive(Clone)]
pub struct LinkParts {
    /// Where messages land.
    pub ingest: Ingest,
    /// Where notices wait.
    pub store: Arc<dyn Store>,
    /// Who this city is on the wire.
    pub recipient: RecipientId,
    /// The city's clock.
    pub clock: Clock,
    /// Rung after every decision.
    pub decided: Arc<Notify>,
    /// Test hook.
    pub faults: Faults,
    /// Which of the city's messages it takes in.
    pub inbox: Inbox,
}

/// What the poll loop tells the worker.
enum News {
    Connected,
    Subscribed,
    Came(Publish),
    Handed(Notice, Handed),
    HandedDown(DownHanded, Handed),
}

/// An item on its way down, as far as its acknowledgement needs it.
#[derive(Debug, Clone, Copy)]
struct DownHanded {
    id: i64,
    kind: DownKind,
    attempts: u32,
}

/// What a publish of ours was, so that its acknowledgement can be understood.
enum Sent {
    Answer,
    Presence,
    Notice(Notice),
    Down(DownHanded),
}

/// Ids of publishes, in the order they were given to the client.
type Sending = Arc<Mutex<VecDeque<Sent>>>;

/// Prepares the link: one way to connect for each address, in order of preference.
///
/// # Errors
/// [`LinkError`] when the TLS files cannot be used.
pub fn options(
    broker: &BrokerConfig,
    recipient: &RecipientId,
    inbox: Inbox,
) -> Result<Vec<MqttOptions>, LinkError> {
    let tls = Arc::new(tls(broker)?);
    let addresses = broker.addresses.iter();
    Ok(addresses
        .map(|address| options_at(address, Arc::clone(&tls), recipient, inbox))
        .collect())
}

fn options_at(
    address: &BrokerAddress,
    tls: Arc<rustls::ClientConfig>,
    recipient: &RecipientId,
    inbox: Inbox,
) -> MqttOptions {
    let id = if inbox == Inbox::WHOLE {
        format!("city-{recipient}")
    } else {
        format!("city-{recipient}-{}", inbox.number)
    };
    let mut options = MqttOptions::new(id, &address.host, address.port);
    options.set_transport(Transport::Tls(TlsConfiguration::Rustls(tls)));
    options.set_keep_alive(Duration::from_secs(15));
    options.set_clean_start(true);
    options.set_manual_acks(true);
    options.set_receive_maximum(Some(RECEIVE_MAXIMUM));
    options.set_max_packet_size(Some(MAX_PACKET));
    options.set_outgoing_inflight_upper_limit(IN_FLIGHT);
    // one of them speaks for the city
    if inbox.number == 0 {
        options.set_last_will(LastWill::new(
            topics::presence(recipient),
            "offline",
            QoS::AtLeastOnce,
            true,
            None,
        ));
    }
    options
}

fn tls(broker: &BrokerConfig) -> Result<rustls::ClientConfig, LinkError> {
    let pem = |what| move |source| LinkError::Pem { what, source };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&broker.ca_pem) {
        roots
            .add(certificate.map_err(pem("CA"))?)
            .map_err(LinkError::Tls)?;
    }
    let chain = CertificateDer::pem_slice_iter(&broker.cert_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(pem("certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(&broker.key_pem).map_err(pem("key"))?;
    rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .map_err(LinkError::Tls)?
    .with_root_certificates(roots)
    .with_client_auth_cert(chain, key)
    .map_err(LinkError::Tls)
}

/// Keeps a connection until `stop` becomes true (or a fault point says so). The next address is tried when one fails;
/// after a connection that held, the first again.
pub async fn run(ways: Vec<MqttOptions>, parts: LinkParts, mut stop: watch::Receiver<bool>) {
    let mut pause = Duration::from_millis(200);
    let mut next = ways.iter().cycle();
    while !*stop.borrow() {
        let Some(options) = next.next() else {
            tracing::error!("no broker is configured");
            return;
        };
        let started = (parts.clock)();
        let ended = tokio::select! {
            ended = connection(options.clone(), &parts) => ended,
            _ = stop.wait_for(|stop| *stop) => {
                tracing::info!("the link stops");
                parts.ingest.metrics().connected(false);
                return;
            }
        };
        parts.ingest.metrics().connected(false);
        if matches!(ended, Ended::Fault) {
            return;
        }
        tracing::warn!(
            error = &ended as &dyn std::error::Error,
            "the connection to the broker ended; connecting again"
        );
        // a connection that lived a while starts the pauses from the beginning
        if (parts.clock)().duration_since(started).as_secs() > 30 {
            pause = Duration::from_millis(200);
            next = ways.iter().cycle();
        }
        let _ = tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

/// One connection, from CONNECT to its end.
async fn connection(mut options: MqttOptions, parts: &LinkParts) -> Ended {
    // Receipts are small and go at once; see the kiosk's link.
    let mut network = options.network_options();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    let (client, mut events) = AsyncClient::new(
        options,
        usize::from(RECEIVE_MAXIMUM) + usize::from(IN_FLIGHT),
    );
    let sending: Sending = Arc::default();
    let (news, inbox) = mpsc::channel(INBOX);
    let worker = Worker {
        client,
        parts: parts.clone(),
        sending: Arc::clone(&sending),
        looked: AtomicI64::new(i64::MIN),
    };
    // the worker is a future here, not a task: when the connection ends it is dropped where it stands
    tokio::select! {
        ended = poll(&mut events, &news, &sending) => ended,
        ended = worker.work(inbox) => match ended { Ok(never) => match never {}, Err(ended) => ended },
    }
}

/// Polls the event loop until it fails. Never awaits the client.
async fn poll(events: &mut EventLoop, news: &mpsc::Sender<News>, sending: &Sending) -> Ended {
    let mut under_way: BTreeMap<u16, Sent> = BTreeMap::new();
    let mut moved = Instant::now();
    loop {
        // Polling is broken off only to end the connection: it would not bear being resumed.
        let event = if under_way.is_empty() {
            events.poll().await
        } else {
            match tokio::time::timeout_at((moved + STALL).into(), events.poll()).await {
                Ok(event) => event,
                Err(_) => return Ended::Stalled,
            }
        };
        let told = match event {
            Err(error) => return Ended::Connection(Box::new(error)),
            Ok(Event::Outgoing(Outgoing::Publish(pkid))) => {
                let sent = sending
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front();
                if under_way.is_empty() {
                    moved = Instant::now();
                }
                under_way.extend(sent.map(|sent| (pkid, sent)));
                None
            }
            Ok(Event::Outgoing(_)) => None,
            Ok(Event::Incoming(packet)) => {
                if matches!(packet, Incoming::PubAck(_)) {
                    moved = Instant::now();
                }
                match incoming(packet, &mut under_way) {
                    Ok(told) => told,
                    Err(ended) => return ended,
                }
            }
        };
        if let Some(told) = told
            && news.try_send(told).is_err()
        {
            return Ended::TooMuch;
        }
    }
}

fn incoming(packet: Incoming, under_way: &mut BTreeMap<u16, Sent>) -> Result<Option<News>, Ended> {
    Ok(match packet {
        Incoming::ConnAck(_) => Some(News::Connected),
        Incoming::SubAck(ack) => {
            if !ack
                .return_codes
                .iter()
                .all(|code| matches!(code, SubscribeReasonCode::Success(_)))
            {
                return Err(Ended::NotSubscribed);
            }
            Some(News::Subscribed)
        }
        Incoming::Publish(publish) => Some(News::Came(publish)),
        Incoming::PubAck(ack) => {
            let handed = match ack.reason {
                PubAckReason::Success => Handed::Taken,
                _ => Handed::NobodyListens,
            };
            match under_way.remove(&ack.pkid) {
                Some(Sent::Notice(notice)) => Some(News::Handed(notice, handed)),
                Some(Sent::Down(item)) => Some(News::HandedDown(item, handed)),
                Some(Sent::Answer | Sent::Presence) | None => None,
            }
        }
        _ => None,
    })
}

/// Lands messages, sends answers and notices, acknowledges.
struct Worker {
    client: AsyncClient,
    parts: LinkParts,
    sending: Sending,
    /// When rollouts were looked at, unix seconds.
    looked: AtomicI64,
}

/// The worker ends only by failing.
enum Never {}

/// A batch on its way into the database.
struct JudgedBatch {
    /// Its messages, to be acknowledged.
    came: Vec<Publish>,
    /// The devices that sent them.
    alive: BTreeSet<DeviceId>,
    judgement: Judgement,
}

impl Worker {
    async fn work(self, mut inbox: mpsc::Receiver<News>) -> Result<Never, Ended> {
        let mut ready = false;
        let mut asked = Instant::now();
        loop {
            let mut wait = Duration::from_hours(1);
            if ready {
                self.look_at_rollouts().await?;
                wait = self.until_due().await?;
                if wait.is_zero() {
                    self.send_notices().await?;
                    self.send_down().await?;
                }
            }
            tokio::select! {
                news = inbox.recv() => {
                    // the poll loop holds the sender as long as this future lives
                    let Some(news) = news else { return Err(Ended::TooMuch) };
                    ready |= self.take_up(news, ready, &mut inbox).await?;
                }
                () = self.parts.decided.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
            // A broker may lose the subscription and keep the connection; nobody would ever say so. Asking again changes
            // nothing if it has not.
            if ready && asked.elapsed() >= SUBSCRIBE_AGAIN {
                asked = Instant::now();
                self.subscribe().await?;
            }
        }
    }

    /// Takes up one piece of news and what already waits behind it, message by message in batches: while one is committed
    /// the next is judged. Answers whether the subscription has just come to stand.
    async fn take_up(
        &self,
        first: News,
        ready: bool,
        inbox: &mut mpsc::Receiver<News>,
    ) -> Result<bool, Ended> {
        let mut subscribed = false;
        let mut next = Some(first);
        let mut judged = None;
        let mut rounds = 0;
        while let Some(first) = next {
            let mut came = Vec::new();
            subscribed |= self
                .gather(first, ready || subscribed, inbox, &mut came)
                .await?;
            let (fresh, ()) = tokio::try_join!(self.judge(came), self.land(judged.take()))?;
            judged = fresh;
            rounds += 1;
            next = if rounds < ROUNDS {
                inbox.try_recv().ok()
            } else {
                None
            };
        }
        self.land(judged).await?;
        Ok(subscribed)
    }

    /// Takes up news until there are no more, or a batch of messages has come. Answers whether the subscription has just
    /// come to stand.
    async fn gather(
        &self,
        first: News,
        ready: bool,
        inbox: &mut mpsc::Receiver<News>,
        came: &mut Vec<Publish>,
    ) -> Result<bool, Ended> {
        let mut subscribed = false;
        let mut handed_over = Vec::new();
        let mut next = Some(first);
        while let Some(news) = next {
            match news {
                News::Connected => {
                    let asked = self.subscribe().await?;
                    if !(asked || ready || subscribed) {
                        self.stands().await?;
                        subscribed = true;
                    }
                }
                News::Subscribed if ready || subscribed => {}
                News::Subscribed => {
                    self.stands().await?;
                    subscribed = true;
                }
                News::Came(publish) => came.push(publish),
                News::Handed(notice, handed) => {
                    handed_over.push(self.attempt(&notice, Some(handed)));
                }
                News::HandedDown(item, handed) => self.note_down(item, Some(handed)).await?,
            }
            next = if came.len() < MAX_BATCH {
                inbox.try_recv().ok()
            } else {
                None
            };
        }
        self.note(handed_over).await?;
        Ok(subscribed)
    }

    /// The connection stands: the city is there.
    async fn stands(&self) -> Result<(), Ended> {
        if self.parts.inbox.number == 0 {
            self.publish(
                topics::presence(&self.parts.recipient),
                true,
                b"online".to_vec(),
                Sent::Presence,
            )
            .await?;
        }
        tracing::info!("connected to the broker");
        self.parts.ingest.metrics().connected(true);
        Ok(())
    }

    /// Asks for everything; as one of several inboxes, for what its registered devices send: nobody listens to others then, so
    /// the broker tells them so, and they keep what they have. Answers whether there was anything to ask for.
    async fn subscribe(&self) -> Result<bool, Ended> {
        let recipient = &self.parts.recipient;
        let client = |error| Ended::Client(Box::new(error));
        if self.parts.inbox == Inbox::WHOLE {
            let filter = topics::up_filter(recipient);
            let asked = self.client.subscribe(filter, QoS::AtLeastOnce).await;
            return asked.map(|()| true).map_err(client);
        }
        let devices = self.parts.ingest.devices();
        let topics: Vec<String> = devices
            .iter()
            .filter(|device| self.parts.inbox.takes(device))
            .map(|device| topics::up(device, recipient))
            .collect();
        for some in topics.chunks(SUBSCRIBE_AT_ONCE) {
            let filters = some
                .iter()
                .map(|topic| Filter::new(topic.clone(), QoS::AtLeastOnce));
            self.client
                .subscribe_many(filters.collect::<Vec<_>>())
                .await
                .map_err(client)?;
        }
        Ok(!topics.is_empty())
    }

    /// Opens and judges a batch; what needs no landing is answered at once.
    async fn judge(&self, came: Vec<Publish>) -> Result<Option<JudgedBatch>, Ended> {
        if came.is_empty() {
            return Ok(None);
        }
        let messages: Vec<Message> = came.iter().map(message).collect();
        let alive = messages
            .iter()
            .filter_map(|message| message.device.clone())
            .collect();
        let judgement = self.parts.ingest.judge(messages).await;
        let mut judgement = judgement.map_err(Ended::Store)?;
        if judgement.moves_rollouts() {
            self.looked.store(i64::MIN, Ordering::Relaxed);
        }
        for answer in &judgement.at_once() {
            self.answer(answer).await?;
        }
        Ok(Some(JudgedBatch {
            came,
            alive,
            judgement,
        }))
    }

    /// Commits a batch, sends its receipts, acknowledges its messages: in this order.
    async fn land(&self, judged: Option<JudgedBatch>) -> Result<(), Ended> {
        let Some(JudgedBatch {
            came,
            alive,
            judgement,
        }) = judged
        else {
            return Ok(());
        };
        let ingest = &self.parts.ingest;
        let answers = ingest.commit(judgement).await.map_err(Ended::Store)?;
        if (self.parts.faults)(FaultPoint::AfterCommit) {
            return Err(Ended::Fault);
        }
        for answer in &answers {
            self.answer(answer).await?;
        }
        if (self.parts.faults)(FaultPoint::AfterReceipts) {
            return Err(Ended::Fault);
        }
        for publish in &came {
            self.client
                .ack(publish)
                .await
                .map_err(|error| Ended::Client(Box::new(error)))?;
        }
        let now = (self.parts.clock)().as_second();
        let window = WakeWindow {
            now,
            decided_since: now - WAKE_DECIDED,
            not_sent_since: now - WAKE_REST,
        };
        for device in alive {
            self.parts
                .store
                .wake_notices(&device, window)
                .await
                .map_err(Ended::Store)?;
        }
        Ok(())
    }

    async fn answer(&self, answer: &Answer) -> Result<(), Ended> {
        self.send(answer, Sent::Answer).await.map(drop)
    }

    /// Seals and publishes what goes down; whether its device is one that is trusted. What cannot be sealed is as good as lost on
    /// the way: its row is committed, and it goes again.
    async fn send(&self, answer: &Answer, sent: Sent) -> Result<bool, Ended> {
        match self.parts.ingest.seal(answer) {
            Ok(Some(sealed)) => {
                let topic = topics::down(&answer.device, answer.content.channel());
                self.publish(topic, false, sealed, sent).await?;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, device = %answer.device, channel = ?answer.content.channel(), "cannot seal an answer");
                Ok(true)
            }
        }
    }

    async fn publish(
        &self,
        topic: String,
        retain: bool,
        payload: Vec<u8>,
        sent: Sent,
    ) -> Result<(), Ended> {
        // one worker publishes, so the order of this queue is the order of the client's
        self.sending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(sent);
        self.client
            .publish(topic, QoS::AtLeastOnce, retain, payload)
            .await
            .map_err(|error| Ended::Client(Box::new(error)))
    }

    /// Takes rollouts further, every now and then and after every word about one.
    async fn look_at_rollouts(&self) -> Result<(), Ended> {
        let now = (self.parts.clock)().as_second();
        let last = self.looked.load(Ordering::Relaxed);
        if now < last.saturating_add(ROLLOUTS_EVERY) {
            return Ok(());
        }
        self.looked.store(now, Ordering::Relaxed);
        let looked = self.parts.ingest.look_at_rollouts().await;
        looked.map_err(Ended::Store)
    }

    /// How long until something falls due; at most [`LOOK`], for another program may have queued something since.
    async fn until_due(&self) -> Result<Duration, Ended> {
        let next = self.parts.store.next_due_at().await.map_err(Ended::Store)?;
        let now = (self.parts.clock)().as_second();
        let seconds = next.map_or(i64::MAX, |at| (at - now).max(0));
        Ok(Duration::from_secs(seconds.unsigned_abs()).min(LOOK))
    }

    /// Sends what waits to go down, a few items at a time: parts of updates are long, and filings come first.
    async fn send_down(&self) -> Result<(), Ended> {
        let now = (self.parts.clock)().as_second();
        let due = self.parts.store.due_down(now, ITEMS).await;
        for item in due.map_err(Ended::Store)? {
            let handed = DownHanded {
                id: item.id,
                kind: item.kind,
                attempts: item.attempts.saturating_add(1),
            };
            // another program on the same database may have been first
            let claimed = self.down_attempt(handed, Some(Handed::Unanswered));
            let claimed = self.parts.store.claim_down(claimed).await;
            if !claimed.map_err(Ended::Store)? {
                continue;
            }
            let payload = vec![item.payload];
            let content = match item.kind {
                DownKind::Command => Downlink::Commands(payload),
                DownKind::Manifest => Downlink::Manifests(payload),
                DownKind::Part => Downlink::Parts(payload),
                DownKind::Grant => Downlink::Grants(payload),
            };
            let answer = Answer {
                device: item.device,
                content,
            };
            if !self.send(&answer, Sent::Down(handed)).await? {
                self.note_down(handed, None).await?;
            }
        }
        Ok(())
    }

    /// Notes how an item went; `None` lets it rest: its device is no longer registered.
    async fn note_down(&self, item: DownHanded, handed: Option<Handed>) -> Result<(), Ended> {
        let attempt = self.down_attempt(item, handed);
        self.parts
            .store
            .down_attempted(attempt)
            .await
            .map_err(Ended::Store)
    }

    fn down_attempt(&self, item: DownHanded, handed: Option<Handed>) -> DownAttempt {
        let now = (self.parts.clock)().as_second();
        DownAttempt {
            id: item.id,
            attempts: item.attempts,
            now,
            next_at: handed.and_then(|handed| next_item(item.kind, handed, item.attempts, now)),
        }
    }

    /// Sends notices, after one commit for all of them: a filing may have come meanwhile.
    async fn send_notices(&self) -> Result<(), Ended> {
        let now = (self.parts.clock)().as_second();
        let due = self.parts.store.due_notices(now, NOTICES).await;
        let due: Vec<Notice> = due
            .map_err(Ended::Store)?
            .into_iter()
            .map(|notice| Notice {
                attempts: notice.attempts.saturating_add(1),
                ..notice
            })
            .collect();
        let claims = due
            .iter()
            .map(|notice| self.attempt(notice, Some(Handed::Unanswered)))
            .collect();
        let claimed = self.parts.store.claim_notices(claims).await;
        let mut resting = Vec::new();
        for (notice, claimed) in due.into_iter().zip(claimed.map_err(Ended::Store)?) {
            if !claimed {
                continue;
            }
            let answer = Answer {
                device: notice.device.clone(),
                content: Downlink::Statuses(vec![notice.signed.clone()]),
            };
            let rests = self.attempt(&notice, None);
            if !self.send(&answer, Sent::Notice(notice)).await? {
                resting.push(rests);
            }
        }
        self.note(resting).await
    }

    /// Notes how notices went; one that is not sent again by itself rests until its device shows up again: it is no longer registered.
    async fn note(&self, attempts: Vec<Attempt>) -> Result<(), Ended> {
        if attempts.is_empty() {
            return Ok(());
        }
        self.parts
            .store
            .notices_attempted(attempts)
            .await
            .map_err(Ended::Store)
    }

    fn attempt(&self, notice: &Notice, handed: Option<Handed>) -> Attempt {
        let now = (self.parts.clock)().as_second();
        Attempt {
            filing: notice.filing,
            seq: notice.seq,
            attempts: notice.attempts,
            now,
            next_at: handed.map(|handed| next_attempt(handed, notice.attempts, now)),
        }
    }
}

fn message(publish: &Publish) -> Message {
    let device = std::str::from_utf8(&publish.topic)
        .ok()
        .and_then(topics::parse_up)
        .map(|(device, _)| device);
    Message {
        device,
        wire: publish.payload.to_vec(),
    }
}
