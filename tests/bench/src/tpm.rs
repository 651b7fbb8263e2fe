//! A TPM 2.0 in software (`swtpm`), with a seed of its own, behind a socket in a folder of its own.
//!
//! It can be switched off and on, exchanged and cleared; what it says is what libtpms says. It serves one connection at a time and has no
//! resource manager in front of it: who leaves something loaded is soon refused.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tempfile::TempDir;

use crate::{Error, programs};

/// Longest wait for its end, or for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// `TPM2_GetTestResult`, without sessions.
const HOW_ARE_YOU: [u8; 10] = [0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x7C];
/// `TPM2_Clear` by the platform, which has no password.
const CLEAR: [u8; 27] = [
    0x80, 2, 0, 0, 0, 27, 0, 0, 1, 0x26, 0x40, 0, 0, 0x0C, 0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0,
];

/// One TPM. Dropping it switches it off and destroys it.
#[derive(Debug)]
pub struct SoftTpm {
    folder: TempDir,
    /// While it is on.
    process: Option<(Pid, OwnedFd)>,
}

impl SoftTpm {
    /// A new one, switched on.
    ///
    /// # Errors
    /// When `swtpm` is missing, does not start or does not answer.
    pub fn new() -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(Error::file("make", Path::new("a folder")))?;
        let mut tpm = Self {
            folder,
            process: None,
        };
        tpm.on()?;
        Ok(tpm)
    }

    /// Where it is reached.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("tpm")
    }

    /// For programs that know a TPM by tpm2-tss' name for it.
    #[must_use]
    pub fn tcti(&self) -> String {
        format!("swtpm:path={}", self.path().display())
    }

    /// Switches it on, with the seed it has.
    ///
    /// # Errors
    /// As [`SoftTpm::new`].
    pub fn on(&mut self) -> Result<(), Error> {
        self.off()?;
        let (path, folder) = (self.path(), self.folder.path().display());
        let pid_file = self.folder.path().join("pid");
        for stale in [&path, &pid_file] {
            let _ = std::fs::remove_file(stale);
        }
        // When the command ends, its child listens.
        let output = Command::new(programs::swtpm()?)
            .args(["socket", "--tpm2", "--daemon"])
            .args(["--flags", "not-need-init,startup-clear", "--tpmstate"])
            .arg(format!("dir={folder}"))
            .arg("--server")
            .arg(format!("type=unixio,path={}", path.display()))
            .arg("--ctrl")
            .arg(format!("type=unixio,path={}.ctrl", path.display()))
            .arg("--pid")
            .arg(format!("file={}", pid_file.display()))
            .output()
            .map_err(|source| Error::Spawn {
                name: "swtpm".to_owned(),
                source,
            })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(self.failed(said));
        }
        self.ask(&HOW_ARE_YOU)?;
        let pid = std::fs::read_to_string(&pid_file).map_err(Error::file("read", &pid_file))?;
        let pid = pid.trim().parse().ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| self.failed("no pid".to_owned()))?;
        let handle = pidfd_open(pid, PidfdFlags::empty());
        let handle = handle.map_err(|error| self.failed(error.to_string()))?;
        self.process = Some((pid, handle));
        Ok(())
    }

    /// Switches it off: nobody answers at its path.
    ///
    /// # Errors
    /// When it does not end.
    pub fn off(&mut self) -> Result<(), Error> {
        let Some((pid, handle)) = self.process.take() else {
            return Ok(());
        };
        kill_process(pid, Signal::TERM).map_err(|error| Error::Signal {
            name: "swtpm".to_owned(),
            signal: "SIGTERM",
            source: error.into(),
        })?;
        let within = Timespec::try_from(PATIENCE).ok();
        match poll(&mut [PollFd::new(&handle, PollFlags::IN)], within.as_ref()) {
            Ok(1) => Ok(()),
            _ => Err(self.failed("it does not end".to_owned())),
        }
    }

    /// What its owner can do to it, or a firmware update: a new seed.
    ///
    /// # Errors
    /// When it says no.
    pub fn clear(&self) -> Result<(), Error> {
        self.ask(&CLEAR)
    }

    fn ask(&self, command: &[u8]) -> Result<(), Error> {
        let answer = || {
            let mut socket = UnixStream::connect(self.path())?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.write_all(command)?;
            let mut header = [0; 10];
            socket.read_exact(&mut header)?;
            std::io::Result::Ok(header)
        };
        match answer() {
            Ok([_, _, _, _, _, _, 0, 0, 0, 0]) => Ok(()),
            Ok(header) => Err(self.failed(format!("{header:x?}"))),
            Err(error) => Err(self.failed(error.to_string())),
        }
    }

    fn failed(&self, said: String) -> Error {
        Error::File {
            doing: "speak to the software TPM at",
            path: self.path(),
            source: std::io::Error::other(said),
        }
    }
}

impl Drop for SoftTpm {
    fn drop(&mut self) {
        let _ = self.off();
    }
}
