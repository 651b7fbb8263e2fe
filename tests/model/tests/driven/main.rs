//! The model's scripts, driven through the real outbox, the real ingest and their real databases.
//!
//! After each event everything durable is read back and compared: rows, receipts, notices, filings, numbers, orders, and which
//! messages are under way. `UBUGOE_MODEL_SECONDS` says how long the two long tests may take each; 20 s without it.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(
    clippy::print_stdout,
    reason = "the counts are what these tests are for"
)]

mod world;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use ubugoe_bench::dice::Dice;
use ubugoe_model::explore::{Machine, explore};
use ubugoe_model::scopes::{self, BARE};
use ubugoe_model::walk::tour;
use ubugoe_model::way::{Action, Flaw, Kind, Scope, State, Way};
use world::World;

fn patience() -> Duration {
    let said = std::env::var("UBUGOE_MODEL_SECONDS").ok();
    Duration::from_secs(said.and_then(|s| s.parse().ok()).unwrap_or(20))
}

/// Drives one script; how many events took place. An action that the machine does not allow where it stands is left out.
fn drive(world: &mut World, way: &Way, script: &[Action]) -> Result<u64> {
    world.reset(way.scope.rows)?;
    let mut state: State = way.first();
    let mut events = 0;
    for (at, action) in script.iter().enumerate() {
        let Some(next) = way.step(&state, *action) else {
            continue;
        };
        world
            .act(*action, &state)
            .and_then(|()| world.compare(&next))
            .with_context(|| format!("at the last of {:?}", &script[..=at]))?;
        state = next;
        events += 1;
    }
    Ok(events)
}

/// Scopes whose every step is driven: one row, and one kind of trouble beside the usual ones.
const TOURS: [(&str, Scope); 5] = [
    ("crashes and a faithless broker", BARE),
    (
        "a stolen device key",
        Scope {
            hostile: true,
            ..BARE
        },
    ),
    (
        "a stick",
        Scope {
            stick: true,
            ..BARE
        },
    ),
    (
        "notices",
        Scope {
            notices: true,
            ..BARE
        },
    ),
    (
        "a restored database",
        Scope {
            restore: [true, false],
            ..BARE
        },
    ),
];

#[test]
fn every_step_of_one_row_is_what_the_real_code_does() {
    let mut world = World::new().unwrap();
    let mut all = 0;
    for (name, scope) in TOURS {
        let end = Instant::now() + patience() / 5;
        let way = Way::built(scope);
        let open = explore(&way, 200_000).unwrap();
        assert_eq!(open.wrong, None, "{name}");
        let scripts = tour(&way, &open, 200);
        let (mut events, mut driven) = (0, 0);
        for script in &scripts {
            if Instant::now() > end {
                break;
            }
            events += drive(&mut world, &way, script).unwrap();
            driven += 1;
        }
        println!(
            "{name}: {} states, {} steps; {driven} of {} scripts, {events} events, {} torn, no difference",
            open.states.len(),
            open.steps,
            scripts.len(),
            std::mem::take(&mut world.torn)
        );
        all += events;
    }
    assert!(all > 500, "{all} events");
}

#[test]
fn walks_with_every_trouble_at_once_end_where_the_model_says() {
    let seed = 20_261_127;
    let mut world = World::new().unwrap();
    let mut dice = Dice::new(seed);
    let (mut scripts, mut events) = (0_u64, 0_u64);
    let end = Instant::now() + patience();
    while Instant::now() < end {
        let scope = scopes::EVERYTHING[usize::from(dice.coin())];
        let way = Way::built(scope);
        let mut state = way.first();
        let mut script = Vec::new();
        for _ in 0..80 {
            let next = way.next(&state);
            let at = dice.below(u64::try_from(next.len()).unwrap());
            let (action, to) = next[usize::try_from(at).unwrap()];
            script.push(action);
            state = to;
        }
        events += drive(&mut world, &way, &script)
            .with_context(|| format!("script {scripts} of seed {seed}"))
            .unwrap();
        scripts += 1;
    }
    println!(
        "seed {seed}: {scripts} scripts, {events} events, {} torn, no difference",
        world.torn
    );
    assert!(events > 500, "{events} events");
}

#[test]
fn no_wrong_way_of_working_is_mistaken_for_the_real_code() {
    let mut world = World::new().unwrap();
    // Which broker a device is at is the link's affair, and tested there: between these parts there is none.
    let seen_here = |flaw: &Flaw| *flaw != Flaw::StaysInSilence;
    for flaw in Flaw::ALL.into_iter().filter(seen_here) {
        let way = scopes::of(flaw);
        let found = explore(&way, 1_000_000).unwrap();
        let (_, mut script) = found.wrong.unwrap();
        match flaw {
            // What is stuck shows only when the next connection does not move it.
            Flaw::CleanStart => script.extend([Action::Disconnect, Action::Connect(0)]),
            // The shortest example is a restore alone; what is not obeyed shows where there is something to send again.
            Flaw::OnlyOperatorAsks => {
                script = vec![
                    Action::Store(0),
                    Action::Connect(0),
                    Action::Publish(1),
                    Action::Land(0, 1, Kind::Own),
                    Action::Answer(0, 1, Kind::Receipt),
                    Action::Take(0, 1, Kind::Receipt),
                    Action::Restore(1),
                    Action::Order(1),
                    Action::TakeOrder(0, 1),
                ];
            }
            // The second number one is seen where it is sent.
            Flaw::NoticesStartOver => script.push(Action::Notify(0)),
            // What never settles shows where the device takes the new number for an answer.
            Flaw::ProofOnce => script.extend([
                Action::Order(0),
                Action::TakeOrder(0, 0),
                Action::Publish(0),
                Action::Land(0, 0, Kind::Own),
                Action::Answer(0, 0, Kind::ReceiptRenumbered),
                Action::Take(0, 0, Kind::ReceiptRenumbered),
            ]),
            _ => {}
        }
        // The control: told that the product is wrong in this way, the comparison must disagree.
        let told = drive(&mut world, &way, &script);
        assert!(told.is_err(), "{flaw:?}: the real code did {script:?}");
        // The product does the same script rightly.
        let events = drive(&mut world, &Way::built(way.scope), &script).unwrap();
        println!("{flaw:?}: told apart; {events} events of its script driven, no difference");
    }
}
