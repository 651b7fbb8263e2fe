//! Conversions leave no thread and no open file behind. Alone in its program: others' threads would be counted too.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is missing"
)]

mod common;

use std::fs;

use ubugoe_ime::Kind;

#[test]
fn a_hundred_conversions_and_ten_wipes_leave_no_thread_and_no_open_file() {
    let (_home, mut ime) = common::open();
    let counts =
        || ["task", "fd"].map(|what| fs::read_dir(format!("/proc/self/{what}")).unwrap().count());
    ime.candidates("ひまり", Kind::GivenName, 64);
    let before = counts();
    for _ in 0..10 {
        for _ in 0..10 {
            assert!(ime.candidates("ひまり", Kind::GivenName, 64).len() > 10);
        }
        ime.wipe();
    }
    ime.candidates("ひまり", Kind::GivenName, 64);
    assert_eq!(counts(), before);
}
