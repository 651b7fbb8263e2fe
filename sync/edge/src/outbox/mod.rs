//! The durable outbox: one row per filing and recipient, in SQLite, until its recipient signed for it.
//!
//! ```text
//!   store() ──> queued ──mark_sent()──> sent ──retire(receipt)──> arrived ──forget_sealed()──> (receipt kept)
//!                  ^                     │ │                        └─ask_again()──> sent once more; it stays arrived
//!                  │                     │ └───refuse(refusal)──> refused   (dead letter: payload and reason kept)
//!                  └──reopen_unsettled()─┘
//! ```
//! A row that arrived keeps its sealed bytes for some days, because a city whose database had to be restored asks for them
//! again. Only the city can open them, so keeping them tells nobody anything.
//!
//! Rows arrive here sealed, so the disk never holds a readable filing. Nothing in this module deletes, expires or
//! evicts a row that is not settled, and nothing but a signature that verifies settles one. It reads no clock and
//! opens no network.

mod commands;
mod read;
mod schema;
mod settle;
mod space;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use ubugoe_protocol::{FilingId, RecipientId, SignedError, VerifyingKey};

pub use commands::KeptCommand;
pub use read::{Counts, Pending, Row, RowState, VisitInfo};
pub use settle::{Noted, Refused, Retired, SettleError};
pub use space::Health;
pub use write::{NewRow, NewVisit, RowKind, Trouble};

/// The recipients whose signatures settle rows.
pub type Recipients = BTreeMap<RecipientId, VerifyingKey>;

/// One visit at the kiosk: 16 random bytes.
pub type VisitId = [u8; 16];

/// How an outbox is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The database file; it is created, readable by its owner only, if there is none.
    pub path: PathBuf,
    /// Free bytes on the file system below which no new visit is begun. 64 MiB is about 500 visits.
    pub free_floor: u64,
    /// Largest size of the database in bytes, if it is to stay below what the disk allows.
    pub max_bytes: Option<u64>,
}

impl Config {
    /// An outbox at `path` with the usual floor of 64 MiB.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            free_floor: 64 * 1024 * 1024,
            max_bytes: None,
        }
    }
}

/// Why an outbox could not be opened. None of these is ever answered with a fresh, empty one.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be created, read or written.
    #[error("cannot open {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("cannot open {path}: {doing}")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// The step that failed.
        doing: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A database, but not an outbox.
    #[error("{path} is not an outbox")]
    NotAnOutbox {
        /// Which file.
        path: PathBuf,
    },
    /// Written by newer software.
    #[error("{path} has schema {found}, this software knows up to {known}")]
    FromTheFuture {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// Damaged: SQLite's own check found inconsistencies.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// SQLite's first finding.
        detail: String,
    },
    /// The settings that make a commit durable did not take effect.
    #[error("{path} cannot be made durable: {setting} is {found}")]
    NotDurable {
        /// Which file.
        path: PathBuf,
        /// Which setting.
        setting: &'static str,
        /// What it is instead.
        found: String,
    },
}

/// Why something could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the size the database may have, is used up. Nothing of this call was kept.
    #[error("no space left while {doing}")]
    Full {
        /// The step.
        doing: &'static str,
    },
    /// The file cannot be written. Nothing of this call was kept.
    #[error("the outbox is read-only while {doing}")]
    ReadOnly {
        /// The step.
        doing: &'static str,
    },
    /// A visit must have at least one row.
    #[error("a visit without rows")]
    NoRows,
    /// The sealed bytes do not fit the transport.
    #[error("filing {id} has {len} bytes sealed")]
    TooLong {
        /// Which filing.
        id: FilingId,
        /// Its length.
        len: usize,
    },
    /// A visit or filing with this id is already there.
    #[error("already stored")]
    AlreadyStored,
    /// This number of the device's counter was used before.
    #[error("number {counter} of the device's counter is used")]
    CounterUsed {
        /// Which.
        counter: u64,
    },
    /// There is no such filing.
    #[error("there is no filing {0}")]
    NoSuchFiling(FilingId),
    /// The visit still has filings that did not arrive.
    #[error("the visit still has {open} filings that did not arrive")]
    StillOpen {
        /// How many.
        open: u64,
    },
    /// A stored value is not what this software writes.
    #[error("stored {what} is unreadable")]
    Unreadable {
        /// Which value.
        what: &'static str,
    },
    /// Any other refusal of SQLite. Nothing of this call was kept.
    #[error("{doing} failed")]
    Sqlite {
        /// The step.
        doing: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

/// Why the next visit should not begin.
#[derive(Debug, thiserror::Error)]
pub enum NoRoom {
    /// Too little space is free.
    #[error("{free} bytes free, {floor} are kept in reserve")]
    Space {
        /// Bytes free.
        free: u64,
        /// Bytes kept in reserve.
        floor: u64,
    },
    /// The size the database may have is nearly used up.
    #[error("the outbox holds {used} of {max} bytes")]
    Quota {
        /// Bytes used.
        used: u64,
        /// Bytes allowed.
        max: u64,
    },
    /// The store itself does not work.
    #[error("the outbox does not work")]
    Store(#[source] StoreError),
    /// The file system does not answer.
    #[error("cannot ask how much space is free")]
    FileSystem(#[source] std::io::Error),
}

/// The outbox. One value owns one connection; see [`OutboxHandle`] for sharing.
#[derive(Debug)]
pub struct Outbox {
    db: Connection,
    config: Config,
}

impl Outbox {
    /// Opens or creates it, checks it, and brings its schema up to date.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        let db = schema::open(config, false)?;
        Ok(Self {
            db,
            config: config.clone(),
        })
    }

    /// Opens an existing one without the right to change it, for tools.
    pub fn open_read_only(config: &Config) -> Result<Self, OpenError> {
        let db = schema::open(config, true)?;
        Ok(Self {
            db,
            config: config.clone(),
        })
    }
}

/// An outbox that the screen's side and the link share.
#[derive(Debug, Clone)]
pub struct OutboxHandle(Arc<Mutex<Outbox>>);

impl OutboxHandle {
    /// Shares an outbox.
    #[must_use]
    pub fn new(outbox: Outbox) -> Self {
        Self(Arc::new(Mutex::new(outbox)))
    }

    /// Takes it for one or a few calls. Every call is a whole transaction, so a thread that panicked while holding
    /// it leaves nothing half done.
    pub fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sorts SQLite's refusals into what callers can act upon.
fn failed(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full { doing },
        Some(rusqlite::ErrorCode::ReadOnly) => StoreError::ReadOnly { doing },
        _ => StoreError::Sqlite { doing, source },
    }
}

/// A signature's failure as the reason a row was not settled.
fn unsigned(source: SignedError) -> SettleError {
    SettleError::Signature(source)
}
