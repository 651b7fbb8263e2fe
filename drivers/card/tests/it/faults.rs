//! A card that stays and misbehaves.

use ubugoe_card::{CardError, CardEvent, Unusable};
use ubugoe_vcard::{Effect, Fault};

use crate::desk::{Desk, pins, story};

/// How many APDUs a whole visit of the plain persona has, at most.
const VISIT: u64 = 40;

/// A visit with one fault at an APDU: never a lost try, never a panic, and the next card works.
fn visit_with(desk: &Desk, fault: Fault) -> Option<CardError> {
    let (pin, password) = pins("hana");
    desk.fault(fault);
    desk.card.insert();
    let mut error = None;
    let ticket = match desk.next() {
        CardEvent::Inserted { ticket, .. } => {
            let result = desk
                .attributes(ticket, &pin)
                .map(|_| ())
                .and_then(|()| desk.sign(ticket, &password).map(|_| ()));
            error = result.err();
            ticket
        }
        CardEvent::Unusable { ticket, why } => {
            assert!(
                matches!(
                    why,
                    Unusable::Failed(_)
                        | Unusable::NotMyNumberCard { .. }
                        | Unusable::Incomplete { .. }
                ),
                "{why:?}"
            );
            ticket
        }
        other => panic!("unexpected: {other:?}"),
    };
    desk.card.clear_faults();
    desk.card.remove();
    // A session that broke off has ended its ticket already and begun another with the card still there.
    loop {
        match desk.next() {
            CardEvent::Removed { ticket: gone } if gone == ticket => {
                if !error.as_ref().is_some_and(CardError::ends_session) {
                    return error;
                }
            }
            CardEvent::Removed { .. } => return error,
            CardEvent::Inserted { .. } => {}
            other => panic!("unexpected: {other:?}"),
        }
    }
}

story!(
    an_error_word_at_any_apdu_is_survived,
    desk = "hana",
    {
        for word in [0x6F00, 0x6A82, 0x6982] {
            for at in 1..=VISIT {
                visit_with(&desk, Fault::after_insertion(at, Effect::Status(word)));
                assert_eq!(desk.tries(), (Some(3), Some(5)), "{word:04X} at {at}");
            }
        }
    }
);
