//! Whatever is typed: an answer, no panic, the kana last, every spelling once.

mod common;

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};

use proptest::prelude::*;
use tempfile::TempDir;
use ubugoe_ime::{Candidate, Ime, Kind, Origin};

const KINDS: [Kind; 4] = [Kind::GivenName, Kind::Surname, Kind::Address, Kind::Text];

/// One server for all of these: what is typed in one must not disturb the next.
static IME: LazyLock<Mutex<(TempDir, Ime)>> = LazyLock::new(|| Mutex::new(common::open()));

fn ask(typed: &str, kind: Kind, most: usize) -> Vec<Candidate> {
    let mut guard = IME.lock().expect("no test panicked while it asked");
    guard.1.candidates(typed, kind, most)
}

fn check(typed: &str, kind: Kind, most: usize) {
    let found = ask(typed, kind, most);
    assert!(found.len() <= most);
    let texts: HashSet<&str> = found
        .iter()
        .map(|candidate| candidate.text.as_str())
        .collect();
    assert_eq!(
        texts.len(),
        found.len(),
        "twice the same for {typed:?}: {found:?}"
    );
    let first_kana = found
        .iter()
        .position(|candidate| candidate.origin == Origin::Kana);
    let kana = first_kana.map_or(&[][..], |at| &found[at..]);
    assert!(
        kana.iter()
            .all(|candidate| candidate.origin == Origin::Kana),
        "kana are not last"
    );
    assert_eq!(
        kana.is_empty(),
        typed.is_empty() || most == 0,
        "{typed:?}: {found:?}"
    );
}

#[test]
fn texts_that_are_no_reading_get_themselves_back() {
    let long = "ひまり".repeat(3334);
    for typed in [
        "",
        "👶",
        "himari",
        "陽葵",
        "ー",
        "ゝ",
        "ｱｵｲ",
        "あ\0い",
        "\n",
        "あ い",
        "1-2-3",
        long.as_str(),
    ] {
        for kind in KINDS {
            for most in [0, 1, 2, 3, 64] {
                check(typed, kind, most);
            }
        }
    }
    // Still the same server, and it still answers.
    assert!(
        ask("みなみまち", Kind::Address, 20)
            .iter()
            .any(|candidate| candidate.origin == Origin::Mozc)
    );
}

#[test]
fn katakana_and_hiragana_ask_the_same() {
    for kind in KINDS {
        assert_eq!(ask("ヒロト", kind, 64), ask("ひろと", kind, 64));
    }
}

#[test]
fn a_surname_an_address_and_a_sentence_are_converted() {
    let first = |typed, kind| {
        ask(typed, kind, 8)
            .into_iter()
            .next()
            .map(|candidate| candidate.text)
    };
    assert_eq!(first("さとう", Kind::Surname).as_deref(), Some("佐藤"));
    assert_eq!(
        first("とうきょうとしんじゅくく", Kind::Address).as_deref(),
        Some("東京都新宿区")
    );
    assert_eq!(
        first("なまえをかんがえています", Kind::Text).as_deref(),
        Some("名前を考えています")
    );
}

#[test]
fn a_sentence_comes_in_segments_that_together_are_its_reading() {
    let mut guard = IME.lock().expect("no test panicked while it asked");
    let segments = guard.1.segments("ナマエをかんがえています");
    assert!(segments.len() > 1, "{segments:?}");
    let reading: String = segments
        .iter()
        .map(|segment| segment.kana.as_str())
        .collect();
    assert_eq!(reading, "なまえをかんがえています");
    assert!(
        segments.iter().all(|segment| segment.candidates.len() > 1),
        "{segments:?}"
    );
    assert!(guard.1.segments("").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_kana_are_answered(typed in "[ぁ-ゖァ-ヺーゝヽ]{1,24}", most in 0_usize..40) {
        for kind in KINDS {
            check(&typed, kind, most);
        }
    }

    #[test]
    fn any_text_is_answered(typed in "\\PC{0,16}|.{0,16}", most in 0_usize..40) {
        for kind in KINDS {
            check(&typed, kind, most);
        }
    }
}
