//! From the store to a file of a layout: what is ready, as records.
//!
//! Answers for gathering. Nothing is recorded here: whoever gives the file away calls
//! [`note_export`](crate::store::PapersStore::note_export) first, and gives nothing away if that says no.

use sha2::{Digest, Sha256};
use ubugoe_procedures::Filing;
use ubugoe_protocol::FilingId;

use super::{Format, Layout, ReadError, Record, Report, encode, rows};
use crate::casework::FilingState;
use crate::jst;
use crate::store::{FilingRecord, NewExport, Store, StoreError};

/// Why no file could be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// The file.
    #[error("the file cannot be written")]
    File(#[from] ReadError),
}

/// A file that is ready to be recorded and given away.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The file.
    pub bytes: Vec<u8>,
    /// What is in it.
    pub filings: Vec<FilingId>,
    /// What was held back, and what is to be known.
    pub report: Report,
}

impl Prepared {
    /// What the store records before the file is given away.
    #[must_use]
    pub fn record(&self, layout: &Layout, at: i64, actor: &str, again: bool) -> NewExport {
        NewExport {
            layout: layout.id.clone(),
            at,
            actor: actor.to_owned(),
            sha256: Sha256::digest(&self.bytes).into(),
            filings: self.filings.clone(),
            again,
        }
    }
}

/// Gathers what is ready and makes the file.
///
/// # Errors
/// [`ExportError`].
pub async fn prepare(
    store: &dyn Store,
    layout: &Layout,
    format: Format,
    (since, again): (i64, bool),
) -> Result<Prepared, ExportError> {
    let ids = store
        .ready_to_export(&layout.procedure, &layout.id, since, again)
        .await?;
    let mut records = Vec::with_capacity(ids.len());
    let mut serials = Vec::new();
    for id in &ids {
        let record = store.filing(*id).await?;
        let Some(record) = record.and_then(|record| as_record(&record)) else {
            continue;
        };
        serials.extend(record.serial.clone());
        records.push(record);
    }
    let numbers = store.addressees(serials).await?;
    for record in &mut records {
        let serial = record.serial.as_deref();
        record.addressee = serial.and_then(|serial| numbers.get(serial)).cloned();
    }
    let (rows, report) = rows(layout, &records);
    let (included, cells): (Vec<String>, Vec<_>) = rows.into_iter().unzip();
    Ok(Prepared {
        bytes: encode(layout, format, &cells)?,
        filings: ids
            .into_iter()
            .filter(|id| included.contains(&id.to_string()))
            .collect(),
        report,
    })
}

/// None for bytes that this program cannot read: they were accepted by an officer who read the original.
fn as_record(record: &FilingRecord) -> Option<Record> {
    let filing = Filing::parse(&record.canonical).ok()?;
    let accepted = record
        .history
        .iter()
        .rev()
        .find(|entry| entry.state == FilingState::Accepted)?;
    Some(Record {
        id: record.row.id.to_string(),
        arrival_no: record.row.arrival_no,
        arrived_on: jst::date(record.row.arrived_at)?.to_string(),
        accepted_on: jst::date(accepted.at)?.to_string(),
        digest: hex::encode(record.digest),
        serial: record.row.facts.signature.serial.clone(),
        addressee: None,
        filing,
    })
}
