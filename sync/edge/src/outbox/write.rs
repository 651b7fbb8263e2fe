//! Takes visits in, and notes what the link does with their rows.

use rusqlite::{Transaction, TransactionBehavior, params};
use ubugoe_protocol::{FilingId, MAX_ENVELOPE, RecipientId, digest};

use super::{Outbox, StoreError, VisitId, failed};

/// What a row carries. Receipts, retries and promises are the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A filing, or a second signature to one that is with its recipient.
    Filing,
    /// A piece of an attachment of a filing; it goes after the filings that are due as early.
    Chunk,
}

impl RowKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Filing => "filing",
            Self::Chunk => "chunk",
        }
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        [Self::Filing, Self::Chunk]
            .into_iter()
            .find(|k| k.as_str() == text)
    }
}

/// One filing, or a piece of an attachment, for one recipient, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    /// The id in the envelope's header.
    pub id: FilingId,
    /// What is inside.
    pub kind: RowKind,
    /// The number in its time claim, above [`Outbox::last_counter`] and above the row's before it; chunks have none.
    pub counter: Option<u64>,
    /// For whom it is.
    pub recipient: RecipientId,
    /// SHA-256 of the canonical bytes, or of the chunk's ([`ubugoe_protocol::digest`]); the receipt must repeat it.
    pub digest: [u8; 32],
    /// The sealed envelope.
    pub sealed: Vec<u8>,
    /// When the law wants it there, seconds since 1970 UTC, if it does.
    pub legal_due: Option<i64>,
}

/// One visit: its rows and what the kiosk keeps to show about it.
#[derive(Debug, Clone, Copy)]
pub struct NewVisit<'a> {
    /// 16 random bytes.
    pub id: &'a VisitId,
    /// At least one.
    pub rows: &'a [NewRow],
    /// Opaque here: the caller encrypts it with the device's key.
    pub record: &'a [u8],
}

/// Why a row is not moving though nobody refused it. Staff see it; the row stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The broker takes no packet of this size.
    TooLargeForBroker,
    /// The broker does not let this device publish to this recipient.
    NotAuthorised,
    /// The broker took it and nobody was there to receive it.
    NobodyListens,
    /// The broker refused it with this MQTT reason code.
    Broker(u8),
    /// The connection broke each time this row was sent.
    BreaksConnection,
}

impl Trouble {
    pub(super) fn to_text(self) -> String {
        match self {
            Self::TooLargeForBroker => "too-large-for-broker".to_owned(),
            Self::NotAuthorised => "not-authorised".to_owned(),
            Self::NobodyListens => "nobody-listens".to_owned(),
            Self::Broker(code) => format!("broker-{code:02x}"),
            Self::BreaksConnection => "breaks-connection".to_owned(),
        }
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text {
            "too-large-for-broker" => Some(Self::TooLargeForBroker),
            "not-authorised" => Some(Self::NotAuthorised),
            "nobody-listens" => Some(Self::NobodyListens),
            "breaks-connection" => Some(Self::BreaksConnection),
            other => u8::from_str_radix(other.strip_prefix("broker-")?, 16)
                .ok()
                .map(Self::Broker),
        }
    }
}

impl Outbox {
    /// Stores a visit: all its rows and its record, or nothing. When it returns `Ok`, the disk has it.
    pub fn store(
        &mut self,
        visit: &VisitId,
        rows: &[NewRow],
        record: &[u8],
        now: i64,
    ) -> Result<(), StoreError> {
        self.store_all(
            &[NewVisit {
                id: visit,
                rows,
                record,
            }],
            now,
        )
    }

    /// Stores several visits with one sync of the disk: all of them, or nothing.
    pub fn store_all(&mut self, visits: &[NewVisit<'_>], now: i64) -> Result<(), StoreError> {
        for row in visits.iter().flat_map(|v| v.rows) {
            if row.sealed.len() > MAX_ENVELOPE {
                return Err(StoreError::TooLong {
                    id: row.id,
                    len: row.sealed.len(),
                });
            }
        }
        let tx = self.begin("storing a visit")?;
        for visit in visits {
            insert(&tx, visit, now)?;
        }
        tx.commit().map_err(failed("storing a visit"))
    }

    /// Takes in what another device sealed and could not send: each envelope is a row here, and there is nothing to show about it.
    /// What is here already is passed over. `(new, known)`; on an error nothing was taken.
    ///
    /// The city answers whoever carries for another with a receipt for the envelope, not for what is in it, so that is the digest
    /// of such a row.
    pub fn take_over(
        &mut self,
        visit: &VisitId,
        rows: &[(FilingId, RowKind, RecipientId, Vec<u8>)],
        now: i64,
    ) -> Result<(usize, usize), StoreError> {
        const DOING: &str = "taking in another device's filings";
        let tx = self.begin(DOING)?;
        let mut fresh = Vec::new();
        for (id, kind, recipient, sealed) in rows {
            if sealed.len() > MAX_ENVELOPE {
                return Err(StoreError::TooLong {
                    id: *id,
                    len: sealed.len(),
                });
            }
            let known: bool = tx
                .query_row(
                    "SELECT EXISTS (SELECT 1 FROM filing WHERE id = ?1)",
                    params![id.as_bytes()],
                    |r| r.get(0),
                )
                .map_err(failed(DOING))?;
            if !known {
                fresh.push(NewRow {
                    id: *id,
                    kind: *kind,
                    counter: None,
                    recipient: recipient.clone(),
                    digest: digest(sealed),
                    sealed: sealed.clone(),
                    legal_due: None,
                });
            }
        }
        let new = fresh.len();
        if new > 0 {
            let visit = NewVisit {
                id: visit,
                rows: &fresh,
                record: &[],
            };
            insert(&tx, &visit, now)?;
            tx.execute(
                "UPDATE visit SET record = NULL WHERE id = ?1",
                params![visit.id],
            )
            .map_err(failed(DOING))?;
        }
        tx.commit().map_err(failed(DOING))?;
        Ok((new, rows.len() - new))
    }

    /// Notes that the broker has these rows. That is flow control: they are sent again after a reconnect.
    pub fn mark_sent(&mut self, ids: &[FilingId], now: i64) -> Result<(), StoreError> {
        const DOING: &str = "noting what was sent";
        if ids.is_empty() {
            return Ok(());
        }
        let tx = self.begin(DOING)?;
        {
            let mut update = tx
                .prepare_cached(
                    "UPDATE filing SET state = 'sent', sent_at = ?2, trouble = NULL, attempts = attempts + 1
                     WHERE id = ?1 AND state IN ('queued', 'sent')",
                )
                .map_err(failed(DOING))?;
            for id in ids {
                update
                    .execute(params![id.as_bytes(), now])
                    .map_err(failed(DOING))?;
            }
        }
        tx.commit().map_err(failed(DOING))
    }

    /// Puts every row that was sent and not answered back into the queue; how many.
    pub fn reopen_unsettled(&mut self) -> Result<usize, StoreError> {
        self.db
            .execute(
                "UPDATE filing SET state = 'queued' WHERE state = 'sent'",
                [],
            )
            .map_err(failed("queueing again"))
    }

    /// Notes why a row is not moving; `true` if that is news.
    pub fn note_trouble(&mut self, id: &FilingId, trouble: Trouble) -> Result<bool, StoreError> {
        let changed = self
            .db
            .execute(
                "UPDATE filing SET trouble = ?2
                 WHERE id = ?1 AND state IN ('queued', 'sent') AND trouble IS NOT ?2",
                params![id.as_bytes(), trouble.to_text()],
            )
            .map_err(failed("noting a trouble"))?;
        Ok(changed > 0)
    }

    /// Drops the local record of a visit all of whose filings arrived. Receipts and statuses stay.
    pub fn purge_record(&mut self, visit: &VisitId) -> Result<(), StoreError> {
        const DOING: &str = "purging a record";
        let tx = self.begin(DOING)?;
        let open: i64 = tx
            .query_row(
                "SELECT count(*) FROM filing WHERE visit = ?1 AND state <> 'arrived'",
                params![visit],
                |r| r.get(0),
            )
            .map_err(failed(DOING))?;
        if open > 0 {
            return Err(StoreError::StillOpen {
                open: u64::try_from(open).unwrap_or(u64::MAX),
            });
        }
        tx.execute(
            "UPDATE visit SET record = NULL WHERE id = ?1",
            params![visit],
        )
        .map_err(failed(DOING))?;
        tx.commit().map_err(failed(DOING))
    }

    /// Drops the records of all visits whose filings all arrived before `before`; how many.
    pub fn purge_records_before(&mut self, before: i64) -> Result<usize, StoreError> {
        self.db
            .execute(
                "UPDATE visit SET record = NULL
                 WHERE record IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM filing WHERE visit = visit.id
                                   AND (state <> 'arrived' OR settled_at >= ?1))",
                params![before],
            )
            .map_err(failed("purging records"))
    }

    /// The number of the last envelope that was stored with one; 0 before the first.
    pub fn last_counter(&self) -> Result<u64, StoreError> {
        self.db
            .query_row("SELECT counter FROM clock", [], |r| r.get::<_, i64>(0))
            .map(i64::unsigned_abs)
            .map_err(failed("reading the counter"))
    }

    /// The latest arrival on a receipt, seconds since 1970 UTC: it is later than this. 0 if none did.
    pub fn time_floor(&self) -> Result<i64, StoreError> {
        self.db
            .query_row("SELECT floor FROM clock", [], |r| r.get(0))
            .map_err(failed("reading the clock"))
    }

    /// Asks for everything again that `recipient` receipted at or after `since`, by its own clock: its database lost it when
    /// it was restored at `era`. Receipts of an earlier era, which may still be under way, no longer end the asking. Rows
    /// whose sealed bytes were dropped meanwhile cannot be sent. Returns their receipts, which prove what is gone.
    pub fn ask_again(
        &mut self,
        recipient: &RecipientId,
        since: i64,
        era: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        const DOING: &str = "queueing what a city lost";
        const LOST: &str = "recipient = ?1 AND state = 'arrived' AND sealed IS NOT NULL
                            AND coalesce(arrived_at, settled_at) >= ?2";
        let tx = self.begin(DOING)?;
        tx.execute(
            "INSERT INTO era (recipient, at) VALUES (?1, ?2)
             ON CONFLICT (recipient) DO UPDATE SET at = max(at, excluded.at)",
            params![recipient.as_str(), era],
        )
        .map_err(failed(DOING))?;
        tx.execute(
            &format!("UPDATE filing SET again = 1 WHERE {LOST}"),
            params![recipient.as_str(), since],
        )
        .map_err(failed(DOING))?;
        let receipts = tx
            .prepare(&format!(
                "SELECT answer FROM filing WHERE {LOST} ORDER BY seq"
            ))
            .and_then(|mut s| {
                s.query_map(params![recipient.as_str(), since], |r| r.get(0))?
                    .collect::<Result<Vec<Vec<u8>>, _>>()
            })
            .map_err(failed(DOING))?;
        tx.commit().map_err(failed(DOING))?;
        Ok(receipts)
    }

    /// Drops the sealed bytes of rows that arrived before `before`: until then their recipient may ask for them again.
    /// They are overwritten on disk. How many.
    pub fn forget_sealed(&mut self, before: i64) -> Result<usize, StoreError> {
        self.db
            .execute(
                "UPDATE filing SET sealed = NULL
                 WHERE state = 'arrived' AND again = 0 AND sealed IS NOT NULL AND settled_at < ?1",
                params![before],
            )
            .map_err(failed("dropping what arrived"))
    }

    pub(super) fn begin(&mut self, doing: &'static str) -> Result<Transaction<'_>, StoreError> {
        self.db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed(doing))
    }
}

fn insert(tx: &Transaction<'_>, visit: &NewVisit<'_>, now: i64) -> Result<(), StoreError> {
    if visit.rows.is_empty() {
        return Err(StoreError::NoRows);
    }
    tx.prepare_cached("INSERT INTO visit (id, record, stored_at) VALUES (?1, ?2, ?3)")
        .and_then(|mut s| s.execute(params![visit.id, visit.record, now]))
        .map_err(twice)?;
    let mut insert = tx
        .prepare_cached(
            "INSERT INTO filing (id, visit, recipient, digest, envelope, sealed, size, legal_due, state, stored_at, kind)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', ?9, ?10)",
        )
        .map_err(failed("storing a visit"))?;
    for row in visit.rows {
        if let Some(counter) = row.counter {
            count(tx, counter)?;
        }
        let size = i64::try_from(row.sealed.len()).unwrap_or(i64::MAX);
        insert
            .execute(params![
                row.id.as_bytes(),
                visit.id,
                row.recipient.as_str(),
                row.digest,
                digest(&row.sealed),
                row.sealed,
                size,
                row.legal_due,
                now,
                row.kind.as_str()
            ])
            .map_err(twice)?;
    }
    Ok(())
}

/// Takes a number of the device's counter; each only once, for the verifier holds a second use for a copied device.
fn count(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    let used = StoreError::CounterUsed { counter };
    let Ok(number) = i64::try_from(counter) else {
        return Err(used);
    };
    let moved = tx
        .prepare_cached("UPDATE clock SET counter = ?1 WHERE counter < ?1")
        .and_then(|mut s| s.execute(params![number]))
        .map_err(failed("counting"))?;
    if moved == 1 { Ok(()) } else { Err(used) }
}

/// A repeated id is its own answer: the caller's earlier attempt succeeded.
fn twice(error: rusqlite::Error) -> StoreError {
    match &error {
        rusqlite::Error::SqliteFailure(e, _)
            if e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                || e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            StoreError::AlreadyStored
        }
        _ => failed("storing a visit")(error),
    }
}
