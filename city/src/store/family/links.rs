//! Links.

use super::Link;
use crate::store::StoreError;
use crate::store::nonstop::{Tx, cells};

pub(super) fn find(tx: &dyn Tx, token_sha256: [u8; 32]) -> Result<Option<Link>, StoreError> {
    let found = tx.rows(
        "SELECT c.token_sha256, f.id FROM cases c
         JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
         WHERE (c.recipient, c.device, c.case_id) IN (
           SELECT recipient, device, case_id FROM cases WHERE token_sha256 = $1
           UNION SELECT recipient, device, case_id FROM case_aliases WHERE token_sha256 = $1)
         ORDER BY f.case_seq, f.arrival_no LIMIT 1",
        cells![token_sha256],
    )?;
    found
        .into_iter()
        .next()
        .map(|mut row| {
            Ok(Link {
                case_ref: row.case_ref()?,
                filing: row.filing()?,
            })
        })
        .transpose()
}
