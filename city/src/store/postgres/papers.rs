//! Exports and numbers of addressees, in the PostgreSQL store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ubugoe_protocol::FilingId;

use super::prepared::Asks as _;
use super::read::col;
use super::write::{append_all, append_audit};
use super::{PostgresStore, failed};
use crate::casework::audit::AuditEntry;
use crate::store::papers::{ExportRow, NewExport, PapersStore};
use crate::store::{StoreError, fixed, unsigned};

#[async_trait]
impl PapersStore for PostgresStore {
    async fn ready_to_export(
        &self,
        procedure: &str,
        layout: &str,
        since: i64,
        again: bool,
    ) -> Result<Vec<FilingId>, StoreError> {
        const DOING: &str = "listing what can be exported";
        let rows = self
            .client(DOING)
            .await?
            .query(
                "SELECT f.id FROM filings f
                 WHERE f.procedure = $1 AND f.state = 'accepted'
                   AND (SELECT max(h.at) FROM history h WHERE h.filing = f.id AND h.state = 'accepted') >= $3
                   AND ($4 OR NOT EXISTS (SELECT 1 FROM exported e WHERE e.filing = f.id AND e.layout = $2))
                 ORDER BY f.arrival_no",
                &[&procedure, &layout, &since, &again],
            )
            .await
            .map_err(failed(DOING))?;
        rows.iter()
            .map(|row| Ok(FilingId::from_bytes(fixed("filing id", col(row, 0)?)?)))
            .collect()
    }

    async fn note_export(&self, export: NewExport) -> Result<bool, StoreError> {
        const DOING: &str = "recording an export";
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        // one at a time: the condition below looks at rows that another may be adding
        tx.execute("LOCK TABLE exported IN EXCLUSIVE MODE", &[])
            .await
            .map_err(failed(DOING))?;
        let row = tx
            .query_one(
                "INSERT INTO exports (layout, at, actor, sha256) VALUES ($1, $2, $3, $4) RETURNING id",
                &[
                    &export.layout,
                    &export.at,
                    &export.actor,
                    &export.sha256.as_slice(),
                ],
            )
            .await
            .map_err(failed(DOING))?;
        let id: i64 = col(&row, 0)?;
        for filing in &export.filings {
            let inserted = tx
                .execute(
                    "INSERT INTO exported (export, filing, layout)
                     SELECT $1, f.id, $3::text FROM filings f WHERE f.id = $2 AND f.state = 'accepted'
                       AND ($4 OR NOT EXISTS (SELECT 1 FROM exported e WHERE e.filing = f.id AND e.layout = $3::text))",
                    &[
                        &id,
                        &filing.as_bytes().as_slice(),
                        &export.layout,
                        &export.again,
                    ],
                )
                .await
                .map_err(failed(DOING))?;
            if inserted == 0 {
                return Ok(false);
            }
        }
        let lines: Vec<AuditEntry> = export
            .filings
            .iter()
            .map(|filing| export.audit_entry(*filing))
            .collect();
        append_all(&tx, &lines).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(true)
    }

    async fn exports(&self, limit: u32) -> Result<Vec<ExportRow>, StoreError> {
        const DOING: &str = "listing exports";
        let rows = self
            .client(DOING)
            .await?
            .query(
                "SELECT x.id, x.layout, x.at, x.actor, x.sha256,
                        (SELECT count(*) FROM exported e WHERE e.export = x.id)
                 FROM exports x ORDER BY x.id DESC LIMIT $1",
                &[&i64::from(limit)],
            )
            .await
            .map_err(failed(DOING))?;
        rows.iter()
            .map(|row| {
                Ok(ExportRow {
                    id: col(row, 0)?,
                    layout: col(row, 1)?,
                    at: col(row, 2)?,
                    actor: col(row, 3)?,
                    sha256: fixed("export digest", col(row, 4)?)?,
                    filings: unsigned("exported filings", col(row, 5)?)?,
                })
            })
            .collect()
    }

    async fn keep_addressees(
        &self,
        pairs: BTreeMap<String, String>,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        const DOING: &str = "keeping addressees";
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let (serials, numbers): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        tx.execute(
            "INSERT INTO addressees (serial, number, imported_at)
             SELECT s, n, $3 FROM unnest($1::text[], $2::text[]) AS new (s, n)
             ON CONFLICT (serial) DO UPDATE SET number = excluded.number, imported_at = excluded.imported_at
             WHERE addressees.number <> excluded.number",
            &[&serials, &numbers, &entry.at],
        )
        .await
        .map_err(failed(DOING))?;
        append_audit(&tx, &entry).await?;
        tx.commit().await.map_err(failed(DOING))
    }

    async fn addressees(
        &self,
        serials: Vec<String>,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        const DOING: &str = "reading addressees";
        let rows = self
            .client(DOING)
            .await?
            .query(
                "SELECT serial, number FROM addressees WHERE serial = ANY($1)",
                &[&serials],
            )
            .await
            .map_err(failed(DOING))?;
        rows.iter()
            .map(|row| Ok((col(row, 0)?, col(row, 1)?)))
            .collect()
    }
}
