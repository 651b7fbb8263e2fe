//! Codes against published ones, tables against their totals, and postcodes against a walk over all of them.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::Value;
use ubugoe_procedures::MunicipalityCode;
use ubugoe_procedures::codes::{
    AccountHolder, AccountKind, AccountNumber, BankCode, BranchCode, CodeError, CorporateBody,
    CorporateNumber, InsurerKind, InsurerNumber, Municipality, MunicipalityKind, Postcode, YUCHO,
    YuchoSymbol, bank, banks, banks_read, branch, branches, municipalities, municipalities_named,
    municipality, municipality_by_jis, towns, wards, yucho_account,
};
use ubugoe_procedures::names::same_in_bank;

fn code(text: &str) -> MunicipalityCode {
    text.parse().unwrap()
}

fn named(text: &str) -> &'static Municipality {
    municipality(code(text)).unwrap()
}

fn codes(found: &[&Municipality]) -> Vec<String> {
    found.iter().map(|found| found.code.to_text()).collect()
}

#[test]
fn every_published_check_digit_of_a_municipality_is_right_and_every_other_wrong() {
    let vectors: Value = serde_json::from_str(include_str!("data/testvectors.json")).unwrap();
    let rows = vectors["municipality_code_check_digit"].as_array().unwrap();
    assert_eq!(rows.len(), 11);
    for row in rows {
        let (code5, code6) = (
            row["code5"].as_str().unwrap(),
            row["code6"].as_str().unwrap(),
        );
        let check = u8::try_from(row["check"].as_u64().unwrap()).unwrap();
        assert_eq!(MunicipalityCode::check_digit(code5), Some(check));
        for digit in 0..=9 {
            let given = format!("{code5}{digit}");
            assert_eq!(given.parse::<MunicipalityCode>().is_ok(), given == code6);
        }
        assert_eq!(municipality(code(code6)), municipality_by_jis(code5));
        assert!(municipality_by_jis(code5).is_some(), "{code5}");
    }
    // dataformats.md §4.
    for (given, name) in [
        ("131016", "東京都千代田区"),
        ("130001", "東京都"),
        ("141003", "神奈川県横浜市"),
        ("261009", "京都府京都市"),
        ("473821", "沖縄県八重山郡与那国町"),
    ] {
        assert_eq!(named(given).full_name(), name);
    }
}

#[test]
fn the_table_has_47_prefectures_1741_municipalities_171_wards_and_seven_dead_ones() {
    use MunicipalityKind::{City, DesignatedCity, Prefecture, SpecialWard, Town, Village, Ward};
    let today = date(2026, 11, 22);
    let count = |kind| {
        let alive = |row: &&Municipality| row.kind == kind && row.in_force(today);
        municipalities().iter().filter(alive).count()
    };
    assert_eq!(count(Prefecture), 47);
    assert_eq!((count(DesignatedCity), count(SpecialWard)), (20, 23));
    assert_eq!((count(City), count(Town), count(Village)), (772, 743, 183));
    assert_eq!(20 + 23 + 772 + 743 + 183, 1741);
    assert_eq!(count(Ward), 171);
    assert_eq!(municipalities().len(), 47 + 1741 + 171 + 7);
    assert!(municipalities().is_sorted_by(|a, b| a.code < b.code));
    for row in municipalities() {
        assert_eq!(municipality(row.code), Some(row));
        let prefecture = row.code.to_text()[..2].to_owned();
        assert_eq!(
            municipality_by_jis(&format!("{prefecture}000"))
                .unwrap()
                .name,
            row.prefecture
        );
        assert!(!row.name.is_empty() && !row.kana.is_empty());
    }
}

/// Trap 22.
#[test]
fn towns_of_one_name_differ_by_code_and_prefecture() {
    for (name, one, other) in [
        ("府中市", "132063", "342084"),
        ("伊達市", "012335", "072133"),
        ("日高町", "016012", "303828"),
    ] {
        assert_eq!(codes(&municipalities_named(name)), [one, other]);
        for given in [one, other] {
            assert_eq!(named(given).name, name);
            let whole = named(given).full_name();
            assert_eq!(codes(&municipalities_named(&whole)), [given], "{whole}");
        }
        assert_ne!(named(one).prefecture, named(other).prefecture);
    }
    assert_eq!(codes(&municipalities_named("沙流郡日高町")), ["016012"]);
    assert_eq!(codes(&municipalities_named("東京都")), ["130001"]);
    assert!(municipalities_named("").is_empty() && municipalities_named("日高").is_empty());
}

#[test]
fn wards_of_a_designated_city_have_codes_of_their_own_with_days() {
    let hamamatsu = code("221309");
    assert_eq!(named("221309").kind, MunicipalityKind::DesignatedCity);
    assert_eq!(
        codes(&wards(hamamatsu, date(2024, 1, 1))),
        ["221384", "221392", "221406"]
    );
    let before = wards(hamamatsu, date(2023, 12, 31));
    assert_eq!(before.len(), 7);
    assert!(
        before
            .iter()
            .all(|ward| ward.last_day == Some(date(2023, 12, 31)))
    );
    assert_eq!(wards(code("141003"), date(2026, 11, 22)).len(), 18);
    assert_eq!(wards(code("271004"), date(2026, 11, 22)).len(), 24);
    assert!(wards(code("132063"), date(2026, 11, 22)).is_empty());
    assert_eq!(named("141011").full_name(), "神奈川県横浜市鶴見区");
    // Osaka has a 中央区 too, and every one is its own.
    assert!(municipalities_named("中央区").len() > 5);
}

#[test]
fn corporate_numbers_are_checked_and_those_of_municipalities_lead_to_them() {
    for (given, body) in [
        ("8000020130001", CorporateBody::Municipality(code("130001"))),
        ("6000012070001", CorporateBody::State),
    ] {
        let number: CorporateNumber = given.parse().unwrap();
        assert_eq!(number.body(), body);
        assert_eq!(number.to_string(), given);
        for digit in 0..=9u8 {
            let other = format!("{digit}{}", &given[1..]);
            let expected = given.as_bytes()[0] - b'0';
            let parsed = other.parse::<CorporateNumber>();
            if digit == expected {
                assert!(parsed.is_ok());
            } else {
                assert_eq!(parsed, Err(CodeError::CorporateCheckDigit { expected }));
            }
        }
    }
    for bad in [
        "",
        "8",
        "800002013000",
        "80000201300011",
        "８000020130001",
        "80000201300 1",
    ] {
        assert_eq!(
            bad.parse::<CorporateNumber>(),
            Err(CodeError::CorporateShape),
            "{bad}"
        );
    }
}

#[test]
fn insurers_numbers_have_eight_or_six_digits_and_a_check_digit() {
    for (given, kind) in [
        ("01130012", InsurerKind::KyokaiKenpo),
        ("138016", InsurerKind::Kokuho),
    ] {
        let number: InsurerNumber = given.parse().unwrap();
        assert_eq!((number.kind(), number.prefecture()), (kind, Some(13)));
        assert_eq!(number.to_string(), given);
        let (body, check) = given.split_at(given.len() - 1);
        for digit in 0..=9u8 {
            let parsed = format!("{body}{digit}").parse::<InsurerNumber>();
            let expected: u8 = check.parse().unwrap();
            if digit == expected {
                assert!(parsed.is_ok());
            } else {
                assert_eq!(parsed, Err(CodeError::InsurerCheckDigit { expected }));
            }
        }
    }
    for bad in ["", "1", "1380161", "011300120", "13801６", "13 016"] {
        assert_eq!(
            bad.parse::<InsurerNumber>(),
            Err(CodeError::InsurerShape),
            "{bad}"
        );
    }
}

#[test]
fn the_table_of_banks_is_whole_and_every_branch_is_found() {
    assert_eq!(banks().count(), 1146);
    let mut all = 0;
    let mut before: Option<BankCode> = None;
    for each in banks() {
        assert!(before.is_none_or(|before| before < each.code));
        before = Some(each.code);
        assert_eq!(bank(each.code), Some(each));
        let own: Vec<_> = branches(each.code).collect();
        assert!(own.is_sorted_by(|a, b| a.code < b.code), "{each:?}");
        assert!(
            own.iter()
                .all(|branch| !branch.name.is_empty() && !branch.kana.is_empty())
        );
        if let Some(last) = own.last() {
            assert_eq!(branch(each.code, last.code), Some(*last));
        }
        all += own.len();
    }
    assert_eq!(all, 28_944);
    let mizuho: BankCode = "0001".parse().unwrap();
    assert_eq!(bank(mizuho).unwrap().name, "みずほ");
    assert_eq!(
        branch(mizuho, "001".parse().unwrap()).unwrap().name,
        "東京営業部"
    );
    assert!(branch(mizuho, "999".parse().unwrap()).is_none());
    assert!(bank("0000".parse().unwrap()).is_none() && bank("9999".parse().unwrap()).is_none());
    assert_eq!(branches("9998".parse().unwrap()).count(), 0);
}

#[test]
fn a_bank_is_found_by_its_reading_whatever_the_kana() {
    let ufj: BankCode = "0005".parse().unwrap();
    assert_eq!(bank(ufj).unwrap().kana, "ミツビシユ－エフジエイ");
    for typed in [
        "ミツビシユーエフジェイ",
        "みつびしゆーえふじぇい",
        "ﾐﾂﾋﾞｼﾕｰｴﾌｼﾞｪｲ",
        "ミツビシユ－エフ",
    ] {
        assert!(banks_read(typed).any(|bank| bank.code == ufj), "{typed}");
    }
    assert!(same_in_bank(
        "ミツビシユ－エフジエイ",
        "ミツビシユーエフジェイ"
    ));
    assert!(!same_in_bank("キヨウ", "キオウ"));
}

#[test]
fn yucho_symbols_and_numbers_become_the_account_other_banks_know() {
    use AccountKind::{Current, Ordinary};
    let account = |kigo, bango| {
        yucho_account(kigo, bango).map(|account| {
            assert_eq!(account.bank, YUCHO);
            let name = branch(account.bank, account.branch).unwrap().name;
            (
                account.branch.to_string(),
                name,
                account.kind,
                account.number.to_string(),
            )
        })
    };
    let row = |branch: &str, name, kind, number: &str| {
        Ok((branch.to_owned(), name, kind, number.to_owned()))
    };
    assert_eq!(
        account("14030", "12345671"),
        row("408", "四〇八", Ordinary, "1234567")
    );
    assert_eq!(
        account("10120", "231"),
        row("018", "〇一八", Ordinary, "0000023")
    );
    assert_eq!(
        account("17300", "19927651"),
        row("738", "七三八", Ordinary, "1992765")
    );
    // 振替口座: the number as it is.
    assert_eq!(
        account("00580", "654321"),
        row("059", "〇五九", Current, "0654321")
    );
    assert_eq!(
        account("00160", "100001"),
        row("019", "〇一九", Current, "0100001")
    );
    for (kigo, bango, error) in [
        ("14030", "12345670", CodeError::YuchoSavingsNumber),
        ("14030", "123456781", CodeError::YuchoSavingsNumber),
        ("14030", "1", CodeError::YuchoSavingsNumber),
        ("14030", "", CodeError::YuchoSavingsNumber),
        ("14030", "１1", CodeError::YuchoSavingsNumber),
        ("00580", "1234567", CodeError::YuchoTransferNumber),
        ("00580", "", CodeError::YuchoTransferNumber),
        ("24030", "12345671", CodeError::YuchoSymbol),
        ("14031", "12345671", CodeError::YuchoSymbol),
        ("1403", "12345671", CodeError::YuchoSymbol),
    ] {
        assert_eq!(yucho_account(kigo, bango), Err(error), "{kigo} {bango}");
    }
}

#[test]
fn every_branch_of_yucho_ends_in_8_or_9_and_has_a_symbol() {
    let all: Vec<BranchCode> = branches(YUCHO).map(|branch| branch.code).collect();
    assert_eq!(all.len(), 94);
    for code in all {
        let text = code.to_string();
        let kind = if text.ends_with('8') { '1' } else { '0' };
        assert!(text.ends_with(['8', '9']));
        let symbol: YuchoSymbol = format!("{kind}{}50", &text[..2]).parse().unwrap();
        assert_eq!(symbol.branch(), code);
    }
}

#[test]
fn account_numbers_are_padded_and_holders_are_written_as_the_ledger_has_them() {
    assert_eq!(
        "123".parse::<AccountNumber>().unwrap().to_string(),
        "0000123"
    );
    for bad in ["", "12345678", "１", "-1", "1 2"] {
        assert_eq!(
            bad.parse::<AccountNumber>(),
            Err(CodeError::AccountNumberShape),
            "{bad}"
        );
    }
    assert_eq!("3".parse::<AccountKind>(), Err(CodeError::AccountKind));
    let holder = AccountHolder::from_reading("カミヤマ　キョウコ").unwrap();
    assert_eq!(holder.as_str(), "ｶﾐﾔﾏ ｷﾖｳｺ");
    assert!(holder.may_be("かみやまきょうこ") && !holder.may_be("カミヤマ ハナコ"));
    assert_eq!(
        "ｷｮｳ".parse::<AccountHolder>(),
        Err(CodeError::AccountHolder)
    );
    for bad in ["", " ", "花子", &"ア".repeat(31)] {
        assert_eq!(
            AccountHolder::from_reading(bad),
            Err(CodeError::AccountHolder),
            "{bad}"
        );
    }
}

#[test]
fn a_postcode_leads_to_its_towns() {
    let of = |text: &str| -> Vec<String> {
        towns(Postcode::read(text).unwrap())
            .map(|town| format!("{}{}", town.municipality.full_name(), town.name))
            .collect()
    };
    for written in [
        "1000001",
        "100-0001",
        "〒100-0001",
        "１００－０００１",
        " 100 0001 ",
    ] {
        assert_eq!(of(written), ["東京都千代田区千代田"], "{written}");
    }
    assert_eq!(of("0600041"), ["北海道札幌市中央区大通東"]);
    assert_eq!(of("6008216"), ["京都府京都市下京区東塩小路町"]);
    // The first and the last there are, and an office's.
    assert_eq!(of("0010000"), ["北海道札幌市北区"]);
    assert_eq!(of("9998531").len(), 1);
    assert_eq!(of("0608621"), ["北海道札幌市中央区北一条西"]);
    // One code, two municipalities; one code, many towns.
    assert_eq!(of("0040000"), ["北海道札幌市厚別区", "北海道札幌市清田区"]);
    assert!(of("4411324").len() >= 3);
    for nobody in ["0000000", "9999999", "0010099"] {
        assert!(of(nobody).is_empty(), "{nobody}");
    }
    for bad in ["", "100", "10000011", "100-000A", "花"] {
        assert_eq!(Postcode::read(bad), Err(CodeError::PostcodeShape), "{bad}");
    }
    assert!("100-0001".parse::<Postcode>().is_err());
}

#[test]
fn every_postcode_of_the_table_is_found_and_no_other() {
    // What the file says, read the slow way.
    let file = include_str!("../data/postcodes.txt");
    let mut listed = BTreeSet::new();
    let mut prefix = "";
    for line in file.lines() {
        if let Some(head) = line.strip_prefix('=') {
            prefix = &head[..3];
        } else {
            assert!(
                listed.insert(format!("{prefix}{}", &line[..4])),
                "{prefix} {line}"
            );
        }
    }
    assert_eq!(listed.len(), 142_920);
    for text in &listed {
        let postcode: Postcode = text.parse().unwrap();
        assert!(towns(postcode).next().is_some(), "{text}");
    }
    // And nobody else is found: every code beside a listed one, and a walk in steps.
    let beside = listed
        .iter()
        .filter_map(|text| text.parse::<u32>().ok())
        .map(|number| number + 1);
    for number in beside.chain((0..10_000_000).step_by(997)) {
        let text = format!("{number:07}");
        if let Ok(postcode) = text.parse::<Postcode>() {
            assert_eq!(
                towns(postcode).next().is_some(),
                listed.contains(&text),
                "{text}"
            );
        }
    }
}

#[test]
fn a_look_up_takes_microseconds() {
    let all: Vec<Postcode> = (0..10_000_000u32)
        .step_by(331)
        .map(|number| format!("{number:07}").parse().unwrap())
        .collect();
    let _ = towns(all[0]).count();
    let began = Instant::now();
    for postcode in &all {
        black_box(towns(black_box(*postcode)).count());
    }
    let each = began.elapsed() / u32::try_from(all.len()).unwrap();
    // Unoptimised and on a busy machine; the bench has the real figure.
    assert!(each < Duration::from_micros(200), "{each:?}");
}

#[test]
fn no_error_repeats_what_was_given() {
    // An individual number with a right check digit, in the wrong field.
    let number = &individual_number("");
    for error in [
        number.parse::<CorporateNumber>().unwrap_err(),
        number.parse::<InsurerNumber>().unwrap_err(),
        number.parse::<BankCode>().unwrap_err(),
        number.parse::<BranchCode>().unwrap_err(),
        number.parse::<AccountNumber>().unwrap_err(),
        number.parse::<AccountKind>().unwrap_err(),
        number
            .parse::<AccountHolder>()
            .map(|_| ())
            .err()
            .unwrap_or(CodeError::AccountHolder),
        Postcode::read(number).unwrap_err(),
        yucho_account(number, number).unwrap_err(),
    ] {
        assert!(!format!("{error} {error:?}").contains("1234"), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arbitrary_text_is_refused_or_comes_back_as_it_was(text in any::<String>(), number in "[0-9]{0,14}") {
        for text in [&text, &number] {
            if let Ok(code) = text.parse::<CorporateNumber>() { prop_assert_eq!(&code.to_string(), text); }
            if let Ok(code) = text.parse::<InsurerNumber>() { prop_assert_eq!(&code.to_string(), text); }
            if let Ok(code) = text.parse::<BankCode>() { prop_assert_eq!(&code.to_string(), text); }
            if let Ok(code) = text.parse::<BranchCode>() { prop_assert_eq!(&code.to_string(), text); }
            if let Ok(code) = text.parse::<Postcode>() { prop_assert_eq!(&code.to_string(), text); }
            let _ = (Postcode::read(text), yucho_account(text, text), AccountHolder::from_reading(text));
            let _ = (municipality_by_jis(text), municipalities_named(text), banks_read(text).count());
        }
    }

    #[test]
    fn one_wrong_digit_never_passes_for_an_insurers_number(body in "[0-9]{7}", at in 0usize..7, by in 1u8..10) {
        let wrong: String = body
            .bytes()
            .enumerate()
            .map(|(place, byte)| {
                let digit = byte - b'0';
                char::from(b'0' + if place == at { (digit + by) % 10 } else { digit })
            })
            .collect();
        let check = InsurerNumber::check_digit(&body).unwrap();
        let (right, wrong) = (format!("{body}{check}"), format!("{wrong}{check}"));
        prop_assert!(right.parse::<InsurerNumber>().is_ok());
        prop_assert!(wrong.parse::<InsurerNumber>().is_err());
    }
}

/// Twelve digits whose last fits the others: made here, so that no text of ours holds them in a row.
fn individual_number(between: &str) -> String {
    ["1234", "5678", "9018"].join(between)
}
