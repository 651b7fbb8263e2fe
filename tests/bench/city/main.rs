//! A city under load: `./ubugoe bench city [--cases n] [--sessions n] [--ramp s] [--hold s] [--families n] [--seed n]
//! [--keep folder]`.
//!
//! Makes a municipality's filings in PostgreSQL ([`data`]), starts the real city and broker beside it, lets officers and devices
//! work at once ([`load`]), reckons the nightly batch over a million families, and prints percentiles, errors, memory and who used
//! the cores. Two questions are the machine's: how many cores, how fast a disk; so only ratios and counts are meant to be compared.
//! With `--keep` the filled database stays in that folder and the next run with it begins at once; what such a run decided and
//! sent stays too. Exit code 1 if any request failed.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for a person to read; a failed step ends the run"
)]

mod data;
mod load;
#[allow(dead_code, reason = "the tests of the city use the rest")]
#[path = "../../../city/tests/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use support::office::Office;
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::postgres::Postgres;
use ubugoe_bench::process::Process;
use ubugoe_procedures::amounts::{
    AllowanceAmounts, AllowanceColumns, Amounts, Child, Household, MonthNumber, allowance_columns,
};
use ubugoe_procedures::calendar::plus_days;

/// What the nearest open peer publishes for its own casework on 12 cores, milliseconds at p95, and where we aim: a third.
const PEERS: [(&str, f64); 5] = [
    ("submit", 150.0),
    ("register", 170.0),
    ("search", 25.0),
    ("open case", 75.0),
    ("work queue", 30.0),
];

struct Wishes {
    cases: usize,
    sessions: usize,
    ramp: u64,
    hold: u64,
    families: usize,
    seed: u64,
    keep: Option<PathBuf>,
}

fn wishes() -> Wishes {
    let mut wishes = Wishes {
        cases: 1_200_000,
        sessions: 250,
        ramp: 60,
        hold: 120,
        families: 1_000_000,
        seed: 20_261_127,
        keep: None,
    };
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let value = words.next();
        if word == "--keep" {
            wishes.keep = Some(value.expect("--keep needs a folder").into());
            continue;
        }
        let number = value.and_then(|text| text.parse::<u64>().ok());
        let number = number.unwrap_or_else(|| panic!("{word} needs a number"));
        match word.as_str() {
            "--cases" => wishes.cases = number as usize,
            "--sessions" => wishes.sessions = number as usize,
            "--ramp" => wishes.ramp = number,
            "--hold" => wishes.hold = number,
            "--families" => wishes.families = number as usize,
            "--seed" => wishes.seed = number,
            other => panic!("{other} is unknown"),
        }
    }
    wishes
}

/// Numbers that look random and are the same in every run (SplitMix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.next() % below
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "real programs have the real clock"
)]
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A line of `/proc/<pid>/<file>` in kilobytes.
fn kilobytes(pid: u32, file: &str, line: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let found = text.lines().find_map(|known| known.strip_prefix(line));
    found
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The children of a process.
fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Memory of the city and of PostgreSQL with all its processes, shared pages counted once, in megabytes.
fn memory(city: &Process, cluster: &Postgres) -> (u64, u64, u64) {
    let server = cluster.process().pid();
    let all = children(server);
    let postgres: u64 = all
        .iter()
        .chain([&server])
        .map(|pid| kilobytes(*pid, "smaps_rollup", "Pss:"))
        .sum();
    let pid = city.pid();
    let (now, most) = (
        kilobytes(pid, "status", "VmRSS:"),
        kilobytes(pid, "status", "VmHWM:"),
    );
    (now / 1024, most / 1024, postgres / 1024)
}

/// Seconds of processor time of a process, its ended children included.
fn processor(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = rest.split_whitespace().skip(11).take(4);
    let ticks: u64 = ticks.filter_map(|word| word.parse::<u64>().ok()).sum();
    // Linux tells it in hundredths (proc(5), USER_HZ)
    ticks as f64 / 100.0
}

/// Who has used the cores until now, seconds.
type Cores = [(&'static str, f64); 4];

fn cores(city: &Process, cluster: &Postgres, broker: &Mosquitto) -> Cores {
    let server = cluster.process().pid();
    let backends: f64 = children(server).into_iter().map(processor).sum();
    [
        ("city", processor(city.pid())),
        ("PostgreSQL", processor(server) + backends),
        ("broker", processor(broker.process().pid())),
        ("the load", processor(std::process::id())),
    ]
}

fn print_cores(before: Cores, after: Cores, spent: f64, requests: usize) {
    for ((who, before), (_, after)) in before.into_iter().zip(after) {
        println!(
            "processor       {who:<10} {:>5.1} % of a core, {:.2} ms a request",
            100.0 * (after - before) / spent,
            1e3 * (after - before) / requests.max(1) as f64
        );
    }
}

fn nightly(families: usize, seed: u64) {
    let mut numbers = Numbers(seed);
    let today = jiff::civil::date(2026, 11, 27);
    let mut columns = AllowanceColumns::default();
    let start = Instant::now();
    for _ in 0..families {
        let children = (0..=numbers.below(4)).map(|_| {
            let days = i32::try_from(numbers.below(9_130)).unwrap();
            let mut child = Child::born(plus_days(jiff::civil::date(2001, 11, 30), days));
            child.supported = numbers.below(2) == 0;
            child.custody = numbers.below(50) != 0;
            child
        });
        let household = Household {
            children: children.collect(),
            ..Household::default()
        };
        columns.push(&household).unwrap();
    }
    let prepared = start.elapsed();
    let table = &Amounts::builtin().unwrap().allowance;
    let mut out = AllowanceAmounts::default();
    let start = Instant::now();
    allowance_columns(&columns, MonthNumber::of(today), table, &mut out).unwrap();
    let reckoned = start.elapsed();
    let entitled = out.totals.iter().filter(|yen| **yen > 0).count();
    println!(
        "nightly batch   {families} families, {} children: {entitled} entitled; {:.0} ms to reckon, {:.1} s to prepare, {} MB",
        columns.children(),
        reckoned.as_secs_f64() * 1e3,
        prepared.as_secs_f64(),
        columns.bytes() / 1_048_576,
    );
}

/// The real city; it serves browsers and listens to devices.
fn serve(office: &Office, broker: &Mosquitto) -> (Process, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ubugoe-city"));
    command
        .arg("serve")
        .arg("--config")
        .arg(office.write_config())
        .env("RUST_LOG", "warn");
    let log = office.folder.path().join("city.log");
    let city = Process::spawn("ubugoe-city", command, log).unwrap();
    let ready = city.wait_ready(Duration::from_mins(2)).unwrap();
    let address = ready["http"].as_str().unwrap().parse().unwrap();
    // a filing that comes before the city listens is lost here; a real device sends it again
    let present = |line: &str| {
        line.contains("Received PUBLISH from city-asukoe") && line.contains("presence")
    };
    let listens = Duration::from_secs(30);
    broker
        .process()
        .wait_line("the city's presence", present, listens)
        .unwrap();
    (city, address)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let wishes = wishes();
    let cluster = match &wishes.keep {
        Some(folder) => Postgres::start_in(folder).unwrap(),
        None => Postgres::start().unwrap(),
    };
    let mut office = Office::new();
    let broker = Mosquitto::start(&office.pki, &Settings::default()).unwrap();
    office.broker_port = broker.port();
    office.store_url = cluster.url();
    "[limits]\naddress_burst = 100000000\naddress_per_minute = 100000000\nsession_burst = 100000000\nsession_per_minute = 100000000\n"
        .clone_into(&mut office.more);
    let office = Arc::new(office);

    let start = Instant::now();
    let town = data::fill(&office, wishes.cases, wishes.seed).await;
    println!(
        "data            {} cases in {:.0} s, {:.1} GB in PostgreSQL, {} wait for an officer",
        town.cases,
        start.elapsed().as_secs_f64(),
        town.bytes as f64 / 1e9,
        town.open.len(),
    );
    let cases = town.cases.max(1);
    let per_case = |bytes: i64| bytes / cases;
    for (table, bytes) in &town.largest {
        println!(
            "                {:>7} bytes a case in {table}",
            per_case(*bytes)
        );
    }
    nightly(wishes.families, wishes.seed);

    let (city, address) = serve(&office, &broker);
    let before = memory(&city, &cluster);
    let (begun, used) = (Instant::now(), cores(&city, &cluster, &broker));
    let figures = load::run(
        Arc::clone(&office),
        address,
        town,
        (wishes.sessions, wishes.ramp, wishes.hold, wishes.seed),
    )
    .await;
    let after = memory(&city, &cluster);
    let spent = begun.elapsed().as_secs_f64();
    let used_after = cores(&city, &cluster, &broker);
    println!(
        "sessions        {} at once after {} s, then {} s; each thinks 2 s and keeps its connection, every fifth reads slowly; {} requests, {} errors",
        wishes.sessions,
        wishes.ramp,
        wishes.hold,
        figures.requests(),
        figures.errors
    );
    for problem in &figures.problems {
        println!("                {problem}");
    }
    println!(
        "                     count     p50     p95     p99    most   (ms)   a third of the peer's"
    );
    for (what, peer) in PEERS {
        let Some(times) = figures.of(what) else {
            println!("{what:<15} nothing");
            continue;
        };
        let at = |share: f64| load::percentile(&times, share);
        let aim = peer / 3.0;
        let word = if at(0.95) <= aim { "reached" } else { "MISSED" };
        println!(
            "{what:<15} {:>10} {:>7.1} {:>7.1} {:>7.1} {:>7.1}          {aim:>5.1} {word}",
            times.len(),
            at(0.5),
            at(0.95),
            at(0.99),
            at(1.0),
        );
    }
    println!(
        "memory          city {} MB before, {} MB after, {} MB at most; PostgreSQL {} MB before, {} MB after",
        before.0, after.0, after.1, before.2, after.2
    );
    print_cores(used, used_after, spent, figures.requests());
    city.terminate(Duration::from_secs(30)).unwrap();
    cluster.stop().unwrap();
    if figures.errors == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
