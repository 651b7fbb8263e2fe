//! Writing statements of the SQLite store. Every function is one transaction.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use ubugoe_protocol::{CommandId, DeviceId, FilingId, RecipientId};

use super::failed;
use super::read::state;
use crate::casework::FilingState;
use crate::casework::audit::{AuditEntry, GENESIS, line_hash};
use crate::store::{
    Arrival, Attempt, Batch, Decided, Decision, Earlier, Landed, NewQuarantine, OrderOutcome,
    OrderRow, Piece, QuarantineReason, ReceiptFacts, Sealer, Session, StoreError, WakeWindow,
    facts_to_text, fixed, unsigned,
};

fn begin<'c>(c: &'c mut Connection, doing: &'static str) -> Result<Transaction<'c>, StoreError> {
    c.transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed(doing))
}

pub(super) fn ingest(
    c: &mut Connection,
    batch: &Batch,
    sealer: &dyn Sealer,
) -> Result<Vec<Landed>, StoreError> {
    let tx = begin(c, "landing a batch")?;
    let mut landed = Vec::with_capacity(batch.arrivals.len() + batch.pieces.len());
    for earlier in &batch.earlier {
        remember(&tx, earlier)?;
    }
    // Almost always there is none; so it is one question for the batch, not one for each filing. One database, one era.
    let (restored, era): (bool, i64) = tx
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM earlier), coalesce((SELECT max(at) FROM eras), 0)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(failed("looking for receipts that came back"))?;
    let moment = Moment {
        now: batch.now,
        era,
    };
    for arrival in &batch.arrivals {
        let before = if restored {
            recall(&tx, arrival)?
        } else {
            None
        };
        landed.push(land(&tx, arrival, before, moment, sealer)?);
    }
    for piece in &batch.pieces {
        landed.push(land_piece(&tx, piece, moment, sealer)?);
    }
    for item in &batch.quarantined {
        set_aside(&tx, item, batch.now)?;
    }
    for (device, filing, seq) in &batch.seen {
        tx.execute(
            "UPDATE notices SET seen_at = ?4, next_at = NULL
             WHERE filing = ?1 AND device = ?2 AND seq <= ?3 AND seen_at IS NULL",
            params![
                filing.as_bytes().as_slice(),
                device.as_str(),
                seq,
                batch.now
            ],
        )
        .map_err(failed("noting what a device has"))?;
    }
    for outcome in &batch.outcomes {
        finish_order(&tx, outcome, batch.now)?;
    }
    tx.commit().map_err(failed("committing a batch"))?;
    Ok(landed)
}

fn land(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    before: Option<Before>,
    Moment { now, era }: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a filing";
    let id = arrival.id.as_bytes().as_slice();
    let known = tx
        .query_row(
            "SELECT f.digest, f.device, r.signed FROM filings f JOIN receipts r ON r.filing = f.id WHERE f.id = ?1",
            [id],
            |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?)),
        )
        .optional()
        .map_err(failed(DOING))?;
    if let Some((digest, device, receipt)) = known {
        if digest == arrival.digest && device == arrival.device.as_str() {
            return again(receipt, era, sealer);
        }
        return conflict(
            tx,
            (arrival.id, &arrival.device),
            &arrival.wire,
            now,
            sealer,
        );
    }
    if let Some(before) = before {
        return reinstate(tx, arrival, before, (now, era), sealer);
    }
    let token = open_case(tx, arrival, &arrival.fresh_token, now)?;
    let arrival_no: i64 = tx
        .query_row(
            "INSERT INTO counters (recipient, last_arrival) VALUES (?1, 1)
             ON CONFLICT (recipient) DO UPDATE SET last_arrival = last_arrival + 1 RETURNING last_arrival",
            [arrival.recipient.as_str()],
            |row| row.get(0),
        )
        .map_err(failed(DOING))?;
    insert_filing(tx, arrival, arrival_no, now)?;
    let facts = ReceiptFacts {
        id: arrival.id,
        digest: arrival.digest,
        recipient: arrival.recipient.clone(),
        arrived_at: now,
        arrival_no: unsigned("arrival number", arrival_no)?,
        token,
        visit: Some(arrival.visit),
        signed: arrival.signed,
        era,
    };
    let receipt = sealer.receipt(&facts).map_err(|source| StoreError::Seal {
        what: "receipt",
        source,
    })?;
    settle_in(tx, arrival, &receipt, now)?;
    append_audit(tx, &arrival.audit_entry(now, facts.arrival_no))?;
    Ok(Landed::New {
        receipt,
        arrival_no: facts.arrival_no,
    })
}

/// What belongs to every new filing: its receipt, the first line of its history, and the end of its quarantine.
fn settle_in(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    receipt: &[u8],
    arrived_at: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "landing a filing";
    let wire_sha256: [u8; 32] = Sha256::digest(&arrival.wire).into();
    let id = arrival.id.as_bytes().as_slice();
    tx.execute(
        "INSERT INTO receipts (filing, signed) VALUES (?1, ?2)",
        params![id, receipt],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO history (filing, seq, at, actor, state) VALUES (?1, 0, ?2, 'system', ?3)",
        params![id, arrived_at, FilingState::Arrived.code()],
    )
    .map_err(failed(DOING))?;
    for (position, named) in (0_i64..).zip(&arrival.attachments) {
        tx.execute(
            "INSERT INTO attachments (filing, position, sha256, size, media_type) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, position, named.sha256.as_slice(), size(named.len), named.media_type],
        )
        .map_err(failed(DOING))?;
    }
    tx.execute(
        "UPDATE quarantine SET resolved_at = ?2 WHERE wire_sha256 = ?1 AND resolved_at IS NULL",
        params![wire_sha256.as_slice(), arrived_at],
    )
    .map_err(failed(DOING))?;
    Ok(())
}

/// A receipt of ours that a device brought back, of a filing that is not here.
struct Before {
    arrival_no: i64,
    arrived_at: i64,
    token: String,
    signed: Vec<u8>,
}

/// Keeps a receipt that a device brought back, unless its filing is here.
fn remember(tx: &Transaction<'_>, earlier: &Earlier) -> Result<(), StoreError> {
    let receipt = &earlier.receipt;
    tx.execute(
        "INSERT INTO earlier (filing, digest, arrival_no, arrived_at, token, signed)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (SELECT 1 FROM filings WHERE id = ?1)
         ON CONFLICT DO NOTHING",
        params![
            receipt.id.as_bytes().as_slice(),
            receipt.digest.as_slice(),
            size(receipt.arrival_no),
            receipt.arrived_at,
            receipt.status_token,
            earlier.signed
        ],
    )
    .map(drop)
    .map_err(failed("keeping a receipt that came back"))
}

/// What this filing was once receipted with, if its number is still free.
fn recall(tx: &Transaction<'_>, arrival: &Arrival) -> Result<Option<Before>, StoreError> {
    tx.query_row(
        "SELECT arrival_no, arrived_at, token, signed FROM earlier e WHERE filing = ?1 AND digest = ?2
           AND NOT EXISTS (SELECT 1 FROM filings f WHERE f.recipient = ?3 AND f.arrival_no = e.arrival_no)",
        params![
            arrival.id.as_bytes().as_slice(),
            arrival.digest.as_slice(),
            arrival.recipient.as_str()
        ],
        |row| {
            Ok(Before {
                arrival_no: row.get(0)?,
                arrived_at: row.get(1)?,
                token: row.get(2)?,
                signed: row.get(3)?,
            })
        },
    )
    .optional()
    .map_err(failed("looking for a receipt that came back"))
}

/// Lands a filing as it was before the database was restored: with its number, its time and its receipt.
fn reinstate(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    before: Before,
    (now, era): (i64, i64),
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    let signed = in_era(before.signed, era, sealer)?;
    open_case(tx, arrival, &before.token, before.arrived_at)?;
    insert_filing(tx, arrival, before.arrival_no, before.arrived_at)?;
    settle_in(tx, arrival, &signed, before.arrived_at)?;
    tx.execute(
        "DELETE FROM earlier WHERE filing = ?1",
        [arrival.id.as_bytes().as_slice()],
    )
    .map_err(failed("landing a filing again"))?;
    let arrival_no = unsigned("arrival number", before.arrival_no)?;
    append_audit(tx, &arrival.reinstated_entry(now, arrival_no))?;
    Ok(Landed::New {
        receipt: signed,
        arrival_no,
    })
}

fn land_piece(
    tx: &Transaction<'_>,
    piece: &Piece,
    Moment { now, era }: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a piece of an attachment";
    let id = piece.id.as_bytes().as_slice();
    let known = tx
        .query_row(
            "SELECT digest, device, receipt FROM pieces WHERE id = ?1",
            [id],
            |row| {
                Ok((
                    row.get::<_, Vec<u8>>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, Vec<u8>>(2)?,
                ))
            },
        )
        .optional()
        .map_err(failed(DOING))?;
    if let Some((digest, device, receipt)) = known {
        if digest == piece.digest && device == piece.device.as_str() {
            return again(receipt, era, sealer);
        }
        return conflict(tx, (piece.id, &piece.device), &piece.wire, now, sealer);
    }
    let receipt = sealer
        .receipt(&piece.receipt_facts(now, era))
        .map_err(|source| StoreError::Seal {
            what: "receipt",
            source,
        })?;
    tx.execute(
        "INSERT INTO pieces (id, device, filing, sha256, number, of, digest, bytes, arrived_at, receipt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id,
            piece.device.as_str(),
            piece.chunk.filing.as_bytes().as_slice(),
            piece.chunk.sha256.as_slice(),
            piece.chunk.number,
            piece.chunk.of,
            piece.digest.as_slice(),
            piece.chunk.bytes,
            now,
            receipt
        ],
    )
    .map_err(failed(DOING))?;
    Ok(Landed::New {
        receipt,
        arrival_no: 0,
    })
}

fn finish_order(tx: &Transaction<'_>, outcome: &OrderOutcome, now: i64) -> Result<(), StoreError> {
    let changed = tx
        .execute(
            "UPDATE orders SET done_at = ?3, outcome = ?4, detail = ?5, next_at = NULL
             WHERE id = ?1 AND device = ?2 AND done_at IS NULL",
            params![
                outcome.id.as_bytes().as_slice(),
                outcome.device.as_str(),
                now,
                outcome.code(),
                outcome.detail
            ],
        )
        .map_err(failed("noting what became of an order"))?;
    if changed == 0 {
        return Ok(());
    }
    append_audit(tx, &outcome.audit_entry(now))
}

/// The city's clock, and when its database was last restored.
#[derive(Clone, Copy)]
struct Moment {
    now: i64,
    era: i64,
}

fn in_era(receipt: Vec<u8>, era: i64, sealer: &dyn Sealer) -> Result<Vec<u8>, StoreError> {
    sealer
        .in_era(receipt, era)
        .map_err(|source| StoreError::Seal {
            what: "receipt",
            source,
        })
}

/// What is known already gets its receipt again.
fn again(receipt: Vec<u8>, era: i64, sealer: &dyn Sealer) -> Result<Landed, StoreError> {
    Ok(Landed::Again {
        receipt: in_era(receipt, era, sealer)?,
    })
}

/// A size as the database counts.
fn size(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The case's family token; opens the case if this is its first filing.
fn open_case(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    token: &str,
    now: i64,
) -> Result<String, StoreError> {
    const DOING: &str = "opening a case";
    tx.execute(
        "INSERT INTO cases (recipient, device, case_id, token, token_sha256, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (recipient, device, case_id) DO NOTHING",
        params![
            arrival.recipient.as_str(),
            arrival.device.as_str(),
            arrival.case.as_bytes().as_slice(),
            token,
            Sha256::digest(token.as_bytes()).as_slice(),
            now
        ],
    )
    .map_err(failed(DOING))?;
    tx.query_row(
        "SELECT token FROM cases WHERE recipient = ?1 AND device = ?2 AND case_id = ?3",
        params![
            arrival.recipient.as_str(),
            arrival.device.as_str(),
            arrival.case.as_bytes().as_slice()
        ],
        |row| row.get(0),
    )
    .map_err(failed(DOING))
}

fn insert_filing(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    arrival_no: i64,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "inserting a filing";
    let id = arrival.id.as_bytes().as_slice();
    let case = arrival.case.as_bytes().as_slice();
    let (taken, copied): (bool, bool) = tx
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM case_slots WHERE recipient = ?1 AND device = ?2 AND case_id = ?3 AND case_seq = ?4),
                    EXISTS (SELECT 1 FROM filings WHERE device = ?2 AND counter = ?5)",
            params![arrival.recipient.as_str(), arrival.device.as_str(), case, arrival.case_seq, size(arrival.counter)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(failed(DOING))?;
    let inserted = tx
        .execute(
            "INSERT INTO filings (id, recipient, device, case_id, case_seq, sequence_taken, arrival_no, arrived_at, schema,
                                  created, digest, canonical, signature, procedure, child_key, due, state, facts,
                                  counter, counter_taken)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
             ON CONFLICT DO NOTHING",
            params![
                id,
                arrival.recipient.as_str(),
                arrival.device.as_str(),
                case,
                arrival.case_seq,
                taken,
                arrival_no,
                now,
                arrival.schema,
                arrival.created,
                arrival.digest.as_slice(),
                arrival.canonical,
                arrival.signature,
                arrival.procedure,
                arrival.child_key.as_ref().map(<[u8; 32]>::as_slice),
                arrival.due,
                FilingState::Arrived.code(),
                facts_to_text(&arrival.facts)?,
                size(arrival.counter),
                copied
            ],
        )
        .map_err(failed(DOING))?;
    if inserted == 0 {
        return Err(StoreError::Raced { doing: DOING });
    }
    tx.execute(
        "INSERT INTO case_slots (recipient, device, case_id, case_seq, filing) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        params![arrival.recipient.as_str(), arrival.device.as_str(), case, arrival.case_seq, id],
    )
    .map_err(failed(DOING))?;
    Ok(())
}

/// Same id, other content: the message goes to quarantine with its refusal. The same message again gets the same refusal.
fn conflict(
    tx: &Transaction<'_>,
    (id, device): (FilingId, &DeviceId),
    wire: &[u8],
    now: i64,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    let wire_sha256: [u8; 32] = Sha256::digest(wire).into();
    let earlier: Option<Option<Vec<u8>>> = tx
        .query_row(
            "SELECT refusal FROM quarantine WHERE wire_sha256 = ?1",
            [wire_sha256.as_slice()],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed("looking for an earlier refusal"))?;
    let refusal = match earlier.flatten() {
        Some(refusal) => refusal,
        None => sealer
            .conflict_refusal(id, wire_sha256, now)
            .map_err(|source| StoreError::Seal {
                what: "refusal",
                source,
            })?,
    };
    let item = NewQuarantine {
        wire: wire.to_vec(),
        device: Some(device.clone()),
        reason: QuarantineReason::DigestConflict,
        detail: format!("id={id}"),
        refusal: Some(refusal.clone()),
    };
    set_aside(tx, &item, now)?;
    Ok(Landed::Conflict { refusal })
}

fn set_aside(tx: &Transaction<'_>, item: &NewQuarantine, now: i64) -> Result<(), StoreError> {
    const DOING: &str = "setting a message aside";
    let wire_sha256: [u8; 32] = Sha256::digest(&item.wire).into();
    let times: i64 = tx
        .query_row(
            "INSERT INTO quarantine (wire_sha256, wire, device, reason, detail, refusal, first_seen, last_seen, times)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1)
             ON CONFLICT (wire_sha256) DO UPDATE SET last_seen = excluded.last_seen, times = times + 1,
                 reason = excluded.reason, detail = excluded.detail, resolved_at = NULL,
                 refusal = coalesce(quarantine.refusal, excluded.refusal)
             RETURNING times",
            params![
                wire_sha256.as_slice(),
                item.wire,
                item.device.as_ref().map(DeviceId::as_str),
                item.reason.code(),
                item.detail,
                item.refusal,
                now
            ],
            |row| row.get(0),
        )
        .map_err(failed(DOING))?;
    if times > 1 {
        return Ok(());
    }
    append_audit(tx, &item.audit_entry(&wire_sha256, now))
}

pub(super) fn decide(
    c: &mut Connection,
    decision: &Decision,
    sealer: &dyn Sealer,
) -> Result<Decided, StoreError> {
    const DOING: &str = "deciding";
    let tx = begin(c, DOING)?;
    let id = decision.filing.as_bytes().as_slice();
    let found = tx
        .query_row(
            "SELECT f.state, f.device, (SELECT count(*) FROM history WHERE filing = f.id),
                    (SELECT coalesce(max(seq), 0) FROM notices WHERE filing = f.id)
             FROM filings f WHERE f.id = ?1",
            [id],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                ))
            },
        )
        .optional()
        .map_err(failed(DOING))?;
    let Some((code, device, version, last_notice)) = found else {
        return Ok(Decided::NotFound);
    };
    let now_state = state(&code)?;
    if version != i64::from(decision.version) || !now_state.may_become(decision.to) {
        return Ok(Decided::Stale { state: now_state });
    }
    let notice: u32 = unsigned("notice number", last_notice + 1)?;
    let facts = decision.status_facts(notice);
    let signed = sealer.status(&facts).map_err(|source| StoreError::Seal {
        what: "status",
        source,
    })?;
    tx.execute(
        "UPDATE filings SET state = ?2 WHERE id = ?1",
        params![id, decision.to.code()],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO history (filing, seq, at, actor, state, reason, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![id, version, decision.at, decision.actor, decision.to.code(), decision.reason, decision.note],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO notices (filing, seq, device, signed, at, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![id, notice, device, signed, decision.at],
    )
    .map_err(failed(DOING))?;
    append_audit(&tx, &decision.audit_entry())?;
    tx.commit().map_err(failed("committing a decision"))?;
    Ok(Decided::Done { notice })
}

pub(super) fn notice_attempted(c: &Connection, attempt: Attempt) -> Result<(), StoreError> {
    c.execute(
        "UPDATE notices SET attempts = ?3, sent_at = ?4, next_at = ?5 WHERE filing = ?1 AND seq = ?2 AND seen_at IS NULL",
        params![attempt.filing.as_bytes().as_slice(), attempt.seq, attempt.attempts, attempt.now, attempt.next_at],
    )
    .map_err(failed("noting an attempt"))?;
    Ok(())
}

pub(super) fn wake_notices(
    c: &Connection,
    device: &DeviceId,
    window: WakeWindow,
) -> Result<u64, StoreError> {
    c.execute(
        "UPDATE notices SET next_at = ?2 WHERE device = ?1 AND at >= ?3
           AND seq = (SELECT max(seq) FROM notices o WHERE o.filing = notices.filing)
           AND seen_at IS NULL AND (next_at IS NULL OR next_at > ?2) AND (sent_at IS NULL OR sent_at <= ?4)",
        params![
            device.as_str(),
            window.now,
            window.decided_since,
            window.not_sent_since
        ],
    )
    .map(|rows| rows as u64)
    .map_err(failed("waking notices"))
}

pub(super) fn give_orders(c: &mut Connection, orders: &[OrderRow]) -> Result<(), StoreError> {
    const DOING: &str = "giving orders";
    let tx = begin(c, DOING)?;
    for order in orders {
        tx.execute(
            "INSERT INTO orders (id, device, what, signed, at, expires, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)",
            params![
                order.id.as_bytes().as_slice(),
                order.device.as_str(),
                order.what,
                order.signed,
                order.at,
                order.expires
            ],
        )
        .map_err(failed(DOING))?;
        append_audit(&tx, &order.audit_entry())?;
    }
    tx.commit().map_err(failed(DOING))
}

pub(super) fn order_attempted(
    c: &Connection,
    id: CommandId,
    attempts: u32,
    next_at: Option<i64>,
) -> Result<(), StoreError> {
    c.execute(
        "UPDATE orders SET attempts = ?2, next_at = ?3 WHERE id = ?1 AND done_at IS NULL",
        params![id.as_bytes().as_slice(), attempts, next_at],
    )
    .map(drop)
    .map_err(failed("noting an attempt"))
}

pub(super) fn wake_orders(c: &Connection, device: &DeviceId, now: i64) -> Result<u64, StoreError> {
    c.execute(
        "UPDATE orders SET next_at = ?2 WHERE device = ?1 AND done_at IS NULL AND expires >= ?2
           AND (next_at IS NULL OR next_at > ?2 + 60)",
        params![device.as_str(), now],
    )
    .map(|rows| rows as u64)
    .map_err(failed("waking orders"))
}

pub(super) fn begin_era(
    c: &mut Connection,
    recipient: &RecipientId,
    gap: u32,
    entry: &AuditEntry,
) -> Result<u64, StoreError> {
    const DOING: &str = "beginning an era";
    let tx = begin(c, DOING)?;
    let last: i64 = tx
        .query_row(
            "INSERT INTO counters (recipient, last_arrival) VALUES (?1, ?2)
             ON CONFLICT (recipient) DO UPDATE SET last_arrival = last_arrival + ?2 RETURNING last_arrival",
            params![recipient.as_str(), gap],
            |row| row.get(0),
        )
        .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO eras (recipient, at) VALUES (?1, ?2) ON CONFLICT (recipient) DO UPDATE SET at = excluded.at",
        params![recipient.as_str(), entry.at],
    )
    .map_err(failed(DOING))?;
    append_audit(&tx, entry)?;
    tx.commit().map_err(failed(DOING))?;
    unsigned("arrival number", last - i64::from(gap))
}

pub(super) fn audit(c: &mut Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let tx = begin(c, "writing the audit log")?;
    append_audit(&tx, entry)?;
    tx.commit().map_err(failed("committing an audit line"))
}

fn append_audit(tx: &Transaction<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    const DOING: &str = "writing the audit log";
    let last = tx
        .query_row(
            "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
        )
        .optional()
        .map_err(failed(DOING))?;
    let (seq, prev) = match last {
        Some((seq, hash)) => (seq + 1, fixed("audit hash", &hash)?),
        None => (1, GENESIS),
    };
    let hash = line_hash(seq, &prev, entry);
    tx.execute(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![seq, entry.at, entry.actor, entry.action, entry.subject, entry.detail, prev.as_slice(), hash.as_slice()],
    )
    .map_err(failed(DOING))?;
    Ok(())
}

pub(super) fn open_session(c: &Connection, session: &Session) -> Result<(), StoreError> {
    c.execute(
        "INSERT INTO sessions (token_sha256, staff, csrf, created_at, seen_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            session.token_sha256.as_slice(),
            session.staff,
            session.csrf,
            session.created_at,
            session.seen_at,
            session.expires_at
        ],
    )
    .map_err(failed("opening a session"))?;
    Ok(())
}

pub(super) fn session(
    c: &Connection,
    token_sha256: [u8; 32],
    now: i64,
    idle: i64,
) -> Result<Option<Session>, StoreError> {
    c.query_row(
        "UPDATE sessions SET seen_at = ?2 WHERE token_sha256 = ?1 AND expires_at > ?2 AND seen_at > ?2 - ?3
         RETURNING staff, csrf, created_at, seen_at, expires_at",
        params![token_sha256.as_slice(), now, idle],
        |row| {
            Ok(Session {
                token_sha256,
                staff: row.get(0)?,
                csrf: row.get(1)?,
                created_at: row.get(2)?,
                seen_at: row.get(3)?,
                expires_at: row.get(4)?,
            })
        },
    )
    .optional()
    .map_err(failed("reading a session"))
}

pub(super) fn close_session(
    c: &Connection,
    token_sha256: [u8; 32],
    now: i64,
) -> Result<(), StoreError> {
    c.execute(
        "DELETE FROM sessions WHERE token_sha256 = ?1 OR expires_at <= ?2",
        params![token_sha256.as_slice(), now],
    )
    .map_err(failed("closing a session"))?;
    Ok(())
}
