//! One kanji among those a given name may have, by reading, strokes or radical. Lists only, in an order for a finger.

use ubugoe_procedures::names::{
    all_kanji, kanji, kanji_by_radical, kanji_by_reading, kanji_by_strokes,
};

/// The most kanji of one answer: about ten screens.
const MOST: usize = 240;

/// Kanji read so: those that names of people are written with first, then the rest by the tables of readings.
pub(super) fn by_reading(reading: &str, of_names: Vec<char>) -> Vec<String> {
    let mut found: Vec<char> = of_names
        .into_iter()
        .filter(|character| kanji(*character).is_some())
        .collect();
    for kanji in kanji_by_reading(reading) {
        if !found.contains(&kanji.character) {
            found.push(kanji.character);
        }
    }
    found.into_iter().take(MOST).map(String::from).collect()
}

/// Kanji with so many strokes, the number written out.
pub(super) fn by_strokes(strokes: &str) -> Vec<String> {
    let strokes = strokes.parse().map(kanji_by_strokes).unwrap_or_default();
    strokes
        .into_iter()
        .map(|kanji| String::from(kanji.character))
        .collect()
}

/// Kanji under a radical, the radical as [`radicals`] shows it.
pub(super) fn by_radical(radical: &str) -> Vec<String> {
    let number = radical
        .chars()
        .next()
        .and_then(|c| u32::from(c).checked_sub(0x2EFF))
        .and_then(|number| u8::try_from(number).ok());
    number
        .map(kanji_by_radical)
        .unwrap_or_default()
        .into_iter()
        .map(|kanji| String::from(kanji.character))
        .collect()
}

/// The radicals that permitted kanji have, as Unicode writes them alone (U+2F00 is the first of 214).
pub(super) fn radicals() -> Vec<String> {
    let mut numbers: Vec<u8> = all_kanji().iter().map(|kanji| kanji.radical).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
        .into_iter()
        .filter_map(|number| char::from_u32(0x2EFF + u32::from(number)))
        .map(String::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{by_radical, by_reading, by_strokes, radicals};

    #[test]
    fn kanji_of_names_come_first_and_only_permitted_ones_come() {
        let found = by_reading("ひ", vec!['陽', '龘']);
        assert_eq!(found.first().map(String::as_str), Some("陽"));
        assert!(!found.contains(&"龘".to_owned()));
        assert!(found.contains(&"日".to_owned()));
        assert_eq!(found.iter().filter(|kanji| *kanji == "陽").count(), 1);
    }

    #[test]
    fn strokes_and_radicals_find_and_nonsense_finds_nothing() {
        assert!(by_strokes("12").contains(&"陽".to_owned()));
        assert!(by_strokes("twelve").is_empty());
        // 170 is 阜, as left part 阝.
        assert!(by_radical("\u{2FA9}").contains(&"陽".to_owned()));
        assert!(by_radical("").is_empty() && by_radical("a").is_empty());
        assert!(radicals().contains(&"\u{2FA9}".to_owned()));
    }
}
