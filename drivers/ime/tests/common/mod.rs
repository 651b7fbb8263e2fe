//! The real input method for tests: Debian's server and dictionaries, a folder of its own, an account when we are root.

#![allow(dead_code, reason = "not every test program uses every helper")]

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use ubugoe_ime::{Account, Config, Ime};

/// Debian's nobody and nogroup: the server refuses to be root, which tests in CI are.
pub(crate) const NOBODY: Account = Account {
    uid: 65534,
    gid: 65534,
};

/// A configuration whose deadline no busy machine misses.
pub(crate) fn config(home: &Path) -> Config {
    let mut config = Config::debian(home.to_owned());
    config.account = Some(NOBODY);
    config.deadline = Duration::from_secs(20);
    config.start = Duration::from_secs(20);
    config
}

/// Everything there, or the test fails and says what to do.
pub(crate) fn open() -> (TempDir, Ime) {
    let home = tempfile::tempdir().expect("a folder");
    let ime = Ime::open(config(home.path())).expect("an input method");
    assert!(
        ime.missing().is_empty(),
        "run ./ubugoe setup: {:?}",
        ime.missing()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    );
    (home, ime)
}
