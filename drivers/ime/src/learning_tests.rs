//! That the real server keeps nothing of what is typed, and that this test would see it if it did.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::link::{Address, ask};
use crate::server::{Account, Keeper, Spec};
use crate::wire::{
    AS_IS, HIRAGANA, Input, KeyEvent, SUBMIT, SessionCommand, Settings, kind, special,
};

/// Debian's nobody: the server refuses to be root, which tests in CI are.
const NOBODY: Account = Account {
    uid: 65534,
    gid: 65534,
};

/// A name nobody has, with its reading, and what else of it could be found in a file.
const KANA: &str = "ひなぎくまる";

fn keeper(home: &Path) -> Keeper {
    let spec = Spec {
        program: "/usr/lib/mozc/mozc_server".into(),
        home: home.to_owned(),
        account: Some(NOBODY),
        start: patience(),
    };
    Keeper::open(spec).expect("run ./ubugoe setup")
}

fn patience() -> Duration {
    Duration::from_secs(20)
}

/// Types, converts, *takes* what is offered (which the product never does), and has the server write its files.
fn type_and_take(address: &Address, until: Instant) -> Vec<String> {
    let send = |input: Input| ask(address, &input, until).unwrap();
    let session = send(Input {
        kind: kind::CREATE_SESSION,
        ..Input::default()
    });
    let key = |key: KeyEvent| Input {
        kind: kind::SEND_KEY,
        session: session.session,
        key: Some(key),
        ..Input::default()
    };
    send(key(KeyEvent {
        text: Some(KANA.to_owned()),
        style: Some(AS_IS),
        mode: Some(HIRAGANA),
        activated: Some(true),
        ..KeyEvent::default()
    }));
    let mut shown = Vec::new();
    // Not the first candidate: choosing another one is what a server learns from.
    for _ in 0..3 {
        let output = send(key(KeyEvent {
            special: Some(special::SPACE),
            ..KeyEvent::default()
        }));
        let segments = output.preedit.unwrap_or_default().segments;
        shown.extend(segments.into_iter().map(|segment| segment.value));
    }
    send(Input {
        kind: kind::SEND_COMMAND,
        session: session.session,
        command: Some(SessionCommand { kind: SUBMIT }),
        ..Input::default()
    });
    for kind in [kind::DELETE_SESSION, kind::SYNC_DATA] {
        send(Input {
            kind,
            session: session.session,
            ..Input::default()
        });
    }
    shown
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn holds(file: &[u8], text: &str) -> bool {
    file.windows(text.len())
        .any(|piece| piece == text.as_bytes())
}

#[test]
fn nothing_that_is_typed_converted_or_even_taken_stays_in_any_file() {
    let home = tempfile::tempdir().unwrap();
    let mut keeper = keeper(home.path());
    let until = Instant::now() + patience();
    // Once without typing, so that files which the server makes anyway are there.
    let sync = Input {
        kind: kind::SYNC_DATA,
        ..Input::default()
    };
    keeper
        .ask(until, |address, until| ask(address, &sync, until))
        .unwrap();
    let before = files(home.path());
    let shown = keeper
        .ask(until, |address, until| Ok(type_and_take(address, until)))
        .unwrap();
    assert!(
        shown.iter().any(|text| text != KANA),
        "nothing was converted: {shown:?}"
    );
    let after = files(home.path());
    assert!(
        after.len() > 3,
        "the server's own files are here: {:?}",
        after.keys()
    );
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (path, content) in &after {
        let same = before.get(path) == Some(content);
        assert!(same, "{} has changed", path.display());
        let typed = shown.iter().map(String::as_str).chain([KANA]);
        for text in typed.filter(|text| text.chars().count() > 1) {
            assert!(!holds(content, text), "{} holds {text}", path.display());
        }
    }
}

#[test]
fn a_server_that_may_learn_changes_its_files_so_the_test_before_can_fail() {
    let home = tempfile::tempdir().unwrap();
    let mut keeper = keeper(home.path());
    let until = Instant::now() + patience();
    let learn = Input {
        kind: kind::SET_CONFIG,
        settings: Some(Settings {
            incognito: Some(false),
            learning: Some(0),
            ..Settings::default()
        }),
        ..Input::default()
    };
    keeper
        .ask(until, |address, until| ask(address, &learn, until))
        .unwrap();
    let before = files(home.path());
    keeper
        .ask(until, |address, until| Ok(type_and_take(address, until)))
        .unwrap();
    assert_ne!(before, files(home.path()));
}
