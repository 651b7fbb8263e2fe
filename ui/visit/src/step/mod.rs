//! The one function that moves a visit. Nothing happens elsewhere.
//!
//! [`step`] sorts an event by whom it comes from; each family has a file: `entry`, `person`, `asking`, `leaving`
//! (whoever is before the screen), `card`, `ward` (ward, desk and city), `time`. An event that does not fit the stage
//! leaves it as it is: a late card answer, a double tap and a message for a visit that has ended are all normal here,
//! not errors.
//!
//! Two forms of decision, so that a new stage cannot be overlooked: an event that answers one stage takes that stage
//! by name and leaves every other alone (`let Stage::… = stage else`); an event that may come at any time names every
//! stage. There is no `_` arm.

mod asking;
mod card;
mod entry;
mod leaving;
pub use leaving::kept_alone;
mod person;
pub use person::print_failure;
mod second;
mod time;
mod ward;

use jiff::civil::Date;
use ubugoe_procedures::nursery::Index;
use ubugoe_procedures::{Catalogue, MunicipalityCode, Tongue};

use crate::questions::{self, Stuck};
use crate::service::{self, Meanwhile, Service, ServiceContext, ServiceDesk, ServiceEvent};
use crate::{
    CardOnReader, CardSide, Comfort, Draft, Effect, Event, Failure, PinProblem, Prepared, Stage,
    State, Ticket, Timer, nursery,
};

/// What the device knows when an event happens. Passed in, never looked up.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "findings that are independent of each other"
)]
pub struct Context<'a> {
    /// The catalogue.
    pub catalogue: &'a Catalogue,
    /// Today in Japan; `None` while the clock is not synchronised.
    pub today: Option<Date>,
    /// The same moment in seconds since 1970-01-01 UTC, as far as it can be believed.
    pub now: i64,
    /// Where this ward stands: the place of birth.
    pub birthplace: MunicipalityCode,
    /// Whether the outbox takes another visit.
    pub has_room: bool,
    /// Whether the operator closed this device: no visit begins, and one that runs goes to its end.
    pub closed: bool,
    /// Whether the cities can be reached now.
    pub online: bool,
    /// Whether they could not be for a day or longer.
    pub offline_long: bool,
    /// The nursery places that can be looked up; `None`: choices are asked as words.
    pub nurseries: Option<&'a Index>,
    /// What staff's pages need to know.
    pub staff: ServiceDesk<'a>,
}

/// Moves a visit by one event.
#[must_use]
pub fn step(visit: State, event: Event, cx: &Context<'_>) -> (State, Vec<Effect>) {
    let State {
        mut tongue,
        usual_tongue,
        mut comfort,
        usual_comfort,
        mut side,
        stage,
        service,
    } = visit;
    side.hear(&event);
    let event = match event {
        Event::Service(event) => {
            let was_open = service.is_open();
            let (service, effects) = staff(service, event, &stage, cx);
            if was_open && !service.is_open() && stage.is_rest() {
                (tongue, comfort) = (usual_tongue, usual_comfort);
            }
            let state = State {
                tongue,
                usual_tongue,
                comfort,
                usual_comfort,
                side,
                stage,
                service,
            };
            return (state, effects);
        }
        other => other,
    };
    let was_open = service.is_open();
    let (service, mut effects, begins) = beside(service, &event);
    // A card makes staff give way at rest: what they set is not its holder's.
    if was_open && !service.is_open() && stage.is_rest() {
        (tongue, comfort) = (usual_tongue, usual_comfort);
    }
    if let Event::LanguageChosen(chosen) = event {
        tongue = chosen;
    }
    if let Event::ComfortChanged(set) = event {
        comfort = set;
    }
    // Whoever goes on where she stopped finds the screen as she left it, unless she has set it otherwise just now.
    if let (Event::ResumeWanted, Stage::Resume { saved, .. }) = (&event, &stage) {
        if tongue == usual_tongue {
            tongue = saved.tongue;
        }
        if comfort == usual_comfort {
            comfort = saved.comfort;
        }
    }
    let (at_work, ended) = (
        !stage.is_rest(),
        matches!(
            stage,
            Stage::Finished | Stage::Paused { .. } | Stage::Following { .. }
        ),
    );
    let here = Here {
        cx,
        tongue,
        comfort,
        side: &side,
    };
    // Whoever only read that the device is closed leaves nothing set behind.
    if stage == Stage::Resting && event == Event::Elapsed(Timer::Idle) {
        (tongue, comfort) = (usual_tongue, usual_comfort);
    }
    let stage = if begins {
        let (stage, more) = moved(stage, event, &here);
        effects.extend(more);
        stage
    } else {
        stage
    };
    let stage = at_rest(stage, side.fault);
    // The next person finds the screen as the ward set it.
    let next = ended && matches!(stage, Stage::Notice { .. } | Stage::Trouble { .. });
    if next || (at_work && stage.is_rest()) {
        (tongue, comfort) = (usual_tongue, usual_comfort);
    }
    (
        State {
            tongue,
            usual_tongue,
            comfort,
            usual_comfort,
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
        Event::BeginWanted => entry::begin_wanted(stage, here),
        Event::LanguageChosen(_) => entry::language_chosen(stage, here),
        Event::NoticeRead => entry::notice_read(stage, here),
        Event::Touched | Event::ComfortChanged(_) => person::alive(stage, here),
        Event::QuitWanted => leaving::quit(stage, here),
        Event::QuietExitWanted => leaving::quiet_exit(stage, here),
        Event::PauseWanted => leaving::pause_wanted(stage, here),
        Event::ContinueWanted => leaving::go_on(stage, here),
        Event::StaffCalled => leaving::staff_called(stage, here),
        Event::RetryWanted => person::retry(stage, here),
        Event::AttributesPinEntered => person::attributes_pin_entered(stage, here),
        Event::IdentityConfirmed => person::identity_confirmed(stage),
        Event::ResumeWanted => ward::resume_wanted(stage, here),
        Event::BeginAnewWanted => ward::begin_anew_wanted(stage),
        Event::StaffOpened => ward::staff_opened(stage, here),
        Event::CertificateToggled {
            number,
            child_order,
        } => ward::certificate_toggled(stage, &number, child_order),
        Event::CertificatesConfirmed => ward::certificates_confirmed(stage, here),
        Event::NoCertificateIsMine => ward::no_certificate_is_mine(stage, here),
        Event::ItemToggled(procedure) => asking::item_toggled(stage, &procedure, here),
        Event::PrivateWanted(wanted) => asking::private_wanted(stage, wanted),
        Event::LineSeen => asking::line_seen(stage, here),
        Event::Answered(value) => asking::answered(stage, value, here),
        Event::AnswerUnreadable(code) => asking::unreadable(stage, code),
        Event::NurseryWished(wish) => asking::nursery_wished(stage, wish),
        Event::NurseryAdded(id) => asking::nursery_added(stage, &id, here),
        Event::NurseryRemoved(place) => asking::nursery_removed(stage, place),
        Event::NurseryMoved { place, up } => asking::nursery_moved(stage, place, up),
        Event::NurseryEntry { year, month } => asking::nursery_entry(stage, year, month, here),
        Event::NurseryDone => asking::nursery_done(stage, here),
        Event::NurserySkipped => asking::nursery_skipped(stage, here),
        Event::PaperWanted => person::paper_wanted(stage, here),
        Event::SecretUnusable => person::secret_unusable(stage),
        Event::BackWanted => asking::back(stage, here),
        Event::CorrectionWanted { form, path } => asking::correction(stage, form, &path, here),
        Event::ReviewConfirmed => person::review_confirmed(stage, here),
        Event::SignPasswordEntered => person::sign_password_entered(stage, here),
        Event::PageWanted(page) => person::page_wanted(stage, page, here),
        Event::PrintWanted(sheet) => person::print_wanted(stage, sheet, here),
        Event::Printed(sheet) => person::printed(stage, sheet, here),
        Event::PrintFailed(sheet, why) => person::print_failed(stage, sheet, why, here),
        Event::PrintWaits(sheet, why) => person::print_waits(stage, sheet, why),
        Event::PrintSeen(seen) => person::print_seen(stage, seen, here),
        Event::PrintStopped => person::print_stopped(stage, here),
        Event::VoiceGiven(voice) => person::voice_given(stage, voice, here),
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
        Event::CertificatesFound(found) => ward::certificates_found(stage, *found, here),
        Event::CertificatesFailed(trouble) => ward::certificates_failed(stage, trouble, here),
        Event::Stored(deliveries) => ward::stored(stage, deliveries, here),
        Event::StoreFailed { full } => ward::store_failed(stage, full),
        Event::DraftKept { until } => leaving::draft_kept(stage, until, here),
        Event::DraftNotKept { full } => leaving::draft_not_kept(stage, full, here),
        Event::DeliveryMoved(news) => ward::delivery_moved(stage, news, here),
        Event::SecondWanted => second::wanted(stage, here),
        Event::SecondNumberEntered => second::number_entered(stage, here),
        Event::SecondFound(sheet) => second::found(stage, sheet),
        Event::SecondNotFound(problem) => second::not_found(stage, problem),
        Event::SecondStored(id) => second::stored(stage, id, here),
        Event::SecondArrived(id) => second::arrived(stage, id, here),
        Event::Elapsed(timer) => time::elapsed(stage, timer, here),
    }
}

// ---------------------------------------------------------------------------------------------- shared by the families

type Moved = (Stage, Vec<Effect>);

/// What every transition may look at.
struct Here<'a> {
    cx: &'a Context<'a>,
    tongue: Tongue,
    comfort: Comfort,
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
    covered(stage, false)
}

/// The same, where another card lies there.
fn cover_by_another(stage: Stage) -> Moved {
    covered(stage, true)
}

fn covered(stage: Stage, another: bool) -> Moved {
    let covered = Stage::CardAway {
        was: Box::new(stage),
        another,
    };
    (
        covered,
        vec![Effect::ClearPin, Effect::Await(Timer::CardAway)],
    )
}

/// A stage is gone on with after a pause or a cover, or the nearest one in which a person can act: what a card or the
/// ward was asked before is asked anew. What is shown for signing is put together anew: the language on the screen, which
/// stands in the bytes, may be another one now.
fn resume(stage: Stage, here: &Here<'_>) -> Moved {
    match stage {
        Stage::Reviewing { draft, prepared: _ } => review(draft, here),
        Stage::SignPassword {
            draft,
            prepared,
            problem,
        } => ask_password(draft, prepared, problem, here),
        Stage::Signing { draft, prepared } => ask_password(draft, prepared, None, here),
        Stage::FindingCertificate {
            card,
            holder,
            integrity,
        } => acting(Stage::Identity {
            card,
            holder,
            integrity,
        }),
        Stage::Following { .. } => (stage, vec![Effect::Await(here.following_timer())]),
        Stage::Second(second) => second::resume(second, here),
        Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::CardWanted
        | Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Storing { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Called { .. }
        | Stage::Paper { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Resting
        | Stage::Finished => acting(stage),
    }
}

/// Goes on behind a cover: to the stage, or to the card's own cover where the card has gone meanwhile.
fn uncover(was: Stage, here: &Here<'_>) -> Moved {
    match was.card() {
        Some(card) if !here.lies(card.ticket) => cover(bare(was)),
        Some(_) | None => resume(was, here),
    }
}

/// What a cover of the card hides: never another cover, never a trouble page.
fn bare(stage: Stage) -> Stage {
    match stage {
        Stage::StillThere { was } | Stage::Called { was } | Stage::Paper { was, .. } => bare(*was),
        Stage::Trouble {
            back_to: Some(back),
            ..
        } => bare(*back),
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
        | Stage::Trouble { back_to: None, .. }
        | Stage::Finished
        | Stage::Second(_) => stage,
    }
}

/// The next question; then the nursery places; then the review.
fn ask_next(draft: Box<Draft>, here: &Here<'_>) -> Moved {
    match questions::next_question(&draft, here.cx) {
        Some(at) => acting(Stage::Asking {
            draft,
            at,
            problems: Vec::new(),
            correcting: false,
        }),
        None if nursery::wanted(&draft, here.cx) => acting(Stage::Nursery(draft)),
        None => review(draft, here),
    }
}

/// Everything that will be signed, put together as bytes.
fn review(draft: Box<Draft>, here: &Here<'_>) -> Moved {
    match questions::assemble(&draft, here.tongue, here.cx) {
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
