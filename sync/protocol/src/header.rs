//! What stands on the outside of a sealed filing: enough to carry and route it, nothing about its content.
//!
//! The header is authenticated twice: as additional data of the encryption and under the device's signature.

use ciborium::Value;

use crate::wire::{self, Fields, WireError};
use crate::{CaseId, DeviceId, FilingId, KeyId, RecipientId};

/// What an envelope contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Canonical filing bytes with the parent's signature.
    Filing,
    /// One chunk of an attachment, bound to its filing by hash.
    Attachment,
    /// Something the device has to say for itself; no filing.
    Report,
    /// A second signature to a filing that is with the recipient already.
    Second,
}

impl Kind {
    const fn code(self) -> u64 {
        match self {
            Self::Filing => 1,
            Self::Attachment => 2,
            Self::Report => 3,
            Self::Second => 4,
        }
    }
}

/// The readable part of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Profile version, always [`crate::VERSION`].
    pub v: u8,
    /// This filing for this recipient.
    pub id: FilingId,
    /// The device that signed the envelope.
    pub device: DeviceId,
    /// Whom it is for.
    pub recipient: RecipientId,
    /// What is inside.
    pub kind: Kind,
    /// Format of the inside, `ubugoe-filing/1`; at most 64 bytes. Never the name of a procedure.
    pub schema: String,
    /// Which matter it belongs to.
    pub case: CaseId,
    /// Position within the matter, from 0. The wire does not keep order; the city's database does.
    pub case_seq: u32,
    /// When it was sealed, in seconds since 1970 UTC by the device's clock.
    pub created: i64,
    /// When it stops being useful, if ever; the outbox never drops it for that.
    pub expires: Option<i64>,
    /// Which recipient key it is sealed to.
    pub key_id: KeyId,
}

const WHAT: &str = "envelope header";

impl Header {
    /// The CBOR map, keys 1 to 11.
    pub(crate) fn to_value(&self) -> Result<Value, WireError> {
        let out = |field| WireError::OutOfRange { what: WHAT, field };
        if self.v != crate::VERSION {
            return Err(WireError::Version {
                what: WHAT,
                found: u64::from(self.v),
            });
        }
        if self.schema.is_empty() || self.schema.len() > 64 {
            return Err(out("schema"));
        }
        if !wire::time_ok(self.created) {
            return Err(out("created"));
        }
        if self.expires.is_some_and(|t| !wire::time_ok(t)) {
            return Err(out("expires"));
        }
        let mut fields = vec![
            (1, Value::from(self.v)),
            (2, Value::Bytes(self.id.as_bytes().to_vec())),
            (3, Value::from(self.device.as_str())),
            (4, Value::from(self.recipient.as_str())),
            (5, Value::from(self.kind.code())),
            (6, Value::from(self.schema.as_str())),
            (7, Value::Bytes(self.case.as_bytes().to_vec())),
            (8, Value::from(self.case_seq)),
            (9, Value::from(self.created)),
        ];
        fields.extend(self.expires.map(|t| (10, Value::from(t))));
        fields.push((11, Value::Bytes(self.key_id.to_vec())));
        Ok(wire::map(fields))
    }

    /// Reads the map back; every field checked, no other field allowed.
    pub(crate) fn from_value(value: Value) -> Result<Self, WireError> {
        let mut f = Fields::open(WHAT, value)?;
        let header = Self {
            v: f.version(1)?,
            id: FilingId::from_bytes(f.array(2, "id")?),
            device: f.id(3, "device")?,
            recipient: f.id(4, "recipient")?,
            kind: match f.uint(5, "kind", 255)? {
                1 => Kind::Filing,
                2 => Kind::Attachment,
                3 => Kind::Report,
                4 => Kind::Second,
                _ => {
                    return Err(WireError::OutOfRange {
                        what: WHAT,
                        field: "kind",
                    });
                }
            },
            schema: f.text(6, "schema", 64)?,
            case: CaseId::from_bytes(f.array(7, "case")?),
            case_seq: f.small(8, "case_seq")?,
            created: f.time(9, "created")?,
            expires: f.time_opt(10, "expires")?,
            key_id: f.array(11, "key_id")?,
        };
        f.finish()?;
        Ok(header)
    }
}
