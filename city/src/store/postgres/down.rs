//! Orders and certificates on their way down, in the PostgreSQL store.

use sha2::{Digest, Sha256};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{CommandId, DeviceId, RecipientId};

use super::failed;
use super::prepared::{Asks as _, Object, Transaction};
use super::read::col;
use super::write::append_audit;
use crate::casework::audit::AuditEntry;
use crate::store::down::{outcome_code, outcome_from_code};
use crate::store::{
    CertificateAsk, DownAttempt, DownItem, DownKind, NewGrant, NewOrder, OrderRow, StoreError,
    device_id, fixed, system_line, unsigned,
};

/// Puts one item into the queue. The same item again begins anew.
pub(super) async fn enqueue(
    tx: &Transaction<'_>,
    device: &DeviceId,
    kind: DownKind,
    (subject, number): (&[u8], u16),
    (payload, expires): (Option<&[u8]>, Option<i64>),
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO down (device, kind, subject, number, payload, expires, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (device, kind, subject, number) DO UPDATE SET payload = excluded.payload, expires = excluded.expires,
             next_at = excluded.next_at, attempts = 0, done_at = NULL",
        &[
            &device.as_str(),
            &kind.code(),
            &subject,
            &i64::from(number),
            &payload,
            &expires,
            &now,
        ],
    )
    .await
    .map(drop)
    .map_err(failed("queueing an item"))
}

pub(super) async fn insert_order(tx: &Transaction<'_>, order: &NewOrder) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO commands (id, device, what, at, expires, actor) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &order.id.as_bytes().as_slice(),
            &order.device.as_str(),
            &order.what,
            &order.at,
            &order.expires,
            &order.actor,
        ],
    )
    .await
    .map_err(failed("queueing an order"))?;
    enqueue(
        tx,
        &order.device,
        DownKind::Command,
        (order.id.as_bytes(), 0),
        (Some(&order.signed), Some(order.expires)),
        order.at,
    )
    .await?;
    append_audit(tx, &order.audit_entry()).await
}

pub(super) async fn order(c: &mut Object, orders: &[NewOrder]) -> Result<(), StoreError> {
    let tx = c.transaction().await.map_err(failed("queueing orders"))?;
    for order in orders {
        insert_order(&tx, order).await?;
    }
    tx.commit().await.map_err(failed("committing orders"))
}

pub(super) async fn begin_era(
    c: &mut Object,
    recipient: &RecipientId,
    gap: u32,
    entry: &AuditEntry,
) -> Result<u64, StoreError> {
    const DOING: &str = "beginning an era";
    let tx = c.transaction().await.map_err(failed(DOING))?;
    let row = tx
        .query_one(
            "INSERT INTO counters (recipient, last_arrival) VALUES ($1, $2)
             ON CONFLICT (recipient) DO UPDATE SET last_arrival = counters.last_arrival + excluded.last_arrival
             RETURNING last_arrival",
            &[&recipient.as_str(), &i64::from(gap)],
        )
        .await
        .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO eras (recipient, at) VALUES ($1, $2)
         ON CONFLICT (recipient) DO UPDATE SET at = greatest(eras.at, excluded.at)",
        &[&recipient.as_str(), &entry.at],
    )
    .await
    .map_err(failed(DOING))?;
    append_audit(&tx, entry).await?;
    tx.commit().await.map_err(failed("committing an era"))?;
    unsigned("arrival number", col::<i64>(&row, 0)? - i64::from(gap))
}

pub(super) async fn orders(c: &Object, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
    let found = c
        .query(
            "SELECT c.id, c.device, c.what, c.at, c.expires, c.actor, c.outcome, c.detail, c.answered_at,
                    coalesce((SELECT max(d.attempts) FROM down d WHERE d.kind = 'command' AND d.subject = c.id), 0)
             FROM commands c ORDER BY c.at DESC, c.id LIMIT $1",
            &[&i64::from(limit)],
        )
        .await
        .map_err(failed("listing orders"))?;
    found
        .iter()
        .map(|row| {
            let answer = match (col::<Option<&str>>(row, 6)?, col(row, 8)?) {
                (Some(code), Some(at)) => Some((
                    outcome_from_code(code)?,
                    col::<Option<String>>(row, 7)?.unwrap_or_default(),
                    at,
                )),
                _ => None,
            };
            Ok(OrderRow {
                id: CommandId::from_bytes(fixed("order", col(row, 0)?)?),
                device: col(row, 1)?,
                what: col(row, 2)?,
                at: col(row, 3)?,
                expires: col(row, 4)?,
                actor: col(row, 5)?,
                answer,
                attempts: unsigned("attempts", col(row, 9)?)?,
            })
        })
        .collect()
}

pub(super) async fn due(c: &Object, now: i64, limit: u32) -> Result<Vec<DownItem>, StoreError> {
    const DOING: &str = "reading what goes down";
    c.execute(
        "UPDATE down SET next_at = NULL WHERE next_at <= $1 AND done_at IS NULL AND expires <= $1",
        &[&now],
    )
    .await
    .map_err(failed(DOING))?;
    let found = c
        .query(
            "SELECT d.id, d.device, d.kind, coalesce(d.payload, p.bytes), d.attempts FROM down d
             LEFT JOIN rollout_parts p ON d.kind = 'part' AND p.rollout = d.subject AND p.number = d.number
             WHERE d.next_at <= $1 AND d.done_at IS NULL ORDER BY d.id LIMIT $2",
            &[&now, &i64::from(limit)],
        )
        .await
        .map_err(failed(DOING))?;
    found
        .iter()
        .map(|row| {
            Ok(DownItem {
                id: col(row, 0)?,
                device: device_id(col(row, 1)?)?,
                kind: DownKind::from_code(col(row, 2)?)?,
                payload: col(row, 3)?,
                attempts: unsigned("attempts", col(row, 4)?)?,
            })
        })
        .collect()
}

pub(super) async fn attempted(c: &Object, attempt: DownAttempt) -> Result<(), StoreError> {
    c.execute(
        "UPDATE down SET attempts = $2, sent_at = $3, next_at = $4 WHERE id = $1 AND attempts <= $2 AND done_at IS NULL",
        &[
            &attempt.id,
            &i64::from(attempt.attempts),
            &attempt.now,
            &attempt.next_at,
        ],
    )
    .await
    .map(drop)
    .map_err(failed("noting an attempt"))
}

/// A device says what became of an order. The first word stands.
pub(super) async fn answered(
    tx: &Transaction<'_>,
    device: &DeviceId,
    id: CommandId,
    outcome: Outcome,
    detail: &str,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "noting what became of an order";
    let key = id.as_bytes().as_slice();
    let news = tx
        .execute(
            "UPDATE commands SET outcome = $3, detail = $4, answered_at = $5
             WHERE id = $1 AND device = $2 AND outcome IS NULL",
            &[
                &key,
                &device.as_str(),
                &outcome_code(outcome),
                &detail,
                &now,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE down SET done_at = $3 WHERE subject = $1 AND device = $2 AND kind = 'command' AND done_at IS NULL",
        &[&key, &device.as_str(), &now],
    )
    .await
    .map_err(failed(DOING))?;
    if news == 0 {
        return Ok(());
    }
    let action = format!("command.{}", outcome_code(outcome));
    let line = system_line(now, &action, &id, format!("device={device}"));
    append_audit(tx, &line).await
}

/// A device asks for a certificate. Only its newest request counts.
pub(super) async fn asked(
    tx: &Transaction<'_>,
    device: &DeviceId,
    csr: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping a request for a certificate";
    let digest: [u8; 32] = Sha256::digest(csr).into();
    let (name, request) = (device.as_str(), digest.as_slice());
    tx.execute(
        "DELETE FROM certificate_asks WHERE device = $1 AND request <> $2 AND granted_at IS NULL",
        &[&name, &request],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO certificate_asks (request, device, csr, asked_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (request) DO UPDATE SET asked_at = excluded.asked_at
             WHERE certificate_asks.device = excluded.device",
        &[&request, &name, &csr, &now],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE down SET done_at = $3 WHERE device = $1 AND kind = 'grant' AND subject <> $2 AND done_at IS NULL",
        &[&name, &request, &now],
    )
    .await
    .map_err(failed(DOING))?;
    // it still asks, so what was sent did not reach it
    tx.execute(
        "UPDATE down SET next_at = $3 WHERE device = $1 AND kind = 'grant' AND subject = $2 AND done_at IS NULL
           AND (sent_at IS NULL OR sent_at <= $3::bigint - 60)",
        &[&name, &request, &now],
    )
    .await
    .map(drop)
    .map_err(failed(DOING))
}

pub(super) async fn certificate_asks(c: &Object) -> Result<Vec<CertificateAsk>, StoreError> {
    let found = c
        .query(
            "SELECT device, request, csr, asked_at, granted_at FROM certificate_asks ORDER BY asked_at, request",
            &[],
        )
        .await
        .map_err(failed("listing requests for certificates"))?;
    found
        .iter()
        .map(|row| {
            Ok(CertificateAsk {
                device: device_id(col(row, 0)?)?,
                request: fixed("request", col(row, 1)?)?,
                csr: col(row, 2)?,
                asked_at: col(row, 3)?,
                granted_at: col(row, 4)?,
            })
        })
        .collect()
}

pub(super) async fn grant(c: &mut Object, grant: &NewGrant) -> Result<bool, StoreError> {
    const DOING: &str = "granting a certificate";
    let tx = c.transaction().await.map_err(failed(DOING))?;
    let known = tx
        .execute(
            "UPDATE certificate_asks SET granted_at = $3, actor = $4 WHERE request = $1 AND device = $2",
            &[
                &grant.request.as_slice(),
                &grant.device.as_str(),
                &grant.at,
                &grant.actor,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    if known == 0 {
        return Ok(false);
    }
    enqueue(
        &tx,
        &grant.device,
        DownKind::Grant,
        (&grant.request, 0),
        (Some(&grant.signed), None),
        grant.at,
    )
    .await?;
    append_audit(&tx, &grant.audit_entry()).await?;
    tx.commit()
        .await
        .map_err(failed("committing a certificate"))?;
    Ok(true)
}
