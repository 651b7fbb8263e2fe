//! Readings: full-width katakana and ー (戸籍法13, 施行規則 as amended 2025-05-26).
//!
//! Only the characters are judged. Whether a reading suits its kanji is the mayor's decision, never ours; nor is a small
//! kana ever made large or a large one small: キヨウ and キョウ are two readings.

use super::{NameVerdict, ReasonCode, Verdict, graphemes, length};

/// More user-perceived characters than this are looked at by an officer. No law gives a length (general knowledge).
const ROOM: usize = 50;

/// Half-width katakana U+FF66–FF9D, in code order.
const HALF: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// Composes kana: half-width katakana to full width, and a kana with a loose voicing mark to one character.
/// Everything else, kanji above all, stays code point for code point.
#[must_use]
pub fn compose_kana(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mark = match c {
            '\u{3099}' | '\u{309B}' | '\u{FF9E}' => Some(1),
            '\u{309A}' | '\u{309C}' | '\u{FF9F}' => Some(2),
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

/// The voiced (1) or semi-voiced (2) form of a plain kana or repeat mark.
fn voice(plain: char, mark: u32) -> Option<char> {
    let (base, shift) = match plain {
        'ワ'..='ヲ' if mark == 1 => return char::from_u32(u32::from(plain) + 8),
        'ゝ' | 'ヽ' if mark == 1 => return char::from_u32(u32::from(plain) + 1),
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
            'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            c if lengthens(c) => 'ー',
            other => other,
        })
        .collect()
}

/// Judges a reading as a whole. Empty is not decided yet, like the name it belongs to.
#[must_use]
pub fn furigana(text: &str) -> NameVerdict {
    if text.is_empty() {
        return NameVerdict::Review(vec![ReasonCode::NameUndecided]);
    }
    let mut verdict = check(text);
    if verdict.blocks.is_empty() {
        if length(text) > ROOM {
            verdict.review(ReasonCode::TooLong);
        }
        return if verdict.reviews.is_empty() {
            NameVerdict::Accept
        } else {
            NameVerdict::Review(verdict.reviews)
        };
    }
    let composed = compose_kana(text);
    let to = as_katakana(&composed, false);
    if check(&to).blocks.is_empty() {
        let why = if composed == text {
            ReasonCode::NotKatakana
        } else {
            ReasonCode::KanaNotComposed
        };
        return NameVerdict::Normalise { to, why };
    }
    // Only what could not be written another way stands in the way.
    let mut after_kana = false;
    let fits: Vec<bool> = graphemes(text)
        .map(|grapheme| {
            let piece = as_katakana(&compose_kana(grapheme), after_kana);
            after_kana = ends_in_kana(&piece);
            check(&piece).blocks.is_empty()
        })
        .collect();
    let mut blocks = verdict.blocks;
    blocks.retain(|problem| problem.at.and_then(|at| fits.get(at)) != Some(&true));
    NameVerdict::Reject(blocks)
}

/// Composed kana in katakana as far as it goes; `after_kana` says whether a kana stands before the text.
fn as_katakana(composed: &str, after_kana: bool) -> String {
    let mut out = String::with_capacity(composed.len());
    for c in composed.chars() {
        let after_kana = ends_in_kana(&out) || (out.is_empty() && after_kana);
        out.push(match c {
            'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            c if after_kana && lengthens(c) => 'ー',
            other => other,
        });
    }
    out
}

fn ends_in_kana(text: &str) -> bool {
    text.ends_with(|c| matches!(c, 'ァ'..='ヺ' | 'ー'))
}

/// Characters people type for ー.
pub(super) fn lengthens(c: char) -> bool {
    matches!(c, '\u{FF0D}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Judges the characters of a reading.
#[must_use]
pub fn reading(text: &str) -> Verdict {
    check(text)
}

pub(super) fn check(text: &str) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, grapheme) in graphemes(text).enumerate() {
        for c in grapheme.chars() {
            match c {
                // Not verified to be in the ordinance's table.
                'ヰ' | 'ヱ' | 'ヵ'..='ヺ' => verdict.review(ReasonCode::KanaUnclear),
                'ァ'..='ヴ' => {}
                'ー' if index > 0 => {}
                'ー' => verdict.review(ReasonCode::MarkOutOfPlace),
                _ => verdict.block_once(ReasonCode::CharacterNotAllowed, index, grapheme),
            }
        }
    }
    if let Some(first) = verdict.blocks.first_mut() {
        let proposal = to_reading_kana(text);
        let fits =
            !proposal.is_empty() && proposal.chars().all(|c| matches!(c, 'ァ'..='ヺ' | 'ー'));
        first.proposal = fits.then_some(proposal);
    }
    verdict
}
