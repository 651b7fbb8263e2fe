//! The two COSE shapes of the profile (RFC 9052): Sign1 with Ed25519, Encrypt0 with HPKE.
//!
//! One algorithm each, so there is nothing to negotiate and nothing to downgrade: the protected header must be,
//! byte for byte, the one this version writes. Every signed kind has its own type name under the signature, so a
//! status can never pass for a receipt.
//!
//! HPKE (RFC 9180) is rustls' own, on AWS-LC: its X25519 uses what the processor has. `tests/fuzz/src/sealing.rs` holds the
//! crate `hpke`, which nobody here wrote either, against it in both directions.

use ciborium::Value;
use coset::{
    AsCborValue, CoseEncrypt0, CoseEncrypt0Builder, CoseSign1, CoseSign1Builder, Header,
    HeaderBuilder, Label, RegisteredLabelWithPrivate, TaggedCborSerializable, iana,
};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _};

use crate::keys::KeyError;
use crate::wire::{self, WireError};
use crate::{RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey};

/// COSE header parameter `typ`, RFC 9596.
const TYP: i64 = 16;
/// Private-use algorithm number: HPKE base mode, X25519-HKDF-SHA256, HKDF-SHA256, AES-256-GCM. IANA has none for this suite.
const HPKE_ALG: i64 = -70_000;
/// Private-use header parameter that holds our own header map.
const OUR_HEADER: i64 = -70_001;
/// Header parameter `ek`, the encapsulated key (draft-ietf-cose-hpke).
const ENCAPSULATED: i64 = -4;

/// Why a signed answer was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Its bytes are not in the profile's form.
    #[error("not readable")]
    Wire(#[from] WireError),
    /// Not a COSE_Sign1 of the kind that was expected, or another algorithm.
    #[error("not a signed {expected}")]
    Shape {
        /// The type that was expected, such as `ubugoe-receipt/1`.
        expected: &'static str,
    },
    /// The signature does not verify under the given key.
    #[error("the signature on {what} does not verify")]
    Signature {
        /// What was signed.
        what: &'static str,
    },
    /// The signing key could not be used.
    #[error("could not sign {what}")]
    Key {
        /// What was to be signed.
        what: &'static str,
        /// Why.
        #[source]
        source: KeyError,
    },
}

fn sign_header(typ: &'static str) -> Header {
    HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .value(TYP, Value::from(typ))
        .build()
}

/// Signs `payload` as a tagged COSE_Sign1 of type `typ`.
pub(crate) fn sign1(
    typ: &'static str,
    payload: Vec<u8>,
    key: &SigningKey,
) -> Result<Vec<u8>, SignedError> {
    let signed = CoseSign1Builder::new()
        .protected(sign_header(typ))
        .payload(payload)
        .try_create_signature(b"", |tbs| key.sign(tbs))
        .map_err(|source| SignedError::Key { what: typ, source })?
        .build();
    signed
        .to_tagged_vec()
        .map_err(|_| SignedError::Shape { expected: typ })
}

/// A COSE_Sign1 whose form is right and whose signature nobody has checked yet.
pub(crate) struct Unverified {
    typ: &'static str,
    inner: CoseSign1,
}

impl Unverified {
    /// Reads a tagged COSE_Sign1 of exactly type `typ`.
    pub(crate) fn parse(typ: &'static str, bytes: &[u8], max: usize) -> Result<Self, SignedError> {
        let shape = || SignedError::Shape { expected: typ };
        let Value::Tag(18, value) = wire::decode(typ, bytes, max)? else {
            return Err(shape());
        };
        let inner = CoseSign1::from_cbor_value(*value).map_err(|_| shape())?;
        let plain = inner.unprotected.is_empty() && inner.payload.is_some();
        if !plain || inner.protected.header != sign_header(typ) || !canonical(&inner.protected) {
            return Err(shape());
        }
        Ok(Self { typ, inner })
    }

    /// The bytes inside, not yet trustworthy.
    pub(crate) fn payload(&self) -> &[u8] {
        self.inner.payload.as_deref().unwrap_or_default()
    }

    /// Checks the signature.
    pub(crate) fn verify(&self, key: &VerifyingKey) -> Result<(), SignedError> {
        self.inner.verify_signature(b"", |signature, tbs| {
            if key.verify(tbs, signature) {
                Ok(())
            } else {
                Err(SignedError::Signature { what: self.typ })
            }
        })
    }
}

/// The protected bytes must be the ones we would write for the same header.
fn canonical(protected: &coset::ProtectedHeader) -> bool {
    let ours = coset::ProtectedHeader {
        original_data: None,
        header: protected.header.clone(),
    };
    match (&protected.original_data, ours.cbor_bstr()) {
        (Some(theirs), Ok(Value::Bytes(ours))) => *theirs == ours,
        _ => false,
    }
}

fn encrypt_header(ours: Value) -> Header {
    HeaderBuilder::new()
        .algorithm_label(RegisteredLabelWithPrivate::PrivateUse(HPKE_ALG))
        .value(OUR_HEADER, ours)
        .build()
}

/// Why something could not be encrypted or decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CryptError {
    #[error("not an encrypted message of this profile")]
    Shape,
    #[error("encryption failed")]
    Seal,
    #[error("decryption failed")]
    Open,
}

/// Encrypts `plaintext` to `to` with our header as additional data; `info` separates the uses of one key.
pub(crate) fn encrypt0(
    info: &'static str,
    ours: Value,
    plaintext: &[u8],
    to: &RecipientPublicKey,
) -> Result<Vec<u8>, CryptError> {
    let (encapsulated, mut context) = SUITE
        .setup_sealer(info.as_bytes(), &to.hpke())
        .map_err(|_| CryptError::Seal)?;
    let unprotected = HeaderBuilder::new()
        .value(ENCAPSULATED, Value::Bytes(encapsulated.0))
        .build();
    let sealed = CoseEncrypt0Builder::new()
        .protected(encrypt_header(ours))
        .unprotected(unprotected)
        .try_create_ciphertext(plaintext, b"", |plain, aad| context.seal(aad, plain))
        .map_err(|_| CryptError::Seal)?
        .build();
    sealed.to_tagged_vec().map_err(|_| CryptError::Seal)
}

/// A COSE_Encrypt0 in the right form, with our header read and nothing decrypted.
pub(crate) struct Encrypted {
    inner: CoseEncrypt0,
    encapsulated: Vec<u8>,
    /// Our header, still as CBOR.
    pub(crate) ours: Value,
}

impl Encrypted {
    /// Reads a tagged COSE_Encrypt0.
    pub(crate) fn parse(
        what: &'static str,
        bytes: &[u8],
        max: usize,
    ) -> Result<Result<Self, CryptError>, WireError> {
        let Value::Tag(16, value) = wire::decode(what, bytes, max)? else {
            return Ok(Err(CryptError::Shape));
        };
        Ok(Self::of(*value).ok_or(CryptError::Shape))
    }

    fn of(value: Value) -> Option<Self> {
        let inner = CoseEncrypt0::from_cbor_value(value).ok()?;
        let [(Label::Int(OUR_HEADER), ours)] = inner.protected.header.rest.as_slice() else {
            return None;
        };
        let [(Label::Int(ENCAPSULATED), Value::Bytes(encapsulated))] =
            inner.unprotected.rest.as_slice()
        else {
            return None;
        };
        let only = HeaderBuilder::new()
            .value(ENCAPSULATED, Value::Bytes(encapsulated.clone()))
            .build();
        let exact = inner.protected.header == encrypt_header(ours.clone())
            && canonical(&inner.protected)
            && inner.unprotected == only
            && inner.ciphertext.is_some();
        let (ours, encapsulated) = (ours.clone(), encapsulated.clone());
        exact.then_some(Self {
            inner,
            encapsulated,
            ours,
        })
    }

    /// Decrypts; fails alike for a wrong key, a changed header and a changed text.
    pub(crate) fn open(
        &self,
        info: &'static str,
        key: &RecipientSecretKey,
    ) -> Result<Vec<u8>, CryptError> {
        let encapsulated = EncapsulatedSecret(self.encapsulated.clone());
        self.inner.decrypt_ciphertext(
            b"",
            || CryptError::Shape,
            |text, aad| {
                SUITE
                    .open(&encapsulated, info.as_bytes(), aad, text, &key.hpke())
                    .map_err(|_| CryptError::Open)
            },
        )
    }
}
