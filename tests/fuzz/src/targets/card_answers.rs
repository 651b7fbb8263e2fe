//! Any bytes as the answers of a card, one after the other: a length, then so many bytes with the status word.

use ubugoe_vcard::Card;

use super::card::{Between, visit};
use crate::Verdict;
use crate::edits::Source;

struct Script<'a>(Source<'a>);

impl Between for Script<'_> {
    fn answer(&mut self, _: &[u8], _: &mut Card) -> Vec<u8> {
        let count = match self.0.byte() {
            // An answer of extended length.
            0xFF => self.0.pair() % 0x0900,
            count => usize::from(count),
        };
        self.0.take(count).to_vec()
    }
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let visit = visit(Script(Source::new(bytes)));
    assert!(visit.trusted().is_none() || visit.looked);
    assert!(
        visit
            .signed
            .is_none_or(|signed| signed.signatures.len() == 1),
        "one digest, one signature"
    );
    Verdict::of(visit.looked)
}
