//! `ubugoe-kiosk`: reads the configuration file and runs the kiosk.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use tracing_subscriber::EnvFilter;
use ubugoe_kiosk::{
    app::{self, Options},
    config::Config,
};

/// The bedside kiosk.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Draw in memory instead of on a display, for example 1280x800.
    #[cfg(feature = "drive")]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    in_memory: Option<(u32, u32)>,
    /// Listen on this Unix socket for orders (see `src/control.rs`).
    #[cfg(feature = "drive")]
    #[arg(long, value_name = "SOCKET")]
    control: Option<PathBuf>,
}

#[cfg(feature = "drive")]
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    sides.ok_or_else(|| "expected something like 1280x800".to_owned())
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    let text = std::fs::read_to_string(&arguments.config)
        .with_context(|| format!("cannot read {}", arguments.config.display()))?;
    let config =
        Config::from_toml(&text).with_context(|| format!("in {}", arguments.config.display()))?;
    let options = Options {
        #[cfg(feature = "drive")]
        in_memory: arguments.in_memory,
        #[cfg(feature = "drive")]
        control: arguments.control,
    };
    app::run(&config, &options)?;
    Ok(())
}
