//! The short form of the part `network`: a few breaks of each kind, with a hasty kiosk.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(
    clippy::print_stdout,
    reason = "the counts are what these tests are for"
)]

use std::panic;
use std::path::Path;
use std::time::Duration;

use ubugoe_chaos::network::wires::{self, Wires};
use ubugoe_chaos::network::{self, Filing};
use ubugoe_chaos::table::Line;

const STEADY: Filing = Filing {
    visits: 100_000,
    every: 50,
    attachment: 0,
    hasty: true,
};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ubugoe-chaos"))
}

/// Whether this machine can; says so aloud if it cannot.
fn possible() -> bool {
    let why = wires::unavailable();
    if let Some(why) = &why {
        println!("LEFT OUT: no network namespaces on this machine: {why}");
    }
    why.is_none()
}

fn hold(line: &Line) {
    println!("{line}");
    assert_eq!(line.broken, Vec::<String>::new());
}

#[test]
fn a_kiosk_whose_wires_are_cut_in_every_way_loses_nothing() {
    if !possible() {
        return;
    }
    let longest = Duration::from_secs(1);
    let line = network::partitions(program(), 4, longest, 7, STEADY).unwrap();
    hold(&line);
    assert_eq!(line.count("cuts"), 4, "{line}");
}

#[test]
fn a_kiosk_on_a_narrow_wire_that_loses_packets_files_everything_once() {
    if !possible() {
        return;
    }
    let backlog = Filing {
        visits: 8,
        every: 0,
        ..STEADY
    };
    hold(&network::lossy(program(), 5, Some(256_000), backlog).unwrap());
}

#[test]
fn a_kiosk_with_another_address_goes_on_where_it_was() {
    if !possible() {
        return;
    }
    let line = network::renumbered(program(), 1, STEADY).unwrap();
    hold(&line);
    assert!(line.count("connections") >= 2, "{line}");
}

#[test]
fn wires_are_gone_when_their_owner_panics() {
    if !possible() {
        return;
    }
    let mut laid = Vec::new();
    let fell = panic::catch_unwind(panic::AssertUnwindSafe(|| {
        let wires = Wires::new().unwrap();
        laid = [wires.kiosk(), wires.broker(), wires.city()]
            .map(str::to_owned)
            .to_vec();
        let there = wires::names();
        assert!(laid.iter().all(|name| there.contains(name)), "{there:?}");
        panic!("a part fell");
    }));
    assert!(fell.is_err());
    assert_eq!(laid.len(), 3);
    let left = wires::names();
    assert!(!laid.iter().any(|name| left.contains(name)), "{left:?}");
}
