//! A door for anything outside: JSON in, JSON out, one kind of question a name.
//!
//! `ubugoe-procedures KIND` is this module behind standard input and output. Everything that comes in is untrusted: a bad
//! line is answered with what was wrong with it, and nothing panics. Fields that a kind does not know are ignored, except
//! `id`, which comes back with the answer. Reads no file and no clock; the date of the law is handed in.

mod kinds;

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, CatalogueError};

/// What was wrong with a question, in words for whoever asked it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// Not JSON, or not of the kind's shape.
    #[error("{0}")]
    Shape(String),
    /// Of the right shape, but it says something that cannot be.
    #[error("{0}")]
    Impossible(String),
}

impl DoorError {
    /// Something that cannot be.
    #[must_use]
    pub fn impossible(what: impl std::fmt::Display) -> Self {
        Self::Impossible(what.to_string())
    }
}

/// What every answer may rest on besides the question.
#[derive(Debug)]
pub struct Context {
    /// Procedures, amounts, profiles, holidays.
    pub catalogue: Catalogue,
    /// The day whose law is asked about.
    pub as_of: Date,
}

/// One kind of question.
pub(crate) trait Kind {
    /// Its name on the command line.
    const NAME: &'static str;
    /// One line for `--help`.
    const ABOUT: &'static str;
    /// The question.
    type Question: DeserializeOwned + JsonSchema;
    /// The answer.
    type Answer: Serialize + JsonSchema;

    /// Answers.
    fn answer(cx: &Context, question: Self::Question) -> Result<Self::Answer, DoorError>;
}

/// A kind without its types, for the table.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    name: &'static str,
    about: &'static str,
    answer: fn(&Context, Value) -> Result<Value, DoorError>,
    question: fn() -> Schema,
    reply: fn() -> Schema,
}

impl Entry {
    pub(crate) const fn of<K: Kind>() -> Self {
        Self {
            name: K::NAME,
            about: K::ABOUT,
            answer: |cx, value| {
                let question = serde_json::from_value(value)
                    .map_err(|error| DoorError::Shape(error.to_string()))?;
                let answer = K::answer(cx, question)?;
                serde_json::to_value(answer).map_err(|error| DoorError::Shape(error.to_string()))
            },
            question: || schemars::schema_for!(K::Question),
            reply: || {
                SchemaSettings::default()
                    .for_serialize()
                    .into_generator()
                    .into_root_schema_for::<K::Answer>()
            },
        }
    }
}

/// The door.
#[derive(Debug)]
pub struct Door {
    cx: Context,
}

impl Door {
    /// A door on the built-in catalogue.
    ///
    /// # Errors
    /// [`CatalogueError`] when the catalogue contradicts itself.
    pub fn open(as_of: Date) -> Result<Self, CatalogueError> {
        let catalogue = Catalogue::builtin()?;
        Ok(Self {
            cx: Context { catalogue, as_of },
        })
    }

    /// The kinds there are, each with one line about it.
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        kinds::ALL.iter().map(|entry| (entry.name, entry.about))
    }

    /// The JSON Schema of a kind's question and answer; `None` for a kind that is not there.
    #[must_use]
    pub fn schema(kind: &str) -> Option<Value> {
        let entry = find(kind)?;
        Some(json!({
            "kind": entry.name,
            "about": entry.about,
            "question": (entry.question)(),
            "answer": (entry.reply)(),
        }))
    }

    /// What is wrong with a catalogue's files, by name below their folder: the answer of `lint`, `{"ok", "problems"}`.
    #[must_use]
    pub fn lint(files: BTreeMap<String, String>) -> Value {
        json!(kinds::lint::told(files))
    }

    /// The answer to one line, as one line; `None` for a kind that is not there.
    ///
    /// Never fails: what is wrong with the line is the answer, `{"error": …}`.
    #[must_use]
    pub fn answer(&self, kind: &str, line: &str) -> Option<String> {
        let entry = find(kind)?;
        let mut id = None;
        // A byte order mark is no part of the first line.
        let line = line.strip_prefix('\u{FEFF}').unwrap_or(line);
        let answer = serde_json::from_str::<Value>(line)
            .map_err(|error| DoorError::Shape(format!("not JSON: {error}")))
            .and_then(|value| {
                id = value.get("id").cloned();
                if value.is_object() {
                    (entry.answer)(&self.cx, value)
                } else {
                    Err(DoorError::Shape("a JSON object is needed".to_owned()))
                }
            });
        let mut answer = answer.unwrap_or_else(|error| json!({ "error": error.to_string() }));
        if let (Some(id), Some(fields)) = (id, answer.as_object_mut()) {
            fields.entry("id").or_insert(id);
        }
        Some(one_line(&answer.to_string()))
    }
}

/// Some readers end a line at these too; inside JSON strings, where alone they can stand, an escape is the same text.
fn one_line(json: &str) -> String {
    json.replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
        .replace('\u{85}', "\\u0085")
}

fn find(kind: &str) -> Option<&'static Entry> {
    kinds::ALL.iter().find(|entry| entry.name == kind)
}
