//! One certificate: what it says, and whether one of the trusted authorities really issued it.
//!
//! Anchors are chosen by key id and signature, never by name: three generations of the JPKI roots carry the same
//! distinguished name. The chain is one step long, as in JPKI. Certificates inside the message are never anchors.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use der::asn1::{ObjectIdentifier, Utf8StringRef};
use der::{Decode, Document};
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, KeyUsage, SubjectAltName,
    SubjectKeyIdentifier,
};

use super::build::issuer_and_serial;
use super::{CadesError, oid};
use crate::digest;

/// No certificate of this profile is larger; JPKI's have 1.3 to 1.8 KB.
const MAX: usize = 8 * 1024;

/// A date of birth as the certificate writes it: era digit, then year, month and day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Birth {
    /// 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和.
    pub era: u8,
    /// Gregorian year; 0 when unknown.
    pub year: u16,
    /// Month; 0 when unknown.
    pub month: u8,
    /// Day; 0 when unknown.
    pub day: u8,
}

/// What a certificate says about itself and its holder. An authentication certificate has no holder facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Distinguished name, RFC 4514 text.
    pub subject: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// 氏名 as on the certificate, code points untouched.
    pub name: Option<String>,
    /// 氏名代替文字フラグ as written: one digit per character of the name, `0` where it is the registered one.
    pub name_flags: Option<String>,
    /// 住所 as on the certificate, code points untouched.
    pub address: Option<String>,
    /// 生年月日 as written: `EYYYYMMDD`. See [`CertificateFacts::birth_date`].
    pub birth: Option<String>,
    /// 性別 as written: `1` male, `2` female, `3` other (JPKI profile).
    pub sex: Option<String>,
    /// First second of validity, seconds since 1970 UTC.
    pub not_before: i64,
    /// Last second of validity, seconds since 1970 UTC.
    pub not_after: i64,
}

impl CertificateFacts {
    /// Whether the certificate says that no character of the name was replaced (代替文字).
    #[must_use]
    pub fn name_is_as_registered(&self) -> bool {
        let flags = self.name_flags.as_deref();
        flags.is_some_and(|flags| !flags.is_empty() && flags.bytes().all(|b| b == b'0'))
    }

    /// The date of birth taken apart; `None` when absent or not nine digits.
    #[must_use]
    pub fn birth_date(&self) -> Option<Birth> {
        let text = self.birth.as_deref()?;
        if text.len() != 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Birth {
            era: text.get(0..1)?.parse().ok()?,
            year: text.get(1..5)?.parse().ok()?,
            month: text.get(5..7)?.parse().ok()?,
            day: text.get(7..9)?.parse().ok()?,
        })
    }
}

/// What a certificate is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing a filing (署名用): digitalSignature and nonRepudiation.
    Signature,
    /// Showing who is there (利用者証明用): digitalSignature.
    Authentication,
}

/// The authorities that are trusted, and the policies their certificates must carry.
#[derive(Debug, Clone)]
pub struct Trust {
    anchors: Vec<Checked>,
    policies: Vec<ObjectIdentifier>,
}

impl Trust {
    /// Trusts these authorities (DER each). Several may carry the same name.
    pub fn new(anchors: &[Vec<u8>]) -> Result<Self, CadesError> {
        if anchors.is_empty() {
            return Err(CadesError::NoAnchors);
        }
        let anchors = anchors
            .iter()
            .map(|der| Checked::parse(der))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            anchors,
            policies: Vec::new(),
        })
    }

    /// Trusts every certificate in a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, CadesError> {
        const END: &str = "-----END CERTIFICATE-----";
        let mut anchors = Vec::new();
        for block in pem.split_inclusive(END).filter(|b| b.contains(END)) {
            let start = block
                .find("-----BEGIN CERTIFICATE-----")
                .ok_or(CadesError::Der { what: "anchor" })?;
            // Not read as a certificate yet: its lengths are looked at first.
            let (_, certificate) = block
                .get(start..)
                .and_then(|b| Document::from_pem(b).ok())
                .ok_or(CadesError::Der { what: "anchor" })?;
            anchors.push(certificate.as_bytes().to_vec());
        }
        Self::new(&anchors)
    }

    /// Demands that a certificate carries one of these policies, such as `1.2.392.200149.8.5.1.1.20`.
    pub fn with_policies(mut self, policies: &[&str]) -> Result<Self, CadesError> {
        let parse = |text: &&str| {
            ObjectIdentifier::new(text).map_err(|_| CadesError::Profile {
                what: "policy",
                detail: (*text).to_owned(),
            })
        };
        self.policies = policies.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(self)
    }
}

/// Reads what a certificate says, without any trust.
pub fn describe(certificate: &[u8]) -> Result<CertificateFacts, CadesError> {
    Checked::parse(certificate)?.facts()
}

/// Checks that a trusted authority issued the certificate for this purpose and that both are valid at `at`.
pub fn check_certificate(
    certificate: &[u8],
    trust: &Trust,
    purpose: Purpose,
    at: i64,
) -> Result<CertificateFacts, CadesError> {
    let checked = Checked::parse(certificate)?;
    checked.chain(trust, purpose, at)?;
    checked.facts()
}

/// A certificate that was read; its to-be-signed part is kept as the bytes it came in.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    sha256: [u8; 32],
    tbs: Vec<u8>,
    inner: Certificate,
}

fn unreadable<E>(_: E) -> CadesError {
    CadesError::Der {
        what: "certificate",
    }
}

impl Checked {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, CadesError> {
        if bytes.len() > MAX {
            return Err(CadesError::TooLong {
                what: "certificate",
                len: bytes.len(),
            });
        }
        super::tlv::lengths_fit("certificate", bytes)?;
        let inner = Certificate::from_der(bytes).map_err(unreadable)?;
        let tbs = super::tlv::Items::open("certificate", super::tlv::SEQUENCE, bytes)?
            .raw()?
            .to_vec();
        Ok(Self {
            sha256: digest(bytes),
            tbs,
            inner,
        })
    }

    pub(super) fn issuer_and_serial(&self) -> Result<Vec<u8>, CadesError> {
        issuer_and_serial(&self.inner)
    }

    fn extensions(&self) -> &[Extension] {
        self.inner
            .tbs_certificate
            .extensions
            .as_deref()
            .unwrap_or_default()
    }

    /// One extension; a repeated one is refused (RFC 5280 §4.2).
    fn extension<'a, T: Decode<'a>>(
        &'a self,
        id: ObjectIdentifier,
    ) -> Result<Option<T>, CadesError> {
        let mut found = self.extensions().iter().filter(|e| e.extn_id == id);
        let (first, second) = (found.next(), found.next());
        if second.is_some() {
            return Err(CadesError::Profile {
                what: "certificate",
                detail: format!("extension {id} repeated"),
            });
        }
        first
            .map(|e| {
                super::tlv::lengths_fit("certificate", e.extn_value.as_bytes())?;
                T::from_der(e.extn_value.as_bytes()).map_err(unreadable)
            })
            .transpose()
    }

    /// Whether `signature` is this certificate's key's over `message`, RSA PKCS#1 v1.5 with SHA-256.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let info = &self.inner.tbs_certificate.subject_public_key_info;
        info.algorithm.oid == oid::RSA
            && info.subject_public_key.as_bytes().is_some_and(|key| {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
                    .verify(message, signature)
                    .is_ok()
            })
    }

    fn validity(&self) -> Result<(i64, i64), CadesError> {
        let validity = &self.inner.tbs_certificate.validity;
        let seconds = |t: &x509_cert::time::Time| {
            i64::try_from(t.to_unix_duration().as_secs()).map_err(unreadable)
        };
        Ok((
            seconds(&validity.not_before)?,
            seconds(&validity.not_after)?,
        ))
    }

    pub(super) fn valid_at(&self, whose: &'static str, at: i64) -> Result<(), CadesError> {
        let (from, to) = self.validity()?;
        if (from..=to).contains(&at) {
            Ok(())
        } else {
            Err(CadesError::NotValidAt {
                whose,
                from,
                to,
                at,
            })
        }
    }

    /// Finds the anchor that issued this certificate and checks both; the anchor's SHA-256.
    pub(super) fn chain(
        &self,
        trust: &Trust,
        purpose: Purpose,
        at: i64,
    ) -> Result<[u8; 32], CadesError> {
        let anchor = self.issuer(trust)?;
        anchor.valid_at("authority", at)?;
        self.valid_at("signer", at)?;
        anchor.may_issue()?;
        self.may_be_used(purpose)?;
        self.known_critical()?;
        self.has_policy(&trust.policies)?;
        Ok(anchor.sha256)
    }

    fn issuer<'a>(&self, trust: &'a Trust) -> Result<&'a Self, CadesError> {
        let signature = self
            .inner
            .signature
            .as_bytes()
            .ok_or(CadesError::IssuerSignature)?;
        let algorithm = self.inner.signature_algorithm.oid;
        if algorithm != oid::SHA_256_WITH_RSA
            || self.inner.tbs_certificate.signature != self.inner.signature_algorithm
        {
            return Err(CadesError::Profile {
                what: "certificate",
                detail: algorithm.to_string(),
            });
        }
        let authority: AuthorityKeyIdentifier =
            self.extension(oid::AUTHORITY_KEY_ID)?
                .ok_or(CadesError::Usage {
                    whose: "signer",
                    detail: "no authority key identifier",
                })?;
        let key_id = authority.key_identifier.ok_or(CadesError::Usage {
            whose: "signer",
            detail: "no authority key identifier",
        })?;
        let mut named = false;
        for anchor in &trust.anchors {
            let own: Option<SubjectKeyIdentifier> = anchor.extension(oid::SUBJECT_KEY_ID)?;
            let same_key = own.is_some_and(|own| own.0 == key_id);
            let same_name =
                anchor.inner.tbs_certificate.subject == self.inner.tbs_certificate.issuer;
            if same_key && same_name {
                named = true;
                if anchor.verifies(&self.tbs, signature) {
                    return Ok(anchor);
                }
            }
        }
        Err(if named {
            CadesError::IssuerSignature
        } else {
            CadesError::NoIssuer
        })
    }

    fn may_issue(&self) -> Result<(), CadesError> {
        let no = |detail| CadesError::Usage {
            whose: "authority",
            detail,
        };
        let constraints: Option<BasicConstraints> = self.extension(oid::BASIC_CONSTRAINTS)?;
        if !constraints.is_some_and(|c| c.ca) {
            return Err(no("basic constraints say it is no authority"));
        }
        let usage: Option<KeyUsage> = self.extension(oid::KEY_USAGE)?;
        if usage.is_some_and(|u| u.key_cert_sign()) {
            Ok(())
        } else {
            Err(no("key usage lacks keyCertSign"))
        }
    }

    fn may_be_used(&self, purpose: Purpose) -> Result<(), CadesError> {
        let no = |detail| CadesError::Usage {
            whose: "signer",
            detail,
        };
        let constraints: Option<BasicConstraints> = self.extension(oid::BASIC_CONSTRAINTS)?;
        if constraints.is_some_and(|c| c.ca) {
            return Err(no("it is an authority's"));
        }
        let usage: KeyUsage = self.extension(oid::KEY_USAGE)?.ok_or(no("no key usage"))?;
        if !usage.digital_signature() {
            return Err(no("key usage lacks digitalSignature"));
        }
        match purpose {
            Purpose::Signature if !usage.non_repudiation() => {
                Err(no("key usage lacks nonRepudiation"))
            }
            Purpose::Signature | Purpose::Authentication => Ok(()),
        }
    }

    /// RFC 5280 §4.2: a critical extension that is not understood makes the certificate unusable.
    fn known_critical(&self) -> Result<(), CadesError> {
        const KNOWN: [ObjectIdentifier; 5] = [
            oid::KEY_USAGE,
            oid::BASIC_CONSTRAINTS,
            oid::POLICIES,
            oid::SUBJECT_ALT_NAME,
            oid::EXTENDED_KEY_USAGE,
        ];
        match self
            .extensions()
            .iter()
            .find(|e| e.critical && !KNOWN.contains(&e.extn_id))
        {
            None => Ok(()),
            Some(e) => Err(CadesError::CriticalExtension(e.extn_id.to_string())),
        }
    }

    fn has_policy(&self, accepted: &[ObjectIdentifier]) -> Result<(), CadesError> {
        if accepted.is_empty() {
            return Ok(());
        }
        let policies: Option<CertificatePolicies> = self.extension(oid::POLICIES)?;
        let found: Vec<ObjectIdentifier> = policies
            .map(|p| p.0.iter().map(|i| i.policy_identifier).collect())
            .unwrap_or_default();
        if found.iter().any(|p| accepted.contains(p)) {
            Ok(())
        } else {
            Err(CadesError::Policy {
                found: found.iter().map(ToString::to_string).collect(),
            })
        }
    }

    pub(super) fn facts(&self) -> Result<CertificateFacts, CadesError> {
        let tbs = &self.inner.tbs_certificate;
        let (not_before, not_after) = self.validity()?;
        let mut facts = CertificateFacts {
            subject: tbs.subject.to_string(),
            serial: hex::encode(tbs.serial_number.as_bytes()),
            name: None,
            name_flags: None,
            address: None,
            birth: None,
            sex: None,
            not_before,
            not_after,
        };
        let names: Option<SubjectAltName> = self.extension(oid::SUBJECT_ALT_NAME)?;
        for name in names.iter().flat_map(|n| n.0.iter()) {
            let GeneralName::OtherName(other) = name else {
                continue;
            };
            let slot = match other.type_id {
                oid::JPKI_NAME => &mut facts.name,
                oid::JPKI_NAME_FLAGS => &mut facts.name_flags,
                oid::JPKI_ADDRESS => &mut facts.address,
                oid::JPKI_BIRTH => &mut facts.birth,
                oid::JPKI_SEX => &mut facts.sex,
                _ => continue,
            };
            let text: Utf8StringRef<'_> = other.value.decode_as().map_err(unreadable)?;
            if slot.replace(text.as_str().to_owned()).is_some() {
                return Err(CadesError::Profile {
                    what: "subject alternative name",
                    detail: "repeated".to_owned(),
                });
            }
        }
        Ok(facts)
    }
}
