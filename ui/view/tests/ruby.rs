//! Readings over kanji: every word of the screens has one, the right one, and lines break where a reader breathes.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;
use ubugoe_view::ruby::{coverage, is_kanji, lines, width, written_out};

fn strings(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            strings(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            found.extend(
                code.split('"')
                    .skip(1)
                    .step_by(2)
                    .map(|s| s.replace("\\n", "\n")),
            );
        }
    }
}

#[test]
fn every_kanji_of_the_screens_has_a_reading() {
    let mut found = Vec::new();
    strings(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("ui"),
        &mut found,
    );
    found.extend(
        include_str!("../lang/ja_easy/LC_MESSAGES/ubugoe-view.po")
            .lines()
            .filter_map(|line| line.strip_prefix("msgstr "))
            .map(str::to_owned),
    );
    let bare: Vec<String> = found
        .iter()
        .filter(|text| !coverage(text).is_empty())
        .map(|text| format!("{:?} in {text}", coverage(text)))
        .collect();
    assert!(found.len() > 300, "the words are where this test looks");
    assert_eq!(bare, Vec::<String>::new(), "add them to data/ruby.txt");
}

#[test]
fn every_kanji_of_the_words_in_easy_japanese_has_a_reading() {
    let bare: Vec<String> = include_str!("../lang/ja_easy/LC_MESSAGES/ubugoe-view.po")
        .lines()
        // msgstr, and msgstr[0] of what is counted.
        .filter(|line| line.starts_with("msgstr"))
        .filter(|line| !coverage(line).is_empty())
        .map(|line| format!("{:?} in {line}", coverage(line)))
        .collect();
    assert_eq!(bare, Vec::<String>::new(), "add them to data/ruby.txt");
}

#[test]
fn the_dictionary_is_in_order_and_every_reading_is_kana() {
    let file = include_str!("../data/ruby.txt");
    let mut seen = std::collections::HashSet::new();
    for line in file.lines().filter(|line| !line.starts_with("# ")) {
        let (word, reading) = line
            .split_once('\t')
            .unwrap_or_else(|| panic!("{line:?}: no tab"));
        assert!(seen.insert(word), "{word} twice");
        assert!(
            !reading.is_empty() && !reading.chars().any(is_kanji),
            "{word}: {reading:?}"
        );
        // A word that its reading does not fit is passed over in silence, and its kanji stay bare.
        let word = word.trim_start_matches('#');
        if line.starts_with('#') {
            assert!(
                coverage(&format!("31{word}")).is_empty(),
                "{word} {reading}"
            );
        } else {
            assert!(coverage(word).is_empty(), "{word} {reading}");
        }
    }
}

#[test]
fn readings_follow_the_words_around_them() {
    for (text, read) in [
        ("届け出", "届[とど]け出[で]"),
        ("12月3日まで", "12月[がつ]3日[みっか]まで"),
        (
            "20日と14日と11日",
            "20日[はつか]と14日[じゅうよっか]と11日[にち]",
        ),
        ("１人と２人と３人", "１人[ひとり]と２人[ふたり]と３人[にん]"),
        ("その日の人", "その日[ひ]の人[ひと]"),
        ("カードの中の中身", "カードの中[なか]の中身[なかみ]"),
        ("消えた字を消す", "消[き]えた字[じ]を消[け]す"),
        ("開く日に開けられる", "開[ひら]く日[ひ]に開[あ]けられる"),
        (
            "出生届の届出人",
            "出生[しゅっしょう]届[とどけ]の届出人[とどけでにん]",
        ),
        ("大文字は大きい", "大文字[おおもじ]は大[おお]きい"),
        ("4か月後", "4か月後[げつご]"),
        ("あと 1日で手伝う", "あと 1日[いちにち]で手伝[てつだ]う"),
        ("外せないお別れ", "外[はず]せないお別[わか]れ"),
        (
            "2分と3分と10分と0分",
            "2分[ふん]と3分[ぷん]と10分[ぷん]と0分[ふん]",
        ),
    ] {
        assert_eq!(written_out(text), read);
    }
}

fn broken(text: &str, wide: f32) -> Vec<String> {
    lines(text, wide, false)
        .iter()
        .map(|line| line.runs.iter().map(|run| run.base.as_str()).collect())
        .collect()
}

#[test]
fn lines_break_between_phrases_and_never_before_a_full_stop() {
    assert_eq!(
        broken("カードを置いたまま、少しお待ちください", 12.0),
        ["カードを置いたまま、", "少しお待ちください"]
    );
    assert_eq!(
        broken("どのお子さんの書類から始めますか", 8.0),
        ["どのお子さんの", "書類から", "始めますか"]
    );
    let texts = [
        "やめると、いまの画面の内容は、この機械から消えます。",
        "ちがうところがあるときは、進まずにスタッフに伝えてください（直すのは病院です）。",
        "「いま」と書かれたものは、この画面で終えられます。",
        "スマートフォンのアプリとコンビニの端末か、市区町村の窓口で",
    ];
    for text in texts {
        for wide in 5..40_u8 {
            let wide = f32::from(wide);
            let set = lines(text, wide, true);
            assert_eq!(
                set.iter()
                    .flat_map(|l| &l.runs)
                    .map(|r| r.base.as_str())
                    .collect::<String>(),
                text,
                "nothing is lost at {wide}"
            );
            for (at, line) in set.iter().enumerate() {
                let first = line
                    .runs
                    .first()
                    .and_then(|r| r.base.chars().next())
                    .unwrap();
                assert!(
                    at == 0 || !"、。）」ょっー".contains(first),
                    "{text} at {wide}: {first}"
                );
                let last = line
                    .runs
                    .last()
                    .and_then(|r| r.base.chars().last())
                    .unwrap();
                assert!(!"（「".contains(last), "{text} at {wide}: {last}");
                assert!(
                    line.width <= wide + 0.03,
                    "{text} at {wide}: {}",
                    line.width
                );
            }
        }
    }
}

#[test]
fn a_reading_never_reaches_over_its_neighbour() {
    for text in [
        "出生証明書と署名用の電子証明書",
        "市区町村長",
        "承諾志望",
        "暗証番号",
    ] {
        for line in lines(text, 100.0, true) {
            for run in &line.runs {
                let kana = u8::try_from(run.reading.chars().count()).unwrap();
                assert!(f32::from(kana) * 0.5 < run.width, "{run:?}");
            }
            for pair in line.runs.windows(2) {
                assert!(pair[0].x + pair[0].width <= pair[1].x + 0.001, "{pair:?}");
            }
        }
    }
}

#[test]
fn line_feeds_are_kept_and_the_widest_line_counts() {
    assert_eq!(broken("一\n二三", 10.0), ["一", "二三"]);
    assert!((width("あ\nあいう", false) - 3.0).abs() < 0.01);
    assert!(lines("", 10.0, false).is_empty());
}
