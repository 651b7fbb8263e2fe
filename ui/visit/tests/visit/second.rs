//! The other parent: what was signed first is shown, signed and stored, and nothing of it stays.

use ubugoe_procedures::Tongue;
use ubugoe_visit::{
    CardTrouble, Effect, Event, Second, SecondProblem, Stage, Ticket, Timer, UnusableCard,
};

use crate::bedside::{Bedside, at, card, other_card, second_signed, sheet};
use crate::wipe::is_empty;

const PULLED: Event = Event::CardRemoved { ticket: Ticket(1) };

fn problem(visit: &Bedside) -> Option<SecondProblem> {
    match &visit.state.stage {
        Stage::Second(Second::Number { problem, .. }) => *problem,
        stage => panic!("no number in {stage:?}"),
    }
}

#[test]
fn the_very_bytes_that_were_handed_over_are_shown_signed_and_stored() {
    let mut visit = at("second-card-wanted");
    visit
        .expect(
            Event::CardInserted(card(1)),
            "second-number",
            &["clear-pin", "await-idle"],
        )
        .expect(
            Event::SecondNumberEntered,
            "second-asking",
            &["ask-second", "await-city", "await-idle"],
        )
        .expect(
            Event::SecondFound(sheet()),
            "second-reading",
            &["await-idle"],
        )
        .expect(
            Event::ReviewConfirmed,
            "second-password",
            &["clear-pin", "await-idle"],
        )
        .expect(
            Event::SignPasswordEntered,
            "second-signing",
            &["sign-second", "await-idle"],
        );
    let Some(Effect::SignSecond {
        ticket,
        canonical,
        first,
    }) = visit.effects.first()
    else {
        panic!("nothing is signed")
    };
    assert_eq!(*ticket, Ticket(1));
    assert_eq!((canonical, first), (&sheet().canonical, &sheet().first));
    visit.expect(
        second_signed(1),
        "second-storing",
        &["clear-pin", "store-second"],
    );
    let stored = Effect::StoreSecond {
        ticket: sheet().ticket,
        signature: vec![7],
    };
    assert_eq!(visit.effects.last(), Some(&stored));
    visit.expect(
        Event::SecondStored([5; 16]),
        "second-stored",
        &["release", "wipe", "await-idle"],
    );
    assert!(is_empty(&visit.state), "nothing about anybody is held");
    visit
        .expect(Event::SecondArrived([6; 16]), "second-stored", &[])
        .expect(
            Event::SecondArrived([5; 16]),
            "second-arrived",
            &["await-idle"],
        )
        .expect(
            Event::QuitWanted,
            "finished",
            &["clear-pin", "wipe", "await-farewell"],
        );
}

#[test]
fn without_a_network_nothing_is_asked_and_the_page_says_so() {
    let mut visit = Bedside::new();
    visit.cx.online = false;
    visit.second();
    assert_eq!(problem(&visit), Some(SecondProblem::Offline));
    visit.tell(Event::SecondNumberEntered);
    assert_eq!(problem(&visit), Some(SecondProblem::Offline));
    assert!(!visit.effects.contains(&Effect::AskSecond));
    visit.cx.online = true;
    visit.tell(Event::SecondNumberEntered);
    assert_eq!(visit.stage(), "second-asking");
}

#[test]
fn a_city_that_does_not_answer_is_asked_three_times() {
    let mut visit = at("second-asking");
    let late = || Event::Elapsed(Timer::Answer);
    visit
        .expect(late(), "second-asking", &["ask-second", "await-city"])
        .expect(late(), "second-asking", &["ask-second", "await-city"])
        .tell(late());
    assert_eq!(problem(&visit), Some(SecondProblem::NoAnswer));
    // what comes now is nobody's
    visit.tell(Event::SecondFound(sheet()));
    assert_eq!(visit.stage(), "second-number");
}

#[test]
fn whatever_is_wrong_with_a_number_leads_back_to_it() {
    for why in [
        SecondProblem::Mistyped,
        SecondProblem::Unknown,
        SecondProblem::Busy,
    ] {
        let mut visit = at("second-asking");
        visit.tell(Event::SecondNotFound(why));
        assert_eq!(problem(&visit), Some(why));
    }
    let mut visit = at("second-asking");
    let mut unreadable = sheet();
    unreadable.canonical.truncate(40);
    visit.tell(Event::SecondFound(unreadable));
    assert_eq!(problem(&visit), Some(SecondProblem::Unreadable));
}

#[test]
fn a_card_that_cannot_sign_is_told_so_before_the_number_is_typed() {
    let mut locked = card(1);
    locked.facts.sign_tries = Some(0);
    let mut last = card(1);
    last.facts.sign_tries = Some(1);
    let mut bare = card(1);
    bare.facts.has_sign_certificate = false;
    for (card, code) in [(locked, "C-303"), (last, "C-304"), (bare, "C-401")] {
        let mut visit = at("second-card-wanted");
        visit.tell(Event::CardInserted(card));
        assert_eq!(visit.code(), Some(code));
        assert!(!visit.effects.contains(&Effect::AskSecond));
    }
    // a locked four-digit number is no obstacle: nothing is read with it
    let mut other = card(1);
    other.facts.attributes_tries = Some(0);
    let mut visit = at("second-card-wanted");
    visit.tell(Event::CardInserted(other));
    assert_eq!(visit.stage(), "second-number");
    let mut visit = at("second-card-wanted");
    visit.tell(Event::CardUnusable {
        ticket: Ticket(1),
        why: UnusableCard::Smartphone,
    });
    assert_eq!(visit.code(), Some("C-202"));
    let mut visit = at("second-card-wanted");
    visit.cx.today = None;
    visit.tell(Event::CardInserted(card(1)));
    assert_eq!(visit.code(), Some("T-101"));
}

#[test]
fn the_first_signer_s_card_ends_it_with_a_code_and_no_way_back() {
    let mut visit = at("second-signing");
    visit.tell(Event::CardFailed {
        ticket: Ticket(1),
        trouble: CardTrouble::FirstSigner,
    });
    assert_eq!(visit.code(), Some("C-406"));
    assert!(is_empty(&visit.state) && visit.effects.contains(&Effect::Wipe));
}

#[test]
fn the_card_pulled_covers_what_was_read_and_only_the_same_card_uncovers_it() {
    for (stage, after) in [
        ("second-asking", "second-asking"),
        ("second-reading", "second-reading"),
        ("second-password", "second-password"),
        ("second-signing", "second-password"),
    ] {
        let mut visit = at(stage);
        visit.tell(PULLED);
        assert_eq!(visit.stage(), "card-away", "{stage}");
        visit.tell(Event::CardInserted(other_card(2)));
        assert_eq!(visit.code(), Some("C-206"), "{stage}");
        visit.tell(Event::CardRemoved { ticket: Ticket(2) });
        visit.tell(Event::CardInserted(card(3)));
        assert_eq!(visit.stage(), after, "{stage}");
        // and when it does not come back, nothing is left
        let mut visit = at(stage);
        visit.tell(PULLED).tell(Event::Elapsed(Timer::CardAway));
        assert_eq!(visit.stage(), "finished");
        assert!(is_empty(&visit.state) && visit.effects.contains(&Effect::Wipe));
    }
    // before anything came there is nothing to cover
    let mut visit = at("second-number");
    visit.tell(PULLED);
    assert_eq!(visit.stage(), "resting");
}

#[test]
fn what_is_being_written_is_not_stopped_and_a_failure_leads_back() {
    let mut visit = at("second-storing");
    for event in [
        Event::QuitWanted,
        Event::QuietExitWanted,
        PULLED,
        Event::Elapsed(Timer::Idle),
    ] {
        visit.tell(event);
        assert_eq!(visit.stage(), "second-storing");
    }
    let mut visit = at("second-storing");
    visit.tell(Event::StoreFailed { full: false });
    assert_eq!(visit.code(), Some("S-102"));
    visit.tell(Event::RetryWanted);
    assert_eq!(visit.stage(), "second-reading");
}

#[test]
fn nobody_is_asked_on_a_closed_device_or_in_the_middle_of_a_visit() {
    for stage in ["resting", "line", "reviewing", "following", "identity"] {
        let mut visit = at(stage);
        visit.tell(Event::SecondWanted);
        assert_ne!(visit.stage(), "second-card-wanted", "{stage}");
    }
    let mut visit = Bedside::new();
    visit.cx.closed = true;
    visit
        .tell(Event::BeginWanted)
        .tell(Event::LanguageChosen(Tongue::Ja))
        .tell(Event::SecondWanted);
    assert_eq!(visit.stage(), "resting");
}

#[test]
fn what_is_signed_stays_the_same_in_whatever_language_it_is_read() {
    let mut visit = at("second-reading");
    visit
        .tell(Event::LanguageChosen(Tongue::Vi))
        .tell(Event::ReviewConfirmed)
        .tell(Event::SignPasswordEntered);
    let Some(Effect::SignSecond { canonical, .. }) = visit.effects.first() else {
        panic!("nothing is signed")
    };
    assert_eq!(canonical, &sheet().canonical);
}
