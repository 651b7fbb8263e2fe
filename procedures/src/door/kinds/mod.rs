//! The kinds of question, one file each, and their table.

mod deadline;
mod matching;
mod nursery;
mod points;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[
    Entry::of::<deadline::Deadline>(),
    Entry::of::<nursery::Nursery>(),
    Entry::of::<points::Points>(),
    Entry::of::<matching::Match>(),
];
