//! Any bytes as one of the four dictionaries: entries or none, and what is offered is offered once.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use ubugoe_ime::{Config, Ime, Kind};

use crate::Verdict;
use crate::edits::Source;

/// Words offered without any dictionary.
static WITHOUT: LazyLock<usize> = LazyLock::new(|| {
    let folder = super::folder();
    offered(folder.path(), 0, &folder.path().join("nothing")).unwrap_or_default()
});

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let which = source.byte() % 4;
    let folder = super::folder();
    let file = folder.path().join("dictionary");
    fs::write(&file, source.rest()).expect("a file");
    let offered = offered(folder.path(), which, &file);
    Verdict::of(offered.is_some_and(|offered| offered > *WITHOUT))
}

fn offered(folder: &Path, which: u8, file: &Path) -> Option<usize> {
    let nothing = folder.join("nothing");
    let mut config = Config::debian(folder.join("home"));
    config.server.clone_from(&nothing);
    config.deadline = Duration::ZERO;
    let of = |number| if which == number { file } else { &nothing }.to_owned();
    config.dictionaries.people = of(0);
    config.dictionaries.places = of(1);
    config.dictionaries.words = of(2);
    config.dictionaries.names = of(3);
    let mut ime = Ime::open(config).ok()?;
    let mut count = 0;
    for kana in ["ひろと", "さき", "みなとまち"] {
        for kind in [Kind::GivenName, Kind::Surname, Kind::Address, Kind::Text] {
            let found = ime.candidates(kana, kind, 16);
            let texts: HashSet<&str> = found.iter().map(|one| one.text.as_str()).collect();
            assert_eq!(texts.len(), found.len(), "twice the same: {found:?}");
            assert!(found.len() <= 16);
            count += found.len();
        }
        count += ime.kanji(kana).len();
    }
    Some(count)
}
