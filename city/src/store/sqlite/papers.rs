//! Exports and numbers of addressees, in the SQLite store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use ubugoe_protocol::FilingId;

use super::read::filing_id;
use super::write::{append_audit, begin};
use super::{SqliteStore, failed};
use crate::casework::audit::AuditEntry;
use crate::store::papers::{ExportRow, NewExport, PapersStore};
use crate::store::{StoreError, fixed, unsigned};

#[async_trait]
impl PapersStore for SqliteStore {
    async fn ready_to_export(
        &self,
        procedure: &str,
        layout: &str,
        since: i64,
        again: bool,
    ) -> Result<Vec<FilingId>, StoreError> {
        let (procedure, layout) = (procedure.to_owned(), layout.to_owned());
        self.with("listing what can be exported", move |c| {
            ready(c, &procedure, &layout, (since, again))
        })
        .await
    }

    async fn note_export(&self, export: NewExport) -> Result<bool, StoreError> {
        self.with("recording an export", move |c| note(c, &export))
            .await
    }

    async fn exports(&self, limit: u32) -> Result<Vec<ExportRow>, StoreError> {
        self.with("listing exports", move |c| list(c, limit)).await
    }

    async fn keep_addressees(
        &self,
        pairs: BTreeMap<String, String>,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        self.with("keeping addressees", move |c| keep(c, &pairs, &entry))
            .await
    }

    async fn addressees(
        &self,
        serials: Vec<String>,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        self.with("reading addressees", move |c| numbers(c, &serials))
            .await
    }
}

fn ready(
    c: &Connection,
    procedure: &str,
    layout: &str,
    (since, again): (i64, bool),
) -> Result<Vec<FilingId>, StoreError> {
    const DOING: &str = "listing what can be exported";
    let mut statement = c
        .prepare(
            "SELECT f.id FROM filings f
             WHERE f.procedure = ?1 AND f.state = 'accepted'
               AND (SELECT max(h.at) FROM history h WHERE h.filing = f.id AND h.state = 'accepted') >= ?3
               AND (?4 OR NOT EXISTS (SELECT 1 FROM exported e WHERE e.filing = f.id AND e.layout = ?2))
             ORDER BY f.arrival_no",
        )
        .map_err(failed(DOING))?;
    let ids = statement
        .query_map(params![procedure, layout, since, again], |row| row.get(0))
        .and_then(Iterator::collect::<Result<Vec<Vec<u8>>, _>>)
        .map_err(failed(DOING))?;
    ids.iter().map(|id| filing_id(id)).collect()
}

fn note(c: &mut Connection, export: &NewExport) -> Result<bool, StoreError> {
    const DOING: &str = "recording an export";
    let tx = begin(c, DOING)?;
    tx.execute(
        "INSERT INTO exports (layout, at, actor, sha256) VALUES (?1, ?2, ?3, ?4)",
        params![
            export.layout,
            export.at,
            export.actor,
            export.sha256.as_slice()
        ],
    )
    .map_err(failed(DOING))?;
    let id = tx.last_insert_rowid();
    for filing in &export.filings {
        let inserted = tx
            .execute(
                "INSERT INTO exported (export, filing, layout)
                 SELECT ?1, f.id, ?3 FROM filings f WHERE f.id = ?2 AND f.state = 'accepted'
                   AND (?4 OR NOT EXISTS (SELECT 1 FROM exported e WHERE e.filing = f.id AND e.layout = ?3))",
                params![
                    id,
                    filing.as_bytes().as_slice(),
                    export.layout,
                    export.again
                ],
            )
            .map_err(failed(DOING))?;
        if inserted == 0 {
            return Ok(false);
        }
        append_audit(&tx, &export.audit_entry(*filing))?;
    }
    tx.commit().map_err(failed(DOING))?;
    Ok(true)
}

fn list(c: &Connection, limit: u32) -> Result<Vec<ExportRow>, StoreError> {
    const DOING: &str = "listing exports";
    let mut statement = c
        .prepare(
            "SELECT x.id, x.layout, x.at, x.actor, x.sha256,
                    (SELECT count(*) FROM exported e WHERE e.export = x.id)
             FROM exports x ORDER BY x.id DESC LIMIT ?1",
        )
        .map_err(failed(DOING))?;
    let rows = statement
        .query_map([limit], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get::<_, Vec<u8>>(4)?,
                row.get(5)?,
            ))
        })
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed(DOING))?;
    rows.into_iter()
        .map(|(id, layout, at, actor, sha256, filings)| {
            Ok(ExportRow {
                id,
                layout,
                at,
                actor,
                sha256: fixed("export digest", &sha256)?,
                filings: unsigned("exported filings", filings)?,
            })
        })
        .collect()
}

fn keep(
    c: &mut Connection,
    pairs: &BTreeMap<String, String>,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping addressees";
    let tx = begin(c, DOING)?;
    for (serial, number) in pairs {
        tx.execute(
            "INSERT INTO addressees (serial, number, imported_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (serial) DO UPDATE SET number = excluded.number, imported_at = excluded.imported_at
             WHERE number <> excluded.number",
            params![serial, number, entry.at],
        )
        .map_err(failed(DOING))?;
    }
    append_audit(&tx, entry)?;
    tx.commit().map_err(failed(DOING))
}

fn numbers(c: &Connection, serials: &[String]) -> Result<BTreeMap<String, String>, StoreError> {
    const DOING: &str = "reading addressees";
    let mut statement = c
        .prepare("SELECT number FROM addressees WHERE serial = ?1")
        .map_err(failed(DOING))?;
    let mut known = BTreeMap::new();
    for serial in serials {
        let number = statement
            .query_row([serial], |row| row.get(0))
            .optional()
            .map_err(failed(DOING))?;
        known.extend(number.map(|number| (serial.clone(), number)));
    }
    Ok(known)
}
