//! What a place in licensed care costs a household (利用者負担額).
//!
//! Classes 3 to 5 are free (since October 2019), and so are households on welfare or exempt from municipal tax. Below, the
//! municipality's tiers of the guardians' income levy (所得割) decide, under the national ceiling: last fiscal year's tax from
//! April to August, this year's from September to March. The tiers are data (`catalogue/fees`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::age::AgeClass;
use super::need::CareHours;
use super::vacancy::read_month;
use super::words::{DataError, Say, Sentence, Words, goes_by, read};
use crate::calendar::Month;
use crate::form::Confidence;
use crate::ids::MunicipalityCode;
use crate::text::Text;

/// The fiscal year of the municipal tax that decides the fee of a month.
#[must_use]
pub fn tax_fiscal_year(month: Month) -> i16 {
    match month.month {
        // January to March follow the tax of the fiscal year they belong to, April to August still the same one.
        ..=8 => month.year.saturating_sub(1),
        _ => month.year,
    }
}

/// A household's municipal tax of one fiscal year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "the tax of a year, an object")]
pub struct Tax {
    /// Income levy (所得割) of both guardians, in yen.
    #[serde(default)]
    pub levy: u64,
    /// Credits for housing loans, donations and the like that were taken off it and are added back.
    #[serde(default)]
    pub credits: u64,
    /// Exempt from municipal tax altogether (非課税).
    #[serde(default)]
    pub exempt: bool,
}

/// A sibling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "a sibling, an object")]
pub struct FeeSibling {
    /// Older than the child in question.
    #[serde(default)]
    pub older: bool,
    /// Before school age and in a nursery, kindergarten or the like.
    #[serde(default)]
    pub preschool_in_facility: bool,
}

/// What the fee depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "a household, an object")]
pub struct FeeHousehold {
    /// Tax by the fiscal year it is of.
    #[serde(default)]
    pub tax: BTreeMap<i16, Tax>,
    /// On welfare (生活保護).
    #[serde(default)]
    pub welfare: bool,
    /// A single-parent or similar household.
    #[serde(default)]
    pub single_parent: bool,
    /// Siblings in the same household.
    #[serde(default)]
    pub siblings: Vec<FeeSibling>,
}

/// A monthly fee and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// Yen a month; `None` while the tax is not known.
    pub yen: Option<u32>,
    /// The tier.
    pub tier: Option<String>,
    /// The fiscal year of the tax that decides.
    pub tax_year: i16,
    /// Why, in order.
    pub trace: Vec<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Relief {
    Full,
    Half,
    Free,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Counted {
    /// Only siblings before school age who are in a facility.
    PreschoolInFacilities,
    /// All.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Siblings {
    second: Relief,
    third: Relief,
    /// For single-parent households below their limit.
    #[serde(default)]
    single_second: Option<Relief>,
    counted: Counted,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    id: String,
    /// Income levies below this; the last tier has no limit.
    #[serde(default)]
    below: Option<u64>,
    standard: u32,
    short: u32,
    #[serde(default)]
    single_standard: Option<u32>,
    #[serde(default)]
    single_short: Option<u32>,
}

/// A municipality's fees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTable {
    /// Its name in data.
    pub id: String,
    /// Whose it is; `None` for the national ceilings.
    #[serde(default)]
    pub municipality: Option<MunicipalityCode>,
    /// Its name in words.
    pub name: Text,
    /// From which month on, as `yyyy-mm`.
    valid_from: String,
    /// Whether it is invented.
    pub fictional: bool,
    /// How sure it is.
    #[serde(default)]
    pub confidence: Confidence,
    free_from_class: u8,
    /// Below this levy siblings of every age count.
    #[serde(default)]
    unlimited_siblings_below: Option<u64>,
    #[serde(default)]
    unlimited_siblings_single_below: Option<u64>,
    siblings: Siblings,
    tier: Vec<Tier>,
}

impl FeeTable {
    /// Reads one file; `file` is its name for errors.
    ///
    /// # Errors
    /// [`DataError`] with the first thing that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataError> {
        let table: Self = read(file, text)?;
        table.check()?;
        Ok(table)
    }

    fn check(&self) -> Result<(), DataError> {
        let wrong = |problem: &str| {
            Err(DataError::Table {
                table: self.id.clone(),
                problem: problem.to_owned(),
            })
        };
        if read_month(&self.valid_from).is_none() {
            return wrong("valid_from is no month");
        }
        let Some((last, others)) = self.tier.split_last() else {
            return wrong("no tiers");
        };
        if last.below.is_some() || others.iter().any(|tier| tier.below.is_none()) {
            return wrong("exactly the last tier has no limit");
        }
        if !self
            .tier
            .is_sorted_by_key(|tier| tier.below.unwrap_or(u64::MAX))
        {
            return wrong("tiers are not in order");
        }
        Ok(())
    }

    /// The fee of a child for a month.
    ///
    /// # Errors
    /// [`DataError`] when the built-in sentences are broken.
    pub fn fee(
        &self,
        household: &FeeHousehold,
        class: AgeClass,
        month: Month,
        hours: CareHours,
    ) -> Result<Fee, DataError> {
        let words = Words::builtin()?;
        let tax_year = tax_fiscal_year(month);
        let free = |sentence: Sentence| Fee {
            yen: Some(0),
            tier: None,
            tax_year,
            trace: vec![words.say(sentence, &[])],
        };
        if class.number() >= self.free_from_class {
            return Ok(free(Sentence::FeeFreeFromThree));
        }
        if household.welfare {
            return Ok(free(Sentence::FeeFreeWelfare));
        }
        let mut trace = vec![words.say(
            Sentence::FeeTaxYear,
            &[("month", Say::plain(month)), ("year", Say::plain(tax_year))],
        )];
        let Some(tax) = household.tax.get(&tax_year) else {
            trace.push(words.say(Sentence::FeeTaxMissing, &[("year", Say::plain(tax_year))]));
            return Ok(Fee {
                yen: None,
                tier: None,
                tax_year,
                trace,
            });
        };
        if tax.exempt {
            trace.push(words.say(Sentence::FeeFreeExempt, &[]));
            return Ok(Fee {
                yen: Some(0),
                tier: None,
                tax_year,
                trace,
            });
        }
        if tax.credits > 0 {
            let credits = [("credits", Say::plain(tax.credits))];
            trace.push(words.say(Sentence::FeeCreditsBack, &credits));
        }
        let levy = tax.levy.saturating_add(tax.credits);
        let Some(tier) = self
            .tier
            .iter()
            .find(|tier| tier.below.is_none_or(|limit| levy < limit))
        else {
            return Ok(Fee {
                yen: None,
                tier: None,
                tax_year,
                trace,
            });
        };
        let full = tier.full(hours, household.single_parent);
        trace.push(words.say(
            Sentence::FeeTier,
            &[
                ("tax", Say::plain(levy)),
                ("tier", Say::plain(&tier.id)),
                ("fee", Say::plain(full)),
            ],
        ));
        if household.single_parent && tier.single_standard.is_some() {
            trace.push(words.say(Sentence::FeeSingleParent, &[]));
        }
        let yen = self.with_siblings(full, household, levy, words, &mut trace);
        Ok(Fee {
            yen: Some(yen),
            tier: Some(tier.id.clone()),
            tax_year,
            trace,
        })
    }

    fn with_siblings(
        &self,
        full: u32,
        household: &FeeHousehold,
        levy: u64,
        words: &Words,
        trace: &mut Vec<Text>,
    ) -> u32 {
        let limit = if household.single_parent {
            self.unlimited_siblings_single_below
                .or(self.unlimited_siblings_below)
        } else {
            self.unlimited_siblings_below
        };
        let unlimited = limit.filter(|limit| levy < *limit);
        let counts = |sibling: &&FeeSibling| {
            sibling.older
                && (sibling.preschool_in_facility
                    || unlimited.is_some()
                    || self.siblings.counted == Counted::All)
        };
        let rank = household.siblings.iter().filter(counts).count() + 1;
        let relief = match rank {
            1 => Relief::Full,
            2 if household.single_parent && unlimited.is_some() => {
                self.siblings.single_second.unwrap_or(self.siblings.second)
            }
            2 => self.siblings.second,
            _ => self.siblings.third,
        };
        if let (Some(limit), true) = (unlimited, rank > 1) {
            trace.push(words.say(Sentence::FeeSiblingCounted, &[("limit", Say::plain(limit))]));
        }
        let rank = [("rank", Say::plain(rank))];
        match relief {
            Relief::Full => full,
            Relief::Half => {
                trace.push(words.say(Sentence::FeeSiblingHalf, &rank));
                // Rounded down to ten yen.
                full / 2 / 10 * 10
            }
            Relief::Free => {
                trace.push(words.say(Sentence::FeeSiblingFree, &rank));
                0
            }
        }
    }

    /// The full amount of each tier for a levy: for comparing with the national ceiling.
    #[must_use]
    pub fn full_amount(&self, levy: u64, hours: CareHours) -> Option<u32> {
        let tier = self
            .tier
            .iter()
            .find(|tier| tier.below.is_none_or(|limit| levy < limit))?;
        Some(tier.full(hours, false))
    }
}

impl Tier {
    fn full(&self, hours: CareHours, single_parent: bool) -> u32 {
        let (usual, single) = match hours {
            CareHours::Standard => (self.standard, self.single_standard),
            CareHours::Short => (self.short, self.single_short),
        };
        single.filter(|_| single_parent).unwrap_or(usual)
    }
}

/// The tables that are part of the program: the national ceilings and those of invented municipalities.
#[derive(Debug)]
pub struct FeeTables(Vec<FeeTable>);

macro_rules! file {
    ($name:literal) => {
        (
            concat!("fees/", $name),
            include_str!(concat!("../../catalogue/fees/", $name)),
        )
    };
}

const FILES: &[(&str, &str)] = &[
    file!("national.toml"),
    file!("asukoe.toml"),
    file!("kazamine.toml"),
];

static BUILTIN: LazyLock<Result<FeeTables, DataError>> = LazyLock::new(|| {
    let mut tables = Vec::new();
    for (file, text) in FILES {
        tables.push(FeeTable::parse(file, text)?);
    }
    Ok(FeeTables(tables))
});

impl FeeTables {
    /// The tables that are part of the program.
    ///
    /// # Errors
    /// [`DataError`] when one of them is broken; a test keeps that from being released.
    pub fn builtin() -> Result<&'static Self, DataError> {
        BUILTIN.as_ref().map_err(Clone::clone)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &FeeTable> {
        self.0.iter()
    }

    /// A municipality's table by its id, code or name, valid in a month.
    #[must_use]
    pub fn find(&self, name: &str, month: Month) -> Option<&FeeTable> {
        let own = self
            .0
            .iter()
            .filter(|table| goes_by(name, &table.id, &table.name, table.municipality));
        own.filter_map(|table| Some((read_month(&table.valid_from)?, table)))
            .filter(|(from, _)| *from <= month)
            .max_by_key(|(from, _)| *from)
            .map(|(_, table)| table)
    }
}
