//! A broker that breaks every promise it can break without the keys: each filing still arrives once, or waits.

use anyhow::{Result, ensure};

use crate::dice::Dice;
use crate::meddler::{Deed, Meddler, PUBACK, PUBLISH, Packet, Script};
use crate::table::Line;
use crate::town::{Database, Town, city, device, now};

/// The kinds of unfaithfulness that are looked at one by one.
pub const FAULTS: [(&str, Deed); 9] = [
    ("drops", Deed::Drop),
    ("doubles", Deed::Twice),
    ("reorders", Deed::After),
    ("replays", Deed::WithOld),
    ("acknowledges and forgets", Deed::Lie(0)),
    ("refuses for want of rights", Deed::Lie(0x87)),
    ("breaks off in a packet", Deed::Half),
    ("falls silent", Deed::Silence),
    ("misdelivers", Deed::Stray),
];

fn calm() -> Script {
    Box::new(|_| Deed::Pass)
}

/// Does one deed to every third publish or acknowledgement, at most `most` times.
fn every_third(deed: Deed, most: u32) -> Script {
    let (mut met, mut done) = (0, 0);
    Box::new(move |packet: &Packet| {
        if !matches!(packet.kind, PUBLISH | PUBACK) {
            return Deed::Pass;
        }
        met += 1;
        if met % 3 == 0 && done < most {
            done += 1;
            return deed.clone();
        }
        Deed::Pass
    })
}

/// What the dice say, for a while.
fn random(seed: u64, most: u32) -> Script {
    let mut dice = Dice::new(seed);
    let mut done = 0;
    Box::new(move |packet: &Packet| {
        let touch = matches!(packet.kind, PUBLISH | PUBACK) && dice.below(4) == 0;
        if !touch || done >= most {
            return Deed::Pass;
        }
        done += 1;
        let at = usize::try_from(dice.below(10)).unwrap_or(0);
        FAULTS.get(at).map_or(Deed::Close, |(_, deed)| deed.clone())
    })
}

/// Two kiosks file through an unfaithful broker; then it is faithful, and everything has to settle.
///
/// # Errors
/// When it does not; what is lost or doubled is in the line.
pub fn run(name: &str, script: Script, visits: usize) -> Result<Line> {
    let mut town = Town::build(2, 2, Database::Sqlite)?;
    let meddler = Meddler::before(town.broker.port(), town.pki.dir(), calm())?;
    // The cities stand behind it too.
    for n in 0..2 {
        town.kill_city(n)?;
    }
    town.through(meddler.port());
    for n in 0..2 {
        town.start_city(n)?;
    }
    meddler.follow(script);
    let mut kiosks = vec![town.kiosk(0)?, town.kiosk(1)?];
    for kiosk in &mut kiosks {
        kiosk.connect(meddler.port())?;
    }
    let mut stored = 0_u64;
    for visit in 0..visits {
        for (n, kiosk) in kiosks.iter_mut().enumerate() {
            let filed = kiosk.file(&format!("MEDDLE-{n}-{visit:04}"), &[0, 1], now())?;
            stored += u64::try_from(filed.len())?;
        }
    }
    for kiosk in &kiosks {
        let half = u64::try_from(visits)?;
        // Some of it happens while the broker is unfaithful, or it would be no test.
        kiosk.wait(
            "half of the filings",
            || Ok(kiosk.counts()?.arrived >= half),
        )?;
    }
    meddler.follow(calm());
    for kiosk in &kiosks {
        kiosk.wait_settled()?;
    }
    let (mut held, mut doubled, mut arrived) = (0, 0, 0);
    for n in 0..2 {
        let filings = town.filings(n)?;
        held += u64::try_from(filings.len())?;
        doubled += u64::try_from(filings.iter().filter(|f| f.duplicate).count())?;
    }
    for kiosk in &kiosks {
        arrived += kiosk.counts()?.arrived;
    }
    let deeds = meddler.deeds();
    let bad: u64 = deeds
        .iter()
        .filter(|(name, _)| **name != "passed")
        .map(|(_, n)| n)
        .sum();
    ensure!(bad > 0, "the broker was faithful: {deeds:?}");
    Ok(Line::of(format!("a broker that {name}"))
        .with("filings", stored)
        .with("bad deeds", bad)
        .with(
            "publishes seen",
            u64::try_from(meddler.seen().iter().filter(|p| p.kind == PUBLISH).count())?,
        )
        .none("lost", stored.saturating_sub(held))
        .none("doubled", doubled + held.saturating_sub(stored))
        .none("without a receipt", stored.abs_diff(arrived)))
}

/// One fault.
///
/// # Errors
/// As [`run`].
pub fn one(fault: usize, visits: usize) -> Result<Line> {
    let (name, deed) = FAULTS
        .get(fault)
        .cloned()
        .unwrap_or(("is faithful", Deed::Pass));
    // Silence is over when somebody gives up; a few times are enough.
    let most = if deed == Deed::Silence { 2 } else { 12 };
    run(name, every_third(deed, most), visits)
}

/// All faults at once, as the dice fall.
///
/// # Errors
/// As [`run`].
pub fn any(seed: u64, visits: usize) -> Result<Line> {
    run(
        &format!("does anything, seed {seed}"),
        random(seed, 60),
        visits,
    )
}

/// What a curious broker learns from a visit: who sends to whom, when, and how much. Everything it saw is searched for what
/// it must not see.
///
/// # Errors
/// When the visit does not arrive; what it learned too much is in the line.
pub fn curious() -> Result<Line> {
    let mut town = Town::build(1, 2, Database::Sqlite)?;
    let meddler = Meddler::before(town.broker.port(), town.pki.dir(), calm())?;
    for n in 0..2 {
        town.kill_city(n)?;
    }
    town.through(meddler.port());
    for n in 0..2 {
        town.start_city(n)?;
    }
    let mut kiosk = town.kiosk(0)?;
    kiosk.connect(meddler.port())?;
    for visit in 0..3 {
        kiosk.file(&format!("CURIOUS-{visit}"), &[0, 1], now())?;
    }
    kiosk.wait_settled()?;
    let seen = meddler.seen();
    let d = device(0);
    let mut allowed: Vec<String> = (0..2)
        .flat_map(|n| {
            let c = city(n);
            [
                format!("ubg/v1/up/{d}/{c}"),
                format!("ubg/v1/city/{c}/presence"),
            ]
        })
        .collect();
    for channel in ["receipt", "status", "catalogue", "command"] {
        allowed.push(format!("ubg/v1/down/{d}/{channel}"));
    }
    let topics = crate::meddler::topics(&seen);
    ensure!(topics.len() >= 4, "it saw {topics:?}");
    let other: Vec<&String> = topics.iter().filter(|t| !allowed.contains(t)).collect();
    let secrets = [
        "CURIOUS",
        "山田",
        "花子",
        "shussei",
        "出生",
        "あすこえ市",
        "汐見町",
        "http://",
        "https://",
    ];
    let all: Vec<u8> = seen.iter().flat_map(|p| p.frame.iter().copied()).collect();
    let told: Vec<&str> = secrets
        .into_iter()
        .filter(|s| all.windows(s.len()).any(|w| w == s.as_bytes()))
        .collect();
    let kept = seen
        .iter()
        .filter(|p| p.retained() && !p.topic().is_some_and(|t| t.ends_with("/presence")))
        .count();
    let mut line = Line::of("what a curious broker learns")
        .with("packets", u64::try_from(seen.len())?)
        .with("bytes", u64::try_from(all.len())?)
        .with("topics", u64::try_from(topics.len())?)
        .none("topics of another form", u64::try_from(other.len())?)
        .none("words of the filings", u64::try_from(told.len())?)
        .none("retained messages but presence", u64::try_from(kept)?);
    line.broken
        .extend(told.into_iter().map(|t| format!("it read {t}")));
    line.broken
        .extend(other.into_iter().map(|t| format!("it saw the topic {t}")));
    Ok(line)
}
