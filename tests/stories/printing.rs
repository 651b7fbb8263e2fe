//! Paper: a receipt printer that is not there, a ward's printer behind a real print server, and what comes out of them in a
//! visit, in the middle of one, and for whoever comes next.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    kiosk::{Report, Until},
    rig::{self, Rig, RigConfig},
    story::{self, Visit},
};
use ubugoe_vprinter::{SimPrinter, SimWardPrinter, Slip};

use crate::memory::Words;
use crate::world::{self, ANSWERS, HANA};

/// Printers beside a world.
struct Paper {
    receipts: SimPrinter,
    ward: SimWardPrinter,
    _folder: tempfile::TempDir,
}

impl Paper {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self {
            receipts: SimPrinter::tcp()?,
            ward: SimWardPrinter::start(folder.path()).context("cups-daemon: ./ubugoe setup")?,
            _folder: folder,
        })
    }

    /// As the kiosk's configuration names them.
    fn configured(&self) -> anyhow::Result<String> {
        let ubugoe_printer::Place::Tcp { host, port } = self.receipts.place() else {
            anyhow::bail!("a socket was asked for");
        };
        let queue = self.ward.queue("kiosk");
        let ubugoe_printer::Server::Socket(socket) = &queue.server else {
            anyhow::bail!("a socket was asked for");
        };
        Ok(format!(
            "printer = {{ receipts = {{ host = \"{host}\", port = {port} }}, pages = {{ socket = \"{}\", queue = \"{}\", user = \"{}\" }} }}\n",
            socket.display(),
            queue.name,
            queue.user,
        ))
    }
}

/// A world whose ward has a birth so many days old, with both printers.
fn world(paper: &Paper, days: i32) -> anyhow::Result<Rig> {
    let today = rig::today();
    let mut rig = Rig::start(RigConfig {
        persona: HANA.persona.to_owned(),
        kiosk: paper.configured()?,
        ..RigConfig::plain(today)
    })?;
    let born = today.checked_sub(jiff::Span::new().days(days))?;
    let certificate = story::certificate(
        "ASK-2026-0001",
        HANA.name,
        &format!("{born}T23:41"),
        &born.to_string(),
    );
    rig.register_certificate("asukoe-0001.json", &certificate)?;
    rig.start_kiosk()?;
    Visit::new(rig.kiosk()?).reach("resting")?;
    Ok(rig)
}

fn until(rig: &mut Rig, printing: &str) -> anyhow::Result<Report> {
    Ok(rig.kiosk()?.wait(&Until {
        printing: Some(printing),
        timeout: Some(Duration::from_mins(1)),
        ..Until::default()
    })?)
}

/// The texts of every code on a slip.
fn codes(slip: &Slip) -> Vec<String> {
    let (width, height) = slip.size();
    let grey = |x, y| if slip.is_black(x, y) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    grids
        .iter()
        .filter_map(|grid| Some(grid.decode().ok()?.1))
        .collect()
}

/// What a PDF says, without blanks; and the size of its first page in points.
fn read(pdf: &Path) -> anyhow::Result<(String, String)> {
    let run = |tool: &str, arguments: &[&str], to: &[&str]| -> anyhow::Result<String> {
        let out = Command::new(tool)
            .args(arguments)
            .arg(pdf)
            .args(to)
            .output()?;
        ensure!(
            out.status.success(),
            "{tool}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        Ok(String::from_utf8(out.stdout)?)
    };
    let text = run("pdftotext", &["-raw", "-enc", "UTF-8"], &["-"])?;
    let about = run("pdfinfo", &[], &[])?;
    let size = about.lines().find(|line| line.starts_with("Page size"));
    Ok((
        text.chars().filter(|c| !c.is_whitespace()).collect(),
        size.unwrap_or_default().to_owned(),
    ))
}

/// Nothing of the first visitor lies where a print server or a spool could keep it, read as a file of pages too.
fn printers_hold_nothing_of_the_first(paper: &Paper) -> anyhow::Result<()> {
    for path in paper.ward.spooled()? {
        let (text, _) = read(&path).unwrap_or_default();
        for trace in world::traces(HANA).into_iter().chain(ANSWERS) {
            ensure!(!text.contains(trace), "{} holds {trace}", path.display());
        }
    }
    let words = Words::whole(world::traces(HANA).into_iter().chain(ANSWERS))?;
    for path in paper.ward.keeps()? {
        let held = words.within(&std::fs::read(&path)?);
        ensure!(held.is_empty(), "{} holds {held:?}", path.display());
    }
    Ok(())
}

/// And nothing of anybody.
fn printers_hold_nothing(paper: &Paper) -> anyhow::Result<()> {
    printers_hold_nothing_of_the_first(paper)?;
    ensure!(paper.ward.spooled()?.is_empty(), "the spool is empty");
    ensure!(paper.receipts.buffered() == 0, "the buffer is empty");
    Ok(())
}

fn leave(rig: &mut Rig) -> anyhow::Result<()> {
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished", "resting"])?;
    world::take_away(rig)?;
    rig.kiosk()?.wait_stage(&["finished", "resting"])?;
    Ok(())
}

#[test]
fn a_whole_visit_ends_with_a_receipt_whose_codes_are_read_from_the_paper() -> anyhow::Result<()> {
    let paper = Paper::new()?;
    let mut rig = world(&paper, 1)?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    let arrived = world::arrived(&mut rig)?;
    // the roll ends in the middle, and somebody brings another
    paper.receipts.roll_ends_after(300);
    rig.kiosk()?.tap("受け取りを印刷する")?;
    let waits = until(&mut rig, "waiting")?;
    assert_eq!(waits.code(), Some("P-102"));
    let page = world::screen(rig.kiosk()?)?;
    ensure!(page.contains("紙がありません"), "{page}");
    paper.receipts.refill();
    until(&mut rig, "asked")?;
    let slips = paper.receipts.slips();
    ensure!(slips.len() == 1, "one sheet, not {}", slips.len());
    let mut found = codes(&slips[0]);
    let mut wanted: Vec<String> = Vec::new();
    for delivery in arrived.deliveries() {
        wanted.extend(delivery["receipt"].as_str().map(str::to_owned));
        wanted.extend(delivery["status_url"].as_str().map(str::to_owned));
    }
    wanted.sort();
    wanted.dedup();
    found.sort();
    ensure!(wanted.len() >= 3, "two receipts and a page: {wanted:?}");
    ensure!(found.iter().all(|text| wanted.contains(text)), "{found:?}");
    ensure!(
        wanted
            .iter()
            .filter(|text| !text.starts_with("http"))
            .all(|text| found.contains(text)),
        "every city's receipt: {found:?} of {wanted:?}"
    );
    // what is read from the paper is a receipt, by nothing but the city's key
    for text in found.iter().filter(|text| !text.starts_with("http")) {
        rig.verify_receipt(text)?;
    }
    rig.kiosk()?.tap("出ていません")?;
    until(&mut rig, "missing")?;
    rig.kiosk()?.tap("もう一度、印刷する")?;
    until(&mut rig, "asked")?;
    rig.kiosk()?.tap("出ました")?;
    until(&mut rig, "done")?;
    leave(&mut rig)?;
    printers_hold_nothing(&paper)?;
    world::logs_hold_nothing_of(&rig, HANA)
}

#[test]
fn when_time_is_short_the_paper_set_is_offered_and_says_what_was_filed() -> anyhow::Result<()> {
    let paper = Paper::new()?;
    let mut rig = world(&paper, 13)?;
    world::up_to_password(&mut rig, HANA)?;
    rig.wire.pull();
    world::sign(&mut rig, HANA)?;
    let page = world::screen(rig.kiosk()?)?;
    ensure!(
        page.contains("紙の届け書を印刷する"),
        "it is offered by itself: {page}"
    );
    rig.kiosk()?.tap("紙の届け書を印刷する")?;
    rig.kiosk()?.wait_stage(&["paper"])?;
    rig.kiosk()?.tap("わかっているところを書いて、印刷する")?;
    until(&mut rig, "asked")?;
    let out = paper.ward.printed()?;
    ensure!(out.len() >= 2, "forms and what is due: {out:?}");
    let (birth, size) = read(&out[0])?;
    for wanted in [
        "出生届",
        "湊",
        "花子",
        "汐見町三丁目",
        "届出人署名",
        "まだ提出されていません",
    ] {
        ensure!(
            birth.contains(wanted),
            "{wanted} is not on the form: {birth}"
        );
    }
    ensure!(size.contains("1190.55 x 841.89"), "A3, lying: {size}");
    let (due, size) = read(out.last().context("a sheet")?)?;
    for wanted in ["窓口へ出すもの", "出生届", "まで", "母子健康手帳"] {
        ensure!(due.contains(wanted), "{wanted} is not on the sheet: {due}");
    }
    for name in ["花子", "山田", "湊", "汐見町三丁目１２"] {
        ensure!(
            !due.contains(name),
            "{name} is on the sheet of what is due: {due}"
        );
    }
    ensure!(size.contains("A4"), "{size}");
    rig.kiosk()?.tap("出ました")?;
    until(&mut rig, "done")?;
    leave(&mut rig)?;
    printers_hold_nothing(&paper)?;
    world::files_hold_nothing_of(&mut rig, HANA)?;
    world::logs_hold_nothing_of(&rig, HANA)
}

#[test]
fn whoever_leaves_in_the_middle_leaves_nothing_to_the_next() -> anyhow::Result<()> {
    let paper = Paper::new()?;
    let mut rig = world(&paper, 13)?;
    world::up_to(&mut rig, HANA, "line")?;
    rig.kiosk()?.tap("紙で出す")?;
    rig.kiosk()?.wait_stage(&["paper"])?;
    paper.ward.paper(false)?;
    rig.kiosk()?.tap("わかっているところを書いて、印刷する")?;
    until(&mut rig, "waiting")?;
    let mut held = 0;
    for path in paper.ward.spooled()? {
        let (text, _) = read(&path).unwrap_or_default();
        held += usize::from(text.contains("花子"));
    }
    ensure!(held > 0, "control: her form is in the spool while it waits");
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;

    // the next person has no card at hand and chooses paper from the start
    rig.kiosk()?.tap("始める")?;
    rig.kiosk()?.wait_stage(&["language"])?;
    rig.kiosk()?.tap("日本語")?;
    rig.kiosk()?.wait_stage(&["notice"])?;
    rig.kiosk()?.tap("わかりました")?;
    rig.kiosk()?.wait_stage(&["card-wanted"])?;
    rig.kiosk()?.tap("カードが手元にない")?;
    rig.kiosk()?.wait_stage(&["paper"])?;
    rig.kiosk()?.tap("届け書を印刷する")?;
    until(&mut rig, "waiting")?;
    printers_hold_nothing_of_the_first(&paper)?;
    paper.ward.paper(true)?;
    until(&mut rig, "asked")?;
    let out = paper.ward.printed()?;
    ensure!(out.len() == 2, "a form and what is due: {out:?}");
    for path in &out {
        let (text, _) = read(path)?;
        for trace in world::traces(HANA).into_iter().chain(ANSWERS) {
            ensure!(
                !text.contains(trace),
                "{trace} came out for the next: {text}"
            );
        }
    }
    let (birth, _) = read(&out[0])?;
    ensure!(birth.contains("出生届"), "an empty form: {birth}");
    world::logs_hold_nothing_of(&rig, HANA)
}

#[test]
fn a_receipt_under_way_ends_with_its_visit() -> anyhow::Result<()> {
    let paper = Paper::new()?;
    let mut rig = world(&paper, 1)?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    world::arrived(&mut rig)?;
    paper.receipts.roll_ends_after(150);
    rig.kiosk()?.tap("受け取りを印刷する")?;
    until(&mut rig, "waiting")?;
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished"])?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;
    paper.receipts.refill();
    ensure!(
        paper
            .receipts
            .wait_for(Duration::from_secs(30), |slips, hanging| !slips.is_empty()
                && hanging.bytes.is_empty()),
        "what was on paper already falls out, cut off"
    );
    let slips = paper.receipts.slips();
    let rows: usize = slips.iter().map(|slip| slip.size().1).sum();
    ensure!(
        rows == 150,
        "{rows} rows: not one more than when the roll ended"
    );
    ensure!(
        slips.iter().all(|slip| codes(slip).is_empty()),
        "no code of hers"
    );
    ensure!(paper.receipts.buffered() == 0, "the buffer is empty");
    Ok(())
}
