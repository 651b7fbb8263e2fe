//! Asks: one connection for one question, bounded in time and size; redirects are not followed.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use ubugoe_protocol::{KeyError, SigningKey, VerifyingKey};

use crate::message::signature_header;
use crate::{Answer, HeadError, MAX_BODY, Request};

/// Where somebody listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `host:port`, as the network knows it.
    pub address: String,
    /// The name in their certificate.
    pub name: String,
}

/// Why there is no answer that counts. Codes are kept and shown; see [`AskError::code`].
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The question itself may not be sent.
    #[error("the question is not sendable")]
    Question,
    /// Our key cannot sign.
    #[error("the question cannot be signed")]
    Key(#[from] KeyError),
    /// Nobody listens, or the connection broke.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// One side does not accept the other's certificate.
    #[error("no trusted connection")]
    Tls(#[source] std::io::Error),
    /// Not HTTP, or cut off in the middle.
    #[error("the connection broke off")]
    Http(#[source] hyper::Error),
    /// Not in time.
    #[error("no answer in time")]
    TimedOut,
    /// More than [`MAX_BODY`].
    #[error("the answer is larger than {MAX_BODY} bytes")]
    TooLarge,
    /// The head is not readable.
    #[error("the answer's head cannot be read")]
    Head(#[from] HeadError),
    /// It answers another question.
    #[error("the answer is for another question")]
    Stranger,
    /// The signature is missing or not theirs.
    #[error("the answer is not signed by whom we asked")]
    Signature,
}

impl AskError {
    /// The code that is kept: `asked.…`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Question | Self::Key(_) => "unsendable",
            Self::Connect(_) => "down",
            Self::Tls(_) => "untrusted",
            Self::Http(_) => "broken-off",
            Self::TimedOut => "timed-out",
            Self::TooLarge => "too-large",
            Self::Head(_) => "garbled",
            Self::Stranger => "stranger",
            Self::Signature => "bad-signature",
        }
    }
}

/// An answer that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its head.
    pub answer: Answer,
    /// Its body.
    pub body: Vec<u8>,
    /// Their signature.
    pub signature: Vec<u8>,
}

/// Asks in the name of one subsystem.
#[derive(Clone)]
pub struct Dialer {
    tls: Arc<ClientConfig>,
    key: SigningKey,
    patience: Duration,
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialer({:?})", self.patience)
    }
}

impl Dialer {
    /// With this side's TLS, key, and the time that one question may take.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>, key: SigningKey, patience: Duration) -> Self {
        Self { tls, key, patience }
    }

    /// Asks once. The answer is theirs, for this question, unchanged.
    ///
    /// # Errors
    /// [`AskError`]. Whether the question arrived is then unknown: ask again under the same id.
    pub async fn ask(
        &self,
        place: &Place,
        request: &Request,
        body: Vec<u8>,
        theirs: &VerifyingKey,
    ) -> Result<Answered, AskError> {
        if !request.is_sendable() || body.len() > MAX_BODY {
            return Err(AskError::Question);
        }
        let signature = request.sign(&body, &self.key)?;
        let (status, headers, answer_body) =
            tokio::time::timeout(self.patience, self.send(place, request, &body, &signature))
                .await
                .map_err(|_| AskError::TimedOut)??;
        let named = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()));
        let (answer, signature) = Answer::parse(status, named)?;
        let signature = signature.ok_or(AskError::Signature)?;
        if !answer.is_signed(&answer_body, &signature, theirs) {
            return Err(AskError::Signature);
        }
        if !answer.answers(request, &body) {
            return Err(AskError::Stranger);
        }
        Ok(Answered {
            answer,
            body: answer_body,
            signature,
        })
    }

    async fn send(
        &self,
        place: &Place,
        request: &Request,
        body: &[u8],
        signature: &[u8],
    ) -> Result<(u16, hyper::HeaderMap, Vec<u8>), AskError> {
        let name = ServerName::try_from(place.name.clone()).map_err(|_| AskError::Question)?;
        let tcp = TcpStream::connect(&place.address)
            .await
            .map_err(AskError::Connect)?;
        let tls = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, tcp)
            .await
            .map_err(AskError::Tls)?;
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(64 * 1024)
            .handshake(TokioIo::new(tls))
            .await
            .map_err(AskError::Http)?;
        let mut question = hyper::Request::builder()
            .method(request.method.as_str())
            .uri(request.target())
            .header("host", &place.name)
            .header("connection", "close")
            .header("accept", crate::message::JSON);
        for (name, value) in request.headers() {
            question = question.header(name, value);
        }
        let (name, value) = signature_header(signature);
        let question = question
            .header(name, value)
            .body(Full::new(Bytes::copy_from_slice(body)))
            .map_err(|_| AskError::Question)?;
        let exchange = async {
            let answer = sender
                .send_request(question)
                .await
                .map_err(AskError::Http)?;
            let (head, answer_body) = answer.into_parts();
            let read = Limited::new(answer_body, MAX_BODY).collect().await;
            let bytes = read.map_err(|error| match error.downcast::<hyper::Error>() {
                Ok(error) => AskError::Http(*error),
                Err(error) if error.is::<LengthLimitError>() => AskError::TooLarge,
                Err(_) => AskError::TooLarge,
            })?;
            Ok((
                head.status.as_u16(),
                head.headers,
                bytes.to_bytes().to_vec(),
            ))
        };
        // the connection does the work while the exchange waits; it ends with it
        let connection = async {
            match connection.await {
                Ok(()) => std::future::pending::<AskError>().await,
                Err(error) if refused(&error) => AskError::Tls(std::io::Error::other(error)),
                Err(error) => AskError::Http(error),
            }
        };
        tokio::select! {
            biased;
            broken = connection => Err(broken),
            done = exchange => done,
        }
    }
}

/// With TLS 1.3 a server says that it refuses our certificate only after our handshake is over.
fn refused(error: &hyper::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<rustls::Error>() {
            return true;
        }
        // an I/O error shows the error that it carries, not itself, as its source
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
        {
            return true;
        }
        source = error.source();
    }
    false
}
