//! Officers in their browsers and devices at their wards, all at once.
//!
//! Answers for what is asked and how long it took until the whole answer was here. An officer has one connection, as a browser has,
//! and thinks between two pages (two seconds on average), as people do; every fifth has a slow line and reads a few kilobytes at a
//! time: what that costs is theirs and is not counted, but it holds its connection open. Devices send a filing and wait for its
//! receipt.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use ubugoe_bench::envelope;
use ubugoe_city::store::Session;
use ubugoe_protocol::{Downlink, FilingId, Report, StatusNotice};

use crate::data::Town;
use crate::support::browser::form;
use crate::support::device::Device;
use crate::support::office::{Office, letter};
use crate::support::papers::many_allowances;
use crate::{Numbers, now};

/// How long an answer may take before it is an error.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an officer looks at a page, on average.
const THINKING: f64 = 2.0;
/// A device sends so often.
const SENDING: Duration = Duration::from_millis(250);

/// What was measured.
#[derive(Default)]
pub(crate) struct Figures {
    times: BTreeMap<&'static str, Vec<f64>>,
    /// Requests without their answer.
    pub(crate) errors: usize,
    /// The first of them.
    pub(crate) problems: Vec<String>,
}

impl Figures {
    /// Times in milliseconds, sorted.
    pub(crate) fn of(&self, what: &str) -> Option<Vec<f64>> {
        let mut times = self.times.get(what)?.clone();
        times.sort_by(f64::total_cmp);
        Some(times)
    }

    pub(crate) fn requests(&self) -> usize {
        self.times.values().map(Vec::len).sum()
    }

    fn note(&mut self, what: &'static str, asked: Result<Duration, String>) {
        match asked {
            Ok(time) => self
                .times
                .entry(what)
                .or_default()
                .push(time.as_secs_f64() * 1e3),
            Err(problem) => {
                self.errors += 1;
                if self.problems.len() < 10 {
                    self.problems.push(format!("{what}: {problem}"));
                }
            }
        }
    }
}

pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

type Shared = Arc<Mutex<Figures>>;

struct Officer {
    address: SocketAddr,
    cookie: String,
    csrf: String,
    slow: bool,
    numbers: Numbers,
    figures: Shared,
    town: Arc<Town>,
    next: Arc<Mutex<Vec<FilingId>>>,
    line: Option<TcpStream>,
}

/// Where the body begins and how long it is, as soon as the head is here.
fn body(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    Some((end + 4, length?.parse().ok()?))
}

impl Officer {
    async fn ask(&mut self, head: &str, body: &str) -> Result<(u16, String, Duration), String> {
        let request = format!(
            "{head}host: {}\r\ncookie: ubugoe_session={}\r\n\r\n{body}",
            self.address, self.cookie
        );
        let answer = tokio::time::timeout(PATIENCE, self.exchange(&request)).await;
        let answer = answer.map_err(|_| "took too long".to_owned())?;
        let (bytes, time) = answer.map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.get(9..12).and_then(|code| code.parse().ok());
        Ok((status.ok_or("no answer")?, text, time))
    }

    /// Sends a request and reads its whole answer; the connection is kept for the next one.
    async fn exchange(&mut self, request: &str) -> std::io::Result<(Vec<u8>, Duration)> {
        let start = Instant::now();
        let mut line = match self.line.take() {
            Some(line) => line,
            None => {
                let line = TcpStream::connect(self.address).await?;
                line.set_nodelay(true)?;
                line
            }
        };
        line.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::with_capacity(32 * 1024);
        let mut whole = None;
        while whole.is_none_or(|whole| bytes.len() < whole) {
            let read = if self.slow {
                tokio::time::sleep(Duration::from_millis(30)).await;
                (&mut line).take(2_048).read_buf(&mut bytes).await?
            } else {
                line.read_buf(&mut bytes).await?
            };
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            whole = whole.or_else(|| body(&bytes).map(|(begin, length)| begin + length));
        }
        self.line = Some(line);
        Ok((bytes, start.elapsed()))
    }

    fn note(
        &self,
        what: &'static str,
        asked: Result<(u16, String, Duration), String>,
        good: u16,
    ) -> Option<String> {
        let judged = match asked {
            Ok((status, text, time)) if status == good => Ok((text, time)),
            Ok((status, ..)) => Err(format!("{status} in place of {good}")),
            Err(problem) => Err(problem),
        };
        let (text, time) = match judged {
            Ok((text, time)) => (Some(text), Ok(time)),
            Err(problem) => (None, Err(problem)),
        };
        // a slow line's time says nothing about the city
        if !self.slow || time.is_err() {
            self.figures.lock().unwrap().note(what, time);
        }
        text
    }

    async fn get(&mut self, what: &'static str, path: &str) -> Option<String> {
        let asked = self.ask(&format!("GET {path} HTTP/1.1\r\n"), "").await;
        self.note(what, asked, 200)
    }

    async fn post(&mut self, what: &'static str, path: &str, fields: &[(&str, &str)], good: u16) {
        let body = form(fields);
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            body.len()
        );
        let asked = self.ask(&head, &body).await;
        self.note(what, asked, good);
    }

    async fn think(&mut self) {
        let share = (self.numbers.below(1 << 24) + 1) as f64 / f64::from(1 << 24);
        let seconds = (-share.ln() * THINKING).min(4.0 * THINKING);
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    }

    async fn work(mut self, until: Instant) {
        while Instant::now() < until {
            self.think().await;
            match self.numbers.below(10) {
                0..3 => {
                    let path = [
                        "/console/filings",
                        "/console/filings?state=accepted",
                        "/console/filings?queue=free",
                    ];
                    let path = path[self.numbers.below(3) as usize];
                    self.get("work queue", path).await;
                }
                3..6 => {
                    let at = self.numbers.below(self.town.some.len() as u64);
                    let id = self.town.some[at as usize];
                    self.get("open case", &format!("/console/filings/{id}"))
                        .await;
                }
                6..8 => {
                    let names = &self.town.names;
                    let name = names[self.numbers.below(names.len() as u64) as usize].clone();
                    let csrf = self.csrf.clone();
                    self.post(
                        "search",
                        "/console/search",
                        &[("csrf", &csrf), ("words", &name)],
                        200,
                    )
                    .await;
                }
                _ => self.register().await,
            }
        }
    }

    /// Looks at the page of a decision, and decides.
    async fn register(&mut self) {
        let Some(id) = self.next.lock().unwrap().pop() else {
            return;
        };
        let path = format!("/console/filings/{id}/accept");
        let Some(page) = self.get("page of a decision", &path).await else {
            return;
        };
        let version = page
            .split("name=\"version\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or("1")
            .to_owned();
        self.think().await;
        let csrf = self.csrf.clone();
        self.post(
            "register",
            &path,
            &[("csrf", &csrf), ("version", &version)],
            303,
        )
        .await;
    }
}

/// A device that sends and waits for the receipt, until the end.
async fn send(
    office: Arc<Office>,
    name: &'static str,
    papers: Vec<Vec<u8>>,
    until: Instant,
    figures: Shared,
) {
    let mut device = Device::connect(&office, name).await;
    // a device counts on from where it was before, in an earlier run too
    let counts = now().unsigned_abs() * 1_000..;
    for (paper, count) in papers.into_iter().zip(counts) {
        if Instant::now() >= until {
            return;
        }
        let mut one = letter(paper);
        one.device = name;
        one.time = envelope::claim(count, now() - 60);
        let wire = office.envelope(&one);
        let start = Instant::now();
        device.post("asukoe", wire).await;
        let asked = if listens(&mut device, &office, name, start + PATIENCE, true).await {
            Ok(start.elapsed())
        } else {
            Err("no receipt".to_owned())
        };
        figures.lock().unwrap().note("submit", asked);
        listens(&mut device, &office, name, start + SENDING, false).await;
    }
}

/// Confirms notices, as a device does that has them on its disk, until it is time; or until a receipt comes, where one is waited for.
async fn listens(
    device: &mut Device,
    office: &Office,
    name: &str,
    until: Instant,
    for_receipt: bool,
) -> bool {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let Some(bytes) = device.within(left).await else {
            return false;
        };
        match device.open(&bytes) {
            Downlink::Receipts(_) if for_receipt => return true,
            Downlink::Statuses(notices) => {
                let seen = notices.iter().map(|signed| {
                    let notice = StatusNotice::peek(signed).unwrap();
                    (notice.id, notice.seq)
                });
                let said = Report::Seen(seen.collect());
                device.post("asukoe", office.report(name, &said)).await;
            }
            _ => {}
        }
    }
}

/// Lets them all work.
pub(crate) async fn run(
    office: Arc<Office>,
    address: SocketAddr,
    town: Town,
    (sessions, ramp, hold, seed): (usize, u64, u64, u64),
) -> Figures {
    let store = office.store().await;
    let figures: Shared = Arc::default();
    let town = Arc::new(town);
    let next = Arc::new(Mutex::new(town.open.clone()));
    let until = Instant::now() + Duration::from_secs(ramp + hold);
    let mut working = Vec::new();
    for (name, prefix) in [("ward-1", 'A'), ("ward-2", 'B')] {
        let count = usize::try_from((ramp + hold) * 4 + 1).unwrap();
        let papers = many_allowances(&format!("{prefix}{:X}", now()), count);
        working.push(tokio::spawn(send(
            Arc::clone(&office),
            name,
            papers,
            until,
            Arc::clone(&figures),
        )));
    }
    let step = Duration::from_secs(ramp) / u32::try_from(sessions.max(1)).unwrap();
    for n in 0..sessions {
        let mut numbers = Numbers(seed.wrapping_add(1 + n as u64));
        let (cookie, csrf) = (
            format!("{:032x}", numbers.next()),
            format!("{:032x}", numbers.next()),
        );
        let at = now();
        store
            .open_session(Session {
                token_sha256: Sha256::digest(&cookie).into(),
                staff: "sato".to_owned(),
                csrf: csrf.clone(),
                created_at: at,
                seen_at: at,
                expires_at: at + 36_000,
                rotated_at: at,
                person: None,
            })
            .await
            .unwrap();
        let officer = Officer {
            address,
            cookie,
            csrf,
            slow: n % 5 == 4,
            numbers,
            figures: Arc::clone(&figures),
            town: Arc::clone(&town),
            next: Arc::clone(&next),
            line: None,
        };
        working.push(tokio::spawn(officer.work(until)));
        tokio::time::sleep(step).await;
    }
    for one in working {
        one.await.unwrap();
    }
    std::mem::take(&mut *figures.lock().unwrap())
}
