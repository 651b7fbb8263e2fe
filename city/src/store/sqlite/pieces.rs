//! Pieces of attachments in the SQLite store: each kept once, the whole checked against its hash when the last one is here.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use ubugoe_protocol::FilingId;

use super::failed;
use super::write::{append_audit, conflict};
use crate::store::attachments::{Progress, progress};
use crate::store::{
    Arrival, Attachment, AttachmentState, Batch, Landed, Moment, Piece, Sealer, StoreError, fixed,
    system_line, unsigned,
};

/// Which filing, and SHA-256 of which attachment.
type Key = (FilingId, [u8; 32]);

pub(super) fn land(
    tx: &Transaction<'_>,
    piece: &Piece,
    moment: Moment,
    sealer: &dyn Sealer,
) -> Result<Landed, StoreError> {
    const DOING: &str = "landing a piece of an attachment";
    let id = piece.id.as_bytes().as_slice();
    let chunk = &piece.chunk;
    let now = moment.now;
    let (known, earlier) = tx
        .query_row(
            "SELECT c.digest = ?2 AND c.device = ?3 AND c.filing = ?4 AND c.sha256 = ?5 AND c.number = ?6 AND c.pieces = ?7,
                    c.receipt, e.signed
             FROM (SELECT ?1 AS id) q
             LEFT JOIN chunks c ON c.id = q.id
             LEFT JOIN earlier e ON e.filing = q.id AND e.digest = ?2 AND e.device = ?3 AND e.arrival_no = 0",
            params![
                id,
                piece.digest.as_slice(),
                piece.device.as_str(),
                chunk.filing.as_bytes().as_slice(),
                chunk.sha256.as_slice(),
                chunk.number,
                chunk.of
            ],
            |row| {
                let same: Option<bool> = row.get(0)?;
                let known = match same {
                    Some(same) => Some((same, row.get::<_, Vec<u8>>(1)?)),
                    None => None,
                };
                Ok((known, row.get::<_, Option<Vec<u8>>>(2)?))
            },
        )
        .map_err(failed(DOING))?;
    match known {
        Some((true, receipt)) => {
            let receipt = moment.receipt(receipt, sealer)?;
            return Ok(Landed::Again { receipt });
        }
        Some((false, _)) => {
            return conflict(tx, piece.id, &piece.device, &piece.wire, now, sealer);
        }
        None => {}
    }
    let receipt = moment.first_receipt(earlier, &piece.receipt_facts(moment), sealer)?;
    tx.execute(
        "INSERT INTO chunks (id, recipient, device, filing, sha256, number, pieces, digest, bytes, arrived_at, receipt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            id,
            piece.recipient.as_str(),
            piece.device.as_str(),
            chunk.filing.as_bytes().as_slice(),
            chunk.sha256.as_slice(),
            chunk.number,
            chunk.of,
            piece.digest.as_slice(),
            chunk.bytes,
            now,
            receipt
        ],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE quarantine SET resolved_at = ?2 WHERE wire_sha256 = ?1 AND resolved_at IS NULL",
        params![Sha256::digest(&piece.wire).as_slice(), now],
    )
    .map_err(failed(DOING))?;
    Ok(Landed::New {
        receipt,
        arrival_no: 0,
        copied: false,
    })
}

/// Keeps what a filing names.
pub(super) fn name(tx: &Transaction<'_>, arrival: &Arrival) -> Result<(), StoreError> {
    for (position, named) in (0_u32..).zip(&arrival.attachments) {
        tx.execute(
            "INSERT INTO attachments (filing, position, sha256, len, media_type, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                arrival.id.as_bytes().as_slice(),
                position,
                named.sha256.as_slice(),
                i64::try_from(named.len).unwrap_or(i64::MAX),
                named.media_type,
                AttachmentState::Waiting.code()
            ],
        )
        .map_err(failed("keeping the names of attachments"))?;
    }
    Ok(())
}

/// Checks every attachment that this batch may have completed.
pub(super) fn check_touched(tx: &Transaction<'_>, batch: &Batch) -> Result<(), StoreError> {
    let named = batch
        .arrivals
        .iter()
        .flat_map(|a| a.attachments.iter().map(|named| (a.id, named.sha256)));
    let came = batch
        .pieces
        .iter()
        .map(|p| (p.chunk.filing, p.chunk.sha256));
    for key in named.chain(came).collect::<BTreeSet<Key>>() {
        check(tx, key, batch.now)?;
    }
    Ok(())
}

fn check(tx: &Transaction<'_>, (filing, sha256): Key, now: i64) -> Result<(), StoreError> {
    const DOING: &str = "checking an attachment";
    let id = filing.as_bytes().as_slice();
    let waiting: Option<(i64, String)> = tx
        .query_row(
            "SELECT a.len, f.device FROM attachments a JOIN filings f ON f.id = a.filing
             WHERE a.filing = ?1 AND a.sha256 = ?2 AND a.state = 'waiting' LIMIT 1",
            params![id, sha256.as_slice()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(failed(DOING))?;
    let Some((len, device)) = waiting else {
        return Ok(());
    };
    let at_hand = tx
        .prepare_cached("SELECT number, pieces FROM chunks WHERE filing = ?1 AND sha256 = ?2 AND device = ?3 ORDER BY number")
        .and_then(|mut statement| {
            statement
                .query_map(params![id, sha256.as_slice(), device], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<Result<Vec<(u16, u16)>, _>>()
        })
        .map_err(failed(DOING))?;
    let state = match progress(unsigned("length", len)?, &at_hand) {
        Progress::Missing => return Ok(()),
        Progress::Hopeless => AttachmentState::Damaged,
        Progress::Check => {
            let mut hash = Sha256::new();
            each_piece(tx, filing, &sha256, &device, |bytes| hash.update(bytes))?;
            if hash.finalize().as_slice() == sha256.as_slice() {
                AttachmentState::Complete
            } else {
                AttachmentState::Damaged
            }
        }
    };
    tx.execute(
        "UPDATE attachments SET state = ?3 WHERE filing = ?1 AND sha256 = ?2",
        params![id, sha256.as_slice(), state.code()],
    )
    .map_err(failed(DOING))?;
    let action = format!("attachment.{}", state.code());
    append_audit(tx, &system_line(now, &action, &filing, hex::encode(sha256)))
}

/// Goes through the pieces in order, the first of each number, one in memory at a time.
fn each_piece(
    c: &Connection,
    filing: FilingId,
    sha256: &[u8; 32],
    device: &str,
    mut take: impl FnMut(&[u8]),
) -> Result<(), StoreError> {
    const DOING: &str = "putting an attachment together";
    let mut statement = c
        .prepare_cached("SELECT number, bytes FROM chunks WHERE filing = ?1 AND sha256 = ?2 AND device = ?3 ORDER BY number, rowid")
        .map_err(failed(DOING))?;
    let mut rows = statement
        .query(params![
            filing.as_bytes().as_slice(),
            sha256.as_slice(),
            device
        ])
        .map_err(failed(DOING))?;
    let mut last: Option<u16> = None;
    while let Some(row) = rows.next().map_err(failed(DOING))? {
        let number: u16 = row.get(0).map_err(failed(DOING))?;
        if last != Some(number) {
            let bytes: Vec<u8> = row.get(1).map_err(failed(DOING))?;
            take(&bytes);
        }
        last = Some(number);
    }
    Ok(())
}

pub(super) fn attachments(c: &Connection, filing: FilingId) -> Result<Vec<Attachment>, StoreError> {
    const DOING: &str = "reading attachments";
    let mut statement = c
        .prepare_cached(
            "SELECT a.sha256, a.len, a.media_type, a.state,
                    (SELECT count(DISTINCT c.number) FROM chunks c
                     WHERE c.filing = a.filing AND c.sha256 = a.sha256 AND c.device = f.device)
             FROM attachments a JOIN filings f ON f.id = a.filing WHERE a.filing = ?1 ORDER BY a.position",
        )
        .map_err(failed(DOING))?;
    let found = statement
        .query_map([filing.as_bytes().as_slice()], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, i64>(1)?,
                row.get(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
            ))
        })
        .map_err(failed(DOING))?;
    found
        .map(|row| {
            let (sha256, len, media_type, state, have) = row.map_err(failed(DOING))?;
            Ok(Attachment {
                sha256: fixed("attachment hash", &sha256)?,
                len: unsigned("length", len)?,
                media_type,
                state: AttachmentState::from_code(&state)?,
                have: unsigned("pieces", have)?,
            })
        })
        .collect()
}

pub(super) fn whole(
    c: &Connection,
    filing: FilingId,
    position: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<(Vec<u8>, String)> = c
        .query_row(
            "SELECT a.sha256, f.device FROM attachments a JOIN filings f ON f.id = a.filing
             WHERE a.filing = ?1 AND a.position = ?2 AND a.state = 'complete'",
            params![filing.as_bytes().as_slice(), position],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(failed("reading an attachment"))?;
    let Some((sha256, device)) = found else {
        return Ok(None);
    };
    let mut whole = Vec::new();
    let sha256 = fixed("attachment hash", &sha256)?;
    each_piece(c, filing, &sha256, &device, |bytes| {
        whole.extend_from_slice(bytes);
    })?;
    Ok(Some(whole))
}
