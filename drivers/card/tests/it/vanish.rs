//! The card is taken away at every single APDU: each ends in a typed error, and the next insertion works.

use std::time::Duration;

use ubugoe_card::{CardError, CardEvent, Ticket};
use ubugoe_vcard::{Effect, Fault};

use crate::desk::{Desk, pins, story};

/// How a visit ended.
#[derive(Debug, PartialEq)]
enum End {
    /// To the end.
    Whole,
    /// Before the card was known: the owner heard nothing, and the next card works.
    Unseen,
    /// In a job, with the card gone.
    Gone,
}

/// Tells the story until it breaks; leaves the reader empty and all events heard.
fn visit(desk: &Desk, pin: &str, password: &str) -> End {
    desk.card.insert();
    let Some(ticket) = first(desk) else {
        // Pulled in the first look. The next card works.
        desk.card.insert();
        let (ticket, _) = desk.inserted();
        desk.remove(ticket);
        return End::Unseen;
    };
    let jobs = desk
        .attributes(ticket, pin)
        .map(|_| ())
        .and_then(|()| desk.sign(ticket, password).map(|_| ()));
    let end = match jobs {
        Ok(()) => End::Whole,
        Err(CardError::Gone { .. }) => End::Gone,
        Err(other) => panic!("the card was taken away, and the error is {other:?}"),
    };
    desk.card.remove();
    assert_eq!(desk.next(), CardEvent::Removed { ticket });
    end
}

/// The ticket of the card put down, or nothing if it was pulled before it could be looked at.
fn first(desk: &Desk) -> Option<Ticket> {
    loop {
        let heard = desk.events.recv_timeout(Duration::from_millis(20));
        match heard {
            Ok(CardEvent::Inserted { ticket, .. }) => return Some(ticket),
            Ok(other) => panic!("unexpected: {other:?}"),
            Err(_) if !desk.card.status().inserted => return None,
            Err(_) => {}
        }
    }
}

/// Pulls the card at APDU 1, 2, 3 … until a visit is whole.
fn pull_everywhere(desk: &Desk, effect: &Effect) {
    let (pin, password) = pins("hana");
    let mut gone = 0;
    for at in 1..60 {
        desk.fault(Fault::after_insertion(at, effect.clone()));
        let end = visit(desk, &pin, &password);
        if end == End::Whole {
            // 11 to look, 8 for the attributes, 10 or so for the signature.
            assert!(at > 20 && gone > 10, "whole already at {at}");
            return;
        }
        if end == End::Gone {
            gone += 1;
        }
        let (attributes, sign) = desk.tries();
        assert_eq!(
            (attributes, sign),
            (Some(3), Some(5)),
            "a try was lost at {at}"
        );
    }
    panic!("the story never came to its end");
}

story!(the_card_may_leave_before_any_apdu, desk = "hana", {
    pull_everywhere(&desk, &Effect::PullBefore);
});

story!(the_card_may_leave_during_any_apdu, desk = "hana", {
    pull_everywhere(&desk, &Effect::PullDuring);
});

story!(the_card_may_leave_after_any_apdu, desk = "hana", {
    pull_everywhere(&desk, &Effect::PullAfter);
});
