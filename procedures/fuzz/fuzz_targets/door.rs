//! Any line to any kind of question: one line of JSON comes back.
#![no_main]

use std::sync::LazyLock;

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use ubugoe_procedures::door::Door;

static DOOR: LazyLock<Door> =
    LazyLock::new(|| Door::open(date(2026, 11, 22)).expect("the catalogue is whole"));

fuzz_target!(|question: (u8, &str)| {
    let (kind, line) = question;
    let kinds: Vec<&str> = Door::kinds().map(|(name, _)| name).collect();
    let answer = DOOR.answer(kinds[usize::from(kind) % kinds.len()], line);
    assert!(answer.is_some_and(|answer| answer.starts_with('{') && !answer.contains('\n')));
});
