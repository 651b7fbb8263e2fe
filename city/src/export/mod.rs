//! Accepted filings for core systems: a layout says which value stands in which column, and under which rules.
//!
//! Answers for rows, files and reading them back, by a table that is data ([`Layout`]); `docs/export.md` describes it. Pure.
//! A value is never changed to fit: where a column cannot carry it, the filing is held back and the [`Report`] says why.
//! The layouts are fictional: they follow no core system's interface and claim none.

mod addressees;
mod file;
mod layout;
mod run;

use std::collections::BTreeMap;

use ubugoe_procedures::{ParsedFiling, Value};

pub use addressees::{AddresseeProblem, Addressees, read_addressees};
pub use file::{Cell, Format, ReadError, ReadRow, encode, read_back};
pub use layout::{
    Charset, Column, Escape, Layout, LayoutError, Origin, Transform, builtin, layout,
};

pub use run::{ExportError, Prepared, prepare};

/// A filing as an export needs it.
#[derive(Debug, Clone)]
pub struct Record {
    /// The filing's id in text.
    pub id: String,
    /// 到達番号.
    pub arrival_no: u64,
    /// Day of arrival, `YYYY-MM-DD`.
    pub arrived_on: String,
    /// Day of acceptance, `YYYY-MM-DD`.
    pub accepted_on: String,
    /// SHA-256 of the signed bytes, lower-case hexadecimal.
    pub digest: String,
    /// Serial number of the signer's certificate, lower-case hexadecimal.
    pub serial: Option<String>,
    /// 宛名番号 of the signer, if the table has it.
    pub addressee: Option<String>,
    /// What was filed.
    pub filing: ParsedFiling,
}

/// One row of a file, a cell per column of its layout.
pub type Cells = Vec<Cell>;

/// Something a column cannot carry. The filing was held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The filing's number of arrival; no word of its content.
    pub arrival_no: u64,
    /// Which column.
    pub column: String,
    /// Why.
    pub why: Why,
}

/// Why a column cannot carry a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It has more characters than the column.
    TooLong {
        /// How many.
        characters: usize,
        /// How many there may be.
        width: usize,
    },
    /// A character outside the column's repertoire.
    Character {
        /// Its place, from nought.
        at: usize,
        /// The code point.
        code_point: u32,
    },
    /// Nothing stands where something must.
    Missing,
    /// The value is of another kind than the column's transform takes.
    Kind,
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (number, column) = (self.arrival_no, &self.column);
        match self.why {
            Why::TooLong { characters, width } => write!(
                f,
                "No. {number}: {column}: {characters} characters, the column has {width}"
            ),
            Why::Character { at, code_point } => write!(
                f,
                "No. {number}: {column}: U+{code_point:04X} at {at} is not in the column's repertoire"
            ),
            Why::Missing => write!(
                f,
                "No. {number}: {column}: nothing stands where something must"
            ),
            Why::Kind => write!(f, "No. {number}: {column}: the value is of another kind"),
        }
    }
}

/// What became of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What could not be carried; each filing named here is not in the file.
    pub held: Vec<Held>,
    /// Numbers of arrival whose signer has no 宛名番号 in the table; they are in the file with that column empty.
    pub without_addressee: Vec<u64>,
}

/// Rows of the filings that a layout can carry, with their ids, and the report on all of them.
#[must_use]
pub fn rows(layout: &Layout, records: &[Record]) -> (Vec<(String, Cells)>, Report) {
    let mut report = Report::default();
    let mut out = Vec::new();
    let wants_addressee = layout
        .columns
        .iter()
        .any(|column| column.from == Origin::Addressee);
    for record in records {
        let before = report.held.len();
        let cells: Cells = layout
            .columns
            .iter()
            .map(|column| cell(column, record, &mut report.held))
            .collect();
        if report.held.len() > before {
            continue;
        }
        if wants_addressee && record.addressee.is_none() {
            report.without_addressee.push(record.arrival_no);
        }
        out.push((record.id.clone(), cells));
    }
    (out, report)
}

fn cell(column: &Column, record: &Record, held: &mut Vec<Held>) -> Cell {
    let mut refuse = |why| {
        held.push(Held {
            arrival_no: record.arrival_no,
            column: column.name.clone(),
            why,
        });
    };
    let known = |text: &str| Some(Value::Text(text.to_owned()));
    let value = match &column.from {
        Origin::Field(path) => {
            let rows = &record.filing.rows;
            rows.iter()
                .find(|row| row.path.as_str() == path)
                .map(|row| row.value.clone())
        }
        Origin::Id => known(&record.id),
        Origin::ArrivalNo => known(&record.arrival_no.to_string()),
        Origin::ArrivedOn => known(&record.arrived_on),
        Origin::AcceptedOn => known(&record.accepted_on),
        Origin::Digest => known(&record.digest),
        Origin::Serial => record.serial.as_deref().and_then(known),
        Origin::Addressee => record.addressee.as_deref().and_then(known),
    };
    let cell = match value {
        None => Cell::Missing,
        Some(Value::Blank) => Cell::Blank,
        Some(value) => {
            let Some(text) = column.transform.write(&value) else {
                refuse(Why::Kind);
                return Cell::Missing;
            };
            Cell::Text(text)
        }
    };
    match &cell {
        Cell::Missing if column.required => refuse(Why::Missing),
        Cell::Text(text) => {
            let characters = text.chars().count();
            if let Some(width) = column.width.filter(|width| characters > *width) {
                refuse(Why::TooLong { characters, width });
            }
            for (at, c) in text.chars().enumerate() {
                if !column.charset.has(c) {
                    refuse(Why::Character {
                        at,
                        code_point: u32::from(c),
                    });
                }
            }
        }
        _ => {}
    }
    cell
}

/// The values of a row that was read back, by the field they came from, as the filing had them.
#[must_use]
pub fn values(layout: &Layout, row: &ReadRow) -> BTreeMap<String, Value> {
    let cells = layout.columns.iter().zip(row);
    cells
        .filter_map(|(column, cell)| {
            let Origin::Field(path) = &column.from else {
                return None;
            };
            let value = match cell {
                Cell::Missing => return None,
                Cell::Blank => Value::Blank,
                Cell::Text(text) => column.transform.read(text)?,
            };
            Some((path.clone(), value))
        })
        .collect()
}
