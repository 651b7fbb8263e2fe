//! Writing statements of the SQLite store. Every function is one transaction.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use ubugoe_protocol::{DeviceId, FilingId, RecipientId};

use super::read::state;
use super::{desk, down, failed, pieces, words};
use crate::casework::FilingState;
use crate::casework::audit::{AuditEntry, GENESIS, line_hash};
use crate::store::{
    Arrival, Batch, Decided, Decision, Landed, Moment, NewQuarantine, QuarantineReason, Sealer,
    StoreError, WakeWindow, count_to_store, facts_to_text, fixed, notice_number, unsigned,
};

pub(super) fn begin<'c>(
    c: &'c mut Connection,
    doing: &'static str,
) -> Result<Transaction<'c>, StoreError> {
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
    if let Some(fence) = &batch.fence {
        let holds: Option<i64> = tx
            .query_row(
                "SELECT 1 FROM leases WHERE name = ?1 AND fence = ?2",
                params![fence.name, fence.number],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("landing a batch"))?;
        if holds.is_none() {
            return Err(StoreError::Fenced {
                name: fence.name.clone(),
            });
        }
    }
    for device in &batch.alive {
        words::alive(&tx, device, batch.now)?;
    }
    // what devices said of earlier receipts comes first: their rows may be in the same batch
    for said in &batch.said {
        words::take(&tx, said, batch.now)?;
    }
    let moment = moment(&tx, batch)?;
    for arrival in &batch.arrivals {
        landed.push(land(&tx, arrival, moment, sealer)?);
    }
    for piece in &batch.pieces {
        landed.push(pieces::land(&tx, piece, moment, sealer)?);
    }
    pieces::check_touched(&tx, batch)?;
    for item in &batch.quarantined {
        set_aside(&tx, item, batch.now)?;
    }
    tx.commit().map_err(failed("committing a batch"))?;
    Ok(landed)
}

/// When this batch lands, and in which era: asked once for all of it.
fn moment(tx: &Transaction<'_>, batch: &Batch) -> Result<Moment, StoreError> {
    let now = batch.now;
    let Some(recipient) = batch.recipient() else {
        return Ok(Moment { now, era: 0 });
    };
    let era = tx
        .prepare_cached("SELECT at FROM eras WHERE recipient = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([recipient.as_str()], |row| row.get(0))
                .optional()
        })
        .map_err(failed("reading the era"))?;
    Ok(Moment {
        now,
        era: era.unwrap_or(0),
    })
}

/// What is known about a filing before it lands.
struct Known {
    /// Digest and device of the row of the same id.
    filing: Option<(Vec<u8>, String)>,
    /// The receipt that its family holds: of this row, or from before a restore.
    receipt: Option<Vec<u8>>,
    /// What that receipt says, where it is from before a restore and its number is free.
    earlier: Option<Earlier>,
}

/// What a receipt of ours from before a restore says.
struct Earlier {
    arrival_no: i64,
    arrived_at: i64,
    token: String,
}

fn known(tx: &Transaction<'_>, arrival: &Arrival) -> Result<Known, StoreError> {
    // a number that was given away again since is lost to it: then it lands anew, and both are shown
    tx.prepare_cached(
        "SELECT f.digest, f.device,
                coalesce((SELECT p.signed FROM earlier p WHERE p.filing = q.id AND p.digest = ?2 AND p.device = ?3
                          AND p.recipient = ?4 AND p.arrival_no > 0), r.signed),
                e.arrival_no, e.arrived_at, e.token
         FROM (SELECT ?1 AS id) q
         LEFT JOIN filings f ON f.id = q.id
         LEFT JOIN receipts r ON r.filing = q.id
         LEFT JOIN earlier e ON e.filing = q.id AND e.digest = ?2 AND e.device = ?3 AND e.recipient = ?4
             AND e.arrival_no > 0
             AND NOT EXISTS (SELECT 1 FROM filings x WHERE x.recipient = e.recipient AND x.arrival_no = e.arrival_no)",
    )
    .and_then(|mut statement| {
        statement.query_row(
            params![
                arrival.id.as_bytes().as_slice(),
                arrival.digest.as_slice(),
                arrival.device.as_str(),
                arrival.recipient.as_str()
            ],
            |row| {
                let digest: Option<Vec<u8>> = row.get(0)?;
                let filing = match digest {
                    Some(digest) => Some((digest, row.get(1)?)),
                    None => None,
                };
                let arrival_no: Option<i64> = row.get(3)?;
                let earlier = match arrival_no {
                    Some(arrival_no) => Some(Earlier {
                        arrival_no,
                        arrived_at: row.get(4)?,
                        token: row.get(5)?,
                    }),
                    None => None,
                };
                Ok(Known {
                    filing,
                    receipt: row.get(2)?,
                    earlier,
                })
            },
        )
    })
    .map_err(failed("landing a filing"))
}

fn land(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    moment: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a filing";
    let now = moment.now;
    let known = known(tx, arrival)?;
    if let Some((digest, device)) = known.filing {
        let same = digest == arrival.digest && device == arrival.device.as_str();
        if let Some(receipt) = known.receipt.filter(|_| same) {
            let receipt = moment.receipt(receipt, sealer)?;
            return Ok(Landed::Again { receipt });
        }
        return conflict(tx, arrival.id, &arrival.device, &arrival.wire, now, sealer);
    }
    let wire_sha256: [u8; 32] = Sha256::digest(&arrival.wire).into();
    let id = arrival.id.as_bytes().as_slice();
    let restored = known.earlier.is_some();
    let wanted = known.earlier.as_ref().map(|earlier| earlier.arrival_no);
    let at = known
        .earlier
        .as_ref()
        .map_or(now, |earlier| earlier.arrived_at);
    let old_token = known.earlier.as_ref().map(|earlier| earlier.token.as_str());
    let token = open_case(tx, arrival, old_token, at)?;
    let arrival_no = number(tx, &arrival.recipient, wanted)?;
    let copied = insert_filing(tx, arrival, arrival_no, at)?;
    let facts = arrival.receipt_facts(
        (at, unsigned("arrival number", arrival_no)?, token),
        moment.era,
    );
    let receipt = moment.first_receipt(known.receipt, &facts, sealer)?;
    tx.execute(
        "INSERT INTO receipts (filing, signed) VALUES (?1, ?2)",
        params![id, receipt],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO history (filing, seq, at, actor, state) VALUES (?1, 0, ?2, 'system', ?3)",
        params![id, at, FilingState::Arrived.code()],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE quarantine SET resolved_at = ?2 WHERE wire_sha256 = ?1 AND resolved_at IS NULL",
        params![wire_sha256.as_slice(), now],
    )
    .map_err(failed(DOING))?;
    append_audit(tx, &arrival.audit_entry(now, facts.arrival_no, restored))?;
    if copied {
        append_audit(tx, &arrival.copied_entry(now))?;
    }
    Ok(Landed::New {
        receipt,
        arrival_no: facts.arrival_no,
        copied,
    })
}

/// The next running number, or the one a filing had before; either way no later filing gets it.
pub(super) fn number(
    tx: &Transaction<'_>,
    recipient: &RecipientId,
    wanted: Option<i64>,
) -> Result<i64, StoreError> {
    let sql = if wanted.is_some() {
        "INSERT INTO counters (recipient, last_arrival) VALUES (?1, ?2)
         ON CONFLICT (recipient) DO UPDATE SET last_arrival = max(last_arrival, excluded.last_arrival) RETURNING ?2"
    } else {
        "INSERT INTO counters (recipient, last_arrival) VALUES (?1, ?2)
         ON CONFLICT (recipient) DO UPDATE SET last_arrival = last_arrival + 1 RETURNING last_arrival"
    };
    tx.prepare_cached(sql)
        .and_then(|mut statement| {
            statement.query_row(params![recipient.as_str(), wanted.unwrap_or(1)], |row| {
                row.get(0)
            })
        })
        .map_err(failed("taking an arrival number"))
}

/// The case's family token; opens the case if this is its first filing. A token from before a restore goes on opening it.
fn open_case(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    old_token: Option<&str>,
    now: i64,
) -> Result<String, StoreError> {
    const DOING: &str = "opening a case";
    let fresh = old_token.unwrap_or(&arrival.fresh_token);
    // a case whose content was erased has no link any more: what comes now gets a new one, and the old one goes on opening nothing
    tx.execute(
        "INSERT INTO cases (recipient, device, case_id, token, token_sha256, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (recipient, device, case_id) DO UPDATE SET token = excluded.token, token_sha256 = excluded.token_sha256,
           opened_at = excluded.opened_at WHERE cases.token = ''",
        params![
            arrival.recipient.as_str(),
            arrival.device.as_str(),
            arrival.case.as_bytes().as_slice(),
            fresh,
            Sha256::digest(fresh.as_bytes()).as_slice(),
            now
        ],
    )
    .map_err(failed(DOING))?;
    let token: String = tx
        .query_row(
            "SELECT token FROM cases WHERE recipient = ?1 AND device = ?2 AND case_id = ?3",
            params![
                arrival.recipient.as_str(),
                arrival.device.as_str(),
                arrival.case.as_bytes().as_slice()
            ],
            |row| row.get(0),
        )
        .map_err(failed(DOING))?;
    if let Some(old) = old_token.filter(|old| *old != token) {
        tx.execute(
            "INSERT INTO case_aliases (token_sha256, recipient, device, case_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![
                Sha256::digest(old.as_bytes()).as_slice(),
                arrival.recipient.as_str(),
                arrival.device.as_str(),
                arrival.case.as_bytes().as_slice()
            ],
        )
        .map_err(failed(DOING))?;
    }
    Ok(token)
}

/// Answers whether its device has used this count before.
fn insert_filing(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    arrival_no: i64,
    now: i64,
) -> Result<bool, StoreError> {
    const DOING: &str = "inserting a filing";
    let id = arrival.id.as_bytes().as_slice();
    let case = arrival.case.as_bytes().as_slice();
    let counter = count_to_store(arrival.counter);
    let signed = arrival.signed_by(now);
    let (taken, copied): (bool, bool) = tx
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM case_slots WHERE recipient = ?1 AND device = ?2 AND case_id = ?3 AND case_seq = ?4),
                    EXISTS (SELECT 1 FROM filings WHERE device = ?2 AND counter = ?5)",
            params![arrival.recipient.as_str(), arrival.device.as_str(), case, arrival.case_seq, counter],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(failed(DOING))?;
    let inserted = tx
        .execute(
            "INSERT INTO filings (id, recipient, device, case_id, case_seq, sequence_taken, arrival_no, arrived_at, schema,
                                  created, digest, canonical, signature, procedure, child_key, due, state, facts,
                                  counter, signed_from, signed_until, visit_root, visit_index, visit_count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                     ?19, ?20, ?21, ?22, ?23, ?24)
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
                counter,
                signed.map(|signed| signed.from),
                signed.map(|signed| signed.until),
                arrival.visit.root.as_slice(),
                arrival.visit.index,
                arrival.visit.count
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
    pieces::name(tx, arrival)?;
    desk::index(tx, arrival)?;
    Ok(copied)
}

/// Same id, other content: the message goes to quarantine with its refusal. The same message again gets the same refusal.
pub(super) fn conflict(
    tx: &Transaction<'_>,
    id: FilingId,
    device: &DeviceId,
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

/// An officer's decision; nothing is written unless it answers [`Decided::Done`].
pub(super) fn decide_in(
    tx: &Transaction<'_>,
    decision: &Decision,
    sealer: &dyn Sealer,
) -> Result<Decided, StoreError> {
    const DOING: &str = "deciding";
    let id = decision.filing.as_bytes().as_slice();
    let found = tx
        .query_row(
            "SELECT f.state, f.device, (SELECT count(*) FROM history WHERE filing = f.id),
                    (SELECT coalesce(max(seq), 0) FROM notices WHERE filing = f.id),
                    coalesce((SELECT at FROM eras WHERE recipient = f.recipient), 0)
             FROM filings f WHERE f.id = ?1 AND f.erased_at IS NULL",
            [id],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                    row.get::<_, i64>(4)?,
                ))
            },
        )
        .optional()
        .map_err(failed(DOING))?;
    let Some((code, device, version, last_notice, era)) = found else {
        return Ok(Decided::NotFound);
    };
    let now_state = state(&code)?;
    if version != i64::from(decision.version) || !now_state.may_become(decision.to) {
        return Ok(Decided::Stale { state: now_state });
    }
    let notice = notice_number(last_notice, era)?;
    let facts = decision.status_facts(notice);
    let signed = sealer.status(&facts).map_err(|source| StoreError::Seal {
        what: "status",
        source,
    })?;
    tx.execute(
        "UPDATE filings SET state = ?2, proposed_by = NULL WHERE id = ?1",
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
    if decision.to == FilingState::Accepted {
        super::nonstop::accepted(tx, decision)?;
    }
    append_audit(tx, &decision.audit_entry())?;
    Ok(Decided::Done { notice })
}

pub(super) fn wake_notices(
    c: &Connection,
    device: &DeviceId,
    window: WakeWindow,
) -> Result<u64, StoreError> {
    let notices = c
        .execute(
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
        .map_err(failed("waking notices"))?;
    down::wake(c, device, window)?;
    Ok(notices as u64)
}

pub(super) fn audit(c: &mut Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let tx = begin(c, "writing the audit log")?;
    append_audit(&tx, entry)?;
    tx.commit().map_err(failed("committing an audit line"))
}

pub(super) fn append_audit(tx: &Transaction<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
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
