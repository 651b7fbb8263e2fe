//! What goes down to devices: orders, updates, certificates; what they make of it; words of the store for all of that.
//!
//! Nothing here is about filings. Every item waits in a row until its device has said that it has it.

use ubugoe_protocol::report::{Outcome, UpdateState};
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{CommandId, DeviceId, Part, UpdateId};

use super::StoreError;
use crate::casework::audit::AuditEntry;

/// What an item on its way down is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownKind {
    /// A signed order.
    Command,
    /// A signed announcement of an update.
    Manifest,
    /// A part of an update.
    Part,
    /// A signed certificate.
    Grant,
}

impl DownKind {
    const ALL: [Self; 4] = [Self::Command, Self::Manifest, Self::Part, Self::Grant];

    /// The word stored in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Manifest => "manifest",
            Self::Part => "part",
            Self::Grant => "grant",
        }
    }

    /// Reads the stored word.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a word no program of ours wrote.
    pub fn from_code(code: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|kind| kind.code() == code);
        found.ok_or_else(|| corrupt("kind of item", code))
    }
}

fn corrupt(what: &'static str, code: &str) -> StoreError {
    StoreError::Corrupt {
        what,
        detail: code.to_owned(),
    }
}

/// An item whose sending is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownItem {
    /// Row number.
    pub id: i64,
    /// To whom.
    pub device: DeviceId,
    /// What.
    pub kind: DownKind,
    /// As it goes into a downlink message.
    pub payload: Vec<u8>,
    /// How often it was handed to the broker.
    pub attempts: u32,
}

/// How an item's sending went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownAttempt {
    /// Row number.
    pub id: i64,
    /// Sendings so far, this one included.
    pub attempts: u32,
    /// Unix seconds.
    pub now: i64,
    /// When to send again; `None`: not by itself.
    pub next_at: Option<i64>,
}

/// A signed order, ready to go down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Which.
    pub id: CommandId,
    /// To whom.
    pub device: DeviceId,
    /// What, for lists and the audit chain: `close`, `resend since=…`.
    pub what: String,
    /// As signed.
    pub signed: Vec<u8>,
    /// When it was signed, unix seconds.
    pub at: i64,
    /// After this it is not done any more, unix seconds.
    pub expires: i64,
    /// Who ordered it.
    pub actor: String,
}

impl NewOrder {
    /// The line the audit chain gets.
    pub(crate) fn audit_entry(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor: self.actor.clone(),
            action: "command.ordered".to_owned(),
            subject: self.id.to_string(),
            detail: format!("device={} {}", self.device, self.what),
        }
    }
}

/// An order and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Which.
    pub id: CommandId,
    /// To whom.
    pub device: String,
    /// What.
    pub what: String,
    /// When, unix seconds.
    pub at: i64,
    /// Until when, unix seconds.
    pub expires: i64,
    /// Who ordered it.
    pub actor: String,
    /// What the device answered, with its words and when (unix seconds).
    pub answer: Option<(Outcome, String, i64)>,
    /// How often it was handed to the broker.
    pub attempts: u32,
}

/// The word stored for an outcome.
#[must_use]
pub fn outcome_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
    }
}

pub(crate) fn outcome_from_code(code: &str) -> Result<Outcome, StoreError> {
    match code {
        "done" => Ok(Outcome::Done),
        "refused" => Ok(Outcome::Refused),
        other => Err(corrupt("outcome", other)),
    }
}

/// The word stored for how an update stands on a device.
#[must_use]
pub fn update_code(state: UpdateState) -> &'static str {
    match state {
        UpdateState::Staged => "staged",
        UpdateState::Healthy => "healthy",
        UpdateState::Failed => "failed",
        UpdateState::Withdrawn => "withdrawn",
    }
}

pub(crate) fn update_from_code(code: &str) -> Result<UpdateState, StoreError> {
    match code {
        "staged" => Ok(UpdateState::Staged),
        "healthy" => Ok(UpdateState::Healthy),
        "failed" => Ok(UpdateState::Failed),
        "withdrawn" => Ok(UpdateState::Withdrawn),
        other => Err(corrupt("update state", other)),
    }
}

/// The word stored for the content of an update.
#[must_use]
pub fn content_code(content: Content) -> &'static str {
    match content {
        Content::Catalogue => "catalogue",
        Content::Profile => "profile",
        Content::System => "system",
    }
}

pub(crate) fn content_from_code(code: &str) -> Result<Content, StoreError> {
    match code {
        "catalogue" => Ok(Content::Catalogue),
        "profile" => Ok(Content::Profile),
        "system" => Ok(Content::System),
        other => Err(corrupt("content", other)),
    }
}

/// A device asks for a new certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateAsk {
    /// Who.
    pub device: DeviceId,
    /// SHA-256 of the request.
    pub request: [u8; 32],
    /// The request, PKCS #10, DER.
    pub csr: Vec<u8>,
    /// When it last asked, unix seconds.
    pub asked_at: i64,
    /// When an operator granted it, unix seconds.
    pub granted_at: Option<i64>,
}

/// A signed certificate, ready to go down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// To whom.
    pub device: DeviceId,
    /// SHA-256 of the request it answers.
    pub request: [u8; 32],
    /// As signed.
    pub signed: Vec<u8>,
    /// When, unix seconds.
    pub at: i64,
    /// Who granted it.
    pub actor: String,
}

impl NewGrant {
    /// The line the audit chain gets.
    pub(crate) fn audit_entry(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor: self.actor.clone(),
            action: "certificate.granted".to_owned(),
            subject: self.device.to_string(),
            detail: hex::encode(self.request),
        }
    }
}

/// How far a rollout has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolloutState {
    /// On the canary wards.
    Canary,
    /// Everywhere.
    Everywhere,
    /// Taken back; it goes nowhere any more.
    Withdrawn,
}

impl RolloutState {
    const ALL: [Self; 3] = [Self::Canary, Self::Everywhere, Self::Withdrawn];

    /// The word stored in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Everywhere => "everywhere",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn from_code(code: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|state| state.code() == code);
        found.ok_or_else(|| corrupt("rollout state", code))
    }
}

/// An update, ready to go to its canaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRollout {
    /// Which update.
    pub id: UpdateId,
    /// Of what.
    pub content: Content,
    /// Its version, one above [`super::Store::newest_version`].
    pub version: u64,
    /// The signed manifest.
    pub manifest: Vec<u8>,
    /// Its parts.
    pub parts: Vec<Part>,
    /// Canary wards.
    pub wards: Vec<String>,
    /// Devices of those wards.
    pub canaries: Vec<DeviceId>,
    /// Seconds the canaries are observed.
    pub observe: i64,
    /// When, unix seconds.
    pub at: i64,
    /// Who published it.
    pub actor: String,
}

impl NewRollout {
    /// The line the audit chain gets.
    pub(crate) fn audit_entry(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor: self.actor.clone(),
            action: "rollout.canary".to_owned(),
            subject: self.id.to_string(),
            detail: format!(
                "{} version={} canaries={}",
                content_code(self.content),
                self.version,
                self.canaries.len()
            ),
        }
    }
}

/// How an update stands on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutDevice {
    /// Which device.
    pub device: DeviceId,
    /// Whether it belongs to a canary ward.
    pub canary: bool,
    /// Since when it is on its way there, unix seconds.
    pub since: i64,
    /// What the device reported last, and its words.
    pub report: Option<(UpdateState, String)>,
    /// When the device was first heard of since then, unix seconds.
    pub seen_from: Option<i64>,
    /// When the device was last heard of, unix seconds.
    pub seen_at: Option<i64>,
}

/// A rollout with its devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// Which update.
    pub id: UpdateId,
    /// Of what.
    pub content: Content,
    /// Its version.
    pub version: u64,
    /// Canary wards.
    pub wards: Vec<String>,
    /// Seconds the canaries are observed.
    pub observe: i64,
    /// When it was published, unix seconds.
    pub published_at: i64,
    /// Who published it.
    pub actor: String,
    /// How far it has come.
    pub state: RolloutState,
    /// Since when, unix seconds.
    pub state_at: i64,
    /// Where it went.
    pub devices: Vec<RolloutDevice>,
}

/// A step of a rollout, done in one transaction if the rollout still is where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Which update.
    pub id: UpdateId,
    /// Where it is.
    pub from: RolloutState,
    /// Where it goes.
    pub to: RolloutState,
    /// Devices that get it now.
    pub send: Vec<DeviceId>,
    /// Orders that go with it.
    pub orders: Vec<NewOrder>,
    /// The line the audit chain gets.
    pub entry: AuditEntry,
}

/// Wards as stored text.
pub(crate) fn wards_to_text(wards: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(wards).map_err(|source| StoreError::Corrupt {
        what: "wards",
        detail: source.to_string(),
    })
}

/// Wards from stored text.
pub(crate) fn wards_from_text(text: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Corrupt {
        what: "wards",
        detail: source.to_string(),
    })
}
