//! What is known about a family before anybody is asked: the card holder, the role, the certificate.
//!
//! No individual number has a place here, and none may be given one.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::certificate::BirthCertificate;
use crate::ids::MunicipalityCode;

/// Sex as ISO 5218 counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Sex {
    /// 0: not known; of a newborn, not determined.
    NotKnown,
    /// 1.
    Male,
    /// 2.
    Female,
    /// 9.
    NotApplicable,
}

impl Sex {
    /// The ISO 5218 digit.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::NotKnown => 0,
            Self::Male => 1,
            Self::Female => 2,
            Self::NotApplicable => 9,
        }
    }

    /// From the ISO 5218 digit.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        [
            Self::NotKnown,
            Self::Male,
            Self::Female,
            Self::NotApplicable,
        ]
        .into_iter()
        .find(|sex| sex.code() == code)
    }
}

impl From<Sex> for u8 {
    fn from(sex: Sex) -> Self {
        sex.code()
    }
}

impl TryFrom<u8> for Sex {
    type Error = String;

    fn try_from(code: u8) -> Result<Self, String> {
        Self::from_code(code).ok_or_else(|| format!("{code} is not an ISO 5218 code (0, 1, 2, 9)"))
    }
}

/// The person whose card lies on the reader: the four attributes, nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardHolder {
    /// Name exactly as on the card; Japanese names part family and given name with U+3000.
    pub name: String,
    /// Address exactly as on the card.
    pub address: String,
    /// Date of birth.
    pub birth: Date,
    /// Sex.
    pub sex: Sex,
}

// A holder reaches log lines by way of other types' Debug; the person must not.
impl std::fmt::Debug for CardHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardHolder(masked)")
    }
}

impl CardHolder {
    /// Family and given name, when the card parts them with exactly one U+3000.
    ///
    /// Names of foreign residents are usually not parted so: `None`, and the parts are asked.
    #[must_use]
    pub fn name_parts(&self) -> Option<(&str, &str)> {
        split_name(&self.name)
    }
}

/// Parts a name at its only U+3000; `None` when there is none, more than one, or an empty part.
pub(crate) fn split_name(name: &str) -> Option<(&str, &str)> {
    let (family, given) = name.split_once('\u{3000}')?;
    (!family.is_empty() && !given.is_empty() && !given.contains('\u{3000}'))
        .then_some((family, given))
}

/// In what capacity the card holder files the birth: 届出人の資格 (戸籍法 52, 56).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilerRole {
    /// The mother.
    Mother,
    /// The father.
    Father,
    /// A legal representative other than a parent.
    LegalRepresentative,
    /// A person living with the mother.
    Cohabitant,
    /// The doctor who attended.
    Doctor,
    /// The midwife who attended.
    Midwife,
    /// Anybody else who attended.
    OtherAttendant,
    /// The head of a public institution.
    FacilityHead,
}

impl FilerRole {
    /// The box on the form: 1 parent, 2 legal representative, 3 cohabitant, 4 doctor, 5 midwife,
    /// 6 other attendant, 7 head of a public institution.
    #[must_use]
    pub fn capacity(self) -> u8 {
        match self {
            Self::Mother | Self::Father => 1,
            Self::LegalRepresentative => 2,
            Self::Cohabitant => 3,
            Self::Doctor => 4,
            Self::Midwife => 5,
            Self::OtherAttendant => 6,
            Self::FacilityHead => 7,
        }
    }
}

/// Everything the plan and the first filling-in of the forms may rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Whose card it is.
    pub holder: CardHolder,
    /// In what capacity the holder files.
    pub role: FilerRole,
    /// The birth certificate (出生証明書), once there is one.
    pub certificate: Option<BirthCertificate>,
    /// The day of the visit, Japan Standard Time.
    pub today: Date,
    /// The claimant's municipality of residence.
    pub home: MunicipalityCode,
    /// The municipality the child was born in.
    pub birthplace: MunicipalityCode,
}
