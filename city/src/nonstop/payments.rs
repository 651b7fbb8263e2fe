//! Payments: the household an allowance is computed from, month by month, and the writer of the bank's file.
//!
//! Answers for handing what is payable to [`crate::bankfile`], with the city as payer. Pure. Sums are those of the catalogue's
//! tables; nothing here rounds or guesses.

use std::error::Error;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ubugoe_procedures::amounts::{Amounts, Child, Household, MonthNumber, allowance};
use ubugoe_procedures::codes::BankAccount;

use crate::bankfile::{self, Header, LineEnd, Problem, Transfer};
use crate::jst;
use crate::store::nonstop::{Account, FileWriter, Months, Remittance, Unpayable};

/// No allowance is paid for longer than this many months at once: something is wrong, and the rest waits.
const MOST_MONTHS: usize = 36;

/// A child of a household, as kept with an item. No name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdChild {
    /// Day of birth.
    pub birth: Date,
    /// Order among children of the same day.
    pub order: Option<i64>,
    /// Past the fiscal year of eighteen: supported by the claimant.
    pub supported: bool,
    /// This item pays for it; the others only count.
    pub paid: bool,
}

/// What later months are computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidHousehold {
    /// Every child that counts.
    pub children: Vec<HouseholdChild>,
}

impl PaidHousehold {
    /// Yen for a month, for the children the item pays for; 0 where the tables do not reach.
    #[must_use]
    pub fn yen(&self, month: MonthNumber) -> i64 {
        let Ok(tables) = Amounts::builtin() else {
            return 0;
        };
        let household = Household {
            children: self
                .children
                .iter()
                .map(|child| Child {
                    birth_order: child.order,
                    supported: child.supported,
                    ..Child::born(child.birth)
                })
                .collect(),
            ..Household::default()
        };
        let Ok(answer) = allowance(&household, month, &tables.allowance) else {
            return 0;
        };
        self.children
            .iter()
            .zip(&answer.children)
            .filter(|(child, _)| child.paid)
            .map(|(_, amount)| i64::from(amount.yen))
            .sum()
    }
}

/// When a month is paid: the first moment of its paying month in Japan (児童手当法8 IV).
#[must_use]
pub fn paid_at(month: MonthNumber) -> Option<i64> {
    let tables = Amounts::builtin().ok()?;
    let paid_in = tables.allowance.paid_in(month).ok()?;
    let year = i16::try_from(paid_in.year()).ok()?;
    Some(jst::at(Date::new(year, paid_in.month(), 1).ok()?, 0))
}

fn month_of(number: i64) -> Option<MonthNumber> {
    Some(MonthNumber::default().plus(i32::try_from(number).ok()?))
}

/// The months that are payable at a moment, from the next one on.
#[must_use]
pub fn months(household: &str, next_month: i64, now: i64) -> Months {
    let (Ok(household), Some(mut month)) = (
        serde_json::from_str::<PaidHousehold>(household),
        month_of(next_month),
    ) else {
        return Months::default();
    };
    let mut due = Vec::new();
    loop {
        let yen = household.yen(month);
        let Some(at) = paid_at(month).filter(|_| yen > 0) else {
            return Months { due, next: None };
        };
        if at > now || due.len() >= MOST_MONTHS {
            let next = Some((i64::from(month.number()), at));
            return Months { due, next };
        }
        due.push((String::from(month), yen));
        month = month.plus(1);
    }
}

/// The city as payer (総合振込).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// 振込依頼人コード.
    pub client_code: u64,
    /// 振込依頼人名 as a reading.
    pub client_name: String,
    /// The account money leaves.
    pub account: BankAccount,
}

/// An account as kept, checked again.
fn account(kept: &Account) -> Result<BankAccount, Box<dyn Error + Send + Sync>> {
    Ok(BankAccount {
        bank: kept.bank.parse()?,
        branch: kept.branch.parse()?,
        kind: kept.kind.parse()?,
        number: kept.number.parse()?,
    })
}

/// A remittance as the layout knows it.
fn transfer(one: &Remittance) -> Result<Transfer, Box<dyn Error + Send + Sync>> {
    Ok(Transfer {
        account: account(&one.account)?,
        holder: one.account.holder.clone(),
        yen: one.yen,
        reference: u64::try_from(one.number)?,
    })
}

impl FileWriter for Payer {
    fn unpayable(&self, remittance: &Remittance) -> Option<Unpayable> {
        let Ok(transfer) = transfer(remittance) else {
            return Some(Unpayable::Account);
        };
        bankfile::check(&transfer)
            .into_iter()
            .next()
            .map(|problem| match problem {
                Problem::HolderName { .. } | Problem::HolderCharacter { .. } => Unpayable::Holder,
                Problem::Amount { .. } => Unpayable::Amount,
                _ => Unpayable::Account,
            })
    }

    fn write(
        &self,
        day: Date,
        remittances: &[Remittance],
    ) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        let header = Header {
            client_code: self.client_code,
            client_name: self.client_name.clone(),
            day,
            account: self.account,
            line_end: LineEnd::default(),
        };
        let transfers = remittances
            .iter()
            .map(transfer)
            .collect::<Result<Vec<_>, _>>()?;
        bankfile::write(&header, &transfers).map_err(|problems| {
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            said.join("; ").into()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use jiff::civil::date;

    use super::*;

    fn household(births: &[(Date, bool)]) -> PaidHousehold {
        PaidHousehold {
            children: births
                .iter()
                .map(|(birth, paid)| HouseholdChild {
                    birth: *birth,
                    order: None,
                    supported: false,
                    paid: *paid,
                })
                .collect(),
        }
    }

    #[test]
    fn months_become_payable_in_their_paying_month_and_never_again() {
        let text = serde_json::to_string(&household(&[(date(2026, 11, 22), true)])).unwrap();
        let december = i64::from(MonthNumber::new(2026, 12).number());
        // December and January are paid in February
        let before = months(&text, december, jst::at(date(2027, 1, 31), 23));
        assert!(before.due.is_empty());
        let next = months(&text, december, jst::at(date(2027, 2, 1), 0));
        assert_eq!(
            next.due,
            [
                ("2026-12".to_owned(), 15_000),
                ("2027-01".to_owned(), 15_000)
            ]
        );
        assert_eq!(
            next.next,
            Some((december + 2, jst::at(date(2027, 4, 1), 0)))
        );
    }

    #[test]
    fn the_sum_follows_age_and_rank_and_ends() {
        let third = household(&[
            (date(2020, 5, 1), false),
            (date(2023, 5, 1), false),
            (date(2026, 11, 22), true),
        ]);
        assert_eq!(third.yen(MonthNumber::new(2026, 12)), 30_000);
        let only = household(&[(date(2026, 11, 22), true)]);
        assert_eq!(only.yen(MonthNumber::new(2029, 11)), 15_000);
        assert_eq!(only.yen(MonthNumber::new(2029, 12)), 10_000);
        assert_eq!(only.yen(MonthNumber::new(2045, 4)), 0);
        let text = serde_json::to_string(&only).unwrap();
        let april = i64::from(MonthNumber::new(2045, 4).number());
        assert_eq!(
            months(&text, april, jst::at(date(2045, 6, 1), 0)),
            Months::default()
        );
    }

    #[test]
    fn what_cannot_be_read_pays_nothing() {
        assert_eq!(months("{", 24_000, 0), Months::default());
        assert_eq!(months("{\"children\":[]}", i64::MAX, 0), Months::default());
    }
}
