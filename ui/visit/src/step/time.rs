//! What the passing of time ends. Timers are not called off, only started anew: one that fires in a stage that it
//! does not belong to means nothing.

use super::{Here, Moved, over, rest, stay};
use crate::{Stage, Timer};

pub(super) fn elapsed(stage: Stage, timer: Timer, here: &Here<'_>) -> Moved {
    match timer {
        Timer::Idle => idle(stage, here),
        Timer::CardAway => card_away(stage, here),
        Timer::Farewell => {
            if matches!(stage, Stage::Finished) {
                rest()
            } else {
                stay(stage)
            }
        }
    }
}

/// Nobody touched anything for long.
fn idle(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        // The cover has its own, shorter time; what is being written is stored or fails.
        Stage::Resting | Stage::Finished | Stage::Storing { .. } | Stage::CardAway { .. } => {
            stay(stage)
        }
        Stage::Following { .. } => {
            if here.following_timer() == Timer::Idle {
                over(&stage, here)
            } else {
                stay(stage)
            }
        }
        // Nobody is here any more, and the page makes room.
        Stage::Trouble { back_to: None, .. } if !stage.is_rest() => rest(),
        Stage::Trouble { back_to: None, .. } => stay(stage),
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
        | Stage::Trouble {
            back_to: Some(_), ..
        } => over(&stage, here),
    }
}

/// The card did not come back.
fn card_away(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::CardAway { .. } => over(&stage, here),
        Stage::Following { .. } => {
            if here.following_timer() == Timer::CardAway {
                over(&stage, here)
            } else {
                stay(stage)
            }
        }
        Stage::Resting
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => stay(stage),
    }
}
