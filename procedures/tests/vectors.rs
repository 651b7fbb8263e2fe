//! The calendar and the codes against computed vectors (`data/testvectors.json`).
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{asukoe, born, catalogue, procedure};
use jiff::civil::{Date, date};
use serde_json::Value;
use ubugoe_procedures::calendar::{
    CalendarError, Era, Month, WarekiError, age_on, allowance_first_month, attains,
    fiscal_year_end_after_attaining, from_wareki, last_day_after_event, last_day_of_months,
    plus_days, under_three_last_month, wareki,
};
use ubugoe_procedures::catalogue::Length;
use ubugoe_procedures::{FilerRole, IdError, MunicipalityCode, plan};

fn vectors() -> Value {
    serde_json::from_str(include_str!("data/testvectors.json")).unwrap()
}

fn rows(of: &str) -> Vec<Value> {
    let rows = vectors()[of].as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

fn day(row: &Value, name: &str) -> Date {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name}"))
        .parse()
        .unwrap()
}

#[test]
fn ages_fiscal_years_and_periods_agree_with_every_birth_row() {
    for row in rows("birth_rows") {
        let birth = day(&row, "birth");
        let expected = |name: &str| day(&row, name);
        assert_eq!(
            under_three_last_month(birth).to_string(),
            row["under3_last_month"].as_str().unwrap()
        );
        assert_eq!(
            fiscal_year_end_after_attaining(birth, 18),
            expected("age18_fy_end")
        );
        assert_eq!(
            fiscal_year_end_after_attaining(birth, 22),
            expected("age22_fy_end")
        );
        assert_eq!(
            last_day_of_months(birth, 2),
            expected("age_2months_attained")
        );
        assert_eq!(attains(birth, 1), expected("age_1year_attained"));
        assert_eq!(plus_days(birth, 42), expected("rota_first_day_6w0d"));
        assert_eq!(
            plus_days(birth, 104),
            expected("rota_first_dose_advised_by_14w6d")
        );
        assert_eq!(plus_days(birth, 168), expected("rotarix_last_day_24w0d"));
        assert_eq!(plus_days(birth, 224), expected("rotateq_last_day_32w0d"));
        assert_eq!(plus_days(birth, 28), expected("kenshin_1m_from(day28)"));
        assert_eq!(plus_days(birth, 41), expected("kenshin_1m_until(day41)"));
        assert_eq!(
            last_day_after_event(birth, 30),
            expected("zairyu_30d_first_day_excluded")
        );
        assert_eq!(
            last_day_after_event(birth, 60),
            expected("keika_taizai_60d_first_day_excluded")
        );
    }
}

/// Traps 1, 3, 5, 6: both deadlines of the line, as counted and as rolled.
#[test]
fn the_line_has_the_deadlines_of_every_birth_row() {
    let catalogue = catalogue();
    for row in rows("birth_rows") {
        let line = plan(catalogue, &born(day(&row, "birth")));
        let due = |id: &str| {
            line.items
                .iter()
                .find(|item| item.procedure.as_str() == id)
                .unwrap()
                .due
                .unwrap()
        };
        let (birth, claim) = (due("shussei_todoke"), due("jido_teate_nintei"));
        assert_eq!(birth.last_day, day(&row, "shussei_todoke_day14"));
        assert_eq!(claim.last_day, day(&row, "jido_teate_day15"));
        // The vectors' own holiday list begins in 2026.
        if !row["shussei_todoke_due"].is_null() {
            assert_eq!(birth.open_until, day(&row, "shussei_todoke_due"));
            assert_eq!(claim.open_until, day(&row, "jido_teate_due"));
        }
        assert!(birth.rolled && claim.rolled);
    }
}

#[test]
fn the_allowance_begins_in_the_month_of_every_vector() {
    let catalogue = catalogue();
    let code = asukoe();
    for row in rows("child_allowance_start_month") {
        let first = allowance_first_month(
            day(&row, "birth"),
            day(&row, "claim_received"),
            &catalogue.calendar(&code),
        );
        assert_eq!(
            first.unwrap().to_string(),
            row["first_month_paid"].as_str().unwrap(),
            "{row}"
        );
    }
}

#[test]
fn closing_days_agree_with_every_vector() {
    let catalogue = catalogue();
    let code = asukoe();
    for row in rows("closed_day") {
        let closed = catalogue
            .calendar(&code)
            .is_closed(day(&row, "date"))
            .unwrap();
        assert_eq!(closed, row["closed"].as_bool().unwrap(), "{row}");
    }
}

#[test]
fn a_year_without_a_holiday_table_is_an_error_and_a_deadline_there_is_never_too_late() {
    let catalogue = catalogue();
    let code = asukoe();
    let error = catalogue.calendar(&code).is_closed(date(2028, 1, 4));
    assert_eq!(error, Err(CalendarError::NoHolidayTable { year: 2028 }));
    let due = plan(catalogue, &born(date(2028, 4, 19))).items[0]
        .due
        .unwrap();
    assert_eq!(
        (due.last_day, due.open_until, due.rolled),
        (date(2028, 5, 2), date(2028, 5, 2), false)
    );
}

#[test]
fn municipality_codes_have_the_published_check_digits() {
    for row in rows("municipality_code_check_digit") {
        let code5 = row["code5"].as_str().unwrap();
        let check = u8::try_from(row["check"].as_u64().unwrap()).unwrap();
        assert_eq!(MunicipalityCode::check_digit(code5), Some(check));
        let code6 = row["code6"].as_str().unwrap();
        assert_eq!(
            code6.parse::<MunicipalityCode>().unwrap().to_string(),
            code6
        );
    }
}

/// Trap 22: places of the same name are told apart by code, and a wrong digit is found.
#[test]
fn towns_of_the_same_name_differ_by_code_and_a_wrong_digit_is_named() {
    for pair in [
        ["132063", "342084"],
        ["012335", "072133"],
        ["016012", "303828"],
    ] {
        let codes: Vec<MunicipalityCode> = pair.iter().map(|code| code.parse().unwrap()).collect();
        assert_ne!(codes[0], codes[1]);
    }
    assert_eq!(
        "132064".parse::<MunicipalityCode>(),
        Err(IdError::MunicipalityCheckDigit {
            given: "132064".to_owned(),
            expected: 3
        })
    );
    for bad in ["", "13206", "1320633", "13206３", "abcdef", "13 063"] {
        assert!(
            matches!(
                bad.parse::<MunicipalityCode>(),
                Err(IdError::MunicipalityShape { .. })
            ),
            "{bad:?}"
        );
    }
}

/// Trap 1: one minute makes another deadline day.
#[test]
fn a_birth_at_23_59_belongs_to_its_own_day() {
    let catalogue = catalogue();
    let mut facts = born(date(2026, 11, 22));
    let due = |facts: &_| plan(catalogue, facts).items[0].due.unwrap();
    let before = due(&facts);
    assert_eq!(
        (before.last_day, before.open_until),
        (date(2026, 12, 5), date(2026, 12, 7))
    );
    facts.certificate.as_mut().unwrap().birth_dt = date(2026, 11, 23).at(0, 0, 0, 0);
    let after = due(&facts);
    assert_eq!(
        (after.last_day, after.open_until),
        (date(2026, 12, 6), date(2026, 12, 7))
    );
}

/// Trap 7, trap 8.
#[test]
fn first_of_month_and_first_of_april_births_are_counted_by_their_own_rules() {
    assert_eq!(
        under_three_last_month(date(2026, 4, 1)),
        Month {
            year: 2029,
            month: 4
        }
    );
    assert_eq!(
        fiscal_year_end_after_attaining(date(2026, 4, 1), 18),
        date(2044, 3, 31)
    );
    assert_eq!(
        fiscal_year_end_after_attaining(date(2026, 4, 2), 18),
        date(2045, 3, 31)
    );
    assert_eq!(
        fiscal_year_end_after_attaining(date(2026, 4, 1), 6),
        date(2032, 3, 31)
    );
}

/// Trap 14: two recipients when the child is born away from home; late is not left out (trap 13).
#[test]
fn a_birth_away_from_home_goes_to_two_municipalities_and_late_ones_stay_on_the_line() {
    let catalogue = catalogue();
    let mut facts = born(date(2026, 11, 22));
    facts.home = "131016".parse().unwrap();
    facts.today = date(2027, 3, 1);
    let line = plan(catalogue, &facts);
    let recipients: Vec<String> = line
        .items
        .iter()
        .map(|item| item.recipient.to_string())
        .collect();
    assert_eq!(recipients, ["991015", "131016"]);
    assert!(!line.items[0].due.unwrap().in_time(facts.today));
    facts.certificate = None;
    assert!(
        plan(catalogue, &facts)
            .items
            .iter()
            .all(|item| item.due.is_none())
    );
}

#[test]
fn eras_change_on_their_days_both_ways() {
    let cases = [
        (date(2026, 11, 22), "令和8年11月22日", Era::Reiwa, 8),
        (date(2019, 5, 1), "令和元年5月1日", Era::Reiwa, 1),
        (date(2019, 4, 30), "平成31年4月30日", Era::Heisei, 31),
        (date(1989, 1, 8), "平成元年1月8日", Era::Heisei, 1),
        (date(1989, 1, 7), "昭和64年1月7日", Era::Showa, 64),
        (date(1926, 12, 25), "昭和元年12月25日", Era::Showa, 1),
        (date(1926, 12, 24), "大正15年12月24日", Era::Taisho, 15),
        (date(1912, 7, 30), "大正元年7月30日", Era::Taisho, 1),
        (date(1912, 7, 29), "明治45年7月29日", Era::Meiji, 45),
        (date(1873, 1, 1), "明治6年1月1日", Era::Meiji, 6),
    ];
    for (western, shown, era, year) in cases {
        assert_eq!(wareki(western).unwrap().to_string(), shown);
        assert_eq!(
            from_wareki(era, year, western.month(), western.day()),
            Ok(western)
        );
    }
    assert!(wareki(date(1872, 12, 31)).is_none());
    assert!(matches!(
        from_wareki(Era::Showa, 64, 1, 8),
        Err(WarekiError::OutsideEra { .. })
    ));
    assert!(matches!(
        from_wareki(Era::Reiwa, 0, 1, 1),
        Err(WarekiError::NoSuchDay { .. })
    ));
    assert!(matches!(
        from_wareki(Era::Reiwa, i16::MAX, 1, 1),
        Err(WarekiError::NoSuchDay { .. })
    ));
    assert!(matches!(
        from_wareki(Era::Reiwa, 8, 2, 29),
        Err(WarekiError::NoSuchDay { .. })
    ));
}

/// Trap 33: ages on the form are those at the birth, not at filing.
#[test]
fn ages_count_up_on_the_birthday_and_29_february_waits_for_march() {
    assert_eq!(age_on(date(1996, 11, 23), date(2026, 11, 22)), Some(29));
    assert_eq!(age_on(date(1996, 11, 23), date(2026, 11, 23)), Some(30));
    assert_eq!(age_on(date(2000, 2, 29), date(2026, 2, 28)), Some(25));
    assert_eq!(age_on(date(2000, 2, 29), date(2026, 3, 1)), Some(26));
    assert_eq!(age_on(date(2026, 11, 23), date(2026, 11, 22)), None);
}

#[test]
fn the_deadline_rules_stand_in_the_catalogue() {
    let catalogue = catalogue();
    assert_eq!(
        procedure(catalogue, "shussei_todoke")
            .deadline
            .as_ref()
            .unwrap()
            .length,
        Length::Days(14)
    );
    assert_eq!(
        procedure(catalogue, "jido_teate_nintei")
            .deadline
            .as_ref()
            .unwrap()
            .length,
        Length::Days(15)
    );
}

#[test]
fn a_midwife_who_files_the_birth_does_not_claim_the_allowance() {
    let mut facts = born(date(2026, 11, 22));
    facts.role = FilerRole::Midwife;
    let line = plan(catalogue(), &facts);
    let ids: Vec<&str> = line
        .items
        .iter()
        .map(|item| item.procedure.as_str())
        .collect();
    assert_eq!(ids, ["shussei_todoke"]);
}
