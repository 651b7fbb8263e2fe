//! A transaction of the non-stop part on PostgreSQL, on a thread that may wait. Rows that another program holds are passed by.

use std::cell::RefCell;

use tokio::runtime::Handle;
use tokio_postgres::types::{ToSql, Type};

use super::prepared::{Asked, Asks as _, Transaction};
use super::write::append_all;
use super::{PostgresStore, failed};
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;
use crate::store::nonstop::{Cell, Row, Transacts, Tx};
use crate::store::retention::Forgets;

struct PostgresTx<'c> {
    tx: Transaction<'c>,
    handle: Handle,
    doing: &'static str,
    audit: RefCell<Vec<AuditEntry>>,
}

fn cells(row: &tokio_postgres::Row) -> Result<Vec<Cell>, tokio_postgres::Error> {
    let mut cells = Vec::with_capacity(row.len());
    for (at, column) in row.columns().iter().enumerate() {
        let kind = column.type_();
        cells.push(if *kind == Type::INT8 {
            Cell::Int(row.try_get(at)?)
        } else if *kind == Type::INT4 {
            Cell::Int(row.try_get::<_, Option<i32>>(at)?.map(i64::from))
        } else if *kind == Type::BOOL {
            Cell::Int(row.try_get::<_, Option<bool>>(at)?.map(i64::from))
        } else if *kind == Type::BYTEA {
            Cell::Blob(row.try_get(at)?)
        } else {
            Cell::Text(row.try_get(at)?)
        });
    }
    Ok(cells)
}

fn parameters(with: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    fn one(cell: &Cell) -> &(dyn ToSql + Sync) {
        match cell {
            Cell::Int(number) => number,
            Cell::Text(text) => text,
            Cell::Blob(bytes) => bytes,
        }
    }
    with.iter().map(one).collect()
}

impl Tx for PostgresTx<'_> {
    fn run(&self, sql: &str, with: &[Cell]) -> Result<u64, StoreError> {
        self.handle
            .block_on(self.tx.execute(sql, &parameters(with)))
            .map_err(failed(self.doing))
    }

    fn rows(&self, sql: &str, with: &[Cell]) -> Result<Vec<Row>, StoreError> {
        let rows = self
            .handle
            .block_on(self.tx.query(sql, &parameters(with)))
            .map_err(failed(self.doing))?;
        rows.iter()
            .map(|row| cells(row).map(Row::new).map_err(failed(self.doing)))
            .collect()
    }

    fn rows_each(&self, sql: &str, with: &[Vec<Cell>]) -> Result<Vec<Vec<Row>>, StoreError> {
        let with: Vec<_> = with.iter().map(|with| parameters(with)).collect();
        let all: Vec<Asked<'_>> = with.iter().map(|with| (sql, with.as_slice())).collect();
        let answers = self
            .handle
            .block_on(self.tx.query_each(&all))
            .map_err(failed(self.doing))?;
        let rows = |rows: Vec<tokio_postgres::Row>| {
            rows.iter()
                .map(|row| cells(row).map(Row::new).map_err(failed(self.doing)))
                .collect()
        };
        answers.into_iter().map(rows).collect()
    }

    fn claim(&self, sql: &str, table: &str, with: &[Cell]) -> Result<Vec<Row>, StoreError> {
        self.rows(
            &format!("{sql} FOR NO KEY UPDATE OF {table} SKIP LOCKED"),
            with,
        )
    }

    fn audit(&self, entry: AuditEntry) {
        self.audit.borrow_mut().push(entry);
    }
}

impl Transacts for PostgresStore {
    async fn transact<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&dyn Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut client = self.client(doing).await?;
        let handle = Handle::current();
        tokio::task::spawn_blocking(move || {
            let tx = handle
                .block_on(client.transaction())
                .map_err(failed(doing))?;
            let tx = PostgresTx {
                tx,
                handle: handle.clone(),
                doing,
                audit: RefCell::default(),
            };
            let done = work(&tx)?;
            let entries = tx.audit.into_inner();
            if !entries.is_empty() {
                handle.block_on(append_all(&tx.tx, &entries))?;
            }
            handle.block_on(tx.tx.commit()).map_err(failed(doing))?;
            Ok(done)
        })
        .await
        .map_err(|_| StoreError::WorkerGone { doing })?
    }

    async fn ask(
        &self,
        doing: &'static str,
        sql: String,
        with: Vec<Cell>,
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.client(doing).await?;
        let rows = client.query(&sql, &parameters(&with)).await;
        let rows = rows.map_err(failed(doing))?;
        rows.iter()
            .map(|row| cells(row).map(Row::new).map_err(failed(doing)))
            .collect()
    }
}

impl Forgets for PostgresStore {
    async fn forget(&self) -> Result<(), StoreError> {
        const DOING: &str = "emptying tables of erased rows";
        let client = self.client(DOING).await?;
        // old versions of rows stay in a table's file until it is vacuumed, which no transaction may do
        for table in [
            "filings",
            "history",
            "desk_log",
            "notices",
            "attachments",
            "chunks",
            "search_terms",
            "earlier",
            "cases",
            "case_aliases",
            "agency_certificates",
            "agency_requests",
            "agency_answers",
            "agency_events",
            "second_signatures",
            "second_signings",
            "second_numbers",
            "second_arrivals",
            "family_codes",
            "family_sessions",
            "family_voices",
            "family_phones",
            "checkup_bookings",
            "told_doses",
            "gift_answers",
            "nursery_drafts",
            "nursery_applications",
            "nonstop_items",
            "nonstop_notices",
            "nonstop_files",
            "quarantine",
            "addressees",
            "sessions",
            "officers",
        ] {
            client
                .batch_execute(&format!("VACUUM {table}"))
                .await
                .map_err(failed(DOING))?;
        }
        Ok(())
    }
}
