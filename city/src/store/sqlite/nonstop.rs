//! A transaction of the non-stop part on SQLite. SQLite has one writer, so whoever is in the transaction has every row.

use std::cell::RefCell;

use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{ToSql, Transaction, params, params_from_iter};

use super::write::{append_audit, begin};
use super::{SqliteStore, failed};
use crate::casework::audit::AuditEntry;
use crate::store::nonstop::{AFTER_DECISION, AFTER_LOSS, Cell, Row, Transacts, Tx};
use crate::store::retention::Forgets;
use crate::store::{Decision, StoreError, services};

struct SqliteTx<'c> {
    tx: Transaction<'c>,
    doing: &'static str,
    audit: RefCell<Vec<AuditEntry>>,
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Blob(bytes) => bytes.to_sql(),
        }
    }
}

/// SQLite numbers its parameters with a question mark.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

impl Tx for SqliteTx<'_> {
    fn run(&self, sql: &str, with: &[Cell]) -> Result<u64, StoreError> {
        let mut statement = self
            .tx
            .prepare_cached(&numbered(sql))
            .map_err(failed(self.doing))?;
        let touched = statement
            .execute(params_from_iter(with))
            .map_err(failed(self.doing))?;
        Ok(touched as u64)
    }

    fn rows(&self, sql: &str, with: &[Cell]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self
            .tx
            .prepare_cached(&numbered(sql))
            .map_err(failed(self.doing))?;
        let columns = statement.column_count();
        let rows = statement
            .query_map(params_from_iter(with), |row| {
                (0..columns)
                    .map(|at| {
                        Ok(match row.get(at)? {
                            Value::Null => Cell::Int(None),
                            Value::Integer(number) => Cell::Int(Some(number)),
                            Value::Text(text) => Cell::Text(Some(text)),
                            Value::Blob(bytes) => Cell::Blob(Some(bytes)),
                            Value::Real(_) => {
                                return Err(rusqlite::Error::InvalidColumnType(
                                    at,
                                    String::new(),
                                    rusqlite::types::Type::Real,
                                ));
                            }
                        })
                    })
                    .collect::<rusqlite::Result<Vec<Cell>>>()
                    .map(Row::new)
            })
            .map_err(failed(self.doing))?;
        rows.collect::<rusqlite::Result<_>>()
            .map_err(failed(self.doing))
    }

    fn claim(&self, sql: &str, _table: &str, with: &[Cell]) -> Result<Vec<Row>, StoreError> {
        self.rows(sql, with)
    }

    fn audit(&self, entry: AuditEntry) {
        self.audit.borrow_mut().push(entry);
    }
}

impl Transacts for SqliteStore {
    async fn transact<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&dyn Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.with(doing, move |c| {
            let tx = SqliteTx {
                tx: begin(c, doing)?,
                doing,
                audit: RefCell::default(),
            };
            let done = work(&tx)?;
            for entry in tx.audit.into_inner() {
                append_audit(&tx.tx, &entry)?;
            }
            tx.tx.commit().map_err(failed(doing))?;
            Ok(done)
        })
        .await
    }

    async fn ask(
        &self,
        doing: &'static str,
        sql: String,
        with: Vec<Cell>,
    ) -> Result<Vec<Row>, StoreError> {
        self.transact(doing, move |tx| tx.rows(&sql, &with)).await
    }
}

impl Forgets for SqliteStore {
    async fn forget(&self) -> Result<(), StoreError> {
        // freed bytes are overwritten as they are freed (secure_delete); earlier pages still stand in the write-ahead log
        self.with("emptying the log of erased rows", |c| {
            let doing = "emptying the log of erased rows";
            let busy: i64 = c
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                .map_err(failed(doing))?;
            if busy == 0 {
                Ok(())
            } else {
                Err(StoreError::Unavailable {
                    doing,
                    source: "somebody is reading: the log could not be emptied".into(),
                })
            }
        })
        .await
    }
}

/// What the decision that accepts a filing writes for this part: its event, and what a loss ends.
pub(super) fn accepted(tx: &Transaction<'_>, decision: &Decision) -> Result<(), StoreError> {
    const DOING: &str = "noting what follows from a decision";
    let id = decision.filing.as_bytes().as_slice();
    for sql in AFTER_DECISION {
        tx.execute(&numbered(sql), params![id, decision.at])
            .map_err(failed(DOING))?;
    }
    for sql in AFTER_LOSS.iter().chain(&services::AFTER_LOSS) {
        tx.execute(&numbered(sql), params![id, decision.at, decision.actor])
            .map_err(failed(DOING))?;
    }
    Ok(())
}
