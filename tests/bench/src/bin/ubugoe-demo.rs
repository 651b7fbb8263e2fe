//! `ubugoe-demo`: one visit from the card to the officer's decision, on real parts, told as it happens.
//!
//! Ends with a table of what happened and with exit code 0 only if the city's receipts verify.

use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use ubugoe_bench::{
    browser::Browser,
    exchange::Exchange,
    kiosk::{Report, Until},
    rig::{self, Rig, RigConfig, STAFF},
    story::{self, Visit},
};

/// One visit, from the card to the officer's decision.
#[derive(Debug, Parser)]
struct Arguments {
    /// Pull the network cable before the signature and put it back afterwards.
    #[arg(long)]
    offline: bool,
    /// Leave everything running at the end, and print what to open.
    #[arg(long)]
    stay: bool,
    /// Draw in memory even where there is a display.
    #[arg(long)]
    headless: bool,
    /// The port of the virtual reader, where the kiosk runs in another machine (images/test).
    #[arg(long, value_name = "PORT", hide = true)]
    reader: Option<u16>,
    /// Where pictures go.
    #[arg(long, value_name = "FOLDER", default_value = "target/demo")]
    pictures: PathBuf,
}

/// Says what happens, with the seconds since the start.
struct Teller {
    start: Instant,
    table: Vec<(String, String, String)>,
}

impl Teller {
    fn say(&self, text: &str) {
        let _ = writeln!(
            io::stdout(),
            "{:>7.1} s  {text}",
            self.start.elapsed().as_secs_f64()
        );
    }

    /// Says it and keeps it for the table.
    fn keep(&mut self, what: &str, detail: &str) {
        self.say(&format!("{what}  {detail}"));
        let at = format!("{:.1} s", self.start.elapsed().as_secs_f64());
        self.table.push((at, what.to_owned(), detail.to_owned()));
    }

    fn print_table(&self) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "\n{:-<100}", "");
        for (at, what, detail) in &self.table {
            let _ = writeln!(out, "{at:>9}  {what:<38}  {detail}");
        }
        let _ = writeln!(out, "{:-<100}", "");
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut teller = Teller {
        start: Instant::now(),
        table: Vec::new(),
    };
    let outcome = run(&arguments, &mut teller);
    teller.print_table();
    outcome
}

fn run(arguments: &Arguments, teller: &mut Teller) -> anyhow::Result<()> {
    let windows = !arguments.headless && std::env::var_os("DISPLAY").is_some();
    fresh(&arguments.pictures)?;
    let pictures = fs::canonicalize(&arguments.pictures)?;
    teller.say(if windows {
        "windows on your display"
    } else {
        "no display: the same kiosk is drawn in memory"
    });
    let today = rig::today();
    let mut rig = Rig::start(RigConfig {
        windows,
        agencies: true,
        city: "[second_signature]\n".to_owned(),
        reader: arguments.reader,
        ..RigConfig::plain(today)
    })?;
    teller.keep(
        "everything started",
        &format!("broker :{}, city {}", rig.broker.port(), rig.city_url()),
    );
    teller.keep(
        "agencies beside the city (simulated)",
        &Exchange::names().join("、"),
    );
    let yesterday = today.yesterday().context("no yesterday")?;
    rig.register_certificate(
        "asukoe-0001.json",
        &story::certificate(
            "ASK-2026-0001",
            "山田　花子",
            &format!("{yesterday}T23:41"),
            &yesterday.to_string(),
        ),
    )?;
    rig.start_kiosk()?;
    let stored = parent(&mut rig, arguments, &pictures, windows, teller)?;
    let arrived = arrival(&mut rig, arguments, &pictures, windows, teller)?;
    let checked = check_receipts(&rig, &stored, &arrived, teller)?;
    officer_accepts(&rig, &pictures, windows, arrived.deliveries().len(), teller)?;
    let (phone, url) = family_looks(&mut rig, &pictures, windows, teller)?;
    insurer_answers(&phone, &url, &pictures, teller)?;
    drop(phone);
    let shots = fs::read_dir(&pictures)?.count();
    teller.keep("pictures", &format!("{shots} in {}", pictures.display()));
    if arguments.stay {
        stay(&rig)?;
    }
    ensure!(
        checked == arrived.deliveries().len() && checked > 0,
        "not every receipt verified"
    );
    Ok(())
}

fn fresh(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => bail!(error),
        _ => Ok(fs::create_dir_all(folder)?),
    }
}

/// The next picture's file.
fn numbered(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    Ok(folder.join(format!(
        "{:02}-{name}.png",
        fs::read_dir(folder)?.count() + 1
    )))
}

/// The visit as it stands, with a picture of every page; slowly where somebody is watching.
fn on_screen<'a>(rig: &'a mut Rig, pictures: &Path, windows: bool) -> anyhow::Result<Visit<'a>> {
    let pace = if windows {
        Duration::from_millis(900)
    } else {
        Duration::ZERO
    };
    Ok(Visit::new(rig.kiosk()?)
        .with_pictures(pictures)
        .with_pace(pace))
}

/// The visit up to "stored".
fn parent(
    rig: &mut Rig,
    arguments: &Arguments,
    pictures: &Path,
    windows: bool,
    teller: &mut Teller,
) -> anyhow::Result<Report> {
    let mut visit = on_screen(rig, pictures, windows)?;
    visit.reach("resting")?;
    visit.picture("resting")?;
    rig.reader.insert();
    teller.keep("card on the reader", "山田　花子 (invented)");
    let mut visit = on_screen(rig, pictures, windows)?;
    visit.identify("1357")?;
    teller.keep(
        "PIN entered, identity confirmed",
        "four attributes, integrity checked",
    );
    visit.accept_certificate_with(&["子ども医療費助成の申請"])?;
    teller.keep(
        "birth certificate confirmed",
        "ASK-2026-0001; the line is shown, the medical subsidy goes with it",
    );
    let asked = visit.answer_all()?;
    teller.keep(
        "missing answers given",
        &format!("{asked} questions for three forms"),
    );
    visit.review_all()?;
    teller.keep("everything shown in full", "all forms, to their ends");
    if arguments.offline {
        rig.wire.pull();
        rig.kiosk()?.wait(&Until {
            online: Some(false),
            ..Until::default()
        })?;
        teller.keep("network cable pulled", "the kiosk has noticed");
    }
    let mut visit = on_screen(rig, pictures, windows)?;
    visit.sign("UBUGOE2026")?;
    let stored = visit.reach("following")?;
    visit.picture("stored")?;
    teller.keep("signed and stored", "durable rows; nothing has arrived yet");
    Ok(stored)
}

/// From "stored" to "arrived".
fn arrival(
    rig: &mut Rig,
    arguments: &Arguments,
    pictures: &Path,
    windows: bool,
    teller: &mut Teller,
) -> anyhow::Result<Report> {
    if arguments.offline {
        let report = rig.kiosk()?.report()?;
        ensure!(
            report.deliveries().iter().all(|d| d["state"] == "stored"),
            "nothing can have left while the cable was out: {}",
            report.value
        );
        rig.wire.plug();
        teller.keep("network cable put back", "rows leave by themselves");
    }
    let mut visit = on_screen(rig, pictures, windows)?;
    let arrived = visit.delivered("arrived")?;
    visit.picture("arrived")?;
    teller.keep(
        "arrived (到達)",
        &format!("{} receipts signed by the city", arrived.deliveries().len()),
    );
    Ok(arrived)
}

/// Verifies every receipt with nothing but its text and the city's public key.
fn check_receipts(
    rig: &Rig,
    stored: &Report,
    arrived: &Report,
    teller: &mut Teller,
) -> anyhow::Result<usize> {
    let mut verified = 0;
    for delivery in arrived.deliveries() {
        let text = delivery["receipt"]
            .as_str()
            .context("a filing without its receipt")?;
        let receipt = rig
            .verify_receipt(text)
            .context("a receipt does not verify")?;
        let (id, digest) = (
            hex::encode(receipt.id.as_bytes()),
            hex::encode(receipt.digest),
        );
        let signed = stored
            .deliveries()
            .iter()
            .find(|d| d["id"] == id.as_str())
            .context("a receipt for nothing")?;
        ensure!(
            signed["digest"] == digest.as_str(),
            "the receipt is about other content"
        );
        verified += 1;
        let procedure = signed["procedure"].as_str().unwrap_or_default().to_owned();
        teller.keep(
            &format!("receipt verified: {procedure}"),
            &format!("no. {}, id {id}", receipt.arrival_no),
        );
        teller.keep("  digest of what was signed", &digest);
    }
    Ok(verified)
}

/// The officer opens every case in a browser and accepts it.
fn officer_accepts(
    rig: &Rig,
    pictures: &Path,
    windows: bool,
    filings: usize,
    teller: &mut Teller,
) -> anyhow::Result<()> {
    let browser = Browser::start(rig.folder(), windows, (1280, 720))?;
    let (account, password) = STAFF;
    browser.open(&format!("{}/console", rig.city_url()))?;
    browser.wait_id("account")?;
    browser.fill("account", account)?;
    browser.fill("password", password)?;
    browser.click("sign-in")?;
    browser.wait_id("filings")?;
    browser.snapshot(&numbered(pictures, "console-list")?)?;
    for _ in 0..filings {
        browser.open(&format!("{}/console/filings?state=arrived", rig.city_url()))?;
        browser.wait_id("filings")?;
        browser.click_css("#filings a.open")?;
        browser.wait_id("accept")?;
        browser.snapshot(&numbered(pictures, "console-case")?)?;
        browser.click("accept")?;
        browser.wait_id("confirm")?;
        browser.snapshot(&numbered(pictures, "console-confirm")?)?;
        browser.click("confirm")?;
        browser.wait_css(".heading [data-state=accepted]")?;
    }
    teller.keep(
        "accepted in the console (受理)",
        &format!("{filings} filings, by {account}"),
    );
    Ok(())
}

/// The kiosk and the family's page show the decision. Answers the phone, and where its page is.
fn family_looks(
    rig: &mut Rig,
    pictures: &Path,
    windows: bool,
    teller: &mut Teller,
) -> anyhow::Result<(Browser, String)> {
    let folder = rig.folder().to_owned();
    let mut visit = on_screen(rig, pictures, windows)?;
    let accepted = visit.delivered("accepted")?;
    visit.picture("accepted")?;
    teller.keep("the kiosk shows 受理", "");
    let url = accepted
        .deliveries()
        .first()
        .and_then(|d| d["status_url"].as_str())
        .context("no family page")?
        .to_owned();
    let phone = Browser::start(&folder, windows, (420, 860))?;
    phone.open(&url)?;
    // one fact that only the family knows: when the mother was born
    phone.wait_id("year")?;
    phone.fill("year", "1994")?;
    phone.fill("month", "5")?;
    phone.fill("day", "17")?;
    phone.click("open")?;
    phone.wait_css("article.filing")?;
    let text = phone.text()?;
    phone.snapshot(&numbered(pictures, "family")?)?;
    ensure!(
        text.contains("受理"),
        "the family's page does not show 受理:\n{text}"
    );
    ensure!(
        !text.contains("花子"),
        "the family's page shows a parent's name"
    );
    teller.keep("the family's page shows 受理", &url);
    Ok((phone, url))
}

/// Loads the family's page, once a second, until it shows this.
fn until(phone: &Browser, url: &str, css: &str) -> anyhow::Result<()> {
    let there = format!(
        "const done = arguments[arguments.length - 1];
         document.querySelector({}) === null ? setTimeout(() => done(false), 1000) : done(true);",
        serde_json::to_string(css)?
    );
    let start = Instant::now();
    loop {
        phone.open(url)?;
        phone.wait_css("main.family")?;
        if phone.ask(&there, Vec::new())? == serde_json::Value::Bool(true) {
            return Ok(());
        }
        ensure!(
            start.elapsed() < Duration::from_mins(2),
            "{css} does not come:\n{}",
            phone.text()?
        );
    }
}

/// The medical subsidy waits for the insurer: the family agrees, the city asks, the answer comes back to the line.
fn insurer_answers(
    phone: &Browser,
    url: &str,
    pictures: &Path,
    teller: &mut Teller,
) -> anyhow::Result<()> {
    let station = |state: &str| format!("[data-hop=insurer][data-state={state}]");
    until(phone, url, &station("waiting"))?;
    let consents = format!("{url}/consents");
    let card = "article[data-agency=insurer]";
    until(phone, &consents, card)?;
    phone.snapshot(&numbered(pictures, "family-consent")?)?;
    phone.click_css(&format!("{card} button"))?;
    phone.wait_css(&format!("{card}[data-given=true]"))?;
    teller.keep(
        "the family agrees",
        "the insurer may be asked about the subsidy, and about nothing else",
    );
    until(phone, url, &station("done"))?;
    let down = "document.querySelector('[data-hop=insurer]').scrollIntoView({block: 'center'}); arguments[arguments.length - 1](1);";
    phone.ask(down, Vec::new())?;
    phone.snapshot(&numbered(pictures, "family-insurer")?)?;
    teller.keep(
        "the insurer answered",
        "asked over mutual TLS, both sides signed; the line shows it",
    );
    Ok(())
}

fn stay(rig: &Rig) -> anyhow::Result<()> {
    let (account, password) = STAFF;
    let mut out = io::stdout();
    writeln!(
        out,
        "\nStill running. Open\n  {}/console   account {account}, password {password}",
        rig.city_url()
    )?;
    writeln!(out, "Everything is kept in {}.", rig.folder().display())?;
    if io::stdin().is_terminal() {
        writeln!(out, "Press Enter to end it.")?;
    }
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}
