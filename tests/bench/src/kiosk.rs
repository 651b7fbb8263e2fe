//! A running `ubugoe-kiosk` and its control socket: touching by label, waiting for reports.
//!
//! Speaks the lines that `ui/kiosk/src/control.rs` documents; the kiosk is a process, as in a ward.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{Error, process::Process};

/// What the kiosk last reported.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Counts up.
    pub revision: u64,
    /// As the kiosk posted it.
    pub value: Value,
}

impl Report {
    fn of(answer: &Value) -> Self {
        let posted = &answer["posted"];
        Self {
            revision: posted["revision"].as_u64().unwrap_or_default(),
            value: posted["report"].clone(),
        }
    }

    /// The stage's name.
    #[must_use]
    pub fn stage(&self) -> &str {
        self.value["stage"].as_str().unwrap_or_default()
    }

    /// The failure code, in trouble.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.value["code"].as_str()
    }

    /// The open question: form and field.
    #[must_use]
    pub fn question(&self) -> Option<(&str, &str)> {
        Some((
            self.value["question"][0].as_str()?,
            self.value["question"][1].as_str()?,
        ))
    }

    /// The followed filings.
    #[must_use]
    pub fn deliveries(&self) -> &[Value] {
        self.value["deliveries"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// What to wait for; everything given must fit.
#[derive(Debug, Clone, Default)]
pub struct Until<'a> {
    /// One of these stages.
    pub stages: &'a [&'a str],
    /// This failure code.
    pub code: Option<&'a str>,
    /// Every followed filing in one of these states.
    pub delivered: &'a [&'a str],
    /// The broker reachable or not.
    pub online: Option<bool>,
    /// Something on the reader, or nothing.
    pub card: Option<bool>,
    /// How far the page's sheet is: `printing`, `waiting`, `asked`, `missing`, `done`, `failed`.
    pub printing: Option<&'a str>,
    /// A report after this revision.
    pub since: Option<u64>,
    /// How long at most; two minutes when `None`.
    pub timeout: Option<Duration>,
}

/// One thing on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its accessible label.
    pub label: String,
    /// Its role.
    pub role: String,
    /// Its value, where it has one.
    pub value: Option<String>,
    /// Whether it reacts.
    pub enabled: bool,
}

/// A kiosk.
#[derive(Debug)]
pub struct Kiosk {
    /// The process.
    pub process: Process,
    lines: BufReader<UnixStream>,
}

impl Kiosk {
    /// Takes over a kiosk that listens on `socket`.
    ///
    /// # Errors
    /// When the socket does not answer.
    pub fn connect(process: Process, socket: &Path) -> Result<Self, Error> {
        let stream = UnixStream::connect(socket).map_err(|source| Error::Control {
            doing: "connect",
            source,
        })?;
        let patience = Some(Duration::from_secs(150));
        stream
            .set_read_timeout(patience)
            .map_err(|source| Error::Control {
                doing: "set up",
                source,
            })?;
        Ok(Self {
            process,
            lines: BufReader::new(stream),
        })
    }

    fn ask(&mut self, order: &Value) -> Result<Value, Error> {
        let mut line = order.to_string();
        line.push('\n');
        self.lines
            .get_mut()
            .write_all(line.as_bytes())
            .map_err(|source| Error::Control {
                doing: "write",
                source,
            })?;
        line.clear();
        self.lines
            .read_line(&mut line)
            .map_err(|source| Error::Control {
                doing: "read",
                source,
            })?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| Error::Kiosk {
            order: order.to_string(),
            answer: line.clone(),
        })?;
        if answer["ok"] == Value::Bool(true) {
            Ok(answer)
        } else {
            Err(Error::Kiosk {
                order: order.to_string(),
                answer: answer.to_string(),
            })
        }
    }

    /// The last report.
    ///
    /// # Errors
    /// [`Error::Control`] or [`Error::Kiosk`], as for every order.
    pub fn report(&mut self) -> Result<Report, Error> {
        Ok(Report::of(&self.ask(&json!({"do": "report"}))?))
    }

    /// Waits for a report that fits, two minutes at most.
    ///
    /// # Errors
    /// [`Error::Kiosk`] with the last report when none fitted.
    pub fn wait(&mut self, until: &Until<'_>) -> Result<Report, Error> {
        let order = json!({
            "do": "wait", "stages": until.stages, "code": until.code, "delivered": until.delivered,
            "online": until.online, "card": until.card, "printing": until.printing, "since": until.since,
            "timeout_ms": until.timeout.map(|t| t.as_millis()),
        });
        Ok(Report::of(&self.ask(&order)?))
    }

    /// Waits for one of these stages.
    ///
    /// # Errors
    /// As [`Kiosk::wait`].
    pub fn wait_stage(&mut self, stages: &[&str]) -> Result<Report, Error> {
        self.wait(&Until {
            stages,
            ..Until::default()
        })
    }

    /// Touches the one thing with this label. Gives back the report from before the touch.
    ///
    /// # Errors
    /// [`Error::Kiosk`] when it is absent, disabled, or there are several.
    pub fn tap(&mut self, label: &str) -> Result<Report, Error> {
        Ok(Report::of(
            &self.ask(&json!({"do": "tap", "label": label}))?,
        ))
    }

    /// Types on a hardware keyboard.
    ///
    /// # Errors
    /// As every order.
    pub fn type_text(&mut self, text: &str) -> Result<(), Error> {
        self.ask(&json!({"do": "type", "text": text})).map(drop)
    }

    /// Everything on the screen that has a label.
    ///
    /// # Errors
    /// As every order.
    pub fn labels(&mut self) -> Result<Vec<Label>, Error> {
        let answer = self.ask(&json!({"do": "labels"}))?;
        let labels = answer["labels"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(labels
            .iter()
            .map(|l| Label {
                label: text(&l["label"]).unwrap_or_default(),
                role: text(&l["role"]).unwrap_or_default(),
                value: text(&l["value"]),
                enabled: l["enabled"] == Value::Bool(true),
            })
            .collect())
    }

    /// The screen as a PNG file.
    ///
    /// # Errors
    /// As every order.
    pub fn snapshot(&mut self, path: &Path) -> Result<(), Error> {
        self.ask(&json!({"do": "snapshot", "path": path})).map(drop)
    }

    /// So many touches anywhere, the same ones for the same seed.
    ///
    /// # Errors
    /// As every order.
    pub fn monkey(&mut self, touches: u32, seed: u64) -> Result<Report, Error> {
        Ok(Report::of(&self.ask(
            &json!({"do": "monkey", "touches": touches, "seed": seed}),
        )?))
    }

    /// Moves the kiosk's clock forward.
    ///
    /// # Errors
    /// As every order.
    pub fn move_clock(&mut self, seconds: u32) -> Result<(), Error> {
        self.ask(&json!({"do": "move_clock", "seconds": seconds}))
            .map(drop)
    }
}
