//! How single kanji are read in names, learnt from the names themselves.
//!
//! A name reads 翔 as と and 葵 as まり, and no table of readings says so (名乗り). The dictionaries of names do, a whole
//! name at a time: where every kanji of a name but one has a reading we know, the rest of the kana is the reading of
//! that one. Twice over the whole list, and how often each is met. Knows nothing of files, candidates or screens.

use std::collections::{HashMap, HashSet};

use crate::kana;
use crate::lexicon::{Lexicon, Use};

/// Kana one kanji of a name takes at most (こころ, まごころ …).
const LONGEST_READING: usize = 5;
/// Names with more kanji are titles and priests.
const MOST_KANJI: usize = 3;
/// A reading that only so many names suggest is more likely another kanji's, cut wrongly.
const SEEN_OFTEN: u32 = 3;

/// Kanji that names given to children today are written with, from general knowledge of the lists published each year.
/// It moves names within the order and offers or hides none: dictionaries weigh all generations alike, and would put
/// 日真里 before 陽葵.
const TODAY: &str = "陽葵翔結愛悠蓮湊凛紬芽依莉子菜紗澪咲良衣美月杏琴音心春花楓桜彩葉凪詩柚希央真明颯樹朝蒼律斗向大和人空碧\
                     伊織暖奏太瑛晴海翼旭理仁匠航優恵瑠璃琉那奈乃羽華夏夢叶星七千百夕笑虹藍茉梨里香帆穂栞\
                     陸隼輝怜玲想煌新健駿壮遥悟慧朔岳暁司直輔哉也之介一二三汰郎馬生成光志史響絢凌柊椿楽恋寧";

/// How much more a single kanji counts that is a whole name.
const ALONE: u64 = 60;
/// How much more usual a name of such kanji counts.
const TODAY_WEIGHS: u32 = 8;

/// A reading of up to [`LONGEST_READING`] hiragana in one number.
type Code = u64;

/// Which kanji are read how in names, and how often.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    /// Met in so many names; nought where only a dictionary of words knows the reading.
    counts: HashMap<(char, Code), u32>,
    whole: HashMap<Code, Vec<char>>,
    begun: HashMap<Code, Vec<char>>,
    today: HashSet<char>,
}

impl Readings {
    /// Learns from dictionaries of words (single kanji and their readings) and of people.
    pub(crate) fn learn(words: &Lexicon, people: &[&Lexicon]) -> Self {
        let mut known = Self {
            today: TODAY.chars().collect(),
            ..Self::default()
        };
        for (reading, text) in words.all(Use::WORD).chain(words.all(Use::READING)) {
            known.note_single(reading, text, 0);
        }
        let names = || people.iter().flat_map(|names| names.all(Use::GIVEN));
        for (reading, text) in names() {
            known.note_single(reading, text, 1);
        }
        let names: Vec<(Vec<Code>, Vec<char>)> = names()
            .filter_map(|(reading, text)| pair(reading, text))
            .collect();
        for _ in 0..2 {
            let mut suggested: HashMap<(char, Code), u32> = HashMap::new();
            for (reading, kanji) in &names {
                known.suggest(reading, kanji, &mut suggested);
            }
            for (reading, count) in suggested
                .into_iter()
                .filter(|(_, count)| *count >= SEEN_OFTEN)
            {
                known.counts.entry(reading).or_insert(count);
            }
        }
        for (reading, kanji) in &names {
            for split in splits(reading.len(), kanji.len()) {
                let pieces = split.pieces(reading, kanji);
                if pieces.iter().all(|piece| known.counts.contains_key(piece)) {
                    for piece in pieces {
                        *known.counts.entry(piece).or_default() += 1;
                    }
                }
            }
        }
        known.sort();
        known
    }

    /// Kanji that names read so, the most usual first; then those with a longer reading that begins so (絆 for き).
    pub(crate) fn kanji(&self, reading: &str) -> Vec<char> {
        let Some(code) = code(&kana::hiragana(reading)) else {
            return Vec::new();
        };
        let [whole, begun] =
            [&self.whole, &self.begun].map(|table| table.get(&code).map_or(&[][..], Vec::as_slice));
        whole
            .iter()
            .chain(begun.iter().filter(|kanji| !whole.contains(kanji)))
            .copied()
            .collect()
    }

    /// How usual it is to read these kanji so: 0 when a part is unheard of, else the geometric mean of what names do.
    pub(crate) fn usual(&self, reading: &str, text: &str) -> u32 {
        let mut kanji: Vec<char> = Vec::new();
        for c in text.chars() {
            kanji.push(if c == '々' {
                kanji.last().copied().unwrap_or(c)
            } else {
                c
            });
        }
        let Some(reading) = reading.chars().map(letter).collect::<Option<Vec<_>>>() else {
            return 0;
        };
        let fit = |split: Split| {
            let pieces = split.pieces(&reading, &kanji);
            let product = pieces.iter().try_fold(1_u64, |product, piece| {
                Some(product.saturating_mul(u64::from(*self.counts.get(piece)?) + 1))
            })?;
            u32::try_from(match kanji.len() {
                // A name of its own: met once where a pair's halves are met a hundred times.
                1 => product.saturating_mul(ALONE),
                2 => product.isqrt(),
                // Three kanji that only sound right are many; as names they are the rarer choice.
                _ => cube_root(product) / 8,
            })
            .ok()
        };
        let splits = splits(reading.len(), kanji.len());
        let usual = splits.into_iter().filter_map(fit).max().unwrap_or(0);
        // Also where the reading is the whole name's and no kanji's (一颯 いぶき).
        let today = !kanji.is_empty() && kanji.iter().all(|kanji| self.today.contains(kanji));
        if today {
            (usual + 1).saturating_mul(TODAY_WEIGHS)
        } else {
            usual
        }
    }

    fn note_single(&mut self, reading: &str, text: &str, seen: u32) {
        let mut characters = text.chars();
        let (Some(kanji), None) = (
            characters.next().filter(|c| kana::is_kanji(*c)),
            characters.next(),
        ) else {
            return;
        };
        if let Some(code) = code(reading) {
            *self.counts.entry((kanji, code)).or_default() += seen;
        }
    }

    /// For a name that nothing known explains whole: what its one unknown kanji would be read as.
    fn suggest(
        &self,
        reading: &[Code],
        kanji: &[char],
        suggested: &mut HashMap<(char, Code), u32>,
    ) {
        let splits = splits(reading.len(), kanji.len());
        let mut unknown = Vec::new();
        for split in splits {
            let pieces = split.pieces(reading, kanji);
            let mut strange = pieces
                .into_iter()
                .filter(|piece| !self.counts.contains_key(piece));
            match (strange.next(), strange.next()) {
                (None, _) => return,
                (Some(piece), None) => unknown.push(piece),
                _ => {}
            }
        }
        for piece in unknown {
            *suggested.entry(piece).or_default() += 1;
        }
    }

    fn sort(&mut self) {
        let weight = |kanji: char, count: u32| {
            if self.today.contains(&kanji) {
                count * 4 + 1
            } else {
                count
            }
        };
        let mut begun: HashMap<(char, Code), u32> = HashMap::new();
        for ((kanji, code), count) in &self.counts {
            let mut shorter = *code >> 8;
            while shorter > 0 {
                *begun.entry((*kanji, shorter)).or_default() += count;
                shorter >>= 8;
            }
        }
        let order = |counts: &HashMap<(char, Code), u32>| {
            let mut ordered: HashMap<Code, Vec<(u32, char)>> = HashMap::new();
            for ((kanji, code), count) in counts {
                let weighed = (weight(*kanji, *count), *kanji);
                ordered.entry(*code).or_default().push(weighed);
            }
            let sorted = ordered.into_iter().map(|(code, mut found)| {
                found.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
                (code, found.into_iter().map(|(_, kanji)| kanji).collect())
            });
            sorted.collect()
        };
        (self.whole, self.begun) = (order(&self.counts), order(&begun));
    }
}

/// A name that can be taken apart: its kana as letters, its kanji.
fn pair(reading: &str, text: &str) -> Option<(Vec<Code>, Vec<char>)> {
    let kanji: Vec<char> = text.chars().collect();
    let fits =
        (2..=MOST_KANJI).contains(&kanji.len()) && kana::all_kanji(text) && !text.contains('々');
    let reading: Vec<Code> = reading.chars().map(letter).collect::<Option<_>>()?;
    (fits && reading.len() >= kanji.len() && reading.len() <= 8).then_some((reading, kanji))
}

/// Where a reading is cut: the length of each kanji's part.
#[derive(Debug, Clone, Copy)]
struct Split([usize; MOST_KANJI]);

impl Split {
    fn pieces(self, reading: &[Code], kanji: &[char]) -> Vec<(char, Code)> {
        let mut at = 0;
        let parts = kanji.iter().zip(self.0);
        parts
            .map(|(kanji, length)| {
                let part = reading.get(at..at + length).unwrap_or_default();
                at += length;
                (*kanji, join(part))
            })
            .collect()
    }
}

fn splits(kana: usize, kanji: usize) -> Vec<Split> {
    let part = 1..=LONGEST_READING;
    match kanji {
        1 if part.contains(&kana) => vec![Split([kana, 0, 0])],
        2 => (1..kana)
            .map(|one| Split([one, kana - one, 0]))
            .filter(|split| split.0.iter().take(2).all(|length| part.contains(length)))
            .collect(),
        3 => (1..kana)
            .flat_map(|one| {
                (1..kana.saturating_sub(one)).map(move |two| Split([one, two, kana - one - two]))
            })
            .filter(|split| split.0.iter().all(|length| part.contains(length)))
            .collect(),
        _ => Vec::new(),
    }
}

fn code(reading: &str) -> Option<Code> {
    let letters = reading.chars().map(letter).collect::<Option<Vec<_>>>()?;
    (1..=LONGEST_READING)
        .contains(&letters.len())
        .then(|| join(&letters))
}

fn join(letters: &[Code]) -> Code {
    letters.iter().fold(0, |code, letter| code << 8 | letter)
}

/// A kana as a number from 1 to 255.
fn letter(kana: char) -> Option<Code> {
    match kana {
        'ぁ'..='ゞ' => Some(Code::from(u32::from(kana) - 0x3040)),
        'ー' => Some(0xFF),
        _ => None,
    }
}

fn cube_root(number: u64) -> u64 {
    // Counts stay far below 2^20; the loop ends after at most as many steps as the root has.
    (1_u64..1 << 20)
        .take_while(|root| root.saturating_mul(*root).saturating_mul(*root) <= number)
        .last()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon(entries: &[(&str, &str)], uses: Use) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for (reading, text) in entries {
            lexicon.push(reading, text, uses);
        }
        lexicon.finish();
        lexicon
    }

    #[test]
    fn a_reading_that_only_names_use_is_learnt_from_what_the_other_kanji_leave_over() {
        let words = lexicon(&[("ゆう", "悠"), ("はる", "春"), ("み", "美")], Use::WORD);
        let people = lexicon(
            &[
                ("ゆうと", "悠翔"),
                ("はると", "春翔"),
                ("みと", "美翔"),
                ("ひろと", "大翔"),
            ],
            Use::GIVEN,
        );
        let readings = Readings::learn(&words, &[&people]);
        assert_eq!(readings.kanji("と"), ['翔']);
        assert_eq!(readings.kanji("ト"), ['翔'], "katakana ask the same");
        assert!(readings.usual("ゆうと", "悠翔") > 0);
        assert!(readings.usual("ゆうと", "悠翔") > readings.usual("ゆうと", "翔悠"));
        assert_eq!(
            readings.usual("ゆうと", "翔悪"),
            0,
            "unheard of, and no kanji of today"
        );
    }

    #[test]
    fn what_one_or_two_names_suggest_is_not_believed() {
        let words = lexicon(&[("ゆう", "悠"), ("はる", "春")], Use::WORD);
        let people = lexicon(&[("ゆうと", "悠翔"), ("はると", "春翔")], Use::GIVEN);
        assert!(Readings::learn(&words, &[&people]).kanji("と").is_empty());
    }

    #[test]
    fn a_reading_of_any_length_and_text_of_any_kind_asks_without_panic() {
        let readings = Readings::default();
        for reading in ["", "a", "👶", "ああああああああああああ"] {
            assert!(readings.kanji(reading).is_empty());
            assert_eq!(readings.usual(reading, "漢字漢字漢字"), 0);
            assert_eq!(readings.usual(reading, ""), 0);
        }
    }
}
