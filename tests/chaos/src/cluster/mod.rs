//! A cluster of three RabbitMQ nodes whose nodes are killed while kiosks file through it.
//!
//! Kiosks know all three addresses, each in another order, and so does the city: whichever node dies, somebody has talked
//! to it. One node dies, two at once, the city's own, all three; each time they are started again before the next death.
//! In the end everything has to be settled: what the kiosks said is compared with what the city holds.

pub mod debian;
pub mod rabbits;
pub mod shared;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ubugoe_bench::dice::Dice;
use ubugoe_bench::process::Process;
use ubugoe_edge::Broker;
use ubugoe_protocol::FilingId;

use crate::network::far::{self, Counts, Order};
use crate::table::Line;
use crate::town::{Database, PATIENCE, Town};
use debian::Debian;
use rabbits::{NODES, Rabbits};

/// Kiosks that file.
const KIOSKS: usize = 3;
/// The node that the city prefers.
const OF_THE_CITY: usize = 1;
/// A visit of each kiosk every so many milliseconds.
const EVERY: u64 = 200;

/// Where packages are kept: beside what cargo builds, if this program was built by it.
#[must_use]
pub fn cache() -> PathBuf {
    let here = std::env::current_exe().ok();
    let target = here.as_deref().and_then(|exe| {
        exe.ancestors()
            .find(|folder| folder.join("CACHEDIR.TAG").is_file() || folder.ends_with("target"))
    });
    target.map_or_else(std::env::temp_dir, |folder| folder.join("tools"))
}

/// Kills nodes `rounds` times.
///
/// # Errors
/// When a part does not come back; what is lost or doubled is in the lines.
pub fn run(program: &Path, debian: Debian, rounds: usize, seed: u64) -> Result<Vec<Line>> {
    let version = debian.rabbitmq()?;
    let mut town = Town::build(KIOSKS, 1, Database::Sqlite)?;
    // The town has a broker of its own, which nobody needs here.
    town.kill_city(0)?;
    town.broker.kill()?;
    let mut rabbits = Rabbits::start(debian, &town.pki, town.folder().to_owned())?;
    let what = format!("RabbitMQ {version}, {NODES} nodes killed at random, seed {seed}");
    let lines = killed(program, &mut town, &mut rabbits, rounds, seed, &what);
    lines.with_context(|| format!("the nodes said:\n{}", rabbits.complaints()))
}

fn killed(
    program: &Path,
    town: &mut Town,
    rabbits: &mut Rabbits,
    rounds: usize,
    seed: u64,
    what: &str,
) -> Result<Vec<Line>> {
    let mut dice = Dice::new(seed);
    // Before the city is there, which would read it.
    let shared = shared::test(&rabbits.broker(0)?, &rabbits.broker(1)?, &town.pki)?;
    town.through_any(addresses(rabbits, OF_THE_CITY)?);
    town.start_city(0)?;
    let kiosks = (0..KIOSKS)
        .map(|n| kiosk(program, town, rabbits, n))
        .collect::<Result<Vec<_>>>()?;
    let (mut kills, mut back) = (0_u64, Duration::ZERO);
    for round in 0..rounds {
        for kiosk in &kiosks {
            next_receipt(kiosk)?;
        }
        let any = usize::try_from(dice.below(3))?;
        let dead = match round % 5 {
            0 => vec![OF_THE_CITY],
            1 => vec![any],
            2 => vec![any, (any + 1) % NODES],
            3 => vec![(any + 1) % NODES],
            _ => (0..NODES).collect(),
        };
        rabbits.kill(&dead)?;
        kills += u64::try_from(dead.len())?;
        // For a while the others carry on; sometimes not at all, so that the dead come back while they are being missed.
        let while_dead = Duration::from_millis(dice.below(12_000));
        // Nothing ends this but time: kiosks go on until they are told.
        let ended = kiosks.first().map(|kiosk| kiosk.wait(while_dead));
        ensure!(
            ended.is_some_and(|ended| ended.is_err()),
            "a kiosk ended by itself"
        );
        rabbits.revive(&dead)?;
        let start = Instant::now();
        for kiosk in &kiosks {
            next_receipt(kiosk)?;
        }
        back = back.max(start.elapsed());
    }
    fs::write(town.folder().join(far::ENOUGH), "")?;
    let line = Line::of(what)
        .with("kills", kills)
        .with("kiosks", u64::try_from(KIOSKS)?)
        .with(
            "ms at most from the nodes' return to a receipt of each kiosk",
            u64::try_from(back.as_millis())?,
        );
    Ok(vec![shared, compare(town, &kiosks, line)?])
}

/// All nodes' addresses, beginning with the nth.
fn addresses(rabbits: &Rabbits, first: usize) -> Result<Vec<Broker>> {
    (0..NODES)
        .map(|n| rabbits.broker((first + n) % NODES))
        .collect()
}

fn kiosk(program: &Path, town: &Town, rabbits: &Rabbits, n: usize) -> Result<Process> {
    let brokers = addresses(rabbits, n)?;
    let order = Order {
        folder: town.folder().to_owned(),
        visits: usize::MAX,
        every: EVERY,
        attachment: 0,
        device: n,
        hasty: false,
        brokers: brokers
            .iter()
            .map(|b| format!("{}:{}", b.host, b.port))
            .collect(),
    };
    let mut command = std::process::Command::new(program);
    command.arg("far").args(order.words());
    let log = town.folder().join(format!("far-{n}.log"));
    Ok(Process::spawn("far kiosk", command, log)?)
}

fn next_receipt(kiosk: &Process) -> Result<()> {
    kiosk.wait_line_after(
        kiosk.mark(),
        "a receipt",
        |line| line.starts_with("arrived "),
        PATIENCE,
    )?;
    Ok(())
}

fn compare(town: &Town, kiosks: &[Process], mut line: Line) -> Result<Line> {
    let mut said: BTreeSet<FilingId> = BTreeSet::new();
    let (mut gap, mut again, mut connections, mut arrived) = (0, 0, 0, 0);
    for kiosk in kiosks {
        let ended = kiosk
            .wait(PATIENCE * 2)
            .with_context(|| format!("a kiosk did not settle: {}", kiosk.output()))?;
        let output = kiosk.output();
        ensure!(ended.success(), "a kiosk failed: {output}");
        said.extend(far::stored(&output));
        let counts = Counts::of(kiosk)?;
        gap = gap.max(counts.get("gap"));
        again += counts.get("published") - counts.get("arrived").min(counts.get("published"));
        connections += counts.get("connections");
        arrived += counts.get("arrived");
    }
    let filings = town.filings(0)?;
    let held: BTreeSet<FilingId> = filings.iter().map(|row| row.id).collect();
    let flagged = filings.iter().filter(|row| row.duplicate).count();
    let more = filings.len() - said.intersection(&held).count();
    let stored = u64::try_from(said.len())?;
    line = line
        .with("filings", stored)
        .none("lost", u64::try_from(said.difference(&held).count())?)
        .none("doubled", u64::try_from(flagged + more)?)
        .none("without a receipt", stored.abs_diff(arrived))
        .with("rows sent again", again)
        .with("connections", connections)
        .with("ms the longest gap", gap);
    Ok(line)
}
