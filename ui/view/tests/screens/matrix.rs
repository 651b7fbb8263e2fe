//! Every page in every language, in every size of words, on every panel, for either hand: nothing is cut.
//!
//! Geometry only, nothing is drawn. Each page meets each language; size, panel, hand and colours go round with them, so that
//! every combination is met by pages of every kind without meeting every page.

use crate::{samples, screen};
use i_slint_backend_testing::{ElementHandle, ElementRoot};
use slint::ComponentHandle;
use std::ops::ControlFlow;
use ubugoe_view::drive::{self, Rect};
use ubugoe_view::{Comfort, LANGUAGES, Language, Screen, TextSize, set_comfort, set_language};

const SIZES: [TextSize; 3] = [TextSize::Normal, TextSize::Large, TextSize::Largest];
const PANELS: [(u16, u16); 3] = [(1280, 800), (1024, 600), (800, 1280)];

fn rect(handle: &ElementHandle) -> Rect {
    let (at, size) = (handle.absolute_position(), handle.size());
    Rect {
        x: at.x,
        y: at.y,
        width: size.width,
        height: size.height,
    }
}

fn within(inner: Rect, outer: Rect) -> bool {
    inner.x >= outer.x - 0.6
        && inner.y >= outer.y - 0.6
        && inner.x + inner.width <= outer.x + outer.width + 0.6
        && inner.y + inner.height <= outer.y + outer.height + 0.6
}

/// What is wrong with this picture, in words.
fn cut(screen: &Screen, width: f32, height: f32) -> Vec<String> {
    let mut wrong = Vec::new();
    let labels = drive::labels(screen);
    for element in &labels {
        let r = element.rect;
        if r.x < -0.6 || r.x + r.width > width + 0.6 {
            wrong.push(format!("{:?} sticks out sideways: {r:?}", element.label));
        }
        if element.pane.is_none() && (r.y < -0.6 || r.y + r.height > height + 0.6) {
            wrong.push(format!("{:?} sticks out: {r:?}", element.label));
        }
    }
    // What is written on a button lies on the button.
    screen
        .root_element()
        .visit_descendants(|handle| -> ControlFlow<()> {
            let pressable = handle.accessible_role().is_some_and(|role| {
                role == drive::AccessibleRole::Button || role == drive::AccessibleRole::RadioButton
            });
            if pressable {
                let outer = rect(&handle);
                handle.visit_descendants(|inner| -> ControlFlow<()> {
                    if inner
                        .type_name()
                        .is_some_and(|name| name == "Text" || name == "Words")
                        && !within(rect(&inner), outer)
                    {
                        wrong.push(format!(
                            "the words of {:?} leave it: {:?} of {outer:?}",
                            handle.accessible_label(),
                            rect(&inner)
                        ));
                    }
                    ControlFlow::Continue(())
                });
            }
            ControlFlow::Continue(())
        });
    let leaves: Vec<_> = labels
        .iter()
        .filter(|e| e.is_touchable() || e.role == drive::AccessibleRole::Text)
        .collect();
    for (i, a) in leaves.iter().enumerate() {
        for b in leaves.iter().skip(i + 1) {
            let inside = |t: &drive::Element, c: &drive::Element| {
                t.role == drive::AccessibleRole::Text && c.is_touchable() && within(t.rect, c.rect)
            };
            if a.pane != b.pane || inside(a, b) || inside(b, a) {
                continue;
            }
            let w = (a.rect.x + a.rect.width).min(b.rect.x + b.rect.width) - a.rect.x.max(b.rect.x);
            let h =
                (a.rect.y + a.rect.height).min(b.rect.y + b.rect.height) - a.rect.y.max(b.rect.y);
            if w > 1.0 && h > 3.0 {
                wrong.push(format!(
                    "{:?} {:?} over {:?} {:?}",
                    a.label, a.rect, b.label, b.rect
                ));
            }
        }
    }
    wrong
}

/// Every page in these of its eight turns: each turn is another language, and size, panel, hand, colours and gloves go round.
fn nothing_is_cut(turns: std::ops::Range<usize>) {
    let mut wrong = Vec::new();
    for (page, sample) in samples::SAMPLES.iter().enumerate() {
        for turn in turns.clone() {
            let language = LANGUAGES[(page + turn) % LANGUAGES.len()];
            let (width, height) = PANELS[(page / 2 + turn / 2) % 3];
            let comfort = Comfort {
                text: SIZES[(page + turn + turn / 3) % 3],
                left_handed: (page + turn / 2) % 2 == 1,
                night: turn % 2 == 0,
                contrast: turn % 4 == 1,
                glove: (page + turn) % 5 == 0,
                sound: false,
            };
            let screen = screen(language, width.into(), height.into());
            (sample.show)(&screen, language);
            set_comfort(&screen, comfort);
            for what in cut(&screen, width.into(), height.into()) {
                wrong.push(format!(
                    "{} {language:?} {width}×{height} {:?} left {} glove {}: {what}",
                    sample.name, comfort.text, comfort.left_handed, comfort.glove
                ));
            }
            screen.hide().unwrap();
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cut:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn nothing_is_cut_on_any_page_in_its_first_two_languages() {
    nothing_is_cut(0..2);
}

#[test]
fn nothing_is_cut_on_any_page_in_its_next_two_languages() {
    nothing_is_cut(2..4);
}

#[test]
fn nothing_is_cut_on_any_page_in_two_more_languages() {
    nothing_is_cut(4..6);
}

#[test]
fn nothing_is_cut_on_any_page_in_its_last_two_languages() {
    nothing_is_cut(6..8);
}

#[test]
fn words_that_are_two_fifths_longer_find_room() {
    let mut wrong = Vec::new();
    for (page, sample) in samples::SAMPLES.iter().enumerate() {
        let (width, height) = PANELS[page % 3];
        let screen = screen(Language::En, width.into(), height.into());
        slint::select_bundled_translation("xx").unwrap();
        (sample.show)(&screen, Language::En);
        for what in cut(&screen, width.into(), height.into()) {
            wrong.push(format!("{} {width}×{height}: {what}", sample.name));
        }
        screen.hide().unwrap();
        set_language(&screen, Language::Ja).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{} cut:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_test_sees_what_is_cut() {
    let screen = screen(Language::Ja, 1280, 800);
    (samples::SAMPLES[0].show)(&screen, Language::Ja);
    assert!(cut(&screen, 1280.0, 800.0).is_empty());
    // The same page taken for a smaller panel's.
    assert!(!cut(&screen, 900.0, 500.0).is_empty());
}
