//! What a part found, as a person reads it: one line per run, and whether every promise held.

use std::fmt;

/// One line of a part's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What was done.
    pub what: String,
    /// What was counted: name and number.
    pub counts: Vec<(&'static str, u64)>,
    /// The promises that did not hold.
    pub broken: Vec<String>,
}

impl Line {
    /// A line without counts yet.
    #[must_use]
    pub fn of(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            counts: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// With one more count.
    #[must_use]
    pub fn with(mut self, name: &'static str, count: u64) -> Self {
        self.counts.push((name, count));
        self
    }

    /// With a count that must be zero.
    #[must_use]
    pub fn none(mut self, name: &'static str, count: u64) -> Self {
        if count > 0 {
            self.broken.push(format!("{count} {name}"));
        }
        self.with(name, count)
    }

    /// The count of this name, 0 if there is none.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        let found = self.counts.iter().find(|(n, _)| *n == name);
        found.map_or(0, |(_, count)| *count)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.what)?;
        for (at, (name, count)) in self.counts.iter().enumerate() {
            write!(f, "{} {count} {name}", if at == 0 { "" } else { "," })?;
        }
        for broken in &self.broken {
            write!(f, "\n  BROKEN: {broken}")?;
        }
        Ok(())
    }
}
