//! Any text as a file of the catalogue: the lint answers with problems, never with a panic.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use ubugoe_procedures::door::Door;

fuzz_target!(|text: &str| {
    let file = ("procedures/fuzzed.toml".to_owned(), text.to_owned());
    drop(Door::lint(BTreeMap::from([file])));
});
