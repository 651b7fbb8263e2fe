//! An MQTT 5 broker that does what a test tells it, right or wrong, over mutual TLS on loopback.
//!
//! Answers for faults that no real broker can be made to show at a chosen moment: acknowledging and forgetting, replaying,
//! handing one client's answer to another, falling silent, ending at an exact byte. Without a script it is honest. It also
//! writes down every packet, as a curious broker would. Where a real broker can be made to show a fault, use
//! [`crate::broker::Mosquitto`].
//!
//! ```text
//!  client ──TLS──> reader ──frame──> Hub: record, script ─> deed ─> sessions, retained, other clients
//!                                     │
//!  client <─TLS─── writer <── frames, pauses, ends
//! ```

pub mod codec;
mod hub;
mod script;

use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsAcceptor;

use crate::Error;
use crate::pki::Pki;
use hub::{Hub, Next, Out};
pub use hub::{Limits, Record, Seen};
pub use script::{Deed, Point, Rule, Script, Sight, chance};

/// How long a wait may take; only a guard against hanging.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the broker's thread and its owner share.
struct Shared {
    hub: Mutex<Hub>,
    changed: Condvar,
    tls: Mutex<Arc<ServerConfig>>,
    pki: PathBuf,
    stop: Notify,
}

impl Shared {
    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something and lets everybody who waits look again.
    fn with<T>(&self, change: impl FnOnce(&mut Hub) -> T) -> T {
        let result = change(&mut self.hub());
        self.changed.notify_all();
        result
    }
}

/// A running scripted broker; ends when dropped.
pub struct Scripted {
    shared: Arc<Shared>,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scripted({})", self.port)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.shared.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was reported there.
            let _ = thread.join();
        }
    }
}

impl Scripted {
    /// Starts an honest broker with the keys of `pki` on a free port.
    ///
    /// # Errors
    /// When a key cannot be used, no port is free, or no thread is left.
    pub fn start(pki: &Pki) -> Result<Self, Error> {
        let tls = server(pki.dir(), "broker")?;
        let failed = |source| Error::Wire { target: 0, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::Runtime)?;
        let shared = Arc::new(Shared {
            hub: Mutex::new(Hub::new()),
            changed: Condvar::new(),
            tls: Mutex::new(tls),
            pki: pki.dir().to_owned(),
            stop: Notify::new(),
        });
        let all = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("scripted-broker".to_owned())
            .spawn(move || runtime.block_on(listen(listener, &all)))
            .map_err(Error::Runtime)?;
        Ok(Self {
            shared,
            port,
            thread: Some(thread),
        })
    }

    /// The host name to connect to; the certificate is made for it.
    #[must_use]
    pub const fn host(&self) -> &'static str {
        "localhost"
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Follows a script, after those it follows already.
    pub fn follow(&self, script: Script) {
        self.shared.with(|hub| hub.add(script));
    }

    /// Follows a rule.
    pub fn rule(&self, rule: Rule) {
        self.follow(rule.script());
    }

    /// Is honest from now on, and lets go of what it kept back. Clients that it treats with silence find that out by themselves.
    pub fn calm(&self) {
        self.shared.with(Hub::calm);
    }

    /// Lets go of what it kept back.
    pub fn release(&self) {
        self.shared.with(Hub::release);
    }

    /// What the next clients are told, and held to.
    pub fn limit(&self, limits: Limits) {
        self.shared.with(|hub| hub.limits = limits);
    }

    /// Whether connections are taken. `false` also ends those there are.
    pub fn open(&self, open: bool) {
        self.shared.with(|hub| {
            hub.open = open;
            if !open {
                hub.kick(None);
            }
        });
    }

    /// Ends a client's connection.
    pub fn kick(&self, client: &str) {
        self.shared.with(|hub| hub.kick(Some(client)));
    }

    /// Forgets a client's session while it may still be connected.
    pub fn forget(&self, client: &str) {
        self.shared.with(|hub| hub.forget(client));
    }

    /// As if killed and started again: every connection ends; sessions, queues and retained messages are gone.
    pub fn restart(&self) {
        self.shared.with(Hub::die);
    }

    /// Publishes something that nobody sent.
    pub fn inject(&self, topic: &str, payload: Vec<u8>) {
        let message = codec::Message {
            topic: topic.to_owned(),
            payload,
            qos: 1,
            retain: false,
            properties: Vec::new(),
        };
        self.shared.with(|hub| hub.published(&message));
    }

    /// Publishes a message again that passed by before.
    pub fn replay(&self, seen: &Seen) {
        if let Ok(codec::Packet::Publish(message, _)) = codec::decode(&seen.frame) {
            self.shared.with(|hub| hub.published(&message));
        }
    }

    /// Writes bytes to a client.
    pub fn write(&self, client: &str, bytes: Vec<u8>) {
        self.shared.with(|hub| hub.write_raw(client, bytes));
    }

    /// From the next handshake on, shows this certificate of its PKI (`<stem>.pem`, `<stem>.key`).
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn show(&self, stem: &str) -> Result<(), Error> {
        let tls = server(&self.shared.pki, stem)?;
        *self
            .shared
            .tls
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = tls;
        Ok(())
    }

    /// Everything noted so far.
    #[must_use]
    pub fn record(&self) -> Record {
        self.shared.hub().record.clone()
    }

    /// Whether a client is connected.
    #[must_use]
    pub fn has(&self, client: &str) -> bool {
        self.shared.hub().is_connected(client)
    }

    /// Waits until the record is as wanted.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after a minute.
    pub fn wait(&self, awaited: &str, good: impl Fn(&Record) -> bool) -> Result<(), Error> {
        self.wait_hub(awaited, |hub| good(&hub.record))
    }

    /// Waits until a client is connected, or not.
    ///
    /// # Errors
    /// As [`Scripted::wait`].
    pub fn wait_connected(&self, client: &str, connected: bool) -> Result<(), Error> {
        let awaited = format!("{client} connected: {connected}");
        self.wait_hub(&awaited, |hub| hub.is_connected(client) == connected)
    }

    fn wait_hub(&self, awaited: &str, good: impl Fn(&Hub) -> bool) -> Result<(), Error> {
        let end = Instant::now() + PATIENCE;
        let mut hub = self.shared.hub();
        while !good(&hub) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::TimedOut {
                    name: "the scripted broker".to_owned(),
                    awaited: awaited.to_owned(),
                    within: PATIENCE,
                    tail: tail(&hub.record),
                });
            }
            hub = self
                .shared
                .changed
                .wait_timeout(hub, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(())
    }
}

/// The last packets, for a message.
fn tail(record: &Record) -> String {
    let last: Vec<String> = record
        .seen
        .iter()
        .rev()
        .take(20)
        .rev()
        .map(|s| {
            let way = if s.up { "from" } else { "to" };
            let topic = s.topic.as_deref().unwrap_or_default();
            format!("{:?} {way} {}: type {}, {topic}", s.at, s.client, s.kind)
        })
        .collect();
    last.join("\n")
}

fn server(pki: &Path, stem: &str) -> Result<Arc<ServerConfig>, Error> {
    let read = |name: String| {
        let path = pki.join(name);
        fs::read(&path).map_err(Error::file("read", path))
    };
    let chain = |pem: Vec<u8>| {
        CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::ScriptedPem)
    };
    let mut roots = RootCertStore::empty();
    for certificate in chain(read("broker-ca.pem".to_owned())?)? {
        roots.add(certificate).map_err(Error::ScriptedTls)?;
    }
    let key =
        PrivateKeyDer::from_pem_slice(&read(format!("{stem}.key"))?).map_err(Error::ScriptedPem)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(Error::ScriptedVerifier)?;
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::ScriptedTls)?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain(read(format!("{stem}.pem"))?)?, key)
        .map(Arc::new)
        .map_err(Error::ScriptedTls)
}

async fn listen(listener: TcpListener, shared: &Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let mut connections = 0;
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
            () = shared.stop.notified() => return,
        };
        if !shared.hub().open {
            continue;
        }
        connections += 1;
        let shared = Arc::clone(shared);
        tokio::spawn(async move { accepted(stream, connections, &shared).await });
    }
}

/// One TCP connection, from its beginning to its end.
async fn accepted(stream: TcpStream, connection: u64, shared: &Arc<Shared>) {
    // Small packets go at once, as with any broker.
    let _ = stream.set_nodelay(true);
    let deed = shared.with(|hub| {
        hub.record.accepted += 1;
        hub.decide(Point::Accept, "", "")
    });
    let (read, written) = match deed {
        Deed::Close => return,
        Deed::Silence => return swallow(stream).await,
        Deed::Deaf => {
            let _open = stream;
            return std::future::pending().await;
        }
        Deed::EndAt { read, written } => (read, written),
        _ => (u64::MAX, u64::MAX),
    };
    let tls = Arc::clone(&shared.tls.lock().unwrap_or_else(PoisonError::into_inner));
    let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await else {
        shared.with(|hub| hub.record.unshaken += 1);
        return;
    };
    let (from, to) = tokio::io::split(stream);
    let (out, frames) = mpsc::unbounded_channel();
    tokio::select! {
        () = read_all(from.take(read), connection, &out, shared) => {}
        () = write_all(to, frames, written) => {}
    }
    shared.with(|hub| {
        if let Some(client) = hub.client_of(connection) {
            hub.gone(&client, connection);
        }
    });
}

/// Reads and never answers.
async fn swallow(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
}

async fn read_all(
    mut from: impl AsyncRead + Unpin,
    connection: u64,
    out: &mpsc::UnboundedSender<Out>,
    shared: &Shared,
) {
    let mut client: Option<String> = None;
    loop {
        let Some((head, length)) = head(&mut from).await else {
            return;
        };
        if let Some(client) = &client
            && shared.with(|hub| hub.too_large(client, head.len() + length))
        {
            return end(out).await;
        }
        let Some(frame) = body(&mut from, head, length).await else {
            return;
        };
        let next = match &client {
            Some(client) => shared.with(|hub| hub.packet(client, connection, &frame)),
            None => match shared.with(|hub| hub.connect(&frame, connection, out)) {
                Some((id, next)) => {
                    client = Some(id);
                    next
                }
                None => Next::Close,
            },
        };
        match next {
            Next::Read => {}
            Next::Deaf => return std::future::pending().await,
            Next::Close => return end(out).await,
        }
    }
}

/// Lets the writer write what it has, then end the connection.
async fn end(out: &mpsc::UnboundedSender<Out>) {
    let _ = out.send(Out::Close);
    out.closed().await;
}

/// Writes until it is told to end, or has written so many bytes.
async fn write_all(
    mut to: impl AsyncWrite + Unpin,
    mut frames: mpsc::UnboundedReceiver<Out>,
    mut left: u64,
) {
    while let Some(out) = frames.recv().await {
        let frame = match out {
            Out::Frame(frame) => frame,
            Out::Wait(time) => {
                tokio::time::sleep(time).await;
                continue;
            }
            Out::Close => break,
        };
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let part = frame.get(..most).unwrap_or(&frame);
        if to.write_all(part).await.is_err() || to.flush().await.is_err() {
            return;
        }
        left = left.saturating_sub(u64::try_from(frame.len()).unwrap_or(u64::MAX));
        if left == 0 {
            break;
        }
    }
    let _ = to.shutdown().await;
}

/// The first byte and the length of a packet (§2.1.4): what was read, and how much follows.
async fn head(from: &mut (impl AsyncRead + Unpin)) -> Option<(Vec<u8>, usize)> {
    let mut head = vec![from.read_u8().await.ok()?];
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = from.read_u8().await.ok()?;
        head.push(byte);
        length |= usize::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some((head, length));
        }
    }
    None
}

async fn body(
    from: &mut (impl AsyncRead + Unpin),
    mut frame: Vec<u8>,
    length: usize,
) -> Option<Vec<u8>> {
    let start = frame.len();
    frame.resize(start + length, 0);
    from.read_exact(frame.get_mut(start..)?).await.ok()?;
    Some(frame)
}
