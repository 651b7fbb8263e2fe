//! Every hard case that an experienced officer, clerk or midwife tests first: in what it must end here, and a next step.
//!
//! One row for each case of the list of traps. A case that is not the kiosk's own says so, and where it is held instead.

#![allow(
    clippy::too_many_lines,
    reason = "tables: one trap after the other, in the document's order"
)]

use std::collections::BTreeSet;

use jiff::civil::{Date, date, datetime};
use ubugoe_procedures::{BirthCertificate, CardHolder, PlaceKind, ReasonCode, Value};
use ubugoe_visit::{
    Event, FollowingPage, LineDate, LineFiling, LineSection, PaperAdvice, Stage, UnusableCard,
    WardFlags, line_view,
};

use crate::bedside::{
    Bedside, at, card, certificate, choice, deliveries, found, holder, marked, said, text, twin,
};

/// In what a case ends.
enum Ends {
    /// This stage.
    At(&'static str),
    /// This code on the screen.
    Code(&'static str),
    /// This question.
    Question(&'static str),
    /// The last answer is not taken, for this reason.
    Blocked(ReasonCode),
    /// This was asked on the way.
    Asked(&'static str),
    /// This was not.
    NotAsked(&'static str),
    /// So many forms are to be signed.
    Forms(usize),
    /// What will be signed says this.
    Says(&'static str),
    /// And not this.
    SaysNot(&'static str),
    /// The item stands on the line, under this heading.
    Row(&'static str, LineSection),
    /// It is filed in this visit, or it is not.
    Files(&'static str, LineFiling),
    /// It is not on the line.
    NoRow(&'static str),
    /// It is due, by law and at the counter.
    Due(&'static str, Date, Date),
    /// Paper is spoken of.
    Paper(PaperAdvice),
}

/// How it goes on.
enum Next {
    /// Something happens, and the visit moves.
    Event(Event),
    /// A person helps.
    Human(&'static str),
}

struct Case {
    trap: u8,
    situation: &'static str,
    visit: Bedside,
    ends: Vec<Ends>,
    next: Next,
}

// ---------------------------------------------------------------------------------------------- situations

fn of(certificate: BirthCertificate) -> Bedside {
    let mut visit = at("finding-certificate");
    visit
        .tell(found(&[certificate]))
        .tell(Event::CertificatesConfirmed);
    visit
}

fn born(at: jiff::civil::DateTime) -> Bedside {
    let issued = at.date();
    let mut visit = crate::bedside::at("finding-certificate");
    visit.cx.today = Some(issued);
    visit
        .tell(found(&[BirthCertificate {
            birth_dt: at,
            issued,
            ..certificate()
        }]))
        .tell(Event::CertificatesConfirmed);
    visit
}

fn by(holder: CardHolder) -> Bedside {
    let mut visit = at("reading-attributes");
    visit
        .tell(Event::AttributesRead {
            ticket: ubugoe_visit::Ticket(1),
            holder,
            integrity: ubugoe_visit::Integrity::Proven,
        })
        .tell(Event::IdentityConfirmed)
        .tell(found(&[certificate()]))
        .tell(Event::CertificatesConfirmed);
    visit
}

fn flagged(certificate: BirthCertificate, flags: WardFlags) -> Bedside {
    let mut visit = at("finding-certificate");
    visit.tell(marked(&[certificate], flags));
    visit
}

/// Answers everything, some of it otherwise than the plain mother.
fn answered(mut visit: Bedside, otherwise: impl Fn(&str) -> Option<Value>) -> Bedside {
    visit
        .tell(Event::LineSeen)
        .answer_all(|path| otherwise(path).unwrap_or_else(|| usual(path)));
    visit
}

/// What a mother says to questions that only some families are asked.
fn usual(path: &str) -> Value {
    match path {
        "child_sei" | "head_name" | "hittosha" | "father.sei" | "spouse.sei" => text("神山"),
        "spouse.mei" => text("太郎"),
        "spouse.birth" => said("father.birth"),
        "claimant.sei_kana" => text("カミヤマ"),
        "head_rel" => text("子の子"),
        "nationality" => text("ベトナム"),
        "married" => Value::Bool(false),
        "order" | "other_children" => Value::Number(1),
        "older_children" => Value::Number(0),
        "name_undecided" => choice("family"),
        path => said(path),
    }
}

fn plain() -> Bedside {
    answered(at("line"), |_| None)
}

fn saying(path: &'static str, value: Value) -> Bedside {
    answered(at("line"), move |asked| {
        (asked == path).then(|| value.clone())
    })
}

/// At a question, with an answer given.
fn trying(path: &str, value: Value) -> Bedside {
    let mut visit = at("line");
    visit.tell(Event::LineSeen);
    while visit.question().1 != path {
        let answer = usual(visit.question().1);
        visit.tell(Event::Answered(answer));
    }
    visit.tell(Event::Answered(value));
    visit
}

fn protected() -> Bedside {
    let flags = WardFlags {
        protection: true,
        ..WardFlags::default()
    };
    let mut visit = flagged(certificate(), flags);
    visit.tell(Event::CertificatesConfirmed);
    answered(visit, |_| None)
}

fn protected_and_stored() -> Bedside {
    let mut visit = protected();
    visit
        .tell(Event::ReviewConfirmed)
        .tell(Event::SignPasswordEntered);
    let rows = deliveries(visit.prepared());
    visit
        .tell(Event::Signed {
            ticket: ubugoe_visit::Ticket(1),
            signatures: vec![vec![7]; rows.len()],
        })
        .tell(Event::Stored(rows))
        .tell(Event::PageWanted(FollowingPage::OtherParent));
    visit
}

fn on(day: Date, online: bool) -> Bedside {
    let mut visit = at("line");
    (visit.cx.today, visit.cx.online) = (Some(day), online);
    visit
}

fn with_older_children() -> Bedside {
    answered(at("line"), |path| match path {
        "has_other_children" => Some(Value::Bool(true)),
        "other_children" => Some(Value::Number(0)),
        _ => None,
    })
}

fn adding(procedure: &str) -> Bedside {
    let mut visit = at("line");
    visit.tell(Event::ItemToggled(procedure.parse().unwrap()));
    visit
}

fn tiny(weight_g: u16) -> Bedside {
    let flags = WardFlags {
        nicu: true,
        ..WardFlags::default()
    };
    let small = BirthCertificate {
        weight_g,
        weeks: 33,
        ..certificate()
    };
    let mut visit = flagged(small, flags);
    visit.tell(Event::CertificatesConfirmed);
    visit
}

// ---------------------------------------------------------------------------------------------- the table

fn case(trap: u8, situation: &'static str, visit: Bedside, ends: Vec<Ends>, next: Next) -> Case {
    Case {
        trap,
        situation,
        visit,
        ends,
        next,
    }
}

fn cases() -> Vec<Case> {
    [
        time_and_place(),
        people(),
        the_child(),
        loss_and_illness(),
        money_and_care(),
        card_and_device(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn time_and_place() -> Vec<Case> {
    use Ends::{Asked, At, Code, Due, Files, Forms, NotAsked, Paper, Question, Says};
    let seen = || Next::Event(Event::LineSeen);
    let confirm = || Next::Event(Event::ReviewConfirmed);
    let until = date(2026, 12, 7);
    let mut no_clock = Bedside::new();
    no_clock.cx.today = None;
    no_clock.tell(Event::CardInserted(card(1)));
    let elsewhere = CardHolder {
        address: "別の県別の市１番地".to_owned(),
        ..holder()
    };
    let same_name = CardHolder {
        address: "府中市宮西町１番地".to_owned(),
        ..holder()
    };
    vec![
        case(
            1,
            "born at 23:59",
            at("line"),
            vec![Due("shussei_todoke", date(2026, 12, 5), until)],
            seen(),
        ),
        case(
            1,
            "born at 0:00",
            born(datetime(2026, 11, 23, 0, 0, 0, 0)),
            vec![Due("shussei_todoke", date(2026, 12, 6), until)],
            seen(),
        ),
        case(
            2,
            "born at noon",
            answered(born(datetime(2026, 11, 22, 12, 0, 0, 0)), |_| None),
            vec![Says("午後0時")],
            confirm(),
        ),
        case(
            3,
            "day 14 is the last of the year",
            born(datetime(2026, 12, 18, 9, 0, 0, 0)),
            vec![Due("shussei_todoke", date(2026, 12, 31), date(2027, 1, 4))],
            seen(),
        ),
        case(
            4,
            "handed in at night: stored is not arrived",
            at("following"),
            vec![At("following")],
            Next::Event(Event::BackWanted),
        ),
        case(
            5,
            "the allowance's days begin the day after",
            at("line"),
            vec![Due("jido_teate_nintei", until, until)],
            seen(),
        ),
        case(
            6,
            "born on 1 January",
            born(datetime(2027, 1, 1, 9, 0, 0, 0)),
            vec![Due(
                "jido_teate_nintei",
                date(2027, 1, 16),
                date(2027, 1, 18),
            )],
            seen(),
        ),
        case(
            10,
            "a parent's birth date without month and day",
            saying("father.birth", Value::Blank),
            vec![At("reviewing"), Forms(2)],
            confirm(),
        ),
        case(
            11,
            "a clock that nobody set",
            no_clock,
            vec![Code("T-101")],
            Next::Event(Event::PaperWanted),
        ),
        case(
            12,
            "day 12 with the network down",
            on(date(2026, 12, 3), false),
            vec![Paper(PaperAdvice::Now { open_until: until })],
            Next::Event(Event::PaperWanted),
        ),
        case(
            13,
            "after day 14",
            answered(on(date(2026, 12, 20), true), |_| None),
            vec![At("reviewing"), Forms(2)],
            confirm(),
        ),
        case(
            14,
            "she stays with her parents for the birth",
            by(elsewhere),
            vec![
                Files("shussei_todoke", LineFiling::Here),
                Files("jido_teate_nintei", LineFiling::No),
            ],
            seen(),
        ),
        case(
            15,
            "the spouse lives and works elsewhere",
            answered(at("line"), |path| match path {
                "spouse_living" => Some(choice("2")),
                "spouse_addr.full" => Some(Value::Blank),
                _ => None,
            }),
            vec![Asked("spouse_addr.full"), At("reviewing")],
            confirm(),
        ),
        case(
            16,
            "one parent is no Japanese: not the narrow gate, and filed all the same",
            saying("parents", choice("one_foreign")),
            vec![At("reviewing")],
            confirm(),
        ),
        case(
            17,
            "本籍 is not known",
            answered(at("line"), |path| {
                ["honseki", "hittosha_who"]
                    .contains(&path)
                    .then_some(Value::Blank)
            }),
            vec![At("reviewing"), Ends::SaysNot("うぶ町１丁目２番\"")],
            confirm(),
        ),
        case(
            18,
            "born abroad: no certificate of this ward",
            {
                let mut v = at("finding-certificate");
                v.tell(found(&[]));
                v
            },
            vec![Code("H-101")],
            Next::Event(Event::PaperWanted),
        ),
        case(
            19,
            "born in a vehicle",
            of(BirthCertificate {
                place_kind: PlaceKind::Other,
                place_name: None,
                ..certificate()
            }),
            vec![At("line")],
            seen(),
        ),
        case(
            20,
            "no certificate at all",
            {
                let mut v = at("certificate");
                v.tell(Event::NoCertificateIsMine);
                v
            },
            vec![Code("H-101")],
            Next::Event(Event::PaperWanted),
        ),
        case(
            21,
            "moved last week: the card's address is old",
            {
                let mut v = plain();
                v.tell(Event::CorrectionWanted {
                    form: 0,
                    path: "addr.full".parse().unwrap(),
                });
                v
            },
            vec![Question("addr.full")],
            Next::Event(Event::BackWanted),
        ),
        case(
            22,
            "a town whose name two prefectures have",
            by(same_name),
            vec![Files("jido_teate_nintei", LineFiling::No)],
            seen(),
        ),
        case(
            23,
            "the father is at sea: one signature is enough",
            plain(),
            vec![Forms(2), NotAsked("father.sei")],
            confirm(),
        ),
    ]
}

fn people() -> Vec<Case> {
    use Ends::{Asked, At, Code, NotAsked, Row, Says, SaysNot};
    let confirm = || Next::Event(Event::ReviewConfirmed);
    let former = BirthCertificate {
        mother: "旧\u{3000}花子".to_owned(),
        ..certificate()
    };
    let young = CardHolder {
        birth: date(2011, 5, 1),
        ..holder()
    };
    let mut child_card = card(1);
    child_card.facts.has_sign_certificate = false;
    let mut foreign = saying("parents", choice("both_foreign"));
    while foreign.stage() != "line" {
        foreign.tell(Event::BackWanted);
    }
    let adoption = WardFlags {
        adoption: true,
        ..WardFlags::default()
    };
    vec![
        case(
            24,
            "divorced before the birth",
            saying("parents_marriage", choice("divorced")),
            vec![At("reviewing"), NotAsked("father.mei")],
            confirm(),
        ),
        case(
            25,
            "within 300 days: settled at the counter, and nothing is suggested",
            saying("parents_marriage", choice("unsure")),
            vec![At("reviewing"), NotAsked("legit")],
            confirm(),
        ),
        case(
            26,
            "not married",
            saying("parents_marriage", choice("not_married")),
            vec![
                At("reviewing"),
                NotAsked("father.mei"),
                SaysNot("太郎"),
                SaysNot("非嫡出"),
            ],
            confirm(),
        ),
        case(
            27,
            "the mother is fifteen and may file herself",
            answered(by(young), |_| None),
            vec![At("reviewing")],
            confirm(),
        ),
        case(
            27,
            "the mother is younger, and her card cannot sign",
            {
                let mut v = Bedside::new();
                v.tell(Event::CardInserted(child_card));
                v
            },
            vec![Code("C-401")],
            Next::Event(Event::PaperWanted),
        ),
        case(
            28,
            "both parents are foreign nationals",
            foreign,
            vec![
                NotAsked("honseki"),
                Asked("nationality"),
                Row("zairyu_shikaku", LineSection::Confirm),
            ],
            Next::Event(Event::LineSeen),
        ),
        case(
            29,
            "one parent is a foreign national",
            saying("parents", choice("one_foreign")),
            vec![Asked("nationality"), Asked("honseki"), At("reviewing")],
            confirm(),
        ),
        case(
            30,
            "a case for the counter alone: no question is asked",
            {
                let mut v = at("certificate");
                v.tell(Event::NoCertificateIsMine);
                v
            },
            vec![Code("H-101")],
            Next::Human("staff, and the municipal counter"),
        ),
        case(
            31,
            "an adoption is planned: staff open what comes next",
            flagged(certificate(), adoption),
            vec![At("staff-guides")],
            Next::Human("the ward's staff"),
        ),
        case(
            33,
            "her birthday lies between birth and filing",
            plain(),
            vec![Says("\"value\":29")],
            confirm(),
        ),
        case(
            34,
            "the grandfather is the head of the household",
            saying("head_who", choice("other")),
            vec![Asked("head_rel"), Says("子の子")],
            confirm(),
        ),
        case(
            35,
            "a second child: which number among its sex is asked",
            answered(
                of(BirthCertificate {
                    live_births: 2,
                    ..certificate()
                }),
                |_| None,
            ),
            vec![Asked("order"), Says("長女")],
            confirm(),
        ),
        case(
            36,
            "the certificate has her former name",
            {
                let mut v = at("finding-certificate");
                v.tell(found(&[former]));
                v
            },
            vec![At("certificate")],
            Next::Event(Event::CertificatesConfirmed),
        ),
        case(
            37,
            "protected: nothing of the other parent is filled in",
            protected(),
            vec![At("reviewing"), Asked("spouse.mei"), Says("dv_support")],
            confirm(),
        ),
        case(
            37,
            "protected: no code for the other parent",
            protected_and_stored(),
            vec![At("following")],
            Next::Event(Event::QuitWanted),
        ),
        case(
            38,
            "somebody beside the bed: protection is never asked on the screen",
            plain(),
            vec![NotAsked("addr.confidential")],
            Next::Event(Event::QuietExitWanted),
        ),
        case(
            39,
            "filed twice: every child has its key",
            at("storing"),
            vec![At("storing")],
            Next::Event(Event::Stored(deliveries(at("storing").prepared()))),
        ),
    ]
}

fn the_child() -> Vec<Case> {
    use Ends::{At, Blocked, Forms, NotAsked, Question, Says};
    let confirm = || Next::Event(Event::ReviewConfirmed);
    let mut twins = at("finding-certificate");
    twins
        .tell(found(&[twin(1), twin(2)]))
        .tell(Event::CertificatesConfirmed);
    let name = || Next::Event(Event::Answered(text("さくら")));
    vec![
        case(
            40,
            "twins on either side of midnight",
            answered(twins, |_| None),
            vec![Forms(3)],
            confirm(),
        ),
        case(
            41,
            "a kanji that no name may have",
            trying("child_mei", text("龘")),
            vec![Question("child_mei"), Blocked(ReasonCode::KanjiNotForNames)],
            name(),
        ),
        case(
            41,
            "a compatibility kanji that names may have",
            trying("child_mei", text("\u{FA19}")),
            vec![Question("child_mei_kana")],
            Next::Event(Event::Answered(text("ジン"))),
        ),
        case(
            42,
            "the other code point of a common kanji",
            trying("child_mei", text("\u{20B9F}")),
            vec![Question("child_mei_kana")],
            Next::Event(Event::Answered(text("シツ"))),
        ),
        case(
            43,
            "an unusual reading is the mayor's to judge",
            saying("child_mei_kana", text("キョウ")),
            vec![At("reviewing"), Says("キョウ")],
            confirm(),
        ),
        case(
            44,
            "no name yet",
            saying("child_mei", Value::Blank),
            vec![At("reviewing"), Forms(2), NotAsked("child_mei_kana")],
            confirm(),
        ),
        case(
            45,
            "the certificate has another name",
            answered(
                of(BirthCertificate {
                    name: Some("すみれ".to_owned()),
                    ..certificate()
                }),
                |_| None,
            ),
            vec![Says("さくら"), Ends::SaysNot("すみれ")],
            confirm(),
        ),
        case(
            46,
            "accepted: nothing is edited any more",
            {
                let mut v = at("following");
                v.tell(Event::CorrectionWanted {
                    form: 0,
                    path: "child_mei".parse().unwrap(),
                });
                v
            },
            vec![At("following")],
            Next::Human("the family court"),
        ),
        case(
            47,
            "the sex is not determined",
            answered(
                of(BirthCertificate {
                    sex: ubugoe_procedures::Sex::NotKnown,
                    ..certificate()
                }),
                |path| (path == "order").then_some(Value::Number(1)),
            ),
            vec![At("reviewing"), Forms(2)],
            confirm(),
        ),
        case(
            48,
            "an individual number is asked nowhere",
            plain(),
            vec![NotAsked("claimant_mynum"), NotAsked("child_mynum")],
            confirm(),
        ),
        case(
            48,
            "and is not taken where somebody types one",
            trying("employer", text(&format!("{}{}", "123456", "789018"))),
            vec![Question("employer"), Blocked(ReasonCode::IndividualNumber)],
            Next::Event(Event::Answered(text("あすこえ製作所"))),
        ),
    ]
}

fn loss_and_illness() -> Vec<Case> {
    use Ends::{At, Files, Forms, NoRow, Row};
    let lost = WardFlags {
        loss: true,
        ..WardFlags::default()
    };
    let one_twin = WardFlags {
        sibling_lost: true,
        ..WardFlags::default()
    };
    let opened = |flags| {
        let mut visit = flagged(certificate(), flags);
        visit.staff_open().tell(Event::CertificatesConfirmed);
        visit
    };
    vec![
        case(
            49,
            "a loss: one neutral sentence until staff come",
            flagged(certificate(), lost),
            vec![At("staff-guides")],
            Next::Human("the ward's staff"),
        ),
        case(
            50,
            "born alive, and died: the notification, and nothing that looks forward",
            opened(lost),
            vec![
                Files("shussei_todoke", LineFiling::Here),
                NoRow("jido_teate_nintei"),
                NoRow("yobosesshu"),
                NoRow("kinenhin"),
            ],
            Next::Event(Event::LineSeen),
        ),
        case(
            51,
            "one twin was lost: the living child's tasks are there",
            opened(one_twin),
            vec![
                Files("shussei_todoke", LineFiling::Here),
                Files("jido_teate_nintei", LineFiling::Here),
                NoRow("kinenhin"),
            ],
            Next::Event(Event::LineSeen),
        ),
        case(
            52,
            "1,999 g in intensive care",
            tiny(1999),
            vec![
                Row("yoiku_iryo", LineSection::Now),
                Row("teitaiju_todoke", LineSection::Confirm),
            ],
            Next::Event(Event::LineSeen),
        ),
        case(
            53,
            "she is too tired: it waits, sealed",
            {
                let mut v = at("asking");
                v.tell(Event::PauseWanted);
                v
            },
            vec![At("keeping")],
            Next::Event(Event::DraftKept { until: 7 }),
        ),
        case(
            55,
            "the baby's insurance is not known yet",
            answered(adding("kodomo_iryohi"), |_| None),
            vec![Forms(3), Ends::Asked("ins.pending")],
            Next::Event(Event::ReviewConfirmed),
        ),
    ]
}

fn money_and_care() -> Vec<Case> {
    use Ends::{Asked, At, Files, Forms, NoRow, Row};
    let confirm = || Next::Event(Event::ReviewConfirmed);
    let servant = answered(at("line"), |path| match path {
        "job" => Some(choice("3")),
        "public_kind" => Some(choice("local")),
        _ => None,
    });
    vec![
        case(
            56,
            "who earns more is asked, never assumed",
            plain(),
            vec![Asked("higher")],
            confirm(),
        ),
        case(
            57,
            "a public servant claims from the employer",
            servant,
            vec![Forms(1)],
            confirm(),
        ),
        case(
            58,
            "older brothers and sisters may count",
            with_older_children(),
            vec![Asked("older_children"), At("reviewing")],
            confirm(),
        ),
        case(
            59,
            "whose health insurance the baby joins is nobody's guess",
            at("line"),
            vec![Row("kenpo_hifuyosha", LineSection::Confirm)],
            Next::Event(Event::LineSeen),
        ),
        case(
            60,
            "a line says as of when it is",
            at("line"),
            vec![At("line")],
            Next::Event(Event::LineSeen),
        ),
        case(
            61,
            "the single parent's allowance is not filed from a bed",
            saying("parents_marriage", choice("not_married")),
            vec![NoRow("nothing_of_the_kind"), At("reviewing")],
            confirm(),
        ),
        case(
            62,
            "a nursery place: wishes in their order, nothing about chances",
            {
                let mut v = at("nursery");
                v.tell(Event::NurseryAdded("n-1".to_owned()));
                v
            },
            vec![At("nursery")],
            Next::Event(Event::NurseryDone),
        ),
        case(
            63,
            "vaccinations are windows on the line, never filed",
            at("line"),
            vec![Files("yobosesshu", LineFiling::No)],
            Next::Event(Event::LineSeen),
        ),
    ]
}

fn card_and_device() -> Vec<Case> {
    use Ends::{At, Blocked, Code, Question};
    let card_of = |change: fn(&mut ubugoe_visit::CardFacts)| {
        let mut visit = Bedside::new();
        let mut card = card(1);
        change(&mut card.facts);
        visit.tell(Event::CardInserted(card));
        visit
    };
    let unusable = |why| {
        let mut visit = Bedside::new();
        visit.tell(Event::CardUnusable {
            ticket: ubugoe_visit::Ticket(1),
            why,
        });
        visit
    };
    let paper = || Next::Event(Event::PaperWanted);
    let replaced = CardHolder {
        name: "神山\u{3000}花\u{200b}子".to_owned(),
        ..holder()
    };
    let mut lost = at("reading-attributes");
    lost.tell(Event::AttributesRead {
        ticket: ubugoe_visit::Ticket(1),
        holder: replaced.clone(),
        integrity: ubugoe_visit::Integrity::Proven,
    })
    .tell(Event::IdentityConfirmed)
    .tell(found(&[BirthCertificate {
        mother: replaced.name,
        ..certificate()
    }]))
    .tell(Event::CertificatesConfirmed)
    .tell(Event::LineSeen);
    // What the card cannot say is asked when everything else is answered.
    while let Stage::Asking { problems, at, .. } = &lost.state.stage {
        if !problems.is_empty() {
            break;
        }
        let answer = usual(at.path.as_str());
        lost.tell(Event::Answered(answer));
    }
    vec![
        case(
            64,
            "the signature password is locked",
            card_of(|facts| facts.sign_tries = Some(0)),
            vec![Code("C-303")],
            paper(),
        ),
        case(
            64,
            "one try is left: it is not spent here",
            card_of(|facts| facts.sign_tries = Some(1)),
            vec![Code("C-304")],
            paper(),
        ),
        case(
            64,
            "the four digits are locked",
            card_of(|facts| facts.attributes_tries = Some(0)),
            vec![Code("C-301")],
            paper(),
        ),
        case(
            64,
            "an expired card, or one that ended with the period of residence",
            unusable(UnusableCard::Expired),
            vec![Code("C-203")],
            paper(),
        ),
        case(
            64,
            "another card",
            unusable(UnusableCard::NotMyNumber),
            vec![Code("C-201")],
            Next::Event(Event::CardRemoved {
                ticket: ubugoe_visit::Ticket(1),
            }),
        ),
        case(
            64,
            "a phone",
            unusable(UnusableCard::Smartphone),
            vec![Code("C-202")],
            Next::Event(Event::CardRemoved {
                ticket: ubugoe_visit::Ticket(1),
            }),
        ),
        case(
            64,
            "pulled out while it signs",
            {
                let mut v = at("signing");
                v.tell(Event::CardRemoved {
                    ticket: ubugoe_visit::Ticket(1),
                });
                v
            },
            vec![Code("C-204")],
            Next::Event(Event::CardInserted(card(2))),
        ),
        case(
            64,
            "swapped in the middle",
            at("another-card"),
            vec![Code("C-206")],
            Next::Event(Event::CardRemoved {
                ticket: ubugoe_visit::Ticket(2),
            }),
        ),
        case(
            65,
            "characters that the card has lost",
            lost,
            vec![
                Question("mother.mei"),
                Blocked(ReasonCode::InvisibleCharacter),
            ],
            Next::Event(Event::Answered(text("花子"))),
        ),
        case(
            66,
            "left on the reader at the end",
            at("card-left"),
            vec![Code("C-208")],
            Next::Event(Event::CardRemoved {
                ticket: ubugoe_visit::Ticket(1),
            }),
        ),
        case(
            66,
            "the nurse comes: the screen is covered",
            at("called"),
            vec![At("called")],
            Next::Event(Event::ContinueWanted),
        ),
    ]
}

/// Cases that no stage, line or question of the kiosk decides.
const NOT_OURS: [(u8, &str); 5] = [
    (
        7,
        "amounts by month are the plan's: procedures/tests/traps.rs",
    ),
    (
        8,
        "school years are the calendar's: procedures/tests/traps.rs",
    ),
    (
        9,
        "months without a corresponding day are the calendar's: procedures/tests/traps.rs",
    ),
    (
        32,
        "joint custody changes no question of a birth notification; an officer decides about later ones",
    ),
    (
        54,
        "no form of the kiosk has a field for results of tests; held by procedures/tests",
    ),
];

// ---------------------------------------------------------------------------------------------- holding them

fn holds(case: &Case, end: &Ends) -> Result<(), String> {
    let visit = &case.visit;
    let stage = || visit.stage().to_owned();
    let view = || line_view(visit.draft(), &visit.cx);
    let asked = |path: &str| {
        visit
            .draft()
            .asked
            .iter()
            .any(|at| at.path.as_str() == path)
    };
    let signed = || {
        let sheets = visit.prepared().iter();
        let texts: Vec<String> = sheets
            .map(|sheet| String::from_utf8(sheet.canonical.clone()).unwrap())
            .collect();
        texts.join("\n")
    };
    let row = |id: &str| {
        let found = view()
            .public
            .into_iter()
            .find(|row| row.procedure.as_str() == id);
        found.map(|row| (row.section, row.filing, row.date))
    };
    let (fits, found) = match end {
        Ends::At(name) => (visit.stage() == *name, stage()),
        Ends::Code(code) => (visit.code() == Some(*code), format!("{:?}", visit.code())),
        Ends::Question(path) => (
            visit.stage() == "asking" && visit.question().1 == *path,
            stage(),
        ),
        Ends::Blocked(code) => match &visit.state.stage {
            Stage::Asking { problems, .. } => (
                problems.iter().any(|problem| problem.code == *code),
                format!("{problems:?}"),
            ),
            _ => (false, stage()),
        },
        Ends::Asked(path) => (asked(path), format!("{path} was not asked")),
        Ends::NotAsked(path) => (!asked(path), format!("{path} was asked")),
        Ends::Forms(count) => (
            visit.stage() == "reviewing" && visit.prepared().len() == *count,
            stage(),
        ),
        Ends::Says(words) => (signed().contains(words), signed()),
        Ends::SaysNot(words) => (!signed().contains(words), signed()),
        Ends::Row(id, section) => (
            row(id).is_some_and(|(is, ..)| is == *section),
            format!("{:?}", row(id)),
        ),
        Ends::Files(id, filing) => (
            row(id).map_or(*filing == LineFiling::No, |(_, is, _)| is == *filing),
            format!("{:?}", row(id)),
        ),
        Ends::NoRow(id) => (row(id).is_none(), format!("{:?}", row(id))),
        Ends::Due(id, last_day, open_until) => {
            let due = LineDate::Until {
                last_day: *last_day,
                open_until: *open_until,
            };
            (
                row(id).is_some_and(|(.., is)| is == Some(due)),
                format!("{:?}", row(id)),
            )
        }
        Ends::Paper(advice) => (view().paper == *advice, format!("{:?}", view().paper)),
    };
    if fits { Ok(()) } else { Err(found) }
}

#[test]
fn every_hard_case_ends_where_it_should_and_there_is_a_next_step() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = format!("trap {}, {}", case.trap, case.situation);
        for (at, end) in case.ends.iter().enumerate() {
            if let Err(found) = holds(&case, end) {
                let found: String = found.chars().take(300).collect();
                wrong.push(format!("{name}: end {at} does not hold: {found}"));
            }
        }
        match &case.next {
            Next::Event(event) => {
                let mut on = case.visit.clone();
                on.tell(event.clone());
                if on.state.stage == case.visit.state.stage && on.effects.is_empty() {
                    wrong.push(format!("{name}: {event:?} leads nowhere"));
                }
            }
            Next::Human(who) => assert!(!who.is_empty()),
        }
        // And nobody is held fast.
        let mut out = case.visit.clone();
        out.tell(Event::QuietExitWanted);
        if out.state.stage != Stage::Resting && case.visit.stage() != "storing" {
            wrong.push(format!("{name}: no way out"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_sixty_six_are_covered_and_none_twice_as_ours_and_not_ours() {
    let ours: BTreeSet<u8> = cases().iter().map(|case| case.trap).collect();
    let not_ours: BTreeSet<u8> = NOT_OURS.iter().map(|(trap, _)| *trap).collect();
    assert!(ours.is_disjoint(&not_ours));
    let all: BTreeSet<u8> = ours.union(&not_ours).copied().collect();
    assert_eq!(all, (1..=66).collect());
}
