//! A question and its answer: headers, request hash, signatures.
//!
//! ```text
//! POST /r1/{provider's five parts}{path}?{query}      X-Road-Client, X-Road-Id, X-Road-Issue, X-Road-UserId
//! answer:  X-Road-Client, X-Road-Service, X-Road-Id, X-Road-Request-Id, X-Road-Request-Hash, X-Road-Error
//! ```
//! The *head* of a message is one text: first line, then `name:value` of every header above in the order of their names.
//! It is what is hashed, signed (`X-Ubugoe-Signature`, our own header) and logged. `X-Road-Request-Hash` =
//! base64(SHA-512(SHA-512(head) + SHA-512(body))) of the question. Unknown headers are ignored and not signed.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha512};
use ubugoe_protocol::{KeyError, SigningKey, VerifyingKey, detached};

use crate::{MAX_TARGET, MessageId, Service, Subsystem};

/// Under the signature of a question.
const ASKED: &str = "ubugoe-exchange-request";
/// Under the signature of an answer.
const ANSWERED: &str = "ubugoe-exchange-response";
/// Longest value of a header, in bytes: four parts of 64 four-byte characters.
const MAX_VALUE: usize = 4 * 64 * 12 + 3;
/// Longest `X-Road-UserId` and `X-Road-Issue`.
const MAX_WORD: usize = 64;

/// The media type of everything here but FHIR.
pub const JSON: &str = "application/json";
/// The media type of FHIR bundles.
pub const FHIR_JSON: &str = "application/fhir+json";

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// To know.
    Get,
    /// To hand over.
    Post,
}

impl Method {
    /// As it stands in HTTP.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Why a head is not one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Neither GET nor POST.
    #[error("only GET and POST are known")]
    Method,
    /// Not `/r1/` and five parts, too long, or with characters that do not belong there.
    #[error("the target is no address of a service")]
    Target,
    /// A header is needed.
    #[error("{name} is missing")]
    Missing {
        /// Which.
        name: &'static str,
    },
    /// A header stands twice.
    #[error("{name} stands twice")]
    Twice {
        /// Which.
        name: &'static str,
    },
    /// A header's value cannot be what it should be.
    #[error("{name} is not readable")]
    Value {
        /// Which.
        name: &'static str,
    },
}

const CONTENT_TYPE: &str = "content-type";
const CLIENT: &str = "x-road-client";
const ERROR: &str = "x-road-error";
const ID: &str = "x-road-id";
const ISSUE: &str = "x-road-issue";
const REQUEST_HASH: &str = "x-road-request-hash";
const REQUEST_ID: &str = "x-road-request-id";
const SERVICE: &str = "x-road-service";
const USER: &str = "x-road-userid";
const SIGNATURE: &str = "x-ubugoe-signature";
const KNOWN: [&str; 10] = [
    CONTENT_TYPE,
    CLIENT,
    ERROR,
    ID,
    ISSUE,
    REQUEST_HASH,
    REQUEST_ID,
    SERVICE,
    USER,
    SIGNATURE,
];

/// Name and value as they came; names in any case.
pub type Header<'a> = (&'a str, &'a [u8]);

/// The headers that mean something here, each at most once.
struct Headers<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Headers<'a> {
    fn read(headers: impl Iterator<Item = Header<'a>>) -> Result<Self, HeadError> {
        let mut known: Vec<(&'static str, &'a str)> = Vec::new();
        for (name, value) in headers {
            let Some(name) = KNOWN.into_iter().find(|k| k.eq_ignore_ascii_case(name)) else {
                continue;
            };
            if known.iter().any(|(before, _)| *before == name) {
                return Err(HeadError::Twice { name });
            }
            let value = std::str::from_utf8(value)
                .ok()
                .filter(|v| {
                    v.len() <= MAX_VALUE && v.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
                })
                .ok_or(HeadError::Value { name })?;
            known.push((name, value.trim_matches(' ')));
        }
        Ok(Self(known))
    }

    fn optional<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, HeadError> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, value)| read(value).ok_or(HeadError::Value { name }))
            .transpose()
    }

    fn needed<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, HeadError> {
        self.optional(name, read)?
            .ok_or(HeadError::Missing { name })
    }
}

fn word(text: &str) -> Option<String> {
    let fits = (1..=MAX_WORD).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._/".contains(&b));
    fits.then(|| text.to_owned())
}

/// `type/subtype` in lower case, without parameters.
fn media_type(text: &str) -> Option<String> {
    let kind = text.split(';').next()?.trim().to_ascii_lowercase();
    let fits = (3..=MAX_WORD).contains(&kind.len())
        && kind.matches('/').count() == 1
        && kind
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.+/".contains(&b));
    fits.then_some(kind)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text)
        .ok()
        .filter(|bytes| bytes.len() == 64)
}

/// A path behind the service: empty, or `/` and plain characters; never a name of a person.
fn is_path(path: &str) -> bool {
    path.is_empty()
        || path.starts_with('/')
            && path
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b))
            && path.split('/').all(|part| part != "." && part != "..")
}

fn is_query(query: &str) -> bool {
    query
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-._~=&".contains(&b))
}

/// SHA-512 over the SHA-512 of the head and the SHA-512 of the body.
#[must_use]
pub fn digest(head: &str, body: &[u8]) -> [u8; 64] {
    both(&Sha512::digest(head.as_bytes()).into(), &body_digest(body))
}

/// SHA-512 of a body.
#[must_use]
pub fn body_digest(body: &[u8]) -> [u8; 64] {
    Sha512::digest(body).into()
}

/// [`digest`], from the digests of head and body: for a log that has no bodies.
#[must_use]
pub fn both(head: &[u8; 64], body: &[u8; 64]) -> [u8; 64] {
    Sha512::new()
        .chain_update(head)
        .chain_update(body)
        .finalize()
        .into()
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Who is asked for what.
    pub service: Service,
    /// What follows the service: empty, or `/…` of `A–Z a–z 0–9 / - . _ ~`.
    pub path: String,
    /// Without the question mark; `A–Z a–z 0–9 - . _ ~ = &`.
    pub query: Option<String>,
    /// Who asks.
    pub client: Subsystem,
    /// The same for every repetition.
    pub id: MessageId,
    /// Who of the asking side, as that side calls them: 1 to 64 of `A–Z a–z 0–9 - . _ /`.
    pub user: Option<String>,
    /// The number of the application that it is about: the same characters.
    pub issue: Option<String>,
    /// Type of the body.
    pub content_type: Option<String>,
}

impl Request {
    /// Reads the head of a question and its signature.
    ///
    /// # Errors
    /// [`HeadError`], naming what cannot be read.
    pub fn parse<'a>(
        method: &str,
        target: &str,
        headers: impl Iterator<Item = Header<'a>>,
    ) -> Result<(Self, Option<Vec<u8>>), HeadError> {
        let method = match method {
            "GET" => Method::Get,
            "POST" => Method::Post,
            _ => return Err(HeadError::Method),
        };
        let headers = Headers::read(headers)?;
        let (service, path, query) = target_parts(target)?;
        let request = Self {
            method,
            service,
            path,
            query,
            client: headers.needed(CLIENT, |v| v.parse().ok())?,
            id: headers.needed(ID, |v| v.parse().ok())?,
            user: headers.optional(USER, word)?,
            issue: headers.optional(ISSUE, word)?,
            content_type: headers.optional(CONTENT_TYPE, media_type)?,
        };
        Ok((request, headers.optional(SIGNATURE, base64)?))
    }

    /// `/r1/…`, as it is sent.
    #[must_use]
    pub fn target(&self) -> String {
        let mut target = format!("/r1/{}{}", self.service, self.path);
        if let Some(query) = &self.query {
            target.push('?');
            target.push_str(query);
        }
        target
    }

    /// Whether [`Request::parse`] would take it: for what was put together by hand.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        self.target().len() <= MAX_TARGET
            && is_path(&self.path)
            && self.query.as_deref().is_none_or(is_query)
            && [&self.user, &self.issue]
                .into_iter()
                .flatten()
                .all(|text| word(text).as_deref() == Some(text))
            && self
                .content_type
                .as_deref()
                .is_none_or(|text| media_type(text).as_deref() == Some(text))
    }

    /// The headers, without the signature.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::with_capacity(5);
        if let Some(kind) = &self.content_type {
            headers.push((CONTENT_TYPE, kind.clone()));
        }
        headers.push((CLIENT, self.client.to_string()));
        headers.push((ID, self.id.to_string()));
        if let Some(issue) = &self.issue {
            headers.push((ISSUE, issue.clone()));
        }
        if let Some(user) = &self.user {
            headers.push((USER, user.clone()));
        }
        headers
    }

    /// What is hashed, signed and logged.
    #[must_use]
    pub fn head(&self) -> String {
        head(
            &format!("{} {}", self.method.as_str(), self.target()),
            &self.headers(),
        )
    }

    /// `X-Road-Request-Hash` of this question with this body.
    #[must_use]
    pub fn hash(&self, body: &[u8]) -> [u8; 64] {
        digest(&self.head(), body)
    }

    /// Signs it in the name of whoever asks.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn sign(&self, body: &[u8], key: &SigningKey) -> Result<Vec<u8>, KeyError> {
        detached::sign(key, ASKED, &self.hash(body))
    }

    /// Whether the signature is of this key.
    #[must_use]
    pub fn is_signed(&self, body: &[u8], signature: &[u8], key: &VerifyingKey) -> bool {
        detached::verify(key, ASKED, &self.hash(body), signature)
    }
}

fn target_parts(target: &str) -> Result<(Service, String, Option<String>), HeadError> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let rest = path
        .strip_prefix("/r1/")
        .filter(|_| target.len() <= MAX_TARGET)
        .ok_or(HeadError::Target)?;
    // the fifth slash ends the address
    let end = rest
        .match_indices('/')
        .nth(4)
        .map_or(rest.len(), |(at, _)| at);
    let (address, path) = rest.split_at(end);
    let service = address.parse().map_err(|_| HeadError::Target)?;
    if is_path(path) && query.is_none_or(is_query) {
        Ok((service, path.to_owned(), query.map(str::to_owned)))
    } else {
        Err(HeadError::Target)
    }
}

fn head(first: &str, headers: &[(&'static str, String)]) -> String {
    let mut text = format!("{first}\n");
    for (name, value) in headers {
        // writing into a string does not fail
        let _ = writeln!(text, "{name}:{value}");
    }
    text
}

/// What kind of error an answer is (`type` of its body, and `X-Road-Error`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The question cannot be read.
    BadRequest,
    /// The signature is not of whoever asks, or the certificate is another's.
    NotYou,
    /// The message id was used for another question.
    IdReused,
    /// Whoever asks may not have this service.
    AccessDenied,
    /// The family did not agree, and no law is named.
    NoConsent,
    /// There is no such service, or no such thing in it.
    NotFound,
    /// It could not be done now; the same question may be asked again.
    Failed,
}

impl ErrorKind {
    const ALL: [Self; 7] = [
        Self::BadRequest,
        Self::NotYou,
        Self::IdReused,
        Self::AccessDenied,
        Self::NoConsent,
        Self::NotFound,
        Self::Failed,
    ];

    /// `Client.…` and `Server.ServerProxy.…`, as in X-Road.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "Client.BadRequest",
            Self::NotYou => "Client.SignatureInvalid",
            Self::IdReused => "Client.MessageIdReused",
            Self::AccessDenied => "Server.ServerProxy.AccessDenied",
            Self::NoConsent => "Server.ServerProxy.NoConsent",
            Self::NotFound => "Server.ServerProxy.UnknownService",
            Self::Failed => "Server.ServerProxy.ServiceFailed",
        }
    }

    /// Reads [`ErrorKind::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotYou => 401,
            Self::AccessDenied | Self::NoConsent => 403,
            Self::NotFound => 404,
            Self::IdReused => 409,
            Self::Failed => 503,
        }
    }
}

/// The body of an answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    /// Kind.
    pub kind: ErrorKind,
    /// Words for a log: codes and names of fields, nobody's data.
    pub message: String,
    /// A UUID to find it by.
    pub detail: MessageId,
}

impl ErrorBody {
    /// As JSON. The message is made of characters that need no escape; others become spaces.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let plain: String = self
            .message
            .chars()
            .map(|c| {
                if c.is_control() || c == '"' || c == '\\' {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        format!(
            "{{\"type\":\"{}\",\"message\":\"{plain}\",\"detail\":\"{}\"}}",
            self.kind.code(),
            self.detail
        )
        .into_bytes()
    }
}

/// An answer's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Who asked.
    pub client: Subsystem,
    /// What was asked.
    pub service: Service,
    /// Id of the question.
    pub id: MessageId,
    /// The answering side's own name for this exchange.
    pub request_id: MessageId,
    /// [`Request::hash`] of the question.
    pub request_hash: [u8; 64],
    /// Set when the answer is an error.
    pub error: Option<String>,
    /// Type of the body.
    pub content_type: Option<String>,
}

impl Answer {
    /// Reads the head of an answer and its signature.
    ///
    /// # Errors
    /// [`HeadError`].
    pub fn parse<'a>(
        status: u16,
        headers: impl Iterator<Item = Header<'a>>,
    ) -> Result<(Self, Option<Vec<u8>>), HeadError> {
        let headers = Headers::read(headers)?;
        let hash = headers.needed(REQUEST_HASH, base64)?;
        let answer = Self {
            status,
            client: headers.needed(CLIENT, |v| v.parse().ok())?,
            service: headers.needed(SERVICE, |v| v.parse().ok())?,
            id: headers.needed(ID, |v| v.parse().ok())?,
            request_id: headers.needed(REQUEST_ID, |v| v.parse().ok())?,
            request_hash: hash
                .try_into()
                .map_err(|_| HeadError::Value { name: REQUEST_HASH })?,
            error: headers.optional(ERROR, word)?,
            content_type: headers.optional(CONTENT_TYPE, media_type)?,
        };
        Ok((answer, headers.optional(SIGNATURE, base64)?))
    }

    /// The headers, without the signature.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::with_capacity(7);
        if let Some(kind) = &self.content_type {
            headers.push((CONTENT_TYPE, kind.clone()));
        }
        headers.push((CLIENT, self.client.to_string()));
        if let Some(error) = &self.error {
            headers.push((ERROR, error.clone()));
        }
        headers.push((ID, self.id.to_string()));
        headers.push((REQUEST_HASH, Base64::encode_string(&self.request_hash)));
        headers.push((REQUEST_ID, self.request_id.to_string()));
        headers.push((SERVICE, self.service.to_string()));
        headers
    }

    /// What is hashed, signed and logged.
    #[must_use]
    pub fn head(&self) -> String {
        head(&self.status.to_string(), &self.headers())
    }

    /// Signs it in the name of whoever was asked.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn sign(&self, body: &[u8], key: &SigningKey) -> Result<Vec<u8>, KeyError> {
        detached::sign(key, ANSWERED, &digest(&self.head(), body))
    }

    /// Whether the signature is of this key.
    #[must_use]
    pub fn is_signed(&self, body: &[u8], signature: &[u8], key: &VerifyingKey) -> bool {
        detached::verify(key, ANSWERED, &digest(&self.head(), body), signature)
    }

    /// Whether it answers this question and no other.
    #[must_use]
    pub fn answers(&self, request: &Request, body: &[u8]) -> bool {
        self.id == request.id
            && self.client == request.client
            && self.service == request.service
            && self.request_hash == request.hash(body)
    }
}

/// The header that carries a signature.
#[must_use]
pub fn signature_header(signature: &[u8]) -> (&'static str, String) {
    (SIGNATURE, Base64::encode_string(signature))
}
