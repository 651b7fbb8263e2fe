//! The portable ID: the code's growth, the ladder, the token, and the seven tests of "anonymous" (T1 to T7), each with a
//! control that it has to catch.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "portable_population/mod.rs"]
mod population;

use std::sync::LazyLock;

use population::{Dice, Issuer, Loneliness, Population, Release};
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::door::Door;
use ubugoe_procedures::portable::{
    Answer, Counts, CountsError, DeclareError, Declared, Epoch, Fact, Generalised, HouseholdShares,
    K_MIN, KeyRing, PublicCounts, Randomness, Released, RotateError, SiteId, SlotTable, TableError,
    Token, TokenError, generalise,
};

fn builtin() -> &'static SlotTable {
    SlotTable::builtin().unwrap()
}

fn code(text: &str) -> Declared {
    builtin().read_code(text).unwrap()
}

fn shown(declared: &Declared) -> String {
    builtin().code(declared).shown().to_owned()
}

fn steps(declared: &Declared) -> Vec<String> {
    let steps = builtin().steps(declared);
    steps.iter().map(|step| step.shown().to_owned()).collect()
}

mod the_code {
    use super::*;

    #[test]
    fn grows_with_every_answer_exactly_as_in_the_first_example() {
        let answers: [(&str, Answer<'_>, &str); 4] = [
            ("region", Answer::Word("あすこえ市"), "12"),
            ("child", Answer::Is(true), "1230"),
            ("age", Answer::Number(3), "1230A"),
            ("income", Answer::Word("64"), "1230A64"),
        ];
        let mut declared = Declared::default();
        for (attribute, answer, expected) in answers {
            builtin().declare(&mut declared, attribute, answer).unwrap();
            assert_eq!(shown(&declared), expected);
        }
        assert_eq!(steps(&declared), ["12", "1230", "1230A", "1230A64"]);
    }

    #[test]
    fn gives_the_second_example_too() {
        let declared = builtin()
            .declare_all(
                [
                    ("income", Answer::Word("residence_tax_exempt")),
                    ("single_parent", Answer::Is(true)),
                    ("age", Answer::Number(4)),
                    ("region", Answer::Word("994049")),
                ],
                &[],
            )
            .unwrap();
        assert_eq!(shown(&declared), "0106B12");
        assert_eq!(steps(&declared), ["01", "0106", "0106B", "0106B12"]);
        assert_eq!(declared, code("0106B12"));
    }

    #[test]
    fn leaves_dashes_for_what_is_not_declared_and_cuts_them_at_the_end() {
        for text in ["", "12", "12--A", "1230-64", "----A", "-----64", "--30"] {
            assert_eq!(shown(&code(text)), text);
        }
        assert_eq!(shown(&code("12--")), "12");
        assert_eq!(shown(&code("-------")), "");
        assert_eq!(steps(&code("12--A")), ["12", "12--A"]);
    }

    #[test]
    fn is_refused_when_it_means_nothing() {
        for text in [
            "1",
            "123",
            "77",
            "1230a",
            "1230A6",
            "1230A641",
            "1230A64-",
            "12 30",
            "１２",
            "12-0",
            "\u{0}\u{0}",
            "1230A99",
        ] {
            let refused = builtin().read_code(text);
            assert!(
                matches!(refused, Err(DeclareError::NotACode { .. })),
                "{text:?}"
            );
        }
    }

    #[test]
    fn takes_the_finer_of_two_answers_and_refuses_two_that_cannot_both_be() {
        let both = |one: &str, other: &str| builtin().declare_all([], &[one, other]);
        assert_eq!(shown(&both("child", "child_2").unwrap()), "--32");
        assert_eq!(shown(&both("child_2", "child").unwrap()), "--32");
        assert_eq!(shown(&both("kotohogi_ken", "asukoe_shi").unwrap()), "12");
        assert_eq!(
            both("age_3", "age_4"),
            Err(DeclareError::Contradiction {
                attribute: "age".into(),
                one: "age_3".into(),
                other: "age_4".into()
            })
        );
    }

    #[test]
    fn a_bare_code_goes_to_the_first_slot_that_is_free() {
        let words = |words: &[&str]| builtin().declare_all([], words).map(|d| shown(&d));
        assert_eq!(words(&["64", "A", "30", "12"]).unwrap(), "1230A64");
        assert_eq!(words(&["12", "B", "06", "01"]).unwrap(), "0106B12");
        assert_eq!(words(&["12"]).unwrap(), "12");
        assert_eq!(
            builtin()
                .declare_all(
                    [
                        ("region", Answer::Word("01")),
                        ("income", Answer::Word("64"))
                    ],
                    &["12"]
                )
                .unwrap_err(),
            DeclareError::Taken { given: "12".into() }
        );
        assert!(words(&["31", "32"]).is_err());
    }

    #[test]
    fn every_option_is_read_back_from_its_code_and_says_something() {
        for slot in builtin().slots() {
            for option in &slot.options {
                let mut declared = Declared::default();
                builtin()
                    .declare(&mut declared, &slot.id, Answer::Word(&option.id))
                    .unwrap();
                assert_eq!(code(&shown(&declared)), declared);
                assert!(!option.facts.is_empty(), "{}", option.id);
                assert!(!option.label.ja.is_empty() && !option.label.en.is_empty());
            }
        }
    }

    #[test]
    fn says_its_facts_to_whoever_recommends() {
        let declared = code("0108B31");
        let facts = builtin().facts(&declared);
        assert_eq!(facts["municipality"], &Fact::Word("994049".into()));
        assert_eq!(facts["has_child"], &Fact::Is(true));
        assert_eq!(facts["single_parent"], &Fact::Is(true));
        assert_eq!(facts["children"], &Fact::Between { from: 2, to: 2 });
        assert_eq!(facts["age_years"], &Fact::Between { from: 4, to: 4 });
        assert_eq!(
            facts["income_yen"],
            &Fact::Between {
                from: 0,
                to: 3_499_999
            }
        );
        assert!(!builtin().facts(&code("1230")).contains_key("children"));
    }

    #[test]
    fn a_number_is_a_code_only_where_it_cannot_be_a_quantity() {
        let declare = |attribute: &str, number: i64| {
            let answers = [(attribute, Answer::Number(number))];
            builtin().declare_all(answers, &[]).map(|d| shown(&d))
        };
        assert_eq!(declare("region", 12).unwrap(), "12");
        assert_eq!(declare("region", 1).unwrap(), "01");
        assert_eq!(declare("child", 30).unwrap(), "--30");
        assert_eq!(declare("child", 6).unwrap(), "--33");
        assert_eq!(declare("children", 10).unwrap(), "--33");
        assert_eq!(declare("income", 64).unwrap(), "-----64");
        assert_eq!(declare("income", 6_000_000).unwrap(), "-----64");
        assert_eq!(declare("income_yen", 64).unwrap(), "-----61");
        assert!(declare("region", 991_015).is_err());
    }

    #[test]
    fn every_age_from_birth_to_old_age_has_a_letter() {
        let letters: String = (0..=19)
            .map(|years| {
                let mut declared = Declared::default();
                builtin()
                    .declare(&mut declared, "age", Answer::Number(years))
                    .unwrap();
                shown(&declared).trim_start_matches('-').to_owned()
            })
            .collect();
        assert_eq!(letters, "XYZABCDEFGHIJKLMNOPV");
        let mut declared = Declared::default();
        for years in [-1, 131, i64::MIN, i64::MAX] {
            let refused = builtin().declare(&mut declared, "age", Answer::Number(years));
            assert!(matches!(refused, Err(DeclareError::NoOption { .. })));
        }
        assert!(declared.is_empty());
    }
}

mod the_table {
    use super::*;

    fn changed(from: &str, to: &str) -> TableError {
        let text = include_str!("../catalogue/portable_id.toml");
        assert!(text.contains(from), "{from}");
        SlotTable::parse(&text.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn is_refused_when_it_contradicts_itself() {
        use TableError as E;
        assert!(matches!(
            changed("version = 1", "version = 16"),
            E::Version(16)
        ));
        assert!(matches!(changed("version = 1", "version = -1"), E::Toml(_)));
        assert!(matches!(
            changed("code = \"12\"", "code = \"123\""),
            E::Code { .. }
        ));
        assert!(matches!(
            changed("code = \"A\"", "code = \"-\""),
            E::Code { .. }
        ));
        assert!(matches!(
            changed("code = \"Y\"", "code = \"X\""),
            E::Twice { .. }
        ));
        assert!(matches!(
            changed("id = \"age_1\"", "id = \"child_1\""),
            E::Twice { .. }
        ));
        assert!(matches!(changed("bits = 4", "bits = 3"), E::Options { .. }));
        assert!(matches!(
            changed("bits = 4", "bits = 60"),
            E::Options { .. }
        ));
        assert!(matches!(changed("width = 1", "width = 0"), E::Width { .. }));
        assert!(matches!(
            changed("coarser = \"kotohogi_ken\"", "coarser = \"nowhere\""),
            E::DeadLink { .. }
        ));
        assert!(matches!(
            changed("slot = \"age\"", "slot = \"shoe\""),
            E::DeadLink { .. }
        ));
        assert!(matches!(
            changed("yes = \"child\"", "yes = \"kid\""),
            E::DeadLink { .. }
        ));
        assert!(matches!(
            changed("id = \"age_0_2\"", "id = \"age_0_2\"\ncoarser = \"age_0\""),
            E::Circle { .. }
        ));
        assert!(matches!(
            SlotTable::parse("version = 1\nslot = []"),
            Err(E::Slots(0))
        ));
    }

    #[test]
    fn needs_forty_bits_left_for_chance() {
        // 11 + 5 + 5 + 4 = 25; with sixteen, sixteen and five there would be 41, one too many.
        let text = include_str!("../catalogue/portable_id.toml");
        let wide = text
            .replacen("bits = 11", "bits = 16", 1)
            .replacen("bits = 5", "bits = 16", 1);
        assert_eq!(
            SlotTable::parse(&wide),
            Err(TableError::Bits {
                needed: 41,
                room: 40
            })
        );
        assert!(SlotTable::parse(&text.replacen("bits = 11", "bits = 15", 1)).is_ok());
    }

    #[test]
    fn of_shares_is_refused_when_it_names_what_is_not_there() {
        let text = include_str!("../catalogue/portable_counts.toml");
        let changed = |from: &str, to: &str| {
            HouseholdShares::parse(builtin(), &text.replacen(from, to, 1)).unwrap_err()
        };
        assert!(matches!(
            changed("asukoe_shi", "atlantis"),
            CountsError::NoOption { .. }
        ));
        assert!(matches!(
            changed("age = {", "shoe = {"),
            CountsError::NoSlot { .. }
        ));
        assert!(matches!(
            changed("= 420", "= 1001"),
            CountsError::Share { .. }
        ));
        assert!(matches!(changed("version", "vision"), CountsError::Toml(_)));
    }
}

mod the_ladder {
    use super::*;

    fn counts(cells: &[(&str, u64)]) -> PublicCounts {
        let mut counts = PublicCounts::new();
        for (text, households) in cells {
            counts.add(builtin(), code(text), *households);
        }
        counts
    }

    fn released(declared: &str, counts: &impl Counts, k: u64) -> Option<(String, u64, usize)> {
        match generalise(builtin(), &code(declared), counts, k) {
            Generalised::Released(less) => {
                Some((shown(less.declared()), less.households(), less.rungs()))
            }
            Generalised::Withheld => None,
        }
    }

    #[test]
    fn is_climbed_in_its_order_until_enough_households_share_the_cell() {
        let order = ["1207A64", "1230A64", "1230R64", "1230R32", "1230R", "9930R"];
        for (rungs, cell) in order.iter().enumerate() {
            let enough = counts(&[(cell, 10)]);
            assert_eq!(
                released("1207A64", &enough, 10),
                Some(((*cell).to_owned(), 10, rungs))
            );
            let too_few = counts(&[(cell, 9)]);
            assert_eq!(released("1207A64", &too_few, 10), None);
        }
    }

    #[test]
    fn is_never_left_below_ten_whatever_k_is_asked_for() {
        let nine = counts(&[("1230A64", 9), ("1230R64", 40)]);
        for k in [0, 1, 9, 10] {
            assert_eq!(
                released("1230A64", &nine, k),
                Some(("1230R64".into(), 40, 2))
            );
        }
        assert_eq!(released("1230A64", &nine, 41), None);
        assert_eq!(K_MIN, 10);
    }

    #[test]
    fn releases_nothing_on_counts_that_know_nothing() {
        assert_eq!(released("1230A64", &PublicCounts::new(), 10), None);
        assert_eq!(released("", &PublicCounts::new(), 10), None);
    }

    #[test]
    fn adds_up_finer_cells_but_never_the_same_people_twice() {
        let overlapping = counts(&[
            ("1231A64", 4),
            ("1232A64", 3),
            ("1230A65", 6),
            ("1230A", 12),
        ]);
        let count = |text: &str| overlapping.count(builtin(), &code(text));
        // Three kinds of rows describe 1230A; the published number of the very cell is taken.
        assert_eq!(count("1230A"), 12);
        assert_eq!(count("1230A64"), 7);
        assert_eq!(count("1230A32"), 7);
        // No row of exactly this cell: the largest of 7 + 0, 6 and 12, not their sum.
        assert_eq!(count("1230R"), 12);
        assert_eq!(count("0130R"), 0);
    }

    #[test]
    fn counts_the_rest_where_somebody_could_rule_out_those_who_release_more() {
        let mut plain = counts(&[("1231A64", 30), ("1232A64", 4)]);
        let mut rest = plain.clone();
        plain.add_rungs(builtin());
        rest.add_rungs_of_the_rest(builtin(), 10);
        // 34 households fit 1230A64, but thirty of them would have said 1231A64.
        assert_eq!(
            released("1232A64", &plain, 10),
            Some(("1230A64".into(), 34, 1))
        );
        assert_eq!(released("1232A64", &rest, 10), None);
    }

    #[test]
    fn tells_what_was_left_out() {
        let enough = counts(&[("1230R", 60)]);
        let declared = code("1230A64");
        let Generalised::Released(less) = generalise(builtin(), &declared, &enough, 10) else {
            panic!("withheld");
        };
        let left_out: Vec<&str> = builtin()
            .climbed(&declared, &less)
            .map(|rung| rung.label.en.as_str())
            .collect();
        assert_eq!(
            left_out,
            [
                "age in bands",
                "income in three steps instead of six",
                "leave out the income"
            ]
        );
    }

    #[test]
    fn knows_the_invented_figures_of_the_invented_places() {
        let shares = HouseholdShares::builtin().unwrap();
        let count = |text: &str| shares.count(builtin(), &code(text));
        assert_eq!(count("1230"), 9_480);
        assert_eq!(count("1230A"), 474); // 50 per mille
        assert_eq!(count("1230A64"), 123); // 260 per mille of them
        assert_eq!(count("1230R"), 9_480 * 153 / 1000);
        assert_eq!(count("12"), 9_480 + 470 + 24_900);
        assert_eq!(count("9930"), 61_200);
        assert_eq!(count("0106B12"), 0);
        assert_eq!(count("1210A"), 0);
    }

    proptest! {
        #[test]
        fn what_is_released_always_covers_what_was_declared(
            places in proptest::collection::vec(0usize..30, 4),
            rows in proptest::collection::vec((proptest::collection::vec(0usize..30, 4), 0u64..30), 0..40),
            k in 0u64..40,
        ) {
            let mut counts = PublicCounts::new();
            for (places, households) in &rows {
                counts.add(builtin(), cell(places), *households);
            }
            let declared = cell(&places);
            if let Generalised::Released(less) = generalise(builtin(), &declared, &counts, k) {
                prop_assert!(builtin().covers(less.declared(), &declared));
                prop_assert!(less.households() >= k.max(10));
                prop_assert_eq!(less.households(), counts.count(builtin(), less.declared()));
            }
        }
    }

    fn cell(places: &[usize]) -> Declared {
        let mut declared = Declared::default();
        for (slot, place) in builtin().slots().iter().zip(places) {
            if let Some(option) = slot.options.get(*place) {
                builtin()
                    .declare(&mut declared, &slot.id, Answer::Word(&option.code))
                    .unwrap();
            }
        }
        declared
    }
}

fn release_of(text: &str) -> Released {
    let mut counts = PublicCounts::new();
    counts.add(builtin(), code(text), 1_000);
    match generalise(builtin(), &code(text), &counts, 10) {
        Generalised::Released(less) => less,
        Generalised::Withheld => panic!("withheld"),
    }
}

mod the_token {
    use super::*;

    fn site(name: &str) -> SiteId {
        name.parse().unwrap()
    }

    fn scrambled(ring: &KeyRing, text: &str, site_name: &str, random: [u8; 10]) -> Token {
        ring.scramble(
            builtin(),
            &release_of(text),
            &site(site_name),
            Randomness::new(random),
        )
        .unwrap()
    }

    #[test]
    fn is_read_by_its_site_in_its_week_and_the_next() {
        let mut ring = KeyRing::new(Epoch(2967), [1; 32]);
        let token = scrambled(&ring, "1230A64", "a.example", [5; 10]);
        let open = |ring: &KeyRing, name: &str, now: u32| {
            ring.open(builtin(), &token, &site(name), Epoch(now))
                .map(|opened| shown(&opened.declared))
        };
        assert_eq!(open(&ring, "a.example", 2967).unwrap(), "1230A64");
        assert_eq!(open(&ring, "b.example", 2967), Err(TokenError::Check));
        ring.rotate(Epoch(2968), [2; 32]).unwrap();
        assert_eq!(open(&ring, "a.example", 2968).unwrap(), "1230A64");
    }

    #[test]
    fn holds_every_option_of_every_slot() {
        let ring = KeyRing::new(Epoch(1), [9; 32]);
        for slot in builtin().slots() {
            for option in &slot.options {
                let mut declared = Declared::default();
                builtin()
                    .declare(&mut declared, &slot.id, Answer::Word(&option.code))
                    .unwrap();
                let text = shown(&declared);
                let token = scrambled(&ring, &text, "a", [3; 10]);
                let opened = ring.open(builtin(), &token, &site("a"), Epoch(1)).unwrap();
                assert_eq!(opened.declared, declared);
            }
        }
    }

    #[test]
    fn survives_text_and_refuses_other_text() {
        let ring = KeyRing::new(Epoch(2967), [1; 32]);
        let token = scrambled(&ring, "1230A64", "a.example", [5; 10]);
        let text = token.to_string();
        assert!(text.starts_with("P1-2967-"));
        assert_eq!(text.len(), 28);
        assert_eq!(text.parse::<Token>().unwrap(), token);
        assert_eq!(serde_json::to_value(token).unwrap(), json!(text));
        let symbols = &text[8..];
        for wrong in [
            String::new(),
            symbols.to_owned(),
            format!("P2-2967-{symbols}"),
            format!("P1-02967-{symbols}"),
            format!("P1-+2967-{symbols}"),
            format!("P1-4294967296-{symbols}"),
            format!("P1-2967-{symbols}0"),
            format!("P1-2967-{}", &symbols[1..]),
            format!("P1-2967-U{}", &symbols[1..]),
            format!("P1-2967-é{}", &symbols[2..]),
            format!("{text}-"),
            text.to_lowercase(),
        ] {
            assert_eq!(
                wrong.parse::<Token>(),
                Err(TokenError::NotAToken),
                "{wrong}"
            );
            assert!(serde_json::from_value::<Token>(json!(wrong)).is_err());
        }
    }

    #[test]
    fn made_up_tokens_are_refused_as_often_as_sixteen_check_bits_can() {
        let ring = KeyRing::new(Epoch(7), [1; 32]);
        let mut dice = Dice::new(3);
        let alphabet: Vec<char> = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().collect();
        let mut read = 0;
        for _ in 0..20_000 {
            let symbols: String = (0..20).map(|_| alphabet[dice.below(32)]).collect();
            let token: Token = format!("P1-7-{symbols}").parse().unwrap();
            match ring.open(builtin(), &token, &site("a"), Epoch(7)) {
                Err(TokenError::Check) => {}
                Ok(_) | Err(_) => read += 1,
            }
        }
        // One in 65,536 is expected to get past the check.
        assert!(read <= 4, "{read}");
    }

    #[test]
    fn of_another_version_of_the_table_is_refused() {
        let text = include_str!("../catalogue/portable_id.toml");
        let second = SlotTable::parse(&text.replacen("version = 1", "version = 2", 1)).unwrap();
        let ring = KeyRing::new(Epoch(7), [1; 32]);
        let token = scrambled(&ring, "1230A64", "a", [5; 10]);
        assert_eq!(
            ring.open(&second, &token, &site("a"), Epoch(7)),
            Err(TokenError::Version { found: 1, here: 2 })
        );
    }

    #[test]
    fn sites_and_epochs_never_share_a_tweak() {
        // "a" in one epoch and "a0" in another would run together without the length in front.
        let ring = KeyRing::new(Epoch(0x3000_0000), [1; 32]);
        let other = KeyRing::new(Epoch(0), [1; 32]);
        let one = scrambled(&ring, "12", "a", [0; 10]);
        let two = scrambled(&other, "12", "a0", [0; 10]);
        assert_ne!(one.symbols(), two.symbols());
        for refused in ["", "A", "a b", "é", &"a".repeat(65)] {
            assert_eq!(refused.parse::<SiteId>(), Err(TokenError::Site));
        }
    }
}

mod anonymous {
    use super::*;

    const HOUSEHOLDS: usize = if cfg!(debug_assertions) {
        300_000
    } else {
        2_000_000
    };
    const ORACLE_CALLS: usize = if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    };
    const PAIRS: usize = if cfg!(debug_assertions) {
        20_000
    } else {
        100_000
    };

    struct Measured {
        population: Population,
        cells: Vec<(Declared, u64)>,
        release: Release,
    }

    static MEASURED: LazyLock<Measured> = LazyLock::new(|| {
        let population = Population::of(HOUSEHOLDS, 7);
        let cells = population.cells();
        let counts = population.counts(&cells);
        let release = Release::of(&population.table, &cells, &counts, 10);
        Measured {
            population,
            cells,
            release,
        }
    });

    /// How many households a cell really holds, counted one declaration after the other.
    fn really(measured: &Measured, cell: &Declared) -> u64 {
        measured
            .cells
            .iter()
            .filter(|(finer, _)| measured.population.table.covers(cell, finer))
            .map(|(_, households)| households)
            .sum()
    }

    #[test]
    fn t1_no_cell_is_released_that_fewer_than_ten_households_share() {
        let measured = &*MEASURED;
        let mut smallest: Vec<&Released> = measured
            .release
            .released
            .iter()
            .map(|(_, r, _)| r)
            .collect();
        smallest.sort_by_key(|released| (released.households(), *released.declared()));
        smallest.dedup_by_key(|released| *released.declared());
        for released in smallest
            .iter()
            .take(60)
            .chain(smallest.iter().step_by(2_000))
        {
            let households = really(measured, released.declared());
            assert_eq!(households, released.households());
            assert!(households >= 10);
        }
        let violations = measured.release.loneliness().below_ten;
        assert!(violations.abs() < f64::EPSILON);

        // The control: without the ladder, one in six is in such a cell.
        let whole: Vec<(u64, u64)> = measured.cells.iter().map(|&(_, n)| (n, n)).collect();
        assert!(Loneliness::of(&whole).below_ten > 0.10);
    }

    #[test]
    fn t1_holds_among_those_who_release_the_same_when_the_rest_is_counted() {
        let measured = &*MEASURED;
        let rest = measured.population.counts_of_the_rest(&measured.cells, 10);
        let release = Release::of(&measured.population.table, &measured.cells, &rest, 10);
        let violations = release.loneliness_among_releasers().below_ten;
        assert!(violations.abs() < f64::EPSILON, "{violations}");
        assert!(release.withheld < 100, "{}", release.withheld);

        // The control: plain public counts leave people who stand out by not saying more.
        let plain = measured.release.loneliness_among_releasers();
        assert!(plain.below_ten > 0.01);
    }

    #[test]
    fn t2_an_observer_guesses_right_in_less_than_one_of_fifty() {
        let measured = &*MEASURED;
        let population = &measured.population;
        let seed = population.without_children(&measured.cells);
        let counts = population.counts(&seed);
        let released = Release::of(&population.table, &seed, &counts, 10).loneliness();
        assert!(released.mean_inverse <= 0.02, "{released:?}");

        // With the number of children and single parenthood as well, ten is not enough; twenty-five is, even among
        // those who release the same.
        assert!(measured.release.loneliness().mean_inverse > 0.02);
        let rest = population.counts_of_the_rest(&measured.cells, 25);
        let strict = Release::of(&population.table, &measured.cells, &rest, 25);
        let released = strict.loneliness_among_releasers();
        assert!(released.mean_inverse <= 0.02, "{released:?}");
    }

    #[test]
    fn t2_the_made_up_population_has_the_reference_shares() {
        let expected = [
            (0.0000, 0.001, 0.0035),
            (0.0011, 0.033, 0.020),
            (0.0280, 0.192, 0.088),
            (0.0490, 0.394, 0.160),
            (0.2290, 0.803, 0.418),
        ];
        let measured = MEASURED.population.attribute_sets();
        for ((name, lonely), (unique, below_ten, mean)) in measured.into_iter().zip(expected) {
            let close = |found: f64, wanted: f64| (found - wanted).abs() <= 0.25 * wanted + 0.01;
            assert!(close(lonely.unique, unique), "{name}: {lonely:?}");
            assert!(close(lonely.below_ten, below_ten), "{name}: {lonely:?}");
            assert!(close(lonely.mean_inverse, mean), "{name}: {lonely:?}");
        }
    }

    #[test]
    fn t3_two_tokens_of_one_profile_cannot_be_linked() {
        let measured = &*MEASURED;
        let table = &measured.population.table;
        let linked = population::linking(
            &mut Issuer::new(table, true, 11),
            &measured.release,
            PAIRS,
            12,
        );
        assert!((linked.equal_symbols - 0.5).abs() <= 0.01);
        assert!((linked.learned - 0.5).abs() <= 0.01);

        // The control: FF1 without random bits.
        let bare = population::linking(
            &mut Issuer::new(table, false, 11),
            &measured.release,
            1_000,
            12,
        );
        assert!(bare.equal_symbols > 0.99);
        assert!(bare.learned > 0.99);
    }

    #[test]
    fn t4_a_dictionary_made_with_the_issuing_service_finds_nobody() {
        let measured = &*MEASURED;
        let table = &measured.population.table;
        let attack = |random| {
            population::dictionary(
                &mut Issuer::new(table, random, 13),
                &measured.release,
                ORACLE_CALLS,
                2_000,
                14,
            )
        };
        let attacked = attack(true);
        assert_eq!(attacked.found, 0);
        assert!((attacked.success - attacked.prior).abs() < f64::EPSILON);
        assert!(attacked.prior < 0.02);

        // The control: FF1 without random bits is a substitution, and every victim is found.
        let bare = attack(false);
        assert_eq!(bare.found, 2_000);
        assert!((bare.success - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn t5_every_symbol_is_as_frequent_as_any_other() {
        // 61.1: 99.9 % of the chi-square distribution with 31 degrees of freedom.
        let measured = &*MEASURED;
        let table = &measured.population.table;
        let (_, released, _) = &measured.release.released[0];
        let mut issuer = Issuer::new(table, true, 15);
        for squares in population::chi_squares(&mut issuer, released, 64_000) {
            assert!(squares < 61.1, "{squares}");
        }

        // The control: one token again and again.
        let mut bare = Issuer::new(table, false, 15);
        for squares in population::chi_squares(&mut bare, released, 3_200) {
            assert!(squares > 61.1, "{squares}");
        }
    }

    /// Everything a service could write down about one visit: the token as it came, what it read, what went wrong.
    fn server_log(ring: &KeyRing, token: Token, site: &SiteId) -> Vec<String> {
        let opened = ring.open(builtin(), &token, site, Epoch(2967));
        let other: SiteId = "other.example".parse().unwrap();
        let refused = ring.open(builtin(), &token, &other, Epoch(2967));
        let over = ring.open(builtin(), &token, site, Epoch(3000)).unwrap_err();
        vec![
            format!("{token} {token:?} {token:#?}"),
            serde_json::to_string(&token).unwrap(),
            format!("{opened:?} {opened:#?} {refused:?}"),
            format!("{over} {over:?}"),
            format!(
                "{ring:?} {site:?} {}",
                serde_json::to_string(&token.epoch()).unwrap()
            ),
        ]
    }

    #[test]
    fn t6_nothing_that_leaves_the_device_holds_the_plain_code() {
        let ring = KeyRing::new(Epoch(2967), [0x41; 32]);
        let site: SiteId = "a.example".parse().unwrap();
        let mut dice = Dice::new(4);
        let holds = |log: &[String], plain: &str| log.iter().any(|line| line.contains(plain));
        for plain in ["1230A64", "0106B12", "1230A", "9930R", "1232A65", "1230R31"] {
            let released = release_of(plain);
            let token = ring
                .scramble(builtin(), &released, &site, dice.randomness())
                .unwrap();
            let mut log = server_log(&ring, token, &site);
            // Objects of the device that somebody may format by mistake.
            let declared = code(plain);
            let shown_code = builtin().code(&declared);
            log.push(format!("{declared:?} {shown_code:?} {released:?}"));
            log.push(format!("{:?}", Generalised::Released(released.clone())));
            assert!(!holds(&log, plain), "{plain}");
            for (_, option) in builtin().options(&declared) {
                assert!(!holds(&log, &option.id), "{}", option.id);
                assert!(!holds(&log, &option.label.ja), "{}", option.id);
            }
            // 0x41 is "A", and 65 in a list of numbers.
            assert!(!holds(&log, "AAAA") && !holds(&log, "65, 65"));

            // The control: one careless line.
            log.push(format!("served {}", shown_code.shown()));
            assert!(holds(&log, plain));
        }
        assert_eq!(
            format!("{:?}", Randomness::new([7; 10])),
            "Randomness(secret)"
        );
    }

    #[test]
    fn t7_tokens_of_an_epoch_fail_two_epochs_later() {
        let site: SiteId = "a.example".parse().unwrap();
        let mut ring = KeyRing::new(Epoch(10), [1; 32]);
        let token = ring
            .scramble(
                builtin(),
                &release_of("1230A64"),
                &site,
                Randomness::new([5; 10]),
            )
            .unwrap();
        let open = |ring: &KeyRing, now: u32| ring.open(builtin(), &token, &site, Epoch(now));
        ring.rotate(Epoch(11), [2; 32]).unwrap();
        assert!(open(&ring, 11).is_ok());
        ring.rotate(Epoch(12), [3; 32]).unwrap();
        assert_eq!(open(&ring, 12), Err(TokenError::Over { epoch: 10 }));
        // A clock that runs behind does not bring the key back.
        assert_eq!(open(&ring, 10), Err(TokenError::NoKey { epoch: 10 }));
        assert_eq!(ring.epochs().collect::<Vec<_>>(), [Epoch(11), Epoch(12)]);

        // A service that never rotates refuses it too, and can wipe what it no longer may use.
        let mut still = KeyRing::new(Epoch(10), [1; 32]);
        assert!(open(&still, 11).is_ok());
        assert_eq!(open(&still, 12), Err(TokenError::Over { epoch: 10 }));
        still.forget(Epoch(12));
        assert_eq!(still.epochs().count(), 0);
        let refused = still.scramble(
            builtin(),
            &release_of("12"),
            &site,
            Randomness::new([5; 10]),
        );
        assert_eq!(refused, Err(TokenError::NoKey { epoch: 10 }));

        // Missed weeks count as well.
        let mut late = KeyRing::new(Epoch(10), [1; 32]);
        late.rotate(Epoch(20), [2; 32]).unwrap();
        assert_eq!(late.epochs().collect::<Vec<_>>(), [Epoch(20)]);

        // The control: somebody who kept the old key reads it.
        let hoarder = KeyRing::new(Epoch(10), [1; 32]);
        assert!(open(&hoarder, 10).is_ok());
    }

    #[test]
    fn keys_come_in_order() {
        let mut ring = KeyRing::new(Epoch(10), [1; 32]);
        for epoch in [0, 9, 10] {
            assert_eq!(
                ring.rotate(Epoch(epoch), [2; 32]),
                Err(RotateError::Backwards {
                    given: epoch,
                    current: 10
                })
            );
        }
        let mut last = KeyRing::new(Epoch(u32::MAX - 1), [1; 32]);
        last.rotate(Epoch(u32::MAX), [2; 32]).unwrap();
        assert_eq!(last.epochs().count(), 2);
    }
}

mod the_door {
    use super::*;

    fn ask(question: &Value) -> Value {
        ask_line(&question.to_string())
    }

    fn ask_line(line: &str) -> Value {
        static DOOR: LazyLock<Door> =
            LazyLock::new(|| Door::open("2026-11-22".parse().unwrap()).unwrap());
        serde_json::from_str(&DOOR.answer("portable-id", line).unwrap()).unwrap()
    }

    #[test]
    fn answers_with_the_code_its_steps_and_what_could_leave() {
        let answer = ask(&json!({
            "id": 7,
            "attributes": {"region": "12", "child": true, "age": 3, "income": "64"}
        }));
        assert_eq!(answer["id"], 7);
        assert_eq!(answer["code"], "1230A64");
        assert_eq!(answer["steps"], json!(["12", "1230", "1230A", "1230A64"]));
        assert_eq!(answer["generalised"]["code"], "1230A64");
        assert_eq!(answer["k"], 123);
        assert_eq!(answer["version"], 1);
        assert!(answer.get("token").is_none());
    }

    #[test]
    fn takes_the_same_declaration_in_many_spellings() {
        let first = ask(
            &json!({"attributes": {"region": "12", "child": "30", "age": "A", "income": "64"}}),
        );
        for question in [
            json!({"attributes": {"region": "12", "child": true, "age": 3, "income": 64}}),
            json!({"attributes": {"income": "income_4_of_6", "age": "age_3", "child": "child", "region": "asukoe_shi"}}),
            json!({"attributes": {"municipality": "991015", "household": "30", "child_age": "3歳", "income_yen": 5_000_000}}),
            json!({"attributes": {"region": "12", "child": true, "age": 3.0, "income": "64", "single_parent": false}}),
            json!({"attributes": {"region": "12", "child": true, "age": "a", "income": "64", "single_parent": null}}),
            json!({"region": "12", "child": true, "age": 3, "income": "64", "note": "x"}),
            json!({"declare": [{"income": "64"}, {"age": 3}, {"child": true}, {"region": "12"}]}),
            json!({"declare": ["64", "A", "30", "12"]}),
            json!({"declare": ["age=3", "income:64", "child", "あすこえ市"]}),
            json!({"declare": [{"attribute": "age", "value": 3}, {"slot": "region", "code": "12"}, "child", "64"]}),
            json!({"declare": [{"region": "12", "child": true}], "attributes": {"age": 3, "income": "64"}}),
            json!({"attributes": ["12", "30", "A", "64"]}),
            json!({"code": "1230A64"}),
        ] {
            assert_eq!(ask(&question), first, "{question}");
        }
    }

    #[test]
    fn takes_part_of_a_declaration() {
        let code = |question: Value| ask(&question)["code"].clone();
        assert_eq!(code(json!({"attributes": {"region": "12"}})), "12");
        assert_eq!(
            code(json!({"attributes": {"region": "12", "age": 3}})),
            "12--A"
        );
        assert_eq!(
            code(json!({"attributes": {"region": "12", "child": null}})),
            "12"
        );
        assert_eq!(
            code(json!({"attributes": {"children": 2, "single_parent": true}})),
            "--08"
        );
        assert_eq!(
            code(json!({"attributes": {"single_parent": true, "region": "01"}})),
            "0106"
        );
        assert_eq!(code(json!({"attributes": {"child": false}})), "--10");
        assert_eq!(code(json!({"attributes": {}})), "");
        assert_eq!(code(json!({"declare": []})), "");
        let unknown = ask(&json!({"attributes": {"region": "12", "colour": "red"}}));
        assert_eq!(unknown["code"], "12");
        assert_eq!(unknown["ignored"], json!(["colour"]));
    }

    #[test]
    fn refuses_nonsense_with_an_error() {
        for line in [
            "{}",
            "[]",
            "nonsense",
            r#"{"attributes": 3}"#,
            r#"{"attributes": {"region": "77"}}"#,
            r#"{"attributes": {"region": {}}}"#,
            r#"{"attributes": {"region": ["12"]}}"#,
            r#"{"attributes": {"age": -1}}"#,
            r#"{"attributes": {"age": 3.5}}"#,
            r#"{"attributes": {"age": 1e300}}"#,
            r#"{"attributes": {"age": 99999999999999999999}}"#,
            r#"{"attributes": {"age": true}}"#,
            r#"{"attributes": {"child": "perhaps"}}"#,
            r#"{"attributes": {"child": false, "single_parent": true}}"#,
            r#"{"attributes": {"single_parent": "very"}}"#,
            r#"{"attributes": {"colour": "red"}}"#,
            r#"{"declare": ["age=3", "age=4"]}"#,
            r#"{"declare": ["red"]}"#,
            r#"{"declare": [3]}"#,
            r#"{"declare": [{"colour": "red"}]}"#,
            r#"{"code": "1230A6"}"#,
            r#"{"code": "12", "attributes": {"region": "12"}}"#,
            r#"{"attributes": {"region": "12"}, "counts": {"12": -1}}"#,
            r#"{"attributes": {"region": "12"}, "counts": {"xx": 1}}"#,
            r#"{"attributes": {"region": "12"}, "k": -1}"#,
            r#"{"attributes": {"region": "12"}, "scramble": {"site": "A", "key": "", "random": ""}}"#,
        ] {
            let answer = ask_line(line);
            assert!(answer["error"].is_string(), "{line}: {answer}");
            assert_eq!(answer.as_object().unwrap().len(), 1);
        }
        let many: Vec<&str> = vec!["age_3"; 100_000];
        assert!(ask(&json!({ "declare": many }))["error"].is_string());
    }

    #[test]
    fn generalises_with_the_counts_of_the_question() {
        let ask = |counts: Value, k: Value| {
            let answer = ask(&json!({"code": "1207A64", "counts": counts, "k": k}));
            (answer["generalised"]["code"].clone(), answer["k"].clone())
        };
        let counts = json!({"1207A64": 3, "1230A64": 9, "1230R64": 31});
        assert_eq!(
            ask(counts.clone(), Value::Null),
            (json!("1230R64"), json!(31))
        );
        assert_eq!(ask(counts.clone(), json!(1)), (json!("1230R64"), json!(31)));
        assert_eq!(ask(counts, json!(32)), (Value::Null, Value::Null));
        assert_eq!(ask(json!([]), Value::Null), (Value::Null, Value::Null));
        let list = json!([{"code": "1230A64", "n": 10}, {"code": "1207A64", "households": 0}]);
        assert_eq!(ask(list, Value::Null), (json!("1230A64"), json!(10)));
    }

    #[test]
    fn scrambles_what_is_released_and_not_what_was_declared() {
        let scramble = json!({"site": "a.example", "epoch": 2967, "key": "41".repeat(32), "random": "07".repeat(10)});
        let answer =
            ask(&json!({"code": "1207A64", "counts": {"1230A64": 10}, "scramble": scramble}));
        let token: Token = answer["token"].as_str().unwrap().parse().unwrap();
        let ring = KeyRing::new(Epoch(2967), [0x41; 32]);
        let opened = ring
            .open(
                builtin(),
                &token,
                &"a.example".parse().unwrap(),
                Epoch(2967),
            )
            .unwrap();
        assert_eq!(shown(&opened.declared), "1230A64");
        let withheld = ask(&json!({"code": "1207A64", "counts": {}, "scramble": scramble}));
        assert!(withheld.get("token").is_none());
        // The week of the law's day.
        let mut today = scramble;
        today["epoch"] = Value::Null;
        let answer = ask(&json!({"code": "12", "scramble": today}));
        assert!(answer["token"].as_str().unwrap().starts_with("P1-2967-"));
    }

    proptest! {
        #[test]
        fn never_panics_and_always_answers(line in "\\PC{0,80}", value in "[0-9A-Za-z歳=:-]{0,12}", number: f64) {
            ask_line(&line);
            for attribute in ["region", "child", "children", "single_parent", "age", "income", "income_yen"] {
                for answer in [json!(value), json!(number)] {
                    let mut question = json!({"attributes": {}});
                    question["attributes"][attribute] = answer;
                    let answer = ask(&question);
                    prop_assert!(answer["error"].is_string() || answer["code"].is_string());
                }
            }
            ask(&json!({"declare": [value]}));
            ask(&json!({"code": value}));
        }
    }
}
