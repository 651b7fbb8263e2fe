//! Any bytes as a filing's canonical form. What is read is written to the very same bytes.

use ubugoe_procedures::{Filing, Lang};

use crate::Verdict;
use crate::real::CATALOGUE;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Ok(filing) = Filing::parse(bytes) else {
        return Verdict::Refused;
    };
    assert_eq!(filing.canonical(), bytes, "two spellings of one filing");
    for lang in [Lang::Ja, Lang::En] {
        let shown: usize = filing.sections(lang).iter().map(|s| s.rows.len()).sum();
        assert_eq!(shown, filing.rows.len(), "a row is signed and not shown");
    }
    let _answers = filing.answers();
    if let Some(procedure) = CATALOGUE.procedure(&filing.procedure) {
        let _agrees = filing.agrees_with(procedure);
    }
    Verdict::Taken
}
