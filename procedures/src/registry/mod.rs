//! The 子育て支援制度レジストリ: reading and writing descriptions of support schemes in the field set that Tokyo published.
//!
//! ```text
//!  bytes ──▶ bounded ──▶ read ──▶ Record + Problems ──▶ export ──▶ bytes
//!           (≤ 64 MB,   (one spelling,  │
//!           20,000      no markup)      └──▶ Record::service(birth): untrusted, with its age window
//!           records)
//! ```
//!
//! Everything in a record is somebody else's text: markup and characters nobody can see are taken out, lengths are
//! limited, links are `http` and `https` only, and what was changed or could not be read is reported. A record never
//! becomes a procedure with a law behind it.
//!
//! The published data is CC BY 4.0. None of it is part of this program, and every import and export carries the
//! attribution sentence ([`Provenance`]). Law and service facts stand in the catalogue, not here.

mod age;
mod bounded;
mod psid;
mod read;
mod record;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use age::{AgeBounds, AgeWindow};
pub use psid::{Psid, PsidError};
pub use record::{
    Age, Area, AreaCode, BasicInformation, Contact, Documents, InstitutionName, Link, OpenData,
    Period, Place, Record, Regulation, Scalar, Service, Support, Tag, Target, Unknown,
    UtilizationTime, When,
};
pub use text::{links_in, without_links};

use crate::form::Confidence;
use crate::text::Text;

/// The largest file.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The most records.
pub const MAX_RECORDS: usize = 20_000;
/// The most problems that are told of one file; the rest is counted.
pub const MAX_PROBLEMS: usize = 50_000;

/// Why a file was not read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// More than [`MAX_BYTES`].
    #[error("{bytes} bytes: at most {MAX_BYTES} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// More than [`MAX_RECORDS`].
    #[error("more than {MAX_RECORDS} records")]
    TooManyRecords,
    /// Not JSON, or nested too deeply.
    #[error("not JSON: {0}")]
    Json(String),
    /// JSON, but neither a list of records, nor an object with one, nor a record.
    #[error("neither a list of records nor a record")]
    NotRecords,
}

/// What was changed in a record, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "problem", content = "detail")]
pub enum ProblemKind {
    /// The record is not an object; it was left out.
    NotAnObject,
    /// The record has more parts than are read; it was left out.
    TooBig,
    /// A key appears twice somewhere in the record; the last one counts.
    KeyTwice,
    /// A key this field set does not have; it is kept.
    UnknownKey,
    /// A key this field set does not have, with too much in it; it was left out.
    UnknownKeyLeftOut,
    /// A misspelt key was read as the one it should be.
    KeyRepaired(String),
    /// Another kind of value than the field takes; it was left out.
    WrongType(&'static str),
    /// Another kind of value than the field takes, read as what it says.
    Converted(&'static str),
    /// HTML was taken out.
    MarkupRemoved,
    /// Control characters or characters nobody can see were taken out.
    InvisibleRemoved,
    /// Longer than so many characters; the rest was left out.
    CutAt(usize),
    /// Another spelling of a date, time, code or number, now in the one spelling.
    Respelt(String),
    /// Not a date or time; kept as words.
    NotADate,
    /// No PSID.
    NoPsid,
    /// Not a PSID; kept as it is.
    NotAPsid(String),
    /// The PSID was percent-encoded, or its `+` had been decoded to blanks; put right.
    PsidEncoded,
    /// Another record of the file has the same PSID.
    PsidTwice,
    /// Not a 法人番号; kept as it is.
    NotACorporateNumber(String),
    /// Not a municipality and its name; kept as it is.
    NotAnArea(String),
    /// Not a postcode; kept as it is.
    NotAPostcode,
    /// No name.
    NoName,
    /// A tag that is not in this list of the universal menu; kept.
    UnknownTag(String),
    /// A link that is not `http` or `https`, or one too many; left out.
    LinkLeftOut,
    /// An age no child has; left out.
    NotAnAge,
    /// More or less ambiguous bounds; the wider reading is taken.
    AgeAmbiguous,
    /// The bounds leave nobody; none of them is taken.
    AgeContradiction,
}

/// One problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The record's place in the file, from 0.
    pub record: usize,
    /// The field, for example `target.lessThan.targetAge`; empty for the whole record.
    pub field: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: ProblemKind,
}

/// Whose data this is and under which terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The work.
    pub title: String,
    /// Who made it.
    pub provider: String,
    /// Where it is described.
    pub page: String,
    /// The day it describes.
    pub state: String,
    /// SPDX id of the licence.
    pub licence: String,
    /// The licence.
    pub licence_url: String,
    /// The sentence that has to stand wherever the data is shown.
    pub attribution: Text,
    /// How sure the wording is.
    #[serde(skip_serializing)]
    pub confidence: Confidence,
}

impl Provenance {
    /// The published registry.
    ///
    /// `None` only if this program's own data cannot be read, which a test rules out.
    #[must_use]
    pub fn tokyo() -> Option<&'static Self> {
        FACTS.as_ref().map(|facts| &facts.provenance)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    provenance: Provenance,
    category: BTreeMap<String, String>,
    target: BTreeMap<String, String>,
    contents: BTreeMap<String, String>,
}

static FACTS: LazyLock<Option<Facts>> =
    LazyLock::new(|| toml::from_str(include_str!("../../catalogue/registry.toml")).ok());

/// Which list of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TagList {
    /// What it is about.
    Category,
    /// Whom it is for.
    Target,
    /// What one finds there.
    Contents,
}

impl TagList {
    /// What a code means; `None` for a code that is not in the list.
    #[must_use]
    pub fn meaning(self, code: &str) -> Option<&'static str> {
        let facts = FACTS.as_ref()?;
        let list = match self {
            Self::Category => &facts.category,
            Self::Target => &facts.target,
            Self::Contents => &facts.contents,
        };
        list.get(code).map(String::as_str)
    }
}

/// What was read.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The records in the order of the file.
    pub records: Vec<Record>,
    /// What was changed or is wrong, in the order of the file; at most [`MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many more problems there were.
    pub more_problems: usize,
    /// Whose data it is. It has to stand wherever the records are shown.
    pub provenance: Option<&'static Provenance>,
}

/// Reads a file: a list of records, an object that holds one under `records`, `data`, `results` or `items`, or one record.
///
/// # Errors
/// [`ImportError`] when nothing of it can be read. What is wrong with single records is in [`Imported::problems`].
pub fn import(bytes: &[u8]) -> Result<Imported, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLarge { bytes: bytes.len() });
    }
    let mut import = Import::default();
    bounded::rows(bytes, &mut |row| import.add(row))?;
    Ok(Imported {
        records: import.records,
        problems: import.problems,
        more_problems: import.more_problems,
        provenance: Provenance::tokyo(),
    })
}

/// Reads one record; `None` for what is no object or has too many parts. The problems have the record number 0.
#[must_use]
pub fn import_record(value: Value) -> (Option<Record>, Vec<Problem>) {
    let mut import = Import::default();
    import.add(bounded::Row::of(value));
    (import.records.pop(), import.problems)
}

#[derive(Default)]
struct Import {
    rows: usize,
    records: Vec<Record>,
    problems: Vec<Problem>,
    more_problems: usize,
    psids: BTreeSet<String>,
}

impl Import {
    fn add(&mut self, row: bounded::Row) {
        let place = self.rows;
        self.rows += 1;
        let mut found = read::Found::default();
        if row.over {
            found.add(ProblemKind::TooBig);
        } else if let Value::Object(object) = row.value {
            if row.key_twice {
                found.add(ProblemKind::KeyTwice);
            }
            let record = read::record(object, &mut found);
            if let Some(psid) = &record.basic_information.psid
                && !self.psids.insert(psid.clone())
            {
                found.at("basicInformation.psid", ProblemKind::PsidTwice);
            }
            self.records.push(record);
        } else {
            found.add(ProblemKind::NotAnObject);
        }
        for (field, kind) in found.into_problems() {
            if self.problems.len() < MAX_PROBLEMS {
                self.problems.push(Problem {
                    record: place,
                    field,
                    kind,
                });
            } else {
                self.more_problems += 1;
            }
        }
    }
}

/// Records in the published field set.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The records as a list, every key present, as in the published file.
    pub records: Value,
    /// Whose data they are made of; `None` for a municipality's own.
    pub provenance: Option<Provenance>,
}

impl Exported {
    /// The list alone. Whoever passes it on passes on [`Exported::provenance`] beside it.
    #[must_use]
    pub fn list(&self) -> String {
        self.records.to_string()
    }

    /// One document with the attribution in it; [`import`] reads it too.
    #[must_use]
    pub fn document(&self) -> String {
        let provenance = json!(self.provenance);
        format!(
            r#"{{"provenance":{provenance},"records":{}}}"#,
            self.records
        )
    }
}

/// Writes records.
#[must_use]
pub fn export(records: &[Record], provenance: Option<&Provenance>) -> Exported {
    Exported {
        records: records.iter().map(Record::canonical).collect(),
        provenance: provenance.cloned(),
    }
}
