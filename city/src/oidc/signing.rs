//! A service with which somebody signs on their own phone: shaped like the API of the Digital Agency's authentication app
//! (デジタル認証アプリ).
//!
//! ```text
//! city ── token of its own (client credentials) ─> POST sign-transactions { digest } ─> a transaction
//! browser ── authorisation request: scope sign, sign_transaction_id ─> the app, the card, its password ─> back with a code
//! city ── code + PKCE verifier ─> tokens ─> GET sign-transactions/{id}/result ─> JWE { signature, certificate }
//! ```
//!
//! Published (developers.digital.go.jp, authserver-gov): the authorisation request with `state`, `nonce`, S256, the scope
//! `sign` and `sign_transaction_id` (a UUID); client credentials before a signature; `private_key_jwt`. By a platform operator's
//! guide (docs.p8n.app): `POST /api/sign-transactions` with the SHA-256 in base64, `GET /api/sign-transactions/{id}/result`
//! with the user's token, a JWE as the answer. \[unverified\], because no page that we could read says so: the names of the
//! members in the bodies (`digest`, `sign_transaction_id`, `signature`, `certificate`), the scope of the city's own token,
//! the algorithms of the JWE, and that the signature is PKCS#1 v1.5 over exactly this digest. They all stand in this file.
//!
//! Answers for asking, and for what came of it: a signature value and a certificate, judged by nobody yet. Drops the ID token
//! and whatever else it says about the person as soon as it was checked. Must not know what is signed.

use async_trait::async_trait;
use base64ct::{Base64, Encoding as _};
use openidconnect::OAuth2TokenResponse as _;
use openidconnect::http::{Method, Request, Response, StatusCode, header};
use openidconnect::url::Url;
use serde::Deserialize;
use serde_json::json;

pub use super::key::{ClientKey, KeyProblem, OpenProblem, OpeningKey};
use super::party::{Party, Proves, unreachable_by};
use super::{SetUpError, SignInError, Way};
use crate::Clock;
use crate::config::ServiceConfig;
use crate::fetch::Fetch;

/// Where the service sends browsers back to, below the public address. Names no family.
pub const BACK: &str = "/f/second-signature/back";
/// The scope of a request for a signature, and \[unverified\] of the city's own token.
const SCOPE: &str = "sign";
/// Longest id of a transaction.
const LONGEST_ID: usize = 64;

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The service cannot be reached, does not take our request, or speaks something else.
    #[error("the signing service cannot be asked: {0}")]
    Away(String),
    /// What came back is not to be believed.
    #[error("the answer of the signing service is not to be believed: {0}")]
    Unbelieved(String),
    /// The transaction has come to nothing.
    #[error("the signing service has no signature: {0}")]
    Nothing(StatusCode),
    /// The answer cannot be opened.
    #[error("the signature cannot be opened")]
    Shut(#[from] OpenProblem),
}

impl From<SignInError> for SigningError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Unreachable(_) => Self::Away(error.to_string()),
            SignInError::Code(_) | SignInError::Token(_) | SignInError::NoRole => {
                Self::Unbelieved(error.to_string())
            }
        }
    }
}

/// What somebody signed with, as it was handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signer's certificate, DER.
    pub certificate: Vec<u8>,
    /// The signature value.
    pub signature: Vec<u8>,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // the certificate names somebody
        f.debug_struct("Signed").finish_non_exhaustive()
    }
}

/// A service with which somebody signs.
#[async_trait]
pub trait SigningService: Send + Sync {
    /// Who answers, as answers name it (RFC 9207).
    fn issuer(&self) -> &str;
    /// Says what is to be signed: the SHA-256 of the bytes. Answers the service's name for it.
    async fn begin(&self, sha256: [u8; 32]) -> Result<String, SigningError>;
    /// Where to send the browser that signs.
    async fn way_there(&self, way: &Way, transaction: &str) -> Result<String, SigningError>;
    /// What the browser that came back with this code signed.
    async fn signed(
        &self,
        way: &Way,
        code: &str,
        transaction: &str,
    ) -> Result<Signed, SigningError>;
}

/// The service over HTTP.
pub struct AuthAndSign {
    party: Party,
    transactions: Url,
    opening: OpeningKey,
}

#[derive(Deserialize)]
struct Begun {
    sign_transaction_id: String,
}

#[derive(Deserialize)]
struct Handed {
    signature: String,
    certificate: String,
}

impl AuthAndSign {
    /// The service of a city with this public address. Asks nothing yet.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub fn new(config: ServiceConfig, public_url: &str, clock: Clock) -> Result<Self, SetUpError> {
        let party = Party::new(
            (&config.issuer, &config.client_id),
            Proves::Key(Box::new(config.client_key)),
            &format!("{public_url}{BACK}"),
            Fetch::new(&config.ca_pem, config.patience)?,
            clock,
        )?;
        Ok(Self {
            party,
            transactions: Url::parse(&config.transactions)?,
            opening: config.opening_key,
        })
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        token: &str,
        body: Option<String>,
    ) -> Result<Response<Vec<u8>>, SigningError> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(body.unwrap_or_default().into_bytes())
            .map_err(|error| SigningError::Away(error.to_string()))?;
        let answer = self.party.fetch.send(request).await;
        answer.map_err(|error| unreachable_by(&error).into())
    }
}

#[async_trait]
impl SigningService for AuthAndSign {
    fn issuer(&self) -> &str {
        self.party.issuer()
    }

    async fn begin(&self, sha256: [u8; 32]) -> Result<String, SigningError> {
        let token = self.party.own_token(SCOPE).await?;
        let body = json!({ "digest": Base64::encode_string(&sha256) }).to_string();
        let answer = self
            .send(
                Method::POST,
                self.transactions.as_str(),
                token.secret(),
                Some(body),
            )
            .await?;
        if !answer.status().is_success() {
            return Err(SigningError::Away(answer.status().to_string()));
        }
        let begun: Begun = serde_json::from_slice(answer.body())
            .map_err(|_| SigningError::Away("its answer cannot be read".to_owned()))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let id = begun.sign_transaction_id;
        if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(plain) {
            return Err(SigningError::Away("it names no transaction".to_owned()));
        }
        Ok(id)
    }

    async fn way_there(&self, way: &Way, transaction: &str) -> Result<String, SigningError> {
        // nothing about the person is asked for: neither name nor address nor birth
        let scopes = [SCOPE.to_owned()];
        let more = [("sign_transaction_id", transaction)];
        Ok(self.party.way_there(way, &scopes, &more).await?)
    }

    async fn signed(
        &self,
        way: &Way,
        code: &str,
        transaction: &str,
    ) -> Result<Signed, SigningError> {
        let (_, tokens, _) = self.party.arrive(way, code).await?;
        let url = format!(
            "{}/{transaction}/result",
            self.transactions.as_str().trim_end_matches('/')
        );
        let answer = self
            .send(Method::GET, &url, tokens.access_token().secret(), None)
            .await?;
        match answer.status() {
            status if status.is_success() => {}
            status if status.is_server_error() => {
                return Err(SigningError::Away(status.to_string()));
            }
            status => return Err(SigningError::Nothing(status)),
        }
        let unread = |what: &str| SigningError::Unbelieved(format!("{what} cannot be read"));
        let sealed = std::str::from_utf8(answer.body()).map_err(|_| unread("the answer"))?;
        let opened = self.opening.open(sealed)?;
        let result: Handed =
            serde_json::from_slice(&opened).map_err(|_| unread("the signature"))?;
        let bytes = |text: &str, what| Base64::decode_vec(text).map_err(|_| unread(what));
        Ok(Signed {
            signature: bytes(&result.signature, "the signature")?,
            certificate: bytes(&result.certificate, "the certificate")?,
        })
    }
}
