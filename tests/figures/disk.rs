//! What durability costs: rows stored per second as a ratio to what the disk itself can sync.
//!
//! All sides take turns on the same file system, so that a busy moment hits them alike; the ratio of a
//! round is what counts, and its spread over the rounds is printed. Two raw limits stand beside the outbox:
//! a sync after every 4 KiB, which is what the budget is about, and a sync after as many bytes as one visit
//! makes SQLite write, which no store of that many bytes can beat.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ubugoe_bench::rig::CITY;
use ubugoe_edge::outbox::{Config, NewRow, NewVisit, Outbox, RowKind};
use ubugoe_protocol::{FilingId, digest};

use crate::report::{Cell, Group, median, rate};

const ROUNDS: usize = 7;
/// Syncs, and transactions of one row, per round.
const SINGLE: usize = 150;
/// Transactions of ten rows per round.
const GROUPED: usize = 30;
/// Rows in a group.
const GROUP: usize = 10;
/// What is appended before each raw sync.
const BLOCK: [u8; 4096] = [0x55; 4096];
/// Rows per raw sync that one visit per transaction must reach.
const BUDGET: f64 = 0.45;
/// Visits by which the bytes of a transaction are counted; few enough for the log not to be folded in between.
const COUNTED: usize = 20;

/// The measured rates, per second, round by round.
pub(crate) struct Disk {
    raw: Vec<f64>,
    same_bytes: Vec<f64>,
    single: Vec<f64>,
    grouped: Vec<f64>,
    envelope: usize,
    /// Bytes that a visit's transaction writes to the log.
    written: usize,
}

/// Measures in `folder`. `envelope` is what a row holds.
pub(crate) fn figures(folder: &Path, envelope: &[u8], now: i64) -> Result<Disk> {
    let written = bytes_of_a_visit(folder, envelope, now)?;
    let mut raw_file = File::create(folder.join("raw"))?;
    let mut same_file = File::create(folder.join("raw-same-bytes"))?;
    let mut one = Outbox::open(&Config::at(folder.join("single.db")))?;
    let mut ten = Outbox::open(&Config::at(folder.join("grouped.db")))?;
    let mut disk = Disk {
        raw: Vec::new(),
        same_bytes: Vec::new(),
        single: Vec::new(),
        grouped: Vec::new(),
        envelope: envelope.len(),
        written,
    };
    let as_many = vec![0x55; written];
    for _ in 0..ROUNDS {
        let took = raw(&mut raw_file, &BLOCK)?;
        disk.raw.push(rate(SINGLE, took));
        let took = raw(&mut same_file, &as_many)?;
        disk.same_bytes.push(rate(SINGLE, took));
        let took = store(&mut one, 1, SINGLE, envelope, now)?;
        disk.single.push(rate(SINGLE, took));
        let took = store(&mut ten, GROUP, GROUPED, envelope, now)?;
        disk.grouped.push(rate(GROUPED * GROUP, took));
    }
    Ok(disk)
}

/// What SQLite's log grows by with each visit.
fn bytes_of_a_visit(folder: &Path, envelope: &[u8], now: i64) -> Result<usize> {
    let mut outbox = Outbox::open(&Config::at(folder.join("counted.db")))?;
    let log = folder.join("counted.db-wal");
    // The first visits touch pages that later ones do not.
    store(&mut outbox, 1, COUNTED, envelope, now)?;
    let before = std::fs::metadata(&log)?.len();
    store(&mut outbox, 1, COUNTED, envelope, now)?;
    let grown = std::fs::metadata(&log)?.len().saturating_sub(before);
    ensure!(grown > 0, "the log did not grow: it was folded in between");
    Ok(usize::try_from(grown)? / COUNTED)
}

fn raw(file: &mut File, block: &[u8]) -> Result<Duration> {
    let start = Instant::now();
    for _ in 0..SINGLE {
        file.write_all(block)?;
        file.sync_data()?;
    }
    Ok(start.elapsed())
}

/// Stores `transactions` times `group` visits of one row each; only storing is timed.
fn store(
    outbox: &mut Outbox,
    group: usize,
    transactions: usize,
    envelope: &[u8],
    now: i64,
) -> Result<Duration> {
    let mut took = Duration::ZERO;
    for _ in 0..transactions {
        let rows = (0..group)
            .map(|_| row(envelope))
            .collect::<Result<Vec<_>>>()?;
        let visits: Vec<NewVisit<'_>> = rows
            .iter()
            .map(|row| NewVisit {
                id: row.id.as_bytes(),
                rows: std::slice::from_ref(row),
                record: &[0; 256],
            })
            .collect();
        let start = Instant::now();
        outbox.store_all(&visits, now)?;
        took += start.elapsed();
    }
    Ok(took)
}

fn row(envelope: &[u8]) -> Result<NewRow> {
    Ok(NewRow {
        id: FilingId::generate()?,
        kind: RowKind::Filing,
        counter: None,
        recipient: CITY.parse()?,
        digest: digest(envelope),
        sealed: envelope.to_vec(),
        legal_due: None,
    })
}

impl Disk {
    /// Round by round.
    fn ratios(&self, rates: &[f64]) -> Vec<f64> {
        let pairs = rates.iter().zip(&self.raw);
        pairs.map(|(rows, syncs)| rows / syncs).collect()
    }

    pub(crate) fn into_group(self) -> Group {
        let reached = median(self.ratios(&self.single));
        let broken = (reached < BUDGET).then(|| {
            format!("one visit per transaction reached {reached:.2} of the raw syncs; the budget is {BUDGET}")
        });
        let ratios = |rates: &[f64]| self.ratios(rates);
        let line = |what: &str, rates: &[f64]| {
            let ratios = ratios(rates);
            let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            let most = ratios.iter().copied().fold(0.0, f64::max);
            vec![
                Cell::text(what),
                Cell::Number(median(ratios), 2),
                Cell::Number(least, 2),
                Cell::Number(most, 2),
                Cell::Number(median(rates.to_vec()), 0),
            ]
        };
        Group {
            title: "storing: rows per raw fdatasync, same file system, same minute",
            commands: Vec::new(),
            columns: &["what", "ratio", "least", "most", "per second here"],
            rows: vec![
                line("append 4 KiB, fdatasync", &self.raw),
                line("append a visit's bytes, fdatasync", &self.same_bytes),
                line("outbox, one row per transaction", &self.single),
                line("outbox, ten visits per transaction", &self.grouped),
            ],
            notes: vec![
                format!(
                    "a row is a sealed birth notification of {} bytes and a record of 256; SQLite WAL, synchronous=FULL",
                    self.envelope
                ),
                format!(
                    "a visit's bytes: {}, as SQLite's log grows by with each; only storing is timed, not sealing",
                    self.written
                ),
                format!("budget: one row per transaction at {BUDGET} or more"),
                format!(
                    "{ROUNDS} rounds of {SINGLE} syncs, {SINGLE} rows, {GROUPED} times {GROUP} rows, taking turns; ratio: median of the rounds"
                ),
            ],
            broken: broken.into_iter().collect(),
        }
    }
}
