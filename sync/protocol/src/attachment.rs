//! Attachments: cut into pieces that each travel, are receipted and retried like a filing, and put together by hash.
//!
//! A filing names its attachments by SHA-256 ([`crate::AttachmentRef`], inside the seal), so the parent's signature need
//! not cover them twice and no piece can be swapped for another's.

use ciborium::Value;

use crate::envelope::seal_value;
use crate::wire::{self, Fields, WireError};
use crate::{
    FilingId, Header, Kind, MAX_ENVELOPE, RecipientPublicKey, SealError, SigningKey, digest,
};

const WHAT: &str = "attachment chunk";

/// Bytes of an attachment in one envelope; the seal, header and signature fit beside it in [`MAX_ENVELOPE`].
pub const CHUNK: usize = 96 * 1024;

/// Most pieces of one attachment: 48 MiB.
pub const MAX_CHUNKS: usize = 512;

/// One piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The filing it belongs to.
    pub filing: FilingId,
    /// SHA-256 of the whole attachment.
    pub sha256: [u8; 32],
    /// Which piece, from 0.
    pub number: u16,
    /// Of how many.
    pub of: u16,
    /// The bytes: [`CHUNK`] of them, fewer in the last piece.
    pub bytes: Vec<u8>,
}

/// Cuts an attachment of `filing` into pieces; `None` when it is empty or longer than [`MAX_CHUNKS`] pieces.
#[must_use]
pub fn cut(filing: FilingId, attachment: &[u8]) -> Option<Vec<Chunk>> {
    let of = attachment.len().div_ceil(CHUNK);
    if !(1..=MAX_CHUNKS).contains(&of) {
        return None;
    }
    let sha256 = digest(attachment);
    let pieces = (0..).zip(attachment.chunks(CHUNK));
    Some(
        pieces
            .map(|(number, bytes)| Chunk {
                filing,
                sha256,
                number,
                of: u16::try_from(of).unwrap_or(u16::MAX),
                bytes: bytes.to_vec(),
            })
            .collect(),
    )
}

/// Seals one piece; its receipt must repeat the SHA-256 of `chunk.bytes`.
pub fn seal_chunk(
    header: &Header,
    chunk: &Chunk,
    to: &RecipientPublicKey,
    device: &SigningKey,
) -> Result<Vec<u8>, SealError> {
    chunk.check().map_err(SealError::Field)?;
    let content = wire::map(vec![
        (1, Value::Bytes(chunk.filing.as_bytes().to_vec())),
        (2, Value::Bytes(chunk.sha256.to_vec())),
        (3, Value::from(chunk.number)),
        (4, Value::from(chunk.of)),
        (5, Value::Bytes(chunk.bytes.clone())),
    ]);
    seal_value(Kind::Attachment, header, &content, to, device)
}

impl Chunk {
    fn check(&self) -> Result<(), WireError> {
        let out = |field| WireError::OutOfRange { what: WHAT, field };
        if self.number >= self.of || usize::from(self.of) > MAX_CHUNKS {
            return Err(out("number"));
        }
        let last = self.number + 1 == self.of;
        let fits = if last {
            (1..=CHUNK).contains(&self.bytes.len())
        } else {
            self.bytes.len() == CHUNK
        };
        if fits { Ok(()) } else { Err(out("bytes")) }
    }

    pub(crate) fn from_plaintext(plaintext: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(WHAT, wire::decode(WHAT, plaintext, MAX_ENVELOPE)?)?;
        let chunk = Self {
            filing: FilingId::from_bytes(f.array(1, "filing")?),
            sha256: f.array(2, "sha256")?,
            number: f.small(3, "number")?,
            of: f.small(4, "of")?,
            bytes: f.bytes(5, "bytes", CHUNK)?,
        };
        f.finish()?;
        chunk.check()?;
        Ok(chunk)
    }
}
