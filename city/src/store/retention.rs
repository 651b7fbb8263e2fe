//! Erasing what is due, and holding what must stay.
//!
//! Answers for what goes when a period has ended, written once for both databases. A filing keeps its row: number, times,
//! procedure, state, digest, receipt, codes of its history. What it said, and every trace of it elsewhere, goes in one
//! transaction with its line in the audit chain; that chain holds codes and ids only, so it stays as it is and still verifies.
//! Its own oldest lines leave together, and their last hash stays ([`RetentionStore::audit_start`]).
//!
//! Tables that refuse change let go of rows only for the transaction that has named them in `retention_gate`.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use ubugoe_protocol::FilingId;

use super::nonstop::{By, Cell, Transacts, Tx, cells};
use super::{Facts, Finding, Reason, SignatureFinding, StoreError};
use super::{facts_from_text, facts_to_text, fixed, system_line};
use crate::casework::audit::{AuditEntry, GENESIS};
use crate::retention::{Due, Kind};

/// Most filings erased in one transaction.
pub const FILINGS: i64 = 200;
/// Most other rows erased in one transaction.
pub const ROWS: i64 = 1_000;
/// Most filings named in a list.
const NAMED: i64 = 200;

/// Run when the last filing of a case was erased, with the case's `token_sha256` as `$1`: whatever else is kept by a case's link.
/// A part of the city that keeps something there adds its statement here.
const WITH_THE_CASE: &[&str] = &[
    "DELETE FROM family_codes WHERE case_ref = $1",
    "DELETE FROM family_sessions WHERE case_ref = $1",
    "DELETE FROM family_voices WHERE case_ref = $1",
    "DELETE FROM family_phones WHERE case_ref = $1",
    "DELETE FROM checkup_bookings WHERE case_ref = $1",
    "DELETE FROM told_doses WHERE case_ref = $1",
    "DELETE FROM gift_answers WHERE case_ref = $1",
    "DELETE FROM nursery_drafts WHERE case_ref = $1",
    "DELETE FROM nursery_applications WHERE case_ref = $1",
];

/// Tables opened for erasing filings, in the order of their names, so that several programs wait instead of deadlock.
const FILING_GATES: [&str; 7] = [
    "agency_certificates",
    "agency_events",
    "chunks",
    "desk_log",
    "filings",
    "history",
    "second_signatures",
];

/// How much of a rule is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCount {
    /// The rule's word.
    pub code: String,
    /// How many rows.
    pub rows: u64,
    /// When the oldest of them came, unix seconds.
    pub oldest: Option<i64>,
    /// How many more would be due, were they not held.
    pub held: u64,
}

/// A filing that will be erased next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueFiling {
    /// Which.
    pub id: FilingId,
    /// Its number.
    pub arrival_no: i64,
    /// Procedure id.
    pub procedure: String,
    /// Unix seconds.
    pub arrived_at: i64,
}

/// A hold against erasing a filing's case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its number.
    pub id: i64,
    /// The filing it was placed on.
    pub filing: FilingId,
    /// Why, in an officer's words.
    pub reason: String,
    /// Staff account id.
    pub placed_by: String,
    /// Unix seconds.
    pub placed_at: i64,
    /// Who lifted it, if somebody did.
    pub lifted_by: Option<String>,
    /// When, unix seconds.
    pub lifted_at: Option<i64>,
}

/// What the store keeps about erasing.
#[async_trait]
pub trait RetentionStore {
    /// Erases a bounded part of what is due, with its audit lines, in one transaction. Answers how much went; 0: nothing is due.
    async fn erase_due(&self, due: Due, now: i64) -> Result<u64, StoreError>;
    /// How much is due. Changes nothing.
    async fn count_due(&self, due: Due) -> Result<DueCount, StoreError>;
    /// The filings that go first; none for a rule of another kind.
    async fn due_filings(&self, due: Due) -> Result<Vec<DueFiling>, StoreError>;
    /// Holds the case of a filing. `false`: there is no such filing.
    async fn hold(&self, filing: FilingId, reason: String, by: By) -> Result<bool, StoreError>;
    /// Lifts a hold. `false`: there is none that stands.
    async fn lift_hold(&self, id: i64, by: By) -> Result<bool, StoreError>;
    /// Holds, standing ones first, then newest first.
    async fn holds(&self, limit: u32) -> Result<Vec<Hold>, StoreError>;
    /// When the content of a filing was erased; `None`: it was not, or there is none.
    async fn erased_at(&self, filing: FilingId) -> Result<Option<i64>, StoreError>;
    /// Number and hash of the last audit line that left: where a verifier begins.
    async fn audit_start(&self) -> Result<(i64, [u8; 32]), StoreError>;
    /// Empties the database's files of what was erased.
    async fn forget_erased(&self) -> Result<(), StoreError>;
}

/// What each database does so that erased rows are not in its files.
pub(crate) trait Forgets {
    /// Empties its files of erased rows.
    fn forget(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

#[async_trait]
impl<S: Transacts + Forgets> RetentionStore for S {
    async fn erase_due(&self, due: Due, now: i64) -> Result<u64, StoreError> {
        self.transact("erasing what is due", move |tx| erase(tx, &due, now))
            .await
    }

    async fn count_due(&self, due: Due) -> Result<DueCount, StoreError> {
        self.transact("counting what is due", move |tx| count(tx, &due))
            .await
    }

    async fn due_filings(&self, due: Due) -> Result<Vec<DueFiling>, StoreError> {
        self.transact("listing what is due", move |tx| named(tx, &due))
            .await
    }

    async fn hold(&self, filing: FilingId, reason: String, by: By) -> Result<bool, StoreError> {
        self.transact("placing a hold", move |tx| hold(tx, filing, &reason, &by))
            .await
    }

    async fn lift_hold(&self, id: i64, by: By) -> Result<bool, StoreError> {
        self.transact("lifting a hold", move |tx| lift(tx, id, &by))
            .await
    }

    async fn holds(&self, limit: u32) -> Result<Vec<Hold>, StoreError> {
        self.transact("listing holds", move |tx| holds(tx, limit))
            .await
    }

    async fn erased_at(&self, filing: FilingId) -> Result<Option<i64>, StoreError> {
        self.transact("asking for a filing's content", move |tx| {
            let rows = tx.rows(
                "SELECT erased_at FROM filings WHERE id = $1",
                cells![filing],
            )?;
            match rows.into_iter().next() {
                Some(mut row) => row.maybe_int(),
                None => Ok(None),
            }
        })
        .await
    }

    async fn audit_start(&self) -> Result<(i64, [u8; 32]), StoreError> {
        self.transact("reading where the audit log begins", |tx| {
            let sql = "SELECT upto, hash FROM audit_cuts ORDER BY upto DESC LIMIT 1";
            match tx.rows(sql, &[])?.into_iter().next() {
                Some(mut row) => Ok((row.int()?, fixed("audit hash", &row.blob()?)?)),
                None => Ok((0, GENESIS)),
            }
        })
        .await
    }

    async fn forget_erased(&self) -> Result<(), StoreError> {
        self.forget().await
    }
}

/// Rows that are erased by their age alone.
struct Plain {
    table: &'static str,
    /// Columns that name a row.
    key: &'static str,
    /// The moment its period is counted from.
    at: &'static str,
    /// What else must hold.
    and: &'static str,
    /// Whether the table has to be opened.
    gate: bool,
}

const fn plain(kind: Kind) -> Option<Plain> {
    let (table, key, at, and, gate) = match kind {
        Kind::Filing | Kind::Audit => return None,
        Kind::FamilyNotice => (
            "nonstop_notices",
            "id",
            "due_at",
            "state NOT IN ('queued', 'erased')",
            false,
        ),
        Kind::OrphanPiece => (
            "chunks",
            "id",
            "arrived_at",
            "NOT EXISTS (SELECT 1 FROM filings f WHERE f.id = chunks.filing)",
            true,
        ),
        Kind::Certificate => (
            "agency_certificates",
            "id",
            "received_at",
            "filing IS NULL",
            true,
        ),
        Kind::AgencyAnswer => ("agency_answers", "peer, id", "at", "1 = 1", true),
        Kind::BankFile => (
            "nonstop_files",
            "id",
            "released_at",
            "length(bytes) > 0",
            true,
        ),
        Kind::QuarantineResolved => (
            "quarantine",
            "id",
            "resolved_at",
            "resolved_at IS NOT NULL",
            false,
        ),
        Kind::Quarantine => (
            "quarantine",
            "id",
            "last_seen",
            "resolved_at IS NULL",
            false,
        ),
        Kind::Addressee => ("addressees", "serial", "imported_at", "1 = 1", false),
        Kind::Session => ("sessions", "token_sha256", "expires_at", "1 = 1", false),
        Kind::SignIn => ("sign_ins", "token_sha256", "expires_at", "1 = 1", false),
        Kind::Officer => ("officers", "id", "signed_in_at", "1 = 1", false),
    };
    Some(Plain {
        table,
        key,
        at,
        and,
        gate,
    })
}

fn open(tx: &dyn Tx, tables: &[&str]) -> Result<(), StoreError> {
    for table in tables {
        tx.run(
            "INSERT INTO retention_gate (relation) VALUES ($1)",
            cells![*table],
        )?;
    }
    Ok(())
}

fn close(tx: &dyn Tx) -> Result<(), StoreError> {
    tx.run("DELETE FROM retention_gate", &[]).map(drop)
}

fn erase(tx: &dyn Tx, due: &Due, now: i64) -> Result<u64, StoreError> {
    match (due.kind, plain(due.kind)) {
        (_, Some(plain)) => erase_plain(tx, due, &plain, now),
        (Kind::Audit, None) => cut_audit(tx, due.cutoff, now),
        (_, None) => erase_filings(tx, due, now),
    }
}

fn erase_plain(tx: &dyn Tx, due: &Due, plain: &Plain, now: i64) -> Result<u64, StoreError> {
    let Plain {
        table,
        key,
        at,
        and,
        gate,
    } = plain;
    let chosen =
        format!("SELECT {key} FROM {table} WHERE {at} < $1 AND {and} ORDER BY {at} LIMIT {ROWS}");
    if *gate {
        let also: &[&str] = if due.kind == Kind::Certificate {
            &["agency_certificates", "agency_events"]
        } else {
            &[table]
        };
        open(tx, also)?;
    }
    if due.kind == Kind::Certificate {
        // both statements see the same certificates: nobody else erases while the gate is ours
        tx.run(
            &format!("DELETE FROM agency_events WHERE certificate IN ({chosen})"),
            cells![due.cutoff],
        )?;
    }
    let gone = if due.kind == Kind::BankFile {
        let sql = format!("UPDATE {table} SET bytes = $2 WHERE {key} IN ({chosen})");
        tx.run(&sql, cells![due.cutoff, &[0_u8; 0][..]])?
    } else if due.kind == Kind::FamilyNotice {
        // its key stays: a case that is planned again would tell its family once more
        let sql = format!(
            "UPDATE {table} SET state = 'erased', detail = '', handed_at = NULL, seen_at = NULL WHERE {key} IN ({chosen})"
        );
        tx.run(&sql, cells![due.cutoff])?
    } else {
        let sql = format!("DELETE FROM {table} WHERE ({key}) IN ({chosen})");
        tx.run(&sql, cells![due.cutoff])?
    };
    if *gate {
        close(tx)?;
    }
    if gone > 0 {
        let detail = format!("rows={gone}");
        tx.audit(system_line(
            now,
            "retention.erased",
            &due.code.as_str(),
            detail,
        ));
    }
    Ok(gone)
}

/// The oldest lines of the audit chain, up to the first that has to stay; the newest always does.
fn cut_audit(tx: &dyn Tx, cutoff: i64, now: i64) -> Result<u64, StoreError> {
    open(tx, &["audit"])?;
    let mut last = None;
    let sql = format!(
        "SELECT seq, at, hash FROM audit ORDER BY seq LIMIT {}",
        ROWS + 1
    );
    let rows = tx.rows(&sql, &[])?;
    let most = rows.len().saturating_sub(1);
    for mut row in rows.into_iter().take(most) {
        let (seq, at) = (row.int()?, row.int()?);
        if at >= cutoff {
            break;
        }
        last = Some((seq, row.blob()?));
    }
    let mut gone = 0;
    if let Some((upto, hash)) = last {
        gone = tx.run("DELETE FROM audit WHERE seq <= $1", cells![upto])?;
        tx.run(
            "INSERT INTO audit_cuts (upto, hash, at) VALUES ($1, $2, $3)",
            cells![upto, hash.as_slice(), now],
        )?;
        tx.audit(system_line(
            now,
            "retention.audit_cut",
            &upto,
            hex::encode(hash),
        ));
    }
    close(tx)?;
    Ok(gone)
}

/// Which filings are due. Never one of an open case: one that waits for an officer, one that something is still prepared, held or
/// paid for or was offered within the period, or one that is planned again.
fn due_where(due: &Due, held: bool) -> (String, Vec<Cell>) {
    let mut with = vec![Cell::from(due.cutoff)];
    let mut place = |text: &str| {
        with.push(Cell::from(text));
        format!("${}", with.len())
    };
    let procedure = match &due.only {
        Some(only) => format!("f.procedure = {}", place(only)),
        None if due.but.is_empty() => "1 = 1".to_owned(),
        None => {
            let names: Vec<String> = due.but.iter().map(|name| place(name)).collect();
            format!("f.procedure NOT IN ({})", names.join(", "))
        }
    };
    // offices that share a database have each their own periods
    let office = match &due.recipient {
        Some(recipient) => format!("f.recipient = {}", place(recipient)),
        None => "1 = 1".to_owned(),
    };
    let not = if held { "" } else { "NOT" };
    let case = "o.recipient = f.recipient AND o.device = f.device AND o.case_id = f.case_id";
    let sql = format!(
        "f.erased_at IS NULL AND f.arrived_at < $1 AND f.state <> 'arrived' AND {procedure} AND {office}
         AND NOT EXISTS (SELECT 1 FROM history h WHERE h.filing = f.id AND h.at >= $1)
         AND NOT EXISTS (SELECT 1 FROM filings o WHERE {case} AND o.state = 'arrived')
         AND NOT EXISTS (SELECT 1 FROM filings o JOIN nonstop_events e ON e.filing = o.id WHERE {case} AND e.done_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM cases o JOIN nonstop_items i ON i.case_ref = o.token_sha256 WHERE {case}
                           AND (i.state IN ('prepared', 'held') OR (i.state = 'offered' AND i.state_at >= $1) OR i.pay_at IS NOT NULL))
         AND NOT EXISTS (SELECT 1 FROM cases o JOIN nonstop_items i ON i.case_ref = o.token_sha256
                           JOIN nonstop_payments p ON p.item = i.id WHERE {case} AND p.state IN ('due', 'held', 'aside'))
         AND NOT EXISTS (SELECT 1 FROM agency_requests r WHERE r.filing = f.id AND r.next_at IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM cases o JOIN nursery_applications n ON n.case_ref = o.token_sha256
                           WHERE {case} AND n.state = 'submitted' AND n.closes_at >= $1)
         AND NOT EXISTS (SELECT 1 FROM cases o JOIN checkup_bookings b ON b.case_ref = o.token_sha256
                           WHERE {case} AND b.state IN ('held', 'confirmed') AND b.state_at >= $1)
         AND NOT EXISTS (SELECT 1 FROM cases o JOIN gift_answers g ON g.case_ref = o.token_sha256
                           WHERE {case} AND g.state = 'chosen' AND g.answered_at >= $1)
         AND {not} EXISTS (SELECT 1 FROM erasure_holds o WHERE {case} AND o.lifted_at IS NULL)"
    );
    (sql, with)
}

fn count(tx: &dyn Tx, due: &Due) -> Result<DueCount, StoreError> {
    let one = |sql: &str, with: &[Cell]| -> Result<(u64, Option<i64>), StoreError> {
        match tx.rows(sql, with)?.into_iter().next() {
            Some(mut row) => Ok((row.int()?.unsigned_abs(), row.maybe_int()?)),
            None => Ok((0, None)),
        }
    };
    let mut held = 0;
    let (rows, oldest) = match (due.kind, plain(due.kind)) {
        (_, Some(Plain { table, at, and, .. })) => one(
            &format!("SELECT count(*), min({at}) FROM {table} WHERE {at} < $1 AND {and}"),
            cells![due.cutoff],
        )?,
        (Kind::Audit, None) => one(
            "SELECT count(*), min(at) FROM audit WHERE at < $1",
            cells![due.cutoff],
        )?,
        (_, None) => {
            let asked = |held| {
                let (holds, with) = due_where(due, held);
                let sql =
                    format!("SELECT count(*), min(f.arrived_at) FROM filings f WHERE {holds}");
                one(&sql, &with)
            };
            held = asked(true)?.0;
            asked(false)?
        }
    };
    Ok(DueCount {
        code: due.code.clone(),
        rows,
        oldest,
        held,
    })
}

fn named(tx: &dyn Tx, due: &Due) -> Result<Vec<DueFiling>, StoreError> {
    if due.kind != Kind::Filing {
        return Ok(Vec::new());
    }
    let (holds, with) = due_where(due, false);
    let sql = format!(
        "SELECT f.id, f.arrival_no, f.procedure, f.arrived_at FROM filings f WHERE {holds}
         ORDER BY f.arrived_at, f.arrival_no LIMIT {NAMED}"
    );
    tx.rows(&sql, &with)?
        .into_iter()
        .map(|mut row| {
            Ok(DueFiling {
                id: row.filing()?,
                arrival_no: row.int()?,
                procedure: row.text()?,
                arrived_at: row.int()?,
            })
        })
        .collect()
}

fn erase_filings(tx: &dyn Tx, due: &Due, now: i64) -> Result<u64, StoreError> {
    let (holds, with) = due_where(due, false);
    let sql = format!(
        "SELECT f.id, f.facts FROM filings f WHERE {holds} ORDER BY f.arrived_at, f.arrival_no LIMIT {FILINGS}"
    );
    let found = tx.claim(&sql, "f", &with)?;
    if found.is_empty() {
        return Ok(0);
    }
    open(tx, &FILING_GATES)?;
    let mut ids = Vec::with_capacity(found.len());
    for mut row in found {
        let (id, facts) = (row.filing()?, row.text()?);
        // the row is ours now: a hold that came before is seen here, and none can come until we are done
        if !is_held(tx, id)? {
            erase_filing(tx, id, &facts, now)?;
            ids.push(id);
        }
    }
    if ids.is_empty() {
        close(tx)?;
        return Ok(0);
    }
    // one walk through the terms for all of them: they are kept by term, and an index by filing would cost every arrival
    let places: Vec<String> = (1..=ids.len()).map(|n| format!("${n}")).collect();
    let with: Vec<Cell> = ids.iter().map(|id| Cell::from(*id)).collect();
    tx.run(
        &format!(
            "DELETE FROM search_terms WHERE filing IN ({})",
            places.join(", ")
        ),
        &with,
    )?;
    for id in &ids {
        close_case(tx, *id)?;
        tx.audit(AuditEntry {
            at: now,
            actor: "system".to_owned(),
            action: "retention.erased".to_owned(),
            subject: id.to_string(),
            detail: due.code.clone(),
        });
    }
    close(tx)?;
    Ok(ids.len() as u64)
}

/// What lists know of a filing after its content is gone: titles and codes.
fn emptied(facts: &Facts) -> Facts {
    Facts {
        title_ja: facts.title_ja.clone(),
        title_en: facts.title_en.clone(),
        child: None,
        claimant: None,
        signature: SignatureFinding {
            math: facts.signature.math,
            chain: facts.signature.chain,
            validity: facts.signature.validity,
            revocation: Finding::Unknown,
            subject: None,
            serial: None,
            problem: None,
        },
        reasons: facts
            .reasons
            .iter()
            .map(|reason| Reason {
                code: reason.code,
                detail: None,
            })
            .collect(),
        protected: facts.protected,
    }
}

fn is_held(tx: &dyn Tx, id: FilingId) -> Result<bool, StoreError> {
    let sql = "SELECT h.id FROM filings f JOIN erasure_holds h ON h.recipient = f.recipient AND h.device = f.device
         AND h.case_id = f.case_id WHERE f.id = $1 AND h.lifted_at IS NULL LIMIT 1";
    Ok(!tx.rows(sql, cells![id])?.is_empty())
}

fn erase_filing(tx: &dyn Tx, id: FilingId, facts: &str, now: i64) -> Result<(), StoreError> {
    let facts = facts_to_text(&emptied(&facts_from_text(facts)?))?;
    tx.run(
        "UPDATE filings SET canonical = $2, signature = $2, facts = $3, child_key = NULL, due = NULL, assignee = NULL,
           proposed_by = NULL, erased_at = $4 WHERE id = $1",
        cells![id, &[0_u8; 0][..], facts, now],
    )?;
    for sql in [
        "UPDATE history SET note = NULL WHERE filing = $1 AND note IS NOT NULL",
        "UPDATE desk_log SET detail = NULL, note = NULL WHERE filing = $1 AND (detail IS NOT NULL OR note IS NOT NULL)",
        "DELETE FROM notices WHERE filing = $1",
        "DELETE FROM attachments WHERE filing = $1",
        "DELETE FROM chunks WHERE filing = $1",
        "DELETE FROM search_todo WHERE filing = $1",
        "DELETE FROM earlier WHERE filing = $1",
        "UPDATE family_voices SET words = NULL WHERE filing = $1",
        "DELETE FROM second_signatures WHERE filing = $1",
        "DELETE FROM second_watch WHERE filing = $1",
        "DELETE FROM second_signings WHERE filing = $1",
        "DELETE FROM second_numbers WHERE filing = $1",
        "DELETE FROM second_arrivals WHERE filing = $1",
        "DELETE FROM agency_events WHERE certificate IN (SELECT id FROM agency_certificates WHERE filing = $1)",
        "DELETE FROM agency_certificates WHERE filing = $1",
        "UPDATE agency_requests SET path = '/', body = NULL, answer = NULL WHERE filing = $1",
    ] {
        tx.run(sql, cells![id])?;
    }
    for mut item in tx.rows(
        "SELECT id, detail FROM nonstop_items WHERE filing = $1",
        cells![id],
    )? {
        let (item, detail) = (item.int()?, undated(&item.text()?)?);
        tx.run(
            "UPDATE nonstop_items SET detail = $2, account = NULL, household = NULL, note = NULL WHERE id = $1",
            cells![item, detail],
        )?;
    }
    Ok(())
}

/// What is said about an item, without the days that tell when a child was born.
fn undated(detail: &str) -> Result<String, StoreError> {
    let unreadable = |source: serde_json::Error| StoreError::Corrupt {
        what: "item",
        detail: source.to_string(),
    };
    let mut detail: serde_json::Value = serde_json::from_str(detail).map_err(unreadable)?;
    for name in ["deadline", "from", "to"] {
        if let Some(day) = detail.get_mut(name) {
            *day = serde_json::Value::Null;
        }
    }
    serde_json::to_string(&detail).map_err(unreadable)
}

/// Once every filing of a case is erased, its link opens nothing any more.
fn close_case(tx: &dyn Tx, id: FilingId) -> Result<(), StoreError> {
    let sql = "SELECT c.recipient, c.device, c.case_id, c.token_sha256 FROM filings f
         JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
         WHERE f.id = $1 AND c.token <> '' AND NOT EXISTS (SELECT 1 FROM filings o WHERE o.recipient = c.recipient
           AND o.device = c.device AND o.case_id = c.case_id AND o.erased_at IS NULL)";
    let Some(mut row) = tx.rows(sql, cells![id])?.into_iter().next() else {
        return Ok(());
    };
    let (recipient, device, case, link) = (row.text()?, row.text()?, row.blob()?, row.blob()?);
    // a family that is in one of its rooms at this moment is waited for, and finds no case afterwards
    tx.run(
        "UPDATE nonstop_cases SET touched_at = touched_at WHERE case_ref = $1",
        cells![link.as_slice()],
    )?;
    for sql in WITH_THE_CASE {
        tx.run(sql, cells![link.as_slice()])?;
    }
    tx.run(
        "DELETE FROM case_aliases WHERE recipient = $1 AND device = $2 AND case_id = $3",
        cells![recipient.as_str(), device.as_str(), case.as_slice()],
    )?;
    // no token has this hash, and every case its own
    let mut hash = Sha256::new();
    for part in [
        b"erased".as_slice(),
        recipient.as_bytes(),
        device.as_bytes(),
        &case,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let nobody: [u8; 32] = hash.finalize().into();
    tx.run(
        "UPDATE cases SET token = '', token_sha256 = $4 WHERE recipient = $1 AND device = $2 AND case_id = $3",
        cells![recipient, device, case.as_slice(), nobody],
    )
    .map(drop)
}

fn hold(tx: &dyn Tx, filing: FilingId, reason: &str, by: &By) -> Result<bool, StoreError> {
    // whoever erases it at this moment is waited for, and whoever would erase it next asks for holds once it has the row
    tx.run(
        "UPDATE filings SET erased_at = erased_at WHERE (recipient, device, case_id) IN
           (SELECT recipient, device, case_id FROM filings WHERE id = $1)",
        cells![filing],
    )?;
    let rows = tx.run(
        "INSERT INTO erasure_holds (filing, recipient, device, case_id, reason, placed_by, placed_at)
         SELECT id, recipient, device, case_id, $2, $3, $4 FROM filings WHERE id = $1",
        cells![filing, reason, by.actor.as_str(), by.at],
    )?;
    if rows == 0 {
        return Ok(false);
    }
    tx.audit(AuditEntry {
        at: by.at,
        actor: by.actor.clone(),
        action: "retention.held".to_owned(),
        subject: filing.to_string(),
        detail: String::new(),
    });
    Ok(true)
}

fn lift(tx: &dyn Tx, id: i64, by: &By) -> Result<bool, StoreError> {
    let touched = tx.run(
        "UPDATE erasure_holds SET lifted_by = $2, lifted_at = $3 WHERE id = $1 AND lifted_at IS NULL",
        cells![id, by.actor.as_str(), by.at],
    )?;
    if touched == 0 {
        return Ok(false);
    }
    tx.audit(AuditEntry {
        at: by.at,
        actor: by.actor.clone(),
        action: "retention.lifted".to_owned(),
        subject: id.to_string(),
        detail: String::new(),
    });
    Ok(true)
}

fn holds(tx: &dyn Tx, limit: u32) -> Result<Vec<Hold>, StoreError> {
    let sql =
        "SELECT id, filing, reason, placed_by, placed_at, lifted_by, lifted_at FROM erasure_holds
         ORDER BY (CASE WHEN lifted_at IS NULL THEN 0 ELSE 1 END), id DESC LIMIT $1";
    tx.rows(sql, cells![i64::from(limit)])?
        .into_iter()
        .map(|mut row| {
            Ok(Hold {
                id: row.int()?,
                filing: row.filing()?,
                reason: row.text()?,
                placed_by: row.text()?,
                placed_at: row.int()?,
                lifted_by: row.maybe_text()?,
                lifted_at: row.maybe_int()?,
            })
        })
        .collect()
}
