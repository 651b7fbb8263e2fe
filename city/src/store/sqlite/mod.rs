//! The store on SQLite: one desk, one file.
//!
//! Answers for SQL in SQLite's dialect and for nothing else; the behaviour is [`Store`]'s. WAL with
//! `synchronous=FULL`: a commit is on the disk before a receipt speaks of it. One connection, used on the
//! blocking pool; SQLite has one writer anyway.

mod agencies;
mod desk;
mod door;
mod down;
mod nonstop;
mod papers;
mod pieces;
mod read;
mod rollouts;
mod words;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{DeviceId, FilingId, RecipientId};

use super::migrate::{CLAIM, Migration, WHOSE, admit, remaining};
use super::{
    Advance, Batch, CertificateAsk, Counts, DownAttempt, DownItem, FamilyFiling, FilingRecord,
    FilingRow, Kept, Landed, NewGrant, NewOrder, NewRollout, Notice, OrderRow, Quarantined,
    Rollout, Sealer, Store, StoreError, WakeWindow,
};
use crate::casework::FilingState;
use crate::casework::audit::{AuditEntry, AuditRecord};

/// Frozen migrations, oldest first.
pub const MIGRATIONS: [Migration; 16] = [
    Migration {
        number: 1,
        name: "0001_first",
        sql: include_str!("migrations/0001_first.sql"),
    },
    Migration {
        number: 2,
        name: "0002_word_from_devices",
        sql: include_str!("migrations/0002_word_from_devices.sql"),
    },
    Migration {
        number: 3,
        name: "0003_door",
        sql: include_str!("migrations/0003_door.sql"),
    },
    Migration {
        number: 4,
        name: "0004_desk",
        sql: include_str!("migrations/0004_desk.sql"),
    },
    Migration {
        number: 5,
        name: "0005_papers",
        sql: include_str!("migrations/0005_papers.sql"),
    },
    Migration {
        number: 6,
        name: "0006_nonstop",
        sql: include_str!("migrations/0006_nonstop.sql"),
    },
    Migration {
        number: 7,
        name: "0007_agencies",
        sql: include_str!("migrations/0007_agencies.sql"),
    },
    Migration {
        number: 8,
        name: "0008_family",
        sql: include_str!("migrations/0008_family.sql"),
    },
    Migration {
        number: 9,
        name: "0009_services",
        sql: include_str!("migrations/0009_services.sql"),
    },
    Migration {
        number: 10,
        name: "0010_second_signature",
        sql: include_str!("migrations/0010_second_signature.sql"),
    },
    Migration {
        number: 11,
        name: "0011_retention",
        sql: include_str!("migrations/0011_retention.sql"),
    },
    Migration {
        number: 12,
        name: "0012_office",
        sql: include_str!("migrations/0012_office.sql"),
    },
    Migration {
        number: 13,
        name: "0013_second_signature_by_card",
        sql: include_str!("migrations/0013_second_signature_by_card.sql"),
    },
    Migration {
        number: 14,
        name: "0014_enrolment",
        sql: include_str!("migrations/0014_enrolment.sql"),
    },
    Migration {
        number: 15,
        name: "0015_newest_first",
        sql: include_str!("migrations/0015_newest_first.sql"),
    },
    Migration {
        number: 16,
        name: "0016_unseen_notices",
        sql: include_str!("migrations/0016_unseen_notices.sql"),
    },
];

/// A database file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
}

/// Wraps the driver's error with what was being done.
fn failed(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| StoreError::failed(doing, passing(&source), source)
}

/// Whether the file or the disk is at fault, and not the statement.
fn passing(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(
        error.sqlite_error_code(),
        Some(
            Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::DiskFull
                | Code::SystemIoFailure
                | Code::CannotOpen
                | Code::ReadOnly
                | Code::OutOfMemory
        )
    )
}

impl SqliteStore {
    /// Opens (and creates or migrates) this office's file.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::AnotherOffice`], or a migration error; the file is then left as it was.
    pub async fn open(path: &Path, office: &RecipientId) -> Result<Self, StoreError> {
        let (path, office) = (path.to_path_buf(), office.clone());
        tokio::task::spawn_blocking(move || open(&path, &office))
            .await
            .map_err(|_| StoreError::WorkerGone {
                doing: "opening the database",
            })?
    }

    /// Runs `work` with the connection on the blocking pool.
    async fn with<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        tokio::task::spawn_blocking(move || {
            // a poisoned lock means another call panicked; its transaction was rolled back when it was dropped
            let mut guard = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut guard)
        })
        .await
        .map_err(|_| StoreError::WorkerGone { doing })?
    }
}

fn open(path: &PathBuf, office: &RecipientId) -> Result<SqliteStore, StoreError> {
    let place = path.display().to_string();
    let refused = |source: rusqlite::Error| StoreError::Open {
        place: place.clone(),
        source: Box::new(source),
    };
    let mut connection = Connection::open(path).map_err(refused)?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(refused)?;
    connection
        .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;")
        .map_err(refused)?;
    migrate(&mut connection, &place, office)?;
    Ok(SqliteStore {
        connection: Arc::new(Mutex::new(connection)),
    })
}

fn migrate(
    connection: &mut Connection,
    place: &str,
    office: &RecipientId,
) -> Result<(), StoreError> {
    const DOING: &str = "migrating";
    let tx = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(failed(DOING))?;
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL) STRICT",
    )
    .map_err(failed(DOING))?;
    let applied = {
        let mut statement = tx
            .prepare("SELECT number, digest FROM migrations ORDER BY number")
            .map_err(failed(DOING))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(failed(DOING))?;
        rows.collect::<Result<Vec<(i32, String)>, _>>()
            .map_err(failed(DOING))?
    };
    for migration in remaining(&MIGRATIONS, &applied)? {
        tx.execute_batch(migration.sql).map_err(failed(DOING))?;
        tx.execute(
            "INSERT INTO migrations (number, name, digest) VALUES (?1, ?2, ?3)",
            (migration.number, migration.name, migration.digest()),
        )
        .map_err(failed(DOING))?;
    }
    let found = {
        let mut statement = tx.prepare(WHOSE).map_err(failed(DOING))?;
        let rows = statement
            .query_map([], |row| row.get(0))
            .map_err(failed(DOING))?;
        rows.collect::<Result<Vec<String>, _>>()
            .map_err(failed(DOING))?
    };
    admit(place, office, found)?;
    tx.execute(CLAIM, [office.as_str()])
        .map_err(failed(DOING))?;
    tx.commit().map_err(failed(DOING))
}

#[async_trait]
impl Store for SqliteStore {
    async fn ingest(
        &self,
        batch: Arc<Batch>,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Vec<Landed>, StoreError> {
        self.with("landing a batch", move |c| {
            write::ingest(c, &batch, sealer.as_ref())
        })
        .await
    }

    async fn filings(
        &self,
        state: Option<FilingState>,
        limit: u32,
    ) -> Result<Vec<FilingRow>, StoreError> {
        self.with("listing filings", move |c| read::filings(c, state, limit))
            .await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.with("counting filings", |c| read::counts(c)).await
    }

    async fn filing(&self, id: FilingId) -> Result<Option<FilingRecord>, StoreError> {
        self.with("reading a filing", move |c| read::filing(c, id))
            .await
    }

    async fn attachment(
        &self,
        filing: FilingId,
        position: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.with("reading an attachment", move |c| {
            pieces::whole(c, filing, position)
        })
        .await
    }

    async fn family(&self, token_sha256: [u8; 32]) -> Result<Vec<FamilyFiling>, StoreError> {
        self.with("reading a family's case", move |c| {
            read::family(c, token_sha256)
        })
        .await
    }

    async fn due_notices(&self, now: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        self.with("reading notices", move |c| read::due_notices(c, now, limit))
            .await
    }

    async fn next_due_at(&self) -> Result<Option<i64>, StoreError> {
        self.with("reading notices", |c| read::next_due_at(c)).await
    }

    async fn wake_notices(&self, device: &DeviceId, window: WakeWindow) -> Result<u64, StoreError> {
        let device = device.clone();
        self.with("waking notices", move |c| {
            write::wake_notices(c, &device, window)
        })
        .await
    }

    async fn due_down(&self, now: i64, limit: u32) -> Result<Vec<DownItem>, StoreError> {
        self.with("reading what goes down", move |c| down::due(c, now, limit))
            .await
    }

    async fn down_attempted(&self, attempt: DownAttempt) -> Result<(), StoreError> {
        self.with("noting an attempt", move |c| down::attempted(c, attempt))
            .await
    }

    async fn order(&self, orders: Vec<NewOrder>) -> Result<(), StoreError> {
        self.with("queueing orders", move |c| down::order(c, &orders))
            .await
    }

    async fn begin_era(
        &self,
        recipient: &RecipientId,
        gap: u32,
        entry: AuditEntry,
    ) -> Result<u64, StoreError> {
        let recipient = recipient.clone();
        self.with("beginning an era", move |c| {
            down::begin_era(c, &recipient, gap, &entry)
        })
        .await
    }

    async fn orders(&self, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
        self.with("listing orders", move |c| down::orders(c, limit))
            .await
    }

    async fn certificate_asks(&self) -> Result<Vec<CertificateAsk>, StoreError> {
        self.with("listing requests", |c| down::certificate_asks(c))
            .await
    }

    async fn grant(&self, grant: NewGrant) -> Result<bool, StoreError> {
        self.with("granting a certificate", move |c| down::grant(c, &grant))
            .await
    }

    async fn newest_version(&self, content: Content) -> Result<u64, StoreError> {
        self.with("reading versions", move |c| {
            rollouts::newest_version(c, content)
        })
        .await
    }

    async fn publish(&self, rollout: NewRollout) -> Result<bool, StoreError> {
        self.with("publishing an update", move |c| {
            rollouts::publish(c, &rollout)
        })
        .await
    }

    async fn rollouts(&self, alive: bool) -> Result<Vec<Rollout>, StoreError> {
        self.with("reading rollouts", move |c| rollouts::list(c, alive))
            .await
    }

    async fn advance(&self, advance: Advance) -> Result<bool, StoreError> {
        self.with("taking a rollout further", move |c| {
            rollouts::advance(c, &advance)
        })
        .await
    }

    async fn quarantine(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
        self.with("reading the quarantine", move |c| {
            read::quarantine(c, limit)
        })
        .await
    }

    async fn quarantined_wires(&self, limit: u32) -> Result<Vec<Kept>, StoreError> {
        self.with("reading the quarantine", move |c| {
            read::quarantined_wires(c, limit)
        })
        .await
    }

    async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.with("writing the audit log", move |c| write::audit(c, &entry))
            .await
    }

    async fn audit_lines(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.with("reading the audit log", move |c| {
            read::audit_lines(c, after, limit)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_frozen() {
        let digests: Vec<String> = MIGRATIONS.iter().map(Migration::digest).collect();
        assert_eq!(
            digests,
            [
                "7369a9177fc40cd0b638a28066b8fecba6a86a42653efab7f70b398e2b0737e0",
                "06705587bfb356fc0e65dad56e7ac2cd164f8527b5acfed12b8170118cc7e052",
                "8aadbd3d9c3631a919c3cf63cf762bd5f630caa983ef1f60bae305677eb075d8",
                "cb56f0b52a114d629227e9100b94c8391e014e28c4e6805269396be5f18d3ded",
                "65c9428d831659ce2721986eaf13b22883711f4872b272ce6f44a81c8cb1682c",
                "7c8cbbc7fc2cf7d85dec762f3d3988954ffe58678c71b9733ee6936d46fb393e",
                "bb0bdcdb3197591fc29f14072a30eeb0aa9a5788683d2d7f6a354c411fc1039c",
                "ede391d99efc840e3e66cb17e1d4bcef5b25765077bd43ad2c965c63f6102979",
                "ffdad4398f03e9c7d124885b34e8509f14b5f361bd54725280ef72918754e87b",
                "8ff8b0ae74005733456b6d2837bde5eca3181b9273eaaccfb34804117f6752cc",
                "5bf579fe1c6c17af05d08ffe04fafc9414130ac93ca7fa02ada4bd284f752f79",
                "597251f411d7a1f9211636bb88d6245798e4f1d4dfa7b834c539877a038319d9",
                "024f8bf164e3129b338b2342958f32999aef2c9d32c68cdd465841ef735b95fd",
                "520365e7fb4b07d40b64720e5b0877668a5e5dff12107ac53a419abae844aecf",
                "31ef9ba737ece1b3eda1c2bc33aaaef5993f1c254557a913bcb68efcff4d7be5",
                "ba6fd4819232e8f1449b64df774e6f47a828ce812048eacd79d186491e2d758e"
            ]
        );
    }
}
