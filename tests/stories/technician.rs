//! What a technician takes home of a kiosk that people have used: its logs, without any of them.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::ensure;
use ubugoe_bench::programs;

use crate::world::{self, HANA};

#[test]
fn logs_that_leave_the_device_name_nobody_even_where_a_careless_line_does() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    world::arrived(&mut rig)?;
    let home = rig.folder().join("technician");
    fs::create_dir_all(&home)?;
    // Lines that nobody should write, each with everything that the story knows of her.
    let mut careless = String::new();
    for trace in world::traces(HANA) {
        for line in [
            format!("stored for {trace}"),
            format!("stored name=\"{trace}\" rows=1"),
            format!("stored error=no such person: {trace}"),
            format!("stored device={trace} kind={trace}"),
        ] {
            writeln!(
                careless,
                "2026-11-27T20:53:59.123456Z  INFO ubugoe_kiosk::core: {line}"
            )?;
        }
    }
    fs::write(home.join("careless.log"), &careless)?;
    let bundle = home.join("bundle.jsonl");
    let mut command = Command::new(programs::ours("ubugoe-tech")?);
    command.arg("--home").arg(&home).arg("--json").arg("logs");
    command.arg("--to").arg(&bundle);
    command.arg("--from").arg(home.join("careless.log"));
    for (path, _) in rig.logs()? {
        command.arg("--from").arg(path);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(&bundle)?;
    for line in text.lines() {
        for trace in world::traces(HANA) {
            ensure!(!world::words(line, trace), "{trace:?}: {line}");
        }
    }
    // And it is of use: the kiosk's own sentences are there.
    let kept = text
        .lines()
        .filter(|line| line.contains("ubugoe_kiosk"))
        .count();
    let said = text
        .lines()
        .filter(|line| !line.contains("\"said\":null"))
        .count();
    ensure!(
        kept > 5 && said > kept / 2,
        "{kept} lines of the kiosk, {said} with a sentence"
    );
    ensure!(
        careless.lines().count() >= 4 * world::traces(HANA).len(),
        "control"
    );
    Ok(())
}
