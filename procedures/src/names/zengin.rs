//! The half-width repertoire of bank transfers (全銀). Its exact list is general knowledge, unverified.

use super::compose_kana;

/// Kana that a bank's ledger writes as another kana.
const LARGE: [(char, char); 15] = [
    ('ァ', 'ア'),
    ('ィ', 'イ'),
    ('ゥ', 'ウ'),
    ('ェ', 'エ'),
    ('ォ', 'オ'),
    ('ャ', 'ヤ'),
    ('ュ', 'ユ'),
    ('ョ', 'ヨ'),
    ('ッ', 'ツ'),
    ('ヮ', 'ワ'),
    ('ヵ', 'カ'),
    ('ヶ', 'ケ'),
    ('ヲ', 'ヲ'),
    ('ヰ', 'イ'),
    ('ヱ', 'エ'),
];

/// Katakana in the order of U+FF66–FF9D.
const ORDER: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

pub(super) fn allowed(c: char) -> bool {
    matches!(c, '\u{FF66}' | '\u{FF71}'..='\u{FF9F}' | 'A'..='Z' | '0'..='9' | ' ')
        || matches!(
            c,
            '(' | ')' | '-' | '.' | '/' | ',' | '\u{FF62}' | '\u{FF63}' | '\u{A5}' | '\\'
        )
}

/// The half-width form of a reading: ー becomes `-`, small kana become large, letters upper case.
/// What has no such form stays as it is, so that the check still finds it.
#[must_use]
pub fn to_zengin(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in compose_kana(text).chars() {
        let katakana = match c {
            'ぁ'..='ゔ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            other => other,
        };
        push(&mut out, katakana);
    }
    out
}

/// Whether two readings are one in a bank's ledger, which knows no small kana and has several marks for ー.
///
/// Both sides are folded: tables of banks write ミツビシユ－エフジエイ, people ミツビシユーエフジェイ.
#[must_use]
pub fn same_in_bank(one: &str, other: &str) -> bool {
    let folded = |text: &str| to_zengin(text).replace(' ', "");
    folded(one) == folded(other)
}

fn push(out: &mut String, c: char) {
    match c {
        'ー' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}' => out.push('-'),
        '\u{3000}' => out.push(' '),
        'a'..='z' => out.push(c.to_ascii_uppercase()),
        '\u{FF01}'..='\u{FF5E}' => {
            let narrow = char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c);
            out.push(narrow.to_ascii_uppercase());
        }
        _ => {
            let (plain, mark) = unvoice(c);
            out.push(half(plain).unwrap_or(plain));
            out.extend(mark);
        }
    }
}

fn unvoice(c: char) -> (char, Option<char>) {
    let back = |by: u32| char::from_u32(u32::from(c) - by).unwrap_or(c);
    match c {
        'ヴ' => ('ウ', Some('\u{FF9E}')),
        'ガ' | 'ギ' | 'グ' | 'ゲ' | 'ゴ' | 'ザ' | 'ジ' | 'ズ' | 'ゼ' | 'ゾ' | 'ダ' | 'ヂ'
        | 'ヅ' | 'デ' | 'ド' | 'バ' | 'ビ' | 'ブ' | 'ベ' | 'ボ' => {
            (back(1), Some('\u{FF9E}'))
        }
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => (back(2), Some('\u{FF9F}')),
        _ => (c, None),
    }
}

fn half(c: char) -> Option<char> {
    let large = LARGE
        .iter()
        .find(|(small, _)| *small == c)
        .map_or(c, |(_, large)| *large);
    let offset = u32::try_from(ORDER.chars().position(|candidate| candidate == large)?).ok()?;
    char::from_u32(0xFF66 + offset)
}
