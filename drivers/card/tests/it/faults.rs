//! A card that stays and misbehaves.

use std::time::Duration;

use ubugoe_card::{CardError, CardEvent, Config, Step, Unusable};
use ubugoe_vcard::{Effect, Fault};

use crate::desk::{Desk, config, pins, story};

/// APDUs of a whole visit of the plain persona: 11 to look, 8 for the attributes, 10 for the signature.
const VISIT: u64 = 29;

/// A visit with one fault: never a lost try, never a panic, and afterwards a card works.
fn visit_with(desk: &Desk, at: u64, effect: Effect) -> Option<CardError> {
    let (pin, password) = pins("hana");
    desk.fault(Fault::after_insertion(at, effect));
    desk.card.insert();
    let (ticket, error) = match desk.next() {
        CardEvent::Inserted { ticket, .. } => {
            let result = desk
                .attributes(ticket, &pin)
                .map(|_| ())
                .and_then(|()| desk.sign(ticket, &password).map(|_| ()));
            (ticket, result.err())
        }
        CardEvent::Unusable {
            ticket,
            why:
                Unusable::Failed(_) | Unusable::NotMyNumberCard { .. } | Unusable::Incomplete { .. },
        } => (ticket, None),
        other => panic!("unexpected at {at}: {other:?}"),
    };
    desk.card.clear_faults();
    if error.as_ref().is_some_and(CardError::ends_session) {
        // Broken off with the card still there: it begins again, as another insertion.
        assert_eq!(desk.next(), CardEvent::Removed { ticket });
        let (again, _) = desk.inserted();
        desk.remove(again);
    } else {
        desk.remove(ticket);
    }
    assert_eq!(desk.tries(), (Some(3), Some(5)), "a try was lost at {at}");
    error
}

/// The same fault at every APDU; how many of them the jobs noticed.
fn everywhere(desk: &Desk, effect: impl Fn(u64) -> Effect) -> usize {
    (1..=VISIT)
        .filter(|at| visit_with(desk, *at, effect(*at)).is_some())
        .count()
}

story!(an_error_word_at_any_apdu_is_survived, desk = "hana", {
    let words = [0x6F00, 0x6A82, 0x6982];
    let noticed = everywhere(&desk, |at| {
        Effect::Status(words[usize::try_from(at).unwrap() % words.len()])
    });
    assert!(noticed >= 8, "{noticed}");
});

story!(noise_at_any_apdu_is_survived, desk = "hana", {
    let noticed = everywhere(&desk, |_| Effect::Garbage);
    assert!(noticed >= 8, "{noticed}");
});

story!(
    an_answer_cut_short_at_any_apdu_is_survived,
    desk = "hana",
    {
        // One byte is less than a status word.
        let noticed = everywhere(&desk, |_| Effect::Truncate(1));
        assert!(noticed >= 8, "{noticed}");
    }
);

story!(
    a_card_swapped_before_its_pin_is_found_and_loses_no_try,
    desk = "hana",
    {
        let (ticket, _) = desk.insert();
        desk.fault(Fault::next(1, Effect::Swap("sora".to_owned())));
        assert_eq!(
            desk.attributes(ticket, &pins("hana").0).err(),
            Some(CardError::Swapped)
        );
        assert_eq!(desk.card.status().persona, "sora");
        assert_eq!(desk.tries(), (Some(3), Some(5)));
        // The session is over; the other card is another insertion, with its own holder.
        assert_eq!(desk.next(), CardEvent::Removed { ticket });
        let (ticket, _) = desk.inserted();
        assert!(desk.attributes(ticket, &pins("sora").0).is_ok());
    }
);

story!(
    a_card_swapped_before_its_password_is_found_and_loses_no_try,
    desk = "hana",
    {
        let (ticket, _) = desk.insert();
        desk.attributes(ticket, &pins("hana").0).unwrap();
        desk.fault(Fault::next(1, Effect::Swap("sora".to_owned())));
        assert_eq!(
            desk.sign(ticket, &pins("hana").1).err(),
            Some(CardError::Swapped)
        );
        assert_eq!(desk.tries(), (Some(3), Some(5)));
    }
);

story!(
    the_same_card_without_power_for_a_moment_is_not_another_one,
    desk = "hana",
    {
        let (ticket, _) = desk.insert();
        desk.fault(Fault::next(1, Effect::Swap("hana".to_owned())));
        assert!(matches!(
            desk.attributes(ticket, &pins("hana").0).err(),
            Some(CardError::PowerLost {
                step: Step::Verify(_)
            })
        ));
        assert_eq!(desk.tries(), (Some(3), Some(5)));
    }
);

/// A service that gives up soon.
fn impatient() -> Config {
    Config {
        mute_after: Duration::from_millis(700),
        ..config()
    }
}

story!(a_card_that_goes_mute_in_a_job_is_given_up_until_it_is_taken_away, socket => {
        let desk = Desk::with(socket, "hana", impatient());
        let (pin, _) = pins("hana");
        let (ticket, _) = desk.insert();
        desk.fault(Fault::next(2, Effect::Mute(None)));
        let after = Duration::from_millis(700);
        assert_eq!(
            desk.attributes(ticket, &pin).err(),
            Some(CardError::Mute { after })
        );
        assert_eq!(desk.service.abandoned_threads(), 1);
        assert_eq!(
            desk.attributes(ticket, &pin).err(),
            Some(CardError::OldTicket)
        );
        desk.remove(ticket);
        let (ticket, _) = desk.insert();
        assert_eq!(desk.service.abandoned_threads(), 0);
        assert!(desk.attributes(ticket, &pin).is_ok());
});

story!(a_card_that_is_mute_from_the_start_is_given_up_until_it_is_taken_away, socket => {
        let desk = Desk::with(socket, "hana", impatient());
        desk.fault(Fault::after_insertion(3, Effect::Mute(None)));
        desk.card.insert();
        let (ticket, why) = desk.unusable();
        assert!(matches!(why, Unusable::Failed(CardError::Mute { .. })));
        desk.remove(ticket);
        desk.insert();
});

story!(a_slow_card_is_waited_for, desk = "hana", {
    desk.card.slow(Duration::from_millis(120));
    let (pin, password) = pins("hana");
    let (ticket, _) = desk.insert();
    assert!(desk.attributes(ticket, &pin).is_ok());
    assert!(desk.sign(ticket, &password).is_ok());
    assert_eq!(desk.service.abandoned_threads(), 0);
});

story!(a_probe_that_kills_the_exchange_is_not_tried_on_that_reader_again, socket => {
        let desk = Desk::with(socket, "extended", impatient());
        // The eleventh APDU of a look is the extended-length probe.
        desk.fault(Fault::after_insertion(11, Effect::Mute(None)));
        desk.card.insert();
        let (ticket, _) = desk.unusable();
        desk.remove(ticket);
        let (ticket, look) = desk.insert();
        assert!(!look.extended_length);
        assert!(desk.auth_certificate(ticket).is_ok(), "in short reads");
});
