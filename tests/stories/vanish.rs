//! At every page of a visit something vanishes: the card, the card service, the kiosk itself. Each time the screen says so
//! with a documented code or is at rest, nothing of the visit is left where it should not be, and the visit can be made.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    kiosk::{Report, Until},
    rig::Rig,
    story::Visit,
};

use crate::world::{self, HANA};

/// Every page of a visit up to the signature.
const PAGES: [&str; 8] = [
    "notice",
    "attributes-pin",
    "identity",
    "certificate",
    "line",
    "asking",
    "reviewing",
    "sign-password",
];

const LONG: Duration = Duration::from_secs(30);

fn here(rig: &mut Rig, what: &str, stages: &[&str]) -> anyhow::Result<Report> {
    let report = rig.kiosk()?.wait(&Until {
        stages,
        timeout: Some(LONG),
        ..Until::default()
    });
    report.with_context(|| format!("after {what}"))
}

/// The visit goes on from this page to its end, and both filings arrive once.
fn to_the_end(rig: &mut Rig) -> anyhow::Result<()> {
    let mut visit = Visit::new(rig.kiosk()?);
    visit.sign(HANA.password)?;
    visit.reach("following")?;
    let arrived = world::arrived(rig)?;
    world::both_arrived_once(rig, &arrived)?;
    world::logs_hold_nothing_of(rig, HANA)
}

/// One touch or one entry from one page to the next.
fn on_from(rig: &mut Rig, page: &str) -> anyhow::Result<()> {
    let mut visit = Visit::new(rig.kiosk()?);
    match page {
        "notice" => drop(visit.read_notice()?),
        "attributes-pin" => drop(visit.pin(HANA.pin, "次へ")?),
        "identity" => drop(visit.kiosk().tap("はい、わたしです")?),
        "certificate" => drop(visit.kiosk().tap("まちがいありません")?),
        "line" => drop(visit.kiosk().tap("始める")?),
        "asking" => drop(visit.answer_all()?),
        "reviewing" => visit.review_all()?,
        other => anyhow::bail!("no way on from {other}"),
    }
    Ok(())
}

#[test]
fn the_card_may_leave_every_page_and_the_visit_goes_on_there_when_it_is_back() -> anyhow::Result<()>
{
    let mut rig = world::world(HANA)?;
    world::up_to(&mut rig, HANA, "notice")?;
    for (at, page) in PAGES.into_iter().enumerate() {
        let before = here(&mut rig, "the page before", &[page])?;
        world::take_away(&mut rig)?;
        let seen = here(
            &mut rig,
            page,
            &["card-away", "notice", "resting", "card-wanted"],
        )?;
        world::screen_is_clean_of(rig.kiosk()?, HANA)
            .with_context(|| format!("{page} without its card"))?;
        if at >= 2 {
            ensure!(seen.code() == Some("C-204"), "{page}: {}", seen.value);
        }
        rig.reader.insert();
        if page == "attributes-pin" {
            Visit::new(rig.kiosk()?).read_notice()?;
        }
        let after = here(&mut rig, "the card is back", &[page])?;
        ensure!(
            after.question() == before.question(),
            "{page}: another question"
        );
        if page != "sign-password" {
            on_from(&mut rig, page)?;
        }
    }
    to_the_end(&mut rig)
}

#[test]
fn the_card_service_may_die_on_every_page_and_the_visit_can_be_made_afterwards()
-> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    for page in PAGES {
        world::up_to(&mut rig, HANA, page)?;
        rig.pcscd.stop();
        let seen = here(&mut rig, page, &["trouble", "card-away", "resting"])?;
        ensure!(
            matches!(seen.code(), Some("C-101" | "C-102" | "C-204") | None),
            "{page}: {}",
            seen.value
        );
        rig.reader.remove();
        rig.pcscd.restart()?;
        back_to_rest(&mut rig)?;
    }
    world::up_to(&mut rig, HANA, "sign-password")?;
    to_the_end(&mut rig)
}

/// Away from whatever waits for a card, to the resting screen. The page may get there by itself meanwhile.
fn back_to_rest(rig: &mut Rig) -> anyhow::Result<()> {
    for _ in 0..30 {
        let rest = rig.kiosk()?.wait(&Until {
            stages: &["resting"],
            timeout: Some(Duration::from_secs(1)),
            ..Until::default()
        });
        if rest.is_ok() {
            return Ok(());
        }
        let labels = rig.kiosk()?.labels()?;
        let way = ["画面を消す", "やめて消す", "やめる", "おわる"]
            .into_iter()
            .find(|way| labels.iter().any(|l| l.label == *way && l.enabled));
        if let Some(way) = way {
            let _ = rig.kiosk()?.tap(way);
        }
    }
    anyhow::bail!("no way to rest: {}", rig.kiosk()?.report()?.value)
}

#[test]
fn the_kiosk_may_be_killed_on_every_page_and_begins_at_rest_with_nothing_of_the_visit()
-> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    for page in PAGES {
        world::up_to(&mut rig, HANA, page)?;
        rig.kiosk()?.process.kill()?;
        rig.reader.remove();
        rig.start_kiosk()?;
        let seen = here(&mut rig, page, &["resting"])?;
        ensure!(seen.value["pending"] == 0, "{page}: {}", seen.value);
        world::screen_is_clean_of(rig.kiosk()?, HANA)
            .with_context(|| format!("{page} after a restart"))?;
    }
    world::up_to(&mut rig, HANA, "sign-password")?;
    to_the_end(&mut rig)
}
