//! The kinds of question, one file each, and their table.

mod deadline;
mod portable_id;
mod registry;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[
    Entry::of::<deadline::Deadline>(),
    Entry::of::<portable_id::PortableId>(),
    Entry::of::<registry::Registry>(),
];
