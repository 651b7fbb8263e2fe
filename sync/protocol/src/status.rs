//! What an officer decided, signed by the city and sent back to the device that carried the filing.
//!
//! Notices can arrive twice and out of order; `seq` says which one is the latest.

use ciborium::Value;

use crate::cose::{self, SignedError, Unverified};
use crate::wire::{self, Fields, WireError};
use crate::{FilingId, RecipientId, SigningKey, VerifyingKey};

const TYP: &str = "ubugoe-status/1";
const MAX: usize = 4096;
const MAX_REASON: usize = 2048;

/// Where a filing stands at the recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseState {
    /// 到達: in the recipient's database.
    Arrived,
    /// 受理: accepted by an officer.
    Accepted,
    /// 補正: sent back to be corrected.
    Returned {
        /// The officer's words, at most 2,048 bytes.
        reason: String,
    },
    /// 不受理: refused by an officer.
    Refused {
        /// The officer's words, at most 2,048 bytes.
        reason: String,
    },
}

/// One step of a filing at its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusNotice {
    /// Which filing.
    pub id: FilingId,
    /// Who says so.
    pub recipient: RecipientId,
    /// Counts up per filing from 1; a lower number than one already seen is old news.
    pub seq: u32,
    /// The state.
    pub state: CaseState,
    /// When, seconds since 1970 UTC by the city's clock.
    pub at: i64,
}

impl StatusNotice {
    /// Signs it.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        let out = |field| SignedError::Wire(WireError::OutOfRange { what: TYP, field });
        if !wire::time_ok(self.at) {
            return Err(out("at"));
        }
        let (state, reason) = match &self.state {
            CaseState::Arrived => (1, None),
            CaseState::Accepted => (2, None),
            CaseState::Returned { reason } => (3, Some(reason)),
            CaseState::Refused { reason } => (4, Some(reason)),
        };
        if reason.is_some_and(|r| r.len() > MAX_REASON) {
            return Err(out("reason"));
        }
        let mut fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.id.as_bytes().to_vec())),
            (3, Value::from(self.recipient.as_str())),
            (4, Value::from(self.seq)),
            (5, Value::from(state)),
            (6, Value::from(self.at)),
        ];
        fields.extend(reason.map(|r| (7, Value::from(r.as_str()))));
        cose::sign1(TYP, wire::encode(&wire::map(fields)), key)
    }

    /// Verifies a notice under one recipient's key.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(TYP, bytes, MAX)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    /// Reads a notice without verifying it, to learn whose key it needs.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(TYP, bytes, MAX)?)
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let mut f = Fields::open(TYP, wire::decode(TYP, signed.payload(), MAX)?)?;
        f.version(1)?;
        let id = FilingId::from_bytes(f.array(2, "id")?);
        let recipient = f.id(3, "recipient")?;
        let seq = f.small(4, "seq")?;
        let state = f.uint(5, "state", 255)?;
        let at = f.time(6, "at")?;
        let reason = if f.has(7) {
            Some(f.text(7, "reason", MAX_REASON)?)
        } else {
            None
        };
        f.finish()?;
        let state = match (state, reason) {
            (1, None) => CaseState::Arrived,
            (2, None) => CaseState::Accepted,
            (3, Some(reason)) => CaseState::Returned { reason },
            (4, Some(reason)) => CaseState::Refused { reason },
            _ => {
                return Err(WireError::OutOfRange {
                    what: TYP,
                    field: "state",
                }
                .into());
            }
        };
        Ok(Self {
            id,
            recipient,
            seq,
            state,
            at,
        })
    }
}
