//! The characters of real names are drawn, not replaced by boxes.

use crate::screen;
use slint::ComponentHandle;
use ubugoe_view::{FONT_FAMILY, IdentityAdapter, Language, Page, Screen, Shell, Theme};

fn drawn(screen: &Screen, name: &str) -> Vec<u8> {
    screen.global::<IdentityAdapter>().set_name(name.into());
    screen.window().take_snapshot().unwrap().as_bytes().to_vec()
}

#[test]
fn rare_characters_have_their_own_shapes_and_variation_selectors_change_them() {
    let screen = screen(Language::Ja, 1280, 800);
    assert_eq!(screen.global::<Theme>().get_family(), FONT_FAMILY);
    screen.global::<Shell>().set_page(Page::Identity);
    let blank = drawn(&screen, "");
    // U+2FFFD is not assigned: what is drawn for it is the box for "no such character".
    let boxed = drawn(&screen, "\u{2fffd}");
    let mut shapes = vec![("nothing", blank), ("the box", boxed)];
    for name in [
        "𠮷",
        "髙",
        "﨑",
        "𠮟",
        "葛",
        "葛\u{e0100}",
        "邊",
        "邊\u{e0103}",
        "辻",
        "辻\u{e0100}",
    ] {
        let shape = drawn(&screen, name);
        for (other, seen) in &shapes {
            assert!(*seen != shape, "{name} is drawn like {other}");
        }
        shapes.push((name, shape));
    }
}

#[test]
fn every_language_is_drawn_with_letters_of_its_own() {
    for (language, words) in [
        (
            Language::Ne,
            ["नेपाली", "क्ष", "क\u{200c}ष", "स्वास्थ्य", "र्‍याल"],
        ),
        (Language::Vi, ["Tiếng Việt", "ứ", "ử", "ữ", "ự"]),
        (Language::Pt, ["Português", "ã", "õ", "ç", "é"]),
        (Language::Tl, ["Tagalog", "ñ", "n", "ng", "á"]),
        (Language::Zh, ["简体中文", "骨", "这", "们", "时"]),
    ] {
        let screen = screen(language, 1280, 800);
        screen.global::<Shell>().set_page(Page::Identity);
        let box_ = drawn(&screen, "\u{2fffd}");
        let mut shapes: Vec<(&str, Vec<u8>)> =
            vec![("nothing", drawn(&screen, "")), ("the box", box_)];
        for word in words {
            let shape = drawn(&screen, word);
            for (other, seen) in &shapes {
                assert!(*seen != shape, "{language:?}: {word} is drawn like {other}");
            }
            shapes.push((word, shape));
        }
        // One box for each letter would be as wide as several.
        for word in words {
            let boxes: String = word.chars().map(|_| '\u{2fffd}').collect();
            assert!(
                drawn(&screen, word) != drawn(&screen, &boxes),
                "{language:?}: {word} is boxes"
            );
        }
    }
}

/// Columns of the window that hold ink of the name, from its first to its last.
fn inked(screen: &Screen, name: &str) -> usize {
    let blank = drawn(screen, "");
    let shape = drawn(screen, name);
    let row = 1280 * 4;
    let columns: Vec<usize> = blank
        .iter()
        .zip(&shape)
        .enumerate()
        .filter(|(_, (a, b))| a != b)
        .map(|(at, _)| at % row / 4)
        .collect();
    columns.iter().max().unwrap() - columns.iter().min().unwrap()
}

#[test]
fn devanagari_is_shaped_not_strung_together() {
    let screen = screen(Language::Ne, 1280, 800);
    screen.global::<Shell>().set_page(Page::Identity);
    // A conjunct is narrower than its letters, and a vowel sign before its consonant adds less than a letter.
    assert!(inked(&screen, "क्ष") < inked(&screen, "कष"));
    assert!(inked(&screen, "र्क") < inked(&screen, "रक"));
}
