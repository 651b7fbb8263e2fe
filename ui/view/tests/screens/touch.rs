//! Touches and keys do what their labels say.

use crate::{samples, screen};
use slint::platform::Key;
use slint::{ComponentHandle, Model, SharedString};
use std::cell::RefCell;
use std::rc::Rc;
use ubugoe_view::drive::{self, DriveError};
use ubugoe_view::{
    CertificateAdapter, CommentAdapter, CommentStep, Face, Language, LineAdapter, NurseryAdapter,
    OutcomeAdapter, Page, PinAdapter, QuestionAdapter, QuestionKind, ReviewAdapter, Screen, Shell,
    set_language,
};

fn shown(name: &str, language: Language) -> Screen {
    let screen = screen(language, 1280, 800);
    let sample = samples::SAMPLES.iter().find(|s| s.name == name).unwrap();
    (sample.show)(&screen, language);
    screen
}

/// What callbacks were called with, in order.
#[derive(Clone, Default)]
struct Heard(Rc<RefCell<Vec<String>>>);

impl Heard {
    fn note(&self, what: impl Into<String>) {
        self.0.borrow_mut().push(what.into());
    }
    fn all(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

fn value(screen: &Screen) -> SharedString {
    screen.global::<QuestionAdapter>().get_value()
}

#[test]
fn kana_keys_write_voice_shrink_and_delete() {
    let screen = shown("07-question-text", Language::Ja);
    let heard = Heard::default();
    screen.global::<QuestionAdapter>().on_edited({
        let heard = heard.clone();
        move |text| heard.note(text)
    });
    for key in ["か", "濁点", "つ", "小さい字", "は", "濁点", "濁点"] {
        drive::tap(&screen, key).unwrap();
    }
    assert_eq!(value(&screen), "がっぱ");
    drive::tap(&screen, "1文字消す").unwrap();
    assert_eq!(value(&screen), "がっ");
    drive::tap(&screen, "カナ").unwrap();
    drive::tap(&screen, "ー").unwrap();
    drive::tap(&screen, "ヨ").unwrap();
    assert_eq!(value(&screen), "がっーヨ");
    assert_eq!(heard.all().last().unwrap(), "がっーヨ");
    drive::tap(&screen, "全部消す").unwrap();
    assert_eq!(value(&screen), "");
}

#[test]
fn a_hardware_keyboard_writes_where_the_screen_keys_write() {
    let screen = shown("07-question-name", Language::Ja);
    drive::type_text(&screen, "子").unwrap();
    drive::tap(&screen, "こ").unwrap();
    assert_eq!(value(&screen), "𠮷葉子こ");
}

#[test]
fn deleting_takes_a_character_together_with_its_variation_selector() {
    for by_hand in [true, false] {
        let screen = shown("07-question-name-review", Language::Ja);
        screen.global::<QuestionAdapter>().set_value("葉葛󠄀".into());
        drive::press_key(&screen, Key::End).unwrap();
        if by_hand {
            drive::press_key(&screen, Key::Backspace).unwrap();
        } else {
            drive::tap(&screen, "1文字消す").unwrap();
        }
        assert_eq!(value(&screen), "葉", "by hand: {by_hand}");
    }
}

#[test]
fn a_date_is_typed_digit_by_digit_in_either_count_of_years_and_may_stay_unfinished() {
    let screen = shown("07-question-month", Language::Ja);
    let question = screen.global::<QuestionAdapter>();
    question.set_kind(QuestionKind::Date);
    drive::tap(&screen, "全部消す").unwrap();
    drive::tap(&screen, "平成").unwrap();
    for key in ["0", "6", "3", "0", "9"] {
        drive::tap(&screen, key).unwrap();
    }
    assert_eq!(value(&screen), "1994-03-09");
    drive::tap(&screen, "西暦").unwrap();
    assert_eq!(value(&screen), "1994-03-09");
    drive::tap(&screen, "1文字消す").unwrap();
    drive::tap(&screen, "1文字消す").unwrap();
    assert_eq!(value(&screen), "1994");
    drive::type_text(&screen, "1231").unwrap();
    assert_eq!(value(&screen), "1994-12-31");
}

#[test]
fn pin_keys_are_reported_and_never_kept() {
    let screen = shown("03-pin", Language::Ja);
    let heard = Heard::default();
    let pin = screen.global::<PinAdapter>();
    pin.on_key({
        let heard = heard.clone();
        move |k| heard.note(k)
    });
    pin.on_backspace({
        let heard = heard.clone();
        move || heard.note("←")
    });
    pin.on_submit({
        let heard = heard.clone();
        move || heard.note("ok")
    });
    for key in ["7", "1文字消す", "0"] {
        drive::tap(&screen, key).unwrap();
    }
    assert!(matches!(
        drive::tap(&screen, "次へ"),
        Err(DriveError::Disabled { .. })
    ));
    pin.set_entered(4);
    drive::tap(&screen, "次へ").unwrap();
    assert_eq!(heard.all(), ["7", "←", "0", "ok"]);
    let dots = drive::labels(&screen)
        .into_iter()
        .find(|e| e.label == "入力した文字の数")
        .unwrap();
    assert_eq!(dots.value.as_deref(), Some("4"));
}

#[test]
fn the_password_grid_offers_every_capital_letter_and_digit() {
    let screen = shown("03-pin-sign", Language::En);
    let heard = Heard::default();
    screen.global::<PinAdapter>().on_key({
        let heard = heard.clone();
        move |k| heard.note(k)
    });
    let wanted: Vec<String> = ('A'..='Z').chain('0'..='9').map(String::from).collect();
    for key in &wanted {
        drive::tap(&screen, key).unwrap();
    }
    assert_eq!(heard.all(), wanted);
}

#[test]
fn nothing_is_signed_before_every_form_has_been_read_to_its_end() {
    let screen = shown("08-review", Language::Ja);
    let heard = Heard::default();
    let review = screen.global::<ReviewAdapter>();
    review.on_continue({
        let heard = heard.clone();
        move || heard.note("continue")
    });
    assert!(matches!(
        drive::tap(&screen, "署名へ進む"),
        Err(DriveError::Absent { .. })
    ));
    let mut pages = 0;
    while drive::tap(&screen, "続きを読む").is_ok() {
        pages += 1;
        assert!(pages < 20, "the end is never reached");
    }
    assert!(pages >= 1, "a long form does not fit one screen");
    assert!(!review.get_all_seen());
    drive::tap(&screen, "次の書類へ").unwrap();
    assert_eq!((review.get_current(), review.get_seen()), (1, 1));
    assert!(heard.all().is_empty());
    drive::tap(&screen, "署名へ進む").unwrap();
    assert!(review.get_all_seen());
    assert_eq!(heard.all(), ["continue"]);
}

#[test]
fn a_row_below_the_fold_can_be_corrected_by_its_name() {
    let screen = shown("08-review", Language::En);
    let heard = Heard::default();
    screen.global::<ReviewAdapter>().on_correct({
        let heard = heard.clone();
        move |path| heard.note(path)
    });
    drive::tap(&screen, "Change: Mother　Living together since").unwrap();
    drive::tap(&screen, "Change: The child　Name").unwrap();
    assert_eq!(heard.all(), ["mother.since", "child.name"]);
}

#[test]
fn every_language_is_chosen_by_its_own_name_and_the_list_goes_away() {
    let screen = shown("04-identity", Language::Ja);
    let heard = Heard::default();
    let shell = screen.global::<Shell>();
    shell.on_language({
        let heard = heard.clone();
        move |id| heard.note(id)
    });
    let names = [
        "日本語",
        "やさしい日本語",
        "English",
        "中文",
        "Português",
        "Tiếng Việt",
        "Tagalog",
        "नेपाली",
    ];
    for name in names {
        drive::tap(&screen, "ことば：日本語").unwrap();
        assert!(shell.get_languages());
        drive::tap(&screen, name).unwrap();
        assert!(!shell.get_languages(), "{name}: the list stays");
    }
    assert_eq!(
        heard.all(),
        ["ja", "ja-easy", "en", "zh", "pt", "vi", "tl", "ne"]
    );
    for language in ubugoe_view::LANGUAGES {
        set_language(&screen, language).unwrap();
        assert_eq!(shell.get_lang(), language);
    }
}

#[test]
fn the_quiet_exit_asks_nothing_and_is_on_every_page_but_the_resting_one() {
    // What covers a page goes back to it with one touch.
    let pages = samples::SAMPLES
        .iter()
        .filter(|s| !s.name.starts_with("12-") && !s.name.starts_with("13-"));
    for sample in pages {
        let screen = shown(sample.name, Language::Ja);
        let heard = Heard::default();
        screen.global::<Shell>().on_quiet_exit({
            let heard = heard.clone();
            move || heard.note("left")
        });
        let resting = screen.global::<Shell>().get_page() == Page::Resting;
        assert_eq!(
            drive::tap(&screen, "画面を消す").is_err(),
            resting,
            "{}",
            sample.name
        );
        assert_eq!(heard.all().len(), usize::from(!resting), "{}", sample.name);
    }
}

#[test]
fn stopping_is_asked_back_and_a_new_page_withdraws_the_question() {
    let screen = shown("04-identity", Language::Ja);
    let heard = Heard::default();
    screen.global::<Shell>().on_quit({
        let heard = heard.clone();
        move || heard.note("quit")
    });
    drive::tap(&screen, "やめる").unwrap();
    assert!(matches!(
        drive::tap(&screen, "はい、わたしです"),
        Err(DriveError::Absent { .. })
    ));
    drive::tap(&screen, "続ける").unwrap();
    drive::tap(&screen, "やめる").unwrap();
    screen.global::<Shell>().set_page(Page::Looking);
    assert!(
        drive::touchables(&screen)
            .iter()
            .all(|e| e.label != "やめて消す")
    );
    drive::tap(&screen, "やめる").unwrap();
    drive::tap(&screen, "やめて消す").unwrap();
    assert_eq!(heard.all(), ["quit"]);
}

/// In two tests, for they take minutes: the pages with this remainder of their number by two.
fn language_and_staff_are_in_reach(half: usize) {
    // Staff do not call staff.
    let of_staff = |name: &str| name.starts_with("12-staff");
    let pages = samples::SAMPLES.iter().filter(|s| !of_staff(s.name));
    for sample in pages.skip(half).step_by(2) {
        let screen = shown(sample.name, Language::Ja);
        let heard = Heard::default();
        let shell = screen.global::<Shell>();
        shell.on_language({
            let heard = heard.clone();
            move |id| heard.note(id)
        });
        shell.on_call_staff({
            let heard = heard.clone();
            move || heard.note("staff")
        });
        drive::tap(&screen, "ことば：日本語").unwrap();
        drive::tap(&screen, "English").unwrap();
        let staff = if shell.get_staff_called() {
            "ナースコールを押してください"
        } else {
            "スタッフを呼ぶ"
        };
        drive::tap(&screen, staff).unwrap();
        assert_eq!(heard.all(), ["en", "staff"], "{}", sample.name);
        set_language(&screen, Language::En).unwrap();
        assert!(
            drive::touchables(&screen)
                .iter()
                .any(|e| e.label == "Call staff" || e.label == "Please press the nurse call"),
            "{}: the words change at once",
            sample.name
        );
    }
}

#[test]
fn language_and_staff_are_in_reach_on_every_second_page() {
    language_and_staff_are_in_reach(0);
}

#[test]
fn language_and_staff_are_in_reach_on_the_pages_between() {
    language_and_staff_are_in_reach(1);
}

#[test]
fn choices_report_their_id_and_show_which_one_is_chosen() {
    let screen = shown("07-question-choice-many", Language::Ja);
    let heard = Heard::default();
    screen.global::<QuestionAdapter>().on_choose({
        let heard = heard.clone();
        move |id| heard.note(id)
    });
    let options = screen.global::<QuestionAdapter>().get_options();
    for option in options.iter() {
        drive::tap(&screen, &option.label).unwrap();
    }
    assert_eq!(heard.all(), ["0", "1", "2", "3", "4", "5"]);
    let chosen: Vec<String> = drive::labels(&screen)
        .into_iter()
        .filter(|e| e.checked == Some(true) && e.pane.is_some())
        .map(|e| e.label)
        .collect();
    assert!(chosen.len() <= 1);
}

#[test]
fn every_child_can_be_unticked_and_one_has_to_stay() {
    let screen = shown("05-certificate-twins", Language::Ja);
    let heard = Heard::default();
    let certificate = screen.global::<CertificateAdapter>();
    certificate.on_toggle({
        let heard = heard.clone();
        move |i| heard.note(i.to_string())
    });
    certificate.on_confirm({
        let heard = heard.clone();
        move || heard.note("confirm")
    });
    drive::tap(&screen, "2人目の証明書").unwrap();
    drive::tap(&screen, "このお子さんで進む").unwrap();
    certificate.set_ticked(0);
    assert!(matches!(
        drive::tap(&screen, "このお子さんで進む"),
        Err(DriveError::Disabled { .. })
    ));
    assert_eq!(heard.all(), ["1", "confirm"]);
}

#[test]
fn the_line_unfolds_at_a_touch_and_reports_what_is_added() {
    let screen = shown("06-line", Language::En);
    let heard = Heard::default();
    let line = screen.global::<LineAdapter>();
    line.on_toggle({
        let heard = heard.clone();
        move |id| heard.note(id)
    });
    line.on_start({
        let heard = heard.clone();
        move || heard.note("start")
    });
    drive::tap(&screen, "Birth notification　𠮷葉").unwrap();
    assert_eq!(line.get_opened(), "a");
    drive::tap(&screen, "Birth notification　𠮷葉").unwrap();
    assert_eq!(line.get_opened(), "");
    drive::tap(&screen, "Add it: Application for a nursery　𠮷葉").unwrap();
    assert!(!line.get_by_itself_open());
    drive::tap(&screen, "Happens by itself").unwrap();
    assert!(line.get_by_itself_open());
    // Private services stay folded until somebody asks for them.
    assert!(
        drive::touchables(&screen)
            .iter()
            .all(|e| e.label != "Nappies by post")
    );
    drive::tap(&screen, "Private services").unwrap();
    drive::tap(&screen, "Nappies by post").unwrap();
    drive::tap(&screen, "Begin").unwrap();
    assert_eq!(heard.all(), ["c", "start"]);
}

#[test]
fn nurseries_are_wished_for_and_put_in_order() {
    let screen = shown("07-nursery", Language::Ja);
    let heard = Heard::default();
    let nursery = screen.global::<NurseryAdapter>();
    nursery.on_add({
        let heard = heard.clone();
        move |id| heard.note(format!("add {id}"))
    });
    nursery.on_remove({
        let heard = heard.clone();
        move |id| heard.note(format!("remove {id}"))
    });
    nursery.on_down({
        let heard = heard.clone();
        move |id| heard.note(format!("down {id}"))
    });
    nursery.on_done({
        let heard = heard.clone();
        move || heard.note("done")
    });
    drive::tap(&screen, "希望に入れる：本町保育園").unwrap();
    drive::tap(&screen, "希望に入れる：みどりの丘保育園").unwrap();
    drive::tap(&screen, "順番を決める（2）").unwrap();
    assert!(matches!(
        drive::tap(&screen, "上へ：みどりの丘保育園"),
        Err(DriveError::Disabled { .. })
    ));
    drive::tap(&screen, "下へ：みどりの丘保育園").unwrap();
    drive::tap(&screen, "この順番で進む").unwrap();
    assert_eq!(heard.all(), ["add 4", "remove 1", "down 1", "done"]);
}

#[test]
fn a_full_list_of_wishes_takes_no_further_one() {
    let screen = shown("07-nursery", Language::Ja);
    screen.global::<NurseryAdapter>().set_at_most(2);
    assert!(matches!(
        drive::tap(&screen, "希望に入れる：本町保育園"),
        Err(DriveError::Disabled { .. })
    ));
}

#[test]
fn a_comment_is_a_face_and_perhaps_a_word() {
    let screen = shown("09-comment", Language::Ja);
    let heard = Heard::default();
    let comment = screen.global::<CommentAdapter>();
    comment.on_send({
        let heard = heard.clone();
        move || heard.note("send")
    });
    comment.set_face(Face::None);
    assert!(matches!(
        drive::tap(&screen, "コエを届ける"),
        Err(DriveError::Disabled { .. })
    ));
    drive::tap(&screen, "たいへんだった").unwrap();
    drive::tap(&screen, "待ち時間").unwrap();
    comment.set_most(2);
    drive::tap(&screen, "ひとこと書く").unwrap();
    for key in ["か", "濁点", "つ", "は"] {
        drive::tap(&screen, key).unwrap();
    }
    drive::tap(&screen, "書きおわる").unwrap();
    drive::tap(&screen, "コエを届ける").unwrap();
    assert_eq!(comment.get_face(), Face::Hard);
    assert_eq!(comment.get_step(), CommentStep::Waiting);
    assert_eq!(comment.get_note(), "がつ");
    assert_eq!(heard.all(), ["send"]);
}

#[test]
fn who_stops_may_rest_instead_where_the_visit_can_be_kept() {
    let screen = shown("12-confirm-pause", Language::Ja);
    let heard = Heard::default();
    screen.global::<Shell>().on_pause({
        let heard = heard.clone();
        move || heard.note("pause")
    });
    drive::tap(&screen, "休んで、あとで続ける").unwrap();
    assert_eq!(heard.all(), ["pause"]);
    let screen = shown("12-confirm-quit", Language::Ja);
    assert!(matches!(
        drive::tap(&screen, "休んで、あとで続ける"),
        Err(DriveError::Absent { .. })
    ));
}

#[test]
fn codes_are_shown_when_asked_for_and_put_away_again() {
    let screen = shown("09-outcome-arrived", Language::Ja);
    let heard = Heard::default();
    let outcome = screen.global::<OutcomeAdapter>();
    outcome.on_sheet_opened({
        let heard = heard.clone();
        move |sheet| heard.note(format!("{sheet:?}"))
    });
    outcome.on_finish({
        let heard = heard.clone();
        move || heard.note("finish")
    });
    for label in [
        "スマートフォンで続ける",
        "受け取りのQRコード",
        "もうひとりの保護者へ",
    ] {
        drive::tap(&screen, label).unwrap();
        drive::tap(&screen, "もどる").unwrap();
    }
    outcome.set_second_parent_possible(false);
    assert!(matches!(
        drive::tap(&screen, "もうひとりの保護者へ"),
        Err(DriveError::Absent { .. })
    ));
    drive::tap(&screen, "おわる").unwrap();
    assert_eq!(
        heard.all(),
        [
            "Phone",
            "None",
            "Receipt",
            "None",
            "SecondParent",
            "None",
            "finish"
        ]
    );
}

#[test]
fn after_a_loss_the_drawing_of_a_mother_and_her_child_is_not_shown() {
    let drawn = |quiet| {
        let screen = shown("09-paused", Language::Ja);
        screen.global::<Shell>().set_quiet(quiet);
        screen.window().take_snapshot().unwrap().as_bytes().to_vec()
    };
    assert!(drawn(true) != drawn(false));
    assert!(drawn(true) == drawn(true));
}

#[test]
fn no_key_of_a_secret_shows_that_it_is_touched() {
    use slint::platform::{PointerEventButton, WindowEvent};
    for name in ["03-pin", "03-pin-sign"] {
        let screen = shown(name, Language::Ja);
        let before = screen.window().take_snapshot().unwrap();
        let key = drive::touchables(&screen)
            .into_iter()
            .find(|e| e.label == "7")
            .unwrap();
        let (x, y) = key.rect.centre();
        screen.window().dispatch_event(WindowEvent::PointerPressed {
            position: slint::LogicalPosition::new(x, y),
            button: PointerEventButton::Left,
        });
        let during = screen.window().take_snapshot().unwrap();
        assert!(before.as_bytes() == during.as_bytes(), "{name}");
    }
}

#[test]
fn an_absent_label_is_answered_with_what_there_is() {
    let screen = shown("01-resting", Language::En);
    match drive::tap(&screen, "Fly") {
        Err(DriveError::Absent { there, .. }) => {
            for label in [
                "Display",
                "Language: English",
                "नेपाली",
                "Call staff",
                "Begin",
            ] {
                assert!(there.contains(&label.to_owned()), "{label}: {there:?}");
            }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_picture_has_the_windows_size() {
    let screen = shown("01-resting", Language::En);
    let folder = tempfile_path("resting.png");
    drive::snapshot(&screen, &folder).unwrap();
    let decoder = png::Decoder::new(std::io::BufReader::new(
        std::fs::File::open(&folder).unwrap(),
    ));
    let info = decoder.read_info().unwrap();
    assert_eq!((info.info().width, info.info().height), (1280, 800));
    std::fs::remove_file(folder).unwrap();
}

fn tempfile_path(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("ubugoe-view-{}-{name}", std::process::id()))
}
