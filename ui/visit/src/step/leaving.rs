//! Stopping, pausing, the nurse, and the quiet way out.

use super::{Here, Moved, cover, over, pause, person, rest, stay, uncover};
use crate::{Draft, Effect, Failure, SavedDraft, Second, Stage, Timer};

pub(super) fn quit(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        // A signed visit that is being written is not stopped by a tap: it is stored or it fails.
        Stage::Resting
        | Stage::Finished
        | Stage::Storing { .. }
        | Stage::Keeping { .. }
        | Stage::Second(Second::Storing { .. }) => stay(stage),
        Stage::Trouble { .. } if stage.is_rest() => stay(stage),
        // Nothing was begun: there is nothing to thank for.
        Stage::Language { card: None }
        | Stage::Notice { card: None }
        | Stage::CardWanted
        | Stage::Second(Second::CardWanted) => rest(),
        Stage::Language { card: Some(_) }
        | Stage::Notice { card: Some(_) }
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Following { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Second(_) => {
            let (next, mut effects) = over(&stage, here);
            // "Stop and erase" erases what was kept on an earlier day too.
            effects.extend(stage.draft().map(|draft| Effect::DiscardDraft {
                identity: draft.card.facts.identity,
            }));
            (next, effects)
        }
    }
}

/// Straight to the resting screen, wiped. What was kept on an earlier day stays kept: a slip of the finger shall not cost
/// it, and only card and PIN bring it back.
pub(super) fn quiet_exit(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Resting | Stage::Storing { .. } | Stage::Second(Second::Storing { .. }) => {
            stay(stage)
        }
        Stage::Trouble { .. } if stage.is_rest() => stay(stage),
        Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Following { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished
        | Stage::Second(_) => {
            let mut effects = vec![Effect::ClearPin];
            effects.extend(here.release(stage.card()));
            effects.push(Effect::Wipe);
            (Stage::Resting, effects)
        }
    }
}

// ---------------------------------------------------------------------------------------------- the nurse

/// The screen is covered before anybody comes to the bed. Where nothing about a person is on it there is nothing to cover,
/// and what is being written is not held up.
pub(super) fn staff_called(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Following { .. }
        | Stage::Second(
            Second::Asking { .. }
            | Second::Reading { .. }
            | Second::Password { .. }
            | Second::Signing { .. },
        ) => called(stage),
        Stage::StillThere { was } => called(*was),
        Stage::Paper { was, .. } => staff_called(*was, here),
        Stage::Trouble {
            back_to: Some(back),
            ..
        } => called(*back),
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::StaffGuides { .. }
        | Stage::Storing { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::Called { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { back_to: None, .. }
        | Stage::Finished
        | Stage::Second(_) => person::alive(stage, here),
    }
}

fn called(was: Stage) -> Moved {
    let covered = Stage::Called { was: Box::new(was) };
    (
        covered,
        vec![Effect::ClearPin, Effect::Await(Timer::Called)],
    )
}

/// "Are you still there?": the screen is covered, and nothing is lost yet.
pub(super) fn still_there(was: Stage) -> Moved {
    let covered = Stage::StillThere { was: Box::new(was) };
    (
        covered,
        vec![Effect::ClearPin, Effect::Await(Timer::StillThere)],
    )
}

/// "I am here", "go on".
pub(super) fn go_on(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::StillThere { was } | Stage::Called { was } | Stage::Paper { was, .. } => {
            uncover(*was, here)
        }
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished
        | Stage::Second(_) => person::alive(stage, here),
    }
}

// ---------------------------------------------------------------------------------------------- pausing

/// "Stop here for now": sealed and kept, where there is something to keep.
pub(super) fn pause_wanted(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Line(draft)
        | Stage::Nursery(draft)
        | Stage::Asking { draft, .. }
        | Stage::Reviewing { draft, .. }
        | Stage::SignPassword { draft, .. }
            if here.cx.today.is_some() =>
        {
            let keep = keep(&draft, here);
            let draft = Some(draft);
            (Stage::Keeping { draft }, vec![Effect::ClearPin, keep])
        }
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        // Until when it is kept cannot be said by a clock that is not believed.
        | Stage::Line(_)
        | Stage::Nursery(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished
        | Stage::Second(_) => person::alive(stage, here),
    }
}

fn keep(draft: &Draft, here: &Here<'_>) -> Effect {
    Effect::KeepDraft {
        identity: draft.card.facts.identity,
        saved: Box::new(saved(draft, here)),
    }
}

fn saved(draft: &Draft, here: &Here<'_>) -> SavedDraft {
    SavedDraft::of(draft, here.tongue, here.comfort, here.cx)
}

/// Whether what was said would be kept if nobody touched anything any more.
#[must_use]
pub fn kept_alone(stage: &Stage, today: Option<jiff::civil::Date>) -> bool {
    let worth = |draft: &Draft| {
        let said = !draft.asked.is_empty() || draft.forms.iter().any(|f| f.optional && f.chosen);
        said && !draft.protected()
    };
    today.is_some() && stage.draft().is_some_and(worth)
}

/// Nobody is there any more. What was said is sealed and kept; a protected family's only if she asked for it herself, and
/// nothing where nothing was said yet.
pub(super) fn left_alone(stage: &Stage, here: &Here<'_>) -> Moved {
    let worth = stage.draft().filter(|_| kept_alone(stage, here.cx.today));
    let Some(keep) = worth.map(|draft| keep(draft, here)) else {
        return over(stage, here);
    };
    let mut effects = vec![Effect::ClearPin];
    effects.extend(here.release(stage.card()));
    effects.extend([Effect::Wipe, keep]);
    (Stage::Keeping { draft: None }, effects)
}

pub(super) fn draft_kept(stage: Stage, until: i64, here: &Here<'_>) -> Moved {
    let Stage::Keeping { draft } = stage else {
        return stay(stage);
    };
    let mut effects = vec![Effect::ClearPin];
    effects.extend(here.release(draft.as_ref().map(|draft| &draft.card)));
    effects.extend([Effect::Wipe, Effect::Await(Timer::Farewell)]);
    let answers = draft.map_or(0, |draft| saved(&draft, here).answers());
    (Stage::Paused { until, answers }, effects)
}

pub(super) fn draft_not_kept(stage: Stage, full: bool, here: &Here<'_>) -> Moved {
    let Stage::Keeping { draft } = stage else {
        return stay(stage);
    };
    let failure = if full {
        Failure::StorageFull
    } else {
        Failure::StorageFailed
    };
    match draft {
        Some(draft) if here.lies(draft.card.ticket) => pause(failure, Stage::Line(draft)),
        Some(draft) => cover(Stage::Line(draft)),
        None => over(&Stage::Keeping { draft: None }, here),
    }
}

/// Everything is over, and a card still lies on the reader.
pub(super) fn card_left() -> Moved {
    let left = Stage::Trouble {
        failure: Failure::CardLeft,
        back_to: None,
    };
    (left, vec![Effect::ClearPin, Effect::Wipe])
}

/// The end of the farewell: to rest, or to the reminder while a card still lies there.
pub(super) fn farewell_over(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Finished | Stage::Paused { .. } if here.empty() => rest(),
        Stage::Finished | Stage::Paused { .. } => card_left(),
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::Keeping { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Second(_) => stay(stage),
    }
}
