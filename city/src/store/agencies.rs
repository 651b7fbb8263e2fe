//! What the city keeps about agencies: the message log, answers, questions, consents, certificates.
//!
//! Answers for the words and promises of that part of the store. An exchange and its effect are one transaction: an answer
//! that left the city is in the log, and asking again under the same id changes nothing.

use async_trait::async_trait;
use ubugoe_exchange::MessageId;
use ubugoe_exchange::log::{Entry, Message, Seal};
use ubugoe_protocol::{FilingId, RecipientId};

use super::StoreError;
use crate::agencies::hops::{HopState, Reason};
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;

/// Which paper a certificate is. The two never become each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateKind {
    /// 出生証明書.
    Birth,
    /// 死産証書.
    Stillbirth,
}

impl CertificateKind {
    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Birth => "birth",
            Self::Stillbirth => "stillbirth",
        }
    }

    pub(crate) fn from_code(code: &str) -> Result<Self, StoreError> {
        match code {
            "birth" => Ok(Self::Birth),
            "stillbirth" => Ok(Self::Stillbirth),
            _ => Err(corrupt("kind of certificate", code)),
        }
    }
}

/// How a certificate came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// As a message from the hospital's system.
    Message,
    /// By the form for wards.
    Form,
}

impl Via {
    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Form => "form",
        }
    }

    pub(crate) fn from_code(code: &str) -> Result<Self, StoreError> {
        match code {
            "message" => Ok(Self::Message),
            "form" => Ok(Self::Form),
            _ => Err(corrupt("way of a certificate", code)),
        }
    }
}

/// A certificate to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertificate {
    /// Drawn at random by the caller.
    pub id: [u8; 16],
    /// Which paper.
    pub kind: CertificateKind,
    /// The hospital's id in the configuration.
    pub agency: String,
    /// How it came.
    pub via: Via,
    /// Staff account of a form; `system` for a message.
    pub entered_by: String,
    /// The issuer's number.
    pub number: String,
    /// Which child of the delivery, from 1.
    pub child_order: u8,
    /// The key that a birth notification of the same child has; none for a stillbirth.
    pub child_key: Option<[u8; 32]>,
    /// The typed certificate's own form, JSON.
    pub content: String,
    /// Unix seconds.
    pub received_at: i64,
}

/// A kept certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What was kept.
    pub kept: NewCertificate,
    /// Since when the hospital says that it was a mistake.
    pub voided_at: Option<i64>,
    /// The filing that an officer found to be about the same child, or the same loss.
    pub filing: Option<FilingId>,
    /// Who found that.
    pub linked_by: Option<String>,
}

/// What an answered question did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but being answered.
    None,
    /// A certificate came.
    Certificate(Box<NewCertificate>),
    /// A hospital's earlier certificates of this number were a mistake.
    Withdrawn {
        /// The hospital's id.
        agency: String,
        /// The number.
        number: String,
    },
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Hash of the question it answers.
    pub request_hash: [u8; 64],
    /// Our name for the exchange.
    pub request_id: MessageId,
    /// HTTP status.
    pub status: u16,
    /// Error code, if it is one.
    pub error: Option<String>,
    /// Type of the body.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A question that is answered now, with what follows from it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Who asked, as an address.
    pub peer: String,
    /// Their message id.
    pub id: MessageId,
    /// The answer, unless one was given before.
    pub answer: KeptAnswer,
    /// What it does, if it is new.
    pub effect: Effect,
    /// Question and answer, for the log.
    pub log: Vec<Message>,
    /// For the audit chain, if it is new.
    pub audit: AuditEntry,
    /// Unix seconds.
    pub at: i64,
}

/// A question to an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Kept for every repetition.
    pub id: MessageId,
    /// The filing it is about.
    pub filing: FilingId,
    /// The agency's id in the configuration.
    pub agency: String,
    /// The agency's service.
    pub service: String,
    /// What for, as in consents.
    pub purpose: String,
    /// The article that needs no consent; none: the family's consent is needed.
    pub law: Option<String>,
    /// Whether it would be out of place after a loss.
    pub joyful: bool,
    /// The application number that is sent along.
    pub issue: String,
    /// What follows the service in the address.
    pub path: String,
    /// JSON; none: GET.
    pub body: Option<Vec<u8>>,
    /// Who wants it: a staff account, or `system`.
    pub actor: String,
    /// Unix seconds.
    pub at: i64,
}

/// Whether a question may be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It is.
    Yes,
    /// One of this id is there already; nothing was done.
    Already,
    /// No such filing.
    NoFiling,
    /// The family did not agree, and no law is named.
    NoConsent,
    /// There was a loss in this case.
    Silenced,
}

/// A question and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The question.
    pub request: NewRequest,
    /// State.
    pub state: HopState,
    /// Why, where there is a why.
    pub reason: Option<Reason>,
    /// How often it was sent.
    pub attempts: u32,
    /// Since when it is so, unix seconds.
    pub state_at: i64,
    /// When it is sent (again) by itself.
    pub next_at: Option<i64>,
    /// HTTP status of the answer.
    pub answer_status: Option<u16>,
    /// The answer.
    pub answer: Option<Vec<u8>>,
}

/// A step of a hop.
#[derive(Debug, Clone)]
pub struct HopStep {
    /// Which.
    pub id: MessageId,
    /// The step is taken only from here …
    pub from: HopState,
    /// … and only after so many sendings.
    pub attempts: u32,
    /// To where.
    pub to: HopState,
    /// Why.
    pub reason: Option<Reason>,
    /// How often it was sent, afterwards.
    pub attempts_after: u32,
    /// When it is sent (again) by itself.
    pub next_at: Option<i64>,
    /// Status and body of the answer.
    pub answer: Option<(u16, Vec<u8>)>,
    /// For the message log.
    pub log: Vec<Message>,
    /// A staff account, or `system`.
    pub actor: String,
    /// Unix seconds.
    pub at: i64,
}

impl HopStep {
    pub(crate) fn audit_entry(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor: self.actor.clone(),
            action: format!("request.{}", self.to.code()),
            subject: self.id.to_string(),
            detail: self
                .reason
                .map_or_else(String::new, |why| why.code().to_owned()),
        }
    }
}

/// A family's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Drawn at random.
    pub id: [u8; 16],
    /// The filing that proves it …
    pub filing: FilingId,
    /// … by the digest of what was signed.
    pub digest: [u8; 32],
    /// Which agency.
    pub source: String,
    /// What for.
    pub purpose: String,
    /// Unix seconds.
    pub given_at: i64,
    /// Who recorded it.
    pub given_by: String,
    /// Since when it is withdrawn.
    pub withdrawn_at: Option<i64>,
}

/// What an agency may learn of a birth notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BirthStatus {
    /// The filing.
    pub filing: FilingId,
    /// Its state.
    pub state: FilingState,
    /// When that was reached, unix seconds.
    pub at: i64,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgencyEventKind {
    /// A birth certificate came.
    Birth,
    /// A certificate of a stillbirth came: nothing joyful from here on.
    Loss,
    /// A certificate was a mistake.
    Withdrawn,
}

/// Something that happened, for whoever acts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyEvent {
    /// 1, 2, 3 …
    pub seq: i64,
    /// Unix seconds.
    pub at: i64,
    /// What.
    pub kind: AgencyEventKind,
    /// The certificate's id; see [`AgencyStore::certificate`].
    pub certificate: [u8; 16],
}

/// What the city keeps about agencies.
#[async_trait]
pub trait AgencyStore {
    /// The answer that was given to this question, if one was.
    async fn answer_given(
        &self,
        peer: &str,
        id: MessageId,
    ) -> Result<Option<KeptAnswer>, StoreError>;
    /// Answers a question: effect, answer, log, audit in one transaction. If one of this id was answered before, nothing
    /// is done, and the earlier answer comes back.
    async fn settle_exchange(&self, exchange: Exchange) -> Result<Option<KeptAnswer>, StoreError>;
    /// Appends to the message log.
    async fn log_messages(&self, messages: Vec<Message>) -> Result<(), StoreError>;
    /// A birth notification by its arrival number.
    async fn birth_status(
        &self,
        recipient: &RecipientId,
        arrival_no: u64,
    ) -> Result<Option<BirthStatus>, StoreError>;
    /// Queues a question, if the family agreed or a law is named, and no loss silences it.
    async fn queue_request(&self, request: NewRequest) -> Result<Queued, StoreError>;
    /// Questions that are due, oldest first.
    async fn due_requests(&self, now: i64, limit: u32) -> Result<Vec<Hop>, StoreError>;
    /// When the next question is due.
    async fn next_request_at(&self) -> Result<Option<i64>, StoreError>;
    /// Takes a step. `false`: the hop is elsewhere by now, or (on sending) the consent is gone; nothing was done.
    async fn step_request(&self, step: HopStep) -> Result<bool, StoreError>;
    /// Questions, those that need somebody first, then newest first; of one agency or all.
    async fn requests(&self, agency: Option<&str>, limit: u32) -> Result<Vec<Hop>, StoreError>;
    /// One question.
    async fn request(&self, id: MessageId) -> Result<Option<Hop>, StoreError>;
    /// Records a consent. `false`: the filing does not have this digest, or the same consent stands already.
    async fn give_consent(&self, consent: Consent) -> Result<bool, StoreError>;
    /// Withdraws a consent; what waits under it is stopped in the same transaction. `false`: there is none that stands.
    async fn withdraw_consent(
        &self,
        id: [u8; 16],
        actor: &str,
        at: i64,
    ) -> Result<bool, StoreError>;
    /// Consents of a filing's case, newest first.
    async fn consents(&self, filing: FilingId) -> Result<Vec<Consent>, StoreError>;
    /// Whether the case of this filing consents to this source and purpose now.
    async fn consented(
        &self,
        filing: FilingId,
        source: &str,
        purpose: &str,
    ) -> Result<bool, StoreError>;
    /// Keeps a certificate that was entered by form. `false`: the same one is there already.
    async fn enter_certificate(&self, certificate: NewCertificate) -> Result<bool, StoreError>;
    /// Certificates, newest first; of one hospital or all.
    async fn certificates(
        &self,
        agency: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Certificate>, StoreError>;
    /// One certificate.
    async fn certificate(&self, id: [u8; 16]) -> Result<Option<Certificate>, StoreError>;
    /// Filings that name the same certificate and child.
    async fn filings_of_child(&self, child_key: [u8; 32]) -> Result<Vec<FilingId>, StoreError>;
    /// Records that an officer found a certificate and a filing to be about the same; stops joyful questions after a loss.
    /// `false`: no such certificate or filing, or it was linked before.
    async fn link_certificate(
        &self,
        id: [u8; 16],
        filing: FilingId,
        actor: &str,
        at: i64,
    ) -> Result<bool, StoreError>;
    /// Events with `seq > after`, ascending: read by the non-stop engine.
    async fn agency_events(&self, after: i64, limit: u32) -> Result<Vec<AgencyEvent>, StoreError>;
    /// Entries of the message log with `seq > after`, ascending.
    async fn message_entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError>;
    /// Number and hash of the newest entry, and when the oldest unsealed one was written.
    async fn message_head(&self) -> Result<Option<LogHead>, StoreError>;
    /// All seals, in order.
    async fn message_seals(&self) -> Result<Vec<Seal>, StoreError>;
    /// Keeps a seal. `false`: its number is taken.
    async fn keep_seal(&self, seal: Seal) -> Result<bool, StoreError>;
}

/// The end of the message log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Newest entry.
    pub seq: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Number of the newest seal; 0 if there is none.
    pub seal: i64,
    /// The newest entry it covers; 0 if there is none.
    pub sealed: i64,
    /// When the first entry behind it was written.
    pub since: Option<i64>,
}

pub(crate) fn corrupt(what: &'static str, found: &str) -> StoreError {
    StoreError::Corrupt {
        what,
        detail: found.to_owned(),
    }
}

/// A value on its way into a database or out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

macro_rules! cell_from {
    ($($from:ty: $value:ident => $cell:expr;)*) => {
        $(impl From<$from> for Cell {
            fn from($value: $from) -> Self {
                $cell
            }
        })*
    };
}

cell_from! {
    i64: value => Self::Int(value);
    u32: value => Self::Int(i64::from(value));
    u16: value => Self::Int(i64::from(value));
    u8: value => Self::Int(i64::from(value));
    bool: value => Self::Int(i64::from(value));
    &str: value => Self::Text(value.to_owned());
    &String: value => Self::Text(value.clone());
    String: value => Self::Text(value);
    &[u8]: value => Self::Blob(value.to_vec());
    MessageId: value => Self::Text(value.to_string());
    FilingId: value => Self::Blob(value.as_bytes().to_vec());
}

impl<const N: usize> From<[u8; N]> for Cell {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row, taken apart from the left.
#[derive(Debug)]
pub(crate) struct Cells(std::vec::IntoIter<Cell>);

impl Cells {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    fn wrong(what: &'static str) -> StoreError {
        corrupt(what, "another type")
    }

    pub(crate) fn maybe_int<T: TryFrom<i64>>(
        &mut self,
        what: &'static str,
    ) -> Result<Option<T>, StoreError> {
        match self.0.next() {
            Some(Cell::Null) => Ok(None),
            Some(Cell::Int(value)) => super::unsigned(what, value).map(Some),
            _ => Err(Self::wrong(what)),
        }
    }

    pub(crate) fn int<T: TryFrom<i64>>(&mut self, what: &'static str) -> Result<T, StoreError> {
        self.maybe_int(what)?.ok_or_else(|| Self::wrong(what))
    }

    pub(crate) fn maybe_text(&mut self, what: &'static str) -> Result<Option<String>, StoreError> {
        match self.0.next() {
            Some(Cell::Null) => Ok(None),
            Some(Cell::Text(value)) => Ok(Some(value)),
            _ => Err(Self::wrong(what)),
        }
    }

    pub(crate) fn text(&mut self, what: &'static str) -> Result<String, StoreError> {
        self.maybe_text(what)?.ok_or_else(|| Self::wrong(what))
    }

    pub(crate) fn maybe_blob(&mut self, what: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.0.next() {
            Some(Cell::Null) => Ok(None),
            Some(Cell::Blob(value)) => Ok(Some(value)),
            _ => Err(Self::wrong(what)),
        }
    }

    pub(crate) fn blob(&mut self, what: &'static str) -> Result<Vec<u8>, StoreError> {
        self.maybe_blob(what)?.ok_or_else(|| Self::wrong(what))
    }

    pub(crate) fn bytes<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], StoreError> {
        super::fixed(what, &self.blob(what)?)
    }

    pub(crate) fn message_id(&mut self, what: &'static str) -> Result<MessageId, StoreError> {
        let text = self.text(what)?;
        text.parse().map_err(|_| corrupt(what, &text))
    }
}

/// Columns of [`Hop`], in its order.
pub(crate) const HOP: &str = "id, filing, agency, service, purpose, law, joyful, issue, path, body, created_at, state, reason, attempts, state_at, next_at, answer_status, answer";

pub(crate) fn hop(row: &mut Cells) -> Result<Hop, StoreError> {
    let request = NewRequest {
        id: row.message_id("message id")?,
        filing: FilingId::from_bytes(row.bytes("filing id")?),
        agency: row.text("agency")?,
        service: row.text("service")?,
        purpose: row.text("purpose")?,
        law: row.maybe_text("law")?,
        joyful: row.int::<i64>("joyful")? != 0,
        issue: row.text("issue")?,
        path: row.text("path")?,
        body: row.maybe_blob("body")?,
        actor: String::new(),
        at: row.int("time")?,
    };
    let (state, reason) = (row.text("state of a request")?, row.maybe_text("reason")?);
    Ok(Hop {
        request,
        state: HopState::from_code(&state).ok_or_else(|| corrupt("state of a request", &state))?,
        reason: reason
            .map(|code| Reason::from_code(&code).ok_or_else(|| corrupt("reason", &code)))
            .transpose()?,
        attempts: row.int("attempts")?,
        state_at: row.int("time")?,
        next_at: row.maybe_int("time")?,
        answer_status: row.maybe_int("status")?,
        answer: row.maybe_blob("answer")?,
    })
}

/// Columns of [`Certificate`], in its order.
pub(crate) const CERTIFICATE: &str = "id, kind, agency, via, entered_by, number, child_order, child_key, content, received_at, voided_at, filing, linked_by";

pub(crate) fn certificate(row: &mut Cells) -> Result<Certificate, StoreError> {
    Ok(Certificate {
        kept: NewCertificate {
            id: row.bytes("certificate id")?,
            kind: CertificateKind::from_code(&row.text("kind")?)?,
            agency: row.text("agency")?,
            via: Via::from_code(&row.text("way")?)?,
            entered_by: row.text("staff")?,
            number: row.text("number")?,
            child_order: row.int("order")?,
            child_key: row
                .maybe_blob("child key")?
                .map(|key| super::fixed("child key", &key))
                .transpose()?,
            content: row.text("certificate")?,
            received_at: row.int("time")?,
        },
        voided_at: row.maybe_int("time")?,
        filing: row
            .maybe_blob("filing id")?
            .map(|id| super::fixed("filing id", &id).map(FilingId::from_bytes))
            .transpose()?,
        linked_by: row.maybe_text("staff")?,
    })
}

pub(crate) fn entry(row: &mut Cells) -> Result<Entry, StoreError> {
    let seq = row.int("entry")?;
    let at = row.int("time")?;
    let direction = row.text("direction")?;
    Ok(Entry {
        seq,
        message: Message {
            at,
            direction: ubugoe_exchange::log::Direction::from_code(&direction)
                .ok_or_else(|| corrupt("direction", &direction))?,
            peer: row.text("peer")?,
            id: row.text("message id")?,
            head: row.text("head")?,
            body: row.bytes("body digest")?,
            signature: row.blob("signature")?,
        },
        prev: row.bytes("log hash")?,
        hash: row.bytes("log hash")?,
    })
}

pub(crate) fn consent(row: &mut Cells) -> Result<Consent, StoreError> {
    Ok(Consent {
        id: row.bytes("consent id")?,
        filing: FilingId::from_bytes(row.bytes("filing id")?),
        digest: row.bytes("digest")?,
        source: row.text("source")?,
        purpose: row.text("purpose")?,
        given_at: row.int("time")?,
        given_by: row.text("staff")?,
        withdrawn_at: row.maybe_int("time")?,
    })
}
