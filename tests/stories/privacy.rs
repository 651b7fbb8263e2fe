//! Nothing of one person is left for the next: not at the end, not in the middle, not for another card.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    kiosk::Until,
    office::Office,
    rig::{Rig, RigConfig},
    story::Visit,
};

use crate::world::{self, HANA, Person, SORA};

/// The screen says nothing of this person, nor of their child.
fn screen_is_clean_of(rig: &mut Rig, person: Person) -> anyhow::Result<()> {
    let page = world::screen(rig.kiosk()?)?;
    ensure!(!page.trim().is_empty(), "an empty screen proves nothing");
    for trace in world::traces(person).into_iter().chain(["湊", "大地"]) {
        ensure!(!page.contains(trace), "{trace:?} is still there:\n{page}");
    }
    Ok(())
}

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
    screen_is_clean_of(&mut rig, HANA)?;
    rig.reader.insert();
    away(&mut rig, "C-206")?;
    screen_is_clean_of(&mut rig, HANA)?;
    screen_is_clean_of(&mut rig, SORA)?;
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
    screen_is_clean_of(&mut rig, HANA)?;
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
    screen_is_clean_of(&mut rig, HANA)?;
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
    screen_is_clean_of(&mut rig, HANA)?;

    world::take_away(&mut rig)?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    screen_is_clean_of(&mut rig, HANA)?;
    world::arrived(&mut rig)?;
    screen_is_clean_of(&mut rig, HANA)?;
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    screen_is_clean_of(&mut rig, HANA)?;

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
    screen_is_clean_of(&mut rig, HANA)?;
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

/// How often a word lies in a memory.
fn found(memory: &[u8], word: &str) -> usize {
    let windows = memory.windows(word.len());
    windows.filter(|window| *window == word.as_bytes()).count()
}

/// Every file below a folder.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else if path.is_file() {
            all.push(path);
        }
    }
    Ok(all)
}

#[test]
fn after_a_visit_no_password_is_in_memory_and_no_file_holds_what_was_read_or_said()
-> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to(&mut rig, HANA, "sign-password")?;
    let pid = rig.kiosk()?.process.pid();
    for key in HANA.password.chars() {
        rig.kiosk()?.tap(&key.to_string())?;
    }
    ensure!(
        found(&memory(pid)?, HANA.password) == 1,
        "while it is typed it is in one place"
    );
    rig.kiosk()?.tap("署名する")?;
    Visit::new(rig.kiosk()?).reach("following")?;
    ensure!(
        found(&memory(pid)?, HANA.password) == 0,
        "the password is still in memory after signing"
    );
    world::arrived(&mut rig)?;
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;

    let outbox = rig.outbox();
    let data = outbox.parent().context("the kiosk's folder")?;
    let all = files(data)?;
    ensure!(all.contains(&outbox), "the kiosk's data lies here");
    let mut said = world::traces(HANA);
    // Four digits stand in any file.
    said.retain(|trace| trace.len() > 4);
    said.extend([
        "ミナト",
        "大地",
        "0900000000",
        "あすこえ文具店",
        "三丁目１２番",
    ]);
    for path in all {
        let bytes = std::fs::read(&path)?;
        for word in &said {
            ensure!(found(&bytes, word) == 0, "{} holds {word}", path.display());
        }
    }
    Ok(())
}

/// The size of a page, and what the kernel says of one that is not there.
const PAGE: usize = 4096;
const EIO: i32 = 5;

/// Everything a process can write to in its memory: heap, stacks, buffers.
fn memory(pid: u32) -> anyhow::Result<Vec<u8>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let file = File::open(format!("/proc/{pid}/mem"))?;
    let mut all = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else {
            continue;
        };
        // Kernel pages that cannot be read are no memory of the process.
        if !rights.starts_with("rw") || line.ends_with("[vvar]") {
            continue;
        }
        let (from, to) = range.split_once('-').context("a range of addresses")?;
        let from = u64::from_str_radix(from, 16)?;
        let to = u64::from_str_radix(to, 16)?;
        let mut page = vec![0; PAGE];
        for at in (from..to).step_by(PAGE) {
            // The process runs on: what it has given back since the list was made is no memory of it any more.
            match file.read_exact_at(&mut page, at) {
                Ok(()) => all.extend_from_slice(&page),
                Err(error) if error.raw_os_error() == Some(EIO) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(all)
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
    let held = memory(rig.broker.process().pid())?;
    let holds = |words: &str| {
        held.windows(words.len())
            .any(|part| part == words.as_bytes())
    };
    ensure!(holds("ubg/v1/up/d-"), "this is not the broker's memory");
    let learned: Vec<_> = world::traces(HANA)
        .into_iter()
        .chain(["湊", "あすこえ市", "shussei_todoke", "jido_teate", "出生"])
        // Four digits are found by chance in any memory: every line of the log has a time.
        .filter(|trace| trace.len() > 4 && holds(trace))
        .collect();
    assert_eq!(learned, Vec::<&str>::new());
    rig.city().context("the city runs")?.resume()?;
    world::arrived(&mut rig)?;
    Ok(())
}
