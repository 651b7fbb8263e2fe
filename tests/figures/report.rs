//! Tables for people and the same figures as JSON for programs. Measures nothing.

use std::io::{self, Write as _};

use anyhow::Result;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

/// One entry of a table.
pub(crate) enum Cell {
    None,
    Text(String),
    Count(u64),
    /// A measured number and how many decimals of it mean something.
    Number(f64, usize),
}

/// One table, how it was measured, and what did not hold.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    /// Programs of others that took part, as typed in a shell.
    pub(crate) commands: Vec<String>,
    pub(crate) columns: &'static [&'static str],
    /// As wide as `columns`.
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) notes: Vec<String>,
    /// Budgets exceeded, counts that disagree, filings that did not arrive.
    pub(crate) broken: Vec<String>,
}

/// All groups of one run.
pub(crate) struct Report {
    machine: String,
    command: String,
    day: Date,
    groups: Vec<Group>,
}

impl Report {
    pub(crate) fn new(machine: &str, command: &str, day: Date) -> Self {
        Self {
            machine: machine.to_owned(),
            command: command.to_owned(),
            day,
            groups: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, group: Group) {
        self.groups.push(group);
    }

    /// Whether everything held that should.
    pub(crate) fn kept(&self) -> bool {
        self.groups.iter().all(|group| group.broken.is_empty())
    }

    pub(crate) fn print(&self, as_json: bool) -> Result<()> {
        let mut out = io::stdout().lock();
        if as_json {
            writeln!(out, "{:#}", self.to_json())?;
            return Ok(());
        }
        writeln!(out, "Ubugoe, figures of {}", self.day)?;
        writeln!(out, "measured by: {}", self.command)?;
        writeln!(out, "machine: {}", self.machine)?;
        for group in &self.groups {
            write!(out, "\n{}", group.to_text())?;
        }
        let verdict = if self.kept() {
            "every budget kept, every count agrees, nothing lost"
        } else {
            "NOT everything held: see the lines with !!"
        };
        writeln!(out, "\n{verdict}")?;
        Ok(())
    }

    fn to_json(&self) -> Value {
        let groups: Vec<Value> = self.groups.iter().map(Group::to_json).collect();
        json!({
            "format": "ubugoe-figures", "version": 1, "day": self.day.to_string(),
            "command": self.command, "machine": self.machine, "kept": self.kept(), "groups": groups,
        })
    }
}

impl Group {
    fn to_json(&self) -> Value {
        let row = |cells: &Vec<Cell>| {
            let pairs = self.columns.iter().zip(cells);
            pairs
                .map(|(column, cell)| ((*column).to_owned(), cell.to_json()))
                .collect::<Map<_, _>>()
        };
        json!({
            "title": self.title, "commands": self.commands,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "notes": self.notes, "broken": self.broken,
        })
    }

    fn to_text(&self) -> String {
        let mut lines = vec![format!("== {}", self.title)];
        lines.extend(self.commands.iter().map(|command| format!("$ {command}")));
        let head = self.columns.iter().map(|name| (*name).to_owned()).collect();
        let body = self
            .rows
            .iter()
            .map(|row| row.iter().map(Cell::to_text).collect());
        let table: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
        let width = |column: usize| {
            let cells = table.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for row in &table {
            let cells = row.iter().zip(&widths).enumerate();
            let line: Vec<String> = cells
                .map(|(at, (cell, width))| match at {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                })
                .collect();
            lines.push(format!("   {}", line.join("  ").trim_end()));
        }
        lines.extend(self.notes.iter().map(|note| format!("   . {note}")));
        lines.extend(self.broken.iter().map(|what| format!("!! {what}")));
        lines.join("\n") + "\n"
    }
}

impl Cell {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn count(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }

    pub(crate) fn maybe(count: Option<u64>) -> Self {
        count.map_or(Self::None, Self::Count)
    }

    fn to_text(&self) -> String {
        match self {
            Self::None => "-".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number, decimals) => format!("{number:.decimals$}"),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Text(text) => json!(text),
            Self::Count(count) => json!(count),
            // The same digits as in the table.
            Self::Number(..) => self.to_text().parse().map_or(Value::Null, Value::Number),
        }
    }
}

/// The value below which `percent` of a hundred lie, by nearest rank; zero of nothing.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or(0.0)
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 50)
}

/// How many per second.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts here are below 2^52 by far"
)]
pub(crate) fn rate(count: usize, took: std::time::Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// So much of a total for each of so many.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts here are below 2^52 by far"
)]
pub(crate) fn per(total: u64, count: usize) -> f64 {
    total as f64 / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_measured_value_and_never_between_two() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let said = [50, 99, 100].map(|percent| percentile(&hundred, percent).to_bits());
        assert_eq!(said, [50.0_f64, 99.0, 100.0].map(f64::to_bits));
        assert_eq!(percentile(&[7.0], 99).to_bits(), 7.0_f64.to_bits());
        assert_eq!(percentile(&[], 99).to_bits(), 0.0_f64.to_bits());
        assert_eq!(median(vec![9.0, 1.0, 5.0]).to_bits(), 5.0_f64.to_bits());
    }

    #[test]
    fn columns_line_up_and_what_broke_stands_out() {
        let group = Group {
            title: "a table",
            commands: Vec::new(),
            columns: &["what", "n", "ratio"],
            rows: vec![
                vec![
                    Cell::text("long name"),
                    Cell::Count(7),
                    Cell::Number(0.5, 2),
                ],
                vec![Cell::text("x"), Cell::None, Cell::Number(12.0, 2)],
            ],
            notes: vec!["a note".to_owned()],
            broken: vec!["too much".to_owned()],
        };
        let expected = "== a table
   what       n  ratio
   long name  7   0.50
   x          -  12.00
   . a note
!! too much
";
        assert_eq!(group.to_text(), expected);
        assert_eq!(group.to_json()["rows"][0]["ratio"], json!(0.5));
    }

    #[test]
    fn one_broken_promise_is_enough() {
        let mut report = Report::new("a machine", "a command", Date::constant(2026, 11, 22));
        let group = |broken: &[&str]| Group {
            title: "a table",
            commands: Vec::new(),
            columns: &[],
            rows: Vec::new(),
            notes: Vec::new(),
            broken: broken.iter().map(|what| (*what).to_owned()).collect(),
        };
        report.add(group(&[]));
        assert!(report.kept());
        report.add(group(&["too much"]));
        assert!(!report.kept());
    }
}
