//! Our own hand on the outer layers, byte for byte and without the product's code: it signs and seals what the product
//! would never write, so that the decoders behind a signature are reached, and it checks what the product let through.
//!
//! Formats: RFC 9052 (COSE) as `sync/protocol` narrows it, X.690 (DER).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, RSA_PKCS1_SHA256, UnparsedPublicKey};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};

type Aead = hpke::aead::AesGcm256;
type Kdf = hpke::kdf::HkdfSha256;
type Kem = hpke::kem::X25519HkdfSha256;

/// `{ 1: -70000, -70001: …`, the start of every encrypted message's protected header.
const PROTECTED: &[u8] = &[
    0xA2, 0x01, 0x3A, 0x00, 0x01, 0x11, 0x6F, 0x3A, 0x00, 0x01, 0x11, 0x70,
];

// ---- CBOR ----

fn head(major: u8, number: usize) -> Vec<u8> {
    let major = major << 5;
    match number {
        0..=23 => vec![major | u8::try_from(number).unwrap_or(0)],
        24..=0xFF => vec![major | 0x18, u8::try_from(number).unwrap_or(0)],
        0x100..=0xFFFF => {
            let [a, b] = u16::try_from(number).unwrap_or(0).to_be_bytes();
            vec![major | 0x19, a, b]
        }
        _ => {
            let [a, b, c, d] = u32::try_from(number).unwrap_or(0).to_be_bytes();
            vec![major | 0x1A, a, b, c, d]
        }
    }
}

/// A byte string.
pub(crate) fn bstr(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len()), bytes.to_vec()].concat()
}

/// A text.
pub(crate) fn tstr(text: &str) -> Vec<u8> {
    [head(3, text.len()), text.as_bytes().to_vec()].concat()
}

/// Takes a byte string off the front.
fn take_bstr<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let first = *bytes.split_off_first()?;
    let wide = match first {
        0x40..=0x57 => 0,
        0x58 => 1,
        0x59 => 2,
        0x5A => 4,
        _ => return None,
    };
    let mut len = usize::from(first & 0x1F);
    if wide > 0 {
        let digits = bytes.split_off(..wide)?;
        len = digits.iter().fold(0, |n, b| n << 8 | usize::from(*b));
    }
    bytes.split_off(..len)
}

/// A number.
pub(crate) fn number(number: usize) -> Vec<u8> {
    head(0, number)
}

/// Base45 (RFC 9285), the letters of a QR code.
pub(crate) fn base45(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let letter = |digit: usize| char::from(*LETTERS.get(digit % 45).unwrap_or(&b'0'));
    let mut text = String::new();
    for pair in bytes.chunks(2) {
        let value = pair
            .iter()
            .fold(0, |value, byte| value << 8 | usize::from(*byte));
        text.push(letter(value));
        text.push(letter(value / 45));
        if pair.len() == 2 {
            text.push(letter(value / (45 * 45)));
        }
    }
    text
}

// ---- signed ----

fn signing_input(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut input = vec![0x84];
    input.extend(tstr("Signature1"));
    input.extend(bstr(protected));
    input.push(0x40);
    input.extend(bstr(payload));
    input
}

fn sign_header(typ: &str) -> Vec<u8> {
    [&[0xA2, 0x01, 0x27, 0x10][..], &tstr(typ)].concat()
}

/// A tagged COSE_Sign1 of type `typ` over whatever `payload` is.
pub(crate) fn sign1(typ: &str, payload: &[u8], seed: &[u8; 32]) -> Vec<u8> {
    let protected = sign_header(typ);
    let key = Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes are a seed");
    let signature = key.sign(&signing_input(&protected, payload));
    [
        &[0xD2, 0x84][..],
        &bstr(&protected),
        &[0xA0],
        &bstr(payload),
        &bstr(signature.as_ref()),
    ]
    .concat()
}

/// The payload of a COSE_Sign1 that is, byte for byte, the one spelling of its parts, and whose signature holds.
pub(crate) fn signed_payload<'a>(typ: &str, bytes: &'a [u8], public: &[u8]) -> Option<&'a [u8]> {
    let mut rest = bytes.strip_prefix(&[0xD2, 0x84])?;
    let protected = take_bstr(&mut rest)?;
    rest = rest.strip_prefix(&[0xA0])?;
    let payload = take_bstr(&mut rest)?;
    let signature = take_bstr(&mut rest)?;
    let input = signing_input(protected, payload);
    let holds = UnparsedPublicKey::new(&ED25519, public)
        .verify(&input, signature)
        .is_ok();
    let only = [
        &[0xD2, 0x84][..],
        &bstr(protected),
        &[0xA0],
        &bstr(payload),
        &bstr(signature),
    ]
    .concat();
    (holds && rest.is_empty() && protected == sign_header(typ) && only == bytes).then_some(payload)
}

// ---- sealed ----

fn additional(protected: &[u8]) -> Vec<u8> {
    let mut input = vec![0x83];
    input.extend(tstr("Encrypt0"));
    input.extend(bstr(protected));
    input.push(0x40);
    input
}

/// A tagged COSE_Encrypt0 to `public` with whatever `header` and `plaintext` are.
pub(crate) fn encrypt0(typ: &str, header: &[u8], plaintext: &[u8], public: &[u8]) -> Vec<u8> {
    let protected = [PROTECTED, header].concat();
    let public = Deserializable::from_bytes(public).expect("a public key");
    let (encapsulated, mut context) =
        hpke::setup_sender::<Aead, Kdf, Kem>(&OpModeS::Base, &public, typ.as_bytes())
            .expect("a usable key");
    let sealed = context
        .seal(plaintext, &additional(&protected))
        .expect("sealing");
    [
        &[0xD0, 0x83][..],
        &bstr(&protected),
        &[0xA1, 0x23],
        &bstr(&encapsulated.to_bytes()),
        &bstr(&sealed),
    ]
    .concat()
}

/// Header and plaintext of a COSE_Encrypt0 that is sealed to this key.
pub(crate) fn decrypted(typ: &str, bytes: &[u8], secret: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut rest = bytes.strip_prefix(&[0xD0, 0x83])?;
    let protected = take_bstr(&mut rest)?;
    rest = rest.strip_prefix(&[0xA1, 0x23])?;
    let encapsulated = Deserializable::from_bytes(take_bstr(&mut rest)?).ok()?;
    let sealed = take_bstr(&mut rest)?;
    let secret = Deserializable::from_bytes(secret).ok()?;
    let mut context = hpke::setup_receiver::<Aead, Kdf, Kem>(
        &OpModeR::Base,
        &secret,
        &encapsulated,
        typ.as_bytes(),
    )
    .ok()?;
    let plaintext = context.open(sealed, &additional(protected)).ok()?;
    let header = protected.strip_prefix(PROTECTED)?.to_vec();
    rest.is_empty().then_some((header, plaintext))
}

// ---- DER ----

/// One value with this tag.
pub(crate) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = vec![tag];
    match (value.len(), length) {
        (0..=0x7F, [.., d]) => out.push(d),
        (0x80..=0xFF, [.., d]) => out.extend([0x81, d]),
        (0x100..=0xFFFF, [.., c, d]) => out.extend([0x82, c, d]),
        (_, [_, b, c, d]) => out.extend([0x83, b, c, d]),
    }
    out.extend(value);
    out
}

/// The first value of `bytes`, tag and length included, and its contents.
pub(crate) fn first_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    rest.split_off_first()?;
    let first = *rest.split_off_first()?;
    let len = if first < 0x80 {
        usize::from(first)
    } else {
        let digits = rest.split_off(..usize::from(first & 0x7F))?;
        digits.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b))
    };
    let contents = rest.get(..len)?;
    let whole = bytes.get(..bytes.len() - rest.len() + len)?;
    Some((whole, contents))
}

/// RSA PKCS#1 v1.5 with SHA-256, as the card and its authority sign.
pub(crate) fn rsa_sign(key: &RsaKeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    )
    .expect("an RSA key signs");
    signature
}
