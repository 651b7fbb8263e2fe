//! Frozen, numbered migrations: what both databases have in common about them.
//!
//! Answers for deciding which migrations remain to be applied. Must not touch a database itself. A migration that
//! was ever released never changes: its digest is stored with its number and compared at every start.

use sha2::{Digest, Sha256};

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
