//! A page speaks one language. Names, addresses and the keys of a keyboard are data and stay as they are.

use crate::Shown;
use ubugoe_view::Language;

/// What the samples bring along in Japanese whatever the screen speaks.
const DATA: &[&str] = &[
    "渡邊󠄃　𠮷乃",
    "渡邊󠄃　𠮷葉",
    "ワタナベ　ヨシハ",
    "𠮷葉",
    "𠮷A葉",
    "葛󠄀葉",
    "ヨシ",
    "あすこえ市葛󠄀城三丁目１２番地の５　髙﨑ハイツ２０３号室",
    "やさしい日本語",
    "日本語",
    "中文",
    "かな",
    "カナ",
    "葛󠄀",
];

/// Addresses, sticks, files and what is typed at a terminal, which are called as they are in every language.
const NAMES: &[&str] = &[
    "enrol.asukoe.example",
    "KINGSTON",
    "d-d042a2b0.wiped",
    "ubugoe-city carry",
    "ubugoe-city device wiped",
];

/// Languages that name themselves.
const LANGUAGES: &[&str] = &["English", "Português", "Tagalog"];

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn longest_latin_run(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .map(str::len)
        .max()
        .unwrap_or(0)
}

fn without(text: &str, words: &[&str]) -> String {
    words
        .iter()
        .fold(text.to_owned(), |rest, word| rest.replace(word, ""))
}

pub(crate) fn the_page_speaks_one_language(shown: &Shown<'_>) {
    for element in &shown.labels {
        let said = [Some(&element.label), element.value.as_ref()];
        for text in said.into_iter().flatten() {
            match shown.language {
                Language::En => {
                    let rest = without(text, DATA);
                    let one_key = rest.chars().count() == 1;
                    assert!(
                        one_key || !rest.chars().any(is_japanese),
                        "{}: {text:?} is Japanese",
                        shown.page
                    );
                }
                Language::Ja | Language::JaEasy => {
                    let rest = without(text, NAMES);
                    assert!(
                        longest_latin_run(&rest) < 4 || LANGUAGES.contains(&text.as_str()),
                        "{}: {text:?} is English",
                        shown.page
                    );
                }
                // Not translated yet, or checked by who reads them.
                Language::Zh | Language::Pt | Language::Vi | Language::Tl | Language::Ne => {}
            }
        }
    }
}

pub(crate) fn nothing_kept_here_is_called_filed(shown: &Shown<'_>) {
    for element in &shown.labels {
        for word in [
            "提出済",
            "届け出済",
            "届出済",
            "提出しました",
            "filed successfully",
        ] {
            assert!(
                !element.label.contains(word),
                "{}: {:?}",
                shown.page,
                element.label
            );
        }
    }
}
