//! The card vanishes: at every stage, and then it comes back, another comes, or nobody does.

use ubugoe_procedures::Tongue;
use ubugoe_visit::{CardTrouble, Event, Failure, Stage, Ticket, Timer, UnusableCard, audit};

use crate::bedside::{
    Bedside, at, card, deliveries, draft_of, found, only_earlier, other_card, said,
};

/// Where each stage that needs a card goes on when the same card is back.
const RETURNS: [(&str, &str); 11] = [
    ("identity", "identity"),
    ("finding-certificate", "identity"),
    ("certificate", "certificate"),
    ("line", "line"),
    ("asking", "asking"),
    ("correcting", "asking"),
    ("reviewing", "reviewing"),
    ("sign-password", "sign-password"),
    ("signing", "sign-password"),
    ("stuck", "reviewing"),
    ("card-away", "reviewing"),
];

const PULLED: Event = Event::CardRemoved { ticket: Ticket(1) };

fn lost(by: &str) -> Vec<Event> {
    match by {
        "hand" => vec![PULLED],
        // As the driver tells it: first the card, then the reason.
        "reader" => vec![PULLED, Event::ReadersChanged { present: false }],
        "service" => vec![PULLED, Event::CardServiceLost],
        // And without a word about the card.
        "service alone" => vec![Event::CardServiceLost],
        by => panic!("nothing is lost by {by}"),
    }
}

#[test]
fn the_same_card_brings_back_the_stage_and_everything_in_it() {
    for by in ["hand", "reader", "service", "service alone"] {
        for (stage, goes_on) in RETURNS {
            let mut visit = at(stage);
            let answers = draft_of(&visit.state.stage).map(|draft| draft.forms.clone());
            for event in lost(by) {
                visit.tell(event);
            }
            assert_eq!(
                (visit.stage(), visit.code()),
                ("card-away", Some("C-204")),
                "{stage} by {by}"
            );
            if by == "service" {
                visit.tell(Event::CardServiceBack);
            }
            visit
                .tell(Event::ReadersChanged { present: true })
                .tell(Event::CardInserted(card(2)));
            assert_eq!(visit.stage(), goes_on, "{stage} by {by}");
            assert_eq!(
                visit.state.stage.card().unwrap().ticket,
                Ticket(2),
                "{stage}: the new insertion"
            );
            assert_eq!(
                draft_of(&visit.state.stage).map(|draft| draft.forms.clone()),
                answers
            );
        }
    }
}

#[test]
fn another_card_sees_nothing_and_ends_nothing() {
    for (stage, goes_on) in RETURNS {
        let mut visit = at(stage);
        visit.tell(PULLED).tell(Event::CardInserted(other_card(2)));
        assert_eq!(
            (visit.stage(), visit.code()),
            ("card-away", Some("C-206")),
            "{stage}"
        );
        assert_eq!(visit.effects(), ["clear-pin", "release", "await-card"]);
        visit.tell(Event::CardRemoved { ticket: Ticket(2) });
        assert_eq!(
            (visit.code(), visit.effects()),
            (Some("C-204"), vec!["clear-pin", "await-card"])
        );
        visit.tell(Event::CardInserted(card(3)));
        assert_eq!(visit.stage(), goes_on, "{stage}");
    }
}

#[test]
fn nobody_comes_back_and_all_is_forgotten() {
    for (stage, _) in RETURNS {
        let mut visit = at(stage);
        visit.tell(PULLED);
        // What was said is sealed and kept; where nothing was said yet, nothing is.
        if visit
            .state
            .stage
            .draft()
            .is_some_and(|draft| !draft.asked.is_empty())
        {
            visit.expect(
                Event::Elapsed(Timer::CardAway),
                "keeping",
                &["clear-pin", "wipe", "keep-draft"],
            );
            visit.expect(
                Event::DraftKept { until: 7 },
                "paused",
                &["clear-pin", "wipe", "await-farewell"],
            );
        } else {
            visit.expect(
                Event::Elapsed(Timer::CardAway),
                "finished",
                &["clear-pin", "wipe", "await-farewell"],
            );
        }
        visit.expect(
            Event::Elapsed(Timer::Farewell),
            "resting",
            &["clear-pin", "wipe"],
        );
        assert_eq!(visit.state, Bedside::new().state, "{stage}");
    }
}

#[test]
fn before_anything_personal_is_known_a_pulled_card_leaves_nothing_to_wait_for() {
    let mut visit = at("attributes-pin");
    visit.expect(PULLED, "resting", &["clear-pin", "wipe"]);
    // The driver reports a failed read first and the removal after it, or only the removal.
    let gone = Event::CardFailed {
        ticket: Ticket(1),
        trouble: CardTrouble::Gone,
    };
    for events in [vec![PULLED], vec![gone, PULLED]] {
        let mut visit = at("reading-attributes");
        for event in events {
            visit.tell(event);
        }
        assert_eq!((visit.stage(), visit.code()), ("trouble", Some("C-204")));
        visit.tell(Event::CardInserted(card(2)));
        assert_eq!(visit.stage(), "attributes-pin");
    }
}

#[test]
fn a_signature_that_was_asked_of_an_insertion_that_ended_is_dropped() {
    let mut visit = at("signing");
    let signatures = vec![vec![7]; visit.prepared().len()];
    let late = Event::Signed {
        ticket: Ticket(1),
        signatures,
    };
    visit.tell(PULLED);
    visit.expect(late.clone(), "card-away", &[]);
    visit.tell(Event::CardInserted(card(2)));
    visit.expect(late.clone(), "sign-password", &[]);
    visit.tell(Event::SignPasswordEntered);
    visit.expect(late, "signing", &[]);
}

#[test]
fn a_card_that_does_not_answer_may_be_the_right_one_and_is_not_called_another() {
    for why in [
        UnusableCard::Mute,
        UnusableCard::Nonsense,
        UnusableCard::Busy,
    ] {
        let mut visit = at("card-away");
        visit.tell(Event::CardUnusable {
            ticket: Ticket(2),
            why,
        });
        assert_eq!(
            (visit.stage(), visit.code()),
            ("card-away", Some("C-204")),
            "{why:?}"
        );
    }
    for why in [
        UnusableCard::NotMyNumber,
        UnusableCard::Smartphone,
        UnusableCard::Expired,
    ] {
        let mut visit = at("card-away");
        visit.tell(Event::CardUnusable {
            ticket: Ticket(2),
            why,
        });
        assert_eq!(
            (visit.stage(), visit.code()),
            ("card-away", Some("C-206")),
            "{why:?}"
        );
    }
    // Another program lets go of it: the same insertion, now usable.
    let mut visit = at("card-away");
    visit.tell(Event::CardUnusable {
        ticket: Ticket(2),
        why: UnusableCard::Busy,
    });
    visit.tell(Event::CardInserted(card(2)));
    assert_eq!(visit.stage(), "reviewing");
}

#[test]
fn every_thing_that_is_no_usable_card_has_its_code() {
    for (why, code) in [
        (UnusableCard::NotMyNumber, "C-201"),
        (UnusableCard::Smartphone, "C-202"),
        (UnusableCard::Expired, "C-203"),
        (UnusableCard::Nonsense, "C-205"),
        (UnusableCard::Busy, "C-207"),
        (UnusableCard::Mute, "C-103"),
    ] {
        let mut visit = Bedside::new();
        visit.tell(Event::CardUnusable {
            ticket: Ticket(1),
            why,
        });
        assert_eq!(visit.code(), Some(code));
        // What is answered by taking it away goes with it; what is to be read stays.
        visit.tell(PULLED);
        let stays = (code == "C-203").then_some(code);
        assert_eq!(visit.code(), stays, "{code}");
    }
}

/// A second reader is nobody's way into a visit, nor out of it.
#[test]
fn a_card_in_a_second_reader_changes_nothing_while_the_visits_own_card_lies() {
    for (stage, _) in RETURNS
        .into_iter()
        .filter(|(stage, _)| *stage != "card-away")
    {
        let mut visit = at(stage);
        let before = visit.state.stage.clone();
        visit.expect(
            Event::CardInserted(other_card(2)),
            audit::name(&before),
            &[],
        );
        assert_eq!(visit.state.stage, before);
        visit.expect(
            Event::CardRemoved { ticket: Ticket(2) },
            audit::name(&before),
            &[],
        );
        assert_eq!(visit.state.stage, before);
    }
}

#[test]
fn the_resting_screen_never_invites_a_card_where_no_reader_is() {
    // Lost while resting, during a visit, during a trouble page, while the receipts are shown.
    for stage in [
        "resting",
        "attributes-pin",
        "reading-attributes",
        "stopped",
        "stopped-at-card",
        "finished",
    ] {
        let mut visit = at(stage);
        visit.tell(Event::CardServiceLost);
        for end in [Event::Elapsed(Timer::Idle), Event::Elapsed(Timer::Farewell)] {
            visit.tell(end);
        }
        assert_eq!(visit.code(), Some("C-102"), "{stage}");
        visit.tell(Event::CardServiceBack);
        assert_eq!(visit.stage(), "resting", "{stage}");
        visit.tell(Event::ReadersChanged { present: false });
        assert_eq!(visit.code(), Some("C-101"), "{stage}");
        visit.tell(Event::ReadersChanged { present: true });
        assert_eq!(visit.state, Bedside::new().state, "{stage}");
    }
    for stage in ["reviewing", "card-away", "following"] {
        let mut visit = at(stage);
        visit.tell(Event::ReadersChanged { present: false });
        visit
            .tell(Event::Elapsed(Timer::CardAway))
            .tell(Event::DraftKept { until: 7 })
            .tell(Event::Elapsed(Timer::Farewell));
        assert_eq!(visit.code(), Some("C-101"), "{stage}");
        assert_eq!(visit.state.side.fault, Some(Failure::NoReader));
    }
}

/// The desk writes; the card may go, and come back, meanwhile.
#[test]
fn a_card_pulled_while_the_desk_writes_stops_nothing_and_shows_nothing_without_it() {
    let mut visit = at("storing");
    let rows = deliveries(visit.prepared());
    visit.expect(PULLED, "storing", &[]);
    visit.expect(
        Event::Stored(rows),
        "following",
        &["discard-draft", "wipe", "await-card"],
    );

    // It could not write: trying again leads to the cover, for the card is gone.
    let mut visit = at("storing");
    visit.tell(PULLED).tell(Event::StoreFailed { full: false });
    assert_eq!(visit.code(), Some("S-102"));
    visit.expect(
        Event::RetryWanted,
        "card-away",
        &["clear-pin", "await-card"],
    );
    visit.tell(Event::CardInserted(card(2)));
    assert_eq!(visit.stage(), "reviewing");

    // It came back before that: trying again goes on with the new insertion.
    let mut visit = at("storing");
    visit
        .tell(PULLED)
        .tell(Event::CardInserted(card(2)))
        .tell(Event::StoreFailed { full: false });
    visit.expect(Event::RetryWanted, "reviewing", &["await-idle"]);
    assert_eq!(visit.state.stage.card().unwrap().ticket, Ticket(2));
}

#[test]
fn taking_the_card_away_from_a_trouble_page_with_a_way_back_covers_it() {
    let mut visit = at("stuck");
    visit.expect(PULLED, "card-away", &["clear-pin", "await-card"]);
    visit.tell(Event::CardInserted(card(2)));
    assert_eq!(visit.stage(), "reviewing");
}

/// The parent took her card and left; the next one must not wait for her receipts to go.
#[test]
fn whoever_puts_a_card_in_after_the_last_one_left_begins_anew() {
    for next in [card(2), other_card(2)] {
        let mut visit = at("following-alone");
        visit.expect(
            Event::CardInserted(next),
            "notice",
            &["wipe", "clear-pin", "await-idle"],
        );
    }
    // And a mother who comes back is shown what she filed.
    let mut visit = at("finding-certificate");
    let earlier = deliveries(at("reviewing").prepared());
    visit.tell(only_earlier(earlier.clone()));
    let Stage::Following { deliveries, .. } = visit.state.stage else {
        panic!("not followed")
    };
    assert_eq!(deliveries, earlier);
}

#[test]
fn what_was_typed_and_not_sent_is_gone_but_the_answers_before_it_are_not() {
    let mut visit = at("asking");
    let question = visit.question().1.to_owned();
    visit.tell(PULLED).tell(Event::CardInserted(card(2)));
    assert_eq!(visit.question().1, question);
    visit.answer_all(said);
    assert_eq!(
        (visit.stage(), visit.draft().asked.len()),
        ("reviewing", 23)
    );
}

#[test]
fn a_card_that_was_let_go_and_still_lies_there_is_to_be_lifted_first() {
    let mut visit = at("finding-certificate");
    visit.tell(found(&[]));
    assert_eq!(visit.code(), Some("H-101"));
    visit.tell(Event::RetryWanted);
    assert_eq!(visit.code(), Some("C-208"));
    // So it is for whoever begins by touching the screen.
    let mut visit = at("asking");
    visit
        .tell(Event::QuietExitWanted)
        .tell(Event::BeginWanted)
        .tell(Event::LanguageChosen(Tongue::Ja))
        .tell(Event::NoticeRead);
    assert_eq!(visit.code(), Some("C-208"));
    visit.tell(Event::CardRemoved { ticket: Ticket(1) });
    assert_eq!(visit.stage(), "resting");
}
