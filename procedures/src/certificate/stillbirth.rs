//! The certificate of a stillbirth (死産証書, 死胎検案書): another paper than a birth certificate, and another type.
//!
//! 死産の届出に関する規程 (1946, from the fourth month of pregnancy = 12 full weeks on). No name, no register entry, and no way
//! from here to a [`super::BirthCertificate`]: what follows a birth must not be able to follow this. Of the paper's items
//! only those are taken that a hospital's message and the notification (死産届) share; cause and circumstances are not.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::read::{ISSUERS, PLACES, Unique, WardForm, code_of};
use super::{
    CERTIFICATE_MAX_BYTES, CERTIFICATE_VERSION, CertificateError, IssuerKind, PlaceKind, Plurality,
};
use crate::facts::Sex;

/// `format` of the form.
pub const STILLBIRTH_FORMAT: &str = "ubugoe-stillbirth-certificate";

const NAME_LEN: usize = 60;
const ADDRESS_LEN: usize = 200;

/// A certificate of a stillbirth. Texts stand exactly as issued.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillbirthCertificate {
    /// The issuer's number.
    pub number: String,
    /// Sex; `NotKnown` when undetermined.
    pub sex: Sex,
    /// Date and time to the minute, Japan Standard Time.
    pub at: DateTime,
    /// Kind of place.
    pub place_kind: PlaceKind,
    /// Address of the place.
    pub place_addr: String,
    /// Name of the facility.
    pub place_name: Option<String>,
    /// Weight in whole grams.
    pub weight_g: u16,
    /// Length in millimetres.
    pub length_mm: u16,
    /// Single or multiple.
    pub plurality: Plurality,
    /// Name of the mother.
    pub mother: String,
    /// Full weeks of pregnancy, from 12 on.
    pub weeks: u8,
    /// Days beyond the full weeks, 0 to 6.
    pub days: u8,
    /// Live births of this mother.
    pub live_births: u8,
    /// Stillbirths of this mother.
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

// As with the other certificate: only the paper is named.
impl std::fmt::Debug for StillbirthCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StillbirthCertificate")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl StillbirthCertificate {
    /// Reads the form.
    ///
    /// # Errors
    /// [`CertificateError`], naming the field.
    pub fn from_json(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > CERTIFICATE_MAX_BYTES {
            return Err(CertificateError::TooLong { bytes: bytes.len() });
        }
        let Unique(members) =
            serde_json::from_slice(bytes).map_err(|source| CertificateError::NotJson { source })?;
        let mut form = WardForm { members };
        form.format(STILLBIRTH_FORMAT)?;
        let certificate = Self {
            number: form.number_of_issuer()?,
            sex: form.sex()?,
            at: form.minute("dt")?,
            place_kind: form.code("place_kind", &PLACES, "1 to 5")?,
            place_addr: form.text("place_addr", ADDRESS_LEN)?,
            place_name: form.optional_text("place_name", NAME_LEN)?,
            weight_g: form.whole("weight_g", 1, 7000, "1 to 7000 g")?,
            length_mm: form.length(50)?,
            plurality: form.plurality()?,
            mother: form.text("mother", NAME_LEN)?,
            weeks: form.whole("weeks", 12, 44, "12 to 44 full weeks")?,
            days: form.whole("days", 0, 6, "0 to 6")?,
            live_births: form.whole("live_births", 0, 30, "0 to 30")?,
            stillbirths: form.whole("stillbirths", 0, 30, "0 to 30")?,
            issued: form.day("issued")?,
            issuer_kind: form.code("issuer_kind", &ISSUERS, "1 to 3")?,
            issuer_addr: form.text("issuer_addr", ADDRESS_LEN)?,
            issuer_name: form.text("issuer_name", NAME_LEN)?,
        };
        form.end()?;
        if certificate.issued < certificate.at.date() {
            return Err(CertificateError::Contradiction {
                field: "issued",
                other: "dt",
            });
        }
        Ok(certificate)
    }

    /// Writes the form.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let (plural, order_of) = match self.plurality {
            Plurality::Single => (false, Value::Null),
            Plurality::Multiple { order, of } => (true, json!({ "order": order, "of": of })),
        };
        json!({
            "format": STILLBIRTH_FORMAT, "version": CERTIFICATE_VERSION, "number": self.number, "sex": self.sex.code(),
            "dt": self.at.strftime("%Y-%m-%dT%H:%M").to_string(),
            "place_kind": code_of(&PLACES, self.place_kind), "place_addr": self.place_addr,
            "place_name": self.place_name, "weight_g": self.weight_g,
            "length_cm": format!("{:02}.{}", self.length_mm / 10, self.length_mm % 10),
            "plural": plural, "order_of": order_of, "mother": self.mother, "weeks": self.weeks, "days": self.days,
            "live_births": self.live_births, "stillbirths": self.stillbirths, "issued": self.issued.to_string(),
            "issuer_kind": code_of(&ISSUERS, self.issuer_kind), "issuer_addr": self.issuer_addr,
            "issuer_name": self.issuer_name,
        })
        .to_string()
        .into_bytes()
    }
}
