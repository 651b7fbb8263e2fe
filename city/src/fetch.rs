//! One HTTP request outward, and its answer.
//!
//! Answers for TCP, TLS and HTTP/1.1 with bounds: one task, an end in time, an end in size, few at a time. Follows no
//! redirect, keeps no connection, and speaks plain HTTP to this machine only. Must not know what it carries.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

/// Largest answer taken, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// Most requests at a time; the next ones wait, within their own time.
const AT_A_TIME: usize = 8;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address is not one that is asked.
    #[error("{0:?} is no address to ask: https, or http on this machine")]
    Address(String),
    /// Nobody answers there.
    #[error("nobody answers")]
    Connect(#[source] std::io::Error),
    /// What answers is not HTTP/1.1, is too large, or breaks off.
    #[error("the answer cannot be read")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It took too long.
    #[error("no answer in time")]
    Late,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum FetchSetUpError {
    /// The authorities' file.
    #[error("the authorities cannot be read")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// One of the certificates, or the cryptography.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Sends requests.
pub(crate) struct Fetch {
    tls: TlsConnector,
    patience: Duration,
    turns: Semaphore,
}

/// Whether a host is this machine.
pub(crate) fn loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// TLS to whoever one of these authorities (PEM) vouches for.
///
/// # Errors
/// [`FetchSetUpError`].
pub(crate) fn trusting(ca_pem: &[u8]) -> Result<rustls::ClientConfig, FetchSetUpError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem) {
        roots
            .add(certificate.map_err(FetchSetUpError::Pem)?)
            .map_err(FetchSetUpError::Tls)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(FetchSetUpError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Both directions of a connection, with or without TLS.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl Fetch {
    /// Trusts these authorities, and waits so long for each answer.
    ///
    /// # Errors
    /// [`FetchSetUpError`].
    pub(crate) fn new(ca_pem: &[u8], patience: Duration) -> Result<Self, FetchSetUpError> {
        Ok(Self {
            tls: TlsConnector::from(Arc::new(trusting(ca_pem)?)),
            patience,
            turns: Semaphore::new(AT_A_TIME),
        })
    }

    /// Sends one request and reads its whole answer.
    ///
    /// # Errors
    /// [`FetchError`].
    pub(crate) async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let work = async {
            let _turn = self.turns.acquire().await.map_err(|_| FetchError::Late)?;
            let wire = self.dial(request.uri()).await?;
            exchange(wire, request).await
        };
        tokio::time::timeout(self.patience, work)
            .await
            .unwrap_or(Err(FetchError::Late))
    }

    async fn dial(&self, uri: &Uri) -> Result<Box<dyn Wire>, FetchError> {
        let unasked = || FetchError::Address(uri.to_string());
        let host = uri.host().ok_or_else(unasked)?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if loopback(host) => false,
            _ => return Err(unasked()),
        };
        let bare = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tcp = TcpStream::connect((bare.as_str(), port))
            .await
            .map_err(FetchError::Connect)?;
        if !secure {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(bare).map_err(|_| unasked())?;
        let wire = self.tls.connect(name, tcp).await;
        Ok(Box::new(wire.map_err(FetchError::Connect)?))
    }
}

async fn exchange(
    wire: Box<dyn Wire>,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, FetchError> {
    let unread = |error: hyper::Error| FetchError::Answer(Box::new(error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(wire)).await.map_err(unread)?;
    let answer = async {
        let answer = sender
            .send_request(addressed(request)?)
            .await
            .map_err(unread)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER)
            .collect()
            .await
            .map_err(FetchError::Answer)?;
        Ok(Response::from_parts(head, body.to_bytes().to_vec()))
    };
    tokio::pin!(answer, connection);
    let mut open = true;
    loop {
        // the connection moves the bytes; when it has ended the answer is either there or an error
        tokio::select! {
            biased;
            done = &mut answer => return done,
            _ = &mut connection, if open => open = false,
        }
    }
}

/// The request as HTTP/1.1 has it: path in the first line, host in a header.
fn addressed(request: Request<Vec<u8>>) -> Result<Request<Full<Bytes>>, FetchError> {
    let (mut head, body) = request.into_parts();
    let unasked = |uri: &Uri| FetchError::Address(uri.to_string());
    let authority = head.uri.authority().ok_or_else(|| unasked(&head.uri))?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| unasked(&head.uri))?;
    let path = head.uri.path_and_query().map(ToString::to_string);
    let path = path.as_deref().unwrap_or("/").parse();
    let path: Uri = path.map_err(|_| unasked(&head.uri))?;
    head.uri = path;
    head.headers.insert(HOST, host);
    Ok(Request::from_parts(head, Full::new(Bytes::from(body))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(loopback(host), "{host}");
        }
        for host in [
            "",
            "10.0.0.1",
            "id.asukoe.example",
            "127.0.0.1.example",
            "localhost.example",
        ] {
            assert!(!loopback(host), "{host}");
        }
    }
}
