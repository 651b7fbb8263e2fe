//! 特別児童扶養手当 and 障害児福祉手当 (特別児童扶養手当等の支給に関する法律): yen a month for disabled children under twenty.
//!
//! The grade comes from a doctor's form and an office; this only knows what a grade is worth and where income ends it.
//! The two limits differ: one's own income ends it above the limit (超えるとき), a relative's at it (以上).

use serde::Deserialize;

use super::{Benefits, Class, Means, Outcome, Part, Standing, Unit, count, income};
use crate::amounts::clause::{Clause, Reason};
use crate::amounts::load::{Clauses, Dated, File, RawTable, read};
use crate::amounts::month::MonthNumber;
use crate::amounts::{AmountError, AmountsError};
use crate::form::Confidence;

/// What 特別児童扶養手当 depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GradedChildren {
    /// Children of grade 1.
    pub grade_1: i64,
    /// Children of grade 2.
    pub grade_2: i64,
    /// The claimant's income and dependants, where income is asked about.
    pub claimant: Option<Means>,
    /// Spouse and relatives in the household who owe maintenance.
    pub relatives: Vec<Means>,
    /// The month.
    pub month: MonthNumber,
}

/// What 障害児福祉手当 depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DisabledChild {
    /// Children who qualify.
    pub children: i64,
    /// In a facility, or entitled to a disability pension.
    pub in_facility: bool,
    /// The child's own income and dependants, where income is asked about.
    pub own: Option<Means>,
    /// Spouse and relatives in the household who owe maintenance.
    pub relatives: Vec<Means>,
    /// The month.
    pub month: MonthNumber,
}

/// The income limits of both.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    claimant: i64,
    per_dependant: i64,
    relative: i64,
    relative_first_dependant: i64,
    relative_per_dependant: i64,
}

impl Limits {
    /// The limit that somebody's own income is above, if it is.
    fn exceeded_by(&self, own: Option<Means>) -> Result<Option<i64>, AmountError> {
        let Some(own) = own else { return Ok(None) };
        let limit = self.claimant + self.per_dependant * count("dependants", own.dependants)?;
        Ok((income(own.income)? > limit).then_some(limit))
    }

    /// The limit that a relative's income reaches, if one does.
    fn reached_by(&self, relatives: &[Means]) -> Result<Option<i64>, AmountError> {
        for relative in relatives {
            let limit = match count("a relative's dependants", relative.dependants)? {
                0 => self.relative,
                more => {
                    self.relative
                        + self.relative_first_dependant
                        + self.relative_per_dependant * (more - 1)
                }
            };
            if income(relative.income)? >= limit {
                return Ok(Some(limit));
            }
        }
        Ok(None)
    }
}

/// The clauses that both files have.
#[derive(Debug, Clone)]
struct Common {
    limits: Limits,
    no_child: Clause,
    income_too_high: Clause,
    relative_income_too_high: Clause,
    from_memory: Clause,
    not_yet_set: Clause,
}

impl Common {
    fn take(
        file: File,
        limits: Option<Limits>,
        clauses: &mut Clauses,
    ) -> Result<Self, AmountsError> {
        Ok(Self {
            limits: limits.ok_or(AmountsError::Contradiction {
                file: file.0,
                problem: "no limits",
            })?,
            no_child: clauses.take("no_child")?,
            income_too_high: clauses.take("income_too_high")?,
            relative_income_too_high: clauses.take("relative_income_too_high")?,
            from_memory: clauses.take("from_memory")?,
            not_yet_set: clauses.take("not_yet_set")?,
        })
    }

    /// Why nothing is paid, if so.
    fn refusal(
        &self,
        children: i64,
        own: Option<Means>,
        relatives: &[Means],
    ) -> Result<Option<Reason<'_>>, AmountError> {
        if children == 0 {
            return Ok(Some(Reason::new(&self.no_child)));
        }
        if let Some(limit) = self.limits.exceeded_by(own)? {
            return Ok(Some(Reason::new(&self.income_too_high).limit(limit)));
        }
        let reached = self.limits.reached_by(relatives)?;
        Ok(reached.map(|limit| Reason::new(&self.relative_income_too_high).limit(limit)))
    }
}

#[derive(Debug, Clone)]
pub(super) struct SpecialTable {
    versions: Dated<([i64; 2], Standing)>,
    common: Common,
    grade_1: Clause,
    grade_2: Clause,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpecial {
    from: MonthNumber,
    #[serde(default)]
    last: Option<MonthNumber>,
    #[serde(default)]
    confidence: Confidence,
    grade_1: u32,
    grade_2: u32,
}

impl SpecialTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: RawTable<RawSpecial, Limits> = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let versions = raw.version.into_iter().map(|raw| {
            let standing = Standing {
                confidence: raw.confidence,
                last: raw.last,
            };
            let grades = [raw.grade_1, raw.grade_2].map(i64::from);
            (raw.from, (grades, standing))
        });
        let table = Self {
            versions: Dated::new(file.0, versions.collect())?,
            common: Common::take(file, raw.limits, &mut clauses)?,
            grade_1: clauses.take("grade_1")?,
            grade_2: clauses.take("grade_2")?,
        };
        clauses.finish()?;
        Ok(table)
    }
}

#[derive(Debug, Clone)]
pub(super) struct DisabledTable {
    versions: Dated<(i64, Standing)>,
    common: Common,
    paid: Clause,
    in_facility: Clause,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDisabled {
    from: MonthNumber,
    #[serde(default)]
    last: Option<MonthNumber>,
    #[serde(default)]
    confidence: Confidence,
    yen: u32,
}

impl DisabledTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: RawTable<RawDisabled, Limits> = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let versions = raw.version.into_iter().map(|raw| {
            let standing = Standing {
                confidence: raw.confidence,
                last: raw.last,
            };
            (raw.from, (i64::from(raw.yen), standing))
        });
        let table = Self {
            versions: Dated::new(file.0, versions.collect())?,
            common: Common::take(file, raw.limits, &mut clauses)?,
            paid: clauses.take("paid")?,
            in_facility: clauses.take("in_facility")?,
        };
        clauses.finish()?;
        Ok(table)
    }
}

impl Benefits {
    /// 特別児童扶養手当, special child-rearing allowance: yen a month.
    ///
    /// Parts `grade_1` and `grade_2`, which sum up to the total.
    ///
    /// # Errors
    /// [`AmountError`] for a month before April 2022 or a number nobody can mean.
    pub fn special_child_rearing_allowance(
        &self,
        asked: &GradedChildren,
    ) -> Result<Outcome<'_>, AmountError> {
        let table = &self.special;
        let first = count("children of grade 1", asked.grade_1)?;
        let second = count("children of grade 2", asked.grade_2)?;
        let ([each_first, each_second], standing) =
            table
                .versions
                .at(asked.month)
                .ok_or(AmountError::BeforeTable {
                    month: asked.month,
                    first: table.versions.first(),
                })?;
        let refusal = table
            .common
            .refusal(first + second, asked.claimant, &asked.relatives)?;
        if let Some(reason) = refusal {
            return Ok(Outcome::nothing(Unit::Yen, reason));
        }
        let mut reasons = Vec::new();
        if first > 0 {
            reasons.push(Reason::new(&table.grade_1).n(first).yen(*each_first));
        }
        if second > 0 {
            reasons.push(Reason::new(&table.grade_2).n(second).yen(*each_second));
        }
        let common = &table.common;
        let not_yet_set = Some(&common.not_yet_set);
        standing.caveats(asked.month, &common.from_memory, not_yet_set, &mut reasons);
        let (first_sum, second_sum) = (first * each_first, second * each_second);
        Ok(Outcome {
            class: match (first, second) {
                (_, 0) => Class::Grade1,
                (0, _) => Class::Grade2,
                _ => Class::BothGrades,
            },
            total: Some(first_sum + second_sum),
            unit: Unit::Yen,
            parts: vec![
                ("grade_1", Part::Number(first_sum)),
                ("grade_2", Part::Number(second_sum)),
            ],
            reasons,
        })
    }

    /// 障害児福祉手当, disabled child welfare allowance: yen a month.
    ///
    /// Part `allowance`, the total.
    ///
    /// # Errors
    /// [`AmountError`] for a month before April 2022 or a number nobody can mean.
    pub fn disabled_child_welfare_allowance(
        &self,
        asked: &DisabledChild,
    ) -> Result<Outcome<'_>, AmountError> {
        let table = &self.disabled;
        let children = count("children", asked.children)?;
        let (each, standing) = table
            .versions
            .at(asked.month)
            .ok_or(AmountError::BeforeTable {
                month: asked.month,
                first: table.versions.first(),
            })?;
        if asked.in_facility {
            let reason = Reason::new(&table.in_facility);
            return Ok(Outcome::nothing(Unit::Yen, reason));
        }
        let common = &table.common;
        if let Some(reason) = common.refusal(children, asked.own, &asked.relatives)? {
            return Ok(Outcome::nothing(Unit::Yen, reason));
        }
        let mut reasons = vec![Reason::new(&table.paid).n(children).yen(*each)];
        let not_yet_set = Some(&common.not_yet_set);
        standing.caveats(asked.month, &common.from_memory, not_yet_set, &mut reasons);
        let total = children * each;
        Ok(Outcome {
            class: Class::Full,
            total: Some(total),
            unit: Unit::Yen,
            parts: vec![("allowance", Part::Number(total))],
            reasons,
        })
    }
}
