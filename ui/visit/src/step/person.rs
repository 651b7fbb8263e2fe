//! What the person in front of the screen does.

use ubugoe_procedures::holds_individual_number;

use super::{
    Here, Moved, acting, ask_password, cover, kept, leaving::card_left, pad, refuse_to_sign,
    refused, rest, resume, second, stay, stop, uncover,
};
use crate::{Effect, Failure, FollowingPage, Print, PrintTrouble, Sheet, Stage, Timer, Voice};

/// The stage stays, and the person is there.
pub(super) fn alive(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        // A touch does not keep a cover up: anybody can touch. What is being written needs nobody.
        Stage::Resting
        | Stage::Finished
        | Stage::Paused { .. }
        | Stage::Storing { .. }
        | Stage::Keeping { .. }
        | Stage::CardAway { .. }
        | Stage::Called { .. } => stay(stage),
        Stage::StillThere { was } => uncover(*was, here),
        Stage::Second(second) => second::alive(second, here),
        Stage::Following { .. } => (stage, vec![Effect::Await(here.following_timer())]),
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
        | Stage::Paper { .. }
        | Stage::Trouble { .. } => acting(stage),
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
        // A card that was left is answered by taking it.
        None if failure == Failure::CardLeft && !here.empty() => {
            stay(Stage::Trouble { failure, back_to })
        }
        // A card that lies there and was let go is not found again before it was lifted.
        None if failure.retry_helps() && !here.empty() => card_left(),
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
        Stage::Second(second) => second::secret_unusable(second),
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
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
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
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

pub(super) fn review_confirmed(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Reviewing { draft, prepared } => ask_password(draft, prepared, None, here),
        Stage::Second(second) => second::review_confirmed(second, here),
        other => stay(other),
    }
}

pub(super) fn sign_password_entered(stage: Stage, here: &Here<'_>) -> Moved {
    let stage = match stage {
        Stage::Second(second) => return second::password_entered(second, here),
        other => other,
    };
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

// ---------------------------------------------------------------------------------------------- beside the receipts

/// Another page beside the receipts. There is none for the other parent of a protected family.
pub(super) fn page_wanted(stage: Stage, page: FollowingPage, here: &Here<'_>) -> Moved {
    let Stage::Following {
        deliveries,
        mut after,
    } = stage
    else {
        return stay(stage);
    };
    if !(after.protected && page == FollowingPage::OtherParent) {
        after.page = page;
    }
    following(Stage::Following { deliveries, after }, here)
}

fn following(stage: Stage, here: &Here<'_>) -> Moved {
    (stage, vec![Effect::Await(here.following_timer())])
}

/// Where something can be printed: the receipts after storing, the paper forms on their page.
fn printer(stage: &mut Stage) -> Option<(Sheet, &mut Print)> {
    match stage {
        Stage::Paper { print, .. } => Some((Sheet::Paper, print)),
        Stage::Following { after, .. } => Some((Sheet::Receipt, &mut after.print)),
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
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished
        | Stage::Second(_) => None,
    }
}

pub(super) fn print_wanted(mut stage: Stage, sheet: Sheet, here: &Here<'_>) -> Moved {
    let Some((_, print)) = printer(&mut stage).filter(|(has, _)| *has == sheet) else {
        return stay(stage);
    };
    if print.under_way().is_some() {
        return alive(stage, here);
    }
    *print = Print::Busy(sheet);
    let (stage, mut effects) = alive(stage, here);
    effects.push(Effect::Print(sheet));
    (stage, effects)
}

/// What is at the printer, if this is it.
fn under_way(stage: &mut Stage, sheet: Sheet) -> Option<&mut Print> {
    let (_, print) = printer(stage)?;
    (print.under_way() == Some(sheet)).then_some(print)
}

/// News of the printer count for what is at the printer; whoever has gone on is not told.
fn print_ended(mut stage: Stage, sheet: Sheet, ended: Print, here: &Here<'_>) -> Moved {
    match under_way(&mut stage, sheet) {
        Some(print) => {
            *print = ended;
            alive(stage, here)
        }
        None => stay(stage),
    }
}

/// A printer knows what it did, not what lies in the tray: she is asked.
pub(super) fn printed(stage: Stage, sheet: Sheet, here: &Here<'_>) -> Moved {
    print_ended(stage, sheet, Print::Asked(sheet), here)
}

/// The failure that a printer's trouble is on the screen.
#[must_use]
pub const fn print_failure(why: PrintTrouble) -> Failure {
    match why {
        PrintTrouble::NoPrinter => Failure::NoPrinter,
        PrintTrouble::NoPaper => Failure::PrinterNoPaper,
        PrintTrouble::Broken => Failure::PrinterBroken,
        PrintTrouble::CoverOpen => Failure::PrinterCoverOpen,
        PrintTrouble::Busy => Failure::PrinterBusy,
        PrintTrouble::Faulty => Failure::PrinterFaulty,
    }
}

pub(super) fn print_failed(
    stage: Stage,
    sheet: Sheet,
    why: PrintTrouble,
    here: &Here<'_>,
) -> Moved {
    let failed = Print::Failed(sheet, print_failure(why));
    print_ended(stage, sheet, failed, here)
}

/// A printer that says the same again and again keeps nobody's page up.
pub(super) fn print_waits(mut stage: Stage, sheet: Sheet, why: Option<PrintTrouble>) -> Moved {
    if let Some(print) = under_way(&mut stage, sheet) {
        *print = why.map_or(Print::Busy(sheet), |why| {
            Print::Waiting(sheet, print_failure(why))
        });
    }
    stay(stage)
}

/// "Did it come out?"
pub(super) fn print_seen(mut stage: Stage, seen: bool, here: &Here<'_>) -> Moved {
    let Some((sheet, print)) =
        printer(&mut stage).filter(|(_, print)| matches!(**print, Print::Asked(_)))
    else {
        return stay(stage);
    };
    *print = if seen {
        Print::Done(sheet)
    } else {
        Print::Missing(sheet)
    };
    alive(stage, here)
}

pub(super) fn print_stopped(mut stage: Stage, here: &Here<'_>) -> Moved {
    let Some(print) = printer(&mut stage)
        .map(|(_, print)| print)
        .filter(|print| print.under_way().is_some())
    else {
        return stay(stage);
    };
    *print = Print::Nothing;
    let (stage, mut effects) = alive(stage, here);
    effects.push(Effect::StopPrinting);
    (stage, effects)
}

/// Longest words about a step, in characters.
const VOICE_LEN: usize = 400;

/// Kept once for each step. Words that hold an individual number are left out; they have no place anywhere.
pub(super) fn voice_given(stage: Stage, mut voice: Voice, here: &Here<'_>) -> Moved {
    let Stage::Following {
        deliveries,
        mut after,
    } = stage
    else {
        return stay(stage);
    };
    let mut effects = vec![Effect::Await(here.following_timer())];
    if !after.voiced.contains(&voice.step) {
        after.voiced.push(voice.step);
        voice.words = voice.words.filter(|words| {
            !words.trim().is_empty()
                && words.chars().count() <= VOICE_LEN
                && !holds_individual_number(words)
        });
        effects.push(Effect::KeepVoice(voice));
    }
    (Stage::Following { deliveries, after }, effects)
}

/// How it goes on paper: from wherever somebody may need it.
pub(super) fn paper_wanted(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Following { .. }
        | Stage::Trouble { .. }
            if !stage.is_rest() =>
        {
            let was = Box::new(stage);
            let print = Print::Nothing;
            pad(Stage::Paper { was, print })
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
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished
        | Stage::Second(_) => alive(stage, here),
    }
}
