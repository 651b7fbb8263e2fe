//! The trace of a card's traffic: one JSON line per APDU, with every byte of a secret masked before it is kept.

use serde::Serialize;

/// One command and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// Which APDU since insertion, from 1.
    pub n: u64,
    /// Whose card.
    pub persona: String,
    /// The command in hexadecimal; the data of VERIFY and of commands that replace a secret are `**` per byte.
    pub command: String,
    /// What was sent back, in hexadecimal; `None` where nothing was.
    pub answer: Option<String>,
    /// The fault that happened here, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// A command in hexadecimal with secrets masked.
///
/// Whatever looks like VERIFY (`20`), CHANGE REFERENCE DATA (`24`) or CHANGE KEY (`32`) is masked from its fifth byte
/// of data on, whether or not it is well formed: a broken VERIFY may hold a PIN too.
#[must_use]
pub fn masked(command: &[u8]) -> String {
    match command {
        [_, 0x20 | 0x24 | 0x32, _, _, _, secret @ ..] => {
            let (head, _) = command.split_at(command.len() - secret.len());
            format!("{}{}", hex::encode_upper(head), "**".repeat(secret.len()))
        }
        _ => hex::encode_upper(command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_presented_secret_reaches_the_trace() {
        assert_eq!(
            masked(&[0, 0x20, 0, 0x91, 4, b'1', b'3', b'5', b'7']),
            "0020009104********"
        );
        assert_eq!(masked(&[0, 0x20, 0, 0x91, 9, b'1']), "0020009109**");
        assert_eq!(masked(&[0, 0x20, 0, 0x80]), "00200080");
        assert_eq!(masked(&[0, 0x24, 1, 0x80, 1, 9]), "0024018001**");
        assert_eq!(masked(&[0x80, 0x32, 0, 0x80, 1, 9]), "8032008001**");
        assert_eq!(masked(&[0, 0xB0, 0, 0, 0]), "00B0000000");
    }
}
