//! Pieces of attachments in the PostgreSQL store: each kept once, the whole checked against its hash when the last one is here.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use ubugoe_protocol::FilingId;

use super::failed;
use super::prepared::{Asks, Object, Transaction};
use super::read::col;
use super::write::{append_audit, conflict};
use crate::store::attachments::{Progress, progress};
use crate::store::{
    Arrival, Attachment, AttachmentState, Batch, Landed, Moment, Piece, Sealer, StoreError, fixed,
    system_line, unsigned,
};

/// Which filing, and SHA-256 of which attachment.
type Key = (FilingId, [u8; 32]);

pub(super) async fn land(
    tx: &Transaction<'_>,
    piece: &Piece,
    moment: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a piece of an attachment";
    let now = moment.now;
    let id = piece.id.as_bytes().as_slice();
    let (recipient, device) = (piece.recipient.as_str(), piece.device.as_str());
    let (filing, sha256) = (
        piece.chunk.filing.as_bytes().as_slice(),
        piece.chunk.sha256.as_slice(),
    );
    let (number, of) = (i64::from(piece.chunk.number), i64::from(piece.chunk.of));
    let digest = piece.digest.as_slice();
    let row = tx
        .query_one(
            "SELECT c.digest = $2 AND c.device = $3 AND c.filing = $4 AND c.sha256 = $5 AND c.number = $6 AND c.pieces = $7,
                    c.receipt, e.signed
             FROM (SELECT $1::bytea AS id) q
             LEFT JOIN chunks c ON c.id = q.id
             LEFT JOIN earlier e ON e.filing = q.id AND e.digest = $2 AND e.device = $3 AND e.arrival_no = 0",
            &[&id, &digest, &device, &filing, &sha256, &number, &of],
        )
        .await
        .map_err(failed(DOING))?;
    match col::<Option<bool>>(&row, 0)? {
        Some(true) => {
            let receipt = moment.receipt(col(&row, 1)?, sealer)?;
            return Ok(Landed::Again { receipt });
        }
        Some(false) => {
            return conflict(tx, piece.id, &piece.device, &piece.wire, now, sealer).await;
        }
        None => {}
    }
    let receipt = moment.first_receipt(col(&row, 2)?, &piece.receipt_facts(moment), sealer)?;
    let inserted = tx
        .execute(
            "INSERT INTO chunks (id, recipient, device, filing, sha256, number, pieces, digest, bytes, arrived_at, receipt)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
            &[
                &id,
                &recipient,
                &device,
                &filing,
                &sha256,
                &number,
                &of,
                &digest,
                &piece.chunk.bytes,
                &now,
                &receipt,
            ],
        )
        .await
        .map_err(failed(DOING))?;
    if inserted == 0 {
        return Err(StoreError::Raced { doing: DOING });
    }
    let wire_sha256: [u8; 32] = Sha256::digest(&piece.wire).into();
    tx.execute(
        "UPDATE quarantine SET resolved_at = $2 WHERE wire_sha256 = $1 AND resolved_at IS NULL",
        &[&wire_sha256.as_slice(), &now],
    )
    .await
    .map_err(failed(DOING))?;
    Ok(Landed::New {
        receipt,
        arrival_no: 0,
        copied: false,
    })
}

/// Keeps what a filing names.
pub(super) async fn name(tx: &Transaction<'_>, arrival: &Arrival) -> Result<(), StoreError> {
    for (position, named) in (0_i64..).zip(&arrival.attachments) {
        tx.execute(
            "INSERT INTO attachments (filing, position, sha256, len, media_type, state) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &arrival.id.as_bytes().as_slice(),
                &position,
                &named.sha256.as_slice(),
                &i64::try_from(named.len).unwrap_or(i64::MAX),
                &named.media_type,
                &AttachmentState::Waiting.code(),
            ],
        )
        .await
        .map_err(failed("keeping the names of attachments"))?;
    }
    Ok(())
}

/// Checks every attachment that this batch may have completed.
pub(super) async fn check_touched(tx: &Transaction<'_>, batch: &Batch) -> Result<(), StoreError> {
    let named = batch
        .arrivals
        .iter()
        .flat_map(|a| a.attachments.iter().map(|named| (a.id, named.sha256)));
    let came = batch
        .pieces
        .iter()
        .map(|p| (p.chunk.filing, p.chunk.sha256));
    for key in named.chain(came).collect::<BTreeSet<Key>>() {
        check(tx, key, batch.now).await?;
    }
    Ok(())
}

async fn check(tx: &Transaction<'_>, (filing, sha256): Key, now: i64) -> Result<(), StoreError> {
    const DOING: &str = "checking an attachment";
    let id = filing.as_bytes().as_slice();
    let hash = sha256.as_slice();
    // the rows are locked: two programs with the last two pieces come one after the other
    let waiting = tx
        .query_opt(
            "SELECT a.len, f.device FROM attachments a JOIN filings f ON f.id = a.filing
             WHERE a.filing = $1 AND a.sha256 = $2 AND a.state = 'waiting' ORDER BY a.position LIMIT 1 FOR UPDATE OF a",
            &[&id, &hash],
        )
        .await
        .map_err(failed(DOING))?;
    let Some(row) = waiting else { return Ok(()) };
    let (len, device): (i64, String) = (col(&row, 0)?, col(&row, 1)?);
    let rows = tx
        .query(
            "SELECT number, pieces FROM chunks WHERE filing = $1 AND sha256 = $2 AND device = $3 ORDER BY number",
            &[&id, &hash, &device],
        )
        .await
        .map_err(failed(DOING))?;
    let at_hand = rows
        .iter()
        .map(|row| {
            Ok((
                unsigned("piece number", col(row, 0)?)?,
                unsigned("number of pieces", col(row, 1)?)?,
            ))
        })
        .collect::<Result<Vec<(u16, u16)>, StoreError>>()?;
    let state = match progress(unsigned("length", len)?, &at_hand) {
        Progress::Missing => return Ok(()),
        Progress::Hopeless => AttachmentState::Damaged,
        Progress::Check => {
            let mut sum = Sha256::new();
            each_piece(tx, filing, &sha256, &device, |bytes| sum.update(bytes)).await?;
            if sum.finalize().as_slice() == hash {
                AttachmentState::Complete
            } else {
                AttachmentState::Damaged
            }
        }
    };
    tx.execute(
        "UPDATE attachments SET state = $3 WHERE filing = $1 AND sha256 = $2",
        &[&id, &hash, &state.code()],
    )
    .await
    .map_err(failed(DOING))?;
    let action = format!("attachment.{}", state.code());
    append_audit(tx, &system_line(now, &action, &filing, hex::encode(sha256))).await
}

/// Goes through the pieces in order, the first of each number, one in memory at a time.
async fn each_piece(
    c: &impl Asks,
    filing: FilingId,
    sha256: &[u8; 32],
    device: &str,
    mut take: impl FnMut(&[u8]) + Send,
) -> Result<(), StoreError> {
    const DOING: &str = "putting an attachment together";
    let (id, hash) = (filing.as_bytes().as_slice(), sha256.as_slice());
    let numbers = c
        .query(
            "SELECT DISTINCT number FROM chunks WHERE filing = $1 AND sha256 = $2 AND device = $3 ORDER BY number",
            &[&id, &hash, &device],
        )
        .await
        .map_err(failed(DOING))?;
    for row in &numbers {
        let number: i64 = col(row, 0)?;
        let piece = c
            .query_one(
                "SELECT bytes FROM chunks WHERE filing = $1 AND sha256 = $2 AND device = $3 AND number = $4
                 ORDER BY arrived_at, id LIMIT 1",
                &[&id, &hash, &device, &number],
            )
            .await
            .map_err(failed(DOING))?;
        take(col(&piece, 0)?);
    }
    Ok(())
}

pub(super) const ATTACHMENTS: &str = "SELECT a.sha256, a.len, a.media_type, a.state,
        (SELECT count(DISTINCT c.number) FROM chunks c
         WHERE c.filing = a.filing AND c.sha256 = a.sha256 AND c.device = f.device)
    FROM attachments a JOIN filings f ON f.id = a.filing WHERE a.filing = $1 ORDER BY a.position";

/// A row of [`ATTACHMENTS`].
pub(super) fn attachment(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        sha256: fixed("attachment hash", col(row, 0)?)?,
        len: unsigned("length", col(row, 1)?)?,
        media_type: col(row, 2)?,
        state: AttachmentState::from_code(col(row, 3)?)?,
        have: unsigned("pieces", col(row, 4)?)?,
    })
}

pub(super) async fn whole(
    c: &Object,
    filing: FilingId,
    position: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = c
        .query_opt(
            "SELECT a.sha256, f.device FROM attachments a JOIN filings f ON f.id = a.filing
             WHERE a.filing = $1 AND a.position = $2 AND a.state = 'complete'",
            &[&filing.as_bytes().as_slice(), &i64::from(position)],
        )
        .await
        .map_err(failed("reading an attachment"))?;
    let Some(row) = found else { return Ok(None) };
    let sha256 = fixed("attachment hash", col(&row, 0)?)?;
    let mut whole = Vec::new();
    each_piece(c, filing, &sha256, col(&row, 1)?, |bytes| {
        whole.extend_from_slice(bytes);
    })
    .await?;
    Ok(Some(whole))
}
