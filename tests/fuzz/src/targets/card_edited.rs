//! A genuine card over a line that changes some of its answers. What is trusted is what the issuer wrote.

use ubugoe_vcard::Card;

use super::card::{Between, only_the_issuers, visit};
use crate::Verdict;
use crate::edits::{Source, edit};

struct Line<'a> {
    changes: Source<'a>,
    /// How many answers still pass unchanged.
    pass: usize,
    last: Vec<u8>,
}

impl Between for Line<'_> {
    fn answer(&mut self, command: &[u8], card: &mut Card) -> Vec<u8> {
        let genuine = card.transmit(command);
        let mut answer = genuine.clone();
        if self.pass > 0 || self.changes.is_empty() {
            self.pass = self.pass.saturating_sub(1);
        } else {
            edit(&mut answer, &self.last, &mut self.changes);
            self.pass = usize::from(self.changes.byte() % 32);
        }
        self.last = genuine;
        answer
    }
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut changes = Source::new(bytes);
    let pass = usize::from(changes.byte() % 64);
    let visited = visit(Line {
        changes,
        pass,
        last: Vec::new(),
    });
    only_the_issuers(&visited);
    Verdict::of(visited.attributes.is_some() && visited.signed.is_some())
}
