//! One child process under the rig's thumb: its words kept in a log file, its end always known.
//!
//! Answers for starting, listening to, signalling and reaping a process. Nothing here polls: lines
//! and the exit arrive as events, and every wait has a limit. It must not signal a pid that is no
//! longer ours: the child is reaped only under the lock under which signals are sent.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::Error;

/// How long a process is given to end by itself before it is killed on drop.
const GRACE: Duration = Duration::from_secs(2);
/// Lines quoted in an error.
const TAIL: usize = 20;

/// A running (or ended) child process.
///
/// Dropping it kills it: first SIGTERM, then, after two seconds, SIGKILL.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: u32,
    log: PathBuf,
    shared: Arc<Shared>,
}

/// A place in a process' output: waits that start here do not see what was written before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(usize);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    child: Child,
    ended: Option<ExitStatus>,
    lines: Vec<Line>,
    open_streams: usize,
    log: File,
}

#[derive(Debug)]
struct Line {
    stream: Stream,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

impl Process {
    /// Starts `command` with no input and with everything it writes going to `log` (created anew).
    ///
    /// # Errors
    /// When the log cannot be created or the program not started.
    pub fn spawn(name: &str, mut command: Command, log: impl Into<PathBuf>) -> Result<Self, Error> {
        let log = log.into();
        let log_file = File::create(&log).map_err(Error::file("create", &log))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Error::Spawn {
                name: name.to_owned(),
                source,
            })?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let pid = child.id();
        let state = State {
            child,
            ended: None,
            lines: Vec::new(),
            open_streams: 2,
            log: log_file,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        pump(&shared, Stream::Out, out);
        pump(&shared, Stream::Err, err);
        reap(&shared, pid);
        Ok(Self {
            name: name.to_owned(),
            pid,
            log,
            shared,
        })
    }

    /// The name given at the start, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id; another process may have it once this one has ended.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The file with everything the process wrote.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Everything the process wrote so far, both streams in order of arrival.
    #[must_use]
    pub fn output(&self) -> String {
        self.shared
            .lock()
            .lines
            .iter()
            .fold(String::new(), |text, line| text + &line.text + "\n")
    }

    /// Whether the process has not ended yet (a stopped one is running in this sense).
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shared.lock().ended.is_none()
    }

    /// The present end of the output.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.shared.lock().lines.len())
    }

    /// Waits for a line, on either stream, that `wanted` accepts, and returns it. Lines written
    /// before the call count.
    ///
    /// # Errors
    /// [`Error::Ended`] when the process ended without one, [`Error::TimedOut`] after `within`.
    pub fn wait_line(
        &self,
        awaited: &str,
        wanted: impl Fn(&str) -> bool,
        within: Duration,
    ) -> Result<String, Error> {
        self.wait_line_after(Mark(0), awaited, wanted, within)
    }

    /// As [`Process::wait_line`], for lines written after `mark`.
    ///
    /// # Errors
    /// As [`Process::wait_line`].
    pub fn wait_line_after(
        &self,
        mark: Mark,
        awaited: &str,
        wanted: impl Fn(&str) -> bool,
        within: Duration,
    ) -> Result<String, Error> {
        self.find(mark, awaited, within, |line| {
            wanted(&line.text).then(|| line.text.clone())
        })
    }

    /// Waits for a JSON object on a line of its own on standard output that `wanted` accepts.
    /// Lines written before the call count; lines that are no JSON objects are passed over.
    ///
    /// # Errors
    /// As [`Process::wait_line`].
    pub fn wait_json(
        &self,
        awaited: &str,
        wanted: impl Fn(&serde_json::Value) -> bool,
        within: Duration,
    ) -> Result<serde_json::Value, Error> {
        self.find(Mark(0), awaited, within, |line| {
            let value = (line.stream == Stream::Out)
                .then(|| json_object(&line.text))
                .flatten()?;
            wanted(&value).then_some(value)
        })
    }

    /// Waits for the line by which our binaries say that they are up and where: a JSON object on
    /// standard output with `"event":"ready"`, for example
    /// `{"event":"ready","http":"127.0.0.1:41233"}`.
    ///
    /// # Errors
    /// As [`Process::wait_line`].
    pub fn wait_ready(&self, within: Duration) -> Result<serde_json::Value, Error> {
        self.wait_json(
            "the ready line",
            |v| v.get("event").is_some_and(|e| e == "ready"),
            within,
        )
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after `within`; the process keeps running.
    pub fn wait(&self, within: Duration) -> Result<ExitStatus, Error> {
        let deadline = Instant::now() + within;
        let mut state = self.shared.lock();
        loop {
            if let Some(status) = state.ended {
                return Ok(status);
            }
            state = match self.shared.sleep(state, deadline) {
                Ok(state) => state,
                Err(state) => return Err(self.timed_out(&state, "its end", within)),
            };
        }
    }

    /// SIGKILL, and waits until the process is gone. Does nothing if it has ended.
    ///
    /// # Errors
    /// When the signal cannot be delivered, or the process outlives it by ten seconds.
    pub fn kill(&self) -> Result<ExitStatus, Error> {
        self.signal(Signal::KILL, "SIGKILL")?;
        self.wait(Duration::from_secs(10))
    }

    /// SIGTERM, and waits up to `within` for the process to end.
    ///
    /// # Errors
    /// When the signal cannot be delivered, or [`Error::TimedOut`]; then the process keeps running.
    pub fn terminate(&self, within: Duration) -> Result<ExitStatus, Error> {
        self.signal(Signal::TERM, "SIGTERM")?;
        self.wait(within)
    }

    /// SIGSTOP: the process keeps its connections and answers nothing.
    ///
    /// # Errors
    /// When the signal cannot be delivered.
    pub fn pause(&self) -> Result<(), Error> {
        self.signal(Signal::STOP, "SIGSTOP")
    }

    /// SIGCONT: the end of [`Process::pause`].
    ///
    /// # Errors
    /// When the signal cannot be delivered.
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::CONT, "SIGCONT")
    }

    /// SIGHUP, by which many servers read their configuration again.
    ///
    /// # Errors
    /// When the signal cannot be delivered.
    pub fn hang_up(&self) -> Result<(), Error> {
        self.signal(Signal::HUP, "SIGHUP")
    }

    /// SIGINT: what Ctrl-C sends.
    ///
    /// # Errors
    /// When the signal cannot be delivered.
    pub fn interrupt(&self) -> Result<(), Error> {
        self.signal(Signal::INT, "SIGINT")
    }

    /// SIGQUIT: for PostgreSQL, stop at once without a checkpoint.
    ///
    /// # Errors
    /// When the signal cannot be delivered.
    pub fn quit(&self) -> Result<(), Error> {
        self.signal(Signal::QUIT, "SIGQUIT")
    }

    fn signal(&self, signal: Signal, name: &'static str) -> Result<(), Error> {
        let state = self.shared.lock();
        if state.ended.is_some() {
            return Ok(());
        }
        let pid = Pid::from_child(&state.child);
        kill_process(pid, signal).map_err(|e| Error::Signal {
            name: self.name.clone(),
            signal: name,
            source: e.into(),
        })
    }

    fn find<T>(
        &self,
        mark: Mark,
        awaited: &str,
        within: Duration,
        pick: impl Fn(&Line) -> Option<T>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + within;
        let mut next = mark.0;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = state.lines.iter().skip(next).find_map(&pick) {
                return Ok(found);
            }
            next = next.max(state.lines.len());
            // Its last words may still be in the pipes when it has ended.
            if let (Some(status), 0) = (state.ended, state.open_streams) {
                return Err(Error::Ended {
                    name: self.name.clone(),
                    status: status.to_string(),
                    awaited: awaited.to_owned(),
                    tail: state.tail(),
                });
            }
            state = match self.shared.sleep(state, deadline) {
                Ok(state) => state,
                Err(state) => return Err(self.timed_out(&state, awaited, within)),
            };
        }
    }

    fn timed_out(&self, state: &State, awaited: &str, within: Duration) -> Error {
        Error::TimedOut {
            name: self.name.clone(),
            awaited: awaited.to_owned(),
            within,
            tail: state.tail(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A stopped process takes SIGTERM only after SIGCONT. Failures end in the SIGKILL below.
        let _ = self.signal(Signal::TERM, "SIGTERM");
        let _ = self.signal(Signal::CONT, "SIGCONT");
        if self.wait(GRACE).is_err() {
            let _ = self.kill();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while holding the lock left whole lines behind; they stay readable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until something changed; gives the guard back as an error once `deadline` has passed.
    fn sleep<'a>(
        &self,
        guard: MutexGuard<'a, State>,
        deadline: Instant,
    ) -> Result<MutexGuard<'a, State>, MutexGuard<'a, State>> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(guard);
        }
        Ok(self
            .changed
            .wait_timeout(guard, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0)
    }
}

impl State {
    fn tail(&self) -> String {
        let start = self.lines.len().saturating_sub(TAIL);
        self.lines
            .iter()
            .skip(start)
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn json_object(line: &str) -> Option<serde_json::Value> {
    serde_json::from_str::<serde_json::Value>(line)
        .ok()
        .filter(serde_json::Value::is_object)
}

/// Moves lines from a pipe into the log and the list, until whoever holds the pipe closes it.
fn pump(shared: &Arc<Shared>, stream: Stream, pipe: Option<impl Read + Send + 'static>) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let mut reader = pipe.map(BufReader::new);
        let mut bytes = Vec::new();
        while let Some(reader) = &mut reader {
            bytes.clear();
            match reader.read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    let text = String::from_utf8_lossy(&bytes)
                        .trim_end_matches(['\n', '\r'])
                        .to_owned();
                    let mut state = shared.lock();
                    // A full disk must not stop the process under test; the list above has the line.
                    let _ = state.log.write_all(&bytes);
                    state.lines.push(Line { stream, text });
                    shared.changed.notify_all();
                }
            }
        }
        shared.lock().open_streams -= 1;
        shared.changed.notify_all();
    });
}

/// Waits for the end without reaping, then reaps under the lock, so that no signal can meet a
/// stranger who was given the pid in between.
fn reap(shared: &Arc<Shared>, pid: u32) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        while let Some(pid) = pid {
            match waitid(
                WaitId::Pid(pid),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            ) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) | Err(_) => break,
            }
        }
        let mut state = shared.lock();
        if let Ok(status) = state.child.wait() {
            state.ended = Some(status);
        }
        shared.changed.notify_all();
    });
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> (Process, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        (
            Process::spawn("shell", command, dir.path().join("shell.log")).unwrap(),
            dir,
        )
    }

    #[test]
    fn the_ready_line_is_found_between_other_words() {
        let (process, _dir) = shell(
            r#"echo starting; echo '{"event":"hello"}'; echo '{"event":"ready","port":7}'; exec sleep 60"#,
        );
        let ready = process.wait_ready(LONG).unwrap();
        assert_eq!(ready["port"], 7);
        assert!(process.is_running());
    }

    #[test]
    fn a_ready_line_on_standard_error_does_not_count() {
        let (process, _dir) = shell(r#"echo '{"event":"ready"}' >&2"#);
        assert!(matches!(process.wait_ready(LONG), Err(Error::Ended { .. })));
    }

    #[test]
    fn a_process_that_dies_before_it_is_ready_is_quoted_in_the_error() {
        let (process, _dir) = shell("echo 'no such table' >&2; exit 3");
        let error = process.wait_ready(LONG).unwrap_err();
        let Error::Ended { status, tail, .. } = error else {
            unreachable!("{error}")
        };
        assert_eq!(
            (status.as_str(), tail.as_str()),
            ("exit status: 3", "no such table")
        );
    }

    #[test]
    fn waiting_has_a_limit_and_leaves_the_process_running() {
        let (process, _dir) = shell("exec sleep 60");
        assert!(matches!(
            process.wait_ready(Duration::from_millis(50)),
            Err(Error::TimedOut { .. })
        ));
        assert!(matches!(
            process.wait(Duration::from_millis(50)),
            Err(Error::TimedOut { .. })
        ));
        assert!(process.is_running());
    }

    #[test]
    fn both_streams_end_up_in_the_log_file() {
        let (process, _dir) = shell("echo out; echo err >&2");
        process.wait_line("out", |l| l == "out", LONG).unwrap();
        process.wait_line("err", |l| l == "err", LONG).unwrap();
        let log = std::fs::read_to_string(process.log()).unwrap();
        assert!(log.contains("out\n") && log.contains("err\n"), "{log}");
    }

    #[test]
    fn only_lines_after_the_mark_are_waited_for() {
        let (process, _dir) =
            shell("trap 'echo tick' HUP; echo tick; echo up; while :; do sleep 0.05; done");
        process.wait_line("up", |l| l == "up", LONG).unwrap();
        let mark = process.mark();
        assert!(
            process
                .wait_line_after(mark, "tick", |l| l == "tick", Duration::from_millis(50))
                .is_err()
        );
        process.hang_up().unwrap();
        process
            .wait_line_after(mark, "tick", |l| l == "tick", LONG)
            .unwrap();
    }

    #[test]
    fn kill_is_the_signal_nobody_can_refuse() {
        let (process, _dir) = shell("trap '' TERM; echo up; while :; do sleep 0.05; done");
        process.wait_line("up", |l| l == "up", LONG).unwrap();
        assert!(matches!(
            process.terminate(Duration::from_millis(100)),
            Err(Error::TimedOut { .. })
        ));
        assert_eq!(process.kill().unwrap().signal(), Some(9));
        assert!(!process.is_running());
    }

    #[test]
    fn a_paused_process_says_nothing_until_it_is_resumed() {
        let (process, _dir) = shell("echo up; while :; do echo tick; sleep 0.01; done");
        process.wait_line("up", |l| l == "up", LONG).unwrap();
        process.pause().unwrap();
        wait_stopped(process.pid());
        // Anything still in the pipe arrives within this time; afterwards there is silence.
        let _ = process.wait_line("nothing", |_| false, Duration::from_millis(200));
        let mark = process.mark();
        assert!(
            process
                .wait_line_after(mark, "a tick", |_| true, Duration::from_millis(200))
                .is_err()
        );
        process.resume().unwrap();
        process
            .wait_line_after(mark, "a tick", |l| l == "tick", LONG)
            .unwrap();
    }

    #[test]
    fn a_dropped_process_is_gone_even_when_paused() {
        let (process, _dir) = shell("echo up; exec sleep 60");
        process.wait_line("up", |l| l == "up", LONG).unwrap();
        let pid = process.pid();
        process.pause().unwrap();
        drop(process);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }

    fn wait_stopped(pid: u32) {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap());
        waitid(
            WaitId::Pid(pid.unwrap()),
            WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT,
        )
        .unwrap();
    }
}
