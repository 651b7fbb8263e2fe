//! Who takes in what comes for an inbox, and who sends what waits to go down, among several programs on one database.
//!
//! Answers for leases and claims; written once for both databases. A lease is never believed because of a clock: whoever wants it has to
//! have seen it without a sign of life for as long as it lasts ([`crate::ingest::lease`]), and says which sign it saw last. Its
//! *fence* grows with every owner, and a batch lands only under the fence that stands: a program that was replaced while it slept
//! commits nothing, even if it does not know yet.

use async_trait::async_trait;

use super::nonstop::{Transacts, Tx, cells};
use super::{Attempt, DownAttempt, StoreError};

/// Under which lease something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Of which inbox.
    pub name: String,
    /// Its number when it was taken.
    pub number: i64,
}

/// A lease as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who has it; nobody after an orderly stop.
    pub owner: Option<String>,
    /// Grows with every owner.
    pub fence: i64,
    /// Grows with every sign of life.
    pub beat: i64,
}

/// What the store keeps about several programs.
#[async_trait]
pub trait LeaseStore {
    /// A lease as it stands; `None`: nobody ever had it.
    async fn lease(&self, name: String) -> Result<Option<Lease>, StoreError>;
    /// Takes a lease that was seen like this. Answers its new fence; `None`: it has moved since.
    async fn take_lease(
        &self,
        name: String,
        seen: Option<Lease>,
        owner: String,
    ) -> Result<Option<i64>, StoreError>;
    /// A sign of life. `false`: somebody else has it.
    async fn beat_lease(&self, fence: Fence) -> Result<bool, StoreError>;
    /// Gives it back, if it is still held.
    async fn give_up_lease(&self, fence: Fence) -> Result<(), StoreError>;
    /// Notes that these notices are about to be sent, all at once. Answers, in their order, whether each is this program's to send:
    /// `false`: another one sends it.
    async fn claim_notices(&self, attempts: Vec<Attempt>) -> Result<Vec<bool>, StoreError>;
    /// Notes how the sending of notices went. A word that comes after somebody sent one of them once more changes nothing there.
    async fn notices_attempted(&self, attempts: Vec<Attempt>) -> Result<(), StoreError>;
    /// Notes that an item is about to go down. `false`: another program sends it.
    async fn claim_down(&self, attempt: DownAttempt) -> Result<bool, StoreError>;
}

#[async_trait]
impl<S: Transacts> LeaseStore for S {
    async fn lease(&self, name: String) -> Result<Option<Lease>, StoreError> {
        self.transact("reading a lease", move |tx| read(tx, &name))
            .await
    }

    async fn take_lease(
        &self,
        name: String,
        seen: Option<Lease>,
        owner: String,
    ) -> Result<Option<i64>, StoreError> {
        self.transact("taking a lease", move |tx| {
            let (rows, fence) = match seen {
                None => {
                    let sql = "INSERT INTO leases (name, owner, fence, beat) VALUES ($1, $2, 1, 0) ON CONFLICT DO NOTHING";
                    (tx.run(sql, cells![name, owner])?, 1)
                }
                Some(seen) => {
                    let sql = "UPDATE leases SET owner = $2, fence = fence + 1, beat = 0
                         WHERE name = $1 AND fence = $3 AND beat = $4";
                    let rows = tx.run(sql, cells![name, owner, seen.fence, seen.beat])?;
                    (rows, seen.fence + 1)
                }
            };
            Ok((rows == 1).then_some(fence))
        })
        .await
    }

    async fn beat_lease(&self, fence: Fence) -> Result<bool, StoreError> {
        self.transact("showing a sign of life", move |tx| {
            let sql = "UPDATE leases SET beat = beat + 1 WHERE name = $1 AND fence = $2";
            Ok(tx.run(sql, cells![fence.name, fence.number])? == 1)
        })
        .await
    }

    async fn give_up_lease(&self, fence: Fence) -> Result<(), StoreError> {
        self.transact("giving a lease back", move |tx| {
            let sql =
                "UPDATE leases SET owner = NULL, beat = beat + 1 WHERE name = $1 AND fence = $2";
            tx.run(sql, cells![fence.name, fence.number]).map(drop)
        })
        .await
    }

    async fn claim_notices(&self, attempts: Vec<Attempt>) -> Result<Vec<bool>, StoreError> {
        self.transact("claiming notices", move |tx| {
            attempted(tx, &attempts, "attempts + 1 = $3")
        })
        .await
    }

    async fn notices_attempted(&self, attempts: Vec<Attempt>) -> Result<(), StoreError> {
        self.transact("noting attempts", move |tx| {
            attempted(tx, &attempts, "attempts <= $3").map(drop)
        })
        .await
    }

    async fn claim_down(&self, attempt: DownAttempt) -> Result<bool, StoreError> {
        self.transact("claiming an item", move |tx| {
            let sql = "UPDATE down SET attempts = $2, sent_at = $3, next_at = $4
                 WHERE id = $1 AND attempts = $5 AND done_at IS NULL";
            let attempts = i64::from(attempt.attempts);
            let with = cells![
                attempt.id,
                attempts,
                attempt.now,
                attempt.next_at,
                attempts - 1,
            ];
            Ok(tx.run(sql, with)? == 1)
        })
        .await
    }
}

/// Keeps attempts where the row is as `unless_moved` says; answers which were kept, in their order.
fn attempted(
    tx: &dyn Tx,
    attempts: &[Attempt],
    unless_moved: &str,
) -> Result<Vec<bool>, StoreError> {
    // rows are taken in one order, so that two programs on one database wait instead of deadlock
    let mut order: Vec<usize> = (0..attempts.len()).collect();
    order.sort_unstable_by_key(|n| attempts.get(*n).map(|a| (*a.filing.as_bytes(), a.seq)));
    let with: Vec<_> = order
        .iter()
        .filter_map(|n| attempts.get(*n))
        .map(|a| {
            let (seq, count) = (i64::from(a.seq), i64::from(a.attempts));
            cells![a.filing, seq, count, a.now, a.next_at].to_vec()
        })
        .collect();
    let sql = format!(
        "UPDATE notices SET attempts = $3, sent_at = $4, next_at = $5
         WHERE filing = $1 AND seq = $2 AND {unless_moved} RETURNING 1"
    );
    let mut kept = vec![false; attempts.len()];
    for (n, rows) in order.into_iter().zip(tx.rows_each(&sql, &with)?) {
        if let Some(kept) = kept.get_mut(n) {
            *kept = !rows.is_empty();
        }
    }
    Ok(kept)
}

fn read(tx: &dyn Tx, name: &str) -> Result<Option<Lease>, StoreError> {
    let sql = "SELECT owner, fence, beat FROM leases WHERE name = $1";
    let Some(mut row) = tx.rows(sql, cells![name])?.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(Lease {
        owner: row.maybe_text()?,
        fence: row.int()?,
        beat: row.int()?,
    }))
}
