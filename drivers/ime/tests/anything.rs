//! Whatever is typed: an answer, no panic, the kana last, every spelling once.

mod common;

use std::cell::RefCell;
use std::collections::HashSet;

use proptest::prelude::*;
use ubugoe_ime::{Ime, Kind, Origin};

const KINDS: [Kind; 4] = [Kind::GivenName, Kind::Surname, Kind::Address, Kind::Text];

fn check(ime: &mut Ime, typed: &str, kind: Kind, most: usize) {
    let found = ime.candidates(typed, kind, most);
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
    let (_home, mut ime) = common::open();
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
                check(&mut ime, typed, kind, most);
            }
        }
    }
    // Still the same server, and it still answers.
    let found = ime.candidates("みなみまち", Kind::Address, 20);
    assert!(
        found
            .iter()
            .any(|candidate| candidate.origin == Origin::Mozc)
    );
}

#[test]
fn katakana_and_hiragana_ask_the_same() {
    let (_home, mut ime) = common::open();
    for kind in KINDS {
        let katakana = ime.candidates("ヒロト", kind, 64);
        assert_eq!(katakana, ime.candidates("ひろと", kind, 64));
    }
}

#[test]
fn a_surname_an_address_and_a_sentence_are_converted() {
    let (_home, mut ime) = common::open();
    for (typed, kind, expected) in [
        ("さとう", Kind::Surname, "佐藤"),
        ("とうきょうとしんじゅくく", Kind::Address, "東京都新宿区"),
        ("なまえをかんがえています", Kind::Text, "名前を考えています"),
    ] {
        let first = ime.candidates(typed, kind, 8).into_iter().next();
        assert_eq!(
            first.map(|candidate| candidate.text).as_deref(),
            Some(expected)
        );
    }
}

#[test]
fn a_sentence_comes_in_segments_that_together_are_its_reading() {
    let (_home, mut ime) = common::open();
    let segments = ime.segments("ナマエをかんがえています");
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
    assert!(ime.segments("").is_empty());
}

#[test]
fn any_kana_and_any_text_are_answered() {
    let (_home, ime) = common::open();
    let ime = RefCell::new(ime);
    let typed = prop_oneof!["[ぁ-ゖァ-ヺーゝヽ]{1,24}", "\\PC{0,16}", ".{0,16}"];
    proptest!(ProptestConfig::with_cases(120), |(typed in typed, most in 0_usize..40)| {
        for kind in KINDS {
            check(&mut ime.borrow_mut(), &typed, kind, most);
        }
    });
}
