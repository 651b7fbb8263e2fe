//! The driver against the firmware itself: a Cortex-M3 that QEMU emulates, its UART a terminal.
//!
//! Needs `qemu-system-arm` and a compiler for `thumbv7m` (`firmware/boards/build` says which); where one is missing the test
//! fails and says what to install. It is never taken as passed.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use ed25519_dalek::{Digest as _, Sha512, Signer as _, SigningKey};
use ubugoe_icd::{Slot, Table as _, Tell, image::Head};
use ubugoe_panel::{
    Ask, Board, Client, Condition, Config, Identity, Lamp, News, Panel, Presence, Scene,
    UpdateRefusal,
};

const LONG: Duration = Duration::from_mins(1);

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// Builds the firmware, or finds it built.
fn firmware() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let digits = key()
        .verifying_key()
        .to_bytes()
        .map(|byte| format!("{byte:02x}"));
    let target = std::env::current_exe().unwrap();
    let target = target.ancestors().nth(3).unwrap();
    let built = Command::new(root.join("firmware/boards/build"))
        .arg("lm3s6965")
        .env("UBUGOE_PANEL_KEY", digits.concat())
        .env("CARGO_TARGET_DIR", target)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert_ne!(
        built.status.code(),
        Some(77),
        "NOT TESTED, no compiler for it: {said}"
    );
    assert!(built.status.success(), "{said}");
    let path = String::from_utf8(built.stdout).unwrap();
    path.lines().last().unwrap().into()
}

/// A running emulator; ends with the test.
struct Emulator {
    process: Child,
    port: PathBuf,
}

impl Emulator {
    fn start() -> Self {
        let mut process = Command::new("qemu-system-arm")
            .args([
                "-M",
                "lm3s6965evb",
                "-nographic",
                "-monitor",
                "none",
                "-serial",
                "pty",
                "-kernel",
            ])
            .arg(firmware())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("NOT TESTED: install Debian's package qemu-system-arm, or run ./ubugoe setup");
        let out = BufReader::new(process.stdout.take().unwrap());
        let port = out.lines().find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("redirected to ")?;
            Some(PathBuf::from(rest.split(' ').next()?))
        });
        Self {
            process,
            port: port.unwrap(),
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn image(version: u32, slot: Slot) -> Vec<u8> {
    let bytes = vec![0x5A; 5_000];
    let head = Head {
        board: Board::Lm3s6965,
        slot,
        version,
        floor: version,
        length: 5_000,
        digest: Sha512::digest(&bytes)[..32].try_into().unwrap(),
    };
    let said = head.to_bytes();
    [&said[..], &key().sign(&said).to_bytes(), &bytes].concat()
}

fn until<T>(news: &mpsc::Receiver<News>, mut so: impl FnMut(News) -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if let Some(found) = so(news.recv_timeout(left).expect("no such news in time")) {
            return found;
        }
    }
}

fn ready(news: News) -> Option<Identity> {
    match news {
        News::Condition(Condition::Ready(identity)) => Some(identity),
        _ => None,
    }
}

#[test]
fn the_firmware_on_an_emulated_microcontroller_does_what_the_driver_says_takes_an_update_and_dies()
{
    let mut emulator = Emulator::start();
    let mut client = Client::open(&emulator.port, Duration::from_secs(2)).unwrap();
    let identity = client.identify().unwrap();
    assert_eq!((identity.board, identity.version), (Board::Lm3s6965, 1));
    assert_eq!((identity.ask, identity.tell), (Ask::SCHEMA, Tell::SCHEMA));
    drop(client);

    let (to, news) = mpsc::channel();
    let config = Config {
        patience: Duration::from_secs(2),
        retry: Duration::from_millis(100),
        ..Config::at(emulator.port.clone())
    };
    let panel = Panel::start(config, move |news| {
        let _ = to.send(news);
    });
    let panel = panel.unwrap();
    panel.show(Scene {
        help: true,
        card_slot: true,
        backlight: 50,
        ring: 50,
        ..Scene::default()
    });
    assert_eq!(until(&news, ready).slot, Slot::A);
    until(&news, |news| match news {
        News::Senses(senses) => (senses.help == Lamp::Lit
            && senses.card_slot
            && senses.presence == Presence::Unknown
            && !senses.tamper.open)
            .then_some(()),
        _ => None,
    });

    let mut forged = image(2, Slot::B);
    forged[70] ^= 1;
    panel.offer(vec![forged]);
    let why = until(&news, |news| match news {
        News::NotUpdated(why) => Some(why),
        _ => None,
    });
    assert_eq!(why, Some(UpdateRefusal::Signature));

    panel.offer(vec![image(2, Slot::A), image(2, Slot::B)]);
    until(&news, |news| (news == News::Updated(2)).then_some(()));
    // after its restart it is shown again what it was shown before
    let identity = until(&news, ready);
    assert_eq!((identity.version, identity.slot), (2, Slot::B));
    until(&news, |news| {
        matches!(news, News::Senses(senses) if senses.help == Lamp::Lit).then_some(())
    });

    emulator.process.kill().unwrap();
    emulator.process.wait().unwrap();
    until(&news, |news| {
        matches!(news, News::Condition(Condition::Absent | Condition::Silent)).then_some(())
    });
}
