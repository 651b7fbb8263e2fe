//! What is in the outbox: for the link, the screen, and staff.

use rusqlite::{OptionalExtension, Row as SqlRow, params};
use ubugoe_protocol::{FilingId, RecipientId, StatusNotice};

use super::{Outbox, RowKind, StoreError, Trouble, VisitId, failed};

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// Stored; not with the broker, or not since the last reconnect.
    Queued,
    /// With the broker; nobody signed for it yet.
    Sent,
    /// The recipient signed a receipt (到達).
    Arrived,
    /// The recipient signed a refusal; somebody must look.
    Refused,
}

impl RowState {
    fn from_text(text: &str) -> Option<Self> {
        match text {
            "queued" => Some(Self::Queued),
            "sent" => Some(Self::Sent),
            "arrived" => Some(Self::Arrived),
            "refused" => Some(Self::Refused),
            _ => None,
        }
    }
}

/// Everything about a row but its sealed bytes. Times are seconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Position in the outbox; counts up.
    pub seq: i64,
    /// Which filing.
    pub id: FilingId,
    /// Which visit it belongs to.
    pub visit: VisitId,
    /// For whom it is.
    pub recipient: RecipientId,
    /// SHA-256 of the canonical bytes.
    pub digest: [u8; 32],
    /// SHA-256 of the sealed bytes.
    pub envelope: [u8; 32],
    /// Length of the sealed bytes.
    pub size: u64,
    /// When the law wants it there.
    pub legal_due: Option<i64>,
    /// Where it stands.
    pub state: RowState,
    /// Why it is not moving, if that is known.
    pub trouble: Option<Trouble>,
    /// How often a broker took it.
    pub attempts: u32,
    /// When it was stored.
    pub stored_at: i64,
    /// When a broker last took it.
    pub sent_at: Option<i64>,
    /// When the receipt or refusal came.
    pub settled_at: Option<i64>,
    /// The signed receipt or refusal.
    pub answer: Option<Vec<u8>>,
    /// What it carries.
    pub kind: RowKind,
    /// It arrived, and its recipient asked for it once more.
    pub again: bool,
}

/// A row that waits for its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Position in the outbox; counts up.
    pub seq: i64,
    /// Which filing.
    pub id: FilingId,
    /// For whom it is.
    pub recipient: RecipientId,
    /// Length of the sealed bytes.
    pub size: u64,
    /// When the law wants it there, seconds since 1970 UTC: what is due first goes first.
    pub legal_due: Option<i64>,
    /// What it carries.
    pub kind: RowKind,
}

/// One stored visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitInfo {
    /// Which.
    pub id: VisitId,
    /// When it was stored, seconds since 1970 UTC.
    pub stored_at: i64,
    /// The caller's encrypted record, unless it was purged.
    pub record: Option<Vec<u8>>,
}

/// How many rows stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Not with the broker.
    pub queued: u64,
    /// With the broker, not receipted.
    pub sent: u64,
    /// Receipted.
    pub arrived: u64,
    /// Refused.
    pub refused: u64,
    /// When the oldest row that is queued or sent was stored.
    pub oldest_open: Option<i64>,
}

const ROW: &str =
    "SELECT seq, id, visit, recipient, digest, envelope, size, legal_due, state, trouble, attempts,
                          stored_at, sent_at, settled_at, answer, kind, again FROM filing";

impl Outbox {
    /// Every row that waits for its receipt, or that its recipient asks for again, oldest first.
    pub fn pending(&self) -> Result<Vec<Pending>, StoreError> {
        self.pending_after(i64::MIN)
    }

    /// Those of them stored after position `seq`.
    pub fn pending_after(&self, seq: i64) -> Result<Vec<Pending>, StoreError> {
        const DOING: &str = "reading what is pending";
        let mut select = self
            .db
            .prepare_cached(
                "SELECT seq, id, recipient, size, legal_due, kind FROM filing
                 WHERE (state IN ('queued', 'sent') OR again = 1) AND seq > ?1 ORDER BY seq",
            )
            .map_err(failed(DOING))?;
        let mut rows = select.query(params![seq]).map_err(failed(DOING))?;
        let mut out = Vec::new();
        while let Some(r) = rows.next().map_err(failed(DOING))? {
            out.push(Pending {
                seq: get(r, 0)?,
                id: FilingId::from_bytes(get(r, 1)?),
                recipient: recipient(r, 2)?,
                size: get::<i64>(r, 3)?.unsigned_abs(),
                legal_due: get(r, 4)?,
                kind: kind(r, 5)?,
            });
        }
        Ok(out)
    }

    /// The sealed bytes of a row; `None` once they were dropped after its arrival.
    pub fn sealed(&self, id: &FilingId) -> Result<Option<Vec<u8>>, StoreError> {
        self.db
            .prepare_cached("SELECT sealed FROM filing WHERE id = ?1")
            .and_then(|mut s| s.query_row(params![id.as_bytes()], |r| r.get(0)).optional())
            .map_err(failed("reading a row"))?
            .ok_or(StoreError::NoSuchFiling(*id))
    }

    /// The sealed bytes of a row that is to be sent; `None` if it was settled meanwhile, perhaps by another process.
    pub fn to_send(&self, id: &FilingId) -> Result<Option<Vec<u8>>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT sealed FROM filing WHERE id = ?1 AND (state IN ('queued', 'sent') OR again = 1)",
            )
            .and_then(|mut s| s.query_row(params![id.as_bytes()], |r| r.get(0)).optional())
            .map_err(failed("reading a row"))
            .map(Option::flatten)
    }

    /// One row.
    pub fn row(&self, id: &FilingId) -> Result<Option<Row>, StoreError> {
        Ok(self
            .rows(" WHERE id = ?1", params![id.as_bytes()])?
            .into_iter()
            .next())
    }

    /// All rows, oldest first.
    pub fn list(&self) -> Result<Vec<Row>, StoreError> {
        self.rows(" ORDER BY seq", [])
    }

    /// The rows of one visit, oldest first.
    pub fn rows_of(&self, visit: &VisitId) -> Result<Vec<Row>, StoreError> {
        self.rows(" WHERE visit = ?1 ORDER BY seq", params![visit])
    }

    /// All visits, oldest first.
    pub fn visits(&self) -> Result<Vec<VisitInfo>, StoreError> {
        const DOING: &str = "reading visits";
        let mut select = self
            .db
            .prepare_cached("SELECT id, stored_at, record FROM visit ORDER BY stored_at, rowid")
            .map_err(failed(DOING))?;
        let mut rows = select.query([]).map_err(failed(DOING))?;
        let mut out = Vec::new();
        while let Some(r) = rows.next().map_err(failed(DOING))? {
            out.push(VisitInfo {
                id: get(r, 0)?,
                stored_at: get(r, 1)?,
                record: get(r, 2)?,
            });
        }
        Ok(out)
    }

    /// One visit.
    pub fn visit(&self, id: &VisitId) -> Result<Option<VisitInfo>, StoreError> {
        self.db
            .prepare_cached("SELECT id, stored_at, record FROM visit WHERE id = ?1")
            .and_then(|mut s| {
                s.query_row(params![id], |r| {
                    Ok(VisitInfo {
                        id: r.get(0)?,
                        stored_at: r.get(1)?,
                        record: r.get(2)?,
                    })
                })
                .optional()
            })
            .map_err(failed("reading a visit"))
    }

    /// The latest status of a filing, as signed and as read. It was verified when it was stored.
    pub fn latest_status(
        &self,
        id: &FilingId,
    ) -> Result<Option<(StatusNotice, Vec<u8>)>, StoreError> {
        let notice: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT notice FROM status WHERE filing = ?1 ORDER BY seq DESC LIMIT 1")
            .and_then(|mut s| s.query_row(params![id.as_bytes()], |r| r.get(0)).optional())
            .map_err(failed("reading a status"))?;
        let Some(raw) = notice else { return Ok(None) };
        let read =
            StatusNotice::peek(&raw).map_err(|_| StoreError::Unreadable { what: "status" })?;
        Ok(Some((read, raw)))
    }

    /// How many rows stand where.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        const SQL: &str = "SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'sent'),
                                  count(*) FILTER (WHERE state = 'arrived'), count(*) FILTER (WHERE state = 'refused'),
                                  min(stored_at) FILTER (WHERE state IN ('queued', 'sent'))
                           FROM filing";
        let read = |r: &SqlRow<'_>| {
            let n = |at| r.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok(Counts {
                queued: n(0)?,
                sent: n(1)?,
                arrived: n(2)?,
                refused: n(3)?,
                oldest_open: r.get(4)?,
            })
        };
        self.db.query_row(SQL, [], read).map_err(failed("counting"))
    }

    fn rows(&self, tail: &str, params: impl rusqlite::Params) -> Result<Vec<Row>, StoreError> {
        const DOING: &str = "reading rows";
        let mut select = self
            .db
            .prepare_cached(&format!("{ROW}{tail}"))
            .map_err(failed(DOING))?;
        let mut rows = select.query(params).map_err(failed(DOING))?;
        let mut out = Vec::new();
        while let Some(r) = rows.next().map_err(failed(DOING))? {
            out.push(row(r)?);
        }
        Ok(out)
    }
}

fn get<T: rusqlite::types::FromSql>(r: &SqlRow<'_>, at: usize) -> Result<T, StoreError> {
    r.get(at).map_err(failed("reading a value"))
}

fn recipient(r: &SqlRow<'_>, at: usize) -> Result<RecipientId, StoreError> {
    get::<String>(r, at)?
        .parse()
        .map_err(|_| StoreError::Unreadable { what: "recipient" })
}

fn kind(r: &SqlRow<'_>, at: usize) -> Result<RowKind, StoreError> {
    RowKind::from_text(&get::<String>(r, at)?).ok_or(StoreError::Unreadable { what: "kind" })
}

fn row(r: &SqlRow<'_>) -> Result<Row, StoreError> {
    let state: String = get(r, 8)?;
    let trouble: Option<String> = get(r, 9)?;
    let trouble = match trouble {
        None => None,
        Some(text) => {
            Some(Trouble::from_text(&text).ok_or(StoreError::Unreadable { what: "trouble" })?)
        }
    };
    Ok(Row {
        seq: get(r, 0)?,
        id: FilingId::from_bytes(get(r, 1)?),
        visit: get(r, 2)?,
        recipient: recipient(r, 3)?,
        digest: get(r, 4)?,
        envelope: get(r, 5)?,
        size: get::<i64>(r, 6)?.unsigned_abs(),
        legal_due: get(r, 7)?,
        state: RowState::from_text(&state).ok_or(StoreError::Unreadable { what: "state" })?,
        trouble,
        attempts: get(r, 10)?,
        stored_at: get(r, 11)?,
        sent_at: get(r, 12)?,
        settled_at: get(r, 13)?,
        answer: get(r, 14)?,
        kind: kind(r, 15)?,
        again: get::<i64>(r, 16)? == 1,
    })
}
