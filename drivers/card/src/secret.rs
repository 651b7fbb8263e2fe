//! PINs and passwords: held in zeroised memory, shown to nobody. Must not know how they are sent.

use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Which of the card's secrets a command or an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// 券面事項入力補助用暗証番号, four digits, three tries; opens the four attributes.
    Attributes,
    /// 署名用電子証明書暗証番号, 6–16 letters and digits, five tries; opens signing and its certificate.
    Sign,
    /// 利用者証明用電子証明書暗証番号, four digits, three tries. Only its counter is read here.
    Auth,
}

impl SecretKind {
    /// The short file identifier of the secret inside its application.
    pub(crate) fn file(self) -> u8 {
        match self {
            Self::Attributes => 0x11,
            Self::Sign => 0x1B,
            Self::Auth => 0x18,
        }
    }
}

impl fmt::Display for SecretKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attributes => "the attributes PIN",
            Self::Sign => "the signing password",
            Self::Auth => "the authentication PIN",
        })
    }
}

/// The attributes PIN: four ASCII digits. Erased from memory when dropped.
///
/// Boxed, so that handing it on leaves no copy in the slots of a channel or on a stack.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin(Box<[u8]>);

/// The text is not four digits. Says nothing about what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIN is exactly four digits 0-9")]
pub struct PinError;

impl Pin {
    /// Accepts exactly four ASCII digits. The caller's copy is the caller's to erase.
    pub fn new(text: &str) -> Result<Self, PinError> {
        if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.as_bytes().into()))
        } else {
            Err(PinError)
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(****)")
    }
}

/// The signing password: 6–16 of `A–Z` and `0–9`. Erased from memory when dropped.
///
/// The card compares bytes and was set up in capitals, so small letters are folded. That at least one
/// letter and one digit were chosen is a rule for setting a password, not for trying one, and is not
/// checked here: a card that holds another is still the holder's card.
///
/// Boxed for the same reason as [`Pin`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SignPassword(Box<[u8]>);

/// The text cannot be a signing password. Says nothing about what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignPasswordError {
    /// Not 6 to 16 characters.
    #[error("a signing password has 6 to 16 characters")]
    Length,
    /// A character other than `A–Z`, `a–z`, `0–9`.
    #[error("a signing password has only letters A-Z and digits 0-9")]
    Character,
}

impl SignPassword {
    /// Accepts 6–16 ASCII letters and digits; folds to capitals.
    pub fn new(text: &str) -> Result<Self, SignPasswordError> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(SignPasswordError::Character);
        }
        if !(6..=16).contains(&text.len()) {
            return Err(SignPasswordError::Length);
        }
        let mut bytes: Box<[u8]> = text.as_bytes().into();
        bytes.make_ascii_uppercase();
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SignPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the characters nor their number.
        f.write_str("SignPassword(****)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a failed expectation should stop the test"
    )]
    use super::*;

    #[test]
    fn a_pin_is_four_ascii_digits_and_nothing_else() {
        assert_eq!(Pin::new("0123").unwrap().bytes(), b"0123");
        for wrong in ["", "123", "12345", "12a4", "１２３４", " 123"] {
            assert_eq!(Pin::new(wrong).err(), Some(PinError), "{wrong:?}");
        }
    }

    #[test]
    fn a_signing_password_is_folded_to_capitals() {
        assert_eq!(SignPassword::new("abc123").unwrap().bytes(), b"ABC123");
        assert_eq!(
            SignPassword::new("ABCDEFGH12345678").unwrap().bytes(),
            b"ABCDEFGH12345678"
        );
        assert_eq!(
            SignPassword::new("ABC12").err(),
            Some(SignPasswordError::Length)
        );
        assert_eq!(
            SignPassword::new("ABCDEFGH123456789").err(),
            Some(SignPasswordError::Length)
        );
        assert_eq!(
            SignPassword::new("ABC-123").err(),
            Some(SignPasswordError::Character)
        );
        assert_eq!(
            SignPassword::new("ＡＢＣ１２３").err(),
            Some(SignPasswordError::Character)
        );
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let shown = format!(
            "{:?} {:?}",
            Pin::new("7391").unwrap(),
            SignPassword::new("HIMITSU7").unwrap()
        );
        assert_eq!(shown, "Pin(****) SignPassword(****)");
    }
}
