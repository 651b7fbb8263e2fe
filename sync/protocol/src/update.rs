//! Updates of what a device knows and is (catalogue, profile, system): announced by a signed manifest, carried in parts, proved
//! by hash.
//!
//! It says nothing about when an update is used or taken back; that is the device's and the operator's business.

use ciborium::Value;

use crate::cose::{self, SignedError, Unverified};
use crate::wire::{self, Fields, WireError};
use crate::{FilingId, MAX_ENVELOPE, SigningKey, VerifyingKey, digest};

const MANIFEST: &str = "ubugoe-manifest/1";
const PART: &str = "update part";
const MAX: usize = 1024;

/// Bytes in one part.
pub const PART_LEN: usize = 90 * 1024;

/// Most parts of an update: 22 MiB.
pub const MAX_PARTS: usize = 256;

/// Names an update.
pub type UpdateId = FilingId;

/// What is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// Procedures, forms, deadlines, amounts.
    Catalogue,
    /// One municipality's or ward's settings.
    Profile,
    /// The whole system; what travels is a [`SystemOrder`](crate::SystemOrder).
    System,
}

impl Content {
    const fn code(self) -> u64 {
        match self {
            Self::Catalogue => 1,
            Self::Profile => 2,
            Self::System => 3,
        }
    }
}

/// Announces an update; signed by the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// Which.
    pub id: UpdateId,
    /// Of what.
    pub content: Content,
    /// Counts up per content; a device never goes to a lower one but by withdrawing.
    pub version: u64,
    /// SHA-256 of the whole.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub len: u64,
    /// When it was signed, seconds since 1970 UTC.
    pub at: i64,
}

impl Manifest {
    /// How many parts it has.
    #[must_use]
    pub fn parts(&self) -> usize {
        usize::try_from(self.len.div_ceil(PART_LEN as u64)).unwrap_or(usize::MAX)
    }

    fn check(&self) -> Result<(), WireError> {
        let out = |field| WireError::OutOfRange {
            what: MANIFEST,
            field,
        };
        if !(1..=MAX_PARTS).contains(&self.parts()) {
            return Err(out("length"));
        }
        if wire::time_ok(self.at) {
            Ok(())
        } else {
            Err(out("at"))
        }
    }

    /// Signs it with the operator's key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        self.check()?;
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.id.as_bytes().to_vec())),
            (3, Value::from(self.content.code())),
            (4, Value::from(self.version)),
            (5, Value::Bytes(self.sha256.to_vec())),
            (6, Value::from(self.len)),
            (7, Value::from(self.at)),
        ];
        cose::sign1(MANIFEST, wire::encode(&wire::map(fields)), key)
    }

    /// Verifies it under the operator's key.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(MANIFEST, bytes, MAX)?;
        signed.verify(key)?;
        let mut f = Fields::open(MANIFEST, wire::decode(MANIFEST, signed.payload(), MAX)?)?;
        f.version(1)?;
        let manifest = Self {
            id: UpdateId::from_bytes(f.array(2, "id")?),
            content: match f.uint(3, "content", 255)? {
                1 => Content::Catalogue,
                2 => Content::Profile,
                3 => Content::System,
                _ => {
                    return Err(WireError::OutOfRange {
                        what: MANIFEST,
                        field: "content",
                    }
                    .into());
                }
            },
            version: f.uint(4, "content version", u64::MAX)?,
            sha256: f.array(5, "sha256")?,
            len: f.uint(6, "length", u64::MAX)?,
            at: f.time(7, "at")?,
        };
        f.finish()?;
        manifest.check()?;
        Ok(manifest)
    }
}

/// One part of an update. Nothing about it is believed until the whole has the manifest's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Of which update.
    pub id: UpdateId,
    /// Which part, from 0.
    pub number: u16,
    /// [`PART_LEN`] bytes, fewer in the last part.
    pub bytes: Vec<u8>,
}

/// Cuts an update into parts.
#[must_use]
pub fn cut(id: UpdateId, whole: &[u8]) -> Vec<Part> {
    (0..)
        .zip(whole.chunks(PART_LEN))
        .map(|(number, bytes)| Part {
            id,
            number,
            bytes: bytes.to_vec(),
        })
        .collect()
}

/// Puts parts together, in order; `None` unless the result is exactly what the manifest announces.
#[must_use]
pub fn join(manifest: &Manifest, parts: &[Vec<u8>]) -> Option<Vec<u8>> {
    let whole = parts.concat();
    let right = u64::try_from(whole.len()) == Ok(manifest.len) && digest(&whole) == manifest.sha256;
    right.then_some(whole)
}

impl Part {
    /// As it travels inside a downlink message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(&wire::map(vec![
            (1, Value::Bytes(self.id.as_bytes().to_vec())),
            (2, Value::from(self.number)),
            (3, Value::Bytes(self.bytes.clone())),
        ]))
    }

    /// Reads it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(PART, wire::decode(PART, bytes, MAX_ENVELOPE)?)?;
        let part = Self {
            id: UpdateId::from_bytes(f.array(1, "id")?),
            number: f.small(2, "number")?,
            bytes: f.bytes(3, "bytes", PART_LEN)?,
        };
        f.finish()?;
        if usize::from(part.number) < MAX_PARTS && !part.bytes.is_empty() {
            Ok(part)
        } else {
            Err(WireError::OutOfRange {
                what: PART,
                field: "number",
            })
        }
    }
}
