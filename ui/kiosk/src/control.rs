//! Driving a kiosk from a shell: one JSON object per line on a Unix socket, one answer per line.
//!
//! For tests, the demo and staff training. It touches what a finger can touch and reads what an eye can read; it has
//! no way to the card or the outbox. Cargo feature `drive`: the appliance is built without it.
//!
//! ```text
//! {"do":"report"}                                 what the loop last reported
//! {"do":"wait","stages":["asking"],"since":12}    until a report fits: stages, code, delivered, online, card, printing, since
//! {"do":"labels"}                                 everything on the screen that has a label
//! {"do":"tap","label":"次へ"}                      touch it
//! {"do":"type","text":"…"}                        a hardware keyboard
//! {"do":"snapshot","path":"/…/page.png"}          the screen as PNG
//! {"do":"move_clock","seconds":86400}             tomorrow
//! {"do":"monkey","touches":1000,"seed":7}         so many touches anywhere, then what the loop last reported
//! {"do":"quit"}                                   end the program
//! ```

mod monkey;

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use ubugoe_view::{Screen, Weak, drive};

use crate::{
    board::{Board, Posted},
    core::{Input, Sender},
};

/// Longest wait for a report or for the UI thread.
const LONGEST: Duration = Duration::from_mins(2);

/// One order.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Report,
    Wait(Wait),
    Labels,
    Tap { label: String },
    Type { text: String },
    Snapshot { path: PathBuf },
    MoveClock { seconds: u32 },
    Monkey { touches: u32, seed: u64 },
    Quit,
}

/// What to wait for; everything given must fit.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wait {
    stages: Vec<String>,
    code: Option<String>,
    /// Every followed filing is in one of these states.
    delivered: Vec<String>,
    online: Option<bool>,
    card: Option<bool>,
    printing: Option<String>,
    /// Only reports after this revision.
    since: Option<u64>,
    timeout_ms: Option<u64>,
}

impl Wait {
    fn fits(&self, posted: &Posted) -> bool {
        let report = &posted.report;
        self.since.is_none_or(|since| posted.revision > since)
            && (self.stages.is_empty() || self.stages.iter().any(|s| s == report.stage))
            && self
                .code
                .as_deref()
                .is_none_or(|code| report.code == Some(code))
            && self.online.is_none_or(|online| report.online == online)
            && self.card.is_none_or(|card| report.card == card)
            && self
                .printing
                .as_deref()
                .is_none_or(|printing| report.printing == printing)
            && (self.delivered.is_empty()
                || (!report.deliveries.is_empty()
                    && report
                        .deliveries
                        .iter()
                        .all(|d| self.delivered.iter().any(|s| s == d.state))))
    }
}

/// One answer.
#[derive(Debug, Default, Serialize)]
struct Answer {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    posted: Option<Posted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<Label>>,
}

/// One thing on the screen.
#[derive(Debug, Serialize)]
struct Label {
    #[serde(rename = "label")]
    text: String,
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    enabled: bool,
}

/// Everything an order may need.
#[derive(Clone)]
struct Reach {
    screen: Weak<Screen>,
    board: Arc<Board>,
    inputs: Sender,
}

/// Listens on `path` until the program ends. An old socket file there is replaced.
///
/// # Errors
/// When the socket cannot be made.
pub(crate) fn listen(
    path: &Path,
    screen: Weak<Screen>,
    board: Arc<Board>,
    inputs: Sender,
) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    // Whoever may drive a kiosk is the user who runs it.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    let reach = Reach {
        screen,
        board,
        inputs,
    };
    thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                let reach = reach.clone();
                let served = thread::Builder::new()
                    .name("control-client".to_owned())
                    .spawn(move || serve(&stream, &reach));
                if let Err(error) = served {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "no thread for a control client"
                    );
                }
            }
        })?;
    Ok(())
}

fn serve(stream: &UnixStream, reach: &Reach) {
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let answer = match serde_json::from_str(&line) {
            Ok(order) => obey(order, reach),
            Err(error) => Answer {
                error: Some(format!("not an order: {error}")),
                ..Answer::default()
            },
        };
        let mut text = serde_json::to_vec(&answer).unwrap_or_default();
        text.push(b'\n');
        let mut out = stream;
        if out.write_all(&text).is_err() {
            return;
        }
    }
}

fn obey(order: Order, reach: &Reach) -> Answer {
    match order {
        Order::Report => Answer {
            ok: true,
            posted: reach.board.last(),
            ..Answer::default()
        },
        Order::Wait(wait) => {
            let most = wait
                .timeout_ms
                .map_or(LONGEST, Duration::from_millis)
                .min(LONGEST);
            let (posted, ok) = reach.board.wait(most, |posted| wait.fits(posted));
            let error = (!ok).then(|| format!("nothing fitted {wait:?} in {most:?}"));
            Answer {
                ok,
                error,
                posted,
                labels: None,
            }
        }
        Order::Labels => match on_screen(reach, drive::labels) {
            Ok(elements) => {
                let labels = elements.into_iter().map(|e| Label {
                    text: e.label,
                    role: format!("{:?}", e.role),
                    value: e.value,
                    enabled: e.enabled,
                });
                Answer {
                    ok: true,
                    labels: Some(labels.collect()),
                    ..Answer::default()
                }
            }
            Err(error) => Answer {
                error: Some(error),
                ..Answer::default()
            },
        },
        Order::Tap { label } => done(reach, move |screen| drive::tap(screen, &label)),
        Order::Type { text } => done(reach, move |screen| drive::type_text(screen, &text)),
        Order::Snapshot { path } => done(reach, move |screen| drive::snapshot(screen, &path)),
        Order::MoveClock { seconds } => {
            reach.inputs.send(Input::MoveClock(seconds));
            Answer {
                ok: true,
                ..Answer::default()
            }
        }
        Order::Monkey { touches, seed } => match monkey::run(reach, touches, seed) {
            Ok(()) => Answer {
                ok: true,
                posted: reach.board.last(),
                ..Answer::default()
            },
            Err(error) => Answer {
                error: Some(error),
                ..Answer::default()
            },
        },
        Order::Quit => {
            let quit = ubugoe_view::quit_event_loop().map_err(|e| e.to_string());
            Answer {
                ok: quit.is_ok(),
                error: quit.err(),
                ..Answer::default()
            }
        }
    }
}

/// Does something on the UI thread and says how it went, with the last report from before.
fn done(
    reach: &Reach,
    act: impl FnOnce(&Screen) -> Result<(), drive::DriveError> + Send + 'static,
) -> Answer {
    let posted = reach.board.last();
    let error = match on_screen(reach, act) {
        Ok(Ok(())) => settled(reach).err(),
        Ok(Err(error)) => Some(chain(&error)),
        Err(error) => Some(error),
    };
    Answer {
        ok: error.is_none(),
        error,
        posted,
        labels: None,
    }
}

/// Waits until the loop has taken in what the screen sent it, and has drawn what follows at once.
fn settled(reach: &Reach) -> Result<(), String> {
    let (to, from) = mpsc::channel();
    reach.inputs.send(Input::Settle(to));
    from.recv_timeout(LONGEST)
        .map_err(|e| format!("the loop did not settle: {e}"))
}

fn on_screen<T: Send + 'static>(
    reach: &Reach,
    act: impl FnOnce(&Screen) -> T + Send + 'static,
) -> Result<T, String> {
    let (to, from) = mpsc::channel();
    let asked = reach.screen.upgrade_in_event_loop(move |screen| {
        let _ = to.send(act(&screen));
    });
    asked.map_err(|e| e.to_string())?;
    from.recv_timeout(LONGEST)
        .map_err(|e| format!("the screen did not answer: {e}"))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
