//! Orders and certificates on their way down, in the SQLite store.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{CommandId, DeviceId, RecipientId};

use super::failed;
use super::write::{append_audit, begin};
use crate::casework::audit::AuditEntry;
use crate::store::down::{outcome_code, outcome_from_code};
use crate::store::{
    CertificateAsk, DownAttempt, DownItem, DownKind, NewGrant, NewOrder, OrderRow, StoreError,
    WakeWindow, device_id, fixed, system_line, unsigned,
};

/// Puts one item into the queue. The same item again begins anew.
pub(super) fn enqueue(
    tx: &Transaction<'_>,
    device: &DeviceId,
    kind: DownKind,
    (subject, number): (&[u8], u16),
    (payload, expires): (Option<&[u8]>, Option<i64>),
    now: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO down (device, kind, subject, number, payload, expires, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (device, kind, subject, number) DO UPDATE SET payload = excluded.payload, expires = excluded.expires,
             next_at = excluded.next_at, attempts = 0, done_at = NULL",
    )
    .and_then(|mut statement| {
        statement.execute(params![
            device.as_str(),
            kind.code(),
            subject,
            number,
            payload,
            expires,
            now
        ])
    })
    .map(drop)
    .map_err(failed("queueing an item"))
}

pub(super) fn insert_order(tx: &Transaction<'_>, order: &NewOrder) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO commands (id, device, what, at, expires, actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            order.id.as_bytes().as_slice(),
            order.device.as_str(),
            order.what,
            order.at,
            order.expires,
            order.actor
        ],
    )
    .map_err(failed("queueing an order"))?;
    enqueue(
        tx,
        &order.device,
        DownKind::Command,
        (order.id.as_bytes(), 0),
        (Some(&order.signed), Some(order.expires)),
        order.at,
    )?;
    append_audit(tx, &order.audit_entry())
}

pub(super) fn order(c: &mut Connection, orders: &[NewOrder]) -> Result<(), StoreError> {
    let tx = begin(c, "queueing orders")?;
    orders
        .iter()
        .try_for_each(|order| insert_order(&tx, order))?;
    tx.commit().map_err(failed("committing orders"))
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
             ON CONFLICT (recipient) DO UPDATE SET last_arrival = last_arrival + excluded.last_arrival
             RETURNING last_arrival",
            params![recipient.as_str(), gap],
            |row| row.get(0),
        )
        .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO eras (recipient, at) VALUES (?1, ?2)
         ON CONFLICT (recipient) DO UPDATE SET at = max(at, excluded.at)",
        params![recipient.as_str(), entry.at],
    )
    .map_err(failed(DOING))?;
    append_audit(&tx, entry)?;
    tx.commit().map_err(failed("committing an era"))?;
    unsigned("arrival number", last - i64::from(gap))
}

pub(super) fn orders(c: &Connection, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
    const DOING: &str = "listing orders";
    let mut statement = c
        .prepare_cached(
            "SELECT c.id, c.device, c.what, c.at, c.expires, c.actor, c.outcome, c.detail, c.answered_at,
                    coalesce((SELECT max(d.attempts) FROM down d WHERE d.kind = 'command' AND d.subject = c.id), 0)
             FROM commands c ORDER BY c.at DESC, c.id LIMIT ?1",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([limit], |row| {
            let order = OrderRow {
                id: CommandId::from_bytes(row.get(0)?),
                device: row.get(1)?,
                what: row.get(2)?,
                at: row.get(3)?,
                expires: row.get(4)?,
                actor: row.get(5)?,
                answer: None,
                attempts: row.get(9)?,
            };
            let outcome: Option<String> = row.get(6)?;
            Ok((order, outcome, row.get(7)?, row.get(8)?))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (order, outcome, detail, at): (_, _, Option<String>, Option<i64>) =
                row.map_err(failed(DOING))?;
            let answer = match (outcome, at) {
                (Some(code), Some(at)) => {
                    Some((outcome_from_code(&code)?, detail.unwrap_or_default(), at))
                }
                _ => None,
            };
            Ok(OrderRow { answer, ..order })
        })
        .collect()
}

pub(super) fn due(c: &Connection, now: i64, limit: u32) -> Result<Vec<DownItem>, StoreError> {
    const DOING: &str = "reading what goes down";
    c.execute(
        "UPDATE down SET next_at = NULL WHERE next_at <= ?1 AND done_at IS NULL AND expires <= ?1",
        [now],
    )
    .map_err(failed(DOING))?;
    let mut statement = c
        .prepare_cached(
            "SELECT d.id, d.device, d.kind, coalesce(d.payload, p.bytes), d.attempts FROM down d
             LEFT JOIN rollout_parts p ON d.kind = 'part' AND p.rollout = d.subject AND p.number = d.number
             WHERE d.next_at <= ?1 AND d.done_at IS NULL ORDER BY d.id LIMIT ?2",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map(params![now, limit], |row| {
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (id, device, kind, payload, attempts) = row.map_err(failed(DOING))?;
            Ok(DownItem {
                id,
                device: device_id(&device)?,
                kind: DownKind::from_code(&kind)?,
                payload,
                attempts,
            })
        })
        .collect()
}

pub(super) fn attempted(c: &Connection, attempt: DownAttempt) -> Result<(), StoreError> {
    c.execute(
        "UPDATE down SET attempts = ?2, sent_at = ?3, next_at = ?4 WHERE id = ?1 AND attempts <= ?2 AND done_at IS NULL",
        params![attempt.id, attempt.attempts, attempt.now, attempt.next_at],
    )
    .map(drop)
    .map_err(failed("noting an attempt"))
}

pub(super) fn wake(
    c: &Connection,
    device: &DeviceId,
    window: WakeWindow,
) -> Result<(), StoreError> {
    c.execute(
        "UPDATE down SET next_at = ?2 WHERE device = ?1 AND done_at IS NULL AND kind <> 'grant'
           AND (expires IS NULL OR expires > ?2) AND (next_at IS NULL OR next_at > ?2)
           AND (sent_at IS NULL OR sent_at <= CASE kind WHEN 'command' THEN ?3 ELSE ?3 - 3600 END)",
        params![device.as_str(), window.now, window.not_sent_since],
    )
    .map(drop)
    .map_err(failed("waking what goes down"))
}

/// A device says what became of an order. The first word stands.
pub(super) fn answered(
    tx: &Transaction<'_>,
    device: &DeviceId,
    id: CommandId,
    outcome: Outcome,
    detail: &str,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "noting what became of an order";
    let news = tx
        .execute(
            "UPDATE commands SET outcome = ?3, detail = ?4, answered_at = ?5
             WHERE id = ?1 AND device = ?2 AND outcome IS NULL",
            params![
                id.as_bytes().as_slice(),
                device.as_str(),
                outcome_code(outcome),
                detail,
                now
            ],
        )
        .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE down SET done_at = ?3 WHERE subject = ?1 AND device = ?2 AND kind = 'command' AND done_at IS NULL",
        params![id.as_bytes().as_slice(), device.as_str(), now],
    )
    .map_err(failed(DOING))?;
    if news == 0 {
        return Ok(());
    }
    let action = format!("command.{}", outcome_code(outcome));
    append_audit(
        tx,
        &system_line(now, &action, &id, format!("device={device}")),
    )
}

/// A device asks for a certificate. Only its newest request counts.
pub(super) fn asked(
    tx: &Transaction<'_>,
    device: &DeviceId,
    csr: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping a request for a certificate";
    let request: [u8; 32] = Sha256::digest(csr).into();
    tx.execute(
        "DELETE FROM certificate_asks WHERE device = ?1 AND request <> ?2 AND granted_at IS NULL",
        params![device.as_str(), request.as_slice()],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "INSERT INTO certificate_asks (request, device, csr, asked_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (request) DO UPDATE SET asked_at = excluded.asked_at WHERE device = excluded.device",
        params![request.as_slice(), device.as_str(), csr, now],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE down SET done_at = ?3 WHERE device = ?1 AND kind = 'grant' AND subject <> ?2 AND done_at IS NULL",
        params![device.as_str(), request.as_slice(), now],
    )
    .map_err(failed(DOING))?;
    // it still asks, so what was sent did not reach it
    tx.execute(
        "UPDATE down SET next_at = ?3 WHERE device = ?1 AND kind = 'grant' AND subject = ?2 AND done_at IS NULL
           AND (sent_at IS NULL OR sent_at <= ?3 - 60)",
        params![device.as_str(), request.as_slice(), now],
    )
    .map(drop)
    .map_err(failed(DOING))
}

pub(super) fn certificate_asks(c: &Connection) -> Result<Vec<CertificateAsk>, StoreError> {
    const DOING: &str = "listing requests for certificates";
    let mut statement = c
        .prepare_cached(
            "SELECT device, request, csr, asked_at, granted_at FROM certificate_asks ORDER BY asked_at, request",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (device, request, csr, asked_at, granted_at) = row.map_err(failed(DOING))?;
            Ok(CertificateAsk {
                device: device_id(&device)?,
                request: fixed("request", &request)?,
                csr,
                asked_at,
                granted_at,
            })
        })
        .collect()
}

pub(super) fn grant(c: &mut Connection, grant: &NewGrant) -> Result<bool, StoreError> {
    const DOING: &str = "granting a certificate";
    let tx = begin(c, DOING)?;
    let known = tx
        .query_row(
            "UPDATE certificate_asks SET granted_at = ?3, actor = ?4 WHERE request = ?1 AND device = ?2 RETURNING 1",
            params![
                grant.request.as_slice(),
                grant.device.as_str(),
                grant.at,
                grant.actor
            ],
            |row| row.get::<_, i64>(0),
        )
        .optional()
        .map_err(failed(DOING))?;
    if known.is_none() {
        return Ok(false);
    }
    enqueue(
        &tx,
        &grant.device,
        DownKind::Grant,
        (&grant.request, 0),
        (Some(&grant.signed), None),
        grant.at,
    )?;
    append_audit(&tx, &grant.audit_entry())?;
    tx.commit().map_err(failed("committing a certificate"))?;
    Ok(true)
}
