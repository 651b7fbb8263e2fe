//! A name kanji by kanji, for names that no list has: how much of the kana the next kanji takes, and which it is.
//!
//! Pure: asks the caller which kanji a reading can be, so that the screen can offer what the register permits. Judges
//! nothing: any character may be put for any part of the kana, because parents may.
//!
//! ```text
//!  ひろと ── ひろ ▸ 大 ──> と ── と ▸ 翔 ──> 大翔
//! ```

use crate::kana;

/// Kana one kanji can take.
const MOST_KANA: usize = 5;

/// A name being spelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    kana: Vec<char>,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    text: String,
    /// How many kana it stands for.
    kana: usize,
}

/// The kanji for one beginning of what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The kana it would take, in hiragana.
    pub kana: String,
    /// What the caller knows for it, in the caller's order; never empty.
    pub kanji: Vec<char>,
}

impl Spelling {
    /// Begins with nothing spelt.
    #[must_use]
    pub fn new(kana: &str) -> Self {
        Self {
            kana: kana::hiragana(kana).chars().collect(),
            pieces: Vec::new(),
        }
    }

    /// The kana that no kanji stands for yet, in hiragana.
    #[must_use]
    pub fn rest(&self) -> String {
        self.left().iter().collect()
    }

    /// What is spelt so far.
    #[must_use]
    pub fn text(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect()
    }

    /// Whether every kana is spoken for.
    #[must_use]
    pub fn finished(&self) -> bool {
        !self.kana.is_empty() && self.left().is_empty()
    }

    /// The kanji for each beginning of what is left, shorter beginnings first; a beginning without kanji is left out.
    /// `kanji` says which kanji a reading (hiragana) can be.
    pub fn offers(&self, mut kanji: impl FnMut(&str) -> Vec<char>) -> Vec<Offer> {
        let left = self.left();
        let mut offers = Vec::new();
        for length in 1..=left.len().min(MOST_KANA) {
            let kana: String = left.iter().take(length).collect();
            let mut seen = std::collections::HashSet::new();
            let mut found = kanji(&kana);
            // 菜々子: the mark for what was just written, read the same way.
            if self
                .pieces
                .last()
                .is_some_and(|last| last.text.chars().all(kana::is_kanji))
                && self.last_kana() == kana
            {
                found.insert(0, '々');
            }
            found.retain(|kanji| seen.insert(*kanji));
            if !found.is_empty() {
                offers.push(Offer { kana, kanji: found });
            }
        }
        offers
    }

    /// Which of the offers the screen opens with, so that most names need no choice of a beginning: all that is left
    /// when that is one or two kana, else two (ひろ-と, はる-き, ゆう-ま).
    #[must_use]
    pub fn likeliest(&self, offers: &[Offer]) -> Option<usize> {
        let wanted = self.left().len().min(2);
        let distance = |offer: &Offer| offer.kana.chars().count().abs_diff(wanted);
        let nearest = offers
            .iter()
            .enumerate()
            .min_by_key(|(_, offer)| distance(offer));
        nearest.map(|(at, _)| at)
    }

    /// Puts `text` (one kanji, with its variation selector when it has one) for the next `kana` kana.
    /// `false`, and nothing changes, when so many are not left or there is nothing to put.
    pub fn put(&mut self, kana: usize, text: &str) -> bool {
        let fits = (1..=self.left().len()).contains(&kana) && !text.is_empty();
        if fits {
            let text = text.to_owned();
            self.pieces.push(Piece { text, kana });
        }
        fits
    }

    /// Leaves the next `kana` kana as kana (心の, 美ゆき). As [`Spelling::put`].
    pub fn leave(&mut self, kana: usize) -> bool {
        let text: String = self.left().iter().take(kana).collect();
        self.put(kana, &text)
    }

    /// Takes the last piece back; `false` when there is none.
    pub fn undo(&mut self) -> bool {
        self.pieces.pop().is_some()
    }

    /// Of whole names, those that begin as spelt so far and go on: after 陽 the strip shows only names with 陽.
    pub fn completing<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let begun = self.text();
        let mut names: Vec<&str> = names.into_iter().collect();
        names.retain(|name| name.len() > begun.len() && name.starts_with(&begun));
        names
    }

    /// The kana of the last piece.
    fn last_kana(&self) -> String {
        let spelt: usize = self.pieces.iter().map(|piece| piece.kana).sum();
        let last = self.pieces.last().map_or(0, |piece| piece.kana);
        self.kana
            .iter()
            .take(spelt)
            .skip(spelt.saturating_sub(last))
            .collect()
    }

    fn left(&self) -> &[char] {
        let spelt = self.pieces.iter().map(|piece| piece.kana).sum();
        self.kana.get(spelt..).unwrap_or_default()
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test stops where something is missing"
)]
mod tests {
    use super::*;

    fn kanji(reading: &str) -> Vec<char> {
        match reading {
            "ひ" => vec!['日', '陽', '日'],
            "ひろ" => vec!['大', '広'],
            "と" => vec!['翔', '人'],
            "まり" => vec!['葵'],
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_name_is_spelt_kanji_by_kanji() {
        let mut spelling = Spelling::new("ヒロト");
        let offers = spelling.offers(kanji);
        let offer = &offers[spelling.likeliest(&offers).unwrap()];
        assert_eq!((offer.kana.as_str(), offer.kanji[0]), ("ひろ", '大'));
        assert!(spelling.put(2, "大"));
        assert_eq!(
            (spelling.text().as_str(), spelling.rest().as_str()),
            ("大", "と")
        );
        assert!(!spelling.finished());
        assert_eq!(spelling.offers(kanji)[0].kanji, ['翔', '人']);
        assert!(spelling.put(1, "翔"));
        assert!(spelling.finished());
        assert_eq!(spelling.text(), "大翔");
        assert!(spelling.offers(kanji).is_empty());
    }

    #[test]
    fn each_beginning_offers_each_of_its_kanji_once() {
        let offers = Spelling::new("ひまり").offers(kanji);
        assert_eq!(
            offers.len(),
            1,
            "ひま and ひまり have no kanji here: {offers:?}"
        );
        assert_eq!(offers[0].kanji, ['日', '陽']);
    }

    #[test]
    fn a_kanji_with_a_variation_selector_is_one_piece_and_is_taken_back_whole() {
        let mut spelling = Spelling::new("かつら");
        assert!(spelling.put(3, "葛\u{E0100}"));
        assert_eq!(spelling.text(), "葛\u{E0100}");
        assert!(spelling.undo());
        assert_eq!(spelling.rest(), "かつら");
        assert!(!spelling.undo());
    }

    #[test]
    fn the_repetition_mark_is_offered_where_the_same_kana_follow_a_kanji() {
        let mut spelling = Spelling::new("ななこ");
        spelling.put(1, "菜");
        assert_eq!(spelling.offers(kanji)[0].kanji, ['々']);
        spelling.undo();
        spelling.leave(1);
        assert!(spelling.offers(kanji).is_empty(), "not after kana");
    }

    #[test]
    fn kana_may_stay_between_kanji() {
        let mut spelling = Spelling::new("このか");
        assert!(spelling.put(1, "心") && spelling.leave(1) && spelling.put(1, "香"));
        assert_eq!(spelling.text(), "心の香");
    }

    #[test]
    fn more_than_is_left_is_not_taken() {
        let mut spelling = Spelling::new("りん");
        for (kana, text) in [(0, "凛"), (3, "凛"), (2, "")] {
            assert!(!spelling.put(kana, text));
        }
        assert!(spelling.put(2, "凛"));
        assert!(!spelling.put(1, "凛"));
        assert!(!spelling.leave(1));
        assert!(!Spelling::new("").finished());
    }

    #[test]
    fn after_the_first_kanji_only_names_that_go_on_so_are_left() {
        let mut spelling = Spelling::new("ひまり");
        spelling.put(1, "陽");
        assert_eq!(
            spelling.completing(["向日葵", "陽葵", "陽", "陽茉莉"]),
            ["陽葵", "陽茉莉"]
        );
    }
}
