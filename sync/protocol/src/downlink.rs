//! What comes back to a device, sealed to its key so that the broker cannot count who was accepted.
//!
//! The items inside carry the city's own signatures; the seal only hides them and binds them to one device.

use ciborium::Value;

use crate::cose::{self, Encrypted};
use crate::envelope::own_key;
use crate::topics::Channel;
use crate::wire::{self, Fields, WireError};
use crate::{DeviceId, MAX_ENVELOPE, OpenError, RecipientPublicKey, RecipientSecretKey, SealError};

const TYP: &str = "ubugoe-downlink/1";
const MAX_ITEMS: usize = 256;
/// A part of an update, or any signed item, with room for its frame.
const MAX_ITEM: usize = 100 * 1024;

/// An item as somebody signed it, to be verified by its own type.
pub type SignedBytes = Vec<u8>;

/// One message to a device. Cities put several answers into one; at most 256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Downlink {
    /// Filings that arrived; each item is for [`crate::Receipt::verify`].
    Receipts(Vec<SignedBytes>),
    /// Envelopes that were refused; each item is for [`crate::Refusal::verify`].
    Refusals(Vec<SignedBytes>),
    /// Decisions; each item is for [`crate::StatusNotice::verify`].
    Statuses(Vec<SignedBytes>),
    /// What updates there are; each item is for [`crate::Manifest::verify`].
    Manifests(Vec<SignedBytes>),
    /// Pieces of updates; each item is for [`crate::Part::from_bytes`], and proved by its manifest's hash.
    Parts(Vec<Vec<u8>>),
    /// Orders to the device; each item is for [`crate::Command::verify`].
    Commands(Vec<SignedBytes>),
    /// Answers to questions for the time; each item is for [`crate::TimeNotice::verify`].
    Times(Vec<SignedBytes>),
    /// New certificates; each item is for [`crate::Grant::verify`].
    Grants(Vec<SignedBytes>),
    /// What numbers for a second signature lead to; each item is for [`crate::SecondNotice::verify`].
    Seconds(Vec<SignedBytes>),
}

impl Downlink {
    /// The topic channel it belongs on: refusals answer a filing and share the receipts' channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Receipts(_) | Self::Refusals(_) => Channel::Receipt,
            Self::Statuses(_) => Channel::Status,
            Self::Manifests(_) | Self::Parts(_) => Channel::Catalogue,
            Self::Commands(_) | Self::Times(_) | Self::Grants(_) | Self::Seconds(_) => {
                Channel::Command
            }
        }
    }

    fn parts(&self) -> (u64, &[SignedBytes]) {
        match self {
            Self::Receipts(items) => (1, items),
            Self::Refusals(items) => (2, items),
            Self::Statuses(items) => (3, items),
            Self::Manifests(items) => (4, items),
            Self::Parts(items) => (5, items),
            Self::Commands(items) => (6, items),
            Self::Times(items) => (7, items),
            Self::Grants(items) => (8, items),
            Self::Seconds(items) => (9, items),
        }
    }
}

/// Seals a message to one device.
pub fn seal_down(
    message: &Downlink,
    device: &DeviceId,
    to: &RecipientPublicKey,
) -> Result<Vec<u8>, SealError> {
    let (kind, items) = message.parts();
    let out = |field| SealError::Field(WireError::OutOfRange { what: TYP, field });
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(out("items"));
    }
    if items.iter().any(|i| i.len() > MAX_ITEM) {
        return Err(out("item"));
    }
    let ours = wire::map(vec![
        (1, Value::from(crate::VERSION)),
        (2, Value::from(device.as_str())),
        (3, Value::Bytes(to.key_id().to_vec())),
    ]);
    let list = items.iter().map(|i| Value::Bytes(i.clone())).collect();
    let plaintext = wire::encode(&wire::map(vec![
        (1, Value::from(kind)),
        (2, Value::Array(list)),
    ]));
    let sealed = cose::encrypt0(TYP, ours, &plaintext, to)?;
    if sealed.len() > MAX_ENVELOPE {
        return Err(SealError::TooLong { len: sealed.len() });
    }
    Ok(sealed)
}

/// Opens a message that must be for `device`. The items inside are not verified yet.
pub fn open_down(
    bytes: &[u8],
    device: &DeviceId,
    key: &RecipientSecretKey,
) -> Result<Downlink, OpenError> {
    let encrypted = Encrypted::parse(TYP, bytes, MAX_ENVELOPE)??;
    let mut f = Fields::open(TYP, encrypted.ours.clone())?;
    f.version(1)?;
    let addressee: DeviceId = f.id(2, "device")?;
    let key_id = f.array(3, "key_id")?;
    f.finish()?;
    if addressee != *device {
        return Err(OpenError::OtherAddressee(addressee.to_string()));
    }
    own_key(key_id, key)?;
    let plaintext = encrypted.open(TYP, key)?;
    let mut f = Fields::open(TYP, wire::decode(TYP, &plaintext, MAX_ENVELOPE)?)?;
    let kind = f.uint(1, "kind", 255)?;
    let list = f.list(2, "items", MAX_ITEMS)?;
    f.finish()?;
    let items = list
        .into_iter()
        .map(|v| wire::bytes_of(TYP, "item", v, MAX_ITEM))
        .collect::<Result<Vec<_>, _>>()?;
    match kind {
        _ if items.is_empty() => Err(WireError::OutOfRange {
            what: TYP,
            field: "items",
        }
        .into()),
        1 => Ok(Downlink::Receipts(items)),
        2 => Ok(Downlink::Refusals(items)),
        3 => Ok(Downlink::Statuses(items)),
        4 => Ok(Downlink::Manifests(items)),
        5 => Ok(Downlink::Parts(items)),
        6 => Ok(Downlink::Commands(items)),
        7 => Ok(Downlink::Times(items)),
        8 => Ok(Downlink::Grants(items)),
        9 => Ok(Downlink::Seconds(items)),
        _ => Err(WireError::OutOfRange {
            what: TYP,
            field: "kind",
        }
        .into()),
    }
}
