//! The whole way: sealed, stored, sent over mutual TLS through a real Mosquitto to the real city program
//! with SQLite, and its signed receipt verified and kept in the outbox.
//!
//! The kiosk's half (sealing, outbox, link) runs in this process, without a screen; it is the same code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::civil::Date;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::rig::{CITY, DEVICE, Rig, RigConfig};
use ubugoe_edge::link::{Config as LinkConfig, Stats};
use ubugoe_edge::outbox::{Config, Outbox, OutboxHandle, Recipients};
use ubugoe_edge::{Alert, Broker, Link, LinkEvent, Tls, Trouble, Tuning};
use ubugoe_protocol::{FilingId, RecipientSecretKey, VerifyingKey};

use crate::papers::{Alone, Paper, Sealer};
use crate::report::{Cell, Group, per, percentile, rate};
use crate::{Arguments, clock};

/// Filings sent before anything is measured: connection, session and caches are there then.
pub(crate) const WARM_UP: usize = 20;
/// Milliseconds within which 99 of 100 receipts of the gentle run must be there.
const BUDGET: f64 = 100.0;
/// How long the last receipt of a run may take.
const LIMIT: Duration = Duration::from_mins(2);
/// How many filings of a gentle run may still be on their way when the next is due; more would be a burst.
const RUSH: usize = 100;

/// What the link told, with the moment.
pub(crate) enum Told {
    Receipt(FilingId, u64, Instant),
    Trouble(String),
}

/// What of a link's news is of interest here.
pub(crate) fn told_of(event: LinkEvent) -> Option<Told> {
    let now = Instant::now();
    Some(match event {
        LinkEvent::Receipt { receipt, .. } => Told::Receipt(receipt.id, receipt.arrival_no, now),
        LinkEvent::Refused(refusal) => Told::Trouble(format!("{refusal:?}")),
        LinkEvent::Disconnected { reason } => Told::Trouble(format!("{reason:?}")),
        // The city says that its pages are up before it has subscribed; the link tries again.
        LinkEvent::Alert(
            Alert::NobodyListens(_)
            | Alert::Row {
                trouble: Trouble::NobodyListens,
                ..
            },
        )
        | LinkEvent::Mode(_)
        | LinkEvent::Connected(_)
        | LinkEvent::Sent(_)
        | LinkEvent::Status(_)
        | LinkEvent::Command(_)
        | LinkEvent::Manifest { .. }
        | LinkEvent::Part(_)
        | LinkEvent::Grant(_)
        | LinkEvent::Second(_)
        | LinkEvent::Identity(_) => return None,
        LinkEvent::Alert(alert) => Told::Trouble(format!("{alert:?}")),
    })
}

/// What link and cable have counted.
#[derive(Clone, Copy)]
struct SoFar {
    stats: Stats,
    up: u64,
    down: u64,
}

/// A kiosk without a screen.
struct Kiosk {
    // In this order: the link ends before its broker does.
    link: Link,
    told: Receiver<Told>,
    outbox: OutboxHandle,
    sealer: Sealer,
    rig: Rig,
}

/// Filings under way and back.
#[derive(Default)]
struct Run {
    began: BTreeMap<FilingId, Instant>,
    /// Milliseconds from handing a row to the outbox to its receipt.
    took: Vec<f64>,
    /// The city's own running numbers.
    numbers: BTreeSet<u64>,
    first: Option<Instant>,
    last: Option<Instant>,
    most_under_way: usize,
    stored_in: Duration,
}

/// Sends `papers` in three runs: a warm-up, a gentle one, a burst. `alone` is the rate at which one
/// core does nothing but seal, open and check filings.
pub(crate) fn figures(
    arguments: &Arguments,
    folder: &Path,
    today: Date,
    papers: &[Paper],
    alone: &Alone,
) -> Result<Group> {
    let kiosk = Kiosk::start(folder, today)?;
    let (warm, rest) = papers
        .split_at_checked(WARM_UP)
        .context("too few filings")?;
    let (gentle, burst) = rest
        .split_at_checked(usize::from(arguments.gentle))
        .context("too few filings")?;
    kiosk.send(warm, None)?;
    let pause = Duration::from_secs(1) / u32::from(arguments.rate);
    let start = kiosk.so_far();
    let slow = kiosk.send(gentle, Some(pause))?;
    let between = kiosk.so_far();
    let fast = kiosk.send(burst, None)?;
    let end = kiosk.so_far();
    let gentle_name = format!("{} filings, {} per second", gentle.len(), arguments.rate);
    let burst_name = format!("{} filings at once", burst.len());
    let canonical = papers.first().map_or(0, |paper| paper.canonical.len());
    let rows = vec![
        slow.row(&gentle_name, alone, canonical, (start, between)),
        fast.row(&burst_name, alone, canonical, (between, end)),
    ];
    let mut broken: Vec<String> = [(&slow, gentle.len()), (&fast, burst.len())]
        .iter()
        .filter(|(run, sent)| run.took.len() != *sent || run.numbers.len() != *sent)
        .map(|(run, sent)| {
            let (came, numbers) = (run.took.len(), run.numbers.len());
            format!("{sent} filings sent, {came} receipts came, with {numbers} different numbers")
        })
        .collect();
    let ninety_nine = slow.percentile(99);
    if ninety_nine > BUDGET {
        broken.push(format!(
            "99 of 100 receipts of the gentle run were there after {ninety_nine:.0} ms; the budget is {BUDGET:.0} ms"
        ));
    }
    let counts = kiosk.outbox.lock().counts()?;
    if counts.arrived != u64::try_from(papers.len())? {
        broken.push(format!("the outbox holds {counts:?}"));
    }
    Ok(group(rows, &kiosk.notes(papers, &fast, alone)?, broken))
}

fn group(rows: Vec<Vec<Cell>>, notes: &[String], broken: Vec<String>) -> Group {
    Group {
        title: "the whole way: from the outbox through Mosquitto (mutual TLS) to ubugoe-city (SQLite) and its receipt back",
        commands: Vec::new(),
        columns: &[
            "run",
            "receipts",
            "filings/s",
            "of one core",
            "p50 ms",
            "p99 ms",
            "most under way",
            "publishes per filing",
            "repeated receipts",
            "bytes up per filing",
            "bytes down per filing",
            "of the canonical bytes",
        ],
        rows,
        notes: notes.to_vec(),
        broken,
    }
}

impl Kiosk {
    fn start(folder: &Path, today: Date) -> Result<Self> {
        let rig = Rig::start(RigConfig {
            folder: Some(folder.join("rig")),
            ..RigConfig::plain(today)
        })?;
        let outbox = OutboxHandle::new(Outbox::open(&Config::at(folder.join("kiosk.db")))?);
        let (sender, told) = channel();
        // through the cable, which counts
        let config = link_config(&rig.pki, DEVICE, rig.wire.port())?;
        let link = Link::start(config, outbox.clone(), move |event| {
            // At the end nobody listens any more.
            let _ = told_of(event).map(|word| sender.send(word));
        })?;
        Ok(Self {
            link,
            told,
            outbox,
            sealer: Sealer::of(rig.pki.dir(), DEVICE)?,
            rig,
        })
    }

    fn so_far(&self) -> SoFar {
        SoFar {
            stats: self.link.stats(),
            up: self.rig.wire.up(),
            down: self.rig.wire.down(),
        }
    }

    /// Seals and stores one filing after the other, `pause` apart, and waits for all receipts.
    fn send(&self, papers: &[Paper], pause: Option<Duration>) -> Result<Run> {
        let mut run = Run::default();
        let start = Instant::now();
        run.first = Some(start);
        let mut due = start;
        for paper in papers {
            self.file(paper, &mut run)?;
            if let Some(pause) = pause {
                due += pause;
                ensure!(run.began.len() < RUSH, "the city does not keep up");
            }
            self.listen(&mut run, due)?;
        }
        run.stored_in = start.elapsed();
        let limit = Instant::now() + LIMIT;
        while !run.began.is_empty() {
            ensure!(
                Instant::now() < limit,
                "{} receipts missing",
                run.began.len()
            );
            self.take_next(&mut run, limit)?;
        }
        Ok(run)
    }

    fn file(&self, paper: &Paper, run: &mut Run) -> Result<()> {
        let (now, _) = clock();
        let (row, _) = self.sealer.seal(paper, now)?;
        let began = Instant::now();
        run.began.insert(row.id, began);
        run.most_under_way = run.most_under_way.max(run.began.len());
        let visit = *row.id.as_bytes();
        self.outbox.lock().store(&visit, &[row], &[0; 256], now)?;
        self.link.wake();
        Ok(())
    }

    /// Takes what is told until a moment, at least what was told already.
    fn listen(&self, run: &mut Run, until: Instant) -> Result<()> {
        while self.take_next(run, until)? {}
        Ok(())
    }

    /// Whether something was told before `until`.
    fn take_next(&self, run: &mut Run, until: Instant) -> Result<bool> {
        let left = until.saturating_duration_since(Instant::now());
        match self.told.recv_timeout(left) {
            Ok(Told::Receipt(id, number, at)) => {
                run.last = Some(at);
                run.numbers.insert(number);
                if let Some(began) = run.began.remove(&id) {
                    run.took.push(at.duration_since(began).as_secs_f64() * 1e3);
                }
                Ok(true)
            }
            Ok(Told::Trouble(what)) => bail!("on the way: {what}"),
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => bail!("the link ended"),
        }
    }

    fn notes(&self, papers: &[Paper], burst: &Run, alone: &Alone) -> Result<Vec<String>> {
        let first = papers.first().context("no filings")?;
        let (_, sealed) = self.sealer.seal(first, clock().0)?;
        ensure!(
            self.rig
                .city()
                .is_some_and(ubugoe_bench::process::Process::is_running),
            "the city is gone"
        );
        let stored = rate(burst.numbers.len(), burst.stored_in);
        Ok(vec![
            format!(
                "birth notifications, each with its own content and card signature (CMS checked beforehand): {} bytes canonical, {} CMS, {} sealed",
                first.canonical.len(),
                first.cms.len(),
                sealed.len()
            ),
            "ms: from handing the sealed row to the outbox until its receipt is verified and on disk; one transaction per filing".to_owned(),
            format!(
                "filings/s: from the first seal to the last receipt; in the burst {stored:.0} per second were sealed and stored while receipts came in"
            ),
            format!(
                "of one core: as a ratio to sealing, opening, parsing and checking CMS signatures alone, {:.0} per second here ({})",
                alone.rate, alone.shares
            ),
            format!("budget: p99 of the gentle run at {BUDGET:.0} ms or less"),
            "bytes: what a relay between kiosk and broker carried, TLS, MQTT, keep-alives and acknowledgements included; of the canonical bytes: both ways together".to_owned(),
            format!("{WARM_UP} filings before the measured ones; kiosk, broker and city share this machine's cores and disk"),
        ])
    }
}

/// How one of the world's devices finds its broker and proves itself.
pub(crate) fn link_config(pki: &Pki, device: &str, port: u16) -> Result<LinkConfig> {
    let files = pki.device_tls(device);
    let receipt = pki.text(&format!("city-{CITY}.receipt.pub"))?;
    Ok(LinkConfig {
        brokers: vec![Broker {
            host: "localhost".to_owned(),
            port,
        }],
        network: ubugoe_edge::Network::default(),
        identities: None,
        tls: Tls {
            ca_pem: std::fs::read(files.ca)?,
            crl_pem: Vec::new(),
            cert_pem: std::fs::read(files.cert)?,
            key_pem: std::fs::read(files.key)?,
        },
        device: device.parse()?,
        device_key: RecipientSecretKey::from_text(&pki.text(&format!("device-{device}.hpke"))?)?,
        recipients: Recipients::from([(CITY.parse()?, VerifyingKey::from_text(&receipt)?)]),
        voice: None,
        clock: Arc::new(|| clock().0),
        tuning: Tuning::default(),
    })
}

impl Run {
    fn percentile(&self, percent: usize) -> f64 {
        let mut took = self.took.clone();
        took.sort_by(f64::total_cmp);
        percentile(&took, percent)
    }

    fn row(
        &self,
        name: &str,
        alone: &Alone,
        canonical: usize,
        (before, after): (SoFar, SoFar),
    ) -> Vec<Cell> {
        let whole = self.last.zip(self.first);
        let whole = whole.map_or(Duration::ZERO, |(last, first)| last.duration_since(first));
        let filings = self.took.len();
        let speed = rate(filings, whole);
        let per_filing = |before: u64, after: u64| per(after.saturating_sub(before), filings);
        let (up, down) = (
            per_filing(before.up, after.up),
            per_filing(before.down, after.down),
        );
        vec![
            Cell::text(name),
            Cell::count(filings),
            Cell::Number(speed, 0),
            Cell::Number(speed / alone.rate, 2),
            Cell::Number(self.percentile(50), 1),
            Cell::Number(self.percentile(99), 1),
            Cell::count(self.most_under_way),
            Cell::Number(per_filing(before.stats.published, after.stats.published), 2),
            Cell::Count(after.stats.repeated - before.stats.repeated),
            Cell::Number(up, 0),
            Cell::Number(down, 0),
            Cell::Number((up + down) / per(canonical as u64, 1), 2),
        ]
    }
}
