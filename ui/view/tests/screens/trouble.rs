//! Every failure code has sentences of its own, in both languages.

use crate::screen;
use slint::ComponentHandle;
use std::collections::HashSet;
use ubugoe_view::{Language, ServiceWords, TroubleWords, set_language};

/// The codes of docs/failure-codes.md, as literals: the page, the enum and the screens are held together elsewhere.
const CODES: [&str; 26] = [
    "C-101", "C-102", "C-103", "C-201", "C-202", "C-203", "C-204", "C-205", "C-206", "C-207",
    "C-301", "C-302", "C-303", "C-304", "C-401", "C-402", "C-403", "C-404", "C-405", "C-406",
    "H-101", "H-102", "S-101", "S-102", "T-101", "F-101",
];

#[test]
fn every_code_says_what_happened_what_it_means_and_what_to_do_in_both_languages() {
    let screen = screen(Language::Ja, 1280, 800);
    let words = screen.global::<TroubleWords>();
    let mut all = HashSet::new();
    for language in [Language::Ja, Language::En] {
        set_language(&screen, language).unwrap();
        let fallback = [
            words.invoke_happened("X-000".into()),
            words.invoke_means("X-000".into()),
            words.invoke_next("X-000".into()),
        ];
        for code in CODES {
            let said = [
                words.invoke_happened(code.into()),
                words.invoke_means(code.into()),
                words.invoke_next(code.into()),
            ];
            for (own, general) in said.iter().zip(&fallback) {
                assert_ne!(own, general, "{code} {language:?}");
                assert!(own.chars().count() > 8, "{code} {language:?}: {own}");
            }
            let [happened, ..] = said;
            assert!(
                all.insert(happened.clone()),
                "{code}: {happened} stands for two codes"
            );
        }
    }
    assert_eq!(all.len(), 2 * CODES.len());
}

/// The codes of the staff pages.
const STAFF_CODES: [&str; 10] = [
    "S-201", "S-202", "S-203", "S-204", "S-205", "S-206", "T-201", "T-202", "T-203", "T-204",
];

#[test]
fn every_code_of_the_staff_pages_says_what_happened_and_what_can_be_done() {
    let screen = screen(Language::Ja, 1280, 800);
    let words = screen.global::<ServiceWords>();
    let mut all = HashSet::new();
    for language in [Language::Ja, Language::En] {
        set_language(&screen, language).unwrap();
        let general = words.invoke_happened("X-000".into());
        for code in STAFF_CODES {
            let happened = words.invoke_happened(code.into());
            assert_ne!(happened, general, "{code} {language:?}");
            assert!(all.insert(happened), "{code} {language:?}");
            assert!(all.insert(words.invoke_next(code.into())), "{code}");
        }
    }
}
