//! The line: everything a birth sets off for one family, from pregnancy to school entry: what is due, for whom, to whom, by
//! when, why, how much, what is missing, what can be done now, and what will happen without being asked.
//!
//! [`line`] computes it from a [`Family`] and the catalogue; [`filings`] groups it by recipient; [`plan`] is the part of it
//! that the bedside kiosk files. Pure: the day is handed in. What nobody has said becomes a question, never a guess.
//!
//! # What must never happen
//!
//! After a loss no message about the lost child's future leaves this module, and none at all where no child lives: no
//! congratulation, gift, vaccination, check-up, nursery place or offer. The mother's rights stay. A protected family's
//! municipality is not named, and the other parent acts in nothing.

mod amount;
mod bedside;
mod family;
mod item;
mod known;
mod render;
pub(crate) mod words;
mod work;

use jiff::civil::Date;

pub use bedside::{Due, Line, LineItem, due, plan};
pub use family::{
    Child, Delivery, Family, Other, Parent, Places, Pregnancy, Stillbirth, Told, Whom,
};
pub use item::{
    Ahead, Amount, Deadline, Edge, FamilyLine, FilingGroup, Item, Paper, Question, Recipient, Span,
    Status, Why, filings,
};
pub use render::render;
pub use words::{Words, WordsError};
pub(crate) use work::{counted, sure};

use crate::catalogue::{Catalogue, Domain};

/// Who reads the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audience {
    /// The family, perhaps with somebody beside the bed.
    #[default]
    Parents,
    /// Staff of the ward or of the municipality.
    Staff,
}

/// What a line rests on beside the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around {
    /// Who reads it.
    pub audience: Audience,
    /// The part of life.
    pub domain: Domain,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            audience: Audience::Parents,
            domain: Domain::Childcare,
        }
    }
}

/// The line of a family on a day.
#[must_use]
pub fn line<'c>(
    catalogue: &'c Catalogue,
    family: &Family,
    today: Date,
    around: &Around,
) -> FamilyLine<'c> {
    work::Work::new(catalogue, family, today, around).line()
}
