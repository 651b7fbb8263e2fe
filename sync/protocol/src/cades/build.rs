//! Writes the CMS around a signature that a card makes.

use der::{DateTime, Decode, Encode};
use x509_cert::Certificate;

use super::tlv::{self, CONTEXT_0, INTEGER, NULL, OCTET_STRING, SEQUENCE, SET};
use super::{CadesError, oid};
use crate::digest;

/// Everything but the signature value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// SHA-256 of the DER of the signed attributes: what the card signs with PKCS#1 v1.5 (with SHA-256's DigestInfo).
    pub to_sign_sha256: [u8; 32],
    attributes: Vec<u8>,
    issuer_and_serial: Vec<u8>,
    certificate: Vec<u8>,
}

/// Prepares a detached signature over `content` by the holder of `certificate` (DER), dated `signing_time`
/// (seconds since 1970 UTC).
pub fn prepare(
    content: &[u8],
    certificate: &[u8],
    signing_time: i64,
) -> Result<Prepared, CadesError> {
    tlv::lengths_fit("signer certificate", certificate)?;
    let parsed = Certificate::from_der(certificate).map_err(|_| CadesError::Der {
        what: "signer certificate",
    })?;
    let issuer_and_serial = issuer_and_serial(&parsed)?;
    let attributes = vec![
        attribute(oid::CONTENT_TYPE, &tlv::oid(oid::DATA)?)?,
        attribute(
            oid::MESSAGE_DIGEST,
            &tlv::tlv(OCTET_STRING, &[&digest(content)]),
        )?,
        attribute(oid::SIGNING_TIME, &time(signing_time)?)?,
        attribute(
            oid::SIGNING_CERTIFICATE_V2,
            &signing_certificate(certificate),
        )?,
    ];
    let attributes = tlv::set_of(SET, attributes);
    Ok(Prepared {
        to_sign_sha256: digest(&attributes),
        attributes,
        issuer_and_serial,
        certificate: certificate.to_vec(),
    })
}

impl Prepared {
    /// Puts the card's signature value in and returns the CMS as DER.
    pub fn assemble(&self, signature: &[u8]) -> Result<Vec<u8>, CadesError> {
        // [0] IMPLICIT: the same contents as the SET the card signed, under another tag.
        let mut attributes = self.attributes.clone();
        if let Some(tag) = attributes.first_mut() {
            *tag = CONTEXT_0;
        }
        signed_data(
            &self.certificate,
            &self.issuer_and_serial,
            Some(&attributes),
            signature,
        )
    }
}

/// Puts a signature value that a signing service made straight over `content` beside its certificate, as a detached CMS
/// without signed attributes (RFC 5652 §5.4: then the signature is over the content itself). Checks nothing.
///
/// # Errors
/// [`CadesError::Der`] when the certificate cannot be read.
pub fn wrap_bare(certificate: &[u8], signature: &[u8]) -> Result<Vec<u8>, CadesError> {
    tlv::lengths_fit("signer certificate", certificate)?;
    let parsed = Certificate::from_der(certificate).map_err(|_| CadesError::Der {
        what: "signer certificate",
    })?;
    signed_data(certificate, &issuer_and_serial(&parsed)?, None, signature)
}

/// The one shape of message that is written here.
fn signed_data(
    certificate: &[u8],
    issuer_and_serial: &[u8],
    attributes: Option<&[u8]>,
    signature: &[u8],
) -> Result<Vec<u8>, CadesError> {
    let sha256 = tlv::tlv(SEQUENCE, &[&tlv::oid(oid::SHA_256)?]);
    let rsa = tlv::tlv(SEQUENCE, &[&tlv::oid(oid::RSA)?, &NULL]);
    let version = tlv::tlv(INTEGER, &[&[1]]);
    let signer = tlv::tlv(
        SEQUENCE,
        &[
            &version,
            issuer_and_serial,
            &sha256,
            attributes.unwrap_or_default(),
            &rsa,
            &tlv::tlv(OCTET_STRING, &[signature]),
        ],
    );
    let signed_data = tlv::tlv(
        SEQUENCE,
        &[
            &version,
            &tlv::tlv(SET, &[&sha256]),
            &tlv::tlv(SEQUENCE, &[&tlv::oid(oid::DATA)?]),
            &tlv::tlv(CONTEXT_0, &[certificate]),
            &tlv::tlv(SET, &[&signer]),
        ],
    );
    Ok(tlv::tlv(
        SEQUENCE,
        &[
            &tlv::oid(oid::SIGNED_DATA)?,
            &tlv::tlv(CONTEXT_0, &[&signed_data]),
        ],
    ))
}

pub(super) fn issuer_and_serial(certificate: &Certificate) -> Result<Vec<u8>, CadesError> {
    let fail = |_| CadesError::Der {
        what: "signer certificate",
    };
    let issuer = certificate.tbs_certificate.issuer.to_der().map_err(fail)?;
    let serial = certificate
        .tbs_certificate
        .serial_number
        .to_der()
        .map_err(fail)?;
    Ok(tlv::tlv(SEQUENCE, &[&issuer, &serial]))
}

fn attribute(kind: der::asn1::ObjectIdentifier, value: &[u8]) -> Result<Vec<u8>, CadesError> {
    Ok(tlv::tlv(
        SEQUENCE,
        &[&tlv::oid(kind)?, &tlv::tlv(SET, &[value])],
    ))
}

/// UTCTime until 2049, GeneralizedTime from 2050 (RFC 5652 §11.3).
fn time(seconds: i64) -> Result<Vec<u8>, CadesError> {
    let fail = || CadesError::Time(seconds);
    let since = std::time::Duration::from_secs(u64::try_from(seconds).map_err(|_| fail())?);
    let date = DateTime::from_unix_duration(since).map_err(|_| fail())?;
    if date.year() < 2050 {
        der::asn1::UtcTime::from_date_time(date)
            .and_then(|t| t.to_der())
            .map_err(|_| fail())
    } else {
        der::asn1::GeneralizedTime::from_date_time(date)
            .to_der()
            .map_err(|_| fail())
    }
}

/// ESSCertIDv2 with the default hash algorithm (SHA-256, so the field is absent) and no issuerSerial (RFC 5035 §4).
fn signing_certificate(certificate: &[u8]) -> Vec<u8> {
    let hash = tlv::tlv(OCTET_STRING, &[&digest(certificate)]);
    let id = tlv::tlv(SEQUENCE, &[&hash]);
    tlv::tlv(SEQUENCE, &[&tlv::tlv(SEQUENCE, &[&id])])
}
