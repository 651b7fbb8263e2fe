//! The parent's signature: CMS SignedData (RFC 5652), detached, in the CAdES-BES profile (ETSI EN 319 122-1).
//!
//! The card signs a SHA-256 digest with RSA PKCS#1 v1.5; this module writes the bytes around it and checks them
//! again at the other end, with the whole chain to the given anchors. It does not ask anybody about revocation,
//! and says so: [`Revocation::Unknown`]. A signing service signs without us: its bare value and certificate go through
//! [`verify_bare`], and [`wrap_bare`] makes a file of them that others can check.
//!
//! ```text
//! ContentInfo signedData
//!   └ SignedData v1, digest sha256, eContent absent, certificates { the signer's }
//!       └ SignerInfo v1: issuer+serial · sha256
//!            signedAttrs { content-type, message-digest, signing-time, signing-certificate-v2 }  <- what the card signs
//!            rsaEncryption · signature
//! ```

mod build;
mod cert;
mod tlv;
mod verify;

pub use build::{Prepared, prepare, wrap_bare};
pub use cert::{Birth, CertificateFacts, Purpose, Trust, check_certificate, describe};
pub use verify::{Revocation, Verified, VerifiedBare, signer_of, verify, verify_bare};

/// Whether no length inside this DER promises more than there is, at any level. The typed decoders of the crate `der` take
/// memory for a length before they look whether its value is there, so whoever reads certificates from outside asks first.
#[must_use]
pub fn lengths_fit(der: &[u8]) -> bool {
    tlv::lengths_fit("DER", der).is_ok()
}

/// Object identifiers as DER contents would be too cryptic; these are the texts the standards print.
pub(crate) mod oid {
    use der::asn1::ObjectIdentifier as Oid;

    pub(crate) const DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");
    pub(crate) const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
    pub(crate) const CONTENT_TYPE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.3");
    pub(crate) const MESSAGE_DIGEST: Oid = Oid::new_unwrap("1.2.840.113549.1.9.4");
    pub(crate) const SIGNING_TIME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.5");
    pub(crate) const SIGNING_CERTIFICATE_V2: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.47");
    pub(crate) const SHA_256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");
    pub(crate) const RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
    pub(crate) const SHA_256_WITH_RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.11");
    pub(crate) const KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.15");
    pub(crate) const SUBJECT_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.17");
    pub(crate) const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");
    pub(crate) const POLICIES: Oid = Oid::new_unwrap("2.5.29.32");
    pub(crate) const SUBJECT_KEY_ID: Oid = Oid::new_unwrap("2.5.29.14");
    pub(crate) const AUTHORITY_KEY_ID: Oid = Oid::new_unwrap("2.5.29.35");
    pub(crate) const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");
    /// JPKI subject alternative names: `.1` name, `.4` birth, `.3` sex, `.5` address.
    pub(crate) const JPKI_NAME: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.1");
    pub(crate) const JPKI_NAME_FLAGS: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.2");
    pub(crate) const JPKI_SEX: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.3");
    pub(crate) const JPKI_BIRTH: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.4");
    pub(crate) const JPKI_ADDRESS: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.5");
}

/// Why a signature or certificate was not accepted, or could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CadesError {
    /// Bytes that are not DER of the expected shape.
    #[error("{what} is not readable DER")]
    Der {
        /// Which part.
        what: &'static str,
    },
    /// Larger than any signature or certificate of this profile.
    #[error("{what}: {len} bytes")]
    TooLong {
        /// Which part.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
    },
    /// Readable, but outside the one profile accepted here.
    #[error("{what} is outside the profile: {detail}")]
    Profile {
        /// Which part.
        what: &'static str,
        /// What was found, or what was expected.
        detail: String,
    },
    /// A signed attribute that must be there exactly once is not.
    #[error("signed attribute {0} is missing or repeated")]
    Attribute(&'static str),
    /// The signature is over other content.
    #[error("the content is not what was signed")]
    ContentDigest,
    /// The signer's certificate in the message is not the one named under the signature.
    #[error("the certificate is not the one the signature names")]
    SignerCertificate,
    /// The RSA signature does not verify under the signer's certificate.
    #[error("the signature does not verify")]
    Signature,
    /// A time that cannot be written in DER.
    #[error("time {0} cannot be written")]
    Time(i64),
    /// No anchor issued the certificate.
    #[error("no trusted authority issued the certificate")]
    NoIssuer,
    /// An anchor has the right name and key id, but its key did not make the certificate's signature.
    #[error("the authority's signature on the certificate does not verify")]
    IssuerSignature,
    /// Outside a certificate's validity.
    #[error("{whose} certificate is valid from {from} to {to}, not at {at}")]
    NotValidAt {
        /// `signer` or `authority`.
        whose: &'static str,
        /// First second of validity.
        from: i64,
        /// Last second of validity.
        to: i64,
        /// The time asked about.
        at: i64,
    },
    /// A certificate that may not be used for this.
    #[error("{whose} certificate may not be used for this: {detail}")]
    Usage {
        /// `signer` or `authority`.
        whose: &'static str,
        /// Which constraint.
        detail: &'static str,
    },
    /// None of the certificate's policies is accepted.
    #[error("no accepted certificate policy, found {found:?}")]
    Policy {
        /// The policies it has.
        found: Vec<String>,
    },
    /// A critical extension nobody here understands.
    #[error("critical extension {0} is not understood")]
    CriticalExtension(String),
    /// No anchor was given.
    #[error("no trusted authority is configured")]
    NoAnchors,
}
