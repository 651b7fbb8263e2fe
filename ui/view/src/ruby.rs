//! Readings over kanji, and where a Japanese line may break: pure functions over one dictionary file.
//!
//! A text is cut into *atoms*: a word with its reading, a run of Latin letters, or one other character. Each says how
//! welcome a line break before it is: before a phrase (文節), tolerable, or never (JIS X 4051: no 。 at the beginning of a
//! line, no 「 at its end). [`lines`] fills lines with them and says in em where each piece stands; a reading wider than
//! its word widens the word's place, so that neighbours never touch. What it looks like is decided in `words.slint`.

use crate::generated::{Ruby, RubyLine, RubyRun};
use slint::{ModelRc, VecModel};
use std::collections::HashMap;
use std::sync::LazyLock;

/// One word a line: the word, a tab, its reading. See the head of the file.
const DICTIONARY: &str = include_str!("../data/ruby.txt");

/// Readings are set at half the size, with this much air on both sides together, in em of the text.
const READING_SIZE: f32 = 0.5;
const READING_AIR: f32 = 0.12;

/// Advance widths of U+0020 to U+007E in 1/1000 em: Noto Sans CJK JP Regular and Bold, from the font's own table.
const REGULAR: [u16; 95] = [
    224, 323, 474, 555, 555, 921, 680, 278, 338, 338, 467, 555, 278, 347, 278, 392, 555, 555, 555,
    555, 555, 555, 555, 555, 555, 555, 278, 278, 555, 555, 555, 474, 946, 608, 657, 638, 688, 589,
    552, 689, 728, 293, 535, 646, 543, 812, 723, 742, 633, 742, 635, 596, 599, 721, 575, 878, 573,
    531, 603, 338, 392, 338, 555, 559, 606, 563, 618, 510, 620, 554, 325, 564, 607, 275, 275, 552,
    284, 926, 610, 606, 620, 620, 388, 468, 377, 607, 521, 802, 498, 521, 475, 338, 270, 338, 555,
];
const BOLD: [u16; 95] = [
    227, 370, 574, 590, 590, 963, 740, 325, 378, 378, 507, 590, 325, 370, 325, 387, 590, 590, 590,
    590, 590, 590, 590, 590, 590, 590, 325, 325, 590, 590, 590, 514, 1007, 641, 681, 656, 714, 615,
    585, 717, 757, 330, 568, 686, 578, 853, 749, 770, 667, 770, 682, 624, 625, 748, 619, 915, 627,
    580, 613, 378, 387, 378, 590, 567, 626, 591, 644, 527, 644, 581, 372, 597, 640, 304, 306, 604,
    315, 964, 641, 626, 644, 644, 436, 495, 421, 637, 576, 863, 562, 574, 511, 378, 296, 378, 590,
];

/// Never at the beginning of a line.
const NOT_FIRST: &str = "、。，．・：；？！ー）〕］｝〉》」』】’”…々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%～〜";
/// Never at the end of a line.
const NOT_LAST: &str = "（〔［｛〈《「『【‘“([{";

/// How welcome a line break is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    Never,
    Tolerable,
    Phrase,
    Must,
}

#[derive(Debug, Clone, PartialEq)]
struct Atom {
    base: String,
    reading: String,
    before: Break,
}

/// Wires the pure functions to the `Ruby` global.
pub(crate) fn answer(global: &Ruby<'_>) {
    global.on_lines(|text, width, bold| {
        let lines = lines(&text, width, bold).into_iter().map(|line| RubyLine {
            width: line.width,
            runs: ModelRc::new(VecModel::from(
                line.runs
                    .into_iter()
                    .map(|run| RubyRun {
                        base: run.base.into(),
                        reading: run.reading.into(),
                        x: run.x,
                        width: run.width,
                    })
                    .collect::<Vec<_>>(),
            )),
        });
        ModelRc::new(VecModel::from(lines.collect::<Vec<_>>()))
    });
    global.on_width(|text, bold| width(&text, bold));
    global.on_reads(|text| atoms(&text).iter().any(|atom| !atom.reading.is_empty()));
}

/// A piece of a line: with a reading, or a run of what reads itself. Places and widths in em.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What is written.
    pub base: String,
    /// How it is read, in kana; empty for what reads itself.
    pub reading: String,
    /// From the beginning of the line.
    pub x: f32,
    /// Never less than the reading needs.
    pub width: f32,
}

/// One line of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// In em.
    pub width: f32,
    /// From left to right.
    pub runs: Vec<Run>,
}

/// Whether a character is read by whoever has learnt it only.
#[must_use]
pub fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '々')
}

/// The kanji of a text that the dictionary gives no reading, in order, each once.
#[must_use]
pub fn coverage(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    for atom in atoms(text) {
        if atom.reading.is_empty() {
            for c in atom.base.chars().filter(|c| is_kanji(*c)) {
                if !found.contains(&c) {
                    found.push(c);
                }
            }
        }
    }
    found
}

/// The text with its readings, for a test's message: `出生[しゅっしょう]の届[とど]け`.
#[must_use]
pub fn written_out(text: &str) -> String {
    let mut all = String::new();
    for atom in atoms(text) {
        all.push_str(&atom.base);
        if !atom.reading.is_empty() {
            all.push('[');
            all.push_str(&atom.reading);
            all.push(']');
        }
    }
    all
}

/// The width in em of the longest line when nothing breaks but line feeds.
#[must_use]
pub fn width(text: &str, bold: bool) -> f32 {
    lines(text, f32::INFINITY, bold)
        .iter()
        .map(|line| line.width)
        .fold(0.0, f32::max)
}

/// The text in lines no wider than `width` em, as long as one atom fits.
#[must_use]
pub fn lines(text: &str, width: f32, bold: bool) -> Vec<Line> {
    let atoms = atoms(text);
    let mut lines = Vec::new();
    let mut rest = atoms.as_slice();
    while !rest.is_empty() {
        let count = fitting(rest, width, bold);
        let (line, after) = rest.split_at(count.clamp(1, rest.len()));
        lines.push(set(line, bold));
        rest = after;
    }
    lines
}

/// How many atoms go on the next line.
fn fitting(atoms: &[Atom], most: f32, bold: bool) -> usize {
    // Rounding of pixels must not cost a character.
    let most = most + 0.02;
    let mut wide = 0.0;
    let mut phrase = None;
    let mut tolerable = None;
    for (at, atom) in atoms.iter().enumerate() {
        if at > 0 {
            match atom.before {
                Break::Must => return at,
                Break::Phrase => (phrase, tolerable) = (Some((at, wide)), Some(at)),
                Break::Tolerable => tolerable = Some(at),
                Break::Never => {}
            }
        }
        wide += place(atom, bold);
        let hangs = atom.base == "　" || atom.base == " ";
        if wide > most && at > 0 && !hangs {
            // A phrase goes down whole, unless it leaves half of the line behind.
            return match (phrase, tolerable) {
                (Some((at, wide)), _) if wide >= most * 0.5 => at,
                (_, Some(at)) | (Some((at, _)), None) => at,
                (None, None) => at,
            };
        }
    }
    atoms.len()
}

/// One line's atoms, side by side; what reads itself is joined to one run.
fn set(atoms: &[Atom], bold: bool) -> Line {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0.0;
    for atom in atoms.iter().filter(|atom| atom.base != "\n") {
        let wide = place(atom, bold);
        match runs.last_mut() {
            Some(last) if last.reading.is_empty() && atom.reading.is_empty() => {
                last.base.push_str(&atom.base);
                last.width += wide;
            }
            _ => runs.push(Run {
                base: atom.base.clone(),
                reading: atom.reading.clone(),
                x,
                width: wide,
            }),
        }
        x += wide;
    }
    Line { width: x, runs }
}

fn place(atom: &Atom, bold: bool) -> f32 {
    let base: f32 = atom.base.chars().map(|c| advance(c, bold)).sum();
    if atom.reading.is_empty() {
        return base;
    }
    let reading: f32 = atom.reading.chars().map(|c| advance(c, false)).sum();
    base.max(reading * READING_SIZE + READING_AIR)
}

fn advance(c: char, bold: bool) -> f32 {
    match u32::from(c) {
        code @ 0x20..=0x7e => {
            let table = if bold { &BOLD } else { &REGULAR };
            usize::try_from(code - 0x20)
                .ok()
                .and_then(|at| table.get(at))
                .map_or(1.0, |w| f32::from(*w) / 1000.0)
        }
        // Line feeds, combining marks, variation selectors.
        0x0a | 0x300..=0x36f | 0xfe00..=0xfe0f | 0xe0100..=0xe01ef => 0.0,
        // Latin beyond ASCII.
        0xa0..=0x24f | 0x1e00..=0x1eff => 0.62,
        // Half-width katakana.
        0xff61..=0xff9f => 0.5,
        _ => 1.0,
    }
}

struct Dictionary {
    /// Word → its pieces, each with a reading or none.
    words: HashMap<&'static str, Vec<(String, String)>>,
    /// Counter → its pieces after a number.
    counters: HashMap<&'static str, Vec<(String, String)>>,
    longest: usize,
}

static WORDS: LazyLock<Dictionary> = LazyLock::new(|| {
    let mut words = HashMap::new();
    let mut counters = HashMap::new();
    let mut longest = 0;
    for line in DICTIONARY.lines() {
        let Some((word, reading)) = line.split_once('\t') else {
            continue;
        };
        if let Some(counter) = word.strip_prefix('#') {
            counters.extend(align(counter, reading).map(|pieces| (counter, pieces)));
        } else if let Some(pieces) = align(word, reading) {
            words.insert(word, pieces);
        }
        longest = longest.max(word.chars().count());
    }
    Dictionary {
        words,
        counters,
        longest,
    }
});

/// Lays a reading over the kanji of a word; its kana must stand in the reading: 届け出 + とどけで = 届[とど]け出[で].
fn align(word: &str, reading: &str) -> Option<Vec<(String, String)>> {
    let Some(first) = word.chars().next() else {
        return reading.is_empty().then(Vec::new);
    };
    if !takes_reading(first) {
        let rest = reading
            .chars()
            .next()
            .filter(|c| hiragana(*c) == hiragana(first))
            .and_then(|c| reading.get(c.len_utf8()..))?;
        let mut pieces = align(word.get(first.len_utf8()..)?, rest)?;
        pieces.insert(0, (first.to_string(), String::new()));
        return Some(pieces);
    }
    let end = word
        .char_indices()
        .find(|(_, c)| !takes_reading(*c))
        .map_or(word.len(), |(at, _)| at);
    let (kanji, after) = word.split_at_checked(end)?;
    // The shortest reading that lets the rest fit.
    reading
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .find_map(|at| {
            let (own, rest) = reading.split_at_checked(at)?;
            let mut pieces = align(after, rest)?;
            pieces.insert(0, (kanji.to_owned(), own.to_owned()));
            Some(pieces)
        })
}

/// Kanji, and the digits of a whole-number entry such as 1日.
fn takes_reading(c: char) -> bool {
    is_kanji(c)
        || c.is_ascii_digit()
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn hiragana(c: char) -> char {
    match u32::from(c) {
        code @ 0x30a1..=0x30f6 => char::from_u32(code - 0x60).unwrap_or(c),
        _ => c,
    }
}

fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(u32::from(c) - 0xff10 + 0x30),
        _ => None,
    }
}

/// The text cut into words and characters, with a break's welcome before each.
fn atoms(text: &str) -> Vec<Atom> {
    let chars: Vec<char> = text.chars().collect();
    let mut found: Vec<Atom> = Vec::new();
    let mut at = 0;
    while let Some(rest) = chars.get(at..).filter(|rest| !rest.is_empty()) {
        let taken = number(rest)
            .or_else(|| word(rest))
            .unwrap_or_else(|| single(rest));
        at += taken
            .iter()
            .map(|(base, _)| base.chars().count())
            .sum::<usize>()
            .max(1);
        let first = found.len();
        for (base, reading) in taken {
            found.push(Atom {
                base,
                reading,
                before: Break::Never,
            });
        }
        if let Some(atom) = found.get(first) {
            let before = welcome(&found, first, &atom.base);
            // Inside a word with its okurigana nothing breaks.
            if let Some(atom) = found.get_mut(first) {
                atom.before = before;
            }
        }
    }
    // お子さん after ・・・の: the phrase begins with the honorific.
    for at in 1..found.len() {
        let honours = found
            .get(at + 1)
            .and_then(|next| next.base.chars().next())
            .is_some_and(is_kanji);
        if let Some(atom) = found.get_mut(at)
            && matches!(atom.base.as_str(), "お" | "ご")
            && atom.before == Break::Tolerable
            && honours
        {
            atom.before = Break::Phrase;
        }
    }
    found
}

/// 12月 → 12 + 月[がつ]; 20日 → 20日[はつか].
fn number(rest: &[char]) -> Option<Vec<(String, String)>> {
    let count = rest.iter().take_while(|c| digit(**c).is_some()).count();
    if count == 0 {
        return None;
    }
    let (digits, after) = rest.split_at_checked(count)?;
    let written: String = digits.iter().collect();
    let plain: String = digits.iter().copied().filter_map(digit).collect();
    let tail = |most: usize| -> Option<String> { after.get(..most).map(|c| c.iter().collect()) };
    for most in (1..=3).rev() {
        let Some(counter) = tail(most) else { continue };
        let whole = format!("{plain}{counter}");
        if let Some(pieces) = WORDS.words.get(whole.as_str())
            && let Some((_, reading)) = pieces.first().filter(|_| pieces.len() == 1)
        {
            return Some(vec![(format!("{written}{counter}"), reading.clone())]);
        }
        if let Some(pieces) = WORDS.counters.get(counter.as_str()) {
            let mut all = vec![(written, String::new())];
            all.extend(pieces.iter().cloned());
            // 3分[ぷん], 10分[ぷん], but 2分[ふん], 0分[ふん].
            if counter.starts_with('分')
                && plain != "0"
                && plain.ends_with(['0', '1', '3', '4', '6', '8'])
                && let Some((_, reading)) = all.get_mut(1)
            {
                *reading = reading.replacen("ふ", "ぷ", 1);
            }
            return Some(all);
        }
    }
    Some(vec![(written, String::new())])
}

fn word(rest: &[char]) -> Option<Vec<(String, String)>> {
    (1..=WORDS.longest.min(rest.len())).rev().find_map(|count| {
        let candidate: String = rest.get(..count)?.iter().collect();
        WORDS.words.get(candidate.as_str()).cloned()
    })
}

/// A Latin word, a character with its marks, or one character.
fn single(rest: &[char]) -> Vec<(String, String)> {
    let latin = |c: &char| c.is_alphabetic() && u32::from(*c) < 0x2e80 || matches!(c, '\'' | '-');
    let mut count = rest.iter().take_while(|c| latin(c)).count();
    if count == 0 {
        count = 1 + rest
            .iter()
            .skip(1)
            .take_while(|c| advance(**c, false) == 0.0 && **c != '\n')
            .count();
    }
    vec![(rest.iter().take(count).collect(), String::new())]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hiragana,
    Katakana,
    Kanji,
    Latin,
    Digit,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        '\u{3041}'..='\u{309f}' => Kind::Hiragana,
        '\u{30a1}'..='\u{30ff}' => Kind::Katakana,
        c if is_kanji(c) => Kind::Kanji,
        c if digit(c).is_some() => Kind::Digit,
        c if c.is_alphabetic() => Kind::Latin,
        _ => Kind::Other,
    }
}

/// How welcome a break is before the atom that begins at `at`.
fn welcome(found: &[Atom], at: usize, base: &str) -> Break {
    let Some(before) = at.checked_sub(1).and_then(|i| found.get(i)) else {
        return Break::Never;
    };
    let (Some(last), Some(first)) = (before.base.chars().last(), base.chars().next()) else {
        return Break::Never;
    };
    if before.base == "\n" || first == '\n' {
        return if before.base == "\n" {
            Break::Must
        } else {
            Break::Never
        };
    }
    if NOT_FIRST.contains(first) || NOT_LAST.contains(last) || first == '　' || first == ' ' {
        return Break::Never;
    }
    if "、。！？　 」）".contains(last) || NOT_LAST.contains(first) {
        return Break::Phrase;
    }
    match (kind(last), kind(first)) {
        // を marks an object and nothing else.
        (Kind::Hiragana, Kind::Hiragana) if last == 'を' => Break::Phrase,
        (Kind::Digit, Kind::Digit | Kind::Kanji)
        | (Kind::Latin, Kind::Latin)
        | (Kind::Kanji, Kind::Hiragana) => Break::Never,
        // お子さん, ご本人: the honorific belongs to what follows.
        (Kind::Hiragana, Kind::Kanji) if matches!(last, 'お' | 'ご') => Break::Never,
        (Kind::Hiragana, kind) if kind != Kind::Hiragana => Break::Phrase,
        _ => Break::Tolerable,
    }
}
