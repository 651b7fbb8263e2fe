//! What is kept about handing filings on to core systems: exports, and numbers of addressees.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ubugoe_protocol::FilingId;

use super::StoreError;
use crate::casework::audit::AuditEntry;

/// An export to be recorded.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// Which layout.
    pub layout: String,
    /// Unix seconds.
    pub at: i64,
    /// Staff account id, or `system` from the command line.
    pub actor: String,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// The filings in it, in the file's order.
    pub filings: Vec<FilingId>,
    /// Whether filings that left before may leave again.
    pub again: bool,
}

impl NewExport {
    /// The line the audit chain gets for each filing.
    pub(crate) fn audit_entry(&self, filing: FilingId) -> AuditEntry {
        AuditEntry {
            at: self.at,
            actor: self.actor.clone(),
            action: "filing.exported".to_owned(),
            subject: filing.to_string(),
            detail: format!("layout={} sha256={}", self.layout, hex::encode(self.sha256)),
        }
    }
}

/// An export of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    /// Running number.
    pub id: i64,
    /// Which layout.
    pub layout: String,
    /// Unix seconds.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// How many filings.
    pub filings: u64,
}

/// Handing on to core systems.
#[async_trait]
pub trait PapersStore: Send + Sync {
    /// Accepted filings of a procedure, accepted at or after `since`, by arrival number; without `again` only those that did
    /// not leave in this layout yet.
    async fn ready_to_export(
        &self,
        procedure: &str,
        layout: &str,
        since: i64,
        again: bool,
    ) -> Result<Vec<FilingId>, StoreError>;
    /// Records an export and its audit lines in one transaction. `false`: one of them left in the meantime, or is not accepted;
    /// nothing was recorded, and the file must not be given away.
    async fn note_export(&self, export: NewExport) -> Result<bool, StoreError>;
    /// Exports, newest first.
    async fn exports(&self, limit: u32) -> Result<Vec<ExportRow>, StoreError>;
    /// Keeps numbers of addressees by certificate serial, with one audit line; one transaction.
    async fn keep_addressees(
        &self,
        pairs: BTreeMap<String, String>,
        entry: AuditEntry,
    ) -> Result<(), StoreError>;
    /// The numbers known for these certificate serials.
    async fn addressees(
        &self,
        serials: Vec<String>,
    ) -> Result<BTreeMap<String, String>, StoreError>;
}
