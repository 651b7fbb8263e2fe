//! The same at the kiosk's own screen: a device is unpacked, registered, moved, renewed, and takes in what another one had.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use ubugoe_bench::kiosk::Kiosk;
use ubugoe_bench::process::Process;
use ubugoe_bench::programs;

use crate::town::{Device, PATIENCE, Town, WARD, below, now, run};

const PIN: &str = "482715";

/// A town whose profile lets a technician in: switch on, sticks in a folder, logs in a file.
struct World {
    town: Town,
    media: PathBuf,
}

impl World {
    fn new() -> Self {
        let town = Town::built("", |folder| {
            let (media, switch) = (folder.join("media"), folder.join("switch"));
            let log = folder.join("kiosk.log");
            for stick in ["STICK-1", "STICK-2"] {
                std::fs::create_dir_all(media.join(stick)).unwrap();
            }
            std::fs::write(&switch, "").unwrap();
            let line = "2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: stored rows=1";
            std::fs::write(&log, format!("{line}\n山田花子\n")).unwrap();
            let hash = run("ubugoe-kiosk", &["hash-pin"], PIN);
            let hash = String::from_utf8(hash.stdout).unwrap();
            format!(
                "language = \"ja\"\nclock = \"system\"\nservice_switch = \"{}\"\n[technician]\npin_hash = \"{}\"\nsticks = \"{}\"\nlogs = [\"{}\"]\n",
                switch.display(),
                hash.trim(),
                media.display(),
                log.display()
            )
        });
        let media = town.folder.path().join("media");
        Self { town, media }
    }

    fn stick(&self, name: &str) -> PathBuf {
        self.media.join(name)
    }
}

/// Starts the kiosk of a device as its unit does.
pub(crate) fn start(device: &Device, turn: usize) -> Kiosk {
    let home = device.home.path();
    let socket = std::env::temp_dir().join(format!(
        "ubg-{}-{turn}.sock",
        device.home.path().file_name().unwrap().display()
    ));
    let mut command = Command::new(programs::ours("ubugoe-kiosk").unwrap());
    command
        .arg("--home")
        .arg(home)
        .arg("--control")
        .arg(&socket);
    command.args(["--in-memory", "1280x800"]);
    // no card service is needed here, and one of this machine is none of ours
    command.env("PCSCLITE_CSOCK_NAME", home.join("no-pcscd"));
    let process = Process::spawn(
        "ubugoe-kiosk",
        command,
        home.join(format!("kiosk-{turn}.log")),
    )
    .unwrap();
    process.wait_ready(PATIENCE).unwrap();
    let kiosk = Kiosk::connect(process, &socket).unwrap();
    std::fs::remove_file(&socket).unwrap();
    kiosk
}

pub(crate) fn ended(kiosk: &Kiosk) -> Option<i32> {
    kiosk.process.wait(PATIENCE).unwrap().code()
}

pub(crate) fn screen(kiosk: &mut Kiosk) -> String {
    let labels = kiosk.labels().unwrap();
    let words = labels
        .into_iter()
        .flat_map(|label| [label.label, label.value.unwrap_or_default()]);
    words.collect::<Vec<_>>().join("\n")
}

fn sign_in(kiosk: &mut Kiosk) {
    kiosk.wait_stage(&["resting", "trouble"]).unwrap();
    kiosk.tap("スタッフの方").unwrap();
    kiosk.wait_stage(&["staff-number"]).unwrap();
    kiosk.tap("保守").unwrap();
    kiosk.wait_stage(&["staff-pin"]).unwrap();
    for key in PIN.chars() {
        kiosk.tap(&key.to_string()).unwrap();
    }
    kiosk.tap("サインイン").unwrap();
    kiosk.wait_stage(&["technician"]).unwrap();
}

/// One press of the menu, and what it came to.
fn errand(kiosk: &mut Kiosk, way: &str, stick: Option<&str>) -> String {
    kiosk.tap(way).unwrap();
    if let Some(stick) = stick {
        kiosk.wait_stage(&["technician-sticks"]).unwrap();
        kiosk.tap(stick).unwrap();
    }
    let stages = &["technician-done", "technician-trouble"];
    let report = kiosk.wait_stage(stages).unwrap();
    let said = screen(kiosk);
    assert_eq!(report.stage(), "technician-done", "{way}: {said}");
    kiosk.tap("わかりました").unwrap();
    kiosk.wait_stage(&["technician"]).unwrap();
    said
}

/// Registers at the screen, by a scanner; the kiosk ends and is started anew.
fn register(world: &World, device: &Device) -> Kiosk {
    let mut kiosk = start(device, 1);
    kiosk.wait_stage(&["technician-code"]).unwrap();
    let code = world.town.code(WARD);
    kiosk
        .type_text(&format!("{}\n", code["qr"].as_str().unwrap()))
        .unwrap();
    kiosk.wait_stage(&["technician-done"]).unwrap();
    let said = screen(&mut kiosk);
    assert!(
        said.contains(WARD) && said.contains(device.id().as_str()),
        "{said}"
    );
    // it ends, and may not answer any more
    let _ = kiosk.tap("始め直す");
    assert_eq!(ended(&kiosk), Some(75));
    start(device, 2)
}

#[test]
fn a_device_is_registered_moved_and_renewed_at_its_own_screen() {
    let world = World::new();
    let device = Device::new();
    let mut kiosk = start(&device, 0);
    kiosk.wait_stage(&["technician-code"]).unwrap();
    let code = world.town.code(WARD);
    let typed = code["code"].as_str().unwrap();
    // a slip is noticed before anything is sent; a typed code needs the city's address
    kiosk
        .type_text(&format!("{}0\n", &typed[..typed.len() - 1]))
        .unwrap();
    kiosk.wait_stage(&["technician-code"]).unwrap();
    assert!(screen(&mut kiosk).contains("打ちまちがい"));
    kiosk.tap("全部消す").unwrap();
    kiosk.type_text(&format!("{typed}\n")).unwrap();
    kiosk.wait_stage(&["technician-code"]).unwrap();
    assert!(screen(&mut kiosk).contains("市の接続先も"));
    assert!(world.town.devices().is_empty(), "nothing was sent");
    kiosk.process.kill().unwrap();

    let mut kiosk = register(&world, &device);
    let id = device.id();
    sign_in(&mut kiosk);
    // who it is, where it stands, how long its certificate lasts, what waits
    kiosk.tap("自己診断をする").unwrap();
    kiosk.wait_stage(&["technician-report"]).unwrap();
    let said = screen(&mut kiosk);
    for part in [id.as_str(), WARD, "装置の証明書", "待ち 0"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    kiosk.tap("もどる").unwrap();
    kiosk.wait_stage(&["technician"]).unwrap();

    let said = errand(&mut kiosk, "鍵と証明書を新しくする", None);
    assert!(said.contains("鍵と証明書を新しくしました"), "{said}");
    let names: Vec<_> = below(&device.layout().identities)
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["00000002.identity"], "the old key is gone");

    let said = errand(&mut kiosk, "ログをUSBメモリーへ写す", Some("STICK-1"));
    assert!(said.contains("写した行 1、除いた行 1"), "{said}");
    let copied = below(&world.stick("STICK-1"));
    let copied = std::fs::read_to_string(copied.first().unwrap()).unwrap();
    assert!(
        copied.contains("stored") && !copied.contains("山田"),
        "{copied}"
    );

    // by keys: the door is known by now
    let code = world.town.code("うぶ町産院");
    kiosk.tap("病棟を変える").unwrap();
    kiosk.wait_stage(&["technician-code"]).unwrap();
    for key in code["code"].as_str().unwrap().chars().filter(|c| *c != '-') {
        kiosk.tap(&key.to_string()).unwrap();
    }
    kiosk.tap("病棟を変える").unwrap();
    kiosk.wait_stage(&["technician-done"]).unwrap();
    assert!(screen(&mut kiosk).contains("うぶ町産院"));
    // it ends, and may not answer any more
    let _ = kiosk.tap("始め直す");
    assert_eq!(ended(&kiosk), Some(75));
    let listed = world.town.devices();
    assert_eq!(
        (listed.len(), &listed[0]["ward"], &listed[0]["device"]),
        (1, &"うぶ町産院".into(), &id.as_str().into())
    );
    let entries = device.good(&["audit"], "")["entries"].clone();
    let actions: Vec<&str> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["enrolled", "rotated", "logs.taken", "moved"]);
}

#[test]
fn a_kiosk_takes_in_what_a_dying_one_exported_and_the_city_has_it_once() {
    let world = World::new();
    let (dying, other) = (Device::new(), Device::new());
    dying.enrol(&world.town);
    let mut outbox = dying.outbox();
    for number in 1..=3 {
        dying.file_one(&mut outbox, number, now());
    }
    drop(outbox);
    // its network is gone, its screen is not
    let broken = |text: String| text.replace("host = \"127.0.0.1\"", "host = \"127.0.0.2\"");
    let file = dying.layout().enrolled.join("kiosk.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, broken(text)).unwrap();
    let mut kiosk = start(&dying, 0);
    sign_in(&mut kiosk);
    let said = errand(&mut kiosk, "届け出をUSBメモリーへ書き出す", Some("STICK-2"));
    assert!(said.contains("書き出した届け出 3"), "{said}");
    kiosk.process.kill().unwrap();

    let mut kiosk = register(&world, &other);
    sign_in(&mut kiosk);
    let said = errand(&mut kiosk, "ほかの機械の届け出を取り込む", Some("STICK-2"));
    assert!(
        said.contains("新しく取り込んだ届け出 3、前からあったもの 0"),
        "{said}"
    );
    let until = Instant::now() + PATIENCE;
    loop {
        kiosk.tap("自己診断をする").unwrap();
        kiosk.wait_stage(&["technician-report"]).unwrap();
        let said = screen(&mut kiosk);
        kiosk.tap("もどる").unwrap();
        kiosk.wait_stage(&["technician"]).unwrap();
        if said.contains("到達 3") {
            break;
        }
        assert!(Instant::now() < until, "{said}");
    }
    let said = errand(&mut kiosk, "ほかの機械の届け出を取り込む", Some("STICK-2"));
    assert!(
        said.contains("新しく取り込んだ届け出 0、前からあったもの 3"),
        "{said}"
    );
    // and by hand all the same: nothing arrives a second time
    let stick = world.stick("STICK-2");
    assert!(
        world
            .town
            .city(&["carry", "--from", stick.to_str().unwrap()])
            .starts_with("3 in the database, 0 refused")
    );
    assert!(!holds_a_link(&other), "the carrier has no family's link");
}

/// Whether anything below the device holds an address of a family's page.
fn holds_a_link(device: &Device) -> bool {
    below(&device.layout().data).iter().any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(7).any(|some| some == b"http://")
    })
}
