//! The kinds of question, one file each, and their table.

mod allowance;
mod because;
mod benefit;
mod claim;
mod deadline;
mod loose;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[
    Entry::of::<allowance::Allowance>(),
    Entry::of::<benefit::Benefit>(),
    Entry::of::<claim::Claim>(),
    Entry::of::<deadline::Deadline>(),
];
