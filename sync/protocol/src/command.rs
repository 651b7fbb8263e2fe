//! What may be asked of a device from afar: little, signed, numbered, with an end, and for one device only.
//!
//! Nothing here reads, changes or drops a filing. The time and new certificates travel the same way.

use ciborium::Value;

use crate::cose::{self, SignedError, Unverified};
use crate::update::UpdateId;
use crate::wire::{self, Fields, WireError};
use crate::{DeviceId, FilingId, RecipientId, SigningKey, VerifyingKey};

const COMMAND: &str = "ubugoe-command/1";
const TIME: &str = "ubugoe-time/1";
const GRANT: &str = "ubugoe-grant/1";
const MAX: usize = 4096;
const MAX_GRANT: usize = 32 * 1024;

/// Names a command; repeated deliveries of one are one command.
pub type CommandId = FilingId;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Send again what this recipient receipted at or after this moment (seconds since 1970 UTC): its database was restored.
    Resend {
        /// Since when, by the recipient's own clock.
        since: i64,
        /// The era that began with the restore: receipts of an earlier one do not end the asking.
        era: i64,
    },
    /// Begin no more visits (maintenance, a lost device), until [`Order::Open`].
    Close,
    /// Begin visits again.
    Open,
    /// Start the kiosk's program anew at the next rest.
    Restart,
    /// Ask for a new certificate now.
    Renew,
    /// Take an update back.
    Withdraw {
        /// Which.
        update: UpdateId,
    },
    /// Say how the device is: counts and sizes, no content.
    Diagnose,
}

/// One order to one device, signed by its operator; or, for [`Order::Resend`], by the recipient that lost something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Which; the device does each once.
    pub id: CommandId,
    /// For whom.
    pub device: DeviceId,
    /// Who orders.
    pub recipient: RecipientId,
    /// When it was signed, seconds since 1970 UTC by the operator's clock.
    pub at: i64,
    /// After this moment it is not done any more.
    pub expires: i64,
    /// What.
    pub order: Order,
}

impl Command {
    /// Signs it with the operator's key, or with a recipient's receipt key for [`Order::Resend`].
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        let (code, detail) = match self.order {
            Order::Resend { since, era } => (
                1,
                Some(Value::Array(vec![Value::from(since), Value::from(era)])),
            ),
            Order::Close => (2, None),
            Order::Open => (3, None),
            Order::Restart => (4, None),
            Order::Renew => (5, None),
            Order::Withdraw { update } => (6, Some(Value::Bytes(update.as_bytes().to_vec()))),
            Order::Diagnose => (7, None),
        };
        let since_ok = match self.order {
            Order::Resend { since, era } => wire::time_ok(since) && wire::time_ok(era),
            _ => true,
        };
        if !wire::time_ok(self.at) || !wire::time_ok(self.expires) || !since_ok {
            return Err(out(COMMAND, "time").into());
        }
        let mut fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.id.as_bytes().to_vec())),
            (3, Value::from(self.device.as_str())),
            (4, Value::from(self.recipient.as_str())),
            (5, Value::from(self.at)),
            (6, Value::from(self.expires)),
            (7, Value::from(code)),
        ];
        fields.extend(detail.map(|d| (8, d)));
        cose::sign1(COMMAND, wire::encode(&wire::map(fields)), key)
    }

    /// Reads it without verifying, to learn whose key it needs: [`Order::Resend`] the receipt key of `recipient`, which asks
    /// for what it lost itself; everything else the operator's.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(COMMAND, bytes, MAX)?)
    }

    /// Verifies it under one key. The caller compares `device` with itself and `expires` with the time.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(COMMAND, bytes, MAX)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let mut f = Fields::open(COMMAND, wire::decode(COMMAND, signed.payload(), MAX)?)?;
        f.version(1)?;
        let command = Self {
            id: CommandId::from_bytes(f.array(2, "id")?),
            device: f.id(3, "device")?,
            recipient: f.id(4, "recipient")?,
            at: f.time(5, "at")?,
            expires: f.time(6, "expires")?,
            order: match f.uint(7, "order", 255)? {
                1 => {
                    let both = f.list(8, "since", 2)?;
                    let [since, era] =
                        <[Value; 2]>::try_from(both).map_err(|_| out(COMMAND, "since"))?;
                    Order::Resend {
                        since: wire::time_of(COMMAND, "since", since)?,
                        era: wire::time_of(COMMAND, "era", era)?,
                    }
                }
                2 => Order::Close,
                3 => Order::Open,
                4 => Order::Restart,
                5 => Order::Renew,
                6 => Order::Withdraw {
                    update: UpdateId::from_bytes(f.array(8, "update")?),
                },
                7 => Order::Diagnose,
                _ => return Err(out(COMMAND, "order").into()),
            },
        };
        f.finish()?;
        Ok(command)
    }
}

/// The time, in answer to [`crate::Report::TimeAsk`], signed by a city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeNotice {
    /// The question's random bytes: an old answer answers nothing.
    pub nonce: [u8; 16],
    /// For whom.
    pub device: DeviceId,
    /// Who says so.
    pub recipient: RecipientId,
    /// Milliseconds since 1970 UTC by the city's clock, somewhere between question and answer.
    pub at_ms: u64,
}

impl TimeNotice {
    /// Signs it with the city's receipt key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.nonce.to_vec())),
            (3, Value::from(self.device.as_str())),
            (4, Value::from(self.recipient.as_str())),
            (5, Value::from(self.at_ms)),
        ];
        cose::sign1(TIME, wire::encode(&wire::map(fields)), key)
    }

    /// Reads it without verifying, to learn whose key it needs.
    pub fn peek(bytes: &[u8]) -> Result<Self, SignedError> {
        Self::parse(&Unverified::parse(TIME, bytes, MAX)?)
    }

    /// Verifies it under one recipient's key.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(TIME, bytes, MAX)?;
        signed.verify(key)?;
        Self::parse(&signed)
    }

    fn parse(signed: &Unverified) -> Result<Self, SignedError> {
        let mut f = Fields::open(TIME, wire::decode(TIME, signed.payload(), MAX)?)?;
        f.version(1)?;
        let notice = Self {
            nonce: f.array(2, "nonce")?,
            device: f.id(3, "device")?,
            recipient: f.id(4, "recipient")?,
            at_ms: f.uint(5, "at", u64::MAX)?,
        };
        f.finish()?;
        Ok(notice)
    }
}

/// A new certificate for a device, in answer to [`crate::Report::CertificateAsk`]. The certificate proves itself by a
/// connection; the signature around it only keeps strangers from making the device try rubbish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For whom.
    pub device: DeviceId,
    /// SHA-256 of the request it answers.
    pub request: [u8; 32],
    /// The certificate and what it chains to, PEM, at most 24 KiB.
    pub chain_pem: String,
}

impl Grant {
    /// Signs it with the operator's key.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        if self.chain_pem.len() > MAX_CHAIN {
            return Err(out(GRANT, "chain").into());
        }
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::from(self.device.as_str())),
            (3, Value::Bytes(self.request.to_vec())),
            (4, Value::from(self.chain_pem.as_str())),
        ];
        cose::sign1(GRANT, wire::encode(&wire::map(fields)), key)
    }

    /// Verifies it under the operator's key. The caller compares `device` with itself.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SignedError> {
        let signed = Unverified::parse(GRANT, bytes, MAX_GRANT)?;
        signed.verify(key)?;
        let mut f = Fields::open(GRANT, wire::decode(GRANT, signed.payload(), MAX_GRANT)?)?;
        f.version(1)?;
        let grant = Self {
            device: f.id(2, "device")?,
            request: f.array(3, "request")?,
            chain_pem: f.text(4, "chain", MAX_CHAIN)?,
        };
        f.finish()?;
        Ok(grant)
    }
}

const MAX_CHAIN: usize = 24 * 1024;

const fn out(what: &'static str, field: &'static str) -> WireError {
    WireError::OutOfRange { what, field }
}
