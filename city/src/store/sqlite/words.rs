//! What devices said, as the SQLite store keeps it.

use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use ubugoe_protocol::{DeviceId, FilingId, Receipt};

use super::write::number;
use super::{down, failed, rollouts};
use crate::store::{Said, StoreError, Word};

pub(super) fn take(tx: &Transaction<'_>, said: &Said, now: i64) -> Result<(), StoreError> {
    match &said.word {
        Word::Seen(notices) => notices
            .iter()
            .try_for_each(|(filing, seq)| seen(tx, &said.device, *filing, *seq, now)),
        Word::Earlier(receipts) => receipts
            .iter()
            .try_for_each(|(receipt, signed)| earlier(tx, &said.device, receipt, signed, now)),
        Word::Command {
            id,
            outcome,
            detail,
        } => down::answered(tx, &said.device, *id, *outcome, detail, now),
        Word::Update { id, state, detail } => {
            rollouts::reported(tx, &said.device, *id, *state, detail, now)
        }
        Word::CertificateAsk(csr) => down::asked(tx, &said.device, csr, now),
    }
}

/// Keeps a sign of life.
pub(super) fn alive(tx: &Transaction<'_>, device: &DeviceId, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO devices (device, seen_at) VALUES (?1, ?2)
         ON CONFLICT (device) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)",
        params![device.as_str(), now],
    )
    .map_err(failed("noting a sign of life"))?;
    tx.execute(
        "UPDATE rollout_devices SET seen_from = ?2 WHERE device = ?1 AND seen_from IS NULL AND since <= ?2",
        params![device.as_str(), now],
    )
    .map(drop)
    .map_err(failed("noting a sign of life"))
}

fn seen(
    tx: &Transaction<'_>,
    device: &DeviceId,
    filing: FilingId,
    seq: u32,
    now: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE notices SET seen_at = ?4, next_at = NULL WHERE filing = ?1 AND seq = ?2 AND device = ?3 AND seen_at IS NULL",
    )
    .and_then(|mut statement| {
        statement.execute(params![
            filing.as_bytes().as_slice(),
            seq,
            device.as_str(),
            now
        ])
    })
    .map(drop)
    .map_err(failed("noting that a device keeps a notice"))
}

/// Keeps a receipt of ours for the filing it speaks of, unless the database has it under that number.
fn earlier(
    tx: &Transaction<'_>,
    device: &DeviceId,
    receipt: &Receipt,
    signed: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping an earlier receipt";
    let id = receipt.id.as_bytes().as_slice();
    let number_again = i64::try_from(receipt.arrival_no).unwrap_or(i64::MAX);
    let known: Option<(bool, Vec<u8>)> = tx
        .query_row(
            "SELECT f.arrival_no = ?2, f.case_id FROM filings f
             WHERE f.id = ?1 AND f.device = ?3 AND f.digest = ?4",
            params![id, number_again, device.as_str(), receipt.digest.as_slice()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(failed(DOING))?;
    if matches!(known, Some((true, _))) {
        return Ok(());
    }
    if number_again > 0 {
        number(tx, &receipt.recipient, Some(number_again))?;
    }
    tx.execute(
        "INSERT INTO earlier (filing, recipient, device, digest, arrival_no, arrived_at, token, signed, told_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
        params![
            id,
            receipt.recipient.as_str(),
            device.as_str(),
            receipt.digest.as_slice(),
            number_again,
            receipt.arrived_at,
            receipt.status_token,
            signed,
            now
        ],
    )
    .map_err(failed(DOING))?;
    // it landed anew before its old receipt was known: the family's printed link opens its case all the same
    if let Some((_, case)) = known {
        let token: [u8; 32] = Sha256::digest(receipt.status_token.as_bytes()).into();
        tx.execute(
            "INSERT INTO case_aliases (token_sha256, recipient, device, case_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![
                token.as_slice(),
                receipt.recipient.as_str(),
                device.as_str(),
                case
            ],
        )
        .map_err(failed(DOING))?;
    }
    Ok(())
}
