//! Banks and branches (全銀), account numbers, and the holder's name as a bank's ledger has it.
//!
//! Whether the account exists and whose it is, only the bank knows. A bank missing in the table is a question to the
//! parent, not a refusal: tables age.

use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::blocks::{Block, Blocks};
use super::{CodeError, as_digits, digits};
use crate::names::{self, Charset};

/// One block a bank, one line a branch; see `data/make_banks.py`.
static TABLE: LazyLock<Blocks> =
    LazyLock::new(|| Blocks::read(include_str!("../../data/banks.txt"), 4));

/// The most characters a holder's name has (general knowledge).
pub const HOLDER_ROOM: usize = 30;

/// A bank code (金融機関コード), four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BankCode(pub(super) [u8; 4]);

/// A branch code (支店コード, 店番), three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchCode(pub(super) [u8; 3]);

/// An account number, seven digits with leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountNumber([u8; 7]);

/// A kind of account (預金種目).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AccountKind {
    /// 普通, 1.
    Ordinary,
    /// 当座, 2.
    Current,
    /// 貯蓄, 4; refused for 児童手当.
    Savings,
}

/// An account, without its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BankAccount {
    /// The bank.
    pub bank: BankCode,
    /// The branch.
    pub branch: BranchCode,
    /// The kind.
    pub kind: AccountKind,
    /// The number.
    pub number: AccountNumber,
}

/// The holder's name in the half-width repertoire: 1 to 30 characters, large kana, `-` for ー.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountHolder(String);

/// A bank of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bank {
    /// Its code.
    pub code: BankCode,
    /// Its name, without 銀行 where the network leaves it out.
    pub name: &'static str,
    /// Its reading as the network has it: full width, no small kana, － for ー.
    pub kana: &'static str,
}

/// A branch of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// Its code.
    pub code: BranchCode,
    /// Its name, without 支店.
    pub name: &'static str,
    /// Its reading as the network has it.
    pub kana: &'static str,
}

impl BankCode {
    fn number(self) -> u32 {
        self.0
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(*digit))
    }
}

impl FromStr for BankCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        digits(text).map(Self).ok_or(CodeError::BankShape)
    }
}

impl FromStr for BranchCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        digits(text).map(Self).ok_or(CodeError::BranchShape)
    }
}

impl FromStr for AccountNumber {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.is_empty() || text.len() > 7 {
            return Err(CodeError::AccountNumberShape);
        }
        digits(&format!("{text:0>7}"))
            .map(Self)
            .ok_or(CodeError::AccountNumberShape)
    }
}

as_digits!(BankCode, |code| &code.0);
as_digits!(BranchCode, |code| &code.0);
as_digits!(AccountNumber, |number| &number.0);

impl FromStr for AccountKind {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        match text {
            "1" => Ok(Self::Ordinary),
            "2" => Ok(Self::Current),
            "4" => Ok(Self::Savings),
            _ => Err(CodeError::AccountKind),
        }
    }
}

impl std::fmt::Display for AccountKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ordinary => "1",
            Self::Current => "2",
            Self::Savings => "4",
        })
    }
}

impl TryFrom<String> for AccountKind {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<AccountKind> for String {
    fn from(kind: AccountKind) -> Self {
        kind.to_string()
    }
}

impl AccountHolder {
    /// The half-width form of a reading, in either kind of kana and width.
    ///
    /// # Errors
    /// [`CodeError::AccountHolder`] for characters that have no such form, none at all, or more than thirty.
    pub fn from_reading(reading: &str) -> Result<Self, CodeError> {
        names::to_zengin(reading).parse()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it may be this person's: the readings are one once both are folded. A hint for an officer, never a block.
    #[must_use]
    pub fn may_be(&self, reading: &str) -> bool {
        names::same_in_bank(&self.0, reading)
    }
}

impl FromStr for AccountHolder {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let fits = (1..=HOLDER_ROOM).contains(&text.chars().count())
            && text.chars().any(|c| c != ' ')
            && names::check(Charset::Zengin, text).fileable();
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(CodeError::AccountHolder)
        }
    }
}

impl TryFrom<String> for AccountHolder {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<AccountHolder> for String {
    fn from(holder: AccountHolder) -> Self {
        holder.0
    }
}

/// The bank of a code.
#[must_use]
pub fn bank(code: BankCode) -> Option<Bank> {
    named(code, TABLE.exactly(code.number())?)
}

fn named(code: BankCode, block: Block) -> Option<Bank> {
    let (name, kana) = block.head.split_once('\t')?;
    Some(Bank { code, name, kana })
}

/// The branch of a code under a bank.
#[must_use]
pub fn branch(bank: BankCode, code: BranchCode) -> Option<Branch> {
    branches(bank).find(|branch| branch.code == code)
}

/// Every bank, by code.
pub fn banks() -> impl Iterator<Item = Bank> {
    TABLE.all().filter_map(|(number, block)| {
        let code = format!("{number:04}").parse().ok()?;
        named(code, block)
    })
}

/// Every branch of a bank, by code; none for a bank that is not in the table.
pub fn branches(bank: BankCode) -> impl Iterator<Item = Branch> {
    let block = TABLE.exactly(bank.number());
    block.into_iter().flat_map(Block::lines).filter_map(|line| {
        let (name, kana) = line.get(3..)?.split_once('\t')?;
        let code = line.get(..3)?.parse().ok()?;
        Some(Branch { code, name, kana })
    })
}

/// Banks whose reading begins so, in either kind of kana, small kana or large.
pub fn banks_read(begin: &str) -> impl Iterator<Item = Bank> + use<> {
    let wanted = names::to_zengin(begin);
    banks().filter(move |bank| names::to_zengin(bank.kana).starts_with(&wanted))
}
