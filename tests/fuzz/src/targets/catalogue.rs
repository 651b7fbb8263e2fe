//! Any text as a file of the catalogue: the lint answers with problems, never with a panic.

use std::collections::BTreeMap;

use ubugoe_procedures::door::Door;

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let toml = text.lines().any(|line| line.contains('='));
    let file = ("procedures/fuzzed.toml".to_owned(), text);
    let answer = Door::lint(BTreeMap::from([file]));
    let problems = answer.get("problems").and_then(|list| list.as_array());
    let ok = answer.get("ok").and_then(serde_json::Value::as_bool);
    let problems = problems.expect("a list of problems");
    assert_eq!(ok, Some(problems.is_empty()), "{answer}");
    let only_syntax = answer.to_string().contains("TOML parse error");
    Verdict::of(toml && !only_syntax)
}
