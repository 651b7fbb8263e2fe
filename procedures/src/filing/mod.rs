//! A filing: complete answers, and the canonical bytes that are shown and signed.
//!
//! The bytes hold, for every field, its label, its raw value, the words shown for it and where it came from,
//! in Japanese and English. What is shown is read back from these bytes ([`ParsedFiling::sections`]), so
//! that what is signed is what was shown. The order of the rows is the order of the paper form.

mod parse;
mod show;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ask::{advice, check, incomplete};
use crate::catalogue::{AdviceKind, Procedure};
use crate::form::{Field, FieldKind};
use crate::ids::{FieldPath, MunicipalityCode, ProcedureId};
use crate::jcs::Json;
use crate::names::Problem;
use crate::prefill::derive;
use crate::text::Tongue;
use crate::value::{Answer, Answers, Value};

pub use parse::{ParseError, ParsedFiling, ParsedRow, Row, Section};
pub use show::{shown, tells_where};

/// `format` of the canonical bytes.
pub const FILING_FORMAT: &str = "ubugoe-filing/1";
/// Longest canonical form that is read, in bytes.
pub const FILING_MAX_BYTES: usize = 256 * 1024;

/// Fields that repeat the recipient's code inside a form.
const RECIPIENT_FIELDS: [&str; 2] = ["addressee", "to"];

/// What a filing needs beside its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who receives it.
    pub recipient: MunicipalityCode,
    /// The language it was shown in.
    pub lang_shown: Tongue,
    /// The certificate's number.
    pub certificate_number: Option<String>,
    /// Which child of the delivery, from 1.
    pub child_order: Option<u8>,
    /// The day it was drawn up, Japan Standard Time.
    pub drafted_on: Date,
}

/// Complete answers for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// Which procedure.
    pub procedure: ProcedureId,
    /// Which version of its form.
    pub form_version: u32,
    /// Who receives it.
    pub recipient: MunicipalityCode,
    /// The answers, derived ones included, hidden ones left out.
    pub answers: Answers,
    /// The language it was shown in.
    pub lang_shown: Tongue,
    /// The certificate's number: with `child_order` the key against double filing.
    pub certificate_number: Option<String>,
    /// Which child of the delivery, from 1.
    pub child_order: Option<u8>,
    /// The day it was drawn up. The legal date is that of arrival, set by the receiving office.
    pub drafted_on: Date,
}

/// Why answers do not make a filing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// Something is still to be asked.
    #[error("still to be answered: {}", list(fields))]
    Incomplete {
        /// What, in the order of asking.
        fields: Vec<FieldPath>,
    },
    /// Something stands in a field that cannot be filed.
    #[error("cannot be filed as it stands: {}", list(&paths(problems)))]
    Blocked {
        /// Where and why.
        problems: Vec<(FieldPath, Problem)>,
    },
    /// An answer to a field that the form does not have.
    #[error("the form has no {path}")]
    UnknownField {
        /// The path.
        path: FieldPath,
    },
    /// The form names another recipient.
    #[error("{path} names another recipient than {recipient}")]
    RecipientDiffers {
        /// The field.
        path: FieldPath,
        /// The recipient of the draft.
        recipient: MunicipalityCode,
    },
    /// Another office is competent (for example a public servant's employer).
    #[error("another office is competent: {advice}")]
    Elsewhere {
        /// Id of the advice that says where.
        advice: String,
    },
}

fn list(fields: &[FieldPath]) -> String {
    fields
        .iter()
        .map(FieldPath::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn paths(problems: &[(FieldPath, Problem)]) -> Vec<FieldPath> {
    problems.iter().map(|(path, _)| path.clone()).collect()
}

impl Filing {
    /// Makes a filing of answers.
    ///
    /// Answers to fields that their own conditions hide are left out, so nothing that was not shown is filed.
    ///
    /// # Errors
    /// [`AssembleError`], naming every field concerned.
    pub fn assemble(
        procedure: &Procedure,
        answers: &Answers,
        draft: &Draft,
    ) -> Result<Self, AssembleError> {
        if let Some((path, _)) = answers
            .iter()
            .find(|(path, _)| procedure.form.field(path.as_str()).is_none())
        {
            return Err(AssembleError::UnknownField { path: path.clone() });
        }
        let all = derive(procedure, answers);
        let open = incomplete(procedure, &all);
        if !open.is_empty() {
            return Err(AssembleError::Incomplete {
                fields: open.into_iter().map(|field| field.path.clone()).collect(),
            });
        }
        if let Some(advice) = advice(procedure, &all)
            .into_iter()
            .find(|advice| advice.kind == AdviceKind::Elsewhere)
        {
            return Err(AssembleError::Elsewhere {
                advice: advice.id.clone(),
            });
        }
        let kept = visible(procedure, &all);
        let problems = blocked(procedure, &kept);
        if !problems.is_empty() {
            return Err(AssembleError::Blocked { problems });
        }
        recipient_agrees(&kept, draft)?;
        Ok(Self {
            procedure: procedure.id.clone(),
            form_version: procedure.form.version,
            recipient: draft.recipient,
            answers: kept,
            lang_shown: draft.lang_shown,
            certificate_number: draft.certificate_number.clone(),
            child_order: draft.child_order,
            drafted_on: draft.drafted_on,
        })
    }

    /// What is known so far, with its words: for a form that is to be finished by hand. Nothing of it can be signed on a card.
    #[must_use]
    pub fn so_far(procedure: &Procedure, answers: &Answers, draft: &Draft) -> ParsedFiling {
        Self {
            procedure: procedure.id.clone(),
            form_version: procedure.form.version,
            recipient: draft.recipient,
            answers: visible(procedure, &derive(procedure, answers)),
            lang_shown: draft.lang_shown,
            certificate_number: draft.certificate_number.clone(),
            child_order: draft.child_order,
            drafted_on: draft.drafted_on,
        }
        .in_words(procedure)
    }

    /// The filing as it will be read back: every field with its words.
    ///
    /// The procedure must be the one the filing was assembled with.
    #[must_use]
    pub fn in_words(&self, procedure: &Procedure) -> ParsedFiling {
        let fields = procedure.form.fields.iter();
        let rows =
            fields.filter_map(|field| Some(row(field, self.answers.get(field.path.as_str())?)));
        ParsedFiling {
            procedure: self.procedure.clone(),
            title: procedure.title.clone(),
            form_version: self.form_version,
            recipient: self.recipient,
            lang_shown: self.lang_shown,
            certificate_number: self.certificate_number.clone(),
            child_order: self.child_order,
            drafted_on: self.drafted_on,
            rows: rows.collect(),
        }
    }

    /// The bytes that are shown and signed: RFC 8785 JSON in the format [`FILING_FORMAT`].
    ///
    /// The procedure must be the one the filing was assembled with.
    #[must_use]
    pub fn canonical(&self, procedure: &Procedure) -> Vec<u8> {
        self.in_words(procedure).canonical()
    }

    /// Reads canonical bytes; see [`ParsedFiling::parse`].
    ///
    /// # Errors
    /// [`ParseError`].
    pub fn parse(bytes: &[u8]) -> Result<ParsedFiling, ParseError> {
        ParsedFiling::parse(bytes)
    }
}

fn visible(procedure: &Procedure, answers: &Answers) -> Answers {
    let there = |field: &&Field| field.when.holds(answers) == Some(true) && !field.at_reception;
    let fields = procedure.form.fields.iter().filter(there);
    fields
        .filter_map(|field| {
            Some((
                field.path.clone(),
                answers.get(field.path.as_str())?.clone(),
            ))
        })
        .collect()
}

fn blocked(procedure: &Procedure, answers: &Answers) -> Vec<(FieldPath, Problem)> {
    let mut problems = Vec::new();
    for field in &procedure.form.fields {
        if let Some(value) = answers.value(field.path.as_str()) {
            let verdict = check(field, value, answers);
            problems.extend(
                verdict
                    .blocks
                    .into_iter()
                    .map(|problem| (field.path.clone(), problem)),
            );
        }
    }
    problems
}

fn recipient_agrees(answers: &Answers, draft: &Draft) -> Result<(), AssembleError> {
    for (path, answer) in answers
        .iter()
        .filter(|(path, _)| RECIPIENT_FIELDS.contains(&path.as_str()))
    {
        if answer.value != Value::Text(draft.recipient.to_text()) {
            return Err(AssembleError::RecipientDiffers {
                path: path.clone(),
                recipient: draft.recipient,
            });
        }
    }
    Ok(())
}

fn row(field: &Field, answer: &Answer) -> ParsedRow {
    ParsedRow {
        path: field.path.clone(),
        section: field.section.clone(),
        label: field.label.clone(),
        kind: field.kind.as_str().to_owned(),
        value: answer.value.clone(),
        shown: shown(field, &answer.value),
        source: answer.source,
        private: field.private,
    }
}

fn raw(value: &Value) -> Json<'_> {
    match value {
        Value::Text(text) | Value::Choice(text) => Json::text(text.as_str()),
        Value::Number(number) => Json::Number(*number),
        Value::Bool(value) => Json::Bool(*value),
        Value::Date(date) => Json::text(date.to_string()),
        Value::DateTime(at) => Json::text(at.strftime("%Y-%m-%dT%H:%M").to_string()),
        Value::YearMonth { year, month } => Json::text(format!("{year:04}-{month:02}")),
        Value::Blank => Json::Null,
    }
}

/// The inverse of [`raw`] for a kind's word.
fn from_raw(kind: &str, json: &Json) -> Option<Value> {
    let bounds = |text: &str, length: usize| text.len() == length && text.is_ascii();
    Some(match (kind, json) {
        (_, Json::Null) => Value::Blank,
        ("text" | "kana", Json::Text(text)) => Value::Text(text.as_ref().to_owned()),
        ("choice", Json::Text(id)) => Value::Choice(id.as_ref().to_owned()),
        ("number", Json::Number(number)) => Value::Number(*number),
        ("bool", Json::Bool(value)) => Value::Bool(*value),
        ("date", Json::Text(text)) if bounds(text, 10) => Value::Date(text.parse().ok()?),
        ("date_time", Json::Text(text)) if bounds(text, 16) => Value::DateTime(text.parse().ok()?),
        ("year_month", Json::Text(text)) if bounds(text, 7) => {
            let (year, month) = text.split_once('-')?;
            Value::YearMonth {
                year: year.parse().ok()?,
                month: month.parse().ok()?,
            }
        }
        _ => return None,
    })
}

/// Whether a word names a kind of field.
fn is_kind(word: &str) -> bool {
    [
        FieldKind::Text,
        FieldKind::Kana,
        FieldKind::Number { min: 0, max: 0 },
        FieldKind::Bool,
        FieldKind::Date,
        FieldKind::DateTime,
        FieldKind::YearMonth,
        FieldKind::Choice,
    ]
    .iter()
    .any(|kind| kind.as_str() == word)
}
