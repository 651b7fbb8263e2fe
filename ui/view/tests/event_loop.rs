//! The screen in memory runs a real event loop: other threads reach it, timers fire, and it ends when told to.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![cfg(feature = "drive")]

use slint::ComponentHandle;
use std::sync::mpsc;
use std::time::Duration;
use ubugoe_view::{Language, Page, Shell, drive};

#[test]
fn another_thread_looks_and_touches_while_the_loop_blocks_and_timers_run() {
    drive::in_memory().unwrap();
    assert!(matches!(
        drive::in_memory(),
        Err(drive::DriveError::Platform(_))
    ));
    let screen = ubugoe_view::open(Language::Ja).unwrap();
    screen.show().unwrap();
    let (tell_staff, staff_called) = mpsc::channel();
    screen.global::<Shell>().on_call_staff({
        let tell_staff = tell_staff.clone();
        move || tell_staff.send("staff").unwrap()
    });
    let weak = screen.as_weak();
    let other = std::thread::spawn(move || {
        let (answer, answers) = mpsc::channel();
        let again = weak.clone();
        weak.upgrade_in_event_loop(move |screen| {
            screen.global::<Shell>().set_page(Page::Looking);
            drive::tap(&screen, "スタッフを呼ぶ").unwrap();
            answer.send(drive::labels(&screen).len()).unwrap();
        })
        .unwrap();
        let seen = answers.recv_timeout(Duration::from_secs(20)).unwrap();
        let (tick, timer) = mpsc::channel();
        slint::invoke_from_event_loop(move || {
            slint::Timer::single_shot(Duration::from_millis(5), move || {
                // From within a timer's own callback too.
                drive::tap(&again.unwrap(), "スタッフを呼ぶ").unwrap();
                tick.send(()).unwrap();
            });
        })
        .unwrap();
        timer.recv_timeout(Duration::from_secs(20)).unwrap();
        slint::quit_event_loop().unwrap();
        seen
    });
    slint::run_event_loop().unwrap();
    assert!(other.join().unwrap() > 5);
    assert_eq!(staff_called.try_iter().count(), 2);
}
