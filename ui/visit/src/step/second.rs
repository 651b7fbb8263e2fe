//! The other parent signs what was signed first: card, number, the city's answer, review, password, signature.
//!
//! ```text
//! Notice ─> CardWanted ─> Number ─> Asking ─> Reading ─> Password ─> Signing ─> Storing ─> Done ─> Finished
//!                           ^──────────┘ with what was wrong         └──────────┴─> Trouble(code) ─> Reading
//! ```
//! The card comes first: one that is locked or too old is told so before the number is spent, and from then on the rule of every
//! other page holds, that what it shows is there as long as its card is.

use super::card::{NotSigned, not_signed};
use super::{
    Here, Moved, acting, cover, cover_by_another, kept, leaving, pad, pause, rest, stay, stop,
};
use crate::{
    CardOnReader, CardTrouble, Effect, Failure, PinProblem, Second, SecondProblem, SecondSheet,
    Stage, Ticket, Timer,
};

/// How often a city is asked the same before nobody waits any longer.
const ASKED_AT_MOST: u8 = 3;

/// "I sign as the other parent."
pub(super) fn wanted(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Notice { card } = stage else {
        return stay(stage);
    };
    match card {
        Some(card) => begin(card, here),
        // One that lies there from before is not found again before it was lifted.
        None if !here.empty() => leaving::card_left(),
        None => acting(Stage::Second(Second::CardWanted)),
    }
}

/// The number, unless something already says that there is no use in typing it.
fn begin(card: CardOnReader, here: &Here<'_>) -> Moved {
    if let Some(failure) = refuse(&card, here) {
        return stop(failure, Some(&card), here);
    }
    if !here.cx.has_room {
        return stop(Failure::StorageFull, Some(&card), here);
    }
    let problem = (!here.cx.online).then_some(SecondProblem::Offline);
    number(card, problem)
}

/// What stops a signature, before any password is sent.
fn refuse(card: &CardOnReader, here: &Here<'_>) -> Option<Failure> {
    if here.cx.today.is_none() {
        return Some(Failure::ClockUnsynchronised);
    }
    if !card.facts.has_sign_certificate {
        return Some(Failure::NoSignCertificate);
    }
    kept(
        card.facts.sign_tries,
        Failure::SignPasswordLocked,
        Failure::SignPasswordLastTry,
    )
}

fn number(card: CardOnReader, problem: Option<SecondProblem>) -> Moved {
    pad(Stage::Second(Second::Number { card, problem }))
}

/// Ten digits are typed. Without a network they are not asked about, and stay good.
pub(super) fn number_entered(stage: Stage, here: &Here<'_>) -> Moved {
    let Stage::Second(Second::Number { card, problem: _ }) = stage else {
        return stay(stage);
    };
    if here.cx.online {
        ask(card)
    } else {
        number(card, Some(SecondProblem::Offline))
    }
}

fn ask(card: CardOnReader) -> Moved {
    (
        Stage::Second(Second::Asking { card, asked: 1 }),
        vec![
            Effect::AskSecond,
            Effect::Await(Timer::Answer),
            Effect::Await(Timer::Idle),
        ],
    )
}

/// The city has not answered. The same question again is the same question there: it spends nothing.
pub(super) fn no_answer(stage: Stage) -> Moved {
    match stage {
        Stage::Second(Second::Asking { card, asked }) if asked < ASKED_AT_MOST => (
            Stage::Second(Second::Asking {
                card,
                asked: asked + 1,
            }),
            vec![Effect::AskSecond, Effect::Await(Timer::Answer)],
        ),
        Stage::Second(Second::Asking { card, .. }) => number(card, Some(SecondProblem::NoAnswer)),
        stage => stay(stage),
    }
}

pub(super) fn found(stage: Stage, sheet: SecondSheet) -> Moved {
    let Stage::Second(Second::Asking { card, .. }) = stage else {
        return stay(stage);
    };
    // What cannot be shown is not signed.
    if ubugoe_procedures::ParsedFiling::parse(&sheet.canonical).is_err() {
        return number(card, Some(SecondProblem::Unreadable));
    }
    acting(Stage::Second(Second::Reading { card, sheet }))
}

pub(super) fn not_found(stage: Stage, problem: SecondProblem) -> Moved {
    let Stage::Second(Second::Asking { card, .. }) = stage else {
        return stay(stage);
    };
    number(card, Some(problem))
}

/// The pad for the signature password, unless something already says that there is no use in typing it.
fn ask_password(
    card: CardOnReader,
    sheet: SecondSheet,
    problem: Option<PinProblem>,
    here: &Here<'_>,
) -> Moved {
    match refuse(&card, here) {
        None => pad(Stage::Second(Second::Password {
            card,
            sheet,
            problem,
        })),
        // The clock may come right while the sheet waits; the card's counter does not.
        Some(Failure::ClockUnsynchronised) => pause(
            Failure::ClockUnsynchronised,
            Stage::Second(Second::Reading { card, sheet }),
        ),
        Some(failure) => stop(failure, Some(&card), here),
    }
}

pub(super) fn review_confirmed(second: Second, here: &Here<'_>) -> Moved {
    match second {
        Second::Reading { card, sheet } => ask_password(card, sheet, None, here),
        other => stay(Stage::Second(other)),
    }
}

pub(super) fn password_entered(second: Second, here: &Here<'_>) -> Moved {
    let Second::Password { card, sheet, .. } = second else {
        return stay(Stage::Second(second));
    };
    if refuse(&card, here).is_some() {
        return ask_password(card, sheet, None, here);
    }
    let sign = Effect::SignSecond {
        ticket: card.ticket,
        canonical: sheet.canonical.clone(),
        first: sheet.first,
    };
    (
        Stage::Second(Second::Signing { card, sheet }),
        vec![sign, Effect::Await(Timer::Idle)],
    )
}

pub(super) fn secret_unusable(second: Second) -> Moved {
    match second {
        Second::Signing { card, sheet } => pad(Stage::Second(Second::Password {
            card,
            sheet,
            problem: None,
        })),
        other => stay(Stage::Second(other)),
    }
}

pub(super) fn signed(second: Second, ticket: Ticket, mut signatures: Vec<Vec<u8>>) -> Moved {
    let Second::Signing { card, sheet } = second else {
        return stay(Stage::Second(second));
    };
    if card.ticket != ticket {
        return stay(Stage::Second(Second::Signing { card, sheet }));
    }
    let (Some(signature), true) = (signatures.pop(), signatures.is_empty()) else {
        return pause(
            Failure::SignatureWrong,
            Stage::Second(Second::Reading { card, sheet }),
        );
    };
    let store = Effect::StoreSecond {
        ticket: sheet.ticket,
        signature,
    };
    (
        Stage::Second(Second::Storing { card, sheet }),
        vec![Effect::ClearPin, store],
    )
}

/// A card operation failed. Its ticket is this stage's card's.
pub(super) fn failed(second: Second, why: CardTrouble, here: &Here<'_>) -> Moved {
    let Second::Signing { mut card, sheet } = second else {
        return stay(Stage::Second(second));
    };
    match not_signed(why) {
        NotSigned::Again { left } => {
            card.facts.sign_tries = Some(left);
            let problem = Some(PinProblem { left });
            pad(Stage::Second(Second::Password {
                card,
                sheet,
                problem,
            }))
        }
        NotSigned::Gone => cover(Stage::Second(Second::Signing { card, sheet })),
        NotSigned::Swapped => cover_by_another(Stage::Second(Second::Signing { card, sheet })),
        NotSigned::Back(failure) => pause(failure, Stage::Second(Second::Reading { card, sheet })),
        NotSigned::Stop(failure) => stop(failure, Some(&card), here),
    }
}

/// From here on the outbox has it: nothing about anybody is needed.
pub(super) fn stored(stage: Stage, id: [u8; 16], here: &Here<'_>) -> Moved {
    let Stage::Second(Second::Storing { card, sheet: _ }) = stage else {
        return stay(stage);
    };
    let mut effects: Vec<Effect> = here.release(Some(&card)).into_iter().collect();
    effects.extend([Effect::Wipe, Effect::Await(here.following_timer())]);
    (Stage::Second(Second::Done { id, arrived: false }), effects)
}

pub(super) fn store_failed(second: Second, full: bool) -> Moved {
    let Second::Storing { card, sheet } = second else {
        return stay(Stage::Second(second));
    };
    let failure = if full {
        Failure::StorageFull
    } else {
        Failure::StorageFailed
    };
    pause(failure, Stage::Second(Second::Reading { card, sheet }))
}

/// The city has it. What is new on the screen gets its time to be read.
pub(super) fn arrived(stage: Stage, id: [u8; 16], here: &Here<'_>) -> Moved {
    match stage {
        Stage::Second(Second::Done {
            id: own,
            arrived: false,
        }) if own == id => (
            Stage::Second(Second::Done { id, arrived: true }),
            vec![Effect::Await(here.following_timer())],
        ),
        stage => stay(stage),
    }
}

// ---------------------------------------------------------------------------------------------- what may come at any time

/// Somebody is there.
pub(super) fn alive(second: Second, here: &Here<'_>) -> Moved {
    match second {
        Second::Storing { .. } => stay(Stage::Second(second)),
        Second::Done { .. } => (
            Stage::Second(second),
            vec![Effect::Await(here.following_timer())],
        ),
        Second::CardWanted
        | Second::Number { .. }
        | Second::Asking { .. }
        | Second::Reading { .. }
        | Second::Password { .. }
        | Second::Signing { .. } => acting(Stage::Second(second)),
    }
}

/// A page back; what was read is read again.
pub(super) fn back(second: Second, here: &Here<'_>) -> Moved {
    match second {
        Second::CardWanted => acting(Stage::Notice { card: None }),
        Second::Number { card, .. } => pad(Stage::Notice { card: Some(card) }),
        Second::Password { card, sheet, .. } => pad(Stage::Second(Second::Reading { card, sheet })),
        Second::Asking { .. }
        | Second::Reading { .. }
        | Second::Signing { .. }
        | Second::Storing { .. }
        | Second::Done { .. } => alive(second, here),
    }
}

/// Nobody touched anything for long.
pub(super) fn idle(second: Second, here: &Here<'_>) -> Moved {
    match second {
        Second::CardWanted => rest(),
        Second::Storing { .. } => stay(Stage::Second(second)),
        Second::Done { .. } if here.following_timer() != Timer::Idle => stay(Stage::Second(second)),
        Second::Number { .. } | Second::Done { .. } => super::over(&Stage::Second(second), here),
        Second::Asking { .. }
        | Second::Reading { .. }
        | Second::Password { .. }
        | Second::Signing { .. } => leaving::still_there(Stage::Second(second)),
    }
}

/// Only what is done is left when the card was taken long ago.
pub(super) fn card_time_over(second: Second, here: &Here<'_>) -> Moved {
    match second {
        Second::Done { .. } if here.following_timer() == Timer::CardAway => {
            super::over(&Stage::Second(second), here)
        }
        other => stay(Stage::Second(other)),
    }
}

/// The card left; it was this one.
pub(super) fn removed(second: Second) -> Moved {
    match second {
        Second::Number { .. } => rest(),
        Second::Asking { .. }
        | Second::Reading { .. }
        | Second::Password { .. }
        | Second::Signing { .. } => cover(Stage::Second(second)),
        Second::CardWanted | Second::Storing { .. } | Second::Done { .. } => {
            stay(Stage::Second(second))
        }
    }
}

pub(super) fn reader_lost(second: Second) -> Moved {
    match second {
        Second::CardWanted => rest(),
        Second::Done { .. } => (Stage::Second(second), vec![Effect::Await(Timer::CardAway)]),
        other => removed(other),
    }
}

/// A card was put in, and it is not this visit's own again.
pub(super) fn inserted(second: Second, card: CardOnReader, here: &Here<'_>) -> Moved {
    match second {
        Second::CardWanted => begin(card, here),
        other => stay(Stage::Second(other)),
    }
}

pub(super) fn unusable(second: Second, failure: Failure, here: &Here<'_>) -> Moved {
    match second {
        Second::CardWanted => stop(failure, None, here),
        other => stay(Stage::Second(other)),
    }
}

/// Gone on with after a cover: what was asked is asked anew.
pub(super) fn resume(second: Second, here: &Here<'_>) -> Moved {
    match second {
        Second::Asking { card, .. } => ask(card),
        Second::Number { card, problem } => number(card, problem),
        Second::Password {
            card,
            sheet,
            problem,
        } => ask_password(card, sheet, problem, here),
        Second::Signing { card, sheet } => ask_password(card, sheet, None, here),
        Second::CardWanted
        | Second::Reading { .. }
        | Second::Storing { .. }
        | Second::Done { .. } => alive(second, here),
    }
}

/// The same with another insertion of its card.
pub(super) fn renewed(second: Second, card: CardOnReader) -> Second {
    match second {
        Second::Number { problem, .. } => Second::Number { card, problem },
        Second::Asking { asked, .. } => Second::Asking { card, asked },
        Second::Reading { sheet, .. } => Second::Reading { card, sheet },
        Second::Password { sheet, .. } => Second::Password {
            card,
            sheet,
            problem: None,
        },
        Second::Signing { sheet, .. } => Second::Signing { card, sheet },
        Second::Storing { sheet, .. } => Second::Storing { card, sheet },
        Second::CardWanted | Second::Done { .. } => second,
    }
}

/// Takes down what the card says of its tries behind a cover.
pub(super) fn counted(second: Second, left: u8) -> Second {
    match second {
        Second::Signing { mut card, sheet } => {
            card.facts.sign_tries = Some(left);
            Second::Signing { card, sheet }
        }
        other => other,
    }
}
