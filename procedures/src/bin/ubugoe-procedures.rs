//! `ubugoe-procedures KIND < lines.jsonl`: the door of the domain for anything outside. Reads standard input, the clock
//! for the date of the law, and nothing else; what it answers is decided in the library.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use ubugoe_procedures::door::Door;

/// Answers questions about the procedures around a birth: JSON Lines in, JSON Lines out, one answer per line.
#[derive(Debug, Parser)]
#[command(version, after_help = kinds())]
struct Arguments {
    /// What is asked.
    kind: String,
    /// Print the JSON Schema of question and answer instead.
    #[arg(long)]
    schema: bool,
    /// The day whose law applies; today in Japan if not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

fn kinds() -> String {
    let lines = Door::kinds().map(|(name, about)| format!("\n  {name:<12} {about}"));
    std::iter::once("Kinds:".to_owned()).chain(lines).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the outermost adapter: --as-of hands the day in"
)]
fn today() -> Date {
    // Japan Standard Time, which has no summer time.
    Timestamp::now().to_zoned(TimeZone::fixed(offset(9))).date()
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
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
    let as_of = match arguments.as_of {
        Some(day) => day,
        None => today(),
    };
    let door = Door::open(as_of)?;
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        // Bytes that are not UTF-8 are a bad line like any other.
        let line = String::from_utf8_lossy(&line);
        if let Some(answer) = door.answer(&arguments.kind, &line) {
            writeln!(out, "{answer}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
