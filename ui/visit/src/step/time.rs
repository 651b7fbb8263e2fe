//! What the passing of time ends. Timers are not called off, only started anew: one that fires in a stage that it
//! does not belong to means nothing.

use super::{Here, Moved, leaving, over, rest, second, stay};
use crate::{Failure, Stage, Timer};

pub(super) fn elapsed(stage: Stage, timer: Timer, here: &Here<'_>) -> Moved {
    match timer {
        Timer::Idle => idle(stage, here),
        Timer::StillThere => {
            let Stage::StillThere { was } = stage else {
                return stay(stage);
            };
            leaving::left_alone(&was, here)
        }
        Timer::Called => {
            let Stage::Called { was } = stage else {
                return stay(stage);
            };
            leaving::left_alone(&was, here)
        }
        Timer::CardAway => card_away(stage, here),
        Timer::Farewell => leaving::farewell_over(stage, here),
        Timer::Answer => second::no_answer(stage),
    }
}

/// Nobody touched anything for long. Where something would be lost, she is asked first.
#[expect(
    clippy::match_same_arms,
    reason = "one arm for each reason, though some lead to the same"
)]
fn idle(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        // The covers have their own times; what is being written is stored or fails.
        Stage::Resting
        | Stage::Finished
        | Stage::Paused { .. }
        | Stage::Storing { .. }
        | Stage::Keeping { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::CardAway { .. } => stay(stage),
        Stage::Second(second) => second::idle(second, here),
        // The receipts have a time of their own; this page has the usual one.
        Stage::Paper { was, .. } if matches!(*was, Stage::Following { .. }) => over(&was, here),
        Stage::Paper { was, .. } => idle(*was, here),
        Stage::Following { .. } => {
            if here.following_timer() == Timer::Idle {
                over(&stage, here)
            } else {
                stay(stage)
            }
        }
        // A card that was left is not forgotten for waiting.
        Stage::Trouble {
            failure: Failure::CardLeft,
            back_to: None,
        } => stay(stage),
        // Nobody is here any more, and the page makes room; a card that still lies there is spoken of.
        Stage::Trouble { back_to: None, .. } if !stage.is_rest() && !here.empty() => {
            leaving::card_left()
        }
        Stage::Trouble { back_to: None, .. } if !stage.is_rest() => rest(),
        Stage::Trouble { back_to: None, .. } => stay(stage),
        Stage::Language { card: None } | Stage::Notice { card: None } | Stage::CardWanted => rest(),
        Stage::Language { card: Some(_) }
        | Stage::Notice { card: Some(_) }
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. } => over(&stage, here),
        Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. } => leaving::still_there(stage),
        Stage::Trouble {
            back_to: Some(back),
            ..
        } => leaving::still_there(*back),
    }
}

/// The card did not come back.
fn card_away(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::CardAway { was, .. } => leaving::left_alone(&was, here),
        Stage::Second(second) => second::card_time_over(second, here),
        Stage::Following { .. } => {
            if here.following_timer() == Timer::CardAway {
                over(&stage, here)
            } else {
                stay(stage)
            }
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
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => stay(stage),
    }
}
