//! What the city does by itself, as it is kept: events, items, hops, payments, files, notices and losses.
//!
//! Answers for the words of this part of the store and for the order of its writes. Its statements are ones that both
//! databases understand, so they are written once here, on [`Tx`]; how a transaction is opened, how rows are claimed and how
//! lines get into the audit chain is each database's (`sqlite/nonstop.rs`, `postgres/nonstop.rs`). Must not know a
//! procedure: what is to happen is handed in by a [`Planner`], which is asked inside the transaction that keeps the answer.
//!
//! Exactly once: whatever is worked off is claimed, changed and followed up in one transaction. A program that dies leaves it
//! as it was; two programs on one PostgreSQL pass each other's rows by (`SKIP LOCKED`).

mod change;
mod read;
mod work;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ubugoe_procedures::Text;
use ubugoe_procedures::codes::BankAccount;
use ubugoe_protocol::FilingId;

use super::StoreError;
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;

pub(crate) use change::{AFTER_DECISION, AFTER_LOSS};
pub(crate) use read::{case_of, losses};
pub(crate) use work::filings;

/// Declares an enum of stored words.
macro_rules! stored {
    ($(#[$about:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$each])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word stored in the database.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads [`Self::code`].
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }

            pub(crate) fn stored(code: &str) -> Result<Self, StoreError> {
                Self::from_code(code).ok_or_else(|| StoreError::Corrupt {
                    what: stringify!($name),
                    detail: code.to_owned(),
                })
            }
        }
    };
}

pub(crate) use stored;

stored! {
    /// How an item comes about.
    ItemKind {
        /// Nobody files: prepared for an officer, then carried out.
        ByItself = "by_itself",
        /// One yes of the family, then as above.
        Offer = "offer",
        /// The family filed it and an officer accepted it.
        Claim = "claim",
        /// The family must file it.
        Apply = "apply",
        /// Whether it applies rests on something nobody has said.
        Maybe = "maybe",
        /// Others do it, or it is there to be used.
        Informs = "informs",
        /// Its time has not come.
        Later = "later",
    }
}

stored! {
    /// Where an item stands.
    ItemState {
        /// Nothing of it is for the city to do now.
        Open = "open",
        /// It waits for the family's yes.
        Offered = "offered",
        /// It is carried out when its period ends, unless an officer stops it.
        Prepared = "prepared",
        /// After a loss: only an officer lets it go on.
        Held = "held",
        /// Carried out.
        Done = "done",
        /// An officer stopped it.
        Stopped = "stopped",
        /// The family does not want it.
        Declined = "declined",
        /// A loss ended it.
        Cancelled = "cancelled",
    }
}

stored! {
    /// To whom something may be shown: the guards of the catalogue, the strictest last.
    Shown {
        /// As always.
        Show = "show",
        /// Without push, sound or congratulation.
        Quiet = "quiet",
        /// To staff only.
        Staff = "staff",
        /// To nobody.
        Hide = "hide",
    }
}

stored! {
    /// Where a notice stands.
    NoticeState {
        /// Its time has not come.
        Queued = "queued",
        /// On the family's page.
        Handed = "handed",
        /// It never leaves any more.
        Cancelled = "cancelled",
    }
}

stored! {
    /// A station of the chain.
    Hop {
        /// The hospital's certificate came with the notification.
        Hospital = "hospital",
        /// This city.
        City = "city",
        /// The health insurer, or the employer that stands before it.
        Insurer = "insurer",
        /// The bank.
        Payment = "payment",
    }
}

stored! {
    /// What a station has come to.
    HopState {
        /// It is its turn, or will be.
        Waiting = "waiting",
        /// Done.
        Done = "done",
        /// It will not be done.
        Stopped = "stopped",
        /// The agency said no; an officer has it.
        Refused = "refused",
        /// The agency wants something more; an officer has it.
        NeedsMore = "needs_more",
        /// The agency knows nothing of it; an officer has it.
        NotKnown = "not_known",
    }
}

stored! {
    /// What an item lacks before money can go out.
    Needs {
        /// Nothing.
        Nothing = "",
        /// An account.
        Account = "account",
        /// An officer's look at the account the family named.
        Check = "check",
    }
}

stored! {
    /// Why the bank's file cannot take a payment.
    Unpayable {
        /// The holder's name is empty or has characters that banks do not take.
        Holder = "holder",
        /// The account does not read as one.
        Account = "account",
        /// The sum is more than one transfer can carry.
        Amount = "amount",
    }
}

stored! {
    /// Why an officer stops an item.
    StopReason {
        /// The facts are other than filed.
        Facts = "facts",
        /// It was done already, on paper or elsewhere.
        Already = "already",
        /// The family asked for it.
        Wish = "wish",
        /// It needs a talk first.
        Talk = "talk",
        /// Another office is competent.
        Elsewhere = "elsewhere",
    }
}

/// A reason with its article, as it was when it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// The sentence.
    pub sentence: Text,
    /// Where the law says so.
    pub article: Option<String>,
    /// Whether the catalogue is sure of it; what is not is marked `[GK]`.
    pub sure: bool,
}

/// What is said about an item. Codes, dates and words of the catalogue: never a name, an address or a value of a filing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDetail {
    /// Title.
    pub title: Text,
    /// What an officer has to do with it.
    pub officer: Option<Text>,
    /// Why it is on the line, and what it rests on.
    pub because: Vec<Because>,
    /// How much happens by itself, for the family.
    pub automatic: Option<Text>,
    /// Who receives it.
    pub recipient: Text,
    /// The last day the counters take it in time.
    pub deadline: Option<Date>,
    /// What would have to be known.
    pub missing: Vec<Text>,
    /// From when …
    pub from: Option<Date>,
    /// … until when.
    pub to: Option<Date>,
    /// The sum in words.
    pub amount: Option<Text>,
    /// The stations it passes.
    pub hops: Vec<String>,
}

/// An item to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// The filing it comes from.
    pub filing: FilingId,
    /// The child it is about, as [`crate::nonstop`] names children; empty for the family's.
    pub child: String,
    /// Procedure id.
    pub procedure: String,
    /// For whom: with the procedure the key under which it exists once.
    pub whom: String,
    /// How it comes about.
    pub kind: ItemKind,
    /// Where it begins.
    pub state: ItemState,
    /// To whom it may be shown.
    pub shown: Shown,
    /// What becomes of it after a loss.
    pub loss_guard: Shown,
    /// It must never reach a family that lost this child.
    pub joyful: bool,
    /// It congratulates, gives or offers: not even beside a loss.
    pub congrats: bool,
    /// What is said about it.
    pub detail: ItemDetail,
    /// Which catalogue said so.
    pub catalogue: String,
    /// Yen, once or for the first month.
    pub yen: Option<i64>,
    /// The first month paid, counted from January of the year 0; with it, payments go on by the household.
    pub first_month: Option<i64>,
    /// When the first month is paid, unix seconds.
    pub pay_at: Option<i64>,
    /// What later months are computed from.
    pub household: Option<String>,
    /// An account is needed for it.
    pub needs_account: bool,
    /// The account from the filing.
    pub account: Option<Account>,
    /// Until when an officer can stop it, unix seconds.
    pub hold_until: Option<i64>,
}

/// An account with its holder. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Bank, four digits.
    pub bank: String,
    /// Branch, three digits.
    pub branch: String,
    /// `1` or `2`.
    pub kind: String,
    /// Number, seven digits.
    pub number: String,
    /// The holder's name in the banks' repertoire.
    pub holder: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(masked)")
    }
}

impl Account {
    /// An account that was checked, and its holder.
    #[must_use]
    pub fn of(account: &BankAccount, holder: &str) -> Self {
        Self {
            bank: account.bank.to_string(),
            branch: account.branch.to_string(),
            kind: account.kind.to_string(),
            number: account.number.to_string(),
            holder: holder.to_owned(),
        }
    }

    fn to_text(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(unreadable("account"))
    }

    fn from_text(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(unreadable("account"))
    }
}

/// A notice to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// The child it is about; empty for the family's.
    pub child: String,
    /// Procedure id.
    pub procedure: String,
    /// What it says: a code.
    pub code: &'static str,
    /// Tells notices of one code apart.
    pub number: String,
    /// Title and days.
    pub detail: NoticeDetail,
    /// To whom it may be shown.
    pub shown: Shown,
    /// What becomes of it after a loss.
    pub loss_guard: Shown,
    /// See [`NewItem::joyful`].
    pub joyful: bool,
    /// See [`NewItem::congrats`].
    pub congrats: bool,
    /// When it is handed out, unix seconds.
    pub due_at: i64,
}

/// What a notice is about, in words of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeDetail {
    /// Title of the procedure.
    pub title: Text,
    /// Which of its windows.
    pub label: Option<Text>,
    /// From when …
    pub from: Option<Date>,
    /// … until when.
    pub to: Option<Date>,
}

/// A filing of a case, as the planner sees it.
#[derive(Debug, Clone)]
pub struct SeenFiling {
    /// Id.
    pub id: FilingId,
    /// Procedure id.
    pub procedure: String,
    /// State.
    pub state: FilingState,
    /// Canonical bytes.
    pub canonical: Vec<u8>,
    /// Arrival, unix seconds.
    pub arrived_at: i64,
}

/// A case, as the planner sees it.
#[derive(Debug, Clone)]
pub struct CaseSeen {
    /// Hash of the family's link.
    pub case_ref: [u8; 32],
    /// Unix seconds.
    pub now: i64,
    /// The filing whose acceptance began this.
    pub trigger: FilingId,
    /// Every filing of the case, in case order.
    pub filings: Vec<SeenFiling>,
    /// The children lost; an empty one is every child.
    pub losses: Vec<String>,
}

/// What is to be kept of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planned {
    /// Items.
    pub items: Vec<NewItem>,
    /// Notices for later.
    pub notices: Vec<NewNotice>,
    /// Procedures that need no reminder any more, each with its child.
    pub settled: Vec<(String, String)>,
    /// When to look at the case again, unix seconds.
    pub again_at: Option<i64>,
    /// A word for the audit chain: `planned`, `unreadable`.
    pub outcome: &'static str,
}

/// Months of an allowance that have become payable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Months {
    /// Each month (`2026-12`) with its yen.
    pub due: Vec<(String, i64)>,
    /// The next month, and when it is paid; `None`: no more.
    pub next: Option<(i64, i64)>,
}

/// Knows the procedures. Asked inside the transaction, so it must be quick and pure.
pub trait Planner: Send + Sync {
    /// What a case comes to.
    fn plan(&self, case: &CaseSeen) -> Planned;
    /// The months of an item that are payable now.
    fn months(&self, household: &str, next_month: i64, now: i64) -> Months;
    /// Until when an item prepared now can be stopped, unix seconds.
    fn hold_until(&self, now: i64) -> i64;
}

/// A station of an item's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopRow {
    /// Which.
    pub hop: Hop,
    /// What it has come to.
    pub state: HopState,
    /// Unix seconds.
    pub at: i64,
    /// Staff account id, `family`, `system`, or the name of an agency.
    pub actor: String,
    /// The agency's own words with an answer that is no yes; for officers only.
    pub said: Option<String>,
}

/// An item as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Number.
    pub id: i64,
    /// The filing it comes from.
    pub filing: FilingId,
    /// The child; empty for the family's.
    pub child: String,
    /// Procedure id.
    pub procedure: String,
    /// How it comes about.
    pub kind: ItemKind,
    /// Where it stands.
    pub state: ItemState,
    /// To whom it may be shown.
    pub shown: Shown,
    /// What is said about it.
    pub detail: ItemDetail,
    /// Which catalogue said so.
    pub catalogue: String,
    /// Yen, once or for the first month.
    pub yen: Option<i64>,
    /// Paid month by month.
    pub monthly: bool,
    /// What it lacks before money can go out.
    pub needs: Needs,
    /// The account; filled for one item only, never for a family or in lists.
    pub account: Option<Account>,
    /// Until when an officer can stop it, unix seconds.
    pub hold_until: Option<i64>,
    /// Since when it stands so, unix seconds.
    pub state_at: i64,
    /// Who brought it there.
    pub actor: String,
    /// Why it was stopped.
    pub reason: Option<StopReason>,
    /// The officer's words, for the file.
    pub note: Option<String>,
    /// Its chain, the newest word of each station; filled for one item and for a family, not in lists.
    pub hops: Vec<HopRow>,
}

impl Item {
    /// Whether the family may see it.
    #[must_use]
    pub fn for_family(&self) -> bool {
        matches!(self.shown, Shown::Show | Shown::Quiet)
            && !matches!(self.state, ItemState::Cancelled | ItemState::Held)
    }

    /// Whether an officer can let it go now.
    #[must_use]
    pub fn waits_for_officer(&self) -> bool {
        self.stoppable() || (self.state == ItemState::Done && self.needs == Needs::Check)
    }

    /// Whether an officer can stop it now.
    #[must_use]
    pub fn stoppable(&self) -> bool {
        matches!(self.state, ItemState::Prepared | ItemState::Held)
    }
}

/// A notice as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Number.
    pub id: i64,
    /// The child; empty for the family's.
    pub child: String,
    /// Procedure id.
    pub procedure: String,
    /// What it says.
    pub code: String,
    /// What it is about.
    pub detail: NoticeDetail,
    /// Where it stands.
    pub state: NoticeState,
    /// To whom it may be shown.
    pub shown: Shown,
    /// It must never reach a family that lost this child.
    pub joyful: bool,
    /// When it is or was to be handed out, unix seconds.
    pub due_at: i64,
    /// When it was.
    pub handed_at: Option<i64>,
    /// When the family saw it.
    pub seen_at: Option<i64>,
}

/// Everything of one case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseLine {
    /// Items with their hops, in the order of the line.
    pub items: Vec<Item>,
    /// Notices, by the time they are due.
    pub notices: Vec<NoticeRow>,
    /// The children lost; an empty one is every child.
    pub losses: Vec<String>,
    /// The children the items speak of.
    pub children: Vec<String>,
}

/// Which items a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// What goes on unless it is stopped, and what is held.
    Prepared,
    /// What waits for families.
    Offered,
    /// What was carried out.
    Done,
    /// What was stopped, declined or ended.
    Ended,
}

/// How many items and payments wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NonstopCounts {
    /// Prepared or held.
    pub prepared: i64,
    /// Offered.
    pub offered: i64,
    /// Payments that the next file takes …
    pub due: i64,
    /// … and their sum in yen.
    pub due_yen: i64,
    /// Payments that wait for an account.
    pub without_account: i64,
    /// Payments held after a loss.
    pub held: i64,
    /// Payments that the bank's file could not take.
    pub aside: i64,
}

/// A payment that was set aside: the rest of its file went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The item it comes from.
    pub item: i64,
    /// The item's title.
    pub title: Text,
    /// Its month, or `once`.
    pub month: String,
    /// Yen.
    pub yen: i64,
    /// Why.
    pub why: Unpayable,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Done now.
    Done,
    /// It was so already.
    Already,
    /// It is not open to this step.
    Closed,
    /// There is no such item, or it is somebody else's.
    NotFound,
}

/// A payment for the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remittance {
    /// To which account.
    pub account: Account,
    /// Yen.
    pub yen: u64,
    /// Our own number: the smallest item number among what was added up.
    pub number: i64,
}

/// Writes the bank's file. Asked inside the transaction that keeps it.
pub trait FileWriter: Send + Sync {
    /// Why the layout cannot take this remittance, whatever else is in the file; none if it can.
    fn unpayable(&self, remittance: &Remittance) -> Option<Unpayable>;
    /// The file's bytes.
    ///
    /// # Errors
    /// What the layout does not take.
    fn write(
        &self,
        day: Date,
        remittances: &[Remittance],
    ) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>;
}

/// A released file, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Number.
    pub id: i64,
    /// The day the bank transfers.
    pub transfer_day: String,
    /// How many transfers.
    pub records: i64,
    /// Their sum in yen.
    pub yen: i64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Unix seconds.
    pub released_at: i64,
    /// Who released it.
    pub actor: String,
}

/// Who does something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Staff account id, `family`, `system`.
    pub actor: String,
    /// Unix seconds.
    pub at: i64,
}

/// What the city keeps of what it does by itself. One behaviour, two databases.
#[async_trait]
pub trait NonstopStore {
    /// Works off one event that is due. `false`: there is none, or others have them all.
    async fn plan_next(&self, now: i64, planner: Arc<dyn Planner>) -> Result<bool, StoreError>;
    /// Carries out what was prepared and not stopped in time; answers how much.
    async fn carry_out_due(&self, now: i64) -> Result<u32, StoreError>;
    /// Turns months of allowances that have become payable into payments; answers how many items were looked at.
    async fn pay_months(&self, now: i64, planner: Arc<dyn Planner>) -> Result<u32, StoreError>;
    /// Hands out notices whose time has come, each looked at once more; answers how many were handed out or cancelled.
    async fn hand_out(&self, now: i64) -> Result<u32, StoreError>;
    /// When the next of all these falls due.
    async fn next_nonstop_at(&self) -> Result<Option<i64>, StoreError>;
    /// Items of a shelf, soonest first.
    async fn nonstop_items(&self, on: Shelf, limit: u32) -> Result<Vec<Item>, StoreError>;
    /// One item with its chain.
    async fn nonstop_item(&self, id: i64) -> Result<Option<Item>, StoreError>;
    /// Everything of the case a filing belongs to.
    async fn case_line(&self, filing: FilingId) -> Result<CaseLine, StoreError>;
    /// Everything of the case a family's link opens; what it shows is seen from now on.
    async fn family_line(&self, token_sha256: [u8; 32], now: i64) -> Result<CaseLine, StoreError>;
    /// Numbers for the tabs.
    async fn nonstop_counts(&self) -> Result<NonstopCounts, StoreError>;
    /// An officer lets items go at once. Answers how many went.
    async fn approve_items(&self, ids: Vec<i64>, by: By) -> Result<u32, StoreError>;
    /// An officer stops an item.
    async fn stop_item(
        &self,
        id: i64,
        reason: StopReason,
        note: Option<String>,
        by: By,
    ) -> Result<Step, StoreError>;
    /// The family says yes to an item, or no.
    async fn family_answers(
        &self,
        token_sha256: [u8; 32],
        id: i64,
        yes: bool,
        now: i64,
        planner: Arc<dyn Planner>,
    ) -> Result<Step, StoreError>;
    /// The family names the account an item needs; where the item is offered, this is the yes.
    async fn family_account(
        &self,
        token_sha256: [u8; 32],
        id: i64,
        account: Account,
        now: i64,
        planner: Arc<dyn Planner>,
    ) -> Result<Step, StoreError>;
    /// A station says what it has come to.
    async fn report_hop(
        &self,
        item: i64,
        hop: Hop,
        state: HopState,
        by: By,
    ) -> Result<Step, StoreError>;
    /// Items whose station at this agency has not come to its end and about which nothing is asked, where consent or law allow
    /// it; by number, beginning behind `after`.
    async fn line_unasked(
        &self,
        question: Question,
        after: i64,
        limit: u32,
    ) -> Result<Vec<OnItsWay>, StoreError>;
    /// Items whose station at this agency is not yet said to be where their question has come to, and where that is. Only a yes,
    /// or an officer who settled it, makes it done.
    async fn line_answered(
        &self,
        question: Question,
        limit: u32,
    ) -> Result<Vec<(i64, HopState)>, StoreError>;
    /// A loss: everything joyful of the case ends in this transaction. An empty child is every child.
    async fn mark_loss(&self, filing: FilingId, child: String, by: By) -> Result<Step, StoreError>;
    /// Gathers what is payable into a file. `None`: there is nothing. What the layout cannot take is set aside with its reason.
    async fn release_file(
        &self,
        day: Date,
        writer: Arc<dyn FileWriter>,
        by: By,
    ) -> Result<Option<FileRow>, StoreError>;
    /// Payments that were set aside, oldest first.
    async fn payments_aside(&self, limit: u32) -> Result<Vec<Aside>, StoreError>;
    /// An officer has the family name another account: what was set aside for this item waits for it. `false`: nothing was.
    async fn ask_account(&self, item: i64, by: By) -> Result<bool, StoreError>;
    /// Released files, newest first.
    async fn payment_files(&self, limit: u32) -> Result<Vec<FileRow>, StoreError>;
    /// A released file as it is.
    async fn payment_file(&self, id: i64) -> Result<Option<(FileRow, Vec<u8>)>, StoreError>;
}

/// A question that items of the line wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The agency's short id.
    pub agency: String,
    /// Its service.
    pub service: String,
    /// What for, as in consents.
    pub purpose: String,
    /// Whether a law stands in for consent.
    pub law: bool,
    /// Procedures whose items wait for it.
    pub items: Vec<String>,
    /// What its application numbers begin with; the item's number follows.
    pub issues: String,
}

/// An item that waits for an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnItsWay {
    /// The item's number.
    pub item: i64,
    /// The filing it rests on.
    pub filing: FilingId,
    /// Its procedure.
    pub procedure: String,
    /// How often it was asked before and stopped, because the family did not agree any more.
    pub before: i64,
}

/// A value of a row, or none.
#[derive(Clone, PartialEq)]
pub(crate) enum Cell {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // accounts pass through here
        f.write_str(match self {
            Self::Int(None) | Self::Text(None) | Self::Blob(None) => "nothing",
            Self::Int(_) => "a number",
            Self::Text(_) => "a text",
            Self::Blob(_) => "bytes",
        })
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Cell {
    fn from(yes: bool) -> Self {
        Self::Int(Some(i64::from(yes)))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Cell {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(Some(bytes.to_vec()))
    }
}

impl From<Option<Vec<u8>>> for Cell {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<[u8; 32]> for Cell {
    fn from(bytes: [u8; 32]) -> Self {
        Self::Blob(Some(bytes.to_vec()))
    }
}

impl From<FilingId> for Cell {
    fn from(id: FilingId) -> Self {
        Self::Blob(Some(id.as_bytes().to_vec()))
    }
}

/// The parameters of a statement.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { &[$($crate::store::nonstop::Cell::from($value)),*] };
}
pub(crate) use cells;

/// A row, read from left to right.
pub(crate) struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    pub(crate) fn next(&mut self) -> Cell {
        self.0.next().unwrap_or(Cell::Int(None))
    }

    pub(crate) fn maybe_int(&mut self) -> Result<Option<i64>, StoreError> {
        match self.next() {
            Cell::Int(number) => Ok(number),
            Cell::Text(None) | Cell::Blob(None) => Ok(None),
            other => Err(shape("a number", &other)),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        self.maybe_int()?
            .ok_or_else(|| shape("a number", &Cell::Int(None)))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    pub(crate) fn maybe_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.next() {
            Cell::Text(text) => Ok(text),
            Cell::Int(None) | Cell::Blob(None) => Ok(None),
            other => Err(shape("a text", &other)),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.maybe_text()?
            .ok_or_else(|| shape("a text", &Cell::Int(None)))
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.next() {
            Cell::Blob(Some(bytes)) => Ok(bytes),
            other => Err(shape("bytes", &other)),
        }
    }

    pub(crate) fn maybe_blob(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.next() {
            Cell::Blob(bytes) => Ok(bytes),
            Cell::Int(None) | Cell::Text(None) => Ok(None),
            other => Err(shape("bytes", &other)),
        }
    }

    pub(crate) fn case_ref(&mut self) -> Result<[u8; 32], StoreError> {
        super::fixed("case", &self.blob()?)
    }

    pub(crate) fn filing(&mut self) -> Result<FilingId, StoreError> {
        Ok(FilingId::from_bytes(super::fixed("filing", &self.blob()?)?))
    }
}

fn shape(wanted: &'static str, found: &Cell) -> StoreError {
    StoreError::Corrupt {
        what: "column",
        detail: format!("{found:?} instead of {wanted}"),
    }
}

fn unreadable(what: &'static str) -> impl FnOnce(serde_json::Error) -> StoreError {
    move |source| StoreError::Corrupt {
        what,
        detail: source.to_string(),
    }
}

pub(crate) fn to_json<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(unreadable(what))
}

pub(crate) fn from_json<T: for<'d> Deserialize<'d>>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(unreadable(what))
}

/// A transaction, on either database. Parameters are `$1`, `$2` …; numbers are 64 bits wide.
pub(crate) trait Tx {
    /// Runs a statement; answers how many rows it touched.
    fn run(&self, sql: &str, with: &[Cell]) -> Result<u64, StoreError>;
    /// Asks.
    fn rows(&self, sql: &str, with: &[Cell]) -> Result<Vec<Row>, StoreError>;
    /// Asks the same with each of these values, in their order; together, where the database is far.
    fn rows_each(&self, sql: &str, with: &[Vec<Cell>]) -> Result<Vec<Vec<Row>>, StoreError> {
        with.iter().map(|with| self.rows(sql, with)).collect()
    }
    /// Asks for rows of this table, which nobody else gets until this transaction ends; rows that others hold are passed by.
    fn claim(&self, sql: &str, table: &str, with: &[Cell]) -> Result<Vec<Row>, StoreError>;
    /// A line for the audit chain, written when the transaction ends.
    fn audit(&self, entry: AuditEntry);
}

/// Notifications of a loss, as words and as a list in SQL.
macro_rules! loss {
    (stillbirth) => {
        "shizan_todoke"
    };
    (death) => {
        "shibo_todoke"
    };
    (list) => {
        concat!("('", $crate::store::nonstop::loss!(stillbirth), "', '", $crate::store::nonstop::loss!(death), "')")
    };
    // the case of filing `$1`, where that notifies a loss
    (case) => {
        concat!(
            "SELECT c.token_sha256 FROM filings f
             JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
             WHERE f.id = $1 AND f.procedure IN ",
            $crate::store::nonstop::loss!(list)
        )
    };
}
pub(crate) use loss;

/// Notifications of a loss.
pub(crate) const LOSSES: [&str; 2] = [loss!(stillbirth), loss!(death)];

/// The query for a notification of a loss that has arrived in the case of a row of `table`, and was not returned.
pub(crate) fn arrived_loss(table: &str) -> String {
    format!(
        "SELECT 1 FROM cases c JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
         WHERE c.token_sha256 = {table}.case_ref AND f.procedure IN {} AND f.state <> 'returned'",
        loss!(list)
    )
}

/// Whether a case is still there, waiting for whoever erases it at this moment.
pub(crate) fn stands(tx: &dyn Tx, case_ref: [u8; 32]) -> Result<bool, StoreError> {
    tx.run(
        "UPDATE nonstop_cases SET touched_at = touched_at WHERE case_ref = $1",
        cells![case_ref],
    )?;
    let found = tx.rows(
        "SELECT 1 FROM cases WHERE token_sha256 = $1",
        cells![case_ref],
    )?;
    Ok(!found.is_empty())
}

/// Runs work in a transaction: all of it, or nothing.
pub(crate) trait Transacts: Send + Sync {
    /// Off the threads that serve the network.
    fn transact<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&dyn Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;

    /// Reads with one statement: no transaction is begun for it.
    fn ask(
        &self,
        doing: &'static str,
        sql: String,
        with: Vec<Cell>,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;
}

/// What a loss makes of something that was to be done or said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterLoss {
    /// Nothing: there was none.
    Stays,
    /// It stays, without a sound.
    Quiet,
    /// Only staff bring it up.
    Staff,
    /// It never leaves.
    Ends,
}

/// The same guards as the plan's (`ubugoe_procedures::plan`): of a lost child nothing joyful is left; beside a loss nothing
/// that congratulates, gives or offers.
pub(crate) fn after_loss(
    child: &str,
    (joyful, congrats, guard): (bool, bool, Shown),
    losses: &[String],
) -> AfterLoss {
    if losses.is_empty() {
        return AfterLoss::Stays;
    }
    let lost = losses
        .iter()
        .any(|lost| lost.is_empty() || (!child.is_empty() && lost == child));
    match (lost, guard) {
        (true, _) if joyful => AfterLoss::Ends,
        (true, Shown::Hide) => AfterLoss::Ends,
        (true, Shown::Staff) => AfterLoss::Staff,
        (false, _) if congrats => AfterLoss::Staff,
        _ => AfterLoss::Quiet,
    }
}

fn line(by: &By, action: &str, subject: i64, detail: impl Into<String>) -> AuditEntry {
    AuditEntry {
        at: by.at,
        actor: by.actor.clone(),
        action: action.to_owned(),
        subject: subject.to_string(),
        detail: detail.into(),
    }
}

#[async_trait]
impl<S: Transacts> NonstopStore for S {
    async fn plan_next(&self, now: i64, planner: Arc<dyn Planner>) -> Result<bool, StoreError> {
        self.transact("planning", move |tx| {
            work::plan_next(tx, now, planner.as_ref())
        })
        .await
    }

    async fn carry_out_due(&self, now: i64) -> Result<u32, StoreError> {
        self.transact("carrying out", move |tx| work::carry_out_due(tx, now))
            .await
    }

    async fn pay_months(&self, now: i64, planner: Arc<dyn Planner>) -> Result<u32, StoreError> {
        self.transact("paying months", move |tx| {
            work::pay_months(tx, now, planner.as_ref())
        })
        .await
    }

    async fn hand_out(&self, now: i64) -> Result<u32, StoreError> {
        self.transact("handing out notices", move |tx| work::hand_out(tx, now))
            .await
    }

    async fn next_nonstop_at(&self) -> Result<Option<i64>, StoreError> {
        self.transact("looking what is next", work::next_at).await
    }

    async fn nonstop_items(&self, on: Shelf, limit: u32) -> Result<Vec<Item>, StoreError> {
        self.transact("listing items", move |tx| read::items(tx, on, limit))
            .await
    }

    async fn nonstop_item(&self, id: i64) -> Result<Option<Item>, StoreError> {
        self.transact("reading an item", move |tx| read::item(tx, id))
            .await
    }

    async fn case_line(&self, filing: FilingId) -> Result<CaseLine, StoreError> {
        self.transact("reading a case's line", move |tx| {
            read::case_line(tx, filing)
        })
        .await
    }

    async fn family_line(&self, token_sha256: [u8; 32], now: i64) -> Result<CaseLine, StoreError> {
        self.transact("reading a family's line", move |tx| {
            read::family_line(tx, token_sha256, now)
        })
        .await
    }

    async fn nonstop_counts(&self) -> Result<NonstopCounts, StoreError> {
        self.transact("counting items", read::counts).await
    }

    async fn approve_items(&self, ids: Vec<i64>, by: By) -> Result<u32, StoreError> {
        self.transact("approving items", move |tx| change::approve(tx, &ids, &by))
            .await
    }

    async fn stop_item(
        &self,
        id: i64,
        reason: StopReason,
        note: Option<String>,
        by: By,
    ) -> Result<Step, StoreError> {
        self.transact("stopping an item", move |tx| {
            change::stop(tx, id, reason, note, &by)
        })
        .await
    }

    async fn family_answers(
        &self,
        token_sha256: [u8; 32],
        id: i64,
        yes: bool,
        now: i64,
        planner: Arc<dyn Planner>,
    ) -> Result<Step, StoreError> {
        self.transact("taking a family's answer", move |tx| {
            change::answer(tx, token_sha256, id, yes, now, planner.as_ref())
        })
        .await
    }

    async fn family_account(
        &self,
        token_sha256: [u8; 32],
        id: i64,
        account: Account,
        now: i64,
        planner: Arc<dyn Planner>,
    ) -> Result<Step, StoreError> {
        self.transact("taking an account", move |tx| {
            change::account(tx, token_sha256, id, &account, now, planner.as_ref())
        })
        .await
    }

    async fn report_hop(
        &self,
        item: i64,
        hop: Hop,
        state: HopState,
        by: By,
    ) -> Result<Step, StoreError> {
        self.transact("noting a station", move |tx| {
            change::report_hop(tx, item, hop, state, &by)
        })
        .await
    }

    async fn line_unasked(
        &self,
        question: Question,
        after: i64,
        limit: u32,
    ) -> Result<Vec<OnItsWay>, StoreError> {
        self.transact("looking for what agencies know", move |tx| {
            read::line_unasked(tx, &question, after, limit)
        })
        .await
    }

    async fn line_answered(
        &self,
        question: Question,
        limit: u32,
    ) -> Result<Vec<(i64, HopState)>, StoreError> {
        self.transact("looking for agencies' answers", move |tx| {
            read::line_answered(tx, &question, limit)
        })
        .await
    }

    async fn mark_loss(&self, filing: FilingId, child: String, by: By) -> Result<Step, StoreError> {
        self.transact("marking a loss", move |tx| {
            change::mark_loss(tx, filing, &child, &by)
        })
        .await
    }

    async fn release_file(
        &self,
        day: Date,
        writer: Arc<dyn FileWriter>,
        by: By,
    ) -> Result<Option<FileRow>, StoreError> {
        self.transact("releasing a file", move |tx| {
            work::release_file(tx, day, writer.as_ref(), &by)
        })
        .await
    }

    async fn payments_aside(&self, limit: u32) -> Result<Vec<Aside>, StoreError> {
        self.transact("listing payments set aside", move |tx| {
            read::aside(tx, limit)
        })
        .await
    }

    async fn ask_account(&self, item: i64, by: By) -> Result<bool, StoreError> {
        self.transact("asking for another account", move |tx| {
            change::ask_account(tx, item, &by)
        })
        .await
    }

    async fn payment_files(&self, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        self.transact("listing files", move |tx| read::files(tx, limit))
            .await
    }

    async fn payment_file(&self, id: i64) -> Result<Option<(FileRow, Vec<u8>)>, StoreError> {
        self.transact("reading a file", move |tx| read::file(tx, id))
            .await
    }
}
