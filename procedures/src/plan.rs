//! The line: which procedures a birth sets off, to whom, and by when.

use jiff::civil::Date;

use crate::catalogue::{Catalogue, DeadlineRule, LegalBasis, Procedure, Routing};
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
    let items = catalogue
        .procedures()
        .filter(|procedure| procedure.bedside)
        .filter_map(|procedure| item(catalogue, procedure, facts))
        .collect();
    Line { items }
}

fn item(catalogue: &Catalogue, procedure: &Procedure, facts: &Facts) -> Option<LineItem> {
    let recipient = match procedure.routing {
        Routing::Birthplace => facts.birthplace,
        // Whoever files as midwife or cohabitant is not the one who raises the child.
        Routing::ClaimantHome if matches!(facts.role, FilerRole::Mother | FilerRole::Father) => {
            facts.home
        }
        _ => return None,
    };
    let birth = facts
        .certificate
        .as_ref()
        .map(|certificate| certificate.birth_dt.date());
    let due = birth
        .zip(procedure.deadline.as_ref())
        .map(|(birth, rule)| due(catalogue, recipient, birth, rule));
    Some(LineItem {
        procedure: procedure.id.clone(),
        recipient,
        due,
        reason: procedure.reason.clone(),
        law: procedure.law.clone(),
    })
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
