//! The kinds of question, one file each, and their table.

mod deadline;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[Entry::of::<deadline::Deadline>()];
