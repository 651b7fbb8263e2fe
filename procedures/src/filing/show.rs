//! The words a value is shown with, in every language. Names and addresses are shown code point for code point.

use crate::calendar;
use crate::form::Field;
use crate::text::Text;
use crate::value::Value;

/// How a value of a field reads.
#[must_use]
pub fn shown(field: &Field, value: &Value) -> Text {
    match value {
        Value::Text(text) => Text::untranslated(text),
        Value::Number(number) => Text::untranslated(&number.to_string()),
        Value::Bool(true) => Text {
            ja: "はい".to_owned(),
            en: "Yes".to_owned(),
        },
        Value::Bool(false) => Text {
            ja: "いいえ".to_owned(),
            en: "No".to_owned(),
        },
        Value::Date(day) => Text {
            ja: calendar::japanese(*day),
            en: calendar::english(*day),
        },
        Value::DateTime(at) => Text {
            ja: calendar::japanese_minute(*at),
            en: calendar::english_minute(*at),
        },
        Value::YearMonth { year, month } => Text {
            ja: calendar::japanese_month(*year, *month),
            en: format!("{} {year}", calendar::english_month(*month)),
        },
        Value::Choice(id) => field
            .option(id)
            .map_or_else(|| Text::untranslated(id), |option| option.on_form().clone()),
        Value::Blank => field.blank.clone().unwrap_or_default(),
    }
}

/// Whether a value could lead somebody to a protected person (支援措置): by its path in the filing, or because it is private.
#[must_use]
pub fn tells_where(path: &str, private: bool) -> bool {
    let mut parts = path.split(['.', '[']);
    let place = parts.any(|part| {
        part == "addr"
            || part.ends_with("_addr")
            || part.ends_with("honseki")
            || part == "birth_place"
    });
    (private || place) && !path.ends_with(".confidential")
}
