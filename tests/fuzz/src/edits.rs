//! Changes to a message: the fuzzer's bytes, read as instructions.
//!
//! Plain random bytes never get past a signature. A genuine message with a few instructed changes does get past the
//! form, and its signature is what must stop it.

/// Reads small numbers from the fuzzer's bytes; zeros when they are used up.
#[derive(Debug)]
pub struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    /// From these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or(0)
    }

    /// The next two bytes, as a number.
    pub fn pair(&mut self) -> usize {
        usize::from(u16::from_be_bytes([self.byte(), self.byte()]))
    }

    /// Up to so many bytes.
    pub fn take(&mut self, most: usize) -> &'a [u8] {
        self.0
            .split_off(..most.min(self.0.len()))
            .unwrap_or_default()
    }

    /// What is left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Bytes that decoders trip over: length prefixes and ends of number ranges.
const EXTREMES: [&[u8]; 10] = [
    &[0x00],
    &[0x7F],
    &[0x80],
    &[0xFF],
    &[0x84, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0x5B, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0x9B, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0x1B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0x9F],
    &[0x30, 0x80],
];

/// Applies one instruction of `source` to `bytes`. `other` is a second message to take pieces from.
pub fn edit(bytes: &mut Vec<u8>, other: &[u8], source: &mut Source<'_>) {
    let kind = source.byte();
    let at = place(source.pair(), bytes.len());
    match kind % 10 {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (source.byte() % 8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = source.byte();
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = byte.wrapping_add(1 + source.byte() % 2 * 254);
            }
        }
        3 => bytes.truncate(at),
        4 => {
            let end = (at + 1 + usize::from(source.byte() % 32)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => {
            let count = usize::from(source.byte() % 16);
            let new = source.take(count).to_vec();
            bytes.splice(at..at, new);
        }
        6 => {
            // The same piece twice.
            let end = (at + 1 + usize::from(source.byte() % 64)).min(bytes.len());
            let piece = bytes.get(at..end).unwrap_or_default().to_vec();
            bytes.splice(at..at, piece);
        }
        7 => {
            let extreme = EXTREMES
                .get(usize::from(source.byte()) % EXTREMES.len())
                .copied()
                .unwrap_or_default();
            let end = (at + extreme.len()).min(bytes.len());
            bytes.splice(at..end, extreme.iter().copied());
        }
        8 => {
            // A piece of the other message over ours.
            let from = place(source.pair(), other.len());
            let count = 1 + usize::from(source.byte());
            let piece = other.get(from..(from + count).min(other.len()));
            let piece = piece.unwrap_or_default();
            let end = (at + piece.len()).min(bytes.len());
            bytes.splice(at..end, piece.iter().copied());
        }
        _ => {
            // Our head and the other's tail.
            let from = place(source.pair(), other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(from..).unwrap_or_default());
        }
    }
}

/// A place from 0 to `len`, both included when there is anything at all.
fn place(number: usize, len: usize) -> usize {
    number % (len + 1)
}

/// Applies instructions until they are used up, at most 64.
#[must_use]
pub fn edited(genuine: &[u8], other: &[u8], source: &mut Source<'_>) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    for _ in 0..64 {
        if source.is_empty() {
            break;
        }
        edit(&mut bytes, other, source);
    }
    bytes
}
