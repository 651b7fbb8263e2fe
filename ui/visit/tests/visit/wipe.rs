//! The next person sees nothing of the last.

use ubugoe_visit::{Effect, Event, Second, Stage, State, Ticket, Timer, audit};

use crate::bedside::{PERSONAL, STAGES, at, card};

/// How a visit can be left: a word for it, and what happens.
fn ways_out() -> Vec<(&'static str, Vec<Event>)> {
    let pulled = Event::CardRemoved { ticket: Ticket(1) };
    vec![
        ("quit", vec![Event::QuitWanted]),
        ("quiet exit", vec![Event::QuietExitWanted]),
        (
            "idle",
            vec![
                Event::Elapsed(Timer::Idle),
                Event::Elapsed(Timer::StillThere),
                Event::Elapsed(Timer::Called),
                Event::DraftKept { until: 7 },
            ],
        ),
        (
            "card gone",
            vec![
                pulled.clone(),
                Event::Elapsed(Timer::CardAway),
                Event::DraftKept { until: 7 },
            ],
        ),
        (
            "reader gone",
            vec![
                Event::ReadersChanged { present: false },
                Event::Elapsed(Timer::CardAway),
                Event::DraftKept { until: 7 },
            ],
        ),
        (
            "card gone, then idle",
            vec![
                pulled,
                Event::Elapsed(Timer::CardAway),
                Event::DraftKept { until: 7 },
                Event::Elapsed(Timer::Idle),
            ],
        ),
    ]
}

/// A state without a person: nothing but the words of the device.
pub(crate) fn is_empty(state: &State) -> bool {
    empty(&state.stage)
}

fn empty(stage: &Stage) -> bool {
    match stage {
        Stage::Paper { was, .. } => empty(was),
        Stage::Resting
        | Stage::Language { card: None }
        | Stage::Notice { card: None }
        | Stage::CardWanted
        | Stage::Paused { .. }
        | Stage::Finished
        | Stage::Second(Second::CardWanted | Second::Done { .. })
        | Stage::Keeping { draft: None }
        | Stage::Trouble { back_to: None, .. } => {
            stage.card().is_none() && !stage.holds_personal_data()
        }
        _ => false,
    }
}

#[test]
fn however_a_visit_is_left_everything_is_wiped_and_the_state_holds_nobody() {
    for stage in STAGES {
        for (way, events) in ways_out() {
            let mut visit = at(stage);
            let held = !is_empty(&visit.state);
            let mut wiped = false;
            for event in events {
                visit.tell(event);
                wiped |= visit.effects.contains(&Effect::Wipe);
            }
            // What is being written is the one thing that nothing stops; a card that lies does not leave by itself.
            let stays = matches!(stage, "storing" | "second-storing")
                || (stage == "keeping" && way == "quit")
                || (matches!(stage, "card-away" | "another-card" | "following-alone")
                    && way == "idle");
            if stays {
                assert!(held && !wiped, "{stage}, {way}");
                continue;
            }
            assert!(is_empty(&visit.state), "{stage}, {way}: {:?}", visit.state);
            assert!(wiped || !held, "{stage}, {way}");
        }
    }
}

/// What is on the screen, in memory, on the disk and on the wire is written down for every stage there is.
#[test]
fn every_stage_stands_in_the_table_of_what_it_shows_holds_and_keeps() {
    let page = include_str!("../../../../docs/security.md");
    let (_, table) = page.split_once("## In each state of the kiosk").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let named: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('|').next())
        .flat_map(|cell| {
            cell.split('`')
                .filter(|word| !word.trim_matches([',', ' ']).is_empty())
        })
        .collect();
    for stage in STAGES {
        let name = audit::name(&at(stage).state.stage);
        assert!(named.contains(&name), "{name} is missing in {named:?}");
    }
}

#[test]
fn in_no_stage_do_the_states_words_for_a_log_tell_who_is_there() {
    for stage in STAGES {
        let visit = at(stage);
        let words = format!("{:?} {:?} {:?}", visit.state, visit.effects, visit.log);
        for personal in PERSONAL {
            assert!(!words.contains(personal), "{stage}: {personal} in {words}");
        }
    }
}

#[test]
fn the_audit_log_of_a_whole_visit_names_stages_and_nobody() {
    let mut visit = at("following");
    visit
        .tell(Event::CardRemoved { ticket: Ticket(1) })
        .tell(Event::QuitWanted)
        .tell(Event::Elapsed(Timer::Farewell));
    let log = serde_json::to_string(&visit.log).unwrap();
    for personal in PERSONAL.into_iter().chain(["ASK-2026", "991015", "神"]) {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
    let stages: Vec<&str> = visit.log.iter().map(|record| record.to).collect();
    assert_eq!(
        stages,
        [
            "notice",
            "attributes-pin",
            "reading-attributes",
            "identity",
            "finding-certificate",
            "certificate",
            "line",
            "asking",
            "reviewing",
            "sign-password",
            "signing",
            "storing",
            "following",
            "finished",
            "resting"
        ]
    );
}

#[test]
fn the_audit_log_has_the_code_of_every_page_that_shows_one() {
    let mut visit = at("reviewing");
    visit.tell(Event::CardRemoved { ticket: Ticket(1) });
    visit.tell(Event::CardInserted(crate::bedside::other_card(2)));
    visit.tell(Event::CardRemoved { ticket: Ticket(2) });
    visit.tell(Event::CardInserted(card(3)));
    let codes: Vec<Option<&str>> = visit
        .log
        .iter()
        .rev()
        .take(4)
        .map(|record| record.code)
        .collect();
    assert_eq!(codes, [None, Some("C-204"), Some("C-206"), Some("C-204")]);
    let state = &visit.state;
    assert!(
        audit::record(state, state).is_none(),
        "nothing changed, nothing to say"
    );
}
