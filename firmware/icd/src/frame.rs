//! A message on the line: `COBS( schema u64 | sequence u16 | postcard | CRC-32 ) 0x00`, numbers little-endian.
//!
//! Zero stands between frames and nowhere else, so a side that joins in the middle, or after noise, is in step again at the
//! next zero. The sequence of an answer is its question's; what a panel says by itself has sequence 0.

use cobs::{CobsDecoder, DecodeError};
use crc::{CRC_32_ISO_HDLC, Crc};
use serde_core_only::{Deserialize, Serialize};

/// Most bytes of a message in postcard.
pub const MAX_PAYLOAD: usize = 256;
/// Schema and sequence.
const HEAD: usize = 8 + 2;
const CHECK: usize = 4;
/// Most bytes of a frame before COBS.
pub const MAX_BODY: usize = HEAD + MAX_PAYLOAD + CHECK;
/// Most bytes of a frame on the line, both zeros included: COBS adds one byte and one more for every 254.
pub const MAX_WIRE: usize = MAX_BODY + MAX_BODY / 254 + 3;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// A type whose values travel as whole messages.
pub trait Table: Serialize {
    /// The hash of the type's shape and of its version.
    const SCHEMA: u64;
}

/// Why a message does not become a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// It is longer than [`MAX_PAYLOAD`].
    TooLong,
}

/// Why bytes between two zeros are no frame. The rest of the line is not affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// More than [`MAX_BODY`] bytes.
    TooLong,
    /// No COBS, or less than head and check sum.
    Broken,
    /// The check sum is another.
    Check,
}

/// Why a frame is not the message that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadError {
    /// The frame belongs to another table, or to another version of this one.
    OtherSchema {
        /// The hash in the frame.
        theirs: u64,
    },
    /// The right hash, and no such message: a fault of whoever sent it.
    Unreadable,
}

/// Writes `message` as one frame between two zeros and returns what is to be sent.
///
/// # Errors
/// [`EncodeError::TooLong`].
pub fn encode<'b, T: Table>(
    message: &T,
    sequence: u16,
    into: &'b mut [u8; MAX_WIRE],
) -> Result<&'b [u8], EncodeError> {
    let mut body = [0; MAX_BODY];
    let (head, rest) = body.split_at_mut(HEAD);
    let (schema, number) = head.split_at_mut(8);
    schema.copy_from_slice(&T::SCHEMA.to_le_bytes());
    number.copy_from_slice(&sequence.to_le_bytes());
    let room = rest.get_mut(..MAX_PAYLOAD).ok_or(EncodeError::TooLong)?;
    let payload = postcard::to_slice(message, room).map_err(|_| EncodeError::TooLong)?;
    let end = HEAD + payload.len();
    let check = CRC.checksum(body.get(..end).ok_or(EncodeError::TooLong)?);
    let tail = body.get_mut(end..end + CHECK).ok_or(EncodeError::TooLong)?;
    tail.copy_from_slice(&check.to_le_bytes());
    let body = body.get(..end + CHECK).ok_or(EncodeError::TooLong)?;
    into.fill(0);
    let inner = into.get_mut(1..MAX_WIRE - 1).ok_or(EncodeError::TooLong)?;
    let length = cobs::try_encode(body, inner).map_err(|_| EncodeError::TooLong)?;
    into.get(..length + 2).ok_or(EncodeError::TooLong)
}

/// One frame whose check sum is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The table it belongs to.
    pub schema: u64,
    /// Which question this is, or answers.
    pub sequence: u16,
    payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the bytes of a frame after COBS.
    ///
    /// # Errors
    /// [`FrameError::Broken`], [`FrameError::Check`].
    pub fn from_body(body: &'a [u8]) -> Result<Self, FrameError> {
        let (said, check) = body
            .len()
            .checked_sub(CHECK)
            .and_then(|end| body.split_at_checked(end))
            .ok_or(FrameError::Broken)?;
        let (schema, rest) = said.split_first_chunk::<8>().ok_or(FrameError::Broken)?;
        let (sequence, payload) = rest.split_first_chunk::<2>().ok_or(FrameError::Broken)?;
        if CRC.checksum(said).to_le_bytes() != *check {
            return Err(FrameError::Check);
        }
        Ok(Self {
            schema: u64::from_le_bytes(*schema),
            sequence: u16::from_le_bytes(*sequence),
            payload,
        })
    }

    /// The message, if it is one of `T`'s and nothing follows it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read<T: Table + Deserialize<'a>>(&self) -> Result<T, ReadError> {
        if self.schema != T::SCHEMA {
            return Err(ReadError::OtherSchema {
                theirs: self.schema,
            });
        }
        match postcard::take_from_bytes(self.payload) {
            Ok((message, [])) => Ok(message),
            Ok(_) | Err(_) => Err(ReadError::Unreadable),
        }
    }
}

/// Cuts the line into frames, byte by byte, in a fixed space.
#[derive(Debug)]
pub struct Splitter {
    raw: [u8; MAX_WIRE],
    length: usize,
    overrun: bool,
    body: [u8; MAX_BODY],
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

impl Splitter {
    /// At the beginning of a line.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            raw: [0; MAX_WIRE],
            length: 0,
            overrun: false,
            body: [0; MAX_BODY],
        }
    }

    /// Takes the next byte; at the end of a frame, gives what it is.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame<'_>, FrameError>> {
        if byte != 0 {
            match self.raw.get_mut(self.length) {
                Some(place) => {
                    *place = byte;
                    self.length += 1;
                }
                None => self.overrun = true,
            }
            return None;
        }
        let length = core::mem::take(&mut self.length);
        if core::mem::take(&mut self.overrun) {
            return Some(Err(FrameError::TooLong));
        }
        if length == 0 {
            return None;
        }
        Some(self.frame(length))
    }

    fn frame(&mut self, length: usize) -> Result<Frame<'_>, FrameError> {
        let raw = self.raw.get(..length).ok_or(FrameError::TooLong)?;
        let mut decoder = CobsDecoder::new(&mut self.body);
        let too_long = |error| match error {
            DecodeError::TargetBufTooSmall => FrameError::TooLong,
            _ => FrameError::Broken,
        };
        for byte in raw {
            decoder.feed(*byte).map_err(too_long)?;
        }
        let length = decoder.feed(0).map_err(too_long)?;
        let length = length.ok_or(FrameError::Broken)?;
        Frame::from_body(self.body.get(..length).ok_or(FrameError::Broken)?)
    }
}
