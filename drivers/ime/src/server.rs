//! The life of the conversion server: started as our child in a folder of its own, told to keep nothing, asked within
//! a deadline, started again when it dies (not for ever), ended by its process id, its folder emptied.
//!
//! Knows nothing of names or ranking. A server that cannot be had is no error of a conversion: the caller goes on
//! with the dictionaries.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use prost::Message;
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{FlockOperation, flock, inotify};
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal};

use crate::link::{Address, LinkError, wait};
use crate::mozc::set_forgetful;
use crate::wire::PathInfo;

/// The only version of the server's protocol there is; another one would have other fields.
const PROTOCOL: u32 = 3;
/// Starts that nobody asked for, within [`SPAN`]: beyond them the server is left alone for a while.
const STARTS: usize = 4;
const SPAN: Duration = Duration::from_mins(1);
/// Questions in a row that may stay without an answer in time before the server counts as hung.
const LATE: u32 = 2;
/// How long an orphan has to die of SIGKILL.
const DEATH: Duration = Duration::from_secs(2);

/// A user and group of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// User id, not 0.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// Why there is no conversion server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Debian's package mozc-server is not there.
    #[error("the conversion server {program} is not installed (./ubugoe setup)")]
    NotInstalled {
        /// Where it was looked for.
        program: PathBuf,
    },
    /// We run as root, the server refuses to, and no account was named for it.
    #[error("the conversion server refuses to run as root: name an account for it")]
    Root,
    /// Its folder cannot be made, owned or emptied.
    #[error("the conversion server's folder {folder} cannot be prepared")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another process of ours lives in the folder.
    #[error("the conversion server's folder {folder} is in use")]
    FolderInUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The program could not be started.
    #[error("the conversion server cannot be started")]
    Start(#[source] io::Error),
    /// It ended before it could be asked.
    #[error("the conversion server ended by itself")]
    Ended,
    /// It did not say in time where it listens.
    #[error("the conversion server was not ready in time")]
    NotReady,
    /// Another protocol than the one spoken here.
    #[error("the conversion server speaks protocol {0}, not 3")]
    Protocol(u32),
    /// It did not take the settings that keep it from learning. It is not used.
    #[error("the conversion server does not confirm that it keeps nothing")]
    Learns,
    /// It died or hung too often; it is tried again later.
    #[error("the conversion server failed too often")]
    GivenUp,
    /// A question failed.
    #[error("the conversion server gave no answer")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is needed to start a server.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) program: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) account: Option<Account>,
    /// How long a start may take when somebody waits for nothing else.
    pub(crate) start: Duration,
}

/// Keeps one server alive, within bounds.
#[derive(Debug)]
pub(crate) struct Keeper {
    spec: Spec,
    /// Held as long as we live, also when we are killed.
    _lock: File,
    server: Option<Server>,
    /// When a server was started without being asked to, the last [`STARTS`] of them.
    starts: Vec<Instant>,
    late: u32,
    /// Found out once and for ever: it keeps what it is told.
    learns: bool,
}

impl Keeper {
    /// Takes the folder, ends what an earlier life of ours left there, and starts a server.
    pub(crate) fn open(spec: Spec) -> Result<Self, ServerError> {
        if !spec.program.is_file() {
            let program = spec.program;
            return Err(ServerError::NotInstalled { program });
        }
        if geteuid().is_root() && spec.account.is_none_or(|account| account.uid == 0) {
            return Err(ServerError::Root);
        }
        let folder = |source| ServerError::Folder {
            folder: spec.home.clone(),
            source,
        };
        make_folder(&spec.home, spec.account).map_err(folder)?;
        let lock = File::create(spec.home.join("lock")).map_err(folder)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let folder = spec.home;
            return Err(ServerError::FolderInUse { folder });
        }
        end_orphan(&spec);
        let until = Instant::now() + spec.start;
        let mut server = Server::start(&spec)?;
        server.address(until)?;
        Ok(Self {
            spec,
            _lock: lock,
            server: Some(server),
            starts: Vec::new(),
            late: 0,
            learns: false,
        })
    }

    /// Asks the server; one that died is started again and asked once more while there is time.
    pub(crate) fn ask<T>(
        &mut self,
        until: Instant,
        question: impl Fn(&Address, Instant) -> Result<T, LinkError>,
    ) -> Result<T, ServerError> {
        let first = self.ask_once(until, &question);
        match first {
            Err(ServerError::Ended | ServerError::NoAnswer(_)) if self.server.is_none() => {
                self.ask_once(until, &question)
            }
            other => other,
        }
    }

    fn ask_once<T>(
        &mut self,
        until: Instant,
        question: &impl Fn(&Address, Instant) -> Result<T, LinkError>,
    ) -> Result<T, ServerError> {
        if self.learns {
            return Err(ServerError::Learns);
        }
        if self.server.is_none() {
            self.note_start()?;
            self.server = Some(Server::start(&self.spec)?);
        }
        let Some(server) = &mut self.server else {
            return Err(ServerError::GivenUp);
        };
        let address = match server.address(until) {
            Ok(address) => address,
            // Still on its way up: the next question finds it ready.
            Err(ServerError::NotReady) if server.started.elapsed() < self.spec.start => {
                return Err(ServerError::NotReady);
            }
            Err(error) => {
                self.learns = matches!(error, ServerError::Learns);
                self.server = None;
                return Err(error);
            }
        };
        match question(&address, until) {
            Ok(answer) => {
                self.late = 0;
                Ok(answer)
            }
            Err(error) => {
                self.late = if matches!(error, LinkError::Late) {
                    self.late + 1
                } else {
                    LATE
                };
                if self.late >= LATE {
                    self.late = 0;
                    self.server = None;
                }
                Err(ServerError::NoAnswer(Box::new(error)))
            }
        }
    }

    /// Ends the server with everything it has in memory and in its folder, and starts another.
    pub(crate) fn wipe(&mut self) -> Result<(), ServerError> {
        self.server = None;
        if self.learns {
            return Err(ServerError::Learns);
        }
        self.late = 0;
        // Without waiting: a second later, when somebody types, it has long been there.
        self.server = Some(Server::start(&self.spec)?);
        Ok(())
    }

    fn note_start(&mut self) -> Result<(), ServerError> {
        let now = Instant::now();
        self.starts
            .retain(|start| now.saturating_duration_since(*start) < SPAN);
        if self.starts.len() >= STARTS {
            return Err(ServerError::GivenUp);
        }
        self.starts.push(now);
        Ok(())
    }

    /// The child's process id, for tests and measurements.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(|server| server.child.id())
    }
}

/// One running child.
#[derive(Debug)]
struct Server {
    child: Child,
    folder: PathBuf,
    /// Wakes us when something is written in the folder.
    written: OwnedFd,
    /// Wakes us when the child ends.
    ended: OwnedFd,
    account: Option<Account>,
    address: Option<Address>,
    started: Instant,
}

impl Server {
    fn start(spec: &Spec) -> Result<Self, ServerError> {
        let folder = spec.home.join("mozc");
        let prepare = || -> io::Result<OwnedFd> {
            empty(&folder)?;
            make_folder(&folder, spec.account)?;
            let watch =
                inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
            let changes = inotify::WatchFlags::CREATE
                | inotify::WatchFlags::MODIFY
                | inotify::WatchFlags::ATTRIB
                | inotify::WatchFlags::MOVED_TO;
            inotify::add_watch(&watch, &folder, changes)?;
            Ok(watch)
        };
        let written = prepare().map_err(|source| ServerError::Folder {
            folder: folder.clone(),
            source,
        })?;
        let mut command = Command::new(&spec.program);
        command
            .env_clear()
            .env("HOME", &spec.home)
            .env("XDG_CONFIG_HOME", &spec.home)
            .current_dir(&spec.home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Only root may become somebody else. Whoever is somebody already stays it.
        let account = spec.account.filter(|_| geteuid().is_root());
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        let mut child = command.spawn().map_err(ServerError::Start)?;
        let ended = match pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
            Ok(ended) => ended,
            Err(error) => {
                end(&mut child);
                return Err(ServerError::Start(error.into()));
            }
        };
        Ok(Self {
            child,
            folder,
            written,
            ended,
            account,
            address: None,
            started: Instant::now(),
        })
    }

    /// Where it listens; waits for it to come up, and tells it to forget before anybody can ask it anything.
    fn address(&mut self, until: Instant) -> Result<Address, ServerError> {
        if let Some(address) = &self.address {
            let gone = matches!(self.child.try_wait(), Ok(Some(_)) | Err(_));
            return if gone {
                Err(ServerError::Ended)
            } else {
                Ok(address.clone())
            };
        }
        let name = loop {
            if let Some(name) = self.socket_name()? {
                break name;
            }
            let mut either = [
                PollFd::new(&self.written, PollFlags::IN),
                PollFd::new(&self.ended, PollFlags::IN),
            ];
            if !wait(&mut either, until).map_err(ServerError::Start)? {
                return Err(ServerError::NotReady);
            }
            if either
                .last()
                .is_some_and(|ended| !ended.revents().is_empty())
            {
                return Err(ServerError::Ended);
            }
            // The content does not matter, only that something changed.
            let mut events = [0; 4096];
            let _ = rustix::io::read(self.written.as_fd(), &mut events[..]);
        };
        let address = Address {
            name,
            pid: Pid::from_child(&self.child),
            account: self.account,
        };
        match set_forgetful(&address, until) {
            Ok(true) => {}
            Ok(false) => return Err(ServerError::Learns),
            Err(LinkError::Late) => return Err(ServerError::NotReady),
            Err(error) => return Err(ServerError::NoAnswer(Box::new(error))),
        }
        self.address = Some(address.clone());
        Ok(address)
    }

    /// The socket's name, once the server has written its key down.
    fn socket_name(&self) -> Result<Option<String>, ServerError> {
        let Some(info) = session_file(&self.folder) else {
            return Ok(None);
        };
        let protocol = info.protocol_version.unwrap_or_default();
        let key = info.key.unwrap_or_default();
        let whole = key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit());
        if !whole || info.process_id != Some(self.child.id()) {
            return Ok(None);
        }
        if protocol != PROTOCOL {
            return Err(ServerError::Protocol(protocol));
        }
        Ok(Some(format!("tmp/.mozc.{key}.session")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
        if let Err(error) = empty(&self.folder) {
            tracing::warn!(%error, "the conversion server's folder is not emptied");
        }
    }
}

/// Ends a child by its process id and takes leave of it, so that no zombie stays.
fn end(child: &mut Child) {
    if let Err(error) = child.kill().and_then(|()| child.wait()) {
        tracing::warn!(%error, "the conversion server is not ended");
    }
}

/// What a server wrote about itself; nothing while it is still writing.
fn session_file(folder: &Path) -> Option<PathInfo> {
    let mut bytes = Vec::new();
    let file = File::open(folder.join(".session.ipc")).ok()?;
    file.take(4096).read_to_end(&mut bytes).ok()?;
    PathInfo::decode(bytes.as_slice()).ok()
}

/// A server that outlived us (we were killed) still holds what was typed: it is ended before its folder is emptied.
fn end_orphan(spec: &Spec) {
    let pid = session_file(&spec.home.join("mozc"))
        .and_then(|info| i32::try_from(info.process_id?).ok())
        .and_then(Pid::from_raw);
    let Some(pid) = pid else { return };
    // The handle first: from here on the number cannot come to mean another process.
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return;
    };
    let runs = fs::canonicalize(format!("/proc/{}/exe", pid.as_raw_nonzero()));
    let ours = fs::canonicalize(&spec.program);
    if runs.ok().is_none_or(|runs| ours.ok() != Some(runs)) {
        return;
    }
    let killed = pidfd_send_signal(&handle, Signal::KILL);
    let gone = wait(
        &mut [PollFd::new(&handle, PollFlags::IN)],
        Instant::now() + DEATH,
    );
    if killed.is_err() || !gone.unwrap_or(false) {
        tracing::warn!("a conversion server of an earlier start does not end");
    }
}

/// A folder only its owner can enter.
fn make_folder(folder: &Path, account: Option<Account>) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    match account {
        Some(account) if geteuid().is_root() => chown(folder, Some(account.uid), Some(account.gid)),
        _ => Ok(()),
    }
}

fn empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
