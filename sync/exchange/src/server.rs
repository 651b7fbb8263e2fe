//! Is asked: takes connections of the exchange's members only, bounded in number, time and size.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::{MAX_BODY, Peer};

/// Connections at a time.
const MOST: usize = 128;
/// How long a handshake, a head, a body may take, each.
const PATIENCE: Duration = Duration::from_secs(20);

/// A question as it came, bounded but not read.
#[derive(Debug)]
pub struct Asked {
    /// Whose certificate.
    pub peer: Peer,
    /// HTTP method.
    pub method: String,
    /// Path and query, untouched.
    pub target: String,
    /// All headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; `None` when it was larger than [`MAX_BODY`] or broke off.
    pub body: Option<Vec<u8>>,
}

/// What is sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// How the body goes out.
    pub pace: Pace,
}

/// How a body goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// At once.
    Whole,
    /// The connection ends without an answer: simulators only.
    Never,
}

/// Answers questions.
#[async_trait]
pub trait Answering: Send + Sync + 'static {
    /// Answers one. Never fails: what goes wrong is an answer too.
    async fn answer(&self, asked: Asked) -> Reply;
}

/// Serves until `stop` becomes true; open exchanges end by themselves or with their patience.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    answering: Arc<dyn Answering>,
    mut stop: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let places = Arc::new(Semaphore::new(MOST));
    let mut open = JoinSet::new();
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&places).acquire_owned() => permit,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        while open.try_join_next().is_some() {}
        match accepted {
            Ok((tcp, _)) => {
                let (acceptor, answering) = (acceptor.clone(), Arc::clone(&answering));
                open.spawn(async move {
                    connection(tcp, acceptor, answering).await;
                    drop(permit);
                });
            }
            // out of file descriptors, or a peer that was gone before it was taken
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::task::yield_now().await;
            }
        }
    }
    // what is being answered may end; what waits for nothing may not hold the program
    let _ = tokio::time::timeout(Duration::from_secs(2), async {
        while open.join_next().await.is_some() {}
    })
    .await;
}

async fn connection(tcp: TcpStream, acceptor: TlsAcceptor, answering: Arc<dyn Answering>) {
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(tcp)).await else {
        tracing::info!("somebody without a certificate of the exchange was refused");
        return;
    };
    let (_, session) = stream.get_ref();
    let first = session.peer_certificates().and_then(<[_]>::first);
    let Some(certificate) = first else {
        return;
    };
    let peer = Peer::new(certificate.clone().into_owned());
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (peer, answering) = (peer.clone(), Arc::clone(&answering));
        async move { one(peer, request, answering).await }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(64 * 1024)
        .max_headers(64)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "an exchange broke off");
    }
}

/// No answer at all.
#[derive(Debug, thiserror::Error)]
#[error("the connection is to end without an answer")]
struct Silence;

async fn one(
    peer: Peer,
    request: hyper::Request<Incoming>,
    answering: Arc<dyn Answering>,
) -> Result<hyper::Response<Full<Bytes>>, Silence> {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await;
    let asked = Asked {
        peer,
        method: head.method.as_str().to_owned(),
        target: head
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: match body {
            Ok(Ok(body)) => Some(body.to_bytes().to_vec()),
            _ => None,
        },
    };
    let reply = answering.answer(asked).await;
    if reply.pace == Pace::Never {
        return Err(Silence);
    }
    Ok(response(reply))
}

fn response(reply: Reply) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let whole = response.body(Full::new(Bytes::from(reply.body)));
    whole.unwrap_or_else(|_| {
        let mut plain = hyper::Response::new(Full::new(Bytes::new()));
        *plain.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        plain
    })
}
