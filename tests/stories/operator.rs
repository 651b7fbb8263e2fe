//! The operator far away: orders to a device, and updates of what it knows.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use ubugoe_bench::{kiosk::Until, process::Mark, rig::Rig, rig::RigConfig, story::Visit};
use ubugoe_procedures::{Catalogue, bundle};

use crate::world::{self, HANA};

/// For words that go down and come up again. The city looks for new orders every quarter of a minute.
const LONG: Duration = Duration::from_mins(2);

const WARD: &str = "あすこえ産院 3階東";

/// Asks the city until a line of its answer fits.
fn until_the_city_says(
    rig: &Rig,
    what: &str,
    fits: impl Fn(&str) -> bool,
) -> anyhow::Result<String> {
    let began = Instant::now();
    loop {
        let said = rig.operate(&[what])?;
        if let Some(line) = said.lines().find(|line| fits(line)) {
            return Ok(line.to_owned());
        }
        ensure!(began.elapsed() < LONG, "the city says:\n{said}");
    }
}

/// Orders something and waits until the city has the device's answer.
fn order(rig: &Rig, words: &[&str]) -> anyhow::Result<String> {
    let ordered = rig.operate(&[&["order"], words].concat())?;
    let id = ordered.split(' ').next().context("no id")?.to_owned();
    until_the_city_says(rig, "orders", |line| {
        line.starts_with(&id) && (line.contains(": done") || line.contains(": refused"))
    })
}

fn says(rig: &mut Rig, words: &str) -> anyhow::Result<bool> {
    Ok(world::screen(rig.kiosk()?)?.contains(words))
}

fn online(rig: &mut Rig) -> anyhow::Result<()> {
    rig.kiosk()?.wait(&Until {
        online: Some(true),
        ..Until::default()
    })?;
    Ok(())
}

const CLOSED: &str = "いまは受付を止めています";

#[test]
fn a_device_is_closed_from_afar_stays_closed_over_a_restart_and_opens_again() -> anyhow::Result<()>
{
    let mut rig = world::world(HANA)?;
    ensure!(!says(&mut rig, CLOSED)?, "control");
    let became = order(&rig, &["close"])?;
    ensure!(became.contains(": done"), "{became}");
    ensure!(says(&mut rig, CLOSED)?, "{}", world::screen(rig.kiosk()?)?);
    // No card begins a visit.
    rig.reader.insert();
    rig.kiosk()?.wait(&Until {
        card: Some(true),
        ..Until::default()
    })?;
    ensure!(rig.kiosk()?.report()?.stage() == "resting");
    rig.reader.remove();
    rig.kiosk()?.process.kill()?;
    rig.start_kiosk()?;
    Visit::new(rig.kiosk()?).reach("resting")?;
    ensure!(says(&mut rig, CLOSED)?, "closed is forgotten");
    let became = order(&rig, &["open"])?;
    ensure!(became.contains(": done"), "{became}");
    ensure!(!says(&mut rig, CLOSED)?);
    world::up_to(&mut rig, HANA, "notice")?;
    Ok(())
}

/// Whoever is at the device stops and takes the card away.
fn give_up(rig: &mut Rig) -> anyhow::Result<()> {
    rig.kiosk()?.tap("やめる")?;
    rig.kiosk()?.tap("やめて消す")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    rig.reader.remove();
    Ok(())
}

#[test]
fn a_restart_waits_for_the_end_of_the_visit_and_happens_once() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to(&mut rig, HANA, "identity")?;
    let kept = rig.kiosk()?.process.mark();
    rig.operate(&["order", "restart"])?;
    rig.kiosk()?.process.wait_line_after(
        kept,
        "the order on the device",
        |line| line.contains("waits for the end of a visit"),
        LONG,
    )?;
    ensure!(rig.kiosk()?.report()?.stage() == "identity");
    give_up(&mut rig)?;
    let ended = rig.kiosk()?.process.wait(Duration::from_mins(5))?;
    ensure!(ended.code() == Some(75), "{ended}");
    rig.start_kiosk()?;
    online(&mut rig)?;
    // The order comes again, for nobody heard the answer; it is answered and not done again.
    let became = until_the_city_says(&rig, "orders", |line| line.contains(": done"))?;
    ensure!(became.contains("restart"), "{became}");
    ensure!(rig.kiosk()?.process.is_running());
    Visit::new(rig.kiosk()?).reach("resting")?;
    Ok(())
}

#[test]
fn a_certificate_is_renewed_by_order_on_a_device_that_looks_after_its_own() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let identities = folder.path().join("identity");
    let mut rig = world::world_with(HANA, |config| RigConfig {
        kiosk: format!("identities = \"{}\"", identities.display()),
        ..config
    })?;
    online(&mut rig)?;
    let became = order(&rig, &["renew"])?;
    ensure!(
        became.contains(": done") && became.contains("asked"),
        "{became}"
    );
    Ok(())
}

/// What a city publishes: the program's own catalogue with a change.
fn update(rig: &Rig, name: &str, file: &str, (from, to): (&str, &str)) -> anyhow::Result<String> {
    let mut files: bundle::Files = Catalogue::builtin_files()
        .filter(|(name, _)| !Catalogue::is_fixed(name))
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    let text = files.get_mut(file).context("no such file")?;
    ensure!(text.contains(from), "{file} has no {from}");
    *text = text.replacen(from, to, 1);
    let path = rig.folder().join(name);
    std::fs::write(&path, bundle::pack(&files)?)?;
    Ok(path.display().to_string())
}

fn publish(rig: &Rig, file: &str) -> anyhow::Result<String> {
    let words = [
        "publish",
        "--content",
        "catalogue",
        "--file",
        file,
        "--canary",
        WARD,
    ];
    let said = rig.operate(&[&words[..], &["--observe", "24h"]].concat())?;
    let id = said.split(' ').nth(1).context("no id")?.to_owned();
    Ok(id)
}

/// How the device says an update went.
fn device_says(rig: &Rig, state: &str) -> anyhow::Result<String> {
    until_the_city_says(rig, "rollouts", |line| {
        line.contains("(canary)") && line.contains(state)
    })
}

#[test]
fn a_canary_uses_a_good_catalogue_refuses_a_poisoned_one_and_the_city_takes_that_back()
-> anyhow::Result<()> {
    let mut rig = world::world_with(HANA, |config| RigConfig {
        kiosk: "updates = { prove_seconds = 2 }".to_owned(),
        ..config
    })?;
    online(&mut rig)?;
    let good = update(
        &rig,
        "good.update",
        "profiles.toml",
        ("ja = \"あすこえ市\"", "ja = \"新あすこえ市\""),
    )?;
    let first = publish(&rig, &good)?;
    device_says(&rig, ": healthy")?;
    // It is what the next person sees.
    world::up_to(&mut rig, HANA, "notice")?;
    ensure!(
        says(&mut rig, "新あすこえ市")?,
        "{}",
        world::screen(rig.kiosk()?)?
    );
    world::take_away(&mut rig)?;
    // And after the program was killed.
    rig.kiosk()?.process.kill()?;
    rig.start_kiosk()?;
    world::up_to(&mut rig, HANA, "notice")?;
    ensure!(says(&mut rig, "新あすこえ市")?);
    world::take_away(&mut rig)?;
    rig.kiosk()?.process.kill()?;
    rig.start_kiosk()?;
    Visit::new(rig.kiosk()?).reach("resting")?;
    online(&mut rig)?;
    // The city lets one rollout of a content be with canaries at a time.
    rig.operate(&["order", "withdraw", &first])?;
    until_the_city_says(&rig, "rollouts", |line| {
        line.starts_with(&first) && line.contains("withdrawn")
    })?;
    world::up_to(&mut rig, HANA, "notice")?;
    ensure!(!says(&mut rig, "新あすこえ市")?, "it was taken back");
    world::take_away(&mut rig)?;
    rig.kiosk()?.process.kill()?;
    rig.start_kiosk()?;
    Visit::new(rig.kiosk()?).reach("resting")?;
    online(&mut rig)?;

    // It reads well, and would register no birth any more.
    let poisoned = update(
        &rig,
        "poisoned.update",
        "procedures/shussei_todoke.toml",
        ("bedside = true", "bedside = false"),
    )?;
    let second = publish(&rig, &poisoned)?;
    ensure!(second != first);
    device_says(&rig, ": failed a birth of today")?;
    until_the_city_says(&rig, "rollouts", |line| {
        line.starts_with(&second) && line.contains("withdrawn")
    })?;
    // The visit goes on as ever.
    world::up_to(&mut rig, HANA, "line")?;
    if says(&mut rig, "新あすこえ市")? {
        bail!("the withdrawn one came back");
    }
    Ok(())
}

/// The machine under a kiosk: which system runs, and what root says of an order.
struct Machine(std::path::PathBuf);

impl Machine {
    fn write(&self, path: &str, text: &str) -> anyhow::Result<()> {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().context("no folder")?)?;
        std::fs::write(path, text)?;
        Ok(())
    }

    fn runs(&self, version: &str) -> anyhow::Result<()> {
        self.write("etc/os-release", &format!("IMAGE_VERSION={version}\n"))
    }

    fn left(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.0.join("var/lib/ubugoe/system").join(name)).ok()
    }

    fn says(&self, id: &str, words: &str) -> anyhow::Result<()> {
        let path = "var/lib/ubugoe-system/outcome";
        self.write(path, &format!("{id} {words}\n"))
    }
}

fn publish_system(rig: &Rig, bundle: &str) -> anyhow::Result<String> {
    let words = ["publish", "--content", "system", "--file", bundle];
    let more = ["--url", "https://systems.asukoe.example/ubugoe.raucb"];
    let said = rig.operate(&[&words[..], &more, &["--canary", WARD]].concat())?;
    Ok(said.split(' ').nth(1).context("no id")?.to_owned())
}

fn kiosk_says(rig: &mut Rig, mark: Mark, words: &str) -> anyhow::Result<()> {
    let process = &mut rig.kiosk()?.process;
    process.wait_line_after(mark, words, |line| line.contains(words), LONG)?;
    Ok(())
}

#[test]
fn a_system_is_handed_over_started_between_visits_and_reported_by_the_new_one_or_as_fallen_back()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let machine = Machine(folder.path().to_owned());
    machine.write("etc/rauc/system.conf", "[system]\ncompatible=ubugoe-pc\n")?;
    machine.runs("0.8.0+2026")?;
    let mut rig = world::world_with(HANA, |config| RigConfig {
        kiosk: format!("updates = {{ system_root = \"{}\" }}", machine.0.display()),
        ..config
    })?;
    online(&mut rig)?;
    let bundle = rig.folder().join("ubugoe.raucb");
    std::fs::write(&bundle, b"signed by whom it may concern")?;
    std::fs::write(
        bundle.with_extension("raucm"),
        "[update]\ncompatible=ubugoe-pc\nversion=0.8.1+2027\n",
    )?;
    let bundle = bundle.display().to_string();
    let mark = rig.kiosk()?.process.mark();
    let first = publish_system(&rig, &bundle)?;
    kiosk_says(&mut rig, mark, "an order for a system is handed over")?;
    let order = machine.left("order").context("no order")?;
    ensure!(
        order.contains(&format!("id {first}\n")) && order.contains("\nlen 29\n"),
        "{order}"
    );
    device_says(&rig, ": staged")?;
    // Ready while a mother is at the device: the machine does not start anew under her hands.
    world::up_to(&mut rig, HANA, "identity")?;
    machine.says(&first, "ready 1")?;
    give_up(&mut rig)?;
    kiosk_says(&mut rig, mark, "another system is to be started")?;
    ensure!(rig.kiosk()?.report()?.stage() == "resting");
    ensure!(machine.left("start") == Some(format!("{first}\n")));
    // The new system, marked good.
    rig.kiosk()?.process.kill()?;
    machine.runs("0.8.1+2027")?;
    machine.write("run/ubugoe-health/good", "")?;
    rig.start_kiosk()?;
    online(&mut rig)?;
    device_says(&rig, ": healthy")?;
    ensure!(machine.left("order").is_none() && machine.left("start").is_none());

    // Withdrawn, it asks for the one before; then another order comes to no good, and the city takes that one back too.
    let mark = rig.kiosk()?.process.mark();
    rig.operate(&["order", "withdraw", &first])?;
    device_says(&rig, ": withdrawn")?;
    ensure!(machine.left("back") == Some(format!("{first} 0.8.1+2027\n")));
    machine.runs("0.8.0+2026")?;
    let second = publish_system(&rig, &bundle)?;
    kiosk_says(&mut rig, mark, "an order for a system is handed over")?;
    machine.says(&second, "failed installed and started, and went back")?;
    device_says(&rig, ": failed installed and started, and went back")?;
    until_the_city_says(&rig, "rollouts", |line| {
        line.starts_with(&second) && line.contains("withdrawn")
    })?;
    Ok(())
}
