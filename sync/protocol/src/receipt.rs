//! The city's signed word that a filing is in its database: what turns "stored" into "arrived".
//!
//! A receipt names no person, address or procedure, so it can be printed and shown. Its QR text carries the
//! signature along: anyone with the city's public key can check it without a network.

use ciborium::Value;

use crate::cose::{self, SignedError, Unverified};
use crate::wire::{self, Fields, WireError};
use crate::{FilingId, Interval, Place, RecipientId, SigningKey, VerifyingKey, base45};

const TYP: &str = "ubugoe-receipt/1";
pub(crate) const MAX: usize = 1024;
const MAX_TOKEN: usize = 43;
const MAX_URL: usize = 80;
/// Begins every receipt QR; like the rest of the text it stays within the QR alphanumeric set.
const QR_PREFIX: &str = "UBUGOE1:";

/// A filing arrived (到達).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Profile version, always [`crate::VERSION`].
    pub v: u8,
    /// Which filing.
    pub id: FilingId,
    /// SHA-256 of its canonical bytes.
    pub digest: [u8; 32],
    /// Who received it; the receipt verifies only under this recipient's key.
    pub recipient: RecipientId,
    /// When the city's transaction committed, seconds since 1970 UTC by the city's clock.
    pub arrived_at: i64,
    /// The city's running number.
    pub arrival_no: u64,
    /// Opens the family's status page: random, A-Z a-z 0-9 '-' '_', at most 43 characters.
    pub status_token: String,
    /// Where the status page is, *without* the token: `https://…/s/`, at most 80 characters. See [`Receipt::status_link`].
    pub status_url: String,
    /// The visit the form belongs to; none for a piece of an attachment.
    pub visit: Option<Place>,
    /// Between which moments the form was signed, as the city derived it; none when the device's account contradicts itself.
    pub signed: Option<Interval>,
    /// When the city's database was last restored from a backup, seconds since 1970 UTC; 0 if it never was. A receipt of an
    /// earlier era may be about something that the restore lost.
    pub era: i64,
}

/// Why a QR text is not a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// Does not begin with `UBUGOE1:`.
    #[error("not an Ubugoe receipt")]
    Prefix,
    /// Not base45 (RFC 9285), or too long.
    #[error("the text is damaged")]
    Base45,
    /// The receipt inside does not verify.
    #[error("the receipt does not verify")]
    Receipt(#[source] SignedError),
}

impl Receipt {
    /// Signs it: the bytes that travel, are stored and go into the QR code.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        self.check()?;
        let mut fields = vec![
            (1, Value::from(self.v)),
            (2, Value::Bytes(self.id.as_bytes().to_vec())),
            (3, Value::Bytes(self.digest.to_vec())),
            (4, Value::from(self.recipient.as_str())),
            (5, Value::from(self.arrived_at)),
            (6, Value::from(self.arrival_no)),
            (7, Value::from(self.status_token.as_str())),
            (8, Value::from(self.status_url.as_str())),
        ];
        if let Some(place) = self.visit {
            fields.push((9, Value::Bytes(place.root.to_vec())));
            fields.push((10, Value::from(place.index)));
            fields.push((11, Value::from(place.count)));
        }
        if let Some(signed) = self.signed {
            fields.push((12, Value::from(signed.from)));
            fields.push((13, Value::from(signed.until)));
        }
        if self.era != 0 {
            fields.push((14, Value::from(self.era)));
        }
        cose::sign1(TYP, wire::encode(&wire::map(fields)), key)
    }

    /// Verifies a receipt under one recipient's key. The caller also compares `recipient` with whom it asked.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(TYP, bytes, MAX)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    /// Reads a receipt without verifying it, to learn whose key it needs.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(TYP, bytes, MAX)?)
    }

    /// The text of the receipt's QR code, from the signed bytes.
    pub fn qr_text(signed: &[u8]) -> Result<String, SignedError> {
        Unverified::parse(TYP, signed, MAX)?;
        Ok(format!("{QR_PREFIX}{}", base45::encode(signed)))
    }

    /// Reads a QR text back into signed bytes; [`Receipt::verify`] or [`Receipt::peek`] take them from there.
    pub fn qr_bytes(text: &str) -> Result<Vec<u8>, QrError> {
        let body = text.strip_prefix(QR_PREFIX).ok_or(QrError::Prefix)?;
        if body.len() > MAX * 2 {
            return Err(QrError::Base45);
        }
        base45::decode(body).ok_or(QrError::Base45)
    }

    /// Reads and verifies a QR text in one go.
    pub fn from_qr_text(text: &str, key: &VerifyingKey) -> Result<Self, QrError> {
        Self::verify(&Self::qr_bytes(text)?, key).map_err(QrError::Receipt)
    }

    /// The address of the family's status page.
    #[must_use]
    pub fn status_link(&self) -> String {
        format!("{}{}", self.status_url, self.status_token)
    }

    fn check(&self) -> Result<(), WireError> {
        let out = |field| WireError::OutOfRange { what: TYP, field };
        if self.v != crate::VERSION {
            return Err(WireError::Version {
                what: TYP,
                found: u64::from(self.v),
            });
        }
        if !wire::time_ok(self.arrived_at) {
            return Err(out("arrived_at"));
        }
        let token = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if self.status_token.len() > MAX_TOKEN || !self.status_token.bytes().all(token) {
            return Err(out("status_token"));
        }
        let url = |c: u8| c.is_ascii_graphic();
        if self.status_url.len() > MAX_URL || !self.status_url.bytes().all(url) {
            return Err(out("status_url"));
        }
        if self.visit.is_some_and(|v| v.index >= v.count) {
            return Err(out("visit"));
        }
        if !wire::time_ok(self.era) {
            return Err(out("era"));
        }
        let good =
            |i: Interval| wire::time_ok(i.from) && wire::time_ok(i.until) && i.from <= i.until;
        if !self.signed.is_none_or(good) {
            return Err(out("signed"));
        }
        Ok(())
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let mut f = Fields::open(TYP, wire::decode(TYP, signed.payload(), MAX)?)?;
        let had_era = f.has(14);
        let receipt = Self {
            v: f.version(1)?,
            id: FilingId::from_bytes(f.array(2, "id")?),
            digest: f.array(3, "digest")?,
            recipient: f.id(4, "recipient")?,
            arrived_at: f.time(5, "arrived_at")?,
            arrival_no: f.uint(6, "arrival_no", u64::MAX)?,
            status_token: f.text(7, "status_token", MAX_TOKEN)?,
            status_url: f.text(8, "status_url", MAX_URL)?,
            visit: if f.has(9) {
                Some(Place {
                    root: f.array(9, "root")?,
                    index: f.small(10, "index")?,
                    count: f.small(11, "count")?,
                })
            } else {
                None
            },
            signed: if f.has(12) {
                Some(Interval {
                    from: f.time(12, "signed from")?,
                    until: f.time(13, "signed until")?,
                })
            } else {
                None
            },
            era: f.time_opt(14, "era")?.unwrap_or(0),
        };
        // One way to write it: without an era there is no field.
        if receipt.era == 0 && had_era {
            return Err(WireError::NotDeterministic { what: TYP }.into());
        }
        f.finish()?;
        receipt.check()?;
        Ok(receipt)
    }
}
