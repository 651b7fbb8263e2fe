//! ゆうちょ's own way of writing an account: symbol (記号) and number (番号), and the branch, kind and number that other
//! banks know it by.
//!
//! The rule is the bank's published one. Branch endings were checked with the table of branches: all of ゆうちょ's end in
//! 8 or 9.

use std::str::FromStr;

use super::{
    AccountKind, AccountNumber, BankAccount, BankCode, BranchCode, CodeError, digits, written,
};

/// ゆうちょ銀行 among the banks.
pub const YUCHO: BankCode = BankCode([9, 9, 0, 0]);

/// A symbol (記号): 1AB?0 for savings (総合口座, 通常貯金), 0AB?0 for a transfer account (振替口座).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct YuchoSymbol([u8; 5]);

impl YuchoSymbol {
    /// Whether it is a transfer account's.
    #[must_use]
    pub const fn is_transfer(self) -> bool {
        self.0[0] == 0
    }

    /// The branch: the second and third digit, and 8 for savings or 9 for a transfer account.
    #[must_use]
    pub const fn branch(self) -> BranchCode {
        let [_, a, b, _, _] = self.0;
        BranchCode([a, b, if self.is_transfer() { 9 } else { 8 }])
    }

    /// The account number for a number (番号): without the 1 at its end for savings, as it is for a transfer account;
    /// seven digits with leading zeros.
    ///
    /// # Errors
    /// [`CodeError::YuchoSavingsNumber`] or [`CodeError::YuchoTransferNumber`].
    pub fn number(self, bango: &str) -> Result<AccountNumber, CodeError> {
        if self.is_transfer() {
            let number = Some(bango).filter(|bango| bango.len() <= 6);
            number
                .and_then(|bango| bango.parse().ok())
                .ok_or(CodeError::YuchoTransferNumber)
        } else {
            savings_number(bango).ok_or(CodeError::YuchoSavingsNumber)
        }
    }
}

impl FromStr for YuchoSymbol {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        match digits(text) {
            Some(all @ [0 | 1, _, _, _, 0]) => Ok(Self(all)),
            _ => Err(CodeError::YuchoSymbol),
        }
    }
}

impl std::fmt::Display for YuchoSymbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&written(&self.0))
    }
}

/// The account number for the number (番号) of a savings account: without the 1 at its end.
pub(crate) fn savings_number(bango: &str) -> Option<AccountNumber> {
    bango.strip_suffix('1')?.parse().ok()
}

/// The account that other banks know. A single digit between symbol and number, where there is one, is left out by the
/// bank too.
///
/// A 通常貯蓄貯金 is a savings account (貯蓄) and has the same symbols: the kind here is 普通, and whoever knows better says so.
///
/// # Errors
/// [`CodeError`] of symbol or number.
pub fn yucho_account(kigo: &str, bango: &str) -> Result<BankAccount, CodeError> {
    let symbol: YuchoSymbol = kigo.parse()?;
    Ok(BankAccount {
        bank: YUCHO,
        branch: symbol.branch(),
        kind: if symbol.is_transfer() {
            AccountKind::Current
        } else {
            AccountKind::Ordinary
        },
        number: symbol.number(bango)?,
    })
}
