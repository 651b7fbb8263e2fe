//! 児童扶養手当, child-rearing allowance: full, partial or nothing, by income (児童扶養手当法5, 9 to 11, 施行令2の4).
//!
//! The partial amount falls with income by factors of seven decimals; all of it is integer arithmetic, because ten yen
//! hang on the last digit. Whether somebody is entitled at all is a matter for an interview, not for a table.

use serde::Deserialize;

use super::{Benefits, Class, Means, Outcome, Part, Standing, Unit, count, income, yen};
use crate::amounts::clause::{Clause, Reason};
use crate::amounts::load::{Clauses, Dated, FACTOR_ONE, Factor, File, RawTable, read};
use crate::amounts::month::MonthNumber;
use crate::amounts::{AmountError, AmountsError};
use crate::form::Confidence;

/// What 児童扶養手当 depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RearingClaim {
    /// Children who qualify in the month.
    pub children: i64,
    /// The claimant's income and dependants.
    pub claimant: Means,
    /// Of the dependants, those of seventy and over.
    pub elderly_dependants: i64,
    /// Of the dependants, those of sixteen to twenty-two.
    pub specified_dependants: i64,
    /// Child support received in the year of the income, yen.
    pub child_support: i64,
    /// Spouse and relatives in the household who owe maintenance.
    pub relatives: Vec<Means>,
    /// Public pensions to be set off, yen a month.
    pub pension: i64,
    /// The month.
    pub month: MonthNumber,
}

#[derive(Debug, Clone)]
pub(super) struct RearingTable {
    versions: Dated<(Amounts, Standing)>,
    limits: Limits,
    no_child: Clause,
    support_counted: Clause,
    full: Clause,
    partial: Clause,
    further: Clause,
    income_too_high: Clause,
    relative_income_too_high: Clause,
    pension: Clause,
    starts_after_claim: Clause,
    from_memory: Clause,
    not_yet_set: Clause,
}

/// Full amounts with their factors: first, second, later children.
#[derive(Debug, Clone, Copy)]
struct Amounts {
    by_child: [(i64, Factor); 3],
    full_limit: i64,
    partial_limit: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    per_dependant: i64,
    relative: i64,
    per_elderly_dependant: i64,
    per_specified_dependant: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVersion {
    from: MonthNumber,
    #[serde(default)]
    last: Option<MonthNumber>,
    #[serde(default)]
    confidence: Confidence,
    first: u32,
    first_factor: Factor,
    second: u32,
    second_factor: Factor,
    third: u32,
    third_factor: Factor,
    full_limit: u32,
    partial_limit: u32,
}

impl RearingTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: RawTable<RawVersion, Limits> = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let mut versions = Vec::new();
        for raw in raw.version {
            if raw.full_limit >= raw.partial_limit {
                return Err(AmountsError::Contradiction {
                    file: file.0,
                    problem: "the limit for the full amount is not below the other",
                });
            }
            let amounts = Amounts {
                by_child: [
                    (i64::from(raw.first), raw.first_factor),
                    (i64::from(raw.second), raw.second_factor),
                    (i64::from(raw.third), raw.third_factor),
                ],
                full_limit: i64::from(raw.full_limit),
                partial_limit: i64::from(raw.partial_limit),
            };
            let standing = Standing {
                confidence: raw.confidence,
                last: raw.last,
            };
            versions.push((raw.from, (amounts, standing)));
        }
        let table = Self {
            versions: Dated::new(file.0, versions)?,
            limits: raw.limits.ok_or(AmountsError::Contradiction {
                file: file.0,
                problem: "no limits",
            })?,
            no_child: clauses.take("no_child")?,
            support_counted: clauses.take("support_counted")?,
            full: clauses.take("full")?,
            partial: clauses.take("partial")?,
            further: clauses.take("further")?,
            income_too_high: clauses.take("income_too_high")?,
            relative_income_too_high: clauses.take("relative_income_too_high")?,
            pension: clauses.take("pension")?,
            starts_after_claim: clauses.take("starts_after_claim")?,
            from_memory: clauses.take("from_memory")?,
            not_yet_set: clauses.take("not_yet_set")?,
        };
        clauses.finish()?;
        Ok(table)
    }
}

impl Amounts {
    /// What children bring when the income lies `over` the full limit: first child, all others.
    fn partial(&self, children: i64, over: Option<i64>) -> (i64, i64) {
        let one = |(full, factor): (i64, Factor)| match over {
            None => full,
            Some(over) => full - 10 - to_ten_yen(over, factor),
        };
        let [first, second, later] = self.by_child.map(one);
        let further = match children {
            ..=1 => 0,
            more => second + later * (more - 2),
        };
        (first, further)
    }
}

/// A product rounded to ten yen, five and more up.
fn to_ten_yen(sum: i64, factor: Factor) -> i64 {
    let product = i128::from(sum) * i128::from(factor.0);
    let ten_yen = i128::from(10 * FACTOR_ONE);
    let tens = (product + ten_yen / 2).div_euclid(ten_yen);
    i64::try_from(tens * 10).unwrap_or(i64::MAX)
}

impl Benefits {
    /// 児童扶養手当, child-rearing allowance: yen a month.
    ///
    /// Parts `first_child`, `further_children` and, where a pension is set off, `pension` (negative); they sum up to the
    /// total.
    ///
    /// # Errors
    /// [`AmountError`] for a month before April 2022 or a number nobody can mean.
    pub fn child_rearing_allowance(
        &self,
        asked: &RearingClaim,
    ) -> Result<Outcome<'_>, AmountError> {
        let table = &self.rearing;
        let children = count("children", asked.children)?;
        let dependants = count("dependants", asked.claimant.dependants)?;
        let elderly = count("elderly dependants", asked.elderly_dependants)?;
        let specified = count("specified dependants", asked.specified_dependants)?;
        let support = yen("child support", asked.child_support)?;
        let pension = yen("public pension", asked.pension)?;
        let own = income(asked.claimant.income)?;
        let (amounts, standing) =
            table
                .versions
                .at(asked.month)
                .ok_or(AmountError::BeforeTable {
                    month: asked.month,
                    first: table.versions.first(),
                })?;
        if children == 0 {
            return Ok(Outcome::nothing(Unit::Yen, Reason::new(&table.no_child)));
        }
        let limits = &table.limits;
        for relative in &asked.relatives {
            let limit = limits.relative
                + limits.per_dependant * count("a relative's dependants", relative.dependants)?;
            if income(relative.income)? >= limit {
                let reason = Reason::new(&table.relative_income_too_high).limit(limit);
                return Ok(Outcome::nothing(Unit::Yen, reason));
            }
        }
        let mut reasons = Vec::new();
        // Eight tenths, to the nearest yen.
        let counted_support = (8 * support + 5) / 10;
        if counted_support > 0 {
            reasons.push(Reason::new(&table.support_counted).yen(counted_support));
        }
        let own = own + counted_support;
        let raised = limits.per_dependant * dependants
            + limits.per_elderly_dependant * elderly
            + limits.per_specified_dependant * specified;
        let (full_limit, partial_limit) =
            (amounts.full_limit + raised, amounts.partial_limit + raised);
        if own >= partial_limit {
            let reason = Reason::new(&table.income_too_high).limit(partial_limit);
            let mut nothing = Outcome::nothing(Unit::Yen, reason);
            nothing.reasons.splice(0..0, reasons);
            return Ok(nothing);
        }
        // 以上: an income at the limit is no longer below it.
        let over = (own >= full_limit).then(|| own - full_limit);
        let (first, further) = amounts.partial(children, over);
        let (class, clause) = match over {
            None => (Class::Full, &table.full),
            Some(_) => (Class::Partial, &table.partial),
        };
        reasons.push(Reason::new(clause).yen(first).limit(full_limit));
        let mut parts = vec![
            ("first_child", Part::Number(first)),
            ("further_children", Part::Number(further)),
        ];
        if children > 1 {
            reasons.push(Reason::new(&table.further).yen(further).n(children - 1));
        }
        let set_off = pension.min(first + further);
        if set_off > 0 {
            reasons.push(Reason::new(&table.pension).yen(pension));
            parts.push(("pension", Part::Number(-set_off)));
        }
        reasons.push(Reason::new(&table.starts_after_claim));
        let not_yet_set = Some(&table.not_yet_set);
        standing.caveats(asked.month, &table.from_memory, not_yet_set, &mut reasons);
        let total = first + further - set_off;
        Ok(Outcome {
            class: match (total, set_off) {
                (0, _) => Class::None,
                (_, 1..) => Class::Partial,
                _ => class,
            },
            total: Some(total),
            unit: Unit::Yen,
            parts,
            reasons,
        })
    }
}
