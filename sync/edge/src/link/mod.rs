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
mod credentials;
mod dial;
mod flight;
mod inbox;
#[doc(hidden)]
pub mod outside;
mod relay;
mod route;
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
    RecipientPublicKey, RecipientSecretKey, Refusal, Report, SecondNotice, SignedError, SigningKey,
    StatusNotice, VerifyingKey, WireError,
};

use crate::clock::TrustedClock;
use crate::identity::{Identities, IdentityError};
use crate::keys::KeyTrouble;
use crate::outbox::{OutboxHandle, Recipients, SettleError, StoreError, Trouble};
use backoff::Backoff;
use credentials::Credentials;
pub use credentials::IdentityEvent;
use route::Route;
use session::{Attempt, Ended};

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
    /// Revocation lists of that authority, one after the other; empty for none. A broker's certificate that is on one is
    /// refused. A list that is out of date still counts, and a certificate no list speaks of is taken: a device that was
    /// away for a month must be able to come back.
    pub crl_pem: Vec<u8>,
    /// The device's certificate and what it chains to; its CN is the device id.
    pub cert_pem: Vec<u8>,
    /// The device's private key (PKCS #8, PKCS #1 or SEC 1, or wrapped by a TPM).
    pub key_pem: Vec<u8>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(***)")
    }
}

/// How the packets get out of the house. The default: directly, as fast as it goes.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// The hospital's HTTP proxy; the only way out, if there is one.
    pub proxy: Option<Proxy>,
    /// The share of the line the device may take.
    pub cap: Cap,
}

/// An HTTP proxy that is asked for a tunnel (`CONNECT`). TLS goes through to the broker, whose name is verified as ever.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Host name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Basic authentication, if it wants one. The way to the proxy is not encrypted.
    pub login: Option<Login>,
}

/// User and password for a proxy. Shows nothing of itself and is wiped when it goes.
#[derive(Clone)]
pub struct Login(zeroize::Zeroizing<String>);

impl Login {
    /// From the text of a file: one line, `user:password`; `None` when it is not that.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let line = text.trim_end_matches(['\r', '\n']);
        let plain = line.contains(':') && !line.contains(char::is_control);
        plain.then(|| Self(zeroize::Zeroizing::new(line.to_owned())))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

/// Most bytes per second, of MQTT and all it carries; TLS, TCP and IP add some 3 to 5 % in large packets. Less than
/// [`Cap::LEAST`] counts as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cap {
    /// Towards the broker; `None` for no limit.
    pub up: Option<u32>,
    /// From the broker; `None` for no limit.
    pub down: Option<u32>,
}

impl Cap {
    /// 64 kbit/s. The largest envelope takes 17 s at this rate, which has to stay below the keep-alive.
    pub const LEAST: u32 = 8 * 1024;
}

/// Times and sizes. The defaults suit a ward; tests make them shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// Most packets without PUBACK, oldest to newest. 100 is what AWS IoT Core allows.
    pub window: u16,
    /// MQTT keep-alive; at least 5 s, and more where [`Cap::down`] is so low that the answer to a ping could queue for
    /// longer.
    pub keep_alive: Duration,
    /// How long connecting may take, TCP, TLS and CONNACK together; whole seconds, at least 1 s.
    pub connect_timeout: Duration,
    /// Packets are in flight and for this long nothing was acknowledged and no byte left: the connection is given up.
    /// Doubles with every time in a row, up to 8 times, until something is acknowledged.
    pub stall_after: Duration,
    /// A row took longer than this from here to its PUBACK: less is sent at once, so that acknowledgements and pings do not
    /// queue behind rows on a slow line.
    pub slow_after: Duration,
    /// The broker took a row and no receipt came for this long: it is sent again. Doubles per repetition, up to 16 times.
    pub resend_after: Duration,
    /// First pause after a failure, or when nobody listens.
    pub pause_min: Duration,
    /// Longest pause.
    pub pause_max: Duration,
    /// Connected to another than the first address: after about this long a better one is looked for, without leaving
    /// this one, and taken if it answers. Doubles each time it then would not serve, up to 8 times.
    pub return_after: Duration,
    /// With several addresses: for this long nobody listened for a recipient at this one, so the next is tried. A city may have
    /// moved to another broker while this one is well.
    pub silence_after: Duration,
    /// How long the broker keeps this device's answers while it is away.
    pub session_expiry: Duration,
    /// How long before its certificate ends the device asks for a new one.
    pub renew_ahead: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            window: 100,
            keep_alive: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(15),
            stall_after: Duration::from_secs(20),
            slow_after: Duration::from_secs(2),
            resend_after: Duration::from_secs(30),
            pause_min: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
            return_after: Duration::from_mins(30),
            silence_after: Duration::from_hours(1),
            session_expiry: Duration::from_hours(7 * 24),
            renew_ahead: Duration::from_hours(30 * 24),
        }
    }
}

/// Says the time, in seconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What a link needs.
#[derive(Clone)]
pub struct Config {
    /// In order of preference; at least one. The next is tried when one does not answer, the first whenever a connection that
    /// was of use has ended, and a better one from time to time ([`Tuning::return_after`]).
    pub brokers: Vec<Broker>,
    /// Proxy and bandwidth.
    pub network: Network,
    /// Mutual TLS.
    pub tls: Tls,
    /// The folder in which the device renews its certificate. An empty one takes over the certificate in `tls`, which is not
    /// looked at again afterwards. Without a folder, that one is used for ever.
    pub identities: Option<Arc<Mutex<Identities>>>,
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
            .field("network", &self.network)
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
    /// The proxy does not answer or does not let us through; the text, its status line if it has one, is for the log.
    Proxy(String),
    /// Something answers that is no broker: a network that wants somebody to log in first, most likely. It got nothing.
    Captive(String),
    /// The TLS handshake failed: a certificate of another authority or for another name, or no common ground. Somebody
    /// may be listening in between. The text is for the log.
    Tls(String),
    /// The broker's certificate is on a revocation list. It got nothing.
    BrokerRevoked,
    /// The broker does not take this device's certificate: revoked, expired or unknown; the alert is for the log.
    CertificateRefused(String),
    /// The broker said no at CONNACK.
    Refused(String),
    /// The broker does not let this device hear its answers.
    SubscriptionRefused,
    /// The broker ended it for a reason that has nothing to do with a row: it shuts down, is busy, or this device is
    /// connected twice; the text is for the log.
    Dismissed(String),
    /// The connection broke or the broker ended it; the text is for the log.
    Broken(String),
    /// Packets were in flight and nothing moved.
    Stalled,
    /// Nobody listened here for too long ([`Tuning::silence_after`]), and there are other addresses.
    Silence,
    /// The outbox could not be read.
    Outbox(String),
    /// A better address answers again ([`Tuning::return_after`]).
    Returning,
    /// A new certificate is to be proven.
    Renewing,
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
    /// A certificate for a key of this device. Only without [`Config::identities`]: with it the link looks after it.
    Grant(Grant),
    /// A city says what a number for a second signature leads to. Whoever asked compares the question.
    Second(SecondNotice),
    /// News of the device's own certificates.
    Identity(IdentityEvent),
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
    /// The device's key.
    #[error("the device's key cannot be used")]
    Key(#[source] KeyTrouble),
    /// TLS does not accept these files.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// A revocation list is not what it should be.
    #[error("a revocation list cannot be used")]
    Revocations(#[source] rustls::client::VerifierBuilderError),
    /// There is no usable certificate of this device.
    #[error("the device has no usable certificate")]
    Identity(#[source] IdentityError),
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
    credentials: Arc<Credentials>,
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
    credentials: Arc<Credentials>,
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
        let credentials = Arc::new(Credentials::new(&config)?);
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
            credentials: Arc::clone(&credentials),
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
            credentials,
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

    /// Asks the operator for a new certificate, on this connection or the next. Nothing happens without an operator or
    /// [`Config::identities`].
    pub fn renew(&self) {
        self.credentials.wish();
    }

    /// Says that somebody put a new certificate into [`Config::identities`]: it is tried as soon as a connection can be spared.
    pub fn renewed(&self) {
        self.credentials.changed();
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
    let cap = context.config.network.cap.up;
    let mut flight = flight::Flight::new(tuning).capped(cap);
    let brokers = &context.config.brokers;
    let mut route = Route::new(brokers.len(), tuning.return_after);
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
        let (better, rest_of) = brokers.split_at(route.at());
        let Some(broker) = rest_of.first() else {
            return;
        };
        context.enter(Mode::Connecting);
        let stay = if better.is_empty() {
            Duration::MAX
        } else {
            route.stay()
        };
        let ended = match context.credentials.choose(context) {
            Ok(choice) => {
                let attempt = Attempt {
                    broker,
                    better,
                    tls: &choice.tls,
                    trial: choice.trial,
                    patience: route.patience(),
                    stay,
                    only: brokers.len() == 1,
                };
                // On the heap: it is large, and one is made per connection.
                Box::pin(session::run(context, &attempt, &mut flight)).await
            }
            // It was there at the start, so this comes from the disk.
            Err(error) => Ended::vain(DisconnectReason::Tls(error.to_string())),
        };
        tracing::info!(reason = ?ended.reason, "disconnected");
        let (reason, off) = (
            ended.reason.clone(),
            ended.reason == DisconnectReason::SwitchedOff,
        );
        context.emit(LinkEvent::Disconnected { reason });
        if ended.moved {
            pause.reset();
        }
        match ended {
            Ended {
                home: Some(better), ..
            } => {
                route.go_home(better);
                continue;
            }
            Ended {
                reason: DisconnectReason::Renewing,
                ..
            } => continue,
            // Whether this broker serves is for the old certificate to say.
            Ended {
                failed_trial: true, ..
            } => {}
            Ended { moved: true, .. } => route.useful(),
            Ended { reason, .. } => route.vain(reason == DisconnectReason::Stalled),
        }
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
