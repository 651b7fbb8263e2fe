//! Several children of one delivery: one notification each, one claim for all, and nothing of one child on another's form.

use ubugoe_procedures::{BirthCertificate, Value};
use ubugoe_visit::{ChildKey, Effect, Event, FormDraft, Stage};

use crate::bedside::{Bedside, at, certificate, choice, found, said, text, twin};

fn twins() -> Bedside {
    let mut visit = at("finding-certificate");
    visit.tell(found(&[twin(1), twin(2)]));
    visit
}

fn name(visit: &Bedside) -> Value {
    let Stage::Asking { draft, at, .. } = &visit.state.stage else {
        panic!("{}", visit.stage())
    };
    match (at.path.as_str(), draft.forms[at.form].child) {
        ("child_mei", Some(1)) => text("みお"),
        ("child_mei_kana", Some(1)) => text("ミオ"),
        ("order", _) => Value::Number(1),
        (path, _) => said(path),
    }
}

fn answered(visit: &mut Bedside) -> Vec<(Option<usize>, String)> {
    let mut asked = Vec::new();
    while let Stage::Asking {
        draft,
        at,
        problems,
        ..
    } = &visit.state.stage
    {
        assert!(problems.is_empty(), "{at:?}: {problems:?}");
        asked.push((draft.forms[at.form].child, at.path.to_string()));
        let answer = name(visit);
        visit.tell(Event::Answered(answer));
    }
    asked
}

/// Trap 40.
#[test]
fn twins_on_either_side_of_midnight_are_both_hers_from_the_start_and_have_a_form_each() {
    let mut visit = twins();
    let Stage::Certificate { chosen, .. } = &visit.state.stage else {
        panic!("{}", visit.stage())
    };
    assert_eq!(chosen.len(), 2);
    visit.tell(Event::CertificatesConfirmed);
    let chosen: Vec<(&str, Option<usize>)> = visit
        .draft()
        .forms
        .iter()
        .filter(|form| form.chosen)
        .map(|form| (form.procedure.as_str(), form.child))
        .collect();
    assert_eq!(
        chosen,
        [
            ("shussei_todoke", Some(0)),
            ("shussei_todoke", Some(1)),
            ("jido_teate_nintei", None),
        ]
    );
    let due = |form: &FormDraft| form.due.unwrap().last_day.to_string();
    let notified: Vec<String> = visit.draft().forms[..2].iter().map(due).collect();
    assert_eq!(
        notified,
        ["2026-12-05", "2026-12-06"],
        "one minute is another day"
    );
}

#[test]
fn what_children_have_in_common_is_asked_once_and_what_is_a_childs_own_is_never_copied() {
    let mut visit = twins();
    visit
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen);
    let asked = answered(&mut visit);
    let second: Vec<&str> = asked
        .iter()
        .filter(|(child, _)| *child == Some(1))
        .map(|(_, path)| path.as_str())
        .collect();
    assert_eq!(second, ["child_mei", "child_mei_kana", "order"]);
    let prepared = visit.prepared().to_vec();
    assert_eq!(prepared.len(), 3);
    let answers = |sheet: usize| &prepared[sheet].filing.answers;
    assert_eq!(answers(0).text("child_mei"), Some("さくら"));
    assert_eq!(answers(1).text("child_mei"), Some("みお"));
    assert_eq!(answers(0).value("sex"), Some(&choice("2")));
    assert_eq!(answers(1).value("sex"), Some(&choice("1")));
    assert_ne!(answers(0).value("birth_dt"), answers(1).value("birth_dt"));
    assert_eq!(answers(1).text("tsuzukigara"), Some("長男"));
    assert_eq!(answers(1).text("father.mei"), Some("太郎"));
    assert_eq!(
        answers(0).text("child_sei_kana"),
        answers(1).text("child_sei_kana")
    );
    let claim = answers(2);
    assert_eq!(claim.value("newborns"), Some(&Value::Number(2)));
    assert_eq!(claim.text("child[0].mei"), Some("さくら"));
    assert_eq!(claim.text("newborn[1].mei"), Some("みお"));
    assert_ne!(
        claim.value("child[0].birth"),
        claim.value("newborn[1].birth")
    );
    let orders: Vec<Option<u8>> = prepared.iter().map(|p| p.filing.child_order).collect();
    assert_eq!(orders, [Some(1), Some(2), Some(1)]);
    let marked: Vec<Option<usize>> = prepared.iter().map(|p| p.child).collect();
    assert_eq!(marked, [Some(0), Some(1), None]);
}

#[test]
fn every_child_of_a_visit_is_stored_under_its_own_key() {
    let mut visit = twins();
    visit
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen);
    answered(&mut visit);
    visit
        .tell(Event::ReviewConfirmed)
        .tell(Event::SignPasswordEntered)
        .tell(Event::Signed {
            ticket: ubugoe_visit::Ticket(1),
            signatures: vec![vec![7]; 3],
        });
    let children = visit.effects.iter().find_map(|effect| match effect {
        Effect::Store { children, .. } => Some(children.clone()),
        _ => None,
    });
    let key = |order| ChildKey {
        number: certificate().number,
        order,
    };
    assert_eq!(children.unwrap(), [key(1), key(2)]);
}

#[test]
fn a_correction_of_what_is_common_ripples_to_every_child_and_a_childs_own_stays() {
    let mut visit = twins();
    visit
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen);
    answered(&mut visit);
    visit.tell(Event::CorrectionWanted {
        form: 0,
        path: "father.mei".parse().unwrap(),
    });
    visit.tell(Event::Answered(text("次郎")));
    assert_eq!(visit.stage(), "reviewing");
    for sheet in visit.prepared() {
        let words = String::from_utf8(sheet.canonical.clone()).unwrap();
        assert!(words.contains("次郎") && !words.contains("太郎"));
    }
    assert_eq!(
        visit.prepared()[1].filing.answers.text("child_mei"),
        Some("みお")
    );
}

#[test]
fn one_twin_alone_can_be_filed_and_a_child_of_another_delivery_takes_the_marks_away() {
    let toggled = |one: &BirthCertificate| Event::CertificateToggled {
        number: one.number.clone(),
        child_order: one.child_order(),
    };
    let mut visit = twins();
    visit
        .tell(toggled(&twin(1)))
        .tell(Event::CertificatesConfirmed);
    let draft = visit.draft();
    assert_eq!(draft.certificates.len(), 1);
    assert_eq!(draft.certificates[0].certificate.child_order(), 2);

    // Two mothers of one name: neither is chosen for her, and never both.
    let namesake = BirthCertificate {
        number: "ASK-2026-000777".to_owned(),
        ..certificate()
    };
    let mut visit = at("finding-certificate");
    visit.tell(found(&[certificate(), namesake.clone()]));
    visit.tell(Event::CertificatesConfirmed);
    assert_eq!(
        visit.stage(),
        "certificate",
        "somebody has to say which one"
    );
    visit
        .tell(toggled(&certificate()))
        .tell(toggled(&namesake))
        .tell(Event::CertificatesConfirmed);
    assert_eq!(visit.draft().certificates.len(), 1);
    assert_eq!(
        visit.draft().certificates[0].certificate.number,
        namesake.number
    );
}

#[test]
fn going_back_and_forth_over_twins_loses_nothing() {
    let mut visit = twins();
    visit
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen);
    let asked = answered(&mut visit);
    for _ in 0..asked.len() {
        visit.tell(Event::BackWanted);
        assert_eq!(visit.stage(), "asking");
    }
    visit.tell(Event::BackWanted);
    assert_eq!(visit.stage(), "line");
    visit.tell(Event::LineSeen);
    assert_eq!(visit.stage(), "reviewing");
}
