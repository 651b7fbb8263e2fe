//! The `ubugoe-city` program: reads files, clock and signals, and hands them to the library.

#[path = "bin/devices/mod.rs"]
mod devices;
#[path = "bin/system/mod.rs"]
mod system;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};
use ubugoe_city::agencies::log;
use ubugoe_city::casework::audit::AuditEntry;
use ubugoe_city::config::Config;
use ubugoe_city::export::{self, Format, Layout};
use ubugoe_city::http::password;
use ubugoe_city::ingest::{Carried, Ingest, no_faults};
use ubugoe_city::jst;
use ubugoe_city::operate::certificate::{self, Authority};
use ubugoe_city::operate::{self, OPERATOR, Operator, restore, rollout};
use ubugoe_city::retention::{self, Sure};
use ubugoe_city::server::{City, open_ingest, open_store};
use ubugoe_city::services::slots;
use ubugoe_city::store::down::{content_code, outcome_code, update_code};
use ubugoe_city::store::nonstop::By;
use ubugoe_city::store::services::SlotRefusal;
use ubugoe_city::traces::Traces;
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{DeviceId, MAX_ENVELOPE, Order, UpdateId, VerifyingKey};
use zeroize::Zeroizing;

/// The municipal end of Ubugoe.
#[derive(Debug, Parser)]
#[command(name = "ubugoe-city", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receives filings and serves the console and the family pages until SIGTERM.
    Serve {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Reads the configuration and every file it names, and lists everything that is wrong.
    CheckConfig {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Reads a password from standard input (one line) and prints its hash for the configuration.
    HashPassword,
    /// Makes a token for another system, and prints it with the line for the configuration. It is shown once and kept nowhere.
    MakeToken,
    /// After a backup was restored: skips running numbers and asks every device to send again what it had receipts for.
    AfterRestore {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// When the backup was made, or a little before: 2026-11-24T03:00:00+09:00.
        #[arg(long)]
        since: jiff::Timestamp,
        /// How many numbers to skip: more than filings arrived since the backup.
        #[arg(long, default_value_t = restore::GAP)]
        gap: u32,
    },
    /// Takes times for check-ups out of a CSV file (docs/checkup-slots.md): all of them, or none and every reason why.
    ImportSlots {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The file.
        #[arg(long)]
        file: PathBuf,
    },
    /// Orders something of devices; the order waits until its device has answered or it expires.
    Order {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// For which device; may be repeated. Without it: for all.
        #[arg(long = "device")]
        devices: Vec<DeviceId>,
        /// How long the order stands, in hours.
        #[arg(long, default_value_t = 168, value_parser = clap::value_parser!(u32).range(1..=8_760))]
        hours: u32,
        /// What.
        #[command(subcommand)]
        what: What,
    },
    /// Lists orders and what became of them, newest first.
    Orders {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Publishes an update: to the canary wards, and to everybody once those are well.
    Publish {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Of what.
        #[arg(long)]
        content: ContentArgument,
        /// The file; of a system the bundle.
        #[arg(long)]
        file: PathBuf,
        #[command(flatten)]
        named: system::Named,
        /// Wards that get it first, as in the configuration; may be repeated or separated by commas.
        #[arg(long, value_delimiter = ',', required = true)]
        canary: Vec<String>,
        /// How long they are observed: 24h, 90m. Without it a day, for a system three: a canary has so long to fetch it.
        #[arg(long)]
        observe: Option<jiff::SignedDuration>,
    },
    /// Lists updates and how far they have come, newest first.
    Rollouts {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Makes the device CA: a root for the safe, an issuing key for the city, a certificate for the door.
    DeviceCa {
        #[command(subcommand)]
        what: devices::CaCommand,
    },
    /// One-time codes with which devices register.
    EnrolCode {
        #[command(subcommand)]
        what: devices::CodeCommand,
    },
    /// Lets a device in whose request came on a stick. Asks for the code on standard input.
    Enrol(devices::Enrol),
    /// Devices and their certificates.
    Device {
        #[command(subcommand)]
        what: DeviceCommand,
    },
    /// Lands envelopes that were carried here by hand, `<id>.ubg`, and writes `<id>.ans` for the way back. Exit code 0
    /// only if every one is in the database.
    Carry {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The folder.
        #[arg(long)]
        from: PathBuf,
    },
    /// Writes the message log with its seals as lines of JSON: heads and digests, no bodies. What is not sealed yet is sealed
    /// first.
    ExportMessages {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Verifies an exported message log with the city's public key alone; exit code 1 if it is broken, with the first
    /// broken entry.
    VerifyMessages {
        /// The exported log; `-` is standard input.
        #[arg(long)]
        file: PathBuf,
        /// The city's public key, one line, as devices have it.
        #[arg(long)]
        key: PathBuf,
        /// How many seals there must be at least, as noted elsewhere: finds an end that was cut off with its seals.
        #[arg(long, default_value_t = 0)]
        seals: i64,
    },
    /// Hands accepted filings on to core systems: one file per layout, each filing once.
    Export {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Only what was accepted since: 2026-11-24T00:00:00+09:00.
        #[arg(long)]
        since: jiff::Timestamp,
        /// Which layout; without it every one this program carries.
        #[arg(long)]
        layout: Option<String>,
        /// A layout of your own (TOML), in place of a carried one.
        #[arg(long, conflicts_with = "layout")]
        layout_file: Option<PathBuf>,
        /// Kind of file.
        #[arg(long, default_value = "csv")]
        format: FormatArgument,
        /// The folder the files go to.
        #[arg(long)]
        to: PathBuf,
        /// Also what left before in this layout.
        #[arg(long)]
        again: bool,
    },
    /// Takes the table of certificate serials and 宛名番号 in; the same table twice changes nothing.
    ImportAddressees {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The table, CSV.
        #[arg(long)]
        file: PathBuf,
        /// Only says what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// Lists how long what is kept, and how much is due to be erased. Changes nothing.
    Retention {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Exit code 1 if anything is due that the nightly erasing should have taken.
        #[arg(long)]
        check: bool,
    },
    /// Erases what is due now, in short steps, as the running city does every night.
    Purge {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Only lists what would be erased.
        #[arg(long)]
        dry_run: bool,
    },
    /// Ends every session of an account, wherever it is signed in. Whether it may sign in again is the configuration's, or the
    /// provider's.
    EndSessions {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The account's id, as the audit log shows it.
        #[arg(long)]
        account: String,
    },
    /// Walks the audit chain and prints its length and newest hash; exit code 1 if it is broken.
    AuditVerify {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
}

/// What can be ordered of a device.
#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// Begin no more visits.
    Close,
    /// Begin visits again.
    Open,
    /// Start the program anew at the next rest.
    Restart,
    /// Ask for a new certificate.
    Renew,
    /// Say how it is: counts and sizes, no content.
    Diagnose,
    /// Take an update back.
    Withdraw {
        /// Its id, as `rollouts` lists it.
        update: UpdateId,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ContentArgument {
    /// Procedures, forms, deadlines, amounts.
    Catalogue,
    /// One municipality's or ward's settings.
    Profile,
    /// A whole system: devices fetch its bundle from a web server.
    System,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArgument {
    /// RFC 4180, UTF-8.
    Csv,
    /// One object.
    Json,
}

impl FormatArgument {
    /// The format, and how its files end.
    fn kind(self) -> (Format, &'static str) {
        match self {
            Self::Csv => (Format::Csv, "csv"),
            Self::Json => (Format::Json, "json"),
        }
    }
}

#[derive(Debug, Subcommand)]
enum DeviceCommand {
    #[command(flatten)]
    Registered(devices::DeviceCommand),
    /// Lists requests for certificates.
    Requests {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Signs a device's newest request and sends the certificate down.
    SignRequest {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The device's id.
        #[arg(long)]
        device: DeviceId,
        /// The CA's certificate, PEM.
        #[arg(long)]
        ca_cert: PathBuf,
        /// The CA's key, PEM (PKCS #8); it is read once and kept nowhere.
        #[arg(long)]
        ca_key: PathBuf,
        /// Days the certificate is valid.
        #[arg(long, default_value_t = certificate::DAYS)]
        days: u16,
    },
}

/// Begins the log, and carries the spans of a city that serves where its traces go.
fn watch_over(traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = if std::env::var("UBUGOE_LOG").as_deref() == Ok("json") {
        log.json().boxed()
    } else {
        log.boxed()
    };
    tracing_subscriber::registry()
        .with(traces.map(Traces::layer))
        .with(log.with_filter(filter))
        .init();
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    if !matches!(command, Command::Serve { .. }) {
        watch_over(None);
    }
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "ubugoe-city: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve { config } => runtime()?.block_on(serve(read_config(&config)?)),
        Command::CheckConfig { config } => {
            read_config(&config)?;
            say("the configuration is complete")?;
            Ok(ExitCode::SUCCESS)
        }
        Command::HashPassword => {
            let mut line = Zeroizing::new(String::new());
            std::io::stdin()
                .lock()
                .read_line(&mut line)
                .context("cannot read a password from standard input")?;
            say(&password::hash(line.trim_end_matches(['\r', '\n']))?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::MakeToken => {
            let (token, hash) = ubugoe_city::http::api::make_token()?;
            say(&format!("{token}\ntoken_sha256 = \"{hash}\""))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::EndSessions { config, account } => {
            runtime()?.block_on(end_sessions(&read_config(&config)?, &account))
        }
        Command::AuditVerify { config } => runtime()?.block_on(audit_verify(read_config(&config)?)),
        Command::Retention { config, check } => {
            runtime()?.block_on(retention_due(&read_config(&config)?, check))
        }
        Command::Purge { config, dry_run } => {
            runtime()?.block_on(purge(&read_config(&config)?, dry_run))
        }
        Command::ExportMessages { config } => {
            runtime()?.block_on(export_messages(read_config(&config)?))
        }
        Command::VerifyMessages { file, key, seals } => verify_messages(&file, &key, seals),
        Command::ImportSlots { config, file } => {
            runtime()?.block_on(import_slots(&read_config(&config)?, &file))
        }
        Command::AfterRestore { config, since, gap } => {
            runtime()?.block_on(after_restore(read_config(&config)?, since.as_second(), gap))
        }
        Command::Order {
            config,
            devices,
            hours,
            what,
        } => runtime()?.block_on(order(read_config(&config)?, devices, what, hours)),
        Command::Orders { config } => runtime()?.block_on(outcome(&read_config(&config)?)),
        Command::Publish {
            config,
            content,
            file,
            named,
            canary,
            observe,
        } => {
            let (update, usual) = update(content, &file, named)?;
            let observe = observe.map_or(usual, |observe| observe.as_secs());
            runtime()?.block_on(publish(
                read_config(&config)?,
                (update.0, &update.1),
                (canary, observe),
            ))
        }
        Command::Rollouts { config } => runtime()?.block_on(rollouts(&read_config(&config)?)),
        Command::Export {
            config,
            since,
            layout,
            layout_file,
            format,
            to,
            again,
        } => {
            let layouts = layouts(layout.as_deref(), layout_file.as_deref())?;
            let config = read_config(&config)?;
            let choice = (since.as_second(), again);
            runtime()?.block_on(hand_on(&config, &layouts, format.kind(), choice, &to))
        }
        Command::ImportAddressees {
            config,
            file,
            dry_run,
        } => {
            let bytes =
                std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            runtime()?.block_on(import_addressees(&read_config(&config)?, &bytes, dry_run))
        }
        Command::DeviceCa { what } => devices::authority(&what),
        Command::EnrolCode { what } => devices::code(what),
        Command::Enrol(enrol) => devices::enrol(&enrol),
        Command::Device { what } => device(what),
        Command::Carry { config, from } => runtime()?.block_on(carry(read_config(&config)?, &from)),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

fn read_config(path: &Path) -> anyhow::Result<Config> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Config::from_toml(&text, folder, &|file| std::fs::read(file))
        .with_context(|| format!("{} cannot be used", path.display()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary is the outer adapter where the clock comes from"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let traces = config.otlp.as_ref().map(|otlp| {
        let name = config.replicas.as_ref().map_or("city", |r| &r.name);
        Traces::start(otlp, config.office.recipient.as_str(), name)
    });
    let traces = traces.transpose()?;
    watch_over(traces.as_ref());
    let city = City::start(config, Arc::new(now), no_faults()).await?;
    let address = city.address()?;
    let figures = city.metrics_address()?;
    let (raise, stop) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        let _ = raise.send(true);
    });
    say(
        &serde_json::json!({ "event": "ready", "ready": true, "http": address.to_string(), "metrics": figures.map(|address| address.to_string()) })
            .to_string(),
    )?;
    let served = city.run(stop).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    served?;
    Ok(ExitCode::SUCCESS)
}

/// The layouts asked for.
fn layouts(id: Option<&str>, file: Option<&Path>) -> anyhow::Result<Vec<Layout>> {
    match (id, file) {
        (Some(id), _) => {
            let known = export::layout(id)?;
            Ok(vec![
                known.with_context(|| format!("there is no layout {id}"))?,
            ])
        }
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            Ok(vec![Layout::from_toml(&text)?])
        }
        (None, None) => Ok(export::builtin()?),
    }
}

/// Writes one file per layout: on the disk first, then recorded, then under its name.
async fn hand_on(
    config: &Config,
    layouts: &[Layout],
    (format, ending): (Format, &str),
    (since, again): (i64, bool),
    to: &Path,
) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    let mut held = false;
    for layout in layouts {
        let prepared = export::prepare(store.as_ref(), layout, format, (since, again)).await?;
        for line in &prepared.report.held {
            held = true;
            say(&format!("held back: {}: {line}", layout.id))?;
        }
        for number in &prepared.report.without_addressee {
            say(&format!("no addressee number: {}: No. {number}", layout.id))?;
        }
        if prepared.filings.is_empty() {
            say(&format!("{}: nothing is ready", layout.id))?;
            continue;
        }
        let at = now().as_second();
        let whole = to.join(format!("{}-{at}.{ending}", layout.id));
        if whole.exists() {
            bail!("{} is there already", whole.display());
        }
        let part = whole.with_extension("part");
        std::fs::File::create(&part)
            .and_then(|mut file| {
                file.write_all(&prepared.bytes)?;
                file.sync_all()
            })
            .with_context(|| format!("cannot write {}", part.display()))?;
        let recorded = store
            .note_export(prepared.record(layout, at, "system", again))
            .await;
        match recorded {
            Ok(true) => std::fs::rename(&part, &whole).with_context(|| {
                format!(
                    "it is recorded, and stays under the name {}",
                    part.display()
                )
            })?,
            refused => {
                let _ = std::fs::remove_file(&part);
                refused?;
                bail!(
                    "{}: some of it left in the meantime; nothing was exported, try again",
                    layout.id
                );
            }
        }
        say(&format!(
            "{}: {} filings in {}",
            layout.id,
            prepared.filings.len(),
            whole.display()
        ))?;
    }
    Ok(if held {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn import_addressees(
    config: &Config,
    bytes: &[u8],
    dry_run: bool,
) -> anyhow::Result<ExitCode> {
    let table = match export::read_addressees(bytes) {
        Ok(table) => table,
        Err(problems) => {
            for problem in &problems {
                say(&problem.to_string())?;
            }
            bail!("{} problem(s); nothing was taken in", problems.len());
        }
    };
    let store = open_store(&config.store, &config.office.recipient).await?;
    let known = store.addressees(table.keys().cloned().collect()).await?;
    let lines = table.len();
    let changed: std::collections::BTreeMap<String, String> = table
        .into_iter()
        .filter(|(serial, number)| known.get(serial) != Some(number))
        .collect();
    let replaced = changed
        .keys()
        .filter(|serial| known.contains_key(*serial))
        .count();
    let (fresh, same) = (changed.len() - replaced, lines - changed.len());
    say(&format!("{fresh} new, {replaced} changed, {same} the same"))?;
    if dry_run {
        say("dry run: nothing was taken in")?;
    } else if !changed.is_empty() {
        let entry = AuditEntry {
            at: now().as_second(),
            actor: "system".to_owned(),
            action: "addressees.imported".to_owned(),
            subject: "-".to_owned(),
            detail: format!("new={fresh} changed={replaced} same={same}"),
        };
        store.keep_addressees(changed, entry).await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn audit_verify(config: Config) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    match ubugoe_city::store::audit::verify(store.as_ref()).await? {
        Ok(chain) => {
            say(&format!(
                "intact: {} lines, newest hash {}",
                chain.lines(),
                hex::encode(chain.head())
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            say(&format!("BROKEN: {broken}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// One line for each rule: rows due, rows held, the oldest, the rule's word, its source.
async fn retention_due(config: &Config, check: bool) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    let policy = &config.retention.policy;
    let mut rows = 0;
    for due in policy.due(now().as_second()) {
        let rule = match &due.only {
            Some(only) => policy
                .procedures()
                .find_map(|(procedure, rule)| (procedure == only).then_some(rule)),
            None => policy.rule(due.kind),
        };
        let sure = match rule.map(|rule| rule.confidence) {
            Some(Sure::Gk) => " [GK]",
            _ => "",
        };
        let source = rule.map_or("", |rule| rule.source.as_str());
        let named = store.due_filings(due.clone()).await?;
        let count = store.count_due(due).await?;
        let oldest = count
            .oldest
            .and_then(jst::date)
            .map_or_else(|| "-".to_owned(), |day| day.to_string());
        say(&format!(
            "{}\tdue {}\theld {}\toldest {oldest}\t{source}{sure}",
            count.code, count.rows, count.held
        ))?;
        for filing in named {
            say(&format!("  {} no. {}", filing.id, filing.arrival_no))?;
        }
        rows += count.rows;
    }
    say(&format!("{rows} due"))?;
    Ok(if check && rows > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn purge(config: &Config, dry_run: bool) -> anyhow::Result<ExitCode> {
    if dry_run {
        return retention_due(config, false).await;
    }
    if !config.retention.erase {
        bail!("the configuration does not say that anything may be erased (retention.erase)");
    }
    let store = open_store(&config.store, &config.office.recipient).await?;
    let gone =
        retention::sweep(store.as_ref(), &config.retention.policy, now().as_second()).await?;
    say(&format!("{gone} erased"))?;
    Ok(ExitCode::SUCCESS)
}

async fn export_messages(config: Config) -> anyhow::Result<ExitCode> {
    const PIECE: u32 = 1_000;
    let store = open_store(&config.store, &config.office.recipient).await?;
    log::seal(store.as_ref(), &config.keys.sign, now().as_second()).await?;
    for seal in store.message_seals().await? {
        say(&log::write_seal(&seal))?;
    }
    let mut after = 0;
    loop {
        let entries = store.message_entries(after, PIECE).await?;
        for entry in &entries {
            after = entry.seq;
            say(&log::write_entry(entry))?;
        }
        if entries.len() < PIECE as usize {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn verify_messages(file: &Path, key: &Path, least: i64) -> anyhow::Result<ExitCode> {
    let text =
        std::fs::read_to_string(key).with_context(|| format!("cannot read {}", key.display()))?;
    let key = VerifyingKey::from_text(text.trim_end()).context("this is no public key")?;
    let lines: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let opened =
            std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        Box::new(std::io::BufReader::new(opened))
    };
    let verified = log::verify_lines(lines, &key, least)?;
    match verified {
        Ok(intact) => {
            say(&format!("intact: {intact}"))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            say(&format!("BROKEN: {broken}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn import_slots(config: &Config, file: &Path) -> anyhow::Result<ExitCode> {
    const MOST: u64 = 8 * 1024 * 1024;
    let length = std::fs::metadata(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len();
    if length > MOST {
        bail!("{length} bytes are more than such a file has");
    }
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let times = match slots::read(&bytes) {
        Ok(times) => times,
        Err(problems) => {
            problems
                .iter()
                .try_for_each(|problem| say(&problem.to_string()))?;
            say("nothing was imported")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let store = open_store(&config.store, &config.office.recipient).await?;
    let by = By {
        actor: OPERATOR.to_owned(),
        at: now().as_second(),
    };
    let done = store.import_slots(times, by).await?;
    for (id, why) in &done.refused {
        say(&match why {
            SlotRefusal::Booked => format!("{id}: is booked, so it cannot move"),
            SlotRefusal::Taken => format!("{id}: more places are taken than would be left"),
        })?;
    }
    if !done.refused.is_empty() {
        say("nothing was imported")?;
        return Ok(ExitCode::FAILURE);
    }
    say(&format!(
        "{} new, {} changed, {} as they were",
        done.new, done.changed, done.same
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn after_restore(mut config: Config, since: i64, gap: u32) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    operate::join_enrolled(&mut config, store.as_ref()).await?;
    let now = now().as_second();
    let done = restore::after_restore(&config, store.as_ref(), since, gap, now).await?;
    say(&format!(
        "numbers up to {} were known; the next is {}; {} devices are asked to send again",
        done.last,
        done.last + u64::from(gap) + 1,
        done.asked
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn order(
    mut config: Config,
    devices: Vec<DeviceId>,
    what: What,
    hours: u32,
) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    operate::join_enrolled(&mut config, store.as_ref()).await?;
    let operator = Operator::of(&config)?;
    let devices = if devices.is_empty() {
        operate::devices(&config)
    } else {
        devices
    };
    let order = match what {
        What::Close => Order::Close,
        What::Open => Order::Open,
        What::Restart => Order::Restart,
        What::Renew => Order::Renew,
        What::Diagnose => Order::Diagnose,
        What::Withdraw { update } => Order::Withdraw { update },
    };
    let at = now().as_second();
    let stands = (at, at + i64::from(hours) * 3_600);
    let mut orders = Vec::with_capacity(devices.len());
    for id in devices {
        operate::device(&config, &id)?;
        orders.push(operator.order(&id, order, stands, OPERATOR)?);
    }
    let lines: Vec<String> = orders
        .iter()
        .map(|order| format!("{} {} {}", order.id, order.device, order.what))
        .collect();
    store.order(orders).await?;
    lines.iter().try_for_each(|line| say(line))?;
    Ok(ExitCode::SUCCESS)
}

/// A moment for a list.
fn moment(at: i64) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

async fn outcome(config: &Config) -> anyhow::Result<ExitCode> {
    const MOST: u32 = 1_000;
    let store = open_store(&config.store, &config.office.recipient).await?;
    let now = now().as_second();
    for order in store.orders(MOST).await? {
        let became = match order.answer {
            Some((outcome, detail, at)) => {
                format!("{} {} {detail}", outcome_code(outcome), moment(at))
            }
            None if order.expires <= now => "expired".to_owned(),
            None => format!("waiting, sent {} times", order.attempts),
        };
        say(&format!(
            "{} {} {} {}: {became}",
            order.id,
            moment(order.at),
            order.device,
            order.what
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is published, and for how many seconds it is observed unless somebody says otherwise.
fn update(
    content: ContentArgument,
    file: &Path,
    named: system::Named,
) -> anyhow::Result<((Content, Vec<u8>), i64)> {
    let content = match content {
        ContentArgument::System => {
            let order = named.order(file)?;
            return Ok(((Content::System, order), rollout::OBSERVE_SYSTEM));
        }
        ContentArgument::Catalogue => Content::Catalogue,
        ContentArgument::Profile => Content::Profile,
    };
    if named.is_given() {
        bail!("only a system has an address, a kind of machine or a version of the image");
    }
    let whole = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(((content, whole), rollout::OBSERVE))
}

async fn publish(
    mut config: Config,
    update: (Content, &[u8]),
    canary: (Vec<String>, i64),
) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    operate::join_enrolled(&mut config, store.as_ref()).await?;
    let now = now().as_second();
    let (id, version) = rollout::publish(&config, store.as_ref(), update, canary, now).await?;
    say(&format!("published: {id} version {version}"))?;
    Ok(ExitCode::SUCCESS)
}

async fn rollouts(config: &Config) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    for rollout in store.rollouts(false).await? {
        say(&format!(
            "{} {} {} {} since {}",
            rollout.id,
            content_code(rollout.content),
            rollout.version,
            rollout.state.code(),
            moment(rollout.state_at)
        ))?;
        for device in rollout.devices {
            let word = device.report.map_or_else(
                || "no word".to_owned(),
                |(state, detail)| format!("{} {detail}", update_code(state)),
            );
            let canary = if device.canary { " (canary)" } else { "" };
            let heard = device.seen_at.map_or_else(
                || "never heard of".to_owned(),
                |at| format!("heard {}", moment(at)),
            );
            let word = word.trim_end();
            say(&format!("  {}{canary}: {word}; {heard}", device.device))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn device(what: DeviceCommand) -> anyhow::Result<ExitCode> {
    match what {
        DeviceCommand::Registered(what) => devices::registered(what),
        DeviceCommand::Requests { config } => runtime()?.block_on(requests(&read_config(&config)?)),
        DeviceCommand::SignRequest {
            config,
            device,
            ca_cert,
            ca_key,
            days,
        } => {
            let read = |path: &Path| {
                std::fs::read_to_string(path)
                    .map(Zeroizing::new)
                    .with_context(|| format!("cannot read {}", path.display()))
            };
            let (cert, key) = (read(&ca_cert)?, read(&ca_key)?);
            let authority = Authority {
                cert_pem: &cert,
                key_pem: &key,
            };
            let config = read_config(&config)?;
            runtime()?.block_on(sign_request(config, &device, authority, days))
        }
    }
}

async fn requests(config: &Config) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    for ask in store.certificate_asks().await? {
        let granted = ask.granted_at.map_or_else(
            || "waiting".to_owned(),
            |at| format!("granted {}", moment(at)),
        );
        say(&format!(
            "{} asked {}: {granted}, request {}",
            ask.device,
            moment(ask.asked_at),
            hex::encode(ask.request)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn end_sessions(config: &Config, account: &str) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    let at = now().as_second();
    let ended = store.close_sessions_of(account, OPERATOR, at).await?;
    say(&format!("{ended} sessions of {account} ended"))?;
    Ok(ExitCode::SUCCESS)
}

async fn sign_request(
    mut config: Config,
    id: &DeviceId,
    authority: Authority<'_>,
    days: u16,
) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    operate::join_enrolled(&mut config, store.as_ref()).await?;
    let now = now().as_second();
    let chain = certificate::grant(&config, store.as_ref(), id, authority, (days, now)).await?;
    say(chain.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Counts of a carrying.
#[derive(Default)]
struct Count {
    landed: usize,
    refused: usize,
    aside: usize,
    failed: usize,
}

async fn carry(config: Config, from: &Path) -> anyhow::Result<ExitCode> {
    let ingest = open_ingest(config, Arc::new(now)).await?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(from)
        .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect())
        .with_context(|| format!("cannot read the folder {}", from.display()))?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "ubg"));
    files.sort();
    let mut count = Count::default();
    for path in files {
        match carry_one(&ingest, &path).await {
            Ok(Carried::Landed(_)) => count.landed += 1,
            Ok(Carried::Refused(_)) => {
                count.refused += 1;
                say(&format!("refused: {}", path.display()))?;
            }
            Ok(Carried::Aside) => {
                count.aside += 1;
                say(&format!("set aside: {}", path.display()))?;
            }
            Err(error) => {
                count.failed += 1;
                say(&format!("failed: {}: {error:#}", path.display()))?;
            }
        }
    }
    let Count {
        landed,
        refused,
        aside,
        failed,
    } = count;
    say(&format!(
        "{landed} in the database, {refused} refused, {aside} set aside, {failed} failed"
    ))?;
    Ok(if refused + aside + failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn carry_one(ingest: &Ingest, path: &Path) -> anyhow::Result<Carried> {
    let len = std::fs::metadata(path).context("cannot look at it")?.len();
    if len > MAX_ENVELOPE as u64 {
        bail!("{len} bytes are more than an envelope has");
    }
    let carried = ingest
        .carry(std::fs::read(path).context("cannot read it")?)
        .await?;
    let (Carried::Landed(answer) | Carried::Refused(answer)) = &carried else {
        return Ok(carried);
    };
    if let Some(answer) = answer {
        devices::write_whole(&path.with_extension("ans"), answer)
            .context("it has landed, and its answer cannot be written")?;
    }
    Ok(carried)
}
