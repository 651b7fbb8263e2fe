//! How a filing is found by a name, whatever kind of the same characters somebody types.
//!
//! Answers for the folded form of names and readings, for what of a filing is searched, and for what an officer's words
//! can mean. Pure. A folded form is for finding only: it is never shown, never compared for a decision and never put in a
//! name's place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use ubugoe_procedures::names::{
    alternatives, compose_kana, first_code_point, is_variation_selector,
};
use ubugoe_procedures::{Answers, Filing};
use ubugoe_protocol::FilingId;

/// Kanji that are looked for as another one; see the head of the file.
static FORMS: &str = include_str!("fold/forms.txt");

static FORM: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    let point = |hex: &str| char::from_u32(u32::from_str_radix(hex, 16).ok()?);
    let entry = |line: &str| {
        let (from, to) = line.split_once(' ')?;
        Some((point(from)?, point(to)?))
    };
    FORMS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(entry)
        .collect()
});

/// Small kana and the large ones they are looked for as.
const SMALL: [(char, char); 14] = [
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
    ('ヰ', 'イ'),
    ('ヱ', 'エ'),
];

/// Longest folded form that is kept or looked for, in characters. Longer names are found by their beginning.
const LONGEST: usize = 40;
/// Longest words that are taken from an officer, in characters.
const LONGEST_WORDS: usize = 200;

/// The form under which a name or a reading is found: variants, selectors, width, kind and size of kana, spaces and case
/// make no difference. Voicing does.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut length = 0_usize;
    for c in compose_kana(text).chars() {
        if is_unseen(c) {
            continue;
        }
        let folded = match c {
            '々' | '〻' => out.chars().next_back().unwrap_or(c),
            other => fold_char(other),
        };
        if length >= LONGEST {
            break;
        }
        out.push(folded);
        length += 1;
    }
    out
}

/// What parts or decorates a name and says nothing: spaces, dots, selectors, joiners.
fn is_unseen(c: char) -> bool {
    is_variation_selector(c)
        || c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '・' | '\u{B7}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{AD}'
        )
}

fn fold_char(c: char) -> char {
    let katakana = match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    let large = SMALL
        .iter()
        .find_map(|(small, large)| (*small == katakana).then_some(*large));
    if let Some(large) = large {
        return large;
    }
    let plain = kanji(katakana);
    plain.to_lowercase().next().unwrap_or(plain)
}

/// Old forms, compatibility characters, second code points and variants to one representative. Three steps are the most
/// that the tables need (a compatibility character of an old form of a form of a surname).
fn kanji(c: char) -> char {
    let mut now = c;
    for _ in 0..4 {
        let next = FORM
            .get(&now)
            .copied()
            .or_else(|| first_code_point(now))
            .or_else(|| alternatives(now).first().copied());
        match next {
            Some(next) if next != now => now = next,
            _ => break,
        }
    }
    now
}

/// Under what a filing is found by name: each person's whole name and given name, and their readings, folded.
#[must_use]
pub fn terms(answers: &Answers) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let people: [&[&str]; 4] = [
        &["child_", "child[0].", "child."],
        &["claimant.", "filer.", "applicant."],
        &["mother."],
        &["father.", "spouse."],
    ];
    for prefix in people.into_iter().flatten() {
        let part = |leaf: &str| answers.text(&format!("{prefix}{leaf}")).unwrap_or_default();
        for (family, given) in [("sei", "mei"), ("sei_kana", "mei_kana"), ("name", "")] {
            let (family, given) = (
                part(family),
                if given.is_empty() { "" } else { part(given) },
            );
            found.insert(fold(&format!("{family}{given}")));
            found.insert(fold(given));
        }
        found.insert(fold(part("name_kana")));
    }
    found.remove("");
    found
}

/// The same from signed bytes; nothing where they cannot be read.
#[must_use]
pub fn terms_of(canonical: &[u8]) -> BTreeSet<String> {
    Filing::parse(canonical)
        .map(|filing| terms(&filing.answers()))
        .unwrap_or_default()
}

/// What an officer's words can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A number of arrival.
    Number(u64),
    /// A filing's id, or else a code that a family holds: both look alike.
    IdOrCode(FilingId, String),
    /// The code of a family's link, or the link itself.
    Code(String),
    /// The beginning of a name or of its reading.
    Name {
        /// Folded.
        folded: String,
        /// As typed, without spaces around it.
        typed: String,
    },
}

/// Why words are not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// Nothing is left of them.
    Empty,
    /// Longer than anything that is looked for.
    TooLong,
    /// Twelve digits: an individual number is never taken.
    IndividualNumber,
}

/// Reads an officer's words.
///
/// # Errors
/// [`Unwanted`].
pub fn wanted(words: &str) -> Result<Wanted, Unwanted> {
    let typed = words.trim();
    if typed.chars().count() > LONGEST_WORDS {
        return Err(Unwanted::TooLong);
    }
    let narrow: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(fold_width)
        .collect();
    let number = narrow.trim_start_matches("No.").trim_start_matches("no.");
    if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
        if number.len() == 12 {
            return Err(Unwanted::IndividualNumber);
        }
        if let Ok(number) = number.parse() {
            return Ok(Wanted::Number(number));
        }
    }
    if let Some((_, code)) = typed.rsplit_once("/f/") {
        let code = code.split(['?', '#', '/']).next().unwrap_or_default();
        return Ok(Wanted::Code(code.to_owned()));
    }
    let lower = narrow.to_ascii_lowercase();
    if let Ok(id) = lower.parse::<FilingId>() {
        return Ok(Wanted::IdOrCode(id, typed.to_owned()));
    }
    if typed.len() >= 20
        && typed
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    {
        return Ok(Wanted::Code(typed.to_owned()));
    }
    let folded = fold(typed);
    if folded.is_empty() {
        return Err(Unwanted::Empty);
    }
    Ok(Wanted::Name {
        folded,
        typed: typed.to_owned(),
    })
}

fn fold_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

/// Whether a name begins, as a whole or with its given name, with exactly these code points; spaces that part names do not
/// count.
#[must_use]
pub fn begins_exactly(name: &str, typed: &str) -> bool {
    let bare = |text: &str| {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
    };
    let typed = bare(typed);
    let begins = |name: &str| {
        let rest = bare(name);
        // a selector after the typed part belongs to its last character: that is another form
        rest.strip_prefix(&typed)
            .is_some_and(|rest| !rest.starts_with(is_variation_selector))
    };
    begins(name)
        || name
            .split_once('\u{3000}')
            .is_some_and(|(_, given)| begins(given))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn forms_of_one_name_fold_to_one() {
        for (one, other) in [
            ("葛\u{e0100}城", "葛城"),
            ("髙橋", "高橋"),
            ("山\u{fa11}", "山崎"),
            ("渡邊", "渡辺"),
            ("渡邉", "渡辺"),
            ("齋藤", "斉藤"),
            ("齊藤", "斎藤"),
            ("\u{20bb7}田", "吉田"),
            ("濵田", "浜田"),
            ("嶋田", "島田"),
            ("嶌田", "島田"),
            ("廣瀨", "広瀬"),
            ("\u{fa19}谷", "神谷"),
            ("櫻井", "桜井"),
            ("佐々木", "佐佐木"),
            ("ｻｸﾗｷﾞ", "さくらぎ"),
            ("キョウコ", "キヨウコ"),
            ("葛城\u{3000}さくら", "葛城さくら"),
            ("ｓｍｉｔｈ", "Smith"),
            ("か\u{3099}く", "がく"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
    }

    #[test]
    fn different_names_stay_different() {
        for (one, other) in [
            ("葛城", "桂城"),
            ("さくら", "ざくら"),
            ("太郎", "大郎"),
            ("ハナ", "パナ"),
        ] {
            assert_ne!(fold(one), fold(other), "{one} and {other}");
        }
    }

    #[test]
    fn folding_what_is_folded_changes_nothing() {
        for line in FORMS.lines().filter(|line| !line.starts_with('#')) {
            let from = line.split(' ').next().unwrap();
            let c = char::from_u32(u32::from_str_radix(from, 16).unwrap()).unwrap();
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{from}");
        }
    }

    #[test]
    fn words_are_read_as_what_they_can_be() {
        assert_eq!(wanted(" Ｎｏ．１２３ "), Ok(Wanted::Number(123)));
        assert_eq!(wanted("123456789012"), Err(Unwanted::IndividualNumber));
        assert_eq!(wanted("1234-5678-9012"), Err(Unwanted::IndividualNumber));
        assert_eq!(wanted("\u{3000} "), Err(Unwanted::Empty));
        assert_eq!(
            wanted("https://todoke.asukoe.example/f/abc_DEF?lang=en"),
            Ok(Wanted::Code("abc_DEF".into()))
        );
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            wanted(id),
            Ok(Wanted::IdOrCode(id.parse().unwrap(), id.into()))
        );
        assert!(matches!(wanted("葛城"), Ok(Wanted::Name { .. })));
        assert_eq!(wanted(&"あ".repeat(201)), Err(Unwanted::TooLong));
    }

    #[test]
    fn exact_means_the_same_code_points_and_no_selector_more() {
        let name = "葛\u{e0100}城\u{3000}さくら";
        assert!(begins_exactly(name, "葛\u{e0100}城"));
        assert!(begins_exactly(name, "葛\u{e0100}城 さくら"));
        assert!(begins_exactly(name, "さく"));
        assert!(!begins_exactly(name, "葛城"));
        assert!(!begins_exactly(name, "葛"));
    }
}
