//! One thumb reaches what matters. The hand that holds the screen lies at its lower corner; its thumb turns about a point
//! near that corner and reaches an arc. What moves the visit on, its neighbour, the quiet exit and the keys of the thumb
//! keyboards lie within; the table of fifty sounds and the password grid are for the free hand and are not measured here.

use crate::{samples, screen};
use i_slint_backend_testing::{ElementHandle, ElementQuery};
use slint::ComponentHandle;
use ubugoe_view::{Comfort, InputAdapter, Language, TextSize, set_comfort};

/// Logical pixels to the millimetre: 1280 on the 217 mm of a 10.1 inch panel.
const PER_MM: f32 = 5.9;
/// Where the thumb turns: beside the lower corner, on the frame that the hand holds.
const PIVOT_MM: (f32, f32) = (-5.0, 15.0);
/// From that point to the middle of what is touched. A small woman's hand is about 163 mm long and its thumb, from the root
/// on, about 0.65 of that. Own estimate; nobody has been measured.
const REACH_MM: f32 = 106.0;

/// How far the middle of an element is from where the thumb turns, in mm.
fn distance(element: &ElementHandle, width: f32, height: f32, left_handed: bool) -> f32 {
    let (at, size) = (element.absolute_position(), element.size());
    let (x, y) = (at.x + size.width / 2.0, at.y + size.height / 2.0);
    let across = if left_handed { x } else { width - x } / PER_MM - PIVOT_MM.0;
    let up = (height - y) / PER_MM - PIVOT_MM.1;
    across.hypot(up)
}

fn all(screen: &ubugoe_view::Screen, kind: &str) -> Vec<ElementHandle> {
    ElementQuery::from_root(screen)
        .match_inherits(kind)
        .find_all()
}

/// What a page itself holds scrolls with it and is touched where the finger likes.
fn in_footer(screen: &ubugoe_view::Screen, kind: &str) -> Vec<ElementHandle> {
    ElementQuery::from_root(screen)
        .match_inherits("Footer")
        .match_descendants()
        .match_inherits(kind)
        .find_all()
}

const PANELS: [(u16, u16); 3] = [(1280, 800), (1024, 600), (800, 1280)];

#[test]
fn the_way_on_its_neighbour_and_the_quiet_exit_are_in_reach_of_either_thumb() {
    let mut measured = 0;
    for (page, sample) in samples::SAMPLES.iter().enumerate() {
        // Two panels a page; its neighbours meet the third.
        for (width, height) in [PANELS[page % 3], PANELS[(page + 1) % 3]] {
            let screen = screen(Language::Ja, width.into(), height.into());
            (sample.show)(&screen, Language::Ja);
            for left_handed in [false, true] {
                set_comfort(
                    &screen,
                    Comfort {
                        left_handed,
                        ..Comfort::default()
                    },
                );
                for kind in ["PrimaryButton", "SecondButton", "ExitButton"] {
                    for element in in_footer(&screen, kind) {
                        let far = distance(&element, width.into(), height.into(), left_handed);
                        assert!(
                            far <= REACH_MM,
                            "{} {width}×{height} left {left_handed}: {kind} {:?} is {far:.0} mm away",
                            sample.name,
                            element.accessible_label()
                        );
                        measured += 1;
                    }
                }
            }
            screen.hide().unwrap();
        }
    }
    assert!(measured > 200, "{measured}");
}

#[test]
fn the_thumb_keyboards_are_in_reach_of_either_thumb_and_wide_enough() {
    for (name, kind) in [
        ("07-question-text", "FlickKey"),
        ("07-question-phone", "Key"),
    ] {
        let sample = samples::SAMPLES.iter().find(|s| s.name == name).unwrap();
        for (width, height) in PANELS {
            for left_handed in [false, true] {
                let screen = screen(Language::Ja, width.into(), height.into());
                (sample.show)(&screen, Language::Ja);
                screen.global::<InputAdapter>().set_flick(true);
                set_comfort(
                    &screen,
                    Comfort {
                        left_handed,
                        ..Comfort::default()
                    },
                );
                let _ = ubugoe_view::drive::labels(&screen);
                let keys = all(&screen, kind);
                assert!(keys.len() >= 10, "{name}: {}", keys.len());
                for key in keys {
                    // A little further than a button: the keys are the whole of this page.
                    let far = distance(&key, width.into(), height.into(), left_handed);
                    assert!(
                        far <= REACH_MM + 12.0,
                        "{name} {width}×{height} left {left_handed}: {:?} is {far:.0} mm away",
                        key.accessible_label()
                    );
                    let size = key.size();
                    assert!(
                        size.width >= 72.0 && size.height >= 9.0 * PER_MM,
                        "{name} {width}×{height}: {size:?}"
                    );
                }
                screen.hide().unwrap();
            }
        }
    }
}

#[test]
fn gloves_make_every_target_a_quarter_larger() {
    for sample in samples::SAMPLES {
        let screen = screen(Language::Ja, 1280, 800);
        (sample.show)(&screen, Language::Ja);
        set_comfort(
            &screen,
            Comfort {
                glove: true,
                text: TextSize::Normal,
                ..Comfort::default()
            },
        );
        let _ = ubugoe_view::drive::labels(&screen);
        for kind in [
            "PrimaryButton",
            "SecondButton",
            "QuietButton",
            "ExitButton",
            "ChoiceButton",
        ] {
            for element in all(&screen, kind) {
                let size = element.size();
                assert!(
                    size.height >= 89.9 && size.width >= 89.9,
                    "{}: {kind} {:?} {size:?}",
                    sample.name,
                    element.accessible_label()
                );
            }
        }
        for key in all(&screen, "Key") {
            assert!(
                key.size().height >= 70.9,
                "{}: {:?}",
                sample.name,
                key.size()
            );
        }
        screen.hide().unwrap();
    }
}
