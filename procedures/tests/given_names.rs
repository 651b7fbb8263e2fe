//! Every kanji there is against the list for given names, the kana around them, readings, and arbitrary text.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use proptest::prelude::*;
use ubugoe_procedures::names::{
    KanjiList, NameVerdict, all_kanji, alternatives, compose_kana, first_code_point, furigana,
    given_name, given_name_on, kanji, kanji_by_radical, kanji_by_reading, kanji_by_strokes,
};
use ubugoe_procedures::{Confidence, ReasonCode};

fn reasons(verdict: NameVerdict) -> Vec<ReasonCode> {
    match verdict {
        NameVerdict::Accept => Vec::new(),
        NameVerdict::Review(reasons) => reasons,
        NameVerdict::Normalise { why, .. } => vec![why],
        NameVerdict::Reject(problems) => problems.iter().map(|problem| problem.code).collect(),
    }
}

/// Every block of ideographs, compatibility ideographs and radicals.
fn ideographs() -> impl Iterator<Item = char> {
    [
        0x2E80..=0x2FDF,
        0x3400..=0x4DBF,
        0x4E00..=0x9FFF,
        0xF900..=0xFAFF,
        0x20000..=0x3347F,
    ]
    .into_iter()
    .flatten()
    .filter_map(char::from_u32)
}

#[test]
fn of_all_ideographs_exactly_3000_are_accepted_four_reviewed_and_the_rest_rejected() {
    let (mut accepted, mut reviewed, mut rejected) = (0, Vec::new(), 0);
    for c in ideographs() {
        match given_name(&c.to_string()) {
            NameVerdict::Accept => accepted += 1,
            NameVerdict::Review(codes) => {
                assert_eq!(codes, [ReasonCode::SecondCodePoint]);
                reviewed.push(c);
            }
            NameVerdict::Reject(problems) => {
                assert_eq!(problems.len(), 1);
                rejected += 1;
            }
            NameVerdict::Normalise { to, .. } => panic!("{c} became {to}"),
        }
    }
    assert_eq!(accepted, 2136 + 864);
    reviewed.sort_unstable();
    assert_eq!(reviewed, ['剥', '叱', '填', '頬']);
    assert_eq!(accepted + 4 + rejected, ideographs().count());
}

#[test]
fn every_listed_kanji_is_accepted_alone_doubled_with_a_mark_and_among_others() {
    assert_eq!(all_kanji().len(), 3000);
    for listed in all_kanji() {
        let c = listed.character;
        for name in [
            format!("{c}"),
            format!("{c}{c}"),
            format!("{c}々"),
            format!("あ{c}ー子"),
        ] {
            let verdict = given_name(&name);
            if name.contains('ー') {
                // ー after a kanji lengthens nothing.
                assert_eq!(
                    verdict,
                    NameVerdict::Review(vec![ReasonCode::MarkOutOfPlace])
                );
            } else {
                assert_eq!(verdict, NameVerdict::Accept, "{name}");
            }
        }
    }
}

/// Traps 41 and 42: U+FA19 is in the list, and so is U+795E; neither becomes the other.
#[test]
fn the_57_compatibility_ideographs_are_accepted_as_they_are_and_come_back_as_they_are() {
    let compatibility: Vec<char> = all_kanji()
        .iter()
        .map(|kanji| kanji.character)
        .filter(|c| ('\u{F900}'..='\u{FAFF}').contains(c))
        .collect();
    assert_eq!(compatibility.len(), 57);
    for c in compatibility {
        assert_eq!(given_name(&c.to_string()), NameVerdict::Accept);
        let NameVerdict::Normalise { to, .. } = given_name(&format!("{c}か\u{3099}")) else {
            panic!("{c}");
        };
        assert_eq!(to.chars().collect::<Vec<_>>(), [c, 'が']);
    }
    for (old, new) in [('\u{FA19}', '\u{795E}'), ('\u{FA45}', '\u{6D77}')] {
        assert!(kanji(old).unwrap().character != kanji(new).unwrap().character);
    }
}

#[test]
fn a_compatibility_ideograph_outside_the_list_is_rejected_and_its_everyday_form_offered() {
    // 年 in the code point of a Korean standard; 僧 is in the list in both forms, 免 only in its new one.
    for (given, offered) in [('\u{F98E}', '\u{5E74}'), ('\u{FA32}', '\u{514D}')] {
        assert!(matches!(
            given_name(&given.to_string()),
            NameVerdict::Reject(_)
        ));
        assert_eq!(alternatives(given), [offered]);
    }
}

#[test]
fn the_kanji_added_in_2026_is_permitted_from_its_day_on_and_marked_unverified() {
    let added = kanji('勒').unwrap();
    assert_eq!(added.since, Some(date(2026, 6, 26)));
    assert_eq!(added.confidence, Confidence::Gk);
    assert_eq!(given_name_on("勒", date(2026, 6, 26)), NameVerdict::Accept);
    assert_eq!(
        reasons(given_name_on("勒", date(2026, 6, 25))),
        [ReasonCode::KanjiNotForNames]
    );
    let other = |kanji: &&ubugoe_procedures::names::Kanji| kanji.confidence == Confidence::Gk;
    assert_eq!(all_kanji().iter().filter(other).count(), 1);
    for day in [Date::MIN, Date::MAX] {
        assert_eq!(given_name_on("花", day), NameVerdict::Accept);
    }
}

#[test]
fn every_kana_has_one_verdict() {
    let of = |c: char| given_name(&c.to_string());
    let unclear = NameVerdict::Review(vec![ReasonCode::KanaUnclear]);
    let alone = NameVerdict::Review(vec![ReasonCode::MarkOutOfPlace]);
    for c in ('\u{3041}'..='\u{30FF}')
        .chain('\u{FF61}'..='\u{FF9F}')
        .chain('\u{1B000}'..='\u{1B16F}')
    {
        let verdict = of(c);
        match c {
            '\u{3041}'..='\u{3093}' | '\u{30A1}'..='\u{30F4}' => {
                assert_eq!(verdict, NameVerdict::Accept, "{c}");
            }
            '\u{3094}'..='\u{3096}' | '\u{30F5}'..='\u{30FA}' | 'ヽ' | 'ヾ' => {
                assert_eq!(verdict, unclear, "{c}");
            }
            'ー' | 'ゝ' | 'ゞ' => assert_eq!(verdict, alone, "{c}"),
            '\u{FF66}'..='\u{FF9D}' => {
                assert!(matches!(verdict, NameVerdict::Normalise { .. }), "{c}");
            }
            // 変体仮名, brackets and dots of half width, ゟ, ヿ, ・, ゠, marks that voice nothing.
            _ => assert!(matches!(verdict, NameVerdict::Reject(_)), "{c}"),
        }
    }
}

#[test]
fn decomposed_and_half_width_kana_come_back_composed_and_nothing_else_changes() {
    for (given, to) in [
        ("か\u{3099}", "が"),
        ("ハ\u{309A}", "パ"),
        ("か゛", "が"),
        ("ほ゜", "ぽ"),
        ("ｻｸﾗ", "サクラ"),
        ("ﾊﾟﾙ", "パル"),
        ("ｳﾞ", "ヴ"),
        ("ﾛｰﾗ", "ローラ"),
        ("すゝ\u{3099}", "すゞ"),
        ("ワ\u{3099}", "ヷ"),
        ("ｦﾞ", "ヺ"),
        ("\u{FA19}ﾉ\u{20B9F}", "\u{FA19}ノ\u{20B9F}"),
        ("葛\u{E0100}ﾅ", "葛\u{E0100}ナ"),
    ] {
        assert_eq!(
            given_name(given),
            NameVerdict::Normalise {
                to: to.to_owned(),
                why: ReasonCode::KanaNotComposed
            },
            "{given}"
        );
    }
    // What no kana can mend stays rejected, and says which character it is.
    for (given, character) in [
        ("ｻ龘", "龘"),
        ("か\u{3099}A", "A"),
        ("あ\u{3099}", "あ\u{3099}"),
        ("゛", "゛"),
    ] {
        let NameVerdict::Reject(problems) = given_name(given) else {
            panic!("{given}");
        };
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].character.as_deref(), Some(character));
    }
}

#[test]
fn signs_spaces_letters_digits_and_the_unseen_are_rejected() {
    for given in [
        "Anna",
        "Ａ",
        "é",
        "7",
        "７",
        "Ⅷ",
        "〆",
        "〜",
        "～",
        "○",
        "〇",
        "・",
        "＝",
        "゠",
        "-",
        "－",
        " ",
        "\u{3000}",
        "花 子",
        "花\u{3000}子",
        "花子 ",
        "。",
        "、",
        "「",
        "！",
        "♡",
        "☆",
        "👶",
        "👨\u{200D}👩\u{200D}👧",
        "\n",
        "花\n",
        "\u{200B}",
        "\u{202E}花",
        "\u{FEFF}花",
        "\u{E0100}",
        "\u{FE00}花",
        "\u{1B002}",
        "ㄅ",
        "가",
        "ア\u{0301}",
        "\0",
    ] {
        assert!(
            matches!(given_name(given), NameVerdict::Reject(_)),
            "{given:?}"
        );
    }
}

#[test]
fn a_variation_selector_is_an_officers_affair_only_where_its_base_is_permitted() {
    for selector in ['\u{E0100}', '\u{E01EF}', '\u{FE00}'] {
        assert_eq!(
            reasons(given_name(&format!("葛{selector}"))),
            [ReasonCode::VariantInName]
        );
        assert_eq!(
            reasons(given_name(&format!("辻{selector}々"))),
            [ReasonCode::VariantInName]
        );
        assert_eq!(
            reasons(given_name(&format!("龘{selector}"))),
            [ReasonCode::KanjiNotForNames]
        );
    }
}

#[test]
fn a_long_name_or_reading_is_seen_by_an_officer_and_not_refused() {
    assert_eq!(given_name(&"寿".repeat(30)), NameVerdict::Accept);
    assert_eq!(reasons(given_name(&"寿".repeat(31))), [ReasonCode::TooLong]);
    assert_eq!(furigana(&"ア".repeat(50)), NameVerdict::Accept);
    assert_eq!(reasons(furigana(&"ア".repeat(51))), [ReasonCode::TooLong]);
}

#[test]
fn readings_are_judged_by_this_table() {
    use ReasonCode::{
        CharacterNotAllowed, KanaNotComposed, KanaUnclear, MarkOutOfPlace, NameUndecided,
        NotKatakana,
    };
    for good in [
        "サクラ",
        "キョウ",
        "キヨウ",
        "ローラ",
        "ヴィオラ",
        "ヲ",
        "ヂヅ",
        "ッカ",
        "ン",
        "ココア",
        "クヮ",
    ] {
        assert_eq!(furigana(good), NameVerdict::Accept, "{good}");
    }
    for (given, to, why) in [
        ("さくら", "サクラ", NotKatakana),
        ("きょう", "キョウ", NotKatakana),
        ("きよう", "キヨウ", NotKatakana),
        ("さクら", "サクラ", NotKatakana),
        ("ろーら", "ローラ", NotKatakana),
        ("ロ－ラ", "ローラ", NotKatakana),
        ("ロ―ラ", "ローラ", NotKatakana),
        ("ロ‐ラ", "ローラ", NotKatakana),
        ("ロ−ラ", "ローラ", NotKatakana),
        ("ろ－ら", "ローラ", NotKatakana),
        ("ﾛｰﾗ", "ローラ", KanaNotComposed),
        ("ｻｸﾗ", "サクラ", KanaNotComposed),
        ("ｷｮｳ", "キョウ", KanaNotComposed),
        ("カ\u{3099}", "ガ", KanaNotComposed),
        ("か\u{3099}", "ガ", KanaNotComposed),
        ("ゔ", "ヴ", NotKatakana),
        ("ゐ", "ヰ", NotKatakana),
        ("ゖ", "ヶ", NotKatakana),
    ] {
        let to = to.to_owned();
        assert_eq!(
            furigana(given),
            NameVerdict::Normalise { to, why },
            "{given}"
        );
    }
    for (given, why) in [
        ("", NameUndecided),
        ("ヰ", KanaUnclear),
        ("ヱマ", KanaUnclear),
        ("ヵ", KanaUnclear),
        ("ヶ", KanaUnclear),
        ("ヷ", KanaUnclear),
        ("ーラ", MarkOutOfPlace),
    ] {
        assert_eq!(furigana(given), NameVerdict::Review(vec![why]), "{given}");
    }
    for given in [
        "花子",
        "サ花",
        "Sakura",
        "ｓ",
        "サ クラ",
        "サ\u{3000}クラ",
        " ",
        "サヽ",
        "サヾ",
        "すゞ",
        "サ・ラ",
        "サ〜",
        "サ~",
        "サ-ラ",
        "－ラ",
        "サ1",
        "サ１",
        "サ\u{200B}",
        "゛",
        "サ。",
        "々",
        "〆",
        "ｻ｡",
        "👶",
    ] {
        let verdict = furigana(given);
        let NameVerdict::Reject(problems) = verdict else {
            panic!("{given}: {verdict:?}");
        };
        assert_eq!(problems[0].code, CharacterNotAllowed, "{given}");
    }
    // Only what cannot be written another way is named.
    let NameVerdict::Reject(problems) = furigana("さ－花ｻ") else {
        panic!();
    };
    assert_eq!((problems.len(), problems[0].at), (1, Some(2)));
}

#[test]
fn close_permitted_forms_are_offered_for_forms_of_surnames_and_simplified_kanji() {
    for (given, offered) in [
        ('髙', '高'),
        ('﨑', '崎'),
        ('邊', '辺'),
        ('邉', '辺'),
        ('濵', '浜'),
        ('澤', '沢'),
        ('齋', '斎'),
        ('\u{20BB7}', '吉'),
        ('龙', '龍'),
        ('叱', '\u{20B9F}'),
        ('\u{2F00}', '一'),
        ('－', 'ー'),
        ('―', 'ー'),
    ] {
        assert_eq!(alternatives(given).first(), Some(&offered), "{given}");
    }
    assert!(alternatives('龘').is_empty() && alternatives('A').is_empty());
    // Whatever is offered can be taken, and nothing is offered for what needs nothing.
    for c in ideographs() {
        assert!(
            alternatives(c)
                .iter()
                .all(|offered| kanji(*offered).is_some()),
            "{c}"
        );
        assert!(kanji(c).is_none() || alternatives(c).is_empty(), "{c}");
        if let Some(first) = first_code_point(c) {
            assert_eq!(alternatives(c), [first]);
        }
    }
}

#[test]
fn a_kanji_is_found_by_reading_strokes_and_radical() {
    let characters = |found: Vec<&ubugoe_procedures::names::Kanji>| -> String {
        found.iter().map(|kanji| kanji.character).collect()
    };
    for (reading, c) in [
        ("はな", '花'),
        ("ハナ", '花'),
        ("さくら", '桜'),
        ("りん", '凛'),
        ("シン", '\u{FA19}'),
        ("しか", '\u{20B9F}'),
    ] {
        assert!(
            characters(kanji_by_reading(reading)).contains(c),
            "{reading}"
        );
    }
    // Whole readings come before longer ones.
    let hana = characters(kanji_by_reading("はな"));
    assert!(hana.find('花').unwrap() < hana.find('話').unwrap());
    assert!(kanji_by_reading("").is_empty() && kanji_by_reading("A").is_empty());
    assert!(characters(kanji_by_strokes(7)).contains('花'));
    assert!(characters(kanji_by_radical(140)).contains('花'));
    let flower = kanji('花').unwrap();
    assert_eq!(
        (flower.list, flower.radical, flower.strokes),
        (KanjiList::Joyo, 140, 7)
    );
    assert_eq!(flower.on().collect::<Vec<_>>(), ["カ"]);
    assert_eq!(flower.kun().collect::<Vec<_>>(), ["はな"]);
    let all: usize = (1..=214)
        .map(|radical| kanji_by_radical(radical).len())
        .sum();
    assert_eq!(all, 3000);
    let all: usize = (0..=u8::MAX)
        .map(|strokes| kanji_by_strokes(strokes).len())
        .sum();
    assert_eq!(all, 3000);
}

#[test]
fn thirty_thousand_of_anything_are_answered_at_once() {
    let began = Instant::now();
    for piece in [
        "花",
        "龘",
        "ー",
        "\u{3099}",
        "\u{E0100}",
        "👶\u{200D}",
        "ｶﾞ",
        "A",
        "－",
        "さ",
    ] {
        let text = piece.repeat(30_000);
        for text in [text.clone(), format!("か{text}"), format!("龘{text}")] {
            let _ = (given_name(&text), furigana(&text));
        }
    }
    assert!(
        began.elapsed() < Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
}

/// Text out of what names are made of, and of what spoils them.
fn likely() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>(),
        proptest::char::range('\u{3041}', '\u{30FF}'),
        proptest::char::range('\u{FF61}', '\u{FF9F}'),
        proptest::char::range('\u{4E00}', '\u{4EFF}'),
        proptest::char::range('\u{FA10}', '\u{FA6A}'),
        proptest::sample::select(vec![
            '\u{3099}',
            '\u{309A}',
            '\u{E0100}',
            '々',
            'ー',
            '－',
            '花',
            '\u{20B9F}'
        ]),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.into_iter().collect())
}

fn not_kana(text: &str) -> Vec<char> {
    let kana = |c: &char| {
        matches!(c, '\u{3041}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}')
            || matches!(c, '\u{FF0D}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
    };
    text.chars().filter(|c| !kana(c)).collect()
}

proptest! {
    #[test]
    fn only_kana_are_ever_written_another_way_and_once_is_enough(text in likely()) {
        for judge in [given_name as fn(&str) -> NameVerdict, furigana] {
            match judge(&text) {
                NameVerdict::Normalise { to, .. } => {
                    prop_assert_ne!(&to, &text);
                    prop_assert_eq!(not_kana(&to), not_kana(&text));
                    let again = judge(&to);
                    let settled = matches!(again, NameVerdict::Accept | NameVerdict::Review(_));
                    prop_assert!(settled, "{:?} {:?}", to, again);
                }
                NameVerdict::Review(reasons) => prop_assert!(!reasons.is_empty()),
                NameVerdict::Reject(problems) => {
                    prop_assert!(!problems.is_empty());
                    for problem in problems {
                        let character = problem.character.unwrap();
                        prop_assert!(text.contains(&character));
                    }
                }
                NameVerdict::Accept => {}
            }
        }
    }

    #[test]
    fn a_name_is_permitted_exactly_when_each_of_its_kanji_is(text in "\\p{Han}{1,8}") {
        // 々 and 〇 are Han to Unicode.
        prop_assume!(!text.contains(['々', '〇', '〻']));
        let all = text.chars().all(|c| kanji(c).is_some());
        prop_assert_eq!(given_name(&text) == NameVerdict::Accept, all);
        prop_assert_eq!(compose_kana(&text), text);
    }

    #[test]
    fn no_small_kana_is_ever_made_large(text in "[ぁ-ん]{1,10}") {
        let NameVerdict::Normalise { to, .. } = furigana(&text) else {
            panic!("{text}");
        };
        let shifted: String = text
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0x60).unwrap())
            .collect();
        prop_assert_eq!(to, shifted);
    }
}
