//! A kiosk as a process of its own, far from its broker: it files, says what happens, and ends when all is settled.
//!
//! A file called [`ENOUGH`] in the town's folder ends its filing early.
//!
//! Words, one a line: `stored <id>`, `arrived <rows with a receipt>`, `ended <why a connection ended>`, and at last
//! `counts <name>=<number> …` ([`Counts`]).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use ubugoe_bench::process::Process;
use ubugoe_edge::{Broker, Tuning};
use ubugoe_protocol::FilingId;

use crate::town::{Kiosk, city, device, hasty, now};

/// While it is not there, a kiosk goes on until its last visit.
pub const ENOUGH: &str = "enough";

/// What it is told.
#[derive(Debug, Clone, Args)]
pub struct Order {
    /// The town's folder.
    pub folder: PathBuf,
    /// How many visits to file.
    pub visits: usize,
    /// Milliseconds between two visits; 0 files all of them at once.
    pub every: u64,
    /// Bytes of an attachment to each form.
    pub attachment: usize,
    /// Which device it is.
    #[arg(long, default_value_t = 0)]
    pub device: usize,
    /// Short times instead of the product's own.
    #[arg(long)]
    pub hasty: bool,
    /// Brokers in order of preference, `host:port`.
    #[arg(required = true)]
    pub brokers: Vec<String>,
}

impl Order {
    /// The words after the subcommand.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![
            self.folder.display().to_string(),
            self.visits.to_string(),
            self.every.to_string(),
            self.attachment.to_string(),
        ];
        words.extend(self.brokers.iter().cloned());
        words.extend(["--device".to_owned(), self.device.to_string()]);
        words.extend(self.hasty.then(|| "--hasty".to_owned()));
        words
    }
}

/// An attachment as photographs are: nothing in it can be left out.
#[must_use]
pub fn attachment(length: usize) -> Vec<u8> {
    let mut dice = ubugoe_bench::dice::Dice::new(1);
    (0..length)
        .map(|_| u8::try_from(dice.below(256)).unwrap_or(0))
        .collect()
}

/// Files, and waits until everything has its receipt. A second life goes on where the first stopped.
///
/// # Errors
/// Whatever refuses.
pub fn run(order: &Order) -> Result<()> {
    let mut kiosk = Kiosk::open(&order.folder, &device(order.device), &[city(0)])?;
    let brokers = order
        .brokers
        .iter()
        .map(|text| {
            let (host, port) = text.rsplit_once(':').context("host:port")?;
            Ok(Broker {
                host: host.to_owned(),
                port: port.parse()?,
            })
        })
        .collect::<Result<_>>()?;
    let tuning = if order.hasty {
        hasty()
    } else {
        Tuning::default()
    };
    kiosk.connect_to(brokers, tuning)?;
    let enough = order.folder.join(ENOUGH);
    let photograph = attachment(order.attachment);
    let mut out = std::io::stdout();
    let start = Instant::now();
    let mut filed = kiosk.visits()?;
    let first = filed;
    let (mut arrived, mut sealed, mut newest) = (0, 0, i64::MIN);
    let (mut moved, mut gap) = (start, Duration::ZERO);
    loop {
        let every = Duration::from_millis(order.every);
        let due = |filed: usize| every * u32::try_from(filed - first).unwrap_or(u32::MAX);
        let last = if enough.exists() { filed } else { order.visits };
        while filed < last && start.elapsed() >= due(filed) {
            let number = format!("FAR-{}-{filed:05}", order.device);
            for id in kiosk.file_with(&number, &[0], now(), &photograph)? {
                writeln!(out, "stored {id}")?;
            }
            filed += 1;
            for row in kiosk.outbox().lock().pending_after(newest)? {
                newest = newest.max(row.seq);
                sealed += row.size;
            }
            if every.is_zero() {
                // Making a backlog is not waiting for it.
                moved = Instant::now();
            }
        }
        for reason in kiosk.ended() {
            writeln!(out, "ended {reason:?}")?;
        }
        let counts = kiosk.counts()?;
        if counts.arrived != arrived {
            arrived = counts.arrived;
            gap = gap.max(moved.elapsed());
            moved = Instant::now();
            writeln!(out, "arrived {arrived}")?;
        }
        if counts.queued + counts.sent == 0 {
            // Nothing waits, so nothing is late.
            moved = Instant::now();
            if filed >= last && kiosk.settled()? {
                break;
            }
        }
        out.flush()?;
        let rest = due(filed).saturating_sub(start.elapsed());
        kiosk.wait_news(rest.clamp(Duration::from_millis(1), Duration::from_millis(200)));
    }
    let stats = kiosk.stats();
    let counts = [
        ("arrived", arrived),
        ("sealed", sealed),
        ("connections", stats.connections),
        ("stalls", stats.stalls),
        ("published", stats.published),
        ("unheard", stats.unheard),
        ("resent", stats.resent),
        ("repeated", stats.repeated),
        ("gap", u64::try_from(gap.as_millis())?),
        ("took", u64::try_from(start.elapsed().as_millis())?),
    ];
    let words = counts.map(|(name, count)| format!("{name}={count}"));
    writeln!(out, "counts {}", words.join(" "))?;
    out.flush()?;
    Ok(())
}

/// The filings a kiosk said it stored. A line cut off by its death was not said.
#[must_use]
pub fn stored(output: &str) -> BTreeSet<FilingId> {
    let whole = output.rsplit_once('\n').map_or("", |(lines, _)| lines);
    whole
        .lines()
        .filter_map(|line| line.strip_prefix("stored ")?.parse().ok())
        .collect()
}

/// What a kiosk counted, by name: rows with a receipt (`arrived`), bytes of what it sealed (`sealed`), `connections`,
/// `stalls`, rows `published`, those nobody heard (`unheard`) or that were `resent`, receipts that came again (`repeated`),
/// the longest `gap` without a receipt while something waited, and how long it `took`; both in milliseconds.
#[derive(Debug)]
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// What the process said at its end.
    ///
    /// # Errors
    /// When it said nothing.
    pub fn of(process: &Process) -> Result<Self> {
        let output = process.output();
        let line = output
            .lines()
            .find_map(|line| line.strip_prefix("counts "))
            .context("the kiosk said no counts")?;
        let counts = line.split(' ').filter_map(|word| {
            let (name, count) = word.split_once('=')?;
            Some((name.to_owned(), count.parse().ok()?))
        });
        Ok(Self(counts.collect()))
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }
}
