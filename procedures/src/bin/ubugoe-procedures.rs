//! `ubugoe-procedures KIND < lines.jsonl`: the door of the domain for anything outside. Reads standard input, the clock
//! for the date of the law, for `lint` the folder it is asked about, and nothing else; what it answers is decided in the library.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;
use ubugoe_procedures::{Catalogue, bundle};

/// Answers questions about the procedures around a birth: JSON Lines in, JSON Lines out, one answer per line.
#[derive(Debug, Parser)]
#[command(version, after_help = kinds())]
struct Arguments {
    /// What is asked.
    kind: String,
    /// Of `lint`: a catalogue's folder, instead of standard input. One line `{"ok", "problems"}`; exit code 1 if not ok.
    /// Of `bundle`, which is no question: the folder whose files are packed for `ubugoe-city publish`, to standard output.
    folder: Option<PathBuf>,
    /// Print the JSON Schema of question and answer instead.
    #[arg(long)]
    schema: bool,
    /// The day whose law applies; today in Japan if not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

fn kinds() -> String {
    let mut text = String::from("Kinds:\n");
    for (name, about) in Door::kinds() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<12} {about}");
    }
    text
}

#[expect(
    clippy::disallowed_methods,
    reason = "the outermost adapter: --as-of hands the day in"
)]
fn today() -> Date {
    // Japan Standard Time, which has no summer time.
    Timestamp::now().to_zoned(TimeZone::fixed(offset(9))).date()
}

/// A folder with more in it is no catalogue, perhaps a whole disk.
const MOST_ENTRIES: usize = 20_000;

/// Every TOML file below a folder, by its path there.
fn read_folder(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    let mut seen = 0;
    while let Some(next) = open.pop() {
        let entries =
            std::fs::read_dir(&next).with_context(|| format!("read {}", next.display()))?;
        for entry in entries {
            let path = entry?.path();
            seen += 1;
            anyhow::ensure!(
                seen <= MOST_ENTRIES,
                "{} holds more than {MOST_ENTRIES} entries",
                folder.display()
            );
            // A link could lead round in a circle.
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if path.is_file() && path.extension().is_some_and(|ending| ending == "toml") {
                let bytes =
                    std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    Ok(files)
}

/// The answer of `lint` to a folder, or `{"error"}` where it cannot be read.
fn lint(folder: &Path) -> Value {
    match read_folder(folder) {
        Ok(files) => Door::lint(files),
        // Without `{:?}`, which may tell a backtrace.
        Err(error) => json!({ "error": format!("{error:#}") }),
    }
}

/// A folder's files as an update for devices, once they are in order. What is part of each program is left out, and said.
fn bundled(folder: &Path) -> anyhow::Result<Vec<u8>> {
    let files = read_folder(folder)?;
    let problems = Catalogue::lint(&files);
    let words: Vec<String> = problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect();
    anyhow::ensure!(problems.is_empty(), "not in order:\n{}", words.join("\n"));
    let (fixed, files): (BTreeMap<_, _>, BTreeMap<_, _>) = files
        .into_iter()
        .partition(|(name, _)| Catalogue::is_fixed(name));
    for name in fixed.keys() {
        writeln!(
            std::io::stderr(),
            "left out, for it is part of each program: {name}"
        )?;
    }
    Ok(bundle::pack(&files)?)
}

/// The answer to a line that names a folder instead of handing in files, with its `id`; `None` for any other line.
fn lint_line(line: &str) -> Option<Value> {
    let question: Value = serde_json::from_str(line).ok()?;
    if question.get("files").is_some_and(|files| !files.is_null()) {
        return None;
    }
    let named = |name| question.get(name).and_then(Value::as_str);
    let mut answer = lint(Path::new(named("folder").or_else(|| named("path"))?));
    if let (Some(id), Some(fields)) = (question.get("id"), answer.as_object_mut()) {
        fields.insert("id".to_owned(), id.clone());
    }
    Some(answer)
}

fn main() -> anyhow::Result<ExitCode> {
    match run() {
        // Whoever reads has read enough: `| head`.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn run() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    if arguments.kind == "bundle" {
        let folder = arguments.folder.context("bundle takes a folder")?;
        out.write_all(&bundled(&folder)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(schema) = Door::schema(&arguments.kind) else {
        writeln!(
            std::io::stderr(),
            "there is no kind {:?}. {}",
            arguments.kind,
            kinds()
        )?;
        return Ok(ExitCode::from(2));
    };
    if arguments.schema {
        writeln!(out, "{schema:#}")?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(folder) = &arguments.folder {
        anyhow::ensure!(arguments.kind == "lint", "only lint takes a folder");
        let answer = lint(folder);
        let ok = answer.get("ok").and_then(Value::as_bool) == Some(true);
        writeln!(out, "{answer}")?;
        return Ok(ExitCode::from(u8::from(!ok)));
    }
    let as_of = match arguments.as_of {
        Some(day) => day,
        None => today(),
    };
    let door = Door::open(as_of)?;
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        // Bytes that are not UTF-8 are a bad line like any other.
        let line = String::from_utf8_lossy(&line);
        let read = (arguments.kind == "lint").then(|| lint_line(&line));
        if let Some(answer) = read.flatten() {
            writeln!(out, "{answer}")?;
        } else if let Some(answer) = door.answer(&arguments.kind, &line) {
            writeln!(out, "{answer}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
