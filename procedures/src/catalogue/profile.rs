//! A municipality: its counters, its days, and everything it decides for itself.
//!
//! Only invented places have a profile in this catalogue.

use crate::codes::CorporateNumber;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::calendar::{ClosingDays, MonthDay};
use crate::ids::{MunicipalityCode, ProcedureId};
use crate::text::Text;

/// How a municipality takes a birth notification online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlineMode {
    /// Not at all.
    None,
    /// With a picture of the certificate.
    Image,
    /// With the certificate as data.
    Direct,
}

/// A place people can go to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Name.
    pub name: Text,
    /// Where it is.
    pub place: Text,
    /// Telephone.
    pub tel: String,
    /// When it is open.
    pub hours: Text,
}

/// From when the medical subsidy for children runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RetroDays {
    /// From birth where it is claimed within so many days of it; else from the first day of the month of the claim.
    WithinDays {
        /// How many.
        days: u16,
    },
    /// Always from birth.
    AlwaysFromBirth,
}

/// The medical subsidy for children (子ども医療費助成).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MedicalSubsidy {
    /// From when it runs.
    pub retro_days: RetroDays,
    /// Taken before the child's health insurance is known.
    pub provisional_claims: bool,
    /// Until the fiscal-year end after reaching this age.
    pub until_fiscal_year_end_of: u16,
    /// What a family pays for one visit, in yen.
    pub copay_yen: u32,
}

/// One round of applications for a nursery place from April.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NurseryRound {
    /// Which: 1, 2.
    pub round: u8,
    /// First day of applying, in the year before April.
    pub from: MonthDay,
    /// Last day of applying.
    pub to: MonthDay,
}

/// A fee tier: families whose municipal tax (所得割) lies below `below_yen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeTier {
    /// The tax it ends before; the last tier has none.
    #[serde(default)]
    pub below_yen: Option<u32>,
    /// Monthly fee for standard hours.
    pub standard_yen: u32,
    /// Monthly fee for short hours.
    pub short_yen: u32,
}

/// Nursery places.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nursery {
    /// Rounds for places from April.
    pub april: Vec<NurseryRound>,
    /// For a place from the first of a month: until this day of the month before.
    pub monthly_until_day: u8,
    /// How many wishes a family may rank; `None`: as many as it likes.
    #[serde(default)]
    pub choices: Option<u8>,
    /// Applications for a child not born yet.
    pub unborn: bool,
    /// Least hours of work a month that count as a need.
    pub least_work_hours: u16,
    /// The table of points (`catalogue/points/<name>.toml`).
    pub points: String,
    /// Fees for children under three (3号).
    pub fees: Vec<FeeTier>,
}

/// A commemorative gift.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gift {
    /// What it is.
    pub what: Text,
    /// Chosen from these; empty: nothing to choose.
    #[serde(default)]
    pub choices: Vec<Text>,
    /// Where and until when to fetch it.
    pub how: Text,
}

/// Checks and visits the municipality pays for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaternalHealth {
    /// How vouchers reach the family.
    pub vouchers: Text,
    /// Most it pays for the one-month check-up, in yen; `None`: it does not.
    #[serde(default)]
    pub one_month_check_yen: Option<u32>,
    /// Most it pays for the newborn hearing test, in yen; `None`: it does not.
    #[serde(default)]
    pub hearing_test_yen: Option<u32>,
    /// Within how many days of the beginning of treatment 未熟児養育医療 is to be claimed.
    pub premature_care_days: u16,
    /// Postnatal care: until the child has this age in months.
    pub postnatal_care_months: u8,
}

/// Where the second payment of 妊婦のための支援給付 is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondPayment {
    /// At the counter with the birth notification.
    BirthCounter,
    /// At the visit to the baby.
    HomeVisit,
    /// At the interview in the eighth month.
    EighthMonthInterview,
    /// Online.
    Online,
}

/// A municipality.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its code.
    pub code: MunicipalityCode,
    /// Its 法人番号 (invented, with a check digit that fits).
    pub corporate_number: String,
    /// Its name.
    pub name: Text,
    /// Its prefecture.
    pub prefecture: Text,
    /// Its mayor as an addressee.
    pub mayor: Text,
    /// Whether it is invented.
    pub fictional: bool,
    /// How many people live there.
    pub population: u32,
    /// How it takes notifications online.
    pub online_mode: OnlineMode,
    /// Days its counters are closed.
    pub closing: ClosingDays,
    /// The ordinary counter.
    pub counter: Desk,
    /// The desk for nights and holidays, if it has one.
    #[serde(default)]
    pub night_desk: Option<Desk>,
    /// The medical subsidy for children.
    pub medical: MedicalSubsidy,
    /// National health insurance: taken before the resident record is complete.
    pub nhi_provisional: bool,
    /// Nursery places.
    pub nursery: Nursery,
    /// Checks and visits.
    pub health: MaternalHealth,
    /// Where the second payment for pregnancy is claimed.
    pub second_payment: SecondPayment,
    /// Hours after which a paused draft is deleted.
    pub resume_hours: u16,
    /// A gift, if there is one.
    #[serde(default)]
    pub gift: Option<Gift>,
}

impl Profile {
    /// The 法人番号 that belongs to a municipality code: `000020` and the code, with a check digit in front.
    #[must_use]
    pub fn corporate_number_of(code: MunicipalityCode) -> String {
        let rest = format!("000020{code}");
        let digit = CorporateNumber::check_digit(&rest).unwrap_or_default();
        format!("{digit}{rest}")
    }
}

/// Days that a municipality sets by itself for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnDays {
    /// It sets none: those of the law hold.
    AsTheLaw,
    /// So many, from the day after the event.
    Days(u16),
    /// Whenever it is claimed, it runs from the birth.
    Whenever,
}

impl Profile {
    /// What this municipality sets by itself for an entry.
    #[must_use]
    pub fn own_days(&self, procedure: &ProcedureId) -> OwnDays {
        match procedure.as_str() {
            "kodomo_iryohi" => match self.medical.retro_days {
                RetroDays::WithinDays { days } => OwnDays::Days(days),
                RetroDays::AlwaysFromBirth => OwnDays::Whenever,
            },
            "yoiku_iryo" => OwnDays::Days(self.health.premature_care_days),
            _ => OwnDays::AsTheLaw,
        }
    }
}

/// Whether thirteen digits are a 法人番号.
pub(crate) fn is_corporate_number(number: &str) -> bool {
    number.parse::<CorporateNumber>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corporate_numbers_of_tokyo_and_of_the_ministry_check() {
        assert!(is_corporate_number("8000020130001"));
        assert!(is_corporate_number("6000012070001"));
        assert!(!is_corporate_number("9000020130001"));
        assert!(!is_corporate_number("800002013000"));
        assert!(!is_corporate_number("８000020130001"));
    }
}
