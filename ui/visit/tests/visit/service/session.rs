//! Getting in, and being out again.

use ubugoe_procedures::FilerRole;
use ubugoe_visit::service::{
    Ask, PinAnswer, PinRefused, Service, ServiceEffect, ServiceEvent, SignIn, StaffNumber, Who,
    audit,
};
use ubugoe_visit::{Effect, Event, ServiceFailure, Stage};

use super::{Desk, handed, is_none, midwife, officer};
use crate::bedside::{STAGES, at, card, certificate, holder};

/// Every page of staff, with how to get there.
pub(super) fn pages() -> Vec<Desk> {
    let mut all = Vec::new();
    let mut desk = Desk::at_rest();
    desk.tell(ServiceEvent::Wanted);
    all.push(desk.clone());
    desk.tell(ServiceEvent::NumberEntered(midwife().number));
    all.push(desk.clone());
    desk.tell(ServiceEvent::PinEntered);
    all.push(desk);
    let mut desk = Desk::at_rest();
    desk.tell(ServiceEvent::Wanted)
        .tell(ServiceEvent::TechnicianWanted);
    all.push(desk.clone());
    let ask = desk.ask();
    desk.tell(ServiceEvent::SwitchSeen {
        ask,
        on: false,
        known: true,
    });
    all.push(desk);
    all.extend([
        Desk::sign_in(midwife()),
        Desk::ward(vec![super::paper()]),
        Desk::open(vec![super::paper()], super::paper().key()),
        Desk::counter(),
        Desk::technician(),
    ]);
    let mut desk = Desk::ward(vec![]);
    desk.tell(ServiceEvent::RegisterWanted);
    all.push(desk);
    let mut desk = Desk::ward(vec![]);
    desk.tell(ServiceEvent::LossWanted);
    all.push(desk);
    let mut desk = Desk::open(vec![super::paper()], super::paper().key());
    desk.tell(ServiceEvent::HandOverWanted);
    all.push(desk.clone());
    desk.tell(ServiceEvent::HandedTo(FilerRole::Father));
    all.push(desk);
    let mut desk = Desk::counter();
    desk.tell(ServiceEvent::DocumentsWanted);
    all.push(desk);
    let mut desk = Desk::counter();
    desk.tell(ServiceEvent::ReceiptWanted);
    all.push(desk);
    let mut desk = Desk::technician();
    desk.tell(ServiceEvent::SelfTestWanted);
    all.push(desk);
    all
}

#[test]
fn staff_open_only_over_a_device_at_rest_and_never_over_anything_of_a_parent() {
    for stage in STAGES {
        let mut desk = Desk::at_rest();
        desk.state = at(stage).state;
        // Or where one sentence is on the screen, and they are waited for.
        let rest = matches!(stage, "resting" | "no-reader" | "staff-guides");
        let before = desk.state.stage.clone();
        desk.tell(ServiceEvent::Wanted);
        assert_eq!(desk.state.service.is_open(), rest, "{stage}");
        assert_eq!(desk.state.stage, before, "{stage}");
        assert!(desk.others.is_empty(), "{stage}");
    }
}

#[test]
fn only_staff_who_are_signed_in_open_what_comes_next_and_leave_the_screen_to_the_mother() {
    let mut visit = at("staff-guides");
    visit.expect(Event::StaffOpened, "staff-guides", &[]);
    visit.staff_open();
    assert_eq!(visit.stage(), "certificate");
    assert_eq!(visit.state.service, Service::None);
    // And the quiet exit takes staff's page with it.
    let mut visit = at("staff-guides");
    visit
        .tell(Event::Service(ServiceEvent::Wanted))
        .tell(Event::QuietExitWanted);
    assert_eq!(
        (visit.stage(), visit.state.service.is_open()),
        ("resting", false)
    );
}

#[test]
fn a_device_without_a_reader_lets_staff_in_because_they_are_who_helps() {
    let mut desk = Desk::at_rest();
    desk.happens(Event::ReadersChanged { present: false });
    assert!(matches!(desk.state.stage, Stage::Trouble { .. }));
    desk.tell(ServiceEvent::Wanted);
    assert_eq!(desk.page(), "staff-number");
}

#[test]
fn every_page_ends_by_signing_out_by_time_and_by_a_parents_card_and_forgets_everything() {
    for desk in pages() {
        for way in [ServiceEvent::Closed, ServiceEvent::Idle] {
            let mut left = desk.clone();
            left.tell(way.clone());
            assert!(is_none(&left), "{} {way:?}", desk.page());
            assert_eq!(
                left.effects,
                [ServiceEffect::ClearPin, ServiceEffect::Wipe],
                "{} {way:?}",
                desk.page()
            );
        }
        let mut left = desk.clone();
        left.happens(Event::CardInserted(card(1)));
        if desk.page().starts_with("technician") {
            assert!(!is_none(&left), "a technician tries the reader with a card");
            assert_eq!(left.state.stage, Stage::Resting);
        } else {
            assert!(is_none(&left), "{}", desk.page());
            assert!(left.effects.contains(&ServiceEffect::Wipe));
            assert_eq!(audit_stage(&left), "notice", "{}", desk.page());
        }
    }
}

fn audit_stage(desk: &Desk) -> &'static str {
    ubugoe_visit::audit::name(&desk.state.stage)
}

#[test]
fn going_back_leads_out_of_every_page_in_the_end() {
    for mut desk in pages() {
        let page = desk.page();
        if matches!(page, "staff-checking") {
            continue;
        }
        let mut steps = 0;
        while !is_none(&desk) {
            desk.tell(ServiceEvent::BackWanted);
            steps += 1;
            assert!(steps < 8, "{page}: no way out");
        }
    }
}

#[test]
fn an_answer_to_an_older_question_opens_nothing() {
    let mut desk = Desk::at_rest();
    desk.tell(ServiceEvent::Wanted)
        .tell(ServiceEvent::NumberEntered(midwife().number))
        .tell(ServiceEvent::PinEntered)
        .tell(ServiceEvent::PinChecked {
            ask: Ask(1),
            answer: PinAnswer::Staff(midwife()),
        });
    assert_eq!(desk.page(), "staff-checking");
}

#[test]
fn a_right_pin_of_somebody_else_signs_nobody_in() {
    let mut desk = Desk::at_rest();
    desk.tell(ServiceEvent::Wanted)
        .tell(ServiceEvent::NumberEntered(midwife().number))
        .tell(ServiceEvent::PinEntered);
    let ask = desk.ask();
    desk.tell(ServiceEvent::PinChecked {
        ask,
        answer: PinAnswer::Staff(officer()),
    });
    assert_eq!(desk.page(), "staff-pin");
    let mut desk = Desk::at_rest();
    desk.tell(ServiceEvent::Wanted)
        .tell(ServiceEvent::NumberEntered(midwife().number))
        .tell(ServiceEvent::PinEntered);
    let ask = desk.ask();
    desk.tell(ServiceEvent::PinChecked {
        ask,
        answer: PinAnswer::Technician,
    });
    assert_eq!(desk.page(), "staff-pin");
}

#[test]
fn a_wrong_pin_says_how_many_are_left_and_a_lock_says_its_code() {
    let wrong = PinRefused::Wrong {
        left: Some(3),
        pause: 15,
    };
    let mut desk = Desk::at_rest();
    desk.tell(ServiceEvent::Wanted)
        .tell(ServiceEvent::NumberEntered(midwife().number))
        .tell(ServiceEvent::PinEntered);
    let ask = desk.ask();
    desk.tell(ServiceEvent::PinChecked {
        ask,
        answer: PinAnswer::Refused(wrong),
    });
    assert_eq!(
        desk.state.service,
        Service::SignIn(SignIn::Pin {
            who: Who::Staff(midwife().number),
            problem: Some(wrong)
        })
    );
    assert!(desk.effects.contains(&ServiceEffect::ClearPin));
    desk.tell(ServiceEvent::PinEntered);
    let ask = desk.ask();
    desk.tell(ServiceEvent::PinChecked {
        ask,
        answer: PinAnswer::Locked,
    });
    assert_eq!(
        desk.state.service,
        Service::Refused(ServiceFailure::StaffLocked)
    );
}

#[test]
fn without_the_service_switch_no_pin_opens_the_technicians_page() {
    for (on, known, code) in [
        (false, true, "T-201"),
        (false, false, "T-201"),
        (true, false, "T-202"),
    ] {
        let mut desk = Desk::at_rest();
        desk.tell(ServiceEvent::Wanted)
            .tell(ServiceEvent::TechnicianWanted);
        let ask = desk.ask();
        desk.tell(ServiceEvent::SwitchSeen { ask, on, known });
        assert_eq!(audit::failure(&desk.state.service).unwrap().code(), code);
    }
}

#[test]
fn the_audit_names_who_and_never_a_family() {
    let before = Desk::ward(vec![super::paper()]);
    let mut after = before.clone();
    after.tell(ServiceEvent::PaperChosen(super::paper().key()));
    let record = audit::record(&before.state.service, &after.state.service).unwrap();
    assert_eq!(record.who.as_deref(), Some("0417"));
    let text = serde_json::to_string(&record).unwrap();
    assert!(
        !text.contains("ASK-2026") && !text.contains("花子"),
        "{text}"
    );
    let mut out = after.clone();
    out.tell(ServiceEvent::Closed);
    let record = audit::record(&after.state.service, &out.state.service).unwrap();
    assert_eq!(
        (record.to, record.who.as_deref()),
        ("no-staff", Some("0417"))
    );
}

#[test]
fn what_is_printed_of_a_session_names_no_mother() {
    for desk in pages() {
        let text = format!("{:?}", desk.state.service);
        assert!(!text.contains("花子"), "{text}");
    }
}

#[test]
fn a_handed_certificate_reaches_a_father_who_files_as_the_father() {
    let mut desk = Desk::at_rest();
    desk.handed = Some(handed(FilerRole::Father));
    desk.happens(Event::CardInserted(card(1)));
    desk.happens(Event::NoticeRead);
    desk.happens(Event::AttributesPinEntered);
    let mut father = holder();
    father.name = "川瀬　太郎".to_owned();
    father.sex = ubugoe_procedures::Sex::Male;
    desk.happens(Event::AttributesRead {
        ticket: ubugoe_visit::Ticket(1),
        holder: father,
        integrity: ubugoe_visit::Integrity::Proven,
    });
    desk.happens(Event::IdentityConfirmed);
    assert!(matches!(
        desk.others.first(),
        Some(Effect::FindCertificates { .. })
    ));
    let found = crate::bedside::found(&[certificate()]);
    let mut stranger = desk.clone();
    stranger.handed = None;
    stranger.happens(found.clone());
    assert_eq!(audit_stage(&stranger), "trouble", "not handed, not shown");
    desk.happens(found);
    assert_eq!(audit_stage(&desk), "certificate");
    desk.happens(Event::CertificatesConfirmed);
    let draft = desk.state.stage.draft().unwrap();
    let form = draft
        .forms
        .iter()
        .find(|form| form.procedure.as_str() == "shussei_todoke")
        .unwrap();
    assert_eq!(form.answers.text("father.mei"), Some("太郎"));
    assert_ne!(form.answers.text("mother.mei"), Some("太郎"));
}

#[test]
fn a_staff_number_is_one_to_eight_digits() {
    for (text, fits) in [
        ("1", true),
        ("00000001", true),
        ("", false),
        ("000000001", false),
        ("12a", false),
        ("１２", false),
    ] {
        assert_eq!(StaffNumber::new(text).is_some(), fits, "{text}");
    }
}
