//! Months without premiums around a birth: 国民年金 産前産後免除 (国民年金法88の2), 育児免除 (88の3, from October 2026) and
//! 国民健康保険 産前産後軽減 (施行令29の7).
//!
//! All of it is counted in calendar months from the month of the birth; a birth on the first of a month is no special
//! case here (no R-ATTAIN). Says which months, not what anybody pays.

use jiff::civil::Date;
use serde::Deserialize;

use super::{Benefits, Class, Outcome, Part, Pregnancy, Unit};
use crate::amounts::clause::{Clause, RawClause, RawLaw, Reason};
use crate::amounts::load::{Clauses, Dated, File, read};
use crate::amounts::month::MonthNumber;
use crate::amounts::{AmountError, AmountsError};
use crate::form::Confidence;

/// Who asks for relief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Parent {
    /// The woman who gives birth.
    #[default]
    Mother,
    /// The father.
    Father,
    /// A mother or father by adoption.
    Adoptive,
}

/// What maternity relief depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaternityRelief {
    /// Who asks.
    pub parent: Parent,
    /// Day of birth; the due date stands in before it.
    pub birth: Option<Date>,
    /// Due date.
    pub due: Option<Date>,
    /// Day of filing: before the birth, the due date counts.
    pub filed: Option<Date>,
    /// A multiple pregnancy.
    pub multiple: bool,
    /// How far the pregnancy was; `None` where it went to term.
    pub pregnancy: Option<Pregnancy>,
    /// Insured by an employer or as a dependent spouse, so not concerned.
    pub other_category: bool,
}

/// What childcare relief depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChildcareRelief {
    /// The birth, as for maternity relief.
    pub birth: MaternityRelief,
    /// Whether maternity relief was had; a mother has it unless said otherwise.
    pub after_maternity: Option<bool>,
    /// Day the care began; the birth unless said otherwise.
    pub care_began: Option<Date>,
    /// No child is being raised: lost, or given into care.
    pub no_child: bool,
}

#[derive(Debug, Clone)]
pub(super) struct ReliefTable {
    pension_maternity: MaternityRule,
    nhi_maternity: MaternityRule,
    pension_childcare: ChildcareRule,
    premiums: Dated<Premium>,
    multiple: Clause,
    losses_count: Clause,
    by_due_date: Clause,
    too_early: Clause,
    mother_only: Clause,
    other_category: Clause,
    no_child: Clause,
    not_in_force: Clause,
    childcare_after_maternity: Clause,
    childcare: Clause,
    pension_clause: Clause,
    nhi_clause: Clause,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaternityRule {
    from: MonthNumber,
    births_from: Date,
    before: u8,
    months: u8,
    before_multiple: u8,
    months_multiple: u8,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChildcareRule {
    from: MonthNumber,
    after_maternity: u8,
    until_birthday: u8,
}

#[derive(Debug, Clone, Copy)]
struct Premium {
    yen: i64,
    last: Option<MonthNumber>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    law: Vec<RawLaw>,
    clause: Vec<RawClause>,
    pension_maternity: MaternityRule,
    nhi_maternity: MaternityRule,
    pension_childcare: ChildcareRule,
    premium: Vec<RawPremium>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPremium {
    from: MonthNumber,
    #[serde(default)]
    last: Option<MonthNumber>,
    yen: u32,
    /// For whoever reads the file; the sum is said with the months, not as a promise.
    #[serde(default, rename = "confidence")]
    _confidence: Confidence,
}

impl ReliefTable {
    pub(super) fn load(file: File) -> Result<Self, AmountsError> {
        let raw: Raw = read(file)?;
        let mut clauses = Clauses::new(file.0, &raw.law, raw.clause)?;
        let premiums = raw.premium.into_iter().map(|raw| {
            let premium = Premium {
                yen: i64::from(raw.yen),
                last: raw.last,
            };
            (raw.from, premium)
        });
        let table = Self {
            pension_maternity: raw.pension_maternity,
            nhi_maternity: raw.nhi_maternity,
            pension_childcare: raw.pension_childcare,
            premiums: Dated::new(file.0, premiums.collect())?,
            multiple: clauses.take("multiple")?,
            losses_count: clauses.take("losses_count")?,
            by_due_date: clauses.take("by_due_date")?,
            too_early: clauses.take("too_early")?,
            mother_only: clauses.take("mother_only")?,
            other_category: clauses.take("other_category")?,
            no_child: clauses.take("no_child")?,
            not_in_force: clauses.take("not_in_force")?,
            childcare_after_maternity: clauses.take("pension_childcare_after_maternity")?,
            childcare: clauses.take("pension_childcare")?,
            pension_clause: clauses.take("pension_maternity")?,
            nhi_clause: clauses.take("nhi_maternity")?,
        };
        clauses.finish()?;
        Ok(table)
    }

    /// What the months of a relief come to.
    fn outcome<'t>(
        &'t self,
        clause: &'t Clause,
        span: Span,
        from: MonthNumber,
        mut reasons: Vec<Reason<'t>>,
        with_premium: bool,
    ) -> Outcome<'t> {
        let months: Vec<MonthNumber> = span.months().filter(|month| *month >= from).collect();
        let cut_short = months.len() < usize::from(span.length);
        if cut_short {
            reasons.push(Reason::new(&self.not_in_force).month(from));
        }
        let covered = i64::try_from(months.len()).unwrap_or(i64::MAX);
        let (Some(first), Some(last)) = (months.first().copied(), months.last().copied()) else {
            return Outcome {
                class: Class::None,
                total: Some(0),
                unit: Unit::Months,
                parts: vec![
                    ("count", Part::Number(0)),
                    ("months", Part::Months(Vec::new())),
                ],
                reasons,
            };
        };
        reasons.insert(0, Reason::new(clause).month(first).n(covered));
        let mut parts = vec![
            ("first_month", Part::Month(first)),
            ("last_month", Part::Month(last)),
            ("count", Part::Number(covered)),
        ];
        if with_premium && let Some(premium) = self.premium(&months) {
            parts.push(("premium", Part::Number(premium)));
        }
        parts.push(("months", Part::Months(months)));
        Outcome {
            class: if cut_short {
                Class::Partial
            } else {
                Class::Full
            },
            total: Some(covered),
            unit: Unit::Months,
            parts,
            reasons,
        }
    }

    /// The pension premiums of some months, if all of them are set.
    fn premium(&self, months: &[MonthNumber]) -> Option<i64> {
        months
            .iter()
            .map(|month| {
                let premium = self.premiums.at(*month)?;
                let set = premium.last.is_none_or(|last| *month <= last);
                set.then_some(premium.yen)
            })
            .sum()
    }

    /// Why there is no relief for a pregnancy, if so.
    fn refusal(&self, asked: &MaternityRelief) -> Option<Reason<'_>> {
        if asked.other_category {
            return Some(Reason::new(&self.other_category));
        }
        let pregnancy = asked.pregnancy?;
        (!pregnancy.counts_as_birth()).then(|| Reason::new(&self.too_early).n(pregnancy.day()))
    }

    fn maternity<'t>(
        &'t self,
        asked: &MaternityRelief,
        rule: &MaternityRule,
        clause: &'t Clause,
        pension: bool,
    ) -> Result<Outcome<'t>, AmountError> {
        let (counted, by_due_date) = asked.counted()?;
        if asked.parent != Parent::Mother {
            return Ok(Outcome::nothing(
                Unit::Months,
                Reason::new(&self.mother_only),
            ));
        }
        if let Some(reason) = self.refusal(asked) {
            return Ok(Outcome::nothing(Unit::Months, reason));
        }
        if counted < rule.births_from {
            let reason = Reason::new(&self.not_in_force).month(rule.from);
            return Ok(Outcome::nothing(Unit::Months, reason));
        }
        let mut reasons = Vec::new();
        if asked.multiple {
            reasons.push(Reason::new(&self.multiple));
        }
        if by_due_date {
            reasons.push(Reason::new(&self.by_due_date));
        }
        reasons.push(Reason::new(&self.losses_count));
        let span = rule.span(counted, asked.multiple);
        Ok(self.outcome(clause, span, rule.from, reasons, pension))
    }
}

impl MaternityRelief {
    /// The day the months are counted from, and whether it is the due date instead of the birth.
    fn counted(&self) -> Result<(Date, bool), AmountError> {
        let before_birth = match (self.filed, self.birth) {
            (Some(filed), Some(birth)) => filed < birth,
            _ => false,
        };
        match (self.birth, self.due) {
            (Some(_), Some(due)) if before_birth => Ok((due, true)),
            (Some(birth), _) => Ok((birth, false)),
            (None, Some(due)) => Ok((due, true)),
            (None, None) => Err(AmountError::Missing {
                what: "the day of birth or the due date",
            }),
        }
    }
}

/// Consecutive months.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: MonthNumber,
    length: u8,
}

impl Span {
    fn months(self) -> impl Iterator<Item = MonthNumber> {
        (0..i32::from(self.length)).map(move |later| self.first.plus(later))
    }

    /// The month after the last.
    fn end(self) -> MonthNumber {
        self.first.plus(i32::from(self.length))
    }
}

impl MaternityRule {
    fn span(&self, counted: Date, multiple: bool) -> Span {
        let (before, length) = if multiple {
            (self.before_multiple, self.months_multiple)
        } else {
            (self.before, self.months)
        };
        Span {
            first: MonthNumber::of(counted).plus(-i32::from(before)),
            length,
        }
    }
}

impl Benefits {
    /// 国民年金 産前産後免除, pension premium relief around a birth: months.
    ///
    /// Parts `first_month`, `last_month`, `count`, `months` and, where all premiums are set, `premium` in yen.
    ///
    /// # Errors
    /// [`AmountError::Missing`] without a date.
    pub fn pension_maternity_relief(
        &self,
        asked: &MaternityRelief,
    ) -> Result<Outcome<'_>, AmountError> {
        let table = &self.relief;
        table.maternity(asked, &table.pension_maternity, &table.pension_clause, true)
    }

    /// 国民健康保険 産前産後軽減, health-insurance premium relief around a birth: months.
    ///
    /// Parts `first_month`, `last_month`, `count`, `months`.
    ///
    /// # Errors
    /// [`AmountError::Missing`] without a date.
    pub fn nhi_maternity_relief(
        &self,
        asked: &MaternityRelief,
    ) -> Result<Outcome<'_>, AmountError> {
        let table = &self.relief;
        table.maternity(asked, &table.nhi_maternity, &table.nhi_clause, false)
    }

    /// 国民年金 育児免除, pension premium relief for raising a child, from October 2026: months.
    ///
    /// The nine months after a mother's maternity relief; for anybody else from the month the care began to the month
    /// before that of the first birthday. Parts as for maternity relief.
    ///
    /// # Errors
    /// [`AmountError::Missing`] without a date.
    pub fn pension_childcare_relief(
        &self,
        asked: &ChildcareRelief,
    ) -> Result<Outcome<'_>, AmountError> {
        let table = &self.relief;
        let rule = &table.pension_childcare;
        let (counted, _) = asked.birth.counted()?;
        if asked.no_child {
            let reason = Reason::new(&table.no_child);
            return Ok(Outcome::nothing(Unit::Months, reason));
        }
        if asked.birth.other_category {
            let reason = Reason::new(&table.other_category);
            return Ok(Outcome::nothing(Unit::Months, reason));
        }
        let mother = asked.birth.parent == Parent::Mother;
        let (clause, span) = if mother && asked.after_maternity.unwrap_or(true) {
            let maternity = table.pension_maternity.span(counted, asked.birth.multiple);
            let span = Span {
                first: maternity.end(),
                length: rule.after_maternity,
            };
            (&table.childcare_after_maternity, span)
        } else {
            let birth = MonthNumber::of(asked.birth.birth.unwrap_or(counted));
            let began = asked.care_began.map_or(birth, MonthNumber::of).max(birth);
            let birthday = birth.plus(12 * i32::from(rule.until_birthday));
            let length = birthday.number().saturating_sub(began.number());
            let span = Span {
                first: began,
                length: u8::try_from(length.max(0)).unwrap_or(u8::MAX),
            };
            (&table.childcare, span)
        };
        Ok(table.outcome(clause, span, rule.from, Vec::new(), true))
    }
}
