//! No network will come in time: sealed filings travel on a USB stick, and signed receipts come back on it.
//!
//! The stick also holds a damaged file and a stranger's; and one filing travels both ways at once.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use ubugoe_bench::programs;

use crate::table::Line;
use crate::town::{self, Database, Town};

/// Carries `visits` filings by hand, there and back.
///
/// # Errors
/// When a tool refuses; what is lost or doubled is in the line.
pub fn run(visits: usize) -> Result<Line> {
    let town = Town::build(2, 1, Database::Sqlite)?;
    let mut kiosk = town.kiosk(0)?;
    for n in 0..visits {
        kiosk.file(&format!("CARRY-{n:03}"), &[0], town::now())?;
    }
    let stick = town.folder().join("stick");
    fs::create_dir(&stick)?;
    let outbox = town.folder().join(format!("{}.outbox", town::device(0)));
    let outbox = outbox.to_str().context("a strange folder")?;
    let stick_path = stick.to_str().context("a strange folder")?;
    ctl(&["--outbox", outbox, "export", "--to", stick_path])?;
    let carried = files(&stick, "ubg")?;
    ensure!(
        carried == visits,
        "{carried} of {visits} filings are on the stick"
    );
    // A file that was damaged on the way: the city keeps it apart and goes on.
    fs::write(stick.join("damaged.ubg"), b"not an envelope")?;
    let refused = town.city_command(0, "carry", &["--from", stick_path]);
    ensure!(refused.is_err(), "a damaged file is no success");
    fs::remove_file(stick.join("damaged.ubg"))?;
    // Repeating is harmless.
    town.city_command(0, "carry", &["--from", stick_path])?;
    let pki = town.pki.dir();
    let recipient = format!("{0}={1}/city-{0}.receipt.pub", town::city(0), pki.display());
    let key = pki.join(format!("device-{}.hpke", town::device(0)));
    let key = key.to_str().context("a strange folder")?;
    let device = town::device(0);
    let import = |device: &str| {
        ctl(&[
            "--outbox",
            outbox,
            "import",
            "--from",
            stick_path,
            "--device",
            device,
            "--key",
            key,
            "--recipient",
            &recipient,
        ])
    };
    ensure!(
        import(&town::device(1)).is_err(),
        "another device's answers are not for this one"
    );
    let said = import(&device)?;
    ensure!(said.contains(&format!("{visits} settled")), "{said}");
    // The network comes back after all: everything is settled already, and one more filing takes the usual way.
    kiosk.file("CARRY-LATE", &[0], town::now())?;
    kiosk.connect(town.broker.port())?;
    kiosk.wait_settled()?;
    let filings = town.filings(0)?;
    let counts = kiosk.counts()?;
    let stored = u64::try_from(visits + 1)?;
    let held = u64::try_from(filings.len())?;
    Ok(Line::of("carried by hand")
        .with("filings", stored)
        .none("lost", stored.saturating_sub(held))
        .none("doubled", held.saturating_sub(stored))
        .none("without a receipt", stored.abs_diff(counts.arrived)))
}

fn files(folder: &std::path::Path, extension: &str) -> Result<usize> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let of = |e: &fs::DirEntry| e.path().extension().is_some_and(|x| x == extension);
    Ok(entries.iter().filter(|e| of(e)).count())
}

fn ctl(arguments: &[&str]) -> Result<String> {
    let done = Command::new(programs::ours("outboxctl")?)
        .args(arguments)
        .output()?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    ensure!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(said)
}
