//! What staff print at a counter, in dots: a heading, and one line for each thing with what was found.
//!
//! Answers for how it looks. What stands on it is the caller's, and names nobody.

use crate::fonts::Fonts;
use crate::picture::Picture;
use crate::receipt::Dots;

/// A sheet of staff's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// What it is.
    pub heading: String,
    /// What it is about.
    pub about: String,
    /// When it was printed, in Japanese; `None` while the clock is not right.
    pub printed: Option<String>,
    /// Each thing, and what was found of it.
    pub lines: Vec<(String, String)>,
    /// At its end, small.
    pub note: String,
}

/// Sets it for a line of so many dots.
#[must_use]
pub fn slip(fonts: &Fonts, slip: &Slip, width: usize) -> Picture {
    let mut dots = Dots::new(fonts, width);
    dots.text(&slip.heading, 3, true);
    if let Some(printed) = &slip.printed {
        dots.text(printed, 2, true);
    }
    dots.text(&slip.about, 2, true);
    dots.rule();
    for (thing, found) in &slip.lines {
        dots.text(thing, 2, false);
        dots.text(&format!("　{found}"), 2, false);
    }
    dots.rule();
    dots.text(&slip.note, 1, false);
    dots.end()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is the failure")]
mod tests {
    use super::*;
    use crate::DEBIAN_RECEIPT_FONTS;

    #[test]
    fn every_line_is_on_it_and_every_character_is_drawn() {
        let files = DEBIAN_RECEIPT_FONTS
            .iter()
            .filter_map(|path| Some(((*path).to_owned(), std::fs::read(path).ok()?)));
        let fonts = Fonts::new(files.collect()).unwrap();
        let of = |lines: usize| Slip {
            heading: "書類の確認".to_owned(),
            about: "児童手当 認定請求書".to_owned(),
            printed: Some("令和8年11月24日 午前9時30分".to_owned()),
            lines: (0..lines)
                .map(|n| (format!("葛\u{E0100}城の写し {n}"), "原本を見た".to_owned()))
                .collect(),
            note: "名前はのっていません。".to_owned(),
        };
        for width in [384, 576] {
            let (few, many) = (slip(&fonts, &of(1), width), slip(&fonts, &of(9), width));
            assert_eq!((few.width(), few.missing.len()), (width, 0));
            assert!(many.bytes().len() > few.bytes().len());
        }
    }
}
