//! Timers as the kiosk keeps them: one of each kind, started anew, never called off.

use std::collections::BTreeMap;

use ubugoe_visit::{Effect, Event, State, Ticket, Timer};

use crate::bedside::{Bedside, at, card};

/// A visit with a clock in seconds.
pub(crate) struct Timed {
    pub(crate) visit: Bedside,
    pub(crate) now: u64,
    running: BTreeMap<Timer, u64>,
    released: bool,
}

impl Timed {
    pub(crate) fn new(visit: Bedside) -> Self {
        let mut timed = Self {
            visit,
            now: 0,
            running: BTreeMap::new(),
            released: false,
        };
        timed.start();
        timed
    }

    fn start(&mut self) {
        for effect in &self.visit.effects {
            self.released |= matches!(effect, Effect::ReleaseCard { .. });
            if let Effect::Await(timer) = effect {
                self.running.insert(*timer, self.now + timer.seconds());
            }
        }
    }

    pub(crate) fn tell(&mut self, event: Event) -> &mut Self {
        self.visit.tell(event);
        self.start();
        self
    }

    /// Lets time pass; timers that run out on the way are told.
    pub(crate) fn pass(&mut self, seconds: u64) -> &mut Self {
        self.pass_watched(seconds, |_, _, _| {})
    }

    /// The same, and somebody sees every timer with the state before it.
    pub(crate) fn pass_watched(
        &mut self,
        seconds: u64,
        mut watch: impl FnMut(&State, &Event, &Self),
    ) -> &mut Self {
        let until = self.now + seconds;
        while let Some((timer, due)) = self.next_due().filter(|(_, due)| *due <= until) {
            self.running.remove(&timer);
            self.now = due;
            let before = self.visit.state.clone();
            let event = Event::Elapsed(timer);
            self.tell(event.clone());
            watch(&before, &event, self);
        }
        self.now = until;
        self
    }

    fn next_due(&self) -> Option<(Timer, u64)> {
        self.running
            .iter()
            .map(|(timer, due)| (*timer, *due))
            .min_by_key(|(_, due)| *due)
    }

    fn stage(&self) -> &'static str {
        self.visit.stage()
    }

    fn code(&self) -> Option<&'static str> {
        self.visit.code()
    }
}

const PULLED: Event = Event::CardRemoved { ticket: Ticket(1) };

#[test]
fn nobody_who_may_still_act_has_less_than_ninety_seconds() {
    for timer in [
        Timer::Idle,
        Timer::StillThere,
        Timer::Called,
        Timer::CardAway,
    ] {
        assert!(timer.seconds() >= 90, "{timer:?}");
    }
}

#[test]
fn an_old_idle_timer_does_not_shorten_the_time_to_put_the_card_back() {
    let mut timed = Timed::new(at("reviewing"));
    timed.pass(595).tell(PULLED).pass(119);
    assert_eq!(timed.stage(), "card-away");
    timed.pass(1);
    assert_eq!(timed.stage(), "keeping");
}

#[test]
fn an_old_cover_timer_does_not_end_the_visit_that_went_on() {
    let mut timed = Timed::new(at("reviewing"));
    timed
        .tell(PULLED)
        .pass(5)
        .tell(Event::CardInserted(card(2)))
        .pass(599);
    assert_eq!(timed.stage(), "reviewing");
    timed.pass(1);
    assert_eq!(timed.stage(), "still-there");
}

#[test]
fn an_old_idle_timer_does_not_touch_the_next_visit() {
    let mut timed = Timed::new(at("identity"));
    timed.pass(590).tell(Event::QuitWanted).pass(5).tell(PULLED);
    timed
        .tell(Event::CardInserted(card(2)))
        .tell(Event::NoticeRead)
        .pass(500);
    assert_eq!(timed.stage(), "attributes-pin");
    timed.pass(100);
    assert_eq!(timed.stage(), "finished");
    timed.pass(20);
    assert_eq!(timed.code(), Some("C-208"), "her card still lies there");
    timed.tell(Event::CardRemoved { ticket: Ticket(2) });
    assert_eq!(timed.stage(), "resting");
}

#[test]
fn the_receipts_stay_long_while_the_card_lies_and_two_minutes_once_it_is_gone() {
    let mut timed = Timed::new(at("following"));
    timed.pass(595).tell(PULLED).pass(119);
    assert_eq!(timed.stage(), "following");
    timed.tell(Event::Touched).pass(119);
    assert_eq!(timed.stage(), "following", "somebody is still reading");
    timed.pass(1);
    assert_eq!(timed.stage(), "finished");
}

#[test]
fn a_receipt_that_arrives_late_can_still_be_read() {
    let mut timed = Timed::new(at("following-alone"));
    let ubugoe_visit::Stage::Following { deliveries, .. } = timed.visit.state.stage.clone() else {
        panic!("not following")
    };
    let mut arrived = deliveries.first().unwrap().clone();
    arrived.state = ubugoe_visit::DeliveryState::Arrived;
    timed
        .pass(119)
        .tell(Event::DeliveryMoved(arrived))
        .pass(119);
    assert_eq!(timed.stage(), "following");
}

#[test]
fn touching_a_covered_screen_does_not_keep_it_covered() {
    let mut timed = Timed::new(at("card-away"));
    for _ in 0..11 {
        timed.pass(10).tell(Event::Touched);
    }
    timed.pass(10);
    assert_eq!(timed.stage(), "keeping");
}

#[test]
fn a_touch_gives_the_whole_time_again_wherever_a_person_may_act() {
    for stage in [
        "attributes-pin",
        "identity",
        "certificate",
        "line",
        "asking",
        "reviewing",
        "sign-password",
        "stopped",
        "stuck",
    ] {
        let mut timed = Timed::new(at(stage));
        timed.pass(599).tell(Event::Touched).pass(599);
        assert_eq!(timed.stage(), crate::bedside::at(stage).stage(), "{stage}");
        timed.pass(1);
        // Where something would be lost, she is asked first.
        let asked = timed.visit.state.stage.holds_personal_data();
        let ends = ["finished", "resting", "still-there"];
        let left = timed.code() == Some("C-208");
        assert!(left || ends.contains(&timed.stage()), "{stage}");
        assert_eq!(asked, timed.stage() == "still-there", "{stage}");
    }
}

#[test]
fn a_card_that_never_answers_does_not_hold_the_device_forever() {
    for stage in ["reading-attributes", "signing", "finding-certificate"] {
        let mut timed = Timed::new(at(stage));
        timed.pass(690);
        let ended = timed.stage() == "keeping" || timed.code() == Some("C-208");
        assert!(
            ended || timed.stage() == "finished",
            "{stage}: {}",
            timed.stage()
        );
        assert!(timed.released, "{stage}");
    }
}

#[test]
fn what_is_being_written_is_not_ended_by_time() {
    let mut timed = Timed::new(at("storing"));
    timed.pass(100_000);
    assert_eq!(timed.stage(), "storing");
}

#[test]
fn whoever_does_not_answer_in_ninety_seconds_has_left_and_what_she_said_is_kept() {
    let mut timed = Timed::new(at("asking"));
    timed.pass(600);
    assert_eq!(timed.stage(), "still-there");
    timed.pass(89).tell(Event::Touched);
    assert_eq!(timed.stage(), "asking", "a touch is an answer");
    timed.pass(690);
    assert_eq!(timed.stage(), "keeping");
    assert!(
        timed.visit.effects.contains(&Effect::Wipe),
        "nothing is left on the screen"
    );
    timed.tell(Event::DraftKept { until: 7 }).pass(20);
    assert!(["resting", "trouble"].contains(&timed.stage()));
    assert!(!timed.visit.state.stage.holds_personal_data());
}

#[test]
fn the_nurse_has_half_an_hour_and_only_going_on_uncovers_the_screen() {
    let mut timed = Timed::new(at("called"));
    timed.pass(900).tell(Event::Touched);
    assert_eq!(timed.stage(), "called");
    timed.tell(Event::ContinueWanted);
    assert_eq!(timed.stage(), "reviewing");
    timed.tell(Event::StaffCalled).pass(1800);
    assert_eq!(timed.stage(), "keeping");
}
