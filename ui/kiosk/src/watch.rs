//! Tells systemd that the kiosk lives: `READY=1` once everything is on the screen, then `WATCHDOG=1`, each time only after a
//! question went through both loops, the core's and the screen's. A loop that hangs answers nothing, and systemd starts the kiosk anew.

use std::{io, os::unix::net::UnixDatagram, path::PathBuf, sync::mpsc, thread, time::Duration};

use crate::core::{Input, Sender};

/// Who waits for a word of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervisor {
    /// `NOTIFY_SOCKET`: where it listens.
    pub socket: PathBuf,
    /// `WATCHDOG_USEC`: how long it bears silence; `None` wants to hear of the start only.
    pub patience: Option<Duration>,
}

impl Supervisor {
    /// From what systemd says in the environment. An abstract socket (`@…`) is not served: systemd's own is a path.
    #[must_use]
    pub fn new(socket: Option<String>, patience_us: Option<&str>) -> Option<Self> {
        let socket = socket.filter(|path| path.starts_with('/'))?;
        let patience = patience_us
            .and_then(|text| text.parse().ok())
            .filter(|us| *us > 0)
            .map(Duration::from_micros);
        Some(Self {
            socket: socket.into(),
            patience,
        })
    }
}

/// What systemd shows of a kiosk at which nobody can file; a system on trial that brought it there goes (`images/…/health`).
const CLOSED: &[u8] = b"READY=1\nSTATUS=closed: the keys are not there\nWATCHDOG=1";

/// Starts telling, on a thread of its own, which ends with the core. `works`: somebody may use this kiosk.
///
/// # Errors
/// When the socket or the thread cannot be made.
pub fn start(supervisor: &Supervisor, works: bool, inputs: Sender) -> io::Result<()> {
    let to = UnixDatagram::unbound()?;
    to.connect(&supervisor.socket)?;
    let patience = supervisor.patience;
    thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || {
            // Nobody ever sends here: a wait that needs no clock of our own.
            let (_nobody, silence) = mpsc::channel::<()>();
            let mut word: &[u8] = if works {
                b"READY=1\nWATCHDOG=1"
            } else {
                CLOSED
            };
            loop {
                let (done, answer) = mpsc::channel();
                inputs.send(Input::Settle(done));
                // Ends when the loop has ended and let go of the question.
                if answer.recv().is_err() {
                    return;
                }
                if let Err(error) = to.send(word) {
                    tracing::warn!(%error, "systemd does not hear");
                }
                let Some(patience) = patience else {
                    return;
                };
                word = b"WATCHDOG=1";
                let _ = silence.recv_timeout(patience / 3);
            }
        })
        .map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

    use super::*;

    fn heard(at: &UnixDatagram) -> Option<String> {
        let mut buffer = [0; 64];
        let length = at.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(buffer.get(..length)?).into_owned())
    }

    #[test]
    fn systemd_hears_of_the_start_and_of_every_round_and_nothing_while_a_loop_hangs() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&socket).unwrap();
        let (inputs, from) = Sender::channel();
        let supervisor =
            Supervisor::new(Some(socket.to_string_lossy().into_owned()), Some("30000"));
        start(&supervisor.unwrap(), true, inputs).unwrap();
        let asked = || match from.recv().unwrap() {
            Input::Settle(done) => done,
            other => panic!("{other:?}"),
        };
        let first = asked();
        systemd
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        assert_eq!(heard(&systemd), None, "before anything is on the screen");
        systemd
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        first.send(()).unwrap();
        assert_eq!(heard(&systemd).as_deref(), Some("READY=1\nWATCHDOG=1"));
        asked().send(()).unwrap();
        assert_eq!(heard(&systemd).as_deref(), Some("WATCHDOG=1"));
    }

    #[test]
    fn systemd_hears_that_a_kiosk_is_there_and_of_no_use() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&socket).unwrap();
        let (inputs, from) = Sender::channel();
        let supervisor = Supervisor::new(Some(socket.to_string_lossy().into_owned()), None);
        start(&supervisor.unwrap(), false, inputs).unwrap();
        match from.recv().unwrap() {
            Input::Settle(done) => done.send(()).unwrap(),
            other => panic!("{other:?}"),
        }
        let said = heard(&systemd).unwrap();
        assert!(said.contains("\nSTATUS=closed:"), "{said}");
    }

    #[test]
    fn nobody_waits_where_systemd_did_not_start_us() {
        assert_eq!(Supervisor::new(None, Some("1000000")), None);
        assert_eq!(Supervisor::new(Some("@abstract".into()), None), None);
        let only_start = Supervisor::new(Some("/run/systemd/notify".into()), None).unwrap();
        assert_eq!(only_start.patience, None);
    }
}
