//! The screens as a person meets them: drawn in memory by the real renderer, found by their labels, touched by pointer events.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![cfg(feature = "drive")]

mod contrast;
mod drawn;
mod font;
mod input;
mod layout;
mod matrix;
mod pictures;
mod reach;
mod samples;
mod touch;
mod trouble;
mod typing;
mod words_shown;

use slint::ComponentHandle;
use ubugoe_view::{Language, Screen, drive};

/// A screen of this test's own thread, with a clock that stands still.
fn screen(language: Language, width: u32, height: u32) -> Screen {
    // The second screen of a thread finds the platform there.
    let _ = drive::in_memory_still();
    let screen = ubugoe_view::open(language).unwrap();
    screen.show().unwrap();
    drive::resize(&screen, width, height);
    screen
}

/// One page in one state, as the checks see it.
struct Shown<'a> {
    /// For the message: which page, language and size.
    page: String,
    language: Language,
    screen: &'a Screen,
    size: slint::LogicalSize,
    labels: Vec<drive::Element>,
}

impl Shown<'_> {
    fn touchables(&self) -> impl Iterator<Item = &drive::Element> {
        self.labels.iter().filter(|e| e.is_touchable())
    }
}

/// Shows every sample once and holds every rule against it.
fn every_page_keeps_the_rules(language: Language, width: u32, height: u32) {
    for sample in samples::SAMPLES {
        let screen = screen(language, width, height);
        (sample.show)(&screen, language);
        let shown = Shown {
            page: format!("{} {language:?} {width}×{height}", sample.name),
            language,
            screen: &screen,
            size: screen
                .window()
                .size()
                .to_logical(screen.window().scale_factor()),
            labels: drive::labels(&screen),
        };
        layout::names_are_unique(&shown);
        layout::targets_are_as_high_as_a_finger_needs(&shown);
        layout::nothing_lies_outside_of_the_window(&shown);
        layout::nothing_lies_over_anything_else(&shown);
        layout::what_moves_the_visit_on_stands_in_its_corner(&shown);
        words_shown::the_page_speaks_one_language(&shown);
        words_shown::nothing_kept_here_is_called_filed(&shown);
        screen.hide().unwrap();
    }
}

#[test]
fn every_japanese_page_keeps_the_rules_on_the_large_panel() {
    every_page_keeps_the_rules(Language::Ja, 1280, 800);
}

#[test]
fn every_japanese_page_keeps_the_rules_on_the_small_panel() {
    every_page_keeps_the_rules(Language::Ja, 1024, 600);
}

#[test]
fn every_english_page_keeps_the_rules_on_the_large_panel() {
    every_page_keeps_the_rules(Language::En, 1280, 800);
}

#[test]
fn every_english_page_keeps_the_rules_on_the_small_panel() {
    every_page_keeps_the_rules(Language::En, 1024, 600);
}
