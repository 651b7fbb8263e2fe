//! Nothing of one person is left for the next: not at the end, not in the middle, not for another card.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    kiosk::Until,
    office::Office,
    rig::{MIDWIFE, Rig, RigConfig},
    story::Visit,
};

use crate::memory::{self, Before, Hit, Words};
use crate::staff;
use crate::world::{self, HANA, Person, SORA};

fn away(rig: &mut Rig, code: &str) -> anyhow::Result<()> {
    rig.kiosk()?.wait(&Until {
        stages: &["card-away"],
        code: Some(code),
        ..Until::default()
    })?;
    Ok(())
}

/// Card, PIN, identity, certificate, line: at the first question.
fn up_to_questions(rig: &mut Rig) -> anyhow::Result<()> {
    let mut visit = Visit::new(rig.kiosk()?);
    visit.identify(HANA.pin)?;
    visit.accept_certificate()?;
    visit.reach("asking")?;
    Ok(())
}

#[test]
fn another_card_in_the_middle_sees_nothing_and_the_first_one_goes_on() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.read_notice()?;
    visit.pin(HANA.pin, "次へ")?;
    visit.reach("identity")?;
    let identity = world::screen(rig.kiosk()?)?;
    ensure!(
        identity.contains("花子") && identity.contains("汐見町"),
        "the person sees herself: {identity}"
    );
    rig.kiosk()?.tap("はい、わたしです")?;
    let mut visit = Visit::new(rig.kiosk()?);
    visit.accept_certificate()?;
    let question = visit.reach("asking")?;

    rig.reader.take(SORA.persona)?;
    away(&mut rig, "C-204")?;
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    rig.reader.insert();
    away(&mut rig, "C-206")?;
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    world::screen_is_clean_of(rig.kiosk()?, SORA)?;
    rig.reader.take(HANA.persona)?;
    away(&mut rig, "C-204")?;
    rig.reader.insert();
    let again = Visit::new(rig.kiosk()?).kiosk().wait_stage(&["asking"])?;
    assert_eq!(
        question.question(),
        again.question(),
        "on with the same question"
    );

    rig.reader.remove();
    away(&mut rig, "C-204")?;
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished", "resting"])?;
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    // The other card now begins a visit of its own.
    rig.reader.take(SORA.persona)?;
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.identify(SORA.pin)?;
    let stop = rig.kiosk()?.wait_stage(&["trouble"])?;
    assert_eq!(
        stop.code(),
        Some("H-101"),
        "there is no certificate for her"
    );
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    world::logs_hold_nothing_of(&rig, HANA)?;
    world::logs_hold_nothing_of(&rig, SORA)
}

#[test]
fn whoever_gives_up_or_finishes_leaves_nothing_behind() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    rig.reader.insert();
    up_to_questions(&mut rig)?;
    rig.kiosk()?.tap("やめる")?;
    rig.kiosk()?.tap("やめて消す")?;
    let end = rig.kiosk()?.wait_stage(&["finished"])?;
    assert_eq!(end.value["pending"], 0);
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;

    world::take_away(&mut rig)?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    world::arrived(&mut rig)?;
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;

    world::take_away(&mut rig)?;
    rig.reader.take(SORA.persona)?;
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.read_notice()?;
    visit.pin(SORA.pin, "次へ")?;
    visit.reach("identity")?;
    let page = world::screen(rig.kiosk()?)?;
    ensure!(
        page.contains("浜通り"),
        "the next person sees herself: {page}"
    );
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    world::logs_hold_nothing_of(&rig, HANA)?;
    world::logs_hold_nothing_of(&rig, SORA)
}

#[test]
fn even_with_every_log_line_on_no_log_holds_a_secret_a_name_or_a_number() -> anyhow::Result<()> {
    let mut rig = world::world_with(HANA, |config| RigConfig {
        log: Some("trace"),
        ..config
    })?;
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.read_notice()?;
    visit.pin("0864", "次へ")?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    let arrived = world::arrived(&mut rig)?;
    let ids = world::both_arrived_once(&rig, &arrived)?;
    let mut office = Office::sign_in(&rig.city_url())?;
    for id in &ids {
        office.filing(id)?;
        office.accept(id)?;
    }
    Visit::new(rig.kiosk()?).delivered("accepted")?;
    let logs = rig.logs()?;
    for name in ["kiosk", "city"] {
        let loud = |(path, text): &(std::path::PathBuf, String)| {
            path.file_name()
                .is_some_and(|f| f.to_string_lossy().starts_with(name))
                && text.contains("DEBUG")
        };
        ensure!(logs.iter().any(loud), "the {name} did not log everything");
    }
    let mistyped = Person {
        pin: "0864",
        ..HANA
    };
    world::logs_hold_nothing_of(&rig, mistyped)?;
    world::logs_hold_nothing_of(&rig, HANA)
}

/// The PIN as it goes to the card: its length and its digits. The digits alone stand in any memory.
fn pin_to_the_card(person: Person) -> anyhow::Result<Words> {
    let length = u8::try_from(person.pin.len())?;
    let bytes: Vec<u8> = std::iter::once(length).chain(person.pin.bytes()).collect();
    Words::bytes("the PIN", &bytes)
}

#[test]
fn while_it_is_typed_the_password_is_in_one_place_and_after_signing_nowhere() -> anyhow::Result<()>
{
    let mut rig = world::world(HANA)?;
    world::up_to(&mut rig, HANA, "sign-password")?;
    let pid = rig.kiosk()?.process.pid();
    let password = Words::whole([HANA.password])?;
    for key in HANA.password.chars() {
        rig.kiosk()?.tap(&key.to_string())?;
    }
    let typed = password.find(&memory::image(pid)?);
    ensure!(typed.len() == 1, "while it is typed: {typed:?}");
    rig.kiosk()?.tap("署名する")?;
    Visit::new(rig.kiosk()?).reach("following")?;
    let left = password.find(&memory::image(pid)?);
    ensure!(left.is_empty(), "after signing: {left:?}");
    Ok(())
}

/// Everything about her and her family that goes through the kiosk, in each way in which it is written somewhere.
fn values() -> Vec<&'static str> {
    let mut values = world::traces(HANA);
    // The PIN is looked for as it goes to the card.
    values.retain(|value| *value != HANA.pin);
    values.extend(world::ANSWERS);
    values.extend([HANA.name, HANA.address, "1994-05-17", "19940517"]);
    values.extend(["ASK-2026-0001", "みなと", TYPED]);
    values
}

/// Typed when the visit is given up, into the field of the child's name.
const TYPED: &str = "葉月子";

/// Nothing of her is in the kiosk, nor in what it has started, and no file holds anything but sealed.
fn nothing_is_left(rig: &mut Rig, before: &Before, way: &str) -> anyhow::Result<()> {
    world::take_away(rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;
    // A display draws what changes by itself; only then does the page before it end. In memory somebody has to ask.
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    let picture = rig.folder().join("resting.png");
    rig.kiosk()?.snapshot(&picture)?;
    let pid = rig.kiosk()?.process.pid();
    let mut left = before.since(pid)?;
    left.extend(pin_to_the_card(HANA)?.find(&memory::image(pid)?));
    for (child, name) in memory::children(pid)? {
        let hits = before.anywhere(&memory::image(child)?);
        left.extend(hits.into_iter().map(|hit| Hit {
            mapping: format!("{name} {}", hit.mapping),
            ..hit
        }));
    }
    ensure!(left.is_empty(), "{way} leaves:\n{}", lines(&left));
    world::files_hold_nothing_of(rig, HANA).with_context(|| way.to_owned())
}

fn lines(hits: &[Hit]) -> String {
    let lines: Vec<String> = hits.iter().map(Hit::to_string).collect();
    lines.join("\n")
}

/// With her certificate in the ward's folder, and what her kiosk held before she came.
fn before_she_comes() -> anyhow::Result<(Rig, Before)> {
    let mut rig = world::world(HANA)?;
    let kiosk = &rig.kiosk()?.process;
    // The dictionaries, which are full of names, are read by a thread of their own.
    kiosk.wait_line(
        "the dictionaries",
        |line| line.contains("Japanese input"),
        Duration::from_mins(2),
    )?;
    let before = Before::look(kiosk.pid(), &values())?;
    Ok((rig, before))
}

#[test]
fn whoever_stops_in_the_middle_is_not_in_the_memory_of_the_kiosk_any_more() -> anyhow::Result<()> {
    let (mut rig, before) = before_she_comes()?;
    let pid = rig.kiosk()?.process.pid();
    let pictures = tempfile::tempdir()?;
    // Stopped while a name is typed, with kana that wait for their kanji.
    rig.reader.insert();
    up_to_questions(&mut rig)?;
    for key in ["み", "な", "と"] {
        rig.kiosk()?.tap(key)?;
    }
    rig.kiosk()?.type_text(TYPED)?;
    // A picture, because what is drawn is kept in other places than what is only known.
    rig.kiosk()?.snapshot(&pictures.path().join("typed.png"))?;
    let held = before.since(pid)?;
    for value in [HANA.name, HANA.address, TYPED] {
        let here = held.iter().any(|hit| hit.word == value);
        ensure!(here, "{value} is on the way and is not found in memory");
    }
    rig.kiosk()?.tap("やめる")?;
    rig.kiosk()?.tap("やめて消す")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    nothing_is_left(&mut rig, &before, "stopping")?;

    // The screen emptied at once, on the page with her name and address.
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.read_notice()?;
    visit.pin(HANA.pin, "次へ")?;
    visit.reach("identity")?;
    rig.kiosk()?.tap("画面を消す")?;
    rig.kiosk()?.wait_stage(&["resting", "trouble"])?;
    nothing_is_left(&mut rig, &before, "the quiet exit")?;

    // Kept for later.
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.identify(HANA.pin)?;
    visit.accept_certificate()?;
    visit.answer_some(6)?;
    rig.kiosk()?.tap("やめる")?;
    rig.kiosk()?.tap("休んで、あとで続ける")?;
    rig.kiosk()?.wait_stage(&["paused"])?;
    nothing_is_left(&mut rig, &before, "a pause")?;
    world::logs_hold_nothing_of(&rig, HANA)
}

/// What the card service may hold. It is not ours, and of the last card that spoke it keeps the last words until another
/// one speaks. Of what is typed it may hold nothing.
fn last_words_of_a_card(value: &str) -> bool {
    HANA.name.contains(value) || HANA.address.contains(value) || value == "19940517"
}

#[test]
fn whoever_has_filed_is_not_in_the_memory_of_the_kiosk_any_more() -> anyhow::Result<()> {
    let (mut rig, before) = before_she_comes()?;
    let pictures = tempfile::tempdir()?;
    rig.reader.insert();
    // With a picture of every page: what is drawn is kept in other places than what is only known.
    let mut visit = Visit::new(rig.kiosk()?).with_pictures(pictures.path());
    visit.through(HANA.pin, HANA.password)?;
    world::arrived(&mut rig)?;
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    nothing_is_left(&mut rig, &before, "filing")?;

    // Staff see her name on their list and on her certificate.
    let kiosk = rig.kiosk()?;
    staff::sign_in(kiosk, MIDWIFE.2)?;
    kiosk.wait_stage(&["ward-list"])?;
    let list = world::screen(kiosk)?;
    ensure!(list.contains("花子"), "the list names her: {list}");
    kiosk.snapshot(&pictures.path().join("list.png"))?;
    kiosk.tap("サインアウト")?;
    kiosk.wait_stage(&["resting"])?;
    nothing_is_left(&mut rig, &before, "a list of the staff")?;

    let keeper = rig.pcscd.keeper().context("the card service runs")?;
    let all = values()
        .into_iter()
        .filter(|value| !last_words_of_a_card(value));
    let other = Words::whole(all)?;
    for (service, _) in memory::children(keeper)? {
        let image = memory::image(service)?;
        let mut held = other.find(&image);
        held.extend(pin_to_the_card(HANA)?.find(&image));
        ensure!(held.is_empty(), "the card service holds:\n{}", lines(&held));
    }
    Ok(())
}

#[test]
fn neither_the_kiosk_nor_its_conversion_server_leaves_a_core_file() -> anyhow::Result<()> {
    let (mut rig, _) = before_she_comes()?;
    let pid = rig.kiosk()?.process.pid();
    let mut processes = memory::children(pid)?;
    ensure!(!processes.is_empty(), "the conversion server runs");
    processes.push((pid, "ubugoe-kiosk".to_owned()));
    for (pid, name) in processes {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits"))?;
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let sizes: Vec<&str> = core
            .unwrap_or_default()
            .split_whitespace()
            .skip(4)
            .collect();
        assert_eq!(sizes, ["0", "0", "bytes"], "{name}");
    }
    Ok(())
}

#[test]
fn a_broker_that_looks_into_all_it_holds_learns_no_name_no_procedure_and_no_place()
-> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    // The city stands still: the broker has both filings in its hands.
    rig.city().context("the city runs")?.pause()?;
    let mark = rig.broker.process().mark();
    world::sign(&mut rig, HANA)?;
    rig.broker.process().wait_line_after(
        mark,
        "a filing at the broker",
        |line| line.contains("Received PUBLISH from d-") && line.contains("ubg/v1/up/"),
        Duration::from_mins(1),
    )?;
    let held = memory::image(rig.broker.process().pid())?;
    let topic = Words::whole(["ubg/v1/up/d-"])?;
    ensure!(
        !topic.find(&held).is_empty(),
        "this is not the broker's memory"
    );
    let words = world::traces(HANA).into_iter().chain(world::ANSWERS);
    let procedures = ["あすこえ市", "shussei_todoke", "jido_teate", "出生"];
    let learned = Words::whole(words.chain(procedures))?.find(&held);
    ensure!(learned.is_empty(), "the broker holds:\n{}", lines(&learned));
    rig.city().context("the city runs")?.resume()?;
    world::arrived(&mut rig)?;
    Ok(())
}
