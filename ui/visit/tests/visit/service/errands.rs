//! A technician's errands: a code or a stick first, then one run, whose end is told once.

use ubugoe_visit::ServiceFailure;
use ubugoe_visit::service::{
    Ask, CodeProblem, Errand, ErrandDone, ErrandTrouble, Means, Service, ServiceEffect,
    ServiceEvent, Technician, TypedCode,
};

use super::Desk;

fn typed() -> ServiceEvent {
    ServiceEvent::CodeEntered(TypedCode {
        text: "SECRET-CODE".to_owned(),
        address: "enrol.asukoe.example".to_owned(),
    })
}

fn at(desk: &Desk) -> &Technician {
    match &desk.state.service {
        Service::Technician(at) => at,
        other => panic!("{other:?}"),
    }
}

fn ended(ask: Ask, how: Result<ErrandDone, ErrandTrouble>) -> ServiceEvent {
    ServiceEvent::ErrandEnded { ask, how }
}

#[test]
fn a_ward_changes_with_a_code_that_no_state_and_no_debugger_keeps() {
    let mut desk = Desk::technician();
    desk.tell(ServiceEvent::ErrandWanted(Errand::Move));
    assert_eq!(desk.page(), "technician-code");
    desk.tell(typed());
    assert_eq!(desk.page(), "technician-working");
    assert!(desk.effects.iter().any(|effect| matches!(
        effect,
        ServiceEffect::Run { errand: Errand::Move, means: Means::Code(code), .. } if code.text == "SECRET-CODE"
    )));
    let shown = format!("{:?} {:?} {:?}", desk.state, desk.effects, typed());
    assert!(
        !shown.contains("SECRET") && !shown.contains("asukoe"),
        "{shown}"
    );
    let ask = desk.ask();
    // a code that did not do is asked for again; the same one may be right a moment later
    desk.tell(ended(
        ask,
        Err(ErrandTrouble::Code(CodeProblem::Unreachable)),
    ));
    assert!(matches!(
        at(&desk),
        Technician::Code {
            errand: Errand::Move,
            problem: Some(CodeProblem::Unreachable),
            ..
        }
    ));
    desk.tell(typed());
    let again = desk.ask();
    desk.tell(ended(ask, Ok(ErrandDone::Rotated)));
    assert_eq!(desk.page(), "technician-working", "an older end is dropped");
    let ward = "うぶ町産院".to_owned();
    desk.tell(ended(again, Ok(ErrandDone::Moved { ward })));
    assert_eq!(desk.page(), "technician-done");
    // it starts anew with its new configuration: there is no way back into the old one
    desk.tell(ServiceEvent::BackWanted);
    assert_eq!(desk.page(), "no-staff");
}

#[test]
fn a_stick_is_looked_for_chosen_and_used_and_no_other_name_is() {
    for errand in [Errand::Export, Errand::Import, Errand::Logs] {
        let mut desk = Desk::technician();
        desk.tell(ServiceEvent::ErrandWanted(errand));
        assert_eq!(desk.page(), "technician-looking");
        let ask = desk.ask();
        desk.tell(ServiceEvent::SticksFound {
            ask,
            names: Vec::new(),
        });
        assert_eq!(desk.page(), "technician-sticks");
        desk.tell(ServiceEvent::RefreshWanted);
        let names = vec!["A".to_owned(), "B".to_owned()];
        let late = ServiceEvent::SticksFound {
            ask,
            names: vec!["C".to_owned()],
        };
        let ask = desk.ask();
        desk.tell(late);
        assert_eq!(
            desk.page(),
            "technician-looking",
            "an older answer is dropped"
        );
        desk.tell(ServiceEvent::SticksFound { ask, names });
        desk.tell(ServiceEvent::StickChosen("../etc".to_owned()));
        assert_eq!(desk.page(), "technician-sticks");
        desk.tell(ServiceEvent::StickChosen("B".to_owned()));
        assert!(desk.effects.iter().any(|effect| matches!(
            effect,
            ServiceEffect::Run { errand: run, means: Means::Stick(name), .. } if *run == errand && name == "B"
        )));
        let ask = desk.ask();
        desk.tell(ServiceEvent::ErrandStep { ask, step: (2, 5) });
        assert!(matches!(
            at(&desk),
            Technician::Working { step: (2, 5), .. }
        ));
        desk.tell(ServiceEvent::BackWanted);
        assert_eq!(
            desk.page(),
            "technician-working",
            "what runs is not left half done"
        );
        let failure = ErrandTrouble::Failure(ServiceFailure::StickUnusable);
        desk.tell(ended(ask, Err(failure)));
        assert_eq!(desk.page(), "technician-trouble");
        desk.tell(ServiceEvent::BackWanted);
        assert_eq!(desk.page(), "technician");
    }
}

#[test]
fn a_new_key_needs_nothing_more_and_a_device_with_a_city_is_registered_by_nobody() {
    let mut desk = Desk::technician();
    desk.tell(ServiceEvent::ErrandWanted(Errand::Register));
    assert_eq!(desk.page(), "technician");
    desk.tell(ServiceEvent::ErrandWanted(Errand::Rotate));
    let ask = desk.ask();
    assert!(desk.effects.contains(&ServiceEffect::Run {
        ask,
        errand: Errand::Rotate,
        means: Means::Nothing,
    }));
    // whoever signs out meanwhile is out; the end of it opens nothing
    desk.tell(ServiceEvent::Closed);
    desk.tell(ended(ask, Ok(ErrandDone::Rotated)));
    assert_eq!(desk.page(), "no-staff");
}

/// At the page that says what a wipe comes to.
fn sure() -> (Desk, String) {
    let mut desk = Desk::technician();
    desk.tell(ServiceEvent::ErrandWanted(Errand::Wipe));
    let ask = desk.ask();
    let names = vec!["A".to_owned()];
    desk.tell(ServiceEvent::SticksFound { ask, names });
    desk.tell(ServiceEvent::StickChosen("A".to_owned()));
    assert_eq!(desk.page(), "technician-sure");
    let digits = digits(&desk);
    (desk, digits)
}

fn digits(desk: &Desk) -> String {
    let Technician::Sure { digits, .. } = at(desk) else {
        panic!("{:?}", at(desk));
    };
    assert_eq!(digits.len(), 4);
    digits.clone()
}

fn runs(desk: &Desk, of: Errand) -> bool {
    let mut effects = desk.effects.iter();
    effects.any(|effect| matches!(effect, ServiceEffect::Run { errand, .. } if *errand == of))
}

#[test]
fn only_the_digits_on_the_page_begin_a_wipe_and_it_then_needs_no_further_press() {
    let (mut desk, first) = sure();
    for typed in ["", "0", "0000", &format!("{first}0"), "    "] {
        desk.tell(ServiceEvent::WipeWanted(typed.to_owned()));
        assert!(matches!(at(&desk), Technician::Sure { mistyped: true, .. }));
        assert!(!runs(&desk, Errand::Wipe), "{typed:?}");
    }
    let digits = digits(&desk);
    assert_ne!(digits, first, "another try has other digits");
    desk.tell(ServiceEvent::StickChosen("A".to_owned()));
    desk.tell(ServiceEvent::RefreshWanted);
    assert_eq!(desk.page(), "technician-sure");
    desk.tell(ServiceEvent::WipeWanted(digits));
    assert_eq!(desk.page(), "technician-working");
    assert!(runs(&desk, Errand::Wipe));
    let ask = desk.ask();
    desk.tell(ServiceEvent::BackWanted);
    assert_eq!(desk.page(), "technician-working");
    desk.tell(ended(ask, Ok(ErrandDone::WipeOrdered)));
    assert_eq!(desk.page(), "no-staff");
}

#[test]
fn there_is_a_way_back_from_a_wipe_until_it_begins_and_a_failure_begins_nothing() {
    let (mut desk, _) = sure();
    desk.tell(ServiceEvent::BackWanted);
    assert_eq!(desk.page(), "technician");
    desk.tell(ServiceEvent::WipeWanted("1000".to_owned()));
    desk.tell(ServiceEvent::ErrandWanted(Errand::Destroy));
    assert_eq!(
        desk.page(),
        "technician",
        "nobody orders this at the screen"
    );
    let (mut desk, digits) = sure();
    desk.tell(ServiceEvent::WipeWanted(digits));
    let ask = desk.ask();
    let failure = ErrandTrouble::Failure(ServiceFailure::WouldLose);
    desk.tell(ended(ask, Err(failure)));
    assert_eq!(desk.page(), "technician-trouble");
    desk.tell(ServiceEvent::BackWanted);
    assert_eq!(desk.page(), "technician");
    assert!(!runs(&desk, Errand::Destroy));
}

#[test]
fn an_ordered_wipe_is_tried_again_and_given_up_only_while_nothing_is_destroyed() {
    for (failure, whole) in [
        (ServiceFailure::StickGone, true),
        (ServiceFailure::WipeStuck, false),
    ] {
        let mut desk = Desk::technician();
        let stick = "A".to_owned();
        let held = Technician::Held { failure, stick };
        desk.state.service = Service::Technician(held.clone());
        desk.tell(ServiceEvent::RefreshWanted);
        assert!(runs(&desk, Errand::Destroy));
        let ask = desk.ask();
        desk.tell(ended(ask, Err(ErrandTrouble::Failure(failure))));
        assert_eq!(desk.page(), "technician-held");
        desk.tell(ServiceEvent::BackWanted);
        let after = if whole { "no-staff" } else { "technician-held" };
        assert_eq!(desk.page(), after);
    }
}
