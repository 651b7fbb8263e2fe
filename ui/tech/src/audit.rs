//! What technicians did on this device: one line of JSON each, chained by hashes. Names no person.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::say::{Done, FOUND, file, words};
use crate::{Bench, Failed, Outcome};

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    v: u8,
    n: u64,
    at: i64,
    action: String,
    detail: String,
    /// SHA-256 of the line before, as it stands in the file.
    before: String,
}

fn lines(bench: &Bench<'_>) -> Result<Vec<String>, Failed> {
    match std::fs::read_to_string(&bench.layout.audit) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(file("read", &bench.layout.audit)(error)),
    }
}

fn hash(line: &str) -> String {
    hex::encode(ubugoe_protocol::digest(line.as_bytes()))
}

/// Adds a line, on the disk when it returns.
pub(crate) fn note(bench: &Bench<'_>, action: &str, detail: &str) -> Result<(), Failed> {
    let before = lines(bench)?;
    let line = Line {
        v: 1,
        n: before.len() as u64 + 1,
        at: bench.at,
        action: action.to_owned(),
        detail: detail.to_owned(),
        before: before.last().map_or_else(String::new, |last| hash(last)),
    };
    let path = &bench.layout.audit;
    let mut text = serde_json::to_string(&line).unwrap_or_default();
    text.push('\n');
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(file("write", path))
}

/// Whether such a line is there.
pub(crate) fn has(bench: &Bench<'_>, action: &str, detail: &str) -> Result<bool, Failed> {
    let lines = lines(bench)?;
    let mut read = lines
        .iter()
        .filter_map(|text| serde_json::from_str::<Line>(text).ok());
    Ok(read.any(|line| line.action == action && line.detail.starts_with(detail)))
}

/// The first line that is not where it was written.
fn broken(lines: &[String]) -> Option<usize> {
    let mut before = String::new();
    lines.iter().enumerate().position(|(at, text)| {
        let fits = serde_json::from_str::<Line>(text)
            .is_ok_and(|line| line.n == at as u64 + 1 && line.before == before);
        before = hash(text);
        !fits
    })
}

/// Shows the chain.
///
/// # Errors
/// When it cannot be read.
pub fn show(bench: &Bench<'_>) -> Outcome {
    let lines = lines(bench)?;
    let broken = broken(&lines);
    let line = match broken {
        None => words(
            format!("記録 {} 件、連鎖に異常ありません", lines.len()),
            format!("{} lines, the chain is whole", lines.len()),
        ),
        Some(at) => words(
            format!("記録の {} 行目で連鎖が切れています", at + 1),
            format!("the chain is broken at line {}", at + 1),
        ),
    };
    let entries: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| json!(line)))
        .collect();
    let mut done = Done::new(
        line,
        json!({ "entries": entries, "broken_at": broken.map(|at| at + 1) }),
    );
    done.lines
        .extend(lines.iter().map(|line| words(line.as_str(), "")));
    if broken.is_some() {
        done.code = FOUND;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::say::Nobody;

    #[test]
    fn a_line_that_was_changed_or_taken_out_is_found() {
        let home = tempfile::tempdir().unwrap();
        let bench = Bench::new(home.path(), &Nobody, 1_795_300_000);
        for action in ["enrolled", "exported", "wiped"] {
            note(&bench, action, "d-00000001").unwrap();
        }
        let whole = lines(&bench).unwrap();
        assert_eq!((whole.len(), broken(&whole)), (3, None));
        let mut changed = whole.clone();
        changed[1] = changed[1].replace("exported", "diagnosed");
        assert_eq!(broken(&changed), Some(2));
        assert_eq!(broken(&[whole[0].clone(), whole[2].clone()]), Some(1));
        assert_eq!(broken(&whole[1..]), Some(0));
    }
}
