//! The child allowance: bands, ranks, months and reasons against the domain's literals; the fast path against the slow one
//! and both against an independent reckoning by days.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::Value;
use ubugoe_procedures::amounts::{
    Allowance, AllowanceAmounts, AllowanceColumns, AmountError, Amounts, Child, Household,
    IncomeClass, Lives, MonthNumber, Payer, Residence, allowance, allowance_columns,
};
use ubugoe_procedures::calendar::{fiscal_year_end_after_attaining, plus_days};

fn amounts() -> &'static Amounts {
    Amounts::builtin().unwrap()
}

fn month(text: &str) -> MonthNumber {
    text.parse().unwrap()
}

fn family(births: &[Date]) -> Household {
    Household {
        children: births.iter().copied().map(Child::born).collect(),
        ..Household::default()
    }
}

fn due(household: &Household, of: &str) -> Allowance<'static> {
    allowance(household, month(of), &amounts().allowance).unwrap()
}

/// Yen by child, in the order of the question.
fn yen(household: &Household, of: &str) -> Vec<u32> {
    let due = due(household, of);
    due.children.iter().map(|child| child.yen).collect()
}

fn rules(household: &Household, of: &str) -> Vec<String> {
    let due = due(household, of);
    let rules = due
        .reasons
        .iter()
        .map(|reason| reason.clause.id().to_owned());
    rules.collect()
}

#[test]
fn an_only_child_brings_nothing_in_the_month_of_birth_then_15_000_then_10_000_then_nothing() {
    let child = family(&[date(2026, 11, 22)]);
    for (of, expected) in [
        ("2026-10", 0),
        ("2026-11", 0),
        ("2026-12", 15_000),
        ("2029-11", 15_000),
        ("2029-12", 10_000),
        ("2045-03", 10_000),
        ("2045-04", 0),
    ] {
        assert_eq!(yen(&child, of), [expected], "{of}");
    }
}

/// Trap 7, trap 8, and every birth of the vectors: the last month of each band.
#[test]
fn the_bands_end_with_the_months_of_the_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("data/testvectors.json")).unwrap();
    let rows = vectors["birth_rows"].as_array().unwrap();
    assert_eq!(rows.len(), 11);
    for row in rows {
        let text = |name: &str| row[name].as_str().unwrap();
        let birth: Date = text("birth").parse().unwrap();
        let child = family(&[birth]);
        let after = |last: MonthNumber| last.plus(1).to_string();
        let under_three = month(text("under3_last_month"));
        assert_eq!(yen(&child, &under_three.to_string()), [15_000], "{birth}");
        assert_eq!(yen(&child, &after(under_three)), [10_000], "{birth}");
        let eighteen = month(text("age18_fy_end"));
        assert_eq!(yen(&child, &eighteen.to_string()), [10_000], "{birth}");
        assert_eq!(yen(&child, &after(eighteen)), [0], "{birth}");
        // The count of a supported child ends with the fiscal year of twenty-two: two younger ones show it.
        let twenty_two = month(text("age22_fy_end"));
        let mut family = family(&[birth, plus_days(birth, 3_000), plus_days(birth, 5_000)]);
        family.children[0].supported = true;
        assert_eq!(yen(&family, &twenty_two.to_string())[2], 30_000, "{birth}");
        assert_eq!(yen(&family, &after(twenty_two))[2], 10_000, "{birth}");
    }
}

/// Trap 58, to the letter: siblings of 23, 20, 15 and 0.
#[test]
fn a_newborn_is_third_only_with_the_statement_for_the_twenty_year_old() {
    let mut siblings = family(&[
        date(2003, 5, 1),
        date(2006, 6, 1),
        date(2011, 6, 1),
        date(2026, 10, 22),
    ]);
    assert_eq!(yen(&siblings, "2026-11"), [0, 0, 10_000, 15_000]);
    siblings.children[1].supported = true;
    assert_eq!(yen(&siblings, "2026-11"), [0, 0, 10_000, 30_000]);
    // The twenty-three-year-old never counts, whatever is said.
    siblings.children[0].supported = true;
    assert_eq!(yen(&siblings, "2026-11"), [0, 0, 10_000, 30_000]);
    let ranks: Vec<Option<u32>> = due(&siblings, "2026-11")
        .children
        .iter()
        .map(|child| child.rank)
        .collect();
    assert_eq!(ranks, [None, Some(1), Some(2), Some(3)]);
    // On 1 April after twenty-two the ranks move up.
    assert_eq!(yen(&siblings, "2029-03"), [0, 0, 10_000, 30_000]);
    assert_eq!(yen(&siblings, "2029-04"), [0, 0, 10_000, 15_000]);
}

#[test]
fn a_child_past_eighteen_counts_only_if_supported_and_one_below_whether_or_not() {
    let mut siblings = family(&[date(2007, 4, 2), date(2010, 5, 5), date(2012, 5, 5)]);
    // Until March 2026 the oldest is a child of the allowance.
    assert_eq!(yen(&siblings, "2026-03"), [10_000, 10_000, 30_000]);
    assert_eq!(yen(&siblings, "2026-04"), [0, 10_000, 10_000]);
    siblings.children[0].supported = true;
    assert_eq!(yen(&siblings, "2026-04"), [0, 10_000, 30_000]);
    // Born one day earlier, everything ends a year earlier.
    siblings.children[0].birth = date(2007, 4, 1);
    siblings.children[0].supported = false;
    assert_eq!(yen(&siblings, "2025-03"), [10_000, 10_000, 30_000]);
    assert_eq!(yen(&siblings, "2025-04"), [0, 10_000, 10_000]);
    // Nobody has custody of an adult.
    siblings.children[0].supported = true;
    siblings.children[0].custody = false;
    assert_eq!(yen(&siblings, "2026-04"), [0, 10_000, 30_000]);
}

#[test]
fn children_without_custody_abroad_or_in_a_facility_neither_bring_anything_nor_count() {
    let births = [date(2015, 5, 5), date(2017, 5, 5), date(2019, 5, 5)];
    assert_eq!(yen(&family(&births), "2026-11"), [10_000, 10_000, 30_000]);
    let without: [fn(&mut Child); 3] = [
        |child| child.custody = false,
        |child| child.residence = Residence::Abroad,
        |child| child.lives = Lives::InFacility,
    ];
    for change in without {
        let mut family = family(&births);
        change(&mut family.children[0]);
        assert_eq!(yen(&family, "2026-11"), [0, 10_000, 10_000]);
    }
    let mut studying = family(&births);
    studying.children[0].residence = Residence::StudyAbroad;
    assert_eq!(yen(&studying, "2026-11"), [10_000, 10_000, 30_000]);
    assert!(rules(&studying, "2026-11").contains(&"study_abroad".to_owned()));
}

/// Trap 40: twins may straddle midnight, month and year.
#[test]
fn twins_are_ranked_by_birth_order_then_by_the_minute_then_as_they_were_named() {
    let mut twins = family(&[date(2015, 5, 5), date(2026, 1, 1), date(2026, 1, 1)]);
    assert_eq!(yen(&twins, "2026-11"), [10_000, 15_000, 30_000]);
    twins.children[1].birth_minute = Some(61);
    twins.children[2].birth_minute = Some(60);
    assert_eq!(yen(&twins, "2026-11"), [10_000, 30_000, 15_000]);
    twins.children[1].birth_order = Some(1);
    twins.children[2].birth_order = Some(2);
    assert_eq!(yen(&twins, "2026-11"), [10_000, 15_000, 30_000]);
    // Over midnight of a new year: two school years, two months of birth.
    let apart = family(&[date(2026, 12, 31), date(2027, 1, 1)]);
    assert_eq!(yen(&apart, "2027-01"), [15_000, 0]);
    assert_eq!(yen(&apart, "2030-01"), [10_000, 15_000]);
}

/// Trap 50: nothing where birth and death fall in one month; otherwise through the month of death.
#[test]
fn a_child_that_died_is_paid_for_and_counted_through_the_month_of_death() {
    let mut family = family(&[date(2020, 5, 5), date(2022, 5, 5), date(2026, 9, 30)]);
    family.children[0].died = Some(date(2026, 11, 1));
    assert_eq!(yen(&family, "2026-11"), [10_000, 10_000, 30_000]);
    assert_eq!(yen(&family, "2026-12"), [0, 10_000, 15_000]);
    family.children[2].died = Some(date(2026, 9, 30));
    for of in ["2026-09", "2026-10"] {
        assert_eq!(yen(&family, of)[2], 0);
    }
}

#[test]
fn until_september_2024_other_bands_held_and_students_did_not_count() {
    // 16, 14, 9 and 1 years old.
    let mut family = family(&[
        date(2008, 5, 5),
        date(2010, 5, 5),
        date(2015, 5, 5),
        date(2023, 5, 5),
    ]);
    assert_eq!(yen(&family, "2024-09"), [0, 10_000, 15_000, 15_000]);
    assert_eq!(yen(&family, "2024-10"), [10_000, 10_000, 30_000, 30_000]);
    // Third child or later, in primary school and after it.
    assert_eq!(yen(&family, "2024-03"), [10_000, 10_000, 15_000, 15_000]);
    family.children[2].birth = date(2011, 5, 5);
    assert_eq!(yen(&family, "2024-03")[2], 15_000);
    assert_eq!(yen(&family, "2024-04")[2], 10_000);
    // A supported student does not count before October 2024.
    family.children[0].birth = date(2004, 5, 5);
    family.children[0].supported = true;
    family.children[2].birth = date(2015, 5, 5);
    assert_eq!(yen(&family, "2024-09"), [0, 10_000, 10_000, 15_000]);
    assert_eq!(yen(&family, "2024-10"), [0, 10_000, 30_000, 30_000]);
}

#[test]
fn income_mattered_from_june_2012_and_the_upper_limit_from_june_2022_until_september_2024() {
    let mut family = family(&[date(2011, 5, 5)]);
    let mut at = |class, of: &str| {
        family.income = class;
        yen(&family, of)[0]
    };
    assert_eq!(at(IncomeClass::Above, "2012-05"), 15_000);
    assert_eq!(at(IncomeClass::Above, "2012-06"), 5_000);
    assert_eq!(at(IncomeClass::OverUpper, "2022-05"), 5_000);
    assert_eq!(at(IncomeClass::OverUpper, "2022-06"), 0);
    assert_eq!(at(IncomeClass::Above, "2022-06"), 5_000);
    assert_eq!(at(IncomeClass::OverUpper, "2024-09"), 0);
    assert_eq!(at(IncomeClass::OverUpper, "2024-10"), 10_000);
}

#[test]
fn a_month_before_the_oldest_table_is_an_error_that_says_so() {
    let family = family(&[date(2011, 5, 5)]);
    assert_eq!(
        allowance(&family, month("2012-03"), &amounts().allowance),
        Err(AmountError::BeforeTable {
            month: month("2012-03"),
            first: month("2012-04"),
        })
    );
}

/// Trap 57.
#[test]
fn civil_servants_are_paid_by_their_employer_and_nobody_else_is() {
    let mut family = family(&[date(2020, 5, 5)]);
    assert_eq!(due(&family, "2026-11").payer, Payer::Municipality);
    family.civil_servant = true;
    let paid = due(&family, "2026-11");
    assert_eq!((paid.payer, paid.total), (Payer::Employer, 10_000));
    assert_eq!(
        rules(&family, "2026-11").last().unwrap(),
        "paid_by_employer"
    );
}

#[test]
fn the_reasons_name_rule_article_and_sentence_of_every_child() {
    let mut family = family(&[date(2006, 6, 1), date(2011, 6, 1), date(2026, 4, 1)]);
    family.children[0].supported = true;
    let due = due(&family, "2026-11");
    assert_eq!(
        rules(&family, "2026-11"),
        [
            "counted_older",
            "counted",
            "up_to_eighteen",
            "counted",
            "third_or_later",
            "paid_by_municipality"
        ]
    );
    let children: Vec<Option<u32>> = due.reasons.iter().map(|reason| reason.child).collect();
    assert_eq!(
        children,
        [Some(0), Some(1), Some(1), Some(2), Some(2), None]
    );
    let third = &due.reasons[4];
    assert_eq!(third.clause.law(), "児童手当法");
    assert_eq!(third.clause.law_id(), Some("346AC0000000073"));
    assert_eq!(third.clause.article(), "6 I");
    let sentence = third.sentence();
    // Born on 1 April 2026: R-FYEND(18) is 31 March 2044.
    assert_eq!(
        sentence.ja,
        "3人目以降なので、月額30,000円です。18歳の年度末（令和26年3月）までです。"
    );
    assert_eq!(
        sentence.en,
        "Third child or later: 30,000 yen a month, until the end of the fiscal year of eighteen (March 2044)."
    );
    // Alone, the same child is under three through the month of the third birthday, though born on the first.
    family.children.drain(..2);
    let alone = allowance(&family, month("2029-04"), &amounts().allowance).unwrap();
    assert_eq!(
        alone.reasons[1].sentence().ja,
        "3歳の誕生月（令和11年4月）まで、月額15,000円です。月の初日に生まれたお子さんも同じです。"
    );
}

#[test]
fn a_household_of_absurd_dates_and_size_is_reckoned_without_overflow() {
    let mut far = family(&[Date::MIN, Date::MAX, date(-4, 2, 29), date(2024, 2, 29)]);
    far.children[0].supported = true;
    assert_eq!(yen(&far, "2026-11"), [0, 0, 0, 15_000]);
    let many = family(&vec![date(2026, 1, 1); 100_000]);
    let due = due(&many, "2026-11");
    assert_eq!(due.total, 2 * 15_000 + 99_998 * 30_000);
    assert_eq!(due.reasons.len(), 200_001);
}

#[test]
fn the_columns_hold_as_many_bytes_as_they_say_and_empty_households_too() {
    let mut columns = AllowanceColumns::default();
    columns.push(&family(&[])).unwrap();
    columns
        .push(&family(&[date(2020, 1, 1), date(2018, 1, 1)]))
        .unwrap();
    columns.push(&family(&[])).unwrap();
    assert_eq!((columns.households(), columns.children()), (3, 2));
    assert_eq!(columns.bytes(), 4 * 4 + 3 + 2 * 11);
    assert_eq!(columns.of_household(1), Some(0..2));
    assert_eq!(columns.of_household(3), None);
    // Oldest first.
    assert_eq!((columns.asked(0), columns.asked(1)), (Some(1), Some(0)));
    let mut out = AllowanceAmounts::default();
    let table = &amounts().allowance;
    allowance_columns(&columns, month("2026-11"), table, &mut out).unwrap();
    assert_eq!(out.totals, [0, 20_000, 0]);
    let far = MonthNumber::new(9_999, 1);
    assert_eq!(
        allowance_columns(&columns, far, table, &mut out),
        Err(AmountError::MonthOutOfRange { month: far })
    );
}

/// The amounts of the law in force, reckoned by days instead of by month numbers.
fn by_days(household: &Household, of: MonthNumber) -> Vec<u32> {
    let year = i16::try_from(of.year()).unwrap();
    let first = Date::new(year, of.month(), 1).unwrap();
    let mut order: Vec<usize> = (0..household.children.len()).collect();
    order.sort_by_key(|&index| {
        let child = &household.children[index];
        (
            child.birth,
            child.birth_order.unwrap_or(i64::MAX),
            child.birth_minute.unwrap_or(i16::MAX),
            index,
        )
    });
    let mut rank = 0;
    let mut yen = vec![0; order.len()];
    for index in order {
        let child = &household.children[index];
        let young = first <= fiscal_year_end_after_attaining(child.birth, 18);
        let counts = if young {
            child.custody
        } else {
            child.supported && first <= fiscal_year_end_after_attaining(child.birth, 22)
        };
        let gone = child.died.is_some_and(|died| died < first);
        if !counts
            || gone
            || child.residence == Residence::Abroad
            || child.lives == Lives::InFacility
        {
            continue;
        }
        rank += 1;
        if !young || child.birth >= first {
            continue;
        }
        // 29 February turns three on the last day of February.
        let third_birthday = child.birth.saturating_add(jiff::Span::new().years(3));
        yen[index] = match (rank >= 3, first <= third_birthday) {
            (true, _) => 30_000,
            (false, true) => 15_000,
            (false, false) => 10_000,
        };
    }
    yen
}

fn child() -> impl Strategy<Value = Child> {
    let birth = prop_oneof![
        9 => (0..12_000i32).prop_map(|later| plus_days(date(2000, 1, 1), later)),
        // First days, last days and the turn of the school year.
        3 => (2000..2032i16, 1..=12i8, prop_oneof![Just(1i8), Just(2), Just(28), Just(31)])
            .prop_map(|(year, month, day)| {
                Date::new(year, month, day).unwrap_or_else(|_| date(year, month, 1).last_of_month())
            }),
        1 => Just(date(2024, 2, 29)),
    ];
    (
        birth,
        proptest::option::weighted(0.3, 1..4i64),
        proptest::option::weighted(0.2, 0..1440i16),
        proptest::bool::weighted(0.9),
        proptest::bool::weighted(0.5),
        prop_oneof![
            8 => Just(Residence::Japan),
            1 => Just(Residence::Abroad),
            1 => Just(Residence::StudyAbroad)
        ],
        prop_oneof![9 => Just(Lives::AtHome), 1 => Just(Lives::InFacility)],
        proptest::option::weighted(0.1, 0..8_000i32),
    )
        .prop_map(
            |(birth, birth_order, birth_minute, custody, supported, residence, lives, died)| {
                Child {
                    birth,
                    birth_order,
                    birth_minute,
                    custody,
                    supported,
                    residence,
                    lives,
                    died: died.map(|days| plus_days(birth, days)),
                }
            },
        )
}

fn household() -> impl Strategy<Value = Household> {
    (
        any::<bool>(),
        prop_oneof![
            6 => Just(IncomeClass::Below),
            1 => Just(IncomeClass::Above),
            1 => Just(IncomeClass::OverUpper)
        ],
        proptest::collection::vec(child(), 0..8),
    )
        .prop_map(|(civil_servant, income, children)| Household {
            civil_servant,
            income,
            children,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn month_numbers_and_days_come_to_the_same(
        household in household(),
        later in 0..240i32,
    ) {
        let of = MonthNumber::new(2024, 10).plus(later);
        let due = allowance(&household, of, &amounts().allowance).unwrap();
        let yen: Vec<u32> = due.children.iter().map(|child| child.yen).collect();
        prop_assert_eq!(&yen, &by_days(&household, of));
        prop_assert_eq!(due.total, yen.iter().copied().map(i64::from).sum::<i64>());
    }

    #[test]
    fn columns_and_reasons_come_to_the_same(
        households in proptest::collection::vec(household(), 1..12),
        later in 0..300i32,
    ) {
        let of = MonthNumber::new(2012, 4).plus(later);
        let table = &amounts().allowance;
        let mut columns = AllowanceColumns::default();
        for household in &households {
            columns.push(household).unwrap();
        }
        let mut out = AllowanceAmounts::default();
        allowance_columns(&columns, of, table, &mut out).unwrap();
        for (index, household) in households.iter().enumerate() {
            let due = allowance(household, of, table).unwrap();
            prop_assert_eq!(out.totals[index], u64::try_from(due.total).unwrap());
            for place in columns.of_household(index).unwrap() {
                let asked = usize::try_from(columns.asked(place).unwrap()).unwrap();
                prop_assert_eq!(out.per_child[place], due.children[asked].yen);
            }
        }
    }
}
