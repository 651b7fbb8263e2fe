//! What a filing costs the processor, in instructions: a count that a busy or a faster machine does not change.
//!
//! This program runs itself again under Valgrind's callgrind, which counts every instruction of every thread and writes
//! a sum whenever [`mark`] is called. Keys, folders and first-time work come before the first mark that counts.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::programs;
use ubugoe_bench::rig::CITY;
use ubugoe_chaos::town;
use ubugoe_city::config::{Config as CityConfig, StoreAddress};
use ubugoe_city::ingest::{Ingest, Message};
use ubugoe_city::server::open_ingest;
use ubugoe_edge::outbox::{Config, NewRow, Outbox, Recipients};
use ubugoe_protocol::{Downlink, VerifyingKey};
use ubugoe_vcard::Issuer;

use crate::clock;
use crate::fleet;
use crate::papers::{Paper, Sealer};
use crate::report::{Cell, Group};

/// Filings counted; a hundred times slower than life, so few.
const FILINGS: usize = 20;
/// Filings before them: what is done once is done then.
const WARM_UP: usize = 3;
/// What happens between two marks, in order. The first is everything before.
const STEPS: [(&str, &str); 6] = [
    ("", ""),
    ("device", "seal"),
    ("device", "enqueue, one transaction"),
    ("city", "judge: open, check CMS, read"),
    ("city", "commit (SQLite), sign the receipt"),
    ("device", "verify and keep the receipt"),
];

/// Writes what the counted run needs, runs it, and reads the sums.
pub(crate) fn figures(
    folder: &Path,
    myself: &Path,
    papers: &[Paper],
    issuer: &Issuer,
) -> Result<Group> {
    let folder = folder.join("counted");
    prepare(&folder, papers, issuer)?;
    let sums = folder.join("callgrind");
    let valgrind = programs::on_path("valgrind", "install Debian's package valgrind")?;
    let mut command = Command::new(valgrind);
    command
        .args(["-q", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", sums.display()))
        .arg("--dump-before=*figures*count*mark*")
        .arg(myself)
        .arg("--counted")
        .arg(&folder);
    let output = command.output().context("cannot start valgrind")?;
    ensure!(
        output.status.success(),
        "under valgrind: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut rows = Vec::new();
    let mut all = 0;
    for (n, (who, what)) in STEPS.into_iter().enumerate().skip(1) {
        let each = sum(&sums, n + 1)? / u64::try_from(FILINGS)?;
        ensure!(each > 0, "callgrind counted nothing for {what}");
        all += each;
        rows.push(vec![
            Cell::text(what),
            Cell::text(who),
            Cell::Number(thousands(each), 0),
        ]);
    }
    rows.push(vec![
        Cell::text("all of it"),
        Cell::text(""),
        Cell::Number(thousands(all), 0),
    ]);
    Ok(Group {
        title: "what a filing costs the processor, in instructions",
        commands: vec![
            "valgrind --tool=callgrind --dump-before='*figures*count*mark*' ubugoe-figures --counted <folder>".to_owned(),
        ],
        columns: &["step", "where", "thousand instructions"],
        rows,
        notes: vec![
            format!("mean of {FILINGS} filings after {WARM_UP} that are not counted; all threads; the kernel's own work is not seen"),
            "the same build as all of this run; the sums depend on it and on the compiler, not on how busy the machine is".to_owned(),
            format!("the city lands the {FILINGS} in one batch; without network and TLS on either side"),
        ],
        broken: Vec::new(),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts here are below 2^52 by far"
)]
fn thousands(count: u64) -> f64 {
    count as f64 / 1e3
}

/// The sum of the nth dump.
fn sum(sums: &Path, n: usize) -> Result<u64> {
    let path = PathBuf::from(format!("{}.{n}", sums.display()));
    let text = fs::read_to_string(&path)
        .with_context(|| format!("callgrind wrote no {}", path.display()))?;
    total(&text).with_context(|| format!("no total in {}", path.display()))
}

/// `totals: <instructions>` in callgrind's format.
fn total(text: &str) -> Option<u64> {
    let mut totals = text
        .lines()
        .filter_map(|line| line.strip_prefix("totals: "));
    totals.next()?.trim().parse().ok()
}

fn prepare(folder: &Path, papers: &[Paper], issuer: &Issuer) -> Result<()> {
    let device = town::device(0);
    fs::create_dir_all(folder)?;
    let pki = Pki::with(folder.join("pki"), &[&device], &[CITY])?;
    fleet::trust_cards(&pki, issuer)?;
    let store = StoreAddress::Sqlite(folder.join("city.sqlite"));
    // It is read and never connected.
    let toml = fleet::city_toml(&pki, &store, &[device], (1, 1))?;
    fs::write(folder.join("city.toml"), toml)?;
    let papers = papers.get(..WARM_UP + FILINGS).context("too few filings")?;
    for (n, paper) in papers.iter().enumerate() {
        fs::write(folder.join(format!("{n}.canonical")), &paper.canonical)?;
        fs::write(folder.join(format!("{n}.cms")), &paper.cms)?;
    }
    Ok(())
}

// ---- the counted run ----

/// Makes callgrind write its sum and begin anew. Without callgrind it does nothing.
#[inline(never)]
fn mark(step: usize) {
    black_box(step);
}

/// Takes every filing through every step, a mark before each.
pub(crate) fn counted(folder: &Path) -> Result<()> {
    let mut papers = Vec::new();
    for n in 0..WARM_UP + FILINGS {
        papers.push(Paper {
            canonical: fs::read(folder.join(format!("{n}.canonical")))?,
            cms: fs::read(folder.join(format!("{n}.cms")))?,
        });
    }
    let pki = folder.join("pki");
    let sealer = Sealer::of(&pki, &town::device(0))?;
    let key = fs::read_to_string(pki.join(format!("city-{CITY}.receipt.pub")))?;
    let recipients = Recipients::from([(CITY.parse()?, VerifyingKey::from_text(key.trim_end())?)]);
    let mut outbox = Outbox::open(&Config::at(folder.join("outbox.db")))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let toml = fs::read_to_string(folder.join("city.toml"))?;
    let config = CityConfig::from_toml(&toml, folder, &|path: &Path| fs::read(path))?;
    let ingest = runtime.block_on(open_ingest(config, Arc::new(timestamp)))?;
    let (warm, rest) = papers.split_at_checked(WARM_UP).context("too few")?;
    let mut run = |papers: &[Paper], mark: fn(usize)| {
        steps(
            papers,
            mark,
            &sealer,
            &mut outbox,
            &recipients,
            &ingest,
            &runtime,
        )
    };
    run(warm, |_| {})?;
    run(rest, mark)
}

fn steps(
    papers: &[Paper],
    mark: fn(usize),
    sealer: &Sealer,
    outbox: &mut Outbox,
    recipients: &Recipients,
    ingest: &Ingest,
    runtime: &tokio::runtime::Runtime,
) -> Result<()> {
    let (now, _) = clock();
    mark(0);
    let mut rows: Vec<NewRow> = Vec::new();
    for paper in papers {
        rows.push(sealer.seal(paper, now)?.0);
    }
    mark(1);
    for row in &rows {
        outbox.store(row.id.as_bytes(), std::slice::from_ref(row), &[0; 256], now)?;
    }
    mark(2);
    let device = Some(town::device(0).parse()?);
    let messages = rows.into_iter().map(|row| Message {
        device: Clone::clone(&device),
        wire: row.sealed,
    });
    let judgement = runtime.block_on(ingest.judge(messages.collect()))?;
    mark(3);
    let answers = runtime.block_on(ingest.commit(judgement))?;
    mark(4);
    let mut kept = 0;
    for answer in answers {
        let Downlink::Receipts(receipts) = answer.content else {
            bail!("the city refused a filing");
        };
        for receipt in receipts {
            outbox.retire(&receipt, recipients, now)?;
            kept += 1;
        }
    }
    mark(5);
    ensure!(kept == papers.len(), "{kept} receipts for {}", papers.len());
    Ok(())
}

fn timestamp() -> Timestamp {
    let (now, _) = clock();
    Timestamp::from_second(now).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_a_dump_is_its_line_of_totals() {
        let text =
            "version: 1\npart: 2\nevents: Ir\nsummary: 12\n\nfn=(1) main\n4 12\n\ntotals: 12\n";
        assert_eq!(total(text), Some(12));
        assert_eq!(total("summary: 12\n"), None);
    }
}
