//! Writing statements of the PostgreSQL store. Every function is one transaction.

use sha2::{Digest, Sha256};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use ubugoe_protocol::{DeviceId, FilingId, RecipientId};

use super::prepared::{Asked, Asks as _, Object, Transaction};
use super::read::state;
use super::{AUDIT_LOCK, LOCK, desk, failed, pieces, together, words};
use crate::casework::FilingState;
use crate::casework::audit::{AuditEntry, GENESIS, line_hash};
use crate::store::nonstop::{AFTER_DECISION, AFTER_LOSS, LOSSES};
use crate::store::{
    Arrival, Batch, Decided, Decision, Landed, Moment, NewQuarantine, QuarantineReason, Sealer,
    StoreError, WakeWindow, count_to_store, facts_to_text, fixed, notice_number, services,
    unsigned,
};

pub(super) async fn ingest(
    c: &mut Object,
    batch: &Batch,
    sealer: &dyn Sealer,
) -> Result<Vec<Landed>, StoreError> {
    let tx = c.transaction().await.map_err(failed("landing a batch"))?;
    let mut landed = Vec::with_capacity(batch.arrivals.len() + batch.pieces.len());
    if let Some(fence) = &batch.fence {
        // held until the end: whoever takes the lease over waits for this batch
        let sql = "SELECT 1 FROM leases WHERE name = $1 AND fence = $2 FOR SHARE";
        let holds = tx
            .query_opt(sql, &[&fence.name, &fence.number])
            .await
            .map_err(failed("landing a batch"))?;
        if holds.is_none() {
            return Err(StoreError::Fenced {
                name: fence.name.clone(),
            });
        }
    }
    let moment = moment(&tx, batch).await?;
    for device in &batch.alive {
        words::alive(&tx, device, batch.now).await?;
    }
    // what devices said of earlier receipts comes first: their rows may be in the same batch
    for said in &batch.said {
        words::take(&tx, said, batch.now).await?;
    }
    land_all(&tx, &batch.arrivals, moment, sealer, &mut landed).await?;
    for piece in &batch.pieces {
        landed.push(pieces::land(&tx, piece, moment, sealer).await?);
    }
    pieces::check_touched(&tx, batch).await?;
    for item in &batch.quarantined {
        set_aside(&tx, item, batch.now).await?;
    }
    tx.commit().await.map_err(failed("committing a batch"))?;
    Ok(landed)
}

/// Lands filings in their order: those that follow each other and are plainly new together, each of the others alone.
async fn land_all(
    tx: &Transaction<'_>,
    arrivals: &[Arrival],
    moment: Moment,
    sealer: &dyn Sealer,
    landed: &mut Vec<Landed>,
) -> Result<(), StoreError> {
    let Some(recipient) = arrivals.first().map(|arrival| &arrival.recipient) else {
        return Ok(());
    };
    let mut new = together::plainly_new(tx, arrivals, recipient).await?;
    let mut rest = arrivals;
    while let Some((first, others)) = rest.split_first() {
        let count = new.iter().take_while(|new| **new).count();
        let done = if count == 0 {
            landed.push(land(tx, first, moment, sealer).await?);
            1
        } else {
            let (run, _) = rest.split_at_checked(count).unwrap_or((rest, others));
            landed.append(&mut together::land(tx, run, recipient, moment, sealer).await?);
            count
        };
        rest = rest.get(done..).unwrap_or_default();
        new.drain(..done.min(new.len()));
    }
    Ok(())
}

/// When this batch lands, and in which era: asked once for all of it. Takes the recipient's counter row before: two programs that
/// land the same filing come one after the other.
async fn moment(tx: &Transaction<'_>, batch: &Batch) -> Result<Moment, StoreError> {
    const DOING: &str = "locking the arrival counter";
    let now = batch.now;
    let Some(recipient) = batch.recipient() else {
        return Ok(Moment { now, era: 0 });
    };
    let [_, eras] = tx
        .query_all([
            (
                "INSERT INTO counters (recipient, last_arrival) VALUES ($1, 0)
                 ON CONFLICT (recipient) DO UPDATE SET last_arrival = counters.last_arrival",
                &[&recipient.as_str()],
            ),
            (
                "SELECT at FROM eras WHERE recipient = $1",
                &[&recipient.as_str()],
            ),
        ])
        .await
        .map_err(failed(DOING))?;
    let era = match eras.first() {
        Some(row) => row.try_get(0).map_err(failed(DOING))?,
        None => 0,
    };
    Ok(Moment { now, era })
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

async fn known(tx: &Transaction<'_>, arrival: &Arrival) -> Result<Known, StoreError> {
    const DOING: &str = "landing a filing";
    // a number that was given away again since is lost to it: then it lands anew, and both are shown
    let row = tx
        .query_one(
            "SELECT f.digest, f.device,
                    coalesce((SELECT p.signed FROM earlier p WHERE p.filing = q.id AND p.digest = $2 AND p.device = $3
                              AND p.recipient = $4 AND p.arrival_no > 0), r.signed),
                    e.arrival_no, e.arrived_at, e.token
             FROM (SELECT $1::bytea AS id) q
             LEFT JOIN filings f ON f.id = q.id
             LEFT JOIN receipts r ON r.filing = q.id
             LEFT JOIN earlier e ON e.filing = q.id AND e.digest = $2 AND e.device = $3 AND e.recipient = $4
                 AND e.arrival_no > 0
                 AND NOT EXISTS (SELECT 1 FROM filings x WHERE x.recipient = e.recipient AND x.arrival_no = e.arrival_no)",
            &[
                &arrival.id.as_bytes().as_slice(),
                &arrival.digest.as_slice(),
                &arrival.device.as_str(),
                &arrival.recipient.as_str(),
            ],
        )
        .await
        .map_err(failed(DOING))?;
    let digest: Option<Vec<u8>> = row.try_get(0).map_err(failed(DOING))?;
    let filing = match digest {
        Some(digest) => Some((digest, row.try_get(1).map_err(failed(DOING))?)),
        None => None,
    };
    let arrival_no: Option<i64> = row.try_get(3).map_err(failed(DOING))?;
    let earlier = match arrival_no {
        Some(arrival_no) => Some(Earlier {
            arrival_no,
            arrived_at: row.try_get(4).map_err(failed(DOING))?,
            token: row.try_get(5).map_err(failed(DOING))?,
        }),
        None => None,
    };
    Ok(Known {
        filing,
        receipt: row.try_get(2).map_err(failed(DOING))?,
        earlier,
    })
}

async fn land(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    moment: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a filing";
    let now = moment.now;
    let known = known(tx, arrival).await?;
    if let Some((digest, device)) = known.filing {
        let same = digest == arrival.digest && device == arrival.device.as_str();
        if let Some(receipt) = known.receipt.filter(|_| same) {
            let receipt = moment.receipt(receipt, sealer)?;
            return Ok(Landed::Again { receipt });
        }
        return conflict(tx, arrival.id, &arrival.device, &arrival.wire, now, sealer).await;
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
    let token = open_case(tx, arrival, old_token, at).await?;
    let arrival_no = number(tx, &arrival.recipient, wanted).await?;
    let copied = insert_filing(tx, arrival, arrival_no, at).await?;
    let facts = arrival.receipt_facts(
        (at, unsigned("arrival number", arrival_no)?, token),
        moment.era,
    );
    let receipt = moment.first_receipt(known.receipt, &facts, sealer)?;
    tx.execute(
        "INSERT INTO receipts (filing, signed) VALUES ($1, $2)",
        &[&id, &receipt],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO history (filing, seq, at, actor, state) VALUES ($1, 0, $2, 'system', $3)",
        &[&id, &at, &FilingState::Arrived.code()],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE quarantine SET resolved_at = $2 WHERE wire_sha256 = $1 AND resolved_at IS NULL",
        &[&wire_sha256.as_slice(), &now],
    )
    .await
    .map_err(failed(DOING))?;
    append_audit(tx, &arrival.audit_entry(now, facts.arrival_no, restored)).await?;
    if copied {
        append_audit(tx, &arrival.copied_entry(now)).await?;
    }
    Ok(Landed::New {
        receipt,
        arrival_no: facts.arrival_no,
        copied,
    })
}

/// The next running number, or the one a filing had before; either way no later filing gets it.
pub(super) async fn number(
    tx: &Transaction<'_>,
    recipient: &RecipientId,
    wanted: Option<i64>,
) -> Result<i64, StoreError> {
    const DOING: &str = "taking an arrival number";
    let sql = if wanted.is_some() {
        "INSERT INTO counters (recipient, last_arrival) VALUES ($1, $2)
         ON CONFLICT (recipient) DO UPDATE SET last_arrival = greatest(counters.last_arrival, excluded.last_arrival)
         RETURNING last_arrival"
    } else {
        "INSERT INTO counters (recipient, last_arrival) VALUES ($1, $2)
         ON CONFLICT (recipient) DO UPDATE SET last_arrival = counters.last_arrival + 1 RETURNING last_arrival"
    };
    let row = tx
        .query_one(sql, &[&recipient.as_str(), &wanted.unwrap_or(1)])
        .await
        .map_err(failed(DOING))?;
    let last = row.try_get(0).map_err(failed(DOING))?;
    Ok(wanted.unwrap_or(last))
}

/// The case's family token; opens the case if this is its first filing. A token from before a restore goes on opening it.
pub(super) async fn open_case(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    old_token: Option<&str>,
    now: i64,
) -> Result<String, StoreError> {
    const DOING: &str = "opening a case";
    let (recipient, device, case) = (
        arrival.recipient.as_str(),
        arrival.device.as_str(),
        arrival.case.as_bytes().as_slice(),
    );
    let fresh = old_token.unwrap_or(&arrival.fresh_token);
    let token_sha256: [u8; 32] = Sha256::digest(fresh.as_bytes()).into();
    // a case whose content was erased has no link any more: what comes now gets a new one, and the old one goes on opening nothing
    tx.execute(
        "INSERT INTO cases (recipient, device, case_id, token, token_sha256, opened_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (recipient, device, case_id) DO UPDATE SET token = excluded.token, token_sha256 = excluded.token_sha256,
           opened_at = excluded.opened_at WHERE cases.token = ''",
        &[&recipient, &device, &case, &fresh, &token_sha256.as_slice(), &now],
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
    let token: String = row.try_get(0).map_err(failed(DOING))?;
    if let Some(old) = old_token.filter(|old| *old != token) {
        let old: [u8; 32] = Sha256::digest(old.as_bytes()).into();
        tx.execute(
            "INSERT INTO case_aliases (token_sha256, recipient, device, case_id) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            &[&old.as_slice(), &recipient, &device, &case],
        )
        .await
        .map_err(failed(DOING))?;
    }
    Ok(token)
}

/// Answers whether its device has used this count before.
async fn insert_filing(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    arrival_no: i64,
    now: i64,
) -> Result<bool, StoreError> {
    const DOING: &str = "inserting a filing";
    let id = arrival.id.as_bytes().as_slice();
    let (recipient, device, case) = (
        arrival.recipient.as_str(),
        arrival.device.as_str(),
        arrival.case.as_bytes().as_slice(),
    );
    let case_seq = i64::from(arrival.case_seq);
    let counter = count_to_store(arrival.counter);
    let row = tx
        .query_one(
            "SELECT EXISTS (SELECT 1 FROM case_slots WHERE recipient = $1 AND device = $2 AND case_id = $3 AND case_seq = $4),
                    EXISTS (SELECT 1 FROM filings WHERE device = $2 AND counter = $5)",
            &[&recipient, &device, &case, &case_seq, &counter],
        )
        .await
        .map_err(failed(DOING))?;
    let taken: bool = row.try_get(0).map_err(failed(DOING))?;
    let copied: bool = row.try_get(1).map_err(failed(DOING))?;
    let signed = arrival.signed_by(now);
    let inserted = tx
        .execute(
            "INSERT INTO filings (id, recipient, device, case_id, case_seq, sequence_taken, arrival_no, arrived_at, schema,
                                  created, digest, canonical, signature, procedure, child_key, due, state, facts,
                                  counter, signed_from, signed_until, visit_root, visit_index, visit_count)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                     $19, $20, $21, $22, $23, $24)
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
                &counter,
                &signed.map(|signed| signed.from),
                &signed.map(|signed| signed.until),
                &arrival.visit.root.as_slice(),
                &i64::from(arrival.visit.index),
                &i64::from(arrival.visit.count),
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
    pieces::name(tx, arrival).await?;
    desk::index(tx, &desk::Terms::of(std::slice::from_ref(arrival))).await?;
    Ok(copied)
}

/// Same id, other content: the message goes to quarantine with its refusal. The same message again gets the same refusal.
pub(super) async fn conflict(
    tx: &Transaction<'_>,
    id: FilingId,
    device: &DeviceId,
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

/// An officer's decision; nothing is written unless it answers [`Decided::Done`].
pub(super) async fn decide_in(
    tx: &Transaction<'_>,
    decision: &Decision,
    sealer: &dyn Sealer,
) -> Result<Decided, StoreError> {
    const DOING: &str = "deciding";
    let id = decision.filing.as_bytes().as_slice();
    let found = tx
        .query_opt(
            "SELECT f.state, f.device, (SELECT count(*) FROM history WHERE filing = f.id),
                    (SELECT coalesce(max(seq), 0)::bigint FROM notices WHERE filing = f.id),
                    coalesce((SELECT at FROM eras WHERE recipient = f.recipient), 0), f.procedure = ANY($2)
             FROM filings f WHERE f.id = $1 AND f.erased_at IS NULL FOR UPDATE",
            &[&id, &LOSSES.as_slice()],
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
    let era: i64 = row.try_get(4).map_err(failed(DOING))?;
    let notice = notice_number(last_notice, era)?;
    let facts = decision.status_facts(notice);
    let signed = sealer.status(&facts).map_err(|source| StoreError::Seal {
        what: "status",
        source,
    })?;
    let loss: bool = row.try_get(5).map_err(failed(DOING))?;
    let (to, seq) = (decision.to.code(), i64::from(notice));
    let Decision {
        at,
        actor,
        reason,
        note,
        ..
    } = decision;
    let state: [&(dyn ToSql + Sync); 2] = [&id, &to];
    let history: [&(dyn ToSql + Sync); 7] = [&id, &version, at, actor, &to, reason, note];
    let word: [&(dyn ToSql + Sync); 5] = [&id, &seq, &device, &signed, at];
    let (follows, losing): ([&(dyn ToSql + Sync); 2], [&(dyn ToSql + Sync); 3]) =
        ([&id, at], [&id, at, actor]);
    let mut steps: Vec<Asked<'_>> = vec![
        (
            "UPDATE filings SET state = $2, proposed_by = NULL WHERE id = $1",
            &state,
        ),
        (
            "INSERT INTO history (filing, seq, at, actor, state, reason, note) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &history,
        ),
        (
            "INSERT INTO notices (filing, seq, device, signed, at, next_at) VALUES ($1, $2, $3, $4, $5, $5)",
            &word,
        ),
    ];
    if decision.to == FilingState::Accepted {
        // its event, and what a loss ends
        steps.extend(AFTER_DECISION.map(|sql| (sql, follows.as_slice())));
        if loss {
            let ends = AFTER_LOSS.into_iter().chain(services::AFTER_LOSS);
            steps.extend(ends.map(|sql| (sql, losing.as_slice())));
        }
    }
    tx.execute_all(&steps).await.map_err(failed(DOING))?;
    append_audit(tx, &decision.audit_entry()).await?;
    Ok(Decided::Done { notice })
}

pub(super) async fn wake_notices(
    c: &Object,
    device: &DeviceId,
    window: WakeWindow,
) -> Result<u64, StoreError> {
    // one statement, one round trip: this is done after every batch; a notice whose row somebody holds is just being sent or seen
    c.execute(
        "WITH items AS (
             UPDATE down SET next_at = $2 WHERE device = $1 AND done_at IS NULL AND kind <> 'grant'
               AND (expires IS NULL OR expires > $2) AND (next_at IS NULL OR next_at > $2)
               AND (sent_at IS NULL OR sent_at <= CASE kind WHEN 'command' THEN $4::bigint ELSE $4::bigint - 3600 END)
             RETURNING 1),
         woken AS (
             SELECT n.filing, n.seq FROM notices n WHERE n.device = $1 AND n.seen_at IS NULL AND n.at >= $3
               AND (n.next_at IS NULL OR n.next_at > $2) AND (n.sent_at IS NULL OR n.sent_at <= $4)
               AND n.seq = (SELECT max(seq) FROM notices o WHERE o.filing = n.filing)
             FOR NO KEY UPDATE OF n SKIP LOCKED)
         UPDATE notices n SET next_at = $2 FROM woken w WHERE n.filing = w.filing AND n.seq = w.seq",
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

/// The end of the audit chain: the number and hash of its last line.
pub(super) type End = (i64, [u8; 32]);

/// Appends lines in a transaction of their own; answers where the chain ends now.
pub(super) async fn audit(c: &mut Object, entries: &[AuditEntry]) -> Result<End, StoreError> {
    let tx = c
        .transaction()
        .await
        .map_err(failed("writing the audit log"))?;
    let end = append_all(&tx, entries).await?;
    tx.commit()
        .await
        .map_err(failed("committing audit lines"))?;
    Ok(end)
}

/// The same in one exchange, if nobody else is appending and the chain still ends where it is said to; otherwise nothing is written.
pub(super) async fn audit_after(
    c: &Object,
    end: End,
    entries: &[AuditEntry],
) -> Result<Option<End>, StoreError> {
    const DOING: &str = "writing the audit log";
    let lines = Lines::after(end, entries);
    let hash = end.1.as_slice();
    let mut values = lines.columns().to_vec();
    values.extend([&AUDIT_LOCK as &(dyn ToSql + Sync), &end.0, &hash]);
    // the statement sees what was there when it began, so it does not wait for the lock; a line that came all the same, in the
    // moment between, has the number that this one wants
    let written = c
        .execute(
            "WITH held AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($9 # hashtextextended(current_schema(), 0)) AS it)
             INSERT INTO audit (seq, at, actor, action, subject, detail, prev, hash)
             SELECT q.* FROM held, unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                                          $7::bytea[], $8::bytea[]) AS q
             WHERE held.it AND (SELECT max(seq) FROM audit) = $10 AND EXISTS (SELECT 1 FROM audit WHERE seq = $10 AND hash = $11)",
            &values,
        )
        .await;
    match written {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(lines.end)),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(None),
        Err(error) => Err(failed(DOING)(error)),
    }
}

pub(super) async fn append_audit(
    tx: &Transaction<'_>,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    append_all(tx, std::slice::from_ref(entry)).await.map(drop)
}

/// Lines with their numbers and hashes, column by column.
struct Lines<'e> {
    seqs: Vec<i64>,
    ats: Vec<i64>,
    actors: Vec<&'e str>,
    actions: Vec<&'e str>,
    subjects: Vec<&'e str>,
    details: Vec<&'e str>,
    prevs: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
    end: End,
}

impl<'e> Lines<'e> {
    fn after((mut seq, mut prev): End, entries: &'e [AuditEntry]) -> Self {
        let (mut seqs, mut prevs, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            seq += 1;
            let hash = line_hash(seq, &prev, entry);
            seqs.push(seq);
            prevs.push(prev.to_vec());
            hashes.push(hash.to_vec());
            prev = hash;
        }
        let texts = |what: fn(&AuditEntry) -> &str| entries.iter().map(what).collect::<Vec<_>>();
        Self {
            seqs,
            ats: entries.iter().map(|entry| entry.at).collect(),
            actors: texts(|entry| &entry.actor),
            actions: texts(|entry| &entry.action),
            subjects: texts(|entry| &entry.subject),
            details: texts(|entry| &entry.detail),
            prevs,
            hashes,
            end: (seq, prev),
        }
    }

    /// In the order in which both statements take them.
    fn columns(&self) -> [&(dyn ToSql + Sync); 8] {
        [
            &self.seqs,
            &self.ats,
            &self.actors,
            &self.actions,
            &self.subjects,
            &self.details,
            &self.prevs,
            &self.hashes,
        ]
    }
}

/// Appends lines to the audit chain, with one look at its end; answers where it ends now.
pub(super) async fn append_all(
    tx: &Transaction<'_>,
    entries: &[AuditEntry],
) -> Result<End, StoreError> {
    const DOING: &str = "writing the audit log";
    const LAST: &str = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
    let [_, last] = tx
        .query_all([(LOCK, &[&AUDIT_LOCK]), (LAST, &[])])
        .await
        .map_err(failed(DOING))?;
    let end = match last.first() {
        Some(row) => (
            row.try_get(0).map_err(failed(DOING))?,
            fixed("audit hash", row.try_get(1).map_err(failed(DOING))?)?,
        ),
        None => (0_i64, GENESIS),
    };
    let lines = Lines::after(end, entries);
    tx.execute(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, prev, hash)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                              $8::bytea[])",
        &lines.columns(),
    )
    .await
    .map_err(failed(DOING))?;
    Ok(lines.end)
}
