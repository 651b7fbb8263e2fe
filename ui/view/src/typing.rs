//! What Slint cannot do to a string: insert at a cursor, remove a whole character, voice a kana, type a date digit by digit.
//! Pure functions; nothing is kept. Which characters a field allows is decided elsewhere.

use crate::generated::{Typed, Typing};
use unicode_segmentation::UnicodeSegmentation;

/// Years to add to a year counted in an era: western, Reiwa, Heisei, Showa.
const ERA_BASE: [i32; 4] = [0, 2018, 1988, 1925];

/// Wires the pure functions to the `Typing` global.
pub(crate) fn answer(global: &Typing<'_>) {
    global.on_insert(|text, anchor, cursor, key| insert(&text, anchor, cursor, &key));
    global.on_backspace(|text, anchor, cursor| backspace(&text, anchor, cursor));
    global.on_mark(|text, cursor| replace_before(&text, cursor, voiced));
    global.on_small(|text, cursor| replace_before(&text, cursor, small));
    global.on_turn(|text, cursor| replace_before(&text, cursor, turned));
    global.on_character(|text, at| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        text.chars()
            .nth(at)
            .map(String::from)
            .unwrap_or_default()
            .into()
    });
    global.on_date_part(|value, part, era| date_part(&value, part, era).into());
    global.on_date_digit(|value, part, era, digit| date_digit(&value, part, era, &digit).into());
    global.on_date_backspace(|value, part, era| date_backspace(&value, part, era).into());
    global.on_date_next(|before, digit, part, era| date_next(&before, &digit, part, era));
}

/// The nearest character boundary at or before a byte offset that came from the screen.
fn boundary(text: &str, offset: i32) -> usize {
    let mut at = usize::try_from(offset).unwrap_or(0).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn typed(text: String, cursor: usize) -> Typed {
    Typed {
        text: text.into(),
        cursor: i32::try_from(cursor).unwrap_or(i32::MAX),
    }
}

fn insert(text: &str, anchor: i32, cursor: i32, key: &str) -> Typed {
    let (a, c) = (boundary(text, anchor), boundary(text, cursor));
    let (from, to) = (a.min(c), a.max(c));
    let (head, tail) = (text.get(..from).unwrap_or(""), text.get(to..).unwrap_or(""));
    typed(format!("{head}{key}{tail}"), from + key.len())
}

fn backspace(text: &str, anchor: i32, cursor: i32) -> Typed {
    if anchor != cursor {
        return insert(text, anchor, cursor, "");
    }
    let at = boundary(text, cursor);
    let head = text.get(..at).unwrap_or("");
    let tail = text.get(at..).unwrap_or("");
    // A grapheme cluster keeps a variation selector with its character.
    let keep = head
        .grapheme_indices(true)
        .next_back()
        .map_or("", |(i, _)| head.get(..i).unwrap_or(""));
    typed(format!("{keep}{tail}"), keep.len())
}

fn replace_before(text: &str, cursor: i32, change: fn(char) -> Option<char>) -> Typed {
    let at = boundary(text, cursor);
    let head = text.get(..at).unwrap_or("");
    let tail = text.get(at..).unwrap_or("");
    let mut chars = head.chars();
    match chars.next_back().and_then(change) {
        Some(new) => {
            let keep = format!("{}{new}", chars.as_str());
            let cursor = keep.len();
            typed(keep + tail, cursor)
        }
        None => typed(text.to_owned(), at),
    }
}

/// Kana and its voiced forms, each cycling to the next.
const VOICED: &[&str] = &[
    "かが",
    "きぎ",
    "くぐ",
    "けげ",
    "こご",
    "さざ",
    "しじ",
    "すず",
    "せぜ",
    "そぞ",
    "ただ",
    "ちぢ",
    "つづ",
    "てで",
    "とど",
    "はばぱ",
    "ひびぴ",
    "ふぶぷ",
    "へべぺ",
    "ほぼぽ",
    "うゔ",
    "カガ",
    "キギ",
    "クグ",
    "ケゲ",
    "コゴ",
    "サザ",
    "シジ",
    "スズ",
    "セゼ",
    "ソゾ",
    "タダ",
    "チヂ",
    "ツヅ",
    "テデ",
    "トド",
    "ハバパ",
    "ヒビピ",
    "フブプ",
    "ヘベペ",
    "ホボポ",
    "ウヴ",
];

/// Kana and its small form.
const SMALL: &[&str] = &[
    "あぁ", "いぃ", "うぅ", "えぇ", "おぉ", "つっ", "やゃ", "ゆゅ", "よょ", "わゎ", "アァ", "イィ",
    "ウゥ", "エェ", "オォ", "ツッ", "ヤャ", "ユュ", "ヨョ", "ワヮ", "カヵ", "ケヶ",
];

/// Kana that are both voiced and small.
const BOTH: &[&str] = &["つっづ", "ツッヅ", "うぅゔ", "ウゥヴ", "カガヵ", "ケゲヶ"];

fn turned(c: char) -> Option<char> {
    cycle(BOTH, c).or_else(|| voiced(c)).or_else(|| small(c))
}

fn cycle(table: &[&str], c: char) -> Option<char> {
    let ring = table.iter().find(|ring| ring.contains(c))?;
    ring.chars().cycle().skip_while(|x| *x != c).nth(1)
}

fn voiced(c: char) -> Option<char> {
    cycle(VOICED, c)
}

fn small(c: char) -> Option<char> {
    cycle(SMALL, c)
}

/// Year, month and day as typed so far, any of them empty.
fn parts(value: &str) -> [String; 3] {
    let mut split = value.splitn(3, '-').map(str::to_owned);
    std::array::from_fn(|_| split.next().unwrap_or_default())
}

fn join(parts: &[String; 3]) -> String {
    let [year, month, day] = parts;
    match (month.is_empty(), day.is_empty()) {
        (true, true) => year.clone(),
        (false, true) => format!("{year}-{month}"),
        (_, false) => format!("{year}-{month}-{day}"),
    }
}

fn index(part: i32) -> usize {
    usize::try_from(part).unwrap_or(0).min(2)
}

fn base(era: i32) -> i32 {
    usize::try_from(era)
        .ok()
        .and_then(|i| ERA_BASE.get(i))
        .copied()
        .unwrap_or(0)
}

fn part_of(value: &str, part: i32) -> String {
    parts(value)
        .into_iter()
        .nth(index(part))
        .unwrap_or_default()
}

/// The digits in one box, the year counted in `era`. A year before the era shows as an empty box.
fn date_part(value: &str, part: i32, era: i32) -> String {
    let digits = part_of(value, part);
    if part != 0 || base(era) == 0 {
        return digits;
    }
    match digits.parse::<i32>() {
        Ok(year) if year >= base(era) => (year - base(era)).to_string(),
        _ => String::new(),
    }
}

fn set_part(value: &str, part: i32, era: i32, digits: &str) -> String {
    let mut all = parts(value);
    let stored = match digits.parse::<i32>() {
        Ok(year) if part == 0 && base(era) > 0 => (year + base(era)).to_string(),
        _ => digits.to_owned(),
    };
    if let Some(slot) = all.get_mut(index(part)) {
        *slot = stored;
    }
    join(&all)
}

/// How many digits a box takes.
fn width(part: i32, era: i32) -> usize {
    if part == 0 && base(era) == 0 { 4 } else { 2 }
}

/// The digits of a box after one more key.
fn grown(shown: &str, digit: &str, part: i32, era: i32) -> String {
    // A full box starts anew: the person corrects it.
    let digits = if shown.len() >= width(part, era) {
        digit.to_owned()
    } else {
        format!("{shown}{digit}")
    };
    // A month above 1 or a day above 3 is complete with one digit.
    match (part, digits.as_str()) {
        (1, "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9")
        | (2, "4" | "5" | "6" | "7" | "8" | "9") => format!("0{digits}"),
        _ => digits,
    }
}

fn date_digit(value: &str, part: i32, era: i32, digit: &str) -> String {
    if !matches!(digit.as_bytes(), [b'0'..=b'9']) {
        return value.to_owned();
    }
    let digits = grown(&date_part(value, part, era), digit, part, era);
    set_part(value, part, era, &digits)
}

fn date_backspace(value: &str, part: i32, era: i32) -> String {
    let mut shown = date_part(value, part, era);
    shown.pop();
    if shown == "0" {
        shown.clear();
    }
    set_part(value, part, era, &shown)
}

/// The box the next digit goes to. `06` fills the year of an era, `6` leaves it open: a second digit may follow.
fn date_next(before: &str, digit: &str, part: i32, era: i32) -> i32 {
    if grown(before, digit, part, era).len() >= width(part, era) {
        part + 1
    } else {
        part
    }
}
