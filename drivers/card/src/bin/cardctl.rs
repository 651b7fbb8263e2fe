//! A technician's tool for readers and cards: list, show, watch, read; record and replay if built for it. Must not
//! take a PIN on the command line, where every user of the machine could read it, or print one.

use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use ubugoe_card::{
    CardError, CardEvent, CardService, Config, Cost, IntegrityPolicy, IssuerRoot, Look, Pin, Reply,
    Request, Ticket, list_readers,
};
use zeroize::Zeroizing;

/// Readers and My Number cards over PC/SC.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Only readers whose name contains this.
    #[arg(long, global = true)]
    reader: Option<String>,
    /// Seconds to wait for a card, or for one answer of it.
    #[arg(long, global = true, default_value_t = 30)]
    wait: u64,
    /// A root to check attributes against (ubugoe-card-root-v1:…); may be given several times.
    #[arg(long, global = true)]
    root: Vec<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the readers.
    Readers,
    /// Show what a card says without a PIN.
    Show,
    /// Print events until interrupted.
    Watch,
    /// Read the four attributes; the PIN is asked for on the terminal or read from standard input.
    Attributes,
    /// Write what passes between us and a card to a file.
    #[cfg(feature = "record")]
    Record {
        /// The recording to write.
        file: std::path::PathBuf,
        /// Read the attributes too (asks for the PIN, which is not recorded; the answers are).
        #[arg(long)]
        attributes: bool,
    },
    /// Play a recording against the driver.
    #[cfg(feature = "record")]
    Replay {
        /// The recording to read.
        file: std::path::PathBuf,
    },
}

fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    match &arguments.action {
        Action::Readers => {
            let context = pcsc::Context::establish(pcsc::Scope::User)
                .context("the card service (pcscd) is not there")?;
            list_readers(&context)?
                .iter()
                .try_for_each(|name| say(name))
        }
        Action::Show => show(&arguments),
        Action::Watch => watch(&arguments),
        Action::Attributes => attributes(&arguments),
        #[cfg(feature = "record")]
        Action::Record { file, attributes } => recording::record(&arguments, file, *attributes),
        #[cfg(feature = "record")]
        Action::Replay { file } => recording::replay(&arguments, file),
    }
}

fn config(arguments: &Arguments) -> Result<Config> {
    let roots = arguments
        .root
        .iter()
        .map(|text| text.parse::<IssuerRoot>().context("--root"))
        .collect::<Result<_>>()?;
    Ok(Config {
        reader_name_contains: arguments.reader.clone(),
        // Showing an expired card is this tool's business.
        today: None,
        integrity: IntegrityPolicy { check: true, roots },
        ..Config::default()
    })
}

fn start(arguments: &Arguments) -> Result<(CardService, Receiver<CardEvent>)> {
    let (sender, events) = channel();
    let service = CardService::start(config(arguments)?, move |event| {
        // Nobody listens any more while the service stops.
        drop(sender.send(event));
    })?;
    Ok((service, events))
}

/// Waits for a card that can be used.
fn card(arguments: &Arguments, events: &Receiver<CardEvent>) -> Result<(Ticket, Look)> {
    loop {
        match next(arguments, events).context("no card was put on a reader")? {
            CardEvent::Inserted { ticket, look } => return Ok((ticket, look)),
            CardEvent::Unusable { why, .. } => {
                return Err(anyhow::Error::new(why).context("what lies there cannot be used"));
            }
            CardEvent::ServiceLost => bail!("the card service (pcscd) is not there"),
            CardEvent::Readers(readers) if readers.is_empty() => bail!("there is no reader"),
            CardEvent::Readers(_)
            | CardEvent::ServiceBack
            | CardEvent::Removed { .. }
            | CardEvent::Done { .. }
            | CardEvent::Failed { .. } => {}
        }
    }
}

fn next(arguments: &Arguments, events: &Receiver<CardEvent>) -> Result<CardEvent> {
    Ok(events.recv_timeout(Duration::from_secs(arguments.wait))?)
}

fn show(arguments: &Arguments) -> Result<()> {
    let (_service, events) = start(arguments)?;
    let (_, look) = card(arguments, &events)?;
    say_look(&look)
}

fn say_look(look: &Look) -> Result<()> {
    let tries = |left: Option<u8>| left.map_or("unknown".to_owned(), |left| left.to_string());
    let expiry = look.card_expiry.map(|date| date.to_string());
    say(&format!("token            {:?}", look.token))?;
    say(&format!(
        "valid until      {}",
        expiry.as_deref().unwrap_or("unknown")
    ))?;
    say(&format!(
        "certificates     signing {}, authentication {}",
        look.has_sign_cert, look.has_auth_cert
    ))?;
    say(&format!(
        "tries            attributes {}, signing {}, authentication {}",
        tries(look.tries.attributes),
        tries(look.tries.sign),
        tries(look.tries.auth)
    ))?;
    say(&format!("extended length  {}", look.extended_length))
}

fn watch(arguments: &Arguments) -> Result<()> {
    let (_service, events) = start(arguments)?;
    events
        .iter()
        .try_for_each(|event| say(&format!("{event:?}")))
}

fn attributes(arguments: &Arguments) -> Result<()> {
    let (service, events) = start(arguments)?;
    let (ticket, look) = card(arguments, &events)?;
    say_look(&look)?;
    let pin = ask_pin()?;
    service.request(ticket, Request::ReadAttributes { pin });
    let (reply, cost) = loop {
        match next(arguments, &events)? {
            CardEvent::Done { reply, cost, .. } => break (reply, cost),
            CardEvent::Failed { error, .. } => return Err(explained(error)),
            CardEvent::Readers(_)
            | CardEvent::ServiceLost
            | CardEvent::ServiceBack
            | CardEvent::Inserted { .. }
            | CardEvent::Unusable { .. }
            | CardEvent::Removed { .. } => {}
        }
    };
    if let Reply::Attributes(attributes) = reply {
        say_attributes(&attributes, cost)?;
    }
    Ok(())
}

fn say_attributes(attributes: &ubugoe_card::Attributes, cost: Cost) -> Result<()> {
    say(&format!("name             {}", attributes.name))?;
    say(&format!("address          {}", attributes.address))?;
    say(&format!("birth            {}", attributes.birth))?;
    say(&format!("sex              {:?}", attributes.sex))?;
    say(&format!("integrity        {:?}", attributes.integrity))?;
    say(&format!(
        "APDUs            {} and {} for the integrity check",
        cost.job.apdus, cost.integrity.apdus
    ))
}

fn explained(error: CardError) -> anyhow::Error {
    anyhow::Error::new(error).context("the card did not give its attributes")
}

/// Asks for the PIN without showing it; from a pipe, reads one line.
fn ask_pin() -> Result<Pin> {
    let terminal = std::io::stdin().is_terminal();
    if terminal {
        write!(std::io::stderr(), "attributes PIN: ")?;
        echo(false)?;
    }
    let mut line = Zeroizing::new(String::with_capacity(64));
    let read = std::io::stdin().lock().read_line(&mut line);
    if terminal {
        echo(true)?;
        writeln!(std::io::stderr())?;
    }
    read.context("reading the PIN")?;
    Ok(Pin::new(line.trim_end_matches(['\r', '\n']))?)
}

fn echo(on: bool) -> Result<()> {
    let argument = if on { "echo" } else { "-echo" };
    let done = Command::new("stty")
        .arg(argument)
        .stdin(Stdio::inherit())
        .status()
        .context("stty, which hides what is typed")?;
    if !done.success() {
        bail!("the terminal cannot hide what is typed");
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

#[cfg(feature = "record")]
mod recording {
    //! Recording and playing back. Must not be part of an appliance.

    use std::fs::File;
    use std::io::BufReader;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;

    use super::{Arguments, Context, Pin, Result, ask_pin, config, say, say_attributes, say_look};
    use anyhow::bail;
    use ubugoe_card::record::{Job, Recorder, Replay};
    use ubugoe_card::{CardSession, PcscTransport, Policy, Transmit, list_readers};

    fn policy(arguments: &Arguments) -> Result<Policy> {
        let integrity = config(arguments)?.integrity;
        Ok(Policy {
            extended_length: true,
            check_integrity: integrity.check,
            roots: integrity.roots,
        })
    }

    pub(super) fn record(arguments: &Arguments, file: &Path, attributes: bool) -> Result<()> {
        let context = pcsc::Context::establish(pcsc::Scope::User)?;
        let part = arguments.reader.as_deref().unwrap_or_default();
        let readers = list_readers(&context)?;
        let Some(reader) = readers.iter().find(|name| name.contains(part)) else {
            bail!("there is no such reader");
        };
        let mut jobs = vec![Job::Look, Job::AuthCertificate];
        let mut pin = None;
        if attributes {
            jobs.push(Job::Attributes);
            pin = Some(ask_pin()?);
        }
        jobs.push(Job::Finish);
        let link = PcscTransport::connect(&context, reader)?;
        // What a real card says is its holder's business.
        let out = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)
            .with_context(|| file.display().to_string())?;
        let mut session = CardSession::new(Recorder::new(link, out, &jobs)?, policy(arguments)?);
        let played = play(&mut session, &jobs, pin.as_ref());
        session.into_inner().finish()?.unpower()?;
        played
    }

    pub(super) fn replay(arguments: &Arguments, file: &Path) -> Result<()> {
        let input = File::open(file).with_context(|| file.display().to_string())?;
        let replay = Replay::read(BufReader::new(input))?;
        let jobs = replay.jobs().to_vec();
        // The recording does not know the PIN; any fits.
        let pin = Pin::new("0000")?;
        play(
            &mut CardSession::new(replay, policy(arguments)?),
            &jobs,
            Some(&pin),
        )
    }

    fn play<T: Transmit>(
        session: &mut CardSession<T>,
        jobs: &[Job],
        pin: Option<&Pin>,
    ) -> Result<()> {
        for job in jobs {
            match (job, pin) {
                (Job::Look, _) => say_look(&session.look()?)?,
                (Job::AuthCertificate, _) => {
                    let (certificate, cost) = session.auth_certificate()?;
                    let (bytes, apdus) = (certificate.len(), cost.job.apdus);
                    say(&format!("certificate      {bytes} bytes in {apdus} APDUs"))?;
                }
                (Job::Attributes, Some(pin)) => {
                    let (attributes, cost) = session.attributes(pin)?;
                    say_attributes(&attributes, cost)?;
                }
                (Job::Attributes, None) => bail!("no PIN"),
                (Job::Finish, _) => session.log_out()?,
            }
        }
        Ok(())
    }
}
