//! The hospital's birth certificate (出生証明書), read from the ward's form.
//!
//! Content is fixed by 出生証明書の様式等を定める省令 article 1 (e-Gov 327M50000110001). Only the issuer may
//! correct it, so nothing here repairs a value: it is taken as it stands or refused with the field's name.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::facts::{CardHolder, Sex};

/// `format` of the ward form.
pub const CERTIFICATE_FORMAT: &str = "ubugoe-birth-certificate";
/// The one `version` of the ward form there is.
pub const CERTIFICATE_VERSION: i64 = 1;
/// Longest ward form that is looked at, in bytes.
pub const CERTIFICATE_MAX_BYTES: usize = 16 * 1024;

/// Where the child was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// 1 病院.
    Hospital,
    /// 2 診療所.
    Clinic,
    /// 3 助産所.
    MaternityHome,
    /// 4 自宅.
    Home,
    /// 5 その他.
    Other,
}

/// Who issued the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerKind {
    /// 1 医師.
    Doctor,
    /// 2 助産師.
    Midwife,
    /// 3 その他.
    Other,
}

/// Single or multiple birth, with this child's place among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plurality {
    /// 単胎.
    Single,
    /// 多胎.
    Multiple {
        /// Which of them, from 1.
        order: u8,
        /// How many.
        of: u8,
    },
}

impl Plurality {
    /// Which child of the delivery this is, from 1: the second half of the idempotency key.
    #[must_use]
    pub fn order(self) -> u8 {
        match self {
            Self::Single => 1,
            Self::Multiple { order, .. } => order,
        }
    }
}

/// A birth certificate. Texts stand exactly as issued.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BirthCertificate {
    /// The issuer's number; with the child's order the key against double filing.
    pub number: String,
    /// Name of the child; may be blank, and the parents' choice decides anyway.
    pub name: Option<String>,
    /// Sex; `NotKnown` when undetermined.
    pub sex: Sex,
    /// Date and time to the minute, Japan Standard Time.
    pub birth_dt: DateTime,
    /// Kind of place.
    pub place_kind: PlaceKind,
    /// Address of the place.
    pub place_addr: String,
    /// Name of the facility, for kinds 1 to 3.
    pub place_name: Option<String>,
    /// Weight in whole grams.
    pub weight_g: u16,
    /// Length in millimetres (the form has centimetres with one decimal).
    pub length_mm: u16,
    /// Single or multiple.
    pub plurality: Plurality,
    /// Name of the mother.
    pub mother: String,
    /// Full weeks of pregnancy.
    pub weeks: u8,
    /// Days beyond the full weeks, 0 to 6.
    pub days: u8,
    /// Live births of this mother, this child included.
    pub live_births: u8,
    /// Stillbirths of this mother from 22 weeks on.
    pub stillbirths: u8,
    /// Day of issue.
    pub issued: Date,
    /// Who issued it.
    pub issuer_kind: IssuerKind,
    /// Address of the issuer.
    pub issuer_addr: String,
    /// Name of the issuer.
    pub issuer_name: String,
}

// The number names the paper, not the people; nothing else may reach a log.
impl std::fmt::Debug for BirthCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BirthCertificate")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Why a ward form was refused.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// More bytes than a ward form can have.
    #[error("the certificate has {bytes} bytes; at most {CERTIFICATE_MAX_BYTES} are read")]
    TooLong {
        /// How many bytes came.
        bytes: usize,
    },
    /// Not one JSON object with unique keys.
    #[error("the certificate is not a JSON object with unique keys")]
    NotJson {
        /// What the JSON reader said.
        #[source]
        source: serde_json::Error,
    },
    /// Another format or version.
    #[error("the certificate says format {format:?}, version {version:?}")]
    Format {
        /// What stood in `format`.
        format: Option<String>,
        /// What stood in `version`.
        version: Option<i64>,
    },
    /// A field is not there.
    #[error("certificate: {field} is missing")]
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field nobody knows.
    #[error("certificate: {field:?} is not a field of version {CERTIFICATE_VERSION}")]
    Unknown {
        /// Its name.
        field: String,
    },
    /// A field holds another type or shape.
    #[error("certificate: {field} should be {expected}")]
    Shape {
        /// Its name.
        field: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// A field is outside what can be.
    #[error("certificate: {field} is {given}; possible is {possible}")]
    Impossible {
        /// Its name.
        field: &'static str,
        /// What stood there (never a name or an address).
        given: String,
        /// What could stand there.
        possible: &'static str,
    },
    /// Two fields contradict each other.
    #[error("certificate: {field} contradicts {other}")]
    Contradiction {
        /// One.
        field: &'static str,
        /// The other.
        other: &'static str,
    },
}

/// A value that is possible and yet deserves an officer's or midwife's second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateDoubt {
    /// Born after 20 or 21 full weeks.
    VeryEarly,
    /// Sex undetermined: the koseki entry will be completed later (追完).
    SexUndetermined,
    /// The child's order is greater than the births counted: possible after an early loss of a twin.
    OrderExceedsBirths,
    /// Born in a facility, and the facility is not named.
    FacilityUnnamed,
}

/// Whether the certificate's mother and a card holder are the same by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Match {
    /// Code point for code point, U+3000 and U+0020 counted as equal between family and given name.
    Exact,
    /// Not the same: an officer's question (former name, replaced characters), never corrected here.
    Differs(Difference),
}

/// How two names differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Difference {
    /// The same but for variation selectors: the same character family in another form.
    VariantOnly,
    /// The given name is the same, the family name is not: perhaps a former family name (旧姓).
    FamilyName,
    /// Something else.
    Name,
}

impl BirthCertificate {
    /// Whether the named mother is the card's holder.
    #[must_use]
    pub fn matches_mother(&self, holder: &CardHolder) -> Match {
        compare_names(&self.mother, &holder.name)
    }

    /// Which child of the delivery, from 1.
    #[must_use]
    pub fn child_order(&self) -> u8 {
        self.plurality.order()
    }
}

fn compare_names(a: &str, b: &str) -> Match {
    let unify = |name: &str| name.replace('\u{20}', "\u{3000}");
    let (a, b) = (unify(a), unify(b));
    if a == b {
        return Match::Exact;
    }
    let strip = |name: &str| {
        name.chars()
            .filter(|c| !crate::names::is_variation_selector(*c))
            .collect::<String>()
    };
    if strip(&a) == strip(&b) {
        return Match::Differs(Difference::VariantOnly);
    }
    match (crate::facts::split_name(&a), crate::facts::split_name(&b)) {
        (Some((_, given_a)), Some((_, given_b))) if given_a == given_b => {
            Match::Differs(Difference::FamilyName)
        }
        _ => Match::Differs(Difference::Name),
    }
}

pub mod fhir;
mod read;
mod stillbirth;

pub use stillbirth::{STILLBIRTH_FORMAT, StillbirthCertificate};
