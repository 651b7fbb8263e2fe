//! Papers of a city: a filing as its form looks, notices of its result, and the family's leaflet, as PDF.
//!
//! Answers for the city's own words on paper; forms are set by `ubugoe_papers`, as at the kiosk. Pure: bytes of typefaces and
//! values in, a file out. Decision 0017.

mod leaflet;
mod notice;

use ubugoe_papers::Standing;
use ubugoe_procedures::{ParsedFiling, Procedure};

pub use leaflet::{Leaflet, LeafletLine, leaflet};
pub use notice::{Notice, Outcome, notice};
pub use ubugoe_papers::{DEBIAN_FONTS, FontProblem, Fontcase, Fonts, Paper, Received};

/// What stands where an address is hidden.
const HIDDEN: &str = "●●●（非表示）";

/// The copy of a filing that was received, as its paper form looks.
///
/// # Errors
/// [`FontProblem`].
pub fn paper(
    fonts: &Fonts,
    filing: &ParsedFiling,
    procedure: Option<&Procedure>,
    received: &Received,
    masked: bool,
) -> Result<Paper, FontProblem> {
    let standing = Standing::Received(received);
    ubugoe_papers::paper(
        fonts,
        filing,
        procedure,
        &standing,
        masked.then_some(HIDDEN),
    )
}
