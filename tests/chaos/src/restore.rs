//! The city's database crashes, and is restored from a backup that lacks the last filings, which were receipted.
//!
//! A crash loses nothing: what was receipted was committed. A restore does: then the kiosks, which keep sealed filings for some
//! days after their receipts, send them again, and each gets its old number, time and receipt back.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use ubugoe_protocol::FilingId;

use crate::table::Line;
use crate::town::{Database, Kiosk, Town, now};

/// Where each filing stands at the city: number and time of arrival.
fn held(town: &Town) -> Result<BTreeMap<FilingId, (u64, i64)>> {
    let rows = town.filings(0)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, (row.arrival_no, row.arrived_at)))
        .collect())
}

fn file(kiosk: &mut Kiosk, from: usize, count: usize) -> Result<()> {
    for n in from..from + count {
        kiosk.file(&format!("RESTORE-{n:05}"), &[0], now())?;
    }
    Ok(())
}

/// Crashes PostgreSQL `crashes` times while filings arrive.
///
/// # Errors
/// When it does not recover; what is lost or doubled is in the line.
pub fn crash(visits: usize, crashes: usize) -> Result<Line> {
    let mut town = Town::build(1, 1, Database::Postgres)?;
    let mut kiosk = town.kiosk(0)?;
    kiosk.connect(town.broker.port())?;
    let each = visits / crashes.max(1);
    for n in 0..crashes {
        file(&mut kiosk, n * each, each)?;
        // In the middle of them.
        let goal = u64::try_from(n * each + each / 2)?;
        kiosk.wait("arrivals", || Ok(kiosk.counts()?.arrived >= goal))?;
        town.postgres.as_mut().context("a cluster")?.restart()?;
    }
    kiosk.wait_settled()?;
    let (held, stored) = (held(&town)?, u64::try_from(crashes * each)?);
    let counts = kiosk.counts()?;
    Ok(Line::of("PostgreSQL crashed while filings arrive")
        .with("filings", stored)
        .with("crashes", u64::try_from(crashes)?)
        .none("lost", stored.saturating_sub(u64::try_from(held.len())?))
        .none("doubled", u64::try_from(held.len())?.saturating_sub(stored))
        .none("without a receipt", stored.abs_diff(counts.arrived)))
}

/// Restores a backup that lacks `lost` receipted filings, and lets the kiosk bring them back.
///
/// # Errors
/// When a part does not start again; what stays lost or has another number than before is in the line.
pub fn backup(before: usize, lost: usize) -> Result<Line> {
    let mut town = Town::build(1, 1, Database::Postgres)?;
    let mut kiosk = town.kiosk(0)?;
    kiosk.connect(town.broker.port())?;
    file(&mut kiosk, 0, before)?;
    kiosk.wait_settled()?;
    town.kill_city(0)?;
    let since = jiff::Timestamp::from_second(now() - 1)?;
    town.postgres.as_mut().context("a cluster")?.back_up()?;
    town.start_city(0)?;
    file(&mut kiosk, before, lost)?;
    kiosk.wait_settled()?;
    let truth = held(&town)?;
    town.kill_city(0)?;
    town.postgres.as_mut().context("a cluster")?.restore()?;
    let gone = truth.len() - held(&town)?.len();
    ensure!(
        gone == lost,
        "the restore was to lose {lost} filings and lost {gone}"
    );
    let said = town.city_command(0, "after-restore", &["--since", &since.to_string()])?;
    town.start_city(0)?;
    // New filings come in before, between and after the old ones.
    file(&mut kiosk, before + lost, 5)?;
    kiosk
        .wait("the filings that were lost", || {
            let now = held(&town)?;
            Ok(truth.keys().all(|id| now.contains_key(id)))
        })
        .with_context(|| said.clone())?;
    kiosk.wait_settled()?;
    let now = held(&town)?;
    let other = truth
        .iter()
        .filter(|(id, place)| now.get(id) != Some(place))
        .count();
    let missing = truth.keys().filter(|id| !now.contains_key(id)).count();
    Ok(Line::of("PostgreSQL restored from a backup")
        .with("filings before it", u64::try_from(before)?)
        .with("receipted filings it lacked", u64::try_from(gone)?)
        .with("brought back by the kiosk", u64::try_from(gone - missing)?)
        .none("still lost", u64::try_from(missing)?)
        .none(
            "with another number or time than their receipt",
            u64::try_from(other)?,
        )
        .none(
            "doubled",
            u64::try_from(now.len())?.saturating_sub(u64::try_from(truth.len() + 5)?),
        ))
}
