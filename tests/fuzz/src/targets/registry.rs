//! Any bytes as the registry of support schemes: records and problems, and what was read is written as it is read again.

use ubugoe_procedures::registry;

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Ok(imported) = registry::import(bytes) else {
        return Verdict::Refused;
    };
    let written = registry::export(&imported.records, imported.provenance);
    let again = registry::import(written.document().as_bytes()).expect("our own words are read");
    assert_eq!(again.records, imported.records);
    Verdict::of(!imported.records.is_empty())
}
