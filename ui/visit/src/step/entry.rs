//! From the resting screen to the card: the language, and what will happen.

use super::{Here, Moved, acting, card, leaving::card_left, person, review, stay};
use crate::Stage;

/// The resting screen was touched.
pub(super) fn begin_wanted(stage: Stage, here: &Here<'_>) -> Moved {
    if stage == Stage::Resting && !here.cx.closed {
        acting(Stage::Language { card: None })
    } else {
        person::alive(stage, here)
    }
}

/// The language is written into what is signed, so the review is put together anew. Where a password is being asked
/// for, the sheets have been read and confirmed in the language before, and stay as they were read.
pub(super) fn language_chosen(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        // The page says that the device is closed, now in her language.
        Stage::Resting if here.cx.closed => acting(Stage::Resting),
        Stage::Resting => acting(Stage::Notice { card: None }),
        Stage::Language { card } => acting(Stage::Notice { card }),
        Stage::Reviewing { draft, prepared: _ } => review(draft, here),
        Stage::Notice { .. }
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

/// On to the PIN where the card lies already, else to the card.
pub(super) fn notice_read(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Notice { card } = stage else {
        return stay(stage);
    };
    match card {
        Some(card) => card::begin(card, here),
        // One that lies there from before is not found again before it was lifted.
        None if !here.empty() => card_left(),
        None => acting(Stage::CardWanted),
    }
}
