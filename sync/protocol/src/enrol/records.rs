//! What a device signs before it goes: which filings were taken from it on a stick, and that it was wiped.

use ciborium::Value;

use crate::cose::{self, SignedError, Unverified};
use crate::wire::{self, Fields, WireError};
use crate::{DeviceId, FilingId, RecipientId, SigningKey, VerifyingKey};

const EXPORT: &str = "ubugoe-export/1";
const WIPE: &str = "ubugoe-wipe/1";
const MAX_WIPE: usize = 4 * 1024;
const MAX_EXPORT: usize = 16 * 1024 * 1024;
const MOST: usize = 100_000;
const MAX_WHY: usize = 1024;

/// One envelope on a stick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Which filing.
    pub id: FilingId,
    /// For whom.
    pub recipient: RecipientId,
    /// SHA-256 of the sealed bytes.
    pub envelope: [u8; 32],
}

/// What was taken from a device on a stick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// From which device.
    pub device: DeviceId,
    /// When, seconds since 1970 UTC by its clock.
    pub at: i64,
    /// What.
    pub envelopes: Vec<Carried>,
}

impl Export {
    /// Signs it with the device's key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        let item = |one: &Carried| {
            Value::Array(vec![
                Value::Bytes(one.id.as_bytes().to_vec()),
                Value::from(one.recipient.as_str()),
                Value::Bytes(one.envelope.to_vec()),
            ])
        };
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::from(self.device.as_str())),
            (3, Value::from(self.at.max(0))),
            (4, Value::Array(self.envelopes.iter().map(item).collect())),
        ];
        cose::sign1(EXPORT, wire::encode(&wire::map(fields)), key)
    }

    /// Verifies it under the device's key.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(EXPORT, bytes, MAX_EXPORT)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    /// Reads it without verifying, for whoever has not that device's key: then it says what to look for, and proves nothing.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(EXPORT, bytes, MAX_EXPORT)?)
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let payload = wire::decode(EXPORT, signed.payload(), MAX_EXPORT)?;
        let mut f = Fields::open(EXPORT, payload)?;
        f.version(1)?;
        let export = Self {
            device: f.id(2, "device")?,
            at: f.time(3, "at")?,
            envelopes: f
                .list(4, "envelopes", MOST)?
                .into_iter()
                .map(carried)
                .collect::<Result<_, _>>()?,
        };
        f.finish()?;
        Ok(export)
    }
}

fn carried(value: Value) -> Result<Carried, WireError> {
    const BAD: WireError = WireError::OutOfRange {
        what: EXPORT,
        field: "envelope",
    };
    let Value::Array(items) = value else {
        return Err(BAD);
    };
    let [id, recipient, envelope] = <[Value; 3]>::try_from(items).map_err(|_| BAD)?;
    let (Value::Bytes(id), Value::Text(recipient), Value::Bytes(envelope)) =
        (id, recipient, envelope)
    else {
        return Err(BAD);
    };
    Ok(Carried {
        id: FilingId::from_bytes(<[u8; 16]>::try_from(id.as_slice()).map_err(|_| BAD)?),
        recipient: recipient.parse().map_err(|_| BAD)?,
        envelope: <[u8; 32]>::try_from(envelope.as_slice()).map_err(|_| BAD)?,
    })
}

/// A device's last word: what was on it, and that it is gone. Signed before its key is destroyed, and worth exactly that: the
/// device said so, and nobody else could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WipeRecord {
    /// Which device.
    pub device: DeviceId,
    /// When, seconds since 1970 UTC by its clock.
    pub at: i64,
    /// Filings in its outbox that no city had receipted.
    pub unsent: u64,
    /// How many of those were on a stick before.
    pub exported: u64,
    /// Files that are overwritten and removed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Why it was wiped although something was neither sent nor exported; empty where nothing was.
    pub why: String,
}

impl WipeRecord {
    /// Signs it with the device's key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        if self.why.len() > MAX_WHY {
            return Err(WireError::OutOfRange {
                what: WIPE,
                field: "why",
            }
            .into());
        }
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::from(self.device.as_str())),
            (3, Value::from(self.at.max(0))),
            (4, Value::from(self.unsent)),
            (5, Value::from(self.exported)),
            (6, Value::from(self.files)),
            (7, Value::from(self.bytes)),
            (8, Value::from(self.why.as_str())),
        ];
        cose::sign1(WIPE, wire::encode(&wire::map(fields)), key)
    }

    /// Reads it without verifying, to learn whose key it needs.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(WIPE, bytes, MAX_WIPE)?)
    }

    /// Verifies it under the device's key.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(WIPE, bytes, MAX_WIPE)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let mut f = Fields::open(WIPE, wire::decode(WIPE, signed.payload(), MAX_WIPE)?)?;
        f.version(1)?;
        let record = Self {
            device: f.id(2, "device")?,
            at: f.time(3, "at")?,
            unsent: f.uint(4, "unsent", u64::MAX)?,
            exported: f.uint(5, "exported", u64::MAX)?,
            files: f.uint(6, "files", u64::MAX)?,
            bytes: f.uint(7, "bytes", u64::MAX)?,
            why: f.text(8, "why", MAX_WHY)?,
        };
        f.finish()?;
        Ok(record)
    }
}
