//! The protocol as a model: explored to the end, its wrong variants found, and the real code driven by its scripts.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(
    clippy::print_stdout,
    reason = "the counts are what these tests are for"
)]

use ubugoe_chaos::model::explore::explore;
use ubugoe_chaos::model::replay::replay;
use ubugoe_chaos::model::{Protocol, State, Wrong};

#[test]
fn no_state_that_can_be_reached_has_lost_doubled_or_stuck_filings() {
    // All four kinds of fault at once make three million states: `./ubugoe chaos model`. Here, some of them at a time.
    for faults in [[0, 1, 1, 0], [1, 1, 0, 1]] {
        let found = explore(Protocol::Ours, &State::with_faults(faults));
        println!(
            "{faults:?}: {} states, {} steps, {} ends",
            found.states, found.steps, found.ends
        );
        assert_eq!(found.wrong, None);
        assert!(found.states > 10_000 && found.ends > 0, "{found:?}");
    }
}

#[test]
fn every_wrong_way_of_working_is_found_by_its_shortest_example() {
    for protocol in Protocol::WRONG {
        let found = explore(protocol, &State::first());
        let (wrong, way) = found
            .wrong
            .unwrap_or_else(|| panic!("{protocol:?} was not found"));
        println!("{protocol:?}: {wrong:?} after {way:?}");
        let expected = match protocol {
            Protocol::RetireAtPuback
            | Protocol::BelieveAnyReceipt
            | Protocol::ReceiptBeforeCommit => {
                matches!(wrong, Wrong::Forged(_))
            }
            Protocol::NoDeduplication => matches!(wrong, Wrong::Doubled(_)),
            Protocol::SendOnce => matches!(wrong, Wrong::Stuck),
            Protocol::ForgetAtReceipt | Protocol::NoEras => matches!(wrong, Wrong::Lost(_)),
            Protocol::Ours => false,
        };
        assert!(expected, "{protocol:?}: {wrong:?}");
    }
}

#[test]
fn the_real_outbox_and_the_real_city_do_what_the_model_does() {
    let scripts = std::env::var("UBUGOE_SCRIPTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let done = replay(scripts.unwrap_or(12), 60, 42).unwrap();
    println!("{done:?}");
    assert!(done.actions > 300 && done.ended > 5, "{done:?}");
}
