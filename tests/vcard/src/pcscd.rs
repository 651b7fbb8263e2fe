//! A private card service: a real `pcscd` with the `vpcd` driver on its own socket and its own ports, as any user.
//! It starts, stops and restarts that one process and never touches another.
//!
//! vpcd binds its two ports on every interface (0.0.0.0), which cannot be changed; whoever minds runs the whole test
//! under `unshare -n`.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt as _, net::UnixListener},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

use crate::Error;

/// Below the range from which the kernel takes ports for outgoing connections.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Runs its arguments with the socket on descriptor 3 until standard input ends, then kills them and clears up.
const KEEPER: &str = r#"
exec 3>&1 1>&2
sh -c 'LISTEN_FDS=1 LISTEN_PID=$$; export LISTEN_FDS LISTEN_PID; exec "$@"' sh "$@" </dev/null &
exec 3>&- 1>/dev/null 2>&1
read -r nothing
kill -KILL $!
wait $!
rm -r -- "$VCARD_FOLDER"
"#;

/// How to run the service.
#[derive(Debug, Clone)]
pub struct PcscdConfig {
    /// The daemon: Debian installs `/usr/sbin/pcscd`.
    pub program: PathBuf,
    /// vpcd's driver: Debian installs `/usr/lib/pcsc/drivers/serial/libifdvpcd.so`.
    pub driver: PathBuf,
    /// Where clients connect; `None` for a socket in a temporary folder.
    pub socket: Option<PathBuf>,
    /// The reader's name as clients see it, before pcscd's ` 00 00` and ` 00 01`.
    pub reader: String,
    /// How long the service may take to become ready.
    pub patience: Duration,
}

impl Default for PcscdConfig {
    fn default() -> Self {
        Self {
            program: "/usr/sbin/pcscd".into(),
            driver: "/usr/lib/pcsc/drivers/serial/libifdvpcd.so".into(),
            socket: None,
            reader: "Virtual PCD".to_owned(),
            patience: Duration::from_secs(20),
        }
    }
}

/// A running private service. Dropping it ends the process and removes the socket.
#[derive(Debug)]
pub struct Pcscd {
    config: PcscdConfig,
    folder: tempfile::TempDir,
    socket: PathBuf,
    ports: Ports,
    running: Option<Child>,
}

/// Two neighbouring ports, kept from other instances of this launcher by locked files.
#[derive(Debug)]
struct Ports {
    first: u16,
    _locks: [File; 2],
}

impl Pcscd {
    /// Starts a service and waits until it has its reader.
    pub fn start(config: PcscdConfig) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("vcard-pcscd-")
            .tempdir()
            .map_err(|source| Error::Write {
                path: std::env::temp_dir(),
                source,
            })?;
        let socket = config.socket.clone();
        let socket = socket.unwrap_or_else(|| folder.path().join("pcscd.comm"));
        let mut service = Self {
            ports: Ports::find()?,
            config,
            folder,
            socket,
            running: None,
        };
        service.restart()?;
        Ok(service)
    }

    /// The value clients need in the environment variable `PCSCLITE_CSOCK_NAME`.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The TCP port of the first slot, where a card connects.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.first
    }

    /// The name clients see for the slot with the card.
    #[must_use]
    pub fn reader_name(&self) -> String {
        format!("{} 00 00", self.config.reader)
    }

    /// The process that keeps the service, if it runs; the service itself is its child.
    #[must_use]
    pub fn keeper(&self) -> Option<u32> {
        self.running.as_ref().map(Child::id)
    }

    /// Kills the service: sessions break off, and new clients find no service.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            drop(child.stdin.take());
            // Already dead is as good.
            drop(child.wait());
        }
        drop(fs::remove_file(&self.socket));
    }

    /// Starts the service again on the same socket and ports, killing it first if it runs.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        let reader = self.folder.path().join("reader.conf.d");
        let written = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Write { path, source }
        };
        fs::create_dir_all(&reader).map_err(written(&reader))?;
        let file = reader.join("vpcd");
        fs::write(&file, self.reader_conf()).map_err(written(&file))?;
        let listener = UnixListener::bind(&self.socket).map_err(written(&self.socket))?;
        let mut child = self.spawn(listener, &reader)?;
        let ready = self.wait_ready(&mut child);
        self.running = Some(child);
        if ready.is_err() {
            self.stop();
        }
        ready
    }

    fn reader_conf(&self) -> String {
        format!(
            "FRIENDLYNAME \"{}\"\nDEVICENAME /dev/null:0x{:04X}\nLIBPATH {}\nCHANNELID 0x{:04X}\n",
            self.config.reader,
            self.ports.first,
            self.config.driver.display(),
            self.ports.first,
        )
    }

    /// pcscd knows only one socket of its own, but takes a listening one by systemd's protocol: descriptor 3,
    /// announced by LISTEN_FDS and LISTEN_PID. A shell gets the socket as its standard output, moves it there and
    /// runs pcscd; it kills pcscd when its standard input ends, which also happens when this process dies.
    fn spawn(&self, listener: UnixListener, folder: &Path) -> Result<Child, Error> {
        let failed = |source| Error::Spawn {
            program: self.config.program.clone(),
            source,
        };
        let version = Command::new(&self.config.program)
            .arg("--version")
            .output()
            .map_err(failed)?;
        // Debian 13's pcscd asks polkit, and rejects everybody where no polkitd runs.
        let polkit = String::from_utf8_lossy(&version.stdout).contains(" polkit");
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", KEEPER, "sh"])
            .arg(&self.config.program)
            .args(["--foreground", "--info", "--config"])
            .arg(folder)
            .args(polkit.then_some("--disable-polkit"))
            .env_remove("PCSCLITE_CSOCK_NAME")
            .env("VCARD_FOLDER", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::from(OwnedFd::from(listener)))
            .stderr(Stdio::piped());
        command.spawn().map_err(failed)
    }

    /// Reads pcscd's log until it says it is ready; the rest of the log goes to `tracing`.
    fn wait_ready(&self, child: &mut Child) -> Result<(), Error> {
        let (lines, log) = channel();
        if let Some(err) = child.stderr.take() {
            follow(err, lines);
        }
        let end = Instant::now() + self.config.patience;
        let mut last = VecDeque::new();
        let mut broken = false;
        loop {
            match log.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let ready = line.contains("daemon ready");
                    // pcscd goes on without a reader when vpcd cannot have its ports
                    broken |= line.contains("Could not initialize");
                    last.push_back(line);
                    if last.len() > 12 {
                        last.pop_front();
                    }
                    match (ready, broken) {
                        (true, false) => return Ok(()),
                        (true, true) => return Err(not_ready(last)),
                        (false, _) => {}
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(not_ready(last));
                }
            }
        }
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn not_ready(last: VecDeque<String>) -> Error {
    let lines: Vec<String> = last.into();
    Error::NotReady {
        log: lines.join(" / "),
    }
}

/// Passes lines on while somebody wants them, and keeps reading so that pcscd never blocks on a full pipe.
fn follow(stream: impl std::io::Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            tracing::debug!(target: "pcscd", "{line}");
            drop(lines.send(line));
        }
    });
}

impl Ports {
    /// Begins at a place that differs from process to process.
    fn find() -> Result<Self, Error> {
        let span = u32::from(PORTS.end - PORTS.start) / 2;
        let begin = std::process::id() % span;
        for step in 0..span {
            let pair = u16::try_from((begin + step) % span).unwrap_or(0);
            let first = PORTS.start + pair * 2;
            if let (Some(one), Some(two)) = (claim(first), claim(first + 1)) {
                return Ok(Self {
                    first,
                    _locks: [one, two],
                });
            }
        }
        Err(Error::NoPorts {
            from: PORTS.start,
            to: PORTS.end,
        })
    }
}

/// The port's lock file, if no other launcher holds it and nobody listens on the port.
fn claim(port: u16) -> Option<File> {
    let folder = std::env::temp_dir().join("ubugoe-vcard-ports");
    if fs::create_dir(&folder).is_ok() {
        // like /tmp itself: every user's tests lock ports here
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o1777)).ok()?;
    }
    let lock = File::create(folder.join(port.to_string())).ok()?;
    lock.try_lock().ok()?;
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).ok()?;
    Some(lock)
}
