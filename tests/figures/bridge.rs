//! A Mosquitto bridge doing the kiosk's job, in the same run and under the same kills.
//!
//! ```text
//!  theirs  client ─QoS 1─> mosquitto with persistence ─bridge, mutual TLS─> mosquitto ─QoS 1─> durable subscriber
//!  ours    outbox and link, a process of their own    ─────── mutual TLS─> mosquitto ─────────> city, which receipts
//! ```
//!
//! Both carry the same sealed envelopes. What counts as promised: for the bridge, what its broker acknowledged to the
//! client; for us, what the outbox said it has stored. Lost is what was promised and never came out at the far end.
//!
//! The kills: with a third promised, the far broker; with two thirds promised, the near end (the bridge's broker, our
//! kiosk); then both are started again and the rest follows. All by SIGKILL.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use ubugoe_bench::pki::Pki;
use ubugoe_bench::ports::Lease;
use ubugoe_bench::process::Process;
use ubugoe_bench::programs;
use ubugoe_chaos::town::{self, Database, Kiosk, Town};

use crate::mqtt::{Connection, Packet, nothing_came};
use crate::report::{Cell, Group, rate};

/// Messages of a run; below the 1,000 that Mosquitto queues for an absent client by default.
const MESSAGES: usize = 300;
/// Unacknowledged messages of the client that sends, Mosquitto's own default.
const WINDOW: usize = 20;
/// Nothing more came for this long: what is missing is lost.
const QUIET: Duration = Duration::from_secs(8);
/// How long anything may take.
const LIMIT: Duration = Duration::from_mins(1);
/// A pause before somebody is called again.
const AGAIN: Duration = Duration::from_millis(50);
/// The number of the message that only shows that the bridge stands.
const FIRST: u32 = u32::MAX;

/// How a bridge's near broker keeps what it acknowledged.
#[derive(Clone, Copy)]
enum Keeps {
    /// As configured by `persistence true` alone.
    ByDefault,
    /// Everything is written out at every change.
    EveryChange,
}

/// What came of a run.
struct Outcome {
    promised: usize,
    lost: usize,
    doubled: usize,
    took: Duration,
}

/// Runs both, undisturbed and under kills. `myself` is this program.
pub(crate) fn figures(folder: &Path, myself: &Path) -> Result<Group> {
    let town = Town::build(2, 1, Database::Sqlite)?;
    let envelopes = envelopes(&town)?;
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for (name, keeps) in [
        ("Mosquitto bridge, persistence on", Keeps::ByDefault),
        ("the same, saved at every change", Keeps::EveryChange),
    ] {
        for kills in [false, true] {
            let run = folder.join(format!("bridge-{}", rows.len()));
            let outcome = Bridge::start(&run, &town.pki, keeps)?.run(&envelopes, kills)?;
            rows.push(outcome.row(name, kills));
        }
    }
    drop(town);
    for kills in [false, true] {
        let outcome = ours(myself, kills)?;
        if outcome.lost + outcome.doubled > 0 || outcome.promised != MESSAGES {
            broken.push(format!(
                "ours: {} promised of {MESSAGES}, {} lost, {} doubled",
                outcome.promised, outcome.lost, outcome.doubled
            ));
        }
        rows.push(outcome.row("ours", kills));
    }
    let bytes = envelopes.first().map_or(0, Vec::len);
    Ok(Group {
        title: "the same job by a Mosquitto bridge: carry what was promised, whatever is killed",
        commands: vec!["mosquitto -c edge.conf (connection, topic … out 1, cleansession false, persistence true)".to_owned()],
        columns: &[
            "who", "kills", "promised", "lost", "doubled", "ms", "per second",
        ],
        rows,
        notes: vec![
            format!("{MESSAGES} sealed birth notifications of {bytes} bytes; mutual TLS between the two ends in all runs"),
            "promised: acknowledged to the client by the bridge's broker, or stored by our outbox, which syncs the disk first; a bridge acknowledges from memory".to_owned(),
            "kills, by SIGKILL: the far broker at a third, the near end at two thirds, both started again; ms: from the first message to the last that came, starts and pauses included".to_owned(),
            "saved at every change: autosave_on_changes true, autosave_interval 1; max_queued_messages 0 in both, so that no limit loses anything".to_owned(),
            "doubled: for the bridge, delivered twice; for us, twice in the city's database".to_owned(),
        ],
        broken,
    })
}

impl Outcome {
    fn row(&self, name: &str, kills: bool) -> Vec<Cell> {
        vec![
            Cell::text(name),
            Cell::text(if kills { "2" } else { "none" }),
            Cell::count(self.promised),
            Cell::count(self.lost),
            Cell::count(self.doubled),
            Cell::Count(u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX)),
            Cell::Number(rate(self.promised - self.lost, self.took), 0),
        ]
    }
}

/// What a kiosk of this town would send.
fn envelopes(town: &Town) -> Result<Vec<Vec<u8>>> {
    let mut kiosk = town.kiosk(1)?;
    let mut envelopes = Vec::new();
    for n in 0..MESSAGES {
        for id in kiosk.file(&format!("BRIDGE-{n:05}"), &[0], town::now())? {
            let sealed = kiosk.outbox().lock().sealed(&id)?;
            envelopes.push(sealed.context("stored and gone")?);
        }
    }
    Ok(envelopes)
}

// ---- theirs ----

/// A broker of the bridge, killable.
struct Broker {
    folder: PathBuf,
    process: Process,
    lives: u32,
}

impl Broker {
    fn start(folder: &Path, configuration: &str) -> Result<Self> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("mosquitto.conf"), configuration)?;
        Ok(Self {
            process: launch(folder, 1)?,
            folder: folder.to_owned(),
            lives: 1,
        })
    }

    fn again(&mut self) -> Result<()> {
        self.process.kill()?;
        self.lives += 1;
        self.process = launch(&self.folder, self.lives)?;
        Ok(())
    }
}

fn launch(folder: &Path, life: u32) -> Result<Process> {
    let mut command = Command::new(programs::mosquitto()?);
    command.arg("-c").arg(folder.join("mosquitto.conf"));
    let log = folder.join(format!("mosquitto-{life}.log"));
    let process = Process::spawn("mosquitto", command, log)?;
    process.wait_line(
        "\"running\"",
        |line| line.contains("mosquitto version") && line.ends_with("running"),
        LIMIT,
    )?;
    Ok(process)
}

struct Bridge {
    near: Broker,
    far: Broker,
    near_port: Lease,
    /// For the subscriber; the bridge comes over TLS.
    far_port: Lease,
}

impl Bridge {
    fn start(folder: &Path, pki: &Pki, keeps: Keeps) -> Result<Self> {
        let [near_port, far_port, tls_port] = [Lease::take()?, Lease::take()?, Lease::take()?];
        let both = |folder: &Path| {
            format!(
                "user root\nper_listener_settings true\npersistence true\npersistence_location {}/\nmax_queued_messages 0\n\
                 sys_interval 0\nset_tcp_nodelay true\nlog_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n",
                folder.display()
            )
        };
        let saving = match keeps {
            Keeps::ByDefault => "",
            Keeps::EveryChange => "autosave_on_changes true\nautosave_interval 1\n",
        };
        let path = |name: &str| pki.path(name).display().to_string();
        let device = town::device(1);
        let files = pki.device_tls(&device);
        let far_folder = folder.join("far");
        let far = both(&far_folder)
            + &format!(
                "{saving}listener {} 127.0.0.1\nallow_anonymous true\nlistener {} 127.0.0.1\nallow_anonymous false\n\
                 cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\nuse_identity_as_username true\n",
                far_port.port(),
                tls_port.port(),
                path("broker-ca.pem"),
                path("broker.pem"),
                path("broker.key"),
            );
        let near_folder = folder.join("near");
        let near = both(&near_folder)
            + &format!(
                "{saving}listener {} 127.0.0.1\nallow_anonymous true\nconnection up\naddress localhost:{}\n\
                 topic {} out 1\ncleansession false\nrestart_timeout 1\nnotifications false\nkeepalive_interval 5\n\
                 bridge_protocol_version mqttv311\nremote_clientid near\nbridge_cafile {}\nbridge_certfile {}\nbridge_keyfile {}\n",
                near_port.port(),
                tls_port.port(),
                topic(),
                files.ca.display(),
                files.cert.display(),
                files.key.display(),
            );
        Ok(Self {
            far: Broker::start(&far_folder, &far)?,
            near: Broker::start(&near_folder, &near)?,
            near_port,
            far_port,
        })
    }

    fn run(mut self, envelopes: &[Vec<u8>], kills: bool) -> Result<Outcome> {
        let subscriber = Subscriber::start(self.far_port.port())?;
        let mut client = Client::new(self.near_port.port());
        client.send(&[(FIRST, &[])])?;
        let (first, _) = subscriber
            .next(LIMIT)
            .context("the bridge does not stand")?;
        ensure!(first == FIRST, "a message that nobody sent");
        client.acknowledged.clear();
        let messages: Vec<(u32, &[u8])> = (0..).zip(envelopes.iter().map(Vec::as_slice)).collect();
        let third = messages.len() / 3;
        let parts: Vec<&[(u32, &[u8])]> = messages.chunks(third.max(1)).collect();
        let start = Instant::now();
        for (n, part) in parts.iter().enumerate() {
            client.send(part)?;
            match n {
                0 if kills => drop(self.far.process.kill()?),
                1 if kills => {
                    self.near.process.kill()?;
                    self.far.again()?;
                    self.near.again()?;
                }
                _ => {}
            }
        }
        let mut came: BTreeMap<u32, usize> = BTreeMap::new();
        let mut last = start;
        while let Some((number, at)) = subscriber.next(QUIET) {
            *came.entry(number).or_default() += 1;
            last = at;
            if !kills && came.len() == messages.len() {
                break;
            }
        }
        came.remove(&FIRST);
        Ok(Outcome {
            promised: client.acknowledged.len(),
            lost: client
                .acknowledged
                .iter()
                .filter(|number| !came.contains_key(number))
                .count(),
            doubled: came.values().map(|times| times - 1).sum(),
            took: last.duration_since(start),
        })
    }
}

fn topic() -> String {
    format!("ubg/v1/up/{}/{}", town::device(1), town::city(0))
}

/// Sends, and sends again what was not acknowledged when a connection ended.
struct Client {
    port: u16,
    connection: Option<Connection>,
    acknowledged: BTreeSet<u32>,
}

impl Client {
    fn new(port: u16) -> Self {
        Self {
            port,
            connection: None,
            acknowledged: BTreeSet::new(),
        }
    }

    /// Returns when all are acknowledged.
    fn send(&mut self, messages: &[(u32, &[u8])]) -> Result<()> {
        let limit = Instant::now() + LIMIT;
        while !self.try_to_send(messages) {
            self.connection = None;
            ensure!(Instant::now() < limit, "the bridge's broker takes nothing");
            pause();
        }
        Ok(())
    }

    /// Whether everything is acknowledged; the connection is of no use any more if not.
    fn try_to_send(&mut self, messages: &[(u32, &[u8])]) -> bool {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match Connection::open(self.port, "client") {
                Ok(connection) => connection,
                Err(_) => return false,
            },
        };
        let mut left = messages
            .iter()
            .filter(|(number, _)| !self.acknowledged.contains(number))
            .collect::<Vec<_>>()
            .into_iter();
        let mut under_way: BTreeMap<u16, u32> = BTreeMap::new();
        let mut next = 0_u16;
        loop {
            while under_way.len() < WINDOW {
                let Some((number, envelope)) = left.next() else {
                    break;
                };
                next += 1;
                let mut payload = number.to_be_bytes().to_vec();
                payload.extend_from_slice(envelope);
                if connection.publish(&topic(), next, &payload).is_err() {
                    return false;
                }
                under_way.insert(next, *number);
            }
            if under_way.is_empty() {
                self.connection = Some(connection);
                return true;
            }
            match connection.next(LIMIT) {
                Ok(Packet::Puback(id)) => {
                    self.acknowledged.extend(under_way.remove(&id));
                }
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }
}

/// Receives on a thread of its own, in one session for as long as it lives.
struct Subscriber {
    came: Receiver<(u32, Instant)>,
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Subscriber {
    fn start(port: u16) -> Result<Self> {
        let (sender, came) = channel();
        let (stop, stopped) = channel();
        // The first subscription stands before anything is sent.
        let mut connection = subscribed(port)?;
        let thread = std::thread::Builder::new()
            .name("subscriber".to_owned())
            .spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(Duration::ZERO) {
                    match connection.next(AGAIN) {
                        Ok(Packet::Publish(id, payload)) => {
                            let number = payload.first_chunk().copied().map(u32::from_be_bytes);
                            let _ = number.map(|number| sender.send((number, Instant::now())));
                            let _ = connection.acknowledge(id);
                        }
                        Ok(_) => {}
                        Err(error) if nothing_came(&error) => {}
                        Err(_) => match subscribed(port) {
                            Ok(again) => connection = again,
                            Err(_) => pause(),
                        },
                    }
                }
            })?;
        Ok(Self {
            came,
            stop,
            thread: Some(thread),
        })
    }

    fn next(&self, within: Duration) -> Option<(u32, Instant)> {
        self.came.recv_timeout(within).ok()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.stop.send(());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn subscribed(port: u16) -> Result<Connection> {
    let mut connection = Connection::open(port, "subscriber")?;
    connection.subscribe("ubg/v1/up/#")?;
    Ok(connection)
}

/// A broker that is being started says nothing to those who wait for it; they call again.
fn pause() {
    let (_open, never) = channel::<()>();
    let _ = never.recv_timeout(AGAIN);
}

// ---- ours ----

/// The kiosk's process: files until `visits` are stored, waits until they have settled, and ends.
pub(crate) fn kiosk(folder: &Path, broker_port: u16, visits: usize) -> Result<()> {
    let mut kiosk = Kiosk::open(folder, &town::device(0), &[town::city(0)])?;
    kiosk.connect(broker_port)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "open")?;
    loop {
        // What is in the outbox was filed, whether or not it was said before the kill.
        let n = kiosk.visits()?;
        if n >= visits {
            break;
        }
        for id in kiosk.file(&format!("OURS-{n:05}"), &[0], town::now())? {
            writeln!(out, "stored {id}")?;
        }
        out.flush()?;
    }
    kiosk.wait_settled()?;
    writeln!(out, "settled")?;
    Ok(())
}

fn ours(myself: &Path, kills: bool) -> Result<Outcome> {
    let mut town = Town::build(1, 1, Database::Sqlite)?;
    let kiosk = |town: &Town, life: u32, visits: usize| -> Result<Process> {
        let mut command = Command::new(myself);
        command
            .arg("--as-kiosk")
            .arg(town.folder())
            .arg(town.broker.port().to_string())
            .arg(visits.to_string());
        let log = town.folder().join(format!("kiosk-{life}.log"));
        let process = Process::spawn("kiosk", command, log)?;
        process.wait_line("\"open\"", |line| line == "open", LIMIT)?;
        Ok(process)
    };
    let start = Instant::now();
    let mut said = BTreeSet::new();
    let last = if kills {
        // It files no more than two thirds and is killed once it has said so.
        let first = kiosk(&town, 1, 2 * MESSAGES / 3)?;
        wait_stored(&first, MESSAGES / 3)?;
        town.broker.kill()?;
        wait_stored(&first, 2 * MESSAGES / 3)?;
        first.kill()?;
        said.extend(words(&first));
        town.broker.restart()?;
        kiosk(&town, 2, MESSAGES)?
    } else {
        kiosk(&town, 1, MESSAGES)?
    };
    ensure!(
        last.wait(LIMIT)?.success(),
        "our kiosk did not settle: {}",
        last.output()
    );
    let took = start.elapsed();
    said.extend(words(&last));
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for filing in town.filings(0)? {
        *times.entry(filing.id.to_string()).or_default() += 1;
        // The same certificate under two ids would be a filing that was made twice.
        if filing.duplicate {
            *times.entry(filing.id.to_string()).or_default() += 1;
        }
    }
    Ok(Outcome {
        promised: said.len(),
        lost: said.iter().filter(|id| !times.contains_key(*id)).count(),
        doubled: times.values().map(|times| times - 1).sum(),
        took,
    })
}

fn wait_stored(kiosk: &Process, count: usize) -> Result<()> {
    let limit = Instant::now() + LIMIT;
    while words(kiosk).len() < count {
        if Instant::now() > limit || !kiosk.is_running() {
            bail!("the kiosk stores nothing: {}", kiosk.output());
        }
        pause();
    }
    Ok(())
}

/// The filings a process has said; a line cut off by its death was not said.
fn words(process: &Process) -> Vec<String> {
    let output = process.output();
    let whole = output.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let ids = whole
        .lines()
        .filter_map(|line| line.strip_prefix("stored "));
    ids.map(str::to_owned).collect()
}
