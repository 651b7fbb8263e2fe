//! The files: CSV (RFC 4180, UTF-8) and JSON, and reading both back to the same cells.

use serde_json::{Map, Value as Json};

use super::layout::{Escape, Layout};

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// The filing has no such value.
    Missing,
    /// Left blank on purpose (名未定).
    Blank,
    /// A text, code points as filed.
    Text(String),
}

/// A row as read.
pub type ReadRow = Vec<Cell>;

/// Which kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated.
    Csv,
    /// One object with the rows in an array.
    Json,
}

/// Why a file is not of a layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not UTF-8, not CSV, or not JSON.
    #[error("the file cannot be read as such a file: {0}")]
    Syntax(String),
    /// Other columns than the layout's, or another layout.
    #[error("the file is not of the layout {0}")]
    OtherLayout(String),
    /// A row is not as the layout's escape wants it.
    #[error("row {0} is not escaped as the layout says")]
    Escaped(usize),
}

const BOM: &str = "\u{FEFF}";

/// Spreadsheets take a text for a formula by its first character; the full-width ones count in Japanese settings.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

fn escaped(cell: &Cell, escape: Escape) -> String {
    match (cell, escape) {
        (Cell::Missing, _) | (Cell::Blank, Escape::None) => String::new(),
        (Cell::Blank, Escape::Apostrophe) => "'".to_owned(),
        (Cell::Text(text), Escape::None) => text.clone(),
        (Cell::Text(text), Escape::Apostrophe) => {
            if text.is_empty() || text.starts_with('\'') || text.starts_with(FORMULA) {
                format!("''{text}")
            } else {
                text.clone()
            }
        }
    }
}

fn unescaped(text: &str, escape: Escape) -> Option<Cell> {
    Some(match escape {
        _ if text.is_empty() => Cell::Missing,
        Escape::None => Cell::Text(text.to_owned()),
        Escape::Apostrophe if text == "'" => Cell::Blank,
        Escape::Apostrophe => match text.strip_prefix('\'') {
            Some(rest) => Cell::Text(rest.strip_prefix('\'')?.to_owned()),
            None => Cell::Text(text.to_owned()),
        },
    })
}

/// A file of rows.
///
/// # Errors
/// [`ReadError::Syntax`] if rows and layout do not fit each other.
pub fn encode(layout: &Layout, format: Format, rows: &[Vec<Cell>]) -> Result<Vec<u8>, ReadError> {
    match format {
        Format::Csv => write_csv(layout, rows),
        Format::Json => write_json(layout, rows),
    }
}

fn write_csv(layout: &Layout, rows: &[Vec<Cell>]) -> Result<Vec<u8>, ReadError> {
    let syntax = |error: csv::Error| ReadError::Syntax(error.to_string());
    let mut out = Vec::new();
    if layout.bom {
        out.extend_from_slice(BOM.as_bytes());
    }
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    writer
        .write_record(layout.columns.iter().map(|column| column.name.as_str()))
        .map_err(syntax)?;
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| escaped(cell, layout.escape)))
            .map_err(syntax)?;
    }
    writer
        .into_inner()
        .map_err(|error| ReadError::Syntax(error.to_string()))
}

fn write_json(layout: &Layout, rows: &[Vec<Cell>]) -> Result<Vec<u8>, ReadError> {
    let rows: Vec<Json> = rows
        .iter()
        .map(|row| {
            let cells = layout.columns.iter().zip(row);
            let object: Map<String, Json> = cells
                .filter_map(|(column, cell)| {
                    let value = match cell {
                        Cell::Missing => return None,
                        Cell::Blank => Json::Null,
                        Cell::Text(text) => Json::String(text.clone()),
                    };
                    Some((column.name.clone(), value))
                })
                .collect();
            Json::Object(object)
        })
        .collect();
    let file = serde_json::json!({ "layout": layout.id, "rows": rows });
    serde_json::to_vec_pretty(&file).map_err(|error| ReadError::Syntax(error.to_string()))
}

/// Reads a file back.
///
/// # Errors
/// [`ReadError`].
pub fn read_back(layout: &Layout, format: Format, bytes: &[u8]) -> Result<Vec<ReadRow>, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::Syntax(error.to_string()))?;
    match format {
        Format::Csv => read_csv(layout, text.strip_prefix(BOM).unwrap_or(text)),
        Format::Json => read_json(layout, text),
    }
}

fn read_csv(layout: &Layout, text: &str) -> Result<Vec<ReadRow>, ReadError> {
    let syntax = |error: csv::Error| ReadError::Syntax(error.to_string());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let head = records.next().transpose().map_err(syntax)?;
    let names = layout.columns.iter().map(|column| column.name.as_str());
    if !head.is_some_and(|head| head.iter().eq(names)) {
        return Err(ReadError::OtherLayout(layout.id.clone()));
    }
    (0..)
        .zip(records)
        .map(|(at, record)| {
            let record = record.map_err(syntax)?;
            let cells: Option<ReadRow> = record
                .iter()
                .map(|text| unescaped(text, layout.escape))
                .collect();
            cells.ok_or(ReadError::Escaped(at))
        })
        .collect()
}

fn read_json(layout: &Layout, text: &str) -> Result<Vec<ReadRow>, ReadError> {
    let other = || ReadError::OtherLayout(layout.id.clone());
    let file: Json =
        serde_json::from_str(text).map_err(|error| ReadError::Syntax(error.to_string()))?;
    if file.get("layout").and_then(Json::as_str) != Some(&layout.id) {
        return Err(other());
    }
    let rows = file
        .get("rows")
        .and_then(Json::as_array)
        .ok_or_else(other)?;
    rows.iter()
        .map(|row| {
            let object = row.as_object().ok_or_else(other)?;
            layout
                .columns
                .iter()
                .map(|column| match object.get(&column.name) {
                    None => Ok(Cell::Missing),
                    Some(Json::Null) => Ok(Cell::Blank),
                    Some(Json::String(text)) => Ok(Cell::Text(text.clone())),
                    Some(_) => Err(other()),
                })
                .collect()
        })
        .collect()
}
