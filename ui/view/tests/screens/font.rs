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
