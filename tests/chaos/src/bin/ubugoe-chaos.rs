//! `./ubugoe chaos`: breaks what carries a filing, for as long as it takes, and prints what was lost.
#![allow(
    clippy::print_stdout,
    reason = "a tool for the terminal; its output is its purpose"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use ubugoe_chaos::model::explore::explore;
use ubugoe_chaos::model::replay::replay;
use ubugoe_chaos::model::{Protocol, State};
use ubugoe_chaos::table::Line;
use ubugoe_chaos::town::Database;
use ubugoe_chaos::{broker, carry, crowd, kills, power, restore, writer};

/// Breaks what carries a filing and counts what is lost, doubled or stuck. Without a part: all of them.
#[derive(Parser)]
#[command(name = "ubugoe-chaos", version)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Throws the same dice again.
    #[arg(long, global = true)]
    seed: Option<u64>,
    /// A part that this machine cannot run is left out instead of failing.
    #[arg(long, global = true)]
    allow_skips: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The current is cut at every write: simulated, by kill -9, and on a loop device.
    Power,
    /// Kiosk, broker and cities are killed at random.
    Kills,
    /// The broker drops, doubles, reorders, replays, lies, misdelivers and falls silent.
    Broker,
    /// A month offline, and a hundred kiosks at once.
    Crowd,
    /// The city's database crashes, and is restored from a backup.
    Restore,
    /// Filings and receipts travel on a stick.
    Carry,
    /// The protocol's model, all faults at once, and the real code driven by its scripts.
    Model,
    /// (The program whose current is cut.)
    #[command(hide = true)]
    Writer { folder: PathBuf, visits: u32 },
    /// (The kiosk that is killed.)
    #[command(hide = true)]
    Kiosk {
        folder: PathBuf,
        broker_port: u16,
        visits: usize,
    },
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    let seed = arguments.seed.unwrap_or(u64::from_le_bytes(bytes));
    let mut held = true;
    let parts = match arguments.part {
        Some(Part::Writer { folder, visits }) => {
            writer::write(&folder, visits)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Part::Kiosk {
            folder,
            broker_port,
            visits,
        }) => {
            kills::kiosk(&folder, broker_port, visits)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(part) => vec![part],
        None => vec![
            Part::Power,
            Part::Kills,
            Part::Broker,
            Part::Crowd,
            Part::Restore,
            Part::Carry,
            Part::Model,
        ],
    };
    println!("seed {seed}");
    for part in parts {
        // A part that cannot go on has broken its promise; the others are still looked at.
        let lines = run(&part, seed, arguments.allow_skips).unwrap_or_else(|error| {
            let mut line = Line::of(format!("{part:?}"));
            line.broken.push(format!("{error:#}"));
            vec![line]
        });
        for line in lines {
            println!("{line}");
            held &= line.broken.is_empty();
        }
    }
    println!(
        "{}",
        if held {
            "every promise held"
        } else {
            "A PROMISE WAS BROKEN"
        }
    );
    Ok(if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run(part: &Part, seed: u64, allow_skips: bool) -> Result<Vec<Line>> {
    let myself = kills::myself()?;
    Ok(match part {
        Part::Power => {
            let (folder, changes) = power::recorded(&myself, 60)?;
            let mut lines = vec![
                power::cuts(&folder, &changes, 1, seed, false)?,
                power::kills(&myself, 30, 2, seed % 2)?,
            ];
            match power::loop_device(&myself, 60, seed)? {
                Some(line) => lines.push(line),
                None if allow_skips => {
                    println!("LEFT OUT: no loop device can be mounted on this machine");
                }
                None => anyhow::bail!(
                    "no loop device can be mounted on this machine; --allow-skips leaves that out"
                ),
            }
            lines
        }
        Part::Kills => vec![
            kills::run(&myself, 1500, 150, seed, Database::Sqlite)?,
            kills::run(&myself, 1000, 80, seed ^ 1, Database::Postgres)?,
        ],
        Part::Broker => broker_lines(seed)?,
        Part::Crowd => vec![
            crowd::month(30, 500, Database::Postgres)?,
            crowd::together(100, 50, Database::Postgres)?,
        ],
        Part::Restore => vec![restore::crash(600, 12)?, restore::backup(100, 60)?],
        Part::Carry => vec![carry::run(50)?],
        Part::Model => model_lines(seed)?,
        Part::Writer { .. } | Part::Kiosk { .. } => Vec::new(),
    })
}

fn model_lines(seed: u64) -> Result<Vec<Line>> {
    let found = explore(Protocol::Ours, &State::first());
    let mut line = Line::of("the model, to its last state")
        .with("states", u64::try_from(found.states)?)
        .with("steps", u64::try_from(found.steps)?)
        .none("wrong states", u64::from(found.wrong.is_some()));
    line.broken.extend(
        found
            .wrong
            .map(|(wrong, way)| format!("{wrong:?} after {way:?}")),
    );
    let done = replay(1000, 80, seed)?;
    let real = Line::of("its scripts on the real code")
        .with("scripts", done.scripts)
        .with("actions", done.actions)
        .with("ended with everything filed", done.ended);
    Ok(vec![line, real])
}

fn broker_lines(seed: u64) -> Result<Vec<Line>> {
    let mut lines = vec![broker::curious()?];
    for fault in 0..broker::FAULTS.len() {
        lines.push(broker::one(fault, 40)?);
    }
    for n in 0..20 {
        lines.push(broker::any(seed.wrapping_add(n), 60)?);
    }
    Ok(lines)
}
