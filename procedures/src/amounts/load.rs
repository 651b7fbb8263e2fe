//! Reads the amount tables and refuses, by name, what is missing, left over, double or out of order.
//!
//! Opens no file: the built-in texts are part of the program. Knows the parts every table shares (laws, clauses, dated
//! versions); each benefit reads its own numbers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::AmountsError;
use super::clause::{Clause, RawClause, RawLaw};
use super::month::MonthNumber;

/// A table as text: its file name and content.
pub(super) type File = (&'static str, &'static str);

pub(super) fn read<T: DeserializeOwned>((file, text): File) -> Result<T, AmountsError> {
    toml::from_str(text).map_err(|source| AmountsError::File {
        file,
        source: Box::new(source),
    })
}

/// The clauses of a file while a table takes its own.
pub(super) struct Clauses {
    file: &'static str,
    waiting: BTreeMap<String, Clause>,
    /// Taken and kept, because versions may share one.
    shared: BTreeMap<String, Clause>,
}

impl Clauses {
    pub(super) fn new(
        file: &'static str,
        laws: &[RawLaw],
        clauses: Vec<RawClause>,
    ) -> Result<Self, AmountsError> {
        let mut waiting = BTreeMap::new();
        for raw in clauses {
            let law = laws.iter().find(|law| law.key == raw.law).ok_or_else(|| {
                AmountsError::NoSuchLaw {
                    file,
                    clause: raw.id.clone(),
                    law: raw.law.clone(),
                }
            })?;
            let id = raw.id.clone();
            let clause = Clause::new(raw, law, file)?;
            if waiting.insert(id.clone(), clause).is_some() {
                return Err(AmountsError::TwiceClause { file, clause: id });
            }
        }
        Ok(Self {
            file,
            waiting,
            shared: BTreeMap::new(),
        })
    }

    /// A clause that one place uses.
    pub(super) fn take(&mut self, id: &str) -> Result<Clause, AmountsError> {
        self.waiting
            .remove(id)
            .ok_or_else(|| self.no_such_clause(id))
    }

    /// A clause that versions may share.
    pub(super) fn share(&mut self, id: &str) -> Result<Clause, AmountsError> {
        if let Some(clause) = self.waiting.remove(id) {
            self.shared.insert(id.to_owned(), clause);
        }
        self.shared
            .get(id)
            .cloned()
            .ok_or_else(|| self.no_such_clause(id))
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> Result<(), AmountsError> {
        match self.waiting.into_keys().next() {
            None => Ok(()),
            Some(clause) => Err(AmountsError::StrayClause {
                file: self.file,
                clause,
            }),
        }
    }

    fn no_such_clause(&self, id: &str) -> AmountsError {
        AmountsError::NoSuchClause {
            file: self.file,
            clause: id.to_owned(),
        }
    }
}

/// Versions that each hold until the next begins.
#[derive(Debug, Clone)]
pub(super) struct Dated<T> {
    first: MonthNumber,
    versions: Vec<(MonthNumber, T)>,
}

impl<T> Dated<T> {
    pub(super) fn new(
        file: &'static str,
        versions: Vec<(MonthNumber, T)>,
    ) -> Result<Self, AmountsError> {
        let first = versions
            .first()
            .map(|(from, _)| *from)
            .ok_or(AmountsError::NoVersion { file })?;
        for pair in versions.windows(2) {
            if let [(earlier, _), (later, _)] = pair
                && earlier >= later
            {
                return Err(AmountsError::Order { file, from: *later });
            }
        }
        Ok(Self { first, versions })
    }

    /// The version in force, or `None` before the first.
    pub(super) fn at(&self, month: MonthNumber) -> Option<&T> {
        let later = self.versions.partition_point(|(from, _)| *from <= month);
        let index = later.checked_sub(1)?;
        self.versions.get(index).map(|(_, version)| version)
    }

    /// The first month there is an answer for.
    pub(super) fn first(&self) -> MonthNumber {
        self.first
    }
}

/// A file that consists of laws, clauses, versions and something of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTable<V, L = Nothing> {
    pub(super) law: Vec<RawLaw>,
    pub(super) clause: Vec<RawClause>,
    #[serde(default = "Vec::new")]
    pub(super) version: Vec<V>,
    pub(super) limits: Option<L>,
}

/// For tables without limits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A factor to seven decimals, kept as an integer so that no float decides an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Factor(pub(super) i64);

/// What one is in a [`Factor`].
pub(super) const FACTOR_ONE: i64 = 10_000_000;

impl TryFrom<String> for Factor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.split_once('.')
            .filter(|(whole, decimals)| *whole == "0" && decimals.len() == 7)
            .and_then(|(_, decimals)| decimals.parse::<u32>().ok())
            .map(|decimals| Self(i64::from(decimals)))
            .ok_or_else(|| format!("{text:?} is not a factor such as \"0.0264029\""))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn clauses(text: &'static str) -> Result<Clauses, AmountsError> {
        let raw: RawTable<Nothing> = read(("test.toml", text))?;
        Clauses::new("test.toml", &raw.law, raw.clause)
    }

    const LAW: &str = "[[law]]\nkey = \"act\"\nname = \"法\"\n";

    fn with_clause(clause: &str) -> &'static str {
        format!("{LAW}{clause}").leak()
    }

    #[test]
    fn a_table_is_refused_by_name_for_what_is_wrong_with_it() {
        let one =
            "[[clause]]\nid = \"a\"\nlaw = \"act\"\narticle = \"1\"\nja = \"はい\"\nen = \"Yes\"\n";
        assert!(matches!(
            clauses("law = 3"),
            Err(AmountsError::File {
                file: "test.toml",
                ..
            })
        ));
        assert!(matches!(
            clauses(with_clause(&one.replace("\"act\"", "\"order\""))),
            Err(AmountsError::NoSuchLaw { law, .. }) if law == "order"
        ));
        assert!(matches!(
            clauses(with_clause(&format!("{one}{one}"))),
            Err(AmountsError::TwiceClause { clause, .. }) if clause == "a"
        ));
        assert!(matches!(
            clauses(with_clause(&one.replace("Yes", "{price}"))),
            Err(AmountsError::NoSuchSlot { slot, .. }) if slot == "price"
        ));
        let mut fine = clauses(with_clause(one)).unwrap();
        assert!(matches!(
            fine.take("b"),
            Err(AmountsError::NoSuchClause { clause, .. }) if clause == "b"
        ));
        assert!(matches!(
            fine.finish(),
            Err(AmountsError::StrayClause { clause, .. }) if clause == "a"
        ));
    }

    #[test]
    fn versions_out_of_order_and_factors_of_another_shape_are_refused() {
        let month = |month| MonthNumber::new(2026, month);
        assert!(matches!(
            Dated::new("t", vec![(month(4), ()), (month(4), ())]),
            Err(AmountsError::Order { .. })
        ));
        assert!(matches!(
            Dated::<()>::new("t", vec![]),
            Err(AmountsError::NoVersion { .. })
        ));
        let dated = Dated::new("t", vec![(month(4), 1), (month(6), 2)]).unwrap();
        assert_eq!(
            [3, 4, 5, 6, 7].map(|of| dated.at(month(of)).copied()),
            [None, Some(1), Some(1), Some(2), Some(2)]
        );
        assert_eq!(
            Factor::try_from("0.0264029".to_owned()),
            Ok(Factor(264_029))
        );
        for bad in ["0.026", "1.0264029", ".0264029", "0.026402x", ""] {
            assert!(Factor::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
