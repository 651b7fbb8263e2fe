//! A key or secret as its TPM wrapped it: to be kept in a file, of use to that TPM only.
//!
//! The form is the one that others use too (`TSS2 PRIVATE KEY`: OpenSSL's tpm2 provider, GnuTLS, OpenConnect, tpm2-tools; draft by
//! J. Bottomley and D. Woodhouse): object class, an empty password, the parent, and the two halves as the TPM gave them. The parent is always
//! the owner's storage key, made anew each time.

use std::str;

use base64ct::{Base64, Encoding as _};
use der::asn1::{BitString, ObjectIdentifier, OctetString};
use der::pem::LineEnding;
use der::{Any, Decode as _, Encode as _, Sequence};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::{TpmError, wire};

const LABEL: &str = "TSS2 PRIVATE KEY";
const BEGIN: &[u8] = b"-----BEGIN TSS2 PRIVATE KEY-----";
/// How a file that holds such a key ends.
pub(crate) const END: &[u8] = b"-----END TSS2 PRIVATE KEY-----\n";
/// In front of a secret that is one line.
const LINE: &str = "tss2:";

/// id-loadablekey and id-sealedkey, TCG.
const LOADABLE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.10.1.3");
const SEALED: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.10.1.5");
/// id-ecPublicKey and secp256r1, RFC 5480.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// Whether a secret of one line is wrapped.
pub(crate) fn is_line(text: &str) -> bool {
    text.starts_with(LINE)
}

/// Whether a key is, among whatever else the PEM holds.
pub(crate) fn is_pem(pem: &[u8]) -> bool {
    pem.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// `TPMKey` of the draft; what else it allows (policies, secrets of a parent) is nothing we make.
#[derive(Sequence)]
struct Key {
    class: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    empty_password: Option<bool>,
    parent: u32,
    public: OctetString,
    private: OctetString,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Signs.
    Key,
    /// Is given out.
    Secret,
}

/// Both halves, each with its length in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrapped {
    pub(super) class: Class,
    pub(super) public: Vec<u8>,
    pub(super) private: Vec<u8>,
}

impl Wrapped {
    fn to_der(&self) -> Result<Vec<u8>, TpmError> {
        let octets = |bytes: &[u8]| OctetString::new(bytes).map_err(|_| TpmError::Unusable);
        let key = Key {
            class: match self.class {
                Class::Key => LOADABLE,
                Class::Secret => SEALED,
            },
            empty_password: Some(true),
            parent: wire::OWNER,
            public: octets(&self.public)?,
            private: octets(&self.private)?,
        };
        key.to_der().map_err(|_| TpmError::Unusable)
    }

    fn from_der(bytes: &[u8]) -> Result<Self, TpmError> {
        let key = Key::from_der(bytes).map_err(|_| TpmError::Unusable)?;
        let class = match key.class {
            LOADABLE => Class::Key,
            SEALED => Class::Secret,
            _ => return Err(TpmError::Unusable),
        };
        if key.parent != wire::OWNER || key.empty_password != Some(true) {
            return Err(TpmError::Unusable);
        }
        Ok(Self {
            class,
            public: key.public.into_bytes(),
            private: key.private.into_bytes(),
        })
    }

    /// For a key.
    pub(crate) fn to_pem(&self) -> Result<String, TpmError> {
        let der = self.to_der()?;
        der::pem::encode_string(LABEL, LineEnding::LF, &der).map_err(|_| TpmError::Unusable)
    }

    /// The first one of a PEM, whatever stands around it.
    pub(crate) fn from_pem(pem: &[u8]) -> Result<Self, TpmError> {
        let place = |what: &[u8]| pem.windows(what.len()).position(|window| window == what);
        let one = place(BEGIN).zip(place(END.trim_ascii_end()));
        let one = one.and_then(|(from, to)| pem.get(from..to + END.len() - 1));
        let (label, der) =
            der::pem::decode_vec(one.ok_or(TpmError::Unusable)?).map_err(|_| TpmError::Unusable)?;
        if label != LABEL {
            return Err(TpmError::Unusable);
        }
        Self::from_der(&der)
    }

    /// For a secret.
    pub(crate) fn to_line(&self) -> Result<String, TpmError> {
        Ok(format!("{LINE}{}", Base64::encode_string(&self.to_der()?)))
    }

    /// One line; a final newline is allowed.
    pub(crate) fn from_line(line: &str) -> Result<Self, TpmError> {
        let text = line.trim_end().strip_prefix(LINE);
        let der = text.and_then(|text| Base64::decode_vec(text).ok());
        Self::from_der(&der.ok_or(TpmError::Unusable)?)
    }

    /// The public half of a key, which needs no TPM to be read.
    pub(crate) fn public_key(&self) -> Result<SubjectPublicKeyInfoDer<'static>, TpmError> {
        let area = wire::Bytes(&self.public).sized();
        let [x, y] = area
            .filter(|_| self.class == Class::Key)
            .and_then(wire::point)
            .ok_or(TpmError::Unusable)?;
        let info = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: EC,
                parameters: Some(Any::from(P256)),
            },
            subject_public_key: BitString::from_bytes(&[&[4][..], &x, &y].concat())
                .map_err(|_| TpmError::Unusable)?,
        };
        let der = info.to_der().map_err(|_| TpmError::Unusable)?;
        Ok(der.into())
    }
}
