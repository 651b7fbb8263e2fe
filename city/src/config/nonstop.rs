//! `[nonstop]` and `[payer]`: both may be left out.

use toml::{Table, Value};
use ubugoe_procedures::codes::{AccountHolder, AccountKind, BankAccount};

use super::Form;
use crate::nonstop::payments::Payer;

/// What the city does by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonstopConfig {
    /// Days in which an officer can stop what was prepared; it ends on an opening day at five in the afternoon. 0: at once.
    pub veto_days: u16,
    /// Who pays; `None`: no file is made here.
    pub payer: Option<Payer>,
}

impl Default for NonstopConfig {
    fn default() -> Self {
        Self {
            veto_days: 3,
            payer: None,
        }
    }
}

impl Form<'_> {
    pub(super) fn nonstop(&mut self, root: &mut Table) -> Option<NonstopConfig> {
        let mut config = NonstopConfig::default();
        match root.remove("nonstop") {
            None => {}
            Some(Value::Table(mut t)) => {
                const EXAMPLE: &str = "3";
                let days: u16 = self.number(&mut t, "nonstop", "veto_days", Some(3), EXAMPLE)?;
                self.leftovers("nonstop", &t);
                if days > 60 {
                    return self.problem(
                        "nonstop.veto_days".to_owned(),
                        format!("{days} is more than 60 days"),
                        EXAMPLE,
                    );
                }
                config.veto_days = days;
            }
            Some(_) => return self.problem("nonstop".to_owned(), "must be a section", "[nonstop]"),
        }
        match root.remove("payer") {
            None => {}
            Some(Value::Table(t)) => config.payer = Some(self.payer(t)?),
            Some(_) => return self.problem("payer".to_owned(), "must be a section", "[payer]"),
        }
        Some(config)
    }

    fn payer(&mut self, mut t: Table) -> Option<Payer> {
        const P: &str = "payer";
        let code: Option<u64> = self.number(&mut t, P, "client_code", None, "1234567890");
        let code = code.filter(|code| *code <= 9_999_999_999).or_else(|| {
            self.problem(
                "payer.client_code".to_owned(),
                "must have at most ten digits",
                "1234567890",
            )
        });
        let name = self.text(&mut t, P, "client_name", "\"アスコエシ\"");
        let name = name.and_then(|name| {
            if AccountHolder::from_reading(&name).is_ok() {
                Some(name)
            } else {
                self.problem(
                    "payer.client_name".to_owned(),
                    "must be a reading that banks take",
                    "\"アスコエシ\"",
                )
            }
        });
        let bank = self.code(&mut t, "bank", "\"0001\"");
        let branch = self.code(&mut t, "branch", "\"001\"");
        let kind: Option<AccountKind> = self.code(&mut t, "kind", "\"1\"");
        let number = self.code(&mut t, "number", "\"1234567\"");
        self.leftovers(P, &t);
        Some(Payer {
            client_code: code?,
            client_name: name?,
            account: BankAccount {
                bank: bank?,
                branch: branch?,
                kind: kind?,
                number: number?,
            },
        })
    }

    fn code<T: std::str::FromStr>(
        &mut self,
        t: &mut Table,
        name: &str,
        example: &'static str,
    ) -> Option<T> {
        let text = self.text(t, "payer", name, example)?;
        text.parse()
            .ok()
            .or_else(|| self.problem(format!("payer.{name}"), "is not such a code", example))
    }
}
