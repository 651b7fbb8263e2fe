//! An unfaithful broker, one fault at a time and all at once; and what a curious one learns.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(
    clippy::print_stdout,
    reason = "the counts are what these tests are for"
)]

use ubugoe_chaos::broker;

#[test]
fn whatever_one_promise_the_broker_breaks_each_filing_arrives_once() {
    for fault in 0..broker::FAULTS.len() {
        let line = broker::one(fault, 6).unwrap();
        println!("{line}");
        assert_eq!(line.broken, Vec::<String>::new());
    }
}

#[test]
fn whatever_promises_the_broker_breaks_at_once_each_filing_arrives_once() {
    let line = broker::any(1, 12).unwrap();
    println!("{line}");
    assert_eq!(line.broken, Vec::<String>::new());
}

#[test]
fn a_curious_broker_learns_who_sends_to_whom_when_and_how_much_and_nothing_else() {
    let line = broker::curious().unwrap();
    println!("{line}");
    assert_eq!(line.broken, Vec::<String>::new());
    assert!(line.count("packets") > 20, "{line}");
}
