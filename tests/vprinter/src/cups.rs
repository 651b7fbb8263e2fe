//! A ward's printer of pages: CUPS itself, private to whoever starts it, and behind it a printer that keeps what it gets.
//!
//! Answers for a server with its own folder, socket and spool; no service of the machine is touched. Debian: `cups-daemon`.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use ubugoe_printer::{Queue, Server};

/// Name of its queue.
const NAME: &str = "ward";

/// The server with its printer. Dropped, it ends.
#[derive(Debug)]
pub struct SimWardPrinter {
    folder: PathBuf,
    server: Child,
}

/// The printer as a CUPS backend: it waits while there is no paper, and keeps what it gets under the job's number.
fn backend(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"#!/bin/sh
[ $# -eq 0 ] && {{ echo 'direct ward:/ "Ward" "Ward"'; exit 0; }}
while [ -e "{folder}/no-paper" ]; do
    echo "STATE: +media-empty-error" >&2
    sleep 0.1
done
echo "STATE: -media-empty-error" >&2
{{ if [ $# -ge 6 ]; then cat "$6"; else cat; fi; }} >"{folder}/out/.$1" && mv "{folder}/out/.$1" "{folder}/out/$1.pdf"
"#
    )
}

fn server(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "LogLevel debug
Listen {folder}/cups.sock
Browsing Off
WebInterface No
PreserveJobHistory No
PreserveJobFiles No
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  <Limit All>
    Order deny,allow
    Allow all
  </Limit>
</Policy>
"
    )
}

fn files(folder: &Path) -> String {
    let account = if rustix::process::geteuid().is_root() {
        "User lp\nGroup lp\nSystemGroup lpadmin\n"
    } else {
        ""
    };
    let folder = folder.display();
    format!(
        "ServerRoot {folder}/root
ServerBin {folder}/bin
DataDir /usr/share/cups
RequestRoot {folder}/spool
TempDir {folder}/spool/tmp
CacheDir {folder}/cache
StateDir {folder}/state
AccessLog {folder}/log/access
ErrorLog stderr
PageLog {folder}/log/page
Sandboxing relaxed
{account}"
    )
}

const PRINTERS: &str = "<Printer ward>
UUID urn:uuid:3a1c7f60-0000-4000-8000-00000000c0de
Info Ward
DeviceURI ward:/
State Idle
StateTime 0
Type 4
Accepting Yes
Shared No
JobSheets none none
OpPolicy default
ErrorPolicy stop-printer
</Printer>
";

impl SimWardPrinter {
    /// Starts a server in an empty folder, which others must be able to enter: the server runs as another account.
    ///
    /// # Errors
    /// What the system says; `NotFound`: CUPS is not installed.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let public = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755));
        public(folder)?;
        for part in [
            "root",
            "bin/backend",
            "bin/daemon",
            "spool/tmp",
            "cache",
            "state",
            "log",
            "out",
        ] {
            fs::create_dir_all(folder.join(part))?;
        }
        fs::set_permissions(folder.join("out"), fs::Permissions::from_mode(0o777))?;
        symlink(
            "/usr/lib/cups/daemon/cups-exec",
            folder.join("bin/daemon/cups-exec"),
        )?;
        let program = folder.join("bin/backend/ward");
        fs::write(&program, backend(folder))?;
        public(&program)?;
        let root = folder.join("root");
        fs::write(root.join("cupsd.conf"), server(folder))?;
        fs::write(root.join("cups-files.conf"), files(folder))?;
        fs::write(root.join("printers.conf"), PRINTERS)?;
        Self::serve(folder)
    }

    fn serve(folder: &Path) -> io::Result<Self> {
        let root = folder.join("root");
        let mut server = Command::new("/usr/sbin/cupsd")
            .arg("-f")
            .arg("-c")
            .arg(root.join("cupsd.conf"))
            .arg("-s")
            .arg(root.join("cups-files.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = server.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut lines = BufReader::new(log).lines();
        let mut kept = File::create(folder.join("log/error"))?;
        for line in lines.by_ref() {
            let line = line?;
            io::Write::write_all(&mut kept, format!("{line}\n").as_bytes())?;
            if line.contains("Listening to ") && line.contains("cups.sock on fd") {
                thread::spawn(move || {
                    for line in lines.map_while(Result::ok) {
                        let _ = io::Write::write_all(&mut kept, format!("{line}\n").as_bytes());
                    }
                });
                return Ok(Self {
                    folder: folder.to_owned(),
                    server,
                });
            }
        }
        let _ = server.wait();
        Err(io::Error::other("the print server ended at once"))
    }

    /// Ends the server at once, as a cut of the current would, and starts it anew with the same spool.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn killed_and_started_anew(mut self) -> io::Result<Self> {
        self.server.kill()?;
        self.server.wait()?;
        let folder = self.folder.clone();
        drop(self);
        Self::serve(&folder)
    }

    /// Its queue, for a client of this name.
    #[must_use]
    pub fn queue(&self, user: &str) -> Queue {
        Queue {
            server: Server::Socket(self.folder.join("cups.sock")),
            name: NAME.to_owned(),
            user: user.to_owned(),
        }
    }

    /// Takes the paper out, or puts it back.
    ///
    /// # Errors
    /// What the system says.
    pub fn paper(&self, there: bool) -> io::Result<()> {
        let sign = self.folder.join("no-paper");
        if !there {
            return File::create(sign).map(|_| ());
        }
        match fs::remove_file(sign) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Files that came out, in the order of their jobs.
    ///
    /// # Errors
    /// What the system says.
    pub fn printed(&self) -> io::Result<Vec<PathBuf>> {
        let number = |path: &PathBuf| path.file_stem()?.to_str()?.parse::<u32>().ok();
        let mut found: Vec<PathBuf> = list(&self.folder.join("out"))?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|kind| kind == "pdf"))
            .collect();
        found.sort_by_key(number);
        Ok(found)
    }

    /// Every file in which the server could keep something of a job: spool, history, logs.
    ///
    /// # Errors
    /// What the system says.
    pub fn keeps(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for part in ["spool", "spool/tmp", "cache", "log", "state"] {
            let files = list(&self.folder.join(part))?;
            found.extend(files.into_iter().filter(|path| path.is_file()));
        }
        Ok(found)
    }

    /// The files of jobs in its spool.
    ///
    /// # Errors
    /// What the system says.
    pub fn spooled(&self) -> io::Result<Vec<PathBuf>> {
        let files = list(&self.folder.join("spool"))?;
        Ok(files.into_iter().filter(|path| path.is_file()).collect())
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect()
}

impl Drop for SimWardPrinter {
    fn drop(&mut self) {
        // by its number, and politely: it ends its own children
        if let Ok(None) = self.server.try_wait()
            && let Some(pid) = i32::try_from(self.server.id())
                .ok()
                .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = self.server.wait();
        }
    }
}
