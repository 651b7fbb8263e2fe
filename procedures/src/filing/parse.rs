//! Reading canonical bytes back: strictly, because they came over a network and carry a signature.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;

use super::{FILING_FORMAT, FILING_MAX_BYTES, Filing, from_raw, is_kind, raw};
use crate::catalogue::Procedure;
use crate::ids::{FieldPath, IdError, MunicipalityCode, ProcedureId};
use crate::jcs::{Json, JsonError, Object};
use crate::text::{Lang, Text, Tongue};
use crate::value::{Answers, Source, Value};

/// Most rows a filing can have.
const MAX_ROWS: usize = 500;

/// Why bytes are not a filing.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Longer than any filing.
    #[error("{bytes} bytes; a filing has at most {FILING_MAX_BYTES}")]
    TooLong {
        /// How many bytes.
        bytes: usize,
    },
    /// Not JSON, or JSON that no filing can hold.
    #[error("not a filing's JSON: {what}")]
    Json {
        /// What was wrong.
        what: String,
        /// What the JSON reader said, where it was the one to refuse.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// JSON, and not in its canonical form: other bytes for the same content.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
    /// Another format or version.
    #[error("format {given:?}; known is {FILING_FORMAT:?}")]
    Format {
        /// What stood there.
        given: Option<String>,
    },
    /// A member is not there, is superfluous, or holds another type.
    #[error("{place}: {member} is missing, unknown or of another type")]
    Member {
        /// Where: `filing`, or the row's number.
        place: String,
        /// Its name.
        member: String,
    },
    /// An id is malformed.
    #[error("{place}: malformed id")]
    Id {
        /// Where.
        place: String,
        /// Which.
        #[source]
        source: IdError,
    },
    /// The same field twice.
    #[error("{path} appears twice")]
    Twice {
        /// The field.
        path: FieldPath,
    },
    /// More rows than any form has.
    #[error("{rows} rows; a filing has at most {MAX_ROWS}")]
    TooManyRows {
        /// How many.
        rows: usize,
    },
}

/// A filing as read from its bytes, without any catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedFiling {
    /// Which procedure.
    pub procedure: ProcedureId,
    /// Its title as it was shown.
    pub title: Text,
    /// Which version of its form.
    pub form_version: u32,
    /// Who receives it.
    pub recipient: MunicipalityCode,
    /// The language it was shown in.
    pub lang_shown: Tongue,
    /// The certificate's number.
    pub certificate_number: Option<String>,
    /// Which child of the delivery, from 1.
    pub child_order: Option<u8>,
    /// The day it was drawn up.
    pub drafted_on: Date,
    /// The rows, in form order.
    pub rows: Vec<ParsedRow>,
}

/// One row as read. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct ParsedRow {
    /// The field.
    pub path: FieldPath,
    /// The heading it stands under.
    pub section: Text,
    /// Its label.
    pub label: Text,
    /// The word of its kind.
    pub kind: String,
    /// Its value.
    pub value: Value,
    /// The words shown for it.
    pub shown: Text,
    /// Where it came from.
    pub source: Source,
    /// Never on a receipt, preview or shared view.
    pub private: bool,
}

impl fmt::Debug for ParsedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ParsedRow({}, masked, from {})",
            self.path,
            self.source.as_str()
        )
    }
}

/// A heading with its rows, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What stands under it.
    pub rows: Vec<Row>,
}

/// One shown line. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The field.
    pub path: FieldPath,
    /// Its label.
    pub label: String,
    /// Its value in words.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// Never on a receipt, preview or shared view.
    pub private: bool,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Row({}, masked, from {})",
            self.path,
            self.source.as_str()
        )
    }
}

impl ParsedFiling {
    /// Reads canonical bytes: bounded in length and depth, no member missing or unknown, and the same bytes
    /// again when written canonically.
    ///
    /// # Errors
    /// [`ParseError`], naming the member concerned.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() > FILING_MAX_BYTES {
            return Err(ParseError::TooLong { bytes: bytes.len() });
        }
        let json = Json::read(bytes).map_err(json_error)?;
        if json.to_bytes_of(bytes.len()) != bytes {
            return Err(ParseError::NotCanonical);
        }
        let mut filing = Members::of(json, Place::FILING)?;
        let format = filing.take("format").ok().and_then(as_text);
        if format.as_deref() != Some(FILING_FORMAT) {
            return Err(ParseError::Format {
                given: format.map(Cow::into_owned),
            });
        }
        let procedure = filing.text("procedure")?;
        let recipient = filing.text("recipient")?;
        let parsed = Self {
            procedure: procedure.parse().map_err(|source| filing.id(source))?,
            title: filing.words("title")?,
            form_version: filing.number("form_version")?,
            recipient: recipient.parse().map_err(|source| filing.id(source))?,
            lang_shown: filing.tongue()?,
            certificate_number: filing.optional("certificate_number", |json| {
                as_text(json).map(Cow::into_owned)
            })?,
            child_order: filing.optional("child_order", |json| as_number(&json))?,
            drafted_on: filing.date("drafted_on")?,
            rows: rows(&mut filing)?,
        };
        filing.end()?;
        Ok(parsed)
    }

    /// The canonical bytes: exactly those it was read from.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let number = self.certificate_number.as_ref();
        Json::object([
            ("format", Json::text(FILING_FORMAT)),
            ("procedure", Json::text(self.procedure.as_str())),
            ("title", words(&self.title)),
            ("form_version", Json::Number(i64::from(self.form_version))),
            ("recipient", Json::text(self.recipient.to_text())),
            ("lang_shown", Json::text(self.lang_shown.tag())),
            (
                "certificate_number",
                number.map_or(Json::Null, |number| Json::text(number.as_str())),
            ),
            (
                "child_order",
                self.child_order
                    .map_or(Json::Null, |order| Json::Number(i64::from(order))),
            ),
            ("drafted_on", Json::text(self.drafted_on.to_string())),
            (
                "rows",
                Json::List(self.rows.iter().map(ParsedRow::to_json).collect()),
            ),
        ])
        .to_bytes()
    }

    /// What is shown, in one language: headings in form order, rows below them.
    #[must_use]
    pub fn sections(&self, lang: Lang) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        for row in &self.rows {
            let title = row.section.get(lang);
            if sections.last().is_none_or(|section| section.title != title) {
                sections.push(Section {
                    title: title.to_owned(),
                    rows: Vec::new(),
                });
            }
            if let Some(section) = sections.last_mut() {
                section.rows.push(Row {
                    path: row.path.clone(),
                    label: row.label.get(lang).to_owned(),
                    value: row.shown.get(lang).to_owned(),
                    source: row.source,
                    private: row.private,
                });
            }
        }
        sections
    }

    /// The answers, typed again.
    #[must_use]
    pub fn answers(&self) -> Answers {
        let mut answers = Answers::new();
        for row in &self.rows {
            answers.set(row.path.clone(), row.value.clone(), row.source);
        }
        answers
    }

    /// Whether the labels and words in the bytes are those of the catalogue's form: what an officer checks
    /// before trusting the shown words of a filing from outside.
    #[must_use]
    pub fn agrees_with(&self, procedure: &Procedure) -> bool {
        let again = Filing {
            procedure: self.procedure.clone(),
            form_version: self.form_version,
            recipient: self.recipient,
            answers: self.answers(),
            lang_shown: self.lang_shown,
            certificate_number: self.certificate_number.clone(),
            child_order: self.child_order,
            drafted_on: self.drafted_on,
        };
        let same_form =
            self.procedure == procedure.id && self.form_version == procedure.form.version;
        same_form && again.in_words(procedure) == *self
    }
}

impl ParsedRow {
    fn to_json(&self) -> Json<'_> {
        Json::object([
            ("path", Json::text(self.path.as_str())),
            ("section", words(&self.section)),
            ("label", words(&self.label)),
            ("kind", Json::text(self.kind.as_str())),
            ("value", raw(&self.value)),
            ("shown", words(&self.shown)),
            ("source", Json::text(self.source.as_str())),
            ("private", Json::Bool(self.private)),
        ])
    }
}

fn words(text: &Text) -> Json<'_> {
    Json::object([
        ("ja", Json::text(text.ja.as_str())),
        ("en", Json::text(text.en.as_str())),
    ])
}

fn json_error(error: JsonError) -> ParseError {
    let what = error.to_string();
    match error {
        JsonError::NotJson(source) => ParseError::Json {
            what,
            source: Some(source),
        },
        JsonError::Number | JsonError::TooDeep => ParseError::Json { what, source: None },
    }
}

fn rows(filing: &mut Members<'_>) -> Result<Vec<ParsedRow>, ParseError> {
    let Json::List(items) = filing.take("rows")? else {
        return Err(filing.wrong("rows"));
    };
    if items.len() > MAX_ROWS {
        return Err(ParseError::TooManyRows { rows: items.len() });
    }
    let mut seen = BTreeSet::new();
    let mut rows = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let row = row(item, index)?;
        if !seen.insert(row.path.clone()) {
            return Err(ParseError::Twice { path: row.path });
        }
        rows.push(row);
    }
    Ok(rows)
}

fn row(json: Json<'_>, index: usize) -> Result<ParsedRow, ParseError> {
    let mut members = Members::of(
        json,
        Place {
            row: Some(index),
            member: None,
        },
    )?;
    let path = members
        .text("path")?
        .parse()
        .map_err(|source| members.id(source))?;
    let kind = members.own("kind")?;
    let given = members.take("value")?;
    // A value has one spelling: what reads as a date and is not written as ours is refused.
    let value = is_kind(&kind)
        .then(|| from_raw(&kind, &given))
        .flatten()
        .filter(|value| raw(value) == given);
    let value = value.ok_or_else(|| members.wrong("value"))?;
    let source = members.text("source")?;
    let row = ParsedRow {
        path,
        section: members.words("section")?,
        label: members.words("label")?,
        kind,
        value,
        shown: members.words("shown")?,
        source: Source::from_word(&source).ok_or_else(|| members.wrong("source"))?,
        private: members.bool("private")?,
    };
    members.end()?;
    Ok(row)
}

/// Where in a filing; put into words only when something is wrong there.
#[derive(Clone, Copy)]
struct Place {
    row: Option<usize>,
    member: Option<&'static str>,
}

impl Place {
    const FILING: Self = Self {
        row: None,
        member: None,
    };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            None => f.write_str("filing")?,
            Some(row) => write!(f, "row {row}")?,
        }
        self.member.map_or(Ok(()), |member| write!(f, " {member}"))
    }
}

/// The members of an object, taken out one by one.
struct Members<'a> {
    place: Place,
    members: Object<'a>,
}

impl<'a> Members<'a> {
    fn of(json: Json<'a>, place: Place) -> Result<Self, ParseError> {
        match json {
            Json::Object(members) => Ok(Self { place, members }),
            _ => Err(ParseError::Member {
                place: place.to_string(),
                member: "the object itself".to_owned(),
            }),
        }
    }

    fn wrong(&self, member: &str) -> ParseError {
        ParseError::Member {
            place: self.place.to_string(),
            member: member.to_owned(),
        }
    }

    fn id(&self, source: IdError) -> ParseError {
        ParseError::Id {
            place: self.place.to_string(),
            source,
        }
    }

    fn take(&mut self, name: &str) -> Result<Json<'a>, ParseError> {
        self.members.remove(name).ok_or_else(|| self.wrong(name))
    }

    fn text(&mut self, name: &str) -> Result<Cow<'a, str>, ParseError> {
        self.take(name)
            .and_then(|json| as_text(json).ok_or_else(|| self.wrong(name)))
    }

    fn own(&mut self, name: &str) -> Result<String, ParseError> {
        self.text(name).map(Cow::into_owned)
    }

    fn bool(&mut self, name: &str) -> Result<bool, ParseError> {
        match self.take(name)? {
            Json::Bool(value) => Ok(value),
            _ => Err(self.wrong(name)),
        }
    }

    fn number<T: TryFrom<i64>>(&mut self, name: &str) -> Result<T, ParseError> {
        self.take(name)
            .and_then(|json| as_number(&json).ok_or_else(|| self.wrong(name)))
    }

    /// A member that must be there and may be `null`.
    fn optional<T>(
        &mut self,
        name: &str,
        read: impl Fn(Json<'a>) -> Option<T>,
    ) -> Result<Option<T>, ParseError> {
        match self.take(name)? {
            Json::Null => Ok(None),
            json => read(json).map(Some).ok_or_else(|| self.wrong(name)),
        }
    }

    fn date(&mut self, name: &str) -> Result<Date, ParseError> {
        let text = self.text(name)?;
        match from_raw("date", &Json::Text(text)) {
            Some(Value::Date(date)) => Ok(date),
            _ => Err(self.wrong(name)),
        }
    }

    fn tongue(&mut self) -> Result<Tongue, ParseError> {
        let tag = self.text("lang_shown")?;
        Tongue::from_tag(&tag).ok_or_else(|| self.wrong("lang_shown"))
    }

    fn words(&mut self, name: &'static str) -> Result<Text, ParseError> {
        let place = Place {
            member: Some(name),
            ..self.place
        };
        let mut inner = Self::of(self.take(name)?, place)?;
        let text = Text {
            ja: inner.own("ja")?,
            en: inner.own("en")?,
        };
        inner.end()?;
        Ok(text)
    }

    fn end(self) -> Result<(), ParseError> {
        match self.members.any() {
            Some(stray) => Err(self.wrong(stray)),
            None => Ok(()),
        }
    }
}

fn as_text(json: Json<'_>) -> Option<Cow<'_, str>> {
    match json {
        Json::Text(text) => Some(text),
        _ => None,
    }
}

fn as_number<T: TryFrom<i64>>(json: &Json<'_>) -> Option<T> {
    match json {
        Json::Number(number) => T::try_from(*number).ok(),
        _ => None,
    }
}
