//! What is paid once around a birth: 出産育児一時金 (健康保険法101), 妊婦のための支援給付 (子ども・子育て支援法10の2 on)
//! and 出産手当金 (健康保険法102).
//!
//! All of them count losses as births: from the 85th day of the pregnancy on for the health insurance, from the recognised
//! pregnancy on for the support. Nothing here may tell a living child from a lost one.

use jiff::civil::Date;
use serde::Deserialize;

use super::{Benefits, Class, Outcome, Part, Standing, Unit, count, yen};
use crate::amounts::clause::{Clause, Reason};
use crate::amounts::load::{Clauses, Dated, File, RawTable, read};
use crate::amounts::month::MonthNumber;
use crate::amounts::{AmountError, AmountsError};
use crate::calendar::plus_days;
use crate::form::Confidence;

/// How far a pregnancy was: full days since its first, so that 12 weeks 0 days are 84, which is its 85th day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pregnancy {
    days: i64,
}

impl Pregnancy {
    /// From full weeks and days.
    #[must_use]
    pub fn weeks(weeks: i64, days: i64) -> Self {
        Self {
            days: weeks.saturating_mul(7).saturating_add(days),
        }
    }

    /// From the day of the pregnancy, counted from 1.
    #[must_use]
    pub fn on_day(day: i64) -> Self {
        Self {
            days: day.saturating_sub(1),
        }
    }

    /// The day of the pregnancy, counted from 1.
    #[must_use]
    pub fn day(self) -> i64 {
        self.days.saturating_add(1)
    }

    /// 妊娠4か月以上: the 85th day has begun.
    #[must_use]
    pub fn counts_as_birth(self) -> bool {
        self.day() >= 85
    }

    /// 22 weeks are full.
    #[must_use]
    pub fn has_22_weeks(self) -> bool {
        self.days >= 22 * 7
    }
}

/// What 出産育児一時金 depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Childbirth {
    /// Children born, those lost included.
    pub children: i64,
    /// How far the pregnancy was; `None` where it went to term.
    pub pregnancy: Option<Pregnancy>,
    /// The facility is in the compensation scheme (産科医療補償制度).
    pub in_scheme: bool,
    /// Insured, or a dependant of somebody insured.
    pub insured: bool,
    /// The month of the birth.
    pub month: MonthNumber,
}

/// What 妊婦のための支援給付 depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PregnancySupport {
    /// Fetuses notified, those lost included; `None` before the notification.
    pub fetuses: Option<i64>,
    /// The first payment is part of the question; it is not where another municipality has made it.
    pub first: bool,
    /// The month of the recognition or of the birth.
    pub month: MonthNumber,
}

/// What 出産手当金 depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaternityPay {
    /// Day of birth; the due date stands in before it.
    pub birth: Option<Date>,
    /// Due date.
    pub due: Option<Date>,
    /// A multiple pregnancy.
    pub multiple: bool,
    /// How far the pregnancy was; `None` where it went to term.
    pub pregnancy: Option<Pregnancy>,
    /// Standard daily pay (標準報酬日額), yen.
    pub daily_pay: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) struct ChildbirthTable {
    versions: Dated<(LumpSum, Standing)>,
    too_early: Clause,
    not_insured: Clause,
    in_scheme: Clause,
    outside: Clause,
    losses_count: Clause,
    from_memory: Clause,
}

#[derive(Debug, Clone, Copy)]
struct LumpSum {
    base: i64,
    scheme: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLumpSum {
    from: MonthNumber,
    #[serde(default)]
    confidence: Confidence,
    base: u32,
    scheme: u32,
}

impl ChildbirthTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: RawTable<RawLumpSum> = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let versions = raw.version.into_iter().map(|raw| {
            let sums = LumpSum {
                base: i64::from(raw.base),
                scheme: i64::from(raw.scheme),
            };
            let standing = Standing {
                confidence: raw.confidence,
                last: None,
            };
            (raw.from, (sums, standing))
        });
        let table = Self {
            versions: Dated::new(file.0, versions.collect())?,
            too_early: clauses.take("too_early")?,
            not_insured: clauses.take("not_insured")?,
            in_scheme: clauses.take("in_scheme")?,
            outside: clauses.take("outside")?,
            losses_count: clauses.take("losses_count")?,
            from_memory: clauses.take("from_memory")?,
        };
        clauses.finish()?;
        Ok(table)
    }
}

#[derive(Debug, Clone)]
pub(super) struct PregnancyTable {
    versions: Dated<Support>,
    before_law: Clause,
    first: Clause,
    first_already_paid: Clause,
    second: Clause,
    losses_count: Clause,
}

#[derive(Debug, Clone, Copy)]
struct Support {
    per_pregnancy: i64,
    per_fetus: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSupport {
    from: MonthNumber,
    per_pregnancy: u32,
    per_fetus: u32,
}

impl PregnancyTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: RawTable<RawSupport> = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let versions = raw.version.into_iter().map(|raw| {
            let sums = Support {
                per_pregnancy: i64::from(raw.per_pregnancy),
                per_fetus: i64::from(raw.per_fetus),
            };
            (raw.from, sums)
        });
        let table = Self {
            versions: Dated::new(file.0, versions.collect())?,
            before_law: clauses.take("before_law")?,
            first: clauses.take("first")?,
            first_already_paid: clauses.take("first_already_paid")?,
            second: clauses.take("second")?,
            losses_count: clauses.take("losses_count")?,
        };
        clauses.finish()?;
        Ok(table)
    }
}

#[derive(Debug, Clone)]
pub(super) struct MaternityPayTable {
    days: Days,
    days_before: Clause,
    days_late: Clause,
    days_after: Clause,
    daily: Clause,
    too_early: Clause,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    before: u8,
    before_multiple: u8,
    after: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMaternityPay {
    law: Vec<crate::amounts::clause::RawLaw>,
    clause: Vec<crate::amounts::clause::RawClause>,
    days: Days,
}

impl MaternityPayTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: RawMaternityPay = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let table = Self {
            days: raw.days,
            days_before: clauses.take("days_before")?,
            days_late: clauses.take("days_late")?,
            days_after: clauses.take("days_after")?,
            daily: clauses.take("daily")?,
            too_early: clauses.take("too_early")?,
        };
        clauses.finish()?;
        Ok(table)
    }
}

impl Benefits {
    /// 出産育児一時金, childbirth lump sum: yen, once.
    ///
    /// Parts `base` and `scheme`, which sum up to the total.
    ///
    /// # Errors
    /// [`AmountError`] for a birth before October 2009 or a number nobody can mean.
    pub fn childbirth_lump_sum(&self, asked: &Childbirth) -> Result<Outcome<'_>, AmountError> {
        let table = &self.childbirth;
        let children = count("children", asked.children)?;
        let (sums, standing) = table
            .versions
            .at(asked.month)
            .ok_or(AmountError::BeforeTable {
                month: asked.month,
                first: table.versions.first(),
            })?;
        if let Some(pregnancy) = asked.pregnancy
            && !pregnancy.counts_as_birth()
        {
            let reason = Reason::new(&table.too_early).n(pregnancy.day());
            return Ok(Outcome::nothing(Unit::Yen, reason));
        }
        if !asked.insured {
            let reason = Reason::new(&table.not_insured);
            return Ok(Outcome::nothing(Unit::Yen, reason));
        }
        let long_enough = asked.pregnancy.is_none_or(Pregnancy::has_22_weeks);
        let (class, clause, scheme) = if asked.in_scheme && long_enough {
            (Class::InScheme, &table.in_scheme, sums.scheme)
        } else {
            (Class::Outside, &table.outside, 0)
        };
        let each = sums.base + scheme;
        let mut reasons = vec![
            Reason::new(clause).yen(each).n(children),
            Reason::new(&table.losses_count),
        ];
        standing.caveats(asked.month, &table.from_memory, None, &mut reasons);
        Ok(Outcome {
            class,
            total: Some(each * children),
            unit: Unit::Yen,
            parts: vec![
                ("base", Part::Number(sums.base * children)),
                ("scheme", Part::Number(scheme * children)),
            ],
            reasons,
        })
    }

    /// 妊婦のための支援給付, support for pregnant women: yen, once per pregnancy and once per fetus.
    ///
    /// Parts `first` and `second`, which sum up to the total.
    ///
    /// # Errors
    /// [`AmountError`] for a number nobody can mean.
    pub fn pregnancy_support(&self, asked: &PregnancySupport) -> Result<Outcome<'_>, AmountError> {
        let table = &self.pregnancy;
        let fetuses = count("fetuses", asked.fetuses.unwrap_or(0))?;
        let Some(sums) = table.versions.at(asked.month) else {
            let reason = Reason::new(&table.before_law);
            return Ok(Outcome::nothing(Unit::Yen, reason));
        };
        let mut reasons = Vec::new();
        let first = if asked.first {
            reasons.push(Reason::new(&table.first).yen(sums.per_pregnancy));
            sums.per_pregnancy
        } else {
            reasons.push(Reason::new(&table.first_already_paid));
            0
        };
        let second = sums.per_fetus * fetuses;
        if second > 0 {
            reasons.push(Reason::new(&table.second).yen(second).n(fetuses));
        }
        reasons.push(Reason::new(&table.losses_count));
        Ok(Outcome {
            class: match (asked.first, second > 0) {
                (true, true) => Class::Full,
                (false, false) => Class::None,
                _ => Class::Partial,
            },
            total: Some(first + second),
            unit: Unit::Yen,
            parts: vec![
                ("first", Part::Number(first)),
                ("second", Part::Number(second)),
            ],
            reasons,
        })
    }

    /// 出産手当金, childbirth allowance of the employees' health insurance: yen for the whole leave.
    ///
    /// Parts `days`, `days_before`, `days_after`, `from`, `to` and, where the pay is known, `per_day`.
    ///
    /// # Errors
    /// [`AmountError`] without a date or for a number nobody can mean.
    pub fn childbirth_allowance(&self, asked: &MaternityPay) -> Result<Outcome<'_>, AmountError> {
        let table = &self.maternity_pay;
        let pay = asked
            .daily_pay
            .map(|pay| yen("standard daily pay", pay))
            .transpose()?;
        let missing = AmountError::Missing {
            what: "the day of birth or the due date",
        };
        let birth = asked.birth.or(asked.due).ok_or(missing)?;
        if let Some(pregnancy) = asked.pregnancy
            && !pregnancy.counts_as_birth()
        {
            let reason = Reason::new(&table.too_early).n(pregnancy.day());
            return Ok(Outcome::nothing(Unit::Yen, reason));
        }
        let before = if asked.multiple {
            table.days.before_multiple
        } else {
            table.days.before
        };
        // 以前 takes the day itself in; 後 begins with the next.
        let counted_from = asked.due.map_or(birth, |due| due.min(birth));
        let from = plus_days(counted_from, 1 - i32::from(before));
        let to = plus_days(birth, i32::from(table.days.after));
        let late = days_between(counted_from, birth);
        let days_before = i64::from(before) + late;
        let days = days_before + i64::from(table.days.after);
        let mut reasons = vec![Reason::new(&table.days_before).n(i64::from(before))];
        if late > 0 {
            reasons.push(Reason::new(&table.days_late).n(late));
        }
        reasons.push(Reason::new(&table.days_after).n(i64::from(table.days.after)));
        let mut parts = vec![
            ("days", Part::Number(days)),
            ("days_before", Part::Number(days_before)),
            ("days_after", Part::Number(i64::from(table.days.after))),
            ("from", Part::Day(from)),
            ("to", Part::Day(to)),
        ];
        let per_day = pay.map(|pay| {
            // Two thirds, half a yen and more up.
            let per_day = (4 * pay + 3) / 6;
            reasons.push(Reason::new(&table.daily).limit(pay).yen(per_day));
            parts.push(("per_day", Part::Number(per_day)));
            per_day
        });
        Ok(Outcome {
            class: Class::Full,
            total: per_day.map(|per_day| per_day.saturating_mul(days)),
            unit: Unit::Yen,
            parts,
            reasons,
        })
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}
