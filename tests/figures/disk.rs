//! What durability costs: rows stored per second as a ratio to what the disk itself can sync.
//!
//! Both sides take turns on the same file system, so that a busy moment hits them alike; the ratio of a
//! round is what counts, and its spread over the rounds is printed.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
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

/// The measured rates, per second, round by round.
pub(crate) struct Disk {
    raw: Vec<f64>,
    single: Vec<f64>,
    grouped: Vec<f64>,
    envelope: usize,
}

/// Measures in `folder`. `envelope` is what a row holds.
pub(crate) fn figures(folder: &Path, envelope: &[u8], now: i64) -> Result<Disk> {
    let mut raw_file = File::create(folder.join("raw"))?;
    let mut one = Outbox::open(&Config::at(folder.join("single.db")))?;
    let mut ten = Outbox::open(&Config::at(folder.join("grouped.db")))?;
    let mut disk = Disk {
        raw: Vec::new(),
        single: Vec::new(),
        grouped: Vec::new(),
        envelope: envelope.len(),
    };
    for _ in 0..ROUNDS {
        let took = raw(&mut raw_file)?;
        disk.raw.push(rate(SINGLE, took));
        let took = store(&mut one, 1, SINGLE, envelope, now)?;
        disk.single.push(rate(SINGLE, took));
        let took = store(&mut ten, GROUP, GROUPED, envelope, now)?;
        disk.grouped.push(rate(GROUPED * GROUP, took));
    }
    Ok(disk)
}

fn raw(file: &mut File) -> Result<Duration> {
    let start = Instant::now();
    for _ in 0..SINGLE {
        file.write_all(&BLOCK)?;
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
    pub(crate) fn into_group(self) -> Group {
        let ratios = |rates: &[f64]| -> Vec<f64> {
            let pairs = rates.iter().zip(&self.raw);
            pairs.map(|(rows, syncs)| rows / syncs).collect()
        };
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
                line("outbox, one row per transaction", &self.single),
                line("outbox, ten visits per transaction", &self.grouped),
            ],
            notes: vec![
                format!(
                    "a row is a sealed birth notification of {} bytes and a record of 256; SQLite WAL, synchronous=FULL",
                    self.envelope
                ),
                format!(
                    "{ROUNDS} rounds of {SINGLE} syncs, {SINGLE} rows, {GROUPED} times {GROUP} rows, taking turns; ratio: median of the rounds"
                ),
            ],
            broken: Vec::new(),
        }
    }
}
