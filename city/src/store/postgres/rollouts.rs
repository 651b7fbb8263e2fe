//! Updates and how far they have come, in the PostgreSQL store.

use ubugoe_protocol::report::UpdateState;
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{DeviceId, UpdateId};

use super::down::{enqueue, insert_order};
use super::failed;
use super::prepared::{Asks as _, Object, Transaction};
use super::read::col;
use super::write::append_audit;
use crate::store::down::{
    content_code, content_from_code, update_code, update_from_code, wards_from_text, wards_to_text,
};
use crate::store::{
    Advance, DownKind, NewRollout, Rollout, RolloutDevice, RolloutState, StoreError,
    count_to_store, device_id, fixed, unsigned,
};

pub(super) async fn newest_version(c: &Object, content: Content) -> Result<u64, StoreError> {
    let row = c
        .query_one(
            "SELECT coalesce(max(version), 0)::bigint FROM rollouts WHERE content = $1",
            &[&content_code(content)],
        )
        .await
        .map_err(failed("reading versions"))?;
    unsigned("version", col(&row, 0)?)
}

pub(super) async fn publish(c: &mut Object, new: &NewRollout) -> Result<bool, StoreError> {
    const DOING: &str = "publishing an update";
    let tx = c.transaction().await.map_err(failed(DOING))?;
    // one publisher at a time: the condition below looks at rows that another may be adding
    tx.execute("LOCK TABLE rollouts IN EXCLUSIVE MODE", &[])
        .await
        .map_err(failed(DOING))?;
    let id = new.id.as_bytes().as_slice();
    let inserted = tx
        .execute(
            "INSERT INTO rollouts (id, content, version, manifest, wards, observe, published_at, actor, state, state_at)
             SELECT $1, $2::text, $3::bigint, $4, $5, $6, $7::bigint, $8, 'canary', $7::bigint
             WHERE NOT EXISTS (SELECT 1 FROM rollouts
                               WHERE content = $2::text AND (state = 'canary' OR version >= $3::bigint))",
            &[
                &id,
                &content_code(new.content),
                &count_to_store(new.version),
                &new.manifest,
                &wards_to_text(&new.wards)?,
                &new.observe,
                &new.at,
                &new.actor,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    if inserted == 0 {
        return Ok(false);
    }
    for part in &new.parts {
        tx.execute(
            "INSERT INTO rollout_parts (rollout, number, bytes) VALUES ($1, $2, $3)",
            &[&id, &i64::from(part.number), &part.to_bytes()],
        )
        .await
        .map_err(failed(DOING))?;
    }
    for device in &new.canaries {
        send(&tx, new.id, device, true, new.at).await?;
    }
    append_audit(&tx, &new.audit_entry()).await?;
    tx.commit().await.map_err(failed("committing an update"))?;
    Ok(true)
}

/// Queues an update for a device; whatever is older of the same content is not sent there any more.
async fn send(
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
            "INSERT INTO rollout_devices (rollout, device, canary, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            &[&id, &device.as_str(), &canary, &now],
        )
        .await
        .map_err(failed(DOING))?;
    if new == 0 {
        return Ok(());
    }
    tx.execute(
        "UPDATE down SET done_at = $3 WHERE device = $1 AND kind IN ('manifest', 'part') AND done_at IS NULL
           AND subject IN (SELECT o.id FROM rollouts o JOIN rollouts n ON n.id = $2 AND n.content = o.content
                           WHERE o.id <> n.id)",
        &[&device.as_str(), &id, &now],
    )
    .await
    .map_err(failed(DOING))?;
    let row = tx
        .query_one(
            "SELECT manifest, (SELECT count(*) FROM rollout_parts WHERE rollout = id) FROM rollouts WHERE id = $1",
            &[&id],
        )
        .await
        .map_err(failed(DOING))?;
    let (manifest, parts): (&[u8], u16) =
        (col(&row, 0)?, unsigned("number of parts", col(&row, 1)?)?);
    let whole = (Some(manifest), None);
    enqueue(tx, device, DownKind::Manifest, (id, 0), whole, now).await?;
    for number in 0..parts {
        enqueue(tx, device, DownKind::Part, (id, number), (None, None), now).await?;
    }
    Ok(())
}

pub(super) async fn reported(
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
        "UPDATE rollout_devices SET state = $3::text, detail = $4, reported_at = $5
         WHERE rollout = $1 AND device = $2 AND (state IS NULL OR $3::text <> 'staged')",
        &[&id, &device.as_str(), &update_code(state), &detail, &now],
    )
    .await
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE down SET done_at = $3 WHERE subject = $1 AND device = $2 AND kind IN ('manifest', 'part') AND done_at IS NULL",
        &[&id, &device.as_str(), &now],
    )
    .await
    .map(drop)
    .map_err(failed(DOING))
}

pub(super) async fn list(c: &Object, alive: bool) -> Result<Vec<Rollout>, StoreError> {
    let found = c
        .query(
            "SELECT id, content, version, wards, observe, published_at, actor, state, state_at FROM rollouts
             WHERE NOT $1 OR state <> 'withdrawn' ORDER BY published_at DESC, version DESC, content",
            &[&alive],
        )
        .await
        .map_err(failed("reading rollouts"))?;
    let mut rollouts = Vec::with_capacity(found.len());
    for row in &found {
        let id = UpdateId::from_bytes(fixed("update", col(row, 0)?)?);
        rollouts.push(Rollout {
            id,
            content: content_from_code(col(row, 1)?)?,
            version: unsigned("version", col(row, 2)?)?,
            wards: wards_from_text(col(row, 3)?)?,
            observe: col(row, 4)?,
            published_at: col(row, 5)?,
            actor: col(row, 6)?,
            state: RolloutState::from_code(col(row, 7)?)?,
            state_at: col(row, 8)?,
            devices: devices(c, id).await?,
        });
    }
    Ok(rollouts)
}

async fn devices(c: &Object, update: UpdateId) -> Result<Vec<RolloutDevice>, StoreError> {
    let found = c
        .query(
            "SELECT r.device, r.canary, r.since, r.state, r.detail, r.seen_from, d.seen_at FROM rollout_devices r
             LEFT JOIN devices d ON d.device = r.device WHERE r.rollout = $1 ORDER BY r.device COLLATE \"C\"",
            &[&update.as_bytes().as_slice()],
        )
        .await
        .map_err(failed("reading the devices of a rollout"))?;
    found
        .iter()
        .map(|row| {
            let report = match col::<Option<&str>>(row, 3)? {
                Some(code) => Some((
                    update_from_code(code)?,
                    col::<Option<String>>(row, 4)?.unwrap_or_default(),
                )),
                None => None,
            };
            Ok(RolloutDevice {
                device: device_id(col(row, 0)?)?,
                canary: col(row, 1)?,
                since: col(row, 2)?,
                report,
                seen_from: col(row, 5)?,
                seen_at: col(row, 6)?,
            })
        })
        .collect()
}

pub(super) async fn advance(c: &mut Object, step: &Advance) -> Result<bool, StoreError> {
    const DOING: &str = "taking a rollout further";
    let tx = c.transaction().await.map_err(failed(DOING))?;
    let id = step.id.as_bytes().as_slice();
    let now = step.entry.at;
    let moved = tx
        .execute(
            "UPDATE rollouts SET state = $3::text, state_at = CASE WHEN state = $3::text THEN state_at ELSE $4 END
             WHERE id = $1 AND state = $2",
            &[&id, &step.from.code(), &step.to.code(), &now],
        )
        .await
        .map_err(failed(DOING))?;
    if moved == 0 {
        return Ok(false);
    }
    if step.to == RolloutState::Withdrawn {
        tx.execute(
            "UPDATE down SET done_at = $2 WHERE subject = $1 AND kind IN ('manifest', 'part') AND done_at IS NULL",
            &[&id, &now],
        )
        .await
        .map_err(failed(DOING))?;
    }
    for device in &step.send {
        send(&tx, step.id, device, false, now).await?;
    }
    for order in &step.orders {
        insert_order(&tx, order).await?;
    }
    append_audit(&tx, &step.entry).await?;
    tx.commit().await.map_err(failed("committing a rollout"))?;
    Ok(true)
}
