//! The kanji a newborn's given name may hold, as a table: which, since when, how sure; what lies close to those that are
//! not permitted; and ways to find one without a keyboard for kanji: reading, strokes, radical.
//!
//! Readings here help to find a kanji. They must never be used to judge a name's reading, and an alternative is an offer,
//! never a correction.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;

use crate::form::Confidence;

/// `J`, `N` or `S` per code point; see the head of the file.
static LISTED: &str = include_str!("../../data/name_kanji.txt");
/// Radical, strokes and readings; see the head of the file.
static READINGS: &str = include_str!("../../data/kanji_readings.tsv");
/// Code points and what is permitted close to them; see the head of the file.
static ALTERNATIVES: &str = include_str!("../../data/name_alternatives.txt");

/// Which list a kanji stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KanjiList {
    /// 常用漢字表 (2,136).
    Joyo,
    /// 人名用漢字, the annex of the ordinance (864).
    Jinmeiyo,
}

/// One permitted kanji.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kanji {
    /// The code point itself, never its normal form.
    pub character: char,
    /// Which list it stands in.
    pub list: KanjiList,
    /// The first day it is permitted, where that day is known because the list grew then.
    pub since: Option<Date>,
    /// Whether its place in the list was seen in a source that was read.
    pub confidence: Confidence,
    /// Its radical, 1 to 214.
    pub radical: u8,
    /// Its strokes as drawn in Japan.
    pub strokes: u8,
    /// Readings from Chinese, in katakana, separated by spaces.
    on: &'static str,
    /// Japanese readings, in hiragana, separated by spaces.
    kun: &'static str,
}

impl Kanji {
    /// Readings from Chinese (音), in katakana.
    pub fn on(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.on.split(' ').filter(|reading| !reading.is_empty())
    }

    /// Japanese readings (訓), in hiragana.
    pub fn kun(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.kun.split(' ').filter(|reading| !reading.is_empty())
    }
}

/// The table and its second code points. Built once, from text that is part of the program; a line that does not read is
/// left out, and the test of the totals would fail.
struct Table {
    permitted: Vec<Kanji>,
    second: BTreeMap<char, char>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut looks: BTreeMap<char, Looks> = lines(READINGS).filter_map(looks).collect();
    let mut table = Table {
        permitted: Vec::with_capacity(3000),
        second: BTreeMap::new(),
    };
    for line in lines(LISTED) {
        let mut words = line.split(' ');
        let (Some(list), Some(character)) = (words.next(), words.next().and_then(point)) else {
            continue;
        };
        let list = match list {
            "J" => KanjiList::Joyo,
            "N" => KanjiList::Jinmeiyo,
            _ => {
                let first = words.next().and_then(point);
                table.second.extend(first.map(|first| (character, first)));
                continue;
            }
        };
        let Some(looks) = looks.remove(&character) else {
            continue;
        };
        table.permitted.push(Kanji {
            character,
            list,
            since: words.next().and_then(|day| day.parse().ok()),
            confidence: match words.next() {
                Some(_) => Confidence::Gk,
                None => Confidence::Verified,
            },
            radical: looks.radical,
            strokes: looks.strokes,
            on: looks.on,
            kun: looks.kun,
        });
    }
    table.permitted.sort_by_key(|kanji| kanji.character);
    table
});

static CLOSE: LazyLock<BTreeMap<char, Vec<char>>> = LazyLock::new(|| {
    let entry = |line: &'static str| {
        let mut points = line.split(' ').map(point);
        Some((points.next()??, points.collect::<Option<_>>()?))
    };
    lines(ALTERNATIVES).filter_map(entry).collect()
});

struct Looks {
    radical: u8,
    strokes: u8,
    on: &'static str,
    kun: &'static str,
}

fn looks(line: &'static str) -> Option<(char, Looks)> {
    let mut cells = line.split('\t');
    let character = point(cells.next()?)?;
    let looks = Looks {
        radical: cells.next()?.parse().ok()?,
        strokes: cells.next()?.parse().ok()?,
        on: cells.next()?,
        kun: cells.next()?,
    };
    Some((character, looks))
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

fn point(hexadecimal: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(hexadecimal, 16).ok()?)
}

/// A permitted kanji by its code point; `None` for every other character. Variation selectors are the caller's affair.
#[must_use]
pub fn kanji(character: char) -> Option<&'static Kanji> {
    let table = &TABLE.permitted;
    let at = table.binary_search_by_key(&character, |kanji| kanji.character);
    at.ok().and_then(|at| table.get(at))
}

/// Every permitted kanji, by code point.
#[must_use]
pub fn all_kanji() -> &'static [Kanji] {
    &TABLE.permitted
}

/// The code point the table of 常用漢字 has, for the four characters that also have a second one (叱 → 𠮟).
#[must_use]
pub fn first_code_point(second: char) -> Option<char> {
    TABLE.second.get(&second).copied()
}

/// Permitted characters close to one that is not: a kanji's old or new form, a variant, the form compatibility and
/// radical characters stand for, ー for what looks like it. The closest first; empty where nothing is known.
#[must_use]
pub fn alternatives(character: char) -> &'static [char] {
    if super::kana::lengthens(character) {
        return &['ー'];
    }
    CLOSE.get(&character).map_or(&[], Vec::as_slice)
}

/// Permitted kanji by a reading in kana of either kind, whole or begun: whole readings first, then fewer strokes first.
#[must_use]
pub fn kanji_by_reading(reading: &str) -> Vec<&'static Kanji> {
    let wanted = super::to_reading_kana(reading);
    if wanted.is_empty() {
        return Vec::new();
    }
    let fit = |kanji: &Kanji| {
        let begun = kanji
            .on()
            .chain(kanji.kun())
            .filter_map(|reading| after(reading, &wanted));
        begun.min()
    };
    let mut found: Vec<_> = TABLE
        .permitted
        .iter()
        .filter_map(|kanji| Some((fit(kanji)?, kanji)))
        .collect();
    found.sort_by_key(|(rest, kanji)| (*rest > 0, kanji.strokes, kanji.character));
    found.into_iter().map(|(_, kanji)| kanji).collect()
}

/// How many kana of a reading are left once it begins as wanted; the kinds of kana do not matter.
fn after(reading: &str, wanted: &str) -> Option<usize> {
    let katakana = |c| match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    };
    let mut given = reading.chars().map(katakana);
    wanted
        .chars()
        .all(|c| given.next() == Some(c))
        .then(|| given.count())
}

/// Permitted kanji with so many strokes, by radical.
#[must_use]
pub fn kanji_by_strokes(strokes: u8) -> Vec<&'static Kanji> {
    let mut found: Vec<_> = TABLE
        .permitted
        .iter()
        .filter(|kanji| kanji.strokes == strokes)
        .collect();
    found.sort_by_key(|kanji| (kanji.radical, kanji.character));
    found
}

/// Permitted kanji under a radical (1 to 214), fewer strokes first.
#[must_use]
pub fn kanji_by_radical(radical: u8) -> Vec<&'static Kanji> {
    let mut found: Vec<_> = TABLE
        .permitted
        .iter()
        .filter(|kanji| kanji.radical == radical)
        .collect();
    found.sort_by_key(|kanji| (kanji.strokes, kanji.character));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_2136_and_864_and_4_each_with_strokes_and_a_reading() {
        let of = |list| {
            all_kanji()
                .iter()
                .filter(|kanji| kanji.list == list)
                .count()
        };
        assert_eq!(
            (
                of(KanjiList::Joyo),
                of(KanjiList::Jinmeiyo),
                TABLE.second.len()
            ),
            (2136, 864, 4)
        );
        for kanji in all_kanji() {
            assert!((1..=214).contains(&kanji.radical), "{kanji:?}");
            assert!((1..=29).contains(&kanji.strokes), "{kanji:?}");
            assert!(kanji.on().chain(kanji.kun()).next().is_some(), "{kanji:?}");
        }
        assert_eq!(lines(ALTERNATIVES).count(), CLOSE.len());
    }

    #[test]
    fn fifty_seven_listed_kanji_are_compatibility_ideographs_and_stay_apart() {
        let compatibility = all_kanji()
            .iter()
            .filter(|kanji| ('\u{F900}'..='\u{FAFF}').contains(&kanji.character))
            .count();
        assert_eq!(compatibility, 57);
    }
}
