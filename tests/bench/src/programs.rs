//! Where the programs are: Debian's servers, and our own binaries beside the running test.
//!
//! Answers for finding, with a hint when something is missing. It builds and installs nothing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Debian's Mosquitto. `/usr/sbin` is not on every user's `PATH`.
///
/// # Errors
/// [`Error::NoProgram`] when it is not installed.
pub fn mosquitto() -> Result<PathBuf, Error> {
    on_path(
        "mosquitto",
        "install Debian's package mosquitto, or run ./ubugoe setup",
    )
}

/// Debian's TPM in software.
///
/// # Errors
/// [`Error::NoProgram`] when it is not installed.
pub fn swtpm() -> Result<PathBuf, Error> {
    on_path(
        "swtpm",
        "install Debian's package swtpm, or run ./ubugoe setup",
    )
}

/// A program of PostgreSQL (`initdb`, `postgres`, `createdb`), of the newest version installed.
/// Debian keeps them out of `PATH`, one folder per major version.
///
/// # Errors
/// [`Error::NoProgram`] when none is installed.
pub fn postgres(program: &str) -> Result<PathBuf, Error> {
    let versions = Path::new("/usr/lib/postgresql")
        .read_dir()
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin").join(program)))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    found.sort();
    match found.pop() {
        Some((_, path)) => Ok(path),
        None => on_path(
            program,
            "install Debian's package postgresql, or run ./ubugoe setup",
        ),
    }
}

/// One of our own binaries (`ubugoe-city`, `ubugoe-kiosk`, `vcard`), built in the same target folder
/// as the program that asks: beside it, or, for a test in `deps/`, one folder up.
///
/// # Errors
/// [`Error::NoProgram`] when it has not been built.
pub fn ours(name: &str) -> Result<PathBuf, Error> {
    let here = env::current_exe().ok();
    let folders = here.iter().flat_map(|exe| exe.ancestors().skip(1).take(2));
    let found = folders
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| Error::NoProgram {
        program: name.to_owned(),
        hint: "build it first: cargo build --workspace, or run ./ubugoe test".to_owned(),
    })
}

/// Runs a program in a network namespace, if one is named; that takes root. `ip` becomes the program, so its pid is the
/// program's.
#[must_use]
pub fn within(namespace: Option<&str>, program: &Path) -> Command {
    let Some(namespace) = namespace else {
        return Command::new(program);
    };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command
}

/// A program on `PATH` or in the folders of system administration.
///
/// # Errors
/// [`Error::NoProgram`] with `hint` when it is in none of them.
pub fn on_path(name: &str, hint: &str) -> Result<PathBuf, Error> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders =
        env::split_paths(&path).chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = folders
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| Error::NoProgram {
        program: name.to_owned(),
        hint: hint.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

    use super::*;

    #[test]
    fn a_missing_binary_of_ours_is_named_together_with_the_command_that_builds_it() {
        let text = ours("ubugoe-nonesuch").unwrap_err().to_string();
        assert!(
            text.contains("ubugoe-nonesuch") && text.contains("cargo build"),
            "{text}"
        );
    }

    #[test]
    fn a_binary_beside_the_running_test_is_found() {
        let exe = env::current_exe().unwrap();
        assert_eq!(
            ours(exe.file_name().unwrap().to_str().unwrap()).unwrap(),
            exe
        );
    }

    #[test]
    fn the_servers_are_found_although_they_are_not_on_every_path() {
        assert!(mosquitto().unwrap().is_file());
        assert!(postgres("initdb").unwrap().is_file());
    }
}
