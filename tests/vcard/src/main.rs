//! `vcard`: the virtual card from a shell. It reads arguments, the clock and files; everything else is the library's.

use std::{
    io::Write as _,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};
use ubugoe_vcard::{Card, Issuer, Pcscd, PcscdConfig, Persona, Pki, SimConfig, SimReader};

/// A virtual My Number card for tests and demonstrations.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Make the test PKI in a folder: CA certificates and keys.
    Pki {
        /// The folder.
        directory: PathBuf,
    },
    /// Play a card to a vpcd reader until told to quit.
    Run {
        /// The PKI's folder; made if it is not there.
        #[arg(long)]
        pki: PathBuf,
        /// A persona's TOML file, or the name of a built-in one.
        #[arg(long)]
        persona: String,
        /// vpcd's TCP port.
        #[arg(long)]
        port: u16,
        /// Where to take commands.
        #[arg(long)]
        control: PathBuf,
        /// Where to write one JSON line per APDU.
        #[arg(long)]
        trace: Option<PathBuf>,
        /// Begin with the card beside the reader.
        #[arg(long)]
        out: bool,
    },
    /// Tell a running card something: `insert`, `remove`, `persona NAME`, `fault …`, `counters` …
    Ctl {
        /// The card's control socket.
        socket: PathBuf,
        /// The command.
        #[arg(required = true, trailing_var_arg = true)]
        words: Vec<String>,
    },
    /// Run a private pcscd with a virtual reader until standard input ends; print its socket and port.
    Reader {
        /// Where PC/SC clients connect.
        #[arg(long)]
        socket: PathBuf,
    },
    /// List the built-in personas.
    Personas,
}

#[expect(clippy::print_stderr, reason = "a program's last word on failure")]
fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match perform(Arguments::parse().job) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("vcard: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(job: Job) -> anyhow::Result<ExitCode> {
    let mut screen = std::io::stdout();
    match job {
        Job::Pki { directory } => {
            open_pki(&directory)?;
            writeln!(screen, "{}", directory.display())?;
        }
        Job::Run {
            pki,
            persona,
            port,
            control,
            trace,
            out,
        } => {
            let issuer = Issuer::new(open_pki(&pki)?);
            let (issuer, card) = first_card(issuer, &persona)?;
            let reader = SimReader::start(&SimConfig { port, trace }, issuer, card)?;
            if !out {
                reader.insert();
            }
            play(&reader, &control)?;
        }
        Job::Ctl { socket, words } => {
            let answer = ubugoe_vcard::ask(&socket, &words.join(" "))
                .with_context(|| format!("nobody answers on {}", socket.display()))?;
            writeln!(screen, "{answer}")?;
            let value: serde_json::Value = serde_json::from_str(&answer)?;
            if value["ok"] != true {
                return Ok(ExitCode::FAILURE);
            }
        }
        Job::Reader { socket } => {
            let service = Pcscd::start(PcscdConfig {
                socket: Some(socket),
                ..PcscdConfig::default()
            })?;
            writeln!(screen, "PCSCLITE_CSOCK_NAME={}", service.socket().display())?;
            writeln!(screen, "VCARD_PORT={}", service.port())?;
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
        }
        Job::Personas => {
            for (name, _) in ubugoe_vcard::BUILT_IN {
                writeln!(screen, "{name:11} {}", Persona::built_in(name)?.about)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn play(reader: &SimReader, control: &Path) -> anyhow::Result<()> {
    if control.exists() {
        ensure!(
            ubugoe_vcard::ask(control, "status").is_err(),
            "another card already listens on {}",
            control.display()
        );
        std::fs::remove_file(control)?;
    }
    let listener = UnixListener::bind(control).context("cannot open the control socket")?;
    ubugoe_vcard::serve(&listener, reader)?;
    std::fs::remove_file(control)?;
    Ok(())
}

/// The first card, from a file or by name; other personas are then looked for beside the file first.
fn first_card(issuer: Issuer, persona: &str) -> anyhow::Result<(Issuer, Card)> {
    let path = Path::new(persona);
    if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        let card = Card::issue(&Persona::from_file(path)?, issuer.pki())?;
        let folder = path.parent().unwrap_or(Path::new("."));
        return Ok((issuer.with_folder(folder), card));
    }
    let card = issuer.issue(persona)?;
    Ok((issuer, card))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's one look at the clock: validity periods are counted from today"
)]
fn open_pki(directory: &Path) -> anyhow::Result<Pki> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let seconds = i64::try_from(now.as_secs())?;
    let today = jiff::Timestamp::from_second(seconds)?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    Ok(Pki::open(directory, today)?)
}
