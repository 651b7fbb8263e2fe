//! The decision table for characters of names, readings and account holders.

use ubugoe_procedures::names::{
    NameVerdict, check, compose_kana, given_name, length, reading, to_reading_kana, to_zengin,
};
use ubugoe_procedures::{Charset, ReasonCode};

#[derive(Debug, PartialEq)]
enum Is {
    Accepted,
    Reviewed(ReasonCode),
    Normalised(&'static str),
    Rejected(ReasonCode),
}

fn judge(name: &str) -> Is {
    match given_name(name) {
        NameVerdict::Accept => Is::Accepted,
        NameVerdict::Review(codes) => Is::Reviewed(codes[0]),
        NameVerdict::Normalise { to, .. } => Is::Normalised(Box::leak(to.into_boxed_str())),
        NameVerdict::Reject(problems) => Is::Rejected(problems[0].code),
    }
}

#[test]
fn given_names_are_judged_by_this_table() {
    use Is::{Accepted, Normalised, Rejected, Reviewed};
    use ReasonCode::*;
    let table = [
        ("さくら", Accepted),
        ("サクラ", Accepted),
        ("花子", Accepted),
        ("心愛", Accepted),
        ("神", Accepted),
        // Listed as compatibility ideographs: accepted as they are, each beside its everyday form (traps 41, 42).
        ("\u{FA19}", Accepted),
        ("\u{FA45}", Accepted),
        ("\u{FA1B}", Accepted),
        ("\u{FA46}", Accepted),
        ("\u{FA44}", Accepted),
        // On the list since 2026-06-26.
        ("勒", Accepted),
        // Outside the BMP, and the first code point of the table entry.
        ("\u{20B9F}", Accepted),
        ("叱", Reviewed(SecondCodePoint)),
        ("填", Reviewed(SecondCodePoint)),
        ("剥", Reviewed(SecondCodePoint)),
        ("頬", Reviewed(SecondCodePoint)),
        ("塡", Accepted),
        ("剝", Accepted),
        ("頰", Accepted),
        ("葵\u{E0100}", Reviewed(VariantInName)),
        ("ゐゑを", Accepted),
        ("ヰヱヲヴ", Accepted),
        ("奈々", Accepted),
        ("々奈", Reviewed(MarkOutOfPlace)),
        ("あ々", Reviewed(MarkOutOfPlace)),
        ("すゞ", Accepted),
        ("すゝ", Accepted),
        ("ゝす", Reviewed(MarkOutOfPlace)),
        ("ローラ", Accepted),
        ("ーラ", Reviewed(MarkOutOfPlace)),
        ("花ー", Reviewed(MarkOutOfPlace)),
        ("スヽ", Reviewed(KanaUnclear)),
        ("ヵヶ", Reviewed(KanaUnclear)),
        ("ゔ", Reviewed(KanaUnclear)),
        ("か\u{3099}", Normalised("が")),
        ("ｻｸﾗ", Normalised("サクラ")),
        ("ﾊﾟﾙ", Normalised("パル")),
        ("龘", Rejected(KanjiNotForNames)),
        ("髙", Rejected(KanjiNotForNames)),
        ("﨑", Rejected(KanjiNotForNames)),
        ("\u{F900}", Rejected(KanjiNotForNames)),
        ("〆", Rejected(CharacterNotAllowed)),
        ("Anna", Rejected(CharacterNotAllowed)),
        ("７", Rejected(CharacterNotAllowed)),
        ("〇", Rejected(CharacterNotAllowed)),
        ("さ くら", Rejected(CharacterNotAllowed)),
        ("さ\u{3000}くら", Rejected(CharacterNotAllowed)),
        ("さくら\u{200B}", Rejected(InvisibleCharacter)),
        ("\u{1B002}", Rejected(CharacterNotAllowed)),
        // Not decided yet is a legal filing (trap 44).
        ("", Reviewed(NameUndecided)),
        ("名未定", Reviewed(NameUndecided)),
    ];
    for (name, expected) in table {
        assert_eq!(judge(name), expected, "{name:?}");
    }
}

#[test]
fn a_loose_kana_in_a_given_name_comes_back_with_what_was_meant() {
    let verdict = check(Charset::Name, "神\u{FA19}か\u{3099}");
    assert_eq!(verdict.blocks[0].code, ReasonCode::KanaNotComposed);
    assert_eq!(verdict.blocks[0].proposal.as_deref(), Some("神\u{FA19}が"));
}

#[test]
fn family_names_keep_any_registered_form_and_only_what_cannot_be_seen_is_blocked() {
    for name in [
        "髙橋",
        "山﨑",
        "渡邊",
        "葛\u{E0100}城",
        "辻\u{E0101}",
        "\u{10DE92}",
        "SMITH JOHN",
        "龘",
        "\u{FA19}谷",
    ] {
        let verdict = check(Charset::Mj, name);
        assert!(verdict.fileable() && verdict.reviews.is_empty(), "{name}");
    }
    assert!(!check(Charset::Mj, "山\u{202E}田").fileable());
    assert!(!check(Charset::Mj, "山\n田").fileable());
    assert_eq!(
        check(Charset::Mj, "ﾔﾏﾀﾞ").reviews,
        [ReasonCode::UnlikelyCharacter]
    );
    assert!(check(Charset::JisX0213, "笑😀").fileable());
}

#[test]
fn readings_are_katakana_with_small_kana_kept_and_anything_else_is_offered_back() {
    for good in ["サクラ", "キョウ", "キヨウ", "ローラ", "ヴィオラ", "ア"] {
        let verdict = reading(good);
        assert!(verdict.fileable() && verdict.reviews.is_empty(), "{good}");
    }
    for (typed, offered) in [
        ("さくら", "サクラ"),
        ("ｻｸﾗ", "サクラ"),
        ("サ クラ", "サクラ"),
        ("ロ－ラ", "ローラ"),
        ("カ\u{3099}", "ガ"),
    ] {
        let verdict = reading(typed);
        assert_eq!(
            verdict.blocks[0].code,
            ReasonCode::CharacterNotAllowed,
            "{typed}"
        );
        assert_eq!(
            verdict.blocks[0].proposal.as_deref(),
            Some(offered),
            "{typed}"
        );
    }
    assert_eq!(reading("花子").blocks[0].proposal, None);
    assert!(!reading("サヽ").fileable());
    assert_eq!(reading("ヰ").reviews, [ReasonCode::KanaUnclear]);
    assert_eq!(to_reading_kana("きょう"), "キョウ");
    assert_ne!(to_reading_kana("きょう"), to_reading_kana("きよう"));
}

#[test]
fn composing_kana_touches_no_kanji() {
    let untouched = "\u{FA19}\u{FA45}辻\u{E0100}\u{20B9F}髙A１ー々";
    assert_eq!(compose_kana(untouched), untouched);
    assert_eq!(compose_kana("ｶﾞｷﾞは\u{309A}ウ\u{3099}ｯｬｰ"), "ガギぱヴッャー");
    // A mark with nothing to voice stays, so that the check finds it.
    assert_eq!(compose_kana("あ\u{3099}"), "あ\u{3099}");
}

#[test]
fn account_holders_are_half_width_with_large_kana() {
    assert_eq!(to_zengin("カミヤマ ハナコ"), "ｶﾐﾔﾏ ﾊﾅｺ");
    assert_eq!(to_zengin("キョウッパー"), "ｷﾖｳﾂﾊﾟ-");
    assert_eq!(to_zengin("ヴァヲヰ"), "ｳﾞｱｦｲ");
    assert_eq!(to_zengin("みずき\u{3000}ａｂｃ"), "ﾐｽﾞｷ ABC");
    assert!(check(Charset::Zengin, "ｶﾐﾔﾏ ﾊﾅｺ").fileable());
    let verdict = check(Charset::Zengin, "カミヤマ ハナコ");
    assert_eq!(verdict.blocks[0].proposal.as_deref(), Some("ｶﾐﾔﾏ ﾊﾅｺ"));
    assert!(!check(Charset::Zengin, "花子").fileable());
}

#[test]
fn digits_and_ascii_offer_the_narrow_form() {
    assert_eq!(
        check(Charset::Ascii, "０９０ー１２３４").blocks[0]
            .proposal
            .as_deref(),
        Some("090-1234")
    );
    assert_eq!(
        check(Charset::Digit, "９９００").blocks[0]
            .proposal
            .as_deref(),
        Some("9900")
    );
    assert!(check(Charset::Digit, "9900").fileable());
}

#[test]
fn length_counts_what_a_person_sees() {
    for (text, expected) in [
        ("辻\u{E0100}田", 2),
        ("\u{20B9F}", 1),
        ("か\u{3099}", 1),
        ("", 0),
        ("\u{E0100}", 0),
        ("髙橋", 2),
    ] {
        assert_eq!(length(text), expected, "{text:?}");
    }
}
