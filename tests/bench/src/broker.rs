//! A real Mosquitto on loopback: mutual TLS, one ACL entry per device and city, killable.
//!
//! Answers for its configuration and life. What clients say to it is not its concern, and it keeps
//! nothing across a kill: for Ubugoe the broker is soft state, and this one proves it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::pki::Pki;
use crate::ports::Lease;
use crate::process::Process;
use crate::{Error, programs};

/// How long Mosquitto may take to say it is running.
const START: Duration = Duration::from_secs(20);

/// What a test may want to be different from Mosquitto's defaults.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Largest MQTT packet in bytes, told to clients at connection (`max_packet_size`).
    pub max_packet_size: Option<u32>,
    /// Receive Maximum told to MQTT 5 clients (`max_inflight_messages`; 20 if not set).
    pub receive_maximum: Option<u16>,
    /// Where configuration and log go; a temporary directory if not set.
    pub dir: Option<PathBuf>,
    /// Let in devices that nobody named beforehand, each to its own topics: whose certificate it is says `broker-ca.pem`, to which
    /// a test adds a device CA's root.
    pub enrolled: bool,
    /// Refuse clients that `broker-ca.crl` revokes; [`Pki::revoke`] must have written it before each start.
    pub revocations: bool,
    /// The network namespace it runs in, listening on every address there; loopback of this one if not set.
    pub namespace: Option<String>,
    /// Log what concerns people, not every packet: for measuring.
    pub quiet: bool,
    /// Further lines for the configuration file, as they are.
    pub extra: Vec<String>,
}

/// A Mosquitto broker for the devices and cities of one [`Pki`].
///
/// Its log is `mosquitto-<n>.log` in its directory, `n` counting the starts from 1.
#[derive(Debug)]
pub struct Mosquitto {
    process: Process,
    dir: Dir,
    lease: Lease,
    namespace: Option<String>,
    starts: u32,
}

impl Mosquitto {
    /// Starts a broker and waits until it accepts connections.
    ///
    /// # Errors
    /// When Mosquitto is not installed, its files cannot be written, or it does not start.
    pub fn start(pki: &Pki, settings: &Settings) -> Result<Self, Error> {
        let dir = Dir::new(settings.dir.as_deref())?;
        let lease = Lease::take()?;
        let mut rules = acl(pki);
        if settings.enrolled {
            rules.push_str(
                "pattern write ubg/v1/up/%u/+\n\
                 pattern read ubg/v1/down/%u/#\n\
                 pattern read ubg/v1/city/+/presence\n",
            );
        }
        write(&dir.path().join("acl"), &rules)?;
        write(
            &dir.path().join("mosquitto.conf"),
            &configuration(pki, settings, dir.path(), lease.port()),
        )?;
        let namespace = settings.namespace.clone();
        let process = launch(dir.path(), namespace.as_deref(), 1)?;
        Ok(Self {
            process,
            dir,
            lease,
            namespace,
            starts: 1,
        })
    }

    /// The host name to connect to; the server certificate is made for it.
    #[must_use]
    pub fn host(&self) -> &'static str {
        "localhost"
    }

    /// The port, the same for all of this broker's lives.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.lease.port()
    }

    /// The running (or last) process, for its log and for waits on its words.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// SIGKILL: sessions, queues and retained messages are gone.
    ///
    /// # Errors
    /// When the process cannot be killed.
    pub fn kill(&self) -> Result<(), Error> {
        self.process.kill().map(drop)
    }

    /// An orderly stop (SIGTERM); clients see their connections closed.
    ///
    /// # Errors
    /// When it does not end within ten seconds.
    pub fn stop(&self) -> Result<(), Error> {
        self.process.terminate(Duration::from_secs(10)).map(drop)
    }

    /// Starts it again on the same port, killing it first if it still runs.
    ///
    /// # Errors
    /// As [`Mosquitto::start`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.kill()?;
        self.starts += 1;
        self.process = launch(self.dir.path(), self.namespace.as_deref(), self.starts)?;
        Ok(())
    }

    /// The broker stops answering but keeps every connection open, as behind a dead network.
    ///
    /// # Errors
    /// When the signal cannot be delivered.
    pub fn pause(&self) -> Result<(), Error> {
        self.process.pause()
    }

    /// The end of [`Mosquitto::pause`].
    ///
    /// # Errors
    /// When the signal cannot be delivered.
    pub fn resume(&self) -> Result<(), Error> {
        self.process.resume()
    }

    /// Lets in devices and cities that were added to the PKI since the start, without a restart.
    ///
    /// # Errors
    /// When the ACL cannot be written or Mosquitto does not say that it read it.
    pub fn reload(&self, pki: &Pki) -> Result<(), Error> {
        write(&self.dir.path().join("acl"), &acl(pki))?;
        let mark = self.process.mark();
        self.process.hang_up()?;
        self.process
            .wait_line_after(
                mark,
                "the reload",
                |l| l.contains("Reloading config"),
                START,
            )
            .map(drop)
    }
}

fn launch(dir: &Path, namespace: Option<&str>, start: u32) -> Result<Process, Error> {
    let mut command = programs::within(namespace, &programs::mosquitto()?);
    command.arg("-c").arg(dir.join("mosquitto.conf"));
    let process = Process::spawn(
        "mosquitto",
        command,
        dir.join(format!("mosquitto-{start}.log")),
    )?;
    // Written after the listeners are open.
    process.wait_line(
        "\"running\"",
        |l| l.contains("mosquitto version") && l.ends_with("running"),
        START,
    )?;
    Ok(process)
}

fn configuration(pki: &Pki, settings: &Settings, dir: &Path, port: u16) -> String {
    let mut lines = vec![
        // Ignored unless started as root; then Mosquitto would become a user who cannot read our keys.
        "user root".to_owned(),
        "per_listener_settings false".to_owned(),
        "allow_anonymous false".to_owned(),
        format!("acl_file {}", dir.join("acl").display()),
        "persistence false".to_owned(),
        "sys_interval 0".to_owned(),
        "set_tcp_nodelay true".to_owned(),
        // Standard output would be buffered in a pipe, and "running" would not arrive.
        "log_dest stderr".to_owned(),
        "connection_messages true".to_owned(),
    ];
    let kinds: &[&str] = if settings.quiet {
        &["error", "warning", "notice", "information"]
    } else {
        &["all"]
    };
    lines.extend(kinds.iter().map(|kind| format!("log_type {kind}")));
    lines.extend(
        settings
            .max_packet_size
            .map(|bytes| format!("max_packet_size {bytes}")),
    );
    lines.extend(
        settings
            .receive_maximum
            .map(|count| format!("max_inflight_messages {count}")),
    );
    lines.extend(settings.extra.iter().cloned());
    let at = settings
        .namespace
        .as_ref()
        .map_or("127.0.0.1", |_| "0.0.0.0");
    lines.extend([
        format!("listener {port} {at}"),
        format!("cafile {}", pki.path("broker-ca.pem").display()),
        format!("certfile {}", pki.path("broker.pem").display()),
        format!("keyfile {}", pki.path("broker.key").display()),
        "require_certificate true".to_owned(),
        "use_identity_as_username true".to_owned(),
    ]);
    if settings.revocations {
        lines.push(format!("crlfile {}", pki.path("broker-ca.crl").display()));
    }
    lines.join("\n") + "\n"
}

/// The topics of `sync/protocol`, written out here a second time on purpose: what a client may do
/// must not follow from the code of the clients.
fn acl(pki: &Pki) -> String {
    let mut text = String::new();
    for id in pki.devices() {
        let _ = write!(
            text,
            "user {id}\n\
             topic write ubg/v1/up/{id}/+\n\
             topic read ubg/v1/down/{id}/#\n\
             topic read ubg/v1/city/+/presence\n\n"
        );
    }
    for id in pki.cities() {
        let _ = write!(
            text,
            "user {id}\n\
             topic read ubg/v1/up/+/{id}\n\
             topic write ubg/v1/down/+/receipt\n\
             topic write ubg/v1/down/+/status\n\
             topic write ubg/v1/down/+/catalogue\n\
             topic write ubg/v1/down/+/command\n\
             topic write ubg/v1/city/{id}/presence\n\n"
        );
    }
    text
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::file("write", path))
}

/// A given directory that stays, or a temporary one that goes.
#[derive(Debug)]
enum Dir {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Dir {
    fn new(given: Option<&Path>) -> Result<Self, Error> {
        match given {
            Some(path) => {
                fs::create_dir_all(path).map_err(Error::file("make", path))?;
                Ok(Self::Given(path.to_owned()))
            }
            None => tempfile::tempdir()
                .map(Self::Temporary)
                .map_err(Error::file("make a directory in", "$TMPDIR")),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(dir) => dir.path(),
        }
    }
}
