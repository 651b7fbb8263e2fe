//! PINs: tries counted, the last one never asked for, nothing kept in the pad.

use ubugoe_visit::{CardOnReader, CardTrouble, Effect, Event, Ticket};

use crate::bedside::{Bedside, at, card, other_card};

fn wrong(left: u8) -> Event {
    Event::CardFailed {
        ticket: Ticket(1),
        trouble: CardTrouble::WrongPin { left },
    }
}

fn asks_the_card(visit: &Bedside) -> bool {
    visit.effects.iter().any(|effect| match effect {
        Effect::ReadAttributes { .. } | Effect::Sign { .. } | Effect::SignSecond { .. } => true,
        Effect::ClearPin
        | Effect::ReleaseCard { .. }
        | Effect::FindCertificates { .. }
        | Effect::KeepDraft { .. }
        | Effect::DiscardDraft { .. }
        | Effect::Print(_)
        | Effect::StopPrinting
        | Effect::KeepVoice(_)
        | Effect::Store { .. }
        | Effect::AskSecond
        | Effect::StoreSecond { .. }
        | Effect::Await(_)
        | Effect::Wipe
        | Effect::Service(_) => false,
    })
}

fn with_tries(attributes: Option<u8>, sign: Option<u8>) -> CardOnReader {
    let mut card = card(1);
    (card.facts.attributes_tries, card.facts.sign_tries) = (attributes, sign);
    card
}

#[test]
fn the_attributes_pin_is_asked_down_to_the_last_try_and_not_for_it() {
    let mut visit = at("reading-attributes");
    visit.expect(wrong(2), "attributes-pin", &["clear-pin", "await-idle"]);
    assert_eq!(
        visit.state.stage.card().unwrap().facts.attributes_tries,
        Some(2)
    );
    visit.expect(
        Event::AttributesPinEntered,
        "reading-attributes",
        &["read-attributes", "await-idle"],
    );
    visit.expect(
        wrong(1),
        "trouble",
        &["clear-pin", "release", "wipe", "await-idle"],
    );
    assert_eq!(visit.code(), Some("C-302"));
    for event in [
        Event::AttributesPinEntered,
        Event::RetryWanted,
        Event::AttributesPinEntered,
    ] {
        visit.tell(event);
        assert!(!asks_the_card(&visit));
    }
    visit.tell(Event::CardInserted(with_tries(Some(1), Some(5))));
    assert_eq!(
        (visit.code(), asks_the_card(&visit)),
        (Some("C-302"), false)
    );
}

#[test]
fn the_signature_password_is_asked_down_to_the_last_try_and_not_for_it() {
    let mut visit = at("signing");
    for left in [4, 3, 2] {
        visit.expect(wrong(left), "sign-password", &["clear-pin", "await-idle"]);
        assert_eq!(
            visit.state.stage.card().unwrap().facts.sign_tries,
            Some(left)
        );
        visit.expect(
            Event::SignPasswordEntered,
            "signing",
            &["sign", "await-idle"],
        );
    }
    visit.expect(
        wrong(1),
        "trouble",
        &["clear-pin", "release", "wipe", "await-idle"],
    );
    assert_eq!(visit.code(), Some("C-304"));
    for event in [
        Event::SignPasswordEntered,
        Event::RetryWanted,
        Event::SignPasswordEntered,
    ] {
        visit.tell(event);
        assert!(!asks_the_card(&visit));
    }
}

#[test]
fn a_card_with_a_locked_or_nearly_locked_secret_is_told_so_before_any_pin() {
    for (attributes, sign, code) in [
        (Some(0), Some(5), Some("C-301")),
        (Some(1), Some(5), Some("C-302")),
        (Some(3), Some(0), Some("C-303")),
        (Some(3), Some(1), Some("C-304")),
        (Some(1), Some(1), Some("C-302")),
        (Some(2), Some(2), None),
        (None, None, None),
    ] {
        let mut visit = Bedside::new();
        visit.tell(Event::CardInserted(with_tries(attributes, sign)));
        assert_eq!(visit.code(), code, "{attributes:?} {sign:?}");
        assert_eq!(
            visit
                .effects
                .contains(&Effect::ReleaseCard { ticket: Ticket(1) }),
            code.is_some()
        );
    }
}

/// The counter went down elsewhere while the screen was covered.
#[test]
fn a_card_that_comes_back_with_one_try_left_is_not_asked_for_its_password() {
    for stage in ["sign-password", "signing"] {
        let mut visit = at(stage);
        visit.tell(Event::CardRemoved { ticket: Ticket(1) });
        let mut back = card(2);
        back.facts.sign_tries = Some(1);
        visit.tell(Event::CardInserted(back));
        assert_eq!((visit.stage(), visit.code()), ("trouble", Some("C-304")));
    }
    let mut visit = at("reviewing");
    visit.tell(Event::CardRemoved { ticket: Ticket(1) });
    let mut back = card(2);
    back.facts.sign_tries = Some(1);
    visit
        .tell(Event::CardInserted(back))
        .tell(Event::ReviewConfirmed);
    assert_eq!((visit.stage(), visit.code()), ("trouble", Some("C-304")));
}

#[test]
fn an_unusable_secret_spends_no_try() {
    for (stage, back) in [
        ("reading-attributes", "attributes-pin"),
        ("signing", "sign-password"),
    ] {
        let mut visit = at(stage);
        visit.expect(Event::SecretUnusable, back, &["clear-pin", "await-idle"]);
        let facts = &visit.state.stage.card().unwrap().facts;
        assert_eq!(
            (facts.attributes_tries, facts.sign_tries),
            (Some(3), Some(5))
        );
    }
}

#[test]
fn a_card_without_a_signature_certificate_is_told_so_before_any_pin() {
    let mut visit = Bedside::new();
    let mut child = other_card(1);
    child.facts.has_sign_certificate = false;
    visit.tell(Event::CardInserted(child));
    assert_eq!(visit.code(), Some("C-401"));
}
