//! What stands on the line: an item, its state, and everything that is said about it.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::family::Whom;
use crate::amounts::MonthNumber;
use crate::catalogue::{
    Attachment, Automatic, DayCount, Dependency, Guard, Procedure, Role, Routing, Strength, Version,
};
use crate::form::Confidence;
use crate::ids::MunicipalityCode;
use crate::rules::Fact;
use crate::text::Text;

/// Where an item stands on the day that is asked about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It can be done now.
    Now,
    /// It is prepared: one confirmation files it.
    Offer,
    /// Its period has passed, and it is still taken.
    Late,
    /// Something else comes first.
    WaitsFor,
    /// Its time has not come.
    Upcoming,
    /// It happens without anybody asking for it.
    ByItself,
    /// Others do it: hospital, employer, immigration.
    Elsewhere,
    /// Whether it applies rests on something nobody has said.
    Question,
    /// Only staff may bring it up.
    Staff,
    /// Its time is over.
    Closed,
    /// It is done.
    Done,
}

/// Who receives an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What kind of recipient.
    pub kind: Routing,
    /// Which municipality, where it is one, is known and may be said.
    pub municipality: Option<MunicipalityCode>,
    /// Its name.
    pub name: Text,
}

/// A deadline as it is for one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline<'c> {
    /// The last day as the law counts it.
    pub last_day: Date,
    /// The last day the counters take it in time.
    pub open_until: Date,
    /// How days are counted.
    pub count: DayCount,
    /// What happens then, in calm words; `None` where the municipality's own number of days stands in for the law's.
    pub note: Option<&'c Text>,
    /// Where the law says so.
    pub article: Option<&'c str>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

/// A time in which something can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span<'c> {
    /// Its name.
    pub label: Option<Text>,
    /// First day; `None`: from the beginning, or not known yet.
    pub from: Option<Date>,
    /// Last day; `None`: without end, or not known yet.
    pub to: Option<Date>,
    /// What to know about it.
    pub note: Option<&'c Text>,
}

impl Span<'_> {
    /// Whether it is over on a day.
    #[must_use]
    pub fn over(&self, day: Date) -> bool {
        self.to.is_some_and(|to| to < day)
    }

    /// Whether a day lies in it.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        !self.over(day) && self.from.is_none_or(|from| from <= day)
    }
}

/// The next dose of a vaccine. A window, never advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Which vaccine.
    pub vaccine: &'static str,
    /// What families call it.
    pub title: &'static Text,
    /// First permitted day.
    pub earliest: Date,
    /// First and last day of the standard time.
    pub recommended: Option<(Date, Date)>,
    /// Last permitted day.
    pub latest: Date,
}

/// How much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount<'c> {
    /// Yen; `None` where it is months, or cannot be said.
    pub yen: Option<i64>,
    /// Every month; else once.
    pub monthly: bool,
    /// How many months are free of premium.
    pub months: Option<i64>,
    /// The first month.
    pub first_month: Option<MonthNumber>,
    /// The last month.
    pub last_month: Option<MonthNumber>,
    /// The month of the first payment.
    pub paid_in: Option<MonthNumber>,
    /// In words.
    pub note: Option<&'c Text>,
}

/// A reason with its article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why<'c> {
    /// The sentence.
    pub sentence: &'c Text,
    /// Where the law says so.
    pub article: Option<&'c str>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

/// What an item rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge<'c> {
    /// The other.
    pub dependency: &'c Dependency,
    /// Where it stands on the line; `None` where it is not on it.
    pub item: Option<usize>,
    /// It is still to come.
    pub open: bool,
}

/// Evidence, and whether it is certain to be needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper<'c> {
    /// Which.
    pub attachment: &'c Attachment,
    /// It rests on something nobody has said.
    pub maybe: bool,
}

/// One item.
#[derive(Debug, Clone)]
pub struct Item<'c> {
    /// Which procedure.
    pub procedure: &'c Procedure,
    /// The law as it stands for it.
    pub version: &'c Version,
    /// Whom it is for.
    pub whom: Whom,
    /// How many times: one for each child it is about.
    pub copies: usize,
    /// Where it stands.
    pub status: Status,
    /// Where it would stand if staff had not to bring it up; the same otherwise.
    pub state: Status,
    /// How it may be shown.
    pub guard: Guard,
    /// Dates are counted from the expected day.
    pub estimated: bool,
    /// The day it begins, while it is upcoming.
    pub begins: Option<Date>,
    /// Who receives it, the usual one first; several while it rests on something nobody has said.
    pub recipients: Vec<Recipient>,
    /// Other municipalities that may take it as lawfully.
    pub also_at: Vec<Recipient>,
    /// Why this recipient.
    pub recipient_why: Option<Why<'c>>,
    /// Who signs, the first who can.
    pub signers: Vec<Role>,
    /// Who may carry it.
    pub carriers: Vec<Role>,
    /// Until when.
    pub deadline: Option<Deadline<'c>>,
    /// From when to when.
    pub windows: Vec<Span<'c>>,
    /// The next dose of each routine vaccine, where the item is about them; by earliest day.
    pub doses: Vec<Ahead>,
    /// How much.
    pub amount: Option<Amount<'c>>,
    /// Why it is on the line, beside the procedure's own reason.
    pub reasons: Vec<Why<'c>>,
    /// What would have to be said to know whether it applies, or to prepare it: minimal sets.
    pub missing: Vec<Vec<&'c Fact>>,
    /// Evidence.
    pub papers: Vec<Paper<'c>>,
    /// What it rests on.
    pub depends: Vec<Edge<'c>>,
    /// How much happens by itself.
    pub automatic: Option<&'c Automatic>,
}

impl Item<'_> {
    /// Whether a parent's screen may show it without staff.
    #[must_use]
    pub fn for_parents(&self) -> bool {
        matches!(self.guard, Guard::Show | Guard::Quiet)
    }

    /// Whether the catalogue is not sure of it everywhere.
    #[must_use]
    pub fn unverified(&self) -> bool {
        self.procedure.confidence == Confidence::Gk
            || self.version.confidence == Confidence::Gk
            || self
                .procedure
                .law
                .iter()
                .any(|law| law.confidence == Confidence::Gk)
            || self
                .deadline
                .as_ref()
                .is_some_and(|deadline| deadline.confidence == Confidence::Gk)
    }

    /// The hard dependencies that are still open.
    pub fn waits_for(&self) -> impl Iterator<Item = &Edge<'_>> {
        self.depends
            .iter()
            .filter(|edge| edge.open && edge.dependency.strength == Strength::Hard)
    }
}

/// A question, and the items that wait for its answer.
#[derive(Debug, Clone)]
pub struct Question<'c> {
    /// The fact.
    pub fact: &'c Fact,
    /// Of whom.
    pub whom: Whom,
    /// The items, by place.
    pub items: Vec<usize>,
}

/// The line of a family.
#[derive(Debug, Clone)]
pub struct FamilyLine<'c> {
    /// The day that was asked about.
    pub today: Date,
    /// Public items, then private ones, each in the order of the catalogue.
    pub items: Vec<Item<'c>>,
    /// What to ask, in the order a person would.
    pub questions: Vec<Question<'c>>,
    /// What was presumed, and matters to an item.
    pub presumed: Vec<&'c Fact>,
    /// Nothing may be pushed, sounded or congratulated.
    pub quiet: bool,
    /// Who reads it.
    pub audience: super::Audience,
}

/// What goes to one recipient in one visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingGroup {
    /// The recipient.
    pub recipient: Recipient,
    /// Its items, by place on the line.
    pub items: Vec<usize>,
}

/// One visit, as filings for each recipient: what can be filed now, and what may be lodged with it and completed later.
/// What only staff may bring up is in it only where staff read.
#[must_use]
pub fn filings(line: &FamilyLine<'_>) -> Vec<FilingGroup> {
    let mut groups: Vec<FilingGroup> = Vec::new();
    for (at, item) in line.items.iter().enumerate() {
        let files = matches!(
            item.status,
            Status::Now | Status::Offer | Status::Late | Status::WaitsFor
        ) && item.procedure.kind == crate::catalogue::Kind::Procedure;
        let Some(recipient) = item.recipients.first().filter(|_| files) else {
            continue;
        };
        let same = groups.iter_mut().find(|group| {
            let both = (&group.recipient, recipient);
            match (both.0.municipality, both.1.municipality) {
                (Some(one), Some(other)) => one == other,
                (None, None) => both.0.kind == both.1.kind,
                _ => false,
            }
        });
        match same {
            Some(group) => group.items.push(at),
            None => groups.push(FilingGroup {
                recipient: recipient.clone(),
                items: vec![at],
            }),
        }
    }
    groups
}
