//! A print server's queue over IPP (RFC 8010, 8011) with what CUPS adds: a file goes in, states come out, nothing stays.
//!
//! Answers for one request at a time with a bound, and for that everything this program ever put in is gone again: from the
//! queue, and from the server's spool.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use ipp::attribute::{IppAttribute, IppAttributeGroup};
use ipp::model::{DelimiterTag, IppVersion, Operation};
use ipp::parser::IppParser;
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::{State, Trouble};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer, in bytes.
const LONGEST: usize = 1 << 20;

/// Where the print server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// Its socket file, such as `/run/cups/cups.sock`.
    Socket(PathBuf),
    /// A host and a TCP port, mostly 631, without TLS: only for this very machine.
    Tcp {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// A queue of a print server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The server.
    pub server: Server,
    /// The queue's name.
    pub name: String,
    /// In whose name jobs are put in: the account this program runs as.
    pub user: String,
}

/// Sizes of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Media {
    /// 297 by 420 mm.
    A3,
    /// 210 by 297 mm.
    A4,
}

impl Media {
    const fn keyword(self) -> &'static str {
        match self {
            Self::A3 => "iso_a3_297x420mm",
            Self::A4 => "iso_a4_210x297mm",
        }
    }
}

/// Why a request had no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueueError {
    /// The server is not there.
    #[error("the print server cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// It did not answer in time.
    #[error("the print server does not answer")]
    Silent,
    /// It answered something else.
    #[error("the print server's answer is not one: {0}")]
    Answer(String),
    /// It refused.
    #[error("the print server refuses: status {0:#06x}")]
    Refused(u16),
}

impl QueueError {
    pub(crate) const fn trouble(&self) -> Trouble {
        match self {
            Self::Unreachable(_) | Self::Silent => Trouble::Offline,
            // client-error-not-found: there is no such queue
            Self::Refused(0x0406) => Trouble::Absent,
            // server-error-not-accepting-jobs, server-error-busy
            Self::Refused(0x0506 | 0x0507) => Trouble::Busy,
            Self::Answer(_) | Self::Refused(_) => Trouble::Broken,
        }
    }
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

fn keyword(text: &str) -> Option<IppValue> {
    Some(IppValue::Keyword(text.try_into().ok()?))
}

fn name(text: &str) -> Option<IppValue> {
    Some(IppValue::NameWithoutLanguage(text.try_into().ok()?))
}

/// An attribute under construction; what has no place in IPP, such as a name of a thousand letters, is left out.
fn attribute(name: &str, value: Option<IppValue>) -> Option<IppAttribute> {
    IppAttribute::with_name(name, value?).ok()
}

/// A whole number.
fn whole(value: &IppValue) -> Option<i32> {
    match value {
        IppValue::Integer(n) | IppValue::Enum(n) => Some(*n),
        _ => None,
    }
}

/// Every word in a value or its list.
fn words(value: &IppValue) -> Vec<String> {
    match value {
        IppValue::Keyword(word) => vec![word.to_string()],
        IppValue::Array(all) => all.iter().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

impl Queue {
    /// Puts a file in; answers its number at the server.
    pub(crate) fn put(&self, title: &str, media: Media, pdf: &[u8]) -> Result<i32, QueueError> {
        let sides = keyword("one-sided");
        let about = [
            attribute("job-name", name(title)),
            attribute(
                "document-format",
                "application/pdf"
                    .try_into()
                    .ok()
                    .map(IppValue::MimeMediaType),
            ),
        ];
        let job = [
            attribute("media", keyword(media.keyword())),
            attribute("sides", sides),
            attribute("copies", Some(IppValue::Integer(1))),
            // a page with names on it says so by itself
            attribute("job-sheets", keyword("none")),
        ];
        let answer = self.call(Operation::PrintJob, about, job, pdf)?;
        let number = of(&answer, DelimiterTag::JobAttributes)
            .find_map(|group| whole(group.get("job-id")?.value()));
        number.ok_or_else(|| QueueError::Answer("no job-id".to_owned()))
    }

    /// How far a job is. A job that is not known any more ended: the server keeps no history.
    pub(crate) fn state(&self, job: i32) -> Result<State, QueueError> {
        let about = [
            attribute("job-id", Some(IppValue::Integer(job))),
            attribute("requested-attributes", keyword("job-state")),
        ];
        let answer = match self.call(Operation::GetJobAttributes, about, [], &[]) {
            Err(QueueError::Refused(0x0406)) => return Ok(State::Done),
            other => other?,
        };
        let state = of(&answer, DelimiterTag::JobAttributes)
            .find_map(|group| whole(group.get("job-state")?.value()));
        Ok(match state {
            // canceled by somebody else, aborted
            Some(7 | 8) => State::Failed(Trouble::Broken),
            Some(9) => State::Done,
            // pending, held, processing, stopped: the printer says why
            Some(_) => self.printer()?.map_or(State::Printing, State::Waiting),
            None => return Err(QueueError::Answer("no job-state".to_owned())),
        })
    }

    /// What is wrong with the printer, if anything.
    pub(crate) fn printer(&self) -> Result<Option<Trouble>, QueueError> {
        let asked = ["printer-state", "printer-state-reasons"];
        let asked = asked.iter().filter_map(|word| keyword(word)).collect();
        let about = [attribute(
            "requested-attributes",
            Some(IppValue::Array(asked)),
        )];
        let answer = self.call(Operation::GetPrinterAttributes, about, [], &[])?;
        let groups = || of(&answer, DelimiterTag::PrinterAttributes);
        let reasons: Vec<String> = groups()
            .filter_map(|group| Some(words(group.get("printer-state-reasons")?.value())))
            .flatten()
            .collect();
        let state = groups().find_map(|group| whole(group.get("printer-state")?.value()));
        Ok(trouble(&reasons, state == Some(5)))
    }

    /// Takes a job out, with its files.
    pub(crate) fn cancel(&self, job: i32) -> Result<(), QueueError> {
        let about = [
            attribute("job-id", Some(IppValue::Integer(job))),
            attribute("purge-job", Some(IppValue::Boolean(true))),
        ];
        match self.call(Operation::CancelJob, about, [], &[]) {
            // gone already
            Err(QueueError::Refused(0x0404 | 0x0406)) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// The numbers of every job of this program, ended ones too.
    pub(crate) fn mine(&self) -> Result<Vec<i32>, QueueError> {
        let mut all = Vec::new();
        for which in ["not-completed", "completed"] {
            let about = [
                attribute("my-jobs", Some(IppValue::Boolean(true))),
                attribute("which-jobs", keyword(which)),
                attribute("requested-attributes", keyword("job-id")),
            ];
            let answer = self.call(Operation::GetJobs, about, [], &[])?;
            all.extend(
                of(&answer, DelimiterTag::JobAttributes)
                    .filter_map(|group| whole(group.get("job-id")?.value())),
            );
        }
        Ok(all)
    }

    /// Takes out everything that this program put in; answers how many jobs there were.
    pub(crate) fn sweep(&self) -> Result<usize, QueueError> {
        let jobs = self.mine()?;
        for job in &jobs {
            self.cancel(*job)?;
        }
        Ok(jobs.len())
    }

    fn call<const N: usize, const M: usize>(
        &self,
        operation: Operation,
        about: [Option<IppAttribute>; N],
        job: [Option<IppAttribute>; M],
        document: &[u8],
    ) -> Result<IppRequestResponse, QueueError> {
        let malformed = |error: ipp::parser::IppParseError| QueueError::Answer(error.to_string());
        let mut request =
            IppRequestResponse::new(IppVersion::v2_0(), operation, None).map_err(malformed)?;
        let to = format!("ipp://localhost/printers/{}", self.name);
        let first = [
            attribute("printer-uri", to.try_into().ok().map(IppValue::Uri)),
            attribute("requesting-user-name", name(&self.user)),
        ];
        for one in first.into_iter().chain(about).flatten() {
            request
                .attributes_mut()
                .add(DelimiterTag::OperationAttributes, one);
        }
        for one in job.into_iter().flatten() {
            request
                .attributes_mut()
                .add(DelimiterTag::JobAttributes, one);
        }
        let mut body = request.to_bytes().to_vec();
        body.extend_from_slice(document);
        let answer = self.post(body)?;
        let answer = IppParser::new(ipp::reader::IppReader::new(std::io::Cursor::new(answer)))
            .parse()
            .map_err(malformed)?;
        let status = answer.header().operation_or_status;
        match u16::from_ne_bytes(status.to_ne_bytes()) {
            0..=0x00ff => Ok(answer),
            refused => Err(QueueError::Refused(refused)),
        }
    }

    fn post(&self, body: Vec<u8>) -> Result<Bytes, QueueError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(QueueError::Unreachable)?;
        runtime.block_on(async {
            tokio::time::timeout(PATIENCE, self.exchange(body))
                .await
                .map_err(|_| QueueError::Silent)?
        })
    }

    async fn exchange(&self, body: Vec<u8>) -> Result<Bytes, QueueError> {
        let unread = |error: hyper::Error| QueueError::Answer(error.to_string());
        let wire: Box<dyn Wire> = match &self.server {
            Server::Socket(path) => Box::new(
                UnixStream::connect(path)
                    .await
                    .map_err(QueueError::Unreachable)?,
            ),
            Server::Tcp { host, port } => Box::new(
                TcpStream::connect((host.as_str(), *port))
                    .await
                    .map_err(QueueError::Unreachable)?,
            ),
        };
        let mut request = Request::post(format!("/printers/{}", self.name))
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/ipp")
            .header(header::CONTENT_LENGTH, body.len());
        if let Server::Socket(_) = self.server {
            // CUPS compares it with who is at the other end of the socket
            request = request.header(header::AUTHORIZATION, format!("PeerCred {}", self.user));
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| QueueError::Answer(error.to_string()))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(wire)).await.map_err(unread)?;
        let answer = async {
            let answer = sender.send_request(request).await.map_err(unread)?;
            let (head, body) = answer.into_parts();
            if head.status != StatusCode::OK {
                return Err(QueueError::Answer(format!("HTTP {}", head.status)));
            }
            let body = Limited::new(body, LONGEST).collect().await;
            body.map(http_body_util::Collected::to_bytes)
                .map_err(|error| QueueError::Answer(error.to_string()))
        };
        tokio::pin!(answer, connection);
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                done = &mut answer => return done,
                _ = &mut connection, if open => open = false,
            }
        }
    }
}

fn of(answer: &IppRequestResponse, tag: DelimiterTag) -> impl Iterator<Item = &IppAttributeGroup> {
    answer.attributes().groups_of(tag)
}

/// What the words of a printer mean: RFC 8011, 5.4.12, each with `-report`, `-warning` or `-error` behind it.
fn trouble(reasons: &[String], stopped: bool) -> Option<Trouble> {
    let says = |words: &[&str]| {
        reasons.iter().any(|reason| {
            // a warning beside work that goes on is no reason to wait
            let counts = !reason.ends_with("-report");
            counts && words.iter().any(|word| reason.starts_with(word))
        })
    };
    if says(&["media-empty", "media-needed"]) {
        Some(Trouble::NoPaper)
    } else if says(&[
        "cover-open",
        "door-open",
        "interlock-open",
        "input-tray-missing",
    ]) {
        Some(Trouble::CoverOpen)
    } else if says(&["offline", "connecting-to-device", "timed-out", "shutdown"]) {
        Some(Trouble::Offline)
    } else if says(&[
        "media-jam",
        "marker-supply-empty",
        "toner-empty",
        "fuser",
        "cups-",
    ]) {
        Some(Trouble::Broken)
    } else if stopped || says(&["paused", "stopped"]) {
        Some(Trouble::Offline)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printers_words_have_a_meaning_with_every_ending() {
        let of = |word: &str| trouble(&[word.to_owned()], false);
        assert_eq!(of("media-empty-error"), Some(Trouble::NoPaper));
        assert_eq!(of("media-needed"), Some(Trouble::NoPaper));
        assert_eq!(of("cover-open-warning"), Some(Trouble::CoverOpen));
        assert_eq!(of("offline-error"), Some(Trouble::Offline));
        assert_eq!(of("media-jam"), Some(Trouble::Broken));
        assert_eq!(of("none"), None);
        assert_eq!(of("media-low-report"), None);
        assert_eq!(trouble(&[], true), Some(Trouble::Offline));
    }
}
