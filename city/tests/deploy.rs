//! What a town installs: the unit of systemd and the Debian package. (The image of `Dockerfile` and `compose.yaml` cannot be
//! tried without a container engine.)

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::office::Office;
use ubugoe_city::config::Config;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ubugoe-city");
const PLACE: &str = "/usr/bin/ubugoe-city";

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// Runs it; what it printed, if it succeeded.
fn done(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {said}");
    String::from_utf8(stdout).unwrap()
}

#[test]
fn systemd_takes_the_unit_and_finds_little_exposed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("ubugoe-city.service");
    let text = std::fs::read_to_string(deploy().join("ubugoe-city.service")).unwrap();
    assert_eq!(text.matches(PLACE).count(), 2);
    std::fs::write(&unit, text.replace(PLACE, PROGRAM)).unwrap();
    // its complaints do not change its exit code
    let verified = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&unit)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&verified.stderr);
    let ours = complaints
        .lines()
        .filter(|line| line.contains("ubugoe-city.service"));
    assert_eq!(ours.collect::<Vec<_>>(), [""; 0]);
    assert!(verified.status.success(), "{complaints}");
    // of 100, where 100 is a service that may do everything; in tenths
    let exposed = |unit: &Path| {
        Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=15"])
            .arg(unit)
            .output()
            .unwrap()
    };
    let close = exposed(&unit);
    assert!(
        close.status.success(),
        "{}",
        String::from_utf8_lossy(&close.stdout)
    );
    let open = folder.path().join("open.service");
    std::fs::write(&open, format!("[Service]\nExecStart={PROGRAM}\n")).unwrap();
    assert!(!exposed(&open).status.success());
}

#[test]
fn the_package_holds_a_program_that_runs_and_is_the_same_when_built_again() {
    let office = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let build = |name: &str| {
        let into = folder.path().join(name);
        let mut command = Command::new(deploy().join("build-deb"));
        command
            .arg(&into)
            .env("UBUGOE_CITY", PROGRAM)
            .env("UBUGOE_DEB_LEVEL", "0")
            .env("SOURCE_DATE_EPOCH", "1795705200");
        done(&mut command);
        let made = std::fs::read_dir(into).unwrap().next().unwrap();
        made.unwrap().path()
    };
    let (first, second) = (build("first"), build("second"));
    assert!(std::fs::read(&first).unwrap() == std::fs::read(second).unwrap());

    let listed = done(Command::new("dpkg-deb").arg("--contents").arg(&first));
    for (rights, path) in [
        ("-rwxr-xr-x root/root", "./usr/bin/ubugoe-city"),
        (
            "-rw-r--r-- root/root",
            "./lib/systemd/system/ubugoe-city.service",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/doc/ubugoe-city/city.toml.example",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/doc/ubugoe-city/changelog.gz",
        ),
    ] {
        let found = |line: &str| line.starts_with(rights) && line.ends_with(&format!(" {path}"));
        assert!(listed.lines().any(found), "{rights} {path} in\n{listed}");
    }
    let field = |name: &str| {
        let mut command = Command::new("dpkg-deb");
        done(command.arg("--field").arg(&first).arg(name))
            .trim()
            .to_owned()
    };
    assert_eq!(field("Package"), "ubugoe-city");
    assert_eq!(field("Version"), env!("CARGO_PKG_VERSION"));

    let root = folder.path().join("root");
    done(
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(&first)
            .arg(&root),
    );
    let said = done(
        Command::new(root.join("usr/bin/ubugoe-city"))
            .args(["check-config", "--config"])
            .arg(office.write_config()),
    );
    assert_eq!(said, "the configuration is complete\n");
    let control = folder.path().join("control");
    done(
        Command::new("dpkg-deb")
            .arg("--control")
            .arg(&first)
            .arg(&control),
    );
    for script in ["postinst", "prerm", "postrm"] {
        done(Command::new("sh").arg("-n").arg(control.join(script)));
    }
}

#[test]
fn the_example_is_a_configuration_that_is_taken() {
    let office = Office::new();
    let text = std::fs::read_to_string(deploy().join("city.toml.example")).unwrap();
    let hash = ubugoe_city::http::password::hash("長いパスワードにします2026").unwrap();
    let text = text.replace("$argon2id$…", &hash);
    // the office's own files, under the example's names
    let read = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let name = match name.strip_prefix("city.") {
            Some("pem") => "city-asukoe.pem".to_owned(),
            Some(kind) => format!("city-asukoe.{kind}"),
            None => name.to_owned(),
        };
        std::fs::read(office.folder.path().join(name))
    };
    let config = Config::from_toml(&text, Path::new("/etc/ubugoe"), &read).unwrap();
    assert_eq!(config.metrics, Some("127.0.0.1:9464".parse().unwrap()));
    assert_eq!(config.staff.len(), 1);
}
