//! The portable ID: what a person declares about themselves, as a short code that grows with every answer, and what of
//! it may leave the device.
//!
//! ```text
//!  answers ──▶ Declared ──▶ Code 12 → 1230 → 1230A → 1230A64      stays on the device, is shown
//!                 │
//!                 ▼  generalise(counts): coarser until at least K_MIN households fit
//!             Released ──▶ KeyRing::scramble(site, randomness) ──▶ Token   the only thing that leaves
//!                                                                    │
//!                            KeyRing::open(site, today's epoch) ◀────┘   at the service, for two weeks
//! ```
//!
//! The types keep the order: a [`Token`] is made from a [`Released`], and a [`Released`] is made only by [`generalise`].
//! What is plain ([`Declared`], [`Code`], [`Released`], [`Opened`], keys, randomness) cannot be serialised and shows
//! nothing in `{:?}`.
//!
//! It must never identify anybody: it is not an identifier in an application, it is never the same twice, and no
//! personal data goes into the counts. It makes no randomness, keeps no time and sends nothing. What the sources say
//! about it, what is our reading, the figures and the note on patent JP5640235 stand in `docs/portable-id.md`.

mod counts;
mod declared;
mod ladder;
mod table;
mod token;

pub use counts::{Counts, CountsError, HouseholdShares, PublicCounts};
pub use declared::{Answer, Code, DeclareError, Declared};
pub use ladder::{Generalised, K_MIN, Released, generalise};
pub use table::{Fact, Modifier, Rung, RungTo, Slot, SlotOption, SlotTable, TableError};
pub use token::{
    Epoch, KeyRing, Opened, RANDOM_BITS, Randomness, RotateError, SiteId, Token, TokenError,
};
