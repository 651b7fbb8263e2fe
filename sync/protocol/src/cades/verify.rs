//! Checks a CMS signature: form, content, attributes, signature value, certificate chain.
//!
//! The order is fixed so that an error names the first thing that is wrong with the message itself before
//! anything is said about trust.

use der::asn1::{GeneralizedTime, ObjectIdentifier, UtcTime};
use der::{Decode, Tag};

use super::cert::{CertificateFacts, Checked, Purpose, Trust};
use super::tlv::{self, CONTEXT_0, INTEGER, NULL, OCTET_STRING, SEQUENCE, SET};
use super::{CadesError, oid};
use crate::digest;

/// No signature of this profile is larger; a JPKI one has about 2.5 KB.
const MAX: usize = 16 * 1024;

/// What is known about revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// Somebody entitled asked the authority, and it said: not revoked at this time (seconds since 1970 UTC).
    NotRevoked {
        /// When the answer was given.
        at: i64,
    },
    /// Nobody asked. Only registered verifiers may (公的個人認証法 17条); show this as 未失効未確認.
    Unknown,
}

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The signer's distinguished name, RFC 4514 text.
    pub subject: String,
    /// The certificate's serial number, hexadecimal.
    pub serial: String,
    /// The signer's certificate, DER.
    pub cert_der: Vec<u8>,
    /// Name, birth, sex and address from the certificate, and its validity.
    pub facts: CertificateFacts,
    /// The time the signer's side wrote under the signature; a claim, not a proof.
    pub signing_time: i64,
    /// SHA-256 of the anchor that issued the certificate.
    pub anchor_sha256: [u8; 32],
    /// Always [`Revocation::Unknown`] from here.
    pub revocation: Revocation,
}

/// Verifies a detached CAdES-BES signature over `content`; certificates must be valid at `at`
/// (seconds since 1970 UTC) and at the signing time.
pub fn verify(cms: &[u8], content: &[u8], trust: &Trust, at: i64) -> Result<Verified, CadesError> {
    let message = Message::parse(cms)?;
    let attributes = Attributes::parse(message.attributes)?;
    if attributes.message_digest != digest(content) {
        return Err(CadesError::ContentDigest);
    }
    if attributes.certificate_hash != digest(message.certificate) {
        return Err(CadesError::SignerCertificate);
    }
    let signer = Checked::parse(message.certificate)?;
    if message.signer != signer.issuer_and_serial()? {
        return Err(CadesError::SignerCertificate);
    }
    // RFC 5652 §5.4: the signature is over the attributes with the SET tag, not the [0] they travel under.
    let mut to_verify = message.attributes.to_vec();
    if let Some(tag) = to_verify.first_mut() {
        *tag = SET;
    }
    if !signer.verifies(&to_verify, message.signature) {
        return Err(CadesError::Signature);
    }
    let anchor_sha256 = signer.chain(trust, Purpose::Signature, at)?;
    signer.valid_at("signer", attributes.signing_time)?;
    let facts = signer.facts()?;
    Ok(Verified {
        subject: facts.subject.clone(),
        serial: facts.serial.clone(),
        cert_der: message.certificate.to_vec(),
        facts,
        signing_time: attributes.signing_time,
        anchor_sha256,
        revocation: Revocation::Unknown,
    })
}

/// A bare signature value that holds: what a signing service hands back instead of a CMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBare {
    /// Name, birth, sex and address from the certificate, and its validity.
    pub facts: CertificateFacts,
    /// SHA-256 of the anchor that issued the certificate.
    pub anchor_sha256: [u8; 32],
    /// Always [`Revocation::Unknown`] from here.
    pub revocation: Revocation,
}

/// Verifies a signature value (RSA PKCS#1 v1.5, SHA-256) made straight over `content` by the holder of `certificate` (DER).
/// The same checks as [`verify`], but for what a bare value lacks: no attributes, so no time of signing is claimed.
///
/// # Errors
/// [`CadesError`], the value itself before anything about trust.
pub fn verify_bare(
    certificate: &[u8],
    signature: &[u8],
    content: &[u8],
    trust: &Trust,
    at: i64,
) -> Result<VerifiedBare, CadesError> {
    let signer = Checked::parse(certificate)?;
    if !signer.verifies(content, signature) {
        return Err(CadesError::Signature);
    }
    let anchor_sha256 = signer.chain(trust, Purpose::Signature, at)?;
    Ok(VerifiedBare {
        facts: signer.facts()?,
        anchor_sha256,
        revocation: Revocation::Unknown,
    })
}

/// The certificate (DER) that a CMS of [`verify`]'s shape carries, without any check of it.
///
/// # Errors
/// [`CadesError`] when the message is of another shape.
pub fn signer_of(cms: &[u8]) -> Result<Vec<u8>, CadesError> {
    Message::parse(cms).map(|message| message.certificate.to_vec())
}

/// The parts of a CMS message of the one accepted shape, as slices of its bytes.
struct Message<'a> {
    certificate: &'a [u8],
    signer: &'a [u8],
    attributes: &'a [u8],
    signature: &'a [u8],
}

fn outside(what: &'static str, detail: &str) -> CadesError {
    CadesError::Profile {
        what,
        detail: detail.to_owned(),
    }
}

fn expect_version(items: &mut tlv::Items<'_>, what: &'static str) -> Result<(), CadesError> {
    if tlv::contents(what, Tag::Integer, items.tagged(INTEGER)?)? == [1] {
        Ok(())
    } else {
        Err(outside(what, "version is not 1"))
    }
}

fn expect_oid(
    items: &mut tlv::Items<'_>,
    what: &'static str,
    want: ObjectIdentifier,
) -> Result<(), CadesError> {
    let found: ObjectIdentifier = items.typed()?;
    if found == want {
        Ok(())
    } else {
        Err(outside(what, &found.to_string()))
    }
}

/// An AlgorithmIdentifier out of a list, with absent or NULL parameters.
fn expect_algorithm(
    items: &mut tlv::Items<'_>,
    what: &'static str,
    wanted: &[ObjectIdentifier],
) -> Result<(), CadesError> {
    let mut algorithm = items.enter(what, SEQUENCE)?;
    let found: ObjectIdentifier = algorithm.typed()?;
    if algorithm.more() && algorithm.raw()? != NULL {
        return Err(outside(what, "parameters"));
    }
    algorithm.end()?;
    if wanted.contains(&found) {
        Ok(())
    } else {
        Err(outside(what, &found.to_string()))
    }
}

impl<'a> Message<'a> {
    fn parse(cms: &'a [u8]) -> Result<Self, CadesError> {
        if cms.len() > MAX {
            return Err(CadesError::TooLong {
                what: "signature",
                len: cms.len(),
            });
        }
        let mut info = tlv::Items::open("ContentInfo", SEQUENCE, cms)?;
        expect_oid(&mut info, "ContentInfo", oid::SIGNED_DATA)?;
        let mut explicit = info.enter("ContentInfo", CONTEXT_0)?;
        let mut data = explicit.enter("SignedData", SEQUENCE)?;
        explicit.end()?;
        info.end()?;
        expect_version(&mut data, "SignedData")?;
        let mut digests = data.enter("digestAlgorithms", SET)?;
        expect_algorithm(&mut digests, "digestAlgorithms", &[oid::SHA_256])?;
        digests.end()?;
        let mut content = data.enter("encapContentInfo", SEQUENCE)?;
        expect_oid(&mut content, "encapContentInfo", oid::DATA)?;
        if content.more() {
            return Err(outside("encapContentInfo", "content is not detached"));
        }
        let mut certificates = data.enter("certificates", CONTEXT_0)?;
        let certificate = certificates.tagged(SEQUENCE)?;
        if certificates.more() {
            return Err(outside("certificates", "more than the signer's"));
        }
        let mut signers = data.enter("signerInfos", SET)?;
        data.end()?;
        let signer = signers.enter("SignerInfo", SEQUENCE)?;
        if signers.more() {
            return Err(outside("signerInfos", "more than one signer"));
        }
        Self::signer(certificate, signer)
    }

    fn signer(certificate: &'a [u8], mut info: tlv::Items<'a>) -> Result<Self, CadesError> {
        expect_version(&mut info, "SignerInfo")?;
        let signer = info.tagged(SEQUENCE)?;
        expect_algorithm(&mut info, "digestAlgorithm", &[oid::SHA_256])?;
        let attributes = info.tagged(CONTEXT_0)?;
        expect_algorithm(
            &mut info,
            "signatureAlgorithm",
            &[oid::RSA, oid::SHA_256_WITH_RSA],
        )?;
        let signature = tlv::contents("signature", Tag::OctetString, info.tagged(OCTET_STRING)?)?;
        if info.more() {
            return Err(outside("SignerInfo", "unsigned attributes"));
        }
        Ok(Self {
            certificate,
            signer,
            attributes,
            signature,
        })
    }
}

/// The four signed attributes of CAdES-BES as this profile writes them.
struct Attributes {
    message_digest: Vec<u8>,
    signing_time: i64,
    certificate_hash: Vec<u8>,
}

impl Attributes {
    fn parse(bytes: &[u8]) -> Result<Self, CadesError> {
        let mut items = tlv::Items::open("signedAttrs", CONTEXT_0, bytes)?;
        let (mut kind, mut hash, mut time, mut certificate) = (None, None, None, None);
        let mut last: &[u8] = &[];
        while items.more() {
            let raw = items.raw()?;
            if raw <= last {
                return Err(outside("signedAttrs", "not in DER order"));
            }
            last = raw;
            let mut attribute = tlv::Items::open("attribute", SEQUENCE, raw)?;
            let oid: ObjectIdentifier = attribute.typed()?;
            let mut values = attribute.enter("attribute", SET)?;
            attribute.end()?;
            let value = values.raw()?;
            values.end()?;
            let slot = match oid {
                oid::CONTENT_TYPE => &mut kind,
                oid::MESSAGE_DIGEST => &mut hash,
                oid::SIGNING_TIME => &mut time,
                oid::SIGNING_CERTIFICATE_V2 => &mut certificate,
                other => return Err(outside("signedAttrs", &other.to_string())),
            };
            if slot.replace(value).is_some() {
                return Err(CadesError::Attribute("repeated"));
            }
        }
        let kind = kind.ok_or(CadesError::Attribute("content-type"))?;
        if ObjectIdentifier::from_der(kind) != Ok(oid::DATA) {
            return Err(outside("content-type", "not data"));
        }
        let hash = hash.ok_or(CadesError::Attribute("message-digest"))?;
        Ok(Self {
            message_digest: tlv::contents("message-digest", Tag::OctetString, hash)?.to_vec(),
            signing_time: parse_time(time.ok_or(CadesError::Attribute("signing-time"))?)?,
            certificate_hash: parse_ess(
                certificate.ok_or(CadesError::Attribute("signing-certificate-v2"))?,
            )?,
        })
    }
}

fn parse_time(value: &[u8]) -> Result<i64, CadesError> {
    let seconds = UtcTime::from_der(value)
        .map(|t| t.to_unix_duration())
        .or_else(|_| GeneralizedTime::from_der(value).map(|t| t.to_unix_duration()))
        .map_err(|_| CadesError::Der {
            what: "signing-time",
        })?
        .as_secs();
    i64::try_from(seconds).map_err(|_| CadesError::Der {
        what: "signing-time",
    })
}

/// Takes the first certificate id; its hash must be SHA-256, an issuerSerial beside it is allowed.
fn parse_ess(value: &[u8]) -> Result<Vec<u8>, CadesError> {
    const WHAT: &str = "signing-certificate-v2";
    let mut outer = tlv::Items::open(WHAT, SEQUENCE, value)?;
    let mut ids = outer.enter(WHAT, SEQUENCE)?;
    let mut id = ids.enter(WHAT, SEQUENCE)?;
    if id.next_is(SEQUENCE) {
        expect_algorithm(&mut id, WHAT, &[oid::SHA_256])?;
    }
    let hash = tlv::contents(WHAT, Tag::OctetString, id.tagged(OCTET_STRING)?)?;
    Ok(hash.to_vec())
}
