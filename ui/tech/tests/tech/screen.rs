//! The same at the kiosk's own screen: a device is unpacked, registered, moved, renewed, takes in what another one had, and is wiped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ubugoe_bench::kiosk::Kiosk;
use ubugoe_bench::process::Process;
use ubugoe_bench::programs;
use ubugoe_tech::say::{Progress, Words};
use ubugoe_tech::{Bench, Outcome, order};

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

/// Something that a mother typed, as it would lie in a file.
const TYPED: &[u8] = "うぶごえ　ひみつの下書き".as_bytes();

/// A device with filings that never left it, a draft, and no network.
fn lonely(world: &World, filings: u64) -> Device {
    let device = Device::new();
    device.enrol(&world.town);
    let mut outbox = device.outbox();
    for number in 1..=filings {
        device.file_one(&mut outbox, number, now());
    }
    drop(outbox);
    let drafts = device.layout().data.join("drafts");
    std::fs::create_dir_all(&drafts).unwrap();
    std::fs::write(drafts.join("one"), TYPED).unwrap();
    let file = device.layout().enrolled.join("kiosk.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("host = \"127.0.0.1\"", "host = \"127.0.0.2\"");
    std::fs::write(&file, text).unwrap();
    device
}

/// Up to the page that says what a wipe comes to: the digits that stand there.
fn up_to_sure(kiosk: &mut Kiosk, stick: &str) -> String {
    sign_in(kiosk);
    kiosk.tap("この機械を消去する").unwrap();
    kiosk.wait_stage(&["technician-sticks"]).unwrap();
    kiosk.tap(stick).unwrap();
    kiosk.wait_stage(&["technician-sure"]).unwrap();
    digits(&screen(kiosk))
}

fn digits(said: &str) -> String {
    let (_, rest) = said.split_once("消去するときは ").unwrap();
    rest.chars().take(4).collect()
}

fn press_all(kiosk: &mut Kiosk, digits: &str) {
    for digit in digits.chars() {
        kiosk.tap(&digit.to_string()).unwrap();
    }
}

/// Orders it; the kiosk ends and is to be started anew.
fn ordered(kiosk: &mut Kiosk, stick: &str) {
    let digits = up_to_sure(kiosk, stick);
    press_all(kiosk, &digits);
    // it ends, and may not answer any more
    let _ = kiosk.tap("消去する");
    assert_eq!(ended(kiosk), Some(75));
}

fn ends(name: &str, how: &str) -> bool {
    Path::new(name).extension().is_some_and(|ext| ext == how)
}

fn names(folder: &Path) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    below(folder).iter().map(name).collect()
}

/// How often the technician's log says that the device was wiped.
fn lines_about_a_wipe(device: &Device) -> usize {
    let entries = device.good(&["audit"], "")["entries"].clone();
    let wiped = entries
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "wiped");
    wiped.count()
}

#[test]
fn a_device_is_wiped_at_its_own_screen_and_only_by_the_digits_that_stand_there() {
    let world = World::new();
    let device = lonely(&world, 2);
    let id = device.id().to_string();
    // A second name for the draft and a key: what stood in them can be looked at after they were removed.
    let kept = tempfile::tempdir_in(device.home.path().parent().unwrap()).unwrap();
    let key = device.file("keys", "sign");
    let sign = device.kiosk()["keys"]["sign"].as_str().unwrap().to_owned();
    std::fs::hard_link(sign, kept.path().join("sign")).unwrap();
    let draft = device.layout().data.join("drafts/one");
    std::fs::hard_link(draft, kept.path().join("draft")).unwrap();

    let mut kiosk = start(&device, 0);
    let first = up_to_sure(&mut kiosk, "STICK-1");
    let said = screen(&mut kiosk);
    assert!(
        said.contains("届いていない届け出 2") && said.contains("STICK-1"),
        "{said}"
    );
    // A hand that lies on one key, and a slip, begin nothing.
    let slip = if first == "5555" { "6666" } else { "5555" };
    press_all(&mut kiosk, &slip[1..]);
    let _ = kiosk.tap("消去する");
    press_all(&mut kiosk, &slip[..1]);
    kiosk.tap("消去する").unwrap();
    kiosk.wait_stage(&["technician-sure"]).unwrap();
    let said = screen(&mut kiosk);
    assert!(said.contains("数字がちがいます"), "{said}");
    assert_ne!(digits(&said), first);
    kiosk.tap("もどる").unwrap();
    kiosk.wait_stage(&["technician"]).unwrap();
    assert!(names(&world.stick("STICK-1")).is_empty(), "nothing began");
    assert!(!device.home.path().join("wipe-ordered.json").exists());
    kiosk
        .tap("サインアウト")
        .or_else(|_| kiosk.tap("閉じる"))
        .unwrap();

    ordered(&mut kiosk, "STICK-1");
    assert!(device.home.path().join("wipe-ordered.json").exists());
    assert!(
        device.layout().enrolled.join("kiosk.toml").exists(),
        "beside a kiosk nothing goes"
    );
    let mut kiosk = start(&device, 1);
    kiosk.wait_stage(&["technician-done"]).unwrap();
    let said = screen(&mut kiosk);
    for part in [
        id.as_str(),
        "書き出した届け出 2",
        &format!("{id}.wiped"),
        "ubugoe-city carry",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for path in below(device.home.path()).iter().chain(&below(kept.path())) {
        let bytes = std::fs::read(path).unwrap();
        for secret in [TYPED, key.trim_ascii_end()] {
            let there = bytes.windows(secret.len()).any(|some| some == secret);
            assert!(!there, "{}", path.display());
        }
    }
    let _ = kiosk.tap("わかりました");
    assert_eq!(ended(&kiosk), Some(75));
    assert_eq!(
        names(device.home.path())
            .iter()
            .filter(|n| !n.starts_with("kiosk-"))
            .collect::<Vec<_>>(),
        ["technician.log"]
    );
    assert_eq!(lines_about_a_wipe(&device), 1);
    let mut kiosk = start(&device, 2);
    kiosk.wait_stage(&["technician-code"]).unwrap();
    let on_stick = names(&world.stick("STICK-1"));
    assert_eq!(on_stick.iter().filter(|name| ends(name, "ubg")).count(), 2);
    // City hall takes the filings, then the record.
    let stick = world.stick("STICK-1");
    let carried = world
        .town
        .city(&["carry", "--from", stick.to_str().unwrap()]);
    assert!(
        carried.starts_with("2 in the database, 0 refused"),
        "{carried}"
    );
    let record = stick.join(format!("{id}.wiped"));
    world
        .town
        .city(&["device", "wiped", "--file", record.to_str().unwrap()]);
    assert_eq!(world.town.devices()[0]["state"], "wiped");
}

#[test]
fn without_its_stick_an_ordered_wipe_waits_and_can_be_taken_back() {
    let world = World::new();
    let device = lonely(&world, 1);
    let mut kiosk = start(&device, 0);
    ordered(&mut kiosk, "STICK-2");
    let before = below(&device.layout().enrolled);
    // Pulled; the folder of its name is still there, and empty.
    let (stick, away) = (world.stick("STICK-2"), world.media.join(".away"));
    std::fs::rename(&stick, &away).unwrap();
    std::fs::create_dir(&stick).unwrap();
    let mut kiosk = start(&device, 1);
    kiosk.wait_stage(&["technician-held"]).unwrap();
    let said = screen(&mut kiosk);
    assert!(said.contains("T-213") && said.contains("STICK-2"), "{said}");
    kiosk.tap("もう一度").unwrap();
    kiosk.wait_stage(&["technician-held"]).unwrap();
    assert!(names(&stick).is_empty());
    let _ = kiosk.tap("やめる");
    assert_eq!(ended(&kiosk), Some(75));
    assert_eq!(below(&device.layout().enrolled), before);
    let mut kiosk = start(&device, 2);
    // A working device, which may be wiped another time. The stick is another one by name then.
    std::fs::rename(&away, &stick)
        .or_else(|_| {
            std::fs::remove_dir(&stick)?;
            std::fs::rename(&away, &stick)
        })
        .unwrap();
    ordered(&mut kiosk, "STICK-2");
    std::fs::rename(&stick, world.stick("STICK-3")).unwrap();
    let mut kiosk = start(&device, 3);
    kiosk.wait_stage(&["technician-done"]).unwrap();
    let record = names(&world.stick("STICK-3"));
    assert!(record.iter().any(|name| ends(name, "wiped")), "{record:?}");
    let _ = kiosk.tap("わかりました");
    assert_eq!(ended(&kiosk), Some(75));
}

#[test]
fn a_stick_that_takes_nothing_wipes_nothing_and_says_so() {
    let world = World::new();
    let device = lonely(&world, 1);
    let mut kiosk = start(&device, 0);
    let digits = up_to_sure(&mut kiosk, "STICK-1");
    // pulled while the page was read
    std::fs::remove_dir(world.stick("STICK-1")).unwrap();
    press_all(&mut kiosk, &digits);
    kiosk.tap("消去する").unwrap();
    kiosk.wait_stage(&["technician-trouble"]).unwrap();
    let said = screen(&mut kiosk);
    assert!(said.contains("T-205"), "{said}");
    kiosk.tap("わかりました").unwrap();
    kiosk.wait_stage(&["technician"]).unwrap();
    assert!(!device.home.path().join("wipe-ordered.json").exists());
}

/// The power goes before the step after so many.
struct Cut(AtomicU64);

impl Cut {
    const fn after(steps: u64) -> Self {
        Self(AtomicU64::new(steps))
    }
}

impl Progress for Cut {
    fn begin(&self, _: u64) {}
    fn next(&self, _: &Words) {
        let left = self.0.load(Ordering::Relaxed);
        assert!(left > 0, "the power goes");
        self.0.store(left - 1, Ordering::Relaxed);
    }
    fn end(&self) {}
}

/// Starts what was ordered; `None` when the power went.
fn carry_out(home: &Path, steps: u64) -> Option<Outcome> {
    let order = order::lying(home).unwrap();
    let cut = Cut::after(steps);
    let bench = Bench::new(home, &cut, now());
    catch_unwind(AssertUnwindSafe(|| order::carry_out(&bench, &order))).ok()
}

#[test]
fn a_wipe_that_is_cut_at_any_step_leaves_a_whole_device_or_goes_on_until_nothing_is_left() {
    let world = World::new();
    let device = lonely(&world, 1);
    let (id, home) = (device.id().to_string(), device.home.path());
    let stick = world.stick("STICK-1");
    let uncut = Cut::after(u64::MAX);
    order::place(&Bench::new(home, &uncut, now()), &world.media, "STICK-1").unwrap();
    let (mark, record) = (
        home.join(format!("{id}.wiped")),
        stick.join(format!("{id}.wiped")),
    );
    let order = order::lying(home).unwrap();
    assert!(carry_out(home, 0).is_none());
    assert!(order.is_whole(home) && !mark.exists() && !record.exists());
    // The word is said, and nothing is destroyed yet.
    assert!(carry_out(home, 1).is_none());
    assert!(!order.is_whole(home) && order.take_back(home).is_err());
    assert_eq!(
        std::fs::read(&mark).unwrap(),
        std::fs::read(&record).unwrap()
    );
    // Each start goes on by two files, of which one may be the lock it makes itself; for some of them the stick is pulled.
    let files = |device: &Device| {
        below(&device.layout().enrolled).len() + below(&device.layout().data).len()
    };
    let (mut cuts, mut left) = (0, files(&device));
    loop {
        if cuts == 2 {
            std::fs::rename(&stick, world.media.join(".away")).unwrap();
        }
        if cuts == 4 {
            std::fs::rename(world.media.join(".away"), &stick).unwrap();
        }
        if let Some(outcome) = carry_out(home, 2) {
            assert_eq!(outcome.unwrap().count("exported"), 1);
            break;
        }
        cuts += 1;
        assert!(mark.exists() && device.layout().enrolled.join("kiosk.toml").exists());
        assert!(files(&device) <= left);
        left = files(&device);
    }
    assert!(cuts > 5, "{cuts}");
    // Cut after the configuration was gone: folders are left, and what was it, overwritten.
    std::fs::create_dir_all(device.layout().data.join("drafts")).unwrap();
    std::fs::create_dir_all(&device.layout().enrolled).unwrap();
    std::fs::write(device.layout().enrolled.join("kiosk.destroyed"), [7; 900]).unwrap();
    assert_eq!(
        carry_out(home, 9).unwrap().unwrap().text("device"),
        Some(id.as_str())
    );
    assert!(!device.layout().data.exists() && !device.layout().enrolled.exists());
    order.forget(home, true).unwrap();
    assert_eq!(names(home), ["technician.log"]);
    assert!(record.exists());
    assert_eq!(lines_about_a_wipe(&device), 1);
}

#[test]
fn a_last_word_that_went_no_further_does_not_hide_what_came_since() {
    let world = World::new();
    let device = lonely(&world, 1);
    let (id, home) = (device.id().to_string(), device.home.path());
    let uncut = Cut::after(u64::MAX);
    order::place(&Bench::new(home, &uncut, now()), &world.media, "STICK-1").unwrap();
    assert!(carry_out(home, 1).is_none());
    let mark = home.join(format!("{id}.wiped"));
    assert!(mark.exists());
    // Nobody remembers the order, and the device works on.
    std::fs::remove_file(home.join("wipe-ordered.json")).unwrap();
    device.file_one(&mut device.outbox(), 2, now());
    let stick = world.stick("STICK-1").display().to_string();
    assert_eq!(
        device.bad(&["wipe", "--yes", "--exported", &stick], ""),
        (5, "unsent".into())
    );
    // Ordered anew, it begins anew: both filings are on the stick.
    order::place(&Bench::new(home, &uncut, now()), &world.media, "STICK-1").unwrap();
    assert!(!mark.exists() && order::lying(home).unwrap().is_whole(home));
    let done = carry_out(home, u64::MAX).unwrap().unwrap();
    assert_eq!(done.count("exported"), 2);
}

#[test]
fn after_a_cut_the_screen_goes_on_by_itself_and_keeps_the_record_where_there_is_no_stick() {
    let world = World::new();
    for (pulled, stick) in [(false, "STICK-1"), (true, "STICK-2")] {
        let device = lonely(&world, 1);
        let (id, home) = (device.id().to_string(), device.home.path());
        let mut kiosk = start(&device, 0);
        ordered(&mut kiosk, stick);
        assert!(carry_out(home, 4).is_none());
        if pulled {
            std::fs::rename(world.stick(stick), world.media.join(".away")).unwrap();
        }
        let mut kiosk = start(&device, 1);
        kiosk.wait_stage(&["technician-done"]).unwrap();
        let said = screen(&mut kiosk);
        assert_eq!(said.contains("この機械にだけあります"), pulled, "{said}");
        let _ = kiosk.tap("わかりました");
        assert_eq!(ended(&kiosk), Some(75));
        let record = format!("{id}.wiped");
        assert_eq!(home.join(&record).exists(), pulled, "somewhere it is kept");
        assert!(pulled || world.stick(stick).join(&record).exists());
        assert!(!device.layout().enrolled.exists() && !device.layout().data.exists());
    }
}
