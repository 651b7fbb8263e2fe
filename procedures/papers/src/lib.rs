//! Papers: a filing as its form looks, to be kept or to be handed in, what is due where, and receipts of dots.
//!
//! Answers for what stands where on paper. Pure: bytes of typefaces and values in, a file or a picture out. Shows what was
//! signed or said and decides nothing; where an address is to be hidden, it is not in the file at all. City and kiosk set the same
//! forms. Decisions 0017 and 0026.

mod birth;
mod breaks;
mod case;
mod due;
mod fonts;
mod form;
mod lines;
mod picture;
mod receipt;
pub mod sheet;
mod slip;
mod standing;
mod words;

use ubugoe_procedures::{Lang, ParsedFiling, ParsedRow, Procedure, tells_where};

pub use case::{Fontcase, ReadFont};
pub use due::{DueItem, DueOffice, DueSheet, due};
pub use fonts::{DEBIAN_FONTS, DEBIAN_RECEIPT_FONTS, FontProblem, Fonts};
pub use picture::Picture;
pub use receipt::{Code, Receipt, ReceiptEntry, State, receipt};
pub use sheet::Paper;
pub use slip::{Slip, slip};
pub use standing::{Received, Standing};

/// A filing as its paper form looks: the birth notification on A3 with the certificate beside it, every other one on A4.
/// `hidden` stands where an address would be, if it is to be hidden.
///
/// # Errors
/// [`FontProblem`].
pub fn paper(
    fonts: &Fonts,
    filing: &ParsedFiling,
    procedure: Option<&Procedure>,
    standing: &Standing<'_>,
    hidden: Option<&'static str>,
) -> Result<Paper, FontProblem> {
    let by_hand = matches!(standing, Standing::ToHandIn(_));
    let mut values = Values::new(filing, procedure, hidden, by_hand);
    if is_birth(filing) {
        birth::paper(fonts, &mut values, standing)
    } else {
        form::paper(fonts, &values, standing)
    }
}

/// Whether the form is on A3: the birth notification is.
#[must_use]
pub fn is_birth(filing: &ParsedFiling) -> bool {
    filing.procedure.as_str() == "shussei_todoke"
}

/// A filing's values by field, and which of them already stand on the paper.
struct Values<'a> {
    filing: &'a ParsedFiling,
    procedure: Option<&'a Procedure>,
    hidden: Option<&'static str>,
    by_hand: bool,
    placed: Vec<&'a str>,
}

impl<'a> Values<'a> {
    fn new(
        filing: &'a ParsedFiling,
        procedure: Option<&'a Procedure>,
        hidden: Option<&'static str>,
        by_hand: bool,
    ) -> Self {
        Self {
            filing,
            procedure,
            hidden,
            by_hand,
            placed: Vec::new(),
        }
    }

    fn row(&self, path: &str) -> Option<&'a ParsedRow> {
        self.filing
            .rows
            .iter()
            .find(|row| row.path.as_str() == path)
    }

    /// A row's words on this paper.
    fn words(&self, row: &'a ParsedRow) -> &'a str {
        match self.hidden {
            Some(words) if tells_where(row.path.as_str(), row.private) => words,
            _ => row.shown.get(Lang::Ja),
        }
    }

    /// A value, which stands on the paper from now on; empty if the filing has none.
    fn take(&mut self, path: &str) -> &'a str {
        let Some(row) = self.row(path) else {
            return "";
        };
        self.placed.push(row.path.as_str());
        self.words(row)
    }

    /// The options of a choice, each with whether it was taken.
    fn options(&mut self, path: &str) -> Vec<(&'a str, bool)> {
        let chosen = self.take(path);
        let field = self.procedure.and_then(|known| known.form.field(path));
        let options: Vec<(&str, bool)> = field.map_or_else(Vec::new, |field| {
            let words = field
                .options
                .iter()
                .map(|option| option.on_form().get(Lang::Ja));
            words.map(|words| (words, words == chosen)).collect()
        });
        // an older form's words, or a hidden value: as it was signed
        if chosen.is_empty() || options.iter().any(|(_, taken)| *taken) {
            options
        } else {
            vec![(chosen, true)]
        }
    }

    /// Whether a field has a place on paper: whether protection was asked for has none, and how it is signed has none where
    /// it is signed by hand.
    fn shows(&self, path: &str) -> bool {
        !(path.ends_with(".confidential") || self.by_hand && path.starts_with("sign"))
    }

    /// Everything that does not stand on the paper yet. Whether protection was asked for is never printed.
    fn rest(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.filing
            .rows
            .iter()
            .filter(|row| {
                let path = row.path.as_str();
                !self.placed.contains(&path) && self.shows(path)
            })
            .map(|row| (row.label.get(Lang::Ja), self.words(row)))
    }
}

/// Choices as boxes to tick.
fn ticked(options: &[(&str, bool)]) -> String {
    options
        .iter()
        .map(|(words, taken)| format!("{}{words}", if *taken { "■" } else { "□" }))
        .collect::<Vec<_>>()
        .join("\u{3000}")
}
