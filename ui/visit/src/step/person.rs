//! What the person in front of the screen does.

use ubugoe_procedures::{FieldPath, Problem, ReasonCode, Value};

use super::{
    Here, Moved, acting, ask_next, ask_password, cover, kept, over, pad, refuse_to_sign, refused,
    rest, resume, review, stay, stop,
};
use crate::questions;
use crate::{Effect, Failure, Stage, Timer};

/// The language is written into what is signed, so the review is put together anew. Where a password is being asked
/// for, the sheets have been read and confirmed in the language before, and stay as they were read.
pub(super) fn language_chosen(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Reviewing { draft, prepared: _ } => review(draft, here),
        Stage::Resting
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => alive(stage, here),
    }
}

/// The stage stays, and the person is there.
pub(super) fn alive(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        // A touch does not keep a cover up: anybody can touch.
        Stage::Resting | Stage::Finished | Stage::Storing { .. } | Stage::CardAway { .. } => {
            stay(stage)
        }
        Stage::Following { .. } => (stage, vec![Effect::Await(here.following_timer())]),
        Stage::Trouble { .. } if stage.is_rest() => stay(stage),
        Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Trouble { .. } => acting(stage),
    }
}

pub(super) fn quit(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        // A signed visit that is being written is not stopped by a tap: it is stored or it fails.
        Stage::Resting | Stage::Finished | Stage::Storing { .. } => stay(stage),
        Stage::Trouble { .. } if stage.is_rest() => stay(stage),
        Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. } => over(&stage, here),
    }
}

/// "Try again" leads back only to the card it was left with.
pub(super) fn retry(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Trouble { failure, back_to } = stage else {
        return stay(stage);
    };
    match back_to {
        Some(back) if back.card().is_some_and(|card| !here.lies(card.ticket)) => cover(*back),
        Some(back) => resume(*back, here),
        None if failure.retry_helps() => rest(),
        None => stay(Stage::Trouble { failure, back_to }),
    }
}

pub(super) fn attributes_pin_entered(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::AttributesPin { card, problem: _ } = stage else {
        return stay(stage);
    };
    let tries = card.facts.attributes_tries;
    if let Some(failure) = kept(
        tries,
        Failure::AttributesPinLocked,
        Failure::AttributesPinLastTry,
    ) {
        return stop(failure, Some(&card), here);
    }
    let ask = Effect::ReadAttributes {
        ticket: card.ticket,
    };
    (
        Stage::ReadingAttributes { card },
        vec![ask, Effect::Await(Timer::Idle)],
    )
}

/// The pad held something that no secret looks like; no try was spent.
pub(super) fn secret_unusable(stage: Stage) -> Moved {
    match stage {
        Stage::ReadingAttributes { card } => pad(Stage::AttributesPin {
            card,
            problem: None,
        }),
        Stage::Signing { draft, prepared } => pad(Stage::SignPassword {
            draft,
            prepared,
            problem: None,
        }),
        Stage::Resting
        | Stage::AttributesPin { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => stay(stage),
    }
}

pub(super) fn identity_confirmed(stage: Stage) -> Moved {
    let Stage::Identity {
        card,
        holder,
        integrity,
    } = stage
    else {
        return stay(stage);
    };
    let look = Effect::FindCertificates {
        holder: holder.clone(),
        identity: card.facts.identity,
    };
    let finding = Stage::FindingCertificate {
        card,
        holder,
        integrity,
    };
    (finding, vec![look, Effect::Await(Timer::Idle)])
}

pub(super) fn no_certificate_is_mine(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Certificate { card, .. } = stage else {
        return stay(stage);
    };
    stop(Failure::NoCertificate, Some(&card), here)
}

pub(super) fn certificate_confirmed(
    stage: Stage,
    number: &str,
    child_order: u8,
    here: &Here<'_>,
) -> Moved {
    let Stage::Certificate {
        card,
        holder,
        candidates,
    } = stage
    else {
        return stay(stage);
    };
    let this = candidates
        .iter()
        .find(|c| c.number == number && c.child_order() == child_order);
    let Some(certificate) = this.cloned() else {
        return stay(Stage::Certificate {
            card,
            holder,
            candidates,
        });
    };
    let Some(today) = here.cx.today else {
        return stop(Failure::ClockUnsynchronised, Some(&card), here);
    };
    match questions::begin(card.clone(), holder, certificate, today, here.cx) {
        Some(draft) => acting(Stage::Line(Box::new(draft))),
        None => stop(Failure::FormIncomplete, Some(&card), here),
    }
}

pub(super) fn line_seen(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Line(draft) = stage else {
        return stay(stage);
    };
    ask_next(draft, here)
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
        Stage::Reviewing { draft, prepared: _ } => {
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
        Stage::Resting
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Following { .. }
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

pub(super) fn review_confirmed(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Reviewing { draft, prepared } = stage else {
        return stay(stage);
    };
    ask_password(draft, prepared, None, here)
}

pub(super) fn sign_password_entered(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::SignPassword {
        draft,
        prepared,
        problem: _,
    } = stage
    else {
        return stay(stage);
    };
    if let Some(failure) = refuse_to_sign(&draft, here) {
        return refused(failure, draft, prepared, here);
    }
    let ask = Effect::Sign {
        ticket: draft.card.ticket,
        holder: draft.holder.clone(),
        canonical: prepared
            .iter()
            .map(|sheet| sheet.canonical.clone())
            .collect(),
    };
    (
        Stage::Signing { draft, prepared },
        vec![ask, Effect::Await(Timer::Idle)],
    )
}
