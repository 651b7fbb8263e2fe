//! Logs that may leave the device: of every line only what cannot name a person.
//!
//! Kept: moment, level, the part of the program, the sentence if it consists of plain lower-case English words, and the fields of a
//! short list whose values have the shape that their list says. Everything else is counted and left out. What a program of ours
//! logs never names anybody (`tests/stories` looks); this holds even if one day a line does.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::enrol::write_whole;
use crate::say::{Done, file, words};
use crate::{Bench, Failed, Outcome, audit};

/// Which logs.
#[derive(Debug, Args)]
pub struct Logs {
    /// A log file; may be repeated.
    #[arg(long = "from", required_unless_present = "journal")]
    pub from: Vec<PathBuf>,
    /// What this unit wrote to the journal, such as `ubugoe-kiosk`.
    #[arg(long)]
    pub journal: Option<String>,
    /// Where the copy goes: one line of JSON per line.
    #[arg(long)]
    pub to: PathBuf,
}

/// What the value of a kept field looks like.
#[derive(Clone, Copy)]
enum Shape {
    /// A whole number of at most nine digits.
    Number,
    /// `true` or `false`.
    Flag,
    /// A lower-case word with hyphens or underscores, at most 24 letters.
    Word,
    /// A device's or city's id: it begins with a letter, so that no PIN is one.
    Id,
    /// A failure code: `C-205`.
    Code,
}

/// The fields that are kept. Not among them: `error`, `path`, `detail`, `name`, and whatever somebody adds tomorrow.
const KEPT: [(&str, Shape); 25] = [
    ("attempts", Shape::Number),
    ("attempt", Shape::Number),
    ("bytes", Shape::Number),
    ("code", Shape::Code),
    ("connected", Shape::Flag),
    ("count", Shape::Number),
    ("device", Shape::Id),
    ("due", Shape::Number),
    ("era", Shape::Number),
    ("generation", Shape::Number),
    ("kind", Shape::Word),
    ("len", Shape::Number),
    ("ms", Shape::Number),
    ("online", Shape::Flag),
    ("pending", Shape::Number),
    ("places", Shape::Number),
    ("port", Shape::Number),
    ("problems", Shape::Number),
    ("reason", Shape::Word),
    ("recipient", Shape::Id),
    ("rows", Shape::Number),
    ("stage", Shape::Word),
    ("state", Shape::Word),
    ("update", Shape::Word),
    ("version", Shape::Number),
];

fn fits(shape: Shape, value: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase();
    match shape {
        Shape::Number => {
            (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
        }
        Shape::Flag => value == "true" || value == "false",
        Shape::Word => {
            (1..=24).contains(&value.len())
                && value.bytes().all(|b| lower(b) || b == b'-' || b == b'_')
        }
        Shape::Id => {
            (3..=24).contains(&value.len())
                && value.bytes().next().is_some_and(lower)
                && value
                    .bytes()
                    .all(|b| lower(b) || b.is_ascii_digit() || b == b'-')
                && value.bytes().filter(u8::is_ascii_digit).count() <= 8
        }
        Shape::Code => {
            let (letter, digits) = value.split_once('-').unwrap_or_default();
            letter.len() == 1
                && letter.bytes().all(|b| b.is_ascii_uppercase())
                && digits.len() == 3
                && digits.bytes().all(|b| b.is_ascii_digit())
        }
    }
}

/// A sentence of ours: words and blanks, commas, colons, semicolons, apostrophes, hyphens, and no capital, digit or quotation.
fn sentence(text: &str) -> bool {
    (1..=160).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b" ,:;'-()".contains(&b))
}

/// A line without what colours it on a terminal.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            for c in rest.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// What is kept of a line; `None`: nothing.
fn kept(line: &str) -> Option<Value> {
    let line = plain(line);
    let (moment, rest) = line.split_once(' ')?;
    if !is_moment(moment) {
        return None;
    }
    let (level, rest) = rest.trim_start().split_once(' ')?;
    if !["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].contains(&level) {
        return None;
    }
    let (part, rest) = rest.trim_start().split_once(": ")?;
    if !part
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b == b':' || b == b'_')
    {
        return None;
    }
    // Where the sentence ends and the fields begin: at the first word with an equals sign.
    let mut said = Vec::new();
    let mut fields = Map::new();
    let mut left_out = 0_u32;
    let mut in_fields = false;
    for word in rest.split(' ') {
        if let Some((name, value)) = word.split_once('=') {
            in_fields = true;
            let shape = KEPT.iter().find(|(known, _)| *known == name);
            let value = value.trim_matches('"');
            match shape {
                Some((_, shape)) if fits(*shape, value) => {
                    fields.insert(name.to_owned(), value.into());
                }
                _ => left_out += 1,
            }
        } else if in_fields {
            left_out += 1;
        } else {
            said.push(word);
        }
    }
    let said = said.join(" ");
    let said = sentence(&said).then_some(said);
    Some(json!({
        "at": moment, "level": level, "part": part, "said": said, "fields": fields, "left_out": left_out,
    }))
}

/// `2026-11-27T20:53:59.123456Z`.
fn is_moment(text: &str) -> bool {
    (20..=32).contains(&text.len())
        && text.ends_with('Z')
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-:.TZ".contains(&b))
}

/// A unit's lines, as it wrote them.
fn journal(unit: &str) -> Result<Vec<u8>, Failed> {
    let failed = |error: std::io::Error| {
        Failed::new(
            "journal",
            words("ログを読めません", "the journal cannot be read"),
        )
        .because(&error)
    };
    let output = Command::new("journalctl")
        .args(["--output", "cat", "--no-pager", "--quiet", "--unit", unit])
        .output()
        .map_err(failed)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(failed(std::io::Error::other(said)))
    }
}

/// Copies what may leave.
///
/// # Errors
/// When a log cannot be read or the copy not be written.
pub fn run(bench: &Bench<'_>, logs: &Logs) -> Outcome {
    let steps = bench.steps(logs.from.len() as u64 + u64::from(logs.journal.is_some()));
    let (mut text, mut taken, mut dropped) = (String::new(), 0_u64, 0_u64);
    let mut copy = |bytes: &[u8]| {
        for line in String::from_utf8_lossy(bytes).lines() {
            match kept(line) {
                Some(line) => {
                    text.push_str(&line.to_string());
                    text.push('\n');
                    taken += 1;
                }
                None => dropped += 1,
            }
        }
    };
    if let Some(unit) = &logs.journal {
        steps.next(&words(unit.as_str(), ""));
        copy(&journal(unit)?);
    }
    for path in &logs.from {
        steps.next(&words(path.display().to_string(), ""));
        copy(&std::fs::read(path).map_err(file("read", path))?);
    }
    write_whole(&logs.to, text.as_bytes())?;
    audit::note(
        bench,
        "logs.taken",
        &format!("lines={taken} left_out={dropped}"),
    )?;
    Ok(Done::new(
        words(
            format!("{taken} 行を書きました。{dropped} 行は除きました"),
            format!("{taken} lines written, {dropped} left out"),
        ),
        json!({ "lines": taken, "left_out": dropped, "file": logs.to }),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_line_of_ours_keeps_its_sense() {
        let line = "\u{1b}[2m2026-11-27T20:53:59.123456Z\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m \u{1b}[2mubugoe_kiosk::core\u{1b}[0m\u{1b}[2m:\u{1b}[0m the link is gone device=\"d-3f81c2a7\" attempts=3";
        let kept = kept(line).unwrap();
        assert_eq!(kept["level"], "WARN");
        assert_eq!(kept["part"], "ubugoe_kiosk::core");
        assert_eq!(kept["said"], "the link is gone");
        assert_eq!(
            kept["fields"],
            json!({ "device": "d-3f81c2a7", "attempts": "3" })
        );
    }

    #[test]
    fn a_name_is_kept_nowhere_wherever_a_careless_line_puts_it() {
        for line in [
            "2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: stored for 山田花子",
            "2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: stored name=\"山田花子\" count=1",
            "2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: stored device=山田花子",
            "2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: stored error=no such person: 山田花子 count=1",
            "2026-11-27T20:53:59.123456Z  INFO 山田花子: stored",
            "山田花子 2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: stored",
            "2026-11-27T20:53:59.123456Z  INFO visit{name=山田花子}: ubugoe_kiosk::core: stored",
            "2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: stored code=ASK-2026-0001 kind=Hanako",
        ] {
            let text = kept(line).map(|kept| kept.to_string()).unwrap_or_default();
            for word in ["山田", "花子", "ASK", "Hanako"] {
                assert!(!text.contains(word), "{text}");
            }
        }
        assert!(kept("thread 'main' panicked at 山田花子").is_none());
    }
}
