//! `./ubugoe chaos`: breaks what carries a filing, for as long as it takes, and prints what was lost.
#![allow(
    clippy::print_stdout,
    reason = "a tool for the terminal; its output is its purpose"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use ubugoe_chaos::table::Line;
use ubugoe_chaos::town::Database;
use ubugoe_chaos::{
    broker, carry, cluster, crowd, kills, network, power, replicas, restore, writer,
};
use ubugoe_model::explore::explore;
use ubugoe_model::scopes::SOUND;
use ubugoe_model::way::Way;

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
    /// The broker drops, doubles, reorders, replays, lies, refuses, forgets and falls silent.
    Broker,
    /// A month offline, and a hundred kiosks at once.
    Crowd,
    /// Three programs of one city on one database are killed.
    Replicas,
    /// The city's database crashes, and is restored from a backup.
    Restore,
    /// Filings and receipts travel on a stick.
    Carry,
    /// The protocol's model, every scope to its last state.
    Model,
    /// The wires are cut, narrowed, made to lose packets, renumbered.
    Network {
        /// Only scenes with this in their name.
        only: Option<String>,
    },
    /// Nodes of a RabbitMQ cluster are killed.
    Cluster,
    /// (A kiosk in a network of its own.)
    #[command(hide = true)]
    Far {
        #[command(flatten)]
        order: network::far::Order,
    },
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
        Some(Part::Far { order }) => {
            network::far::run(&order)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(part) => vec![part],
        None => vec![
            Part::Power,
            Part::Kills,
            Part::Broker,
            Part::Crowd,
            Part::Replicas,
            Part::Restore,
            Part::Carry,
            Part::Model,
            Part::Network { only: None },
            Part::Cluster,
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
        Part::Broker => (0..20)
            .map(|n| broker::any(seed.wrapping_add(n), 60))
            .collect::<Result<_>>()?,
        Part::Crowd => vec![
            crowd::month(30, 500, Database::Postgres)?,
            crowd::together(100, 50, Database::Postgres)?,
        ],
        Part::Replicas => vec![replicas::run(Duration::from_mins(5), seed)?],
        Part::Restore => vec![restore::crash(600, 12)?, restore::backup(100, 60)?],
        Part::Carry => vec![carry::run(50)?],
        Part::Model => model_lines()?,
        Part::Network { only } => match network::wires::unavailable() {
            None => network_lines(seed, only.as_deref().unwrap_or_default())?,
            Some(why) => left_out(&format!("no network namespaces: {why}"), allow_skips)?,
        },
        Part::Cluster => match cluster::debian::Debian::at(&cluster::cache()) {
            Ok(debian) => cluster::run(&myself, debian, 15, seed)?,
            Err(why) => left_out(&format!("no RabbitMQ cluster: {why:#}"), allow_skips)?,
        },
        Part::Writer { .. } | Part::Kiosk { .. } | Part::Far { .. } => Vec::new(),
    })
}

/// A part this machine cannot run is said aloud, and fails unless that was allowed.
fn left_out(why: &str, allowed: bool) -> Result<Vec<Line>> {
    anyhow::ensure!(allowed, "{why}; --allow-skips leaves that out");
    println!("LEFT OUT: {why}");
    Ok(Vec::new())
}

/// Each as it comes: together they take half an hour.
fn network_lines(seed: u64, only: &str) -> Result<Vec<Line>> {
    let myself = kills::myself()?;
    let mut broken = Vec::new();
    for (name, scene) in network::scenes() {
        if !name.contains(only) {
            continue;
        }
        let line = scene(&myself, seed).unwrap_or_else(|error| {
            let mut line = Line::of(name);
            line.broken.push(format!("{error:#}"));
            line
        });
        if line.broken.is_empty() {
            println!("{line}");
        } else {
            broken.push(line);
        }
    }
    Ok(broken)
}

/// Each as it comes.
fn model_lines() -> Result<Vec<Line>> {
    const MOST: usize = 3_000_000;
    let mut broken = Vec::new();
    for (name, scope) in SOUND {
        let found = explore(&Way::built(scope), MOST)
            .with_context(|| format!("{name} has more than {MOST} states"))?;
        let mut line = Line::of(format!("the model: {name}"))
            .with("states", u64::try_from(found.states.len())?)
            .with("steps", found.steps)
            .none("wrong states", u64::from(found.wrong.is_some()));
        line.broken.extend(
            found
                .wrong
                .map(|(wrong, way)| format!("{wrong:?} after {way:?}")),
        );
        if line.broken.is_empty() {
            println!("{line}");
        } else {
            broken.push(line);
        }
    }
    Ok(broken)
}
