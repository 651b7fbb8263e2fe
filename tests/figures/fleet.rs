//! The whole way into PostgreSQL, several kiosks at once, beside PostgreSQL alone committing the same rows.
//!
//! ```text
//!  ours   4 kiosks: seal, store, send ─> mosquitto (mutual TLS) ─> ubugoe-city: open, check CMS, commit ─> receipts back
//!  alone  psql ─> the same PostgreSQL: the rows that our round left, in the transactions in which it left them
//! ```
//!
//! Rounds of both take turns in one run. PostgreSQL itself says which rows came in one transaction (`xmin`), so the
//! replay knows nothing of the city's program. It inserts all rows that a transaction has for a table with one
//! statement, which is the fewest that SQL needs; it opens, checks, signs and answers nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::pki::Pki;
use ubugoe_bench::ports::Lease;
use ubugoe_bench::postgres::Postgres;
use ubugoe_bench::process::Process;
use ubugoe_bench::programs;
use ubugoe_bench::rig::{self, CITY};
use ubugoe_chaos::town;
use ubugoe_city::config::StoreAddress;
use ubugoe_city::server::open_store;
use ubugoe_edge::Link;
use ubugoe_edge::outbox::{Config, Outbox, OutboxHandle};
use ubugoe_protocol::FilingId;
use ubugoe_vcard::{AUTH_CA_FILE, Issuer, SIGN_CA_FILE};

use crate::clock;
use crate::papers::{Paper, Sealer};
use crate::report::{Cell, Group, median, per, rate};
use crate::travel::{Told, link_config, told_of};

/// Kiosks that file at once.
const KIOSKS: usize = 4;
/// Rounds of both sides.
const ROUNDS: usize = 5;
/// Filings of a round.
pub(crate) const FILINGS: usize = 1_200;
/// Filings by which each kiosk, the broker and the city warm up.
const WARM_UP: usize = 10;
/// What ours must reach of PostgreSQL alone.
const BUDGET: f64 = 0.7;
/// How long anything may take.
const LIMIT: Duration = Duration::from_mins(1);
/// What a filing's arrival writes, in the order in which rows refer to each other.
const TABLES: [&str; 7] = [
    "cases",
    "filings",
    "search_terms",
    "case_slots",
    "receipts",
    "history",
    "audit",
];

/// Broker, database and keys; they outlive the rounds.
struct Fleet {
    broker: Mosquitto,
    postgres: Postgres,
    pki: Pki,
    devices: Vec<String>,
    folder: PathBuf,
}

/// One round of both sides, filings per second.
struct Round {
    /// From outboxes that hold everything.
    ours: f64,
    /// From the first seal on.
    from_seal: f64,
    alone: f64,
    transactions: usize,
    /// Processor time of our part, by who spent it.
    spent: Spent,
    /// PostgreSQL's alone, milliseconds per filing.
    spent_alone: f64,
}

/// Processor time in milliseconds per filing.
#[derive(Clone, Copy)]
struct Spent {
    kiosks: f64,
    broker: f64,
    city: f64,
    postgres: f64,
}

/// Sends `papers` in every round.
pub(crate) fn figures(folder: &Path, papers: &[Paper], issuer: &Issuer) -> Result<Group> {
    let papers = papers.get(..FILINGS).context("too few filings")?;
    let fleet = Fleet::start(folder.join("fleet"), issuer)?;
    let mut rounds = Vec::new();
    for n in 0..ROUNDS {
        rounds.push(fleet.round(n, papers)?);
    }
    let all = |what: fn(&Round) -> f64| rounds.iter().map(what).collect::<Vec<_>>();
    let ratios = all(|round| round.ours / round.alone);
    let reached = median(ratios.clone());
    let line = |name: &str, ratios: &[f64], rates: Vec<f64>| {
        vec![
            Cell::text(name),
            Cell::Number(median(ratios.to_vec()), 2),
            Cell::Number(ratios.iter().copied().fold(f64::INFINITY, f64::min), 2),
            Cell::Number(ratios.iter().copied().fold(0.0, f64::max), 2),
            Cell::Number(median(rates), 0),
        ]
    };
    let transactions: usize = rounds.iter().map(|round| round.transactions).sum();
    let broken = (reached < BUDGET).then(|| {
        format!("the whole way reached {reached:.2} of PostgreSQL alone; the budget is {BUDGET}")
    });
    Ok(Group {
        title: "the whole way into PostgreSQL, beside PostgreSQL alone committing the same rows in the same batches",
        commands: vec!["psql -X -q -f replay.sql".to_owned()],
        columns: &["what", "ratio", "least", "most", "filings/s here"],
        rows: vec![
            line("PostgreSQL alone", &[1.0; ROUNDS], all(|round| round.alone)),
            line("the whole way, from the outbox", &ratios, all(|round| round.ours)),
            line(
                "the whole way, sealing and storing in the time",
                &all(|round| round.from_seal / round.alone),
                all(|round| round.from_seal),
            ),
        ],
        notes: vec![
            format!(
                "{ROUNDS} rounds of {FILINGS} filings each from {KIOSKS} kiosks at once, taking turns; ratio: median of the rounds"
            ),
            "from the outbox: all are sealed and stored, then all kiosks send; until the last receipt is on its kiosk's disk; the city opens each, checks its card signature, commits, signs its receipt".to_owned(),
            "sealing and storing in the time: one transaction and one sync of the disk per filing, on the disk that the database syncs too".to_owned(),
            format!(
                "alone: the rows our round left ({}), in its {} transactions (mean of {} filings), one INSERT per table and transaction, by the server's own clock; nothing else runs meanwhile",
                TABLES.join(", "),
                transactions,
                (ROUNDS * FILINGS) / transactions.max(1),
            ),
            format!(
                "processor time per filing from the outbox, ms: kiosks {:.2}, broker {:.2}, city {:.2}, PostgreSQL {:.2}; PostgreSQL alone {:.2}",
                median(all(|round| round.spent.kiosks)),
                median(all(|round| round.spent.broker)),
                median(all(|round| round.spent.city)),
                median(all(|round| round.spent.postgres)),
                median(all(|round| round.spent_alone)),
            ),
            "kiosks, broker, city and database share this machine's cores and disk; PostgreSQL as Debian configures it, fsync on".to_owned(),
            format!("budget: {BUDGET} or more from the outbox"),
        ],
        broken: broken.into_iter().collect(),
    })
}

impl Fleet {
    fn start(folder: PathBuf, issuer: &Issuer) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        let devices: Vec<String> = (0..KIOSKS).map(town::device).collect();
        let names: Vec<&str> = devices.iter().map(String::as_str).collect();
        let pki = Pki::with(folder.join("pki"), &names, &[CITY])?;
        trust_cards(&pki, issuer)?;
        let broker = Mosquitto::start(
            &pki,
            &Settings {
                dir: Some(folder.join("broker")),
                quiet: true,
                ..Settings::default()
            },
        )?;
        Ok(Self {
            broker,
            postgres: Postgres::start()?,
            pki,
            devices,
            folder,
        })
    }

    fn round(&self, n: usize, papers: &[Paper]) -> Result<Round> {
        let (ours, alone) = (format!("ours_{n}"), format!("alone_{n}"));
        self.postgres.create_database(&ours)?;
        self.postgres.create_database(&alone)?;
        let (from_outbox, from_seal, spent) = self.ours(n, &ours, papers)?;
        let kept = Kept::of(self, &ours)?;
        ensure!(
            kept.filings == papers.len(),
            "{} filings sent, {} in the database",
            papers.len(),
            kept.filings
        );
        let transactions = kept.transactions.len();
        let before = self.spent_by_postgres();
        let replayed = kept.replay(self, &alone)?;
        let spent_alone = self.spent_by_postgres() - before;
        Ok(Round {
            ours: rate(papers.len(), from_outbox),
            from_seal: rate(papers.len(), from_seal),
            alone: rate(papers.len(), replayed),
            transactions,
            spent,
            spent_alone: spent_alone / per(papers.len() as u64, 1),
        })
    }

    /// All filings through a city of this round, twice: out of full outboxes, then from the first seal to the last receipt.
    fn ours(
        &self,
        n: usize,
        database: &str,
        papers: &[Paper],
    ) -> Result<(Duration, Duration, Spent)> {
        let port = Lease::take()?;
        let city = self.city(n, database, &port)?;
        let (sender, told) = channel();
        let mut kiosks = Vec::new();
        for device in &self.devices {
            kiosks.push(Kiosk::start(self, n, device, sender.clone())?);
        }
        let spare = papers.get(..WARM_UP).context("too few filings")?;
        let mut ids = BTreeSet::new();
        for kiosk in &kiosks {
            ids.append(&mut kiosk.file(spare, true)?);
        }
        all_receipts(&told, ids)?;
        self.sql(database, "CHECKPOINT")?;
        let filed = file_all(&kiosks, papers, false)?;
        let before = self.spent(&city);
        let start = Instant::now();
        for kiosk in &kiosks {
            kiosk.link.wake();
        }
        let from_outbox = all_receipts(&told, filed)?.duration_since(start);
        let after = self.spent(&city);
        self.sql(database, "CHECKPOINT")?;
        let start = Instant::now();
        let filed = file_all(&kiosks, papers, true)?;
        let from_seal = all_receipts(&told, filed)?.duration_since(start);
        ensure!(city.is_running(), "the city is gone");
        let each = |after: f64, before: f64| (after - before) / per(papers.len() as u64, 1);
        let spent = Spent {
            kiosks: each(after.kiosks, before.kiosks),
            broker: each(after.broker, before.broker),
            city: each(after.city, before.city),
            postgres: each(after.postgres, before.postgres),
        };
        Ok((from_outbox, from_seal, spent))
    }

    /// So far, in milliseconds.
    fn spent(&self, city: &Process) -> Spent {
        Spent {
            kiosks: spent_by("self"),
            broker: spent_by(&self.broker.process().pid().to_string()),
            city: spent_by(&city.pid().to_string()),
            postgres: self.spent_by_postgres(),
        }
    }

    /// So far, in milliseconds, by all its processes.
    fn spent_by_postgres(&self) -> f64 {
        let pid = self.postgres.process().pid().to_string();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_whitespace().map(spent_by);
        spent_by(&pid) + children.sum::<f64>()
    }

    fn city(&self, n: usize, database: &str, port: &Lease) -> Result<Process> {
        let store = StoreAddress::Postgres {
            url: self.postgres.url_of(database).into(),
            connections: 4,
            schema: None,
            ca_pem: None,
        };
        let ports = (port.port(), self.broker.port());
        let toml = city_toml(&self.pki, &store, &self.devices, ports)?;
        let file = self.folder.join(format!("city-{n}.toml"));
        fs::write(&file, toml)?;
        let mut command = Command::new(programs::ours("ubugoe-city")?);
        command.arg("serve").arg("--config").arg(&file);
        let log = self.folder.join(format!("city-{n}.log"));
        let city = Process::spawn("ubugoe-city", command, log)?;
        city.wait_ready(LIMIT)?;
        Ok(city)
    }

    fn psql(&self, database: &str) -> Result<Command> {
        let mut command = Command::new(programs::postgres("psql")?);
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.postgres.url_of(database));
        Ok(command)
    }

    /// What a statement prints.
    fn sql(&self, database: &str, statement: &str) -> Result<String> {
        let mut command = self.psql(database)?;
        command.args(["-0", "-F", "\t", "-c", statement]);
        printed(command)
    }
}

/// Processor time of a process and of its ended children so far, in milliseconds; none if it is gone.
fn spent_by(pid: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    spent_in(&stat)
}

/// From the line of `/proc/<pid>/stat`: fields 14 to 17, in hundredths of a second (proc(5)).
fn spent_in(stat: &str) -> f64 {
    // The program's name is in parentheses and may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(4);
    let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    per(ticks * 10, 1)
}

/// Each kiosk files its part on a thread of its own.
fn file_all(kiosks: &[Kiosk], papers: &[Paper], send: bool) -> Result<BTreeSet<FilingId>> {
    let each = papers.len().div_ceil(KIOSKS);
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (kiosk, part) in kiosks.iter().zip(papers.chunks(each)) {
            threads.push(scope.spawn(move || kiosk.file(part, send)));
        }
        let mut ids = BTreeSet::new();
        for thread in threads {
            match thread.join() {
                Ok(filed) => ids.append(&mut filed?),
                Err(_) => bail!("a kiosk's thread ended early"),
            }
        }
        Ok(ids)
    })
}

/// Files where a city looks for whom it believes about cards.
pub(crate) fn trust_cards(pki: &Pki, issuer: &Issuer) -> Result<()> {
    let cards = issuer.pki().directory();
    pki.trust_card_issuers(
        &fs::read_to_string(cards.join(SIGN_CA_FILE))?,
        &fs::read_to_string(cards.join(AUTH_CA_FILE))?,
    )?;
    Ok(())
}

/// The configuration of a city that checks the signatures of cards: ports of its pages and of its broker.
pub(crate) fn city_toml(
    pki: &Pki,
    store: &StoreAddress,
    devices: &[String],
    (http, broker): (u16, u16),
) -> Result<String> {
    let hash = rig::password_hash("figures only: 産声の窓口")?;
    let brokers = [town::near(broker)];
    let toml = town::city_toml(CITY, pki.dir(), store, devices, (http, &brokers), &hash)?;
    // A town's signatures are nobody's; here they are a card's.
    let anchors = "anchors = [";
    let ours = format!("{anchors}\"{}\"]", pki.path(SIGN_CA_FILE).display());
    let lines = toml.lines();
    let lines = lines.map(|line| {
        if line.starts_with(anchors) {
            ours.as_str()
        } else {
            line
        }
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn printed(mut command: Command) -> Result<String> {
    let output = command.output().context("cannot start psql")?;
    ensure!(
        output.status.success(),
        "psql: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Waits until each of these has its receipt; when the last came.
fn all_receipts(told: &Receiver<Told>, mut ids: BTreeSet<FilingId>) -> Result<Instant> {
    let limit = Instant::now() + LIMIT;
    let mut last = Instant::now();
    while !ids.is_empty() {
        let left = limit.saturating_duration_since(Instant::now());
        match told.recv_timeout(left) {
            Ok(Told::Receipt(id, _, at)) => {
                ids.remove(&id);
                last = at;
            }
            Ok(Told::Trouble(what)) => bail!("on the way: {what}"),
            Err(_) => bail!("{} receipts missing after {LIMIT:?}", ids.len()),
        }
    }
    Ok(last)
}

/// A kiosk without a screen.
struct Kiosk {
    link: Link,
    outbox: OutboxHandle,
    sealer: Sealer,
}

impl Kiosk {
    fn start(fleet: &Fleet, n: usize, device: &str, sender: Sender<Told>) -> Result<Self> {
        let file = fleet.folder.join(format!("{device}-{n}.db"));
        let outbox = OutboxHandle::new(Outbox::open(&Config::at(file))?);
        let config = link_config(&fleet.pki, device, fleet.broker.port())?;
        let link = Link::start(config, outbox.clone(), move |event| {
            // At the end nobody listens any more.
            let _ = told_of(event).map(|word| sender.send(word));
        })?;
        Ok(Self {
            link,
            outbox,
            sealer: Sealer::of(fleet.pki.dir(), device)?,
        })
    }

    /// Seals and stores, and sends at once or not before the link is woken.
    fn file(&self, papers: &[Paper], send: bool) -> Result<BTreeSet<FilingId>> {
        let mut ids = BTreeSet::new();
        for paper in papers {
            let (now, _) = clock();
            let (row, _) = self.sealer.seal(paper, now)?;
            ids.insert(row.id);
            let visit = *row.id.as_bytes();
            self.outbox.lock().store(&visit, &[row], &[0; 256], now)?;
            if send {
                self.link.wake();
            }
        }
        Ok(ids)
    }
}

/// The rows of a round as SQL literals, transaction by transaction.
struct Kept {
    filings: usize,
    /// In the order of their arrival numbers; for each table its rows.
    transactions: Vec<(i64, BTreeMap<&'static str, Vec<String>>)>,
}

impl Kept {
    fn of(fleet: &Fleet, database: &str) -> Result<Self> {
        let warm = KIOSKS * WARM_UP;
        let last = warm + FILINGS;
        let listed = fleet.sql(
            database,
            &format!(
                "SELECT xmin::text, max(arrival_no), count(*) FROM filings WHERE arrival_no > {warm} AND arrival_no <= {last} GROUP BY 1 ORDER BY 2"
            ),
        )?;
        let mut order = Vec::new();
        let mut filings = 0;
        for line in records(&listed) {
            let mut words = line.split('\t');
            let mut word = || words.next().context("psql printed too little");
            let (transaction, last, count) = (word()?.to_owned(), word()?.parse()?, word()?);
            filings += count.parse::<usize>()?;
            order.push((transaction, last));
        }
        let mut rows: BTreeMap<String, BTreeMap<&'static str, Vec<String>>> = BTreeMap::new();
        for table in TABLES {
            let columns = fleet.sql(
                database,
                &format!(
                    "SELECT string_agg(CASE is_generated WHEN 'ALWAYS' THEN '''DEFAULT''' ELSE format('quote_nullable(%I)', column_name) END,
                                       ' || '','' || ' ORDER BY ordinal_position)
                     FROM information_schema.columns WHERE table_name = '{table}'"
                ),
            )?;
            let columns = columns.trim_matches(['\0', '\n']);
            let values = fleet.sql(
                database,
                &format!("SELECT xmin::text, '(' || {columns} || ')' FROM {table} ORDER BY ctid"),
            )?;
            for line in records(&values) {
                let (transaction, row) =
                    line.split_once('\t').context("psql printed too little")?;
                let of = rows.entry(transaction.to_owned()).or_default();
                of.entry(table).or_default().push(row.to_owned());
            }
        }
        let transactions = order
            .into_iter()
            .map(|(transaction, last)| (last, rows.remove(&transaction).unwrap_or_default()));
        Ok(Self {
            filings,
            transactions: transactions.collect(),
        })
    }

    /// Commits them into an empty database of the same shape; how long the server took.
    fn replay(&self, fleet: &Fleet, database: &str) -> Result<Duration> {
        const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;\n";
        make(&fleet.postgres.url_of(database))?;
        let mut script = format!("CHECKPOINT;\n{CLOCK}");
        for (last, tables) in &self.transactions {
            script.push_str("BEGIN;\n");
            for table in TABLES {
                if let Some(rows) = tables.get(table) {
                    writeln!(script, "INSERT INTO {table} VALUES {};", rows.join(","))?;
                }
            }
            writeln!(
                script,
                "INSERT INTO counters VALUES ('{CITY}', {last}) ON CONFLICT (recipient) DO UPDATE SET last_arrival = excluded.last_arrival;\nCOMMIT;"
            )?;
        }
        script.push_str(CLOCK);
        // Everything before is a warm-up of ours; here caches and plans start as cold as there.
        let file = fleet.folder.join(format!("{database}.sql"));
        fs::write(&file, script)?;
        let mut command = fleet.psql(database)?;
        command.arg("-f").arg(&file);
        let text = printed(command)?;
        let mut times = text.lines().map(str::parse::<u64>);
        let (Some(Ok(start)), Some(Ok(end))) = (times.next(), times.next()) else {
            bail!("psql printed no times: {text}");
        };
        let count = fleet.sql(database, "SELECT count(*) FROM filings")?;
        ensure!(
            count.trim_matches(['\0', '\n']).parse() == Ok(self.filings),
            "{count} filings after the replay, not {}",
            self.filings
        );
        Ok(Duration::from_micros(end.saturating_sub(start)))
    }
}

fn records(printed: &str) -> impl Iterator<Item = &str> {
    printed
        .split('\0')
        .map(|record| record.trim_matches('\n'))
        .filter(|record| !record.is_empty())
}

/// The city's tables, empty.
fn make(url: &str) -> Result<()> {
    let store = StoreAddress::Postgres {
        url: url.to_owned().into(),
        connections: 2,
        schema: None,
        ca_pem: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(open_store(&store, &CITY.parse()?))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_that_holds_parentheses() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 9 0 0 0 12 3 40 5 20 0 1 0 88 1 2 3";
        assert_eq!(spent_in(stat).to_bits(), 600.0_f64.to_bits());
        assert_eq!(spent_in("").to_bits(), 0.0_f64.to_bits());
    }
}
