//! Asking: on, back, again, and what an answer carries along.

use ubugoe_procedures::{ReasonCode, Value};
use ubugoe_visit::{Event, Failure, Stage, obstacle, question_number, questions_left};

use crate::bedside::{Bedside, at, choice, said, text};

fn number(visit: &Bedside) -> (usize, usize) {
    let Stage::Asking { draft, at, .. } = &visit.state.stage else {
        panic!("{}", visit.stage())
    };
    let number = question_number(draft, at, &visit.cx);
    (number.index, number.total)
}

fn correct(visit: &mut Bedside, form: usize, path: &str) {
    visit.tell(Event::CorrectionWanted {
        form,
        path: path.parse().unwrap(),
    });
}

fn problems(visit: &Bedside) -> Vec<ReasonCode> {
    let Stage::Asking { problems, .. } = &visit.state.stage else {
        panic!("{}", visit.stage())
    };
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn going_back_asks_again_and_loses_nothing_that_was_answered_later() {
    let mut visit = at("line");
    visit.tell(Event::LineSeen);
    for _ in 0..4 {
        let answer = said(visit.question().1);
        visit.tell(Event::Answered(answer));
    }
    let fifth = visit.question().1.to_owned();
    assert_eq!(number(&visit).0, 5);
    visit
        .tell(Event::BackWanted)
        .tell(Event::BackWanted)
        .tell(Event::BackWanted);
    assert_eq!(visit.question(), (0, "child_mei_kana"));
    assert_eq!(number(&visit).0, 2);
    let answers = &visit.draft().forms.first().unwrap().answers;
    assert_eq!(
        answers.text("child_mei_kana"),
        Some("サクラ"),
        "the old answer is there to be changed"
    );
    visit.tell(Event::Answered(text("サキ")));
    assert_eq!(visit.question().1, fifth, "on with the first open question");
    let answers = &visit.draft().forms.first().unwrap().answers;
    assert_eq!(answers.text("child_mei_kana"), Some("サキ"));
    assert_eq!(answers.text("child_sei_kana"), Some("カミヤマ"));
    visit.tell(Event::BackWanted);
    assert_eq!(
        visit.question().1,
        "parents_marriage",
        "the way back is as long as before"
    );
}

#[test]
fn before_the_first_question_comes_the_line_and_the_way_back_ends_there() {
    let mut visit = at("line");
    visit.tell(Event::LineSeen).tell(Event::BackWanted);
    assert_eq!(visit.stage(), "line");
    visit.expect(Event::BackWanted, "line", &[]);
}

#[test]
fn the_review_leads_back_to_the_last_question_and_from_there_to_the_first() {
    let mut visit = at("reviewing");
    let asked = visit.draft().asked.clone();
    for question in asked.iter().rev() {
        visit.tell(Event::BackWanted);
        assert_eq!(visit.question(), (question.form, question.path.as_str()));
    }
    visit.tell(Event::BackWanted);
    assert_eq!(visit.stage(), "line");
    visit.tell(Event::LineSeen);
    assert_eq!(visit.stage(), "reviewing", "everything is still answered");
}

#[test]
fn questions_are_counted_up_to_the_total() {
    let mut visit = at("line");
    visit.tell(Event::LineSeen);
    let mut last = 0;
    while visit.stage() == "asking" {
        let (index, total) = number(&visit);
        assert_eq!(index, last + 1);
        assert!(index <= total && questions_left(visit.draft(), &visit.cx) == total - index + 1);
        last = index;
        let answer = said(visit.question().1);
        visit.tell(Event::Answered(answer));
    }
    assert_eq!(last, 23);
}

#[test]
fn an_answer_that_cannot_be_taken_stays_on_the_screen_with_its_reason() {
    let mut visit = at("line");
    visit.tell(Event::LineSeen);
    let before = visit.draft().forms.clone();
    for (answer, code) in [
        (text("龘"), ReasonCode::KanjiNotForNames),
        (text(""), ReasonCode::Empty),
        (Value::Number(3), ReasonCode::WrongKind),
    ] {
        visit.tell(Event::Answered(answer));
        assert_eq!(
            (visit.question(), problems(&visit)),
            ((0, "child_mei"), vec![code])
        );
        assert_eq!(visit.draft().forms, before);
    }
    visit.tell(Event::AnswerUnreadable(ReasonCode::BadFormat));
    assert_eq!(problems(&visit), [ReasonCode::BadFormat]);
    visit.tell(Event::Answered(text("さくら")));
    assert!(visit.question().1 != "child_mei" && problems(&visit).is_empty());
}

#[test]
fn skipping_is_a_deliberate_blank_and_only_where_the_form_allows_one() {
    let mut visit = at("line");
    visit
        .tell(Event::LineSeen)
        .tell(Event::Answered(Value::Blank));
    assert_eq!(
        visit.question().1,
        "name_undecided",
        "a name may be left open, with a reason"
    );
    visit
        .tell(Event::BackWanted)
        .tell(Event::Answered(text("さくら")));
    visit.tell(Event::Answered(Value::Blank));
    assert_eq!(visit.question().1, "child_mei_kana");
    assert_eq!(problems(&visit), [ReasonCode::BlankNotAllowed]);
}

#[test]
fn a_correction_returns_to_the_review_and_nothing_else_is_asked() {
    let mut visit = at("reviewing");
    let before = visit.prepared().to_vec();
    correct(&mut visit, 0, "child_mei");
    assert_eq!(visit.question(), (0, "child_mei"));
    visit.tell(Event::BackWanted);
    assert_eq!(visit.prepared(), before, "thought better of it");
    correct(&mut visit, 0, "child_mei");
    visit.tell(Event::Answered(text("咲良")));
    assert_eq!(visit.stage(), "reviewing");
    let [birth, claim] = visit.prepared() else {
        panic!("two sheets")
    };
    assert_eq!(birth.filing.answers.text("child_mei"), Some("咲良"));
    assert_eq!(
        claim.filing.answers.text("child[0].mei"),
        Some("咲良"),
        "and so the other form says"
    );
}

#[test]
fn a_correction_that_opens_new_questions_asks_them_and_then_returns() {
    let mut visit = at("reviewing");
    correct(&mut visit, 0, "child_mei");
    visit.tell(Event::Answered(Value::Blank));
    assert_eq!(visit.question(), (0, "name_undecided"));
    visit.tell(Event::BackWanted);
    assert_eq!(
        visit.question(),
        (0, "child_mei"),
        "back leads to what opened it"
    );
    visit
        .tell(Event::Answered(Value::Blank))
        .tell(Event::Answered(choice("family")));
    assert_eq!(visit.stage(), "reviewing");
    let birth = visit.prepared().first().unwrap();
    assert!(
        birth.filing.answers.get("child_mei_kana").is_none(),
        "a reading of no name is not filed"
    );
    assert_eq!(birth.filing.answers.value("child_mei"), Some(&Value::Blank));
}

#[test]
fn questions_that_a_correction_closed_are_off_the_way_back_and_off_the_form() {
    let mut visit = at("reviewing");
    correct(&mut visit, 0, "parents_marriage");
    visit.tell(Event::Answered(choice("not_married")));
    visit.answer_all(|path| match path {
        // Both were said to be the father, whose name the form does not hold any more.
        "head_name" | "hittosha_name" | "hittosha" => text("神山\u{3000}一郎"),
        "married" => Value::Bool(false),
        path => said(path),
    });
    assert_eq!(visit.stage(), "reviewing", "{:?}", visit.state.stage);
    for sheet in visit.prepared() {
        let bytes = String::from_utf8(sheet.canonical.clone()).unwrap();
        assert!(
            !bytes.contains("太郎"),
            "a father who was taken back is on no form"
        );
    }
    for _ in 0..40 {
        visit.tell(Event::BackWanted);
        if visit.stage() != "asking" {
            break;
        }
        assert!(
            !visit.question().1.starts_with("father"),
            "{:?}",
            visit.question()
        );
    }
    assert_eq!(visit.stage(), "line");
}

#[test]
fn what_follows_from_other_answers_and_what_no_parent_is_asked_is_not_corrected_here() {
    let mut visit = at("reviewing");
    for path in [
        "to",
        "addressee",
        "tsuzukigara",
        "mother.age",
        "addressee_name",
        "kind",
        "no_such_field",
    ] {
        for form in [0, 1, 2] {
            visit.expect(
                Event::CorrectionWanted {
                    form,
                    path: path.parse().unwrap(),
                },
                "reviewing",
                &[],
            );
        }
    }
    correct(&mut visit, 0, "addr.full");
    assert_eq!(
        visit.question(),
        (0, "addr.full"),
        "moved last week: the card's address may be old"
    );
}

#[test]
fn a_form_that_nothing_can_complete_says_so_and_which_field_is_to_blame() {
    let mut visit = at("reviewing");
    assert!(obstacle(visit.draft(), visit.state.tongue, &visit.cx).is_none());
    let Stage::Reviewing { draft, .. } = &mut visit.state.stage else {
        panic!("not reviewing")
    };
    let recipient = draft.forms.get_mut(1).unwrap();
    recipient.recipient = "131016".parse().unwrap();
    visit.tell(Event::LanguageChosen(ubugoe_procedures::Tongue::En));
    assert_eq!(visit.code(), Some(Failure::FormIncomplete.code()));
    let draft = crate::bedside::draft_of(&visit.state.stage).unwrap();
    let error = obstacle(draft, visit.state.tongue, &visit.cx).unwrap();
    assert_eq!(error.to_string(), "to names another recipient than 131016");
    visit.tell(Event::RetryWanted);
    assert_eq!(visit.stage(), "line");
}
