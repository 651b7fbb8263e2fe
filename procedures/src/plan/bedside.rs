//! What the bedside kiosk files: the part of the line whose forms are made for it.

use jiff::civil::Date;

use super::family::{Child, Family, Parent};
use super::{Around, Audience, line};
use crate::catalogue::{Catalogue, DeadlineRule, LegalBasis};
use crate::facts::{Facts, FilerRole};
use crate::ids::{MunicipalityCode, ProcedureId};
use crate::text::Text;

/// The line of one family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// What is to be filed, in order.
    pub items: Vec<LineItem>,
}

/// One procedure on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineItem {
    /// Which.
    pub procedure: ProcedureId,
    /// Who receives it.
    pub recipient: MunicipalityCode,
    /// By when; `None` while the day of birth is not known.
    pub due: Option<Due>,
    /// Why it is on the line.
    pub reason: Text,
    /// What it rests on.
    pub law: Vec<LegalBasis>,
}

/// A deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The last day of the period as the law counts it.
    pub last_day: Date,
    /// The day until which the counters take it: the last day, or the next opening day (R-ROLL).
    pub open_until: Date,
    /// False where no holiday table reaches that far; then `open_until` is the last day itself, which is never too late.
    pub rolled: bool,
}

impl Due {
    /// Whether a day is still in time.
    #[must_use]
    pub fn in_time(&self, day: Date) -> bool {
        day <= self.open_until
    }
}

/// Computes what the bedside kiosk files. Nothing is left out because it is late: late filings are still taken.
#[must_use]
pub fn plan(catalogue: &Catalogue, facts: &Facts) -> Line {
    let whole = line(
        catalogue,
        &family(facts),
        facts.today,
        &Around {
            audience: Audience::Staff,
            ..Around::default()
        },
    );
    let items = whole
        .items
        .into_iter()
        .filter(|item| item.procedure.bedside)
        .filter_map(|item| {
            let due = item.deadline.filter(|_| facts.certificate.is_some());
            Some(LineItem {
                procedure: item.procedure.id.clone(),
                recipient: item.recipients.first()?.municipality?,
                due: due.map(|due| Due {
                    last_day: due.last_day,
                    open_until: due.open_until,
                    rolled: catalogue
                        .roll(
                            &item
                                .recipients
                                .first()
                                .and_then(|one| one.municipality)
                                .unwrap_or(facts.home),
                            due.last_day,
                        )
                        .is_ok(),
                }),
                reason: item.procedure.reason.clone(),
                law: item.procedure.law.clone(),
            })
        })
        .collect();
    Line { items }
}

/// What the bedside knows of a family. Before the certificate the child is taken as born on the day of the visit: the
/// visit is in the ward, and no day is said.
fn family(facts: &Facts) -> Family {
    let certificate = facts.certificate.as_ref();
    let birth = certificate.map_or(facts.today, |certificate| certificate.birth_dt.date());
    // Whoever files as midwife or cohabitant is not the one who raises the child.
    let home = matches!(facts.role, FilerRole::Mother | FilerRole::Father).then_some(facts.home);
    let mut family = Family {
        mother: Parent {
            residence: home,
            ..Parent::default()
        },
        ..Family::default()
    };
    family.places.birthplace = Some(facts.birthplace);
    family.delivery.children.push(Child {
        id: String::new(),
        birth,
        minute: None,
        died: None,
    });
    if let Some(certificate) = certificate {
        family.delivery.weeks = Some((i64::from(certificate.weeks), i64::from(certificate.days)));
    }
    family
}

/// The deadline of a rule for one birth at one municipality.
#[must_use]
pub fn due(
    catalogue: &Catalogue,
    recipient: MunicipalityCode,
    birth: Date,
    rule: &DeadlineRule,
) -> Due {
    // Without a number of days there is no later day to name than the event itself.
    let last_day = rule.last_day(birth).unwrap_or(birth);
    match catalogue.roll(&recipient, last_day) {
        Ok(open_until) if rule.rolled => Due {
            last_day,
            open_until,
            rolled: true,
        },
        Ok(_) | Err(_) => Due {
            last_day,
            open_until: last_day,
            rolled: false,
        },
    }
}
