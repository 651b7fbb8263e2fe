//! Recording what passes between a session and a card, and playing it back. Built with feature `record` only:
//! a recording of a real card is that person's data in a file, so appliances are built without it.
//!
//! A recording is JSON lines: a head `{"format":"ubugoe-apdu-recording","version":1,"jobs":[…]}`, then one line
//! `{"c":"00a4…","r":"9000","us":412}` per exchange, or `{"c":…,"lost":"…"}` where the card went away. The data
//! of VERIFY are never written, nor how long they were.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::apdu::masked;
use crate::transport::{Transmit, TransmitError};

const FORMAT: &str = "ubugoe-apdu-recording";
const VERSION: u32 = 1;

/// A job within a recording, so that playing back asks the same of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// The first look.
    Look,
    /// The four attributes.
    Attributes,
    /// The authentication certificate.
    AuthCertificate,
    /// Log-out.
    Finish,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    version: u32,
    jobs: Vec<Job>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    c: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost: Option<String>,
    #[serde(default)]
    us: u64,
}

/// A transport that writes down what passes through it.
pub struct Recorder<T, W> {
    link: T,
    out: W,
    broken: Option<io::Error>,
}

impl<T: Transmit, W: Write> Recorder<T, W> {
    /// Begins a recording of `jobs`.
    ///
    /// # Errors
    /// If the head cannot be written.
    pub fn new(link: T, mut out: W, jobs: &[Job]) -> io::Result<Self> {
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            jobs: jobs.to_vec(),
        };
        writeln!(out, "{}", serde_json::to_string(&head)?)?;
        Ok(Self {
            link,
            out,
            broken: None,
        })
    }

    /// Ends the recording; gives back the transport.
    ///
    /// # Errors
    /// The first line that could not be written: the recording is incomplete.
    pub fn finish(mut self) -> io::Result<T> {
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.link),
        }
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        writeln!(self.out, "{}", serde_json::to_string(line)?)
    }
}

impl<T: Transmit, W: Write> Transmit for Recorder<T, W> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        let start = Instant::now();
        let result = self.link.transmit(command);
        let line = Line {
            c: masked(command),
            r: result.as_ref().ok().map(hex::encode),
            lost: result.as_ref().err().map(ToString::to_string),
            us: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        if self.broken.is_none()
            && let Err(error) = self.write(&line)
        {
            self.broken = Some(error);
        }
        result
    }
}

/// A recording that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read.
    #[error("line {line} cannot be read")]
    Read {
        /// From one.
        line: usize,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is empty.
    #[error("an empty file is no recording")]
    Empty,
    /// A line is not what a recording has there.
    #[error("line {line} is not part of a recording")]
    Line {
        /// From one.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// An answer is not hexadecimal.
    #[error("the answer in line {line} is not hexadecimal")]
    Hex {
        /// From one.
        line: usize,
        /// Why.
        #[source]
        source: hex::FromHexError,
    },
    /// A recording of another kind or version.
    #[error("a recording of format {format:?} version {version} is not known here")]
    Format {
        /// As written.
        format: String,
        /// As written.
        version: u32,
    },
}

enum Answer {
    Bytes(Vec<u8>),
    Lost(String),
}

/// A transport that answers as the recorded card did, and fails where it is asked something else.
pub struct Replay {
    exchanges: std::vec::IntoIter<(usize, String, Answer)>,
    jobs: Vec<Job>,
    line: usize,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("jobs", &self.jobs)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl Replay {
    /// Reads a whole recording.
    ///
    /// # Errors
    /// [`RecordingError`] with the line.
    pub fn read(input: impl BufRead) -> Result<Self, RecordingError> {
        let mut lines = (1..).zip(input.lines());
        let (_, head) = lines.next().ok_or(RecordingError::Empty)?;
        let head = head.map_err(|source| RecordingError::Read { line: 1, source })?;
        let head: Head = serde_json::from_str(&head)
            .map_err(|source| RecordingError::Line { line: 1, source })?;
        if head.format != FORMAT || head.version != VERSION {
            return Err(RecordingError::Format {
                format: head.format,
                version: head.version,
            });
        }
        let exchanges = lines
            .map(|(line, text)| exchange(line, text))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            exchanges: exchanges.into_iter(),
            jobs: head.jobs,
            line: 1,
        })
    }

    /// What was asked of the card.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }
}

fn exchange(
    line: usize,
    text: io::Result<String>,
) -> Result<(usize, String, Answer), RecordingError> {
    let text = text.map_err(|source| RecordingError::Read { line, source })?;
    let read: Line =
        serde_json::from_str(&text).map_err(|source| RecordingError::Line { line, source })?;
    let answer = match (read.r, read.lost) {
        (Some(bytes), _) => Answer::Bytes(
            hex::decode(bytes).map_err(|source| RecordingError::Hex { line, source })?,
        ),
        (None, lost) => Answer::Lost(lost.unwrap_or_default()),
    };
    Ok((line, read.c, answer))
}

impl Transmit for Replay {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        let Some((line, recorded, answer)) = self.exchanges.next() else {
            let line = self.line + 1;
            let why = format!("the recording ends before {}", masked(command));
            return Err(TransmitError::Recording { line, why });
        };
        self.line = line;
        if recorded != masked(command) {
            let why = format!("{recorded} was recorded, {} is asked", masked(command));
            return Err(TransmitError::Recording { line, why });
        }
        match answer {
            Answer::Bytes(bytes) => Ok(bytes),
            Answer::Lost(why) => Err(TransmitError::Recording { line, why }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a failed expectation should stop the test"
    )]
    use super::*;
    use crate::session::tests::{Fake, PIN};
    use crate::session::{CardSession, Policy};
    use crate::{Pin, TransmitError};

    fn policy() -> Policy {
        Policy {
            check_integrity: false,
            ..Policy::default()
        }
    }

    fn record() -> String {
        let mut bytes = Vec::new();
        let recorder =
            Recorder::new(Fake::healthy(), &mut bytes, &[Job::Look, Job::Attributes]).unwrap();
        let mut session = CardSession::new(recorder, policy());
        session.look().unwrap();
        session.attributes(&Pin::new(PIN).unwrap()).unwrap();
        session.into_inner().finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_recording_plays_back_to_the_same_result_and_holds_no_pin() {
        let recording = record();
        let digits = hex::encode(PIN);
        assert!(
            recording
                .lines()
                .filter(|line| line.contains("00200091"))
                .all(|line| !line.contains(&digits))
        );
        assert!(recording.contains("00200091********"));
        let replay = Replay::read(recording.as_bytes()).unwrap();
        assert_eq!(replay.jobs(), [Job::Look, Job::Attributes]);
        let mut session = CardSession::new(replay, policy());
        session.look().unwrap();
        // Any PIN plays: the recording does not know which one it was.
        let (attributes, _) = session.attributes(&Pin::new("0000").unwrap()).unwrap();
        assert_eq!(attributes.name, "産声\u{3000}花");
    }

    #[test]
    fn a_session_that_asks_something_else_is_told_the_line() {
        let recording = record();
        let mut replay = Replay::read(recording.as_bytes()).unwrap();
        let error = replay.transmit(&[0x00, 0xA4, 0x00, 0x00]).unwrap_err();
        assert!(matches!(error, TransmitError::Recording { line: 2, .. }));
    }

    #[test]
    fn files_that_are_no_recording_are_named_by_line() {
        let problem = |text: &str| Replay::read(text.as_bytes()).unwrap_err();
        assert!(matches!(problem(""), RecordingError::Empty));
        assert!(matches!(
            problem("{}"),
            RecordingError::Line { line: 1, .. }
        ));
        let head = r#"{"format":"ubugoe-apdu-recording","version":1,"jobs":["look"]}"#;
        assert!(matches!(
            problem(&head.replace(":1,", ":2,")),
            RecordingError::Format { version: 2, .. }
        ));
        assert!(matches!(
            problem(&format!("{head}\nx")),
            RecordingError::Line { line: 2, .. }
        ));
        assert!(matches!(
            problem(&format!("{head}\n{{\"c\":\"00\",\"r\":\"0\"}}")),
            RecordingError::Hex { line: 2, .. }
        ));
    }
}
