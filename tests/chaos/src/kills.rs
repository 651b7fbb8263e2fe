//! `kill -9` at any moment, to the kiosk, the broker and the city: each acknowledged filing is at its city once.
//!
//! The kiosk is a process of its own ([`kiosk`]) that files visit after visit and says each one aloud once it is stored. It, the
//! broker and a city are killed as the dice fall, and started again. In the end everything is left alone until it has
//! settled, and what was said is compared with what the cities hold.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ubugoe_bench::dice::Dice;
use ubugoe_bench::process::Process;
use ubugoe_protocol::FilingId;

use crate::table::Line;
use crate::town::{self, Database, Kiosk, PATIENCE, Town};

/// Cities of this town: a visit files with one, two or all of them.
const CITIES: usize = 3;

/// The kiosk's process: files until `visits` are stored, waits until they have settled, and ends.
///
/// # Errors
/// Whatever refuses.
pub fn kiosk(folder: &Path, broker_port: u16, visits: usize) -> Result<()> {
    let cities: Vec<String> = (0..CITIES).map(town::city).collect();
    let mut kiosk = Kiosk::open(folder, &town::device(0), &cities)?;
    kiosk.connect(broker_port)?;
    let mut out = std::io::stdout().lock();
    loop {
        // What is in the outbox was filed, whether or not it was said before the kill.
        let n = kiosk.visits()?;
        if n >= visits {
            break;
        }
        let to: Vec<usize> = (0..=n % CITIES).collect();
        for id in kiosk.file(&format!("KILL-{n:05}"), &to, town::now())? {
            writeln!(out, "stored {id}")?;
        }
        out.flush()?;
    }
    kiosk.wait_settled()?;
    writeln!(out, "settled")?;
    out.flush()?;
    Ok(())
}

/// Kills until `kills` were made and everything is filed.
///
/// # Errors
/// When a part does not start again; what is lost or doubled is in the line.
pub fn run(
    program: &Path,
    visits: usize,
    kills: u32,
    seed: u64,
    database: Database,
) -> Result<Line> {
    let mut town = Town::build(1, CITIES, database)?;
    let mut dice = Dice::new(seed);
    let mut said: BTreeSet<FilingId> = BTreeSet::new();
    let mut counts = [0_u64; 3];
    let mut lives = 0;
    let mut process = start(program, &town, visits, &mut lives)?;
    let mut done = 0;
    while done < kills {
        wait_a_little(&process, dice.below(120));
        match dice.below(4) {
            0 => {
                town.broker.restart()?;
                add(&mut counts, 1);
            }
            1 => {
                let n = usize::try_from(dice.below(3))?;
                town.kill_city(n)?;
                town.start_city(n)?;
                add(&mut counts, 2);
            }
            _ => {
                if !process.is_running() {
                    // Everything is filed: there is nothing left to interrupt.
                    break;
                }
                process.kill()?;
                add(&mut counts, 0);
                said.extend(words(&process));
                process = start(program, &town, visits, &mut lives)?;
            }
        }
        done += 1;
    }
    // Now in peace.
    let ended = process.wait(PATIENCE)?;
    said.extend(words(&process));
    ensure!(
        ended.success(),
        "the kiosk did not settle: {}",
        process.output()
    );
    let [kiosk, broker, city] = counts;
    let mut line = Line::of(format!("kill -9 at random, seed {seed}"))
        .with("visits", u64::try_from(visits)?)
        .with("kills of the kiosk", kiosk)
        .with("of the broker", broker)
        .with("of a city", city);
    line = compare(&town, &said, line)?;
    Ok(line)
}

fn add(counts: &mut [u64; 3], at: usize) {
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
}

fn start(program: &Path, town: &Town, visits: usize, lives: &mut u32) -> Result<Process> {
    *lives += 1;
    let mut command = Command::new(program);
    command
        .arg("kiosk")
        .arg(town.folder())
        .arg(town.broker.port().to_string())
        .arg(visits.to_string());
    let log = town.folder().join(format!("kiosk-{lives}.log"));
    Ok(Process::spawn("kiosk", command, log)?)
}

/// A moment without anything to wait for: that is what makes it any moment.
fn wait_a_little(process: &Process, ms: u64) {
    let end = Instant::now() + Duration::from_millis(ms);
    while Instant::now() < end && process.is_running() {
        std::thread::yield_now();
    }
}

/// The filings a process has said; a line cut off by its death was not said.
fn words(process: &Process) -> Vec<FilingId> {
    let output = process.output();
    let whole = output.rsplit_once('\n').map_or("", |(lines, _)| lines);
    whole
        .lines()
        .filter_map(|line| line.rsplit_once("stored ")?.1.trim().parse().ok())
        .collect()
}

/// What was said against what the cities hold.
fn compare(town: &Town, said: &BTreeSet<FilingId>, line: Line) -> Result<Line> {
    let mut held = BTreeSet::new();
    let (mut filings, mut doubled) = (0_u64, 0_u64);
    for n in 0..CITIES {
        for row in town.filings(n)? {
            filings += 1;
            // The same certificate under two ids would be a filing that was made twice.
            doubled += u64::from(row.duplicate);
            held.insert(row.id);
        }
    }
    let kiosk = town.kiosk(0)?;
    let counts = kiosk.counts()?;
    let lost = said.difference(&held).count();
    ensure!(counts.arrived > 0, "nothing arrived at all");
    let unreceipted = counts.queued + counts.sent + counts.refused;
    let stored = counts.arrived + unreceipted;
    Ok(line
        .with("filings said to be stored", u64::try_from(said.len())?)
        .with("at the cities", filings)
        .none("lost", u64::try_from(lost)?)
        .none("doubled", doubled)
        .none("without a receipt", unreceipted)
        .none(
            "more at the cities than were stored",
            filings.abs_diff(stored),
        ))
}

/// The program itself, for parts that start it again as something else.
///
/// # Errors
/// When the system does not say where it is.
pub fn myself() -> Result<std::path::PathBuf> {
    std::env::current_exe().context("this program has no path")
}
