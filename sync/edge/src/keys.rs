//! Where the device's own private keys rest: in files, or in files that only the device's TPM can use.
//!
//! | key | kind | in a file | with a TPM |
//! |---|---|---|---|
//! | TLS, requests for certificates | ECDSA on P-256 | PKCS #8 | made in the TPM, signs there; the file is wrapped |
//! | under envelopes, reports, renewals | Ed25519 | one line | sealed by the TPM, in memory while it is used |
//! | opens what the city sends; local records | X25519 | one line | alike |
//!
//! A TPM knows neither Ed25519 nor X25519; what it can do for these is to keep them from whoever has the disk only. To both kinds of
//! signing key one trait is common, rustls' [`SigningKey`]: a certificate, a request and a handshake do not see the difference.

use std::str;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use der::SecretDocument;
use der::pem::LineEnding;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use rustls::sign::{Signer, SigningKey};
use rustls::{OtherError, SignatureAlgorithm, SignatureScheme};
use zeroize::Zeroizing;

use crate::tpm::wrapped::{END, is_line, is_pem};
use crate::tpm::{Tpm, TpmError, Wrapped};

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    /// It is none.
    #[error("the key is unreadable")]
    Unreadable,
    /// It cannot be made.
    #[error("no key can be made")]
    NotMade,
    /// It rests in a TPM.
    #[error(transparent)]
    Tpm(#[from] TpmError),
}

/// Whether the key of a PEM rests in a TPM.
#[must_use]
pub fn pem_in_tpm(pem: &[u8]) -> bool {
    is_pem(pem)
}

/// The key of a PEM, whatever stands beside it. A TPM is asked when it signs, not before.
///
/// # Errors
/// [`KeyTrouble::Unreadable`]; [`TpmError::Unusable`].
pub fn load(pem: &[u8], tpm: &Tpm) -> Result<Arc<dyn SigningKey>, KeyTrouble> {
    if pem_in_tpm(pem) {
        return Ok(Arc::new(InTpm::new(tpm, Wrapped::from_pem(pem)?)?));
    }
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyTrouble::Unreadable)?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(key);
    key.map_err(|_| KeyTrouble::Unreadable)
}

/// A key, and the PEM to be kept.
pub(crate) type Made = (Arc<dyn SigningKey>, Zeroizing<Vec<u8>>);

/// Makes a key on P-256, in this TPM or for a file.
pub(crate) fn make(tpm: Option<&Tpm>) -> Result<Made, KeyTrouble> {
    let pem = tpm.map_or_else(file, |tpm| Ok(Zeroizing::new(tpm.make_key()?.to_pem()?)))?;
    let pem = Zeroizing::new(pem.as_bytes().to_vec());
    let key = load(&pem, tpm.unwrap_or(&Tpm::default()))?;
    Ok((key, pem))
}

fn file() -> Result<Zeroizing<String>, KeyTrouble> {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)
        .map_err(|_| KeyTrouble::NotMade)?;
    SecretDocument::try_from(made.as_ref())
        .and_then(|document| document.to_pem("PRIVATE KEY", LineEnding::LF))
        .map_err(|_| KeyTrouble::NotMade)
}

/// The key at the beginning of a PEM, as PEM again.
pub(crate) fn first(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyTrouble> {
    const FILE: &[u8] = b"-----END PRIVATE KEY-----\n";
    load(pem, &Tpm::default())?;
    let end = if pem_in_tpm(pem) { END } else { FILE };
    let at = pem.windows(end.len()).position(|window| window == end);
    at.and_then(|at| pem.get(..at + end.len()))
        .map(|key| Zeroizing::new(key.to_vec()))
        .ok_or(KeyTrouble::Unreadable)
}

/// A secret of one line as it rests: sealed by this TPM, or as it is.
///
/// # Errors
/// [`TpmError`].
pub(crate) fn at_rest(secret: &str, tpm: Option<&Tpm>) -> Result<Zeroizing<String>, TpmError> {
    let line = match tpm {
        Some(tpm) => tpm.seal(secret.as_bytes())?.to_line()?,
        None => secret.to_owned(),
    };
    Ok(Zeroizing::new(line))
}

/// Whether a secret of one line rests in a TPM.
#[must_use]
pub fn line_in_tpm(line: &str) -> bool {
    is_line(line)
}

/// The secret of a file of one line, by the TPM if it rests there. A final newline goes.
///
/// # Errors
/// [`TpmError`], for one that rests in a TPM only.
pub fn secret(line: &str, tpm: &Tpm) -> Result<Zeroizing<String>, TpmError> {
    if !line_in_tpm(line) {
        return Ok(Zeroizing::new(line.trim_end().to_owned()));
    }
    let plain = tpm.unseal(&Wrapped::from_line(line)?)?;
    let text = str::from_utf8(&plain).map_err(|_| TpmError::Unusable)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A key that signs in a TPM: there and back, with nothing loaded in between, a few tenths of a second on a chip. Whoever
/// signs waits; the link does so on a thread of its own.
#[derive(Debug, Clone)]
struct InTpm {
    tpm: Tpm,
    key: Arc<Wrapped>,
    public: SubjectPublicKeyInfoDer<'static>,
}

impl InTpm {
    fn new(tpm: &Tpm, key: Wrapped) -> Result<Self, TpmError> {
        Ok(Self {
            public: key.public_key()?,
            tpm: tpm.clone(),
            key: Arc::new(key),
        })
    }
}

impl SigningKey for InTpm {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let known = offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        known.then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.public.clone())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for InTpm {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let digest = digest::digest(&digest::SHA256, message);
        digest
            .as_ref()
            .try_into()
            .map_err(|_| TpmError::Unusable)
            .and_then(|digest| self.tpm.sign(&self.key, digest))
            .map_err(|error| rustls::Error::Other(OtherError(Arc::new(error))))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

/// Signs with whatever key it is, ECDSA with SHA-256; DER.
pub(crate) fn sign(key: &dyn SigningKey, message: &[u8]) -> Result<Vec<u8>, KeyTrouble> {
    let signer = key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]);
    let signer = signer.ok_or(KeyTrouble::Unreadable)?;
    signer.sign(message).map_err(|error| said(&error))
}

/// Signs something that nobody wants to have signed: whether this key does its work.
///
/// # Errors
/// [`KeyTrouble`].
pub fn try_once(pem: &[u8], tpm: &Tpm) -> Result<(), KeyTrouble> {
    let key = load(pem, tpm)?;
    // keys that were delivered may be of other kinds
    let signer = key.choose_scheme(&[
        SignatureScheme::ECDSA_NISTP256_SHA256,
        SignatureScheme::ECDSA_NISTP384_SHA384,
        SignatureScheme::RSA_PSS_SHA256,
        SignatureScheme::ED25519,
    ]);
    let signer = signer.ok_or(KeyTrouble::Unreadable)?;
    let done = signer.sign(b"nothing");
    done.map(drop).map_err(|error| said(&error))
}

fn said(error: &rustls::Error) -> KeyTrouble {
    tpm_error(error).map_or(KeyTrouble::Unreadable, KeyTrouble::Tpm)
}

/// What a TPM said, where a handshake or a signature failed for it.
#[must_use]
pub fn tpm_error(error: &rustls::Error) -> Option<TpmError> {
    match error {
        rustls::Error::Other(OtherError(inner)) => inner.downcast_ref().copied(),
        _ => None,
    }
}
