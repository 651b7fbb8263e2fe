//! The kinds of question, one file each, and their table.

mod allowance;
mod because;
mod benefit;
mod checkup;
mod claim;
mod code;
mod deadline;
mod flags;
mod furigana;
pub(super) mod lint;
mod loose;
mod matching;
mod name;
mod nursery;
mod plan;
mod points;
mod portable_id;
mod postcode;
mod recommend;
mod registry;
mod vaccine;

use super::Entry;

/// Every kind, in the order of `--help`.
pub(super) const ALL: &[Entry] = &[
    Entry::of::<allowance::Allowance>(),
    Entry::of::<benefit::Benefit>(),
    Entry::of::<claim::Claim>(),
    Entry::of::<deadline::Deadline>(),
    Entry::of::<vaccine::VaccineKind>(),
    Entry::of::<checkup::CheckupKind>(),
    Entry::of::<plan::Plan>(),
    Entry::of::<recommend::Recommend>(),
    Entry::of::<name::Name>(),
    Entry::of::<furigana::Furigana>(),
    Entry::of::<code::Code>(),
    Entry::of::<postcode::PostcodeKind>(),
    Entry::of::<lint::Lint>(),
    Entry::of::<portable_id::PortableId>(),
    Entry::of::<registry::Registry>(),
    Entry::of::<nursery::Nursery>(),
    Entry::of::<points::Points>(),
    Entry::of::<matching::Match>(),
];
