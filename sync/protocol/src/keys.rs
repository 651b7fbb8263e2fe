//! The keys of both ends and their one-line text form.
//!
//! Ed25519 signs, X25519 (through HPKE) is sealed to. Secret bytes are zeroised when dropped and never shown by
//! `Debug`. Where keys are kept on a disk is the caller's business.

use std::fmt;

use aws_lc_rs::agreement::{PrivateKey, X25519};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rustls::crypto::hpke::{HpkePrivateKey, HpkePublicKey};
use zeroize::Zeroizing;

/// Why a key could not be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text does not begin with the label of this kind of key.
    #[error("expected a key that begins with {expected:?}")]
    Label {
        /// The label of the wanted kind, such as `ubugoe-x25519-public-v1:`.
        expected: &'static str,
    },
    /// After the label there are not 64 hexadecimal digits.
    #[error("after {label:?} there must be 64 hexadecimal digits")]
    NotHex {
        /// The label that was found.
        label: &'static str,
    },
    /// 32 bytes, but no key of this algorithm.
    #[error("the bytes after {label:?} are not a usable key")]
    Unusable {
        /// The label that was found.
        label: &'static str,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes for a key")]
    NoRandomness,
}

/// Says which key an envelope was sealed to: the first 8 bytes of SHA-256 over a label and the public key.
pub type KeyId = [u8; 8];

const X_SECRET: &str = "ubugoe-x25519-secret-v1:";
const X_PUBLIC: &str = "ubugoe-x25519-public-v1:";
const E_SECRET: &str = "ubugoe-ed25519-secret-v1:";
const E_PUBLIC: &str = "ubugoe-ed25519-public-v1:";

fn read(label: &'static str, text: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let digits = text
        .trim_end_matches(['\r', '\n'])
        .strip_prefix(label)
        .ok_or(KeyError::Label { expected: label })?;
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, &mut *bytes).map_err(|_| KeyError::NotHex { label })?;
    Ok(bytes)
}

fn write(label: &str, bytes: &[u8; 32]) -> String {
    format!("{label}{}", hex::encode(bytes))
}

fn random() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(&mut *bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// Opens what was sealed to its public half. A city has one; a device has one for its downlink.
#[derive(Clone)]
pub struct RecipientSecretKey {
    secret: Zeroizing<[u8; 32]>,
    /// Of its public half: asked for with every message, and as dear as opening one.
    key_id: KeyId,
}

impl RecipientSecretKey {
    /// A new key.
    pub fn generate() -> Result<Self, KeyError> {
        Self::of(random()?)
    }

    fn of(secret: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let mut key = Self {
            secret,
            key_id: KeyId::default(),
        };
        key.key_id = key.public()?.key_id();
        Ok(key)
    }

    /// Reads `ubugoe-x25519-secret-v1:<64 hex digits>`; a final newline is allowed.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Self::of(read(X_SECRET, text)?)
    }

    /// One line for a file only its owner can read.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(write(X_SECRET, &self.secret))
    }

    /// The half that is given out.
    pub fn public(&self) -> Result<RecipientPublicKey, KeyError> {
        let unusable = |_| KeyError::Unusable { label: X_SECRET };
        let secret = PrivateKey::from_private_key(&X25519, &*self.secret).map_err(unusable)?;
        let public = secret.compute_public_key().ok();
        let bytes = public.and_then(|public| public.as_ref().try_into().ok());
        bytes
            .map(RecipientPublicKey)
            .ok_or(KeyError::Unusable { label: X_SECRET })
    }

    /// Names the half that is given out.
    pub(crate) const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// A copy that wipes itself.
    pub(crate) fn hpke(&self) -> HpkePrivateKey {
        self.secret.to_vec().into()
    }
}

impl fmt::Debug for RecipientSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecipientSecretKey(***)")
    }
}

/// What an envelope is sealed to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecipientPublicKey([u8; 32]);

impl RecipientPublicKey {
    /// Reads `ubugoe-x25519-public-v1:<64 hex digits>`; a final newline is allowed.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Ok(Self(*read(X_PUBLIC, text)?))
    }

    /// One line.
    #[must_use]
    pub fn to_text(&self) -> String {
        write(X_PUBLIC, &self.0)
    }

    /// Names this key in an envelope's header, so that a recipient who rotates keys knows which one to use.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        context.update(X_PUBLIC.as_bytes());
        context.update(&self.0);
        let digest = context.finish();
        let mut id = KeyId::default();
        for (to, from) in id.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        id
    }

    pub(crate) fn hpke(&self) -> HpkePublicKey {
        HpkePublicKey(self.0.to_vec())
    }
}

impl fmt::Debug for RecipientPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Signs envelopes (a device) or receipts, refusals and statuses (a city). Ed25519, RFC 8032.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, KeyError> {
        let key = Self(random()?);
        key.pair()?;
        Ok(key)
    }

    /// Reads `ubugoe-ed25519-secret-v1:<64 hex digits>`; a final newline is allowed.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let key = Self(read(E_SECRET, text)?);
        key.pair()?;
        Ok(key)
    }

    /// One line for a file only its owner can read.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(write(E_SECRET, &self.0))
    }

    /// The half that is given out.
    pub fn verifying(&self) -> Result<VerifyingKey, KeyError> {
        let unusable = |_| KeyError::Unusable { label: E_SECRET };
        let bytes = <[u8; 32]>::try_from(self.pair()?.public_key().as_ref()).map_err(unusable)?;
        Ok(VerifyingKey(bytes))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.pair()?.sign(message).as_ref().to_vec())
    }

    fn pair(&self) -> Result<Ed25519KeyPair, KeyError> {
        Ed25519KeyPair::from_seed_unchecked(&*self.0)
            .map_err(|_| KeyError::Unusable { label: E_SECRET })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

/// Checks what its secret half signed. Anyone may have it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey([u8; 32]);

impl VerifyingKey {
    /// Reads `ubugoe-ed25519-public-v1:<64 hex digits>`; a final newline is allowed.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Ok(Self(*read(E_PUBLIC, text)?))
    }

    /// One line.
    #[must_use]
    pub fn to_text(&self) -> String {
        write(E_PUBLIC, &self.0)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}
