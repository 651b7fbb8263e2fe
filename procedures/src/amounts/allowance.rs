//! 児童手当, child allowance: what one household is due for one month, child by child, and why.
//!
//! 児童手当法 3, 4, 6, 8, 17. Children are counted from the oldest; which of them count, until when, and how much each
//! rank brings is a dated table. Whether the claim was made in time is not asked here (see [`super::claim_window`]): the
//! answer is what the month is worth to somebody who has claimed.

use jiff::civil::Date;
use serde::Deserialize;

use super::clause::{Clause, Reason};
use super::load::{Clauses, Dated, File, RawTable, read};
use super::month::MonthNumber;
use super::{AmountError, AmountsError};

/// Where a child lives, as the allowance asks (児童手当法3 I).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Residence {
    /// In Japan.
    #[default]
    Japan,
    /// Abroad, for other reasons than study.
    Abroad,
    /// Abroad to study: as if in Japan.
    StudyAbroad,
}

/// With whom a child lives (児童手当法3 III).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Lives {
    /// In a family.
    #[default]
    AtHome,
    /// In a facility or with foster parents, who receive the allowance themselves.
    InFacility,
}

/// The recipient's income class; it mattered until September 2024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncomeClass {
    /// Below the limit (所得制限限度額).
    #[default]
    Below,
    /// At the limit or above it.
    Above,
    /// At the upper limit (所得上限限度額) or above it.
    OverUpper,
}

/// A child of the household, of any age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Day of birth.
    pub birth: Date,
    /// Order among children born on the same day; lower is older.
    pub birth_order: Option<i64>,
    /// Minute of the day of birth, where it is known: the order of twins without `birth_order`.
    pub birth_minute: Option<i16>,
    /// In the recipient's care (監護), sharing a livelihood.
    pub custody: bool,
    /// Past the fiscal year of eighteen: looked after and supported by the recipient (確認書).
    pub supported: bool,
    /// Where.
    pub residence: Residence,
    /// With whom.
    pub lives: Lives,
    /// Day of death.
    pub died: Option<Date>,
}

impl Child {
    /// A child at home in Japan and in the recipient's care.
    #[must_use]
    pub fn born(birth: Date) -> Self {
        Self {
            birth,
            birth_order: None,
            birth_minute: None,
            custody: true,
            supported: false,
            residence: Residence::Japan,
            lives: Lives::AtHome,
            died: None,
        }
    }

    /// Older first; what is not known comes last, and then the order of the question decides.
    pub(super) fn age_order(&self) -> (Date, i64, i16) {
        (
            self.birth,
            self.birth_order.unwrap_or(i64::MAX),
            self.birth_minute.unwrap_or(i16::MAX),
        )
    }
}

/// A recipient and the children.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Household {
    /// A civil servant of the state or of a local government (児童手当法17).
    pub civil_servant: bool,
    /// Income class.
    pub income: IncomeClass,
    /// Children, in any order.
    pub children: Vec<Child>,
}

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payer {
    /// The municipality the recipient lives in.
    Municipality,
    /// The civil servant's employer.
    Employer,
}

/// What a child brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChildAmount {
    /// Yen for the month.
    pub yen: u32,
    /// Place among the children that count, from 1; `None` where the child does not count.
    pub rank: Option<u32>,
}

/// The allowance of one household for one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance<'t> {
    /// By child, in the order of the question.
    pub children: Vec<ChildAmount>,
    /// Yen for the month.
    pub total: i64,
    /// Who pays.
    pub payer: Payer,
    /// Why, oldest child first.
    pub reasons: Vec<Reason<'t>>,
}

/// The dated table of the allowance.
#[derive(Debug, Clone)]
pub struct AllowanceTable {
    versions: Dated<Version>,
    clauses: Fixed,
}

/// The clauses that do not belong to a version.
#[derive(Debug, Clone)]
struct Fixed {
    born_later: Clause,
    birth_month: Clause,
    no_custody: Clause,
    abroad: Clause,
    study_abroad: Clause,
    in_facility: Clause,
    died: Clause,
    counted: Clause,
    counted_older: Clause,
    not_supported: Clause,
    past_counting: Clause,
    past_paying: Clause,
    paid_by_municipality: Clause,
    paid_by_employer: Clause,
}

/// The table of some years.
#[derive(Debug, Clone)]
pub(super) struct Version {
    /// The first rank of the higher amount.
    pub(super) third_from: u32,
    /// Children count until the fiscal year of this age ends.
    pub(super) count_until: i32,
    /// Supported children count until the fiscal year of this age ends; the same where there is no such rule.
    pub(super) count_supported_until: i32,
    /// Youngest first.
    pub(super) bands: Vec<Band>,
    income: Vec<IncomeRule>,
    paid_in: Vec<i8>,
}

/// An age band.
#[derive(Debug, Clone)]
pub(super) struct Band {
    pub(super) until: Until,
    /// For the lower ranks, and from `third_from` on.
    pub(super) yen: [u32; 2],
    clauses: [Clause; 2],
    /// Until when the same clause gives the same amount, over all bands.
    same_until: [Until; 2],
}

/// The last month of a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The month of a birthday, counted in years.
    Birthday(i32),
    /// The end of the fiscal year in which an age is attained.
    FiscalYearEnd(i32),
}

impl Until {
    fn years(self) -> i32 {
        match self {
            Self::Birthday(years) | Self::FiscalYearEnd(years) => years,
        }
    }

    fn month(self, birth: Date) -> MonthNumber {
        match self {
            // The month of the birthday, also for a birth on the first: 児童手当法6 I counts until the years have elapsed.
            Self::Birthday(years) => MonthNumber::of(birth).plus(12 * years),
            Self::FiscalYearEnd(years) => MonthNumber::fiscal_year_end(birth, years),
        }
    }
}

#[derive(Debug, Clone)]
struct IncomeRule {
    class: IncomeClass,
    from: MonthNumber,
    yen: u32,
    clause: Clause,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVersion {
    from: MonthNumber,
    third_from: u32,
    count_until: u8,
    #[serde(default)]
    count_supported_until: Option<u8>,
    paid_in: Vec<i8>,
    band: Vec<RawBand>,
    #[serde(default)]
    income: Vec<RawIncome>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBand {
    #[serde(default)]
    birthday_month: Option<u8>,
    #[serde(default)]
    fiscal_year_end: Option<u8>,
    yen: u32,
    third_yen: u32,
    clause: String,
    third_clause: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIncome {
    class: IncomeClass,
    from: MonthNumber,
    yen: u32,
    clause: String,
}

impl AllowanceTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: RawTable<RawVersion> = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let versions = raw
            .version
            .into_iter()
            .map(|version| Ok((version.from, Version::new(file.0, version, &mut clauses)?)))
            .collect::<Result<Vec<_>, AmountsError>>()?;
        let fixed = Fixed {
            born_later: clauses.take("born_later")?,
            birth_month: clauses.take("birth_month")?,
            no_custody: clauses.take("no_custody")?,
            abroad: clauses.take("abroad")?,
            study_abroad: clauses.take("study_abroad")?,
            in_facility: clauses.take("in_facility")?,
            died: clauses.take("died")?,
            counted: clauses.take("counted")?,
            counted_older: clauses.take("counted_older")?,
            not_supported: clauses.take("not_supported")?,
            past_counting: clauses.take("past_counting")?,
            past_paying: clauses.take("past_paying")?,
            paid_by_municipality: clauses.take("paid_by_municipality")?,
            paid_by_employer: clauses.take("paid_by_employer")?,
        };
        clauses.finish()?;
        Ok(Self {
            versions: Dated::new(file.0, versions)?,
            clauses: fixed,
        })
    }

    /// The table of a month.
    pub(super) fn version(&self, month: MonthNumber) -> Result<&Version, AmountError> {
        self.versions.at(month).ok_or(AmountError::BeforeTable {
            month,
            first: self.versions.first(),
        })
    }

    /// The month in which the allowance for a month is paid (児童手当法8 IV): the next paying month after it.
    ///
    /// # Errors
    /// [`AmountError::BeforeTable`] before the oldest table.
    pub fn paid_in(&self, month: MonthNumber) -> Result<MonthNumber, AmountError> {
        let paying = &self.version(month)?.paid_in;
        // The loader made sure that one of twelve months pays.
        Ok((1..=12)
            .map(|later| month.plus(later))
            .find(|later| paying.contains(&later.month()))
            .unwrap_or(month))
    }
}

impl Version {
    fn new(
        file: &'static str,
        raw: RawVersion,
        clauses: &mut Clauses,
    ) -> Result<Self, AmountsError> {
        let contradiction = |problem| AmountsError::Contradiction { file, problem };
        let mut bands = raw
            .band
            .iter()
            .map(|band| Band::new(file, band, clauses))
            .collect::<Result<Vec<_>, AmountsError>>()?;
        let count_until = i32::from(raw.count_until);
        let count_supported_until = raw.count_supported_until.map_or(count_until, i32::from);
        let ages: Vec<i32> = bands.iter().map(|band| band.until.years()).collect();
        if ages.is_empty() || !ages.is_sorted_by(|younger, older| younger < older) {
            return Err(contradiction("the age bands do not follow each other"));
        }
        if ages.iter().any(|age| *age > count_until) || count_supported_until < count_until {
            return Err(contradiction("a child is paid who does not count"));
        }
        if raw.third_from == 0 {
            return Err(contradiction("ranks begin with 1"));
        }
        if raw.paid_in.is_empty() || raw.paid_in.iter().any(|month| !(1..=12).contains(month)) {
            return Err(contradiction("the paying months are no months"));
        }
        for index in (0..bands.len()).rev() {
            let Some((band, [next, ..])) = bands.get(index).zip(bands.get(index + 1..)) else {
                continue;
            };
            let same = [0, 1].map(|rank| {
                let continues = band.clauses.get(rank).map(Clause::id)
                    == next.clauses.get(rank).map(Clause::id)
                    && band.yen.get(rank) == next.yen.get(rank);
                let until = if continues { next } else { band };
                until.same_until.get(rank).copied().unwrap_or(band.until)
            });
            if let Some(band) = bands.get_mut(index) {
                band.same_until = same;
            }
        }
        let income = raw
            .income
            .into_iter()
            .map(|rule| {
                Ok(IncomeRule {
                    class: rule.class,
                    from: rule.from,
                    yen: rule.yen,
                    clause: clauses.share(&rule.clause)?,
                })
            })
            .collect::<Result<Vec<_>, AmountsError>>()?;
        Ok(Self {
            third_from: raw.third_from,
            count_until,
            count_supported_until,
            bands,
            income,
            paid_in: raw.paid_in,
        })
    }

    /// What every paid child brings instead, for an income class in a month.
    pub(super) fn flat(&self, class: IncomeClass, month: MonthNumber) -> Option<u32> {
        self.income_rule(class, month).map(|rule| rule.yen)
    }

    /// The rule of the highest class that reaches down to this one and is in force.
    fn income_rule(&self, class: IncomeClass, month: MonthNumber) -> Option<&IncomeRule> {
        self.income
            .iter()
            .filter(|rule| rule.class <= class && rule.from <= month)
            .max_by_key(|rule| rule.class)
    }
}

impl Band {
    fn new(file: &'static str, raw: &RawBand, clauses: &mut Clauses) -> Result<Self, AmountsError> {
        let until = match (raw.birthday_month, raw.fiscal_year_end) {
            (Some(years), None) => Until::Birthday(i32::from(years)),
            (None, Some(years)) => Until::FiscalYearEnd(i32::from(years)),
            _ => {
                return Err(AmountsError::Contradiction {
                    file,
                    problem: "a band ends with a birthday month or with a fiscal year, one of them",
                });
            }
        };
        Ok(Self {
            until,
            yen: [raw.yen, raw.third_yen],
            clauses: [
                clauses.share(&raw.clause)?,
                clauses.share(&raw.third_clause)?,
            ],
            same_until: [until, until],
        })
    }

    /// Amount, clause and the month until which it stays so.
    fn at(&self, third: bool, birth: Date) -> (u32, &Clause, MonthNumber) {
        let [first, third_clause] = &self.clauses;
        let (yen, clause, until) = if third {
            (self.yen[1], third_clause, self.same_until[1])
        } else {
            (self.yen[0], first, self.same_until[0])
        };
        (yen, clause, until.month(birth))
    }
}

/// The allowance of a household for a month, with its reasons.
///
/// # Errors
/// [`AmountError::BeforeTable`] before April 2012, when other laws were in force.
pub fn allowance<'t>(
    household: &Household,
    month: MonthNumber,
    table: &'t AllowanceTable,
) -> Result<Allowance<'t>, AmountError> {
    let version = table.version(month)?;
    let mut oldest_first: Vec<(u32, &Child)> = (0..).zip(&household.children).collect();
    // Stable: children of one day keep the order of the question.
    oldest_first.sort_by_key(|(_, child)| child.age_order());
    let mut count = Count {
        month,
        version,
        clauses: &table.clauses,
        income: version.income_rule(household.income, month),
        rank: 0,
        reasons: Vec::with_capacity(2 * household.children.len() + 1),
    };
    let mut children = vec![ChildAmount::default(); household.children.len()];
    let mut total = 0;
    for (index, child) in oldest_first {
        let amount = count.child(index, child);
        total += i64::from(amount.yen);
        if let Some(place) = usize::try_from(index)
            .ok()
            .and_then(|at| children.get_mut(at))
        {
            *place = amount;
        }
    }
    let mut reasons = count.reasons;
    let (payer, clause) = if household.civil_servant {
        (Payer::Employer, &table.clauses.paid_by_employer)
    } else {
        (Payer::Municipality, &table.clauses.paid_by_municipality)
    };
    reasons.push(Reason::new(clause));
    Ok(Allowance {
        children,
        total,
        payer,
        reasons,
    })
}

/// The count through the children of one household.
struct Count<'t> {
    month: MonthNumber,
    version: &'t Version,
    clauses: &'t Fixed,
    income: Option<&'t IncomeRule>,
    rank: u32,
    reasons: Vec<Reason<'t>>,
}

impl<'t> Count<'t> {
    fn child(&mut self, index: u32, child: &Child) -> ChildAmount {
        let say = |reason: Reason<'t>| Reason {
            child: Some(index),
            ..reason
        };
        if let Some(reason) = self.not_counted(child) {
            self.reasons.push(say(reason));
            return ChildAmount::default();
        }
        self.rank += 1;
        let counted = ChildAmount {
            yen: 0,
            rank: Some(self.rank),
        };
        let rank = i64::from(self.rank);
        if self.month > MonthNumber::fiscal_year_end(child.birth, self.version.count_until) {
            let until = self.version.count_supported_until;
            let until = MonthNumber::fiscal_year_end(child.birth, until);
            let reason = Reason::new(&self.clauses.counted_older);
            self.reasons.push(say(reason.n(rank).month(until)));
            return counted;
        }
        let birth_month = MonthNumber::of(child.birth);
        if self.month <= birth_month {
            let first = birth_month.plus(1);
            let reason = Reason::new(&self.clauses.birth_month).month(first);
            self.reasons.push(say(reason));
            return counted;
        }
        if child.residence == Residence::StudyAbroad {
            self.reasons
                .push(say(Reason::new(&self.clauses.study_abroad)));
        }
        let reason = Reason::new(&self.clauses.counted).n(rank);
        self.reasons.push(say(reason));
        let (yen, reason) = self.amount(child);
        self.reasons.push(say(reason));
        ChildAmount { yen, ..counted }
    }

    /// Why a child does not count, if so.
    fn not_counted(&self, child: &Child) -> Option<Reason<'t>> {
        let Self {
            month,
            version,
            clauses,
            ..
        } = self;
        if MonthNumber::of(child.birth) > *month {
            return Some(Reason::new(&clauses.born_later));
        }
        if let Some(died) = child.died.map(MonthNumber::of)
            && died < *month
        {
            return Some(Reason::new(&clauses.died).month(died));
        }
        let until = MonthNumber::fiscal_year_end(child.birth, version.count_until);
        let supported_until = version.count_supported_until;
        let last = MonthNumber::fiscal_year_end(child.birth, supported_until);
        if *month > last {
            let reason = Reason::new(&clauses.past_counting).month(last);
            return Some(reason.n(i64::from(supported_until)));
        }
        // Nobody has custody of an adult; support takes its place.
        if *month > until && !child.supported {
            return Some(Reason::new(&clauses.not_supported).month(until));
        }
        if *month <= until && !child.custody {
            return Some(Reason::new(&clauses.no_custody));
        }
        if child.residence == Residence::Abroad {
            return Some(Reason::new(&clauses.abroad));
        }
        (child.lives == Lives::InFacility).then(|| Reason::new(&clauses.in_facility))
    }

    /// What a child that counts and is young enough brings.
    fn amount(&self, child: &Child) -> (u32, Reason<'t>) {
        let third = self.rank >= self.version.third_from;
        let band = self
            .version
            .bands
            .iter()
            .find(|band| self.month <= band.until.month(child.birth));
        match (band, self.income) {
            (Some(_), Some(rule)) => (rule.yen, Reason::new(&rule.clause).yen(i64::from(rule.yen))),
            (Some(band), None) => {
                let (yen, clause, until) = band.at(third, child.birth);
                let reason = Reason::new(clause).yen(i64::from(yen)).month(until);
                (yen, reason)
            }
            (None, _) => {
                let years = self
                    .version
                    .bands
                    .last()
                    .map_or(0, |band| band.until.years());
                let last = MonthNumber::fiscal_year_end(child.birth, years);
                let reason = Reason::new(&self.clauses.past_paying).month(last);
                (0, reason.n(i64::from(years)))
            }
        }
    }
}
