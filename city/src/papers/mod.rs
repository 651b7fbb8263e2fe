//! Papers: a filing as its form looks, notices of its result, and the family's leaflet, as PDF.
//!
//! Answers for what stands where on paper. Pure: bytes of typefaces and values in, a file out. Shows what the signed bytes
//! say and decides nothing; where an address is to be hidden, it is not in the file at all. Decision 0017.

mod birth;
mod breaks;
mod case;
mod fonts;
mod form;
mod leaflet;
mod notice;
mod sheet;

use ubugoe_procedures::{Lang, ParsedFiling, ParsedRow, Procedure};

use crate::casework;

pub use case::{Fontcase, ReadFont};
pub use fonts::{DEBIAN_FONTS, FontProblem, Fonts};
pub use leaflet::{Leaflet, LeafletLine, leaflet};
pub use notice::{Notice, Outcome, notice};
pub use sheet::Paper;

/// What stands where an address is hidden.
const HIDDEN: &str = "●●●（非表示）";

/// What the receiving office knows beside the signed bytes.
#[derive(Debug, Clone)]
pub struct Received {
    /// The office's name in Japanese.
    pub office: String,
    /// 到達番号.
    pub arrival_no: u64,
    /// Moment of arrival in Japanese words.
    pub arrived: String,
    /// Moment of acceptance in Japanese words, if accepted.
    pub accepted: Option<String>,
    /// SHA-256 of the signed bytes, lower-case hexadecimal.
    pub digest: String,
}

/// A filing as its paper form looks: the birth notification on A3 with the certificate beside it, every other one on A4.
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
    let mut values = Values::new(filing, procedure, masked);
    if filing.procedure.as_str() == "shussei_todoke" {
        birth::paper(fonts, &mut values, received)
    } else {
        form::paper(fonts, &values, received)
    }
}

/// A filing's values by field, and which of them already stand on the paper.
struct Values<'a> {
    filing: &'a ParsedFiling,
    procedure: Option<&'a Procedure>,
    masked: bool,
    placed: Vec<&'a str>,
}

impl<'a> Values<'a> {
    fn new(filing: &'a ParsedFiling, procedure: Option<&'a Procedure>, masked: bool) -> Self {
        Self {
            filing,
            procedure,
            masked,
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
        if self.masked && casework::tells_where(row.path.as_str(), row.private) {
            HIDDEN
        } else {
            row.shown.get(Lang::Ja)
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

    /// Everything that does not stand on the paper yet. Whether protection was asked for is never printed.
    fn rest(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.filing
            .rows
            .iter()
            .filter(|row| {
                let path = row.path.as_str();
                !self.placed.contains(&path) && !path.ends_with(".confidential")
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
