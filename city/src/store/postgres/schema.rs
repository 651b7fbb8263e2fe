//! The name of a schema: what may stand in a statement as it is.

use std::str::FromStr;

/// The name of a schema in PostgreSQL: lower-case letters, digits and `_`, a letter first, at most 63.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema(String);

impl Schema {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Schema {
    type Err = NoSchema;

    fn from_str(name: &str) -> Result<Self, NoSchema> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let letter = name.starts_with(|c: char| c.is_ascii_lowercase());
        // pg_ is PostgreSQL's own
        if letter && name.len() <= 63 && name.chars().all(plain) && !name.starts_with("pg_") {
            Ok(Self(name.to_owned()))
        } else {
            Err(NoSchema)
        }
    }
}

/// Not such a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be at most 63 lower-case letters, digits and _, with a letter first, and not begin with pg_"
)]
pub struct NoSchema;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_no_quotes_is_a_name() {
        for name in ["asukoe", "tonari_1", "a"] {
            assert_eq!(name.parse::<Schema>().map(|one| one.0), Ok(name.to_owned()));
        }
        let long = "a".repeat(64);
        for name in [
            "", "1a", "_a", "Tonari", "a-b", "a;b", "a b", "あ", "pg_temp", &long,
        ] {
            assert_eq!(name.parse::<Schema>(), Err(NoSchema), "{name}");
        }
    }
}
