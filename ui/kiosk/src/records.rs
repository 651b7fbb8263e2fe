//! What the device remembers of a visit after it has ended: enough to find its filings again when the same card
//! comes back, and nothing that names a person.
//!
//! The record is encrypted with a key that only this device has, because it ties a card to a certificate number.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ubugoe_procedures::{MunicipalityCode, ProcedureId};
use ubugoe_protocol::VisitTree;
use ubugoe_visit::ChildKey;

/// Version byte in front of every record.
const VERSION: u8 = 2;
/// The version before there were several children in a visit.
const ONE_CHILD: u8 = 1;
const LABEL: &[u8] = b"ubugoe local visit record v1";
/// What other things are encrypted as; each is bound to its kind, so that none opens as another.
const NAMES: &[u8] = b"ubugoe names of local files v1";

/// One filing of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiledForm {
    /// The filing's id.
    pub id: [u8; 16],
    /// Which procedure.
    pub procedure: ProcedureId,
    /// Where it went.
    pub recipient: MunicipalityCode,
    /// SHA-256 of what was signed.
    pub digest: [u8; 32],
    /// Which child it is about, by place in [`VisitRecord::children`]; `None`: all of them.
    pub child: Option<usize>,
    /// The day until which it arrives in time.
    pub open_until: Option<Date>,
}

/// A visit that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitRecord {
    /// The card's fingerprint.
    pub card: [u8; 32],
    /// The children the filings are about, in order of birth.
    pub children: Vec<ChildKey>,
    /// The family's address is protected.
    pub protected: bool,
    /// The filings, in the order of the line.
    pub forms: Vec<FiledForm>,
    /// What the salts of the visit's hash tree are made from; records before there was one have none.
    #[serde(default)]
    pub seed: Option<[u8; 16]>,
}

impl VisitRecord {
    /// The hash tree over its forms.
    #[must_use]
    pub fn tree(&self) -> Option<VisitTree> {
        VisitTree::new(self.seed?, self.forms.iter().map(|f| f.digest).collect())
    }
}

/// A record as it was written before there were several children in a visit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneChild {
    card: [u8; 32],
    certificate_number: String,
    child_order: u8,
    forms: Vec<OneChildForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneChildForm {
    id: [u8; 16],
    procedure: ProcedureId,
    recipient: MunicipalityCode,
    digest: [u8; 32],
}

impl From<OneChild> for VisitRecord {
    fn from(old: OneChild) -> Self {
        let form = |form: OneChildForm| FiledForm {
            id: form.id,
            procedure: form.procedure,
            recipient: form.recipient,
            digest: form.digest,
            child: None,
            open_until: None,
        };
        Self {
            card: old.card,
            children: vec![ChildKey {
                number: old.certificate_number,
                order: old.child_order,
            }],
            protected: false,
            forms: old.forms.into_iter().map(form).collect(),
            seed: None,
        }
    }
}

/// Why a record cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The cryptographic library refused.
    #[error("the local record could not be {0}")]
    Crypto(&'static str),
    /// No randomness.
    #[error("no random numbers for the local record")]
    Random,
    /// Too short, or a version that this program does not know.
    #[error("the local record is not of version {VERSION}")]
    Version,
    /// Opened, but not a record.
    #[error("the local record does not parse")]
    Parse(#[source] serde_json::Error),
}

/// The key for local records, derived from the device's own secret, and the one that names files.
pub struct RecordKey {
    seal: LessSafeKey,
    names: hmac::Key,
}

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordKey(masked)")
    }
}

impl RecordKey {
    /// Derives the key from the text of the device's secret key (HKDF-SHA256 under its own label).
    ///
    /// # Errors
    /// [`RecordError::Crypto`] when the library refuses.
    pub fn derive(device_secret: &str) -> Result<Self, RecordError> {
        let refused = |_| RecordError::Crypto("keyed");
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, LABEL).extract(device_secret.as_bytes());
        let key = secret.expand(&[LABEL], &AES_256_GCM).map_err(refused)?;
        let names = secret
            .expand(&[NAMES], hmac::HMAC_SHA256)
            .map_err(refused)?;
        Ok(Self {
            seal: LessSafeKey::new(UnboundKey::from(key)),
            names: hmac::Key::from(names),
        })
    }

    /// A file name for something that itself must not stand in one.
    #[must_use]
    pub fn name(&self, of: &[u8]) -> String {
        hex::encode(hmac::sign(&self.names, of))
    }

    /// Encrypts bytes for one purpose: version byte, nonce, AES-256-GCM.
    ///
    /// # Errors
    /// [`RecordError`] when randomness or encryption fails.
    pub fn seal_bytes(&self, kind: &[u8], mut body: Vec<u8>) -> Result<Vec<u8>, RecordError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| RecordError::Random)?;
        let bound = [&[VERSION], kind].concat();
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound),
                &mut body,
            )
            .map_err(|_| RecordError::Crypto("sealed"))?;
        Ok([&[VERSION], &nonce[..], &body[..]].concat())
    }

    /// The inverse of [`RecordKey::seal_bytes`], for the same purpose.
    ///
    /// # Errors
    /// [`RecordError::Version`] for unknown versions, [`RecordError::Crypto`] for a wrong key, another purpose, or
    /// altered bytes.
    pub fn open_bytes(&self, kind: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RecordError> {
        let (version, nonce, body) = match sealed {
            [version @ (VERSION | ONE_CHILD), rest @ ..] => {
                let (nonce, body) = rest
                    .split_first_chunk::<NONCE_LEN>()
                    .ok_or(RecordError::Version)?;
                (*version, nonce, body)
            }
            _ => return Err(RecordError::Version),
        };
        let mut body = body.to_vec();
        let bound = [&[version], kind].concat();
        let plain = self
            .seal
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(bound),
                &mut body,
            )
            .map_err(|_| RecordError::Crypto("opened"))?;
        Ok(plain.to_vec())
    }

    /// Encrypts a record.
    ///
    /// # Errors
    /// [`RecordError`] when encoding, randomness or encryption fails.
    pub fn seal(&self, record: &VisitRecord) -> Result<Vec<u8>, RecordError> {
        let body = serde_json::to_vec(record).map_err(RecordError::Parse)?;
        self.seal_bytes(b"", body)
    }

    /// Decrypts a record; one of the version before is read as it would be written now.
    ///
    /// # Errors
    /// [`RecordError::Version`] for unknown versions, [`RecordError::Crypto`] for a wrong key or altered bytes.
    pub fn open(&self, sealed: &[u8]) -> Result<VisitRecord, RecordError> {
        let plain = self.open_bytes(b"", sealed)?;
        if sealed.first() == Some(&ONE_CHILD) {
            let old: OneChild = serde_json::from_slice(&plain).map_err(RecordError::Parse)?;
            return Ok(old.into());
        }
        serde_json::from_slice(&plain).map_err(RecordError::Parse)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use super::{ChildKey, RecordError, RecordKey, VisitRecord};

    fn record() -> VisitRecord {
        VisitRecord {
            card: [7; 32],
            children: vec![ChildKey {
                number: "A-2026-0042".to_owned(),
                order: 1,
            }],
            protected: false,
            forms: Vec::new(),
            seed: Some([5; 16]),
        }
    }

    #[test]
    fn a_record_comes_back_under_its_own_key_and_under_no_other() {
        let key = RecordKey::derive("secret of this device").unwrap();
        let sealed = key.seal(&record()).unwrap();
        assert_eq!(key.open(&sealed).unwrap(), record());
        let other = RecordKey::derive("secret of another device").unwrap();
        assert!(matches!(
            other.open(&sealed),
            Err(RecordError::Crypto("opened"))
        ));
    }

    #[test]
    fn every_altered_byte_of_a_record_is_noticed() {
        let key = RecordKey::derive("secret of this device").unwrap();
        let sealed = key.seal(&record()).unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open(&altered).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_record_of_before_there_were_several_children_is_still_read() {
        use super::{AES_256_GCM, Aad, LABEL, LessSafeKey, NONCE_LEN, Nonce, UnboundKey, hkdf};
        let old = br#"{"card":[7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7],"certificate_number":"A-2026-0042","child_order":1,"forms":[]}"#;
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, LABEL).extract(b"secret of this device");
        let key = secret.expand(&[LABEL], &AES_256_GCM).unwrap();
        let mut body = old.to_vec();
        LessSafeKey::new(UnboundKey::from(key))
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key([3; NONCE_LEN]),
                Aad::from([1]),
                &mut body,
            )
            .unwrap();
        let sealed = [&[1], &[3; NONCE_LEN][..], &body[..]].concat();
        let key = RecordKey::derive("secret of this device").unwrap();
        assert_eq!(key.open(&sealed).unwrap(), record());
    }

    #[test]
    fn what_was_sealed_for_one_purpose_opens_for_no_other() {
        let key = RecordKey::derive("secret of this device").unwrap();
        let sealed = key.seal_bytes(b"draft", b"words".to_vec()).unwrap();
        assert_eq!(key.open_bytes(b"draft", &sealed).unwrap(), b"words");
        assert!(key.open_bytes(b"voice", &sealed).is_err() && key.open(&sealed).is_err());
        assert_ne!(key.name(b"one"), key.name(b"other"));
    }

    #[test]
    fn the_sealed_record_does_not_show_the_certificate_number() {
        let sealed = RecordKey::derive("secret of this device")
            .unwrap()
            .seal(&record())
            .unwrap();
        assert!(!sealed.windows(4).any(|w| w == b"0042"));
    }
}
