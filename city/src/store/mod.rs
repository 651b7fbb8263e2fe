//! What the city keeps, as one trait with one behaviour.
//!
//! Answers for the words of persistence (what is stored, what a caller gets back, what is promised on
//! return) and for nothing of any database: SQL lives only in [`sqlite`] and [`postgres`], and, where both
//! understand the same statement, once in [`nonstop`] and [`retention`]. The same
//! story test (`tests/store_story.rs`) runs on both. Every time is handed in; nothing here reads a clock.
//!
//! A store is one office's: its tables (a file, or a schema in PostgreSQL) belong to the office that opened them first, and
//! nobody else opens them. So no statement asks whose a row is (decision 0024).
//!
//! Promise of every method that returns `Ok`: what it wrote is committed and survives a power cut.

pub mod agencies;
pub mod attachments;
pub mod audit;
pub mod desk;
pub mod door;
pub mod down;
pub mod enrol;
pub mod family;
pub mod leases;
pub mod migrate;
pub mod nonstop;
pub mod papers;
pub mod postgres;
pub mod published;
pub mod retention;
pub mod second;
pub mod second_card;
pub mod services;
pub mod sqlite;

use std::error::Error as StdError;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use ubugoe_protocol::report::{Outcome, UpdateState};
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{
    AttachmentRef, CaseId, Chunk, CommandId, DeviceId, FilingId, Interval, Place, Receipt,
    RecipientId, UpdateId,
};

use crate::casework::audit::{AuditEntry, AuditRecord};
use crate::casework::{FilingState, ReasonCode};

pub use papers::{ExportRow, NewExport, PapersStore};

pub use attachments::{Attachment, AttachmentState};
pub use door::{DoorStore, Person, Rotation, Session};
pub use down::{
    Advance, CertificateAsk, DownAttempt, DownItem, DownKind, NewGrant, NewOrder, NewRollout,
    OrderRow, Rollout, RolloutDevice, RolloutState,
};

/// Why the store could not do what was asked. Named by operation; the driver's own error is the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database could not be opened or reached.
    #[error("cannot open the database {place}")]
    Open {
        /// File path or server address, never with a password.
        place: String,
        /// The driver's error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The tables hold another office's cases. Nothing was written.
    #[error(
        "the tables in {place} hold the cases of {found}, and this office is {wanted}: every office needs tables of its own \
         (store.schema in PostgreSQL, a file of its own with SQLite)"
    )]
    AnotherOffice {
        /// File or schema.
        place: String,
        /// Whose they are, by recipient id.
        found: String,
        /// Who asked, by recipient id.
        wanted: RecipientId,
    },
    /// A statement failed.
    #[error("the database failed while {doing}")]
    Statement {
        /// What was being done, for the log.
        doing: &'static str,
        /// The driver's error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The database cannot do it now: it starts, stops, is full, locked or gone. What was to be written is not at fault.
    #[error("the database is not to be had while {doing}")]
    Unavailable {
        /// What was being done, for the log.
        doing: &'static str,
        /// The driver's error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A migration of the file differs from the one this program carries.
    #[error(
        "migration {number} in the database is not the one this program knows; refusing to touch the data"
    )]
    MigrationChanged {
        /// Number of the migration.
        number: i32,
    },
    /// The database was written by a newer program.
    #[error(
        "the database is at migration {found}, this program knows {known}; install the newer program"
    )]
    TooNew {
        /// Highest migration found in the database.
        found: i32,
        /// Highest migration this program carries.
        known: i32,
    },
    /// A stored value does not have the shape it was written with.
    #[error("stored {what} is not readable: {detail}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// What was wrong with it.
        detail: String,
    },
    /// Signing a receipt, refusal or status inside the transaction failed; nothing was committed.
    #[error("cannot sign a {what} for the device")]
    Seal {
        /// Receipt, refusal or status.
        what: &'static str,
        /// The signer's error.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The lease under which this was to land is another program's by now; nothing was committed.
    #[error("another program has taken over the inbox {name}; nothing was committed")]
    Fenced {
        /// Which.
        name: String,
    },
    /// Two writers met on the same row in a way the locking order forbids; the caller may try again.
    #[error("another writer interfered while {doing}; nothing was committed")]
    Raced {
        /// What was being done.
        doing: &'static str,
    },
    /// The worker thread of a database call ended without an answer.
    #[error("the database worker ended without an answer while {doing}")]
    WorkerGone {
        /// What was being done.
        doing: &'static str,
    },
}

impl StoreError {
    /// A statement failed; `passing` if the database was at fault and not the statement.
    fn failed(
        doing: &'static str,
        passing: bool,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        let source = Box::new(source);
        if passing {
            Self::Unavailable { doing, source }
        } else {
            Self::Statement { doing, source }
        }
    }
}

/// How far one part of a signature check got. Stored with the filing and shown to the officer as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Checked and right.
    Ok,
    /// Checked and wrong.
    Bad,
    /// Not checked, or not reached because an earlier part was wrong.
    Unknown,
}

/// Result of checking the parent's signature, part by part (dataformats §13: a result is never more
/// than what was really checked).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFinding {
    /// The signature value matches the canonical bytes and the certificate's key.
    pub math: Finding,
    /// The certificate leads to a configured trust anchor.
    pub chain: Finding,
    /// The certificate was within its dates when the filing arrived.
    pub validity: Finding,
    /// Revocation. Always [`Finding::Unknown`] until a revocation service is connected.
    pub revocation: Finding,
    /// Certificate subject as text, for the officer only.
    pub subject: Option<String>,
    /// Certificate serial number, lower-case hex: the key that core systems match persons by.
    pub serial: Option<String>,
    /// What was wrong, in the verifier's words.
    pub problem: Option<String>,
}

/// One reason an officer should look closer, kept as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which reason.
    pub code: ReasonCode,
    /// Field path or other short detail; never a name or an address.
    pub detail: Option<String>,
}

/// What lists need to know about a filing without reading its canonical bytes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Procedure title in Japanese.
    pub title_ja: String,
    /// Procedure title in English.
    pub title_en: String,
    /// The child's name as filed, code points untouched; `None` while 名未定.
    pub child: Option<String>,
    /// The filer's or claimant's name as filed.
    pub claimant: Option<String>,
    /// Signature check at arrival.
    pub signature: SignatureFinding,
    /// Reasons found at arrival.
    pub reasons: Vec<Reason>,
    /// The filer is under a support measure (支援措置): addresses are masked in the console.
    pub protected: bool,
}

/// A filing that was opened and judged, ready to land.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The filing's id = outbox key on the device.
    pub id: FilingId,
    /// The device that signed the envelope.
    pub device: DeviceId,
    /// Whom it is for.
    pub recipient: RecipientId,
    /// Case it belongs to. Cases are kept apart per device: a case id seen elsewhere opens nothing.
    pub case: CaseId,
    /// Position in the case as the device counted.
    pub case_seq: u32,
    /// Schema of the content, for example `ubugoe-filing/1`.
    pub schema: String,
    /// When the device made it, unix seconds. Informative; the legal time is the arrival.
    pub created: i64,
    /// SHA-256 of the canonical bytes.
    pub digest: [u8; 32],
    /// The canonical bytes that were shown and signed.
    pub canonical: Vec<u8>,
    /// Detached CMS signature, DER.
    pub signature: Vec<u8>,
    /// Procedure id.
    pub procedure: String,
    /// Idempotency on substance: hash of (procedure, certificate number, child order), if known.
    pub child_key: Option<[u8; 32]>,
    /// Legal due day, `YYYY-MM-DD`, if the procedure has one that could be computed.
    pub due: Option<String>,
    /// What lists need.
    pub facts: Facts,
    /// Folded names and readings under which it is found; see [`crate::casework::search`].
    pub terms: Vec<String>,
    /// Random token, used only if this filing opens its case.
    pub fresh_token: String,
    /// The whole message as it came, kept only if it must be quarantined.
    pub wire: Vec<u8>,
    /// The number in the device's time claim.
    pub counter: u64,
    /// Between which moments it was signed; none when the device's account contradicts itself or the arrival.
    pub signed: Option<Interval>,
    /// Its place in its visit.
    pub visit: Place,
    /// The attachments it names; they travel in pieces of their own.
    pub attachments: Vec<AttachmentRef>,
}

impl Arrival {
    /// What its receipt says: when it arrived, under which number, with which token of its case.
    pub(crate) fn receipt_facts(
        &self,
        (at, arrival_no, token): (i64, u64, String),
        era: i64,
    ) -> ReceiptFacts {
        ReceiptFacts {
            id: self.id,
            digest: self.digest,
            recipient: self.recipient.clone(),
            arrived_at: at,
            arrival_no,
            token,
            visit: Some(self.visit),
            signed: self.signed,
            era,
        }
    }

    /// The line the audit chain gets when it lands, for the first time or under the number a restored database forgot.
    pub(crate) fn audit_entry(&self, now: i64, arrival_no: u64, restored: bool) -> AuditEntry {
        let action = if restored {
            "filing.restored"
        } else {
            "filing.arrived"
        };
        system_line(
            now,
            action,
            &self.id,
            format!("no={arrival_no} device={}", self.device),
        )
    }

    /// The line for a count that this device has already used: it was copied.
    pub(crate) fn copied_entry(&self, now: i64) -> AuditEntry {
        let detail = format!("device={} counter={}", self.device, self.counter);
        system_line(now, "device.copied", &self.id, detail)
    }

    /// When it was signed, for an arrival at this moment.
    pub(crate) fn signed_by(&self, arrived_at: i64) -> Option<Interval> {
        self.signed.map(|signed| {
            let until = signed.until.min(arrived_at);
            Interval {
                from: signed.from.min(until),
                until,
            }
        })
    }
}

/// A line of the audit chain that no person caused.
pub(crate) fn system_line(
    at: i64,
    action: &str,
    subject: &dyn ToString,
    detail: String,
) -> AuditEntry {
    AuditEntry {
        at,
        actor: "system".to_owned(),
        action: action.to_owned(),
        subject: subject.to_string(),
        detail,
    }
}

/// A piece of an attachment, opened and ready to land.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its id = outbox key on the device.
    pub id: FilingId,
    /// The device that signed the envelope.
    pub device: DeviceId,
    /// Whom it is for.
    pub recipient: RecipientId,
    /// The piece.
    pub chunk: Chunk,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// The whole message as it came, kept only if it must be quarantined.
    pub wire: Vec<u8>,
}

impl Piece {
    /// What its receipt says: a piece has no number and no page.
    pub(crate) fn receipt_facts(&self, moment: Moment) -> ReceiptFacts {
        ReceiptFacts {
            id: self.id,
            digest: self.digest,
            recipient: self.recipient.clone(),
            arrived_at: moment.now,
            arrival_no: 0,
            token: String::new(),
            visit: None,
            signed: None,
            era: moment.era,
        }
    }
}

/// What a device said for itself, as far as it is kept.
#[derive(Debug, Clone)]
pub struct Said {
    /// Who said it; its signature held.
    pub device: DeviceId,
    /// What.
    pub word: Word,
}

/// Word from a device.
#[derive(Debug, Clone)]
pub enum Word {
    /// These notices are on its disk.
    Seen(Vec<(FilingId, u32)>),
    /// Receipts of ours, verified, with their signed bytes.
    Earlier(Vec<(Receipt, Vec<u8>)>),
    /// What became of an order.
    Command {
        /// Which.
        id: CommandId,
        /// Whether it was done.
        outcome: Outcome,
        /// The device's words.
        detail: String,
    },
    /// How an update went.
    Update {
        /// Which.
        id: UpdateId,
        /// How far it has come.
        state: UpdateState,
        /// The device's words.
        detail: String,
    },
    /// A request for a new certificate, PKCS #10, DER.
    CertificateAsk(Vec<u8>),
}

/// A message that could not become a filing, kept for staff.
#[derive(Debug, Clone)]
pub struct NewQuarantine {
    /// The whole message as it came.
    pub wire: Vec<u8>,
    /// Device named by the topic, if it is a well-formed id.
    pub device: Option<DeviceId>,
    /// Why it is here.
    pub reason: QuarantineReason,
    /// Technical detail; never a name or an address.
    pub detail: String,
    /// Signed refusal that goes back to the device, if one does.
    pub refusal: Option<Vec<u8>>,
}

impl NewQuarantine {
    /// The line the audit chain gets the first time these bytes are set aside.
    pub(crate) fn audit_entry(&self, wire_sha256: &[u8; 32], now: i64) -> AuditEntry {
        AuditEntry {
            at: now,
            actor: "system".to_owned(),
            action: "message.quarantined".to_owned(),
            subject: hex::encode(wire_sha256),
            detail: self.reason.code().to_owned(),
        }
    }
}

/// Why a message is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarantineReason {
    /// Not an envelope at all.
    Malformed,
    /// Signed by (or claiming) a device that is not registered here.
    UnknownDevice,
    /// The envelope's device is not the one whose topic carried it.
    DeviceMismatch,
    /// The device's signature is wrong.
    BadDeviceSignature,
    /// Could not be decrypted with this city's key.
    Undecryptable,
    /// For another recipient.
    WrongRecipient,
    /// Opened, but the content is not a filing this program can read.
    UnreadableContent,
    /// A kind or schema this program does not take.
    UnsupportedKind,
    /// Same id as a stored filing with other content.
    DigestConflict,
    /// From a revoked device, and not provably signed before it was revoked.
    RevokedDevice,
}

impl QuarantineReason {
    /// Every reason, for exhaustive tests and parsing.
    pub const ALL: [Self; 10] = [
        Self::Malformed,
        Self::UnknownDevice,
        Self::DeviceMismatch,
        Self::BadDeviceSignature,
        Self::Undecryptable,
        Self::WrongRecipient,
        Self::UnreadableContent,
        Self::UnsupportedKind,
        Self::DigestConflict,
        Self::RevokedDevice,
    ];

    /// The word stored in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownDevice => "unknown_device",
            Self::DeviceMismatch => "device_mismatch",
            Self::BadDeviceSignature => "bad_device_signature",
            Self::Undecryptable => "undecryptable",
            Self::WrongRecipient => "wrong_recipient",
            Self::UnreadableContent => "unreadable_content",
            Self::UnsupportedKind => "unsupported_kind",
            Self::DigestConflict => "digest_conflict",
            Self::RevokedDevice => "revoked_device",
        }
    }

    /// Reads the stored word.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a word no program of ours wrote.
    pub fn from_code(code: &str) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.code() == code)
            .ok_or_else(|| StoreError::Corrupt {
                what: "quarantine reason",
                detail: code.to_owned(),
            })
    }
}

/// One micro-batch. It lands in one transaction or not at all.
#[derive(Debug, Default)]
pub struct Batch {
    /// Filings to land.
    pub arrivals: Vec<Arrival>,
    /// Pieces of attachments to land.
    pub pieces: Vec<Piece>,
    /// What devices said.
    pub said: Vec<Said>,
    /// Devices that showed a sign of life worth a write.
    pub alive: Vec<DeviceId>,
    /// Messages to keep aside.
    pub quarantined: Vec<NewQuarantine>,
    /// The city's clock, unix seconds; becomes the arrival time of what is new.
    pub now: i64,
    /// Under which lease it lands, where several programs share the work. Whoever lost it lands nothing.
    pub fence: Option<leases::Fence>,
}

impl Batch {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
            && self.pieces.is_empty()
            && self.said.is_empty()
            && self.alive.is_empty()
            && self.quarantined.is_empty()
    }

    /// Whose running numbers and era it needs; none if it needs none.
    pub(crate) fn recipient(&self) -> Option<&RecipientId> {
        let arrival = self.arrivals.first().map(|arrival| &arrival.recipient);
        let piece = || self.pieces.first().map(|piece| &piece.recipient);
        arrival.or_else(piece).or_else(|| {
            self.said.iter().find_map(|said| match &said.word {
                Word::Earlier(receipts) => receipts.first().map(|(receipt, _)| &receipt.recipient),
                Word::Seen(_)
                | Word::Command { .. }
                | Word::Update { .. }
                | Word::CertificateAsk(_) => None,
            })
        })
    }
}

/// What became of one arrival or piece: those of [`Batch::arrivals`] in their order, then those of [`Batch::pieces`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landed {
    /// Stored now.
    New {
        /// Signed receipt.
        receipt: Vec<u8>,
        /// Arrival number; 0 for a piece of an attachment.
        arrival_no: u64,
        /// Its device has used this count before, for another filing.
        copied: bool,
    },
    /// Was stored before; the same receipt again.
    Again {
        /// Signed receipt, byte for byte the first one unless the database was restored since.
        receipt: Vec<u8>,
    },
    /// Same id, other content: kept in quarantine, refused.
    Conflict {
        /// Signed refusal.
        refusal: Vec<u8>,
    },
}

/// Facts a receipt is made of, fixed inside the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFacts {
    /// Filing.
    pub id: FilingId,
    /// SHA-256 of the canonical bytes.
    pub digest: [u8; 32],
    /// Who received it.
    pub recipient: RecipientId,
    /// Unix seconds on the city's clock.
    pub arrived_at: i64,
    /// Sequential per recipient, from 1; 0 for a piece of an attachment.
    pub arrival_no: u64,
    /// Family page token of the case; empty for a piece of an attachment.
    pub token: String,
    /// Its place in its visit; none for a piece of an attachment.
    pub visit: Option<Place>,
    /// Between which moments it was signed.
    pub signed: Option<Interval>,
    /// When the database was last restored, unix seconds; 0 if it never was.
    pub era: i64,
}

/// Facts a status notice is made of, fixed inside the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusFacts {
    /// Filing.
    pub id: FilingId,
    /// 1 for the first notice of a filing, then counting.
    pub seq: u32,
    /// New state.
    pub state: FilingState,
    /// Reason code of a return.
    pub reason: Option<String>,
    /// The officer's words for the family, already checked to name nobody.
    pub note: Option<String>,
    /// Unix seconds.
    pub at: i64,
}

/// Error type of a [`Sealer`].
pub type SealFailure = Box<dyn StdError + Send + Sync>;

/// Signs what leaves for a device. Called inside transactions, so that a signed thing and the row it
/// speaks of are committed together.
pub trait Sealer: Send + Sync {
    /// Signs a receipt.
    ///
    /// # Errors
    /// Whatever the signer says; the transaction is rolled back.
    fn receipt(&self, facts: &ReceiptFacts) -> Result<Vec<u8>, SealFailure>;
    /// The same receipt as signed in this era: a device that was asked for its filings after a restore believes no older one.
    /// A receipt of this era comes back byte for byte.
    ///
    /// # Errors
    /// Whatever the signer says, or that the bytes are no receipt of ours; the transaction is rolled back.
    fn in_era(&self, receipt: Vec<u8>, era: i64) -> Result<Vec<u8>, SealFailure>;
    /// Signs a refusal because of conflicting content; `envelope` is the SHA-256 of the message as it came.
    ///
    /// # Errors
    /// Whatever the signer says; the transaction is rolled back.
    fn conflict_refusal(
        &self,
        id: FilingId,
        envelope: [u8; 32],
        at: i64,
    ) -> Result<Vec<u8>, SealFailure>;
    /// Signs a status notice.
    ///
    /// # Errors
    /// Whatever the signer says; the transaction is rolled back.
    fn status(&self, facts: &StatusFacts) -> Result<Vec<u8>, SealFailure>;
}

/// One line of the case list.
#[derive(Debug, Clone)]
pub struct FilingRow {
    /// Filing.
    pub id: FilingId,
    /// Arrival number.
    pub arrival_no: u64,
    /// Unix seconds.
    pub arrived_at: i64,
    /// Procedure id.
    pub procedure: String,
    /// Legal due day.
    pub due: Option<String>,
    /// State.
    pub state: FilingState,
    /// Facts found at arrival.
    pub facts: Facts,
    /// The case slot was already taken by another filing.
    pub sequence_taken: bool,
    /// Another filing speaks of the same child in the same procedure.
    pub duplicate: bool,
    /// Another filing carries the same count of the same device.
    pub counter_reused: bool,
    /// How the worst of its attachments stands; none if it names none, or all are complete.
    pub attachments: Option<AttachmentState>,
}

/// One line of a filing's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// 0 is the arrival.
    pub seq: u32,
    /// Unix seconds.
    pub at: i64,
    /// Staff account id or `system`.
    pub actor: String,
    /// State after it.
    pub state: FilingState,
    /// Reason code of a return.
    pub reason: Option<String>,
    /// The officer's free words: for the family with a return, for the file with an acceptance.
    pub note: Option<String>,
    /// When the device said that it keeps the notice of this step, unix seconds.
    pub seen_at: Option<i64>,
}

/// A filing with everything the console shows.
#[derive(Debug, Clone)]
pub struct FilingRecord {
    /// The list line.
    pub row: FilingRow,
    /// Recipient.
    pub recipient: RecipientId,
    /// Device.
    pub device: DeviceId,
    /// Case.
    pub case: CaseId,
    /// Position in the case.
    pub case_seq: u32,
    /// Schema of the content.
    pub schema: String,
    /// Device's time of making, unix seconds.
    pub created: i64,
    /// SHA-256 of the canonical bytes.
    pub digest: [u8; 32],
    /// The canonical bytes.
    pub canonical: Vec<u8>,
    /// Detached CMS, DER.
    pub signature: Vec<u8>,
    /// Signed receipt.
    pub receipt: Vec<u8>,
    /// Family page token of the case.
    pub token: String,
    /// History, oldest first; never empty.
    pub history: Vec<HistoryEntry>,
    /// Other filings about the same child in the same procedure.
    pub duplicates: Vec<FilingRow>,
    /// Other filings of the same case, in case order.
    pub siblings: Vec<FilingRow>,
    /// The number in the device's time claim; none for what landed before this was kept.
    pub counter: Option<u64>,
    /// Between which moments it was signed; none when the device's account contradicts itself or the arrival.
    pub signed: Option<Interval>,
    /// Its place in its visit; none for what landed before this was kept.
    pub visit: Option<Place>,
    /// The attachments it names.
    pub attachments: Vec<Attachment>,
    /// Number and time (unix seconds) of a receipt from before the database was restored, where they differ from the row's.
    pub earlier: Option<(u64, i64)>,
}

impl FilingRecord {
    /// Number of history entries: the version an officer's decision refers to.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.history.len()).unwrap_or(u32::MAX)
    }
}

/// What the family page may know of a filing: no name, no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyFiling {
    /// Id.
    pub id: FilingId,
    /// Procedure id.
    pub procedure: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Title in English.
    pub title_en: String,
    /// Arrival number, as on the family's receipt.
    pub arrival_no: u64,
    /// Unix seconds, as on the family's receipt.
    pub arrived_at: i64,
    /// State.
    pub state: FilingState,
    /// When the state was reached, unix seconds.
    pub state_at: i64,
    /// Reason code of a return.
    pub reason: Option<String>,
    /// The officer's words with a return, already checked to name nobody.
    pub note: Option<String>,
}

/// An officer's decision.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Filing.
    pub filing: FilingId,
    /// [`FilingRecord::version`] the officer saw.
    pub version: u32,
    /// State to reach.
    pub to: FilingState,
    /// Reason code of a return.
    pub reason: Option<String>,
    /// Free words: for the family with a return, for the file with an acceptance.
    pub note: Option<String>,
    /// Staff account id.
    pub actor: String,
    /// Unix seconds.
    pub at: i64,
}

impl Decision {
    /// What the notice for the device says.
    pub(crate) fn status_facts(&self, seq: u32) -> StatusFacts {
        StatusFacts {
            id: self.filing,
            seq,
            state: self.to,
            reason: self.reason.clone(),
            note: self.note.clone(),
            at: self.at,
        }
    }

    /// The line the audit chain gets. Codes only: the officer's words stay in the history.
    #[must_use]
    pub fn audit_entry(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor: self.actor.clone(),
            action: format!("filing.{}", self.to.code()),
            subject: self.filing.to_string(),
            detail: self.reason.clone().unwrap_or_default(),
        }
    }
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Done; the family's notice has this number.
    Done {
        /// Number of the status notice.
        notice: u32,
    },
    /// No such filing.
    NotFound,
    /// Somebody else decided first, or the step is not open from the present state.
    Stale {
        /// State now.
        state: FilingState,
    },
}

/// A signed status on its way to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Filing.
    pub filing: FilingId,
    /// Number within the filing.
    pub seq: u32,
    /// Device that must learn it.
    pub device: DeviceId,
    /// Signed bytes.
    pub signed: Vec<u8>,
    /// How often it was handed to the broker.
    pub attempts: u32,
}

/// How a notice's sending went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Filing.
    pub filing: FilingId,
    /// Number of the notice.
    pub seq: u32,
    /// Sendings so far, this one included.
    pub attempts: u32,
    /// Unix seconds.
    pub now: i64,
    /// When to send again; `None`: not by itself.
    pub next_at: Option<i64>,
}

/// Which notices a sign of life from their device wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WakeWindow {
    /// Unix seconds.
    pub now: i64,
    /// Only decisions at or after this moment.
    pub decided_since: i64,
    /// Only notices not handed to the broker after this moment.
    pub not_sent_since: i64,
}

/// A message in quarantine as staff see it.
#[derive(Debug, Clone)]
pub struct Quarantined {
    /// Row number.
    pub id: i64,
    /// Device named by the topic.
    pub device: Option<String>,
    /// Why.
    pub reason: QuarantineReason,
    /// Technical detail.
    pub detail: String,
    /// Length of the message in bytes.
    pub size: u64,
    /// SHA-256 of the message.
    pub sha256: Vec<u8>,
    /// First seen, unix seconds.
    pub first_seen: i64,
    /// Last seen, unix seconds.
    pub last_seen: i64,
    /// How often.
    pub times: u32,
    /// The same bytes later landed as a filing.
    pub resolved_at: Option<i64>,
}

/// A message set aside, as it came: the device of its topic (if well formed) and its bytes.
pub type Kept = (Option<String>, Vec<u8>);

/// Number of filings per state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting for an officer.
    pub arrived: u64,
    /// Accepted.
    pub accepted: u64,
    /// Returned for correction.
    pub returned: u64,
    /// Messages in quarantine that did not land since.
    pub quarantined: u64,
}

/// What the city keeps. One behaviour, two databases.
#[async_trait]
pub trait Store:
    agencies::AgencyStore
    + audit::AuditStore
    + desk::DeskStore
    + enrol::EnrolStore
    + family::FamilyStore
    + leases::LeaseStore
    + published::PublishedStore
    + nonstop::NonstopStore
    + retention::RetentionStore
    + second::SecondStore
    + second_card::SecondCardStore
    + services::ServiceStore
    + DoorStore
    + PapersStore
    + Send
    + Sync
{
    /// Lands a micro-batch in one transaction: filings `ON CONFLICT DO NOTHING`, their effect, their
    /// receipts, pieces of attachments, what devices said, quarantined messages, audit lines. On `Err` nothing of it happened.
    async fn ingest(
        &self,
        batch: Arc<Batch>,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Vec<Landed>, StoreError>;
    /// Filings in `state` (all if `None`), legal deadline first, then arrival.
    async fn filings(
        &self,
        state: Option<FilingState>,
        limit: u32,
    ) -> Result<Vec<FilingRow>, StoreError>;
    /// Numbers for the tabs.
    async fn counts(&self) -> Result<Counts, StoreError>;
    /// One filing with everything.
    async fn filing(&self, id: FilingId) -> Result<Option<FilingRecord>, StoreError>;
    /// The bytes of a complete attachment of a filing, by its position.
    async fn attachment(
        &self,
        filing: FilingId,
        position: u32,
    ) -> Result<Option<Vec<u8>>, StoreError>;
    /// The filings of the case a family token opens, in case order; empty for an unknown token.
    async fn family(&self, token_sha256: [u8; 32]) -> Result<Vec<FamilyFiling>, StoreError>;
    /// Current notices (the newest of each filing) whose next attempt is due and which the device has not acknowledged,
    /// oldest first.
    async fn due_notices(&self, now: i64, limit: u32) -> Result<Vec<Notice>, StoreError>;
    /// When the next notice or item falls due, if any waits.
    async fn next_due_at(&self) -> Result<Option<i64>, StoreError>;
    /// Makes the current notices and the items of a device due now: it has shown that it is there. Answers how many notices.
    /// Updates are long: they are woken only an hour after they were last sent, certificates only when asked for.
    async fn wake_notices(&self, device: &DeviceId, window: WakeWindow) -> Result<u64, StoreError>;
    /// Items whose next attempt is due, in the order in which they were queued.
    async fn due_down(&self, now: i64, limit: u32) -> Result<Vec<DownItem>, StoreError>;
    /// Notes how an item's sending went. A word that comes after somebody sent it once more changes nothing.
    async fn down_attempted(&self, attempt: DownAttempt) -> Result<(), StoreError>;
    /// Queues signed orders: their rows, their way down, their audit lines; one transaction.
    async fn order(&self, orders: Vec<NewOrder>) -> Result<(), StoreError>;
    /// After a restore: begins an era at the entry's moment, and leaves a gap in a recipient's arrival numbers for those that
    /// were given and lost; answers the last number before it.
    async fn begin_era(
        &self,
        recipient: &RecipientId,
        gap: u32,
        entry: AuditEntry,
    ) -> Result<u64, StoreError>;
    /// Orders and what became of them, newest first.
    async fn orders(&self, limit: u32) -> Result<Vec<OrderRow>, StoreError>;
    /// The newest request for a certificate of each device, oldest first, and what was granted before.
    async fn certificate_asks(&self) -> Result<Vec<CertificateAsk>, StoreError>;
    /// Queues a signed certificate. `false`: the device does not ask for it (any more).
    async fn grant(&self, grant: NewGrant) -> Result<bool, StoreError>;
    /// The highest version of this content ever published; 0 if none was.
    async fn newest_version(&self, content: Content) -> Result<u64, StoreError>;
    /// Publishes an update to its canaries. `false`: the version is taken, or another rollout of this content is still on
    /// its canaries.
    async fn publish(&self, rollout: NewRollout) -> Result<bool, StoreError>;
    /// Rollouts, newest first; only those that are not withdrawn if `alive`.
    async fn rollouts(&self, alive: bool) -> Result<Vec<Rollout>, StoreError>;
    /// Takes a step of a rollout. `false`: it is not where the step begins; nothing was done.
    async fn advance(&self, advance: Advance) -> Result<bool, StoreError>;
    /// Messages in quarantine, newest first; unresolved before resolved.
    async fn quarantine(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError>;
    /// Unresolved messages as they came, to try again after keys or devices were added.
    async fn quarantined_wires(&self, limit: u32) -> Result<Vec<Kept>, StoreError>;
    /// Adds a line to the audit chain.
    async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError>;
    /// Audit lines with `seq > after`, ascending.
    async fn audit_lines(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;
}

/// Facts as stored text.
pub(crate) fn facts_to_text(facts: &Facts) -> Result<String, StoreError> {
    serde_json::to_string(facts).map_err(|source| StoreError::Corrupt {
        what: "facts",
        detail: source.to_string(),
    })
}

/// Facts from stored text.
pub(crate) fn facts_from_text(text: &str) -> Result<Facts, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Corrupt {
        what: "facts",
        detail: source.to_string(),
    })
}

/// A stored device.
pub(crate) fn device_id(text: &str) -> Result<DeviceId, StoreError> {
    text.parse()
        .map_err(|error: ubugoe_protocol::IdError| StoreError::Corrupt {
            what: "device",
            detail: error.to_string(),
        })
}

/// A stored blob of a fixed length.
pub(crate) fn fixed<const N: usize>(
    what: &'static str,
    bytes: &[u8],
) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt {
        what,
        detail: format!("{} bytes instead of {N}", bytes.len()),
    })
}

/// A stored non-negative number.
pub(crate) fn unsigned<T: TryFrom<i64>>(what: &'static str, number: i64) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Corrupt {
        what,
        detail: number.to_string(),
    })
}

/// The number of a filing's next notice. After a restore they go on from the era (unix seconds, so below 2³² until 2106): what
/// was lost had lower ones, and devices take a lower or equal number for old.
pub(crate) fn notice_number(last: i64, era: i64) -> Result<u32, StoreError> {
    unsigned("notice number", last.saturating_add(1).max(era))
}

/// When a batch lands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The city's clock, unix seconds.
    pub(crate) now: i64,
    /// When the database was last restored, unix seconds; 0 if it never was.
    pub(crate) era: i64,
}

impl Moment {
    /// The receipt of what lands now: the one from before a restore, or a new one.
    pub(crate) fn first_receipt(
        self,
        before: Option<Vec<u8>>,
        facts: &ReceiptFacts,
        sealer: &dyn Sealer,
    ) -> Result<Vec<u8>, StoreError> {
        match before {
            Some(receipt) => self.receipt(receipt, sealer),
            None => sealer.receipt(facts).map_err(|source| StoreError::Seal {
                what: "receipt",
                source,
            }),
        }
    }

    /// A receipt that was signed before, as this era wants it. Without a restore nothing is looked at.
    pub(crate) fn receipt(
        self,
        receipt: Vec<u8>,
        sealer: &dyn Sealer,
    ) -> Result<Vec<u8>, StoreError> {
        if self.era == 0 {
            return Ok(receipt);
        }
        sealer
            .in_era(receipt, self.era)
            .map_err(|source| StoreError::Seal {
                what: "receipt",
                source,
            })
    }
}

/// A count of a device as the database keeps it: the signed number of the same 64 bits.
pub(crate) const fn count_to_store(count: u64) -> i64 {
    count.cast_signed()
}

/// A count of a device from the database.
pub(crate) const fn count_from_store(count: i64) -> u64 {
    count.cast_unsigned()
}

/// A visit from its three columns.
pub(crate) fn place(
    root: Option<Vec<u8>>,
    index: Option<i64>,
    count: Option<i64>,
) -> Result<Option<Place>, StoreError> {
    let (Some(root), Some(index), Some(count)) = (root, index, count) else {
        return Ok(None);
    };
    Ok(Some(Place {
        root: fixed("visit", &root)?,
        index: unsigned("visit index", index)?,
        count: unsigned("visit count", count)?,
    }))
}
