//! The one function that moves a visit: every (stage, event) pair is named, and nothing happens elsewhere.
//!
//! Reading order: [`step`] sorts an event by whom it comes from (person, card, ward, desk, city, time); each family
//! has one function below. An event that does not fit the stage leaves it as it is: a late card answer, a double
//! tap and a message for a visit that has ended are all normal here, not errors.

use jiff::civil::Date;
use ubugoe_procedures::{
    Draft as FilingDraft, Routing,    BirthCertificate, CardHolder, Catalogue, Facts, FieldPath, FilerRole, Filing, Lang, MunicipalityCode, Problem,
    Procedure, ReasonCode, Source, Value, check, missing, plan, prefill, share,
};

use crate::{
    CardFacts, CardIdentity, CardOnReader, CardTrouble, CertificateTrouble, Delivery, DeliveryState, Draft, Failure,
    FormDraft, Integrity, PinProblem, Prepared, QuestionAt, Stage, State, Ticket, TokenKind, UnusableCard,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    // ---- the person in front of the screen
    /// A language was chosen.
    LanguageChosen(Lang),
    /// The four digits are complete; the pad holds them, not this event.
    AttributesPinEntered,
    /// "Yes, that is me."
    IdentityConfirmed,
    /// "This is my child": the certificate with this number.
    CertificateConfirmed {
        /// The certificate's number.
        number: String,
    },
    /// "None of these is my child."
    NoCertificateIsMine,
    /// Go on from the line.
    LineSeen,
    /// The answer to the question on the screen.
    Answered(Value),
    /// What was typed cannot be a value of the question's kind.
    AnswerUnreadable(ReasonCode),
    /// The secret in the pad has a shape that no secret has; the card was not asked.
    SecretUnusable,
    /// Back to the question before.
    BackWanted,
    /// A row of the review shall be corrected.
    CorrectionWanted {
        /// Index of the form.
        form: usize,
        /// The row's field.
        path: FieldPath,
    },
    /// Everything was shown to its end, and is right.
    ReviewConfirmed,
    /// The signature password is complete; the pad holds it, not this event.
    SignPasswordEntered,
    /// "Try again" on a trouble page.
    RetryWanted,
    /// Stop here, or finish after the receipt.
    QuitWanted,
    /// Any touch that moves nothing: the person is still there.
    Touched,
    // ---- the card
    /// The card service went away.
    CardServiceLost,
    /// The card service is back.
    CardServiceBack,
    /// Readers were plugged or unplugged.
    ReadersChanged {
        /// Whether at least one is there now.
        present: bool,
    },
    /// A My Number card (or phone) was put in and looked at.
    CardInserted(CardOnReader),
    /// Something else was put in.
    CardUnusable {
        /// The insertion.
        ticket: Ticket,
        /// Why it is of no use.
        why: UnusableCard,
    },
    /// It left the reader.
    CardRemoved {
        /// The insertion that ended.
        ticket: Ticket,
    },
    /// The four attributes.
    AttributesRead {
        /// The insertion that was asked.
        ticket: Ticket,
        /// The attributes.
        holder: CardHolder,
        /// How far they are proven.
        integrity: Integrity,
    },
    /// All forms are signed: one CMS object each, in the order asked.
    Signed {
        /// The insertion that was asked.
        ticket: Ticket,
        /// DER, one per form.
        signatures: Vec<Vec<u8>>,
    },
    /// A card operation failed.
    CardFailed {
        /// The insertion that was asked.
        ticket: Ticket,
        /// How.
        trouble: CardTrouble,
    },
    // ---- the ward
    /// The ward's certificates that name this mother and are not filed yet, and what this card filed here earlier.
    CertificatesFound {
        /// In order of birth.
        candidates: Vec<BirthCertificate>,
        /// Earlier filings of the same card.
        earlier: Vec<Delivery>,
    },
    /// They could not be looked up.
    CertificatesFailed(CertificateTrouble),
    // ---- the desk (sealing and storing)
    /// Durably stored.
    Stored(Vec<Delivery>),
    /// Not stored; nothing was kept.
    StoreFailed {
        /// Whether the device is full rather than broken.
        full: bool,
    },
    // ---- the city
    /// News of a filing.
    DeliveryMoved(Delivery),
    // ---- time
    /// A timer that was asked for has run out.
    Elapsed(Timer),
}

/// Something that shall be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Empty the PIN pad (zeroise).
    ClearPin,
    /// Read the four attributes with the PIN in the pad.
    ReadAttributes {
        /// The insertion to ask.
        ticket: Ticket,
    },
    /// Sign these bytes, in this order, with the password in the pad.
    Sign {
        /// The insertion to ask.
        ticket: Ticket,
        /// Who must be named in the certificate.
        holder: CardHolder,
        /// What to sign: the canonical bytes of each form.
        canonical: Vec<Vec<u8>>,
    },
    /// Log the card out and cut its power.
    ReleaseCard {
        /// The insertion to end.
        ticket: Ticket,
    },
    /// Look up the ward's certificates for this mother, and earlier filings of this card.
    FindCertificates {
        /// The mother as the card names her.
        holder: CardHolder,
        /// The card.
        identity: CardIdentity,
    },
    /// Seal and store, in one transaction.
    Store {
        /// The forms.
        prepared: Vec<Prepared>,
        /// One CMS object each.
        signatures: Vec<Vec<u8>>,
        /// The card, for finding the filings again.
        identity: CardIdentity,
        /// The certificate they rest on.
        certificate_number: String,
    },
    /// Start (or start anew) a timer.
    Await(Timer),
    /// Forget everything about the person: pads, models, pictures.
    Wipe,
}

/// The timers of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// Nobody touched anything.
    Idle,
    /// The card is away and the screen is covered.
    CardAway,
    /// The page after the end.
    Farewell,
}

impl Timer {
    /// How long, in seconds. None is below 90 s while somebody may still be acting.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Idle => 600,
            Self::CardAway => 120,
            Self::Farewell => 20,
        }
    }
}

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
}

/// Moves a visit by one event.
#[must_use]
pub fn step(state: State, event: Event, cx: &Context<'_>) -> (State, Vec<Effect>) {
    let State { lang, stage } = state;
    let (lang, (stage, effects)) = match event {
        Event::LanguageChosen(chosen) => (chosen, alive(stage)),
        Event::Touched => (lang, alive(stage)),
        Event::QuitWanted => (lang, quit(stage)),
        Event::RetryWanted => (lang, retry(stage)),
        Event::AttributesPinEntered => (lang, attributes_pin_entered(stage)),
        Event::IdentityConfirmed => (lang, identity_confirmed(stage)),
        Event::CertificateConfirmed { number } => (lang, certificate_confirmed(stage, &number, cx)),
        Event::NoCertificateIsMine => (lang, no_certificate_is_mine(stage)),
        Event::LineSeen => (lang, line_seen(stage, lang, cx)),
        Event::Answered(value) => (lang, answered(stage, value, lang, cx)),
        Event::AnswerUnreadable(code) => (lang, unreadable(stage, code)),
        Event::SecretUnusable => (lang, secret_unusable(stage)),
        Event::BackWanted => (lang, back(stage, lang, cx)),
        Event::CorrectionWanted { form, path } => (lang, correction(stage, form, path)),
        Event::ReviewConfirmed => (lang, review_confirmed(stage)),
        Event::SignPasswordEntered => (lang, sign_password_entered(stage)),
        Event::CardServiceLost => (lang, reader_lost(stage, Failure::NoCardService)),
        Event::ReadersChanged { present: false } => (lang, reader_lost(stage, Failure::NoReader)),
        Event::CardServiceBack | Event::ReadersChanged { present: true } => (lang, reader_back(stage)),
        Event::CardInserted(card) => (lang, card_inserted(stage, card, cx)),
        Event::CardUnusable { ticket, why } => (lang, card_unusable(stage, ticket, why)),
        Event::CardRemoved { ticket } => (lang, card_removed(stage, ticket)),
        Event::AttributesRead { ticket, holder, integrity } => (lang, attributes_read(stage, ticket, holder, integrity)),
        Event::Signed { ticket, signatures } => (lang, signed(stage, ticket, signatures)),
        Event::CardFailed { ticket, trouble } => (lang, card_failed(stage, ticket, trouble)),
        Event::CertificatesFound { candidates, earlier } => (lang, certificates_found(stage, candidates, earlier)),
        Event::CertificatesFailed(trouble) => (lang, certificates_failed(stage, trouble)),
        Event::Stored(deliveries) => (lang, stored(stage, deliveries)),
        Event::StoreFailed { full } => (lang, store_failed(stage, full)),
        Event::DeliveryMoved(news) => (lang, delivery_moved(stage, news)),
        Event::Elapsed(timer) => (lang, elapsed(stage, timer)),
    };
    (State { lang, stage }, effects)
}

type Moved = (Stage, Vec<Effect>);

/// The stage stays; nothing is to be done.
const fn stay(stage: Stage) -> Moved {
    (stage, Vec::new())
}

/// The stage stays, and the person is there.
fn alive(stage: Stage) -> Moved {
    let effects = if stage.holds_personal_data() { vec![Effect::Await(Timer::Idle)] } else { Vec::new() };
    (stage, effects)
}

/// Everything is over: forget, and thank.
fn over(stage: &Stage) -> Moved {
    let mut effects = vec![Effect::ClearPin];
    if let Some(card) = stage.card() {
        effects.push(Effect::ReleaseCard { ticket: card.ticket });
    }
    effects.extend([Effect::Wipe, Effect::Await(Timer::Farewell)]);
    (Stage::Finished, effects)
}

/// Stop with a code; `back_to` is where "try again" leads.
fn trouble(failure: Failure, back_to: Option<Stage>) -> Moved {
    let mut effects = vec![Effect::ClearPin];
    if back_to.is_none() {
        effects.push(Effect::Wipe);
    }
    effects.push(Effect::Await(Timer::Idle));
    (Stage::Trouble { failure, back_to: back_to.map(Box::new) }, effects)
}

// ---------------------------------------------------------------------------------------------- the person

fn quit(stage: Stage) -> Moved {
    match stage {
        Stage::Resting | Stage::Finished => stay(stage),
        // A signed visit that is being written is not stopped by a tap: it is stored or it fails.
        Stage::Storing { .. } => stay(stage),
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
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. } => over(&stage),
    }
}

fn retry(stage: Stage) -> Moved {
    match stage {
        Stage::Trouble { back_to: Some(back), failure: _ } => alive(*back),
        Stage::Trouble { back_to: None, failure } if failure.retry_helps() => (Stage::Resting, vec![Effect::Wipe]),
        other => stay(other),
    }
}

fn attributes_pin_entered(stage: Stage) -> Moved {
    match stage {
        Stage::AttributesPin { card, problem: _ } => {
            let ask = Effect::ReadAttributes { ticket: card.ticket };
            (Stage::ReadingAttributes { card }, vec![ask])
        }
        other => stay(other),
    }
}

fn identity_confirmed(stage: Stage) -> Moved {
    match stage {
        Stage::Identity { card, holder, integrity } => {
            let look = Effect::FindCertificates { holder: holder.clone(), identity: card.facts.identity };
            (Stage::FindingCertificate { card, holder, integrity }, vec![look, Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn no_certificate_is_mine(stage: Stage) -> Moved {
    match stage {
        Stage::Certificate { .. } => {
            let (ended, mut effects) = trouble(Failure::NoCertificate, None);
            if let Some(card) = stage.card() {
                effects.push(Effect::ReleaseCard { ticket: card.ticket });
            }
            (ended, effects)
        }
        other => stay(other),
    }
}

fn certificate_confirmed(stage: Stage, number: &str, cx: &Context<'_>) -> Moved {
    let Stage::Certificate { card, holder, candidates } = stage else { return stay(stage) };
    let Some(certificate) = candidates.iter().find(|c| c.number == number).cloned() else {
        return stay(Stage::Certificate { card, holder, candidates });
    };
    let Some(today) = cx.today else { return trouble(Failure::ClockUnsynchronised, None) };
    match draft(card, holder, certificate, today, cx) {
        Some(draft) => (Stage::Line(Box::new(draft)), vec![Effect::Await(Timer::Idle)]),
        None => trouble(Failure::FormIncomplete, None),
    }
}

/// The line and the forms, filled from what is known.
///
/// A procedure that goes to the claimant's own municipality gets a form only when that municipality has a profile
/// here: nothing is ever sent to the wrong city for want of the right one. It stays on the line all the same.
fn draft(
    card: CardOnReader,
    holder: CardHolder,
    certificate: BirthCertificate,
    today: Date,
    cx: &Context<'_>,
) -> Option<Draft> {
    let home = home_of(&holder.address, cx.catalogue);
    let facts = Facts {
        home: home.unwrap_or(cx.birthplace),
        birthplace: cx.birthplace,
        role: FilerRole::Mother,
        certificate: Some(certificate.clone()),
        holder: holder.clone(),
        today,
    };
    let line = plan(cx.catalogue, &facts);
    let mut forms = Vec::new();
    for item in &line.items {
        let procedure = cx.catalogue.procedure(&item.procedure)?;
        if home.is_none() && procedure.routing == Routing::ClaimantHome {
            continue;
        }
        let answers = prefill(procedure, &facts, cx.catalogue);
        forms.push(FormDraft { procedure: item.procedure.clone(), recipient: item.recipient, answers });
    }
    Some(Draft { card, holder, certificate, line, forms, asked: Vec::new(), drafted_on: today })
}

/// The municipality that an address on a card lies in, among those that have a profile.
///
/// The address begins with prefecture and municipality as the resident record has them; both must be there, because
/// two municipalities may share a name (traps: 府中市, 伊達市).
fn home_of(address: &str, catalogue: &Catalogue) -> Option<MunicipalityCode> {
    catalogue
        .profiles()
        .find(|profile| {
            let rest = address.strip_prefix(profile.prefecture.ja.as_str());
            rest.is_some_and(|rest| rest.starts_with(profile.name.ja.as_str()))
        })
        .map(|profile| profile.code)
}

fn line_seen(stage: Stage, lang: Lang, cx: &Context<'_>) -> Moved {
    match stage {
        Stage::Line(draft) => ask_next(draft, lang, cx),
        other => stay(other),
    }
}

fn procedure<'a>(cx: &Context<'a>, form: &FormDraft) -> Option<&'a Procedure> {
    cx.catalogue.procedure(&form.procedure)
}

/// The first question still open, in the order of the line.
fn next_question(draft: &Draft, cx: &Context<'_>) -> Option<QuestionAt> {
    draft.forms.iter().enumerate().find_map(|(index, form)| {
        let field = *missing(procedure(cx, form)?, &form.answers).first()?;
        Some(QuestionAt { form: index, path: field.path.clone() })
    })
}

/// How many questions are still open over all forms, the one on the screen included.
#[must_use]
pub fn questions_left(draft: &Draft, cx: &Context<'_>) -> usize {
    draft.forms.iter().filter_map(|form| Some(missing(procedure(cx, form)?, &form.answers).len())).sum()
}

/// The next question, or the review when none is open.
fn ask_next(draft: Box<Draft>, lang: Lang, cx: &Context<'_>) -> Moved {
    match next_question(&draft, cx) {
        Some(at) => {
            (Stage::Asking { draft, at, problems: Vec::new(), correcting: false }, vec![Effect::Await(Timer::Idle)])
        }
        None => review(draft, lang, cx),
    }
}

/// Puts the forms together as the bytes that will be shown and signed.
fn review(draft: Box<Draft>, lang: Lang, cx: &Context<'_>) -> Moved {
    let prepared: Option<Vec<Prepared>> = draft.forms.iter().map(|form| prepare(form, &draft, lang, cx)).collect();
    match prepared {
        Some(prepared) => (Stage::Reviewing { draft, prepared }, vec![Effect::Await(Timer::Idle)]),
        None => trouble(Failure::FormIncomplete, Some(Stage::Line(draft))),
    }
}

fn prepare(form: &FormDraft, draft: &Draft, lang: Lang, cx: &Context<'_>) -> Option<Prepared> {
    let procedure = procedure(cx, form)?;
    let frame = FilingDraft {
        recipient: form.recipient,
        lang_shown: lang,
        certificate_number: Some(draft.certificate.number.clone()),
        child_order: Some(draft.certificate.child_order()),
        drafted_on: draft.drafted_on,
    };
    let filing = Filing::assemble(procedure, &form.answers, &frame).ok()?;
    let canonical = filing.canonical(procedure);
    Some(Prepared { filing, canonical })
}

fn answered(stage: Stage, value: Value, lang: Lang, cx: &Context<'_>) -> Moved {
    let Stage::Asking { mut draft, at, problems: _, correcting } = stage else { return stay(stage) };
    let problems = take_answer(&mut draft, &at, value, cx);
    if !problems.is_empty() {
        return (Stage::Asking { draft, at, problems, correcting }, vec![Effect::Await(Timer::Idle)]);
    }
    if !draft.asked.contains(&at) {
        draft.asked.push(at);
    }
    ask_next(draft, lang, cx)
}

/// Writes an answer into its form and wherever else the same thing is asked. Returns why it cannot be taken.
fn take_answer(
    draft: &mut Draft,
    at: &QuestionAt,
    value: Value,
    cx: &Context<'_>,
) -> Vec<Problem> {
    let Some(form) = draft.forms.get(at.form) else { return Vec::new() };
    let Some(from) = procedure(cx, form) else { return Vec::new() };
    let Some(field) = from.form.field(at.path.as_str()) else { return Vec::new() };
    let verdict = check(field, &value, &form.answers);
    if !verdict.blocks.is_empty() {
        return verdict.blocks;
    }
    let mut answers = form.answers.clone();
    answers.set(at.path.clone(), value, Source::Parent);
    for (index, other) in draft.forms.iter_mut().enumerate() {
        if index == at.form {
            other.answers = answers.clone();
        } else if let Some(to) = procedure(cx, other) {
            other.answers = share(from, &answers, to, &other.answers);
        }
    }
    Vec::new()
}

fn unreadable(stage: Stage, code: ReasonCode) -> Moved {
    match stage {
        Stage::Asking { draft, at, problems: _, correcting } => {
            let problems = vec![Problem { code, character: None, at: None, proposal: None }];
            (Stage::Asking { draft, at, problems, correcting }, vec![Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn secret_unusable(stage: Stage) -> Moved {
    match stage {
        Stage::ReadingAttributes { card } => (Stage::AttributesPin { card, problem: None }, vec![Effect::ClearPin]),
        Stage::Signing { draft, prepared } => {
            (Stage::SignPassword { draft, prepared, problem: None }, vec![Effect::ClearPin])
        }
        other => stay(other),
    }
}

fn back(stage: Stage, lang: Lang, cx: &Context<'_>) -> Moved {
    match stage {
        Stage::Asking { draft, correcting: true, .. } => review(draft, lang, cx),
        Stage::Asking { mut draft, at, .. } => {
            let before = match draft.asked.iter().position(|q| *q == at) {
                Some(0) => None,
                Some(index) => draft.asked.get(index - 1).cloned(),
                None => draft.asked.last().cloned(),
            };
            match before {
                Some(at) => {
                    draft.asked.retain(|q| *q != at);
                    let again = Stage::Asking { draft, at, problems: Vec::new(), correcting: false };
                    (again, vec![Effect::Await(Timer::Idle)])
                }
                None => (Stage::Line(draft), vec![Effect::Await(Timer::Idle)]),
            }
        }
        Stage::SignPassword { draft, prepared, problem: _ } => {
            (Stage::Reviewing { draft, prepared }, vec![Effect::ClearPin, Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn correction(stage: Stage, form: usize, path: FieldPath) -> Moved {
    match stage {
        Stage::Reviewing { draft, .. } if form < draft.forms.len() => {
            let at = QuestionAt { form, path };
            (Stage::Asking { draft, at, problems: Vec::new(), correcting: true }, vec![Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn review_confirmed(stage: Stage) -> Moved {
    match stage {
        Stage::Reviewing { draft, prepared } => {
            let next = Stage::SignPassword { draft, prepared, problem: None };
            (next, vec![Effect::ClearPin, Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn sign_password_entered(stage: Stage) -> Moved {
    match stage {
        Stage::SignPassword { draft, prepared, problem: _ } => {
            let ask = Effect::Sign {
                ticket: draft.card.ticket,
                holder: draft.holder.clone(),
                canonical: prepared.iter().map(|p| p.canonical.clone()).collect(),
            };
            (Stage::Signing { draft, prepared }, vec![ask])
        }
        other => stay(other),
    }
}

// ---------------------------------------------------------------------------------------------- the card

/// The reader or the service behind it went away: the same as a card taken away, but nobody can put it back.
fn reader_lost(stage: Stage, failure: Failure) -> Moved {
    match stage {
        Stage::Resting => trouble(failure, None),
        Stage::Finished | Stage::Following { .. } | Stage::Storing { .. } => stay(stage),
        Stage::Trouble { failure: first, back_to } => stay(Stage::Trouble { failure: first, back_to }),
        Stage::CardAway { .. } => stay(stage),
        Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. } => cover(stage),
    }
}

fn reader_back(stage: Stage) -> Moved {
    match stage {
        Stage::Trouble { failure: Failure::NoReader | Failure::NoCardService, back_to: None } => {
            (Stage::Resting, vec![Effect::Wipe])
        }
        other => stay(other),
    }
}

/// What stops a card before any PIN is asked for.
fn refuse_before_pin(facts: &CardFacts, cx: &Context<'_>) -> Option<Failure> {
    let Some(today) = cx.today else { return Some(Failure::ClockUnsynchronised) };
    if facts.token == TokenKind::Smartphone {
        return Some(Failure::SmartphoneToken);
    }
    if facts.expiry.is_some_and(|last| last < today) {
        return Some(Failure::CardExpired);
    }
    if !facts.has_sign_certificate {
        return Some(Failure::NoSignCertificate);
    }
    match (facts.attributes_tries, facts.sign_tries) {
        (Some(0), _) => Some(Failure::AttributesPinLocked),
        (Some(1), _) => Some(Failure::AttributesPinLastTry),
        (_, Some(0)) => Some(Failure::SignPasswordLocked),
        (_, Some(1)) => Some(Failure::SignPasswordLastTry),
        _ => (!cx.has_room).then_some(Failure::StorageFull),
    }
}

fn begin(card: CardOnReader, cx: &Context<'_>) -> Moved {
    match refuse_before_pin(&card.facts, cx) {
        Some(failure) => {
            let (stage, mut effects) = trouble(failure, None);
            effects.push(Effect::ReleaseCard { ticket: card.ticket });
            (stage, effects)
        }
        None => {
            let effects = vec![Effect::ClearPin, Effect::Await(Timer::Idle)];
            (Stage::AttributesPin { card, problem: None }, effects)
        }
    }
}

fn card_inserted(stage: Stage, card: CardOnReader, cx: &Context<'_>) -> Moved {
    match stage {
        Stage::Resting | Stage::Finished | Stage::Trouble { back_to: None, .. } => begin(card, cx),
        Stage::CardAway { was, .. } | Stage::Trouble { back_to: Some(was), .. } => {
            if was.card().is_some_and(|c| c.facts.identity == card.facts.identity) {
                (with_card(*was, card), vec![Effect::ClearPin, Effect::Await(Timer::Idle)])
            } else {
                let release = Effect::ReleaseCard { ticket: card.ticket };
                (Stage::CardAway { was, another: true }, vec![release])
            }
        }
        // A visit in progress has its card; one that is stored needs none. The next person begins after it.
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
        | Stage::Following { .. } => stay(stage),
    }
}

/// The same stage with the card's new insertion.
fn with_card(stage: Stage, card: CardOnReader) -> Stage {
    let renew = |mut draft: Box<Draft>, card| {
        draft.card = card;
        draft
    };
    match stage {
        Stage::AttributesPin { problem, .. } => Stage::AttributesPin { card, problem },
        Stage::ReadingAttributes { .. } => Stage::AttributesPin { card, problem: None },
        Stage::Identity { holder, integrity, .. } => Stage::Identity { card, holder, integrity },
        Stage::FindingCertificate { holder, integrity, .. } => Stage::Identity { card, holder, integrity },
        Stage::Certificate { holder, candidates, .. } => Stage::Certificate { card, holder, candidates },
        Stage::Line(draft) => Stage::Line(renew(draft, card)),
        Stage::Asking { draft, at, problems, correcting } => {
            Stage::Asking { draft: renew(draft, card), at, problems, correcting }
        }
        Stage::Reviewing { draft, prepared } => Stage::Reviewing { draft: renew(draft, card), prepared },
        Stage::SignPassword { draft, prepared, problem } => {
            Stage::SignPassword { draft: renew(draft, card), prepared, problem }
        }
        Stage::Signing { draft, prepared } => {
            Stage::SignPassword { draft: renew(draft, card), prepared, problem: None }
        }
        Stage::Storing { .. }
        | Stage::Resting
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. }
        | Stage::Finished => stage,
    }
}

/// Hides a stage behind "put the card back". Before anything personal is known there is nothing to keep.
fn cover(stage: Stage) -> Moved {
    if stage.holds_personal_data() {
        let covered = Stage::CardAway { was: Box::new(stage), another: false };
        (covered, vec![Effect::ClearPin, Effect::Await(Timer::CardAway)])
    } else {
        (Stage::Resting, vec![Effect::ClearPin, Effect::Wipe])
    }
}

fn card_removed(stage: Stage, ticket: Ticket) -> Moved {
    match stage {
        // Taking the card away answers a trouble page that had nothing to go back to.
        Stage::Trouble { back_to: None, failure } if failure.retry_helps() => {
            (Stage::Resting, vec![Effect::Wipe])
        }
        Stage::CardAway { was, another: true } => {
            (Stage::CardAway { was, another: false }, vec![Effect::Await(Timer::CardAway)])
        }
        Stage::Resting
        | Stage::Finished
        | Stage::Storing { .. }
        | Stage::Following { .. }
        | Stage::CardAway { .. }
        | Stage::Trouble { .. } => stay(stage),
        Stage::ReadingAttributes { ref card } if card.ticket == ticket => trouble(Failure::CardTakenAway, None),
        Stage::AttributesPin { .. }
        | Stage::ReadingAttributes { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Signing { .. } => {
            if stage.card().is_some_and(|c| c.ticket == ticket) {
                cover(stage)
            } else {
                stay(stage)
            }
        }
    }
}

fn card_unusable(stage: Stage, ticket: Ticket, why: UnusableCard) -> Moved {
    let failure = match why {
        UnusableCard::NotMyNumber => Failure::NotMyNumberCard,
        UnusableCard::Nonsense => Failure::CardNonsense,
        UnusableCard::Busy => Failure::CardBusy,
        UnusableCard::Mute => Failure::CardMute,
    };
    match stage {
        Stage::Resting | Stage::Finished | Stage::Trouble { back_to: None, .. } => {
            let (stage, mut effects) = trouble(failure, None);
            effects.push(Effect::ReleaseCard { ticket });
            (stage, effects)
        }
        Stage::CardAway { was, .. } => (Stage::CardAway { was, another: true }, vec![Effect::ReleaseCard { ticket }]),
        other => stay(other),
    }
}

fn attributes_read(stage: Stage, ticket: Ticket, holder: CardHolder, integrity: Integrity) -> Moved {
    match stage {
        Stage::ReadingAttributes { card } if card.ticket == ticket => {
            let clear = Effect::ClearPin;
            if integrity == Integrity::Broken {
                let (stage, mut effects) = trouble(Failure::AttributesNotIntact, None);
                effects.push(Effect::ReleaseCard { ticket });
                return (stage, effects);
            }
            (Stage::Identity { card, holder, integrity }, vec![clear, Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn signed(stage: Stage, ticket: Ticket, signatures: Vec<Vec<u8>>) -> Moved {
    match stage {
        Stage::Signing { draft, prepared } if draft.card.ticket == ticket => {
            if signatures.len() != prepared.len() {
                let back = Stage::Reviewing { draft, prepared };
                return trouble(Failure::SignatureWrong, Some(back));
            }
            let store = Effect::Store {
                prepared: prepared.clone(),
                signatures,
                identity: draft.card.facts.identity,
                certificate_number: draft.certificate.number.clone(),
            };
            (Stage::Storing { draft, prepared }, vec![Effect::ClearPin, store])
        }
        other => stay(other),
    }
}

/// The failure that a card trouble becomes, apart from a wrong PIN. `signing` says which secret was in play.
fn failure_of(trouble: CardTrouble, signing: bool) -> Failure {
    match trouble {
        CardTrouble::WrongPin { .. } | CardTrouble::LastTryKept if signing => Failure::SignPasswordLastTry,
        CardTrouble::WrongPin { .. } | CardTrouble::LastTryKept => Failure::AttributesPinLastTry,
        CardTrouble::Locked if signing => Failure::SignPasswordLocked,
        CardTrouble::Locked => Failure::AttributesPinLocked,
        CardTrouble::Gone => Failure::CardTakenAway,
        CardTrouble::Swapped => Failure::AnotherCard,
        CardTrouble::Mute => Failure::CardMute,
        CardTrouble::Nonsense => Failure::CardNonsense,
        CardTrouble::Busy => Failure::CardBusy,
        CardTrouble::CertificateInvalid => Failure::SignCertificateInvalid,
        CardTrouble::SignerDiffers => Failure::SignerDiffers,
        CardTrouble::SignatureWrong => Failure::SignatureWrong,
        CardTrouble::ServiceLost => Failure::NoCardService,
    }
}

fn card_failed(stage: Stage, ticket: Ticket, why: CardTrouble) -> Moved {
    match stage {
        Stage::ReadingAttributes { card } if card.ticket == ticket => attributes_failed(card, why),
        Stage::Signing { draft, prepared } if draft.card.ticket == ticket => signing_failed(draft, prepared, why),
        other => stay(other),
    }
}

fn attributes_failed(mut card: CardOnReader, why: CardTrouble) -> Moved {
    match why {
        // With one try left the page for the last try comes up instead of the pad.
        CardTrouble::WrongPin { left } if left > 1 => {
            card.facts.attributes_tries = Some(left);
            let again = Stage::AttributesPin { card, problem: Some(PinProblem { left }) };
            (again, vec![Effect::ClearPin, Effect::Await(Timer::Idle)])
        }
        other => {
            let ticket = card.ticket;
            let (stage, mut effects) = trouble(failure_of(other, false), None);
            effects.push(Effect::ReleaseCard { ticket });
            (stage, effects)
        }
    }
}

fn signing_failed(mut draft: Box<Draft>, prepared: Vec<Prepared>, why: CardTrouble) -> Moved {
    match why {
        CardTrouble::WrongPin { left } if left > 1 => {
            draft.card.facts.sign_tries = Some(left);
            let again = Stage::SignPassword { draft, prepared, problem: Some(PinProblem { left }) };
            (again, vec![Effect::ClearPin, Effect::Await(Timer::Idle)])
        }
        CardTrouble::Gone | CardTrouble::ServiceLost => cover(Stage::Signing { draft, prepared }),
        CardTrouble::Swapped => {
            let covered = Stage::CardAway { was: Box::new(Stage::Signing { draft, prepared }), another: true };
            (covered, vec![Effect::ClearPin, Effect::Await(Timer::CardAway)])
        }
        CardTrouble::Mute | CardTrouble::Nonsense | CardTrouble::Busy | CardTrouble::SignatureWrong => {
            trouble(failure_of(why, true), Some(Stage::Reviewing { draft, prepared }))
        }
        CardTrouble::WrongPin { .. }
        | CardTrouble::LastTryKept
        | CardTrouble::Locked
        | CardTrouble::CertificateInvalid
        | CardTrouble::SignerDiffers => {
            let ticket = draft.card.ticket;
            let (stage, mut effects) = trouble(failure_of(why, true), None);
            effects.push(Effect::ReleaseCard { ticket });
            (stage, effects)
        }
    }
}

// ---------------------------------------------------------------------------------------------- ward, desk, city

fn certificates_found(stage: Stage, candidates: Vec<BirthCertificate>, earlier: Vec<Delivery>) -> Moved {
    match stage {
        Stage::FindingCertificate { card, holder, integrity: _ } => {
            if !candidates.is_empty() {
                return (Stage::Certificate { card, holder, candidates }, vec![Effect::Await(Timer::Idle)]);
            }
            let release = Effect::ReleaseCard { ticket: card.ticket };
            if earlier.is_empty() {
                let (stage, mut effects) = trouble(Failure::NoCertificate, None);
                effects.push(release);
                return (stage, effects);
            }
            (Stage::Following { deliveries: earlier }, vec![release, Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn certificates_failed(stage: Stage, why: CertificateTrouble) -> Moved {
    match stage {
        Stage::FindingCertificate { card, .. } => {
            let failure = match why {
                CertificateTrouble::Unreadable => Failure::CertificateUnreadable,
            };
            let (stage, mut effects) = trouble(failure, None);
            effects.push(Effect::ReleaseCard { ticket: card.ticket });
            (stage, effects)
        }
        other => stay(other),
    }
}

fn stored(stage: Stage, deliveries: Vec<Delivery>) -> Moved {
    match stage {
        Stage::Storing { draft, .. } => {
            let release = Effect::ReleaseCard { ticket: draft.card.ticket };
            (Stage::Following { deliveries }, vec![release, Effect::Await(Timer::Idle)])
        }
        other => stay(other),
    }
}

fn store_failed(stage: Stage, full: bool) -> Moved {
    match stage {
        Stage::Storing { draft, prepared } => {
            let failure = if full { Failure::StorageFull } else { Failure::StorageFailed };
            trouble(failure, Some(Stage::Reviewing { draft, prepared }))
        }
        other => stay(other),
    }
}

/// How late a delivery state is; news that would go back is dropped (a late `Sent` after `Arrived`).
const fn rank(state: &DeliveryState) -> u8 {
    match state {
        DeliveryState::Stored => 0,
        DeliveryState::Sent => 1,
        DeliveryState::Arrived => 2,
        // An officer may return a filing and accept it later: these follow each other in either order.
        DeliveryState::Accepted | DeliveryState::Returned { .. } | DeliveryState::Refused { .. } => 3,
    }
}

fn delivery_moved(stage: Stage, news: Delivery) -> Moved {
    match stage {
        Stage::Following { mut deliveries } => {
            if let Some(known) = deliveries.iter_mut().find(|d| d.id == news.id)
                && rank(&news.state) >= rank(&known.state)
            {
                *known = news;
            }
            stay(Stage::Following { deliveries })
        }
        other => stay(other),
    }
}

// ---------------------------------------------------------------------------------------------- time

fn elapsed(stage: Stage, timer: Timer) -> Moved {
    match (timer, stage) {
        (Timer::Farewell, Stage::Finished) => (Stage::Resting, vec![Effect::Wipe]),
        (Timer::CardAway, stage @ Stage::CardAway { .. }) => over(&stage),
        (Timer::Idle, stage @ Stage::Trouble { back_to: None, .. }) => {
            // Reader faults stay on the screen until the reader is back; everything else makes room.
            match stage {
                Stage::Trouble { failure: Failure::NoReader | Failure::NoCardService, .. } => stay(stage),
                _ => (Stage::Resting, vec![Effect::Wipe]),
            }
        }
        (Timer::Idle, stage) if stage.holds_personal_data() && !matches!(stage, Stage::Storing { .. }) => over(&stage),
        (Timer::Idle, Stage::AttributesPin { card, .. }) => over(&Stage::AttributesPin { card, problem: None }),
        (Timer::Farewell | Timer::CardAway | Timer::Idle, stage) => stay(stage),
    }
}
