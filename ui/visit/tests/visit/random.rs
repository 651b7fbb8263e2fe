//! Random events in random order, with time passing: what must hold whatever happens.

use proptest::prelude::*;
use std::collections::BTreeMap;

use ubugoe_procedures::{BirthCertificate, CardHolder, ReasonCode, Tongue, Value};
use ubugoe_visit::{
    CardIdentity, CardOnReader, CardTrouble, CertificateTrouble, Comfort, Delivery, DeliveryState,
    Effect, Event, Failure, FollowingPage, Integrity, PrintTrouble, SavedDraft, Second, Sheet,
    Stage, State, Ticket, Timer, UnusableCard, WardFlags,
};

use crate::bedside::{
    Bedside, PERSONAL, card, certificate, choice, deliveries, found, holder, marked, only_earlier,
    other_card, prepared_of, said, sheet, text,
};
use crate::time::Timed;
use crate::wipe::is_empty;

/// A move of somebody or something. Resolved against the visit as it stands, so that many fit and some do not.
#[derive(Debug, Clone)]
enum Move {
    /// The one thing a patient person would do next.
    Go,
    /// The same, and whoever is waited for answers at once.
    Answer(u8),
    Tap(u8),
    Insert {
        own: bool,
        tries: u8,
    },
    Unusable(u8),
    Remove {
        old: bool,
    },
    Reader(u8),
    Fail {
        what: u8,
        old: bool,
    },
    Signed {
        count: u8,
        old: bool,
    },
    Ward(u8),
    Desk(u8),
    Clock(bool),
    Room(bool),
    Gate(bool),
    Wait(u16),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        40 => Just(Move::Go),
        10 => any::<u8>().prop_map(Move::Answer),
        6 => any::<u8>().prop_map(Move::Tap),
        6 => (prop::bool::weighted(0.7), 0u8..6).prop_map(|(own, tries)| Move::Insert { own, tries }),
        1 => any::<u8>().prop_map(Move::Unusable),
        3 => any::<bool>().prop_map(|old| Move::Remove { old }),
        1 => any::<u8>().prop_map(Move::Reader),
        3 => (any::<u8>(), prop::bool::weighted(0.3)).prop_map(|(what, old)| Move::Fail { what, old }),
        3 => (0u8..4, any::<bool>()).prop_map(|(count, old)| Move::Signed { count, old }),
        2 => any::<u8>().prop_map(Move::Ward),
        2 => any::<u8>().prop_map(Move::Desk),
        1 => prop::bool::weighted(0.8).prop_map(Move::Clock),
        1 => prop::bool::weighted(0.8).prop_map(Move::Room),
        1 => prop::bool::weighted(0.2).prop_map(Move::Gate),
        2 => (0u16..700).prop_map(Move::Wait),
    ];
    prop::collection::vec(one, 1..160)
}

/// Tickets as a driver mints them.
struct Reader {
    minted: u64,
    now: Option<u64>,
    /// What the kiosk keeps, by card.
    kept: BTreeMap<[u8; 32], SavedDraft>,
}

impl Reader {
    fn ticket(&self, old: bool) -> Ticket {
        let now = self.now.unwrap_or(self.minted);
        Ticket(if old { now.saturating_sub(1) } else { now })
    }

    /// A driver ends one insertion before it begins the next.
    fn insert(&mut self, own: bool, tries: u8) -> Vec<Event> {
        let gone = self.now.map(|ticket| Event::CardRemoved {
            ticket: Ticket(ticket),
        });
        self.minted += 1;
        self.now = Some(self.minted);
        let mut card = if own {
            card(self.minted)
        } else {
            other_card(self.minted)
        };
        // Most cards are fresh.
        if tries < 2 {
            card.facts.sign_tries = Some(tries);
        }
        gone.into_iter()
            .chain([Event::CardInserted(card)])
            .collect()
    }
}

fn go(visit: &Bedside, reader: &mut Reader) -> Vec<Event> {
    let ticket = reader.ticket(false);
    vec![match &visit.state.stage {
        Stage::Resting
        | Stage::Finished
        | Stage::Paused { .. }
        | Stage::CardWanted
        | Stage::CardAway { .. } => return reader.insert(true, 5),
        Stage::Language { .. } => Event::LanguageChosen(Tongue::Ja),
        // Every fourth card is that of somebody who comes to sign what another signed.
        Stage::Notice { .. } if reader.minted % 4 == 3 => Event::SecondWanted,
        Stage::Notice { .. } => Event::NoticeRead,
        Stage::AttributesPin { .. } => Event::AttributesPinEntered,
        Stage::ReadingAttributes { card } => Event::AttributesRead {
            ticket,
            holder: holder_of(card.facts.identity),
            integrity: Integrity::Proven,
        },
        Stage::Identity { .. } => Event::IdentityConfirmed,
        Stage::FindingCertificate { card, .. } => {
            let identity = card.facts.identity;
            let mut event = found(&[certificate_of(identity)]);
            if let Event::CertificatesFound(found) = &mut event {
                found.saved = reader.kept.get(&identity.0).cloned().map(Box::new);
            }
            event
        }
        Stage::StaffGuides { .. } => Event::QuitWanted,
        Stage::Resume { .. } => Event::ResumeWanted,
        Stage::Nursery(draft) if draft.nursery.choices.is_empty() => {
            Event::NurseryAdded("n-2".to_owned())
        }
        Stage::Nursery(_) => Event::NurseryDone,
        Stage::Keeping { .. } => Event::DraftKept {
            until: crate::bedside::NOW + 3600,
        },
        Stage::StillThere { .. } | Stage::Called { .. } | Stage::Paper { .. } => {
            Event::ContinueWanted
        }
        Stage::Certificate { .. } => Event::CertificatesConfirmed,
        Stage::Line(_) => Event::LineSeen,
        Stage::Asking { at, .. } => Event::Answered(answer(at.path.as_str(), visit)),
        Stage::Reviewing { .. } => Event::ReviewConfirmed,
        Stage::SignPassword { .. } => Event::SignPasswordEntered,
        Stage::Signing { prepared, .. } => Event::Signed {
            ticket,
            signatures: vec![vec![7]; prepared.len()],
        },
        Stage::Storing { prepared, .. } => Event::Stored(deliveries(prepared)),
        Stage::Following { deliveries, .. } => {
            let mut news = deliveries.first().unwrap().clone();
            news.state = DeliveryState::Arrived;
            Event::DeliveryMoved(news)
        }
        Stage::Trouble { .. } => Event::RetryWanted,
        Stage::Second(second) => match second {
            Second::CardWanted => return reader.insert(true, 5),
            Second::Number { .. } => Event::SecondNumberEntered,
            Second::Asking { .. } => Event::SecondFound(sheet()),
            Second::Reading { .. } => Event::ReviewConfirmed,
            Second::Password { .. } => Event::SignPasswordEntered,
            Second::Signing { .. } => Event::Signed {
                ticket,
                signatures: vec![vec![7]],
            },
            Second::Storing { .. } => Event::SecondStored([5; 16]),
            Second::Done { arrived: false, .. } => Event::SecondArrived([5; 16]),
            Second::Done { arrived: true, .. } => Event::QuitWanted,
        },
    }]
}

/// Whose card is whose: two mothers of one ward.
fn holder_of(identity: CardIdentity) -> CardHolder {
    if identity == card(1).facts.identity {
        return holder();
    }
    CardHolder {
        name: "海野\u{3000}渚".to_owned(),
        address: "ことほぎ県あすこえ市みなと町９丁目９番".to_owned(),
        ..holder()
    }
}

fn certificate_of(identity: CardIdentity) -> BirthCertificate {
    let holder = holder_of(identity);
    let number = if holder == crate::bedside::holder() {
        certificate().number
    } else {
        "ASK-2026-000999".to_owned()
    };
    BirthCertificate {
        number,
        mother: holder.name,
        ..certificate()
    }
}

/// A word that only one of them ever says or owns.
const HERS: [(&str, &str); 2] = [("花子", "さくら"), ("渚", "みお")];

fn is_the_first(visit: &Bedside) -> bool {
    let card = visit.state.stage.card();
    card.is_none_or(|own| own.facts.identity == card_of_the_first())
}

fn card_of_the_first() -> CardIdentity {
    card(1).facts.identity
}

/// What the plain mother says, and something for what a random answer opened.
fn answer(path: &str, visit: &Bedside) -> Value {
    match path {
        "child_mei" if !is_the_first(visit) => text("みお"),
        "name_undecided" => choice("family"),
        "married" => Value::Bool(true),
        "public_kind" => choice("local"),
        path if KNOWN.contains(&path) => said(path),
        _ => text("あすこえ"),
    }
}

const KNOWN: [&str; 23] = [
    "child_mei",
    "child_mei_kana",
    "child_sei_kana",
    "parents_marriage",
    "parents",
    "father.mei",
    "father.birth",
    "head_who",
    "honseki",
    "hittosha_who",
    "work_code",
    "contact.tel",
    "claimant.mei_kana",
    "job",
    "employer",
    "pension",
    "spouse_living",
    "spouse_job",
    "higher",
    "addr_same_0101",
    "has_other_children",
    "acct.kokin",
    "consent",
];

#[expect(clippy::too_many_lines, reason = "one arm for each kind of move")]
fn events(visit: &Bedside, reader: &mut Reader, step: &Move) -> Vec<Event> {
    match step {
        Move::Go => go(visit, reader),
        Move::Answer(which) => vec![Event::Answered(match which % 6 {
            0 => Value::Blank,
            1 => choice("3"),
            2 => choice("not_married"),
            3 => Value::Bool(which % 2 == 0),
            4 => text("龘\u{200b}"),
            _ => text("あおい"),
        })],
        Move::Tap(which) => vec![tap(*which)],
        Move::Insert { own, tries } => reader.insert(*own, *tries),
        Move::Unusable(which) => {
            let gone = reader.now.map(|ticket| Event::CardRemoved {
                ticket: Ticket(ticket),
            });
            reader.minted += 1;
            reader.now = Some(reader.minted);
            let why = [
                UnusableCard::Mute,
                UnusableCard::Smartphone,
                UnusableCard::Expired,
                UnusableCard::Busy,
            ];
            let why = why[usize::from(*which) % why.len()];
            gone.into_iter()
                .chain([Event::CardUnusable {
                    ticket: Ticket(reader.minted),
                    why,
                }])
                .collect()
        }
        Move::Remove { old: true } => vec![Event::CardRemoved {
            ticket: reader.ticket(true),
        }],
        Move::Remove { old: false } => {
            let gone = reader.now.take();
            gone.into_iter()
                .map(|ticket| Event::CardRemoved {
                    ticket: Ticket(ticket),
                })
                .collect()
        }
        Move::Reader(which) => {
            let gone = reader.now.take().map(|ticket| Event::CardRemoved {
                ticket: Ticket(ticket),
            });
            let then = match which % 4 {
                0 => Event::CardServiceLost,
                1 => Event::CardServiceBack,
                2 => Event::ReadersChanged { present: false },
                _ => Event::ReadersChanged { present: true },
            };
            gone.into_iter().chain([then]).collect()
        }
        Move::Fail { what, old } => {
            let trouble = match what % 10 {
                0..=3 => CardTrouble::WrongPin { left: what % 4 },
                4 => CardTrouble::LastTryKept,
                5 => CardTrouble::Gone,
                6 => CardTrouble::Swapped,
                7 => CardTrouble::Mute,
                8 => CardTrouble::SignatureWrong,
                _ => CardTrouble::SignerDiffers,
            };
            vec![Event::CardFailed {
                ticket: reader.ticket(*old),
                trouble,
            }]
        }
        Move::Signed { count, old } => {
            let signatures = vec![vec![7]; usize::from(*count)];
            vec![Event::Signed {
                ticket: reader.ticket(*old),
                signatures,
            }]
        }
        Move::Ward(which) => vec![match which % 5 {
            0 => Event::CertificatesFailed(CertificateTrouble::Unreadable),
            1 => found(&[]),
            2 => only_earlier(vec![somebodys()]),
            3 => marked(
                &[certificate()],
                WardFlags {
                    loss: which % 2 == 0,
                    protection: true,
                    ..WardFlags::default()
                },
            ),
            // Whoever asked: a certificate of one of them, perhaps of the other.
            _ => found(&[certificate()]),
        }],
        Move::Desk(which) => vec![match which % 7 {
            4 => Event::DraftKept { until: 1 },
            5 => Event::DraftNotKept { full: false },
            6 => Event::PrintFailed(Sheet::Receipt, PrintTrouble::NoPrinter),
            0 => Event::StoreFailed { full: true },
            1 => Event::StoreFailed { full: false },
            2 => Event::Stored(vec![somebodys()]),
            _ => Event::DeliveryMoved(somebodys()),
        }],
        Move::Clock(_) | Move::Room(_) | Move::Gate(_) | Move::Wait(_) => vec![],
    }
}

fn tap(which: u8) -> Event {
    let path = KNOWN[usize::from(which) % KNOWN.len()].parse().unwrap();
    match which % 32 {
        16 => Event::PauseWanted,
        17 => Event::StaffCalled,
        18 => Event::ContinueWanted,
        19 => Event::QuietExitWanted,
        20 => Event::BeginWanted,
        21 => Event::NoticeRead,
        22 => Event::BeginAnewWanted,
        23 => Event::StaffOpened,
        24 => Event::ItemToggled("kodomo_iryohi".parse().unwrap()),
        25 => Event::ItemToggled("hoiku_nintei_riyo".parse().unwrap()),
        26 => Event::PageWanted(FollowingPage::OtherParent),
        27 if which < 128 => Event::PrintWanted(Sheet::Receipt),
        27 => Event::PaperWanted,
        28 => Event::CertificateToggled {
            number: certificate().number,
            child_order: 1,
        },
        29 => Event::NurseryRemoved(0),
        30 => Event::ResumeWanted,
        31 => Event::ComfortChanged(Comfort {
            night: true,
            ..Comfort::default()
        }),
        0 => Event::LanguageChosen(Tongue::En),
        1 => Event::LanguageChosen(Tongue::Ja),
        2..=5 => Event::BackWanted,
        6 | 7 => Event::CorrectionWanted {
            form: usize::from(which % 3),
            path,
        },
        8 => Event::RetryWanted,
        9 => Event::Touched,
        10 => Event::SecretUnusable,
        11 => Event::AnswerUnreadable(ReasonCode::BadFormat),
        12 => Event::NoCertificateIsMine,
        13 => Event::QuitWanted,
        14 => Event::AttributesPinEntered,
        15 if which >= 64 => Event::SecondWanted,
        _ => Event::SignPasswordEntered,
    }
}

fn somebodys() -> Delivery {
    Delivery {
        id: [0; 16],
        procedure: "shussei_todoke".parse().unwrap(),
        recipient: crate::bedside::asukoe(),
        child: None,
        open_until: None,
        digest: [0; 32],
        state: DeliveryState::Sent,
        arrival_no: None,
        arrived_at: None,
        receipt_text: None,
        status_url: None,
    }
}

/// What a watcher remembers from event to event.
#[derive(Default)]
struct Watch {
    /// The bytes last shown in full.
    shown: Vec<Vec<u8>>,
    /// The insertion last asked to sign, until it answered.
    signing: Option<Ticket>,
    entered: u64,
    stored: usize,
    kept: usize,
    /// What the city handed over was on the screen since it came.
    read: bool,
    seconds: usize,
}

impl Watch {
    fn check(&mut self, before: &State, event: &Event, timed: &Timed) {
        let state = &timed.visit.state;
        if let Stage::Reviewing { prepared, .. } = &state.stage {
            self.shown = prepared
                .iter()
                .map(|sheet| sheet.canonical.clone())
                .collect();
        }
        match &state.stage {
            Stage::Second(Second::Reading { .. }) => self.read = true,
            Stage::Second(Second::Asking { .. }) => self.read = false,
            _ => {}
        }
        for effect in &timed.visit.effects {
            self.check_effect(effect, event, before, state);
        }
        if is_empty(state) && !is_empty(before) {
            assert!(
                timed.visit.effects.contains(&Effect::Wipe),
                "{event:?} from {before:?}"
            );
        }
        if matches!(state.stage, Stage::Resting | Stage::Finished) {
            assert!(is_empty(state));
        }
        check_cover(state);
        let ended = |stage: &Stage| {
            stage.is_rest() || matches!(stage, Stage::Finished | Stage::Paused { .. })
        };
        if timed.visit.cx.closed && ended(&before.stage) {
            assert!(
                ended(&state.stage) || matches!(state.stage, Stage::Trouble { .. }),
                "{event:?} begins a visit on a closed device"
            );
        }
        // Nobody acts while a city is asked.
        if let Event::Elapsed(timer) = event
            && *timer != Timer::Answer
            && state.stage != before.stage
            && !matches!(before.stage, Stage::Finished | Stage::Paused { .. })
        {
            let had = timed.now - self.entered;
            assert!(
                had >= 90,
                "{timer:?} ended {:?} after {had} s",
                before.stage
            );
        }
        if std::mem::discriminant(&state.stage) != std::mem::discriminant(&before.stage) {
            self.entered = timed.now;
            check_way_out(timed);
            check_whose(state);
        }
    }

    fn check_effect(&mut self, effect: &Effect, event: &Event, before: &State, state: &State) {
        match effect {
            Effect::Sign {
                ticket,
                canonical,
                holder: named,
            } => {
                assert_eq!(*canonical, self.shown, "only what was shown is signed");
                let draft = state.stage.draft().unwrap();
                assert_eq!(*named, holder_of(draft.card.facts.identity));
                assert_ne!(tries(state, |card| card.facts.sign_tries), Some(1));
                self.signing = Some(*ticket);
            }
            Effect::SignSecond {
                ticket, canonical, ..
            } => {
                assert_eq!(
                    *canonical,
                    sheet().canonical,
                    "only what was shown is signed"
                );
                assert!(self.read, "signed before it was on the screen");
                assert_ne!(tries(state, |card| card.facts.sign_tries), Some(1));
                self.signing = Some(*ticket);
            }
            Effect::StoreSecond { signature, .. } => {
                let Event::Signed { ticket, .. } = event else {
                    panic!("stored on {event:?}")
                };
                assert_eq!(self.signing.take(), Some(*ticket));
                assert_eq!(*signature, [7]);
                self.seconds += 1;
            }
            Effect::ReadAttributes { .. } => {
                assert_ne!(tries(state, |card| card.facts.attributes_tries), Some(1));
            }
            Effect::Store {
                prepared,
                signatures,
                identity,
                children,
                ..
            } => {
                let (mine, not_mine) = words_of(*identity);
                for sheet in prepared {
                    let text = String::from_utf8(sheet.canonical.clone()).unwrap();
                    assert!(text.contains(mine.0), "{text}");
                    assert!(
                        !text.contains(not_mine.0) && !text.contains(not_mine.1),
                        "{text}"
                    );
                }
                assert_eq!(children[0].number, certificate_of(*identity).number);
                let Event::Signed { ticket, .. } = event else {
                    panic!("stored on {event:?}")
                };
                assert_eq!(self.signing.take(), Some(*ticket));
                assert_eq!(prepared.len(), signatures.len());
                let stored: Vec<&Vec<u8>> = prepared.iter().map(|sheet| &sheet.canonical).collect();
                assert_eq!(stored, self.shown.iter().collect::<Vec<_>>());
                self.stored += 1;
            }
            Effect::ReleaseCard { ticket } => {
                assert!(
                    state.side.lying.contains(ticket),
                    "a card that is gone cannot be released"
                );
            }
            Effect::KeepDraft { identity, saved } => {
                // Kept for the card it was said with, and only what was said with it.
                let own = before.stage.draft().unwrap();
                assert_eq!(*identity, own.card.facts.identity);
                assert!(!own.protected() || matches!(event, Event::PauseWanted));
                let (_, not_mine) = words_of(*identity);
                let text = serde_json::to_string(saved).unwrap();
                assert!(!text.contains(not_mine.1), "{text}");
                for from_the_card in ["花子", "渚", "うぶ町１丁目２番３号"] {
                    assert!(!text.contains(from_the_card), "{text}");
                }
                self.kept += 1;
            }
            Effect::ClearPin
            | Effect::FindCertificates { .. }
            | Effect::DiscardDraft { .. }
            | Effect::Print(_)
            | Effect::StopPrinting
            | Effect::KeepVoice(_)
            | Effect::Await(_)
            | Effect::Wipe
            | Effect::AskSecond
            | Effect::Service(_) => {}
        }
    }
}

fn words_of(
    identity: CardIdentity,
) -> ((&'static str, &'static str), (&'static str, &'static str)) {
    if identity == card_of_the_first() {
        (HERS[0], HERS[1])
    } else {
        (HERS[1], HERS[0])
    }
}

/// Never two visitors' data in one state.
fn check_whose(state: &State) {
    let Some(draft) = state.stage.draft() else {
        return;
    };
    assert_eq!(draft.holder, holder_of(draft.card.facts.identity));
    let (_, not_mine) = words_of(draft.card.facts.identity);
    for found in &draft.certificates {
        let mother = found.certificate.mother.replace(' ', "\u{3000}");
        assert_eq!(mother, draft.holder.name);
    }
    for form in &draft.forms {
        let text = serde_json::to_string(&form.answers).unwrap();
        assert!(
            !text.contains(not_mine.0) && !text.contains(not_mine.1),
            "{text}"
        );
    }
}

/// From wherever a visit is, the quiet exit leads to rest at once, and nothing of it is left; what is being written is
/// stored or fails, and goes on.
fn check_way_out(timed: &Timed) {
    let mut visit = timed.visit.clone();
    visit.tell(Event::QuietExitWanted);
    if matches!(
        timed.visit.state.stage,
        Stage::Storing { .. } | Stage::Second(Second::Storing { .. })
    ) {
        assert_eq!(visit.state.stage, timed.visit.state.stage);
        visit.tell(Event::StoreFailed { full: false });
        visit.tell(Event::QuietExitWanted);
    }
    assert!(is_empty(&visit.state), "{:?}", visit.state.stage);
    let rest = match &visit.state.stage {
        Stage::Resting => true,
        Stage::Trouble { failure, .. } => {
            matches!(failure, Failure::NoReader | Failure::NoCardService)
        }
        _ => false,
    };
    assert!(rest, "{:?}", visit.state.stage);
    // Whoever sets the screen at rest, without beginning a visit, leaves none by going.
    if !timed.visit.state.stage.is_rest() {
        assert_eq!(visit.state.tongue, visit.state.usual_tongue);
        assert_eq!(visit.state.comfort, visit.state.usual_comfort);
    }
}

/// What needs the card is on the screen only while the card lies there, or under a cover.
fn check_cover(state: &State) {
    let writing = matches!(
        state.stage,
        Stage::Storing { .. }
            | Stage::Second(Second::Storing { .. })
            | Stage::Keeping { .. }
            | Stage::Trouble { .. }
    );
    if let Some(card) = state.stage.card()
        && !writing
    {
        assert!(state.side.lying.contains(&card.ticket), "{:?}", state.stage);
    }
    if let Stage::CardAway { was, .. } = &state.stage {
        assert!(was.card().is_some() && was.holds_personal_data());
        assert!(!matches!(
            **was,
            Stage::Trouble { .. } | Stage::Storing { .. } | Stage::Second(Second::Storing { .. })
        ));
    }
}

fn tries(state: &State, of: impl Fn(&CardOnReader) -> Option<u8>) -> Option<u8> {
    state.stage.card().and_then(of)
}

fn run(steps: &[Move]) -> (usize, usize, usize, usize) {
    let mut timed = Timed::new(Bedside::new());
    let mut reader = Reader {
        minted: 0,
        now: None,
        kept: BTreeMap::new(),
    };
    let mut watch = Watch::default();
    let mut reviewed = 0;
    for step in steps {
        match step {
            Move::Clock(right) => timed.visit.cx.today = right.then_some(crate::bedside::TODAY),
            Move::Room(room) => timed.visit.cx.has_room = *room,
            Move::Gate(closed) => timed.visit.cx.closed = *closed,
            Move::Wait(seconds) => {
                timed.pass_watched((*seconds).into(), |before, event, timed| {
                    watch.check(before, event, timed);
                });
            }
            Move::Go
            | Move::Answer(_)
            | Move::Tap(_)
            | Move::Insert { .. }
            | Move::Unusable(_)
            | Move::Remove { .. }
            | Move::Reader(_)
            | Move::Fail { .. }
            | Move::Signed { .. }
            | Move::Ward(_)
            | Move::Desk(_) => {
                for event in events(&timed.visit, &mut reader, step) {
                    let before = timed.visit.state.clone();
                    timed.tell(event.clone());
                    watch.check(&before, &event, &timed);
                    for effect in &timed.visit.effects {
                        match effect {
                            Effect::KeepDraft { identity, saved } => {
                                reader.kept.insert(identity.0, (**saved).clone());
                            }
                            Effect::DiscardDraft { identity } => {
                                reader.kept.remove(&identity.0);
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
        reviewed += usize::from(prepared_of(&timed.visit.state.stage).is_some());
    }
    let log = serde_json::to_string(&timed.visit.log).unwrap();
    assert!(
        PERSONAL.iter().all(|personal| !log.contains(personal)),
        "{log}"
    );
    (reviewed, watch.stored, watch.kept, watch.seconds)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nobody_is_left_behind_and_nothing_unshown_is_signed(steps in moves()) {
        run(&steps);
    }
}

/// The generator is of use only if it gets far.
#[test]
fn random_visits_reach_the_review_and_the_outbox_often_enough_to_mean_something() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut reviewed, mut stored, mut kept, mut seconds) = (0, 0, 0, 0);
    for _ in 0..100 {
        let steps = moves().new_tree(&mut runner).unwrap().current();
        let (saw_review, outbox, drafts, second) = run(&steps);
        seconds += second;
        kept += drafts;
        reviewed += usize::from(saw_review > 0);
        stored += outbox;
    }
    assert!(
        reviewed >= 10 && stored >= 5 && kept >= 5 && seconds >= 3,
        "{reviewed} reviews, {stored} stored, {kept} kept, {seconds} second signatures"
    );
}
