//! Keys, requests and certificates as bytes: made, read and compared, without disk or network.

use std::str::FromStr as _;

use der::asn1::{BitString, SetOfVec};
use der::pem::LineEnding;
use der::{Decode as _, Encode as _, EncodePem as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer};
use rustls::sign::CertifiedKey;
use ubugoe_protocol::DeviceId;
use ubugoe_protocol::cades::lengths_fit;
use x509_cert::Certificate;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};
use x509_cert::spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use zeroize::Zeroizing;

use super::{Asked, Identity, IdentityError, unusable};
use crate::keys;
use crate::tpm::Tpm;

/// ecdsa-with-SHA256, RFC 5758, 3.2.
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// Common name, RFC 5280, appendix A.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// A new key on P-256, in this TPM or for a file, and the request for it (PKCS #10, RFC 2986), together as PEM. The request's
/// subject is the device.
pub(crate) fn make(
    device: &DeviceId,
    tpm: Option<&Tpm>,
) -> Result<(Asked, Zeroizing<Vec<u8>>), IdentityError> {
    const NO_REQUEST: IdentityError = unusable("no request can be made");
    let (key, key_pem) = keys::make(tpm)?;
    let public = key.public_key().ok_or(NO_REQUEST)?;
    let info = CertReqInfo {
        version: Version::V1,
        subject: Name::from_str(&format!("CN={device}")).map_err(|_| NO_REQUEST)?,
        public_key: SubjectPublicKeyInfoOwned::from_der(public.as_ref()).map_err(|_| NO_REQUEST)?,
        attributes: SetOfVec::new(),
    };
    let signed = info.to_der().map_err(|_| NO_REQUEST)?;
    let signature = keys::sign(key.as_ref(), &signed)?;
    let request = CertReq {
        info,
        algorithm: AlgorithmIdentifierOwned {
            oid: ECDSA_SHA256,
            parameters: None,
        },
        signature: BitString::from_bytes(&signature).map_err(|_| NO_REQUEST)?,
    };
    let request_der = request.to_der().map_err(|_| NO_REQUEST)?;
    let request_pem = request.to_pem(LineEnding::LF).map_err(|_| NO_REQUEST)?;
    let pem = joined(&key_pem, request_pem.as_bytes());
    Ok((Asked::new(request_der), pem))
}

/// Two PEM texts in one. Made in one piece, so that no half of a key is left behind.
pub(crate) fn joined(first: &[u8], second: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut both = Zeroizing::new(Vec::with_capacity(first.len() + second.len() + 1));
    both.extend_from_slice(first);
    if !first.ends_with(b"\n") {
        both.push(b'\n');
    }
    both.extend_from_slice(second);
    both
}

/// Reads a key with its certificate and sees that they belong together.
pub(super) fn identity(
    generation: u32,
    pem: Zeroizing<Vec<u8>>,
) -> Result<Identity, IdentityError> {
    let chain = chain(&pem)?;
    let leaf = leaf(&chain)?;
    // what both say of themselves: no TPM is asked
    let key = keys::load(&pem, &Tpm::default())?;
    CertifiedKey::new(chain, key)
        .keys_match()
        .map_err(|_| unusable("the certificate is not for this key"))?;
    let (from, until) = life(&leaf);
    Ok(Identity {
        generation,
        pem,
        from,
        until,
    })
}

/// Reads the same, and sees that it names this device and is good at this moment, seconds since 1970 UTC.
pub(crate) fn fits(
    generation: u32,
    pem: Zeroizing<Vec<u8>>,
    device: &DeviceId,
    at: i64,
) -> Result<(), IdentityError> {
    let identity = identity(generation, pem)?;
    if common_name(&identity)? != device.as_str() {
        return Err(unusable("the certificate is for another device"));
    }
    if identity.until <= at {
        return Err(unusable("the certificate is over"));
    }
    Ok(())
}

fn life(leaf: &Certificate) -> (i64, i64) {
    let seconds = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    let validity = leaf.tbs_certificate.validity;
    (seconds(validity.not_before), seconds(validity.not_after))
}

/// First and last moment of the first certificate of a PEM text, seconds since 1970 UTC.
///
/// # Errors
/// [`IdentityError::Unusable`] when there is none.
pub fn validity(pem: &[u8]) -> Result<(i64, i64), IdentityError> {
    Ok(life(&leaf(&chain(pem)?)?))
}

/// The same of one certificate, DER.
///
/// # Errors
/// As [`validity`].
pub fn validity_der(certificate: &CertificateDer<'_>) -> Result<(i64, i64), IdentityError> {
    Ok(life(&leaf(std::slice::from_ref(certificate))?))
}

/// The first certificate of a chain.
pub(crate) fn first_of(pem: &[u8]) -> Result<CertificateDer<'static>, IdentityError> {
    let all = chain(pem)?;
    let first = all.into_iter().next();
    first.ok_or(unusable("there is no certificate"))
}

/// The only common name of its certificate.
pub(super) fn common_name(identity: &Identity) -> Result<String, IdentityError> {
    let leaf = leaf(&chain(&identity.pem)?)?;
    let names: Vec<&[u8]> = leaf
        .tbs_certificate
        .subject
        .0
        .iter()
        .flat_map(|part| part.0.iter())
        .filter(|part| part.oid == COMMON_NAME)
        .map(|part| part.value.value())
        .collect();
    match names[..] {
        [one] => Ok(String::from_utf8_lossy(one).into_owned()),
        _ => Err(unusable("the certificate has not one common name")),
    }
}

/// Reads a request that was kept.
pub(super) fn asked(pem: &[u8]) -> Result<Asked, IdentityError> {
    keys::first(pem)?;
    CertificateSigningRequestDer::from_pem_slice(pem)
        .map(|der| Asked::new(der.to_vec()))
        .map_err(|_| unusable("the request is unreadable"))
}

fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| unusable("the certificate is unreadable"))?;
    Ok(certificates)
}

fn leaf(chain: &[CertificateDer<'_>]) -> Result<Certificate, IdentityError> {
    const UNREADABLE: IdentityError = unusable("the certificate is unreadable");
    let first = chain.first().ok_or(unusable("there is no certificate"))?;
    if !lengths_fit(first) {
        return Err(UNREADABLE);
    }
    Certificate::from_der(first).map_err(|_| UNREADABLE)
}
