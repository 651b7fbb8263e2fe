//! Lands filings that are plainly new, many at a time: one statement per table, whatever their number.
//!
//! Answers for speed only. A filing that may be anything but new (its id, its place in its case or its device's count is
//! taken, or its device told of an earlier receipt) is left to [`super::write`], which asks before every step. Both leave
//! the same rows, and the order of arrival is the order of the batch.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use ubugoe_protocol::RecipientId;

use super::prepared::{Asks as _, Transaction};
use super::read::col;
use super::write::append_all;
use super::{desk, failed, pieces, write};
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;
use crate::store::{
    Arrival, Landed, Moment, Sealer, StoreError, count_to_store, facts_to_text, unsigned,
};

const DOING: &str = "landing filings";

/// Which of these are plainly new, in the database and among each other.
pub(super) async fn plainly_new(
    tx: &Transaction<'_>,
    arrivals: &[Arrival],
    recipient: &RecipientId,
) -> Result<Vec<bool>, StoreError> {
    let columns = Columns::of(arrivals);
    let rows = tx
        .query(
            "SELECT q.n FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[])
                 WITH ORDINALITY AS q(id, device, case_id, case_seq, counter, n)
             WHERE EXISTS (SELECT 1 FROM filings f WHERE f.id = q.id)
                OR EXISTS (SELECT 1 FROM earlier e WHERE e.filing = q.id)
                OR EXISTS (SELECT 1 FROM filings f WHERE f.device = q.device AND f.counter = q.counter)
                OR EXISTS (SELECT 1 FROM case_slots s WHERE s.recipient = $6 AND s.device = q.device
                               AND s.case_id = q.case_id AND s.case_seq = q.case_seq)",
            &[
                &columns.ids,
                &columns.devices,
                &columns.cases,
                &columns.case_seqs,
                &columns.counters,
                &recipient.as_str(),
            ],
        )
        .await
        .map_err(failed(DOING))?;
    let mut taken = BTreeSet::new();
    for row in &rows {
        taken.insert(col::<i64>(row, 0)?);
    }
    let (mut ids, mut places, mut counts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let new = (1..).zip(arrivals).map(|(n, arrival)| {
        // each is noted, whether or not the others were
        let id = ids.insert(arrival.id);
        let place = places.insert((&arrival.device, arrival.case.as_bytes(), arrival.case_seq));
        let count = counts.insert((&arrival.device, arrival.counter));
        id && place && count && arrival.recipient == *recipient && !taken.contains(&n)
    });
    Ok(new.collect())
}

/// What many statements say of the same filings.
struct Columns<'a> {
    ids: Vec<&'a [u8]>,
    devices: Vec<&'a str>,
    cases: Vec<&'a [u8]>,
    case_seqs: Vec<i64>,
    counters: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(arrivals: &'a [Arrival]) -> Self {
        Self {
            ids: each(arrivals, |a| a.id.as_bytes().as_slice()),
            devices: each(arrivals, |a| a.device.as_str()),
            cases: each(arrivals, |a| a.case.as_bytes().as_slice()),
            case_seqs: each(arrivals, |a| i64::from(a.case_seq)),
            counters: each(arrivals, |a| count_to_store(a.counter)),
        }
    }
}

fn each<'a, T>(arrivals: &'a [Arrival], what: impl Fn(&'a Arrival) -> T) -> Vec<T> {
    arrivals.iter().map(what).collect()
}

/// Lands filings that [`plainly_new`] said are so; all of one recipient.
pub(super) async fn land(
    tx: &Transaction<'_>,
    arrivals: &[Arrival],
    recipient: &RecipientId,
    moment: Moment,
    sealer: &dyn Sealer,
) -> Result<Vec<Landed>, StoreError> {
    let now = moment.now;
    let columns = Columns::of(arrivals);
    let (tokens, numbers) = open_cases(tx, arrivals, &columns, recipient, now).await?;
    insert_filings(tx, arrivals, &columns, recipient, &numbers, now).await?;
    for arrival in arrivals {
        pieces::name(tx, arrival).await?;
    }
    let mut landed = Vec::with_capacity(arrivals.len());
    let mut receipts = Vec::with_capacity(arrivals.len());
    let mut lines: Vec<AuditEntry> = Vec::with_capacity(arrivals.len());
    for ((arrival, number), token) in arrivals.iter().zip(&numbers).zip(tokens) {
        let facts = arrival.receipt_facts(
            (now, unsigned("arrival number", *number)?, token),
            moment.era,
        );
        let receipt = moment.first_receipt(None, &facts, sealer)?;
        lines.push(arrival.audit_entry(now, facts.arrival_no, false));
        receipts.push(receipt.clone());
        landed.push(Landed::New {
            receipt,
            arrival_no: facts.arrival_no,
            copied: false,
        });
    }
    let wires = each(arrivals, |a| Sha256::digest(&a.wire).to_vec());
    let terms = desk::Terms::of(arrivals);
    tx.execute_all(&[
        (
            "INSERT INTO case_slots (recipient, device, case_id, case_seq, filing)
             SELECT $1, q.* FROM unnest($2::text[], $3::bytea[], $4::bigint[], $5::bytea[]) AS q
             ON CONFLICT DO NOTHING",
            &[
                &recipient.as_str(),
                &columns.devices,
                &columns.cases,
                &columns.case_seqs,
                &columns.ids,
            ],
        ),
        (desk::Terms::INSERT, &terms.values()),
        (
            "INSERT INTO receipts (filing, signed) SELECT * FROM unnest($1::bytea[], $2::bytea[])",
            &[&columns.ids, &receipts],
        ),
        (
            "INSERT INTO history (filing, seq, at, actor, state)
             SELECT id, 0, $2, 'system', $3 FROM unnest($1::bytea[]) AS q(id)",
            &[&columns.ids, &now, &FilingState::Arrived.code()],
        ),
        (
            "UPDATE quarantine SET resolved_at = $2 WHERE wire_sha256 = ANY($1) AND resolved_at IS NULL",
            &[&wires, &now],
        ),
    ])
    .await
    .map_err(failed(DOING))?;
    append_all(tx, &lines).await?;
    Ok(landed)
}

/// The family token of each filing's case, and the next running numbers, as many as there are filings; opens the cases that are
/// not open.
async fn open_cases(
    tx: &Transaction<'_>,
    arrivals: &[Arrival],
    columns: &Columns<'_>,
    recipient: &RecipientId,
    now: i64,
) -> Result<(Vec<String>, Vec<i64>), StoreError> {
    let fresh = each(arrivals, |a| a.fresh_token.as_str());
    let hashes = each(arrivals, |a| {
        Sha256::digest(a.fresh_token.as_bytes()).to_vec()
    });
    let count = i64::try_from(arrivals.len()).unwrap_or(i64::MAX);
    let [opened, counted] = tx
        .query_all([
            (
                "INSERT INTO cases (recipient, device, case_id, token, token_sha256, opened_at)
                 SELECT $1, q.*, $6 FROM unnest($2::text[], $3::bytea[], $4::text[], $5::bytea[]) AS q
                 ON CONFLICT (recipient, device, case_id) DO NOTHING RETURNING 1",
                &[
                    &recipient.as_str(),
                    &columns.devices,
                    &columns.cases,
                    &fresh,
                    &hashes,
                    &now,
                ],
            ),
            (
                "INSERT INTO counters (recipient, last_arrival) VALUES ($1, $2)
                 ON CONFLICT (recipient) DO UPDATE SET last_arrival = counters.last_arrival + $2 RETURNING last_arrival",
                &[&recipient.as_str(), &count],
            ),
        ])
        .await
        .map_err(failed(DOING))?;
    let last = counted.first().ok_or(StoreError::Raced { doing: DOING })?;
    let last: i64 = col(last, 0)?;
    let numbers = (last - count + 1..=last).collect();
    if opened.len() == arrivals.len() {
        return Ok((fresh.into_iter().map(str::to_owned).collect(), numbers));
    }
    let rows = tx
        .query(
            "SELECT c.token FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS q(device, case_id, n)
             JOIN cases c ON c.recipient = $1 AND c.device = q.device AND c.case_id = q.case_id ORDER BY q.n",
            &[&recipient.as_str(), &columns.devices, &columns.cases],
        )
        .await
        .map_err(failed(DOING))?;
    let mut tokens = rows
        .iter()
        .map(|row| col(row, 0))
        .collect::<Result<Vec<String>, _>>()?;
    for (arrival, token) in arrivals.iter().zip(&mut tokens) {
        if token.is_empty() {
            *token = write::open_case(tx, arrival, None, now).await?;
        }
    }
    Ok((tokens, numbers))
}

async fn insert_filings(
    tx: &Transaction<'_>,
    arrivals: &[Arrival],
    columns: &Columns<'_>,
    recipient: &RecipientId,
    numbers: &[i64],
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "inserting filings";
    let facts = arrivals
        .iter()
        .map(|arrival| facts_to_text(&arrival.facts))
        .collect::<Result<Vec<_>, _>>()?;
    let signed = each(arrivals, |a| a.signed_by(now));
    let inserted = tx
        .execute(
            "INSERT INTO filings (recipient, sequence_taken, arrived_at, state,
                                  id, device, case_id, case_seq, arrival_no, schema, created, digest, canonical, signature,
                                  procedure, child_key, due, facts, counter, signed_from, signed_until, visit_root,
                                  visit_index, visit_count)
             SELECT $1, false, $2, $3, q.*
             FROM unnest($4::bytea[], $5::text[], $6::bytea[], $7::bigint[], $8::bigint[], $9::text[], $10::bigint[],
                         $11::bytea[], $12::bytea[], $13::bytea[], $14::text[], $15::bytea[], $16::text[], $17::text[],
                         $18::bigint[], $19::bigint[], $20::bigint[], $21::bytea[], $22::bigint[], $23::bigint[]) AS q
             ON CONFLICT DO NOTHING",
            &[
                &recipient.as_str(),
                &now,
                &FilingState::Arrived.code(),
                &columns.ids,
                &columns.devices,
                &columns.cases,
                &columns.case_seqs,
                &numbers,
                &each(arrivals, |a| a.schema.as_str()),
                &each(arrivals, |a| a.created),
                &each(arrivals, |a| a.digest.as_slice()),
                &each(arrivals, |a| a.canonical.as_slice()),
                &each(arrivals, |a| a.signature.as_slice()),
                &each(arrivals, |a| a.procedure.as_str()),
                &each(arrivals, |a| a.child_key.as_ref().map(<[u8; 32]>::as_slice)),
                &each(arrivals, |a| a.due.as_deref()),
                &facts,
                &columns.counters,
                &signed.iter().map(|s| s.map(|s| s.from)).collect::<Vec<_>>(),
                &signed.iter().map(|s| s.map(|s| s.until)).collect::<Vec<_>>(),
                &each(arrivals, |a| a.visit.root.as_slice()),
                &each(arrivals, |a| i64::from(a.visit.index)),
                &each(arrivals, |a| i64::from(a.visit.count)),
            ],
        )
        .await
        .map_err(failed(DOING))?;
    if usize::try_from(inserted) != Ok(arrivals.len()) {
        return Err(StoreError::Raced { doing: DOING });
    }
    Ok(())
}
