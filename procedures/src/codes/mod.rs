//! The codes a form holds, each as a type that checks itself, and the tables that give a code its name.
//!
//! Municipality, corporate number (法人番号), insurer, bank account, ゆうちょ's own way of writing one, postcode. A code
//! that is well formed may still name nobody: being well formed is the type's word, being known is the table's, and tables
//! age (`data/README.md` says of which month they are). No individual number (個人番号) has a type here, and no error
//! repeats what was given, because it may be one.

mod bank;
mod blocks;
mod corporate;
mod insurer;
mod municipality;
mod postcode;
mod yucho;

pub use bank::{
    AccountHolder, AccountKind, AccountNumber, Bank, BankAccount, BankCode, Branch, BranchCode,
    HOLDER_ROOM, bank, banks, banks_read, branch, branches,
};
pub use corporate::{CorporateBody, CorporateNumber};
pub use insurer::{InsurerKind, InsurerNumber};
pub use municipality::{
    Municipality, MunicipalityKind, municipalities, municipalities_named, municipality,
    municipality_by_jis, wards,
};
pub use postcode::{Postcode, Town, towns};
pub(crate) use yucho::savings_number;
pub use yucho::{YUCHO, YuchoSymbol, yucho_account};

/// Why a code was refused. Never repeats the code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A corporate number has thirteen ASCII digits.
    #[error("a corporate number has thirteen digits")]
    CorporateShape,
    /// The first digit of a corporate number does not fit the others.
    #[error("the first digit of this corporate number should be {expected}")]
    CorporateCheckDigit {
        /// The digit that would fit.
        expected: u8,
    },
    /// An insurer's number has eight ASCII digits, or six for 国民健康保険.
    #[error("an insurer's number has eight digits, or six for 国民健康保険")]
    InsurerShape,
    /// The last digit of an insurer's number does not fit the others.
    #[error("the last digit of this insurer's number should be {expected}")]
    InsurerCheckDigit {
        /// The digit that would fit.
        expected: u8,
    },
    /// A bank code has four ASCII digits.
    #[error("a bank code has four digits")]
    BankShape,
    /// A branch code has three ASCII digits.
    #[error("a branch code has three digits")]
    BranchShape,
    /// A kind of account is 1, 2 or 4.
    #[error("a kind of account is 1 (普通), 2 (当座) or 4 (貯蓄)")]
    AccountKind,
    /// An account number has one to seven ASCII digits.
    #[error("an account number has one to seven digits")]
    AccountNumberShape,
    /// An account holder's name has half-width characters only, one to thirty.
    #[error("an account holder's name has 1 to 30 characters of the half-width repertoire")]
    AccountHolder,
    /// A ゆうちょ symbol (記号) is 1AB?0 or 0AB?0.
    #[error("a ゆうちょ symbol (記号) has five digits, begins with 1 or 0 and ends with 0")]
    YuchoSymbol,
    /// A ゆうちょ number (番号) of a savings account has two to eight digits and ends with 1.
    #[error(
        "a ゆうちょ number (番号) after a symbol with 1 has two to eight digits and ends with 1"
    )]
    YuchoSavingsNumber,
    /// A ゆうちょ number (番号) of a transfer account has one to six digits.
    #[error("a ゆうちょ number (番号) after a symbol with 0 has one to six digits")]
    YuchoTransferNumber,
    /// A postcode has seven digits.
    #[error("a postcode has seven digits")]
    PostcodeShape,
}

/// Exactly `N` ASCII digits, as numbers.
fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes: [u8; N] = text.as_bytes().try_into().ok()?;
    bytes
        .iter()
        .all(u8::is_ascii_digit)
        .then(|| bytes.map(|byte| byte - b'0'))
}

/// Digits as text.
fn written(digits: &[u8]) -> String {
    digits
        .iter()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

/// `Display`, `TryFrom<String>` and `From<…> for String` for a type that is written as digits.
macro_rules! as_digits {
    ($type:ty, $digits:expr) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let digits: fn(&$type) -> &[u8] = $digits;
                f.write_str(&$crate::codes::written(digits(self)))
            }
        }
        impl TryFrom<String> for $type {
            type Error = $crate::codes::CodeError;
            fn try_from(text: String) -> Result<Self, $crate::codes::CodeError> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(code: $type) -> Self {
                code.to_string()
            }
        }
    };
}
use as_digits;
