//! The given name of a newborn: 常用漢字, 人名用漢字, kana and four marks (戸籍法50, 施行規則60).
//!
//! Decides by code point from a committed table and the day's list; never by shape and never after normalising.

use jiff::civil::Date;

use super::kanji::{first_code_point, kanji};
use super::{
    NameVerdict, Problem, ReasonCode, Verdict, compose_kana, graphemes, invisible,
    is_variation_selector, length,
};

/// More user-perceived characters than this are looked at by an officer. No law gives a length (general knowledge).
const ROOM: usize = 30;

/// Judges a given name by the longest list known here.
///
/// An empty name is a name not decided yet (名未定): the filing is legal, and an officer sees it.
#[must_use]
pub fn given_name(name: &str) -> NameVerdict {
    given_name_on(name, Date::MAX)
}

/// Judges a given name by the list of a day, which is the day of the filing.
#[must_use]
pub fn given_name_on(name: &str, day: Date) -> NameVerdict {
    if name.is_empty() || name == "名未定" {
        return NameVerdict::Review(vec![ReasonCode::NameUndecided]);
    }
    let mut verdict = check_on(name, day);
    if verdict.blocks.is_empty() {
        if length(name) > ROOM {
            verdict.review(ReasonCode::TooLong);
        }
        return if verdict.reviews.is_empty() {
            NameVerdict::Accept
        } else {
            NameVerdict::Review(verdict.reviews)
        };
    }
    let composed = compose_kana(name);
    if composed != name && check_on(&composed, day).blocks.is_empty() {
        NameVerdict::Normalise {
            to: composed,
            why: ReasonCode::KanaNotComposed,
        }
    } else {
        // Kana that could be written another way are not what stands in the way.
        let hopeless = |problem: &&Problem| {
            let character = problem.character.as_deref().unwrap_or_default();
            !check_on(&compose_kana(character), day).blocks.is_empty()
        };
        let hopeless: Vec<Problem> = verdict.blocks.iter().filter(hopeless).cloned().collect();
        NameVerdict::Reject(if hopeless.is_empty() {
            verdict.blocks
        } else {
            hopeless
        })
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

fn class(c: char, day: Date) -> Class {
    if kanji(c).is_some_and(|kanji| kanji.since.is_none_or(|since| since <= day)) {
        return Class::Kanji;
    }
    if first_code_point(c).is_some() {
        return Class::SecondCodePoint;
    }
    match c {
        // ゔ ゕ ゖ ヵ ヶ ヷ ヸ ヹ ヺ: the sources disagree.
        '\u{3094}'..='\u{3096}' | '\u{30F5}'..='\u{30FA}' => Class::UnclearKana,
        '\u{3041}'..='\u{3093}' | '\u{30A1}'..='\u{30F4}' => Class::Kana,
        '\u{30FC}' => Class::Lengthening,
        '\u{309D}' | '\u{309E}' => Class::KanaRepeat,
        '\u{30FD}' | '\u{30FE}' => Class::UnclearRepeat,
        '\u{3005}' => Class::KanjiRepeat,
        '\u{FF66}'..='\u{FF9F}' | '\u{3099}'..='\u{309C}' => Class::LooseKana,
        // Ideographs of every block there is or is room for, and the private use areas.
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}'
        | '\u{F0000}'..='\u{10FFFD}'
        | '\u{E000}'..='\u{F8FF}' => Class::OtherKanji,
        _ => Class::Other,
    }
}

pub(super) fn check(name: &str) -> Verdict {
    check_on(name, Date::MAX)
}

fn check_on(name: &str, day: Date) -> Verdict {
    let mut verdict = Verdict::default();
    let mut before: Option<Class> = None;
    for (index, grapheme) in graphemes(name).enumerate() {
        for c in grapheme.chars() {
            if is_variation_selector(c) {
                if before.is_some() {
                    // The base may be permitted and its variant not: only an officer can tell.
                    verdict.review(ReasonCode::VariantInName);
                } else {
                    // It selects a variant of nothing.
                    verdict.block_once(ReasonCode::InvisibleCharacter, index, grapheme);
                }
                continue;
            }
            let now = class(c, day);
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
        verdict.block_once(code, index, grapheme);
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
