//! Agencies, as the PostgreSQL store keeps them. The statements are those of the SQLite store; what differs stands at the top.
//!
//! Locks: rows of agencies, then the message log's, then the audit chain's.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use ubugoe_exchange::MessageId;
use ubugoe_exchange::log::{Entry, GENESIS, Message, Seal, entry_hash};
use ubugoe_protocol::{FilingId, RecipientId};

use super::prepared::{Asks, Transaction};
use super::read::state;
use super::write::append_audit;
use super::{PostgresStore, failed};
use crate::agencies::hops::{HopState, Reason};
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;
use crate::store::agencies::{
    AgencyEvent, AgencyEventKind, AgencyStore, BirthStatus, CERTIFICATE, Cell, Cells, Certificate,
    CertificateKind, Consent, Effect, Exchange, HOP, Hop, HopStep, KeptAnswer, LogHead,
    NewCertificate, NewRequest, Queued, certificate as certificate_row, consent, corrupt, entry,
    hop,
};

const DOING: &str = "keeping what concerns agencies";
/// Key of the advisory lock held while appending to the message log: "ubgagenc".
const CHAIN_LOCK: i64 = i64::from_be_bytes(*b"ubgagenc");

type Tx<'c> = Transaction<'c>;

impl ToSql for Cell {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Blob(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

fn params(cells: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    cells
        .iter()
        .map(|cell| cell as &(dyn ToSql + Sync))
        .collect()
}

async fn exec(c: &impl Asks, sql: &str, cells: &[Cell]) -> Result<u64, StoreError> {
    c.execute(sql, &params(cells)).await.map_err(failed(DOING))
}

async fn rows(c: &impl Asks, sql: &str, cells: &[Cell]) -> Result<Vec<Cells>, StoreError> {
    let found = c.query(sql, &params(cells)).await.map_err(failed(DOING))?;
    let mut all = Vec::with_capacity(found.len());
    for row in &found {
        let mut cells = Vec::with_capacity(row.len());
        for (at, column) in row.columns().iter().enumerate() {
            let cell = match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<i64>>(at).map(Cell::from),
                Type::INT4 => row
                    .try_get::<_, Option<i32>>(at)
                    .map(|value| value.map(i64::from).into()),
                Type::BYTEA => row.try_get::<_, Option<&[u8]>>(at).map(Cell::from),
                _ => row.try_get::<_, Option<&str>>(at).map(Cell::from),
            };
            cells.push(cell.map_err(failed(DOING))?);
        }
        all.push(Cells::new(cells));
    }
    Ok(all)
}

async fn lock(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.execute(super::LOCK, &[&CHAIN_LOCK])
        .await
        .map(drop)
        .map_err(failed(DOING))
}

pub(super) async fn answer_given(
    c: &impl Asks,
    peer: &str,
    id: MessageId,
) -> Result<Option<KeptAnswer>, StoreError> {
    let rows = rows(
        c,
        "SELECT request_hash, request_id, status, error, content_type, body FROM agency_answers WHERE peer = $1 AND id = $2",
        &[peer.into(), id.into()],
    ).await?;
    rows.into_iter()
        .next()
        .map(|mut row| kept(&mut row))
        .transpose()
}

fn kept(row: &mut Cells) -> Result<KeptAnswer, StoreError> {
    Ok(KeptAnswer {
        request_hash: row.bytes("request hash")?,
        request_id: row.message_id("message id")?,
        status: row.int("status")?,
        error: row.maybe_text("error")?,
        content_type: row.maybe_text("media type")?,
        body: row.blob("answer")?,
    })
}

pub(super) async fn settle_exchange(
    tx: &Tx<'_>,
    exchange: &Exchange,
) -> Result<Option<KeptAnswer>, StoreError> {
    lock(tx).await?;
    let before = answer_given(tx, &exchange.peer, exchange.id).await?;
    if before.is_some() {
        return Ok(before);
    }
    append(tx, &exchange.log).await?;
    let answer = &exchange.answer;
    exec(
        tx,
        "INSERT INTO agency_answers (peer, id, request_hash, request_id, status, error, content_type, body, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            (&exchange.peer).into(),
            exchange.id.into(),
            answer.request_hash.into(),
            answer.request_id.into(),
            answer.status.into(),
            answer.error.as_ref().into(),
            answer.content_type.as_ref().into(),
            answer.body.as_slice().into(),
            exchange.at.into(),
        ],
    ).await?;
    match &exchange.effect {
        Effect::None => {}
        Effect::Certificate(new) => {
            keep(tx, new).await?;
        }
        Effect::Withdrawn { agency, number } => void(tx, agency, number, exchange.at).await?,
    }
    append_audit(tx, &exchange.audit).await?;
    Ok(None)
}

/// Keeps a certificate and its event. `false`: the very same one is there already.
async fn keep(tx: &Tx<'_>, new: &NewCertificate) -> Result<bool, StoreError> {
    let done = exec(
        tx,
        "INSERT INTO agency_certificates (id, kind, agency, via, entered_by, number, child_order, child_key, sha256, content, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        &[
            new.id.into(),
            new.kind.code().into(),
            (&new.agency).into(),
            new.via.code().into(),
            (&new.entered_by).into(),
            (&new.number).into(),
            new.child_order.into(),
            new.child_key.into(),
            Cell::Blob(Sha256::digest(new.content.as_bytes()).to_vec()),
            (&new.content).into(),
            new.received_at.into(),
        ],
    ).await?;
    if done == 0 {
        return Ok(false);
    }
    let kind = match new.kind {
        CertificateKind::Birth => "birth",
        CertificateKind::Stillbirth => "loss",
    };
    event(tx, kind, new.id, new.received_at).await?;
    Ok(true)
}

/// The log's lock is held, so nobody takes the same number.
async fn event(tx: &Tx<'_>, kind: &str, certificate: [u8; 16], at: i64) -> Result<(), StoreError> {
    exec(
        tx,
        "INSERT INTO agency_events (seq, at, kind, certificate)
         SELECT coalesce(max(seq), 0) + 1, $1, $2, $3 FROM agency_events",
        &[at.into(), kind.into(), certificate.into()],
    )
    .await?;
    Ok(())
}

async fn void(tx: &Tx<'_>, agency: &str, number: &str, at: i64) -> Result<(), StoreError> {
    let found = rows(
        tx,
        "SELECT id FROM agency_certificates WHERE agency = $1 AND number = $2 AND voided_at IS NULL ORDER BY received_at, id",
        &[agency.into(), number.into()],
    ).await?;
    for mut row in found {
        let id: [u8; 16] = row.bytes("certificate id")?;
        exec(
            tx,
            "UPDATE agency_certificates SET voided_at = $2 WHERE id = $1",
            &[id.into(), at.into()],
        )
        .await?;
        event(tx, "withdrawn", id, at).await?;
    }
    Ok(())
}

pub(super) async fn enter_certificate(
    tx: &Tx<'_>,
    new: &NewCertificate,
) -> Result<bool, StoreError> {
    lock(tx).await?;
    let kept = keep(tx, new).await?;
    let entry = AuditEntry {
        at: new.received_at,
        actor: new.entered_by.clone(),
        action: format!(
            "certificate.{}",
            if kept { "entered" } else { "entered-again" }
        ),
        subject: hex::encode(new.id),
        detail: new.agency.clone(),
    };
    append_audit(tx, &entry).await?;
    Ok(kept)
}

pub(super) async fn log_messages(tx: &Tx<'_>, messages: &[Message]) -> Result<(), StoreError> {
    lock(tx).await?;
    append(tx, messages).await
}

/// The log's lock is held.
async fn append(tx: &Tx<'_>, messages: &[Message]) -> Result<(), StoreError> {
    let last = rows(
        tx,
        "SELECT seq, hash FROM message_log ORDER BY seq DESC LIMIT 1",
        &[],
    )
    .await?;
    let (mut seq, mut prev) = match last.into_iter().next() {
        Some(mut row) => (row.int("entry")?, row.bytes("log hash")?),
        None => (0_i64, GENESIS),
    };
    for message in messages {
        seq += 1;
        let hash = entry_hash(seq, &prev, message);
        exec(
            tx,
            "INSERT INTO message_log (seq, at, direction, peer, id, head, body, signature, prev, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                seq.into(),
                message.at.into(),
                message.direction.code().into(),
                (&message.peer).into(),
                (&message.id).into(),
                (&message.head).into(),
                message.body.into(),
                message.signature.as_slice().into(),
                prev.into(),
                hash.into(),
            ],
        ).await?;
        prev = hash;
    }
    Ok(())
}

pub(super) async fn birth_status(
    c: &impl Asks,
    recipient: &RecipientId,
    arrival_no: u64,
) -> Result<Option<BirthStatus>, StoreError> {
    let found = rows(
        c,
        "SELECT f.id, f.state, coalesce((SELECT max(h.at) FROM history h WHERE h.filing = f.id), f.arrived_at)
         FROM filings f WHERE f.recipient = $1 AND f.arrival_no = $2 AND f.procedure = 'shussei_todoke'",
        &[
            recipient.as_str().into(),
            i64::try_from(arrival_no).unwrap_or(i64::MAX).into(),
        ],
    ).await?;
    let Some(mut row) = found.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(BirthStatus {
        filing: FilingId::from_bytes(row.bytes("filing id")?),
        state: state(&row.text("state")?)?,
        at: row.int("time")?,
    }))
}

/// Whether a loss is linked to the case of filing `$1`.
const LOSS: &str = "EXISTS (SELECT 1 FROM agency_certificates x JOIN filings o ON o.id = x.filing JOIN filings m ON m.id = $1
    WHERE x.kind = 'stillbirth' AND x.voided_at IS NULL
      AND o.recipient = m.recipient AND o.device = m.device AND o.case_id = m.case_id)";
/// Whether the case of filing `$1` consents to source `$2` and purpose `$3`.
const CONSENT: &str = "EXISTS (SELECT 1 FROM agency_consents k JOIN filings m ON m.id = $1
    WHERE k.source = $2 AND k.purpose = $3 AND k.withdrawn_at IS NULL
      AND k.recipient = m.recipient AND k.device = m.device AND k.case_id = m.case_id)";

async fn holds(c: &impl Asks, what: &str, cells: &[Cell]) -> Result<bool, StoreError> {
    let found = rows(c, &format!("SELECT 1 WHERE {what}"), cells).await?;
    Ok(!found.is_empty())
}

pub(super) async fn consented(
    c: &impl Asks,
    filing: FilingId,
    source: &str,
    purpose: &str,
) -> Result<bool, StoreError> {
    holds(c, CONSENT, &[filing.into(), source.into(), purpose.into()]).await
}

/// Why a question may not be sent now.
async fn forbidden(c: &impl Asks, new: &NewRequest) -> Result<Option<Reason>, StoreError> {
    if new.joyful && holds(c, LOSS, &[new.filing.into()]).await? {
        return Ok(Some(Reason::Silenced));
    }
    if new.law.is_none() && !consented(c, new.filing, &new.agency, &new.purpose).await? {
        return Ok(Some(Reason::NoConsent));
    }
    Ok(None)
}

pub(super) async fn queue_request(tx: &Tx<'_>, new: &NewRequest) -> Result<Queued, StoreError> {
    // a withdrawal waits for this, or this for it
    lock(tx).await?;
    if !holds(
        tx,
        "EXISTS (SELECT 1 FROM filings WHERE id = $1)",
        &[new.filing.into()],
    )
    .await?
    {
        return Ok(Queued::NoFiling);
    }
    match forbidden(tx, new).await? {
        Some(Reason::Silenced) => return Ok(Queued::Silenced),
        Some(_) => return Ok(Queued::NoConsent),
        None => {}
    }
    let done = exec(
        tx,
        "INSERT INTO agency_requests (id, filing, agency, service, purpose, law, joyful, issue, path, body, created_at, state, attempts, state_at, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued', 0, $11, $11) ON CONFLICT DO NOTHING",
        &[
            new.id.into(),
            new.filing.into(),
            (&new.agency).into(),
            (&new.service).into(),
            (&new.purpose).into(),
            new.law.as_ref().into(),
            new.joyful.into(),
            (&new.issue).into(),
            (&new.path).into(),
            new.body.as_deref().into(),
            new.at.into(),
        ],
    ).await?;
    if done == 0 {
        return Ok(Queued::Already);
    }
    note_step(tx, new.id, (new.at, &new.actor), (HopState::Queued, None)).await?;
    let entry = AuditEntry {
        at: new.at,
        actor: new.actor.clone(),
        action: "request.queued".to_owned(),
        subject: new.id.to_string(),
        detail: format!("{} {}", new.agency, new.service),
    };
    append_audit(tx, &entry).await?;
    Ok(Queued::Yes)
}

async fn note_step(
    tx: &Tx<'_>,
    id: MessageId,
    (at, actor): (i64, &str),
    (state, reason): (HopState, Option<Reason>),
) -> Result<(), StoreError> {
    exec(
        tx,
        "INSERT INTO agency_steps (request, seq, at, actor, state, reason)
         SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5 FROM agency_steps WHERE request = $1",
        &[
            id.into(),
            at.into(),
            actor.into(),
            state.code().into(),
            reason.map(Reason::code).into(),
        ],
    )
    .await?;
    Ok(())
}

async fn hops(c: &impl Asks, rest: &str, cells: &[Cell]) -> Result<Vec<Hop>, StoreError> {
    rows(
        c,
        &format!("SELECT {HOP} FROM agency_requests {rest}"),
        cells,
    )
    .await?
    .into_iter()
    .map(|mut row| hop(&mut row))
    .collect()
}

pub(super) async fn due_requests(
    c: &impl Asks,
    now: i64,
    limit: u32,
) -> Result<Vec<Hop>, StoreError> {
    hops(
        c,
        "WHERE next_at <= $1 ORDER BY next_at, created_at, id LIMIT $2",
        &[now.into(), limit.into()],
    )
    .await
}

pub(super) async fn next_request_at(c: &impl Asks) -> Result<Option<i64>, StoreError> {
    let found = rows(c, "SELECT min(next_at) FROM agency_requests", &[]).await?;
    match found.into_iter().next() {
        Some(mut row) => row.maybe_int("time"),
        None => Ok(None),
    }
}

pub(super) async fn step_request(tx: &Tx<'_>, step: &HopStep) -> Result<bool, StoreError> {
    lock(tx).await?;
    if step.to == HopState::Sent {
        let Some(hop) = request(tx, step.id).await? else {
            return Ok(false);
        };
        if forbidden(tx, &hop.request).await?.is_some() {
            return Ok(false);
        }
    }
    let done = exec(
        tx,
        "UPDATE agency_requests SET state = $4, reason = $5, attempts = $6, state_at = $7, next_at = $8,
             answer_status = coalesce($9, answer_status), answer = coalesce($10, answer)
         WHERE id = $1 AND state = $2 AND attempts = $3",
        &[
            step.id.into(),
            step.from.code().into(),
            step.attempts.into(),
            step.to.code().into(),
            step.reason.map(Reason::code).into(),
            step.attempts_after.into(),
            step.at.into(),
            step.next_at.into(),
            step.answer.as_ref().map(|(status, _)| *status).into(),
            step.answer.as_ref().map(|(_, body)| body.as_slice()).into(),
        ],
    ).await?;
    if done == 0 {
        return Ok(false);
    }
    note_step(tx, step.id, (step.at, &step.actor), (step.to, step.reason)).await?;
    append(tx, &step.log).await?;
    append_audit(tx, &step.audit_entry()).await?;
    Ok(true)
}

pub(super) async fn requests(
    c: &impl Asks,
    agency: Option<&str>,
    limit: u32,
) -> Result<Vec<Hop>, StoreError> {
    hops(
        c,
        "WHERE (CAST($1 AS TEXT) IS NULL OR agency = $1)
         ORDER BY CASE WHEN state = 'given-up' THEN 0 ELSE 1 END, created_at DESC, id LIMIT $2",
        &[agency.into(), limit.into()],
    )
    .await
}

pub(super) async fn request(c: &impl Asks, id: MessageId) -> Result<Option<Hop>, StoreError> {
    Ok(hops(c, "WHERE id = $1", &[id.into()])
        .await?
        .into_iter()
        .next())
}

pub(super) async fn give_consent(tx: &Tx<'_>, new: &Consent) -> Result<bool, StoreError> {
    let done = exec(
        tx,
        "INSERT INTO agency_consents (id, filing, digest, recipient, device, case_id, source, purpose, given_at, given_by)
         SELECT $1, f.id, f.digest, f.recipient, f.device, f.case_id, $4, $5, $6, $7 FROM filings f WHERE f.id = $2 AND f.digest = $3
         ON CONFLICT DO NOTHING",
        &[
            new.id.into(),
            new.filing.into(),
            new.digest.into(),
            (&new.source).into(),
            (&new.purpose).into(),
            new.given_at.into(),
            (&new.given_by).into(),
        ],
    ).await?;
    if done == 0 {
        return Ok(false);
    }
    let entry = AuditEntry {
        at: new.given_at,
        actor: new.given_by.clone(),
        action: "consent.given".to_owned(),
        subject: new.filing.to_string(),
        detail: format!("{} {}", new.source, new.purpose),
    };
    append_audit(tx, &entry).await?;
    Ok(true)
}

pub(super) async fn withdraw_consent(
    tx: &Tx<'_>,
    id: [u8; 16],
    actor: &str,
    at: i64,
) -> Result<bool, StoreError> {
    lock(tx).await?;
    let found = rows(
        tx,
        "UPDATE agency_consents SET withdrawn_at = $2, withdrawn_by = $3 WHERE id = $1 AND withdrawn_at IS NULL
         RETURNING filing, source, purpose",
        &[id.into(), at.into(), actor.into()],
    ).await?;
    let Some(mut row) = found.into_iter().next() else {
        return Ok(false);
    };
    let filing = FilingId::from_bytes(row.bytes("filing id")?);
    let (source, purpose) = (row.text("source")?, row.text("purpose")?);
    stop(
        tx,
        "law IS NULL AND agency = $2 AND purpose = $3",
        &[filing.into(), (&source).into(), (&purpose).into()],
        (Reason::NoConsent, actor, at),
    )
    .await?;
    let entry = AuditEntry {
        at,
        actor: actor.to_owned(),
        action: "consent.withdrawn".to_owned(),
        subject: filing.to_string(),
        detail: format!("{source} {purpose}"),
    };
    append_audit(tx, &entry).await?;
    Ok(true)
}

/// Stops what waits or is under way in the case of filing `$1`, as far as `which` says.
async fn stop(
    tx: &Tx<'_>,
    which: &str,
    cells: &[Cell],
    (reason, actor, at): (Reason, &str, i64),
) -> Result<(), StoreError> {
    let found = rows(
        tx,
        &format!(
            "SELECT r.id FROM agency_requests r JOIN filings f ON f.id = r.filing JOIN filings m ON m.id = $1
             WHERE r.state IN ('queued', 'sent', 'failed', 'given-up') AND {which}
               AND f.recipient = m.recipient AND f.device = m.device AND f.case_id = m.case_id ORDER BY r.id"
        ),
        cells,
    ).await?;
    for mut row in found {
        let id = row.message_id("message id")?;
        exec(
            tx,
            "UPDATE agency_requests SET state = 'stopped', reason = $2, state_at = $3, next_at = NULL WHERE id = $1",
            &[id.into(), reason.code().into(), at.into()],
        ).await?;
        note_step(tx, id, (at, actor), (HopState::Stopped, Some(reason))).await?;
    }
    Ok(())
}

pub(super) async fn consents(c: &impl Asks, filing: FilingId) -> Result<Vec<Consent>, StoreError> {
    rows(
        c,
        "SELECT k.id, k.filing, k.digest, k.source, k.purpose, k.given_at, k.given_by, k.withdrawn_at
         FROM agency_consents k JOIN filings m ON m.id = $1
         WHERE k.recipient = m.recipient AND k.device = m.device AND k.case_id = m.case_id ORDER BY k.given_at DESC, k.id",
        &[filing.into()],
    ).await?
        .into_iter()
        .map(|mut row| consent(&mut row))
        .collect()
}

pub(super) async fn certificates(
    c: &impl Asks,
    agency: Option<&str>,
    limit: u32,
) -> Result<Vec<Certificate>, StoreError> {
    rows(
        c,
        &format!(
            "SELECT {CERTIFICATE} FROM agency_certificates WHERE (CAST($1 AS TEXT) IS NULL OR agency = $1)
             ORDER BY received_at DESC, id LIMIT $2"
        ),
        &[agency.into(), limit.into()],
    ).await?
        .into_iter()
        .map(|mut row| certificate_row(&mut row))
        .collect()
}

pub(super) async fn certificate(
    c: &impl Asks,
    id: [u8; 16],
) -> Result<Option<Certificate>, StoreError> {
    rows(
        c,
        &format!("SELECT {CERTIFICATE} FROM agency_certificates WHERE id = $1"),
        &[id.into()],
    )
    .await?
    .into_iter()
    .next()
    .map(|mut row| certificate_row(&mut row))
    .transpose()
}

pub(super) async fn filings_of_child(
    c: &impl Asks,
    child_key: [u8; 32],
) -> Result<Vec<FilingId>, StoreError> {
    rows(
        c,
        "SELECT id FROM filings WHERE child_key = $1 ORDER BY arrived_at, id",
        &[child_key.into()],
    )
    .await?
    .into_iter()
    .map(|mut row| row.bytes("filing id").map(FilingId::from_bytes))
    .collect()
}

pub(super) async fn link_certificate(
    tx: &Tx<'_>,
    id: [u8; 16],
    filing: FilingId,
    (actor, at): (&str, i64),
) -> Result<bool, StoreError> {
    lock(tx).await?;
    let found = rows(
        tx,
        "UPDATE agency_certificates SET filing = $2, linked_by = $3, linked_at = $4
         WHERE id = $1 AND filing IS NULL AND voided_at IS NULL AND EXISTS (SELECT 1 FROM filings WHERE id = $2) RETURNING kind",
        &[id.into(), filing.into(), actor.into(), at.into()],
    ).await?;
    let Some(mut row) = found.into_iter().next() else {
        return Ok(false);
    };
    if row.text("kind")? == CertificateKind::Stillbirth.code() {
        stop(
            tx,
            "joyful <> 0",
            &[filing.into()],
            (Reason::Silenced, actor, at),
        )
        .await?;
    }
    let entry = AuditEntry {
        at,
        actor: actor.to_owned(),
        action: "certificate.linked".to_owned(),
        subject: hex::encode(id),
        detail: filing.to_string(),
    };
    append_audit(tx, &entry).await?;
    Ok(true)
}

pub(super) async fn agency_events(
    c: &impl Asks,
    after: i64,
    limit: u32,
) -> Result<Vec<AgencyEvent>, StoreError> {
    rows(
        c,
        "SELECT seq, at, kind, certificate FROM agency_events WHERE seq > $1 ORDER BY seq LIMIT $2",
        &[after.into(), limit.into()],
    )
    .await?
    .into_iter()
    .map(|mut row| {
        Ok(AgencyEvent {
            seq: row.int("event")?,
            at: row.int("time")?,
            kind: match row.text("event")?.as_str() {
                "birth" => AgencyEventKind::Birth,
                "loss" => AgencyEventKind::Loss,
                "withdrawn" => AgencyEventKind::Withdrawn,
                other => return Err(corrupt("event", other)),
            },
            certificate: row.bytes("certificate id")?,
        })
    })
    .collect()
}

pub(super) async fn message_entries(
    c: &impl Asks,
    after: i64,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    rows(
        c,
        "SELECT seq, at, direction, peer, id, head, body, signature, prev, hash FROM message_log
         WHERE seq > $1 ORDER BY seq LIMIT $2",
        &[after.into(), limit.into()],
    )
    .await?
    .into_iter()
    .map(|mut row| entry(&mut row))
    .collect()
}

pub(super) async fn message_head(c: &impl Asks) -> Result<Option<LogHead>, StoreError> {
    let found = rows(
        c,
        "SELECT l.seq, l.hash, coalesce(s.number, 0), coalesce(s.upto, 0),
                (SELECT n.at FROM message_log n WHERE n.seq = coalesce(s.upto, 0) + 1)
         FROM (SELECT seq, hash FROM message_log ORDER BY seq DESC LIMIT 1) l
         LEFT JOIN (SELECT number, upto FROM message_seals ORDER BY number DESC LIMIT 1) s ON 1 = 1",
        &[],
    ).await?;
    let Some(mut row) = found.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(LogHead {
        seq: row.int("entry")?,
        hash: row.bytes("log hash")?,
        seal: row.int("seal")?,
        sealed: row.int("entry")?,
        since: row.maybe_int("time")?,
    }))
}

pub(super) async fn message_seals(c: &impl Asks) -> Result<Vec<Seal>, StoreError> {
    rows(
        c,
        "SELECT number, upto, head, at, signature FROM message_seals ORDER BY number",
        &[],
    )
    .await?
    .into_iter()
    .map(|mut row| {
        Ok(Seal {
            number: row.int("seal")?,
            upto: row.int("entry")?,
            head: row.bytes("log hash")?,
            at: row.int("time")?,
            signature: row.blob("signature")?,
        })
    })
    .collect()
}

pub(super) async fn keep_seal(tx: &Tx<'_>, seal: &Seal) -> Result<bool, StoreError> {
    let done = exec(
        tx,
        "INSERT INTO message_seals (number, upto, head, at, signature) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        &[
            seal.number.into(),
            seal.upto.into(),
            seal.head.into(),
            seal.at.into(),
            seal.signature.as_slice().into(),
        ],
    ).await?;
    Ok(done == 1)
}

#[async_trait]
impl AgencyStore for PostgresStore {
    async fn answer_given(
        &self,
        peer: &str,
        id: MessageId,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        answer_given(&self.client(DOING).await?, peer, id).await
    }

    async fn settle_exchange(&self, exchange: Exchange) -> Result<Option<KeptAnswer>, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = settle_exchange(&tx, &exchange).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn log_messages(&self, messages: Vec<Message>) -> Result<(), StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = log_messages(&tx, &messages).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn birth_status(
        &self,
        recipient: &RecipientId,
        arrival_no: u64,
    ) -> Result<Option<BirthStatus>, StoreError> {
        birth_status(&self.client(DOING).await?, recipient, arrival_no).await
    }

    async fn queue_request(&self, request: NewRequest) -> Result<Queued, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = queue_request(&tx, &request).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn due_requests(&self, now: i64, limit: u32) -> Result<Vec<Hop>, StoreError> {
        due_requests(&self.client(DOING).await?, now, limit).await
    }

    async fn next_request_at(&self) -> Result<Option<i64>, StoreError> {
        next_request_at(&self.client(DOING).await?).await
    }

    async fn step_request(&self, step: HopStep) -> Result<bool, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = step_request(&tx, &step).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn requests(&self, agency: Option<&str>, limit: u32) -> Result<Vec<Hop>, StoreError> {
        requests(&self.client(DOING).await?, agency, limit).await
    }

    async fn request(&self, id: MessageId) -> Result<Option<Hop>, StoreError> {
        request(&self.client(DOING).await?, id).await
    }

    async fn give_consent(&self, consent: Consent) -> Result<bool, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = give_consent(&tx, &consent).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn withdraw_consent(
        &self,
        id: [u8; 16],
        actor: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = withdraw_consent(&tx, id, actor, at).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn consents(&self, filing: FilingId) -> Result<Vec<Consent>, StoreError> {
        consents(&self.client(DOING).await?, filing).await
    }

    async fn consented(
        &self,
        filing: FilingId,
        source: &str,
        purpose: &str,
    ) -> Result<bool, StoreError> {
        consented(&self.client(DOING).await?, filing, source, purpose).await
    }

    async fn enter_certificate(&self, certificate: NewCertificate) -> Result<bool, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = enter_certificate(&tx, &certificate).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn certificates(
        &self,
        agency: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Certificate>, StoreError> {
        certificates(&self.client(DOING).await?, agency, limit).await
    }

    async fn certificate(&self, id: [u8; 16]) -> Result<Option<Certificate>, StoreError> {
        certificate(&self.client(DOING).await?, id).await
    }

    async fn filings_of_child(&self, child_key: [u8; 32]) -> Result<Vec<FilingId>, StoreError> {
        filings_of_child(&self.client(DOING).await?, child_key).await
    }

    async fn link_certificate(
        &self,
        id: [u8; 16],
        filing: FilingId,
        actor: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = link_certificate(&tx, id, filing, (actor, at)).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }

    async fn agency_events(&self, after: i64, limit: u32) -> Result<Vec<AgencyEvent>, StoreError> {
        agency_events(&self.client(DOING).await?, after, limit).await
    }

    async fn message_entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        message_entries(&self.client(DOING).await?, after, limit).await
    }

    async fn message_head(&self) -> Result<Option<LogHead>, StoreError> {
        message_head(&self.client(DOING).await?).await
    }

    async fn message_seals(&self) -> Result<Vec<Seal>, StoreError> {
        message_seals(&self.client(DOING).await?).await
    }

    async fn keep_seal(&self, seal: Seal) -> Result<bool, StoreError> {
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let done = keep_seal(&tx, &seal).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(done)
    }
}
