//! The store on PostgreSQL: a municipality's real database.
//!
//! Answers for SQL in PostgreSQL's dialect and for nothing else; the behaviour is [`Store`]'s. Locks are taken in one
//! order (recipient counter, filing, audit chain), so that several programs on one database wait instead of deadlock.

mod agencies;
mod chain;
mod desk;
mod door;
mod down;
mod nonstop;
mod papers;
mod pieces;
mod prepared;
mod read;
mod rollouts;
mod schema;
mod secure;
mod together;
mod words;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{DeviceId, FilingId, RecipientId};

use self::chain::Chain;
use self::prepared::{Asks as _, Object};
use super::migrate::{CLAIM, Migration, WHOSE, admit, remaining};
use super::{
    Advance, Batch, CertificateAsk, Counts, DownAttempt, DownItem, FamilyFiling, FilingRecord,
    FilingRow, Kept, Landed, NewGrant, NewOrder, NewRollout, Notice, OrderRow, Quarantined,
    Rollout, Sealer, Store, StoreError, WakeWindow,
};
use crate::casework::FilingState;
use crate::casework::audit::{AuditEntry, AuditRecord};

pub use schema::{NoSchema, Schema};
pub use secure::stays_here;

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

/// Key of the advisory lock held while migrating: "ubgmigr1".
const MIGRATION_LOCK: i64 = i64::from_be_bytes(*b"ubgmigr1");
/// Waits for the lock `$1` of this office's tables, and holds it until the transaction ends: the offices of one database do not
/// wait for each other.
const LOCK: &str = "SELECT pg_advisory_xact_lock($1 # hashtextextended(current_schema(), 0))";
/// What is held while appending to the audit chain: "ubgaudit".
const AUDIT_LOCK: i64 = i64::from_be_bytes(*b"ubgaudit");

/// One office's tables in a database.
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
    chain: Chain,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

/// Wraps the driver's error with what was being done.
fn failed(doing: &'static str) -> impl FnOnce(tokio_postgres::Error) -> StoreError {
    move |source| StoreError::failed(doing, passing(&source), source)
}

/// Whether the server or the way to it is at fault, and not the statement: SQLSTATE classes 08 (connection), 40 (rolled back), 53
/// (resources), 57 (operator), 58 (system); PostgreSQL 15, appendix A.
fn passing(error: &tokio_postgres::Error) -> bool {
    let class = error.code().and_then(|code| code.code().get(..2));
    let broken = || {
        std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
    };
    match class {
        Some(class) => ["08", "40", "53", "57", "58"].contains(&class),
        None => error.is_closed() || broken(),
    }
}

impl PostgresStore {
    /// Connects to `url` (`postgres://user@host:port/database` or key=value form) and migrates this office's tables in a
    /// schema, which is made if it is not there; without one, in the connection's own, `public` as a rule. With `ca` (PEM) nobody is
    /// spoken to but over TLS and by the name in the address, as one of these authorities vouches for it; without, in plain.
    ///
    /// # Errors
    /// [`StoreError::Open`] if the address is not readable or nobody answers, [`StoreError::AnotherOffice`], or a migration
    /// error.
    pub async fn open(
        (url, ca): (&str, Option<&[u8]>),
        connections: usize,
        schema: Option<&Schema>,
        office: &RecipientId,
    ) -> Result<Self, StoreError> {
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|source| StoreError::Open {
                place: "(postgres)".to_owned(),
                source: Box::new(source),
            })?;
        let place = format!(
            "{:?} {} {}",
            config.get_hosts(),
            config.get_dbname().unwrap_or(""),
            schema.map_or("", Schema::as_str)
        );
        if let Some(schema) = schema {
            // every name in every statement is looked for here and nowhere else
            let own = format!("-c search_path={}", schema.as_str());
            let options = match config.get_options() {
                Some(given) => format!("{given} {own}"),
                None => own,
            };
            config.options(options);
        }
        let manager_config = ManagerConfig {
            // one that was closed is noticed without asking
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = if let Some(ca) = ca {
            config.ssl_mode(SslMode::Require);
            let secure = secure::connector(ca).map_err(|source| StoreError::Open {
                place: place.clone(),
                source: Box::new(source),
            })?;
            Manager::from_config(config, secure, manager_config)
        } else {
            Manager::from_config(config, NoTls, manager_config)
        };
        let pool = Pool::builder(manager)
            .max_size(connections.max(2))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|source| StoreError::Open {
                place: place.clone(),
                source: Box::new(source),
            })?;
        let store = Self {
            pool,
            chain: Chain::default(),
        };
        let client = store.pool.get().await.map_err(|source| StoreError::Open {
            place: place.clone(),
            source: Box::new(source),
        })?;
        migrate(&mut client.into(), schema, (&place, office)).await?;
        Ok(store)
    }

    async fn client(&self, doing: &'static str) -> Result<Object, StoreError> {
        self.pool
            .get()
            .await
            .map(Object::from)
            .map_err(|source| StoreError::Unavailable {
                doing,
                source: Box::new(source),
            })
    }
}

async fn migrate(
    client: &mut Object,
    schema: Option<&Schema>,
    (place, office): (&str, &RecipientId),
) -> Result<(), StoreError> {
    const DOING: &str = "migrating";
    let tx = client.transaction().await.map_err(failed(DOING))?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
        .await
        .map_err(failed(DOING))?;
    if let Some(schema) = schema {
        let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", schema.as_str());
        tx.batch_execute(&sql).await.map_err(failed(DOING))?;
    }
    tx.batch_execute(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL)",
    )
    .await
    .map_err(failed(DOING))?;
    let rows = tx
        .query("SELECT number, digest FROM migrations ORDER BY number", &[])
        .await
        .map_err(failed(DOING))?;
    let applied = rows
        .iter()
        .map(|row| {
            Ok((
                row.try_get(0).map_err(failed(DOING))?,
                row.try_get(1).map_err(failed(DOING))?,
            ))
        })
        .collect::<Result<Vec<(i32, String)>, StoreError>>()?;
    for migration in remaining(&MIGRATIONS, &applied)? {
        tx.batch_execute(migration.sql)
            .await
            .map_err(failed(DOING))?;
        tx.execute(
            "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, $3)",
            &[&migration.number, &migration.name, &migration.digest()],
        )
        .await
        .map_err(failed(DOING))?;
    }
    let rows = tx.query(WHOSE, &[]).await.map_err(failed(DOING))?;
    let found = rows
        .iter()
        .map(|row| row.try_get(0).map_err(failed(DOING)))
        .collect::<Result<Vec<String>, StoreError>>()?;
    admit(place, office, found)?;
    tx.execute(CLAIM, &[&office.as_str()])
        .await
        .map_err(failed(DOING))?;
    tx.commit().await.map_err(failed(DOING))
}

#[async_trait]
impl Store for PostgresStore {
    async fn ingest(
        &self,
        batch: Arc<Batch>,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Vec<Landed>, StoreError> {
        let mut client = self.client("landing a batch").await?;
        write::ingest(&mut client, &batch, sealer.as_ref()).await
    }

    async fn filings(
        &self,
        state: Option<FilingState>,
        limit: u32,
    ) -> Result<Vec<FilingRow>, StoreError> {
        read::filings(&self.client("listing filings").await?, state, limit).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        read::counts(&self.client("counting filings").await?).await
    }

    async fn filing(&self, id: FilingId) -> Result<Option<FilingRecord>, StoreError> {
        read::filing(&self.client("reading a filing").await?, id).await
    }

    async fn attachment(
        &self,
        filing: FilingId,
        position: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        pieces::whole(
            &self.client("reading an attachment").await?,
            filing,
            position,
        )
        .await
    }

    async fn family(&self, token_sha256: [u8; 32]) -> Result<Vec<FamilyFiling>, StoreError> {
        read::family(&self.client("reading a family's case").await?, token_sha256).await
    }

    async fn due_notices(&self, now: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        read::due_notices(&self.client("reading notices").await?, now, limit).await
    }

    async fn next_due_at(&self) -> Result<Option<i64>, StoreError> {
        read::next_due_at(&self.client("reading notices").await?).await
    }

    async fn wake_notices(&self, device: &DeviceId, window: WakeWindow) -> Result<u64, StoreError> {
        write::wake_notices(&self.client("waking notices").await?, device, window).await
    }

    async fn due_down(&self, now: i64, limit: u32) -> Result<Vec<DownItem>, StoreError> {
        down::due(&self.client("reading what goes down").await?, now, limit).await
    }

    async fn down_attempted(&self, attempt: DownAttempt) -> Result<(), StoreError> {
        down::attempted(&self.client("noting an attempt").await?, attempt).await
    }

    async fn order(&self, orders: Vec<NewOrder>) -> Result<(), StoreError> {
        let mut client = self.client("queueing orders").await?;
        down::order(&mut client, &orders).await
    }

    async fn begin_era(
        &self,
        recipient: &RecipientId,
        gap: u32,
        entry: AuditEntry,
    ) -> Result<u64, StoreError> {
        let mut client = self.client("beginning an era").await?;
        down::begin_era(&mut client, recipient, gap, &entry).await
    }

    async fn orders(&self, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
        down::orders(&self.client("listing orders").await?, limit).await
    }

    async fn certificate_asks(&self) -> Result<Vec<CertificateAsk>, StoreError> {
        down::certificate_asks(&self.client("listing requests").await?).await
    }

    async fn grant(&self, grant: NewGrant) -> Result<bool, StoreError> {
        let mut client = self.client("granting a certificate").await?;
        down::grant(&mut client, &grant).await
    }

    async fn newest_version(&self, content: Content) -> Result<u64, StoreError> {
        rollouts::newest_version(&self.client("reading versions").await?, content).await
    }

    async fn publish(&self, rollout: NewRollout) -> Result<bool, StoreError> {
        let mut client = self.client("publishing an update").await?;
        rollouts::publish(&mut client, &rollout).await
    }

    async fn rollouts(&self, alive: bool) -> Result<Vec<Rollout>, StoreError> {
        rollouts::list(&self.client("reading rollouts").await?, alive).await
    }

    async fn advance(&self, advance: Advance) -> Result<bool, StoreError> {
        let mut client = self.client("taking a rollout further").await?;
        rollouts::advance(&mut client, &advance).await
    }

    async fn quarantine(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
        read::quarantine(&self.client("reading the quarantine").await?, limit).await
    }

    async fn quarantined_wires(&self, limit: u32) -> Result<Vec<Kept>, StoreError> {
        read::quarantined_wires(&self.client("reading the quarantine").await?, limit).await
    }

    async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.chain.append(self, entry).await
    }

    async fn audit_lines(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        read::audit_lines(&self.client("reading the audit log").await?, after, limit).await
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
                "b7e64c2739f666a6a90dd6bd8ef8df79dd85f84b8f94fc9dd68ff38aa674ec1b",
                "36c90b47fd63def5b9da7c59654318c690a1008e8e5aae5cf0ae67394ed152da",
                "1011e3cd29cbb94237d874b98dc8be388d7783bb0270b5be75b35c4b91c95549",
                "997ad62ab693c218e5b5a3119b171786fb0d9c9424bb730c27454ed700c48b69",
                "e97e71b66b99c44e2f63fac294b1aca01d106bf4d0256793fd0741fae73c84fd",
                "731247e2bf2aa4357f6b1dc2ede2c103dd8fe28148c0d584e8c1453fae104bab",
                "e4ff1c5d914e3551bdee7a5b3dfc5f07aa80c65f31bda42b05e2acba94baa887",
                "ec9e65c47038fc0ae2c704ec5e287780277c6afd63fc9fc685f287d4a3ab2249",
                "fede1a2539d63b3c6e064b77daa031f0f437b7493462d6ebb9bc3fd075d83a68",
                "efea23b4940b60104b53b8f6b0068eaaf58cbd60770280f46ffe2348b2246259",
                "25f72ab965447ae2f5c64ad6df08ba74c8d8722bbd41365787bc0e9f8c00e87a",
                "72f29a19fb876e0e3b12222544ae09e437205cd756fbfe2c5ac732174b6d0826",
                "34f06d2951829de1fe206eaec29151af6cc8db24df410bf87e4e4b160f7759bc",
                "095cf15a7ee631565aea05fa817b8216bdf91a866ab4cfc6c4a4b26685c8e921",
                "f137b75a6fc0ac41957c39b61a0eafe2d763568fad7e881fe02e6401d6c29aa6",
                "ba6fd4819232e8f1449b64df774e6f47a828ce812048eacd79d186491e2d758e"
            ]
        );
    }
}
