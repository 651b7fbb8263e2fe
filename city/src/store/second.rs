//! Second signatures, as they are kept: beside the filing they are for, bound to its digest.
//!
//! Answers for one attempt being taken up once, for the check that the filing still stands when a signature comes back, and
//! for telling a family that what both signed was replaced. Statements that both databases understand, written once on
//! [`super::nonstop`]'s transactions. Must not judge a signature.

use async_trait::async_trait;
use ubugoe_protocol::FilingId;

use super::nonstop::{Cell, NoticeDetail, Row, Transacts, Tx, cells, to_json};
use super::{StoreError, facts_from_text, fixed};
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;
use crate::casework::second::{Named, Outcome, SecondFinding};

/// Attempts are forgotten after so long, seconds.
pub(super) const KEPT: i64 = 30 * 86_400;
/// Most families told in one transaction.
const TOLD: i64 = 100;
/// Most signatures kept beside one filing: the other parent's, and those of people whom it does not name.
pub(super) const MOST: i64 = 4;

/// How it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondKind {
    /// On a phone, with a signing service.
    App,
    /// With a card, at a device of the city.
    Card,
}

impl SecondKind {
    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Card => "card",
        }
    }

    fn stored(code: &str) -> Result<Self, StoreError> {
        match code {
            "app" => Ok(Self::App),
            "card" => Ok(Self::Card),
            other => Err(StoreError::Corrupt {
                what: "kind of signature",
                detail: other.to_owned(),
            }),
        }
    }
}

/// A second signature that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondSignature {
    /// SHA-256 of the signer's certificate: the same person's signature counts once.
    pub signer: [u8; 32],
    /// How.
    pub kind: SecondKind,
    /// SHA-256 of the bytes it is over.
    pub digest: [u8; 32],
    /// When it was taken in, unix seconds.
    pub given_at: i64,
    /// Detached CMS, DER.
    pub cms: Vec<u8>,
    /// What was found.
    pub finding: SecondFinding,
}

/// A filing that its family may be asked about. `Debug` shows no content.
#[derive(Clone, PartialEq, Eq)]
pub struct AskedFiling {
    /// Which.
    pub id: FilingId,
    /// Procedure id.
    pub procedure: String,
    /// Title in Japanese and in English.
    pub title: ubugoe_procedures::Text,
    /// State.
    pub state: FilingState,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
    /// The bytes.
    pub canonical: Vec<u8>,
    /// The first signature.
    pub signature: Vec<u8>,
    /// A later filing stands in its place.
    pub replaced: bool,
    /// It stands in the place of an earlier one that both had signed, and nobody has signed this one since.
    pub again: bool,
    /// When it was signed by the other parent, if it was.
    pub given_at: Option<i64>,
    /// When it was signed by somebody whom it does not name, if it was.
    pub strange_at: Option<i64>,
    /// How the last attempt ended.
    pub last: Option<Outcome>,
}

impl std::fmt::Debug for AskedFiling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AskedFiling({})", self.id)
    }
}

/// The filings of a case, and whether anything of it is under a support measure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedCase {
    /// In case order.
    pub filings: Vec<AskedFiling>,
    /// Somebody in this case asked for confidential handling (支援措置).
    pub protected: bool,
}

/// An attempt whose browser came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenUp {
    /// For the first time, and in time: the filing, the digest that was shown, the service's name.
    Now(FilingId, [u8; 32], String),
    /// Too late.
    Late,
    /// Before, or never begun.
    Not,
}

/// What the officer's page says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondOf {
    /// The signatures, oldest first. Those of somebody whom the filing does not name stand here too, for an officer to look at.
    pub given: Vec<SecondSignature>,
    /// A later filing stands in this one's place.
    pub replaced: bool,
    /// An earlier filing in whose place this one stands was signed by both.
    pub again: bool,
}

/// What the city keeps of second signatures. One behaviour, two databases.
#[async_trait]
pub trait SecondStore {
    /// The filings of a case (by the hash of its first link).
    async fn second_asked(&self, case_ref: [u8; 32]) -> Result<AskedCase, StoreError>;
    /// Begins an attempt.
    async fn second_begin(
        &self,
        way: [u8; 32],
        asked: (FilingId, [u8; 32], String),
        span: (i64, i64),
    ) -> Result<(), StoreError>;
    /// Takes an attempt up, once.
    async fn second_take_up(&self, way: [u8; 32], now: i64) -> Result<TakenUp, StoreError>;
    /// Ends it: keeps the signature if the filing still stands as it was shown. Answers what came of it, and writes it into the
    /// audit chain.
    async fn second_end(
        &self,
        way: [u8; 32],
        came: Result<SecondSignature, Outcome>,
        now: i64,
    ) -> Result<Outcome, StoreError>;
    /// What is known of a filing's second signature.
    async fn second_of(&self, filing: FilingId) -> Result<SecondOf, StoreError>;
    /// Tells families whose both parents had signed what was replaced since. Answers how many.
    async fn second_tell(&self, now: i64) -> Result<u32, StoreError>;
}

/// That `n` stands in the place of `f`: the same procedure for the same child, later in the same case. Where a filing names no
/// certificate the children cannot be told apart, and only one that was sent back is taken for replaced.
const REPLACES: &str = "n.recipient = f.recipient AND n.device = f.device AND n.case_id = f.case_id
    AND n.procedure = f.procedure AND n.case_seq > f.case_seq
    AND (n.child_key = f.child_key OR ((n.child_key IS NULL OR f.child_key IS NULL) AND f.state = 'returned'))";

fn exists(what: &str) -> String {
    format!("EXISTS (SELECT 1 {what})")
}

/// Whether a later one stands in the place of `f`.
pub(super) fn replaced() -> String {
    exists(&format!("FROM filings n WHERE {REPLACES}"))
}

/// Whether `n` stands in the place of one that both had signed.
fn again() -> String {
    exists(&format!(
        "FROM second_signatures z JOIN filings f ON f.id = z.filing WHERE z.named <> 'nobody' AND {REPLACES}"
    ))
}

fn asked(tx: &dyn Tx, case_ref: [u8; 32]) -> Result<AskedCase, StoreError> {
    let mut case = AskedCase::default();
    // `n` is the filing itself: what it replaces is `f`, and what replaces it is looked for under the names the other way round
    let rows = tx.rows(
        &format!(
            "SELECT n.id, n.procedure, n.facts, n.state, n.digest, n.canonical, n.signature,
               (SELECT count(*) FROM (SELECT 1 FROM filings f WHERE f.id = n.id AND {replaced}) r),
               {again},
               (SELECT min(s.given_at) FROM second_signatures s WHERE s.filing = n.id AND s.named <> 'nobody'),
               (SELECT min(s.given_at) FROM second_signatures s WHERE s.filing = n.id AND s.named = 'nobody'),
               (SELECT w.outcome FROM second_signings w WHERE w.filing = n.id AND w.ended_at IS NOT NULL
                ORDER BY w.ended_at DESC, w.begun_at DESC LIMIT 1)
             FROM cases c
             JOIN filings n ON n.recipient = c.recipient AND n.device = c.device AND n.case_id = c.case_id
             WHERE c.token_sha256 = $1 ORDER BY n.case_seq, n.arrival_no",
            replaced = replaced(),
            again = again(),
        ),
        cells![case_ref],
    )?;
    for mut row in rows {
        let (id, procedure) = (row.filing()?, row.text()?);
        let facts = facts_from_text(&row.text()?)?;
        case.protected |= facts.protected;
        let state = state(&row.text()?)?;
        case.filings.push(AskedFiling {
            id,
            procedure,
            title: ubugoe_procedures::Text {
                ja: facts.title_ja,
                en: facts.title_en,
            },
            state,
            digest: fixed("digest", &row.blob()?)?,
            canonical: row.blob()?,
            signature: row.blob()?,
            replaced: row.int()? > 0,
            again: row.flag()?,
            given_at: row.maybe_int()?,
            strange_at: row.maybe_int()?,
            last: row.maybe_text()?.as_deref().and_then(Outcome::from_code),
        });
    }
    for filing in &mut case.filings {
        filing.again &= filing.given_at.is_none();
    }
    Ok(case)
}

fn state(code: &str) -> Result<FilingState, StoreError> {
    FilingState::from_code(code).ok_or_else(|| StoreError::Corrupt {
        what: "state",
        detail: code.to_owned(),
    })
}

fn take_up(tx: &dyn Tx, way: [u8; 32], now: i64) -> Result<TakenUp, StoreError> {
    // whoever changes the row first has it; the service's name for it is not needed afterwards
    let known = tx
        .rows(
            "SELECT filing, digest, reference, ends_at FROM second_signings WHERE way_sha256 = $1 AND ended_at IS NULL",
            cells![way],
        )?
        .into_iter()
        .next();
    let Some(mut row) = known else {
        return Ok(TakenUp::Not);
    };
    let (filing, digest) = (row.filing()?, fixed("digest", &row.blob()?)?);
    let (reference, until) = (row.maybe_text()?.unwrap_or_default(), row.int()?);
    let late = now > until;
    let outcome = if late { Outcome::Late } else { Outcome::Begun };
    let first = tx.run(
        "UPDATE second_signings SET ended_at = $2, outcome = $3, reference = NULL WHERE way_sha256 = $1 AND ended_at IS NULL",
        cells![way, now, outcome.code()],
    )?;
    if first == 0 {
        return Ok(TakenUp::Not);
    }
    if late {
        note(tx, filing, Outcome::Late, now);
        return Ok(TakenUp::Late);
    }
    Ok(TakenUp::Now(filing, digest, reference))
}

pub(super) fn note(tx: &dyn Tx, filing: FilingId, outcome: Outcome, now: i64) {
    let given = outcome == Outcome::Given;
    tx.audit(AuditEntry {
        at: now,
        actor: "family".to_owned(),
        action: if given {
            "second.given"
        } else {
            "second.failed"
        }
        .to_owned(),
        subject: filing.to_string(),
        detail: outcome.code().to_owned(),
    });
}

fn end(
    tx: &dyn Tx,
    way: [u8; 32],
    came: Result<SecondSignature, Outcome>,
    now: i64,
) -> Result<Outcome, StoreError> {
    let found = tx
        .rows(
            &format!(
                "SELECT w.filing, {} FROM second_signings w JOIN filings f ON f.id = w.filing
                 WHERE w.way_sha256 = $1 AND w.digest = f.digest AND w.outcome = 'begun'",
                replaced()
            ),
            cells![way],
        )?
        .into_iter()
        .next();
    let Some(mut row) = found else {
        return Ok(Outcome::Already);
    };
    let (filing, replaced) = (row.filing()?, row.flag()?);
    let outcome = match came {
        Err(outcome) => outcome,
        Ok(_) if replaced => Outcome::Replaced,
        Ok(_) if kept_already(tx, filing)? >= MOST => Outcome::Already,
        Ok(signature) => keep(
            tx,
            filing,
            &SecondSignature {
                given_at: now,
                ..signature
            },
        )?,
    };
    tx.run(
        "UPDATE second_signings SET outcome = $2 WHERE way_sha256 = $1",
        cells![way, outcome.code()],
    )?;
    note(tx, filing, outcome, now);
    Ok(outcome)
}

pub(super) fn kept_already(tx: &dyn Tx, filing: FilingId) -> Result<i64, StoreError> {
    count(
        tx,
        "SELECT count(*) FROM second_signatures WHERE filing = $1",
        cells![filing],
    )
}

pub(super) fn count(tx: &dyn Tx, sql: &str, with: &[Cell]) -> Result<i64, StoreError> {
    let found = tx.rows(sql, with)?.into_iter().next();
    found.map_or(Ok(0), |mut row| row.int())
}

/// Keeps a signature that counts; one by the same certificate stands already.
pub(super) fn keep(
    tx: &dyn Tx,
    filing: FilingId,
    signature: &SecondSignature,
) -> Result<Outcome, StoreError> {
    let kept = tx.run(
        "INSERT INTO second_signatures (filing, signer, digest, named, kind, given_at, cms, finding)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        cells![
            filing,
            signature.signer,
            signature.digest,
            signature.finding.named.code(),
            signature.kind.code(),
            signature.given_at,
            signature.cms.as_slice(),
            to_json("finding", &signature.finding)?,
        ],
    )?;
    if kept == 0 {
        return Ok(Outcome::Already);
    }
    tx.run(
        "INSERT INTO second_watch (filing) VALUES ($1) ON CONFLICT DO NOTHING",
        cells![filing],
    )?;
    Ok(Outcome::Given)
}

/// Whether a filing can be signed now: nobody whom it names has, and no later one stands in its place.
pub(super) fn asked_now(tx: &dyn Tx, filing: FilingId) -> Result<bool, StoreError> {
    let found = tx.rows(
        &format!(
            "SELECT 1 FROM filings f WHERE f.id = $1 AND f.state = 'arrived' AND NOT {}
             AND NOT EXISTS (SELECT 1 FROM second_signatures s WHERE s.filing = f.id AND s.named <> 'nobody')",
            replaced()
        ),
        cells![filing],
    )?;
    Ok(!found.is_empty())
}

/// Whether anybody in the case of a filing asked for confidential handling.
pub(super) fn protected(tx: &dyn Tx, filing: FilingId) -> Result<bool, StoreError> {
    let rows = tx.rows(
        "SELECT o.facts FROM filings f JOIN filings o ON o.recipient = f.recipient AND o.device = f.device
           AND o.case_id = f.case_id WHERE f.id = $1",
        cells![filing],
    )?;
    for mut row in rows {
        if facts_from_text(&row.text()?)?.protected {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of(given: Vec<Row>, flags: Vec<Row>) -> Result<SecondOf, StoreError> {
    let given = given
        .into_iter()
        .map(signature)
        .collect::<Result<Vec<_>, _>>()?;
    let (replaced, again) = match flags.into_iter().next() {
        Some(mut row) => (row.int()? > 0, row.flag()?),
        None => (false, false),
    };
    Ok(SecondOf {
        again: again && given.iter().all(|one| one.finding.named == Named::Nobody),
        given,
        replaced,
    })
}

fn signature(mut row: Row) -> Result<SecondSignature, StoreError> {
    Ok(SecondSignature {
        signer: fixed("signer", &row.blob()?)?,
        kind: SecondKind::stored(&row.text()?)?,
        digest: fixed("digest", &row.blob()?)?,
        given_at: row.int()?,
        cms: row.blob()?,
        finding: super::nonstop::from_json("finding", &row.text()?)?,
    })
}

fn tell(tx: &dyn Tx, now: i64) -> Result<u32, StoreError> {
    // what was accepted is not replaced any more
    tx.run(
        "DELETE FROM second_watch WHERE filing IN (SELECT f.id FROM second_watch w JOIN filings f ON f.id = w.filing
           WHERE f.state = 'accepted')",
        &[],
    )?;
    let stale = tx.claim(
        &format!(
            "SELECT w.filing, f.procedure, f.facts, c.token_sha256 FROM second_watch w
             JOIN filings f ON f.id = w.filing
             JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
             WHERE {} ORDER BY w.filing LIMIT $1",
            replaced()
        ),
        "w",
        cells![TOLD],
    )?;
    let mut told = 0;
    for mut row in stale {
        let (filing, procedure) = (row.filing()?, row.text()?);
        let facts = facts_from_text(&row.text()?)?;
        let case_ref = row.case_ref()?;
        let detail = NoticeDetail {
            title: ubugoe_procedures::Text {
                ja: facts.title_ja,
                en: facts.title_en,
            },
            label: None,
            from: None,
            to: None,
        };
        tx.run(
            "INSERT INTO nonstop_cases (case_ref, touched_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            cells![case_ref, now],
        )?;
        // nothing joyful: a loss makes it quiet, as it does with every notice that only informs
        tx.run(
            "INSERT INTO nonstop_notices (case_ref, child, procedure, code, number, detail, shown, loss_guard, joyful, congrats,
               due_at, state)
             VALUES ($1, '', $2, 'sign_again', $3, $4, 'show', 'show', 0, 0, $5, 'queued') ON CONFLICT DO NOTHING",
            cells![
                case_ref,
                procedure.as_str(),
                filing.to_string(),
                to_json("notice", &detail)?,
                now,
            ],
        )?;
        tx.run("DELETE FROM second_watch WHERE filing = $1", cells![filing])?;
        tx.audit(AuditEntry {
            at: now,
            actor: "system".to_owned(),
            action: "second.stale".to_owned(),
            subject: filing.to_string(),
            detail: procedure,
        });
        told += 1;
    }
    Ok(told)
}

#[async_trait]
impl<S: Transacts> SecondStore for S {
    async fn second_asked(&self, case_ref: [u8; 32]) -> Result<AskedCase, StoreError> {
        self.transact("reading what may be signed", move |tx| asked(tx, case_ref))
            .await
    }

    async fn second_begin(
        &self,
        way: [u8; 32],
        (filing, digest, reference): (FilingId, [u8; 32], String),
        (now, until): (i64, i64),
    ) -> Result<(), StoreError> {
        self.transact("beginning a signature", move |tx| {
            tx.run(
                "DELETE FROM second_signings WHERE begun_at < $1",
                cells![now.saturating_sub(KEPT)],
            )?;
            tx.run(
                "INSERT INTO second_signings (way_sha256, filing, digest, reference, begun_at, ends_at)
                 VALUES ($1, $2, $3, $4, $5, $6)",
                cells![way, filing, digest, reference.as_str(), now, until],
            )?;
            tx.audit(AuditEntry {
                at: now,
                actor: "family".to_owned(),
                action: "second.begun".to_owned(),
                subject: filing.to_string(),
                detail: String::new(),
            });
            Ok(())
        })
        .await
    }

    async fn second_take_up(&self, way: [u8; 32], now: i64) -> Result<TakenUp, StoreError> {
        self.transact("taking up a signature", move |tx| take_up(tx, way, now))
            .await
    }

    async fn second_end(
        &self,
        way: [u8; 32],
        came: Result<SecondSignature, Outcome>,
        now: i64,
    ) -> Result<Outcome, StoreError> {
        self.transact("ending a signature", move |tx| end(tx, way, came, now))
            .await
    }

    async fn second_of(&self, filing: FilingId) -> Result<SecondOf, StoreError> {
        const DOING: &str = "reading a second signature";
        let given = "SELECT signer, kind, digest, given_at, cms, finding FROM second_signatures WHERE filing = $1
             ORDER BY given_at, signer";
        let flags = format!(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM filings f WHERE f.id = n.id AND {}) r), {}
             FROM filings n WHERE n.id = $1",
            replaced(),
            again()
        );
        let (given, flags) = tokio::try_join!(
            self.ask(DOING, given.to_owned(), cells![filing].into()),
            self.ask(DOING, flags, cells![filing].into())
        )?;
        of(given, flags)
    }

    async fn second_tell(&self, now: i64) -> Result<u32, StoreError> {
        self.transact("telling that a signature is stale", move |tx| tell(tx, now))
            .await
    }
}
