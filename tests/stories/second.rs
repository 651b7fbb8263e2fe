//! The other parent signs with their own card what was signed first: a number from the family's page, the same kiosk, the city.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    kiosk::{Report, Until},
    office::Office,
    rig::{Rig, RigConfig},
    story::Visit,
};
use ubugoe_protocol::SecondNumber;

use crate::world::{self, HANA, Person};

/// The father, whom the plain story's answers name.
const DAICHI: Person = Person {
    persona: "daichi",
    name: "山田\u{3000}大地",
    address: "あすこえ市汐見町三丁目１２－７\u{3000}潮風ハイツ２０５",
    pin: "8024",
    password: "DAICHI1993A",
};

/// When the mother was born: what opens the family's door.
const BORN: [&str; 3] = ["1994", "5", "17"];

/// A world in which the mother has filed and everything has arrived; and the family's page.
fn filed() -> anyhow::Result<(Rig, String)> {
    let mut rig = world::world_with(HANA, |config| RigConfig {
        city: "[second_signature]\n".to_owned(),
        ..config
    })?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    let arrived = world::arrived(&mut rig)?;
    let notification = arrived
        .deliveries()
        .iter()
        .find(|one| one["procedure"] == "shussei_todoke")
        .context("no birth notification")?;
    let link = notification["status_url"].as_str().context("no link")?;
    let page = link.trim_start_matches(&rig.city_url()).to_owned();
    rig.kiosk()?.tap("おわる")?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;
    Ok((rig, page))
}

/// The family's phone, behind its door.
fn phone(rig: &Rig, page: &str) -> anyhow::Result<Office> {
    let mut phone = Office::nobody(&rig.city_url());
    phone.open_family(page, BORN)?;
    Ok(phone)
}

/// Presses the button for a number.
fn number(phone: &mut Office, page: &str) -> anyhow::Result<String> {
    let place = format!("{page}/second-signature");
    let shown = phone.get(&place)?;
    let hidden = |name| shown.hidden(name).context("a field is missing");
    let (csrf, filing, sum) = (hidden("csrf")?, hidden("filing")?, hidden("sha256")?);
    let fields = [
        ("csrf", csrf.as_str()),
        ("filing", filing.as_str()),
        ("sha256", sum.as_str()),
    ];
    let given = phone.post(&format!("{place}/number"), &fields)?;
    ensure!(given.status == 200, "no number: {}", given.text());
    let text = given.text();
    let (_, rest) = text.split_once("data-number").context("no number")?;
    let (digits, _) = rest.split_once("</p>").context("no end")?;
    let digits: String = digits
        .split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text)
        .collect();
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    ensure!(
        digits.parse::<SecondNumber>().is_ok(),
        "no number: {digits}"
    );
    Ok(digits)
}

/// This card down, and on to the page that asks for the number.
fn up_to_number(rig: &mut Rig, person: Person) -> anyhow::Result<()> {
    rig.reader.take(person.persona)?;
    rig.reader.insert();
    Visit::new(rig.kiosk()?).reach("notice")?;
    rig.kiosk()?.tap("もうひとりの親として署名する")?;
    rig.kiosk()?.wait_stage(&["second-number"])?;
    Ok(())
}

fn type_in(rig: &mut Rig, digits: &str) -> anyhow::Result<Report> {
    rig.kiosk()?.tap("全部消す")?;
    for digit in digits.chars() {
        rig.kiosk()?.tap(&digit.to_string())?;
    }
    Ok(rig.kiosk()?.tap("次へ")?)
}

/// Waits until the page says this.
fn says(rig: &mut Rig, before: &Report, words: &str) -> anyhow::Result<()> {
    rig.kiosk()?.wait(&Until {
        stages: &["second-number"],
        since: Some(before.revision),
        ..Until::default()
    })?;
    let page = world::screen(rig.kiosk()?)?;
    ensure!(
        page.contains(words),
        "{words:?} is not on the page:\n{page}"
    );
    Ok(())
}

/// Reads everything to its end, and answers what was on the pages.
fn read_all(rig: &mut Rig) -> anyhow::Result<String> {
    rig.kiosk()?.wait_stage(&["second-reading"])?;
    let mut read = String::new();
    for _ in 0..60 {
        read += &world::screen(rig.kiosk()?)?;
        let labels = rig.kiosk()?.labels()?;
        let on = ["続きを読む", "署名へ進む"]
            .into_iter()
            .find(|wanted| labels.iter().any(|l| l.label == *wanted && l.enabled))
            .context("no way on")?;
        rig.kiosk()?.tap(on)?;
        if on == "署名へ進む" {
            rig.kiosk()?.wait_stage(&["second-password"])?;
            return Ok(read);
        }
    }
    anyhow::bail!("no end of it")
}

fn sign(rig: &mut Rig, person: Person) -> anyhow::Result<()> {
    for key in person.password.chars() {
        rig.kiosk()?.tap(&key.to_string())?;
    }
    rig.kiosk()?.tap("署名する")?;
    Ok(())
}

/// What the officer's page of the birth notification says of the second signature.
fn on_the_desk(rig: &Rig) -> anyhow::Result<Vec<String>> {
    let mut office = Office::sign_in(&rig.city_url())?;
    let mut found = Vec::new();
    for id in office.filings()? {
        let page = office.filing(&id)?;
        found.extend(
            page.split("data-named=\"")
                .skip(1)
                .filter_map(|rest| rest.split_once('"'))
                .map(|(named, _)| named.to_owned()),
        );
    }
    Ok(found)
}

/// The end of it: nothing on the screen, in files or in logs.
fn nothing_is_left(rig: &mut Rig) -> anyhow::Result<()> {
    for person in [HANA, DAICHI] {
        world::screen_is_clean_of(rig.kiosk()?, person)?;
        world::files_hold_nothing_of(rig, person)?;
        world::logs_hold_nothing_of(rig, person)?;
    }
    Ok(())
}

#[test]
fn the_other_parent_signs_the_very_bytes_at_a_kiosk_and_nothing_of_it_stays() -> anyhow::Result<()>
{
    let (mut rig, page) = filed()?;
    let mut phone = phone(&rig, &page)?;
    let digits = number(&mut phone, &page)?;
    up_to_number(&mut rig, DAICHI)?;
    type_in(&mut rig, &digits)?;
    let read = read_all(&mut rig)?;
    for words in ["湊", "大地", "花子", "はじめに署名された内容そのものです"]
    {
        ensure!(read.contains(words), "{words} was not shown:\n{read}");
    }
    ensure!(!read.contains("直す"), "what was signed is not corrected");
    sign(&mut rig, DAICHI)?;
    rig.kiosk()?.wait_stage(&["second-arrived"])?;
    nothing_is_left(&mut rig)?;
    ensure!(on_the_desk(&rig)? == ["father"], "{:?}", on_the_desk(&rig)?);
    let after = phone.get(&format!("{page}/second-signature"))?.text();
    ensure!(after.contains("data-second=\"given\""), "{after}");
    // the number is spent: the same card gets nothing for it
    rig.kiosk()?.tap("おわる")?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;
    up_to_number(&mut rig, DAICHI)?;
    let before = type_in(&mut rig, &digits)?;
    says(&mut rig, &before, "この番号は使えません")?;
    rig.kiosk()?.tap("画面を消す")?;
    world::logs_are_calm(&rig)?;
    nothing_is_left(&mut rig)
}

#[test]
fn what_goes_wrong_is_said_and_a_signature_survives_the_end_of_the_kiosk() -> anyhow::Result<()> {
    let (mut rig, page) = filed()?;
    let mut phone = phone(&rig, &page)?;
    // the mother's own card: told so once its certificate can be read, and the number is spent
    let digits = number(&mut phone, &page)?;
    up_to_number(&mut rig, HANA)?;
    type_in(&mut rig, &digits)?;
    read_all(&mut rig)?;
    sign(&mut rig, HANA)?;
    rig.kiosk()?.wait(&Until {
        stages: &["trouble"],
        code: Some("C-406"),
        ..Until::default()
    })?;
    world::screen_is_clean_of(rig.kiosk()?, HANA)?;
    rig.kiosk()?.tap("おわる")?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;
    // a slip of the finger, a number of nobody's, and no network
    let digits = number(&mut phone, &page)?;
    up_to_number(&mut rig, DAICHI)?;
    let (head, last) = digits.split_at(9);
    let slip = format!("{head}{}", (last.parse::<u8>()? + 1) % 10);
    let before = type_in(&mut rig, &slip)?;
    says(&mut rig, &before, "番号がちがうようです")?;
    let nobodys = SecondNumber::generate()?.digits();
    let before = type_in(&mut rig, &nobodys)?;
    says(&mut rig, &before, "この番号は使えません")?;
    rig.wire.pull();
    rig.kiosk()?.wait(&Until {
        online: Some(false),
        ..Until::default()
    })?;
    let before = type_in(&mut rig, &digits)?;
    says(&mut rig, &before, "番号は使われていません")?;
    rig.wire.plug();
    rig.kiosk()?.wait(&Until {
        online: Some(true),
        ..Until::default()
    })?;
    type_in(&mut rig, &digits)?;
    rig.kiosk()?.wait_stage(&["second-reading"])?;
    // the card leaves: covered, and the same card goes on
    rig.reader.remove();
    rig.kiosk()?.wait(&Until {
        stages: &["card-away"],
        code: Some("C-204"),
        timeout: Some(Duration::from_secs(30)),
        ..Until::default()
    })?;
    for person in [HANA, DAICHI] {
        world::screen_is_clean_of(rig.kiosk()?, person)?;
    }
    rig.reader.insert();
    read_all(&mut rig)?;
    // signed while the cable is out, and the kiosk ends before anything can leave
    rig.wire.pull();
    rig.kiosk()?.wait(&Until {
        online: Some(false),
        ..Until::default()
    })?;
    sign(&mut rig, DAICHI)?;
    rig.kiosk()?.wait_stage(&["second-stored"])?;
    rig.kiosk()?.process.kill()?;
    rig.reader.remove();
    ensure!(on_the_desk(&rig)?.is_empty(), "nothing can have left");
    rig.start_kiosk()?;
    let rest = rig.kiosk()?.wait_stage(&["resting"])?;
    ensure!(rest.value["pending"] == 1, "{}", rest.value);
    let mark = rig.broker.process().mark();
    rig.wire.plug();
    rig.broker.process().wait_line_after(
        mark,
        "the receipt on its way down",
        |line| {
            line.contains("Received PUBLISH from city-")
                && line.contains("ubg/v1/down/")
                && line.contains("/receipt")
        },
        Duration::from_mins(2),
    )?;
    ensure!(on_the_desk(&rig)? == ["father"]);
    nothing_is_left(&mut rig)
}
