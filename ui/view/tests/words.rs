//! Every word of the pages is marked for translation, and every marked word has its words in every language.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn pages(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    let found = pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui"));
    assert!(found.len() > 15, "the pages are where this test looks");
    found
}

/// The string literal that starts at the beginning of `text`, quotes not included.
fn literal(text: &str) -> Option<&str> {
    let body = text.strip_prefix('"')?;
    let mut escaped = false;
    for (i, c) in body.char_indices() {
        match c {
            '"' if !escaped => return body.get(..i),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// Every marked string with whether it has a plural.
fn marked() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for (path, text) in sources() {
        for call in text.split("@tr(").skip(1) {
            let word = literal(call.trim_start())
                .unwrap_or_else(|| panic!("{}: @tr without a literal", path.display()));
            let rest = call.trim_start().get(word.len() + 2..).unwrap();
            found.insert(word.to_owned(), rest.trim_start().starts_with('|'));
        }
    }
    found
}

/// The words of one language: how many plural forms it has, and msgid → its translations.
fn words(language: &str) -> (usize, BTreeMap<String, Vec<String>>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("lang/{language}/LC_MESSAGES/ubugoe-view.po"));
    let po = std::fs::read_to_string(path).unwrap();
    let forms = po.split_once("nplurals=").unwrap().1.get(..1).unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut id = String::new();
    for line in po.lines() {
        if let Some(rest) = line.strip_prefix("msgid ") {
            literal(rest).unwrap().clone_into(&mut id);
        } else if line.starts_with("msgstr") {
            let value = literal(line.split_once(' ').unwrap().1).unwrap();
            found.entry(id.clone()).or_default().push(value.to_owned());
        }
    }
    found.remove("");
    (forms.parse().unwrap(), found)
}

/// What stands for values, in the order in which it stands there.
fn holes(text: &str) -> Vec<&str> {
    let parts = text.split('{').skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

#[test]
fn every_marked_word_has_its_words_in_every_language_and_none_is_left_over() {
    let marked = marked();
    let ids: BTreeSet<&String> = marked.keys().collect();
    for language in ["en", "ja_easy", "ne", "pt", "tl", "vi", "zh"] {
        let (plurals, words) = words(language);
        let translated: BTreeSet<&String> = words.keys().collect();
        assert_eq!(
            ids.difference(&translated).collect::<Vec<_>>(),
            Vec::<&&String>::new(),
            "{language}: not translated"
        );
        assert_eq!(
            translated.difference(&ids).collect::<Vec<_>>(),
            Vec::<&&String>::new(),
            "{language}: not used"
        );
        for (id, plural) in &marked {
            let forms = &words[id];
            assert_eq!(
                forms.len(),
                if *plural { plurals } else { 1 },
                "{language}: {id}"
            );
            for form in forms {
                assert!(!form.trim().is_empty(), "{language}: {id}");
                // Unnamed ones are filled in order; a language that has another order numbers them.
                let (mut given, mut wanted) = (holes(form), holes(id));
                if given.iter().any(|hole| hole.is_empty()) {
                    assert_eq!(given, wanted, "{language}: {id}: {form}");
                }
                given.sort_unstable();
                wanted.sort_unstable();
                assert_eq!(given, wanted, "{language}: {id}: {form}");
            }
        }
    }
}

#[test]
fn no_word_stands_on_a_page_without_being_marked() {
    // A language names itself; letters and marks on keys are not words.
    let own = ["日本語", "ABC", "abc", "ば ぱ", "゛゜小"];
    let properties = [
        "text:", "title:", "label:", "primary:", "second:", "third:", "word:", "unit:",
    ];
    for (path, text) in sources() {
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
            for property in properties {
                let Some((_, value)) = line.split_once(property) else {
                    continue;
                };
                let Some(word) = literal(value.trim_start()) else {
                    continue;
                };
                let spoken = word
                    .split("\\{")
                    .next()
                    .is_some_and(|w| w.chars().any(char::is_alphabetic));
                assert!(
                    !spoken || own.contains(&word),
                    "{}: {line:?} is not marked with @tr",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_page_says_that_something_was_filed_before_it_arrived() {
    let po = include_str!("../lang/en/LC_MESSAGES/ubugoe-view.po").to_owned();
    for (path, text) in sources().into_iter().chain([(PathBuf::from("en.po"), po)]) {
        for word in [
            "提出済",
            "届け出済",
            "届出済",
            "提出しました",
            "提出完了",
            "おめでとう",
            "ongratulat",
        ] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

/// Slint 1.18 panics while it measures a grid whose cells come and go (`layout.rs`, index out of bounds). Such a cell stands
/// in a cell of its own that stays.
#[test]
fn no_grid_has_cells_that_come_and_go() {
    let mut grids = 0;
    for (path, text) in sources() {
        for (at, _) in text.match_indices("GridLayout {") {
            grids += 1;
            let mut depth = 0_usize;
            for line in text.get(at..).unwrap().lines() {
                let word = line.trim_start();
                assert!(
                    depth != 1 || !(word.starts_with("if ") || word.starts_with("for ")),
                    "{}: {word}",
                    path.display()
                );
                depth += line.matches('{').count();
                depth -= line.matches('}').count();
                if depth == 0 {
                    break;
                }
            }
        }
    }
    assert!(grids > 5, "only {grids} grids were looked at");
}
