//! What may happen between kiosk and city: a pulled cable, a broker without memory, programs that die.
//!
//! One promise in all of them: once "stored" is on the screen, both filings arrive, and exactly once.

use std::time::Duration;

use ubugoe_bench::{
    kiosk::{Report, Until},
    office::Office,
    rig::Rig,
    story::Visit,
};

use crate::world::{self, HANA};

/// For lines that programs write into their logs.
const LONG: Duration = Duration::from_mins(1);

fn pull_cable(rig: &mut Rig) -> anyhow::Result<()> {
    rig.wire.pull();
    rig.kiosk()?.wait(&Until {
        online: Some(false),
        ..Until::default()
    })?;
    Ok(())
}

fn all_stored(report: &Report) {
    assert_eq!(report.deliveries().len(), 2);
    assert!(
        report.deliveries().iter().all(|d| d["state"] == "stored"),
        "{}",
        report.value
    );
}

/// The same card once more: PIN, "this is me", and what became of the filings.
fn come_back(rig: &mut Rig) -> anyhow::Result<Report> {
    let mut visit = Visit::new(rig.kiosk()?);
    visit.identify(HANA.pin)?;
    Ok(visit.reach("following")?)
}

#[test]
fn a_visit_without_network_is_still_there_a_day_later_and_arrives_once() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    pull_cable(&mut rig)?;
    let stored = world::sign(&mut rig, HANA)?;
    all_stored(&stored);

    rig.kiosk()?.move_clock(24 * 60 * 60)?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.tap("おわる")?;
    Visit::new(rig.kiosk()?).reach("finished")?;
    rig.reader.insert();
    let next_day = come_back(&mut rig)?;
    all_stored(&next_day);
    assert_eq!(stored.deliveries()[0]["id"], next_day.deliveries()[0]["id"]);
    let mut office = Office::sign_in(&rig.city_url())?;
    assert_eq!(
        office.filings()?,
        Vec::<String>::new(),
        "nothing can have left"
    );

    rig.wire.plug();
    let arrived = world::arrived(&mut rig)?;
    world::both_arrived_once(&rig, &arrived)?;
    world::logs_hold_nothing_of(&rig, HANA)
}

#[test]
fn a_broker_that_dies_with_everything_it_took_loses_nothing() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    // The city stands still, so that the broker dies between "taken by the broker" and the receipt.
    rig.city().unwrap().pause()?;
    let mark = rig.broker.process().mark();
    world::sign(&mut rig, HANA)?;
    rig.broker.process().wait_line_after(
        mark,
        "the filing at the broker",
        |line| line.contains("Received PUBLISH from d-") && line.contains("ubg/v1/up/"),
        LONG,
    )?;
    rig.broker.kill()?;
    rig.broker.restart()?;
    rig.city().unwrap().resume()?;
    let arrived = world::arrived(&mut rig)?;
    world::both_arrived_once(&rig, &arrived)?;
    world::logs_hold_nothing_of(&rig, HANA)
}

#[test]
fn a_kiosk_killed_between_stored_and_arrived_delivers_once_and_shows_it_to_the_same_card()
-> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    pull_cable(&mut rig)?;
    let stored = world::sign(&mut rig, HANA)?;
    all_stored(&stored);
    rig.kiosk()?.process.kill()?;

    rig.start_kiosk()?;
    let again = come_back(&mut rig)?;
    all_stored(&again);
    rig.wire.plug();
    let arrived = world::arrived(&mut rig)?;
    for (before, after) in stored.deliveries().iter().zip(arrived.deliveries()) {
        assert_eq!(
            (&before["id"], &before["digest"]),
            (&after["id"], &after["digest"])
        );
    }
    world::both_arrived_once(&rig, &arrived)?;
    world::logs_hold_nothing_of(&rig, HANA)
}

#[test]
fn a_city_killed_around_its_commit_takes_each_filing_once_and_repeats_its_receipts()
-> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    let mark = rig.broker.process().mark();
    world::sign(&mut rig, HANA)?;
    // Once while the first filing comes in, and once when the first receipt goes out.
    for (what, sender, topic) in [
        (
            "a filing on its way",
            "Received PUBLISH from d-",
            "ubg/v1/up/",
        ),
        (
            "a receipt on its way",
            "Received PUBLISH from city-",
            "ubg/v1/down/",
        ),
    ] {
        rig.broker.process().wait_line_after(
            mark,
            what,
            |line| line.contains(sender) && line.contains(topic),
            LONG,
        )?;
        rig.city().unwrap().kill()?;
        rig.start_city()?;
    }
    let arrived = world::arrived(&mut rig)?;
    let ids = world::both_arrived_once(&rig, &arrived)?;

    let receipts = |rig: &Rig| -> anyhow::Result<Vec<Vec<u8>>> {
        let mut office = Office::sign_in(&rig.city_url())?;
        ids.iter()
            .map(|id| Ok(office.file(id, "receipt.cose")?))
            .collect()
    };
    let before = receipts(&rig)?;
    rig.city().unwrap().kill()?;
    rig.start_city()?;
    assert_eq!(
        before,
        receipts(&rig)?,
        "a receipt is signed once and stays"
    );
    world::logs_hold_nothing_of(&rig, HANA)
}
