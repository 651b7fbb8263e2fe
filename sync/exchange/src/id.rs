//! The name of a message: a UUID. Who asks draws it once and keeps it for every repetition.

use std::fmt;
use std::str::FromStr;

/// Id of a message (RFC 9562, written in lower case).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 16]);

/// Why there is no message id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageIdError {
    /// Not five groups of hexadecimal digits.
    #[error("a message id is a UUID: 8-4-4-4-12 hexadecimal digits")]
    Shape,
    /// The operating system gave no random bytes.
    #[error("no random bytes for a message id")]
    NoRandomness,
}

impl MessageId {
    /// A fresh one (version 4).
    ///
    /// # Errors
    /// [`MessageIdError::NoRandomness`].
    pub fn generate() -> Result<Self, MessageIdError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| MessageIdError::NoRandomness)?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(bytes))
    }

    /// Takes 16 bytes as they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        if lengths != [8, 4, 4, 4, 12] {
            return Err(MessageIdError::Shape);
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text.replace('-', ""), &mut bytes)
            .map_err(|_| MessageIdError::Shape)?;
        Ok(Self(bytes))
    }
}
