//! Conditions on facts: what they come to, why, and what would change it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::sync::Arc;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use ubugoe_procedures::Catalogue;
use ubugoe_procedures::rules::{
    FactValue, Focus, Records, Rule, Scope, Seen, Trace, Verdict, Vocabulary,
};

const FACTS: &str = r#"
fact = [
    { id = "today", scope = "family", kind = "date", derived = true, label = { ja = "日", en = "Day" } },
    { id = "a", scope = "family", kind = "bool", label = { ja = "甲", en = "A" }, says = { ja = "甲です。", en = "A." } },
    { id = "b", scope = "family", kind = "bool", label = { ja = "乙", en = "B" }, says = { ja = "乙です。", en = "B." } },
    { id = "n", scope = "family", kind = "number", label = { ja = "数", en = "N" } },
    { id = "pay", scope = "family", kind = "money", label = { ja = "額", en = "Pay" } },
    { id = "kind", scope = "family", kind = "choice", label = { ja = "種", en = "Kind" }, options = [
        { id = "x", label = { ja = "子", en = "X" } }, { id = "y", label = { ja = "丑", en = "Y" } }, { id = "z", label = { ja = "寅", en = "Z" } },
    ] },
    { id = "month", scope = "family", kind = "month", label = { ja = "月", en = "Month" } },
    { id = "child.birth", scope = "child", kind = "date", label = { ja = "誕生", en = "Birth" } },
    { id = "child.counts", scope = "child", kind = "bool", label = { ja = "数える", en = "Counts" }, says = { ja = "数えます。", en = "It counts." } },
]
"#;

/// A file of one procedure with the given keys.
fn file(keys: &str) -> String {
    format!(
        r#"
id = "example"
kind = "service"
sector = "public"
domain = "childcare"
stage = "any"
level = "municipal"
per = "family"
title = {{ ja = "例", en = "Example" }}
summary = {{ ja = "例", en = "Example" }}
reason = {{ ja = "例", en = "Example" }}
routing = "nobody"
order = 1
{keys}
[[law]]
name = "例の要綱"
article = "1"
municipal = true
"#
    )
}

struct Made {
    rule: Rule,
    vocabulary: Arc<Vocabulary>,
}

/// The rule of a procedure whose keys are given: `when`, exceptions, conditions.
fn made(keys: &str) -> Made {
    let text = file(keys);
    let catalogue = Catalogue::from_files([
        ("facts/test.toml", FACTS),
        ("procedures/example.toml", text.as_str()),
    ])
    .unwrap_or_else(|error| panic!("{keys}\n{error}"));
    let procedure = catalogue.procedure(&"example".parse().unwrap()).unwrap();
    let rule = procedure.versions.last().unwrap().when.clone();
    Made {
        rule,
        vocabulary: Arc::clone(catalogue.vocabulary()),
    }
}

/// A test with id and sentence around the given keys.
fn leaf(id: &str, keys: &str) -> String {
    format!("{{ id = \"{id}\", sentence = {{ ja = \"文\", en = \"S\" }}, {keys} }}")
}

fn yes(made: &Made, set: &[(&str, FactValue)]) -> Verdict {
    made.rule.decide(&known(made, set), &Focus::family())
}

fn known(made: &Made, set: &[(&str, FactValue)]) -> Records {
    let mut records = Records::new(&made.vocabulary);
    for (id, value) in set {
        records.set(&made.vocabulary, 0, id, value).unwrap();
    }
    records
}

fn day(y: i16, m: i8, d: i8) -> FactValue {
    FactValue::Date(date(y, m, d))
}

/// A family with children; the first is looked at.
fn with_children(made: &Made, children: &[(Date, Option<bool>)]) -> Records {
    let mut records = Records::new(&made.vocabulary);
    for (birth, counts) in children {
        let child = records.add(Scope::Child);
        let v = &made.vocabulary;
        records
            .set(v, child, "child.birth", &FactValue::Date(*birth))
            .unwrap();
        if let Some(counts) = counts {
            records
                .set(v, child, "child.counts", &FactValue::Bool(*counts))
                .unwrap();
        }
    }
    records
}

#[test]
fn the_fiscal_year_end_after_eighteen_is_drawn_between_the_first_and_the_second_of_april() {
    let made = made(&format!(
        "when = {}",
        leaf(
            "u",
            "fact = \"today\", until = { fact = \"child.birth\", fiscal_year_end_after_reaching = 18 }"
        )
    ));
    let on = |birth: Date, today: Date| {
        let mut records = with_children(&made, &[(birth, None)]);
        records
            .set(&made.vocabulary, 0, "today", &FactValue::Date(today))
            .unwrap();
        made.rule
            .decide(&records, &Focus::family().on(Scope::Child, 0))
    };
    assert_eq!(on(date(2026, 4, 1), date(2044, 3, 31)), Verdict::Yes);
    assert_eq!(on(date(2026, 4, 1), date(2044, 4, 1)), Verdict::No);
    assert_eq!(on(date(2026, 4, 2), date(2045, 3, 31)), Verdict::Yes);
    assert_eq!(on(date(2026, 4, 2), date(2045, 4, 1)), Verdict::No);
}

#[test]
fn date_words_agree_with_the_literals_of_the_calendar() {
    let cases = [
        // Word on 2026-12-31, and the day it makes.
        ("reaches = \"2m\"", "2027-02-28"),
        ("reaches = 1", "2027-12-30"),
        ("plus = \"28d\"", "2027-01-28"),
        ("plus = \"6w\"", "2027-02-11"),
        ("plus = \"2m\"", "2027-02-28"),
        ("minus = \"1y\"", "2025-12-31"),
        ("day = \"first_of_month\"", "2026-12-01"),
        ("day = \"last_of_month\", plus = \"1d\"", "2027-01-01"),
        ("plus = \"6w\", minus = \"1d\"", "2027-02-10"),
        ("fiscal_year_end_after_reaching = 6", "2033-03-31"),
    ];
    for (word, expected) in cases {
        let made = made(&format!(
            "when = {}",
            leaf(
                "w",
                &format!("fact = \"today\", {word}, on = \"{expected}\"")
            )
        ));
        let verdict = yes(&made, &[("today", day(2026, 12, 31))]);
        assert_eq!(verdict, Verdict::Yes, "{word}");
        assert_eq!(
            yes(&made, &[("today", day(2026, 1, 2))]),
            Verdict::No,
            "{word}"
        );
    }
    let months = made(&format!(
        "when = {{ all = [{}, {}, {}] }}",
        leaf("m", "fact = \"today\", month_after = 1, eq = \"2027-01\""),
        leaf("f", "fact = \"today\", as = \"fiscal_year\", eq = 2026"),
        leaf(
            "n",
            "fact = \"month\", plus = \"1m\", eq = { fact = \"today\", as = \"month\" }"
        ),
    ));
    let month = FactValue::Month(ubugoe_procedures::calendar::Month {
        year: 2026,
        month: 11,
    });
    assert_eq!(
        yes(&months, &[("today", day(2026, 12, 31)), ("month", month)]),
        Verdict::Yes
    );
}

#[test]
fn time_since_counts_whole_units() {
    let made = made(&format!(
        "when = {}",
        leaf(
            "w",
            "fact = \"today\", weeks_since = \"child.birth\", between = [6, 24]"
        )
    ));
    let on = |today: Date| {
        let mut records = with_children(&made, &[(date(2026, 11, 22), None)]);
        records
            .set(&made.vocabulary, 0, "today", &FactValue::Date(today))
            .unwrap();
        made.rule
            .decide(&records, &Focus::family().on(Scope::Child, 0))
    };
    assert_eq!(on(date(2027, 1, 2)), Verdict::No);
    assert_eq!(on(date(2027, 1, 3)), Verdict::Yes);
    assert_eq!(on(date(2027, 5, 15)), Verdict::Yes);
    assert_eq!(on(date(2027, 5, 16)), Verdict::No);
}

#[test]
fn the_unknown_stays_unknown_until_the_rest_settles_it() {
    let made = made(&format!(
        "when = {{ any = [\"a\", {}] }}",
        leaf("n5", "fact = \"n\", gt = 5")
    ));
    assert_eq!(yes(&made, &[]), Verdict::Unknown);
    assert_eq!(yes(&made, &[("a", FactValue::Bool(true))]), Verdict::Yes);
    assert_eq!(
        yes(&made, &[("a", FactValue::Bool(false))]),
        Verdict::Unknown
    );
    assert_eq!(
        yes(
            &made,
            &[("a", FactValue::Bool(false)), ("n", FactValue::Number(5))]
        ),
        Verdict::No
    );
    let known = self::made(&format!(
        "when = {}",
        leaf("k", "fact = \"n\", known = false")
    ));
    assert_eq!(yes(&known, &[]), Verdict::Yes);
    assert_eq!(yes(&known, &[("n", FactValue::Number(0))]), Verdict::No);
}

#[test]
fn the_third_child_is_counted_among_those_that_count_oldest_first() {
    let made = made(&format!(
        "when = {}",
        leaf(
            "third",
            "rank = { of = \"child\", by = \"child.birth\", where = \"child.counts\" }, ge = 3"
        )
    ));
    let newborn = Focus::family().on(Scope::Child, 0);
    let family = |student: Option<bool>| {
        with_children(
            &made,
            &[
                (date(2026, 11, 22), Some(true)),
                (date(2003, 5, 1), Some(false)),
                (date(2006, 5, 1), student),
                (date(2011, 5, 1), Some(true)),
            ],
        )
    };
    assert_eq!(
        made.rule.decide(&family(Some(true)), &newborn),
        Verdict::Yes
    );
    assert_eq!(
        made.rule.decide(&family(Some(false)), &newborn),
        Verdict::No
    );
    assert_eq!(made.rule.decide(&family(None), &newborn), Verdict::Unknown);
    let family = family(None);
    let trace = made.rule.explain(&family, &newborn);
    assert_eq!(
        trace.step("third").unwrap().seen,
        [Seen::Place {
            scope: Scope::Child,
            least: 2,
            most: 3
        }]
    );
    let twins = with_children(
        &made,
        &[
            (date(2026, 11, 22), Some(true)),
            (date(2026, 11, 22), Some(true)),
            (date(2020, 1, 1), Some(true)),
        ],
    );
    assert_eq!(made.rule.decide(&twins, &newborn), Verdict::No);
    let second = Focus::family().on(Scope::Child, 1);
    assert_eq!(made.rule.decide(&twins, &second), Verdict::Yes);
}

#[test]
fn members_are_counted_at_least_and_at_most() {
    let made = made(&format!(
        "when = {}",
        leaf(
            "two",
            "count = { of = \"child\", where = \"child.counts\" }, ge = 2"
        )
    ));
    let of = |counts: &[Option<bool>]| {
        let children: Vec<(Date, Option<bool>)> = counts
            .iter()
            .map(|counts| (date(2020, 1, 1), *counts))
            .collect();
        made.rule
            .decide(&with_children(&made, &children), &Focus::family())
    };
    assert_eq!(of(&[Some(true), Some(true), None]), Verdict::Yes);
    assert_eq!(of(&[Some(true), Some(false), None]), Verdict::Unknown);
    assert_eq!(of(&[Some(true), Some(false)]), Verdict::No);
    assert_eq!(of(&[]), Verdict::No);
}

const EXCEPTIONS: &str = r#"
when = "a"

[[exception]]
id = "not_when_b"
when = "b"
then = "no"
sentence = { ja = "乙なら除きます。", en = "Not where B." }
article = "例法2"

[[exception]]
id = "yet_when_large"
when = { id = "large", fact = "n", ge = 100, sentence = { ja = "百以上です。", en = "At least a hundred." } }
then = "yes"
over = ["not_when_b"]
sentence = { ja = "百以上なら除きません。", en = "Yet where large." }
"#;

#[test]
fn an_exception_beats_the_ordinary_case_and_the_stronger_exception_beats_it() {
    let made = made(EXCEPTIONS);
    let (t, f) = (FactValue::Bool(true), FactValue::Bool(false));
    let n = |n| FactValue::Number(n);
    let of = |a: &FactValue, b: &FactValue, n: FactValue| {
        yes(&made, &[("a", a.clone()), ("b", b.clone()), ("n", n)])
    };
    assert_eq!(of(&t, &f, n(1)), Verdict::Yes);
    assert_eq!(of(&t, &t, n(1)), Verdict::No);
    assert_eq!(of(&t, &t, n(100)), Verdict::Yes);
    assert_eq!(of(&f, &t, n(100)), Verdict::Yes);
    assert_eq!(of(&f, &f, n(99)), Verdict::No);
    // Whether the exception applies is open, but either way it is no.
    assert_eq!(yes(&made, &[("a", f), ("n", n(1))]), Verdict::No);
    assert_eq!(yes(&made, &[("a", t), ("n", n(1))]), Verdict::Unknown);
    let records = known(&made, &[("b", FactValue::Bool(true))]);
    let trace = made.rule.explain(&records, &Focus::family());
    let step = trace.step("not_when_b").unwrap();
    assert_eq!(step.verdict, Verdict::Yes);
    assert_eq!(step.article, Some("例法2"));
    assert_eq!(step.sentence.unwrap().en, "Not where B.");
}

#[test]
fn a_trace_tells_every_node_also_where_the_answer_was_settled_before() {
    let made = made(&format!(
        "when = {{ all = [\"a\", {}, {{ not = \"b\" }}] }}",
        leaf("is_y", "fact = \"kind\", in = [\"y\", \"z\"]")
    ));
    let records = known(
        &made,
        &[
            ("a", FactValue::Bool(false)),
            ("kind", FactValue::Choice("y".to_owned())),
        ],
    );
    let trace: Trace<'_> = made.rule.explain(&records, &Focus::family());
    assert_eq!(trace.verdict, Verdict::No);
    let told: Vec<(&str, u16, Verdict)> = trace
        .steps
        .iter()
        .map(|step| (step.id, step.depth, step.verdict))
        .collect();
    assert_eq!(
        told,
        [
            ("when", 0, Verdict::No),
            ("a", 1, Verdict::No),
            ("is_y", 1, Verdict::Yes),
            ("when.all[2]", 1, Verdict::Unknown),
            ("b", 2, Verdict::Unknown),
        ]
    );
    assert_eq!(
        trace.step("is_y").unwrap().seen,
        [Seen::Fact {
            id: "kind",
            value: Some(FactValue::Choice("y".to_owned()))
        }]
    );
    assert_eq!(
        trace.step("b").unwrap().seen,
        [Seen::Fact {
            id: "b",
            value: None
        }]
    );
}

#[test]
fn an_open_answer_names_the_smallest_sets_of_facts_that_could_decide_it() {
    let made = made(&format!(
        "when = {{ all = [\"a\", {{ any = [\"b\", {}] }}] }}",
        leaf("n5", "fact = \"n\", gt = 5")
    ));
    let open = known(&made, &[]);
    let change = made.rule.what_would_change(&open, &Focus::family());
    assert_eq!(change.verdict, Verdict::Unknown);
    let sets: Vec<Vec<&str>> = change
        .facts()
        .into_iter()
        .map(|set| set.into_iter().collect())
        .collect();
    // a alone may make it no; b and n together too; b or n with a make it yes.
    assert_eq!(sets, [vec!["a"], vec!["b", "n"]]);
    let to_yes: Vec<Vec<&str>> = change
        .to_yes
        .sets
        .iter()
        .map(|set| set.iter().map(|hinge| hinge.id.as_str()).collect())
        .collect();
    assert_eq!(to_yes, [vec!["a", "b"], vec!["a", "n5"]]);
    // What is known is not asked again, and does not change by asking.
    let half = known(
        &made,
        &[("a", FactValue::Bool(true)), ("b", FactValue::Bool(false))],
    );
    let change = made.rule.what_would_change(&half, &Focus::family());
    assert_eq!(change.facts().len(), 1);
    assert_eq!(change.to_no.sets[0][0].id, "n5");
    assert_eq!(change.to_no.sets[0][0].facts, ["n"]);
}

#[test]
fn a_no_names_what_keeps_it_from_yes_and_a_yes_what_it_hangs_on() {
    let made = made("when = { all = [\"a\", { not = \"b\" }] }");
    let of = |a: bool, b: bool| {
        let records = known(
            &made,
            &[("a", FactValue::Bool(a)), ("b", FactValue::Bool(b))],
        );
        made.rule.what_would_change(&records, &Focus::family())
    };
    let no = of(false, true);
    assert_eq!(no.verdict, Verdict::No);
    let hinges: Vec<(&str, bool)> = no.to_yes.sets[0]
        .iter()
        .map(|hinge| (hinge.id.as_str(), hinge.becomes))
        .collect();
    assert_eq!(hinges, [("a", true), ("b", false)]);
    assert!(no.to_no.sets.is_empty());
    let yes = of(true, false);
    assert_eq!(yes.verdict, Verdict::Yes);
    assert_eq!(yes.to_no.sets.len(), 2);
    assert!(yes.to_no.sets.iter().all(|set| set.len() == 1));
    // A condition that contradicts itself has no way to yes.
    let never = self::made("when = { all = [\"a\", { not = \"a\" }] }");
    let records = known(&never, &[("a", FactValue::Bool(true))]);
    let change = never.rule.what_would_change(&records, &Focus::family());
    assert!(change.to_yes.sets.is_empty());
}

#[test]
fn many_ways_are_bounded_and_say_so() {
    let pairs: Vec<String> = (0..8)
        .map(|i| {
            format!(
                "{{ any = [{}, {}] }}",
                leaf(&format!("p{i}"), &format!("fact = \"n\", gt = {i}")),
                leaf(&format!("q{i}"), &format!("fact = \"pay\", gt = {i}"))
            )
        })
        .collect();
    let made = made(&format!("when = {{ all = [{}] }}", pairs.join(", ")));
    let change = made
        .rule
        .what_would_change(&known(&made, &[]), &Focus::family());
    assert!(change.to_yes.more);
    assert_eq!(change.to_yes.sets.len(), 24);
}

// ------------------------------------------------------------------------------------------------ random trees

/// A random test, as TOML; `{id}` is replaced by a number later.
fn test() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("fact = \"a\"".to_owned()),
        Just("fact = \"b\", eq = false".to_owned()),
        (
            0..4_i64,
            prop::sample::select(vec!["eq", "ne", "lt", "le", "gt", "ge"])
        )
            .prop_map(|(n, op)| format!("fact = \"n\", {op} = {n}")),
        (0..4_i64, 0..4_i64).prop_map(|(a, b)| format!("fact = \"n\", between = [{a}, {b}]")),
        Just("fact = \"n\", le = { fact = \"pay\", plus = 1 }".to_owned()),
        prop::sample::select(vec!["n", "a", "kind", "today"])
            .prop_map(|fact| format!("fact = \"{fact}\", known = true")),
        Just("fact = \"kind\", in = [\"x\", \"z\"]".to_owned()),
        (0..3_u8).prop_map(|m| format!(
            "fact = \"today\", until = {{ fact = \"child.birth\", reaches = \"{m}m\" }}"
        )),
        (0..60_i64)
            .prop_map(|d| format!("fact = \"today\", days_since = \"child.birth\", ge = {d}")),
        (1..4_i64).prop_map(|n| format!(
            "rank = {{ of = \"child\", by = \"child.birth\", where = \"child.counts\" }}, ge = {n}"
        )),
        (0..4_i64).prop_map(|n| format!(
            "count = {{ of = \"child\", where = {{ all = [\"child.counts\", \"a\"] }} }}, eq = {n}"
        )),
    ]
}

fn tree() -> impl Strategy<Value = String> {
    let leaf = test().prop_map(|test| {
        format!("{{ id = \"ID\", sentence = {{ ja = \"文\", en = \"S\" }}, {test} }}")
    });
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|parts| format!("{{ all = [{}] }}", parts.join(", "))),
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|parts| format!("{{ any = [{}] }}", parts.join(", "))),
            inner.prop_map(|part| format!("{{ not = {part} }}")),
        ]
    })
    .prop_map(|text| {
        let pieces = text.split("\"ID\"").enumerate();
        let numbered: Vec<String> = pieces
            .map(|(index, piece)| match index {
                0 => piece.to_owned(),
                _ => format!("\"t{index}\"{piece}"),
            })
            .collect();
        numbered.concat()
    })
}

type Child = (Option<i64>, Option<bool>);
type Family = (
    Option<bool>,
    Option<bool>,
    Option<i64>,
    Option<i64>,
    Option<u8>,
    Option<i64>,
    Vec<Child>,
);

fn family() -> impl Strategy<Value = Family> {
    let child = (
        prop::option::weighted(0.8, 0..90_i64),
        prop::option::weighted(0.7, any::<bool>()),
    );
    (
        prop::option::of(any::<bool>()),
        prop::option::of(any::<bool>()),
        prop::option::of(0..4_i64),
        prop::option::of(0..4_i64),
        prop::option::of(0..3_u8),
        prop::option::weighted(0.8, 0..90_i64),
        prop::collection::vec(child, 1..4),
    )
}

fn records(made: &Made, family: &Family) -> Records {
    let v = &made.vocabulary;
    let mut records = Records::new(v);
    let (a, b, n, pay, kind, today, children) = family;
    let base = date(2026, 11, 1);
    let day = |offset: i64| FactValue::Date(base.saturating_add(jiff::Span::new().days(offset)));
    let mut set = |member: usize, id: &str, value: Option<FactValue>| {
        if let Some(value) = value {
            records.set(v, member, id, &value).unwrap();
        }
    };
    set(0, "a", a.map(FactValue::Bool));
    set(0, "b", b.map(FactValue::Bool));
    set(0, "n", n.map(FactValue::Number));
    set(0, "pay", pay.map(FactValue::Number));
    let words = ["x", "y", "z"];
    set(
        0,
        "kind",
        kind.map(|k| FactValue::Choice(words[usize::from(k)].to_owned())),
    );
    set(0, "today", today.map(day));
    for (birth, counts) in children {
        let child = records.add(Scope::Child);
        if let Some(birth) = birth {
            records.set(v, child, "child.birth", &day(*birth)).unwrap();
        }
        if let Some(counts) = counts {
            records
                .set(v, child, "child.counts", &FactValue::Bool(*counts))
                .unwrap();
        }
    }
    records
}

/// The family with everything known, what was open filled in.
fn completed(family: &Family, fill: u8) -> Family {
    let mut family = family.clone();
    let bit = |place: u8| (fill >> (place % 8)) & 1 == 1;
    family.0.get_or_insert(bit(0));
    family.1.get_or_insert(bit(1));
    family.2.get_or_insert(i64::from(fill % 4));
    family.3.get_or_insert(i64::from(fill / 4 % 4));
    family.4.get_or_insert(fill % 3);
    family.5.get_or_insert(i64::from(fill) % 90);
    for (index, child) in (0..).zip(&mut family.6) {
        child.0.get_or_insert(i64::from(fill / 3) % 90);
        child.1.get_or_insert(bit(index + 2));
    }
    family
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_flat_program_agrees_with_the_tree_and_the_trace(
        tree in tree(),
        families in prop::collection::vec(family(), 24),
    ) {
        let made = made(&format!("when = {tree}"));
        for family in &families {
            let records = records(&made, family);
            let focus = Focus::family().on(Scope::Child, 0);
            let verdict = made.rule.decide(&records, &focus);
            prop_assert_eq!(verdict, made.rule.decide_by_tree(&records, &focus));
            let trace = made.rule.explain(&records, &focus);
            prop_assert_eq!(verdict, trace.verdict);
            prop_assert_eq!(verdict, trace.steps[0].verdict);
        }
    }

    #[test]
    fn an_answer_that_is_known_stays_whatever_else_becomes_known(
        tree in tree(),
        family in family(),
        fills in prop::collection::vec(any::<u8>(), 12),
    ) {
        // "known" asks about knowledge itself, so more knowledge may change it.
        prop_assume!(!tree.contains("known"));
        let made = made(&format!("when = {tree}"));
        let focus = Focus::family().on(Scope::Child, 0);
        let verdict = made.rule.decide(&records(&made, &family), &focus);
        for fill in fills {
            let full = made.rule.decide(&records(&made, &completed(&family, fill)), &focus);
            prop_assert_ne!(full, Verdict::Unknown);
            if verdict != Verdict::Unknown {
                prop_assert_eq!(verdict, full);
            }
        }
    }

    #[test]
    fn what_would_change_never_panics_and_never_offers_what_is_there(
        tree in tree(),
        family in family(),
    ) {
        let made = made(&format!("when = {tree}"));
        let records = records(&made, &family);
        let change = made.rule.what_would_change(&records, &Focus::family().on(Scope::Child, 0));
        match change.verdict {
            Verdict::Yes => prop_assert!(change.to_yes.sets.is_empty()),
            Verdict::No => prop_assert!(change.to_no.sets.is_empty()),
            // Something nobody knows can decide it, or nothing can (a and not a).
            Verdict::Unknown => prop_assert!(
                change.facts().iter().all(|set| !set.is_empty())
            ),
        }
        prop_assert!(change.to_yes.sets.iter().chain(&change.to_no.sets).all(|set| !set.is_empty()));
    }
}
