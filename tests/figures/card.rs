//! What a visit costs on the card's side: APDUs and bytes, counted by the virtual card behind a real pcscd.
//!
//! Our driver's own count stands beside the card's and must agree. OpenSC does comparable work on the same
//! card in the same run; numbers of other programs that were not run here say so.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rsa::traits::PublicKeyParts as _;
use ubugoe_bench::programs;
use ubugoe_card::{
    CardDate, CardEvent, CardService, Config, Cost, IntegrityPolicy, IssuerRoot, Pin, Reply,
    Request, Ticket, Traffic,
};
use ubugoe_vcard::{
    Exchange, Issuer, Pcscd, PcscdConfig, Persona, SimConfig, SimReader, TEXT_ROOT_KEY_ID,
};

use crate::papers::password;
use crate::report::{Cell, Group};

/// How long any one thing may take.
const LIMIT: Duration = Duration::from_secs(30);
/// An everyday card, and one that gives a whole file at once.
const PLAIN: &str = "hana";
const EXTENDED: &str = "extended";

/// Instruction bytes (ISO 7816-4, -8).
const VERIFY: &str = "20";
const READ_BINARY: &str = "B0";
const SIGN: &str = "2A";

/// Counted by the card.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    apdus: u64,
    sent: u64,
    received: u64,
}

/// One line of the table.
struct Job {
    name: String,
    /// Most APDUs we allow ourselves.
    budget: Option<u64>,
    /// What the best public client needs.
    peer: Option<u64>,
    card: Tally,
    /// The driver's count; `None` where it was another program or the driver does not tell.
    driver: Option<Traffic>,
}

/// A reader with a card service of its own, our driver, and its events.
struct Desk {
    // In this order: the driver logs out before the card and its reader go.
    service: CardService,
    events: Receiver<CardEvent>,
    reader: SimReader,
    _pcscd: Pcscd,
}

/// Measures at `socket`, which this process's environment must name.
pub(crate) fn figures(socket: &Path, issuer: &Issuer) -> Result<Group> {
    let desk = Desk::new(socket, issuer)?;
    let mut jobs = Vec::new();
    let ticket = desk.visit(PLAIN, "", 8, &mut jobs)?;
    desk.swap(ticket, EXTENDED)?;
    let ticket = desk.visit(EXTENDED, ", extended length", 2, &mut jobs)?;
    desk.swap(ticket, PLAIN)?;
    desk.inserted()?;
    let (commands, peers) = desk.without_driver(opensc)?;
    let broken = jobs.iter().flat_map(Job::problems).collect();
    jobs.extend(peers);
    Ok(Group {
        title: "the card: APDUs and bytes per job, counted by the virtual card behind real pcscd",
        commands,
        columns: &[
            "job",
            "APDUs",
            "budget",
            "best peer",
            "to card",
            "from card",
            "driver's count",
        ],
        rows: jobs.iter().map(Job::row).collect(),
        notes: vec![
            "best peer: myna-card 3.3.4 (MIT), counted in its source, not run here; attributes, certificate, signature".to_owned(),
            "our attributes and signature include the log-out; myna-card's numbers have none".to_owned(),
            "order of a visit: look, attributes, authentication certificate, signature; bytes are commands and answers".to_owned(),
            "OpenSC was run on the same card; it has no text application, so there are no attributes to compare".to_owned(),
        ],
        broken,
    })
}

impl Desk {
    fn new(socket: &Path, issuer: &Issuer) -> Result<Self> {
        let pcscd = Pcscd::start(PcscdConfig {
            socket: Some(socket.to_owned()),
            ..PcscdConfig::default()
        })?;
        let config = SimConfig {
            port: pcscd.port(),
            trace: None,
        };
        let reader = SimReader::start(&config, issuer.clone(), issuer.issue(PLAIN)?)?;
        let (sender, events) = channel();
        let service = CardService::start(settings(issuer)?, move |event| {
            // The last events come while nobody listens any more.
            let _ = sender.send(event);
        })?;
        reader.insert();
        Ok(Self {
            service,
            events,
            reader,
            _pcscd: pcscd,
        })
    }

    /// A visit's jobs in their order, on the card that was just put down.
    fn visit(&self, persona: &str, kind: &str, auth: u64, jobs: &mut Vec<Job>) -> Result<Ticket> {
        let ticket = self.inserted()?;
        let pins = Persona::built_in(persona)?.pins.context("no PINs")?;
        let mut add = |name: &str, budget, peer, (card, driver)| {
            let name = format!("{name}{kind}");
            jobs.push(Job {
                name,
                budget,
                peer,
                card,
                driver,
            });
        };
        add(
            "first look",
            None,
            None,
            (tally(&self.reader.take_exchanges()), None),
        );

        let pin = Pin::new(pins.attributes.reveal())?;
        let (trace, cost) = self.ask(ticket, Request::ReadAttributes { pin })?;
        let (job, integrity) = split(&trace, READ_BINARY, None)?;
        add(
            "four attributes with PIN",
            Some(3),
            Some(5),
            (job, Some(cost.job)),
        );
        add(
            "their integrity",
            None,
            None,
            (integrity, Some(cost.integrity)),
        );

        let (trace, cost) = self.ask(ticket, Request::ReadAuthCertificate)?;
        let all = (tally(&trace), Some(cost.job));
        add("authentication certificate", Some(auth), Some(9), all);

        let request = Request::Sign {
            password: password(persona)?,
            prepare: Box::new(|_| Ok(vec![[0x42; 32]])),
        };
        let (trace, cost) = self.ask(ticket, request)?;
        let (job, certificate) = split(&trace, VERIFY, Some(SIGN))?;
        add(
            "signing certificate",
            None,
            None,
            (certificate, Some(cost.certificate)),
        );
        add("one signature", Some(3), Some(4), (job, Some(cost.job)));
        Ok(ticket)
    }

    /// One job: what the card saw, and what the driver says it cost.
    fn ask(&self, of: Ticket, request: Request) -> Result<(Vec<Exchange>, Cost)> {
        self.reader.take_exchanges();
        let before = self.reader.counters();
        self.service.request(of, request);
        let cost = match self.next()? {
            CardEvent::Done {
                ticket,
                reply,
                cost,
            } if ticket == of => {
                ensure!(reply != Reply::Finished, "the card ended its session");
                cost
            }
            other => bail!("expected the end of a job, got {other:?}"),
        };
        let (after, trace) = (self.reader.counters(), self.reader.take_exchanges());
        let counted = Tally {
            apdus: after.apdus - before.apdus,
            sent: after.bytes_in - before.bytes_in,
            received: after.bytes_out - before.bytes_out,
        };
        ensure!(
            counted == tally(&trace),
            "the card's counters say {counted:?}, its trace {:?}",
            tally(&trace)
        );
        Ok((trace, cost))
    }

    fn swap(&self, ticket: Ticket, persona: &str) -> Result<()> {
        self.reader.take(persona)?;
        let removed = self.next()?;
        ensure!(removed == CardEvent::Removed { ticket }, "{removed:?}");
        self.reader.take_exchanges();
        self.reader.insert();
        Ok(())
    }

    /// The next card that was put down and looked at.
    fn inserted(&self) -> Result<Ticket> {
        loop {
            match self.next()? {
                CardEvent::Inserted { ticket, .. } => return Ok(ticket),
                CardEvent::Readers(_) => {}
                other => bail!("expected a card, got {other:?}"),
            }
        }
    }

    fn next(&self) -> Result<CardEvent> {
        self.events
            .recv_timeout(LIMIT)
            .context("the card service says nothing")
    }

    /// Ends our driver, leaves the card on the reader, and lets somebody else work with it.
    fn without_driver<T>(self, work: impl FnOnce(&SimReader) -> Result<T>) -> Result<T> {
        drop(self.service);
        self.reader.take_exchanges();
        work(&self.reader)
    }
}

fn settings(issuer: &Issuer) -> Result<Config> {
    let key = issuer.pki().text_root();
    let (exponent, modulus) = (key.e().to_bytes_be(), key.n().to_bytes_be());
    let today = CardDate::parse(
        issuer
            .pki()
            .today()
            .strftime("%Y%m%d")
            .to_string()
            .as_bytes(),
    )?;
    Ok(Config {
        reader_name_contains: Some("00 00".to_owned()),
        today: Some(Arc::new(move || Some(today))),
        integrity: IntegrityPolicy {
            check: true,
            roots: vec![IssuerRoot::new(TEXT_ROOT_KEY_ID, &exponent, &modulus)?],
        },
        ..Config::default()
    })
}

/// Splits a job in two by what the card was asked: the exchanges after the first with instruction `from`,
/// up to the one with instruction `to` (or the last, which logs out), and everything else.
fn split(trace: &[Exchange], from: &str, to: Option<&str>) -> Result<(Tally, Tally)> {
    let place = |instruction: &str| {
        trace
            .iter()
            .position(|exchange| exchange.command.get(2..4) == Some(instruction))
            .with_context(|| format!("no {instruction} among {trace:?}"))
    };
    let start = place(from)? + 1;
    let end = to.map_or(Ok(trace.len().saturating_sub(1)), place)?;
    let inner = tally(
        trace
            .get(start..end)
            .context("the exchanges are out of order")?,
    );
    let all = tally(trace);
    let outer = Tally {
        apdus: all.apdus - inner.apdus,
        sent: all.sent - inner.sent,
        received: all.received - inner.received,
    };
    Ok((outer, inner))
}

/// Adds up a trace: two characters per byte, masked ones too.
fn tally(trace: &[Exchange]) -> Tally {
    let bytes = |text: &str| u64::try_from(text.len() / 2).unwrap_or(u64::MAX);
    trace.iter().fold(Tally::default(), |sum, exchange| Tally {
        apdus: sum.apdus + 1,
        sent: sum.sent + bytes(&exchange.command),
        received: sum.received + exchange.answer.as_deref().map_or(0, bytes),
    })
}

impl Job {
    fn row(&self) -> Vec<Cell> {
        let count = |t: &Traffic| Cell::Text(format!("{} / {} / {}", t.apdus, t.sent, t.received));
        vec![
            Cell::text(&self.name),
            Cell::Count(self.card.apdus),
            Cell::maybe(self.budget),
            Cell::maybe(self.peer),
            Cell::Count(self.card.sent),
            Cell::Count(self.card.received),
            self.driver.as_ref().map_or(Cell::None, count),
        ]
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.budget.is_some_and(|budget| self.card.apdus > budget) {
            problems.push(format!("{}: over its budget", self.name));
        }
        if let Some(driver) = self.driver {
            let said = Tally {
                apdus: u64::from(driver.apdus),
                sent: driver.sent,
                received: driver.received,
            };
            if said != self.card {
                problems.push(format!("{}: the driver counts {said:?}", self.name));
            }
        }
        problems
    }
}

/// OpenSC's own tools on the same card.
fn opensc(reader: &SimReader) -> Result<(Vec<String>, Vec<Job>)> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("data"), b"hello")?;
    let pins = Persona::built_in(PLAIN)?.pins.context("no PINs")?;
    let module = format!(
        "/usr/lib/{}-linux-gnu/pkcs11/opensc-pkcs11.so",
        std::env::consts::ARCH
    );
    let read = vec!["--read-certificate", "01"];
    let mut sign = vec!["--module", &module, "--slot", "1", "--login"];
    sign.extend(["--pin", pins.sign.reveal(), "--sign", "--id", "02"]);
    sign.extend([
        "--mechanism",
        "SHA256-RSA-PKCS",
        "-i",
        "data",
        "-o",
        "signature",
    ]);
    let mut commands = Vec::new();
    let mut jobs = Vec::new();
    for (name, program, arguments) in [
        ("OpenSC: authentication certificate", "pkcs15-tool", read),
        ("OpenSC: one signature", "pkcs11-tool", sign),
    ] {
        reader.take_exchanges();
        run(program, &arguments, folder.path())?;
        commands.push(format!("{program} {}", arguments.join(" ")));
        jobs.push(Job {
            name: name.to_owned(),
            budget: None,
            peer: None,
            card: tally(&reader.take_exchanges()),
            driver: None,
        });
    }
    Ok((commands, jobs))
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<()> {
    let hint = "install Debian's package opensc, or run ./ubugoe setup";
    let output = Command::new(programs::on_path(program, hint)?)
        .args(arguments)
        .current_dir(folder)
        // OpenSC keeps what it read from cards in the user's cache otherwise.
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()?;
    ensure!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

    use super::*;

    fn exchange(command: &str, answer: Option<&str>) -> Exchange {
        Exchange {
            n: 0,
            persona: PLAIN.to_owned(),
            command: command.to_owned(),
            answer: answer.map(str::to_owned),
            fault: None,
        }
    }

    #[test]
    fn a_signature_job_is_split_at_what_the_card_was_asked() {
        let trace = [
            exchange("0020008104********", Some("9000")),
            exchange("00B0860000", Some("AABB9000")),
            exchange("00B0010000", None),
            exchange("802A008001FF", Some("CC9000")),
            exchange("00A4040C00", Some("9000")),
        ];
        let (job, certificate) = split(&trace, VERIFY, Some(SIGN)).unwrap();
        let counts = |t: Tally| (t.apdus, t.sent, t.received);
        assert_eq!(counts(job), (3, 9 + 6 + 5, 2 + 3 + 2));
        assert_eq!(counts(certificate), (2, 5 + 5, 4));
        // Without an end: up to the last, which logs out.
        let (_, inner) = split(&trace, READ_BINARY, None).unwrap();
        assert_eq!(inner.apdus, 2);
        assert!(split(&trace[..3], VERIFY, Some(SIGN)).is_err());
    }

    #[test]
    fn a_budget_and_a_wrong_count_are_both_noticed() {
        let mut job = Job {
            name: "job".to_owned(),
            budget: Some(3),
            peer: None,
            card: Tally {
                apdus: 3,
                sent: 10,
                received: 20,
            },
            driver: Some(Traffic {
                apdus: 3,
                sent: 10,
                received: 20,
            }),
        };
        assert_eq!(job.problems(), Vec::<String>::new());
        job.card.apdus = 4;
        assert_eq!(job.problems().len(), 2);
    }
}
