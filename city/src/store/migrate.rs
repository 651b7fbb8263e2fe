//! Frozen, numbered migrations: what both databases have in common about them.
//!
//! Answers for deciding which migrations remain to be applied. Must not touch a database itself. A migration that
//! was ever released never changes: its digest is stored with its number and compared at every start.

use sha2::{Digest, Sha256};

use ubugoe_protocol::RecipientId;

use super::StoreError;

/// One migration file.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3 …
    pub number: i32,
    /// File name without extension.
    pub name: &'static str,
    /// The SQL.
    pub sql: &'static str,
}

impl Migration {
    /// SHA-256 of the SQL, lower-case hex.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.sql.as_bytes()))
    }
}

/// The migrations still to apply, given what the database says it has (`number`, `digest`).
///
/// # Errors
/// [`StoreError::MigrationChanged`] if an applied one differs from the file,
/// [`StoreError::TooNew`] if the database knows one that this program does not.
pub fn remaining<'a>(
    all: &'a [Migration],
    applied: &[(i32, String)],
) -> Result<Vec<&'a Migration>, StoreError> {
    let known = all.iter().map(|m| m.number).max().unwrap_or(0);
    for (number, digest) in applied {
        match all.iter().find(|m| m.number == *number) {
            None => {
                return Err(StoreError::TooNew {
                    found: *number,
                    known,
                });
            }
            Some(m) if m.digest() != *digest => {
                return Err(StoreError::MigrationChanged { number: *number });
            }
            Some(_) => {}
        }
    }
    Ok(all
        .iter()
        .filter(|m| applied.iter().all(|(number, _)| number != &m.number))
        .collect())
}

/// Whose tables these are, as far as rows from before they said so themselves can tell.
pub(super) const WHOSE: &str = "SELECT recipient FROM office UNION SELECT recipient FROM counters UNION SELECT recipient FROM eras";
/// Writes down whose they are, once: `$1` the office's recipient id.
pub(super) const CLAIM: &str =
    "INSERT INTO office (one, recipient) VALUES (1, $1) ON CONFLICT DO NOTHING";

/// Lets an office in where the tables are nobody's yet or its own.
///
/// # Errors
/// [`StoreError::AnotherOffice`].
pub(super) fn admit(
    place: &str,
    wanted: &RecipientId,
    mut found: Vec<String>,
) -> Result<(), StoreError> {
    if found.iter().all(|one| one == wanted.as_str()) {
        return Ok(());
    }
    found.sort_unstable();
    Err(StoreError::AnotherOffice {
        place: place.to_owned(),
        found: found.join(", "),
        wanted: wanted.clone(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    const TWO: [Migration; 2] = [
        Migration {
            number: 1,
            name: "0001_first",
            sql: "SELECT 1",
        },
        Migration {
            number: 2,
            name: "0002_second",
            sql: "SELECT 2",
        },
    ];

    #[test]
    fn only_what_is_missing_remains() {
        let applied = vec![(1, TWO[0].digest())];
        let left: Vec<i32> = remaining(&TWO, &applied)
            .unwrap()
            .iter()
            .map(|m| m.number)
            .collect();
        assert_eq!(left, [2]);
    }

    #[test]
    fn a_changed_file_is_refused() {
        let error = remaining(&TWO, &[(1, "00".to_owned())]).unwrap_err();
        assert!(matches!(error, StoreError::MigrationChanged { number: 1 }));
    }

    #[test]
    fn a_newer_database_is_refused() {
        let error = remaining(&TWO, &[(3, "00".to_owned())]).unwrap_err();
        assert!(matches!(error, StoreError::TooNew { found: 3, known: 2 }));
    }
}
