//! The sealed filing: encrypted to its recipient, signed by the device that sends it.
//!
//! ```text
//! COSE_Sign1 (device, Ed25519, typ ubugoe-envelope/1)
//!   └ COSE_Encrypt0 (HPKE to the recipient; protected header = Header = additional data)
//!        └ a filing:    { 1: canonical bytes, 2: CMS signature, 3: [[sha256, length, media type] …], 4: time, 5: visit }
//!        └ a chunk:     { 1: filing, 2: sha256 of the attachment, 3: number, 4: of how many, 5: bytes }
//!        └ a report:    see [`crate::report`]
//!        └ a second signature: { 1: ticket, 2: CMS signature, 3: time }, see [`crate::second`]
//! ```
//! It says nothing about whether the filing is right; it only keeps it whole, secret and attributable.

use ciborium::Value;

use crate::cose::{self, CryptError, Encrypted, SignedError, Unverified};
use crate::keys::KeyError;
use crate::wire::{self, Fields, WireError};
use crate::{
    Chunk, DeviceId, Header, Kind, MAX_ENVELOPE, RecipientPublicKey, RecipientSecretKey, Report,
    SecondBody, SigningKey, TimeClaim, VerifyingKey, VisitProof,
};

const TYP: &str = "ubugoe-envelope/1";
const BODY: &str = "filing body";
const MAX_SIGNATURE: usize = 16 * 1024;
const MAX_ATTACHMENTS: usize = 64;

/// Names an attachment by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRef {
    /// SHA-256 of the whole attachment.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub len: u64,
    /// Its media type, at most 100 bytes.
    pub media_type: String,
}

/// What the recipient gets to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingBody {
    /// The bytes that were shown and signed.
    pub canonical: Vec<u8>,
    /// The parent's signature over them: CMS SignedData, detached, DER; at most 16 KiB.
    pub signature: Vec<u8>,
    /// Attachments that travel in envelopes of their own ([`crate::attachment`]).
    pub attachments: Vec<AttachmentRef>,
    /// What the device knew about time when it sealed this.
    pub time: TimeClaim,
    /// Binds the form to the others of its visit; it must hold for the digest of `canonical`.
    pub visit: VisitProof,
}

/// An envelope that was opened and whose device signature holds. The parent's signature is not checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The outside.
    pub header: Header,
    /// The inside.
    pub body: FilingBody,
    /// SHA-256 of `body.canonical`: what the receipt repeats.
    pub digest: [u8; 32],
}

/// What an envelope turned out to contain; its device signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A filing.
    Filing(Opened),
    /// A piece of an attachment.
    Chunk {
        /// The outside.
        header: Header,
        /// The inside.
        chunk: Chunk,
        /// SHA-256 of the chunk's bytes: what its receipt repeats.
        digest: [u8; 32],
    },
    /// Word from the device itself.
    Report {
        /// The outside.
        header: Header,
        /// The inside.
        report: Report,
    },
    /// A second signature.
    Second {
        /// The outside.
        header: Header,
        /// The inside.
        body: SecondBody,
        /// SHA-256 of the signature: what its receipt repeats.
        digest: [u8; 32],
    },
}

/// Why a filing could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A field is outside what the profile allows.
    #[error("not sealable")]
    Field(#[source] WireError),
    /// The header names another key than the one given.
    #[error("the header names key {named}, the recipient's key is {given}")]
    OtherKey {
        /// In the header, hexadecimal.
        named: String,
        /// The key's own, hexadecimal.
        given: String,
    },
    /// This kind of content is not sealed by this function.
    #[error("a filing body under a header of kind {0:?}")]
    Kind(Kind),
    /// The result would exceed [`MAX_ENVELOPE`]; long content belongs into attachments.
    #[error("{len} bytes sealed, at most {MAX_ENVELOPE} can travel")]
    TooLong {
        /// Length of the sealed result.
        len: usize,
    },
    /// The encryption itself failed: no randomness, or a public key that is none.
    #[error("encryption failed")]
    Encrypt,
    /// The device could not sign.
    #[error("the device could not sign")]
    Sign(#[source] SignedError),
}

/// Why an envelope could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Bytes that are not of this profile, or of another version.
    #[error("not readable")]
    Wire(#[from] WireError),
    /// Not a COSE message of the expected kind, or another algorithm.
    #[error("not an envelope of this profile")]
    Shape,
    /// The device in the header is not known here.
    #[error("device {0} is not known")]
    UnknownDevice(DeviceId),
    /// The device's signature does not verify.
    #[error("the signature of device {0} does not verify")]
    DeviceSignature(DeviceId),
    /// Sealed to another key than the one given.
    #[error("sealed to key {named}, this is key {given}")]
    OtherKey {
        /// In the header, hexadecimal.
        named: String,
        /// The key's own, hexadecimal.
        given: String,
    },
    /// Sealed for another device or recipient than the one that reads it.
    #[error("addressed to {0}")]
    OtherAddressee(String),
    /// The text does not decrypt: wrong key, changed header or changed bytes.
    #[error("does not decrypt")]
    Undecryptable,
    /// A kind of content this function does not open.
    #[error("content of kind {0:?}")]
    Kind(Kind),
    /// The own key could not be used.
    #[error("unusable key")]
    Key(#[source] KeyError),
}

impl From<SignedError> for OpenError {
    fn from(error: SignedError) -> Self {
        match error {
            SignedError::Wire(e) => Self::Wire(e),
            SignedError::Key { source, .. } => Self::Key(source),
            SignedError::Shape { .. } | SignedError::Signature { .. } => Self::Shape,
        }
    }
}

impl From<CryptError> for OpenError {
    fn from(error: CryptError) -> Self {
        match error {
            CryptError::Shape => Self::Shape,
            CryptError::Seal | CryptError::Open => Self::Undecryptable,
        }
    }
}

impl From<CryptError> for SealError {
    fn from(error: CryptError) -> Self {
        match error {
            CryptError::Shape | CryptError::Seal | CryptError::Open => Self::Encrypt,
        }
    }
}

/// SHA-256, the digest of canonical bytes and of whole envelopes.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out
        .iter_mut()
        .zip(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
    {
        *to = *from;
    }
    out
}

/// Seals a filing to its recipient and signs it as the device. `header.key_id` must be `to.key_id()`.
pub fn seal(
    header: &Header,
    body: &FilingBody,
    to: &RecipientPublicKey,
    device: &SigningKey,
) -> Result<Vec<u8>, SealError> {
    let body = body_value(body).map_err(SealError::Field)?;
    seal_value(Kind::Filing, header, &body, to, device)
}

/// Seals any kind of content.
pub(crate) fn seal_value(
    kind: Kind,
    header: &Header,
    content: &Value,
    to: &RecipientPublicKey,
    device: &SigningKey,
) -> Result<Vec<u8>, SealError> {
    if header.key_id != to.key_id() {
        return Err(SealError::OtherKey {
            named: hex::encode(header.key_id),
            given: hex::encode(to.key_id()),
        });
    }
    if header.kind != kind {
        return Err(SealError::Kind(header.kind));
    }
    let plaintext = wire::encode(content);
    let ours = header.to_value().map_err(SealError::Field)?;
    let encrypted = cose::encrypt0(TYP, ours, &plaintext, to)?;
    let sealed = cose::sign1(TYP, encrypted, device).map_err(SealError::Sign)?;
    if sealed.len() > MAX_ENVELOPE {
        return Err(SealError::TooLong { len: sealed.len() });
    }
    Ok(sealed)
}

/// Reads the header of an envelope without any key. Nothing about it is proved yet.
pub fn peek(bytes: &[u8]) -> Result<Header, OpenError> {
    let signed = Unverified::parse(TYP, bytes, MAX_ENVELOPE)?;
    let encrypted = Encrypted::parse(TYP, signed.payload(), MAX_ENVELOPE)??;
    Ok(Header::from_value(encrypted.ours)?)
}

/// Opens a filing; any other content is an error. See [`open_any`].
pub fn open(
    bytes: &[u8],
    key: &RecipientSecretKey,
    device_key: impl Fn(&DeviceId) -> Option<VerifyingKey>,
) -> Result<Opened, OpenError> {
    match open_any(bytes, key, device_key)? {
        Incoming::Filing(opened) => Ok(opened),
        Incoming::Chunk { .. } => Err(OpenError::Kind(Kind::Attachment)),
        Incoming::Report { .. } => Err(OpenError::Kind(Kind::Report)),
        Incoming::Second { .. } => Err(OpenError::Kind(Kind::Second)),
    }
}

/// Opens an envelope: the device's signature first, then the seal, then the form of what is inside.
/// `device_key` gives the verifying key of a device this recipient trusts.
pub fn open_any(
    bytes: &[u8],
    key: &RecipientSecretKey,
    device_key: impl Fn(&DeviceId) -> Option<VerifyingKey>,
) -> Result<Incoming, OpenError> {
    let signed = Unverified::parse(TYP, bytes, MAX_ENVELOPE)?;
    let encrypted = Encrypted::parse(TYP, signed.payload(), MAX_ENVELOPE)??;
    let header = Header::from_value(encrypted.ours.clone())?;
    let verifying = device_key(&header.device)
        .ok_or_else(|| OpenError::UnknownDevice(header.device.clone()))?;
    signed
        .verify(&verifying)
        .map_err(|_| OpenError::DeviceSignature(header.device.clone()))?;
    own_key(header.key_id, key)?;
    let plaintext = encrypted.open(TYP, key)?;
    Ok(match header.kind {
        Kind::Filing => {
            let body = body_from(&plaintext)?;
            let digest = digest(&body.canonical);
            Incoming::Filing(Opened {
                header,
                body,
                digest,
            })
        }
        Kind::Attachment => {
            let chunk = Chunk::from_plaintext(&plaintext)?;
            let digest = digest(&chunk.bytes);
            Incoming::Chunk {
                header,
                chunk,
                digest,
            }
        }
        Kind::Report => Incoming::Report {
            header,
            report: Report::from_plaintext(&plaintext)?,
        },
        Kind::Second => {
            let body = SecondBody::from_plaintext(&plaintext)?;
            let digest = digest(&body.signature);
            Incoming::Second {
                header,
                body,
                digest,
            }
        }
    })
}

/// Checks that something was sealed to the key at hand.
pub(crate) fn own_key(named: crate::KeyId, key: &RecipientSecretKey) -> Result<(), OpenError> {
    let given = key.key_id();
    if named == given {
        Ok(())
    } else {
        Err(OpenError::OtherKey {
            named: hex::encode(named),
            given: hex::encode(given),
        })
    }
}

fn body_value(body: &FilingBody) -> Result<Value, WireError> {
    let out = |field| WireError::OutOfRange { what: BODY, field };
    if body.canonical.is_empty() {
        return Err(out("canonical"));
    }
    if body.signature.len() > MAX_SIGNATURE {
        return Err(out("signature"));
    }
    if body.attachments.len() > MAX_ATTACHMENTS {
        return Err(out("attachments"));
    }
    if body
        .attachments
        .iter()
        .any(|a| a.media_type.is_empty() || a.media_type.len() > 100)
    {
        return Err(out("media type"));
    }
    if !body.visit.holds(&digest(&body.canonical)) {
        return Err(out("visit"));
    }
    let refs = body.attachments.iter().map(|a| {
        let parts = vec![
            (1, Value::Bytes(a.sha256.to_vec())),
            (2, Value::from(a.len)),
            (3, Value::from(a.media_type.as_str())),
        ];
        wire::map(parts)
    });
    Ok(wire::map(vec![
        (1, Value::Bytes(body.canonical.clone())),
        (2, Value::Bytes(body.signature.clone())),
        (3, Value::Array(refs.collect())),
        (4, body.time.to_value()?),
        (5, body.visit.to_value()),
    ]))
}

fn body_from(plaintext: &[u8]) -> Result<FilingBody, WireError> {
    let mut f = Fields::open(BODY, wire::decode(BODY, plaintext, MAX_ENVELOPE)?)?;
    let canonical = f.bytes(1, "canonical", MAX_ENVELOPE)?;
    let signature = f.bytes(2, "signature", MAX_SIGNATURE)?;
    let refs = f.list(3, "attachments", MAX_ATTACHMENTS)?;
    let time = TimeClaim::from_value(f.value(4, "time")?)?;
    let visit = VisitProof::from_value(f.value(5, "visit")?)?;
    f.finish()?;
    let out = |field| WireError::OutOfRange { what: BODY, field };
    if canonical.is_empty() {
        return Err(out("canonical"));
    }
    if !visit.holds(&digest(&canonical)) {
        return Err(out("visit"));
    }
    let attachments = refs
        .into_iter()
        .map(attachment_from)
        .collect::<Result<_, _>>()?;
    Ok(FilingBody {
        canonical,
        signature,
        attachments,
        time,
        visit,
    })
}

fn attachment_from(value: Value) -> Result<AttachmentRef, WireError> {
    let mut f = Fields::open("attachment", value)?;
    let attachment = AttachmentRef {
        sha256: f.array(1, "sha256")?,
        len: f.uint(2, "length", u64::MAX)?,
        media_type: f.text(3, "media type", 100)?,
    };
    f.finish()?;
    Ok(attachment)
}
