//! After a month without a network, a hundred kiosks come back in the same minute.

use std::time::Instant;

use anyhow::Result;

use crate::table::Line;
use crate::town::{Database, Town, now};

/// One kiosk that was offline for `days` and stored `visits`, each with a form for each of three cities in turn.
///
/// # Errors
/// When it does not settle; what is lost or doubled is in the line.
pub fn month(days: i64, visits: usize, database: Database) -> Result<Line> {
    const CITIES: usize = 3;
    let town = Town::build(1, CITIES, database)?;
    let mut kiosk = town.kiosk(0)?;
    let began = now() - days * 86_400;
    let every = days * 86_400 / i64::try_from(visits)?.max(1);
    let mut at = began;
    let mut stored = 0_u64;
    for n in 0..visits {
        let to: Vec<usize> = (0..=n % CITIES).collect();
        stored += u64::try_from(kiosk.file(&format!("MONTH-{n:05}"), &to, at)?.len())?;
        at += every;
    }
    let start = Instant::now();
    kiosk.connect(town.broker.port())?;
    kiosk.wait_settled()?;
    let took = start.elapsed();
    let mut held = 0;
    let mut doubled = 0;
    for n in 0..CITIES {
        let filings = town.filings(n)?;
        held += u64::try_from(filings.len())?;
        doubled += u64::try_from(filings.iter().filter(|f| f.duplicate).count())?;
    }
    let counts = kiosk.counts()?;
    Ok(Line::of(format!("{days} days offline"))
        .with("visits", u64::try_from(visits)?)
        .with("filings", stored)
        .with("ms to drain", u64::try_from(took.as_millis())?)
        .none("lost", stored.saturating_sub(held))
        .none("doubled", doubled + held.saturating_sub(stored))
        .none("without a receipt", stored.abs_diff(counts.arrived)))
}

/// `kiosks` devices with `each` filings, all connected at once.
///
/// # Errors
/// As [`month`].
pub fn together(kiosks: usize, each: usize, database: Database) -> Result<Line> {
    let town = Town::build(kiosks, 1, database)?;
    let mut all = Vec::new();
    for n in 0..kiosks {
        let mut kiosk = town.kiosk(n)?;
        for visit in 0..each {
            kiosk.file(&format!("CROWD-{n:04}-{visit:03}"), &[0], now() - 86_400)?;
        }
        all.push(kiosk);
    }
    let start = Instant::now();
    for kiosk in &mut all {
        kiosk.connect(town.broker.port())?;
    }
    for kiosk in &all {
        kiosk.wait_settled()?;
    }
    let took = start.elapsed();
    let stored = u64::try_from(kiosks * each)?;
    let filings = town.filings(0)?;
    let held = u64::try_from(filings.len())?;
    let mut arrived = 0;
    for kiosk in &all {
        arrived += kiosk.counts()?.arrived;
    }
    let rate = u64::try_from(u128::from(stored) * 1000 / took.as_millis().max(1))?;
    Ok(Line::of(format!("{kiosks} kiosks at once"))
        .with("filings", stored)
        .with("ms to drain", u64::try_from(took.as_millis())?)
        .with("filings per second", rate)
        .none("lost", stored.saturating_sub(held))
        .none(
            "doubled",
            held.saturating_sub(stored)
                + u64::try_from(filings.iter().filter(|f| f.duplicate).count())?,
        )
        .none("without a receipt", stored.abs_diff(arrived)))
}
