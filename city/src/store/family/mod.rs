//! The family's door and what families say, as they are kept: links and their closing, codes, sessions, wrong answers, comments,
//! and who looked at a case.
//!
//! Answers for which case a link opens and for counting wrong answers so that several programs on one database count together.
//! Statements that both databases understand, written once on [`super::nonstop`]'s transactions. Must not know what a page
//! shows, nor what the right answer is: that is compared before and handed in.

mod door;
mod links;
mod phones;
mod voices;

use std::collections::BTreeMap;

use async_trait::async_trait;
use ubugoe_protocol::FilingId;

use super::nonstop::{By, LOSSES, Transacts};
use super::{Facts, StoreError};
use crate::casework::FilingState;

pub(crate) use phones::AFTER_NOTICE;

pub use door::{Tries, after_wrong};

/// What a family's link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The case: hash of its first link. Tables of the family are keyed by it, whatever link is used.
    pub case_ref: [u8; 32],
    /// The first filing of the case.
    pub filing: FilingId,
    /// Whether the session that was asked for with it lives.
    pub opened: bool,
}

/// A filing of a case. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Paper {
    /// Id.
    pub id: FilingId,
    /// Procedure id.
    pub procedure: String,
    /// Canonical bytes.
    pub canonical: Vec<u8>,
    /// What was read from them.
    pub facts: Facts,
    /// State.
    pub state: FilingState,
}

impl std::fmt::Debug for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paper({})", self.id)
    }
}

/// What the family's pages need of a case beside its line.
#[derive(Debug, Clone, Default)]
pub struct CaseFile {
    /// Its filings, in their order.
    pub papers: Vec<Paper>,
    /// A child of it was lost.
    pub loss: bool,
    /// Hash of the code that opens it, where an officer gave one.
    pub code_sha256: Option<[u8; 32]>,
}

impl CaseFile {
    /// Whether a child of the case was lost, as far as its filings and officers say.
    #[must_use]
    pub fn lost(&self) -> bool {
        let mut papers = self.papers.iter();
        self.loss || papers.any(|paper| LOSSES.contains(&paper.procedure.as_str()))
    }
}

/// An answer to the question at the door.
#[derive(Debug, Clone, Copy)]
pub struct Knock {
    /// Hash of the link.
    pub link_sha256: [u8; 32],
    /// Hash of where the answer came from.
    pub address_sha256: [u8; 32],
    /// Whether it was right.
    pub right: bool,
    /// The case, and the filing that audit lines name.
    pub link: Link,
    /// Hash of the session's token, if it was right.
    pub session_sha256: [u8; 32],
    /// Now, unix seconds.
    pub now: i64,
    /// When the session ends, unix seconds.
    pub ends_at: i64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knocked {
    /// The door is open.
    Opened,
    /// It was wrong.
    Wrong,
    /// Nothing was looked at: only after this moment (unix seconds) an answer counts again.
    Wait(i64),
}

/// How a case's link stands, for officers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkState {
    /// The case.
    pub case_ref: [u8; 32],
    /// The newest link's token; printed as a QR code.
    pub token: String,
    /// Whether it was closed, when and by whom.
    pub closed: Option<(i64, String)>,
    /// Whether a code is asked instead of what stands on the filings.
    pub code: bool,
}

/// What a family says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVoice {
    /// The case.
    pub case_ref: [u8; 32],
    /// About which filing; with `item`, ignored.
    pub filing: Option<FilingId>,
    /// About which item of the line.
    pub item: Option<i64>,
    /// `good`, `hard`, or `word`: words alone.
    pub mood: &'static str,
    /// Their words.
    pub words: Option<String>,
    /// Unix seconds.
    pub at: i64,
}

/// The same as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// About which filing, or which filing its item comes from.
    pub filing: FilingId,
    /// About which item.
    pub item: Option<i64>,
    /// Procedure id.
    pub procedure: String,
    /// See [`NewVoice::mood`].
    pub mood: String,
    /// Words.
    pub words: Option<String>,
    /// Unix seconds.
    pub at: i64,
}

/// A line of the audit chain about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Unix seconds.
    pub at: i64,
    /// Who, as the chain has it. Never shown to a family.
    pub actor: String,
    /// What.
    pub action: String,
    /// Further words of the chain.
    pub detail: String,
}

/// A phone to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhone {
    /// The case.
    pub case_ref: [u8; 32],
    /// Its address at a push service.
    pub endpoint: String,
    /// Its key: an uncompressed point of P-256.
    pub p256dh: Vec<u8>,
    /// Its secret, 16 bytes.
    pub auth: Vec<u8>,
    /// The language it is told in: a word of the family's pages.
    pub tongue: &'static str,
    /// Unix seconds.
    pub at: i64,
}

/// A phone whose turn it is. `Debug` shows its number only.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone {
    /// Number.
    pub id: i64,
    /// See [`NewPhone::endpoint`].
    pub endpoint: String,
    /// See [`NewPhone::p256dh`].
    pub p256dh: Vec<u8>,
    /// See [`NewPhone::auth`].
    pub auth: Vec<u8>,
    /// See [`NewPhone::tongue`].
    pub tongue: String,
    /// How often this word was tried, this time included.
    pub attempts: i64,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Phone({})", self.id)
    }
}

/// What became of telling a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Its push service took it.
    Told,
    /// It is tried again later, until it was tried often enough.
    Later,
    /// There is no such phone any more.
    Gone,
}

/// Comments by procedure: how many of each mood.
pub type VoiceCounts = BTreeMap<String, BTreeMap<String, i64>>;

/// What the city keeps for the family's pages. One behaviour, two databases.
#[async_trait]
pub trait FamilyStore {
    /// The case of a link that is not closed, also of one printed before a restore; and whether the session with this token
    /// lives and belongs to this very link.
    async fn family_link(
        &self,
        token_sha256: [u8; 32],
        session_sha256: Option<[u8; 32]>,
        now: i64,
    ) -> Result<Option<Link>, StoreError>;
    /// A case's filings, its losses and its code.
    async fn family_case(&self, case_ref: [u8; 32]) -> Result<CaseFile, StoreError>;
    /// Takes an answer at the door: counts it or opens a session, and writes its audit line, in one transaction.
    async fn family_knock(&self, knock: Knock) -> Result<Knocked, StoreError>;
    /// Closes every link of a case and ends its sessions. `false`: all were closed already.
    async fn close_family_links(
        &self,
        case_ref: [u8; 32],
        filing: FilingId,
        by: By,
    ) -> Result<bool, StoreError>;
    /// Closes every link of a case and gives it a new one, with a code if there is one.
    async fn renew_family_link(
        &self,
        case_ref: [u8; 32],
        filing: FilingId,
        token: String,
        code_sha256: Option<[u8; 32]>,
        by: By,
    ) -> Result<(), StoreError>;
    /// How the link of a filing's case stands.
    async fn family_link_state(&self, filing: FilingId) -> Result<Option<LinkState>, StoreError>;
    /// Keeps a comment. `false`: the step is not of this case, or the case has said enough.
    async fn family_says(&self, voice: NewVoice) -> Result<bool, StoreError>;
    /// Comments of a case, newest first.
    async fn family_voices(&self, case_ref: [u8; 32]) -> Result<Vec<Voice>, StoreError>;
    /// The newest comments of all cases that have words.
    async fn newest_voices(&self, limit: u32) -> Result<Vec<Voice>, StoreError>;
    /// How many comments there are.
    async fn voice_counts(&self) -> Result<VoiceCounts, StoreError>;
    /// Keeps a phone of a case; one that is known is kept anew. `false`: the case has enough.
    async fn keep_phone(&self, phone: NewPhone) -> Result<bool, StoreError>;
    /// How many phones of a case are told.
    async fn family_phones(&self, case_ref: [u8; 32]) -> Result<i64, StoreError>;
    /// Forgets all phones of a case.
    async fn forget_phones(&self, case_ref: [u8; 32]) -> Result<(), StoreError>;
    /// Takes phones that are to be told; for a while nobody else gets them. None of a case with a loss.
    async fn due_phones(&self, now: i64, limit: u32) -> Result<Vec<Phone>, StoreError>;
    /// Notes what became of telling one.
    async fn settle_phone(
        &self,
        phone: Phone,
        settled: Settled,
        now: i64,
    ) -> Result<(), StoreError>;
    /// Lines of the audit chain about a case, newest first, at most this many.
    async fn family_looks(&self, case_ref: [u8; 32], limit: u32) -> Result<Vec<Look>, StoreError>;
}

#[async_trait]
impl<S: Transacts> FamilyStore for S {
    async fn family_link(
        &self,
        token_sha256: [u8; 32],
        session_sha256: Option<[u8; 32]>,
        now: i64,
    ) -> Result<Option<Link>, StoreError> {
        self.transact("looking up a family's link", move |tx| {
            links::find(tx, token_sha256, session_sha256, now)
        })
        .await
    }

    async fn family_case(&self, case_ref: [u8; 32]) -> Result<CaseFile, StoreError> {
        self.transact("reading a family's case", move |tx| {
            links::case_file(tx, case_ref)
        })
        .await
    }

    async fn family_knock(&self, knock: Knock) -> Result<Knocked, StoreError> {
        self.transact("taking a family's answer at the door", move |tx| {
            door::knock(tx, &knock)
        })
        .await
    }

    async fn close_family_links(
        &self,
        case_ref: [u8; 32],
        filing: FilingId,
        by: By,
    ) -> Result<bool, StoreError> {
        self.transact("closing a family's link", move |tx| {
            links::close(tx, case_ref, filing, &by)
        })
        .await
    }

    async fn renew_family_link(
        &self,
        case_ref: [u8; 32],
        filing: FilingId,
        token: String,
        code_sha256: Option<[u8; 32]>,
        by: By,
    ) -> Result<(), StoreError> {
        self.transact("giving a family a new link", move |tx| {
            links::renew(tx, case_ref, filing, (&token, code_sha256), &by)
        })
        .await
    }

    async fn family_link_state(&self, filing: FilingId) -> Result<Option<LinkState>, StoreError> {
        links::state(self, filing).await
    }

    async fn family_says(&self, voice: NewVoice) -> Result<bool, StoreError> {
        self.transact("keeping a family's comment", move |tx| {
            voices::keep(tx, &voice)
        })
        .await
    }

    async fn family_voices(&self, case_ref: [u8; 32]) -> Result<Vec<Voice>, StoreError> {
        voices::of_case(self, case_ref).await
    }

    async fn newest_voices(&self, limit: u32) -> Result<Vec<Voice>, StoreError> {
        self.transact("reading comments", move |tx| voices::newest(tx, limit))
            .await
    }

    async fn voice_counts(&self) -> Result<VoiceCounts, StoreError> {
        self.transact("counting comments", voices::counts).await
    }

    async fn keep_phone(&self, phone: NewPhone) -> Result<bool, StoreError> {
        self.transact("keeping a family's phone", move |tx| {
            phones::keep(tx, &phone)
        })
        .await
    }

    async fn family_phones(&self, case_ref: [u8; 32]) -> Result<i64, StoreError> {
        self.transact("counting a family's phones", move |tx| {
            phones::count(tx, case_ref)
        })
        .await
    }

    async fn forget_phones(&self, case_ref: [u8; 32]) -> Result<(), StoreError> {
        self.transact("forgetting a family's phones", move |tx| {
            phones::forget(tx, case_ref)
        })
        .await
    }

    async fn due_phones(&self, now: i64, limit: u32) -> Result<Vec<Phone>, StoreError> {
        self.transact("taking phones to be told", move |tx| {
            phones::due(tx, now, limit)
        })
        .await
    }

    async fn settle_phone(
        &self,
        phone: Phone,
        settled: Settled,
        now: i64,
    ) -> Result<(), StoreError> {
        self.transact("noting that a phone was told", move |tx| {
            phones::settle(tx, &phone, settled, now)
        })
        .await
    }

    async fn family_looks(&self, case_ref: [u8; 32], limit: u32) -> Result<Vec<Look>, StoreError> {
        self.transact("reading who looked at a case", move |tx| {
            links::looks(tx, case_ref, limit)
        })
        .await
    }
}
