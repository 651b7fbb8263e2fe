//! What devices said, as the PostgreSQL store keeps it.

use sha2::{Digest, Sha256};
use ubugoe_protocol::{DeviceId, FilingId, Receipt};

use super::prepared::{Asks as _, Transaction};
use super::read::col;
use super::write::number;
use super::{down, failed, rollouts};
use crate::store::{Said, StoreError, Word};

pub(super) async fn take(tx: &Transaction<'_>, said: &Said, now: i64) -> Result<(), StoreError> {
    match &said.word {
        Word::Seen(notices) => {
            for (filing, seq) in notices {
                seen(tx, &said.device, *filing, *seq, now).await?;
            }
        }
        Word::Earlier(receipts) => {
            for (receipt, signed) in receipts {
                earlier(tx, &said.device, receipt, signed, now).await?;
            }
        }
        Word::Command {
            id,
            outcome,
            detail,
        } => down::answered(tx, &said.device, *id, *outcome, detail, now).await?,
        Word::Update { id, state, detail } => {
            rollouts::reported(tx, &said.device, *id, *state, detail, now).await?;
        }
        Word::CertificateAsk(csr) => down::asked(tx, &said.device, csr, now).await?,
    }
    Ok(())
}

/// Keeps a sign of life.
pub(super) async fn alive(
    tx: &Transaction<'_>,
    device: &DeviceId,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO devices (device, seen_at) VALUES ($1, $2)
         ON CONFLICT (device) DO UPDATE SET seen_at = greatest(devices.seen_at, excluded.seen_at)",
        &[&device.as_str(), &now],
    )
    .await
    .map_err(failed("noting a sign of life"))?;
    tx.execute(
        "UPDATE rollout_devices SET seen_from = $2 WHERE device = $1 AND seen_from IS NULL AND since <= $2",
        &[&device.as_str(), &now],
    )
    .await
    .map(drop)
    .map_err(failed("noting a sign of life"))
}

async fn seen(
    tx: &Transaction<'_>,
    device: &DeviceId,
    filing: FilingId,
    seq: u32,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE notices SET seen_at = $4, next_at = NULL WHERE filing = $1 AND seq = $2 AND device = $3 AND seen_at IS NULL",
        &[
            &filing.as_bytes().as_slice(),
            &i64::from(seq),
            &device.as_str(),
            &now,
        ],
    )
    .await
    .map(drop)
    .map_err(failed("noting that a device keeps a notice"))
}

/// Keeps a receipt of ours for the filing it speaks of, unless the database has it under that number.
async fn earlier(
    tx: &Transaction<'_>,
    device: &DeviceId,
    receipt: &Receipt,
    signed: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping an earlier receipt";
    let id = receipt.id.as_bytes().as_slice();
    let number_again = i64::try_from(receipt.arrival_no).unwrap_or(i64::MAX);
    let known = tx
        .query_opt(
            "SELECT f.arrival_no = $2, f.case_id FROM filings f
             WHERE f.id = $1 AND f.device = $3 AND f.digest = $4",
            &[
                &id,
                &number_again,
                &device.as_str(),
                &receipt.digest.as_slice(),
            ],
        )
        .await
        .map_err(failed(DOING))?;
    if let Some(row) = &known
        && col(row, 0)?
    {
        return Ok(());
    }
    if number_again > 0 {
        number(tx, &receipt.recipient, Some(number_again)).await?;
    }
    tx.execute(
        "INSERT INTO earlier (filing, recipient, device, digest, arrival_no, arrived_at, token, signed, told_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        &[
            &id,
            &receipt.recipient.as_str(),
            &device.as_str(),
            &receipt.digest.as_slice(),
            &number_again,
            &receipt.arrived_at,
            &receipt.status_token,
            &signed,
            &now,
        ],
    )
    .await
    .map_err(failed(DOING))?;
    // it landed anew before its old receipt was known: the family's printed link opens its case all the same
    if let Some(row) = known {
        let token: [u8; 32] = Sha256::digest(receipt.status_token.as_bytes()).into();
        tx.execute(
            "INSERT INTO case_aliases (token_sha256, recipient, device, case_id) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            &[
                &token.as_slice(),
                &receipt.recipient.as_str(),
                &device.as_str(),
                &col::<&[u8]>(&row, 1)?,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    }
    Ok(())
}
