//! Reads such a file, and tells everything that is not as the layout wants it.

use super::LineEnd;
use super::layout::{Item, RECORD, Record, Shape};
use super::text::character;

/// What is wrong with a file. Records count from nought.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Not a whole number of records, or not the same line end everywhere.
    #[error("the file does not consist of records of 120 bytes")]
    Size,
    /// A record where another should be.
    #[error("record {record} is not of the kind that follows here")]
    Order {
        /// Which record.
        record: usize,
    },
    /// An item is not filled as it should be.
    #[error("record {record}: {item} is not filled as it should be")]
    Item {
        /// Which record.
        record: usize,
        /// The item's name.
        item: &'static str,
    },
    /// 合計件数 is not the number of transfers.
    #[error("the trailer counts {stated} transfers, there are {found}")]
    Count {
        /// What the trailer says.
        stated: u64,
        /// What there is.
        found: u64,
    },
    /// 合計金額 is not the sum of the transfers.
    #[error("the trailer says {stated} yen, the sum is {found}")]
    Sum {
        /// What the trailer says.
        stated: u64,
        /// What there is.
        found: u64,
    },
}

/// The header as the file has it: a month and a day, no year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadHeader {
    /// 振込依頼人コード.
    pub client_code: u64,
    /// 振込依頼人名, half-width.
    pub client_name: String,
    /// 振込指定日: month and day.
    pub month_day: (u8, u8),
    /// 仕向銀行番号, four digits.
    pub bank: String,
    /// 仕向銀行名, half-width; may be empty.
    pub bank_name: String,
    /// 仕向支店番号, three digits.
    pub branch: String,
    /// 仕向支店名, half-width; may be empty.
    pub branch_name: String,
    /// 預金種目.
    pub kind: u8,
    /// 口座番号, seven digits.
    pub number: String,
}

/// A transfer as the file has it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadTransfer {
    /// 被仕向銀行番号, four digits.
    pub bank: String,
    /// 被仕向銀行名, half-width; may be empty.
    pub bank_name: String,
    /// 被仕向支店番号, three digits.
    pub branch: String,
    /// 被仕向支店名, half-width; may be empty.
    pub branch_name: String,
    /// 預金種目.
    pub kind: u8,
    /// 口座番号, seven digits.
    pub number: String,
    /// 受取人名, half-width.
    pub holder: String,
    /// 振込金額.
    pub yen: u64,
    /// 顧客コード1.
    pub reference: u64,
}

// A payment reaches log lines by way of other types' Debug; the person must not.
impl std::fmt::Debug for ReadTransfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadTransfer(reference {}, masked)", self.reference)
    }
}

/// A file that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFile {
    /// Who pays.
    pub header: ReadHeader,
    /// The payments.
    pub transfers: Vec<ReadTransfer>,
    /// 合計金額, the same as the sum of the transfers.
    pub total_yen: u64,
    /// What stands after each record.
    pub line_end: LineEnd,
}

/// Reads a file.
///
/// # Errors
/// Every [`Fault`] at once.
pub fn read(bytes: &[u8]) -> Result<ReadFile, Vec<Fault>> {
    let (records, line_end) = split(bytes).ok_or_else(|| vec![Fault::Size])?;
    let mut faults = Vec::new();
    let mut header = None;
    let mut transfers = Vec::new();
    let mut totals = None;
    let last = records.len().saturating_sub(1);
    for (at, bytes) in records.iter().enumerate() {
        let expected = match at {
            0 => Record::Header,
            at if at == last => Record::End,
            at if at + 1 == last => Record::Trailer,
            _ => Record::Data,
        };
        if bytes.first().copied().and_then(Record::from_mark) != Some(expected) {
            faults.push(Fault::Order { record: at });
            continue;
        }
        let mut fields = Fields {
            rest: bytes,
            items: expected.items().iter(),
            record: at,
            faults: &mut faults,
        };
        match expected {
            Record::Header => header = Some(fields.header()),
            Record::Data => transfers.push(fields.transfer()),
            Record::Trailer => {
                fields.number();
                totals = Some((fields.number(), fields.number()));
                fields.blank();
            }
            Record::End => {
                fields.number();
                fields.blank();
            }
        }
    }
    if let Some((stated_count, stated_sum)) = totals {
        let count = transfers.len() as u64;
        let sum = transfers.iter().map(|transfer| transfer.yen).sum();
        if stated_count != count {
            faults.push(Fault::Count {
                stated: stated_count,
                found: count,
            });
        }
        if stated_sum != sum {
            faults.push(Fault::Sum {
                stated: stated_sum,
                found: sum,
            });
        }
    }
    match (header, totals) {
        (Some(header), Some((_, total_yen))) if faults.is_empty() => Ok(ReadFile {
            header,
            transfers,
            total_yen,
            line_end,
        }),
        _ => Err(faults),
    }
}

/// Records without their line ends; at least header, trailer and end.
fn split(bytes: &[u8]) -> Option<(Vec<&[u8]>, LineEnd)> {
    let (records, line_end): (Vec<&[u8]>, _) = if bytes.get(RECORD) == Some(&b'\r') {
        let records: Option<Vec<&[u8]>> = bytes
            .chunks(RECORD + 2)
            .map(|chunk| chunk.strip_suffix(b"\r\n"))
            .collect();
        (records?, LineEnd::CrLf)
    } else {
        (bytes.chunks(RECORD).collect(), LineEnd::None)
    };
    let whole = records.iter().all(|record| record.len() == RECORD);
    (whole && records.len() >= 3).then_some((records, line_end))
}

/// Takes one item after the other off a record.
struct Fields<'a> {
    rest: &'a [u8],
    items: std::slice::Iter<'static, Item>,
    record: usize,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Fields<'a> {
    fn next(&mut self) -> (&'static str, Shape, &'a [u8]) {
        let Some(item) = self.items.next() else {
            return ("", Shape::Text, &[]);
        };
        let (value, rest) = self.rest.split_at_checked(item.width).unwrap_or((&[], &[]));
        self.rest = rest;
        (item.name, item.shape, value)
    }

    fn fault(&mut self, item: &'static str) {
        let record = self.record;
        self.faults.push(Fault::Item { record, item });
    }

    fn digits(&mut self) -> String {
        let (name, _, value) = self.next();
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            self.fault(name);
            return String::new();
        }
        value.iter().copied().map(char::from).collect()
    }

    /// At most twelve digits: they fit.
    fn number(&mut self) -> u64 {
        self.digits().parse().unwrap_or_default()
    }

    fn small(&mut self) -> u8 {
        u8::try_from(self.number()).unwrap_or(u8::MAX)
    }

    fn text(&mut self) -> String {
        let (name, _, value) = self.next();
        let text: Option<String> = value.iter().copied().map(character).collect();
        match text {
            Some(text) if !text.starts_with(' ') || text.trim_end().is_empty() => {
                text.trim_end_matches(' ').to_owned()
            }
            _ => {
                self.fault(name);
                String::new()
            }
        }
    }

    fn blank(&mut self) {
        let (name, _, value) = self.next();
        if value.iter().any(|byte| *byte != b' ') {
            self.fault(name);
        }
    }

    /// An item that has one value only.
    fn is(&mut self, expected: &[u8]) {
        let (name, _, value) = self.next();
        if value != expected {
            self.fault(name);
        }
    }

    /// A digit that is one of these.
    fn one_of(&mut self, known: &[u8]) -> u8 {
        let before = self.items.as_slice().first().map_or("", |item| item.name);
        let kind = self.small();
        if !known.contains(&kind) {
            self.fault(before);
        }
        kind
    }

    fn header(&mut self) -> ReadHeader {
        self.is(b"1");
        self.is(b"21");
        self.is(b"0");
        let client_code = self.number();
        let client_name = self.text();
        let (day_name, day) = (self.items.as_slice().first(), self.digits());
        let part = |range| day.get(range).and_then(|two: &str| two.parse().ok());
        let month_day: (u8, u8) = (part(0..2).unwrap_or(0), part(2..4).unwrap_or(0));
        if !(1..=12).contains(&month_day.0) || !(1..=31).contains(&month_day.1) {
            self.fault(day_name.map_or("", |item| item.name));
        }
        let header = ReadHeader {
            client_code,
            client_name,
            month_day,
            bank: self.digits(),
            bank_name: self.text(),
            branch: self.digits(),
            branch_name: self.text(),
            kind: self.one_of(&[1, 2, 9]),
            number: self.digits(),
        };
        self.blank();
        header
    }

    fn transfer(&mut self) -> ReadTransfer {
        self.is(b"2");
        let bank = self.digits();
        let bank_name = self.text();
        let branch = self.digits();
        let branch_name = self.text();
        // 手形交換所番号: not used, whatever stands there
        self.digits();
        let kind = self.one_of(&[1, 2, 4, 9]);
        let number = self.digits();
        let holder = self.text();
        let yen = self.number();
        self.one_of(&[0, 1, 2]);
        let reference = self.number();
        self.digits();
        self.one_of(&[7, 8]);
        // 識別表示: blank, or Y where the customer codes are EDI information, which we do not write
        self.blank();
        self.blank();
        ReadTransfer {
            bank,
            bank_name,
            branch,
            branch_name,
            kind,
            number,
            holder,
            yen,
            reference,
        }
    }
}
