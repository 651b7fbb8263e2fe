//! What other systems of the municipality read: what was accepted, in the order in which it was.
//!
//! The order is that of the audit chain, which has one line for each acceptance and is written by one at a time: whoever reads
//! on from the last number it was given misses nothing and gets nothing twice, however many officers decide at once.

use async_trait::async_trait;
use ubugoe_protocol::FilingId;

use super::nonstop::{Transacts, Tx, cells};
use super::{StoreError, facts_from_text};

/// An accepted filing, as far as a list tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedFiling {
    /// Where to read on.
    pub cursor: i64,
    /// Which.
    pub id: FilingId,
    /// Its number.
    pub arrival_no: i64,
    /// Unix seconds.
    pub arrived_at: i64,
    /// Unix seconds.
    pub accepted_at: i64,
    /// Procedure id.
    pub procedure: String,
    /// SHA-256 of what was signed.
    pub digest: Vec<u8>,
    /// A support measure protects somebody's address in it.
    pub protected: bool,
    /// Its content was erased.
    pub erased: bool,
}

/// What the store keeps for other systems.
#[async_trait]
pub trait PublishedStore {
    /// Filings of a recipient accepted after a cursor, in order, and the cursor to read on from: it moves on even where nothing is
    /// for this recipient.
    async fn accepted_after(
        &self,
        recipient: String,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<AcceptedFiling>, i64), StoreError>;
    /// Whether any filing of the case of this one is protected: they name the same people.
    async fn case_is_protected(&self, filing: FilingId) -> Result<bool, StoreError>;
}

#[async_trait]
impl<S: Transacts> PublishedStore for S {
    async fn accepted_after(
        &self,
        recipient: String,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<AcceptedFiling>, i64), StoreError> {
        self.transact("listing what was accepted", move |tx| {
            let sql = "SELECT seq, at, subject FROM audit WHERE action = 'filing.accepted' AND seq > $1 ORDER BY seq LIMIT $2";
            let mut found = Vec::new();
            let mut next = after;
            for mut line in tx.rows(sql, cells![after, i64::from(limit)])? {
                let (cursor, at, subject) = (line.int()?, line.int()?, line.text()?);
                next = cursor;
                let Ok(id) = subject.parse::<FilingId>() else {
                    continue;
                };
                found.extend(read(tx, &recipient, (cursor, at, id))?);
            }
            Ok((found, next))
        })
        .await
    }

    async fn case_is_protected(&self, filing: FilingId) -> Result<bool, StoreError> {
        self.transact("asking whether a case is protected", move |tx| {
            let rows = tx.rows(
                "SELECT o.facts FROM filings f JOIN filings o ON o.recipient = f.recipient AND o.device = f.device
                   AND o.case_id = f.case_id WHERE f.id = $1",
                cells![filing],
            )?;
            for mut row in rows {
                if facts_from_text(&row.text()?)?.protected {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
    }
}

fn read(
    tx: &dyn Tx,
    recipient: &str,
    (cursor, accepted_at, id): (i64, i64, FilingId),
) -> Result<Option<AcceptedFiling>, StoreError> {
    let sql = "SELECT arrival_no, arrived_at, procedure, digest, facts, erased_at FROM filings WHERE id = $1 AND recipient = $2";
    let Some(mut row) = tx.rows(sql, cells![id, recipient])?.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(AcceptedFiling {
        cursor,
        id,
        arrival_no: row.int()?,
        arrived_at: row.int()?,
        accepted_at,
        procedure: row.text()?,
        digest: row.blob()?,
        protected: facts_from_text(&row.text()?)?.protected,
        erased: row.maybe_int()?.is_some(),
    }))
}
