//! The driver against a simulated panel: the real firmware's logic behind a real terminal.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use std::{
    path::PathBuf,
    sync::mpsc,
    time::{Duration, Instant},
};

use ed25519_dalek::{Digest as _, Sha512, Signer as _, SigningKey};
use ubugoe_icd::{Slot, Table as _, image::Head};
use ubugoe_panel::{
    Ask, AskError, Board, Client, Condition, Config, Lamp, News, Panel, Pattern, Presence, Scene,
    Senses, Sound, UpdateRefusal,
};
use ubugoe_panelsim::{Config as SimConfig, Order, Sim, World};

const LONG: Duration = Duration::from_secs(20);

const SCENE: Scene = Scene {
    pattern: Pattern::WantsCard,
    quiet: false,
    card_slot: true,
    help: false,
    backlight: 70,
    ring: 60,
};

/// A driver and what it said.
struct Host {
    panel: Panel,
    news: mpsc::Receiver<News>,
}

fn config(path: PathBuf) -> Config {
    Config {
        heartbeat: Duration::from_millis(200),
        retry: Duration::from_millis(50),
        ..Config::at(path)
    }
}

impl Host {
    fn on(path: PathBuf) -> Self {
        let (to, news) = mpsc::channel();
        let panel = Panel::start(config(path), move |news| {
            let _ = to.send(news);
        });
        Self {
            panel: panel.unwrap(),
            news,
        }
    }

    /// Waits for news that are so.
    fn until<T>(&self, mut so: impl FnMut(&News) -> Option<T>) -> T {
        let until = Instant::now() + LONG;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let news = self.news.recv_timeout(left).expect("no such news in time");
            if let Some(found) = so(&news) {
                return found;
            }
        }
    }

    fn ready(&self) {
        self.until(|news| matches!(news, News::Condition(Condition::Ready(_))).then_some(()));
    }

    fn senses(&self, mut so: impl FnMut(&Senses) -> bool) -> Senses {
        self.until(|news| match news {
            News::Senses(senses) if so(senses) => Some(*senses),
            _ => None,
        })
    }
}

fn sim() -> Sim {
    Sim::start(SimConfig {
        key: key().verifying_key().to_bytes(),
        ..SimConfig::default()
    })
    .unwrap()
}

fn shows(sim: &Sim, so: impl FnMut(&World) -> bool) {
    assert!(
        sim.world().wait(LONG, so),
        "{}",
        sim.world().lock().to_json()
    );
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn image(version: u32, slot: Slot) -> Vec<u8> {
    let bytes = vec![0x5A; 3_000];
    let head = Head {
        board: Board::Simulated,
        slot,
        version,
        floor: version,
        length: 3_000,
        digest: Sha512::digest(&bytes)[..32].try_into().unwrap(),
    };
    let said = head.to_bytes();
    [&said[..], &key().sign(&said).to_bytes(), &bytes].concat()
}

#[test]
fn a_scene_is_shown_and_what_is_sensed_comes_back() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.panel.show(SCENE);
    host.ready();
    shows(&sim, |world| {
        world.card_slot && world.backlight == 70 && world.power
    });
    host.senses(|senses| senses.card_slot && senses.help == Lamp::Dark);
    sim.world().lock().distance = Some(400);
    host.senses(|senses| matches!(senses.presence, Presence::Somebody { .. }));
    sim.world().lock().distance = None;
    host.senses(|senses| senses.presence == Presence::Nobody);
}

#[test]
fn the_help_light_is_said_to_be_lit_only_while_current_flows() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.panel.show(Scene {
        help: true,
        ..SCENE
    });
    host.senses(|senses| senses.help == Lamp::Lit);
    sim.world().lock().lamp_broken = true;
    host.senses(|senses| senses.help == Lamp::Broken);
}

#[test]
fn an_opened_case_is_told_and_told_again_until_it_is_on_record() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.ready();
    sim.world().lock().case_open = true;
    let senses = host.senses(|senses| senses.tamper.open);
    assert_eq!((senses.tamper.openings, senses.tamper.noted), (1, 0));
    sim.world().lock().case_open = false;
    host.senses(|senses| !senses.tamper.open && senses.tamper.openings == 1);
    host.panel.note_tamper(1);
    host.senses(|senses| senses.tamper.noted == 1);
}

#[test]
fn a_dead_sensor_is_unknown_presence_and_everything_else_goes_on() {
    let sim = sim();
    sim.world().lock().eye_dead = true;
    let host = Host::on(sim.path().to_owned());
    host.panel.show(SCENE);
    host.senses(|senses| senses.presence == Presence::Unknown && senses.card_slot);
}

#[test]
fn a_sound_is_never_sent_twice_and_quiet_swallows_it() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.panel.show(SCENE);
    host.ready();
    host.panel.sound(Sound::Tick);
    shows(&sim, |world| world.sounds == 1 && !world.sounding);
    host.panel.show(Scene {
        quiet: true,
        ..SCENE
    });
    host.panel.sound(Sound::Joy);
    host.panel.show(Scene {
        backlight: 10,
        ..SCENE
    });
    shows(&sim, |world| world.backlight == 10);
    assert_eq!(sim.world().lock().sounds, 1);
}

#[test]
fn a_panel_that_hangs_is_silent_and_one_that_comes_back_is_shown_the_last_scene() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.panel.show(SCENE);
    host.ready();
    sim.order(Order::Hang(true));
    host.until(|news| (*news == News::Condition(Condition::Silent)).then_some(()));
    host.panel.show(Scene {
        backlight: 33,
        ..SCENE
    });
    sim.order(Order::Hang(false));
    host.ready();
    shows(&sim, |world| world.backlight == 33);
}

#[test]
fn a_panel_that_was_unplugged_is_absent_and_one_that_is_plugged_in_is_found() {
    let folder = std::env::temp_dir().join(format!("ubugoe-panel-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let link = folder.join("port");
    let host = Host::on(link.clone());
    host.until(|news| (*news == News::Condition(Condition::Absent)).then_some(()));
    let plugged = SimConfig {
        link: Some(link.clone()),
        ..SimConfig::default()
    };
    let sim = Sim::start(plugged.clone()).unwrap();
    host.ready();
    drop(sim);
    host.until(|news| (*news == News::Condition(Condition::Absent)).then_some(()));
    let again = Sim::start(plugged).unwrap();
    host.ready();
    drop(again);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_panel_of_other_tables_is_named_and_nothing_it_says_is_read() {
    let sim = sim();
    sim.order(Order::Stranger(true));
    let host = Host::on(sim.path().to_owned());
    host.panel.show(Scene {
        help: true,
        ..SCENE
    });
    let who = host.until(|news| match news {
        News::Condition(Condition::OtherTables(who)) => Some(*who),
        News::Condition(Condition::Ready(_)) | News::Senses(_) => panic!("it was read: {news:?}"),
        _ => None,
    });
    assert_eq!(who.ask, Ask::SCHEMA ^ 1);
    sim.order(Order::Stranger(false));
    host.ready();
    shows(&sim, |world| world.help);
}

#[test]
fn noise_on_the_line_costs_nothing_but_a_question_asked_again() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.panel.show(SCENE);
    host.ready();
    for round in 0..20u8 {
        let noise = (0..200u8).map(|at| at.wrapping_mul(37).wrapping_add(round));
        sim.order(Order::Noise(noise.collect()));
        let backlight = 10 + round;
        host.panel.show(Scene { backlight, ..SCENE });
        shows(&sim, |world| world.backlight == backlight);
    }
    assert!(
        !host
            .news
            .try_iter()
            .any(|news| matches!(news, News::Condition(_)))
    );
}

#[test]
fn a_kiosk_that_dies_is_out_of_service_and_then_its_power_is_cut_and_given_back() {
    let sim = sim();
    let mut client = Client::open(sim.path(), Duration::from_millis(300)).unwrap();
    client
        .tell(&Ask::Set(Scene {
            help: true,
            ..SCENE
        }))
        .unwrap();
    drop(client);
    sim.order(Order::Skip(Duration::from_secs(11)));
    // the cross, and nobody is asked for a card any more; who called for help still waits
    let cross = |world: &World| {
        (0..)
            .zip(world.ring)
            .all(|(at, light)| (at % 3 == 0) == (light.r > 0))
            && !world.card_slot
    };
    shows(&sim, |world| cross(world) && world.help && world.power);
    sim.order(Order::Skip(Duration::from_secs(110)));
    shows(&sim, |world| !world.power);
    sim.order(Order::Skip(Duration::from_secs(6)));
    shows(&sim, |world| world.power && world.cuts == 1);
}

#[test]
fn a_kiosk_that_ends_in_order_is_out_of_service_and_keeps_its_power() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.panel.show(SCENE);
    host.ready();
    drop(host);
    shows(&sim, |world| !world.card_slot);
    sim.order(Order::Skip(Duration::from_secs(800)));
    sim.world().lock().case_open = true;
    let mut client = Client::open(sim.path(), Duration::from_millis(300)).unwrap();
    client.identify().unwrap();
    assert_eq!(sim.world().lock().cuts, 0);
}

#[test]
fn only_one_speaks_with_a_panel_at_a_time() {
    let sim = sim();
    let _first = Client::open(sim.path(), Duration::from_millis(300)).unwrap();
    let second = Client::open(sim.path(), Duration::from_millis(300));
    assert!(matches!(second, Err(AskError::Gone(_))), "{second:?}");
}

#[test]
fn newer_firmware_is_given_started_confirmed_and_an_older_one_is_not_even_offered() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.panel.show(SCENE);
    host.ready();
    host.panel.offer(vec![image(2, Slot::A), image(2, Slot::B)]);
    host.until(|news| matches!(news, News::Updating(3_000, 3_000)).then_some(()));
    host.until(|news| matches!(news, News::Updated(2)).then_some(()));
    shows(&sim, |world| {
        world.version == 2 && world.starts == 2 && world.card_slot
    });
    // after a loss of power it is still there
    sim.order(Order::Restart);
    shows(&sim, |world| world.version == 2 && world.starts == 3);
    host.panel.offer(vec![image(1, Slot::A), image(1, Slot::B)]);
    host.panel.show(Scene {
        backlight: 5,
        ..SCENE
    });
    shows(&sim, |world| world.backlight == 5);
    assert_eq!(sim.world().lock().version, 2);
}

#[test]
fn firmware_that_dies_goes_back_by_itself_and_the_driver_says_so() {
    let sim = sim();
    sim.order(Order::Brick(true));
    let host = Host::on(sim.path().to_owned());
    host.ready();
    host.panel.offer(vec![image(2, Slot::B)]);
    let why = host.until(|news| match news {
        News::NotUpdated(why) => Some(*why),
        _ => None,
    });
    assert_eq!(why, None);
    assert_eq!(sim.world().lock().version, 1);
}

#[test]
fn firmware_that_nobody_signed_is_refused_and_the_panel_goes_on() {
    let sim = sim();
    let host = Host::on(sim.path().to_owned());
    host.ready();
    let mut forged = image(2, Slot::B);
    forged[60] ^= 1;
    host.panel.offer(vec![forged]);
    let why = host.until(|news| match news {
        News::NotUpdated(why) => Some(*why),
        _ => None,
    });
    assert_eq!(why, Some(UpdateRefusal::Signature));
    host.panel.show(SCENE);
    shows(&sim, |world| world.card_slot);
}

#[test]
fn a_panel_of_other_tables_takes_new_firmware_all_the_same() {
    let sim = sim();
    sim.order(Order::Stranger(true));
    let mut client = Client::open(sim.path(), Duration::from_millis(300)).unwrap();
    assert!(matches!(
        client.tell(&Ask::Sense),
        Err(AskError::Silent | AskError::OtherSchema { .. })
    ));
    drop(client);
    sim.order(Order::Stranger(false));
    let mut client = Client::open(sim.path(), Duration::from_millis(300)).unwrap();
    client.update(&image(5, Slot::B), |_, _, _| Ok(())).unwrap();
    shows(&sim, |world| world.version == 5);
}
