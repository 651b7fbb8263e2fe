//! What every event does in every stage, as one table.

use std::collections::BTreeMap;

use ubugoe_procedures::{ReasonCode, Tongue, Value};
use ubugoe_visit::{
    CardTrouble, CertificateTrouble, Comfort, Delivery, DeliveryState, Event, FollowingPage,
    Integrity, Mood, NurseryWish, PrintTrouble, SecondProblem, SecondSheet, Sheet, Stage, Step,
    Ticket, Timer, UnusableCard, Voice, WardFlags,
};

use crate::bedside::{
    self, Bedside, STAGES, at, card, certificate, deliveries, found, holder, marked, only_earlier,
    other_card,
};

/// Indented lines below an event: `stages | what they become | effects`. `=` is the same stage. A stage that no line
/// names stays as it is and nothing is to be done: that is the rule, and the lines are the exceptions.
const TABLE: &str = include_str!("table.txt");

const OURS: Ticket = Ticket(1);
const OLD: Ticket = Ticket(0);

/// One event of each kind, with the shapes that matter.
fn events(now: &Bedside) -> Vec<(&'static str, Event)> {
    [
        of_the_person(),
        of_the_card(now),
        of_ward_desk_city_and_time(),
    ]
    .concat()
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn of_the_person() -> Vec<(&'static str, Event)> {
    let path = || "contact.tel".parse().unwrap();
    vec![
        ("language", Event::LanguageChosen(Tongue::En)),
        ("touched", Event::Touched),
        ("quit", Event::QuitWanted),
        ("retry", Event::RetryWanted),
        ("attributes-pin", Event::AttributesPinEntered),
        ("sign-password", Event::SignPasswordEntered),
        ("secret-unusable", Event::SecretUnusable),
        ("that-is-me", Event::IdentityConfirmed),
        ("begin", Event::BeginWanted),
        ("notice-read", Event::NoticeRead),
        ("comfort", Event::ComfortChanged(Comfort::default())),
        ("pause", Event::PauseWanted),
        ("go-on", Event::ContinueWanted),
        ("nurse", Event::StaffCalled),
        ("quiet-exit", Event::QuietExitWanted),
        ("go-on-with-draft", Event::ResumeWanted),
        ("begin-anew", Event::BeginAnewWanted),
        ("staff-opened", Event::StaffOpened),
        (
            "mark-child",
            Event::CertificateToggled {
                number: certificate().number,
                child_order: 1,
            },
        ),
        (
            "mark-no-child",
            Event::CertificateToggled {
                number: certificate().number,
                child_order: 2,
            },
        ),
        ("my-children", Event::CertificatesConfirmed),
        (
            "add-item",
            Event::ItemToggled("kodomo_iryohi".parse().unwrap()),
        ),
        ("private", Event::PrivateWanted(true)),
        ("nursery-wish", Event::NurseryWished(NurseryWish::default())),
        ("nursery-add", Event::NurseryAdded("n-1".to_owned())),
        ("nursery-remove", Event::NurseryRemoved(0)),
        ("nursery-move", Event::NurseryMoved { place: 0, up: true }),
        (
            "nursery-month",
            Event::NurseryEntry {
                year: 2027,
                month: 9,
            },
        ),
        ("nursery-done", Event::NurseryDone),
        ("nursery-skipped", Event::NurserySkipped),
        ("paper", Event::PaperWanted),
        ("hand-over", Event::PageWanted(FollowingPage::HandOver)),
        ("print-receipt", Event::PrintWanted(Sheet::Receipt)),
        ("print-paper", Event::PrintWanted(Sheet::Paper)),
        ("printed", Event::Printed(Sheet::Paper)),
        (
            "no-printer",
            Event::PrintFailed(Sheet::Paper, PrintTrouble::NoPrinter),
        ),
        (
            "printer-waits",
            Event::PrintWaits(Sheet::Paper, Some(PrintTrouble::NoPaper)),
        ),
        ("came-out", Event::PrintSeen(true)),
        ("stop-printing", Event::PrintStopped),
        (
            "voice",
            Event::VoiceGiven(Voice {
                step: Step::Card,
                mood: Mood::Easy,
                words: None,
            }),
        ),
        ("not-my-child", Event::NoCertificateIsMine),
        ("line-seen", Event::LineSeen),
        ("answer", Event::Answered(Value::Blank)),
        (
            "answer-unreadable",
            Event::AnswerUnreadable(ReasonCode::BadFormat),
        ),
        ("back", Event::BackWanted),
        (
            "correct-row",
            Event::CorrectionWanted {
                form: 0,
                path: path(),
            },
        ),
        (
            "correct-no-row",
            Event::CorrectionWanted {
                form: 7,
                path: path(),
            },
        ),
        ("review-confirmed", Event::ReviewConfirmed),
        ("as-other-parent", Event::SecondWanted),
        ("number", Event::SecondNumberEntered),
    ]
}

fn of_the_card(now: &Bedside) -> Vec<(&'static str, Event)> {
    let failed = |trouble| Event::CardFailed {
        ticket: OURS,
        trouble,
    };
    let unusable = |why| Event::CardUnusable {
        ticket: Ticket(9),
        why,
    };
    let read = |ticket, integrity| Event::AttributesRead {
        ticket,
        holder: holder(),
        integrity,
    };
    let sheets = bedside::prepared_of(&now.state.stage).map_or(1, <[_]>::len);
    let signed = |ticket, count| Event::Signed {
        ticket,
        signatures: vec![vec![7]; count],
    };
    vec![
        ("service-lost", Event::CardServiceLost),
        ("service-back", Event::CardServiceBack),
        ("reader-unplugged", Event::ReadersChanged { present: false }),
        ("reader-plugged", Event::ReadersChanged { present: true }),
        ("same-card", Event::CardInserted(card(8))),
        ("other-card", Event::CardInserted(other_card(8))),
        ("phone", unusable(UnusableCard::Smartphone)),
        ("mute-card", unusable(UnusableCard::Mute)),
        ("card-removed", Event::CardRemoved { ticket: OURS }),
        ("old-card-removed", Event::CardRemoved { ticket: OLD }),
        ("attributes", read(OURS, Integrity::Proven)),
        ("attributes-broken", read(OURS, Integrity::Broken)),
        ("attributes-of-old", read(OLD, Integrity::Proven)),
        ("signed", signed(OURS, sheets)),
        ("signed-too-few", signed(OURS, 0)),
        ("signed-by-old", signed(OLD, sheets)),
        (
            "wrong-pin-two-left",
            failed(CardTrouble::WrongPin { left: 2 }),
        ),
        (
            "wrong-pin-one-left",
            failed(CardTrouble::WrongPin { left: 1 }),
        ),
        (
            "wrong-pin-none-left",
            failed(CardTrouble::WrongPin { left: 0 }),
        ),
        ("last-try-kept", failed(CardTrouble::LastTryKept)),
        ("locked", failed(CardTrouble::Locked)),
        ("gone", failed(CardTrouble::Gone)),
        ("swapped", failed(CardTrouble::Swapped)),
        ("mute", failed(CardTrouble::Mute)),
        ("nonsense", failed(CardTrouble::Nonsense)),
        ("busy", failed(CardTrouble::Busy)),
        (
            "certificate-invalid",
            failed(CardTrouble::CertificateInvalid),
        ),
        ("signer-differs", failed(CardTrouble::SignerDiffers)),
        ("first-signer", failed(CardTrouble::FirstSigner)),
        ("signature-wrong", failed(CardTrouble::SignatureWrong)),
        ("service-failed", failed(CardTrouble::ServiceLost)),
        (
            "old-failed",
            Event::CardFailed {
                ticket: OLD,
                trouble: CardTrouble::Locked,
            },
        ),
    ]
}

fn of_ward_desk_city_and_time() -> Vec<(&'static str, Event)> {
    vec![
        ("certificates", found(&[certificate()])),
        ("no-certificates", found(&[])),
        ("only-earlier", only_earlier(earlier())),
        (
            "certificates-unreadable",
            Event::CertificatesFailed(CertificateTrouble::Unreadable),
        ),
        (
            "certificates-of-a-loss",
            marked(
                &[certificate()],
                WardFlags {
                    loss: true,
                    ..WardFlags::default()
                },
            ),
        ),
        ("draft-kept", Event::DraftKept { until: 7 }),
        ("draft-not-kept", Event::DraftNotKept { full: false }),
        ("stored", Event::Stored(earlier())),
        ("store-full", Event::StoreFailed { full: true }),
        ("store-broken", Event::StoreFailed { full: false }),
        ("arrived", Event::DeliveryMoved(arrived())),
        ("idle", Event::Elapsed(Timer::Idle)),
        ("no-answer", Event::Elapsed(Timer::StillThere)),
        ("nurse-time-over", Event::Elapsed(Timer::Called)),
        ("card-time-over", Event::Elapsed(Timer::CardAway)),
        ("farewell-over", Event::Elapsed(Timer::Farewell)),
        ("city-time-over", Event::Elapsed(Timer::Answer)),
        ("second-found", Event::SecondFound(bedside::sheet())),
        (
            "second-unreadable",
            Event::SecondFound(SecondSheet {
                canonical: b"{}".to_vec(),
                ..bedside::sheet()
            }),
        ),
        (
            "second-unknown",
            Event::SecondNotFound(SecondProblem::Unknown),
        ),
        ("second-stored", Event::SecondStored([5; 16])),
        ("second-arrived", Event::SecondArrived([5; 16])),
        ("second-other-arrived", Event::SecondArrived([6; 16])),
    ]
}

fn earlier() -> Vec<Delivery> {
    deliveries(at("reviewing").prepared())
}

fn arrived() -> Delivery {
    Delivery {
        state: DeliveryState::Arrived,
        arrival_no: Some(1),
        ..earlier().remove(0)
    }
}

/// The stage as the table writes it: troubles by their code, with `…` where there is a way back.
fn shape(bedside: &Bedside) -> String {
    match &bedside.state.stage {
        Stage::Trouble {
            back_to: Some(_), ..
        } => format!("{}…", bedside.code().unwrap()),
        Stage::Trouble { back_to: None, .. } => bedside.code().unwrap().to_owned(),
        Stage::CardAway { was, another: true } => {
            format!("another({})", ubugoe_visit::audit::name(was))
        }
        Stage::CardAway {
            was,
            another: false,
        } => format!("covered({})", ubugoe_visit::audit::name(was)),
        Stage::StillThere { was } => format!("still-there({})", ubugoe_visit::audit::name(was)),
        Stage::Paper { was, .. } => format!("paper({})", ubugoe_visit::audit::name(was)),
        Stage::Called { was } => format!("called({})", ubugoe_visit::audit::name(was)),
        _ => bedside.stage().to_owned(),
    }
}

type Cell = (String, String);

fn expected() -> BTreeMap<(String, String), Cell> {
    let mut cells = BTreeMap::new();
    let mut event = "";
    for line in TABLE
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        if !line.starts_with(' ') {
            event = line.trim();
            continue;
        }
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [stages, next, effects] = parts[..] else {
            panic!("three parts: {line}")
        };
        for stage in stages.split_whitespace() {
            let cell = (next.to_owned(), effects.to_owned());
            let twice = cells.insert((event.to_owned(), stage.to_owned()), cell);
            assert!(twice.is_none(), "{event} in {stage} stands there twice");
        }
    }
    cells
}

#[test]
fn every_event_in_every_stage_does_what_the_table_says_and_nothing_else() {
    let mut expected = expected();
    let mut wrong = Vec::new();
    for stage in STAGES {
        let before = at(stage);
        for (name, event) in events(&before) {
            let mut bedside = before.clone();
            bedside.tell(event);
            let next = if bedside.state.stage == before.state.stage {
                "=".to_owned()
            } else {
                shape(&bedside)
            };
            let found = (next, bedside.effects().join(" "));
            let wanted = expected
                .remove(&(name.to_owned(), stage.to_owned()))
                .unwrap_or_else(|| ("=".to_owned(), String::new()));
            if found != wanted {
                wrong.push(format!(
                    "{name}\n    {stage} | {} | {}\n  and not {wanted:?}",
                    found.0, found.1
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        expected.is_empty(),
        "the table names what does not exist: {:?}",
        expected.keys()
    );
}
