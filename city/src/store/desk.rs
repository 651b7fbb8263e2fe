//! What the store keeps for the officers' desk: queues, who works on what, ticks, two officers, search.
//!
//! Answers for the words of it and what is promised; the SQL is each database's. Every step that changes something is one
//! transaction with its audit line, and asks again inside it whether it is still open: two sessions never both win.

use async_trait::async_trait;
use ubugoe_protocol::{DeviceId, FilingId, RecipientId};

use super::{Decided, Decision, FilingRow, Sealer, StoreError};
use crate::casework::audit::AuditEntry;
use crate::casework::{FilingState, ReasonCode};
use std::sync::Arc;

/// Numbers of a queue stop here: nobody reads more, and counting costs.
pub const MOST_COUNTED: u32 = 1_000;
/// Most filings that one name is looked for in.
pub const MOST_FOUND: u32 = 500;

/// Whose filings a queue shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// What this account has taken.
    Of(String),
    /// What nobody has taken.
    Nobody,
}

/// Where a page of a queue begins: after this filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Its due day, `9999-12-31` for none.
    pub due_key: String,
    /// Its arrival, unix seconds.
    pub arrived_at: i64,
    /// Its number.
    pub arrival_no: u64,
}

/// What a queue shows.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// In this state; all if `None`.
    pub state: Option<FilingState>,
    /// Whose.
    pub whose: Whose,
    /// Only those that wait for a second officer.
    pub proposed: bool,
    /// Only with this due day (`YYYY-MM-DD`) or an earlier one.
    pub due_until: Option<String>,
    /// Only this procedure.
    pub procedure: Option<String>,
    /// Only with this reason code.
    pub reason: Option<ReasonCode>,
    /// Only from this device, and then none of a protected family: where somebody gave birth is not told by a filter.
    pub device: Option<DeviceId>,
    /// Only after this one.
    pub after: Option<After>,
    /// At most so many.
    pub limit: u32,
}

/// A filing in a queue.
#[derive(Debug, Clone)]
pub struct CaseLine {
    /// What lists show.
    pub row: FilingRow,
    /// The device it came from.
    pub device: DeviceId,
    /// Who has taken it.
    pub assignee: Option<String>,
    /// Who proposed to accept it, while that waits for a second officer.
    pub proposed_by: Option<String>,
}

impl CaseLine {
    /// Where the next page begins.
    #[must_use]
    pub fn place(&self) -> After {
        After {
            due_key: self.row.due.clone().unwrap_or_else(|| NEVER.to_owned()),
            arrived_at: self.row.arrived_at,
            arrival_no: self.row.arrival_no,
        }
    }
}

/// The due key of what has no due day.
pub const NEVER: &str = "9999-12-31";

/// Numbers for the tabs, each at most [`MOST_COUNTED`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// Waiting for an officer.
    pub arrived: u64,
    /// Of those: due on the asked day or before.
    pub urgent: u64,
    /// Of those: taken by the asker.
    pub mine: u64,
    /// Of those: taken by nobody.
    pub free: u64,
    /// Waiting for a second officer.
    pub proposed: u64,
    /// Returned for correction.
    pub returned: u64,
    /// Accepted.
    pub accepted: u64,
    /// Messages in quarantine that did not land since.
    pub quarantined: u64,
}

/// A line of the desk's own history of a filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskEntry {
    /// 0, 1, 2 …
    pub seq: u32,
    /// Unix seconds.
    pub at: i64,
    /// Staff account id.
    pub actor: String,
    /// What.
    pub what: DeskStep,
    /// The version of the filing it was done to.
    pub version: u32,
    /// Field path of a tick; nothing else.
    pub detail: Option<String>,
    /// An officer's words, for colleagues only.
    pub note: Option<String>,
}

/// What an officer can do short of deciding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskStep {
    /// Took the filing.
    Taken,
    /// Gave it back to all.
    GivenBack,
    /// Checked a value.
    Ticked,
    /// Proposed to accept it.
    Proposed,
    /// Did not agree with the proposal.
    SentBack,
    /// Agreed, as the second officer.
    Confirmed,
}

impl DeskStep {
    const ALL: [Self; 6] = [
        Self::Taken,
        Self::GivenBack,
        Self::Ticked,
        Self::Proposed,
        Self::SentBack,
        Self::Confirmed,
    ];

    /// The stored word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::GivenBack => "given_back",
            Self::Ticked => "ticked",
            Self::Proposed => "proposed",
            Self::SentBack => "sent_back",
            Self::Confirmed => "confirmed",
        }
    }

    /// Reads the stored word.
    pub(crate) fn from_code(code: &str) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|step| step.code() == code)
            .ok_or_else(|| StoreError::Corrupt {
                what: "desk step",
                detail: code.to_owned(),
            })
    }
}

/// How a filing lies on the desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnDesk {
    /// Who has taken it.
    pub assignee: Option<String>,
    /// Who proposed to accept it, while that waits.
    pub proposed_by: Option<String>,
    /// Everything that was done, in order.
    pub log: Vec<DeskEntry>,
}

impl OnDesk {
    /// The proposal that waits for a second officer.
    #[must_use]
    pub fn proposal(&self) -> Option<&DeskEntry> {
        self.proposed_by.as_ref()?;
        let proposed = |entry: &&DeskEntry| entry.what == DeskStep::Proposed;
        self.log.iter().rev().find(proposed)
    }

    /// Who ticked a field last.
    #[must_use]
    pub fn tick(&self, path: &str) -> Option<&DeskEntry> {
        self.log
            .iter()
            .rev()
            .find(|entry| entry.what == DeskStep::Ticked && entry.detail.as_deref() == Some(path))
    }
}

/// Who does a step of the desk, to what, when.
#[derive(Debug, Clone)]
pub struct Hand {
    /// Filing.
    pub filing: FilingId,
    /// Staff account id.
    pub actor: String,
    /// Unix seconds.
    pub at: i64,
}

impl Hand {
    /// The line the audit chain gets. Codes only.
    pub(crate) fn audit_entry(&self, what: DeskStep, detail: String) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor: self.actor.clone(),
            action: format!("desk.{}", what.code()),
            subject: self.filing.to_string(),
            detail,
        }
    }
}

/// What became of a step of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is done.
    Yes,
    /// No such filing.
    NotFound,
    /// Something else happened first; nothing was done.
    Stale,
    /// The same person cannot be first and second officer; nothing was done.
    SamePerson,
}

/// A proposal to accept.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Who, what, when.
    pub hand: Hand,
    /// [`super::FilingRecord::version`] the officer saw.
    pub version: u32,
    /// Field paths that were checked with it.
    pub ticks: Vec<String>,
    /// Words for the second officer.
    pub note: Option<String>,
}

/// How a decision came about.
#[derive(Debug, Clone, Default)]
pub struct Conclusion {
    /// The number of the proposal that this confirms: another person's, still waiting. `None`: one officer is enough.
    pub confirms: Option<u32>,
    /// Field paths that were checked with it.
    pub ticks: Vec<String>,
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concluded {
    /// As for one officer.
    Decided(Decided),
    /// The proposal is not waiting any more; nothing was done.
    NoProposal,
    /// Whoever proposed may not confirm; nothing was done.
    SamePerson,
}

/// What is looked for, once it is known what it can be.
#[derive(Debug, Clone)]
pub enum Look {
    /// A number of arrival, also one from before a restore.
    Number(RecipientId, u64),
    /// A filing.
    Id(FilingId),
    /// The case that a family's token opens, by its hash.
    Token([u8; 32]),
    /// Names and readings that begin like this.
    Name {
        /// Folded.
        folded: String,
        /// At most so many: the newest of those that are called just this, and of the first [`MOST_FOUND`] whose names go on.
        most: u32,
    },
}

impl Look {
    /// SQL for the order of what is found (`f`). Names are found in that of their index, so that what one page ends with is what the
    /// next one goes on from.
    pub(crate) const fn order(&self) -> &'static str {
        match self {
            Self::Name { .. } => "f.arrived_at DESC, f.id",
            Self::Number(..) | Self::Id(_) | Self::Token(_) => {
                "f.arrived_at DESC, f.arrival_no DESC"
            }
        }
    }
}

/// What makes an older filing searchable.
#[derive(Debug, Clone)]
pub struct Unsearchable {
    /// Filing.
    pub id: FilingId,
    /// Its signed bytes.
    pub canonical: Vec<u8>,
    /// Reason codes found at arrival.
    pub reasons: Vec<ReasonCode>,
}

/// The desk's part of the store.
#[async_trait]
pub trait DeskStore {
    /// A page of a queue: legal deadline first, then arrival.
    async fn queue(&self, queue: Queue) -> Result<Vec<CaseLine>, StoreError>;
    /// Messages in quarantine that did not land since, up to [`MOST_COUNTED`]: the number on every page.
    async fn badge(&self) -> Result<u64, StoreError>;
    /// Numbers for the tabs of this account, with what is due by this day counted as urgent.
    async fn queue_counts(&self, me: String, urgent: String) -> Result<QueueCounts, StoreError>;
    /// How a filing lies on the desk.
    async fn on_desk(&self, filing: FilingId) -> Result<OnDesk, StoreError>;
    /// Takes a filing, from whoever the officer saw it with (nobody: `None`).
    async fn take(&self, hand: Hand, from: Option<String>) -> Result<Done, StoreError>;
    /// Gives a filing back; only who has it can.
    async fn put_back(&self, hand: Hand) -> Result<Done, StoreError>;
    /// Notes that values were checked, in the version the officer saw.
    async fn tick(&self, hand: Hand, version: u32, paths: Vec<String>) -> Result<Done, StoreError>;
    /// Proposes to accept a filing.
    async fn propose(&self, proposal: Proposal) -> Result<Done, StoreError>;
    /// Sends a proposal back to its maker, with words; never by the maker.
    async fn send_back(&self, hand: Hand, proposal: u32, note: String) -> Result<Done, StoreError>;
    /// Writes an officer's decision: state, history, notice for the device, ticks, audit; one transaction. Where it confirms a
    /// proposal, only as another person than its maker, and only while it waits. There is no other way to decide: whoever calls
    /// this says by whose hand.
    async fn conclude(
        &self,
        decision: Decision,
        conclusion: Conclusion,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Concluded, StoreError>;
    /// Filings that are found, newest first, at most [`MOST_FOUND`].
    async fn look(&self, look: Look) -> Result<Vec<CaseLine>, StoreError>;
    /// Older filings that cannot be searched yet.
    async fn unsearchable(&self, limit: u32) -> Result<Vec<Unsearchable>, StoreError>;
    /// Makes them searchable: their folded terms and reason codes.
    async fn make_searchable(
        &self,
        filings: Vec<(FilingId, Vec<String>, Vec<ReasonCode>)>,
    ) -> Result<(), StoreError>;
}

/// The word of a reason code, as it stands in the database.
#[must_use]
pub fn reason_word(code: ReasonCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Makes the next older filings searchable; answers whether there may be more. Bounded: one short transaction.
///
/// # Errors
/// The store's.
pub async fn catch_up(store: &dyn super::Store) -> Result<bool, StoreError> {
    const STEP: u32 = 500;
    let waiting = store.unsearchable(STEP).await?;
    let more = u32::try_from(waiting.len()).unwrap_or(u32::MAX) >= STEP;
    if waiting.is_empty() {
        return Ok(false);
    }
    let done = waiting
        .into_iter()
        .map(|one| {
            let terms = crate::casework::search::terms_of(&one.canonical);
            (one.id, terms.into_iter().collect(), one.reasons)
        })
        .collect();
    store.make_searchable(done).await?;
    Ok(more)
}

/// SQL for the ids of the filings of a name, the newest first; `begin` and `end` are its parameters. What is called just this is
/// found in the order of the index, however many there are.
pub(crate) fn named(begin: &str, end: &str, most: u32) -> String {
    let terms = "SELECT filing, arrived_at FROM search_terms WHERE kind = 'n' AND";
    format!(
        "SELECT filing FROM (SELECT DISTINCT filing, arrived_at FROM (
             SELECT * FROM ({terms} term = {begin} ORDER BY arrived_at DESC, filing LIMIT {most}) whole
             UNION ALL
             SELECT * FROM ({terms} term > {begin} AND term < {end} LIMIT {MOST_FOUND}) longer) found
         ORDER BY arrived_at DESC, filing LIMIT {most}) newest"
    )
}

/// What follows the last string that begins with `prefix`, for a range over an index by code points.
pub(crate) fn past(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

/// SQL that says whether a filing (`f`) has a reason code, beside its parameter; the codes of the moment are computed as in
/// lists.
pub(crate) fn reason_condition(code: ReasonCode, parameter: &str) -> String {
    let same_child =
        "EXISTS (SELECT 1 FROM filings o WHERE o.child_key = f.child_key AND o.id <> f.id
        AND NOT (o.recipient = f.recipient AND o.device = f.device AND o.case_id = f.case_id
                 AND (o.state = 'returned' OR f.state = 'returned')))";
    let same_count = "EXISTS (SELECT 1 FROM filings o WHERE o.device = f.device AND o.counter = f.counter AND o.id <> f.id)";
    let attached = |state: &str| {
        format!(
            "EXISTS (SELECT 1 FROM attachments a WHERE a.filing = f.id AND a.state = '{state}')"
        )
    };
    let now = match code {
        ReasonCode::DuplicateChild => same_child.to_owned(),
        ReasonCode::DeviceCopied => same_count.to_owned(),
        ReasonCode::AttachmentWaiting => attached("waiting"),
        ReasonCode::AttachmentDamaged => attached("damaged"),
        ReasonCode::SequenceTaken => "f.sequence_taken".to_owned(),
        // found at arrival only: whoever has few of them is led by these, and not through every filing
        _ => {
            return format!(
                "f.id IN (SELECT s.filing FROM search_terms s WHERE s.kind = 'r' AND s.term = {parameter})"
            );
        }
    };
    format!(
        "({now} OR EXISTS (SELECT 1 FROM search_terms s WHERE s.kind = 'r' AND s.term = {parameter} AND s.filing = f.id))"
    )
}
