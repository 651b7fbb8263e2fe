//! What the card driver reports: readers, insertions, answers.
//!
//! The card may vanish between any two lines. A reply counts only with the ticket of the insertion that was asked.

use ubugoe_procedures::CardHolder;

use super::{
    Here, Moved, bare, cover, cover_by_another, kept, pad, pause, rest, resume, second, stay, stop,
};
use crate::{
    Candidate, CardFacts, CardOnReader, CardTrouble, Draft, Effect, Failure, Forms, Integrity,
    PinProblem, Prepared, Second, Stage, Ticket, Timer, UnusableCard,
};

/// The reader or the service behind it went away, and every card with it.
#[expect(
    clippy::match_same_arms,
    reason = "one arm for each reason, though some lead to the same"
)]
pub(super) fn reader_lost(stage: Stage) -> Moved {
    let stage = without_forms(stage);
    match stage {
        // These have come to an end that needs no reader, or are already covered.
        Stage::Resting
        | Stage::Finished
        | Stage::Paused { .. }
        | Stage::Keeping { .. }
        | Stage::Storing { .. }
        | Stage::CardAway { .. } => stay(stage),
        Stage::Following { .. } => (stage, vec![Effect::Await(Timer::CardAway)]),
        Stage::Second(second) => second::reader_lost(second),
        // "Take the card away and put it back" is no way on any more; what the device lacks is.
        Stage::Trouble {
            failure,
            back_to: None,
        } if failure.answered_by_removal() || failure == Failure::CardTakenAway => rest(),
        Stage::Trouble { back_to: None, .. } => stay(stage),
        Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. } => rest(),
        Stage::Paper { was, .. } => reader_lost(*was),
        Stage::StillThere { was } | Stage::Called { was } => match was.card() {
            Some(_) => cover(bare(*was)),
            None => stay(Stage::Called { was }),
        },
        Stage::Trouble {
            back_to: Some(_), ..
        }
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
        | Stage::Signing { .. } => cover(bare(stage)),
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

/// The PIN, unless something already says that there is no use in typing it.
pub(super) fn begin(card: CardOnReader, here: &Here<'_>) -> Moved {
    match refuse_before_pin(&card.facts, here) {
        Some(failure) => stop(failure, Some(&card), here),
        None => pad(Stage::AttributesPin {
            card,
            problem: None,
        }),
    }
}

/// A card is put in before anything was said: what will happen is said first. A card that is of no use is told so at
/// once.
fn greeted(card: CardOnReader, here: &Here<'_>) -> Moved {
    match refuse_before_pin(&card.facts, here) {
        Some(failure) => stop(failure, Some(&card), here),
        None => pad(Stage::Notice { card: Some(card) }),
    }
}

/// A card that begins a visit. A device that is closed lets it go and says why on its resting page.
fn anew(card: CardOnReader, here: &Here<'_>) -> Moved {
    if !here.cx.closed {
        return greeted(card, here);
    }
    let (stage, mut effects) = rest();
    effects.extend(here.release(Some(&card)));
    (stage, effects)
}

#[expect(
    clippy::match_same_arms,
    reason = "one arm for each reason, though some lead to the same"
)]
pub(super) fn inserted(stage: Stage, card: CardOnReader, here: &Here<'_>) -> Moved {
    let same = |was: &Stage| {
        was.card()
            .is_some_and(|c| c.facts.identity == card.facts.identity)
    };
    let own_lies = |was: &Stage| was.card().is_some_and(|own| here.lies(own.ticket));
    match stage {
        // The notice was read before this card was taken away in the middle of its reading.
        Stage::Trouble {
            failure: Failure::CardTakenAway | Failure::AnotherCard,
            back_to: None,
        }
        | Stage::CardWanted => begin(card, here),
        Stage::Resting
        | Stage::Finished
        | Stage::Paused { .. }
        | Stage::Trouble { back_to: None, .. } => anew(card, here),
        Stage::Language { card: Some(_) } | Stage::Notice { card: Some(_) }
            if own_lies(&stage) && !same(&stage) =>
        {
            stay(stage)
        }
        Stage::Language { .. } => match greeted(card, here) {
            (Stage::Notice { card }, effects) => (Stage::Language { card }, effects),
            stopped => stopped,
        },
        Stage::Notice { .. } => greeted(card, here),
        // Stored, and the card was taken away: whoever puts one in now begins anew and sees nothing of before.
        Stage::Following { .. } if here.only(card.ticket) => {
            let (stage, effects) = anew(card, here);
            (stage, [Effect::Wipe].into_iter().chain(effects).collect())
        }
        // The visit's card still lies there, and the other one in another reader is none of its business.
        Stage::Following { .. } => stay(stage),
        // The same where the other parent has signed.
        Stage::Second(Second::Done { .. }) if here.only(card.ticket) => {
            let (stage, effects) = anew(card, here);
            (stage, [Effect::Wipe].into_iter().chain(effects).collect())
        }
        Stage::Second(_) if same(&stage) => back_again(stage, card, here),
        Stage::Second(second) => second::inserted(second, card, here),
        Stage::Trouble {
            back_to: Some(_), ..
        } if !same(&stage) && own_lies(&stage) => stay(stage),
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
        // Covered for another reason: it stays covered, with the new insertion behind it.
        Stage::StillThere { was } if same(&was) => stay(Stage::StillThere {
            was: Box::new(renewed(*was, card)),
        }),
        Stage::Called { was } if same(&was) => stay(Stage::Called {
            was: Box::new(renewed(*was, card)),
        }),
        // Leafing in the way on paper: the card goes to where she came from.
        Stage::Paper { was, .. } if !own_lies(&was) || same(&was) => inserted(*was, card, here),
        Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::Keeping { .. } => stay(stage),
        // The same card in a new insertion: the old one has ended, whether we heard of it or not.
        Stage::AttributesPin { .. }
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
    match was {
        Stage::AttributesPin { .. } | Stage::ReadingAttributes { .. } => begin(card, here),
        // What is being written goes on; only the card is another insertion now.
        Stage::Storing { .. } | Stage::Second(Second::Storing { .. }) => stay(renewed(was, card)),
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
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
            let (stage, mut effects) = resume(renewed(was, card), here);
            if !effects.contains(&Effect::ClearPin) {
                effects.insert(0, Effect::ClearPin);
            }
            (stage, effects)
        }
    }
}

/// The same stage with another insertion of its card. What was wrong with a password before is older than what the card
/// says of its counter now.
fn renewed(was: Stage, card: CardOnReader) -> Stage {
    let lies = |mut draft: Box<Draft>, card: CardOnReader| {
        draft.card = card;
        draft
    };
    match was {
        Stage::AttributesPin { .. } => Stage::AttributesPin {
            card,
            problem: None,
        },
        Stage::ReadingAttributes { .. } => Stage::ReadingAttributes { card },
        Stage::Identity {
            holder, integrity, ..
        } => Stage::Identity {
            card,
            holder,
            integrity,
        },
        Stage::FindingCertificate {
            holder, integrity, ..
        } => Stage::FindingCertificate {
            card,
            holder,
            integrity,
        },
        Stage::StaffGuides { holder, found, .. } => Stage::StaffGuides {
            card,
            holder,
            found,
        },
        Stage::Resume {
            holder,
            candidates,
            saved,
            ..
        } => Stage::Resume {
            card,
            holder,
            candidates,
            saved,
        },
        Stage::Certificate {
            holder,
            candidates,
            chosen,
            ..
        } => Stage::Certificate {
            card,
            holder,
            candidates,
            chosen,
        },
        Stage::Line(draft) => Stage::Line(lies(draft, card)),
        Stage::Nursery(draft) => Stage::Nursery(lies(draft, card)),
        Stage::Asking {
            draft,
            at,
            problems,
            correcting,
        } => Stage::Asking {
            draft: lies(draft, card),
            at,
            problems,
            correcting,
        },
        Stage::Reviewing { draft, prepared } => Stage::Reviewing {
            draft: lies(draft, card),
            prepared,
        },
        Stage::SignPassword {
            draft, prepared, ..
        } => Stage::SignPassword {
            draft: lies(draft, card),
            prepared,
            problem: None,
        },
        Stage::Signing { draft, prepared } => Stage::Signing {
            draft: lies(draft, card),
            prepared,
        },
        Stage::Storing { draft, prepared } => Stage::Storing {
            draft: lies(draft, card),
            prepared,
        },
        Stage::Second(second) => Stage::Second(second::renewed(second, card)),
        Stage::Resting
        | Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::Following { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => was,
    }
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
        Stage::Resting
        | Stage::Finished
        | Stage::Paused { .. }
        | Stage::Language { card: None }
        | Stage::Notice { card: None }
        | Stage::CardWanted
        | Stage::Trouble { back_to: None, .. } => stop(failure, None, here),
        Stage::Second(second) => second::unusable(second, failure, here),
        Stage::CardAway { was, .. } => (
            Stage::CardAway { was, another },
            vec![Effect::Await(Timer::CardAway)],
        ),
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
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::Keeping { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::Trouble {
            back_to: Some(_), ..
        } => stay(stage),
    }
}

/// What was filed is printed for whoever has the card, and for nobody who comes after.
fn without_forms(mut stage: Stage) -> Stage {
    fn forget(stage: &mut Stage) {
        if let Stage::Following { after, .. } = stage {
            after.forms = Forms::default();
        } else if let Stage::Paper { was, .. } | Stage::Called { was } | Stage::StillThere { was } =
            stage
        {
            forget(was);
        }
    }
    forget(&mut stage);
    stage
}

pub(super) fn removed(stage: Stage, ticket: Ticket, here: &Here<'_>) -> Moved {
    let ours = stage.card().is_some_and(|card| card.ticket == ticket);
    let stage = if here.empty() {
        without_forms(stage)
    } else {
        stage
    };
    match stage {
        Stage::Trouble {
            failure,
            back_to: None,
        } if failure.answered_by_removal() && here.empty() => rest(),
        // The other card is out: the right one has its time again.
        Stage::CardAway { was, another: true } if here.empty() => cover(*was),
        Stage::Following { .. } if here.empty() => (stage, vec![Effect::Await(Timer::CardAway)]),
        Stage::Paper { was, .. } if ours => removed(*was, ticket, here),
        // Nothing was begun with it: the words stay, and she may put it back.
        Stage::Language { card: Some(_) } if ours => forgotten(Stage::Language { card: None }),
        Stage::Notice { card: Some(_) } if ours => forgotten(Stage::Notice { card: None }),
        Stage::AttributesPin { .. } if ours => rest(),
        Stage::Second(Second::Done { .. }) if here.empty() => {
            (stage, vec![Effect::Await(Timer::CardAway)])
        }
        Stage::Second(second) if ours => second::removed(second),
        Stage::ReadingAttributes { .. } if ours => stop(Failure::CardTakenAway, None, here),
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
        | Stage::Signing { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::Trouble {
            back_to: Some(_), ..
        } if ours => cover(bare(stage)),
        // Nothing is waited for, or it was another card that left.
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
        | Stage::Second(_) => stay(stage),
    }
}

/// The card is gone before anything was asked of it; the words stay.
fn forgotten(stage: Stage) -> Moved {
    (stage, vec![Effect::Wipe, Effect::Await(Timer::Idle)])
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
    let stage = match stage {
        Stage::Second(second) => return second::signed(second, ticket, signatures),
        other => other,
    };
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
        children: draft.certificates.iter().map(Candidate::key).collect(),
        protected: draft.protected(),
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
        Stage::Second(second) => second::failed(second, why, here),
        // Asked before the screen was covered: what the card says of its counter is heard all the same.
        Stage::StillThere { was } => stay(Stage::StillThere {
            was: Box::new(counted(*was, why)),
        }),
        Stage::Called { was } => stay(Stage::Called {
            was: Box::new(counted(*was, why)),
        }),
        // Nothing was asked of the card here but to be released, and that may fail unheard.
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
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => stay(stage),
    }
}

/// Takes down what a card says of the tries for the signature password.
fn counted(was: Stage, why: CardTrouble) -> Stage {
    let left = match why {
        CardTrouble::WrongPin { left } => left,
        CardTrouble::LastTryKept => 1,
        CardTrouble::Locked => 0,
        CardTrouble::Gone
        | CardTrouble::Swapped
        | CardTrouble::Mute
        | CardTrouble::Nonsense
        | CardTrouble::Busy
        | CardTrouble::CertificateInvalid
        | CardTrouble::SignerDiffers
        | CardTrouble::SignatureWrong
        | CardTrouble::ServiceLost
        | CardTrouble::FirstSigner => return was,
    };
    if let Stage::Second(second) = was {
        return Stage::Second(second::counted(second, left));
    }
    let Stage::Signing {
        mut draft,
        prepared,
    } = was
    else {
        return was;
    };
    draft.card.facts.sign_tries = Some(left);
    Stage::Signing { draft, prepared }
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
        CardTrouble::FirstSigner => Failure::FirstSigner,
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
    match not_signed(why) {
        NotSigned::Again { left } => {
            draft.card.facts.sign_tries = Some(left);
            let problem = Some(PinProblem { left });
            pad(Stage::SignPassword {
                draft,
                prepared,
                problem,
            })
        }
        NotSigned::Gone => cover(Stage::Signing { draft, prepared }),
        NotSigned::Swapped => cover_by_another(Stage::Signing { draft, prepared }),
        NotSigned::Back(failure) => pause(failure, Stage::Reviewing { draft, prepared }),
        NotSigned::Stop(failure) => stop(failure, Some(&draft.card), here),
    }
}

/// What follows when a card has not signed, whoever's it is.
pub(super) enum NotSigned {
    /// The password was wrong, and may be tried again.
    Again {
        /// Tries that are left.
        left: u8,
    },
    /// The card is away.
    Gone,
    /// Another one lies there.
    Swapped,
    /// With a code, back to what was read.
    Back(Failure),
    /// With a code, to the end.
    Stop(Failure),
}

pub(super) const fn not_signed(why: CardTrouble) -> NotSigned {
    match why {
        CardTrouble::WrongPin { left: left @ 2.. } => NotSigned::Again { left },
        CardTrouble::Gone | CardTrouble::ServiceLost => NotSigned::Gone,
        CardTrouble::Swapped => NotSigned::Swapped,
        CardTrouble::Mute => NotSigned::Back(Failure::CardMute),
        CardTrouble::Nonsense => NotSigned::Back(Failure::CardNonsense),
        CardTrouble::Busy => NotSigned::Back(Failure::CardBusy),
        CardTrouble::SignatureWrong => NotSigned::Back(Failure::SignatureWrong),
        CardTrouble::WrongPin { left: 1 } | CardTrouble::LastTryKept => {
            NotSigned::Stop(Failure::SignPasswordLastTry)
        }
        CardTrouble::WrongPin { left: 0 } | CardTrouble::Locked => {
            NotSigned::Stop(Failure::SignPasswordLocked)
        }
        CardTrouble::CertificateInvalid => NotSigned::Stop(Failure::SignCertificateInvalid),
        CardTrouble::SignerDiffers => NotSigned::Stop(Failure::SignerDiffers),
        CardTrouble::FirstSigner => NotSigned::Stop(Failure::FirstSigner),
    }
}
