//! Phones that are told when there is something new.
//!
//! A notice that is handed out marks the phones of its case in the same transaction; whoever tells them takes them for a while,
//! so that two programs do not tell the same one. After a loss no phone is taken, whatever was marked before.

use super::{NewPhone, Phone, Settled};
use crate::store::StoreError;
use crate::store::nonstop::{Tx, arrived_loss, cells, stands};

/// Run by the handing out of a notice that may make a sound: `$1` case, `$2` when.
pub(crate) const AFTER_NOTICE: &str =
    "UPDATE family_phones SET next_at = $2, attempts = 0 WHERE case_ref = $1 AND next_at IS NULL";

/// A phone that was taken and not settled is taken again after so long, seconds.
const TAKEN: i64 = 60;
/// So often one word is tried.
const TRIES: i64 = 6;
/// So many phones may one case have.
const MOST: i64 = 10;

pub(super) fn keep(tx: &dyn Tx, phone: &NewPhone) -> Result<bool, StoreError> {
    if !stands(tx, phone.case_ref)? {
        return Ok(false);
    }
    let known = tx
        .rows(
            "SELECT count(*) FROM family_phones WHERE case_ref = $1 AND endpoint <> $2",
            cells![phone.case_ref, phone.endpoint.as_str()],
        )?
        .into_iter()
        .next()
        .map_or(Ok(0), |mut row| row.int())?;
    if known >= MOST {
        return Ok(false);
    }
    tx.run(
        "INSERT INTO family_phones (case_ref, endpoint, p256dh, auth, tongue, at, attempts) VALUES ($1, $2, $3, $4, $5, $6, 0)
         ON CONFLICT (endpoint) DO UPDATE SET case_ref = excluded.case_ref, p256dh = excluded.p256dh, auth = excluded.auth,
           tongue = excluded.tongue, at = excluded.at, next_at = NULL, attempts = 0",
        cells![
            phone.case_ref,
            phone.endpoint.as_str(),
            phone.p256dh.as_slice(),
            phone.auth.as_slice(),
            phone.tongue,
            phone.at
        ],
    )?;
    Ok(true)
}

pub(super) fn count(tx: &dyn Tx, case_ref: [u8; 32]) -> Result<i64, StoreError> {
    tx.rows(
        "SELECT count(*) FROM family_phones WHERE case_ref = $1",
        cells![case_ref],
    )?
    .into_iter()
    .next()
    .map_or(Ok(0), |mut row| row.int())
}

pub(super) fn forget(tx: &dyn Tx, case_ref: [u8; 32]) -> Result<(), StoreError> {
    tx.run(
        "DELETE FROM family_phones WHERE case_ref = $1",
        cells![case_ref],
    )?;
    Ok(())
}

pub(super) fn due(tx: &dyn Tx, now: i64, limit: u32) -> Result<Vec<Phone>, StoreError> {
    // after a loss nothing is waiting any more, and a loss that has only arrived is one
    let lost = |phones: &str| {
        format!(
            "(EXISTS (SELECT 1 FROM nonstop_losses l WHERE l.case_ref = {phones}.case_ref)
              OR EXISTS ({}))",
            arrived_loss(phones)
        )
    };
    tx.run(
        &format!(
            "UPDATE family_phones SET next_at = NULL WHERE next_at IS NOT NULL AND {}",
            lost("family_phones")
        ),
        &[],
    )?;
    let taken = tx.claim(
        &format!(
            "SELECT p.id, p.endpoint, p.p256dh, p.auth, p.tongue, p.attempts FROM family_phones p
             WHERE p.next_at <= $1 AND NOT {} ORDER BY p.next_at, p.id LIMIT $2",
            lost("p")
        ),
        "p",
        cells![now, i64::from(limit)],
    )?;
    let mut phones = Vec::with_capacity(taken.len());
    for mut row in taken {
        let phone = Phone {
            id: row.int()?,
            endpoint: row.text()?,
            p256dh: row.blob()?,
            auth: row.blob()?,
            tongue: row.text()?,
            attempts: row.int()? + 1,
        };
        tx.run(
            "UPDATE family_phones SET next_at = $2, attempts = $3 WHERE id = $1",
            cells![phone.id, now + TAKEN, phone.attempts],
        )?;
        phones.push(phone);
    }
    Ok(phones)
}

pub(super) fn settle(
    tx: &dyn Tx,
    phone: &Phone,
    settled: Settled,
    now: i64,
) -> Result<(), StoreError> {
    match settled {
        Settled::Gone => {
            tx.run("DELETE FROM family_phones WHERE id = $1", cells![phone.id])?;
        }
        Settled::Later if phone.attempts < TRIES => {
            let wait = TAKEN << phone.attempts.clamp(0, 8);
            tx.run(
                "UPDATE family_phones SET next_at = $2 WHERE id = $1 AND next_at IS NOT NULL",
                cells![phone.id, now + wait],
            )?;
        }
        Settled::Told | Settled::Later => {
            tx.run(
                "UPDATE family_phones SET next_at = NULL, attempts = 0 WHERE id = $1",
                cells![phone.id],
            )?;
        }
    }
    Ok(())
}
