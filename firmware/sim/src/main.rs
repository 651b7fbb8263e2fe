//! `panelsim`: a front panel for a shell. It prints its serial port, then obeys one command a line.

use std::{
    io::{self, BufRead as _, Write as _},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Parser;
use ubugoe_panelsim::{Config, Order, Sim};

const HELP: &str = "\
presence 40cm | presence none     somebody comes to 40 cm, or goes
eye dead | eye alive              the distance sensor
tamper open | tamper closed       the case
lamp broken | lamp whole          the \"needs help\" lamp
hang | resume                     the microcontroller stops, goes on
skip 130s                         time goes forward at once
noise 00ff41                      bytes on the line to the host
stranger on | stranger off        a panel that was built from other tables
brick on | brick off              new firmware dies when it starts
restart                           the microcontroller starts anew
show                              everything as one line of JSON
wait KEY VALUE [30s]              until `show` has \"KEY\":VALUE
quit";

/// A simulated front panel.
#[derive(Debug, Parser)]
#[command(version, after_help = HELP)]
struct Arguments {
    /// Where a link to its serial port is to be.
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
    /// The version of its firmware.
    #[arg(long, default_value_t = 1)]
    firmware: u32,
    /// Whose signature on firmware it trusts: 64 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let key = arguments.key.as_deref().map(hex).transpose()?;
    let key =
        key.map(|key| <[u8; 32]>::try_from(key).map_err(|_| anyhow::anyhow!("not 64 digits")));
    let sim = Sim::start(Config {
        version: arguments.firmware,
        key: key.transpose()?.unwrap_or_default(),
        link: arguments.link,
        ..Config::default()
    })
    .context("no pseudo-terminal")?;
    say(&format!(
        "{{\"event\":\"ready\",\"port\":\"{}\"}}",
        sim.path().display()
    ))?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["quit"] => return Ok(()),
            ["show"] => say(&sim.world().lock().to_json())?,
            words => match obey(&sim, words) {
                Ok(()) => say("ok")?,
                Err(error) => say(&format!("error: {error}"))?,
            },
        }
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn obey(sim: &Sim, words: &[&str]) -> anyhow::Result<()> {
    match *words {
        ["presence", "none"] => sim.world().lock().distance = None,
        ["presence", far] => {
            let centimetres: u16 = far.trim_end_matches("cm").parse().context("40cm")?;
            sim.world().lock().distance = Some(centimetres.saturating_mul(10));
        }
        ["eye", how @ ("dead" | "alive")] => sim.world().lock().eye_dead = how == "dead",
        ["tamper", how @ ("open" | "closed")] => sim.world().lock().case_open = how == "open",
        ["lamp", how @ ("broken" | "whole")] => sim.world().lock().lamp_broken = how == "broken",
        ["hang"] => sim.order(Order::Hang(true)),
        ["resume"] => sim.order(Order::Hang(false)),
        ["skip", by] => sim.order(Order::Skip(seconds(by)?)),
        ["noise", bytes] => sim.order(Order::Noise(hex(bytes)?)),
        ["stranger", how @ ("on" | "off")] => sim.order(Order::Stranger(how == "on")),
        ["brick", how @ ("on" | "off")] => sim.order(Order::Brick(how == "on")),
        ["restart"] => sim.order(Order::Restart),
        ["wait", key, value, ref rest @ ..] => {
            let patience = rest
                .first()
                .map_or(Ok(Duration::from_secs(30)), |by| seconds(by))?;
            let wanted = format!("\"{key}\":{value}");
            let so = sim
                .world()
                .wait(patience, |world| world.to_json().contains(&wanted));
            if !so {
                bail!("not so in {patience:?}");
            }
        }
        _ => bail!("unknown; panelsim --help lists what is known"),
    }
    Ok(())
}

fn seconds(text: &str) -> anyhow::Result<Duration> {
    let seconds = text.trim_end_matches('s').parse().context("130s")?;
    Ok(Duration::from_secs(seconds))
}

fn hex(text: &str) -> anyhow::Result<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).context("hexadecimal digits")?;
            u8::from_str_radix(pair, 16).context("hexadecimal digits")
        })
        .collect()
}
