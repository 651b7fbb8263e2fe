//! The plain story, on both databases, and with a name in rare characters.

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    browser::Browser,
    kiosk::Report,
    office::Office,
    rig::{Rig, STAFF},
    story::Visit,
};

use crate::world::{self, HANA, Person};

/// Card, visit, signature, receipts: up to "arrived", with everything checked that can be checked then.
fn arrive(rig: &mut Rig, person: Person) -> anyhow::Result<(Report, Vec<String>)> {
    world::up_to_password(rig, person)?;
    let stored = world::sign(rig, person)?;
    let arrived = world::arrived(rig)?;
    let ids = world::both_arrived_once(rig, &arrived)?;
    for (before, after) in stored.deliveries().iter().zip(arrived.deliveries()) {
        assert_eq!(
            before["digest"], after["digest"],
            "what was signed is what arrived"
        );
    }
    let page = world::screen(rig.kiosk()?)?;
    assert_eq!(
        page.matches("市役所に届きました（到達）").count(),
        2,
        "{page}"
    );
    Ok((arrived, ids))
}

/// The kiosk and the family's page say 受理; the family's page names nobody.
fn family_sees_acceptance(rig: &mut Rig, family: &str, person: Person) -> anyhow::Result<()> {
    Visit::new(rig.kiosk()?).delivered("accepted")?;
    let page = world::screen(rig.kiosk()?)?;
    assert_eq!(page.matches("受理されました").count(), 2, "{page}");
    ensure!(
        family.contains("受理"),
        "the family's page does not say 受理: {family}"
    );
    // the accepted child's name is there, and the child has the mother's family name
    let (family_name, _) = person.name.split_once('\u{3000}').context("two parts")?;
    ensure!(
        family.contains("湊"),
        "the accepted name is not there: {family}"
    );
    for trace in world::traces(person) {
        ensure!(
            !family.contains(trace) || trace.is_ascii() || trace == family_name,
            "the family's page names {trace}"
        );
    }
    Ok(())
}

/// When she was born: what the family's page asks.
const HANA_BORN: [&str; 3] = ["1994", "5", "17"];

fn status_url(report: &Report) -> anyhow::Result<String> {
    let url = report
        .deliveries()
        .first()
        .and_then(|d| d["status_url"].as_str());
    Ok(url.context("no family page")?.to_owned())
}

#[test]
fn a_parent_files_twice_from_one_visit_and_an_officer_accepts_in_a_browser() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    let (report, ids) = arrive(&mut rig, HANA)?;
    let browser = Browser::start(rig.folder(), false, (1280, 720))?;
    let (account, password) = STAFF;
    browser.open(&format!("{}/console", rig.city_url()))?;
    browser.wait_id("account")?;
    browser.fill("account", account)?;
    browser.fill("password", password)?;
    browser.click("sign-in")?;
    for _ in &ids {
        browser.wait_id("filings")?;
        browser.open(&format!("{}/console/filings?state=arrived", rig.city_url()))?;
        browser.wait_id("filings")?;
        browser.click_css("#filings a.open")?;
        browser.wait_id("accept")?;
        let page = browser.text()?;
        assert!(
            page.contains(HANA.name) || page.contains("花子"),
            "the officer sees who filed: {page}"
        );
        browser.click("accept")?;
        browser.wait_id("confirm")?;
        browser.click("confirm")?;
        browser.wait_css(".heading [data-state=accepted]")?;
        browser.open(&format!("{}/console/filings", rig.city_url()))?;
    }
    browser.open(&status_url(&report)?)?;
    browser.wait_id("year")?;
    let [year, month, day] = HANA_BORN;
    browser.fill("year", year)?;
    browser.fill("month", month)?;
    browser.fill("day", day)?;
    browser.click("open")?;
    browser.wait_css("article.filing")?;
    let family = browser.text()?;
    family_sees_acceptance(&mut rig, &family, HANA)?;
    world::logs_hold_nothing_of(&rig, HANA)?;
    world::logs_are_calm(&rig)
}

#[test]
fn the_same_visit_ends_the_same_way_on_postgresql() -> anyhow::Result<()> {
    let mut rig = world::world_on_postgres(HANA)?;
    let (report, ids) = arrive(&mut rig, HANA)?;
    let mut office = Office::sign_in(&rig.city_url())?;
    for id in &ids {
        office.accept(id)?;
    }
    let url = status_url(&report)?;
    let path = url.trim_start_matches(&rig.city_url()).to_owned();
    office.open_family(&path, HANA_BORN)?;
    let family = office.get(&path)?;
    family_sees_acceptance(&mut rig, &family.text(), HANA)?;
    world::logs_hold_nothing_of(&rig, HANA)?;
    world::logs_are_calm(&rig)
}

/// 4-byte UTF-8, a compatibility ideograph and variation sequences, as code points so that no editor touches them.
const RARE: Person = Person {
    persona: "rare",
    name: "\u{20BB7}\u{908A}\u{E0103}\u{3000}\u{FA19}\u{845B}\u{E0100}\u{20B9F}",
    address: "あすこえ市\u{FA19}辺一丁目１－１\u{3000}\u{845B}\u{E0100}屋敷",
    pin: "3141",
    password: "KANJI20BB7",
};

#[test]
fn the_code_points_of_a_rare_name_reach_the_officer_unchanged() -> anyhow::Result<()> {
    let mut rig = world::world(RARE)?;
    let (_, ids) = arrive(&mut rig, RARE)?;
    let mut office = Office::sign_in(&rig.city_url())?;
    let (family, given) = RARE.name.split_once('\u{3000}').context("two parts")?;
    for id in &ids {
        let content = String::from_utf8(office.file(id, "filing.json")?)?;
        let page = office.filing(id)?;
        for (place, text) in [("what was signed", &content), ("the console", &page)] {
            for part in [family, given, "\u{FA19}辺一丁目", "\u{845B}\u{E0100}屋敷"] {
                ensure!(
                    text.contains(part),
                    "{place} lacks {:?} ({id})",
                    part.escape_unicode().to_string()
                );
            }
            // U+FA19 normalised would be U+795E.
            ensure!(!text.contains('\u{795E}'), "{place} was normalised");
        }
    }
    world::logs_hold_nothing_of(&rig, RARE)
}
