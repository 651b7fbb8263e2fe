//! Updates and how far they have come, in the SQLite store.

use rusqlite::{Connection, Transaction, params};
use ubugoe_protocol::report::UpdateState;
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{DeviceId, UpdateId};

use super::down::{enqueue, insert_order};
use super::failed;
use super::write::{append_audit, begin};
use crate::store::down::{
    content_code, content_from_code, update_code, update_from_code, wards_from_text, wards_to_text,
};
use crate::store::{
    Advance, DownKind, NewRollout, Rollout, RolloutDevice, RolloutState, StoreError,
    count_to_store, device_id, unsigned,
};

pub(super) fn newest_version(c: &Connection, content: Content) -> Result<u64, StoreError> {
    let newest = c
        .query_row(
            "SELECT coalesce(max(version), 0) FROM rollouts WHERE content = ?1",
            [content_code(content)],
            |row| row.get(0),
        )
        .map_err(failed("reading versions"))?;
    unsigned("version", newest)
}

pub(super) fn publish(c: &mut Connection, new: &NewRollout) -> Result<bool, StoreError> {
    const DOING: &str = "publishing an update";
    let tx = begin(c, DOING)?;
    let id = new.id.as_bytes().as_slice();
    let inserted = tx
        .execute(
            "INSERT INTO rollouts (id, content, version, manifest, wards, observe, published_at, actor, state, state_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'canary', ?7
             WHERE NOT EXISTS (SELECT 1 FROM rollouts WHERE content = ?2 AND (state = 'canary' OR version >= ?3))",
            params![
                id,
                content_code(new.content),
                count_to_store(new.version),
                new.manifest,
                wards_to_text(&new.wards)?,
                new.observe,
                new.at,
                new.actor
            ],
        )
        .map_err(failed(DOING))?;
    if inserted == 0 {
        return Ok(false);
    }
    for part in &new.parts {
        tx.execute(
            "INSERT INTO rollout_parts (rollout, number, bytes) VALUES (?1, ?2, ?3)",
            params![id, part.number, part.to_bytes()],
        )
        .map_err(failed(DOING))?;
    }
    for device in &new.canaries {
        send(&tx, new.id, device, true, new.at)?;
    }
    append_audit(&tx, &new.audit_entry())?;
    tx.commit().map_err(failed("committing an update"))?;
    Ok(true)
}

/// Queues an update for a device; whatever is older of the same content is not sent there any more.
fn send(
    tx: &Transaction<'_>,
    update: UpdateId,
    device: &DeviceId,
    canary: bool,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "queueing an update";
    let id = update.as_bytes().as_slice();
    let new = tx
        .execute(
            "INSERT INTO rollout_devices (rollout, device, canary, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            params![id, device.as_str(), canary, now],
        )
        .map_err(failed(DOING))?;
    if new == 0 {
        return Ok(());
    }
    tx.execute(
        "UPDATE down SET done_at = ?3 WHERE device = ?1 AND kind IN ('manifest', 'part') AND done_at IS NULL
           AND subject IN (SELECT o.id FROM rollouts o JOIN rollouts n ON n.id = ?2 AND n.content = o.content
                           WHERE o.id <> n.id)",
        params![device.as_str(), id, now],
    )
    .map_err(failed(DOING))?;
    let (manifest, parts): (Vec<u8>, u16) = tx
        .query_row(
            "SELECT manifest, (SELECT count(*) FROM rollout_parts WHERE rollout = id) FROM rollouts WHERE id = ?1",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(failed(DOING))?;
    let whole = (Some(manifest.as_slice()), None);
    enqueue(tx, device, DownKind::Manifest, (id, 0), whole, now)?;
    (0..parts).try_for_each(|n| enqueue(tx, device, DownKind::Part, (id, n), (None, None), now))
}

pub(super) fn reported(
    tx: &Transaction<'_>,
    device: &DeviceId,
    update: UpdateId,
    state: UpdateState,
    detail: &str,
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "noting how an update went";
    let id = update.as_bytes().as_slice();
    // word that it is staged may be overtaken by what came after
    tx.execute(
        "UPDATE rollout_devices SET state = ?3, detail = ?4, reported_at = ?5
         WHERE rollout = ?1 AND device = ?2 AND (state IS NULL OR ?3 <> 'staged')",
        params![id, device.as_str(), update_code(state), detail, now],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE down SET done_at = ?3 WHERE subject = ?1 AND device = ?2 AND kind IN ('manifest', 'part') AND done_at IS NULL",
        params![id, device.as_str(), now],
    )
    .map(drop)
    .map_err(failed(DOING))
}

pub(super) fn list(c: &Connection, alive: bool) -> Result<Vec<Rollout>, StoreError> {
    const DOING: &str = "reading rollouts";
    let mut statement = c
        .prepare_cached(
            "SELECT id, content, version, wards, observe, published_at, actor, state, state_at FROM rollouts
             WHERE NOT ?1 OR state <> 'withdrawn' ORDER BY published_at DESC, version DESC, content",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([alive], |row| {
            let texts: [String; 3] = [row.get(1)?, row.get(3)?, row.get(7)?];
            let rollout = Rollout {
                id: UpdateId::from_bytes(row.get(0)?),
                content: Content::Catalogue,
                version: row.get::<_, i64>(2)?.unsigned_abs(),
                wards: Vec::new(),
                observe: row.get(4)?,
                published_at: row.get(5)?,
                actor: row.get(6)?,
                state: RolloutState::Canary,
                state_at: row.get(8)?,
                devices: Vec::new(),
            };
            Ok((rollout, texts))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (rollout, [content, wards, state]) = row.map_err(failed(DOING))?;
            Ok(Rollout {
                content: content_from_code(&content)?,
                wards: wards_from_text(&wards)?,
                state: RolloutState::from_code(&state)?,
                devices: devices(c, rollout.id)?,
                ..rollout
            })
        })
        .collect()
}

fn devices(c: &Connection, update: UpdateId) -> Result<Vec<RolloutDevice>, StoreError> {
    const DOING: &str = "reading the devices of a rollout";
    let mut statement = c
        .prepare_cached(
            "SELECT r.device, r.canary, r.since, r.state, r.detail, r.seen_from, d.seen_at FROM rollout_devices r
             LEFT JOIN devices d ON d.device = r.device WHERE r.rollout = ?1 ORDER BY r.device",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([update.as_bytes().as_slice()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get::<_, Option<String>>(3)?,
                row.get::<_, Option<String>>(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (device, canary, since, state, detail, seen_from, seen_at) =
                row.map_err(failed(DOING))?;
            let report = match state {
                Some(code) => Some((update_from_code(&code)?, detail.unwrap_or_default())),
                None => None,
            };
            Ok(RolloutDevice {
                device: device_id(&device)?,
                canary,
                since,
                report,
                seen_from,
                seen_at,
            })
        })
        .collect()
}

pub(super) fn advance(c: &mut Connection, step: &Advance) -> Result<bool, StoreError> {
    const DOING: &str = "taking a rollout further";
    let tx = begin(c, DOING)?;
    let id = step.id.as_bytes().as_slice();
    let now = step.entry.at;
    let moved = tx
        .execute(
            "UPDATE rollouts SET state = ?3, state_at = CASE WHEN state = ?3 THEN state_at ELSE ?4 END
             WHERE id = ?1 AND state = ?2",
            params![id, step.from.code(), step.to.code(), now],
        )
        .map_err(failed(DOING))?;
    if moved == 0 {
        return Ok(false);
    }
    if step.to == RolloutState::Withdrawn {
        tx.execute(
            "UPDATE down SET done_at = ?2 WHERE subject = ?1 AND kind IN ('manifest', 'part') AND done_at IS NULL",
            params![id, now],
        )
        .map_err(failed(DOING))?;
    }
    for device in &step.send {
        send(&tx, step.id, device, false, now)?;
    }
    for order in &step.orders {
        insert_order(&tx, order)?;
    }
    append_audit(&tx, &step.entry)?;
    tx.commit().map_err(failed("committing a rollout"))?;
    Ok(true)
}
