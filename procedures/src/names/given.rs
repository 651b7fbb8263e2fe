//! The given name of a newborn: 常用漢字, 人名用漢字, kana and four marks (戸籍法50, 施行規則60).
//!
//! Decides by code point from a committed table; never by shape and never after normalising.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{
    Problem, ReasonCode, Verdict, compose_kana, graphemes, invisible, is_variation_selector,
};

/// `J`, `N` or `S` per code point; see the head of the file.
static TABLE: &str = include_str!("../../data/name_kanji.txt");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Listed,
    SecondCodePoint,
}

// Built once from a table that is part of the program; a line that does not read is left out, and the
// test of the totals would fail.
static KANJI: LazyLock<BTreeMap<char, Standing>> =
    LazyLock::new(|| TABLE.lines().filter_map(entry).collect());

fn entry(line: &str) -> Option<(char, Standing)> {
    let mut words = line.split(' ');
    let standing = match words.next()? {
        "J" | "N" => Standing::Listed,
        "S" => Standing::SecondCodePoint,
        _ => return None,
    };
    let code = u32::from_str_radix(words.next()?, 16).ok()?;
    Some((char::from_u32(code)?, standing))
}

/// The verdict on a newborn's given name as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenNameVerdict {
    /// Every character is permitted.
    Accept,
    /// An officer decides.
    Review(Vec<ReasonCode>),
    /// Half-width or decomposed kana: this is what was probably meant.
    Normalise(String),
    /// At least one character is not permitted.
    Reject(Vec<Problem>),
}

/// Judges a given name.
#[must_use]
pub fn given_name(name: &str) -> GivenNameVerdict {
    if name.is_empty() {
        return GivenNameVerdict::Reject(vec![Problem::of(ReasonCode::Empty)]);
    }
    let verdict = check(name);
    if verdict.blocks.is_empty() {
        return if verdict.reviews.is_empty() {
            GivenNameVerdict::Accept
        } else {
            GivenNameVerdict::Review(verdict.reviews)
        };
    }
    let composed = compose_kana(name);
    if composed != name && check(&composed).blocks.is_empty() {
        GivenNameVerdict::Normalise(composed)
    } else {
        GivenNameVerdict::Reject(verdict.blocks)
    }
}

/// What a character is, as far as a given name is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Kanji,
    SecondCodePoint,
    Kana,
    UnclearKana,
    Lengthening,
    KanaRepeat,
    UnclearRepeat,
    KanjiRepeat,
    LooseKana,
    OtherKanji,
    Other,
}

fn class(c: char) -> Class {
    match KANJI.get(&c) {
        Some(Standing::Listed) => return Class::Kanji,
        Some(Standing::SecondCodePoint) => return Class::SecondCodePoint,
        None => {}
    }
    match c {
        // ゔ ゕ ゖ ヵ ヶ ヷ ヸ ヹ ヺ: the sources disagree.
        '\u{3094}'..='\u{3096}' | '\u{30F5}'..='\u{30FA}' => Class::UnclearKana,
        '\u{3041}'..='\u{3093}' | '\u{30A1}'..='\u{30F4}' => Class::Kana,
        '\u{30FC}' => Class::Lengthening,
        '\u{309D}' | '\u{309E}' => Class::KanaRepeat,
        '\u{30FD}' | '\u{30FE}' => Class::UnclearRepeat,
        '\u{3005}' => Class::KanjiRepeat,
        '\u{FF66}'..='\u{FF9F}' | '\u{3099}' | '\u{309A}' => Class::LooseKana,
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}'
        | '\u{F0000}'..='\u{10FFFD}'
        | '\u{E000}'..='\u{F8FF}' => Class::OtherKanji,
        _ => Class::Other,
    }
}

pub(super) fn check(name: &str) -> Verdict {
    let mut verdict = Verdict::default();
    let mut before: Option<Class> = None;
    for (index, grapheme) in graphemes(name).enumerate() {
        for c in grapheme.chars() {
            if is_variation_selector(c) {
                // The base may be permitted and its variant not: only an officer can tell.
                verdict.review(ReasonCode::VariantInName);
                continue;
            }
            let now = class(c);
            judge(now, before, c, &mut verdict, || (index, grapheme));
            before = Some(now);
        }
    }
    propose(name, &mut verdict);
    verdict
}

/// Offers the composed form where loose kana are what stands in the way.
fn propose(name: &str, verdict: &mut Verdict) {
    let loose = |problem: &&mut Problem| problem.code == ReasonCode::KanaNotComposed;
    if let Some(problem) = verdict.blocks.iter_mut().find(loose) {
        let composed = compose_kana(name);
        problem.proposal = (composed != name).then_some(composed);
    }
}

fn judge<'a>(
    now: Class,
    before: Option<Class>,
    c: char,
    verdict: &mut Verdict,
    place: impl Fn() -> (usize, &'a str),
) {
    let after_kana = matches!(
        before,
        Some(Class::Kana | Class::UnclearKana | Class::Lengthening | Class::KanaRepeat)
    );
    let after_kanji = matches!(
        before,
        Some(Class::Kanji | Class::SecondCodePoint | Class::KanjiRepeat)
    );
    let block = |verdict: &mut Verdict, code| {
        let (index, grapheme) = place();
        verdict.block(Problem::at(code, index, grapheme));
    };
    match now {
        Class::Kanji | Class::Kana => {}
        Class::SecondCodePoint => verdict.review(ReasonCode::SecondCodePoint),
        Class::UnclearKana | Class::UnclearRepeat => verdict.review(ReasonCode::KanaUnclear),
        Class::Lengthening | Class::KanaRepeat if after_kana => {}
        Class::KanjiRepeat if after_kanji => {}
        Class::Lengthening | Class::KanaRepeat | Class::KanjiRepeat => {
            verdict.review(ReasonCode::MarkOutOfPlace);
        }
        Class::LooseKana => block(verdict, ReasonCode::KanaNotComposed),
        Class::OtherKanji => block(verdict, ReasonCode::KanjiNotForNames),
        Class::Other if invisible(c) => block(verdict, ReasonCode::InvisibleCharacter),
        Class::Other => block(verdict, ReasonCode::CharacterNotAllowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_2136_and_864_and_4() {
        let listed = KANJI
            .values()
            .filter(|standing| **standing == Standing::Listed)
            .count();
        assert_eq!((listed, KANJI.len()), (2136 + 864, 2136 + 864 + 4));
    }

    #[test]
    fn fifty_seven_or_more_listed_kanji_are_compatibility_ideographs_and_stay_apart() {
        let compatibility = KANJI
            .keys()
            .filter(|c| ('\u{F900}'..='\u{FAFF}').contains(*c))
            .count();
        assert_eq!(compatibility, 57);
    }
}
