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
