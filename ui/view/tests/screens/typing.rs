//! What keys do to a text or a date, through the callbacks that the pages use.

use slint::{ComponentHandle, SharedString};
use ubugoe_view::{Language, Screen, Typed, Typing};

fn screen() -> Screen {
    crate::screen(Language::Ja, 1280, 800)
}

fn typed(text: &str, cursor: i32) -> Typed {
    Typed {
        text: text.into(),
        cursor,
    }
}

fn type_date(era: i32, keys: &str) -> String {
    let screen = screen();
    let typing = screen.global::<Typing>();
    let (mut value, mut part) = (SharedString::new(), 0);
    for key in keys.chars().map(SharedString::from) {
        let before = typing.invoke_date_part(value.clone(), part, era);
        value = typing.invoke_date_digit(value, part, era, key.clone());
        part = typing.invoke_date_next(before, key, part, era).min(2);
    }
    value.into()
}

#[test]
fn dates_are_typed_straight_through() {
    for (era, keys, date) in [
        (0, "19940309", "1994-03-09"),
        (0, "199439", "1994-03-09"),
        (0, "19941231", "1994-12-31"),
        (0, "1994", "1994"),
        (1, "081122", "2026-11-22"),
        (2, "060309", "1994-03-09"),
        (3, "640107", "1989-01-07"),
    ] {
        assert_eq!(type_date(era, keys), date, "{keys} in era {era}");
    }
}

#[test]
fn a_month_without_a_year_keeps_its_place() {
    let screen = screen();
    let typing = screen.global::<Typing>();
    assert_eq!(typing.invoke_date_digit("".into(), 1, 0, "5".into()), "-05");
    assert_eq!(typing.invoke_date_part("-05".into(), 0, 0), "");
    assert_eq!(typing.invoke_date_part("-05".into(), 1, 0), "05");
    assert_eq!(typing.invoke_date_backspace("-05".into(), 1, 0), "");
}

#[test]
fn years_before_an_era_show_an_empty_box() {
    let screen = screen();
    let typing = screen.global::<Typing>();
    assert_eq!(typing.invoke_date_part("1986-01-02".into(), 0, 2), "");
    assert_eq!(typing.invoke_date_part("1989-01-08".into(), 0, 2), "1");
}

#[test]
fn what_is_no_digit_changes_no_date() {
    let screen = screen();
    let typing = screen.global::<Typing>();
    for key in ["", "x", "１", "12", "-"] {
        assert_eq!(
            typing.invoke_date_digit("1994".into(), 1, 0, key.into()),
            "1994"
        );
    }
}

#[test]
fn keys_go_where_the_cursor_stands_and_replace_what_is_selected() {
    let screen = screen();
    let typing = screen.global::<Typing>();
    assert_eq!(
        typing.invoke_insert("あう".into(), 3, 3, "い".into()),
        typed("あいう", 6)
    );
    assert_eq!(
        typing.invoke_insert("あいう".into(), 3, 6, "ん".into()),
        typed("あんう", 6)
    );
    assert_eq!(
        typing.invoke_insert("あ".into(), 99, 99, "い".into()),
        typed("あい", 6)
    );
    // An offset inside a character goes to its beginning.
    assert_eq!(
        typing.invoke_insert("あ".into(), 1, 1, "い".into()),
        typed("いあ", 3)
    );
    assert_eq!(
        typing.invoke_insert("あ".into(), -4, -4, "い".into()),
        typed("いあ", 3)
    );
}

#[test]
fn a_character_leaves_with_its_variation_selector() {
    let screen = screen();
    let typing = screen.global::<Typing>();
    let text = "葉葛\u{e0100}";
    let end = i32::try_from(text.len()).unwrap_or(0);
    assert_eq!(
        typing.invoke_backspace(text.into(), end, end),
        typed("葉", 3)
    );
    assert_eq!(typing.invoke_backspace("".into(), 0, 0), typed("", 0));
}

#[test]
fn one_key_turns_a_kana_into_all_it_can_be() {
    let screen = screen();
    let typing = screen.global::<Typing>();
    let turn = |text: &str| typing.invoke_turn(text.into(), 100).text.to_string();
    assert_eq!(
        [
            turn("つ"),
            turn("っ"),
            turn("づ"),
            turn("は"),
            turn("ぱ"),
            turn("ゃ"),
            turn("ん")
        ],
        ["っ", "づ", "つ", "ば", "は", "や", "ん"]
    );
}

#[test]
fn marks_go_round_and_leave_other_characters_alone() {
    let screen = screen();
    let typing = screen.global::<Typing>();
    let mark = |text: &str| typing.invoke_mark(text.into(), 100).text.to_string();
    assert_eq!(
        [mark("は"), mark("ば"), mark("ぱ"), mark("ん")],
        ["ば", "ぱ", "は", "ん"]
    );
    let shrink = |text: &str| typing.invoke_small(text.into(), 100).text.to_string();
    assert_eq!(
        [shrink("ツ"), shrink("ッ"), shrink("か")],
        ["ッ", "ツ", "か"]
    );
    assert_eq!(typing.invoke_mark("はん".into(), 3), typed("ばん", 3));
}
