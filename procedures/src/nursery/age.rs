//! A child's age as nurseries count it, and the ages a facility says it takes.
//!
//! Two different ages meet here. The *class* (0歳児クラス … 5歳児クラス) is fixed for a fiscal year by the age on 1 April,
//! where a child born on 1 April belongs to the older class (R-ATTAIN: the age is attained on 31 March). The *minimum age*
//! (57日, 6か月 …) is looked at on the day of entry. Facilities write it as free text; what cannot be read stays text.

use std::fmt;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::text::squeeze;
use crate::calendar;

/// A class of a nursery, 0 to 5: the age on 1 April of the fiscal year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct AgeClass(u8);

impl AgeClass {
    /// All six, youngest first.
    pub const ALL: [Self; 6] = [Self(0), Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// Class 0 to 5; `None` from 6 on, which is school.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (number <= 5).then_some(Self(number))
    }

    /// 0 to 5.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The class a child is in during the fiscal year of a day. A child born within that year, or after it, is in class 0;
    /// `None` for a child of school age.
    #[must_use]
    pub fn of(birth: Date, day: Date) -> Option<Self> {
        let year = calendar::fiscal_year(day);
        let april = Date::new(year, 4, 1).unwrap_or(date(1, 4, 1));
        match calendar::age_on(birth, april) {
            None => Some(Self(0)),
            Some(age) => u8::try_from(age).ok().and_then(Self::new),
        }
    }

    /// Its bit in a set of classes.
    pub(super) fn bit(self) -> u8 {
        1 << self.0
    }
}

impl fmt::Display for AgeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<AgeClass> for u8 {
    fn from(class: AgeClass) -> Self {
        class.0
    }
}

impl TryFrom<u8> for AgeClass {
    type Error = NoSuchClass;

    fn try_from(number: u8) -> Result<Self, NoSuchClass> {
        Self::new(number).ok_or(NoSuchClass { number })
    }
}

/// There are the classes 0 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no age class {number}: 0 to 5")]
pub struct NoSuchClass {
    /// What was given.
    pub number: u8,
}

/// A child on the day of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildAge {
    /// The class of that fiscal year; `None` at school age.
    pub class: Option<AgeClass>,
    /// Days since the birth; negative before it.
    pub days: i32,
    /// Whole months attained (R-ATTAIN: on the day before the corresponding day); `None` before the birth.
    pub months: Option<u16>,
}

impl ChildAge {
    /// How old a child is on the day of entry.
    #[must_use]
    pub fn on(birth: Date, entry: Date) -> Self {
        Self {
            class: AgeClass::of(birth, entry),
            days: (entry - birth).get_days(),
            months: months_attained(birth, entry),
        }
    }
}

/// Whole months attained on a day; `None` before the birth.
fn months_attained(birth: Date, day: Date) -> Option<u16> {
    if day < birth {
        return None;
    }
    let years = i32::from(day.year()) - i32::from(birth.year());
    let apart = years * 12 + i32::from(day.month()) - i32::from(birth.month());
    // Attained the day before the corresponding day: at most one month more than the calendar months between.
    (apart - 1..=apart + 1)
        .rev()
        .filter_map(|months| u16::try_from(months).ok())
        .find(|months| calendar::last_day_of_months(birth, *months) <= day)
}

/// From which age a facility takes children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MinAge {
    /// Days since the birth. 57 is the first day after the eight weeks of the mother's leave.
    Days(u16),
    /// Attained months.
    Months(u16),
    /// A class, whatever the day of entry.
    Class(AgeClass),
}

impl MinAge {
    /// Whether a child is old enough.
    #[must_use]
    pub fn reached_by(self, child: &ChildAge) -> bool {
        match self {
            Self::Days(days) => child.days >= i32::from(days),
            Self::Months(months) => child.months.is_some_and(|attained| attained >= months),
            Self::Class(class) => child.days >= 0 && child.class.is_none_or(|own| own >= class),
        }
    }

    /// The first day on which a child is old enough.
    #[must_use]
    pub fn first_day(self, birth: Date) -> Date {
        match self {
            Self::Days(days) => calendar::plus_days(birth, i32::from(days)),
            Self::Months(months) => calendar::last_day_of_months(birth, months).max(birth),
            Self::Class(class) => {
                // The 1 April after the age is attained.
                let attained = calendar::attains(birth, u16::from(class.number()));
                calendar::plus_days(attained, 1)
                    .max(calendar::plus_days(
                        calendar::fiscal_year_end_after_attaining(birth, u16::from(class.number())),
                        1,
                    ))
                    .max(birth)
            }
        }
    }

    /// For ordering two of them, roughly in days.
    fn rough_days(self) -> u32 {
        match self {
            Self::Days(days) => u32::from(days),
            Self::Months(months) => u32::from(months) * 61 / 2,
            Self::Class(class) => u32::from(class.number()) * 365,
        }
    }
}

/// The ages a facility takes, as it says and as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ages {
    /// What it says.
    pub text: Box<str>,
    /// The minimum age for care.
    pub min: Option<MinAge>,
    /// The minimum age of the educational strand (1号, 幼), where the text names it separately.
    pub education_min: Option<MinAge>,
    /// The oldest class. `None`: no limit before school, or none that could be read.
    pub max: Option<AgeClass>,
    /// Whether anything could be read.
    pub understood: bool,
}

impl Ages {
    /// Reads one text that may name both ends: `3ヶ月から`, `1歳から5歳`, `(幼)3歳から(保)1歳から`, `0〜5歳`, `産休明け`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut ages = Self {
            text: text.into(),
            ..Self::default()
        };
        let normal = normalise(text);
        for (strand, part) in strands(&normal) {
            let bounds = Bounds::of(&lex(part));
            ages.understood |= bounds.understood;
            match strand {
                Strand::Education => ages.education_min = bounds.min,
                Strand::Care => {
                    ages.min = younger(ages.min, bounds.min);
                    ages.max = ages.max.max(bounds.max);
                }
            }
        }
        if ages.min.is_none() {
            ages.min = ages.education_min;
        }
        ages
    }

    /// Reads two cells, one for each end: `6か月` and `5歳`.
    #[must_use]
    pub fn read_ends(from: &str, to: &str) -> Self {
        let mut ages = Self::read(from);
        let normal = normalise(to);
        let bounds = Bounds::of(&lex(&normal));
        let end = bounds.max.or_else(|| {
            match bounds.min? {
                MinAge::Months(months) => u8::try_from(months / 12).ok(),
                MinAge::Class(class) => Some(class.number()),
                MinAge::Days(_) => Some(0),
            }
            .map(|years| AgeClass(years.min(5)))
        });
        if end.is_some() {
            ages.max = end;
        }
        ages.understood |= bounds.understood;
        if !to.trim().is_empty() {
            ages.text = format!("{from}～{to}").into();
        }
        ages
    }

    /// Whether a class is taken, apart from the minimum age. `None` where the text says nothing.
    #[must_use]
    pub fn takes(&self, class: AgeClass) -> Option<bool> {
        self.understood
            .then(|| self.max.is_none_or(|max| class <= max))
    }
}

fn younger(one: Option<MinAge>, other: Option<MinAge>) -> Option<MinAge> {
    match (one, other) {
        (Some(a), Some(b)) => Some(if b.rough_days() < a.rough_days() {
            b
        } else {
            a
        }),
        (a, b) => a.or(b),
    }
}

// ---- reading ----

/// Folded, without blanks, with one way to write months and years.
fn normalise(text: &str) -> String {
    let squeezed: Vec<char> = squeeze(text).chars().take(LONGEST).collect();
    let mut out = String::with_capacity(text.len());
    for (index, c) in squeezed.iter().enumerate() {
        let next = squeezed.get(index + 1);
        out.push(match c {
            'ヶ' | 'ケ' | 'ヵ' | 'カ' | 'ゖ' | 'ゕ' | '箇' | '個' | 'ｶ' | 'ｹ'
                if next == Some(&'月') =>
            {
                'か'
            }
            '才' => '歳',
            'ー' => '-',
            other => other.to_ascii_lowercase(),
        });
    }
    out
}

/// No statement about ages is longer; the rest is prose.
const LONGEST: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strand {
    Care,
    Education,
}

/// The parts of a text that speak of education (幼, 1号) and of care (保, 2号, 3号).
fn strands(text: &str) -> Vec<(Strand, &str)> {
    const MARKS: &[(&str, Strand)] = &[
        ("(幼)", Strand::Education),
        ("(教)", Strand::Education),
        ("1号", Strand::Education),
        ("(保)", Strand::Care),
        ("2・3号", Strand::Care),
        ("2,3号", Strand::Care),
        ("2号", Strand::Care),
        ("3号", Strand::Care),
    ];
    let mut marks: Vec<(usize, usize, Strand)> = Vec::new();
    for (mark, strand) in MARKS {
        for (at, _) in text.match_indices(mark) {
            let inside = marks
                .iter()
                .any(|(other, end, _)| (*other..*end).contains(&at));
            if !inside {
                marks.push((at, at + mark.len(), *strand));
            }
        }
    }
    marks.sort_unstable_by_key(|mark| mark.0);
    let mut parts = Vec::new();
    let first = marks.first().map_or(text.len(), |mark| mark.0);
    if let Some(before) = text.get(..first).filter(|part| !part.is_empty()) {
        parts.push((Strand::Care, before));
    }
    for (index, (_, end, strand)) in marks.iter().enumerate() {
        let until = marks.get(index + 1).map_or(text.len(), |next| next.0);
        if let Some(part) = text.get(*end..until) {
            parts.push((*strand, part));
        }
    }
    parts
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Amount(Amount),
    /// から, 以上
    From,
    /// まで, 以下
    To,
    /// 未満
    Below,
    /// ~
    Range,
    /// ・, 、 …
    Sep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Days(u16),
    Months(u16),
    Class(u16),
    /// A number whose unit stands with a later one: the 0 of 0〜5歳.
    Bare(u16),
    /// 就学前, 未就園
    Preschool,
    /// 小学生
    School,
}

const WORDS: &[(&str, Token)] = &[
    ("産休明け", Token::Amount(Amount::Days(57))),
    ("産後休暇明け", Token::Amount(Amount::Days(57))),
    ("産後休業明け", Token::Amount(Amount::Days(57))),
    ("産後明け", Token::Amount(Amount::Days(57))),
    ("就学前", Token::Amount(Amount::Preschool)),
    ("就学まで", Token::Amount(Amount::Preschool)),
    ("就学始期", Token::Amount(Amount::Preschool)),
    ("未就学", Token::Amount(Amount::Preschool)),
    ("未就園", Token::Amount(Amount::Preschool)),
    ("就園前", Token::Amount(Amount::Preschool)),
    ("小学校入学前", Token::Amount(Amount::Preschool)),
    ("小学校就学前", Token::Amount(Amount::Preschool)),
    ("小学", Token::Amount(Amount::School)),
    ("学童", Token::Amount(Amount::School)),
    ("中学", Token::Amount(Amount::School)),
    ("から", Token::From),
    ("より", Token::From),
    ("以上", Token::From),
    ("以降", Token::From),
    ("経過後", Token::From),
    ("まで", Token::To),
    ("迄", Token::To),
    ("以下", Token::To),
    ("未満", Token::Below),
    ("~", Token::Range),
    ("-", Token::Range),
    ("・", Token::Sep),
    ("、", Token::Sep),
    (",", Token::Sep),
    ("/", Token::Sep),
    ("と", Token::Sep),
];

fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((number, after)) = number(rest) {
            let (amount, after) = unit(number, after);
            tokens.extend(amount.map(Token::Amount));
            rest = after;
        } else if let Some((word, token)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            tokens.push(*token);
            rest = rest.get(word.len()..).unwrap_or_default();
        } else {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    tokens
}

/// ASCII digits, or one kanji digit that stands before 歳 or か月.
fn number(text: &str) -> Option<(u16, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    if end > 0 {
        let (digits, rest) = text.split_at_checked(end)?;
        // More than four digits are no age.
        return Some((digits.parse().unwrap_or(u16::MAX), rest));
    }
    let first = text.chars().next()?;
    let value = "〇一二三四五六七八九十".chars().position(|c| c == first)?;
    let rest = text.get(first.len_utf8()..)?;
    (rest.starts_with('歳') || rest.starts_with("か月"))
        .then(|| (u16::try_from(value).unwrap_or_default(), rest))
}

/// What a number counts. A calendar date (4月1日) is no age.
fn unit(number: u16, after: &str) -> (Option<Amount>, &str) {
    if let Some(rest) = after.strip_prefix("歳半") {
        return (years(number, 6).map(Amount::Months), rest);
    }
    if let Some(rest) = strip(after, &["歳", "years", "year"]) {
        if let Some(rest) = rest.strip_prefix('児') {
            return ((number <= 12).then_some(Amount::Class(number)), rest);
        }
        let more = self::number(rest)
            .and_then(|(months, rest)| Some((months, rest.strip_prefix("か月")?)));
        let (months, rest) = more.unwrap_or((0, rest));
        return (years(number, months).map(Amount::Months), rest);
    }
    if let Some(rest) = strip(after, &["か月", "months", "month", "月齢"]) {
        return ((number <= 240).then_some(Amount::Months(number)), rest);
    }
    if let Some(rest) = after.strip_prefix('月') {
        let day = self::number(rest).and_then(|(_, rest)| rest.strip_prefix('日'));
        return match day {
            Some(rest) => (None, rest),
            None => ((number <= 240).then_some(Amount::Months(number)), rest),
        };
    }
    if let Some(rest) = strip(after, &["週間", "週", "weeks", "week"]) {
        return (
            (number <= 520).then(|| Amount::Days(number.saturating_mul(7))),
            rest,
        );
    }
    if let Some(rest) = strip(after, &["日", "days", "day"]) {
        return ((number <= 3700).then_some(Amount::Days(number)), rest);
    }
    if let Some(rest) = after.strip_prefix("年生") {
        return (Some(Amount::School), rest);
    }
    ((number <= 20).then_some(Amount::Bare(number)), after)
}

fn years(years: u16, months: u16) -> Option<u16> {
    (years <= 20 && months <= 240).then(|| years * 12 + months)
}

fn strip<'a>(text: &'a str, any: &[&str]) -> Option<&'a str> {
    any.iter().find_map(|word| text.strip_prefix(word))
}

#[derive(Debug, Default)]
struct Bounds {
    min: Option<MinAge>,
    max: Option<AgeClass>,
    understood: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Low,
    High,
    Below,
    Plain,
}

impl Bounds {
    fn of(tokens: &[Token]) -> Self {
        let mut amounts = roles(tokens);
        let assigned = |amounts: &[(Amount, Role)], role: Role| {
            amounts.iter().position(|(_, own)| *own == role)
        };
        let high = assigned(&amounts, Role::High).or_else(|| assigned(&amounts, Role::Below));
        let low = assigned(&amounts, Role::Low);
        let last = amounts.len().saturating_sub(1);
        for (index, (_, role)) in amounts.iter_mut().enumerate() {
            if *role == Role::Plain {
                *role = match (low, high) {
                    (Some(low), None) if index > low => Role::High,
                    (None, None) if index == last && index > 0 => Role::High,
                    _ => Role::Low,
                };
            }
        }
        let mut bounds = Self::default();
        for (amount, role) in amounts {
            bounds.add(amount, role);
        }
        bounds
    }

    fn add(&mut self, amount: Amount, role: Role) {
        self.understood = true;
        match (amount, role) {
            (Amount::Preschool, _) => self.max = self.max.max(Some(AgeClass(5))),
            (Amount::School, Role::Low) => {
                self.min = younger(self.min, Some(MinAge::Months(72)));
            }
            (Amount::School, _) => self.max = Some(AgeClass(5)),
            (amount, Role::Low | Role::Plain) => self.min = younger(self.min, lowest(amount)),
            (amount, Role::High) => self.max = self.max.max(highest(amount, 0)),
            (amount, Role::Below) => self.max = self.max.max(highest(amount, 1)),
        }
    }
}

/// Each amount with what the words around it make of it.
fn roles(tokens: &[Token]) -> Vec<(Amount, Role)> {
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Token::Amount(amount) = token else {
            continue;
        };
        let after = tokens.get(index + 1);
        let before = index.checked_sub(1).and_then(|at| tokens.get(at));
        let role = match (before, after) {
            (_, Some(Token::Below)) => Role::Below,
            (_, Some(Token::From | Token::Range)) => Role::Low,
            (_, Some(Token::To)) | (Some(Token::Range), _) => Role::High,
            _ => Role::Plain,
        };
        let amount =
            match amount {
                // The unit of a bare number is that of the next amount that has one.
                Amount::Bare(number) => tokens
                    .get(index + 1..)
                    .unwrap_or_default()
                    .iter()
                    .find_map(|token| match token {
                        Token::Amount(Amount::Class(_)) => Some(Amount::Class(*number)),
                        Token::Amount(Amount::Months(months))
                            if months % 12 == 0 && *months > 0 =>
                        {
                            Some(Amount::Months(number * 12))
                        }
                        Token::Amount(Amount::Months(_)) => Some(Amount::Months(*number)),
                        Token::Amount(Amount::Days(_)) => Some(Amount::Days(*number)),
                        _ => None,
                    }),
                other => Some(*other),
            };
        found.extend(amount.map(|amount| (amount, role)));
    }
    found
}

fn lowest(amount: Amount) -> Option<MinAge> {
    match amount {
        Amount::Days(days) => Some(MinAge::Days(days)),
        Amount::Months(months) => Some(MinAge::Months(months)),
        Amount::Class(0) => Some(MinAge::Months(0)),
        Amount::Class(class) => u8::try_from(class)
            .ok()
            .and_then(AgeClass::new)
            .map(MinAge::Class)
            .or(Some(MinAge::Months(72))),
        Amount::Bare(_) | Amount::Preschool | Amount::School => None,
    }
}

fn highest(amount: Amount, less: u16) -> Option<AgeClass> {
    let class = match amount {
        Amount::Days(days) => days.saturating_sub(less) / 366,
        Amount::Months(months) => months.saturating_sub(less) / 12,
        Amount::Class(class) => class.saturating_sub(less),
        Amount::Bare(_) | Amount::Preschool | Amount::School => return None,
    };
    u8::try_from(class.min(5)).ok().and_then(AgeClass::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(text: &str) -> (Option<MinAge>, Option<u8>) {
        let ages = Ages::read(text);
        (ages.min, ages.max.map(AgeClass::number))
    }

    #[test]
    fn a_child_born_on_the_first_of_april_belongs_to_the_older_class() {
        let april = date(2027, 4, 1);
        assert_eq!(AgeClass::of(date(2026, 4, 1), april), Some(AgeClass(1)));
        assert_eq!(AgeClass::of(date(2026, 4, 2), april), Some(AgeClass(0)));
        assert_eq!(AgeClass::of(date(2021, 4, 2), april), Some(AgeClass(5)));
        assert_eq!(AgeClass::of(date(2021, 4, 1), april), None);
    }

    #[test]
    fn the_class_is_that_of_the_fiscal_year_of_the_entry_also_in_february() {
        let birth = date(2026, 11, 22);
        assert_eq!(AgeClass::of(birth, date(2027, 2, 1)), Some(AgeClass(0)));
        assert_eq!(AgeClass::of(birth, date(2028, 3, 1)), Some(AgeClass(0)));
        assert_eq!(AgeClass::of(birth, date(2028, 4, 1)), Some(AgeClass(1)));
    }

    #[test]
    fn months_are_attained_the_day_before_the_corresponding_day() {
        let birth = date(2026, 11, 22);
        assert_eq!(months_attained(birth, date(2027, 1, 20)), Some(1));
        assert_eq!(months_attained(birth, date(2027, 1, 21)), Some(2));
        assert_eq!(months_attained(birth, birth), Some(0));
        assert_eq!(months_attained(birth, date(2026, 11, 21)), None);
        // No 31 February: the month's last day.
        assert_eq!(
            months_attained(date(2026, 12, 31), date(2027, 2, 28)),
            Some(2)
        );
    }

    #[test]
    fn fifty_seven_days_are_counted_from_the_day_after_the_birth() {
        let child = |birth| ChildAge::on(birth, date(2027, 4, 1));
        assert!(MinAge::Days(57).reached_by(&child(date(2027, 2, 3))));
        assert!(!MinAge::Days(57).reached_by(&child(date(2027, 2, 4))));
        assert_eq!(
            MinAge::Days(57).first_day(date(2027, 2, 3)),
            date(2027, 4, 1)
        );
    }

    #[test]
    fn the_first_day_of_a_class_is_an_april() {
        let class = AgeClass(1);
        assert_eq!(
            MinAge::Class(class).first_day(date(2026, 4, 1)),
            date(2027, 4, 1)
        );
        assert_eq!(
            MinAge::Class(class).first_day(date(2026, 4, 2)),
            date(2028, 4, 1)
        );
    }

    #[test]
    fn texts_of_real_lists_are_read() {
        use MinAge::{Class, Days, Months};
        for (text, min, max) in [
            ("3ヶ月から", Some(Months(3)), None),
            ("11ヶ月から", Some(Months(11)), None),
            ("６か月", Some(Months(6)), None),
            ("6カ月～2歳", Some(Months(6)), Some(2)),
            ("57日", Some(Days(57)), None),
            ("生後57日から", Some(Days(57)), None),
            ("生後８週間～就学前", Some(Days(56)), Some(5)),
            ("産休明け", Some(Days(57)), None),
            ("産休明けから就学前まで", Some(Days(57)), Some(5)),
            ("1歳から5歳", Some(Months(12)), Some(5)),
            ("0〜5歳", Some(Months(0)), Some(5)),
            ("0歳", Some(Months(0)), None),
            ("2歳半", Some(Months(30)), None),
            ("満1歳以上3歳未満", Some(Months(12)), Some(2)),
            ("3歳未満", None, Some(2)),
            ("1歳児から", Some(Class(AgeClass(1))), None),
            ("0歳児～2歳児", Some(Months(0)), Some(2)),
            ("0・1・2歳児", Some(Months(0)), Some(2)),
            ("三歳から五歳まで", Some(Months(36)), Some(5)),
            ("1歳6ヶ月から", Some(Months(18)), None),
            ("3ヶ月から2歳児クラス相当まで", Some(Months(3)), Some(2)),
            ("3ヶ月から小学校6年生まで", Some(Months(3)), Some(5)),
            ("小学生", Some(Months(72)), None),
            ("原則、未就園児", None, Some(5)),
            ("6 months", Some(Months(6)), None),
            ("4月1日時点で1歳以上", Some(Months(12)), None),
        ] {
            assert_eq!(ages(text), (min, max), "{text}");
            assert!(Ages::read(text).understood, "{text}");
        }
    }

    #[test]
    fn education_and_care_are_kept_apart() {
        let ages = Ages::read("(幼)3歳から(保)1歳6ヶ月から");
        assert_eq!(ages.min, Some(MinAge::Months(18)));
        assert_eq!(ages.education_min, Some(MinAge::Months(36)));
        let ages = Ages::read("１号：３歳～５歳　２・３号：６か月～５歳");
        assert_eq!(ages.min, Some(MinAge::Months(6)));
        assert_eq!(ages.education_min, Some(MinAge::Months(36)));
    }

    #[test]
    fn two_cells_are_two_ends() {
        let ages = Ages::read_ends("6か月", "5歳");
        assert_eq!(ages.min, Some(MinAge::Months(6)));
        assert_eq!(ages.max, Some(AgeClass(5)));
        assert_eq!(&*ages.text, "6か月～5歳");
        assert_eq!(Ages::read_ends("2か月", "").max, None);
    }

    #[test]
    fn what_cannot_be_read_stays_text() {
        for text in [
            "",
            "応相談",
            "首がすわった頃",
            "99999歳",
            "<b>お問い合わせ</b>",
        ] {
            let ages = Ages::read(text);
            assert!(!ages.understood, "{text}");
            assert_eq!(&*ages.text, text);
            assert_eq!(ages.takes(AgeClass(0)), None);
        }
    }
}
