//! The table of certificate serials and 宛名番号, as the resident record's system hands it over.
//!
//! Answers for reading and checking the file. 宛名番号 is a municipality's own number for a person. Twelve digits are refused:
//! that is the shape of an individual number (個人番号), which must never come in here.

use std::collections::BTreeMap;

/// Names of the two columns.
const HEAD: [&str; 2] = ["証明書シリアル番号", "宛名番号"];
/// Most characters of a number.
const LONGEST: usize = 15;

/// A line that cannot be taken. Lines count from 1, the header is line 1. No value is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddresseeProblem {
    /// Not UTF-8 or not CSV.
    #[error("the file cannot be read: {0}")]
    Syntax(String),
    /// Another header.
    #[error("the first line must be 証明書シリアル番号,宛名番号")]
    Head,
    /// Not hexadecimal, or too long.
    #[error("line {0}: the serial number must be 1 to 40 hexadecimal digits")]
    Serial(u64),
    /// Not 1 to 15 letters, digits or hyphens.
    #[error("line {0}: the number must be 1 to 15 digits, capitals or hyphens")]
    Number(u64),
    /// Twelve digits.
    #[error("line {0}: twelve digits are the shape of an individual number and are not taken")]
    TwelveDigits(u64),
    /// The serial stands twice with different numbers.
    #[error("line {0}: this serial number stands above with another number")]
    Twice(u64),
}

/// A checked table.
pub type Addressees = BTreeMap<String, String>;

/// Reads the CSV: UTF-8, with or without a byte order mark. The same line twice is one.
///
/// # Errors
/// Every [`AddresseeProblem`] at once.
pub fn read_addressees(bytes: &[u8]) -> Result<Addressees, Vec<AddresseeProblem>> {
    let syntax = |error: &dyn std::fmt::Display| vec![AddresseeProblem::Syntax(error.to_string())];
    let text = std::str::from_utf8(bytes).map_err(|_| syntax(&"not UTF-8"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut problems = Vec::new();
    let mut table = Addressees::new();
    for (line, record) in (1..).zip(reader.records()) {
        // the reader's own words may quote the line
        let record =
            record.map_err(|_| syntax(&format_args!("line {line} is not two columns of CSV")))?;
        if line == 1 {
            if !record.iter().eq(HEAD) {
                return Err(vec![AddresseeProblem::Head]);
            }
            continue;
        }
        let (Some(serial), Some(number)) = (record.get(0), record.get(1)) else {
            return Err(vec![AddresseeProblem::Head]);
        };
        match (serial_of(serial), number_problem(number, line)) {
            (None, problem) => {
                problems.push(AddresseeProblem::Serial(line));
                problems.extend(problem);
            }
            (Some(_), Some(problem)) => problems.push(problem),
            (Some(serial), None) => {
                let known = table.entry(serial).or_insert_with(|| number.to_owned());
                if known != number {
                    problems.push(AddresseeProblem::Twice(line));
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(table)
    } else {
        Err(problems)
    }
}

/// As the city keeps serials: lower case, without colons or leading noughts that only pad.
fn serial_of(text: &str) -> Option<String> {
    let hex: String = text.chars().filter(|c| *c != ':').collect();
    let fits = (1..=40).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| hex.to_ascii_lowercase())
}

fn number_problem(number: &str, line: u64) -> Option<AddresseeProblem> {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits == 12 {
        return Some(AddresseeProblem::TwelveDigits(line));
    }
    let fits = (1..=LONGEST).contains(&number.len())
        && number
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'-');
    (!fits).then_some(AddresseeProblem::Number(line))
}
