//! The catalogue's loader and lint: every planted fault is found and named, and nothing that comes in makes it panic.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};
use ubugoe_procedures::catalogue::{
    Guard, Joyful, Length, RetroDays, Role, Routing, Sector, Strength,
};
use ubugoe_procedures::door::Door;
use ubugoe_procedures::rules::{Chosen, FactValue, Focus, Records, Scope, Verdict};
use ubugoe_procedures::{Catalogue, CatalogueProblem, MunicipalityCode, OnlineMode};

fn folder() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    let mut files = BTreeMap::new();
    let mut open = vec![root.clone()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "toml") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                files.insert(name.to_owned(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn builtin() -> Catalogue {
    Catalogue::builtin().unwrap_or_else(|error| panic!("{error}"))
}

/// The example's keys that a test does not care about.
fn base() -> BTreeMap<&'static str, String> {
    let words = "{ ja = \"例\", en = \"Example\" }".to_owned();
    BTreeMap::from([
        ("id", "\"example\"".to_owned()),
        ("kind", "\"service\"".to_owned()),
        ("sector", "\"public\"".to_owned()),
        ("domain", "\"childcare\"".to_owned()),
        ("stage", "\"any\"".to_owned()),
        ("level", "\"municipal\"".to_owned()),
        ("per", "\"child\"".to_owned()),
        ("title", words.clone()),
        ("summary", words.clone()),
        ("reason", words),
        ("routing", "\"nobody\"".to_owned()),
        ("order", "1".to_owned()),
        (
            "law",
            "[{ name = \"例の要綱\", article = \"1\", municipal = true }]".to_owned(),
        ),
    ])
}

/// A file with some keys changed (an empty value leaves one out).
fn example(keys: &[(&'static str, &str)]) -> String {
    let mut all = base();
    for (key, value) in keys {
        all.insert(key, (*value).to_owned());
    }
    all.iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key} = {value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn lint(text: &str) -> Vec<CatalogueProblem> {
    Catalogue::lint([("procedures/example.toml", text)])
}

/// Asserts that exactly these kinds of problem are found, each at its key.
#[track_caller]
fn check(keys: &[(&'static str, &str)], expected: &[(&str, &str)]) {
    let text = example(keys);
    let problems = lint(&text);
    let mut found: Vec<(&str, &str)> = problems
        .iter()
        .map(|problem| {
            (
                problem.what.code(),
                problem.key.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{text}\n{problems:#?}");
}

const S: &str = "sentence = { ja = \"文\", en = \"S\" }";

#[test]
fn the_builtin_catalogue_has_no_problem_and_lists_every_file_of_its_folder() {
    let files = folder();
    let problems = Catalogue::lint(&files);
    assert!(problems.is_empty(), "{problems:#?}");
    let whole = Catalogue::from_files(&files).unwrap();
    let ids = |catalogue: &Catalogue| -> Vec<String> {
        catalogue.procedures().map(|p| p.id.to_string()).collect()
    };
    assert_eq!(ids(&whole), ids(&builtin()));
    assert_eq!(
        whole.vocabulary().facts().count(),
        builtin().vocabulary().facts().count()
    );
    for (name, text) in &files {
        if let Some(id) = name
            .strip_prefix("procedures/")
            .and_then(|name| name.strip_suffix(".toml"))
        {
            assert!(text.contains(&format!("id = \"{id}\"")), "{name}");
        }
    }
}

#[test]
fn the_schema_for_editors_is_the_one_the_code_makes() {
    let schema = format!("{:#}\n", ubugoe_procedures::catalogue::schema());
    expect_test::expect_file!["../catalogue/schema.json"].assert_eq(&schema);
}

#[test]
fn a_fine_example_has_no_problem() {
    check(&[], &[]);
}

#[test]
fn each_planted_fault_of_a_single_file_is_found() {
    check(&[("law", "")], &[("no_law", "law")]);
    check(
        &[(
            "law",
            "[{ name = \"法\", law_id = \"12\", article = \"1\" }]",
        )],
        &[("law_id", "law[0].law_id")],
    );
    check(&[("titel", "\"x\"")], &[("unreadable", "line 13")]);
    check(
        &[("title", "{ ja = \"例\" }")],
        &[("missing_text", "title")],
    );
    check(
        &[("title", "{ ja = \"例\", en = \"E\", xx = \"?\" }")],
        &[("missing_text", "title")],
    );
    check(
        &[("amount", "{ table = \"gold\" }")],
        &[("unknown_amount", "amount.table")],
    );
    check(
        &[("psid", "\"psid3.0+9000020991015+1+UM24\"")],
        &[("psid", "psid")],
    );
    check(&[("psid", "\"psid3.0+5000020991015+1+UM24\"")], &[]);
    check(&[("um", "[\"127\", \"3\"]")], &[("um_tag", "um"); 2]);
    check(
        &[("officer_item", "{ title = { ja = \"係\", en = \"O\" } }")],
        &[("half_defined", "officer_item.decides")],
    );
    let form = "{ version = 1, section = [{ title = { ja = \"節\", en = \"S\" }, why = { ja = \"訳\", en = \"W\" }, \
        seen_by = { ja = \"係\", en = \"O\" }, field = [{ id = \"x\", kind = \"bool\", required = \"mandatory\", label = { ja = \"例\", en = \"X\" } }] }] }";
    check(
        &[("form", form)],
        &[("half_defined", "officer_item"), ("missing_key", "signer")],
    );
    check(
        &[(
            "deadline",
            "{ count = \"event_day_excluded\", note = { ja = \"注\", en = \"N\" } }",
        )],
        &[("misfit", "deadline")],
    );
    check(
        &[
            ("per", "\"family\""),
            (
                "deadline",
                "{ count = \"event_day_excluded\", days = 5, note = { ja = \"注\", en = \"N\" } }",
            ),
        ],
        &[("missing_key", "deadline")],
    );
    check(
        &[("event", "\"child.weight_g\"")],
        &[("condition", "event")],
    );
    check(
        &[(
            "automatic",
            "[{ mode = \"none\", sentence = { ja = \"文\", en = \"S\" }, needs = [\"child.soul\"] }]",
        )],
        &[("unknown_fact", "automatic.needs")],
    );
    check(
        &[(
            "window",
            "[{ id = \"w\", from = { fact = \"child.weight_g\" } }]",
        )],
        &[("condition", "window.w.from")],
    );
    check(
        &[("joyful", "[\"gift\"]"), ("guards", "{ loss = \"quiet\" }")],
        &[("unguarded", "guards.loss")],
    );
    check(
        &[(
            "record",
            "{ entry = [{ id = \"plan\", label = { ja = \"計画\", en = \"Plan\" } }], access = [{ role = \"helper\", reads = [\"diary\"] }] }",
        )],
        &[("unknown_block", "record.access")],
    );
}

#[test]
fn each_planted_fault_of_a_condition_is_found() {
    let test = |keys: &str| format!("{{ id = \"x\", {S}, {keys} }}");
    // A test, and what is wrong with it at `when`.
    let tests = [
        ("fact = \"child.soul\", eq = true", "unknown_fact"),
        ("fact = \"child.weight_g\", lt = \"light\"", "condition"),
        ("fact = \"child.nicu\", lt = true", "condition"),
        ("fact = \"family.marital\", eq = \"bored\"", "condition"),
        (
            "fact = \"child.birth\", plus = \"5 days\", known = true",
            "condition",
        ),
        (
            "fact = \"child.weight_g\", reaches = 18, eq = 1",
            "condition",
        ),
        (
            "fact = \"child.birth\", on = { fact = \"child.weight_g\" }",
            "condition",
        ),
        (
            "fact = \"child.birth\", on = \"2026-01-01\", after = \"2026-01-01\"",
            "condition",
        ),
        ("fact = \"child.birth\", all = []", "condition"),
        (
            "fact = \"child.weight_g\", between = [1, 2, 3]",
            "condition",
        ),
        ("rank = { of = \"child\" }, ge = 3", "condition"),
        ("count = { of = \"family\" }, ge = 3", "condition"),
    ];
    for (keys, code) in tests {
        check(&[("when", &test(keys))], &[(code, "when")]);
    }
    check(
        &[("when", "\"nobody_knows\"")],
        &[("unknown_condition", "when")],
    );
    // A fact without a statement cannot stand by itself.
    check(
        &[("when", "\"child.birth\"")],
        &[("unknown_condition", "when")],
    );
    check(
        &[("when", "{ id = \"x\", fact = \"child.nicu\" }")],
        &[("missing_sentence", "when")],
    );
    check(
        &[("when", &format!("{{ {S}, fact = \"child.nicu\" }}"))],
        &[("condition", "when")],
    );
    check(
        &[("when", "{ all = [], any = [] }")],
        &[("condition", "when")],
    );
    let inner =
        test("count = { of = \"child\", where = { count = { of = \"child\" }, ge = 1 } }, ge = 3");
    check(&[("when", &inner)], &[("condition", "when.where")]);
    let circle = "[{ id = \"p\", all = [\"q\"] }, { id = \"q\", not = \"p\" }]";
    check(
        &[("condition", circle)],
        &[("condition", "p.all[0]"), ("condition", "q.not")],
    );
    let twice = format!(
        "{{ any = [{}, {}] }}",
        test("fact = \"child.nicu\""),
        test("fact = \"child.alive\"")
    );
    check(&[("when", &twice)], &[("condition", "when.any[1]")]);
    // Two faults of one condition, both told.
    check(
        &[("when", "{ all = [\"nobody_knows\", \"neither\"] }")],
        &[
            ("unknown_condition", "when.all[0]"),
            ("unknown_condition", "when.all[1]"),
        ],
    );
}

const PAIR: &str = r#"
[[block]]
id = "pair"
field = [
    { id = "a", label = { ja = "甲", en = "A" }, kind = "bool", required = "mandatory" },
    { id = "b", label = { ja = "乙", en = "B" }, kind = "bool", required = "conditional", when = { is = { path = ".a", value = true } } },
]
"#;

/// A procedure with a form of these fields, and the blocks it may use.
fn with_form(fields: &str) -> [(&'static str, String); 2] {
    let form = format!(
        "{{ version = 1, section = [{{ title = {{ ja = \"節\", en = \"S\" }}, why = {{ ja = \"訳\", en = \"W\" }}, \
         seen_by = {{ ja = \"係\", en = \"O\" }}, field = [{fields}] }}] }}"
    );
    let officer = "{ title = { ja = \"係\", en = \"O\" }, decides = [{ id = \"d\", label = { ja = \"決\", en = \"D\" } }] }";
    let keys = [
        ("form", form.as_str()),
        ("officer_item", officer),
        ("signer", "{ ja = \"人\", en = \"P\" }"),
    ];
    [
        ("blocks.toml", PAIR.to_owned()),
        ("procedures/example.toml", example(&keys)),
    ]
}

#[test]
fn a_block_brings_its_leaves_and_its_relative_conditions() {
    let fields = "{ id = \"n\", label = { ja = \"数\", en = \"N\" }, kind = \"number\", required = \"mandatory\" }, \
        { id = \"p\", block = \"pair\", rows = { first = 0, last = 1, count = \"n\", offset = 1 } }";
    let catalogue = Catalogue::from_files(with_form(fields)).unwrap();
    let fields = catalogue.procedures().flat_map(|p| &p.form.fields);
    let told: Vec<(&str, Vec<&str>)> = fields
        .map(|field| (field.path.as_str(), field.when.paths()))
        .collect();
    assert_eq!(
        told,
        [
            ("n", vec![]),
            ("p[0].a", vec!["n"]),
            ("p[0].b", vec!["n", "p[0].a"]),
            ("p[1].a", vec!["n"]),
            ("p[1].b", vec!["n", "p[1].a"]),
        ]
    );
}

#[test]
fn each_planted_fault_of_a_form_is_found() {
    let field =
        |keys: &str| format!("{{ id = \"x\", label = {{ ja = \"例\", en = \"X\" }}, {keys} }}");
    let fine = "kind = \"bool\", required = \"mandatory\"";
    let pair = |keys: &str| format!("{{ id = \"p\", block = \"pair\", {keys} }}");
    let cases = [
        (
            "{ id = \"p\", block = \"triple\" }".to_owned(),
            "unknown_block",
            "form.p",
        ),
        (pair("only = [\"c\"]"), "unknown_block", "form.p"),
        (pair("leaf.c = { ask = 1 }"), "unknown_block", "form.p"),
        (field("kind = \"bool\""), "missing_key", "form.x"),
        (field("required = \"mandatory\""), "missing_key", "form.x"),
        (
            field("kind = \"text\", required = \"mandatory\""),
            "misfit",
            "form.x",
        ),
        (
            field("kind = \"choice\", required = \"mandatory\""),
            "misfit",
            "form.x",
        ),
        (
            field("kind = \"bool\", required = \"conditional\""),
            "misfit",
            "form.x",
        ),
        (
            field(&format!("{fine}, derive = [{{}}]")),
            "misfit",
            "form.x",
        ),
        (format!("{0}, {0}", field(fine)), "twice", "form.x"),
        (
            field(&format!("{fine}, when = {{ blank = {{ path = \"y\" }} }}")),
            "unknown_field",
            "form.x",
        ),
        (
            field(&format!("{fine}, derive = [{{ copy = \"z\" }}]")),
            "unknown_field",
            "form.x",
        ),
        (
            field(&format!(
                "{fine}, shared = [{{ procedure = \"other\", path = \"x\" }}]"
            )),
            "dead_link",
            "form.x.shared",
        ),
        (
            field(&format!(
                "{fine}, shared = [{{ procedure = \"shussei_todoke\", path = \"no_such_box\" }}]"
            )),
            "unknown_field",
            "form.x.shared",
        ),
        (
            field(&format!("{fine}, question = {{ ja = \"\", en = \"X\" }}")),
            "missing_text",
            "form.x",
        ),
    ];
    for (fields, code, key) in cases {
        // Without blocks of its own where the builtin procedures are to be linked to.
        let [blocks, procedure] = with_form(&fields);
        let files = if fields.contains("shussei_todoke") {
            vec![procedure]
        } else {
            vec![blocks, procedure]
        };
        let problems = Catalogue::lint(files);
        let found: Vec<(&str, &str)> = problems
            .iter()
            .map(|p| (p.what.code(), p.key.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(found, [(code, key)], "{fields}\n{problems:#?}");
    }
}

fn cases(cases: &[(&str, &str)], otherwise: bool) -> String {
    let cases: Vec<String> = cases
        .iter()
        .map(|(id, when)| format!("{{ id = \"{id}\", when = {when}, then = \"employer\" }}"))
        .collect();
    let otherwise = if otherwise {
        ", otherwise = \"child_home\""
    } else {
        ""
    };
    format!(
        "{{ usual = \"child_home\", case = [{}]{otherwise} }}",
        cases.join(", ")
    )
}

fn weight(id: &str, comparison: &str) -> String {
    format!("{{ id = \"{id}\", {S}, fact = \"child.weight_g\", {comparison} }}")
}

#[test]
fn overlapping_and_missing_cases_are_found_with_a_family_that_shows_them() {
    let table = |list: &[(&str, &str)], otherwise: bool, expected: &[(&str, &str)]| {
        check(&[("routing", &cases(list, otherwise))], expected);
    };
    let (light, heavy) = (weight("l", "lt = 2500"), weight("h", "ge = 2500"));
    table(&[("a", &light), ("b", &heavy)], false, &[]);
    // 2,500 g belongs to both, to neither.
    let at_most = weight("m", "le = 2500");
    table(
        &[("a", &at_most), ("b", &heavy)],
        false,
        &[("overlapping_cases", "routing")],
    );
    let above = weight("o", "gt = 2500");
    table(
        &[("a", &light), ("b", &above)],
        false,
        &[("missing_case", "routing")],
    );
    table(&[("a", &light), ("b", &above)], true, &[]);
    let found = lint(&example(&[(
        "routing",
        &cases(&[("a", &at_most), ("b", &heavy)], false),
    )]));
    assert_eq!(
        found[0].what.to_string(),
        "the cases a and b both apply when child.weight_g = 2500"
    );

    // Choices, with one option nobody thought of.
    let one =
        |id: &str, of: &str| format!("{{ id = \"{id}\", {S}, fact = \"family.marital\", {of} }}");
    let (married, rest) = (
        one("m", "eq = \"married\""),
        one("r", "in = [\"not_married\", \"divorced\"]"),
    );
    table(
        &[("a", &married), ("b", &rest)],
        false,
        &[("missing_case", "routing")],
    );
    let found = lint(&example(&[(
        "routing",
        &cases(&[("a", &married), ("b", &rest)], false),
    )]));
    assert_eq!(
        found[0].what.to_string(),
        "no case applies when family.marital = widowed"
    );

    // Days against days, with date words: the boundary is found on its day.
    let day = |id: &str, of: &str| {
        format!(
            "{{ id = \"{id}\", {S}, fact = \"today\", {of} = {{ fact = \"child.birth\", fiscal_year_end_after_reaching = 6 }} }}"
        )
    };
    table(
        &[("a", &day("u", "until")), ("b", &day("f", "from"))],
        false,
        &[("overlapping_cases", "routing")],
    );
    table(
        &[("a", &day("u", "before")), ("b", &day("f", "after"))],
        false,
        &[("missing_case", "routing")],
    );
    table(
        &[("a", &day("u", "until")), ("b", &day("f", "after"))],
        false,
        &[],
    );
    let weeks = |id: &str, of: &str| {
        format!("{{ id = \"{id}\", {S}, fact = \"today\", weeks_since = \"child.birth\", {of} }}")
    };
    table(
        &[("a", &weeks("u", "le = 6")), ("b", &weeks("f", "ge = 6"))],
        false,
        &[("overlapping_cases", "routing")],
    );
    table(
        &[("a", &weeks("u", "lt = 6")), ("b", &weeks("f", "ge = 6"))],
        false,
        &[],
    );

    // Ranks are numbers of their own.
    let rank = |id: &str, of: &str| {
        format!("{{ id = \"{id}\", {S}, rank = {{ of = \"child\", by = \"child.birth\" }}, {of} }}")
    };
    table(
        &[("a", &rank("u", "lt = 3")), ("b", &rank("f", "gt = 3"))],
        false,
        &[("missing_case", "routing")],
    );
    table(
        &[("a", &rank("u", "lt = 3")), ("b", &rank("f", "ge = 3"))],
        false,
        &[],
    );
}

#[test]
fn a_table_too_large_to_check_is_never_passed_in_silence() {
    let bools = [
        "child.nicu",
        "child.alive",
        "child.insured",
        "child.custody",
        "child.supported",
        "child.registered",
        "child.weak_signs",
        "child.has_card",
        "child.has_number",
        "home.gift",
        "home.known",
        "family.loss",
        "family.welfare",
        "family.dv_support",
        "family.satogaeri",
        "family.single_parent",
    ];
    let list: Vec<String> = bools.iter().map(|fact| format!("\"{fact}\"")).collect();
    let all = format!("{{ all = [{}] }}", list.join(", "));
    let not = format!("{{ not = {all} }}");
    check(
        &[("routing", &cases(&[("a", &all), ("b", &not)], false))],
        &[("table_too_large", "routing")],
    );
    let count = format!(
        "{{ id = \"c\", {S}, count = {{ of = \"child\" }}, eq = {{ count = {{ of = \"parent\" }} }} }}"
    );
    check(
        &[("routing", &cases(&[("a", &count)], true))],
        &[("table_not_checkable", "routing")],
    );
}

#[test]
fn exceptions_that_contradict_one_another_need_an_order() {
    let exception = |id: &str, when: &str, then: &str, more: &str| {
        format!("{{ id = \"{id}\", when = \"{when}\", then = \"{then}\", {S}{more} }}")
    };
    let pair = |more: &str| {
        format!(
            "[{}, {}]",
            exception("out", "child.nicu", "no", ""),
            exception("in", "child.insured", "yes", more)
        )
    };
    check(
        &[("exception", &pair(""))],
        &[("contradicting_exceptions", "exception")],
    );
    check(&[("exception", &pair(", over = [\"out\"]"))], &[]);
    check(
        &[("exception", &pair(", over = [\"nobody\"]"))],
        &[("condition", "exception.in.over")],
    );
    let circle = format!(
        "[{}, {}]",
        exception("out", "child.nicu", "no", ", over = [\"in\"]"),
        exception("in", "child.insured", "yes", ", over = [\"out\"]")
    );
    check(
        &[("exception", &circle)],
        &[("condition", "exception.out.over")],
    );
}

#[test]
fn versions_follow_one_another_without_gap_or_overlap() {
    let versions = |second: &str| {
        format!("[{{ id = \"old\", valid_to = \"2024-09-30\" }}, {{ id = \"new\", {second} }}]")
    };
    check(
        &[("version", &versions("valid_from = \"2024-10-01\""))],
        &[],
    );
    check(
        &[("version", &versions("valid_from = \"2024-10-02\""))],
        &[("version_gap", "version.new")],
    );
    check(
        &[("version", &versions("valid_from = \"2024-09-30\""))],
        &[("version_overlap", "version.new")],
    );
    check(
        &[("version", &versions("valid_to = \"2030-01-01\""))],
        &[("version_overlap", "version.new")],
    );
    check(
        &[(
            "version",
            &versions("valid_from = \"2024-10-01\", valid_to = \"2024-09-01\""),
        )],
        &[("misfit", "version.new")],
    );
}

#[test]
fn a_private_item_is_hidden_from_four_kinds_of_family_and_comes_last() {
    let private = [("sector", "\"private\""), ("law", ""), ("order", "10000")];
    let mut keys = private.to_vec();
    keys.push((
        "guards",
        "{ loss = \"hide\", nicu = \"hide\", dv_support = \"quiet\" }",
    ));
    check(
        &keys,
        &[
            ("unguarded", "guards.adoption_plan"),
            ("unguarded", "guards.dv_support"),
        ],
    );
    let guards =
        "{ loss = \"hide\", nicu = \"hide\", dv_support = \"hide\", adoption_plan = \"hide\" }";
    check(&[private.as_slice(), &[("guards", guards)]].concat(), &[]);
    check(
        &[private.as_slice(), &[("guards", guards), ("order", "20")]].concat(),
        &[("private_first", "order")],
    );
}

#[test]
fn what_is_delicate_in_itself_is_always_quiet_but_never_hidden_from_everybody() {
    for fine in ["quiet", "staff_only"] {
        check(&[("guards", &format!("{{ always = \"{fine}\" }}"))], &[]);
    }
    check(
        &[("guards", "{ always = \"hide\" }")],
        &[("unguarded", "guards.always")],
    );
    let catalogue = builtin();
    for id in [
        "jido_fuyo_teate",
        "hitorioya_iryohi",
        "tokuji_teate",
        "shogaiji_fukushi_teate",
        "ninchi_todoke",
    ] {
        let procedure = catalogue.procedure(&id.parse().unwrap()).unwrap();
        assert_eq!(procedure.guards.always, Guard::Quiet, "{id}");
    }
}

#[test]
fn dead_links_and_circles_between_procedures_are_found() {
    let sentence = "sentence = { ja = \"文\", en = \"S\" }";
    let on = |id: &str, strength: &str| {
        format!("[{{ on = \"{id}\", strength = \"{strength}\", {sentence} }}]")
    };
    check(
        &[("depends", &on("nothing", "soft"))],
        &[("dead_link", "depends.nothing")],
    );
    // A link into the builtin catalogue is not dead.
    check(&[("depends", &on("shussei_todoke", "hard"))], &[]);
    check(
        &[("depends", &on("example", "hard"))],
        &[("dependency_cycle", "depends")],
    );
    let second =
        |strength: &str| example(&[("id", "\"second\""), ("depends", &on("example", strength))]);
    let first = example(&[("depends", &on("second", "hard"))]);
    let both = |strength: &str| {
        Catalogue::lint([
            ("procedures/example.toml", first.clone()),
            ("procedures/second.toml", second(strength)),
        ])
    };
    assert_eq!(both("hard").len(), 1);
    assert_eq!(
        both("hard")[0].what.to_string(),
        "hard dependencies in a circle: example → second → example"
    );
    assert!(both("soft").is_empty());
    let twice = Catalogue::lint([
        ("procedures/a.toml", example(&[])),
        ("procedures/b.toml", example(&[])),
    ]);
    assert_eq!(twice[0].what.code(), "twice");
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let problems = Catalogue::lint([
        (
            "procedures/a.toml",
            example(&[("law", ""), ("um", "[\"999\"]"), ("when", "\"nobody\"")]),
        ),
        ("procedures/b.toml", "this is not TOML".to_owned()),
    ]);
    let codes: Vec<&str> = problems.iter().map(|p| p.what.code()).collect();
    assert_eq!(
        codes,
        ["no_law", "um_tag", "unknown_condition", "unreadable"]
    );
}

// ---------------------------------------------------------------------------------------------------- the door

fn ask(question: &Value) -> Value {
    let door = Door::open(date(2026, 11, 22)).unwrap();
    serde_json::from_str(&door.answer("lint", &question.to_string()).unwrap()).unwrap()
}

#[test]
fn the_door_tells_every_problem_with_file_procedure_key_and_code() {
    let text = example(&[("law", "")]);
    let answer = ask(&json!({ "id": 7, "files": { "example.toml": text } }));
    assert_eq!(
        answer,
        json!({ "id": 7, "ok": false, "problems": [{
            "file": "example.toml", "procedure": "example", "key": "law", "code": "no_law",
            "message": "is public and names no law",
        }] })
    );
    let fine = ask(&json!({ "files": { "example.toml": example(&[]) } }));
    assert_eq!(fine, json!({ "ok": true, "problems": [] }));
    let whole = ask(&json!({ "files": folder() }));
    assert_eq!(whole, json!({ "ok": true, "problems": [] }));
    assert_eq!(ask(&json!({ "files": {} })), nothing_found());
    for unread in [
        json!({}),
        json!({ "files": null }),
        json!({ "folder": "/" }),
    ] {
        assert!(ask(&unread)["error"].is_string(), "{unread}");
    }
    assert!(ask(&json!({ "files": 3 }))["error"].is_string());
}

fn nothing_found() -> Value {
    json!({ "ok": false, "problems": [{
        "file": "", "procedure": null, "key": null, "code": "nothing_found",
        "message": "there is no file of a catalogue (*.toml)",
    }] })
}

/// What the program prints, line by line, and its exit code.
fn program(arguments: &[&str], input: &str) -> (Vec<Value>, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ubugoe-procedures"))
        .args(arguments)
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let lines = String::from_utf8(output.stdout).unwrap();
    let read = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (read.collect(), output.status.code())
}

#[test]
fn the_program_reads_the_folder_and_says_in_one_line_whether_it_is_ok() {
    let catalogue = concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue");
    let fine = json!({ "ok": true, "problems": [] });
    assert_eq!(
        program(&["lint", catalogue], ""),
        (vec![fine.clone()], Some(0))
    );
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lint");
    let (empty, faulty) = (own.join("empty"), own.join("faulty"));
    std::fs::create_dir_all(&empty).unwrap();
    std::fs::create_dir_all(faulty.join("procedures")).unwrap();
    std::fs::write(
        faulty.join("procedures/example.toml"),
        example(&[("law", "")]),
    )
    .unwrap();
    std::fs::write(faulty.join("procedures/unreadable.toml"), "id = ").unwrap();
    let (empty, faulty) = (empty.to_str().unwrap(), faulty.to_str().unwrap());
    assert_eq!(
        program(&["lint", empty], ""),
        (vec![nothing_found()], Some(1))
    );
    let (lines, code) = program(&["lint", faulty], "");
    assert_eq!((lines.len(), code), (1, Some(1)));
    assert_eq!(lines[0]["ok"], json!(false));
    assert!(
        lines[0]["problems"].as_array().unwrap().len() > 1,
        "{}",
        lines[0]
    );

    let (missing, code) = program(&["lint", "/nowhere/at/all"], "");
    assert_eq!((missing.len(), code), (1, Some(1)));
    assert!(
        missing[0]["error"]
            .as_str()
            .unwrap()
            .contains("/nowhere/at/all")
    );

    let asked = [
        json!({ "id": 1, "folder": catalogue }),
        json!({ "id": "two", "path": faulty }),
        json!({ "folder": "/nowhere/at/all", "id": 3 }),
        json!({ "id": 4, "files": {} }),
        json!({ "id": 5, "folder": 5 }),
    ];
    let asked = asked.map(|line| line.to_string()).join("\n");
    let (answers, code) = program(&["lint"], &asked);
    assert_eq!((answers.len(), code), (5, Some(0)));
    assert_eq!(answers[0], json!({ "id": 1, "ok": true, "problems": [] }));
    assert_eq!(answers[1]["id"], json!("two"));
    assert_eq!(answers[1]["problems"], lines[0]["problems"]);
    assert_eq!(answers[2]["id"], json!(3));
    assert_eq!(answers[2]["error"], missing[0]["error"]);
    assert_eq!(answers[3]["ok"], json!(false));
    assert!(answers[4]["error"].is_string());
}

#[test]
fn a_birth_abroad_has_three_months() {
    let door = Door::open(date(2026, 11, 22)).unwrap();
    let ask = |place: &str| {
        let question =
            json!({ "procedure": "shussei_todoke", "born": "2026-11-22", "place": place });
        let answer = door.answer("deadline", &question.to_string()).unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()["deadline"].clone()
    };
    assert_eq!(ask("japan"), json!("2026-12-07"));
    // The last day is 21 February 2027, a Sunday.
    assert_eq!(ask("abroad"), json!("2027-02-22"));
}

// --------------------------------------------------------------------------------------------- what is in it

fn one_child(catalogue: &Catalogue, facts: &[(&str, FactValue)]) -> (Records, Focus) {
    let vocabulary = catalogue.vocabulary();
    let mut records = Records::new(vocabulary);
    let child = records.add(Scope::Child);
    for (id, value) in facts {
        records.set(vocabulary, child, id, value).unwrap();
    }
    (records, Focus::family().on(Scope::Child, child))
}

fn choice(id: &str) -> FactValue {
    FactValue::Choice(id.to_owned())
}

#[test]
fn the_allowance_is_due_by_the_law_of_the_day_and_goes_to_the_employer_of_a_public_servant() {
    let catalogue = builtin();
    let claim = catalogue
        .procedure(&"jido_teate_nintei".parse().unwrap())
        .unwrap();
    let facts = |birth: Date, today: Date| {
        vec![
            ("child.birth", FactValue::Date(birth)),
            ("today", FactValue::Date(today)),
            ("child.residence", choice("japan")),
            ("child.custody", FactValue::Bool(true)),
            ("child.supported", FactValue::Bool(true)),
            ("child.care", choice("home")),
            ("family.receives_child_allowance", FactValue::Bool(false)),
        ]
    };
    let due = |birth: Date, today: Date| {
        let (records, focus) = one_child(&catalogue, &facts(birth, today));
        claim
            .version(Some(today), today)
            .unwrap()
            .when
            .decide(&records, &focus)
    };
    // Seventeen years old: not before October 2024, and since then yes.
    assert_eq!(due(date(2007, 5, 5), date(2024, 9, 1)), Verdict::No);
    assert_eq!(due(date(2007, 5, 5), date(2024, 10, 1)), Verdict::Yes);
    let mut known = facts(date(2026, 11, 22), date(2026, 11, 24));
    known.push(("claimant.work", choice("civil_servant")));
    let (records, focus) = one_child(&catalogue, &known);
    match claim.recipient.choose(&records, &focus) {
        Chosen::Sure(Routing::Employer, Some(case)) => assert_eq!(case.id, "civil_servant"),
        other => panic!("{other:?}"),
    }
    known.pop();
    let (records, focus) = one_child(&catalogue, &known);
    assert_eq!(
        claim.recipient.choose(&records, &focus),
        Chosen::Open(vec![&Routing::ClaimantHome, &Routing::Employer])
    );
    assert_eq!(claim.routing, Routing::ClaimantHome);
    // Nobody claims for a child in an institution.
    known.retain(|(id, _)| *id != "child.care");
    known.push(("child.care", choice("institution")));
    let (records, focus) = one_child(&catalogue, &known);
    let rule = &claim.versions.last().unwrap().when;
    let trace = rule.explain(&records, &focus);
    assert_eq!(trace.verdict, Verdict::No);
    assert_eq!(
        trace.step("in_institution").unwrap().article,
        Some("児童手当法4 I 四")
    );
}

#[test]
fn a_baby_of_two_foreign_parents_has_thirty_days_and_sixty_with_a_special_permanent_resident() {
    let catalogue = builtin();
    let status = catalogue
        .procedure(&"zairyu_shikaku".parse().unwrap())
        .unwrap();
    let born = date(2026, 11, 22);
    let of = |special: bool| {
        one_child(
            &catalogue,
            &[
                ("child.birth", FactValue::Date(born)),
                ("family.nationality", choice("both_foreign")),
                ("child.status_of_residence", choice("none")),
                ("child.leaves_japan_within_60_days", FactValue::Bool(false)),
                ("mother.special_permanent", FactValue::Bool(special)),
                ("father.special_permanent", FactValue::Bool(false)),
            ],
        )
    };
    let version = status.versions.first().unwrap();
    let rule = version.deadline.as_ref().unwrap();
    let (records, focus) = of(false);
    assert_eq!(version.when.decide(&records, &focus), Verdict::Yes);
    assert_eq!(rule.variant(&records, &focus), Ok(None));
    assert_eq!(rule.last_day(born), Some(date(2026, 12, 22)));
    let window = version.windows.first().unwrap();
    assert_eq!(
        window.to.as_ref().unwrap().of(&records, &focus),
        Some(date(2027, 1, 21))
    );
    let (records, focus) = of(true);
    let variant = rule.variant(&records, &focus).unwrap().unwrap();
    assert_eq!(rule.last_day_of(variant, born), Some(date(2027, 1, 21)));
    assert!(matches!(
        status.recipient.choose(&records, &focus),
        Chosen::Sure(Routing::ChildHome, Some(_))
    ));
}

#[test]
fn what_is_joyful_or_private_never_meets_a_loss() {
    for procedure in builtin().procedures() {
        if procedure.sector == Sector::Private {
            assert_eq!(procedure.guards.loss, Guard::Hide, "{}", procedure.id);
        }
        if !procedure.joyful.is_empty() {
            assert!(
                matches!(procedure.guards.loss, Guard::Hide | Guard::StaffOnly),
                "{}",
                procedure.id
            );
        }
    }
    let catalogue = builtin();
    let gift = catalogue.procedure(&"kinenhin".parse().unwrap()).unwrap();
    assert_eq!(gift.joyful, [Joyful::Gift, Joyful::Congrats]);
    assert_eq!(gift.depends[0].strength, Strength::Hard);
    assert!(!gift.bedside && gift.has_form());
}

#[test]
fn the_kiosk_files_only_what_is_made_for_the_bedside() {
    let catalogue = builtin();
    let bedside: Vec<&str> = catalogue
        .procedures()
        .filter(|procedure| procedure.bedside)
        .map(|procedure| procedure.id.as_str())
        .collect();
    assert_eq!(bedside, ["shussei_todoke", "jido_teate_nintei"]);
    let birth = catalogue
        .procedure(&"shussei_todoke".parse().unwrap())
        .unwrap();
    assert_eq!(birth.deadline.as_ref().unwrap().length, Length::Days(14));
    assert_eq!(birth.signers.usual[0], Role::Father);
    assert!(
        catalogue
            .procedures()
            .all(|p| p.psid.is_none() || !p.um.is_empty())
    );
}

#[test]
fn the_two_municipalities_are_invented_and_unlike_each_other() {
    let catalogue = builtin();
    let profile = |code: &str| {
        let code: MunicipalityCode = code.parse().unwrap();
        catalogue.profile(&code).unwrap()
    };
    let (city, town) = (profile("991015"), profile("994049"));
    assert!(catalogue.profiles().all(|profile| profile.fictional));
    assert_eq!(catalogue.profiles().count(), 2);
    assert_eq!(city.corporate_number, "5000020991015");
    assert_eq!(town.corporate_number, "7000020994049");
    assert_eq!(city.online_mode, OnlineMode::Direct);
    assert_eq!(town.online_mode, OnlineMode::None);
    assert_eq!(city.medical.retro_days, RetroDays::WithinDays { days: 30 });
    assert_eq!(town.medical.retro_days, RetroDays::AlwaysFromBirth);
    assert_eq!(town.population, 8000);
    assert!(city.gift.is_some() && town.gift.is_none());
    assert_eq!(
        (city.nursery.choices, town.nursery.choices),
        (Some(10), Some(3))
    );
}

// --------------------------------------------------------------------------------------------- anything at all

#[test]
fn forms_that_blow_up_are_refused_and_not_expanded() {
    let blocks = "[[block]]\nid = \"a\"\nfield = [{ id = \"x\", block = \"a\" }, { id = \"y\", block = \"a\" }]\n";
    let form = "{ version = 1, section = [{ title = { ja = \"節\", en = \"S\" }, why = { ja = \"訳\", en = \"W\" }, \
        seen_by = { ja = \"係\", en = \"O\" }, field = [{ id = \"x\", block = \"a\" }] }] }";
    let problems = Catalogue::lint([
        ("blocks.toml", blocks.to_owned()),
        ("procedures/example.toml", example(&[("form", form)])),
    ]);
    assert!(problems.iter().any(|p| p.what.code() == "block_circle"));
    let names: Vec<String> = (0..40)
        .map(|i| format!("{{ id = \"c{i}\", all = [\"c{0}\", \"c{0}\"] }}", i + 1))
        .collect();
    let conditions = format!("[{}, {{ id = \"c40\", always = true }}]", names.join(", "));
    let problems = lint(&example(&[("condition", &conditions), ("when", "\"c0\"")]));
    assert!(
        problems
            .iter()
            .any(|p| p.what.to_string().contains("too large"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn bytes_of_any_kind_never_make_the_loader_panic(
        name in prop::sample::select(vec![
            "procedures/x.toml", "facts/x.toml", "blocks.toml", "conditions.toml", "profiles.toml",
            "holidays.toml", "amounts/x.toml", "x.toml", "x", "",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let problems = Catalogue::lint([(name, text.clone())]);
        for problem in problems {
            prop_assert!(!problem.to_string().is_empty());
        }
        let _ = Catalogue::from_files([(name, text)]);
    }

    #[test]
    fn a_file_with_pieces_changed_never_makes_the_loader_panic(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::sample::select(vec![
            "", "\"", "[", "{", "}", "= 99999999999999999999", "-1", "[[version]]\n", "true", "\u{0}", "all = [",
            "= 65535", "\"-9999-01-01\"", "\"9999-12-31\"", "rank = { of = \"child\" }", "'''", "神\u{e0100}",
            "id = \"\"\n", "days = 65535\n", "\"100000y\"", "rows = { first = 0, last = 255 }",
        ])), 1..4),
    ) {
        let files = folder();
        let (name, text) = files.iter().nth(which.index(files.len())).unwrap();
        let mut characters: Vec<char> = text.chars().collect();
        for (place, length, put) in cuts {
            let from = place.index(characters.len().max(1));
            let to = (from + length).min(characters.len());
            characters.splice(from..to, put.chars());
        }
        let changed: String = characters.into_iter().collect();
        let mut changed_files = files.clone();
        changed_files.insert(name.clone(), changed);
        let _ = Catalogue::lint(&changed_files);
        let _ = Catalogue::from_files(&changed_files);
    }
}
