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
use ubugoe_city::casework::audit::Verifier;
use ubugoe_city::config::Config;
use ubugoe_city::http::password;
use ubugoe_city::ingest::no_faults;
use ubugoe_city::server::{City, open_store};
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
    /// Walks the audit chain and prints its length and newest hash; exit code 1 if it is broken.
    AuditVerify {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
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
