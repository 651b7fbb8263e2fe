//! Signatures beside what they sign: for messages whose form is somebody else's.
//!
//! The purpose stands under the signature, so that a signature made for one thing never passes for another; the prefix
//! is no COSE structure, so it never passes for one of the signed kinds either.

use crate::{KeyError, SigningKey, VerifyingKey};

const PREFIX: &[u8] = b"ubugoe-detached-v1\0";

fn statement(purpose: &str, message: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(PREFIX.len() + purpose.len() + 1 + message.len());
    whole.extend_from_slice(PREFIX);
    whole.extend_from_slice(purpose.as_bytes());
    whole.push(0);
    whole.extend_from_slice(message);
    whole
}

/// Signs `message` for `purpose` (a constant without a zero byte): 64 bytes, Ed25519.
///
/// # Errors
/// [`KeyError`] when the key cannot be used.
pub fn sign(key: &SigningKey, purpose: &'static str, message: &[u8]) -> Result<Vec<u8>, KeyError> {
    key.sign(&statement(purpose, message))
}

/// Whether the signature is of this key, for this purpose, over this message.
#[must_use]
pub fn verify(key: &VerifyingKey, purpose: &'static str, message: &[u8], signature: &[u8]) -> bool {
    key.verify(&statement(purpose, message), signature)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_signature_holds_for_its_purpose_message_and_key_only() {
        let key = SigningKey::generate().unwrap();
        let other = SigningKey::generate().unwrap().verifying().unwrap();
        let own = key.verifying().unwrap();
        let signature = sign(&key, "a", b"message").unwrap();
        assert!(verify(&own, "a", b"message", &signature));
        assert!(!verify(&own, "b", b"message", &signature));
        assert!(!verify(&own, "a", b"messagf", &signature));
        assert!(!verify(&other, "a", b"message", &signature));
        assert!(!verify(&own, "a", b"message", &signature[1..]));
    }
}
