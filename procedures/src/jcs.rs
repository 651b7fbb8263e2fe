//! Canonical JSON (RFC 8785, JCS): one sequence of bytes for one content.
//!
//! Written here rather than taken from `serde_jcs` 0.2.0 (MIT OR Apache-2.0, a good crate): that one is
//! for any serialisable value, floating point and all, and switches on `float_roundtrip` for the whole
//! workspace. Our documents hold no fractions, so [`Json`] cannot hold them either, which removes the one
//! hard part of the RFC. What is left is the order of names and the escapes, and both stand below.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Largest whole number that every JSON reader takes exactly (RFC 8785 §3.2.2.3, RFC 7493): 2^53 − 1.
pub(crate) const SAFE_INTEGER: i64 = 9_007_199_254_740_991;
/// How deep documents may nest.
const MAX_DEPTH: u8 = 8;

/// JSON without fractions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// Why JSON text is not one of our documents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("not JSON")]
    NotJson(#[source] serde_json::Error),
    #[error("a number that is not a whole number within ±(2^53 − 1)")]
    Number,
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
}

impl Json {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn object(members: impl IntoIterator<Item = (&'static str, Json)>) -> Self {
        Self::Object(
            members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::new();
        self.write(&mut out);
        out.into_bytes()
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => write_object(members, out),
        }
    }

    /// Reads JSON text. Twice the same name is not noticed here; the canonical form differs then, and the caller
    /// compares.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(JsonError::NotJson)?;
        Self::from_value(value, 0)
    }

    fn from_value(value: serde_json::Value, depth: u8) -> Result<Self, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        Ok(match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => {
                let whole = number
                    .as_i64()
                    .filter(|whole| whole.unsigned_abs() <= SAFE_INTEGER.unsigned_abs());
                Self::Number(whole.ok_or(JsonError::Number)?)
            }
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => {
                let items = items
                    .into_iter()
                    .map(|item| Self::from_value(item, depth + 1));
                Self::List(items.collect::<Result<_, _>>()?)
            }
            serde_json::Value::Object(members) => {
                let members = members
                    .into_iter()
                    .map(|(name, value)| Ok((name, Self::from_value(value, depth + 1)?)));
                Self::Object(members.collect::<Result<_, JsonError>>()?)
            }
        })
    }
}

/// Names in the order of their UTF-16 code units (RFC 8785 §3.2.3), which is not that of UTF-8.
fn write_object(members: &BTreeMap<String, Json>, out: &mut String) {
    let mut sorted: Vec<(&String, &Json)> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        value.write(out);
    }
    out.push('}');
}

/// The escapes of RFC 8785 §3.2.2.2: two-character ones where JSON has them, `\u00xx` in lower case for other
/// control characters, everything else as it is.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{C}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if u32::from(c) < 0x20 => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn names_are_sorted_as_in_the_example_of_rfc_8785() {
        let json = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let expected = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
            \"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\
            \"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}";
        assert_eq!(
            String::from_utf8(Json::read(json.as_bytes()).unwrap().to_bytes()).unwrap(),
            expected
        );
    }

    #[test]
    fn strings_and_literals_are_written_as_in_the_example_of_rfc_8785() {
        let json = br#"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let expected = "{\"literals\":[null,true,false],\"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(
            String::from_utf8(Json::read(json).unwrap().to_bytes()).unwrap(),
            expected
        );
    }

    #[test]
    fn fractions_and_numbers_beyond_two_to_the_fifty_third_are_refused() {
        for bad in [
            "1.5",
            "1e3",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            assert!(
                matches!(Json::read(bad.as_bytes()), Err(JsonError::Number)),
                "{bad}"
            );
        }
        assert_eq!(
            Json::read(b"-9007199254740991").unwrap(),
            Json::Number(-SAFE_INTEGER)
        );
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert!(matches!(
            Json::read(deep.as_bytes()),
            Err(JsonError::TooDeep)
        ));
        let deeper = "[".repeat(100_000);
        assert!(matches!(
            Json::read(deeper.as_bytes()),
            Err(JsonError::NotJson(_))
        ));
    }
}
