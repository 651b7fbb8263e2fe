//! The kinds of question, one file each, and their table.

mod code;
mod deadline;
mod furigana;
mod name;
mod postcode;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[
    Entry::of::<deadline::Deadline>(),
    Entry::of::<name::Name>(),
    Entry::of::<furigana::Furigana>(),
    Entry::of::<code::Code>(),
    Entry::of::<postcode::PostcodeKind>(),
];
