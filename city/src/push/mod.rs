//! Web Push: a word to a family's phone that there is something new. What is new never leaves: the message holds a language and
//! nothing else.
//!
//! Answers for sealing a message to a phone ([`seal`], RFC 8291 over RFC 8188), for saying who sends it (VAPID, RFC 8292), and for
//! the worker that sends what is due (RFC 8030). Which phone is told and when is the store's; that nothing leaves after a loss too.
//! Only push services that the configuration names are asked, whatever address a phone hands in.

mod seal;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use hyper::{Request, Uri};
use tokio::sync::{Notify, watch};

use crate::Clock;
use crate::config::PushConfig;
use crate::fetch::{Fetch, FetchSetUpError, loopback};
use crate::store::family::{Phone, Settled};
use crate::store::{Store, StoreError};

pub use seal::{SealError, seal};

/// How many phones are told at a time.
const AT_A_TIME: u32 = 1;
/// So long a push service keeps a message for a phone that is off, seconds.
const KEPT: u32 = 86_400;
/// So long a signature of the sender holds, seconds; at most a day (RFC 8292 §2).
const SIGNED: i64 = 12 * 3_600;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The worker looks at least this often: another program may have died over something that is due.
const LONGEST: Duration = Duration::from_mins(1);
/// Longest address of a phone that is kept.
const MOST_ADDRESS: usize = 1_000;

/// Why pushing cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum PushSetUpError {
    /// The key.
    #[error("the push key is no P-256 key in PKCS#8")]
    Key,
    /// The authorities of push services.
    #[error("push services cannot be reached")]
    Fetch(#[from] FetchSetUpError),
}

/// Why a message did not leave.
#[derive(Debug, thiserror::Error)]
enum PushError {
    #[error("the phone's keys cannot be used")]
    Seal(#[from] SealError),
    #[error("the message cannot be signed")]
    Sign,
    #[error("the address of the phone is not one that is asked")]
    Address,
    #[error("the push service cannot be asked")]
    Fetch(#[from] crate::fetch::FetchError),
}

/// Who tells phones.
pub struct Pusher {
    key: EcdsaKeyPair,
    subject: String,
    services: Vec<String>,
    fetch: Fetch,
}

impl std::fmt::Debug for Pusher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pusher({})", self.services.join(" "))
    }
}

impl Pusher {
    /// Of a configuration.
    ///
    /// # Errors
    /// [`PushSetUpError`].
    pub fn new(config: &PushConfig) -> Result<Self, PushSetUpError> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &config.key)
            .map_err(|_| PushSetUpError::Key)?;
        Ok(Self {
            key,
            subject: config.subject.clone(),
            services: config.services.clone(),
            fetch: Fetch::new(&config.ca_pem, PATIENCE)?,
        })
    }

    /// The public key that phones are given, as their browsers take it.
    #[must_use]
    pub fn public(&self) -> String {
        Base64UrlUnpadded::encode_string(self.key.public_key().as_ref())
    }

    /// Whether a phone's address is one of a push service that is asked.
    #[must_use]
    pub fn asks(&self, endpoint: &str) -> bool {
        let Ok(uri) = endpoint.parse::<Uri>() else {
            return false;
        };
        let Some(host) = uri.host() else {
            return false;
        };
        let safe = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => loopback(host),
            _ => false,
        };
        let named = self
            .services
            .iter()
            .any(|service| match service.strip_prefix("*.") {
                Some(above) => host
                    .strip_suffix(above)
                    .is_some_and(|rest| rest.ends_with('.')),
                None => service == host,
            });
        safe && named && endpoint.len() <= MOST_ADDRESS && !endpoint.contains('@')
    }

    /// Who sends: a token for one push service (RFC 8292 §2, RFC 7515).
    fn sender(&self, uri: &Uri, now: i64) -> Result<String, PushError> {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(PushError::Address);
        };
        let claims = serde_json::json!({
            "aud": format!("{scheme}://{authority}"),
            "exp": now + SIGNED,
            "sub": self.subject,
        });
        let head = Base64UrlUnpadded::encode_string(br#"{"typ":"JWT","alg":"ES256"}"#);
        let body = Base64UrlUnpadded::encode_string(claims.to_string().as_bytes());
        let signed = format!("{head}.{body}");
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| PushError::Sign)?;
        let signature = Base64UrlUnpadded::encode_string(signature.as_ref());
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public()))
    }

    /// Tells one phone; answers what became of it.
    async fn tell(&self, phone: &Phone, now: i64) -> Result<Settled, PushError> {
        // the configuration may have changed since the phone was kept
        if !self.asks(&phone.endpoint) {
            return Ok(Settled::Gone);
        }
        let uri: Uri = phone.endpoint.parse().map_err(|_| PushError::Address)?;
        let body = seal(&phone.p256dh, &phone.auth, phone.tongue.as_bytes())?;
        let request = Request::post(uri.clone())
            .header(AUTHORIZATION, self.sender(&uri, now)?)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", KEPT)
            .header("urgency", "normal")
            // one waiting word is enough: a later one takes its place
            .header("topic", "news")
            .body(body)
            .map_err(|_| PushError::Address)?;
        let answer = self.fetch.send(request).await?;
        Ok(match answer.status().as_u16() {
            200..=299 => Settled::Told,
            404 | 410 => Settled::Gone,
            _ => Settled::Later,
        })
    }

    /// Tells every phone that is due. Answers how many were asked for.
    ///
    /// # Errors
    /// [`StoreError`]; what was told stays told.
    pub async fn work_off(&self, store: &dyn Store, clock: &Clock) -> Result<u32, StoreError> {
        let mut asked: u32 = 0;
        loop {
            let now = clock().as_second();
            let due = store.due_phones(now, AT_A_TIME).await?;
            if due.is_empty() {
                return Ok(asked);
            }
            for phone in due {
                let settled = match self.tell(&phone, now).await {
                    Ok(settled) => settled,
                    Err(error) => {
                        tracing::info!(
                            error = &error as &dyn std::error::Error,
                            "a phone could not be told; it is tried again"
                        );
                        Settled::Later
                    }
                };
                store.settle_phone(phone, settled, now).await?;
                asked = asked.saturating_add(1);
            }
        }
    }

    /// Works until `stop` becomes true: at the bell, and now and then.
    pub async fn run(
        self: Arc<Self>,
        (store, clock): (Arc<dyn Store>, Clock),
        bell: Arc<Notify>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            if let Err(error) = self.work_off(store.as_ref(), &clock).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "phones are told later"
                );
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = bell.notified() => {}
                () = tokio::time::sleep(LONGEST) => {}
            }
        }
    }
}
