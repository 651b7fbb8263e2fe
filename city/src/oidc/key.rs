//! This city's keys at a signing service: one that says who asks, one that opens what is answered.
//!
//! Answers for `private_key_jwt` (RFC 7523; ES256) and for opening a JWE in compact form (RFC 7516; RSA-OAEP-256 with
//! A256GCM). Takes no other algorithm, whatever a header says. Must not know what it signs for or opens.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::json;

use super::SignInError;
use crate::random_token;

/// How long an assertion is good, seconds.
const GOOD_FOR: i64 = 60;

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Not PEM, or not PKCS#8 in it.
    #[error("is no private key in PEM (PKCS#8)")]
    Pem,
    /// Another kind of key.
    #[error("is a key of another kind")]
    Kind,
}

/// Why an answer stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenProblem {
    /// Not five parts of base64url.
    #[error("it is no JWE in compact form")]
    Shape,
    /// A header that names other algorithms.
    #[error("it is sealed in a way that is not taken here")]
    Algorithm,
    /// Sealed to another key, or changed on its way.
    #[error("it is not sealed to this city, or not as it was sent")]
    Sealed,
}

fn pkcs8(pem: &[u8]) -> Result<PrivatePkcs8KeyDer<'static>, KeyProblem> {
    PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| KeyProblem::Pem)
}

/// Says who asks: a key on P-256.
pub struct ClientKey(EcdsaKeyPair);

impl ClientKey {
    /// From PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`KeyProblem`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyProblem> {
        let key = pkcs8(pem)?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_pkcs8_der())
            .map(Self)
            .map_err(|_| KeyProblem::Kind)
    }

    /// An assertion for one request to this endpoint. Used once: its `jti` is random.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        endpoint: &str,
        now: i64,
    ) -> Result<String, SignInError> {
        let jti = random_token().map_err(unmade)?;
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": endpoint, "jti": jti,
            "iat": now, "exp": now.saturating_add(GOOD_FOR),
        });
        let head = Base64UrlUnpadded::encode_string(br#"{"alg":"ES256","typ":"JWT"}"#);
        let body = Base64UrlUnpadded::encode_string(claims.to_string().as_bytes());
        let signed = format!("{head}.{body}");
        let signature = self
            .0
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(unmade)?;
        let signature = Base64UrlUnpadded::encode_string(signature.as_ref());
        Ok(format!("{signed}.{signature}"))
    }
}

fn unmade<E>(_: E) -> SignInError {
    SignInError::Unreachable("no assertion can be made".to_owned())
}

/// Opens what is answered: an RSA key.
pub struct OpeningKey(OaepPrivateDecryptingKey);

#[derive(Deserialize)]
struct Head {
    alg: String,
    enc: String,
    #[serde(default)]
    zip: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

impl OpeningKey {
    /// From PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`KeyProblem`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyProblem> {
        let key = pkcs8(pem)?;
        PrivateDecryptingKey::from_pkcs8(key.secret_pkcs8_der())
            .map_err(|_| KeyProblem::Kind)
            .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(|_| KeyProblem::Kind))
            .map(Self)
    }

    /// What a JWE holds.
    pub(super) fn open(&self, compact: &str) -> Result<Vec<u8>, OpenProblem> {
        let parts: Vec<&str> = compact.trim().split('.').collect();
        let [head, key, nonce, text, tag] = parts.as_slice() else {
            return Err(OpenProblem::Shape);
        };
        let bytes =
            |part: &str| Base64UrlUnpadded::decode_vec(part).map_err(|_| OpenProblem::Shape);
        let said: Head = serde_json::from_slice(&bytes(head)?).map_err(|_| OpenProblem::Shape)?;
        if said.alg != "RSA-OAEP-256"
            || said.enc != "A256GCM"
            || said.zip.is_some()
            || said.crit.is_some()
        {
            return Err(OpenProblem::Algorithm);
        }
        let mut room = vec![0; self.0.min_output_size()];
        let key = self
            .0
            .decrypt(&OAEP_SHA256_MGF1SHA256, &bytes(key)?, &mut room, None)
            .map_err(|_| OpenProblem::Sealed)?;
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| OpenProblem::Sealed)?;
        let nonce =
            Nonce::try_assume_unique_for_key(&bytes(nonce)?).map_err(|_| OpenProblem::Shape)?;
        let mut sealed = [bytes(text)?, bytes(tag)?].concat();
        let opened = LessSafeKey::new(key)
            .open_in_place(nonce, Aad::from(head.as_bytes()), &mut sealed)
            .map_err(|_| OpenProblem::Sealed)?;
        Ok(opened.to_vec())
    }
}
