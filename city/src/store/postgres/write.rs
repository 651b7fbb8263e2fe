//! Writing statements of the PostgreSQL store. Every function is one transaction.

use deadpool_postgres::{Object, Transaction};
use sha2::{Digest, Sha256};
use ubugoe_protocol::{CommandId, DeviceId, FilingId, RecipientId};

use super::read::state;
use super::{AUDIT_LOCK, failed};
use crate::casework::FilingState;
use crate::casework::audit::{AuditEntry, GENESIS, line_hash};
use crate::store::{
    Arrival, Attempt, Batch, Decided, Decision, Earlier, Landed, NewQuarantine, OrderOutcome,
    OrderRow, Piece, QuarantineReason, ReceiptFacts, Sealer, Session, StoreError, WakeWindow,
    facts_to_text, fixed, unsigned,
};

pub(super) async fn ingest(
    c: &mut Object,
    batch: &Batch,
    sealer: &dyn Sealer,
) -> Result<Vec<Landed>, StoreError> {
    let tx = c.transaction().await.map_err(failed("landing a batch"))?;
    let mut landed = Vec::with_capacity(batch.arrivals.len() + batch.pieces.len());
    for earlier in &batch.earlier {
        remember(&tx, earlier).await?;
    }
    if let Some(first) = batch.arrivals.first() {
        lock_counter(&tx, first).await?;
    }
    // Almost always there is none; so it is one question for the batch, not one for each filing. One database, one era.
    let looking = "looking for receipts that came back";
    let found = tx
        .query_one(
            "SELECT EXISTS (SELECT 1 FROM earlier), coalesce((SELECT max(at) FROM eras), 0)",
            &[],
        )
        .await
        .map_err(failed(looking))?;
    let restored: bool = found.try_get(0).map_err(failed(looking))?;
    let moment = Moment {
        now: batch.now,
        era: found.try_get(1).map_err(failed(looking))?,
    };
    for arrival in &batch.arrivals {
        let before = if restored {
            recall(&tx, arrival).await?
        } else {
            None
        };
        landed.push(land(&tx, arrival, before, moment, sealer).await?);
    }
    for piece in &batch.pieces {
        landed.push(land_piece(&tx, piece, moment, sealer).await?);
    }
    for item in &batch.quarantined {
        set_aside(&tx, item, batch.now).await?;
    }
    for (device, filing, seq) in &batch.seen {
        tx.execute(
            "UPDATE notices SET seen_at = $4, next_at = NULL
             WHERE filing = $1 AND device = $2 AND seq <= $3 AND seen_at IS NULL",
            &[
                &filing.as_bytes().as_slice(),
                &device.as_str(),
                &i64::from(*seq),
                &batch.now,
            ],
        )
        .await
        .map_err(failed("noting what a device has"))?;
    }
    for outcome in &batch.outcomes {
        finish_order(&tx, outcome, batch.now).await?;
    }
    tx.commit().await.map_err(failed("committing a batch"))?;
    Ok(landed)
}

/// Takes the recipient's counter row first: two programs that land the same filing come one after the other.
async fn lock_counter(tx: &Transaction<'_>, arrival: &Arrival) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO counters (recipient, last_arrival) VALUES ($1, 0)
         ON CONFLICT (recipient) DO UPDATE SET last_arrival = counters.last_arrival",
        &[&arrival.recipient.as_str()],
    )
    .await
    .map_err(failed("locking the arrival counter"))?;
    Ok(())
}

async fn land(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    before: Option<Before>,
    Moment { now, era }: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a filing";
    let id = arrival.id.as_bytes().as_slice();
    let known = tx
        .query_opt(
            "SELECT f.digest, f.device, r.signed FROM filings f JOIN receipts r ON r.filing = f.id WHERE f.id = $1",
            &[&id],
        )
        .await
        .map_err(failed(DOING))?;
    if let Some(row) = known {
        let digest: &[u8] = row.try_get(0).map_err(failed(DOING))?;
        let device: &str = row.try_get(1).map_err(failed(DOING))?;
        if digest == arrival.digest && device == arrival.device.as_str() {
            return again(row.try_get(2).map_err(failed(DOING))?, era, sealer);
        }
        return conflict(
            tx,
            (arrival.id, &arrival.device),
            &arrival.wire,
            now,
            sealer,
        )
        .await;
    }
    if let Some(before) = before {
        return reinstate(tx, arrival, before, (now, era), sealer).await;
    }
    let token = open_case(tx, arrival, &arrival.fresh_token, now).await?;
    let counted = tx
        .query_one(
            "INSERT INTO counters (recipient, last_arrival) VALUES ($1, 1)
             ON CONFLICT (recipient) DO UPDATE SET last_arrival = counters.last_arrival + 1 RETURNING last_arrival",
            &[&arrival.recipient.as_str()],
        )
        .await
        .map_err(failed(DOING))?;
    let arrival_no: i64 = counted.try_get(0).map_err(failed(DOING))?;
    insert_filing(tx, arrival, arrival_no, now).await?;
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
    settle_in(tx, arrival, &receipt, now).await?;
    append_audit(tx, &arrival.audit_entry(now, facts.arrival_no)).await?;
    Ok(Landed::New {
        receipt,
        arrival_no: facts.arrival_no,
    })
}

/// What belongs to every new filing: its receipt, the first line of its history, and the end of its quarantine.
async fn settle_in(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    receipt: &[u8],
    arrived_at: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "landing a filing";
    let wire_sha256: [u8; 32] = Sha256::digest(&arrival.wire).into();
    let id = arrival.id.as_bytes().as_slice();
    tx.execute(
        "INSERT INTO receipts (filing, signed) VALUES ($1, $2)",
        &[&id, &receipt],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO history (filing, seq, at, actor, state) VALUES ($1, 0, $2, 'system', $3)",
        &[&id, &arrived_at, &FilingState::Arrived.code()],
    )
    .await
    .map_err(failed(DOING))?;
    for (position, named) in (0_i64..).zip(&arrival.attachments) {
        tx.execute(
            "INSERT INTO attachments (filing, position, sha256, size, media_type) VALUES ($1, $2, $3, $4, $5)",
            &[&id, &position, &named.sha256.as_slice(), &size(named.len), &named.media_type],
        )
        .await
        .map_err(failed(DOING))?;
    }
    tx.execute(
        "UPDATE quarantine SET resolved_at = $2 WHERE wire_sha256 = $1 AND resolved_at IS NULL",
        &[&wire_sha256.as_slice(), &arrived_at],
    )
    .await
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
async fn remember(tx: &Transaction<'_>, earlier: &Earlier) -> Result<(), StoreError> {
    let receipt = &earlier.receipt;
    tx.execute(
        "INSERT INTO earlier (filing, digest, arrival_no, arrived_at, token, signed)
         SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM filings WHERE id = $1)
         ON CONFLICT DO NOTHING",
        &[
            &receipt.id.as_bytes().as_slice(),
            &receipt.digest.as_slice(),
            &size(receipt.arrival_no),
            &receipt.arrived_at,
            &receipt.status_token,
            &earlier.signed,
        ],
    )
    .await
    .map(drop)
    .map_err(failed("keeping a receipt that came back"))
}

/// What this filing was once receipted with, if its number is still free.
async fn recall(tx: &Transaction<'_>, arrival: &Arrival) -> Result<Option<Before>, StoreError> {
    const DOING: &str = "looking for a receipt that came back";
    let found = tx
        .query_opt(
            "SELECT arrival_no, arrived_at, token, signed FROM earlier e WHERE filing = $1 AND digest = $2
               AND NOT EXISTS (SELECT 1 FROM filings f WHERE f.recipient = $3 AND f.arrival_no = e.arrival_no)",
            &[
                &arrival.id.as_bytes().as_slice(),
                &arrival.digest.as_slice(),
                &arrival.recipient.as_str(),
            ],
        )
        .await
        .map_err(failed(DOING))?;
    let Some(row) = found else { return Ok(None) };
    Ok(Some(Before {
        arrival_no: row.try_get(0).map_err(failed(DOING))?,
        arrived_at: row.try_get(1).map_err(failed(DOING))?,
        token: row.try_get(2).map_err(failed(DOING))?,
        signed: row.try_get(3).map_err(failed(DOING))?,
    }))
}

/// Lands a filing as it was before the database was restored: with its number, its time and its receipt.
async fn reinstate(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    before: Before,
    (now, era): (i64, i64),
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    let signed = in_era(before.signed, era, sealer)?;
    open_case(tx, arrival, &before.token, before.arrived_at).await?;
    insert_filing(tx, arrival, before.arrival_no, before.arrived_at).await?;
    settle_in(tx, arrival, &signed, before.arrived_at).await?;
    tx.execute(
        "DELETE FROM earlier WHERE filing = $1",
        &[&arrival.id.as_bytes().as_slice()],
    )
    .await
    .map_err(failed("landing a filing again"))?;
    let arrival_no = unsigned("arrival number", before.arrival_no)?;
    append_audit(tx, &arrival.reinstated_entry(now, arrival_no)).await?;
    Ok(Landed::New {
        receipt: signed,
        arrival_no,
    })
}

async fn land_piece(
    tx: &Transaction<'_>,
    piece: &Piece,
    Moment { now, era }: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a piece of an attachment";
    let id = piece.id.as_bytes().as_slice();
    let known = tx
        .query_opt(
            "SELECT digest, device, receipt FROM pieces WHERE id = $1",
            &[&id],
        )
        .await
        .map_err(failed(DOING))?;
    if let Some(row) = known {
        let digest: &[u8] = row.try_get(0).map_err(failed(DOING))?;
        let device: &str = row.try_get(1).map_err(failed(DOING))?;
        if digest == piece.digest && device == piece.device.as_str() {
            return again(row.try_get(2).map_err(failed(DOING))?, era, sealer);
        }
        return conflict(tx, (piece.id, &piece.device), &piece.wire, now, sealer).await;
    }
    let receipt = sealer
        .receipt(&piece.receipt_facts(now, era))
        .map_err(|source| StoreError::Seal {
            what: "receipt",
            source,
        })?;
    let inserted = tx
        .execute(
            "INSERT INTO pieces (id, device, filing, sha256, number, of, digest, bytes, arrived_at, receipt)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            &[
                &id,
                &piece.device.as_str(),
                &piece.chunk.filing.as_bytes().as_slice(),
                &piece.chunk.sha256.as_slice(),
                &i64::from(piece.chunk.number),
                &i64::from(piece.chunk.of),
                &piece.digest.as_slice(),
                &piece.chunk.bytes,
                &now,
                &receipt,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    if inserted == 0 {
        return Err(StoreError::Raced { doing: DOING });
    }
    Ok(Landed::New {
        receipt,
        arrival_no: 0,
    })
}

async fn finish_order(
    tx: &Transaction<'_>,
    outcome: &OrderOutcome,
    now: i64,
) -> Result<(), StoreError> {
    let changed = tx
        .execute(
            "UPDATE orders SET done_at = $3, outcome = $4, detail = $5, next_at = NULL
             WHERE id = $1 AND device = $2 AND done_at IS NULL",
            &[
                &outcome.id.as_bytes().as_slice(),
                &outcome.device.as_str(),
                &now,
                &outcome.code(),
                &outcome.detail,
            ],
        )
        .await
        .map_err(failed("noting what became of an order"))?;
    if changed == 0 {
        return Ok(());
    }
    append_audit(tx, &outcome.audit_entry(now)).await
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
async fn open_case(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    token: &str,
    now: i64,
) -> Result<String, StoreError> {
    const DOING: &str = "opening a case";
    let (recipient, device, case) = (
        arrival.recipient.as_str(),
        arrival.device.as_str(),
        arrival.case.as_bytes().as_slice(),
    );
    let token_sha256: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    tx.execute(
        "INSERT INTO cases (recipient, device, case_id, token, token_sha256, opened_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (recipient, device, case_id) DO NOTHING",
        &[&recipient, &device, &case, &token, &token_sha256.as_slice(), &now],
    )
    .await
    .map_err(failed(DOING))?;
    let row = tx
        .query_one(
            "SELECT token FROM cases WHERE recipient = $1 AND device = $2 AND case_id = $3",
            &[&recipient, &device, &case],
        )
        .await
        .map_err(failed(DOING))?;
    row.try_get(0).map_err(failed(DOING))
}

async fn insert_filing(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    arrival_no: i64,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "inserting a filing";
    let id = arrival.id.as_bytes().as_slice();
    let (recipient, device, case) = (
        arrival.recipient.as_str(),
        arrival.device.as_str(),
        arrival.case.as_bytes().as_slice(),
    );
    let case_seq = i64::from(arrival.case_seq);
    let row = tx
        .query_one(
            "SELECT EXISTS (SELECT 1 FROM case_slots WHERE recipient = $1 AND device = $2 AND case_id = $3 AND case_seq = $4),
                    EXISTS (SELECT 1 FROM filings WHERE device = $2 AND counter = $5)",
            &[&recipient, &device, &case, &case_seq, &size(arrival.counter)],
        )
        .await
        .map_err(failed(DOING))?;
    let taken: bool = row.try_get(0).map_err(failed(DOING))?;
    let copied: bool = row.try_get(1).map_err(failed(DOING))?;
    let inserted = tx
        .execute(
            "INSERT INTO filings (id, recipient, device, case_id, case_seq, sequence_taken, arrival_no, arrived_at, schema,
                                  created, digest, canonical, signature, procedure, child_key, due, state, facts,
                                  counter, counter_taken)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
             ON CONFLICT DO NOTHING",
            &[
                &id,
                &recipient,
                &device,
                &case,
                &case_seq,
                &taken,
                &arrival_no,
                &now,
                &arrival.schema,
                &arrival.created,
                &arrival.digest.as_slice(),
                &arrival.canonical,
                &arrival.signature,
                &arrival.procedure,
                &arrival.child_key.as_ref().map(<[u8; 32]>::as_slice),
                &arrival.due,
                &FilingState::Arrived.code(),
                &facts_to_text(&arrival.facts)?,
                &size(arrival.counter),
                &copied,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    if inserted == 0 {
        return Err(StoreError::Raced { doing: DOING });
    }
    tx.execute(
        "INSERT INTO case_slots (recipient, device, case_id, case_seq, filing) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        &[&recipient, &device, &case, &case_seq, &id],
    )
    .await
    .map_err(failed(DOING))?;
    Ok(())
}

/// Same id, other content: the message goes to quarantine with its refusal. The same message again gets the same refusal.
async fn conflict(
    tx: &Transaction<'_>,
    (id, device): (FilingId, &DeviceId),
    wire: &[u8],
    now: i64,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "looking for an earlier refusal";
    let wire_sha256: [u8; 32] = Sha256::digest(wire).into();
    let earlier = tx
        .query_opt(
            "SELECT refusal FROM quarantine WHERE wire_sha256 = $1",
            &[&wire_sha256.as_slice()],
        )
        .await
        .map_err(failed(DOING))?;
    let earlier: Option<Vec<u8>> = match earlier {
        Some(row) => row.try_get(0).map_err(failed(DOING))?,
        None => None,
    };
    let refusal = match earlier {
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
    set_aside(tx, &item, now).await?;
    Ok(Landed::Conflict { refusal })
}

async fn set_aside(tx: &Transaction<'_>, item: &NewQuarantine, now: i64) -> Result<(), StoreError> {
    const DOING: &str = "setting a message aside";
    let wire_sha256: [u8; 32] = Sha256::digest(&item.wire).into();
    let row = tx
        .query_one(
            "INSERT INTO quarantine (wire_sha256, wire, device, reason, detail, refusal, first_seen, last_seen, times)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1)
             ON CONFLICT (wire_sha256) DO UPDATE SET last_seen = excluded.last_seen, times = quarantine.times + 1,
                 reason = excluded.reason, detail = excluded.detail, resolved_at = NULL,
                 refusal = coalesce(quarantine.refusal, excluded.refusal)
             RETURNING times",
            &[
                &wire_sha256.as_slice(),
                &item.wire,
                &item.device.as_ref().map(DeviceId::as_str),
                &item.reason.code(),
                &item.detail,
                &item.refusal,
                &now,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    let times: i64 = row.try_get(0).map_err(failed(DOING))?;
    if times > 1 {
        return Ok(());
    }
    append_audit(tx, &item.audit_entry(&wire_sha256, now)).await
}

pub(super) async fn decide(
    c: &mut Object,
    decision: &Decision,
    sealer: &dyn Sealer,
) -> Result<Decided, StoreError> {
    const DOING: &str = "deciding";
    let tx = c.transaction().await.map_err(failed(DOING))?;
    let id = decision.filing.as_bytes().as_slice();
    let found = tx
        .query_opt(
            "SELECT f.state, f.device, (SELECT count(*) FROM history WHERE filing = f.id),
                    (SELECT coalesce(max(seq), 0)::bigint FROM notices WHERE filing = f.id)
             FROM filings f WHERE f.id = $1 FOR UPDATE",
            &[&id],
        )
        .await
        .map_err(failed(DOING))?;
    let Some(row) = found else {
        return Ok(Decided::NotFound);
    };
    let now_state = state(row.try_get(0).map_err(failed(DOING))?)?;
    let device: String = row.try_get(1).map_err(failed(DOING))?;
    let version: i64 = row.try_get(2).map_err(failed(DOING))?;
    let last_notice: i64 = row.try_get(3).map_err(failed(DOING))?;
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
        "UPDATE filings SET state = $2 WHERE id = $1",
        &[&id, &decision.to.code()],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO history (filing, seq, at, actor, state, reason, note) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[&id, &version, &decision.at, &decision.actor, &decision.to.code(), &decision.reason, &decision.note],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO notices (filing, seq, device, signed, at, next_at) VALUES ($1, $2, $3, $4, $5, $5)",
        &[&id, &i64::from(notice), &device, &signed, &decision.at],
    )
    .await
    .map_err(failed(DOING))?;
    append_audit(&tx, &decision.audit_entry()).await?;
    tx.commit().await.map_err(failed("committing a decision"))?;
    Ok(Decided::Done { notice })
}

pub(super) async fn notice_attempted(c: &Object, attempt: Attempt) -> Result<(), StoreError> {
    c.execute(
        "UPDATE notices SET attempts = $3, sent_at = $4, next_at = $5 WHERE filing = $1 AND seq = $2 AND seen_at IS NULL",
        &[
            &attempt.filing.as_bytes().as_slice(),
            &i64::from(attempt.seq),
            &i64::from(attempt.attempts),
            &attempt.now,
            &attempt.next_at,
        ],
    )
    .await
    .map_err(failed("noting an attempt"))?;
    Ok(())
}

pub(super) async fn wake_notices(
    c: &Object,
    device: &DeviceId,
    window: WakeWindow,
) -> Result<u64, StoreError> {
    c.execute(
        "UPDATE notices SET next_at = $2 WHERE device = $1 AND at >= $3
           AND seq = (SELECT max(seq) FROM notices o WHERE o.filing = notices.filing)
           AND seen_at IS NULL AND (next_at IS NULL OR next_at > $2) AND (sent_at IS NULL OR sent_at <= $4)",
        &[
            &device.as_str(),
            &window.now,
            &window.decided_since,
            &window.not_sent_since,
        ],
    )
    .await
    .map_err(failed("waking notices"))
}

pub(super) async fn give_orders(c: &mut Object, orders: &[OrderRow]) -> Result<(), StoreError> {
    const DOING: &str = "giving orders";
    let tx = c.transaction().await.map_err(failed(DOING))?;
    for order in orders {
        tx.execute(
            "INSERT INTO orders (id, device, what, signed, at, expires, next_at) VALUES ($1, $2, $3, $4, $5, $6, $5)",
            &[
                &order.id.as_bytes().as_slice(),
                &order.device.as_str(),
                &order.what,
                &order.signed,
                &order.at,
                &order.expires,
            ],
        )
        .await
        .map_err(failed(DOING))?;
        append_audit(&tx, &order.audit_entry()).await?;
    }
    tx.commit().await.map_err(failed(DOING))
}

pub(super) async fn order_attempted(
    c: &Object,
    id: CommandId,
    attempts: u32,
    next_at: Option<i64>,
) -> Result<(), StoreError> {
    c.execute(
        "UPDATE orders SET attempts = $2, next_at = $3 WHERE id = $1 AND done_at IS NULL",
        &[&id.as_bytes().as_slice(), &i64::from(attempts), &next_at],
    )
    .await
    .map(drop)
    .map_err(failed("noting an attempt"))
}

pub(super) async fn wake_orders(
    c: &Object,
    device: &DeviceId,
    now: i64,
) -> Result<u64, StoreError> {
    c.execute(
        "UPDATE orders SET next_at = $2 WHERE device = $1 AND done_at IS NULL AND expires >= $2
           AND (next_at IS NULL OR next_at > $2 + 60)",
        &[&device.as_str(), &now],
    )
    .await
    .map_err(failed("waking orders"))
}

pub(super) async fn begin_era(
    c: &mut Object,
    recipient: &RecipientId,
    gap: u32,
    entry: &AuditEntry,
) -> Result<u64, StoreError> {
    const DOING: &str = "beginning an era";
    let tx = c.transaction().await.map_err(failed(DOING))?;
    let gap = i64::from(gap);
    let row = tx
        .query_one(
            "INSERT INTO counters (recipient, last_arrival) VALUES ($1, $2)
             ON CONFLICT (recipient) DO UPDATE SET last_arrival = counters.last_arrival + $2 RETURNING last_arrival",
            &[&recipient.as_str(), &gap],
        )
        .await
        .map_err(failed(DOING))?;
    let last: i64 = row.try_get(0).map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO eras (recipient, at) VALUES ($1, $2) ON CONFLICT (recipient) DO UPDATE SET at = excluded.at",
        &[&recipient.as_str(), &entry.at],
    )
    .await
    .map_err(failed(DOING))?;
    append_audit(&tx, entry).await?;
    tx.commit().await.map_err(failed(DOING))?;
    unsigned("arrival number", last - gap)
}

pub(super) async fn audit(c: &mut Object, entry: &AuditEntry) -> Result<(), StoreError> {
    let tx = c
        .transaction()
        .await
        .map_err(failed("writing the audit log"))?;
    append_audit(&tx, entry).await?;
    tx.commit()
        .await
        .map_err(failed("committing an audit line"))
}

async fn append_audit(tx: &Transaction<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    const DOING: &str = "writing the audit log";
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&AUDIT_LOCK])
        .await
        .map_err(failed(DOING))?;
    let last = tx
        .query_opt("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[])
        .await
        .map_err(failed(DOING))?;
    let (seq, prev) = match last {
        Some(row) => {
            let seq: i64 = row.try_get(0).map_err(failed(DOING))?;
            (
                seq + 1,
                fixed("audit hash", row.try_get(1).map_err(failed(DOING))?)?,
            )
        }
        None => (1, GENESIS),
    };
    let hash = line_hash(seq, &prev, entry);
    tx.execute(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[&seq, &entry.at, &entry.actor, &entry.action, &entry.subject, &entry.detail, &prev.as_slice(), &hash.as_slice()],
    )
    .await
    .map_err(failed(DOING))?;
    Ok(())
}

pub(super) async fn open_session(c: &Object, session: &Session) -> Result<(), StoreError> {
    c.execute(
        "INSERT INTO sessions (token_sha256, staff, csrf, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &session.token_sha256.as_slice(),
            &session.staff,
            &session.csrf,
            &session.created_at,
            &session.seen_at,
            &session.expires_at,
        ],
    )
    .await
    .map_err(failed("opening a session"))?;
    Ok(())
}

pub(super) async fn session(
    c: &Object,
    token_sha256: [u8; 32],
    now: i64,
    idle: i64,
) -> Result<Option<Session>, StoreError> {
    const DOING: &str = "reading a session";
    let found = c
        .query_opt(
            "UPDATE sessions SET seen_at = $2 WHERE token_sha256 = $1 AND expires_at > $2 AND seen_at > $2 - $3
             RETURNING staff, csrf, created_at, seen_at, expires_at",
            &[&token_sha256.as_slice(), &now, &idle],
        )
        .await
        .map_err(failed(DOING))?;
    let Some(row) = found else { return Ok(None) };
    Ok(Some(Session {
        token_sha256,
        staff: row.try_get(0).map_err(failed(DOING))?,
        csrf: row.try_get(1).map_err(failed(DOING))?,
        created_at: row.try_get(2).map_err(failed(DOING))?,
        seen_at: row.try_get(3).map_err(failed(DOING))?,
        expires_at: row.try_get(4).map_err(failed(DOING))?,
    }))
}

pub(super) async fn close_session(
    c: &Object,
    token_sha256: [u8; 32],
    now: i64,
) -> Result<(), StoreError> {
    c.execute(
        "DELETE FROM sessions WHERE token_sha256 = $1 OR expires_at <= $2",
        &[&token_sha256.as_slice(), &now],
    )
    .await
    .map_err(failed("closing a session"))?;
    Ok(())
}
