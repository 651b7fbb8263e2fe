//! `ubugoe-figures`, started by `./ubugoe bench`: counts and ratios, each measured in this very run.
//!
//! Answers for measuring and printing. Absolute times depend on the machine and are given only to make
//! the ratios checkable. It starts everything it measures itself, on loopback, and clears up; its exit
//! code says whether every budget was kept and nothing was lost.

mod bridge;
mod card;
mod count;
mod disk;
mod fleet;
mod mqtt;
mod papers;
mod report;
mod travel;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use anyhow::{Context as _, Result};
use clap::Parser;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use ubugoe_bench::programs;
use ubugoe_vcard::{Issuer, Pki};

use crate::papers::Sealer;
use crate::report::Report;

/// Where PC/SC clients look for the card service. Set in a copy of this process: a running one cannot
/// change its environment safely.
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";
/// Marks that copy.
const INNER: &str = "UBUGOE_FIGURES_INNER";
/// Filings by which one core's own speed is measured.
const WORK: usize = 100;
/// Whose card signs.
const PERSONA: &str = "hana";

/// Prints what things cost: APDUs, disk syncs, filings per second.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// One JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Filings sent one at a time.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=2_000))]
    gentle: u16,
    /// How many of those per second.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    rate: u16,
    /// Filings sent as fast as they can be stored.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..=2_000))]
    burst: u16,
    /// Only the parts whose name holds this: card, disk, travel, fleet, bridge, count.
    #[arg(long)]
    only: Option<String>,
    /// (The run under callgrind.)
    #[arg(long, hide = true)]
    counted: Option<PathBuf>,
    /// (The kiosk that is killed: folder, port of the broker, visits.)
    #[arg(long, hide = true, num_args = 3)]
    as_kiosk: Option<Vec<String>>,
}

impl Arguments {
    fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| part.contains(only))
    }
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(folder) = &arguments.counted {
        count::counted(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some([folder, port, visits]) = arguments.as_kiosk.as_deref() {
        bridge::kiosk(Path::new(folder), port.parse()?, visits.parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    match env::var_os(SOCKET).filter(|_| env::var_os(INNER).is_some()) {
        Some(socket) => measure(&arguments, Path::new(&socket)),
        None => again_with_socket(),
    }
}

/// Runs this program again with the card service's socket in its environment.
fn again_with_socket() -> Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("ubugoe-figures-")
        .tempdir()?;
    let status = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(SOCKET, folder.path().join("pcscd.comm"))
        .env(INNER, "1")
        .status()
        .context("cannot start this program again")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

fn measure(arguments: &Arguments, socket: &Path) -> Result<ExitCode> {
    let (now, today) = clock();
    let beside = beside()?;
    let issuer = Issuer::new(Pki::open(&made(&beside.join("vcard-pki"))?, today)?);
    // Not /tmp, which may be memory: beside the programs lies a disk.
    let folder = tempfile::Builder::new()
        .prefix("figures-")
        .tempdir_in(&beside)?;
    let mut report = Report::new(&machine(folder.path()), &command(), today);
    if arguments.wants("card") {
        report.add(card::figures(socket, &issuer)?);
    }
    let myself = env::current_exe()?;
    let travelling = travel::WARM_UP + usize::from(arguments.gentle) + usize::from(arguments.burst);
    let count = travelling.max(fleet::FILINGS);
    let papers = papers::write_and_sign(count, &issuer, PERSONA, today, now)?;
    if arguments.wants("disk") {
        let first = papers.first().context("no filings")?;
        let (_, envelope) = Sealer::alone()?.0.seal(first, now)?;
        report.add(disk::figures(folder.path(), &envelope, now)?.into_group());
    }
    if arguments.wants("travel") {
        let some = papers.get(..WORK).unwrap_or(&papers);
        let alone = papers::alone(some, &issuer, now)?;
        let papers = papers.get(..travelling).unwrap_or(&papers);
        report.add(travel::figures(
            arguments,
            folder.path(),
            today,
            papers,
            &alone,
        )?);
    }
    if arguments.wants("fleet") {
        report.add(fleet::figures(folder.path(), &papers, &issuer)?);
    }
    if arguments.wants("bridge") {
        report.add(bridge::figures(folder.path(), &myself)?);
    }
    if arguments.wants("count") {
        report.add(count::figures(folder.path(), &myself, &papers, &issuer)?);
    }
    report.print(arguments.json)?;
    Ok(if report.kept() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Seconds since 1970 UTC, and today in Japan.
pub(crate) fn clock() -> (i64, Date) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program is its own adapter to the clock"
    )]
    let now = Timestamp::now();
    let japan = TimeZone::fixed(Offset::constant(9));
    (now.as_second(), now.to_zoned(japan).date())
}

/// The folder this and the other programs lie in.
fn beside() -> Result<PathBuf> {
    let city = programs::ours("ubugoe-city")?;
    Ok(city.parent().context("no folder")?.to_owned())
}

fn made(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}

/// What was typed, as the entry script takes it.
fn command() -> String {
    let arguments = env::args().skip(1);
    std::iter::once("./ubugoe bench".to_owned())
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the figures were measured on, in one line.
fn machine(folder: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let built = if cfg!(debug_assertions) {
        "our programs built without optimisation (dev profile)"
    } else {
        "our programs built with optimisation"
    };
    format!(
        "{cores} cores; {built}; data on {}",
        file_system(folder).unwrap_or_else(|| "an unknown file system".to_owned())
    )
}

/// The type of the file system a folder lies on: the longest mount point above it.
fn file_system(folder: &Path) -> Option<String> {
    let folder = fs::canonicalize(folder).ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mut best: Option<(usize, String)> = None;
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(point), Some(kind)) = (words.next(), words.next()) else {
            continue;
        };
        let length = point.len();
        if folder.starts_with(point) && best.as_ref().is_none_or(|(known, _)| length >= *known) {
            best = Some((length, kind.to_owned()));
        }
    }
    best.map(|(_, kind)| kind)
}
