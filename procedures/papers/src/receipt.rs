//! The receipt of a visit, in dots: how far each filing has come, and the codes that prove it and lead on.
//!
//! Answers for the receipt's words. It names nobody, no address and no value of a filing, and it congratulates nobody.

use ubugoe_procedures::Tongue;

use crate::fonts::Fonts;
use crate::picture::Picture;
use crate::words::Say;

/// How far a filing has come. Only the city's signed words go past `Stored`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// On this machine, or on its way.
    Stored,
    /// 到達.
    Arrived,
    /// 受理.
    Accepted,
    /// 補正.
    Returned,
}

/// One filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptEntry {
    /// Title of the procedure in Japanese.
    pub title: String,
    /// The same in the visitor's language, if another.
    pub also: Option<String>,
    /// Which child it is for, where there are several, from 1.
    pub child: Option<usize>,
    /// Where it goes.
    pub to: String,
    /// How far it has come.
    pub state: State,
    /// 到達番号.
    pub arrival_no: Option<u64>,
    /// When it arrived, in Japanese.
    pub at: Option<String>,
    /// The beginning of the digest of what was signed, to compare by eye.
    pub check: String,
}

/// A code to be read by a phone or at a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A city's signed receipt.
    Signed {
        /// Whose.
        city: String,
        /// Its text.
        text: String,
    },
    /// The family's page at a city.
    Page {
        /// Whose.
        city: String,
        /// Its address.
        text: String,
    },
}

/// What a receipt is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The visitor's language.
    pub tongue: Tongue,
    /// When it was printed, in Japanese; `None` while the clock is not right.
    pub printed: Option<String>,
    /// The filings.
    pub entries: Vec<ReceiptEntry>,
    /// The codes, of every city.
    pub codes: Vec<Code>,
}

/// Sets a receipt for a line of so many dots.
#[must_use]
pub fn receipt(fonts: &Fonts, receipt: &Receipt, width: usize) -> Picture {
    let mut sheet = Dots::new(fonts, width);
    sheet.say(Say::Receipt, receipt.tongue, 3, true);
    if let Some(printed) = &receipt.printed {
        sheet.text(printed, 2, true);
    }
    sheet.rule();
    for entry in &receipt.entries {
        sheet.entry(entry, receipt.tongue);
        sheet.rule();
    }
    for code in &receipt.codes {
        sheet.code(code, receipt.tongue);
    }
    sheet.say(Say::NoNames, receipt.tongue, 1, false);
    sheet.end()
}

/// A roll's sheet under way.
pub(crate) struct Dots<'a> {
    fonts: &'a Fonts,
    picture: Picture,
    y: usize,
    size: u16,
}

impl<'a> Dots<'a> {
    /// For a line of so many dots.
    pub(crate) fn new(fonts: &'a Fonts, width: usize) -> Self {
        Self {
            fonts,
            picture: Picture::new(width),
            y: 12,
            // a narrow line has smaller letters
            size: if width < 500 { 22 } else { 26 },
        }
    }

    /// The whole of it.
    pub(crate) fn end(self) -> Picture {
        self.picture
    }

    /// Sizes: 1 small, 2 ordinary, 3 a heading.
    pub(crate) fn text(&mut self, text: &str, size: u16, middle: bool) {
        let dots = match size {
            1 => self.size - 4,
            2 => self.size,
            _ => self.size + 14,
        };
        self.y = self.picture.text(self.fonts, self.y, text, dots, middle);
    }

    fn say(&mut self, say: Say, tongue: Tongue, size: u16, middle: bool) {
        self.text(say.ja(), size, middle);
        if let Some(also) = say.also(tongue) {
            self.text(also, size.min(2), middle);
        }
    }

    pub(crate) fn rule(&mut self) {
        self.y = self.picture.rule(self.y + 10, 2) + 10;
    }

    fn entry(&mut self, entry: &ReceiptEntry, tongue: Tongue) {
        let whom = entry
            .child
            .map_or_else(String::new, |child| format!("（{child}人目）"));
        self.text(&format!("{}{whom}", entry.title), 2, false);
        if let Some(also) = &entry.also {
            self.text(also, 1, false);
        }
        self.text(&format!("{} へ", entry.to), 2, false);
        let say = match entry.state {
            State::Stored => Say::Stored,
            State::Arrived => Say::Arrived,
            State::Accepted => Say::Accepted,
            State::Returned => Say::Returned,
        };
        self.say(say, tongue, 2, false);
        let number = entry.arrival_no.map(|no| format!("到達番号 {no}"));
        let arrived = [entry.at.clone(), number].into_iter().flatten();
        let line: Vec<String> = arrived
            .chain([format!("照合番号 {}", entry.check)])
            .collect();
        self.text(&line.join("　"), 1, false);
    }

    fn code(&mut self, code: &Code, tongue: Tongue) {
        let (say, city, text) = match code {
            Code::Signed { city, text } => (Say::SignedCode, city, text),
            Code::Page { city, text } => (Say::PageCode, city, text),
        };
        self.text(city, 2, true);
        self.say(say, tongue, 1, true);
        match self.picture.code(self.y, text) {
            Some(end) => self.y = end + 8,
            // too much for a narrow line: as it is, to be typed or read aloud
            None => self.text(text, 1, false),
        }
        self.rule();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is the failure")]
mod tests {
    use super::*;
    use crate::DEBIAN_RECEIPT_FONTS;

    fn fonts() -> Fonts {
        let files = DEBIAN_RECEIPT_FONTS
            .iter()
            .filter_map(|path| Some(((*path).to_owned(), std::fs::read(path).ok()?)));
        Fonts::new(files.collect()).unwrap()
    }

    fn sample(tongue: Tongue) -> Receipt {
        let entry = |to: &str, state| ReceiptEntry {
            title: "出生届".to_owned(),
            also: Some("Birth notification".to_owned()),
            child: Some(2),
            to: to.to_owned(),
            state,
            arrival_no: Some(12),
            at: Some("2026年11月24日 12:00".to_owned()),
            check: "0123 4567 89ab cdef".to_owned(),
        };
        Receipt {
            tongue,
            printed: Some("2026年11月24日 12:01".to_owned()),
            entries: vec![
                entry("葛\u{E0100}城市 𠮷野", State::Arrived),
                entry("風峰町", State::Stored),
            ],
            codes: vec![
                Code::Signed {
                    city: "あすこえ市".to_owned(),
                    text: "UBG1:".to_owned() + &"0123456789ABCDEF".repeat(40),
                },
                Code::Page {
                    city: "風峰町".to_owned(),
                    text: "https://kazamine.example/f/AbCdEfGhIjKlMnOpQrStUv".to_owned(),
                },
            ],
        }
    }

    fn codes(picture: &Picture) -> Vec<String> {
        let dark = |x, y| if picture.is_black(x, y) { 0 } else { 255 };
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(picture.width(), picture.height(), dark);
        let grids = image.detect_grids();
        grids.iter().map(|grid| grid.decode().unwrap().1).collect()
    }

    #[test]
    fn every_code_is_read_back_from_the_dots_and_nothing_is_drawn_as_code_points() {
        let fonts = fonts();
        for (tongue, width) in [
            (Tongue::Ja, 576),
            (Tongue::En, 576),
            (Tongue::Ne, 576),
            (Tongue::Vi, 512),
            (Tongue::Zh, 384),
        ] {
            let set = receipt(&fonts, &sample(tongue), width);
            assert_eq!(set.missing, Vec::<String>::new(), "{tongue:?}");
            let mut found = codes(&set);
            found.sort();
            assert_eq!(found.len(), 2, "{tongue:?} {width}");
            assert!(found.iter().any(|text| text.ends_with("0123456789ABCDEF")));
            assert!(
                found
                    .iter()
                    .any(|text| text.starts_with("https://kazamine."))
            );
        }
    }

    #[test]
    fn a_variant_has_other_dots_than_the_usual_shape() {
        let fonts = fonts();
        let drawn = |text: &str| {
            let mut picture = Picture::new(64);
            picture.text(&fonts, 0, text, 48, false);
            assert!(picture.missing.is_empty(), "{text}");
            picture.bytes().to_vec()
        };
        assert_ne!(drawn("葛"), drawn("葛\u{E0100}"));
        assert_ne!(drawn("𠮷"), drawn("吉"));
        assert!(drawn("𠮷").iter().any(|byte| *byte != 0));
    }

    #[test]
    fn letters_stand_on_their_line() {
        let fonts = fonts();
        let rows = |text: &str| {
            let mut picture = Picture::new(64);
            picture.text(&fonts, 0, text, 48, false);
            let black = |y: &usize| (0..64).any(|x| picture.is_black(x, *y));
            let all: Vec<usize> = (0..picture.height()).filter(black).collect();
            (all[0], all[all.len() - 1])
        };
        let (top, bottom) = rows("国");
        assert!(
            rows("。").0 > usize::midpoint(top, bottom),
            "at the foot of a line"
        );
        let (above, below) = rows("ー");
        assert!(above > top + 10 && below + 10 < bottom, "in its middle");
    }

    #[test]
    fn what_does_not_fit_as_a_code_is_written_out() {
        let fonts = fonts();
        let mut long = sample(Tongue::Ja);
        long.codes = vec![Code::Signed {
            city: "あすこえ市".to_owned(),
            text: "A".repeat(1800),
        }];
        let set = receipt(&fonts, &long, 384);
        assert!(codes(&set).is_empty());
        let short = receipt(&fonts, &sample(Tongue::Ja), 384);
        assert!(set.height() > short.height() / 2);
    }
}
