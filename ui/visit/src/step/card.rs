//! What the card driver reports: readers, insertions, answers.
//!
//! The card may vanish between any two lines. A reply counts only with the ticket of the insertion that was asked.

use ubugoe_procedures::CardHolder;

use super::{Here, Moved, ask_password, cover, kept, pad, pause, rest, resume, stay, stop};
use crate::{
    CardFacts, CardOnReader, CardTrouble, Draft, Effect, Failure, Integrity, PinProblem, Prepared,
    Stage, Ticket, Timer, UnusableCard,
};

/// The reader or the service behind it went away, and every card with it.
pub(super) fn reader_lost(stage: Stage) -> Moved {
    match stage {
        // These have come to an end that needs no reader, or are already covered.
        Stage::Resting | Stage::Finished | Stage::Storing { .. } | Stage::CardAway { .. } => {
            stay(stage)
        }
        Stage::Following { .. } => (stage, vec![Effect::Await(Timer::CardAway)]),
        // "Take the card away and put it back" is no way on any more; what the device lacks is.
        Stage::Trouble {
            failure,
            back_to: None,
        } if failure.answered_by_removal() || failure == Failure::CardTakenAway => rest(),
        Stage::Trouble { back_to: None, .. } => stay(stage),
        Stage::Trouble {
            back_to: Some(back),
            ..
        } => cover(*back),
        Stage::AttributesPin { .. } | Stage::ReadingAttributes { .. } => rest(),
        Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. } => cover(stage),
    }
}

// ---------------------------------------------------------------------------------------------- insertions

/// What stops a card before any PIN is asked for. A wrong, expired or virtual card never gets here.
fn refuse_before_pin(facts: &CardFacts, here: &Here<'_>) -> Option<Failure> {
    if here.cx.today.is_none() {
        return Some(Failure::ClockUnsynchronised);
    }
    if !facts.has_sign_certificate {
        return Some(Failure::NoSignCertificate);
    }
    let attributes = kept(
        facts.attributes_tries,
        Failure::AttributesPinLocked,
        Failure::AttributesPinLastTry,
    );
    attributes
        .or_else(|| {
            kept(
                facts.sign_tries,
                Failure::SignPasswordLocked,
                Failure::SignPasswordLastTry,
            )
        })
        .or_else(|| (!here.cx.has_room).then_some(Failure::StorageFull))
}

/// A visit begins.
fn begin(card: CardOnReader, here: &Here<'_>) -> Moved {
    match refuse_before_pin(&card.facts, here) {
        Some(failure) => stop(failure, Some(&card), here),
        None => pad(Stage::AttributesPin {
            card,
            problem: None,
        }),
    }
}

pub(super) fn inserted(stage: Stage, card: CardOnReader, here: &Here<'_>) -> Moved {
    let same = |was: &Stage| {
        was.card()
            .is_some_and(|c| c.facts.identity == card.facts.identity)
    };
    match stage {
        Stage::Resting | Stage::Finished | Stage::Trouble { back_to: None, .. } => {
            begin(card, here)
        }
        // Stored, and the card was taken away: whoever puts one in now begins anew and sees nothing of before.
        Stage::Following { .. } if here.only(card.ticket) => {
            let (stage, effects) = begin(card, here);
            (stage, [Effect::Wipe].into_iter().chain(effects).collect())
        }
        // The visit's card still lies there, and the other one in another reader is none of its business.
        Stage::Following { .. } => stay(stage),
        Stage::Trouble {
            back_to: Some(_), ..
        } if !same(&stage) && stage.card().is_some_and(|own| here.lies(own.ticket)) => stay(stage),
        Stage::CardAway { was, .. }
        | Stage::Trouble {
            back_to: Some(was), ..
        } => {
            if same(&was) {
                back_again(*was, card, here)
            } else {
                let mut effects = vec![Effect::ClearPin];
                effects.extend(here.release(Some(&card)));
                effects.push(Effect::Await(Timer::CardAway));
                (Stage::CardAway { was, another: true }, effects)
            }
        }
        // The same card in a new insertion: the old one has ended, whether we heard of it or not.
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
        | Stage::Storing { .. } => {
            if same(&stage) {
                back_again(stage, card, here)
            } else {
                stay(stage)
            }
        }
    }
}

/// The visit's card is back: on with the stage it left, or with the nearest one a person can act in.
fn back_again(was: Stage, card: CardOnReader, here: &Here<'_>) -> Moved {
    let renewed = |mut draft: Box<Draft>| {
        draft.card = card.clone();
        draft
    };
    let stage = match was {
        Stage::AttributesPin { .. } | Stage::ReadingAttributes { .. } => return begin(card, here),
        Stage::Identity {
            holder, integrity, ..
        }
        | Stage::FindingCertificate {
            holder, integrity, ..
        } => Stage::Identity {
            card,
            holder,
            integrity,
        },
        Stage::Certificate {
            holder, candidates, ..
        } => Stage::Certificate {
            card,
            holder,
            candidates,
        },
        Stage::Line(draft) => Stage::Line(renewed(draft)),
        Stage::Asking {
            draft,
            at,
            problems,
            correcting,
        } => Stage::Asking {
            draft: renewed(draft),
            at,
            problems,
            correcting,
        },
        Stage::Reviewing { draft, prepared } => Stage::Reviewing {
            draft: renewed(draft),
            prepared,
        },
        // What the card says of its counter now is newer than what was wrong before.
        Stage::SignPassword {
            draft, prepared, ..
        }
        | Stage::Signing { draft, prepared } => {
            return ask_password(renewed(draft), prepared, None, here);
        }
        Stage::Storing { draft, prepared } => {
            return stay(Stage::Storing {
                draft: renewed(draft),
                prepared,
            });
        }
        Stage::Resting
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => return stay(was),
    };
    let (stage, mut effects) = resume(stage, here);
    effects.insert(0, Effect::ClearPin);
    (stage, effects)
}

pub(super) fn unusable(stage: Stage, why: UnusableCard, here: &Here<'_>) -> Moved {
    // What answers as another kind of thing is another thing; what does not answer may be the right card, badly put.
    let (failure, another) = match why {
        UnusableCard::NotMyNumber => (Failure::NotMyNumberCard, true),
        UnusableCard::Smartphone => (Failure::SmartphoneToken, true),
        UnusableCard::Expired => (Failure::CardExpired, true),
        UnusableCard::Nonsense => (Failure::CardNonsense, false),
        UnusableCard::Busy => (Failure::CardBusy, false),
        UnusableCard::Mute => (Failure::CardMute, false),
    };
    match stage {
        Stage::Resting | Stage::Finished | Stage::Trouble { back_to: None, .. } => {
            stop(failure, None, here)
        }
        Stage::CardAway { was, .. } => (
            Stage::CardAway { was, another },
            vec![Effect::Await(Timer::CardAway)],
        ),
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
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::Trouble {
            back_to: Some(_), ..
        } => stay(stage),
    }
}

pub(super) fn removed(stage: Stage, ticket: Ticket, here: &Here<'_>) -> Moved {
    let ours = stage.card().is_some_and(|card| card.ticket == ticket);
    match stage {
        Stage::Trouble {
            failure,
            back_to: None,
        } if failure.answered_by_removal() && here.empty() => rest(),
        Stage::Trouble {
            back_to: Some(back),
            ..
        } if ours => cover(*back),
        // The other card is out: the right one has its time again.
        Stage::CardAway { was, another: true } if here.empty() => cover(*was),
        Stage::Following { .. } if here.empty() => (stage, vec![Effect::Await(Timer::CardAway)]),
        Stage::AttributesPin { .. } if ours => rest(),
        Stage::ReadingAttributes { .. } if ours => stop(Failure::CardTakenAway, None, here),
        Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. }
            if ours =>
        {
            cover(stage)
        }
        // Nothing is waited for, or it was another card that left.
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
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => stay(stage),
    }
}

// ---------------------------------------------------------------------------------------------- answers

pub(super) fn attributes_read(
    stage: Stage,
    ticket: Ticket,
    holder: CardHolder,
    integrity: Integrity,
    here: &Here<'_>,
) -> Moved {
    let Stage::ReadingAttributes { card } = stage else {
        return stay(stage);
    };
    if card.ticket != ticket {
        return stay(Stage::ReadingAttributes { card });
    }
    match integrity {
        Integrity::Broken => stop(Failure::AttributesNotIntact, Some(&card), here),
        Integrity::Proven | Integrity::IssuerUnknown | Integrity::NotChecked => {
            pad(Stage::Identity {
                card,
                holder,
                integrity,
            })
        }
    }
}

pub(super) fn signed(stage: Stage, ticket: Ticket, signatures: Vec<Vec<u8>>) -> Moved {
    let Stage::Signing { draft, prepared } = stage else {
        return stay(stage);
    };
    if draft.card.ticket != ticket {
        return stay(Stage::Signing { draft, prepared });
    }
    if signatures.len() != prepared.len() {
        return pause(
            Failure::SignatureWrong,
            Stage::Reviewing { draft, prepared },
        );
    }
    let store = Effect::Store {
        prepared: prepared.clone(),
        signatures,
        identity: draft.card.facts.identity,
        certificate_number: draft.certificate.number.clone(),
    };
    (
        Stage::Storing { draft, prepared },
        vec![Effect::ClearPin, store],
    )
}

pub(super) fn failed(stage: Stage, ticket: Ticket, why: CardTrouble, here: &Here<'_>) -> Moved {
    if stage.card().is_none_or(|card| card.ticket != ticket) {
        return stay(stage);
    }
    match stage {
        Stage::ReadingAttributes { card } => attributes_failed(card, why, here),
        Stage::Signing { draft, prepared } => signing_failed(draft, prepared, why, here),
        // Nothing was asked of the card here but to be released, and that may fail unheard.
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

fn attributes_failed(mut card: CardOnReader, why: CardTrouble, here: &Here<'_>) -> Moved {
    let failure = match why {
        CardTrouble::WrongPin { left: left @ 2.. } => {
            card.facts.attributes_tries = Some(left);
            return pad(Stage::AttributesPin {
                card,
                problem: Some(PinProblem { left }),
            });
        }
        // The card has left: there is nothing to release. A service that is lost says so itself.
        CardTrouble::Gone => return stop(Failure::CardTakenAway, None, here),
        CardTrouble::Swapped => return stop(Failure::AnotherCard, None, here),
        CardTrouble::ServiceLost => return rest(),
        CardTrouble::WrongPin { left: 1 } | CardTrouble::LastTryKept => {
            Failure::AttributesPinLastTry
        }
        CardTrouble::WrongPin { left: 0 } | CardTrouble::Locked => Failure::AttributesPinLocked,
        CardTrouble::Mute => Failure::CardMute,
        CardTrouble::Nonsense => Failure::CardNonsense,
        CardTrouble::Busy => Failure::CardBusy,
        CardTrouble::CertificateInvalid => Failure::SignCertificateInvalid,
        CardTrouble::SignerDiffers => Failure::SignerDiffers,
        CardTrouble::SignatureWrong => Failure::SignatureWrong,
    };
    stop(failure, Some(&card), here)
}

fn signing_failed(
    mut draft: Box<Draft>,
    prepared: Vec<Prepared>,
    why: CardTrouble,
    here: &Here<'_>,
) -> Moved {
    let failure = match why {
        CardTrouble::WrongPin { left: left @ 2.. } => {
            draft.card.facts.sign_tries = Some(left);
            let problem = Some(PinProblem { left });
            return pad(Stage::SignPassword {
                draft,
                prepared,
                problem,
            });
        }
        CardTrouble::Gone | CardTrouble::ServiceLost => {
            return cover(Stage::Signing { draft, prepared });
        }
        CardTrouble::Swapped => {
            let was = Box::new(Stage::Signing { draft, prepared });
            let covered = Stage::CardAway { was, another: true };
            return (
                covered,
                vec![Effect::ClearPin, Effect::Await(Timer::CardAway)],
            );
        }
        CardTrouble::Mute => Failure::CardMute,
        CardTrouble::Nonsense => Failure::CardNonsense,
        CardTrouble::Busy => Failure::CardBusy,
        CardTrouble::SignatureWrong => Failure::SignatureWrong,
        CardTrouble::WrongPin { left: 1 } | CardTrouble::LastTryKept => {
            return stop(Failure::SignPasswordLastTry, Some(&draft.card), here);
        }
        CardTrouble::WrongPin { left: 0 } | CardTrouble::Locked => {
            return stop(Failure::SignPasswordLocked, Some(&draft.card), here);
        }
        CardTrouble::CertificateInvalid => {
            return stop(Failure::SignCertificateInvalid, Some(&draft.card), here);
        }
        CardTrouble::SignerDiffers => {
            return stop(Failure::SignerDiffers, Some(&draft.card), here);
        }
    };
    pause(failure, Stage::Reviewing { draft, prepared })
}
