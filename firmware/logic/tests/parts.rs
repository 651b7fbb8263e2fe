//! The panel's parts one by one: what is shown and sounded, who is taken to be there, when power is cut.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use std::{cell::RefCell, collections::BTreeSet};

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::{
    delay::NoopDelay,
    digital::{Mock as PinMock, State as Level, Transaction as PinStep},
    i2c::{Mock as BusMock, Transaction as BusStep},
};
use smart_leds_trait::RGB8;
use ubugoe_icd::{Pattern, Presence, Sound};
use ubugoe_panel_logic::{
    Eye, EyeSilent, Watchdog,
    eye::TimeOfFlight,
    presence::{GONE_AFTER, RESTART_EVERY, Watcher},
    ring::{Picture, picture},
    sound::Player,
    watchdog::{HUNG, OFF, SILENT, STARTING},
};

const PATTERNS: [Pattern; 11] = [
    Pattern::Dark,
    Pattern::Ready,
    Pattern::WantsCard,
    Pattern::KeepCard,
    Pattern::InVisit,
    Pattern::Done,
    Pattern::Trouble,
    Pattern::Help,
    Pattern::Closed,
    Pattern::Updating,
    Pattern::OutOfService,
];

/// Which lights are on, without their colours.
fn lit(picture: &Picture) -> [bool; 12] {
    picture.map(|light| light != RGB8::default())
}

#[test]
fn every_two_patterns_differ_without_their_colours_also_when_it_is_quiet() {
    for quiet in [false, true] {
        let films: BTreeSet<Vec<[bool; 12]>> = PATTERNS
            .iter()
            .map(|pattern| {
                (0..80)
                    .map(|at| lit(&picture(*pattern, quiet, 50, at * 100)))
                    .collect()
            })
            .collect();
        assert_eq!(films.len(), PATTERNS.len(), "quiet: {quiet}");
    }
}

#[test]
fn no_light_flashes_faster_than_three_times_a_second() {
    for pattern in PATTERNS {
        for light in 0..12 {
            let film = (0..1000).map(|at| lit(&picture(pattern, false, 100, at * 10))[light]);
            let film: Vec<bool> = film.collect();
            let changes = film.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(
                changes <= 2 * 3 * 10,
                "{pattern:?} {light}: {changes} in 10 s"
            );
        }
    }
}

#[test]
fn quiet_is_white_dim_and_still_but_a_call_for_help_is_not() {
    for pattern in [
        Pattern::Ready,
        Pattern::WantsCard,
        Pattern::KeepCard,
        Pattern::Done,
    ] {
        let first = picture(pattern, true, 100, 0);
        for at in 0..50 {
            assert_eq!(
                picture(pattern, true, 100, at * 100),
                first,
                "{pattern:?} moves"
            );
        }
        let brightest = first
            .iter()
            .map(|light| light.r.max(light.g).max(light.b))
            .max();
        assert!(brightest.unwrap() <= 100, "{pattern:?}: {brightest:?}");
    }
    assert_ne!(
        picture(Pattern::Help, true, 100, 0),
        picture(Pattern::Help, true, 100, 1000)
    );
}

#[test]
fn a_sound_ends() {
    for sound in [Sound::Tick, Sound::Joy, Sound::Attention] {
        let mut player = Player::new();
        player.play(sound, 1_000);
        assert!(player.loudness(1_000) > 0);
        assert_eq!(player.loudness(2_000), 0);
        assert_eq!(player.loudness(1_000), 0, "it is over for good");
    }
}

/// Says what it is told to.
struct Script(Vec<Result<Option<u16>, EyeSilent>>, Result<(), EyeSilent>);

impl Eye for Script {
    fn start(&mut self) -> Result<(), EyeSilent> {
        self.1
    }

    fn look(&mut self) -> Result<Option<u16>, EyeSilent> {
        if self.0.is_empty() {
            Ok(Some(8190))
        } else {
            self.0.remove(0)
        }
    }
}

#[test]
fn one_near_distance_is_nobody_and_two_are_somebody_until_three_seconds_after_they_left() {
    let near = Ok(Some(400));
    let mut watcher = Watcher::new(Script(vec![near, Ok(Some(2000)), near, near], Ok(())));
    let said: Vec<Presence> = (0..5).map(|at| watcher.look(at * 100)).collect();
    assert_eq!(said[..4], [Presence::Nobody; 4]);
    assert_eq!(said[4], Presence::Somebody { distance: 400 });
    assert_eq!(watcher.look(500), Presence::Somebody { distance: 400 });
    assert_eq!(watcher.look(400 + GONE_AFTER), Presence::Nobody);
}

#[test]
fn a_sensor_that_fails_three_times_is_unknown_and_is_started_anew_ten_seconds_later() {
    let near = Ok(Some(400));
    let failed = Err(EyeSilent);
    let mut watcher = Watcher::new(Script(vec![near, near, failed, failed, failed], Ok(())));
    let said: Vec<Presence> = (0..6).map(|at| watcher.look(at * 100)).collect();
    assert_eq!(
        said[4],
        Presence::Somebody { distance: 400 },
        "twice is no failure"
    );
    assert_eq!(said[5], Presence::Unknown);
    assert_eq!(watcher.look(500 + RESTART_EVERY - 1), Presence::Unknown);
    assert_eq!(watcher.look(500 + RESTART_EVERY), Presence::Nobody);
}

/// Shut down and released: the chip's reset.
fn reset() -> [PinStep; 2] {
    [PinStep::set(Level::Low), PinStep::set(Level::High)]
}

#[test]
fn a_chip_that_is_not_there_is_reset_asked_and_found_silent() {
    let nack = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
    let asked = BusStep::write_read(0x29, vec![0xC0], vec![0]).with_error(nack);
    let (bus, pin) = (
        RefCell::new(BusMock::new(&[asked])),
        RefCell::new(PinMock::new(&reset())),
    );
    let mut eye = TimeOfFlight::new(&bus, &pin, NoopDelay::new());
    assert_eq!(eye.start(), Err(EyeSilent));
    assert_eq!(eye.look(), Err(EyeSilent));
    bus.borrow_mut().done();
    pin.borrow_mut().done();
}

#[test]
fn another_chip_at_that_address_is_not_believed() {
    let asked = BusStep::write_read(0x29, vec![0xC0], vec![0xEA]);
    let (bus, pin) = (
        RefCell::new(BusMock::new(&[asked])),
        RefCell::new(PinMock::new(&reset())),
    );
    let mut eye = TimeOfFlight::new(&bus, &pin, NoopDelay::new());
    assert_eq!(eye.start(), Err(EyeSilent));
    bus.borrow_mut().done();
    pin.borrow_mut().done();
}

#[test]
fn a_kiosk_that_is_silent_is_out_of_service_then_without_power_and_then_starts() {
    let mut dog = Watchdog::new(0);
    assert!(dog.tick(0).out_of_service, "nobody has spoken yet");
    dog.heard(1_000);
    assert!(!dog.tick(1_000 + SILENT - 1).out_of_service);
    assert!(dog.tick(1_000 + SILENT).out_of_service);
    assert!(dog.tick(1_000 + HUNG - 1).power);
    let cut = 1_000 + HUNG;
    assert!(!dog.tick(cut).power);
    dog.heard(cut + 1);
    assert!(
        !dog.tick(cut + OFF - 1).power,
        "what it says while it dies does not count"
    );
    assert!(dog.tick(cut + OFF).power);
    assert!(
        dog.tick(cut + OFF + STARTING - 1).power,
        "it may take its time to start"
    );
    assert_eq!(dog.cuts(), 1);
}

#[test]
fn power_is_cut_three_times_in_an_hour_and_no_more() {
    let mut dog = Watchdog::new(0);
    let mut cuts = Vec::new();
    let mut power = true;
    for second in 0..3 * 3_600 {
        let now = dog.tick(second * 1_000).power;
        if power && !now {
            cuts.push(second);
        }
        power = now;
    }
    for window in cuts.windows(4) {
        assert!(window[3] - window[0] >= 3_600, "{cuts:?}");
    }
    assert_eq!(cuts.len(), 9, "{cuts:?}");
    assert!(power);
}

#[test]
fn who_takes_leave_is_left_alone_for_that_long_and_then_watched_again() {
    let mut dog = Watchdog::new(0);
    dog.heard(0);
    dog.leave(900_000, 0);
    let verdict = dog.tick(899_999);
    assert!(verdict.power && !verdict.out_of_service);
    assert!(dog.tick(900_000).out_of_service);
    assert!(dog.tick(900_000 + STARTING - 1).power);
    assert!(!dog.tick(900_000 + STARTING).power);
}
