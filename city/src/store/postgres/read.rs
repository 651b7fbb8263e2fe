//! Reading statements of the PostgreSQL store.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use ubugoe_protocol::{CaseId, FilingId, IdError, Interval};

use super::prepared::{Asks as _, Object};
use super::{failed, pieces};
use crate::casework::FilingState;
use crate::casework::audit::{AuditEntry, AuditRecord};
use crate::store::{
    Attachment, AttachmentState, Counts, FamilyFiling, FilingRecord, FilingRow, HistoryEntry, Kept,
    Notice, QuarantineReason, Quarantined, StoreError, count_from_store, facts_from_text, fixed,
    place, unsigned,
};

/// Columns of a list line. A correction in the same case is not a duplicate of what was returned.
pub(super) const ROW: &str =
    "f.id, f.arrival_no, f.arrived_at, f.procedure, f.due, f.state, f.facts, f.sequence_taken,
    EXISTS (SELECT 1 FROM filings o WHERE o.child_key = f.child_key AND o.id <> f.id
        AND NOT (o.recipient = f.recipient AND o.device = f.device AND o.case_id = f.case_id
                 AND (o.state = 'returned' OR f.state = 'returned'))),
    EXISTS (SELECT 1 FROM filings o WHERE o.device = f.device AND o.counter = f.counter AND o.id <> f.id),
    (SELECT a.state FROM attachments a WHERE a.filing = f.id AND a.state <> 'complete' ORDER BY a.state LIMIT 1)";

/// One column, with what was being done if it does not fit.
pub(super) fn col<'r, T: FromSql<'r>>(row: &'r Row, at: usize) -> Result<T, StoreError> {
    row.try_get(at).map_err(failed("reading a row"))
}

pub(super) fn state(code: &str) -> Result<FilingState, StoreError> {
    FilingState::from_code(code).ok_or_else(|| StoreError::Corrupt {
        what: "state",
        detail: code.to_owned(),
    })
}

pub(super) fn filing_id(bytes: &[u8]) -> Result<FilingId, StoreError> {
    fixed("filing id", bytes).map(FilingId::from_bytes)
}

pub(super) fn filing_row(row: &Row) -> Result<FilingRow, StoreError> {
    Ok(FilingRow {
        id: filing_id(col(row, 0)?)?,
        arrival_no: unsigned("arrival number", col(row, 1)?)?,
        arrived_at: col(row, 2)?,
        procedure: col(row, 3)?,
        due: col(row, 4)?,
        state: state(col(row, 5)?)?,
        facts: facts_from_text(col(row, 6)?)?,
        sequence_taken: col(row, 7)?,
        duplicate: col(row, 8)?,
        counter_reused: col(row, 9)?,
        attachments: col::<Option<&str>>(row, 10)?
            .map(AttachmentState::from_code)
            .transpose()?,
    })
}

fn filing_rows(rows: &[Row]) -> Result<Vec<FilingRow>, StoreError> {
    rows.iter().map(filing_row).collect()
}

pub(super) async fn filings(
    c: &Object,
    state: Option<FilingState>,
    limit: u32,
) -> Result<Vec<FilingRow>, StoreError> {
    let sql = format!(
        "SELECT {ROW} FROM filings f WHERE $1::text IS NULL OR f.state = $1
         ORDER BY f.due NULLS LAST, f.arrived_at, f.arrival_no LIMIT $2"
    );
    let found = c
        .query(&sql, &[&state.map(FilingState::code), &i64::from(limit)])
        .await
        .map_err(failed("listing filings"))?;
    filing_rows(&found)
}

pub(super) async fn counts(c: &Object) -> Result<Counts, StoreError> {
    let row = c
        .query_one(
            "SELECT (SELECT count(*) FROM filings WHERE state = 'arrived'),
                    (SELECT count(*) FROM filings WHERE state = 'accepted'),
                    (SELECT count(*) FROM filings WHERE state = 'returned'),
                    (SELECT count(*) FROM quarantine WHERE resolved_at IS NULL)",
            &[],
        )
        .await
        .map_err(failed("counting filings"))?;
    let number = |at| col::<i64>(&row, at).map(i64::unsigned_abs);
    Ok(Counts {
        arrived: number(0)?,
        accepted: number(1)?,
        returned: number(2)?,
        quarantined: number(3)?,
    })
}

pub(super) async fn filing(c: &Object, id: FilingId) -> Result<Option<FilingRecord>, StoreError> {
    let sql = format!(
        "SELECT {ROW}, f.recipient, f.device, f.case_id, f.case_seq, f.schema, f.created, f.digest, f.canonical,
                f.signature, r.signed, c.token, f.counter, f.signed_from, f.signed_until,
                f.visit_root, f.visit_index, f.visit_count, e.arrival_no, e.arrived_at
         FROM filings f
         JOIN receipts r ON r.filing = f.id
         JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
         LEFT JOIN earlier e ON e.filing = f.id AND e.digest = f.digest AND e.device = f.device
             AND e.arrival_no <> f.arrival_no
         WHERE f.id = $1"
    );
    let siblings_sql = format!(
        "SELECT {ROW} FROM filings f JOIN filings me ON me.id = $1
         WHERE f.recipient = me.recipient AND f.device = me.device AND f.case_id = me.case_id AND f.id <> me.id
         ORDER BY f.case_seq, f.arrival_no"
    );
    let duplicates_sql = format!(
        "SELECT {ROW} FROM filings f JOIN filings me ON me.id = $1
         WHERE f.child_key = me.child_key AND f.id <> me.id
           AND NOT (f.recipient = me.recipient AND f.device = me.device AND f.case_id = me.case_id
                    AND (f.state = 'returned' OR me.state = 'returned'))
         ORDER BY f.arrival_no"
    );
    let key = id.as_bytes().as_slice();
    let [found, siblings, duplicates, history, attachments] = c
        .query_all([
            (&sql, &[&key]),
            (&siblings_sql, &[&key]),
            (&duplicates_sql, &[&key]),
            (HISTORY, &[&key]),
            (pieces::ATTACHMENTS, &[&key]),
        ])
        .await
        .map_err(failed("reading a filing"))?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let history = history
        .iter()
        .map(history_entry)
        .collect::<Result<_, _>>()?;
    let attachments = attachments.iter().map(pieces::attachment);
    record(
        row,
        history,
        filing_rows(&duplicates)?,
        filing_rows(&siblings)?,
        attachments.collect::<Result<_, _>>()?,
    )
    .map(Some)
}

fn record(
    row: &Row,
    history: Vec<HistoryEntry>,
    duplicates: Vec<FilingRow>,
    siblings: Vec<FilingRow>,
    attachments: Vec<Attachment>,
) -> Result<FilingRecord, StoreError> {
    let id_error = |what| {
        move |e: IdError| StoreError::Corrupt {
            what,
            detail: e.to_string(),
        }
    };
    let from: Option<i64> = col(row, 23)?;
    let earlier = match (col::<Option<i64>>(row, 28)?, col(row, 29)?) {
        (Some(number), Some(at)) => Some((unsigned("arrival number", number)?, at)),
        _ => None,
    };
    Ok(FilingRecord {
        row: filing_row(row)?,
        recipient: col::<&str>(row, 11)?
            .parse()
            .map_err(id_error("recipient"))?,
        device: col::<&str>(row, 12)?.parse().map_err(id_error("device"))?,
        case: CaseId::from_bytes(fixed("case id", col(row, 13)?)?),
        case_seq: unsigned("case_seq", col(row, 14)?)?,
        schema: col(row, 15)?,
        created: col(row, 16)?,
        digest: fixed("digest", col(row, 17)?)?,
        canonical: col(row, 18)?,
        signature: col(row, 19)?,
        receipt: col(row, 20)?,
        token: col(row, 21)?,
        history,
        duplicates,
        siblings,
        counter: col::<Option<i64>>(row, 22)?.map(count_from_store),
        signed: from
            .zip(col(row, 24)?)
            .map(|(from, until)| Interval { from, until }),
        visit: place(col(row, 25)?, col(row, 26)?, col(row, 27)?)?,
        attachments,
        earlier,
    })
}

const HISTORY: &str = "SELECT h.seq, h.at, h.actor, h.state, h.reason, h.note, n.seen_at FROM history h
    LEFT JOIN notices n ON n.filing = h.filing AND n.seq = h.seq WHERE h.filing = $1 ORDER BY h.seq";

fn history_entry(row: &Row) -> Result<HistoryEntry, StoreError> {
    Ok(HistoryEntry {
        seq: unsigned("history number", col(row, 0)?)?,
        at: col(row, 1)?,
        actor: col(row, 2)?,
        state: state(col(row, 3)?)?,
        reason: col(row, 4)?,
        note: col(row, 5)?,
        seen_at: col(row, 6)?,
    })
}

pub(super) async fn family(
    c: &Object,
    token_sha256: [u8; 32],
) -> Result<Vec<FamilyFiling>, StoreError> {
    let found = c
        .query(
            "SELECT f.procedure, f.facts, coalesce(e.arrival_no, f.arrival_no), coalesce(e.arrived_at, f.arrived_at), h.state, h.at, h.reason,
                    CASE WHEN h.state = 'returned' THEN h.note END, f.id
             FROM cases c
             JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
             JOIN history h ON h.filing = f.id AND h.seq = (SELECT max(seq) FROM history WHERE filing = f.id)
             LEFT JOIN earlier e ON e.filing = f.id AND e.digest = f.digest AND e.device = f.device AND e.arrival_no > 0
             WHERE (c.recipient, c.device, c.case_id) IN (
                 SELECT recipient, device, case_id FROM cases WHERE token_sha256 = $1
                 UNION SELECT recipient, device, case_id FROM case_aliases WHERE token_sha256 = $1)
             ORDER BY f.case_seq, f.arrival_no",
            &[&token_sha256.as_slice()],
        )
        .await
        .map_err(failed("reading a family's case"))?;
    found
        .iter()
        .map(|row| {
            let facts = facts_from_text(col(row, 1)?)?;
            Ok(FamilyFiling {
                id: FilingId::from_bytes(fixed("filing", col::<&[u8]>(row, 8)?)?),
                procedure: col(row, 0)?,
                title_ja: facts.title_ja,
                title_en: facts.title_en,
                arrival_no: unsigned("arrival number", col(row, 2)?)?,
                arrived_at: col(row, 3)?,
                state: state(col(row, 4)?)?,
                state_at: col(row, 5)?,
                reason: col(row, 6)?,
                note: col(row, 7)?,
            })
        })
        .collect()
}

pub(super) async fn due_notices(
    c: &Object,
    now: i64,
    limit: u32,
) -> Result<Vec<Notice>, StoreError> {
    let found = c
        .query(
            "SELECT n.filing, n.seq, n.device, n.signed, n.attempts FROM notices n
             WHERE n.next_at <= $1 AND n.seq = (SELECT max(seq) FROM notices WHERE filing = n.filing)
             ORDER BY n.next_at, n.filing LIMIT $2",
            &[&now, &i64::from(limit)],
        )
        .await
        .map_err(failed("reading notices"))?;
    found
        .iter()
        .map(|row| {
            Ok(Notice {
                filing: filing_id(col(row, 0)?)?,
                seq: unsigned("notice number", col(row, 1)?)?,
                device: col::<&str>(row, 2)?
                    .parse()
                    .map_err(|e: IdError| StoreError::Corrupt {
                        what: "device",
                        detail: e.to_string(),
                    })?,
                signed: col(row, 3)?,
                attempts: unsigned("attempts", col(row, 4)?)?,
            })
        })
        .collect()
}

pub(super) async fn next_due_at(c: &Object) -> Result<Option<i64>, StoreError> {
    let row = c
        .query_one(
            "SELECT least(
                 (SELECT min(n.next_at) FROM notices n
                  WHERE n.next_at IS NOT NULL AND n.seq = (SELECT max(seq) FROM notices WHERE filing = n.filing)),
                 (SELECT min(next_at) FROM down WHERE next_at IS NOT NULL AND done_at IS NULL))",
            &[],
        )
        .await
        .map_err(failed("reading notices"))?;
    col(&row, 0)
}

pub(super) async fn quarantine(c: &Object, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
    let found = c
        .query(
            "SELECT id, device, reason, detail, length(wire)::bigint, wire_sha256, first_seen, last_seen, times, resolved_at
             FROM quarantine ORDER BY resolved_at IS NOT NULL, last_seen DESC, id DESC LIMIT $1",
            &[&i64::from(limit)],
        )
        .await
        .map_err(failed("reading the quarantine"))?;
    found
        .iter()
        .map(|row| {
            Ok(Quarantined {
                id: col(row, 0)?,
                device: col(row, 1)?,
                reason: QuarantineReason::from_code(col(row, 2)?)?,
                detail: col(row, 3)?,
                size: unsigned("size", col(row, 4)?)?,
                sha256: col(row, 5)?,
                first_seen: col(row, 6)?,
                last_seen: col(row, 7)?,
                times: unsigned("times", col(row, 8)?)?,
                resolved_at: col(row, 9)?,
            })
        })
        .collect()
}

pub(super) async fn quarantined_wires(c: &Object, limit: u32) -> Result<Vec<Kept>, StoreError> {
    let found = c
        .query("SELECT device, wire FROM quarantine WHERE resolved_at IS NULL AND refusal IS NULL ORDER BY id LIMIT $1", &[&i64::from(limit)])
        .await
        .map_err(failed("reading the quarantine"))?;
    found
        .iter()
        .map(|row| Ok((col(row, 0)?, col(row, 1)?)))
        .collect()
}

pub(super) async fn audit_lines(
    c: &Object,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let found = c
        .query(
            "SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
            &[&after, &i64::from(limit)],
        )
        .await
        .map_err(failed("reading the audit log"))?;
    found
        .iter()
        .map(|row| {
            Ok(AuditRecord {
                seq: col(row, 0)?,
                entry: AuditEntry {
                    at: col(row, 1)?,
                    actor: col(row, 2)?,
                    action: col(row, 3)?,
                    subject: col(row, 4)?,
                    detail: col(row, 5)?,
                },
                prev: fixed("audit hash", col(row, 6)?)?,
                hash: fixed("audit hash", col(row, 7)?)?,
            })
        })
        .collect()
}
