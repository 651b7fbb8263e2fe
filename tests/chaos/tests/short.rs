//! The short form of each part. The long form is `./ubugoe chaos`.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(
    clippy::print_stdout,
    reason = "the counts are what these tests are for"
)]

use std::path::PathBuf;

use ubugoe_chaos::table::Line;
use ubugoe_chaos::town::Database;
use ubugoe_chaos::{broker, carry, crowd, kills, power, restore};

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_ubugoe-chaos").into()
}

/// Prints a line and holds it to its promises.
fn hold(line: &Line) {
    println!("{line}");
    assert_eq!(line.broken, Vec::<String>::new());
}

#[test]
fn the_current_fails_at_every_write_and_nothing_acknowledged_is_lost() {
    let (folder, changes) = power::recorded(&program(), 10).unwrap();
    let line = power::cuts(&folder, &changes, 1, 7, false).unwrap();
    hold(&line);
    assert!(line.count("cuts") > 400, "{line}");
    assert!(line.count("acknowledged filings") >= 19, "{line}");
    // The control: the same checks find what a disk loses that lies about its syncs.
    let lying = power::cuts(&folder, &changes, 5, 7, true).unwrap();
    println!("{lying}");
    assert!(lying.count("cuts with a loss") > 20, "{lying}");
}

#[test]
fn a_program_killed_at_its_writes_loses_nothing_it_acknowledged() {
    let line = power::kills(&program(), 10, 7, 3).unwrap();
    hold(&line);
    assert!(line.count("kills") >= 10, "{line}");
}

#[test]
fn a_real_file_system_copied_while_it_is_written_to_holds_what_was_acknowledged() {
    match power::loop_device(&program(), 4, 5).unwrap() {
        Some(line) => {
            hold(&line);
            assert!(line.count("acknowledged filings, the most") > 0, "{line}");
        }
        None => println!("LEFT OUT: no loop device can be mounted on this machine"),
    }
}

#[test]
fn kiosk_broker_and_cities_are_killed_and_each_filing_is_at_its_city_once() {
    let line = kills::run(&program(), 60, 12, 11, Database::Sqlite).unwrap();
    hold(&line);
    assert!(line.count("kills of the kiosk") >= 3, "{line}");
}

#[test]
fn whatever_promises_the_broker_breaks_each_filing_arrives_once() {
    hold(&broker::any(1, 12).unwrap());
}

#[test]
fn three_days_offline_drain_to_three_cities() {
    hold(&crowd::month(3, 30, Database::Sqlite).unwrap());
}

#[test]
fn ten_kiosks_come_back_at_once() {
    hold(&crowd::together(10, 10, Database::Postgres).unwrap());
}

#[test]
fn a_crashed_database_loses_no_receipted_filing() {
    hold(&restore::crash(40, 2).unwrap());
}

#[test]
fn what_a_restored_database_lacks_comes_back_with_its_number_and_its_receipt() {
    hold(&restore::backup(10, 8).unwrap());
}

#[test]
fn filings_and_receipts_travel_on_a_stick() {
    hold(&carry::run(5).unwrap());
}
