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
    let (heard, hears) = mpsc::channel();
    screen.global::<Shell>().on_call_staff({
        let heard = heard.clone();
        move || heard.send("staff").unwrap()
    });
    let weak = screen.as_weak();
    let other = std::thread::spawn(move || {
        let (tell, told) = mpsc::channel();
        weak.upgrade_in_event_loop(move |screen| {
            screen.global::<Shell>().set_page(Page::Looking);
            drive::tap(&screen, "スタッフを呼ぶ").unwrap();
            tell.send(drive::labels(&screen).len()).unwrap();
        })
        .unwrap();
        let seen = told.recv_timeout(Duration::from_secs(20)).unwrap();
        let (tick, ticked) = mpsc::channel();
        slint::invoke_from_event_loop(move || {
            slint::Timer::single_shot(Duration::from_millis(5), move || tick.send(()).unwrap());
        })
        .unwrap();
        ticked.recv_timeout(Duration::from_secs(20)).unwrap();
        slint::quit_event_loop().unwrap();
        seen
    });
    slint::run_event_loop().unwrap();
    assert!(other.join().unwrap() > 5);
    assert_eq!(hears.recv_timeout(Duration::from_secs(1)), Ok("staff"));
}
