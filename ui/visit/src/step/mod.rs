//! The one function that moves a visit. Nothing happens elsewhere.
//!
//! [`step`] sorts an event by whom it comes from; each family has a file: `person`, `card`, `ward` (ward, desk and
//! city), `time`. An event that does not fit the stage leaves it as it is: a late card answer, a double tap and a
//! message for a visit that has ended are all normal here, not errors.
//!
//! Two forms of decision, so that a new stage cannot be overlooked: an event that answers one stage takes that stage
//! by name and leaves every other alone (`let Stage::… = stage else`); an event that may come at any time names every
//! stage. There is no `_` arm.

mod card;
mod person;
mod time;
mod ward;

use jiff::civil::Date;
use ubugoe_procedures::{Catalogue, Lang, MunicipalityCode};

use crate::questions::{self, Stuck};
use crate::service::{self, Meanwhile, Service, ServiceContext, ServiceDesk, ServiceEvent};
use crate::{
    CardOnReader, CardSide, Draft, Effect, Event, Failure, PinProblem, Prepared, Stage, State,
    Ticket, Timer,
};

/// What the device knows when an event happens. Passed in, never looked up.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The catalogue.
    pub catalogue: &'a Catalogue,
    /// Today in Japan; `None` while the clock is not synchronised.
    pub today: Option<Date>,
    /// Where this ward stands: the place of birth.
    pub birthplace: MunicipalityCode,
    /// Whether the outbox takes another visit.
    pub has_room: bool,
    /// What staff's pages need to know.
    pub staff: ServiceDesk<'a>,
}

/// Moves a visit by one event.
#[must_use]
pub fn step(visit: State, event: Event, cx: &Context<'_>) -> (State, Vec<Effect>) {
    let State {
        lang,
        usual_lang,
        mut side,
        stage,
        service,
    } = visit;
    side.hear(&event);
    let event = match event {
        Event::Service(event) => {
            let (service, effects) = staff(service, event, &stage, cx);
            let state = State {
                lang,
                usual_lang,
                side,
                stage,
                service,
            };
            return (state, effects);
        }
        other => other,
    };
    let (service, mut effects, begins) = beside(service, &event);
    let (ended, chosen) = (
        stage == Stage::Finished,
        matches!(event, Event::LanguageChosen(_)),
    );
    let lang = if let Event::LanguageChosen(lang) = event {
        lang
    } else {
        lang
    };
    let here = Here {
        cx,
        lang,
        side: &side,
    };
    let stage = if begins {
        let (stage, more) = moved(stage, event, &here);
        effects.extend(more);
        stage
    } else {
        stage
    };
    let stage = at_rest(stage, side.fault);
    // The next person finds the screen as the ward set it.
    let lang = if ended && stage != Stage::Finished && !chosen {
        usual_lang
    } else {
        lang
    };
    (
        State {
            lang,
            usual_lang,
            side,
            stage,
            service,
        },
        effects,
    )
}

/// A step of staff: the visit's stage stays as it is, whatever they do.
fn staff(
    service: Service,
    event: ServiceEvent,
    stage: &Stage,
    cx: &Context<'_>,
) -> (Service, Vec<Effect>) {
    let here = ServiceContext {
        catalogue: cx.catalogue,
        desk: cx.staff,
        may_open: service::may_open(stage),
    };
    let (service, effects) = service::step(service, event, &here);
    (service, effects.into_iter().map(Effect::Service).collect())
}

/// What an event of the visit does to staff who have the screen, and whether the visit hears of it.
fn beside(service: Service, event: &Event) -> (Service, Vec<Effect>, bool) {
    match service::meanwhile(&service, event) {
        Meanwhile::Beside => (service, Vec::new(), true),
        Meanwhile::KeepBack => (service, Vec::new(), false),
        Meanwhile::GiveWay => {
            let (service, effects) = service::close(&service);
            let effects = effects.into_iter().map(Effect::Service).collect();
            (service, effects, true)
        }
    }
}

/// A device at rest says so, or says why no card can be read.
fn at_rest(stage: Stage, fault: Option<Failure>) -> Stage {
    if stage.is_rest() {
        fault.map_or(Stage::Resting, |failure| Stage::Trouble {
            failure,
            back_to: None,
        })
    } else {
        stage
    }
}

fn moved(stage: Stage, event: Event, here: &Here<'_>) -> Moved {
    match event {
        Event::LanguageChosen(_) => person::language_chosen(stage, here),
        Event::Touched => person::alive(stage, here),
        Event::QuitWanted => person::quit(stage, here),
        Event::RetryWanted => person::retry(stage, here),
        Event::AttributesPinEntered => person::attributes_pin_entered(stage, here),
        Event::IdentityConfirmed => person::identity_confirmed(stage),
        Event::CertificateConfirmed {
            number,
            child_order,
        } => person::certificate_confirmed(stage, &number, child_order, here),
        Event::NoCertificateIsMine => person::no_certificate_is_mine(stage, here),
        Event::LineSeen => person::line_seen(stage, here),
        Event::Answered(value) => person::answered(stage, value, here),
        Event::AnswerUnreadable(code) => person::unreadable(stage, code),
        Event::SecretUnusable => person::secret_unusable(stage),
        Event::BackWanted => person::back(stage, here),
        Event::CorrectionWanted { form, path } => person::correction(stage, form, &path, here),
        Event::ReviewConfirmed => person::review_confirmed(stage, here),
        Event::SignPasswordEntered => person::sign_password_entered(stage, here),
        Event::CardServiceLost | Event::ReadersChanged { present: false } => {
            card::reader_lost(stage)
        }
        // What is known of the reader is all that changes; a device at rest shows it.
        // Of staff nothing comes here: see `staff`.
        Event::CardServiceBack | Event::ReadersChanged { present: true } | Event::Service(_) => {
            stay(stage)
        }
        Event::CardInserted(card) => card::inserted(stage, card, here),
        Event::CardUnusable { ticket: _, why } => card::unusable(stage, why, here),
        Event::CardRemoved { ticket } => card::removed(stage, ticket, here),
        Event::AttributesRead {
            ticket,
            holder,
            integrity,
        } => card::attributes_read(stage, ticket, holder, integrity, here),
        Event::Signed { ticket, signatures } => card::signed(stage, ticket, signatures),
        Event::CardFailed { ticket, trouble } => card::failed(stage, ticket, trouble, here),
        Event::CertificatesFound {
            candidates,
            earlier,
        } => ward::certificates_found(stage, candidates, earlier, here),
        Event::CertificatesFailed(trouble) => ward::certificates_failed(stage, trouble, here),
        Event::Stored(deliveries) => ward::stored(stage, deliveries, here),
        Event::StoreFailed { full } => ward::store_failed(stage, full),
        Event::DeliveryMoved(news) => ward::delivery_moved(stage, news, here),
        Event::Elapsed(timer) => time::elapsed(stage, timer, here),
    }
}

// ---------------------------------------------------------------------------------------------- shared by the families

type Moved = (Stage, Vec<Effect>);

/// What every transition may look at.
struct Here<'a> {
    cx: &'a Context<'a>,
    lang: Lang,
    side: &'a CardSide,
}

impl Here<'_> {
    fn lies(&self, ticket: Ticket) -> bool {
        self.side.lying.contains(&ticket)
    }

    /// Nothing lies on any reader.
    fn empty(&self) -> bool {
        self.side.lying.is_empty()
    }

    /// Nothing but this lies on any reader.
    fn only(&self, ticket: Ticket) -> bool {
        self.side.lying.iter().all(|lying| *lying == ticket)
    }

    /// The timer of the receipts' page: long while the card is still there, short once it was taken away.
    fn following_timer(&self) -> Timer {
        if self.empty() {
            Timer::CardAway
        } else {
            Timer::Idle
        }
    }

    /// Ends the card's session, if there is one.
    fn release(&self, card: Option<&CardOnReader>) -> Option<Effect> {
        let ticket = card?.ticket;
        self.lies(ticket).then_some(Effect::ReleaseCard { ticket })
    }
}

/// The stage stays; nothing is to be done.
const fn stay(stage: Stage) -> Moved {
    (stage, Vec::new())
}

/// A stage in which a person acts: the pad is empty, and the patience begins anew.
fn acting(stage: Stage) -> Moved {
    (stage, vec![Effect::Await(Timer::Idle)])
}

/// A stage with an empty pad.
fn pad(stage: Stage) -> Moved {
    (stage, vec![Effect::ClearPin, Effect::Await(Timer::Idle)])
}

/// Back to rest: nothing is kept.
fn rest() -> Moved {
    (Stage::Resting, vec![Effect::ClearPin, Effect::Wipe])
}

/// Everything is over: forget, and thank.
fn over(stage: &Stage, here: &Here<'_>) -> Moved {
    let mut effects = vec![Effect::ClearPin];
    effects.extend(here.release(stage.card()));
    effects.extend([Effect::Wipe, Effect::Await(Timer::Farewell)]);
    (Stage::Finished, effects)
}

/// Stops for good: a code, and nothing kept. `card` is the one to release, where it is still there.
fn stop(failure: Failure, card: Option<&CardOnReader>, here: &Here<'_>) -> Moved {
    let mut effects = vec![Effect::ClearPin];
    effects.extend(here.release(card));
    effects.extend([Effect::Wipe, Effect::Await(Timer::Idle)]);
    (
        Stage::Trouble {
            failure,
            back_to: None,
        },
        effects,
    )
}

/// Stops with a code and a way back.
fn pause(failure: Failure, back: Stage) -> Moved {
    pad(Stage::Trouble {
        failure,
        back_to: Some(Box::new(back)),
    })
}

/// Hides a stage that holds personal data behind "put the card back".
fn cover(stage: Stage) -> Moved {
    let covered = Stage::CardAway {
        was: Box::new(stage),
        another: false,
    };
    (
        covered,
        vec![Effect::ClearPin, Effect::Await(Timer::CardAway)],
    )
}

/// A stage is gone on with after a pause or a cover. What is shown for signing is put together anew: the language on
/// the screen, which stands in the bytes, may be another one now.
fn resume(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Reviewing { draft, prepared: _ } => review(draft, here),
        Stage::SignPassword {
            draft,
            prepared,
            problem,
        } => ask_password(draft, prepared, problem, here),
        Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Resting
        | Stage::Finished => acting(stage),
    }
}

/// The next question, or the review when none is open.
fn ask_next(draft: Box<Draft>, here: &Here<'_>) -> Moved {
    match questions::next_question(&draft, here.cx) {
        Some(at) => acting(Stage::Asking {
            draft,
            at,
            problems: Vec::new(),
            correcting: false,
        }),
        None => review(draft, here),
    }
}

/// Everything that will be signed, put together as bytes.
fn review(draft: Box<Draft>, here: &Here<'_>) -> Moved {
    match questions::assemble(&draft, here.lang, here.cx) {
        Ok(prepared) => acting(Stage::Reviewing { draft, prepared }),
        Err(Stuck::Ask(at, problems)) => acting(Stage::Asking {
            draft,
            at,
            problems,
            correcting: false,
        }),
        Err(Stuck::Impossible) => pause(Failure::FormIncomplete, Stage::Line(draft)),
    }
}

/// The pad for the signature password, unless something already says that there is no use in typing it.
fn ask_password(
    draft: Box<Draft>,
    prepared: Vec<Prepared>,
    problem: Option<PinProblem>,
    here: &Here<'_>,
) -> Moved {
    match refuse_to_sign(&draft, here) {
        None => pad(Stage::SignPassword {
            draft,
            prepared,
            problem,
        }),
        Some(failure) => refused(failure, draft, prepared, here),
    }
}

/// What stops a signature before the password is sent.
fn refuse_to_sign(draft: &Draft, here: &Here<'_>) -> Option<Failure> {
    if here.cx.today.is_none() {
        return Some(Failure::ClockUnsynchronised);
    }
    // Room is not asked again: a visit that began is never turned away for it, and the outbox keeps a reserve.
    kept(
        draft.card.facts.sign_tries,
        Failure::SignPasswordLocked,
        Failure::SignPasswordLastTry,
    )
}

/// The clock may come right while the answers wait; the card's counter does not.
fn refused(failure: Failure, draft: Box<Draft>, prepared: Vec<Prepared>, here: &Here<'_>) -> Moved {
    if failure == Failure::ClockUnsynchronised {
        pause(failure, Stage::Reviewing { draft, prepared })
    } else {
        stop(failure, Some(&draft.card), here)
    }
}

/// The failure that a counter means: this device never spends the last try.
fn kept(tries: Option<u8>, locked: Failure, last: Failure) -> Option<Failure> {
    match tries {
        Some(0) => Some(locked),
        Some(1) => Some(last),
        Some(2..) | None => None,
    }
}
