//! An invented family of あすこえ市, a device, and a visit that can be brought to any stage.

use std::sync::LazyLock;

use jiff::civil::{Date, date, datetime};
use ubugoe_procedures::nursery::Index;
use ubugoe_procedures::{
    BirthCertificate, CardHolder, Catalogue, IssuerKind, MunicipalityCode, PlaceKind, Plurality,
    Sex, Tongue, Value,
};
use ubugoe_visit::service::{Ask, PinAnswer, ServiceDesk, ServiceEvent};
use ubugoe_visit::{
    Candidate, CardFacts, CardIdentity, CardOnReader, CardTrouble, Comfort, Context, Delivery,
    DeliveryState, Draft, Effect, Event, Found, Integrity, Prepared, SavedDraft, SecondSheet,
    Stage, State, Ticket, Timer, WardFlags, audit, step,
};

pub(crate) const TODAY: Date = date(2026, 11, 24);
/// A minute of that day, in seconds since 1970.
pub(crate) const NOW: i64 = 1_795_521_600;
/// Parts of the family's data that appear nowhere else.
pub(crate) const PERSONAL: [&str; 6] = [
    "花子",
    "うぶ町",
    "さくら",
    "サクラ",
    "090-0000-0000",
    "太郎",
];

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap());

/// Invented places near the hospital.
static NURSERIES: LazyLock<Index> = LazyLock::new(|| {
    let list = "施設番号,施設名,種別,住所,緯度,経度
n-1,なぎさ保育園,認可保育所,ことほぎ県あすこえ市みなと町1,35.10,139.10
n-2,うみのこども園,認定こども園,ことほぎ県あすこえ市みなと町2,35.11,139.10
n-3,ちいさなて保育室,小規模保育,ことほぎ県あすこえ市うぶ町3,35.20,139.10
";
    let read = ubugoe_procedures::nursery::import::import(list.as_bytes()).unwrap();
    assert_eq!(read.facilities.len(), 3);
    Index::build(read.facilities, &[])
});

pub(crate) fn asukoe() -> MunicipalityCode {
    "991015".parse().unwrap()
}

/// A device whose clock is right and whose outbox has room.
pub(crate) fn device() -> Context<'static> {
    Context {
        catalogue: &CATALOGUE,
        today: Some(TODAY),
        birthplace: asukoe(),
        now: NOW,
        has_room: true,
        closed: false,
        online: true,
        offline_long: false,
        nurseries: Some(&NURSERIES),
        staff: ServiceDesk::default(),
    }
}

pub(crate) fn holder() -> CardHolder {
    CardHolder {
        name: "神\u{e0100}山\u{3000}花子".to_owned(),
        address: "ことほぎ県あすこえ市うぶ町１丁目２番３号".to_owned(),
        birth: date(1996, 11, 23),
        sex: Sex::Female,
    }
}

pub(crate) fn certificate() -> BirthCertificate {
    BirthCertificate {
        number: "ASK-2026-000123".to_owned(),
        name: None,
        sex: Sex::Female,
        birth_dt: datetime(2026, 11, 22, 23, 59, 0, 0),
        place_kind: PlaceKind::Hospital,
        place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        place_name: Some("あすこえ市民病院".to_owned()),
        weight_g: 3012,
        length_mm: 495,
        plurality: Plurality::Single,
        mother: "神\u{e0100}山\u{20}花子".to_owned(),
        weeks: 39,
        days: 2,
        live_births: 1,
        stillbirths: 0,
        issued: date(2026, 11, 23),
        issuer_kind: IssuerKind::Doctor,
        issuer_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        issuer_name: "海野\u{3000}渚".to_owned(),
    }
}

/// An insertion of the mother's card.
pub(crate) fn card(ticket: u64) -> CardOnReader {
    CardOnReader {
        ticket: Ticket(ticket),
        facts: CardFacts {
            identity: CardIdentity([1; 32]),
            attributes_tries: Some(3),
            sign_tries: Some(5),
            has_sign_certificate: true,
            expiry: Some(date(2030, 11, 23)),
        },
    }
}

/// An insertion of somebody else's card.
pub(crate) fn other_card(ticket: u64) -> CardOnReader {
    let mut card = card(ticket);
    card.facts.identity = CardIdentity([2; 32]);
    card
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn choice(id: &str) -> Value {
    Value::Choice(id.to_owned())
}

/// What the plain married mother says, by field.
pub(crate) fn said(path: &str) -> Value {
    match path {
        "child_mei" => text("さくら"),
        "child_mei_kana" => text("サクラ"),
        "child_sei_kana" | "guardian.sei_kana" => text("カミヤマ"),
        "parents_marriage" => choice("married"),
        "parents" => choice("both_japanese"),
        "father.mei" => text("太郎"),
        "father.birth" => Value::Date(date(1994, 2, 3)),
        "head_who" | "hittosha_who" => choice("father"),
        "honseki" => text("ことほぎ県あすこえ市うぶ町１丁目２番"),
        "work_code" => choice("4"),
        "contact.tel" => text("090-0000-0000"),
        "claimant.mei_kana" | "guardian.mei_kana" => text("ハナコ"),
        "job" | "pension" | "spouse_living" | "spouse_job" | "guardian[0].reason" => choice("1"),
        "employer" | "guardian[0].work_place" => text("あすこえ製作所"),
        "higher" => choice("self"),
        "addr_same_0101" | "acct.kokin" | "consent" | "ins.pending" => Value::Bool(true),
        "has_other_children" | "unborn" | "single" | "welfare" | "leave_ext" => Value::Bool(false),
        // Of the medical subsidy and of a nursery place, what the others do not ask.
        "start" => Value::YearMonth {
            year: 2027,
            month: 4,
        },
        "class" => choice("3"),
        "amount" => choice("standard"),
        "guardians" => Value::Number(1),
        "household_count" => Value::Number(0),
        "guardian[0].rel" => text("母"),
        "guardian[0].employment" => choice("regular"),
        "guardian[0].hours_month" => Value::Number(140),
        "guardian[0].days_month" => Value::Number(20),
        "siblings" => choice("none"),
        "current_care" => choice("home"),
        "health" => Value::Blank,
        path => panic!("nobody said what to answer to {path}"),
    }
}

/// What the desk says of freshly stored filings.
pub(crate) fn deliveries(prepared: &[Prepared]) -> Vec<Delivery> {
    let delivery = |(place, sheet): (u8, &Prepared)| Delivery {
        id: [place; 16],
        procedure: sheet.filing.procedure.clone(),
        recipient: sheet.filing.recipient,
        child: sheet.child,
        open_until: sheet.due.map(|due| due.open_until),
        digest: [place; 32],
        state: DeliveryState::Stored,
        arrival_no: None,
        arrived_at: None,
        receipt_text: None,
        status_url: None,
    };
    (0..).zip(prepared).map(delivery).collect()
}

/// One device with a visit on it, and every effect it asked for.
#[derive(Clone)]
pub(crate) struct Bedside {
    pub(crate) cx: Context<'static>,
    pub(crate) state: State,
    /// Effects of the last event.
    pub(crate) effects: Vec<Effect>,
    /// Stages as the audit log has them.
    pub(crate) log: Vec<audit::Record>,
}

impl Bedside {
    pub(crate) fn new() -> Self {
        let state = State::resting(Tongue::Ja, Comfort::default());
        Self {
            cx: device(),
            state,
            effects: Vec::new(),
            log: Vec::new(),
        }
    }

    pub(crate) fn tell(&mut self, event: Event) -> &mut Self {
        let before = self.state.clone();
        let (after, effects) = step(before.clone(), event, &self.cx);
        self.log.extend(audit::record(&before, &after));
        (self.state, self.effects) = (after, effects);
        self
    }

    pub(crate) fn stage(&self) -> &'static str {
        audit::name(&self.state.stage)
    }

    pub(crate) fn code(&self) -> Option<&'static str> {
        audit::failure(&self.state.stage).map(ubugoe_visit::Failure::code)
    }

    pub(crate) fn effects(&self) -> Vec<&'static str> {
        self.effects.iter().map(effect_name).collect()
    }

    /// The stage with its code or its effects, for one-line expectations.
    pub(crate) fn expect(&mut self, event: Event, stage: &str, effects: &[&str]) -> &mut Self {
        self.tell(event);
        assert_eq!(
            (self.stage(), self.effects()),
            (stage, effects.to_vec()),
            "{:?}",
            self.code()
        );
        self
    }

    pub(crate) fn draft(&self) -> &Draft {
        draft_of(&self.state.stage).unwrap()
    }

    pub(crate) fn prepared(&self) -> &[Prepared] {
        prepared_of(&self.state.stage).unwrap()
    }

    /// The question on the screen, as "form index, path".
    pub(crate) fn question(&self) -> (usize, &str) {
        match &self.state.stage {
            Stage::Asking { at, .. } => (at.form, at.path.as_str()),
            stage => panic!("no question in {}", audit::name(stage)),
        }
    }

    /// Staff sign in beside the bed, and open what comes next.
    pub(crate) fn staff_open(&mut self) -> &mut Self {
        let staff = crate::service::midwife();
        let number = staff.number.clone();
        let (ask, answer) = (Ask::default(), PinAnswer::Staff(staff));
        for event in [
            ServiceEvent::Wanted,
            ServiceEvent::NumberEntered(number),
            ServiceEvent::PinEntered,
            ServiceEvent::PinChecked { ask, answer },
        ] {
            self.tell(Event::Service(event));
        }
        self.tell(Event::StaffOpened)
    }

    // -------------------------------------------------------------------------------------- the happy way, in pieces

    pub(crate) fn insert(&mut self) -> &mut Self {
        self.tell(Event::CardInserted(card(1)))
            .tell(Event::NoticeRead)
    }

    pub(crate) fn read(&mut self) -> &mut Self {
        self.insert().tell(Event::AttributesPinEntered)
    }

    pub(crate) fn identify(&mut self) -> &mut Self {
        let integrity = Integrity::Proven;
        self.read().tell(Event::AttributesRead {
            ticket: Ticket(1),
            holder: holder(),
            integrity,
        })
    }

    pub(crate) fn find(&mut self) -> &mut Self {
        self.identify().tell(Event::IdentityConfirmed)
    }

    pub(crate) fn choose(&mut self) -> &mut Self {
        self.find().tell(found(&[certificate()]))
    }

    pub(crate) fn line(&mut self) -> &mut Self {
        self.choose().tell(Event::CertificatesConfirmed)
    }

    pub(crate) fn ask(&mut self) -> &mut Self {
        self.line().tell(Event::LineSeen)
    }

    /// Answers by `say` until something else than a question is on the screen.
    pub(crate) fn answer_all(&mut self, say: impl Fn(&str) -> Value) -> &mut Self {
        for _ in 0..100 {
            let Stage::Asking { at, .. } = &self.state.stage else {
                return self;
            };
            let answer = say(at.path.as_str());
            self.tell(Event::Answered(answer));
            if let Stage::Asking { problems, at, .. } = &self.state.stage {
                assert!(problems.is_empty(), "{at:?}: {problems:?}");
            }
        }
        panic!("a hundred questions and no end: {:?}", self.question())
    }

    pub(crate) fn review(&mut self) -> &mut Self {
        self.ask().answer_all(said)
    }

    pub(crate) fn password(&mut self) -> &mut Self {
        self.review().tell(Event::ReviewConfirmed)
    }

    pub(crate) fn sign(&mut self) -> &mut Self {
        self.password().tell(Event::SignPasswordEntered)
    }

    pub(crate) fn store(&mut self) -> &mut Self {
        self.sign();
        let signatures = vec![vec![7]; self.prepared().len()];
        self.tell(Event::Signed {
            ticket: Ticket(1),
            signatures,
        })
    }

    // ------------------------------------------------------------------------------------ the other parent, in pieces

    pub(crate) fn second(&mut self) -> &mut Self {
        self.tell(Event::CardInserted(card(1)))
            .tell(Event::SecondWanted)
    }

    pub(crate) fn second_reading(&mut self) -> &mut Self {
        self.second()
            .tell(Event::SecondNumberEntered)
            .tell(Event::SecondFound(sheet()))
    }

    pub(crate) fn second_signing(&mut self) -> &mut Self {
        self.second_reading()
            .tell(Event::ReviewConfirmed)
            .tell(Event::SignPasswordEntered)
    }

    pub(crate) fn follow(&mut self) -> &mut Self {
        self.store();
        let stored = deliveries(self.prepared());
        self.tell(Event::Stored(stored))
    }
}

/// What the mother of the plain family signed, as the city hands it over.
pub(crate) fn sheet() -> SecondSheet {
    static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| {
        at("reviewing")
            .prepared()
            .first()
            .unwrap()
            .canonical
            .clone()
    });
    SecondSheet {
        ticket: [4; 16],
        canonical: SIGNED.clone(),
        first: [6; 32],
    }
}

/// The card's answer to the other parent's signature.
pub(crate) fn second_signed(ticket: u64) -> Event {
    Event::Signed {
        ticket: Ticket(ticket),
        signatures: vec![vec![7]],
    }
}

/// What the ward has for her: these certificates, unmarked.
pub(crate) fn found(certificates: &[BirthCertificate]) -> Event {
    marked(certificates, WardFlags::default())
}

/// The same, each with the ward's marks.
pub(crate) fn marked(certificates: &[BirthCertificate], flags: WardFlags) -> Event {
    let candidates = certificates.iter().map(|certificate| Candidate {
        certificate: certificate.clone(),
        flags,
    });
    Event::CertificatesFound(Box::new(Found {
        candidates: candidates.collect(),
        ..Found::default()
    }))
}

/// Nothing but what this card filed before.
pub(crate) fn only_earlier(earlier: Vec<Delivery>) -> Event {
    Event::CertificatesFound(Box::new(Found {
        earlier,
        ..Found::default()
    }))
}

/// One of two children of a delivery, born on either side of midnight.
pub(crate) fn twin(order: u8) -> BirthCertificate {
    let (sex, birth_dt) = if order == 1 {
        (Sex::Female, datetime(2026, 11, 22, 23, 59, 0, 0))
    } else {
        (Sex::Male, datetime(2026, 11, 23, 0, 4, 0, 0))
    };
    BirthCertificate {
        plurality: Plurality::Multiple { order, of: 2 },
        live_births: 2,
        sex,
        birth_dt,
        ..certificate()
    }
}

/// Every stage there is, some in more than one shape, as a visit comes to them.
pub(crate) const STAGES: [&str; 46] = [
    "resting",
    "no-reader",
    "language",
    "notice",
    "notice-with-card",
    "card-wanted",
    "attributes-pin",
    "reading-attributes",
    "identity",
    "finding-certificate",
    "staff-guides",
    "resume",
    "certificate",
    "line",
    "asking",
    "correcting",
    "nursery",
    "reviewing",
    "sign-password",
    "signing",
    "storing",
    "following",
    "following-alone",
    "card-away",
    "another-card",
    "stopped",
    "stopped-at-card",
    "stuck",
    "still-there",
    "called",
    "called-signing",
    "paper",
    "paper-without-card",
    "keeping",
    "kept",
    "card-left",
    "finished",
    "second-card-wanted",
    "second-number",
    "second-asking",
    "second-reading",
    "second-password",
    "second-signing",
    "second-storing",
    "second-stored",
    "second-stuck",
];

/// A visit at one of [`STAGES`]. The mother's card lies on the reader where the stage allows it.
#[expect(clippy::too_many_lines, reason = "one way for each stage")]
pub(crate) fn at(stage: &str) -> Bedside {
    let mut bedside = Bedside::new();
    match stage {
        "resting" => &mut bedside,
        "no-reader" => bedside.tell(Event::ReadersChanged { present: false }),
        "language" => bedside.tell(Event::BeginWanted),
        "notice" => bedside
            .tell(Event::BeginWanted)
            .tell(Event::LanguageChosen(Tongue::Ja)),
        "notice-with-card" => bedside.tell(Event::CardInserted(card(1))),
        "card-wanted" => bedside
            .tell(Event::BeginWanted)
            .tell(Event::LanguageChosen(Tongue::Ja))
            .tell(Event::NoticeRead),
        "attributes-pin" => bedside.insert(),
        "reading-attributes" => bedside.read(),
        "identity" => bedside.identify(),
        "finding-certificate" => bedside.find(),
        "staff-guides" => {
            let flags = WardFlags {
                loss: true,
                ..WardFlags::default()
            };
            bedside.find().tell(marked(&[certificate()], flags))
        }
        "resume" => {
            let saved = kept_by(&at("asking"));
            bedside.find().tell(found_again(saved))
        }
        "certificate" => bedside.choose(),
        "line" => bedside.line(),
        "asking" => {
            // In the middle: something was answered, something is open.
            bedside.ask();
            for _ in 0..3 {
                let answer = said(bedside.question().1);
                bedside.tell(Event::Answered(answer));
            }
            &mut bedside
        }
        "correcting" => {
            let path = "child_mei".parse().unwrap();
            bedside
                .review()
                .tell(Event::CorrectionWanted { form: 0, path })
        }
        "reviewing" => bedside.review(),
        "sign-password" => bedside.password(),
        "signing" => bedside.sign(),
        "storing" => bedside.store(),
        "following" => bedside.follow(),
        "following-alone" => bedside
            .follow()
            .tell(Event::CardRemoved { ticket: Ticket(1) }),
        "card-away" => bedside
            .review()
            .tell(Event::CardRemoved { ticket: Ticket(1) }),
        "another-card" => bedside
            .review()
            .tell(Event::CardRemoved { ticket: Ticket(1) })
            .tell(Event::CardInserted(other_card(2))),
        "stopped" => {
            let trouble = CardTrouble::Locked;
            bedside.read().tell(Event::CardFailed {
                ticket: Ticket(1),
                trouble,
            })
        }
        "stopped-at-card" => {
            let trouble = CardTrouble::Mute;
            bedside.read().tell(Event::CardFailed {
                ticket: Ticket(1),
                trouble,
            })
        }
        "nursery" => bedside
            .line()
            .tell(Event::ItemToggled("hoiku_nintei_riyo".parse().unwrap()))
            .tell(Event::LineSeen)
            .answer_all(said),
        "still-there" => bedside.review().tell(Event::Elapsed(Timer::Idle)),
        "called" => bedside.review().tell(Event::StaffCalled),
        "called-signing" => bedside.sign().tell(Event::StaffCalled),
        "paper" => bedside.line().tell(Event::PaperWanted),
        "paper-without-card" => bedside
            .tell(Event::BeginWanted)
            .tell(Event::LanguageChosen(Tongue::Ja))
            .tell(Event::NoticeRead)
            .tell(Event::PaperWanted),
        "keeping" => bedside.review().tell(Event::PauseWanted),
        "kept" => bedside
            .review()
            .tell(Event::PauseWanted)
            .tell(Event::DraftKept { until: NOW + 3600 }),
        "card-left" => bedside
            .identify()
            .tell(Event::QuitWanted)
            .tell(Event::Elapsed(Timer::Farewell)),
        "stuck" => {
            let trouble = CardTrouble::Busy;
            bedside.sign().tell(Event::CardFailed {
                ticket: Ticket(1),
                trouble,
            })
        }
        "finished" => bedside.identify().tell(Event::QuitWanted),
        "second-card-wanted" => bedside
            .tell(Event::BeginWanted)
            .tell(Event::LanguageChosen(Tongue::Ja))
            .tell(Event::SecondWanted),
        "second-number" => bedside.second(),
        "second-asking" => bedside.second().tell(Event::SecondNumberEntered),
        "second-reading" => bedside.second_reading(),
        "second-password" => bedside.second_reading().tell(Event::ReviewConfirmed),
        "second-signing" => bedside.second_signing(),
        "second-storing" => bedside.second_signing().tell(second_signed(1)),
        "second-stored" => bedside
            .second_signing()
            .tell(second_signed(1))
            .tell(Event::SecondStored([5; 16])),
        "second-stuck" => bedside.second_signing().tell(Event::CardFailed {
            ticket: Ticket(1),
            trouble: CardTrouble::Busy,
        }),
        stage => panic!("no stage is called {stage}"),
    };
    bedside
}

/// What is kept of a visit that is paused now.
pub(crate) fn kept_by(visit: &Bedside) -> SavedDraft {
    let mut visit = visit.clone();
    visit.tell(Event::PauseWanted);
    let kept = visit.effects.iter().find_map(|effect| match effect {
        Effect::KeepDraft { saved, .. } => Some((**saved).clone()),
        _ => None,
    });
    kept.unwrap()
}

/// The plain certificate, and a draft that was kept.
pub(crate) fn found_again(saved: SavedDraft) -> Event {
    let Event::CertificatesFound(mut found) = found(&[certificate()]) else {
        panic!("not found")
    };
    found.saved = Some(Box::new(saved));
    Event::CertificatesFound(found)
}

pub(crate) fn draft_of(stage: &Stage) -> Option<&Draft> {
    stage.draft()
}

pub(crate) fn prepared_of(stage: &Stage) -> Option<&[Prepared]> {
    match stage {
        Stage::Reviewing { prepared, .. }
        | Stage::SignPassword { prepared, .. }
        | Stage::Signing { prepared, .. }
        | Stage::Storing { prepared, .. } => Some(prepared),
        _ => None,
    }
}

pub(crate) const fn effect_name(effect: &Effect) -> &'static str {
    match effect {
        Effect::ClearPin => "clear-pin",
        Effect::ReadAttributes { .. } => "read-attributes",
        Effect::Sign { .. } => "sign",
        Effect::ReleaseCard { .. } => "release",
        Effect::FindCertificates { .. } => "find-certificates",
        Effect::Store { .. } => "store",
        Effect::KeepDraft { .. } => "keep-draft",
        Effect::DiscardDraft { .. } => "discard-draft",
        Effect::Print(_) => "print",
        Effect::StopPrinting => "stop-printing",
        Effect::KeepVoice(_) => "keep-voice",
        Effect::Await(Timer::StillThere) => "await-answer",
        Effect::Await(Timer::Called) => "await-nurse",
        Effect::Await(Timer::Idle) => "await-idle",
        Effect::Await(Timer::CardAway) => "await-card",
        Effect::Await(Timer::Farewell) => "await-farewell",
        Effect::Await(Timer::Answer) => "await-city",
        Effect::AskSecond => "ask-second",
        Effect::SignSecond { .. } => "sign-second",
        Effect::StoreSecond { .. } => "store-second",
        Effect::Wipe => "wipe",
        Effect::Service(_) => "staff",
    }
}
