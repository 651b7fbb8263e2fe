//! The life of the real conversion server under the input method: killed, stopped, left behind, missing.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is missing"
)]

mod common;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, test_kill_process, waitid,
};
use ubugoe_ime::{Config, Ime, ImeError, Kind, Origin, ServerError};

/// A given name that the server offers.
const KANA: &str = "ひろと";

fn from_server(ime: &mut Ime) -> bool {
    // The server composes what no dictionary has.
    let found = ime.candidates("とうきょうとあすこえし", Kind::Address, 20);
    found
        .iter()
        .any(|candidate| candidate.origin == Origin::Mozc)
}

fn from_dictionaries(ime: &mut Ime) -> bool {
    let found = ime.candidates(KANA, Kind::GivenName, 20);
    found.iter().any(|candidate| candidate.text == "大翔")
}

fn pid(ime: &Ime) -> Pid {
    Pid::from_raw(i32::try_from(ime.server_pid().unwrap()).unwrap()).unwrap()
}

#[test]
fn a_server_that_dies_is_started_again_and_the_same_question_still_gets_its_answer() {
    let (_home, mut ime) = common::open();
    let first = pid(&ime);
    assert!(from_server(&mut ime));
    kill_process(first, Signal::KILL).unwrap();
    assert!(from_server(&mut ime));
    assert_ne!(pid(&ime), first);
}

#[test]
fn a_server_that_dies_again_and_again_is_given_up_for_a_while_and_the_dictionaries_answer() {
    let (_home, mut ime) = common::open();
    let mut started = 0;
    while from_server(&mut ime) {
        started += 1;
        assert!(started < 20, "started again for ever");
        kill_process(pid(&ime), Signal::KILL).unwrap();
    }
    assert!(started > 2, "given up after {started} starts");
    assert!(from_dictionaries(&mut ime));
    assert_eq!(ime.server_pid(), None);
}

#[test]
fn a_server_that_hangs_costs_no_more_than_the_deadline_and_is_replaced() {
    let home = tempfile::tempdir().unwrap();
    let mut config = common::config(home.path());
    config.deadline = Duration::from_millis(200);
    let mut ime = Ime::open(config).unwrap();
    let first = pid(&ime);
    kill_process(first, Signal::STOP).unwrap();
    // Not before it really stands still.
    let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(first), stopped).unwrap();
    let start = Instant::now();
    let found = ime.candidates(KANA, Kind::GivenName, 20);
    let took = start.elapsed();
    assert!(
        found.iter().any(|candidate| candidate.text == "大翔"),
        "{found:?}"
    );
    assert!(
        took >= Duration::from_millis(200),
        "the server was not even asked: {took:?}"
    );
    assert!(took < Duration::from_secs(2), "{took:?}");
    // Each question waits for the deadline at most, so this ends.
    assert!(
        (0..100).any(|_| from_server(&mut ime)),
        "it is never replaced"
    );
    assert_ne!(pid(&ime), first);
    assert!(
        test_kill_process(first).is_err(),
        "the one that hung is still there"
    );
}

#[test]
fn when_the_input_method_goes_so_do_the_server_and_everything_it_wrote() {
    let (home, mut ime) = common::open();
    assert!(from_server(&mut ime));
    let server = pid(&ime);
    assert!(home.path().join("mozc").is_dir());
    drop(ime);
    assert!(test_kill_process(server).is_err(), "the server still runs");
    assert!(!home.path().join("mozc").exists());
}

#[test]
fn between_two_people_the_server_is_another_process_in_an_empty_folder() {
    let (home, mut ime) = common::open();
    let first = pid(&ime);
    let left = home.path().join("mozc/left-by-the-first");
    fs::write(&left, KANA).unwrap();
    ime.wipe();
    assert!(
        test_kill_process(first).is_err(),
        "its memory is still there"
    );
    assert!(!left.exists());
    assert!(from_server(&mut ime));
    // A wipe is no failure: however many visits a day has, the server is not given up.
    for _ in 0..10 {
        ime.wipe();
    }
    assert!(from_server(&mut ime));
}

#[test]
fn a_server_left_by_a_life_that_was_killed_is_ended_before_another_starts() {
    let home = tempfile::tempdir().unwrap();
    let config = common::config(home.path());
    let folder = home.path().join("mozc");
    fs::create_dir(&folder).unwrap();
    let mut command = Command::new(&config.server);
    command
        .env_clear()
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if rustix::process::geteuid().is_root() {
        for path in [home.path(), &folder] {
            std::os::unix::fs::chown(path, Some(common::NOBODY.uid), Some(common::NOBODY.gid))
                .unwrap();
        }
        command.uid(common::NOBODY.uid).gid(common::NOBODY.gid);
    }
    let mut orphan = command.spawn().expect("run ./ubugoe setup");
    // A life of ours would have waited for this file with the kernel's help; a test may look for it.
    let until = Instant::now() + Duration::from_secs(20);
    while fs::metadata(folder.join(".session.ipc")).map_or(0, |file| file.len()) == 0 {
        assert!(Instant::now() < until, "the server does not start");
        std::thread::yield_now();
    }
    let mut ime = Ime::open(config).unwrap();
    let ended = orphan.wait().unwrap();
    assert!(!ended.success(), "it ended by itself");
    assert!(from_server(&mut ime));
}

#[test]
fn two_input_methods_cannot_share_a_folder() {
    let (home, mut first) = common::open();
    let second = Ime::open(common::config(home.path())).unwrap();
    let in_use =
        |error: &ImeError| matches!(error, ImeError::Server(ServerError::FolderInUse { .. }));
    assert!(
        second.missing().iter().any(in_use),
        "{:?}",
        second.missing()
    );
    assert!(from_server(&mut first), "the first goes on");
}

#[test]
fn without_a_server_the_dictionaries_answer_and_what_is_missing_is_said() {
    let home = tempfile::tempdir().unwrap();
    let mut config = common::config(home.path());
    config.server = "/nonexistent/mozc_server".into();
    let mut ime = Ime::open(config).unwrap();
    let said = ime.missing().iter().map(|error| match error {
        ImeError::Server(error) => error.to_string(),
        other => other.to_string(),
    });
    assert!(said.collect::<String>().contains("./ubugoe setup"));
    assert!(from_dictionaries(&mut ime));
    assert!(!from_server(&mut ime));
    ime.wipe();
}

#[test]
fn without_dictionaries_the_server_answers_and_without_either_there_is_no_input_method() {
    let home = tempfile::tempdir().unwrap();
    let mut ime = Ime::open(without_dictionaries(home.path())).unwrap();
    assert_eq!(ime.missing().len(), 4);
    let found = ime.candidates(KANA, Kind::GivenName, 20);
    assert!(
        found
            .iter()
            .any(|candidate| candidate.origin == Origin::Mozc)
    );
    drop(ime);
    let mut config = without_dictionaries(home.path());
    config.server = "/nonexistent/mozc_server".into();
    assert!(matches!(Ime::open(config), Err(ImeError::Nothing)));
}

fn without_dictionaries(home: &Path) -> Config {
    let mut config = common::config(home);
    let files = &mut config.dictionaries;
    for path in [
        &mut files.people,
        &mut files.places,
        &mut files.words,
        &mut files.names,
    ] {
        *path = "/nonexistent/dictionary".into();
    }
    config
}

#[test]
fn root_without_an_account_for_the_server_is_told_so_and_everybody_else_needs_none() {
    let home = tempfile::tempdir().unwrap();
    let mut config = common::config(home.path());
    config.account = None;
    let ime = Ime::open(config).unwrap();
    let refused = |error: &ImeError| matches!(error, ImeError::Server(ServerError::Root));
    let root = rustix::process::geteuid().is_root();
    assert_eq!(ime.missing().iter().any(refused), root);
    assert_eq!(ime.server_pid().is_none(), root);
}
