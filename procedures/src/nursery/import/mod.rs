//! Reads lists of facilities as municipalities publish them.
//!
//! The files differ in encoding (UTF-8 with or without a mark, UTF-16, CP932), in columns (the 53 of the 自治体標準オープン
//! データセット, shortened copies of it, the 20 and 28 of the older 推奨データセット, the "papamama" layout of Koriyama) and in
//! how cells are filled. Columns are found by name. Every row that holds anything is either imported or refused with its line;
//! a cell that could not be read is reported and left out, never guessed. The input is untrusted: sizes are limited, and
//! texts stay plain text.

mod columns;
mod decode;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub(super) use columns::{Column, VacancyColumn};
pub(super) use decode::{Row, Table, decode};
pub(super) use read::Cells;

use super::facility::Facility;

/// The largest file, in bytes. The country's list is about a quarter of it.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The most rows of a file.
pub const MAX_ROWS: usize = 200_000;
/// The longest cell that is kept, in characters.
pub const MAX_CELL: usize = 2_000;

/// Why a file was not read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Larger than [`MAX_BYTES`].
    #[error("the file has {bytes} bytes; {MAX_BYTES} are the most")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// More rows than [`MAX_ROWS`].
    #[error("the file has more than {MAX_ROWS} rows")]
    TooManyRows,
    /// None of its first lines names the columns.
    #[error("no line among the first {searched} names the columns that are needed ({needed})")]
    NoHeader {
        /// How many lines were looked at.
        searched: usize,
        /// What was looked for.
        needed: &'static str,
    },
}

/// How a file was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16 with a byte order mark, as spreadsheets export "Unicode text".
    Utf16,
    /// CP932, also called Shift_JIS.
    Cp932,
}

/// What was wrong with a row or one of its cells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The row was not imported: it names no facility.
    #[error("names no facility")]
    NoName,
    /// The row was not imported: a quotation mark opened in it swallowed the lines behind it.
    #[error("a quotation mark is never closed: {lines} lines are one cell")]
    RunawayQuote {
        /// How many lines.
        lines: usize,
    },
    /// Bytes that are no characters of the file's encoding; the cell was left out.
    #[error("holds bytes that are no characters of the file's encoding")]
    Undecodable,
    /// The cell was cut to [`MAX_CELL`] characters.
    #[error("has {chars} characters; {MAX_CELL} were kept")]
    TooLong {
        /// How many there were.
        chars: usize,
    },
    /// The row has more or fewer cells than the header.
    #[error("has {found} cells; the header has {expected}")]
    CellCount {
        /// In the header.
        expected: usize,
        /// In the row.
        found: usize,
    },
    /// Another row has the same id; this one was given a number.
    #[error("has an id that another row has: kept as {kept_as:?}")]
    SameId {
        /// The id it was given.
        kept_as: String,
    },
    /// Not a number.
    #[error("is not a number: {text:?}")]
    Number {
        /// The cell.
        text: String,
    },
    /// Not a time of day.
    #[error("is not a time of day: {text:?}")]
    Time {
        /// The cell.
        text: String,
    },
    /// A time with words behind it, which were not understood.
    #[error("says more than a time of day: {text:?}")]
    TimeAndMore {
        /// The cell.
        text: String,
    },
    /// Closes before it opens, and is not said to be open at night: both times were left out.
    #[error("closes at {close}, before it opens at {open}")]
    ClosesBeforeItOpens {
        /// Opening time.
        open: String,
        /// Closing time.
        close: String,
    },
    /// No ages could be read.
    #[error("ages not understood: {text:?}")]
    Ages {
        /// The cell.
        text: String,
    },
    /// No days of the week could be read.
    #[error("days of the week not understood: {text:?}")]
    Days {
        /// The cell.
        text: String,
    },
    /// Coordinates that are no place on the globe; left out.
    #[error("not a place: {lat:?}, {lon:?}")]
    Coordinates {
        /// Latitude as written.
        lat: String,
        /// Longitude as written.
        lon: String,
    },
    /// A place, but not in Japan; kept.
    #[error("lies outside Japan: {lat}, {lon}")]
    OutsideJapan {
        /// Latitude as written.
        lat: String,
        /// Longitude as written.
        lon: String,
    },
    /// Not a 法人番号, or its check digit does not fit; left out.
    #[error("not a corporate number: {text:?}")]
    CorporateNumber {
        /// The cell.
        text: String,
    },
    /// Neither yes nor no.
    #[error("neither yes nor no: {text:?}")]
    YesNo {
        /// The cell.
        text: String,
    },
    /// Not a day, or not a month.
    #[error("not a date: {text:?}")]
    Date {
        /// The cell.
        text: String,
    },
    /// Not an age class.
    #[error("not an age class: {text:?}")]
    Class {
        /// The cell.
        text: String,
    },
}

impl Problem {
    /// Whether the row was left out because of it.
    #[must_use]
    pub fn refuses_the_row(&self) -> bool {
        matches!(self, Self::NoName | Self::RunawayQuote { .. })
    }
}

/// A problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// Line of the file on which the row begins, from 1; 0 where there is no file.
    pub line: u64,
    /// The column as the file names it; `None` where the whole row is meant.
    pub column: Option<Box<str>>,
    /// What it is.
    pub problem: Problem,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The facilities, in the order of the file.
    pub facilities: Vec<Facility>,
    /// What was wrong, in the order of the file.
    pub problems: Vec<RowProblem>,
    /// How the file was encoded.
    pub encoding: Encoding,
    /// Rows below the header that hold anything: imported or refused.
    pub rows: usize,
}

/// Reads a list of facilities.
///
/// # Errors
/// [`ImportError`] when the file is too large or no line of it names the columns. Anything smaller is a [`RowProblem`].
pub fn import(bytes: &[u8]) -> Result<Import, ImportError> {
    let table: Table<Column> = decode(bytes, "a name column: 名称, Name …", |columns| {
        columns.contains(&Column::Name) && columns.len() >= 2
    })?;
    let mut facilities = Vec::with_capacity(table.rows.len());
    let mut problems = Vec::new();
    for row in &table.rows {
        let (facility, found) = Cells::new(row, &table.header).facility();
        facilities.extend(facility);
        problems.extend(found);
    }
    tell_apart(&mut facilities, &mut problems);
    Ok(Import {
        facilities,
        problems,
        encoding: table.encoding,
        rows: table.rows.len(),
    })
}

/// Reads one facility given as named cells: the names are those of any known layout. For lists that are no files.
#[must_use]
pub fn facility_from_cells<'a>(
    cells: impl IntoIterator<Item = (&'a str, String)>,
) -> (Option<Facility>, Vec<RowProblem>) {
    let (header, cells): (Vec<_>, Vec<_>) = cells
        .into_iter()
        .map(|(name, cell)| ((columns::column(name), Box::from(name)), Some(cell)))
        .unzip();
    let row = Row {
        line: 0,
        cells,
        undecodable: Vec::new(),
    };
    Cells::new(&row, &header).facility()
}

/// Gives every facility an id of its own.
pub fn tell_apart(facilities: &mut [Facility], problems: &mut Vec<RowProblem>) {
    let mut seen: BTreeMap<Box<str>, u32> = BTreeMap::new();
    for facility in facilities.iter_mut() {
        seen.entry(facility.id.clone()).or_insert(0);
    }
    let mut first: BTreeSet<Box<str>> = BTreeSet::new();
    for facility in facilities.iter_mut() {
        if first.insert(facility.id.clone()) {
            continue;
        }
        let base = facility.id.clone();
        let mut number = seen.get(&base).copied().unwrap_or(0).max(1);
        let id = loop {
            number += 1;
            let id: Box<str> = format!("{base}#{number}").into();
            if !seen.contains_key(&id) {
                break id;
            }
        };
        seen.insert(base, number);
        seen.insert(id.clone(), 0);
        first.insert(id.clone());
        problems.push(RowProblem {
            line: facility.line,
            column: None,
            problem: Problem::SameId {
                kept_as: id.to_string(),
            },
        });
        facility.id = id;
    }
}
