//! Carries rows from the outbox to a broker and answers back, over MQTT 5 with mutual TLS.
//!
//! The broker is soft state: its acknowledgement (PUBACK) is flow control and nothing else. A row is done when the
//! outbox verified its recipient's receipt; until then it is sent again on every connection. The link may
//! therefore be wrong, killed or restarted at any point. It opens no filing and decides nothing about one.
//!
//! ```text
//!  outbox ──pending()──> Flight.queue ─────feeder──────> client channel ──> EventLoop ──PUBLISH──> broker ──> city
//!    ^                     ^  ^  │ hand(row)                                   │                      │        │
//!    │                     │  │  v                                             │ Outgoing(pkid)       │        │
//!    │                     │  │ handed (FIFO) ──────pop──────> packets[pkid]  <┘                     │        │
//!    │                     │  │                                   │                                   │        │
//!    │                     │  └── 0x10 nobody listens, ───────────┤ <────────────PUBACK(pkid, reason)──┘        │
//!    │                     │      refused: hold, then retry      v success                                     │
//!    │                     └────── no receipt in time ──── awaiting[id]                                        │
//!    │                                                           │                                             │
//!    └──retire(receipt): signature, recipient, digest────────────┴──settled(id) <──down/…/receipt, sealed──────┘
//!                                                                       then, and only then, PUBACK to the broker
//!
//!  connection lost ─> new EventLoop; everything not settled is queued again at the next CONNACK
//! ```
//! `rumqttc` is known to lose or repeat messages when trusted with them; here it never holds the only copy. It is
//! used in this folder only, so that it can be replaced.

mod backoff;
mod flight;
mod inbox;
mod session;
mod tls;
mod voice;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use ubugoe_protocol::{
    Command, DeviceId, FilingId, Grant, Manifest, OpenError, Part, Receipt, RecipientId,
    RecipientPublicKey, RecipientSecretKey, Refusal, Report, SignedError, SigningKey, StatusNotice,
    VerifyingKey, WireError,
};

use crate::clock::TrustedClock;
use crate::outbox::{OutboxHandle, Recipients, SettleError, StoreError, Trouble};
use backoff::Backoff;

/// One address of a broker. The TLS certificate must be for `host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Host name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// Mutual TLS, all PEM. No other authority than the given one is trusted.
#[derive(Clone)]
pub struct Tls {
    /// The authority of the broker's certificate.
    pub ca_pem: Vec<u8>,
    /// The device's certificate and what it chains to; its CN is the device id.
    pub cert_pem: Vec<u8>,
    /// The device's private key (PKCS #8, PKCS #1 or SEC 1).
    pub key_pem: Vec<u8>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(***)")
    }
}

/// Times and sizes. The defaults suit a ward; tests make them shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// Most packets without PUBACK, oldest to newest. 100 is what AWS IoT Core allows.
    pub window: u16,
    /// MQTT keep-alive; at least 5 s.
    pub keep_alive: Duration,
    /// How long connecting may take, TCP, TLS and CONNACK together; whole seconds, at least 1 s.
    pub connect_timeout: Duration,
    /// Packets are in flight and nothing was acknowledged for this long: the connection is given up.
    pub stall_after: Duration,
    /// The broker took a row and no receipt came for this long: it is sent again. Doubles per repetition, up to 16 times.
    pub resend_after: Duration,
    /// First pause after a failure, or when nobody listens.
    pub pause_min: Duration,
    /// Longest pause.
    pub pause_max: Duration,
    /// How long the broker keeps this device's answers while it is away.
    pub session_expiry: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            window: 100,
            keep_alive: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(15),
            stall_after: Duration::from_secs(20),
            resend_after: Duration::from_secs(30),
            pause_min: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
            session_expiry: Duration::from_hours(7 * 24),
        }
    }
}

/// Says the time, in seconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What a link needs.
#[derive(Clone)]
pub struct Config {
    /// In order of preference; at least one. The next is tried when one does not answer, the first whenever a connection that
    /// was of use has ended.
    pub brokers: Vec<Broker>,
    /// Mutual TLS.
    pub tls: Tls,
    /// This device; also its MQTT client id.
    pub device: DeviceId,
    /// Opens what comes down.
    pub device_key: RecipientSecretKey,
    /// Whose signatures settle rows.
    pub recipients: Recipients,
    /// With what the device speaks for itself; without it, it only carries rows and takes answers.
    pub voice: Option<Voice>,
    /// Stamps what is written to the outbox.
    pub clock: Clock,
    /// Times and sizes.
    pub tuning: Tuning,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("brokers", &self.brokers)
            .field("device", &self.device)
            .field("recipients", &self.recipients)
            .field("tuning", &self.tuning)
            .finish_non_exhaustive()
    }
}

/// With what a device speaks for itself and whom it obeys.
#[derive(Debug, Clone)]
pub struct Voice {
    /// Signs reports as it signs envelopes.
    pub signing: SigningKey,
    /// Reports are sealed to these keys.
    pub seal: BTreeMap<RecipientId, RecipientPublicKey>,
    /// Who may send commands, updates and certificates, if anybody.
    pub operator: Option<Operator>,
    /// Asks the cities for the time, where somebody needs it.
    pub time: Option<TrustedClock>,
}

/// Who runs this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// To whom the device reports.
    pub id: RecipientId,
    /// Under which its orders and updates verify; not the key of its receipts.
    pub key: VerifyingKey,
}

/// What the link is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Switched off by [`Link::set_offline`].
    Offline,
    /// Trying to reach a broker.
    Connecting,
    /// Connected and subscribed; rows flow.
    Online,
    /// Waiting after a failure.
    BackingOff,
}

/// Why a connection ended or did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisconnectReason {
    /// No answer in time, or no route; the text is for the log.
    Unreachable(String),
    /// The TLS handshake failed; the text is for the log.
    Tls(String),
    /// The broker said no at CONNACK.
    Refused(String),
    /// The broker does not let this device hear its answers.
    SubscriptionRefused,
    /// The connection broke or the broker ended it; the text is for the log.
    Broken(String),
    /// Packets were in flight and nothing moved.
    Stalled,
    /// The outbox could not be read.
    Outbox(String),
    /// [`Link::set_offline`] or [`Link::stop`].
    SwitchedOff,
}

/// Something that somebody should look at. No row is lost by any of these.
#[derive(Debug)]
pub enum Alert {
    /// A message came down that is not for this device or not readable.
    Downlink {
        /// Its topic.
        topic: String,
        /// What was wrong.
        source: OpenError,
    },
    /// A message came down on a topic of this device that is none of its channels.
    UnknownTopic(String),
    /// An answer did not verify or does not fit its row: forged, misdirected, or about other content.
    Answer(SettleError),
    /// A row is not moving.
    Row {
        /// Which filing.
        id: FilingId,
        /// Why.
        trouble: Trouble,
    },
    /// The broker takes packets for a recipient and nobody is there to receive them.
    NobodyListens(RecipientId),
    /// The outbox could not be written; an answer will be asked for again.
    Outbox(StoreError),
    /// An order, update, certificate or time that nobody who may send it has signed.
    Unsigned(SignedError),
    /// An order that is too old, for another device, or from somebody this device does not obey.
    NotOurs(&'static str),
    /// A part of an update is unreadable.
    Part(WireError),
}

/// What happens on the link. Called on the link's thread: take note and return.
#[derive(Debug)]
pub enum LinkEvent {
    /// The mode changed.
    Mode(Mode),
    /// Connected and subscribed.
    Connected(Broker),
    /// A connection ended, or an attempt failed.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
    },
    /// The broker took these rows. Nobody has signed for them.
    Sent(Vec<FilingId>),
    /// A row arrived: the receipt is in the outbox.
    Receipt {
        /// The receipt.
        receipt: Receipt,
        /// As signed; for the QR code.
        raw: Vec<u8>,
    },
    /// A row was refused: the refusal is in the outbox.
    Refused(Refusal),
    /// An officer decided: the notice is in the outbox.
    Status(StatusNotice),
    /// The operator orders something: it is in the outbox. Whoever does it notes it there and says so ([`Link::say`]).
    Command(Command),
    /// The operator announces an update.
    Manifest {
        /// Verified.
        manifest: Manifest,
        /// As signed.
        raw: Vec<u8>,
    },
    /// A part of an update; not proved by itself.
    Part(Part),
    /// A certificate for a key of this device; it proves itself by a connection.
    Grant(Grant),
    /// Somebody should look.
    Alert(Alert),
}

/// Counts since the link started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Connections that reached CONNACK and SUBACK.
    pub connections: u64,
    /// Connections given up because nothing moved.
    pub stalls: u64,
    /// PUBLISH packets handed to the broker.
    pub published: u64,
    /// PUBACKs of any reason.
    pub acknowledged: u64,
    /// PUBACKs that said nobody listens.
    pub unheard: u64,
    /// Rows sent again because no receipt came in time.
    pub resent: u64,
    /// Receipts that settled a row.
    pub receipts: u64,
    /// Receipts for rows that were settled before.
    pub repeated: u64,
}

/// Why a link could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No broker in the configuration.
    #[error("no broker is configured")]
    NoBroker,
    /// A PEM text is not what it should be.
    #[error("{what} is not usable PEM")]
    Pem {
        /// Which one.
        what: &'static str,
    },
    /// TLS does not accept these files.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The operating system gave no thread or no timer.
    #[error("the link's thread did not start")]
    Thread(#[source] std::io::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Run,
    Offline,
    Stop,
}

/// A running link. Dropping it stops it.
#[derive(Debug)]
pub struct Link {
    wish: watch::Sender<Wish>,
    wake: Arc<Notify>,
    shared: Arc<Shared>,
    mouth: Arc<voice::Mouth>,
    thread: Option<JoinHandle<()>>,
}

/// What the owner may look at while the link runs.
#[derive(Debug)]
struct Shared {
    mode: Mutex<Mode>,
    stats: Mutex<Stats>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything the link's thread works with.
struct Context {
    config: Config,
    tls: Arc<rustls::ClientConfig>,
    outbox: OutboxHandle,
    on_event: Box<dyn Fn(LinkEvent) + Send + Sync>,
    wake: Arc<Notify>,
    wish: watch::Receiver<Wish>,
    shared: Arc<Shared>,
    voice: Arc<voice::Mouth>,
}

impl Context {
    fn emit(&self, event: LinkEvent) {
        (self.on_event)(event);
    }

    fn alert(&self, alert: Alert) {
        tracing::warn!(?alert, "link alert");
        self.emit(LinkEvent::Alert(alert));
    }

    fn count(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut held(&self.shared.stats));
    }

    fn enter(&self, mode: Mode) {
        let before = std::mem::replace(&mut *held(&self.shared.mode), mode);
        if before != mode {
            self.emit(LinkEvent::Mode(mode));
        }
    }

    fn wish(&self) -> Wish {
        *self.wish.borrow()
    }

    fn now(&self) -> i64 {
        (self.config.clock)()
    }
}

impl Link {
    /// Starts a link on its own thread. `on_event` is called on that thread.
    pub fn start(
        config: Config,
        outbox: OutboxHandle,
        on_event: impl Fn(LinkEvent) + Send + Sync + 'static,
    ) -> Result<Self, LinkError> {
        if config.brokers.is_empty() {
            return Err(LinkError::NoBroker);
        }
        let tls = tls::client(&config.tls)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(LinkError::Thread)?;
        let (wish, wishes) = watch::channel(Wish::Run);
        let wake = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            mode: Mutex::new(Mode::Connecting),
            stats: Mutex::new(Stats::default()),
        });
        let mouth = Arc::<voice::Mouth>::default();
        let context = Context {
            config,
            tls,
            outbox,
            on_event: Box::new(on_event),
            wake: Arc::clone(&wake),
            wish: wishes,
            shared: Arc::clone(&shared),
            voice: Arc::clone(&mouth),
        };
        let thread = std::thread::Builder::new()
            .name("ubugoe-link".to_owned())
            .spawn(move || runtime.block_on(run(&context)))
            .map_err(LinkError::Thread)?;
        Ok(Self {
            wish,
            wake,
            shared,
            mouth,
            thread: Some(thread),
        })
    }

    /// Says that the outbox has something new. Cuts a pause short.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Says something to a recipient, once, when there is a connection. What is lost is said again when it is asked for again.
    pub fn say(&self, recipient: RecipientId, report: Report) {
        self.mouth.say(recipient, report);
    }

    /// Switches the network side off, or on again.
    pub fn set_offline(&self, offline: bool) {
        self.wish
            .send_replace(if offline { Wish::Offline } else { Wish::Run });
    }

    /// What it is doing.
    #[must_use]
    pub fn mode(&self) -> Mode {
        *held(&self.shared.mode)
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        *held(&self.shared.stats)
    }

    /// Says goodbye to the broker and waits for the thread to end; about a second at most.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.wish.send_replace(Wish::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic on that thread was reported there; the outbox has every row.
            let _ = thread.join();
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.end();
    }
}

/// Connects, again and again, until it is told to stop.
async fn run(context: &Context) {
    let tuning = &context.config.tuning;
    let mut wish = context.wish.clone();
    let mut pause = Backoff::new(tuning.pause_min, tuning.pause_max);
    let mut flight = flight::Flight::new(tuning);
    let addresses = &context.config.brokers;
    let mut brokers = addresses.iter().cycle();
    let mut broker = brokers.next();
    loop {
        match context.wish() {
            Wish::Stop => return,
            Wish::Offline => {
                context.enter(Mode::Offline);
                if wish.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Wish::Run => {}
        }
        let Some(address) = broker else { return };
        context.enter(Mode::Connecting);
        let ended = session::run(context, address, &mut flight).await;
        tracing::info!(reason = ?ended.reason, "disconnected");
        let off = ended.reason == DisconnectReason::SwitchedOff;
        context.emit(LinkEvent::Disconnected {
            reason: ended.reason,
        });
        if ended.moved {
            pause.reset();
            // The first address is the preferred one: whatever it was that ended, it is asked first again.
            brokers = addresses.iter().cycle();
        }
        broker = brokers.next();
        if !off {
            context.enter(Mode::BackingOff);
            rest(context, &mut wish, pause.next(), tuning.pause_min).await;
        }
    }
}

/// Waits; a new row or a new wish cuts it short, but never below the shortest pause.
async fn rest(
    context: &Context,
    wish: &mut watch::Receiver<Wish>,
    whole: Duration,
    least: Duration,
) {
    let long = async {
        tokio::time::sleep(whole.min(least)).await;
        tokio::select! {
            () = tokio::time::sleep(whole.saturating_sub(least)) => {}
            () = context.wake.notified() => {}
        }
    };
    tokio::select! {
        () = long => {}
        _ = wish.changed() => {}
    }
}
