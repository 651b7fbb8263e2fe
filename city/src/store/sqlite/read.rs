//! Reading statements of the SQLite store.

use rusqlite::{Connection, OptionalExtension, Row, params};
use ubugoe_protocol::{CaseId, FilingId, Interval};

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

/// Raw columns, read inside the driver's callback; turned into domain words outside it.
pub(super) struct RawRow {
    id: Vec<u8>,
    arrival_no: i64,
    arrived_at: i64,
    procedure: String,
    due: Option<String>,
    state: String,
    facts: String,
    sequence_taken: bool,
    duplicate: bool,
    counter_reused: bool,
    attachments: Option<String>,
}

pub(super) fn raw(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    Ok(RawRow {
        id: row.get(0)?,
        arrival_no: row.get(1)?,
        arrived_at: row.get(2)?,
        procedure: row.get(3)?,
        due: row.get(4)?,
        state: row.get(5)?,
        facts: row.get(6)?,
        sequence_taken: row.get(7)?,
        duplicate: row.get(8)?,
        counter_reused: row.get(9)?,
        attachments: row.get(10)?,
    })
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

impl RawRow {
    pub(super) fn into_row(self) -> Result<FilingRow, StoreError> {
        Ok(FilingRow {
            id: filing_id(&self.id)?,
            arrival_no: unsigned("arrival number", self.arrival_no)?,
            arrived_at: self.arrived_at,
            procedure: self.procedure,
            due: self.due,
            state: state(&self.state)?,
            facts: facts_from_text(&self.facts)?,
            sequence_taken: self.sequence_taken,
            duplicate: self.duplicate,
            counter_reused: self.counter_reused,
            attachments: self
                .attachments
                .as_deref()
                .map(AttachmentState::from_code)
                .transpose()?,
        })
    }
}

fn rows(
    c: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<FilingRow>, StoreError> {
    const DOING: &str = "listing filings";
    let mut statement = c.prepare_cached(sql).map_err(failed(DOING))?;
    let found = statement.query_map(values, raw).map_err(failed(DOING))?;
    found
        .map(|row| row.map_err(failed(DOING))?.into_row())
        .collect()
}

pub(super) fn filings(
    c: &Connection,
    state: Option<FilingState>,
    limit: u32,
) -> Result<Vec<FilingRow>, StoreError> {
    let sql = format!(
        "SELECT {ROW} FROM filings f WHERE ?1 IS NULL OR f.state = ?1
         ORDER BY f.due IS NULL, f.due, f.arrived_at, f.arrival_no LIMIT ?2"
    );
    rows(c, &sql, params![state.map(FilingState::code), limit])
}

pub(super) fn counts(c: &Connection) -> Result<Counts, StoreError> {
    c.query_row(
        "SELECT (SELECT count(*) FROM filings WHERE state = 'arrived'),
                (SELECT count(*) FROM filings WHERE state = 'accepted'),
                (SELECT count(*) FROM filings WHERE state = 'returned'),
                (SELECT count(*) FROM quarantine WHERE resolved_at IS NULL)",
        [],
        |row| {
            let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok(Counts {
                arrived: number(0)?,
                accepted: number(1)?,
                returned: number(2)?,
                quarantined: number(3)?,
            })
        },
    )
    .map_err(failed("counting filings"))
}

/// Columns of a record beside its list line.
struct RawRecord {
    row: RawRow,
    recipient: String,
    device: String,
    case: Vec<u8>,
    case_seq: i64,
    schema: String,
    created: i64,
    digest: Vec<u8>,
    canonical: Vec<u8>,
    signature: Vec<u8>,
    receipt: Vec<u8>,
    token: String,
    /// Counter, and the ends of the interval.
    time: (Option<i64>, Option<i64>, Option<i64>),
    visit: (Option<Vec<u8>>, Option<i64>, Option<i64>),
    earlier: (Option<i64>, Option<i64>),
}

fn raw_record(row: &Row<'_>) -> rusqlite::Result<RawRecord> {
    Ok(RawRecord {
        row: raw(row)?,
        recipient: row.get(11)?,
        device: row.get(12)?,
        case: row.get(13)?,
        case_seq: row.get(14)?,
        schema: row.get(15)?,
        created: row.get(16)?,
        digest: row.get(17)?,
        canonical: row.get(18)?,
        signature: row.get(19)?,
        receipt: row.get(20)?,
        token: row.get(21)?,
        time: (row.get(22)?, row.get(23)?, row.get(24)?),
        visit: (row.get(25)?, row.get(26)?, row.get(27)?),
        earlier: (row.get(28)?, row.get(29)?),
    })
}

pub(super) fn filing(c: &Connection, id: FilingId) -> Result<Option<FilingRecord>, StoreError> {
    let sql = format!(
        "SELECT {ROW}, f.recipient, f.device, f.case_id, f.case_seq, f.schema, f.created, f.digest, f.canonical,
                f.signature, r.signed, c.token, f.counter, f.signed_from, f.signed_until,
                f.visit_root, f.visit_index, f.visit_count, e.arrival_no, e.arrived_at
         FROM filings f
         JOIN receipts r ON r.filing = f.id
         JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
         LEFT JOIN earlier e ON e.filing = f.id AND e.digest = f.digest AND e.device = f.device
             AND e.arrival_no <> f.arrival_no
         WHERE f.id = ?1"
    );
    let found = c
        .query_row(&sql, [id.as_bytes().as_slice()], raw_record)
        .optional()
        .map_err(failed("reading a filing"))?;
    let Some(raw) = found else { return Ok(None) };
    let siblings = rows(
        c,
        &format!(
            "SELECT {ROW} FROM filings f WHERE f.recipient = ?1 AND f.device = ?2 AND f.case_id = ?3 AND f.id <> ?4
             ORDER BY f.case_seq, f.arrival_no"
        ),
        params![raw.recipient, raw.device, raw.case, id.as_bytes().as_slice()],
    )?;
    let duplicates = rows(
        c,
        &format!(
            "SELECT {ROW} FROM filings f JOIN filings me ON me.id = ?1
             WHERE f.child_key = me.child_key AND f.id <> me.id
               AND NOT (f.recipient = me.recipient AND f.device = me.device AND f.case_id = me.case_id
                        AND (f.state = 'returned' OR me.state = 'returned'))
             ORDER BY f.arrival_no"
        ),
        params![id.as_bytes().as_slice()],
    )?;
    let attachments = pieces::attachments(c, id)?;
    record(raw, history(c, id)?, duplicates, siblings, attachments).map(Some)
}

fn record(
    raw: RawRecord,
    history: Vec<HistoryEntry>,
    duplicates: Vec<FilingRow>,
    siblings: Vec<FilingRow>,
    attachments: Vec<Attachment>,
) -> Result<FilingRecord, StoreError> {
    let id_error = |what| {
        move |e: ubugoe_protocol::IdError| StoreError::Corrupt {
            what,
            detail: e.to_string(),
        }
    };
    let signed = raw.time.1.zip(raw.time.2);
    let earlier = match (raw.earlier.0, raw.earlier.1) {
        (Some(number), Some(at)) => Some((unsigned("arrival number", number)?, at)),
        _ => None,
    };
    Ok(FilingRecord {
        row: raw.row.into_row()?,
        recipient: raw.recipient.parse().map_err(id_error("recipient"))?,
        device: raw.device.parse().map_err(id_error("device"))?,
        case: CaseId::from_bytes(fixed("case id", &raw.case)?),
        case_seq: unsigned("case_seq", raw.case_seq)?,
        schema: raw.schema,
        created: raw.created,
        digest: fixed("digest", &raw.digest)?,
        canonical: raw.canonical,
        signature: raw.signature,
        receipt: raw.receipt,
        token: raw.token,
        history,
        duplicates,
        siblings,
        counter: raw.time.0.map(count_from_store),
        signed: signed.map(|(from, until)| Interval { from, until }),
        visit: place(raw.visit.0, raw.visit.1, raw.visit.2)?,
        attachments,
        earlier,
    })
}

fn history(c: &Connection, id: FilingId) -> Result<Vec<HistoryEntry>, StoreError> {
    const DOING: &str = "reading a history";
    let mut statement = c
        .prepare_cached("SELECT h.seq, h.at, h.actor, h.state, h.reason, h.note, n.seen_at FROM history h
             LEFT JOIN notices n ON n.filing = h.filing AND n.seq = h.seq WHERE h.filing = ?1 ORDER BY h.seq")
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([id.as_bytes().as_slice()], |row| {
            let code: String = row.get(3)?;
            Ok((
                row.get::<_, i64>(0)?,
                row.get(1)?,
                row.get(2)?,
                code,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (seq, at, actor, code, reason, note, seen_at) = row.map_err(failed(DOING))?;
            Ok(HistoryEntry {
                seq: unsigned("history number", seq)?,
                at,
                actor,
                state: state(&code)?,
                reason,
                note,
                seen_at,
            })
        })
        .collect()
}

pub(super) fn family(
    c: &Connection,
    token_sha256: [u8; 32],
) -> Result<Vec<FamilyFiling>, StoreError> {
    const DOING: &str = "reading a family's case";
    let mut statement = c
        .prepare_cached(
            "SELECT f.procedure, f.facts, coalesce(e.arrival_no, f.arrival_no), coalesce(e.arrived_at, f.arrived_at), h.state, h.at, h.reason,
                    CASE WHEN h.state = 'returned' THEN h.note END, f.id
             FROM cases c
             JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
             JOIN history h ON h.filing = f.id AND h.seq = (SELECT max(seq) FROM history WHERE filing = f.id)
             LEFT JOIN earlier e ON e.filing = f.id AND e.digest = f.digest AND e.device = f.device AND e.arrival_no > 0
             WHERE (c.recipient, c.device, c.case_id) IN (
                 SELECT recipient, device, case_id FROM cases WHERE token_sha256 = ?1
                 UNION SELECT recipient, device, case_id FROM case_aliases WHERE token_sha256 = ?1)
             ORDER BY f.case_seq, f.arrival_no",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([token_sha256.as_slice()], |row| {
            let (facts, code): (String, String) = (row.get(1)?, row.get(4)?);
            let filing = FamilyFiling {
                id: FilingId::from_bytes(row.get(8)?),
                procedure: row.get(0)?,
                title_ja: String::new(),
                title_en: String::new(),
                arrival_no: row.get::<_, i64>(2)?.unsigned_abs(),
                arrived_at: row.get(3)?,
                state: FilingState::Arrived,
                state_at: row.get(5)?,
                reason: row.get(6)?,
                note: row.get(7)?,
            };
            Ok((filing, facts, code))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (filing, facts, code) = row.map_err(failed(DOING))?;
            let facts = facts_from_text(&facts)?;
            Ok(FamilyFiling {
                title_ja: facts.title_ja,
                title_en: facts.title_en,
                state: state(&code)?,
                ..filing
            })
        })
        .collect()
}

pub(super) fn due_notices(c: &Connection, now: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
    const DOING: &str = "reading notices";
    let mut statement = c
        .prepare_cached(
            "SELECT n.filing, n.seq, n.device, n.signed, n.attempts FROM notices n
             WHERE n.next_at <= ?1 AND n.seq = (SELECT max(seq) FROM notices WHERE filing = n.filing)
             ORDER BY n.next_at, n.filing LIMIT ?2",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map(params![now, limit], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get(3)?,
                row.get::<_, i64>(4)?,
            ))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (filing, seq, device, signed, attempts) = row.map_err(failed(DOING))?;
            Ok(Notice {
                filing: filing_id(&filing)?,
                seq: unsigned("notice number", seq)?,
                device: device.parse().map_err(|e: ubugoe_protocol::IdError| {
                    StoreError::Corrupt {
                        what: "device",
                        detail: e.to_string(),
                    }
                })?,
                signed,
                attempts: unsigned("attempts", attempts)?,
            })
        })
        .collect()
}

pub(super) fn next_due_at(c: &Connection) -> Result<Option<i64>, StoreError> {
    c.prepare_cached(
        "SELECT min(at) FROM (
             SELECT min(n.next_at) AS at FROM notices n
             WHERE n.next_at IS NOT NULL AND n.seq = (SELECT max(seq) FROM notices WHERE filing = n.filing)
             UNION ALL
             SELECT min(next_at) FROM down WHERE next_at IS NOT NULL AND done_at IS NULL)",
    )
    .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
    .map_err(failed("reading notices"))
}

pub(super) fn quarantine(c: &Connection, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
    const DOING: &str = "reading the quarantine";
    let mut statement = c
        .prepare_cached(
            "SELECT id, device, reason, detail, length(wire), wire_sha256, first_seen, last_seen, times, resolved_at
             FROM quarantine ORDER BY resolved_at IS NOT NULL, last_seen DESC, id DESC LIMIT ?1",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([limit], |row| {
            let code: String = row.get(2)?;
            let item = Quarantined {
                id: row.get(0)?,
                device: row.get(1)?,
                reason: QuarantineReason::Malformed,
                detail: row.get(3)?,
                size: row.get::<_, i64>(4)?.unsigned_abs(),
                sha256: row.get(5)?,
                first_seen: row.get(6)?,
                last_seen: row.get(7)?,
                times: row.get(8)?,
                resolved_at: row.get(9)?,
            };
            Ok((item, code))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (item, code) = row.map_err(failed(DOING))?;
            Ok(Quarantined {
                reason: QuarantineReason::from_code(&code)?,
                ..item
            })
        })
        .collect()
}

pub(super) fn quarantined_wires(c: &Connection, limit: u32) -> Result<Vec<Kept>, StoreError> {
    const DOING: &str = "reading the quarantine";
    let mut statement = c
        .prepare_cached("SELECT device, wire FROM quarantine WHERE resolved_at IS NULL AND refusal IS NULL ORDER BY id LIMIT ?1")
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed(DOING))?;
    found.map(|row| row.map_err(failed(DOING))).collect()
}

pub(super) fn audit_lines(
    c: &Connection,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    const DOING: &str = "reading the audit log";
    let mut statement = c
        .prepare_cached(
            "SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map(params![after, limit], |row| {
            let entry = AuditEntry {
                at: row.get(1)?,
                actor: row.get(2)?,
                action: row.get(3)?,
                subject: row.get(4)?,
                detail: row.get(5)?,
            };
            Ok((
                row.get::<_, i64>(0)?,
                entry,
                row.get::<_, Vec<u8>>(6)?,
                row.get::<_, Vec<u8>>(7)?,
            ))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (seq, entry, prev, hash) = row.map_err(failed(DOING))?;
            Ok(AuditRecord {
                seq,
                entry,
                prev: fixed("audit hash", &prev)?,
                hash: fixed("audit hash", &hash)?,
            })
        })
        .collect()
}
