//! The kinds of question, one file each, and their table.

mod deadline;
pub(super) mod lint;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[Entry::of::<deadline::Deadline>(), Entry::of::<lint::Lint>()];
