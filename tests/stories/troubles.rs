//! What is wrong with a card shows as its documented code, and the next card works.

use std::time::Duration;

use ubugoe_bench::{
    kiosk::{Report, Until},
    rig::{Rig, RigConfig},
    story::Visit,
};
use ubugoe_vcard::{Effect, Fault};

use crate::world::{self, HANA, Person};

/// Waits for a trouble page that was not there before this revision.
fn trouble(rig: &mut Rig, code: &str, since: Option<u64>) -> anyhow::Result<Report> {
    Ok(rig.kiosk()?.wait(&Until {
        stages: &["trouble"],
        code: Some(code),
        since,
        timeout: Some(Duration::from_secs(30)),
        ..Until::default()
    })?)
}

/// Card down; the code must come without anything being touched.
fn refused(rig: &mut Rig, code: &str) -> anyhow::Result<Report> {
    let before = rig.kiosk()?.report()?;
    rig.reader.insert();
    trouble(rig, code, Some(before.revision))
}

/// "I have read it": the page goes, and the next card may come.
fn read_to_the_end(rig: &mut Rig) -> anyhow::Result<()> {
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished", "resting"])?;
    Ok(())
}

#[test]
fn a_card_that_cannot_be_used_is_told_by_its_code_before_any_pin() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    for (persona, code) in [
        ("wrong_kind", "C-201"),
        ("smartphone", "C-202"),
        ("iphone", "C-202"),
        ("expired", "C-203"),
        ("locked", "C-301"),
        ("child", "C-401"),
    ] {
        rig.reader.take(persona)?;
        refused(&mut rig, code)?;
        let page = world::screen(rig.kiosk()?)?;
        assert!(page.contains(code), "{persona}: {page}");
        world::take_away(&mut rig)?;
    }
    read_to_the_end(&mut rig)?;
    rig.reader.take(HANA.persona)?;
    rig.reader.insert();
    Visit::new(rig.kiosk()?).identify(HANA.pin)?;
    Ok(())
}

#[test]
fn a_forged_record_stops_after_the_pin_and_shows_nothing_of_it() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    rig.reader.take("forged")?;
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.read_notice()?;
    visit.pin("4040", "次へ")?;
    trouble(&mut rig, "C-403", None)?;
    let page = world::screen(rig.kiosk()?)?;
    assert!(!page.contains("偽山") && !page.contains("裏町"), "{page}");
    world::take_away(&mut rig)
}

/// Attributes of one name, signature certificate of another.
const MISMATCH: Person = Person {
    persona: "mismatch",
    name: "小林\u{3000}一",
    address: "あすこえ市中町３－３",
    pin: "1212",
    password: "HITOCHIGAI2",
};

#[test]
fn a_certificate_of_somebody_else_signs_nothing() -> anyhow::Result<()> {
    let mut rig = world::world(MISMATCH)?;
    world::up_to_password(&mut rig, MISMATCH)?;
    rig.reader.take_exchanges();
    Visit::new(rig.kiosk()?).sign(MISMATCH.password)?;
    let end = trouble(&mut rig, "C-405", None)?;
    assert_eq!(end.value["pending"], 0, "nothing was stored");
    // PERFORM SECURITY OPERATION is what signs.
    let sent = rig.reader.take_exchanges();
    assert!(
        sent.iter().all(|e| !e.command.starts_with("802A")),
        "something was signed"
    );
    world::logs_hold_nothing_of(&rig, MISMATCH)
}

#[test]
fn a_mute_card_a_lost_card_service_and_nonsense_are_told_apart_and_overcome() -> anyhow::Result<()>
{
    let mut rig = world::world_with(HANA, |config| RigConfig {
        mute_after_ms: 1_500,
        ..config
    })?;
    rig.reader
        .fault(Fault::after_insertion(2, Effect::Mute(None)))?;
    refused(&mut rig, "C-103")?;
    rig.reader.clear_faults();
    world::take_away(&mut rig)?;

    rig.pcscd.stop();
    trouble(&mut rig, "C-102", None)?;
    rig.pcscd.restart()?;
    rig.kiosk()?.wait_stage(&["resting"])?;

    rig.reader.insert();
    Visit::new(rig.kiosk()?).read_notice()?;
    rig.reader.fault(Fault::next(2, Effect::Status(0x6F00)))?;
    Visit::new(rig.kiosk()?).pin(HANA.pin, "次へ")?;
    trouble(&mut rig, "C-205", None)?;
    world::take_away(&mut rig)?;
    rig.reader.clear_faults();
    assert!(
        rig.reader
            .wait_until(Duration::from_secs(30), |s| !s.powered)
    );
    rig.reader.insert();
    Visit::new(rig.kiosk()?).identify(HANA.pin)?;
    Ok(())
}
