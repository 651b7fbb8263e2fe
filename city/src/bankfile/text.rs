//! Names as banks take them: JIS X 0201, half-width kana, capital letters.
//!
//! Answers for which characters may stand in a name and for their bytes. A character that has no place is never left out
//! or replaced here: the writer reports it.

use ubugoe_procedures::names::to_zengin;

/// The half-width form of a reading: small kana large, ー as `-`, capitals. What has no such form stays and is found.
#[must_use]
pub fn to_ledger(reading: &str) -> String {
    to_zengin(reading.trim_matches([' ', '\u{3000}']))
}

/// Whether banks take this character in a name: kana without ヲ and without small ones, voicing marks, capitals, digits,
/// blank and `( ) - .`.
///
/// What all of the published lists have in common (PCA 「全銀協使用可能文字」, 金融機関の口座名義); some banks take `, / 「 」 ¥` and ヲ too,
/// others refuse a file for them.
#[must_use]
pub const fn name_allowed(c: char) -> bool {
    matches!(c, '\u{FF71}'..='\u{FF9F}' | 'A'..='Z' | '0'..='9' | ' ' | '(' | ')' | '-' | '.')
}

/// The character's byte in JIS X 0201, for all that [`name_allowed`] allows.
pub(super) fn byte(c: char) -> Option<u8> {
    match c {
        ' '..='~' => u8::try_from(c).ok(),
        '\u{FF61}'..='\u{FF9F}' => u8::try_from(u32::from(c) - 0xFF61 + 0xA1).ok(),
        _ => None,
    }
}

/// The character of a byte, if it is one that a name may have.
pub(super) fn character(byte: u8) -> Option<char> {
    let c = match byte {
        b' '..=b'~' => char::from(byte),
        0xA1..=0xDF => char::from_u32(u32::from(byte) - 0xA1 + 0xFF61)?,
        _ => return None,
    };
    name_allowed(c).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_become_what_a_ledger_has() {
        assert_eq!(to_ledger("キョウゴク ジュリー"), "ｷﾖｳｺﾞｸ ｼﾞﾕﾘ-");
        assert_eq!(to_ledger("　ﾔﾏﾀﾞ　ﾀﾛｳ　"), "ﾔﾏﾀﾞ ﾀﾛｳ");
        assert_eq!(to_ledger("Ng"), "NG");
    }

    #[test]
    fn bytes_are_those_of_jis_x_0201() {
        for (c, expected) in [
            ('ｱ', 0xB1),
            ('ﾝ', 0xDD),
            ('ﾞ', 0xDE),
            ('ﾟ', 0xDF),
            ('A', 0x41),
            ('-', 0x2D),
        ] {
            assert_eq!(byte(c), Some(expected));
            assert_eq!(character(expected), Some(c));
        }
        for c in ['ｦ', 'ｧ', 'ｰ', 'あ', '𠮷', ',', '*', 'a', '\u{FFE5}'] {
            assert!(!name_allowed(c), "{c} was taken");
        }
    }
}
