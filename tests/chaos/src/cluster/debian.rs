//! RabbitMQ 4 as Debian 13 (trixie) packs it, on a machine that need not be Debian 13.
//!
//! Packages are fetched by `apt-get` into a folder of ours with an empty list of what is installed, so that it fetches
//! everything down to the C library; apt checks the archive's signatures and every package's hash. They are unpacked
//! beside each other and used through `chroot`. The machine's own packages are neither used nor touched; no script of a
//! package runs. What was unpacked once is used again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use ubugoe_bench::programs;

/// Changes when something below does: an older folder is made anew.
const EDITION: &str = "1";
/// The archive's keys, as every Debian has them.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// RabbitMQ, and what its start scripts take for granted on every system.
const PACKAGES: [&str; 9] = [
    "rabbitmq-server",
    "base-files",
    "coreutils",
    "dash",
    "findutils",
    "grep",
    "hostname",
    "mawk",
    "sed",
];

/// The unpacked system. Several may use it at once.
#[derive(Debug, Clone)]
pub struct Debian {
    root: PathBuf,
}

impl Debian {
    /// Takes what an earlier run unpacked into `cache`, or fetches it.
    ///
    /// # Errors
    /// Without root, apt, the archive's keys or a way to a Debian mirror; says which.
    pub fn at(cache: &Path) -> Result<Self> {
        let folder = cache.join("debian-trixie-rabbitmq");
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        lock.lock()?;
        let debian = Self {
            root: folder.join("root"),
        };
        let done = folder.join("edition");
        if fs::read_to_string(&done).is_ok_and(|text| text == EDITION) {
            return Ok(debian);
        }
        let _ = fs::remove_dir_all(&debian.root);
        let archives = fetch(&folder.join("apt")).context("RabbitMQ 4 cannot be fetched")?;
        debian.unpack(&archives)?;
        fs::write(done, EDITION)?;
        Ok(debian)
    }

    fn unpack(&self, archives: &Path) -> Result<()> {
        fs::create_dir_all(&self.root)?;
        let mut count = 0;
        for entry in fs::read_dir(archives)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg-deb")
                    .arg("-x")
                    .arg(&path)
                    .arg(&self.root))?;
                count += 1;
            }
        }
        ensure!(count > 50, "apt fetched {count} packages only");
        // What the packages' scripts would have made.
        for folder in ["dev", "proc", "mnt", "tmp"] {
            fs::create_dir_all(self.root.join(folder))?;
        }
        fs::write(self.root.join("etc/hosts"), "127.0.0.1 localhost\n")?;
        fs::write(
            self.root.join("etc/nsswitch.conf"),
            "hosts: files\npasswd: files\ngroup: files\n",
        )?;
        Ok(())
    }

    /// A program of this system, with `work` at `/mnt` and nothing else of the machine but its devices. The mounts are
    /// the program's own and go with it. Every link of the chain becomes the next, so the pid is the program's.
    ///
    /// # Errors
    /// When this machine has no `unshare`.
    pub fn command(&self, work: &Path, environment: &[(&str, String)]) -> Result<Command> {
        const INSIDE: &str = "mount --rbind /dev \"$1/dev\" && mount -t proc proc \"$1/proc\" && mount --bind \"$2\" \"$1/mnt\" && \
             root=$1 && shift 2 && exec chroot \"$root\" /usr/bin/env -i \"$@\"";
        let unshare = programs::on_path("unshare", "it is in Debian's package util-linux")?;
        let mut command = Command::new(unshare);
        command
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                INSIDE,
                "sh",
            ])
            .arg(&self.root)
            .arg(work)
            .args(["PATH=/usr/sbin:/usr/bin", "HOME=/mnt", "LANG=C.UTF-8"]);
        for (name, value) in environment {
            command.arg(format!("{name}={value}"));
        }
        Ok(command)
    }

    /// The version of one of its packages' programs, for the record.
    ///
    /// # Errors
    /// When it is not there.
    pub fn rabbitmq(&self) -> Result<String> {
        let folder = self.root.join("usr/lib/rabbitmq/lib");
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .find_map(|name| Some(name.strip_prefix("rabbitmq_server-")?.to_owned()))
            .context("RabbitMQ says no version")
    }
}

/// Fetches the packages; where they lie.
fn fetch(apt: &Path) -> Result<PathBuf> {
    ensure!(
        Path::new(KEYS).is_file(),
        "{KEYS} is missing: Debian's package debian-archive-keyring"
    );
    for folder in [
        "etc/preferences.d",
        "state/lists/partial",
        "cache/archives/partial",
    ] {
        fs::create_dir_all(apt.join(folder))?;
    }
    fs::write(apt.join("status"), "")?;
    fs::write(
        apt.join("etc/sources.list"),
        format!(
            "deb [signed-by={KEYS}] http://deb.debian.org/debian trixie main\n\
             deb [signed-by={KEYS}] http://deb.debian.org/debian-security trixie-security main\n"
        ),
    )?;
    let here = apt.display();
    let settings = apt.join("apt.conf");
    fs::write(
        &settings,
        format!(
            "Dir::Etc \"{here}/etc\";\nDir::Etc::sourcelist \"sources.list\";\nDir::Etc::sourceparts \"/dev/null\";\n\
             Dir::State \"{here}/state\";\nDir::State::status \"{here}/status\";\nDir::Cache \"{here}/cache\";\n\
             APT::Install-Recommends \"false\";\nAPT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n\
             Acquire::Retries \"3\";\n"
        ),
    )?;
    let apt_get = programs::on_path("apt-get", "RabbitMQ 4 comes from Debian's archive")?;
    let command = || {
        let mut command = Command::new(&apt_get);
        command.env("APT_CONFIG", &settings).arg("-qq");
        command
    };
    run(command().args(["--error-on=any", "update"]))?;
    run(command()
        .args(["--yes", "--download-only", "install"])
        .args(PACKAGES))?;
    Ok(apt.join("cache/archives"))
}

fn run(command: &mut Command) -> Result<()> {
    let done = command.output()?;
    if !done.status.success() {
        bail!(
            "{command:?}: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        );
    }
    Ok(())
}
