//! The front panel beside a kiosk: `panelsim`, which is the firmware's own logic on a terminal. Who calls for staff is seen;
//! neither of the two needs the other to go on, and each says that the other is gone.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    kiosk::{Kiosk, Until},
    programs,
    rig::RigConfig,
    story::Visit,
};

use crate::world::{self, HANA};

struct Panel {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Panel {
    fn start(link: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(programs::ours("panelsim")?)
            .arg("--link")
            .arg(link)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = process.stdin.take().context("no input")?;
        let answers = BufReader::new(process.stdout.take().context("no output")?);
        let mut panel = Self {
            process,
            orders,
            answers,
        };
        let ready = panel.answer()?;
        ensure!(ready.contains("\"ready\""), "{ready}");
        Ok(panel)
    }

    fn answer(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line)
    }

    fn say(&mut self, order: &str) -> anyhow::Result<()> {
        writeln!(self.orders, "{order}")?;
        let answer = self.answer()?;
        if answer.trim() == "ok" {
            return Ok(());
        }
        writeln!(self.orders, "show")?;
        anyhow::bail!("{order}: {answer}{}", self.answer()?)
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until the page says this.
fn says(kiosk: &mut Kiosk, words: &str) -> anyhow::Result<()> {
    loop {
        let seen = kiosk.report()?.revision;
        if world::screen(kiosk)?.contains(words) {
            return Ok(());
        }
        let changed = kiosk.wait(&Until {
            since: Some(seen),
            timeout: Some(Duration::from_secs(20)),
            ..Until::default()
        });
        changed.with_context(|| format!("the page never says {words}"))?;
    }
}

#[test]
fn a_call_for_staff_is_lit_and_kiosk_and_panel_each_go_on_without_the_other() -> anyhow::Result<()>
{
    let folder = tempfile::tempdir()?;
    let link = folder.path().join("panel");
    let mut panel = Panel::start(&link)?;
    let mut rig = world::world_with(HANA, |config| RigConfig {
        kiosk: format!("panel = {{ port = \"{}\" }}\n", link.display()),
        ..config
    })?;
    // Nobody is there: the screen is dim. Somebody comes: it wakes.
    panel.say("wait backlight 20")?;
    panel.say("presence 40cm")?;
    panel.say("wait backlight 100")?;
    panel.say("tamper open")?;
    let opened = |line: &str| line.contains("audit") && line.contains("opened");
    rig.kiosk()?
        .process
        .wait_line("the opened case", opened, Duration::from_secs(20))?;

    world::up_to(&mut rig, HANA, "line")?;
    let kiosk = rig.kiosk()?;
    kiosk.tap("スタッフを呼ぶ")?;
    kiosk.wait_stage(&["called"])?;
    panel.say("wait help_lit true")?;
    says(kiosk, "呼び出しランプがついています")?;
    panel.say("lamp broken")?;
    says(kiosk, "呼び出しランプはついていません")?;
    panel.say("lamp whole")?;
    says(kiosk, "呼び出しランプがついています")?;
    // The panel is torn off: the page says the truth, and the visit goes on.
    drop(panel);
    says(kiosk, "呼び出しランプはついていません")?;
    kiosk.tap("つづける")?;
    kiosk.wait_stage(&["line"])?;
    kiosk.tap("始める")?;
    let mut visit = Visit::new(rig.kiosk()?);
    visit.answer_all()?;
    visit.review_all()?;
    world::sign(&mut rig, HANA)?;
    let mut panel = Panel::start(&link)?;
    panel.say("wait ring \"oooooooooooo\"")?;
    panel.say("wait help false")?;

    rig.kiosk()?.process.kill()?;
    panel.say("skip 11s")?;
    panel.say("wait ring \"o..o..o..o..\"")?;
    panel.say("wait power true")?;
    panel.say("skip 120s")?;
    panel.say("wait cuts 1")?;
    panel.say("skip 6s")?;
    panel.say("wait power true")?;
    Ok(())
}
