//! Card-verifiable certificates and key objects of the text AP's issuer chain. It only writes them.

use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey, traits::PublicKeyParts as _};
use sha2::{Digest as _, Sha256};

use crate::{
    Error,
    tlv::{tlv, wrap},
};

/// An RSA public key as the card writes it: `90 03 010001`, `91 82 0100 <modulus>`; 265 bytes for 2048 bits.
pub(crate) fn key_object(key: &RsaPublicKey) -> Vec<u8> {
    let mut out = tlv(0x90, &key.e().to_bytes_be());
    out.extend(tlv(0x91, &key.n().to_bytes_be()));
    out
}

/// PKCS#1 v1.5 with SHA-256 over `message`: how every record of the card is signed.
pub(crate) fn sign_sha256(
    key: &RsaPrivateKey,
    message: &[u8],
    what: &'static str,
) -> Result<Vec<u8>, Error> {
    key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message))
        .map_err(|source| Error::Sign { what, source })
}

/// The contents of a certificate: `5F4E` with 297 bytes (issuer's key id, subject's key id, key) and `5F37` with the
/// signature over those 297 bytes.
pub(crate) fn certificate_body(
    issuer: &RsaPrivateKey,
    issuer_id: [u8; 16],
    subject: &RsaPublicKey,
    subject_id: [u8; 16],
) -> Result<Vec<u8>, Error> {
    let body = [&issuer_id[..], &subject_id, &key_object(subject)].concat();
    let signature = sign_sha256(issuer, &body, "a card-verifiable certificate")?;
    Ok([wrap(0x5F4E, &[&body]), tlv(0x5F37, &signature)].concat())
}
