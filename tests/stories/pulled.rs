//! The card leaves the reader at every single command of the story.
//!
//! Twice at each command: before the card sees it, and after it did the work but before the answer arrives. Each
//! time the kiosk says so with a documented code or is at rest, and the same card can go on or begin anew.

use std::time::Duration;

use anyhow::ensure;
use ubugoe_bench::{
    kiosk::{Report, Until},
    office::Office,
    rig::Rig,
    story::Visit,
};
use ubugoe_vcard::{Effect, Fault};

use crate::world::{self, HANA};

const LONG: Duration = Duration::from_secs(30);

/// Waits until an armed fault has taken the card away; false if the commands ended before it.
fn pulled(rig: &Rig) -> bool {
    !rig.reader.status().inserted && rig.reader.status().faults == 0
}

/// The kiosk is at rest, or says that the card was taken away. A card that broke off while it was looked at may be
/// nonsense for the moment until the reader notices that it has left.
fn honest_end(rig: &mut Rig) -> anyhow::Result<()> {
    let seen = rig.kiosk()?.wait_stage(&["resting", "notice", "trouble"])?;
    match (seen.stage(), seen.code()) {
        // Before anything was asked of it: the words stay, and she may put it back.
        ("resting" | "notice", None) | ("trouble", Some("C-204")) => Ok(()),
        ("trouble", Some("C-205")) => {
            rig.kiosk()?.wait(&Until {
                stages: &["resting"],
                timeout: Some(LONG),
                ..Until::default()
            })?;
            Ok(())
        }
        _ => anyhow::bail!("after the card left: {}", seen.value),
    }
}

#[test]
fn a_card_pulled_at_any_command_of_reading_begins_anew_when_it_is_back() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    let mut pulls = 0;
    for at in 1..100 {
        for effect in [Effect::PullBefore, Effect::PullDuring] {
            rig.reader.fault(Fault::after_insertion(at, effect))?;
            rig.reader.insert();
            let end = read_attributes(&mut rig)?;
            if end.is_some_and(|end| ["identity", "card-away"].contains(&end.stage())) {
                ensure!(pulls > 10, "only {pulls} pulls");
                rig.reader.clear_faults();
                back_to_identity(&mut rig)?;
                // The count was left alone by every one of them.
                assert_eq!(rig.reader.status().tries[0], Some(3));
                rig.kiosk()?.tap("はい、わたしです")?;
                Visit::new(rig.kiosk()?).reach("certificate")?;
                return world::logs_hold_nothing_of(&rig, HANA);
            }
            ensure!(pulled(&rig), "the fault at {at} did not happen");
            honest_end(&mut rig)?;
            pulls += 1;
        }
    }
    anyhow::bail!("the story never reads the card to its end")
}

/// The last command of reading only leaves the part of the card that was read: all she is asked about is known by then,
/// and a card that is pulled at it is waited for.
fn back_to_identity(rig: &mut Rig) -> anyhow::Result<()> {
    if rig.reader.status().inserted {
        return Ok(());
    }
    let away = rig.kiosk()?.wait_stage(&["card-away"])?;
    ensure!(away.code() == Some("C-204"), "{}", away.value);
    rig.reader.insert();
    rig.kiosk()?.wait_stage(&["identity"])?;
    Ok(())
}

/// PIN as soon as it is asked for. `None` when the card had left before that.
fn read_attributes(rig: &mut Rig) -> anyhow::Result<Option<Report>> {
    loop {
        let asked = rig.kiosk()?.wait(&Until {
            stages: &["notice", "attributes-pin"],
            timeout: Some(Duration::from_millis(250)),
            ..Until::default()
        });
        if pulled(rig) {
            return Ok(None);
        }
        match asked {
            // The card may leave between the two pages: then the touch finds nothing.
            Ok(report) if report.stage() == "notice" => {
                let _ = rig.kiosk()?.tap("わかりました");
            }
            Ok(_) => break,
            Err(_) => {}
        }
    }
    let submitted = Visit::new(rig.kiosk()?).pin(HANA.pin, "次へ")?;
    Ok(Some(rig.kiosk()?.wait(&Until {
        stages: &["identity", "resting", "trouble", "card-away"],
        since: Some(submitted.revision),
        ..Until::default()
    })?))
}

#[test]
fn a_card_pulled_at_any_command_of_signing_goes_on_at_the_password_and_stores_whole_visits_only()
-> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    let mut pulls = 0;
    for at in 1..100 {
        for effect in [Effect::PullBefore, Effect::PullDuring] {
            rig.reader.fault(Fault::next(at, effect))?;
            let mut visit = Visit::new(rig.kiosk()?);
            let submitted = visit.pin(HANA.password, "署名する")?;
            let end = rig.kiosk()?.wait(&Until {
                stages: &[
                    "following",
                    "card-away",
                    "trouble",
                    "sign-password",
                    "resting",
                ],
                since: Some(submitted.revision),
                ..Until::default()
            })?;
            if end.stage() == "following" {
                ensure!(pulls > 10, "only {pulls} pulls");
                let arrived = world::arrived(&mut rig)?;
                world::both_arrived_once(&rig, &arrived)?;
                return world::logs_hold_nothing_of(&rig, HANA);
            }
            ensure!(
                end.stage() == "card-away" && end.code() == Some("C-204"),
                "pulled at {at}: {}",
                end.value
            );
            ensure!(pulled(&rig), "the fault at {at} did not happen");
            ensure!(end.value["pending"] == 0, "stored without signatures");
            let covered = world::screen(rig.kiosk()?)?;
            for trace in world::traces(HANA) {
                ensure!(!covered.contains(trace), "the cover shows {trace}");
            }
            pulls += 1;
            rig.reader.insert();
            Visit::new(rig.kiosk()?)
                .kiosk()
                .wait_stage(&["sign-password"])?;
            assert_eq!(rig.reader.status().tries[1], Some(5), "no try is lost");
            let mut office = Office::sign_in(&rig.city_url())?;
            ensure!(office.filings()?.is_empty(), "something was filed");
        }
    }
    anyhow::bail!("the story never signs to its end")
}

#[test]
fn a_card_pulled_right_after_the_last_signature_is_no_longer_needed() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    rig.reader.take_exchanges();
    world::sign(&mut rig, HANA)?;
    rig.reader.remove();
    ensure!(rig.reader.wait_until(LONG, |s| !s.inserted));
    let arrived = world::arrived(&mut rig)?;
    world::both_arrived_once(&rig, &arrived)?;
    Ok(())
}
