//! Whether the attributes are what the issuer put on the card. Must not call unproven data proven.
//!
//! ```text
//! root (configured, never from the card) ──signs──▶ 0004  certificate of the issuer's key
//!                                                    │ signs
//!                                                    ▼
//!                           0003  DF31 digest of 0001 · DF32 digest of 0002 from the name on · DF33 signature
//! ```
//! What this does not show: that the card is no copy. That would be a challenge to the card's own key
//! (0007, 0013); an attacker who can copy files but not that key is not detected here.

use std::fmt;
use std::str::FromStr;

use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest, Sha256};

use crate::apdu::StatusWord;
use crate::error::Malformed;
use crate::text::{inside, only};
use crate::tlv;

/// What is known about the origin of the attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// Digest, signature and the issuer key's certificate hold, up to a configured root.
    Trusted {
        /// The issuer key that signed.
        key: KeyId,
    },
    /// Digest and signature hold under the key that the card itself presents, but its issuer is none of the
    /// configured roots: nothing was garbled on the way, and nothing is known about who wrote it.
    Consistent {
        /// The key that certified the issuer key, which no configured root matches.
        issuer: KeyId,
    },
    /// Something does not hold: the attributes must not be relied on.
    Broken(Broken),
    /// Not looked at.
    NotChecked(NotChecked),
}

/// Which link of the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The attributes do not have the digest that the record states.
    #[error("the attributes do not have the recorded digest")]
    Digest,
    /// The record is not signed by the issuer key.
    #[error("the integrity record is not signed by the issuer key")]
    Signature,
    /// The issuer key's certificate is not signed by the root of its name.
    #[error("the issuer key's certificate is not signed by its root")]
    Certificate,
    /// The integrity record cannot be read.
    #[error("the integrity record cannot be read")]
    Record(#[source] Malformed),
    /// The issuer key's certificate cannot be read.
    #[error("the issuer key's certificate cannot be read")]
    Issuer(#[source] Malformed),
}

/// Why nothing was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChecked {
    /// The configuration says not to.
    SwitchedOff,
    /// The card did not give the files.
    Unreadable {
        /// The file.
        file: u8,
        /// What the card answered.
        status: StatusWord,
    },
}

/// The 16 bytes that name a key in the card's own certificates.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A root key that certifies issuer keys, held by the verifier.
///
/// As text, one line: `ubugoe-card-root-v1:<key id>:<exponent>:<modulus>`, each in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerRoot {
    id: KeyId,
    key: RsaPublicKey,
}

/// A root that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerRootError {
    /// Not the four parts of the text form.
    #[error("a card root reads ubugoe-card-root-v1:<key id>:<exponent>:<modulus>")]
    Form,
    /// A part that is not hexadecimal.
    #[error("part {part} of a card root is not hexadecimal")]
    Hex {
        /// 1 key id, 2 exponent, 3 modulus.
        part: usize,
    },
    /// A key id of another length than 16 bytes.
    #[error("a key id has 16 bytes, not {length}")]
    KeyId {
        /// Bytes given.
        length: usize,
    },
    /// Numbers that are no RSA key.
    #[error("not an RSA key: {why}")]
    Key {
        /// The library's words.
        why: String,
    },
}

impl IssuerRoot {
    /// Builds a root from its name and its RSA key, both big-endian.
    pub fn new(id: [u8; 16], exponent: &[u8], modulus: &[u8]) -> Result<Self, IssuerRootError> {
        let key =
            rsa_key(exponent, modulus).map_err(|error| IssuerRootError::Key { why: error })?;
        Ok(Self { id: KeyId(id), key })
    }

    /// The name of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }
}

impl FromStr for IssuerRoot {
    type Err = IssuerRootError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.trim().split(':');
        let (Some("ubugoe-card-root-v1"), Some(id), Some(exponent), Some(modulus), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(IssuerRootError::Form);
        };
        let bytes = |part, text: &str| hex::decode(text).map_err(|_| IssuerRootError::Hex { part });
        let id = bytes(1, id)?;
        let length = id.len();
        let id: [u8; 16] = id
            .try_into()
            .map_err(|_| IssuerRootError::KeyId { length })?;
        Self::new(id, &bytes(2, exponent)?, &bytes(3, modulus)?)
    }
}

fn rsa_key(exponent: &[u8], modulus: &[u8]) -> Result<RsaPublicKey, String> {
    RsaPublicKey::new(
        BigUint::from_bytes_be(modulus),
        BigUint::from_bytes_be(exponent),
    )
    .map_err(|error| error.to_string())
}

/// Whether `signature` is PKCS#1 v1.5 with SHA-256 over `message`.
fn signed_by(key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool {
    verifies(key, &Sha256::digest(message), signature)
}

/// Whether `signature` is PKCS#1 v1.5 over a SHA-256 digest.
pub(crate) fn verifies(key: &RsaPublicKey, digest: &[u8], signature: &[u8]) -> bool {
    key.verify(Pkcs1v15Sign::new::<Sha256>(), digest, signature)
        .is_ok()
}

/// File 0003.
struct Record {
    attributes_digest: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Record {
    fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let objects = inside(file, 0xFF30)?;
        let numbers = only(&objects, 0xDF31)?;
        let attributes = only(&objects, 0xDF32)?;
        let signature = only(&objects, 0xDF33)?;
        if attributes.value.len() != 32 {
            return Err(Malformed::Length {
                length: attributes.value.len(),
                expected: 32,
            });
        }
        Ok(Self {
            attributes_digest: attributes.value.to_vec(),
            signed: [numbers.whole, attributes.whole].concat(),
            signature: signature.value.to_vec(),
        })
    }
}

/// File 0004: the issuer key, certified in the card's own format (ISO 7816-8 card-verifiable certificate).
struct IssuerCertificate {
    issuer: KeyId,
    subject: KeyId,
    key: RsaPublicKey,
    body: Vec<u8>,
    signature: Vec<u8>,
}

impl IssuerCertificate {
    fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let objects = inside(file, 0x7F21)?;
        let body = only(&objects, 0x5F4E)?;
        let signature = only(&objects, 0x5F37)?;
        let short = Malformed::Length {
            length: body.value.len(),
            expected: 297,
        };
        let (issuer, rest) = body.value.split_first_chunk::<16>().ok_or(short.clone())?;
        let (subject, key) = rest.split_first_chunk::<16>().ok_or(short)?;
        let numbers = tlv::objects(key, body.at)?;
        let exponent = only(&numbers, 0x90)?;
        let modulus = only(&numbers, 0x91)?;
        Ok(Self {
            issuer: KeyId(*issuer),
            subject: KeyId(*subject),
            key: rsa_key(exponent.value, modulus.value)
                .map_err(|why| Malformed::Certificate { why })?,
            body: body.value.to_vec(),
            signature: signature.value.to_vec(),
        })
    }
}

/// Judges the attributes by the card's files 0003 and 0004.
pub(crate) fn judge(
    digested: &[u8],
    record: &[u8],
    certificate: &[u8],
    roots: &[IssuerRoot],
) -> Integrity {
    let record = match Record::parse(record) {
        Ok(record) => record,
        Err(problem) => return Integrity::Broken(Broken::Record(problem)),
    };
    if Sha256::digest(digested).as_slice() != record.attributes_digest.as_slice() {
        return Integrity::Broken(Broken::Digest);
    }
    let certificate = match IssuerCertificate::parse(certificate) {
        Ok(certificate) => certificate,
        Err(problem) => return Integrity::Broken(Broken::Issuer(problem)),
    };
    if !signed_by(&certificate.key, &record.signed, &record.signature) {
        return Integrity::Broken(Broken::Signature);
    }
    match roots.iter().find(|root| root.id == certificate.issuer) {
        None => Integrity::Consistent {
            issuer: certificate.issuer,
        },
        Some(root) if signed_by(&root.key, &certificate.body, &certificate.signature) => {
            Integrity::Trusted {
                key: certificate.subject,
            }
        }
        Some(_) => Integrity::Broken(Broken::Certificate),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a failed expectation should stop the test"
    )]
    use super::*;
    use crate::text::tests::put;
    use proptest::prelude::*;
    use rsa::RsaPrivateKey;
    use rsa::traits::PublicKeyParts;
    use std::sync::OnceLock;

    fn keys() -> &'static (RsaPrivateKey, RsaPrivateKey) {
        static KEYS: OnceLock<(RsaPrivateKey, RsaPrivateKey)> = OnceLock::new();
        KEYS.get_or_init(|| {
            let mut rng = rsa::rand_core::OsRng;
            (
                RsaPrivateKey::new(&mut rng, 1024).unwrap(),
                RsaPrivateKey::new(&mut rng, 1024).unwrap(),
            )
        })
    }

    fn sign(key: &RsaPrivateKey, message: &[u8]) -> Vec<u8> {
        key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message))
            .unwrap()
    }

    fn certificate() -> Vec<u8> {
        let (root, issuer) = keys();
        let mut body = [[b'R'; 16], [b'I'; 16]].concat();
        let short = |tag: u8, value: &[u8]| {
            [
                vec![tag, 0x82, 0, u8::try_from(value.len()).unwrap()],
                value.to_vec(),
            ]
            .concat()
        };
        body.extend(short(0x90, &issuer.e().to_bytes_be()));
        body.extend(short(0x91, &issuer.n().to_bytes_be()));
        let inner = [put(0x5F4E, &body), put(0x5F37, &sign(root, &body))].concat();
        put(0x7F21, &inner)
    }

    fn record(attributes: &[u8]) -> Vec<u8> {
        let signed = [
            put(0xDF31, &[7; 32]),
            put(0xDF32, &Sha256::digest(attributes)),
        ]
        .concat();
        let signature = put(0xDF33, &sign(&keys().1, &signed));
        put(0xFF30, &[signed, signature].concat())
    }

    fn root() -> IssuerRoot {
        let key = &keys().0;
        IssuerRoot::new([b'R'; 16], &key.e().to_bytes_be(), &key.n().to_bytes_be()).unwrap()
    }

    #[test]
    fn a_whole_chain_is_trusted_only_up_to_a_configured_root() {
        let data = b"attributes";
        assert_eq!(
            judge(data, &record(data), &certificate(), &[root()]),
            Integrity::Trusted {
                key: KeyId([b'I'; 16])
            }
        );
        assert_eq!(
            judge(data, &record(data), &certificate(), &[]),
            Integrity::Consistent {
                issuer: KeyId([b'R'; 16])
            }
        );
    }

    #[test]
    fn each_broken_link_is_named() {
        let data = b"attributes";
        let (record, certificate) = (record(data), certificate());
        let judged = |data: &[u8], record: &[u8], certificate: &[u8]| {
            judge(data, record, certificate, &[root()])
        };
        assert_eq!(
            judged(b"attributeS", &record, &certificate),
            Integrity::Broken(Broken::Digest)
        );
        let mut forged = record.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(
            judged(data, &forged, &certificate),
            Integrity::Broken(Broken::Signature)
        );
        let mut forged = certificate.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(
            judged(data, &record, &forged),
            Integrity::Broken(Broken::Certificate)
        );
        assert!(matches!(
            judged(data, &record[..40], &certificate),
            Integrity::Broken(Broken::Record(_))
        ));
        assert!(matches!(
            judged(data, &record, &certificate[..40]),
            Integrity::Broken(Broken::Issuer(_))
        ));
    }

    #[test]
    fn a_root_reads_back_from_its_text_and_bad_text_is_named() {
        let key = &keys().0;
        let text = format!(
            "ubugoe-card-root-v1:{}:{}:{}\n",
            "52".repeat(16),
            hex::encode(key.e().to_bytes_be()),
            hex::encode(key.n().to_bytes_be())
        );
        assert_eq!(text.parse::<IssuerRoot>(), Ok(root()));
        assert_eq!("x".parse::<IssuerRoot>(), Err(IssuerRootError::Form));
        assert_eq!(
            "ubugoe-card-root-v1:zz:03:05".parse::<IssuerRoot>(),
            Err(IssuerRootError::Hex { part: 1 })
        );
        assert_eq!(
            "ubugoe-card-root-v1:00:03:05".parse::<IssuerRoot>(),
            Err(IssuerRootError::KeyId { length: 1 })
        );
        let zero = format!("ubugoe-card-root-v1:{}:00:00", "00".repeat(16));
        assert!(matches!(
            zero.parse::<IssuerRoot>(),
            Err(IssuerRootError::Key { .. })
        ));
    }

    proptest! {
        #[test]
        fn any_files_are_judged_without_a_panic(record in proptest::collection::vec(any::<u8>(), 0..200), certificate in proptest::collection::vec(any::<u8>(), 0..200)) {
            let judged = judge(b"x", &put(0xFF30, &record), &put(0x7F21, &certificate), &[]);
            prop_assert!(matches!(judged, Integrity::Broken(_)));
        }
    }
}
