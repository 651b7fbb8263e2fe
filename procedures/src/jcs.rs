//! Canonical JSON (RFC 8785, JCS): one sequence of bytes for one content.
//!
//! Written here rather than taken from `serde_jcs` 0.2.0 (MIT OR Apache-2.0, a good crate): that one is
//! for any serialisable value, floating point and all, and switches on `float_roundtrip` for the whole
//! workspace. Our documents hold no fractions, so [`Json`] cannot hold them either, which removes the one
//! hard part of the RFC. What is left is the order of names and the escapes, and both stand below.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Largest whole number that every JSON reader takes exactly (RFC 8785 §3.2.2.3, RFC 7493): 2^53 − 1.
pub(crate) const SAFE_INTEGER: i64 = 9_007_199_254_740_991;
/// How deep documents may nest.
const MAX_DEPTH: u8 = 8;

/// JSON without fractions. What is read stays in the bytes it was read from where it can: most of a filing's
/// text is names of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Object<'a>),
}

/// Members of an object by name, in the order of [`str`], each name once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Object<'a> {
    /// Of two members with one name, the later counts.
    fn of(mut members: Vec<(Cow<'a, str>, Json<'a>)>) -> Self {
        let ascending = members.is_sorted_by(|(a, _), (b, _)| a < b);
        if !ascending {
            members.reverse();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            members.dedup_by(|(later, _), (first, _)| later == first);
        }
        Self(members)
    }

    /// Takes a member out. The order of what is left is gone.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Json<'a>> {
        let at = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The name of some member, if any is left.
    pub(crate) fn any(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_ref())
    }
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

impl<'a> Json<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn object<const N: usize>(members: [(&'static str, Self); N]) -> Self {
        let named = members.map(|(name, value)| (Cow::Borrowed(name), value));
        Self::Object(Object::of(named.into()))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes_of(0)
    }

    /// The same, where it is known about how many bytes it takes: nothing is moved while it grows.
    pub(crate) fn to_bytes_of(&self, about: usize) -> Vec<u8> {
        let mut out = String::with_capacity(about);
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
            Self::Object(Object(members)) => write_object(members, out),
        }
    }

    /// Reads JSON text. Twice the same name is not noticed here; the canonical form differs then, and the caller
    /// compares.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, JsonError> {
        let refused = Cell::new(None);
        let reader = Reader {
            depth: 0,
            refused: &refused,
        };
        // looked through once for what is no UTF-8, and not again with each text in it
        let read = match std::str::from_utf8(bytes) {
            Ok(text) => whole(serde_json::Deserializer::from_str(text), reader),
            Err(_) => whole(serde_json::Deserializer::from_slice(bytes), reader),
        };
        read.map_err(|error| match refused.get() {
            Some(Refused::Number) => JsonError::Number,
            Some(Refused::TooDeep) => JsonError::TooDeep,
            None => JsonError::NotJson(error),
        })
    }
}

/// One value, and nothing behind it.
fn whole<'a, R: serde_json::de::Read<'a>>(
    mut text: serde_json::Deserializer<R>,
    reader: Reader<'_>,
) -> Result<Json<'a>, serde_json::Error> {
    let json = reader.deserialize(&mut text)?;
    text.end().map(|()| json)
}

/// What is JSON, and none of ours.
#[derive(Clone, Copy)]
enum Refused {
    Number,
    TooDeep,
}

/// A member's name, borrowed where it is written without escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads one value straight into [`Json`]: most of judging a filing is reading it.
#[derive(Clone, Copy)]
struct Reader<'a> {
    depth: u8,
    /// Why the reading was broken off; serde's errors carry words only.
    refused: &'a Cell<Option<Refused>>,
}

impl Reader<'_> {
    fn refuse<E: serde::de::Error>(self, why: Refused) -> E {
        self.refused.set(Some(why));
        E::custom("refused")
    }

    /// For what stands inside.
    fn below(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    fn whole<'de, E: serde::de::Error>(self, number: Option<i64>) -> Result<Json<'de>, E> {
        number
            .filter(|whole| whole.unsigned_abs() <= SAFE_INTEGER.unsigned_abs())
            .map(Json::Number)
            .ok_or_else(|| self.refuse(Refused::Number))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Json<'de>, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(self.refuse(Refused::TooDeep));
        }
        text.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Json<'de>, E> {
        self.whole(Some(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Json<'de>, E> {
        self.whole(number.try_into().ok())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Json<'de>, E> {
        self.whole(None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::text(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json<'de>, E> {
        Ok(Json::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let below = self.below();
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let below = self.below();
        let mut object = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            object.push((name, members.next_value_seed(below)?));
        }
        Ok(Json::Object(Object::of(object)))
    }
}

/// Names in the order of their UTF-16 code units (RFC 8785 §3.2.3), which is not that of UTF-8.
fn write_object(members: &[(Cow<'_, str>, Json<'_>)], out: &mut String) {
    out.push('{');
    if members.iter().all(|(name, _)| name.is_ascii()) {
        // their own order: for these the two are one
        write_members(members.iter(), out);
    } else {
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
        write_members(sorted.into_iter(), out);
    }
    out.push('}');
}

fn write_members<'m, 'a: 'm>(
    members: impl Iterator<Item = &'m (Cow<'a, str>, Json<'a>)>,
    out: &mut String,
) {
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        value.write(out);
    }
}

/// The escapes of RFC 8785 §3.2.2.2: two-character ones where JSON has them, `\u00xx` in lower case for other
/// control characters, everything else as it is.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // whatever is escaped is one byte
    while let Some(at) = rest
        .bytes()
        .position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
    {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let mut chars = behind.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\u{C}') => out.push_str("\\f"),
            Some('\r') => out.push_str("\\r"),
            control => {
                let code = control.map_or(0, u32::from);
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{code:04x}");
            }
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
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
    fn members_are_found_whatever_their_order_and_the_later_of_two_counts() {
        let json = Json::read(br#"{"b":1,"a":2,"c":3,"b":4}"#).unwrap();
        assert_eq!(json.to_bytes(), br#"{"a":2,"b":4,"c":3}"#);
        let Json::Object(mut members) = json else {
            unreachable!("an object was read");
        };
        assert_eq!(members.remove("b"), Some(Json::Number(4)));
        assert_eq!(members.remove("b"), None);
        assert_eq!(members.remove("a"), Some(Json::Number(2)));
        assert_eq!(members.any(), Some("c"));
        assert_eq!(members.remove("c"), Some(Json::Number(3)));
        assert_eq!(members.any(), None);
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let deeper = "[".repeat(100_000);
        for text in [deep, deeper] {
            assert!(matches!(
                Json::read(text.as_bytes()),
                Err(JsonError::TooDeep)
            ));
        }
    }
}
