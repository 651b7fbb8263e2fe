//! Several `ubugoe-city` on one PostgreSQL, killed one after the other for as long as one likes: each filing is there once.
//!
//! Kiosks file all along, with the real outbox and link. Two, one or none of the three programs run at any moment; inboxes change hands.
//! In the end everything is left alone until it has settled, and what was stored is compared with what the city holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ubugoe_bench::dice::Dice;
use ubugoe_bench::process::Process;
use ubugoe_bench::programs;
use ubugoe_protocol::FilingId;

use crate::table::Line;
use crate::town::{self, Database, Kiosk, PATIENCE, Town};

/// Programs on one database.
const REPLICAS: [&str; 3] = ["a", "b", "c"];
/// Kiosks.
const KIOSKS: usize = 4;

/// One of the programs.
struct Replica {
    name: &'static str,
    file: PathBuf,
    lives: u32,
    process: Option<Process>,
}

impl Replica {
    fn new(town: &Town, name: &'static str) -> Result<Self> {
        let file = town.folder().join(format!("replica-{name}.toml"));
        let text = fs::read_to_string(town.city_file(0))?;
        // each has a port of its own for browsers, and nobody asks
        let bind = text
            .lines()
            .find(|line| line.starts_with("bind = "))
            .context("the configuration has no address")?;
        let text = text.replace(bind, "bind = \"127.0.0.1:0\"");
        let section = format!("\n[replicas]\nname = \"{name}\"\ninboxes = 4\nlease_seconds = 1\n");
        fs::write(&file, text + &section)?;
        Ok(Self {
            name,
            file,
            lives: 0,
            process: None,
        })
    }

    fn start(&mut self, town: &Town) -> Result<()> {
        self.lives += 1;
        let mut command = Command::new(programs::ours("ubugoe-city")?);
        command.arg("serve").arg("--config").arg(&self.file);
        let log = format!("replica-{}-{}.log", self.name, self.lives);
        let log = town.folder().join(log);
        self.process = Some(Process::spawn("ubugoe-city", command, log)?);
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        if let Some(process) = self.process.take() {
            process.kill()?;
        }
        Ok(())
    }
}

/// Kills for so long.
///
/// # Errors
/// When a part does not start again; what is lost or doubled is in the line.
pub fn run(most: Duration, seed: u64) -> Result<Line> {
    let mut town = Town::build(KIOSKS, 1, Database::Postgres)?;
    // the town's own city has made the tables and goes
    town.kill_city(0)?;
    let mut replicas = REPLICAS
        .into_iter()
        .map(|name| Replica::new(&town, name))
        .collect::<Result<Vec<_>>>()?;
    for replica in &mut replicas {
        replica.start(&town)?;
    }
    let mut kiosks = (0..KIOSKS)
        .map(|n| {
            let mut kiosk = town.kiosk(n)?;
            kiosk.connect(town.broker.port())?;
            Ok(kiosk)
        })
        .collect::<Result<Vec<Kiosk>>>()?;
    let mut dice = Dice::new(seed);
    let mut stored: BTreeSet<FilingId> = BTreeSet::new();
    let (mut kills, mut visits) = (0_u64, 0_u32);
    let begun = Instant::now();
    let mut next_kill = begun;
    while begun.elapsed() < most {
        for (n, kiosk) in kiosks.iter_mut().enumerate() {
            visits += 1;
            stored.extend(kiosk.file(&format!("REP{n}-{visits:06}"), &[0], town::now())?);
            kiosk.wait_news(Duration::from_millis(dice.below(60)));
        }
        if Instant::now() < next_kill {
            continue;
        }
        next_kill = Instant::now() + Duration::from_millis(200 + dice.below(1_800));
        let at = usize::try_from(dice.below(3))?;
        let victim = replicas.get_mut(at).context("no such program")?;
        if victim.process.is_some() {
            victim.kill()?;
            kills += 1;
            // sometimes it stays away for a while
            if dice.below(3) == 0 {
                continue;
            }
        }
        victim.start(&town)?;
    }
    for replica in &mut replicas {
        if replica.process.is_none() {
            replica.start(&town)?;
        }
        let process = replica.process.as_ref().context("it was started")?;
        process.wait_ready(PATIENCE)?;
    }
    for kiosk in &kiosks {
        kiosk.wait_settled()?;
    }
    ensure!(kills > 0 && !stored.is_empty(), "nothing was tried");
    let rows = town.filings(0)?;
    let held: BTreeSet<FilingId> = rows.iter().map(|row| row.id).collect();
    let doubled = rows.iter().filter(|row| row.duplicate).count();
    let mut unreceipted = 0;
    for kiosk in &kiosks {
        let counts = kiosk.counts()?;
        unreceipted += counts.queued + counts.sent + counts.refused;
    }
    let gaps = rows.iter().map(|row| row.arrival_no).max().unwrap_or(0);
    let count = u64::try_from(rows.len())?;
    Ok(Line::of(format!(
        "three cities on one database, killed for {} s, seed {seed}",
        most.as_secs()
    ))
    .with("filings stored", u64::try_from(stored.len())?)
    .with("kills", kills)
    .with("at the city", count)
    .none("lost", u64::try_from(stored.difference(&held).count())?)
    .none("doubled", u64::try_from(doubled)?)
    .none("without a receipt", unreceipted)
    .none("numbers left out", gaps.abs_diff(count)))
}
