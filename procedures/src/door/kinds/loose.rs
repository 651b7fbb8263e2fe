//! Reading what outsiders write: days with or without a time, months, numbers in quotes. Generous in form only: what is
//! read is a day, a month or a whole number, or it is refused with the text that was there.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, offset};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

use crate::amounts::MonthNumber;
use crate::door::{Context, DoorError};
use crate::nursery::entry_day;

/// A day, and the minute of the day if one was written.
pub(super) type Moment = (Date, Option<i16>);

/// How much of a bad value is repeated to whoever sent it.
const SHOWN: usize = 60;

fn shown(value: &Value) -> String {
    value.to_string().chars().take(SHOWN).collect()
}

/// `2026-11-22`, `2026/11/22`, or a time on that day; a time with an offset is the day it was in Japan.
pub(super) fn moment(value: &Value) -> Result<Moment, String> {
    let refused = || format!("{} is not a day such as \"2026-11-22\"", shown(value));
    let text = value.as_str().ok_or_else(refused)?.trim_ascii();
    let with_minute = |at: DateTime| {
        let minute = i16::from(at.hour()) * 60 + i16::from(at.minute());
        (at.date(), Some(minute))
    };
    if text.contains(':') {
        if let Ok(instant) = text.parse::<Timestamp>() {
            let japan = TimeZone::fixed(offset(9));
            return Ok(with_minute(instant.to_zoned(japan).datetime()));
        }
        return text.parse().map(with_minute).map_err(|_| refused());
    }
    let day = text.parse::<Date>().ok().or_else(|| with_slashes(text));
    day.map(|day| (day, None)).ok_or_else(refused)
}

fn with_slashes(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(())?;
    Date::new(year, month, day).ok()
}

/// `2026-11`, `2026/11`, or any day of the month.
pub(super) fn month(value: &Value) -> Result<MonthNumber, String> {
    let text = value.as_str().map(str::trim_ascii);
    let read = text.and_then(|text| text.replace('/', "-").parse().ok());
    read.or_else(|| moment(value).ok().map(|(day, _)| MonthNumber::of(day)))
        .ok_or_else(|| format!("{} is not a month such as \"2026-11\"", shown(value)))
}

/// A whole number, also as `1220000.0`, `"1220000"` or `"1,220,000"`.
pub(super) fn integer(value: &Value) -> Result<i64, String> {
    let read = match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim_ascii().replace(',', "").parse().ok(),
        _ => None,
    };
    read.ok_or_else(|| format!("{} is not a whole number", shown(value)))
}

/// The integer that a float is, if it is one and exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and in the exact range"
        )]
        return Some(number as i64);
    }
    None
}

/// Yes or no, also as `0`, `1`, `"true"` or `"false"`.
pub(super) fn flag(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Number(number) if number.as_i64() == Some(0) => Ok(false),
        Value::Number(number) if number.as_i64() == Some(1) => Ok(true),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(format!("{} is not true or false", shown(value))),
    }
}

/// A name as ids are spelt: small letters, `_` between words.
pub(super) fn spelt(name: &str) -> String {
    name.trim_ascii()
        .to_ascii_lowercase()
        .replace(['-', ' '], "_")
}

fn read<'de, D: Deserializer<'de>, T>(
    input: D,
    reader: fn(&Value) -> Result<T, String>,
) -> Result<Option<T>, D::Error> {
    match Value::deserialize(input)? {
        Value::Null => Ok(None),
        value => reader(&value).map(Some).map_err(D::Error::custom),
    }
}

/// For `deserialize_with`: a day that has to be there.
pub(super) fn needed_moment<'de, D: Deserializer<'de>>(input: D) -> Result<Moment, D::Error> {
    read(input, moment)?.ok_or_else(|| D::Error::custom("null is not a day"))
}

/// For `deserialize_with`: a day or `null`.
pub(super) fn maybe_day<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Date>, D::Error> {
    Ok(read(input, moment)?.map(|(day, _)| day))
}

/// For `deserialize_with`: a month or `null`.
pub(super) fn maybe_month<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<MonthNumber>, D::Error> {
    read(input, month)
}

/// For `deserialize_with`: a whole number or `null`.
pub(super) fn maybe_integer<'de, D: Deserializer<'de>>(input: D) -> Result<Option<i64>, D::Error> {
    read(input, integer)
}

/// For `deserialize_with`: true, false or `null`.
pub(super) fn maybe_flag<'de, D: Deserializer<'de>>(input: D) -> Result<Option<bool>, D::Error> {
    read(input, flag)
}

/// For `deserialize_with`: days, or `null` for none.
pub(super) fn days<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Date>, D::Error> {
    let listed: Option<Vec<Value>> = Option::deserialize(input)?;
    listed
        .unwrap_or_default()
        .iter()
        .map(|value| moment(value).map(|(day, _)| day))
        .collect::<Result<_, String>>()
        .map_err(D::Error::custom)
}

/// The day a child would enter a nursery: a day or the first of a month; the day asked where nothing is said.
pub(super) fn entry(cx: &Context, text: Option<&str>) -> Result<Date, DoorError> {
    text.map_or(Ok(cx.as_of), |text| {
        entry_day(text).ok_or_else(|| DoorError::impossible(format!("entry {text:?} is no month")))
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_day_is_read_with_a_time_a_slash_or_an_offset_and_is_the_day_it_was_in_japan() {
        let day = date(2026, 11, 22);
        for (written, read) in [
            (json!("2026-11-22"), (day, None)),
            (json!(" 2026/11/22 "), (day, None)),
            (json!("2026-11-22T23:59"), (day, Some(1439))),
            (json!("2026-11-22 23:59:30"), (day, Some(1439))),
            (json!("2026-11-22T23:59+09:00"), (day, Some(1439))),
            (json!("2026-11-22T14:59:00Z"), (day, Some(1439))),
            (json!("2026-11-22T15:00:00Z"), (date(2026, 11, 23), Some(0))),
        ] {
            assert_eq!(moment(&written), Ok(read), "{written}");
        }
        for bad in [
            json!("2026-02-30"),
            json!("2026/13/01"),
            json!("26/11/22"),
            json!("tomorrow"),
            json!("2026-11-22T25:00"),
            json!(""),
            json!(20_261_122),
            json!(null),
            json!({}),
        ] {
            assert!(moment(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn months_numbers_and_flags_are_read_in_their_usual_spellings() {
        let november = MonthNumber::new(2026, 11);
        for written in ["2026-11", "2026/11", "2026-11-30", "2026-11-22T10:00"] {
            assert_eq!(month(&json!(written)), Ok(november), "{written}");
        }
        for bad in [
            json!("2026-13"),
            json!("2026-00"),
            json!(202_611),
            json!("26-11"),
        ] {
            assert!(month(&bad).is_err(), "{bad}");
        }
        for written in [json!(1_220_000), json!(1_220_000.0), json!("1,220,000")] {
            assert_eq!(integer(&written), Ok(1_220_000), "{written}");
        }
        for bad in [
            json!(1.5),
            json!(1e300),
            json!(true),
            json!("many"),
            json!(u64::MAX),
        ] {
            assert!(integer(&bad).is_err(), "{bad}");
        }
        assert_eq!(flag(&json!(1)), Ok(true));
        assert_eq!(flag(&json!("false")), Ok(false));
        assert!(flag(&json!("maybe")).is_err());
    }
}
