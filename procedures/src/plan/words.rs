//! The plan's own words, from `catalogue/words.toml`. Code holds keys, never sentences.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;

use super::family::Whom;
use super::item::Status;
use crate::amounts::MonthNumber;
use crate::calendar::{english, english_month};
use crate::catalogue::{Role, Routing};
use crate::text::Text;

const FILE: &str = include_str!("../../catalogue/words.toml");

/// Words by table and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(BTreeMap<String, BTreeMap<String, Text>>);

/// Why the words were refused. A test keeps that from being released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Not such a file.
    #[error("words: {0}")]
    Shape(String),
}

impl Words {
    /// The words that are part of the program.
    ///
    /// # Errors
    /// [`WordsError`] when the file is not one of words.
    pub fn builtin() -> Result<&'static Self, &'static WordsError> {
        static BUILTIN: LazyLock<Result<Words, WordsError>> = LazyLock::new(|| Words::read(FILE));
        BUILTIN.as_ref()
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// [`WordsError`] when it is not one.
    pub fn read(text: &str) -> Result<Self, WordsError> {
        toml::from_str(text)
            .map(Self)
            .map_err(|error| WordsError::Shape(error.to_string()))
    }
}

fn find(table: &str, key: &str) -> Option<&'static Text> {
    Words::builtin().ok()?.0.get(table)?.get(key)
}

/// A word of the line; its key where there is none, which a test keeps from happening.
pub(crate) fn line(key: &str) -> Text {
    find("line", key)
        .cloned()
        .unwrap_or_else(|| Text::untranslated(key))
}

/// What a kind of recipient is called.
pub(super) fn recipient(kind: Routing) -> Text {
    let key = kind.as_str();
    find("recipient", key)
        .cloned()
        .unwrap_or_else(|| Text::untranslated(key))
}

/// What a role is called.
pub(crate) fn role(role: Role) -> Text {
    let key = role.as_str();
    find("role", key)
        .cloned()
        .unwrap_or_else(|| Text::untranslated(key))
}

/// What a state is called.
pub(crate) fn status(status: Status) -> Text {
    let key = match status {
        Status::Now => "now",
        Status::Offer => "offer",
        Status::Late => "late",
        Status::WaitsFor => "waits_for",
        Status::Upcoming => "upcoming",
        Status::ByItself => "by_itself",
        Status::Elsewhere => "elsewhere",
        Status::Question => "question",
        Status::Staff => "staff",
        Status::Closed => "closed",
        Status::Done => "done",
    };
    find("status", key)
        .cloned()
        .unwrap_or_else(|| Text::untranslated(key))
}

/// What somebody is called; `alone` where there is only one child.
pub(crate) fn whom(whom: Whom, alone: bool) -> Text {
    let (key, n) = match whom {
        Whom::Family => ("family", 0),
        Whom::Delivery => ("delivery", 0),
        Whom::Expected => ("expected", 0),
        Whom::Child(_) if alone => ("only_child", 0),
        Whom::Child(at) => ("child", at + 1),
        Whom::Older(_) => ("older", 0),
        Whom::Mother => ("mother", 0),
        Whom::Father => ("father", 0),
        Whom::Person(_) => ("person", 0),
    };
    let text = find("whom", key)
        .cloned()
        .unwrap_or_else(|| Text::untranslated(key));
    with(&text, "n", &Text::untranslated(&n.to_string()))
}

/// The same text with a place filled in.
pub(crate) fn with(text: &Text, place: &str, value: &Text) -> Text {
    let hole = format!("{{{place}}}");
    Text {
        ja: text.ja.replace(&hole, &value.ja),
        en: text.en.replace(&hole, &value.en),
    }
}

/// A day: with the day of the week in Japanese.
pub(crate) fn day(day: Date) -> Text {
    let weekday = match day.weekday() {
        jiff::civil::Weekday::Monday => '月',
        jiff::civil::Weekday::Tuesday => '火',
        jiff::civil::Weekday::Wednesday => '水',
        jiff::civil::Weekday::Thursday => '木',
        jiff::civil::Weekday::Friday => '金',
        jiff::civil::Weekday::Saturday => '土',
        jiff::civil::Weekday::Sunday => '日',
    };
    Text {
        ja: format!(
            "{}年{}月{}日（{weekday}）",
            day.year(),
            day.month(),
            day.day()
        ),
        en: english(day),
    }
}

/// A month.
pub(crate) fn month(month: MonthNumber) -> Text {
    Text {
        ja: format!("{}年{}月", month.year(), month.month()),
        en: format!("{} {}", english_month(month.month()), month.year()),
    }
}

/// Yen, with commas.
pub(crate) fn yen(yen: i64) -> Text {
    let digits = yen.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if yen < 0 {
        text.insert(0, '-');
    }
    Text::untranslated(&text)
}

/// Several, one after the other.
pub(crate) fn list(texts: impl IntoIterator<Item = Text>, ja: &str, en: &str) -> Text {
    let (ja_parts, en_parts): (Vec<_>, Vec<_>) =
        texts.into_iter().map(|text| (text.ja, text.en)).unzip();
    Text {
        ja: ja_parts.join(ja),
        en: en_parts.join(en),
    }
}
