//! The kiosk's one loop: every input, one at a time, through `ubugoe_visit::step`, and every effect out again.
//!
//! ```text
//!   screen callbacks ─┐                                   ┌─> card service (own threads)
//!   card service ─────┼─ Input ─> [ core thread: step ] ──┼─> desk: certificates, sealing, outbox
//!   link ─────────────┤                │                  └─> timers
//!   timers, tools ────┘                └─ Picture ─> UI thread (presenters)
//! ```
//!
//! Holds the only PIN pad. Decides nothing: what follows from what is `step`'s.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use ubugoe_card::{CardEvent, CardService, Request};
use ubugoe_edge::LinkEvent;
use ubugoe_procedures::{
    Catalogue, MunicipalityCode, Tongue,
    nursery::{Index, Town},
};
use ubugoe_protocol::cades::Trust;
use ubugoe_protocol::{
    Command, CommandId, RecipientId, Report as Word, VerifyingKey, report::Outcome,
};
use ubugoe_visit::{
    Candidate, CardIdentity, CardTrouble, CertificateTrouble, ChildKey, Comfort, Context, Delivery,
    Effect, Event, Failure, Found, NurseryWish, Print, PrintTrouble, QuestionNumber, Reach,
    SavedDraft, Second, SecondProblem, Sheet, Stage, State, TextSize, Ticket, Timer, WardFlags,
    audit, left_out, line_view, nursery_hits, obstacle, question_number,
    service::{Ask, Printed, Service, ServiceDesk, ServiceEffect, ServiceEvent, SignIn, Who},
    step,
};

use crate::{
    cardside,
    clock::Clock,
    desk::{Desk, News, Signer, Signing, news},
    drafts::Drafts,
    orders::{self, Gate, Later, Obeyed},
    pad::Pad,
    panelside::PanelSide,
    presenters::{self, Around, Picture, Typed},
    printing::{self, Printing},
    second::{Asked, Typing},
    service::{self, Done, Settings, Side, accounts},
    updates::{Check, Loaded, Updates},
    ward,
};

/// A key on the PIN pad.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter or digit.
    Character(char),
    /// Take the last one back.
    Backspace,
    /// Start over.
    Clear,
    /// Done.
    Submit,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(masked)")
    }
}

/// Anything that reaches the loop.
#[derive(Debug)]
pub enum Input {
    /// Ready for `step`.
    Visit(Event),
    /// From the PIN pad.
    Key(Key),
    /// The mark of the certificate at this place of the list is to change.
    CertificateToggled(usize),
    /// The screen is to be set otherwise.
    Comfort(Wish),
    /// Something about the nursery places, by their ids.
    Nursery(NurseryAsk),
    /// A question was answered or skipped: which one was on the screen, counted from 1, and what was said.
    Answer(i32, Typed),
    /// Somebody asked for staff.
    StaffCalled,
    /// Something about staff at the device.
    Service(ServiceEvent),
    /// The certificate at this place of the ward's list was chosen.
    PaperChosen(usize),
    /// A PIN of the staff was compared.
    PinCompared {
        /// Which question this answers.
        ask: Ask,
        /// Whose it should be.
        who: Who,
        /// Whether it is.
        right: bool,
    },
    /// From the card service.
    Card(CardEvent),
    /// From the link.
    Link(LinkEvent),
    /// From a printer.
    Printer(ubugoe_printer::Event),
    /// The link is to look again.
    Wake(Wake),
    /// Another day begins: what is said of days is another.
    DayBegan,
    /// From the front panel.
    Panel(ubugoe_panel::News),
    /// An update has been in use for long enough to be proven.
    UpdateDue,
    /// Move the clock forward (demo and tests).
    MoveClock(u32),
    /// Answer once everything that came before is on the screen (demo and tests).
    Settle(mpsc::Sender<()>),
    /// End the loop.
    Stop,
}

/// What the link is to look at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Something was stored.
    Rows,
    /// A new certificate was put beside the one in use.
    Certificate,
}

/// What is asked of the list of nursery places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NurseryAsk {
    /// Look for this kind too, or not any more.
    Kind(String),
    /// Measure distances from this town.
    From(String),
    /// Show more than the best.
    More,
    /// Take this choice out.
    Remove(String),
    /// Move this choice by one; true: towards the first.
    Move(String, bool),
}

/// One thing about the screen that somebody would like otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The size of words.
    Text(TextSize),
    /// Dim colours.
    Night(bool),
    /// Strong contrast.
    Contrast(bool),
    /// For the left hand.
    LeftHanded(bool),
    /// For gloves.
    Glove(bool),
    /// Sounds.
    Sound(bool),
}

impl Wish {
    const fn on(self, mut comfort: Comfort) -> Comfort {
        match self {
            Self::Text(text) => comfort.text = text,
            Self::Night(night) => comfort.night = night,
            Self::Contrast(contrast) => comfort.contrast = contrast,
            Self::LeftHanded(left_handed) => comfort.left_handed = left_handed,
            Self::Glove(glove) => comfort.glove = glove,
            Self::Sound(sound) => comfort.sound = sound,
        }
        comfort
    }
}

/// A handle to the loop.
#[derive(Debug, Clone)]
pub struct Sender(mpsc::Sender<Input>);

impl Sender {
    /// A channel to a loop that is still to be started.
    #[must_use]
    pub fn channel() -> (Self, mpsc::Receiver<Input>) {
        let (to, from) = mpsc::channel();
        (Self(to), from)
    }

    /// Hands an input over. A loop that has ended takes no more, and nobody is left to tell.
    pub fn send(&self, input: Input) {
        let _ = self.0.send(input);
    }
}

/// Where pictures and reports of the loop go.
pub trait Canvas {
    /// Draw this, and let tools know what was drawn.
    fn draw(&mut self, picture: Picture, report: Report);
    /// Empty everything that can hold something about a person.
    fn wipe(&mut self);
    /// Answer once everything drawn before is on the screen.
    fn settle(&mut self, done: mpsc::Sender<()>);
}

/// What a step left behind, for tools and tests: no name, no answer, no PIN.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The stage's name.
    pub stage: &'static str,
    /// The failure code that the screen shows: in trouble, and while the card is away.
    pub code: Option<&'static str>,
    /// The open question: form and field.
    pub question: Option<(String, String)>,
    /// Filings being followed: id and state.
    pub deliveries: Vec<Progress>,
    /// Whether the broker is connected.
    pub online: bool,
    /// Rows not yet arrived.
    pub pending: usize,
    /// Whether something lies on the reader, as far as the card service has said.
    pub card: bool,
    /// How far the page's sheet is: `no`, `printing`, `waiting`, `asked`, `missing`, `done`, `failed`.
    pub printing: &'static str,
}

/// One filing in a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Progress {
    /// The filing's id, hex.
    pub id: String,
    /// `stored`, `sent`, `arrived`, `accepted`, `returned`, `refused`.
    pub state: &'static str,
    /// SHA-256 of what was signed, hex.
    pub digest: String,
    /// The procedure.
    pub procedure: String,
    /// The city's number.
    pub arrival_no: Option<u64>,
    /// The receipt as QR text.
    pub receipt: Option<String>,
    /// The family's page.
    pub status_url: Option<String>,
}

/// What the loop works with.
pub struct Parts {
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// The municipality of this ward.
    pub birthplace: MunicipalityCode,
    /// Folder of open certificates.
    pub certificates: PathBuf,
    /// Roots for signature certificates.
    pub trust: Arc<Trust>,
    /// The desk.
    pub desk: Desk,
    /// Language of the resting screen.
    pub tongue: Tongue,
    /// How the resting screen is set.
    pub comfort: Comfort,
    /// Nursery places that can be looked up.
    pub nurseries: Option<Index>,
    /// The towns they lie in; none where the list names none.
    pub towns: Vec<Town>,
    /// Drafts that are kept between visits.
    pub drafts: Drafts,
    /// Whether visits may begin.
    pub gate: Gate,
    /// Updates of the catalogue, and what the operator is to hear of them at the start.
    pub updates: (Updates, Vec<Word>),
    /// Under which orders verify.
    pub operator: Option<VerifyingKey>,
    /// Staff's side.
    pub service: Settings,
    /// The printers.
    pub printing: Printing,
    /// The front panel.
    pub panel: PanelSide,
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was told to.
    Stop,
    /// The operator ordered a new start, or a technician gave the device another configuration.
    Restart,
}

/// So long without a network, in seconds, is long.
const LONG: i64 = 86_400;

/// The loop's own memory.
struct Core<'a> {
    parts: &'a mut Parts,
    card: &'a CardService,
    wake: &'a dyn Fn(Wake),
    say: &'a dyn Fn(Word),
    ask: &'a dyn Fn(RecipientId, Word),
    screen: &'a mut dyn Canvas,
    state: State,
    pad: Pad,
    timers: BTreeMap<Timer, Instant>,
    signing: Option<(Ticket, Signing)>,
    online: bool,
    has_room: bool,
    fresh: bool,
    staff: Side,
    /// Orders that wait for the end of a visit.
    later: Vec<(CommandId, Later)>,
    ended: Option<End>,
    /// When the day ends, while somebody is there who reads of days.
    midnight: Option<Instant>,
    /// The number that the other parent types, and what was asked for it.
    number: Typing,
    asked: Asked,
}

/// Runs until [`Input::Stop`], until every sender is gone or until the operator orders a new start.
///
/// `wake` is called when the link is to look again; `say` with what the operator is to hear, `ask` with
/// what a city is asked while somebody waits.
pub fn run(
    parts: &mut Parts,
    card: &CardService,
    wake: &dyn Fn(Wake),
    say: &dyn Fn(Word),
    ask: &dyn Fn(RecipientId, Word),
    inputs: &mpsc::Receiver<Input>,
    screen: &mut dyn Canvas,
) -> End {
    let state = State::resting(parts.tongue, parts.comfort);
    let mut core = Core {
        parts,
        card,
        wake,
        say,
        ask,
        screen,
        state,
        pad: Pad::default(),
        timers: BTreeMap::new(),
        signing: None,
        online: false,
        has_room: true,
        fresh: true,
        staff: Side::new(),
        later: Vec::new(),
        ended: None,
        midnight: None,
        number: Typing::default(),
        asked: Asked::default(),
    };
    core.staff.look_for_door(&core.parts.service.errands);
    core.take_up_orders();
    core.look_for_room();
    core.forget_old_drafts();
    core.draw();
    loop {
        let input = match core.next_deadline() {
            None => inputs.recv().ok(),
            Some(wait) => match inputs.recv_timeout(wait) {
                Ok(input) => Some(input),
                Err(mpsc::RecvTimeoutError::Timeout) => match core.due_timer() {
                    Some(elapsed) => Some(elapsed),
                    // Woken a moment early: look again.
                    None => continue,
                },
                Err(mpsc::RecvTimeoutError::Disconnected) => None,
            },
        };
        match input {
            None | Some(Input::Stop) => core.ended = Some(End::Stop),
            Some(input) => core.take(input),
        }
        core.between_visits();
        if let Some(end) = core.ended {
            core.parts.updates.0.ended_well();
            return end;
        }
    }
}

impl Core<'_> {
    fn next_deadline(&self) -> Option<Duration> {
        self.timers
            .values()
            .copied()
            .chain(self.staff.deadline())
            .chain(self.parts.updates.0.due())
            .chain(self.midnight)
            .min()
            .map(|at| at.saturating_duration_since(Instant::now()))
    }

    fn due_timer(&mut self) -> Option<Input> {
        let now = Instant::now();
        if self.staff.is_idle(now) {
            return Some(Input::Service(ServiceEvent::Idle));
        }
        if self.parts.updates.0.due().is_some_and(|at| at <= now) {
            return Some(Input::UpdateDue);
        }
        if self.midnight.is_some_and(|at| at <= now) {
            self.midnight = None;
            return Some(Input::DayBegan);
        }
        let due = self
            .timers
            .iter()
            .find(|(_, at)| **at <= now)
            .map(|(timer, _)| *timer);
        due.map(|timer| {
            self.timers.remove(&timer);
            Input::Visit(Event::Elapsed(timer))
        })
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Visit(event) => {
                let event = self.for_staff(event);
                self.step(event);
            }
            Input::Service(event) => {
                self.staff.hear_errand(&event, &self.parts.service.errands);
                self.step(Event::Service(event));
            }
            Input::PaperChosen(at) => {
                if let Service::Ward(ward) = &self.state.service
                    && let Some(paper) = ward.papers.get(at)
                {
                    let key = paper.key();
                    self.step(Event::Service(ServiceEvent::PaperChosen(key)));
                }
            }
            Input::PinCompared { ask, who, right } => {
                let now = Instant::now();
                let answer = self.parts.service.accounts.looked(&who, right, now);
                self.step(Event::Service(ServiceEvent::PinChecked { ask, answer }));
            }
            Input::Key(key) => self.key(key),
            Input::CertificateToggled(index) => {
                if let Stage::Certificate { candidates, .. } = &self.state.stage
                    && let Some(chosen) = candidates.get(index)
                {
                    let ChildKey { number, order } = chosen.key();
                    self.step(Event::CertificateToggled {
                        number,
                        child_order: order,
                    });
                }
            }
            Input::Nursery(ask) => self.nursery(ask),
            Input::Comfort(wish) => {
                let set = wish.on(self.state.comfort);
                self.step(Event::ComfortChanged(set));
            }
            Input::Answer(on, typed) => self.answer(on, typed),
            Input::StaffCalled => {
                tracing::info!(stage = audit::name(&self.state.stage), "staff called");
                self.parts.panel.call();
                self.step(Event::StaffCalled);
                self.draw();
            }
            Input::Card(event) => {
                if let Some(event) = self.heard_card(event) {
                    self.step(event);
                }
            }
            Input::Link(event) => self.link(&event),
            Input::Wake(what) => (self.wake)(what),
            Input::Printer(event) => {
                if let Some(event) = self.parts.printing.heard(&event) {
                    self.step(event);
                }
            }
            Input::DayBegan => self.draw(),
            Input::Panel(news) => {
                if self.parts.panel.heard(news) {
                    self.draw();
                }
            }
            Input::UpdateDue => self.prove_update(),
            Input::MoveClock(seconds) => {
                self.parts.clock.move_forward(seconds);
                self.draw();
            }
            Input::Settle(done) => self.screen.settle(done),
            Input::Stop => {}
        }
    }

    fn nursery(&mut self, ask: NurseryAsk) {
        let Stage::Nursery(draft) = &self.state.stage else {
            return;
        };
        let place = |id: &str| {
            let choices = &draft.nursery.choices;
            choices.iter().position(|choice| choice.id == id)
        };
        let event = match ask {
            NurseryAsk::Kind(id) => {
                let mut wish = draft.nursery.wish.clone();
                match wish.kinds.iter().position(|kind| *kind == id) {
                    Some(at) => {
                        wish.kinds.remove(at);
                    }
                    None => wish.kinds.push(id),
                }
                Some(Event::NurseryWished(wish))
            }
            NurseryAsk::From(town) => {
                let named = self.parts.towns.iter().find(|one| one.name == town);
                named.map(|town| {
                    Event::NurseryWished(NurseryWish {
                        from: Some((town.middle.lat(), town.middle.lon())),
                        ..draft.nursery.wish.clone()
                    })
                })
            }
            NurseryAsk::More => Some(Event::NurseryWished(NurseryWish {
                more: true,
                ..draft.nursery.wish.clone()
            })),
            NurseryAsk::Remove(id) => place(&id).map(Event::NurseryRemoved),
            NurseryAsk::Move(id, up) => place(&id).map(|place| Event::NurseryMoved { place, up }),
        };
        if let Some(event) = event {
            self.step(event);
        }
    }

    /// What the shared parts of the screen (question page, "stop") mean while staff have it.
    fn for_staff(&self, event: Event) -> Event {
        if !self.state.service.is_open() {
            return event;
        }
        match event {
            Event::BackWanted => Event::Service(ServiceEvent::BackWanted),
            Event::QuitWanted => Event::Service(ServiceEvent::Closed),
            Event::Touched => Event::Service(ServiceEvent::Touched),
            other => other,
        }
    }

    fn step(&mut self, event: Event) {
        self.staff
            .prepare(&self.parts.service.device, self.parts.clock.unix());
        let card = self.state.stage.card().map(|card| card.facts.identity);
        let desk = self
            .staff
            .desk(&self.parts.service, service::now(self.parts), card);
        let cx = context(self.parts, (self.has_room, self.reach()), desk);
        let before = self.state.clone();
        let (after, effects) = step(before.clone(), event, &cx);
        if audit::failure(&after.stage) == Some(Failure::FormIncomplete)
            && let Some(draft) = after.stage.draft().or_else(|| before.stage.draft())
            && let Some(why) = obstacle(draft, before.tongue, &cx)
        {
            tracing::warn!(
                error = &why as &dyn std::error::Error,
                "a form cannot be put together"
            );
        }
        if let Some(record) = audit::record(&before, &after) {
            tracing::info!(target: "audit", from = record.from, to = record.to, code = record.code, arrived = record.arrived);
        }
        let records = (&before.service, &after.service);
        if let Some(record) = ubugoe_visit::service::audit::record(records.0, records.1) {
            tracing::info!(target: "audit", from = record.from, to = record.to, who = record.who, code = record.code);
        }
        self.fresh = audit::name(&before.stage) != audit::name(&after.stage)
            || question(&before) != question(&after)
            || sheet(&before) != sheet(&after);
        let changed = before != after;
        self.parts.panel.moved(&before, &after);
        let follows = |state: &State| matches!(state.stage, Stage::Following { .. });
        let back = follows(&after) && !follows(&before);
        self.state = after;
        for effect in effects {
            self.perform(effect);
        }
        // What moved while the receipts were covered.
        if back {
            self.refresh_deliveries();
        }
        if changed {
            self.draw();
        }
    }

    fn reach(&self) -> Reach {
        let away = self.staff.offline_for(self.parts.clock.unix());
        Reach {
            online: self.online,
            offline_long: away.is_some_and(|seconds| seconds >= LONG),
        }
    }

    fn draw(&mut self) {
        self.midnight =
            (!self.is_at_rest()).then(|| Instant::now() + self.parts.clock.left_of_day());
        let closed = self.parts.gate.is_closed();
        self.parts.panel.show(&self.state, closed);
        let cx = context(
            self.parts,
            (self.has_room, self.reach()),
            ServiceDesk::default(),
        );
        let question = match &self.state.stage {
            Stage::Asking { draft, at, .. } => question_number(draft, at, &cx),
            _ => QuestionNumber { index: 1, total: 1 },
        };
        let left_out = self
            .state
            .stage
            .draft()
            .map(|draft| left_out(draft, &cx))
            .unwrap_or_default();
        let most_choices = match &self.state.stage {
            Stage::Nursery(draft) => ubugoe_visit::most_choices(draft, &cx),
            _ => 0,
        };
        let (line, found) = match &self.state.stage {
            Stage::Line(draft) => {
                // Offers are on the page for whoever unfolds them; where they have no place there are none.
                let mut draft = draft.clone();
                draft.private_wanted = !draft.flags.quiet();
                (Some(line_view(&draft, &cx)), (Vec::new(), false))
            }
            Stage::Nursery(draft) => (None, nursery_hits(draft, &cx)),
            _ => (None, (Vec::new(), false)),
        };
        let around = Around {
            catalogue: &self.parts.catalogue,
            typed: self.pad.len(),
            online: self.online,
            has_room: self.has_room,
            closed,
            help_light: self.parts.panel.help_light(),
            panel_lost: self.parts.panel.is_lost(),
            offline_long: self.reach().offline_long,
            pending: self.parts.desk.pending(),
            today: cx.today,
            question: (narrow(question.index), narrow(question.total)),
            fresh: self.fresh,
            left_out: &left_out,
            birthplace: self.parts.birthplace,
            line: line.as_ref(),
            nurseries: cx.nurseries,
            towns: &self.parts.towns,
            found: &found,
            most_choices,
            printers: self.parts.printing.has(),
            number: &self.number,
        };
        let report = report(&self.state, &around);
        self.screen
            .draw(presenters::picture(&self.state, &around), report);
    }

    // ------------------------------------------------------------------------------------------ the person

    fn key(&mut self, key: Key) {
        if let Service::SignIn(SignIn::Pin { .. }) = &self.state.service {
            return self.staff_key(key);
        }
        if let Stage::Second(Second::Number { .. }) = &self.state.stage {
            return self.number_key(key);
        }
        let (min, limit, done) = match &self.state.stage {
            Stage::AttributesPin { .. } => (4, 4, Event::AttributesPinEntered),
            Stage::SignPassword { .. } | Stage::Second(Second::Password { .. }) => {
                (6, 16, Event::SignPasswordEntered)
            }
            _ => return,
        };
        match key {
            // The attributes PIN has digits only; a letter from a keyboard is no key there.
            Key::Character(character) if limit == 4 && !character.is_ascii_digit() => {}
            Key::Character(character) => self.pad.press(character, limit),
            Key::Backspace => self.pad.backspace(),
            Key::Clear => self.pad.clear(),
            Key::Submit if self.pad.len() >= min => return self.step(done),
            Key::Submit => {}
        }
        self.typed();
    }

    /// Somebody is there, and types.
    fn typed(&mut self) {
        self.fresh = false;
        self.start(Timer::Idle);
        self.draw();
    }

    fn start(&mut self, timer: Timer) {
        let ends = Instant::now() + Duration::from_secs(timer.seconds());
        self.timers.insert(timer, ends);
    }

    /// As [`Core::key`], for the number of the other parent.
    fn number_key(&mut self, key: Key) {
        match key {
            Key::Character(character) => self.number.press(character),
            Key::Backspace => self.number.backspace(),
            Key::Clear => self.number.clear(),
            Key::Submit if self.number.is_complete() => {
                return self.step(Event::SecondNumberEntered);
            }
            Key::Submit => {}
        }
        self.typed();
    }

    /// As [`Core::key`], for a PIN of the staff.
    fn staff_key(&mut self, key: Key) {
        let (min, limit) = accounts::PIN_DIGITS;
        match key {
            Key::Character(character) if character.is_ascii_digit() => {
                self.pad.press(character, limit);
            }
            Key::Backspace => self.pad.backspace(),
            Key::Clear => self.pad.clear(),
            Key::Submit if self.pad.len() >= min => {
                return self.step(Event::Service(ServiceEvent::PinEntered));
            }
            // A letter is no key of this pad, and a PIN that is too short is not looked at.
            Key::Character(_) | Key::Submit => {}
        }
        self.fresh = false;
        self.staff.touched(Instant::now());
        self.draw();
    }

    /// An answer on the question page, while it shows a field of a certificate.
    fn staff_answer(&mut self, typed: Typed) {
        let Some(field) = presenters::certificate_field(&self.state.service, &self.parts.catalogue)
        else {
            return;
        };
        let event = match presenters::value(field, typed) {
            Ok(value) => ServiceEvent::Answered(value),
            Err(code) => ServiceEvent::AnswerUnreadable(code),
        };
        self.step(Event::Service(event));
    }

    fn answer(&mut self, on: i32, typed: Typed) {
        if self.state.service.is_open() {
            return self.staff_answer(typed);
        }
        let cx = context(
            self.parts,
            (self.has_room, self.reach()),
            ServiceDesk::default(),
        );
        let Stage::Asking { draft, at, .. } = &self.state.stage else {
            return;
        };
        // A second touch before the next question was drawn answered the one before.
        if on != narrow(question_number(draft, at, &cx).index) {
            return;
        }
        let Some(field) = presenters::field(draft, at, &self.parts.catalogue) else {
            return;
        };
        match presenters::value(field, typed) {
            Ok(value) => self.step(Event::Answered(value)),
            Err(code) => self.step(Event::AnswerUnreadable(code)),
        }
    }

    // ------------------------------------------------------------------------------------------ the card

    /// Asks the outbox, which writes and syncs a page to know: once per card, not once per key.
    fn look_for_room(&mut self) {
        self.has_room = self.parts.desk.has_room(self.parts.clock.unix());
    }

    fn heard_card(&mut self, event: CardEvent) -> Option<Event> {
        self.staff.hear_card(&event);
        if let CardEvent::Inserted { .. } | CardEvent::Removed { .. } = &event {
            self.look_for_room();
        }
        match event {
            CardEvent::Done {
                ticket,
                reply: ubugoe_card::Reply::Signed(signed),
                ..
            } => Some(self.signed(Ticket(ticket.0), &signed.signatures)),
            CardEvent::Failed { ticket, error } => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "card operation failed"
                );
                let asked = self.signing.take_if(|(asked, _)| asked.0 == ticket.0);
                let refused = asked.and_then(|(_, signing)| signing.refusal());
                let trouble = refused.unwrap_or_else(|| cardside::trouble(&error));
                Some(Event::CardFailed {
                    ticket: Ticket(ticket.0),
                    trouble,
                })
            }
            other => cardside::event(other),
        }
    }

    fn signed(&mut self, ticket: Ticket, signatures: &[Vec<u8>]) -> Event {
        let asked = self.signing.take_if(|(asked, _)| *asked == ticket);
        let finished = asked.map(|(_, signing)| signing.finish(signatures));
        match finished {
            Some(Ok(signatures)) => Event::Signed { ticket, signatures },
            Some(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a signature of the card does not verify"
                );
                Event::CardFailed {
                    ticket,
                    trouble: CardTrouble::SignatureWrong,
                }
            }
            None => Event::CardFailed {
                ticket,
                trouble: CardTrouble::SignatureWrong,
            },
        }
    }

    // ------------------------------------------------------------------------------------------ the city

    fn link(&mut self, event: &LinkEvent) {
        self.staff.hear_link(event, self.parts.clock.unix());
        match event {
            LinkEvent::Command(command) => self.obey(command, false),
            LinkEvent::Manifest { manifest, raw } => {
                let said = self.parts.updates.0.announced(manifest, raw);
                self.say_all(said);
            }
            LinkEvent::Part(part) => {
                let said = self.parts.updates.0.part(part);
                self.say_all(said);
            }
            LinkEvent::Second(notice) => {
                let own = self.own_city().is_some_and(|city| city == notice.recipient);
                if let Some(event) = self.asked.answered(notice).filter(|_| own) {
                    self.step(event);
                }
            }
            LinkEvent::Connected(_) => {
                let said = self.parts.updates.0.standing();
                self.say_all(said);
            }
            _ => {}
        }
        match news(event) {
            News::Online(online) => {
                self.online = online;
                self.draw();
            }
            News::Moved => self.refresh_deliveries(),
            News::Nothing => {}
        }
    }

    fn say_all(&self, said: impl IntoIterator<Item = Word>) {
        said.into_iter().for_each(|word| (self.say)(word));
    }

    /// Orders that an earlier run kept and did not do.
    fn take_up_orders(&mut self) {
        let said = std::mem::take(&mut self.parts.updates.1);
        self.say_all(said);
        let open = self.parts.desk.outbox().lock().open_commands();
        let (Ok(open), Some(key)) = (open, self.parts.operator) else {
            return;
        };
        for kept in open {
            match Command::verify(&kept.signed, &key) {
                Ok(command) => self.obey(&command, true),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a kept order is not readable"
                ),
            }
        }
    }

    fn obey(&mut self, command: &Command, starting: bool) {
        let now = self.parts.clock.unix();
        let Parts { desk, gate, .. } = &mut *self.parts;
        match orders::obey(desk.outbox(), gate, command, starting, now) {
            Ok(Obeyed::Answered(report)) => {
                (self.say)(report);
                self.draw();
            }
            Ok(Obeyed::Waits(later)) => {
                if !self.later.iter().any(|(id, _)| *id == command.id) {
                    tracing::info!(order = %command.id, "an order waits for the end of a visit");
                    self.later.push((command.id, later));
                }
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "an order is not done"
            ),
        }
    }

    fn is_at_rest(&self) -> bool {
        self.state.stage.is_rest() && !self.state.service.is_open()
    }

    /// What must not happen while somebody is at the device.
    fn between_visits(&mut self) {
        if self.staff.starts_anew() && self.is_at_rest() {
            tracing::info!("another configuration: starting anew");
            self.ended = Some(End::Restart);
            return;
        }
        let waits = !self.later.is_empty() || self.parts.updates.0.is_waiting();
        if !waits || !self.is_at_rest() {
            return;
        }
        for (id, later) in std::mem::take(&mut self.later) {
            match later {
                Later::Withdraw(update) => match self.parts.updates.0.withdraw(update) {
                    Ok((loaded, said)) => {
                        self.say_all(said);
                        self.use_catalogue(loaded);
                        self.finish(id);
                    }
                    // It stays open in the outbox, and is done when it comes again.
                    Err(error) => tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "an update is not withdrawn"
                    ),
                },
                // On disk before the program ends: it is done once, whoever asks again.
                Later::Restart => {
                    if self.finish(id) {
                        tracing::info!("the operator ordered a new start");
                        self.ended = Some(End::Restart);
                    }
                }
            }
        }
        if self.parts.updates.0.is_waiting()
            && let Some(check) = self.check()
        {
            let (loaded, said) = self.parts.updates.0.switch(&check);
            self.say_all(said);
            self.use_catalogue(loaded);
        }
    }

    /// Notes that an order was done and says so; false when the outbox did not keep that.
    fn finish(&self, id: CommandId) -> bool {
        let now = self.parts.clock.unix();
        let done = orders::answer(
            self.parts.desk.outbox(),
            id,
            Outcome::Done,
            String::new(),
            now,
        );
        match done {
            Ok(report) => {
                (self.say)(report);
                true
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "an order is not noted as done"
                );
                false
            }
        }
    }

    /// By what an update is measured; `None` while the day is not known or the outbox does not say what waits in it.
    fn check(&self) -> Option<Check> {
        Some(Check {
            birthplace: self.parts.birthplace,
            today: self.parts.clock.today()?,
            in_use: self.parts.desk.in_use().ok()?,
        })
    }

    fn prove_update(&mut self) {
        let resting = self.is_at_rest();
        let said = self.parts.updates.0.look(resting);
        self.say_all(said);
        if !self.parts.updates.0.is_proof_due() {
            return;
        }
        // Failing it would change the catalogue under somebody's visit.
        let Some(check) = self.check().filter(|_| resting) else {
            return self.parts.updates.0.put_off();
        };
        let Parts {
            catalogue, updates, ..
        } = &mut *self.parts;
        let (loaded, said) = updates.0.prove(catalogue, &check);
        self.say_all(said);
        self.use_catalogue(loaded);
    }

    /// From now on this one. A visit that runs goes on with it: it has what the one before had, or it would not be fit.
    fn use_catalogue(&mut self, loaded: Option<Loaded>) {
        let Some(loaded) = loaded else { return };
        tracing::info!(catalogue = loaded.label, "another catalogue is in use");
        self.parts.service.catalogue = loaded.label;
        self.parts.towns = crate::app::towns(self.parts.nurseries.as_ref(), &loaded.catalogue);
        self.parts.catalogue = Arc::new(loaded.catalogue);
        self.draw();
    }

    /// The city of this device, which is asked for what was signed first.
    fn own_city(&self) -> Option<RecipientId> {
        let mut cities = self.parts.desk.cities().iter();
        let own = cities.find(|city| city.municipality == self.parts.birthplace);
        own.map(|city| city.id.clone())
    }

    /// Asks the outbox how far each followed filing has come.
    fn refresh_deliveries(&mut self) {
        if let Stage::Second(Second::Done { id, arrived: false }) = self.state.stage
            && self.parts.desk.has_arrived(id)
        {
            return self.step(Event::SecondArrived(id));
        }
        let followed = match &self.state.stage {
            Stage::Following { deliveries, .. } => deliveries.clone(),
            Stage::Paper { was, .. } => match was.as_ref() {
                Stage::Following { deliveries, .. } => deliveries.clone(),
                _ => return,
            },
            _ => return,
        };
        for delivery in followed {
            let now = self.parts.desk.refresh(delivery);
            self.step(Event::DeliveryMoved(now));
        }
    }

    // ------------------------------------------------------------------------------------------ effects

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::ClearPin => self.pad.clear(),
            Effect::Service(effect) => self.serve(effect),
            Effect::Wipe => {
                self.staff.visit_ended();
                self.pad.clear();
                self.number.clear();
                self.asked.forget();
                self.signing = None;
                self.parts.printing.end();
                self.screen.wipe();
                self.forget_old_drafts();
            }
            Effect::Await(timer) => self.start(timer),
            Effect::ReleaseCard { ticket } => {
                self.card.request(cardside::asked(ticket), Request::Finish);
            }
            Effect::ReadAttributes { ticket } => self.read_attributes(ticket),
            Effect::Sign {
                ticket,
                holder,
                canonical,
            } => self.sign(ticket, Signer::Holder(holder), canonical),
            Effect::AskSecond => self.ask_second(),
            Effect::SignSecond {
                ticket,
                canonical,
                first,
            } => self.sign(ticket, Signer::Other(first), vec![canonical]),
            Effect::StoreSecond { ticket, signature } => self.store_second(ticket, signature),
            Effect::FindCertificates { holder, identity } => {
                let found = self.certificates(&holder, identity);
                self.step(found);
            }
            Effect::Store {
                prepared,
                signatures,
                identity,
                children,
                protected,
            } => {
                let Parts { desk, clock, .. } = &mut *self.parts;
                let event =
                    match desk.store(&prepared, signatures, identity, children, protected, clock) {
                        Ok(deliveries) => {
                            (self.wake)(Wake::Rows);
                            Event::Stored(deliveries)
                        }
                        Err(error) => {
                            tracing::error!(
                                error = &error as &dyn std::error::Error,
                                "visit not stored"
                            );
                            Event::StoreFailed {
                                full: error.is_full(),
                            }
                        }
                    };
                self.step(event);
            }
            Effect::KeepDraft { identity, saved } => self.keep_draft(identity, &saved),
            Effect::DiscardDraft { identity } => {
                let key = self.parts.desk.records();
                self.parts.drafts.discard(key, identity);
            }
            Effect::Print(sheet) => self.print(sheet),
            Effect::StopPrinting => self.parts.printing.stop(),
            Effect::KeepVoice(voice) => {
                let key = self.parts.desk.records();
                if let Err(error) = self.parts.drafts.keep_voice(key, &voice) {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "what was said about a step is not kept");
                }
            }
        }
    }

    /// What a sheet is set from, as things stand.
    fn on_paper<T>(&self, set: impl FnOnce(&printing::Now<'_>) -> T) -> T {
        let cx = context(
            self.parts,
            (self.has_room, self.reach()),
            ServiceDesk::default(),
        );
        let page = printing::Now {
            catalogue: &self.parts.catalogue,
            cx: &cx,
            tongue: self.state.tongue,
            at: service::now(self.parts),
        };
        set(&page)
    }

    fn print(&mut self, sheet: Sheet) {
        match self.on_paper(|page| printing::wanted(&self.state.stage, sheet, page)) {
            Some(wanted) => self.parts.printing.print(sheet, wanted),
            None => self.step(Event::PrintFailed(sheet, PrintTrouble::Faulty)),
        }
    }

    fn print_for_staff(&mut self, print: ubugoe_visit::service::Print) {
        match self.on_paper(|page| printing::slip(&self.state.service, print, page)) {
            Some(wanted) => self.parts.printing.print_for_staff(wanted),
            None => self.step(Event::Service(ServiceEvent::PrintMoved(Printed::Failed(
                PrintTrouble::Faulty,
            )))),
        }
    }

    fn ask_second(&mut self) {
        let Some(city) = self.own_city() else {
            return self.step(Event::SecondNotFound(SecondProblem::NoAnswer));
        };
        match self.asked.ask(&self.number) {
            Ok(report) => (self.ask)(city, report),
            Err(problem) => self.step(Event::SecondNotFound(problem)),
        }
    }

    fn store_second(&mut self, ticket: [u8; 16], signature: Vec<u8>) {
        let Parts {
            desk,
            clock,
            birthplace,
            ..
        } = &mut *self.parts;
        let event = match desk.store_second(*birthplace, ticket, signature, clock) {
            Ok(id) => {
                (self.wake)(Wake::Rows);
                Event::SecondStored(id)
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a second signature is not stored"
                );
                Event::StoreFailed {
                    full: error.is_full(),
                }
            }
        };
        self.step(event);
    }

    fn keep_draft(&mut self, identity: CardIdentity, saved: &SavedDraft) {
        let key = self.parts.desk.records();
        let event = match self.parts.drafts.keep(key, identity, saved) {
            Ok(()) => Event::DraftKept { until: saved.until },
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a draft is not kept"
                );
                Event::DraftNotKept {
                    full: error.is_full(),
                }
            }
        };
        self.step(event);
    }

    /// Whoever let one be kept longest decides when nobody's can be wanted any more.
    fn forget_old_drafts(&self) {
        let profiles = self.parts.catalogue.profiles();
        let longest = profiles.map(|profile| profile.resume_hours).max();
        let now = self.parts.clock.unix();
        self.parts.drafts.forget_before(now, longest.unwrap_or(72));
    }

    fn serve(&mut self, effect: ServiceEffect) {
        let device = service::Device {
            online: self.online,
            has_room: self.has_room,
        };
        match service::perform(effect, &mut self.staff, self.parts, &mut self.pad, device) {
            Done::Nothing => {}
            Done::Answer(event) => self.step(Event::Service(event)),
            Done::Print(print) => self.print_for_staff(print),
            Done::Wipe => self.screen.wipe(),
        }
    }

    fn read_attributes(&mut self, ticket: Ticket) {
        match ubugoe_card::Pin::new(&self.pad.take()) {
            Ok(pin) => self
                .card
                .request(cardside::asked(ticket), Request::ReadAttributes { pin }),
            Err(_) => self.step(Event::SecretUnusable),
        }
    }

    fn sign(&mut self, ticket: Ticket, signer: Signer, canonical: Vec<Vec<u8>>) {
        let signing = Signing::new(
            canonical,
            signer,
            Arc::clone(&self.parts.trust),
            self.parts.clock.unix(),
        );
        let in_card = signing.clone();
        self.signing = Some((ticket, signing));
        match ubugoe_card::SignPassword::new(&self.pad.take()) {
            Ok(password) => {
                let prepare = Box::new(move |certificate: &[u8]| {
                    in_card
                        .prepare(certificate)
                        .map_err(|why| ubugoe_card::PrepareRefused {
                            reason: format!("{why:?}"),
                        })
                });
                self.card
                    .request(cardside::asked(ticket), Request::Sign { password, prepare });
            }
            Err(_) => self.step(Event::SecretUnusable),
        }
    }

    fn certificates(
        &mut self,
        holder: &ubugoe_procedures::CardHolder,
        card: CardIdentity,
    ) -> Event {
        let earlier = match self.parts.desk.earlier(card) {
            Ok(earlier) => earlier,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "earlier visits not readable"
                );
                return Event::CertificatesFailed(CertificateTrouble::EarlierUnreadable);
            }
        };
        match ward::naming(&self.parts.certificates, holder) {
            Ok(mut candidates) => {
                let folder = &self.parts.certificates;
                let handed = self.staff.handed_to(holder, card, folder, Instant::now());
                candidates.extend(handed);
                let settled = |c: &Candidate| earlier.iter().any(|e| e.settles(&c.certificate));
                let ward = marked(
                    earlier.iter().any(|e| e.protected),
                    candidates.iter().filter(|c| settled(c)).map(|c| c.flags),
                );
                candidates.retain(|c| !settled(c));
                let key = self.parts.desk.records();
                let now = self.parts.clock.unix();
                let saved = self.parts.drafts.find(key, card, now).map(Box::new);
                Event::CertificatesFound(Box::new(Found {
                    candidates,
                    ward,
                    earlier: earlier.into_iter().flat_map(|e| e.deliveries).collect(),
                    saved,
                }))
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "certificates not readable"
                );
                Event::CertificatesFailed(CertificateTrouble::Unreadable)
            }
        }
    }
}

/// A count as the page has it.
fn narrow(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// What staff marked counts after filing too: a child may die, an address may have to be protected later.
fn marked(protected: bool, filed: impl Iterator<Item = WardFlags>) -> WardFlags {
    let before = WardFlags {
        protection: protected,
        ..WardFlags::default()
    };
    filed.fold(before, WardFlags::or)
}

/// What the device knows now, as `step` and the pages ask for it.
fn context<'a>(
    parts: &'a Parts,
    (has_room, reach): (bool, Reach),
    staff: ServiceDesk<'a>,
) -> Context<'a> {
    Context {
        catalogue: &parts.catalogue,
        today: parts.clock.today(),
        now: parts.clock.unix(),
        birthplace: parts.birthplace,
        has_room,
        closed: parts.gate.is_closed(),
        online: reach.online,
        offline_long: reach.offline_long,
        nurseries: parts.nurseries.as_ref(),
        staff,
    }
}

/// The open question of a state, if it is asking.
fn question(state: &State) -> Option<(usize, &str)> {
    match &state.stage {
        Stage::Asking { at, .. } => Some((at.form, at.path.as_str())),
        _ => None,
    }
}

/// The open field of a certificate, if staff are writing one.
fn sheet(state: &State) -> Option<&ubugoe_visit::service::Sheet> {
    state.service.form().map(|form| &form.sheet)
}

pub(crate) fn report(state: &State, around: &Around<'_>) -> Report {
    let question = match &state.stage {
        Stage::Asking { draft, at, .. } => draft
            .forms
            .get(at.form)
            .map(|f| (f.procedure.to_string(), at.path.to_string())),
        _ => None,
    };
    let deliveries = match &state.stage {
        Stage::Following { deliveries, .. } => deliveries.iter().map(progress).collect(),
        _ => Vec::new(),
    };
    let code = audit::failure(&state.stage).map(Failure::code);
    if state.service.is_open() {
        return staff_report(state, around);
    }
    Report {
        stage: audit::name(&state.stage),
        code,
        question,
        deliveries,
        online: around.online,
        pending: around.pending,
        card: !state.side.lying.is_empty(),
        printing: printing_of(&state.stage),
    }
}

fn printing_of(stage: &Stage) -> &'static str {
    let print = match stage {
        Stage::Following { after, .. } => after.print,
        Stage::Paper { print, .. } => *print,
        _ => Print::Nothing,
    };
    match print {
        Print::Nothing => "no",
        Print::Busy(_) => "printing",
        Print::Waiting(..) => "waiting",
        Print::Asked(_) => "asked",
        Print::Missing(_) => "missing",
        Print::Done(_) => "done",
        Print::Failed(..) => "failed",
    }
}

/// While staff have the screen: their page stands in the stage's place.
fn staff_report(state: &State, around: &Around<'_>) -> Report {
    use ubugoe_visit::{
        ServiceFailure,
        service::{CERTIFICATE_FORM, Sheet, audit},
    };
    let question = state.service.form().and_then(|form| match &form.sheet {
        Sheet::Field(path) => Some((CERTIFICATE_FORM.to_owned(), path.to_string())),
        Sheet::Moment | Sheet::Order | Sheet::Figures | Sheet::Review => None,
    });
    Report {
        stage: audit::name(&state.service),
        code: audit::failure(&state.service).map(ServiceFailure::code),
        question,
        deliveries: Vec::new(),
        online: around.online,
        pending: around.pending,
        card: !state.side.lying.is_empty(),
        printing: match &state.service {
            Service::Counter(counter) => match counter.print {
                Printed::No => "no",
                Printed::Busy => "printing",
                Printed::Waiting(_) => "waiting",
                Printed::Done => "done",
                Printed::Failed(_) => "failed",
            },
            _ => "no",
        },
    }
}

fn progress(delivery: &Delivery) -> Progress {
    use ubugoe_visit::DeliveryState as S;
    Progress {
        id: hex::encode(delivery.id),
        state: match delivery.state {
            S::Stored => "stored",
            S::Sent => "sent",
            S::Arrived => "arrived",
            S::Accepted => "accepted",
            S::Returned { .. } => "returned",
            S::Refused { .. } => "refused",
        },
        digest: hex::encode(delivery.digest),
        procedure: delivery.procedure.to_string(),
        arrival_no: delivery.arrival_no,
        receipt: delivery.receipt_text.clone(),
        status_url: delivery.status_url.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{WardFlags, marked};

    #[test]
    fn what_staff_mark_on_a_certificate_that_is_filed_already_still_counts() {
        let loss = WardFlags {
            loss: true,
            ..WardFlags::default()
        };
        let flags = marked(false, [WardFlags::default(), loss].into_iter());
        assert!(flags.loss && !flags.protection);
        assert!(marked(true, std::iter::empty()).protection);
    }
}
