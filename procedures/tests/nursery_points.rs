//! Points with reasons, the certification, and what a place costs.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;

use jiff::civil::date;
use ubugoe_procedures::Catalogue;
use ubugoe_procedures::calendar::Month;
use ubugoe_procedures::nursery::{
    AgeClass, CareHours, CertificationClass, Employment, FeeHousehold, FeeSibling, FeeTables,
    Guardian, Household, Illness, NeedDecision, NeedReason, NeedRules, PointTable, PointTables,
    Score, Tax, certify, tax_fiscal_year,
};

fn works(hours_week: f64) -> Guardian {
    Guardian {
        reason: Some(NeedReason::Work),
        employment: Some(Employment::Employee),
        hours_week: Some(hours_week),
        ..Guardian::default()
    }
}

fn with(guardians: &[Guardian]) -> Household {
    Household {
        guardians: guardians.to_vec(),
        ..Household::default()
    }
}

fn table(name: &str) -> &'static PointTable {
    PointTables::builtin().unwrap().find(name, 2027).unwrap()
}

fn score(name: &str, household: &Household) -> Score {
    table(name).score(household).unwrap()
}

fn counted(score: &Score) -> Vec<(&str, i64)> {
    score
        .lines
        .iter()
        .filter(|line| line.counted)
        .map(|line| (line.rule.as_str(), line.points))
        .collect()
}

#[test]
fn every_table_that_ships_is_invented_and_says_its_sentences_in_both_languages() {
    let mut count = 0;
    for table in PointTables::builtin().unwrap().all() {
        count += 1;
        assert!(table.fictional, "{}", table.id);
        assert!(!table.name.ja.is_empty() && !table.name.en.is_empty());
        table.check().unwrap();
        let all = Household {
            guardians: vec![works(40.0)],
            single_parent: true,
            welfare: true,
            siblings_enrolled: Some(1),
            leave_extension: true,
            ..Household::default()
        };
        let score = table.score(&all).unwrap();
        assert!(score.lines.len() >= 3);
        for text in score
            .lines
            .iter()
            .map(|line| &line.text)
            .chain(score.ties.iter().map(|tie| &tie.text))
        {
            assert!(!text.ja.is_empty() && !text.en.is_empty());
        }
    }
    assert_eq!(count, 3);
}

#[test]
fn no_sentence_speaks_of_a_chance() {
    let files = [
        include_str!("../catalogue/points/asukoe_2026.toml"),
        include_str!("../catalogue/points/asukoe_2027.toml"),
        include_str!("../catalogue/points/kazamine_2027.toml"),
    ];
    for file in files {
        for word in ["確率", "可能性", "見込み", "probab", "likel", "chance"] {
            assert!(!file.contains(word), "{word}");
        }
    }
    let note = score("asukoe", &with(&[works(40.0)])).note;
    assert_eq!(
        note.en,
        "An example of an invented town. Real points are the municipality's to give, and nothing here says how likely a place is."
    );
}

#[test]
fn in_asukoe_the_guardians_points_are_added_and_the_bands_have_sharp_edges() {
    let of = |hours: f64| score("asukoe", &with(&[works(hours)])).per_guardian[0];
    assert_eq!(
        [40.0, 39.75, 35.0, 34.9, 28.0, 27.9, 20.0, 19.9, 12.0, 11.9].map(of),
        [12, 11, 11, 9, 9, 7, 7, 5, 5, 0]
    );
    let both = score("asukoe", &with(&[works(40.0), works(28.0)]));
    assert_eq!((both.total, both.base, both.adjustment), (21, 21, 0));
    assert_eq!(both.per_guardian, [12, 9]);
    assert_eq!(counted(&both), [("work_40", 12), ("work_28", 9)]);
    assert_eq!(
        both.lines[0].text.en,
        "Works 40 or more hours a week (12 points)."
    );
    assert_eq!(both.lines[1].guardian, Some(2));
}

#[test]
fn of_a_group_only_the_highest_rule_counts_and_the_others_say_instead_of_which() {
    let household = Household {
        single_parent: true,
        siblings_enrolled: Some(1),
        siblings_applying: Some(1),
        ..with(&[Guardian {
            works_away: true,
            ..works(40.0)
        }])
    };
    let score = score("asukoe", &household);
    // 12 for the parent, 12 for the absent one, 4 for a single parent, 3 for a sibling in a facility.
    assert_eq!(score.total, 31);
    assert_eq!(score.per_guardian, [12, 12]);
    assert_eq!(
        counted(&score),
        [
            ("work_40", 12),
            ("absent_guardian", 12),
            ("single_parent", 4),
            ("sibling_enrolled", 3)
        ]
    );
    let capped: Vec<(&str, Option<&str>)> = score
        .lines
        .iter()
        .filter(|line| !line.counted)
        .map(|line| (line.rule.as_str(), line.instead.as_deref()))
        .collect();
    assert_eq!(
        capped,
        [
            ("works_away", Some("single_parent")),
            ("siblings_applying", Some("sibling_enrolled"))
        ]
    );
}

#[test]
fn illness_and_birth_count_as_their_rules_say_and_a_wish_for_longer_leave_takes_points_off() {
    let ill = Guardian {
        reason: Some(NeedReason::Illness),
        illness: Some(Illness::HomeBound),
        ..Guardian::default()
    };
    let birth = Guardian {
        reason: Some(NeedReason::PregnancyBirth),
        ..Guardian::default()
    };
    let household = Household {
        leave_extension: true,
        ..with(&[ill, birth])
    };
    let score = score("asukoe", &household);
    assert_eq!((score.base, score.adjustment, score.total), (19, -20, -1));
}

#[test]
fn missing_facts_leave_rules_open_and_are_named() {
    let unknown = Guardian {
        reason: Some(NeedReason::Work),
        ..Guardian::default()
    };
    let score = score("asukoe", &with(&[unknown]));
    assert_eq!(score.total, 0);
    let open: BTreeMap<&str, &[String]> = score
        .open
        .iter()
        .map(|(rule, missing)| (rule.as_str(), missing.as_slice()))
        .collect();
    assert_eq!(open["work_40"], ["employment", "hours_week"]);
    assert_eq!(open["family_helper_40"], ["employment", "hours_week"]);
    // A known fact that does not fit settles a rule.
    assert!(!open.contains_key("birth") && !open.contains_key("illness_bedridden"));
}

#[test]
fn hours_a_week_and_a_month_follow_from_each_other() {
    let monthly = Guardian {
        hours_week: None,
        hours_month: Some(173.4),
        ..works(0.0)
    };
    assert_eq!(
        score("asukoe", &with(std::slice::from_ref(&monthly))).per_guardian[0],
        12
    );
    assert_eq!(
        score("kazamine", &with(&[works(40.0), works(30.0)])).per_guardian,
        [90, 70]
    );
}

#[test]
fn in_kazamine_the_lower_guardian_counts_and_priority_comes_before_points() {
    let both = score("kazamine", &with(&[works(40.0), works(12.0)]));
    assert_eq!(
        (both.per_guardian.as_slice(), both.base, both.total),
        ([90, 50].as_slice(), 50, 50)
    );
    assert_eq!(both.priority.as_ref().unwrap().1, "general");
    let single = Household {
        single_parent: true,
        ..with(&[works(12.0)])
    };
    let single = score("kazamine", &single);
    assert_eq!((single.total, single.priority.as_ref().unwrap().0), (50, 1));
    // Fewer points, earlier class.
    let many = score("kazamine", &with(&[works(40.0), works(40.0)]));
    assert!(many.total > single.total);
    assert!(single.standing() > many.standing());
}

#[test]
fn equal_points_are_ordered_by_the_published_tie_breakers() {
    let base = Household {
        income_levy: Some(200_000),
        ..with(&[works(40.0), works(40.0)])
    };
    let poorer = Household {
        income_levy: Some(100_000),
        ..base.clone()
    };
    let unknown = Household {
        income_levy: None,
        ..base.clone()
    };
    let away = Household {
        resident: Some(false),
        ..poorer.clone()
    };
    let standing = |household: &Household| score("asukoe", household).standing();
    assert_eq!(standing(&base).total, standing(&poorer).total);
    assert!(standing(&poorer) > standing(&base));
    assert!(standing(&base) > standing(&unknown));
    assert!(standing(&base) > standing(&away));
    let ties: Vec<(String, Option<i64>, bool)> = score("asukoe", &base)
        .ties
        .into_iter()
        .map(|tie| (tie.id, tie.value, tie.high_first))
        .collect();
    assert_eq!(
        ties,
        [
            ("resident".to_owned(), Some(1), true),
            ("base_points".to_owned(), Some(24), true),
            ("children".to_owned(), None, true),
            ("income_levy".to_owned(), Some(200_000), false),
        ]
    );
}

#[test]
fn the_table_of_the_fiscal_year_is_used_and_another_year_is_said() {
    let tables = PointTables::builtin().unwrap();
    let year = |name: &str, year: i16| tables.find(name, year).map(|table| table.fiscal_year);
    assert_eq!(year("asukoe", 2026), Some(2026));
    assert_eq!(year("991015", 2027), Some(2027));
    assert_eq!(year("あすこえ市", 2030), Some(2027));
    assert_eq!(year("asukoe", 2020), Some(2026));
    assert_eq!(year("nowhere", 2027), None);
    let table = tables.find("asukoe", 2030).unwrap();
    assert_eq!(
        table.year_note(2030).unwrap().unwrap().en,
        "There is no table for fiscal year 2030; that of 2027 was used."
    );
    assert_eq!(table.year_note(2027).unwrap(), None);
    // Night work counts since 2027.
    let night = with(&[
        Guardian {
            night_work: true,
            ..works(40.0)
        },
        works(40.0),
    ]);
    let of = |year: i16| {
        tables
            .find("asukoe", year)
            .unwrap()
            .score(&night)
            .unwrap()
            .total
    };
    assert_eq!((of(2026), of(2027)), (24, 25));
}

#[test]
fn a_table_that_contradicts_itself_is_refused() {
    let read = |rules: &str| -> String {
        let table: PointTable = toml::from_str(&format!("id = \"t\"\n{rules}")).unwrap();
        table.check().unwrap_err().to_string()
    };
    let rule = |id: &str, more: &str, when: &str| {
        format!("[[rules]]\nid = \"{id}\"\npoints = 1\n{more}\nwhen = {when}\n")
    };
    let twice = rule("a", "", "{ welfare = true }") + &rule("a", "", "{ welfare = true }");
    assert_eq!(read(&twice), "table t: rule a appears twice");
    assert_eq!(
        read(&rule("a", "max_of_group = true", "{}")),
        "table t: rule a: max_of_group without a group"
    );
    assert_eq!(
        read(&rule("a", "", "{ welfare = 3 }")),
        "table t: rule a: welfare is compared with another kind of value"
    );
    assert_eq!(
        read(&rule("a", "", "{ reason = \"work\" }")),
        "table t: rule a: reason is a guardian's"
    );
    let divided =
        rule("a", "group = \"g\"\nmax_of_group = true", "{}") + &rule("b", "group = \"g\"", "{}");
    assert_eq!(
        read(&divided),
        "table t: rule a: its group is not of one mind about max_of_group"
    );
}

// ---- certification ----

fn decide(
    birth: jiff::civil::Date,
    guardians: &[Guardian],
    standard: bool,
    short: bool,
) -> (Option<CertificationClass>, NeedDecision, Option<CareHours>) {
    let rules = NeedRules::builtin().unwrap();
    let day = date(2027, 4, 1);
    let found = certify(&rules, birth, day, guardians, standard, short).unwrap();
    assert!(
        found
            .reasons
            .iter()
            .all(|text| !text.ja.is_empty() && !text.ja.contains('{'))
    );
    (found.class, found.need, found.amount)
}

#[test]
fn three_years_and_the_need_decide_the_class_of_the_certification() {
    use CertificationClass::{One, Three, Two};
    let baby = date(2026, 11, 22);
    let older = date(2023, 5, 1);
    let both = [works(40.0), works(40.0)];
    let one = [works(40.0), Guardian::default()];
    let class = |birth, guardians: &[Guardian]| decide(birth, guardians, false, false).0;
    assert_eq!(class(baby, &both), Some(Three));
    assert_eq!(class(older, &both), Some(Two));
    assert_eq!(class(older, &one), Some(One));
    assert_eq!(class(baby, &one), None);
    assert_eq!(class(baby, &[]), None);
    assert_eq!(class(date(2020, 4, 2), &both), None);
    // Three is attained on 1 April 2027 by a child born on 2 April 2024.
    assert_eq!(class(date(2024, 4, 2), &both), Some(Two));
    assert_eq!(class(date(2024, 4, 3), &both), Some(Three));
}

#[test]
fn from_120_hours_a_month_of_everybody_it_is_standard_time() {
    use CareHours::{Short, Standard};
    let month = |hours: f64| Guardian {
        hours_week: None,
        hours_month: Some(hours),
        ..works(0.0)
    };
    let baby = date(2026, 11, 22);
    let amount = |guardians: &[Guardian]| decide(baby, guardians, false, false).2;
    assert_eq!(amount(&[month(120.0), month(160.0)]), Some(Standard));
    assert_eq!(amount(&[month(119.9), month(160.0)]), Some(Short));
    // Below the municipal minimum there is no need.
    assert_eq!(
        decide(baby, &[month(47.9), month(160.0)], false, false),
        (None, NeedDecision::NotNeeded, None)
    );
    assert_eq!(amount(&[month(48.0), month(160.0)]), Some(Short));
    // Work may choose standard time if the hours demand it; anybody may choose short time.
    assert_eq!(decide(baby, &[month(60.0)], true, false).2, Some(Standard));
    assert_eq!(decide(baby, &[month(160.0)], false, true).2, Some(Short));
    // Unknown hours leave it open.
    let unknown = Guardian {
        reason: Some(NeedReason::Work),
        ..Guardian::default()
    };
    assert_eq!(
        decide(baby, &[month(160.0), unknown], false, false),
        (None, NeedDecision::Open, None)
    );
    let because = |reason| Guardian {
        reason: Some(reason),
        ..Guardian::default()
    };
    assert_eq!(
        amount(&[because(NeedReason::JobSearch), month(160.0)]),
        Some(Short)
    );
    assert_eq!(
        amount(&[because(NeedReason::PregnancyBirth), month(160.0)]),
        Some(Standard)
    );
}

// ---- fees ----

fn month(year: i16, month: i8) -> Month {
    Month { year, month }
}

fn class(number: u8) -> AgeClass {
    AgeClass::new(number).unwrap()
}

fn household(levy: u64) -> FeeHousehold {
    FeeHousehold {
        tax: BTreeMap::from([
            (
                2026,
                Tax {
                    levy,
                    ..Tax::default()
                },
            ),
            (
                2027,
                Tax {
                    levy: levy * 2,
                    ..Tax::default()
                },
            ),
        ]),
        ..FeeHousehold::default()
    }
}

fn fee(table: &str, household: &FeeHousehold, of: u8, at: Month, hours: CareHours) -> Option<u32> {
    let table = FeeTables::builtin().unwrap().find(table, at).unwrap();
    let fee = table.fee(household, class(of), at, hours).unwrap();
    assert!(
        fee.trace
            .iter()
            .all(|text| !text.ja.is_empty() && !text.en.contains('{'))
    );
    fee.yen
}

#[test]
fn from_april_to_august_last_years_tax_decides_and_from_september_this_years() {
    for (at, year) in [
        (month(2027, 3), 2026),
        (month(2027, 4), 2026),
        (month(2027, 8), 2026),
        (month(2027, 9), 2027),
        (month(2027, 12), 2027),
        (month(2028, 1), 2027),
        (month(2028, 3), 2027),
        (month(2028, 8), 2027),
    ] {
        assert_eq!(tax_fiscal_year(at), year, "{at}");
    }
    let own = household(40_000);
    let of = |at| fee("national", &own, 0, at, CareHours::Standard);
    assert_eq!(of(month(2027, 8)), Some(19_500));
    assert_eq!(of(month(2027, 9)), Some(30_000));
}

#[test]
fn the_national_ceilings_have_the_edges_of_the_domain_document() {
    let of = |levy: u64| {
        let own = household(levy);
        let at = month(2027, 4);
        (
            fee("national", &own, 2, at, CareHours::Standard).unwrap(),
            fee("national", &own, 2, at, CareHours::Short).unwrap(),
        )
    };
    for (levy, expected) in [
        (48_599, (19_500, 19_300)),
        (48_600, (30_000, 29_600)),
        (96_999, (30_000, 29_600)),
        (97_000, (44_500, 43_900)),
        (169_000, (61_000, 60_100)),
        (301_000, (80_000, 78_800)),
        (396_999, (80_000, 78_800)),
        (397_000, (104_000, 102_400)),
    ] {
        assert_eq!(of(levy), expected, "{levy}");
    }
}

#[test]
fn three_to_five_welfare_and_exempt_households_are_free_and_unknown_tax_is_not_guessed() {
    let at = month(2027, 4);
    let rich = household(900_000);
    for of in 3..=5 {
        assert_eq!(fee("asukoe", &rich, of, at, CareHours::Standard), Some(0));
    }
    assert_eq!(
        fee("asukoe", &rich, 2, at, CareHours::Standard),
        Some(66_000)
    );
    let welfare = FeeHousehold {
        welfare: true,
        ..FeeHousehold::default()
    };
    assert_eq!(fee("asukoe", &welfare, 0, at, CareHours::Standard), Some(0));
    assert_eq!(
        fee(
            "asukoe",
            &FeeHousehold::default(),
            0,
            at,
            CareHours::Standard
        ),
        None
    );
    let exempt = FeeHousehold {
        tax: BTreeMap::from([(
            2026,
            Tax {
                exempt: true,
                ..Tax::default()
            },
        )]),
        ..FeeHousehold::default()
    };
    assert_eq!(fee("asukoe", &exempt, 0, at, CareHours::Standard), Some(0));
    // Credits for a housing loan are added back.
    let credits = FeeHousehold {
        tax: BTreeMap::from([(
            2026,
            Tax {
                levy: 40_000,
                credits: 60_000,
                exempt: false,
            },
        )]),
        ..FeeHousehold::default()
    };
    assert_eq!(
        fee("national", &credits, 0, at, CareHours::Standard),
        Some(44_500)
    );
}

#[test]
fn the_second_child_that_counts_is_half_and_the_third_free() {
    let at = month(2027, 4);
    let preschool = FeeSibling {
        older: true,
        preschool_in_facility: true,
    };
    let school = FeeSibling {
        older: true,
        preschool_in_facility: false,
    };
    let younger = FeeSibling {
        older: false,
        preschool_in_facility: true,
    };
    let of = |table: &str, levy: u64, single: bool, siblings: &[FeeSibling]| {
        let own = FeeHousehold {
            siblings: siblings.to_vec(),
            single_parent: single,
            ..household(levy)
        };
        fee(table, &own, 0, at, CareHours::Standard).unwrap()
    };
    assert_eq!(of("asukoe", 100_000, false, &[]), 38_000);
    assert_eq!(of("asukoe", 100_000, false, &[preschool]), 19_000);
    assert_eq!(of("asukoe", 100_000, false, &[preschool, preschool]), 0);
    assert_eq!(of("asukoe", 100_000, false, &[younger]), 38_000);
    // A brother at school counts only below the limit.
    assert_eq!(of("asukoe", 57_700, false, &[school]), 21_000);
    assert_eq!(of("asukoe", 57_699, false, &[school]), 10_500);
    // Single parents: lower amounts, a higher limit, and the second child free.
    assert_eq!(of("asukoe", 77_100, true, &[]), 9_000);
    assert_eq!(of("asukoe", 77_100, true, &[school]), 0);
    // The other town: free from the second child, whatever the age of the first.
    assert_eq!(of("kazamine", 500_000, false, &[]), 45_000);
    assert_eq!(of("kazamine", 500_000, false, &[school]), 0);
}

#[test]
fn no_municipality_charges_more_than_the_nation_allows() {
    let tables = FeeTables::builtin().unwrap();
    let national = tables.find("national", month(2027, 4)).unwrap();
    for table in tables.all().filter(|table| table.id != "national") {
        assert!(table.fictional);
        for levy in (0..500_000).step_by(100) {
            for hours in [CareHours::Standard, CareHours::Short] {
                assert!(
                    table.full_amount(levy, hours) <= national.full_amount(levy, hours),
                    "{} {levy}",
                    table.id
                );
            }
        }
    }
    assert!(tables.find("kazamine", month(2026, 3)).is_none());
}

#[test]
fn a_municipalitys_profile_and_its_tables_say_the_same() {
    let catalogue = Catalogue::builtin().unwrap();
    let fees = FeeTables::builtin().unwrap();
    let points = PointTables::builtin().unwrap();
    let mut tiers = 0;
    for profile in catalogue.profiles() {
        let (code, nursery) = (profile.code.to_string(), &profile.nursery);
        assert_eq!(points.find(&code, 2027).unwrap().id, nursery.points);
        let table = fees.find(&code, month(2026, 11)).unwrap();
        let mut from = 0;
        for tier in &nursery.fees {
            // The lowest levy of the tier, and the highest.
            let below = tier.below_yen.map_or(10_000_000, u64::from);
            for levy in [from, below - 1] {
                assert_eq!(
                    table.full_amount(levy, CareHours::Standard),
                    Some(tier.standard_yen)
                );
                assert_eq!(
                    table.full_amount(levy, CareHours::Short),
                    Some(tier.short_yen)
                );
            }
            from = below;
            tiers += 1;
        }
    }
    assert!(tiers >= 10, "only {tiers} tiers were compared");
}
