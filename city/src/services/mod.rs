//! What the family's services rest on, without a database and without a page: times for check-ups read from a file, the calendar
//! file of a booking, and what a family can apply for in which round of nursery places.
//!
//! Pure: bytes, days and moments are handed in. Rules of the domain are asked of `ubugoe-procedures`, never written again here.

pub mod calendar;
pub mod nursery;
pub mod slots;

/// The procedure whose item of the line opens the vaccinations.
pub const VACCINES: &str = "yobosesshu";
/// … the gift.
pub const GIFT: &str = "kinenhin";
/// … the nurseries.
pub const NURSERY: &str = "hoiku_nintei_riyo";
