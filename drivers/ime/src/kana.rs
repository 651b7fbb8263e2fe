//! Kana as readings: which text is a reading, and its hiragana and katakana.
//!
//! Only readings pass through here. Written names do not: their code points stay as they are.

/// A reading longer than this is no name, address or sentence that somebody types at a bedside.
pub(crate) const LONGEST: usize = 120;

/// Katakana to hiragana; every other character stays.
pub(crate) fn hiragana(text: &str) -> String {
    text.chars().map(to_hiragana).collect()
}

/// Hiragana to katakana; every other character stays.
pub(crate) fn katakana(text: &str) -> String {
    text.chars().map(to_katakana).collect()
}

/// Whether `text` is a reading that dictionaries can be asked for.
pub(crate) fn is_reading(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST && text.chars().all(is_kana)
}

/// Hiragana, katakana, their repetition marks and the long-vowel mark.
pub(crate) fn is_kana(c: char) -> bool {
    matches!(c, 'ぁ'..='ゖ' | 'ゝ' | 'ゞ' | 'ァ'..='ヺ' | 'ー' | 'ヽ' | 'ヾ')
}

/// Kanji in any block of Unicode, with the repetition mark and 〇, which names are written with too.
pub(crate) fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
        || matches!(c, '々' | '〇' | '仝')
        || is_selector(c)
}

/// Half-width katakana and their marks.
pub(crate) fn is_half_width(c: char) -> bool {
    matches!(c, '\u{FF61}'..='\u{FF9F}')
}

/// A selector of an ideographic variant: it belongs to the kanji before it.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether every character is a kanji.
pub(crate) fn all_kanji(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_kanji)
}

/// Whether text looks like a Japanese name: kanji and kana, with at least one kanji.
pub(crate) fn like_a_name(text: &str) -> bool {
    text.chars().any(is_kanji) && text.chars().all(|c| is_kanji(c) || is_kana(c))
}

fn to_hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => moved(c, -0x60),
        other => other,
    }
}

fn to_katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => moved(c, 0x60),
        other => other,
    }
}

fn moved(c: char, by: i32) -> char {
    u32::from(c)
        .checked_add_signed(by)
        .and_then(char::from_u32)
        .unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kana_turn_into_each_other_and_everything_else_stays() {
        assert_eq!(hiragana("ヒマリー・ヴヵ漢"), "ひまりー・ゔゕ漢");
        assert_eq!(katakana("ひまりー・ゔゕ漢"), "ヒマリー・ヴヵ漢");
    }

    #[test]
    fn a_kanji_with_a_variation_selector_is_kanji_and_an_emoji_is_not() {
        assert!(all_kanji("葛\u{E0100}々𠮟"));
        assert!(!all_kanji("⚓"));
        assert!(
            !like_a_name("みなと"),
            "a name of kana is no kanji candidate"
        );
        assert!(like_a_name("凪さ"));
        assert!(!like_a_name("TOKYO都"));
    }

    #[test]
    fn what_nobody_types_is_no_reading() {
        assert!(!is_reading(""));
        assert!(!is_reading("himari"));
        assert!(!is_reading("👶"));
        assert!(!is_reading(&"あ".repeat(LONGEST + 1)));
        assert!(is_reading("ひマリー"));
    }
}
