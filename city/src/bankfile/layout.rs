//! The record layout as data: which item stands where, how wide, digits or characters.
//!
//! Answers for positions only; writer and reader both go by these tables, and `docs/export.md` shows them.

/// Bytes of a record, without what ends its line.
pub const RECORD: usize = 120;

/// How an item is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// N: digits, to the right, noughts before.
    Digits,
    /// C: characters, to the left, blanks after.
    Text,
}

/// One item of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its name in the published layouts.
    pub name: &'static str,
    /// Bytes.
    pub width: usize,
    /// How it is filled.
    pub shape: Shape,
}

/// A kind of record: its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// 1.
    Header,
    /// 2.
    Data,
    /// 8.
    Trailer,
    /// 9.
    End,
}

const fn n(name: &'static str, width: usize) -> Item {
    let shape = Shape::Digits;
    Item { name, width, shape }
}

const fn c(name: &'static str, width: usize) -> Item {
    let shape = Shape::Text;
    Item { name, width, shape }
}

const HEADER: [Item; 13] = [
    n("データ区分", 1),
    n("種別コード", 2),
    n("コード区分", 1),
    n("振込依頼人コード", 10),
    c("振込依頼人名", 40),
    n("振込指定日", 4),
    n("仕向銀行番号", 4),
    c("仕向銀行名", 15),
    n("仕向支店番号", 3),
    c("仕向支店名", 15),
    n("預金種目", 1),
    n("口座番号", 7),
    c("ダミー", 17),
];

const DATA: [Item; 16] = [
    n("データ区分", 1),
    n("被仕向銀行番号", 4),
    c("被仕向銀行名", 15),
    n("被仕向支店番号", 3),
    c("被仕向支店名", 15),
    n("手形交換所番号", 4),
    n("預金種目", 1),
    n("口座番号", 7),
    c("受取人名", 30),
    n("振込金額", 10),
    n("新規コード", 1),
    n("顧客コード1", 10),
    n("顧客コード2", 10),
    n("振込指定区分", 1),
    c("識別表示", 1),
    c("ダミー", 7),
];

const TRAILER: [Item; 4] = [
    n("データ区分", 1),
    n("合計件数", 6),
    n("合計金額", 12),
    c("ダミー", 101),
];

const END: [Item; 2] = [n("データ区分", 1), c("ダミー", 119)];

impl Record {
    /// Every kind, in the order in which they stand in a file.
    pub const ALL: [Self; 4] = [Self::Header, Self::Data, Self::Trailer, Self::End];

    /// Its items, in order.
    #[must_use]
    pub const fn items(self) -> &'static [Item] {
        match self {
            Self::Header => &HEADER,
            Self::Data => &DATA,
            Self::Trailer => &TRAILER,
            Self::End => &END,
        }
    }

    /// Its first byte.
    #[must_use]
    pub const fn mark(self) -> u8 {
        match self {
            Self::Header => b'1',
            Self::Data => b'2',
            Self::Trailer => b'8',
            Self::End => b'9',
        }
    }

    /// Reads [`Record::mark`].
    #[must_use]
    pub fn from_mark(mark: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mark() == mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_of_120_bytes() {
        for record in Record::ALL {
            let sum: usize = record.items().iter().map(|item| item.width).sum();
            assert_eq!(sum, 120, "{record:?}");
        }
    }
}
