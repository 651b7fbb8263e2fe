//! `ubugoe-tech`: sets a device up, looks at it, and takes it down. docs/provisioning.md leads through it.
//!
//! Each command ends with one result: a page, or with `--json` one object of the shape in `terminal`. Exit codes are in `ubugoe_tech::say`.
//! What the commands do is the library's, which the kiosk's technician screen shares.

mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ubugoe_edge::tpm::DEVICE;
use ubugoe_tech::{Bench, audit, diagnose, enrol, export, import, logs, rotate, say, wipe};

use crate::terminal::Terminal;

/// The technician's tool.
#[derive(Debug, Parser)]
#[command(name = "ubugoe-tech", version)]
struct Arguments {
    /// The folder below which the device keeps everything.
    #[arg(long, global = true, default_value = "/var/lib/ubugoe")]
    home: PathBuf,
    /// Where the device's TPM would be. With one, its keys are made there when it is enrolled.
    #[arg(long, global = true, default_value = DEVICE)]
    tpm: PathBuf,
    /// One JSON object on standard output, and nothing else.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Registers this device at its city over the network, by a one-time code or by a bench. The same code again, after a cut,
    /// goes on where it was.
    Enrol(enrol::Online),
    /// Moves this device to the ward of a new code: same keys, same device, new bundle.
    MoveWard(enrol::Online),
    /// Writes a request to a stick, for a device without a network.
    EnrolAsk(enrol::Ask),
    /// Takes in the answer that came back on the stick.
    EnrolAnswer(enrol::TakeAnswer),
    /// Makes a bench's key, and prints the lines for the city's configuration.
    BenchKey(enrol::BenchKey),
    /// Looks at everything the device needs: state, reason, what to do.
    Diagnose(diagnose::Diagnose),
    /// New key and certificate for the broker; the old ones go when a connection with the new ones stood. Stop the kiosk first.
    Rotate(rotate::Rotate),
    /// Writes what no city has receipted to a stick, sealed and signed as it is. Nothing is removed.
    Export(export::Export),
    /// Takes in what another device exported: this one sends it, and keeps it until the city has it.
    Import(import::Import),
    /// Copies logs, keeping only what cannot name a person.
    Logs(logs::Logs),
    /// Destroys keys, outbox and drafts, and leaves a signed record for the city. Stop the kiosk first.
    Wipe(wipe::Wipe),
    /// What technicians did on this device, and whether the chain is whole.
    Audit,
}

impl Command {
    const fn name(&self) -> &'static str {
        match self {
            Self::Enrol(_) => "enrol",
            Self::MoveWard(_) => "move-ward",
            Self::EnrolAsk(_) => "enrol-ask",
            Self::EnrolAnswer(_) => "enrol-answer",
            Self::BenchKey(_) => "bench-key",
            Self::Diagnose(_) => "diagnose",
            Self::Rotate(_) => "rotate",
            Self::Export(_) => "export",
            Self::Import(_) => "import",
            Self::Logs(_) => "logs",
            Self::Wipe(_) => "wipe",
            Self::Audit => "audit",
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary is the outer adapter where the clock comes from"
)]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.command.name(), arguments.json);
    // The kiosk starts elsewhere: what it is told must not depend on where the technician stands.
    let home = match std::path::absolute(&arguments.home) {
        Ok(home) => home,
        Err(error) => return terminal.end(Err(say::file("find", &arguments.home)(error))),
    };
    let bench = Bench::new(&home, &terminal, now()).with_tpm(&arguments.tpm);
    let done = match arguments.command {
        Command::Enrol(online) => enrol::online(&bench, &online, false),
        Command::MoveWard(online) => enrol::online(&bench, &online, true),
        Command::EnrolAsk(ask) => enrol::ask(&bench, &ask),
        Command::EnrolAnswer(answer) => enrol::answer(&bench, &answer),
        Command::BenchKey(key) => enrol::bench_key(&bench, &key),
        Command::Diagnose(diagnose) => diagnose::run(&bench, &diagnose),
        Command::Rotate(rotate) => rotate::run(&bench, &rotate),
        Command::Export(export) => export::run(&bench, &export),
        Command::Import(import) => import::run(&bench, &import),
        Command::Logs(logs) => logs::run(&bench, &logs),
        Command::Wipe(wipe) => wipe::run(&bench, &wipe),
        Command::Audit => audit::show(&bench),
    };
    terminal.end(done)
}
