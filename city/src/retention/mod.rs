//! How long the city keeps what: periods as data, and the days that follow from them.
//!
//! Answers for reading the periods (`retention.toml`, and what a municipality sets beside it), for the moment before which
//! something must have ended to be due, and for the nightly keeper that erases what is due. Rules are pure: the moment is handed
//! in. What is erased and how is the store's ([`crate::store::retention`]). An open case, and whatever an officer holds, stays.

mod keeper;

use std::collections::BTreeMap;

use serde::Deserialize;
use ubugoe_protocol::RecipientId;

use crate::jst;

pub use keeper::{Keeper, sweep};

/// The periods that come with the program.
const BUILTIN: &str = include_str!("retention.toml");

/// What is kept for a time, beside filings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A decided filing with its attachments, its certificate and what followed from it.
    Filing,
    /// What a family was told.
    FamilyNotice,
    /// A piece of an attachment whose filing never came.
    OrphanPiece,
    /// A hospital's certificate that belongs to no filing.
    Certificate,
    /// What an agency was answered.
    AgencyAnswer,
    /// The bytes of a released bank file.
    BankFile,
    /// A message set aside that landed later.
    QuarantineResolved,
    /// A message set aside.
    Quarantine,
    /// Certificate serial and 宛名番号.
    Addressee,
    /// An ended session.
    Session,
    /// A sign-in on its way.
    SignIn,
    /// The name of somebody who came through a provider.
    Officer,
    /// The oldest lines of the audit chain.
    Audit,
}

impl Kind {
    /// Every kind, in the order in which it is erased: the audit chain last, for the others write to it.
    pub const ALL: [Self; 13] = [
        Self::Filing,
        Self::FamilyNotice,
        Self::OrphanPiece,
        Self::Certificate,
        Self::AgencyAnswer,
        Self::BankFile,
        Self::QuarantineResolved,
        Self::Quarantine,
        Self::Addressee,
        Self::Session,
        Self::SignIn,
        Self::Officer,
        Self::Audit,
    ];

    /// The word in data, audit lines and the configuration.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Filing => "filing",
            Self::FamilyNotice => "family_notice",
            Self::OrphanPiece => "orphan_piece",
            Self::Certificate => "certificate",
            Self::AgencyAnswer => "agency_answer",
            Self::BankFile => "bank_file",
            Self::QuarantineResolved => "quarantine_resolved",
            Self::Quarantine => "quarantine",
            Self::Addressee => "addressee",
            Self::Session => "session",
            Self::SignIn => "sign_in",
            Self::Officer => "officer",
            Self::Audit => "audit",
        }
    }

    /// Reads [`Kind::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Period {
    /// Calendar years.
    Years(u16),
    /// Calendar months.
    Months(u16),
    /// Days.
    Days(u16),
}

impl Period {
    fn span(self) -> jiff::Span {
        match self {
            Self::Years(years) => jiff::Span::new().years(years),
            Self::Months(months) => jiff::Span::new().months(months),
            Self::Days(days) => jiff::Span::new().days(days),
        }
    }
}

/// From when a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// From the moment itself.
    Day,
    /// From the 1 April after it.
    FiscalYear,
}

/// How sure the source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// The source was read.
    Verified,
    /// General knowledge.
    Gk,
    /// The municipality says so itself.
    Own,
}

/// One period.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// How long.
    pub period: Period,
    /// From when.
    pub counted: Counted,
    /// From what moment, in words.
    pub from: String,
    /// Where it stands.
    pub source: String,
    /// How sure that is.
    pub confidence: Sure,
}

impl Rule {
    /// What ended before this moment (unix seconds) is due now. `None` outside the calendar: then nothing is due.
    #[must_use]
    pub fn cutoff(&self, now: i64) -> Option<i64> {
        let today = jst::date(now)?;
        let begins = match self.counted {
            Counted::Day => {
                let day = today.checked_sub(self.period.span()).ok()?;
                // the day on which a period ends still belongs to it
                return Some(jst::at(day, 0));
            }
            Counted::FiscalYear => today.checked_sub(self.period.span()).ok()?,
        };
        // counted from 1 April after the event: due if that 1 April is no later than `begins`
        let april = begins.with().month(4).day(1).build().ok()?;
        let april = if april <= begins {
            april
        } else {
            april.checked_sub(jiff::Span::new().years(1)).ok()?
        };
        Some(jst::at(april, 0))
    }
}

/// All periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    kinds: BTreeMap<Kind, Rule>,
    procedures: BTreeMap<String, Rule>,
    /// Whose filings it is for; none: all that are in the database.
    recipient: Option<String>,
}

/// Periods that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct PolicyError {
    /// What is wrong, naming kind and value.
    pub what: String,
}

fn wrong(what: impl Into<String>) -> PolicyError {
    PolicyError { what: what.into() }
}

impl Policy {
    /// The periods that come with the program.
    ///
    /// # Errors
    /// [`PolicyError`] if the carried file is broken.
    pub fn builtin() -> Result<Self, PolicyError> {
        let mut policy = Self {
            kinds: BTreeMap::new(),
            procedures: BTreeMap::new(),
            recipient: None,
        };
        policy.read(BUILTIN)?;
        match Kind::ALL
            .into_iter()
            .find(|kind| !policy.kinds.contains_key(kind))
        {
            None => Ok(policy),
            Some(missing) => Err(wrong(format!("{} has no period", missing.code()))),
        }
    }

    /// The same with a municipality's own periods in place of those it names.
    ///
    /// # Errors
    /// [`PolicyError`] naming the kind that is unknown or unreadable.
    pub fn with(mut self, text: &str) -> Result<Self, PolicyError> {
        self.read(text)?;
        Ok(self)
    }

    /// The same for the filings of one office alone.
    #[must_use]
    pub fn of(mut self, recipient: &RecipientId) -> Self {
        self.recipient = Some(recipient.to_string());
        self
    }

    fn read(&mut self, text: &str) -> Result<(), PolicyError> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| wrong(error.message()))?;
        for (code, value) in table {
            let kind = Kind::from_code(&code).ok_or_else(|| wrong(format!("{code} is no kind")))?;
            let toml::Value::Table(mut table) = value else {
                return Err(wrong(format!("{code} must be a section")));
            };
            if kind == Kind::Filing {
                let nested: Vec<String> = table
                    .iter()
                    .filter(|(name, value)| value.is_table() && *name != "period")
                    .map(|(name, _)| name.clone())
                    .collect();
                for procedure in nested {
                    if let Some(value) = table.remove(&procedure) {
                        let rule = rule(&format!("{code}.{procedure}"), value)?;
                        self.procedures.insert(procedure, rule);
                    }
                }
                if table.is_empty() {
                    continue;
                }
            }
            let rule = rule(&code, toml::Value::Table(table))?;
            self.kinds.insert(kind, rule);
        }
        Ok(())
    }

    /// The period of a kind.
    #[must_use]
    pub fn rule(&self, kind: Kind) -> Option<&Rule> {
        self.kinds.get(&kind)
    }

    /// Procedures whose filings have a period of their own.
    pub fn procedures(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.procedures
            .iter()
            .map(|(procedure, rule)| (procedure.as_str(), rule))
    }

    /// What is looked for now: every kind, and filings by procedure.
    #[must_use]
    pub fn due(&self, now: i64) -> Vec<Due> {
        let own: Vec<String> = self.procedures.keys().cloned().collect();
        let mut due = Vec::new();
        for kind in Kind::ALL {
            let Some(cutoff) = self.rule(kind).and_then(|rule| rule.cutoff(now)) else {
                continue;
            };
            if kind == Kind::Filing {
                due.extend(self.procedures().filter_map(|(procedure, rule)| {
                    Some(Due {
                        kind,
                        code: format!("filing.{procedure}"),
                        only: Some(procedure.to_owned()),
                        but: Vec::new(),
                        recipient: self.recipient.clone(),
                        cutoff: rule.cutoff(now)?,
                    })
                }));
            }
            due.push(Due {
                kind,
                code: kind.code().to_owned(),
                only: None,
                but: if kind == Kind::Filing {
                    own.clone()
                } else {
                    Vec::new()
                },
                recipient: self.recipient.clone(),
                cutoff,
            });
        }
        due
    }
}

fn rule(code: &str, value: toml::Value) -> Result<Rule, PolicyError> {
    let rule: Rule = value
        .try_into()
        .map_err(|error: toml::de::Error| wrong(format!("{code}: {}", error.message())))?;
    let (Period::Years(n) | Period::Months(n) | Period::Days(n)) = rule.period;
    if n == 0 {
        return Err(wrong(format!("{code}: a period of nothing keeps nothing")));
    }
    Ok(rule)
}

/// What is looked for: whatever of this kind ended before the cutoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which kind.
    pub kind: Kind,
    /// The rule's word: the kind, for filings with the procedure.
    pub code: String,
    /// Only filings of this procedure.
    pub only: Option<String>,
    /// No filings of these.
    pub but: Vec<String>,
    /// Only filings of this office; none: of all that are in the database.
    pub recipient: Option<String>,
    /// Unix seconds.
    pub cutoff: i64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use jiff::civil::date;
    use ubugoe_procedures::Catalogue;

    use super::*;

    fn rule(period: Period, counted: Counted) -> Rule {
        Rule {
            period,
            counted,
            from: String::new(),
            source: String::new(),
            confidence: Sure::Gk,
        }
    }

    fn due(rule: &Rule, event: jiff::civil::Date, today: jiff::civil::Date) -> bool {
        jst::at(event, 12) < rule.cutoff(jst::at(today, 2)).unwrap()
    }

    #[test]
    fn a_fiscal_period_ends_on_a_first_of_april() {
        let five = rule(Period::Years(5), Counted::FiscalYear);
        // decided in fiscal 2026: counted from 2027-04-01, ends 2032-03-31
        for event in [date(2026, 4, 1), date(2026, 11, 27), date(2027, 3, 31)] {
            assert!(!due(&five, event, date(2032, 3, 31)), "{event}");
            assert!(due(&five, event, date(2032, 4, 1)), "{event}");
        }
        assert!(!due(&five, date(2027, 4, 1), date(2032, 4, 1)));
    }

    #[test]
    fn a_period_by_the_day_ends_after_its_last_day() {
        let month = rule(Period::Days(30), Counted::Day);
        assert!(!due(&month, date(2026, 11, 1), date(2026, 12, 1)));
        assert!(due(&month, date(2026, 11, 1), date(2026, 12, 2)));
    }

    #[test]
    fn every_kind_has_a_period_and_every_procedure_named_is_one() {
        let policy = Policy::builtin().unwrap();
        let catalogue = Catalogue::builtin().unwrap();
        for (procedure, _) in policy.procedures() {
            assert!(
                catalogue.procedure(&procedure.parse().unwrap()).is_some(),
                "{procedure}"
            );
        }
        assert!(policy.due(1_795_489_200).len() > Kind::ALL.len());
    }

    #[test]
    fn a_municipality_sets_its_own_periods_and_a_slip_is_named() {
        let own = "[filing.shussei_todoke]\nperiod = { years = 27 }\ncounted = \"fiscal_year\"\nfrom = \"accepted\"\nsource = \"あすこえ市文書管理規程 別表\"\nconfidence = \"own\"\n";
        let policy = Policy::builtin().unwrap().with(own).unwrap();
        let (_, rule) = policy
            .procedures()
            .find(|(procedure, _)| *procedure == "shussei_todoke")
            .unwrap();
        assert_eq!(rule.period, Period::Years(27));
        assert_eq!(
            policy.rule(Kind::Filing).unwrap().period,
            Period::Years(5),
            "the others stay"
        );
        for (slip, named) in [
            ("[bankfile]\n", "bankfile"),
            (own.replace("27", "0").as_str(), "shussei_todoke"),
            (
                own.replace("fiscal_year", "moon").as_str(),
                "shussei_todoke",
            ),
        ] {
            let error = Policy::builtin().unwrap().with(slip).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}
