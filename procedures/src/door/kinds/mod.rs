//! The kinds of question, one file each, and their table.

mod checkup;
mod deadline;
mod vaccine;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[
    Entry::of::<deadline::Deadline>(),
    Entry::of::<vaccine::VaccineKind>(),
    Entry::of::<checkup::CheckupKind>(),
];
