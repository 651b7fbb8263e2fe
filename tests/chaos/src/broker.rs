//! A broker that breaks every promise it can break without the keys: each filing still arrives once, or waits.
//!
//! Each kind of fault by itself is met in the tests of both ends (`faults.rs` of `sync/edge` and `city`); here the dice throw them
//! all between whole kiosks and whole cities.

use anyhow::{Result, ensure};
use ubugoe_bench::scripted::{Scripted, chance};

use crate::table::Line;
use crate::town::{Database, Town, now};

/// Cities; each kiosk files to both.
const CITIES: usize = 2;
/// About each how many-th time something goes wrong, and how often at most.
const ONE_IN: u64 = 6;
const MOST: u32 = 80;

/// Two kiosks file `visits` visits each through an unfaithful broker; then it is faithful, and everything has to settle.
///
/// # Errors
/// When it does not; what is lost or doubled is in the line.
pub fn any(seed: u64, visits: usize) -> Result<Line> {
    let mut town = Town::build(2, CITIES, Database::Sqlite)?;
    let broker = Scripted::start(&town.pki)?;
    for n in 0..CITIES {
        town.kill_city(n)?;
    }
    town.through(broker.port());
    for n in 0..CITIES {
        town.start_city(n)?;
    }
    broker.follow(chance(seed, ONE_IN, MOST, &[]));
    let mut kiosks = vec![town.kiosk(0)?, town.kiosk(1)?];
    for kiosk in &mut kiosks {
        kiosk.connect(broker.port())?;
    }
    let mut stored = 0_u64;
    for visit in 0..visits {
        for (n, kiosk) in kiosks.iter_mut().enumerate() {
            let filed = kiosk.file(&format!("FAULT-{n}-{visit:04}"), &[0, 1], now())?;
            stored += u64::try_from(filed.len())?;
        }
    }
    let half = u64::try_from(visits)?;
    for kiosk in &kiosks {
        // Some of it happens while the broker is unfaithful, or it would be no test.
        kiosk.wait(
            "half of the filings",
            || Ok(kiosk.counts()?.arrived >= half),
        )?;
    }
    broker.calm();
    for kiosk in &kiosks {
        kiosk.wait_settled()?;
    }
    let (mut held, mut doubled, mut arrived) = (0, 0, 0);
    for n in 0..CITIES {
        let filings = town.filings(n)?;
        held += u64::try_from(filings.len())?;
        doubled += u64::try_from(filings.iter().filter(|f| f.duplicate).count())?;
    }
    for kiosk in &kiosks {
        arrived += kiosk.counts()?.arrived;
    }
    let bad = broker.record().misdeeds();
    ensure!(bad > 0, "the broker was faithful");
    Ok(
        Line::of(format!("a broker that does anything, seed {seed}"))
            .with("filings", stored)
            .with("bad deeds", bad)
            .none("lost", stored.saturating_sub(held))
            .none("doubled", doubled + held.saturating_sub(stored))
            .none("without a receipt", stored.abs_diff(arrived)),
    )
}
