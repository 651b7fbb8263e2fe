//! The benefits beside the child allowance: the domain's literals, both sides of every limit, and the vectors of the
//! premium reliefs.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::Value;
use ubugoe_procedures::amounts::{
    AmountError, Amounts, Benefits, Childbirth, ChildcareRelief, Class, DisabledChild,
    GradedChildren, MaternityPay, MaternityRelief, Means, MonthNumber, Outcome, Parent, Part,
    Pregnancy, PregnancySupport, RearingClaim, Unit,
};

fn benefits() -> &'static Benefits {
    &Amounts::builtin().unwrap().benefits
}

fn month(text: &str) -> MonthNumber {
    text.parse().unwrap()
}

fn part(outcome: &Outcome<'_>, name: &str) -> Option<i64> {
    outcome.parts.iter().find_map(|(found, part)| match part {
        Part::Number(number) if *found == name => Some(*number),
        _ => None,
    })
}

fn rules(outcome: &Outcome<'_>) -> Vec<String> {
    let rules = outcome.reasons.iter().map(|reason| reason.clause.id());
    rules.map(str::to_owned).collect()
}

// 児童扶養手当

fn claim(income: i64, dependants: i64, children: i64) -> RearingClaim {
    RearingClaim {
        children,
        claimant: Means { income, dependants },
        elderly_dependants: 0,
        specified_dependants: 0,
        child_support: 0,
        relatives: Vec::new(),
        pension: 0,
        month: month("2026-11"),
    }
}

fn rearing(claim: &RearingClaim) -> (Class, i64) {
    let outcome = benefits().child_rearing_allowance(claim).unwrap();
    (outcome.class, outcome.total.unwrap())
}

#[test]
fn the_ministrys_example_of_44_080_yen_comes_out() {
    // An income 150,000 yen above the limit, whatever the number of dependants.
    for dependants in 0..=3 {
        let income = 690_000 + 380_000 * dependants + 150_000;
        assert_eq!(
            rearing(&claim(income, dependants, 1)),
            (Class::Partial, 44_080)
        );
    }
}

#[test]
fn an_income_at_a_limit_is_no_longer_below_it() {
    for dependants in [0, 1, 2, 5] {
        let (full, none) = (
            690_000 + 380_000 * dependants,
            2_080_000 + 380_000 * dependants,
        );
        let at = |income| rearing(&claim(income, dependants, 1));
        assert_eq!(at(full - 1), (Class::Full, 48_050));
        assert_eq!(at(full), (Class::Partial, 48_040));
        assert_eq!(at(none - 1), (Class::Partial, 11_340));
        assert_eq!(at(none), (Class::None, 0));
    }
    assert_eq!(rearing(&claim(-5_000_000, 0, 1)), (Class::Full, 48_050));
}

#[test]
fn further_children_bring_11_350_each_or_less_down_to_5_680() {
    assert_eq!(rearing(&claim(0, 3, 3)), (Class::Full, 48_050 + 2 * 11_350));
    assert_eq!(
        rearing(&claim(690_000, 0, 2)),
        (Class::Partial, 48_040 + 11_340)
    );
    assert_eq!(
        rearing(&claim(2_079_999, 0, 3)),
        (Class::Partial, 11_340 + 2 * 5_680)
    );
    // 150,000 × 0.0040719 = 610.785.
    assert_eq!(
        rearing(&claim(840_000, 0, 2)),
        (Class::Partial, 44_080 + 11_340 - 610)
    );
}

/// Month; full amounts; least partial amounts; limits.
type Year = (&'static str, [i64; 3], [i64; 3], i64, i64);

#[test]
fn every_year_has_its_amounts_limits_and_smallest_partial_amount() {
    let years: [Year; 6] = [
        (
            "2022-04",
            [43_070, 10_170, 6_100],
            [10_160, 5_090, 3_050],
            490_000,
            1_920_000,
        ),
        (
            "2023-04",
            [44_140, 10_420, 6_250],
            [10_410, 5_210, 3_130],
            490_000,
            1_920_000,
        ),
        (
            "2024-10",
            [45_500, 10_750, 6_450],
            [10_740, 5_380, 3_230],
            490_000,
            1_920_000,
        ),
        (
            "2024-11",
            [45_500, 10_750, 10_750],
            [10_740, 5_380, 5_380],
            690_000,
            2_080_000,
        ),
        (
            "2025-04",
            [46_690, 11_030, 11_030],
            [11_010, 5_520, 5_520],
            690_000,
            2_080_000,
        ),
        (
            "2026-04",
            [48_050, 11_350, 11_350],
            [11_340, 5_680, 5_680],
            690_000,
            2_080_000,
        ),
    ];
    for (of, full, least, full_limit, partial_limit) in years {
        let total = |income, children| {
            let mut asked = claim(income, 0, children);
            asked.month = month(of);
            rearing(&asked)
        };
        for children in 1..=3usize {
            let (number, below) = (i64::try_from(children).unwrap(), full_limit - 1);
            let sum = |of: &[i64; 3]| of[..children].iter().sum::<i64>();
            assert_eq!(total(below, number), (Class::Full, sum(&full)), "{of}");
            assert_eq!(
                total(partial_limit - 1, number),
                (Class::Partial, sum(&least)),
                "{of}"
            );
            assert_eq!(total(partial_limit, number), (Class::None, 0), "{of}");
        }
    }
    let mut before = claim(0, 0, 1);
    before.month = month("2022-03");
    assert_eq!(
        benefits().child_rearing_allowance(&before),
        Err(AmountError::BeforeTable {
            month: month("2022-03"),
            first: month("2022-04"),
        })
    );
}

#[test]
fn a_relative_at_the_limit_ends_it_and_child_support_counts_by_eight_tenths() {
    let mut asked = claim(0, 0, 1);
    asked.relatives = vec![Means {
        income: 2_359_999,
        dependants: 0,
    }];
    assert_eq!(rearing(&asked).0, Class::Full);
    asked.relatives[0].income = 2_360_000;
    assert_eq!(rearing(&asked), (Class::None, 0));
    asked.relatives[0].dependants = 1;
    assert_eq!(rearing(&asked).0, Class::Full);
    asked.relatives.push(Means {
        income: 9_000_000,
        dependants: 3,
    });
    assert_eq!(rearing(&asked).0, Class::None);

    // 80 % of 187,500 are the 150,000 of the ministry's example.
    let mut asked = claim(690_000, 0, 1);
    asked.child_support = 187_500;
    assert_eq!(rearing(&asked), (Class::Partial, 44_080));
    // 80 % of 1 yen is 0.8, which is 1.
    let mut edge = claim(689_999, 0, 1);
    edge.child_support = 1;
    assert_eq!(rearing(&edge), (Class::Partial, 48_040));
}

#[test]
fn a_public_pension_is_set_off_and_nobody_owes_anything() {
    let mut asked = claim(0, 0, 1);
    asked.pension = 20_000;
    let outcome = benefits().child_rearing_allowance(&asked).unwrap();
    assert_eq!(
        (outcome.class, outcome.total),
        (Class::Partial, Some(28_050))
    );
    assert_eq!(part(&outcome, "pension"), Some(-20_000));
    asked.pension = 60_000;
    assert_eq!(rearing(&asked), (Class::None, 0));
}

/// Trap 61: it begins with the month after the claim, without grace, and the reasons say so; unverified years say so too.
#[test]
fn the_reasons_say_when_it_begins_and_what_is_unverified_or_not_set_yet() {
    let mut asked = claim(0, 0, 2);
    let outcome = benefits().child_rearing_allowance(&asked).unwrap();
    assert_eq!(rules(&outcome), ["full", "further", "starts_after_claim"]);
    asked.month = month("2024-12");
    let outcome = benefits().child_rearing_allowance(&asked).unwrap();
    assert_eq!(rules(&outcome).last().unwrap(), "from_memory");
    asked.month = month("2027-03");
    let outcome = benefits().child_rearing_allowance(&asked).unwrap();
    assert_eq!(rules(&outcome).last().unwrap(), "starts_after_claim");
    asked.month = month("2027-04");
    let outcome = benefits().child_rearing_allowance(&asked).unwrap();
    assert_eq!(outcome.total, Some(48_050 + 11_350));
    assert_eq!(
        outcome.reasons.last().unwrap().sentence().ja,
        "令和9年3月より後の金額はまだ決まっていません。決まっている最後の金額で計算しました。"
    );
}

#[test]
fn numbers_nobody_can_mean_are_refused() {
    let asked = |change: fn(&mut RearingClaim)| {
        let mut asked = claim(0, 0, 1);
        change(&mut asked);
        benefits().child_rearing_allowance(&asked).map(|_| ())
    };
    let too_large: [fn(&mut RearingClaim); 4] = [
        |asked| asked.children = i64::MAX,
        |asked| asked.claimant.income = i64::MAX,
        |asked| asked.claimant.income = i64::MIN,
        |asked| asked.claimant.dependants = i64::MAX,
    ];
    for change in too_large {
        assert!(matches!(asked(change), Err(AmountError::TooLarge { .. })));
    }
    let below: [fn(&mut RearingClaim); 3] = [
        |asked| asked.children = -1,
        |asked| asked.child_support = -1,
        |asked| asked.pension = i64::MIN,
    ];
    for change in below {
        assert!(matches!(asked(change), Err(AmountError::BelowZero { .. })));
    }
}

proptest! {
    /// The amount falls in steps of ten yen and never rises with income.
    #[test]
    fn more_income_never_brings_more(
        income in 0..3_000_000i64,
        more in 0..100_000i64,
        dependants in 0..5i64,
        children in 1..5i64,
    ) {
        let (_, less) = rearing(&claim(income + more, dependants, children));
        let (class, total) = rearing(&claim(income, dependants, children));
        prop_assert!(less <= total);
        prop_assert_eq!(total % 10, 0);
        prop_assert_eq!(class == Class::None, total == 0);
    }
}

// 特別児童扶養手当, 障害児福祉手当

#[test]
fn grades_bring_58_450_and_38_930_and_income_ends_them_above_its_limit() {
    let mut asked = GradedChildren {
        grade_1: 1,
        month: month("2026-11"),
        ..GradedChildren::default()
    };
    let of = |asked: &GradedChildren| {
        let outcome = benefits().special_child_rearing_allowance(asked).unwrap();
        (outcome.class, outcome.total.unwrap())
    };
    assert_eq!(of(&asked), (Class::Grade1, 58_450));
    asked.grade_2 = 2;
    assert_eq!(of(&asked), (Class::BothGrades, 58_450 + 2 * 38_930));
    asked.grade_1 = 0;
    assert_eq!(of(&asked), (Class::Grade2, 77_860));
    asked.month = month("2025-04");
    assert_eq!(of(&asked), (Class::Grade2, 2 * 37_830));
    // 超えるとき: at the limit it is still paid; a relative's limit is 以上.
    let means = |income, dependants| Means { income, dependants };
    asked.claimant = Some(means(4_976_000, 1));
    assert_eq!(of(&asked).0, Class::Grade2);
    asked.claimant = Some(means(4_976_001, 1));
    assert_eq!(of(&asked), (Class::None, 0));
    asked.claimant = None;
    for (dependants, limit) in [(0, 6_287_000), (1, 6_536_000), (2, 6_749_000)] {
        asked.relatives = vec![means(limit - 1, dependants)];
        assert_eq!(of(&asked).0, Class::Grade2);
        asked.relatives = vec![means(limit, dependants)];
        assert_eq!(of(&asked).0, Class::None);
    }
    asked.grade_2 = 0;
    assert_eq!(of(&asked).0, Class::None);
}

#[test]
fn a_severely_disabled_child_at_home_brings_16_560() {
    let mut asked = DisabledChild {
        children: 1,
        month: month("2026-11"),
        ..DisabledChild::default()
    };
    let of = |asked: &DisabledChild| {
        let outcome = benefits().disabled_child_welfare_allowance(asked).unwrap();
        (outcome.class, outcome.total.unwrap())
    };
    assert_eq!(of(&asked), (Class::Full, 16_560));
    asked.month = month("2024-03");
    assert_eq!(of(&asked), (Class::Full, 15_220));
    asked.in_facility = true;
    assert_eq!(of(&asked), (Class::None, 0));
}

// 出産育児一時金

fn lump_sum(pregnancy: Option<Pregnancy>, in_scheme: bool, of: &str) -> (Class, i64) {
    let outcome = benefits()
        .childbirth_lump_sum(&Childbirth {
            children: 1,
            pregnancy,
            in_scheme,
            insured: true,
            month: month(of),
        })
        .unwrap();
    let sum = ["base", "scheme"].map(|name| part(&outcome, name).unwrap_or(0));
    assert_eq!(outcome.total, Some(sum.iter().sum()));
    (outcome.class, outcome.total.unwrap())
}

#[test]
fn the_lump_sum_is_500_000_in_the_scheme_after_22_weeks_and_488_000_else_from_the_85th_day() {
    let weeks = |weeks, days| Some(Pregnancy::weeks(weeks, days));
    for (pregnancy, in_scheme, expected) in [
        (None, true, (Class::InScheme, 500_000)),
        (None, false, (Class::Outside, 488_000)),
        (weeks(22, 0), true, (Class::InScheme, 500_000)),
        (weeks(22, 0), false, (Class::Outside, 488_000)),
        (weeks(21, 6), true, (Class::Outside, 488_000)),
        (weeks(12, 0), true, (Class::Outside, 488_000)),
        (weeks(11, 6), true, (Class::None, 0)),
        (Some(Pregnancy::on_day(85)), true, (Class::Outside, 488_000)),
        (Some(Pregnancy::on_day(84)), true, (Class::None, 0)),
        (
            Some(Pregnancy::on_day(155)),
            true,
            (Class::InScheme, 500_000),
        ),
        (
            Some(Pregnancy::on_day(154)),
            true,
            (Class::Outside, 488_000),
        ),
    ] {
        assert_eq!(lump_sum(pregnancy, in_scheme, "2026-11"), expected);
    }
    assert_eq!(weeks(12, 0).unwrap().day(), 85);
}

#[test]
fn the_lump_sum_is_that_of_the_month_of_the_birth_and_once_per_child() {
    for (of, inside, outside) in [
        ("2023-04", 500_000, 488_000),
        ("2023-03", 420_000, 408_000),
        ("2022-01", 420_000, 408_000),
        ("2021-12", 420_000, 404_000),
        ("2014-12", 420_000, 390_000),
    ] {
        assert_eq!(lump_sum(None, true, of).1, inside, "{of}");
        assert_eq!(lump_sum(None, false, of).1, outside, "{of}");
    }
    let mut twins = Childbirth {
        children: 2,
        pregnancy: None,
        in_scheme: true,
        insured: true,
        month: month("2026-11"),
    };
    let outcome = benefits().childbirth_lump_sum(&twins).unwrap();
    assert_eq!(outcome.total, Some(1_000_000));
    assert_eq!(part(&outcome, "base"), Some(976_000));
    twins.insured = false;
    let outcome = benefits().childbirth_lump_sum(&twins).unwrap();
    assert_eq!((outcome.class, outcome.total), (Class::None, Some(0)));
}

// 妊婦のための支援給付

/// Trap 51: a lost twin stays counted, because nothing here can tell.
#[test]
fn support_is_50_000_and_50_000_for_every_fetus_since_april_2025() {
    let of = |fetuses, first, of: &str| {
        let asked = PregnancySupport {
            fetuses,
            first,
            month: month(of),
        };
        let outcome = benefits().pregnancy_support(&asked).unwrap();
        (outcome.class, outcome.total.unwrap())
    };
    assert_eq!(of(Some(1), true, "2026-11"), (Class::Full, 100_000));
    assert_eq!(of(Some(2), true, "2025-04"), (Class::Full, 150_000));
    assert_eq!(of(None, true, "2026-11"), (Class::Partial, 50_000));
    assert_eq!(of(Some(2), false, "2026-11"), (Class::Partial, 100_000));
    assert_eq!(of(Some(2), true, "2025-03"), (Class::None, 0));
}

// 出産手当金

#[test]
fn maternity_pay_is_98_days_154_with_twins_and_more_when_the_child_is_late() {
    let of = |birth, due, multiple, daily_pay| {
        benefits()
            .childbirth_allowance(&MaternityPay {
                birth,
                due,
                multiple,
                pregnancy: None,
                daily_pay,
            })
            .unwrap()
    };
    let day = date(2026, 11, 22);
    let on_time = of(Some(day), Some(day), false, Some(10_000));
    assert_eq!(part(&on_time, "days"), Some(98));
    assert_eq!(part(&on_time, "per_day"), Some(6_667));
    assert_eq!(on_time.total, Some(98 * 6_667));
    let from = on_time.parts.iter().find(|(name, _)| *name == "from");
    assert_eq!(from, Some(&("from", Part::Day(date(2026, 10, 12)))));
    let to = on_time.parts.iter().find(|(name, _)| *name == "to");
    assert_eq!(to, Some(&("to", Part::Day(date(2027, 1, 17)))));
    let late = of(Some(day), Some(date(2026, 11, 20)), false, None);
    assert_eq!((part(&late, "days"), late.total), (Some(100), None));
    let early = of(Some(day), Some(date(2026, 12, 20)), false, None);
    assert_eq!(part(&early, "days"), Some(98));
    let twins = of(Some(day), None, true, None);
    assert_eq!(part(&twins, "days"), Some(154));
    assert!(matches!(
        benefits().childbirth_allowance(&MaternityPay {
            birth: None,
            due: None,
            multiple: false,
            pregnancy: None,
            daily_pay: None,
        }),
        Err(AmountError::Missing { .. })
    ));
}

// 産前産後・育児

/// First and last month of a relief and their number.
fn span(outcome: &Outcome<'_>) -> Option<(String, String, i64)> {
    let of = |name: &str| {
        outcome.parts.iter().find_map(|(found, part)| match part {
            Part::Month(month) if *found == name => Some(month.to_string()),
            _ => None,
        })
    };
    assert_eq!(outcome.unit, Unit::Months);
    let total = outcome.total.unwrap();
    let listed = outcome.parts.iter().find_map(|(name, part)| match part {
        Part::Months(months) if *name == "months" => Some(months.len()),
        _ => None,
    });
    assert_eq!(i64::try_from(listed.unwrap_or(0)).unwrap(), total);
    of("first_month")
        .zip(of("last_month"))
        .map(|(first, last)| (first, last, total))
}

fn vector(row: &Value, name: &str) -> Option<(String, String)> {
    let text = |index: usize| row[name][index].as_str().map(str::to_owned);
    text(0).zip(text(1))
}

#[test]
fn the_pension_reliefs_cover_the_months_of_every_vector() {
    let vectors: Value = serde_json::from_str(include_str!("data/testvectors.json")).unwrap();
    let rows = vectors["kokumin_nenkin_ikuji_menjo"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    for row in rows {
        let birth = MaternityRelief {
            parent: match row["role"].as_str().unwrap() {
                "mother" => Parent::Mother,
                _ => Parent::Father,
            },
            birth: Some(row["birth"].as_str().unwrap().parse().unwrap()),
            multiple: row["multiple"].as_bool().unwrap(),
            ..MaternityRelief::default()
        };
        let maternity = benefits().pension_maternity_relief(&birth).unwrap();
        let months = span(&maternity).map(|(first, last, _)| (first, last));
        assert_eq!(months, vector(row, "sanzen_sango"), "{row}");
        let childcare = ChildcareRelief {
            birth,
            ..ChildcareRelief::default()
        };
        let childcare = benefits().pension_childcare_relief(&childcare).unwrap();
        let (first, last, months) = span(&childcare).unwrap();
        assert_eq!(Some((first, last)), vector(row, "ikuji_menjo"), "{row}");
        assert_eq!(months, row["ikuji_months"].as_i64().unwrap(), "{row}");
    }
}

fn born(day: Date) -> MaternityRelief {
    MaternityRelief {
        birth: Some(day),
        ..MaternityRelief::default()
    }
}

/// Trap 60: nothing before October 2026, however old the child.
#[test]
fn childcare_relief_has_no_month_before_october_2026_and_none_after_the_first_birthday() {
    let of = |asked: &ChildcareRelief| {
        let outcome = benefits().pension_childcare_relief(asked).unwrap();
        (outcome.class, span(&outcome))
    };
    let mut asked = ChildcareRelief {
        birth: born(date(2025, 9, 30)),
        ..ChildcareRelief::default()
    };
    assert_eq!(of(&asked), (Class::None, None));
    asked.birth.parent = Parent::Father;
    assert_eq!(of(&asked), (Class::None, None));
    // Born in October 2025, the month before the birthday month is September 2026.
    asked.birth.birth = Some(date(2025, 10, 31));
    assert_eq!(of(&asked), (Class::None, None));
    asked.birth.birth = Some(date(2025, 11, 1));
    let october = "2026-10".to_owned();
    assert_eq!(
        of(&asked),
        (Class::Partial, Some((october.clone(), october, 1)))
    );
    // Adopted in the fifth month of life: from then on.
    asked.birth = MaternityRelief {
        parent: Parent::Adoptive,
        ..born(date(2026, 11, 22))
    };
    asked.care_began = Some(date(2027, 3, 31));
    let span_of =
        |first: &str, last: &str, months| Some((first.to_owned(), last.to_owned(), months));
    assert_eq!(of(&asked), (Class::Full, span_of("2027-03", "2027-10", 8)));
    asked.care_began = Some(date(2027, 11, 1));
    assert_eq!(of(&asked), (Class::None, None));
    // A mother without maternity relief is counted like the father.
    asked = ChildcareRelief {
        birth: born(date(2026, 11, 22)),
        after_maternity: Some(false),
        ..ChildcareRelief::default()
    };
    assert_eq!(of(&asked), (Class::Full, span_of("2026-11", "2027-10", 12)));
    asked.no_child = true;
    assert_eq!(of(&asked), (Class::None, None));
}

#[test]
fn maternity_relief_follows_the_due_date_only_when_filed_before_the_birth() {
    let first = |asked: &MaternityRelief| {
        let outcome = benefits().pension_maternity_relief(asked).unwrap();
        span(&outcome).map(|(first, ..)| first)
    };
    let mut asked = MaternityRelief {
        due: Some(date(2026, 12, 3)),
        ..born(date(2026, 11, 28))
    };
    assert_eq!(first(&asked).as_deref(), Some("2026-10"));
    asked.filed = Some(date(2026, 10, 1));
    assert_eq!(first(&asked).as_deref(), Some("2026-11"));
    asked.filed = Some(date(2026, 11, 28));
    assert_eq!(first(&asked).as_deref(), Some("2026-10"));
    asked = MaternityRelief {
        due: asked.due,
        ..MaternityRelief::default()
    };
    assert_eq!(first(&asked).as_deref(), Some("2026-11"));
    assert!(matches!(
        benefits().pension_maternity_relief(&MaternityRelief::default()),
        Err(AmountError::Missing { .. })
    ));
}

#[test]
fn maternity_relief_counts_losses_from_the_85th_day_and_only_the_mother_of_category_1() {
    let class = |asked: &MaternityRelief| benefits().pension_maternity_relief(asked).unwrap().class;
    let mut asked = born(date(2026, 11, 22));
    asked.pregnancy = Some(Pregnancy::weeks(12, 0));
    assert_eq!(class(&asked), Class::Full);
    asked.pregnancy = Some(Pregnancy::weeks(11, 6));
    assert_eq!(class(&asked), Class::None);
    asked.pregnancy = None;
    asked.other_category = true;
    assert_eq!(class(&asked), Class::None);
    // Since April 2019: a birth of February 2019 has that one month left.
    let outcome = benefits()
        .pension_maternity_relief(&born(date(2019, 2, 1)))
        .unwrap();
    assert_eq!(outcome.class, Class::Partial);
    assert_eq!(
        span(&outcome),
        Some(("2019-04".to_owned(), "2019-04".to_owned(), 1))
    );
    assert_eq!(class(&born(date(2019, 1, 31))), Class::None);
}

#[test]
fn health_insurance_relief_is_for_births_since_november_2023_and_months_since_january_2024() {
    let of = |asked: &MaternityRelief| {
        let outcome = benefits().nhi_maternity_relief(asked).unwrap();
        (outcome.class, span(&outcome))
    };
    assert_eq!(of(&born(date(2023, 10, 31))), (Class::None, None));
    let january = "2024-01".to_owned();
    assert_eq!(
        of(&born(date(2023, 11, 1))),
        (Class::Partial, Some((january.clone(), january, 1)))
    );
    let mut twins = born(date(2026, 11, 22));
    twins.multiple = true;
    assert_eq!(
        of(&twins),
        (
            Class::Full,
            Some(("2026-08".to_owned(), "2027-01".to_owned(), 6))
        )
    );
}

#[test]
fn the_premium_of_a_relief_is_said_where_all_its_months_are_set() {
    let of = |birth| {
        let outcome = benefits().pension_maternity_relief(&born(birth)).unwrap();
        part(&outcome, "premium")
    };
    assert_eq!(of(date(2026, 11, 22)), Some(4 * 17_920));
    assert_eq!(of(date(2026, 4, 10)), Some(17_510 + 3 * 17_920));
    assert_eq!(of(date(2027, 3, 1)), None);
}
