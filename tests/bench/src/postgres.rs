//! A real PostgreSQL cluster in a directory of its own, temporary as a rule, durable as in production, crashable.
//!
//! Answers for making, starting, crashing and removing the cluster. Schema and contents are the
//! business of whoever connects. `fsync` stays on: a test of durability without it proves nothing.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, kill_process, pidfd_open};
use tempfile::TempDir;

use crate::ports::Lease;
use crate::process::Process;
use crate::{Error, programs};

/// How long a start may take, crash recovery included.
const START: Duration = Duration::from_mins(3);
/// Debian's `nobody`: PostgreSQL refuses to run as root, so root starts it as this user and group.
const NOBODY: u32 = 65_534;

/// A PostgreSQL server with one database and one user, both called `ubugoe`.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    dir: Place,
    lease: Lease,
    password: String,
    starts: u32,
}

/// Where a cluster lies.
#[derive(Debug)]
enum Place {
    /// Gone with the value.
    Passing(TempDir),
    /// Left for another time.
    Kept(PathBuf),
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::Passing(dir) => dir.path(),
            Self::Kept(dir) => dir,
        }
    }
}

impl Postgres {
    /// Makes a cluster, starts it, waits until it accepts connections, and makes the database.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or one of the steps fails.
    pub fn start() -> Result<Self, Error> {
        // Short, because a socket's path must fit in 107 bytes.
        let dir = tempfile::Builder::new()
            .prefix("ubg-pg-")
            .tempdir()
            .map_err(Error::file("make a directory in", "$TMPDIR"))?;
        Self::make(Place::Passing(dir))
    }

    /// The same in a folder that stays: the cluster that is there, or a new one. Its password lies beside it, for its owner
    /// only. End with [`Postgres::stop`].
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn start_in(folder: &Path) -> Result<Self, Error> {
        let secret = folder.join("password.kept");
        if let Ok(password) = fs::read_to_string(&secret) {
            let lease = Lease::take()?;
            return Ok(Self {
                process: launch(folder, lease.port(), 1)?,
                dir: Place::Kept(folder.to_owned()),
                lease,
                password,
                starts: 1,
            });
        }
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        let postgres = Self::make(Place::Kept(folder.to_owned()))?;
        // written last: without it nothing here is whole
        keep_secret(&secret, &postgres.password)?;
        Ok(postgres)
    }

    fn make(dir: Place) -> Result<Self, Error> {
        if geteuid().is_root() {
            chown(dir.path(), Some(NOBODY), Some(NOBODY))
                .map_err(Error::file("give away", dir.path()))?;
        }
        let password = random_word()?;
        init(dir.path(), &password)?;
        let lease = Lease::take()?;
        let process = launch(dir.path(), lease.port(), 1)?;
        let postgres = Self {
            process,
            dir,
            lease,
            password,
            starts: 1,
        };
        postgres.create_database("ubugoe")?;
        Ok(postgres)
    }

    /// Connection URL of the database `ubugoe`, over TCP on 127.0.0.1, without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("ubugoe")
    }

    /// Connection URL of another database of this cluster.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!(
            "postgresql://ubugoe:{}@127.0.0.1:{}/{database}",
            self.password,
            self.port()
        )
    }

    /// Connection string of the database `ubugoe` over the Unix socket.
    #[must_use]
    pub fn socket_config(&self) -> String {
        let (dir, port, password) = (self.dir.path().display(), self.port(), &self.password);
        format!("host={dir} port={port} user=ubugoe password={password} dbname=ubugoe")
    }

    /// The TCP port, the same for all of this cluster's lives.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.lease.port()
    }

    /// The running (or last) process, for its log and for waits on its words.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Makes another, empty database in this cluster.
    ///
    /// # Errors
    /// When it exists already, or the server is down.
    pub fn create_database(&self, name: &str) -> Result<(), Error> {
        let mut command = Command::new(programs::postgres("createdb")?);
        command
            .env("PGPASSWORD", &self.password)
            .args([
                "--host=127.0.0.1",
                "--username=ubugoe",
                "--maintenance-db=postgres",
            ])
            .arg(format!("--port={}", self.port()))
            .arg(name);
        run("createdb", command)
    }

    /// SIGKILL to the server and to every process it started, and waits until all are gone: what
    /// was not committed to disk is lost, as in a power cut (the operating system's cache excepted).
    ///
    /// # Errors
    /// When a process cannot be killed.
    pub fn crash(&self) -> Result<(), Error> {
        let backends = children(self.process.pid());
        // A handle, not a number, so that no stranger is met if a pid is given out again.
        let handles: Vec<_> = backends
            .iter()
            .filter_map(|pid| pidfd_open(*pid, PidfdFlags::empty()).ok())
            .collect();
        self.process.kill()?;
        for pid in backends {
            // Gone already is as good as killed.
            let _ = kill_process(pid, Signal::KILL);
        }
        for handle in &handles {
            // Readable means ended. A new server refuses to start while one of them is attached.
            let _ = poll(&mut [PollFd::new(handle, PollFlags::IN)], None);
        }
        Ok(())
    }

    /// An orderly stop: clients are disconnected, everything is on disk (SIGINT, "fast").
    ///
    /// # Errors
    /// When it does not end within thirty seconds.
    pub fn stop(&self) -> Result<(), Error> {
        self.process.interrupt()?;
        self.process.wait(Duration::from_secs(30)).map(drop)
    }

    /// Stops in order, copies all files aside as a nightly backup does, and starts again.
    ///
    /// # Errors
    /// As [`Postgres::stop`] and [`Postgres::start`], or when the files cannot be copied.
    pub fn back_up(&mut self) -> Result<(), Error> {
        self.stop()?;
        self.copy("data", "backup")?;
        self.restart()
    }

    /// Crashes, and starts again from what [`Postgres::back_up`] kept: everything since is gone.
    ///
    /// # Errors
    /// As [`Postgres::restart`], or without a backup.
    pub fn restore(&mut self) -> Result<(), Error> {
        self.crash()?;
        let data = self.dir.path().join("data");
        fs::remove_dir_all(&data).map_err(Error::file("remove", &data))?;
        self.copy("backup", "data")?;
        self.restart()
    }

    fn copy(&self, from: &str, to: &str) -> Result<(), Error> {
        let mut command = Command::new("cp");
        command
            .arg("-a")
            .arg(self.dir.path().join(from))
            .arg(self.dir.path().join(to));
        run("cp", command)
    }

    /// From now on the server shows this certificate (PEM, with its key) and lets nobody in over TCP without TLS. Starts anew.
    ///
    /// # Errors
    /// As [`Postgres::restart`], or when a file cannot be written.
    pub fn encrypt(&mut self, certificate_pem: &str, key_pem: &str) -> Result<(), Error> {
        let data = self.dir.path().join("data");
        for (name, pem) in [("server.crt", certificate_pem), ("server.key", key_pem)] {
            let path = data.join(name);
            keep_secret(&path, pem)?;
            if geteuid().is_root() {
                chown(&path, Some(NOBODY), Some(NOBODY))
                    .map_err(Error::file("give away", &path))?;
            }
        }
        let change = |name: &str, how: &dyn Fn(String) -> String| {
            let path = data.join(name);
            let text = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            fs::write(&path, how(text)).map_err(Error::file("write", &path))
        };
        change("postgresql.conf", &|text| text + "\nssl = on\n")?;
        change("pg_hba.conf", &|text| text.replace("\nhost ", "\nhostssl "))?;
        self.restart()
    }

    /// Starts the server again on the same port and files, crashing it first if it still runs.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.crash()?;
        self.starts += 1;
        self.process = launch(self.dir.path(), self.port(), self.starts)?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGTERM, as Process' own drop sends it, would wait for clients to leave; SIGQUIT does not,
        // and unlike SIGKILL it leaves no shared memory behind.
        let _ = self.process.quit();
        if self.process.wait(Duration::from_secs(5)).is_err() {
            let _ = self.crash();
        }
    }
}

/// Writes a new file that only its owner reads.
fn keep_secret(path: &Path, text: &str) -> Result<(), Error> {
    let write = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    write.map_err(Error::file("write", path))
}

fn init(dir: &Path, password: &str) -> Result<(), Error> {
    let secret = dir.join("password");
    fs::write(&secret, password).map_err(Error::file("write", &secret))?;
    let mut command = as_database_user(&programs::postgres("initdb")?);
    command
        // Only the making of the empty cluster is not synced; a crash then means starting over.
        .args([
            "--no-sync",
            "--no-instructions",
            "--username=ubugoe",
            "--auth=scram-sha-256",
        ])
        .args(["--encoding=UTF8", "--locale=C"])
        .arg(format!("--pwfile={}", secret.display()))
        .arg(format!("--pgdata={}", dir.join("data").display()));
    run("initdb", command)?;
    fs::remove_file(&secret).map_err(Error::file("remove", &secret))
}

fn launch(dir: &Path, port: u16, start: u32) -> Result<Process, Error> {
    let mut command = as_database_user(&programs::postgres("postgres")?);
    command
        .arg("-D")
        .arg(dir.join("data"))
        .args(["-p", &port.to_string()])
        .args(["-c", "listen_addresses=127.0.0.1"])
        .arg("-c")
        .arg(format!("unix_socket_directories={}", dir.display()))
        .env("LC_ALL", "C");
    let process = Process::spawn(
        "postgres",
        command,
        dir.join(format!("postgres-{start}.log")),
    )?;
    process.wait_line(
        "\"ready\"",
        |l| l.contains("database system is ready to accept connections"),
        START,
    )?;
    Ok(process)
}

/// The program as it is for any user, and as `nobody` for root. `setpriv` becomes the program
/// (same pid), so signals reach it.
fn as_database_user(program: &Path) -> Command {
    let mut command;
    if geteuid().is_root() {
        command = Command::new("setpriv");
        command
            .arg(format!("--reuid={NOBODY}"))
            .arg(format!("--regid={NOBODY}"))
            .args(["--clear-groups", "--"]);
        command.arg(program);
    } else {
        command = Command::new(program);
    }
    // The rig's own working directory may be closed to that user.
    command.current_dir("/");
    command
}

fn run(program: &str, mut command: Command) -> Result<(), Error> {
    let output = command.output().map_err(|source| Error::Spawn {
        name: program.to_owned(),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Err(Error::Helper {
        program: program.to_owned(),
        status: output.status.to_string(),
        output: text.into_owned(),
    })
}

/// Direct children of a process; PostgreSQL's have none of their own.
fn children(pid: u32) -> Vec<Pid> {
    let path = PathBuf::from(format!("/proc/{pid}/task/{pid}/children"));
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|word| word.parse().ok().and_then(Pid::from_raw))
        .collect()
}

/// 128 random bits as hexadecimal; the cluster listens on loopback, where other users may be.
fn random_word() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| Error::Random { source: e.into() })?;
    Ok(hex::encode(bytes))
}
