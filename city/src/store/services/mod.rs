//! The family's services as they are kept: places for check-ups and their bookings, doses a family tells of, gifts, ranked
//! nurseries and applications for a place.
//!
//! Answers for the words of this part of the store; its statements are written once for both databases, on the transaction of
//! [`super::nonstop`]. Must not know a rule of the domain: whether a place suits a child, what a deadline is and who pays are
//! handed in. It knows one rule: whatever a family does here first locks its case and asks whether the item of its line that
//! leads here is still open to it, so that a loss, which locks the same row, ends everything and is never overtaken.

mod checkups;
mod gifts;
mod nursery;
mod silence;

use async_trait::async_trait;
use ubugoe_protocol::FilingId;

use super::StoreError;
use super::nonstop::{
    By, CaseSeen, LOSSES, Row, Transacts, Tx, arrived_loss, case_of, cells, filings, losses,
    stands, stored,
};
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;

pub(crate) use silence::{AFTER_LOSS, silence};

stored! {
    /// Where a booking stands.
    BookingState {
        /// Held while the family decides.
        Held = "held",
        /// The family will come.
        Confirmed = "confirmed",
        /// They came.
        Attended = "attended",
        /// Given up by the family, or ended by a loss.
        Cancelled = "cancelled",
        /// The hold ran out.
        Lapsed = "lapsed",
        /// Its time has passed and nobody said that they came.
        Past = "past",
    }
}

stored! {
    /// Where a gift stands.
    GiftState {
        /// One was chosen.
        Chosen = "chosen",
        /// The family wants none.
        Declined = "declined",
        /// It was handed over.
        Handed = "handed",
        /// A loss ended it.
        Ended = "ended",
    }
}

stored! {
    /// Where an application for a nursery place stands.
    ApplicationState {
        /// It counts.
        Submitted = "submitted",
        /// The family took it back.
        Withdrawn = "withdrawn",
        /// A loss ended it.
        Ended = "ended",
    }
}

/// What became of a family's act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acted {
    /// Done now.
    Done,
    /// It was so already: a form that came twice.
    Already,
    /// There is no room for this family, or no such thing in it.
    Closed,
    /// No place is left.
    Full,
    /// The child has a booking of this kind.
    Booked,
    /// The hold ran out before it was confirmed.
    RanOut,
    /// The page was opened before the last change, so nothing was done.
    Stale,
    /// The last moment has passed.
    TooLate,
}

/// Which room of which child a family acts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Hash of the family's link.
    pub token_sha256: [u8; 32],
    /// The child, as the line names children.
    pub child: String,
    /// The procedure whose item of the line leads here.
    pub procedure: String,
    /// Unix seconds.
    pub at: i64,
}

/// What a link opens.
#[derive(Debug, Clone)]
pub struct FamilyCase {
    /// The case with its filings.
    pub seen: CaseSeen,
    /// Procedures that are open to the family, each with its child.
    pub open: Vec<(String, String)>,
}

impl FamilyCase {
    /// Whether a procedure of a child is open to the family.
    #[must_use]
    pub fn is_open(&self, procedure: &str, child: &str) -> bool {
        self.open
            .iter()
            .any(|(known, of)| known == procedure && of == child)
    }
}

/// A time at a facility, as imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRow {
    /// The facility's reference.
    pub id: String,
    /// Which check-up.
    pub checkup: String,
    /// The facility's code.
    pub facility: String,
    /// Its name.
    pub facility_name: String,
    /// Where it is.
    pub address: String,
    /// Its telephone number; may be empty.
    pub phone: String,
    /// When it begins, unix seconds.
    pub starts_at: i64,
    /// How long it takes.
    pub minutes: i64,
    /// How many children.
    pub capacity: i64,
    /// Days after birth, first and last, where narrower than the check-up's window.
    pub days: Option<(i64, i64)>,
    /// Municipalities whose vouchers it takes, codes separated by spaces.
    pub contracts: String,
}

/// The same with how many places are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotSeen {
    /// The time.
    pub slot: SlotRow,
    /// Places taken, running holds included.
    pub taken: i64,
}

impl SlotSeen {
    /// How many places are left.
    #[must_use]
    pub fn left(&self) -> i64 {
        (self.slot.capacity - self.taken).max(0)
    }
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// New times.
    pub new: u32,
    /// Times that are otherwise now.
    pub changed: u32,
    /// Times that were so already.
    pub same: u32,
    /// Times that families have booked and that would change under them, or become too small; nothing was imported then.
    pub refused: Vec<(String, SlotRefusal)>,
}

/// Why a time cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotRefusal {
    /// Somebody has a place: when, where and what it is for stay as they are.
    Booked,
    /// More places are taken than would be left.
    Taken,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRow {
    /// Number.
    pub id: i64,
    /// The birth notification of the child.
    pub filing: FilingId,
    /// The child.
    pub child: String,
    /// Which check-up.
    pub checkup: String,
    /// When and where.
    pub slot: SlotRow,
    /// Where it stands; a hold that ran out says so.
    pub state: BookingState,
    /// Until when it is held, not included, unix seconds.
    pub held_until: Option<i64>,
    /// Who pays: `voucher` or `refund`.
    pub cover: String,
    /// Since when it stands so, unix seconds.
    pub state_at: i64,
}

/// A place asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceAsked {
    /// Which time.
    pub slot: String,
    /// The birth notification of the child.
    pub filing: FilingId,
    /// Until when it is held, unix seconds.
    pub until: i64,
    /// Who pays: `voucher` or `refund`.
    pub cover: &'static str,
    /// The confirmed booking that is to move there; without it a place is held.
    pub moves: Option<i64>,
}

/// A dose that a family told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldDose {
    /// The child.
    pub child: String,
    /// Vaccine id.
    pub vaccine: String,
    /// The day, `2027-01-12`.
    pub day: String,
    /// When they told, unix seconds.
    pub told_at: i64,
}

/// A family's answer about a gift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftRow {
    /// The child.
    pub child: String,
    /// The birth notification of the child.
    pub filing: FilingId,
    /// Its arrival number, by which people find it.
    pub arrival_no: String,
    /// Where it stands.
    pub state: GiftState,
    /// What was chosen, as the profile writes it in Japanese.
    pub choice: Option<String>,
    /// How it is handed over: `counter` or `visit`.
    pub way: Option<String>,
    /// When they answered, unix seconds.
    pub answered_at: i64,
    /// When and by whom it was handed over.
    pub handed: Option<(i64, String)>,
}

/// What a family is putting together for nurseries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NurseryDraft {
    /// Ids of facilities, the dearest first.
    pub wishes: Vec<String>,
    /// What they say of the household, as the domain's JSON; none before they said anything.
    pub household: Option<String>,
    /// Counts changes from 0.
    pub version: i64,
}

/// A submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The birth notification of the child.
    pub filing: FilingId,
    /// The version of the draft that was shown.
    pub version: i64,
    /// For which round.
    pub round: String,
    /// First day of the month of entry, `2027-04-01`.
    pub entry: String,
    /// Points estimated; none where there is no table.
    pub points: Option<i64>,
    /// When the round closes, unix seconds.
    pub closes_at: i64,
}

/// An application for a nursery place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationRow {
    /// Number.
    pub id: i64,
    /// The birth notification of the child.
    pub filing: FilingId,
    /// Its arrival number.
    pub arrival_no: String,
    /// The child.
    pub child: String,
    /// For which round.
    pub round: String,
    /// First day of the month of entry.
    pub entry: String,
    /// Where it stands.
    pub state: ApplicationState,
    /// The version of the draft that counts.
    pub version: i64,
    /// How often it was submitted.
    pub times: i64,
    /// Wishes, the dearest first.
    pub wishes: Vec<String>,
    /// The household, as the domain's JSON.
    pub household: String,
    /// Points estimated.
    pub points: Option<i64>,
    /// When the round closes, unix seconds.
    pub closes_at: i64,
    /// When it was submitted last, unix seconds.
    pub submitted_at: i64,
}

impl ApplicationRow {
    /// The number a family quotes: `N2027-00012`.
    #[must_use]
    pub fn receipt(&self) -> String {
        let year = self.entry.get(..4).unwrap_or("0000");
        format!("N{year}-{:05}", self.id)
    }
}

/// Everything of one case, for officers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseServices {
    /// Bookings, also those that ended.
    pub bookings: Vec<BookingRow>,
    /// Doses told of.
    pub doses: Vec<ToldDose>,
    /// Gifts.
    pub gifts: Vec<GiftRow>,
    /// Applications for a nursery place.
    pub applications: Vec<ApplicationRow>,
}

/// What the city keeps of the family's services. One behaviour, two databases.
#[async_trait]
pub trait ServiceStore {
    /// What a link opens. `None`: nothing was ever accepted in its case.
    async fn services_case(
        &self,
        token_sha256: [u8; 32],
        now: i64,
    ) -> Result<Option<FamilyCase>, StoreError>;
    /// Everything of the case a filing belongs to.
    async fn case_services(&self, filing: FilingId, now: i64) -> Result<CaseServices, StoreError>;
    /// Everything of the case a link opens.
    async fn family_services(
        &self,
        token_sha256: [u8; 32],
        now: i64,
    ) -> Result<CaseServices, StoreError>;

    /// Takes times in, all of them or none.
    async fn import_slots(&self, slots: Vec<SlotRow>, by: By) -> Result<Imported, StoreError>;
    /// Times from one moment to another, the earliest first; of one check-up or of all.
    async fn slots(
        &self,
        checkup: Option<String>,
        (from, to): (i64, i64),
        now: i64,
    ) -> Result<Vec<SlotSeen>, StoreError>;
    /// One time with the bookings that stand.
    async fn slot(
        &self,
        id: String,
        now: i64,
    ) -> Result<Option<(SlotSeen, Vec<BookingRow>)>, StoreError>;
    /// Holds a place for a child, or moves a confirmed booking there.
    async fn take_place(&self, act: Act, asked: PlaceAsked) -> Result<Acted, StoreError>;
    /// Confirms a hold.
    async fn confirm_booking(&self, act: Act, id: i64) -> Result<Acted, StoreError>;
    /// Gives a place back.
    async fn cancel_booking(&self, act: Act, id: i64) -> Result<Acted, StoreError>;
    /// An officer notes that a child came.
    async fn attended(&self, id: i64, by: By) -> Result<Acted, StoreError>;

    /// A dose was given, the family says; or was not.
    async fn tell_dose(
        &self,
        act: Act,
        vaccine: String,
        day: String,
        given: bool,
    ) -> Result<Acted, StoreError>;

    /// The family chooses a gift and how it is handed over, or declines.
    async fn answer_gift(
        &self,
        act: Act,
        filing: FilingId,
        choice: Option<(String, String)>,
    ) -> Result<Acted, StoreError>;
    /// Answers, those to be handed over first.
    async fn gifts(&self, limit: u32) -> Result<Vec<GiftRow>, StoreError>;
    /// How often each thing was chosen (none: declined) and where it stands.
    async fn gift_counts(&self) -> Result<Vec<(Option<String>, GiftState, i64)>, StoreError>;
    /// An officer hands a gift over.
    async fn hand_gift(&self, child: String, by: By) -> Result<Acted, StoreError>;

    /// What a family is putting together for a child.
    async fn nursery_draft(&self, child: String) -> Result<NurseryDraft, StoreError>;
    /// Replaces it, if it still is the version that was changed.
    async fn change_nursery_draft(
        &self,
        act: Act,
        draft: NurseryDraft,
    ) -> Result<Acted, StoreError>;
    /// Submits the draft for a round, or replaces what was submitted.
    async fn submit_nursery(&self, act: Act, submission: Submission) -> Result<Acted, StoreError>;
    /// Takes an application back until its round closes.
    async fn withdraw_nursery(&self, act: Act, id: i64) -> Result<Acted, StoreError>;
    /// Applications of a round that count, in the order of their numbers.
    async fn nursery_applications(&self, round: String) -> Result<Vec<ApplicationRow>, StoreError>;
    /// Rounds with applications that count, and how many.
    async fn nursery_rounds(&self) -> Result<Vec<(String, i64)>, StoreError>;
}

/// A case that may act, and which filing its acts stand under in the audit chain.
struct Entered {
    case: [u8; 32],
}

/// Locks the case and asks whether this room is open to the family. What a loss ended stays closed: it took the same lock.
fn enter(tx: &dyn Tx, act: &Act) -> Result<Option<Entered>, StoreError> {
    let Some(case) = case_of(tx, act.token_sha256)? else {
        return Ok(None);
    };
    if !stands(tx, case)? {
        return Ok(None);
    }
    let sql = format!(
        "SELECT i.id FROM nonstop_items i WHERE i.case_ref = $1 AND i.procedure = $2 AND i.child = $3
           AND i.state IN ('open', 'offered', 'prepared', 'done') AND i.shown IN ('show', 'quiet')
           AND NOT EXISTS (SELECT 1 FROM nonstop_losses l WHERE l.case_ref = i.case_ref AND (l.child = '' OR l.child = i.child))
           AND NOT EXISTS ({})",
        arrived_loss("i")
    );
    let open = tx.rows(
        &sql,
        cells![case, act.procedure.as_str(), act.child.as_str()],
    )?;
    Ok((!open.is_empty()).then_some(Entered { case }))
}

fn family_line(act: &Act, action: &str, subject: String, detail: impl Into<String>) -> AuditEntry {
    AuditEntry {
        at: act.at,
        actor: "family".to_owned(),
        action: action.to_owned(),
        subject,
        detail: detail.into(),
    }
}

fn services_case(
    tx: &dyn Tx,
    token_sha256: [u8; 32],
    now: i64,
) -> Result<Option<FamilyCase>, StoreError> {
    let Some(case_ref) = case_of(tx, token_sha256)? else {
        return Ok(None);
    };
    let filings = filings(tx, case_ref)?;
    let Some(trigger) = filings.first().map(|filing| filing.id) else {
        return Ok(None);
    };
    let lost = losses(tx, case_ref)?;
    let mut open = Vec::new();
    let arrived = filings.iter().any(|filing| {
        LOSSES.contains(&filing.procedure.as_str()) && filing.state != FilingState::Returned
    });
    for mut row in tx.rows(
        "SELECT procedure, child FROM nonstop_items WHERE case_ref = $1 AND child <> ''
           AND state IN ('open', 'offered', 'prepared', 'done') AND shown IN ('show', 'quiet') ORDER BY id",
        cells![case_ref],
    )? {
        let (procedure, child) = (row.text()?, row.text()?);
        if !arrived && !lost.iter().any(|one| one.is_empty() || *one == child) {
            open.push((procedure, child));
        }
    }
    Ok(Some(FamilyCase {
        seen: CaseSeen {
            case_ref,
            now,
            trigger,
            filings,
            losses: lost,
        },
        open,
    }))
}

fn services_of(tx: &dyn Tx, case: [u8; 32], now: i64) -> Result<CaseServices, StoreError> {
    Ok(CaseServices {
        bookings: checkups::of_case(tx, case, now)?,
        doses: checkups::doses(tx, case)?,
        gifts: gifts::of_case(tx, case)?,
        applications: nursery::of_case(tx, case)?,
    })
}

fn first(rows: Vec<Row>) -> Option<Row> {
    rows.into_iter().next()
}

fn case_of_filing(tx: &dyn Tx, filing: FilingId) -> Result<Option<[u8; 32]>, StoreError> {
    first(tx.rows(
        "SELECT c.token_sha256 FROM filings f
         JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id WHERE f.id = $1",
        cells![filing],
    )?)
    .map(|mut row| row.case_ref())
    .transpose()
}

#[async_trait]
impl<S: Transacts> ServiceStore for S {
    async fn services_case(
        &self,
        token_sha256: [u8; 32],
        now: i64,
    ) -> Result<Option<FamilyCase>, StoreError> {
        self.transact("reading what a link opens", move |tx| {
            services_case(tx, token_sha256, now)
        })
        .await
    }

    async fn case_services(&self, filing: FilingId, now: i64) -> Result<CaseServices, StoreError> {
        self.transact(
            "reading a case's services",
            move |tx| match case_of_filing(tx, filing)? {
                Some(case) => services_of(tx, case, now),
                None => Ok(CaseServices::default()),
            },
        )
        .await
    }

    async fn family_services(
        &self,
        token_sha256: [u8; 32],
        now: i64,
    ) -> Result<CaseServices, StoreError> {
        self.transact("reading a family's services", move |tx| {
            match case_of(tx, token_sha256)? {
                Some(case) => services_of(tx, case, now),
                None => Ok(CaseServices::default()),
            }
        })
        .await
    }

    async fn import_slots(&self, slots: Vec<SlotRow>, by: By) -> Result<Imported, StoreError> {
        self.transact("importing times", move |tx| {
            checkups::import(tx, &slots, &by)
        })
        .await
    }

    async fn slots(
        &self,
        checkup: Option<String>,
        span: (i64, i64),
        now: i64,
    ) -> Result<Vec<SlotSeen>, StoreError> {
        self.transact("listing times", move |tx| {
            checkups::slots(tx, checkup.as_deref(), span, now)
        })
        .await
    }

    async fn slot(
        &self,
        id: String,
        now: i64,
    ) -> Result<Option<(SlotSeen, Vec<BookingRow>)>, StoreError> {
        self.transact("reading a time", move |tx| checkups::slot(tx, &id, now))
            .await
    }

    async fn take_place(&self, act: Act, asked: PlaceAsked) -> Result<Acted, StoreError> {
        self.transact("taking a place", move |tx| checkups::take(tx, &act, &asked))
            .await
    }

    async fn confirm_booking(&self, act: Act, id: i64) -> Result<Acted, StoreError> {
        self.transact("confirming a booking", move |tx| {
            checkups::confirm(tx, &act, id)
        })
        .await
    }

    async fn cancel_booking(&self, act: Act, id: i64) -> Result<Acted, StoreError> {
        self.transact("cancelling a booking", move |tx| {
            checkups::cancel(tx, &act, id)
        })
        .await
    }

    async fn attended(&self, id: i64, by: By) -> Result<Acted, StoreError> {
        self.transact("noting who came", move |tx| checkups::attended(tx, id, &by))
            .await
    }

    async fn tell_dose(
        &self,
        act: Act,
        vaccine: String,
        day: String,
        given: bool,
    ) -> Result<Acted, StoreError> {
        self.transact("noting a dose", move |tx| {
            checkups::tell_dose(tx, &act, (&vaccine, &day), given)
        })
        .await
    }

    async fn answer_gift(
        &self,
        act: Act,
        filing: FilingId,
        choice: Option<(String, String)>,
    ) -> Result<Acted, StoreError> {
        self.transact("taking an answer about a gift", move |tx| {
            gifts::answer(tx, &act, filing, choice.as_ref())
        })
        .await
    }

    async fn gifts(&self, limit: u32) -> Result<Vec<GiftRow>, StoreError> {
        self.transact("listing gifts", move |tx| gifts::list(tx, limit))
            .await
    }

    async fn gift_counts(&self) -> Result<Vec<(Option<String>, GiftState, i64)>, StoreError> {
        self.transact("counting gifts", gifts::counts).await
    }

    async fn hand_gift(&self, child: String, by: By) -> Result<Acted, StoreError> {
        self.transact("handing a gift over", move |tx| {
            gifts::hand(tx, &child, &by)
        })
        .await
    }

    async fn nursery_draft(&self, child: String) -> Result<NurseryDraft, StoreError> {
        self.transact("reading a list of nurseries", move |tx| {
            nursery::draft(tx, &child)
        })
        .await
    }

    async fn change_nursery_draft(
        &self,
        act: Act,
        draft: NurseryDraft,
    ) -> Result<Acted, StoreError> {
        self.transact("changing a list of nurseries", move |tx| {
            nursery::change(tx, &act, &draft)
        })
        .await
    }

    async fn submit_nursery(&self, act: Act, submission: Submission) -> Result<Acted, StoreError> {
        self.transact("submitting an application", move |tx| {
            nursery::submit(tx, &act, &submission)
        })
        .await
    }

    async fn withdraw_nursery(&self, act: Act, id: i64) -> Result<Acted, StoreError> {
        self.transact("withdrawing an application", move |tx| {
            nursery::withdraw(tx, &act, id)
        })
        .await
    }

    async fn nursery_applications(&self, round: String) -> Result<Vec<ApplicationRow>, StoreError> {
        self.transact("listing applications", move |tx| {
            nursery::of_round(tx, &round)
        })
        .await
    }

    async fn nursery_rounds(&self) -> Result<Vec<(String, i64)>, StoreError> {
        self.transact("listing rounds", nursery::rounds).await
    }
}
