//! How a job ends: one result, in Japanese and English and as fields, and an exit code.
//!
//! | exit code | says |
//! |---|---|
//! | 0 | done |
//! | 1 | it did not work: `why` says what |
//! | 2 | the command line is wrong |
//! | 3 | `diagnose` found something that does not work, `export` could not read something, `import` left something, `audit` found a broken chain |
//! | 4 | the city said no: the code is wrong, used, too old; the device is revoked |
//! | 5 | refused, because filings would be lost |
//! | 6 | nobody answers at the city, or somebody else does |

use std::error::Error as StdError;

use serde_json::{Map, Value, json};

/// The same in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English; empty where the Japanese needs none.
    pub en: String,
}

/// A sentence in both languages.
pub fn words(ja: impl Into<String>, en: impl Into<String>) -> Words {
    Words {
        ja: ja.into(),
        en: en.into(),
    }
}

impl Words {
    /// As an object.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "ja": self.ja, "en": self.en })
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    /// For people, one after the other.
    pub lines: Vec<Words>,
    /// For programs, beside the usual fields.
    pub fields: Map<String, Value>,
    /// 0, or 3 where something was found.
    pub code: u8,
}

impl Done {
    pub(crate) fn new(line: Words, fields: Value) -> Self {
        Self {
            lines: vec![line],
            fields: match fields {
                Value::Object(fields) => fields,
                _ => Map::new(),
            },
            code: 0,
        }
    }
}

impl Done {
    /// A count among the fields; 0 where there is none.
    #[must_use]
    pub fn count(&self, field: &str) -> u64 {
        let found = self.fields.get(field);
        found
            .and_then(|one| one.as_u64().or_else(|| Some(one.as_array()?.len() as u64)))
            .unwrap_or_default()
    }

    /// A text among the fields.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }
}

/// Why a command did not do it.
#[derive(Debug)]
pub struct Failed {
    /// One word.
    pub why: &'static str,
    /// For people.
    pub words: Words,
    /// The exit code.
    pub code: u8,
    /// What the program says, with everything below it.
    pub source: Option<String>,
}

/// Something was found.
pub const FOUND: u8 = 3;
/// The city said no.
pub const SAID_NO: u8 = 4;
/// Filings would be lost.
pub const WOULD_LOSE: u8 = 5;
/// Nobody answers at the city, or somebody else does.
pub const NOBODY: u8 = 6;

impl Failed {
    pub(crate) fn new(why: &'static str, words: Words) -> Self {
        Self {
            why,
            words,
            code: 1,
            source: None,
        }
    }

    pub(crate) fn coded(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn because(mut self, error: &dyn StdError) -> Self {
        let mut whole = error.to_string();
        let mut next = error.source();
        while let Some(error) = next {
            whole = format!("{whole}: {error}");
            next = error.source();
        }
        self.source = Some(whole);
        self
    }
}

/// Something could not be read or written.
pub fn file<'a>(
    doing: &'static str,
    path: &'a std::path::Path,
) -> impl FnOnce(std::io::Error) -> Failed + 'a {
    move |error| {
        let path = path.display();
        Failed::new(
            "file",
            words(
                format!("{path} を扱えません"),
                format!("cannot {doing} {path}"),
            ),
        )
        .because(&error)
    }
}

/// Who is told how far a job is.
pub trait Progress: Sync {
    /// So many steps.
    fn begin(&self, steps: u64);
    /// The next one begins.
    fn next(&self, words: &Words);
    /// The job is over, however it ended.
    fn end(&self);
}

/// How far a job is.
pub(crate) struct Steps<'a>(&'a dyn Progress);

impl<'a> Steps<'a> {
    pub(crate) fn new(progress: &'a dyn Progress, steps: u64) -> Self {
        progress.begin(steps);
        Self(progress)
    }

    pub(crate) fn next(&self, words: &Words) {
        self.0.next(words);
    }
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Tells nobody.
#[cfg(test)]
pub(crate) struct Nobody;

#[cfg(test)]
impl Progress for Nobody {
    fn begin(&self, _: u64) {}
    fn next(&self, _: &Words) {}
    fn end(&self) {}
}
