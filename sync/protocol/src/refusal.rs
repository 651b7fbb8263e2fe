//! The city's signed word that it could not take an envelope in, and why. Silence is not an answer.
//!
//! These are technical reasons only: a machine never refuses a filing for what it says.

use ciborium::Value;

use crate::cose::{self, SignedError, Unverified};
use crate::wire::{self, Fields, WireError};
use crate::{FilingId, RecipientId, SigningKey, VerifyingKey};

const TYP: &str = "ubugoe-refusal/1";
const MAX: usize = 1024;

/// Why an envelope was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// 1: sealed to a key this recipient does not have, or changed on the way.
    Undecryptable,
    /// 2: not in the form of the profile.
    Malformed,
    /// 3: a version or schema this recipient does not speak.
    Unsupported,
    /// 4: the same id came before with other content.
    DigestConflict,
    /// 5: the parent's signature does not verify.
    Signature,
    /// 6: addressed to another recipient.
    WrongRecipient,
    /// 7: the device is not (or no longer) trusted here.
    Device,
    /// Any later reason; kept as its number so that it can still be shown.
    Other(u16),
}

impl RefusalReason {
    /// Its number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Undecryptable => 1,
            Self::Malformed => 2,
            Self::Unsupported => 3,
            Self::DigestConflict => 4,
            Self::Signature => 5,
            Self::WrongRecipient => 6,
            Self::Device => 7,
            Self::Other(code) => code,
        }
    }

    /// The reason with this number.
    #[must_use]
    pub const fn from_code(code: u16) -> Self {
        match code {
            1 => Self::Undecryptable,
            2 => Self::Malformed,
            3 => Self::Unsupported,
            4 => Self::DigestConflict,
            5 => Self::Signature,
            6 => Self::WrongRecipient,
            7 => Self::Device,
            other => Self::Other(other),
        }
    }
}

/// An envelope was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which filing, as its header said.
    pub id: FilingId,
    /// Who refuses.
    pub recipient: RecipientId,
    /// SHA-256 of the sealed bytes as they arrived: binds the refusal to exactly what was sent.
    pub envelope: [u8; 32],
    /// Why.
    pub reason: RefusalReason,
    /// When, seconds since 1970 UTC by the city's clock.
    pub at: i64,
}

impl Refusal {
    /// Signs it.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        if !wire::time_ok(self.at) {
            return Err(WireError::OutOfRange {
                what: TYP,
                field: "at",
            }
            .into());
        }
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.id.as_bytes().to_vec())),
            (3, Value::from(self.recipient.as_str())),
            (4, Value::Bytes(self.envelope.to_vec())),
            (5, Value::from(self.reason.code())),
            (6, Value::from(self.at)),
        ];
        cose::sign1(TYP, wire::encode(&wire::map(fields)), key)
    }

    /// Verifies a refusal under one recipient's key.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(TYP, bytes, MAX)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    /// Reads a refusal without verifying it, to learn whose key it needs.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(TYP, bytes, MAX)?)
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let mut f = Fields::open(TYP, wire::decode(TYP, signed.payload(), MAX)?)?;
        f.version(1)?;
        let refusal = Self {
            id: FilingId::from_bytes(f.array(2, "id")?),
            recipient: f.id(3, "recipient")?,
            envelope: f.array(4, "envelope")?,
            reason: RefusalReason::from_code(f.small(5, "reason")?),
            at: f.time(6, "at")?,
        };
        f.finish()?;
        Ok(refusal)
    }
}
