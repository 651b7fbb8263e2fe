//! A message sealed to one phone: RFC 8291 (keys) over RFC 8188 (`aes128gcm`), one record, always of the same length.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

/// Record size in the header.
const RECORD: u32 = 4_096;
/// Message and padding together, so that its length tells nothing.
const LENGTH: usize = 32;

/// Why a message could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The phone's key is no point of P-256.
    #[error("the phone's key is no point of P-256")]
    Key,
    /// The message is longer than what is ever sent.
    #[error("the message is longer than {LENGTH} bytes")]
    Long,
    /// No randomness, or a limit of the cryptography.
    #[error("the message cannot be sealed")]
    Crypto,
}

/// Length of what is derived.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

/// Seals a message of at most 32 bytes to a phone's key (an uncompressed point) and its secret of 16 bytes.
///
/// # Errors
/// [`SealError`].
pub fn seal(p256dh: &[u8], auth: &[u8], message: &[u8]) -> Result<Vec<u8>, SealError> {
    let padding = LENGTH.checked_sub(message.len()).ok_or(SealError::Long)?;
    let own = PrivateKey::generate(&ECDH_P256).map_err(|_| SealError::Crypto)?;
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|_| SealError::Crypto)?;
    sealed((p256dh, auth), (&own, salt), (message, padding))
}

fn derived<const N: usize>(
    salt: &[u8],
    secret: &[u8],
    info: &[&[u8]],
) -> Result<[u8; N], SealError> {
    let mut bytes = [0_u8; N];
    Salt::new(HKDF_SHA256, salt)
        .extract(secret)
        .expand(info, Bytes(N))
        .and_then(|derived| derived.fill(&mut bytes))
        .map_err(|_| SealError::Crypto)?;
    Ok(bytes)
}

fn sealed(
    (p256dh, auth): (&[u8], &[u8]),
    (own, salt): (&PrivateKey, [u8; 16]),
    (message, padding): (&[u8], usize),
) -> Result<Vec<u8>, SealError> {
    let public = own.compute_public_key().map_err(|_| SealError::Crypto)?;
    let public = public.as_ref();
    let theirs = UnparsedPublicKey::new(&ECDH_P256, p256dh);
    // RFC 8291 §3.4: both keys go into what the message's keys are made of
    let keying: [u8; 32] = agree(own, theirs, SealError::Key, |shared| {
        derived(auth, shared, &[b"WebPush: info\0", p256dh, public])
    })?;
    let key: [u8; 16] = derived(&salt, &keying, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; 12] = derived(&salt, &keying, &[b"Content-Encoding: nonce\0"])?;
    // the last record ends with a two, then padding (RFC 8188 §2)
    let mut record = Vec::with_capacity(message.len() + padding + 17);
    record.extend_from_slice(message);
    record.push(2);
    record.resize(record.len() + padding, 0);
    let key = UnboundKey::new(&AES_128_GCM, &key).map_err(|_| SealError::Crypto)?;
    LessSafeKey::new(key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::empty(),
            &mut record,
        )
        .map_err(|_| SealError::Crypto)?;
    let length = u8::try_from(public.len()).map_err(|_| SealError::Crypto)?;
    let mut body = Vec::with_capacity(86 + record.len());
    body.extend_from_slice(&salt);
    body.extend_from_slice(&RECORD.to_be_bytes());
    body.push(length);
    body.extend_from_slice(public);
    body.append(&mut record);
    Ok(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use base64ct::{Base64UrlUnpadded, Encoding as _};

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        Base64UrlUnpadded::decode_vec(text).unwrap()
    }

    /// RFC 8291, appendix A.
    #[test]
    fn the_standards_own_example_comes_out_to_the_byte() {
        let phone = bytes(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        );
        let auth = bytes("BTBZMqHH6r4Tts7J_aSIgg");
        let own = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let own = PrivateKey::from_private_key(&ECDH_P256, &own).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let message = b"When I grow up, I want to be a watermelon";
        let body = sealed((&phone, &auth), (&own, salt), (message, 0)).unwrap();
        assert_eq!(
            Base64UrlUnpadded::encode_string(&body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn every_message_has_one_length_and_differs_from_the_last() {
        let phone = PrivateKey::generate(&ECDH_P256).unwrap();
        let phone = phone.compute_public_key().unwrap();
        let seal = |message: &str| seal(phone.as_ref(), &[7; 16], message.as_bytes()).unwrap();
        let (one, other, third) = (seal("ja"), seal("easy"), seal("ja"));
        assert_eq!((one.len(), other.len()), (86 + 32 + 17, 86 + 32 + 17));
        assert_ne!(one, third);
        assert!(super::seal(phone.as_ref(), &[7; 16], &[0; 33]).is_err());
        assert!(matches!(
            super::seal(&[4; 65], &[7; 16], b"ja"),
            Err(SealError::Key)
        ));
    }
}
