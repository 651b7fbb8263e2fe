//! Contrast of the theme's colours, by day and by night, after WCAG 2.2: computed from the theme itself.

use crate::screen;
use slint::{Color, ComponentHandle};
use ubugoe_view::{Language, Theme};

fn luminance(c: Color) -> f64 {
    let channel = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(c.red()) + 0.7152 * channel(c.green()) + 0.0722 * channel(c.blue())
}

fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn white_on_black_is_twenty_one_to_one() {
    let (white, black) = (
        Color::from_rgb_u8(255, 255, 255),
        Color::from_rgb_u8(0, 0, 0),
    );
    assert!((contrast(white, black) - 21.0).abs() < 1e-9);
}

#[test]
fn words_can_be_read_and_outlines_seen_by_day_and_by_night() {
    let screen = screen(Language::Ja, 1280, 800);
    let t = screen.global::<Theme>();
    for (night, strong) in [(false, false), (true, false), (false, true), (true, true)] {
        t.set_night(night);
        t.set_contrast(strong);
        // High contrast is WCAG's enhanced one.
        let least = if strong { 7.0 } else { 4.5 };
        let grounds = [
            t.get_paper(),
            t.get_surface(),
            t.get_sunk(),
            t.get_pine_wash(),
        ];
        for ground in grounds {
            for words in [t.get_ink(), t.get_ink_soft()] {
                let ratio = contrast(words, ground);
                assert!(
                    ratio >= least,
                    "night {night}: {words:?} on {ground:?} is {ratio:.2}"
                );
            }
        }
        for (words, ground) in [
            (t.get_on_pine(), t.get_pine()),
            (t.get_on_pine(), t.get_pine_pressed()),
            (t.get_pine_ink(), t.get_paper()),
            (t.get_pine_ink(), t.get_surface()),
            (t.get_pine_ink(), t.get_sunk()),
            (t.get_pine_ink(), t.get_pine_wash()),
            (t.get_amber_ink(), t.get_amber_wash()),
            (t.get_amber_ink(), t.get_paper()),
            (t.get_ink(), t.get_amber_wash()),
            (t.get_brick_ink(), t.get_brick_wash()),
            (t.get_brick_ink(), t.get_paper()),
            (t.get_ink(), t.get_brick_wash()),
        ] {
            let ratio = contrast(words, ground);
            assert!(
                ratio >= least,
                "night {night}: {words:?} on {ground:?} is {ratio:.2}"
            );
        }
        for (line, ground) in [
            (t.get_edge(), t.get_paper()),
            (t.get_edge(), t.get_surface()),
            (t.get_focus(), t.get_paper()),
            (t.get_focus(), t.get_surface()),
        ] {
            let ratio = contrast(line, ground);
            assert!(
                ratio >= 3.0,
                "night {night}: {line:?} on {ground:?} is {ratio:.2}"
            );
        }
    }
}
