//! Any line to any kind of question: one line of JSON comes back.

use std::sync::LazyLock;

use ubugoe_procedures::door::Door;

use crate::Verdict;
use crate::edits::Source;
use crate::keys::TODAY;

static DOOR: LazyLock<Door> = LazyLock::new(|| Door::open(TODAY).expect("the catalogue is whole"));

/// The number of a kind: the first byte of an input.
pub(crate) fn kind(name: &str) -> Option<u8> {
    let at = Door::kinds().position(|(known, _)| known == name)?;
    u8::try_from(at).ok()
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let kinds: Vec<&str> = Door::kinds().map(|(name, _)| name).collect();
    let at = usize::from(source.byte()) % kinds.len();
    let kind = kinds.get(at).copied().unwrap_or_default();
    let line = String::from_utf8_lossy(source.rest());
    let answer = DOOR
        .answer(kind, &line)
        .expect("the kind is one of the list");
    assert!(
        !answer.contains('\n'),
        "{kind}: more than one line: {answer}"
    );
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("an answer is JSON");
    assert!(answer.is_object(), "{kind}: {answer}");
    Verdict::of(answer.get("error").is_none())
}
