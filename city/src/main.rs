//! The `ubugoe-city` program: reads files, clock and signals, and hands them to the library.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;
use ubugoe_city::carry::{self, Carried};
use ubugoe_city::casework::audit::Verifier;
use ubugoe_city::config::Config;
use ubugoe_city::http::password;
use ubugoe_city::ingest::no_faults;
use ubugoe_city::orders;
use ubugoe_city::server::{City, open_ingest, open_store};
use ubugoe_protocol::{DeviceId, Order};
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
    /// Signs an order for devices; the server sends it until they answer.
    Order {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// For which device; may be repeated. Without it: for all.
        #[arg(long = "device")]
        devices: Vec<DeviceId>,
        /// What.
        order: Word,
    },
    /// Lists orders, newest first, with what became of them.
    Orders {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// After the database was restored: leaves a gap in the arrival numbers and asks every device for what it filed since.
    AfterRestore {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The moment of the backup, such as 2026-11-27T03:00:00+09:00; rather too early than too late.
        #[arg(long)]
        since: jiff::Timestamp,
        /// How many numbers to leave out.
        #[arg(long, default_value_t = orders::DEFAULT_GAP)]
        gap: u32,
    },
    /// Lands filings that were carried by hand, and puts the sealed answers beside them.
    Carry {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The folder with the `.ubg` files.
        #[arg(long)]
        from: PathBuf,
    },
    /// Walks the audit chain and prints its length and newest hash; exit code 1 if it is broken.
    AuditVerify {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
}

/// Orders that an operator may give.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Word {
    /// Begin no more visits.
    Close,
    /// Begin visits again.
    Open,
    /// Start the program anew at the next rest.
    Restart,
    /// Say how the device is.
    Diagnose,
}

impl From<Word> for Order {
    fn from(word: Word) -> Self {
        match word {
            Word::Close => Self::Close,
            Word::Open => Self::Open,
            Word::Restart => Self::Restart,
            Word::Diagnose => Self::Diagnose,
        }
    }
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    match run(Arguments::parse().command) {
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
        Command::Order {
            config,
            devices,
            order,
        } => runtime()?.block_on(give_order(read_config(&config)?, devices, order.into())),
        Command::Orders { config } => runtime()?.block_on(list_orders(read_config(&config)?)),
        Command::AfterRestore { config, since, gap } => {
            runtime()?.block_on(after_restore(read_config(&config)?, since, gap))
        }
        Command::Carry { config, from } => {
            runtime()?.block_on(carry_in(read_config(&config)?, &from))
        }
        Command::AuditVerify { config } => runtime()?.block_on(audit_verify(read_config(&config)?)),
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
    let city = City::start(config, Arc::new(now), no_faults()).await?;
    let address = city.address()?;
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
        &serde_json::json!({ "event": "ready", "ready": true, "http": address.to_string() })
            .to_string(),
    )?;
    city.run(stop).await?;
    Ok(ExitCode::SUCCESS)
}

async fn give_order(
    config: Config,
    devices: Vec<DeviceId>,
    order: Order,
) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store).await?;
    let devices = if devices.is_empty() {
        config.devices.keys().cloned().collect()
    } else {
        devices
    };
    for id in orders::give(&config, store.as_ref(), &devices, order, now()).await? {
        say(&format!("{id} {}", orders::word(&order)))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn list_orders(config: Config) -> anyhow::Result<ExitCode> {
    const MOST: u32 = 200;
    let store = open_store(&config.store).await?;
    for order in store.orders(MOST).await? {
        let (outcome, detail) = order
            .outcome
            .unwrap_or_else(|| ("open".to_owned(), String::new()));
        let given = jiff::Timestamp::from_second(order.at)?;
        say(format!(
            "{} {given} {} {} {outcome} {detail}",
            order.id, order.device, order.what
        )
        .trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn after_restore(
    config: Config,
    since: jiff::Timestamp,
    gap: u32,
) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store).await?;
    let last =
        orders::after_restore(&config, store.as_ref(), since.as_second(), gap, now()).await?;
    say(&format!(
        "numbers up to {last} were known; the next is {}; {} devices are asked for what they filed since {since}",
        last + u64::from(gap) + 1,
        config.devices.len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn carry_in(config: Config, from: &Path) -> anyhow::Result<ExitCode> {
    let ingest = open_ingest(config, Arc::new(now)).await?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(from)
        .with_context(|| format!("cannot read {}", from.display()))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == "ubg"));
    files.sort();
    let (mut receipted, mut refused, mut set_aside) = (0_u32, 0_u32, 0_u32);
    for path in files {
        let wire = read_envelope(&path).with_context(|| path.display().to_string())?;
        let (count, answer) = match carry::land(&ingest, wire).await? {
            Carried::Receipted(answer) => (&mut receipted, Some(answer)),
            Carried::Refused(answer) => (&mut refused, Some(answer)),
            Carried::SetAside => (&mut set_aside, None),
        };
        *count += 1;
        if let Some(answer) = answer {
            write_whole(&path.with_extension("ans"), &answer)?;
        }
    }
    say(&format!(
        "{receipted} receipted, {refused} refused, {set_aside} set aside"
    ))?;
    Ok(if refused == 0 && set_aside == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// An envelope has at most 128 KiB; a stick may hold anything.
fn read_envelope(path: &Path) -> std::io::Result<Vec<u8>> {
    const MOST: u64 = 256 * 1024;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(
        &mut std::io::Read::take(std::fs::File::open(path)?, MOST),
        &mut bytes,
    )?;
    Ok(bytes)
}

/// Whole or not at all: the stick may be pulled.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    Ok(())
}

async fn audit_verify(config: Config) -> anyhow::Result<ExitCode> {
    const PIECE: u32 = 1_000;
    let store = open_store(&config.store).await?;
    let mut verifier = Verifier::default();
    loop {
        let lines = store.audit_lines(verifier.lines(), PIECE).await?;
        for line in &lines {
            if let Err(broken) = verifier.follow(line) {
                say(&format!("BROKEN: {broken}"))?;
                return Ok(ExitCode::FAILURE);
            }
        }
        if lines.len() < PIECE as usize {
            break;
        }
    }
    say(&format!(
        "intact: {} lines, newest hash {}",
        verifier.lines(),
        hex::encode(verifier.head())
    ))?;
    Ok(ExitCode::SUCCESS)
}
