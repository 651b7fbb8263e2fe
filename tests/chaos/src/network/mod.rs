//! Networks as wards have them: narrow, lossy, cut, cut in one direction only, renumbered, with short packets.
//!
//! Kiosk, broker and city are processes in namespaces of their own ([`wires`]). Each scene breaks the wires while a kiosk
//! files ([`far`]), mends them, waits until everything is settled, and compares what was stored with what the city holds.
//! The kiosk has the product's own times unless a scene says that it is hasty. The controls: a cut wire lets no receipt
//! through, a lossy one has dropped packets, a narrow one carried no more than it can.

pub mod far;
pub mod wires;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ubugoe_bench::dice::Dice;
use ubugoe_bench::process::Process;
use ubugoe_bench::{pki, programs};
use ubugoe_protocol::FilingId;

use crate::table::Line;
use crate::town::{Database, PATIENCE, Places, Town};
use far::{Counts, Order};
use wires::{MTU, Way, Wire, Wires};

/// What a receipt may still need that was on its way when a wire was cut.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// How a kiosk files in a scene.
#[derive(Debug, Clone, Copy)]
pub struct Filing {
    /// Visits.
    pub visits: usize,
    /// Milliseconds between them; 0 makes a backlog.
    pub every: u64,
    /// Bytes of an attachment to each.
    pub attachment: usize,
    /// Short times instead of the product's own.
    pub hasty: bool,
}

/// A town spread over three networks, and a kiosk that files in it.
struct Scene {
    // In this order: who talks goes before who listens, and all of them before the wires.
    kiosk: Process,
    town: Town,
    wires: Wires,
    filing: Filing,
}

impl Scene {
    /// Lays the wires, starts everybody. `before` is done to the wires before the kiosk starts.
    fn begin(
        program: &Path,
        filing: Filing,
        before: impl FnOnce(&mut Wires) -> Result<()>,
    ) -> Result<Self> {
        let mut wires = Wires::new()?;
        let [seen_by_kiosk, seen_by_city] = pki::FAR;
        let places = Places {
            broker: Some(wires.broker().to_owned()),
            cities: Some(wires.city().to_owned()),
            address: Some(seen_by_city.to_owned()),
        };
        let town = Town::at(1, 1, Database::Sqlite, places)?;
        before(&mut wires)?;
        let order = Order {
            folder: town.folder().to_owned(),
            visits: filing.visits,
            every: filing.every,
            attachment: filing.attachment,
            device: 0,
            hasty: filing.hasty,
            brokers: vec![format!("{seen_by_kiosk}:{}", town.broker.port())],
        };
        let mut command = programs::within(Some(wires.kiosk()), program);
        command.arg("far").args(order.words());
        let log = town.folder().join("far.log");
        let kiosk = Process::spawn("far kiosk", command, log)?;
        Ok(Self {
            kiosk,
            town,
            wires,
            filing,
        })
    }

    /// Waits for the next receipt that is not said yet; how long it took.
    fn next_receipt(&self) -> Result<Duration> {
        let start = Instant::now();
        self.kiosk.wait_line_after(
            self.kiosk.mark(),
            "a receipt",
            |line| line.starts_with("arrived ") || line.starts_with("counts "),
            PATIENCE,
        )?;
        Ok(start.elapsed())
    }

    /// Lets time pass; how many times receipts came in it.
    fn watch(&self, time: Duration) -> u64 {
        let end = Instant::now() + time;
        let mut mark = self.kiosk.mark();
        let mut came = 0;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let receipt = |line: &str| line.starts_with("arrived ");
            if left.is_zero()
                || self
                    .kiosk
                    .wait_line_after(mark, "a receipt", receipt, left)
                    .is_err()
            {
                return came;
            }
            mark = self.kiosk.mark();
            came += 1;
        }
    }

    /// Tells the kiosk that it has filed enough.
    fn enough(&self) -> Result<()> {
        Ok(std::fs::write(self.town.folder().join(far::ENOUGH), "")?)
    }

    /// Waits until the kiosk has ended by itself, and compares.
    fn settle(&self, what: String, patience: Duration) -> Result<Line> {
        let ended = self
            .kiosk
            .wait(patience)
            .with_context(|| format!("it did not settle: {}", tail(&self.kiosk)))?;
        ensure!(ended.success(), "the kiosk failed: {}", self.kiosk.output());
        let counts = Counts::of(&self.kiosk)?;
        let output = self.kiosk.output();
        let said = far::stored(&output);
        ensure!(!said.is_empty(), "it filed nothing");
        let filings = self.town.filings(0)?;
        let held: BTreeSet<FilingId> = filings.iter().map(|row| row.id).collect();
        let doubled = filings.iter().filter(|row| row.duplicate).count() + filings.len()
            - said.intersection(&held).count();
        let (sent, received) = self.wires.bytes()?;
        let mut line = Line::of(what)
            .with("filings", u64::try_from(said.len())?)
            .none("lost", u64::try_from(said.difference(&held).count())?)
            .none("doubled", u64::try_from(doubled)?);
        if self.filing.attachment > 0 {
            let bytes = far::attachment(self.filing.attachment);
            let whole = self.town.attachments(0, &bytes)?;
            let all = u64::try_from(said.len())?;
            line = line.none("attachments not whole", all.saturating_sub(whole));
        }
        let share = |part: u64| part * 100 / counts.get("sealed").max(1);
        Ok(line
            .with("ms in all", counts.get("took"))
            .with("ms the longest gap", counts.get("gap"))
            .with("connections", counts.get("connections"))
            .with("stalls", counts.get("stalls"))
            .with(
                "rows sent again",
                counts
                    .get("published")
                    .saturating_sub(counts.get("arrived")),
            )
            .with("bytes sent per 100 sealed", share(sent))
            .with("bytes received per 100 sealed", share(received)))
    }
}

fn tail(process: &Process) -> String {
    let output = process.output();
    let lines: Vec<&str> = output
        .lines()
        .filter(|line| !line.starts_with("stored "))
        .collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(20))
        .copied()
        .collect::<Vec<_>>()
        .join(" | ")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A wire of so many bits per second each way, from the beginning.
///
/// # Errors
/// When it does not settle; what is lost or doubled is in the line.
pub fn narrow(program: &Path, bits: u32, filing: Filing) -> Result<Line> {
    let scene = Scene::begin(program, filing, |wires| wires.narrow(Wire::Ward, bits))?;
    let line = scene.settle(
        format!("{} kbit/s, {}", bits / 1000, words(filing)),
        PATIENCE * 3,
    )?;
    let (sent, _) = scene.wires.bytes()?;
    let rate = sent * 8000 / line.count("ms in all").max(1);
    Ok(line.with("bits sent per second", rate).none(
        "bits per second more than there were",
        // A burst at the beginning and the end of the last packet.
        rate.saturating_sub(u64::from(bits) * 11 / 10),
    ))
}

/// A wire that loses so many packets of a hundred, and may be narrow.
///
/// # Errors
/// As [`narrow`].
pub fn lossy(program: &Path, percent: u32, bits: Option<u32>, filing: Filing) -> Result<Line> {
    let scene = Scene::begin(program, filing, |wires| {
        if let Some(bits) = bits {
            wires.narrow(Wire::Ward, bits)?;
        }
        wires.lose(Wire::Ward, Way::Both, percent)?;
        wires.lose(Wire::Hall, Way::Both, percent)
    })?;
    let narrow = bits.map_or(String::new(), |bits| format!(", {} kbit/s", bits / 1000));
    let what = format!("{percent} % lost{narrow}, {}", words(filing));
    let line = scene.settle(what, PATIENCE * 3)?;
    let dropped = scene.wires.dropped()?;
    ensure!(dropped > 0, "nothing was dropped");
    Ok(line.with("packets dropped", dropped))
}

fn pace(filing: Filing) -> String {
    let patience = if filing.hasty { ", hasty" } else { "" };
    format!("a visit every {} ms{patience}", filing.every)
}

fn words(filing: Filing) -> String {
    if filing.attachment == 0 {
        return format!("{} visits", filing.visits);
    }
    format!(
        "{} visits with {} KB attached",
        filing.visits,
        filing.attachment / 1000
    )
}

/// What is done to a wire in [`partitions`].
const CUTS: [(&str, Option<Way>); 4] = [
    ("silent", Some(Way::Both)),
    ("silent towards the broker", Some(Way::Up)),
    ("silent from the broker", Some(Way::Down)),
    ("unplugged", None),
];

/// Cuts one wire or the other, in each of the four ways in turn, for up to `longest` each time.
///
/// # Errors
/// As [`narrow`].
pub fn partitions(
    program: &Path,
    cuts: usize,
    longest: Duration,
    seed: u64,
    filing: Filing,
) -> Result<Line> {
    let mut dice = Dice::new(seed);
    let mut scene = Scene::begin(program, filing, |_| Ok(()))?;
    let (mut down, mut back, mut through) = (Duration::ZERO, Duration::ZERO, 0);
    let mut done = 0_u64;
    while usize::try_from(done)? < cuts {
        scene.next_receipt()?;
        if !scene.kiosk.is_running() {
            break;
        }
        let at = usize::try_from(done)? % CUTS.len();
        let (_, way) = CUTS.get(at).copied().context("four ways")?;
        let wire = if dice.below(3) == 0 {
            Wire::Hall
        } else {
            Wire::Ward
        };
        match way {
            Some(way) => scene.wires.lose(wire, way, 100)?,
            None => scene.wires.unplug(wire)?,
        }
        let time = ON_ITS_WAY + Duration::from_millis(dice.below(millis(longest)));
        let start = Instant::now();
        scene.watch(ON_ITS_WAY);
        through += scene.watch(time.saturating_sub(ON_ITS_WAY));
        down += start.elapsed();
        match way {
            Some(_) => scene.wires.lose(wire, Way::Both, 0)?,
            None => scene.wires.plug(wire)?,
        }
        back = back.max(scene.next_receipt()?);
        done += 1;
    }
    scene.enough()?;
    let what = format!("partitions, seed {seed}, {}", pace(filing));
    let line = scene.settle(what, PATIENCE * 2)?;
    ensure!(done > 0, "nothing was cut");
    Ok(line
        .with("cuts", done)
        .with("ms cut", millis(down))
        .with("ms at most from mended to the next receipt", millis(back))
        .none("receipts through a cut wire", through))
}

/// Pulls the ward's plug and puts it back, again and again, never leaving it long in either state.
///
/// # Errors
/// As [`narrow`].
pub fn flapping(program: &Path, times: u64, seed: u64, filing: Filing) -> Result<Line> {
    let mut dice = Dice::new(seed);
    let scene = Scene::begin(program, filing, |_| Ok(()))?;
    scene.next_receipt()?;
    let mut done = 0;
    while done < times && scene.kiosk.is_running() {
        scene.wires.unplug(Wire::Ward)?;
        scene.watch(Duration::from_millis(200 + dice.below(1500)));
        scene.wires.plug(Wire::Ward)?;
        scene.watch(Duration::from_millis(200 + dice.below(1500)));
        done += 1;
    }
    scene.enough()?;
    let what = format!("flapping, seed {seed}, {}", pace(filing));
    let line = scene.settle(what, PATIENCE * 2)?;
    Ok(line.with("times unplugged", done))
}

/// The kiosk is given another address while it talks, as between two access points.
///
/// # Errors
/// As [`narrow`].
pub fn renumbered(program: &Path, times: u64, filing: Filing) -> Result<Line> {
    let scene = Scene::begin(program, filing, |_| Ok(()))?;
    let (mut done, mut back) = (0, Duration::ZERO);
    while done < times {
        scene.next_receipt()?;
        if !scene.kiosk.is_running() {
            break;
        }
        // Never the address it has.
        scene.wires.renumber(if done % 2 == 0 { 3 } else { 2 })?;
        back = back.max(scene.next_receipt()?);
        done += 1;
    }
    scene.enough()?;
    let line = scene.settle(format!("another address, {}", pace(filing)), PATIENCE * 2)?;
    ensure!(done > 0, "it never had another address");
    Ok(line
        .with("changes", done)
        .with("ms at most from the change to a receipt", millis(back)))
}

/// Packets may suddenly be no larger than `bytes`, and what is larger vanishes.
///
/// # Errors
/// As [`narrow`].
pub fn short_packets(program: &Path, bytes: u32, filing: Filing) -> Result<Line> {
    let scene = Scene::begin(program, filing, |_| Ok(()))?;
    scene.next_receipt()?;
    scene.wires.mtu(Wire::Ward, bytes)?;
    let back = scene.next_receipt()?;
    let line = scene.settle(
        format!(
            "packets of {bytes} bytes instead of {MTU}, {}",
            words(filing)
        ),
        PATIENCE * 2,
    )?;
    Ok(line.with("ms from the change to a receipt", millis(back)))
}

/// Nothing is wrong: what the other scenes are to be compared with.
///
/// # Errors
/// As [`narrow`].
pub fn calm(program: &Path, filing: Filing) -> Result<Line> {
    let scene = Scene::begin(program, filing, |_| Ok(()))?;
    scene.settle(format!("nothing wrong, {}", words(filing)), PATIENCE)
}

/// One scene of the long form, by name.
pub type Named = (&'static str, Box<dyn Fn(&Path, u64) -> Result<Line>>);

/// The scenes of the long form.
#[must_use]
pub fn scenes() -> Vec<Named> {
    const fn filing(visits: usize, every: u64, attachment: usize) -> Filing {
        Filing {
            visits,
            every,
            attachment,
            hasty: false,
        }
    }
    const fn hasty(visits: usize, every: u64) -> Filing {
        Filing {
            hasty: true,
            ..filing(visits, every, 0)
        }
    }
    fn scene(name: &'static str, run: impl Fn(&Path, u64) -> Result<Line> + 'static) -> Named {
        (name, Box::new(run))
    }
    /// More than there is time for: these scenes end by themselves.
    const MOST: usize = 100_000;
    let half_a_minute = Duration::from_secs(30);
    let nine_seconds = Duration::from_secs(9);
    vec![
        scene("calm", |p, _| calm(p, filing(200, 0, 0))),
        scene("calm, attached", |p, _| calm(p, filing(10, 0, 250_000))),
        scene("64k", |p, _| narrow(p, 64_000, filing(200, 0, 0))),
        scene("64k, steady", |p, _| narrow(p, 64_000, filing(100, 500, 0))),
        scene("64k, attached", |p, _| {
            narrow(p, 64_000, filing(6, 0, 250_000))
        }),
        scene("16k", |p, _| narrow(p, 16_000, filing(40, 0, 0))),
        scene("16k, attached", |p, _| {
            narrow(p, 16_000, filing(1, 0, 200_000))
        }),
        scene("5 % lost", |p, _| lossy(p, 5, None, filing(200, 0, 0))),
        scene("20 % lost", |p, _| lossy(p, 20, None, filing(200, 0, 0))),
        scene("5 % lost, 64k", |p, _| {
            lossy(p, 5, Some(64_000), filing(60, 0, 0))
        }),
        scene("cut", move |p, seed| {
            partitions(p, 16, half_a_minute, seed, filing(MOST, 150, 0))
        }),
        scene("cut, hasty", move |p, seed| {
            partitions(p, 30, nine_seconds, seed ^ 1, hasty(MOST, 100))
        }),
        scene("flapping", |p, seed| {
            flapping(p, 30, seed, filing(MOST, 100, 0))
        }),
        scene("another address", |p, _| {
            renumbered(p, 6, filing(MOST, 150, 0))
        }),
        scene("short packets", |p, _| {
            short_packets(p, 576, filing(300, 100, 0))
        }),
    ]
}
