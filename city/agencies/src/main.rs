//! The `ubugoe-agencies` program: simulated agencies for demonstrations, from one settings file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;
use ubugoe_agencies::{Kind, Settings};
use ubugoe_exchange::{MessageId, server};

/// Simulated agencies. No real one stands behind any of them.
#[derive(Debug, Parser)]
#[command(name = "ubugoe-agencies", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers the city until SIGTERM.
    Serve {
        /// Settings file (TOML).
        #[arg(long)]
        settings: PathBuf,
    },
    /// The hospital sends a FHIR document to the city, and prints the answer.
    Send {
        /// Settings file (TOML).
        #[arg(long)]
        settings: PathBuf,
        /// The document.
        #[arg(long)]
        bundle: PathBuf,
        /// The message id; the same one again changes nothing. Without it: a new one.
        #[arg(long)]
        id: Option<MessageId>,
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
            let _ = writeln!(std::io::stderr(), "ubugoe-agencies: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    match command {
        Command::Serve { settings } => runtime.block_on(serve(&settings)),
        Command::Send {
            settings,
            bundle,
            id,
        } => runtime.block_on(send(&settings, &bundle, id)),
    }
}

fn read(path: &Path) -> anyhow::Result<(Settings, PathBuf)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    Ok((Settings::from_toml(&text)?, folder))
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

async fn serve(path: &Path) -> anyhow::Result<ExitCode> {
    let (settings, folder) = read(path)?;
    let (raise, stop) = watch::channel(false);
    let mut running = JoinSet::new();
    let mut places = Vec::new();
    for each in &settings.agency {
        let (agency, identity, bind) =
            each.agency(&settings.city, &folder, &|path| std::fs::read(path))?;
        let listener = TcpListener::bind(bind)
            .await
            .with_context(|| format!("cannot listen on {bind}"))?;
        let at = listener.local_addr().context("no local address")?;
        places.push(format!("\"{}\":\"{at}\"", agency.own));
        let tls = identity.server()?;
        running.spawn(server::serve(listener, tls, Arc::new(agency), stop.clone()));
    }
    say(&format!(
        "{{\"event\":\"ready\",\"agencies\":{{{}}}}}",
        places.join(",")
    ))?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let _ = raise.send(true);
    while running.join_next().await.is_some() {}
    Ok(ExitCode::SUCCESS)
}

async fn send(path: &Path, bundle: &Path, id: Option<MessageId>) -> anyhow::Result<ExitCode> {
    let (settings, folder) = read(path)?;
    let Some(hospital) = settings.agency.iter().find(|a| a.kind == Kind::Hospital) else {
        bail!("there is no hospital in {}", path.display());
    };
    let (agency, _, _) = hospital.agency(&settings.city, &folder, &|path| std::fs::read(path))?;
    let body =
        std::fs::read(bundle).with_context(|| format!("cannot read {}", bundle.display()))?;
    let id = match id {
        Some(id) => id,
        None => MessageId::generate()?,
    };
    let agency = Arc::new(agency);
    let question = agency.question(id, "birthCertificate", "", true)?;
    let answered = agency.ask(&settings.city.at, &question, body).await?;
    say(&format!(
        "{} {}",
        answered.answer.status,
        String::from_utf8_lossy(&answered.body)
    ))?;
    Ok(if answered.answer.error.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
