//! The line, its questions, the nursery places, and going back over them.

use ubugoe_procedures::{FieldPath, Problem, ProcedureId, ReasonCode, Value};

use super::{Here, Moved, acting, ask_next, person, rest, review, second, stay, uncover};
use crate::{Effect, FollowingPage, NurseryWish, Stage, nursery, questions};

pub(super) fn line_seen(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Line(mut draft) = stage else {
        return stay(stage);
    };
    draft.line_seen = true;
    ask_next(draft, here)
}

/// Adds an optional item to the visit, or takes it out.
pub(super) fn item_toggled(stage: Stage, procedure: &ProcedureId, here: &Here<'_>) -> Moved {
    let Stage::Line(mut draft) = stage else {
        return stay(stage);
    };
    questions::toggle(&mut draft, procedure, here.cx);
    acting(Stage::Line(draft))
}

/// Private offers are shown to whoever asks, and never where they have no place.
pub(super) fn private_wanted(stage: Stage, wanted: bool) -> Moved {
    let Stage::Line(mut draft) = stage else {
        return stay(stage);
    };
    draft.private_wanted = wanted && !draft.flags.quiet();
    acting(Stage::Line(draft))
}

pub(super) fn answered(stage: Stage, value: Value, here: &Here<'_>) -> Moved {
    let Stage::Asking {
        mut draft,
        at,
        problems: _,
        correcting,
    } = stage
    else {
        return stay(stage);
    };
    if let Err(problems) = questions::take(&mut draft, &at, value, here.cx) {
        return acting(Stage::Asking {
            draft,
            at,
            problems,
            correcting,
        });
    }
    // A corrected answer is the latest one: "back" from what it opened leads to it.
    if correcting {
        draft.asked.retain(|question| *question != at);
    }
    if !draft.asked.contains(&at) {
        draft.asked.push(at);
    }
    ask_next(draft, here)
}

pub(super) fn unreadable(stage: Stage, code: ReasonCode) -> Moved {
    let Stage::Asking {
        draft,
        at,
        problems: _,
        correcting,
    } = stage
    else {
        return stay(stage);
    };
    let problems = vec![Problem {
        code,
        character: None,
        at: None,
        proposal: None,
    }];
    acting(Stage::Asking {
        draft,
        at,
        problems,
        correcting,
    })
}

/// One step back. What was answered later stays answered.
pub(super) fn back(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Asking {
            draft,
            correcting: true,
            ..
        } => review(draft, here),
        Stage::Asking {
            draft,
            at,
            correcting: false,
            ..
        } => match questions::question_before(&draft, Some(&at), here.cx) {
            Some(at) => ask_again(draft, at),
            None => acting(Stage::Line(draft)),
        },
        // The choices are looked at once more before the questions.
        Stage::Reviewing { mut draft, .. }
            if nursery::application(&draft).is_some() && here.cx.nurseries.is_some() =>
        {
            draft.nursery.done = false;
            acting(Stage::Nursery(draft))
        }
        Stage::Nursery(draft) | Stage::Reviewing { draft, prepared: _ } => {
            match questions::question_before(&draft, None, here.cx) {
                Some(at) => ask_again(draft, at),
                None => acting(Stage::Line(draft)),
            }
        }
        Stage::SignPassword { draft, .. } => {
            let (stage, mut effects) = review(draft, here);
            effects.insert(0, Effect::ClearPin);
            (stage, effects)
        }
        Stage::Paper { was, .. } => uncover(*was, here),
        Stage::Notice { card } => acting(Stage::Language { card }),
        Stage::CardWanted => acting(Stage::Notice { card: None }),
        Stage::Second(second) => second::back(second, here),
        Stage::Language { card: None } => rest(),
        Stage::Following {
            deliveries,
            mut after,
        } => {
            after.page = FollowingPage::Receipts;
            person::alive(Stage::Following { deliveries, after }, here)
        }
        Stage::Resting
        | Stage::Language { card: Some(_) }
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => stay(stage),
    }
}

fn ask_again(draft: Box<crate::Draft>, at: crate::QuestionAt) -> Moved {
    acting(Stage::Asking {
        draft,
        at,
        problems: Vec::new(),
        correcting: false,
    })
}

pub(super) fn correction(stage: Stage, sheet: usize, path: &FieldPath, here: &Here<'_>) -> Moved {
    let Stage::Reviewing { draft, prepared } = stage else {
        return stay(stage);
    };
    let question = prepared
        .get(sheet)
        .and_then(|sheet| questions::correctable(&draft, sheet, path, here.cx));
    match question {
        Some(at) => acting(Stage::Asking {
            draft,
            at,
            problems: Vec::new(),
            correcting: true,
        }),
        None => stay(Stage::Reviewing { draft, prepared }),
    }
}

// ---------------------------------------------------------------------------------------------- nursery places

/// Something about the nursery places, while they are on the screen.
fn at_the_nursery(stage: Stage, change: impl FnOnce(&mut crate::Draft)) -> Moved {
    let Stage::Nursery(mut draft) = stage else {
        return stay(stage);
    };
    change(&mut draft);
    acting(Stage::Nursery(draft))
}

pub(super) fn nursery_wished(stage: Stage, wish: NurseryWish) -> Moved {
    at_the_nursery(stage, |draft| draft.nursery.wish = wish)
}

pub(super) fn nursery_added(stage: Stage, id: &str, here: &Here<'_>) -> Moved {
    at_the_nursery(stage, |draft| nursery::add(draft, id, here.cx))
}

pub(super) fn nursery_removed(stage: Stage, place: usize) -> Moved {
    at_the_nursery(stage, |draft| nursery::remove(draft, place))
}

pub(super) fn nursery_moved(stage: Stage, place: usize, up: bool) -> Moved {
    at_the_nursery(stage, |draft| nursery::shift(draft, place, up))
}

/// At least one choice: the form has room for many and needs one.
pub(super) fn nursery_done(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Nursery(mut draft) = stage else {
        return stay(stage);
    };
    if draft.nursery.choices.is_empty() {
        return acting(Stage::Nursery(draft));
    }
    questions::take_choices(&mut draft, here.cx);
    draft.nursery.done = true;
    ask_next(draft, here)
}

pub(super) fn nursery_entry(stage: Stage, year: i16, month: i8, here: &Here<'_>) -> Moved {
    at_the_nursery(stage, |draft| {
        questions::take_entry(draft, year, month, here.cx);
    })
}

/// Taken out of the visit again; it can be added once more on the line.
pub(super) fn nursery_skipped(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Nursery(mut draft) = stage else {
        return stay(stage);
    };
    let form = nursery::application(&draft).and_then(|at| draft.forms.get(at));
    if let Some(procedure) = form.map(|form| form.procedure.clone()) {
        questions::toggle(&mut draft, &procedure, here.cx);
    }
    ask_next(draft, here)
}
