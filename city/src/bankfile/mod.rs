//! Payment orders to a bank: the file of 総合振込 in the record layout of the banks' association (全銀協).
//!
//! Answers for bytes: what a header, its transfers, the totals and the end look like, and reading them back. Pure. It
//! decides no payment and keeps nothing; whether an account exists, only its bank knows.
//!
//! The layout (records 1, 2, 8, 9 of 120 bytes, JIS X 0201) was taken from descriptions that banks publish: 群馬銀行
//! 「全銀協制定ファイルフォーマット【総合振込】」, 三井住友銀行 Web21 「ファイルレイアウト 総合振込(全銀形式)」, 宮崎銀行 「ファイルレイアウトについて」
//! (line ends). The association's own text was not at hand. `docs/export.md` has the table.

mod layout;
mod read;
mod text;
mod write;

use jiff::civil::Date;
use ubugoe_procedures::codes::BankAccount;

pub use layout::{Item, RECORD, Record, Shape};
pub use read::{Fault, ReadFile, ReadHeader, ReadTransfer, read};
pub use text::{name_allowed, to_ledger};
pub use write::{Note, Written, check, write, write_noted};

/// Most characters of a holder's name in a transfer (受取人名).
pub const HOLDER: usize = 30;
/// Most characters of the payer's name in the header (振込依頼人名).
pub const CLIENT: usize = 40;
/// Most yen of one transfer: ten digits.
pub const MOST_YEN: u64 = 9_999_999_999;
/// Most transfers under one header: six digits in the trailer.
pub const MOST_TRANSFERS: usize = 999_999;

/// What stands after each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// Nothing: records follow each other.
    #[default]
    None,
    /// CR LF after each record, the last one too.
    CrLf,
}

/// Who pays, from where, on which day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// 振込依頼人コード, given by the bank; at most ten digits.
    pub client_code: u64,
    /// 振込依頼人名 as a reading, in either kind of kana and width.
    pub client_name: String,
    /// 振込指定日; the file carries month and day only. Whether the bank is open that day is the caller's business.
    pub day: Date,
    /// The city's account. 貯蓄 is none that a payer has.
    pub account: BankAccount,
    /// What stands after each record; banks take either.
    pub line_end: LineEnd,
}

/// One payment.
#[derive(Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Where it goes.
    pub account: BankAccount,
    /// 受取人名 as a reading, in either kind of kana and width.
    pub holder: String,
    /// How much, in yen.
    pub yen: u64,
    /// 顧客コード1: by which the payer knows the payment again; at most ten digits, nought for none. Never a number of a person.
    pub reference: u64,
}

// A payment reaches log lines by way of other types' Debug; the person must not.
impl std::fmt::Debug for Transfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transfer(reference {}, masked)", self.reference)
    }
}

/// Why no file was made. Each names its place: an officer can put it right. Nothing is written while there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing to pay.
    #[error("there is no transfer")]
    Nothing,
    /// More than the trailer can count.
    #[error("{0} transfers are more than one file can have")]
    TooMany(usize),
    /// The payer's code has more than ten digits.
    #[error("the payer's code has more than ten digits")]
    ClientCode,
    /// The payer's account is of a kind that no payer has.
    #[error("the payer's account is a savings account")]
    ClientAccount,
    /// The payer's name is empty.
    #[error("the payer's name is empty")]
    ClientName,
    /// A character that banks do not take, in the payer's name.
    #[error("the payer's name has {character:?} at {at}, which banks do not take")]
    ClientCharacter {
        /// Position in the half-width form, from nought.
        at: usize,
        /// The character.
        character: char,
    },
    /// The holder's name is empty.
    #[error("transfer {transfer} has no holder's name")]
    HolderName {
        /// Which transfer, from nought.
        transfer: usize,
    },
    /// A character that banks do not take, in a holder's name.
    #[error(
        "transfer {transfer} has a character at {at} of the holder's name that banks do not take"
    )]
    HolderCharacter {
        /// Which transfer, from nought.
        transfer: usize,
        /// Position in the half-width form, from nought.
        at: usize,
        /// The character.
        character: char,
    },
    /// Nothing, or more than ten digits of yen.
    #[error("transfer {transfer} is of {yen} yen")]
    Amount {
        /// Which transfer, from nought.
        transfer: usize,
        /// How much was asked.
        yen: u64,
    },
    /// More than ten digits of reference.
    #[error("transfer {transfer} has a reference of more than ten digits")]
    Reference {
        /// Which transfer, from nought.
        transfer: usize,
    },
    /// The sum has more than twelve digits.
    #[error("the sum of {0} yen has more than twelve digits")]
    Sum(u128),
}
