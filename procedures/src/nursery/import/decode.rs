//! From bytes to rows of text: encoding, delimiter, header line.
//!
//! Rows are cut on bytes and decoded cell by cell, so that one broken cell stays one broken cell. That is safe because in
//! UTF-8 and in CP932 neither comma, quotation mark nor line break can be the second byte of a character.

use std::borrow::Cow;
use std::cmp::Reverse;

use super::columns::Named;
use super::{Encoding, ImportError, MAX_BYTES, MAX_ROWS};

/// A title or an empty line may stand above the header.
const HEADER_WITHIN: usize = 10;
/// More columns no layout has.
const MAX_CELLS: usize = 512;

/// A file as rows.
#[derive(Debug)]
pub(in super::super) struct Table<C> {
    pub(in super::super) encoding: Encoding,
    /// What each column is, and its name in the file.
    pub(in super::super) header: Vec<(Option<C>, Box<str>)>,
    pub(in super::super) rows: Vec<Row>,
    /// What stands above the header.
    pub(in super::super) title: String,
}

/// One row.
#[derive(Debug)]
pub(in super::super) struct Row {
    pub(in super::super) line: u64,
    /// `None` where the bytes are no text.
    pub(in super::super) cells: Vec<Option<String>>,
    /// Columns whose bytes are no text.
    pub(in super::super) undecodable: Vec<usize>,
}

type Record = (u64, csv::ByteRecord);

/// Cuts a file into rows and finds its header: the first line for which `fits` is true of the columns it names.
pub(in super::super) fn decode<C: Named>(
    bytes: &[u8],
    needed: &'static str,
    fits: impl Fn(&[C]) -> bool,
) -> Result<Table<C>, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLarge { bytes: bytes.len() });
    }
    let (bytes, marked) = without_mark(bytes);
    // Tabs only where commas make no header: a comma may stand in a tab-separated name, and tabs in any cell.
    for delimiter in [b',', b'\t'] {
        let records = cut(&bytes, delimiter)?;
        if let Some((at, encoding)) = header(&records, marked, &fits) {
            return Ok(table(&records, at, encoding));
        }
    }
    Err(ImportError::NoHeader {
        searched: HEADER_WITHIN,
        needed,
    })
}

/// The header's line and the encoding it is read in.
fn header<C: Named>(
    records: &[Record],
    marked: Option<Encoding>,
    fits: &impl Fn(&[C]) -> bool,
) -> Option<(usize, Encoding)> {
    let candidates: &[Encoding] = match marked {
        Some(Encoding::Utf16) => &[Encoding::Utf16],
        Some(_) => &[Encoding::Utf8],
        None => &[Encoding::Utf8, Encoding::Cp932],
    };
    // The header decides: read in the wrong encoding it names no columns. A header in plain ASCII says nothing; then the
    // encoding with fewer broken cells is taken. Of equals the first, which `max_by_key` finds last.
    let found = candidates.iter().rev().filter_map(|encoding| {
        let (at, columns) = header_line(records, *encoding, fits)?;
        let (_, header) = records.get(at)?;
        let broken = if header.as_slice().is_ascii() {
            broken_cells(records, *encoding)
        } else {
            0
        };
        Some((Reverse(broken), columns, at, *encoding))
    });
    found
        .max_by_key(|(broken, columns, ..)| (*broken, *columns))
        .map(|(_, _, at, encoding)| (at, encoding))
}

fn table<C: Named>(records: &[Record], at: usize, encoding: Encoding) -> Table<C> {
    let header = records
        .get(at)
        .map_or_else(Vec::new, |(_, record)| named(record, encoding));
    let title = records
        .iter()
        .take(at)
        .flat_map(|(_, record)| record.iter())
        .filter_map(|cell| text(cell, encoding))
        .collect::<Vec<_>>()
        .join(" ");
    let rows = records
        .iter()
        .skip(at + 1)
        .filter_map(|(line, record)| row(*line, record, encoding))
        .collect();
    Table {
        encoding,
        header,
        rows,
        title,
    }
}

/// A row; `None` when all its cells are blank.
fn row(line: u64, record: &csv::ByteRecord, encoding: Encoding) -> Option<Row> {
    let mut undecodable = Vec::new();
    let cells: Vec<Option<String>> = record
        .iter()
        .take(MAX_CELLS)
        .enumerate()
        .map(|(index, cell)| {
            let text = text(cell, encoding).map(Cow::into_owned);
            if text.is_none() {
                undecodable.push(index);
            }
            text
        })
        .collect();
    let blank = cells
        .iter()
        .all(|cell| cell.as_ref().is_some_and(|text| text.trim().is_empty()));
    (!blank).then_some(Row {
        line,
        cells,
        undecodable,
    })
}

fn named<C: Named>(record: &csv::ByteRecord, encoding: Encoding) -> Vec<(Option<C>, Box<str>)> {
    let mut taken = Vec::new();
    record
        .iter()
        .take(MAX_CELLS)
        .map(|cell| {
            let name = text(cell, encoding).unwrap_or_default();
            let name: String = name.chars().take(64).collect();
            // Of two columns of one name the first counts.
            let column = C::named(&name).filter(|column| !taken.contains(column));
            taken.extend(column);
            (column, name.into_boxed_str())
        })
        .collect()
}

fn header_line<C: Named>(
    records: &[Record],
    encoding: Encoding,
    fits: &impl Fn(&[C]) -> bool,
) -> Option<(usize, usize)> {
    records
        .iter()
        .take(HEADER_WITHIN)
        .enumerate()
        .find_map(|(at, (_, record))| {
            let columns: Vec<C> = named(record, encoding)
                .into_iter()
                .filter_map(|(column, _)| column)
                .collect();
            fits(&columns).then_some((at, columns.len()))
        })
}

fn broken_cells(records: &[Record], encoding: Encoding) -> usize {
    records
        .iter()
        .flat_map(|(_, record)| record.iter())
        .filter(|cell| text(cell, encoding).is_none())
        .count()
}

fn text(cell: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Utf8 | Encoding::Utf16 => std::str::from_utf8(cell).ok().map(Cow::Borrowed),
        Encoding::Cp932 => {
            encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(cell)
        }
    }
}

/// The bytes behind a byte order mark. UTF-16 becomes UTF-8 here; a lone surrogate becomes a byte that is no UTF-8, so that
/// its cell is reported like any other broken one.
fn without_mark(bytes: &[u8]) -> (Cow<'_, [u8]>, Option<Encoding>) {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => return (Cow::Borrowed(rest), Some(Encoding::Utf8)),
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return (Cow::Borrowed(bytes), None),
    };
    let units = bytes
        .chunks_exact(2)
        .skip(1)
        .filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    let mut out = Vec::with_capacity(bytes.len());
    for decoded in char::decode_utf16(units) {
        match decoded {
            Ok(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(_) => out.push(0xFF),
        }
    }
    if bytes.len() % 2 == 1 {
        out.push(0xFF);
    }
    (Cow::Owned(out), Some(Encoding::Utf16))
}

fn cut(bytes: &[u8], delimiter: u8) -> Result<Vec<Record>, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut records = Vec::new();
    let mut record = csv::ByteRecord::new();
    let mut lines = Lines { at: 0, line: 1 };
    // Reading from memory cannot fail, and bytes need not be text.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        if records.len() > MAX_ROWS + HEADER_WITHIN {
            return Err(ImportError::TooManyRows);
        }
        lines.advance(bytes, record.position().map_or(0, csv::Position::byte));
        records.push((lines.line, record.clone()));
    }
    Ok(records)
}

/// Counts lines up to a row. The reader's own count is one behind where lines end in CR LF.
struct Lines {
    at: usize,
    line: u64,
}

impl Lines {
    fn advance(&mut self, bytes: &[u8], to: u64) {
        let to = usize::try_from(to).unwrap_or(usize::MAX).min(bytes.len());
        // Line breaks before the first byte of the row still belong to what is above it.
        while let Some(byte) = bytes.get(self.at) {
            let next = bytes.get(self.at + 1);
            match byte {
                b'\n' => self.line += 1,
                b'\r' if next != Some(&b'\n') => self.line += 1,
                b'\r' => {}
                _ if self.at >= to => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}
