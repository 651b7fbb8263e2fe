//! The server at which devices register: TLS of its own, two addresses, no pages.
//!
//! | address | takes | answers |
//! |---|---|---|
//! | `POST /enrol/v1` | a request (CBOR) | the answer (CBOR), or 403 and `{"refused":"spent"}` |
//! | `POST /enrol/v1/wiped` | a device's last word (COSE) | 204, or 403 |
//!
//! It is apart from the pages because devices know nobody but the device CA's root, and because the reverse proxy in front of the
//! pages may see everything.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::Clock;
use crate::ingest::Registry;
use crate::operate::enrol::{Desk, Refused, take_wipe};
use crate::store::Store;

/// Largest request taken.
const MAX_BODY: usize = 16 * 1024;
/// How long a handshake or an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Handshakes at a time.
const AT_A_TIME: usize = 16;
/// Requests a minute: a hundred devices a day are many, and every refusal costs a line in the chain.
const A_MINUTE: u32 = 60;

/// What the door needs.
pub(crate) struct Door {
    pub(crate) desk: Desk,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    pub(crate) clock: Clock,
    /// Rung when a device is known that was not: what it sent before can leave the quarantine.
    pub(crate) let_in: Arc<Notify>,
    minute: AtomicI64,
    asked: AtomicU32,
}

impl Door {
    pub(crate) fn new(desk: Desk, store: Arc<dyn Store>, registry: Registry, clock: Clock) -> Self {
        Self {
            desk,
            store,
            registry,
            clock,
            let_in: Arc::default(),
            minute: AtomicI64::new(0),
            asked: AtomicU32::new(0),
        }
    }

    /// Whether this minute had too many already.
    fn too_many(&self, now: i64) -> bool {
        let minute = now / 60;
        if self.minute.swap(minute, Ordering::Relaxed) != minute {
            self.asked.store(0, Ordering::Relaxed);
        }
        self.asked.fetch_add(1, Ordering::Relaxed) >= A_MINUTE
    }
}

/// Serves until `stop` becomes true.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    door: Arc<Door>,
    mut stop: watch::Receiver<bool>,
) {
    let routes = Router::new()
        .route("/enrol/v1", post(enrol))
        .route("/enrol/v1/wiped", post(wiped))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(door);
    let served =
        axum::serve(Handshakes::of(listener, tls), routes).with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        });
    if let Err(error) = served.await {
        tracing::error!(%error, "the door for devices ended");
    }
}

/// Connections whose handshake is done, in the order in which they were.
struct Handshakes {
    done: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    _listening: tokio::task::JoinHandle<()>,
}

impl Handshakes {
    fn of(listener: TcpListener, tls: Arc<rustls::ServerConfig>) -> Self {
        let (to, done) = mpsc::channel(AT_A_TIME);
        let address = listener
            .local_addr()
            .unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 0)));
        Self {
            done,
            address,
            _listening: tokio::spawn(listen(listener, TlsAcceptor::from(tls), to)),
        }
    }
}

async fn listen(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    to: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = to.closed() => return,
        };
        let Ok((tcp, from)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        let (acceptor, to) = (acceptor.clone(), to.clone());
        tokio::spawn(async move {
            if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(tcp)).await {
                let _ = to.send((stream, from)).await;
            }
            drop(place);
        });
    }
}

impl Listener for Handshakes {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.done.recv().await {
            Some(one) => one,
            // nobody listens any more: the server is stopping
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

fn refused(refused: &Refused) -> Response {
    let status = if refused.is_ours() {
        tracing::error!(
            error = refused as &dyn std::error::Error,
            "a device could not be let in"
        );
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::FORBIDDEN
    };
    let body = serde_json::json!({ "refused": refused.code() }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn enrol(State(door): State<Arc<Door>>, body: Bytes) -> Response {
    let now = (door.clock)().as_second();
    if door.too_many(now) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let judged = door
        .desk
        .judge(door.store.as_ref(), &door.registry, &body, None, now)
        .await;
    match judged {
        Ok(answer) => {
            door.look_again().await;
            ([(header::CONTENT_TYPE, "application/cbor")], answer).into_response()
        }
        Err(why) => refused(&why),
    }
}

async fn wiped(State(door): State<Arc<Door>>, body: Bytes) -> Response {
    let now = (door.clock)().as_second();
    if door.too_many(now) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    match take_wipe(door.store.as_ref(), &door.registry, &body, now).await {
        Ok(_) => {
            door.look_again().await;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => refused(&why),
    }
}

impl Door {
    /// What was just written counts at once in this program; the others look by themselves.
    async fn look_again(&self) {
        match self.store.enrolled().await {
            Ok(devices) => {
                if self.registry.refresh(devices) {
                    self.let_in.notify_one();
                }
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the devices could not be read; the next look tries again"
            ),
        }
    }
}
