//! Readings: full-width katakana and ー (戸籍法13, 施行規則 as amended 2025-05-26).
//!
//! Only the characters are judged. Whether a reading suits its kanji is the mayor's decision, never ours.

use super::{Problem, ReasonCode, Verdict, graphemes};

/// Half-width katakana U+FF66–FF9D, in code order.
const HALF: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// Composes kana: half-width katakana to full width, and a kana with a loose voicing mark to one character.
/// Everything else, kanji above all, stays code point for code point.
#[must_use]
pub fn compose_kana(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mark = match c {
            '\u{3099}' | '\u{FF9E}' => Some(1),
            '\u{309A}' | '\u{FF9F}' => Some(2),
            _ => None,
        };
        let voiced = mark.and_then(|mark| voice(out.chars().next_back()?, mark));
        if let Some(voiced) = voiced {
            out.pop();
            out.push(voiced);
        } else {
            out.push(widen(c));
        }
    }
    out
}

fn widen(c: char) -> char {
    let offset = match c {
        '\u{FF66}'..='\u{FF9D}' => u32::from(c) - 0xFF66,
        _ => return c,
    };
    usize::try_from(offset)
        .ok()
        .and_then(|offset| HALF.chars().nth(offset))
        .unwrap_or(c)
}

/// The voiced (1) or semi-voiced (2) form of a plain kana.
fn voice(plain: char, mark: u32) -> Option<char> {
    let (base, shift) = match plain {
        'ぁ'..='ん' => (plain, 0),
        'ァ'..='ン' => (char::from_u32(u32::from(plain) - 0x60)?, 0x60),
        _ => return None,
    };
    let voiced = match (base, mark) {
        ('う', 1) => 'ゔ',
        (
            'か' | 'き' | 'く' | 'け' | 'こ' | 'さ' | 'し' | 'す' | 'せ' | 'そ' | 'た' | 'ち'
            | 'つ' | 'て' | 'と' | 'は' | 'ひ' | 'ふ' | 'へ' | 'ほ',
            1,
        ) => char::from_u32(u32::from(base) + 1)?,
        ('は' | 'ひ' | 'ふ' | 'へ' | 'ほ', 2) => char::from_u32(u32::from(base) + 2)?,
        _ => return None,
    };
    char::from_u32(u32::from(voiced) + shift)
}

/// What a typed reading probably meant: composed, and hiragana to katakana. Small kana stay small.
#[must_use]
pub fn to_reading_kana(text: &str) -> String {
    compose_kana(text)
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{3000}'))
        .map(|c| match c {
            'ぁ'..='ゔ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            '\u{FF0D}' | '\u{2010}'..='\u{2015}' | '\u{2212}' => 'ー',
            other => other,
        })
        .collect()
}

/// Judges a reading.
#[must_use]
pub fn reading(text: &str) -> Verdict {
    check(text)
}

pub(super) fn check(text: &str) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, grapheme) in graphemes(text).enumerate() {
        for c in grapheme.chars() {
            match c {
                // ヰ ヱ ヵ ヶ: not verified to be in the ordinance's table.
                'ヰ' | 'ヱ' | 'ヵ' | 'ヶ' => verdict.review(ReasonCode::KanaUnclear),
                'ァ'..='ヴ' => {}
                'ー' if index > 0 => {}
                'ー' => verdict.review(ReasonCode::MarkOutOfPlace),
                _ => verdict.block(Problem::at(
                    ReasonCode::CharacterNotAllowed,
                    index,
                    grapheme,
                )),
            }
        }
    }
    if let Some(first) = verdict.blocks.first_mut() {
        let proposal = to_reading_kana(text);
        let fits =
            !proposal.is_empty() && proposal.chars().all(|c| matches!(c, 'ァ'..='ヴ' | 'ー'));
        first.proposal = fits.then_some(proposal);
    }
    verdict
}
