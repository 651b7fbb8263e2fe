//! Nursery places: looked up, ranked, and written into the application.

use ubugoe_procedures::Value;
use ubugoe_visit::{Event, NurseryWish, Stage, most_choices, nursery_hits};

use crate::bedside::{Bedside, at, said};

fn names(visit: &Bedside) -> Vec<&str> {
    let Stage::Nursery(draft) = &visit.state.stage else {
        panic!("{}", visit.stage())
    };
    draft
        .nursery
        .choices
        .iter()
        .map(|choice| choice.name.as_str())
        .collect()
}

fn add(visit: &mut Bedside, id: &str) {
    visit.tell(Event::NurseryAdded(id.to_owned()));
}

#[test]
fn places_near_where_she_looks_from_come_first_and_the_order_is_hers() {
    let mut visit = at("nursery");
    visit.tell(Event::NurseryWished(NurseryWish {
        from: Some((35.10, 139.10)),
        ..NurseryWish::default()
    }));
    let (hits, more) = nursery_hits(visit.draft(), &visit.cx);
    let index = visit.cx.nurseries.unwrap();
    let found: Vec<&str> = hits
        .iter()
        .map(|hit| &*index.facilities()[hit.facility].id)
        .collect();
    assert_eq!((found, more), (vec!["n-1", "n-2", "n-3"], false));
    for id in ["n-3", "n-1", "n-3", "no-such-place", "n-2"] {
        add(&mut visit, id);
    }
    assert_eq!(
        names(&visit),
        ["ちいさなて保育室", "なぎさ保育園", "うみのこども園"]
    );
    visit.tell(Event::NurseryMoved { place: 1, up: true });
    visit.tell(Event::NurseryMoved { place: 0, up: true });
    visit.tell(Event::NurseryMoved {
        place: 2,
        up: false,
    });
    visit.tell(Event::NurseryMoved { place: 9, up: true });
    visit
        .tell(Event::NurseryRemoved(2))
        .tell(Event::NurseryRemoved(9));
    assert_eq!(names(&visit), ["なぎさ保育園", "ちいさなて保育室"]);
    assert!(most_choices(visit.draft(), &visit.cx) >= 1);
}

#[test]
fn the_choices_stand_on_the_form_in_their_order_and_can_be_changed_once_more() {
    let mut visit = at("nursery");
    visit.tell(Event::NurseryDone);
    assert_eq!(visit.stage(), "nursery", "an application needs a place");
    add(&mut visit, "n-2");
    add(&mut visit, "n-1");
    visit.tell(Event::NurseryDone);
    visit.answer_all(said);
    assert_eq!(visit.stage(), "reviewing");
    let application = |visit: &Bedside| visit.prepared().last().unwrap().filing.answers.clone();
    let answers = application(&visit);
    assert_eq!(answers.value("choices"), Some(&Value::Number(2)));
    assert_eq!(answers.text("choice[0].facility"), Some("うみのこども園"));
    assert_eq!(answers.text("choice[1].facility"), Some("なぎさ保育園"));
    assert_eq!(answers.text("choice[1].facility_id"), Some("n-1"));
    visit.tell(Event::BackWanted);
    assert_eq!(visit.stage(), "nursery");
    visit
        .tell(Event::NurseryRemoved(0))
        .tell(Event::NurseryDone);
    let answers = application(&visit);
    assert_eq!(answers.value("choices"), Some(&Value::Number(1)));
    assert_eq!(answers.text("choice[1].facility"), None);
}

#[test]
fn without_a_list_on_the_device_the_choices_are_asked_as_words() {
    let mut visit = at("line");
    visit.cx.nurseries = None;
    visit
        .tell(Event::ItemToggled("hoiku_nintei_riyo".parse().unwrap()))
        .tell(Event::LineSeen)
        .answer_all(|path| match path {
            "choices" => Value::Number(1),
            "choice[0].facility" => crate::bedside::text("なぎさ保育園"),
            path => said(path),
        });
    assert_eq!((visit.stage(), visit.prepared().len()), ("reviewing", 3));
}
