//! The model, explored to its last state: what holds, what a wrong way of working breaks, and what the product does not do yet.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(
    clippy::print_stdout,
    reason = "the counts are what these tests are for"
)]

use std::time::Instant;

use ubugoe_model::explore::{Explored, explore};
use ubugoe_model::scopes::{self, SOUND};
use ubugoe_model::way::{Fault, Flaw, Way};

/// More than any scope here has; one that grows beyond it must be looked at.
const MOST: usize = 3_000_000;

fn explored(name: &str, way: &Way) -> Explored<Way> {
    let began = Instant::now();
    let found = explore(way, MOST).unwrap_or_else(|| panic!("{name} has more than {MOST} states"));
    println!(
        "{name}: {} states, {} steps, {} ends, at most {} steps deep, {:?}",
        found.states.len(),
        found.steps,
        found.ends,
        found.depth,
        began.elapsed()
    );
    found
}

#[test]
fn nothing_is_lost_doubled_or_stuck_in_any_scope() {
    for (name, scope) in SOUND {
        let found = explored(name, &Way::built(scope));
        assert_eq!(found.wrong, None, "{name}");
        assert!(found.ends > 1, "{name}");
    }
}

#[test]
fn every_wrong_way_of_working_is_found_by_its_shortest_example() {
    for flaw in Flaw::ALL {
        let found = explore(&scopes::of(flaw), MOST).unwrap();
        let (fault, way) = found
            .wrong
            .unwrap_or_else(|| panic!("{flaw:?} was not found"));
        println!("{flaw:?}: {fault:?} after {way:?}");
        let expected = match flaw {
            Flaw::RetireAtPuback
            | Flaw::ReceiptBeforeCommit
            | Flaw::AnyDigest
            | Flaw::AnySigner
            | Flaw::AnyCity
            | Flaw::ExportRetires
            | Flaw::ForgetAtReceipt
            | Flaw::NoEra => Fault::Lost(0),
            Flaw::NoDeduplication => Fault::Doubled(0),
            Flaw::RefusalOfOtherBytes => Fault::NeverRefused(0),
            Flaw::RefusalOverrules => Fault::TakenBack(0),
            Flaw::CleanStart
            | Flaw::NoticeOnce
            | Flaw::OnlyOperatorAsks
            | Flaw::ProofOnce
            | Flaw::NoticesStartOver
            | Flaw::NoticesRest
            | Flaw::StaysInSilence => Fault::Stuck,
        };
        assert_eq!(fault, expected, "{flaw:?} after {way:?}");
        // The same scope without the flaw is right, so it is the flaw that was found. (Other content after a restore is known.)
        if flaw != Flaw::RefusalOverrules {
            let right = Way {
                flaw: None,
                ..scopes::of(flaw)
            };
            assert_eq!(explore(&right, MOST).unwrap().wrong, None, "{flaw:?}");
        }
    }
}
