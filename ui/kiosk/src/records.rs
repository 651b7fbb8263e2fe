//! What the device remembers of a visit after it has ended: enough to find its filings again when the same card
//! comes back, and nothing that names a person.
//!
//! The record is encrypted with a key that only this device has, because it ties a card to a certificate number.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};
use serde::{Deserialize, Serialize};
use ubugoe_procedures::{MunicipalityCode, ProcedureId};

/// Version byte in front of every record.
const VERSION: u8 = 1;
const LABEL: &[u8] = b"ubugoe local visit record v1";

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
}

/// A visit that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitRecord {
    /// The card's fingerprint.
    pub card: [u8; 32],
    /// The certificate the filings rest on.
    pub certificate_number: String,
    /// Which child of the delivery: twins may share a number.
    pub child_order: u8,
    /// The filings, in the order of the line.
    pub forms: Vec<FiledForm>,
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

/// The key for local records, derived from the device's own secret.
pub struct RecordKey(LessSafeKey);

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
        Ok(Self(LessSafeKey::new(UnboundKey::from(key))))
    }

    /// Encrypts a record: version byte, nonce, AES-256-GCM.
    ///
    /// # Errors
    /// [`RecordError`] when encoding, randomness or encryption fails.
    pub fn seal(&self, record: &VisitRecord) -> Result<Vec<u8>, RecordError> {
        let mut body = serde_json::to_vec(record).map_err(RecordError::Parse)?;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| RecordError::Random)?;
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from([VERSION]),
                &mut body,
            )
            .map_err(|_| RecordError::Crypto("sealed"))?;
        let mut out = vec![VERSION];
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        Ok(out)
    }

    /// Decrypts a record.
    ///
    /// # Errors
    /// [`RecordError::Version`] for unknown versions, [`RecordError::Crypto`] for a wrong key or altered bytes.
    pub fn open(&self, sealed: &[u8]) -> Result<VisitRecord, RecordError> {
        let (nonce, body) = match sealed {
            [VERSION, rest @ ..] => rest
                .split_first_chunk::<NONCE_LEN>()
                .ok_or(RecordError::Version)?,
            _ => return Err(RecordError::Version),
        };
        let mut body = body.to_vec();
        let plain = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from([VERSION]),
                &mut body,
            )
            .map_err(|_| RecordError::Crypto("opened"))?;
        serde_json::from_slice(plain).map_err(RecordError::Parse)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use super::{RecordError, RecordKey, VisitRecord};

    fn record() -> VisitRecord {
        VisitRecord {
            card: [7; 32],
            certificate_number: "A-2026-0042".to_owned(),
            child_order: 1,
            forms: Vec::new(),
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
    fn the_sealed_record_does_not_show_the_certificate_number() {
        let sealed = RecordKey::derive("secret of this device")
            .unwrap()
            .seal(&record())
            .unwrap();
        assert!(!sealed.windows(4).any(|w| w == b"0042"));
    }
}
