//! A broker that cannot be trusted: it stands between a client and a real Mosquitto, ends TLS on both sides with the tests' keys,
//! and does with each MQTT packet what a script says.
//!
//! It also writes down everything that a curious broker can see. It reads frames only (MQTT 5.0 §2.1): the type, and of a
//! PUBLISH the topic and the payload; so it shares no code and no mistake with the product's client.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// MQTT packet types that scripts care about.
pub const PUBLISH: u8 = 3;
/// The answer to a QoS 1 publish.
pub const PUBACK: u8 = 4;

/// One packet on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The MQTT client id at this end.
    pub client: String,
    /// From the client to the broker.
    pub up: bool,
    /// Its type, 1 to 15.
    pub kind: u8,
    /// All of it.
    pub frame: Vec<u8>,
}

impl Packet {
    /// Where the variable header begins.
    fn body(&self) -> &[u8] {
        let skip = 1
            + self
                .frame
                .iter()
                .skip(1)
                .take_while(|b| **b >= 0x80)
                .count()
            + 1;
        self.frame.get(skip..).unwrap_or_default()
    }

    /// The topic of a PUBLISH.
    #[must_use]
    pub fn topic(&self) -> Option<String> {
        let (length, rest) = self.body().split_first_chunk::<2>()?;
        let topic = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        (self.kind == PUBLISH).then(|| String::from_utf8_lossy(topic).into_owned())
    }

    /// The packet id of a PUBLISH at QoS 1, or of a PUBACK.
    #[must_use]
    pub fn id(&self) -> Option<u16> {
        let at = match (self.kind, self.frame.first()) {
            (PUBLISH, Some(flags)) if flags & 6 == 2 => 2 + self.topic()?.len(),
            (PUBACK, _) => 0,
            _ => return None,
        };
        let (id, _) = self.body().get(at..)?.split_first_chunk::<2>()?;
        Some(u16::from_be_bytes(*id))
    }

    /// Whether its retain flag is set.
    #[must_use]
    pub fn retained(&self) -> bool {
        self.kind == PUBLISH && self.frame.first().is_some_and(|b| b & 1 == 1)
    }
}

/// What is done with a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It goes on.
    Pass,
    /// It is gone.
    Drop,
    /// It goes on twice.
    Twice,
    /// It waits until the next one has gone on.
    After,
    /// It goes on, and so does an older one from the same client in the same direction.
    WithOld,
    /// It is gone, and its sender is told that it was taken (a PUBLISH only), with this reason code.
    Lie(u8),
    /// Half of it goes on, and both ends lose their connection.
    Half,
    /// Both ends lose their connection.
    Close,
    /// Nothing from here on, on a connection that stays open.
    Silence,
    /// It goes to another client instead, if one is there.
    Stray,
}

/// Decides what is done with a packet.
pub type Script = Box<dyn FnMut(&Packet) -> Deed + Send>;

#[derive(Default)]
struct Inner {
    seen: Vec<Packet>,
    old: BTreeMap<(String, bool), Vec<Vec<u8>>>,
    /// Ways to clients that are connected.
    down: BTreeMap<String, mpsc::UnboundedSender<Vec<u8>>>,
    deeds: BTreeMap<&'static str, u64>,
}

struct Shared {
    inner: Mutex<Inner>,
    script: Mutex<Script>,
    pki: PathBuf,
    broker: u16,
}

fn held<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running one; ends when dropped.
pub struct Meddler {
    shared: Arc<Shared>,
    port: u16,
    _runtime: tokio::runtime::Runtime,
}

impl std::fmt::Debug for Meddler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Meddler({})", self.port)
    }
}

impl Meddler {
    /// Stands before the broker at `broker` (a port on this machine), with the keys in `pki`.
    ///
    /// # Errors
    /// When keys cannot be read or no port is free.
    pub fn before(broker: u16, pki: &Path, script: Script) -> Result<Self> {
        let shared = Arc::new(Shared {
            inner: Mutex::default(),
            script: Mutex::new(script),
            pki: pki.to_owned(),
            broker,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let acceptor = TlsAcceptor::from(Arc::new(server(pki)?));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let port = listener.local_addr()?.port();
        let all = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&all));
                // A connection that fails is what this is for.
                tokio::spawn(async move { drop(connection(stream, acceptor, shared).await) });
            }
        });
        Ok(Self {
            shared,
            port,
            _runtime: runtime,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// From now on this script decides.
    pub fn follow(&self, script: Script) {
        *held(&self.shared.script) = script;
    }

    /// Everything that passed by so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Packet> {
        held(&self.shared.inner).seen.clone()
    }

    /// How often each deed was done.
    #[must_use]
    pub fn deeds(&self) -> BTreeMap<&'static str, u64> {
        held(&self.shared.inner).deeds.clone()
    }

    /// Sends bytes to a client as if the broker had.
    pub fn send_to(&self, client: &str, frame: Vec<u8>) {
        if let Some(way) = held(&self.shared.inner).down.get(client) {
            let _ = way.send(frame);
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let pem = fs::read(path).with_context(|| path.display().to_string())?;
    Ok(CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>()?)
}

fn roots(pki: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&pki.join("broker-ca.pem"))? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

fn server(pki: &Path) -> Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots(pki)?), Arc::clone(&provider))
            .build()?;
    let key = PrivateKeyDer::from_pem_slice(&fs::read(pki.join("broker.key"))?)?;
    Ok(ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(clients)
        .with_single_cert(certificates(&pki.join("broker.pem"))?, key)?)
}

fn client(pki: &Path, stem: &str) -> Result<ClientConfig> {
    let key = PrivateKeyDer::from_pem_slice(&fs::read(pki.join(format!("{stem}.key")))?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(pki)?)
        .with_client_auth_cert(certificates(&pki.join(format!("{stem}.pem")))?, key)?)
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) -> Result<()> {
    stream.set_nodelay(true)?;
    let near = acceptor.accept(stream).await?;
    let (mut near_in, near_out) = tokio::io::split(near);
    let first = frame(&mut near_in).await?;
    let id = client_id(&first).context("not a CONNECT")?;
    let stem = if id.starts_with("city-") {
        id.clone()
    } else {
        format!("device-{id}")
    };
    let far = TcpStream::connect(("127.0.0.1", shared.broker)).await?;
    far.set_nodelay(true)?;
    let connector = TlsConnector::from(Arc::new(client(&shared.pki, &stem)?));
    let far = connector
        .connect(ServerName::try_from("localhost")?, far)
        .await?;
    let (far_in, far_out) = tokio::io::split(far);
    let (down, from_down) = mpsc::unbounded_channel();
    let (up, from_up) = mpsc::unbounded_channel();
    up.send(first)?;
    held(&shared.inner).down.insert(id.clone(), down.clone());
    // Whichever of the four ends first takes the connection with it.
    tokio::select! {
        ended = pump(near_in, &id, true, &up, &down, &shared) => ended,
        ended = pump(far_in, &id, false, &down, &up, &shared) => ended,
        ended = write(near_out, from_down) => ended,
        ended = write(far_out, from_up) => ended,
    }
}

/// Writes frames; an empty one means: close.
async fn write(
    mut out: impl AsyncWrite + Unpin,
    mut frames: mpsc::UnboundedReceiver<Vec<u8>>,
) -> Result<()> {
    while let Some(frame) = frames.recv().await {
        if frame.is_empty() {
            break;
        }
        out.write_all(&frame).await?;
        out.flush().await?;
    }
    Ok(())
}

type Way = mpsc::UnboundedSender<Vec<u8>>;

/// Reads one direction and does what the script says.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    client: &str,
    up: bool,
    on: &Way,
    back: &Way,
    shared: &Shared,
) -> Result<()> {
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    loop {
        let frame = frame(&mut from).await?;
        let packet = Packet {
            client: client.to_owned(),
            up,
            kind: frame.first().map_or(0, |b| b >> 4),
            frame,
        };
        let deed = (held(&shared.script))(&packet);
        let (old, stray) = remember(&packet, &deed, shared);
        match deed {
            Deed::Pass => on.send(packet.frame)?,
            Deed::Drop => {}
            Deed::Twice => {
                on.send(packet.frame.clone())?;
                on.send(packet.frame)?;
            }
            Deed::After => {
                waiting.push(packet.frame);
                continue;
            }
            Deed::WithOld => {
                on.send(packet.frame)?;
                if let Some(frame) = old {
                    on.send(frame)?;
                }
            }
            Deed::Lie(reason) => {
                if let Some([high, low]) = packet.id().map(u16::to_be_bytes) {
                    back.send(vec![PUBACK << 4, 3, high, low, reason])?;
                }
            }
            Deed::Half => {
                let half = packet.frame.len().div_ceil(2);
                on.send(packet.frame.into_iter().take(half).collect())?;
                on.send(Vec::new())?;
            }
            Deed::Close => return Ok(()),
            Deed::Silence => std::future::pending::<()>().await,
            Deed::Stray => match stray {
                Some(way) => way.send(packet.frame)?,
                None => on.send(packet.frame)?,
            },
        }
        for frame in waiting.drain(..) {
            on.send(frame)?;
        }
    }
}

/// Writes a packet down; answers what an old packet and another client would be.
fn remember(packet: &Packet, deed: &Deed, shared: &Shared) -> (Option<Vec<u8>>, Option<Way>) {
    let mut inner = held(&shared.inner);
    inner.seen.push(packet.clone());
    let name = match deed {
        Deed::Pass => "passed",
        Deed::Drop => "dropped",
        Deed::Twice => "doubled",
        Deed::After => "reordered",
        Deed::WithOld => "replayed",
        Deed::Lie(_) => "lied about",
        Deed::Half => "cut in half",
        Deed::Close => "closed",
        Deed::Silence => "silenced",
        Deed::Stray => "misdelivered",
    };
    *inner.deeds.entry(name).or_default() += 1;
    let key = (packet.client.clone(), packet.up);
    let old = inner.old.get(&key).and_then(|o| o.first()).cloned();
    if packet.kind == PUBLISH {
        inner.old.entry(key).or_default().push(packet.frame.clone());
    }
    let other = inner
        .down
        .iter()
        .find(|(id, _)| **id != packet.client && !id.starts_with("city-"));
    let stray = other.map(|(_, way)| way.clone());
    (old, stray)
}

/// Reads one MQTT packet: type, remaining length (§2.1.4), rest.
async fn frame(from: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let mut frame = vec![from.read_u8().await?];
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let byte = from.read_u8().await?;
        frame.push(byte);
        length |= usize::from(byte & 0x7F) << shift;
        shift += 7;
        anyhow::ensure!(shift <= 28, "a length of more than four bytes");
        if byte < 0x80 {
            break;
        }
    }
    let head = frame.len();
    frame.resize(head + length, 0);
    if let Some(rest) = frame.get_mut(head..) {
        from.read_exact(rest).await?;
    }
    Ok(frame)
}

/// The client id of a CONNECT (§3.1): after the protocol's name, version, flags, keep-alive and properties.
fn client_id(frame: &[u8]) -> Option<String> {
    let packet = Packet {
        client: String::new(),
        up: true,
        kind: frame.first()? >> 4,
        frame: frame.to_vec(),
    };
    let rest = packet.body().get(10..)?;
    let properties = usize::from(*rest.first()?);
    let (length, rest) = rest.get(1 + properties..)?.split_first_chunk::<2>()?;
    let id = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    (packet.kind == 1).then(|| String::from_utf8_lossy(id).into_owned())
}

/// The topics of all publishes that were seen.
#[must_use]
pub fn topics(seen: &[Packet]) -> BTreeSet<String> {
    seen.iter().filter_map(Packet::topic).collect()
}
