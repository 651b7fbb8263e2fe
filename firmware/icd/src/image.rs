//! The head of a firmware image: what is signed, byte by byte.
//!
//! ```text
//!  0 "UBPI"   4 format 1   5 board   6 slot   7 zero   8 version u32   12 floor u32   16 length u32   20 digest 32
//! 52 Ed25519 signature over the 52 bytes before, 64
//! ```
//! Numbers are little-endian. The digest is the first 32 bytes of SHA-512 over the image. `floor`: once this image is
//! confirmed, no image below that version is taken any more.

use crate::service::{Board, Slot};

/// Bytes that are signed.
pub const HEAD: usize = 52;
/// Bytes of a head with its signature.
pub const SIGNED_HEAD: usize = HEAD + 64;

const MAGIC: [u8; 4] = *b"UBPI";
const FORMAT: u8 = 1;

/// What an image says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// For which board.
    pub board: Board,
    /// For which slot it was linked.
    pub slot: Slot,
    /// Its version.
    pub version: u32,
    /// The floor it brings.
    pub floor: u32,
    /// Bytes that follow.
    pub length: u32,
    /// Over them.
    pub digest: [u8; 32],
}

impl Head {
    /// The bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEAD] {
        let board = match self.board {
            Board::Simulated => 0,
            Board::Rp2040 => 1,
            Board::Lm3s6965 => 2,
        };
        let slot = match self.slot {
            Slot::A => 0,
            Slot::B => 1,
        };
        let mut bytes = [0; HEAD];
        let parts: [&[u8]; 6] = [
            &MAGIC,
            &[FORMAT, board, slot, 0],
            &self.version.to_le_bytes(),
            &self.floor.to_le_bytes(),
            &self.length.to_le_bytes(),
            &self.digest,
        ];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    /// Reads a head; `None` for anything that [`Head::to_bytes`] does not write.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; HEAD]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (floor, rest) = rest.split_first_chunk::<4>()?;
        let (length, digest) = rest.split_first_chunk::<4>()?;
        let [FORMAT, board, slot, 0] = *kind else {
            return None;
        };
        if *magic != MAGIC {
            return None;
        }
        Some(Self {
            board: match board {
                0 => Board::Simulated,
                1 => Board::Rp2040,
                2 => Board::Lm3s6965,
                _ => return None,
            },
            slot: match slot {
                0 => Slot::A,
                1 => Slot::B,
                _ => return None,
            },
            version: u32::from_le_bytes(*version),
            floor: u32::from_le_bytes(*floor),
            length: u32::from_le_bytes(*length),
            digest: *digest.first_chunk()?,
        })
    }
}
