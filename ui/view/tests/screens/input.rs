//! Japanese words under one thumb: twelve keys, candidates, one kanji at a time, postcode first.

use crate::{samples, screen};
use slint::platform::Key;
use slint::{ComponentHandle, Model, ModelRc, VecModel};
use std::cell::RefCell;
use std::rc::Rc;
use ubugoe_view::{
    Candidate, InputAdapter, KanjiSearch, Language, Place, QuestionAdapter, QuestionKind, Screen,
    drive::{self, AccessibleRole},
    forget_input,
};

fn asked(flick: bool, converts: bool) -> (Screen, Rc<RefCell<Vec<String>>>) {
    let screen = screen(Language::Ja, 1280, 800);
    let sample = samples::SAMPLES
        .iter()
        .find(|s| s.name == "07-question-text")
        .unwrap();
    (sample.show)(&screen, Language::Ja);
    let input = screen.global::<InputAdapter>();
    input.set_flick(flick);
    input.set_converts(converts);
    let heard = Rc::new(RefCell::new(Vec::new()));
    let note = |name: &'static str| {
        let heard = heard.clone();
        move |what: String| heard.borrow_mut().push(format!("{name} {what}"))
    };
    let composed = note("composed");
    input.on_composed(move |text| composed(text.into()));
    let choose = note("choose");
    input.on_choose(move |at| choose(at.to_string()));
    let look_up = note("look up");
    input.on_look_up(move |by, what| look_up(format!("{by:?} {what}")));
    let postcode = note("postcode");
    input.on_postcode_typed(move |digits| postcode(digits.into()));
    let place = note("place");
    input.on_place_chosen(move |id| place(id.into()));
    (screen, heard)
}

fn value(screen: &Screen) -> String {
    screen.global::<QuestionAdapter>().get_value().into()
}

#[test]
fn touching_a_key_again_goes_on_in_its_row() {
    let (screen, _) = asked(true, false);
    for key in ["か", "か", "か"] {
        drive::tap(&screen, key).unwrap();
    }
    assert_eq!(value(&screen), "く");
    // Another key, or the word for it, begins a new kana.
    drive::tap(&screen, "あ").unwrap();
    drive::tap(&screen, "次の字").unwrap();
    drive::tap(&screen, "あ").unwrap();
    assert_eq!(value(&screen), "くああ");
    for _ in 0..3 {
        drive::tap(&screen, "や").unwrap();
    }
    assert_eq!(value(&screen), "くああよ", "the row of や has three");
    drive::tap(&screen, "濁点・小さい字").unwrap();
    assert_eq!(value(&screen), "くああょ");
}

#[test]
fn drawing_a_key_to_a_side_writes_the_kana_of_that_side() {
    let (screen, _) = asked(true, false);
    for (key, way) in [
        ("か", (-60.0, 4.0)),
        ("か", (3.0, -60.0)),
        ("か", (60.0, 0.0)),
        ("か", (0.0, 60.0)),
        ("は", (0.0, 60.0)),
        ("わ", (0.0, -60.0)),
    ] {
        drive::draw(&screen, key, way).unwrap();
    }
    assert_eq!(value(&screen), "きくけこほん");
}

#[test]
fn kana_are_composed_apart_until_a_candidate_or_the_kana_themselves_are_taken() {
    let (screen, heard) = asked(false, true);
    let input = screen.global::<InputAdapter>();
    for key in ["は", "る", "と"] {
        drive::tap(&screen, key).unwrap();
    }
    assert_eq!(
        (value(&screen), input.get_composing()),
        (String::new(), "はると".into())
    );
    let candidate = |text: &str| Candidate {
        text: text.into(),
        note: "".into(),
    };
    input.set_candidates(ModelRc::new(VecModel::from(vec![
        candidate("大翔"),
        candidate("陽翔"),
    ])));
    drive::tap(&screen, "陽翔").unwrap();
    assert_eq!(
        (value(&screen), input.get_composing()),
        ("陽翔".into(), "".into())
    );
    input.set_candidates(ModelRc::default());
    drive::tap(&screen, "こ").unwrap();
    drive::tap(&screen, "濁点").unwrap();
    drive::tap(&screen, "ご").unwrap();
    assert_eq!(
        value(&screen),
        "陽翔ご",
        "the kana stay kana when they are wanted so"
    );
    assert_eq!(
        *heard.borrow(),
        [
            "composed は",
            "composed はる",
            "composed はると",
            "composed ",
            "choose 1",
            "composed こ",
            "composed ご",
            "composed "
        ]
    );
}

#[test]
fn deleting_takes_from_what_is_composed_first() {
    let (screen, _) = asked(false, true);
    let input = screen.global::<InputAdapter>();
    screen.global::<QuestionAdapter>().set_value("葉".into());
    drive::tap(&screen, "あ").unwrap();
    drive::tap(&screen, "い").unwrap();
    drive::tap(&screen, "1文字消す").unwrap();
    assert_eq!(
        (value(&screen), input.get_composing()),
        ("葉".into(), "あ".into())
    );
    drive::tap(&screen, "1文字消す").unwrap();
    drive::tap(&screen, "1文字消す").unwrap();
    assert_eq!(
        (value(&screen), input.get_composing()),
        (String::new(), "".into())
    );
}

#[test]
fn one_kanji_is_found_by_its_reading_and_takes_the_place_of_the_kana() {
    let (screen, heard) = asked(false, true);
    let input = screen.global::<InputAdapter>();
    drive::tap(&screen, "は").unwrap();
    drive::tap(&screen, "る").unwrap();
    drive::tap(&screen, "1字ずつさがす").unwrap();
    assert_eq!(heard.borrow().last().unwrap(), "look up Reading はる");
    input.set_found(ModelRc::new(VecModel::from(vec!["春".into(), "晴".into()])));
    drive::tap(&screen, "晴").unwrap();
    assert_eq!(
        (value(&screen), input.get_composing()),
        ("晴".into(), "".into())
    );
    assert!(!input.get_sheet());
    // The next one goes behind it.
    drive::tap(&screen, "き").unwrap();
    drive::tap(&screen, "1字ずつさがす").unwrap();
    drive::tap(&screen, "画数").unwrap();
    drive::tap(&screen, "12画").unwrap();
    assert_eq!(heard.borrow().last().unwrap(), "look up Strokes 12");
    input.set_found(ModelRc::new(VecModel::from(vec!["葉".into()])));
    drive::tap(&screen, "葉").unwrap();
    assert_eq!(value(&screen), "晴葉");
}

#[test]
fn another_shape_takes_the_place_of_the_character_before_the_cursor() {
    let (screen, _) = asked(false, true);
    screen.global::<QuestionAdapter>().set_value("葉葛".into());
    drive::press_key(&screen, Key::End).unwrap();
    drive::tap(&screen, "1字ずつさがす").unwrap();
    drive::tap(&screen, "形ちがい").unwrap();
    let input = screen.global::<InputAdapter>();
    assert_eq!(input.get_search(), KanjiSearch::Variants);
    input.set_found(ModelRc::new(VecModel::from(vec!["葛\u{e0100}".into()])));
    drive::tap(&screen, "葛\u{e0100}").unwrap();
    assert_eq!(value(&screen), "葉葛\u{e0100}");
}

#[test]
fn an_address_begins_with_seven_digits_and_a_place() {
    let (screen, heard) = asked(false, false);
    screen
        .global::<QuestionAdapter>()
        .set_kind(QuestionKind::Postcode);
    for key in "99900012".chars().map(String::from) {
        drive::tap(&screen, &key).unwrap();
    }
    assert_eq!(
        heard.borrow().last().unwrap(),
        "postcode 9990001",
        "an eighth digit is not taken"
    );
    screen
        .global::<InputAdapter>()
        .set_places(ModelRc::new(VecModel::from(vec![Place {
            id: "a".into(),
            text: "あすこえ市葛城一丁目".into(),
        }])));
    drive::tap(&screen, "あすこえ市葛城一丁目").unwrap();
    assert_eq!(heard.borrow().last().unwrap(), "place a");
}

#[test]
fn nothing_of_the_last_person_is_left_in_what_was_typed() {
    let (screen, _) = asked(true, true);
    let input = screen.global::<InputAdapter>();
    drive::tap(&screen, "か").unwrap();
    input.set_postcode("9990001".into());
    input.set_refused("龘".into());
    input.set_found(ModelRc::new(VecModel::from(vec!["春".into()])));
    forget_input(&screen);
    assert_eq!(
        [
            input.get_composing(),
            input.get_postcode(),
            input.get_refused(),
            input.get_sought()
        ],
        ["", "", "", ""]
    );
    assert_eq!(input.get_found().row_count(), 0);
    assert!(!input.get_flick() && !input.get_converts() && !input.get_sheet());
}

#[test]
fn what_was_copied_cannot_be_pasted_by_the_next_person() {
    let (screen, _) = asked(false, false);
    let question = screen.global::<QuestionAdapter>();
    question.set_value("葉月子".into());
    drive::press_with(&screen, Key::Control, 'a').unwrap();
    drive::press_with(&screen, Key::Control, 'c').unwrap();
    question.set_value("".into());
    drive::press_with(&screen, Key::Control, 'v').unwrap();
    assert_eq!(value(&screen), "葉月子", "it was copied");
    question.set_value("".into());
    forget_input(&screen);
    drive::press_with(&screen, Key::Control, 'v').unwrap();
    assert_eq!(value(&screen), "", "nothing has the focus");
    let fields = drive::touchables(&screen);
    let field = fields.iter().find(|e| e.role == AccessibleRole::TextInput);
    drive::tap(&screen, &field.unwrap().label).unwrap();
    drive::press_with(&screen, Key::Control, 'v').unwrap();
    assert_eq!(value(&screen), " ");
}
