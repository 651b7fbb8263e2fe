//! Conditions on a family's facts: the typed tree that stands in the catalogue, compiled once to a flat program.
//!
//! This is the engine behind "is it due for this family, and why". It rests on [`Vocabulary`] (the facts there are, as
//! data) and [`Records`] (what is known of one family). Everything is three-valued: what rests on a fact nobody knows is
//! neither yes nor no. Evaluating asks nobody, knows no clock (the day is the fact `today`), and without a trace
//! allocates nothing.
//!
//! Not for the answers of a form: whether a *field* is asked is said with [`crate::When`].
//!
//! - `facts`: the vocabulary, and the slots a family's facts stand in.
//! - `dates`: the date words (`plus`, `reaches`, `fiscal_year_end_after_reaching` …) on numbered days.
//! - `raw`: a condition as it is written in TOML. `resolve`: names looked up, types checked.
//! - `tree`: the checked tree, with the plain recursive evaluation that the program is tested against.
//! - `program`: the flat program. `trace`: the answer with its reasons. `change`: what would change it.
//! - `cases`: tables that choose one thing. `analysis`: their overlaps and gaps.

mod analysis;
mod cases;
mod change;
mod dates;
mod facts;
mod program;
pub(crate) mod raw;
pub(crate) mod resolve;
mod trace;
mod tree;
mod verdict;

pub use analysis::{Finding, Witness};
pub(crate) use analysis::{exceptions as exception_findings, table as table_findings};
pub use cases::{Case, Cases, Chosen, Day};
pub use change::{Change, Hinge, Ways};
pub use facts::{Fact, FactError, FactKind, FactValue, Focus, Records, Scope, Slot, Vocabulary};
pub use program::Rule;
pub use resolve::RuleError;
pub use trace::{Seen, Trace, TraceStep};
pub use verdict::Verdict;
