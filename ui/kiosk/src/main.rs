//! `ubugoe-kiosk`: reads the configuration file and runs the kiosk.
//!
//! # One process, many people
//!
//! A visit leaves nothing in this process that the next one, or whoever reads its memory, could find. Three things
//! together see to it, and `tests/stories/privacy.rs` searches the whole process after every way out of a visit:
//!
//! - What is freed is emptied: the allocator below. So it is enough that nobody *holds* anything.
//! - `Effect::Wipe` lets go of everything: the visit's state, the pad, each page's adapter (`presenters::wipe`), what
//!   Slint keeps of typed and copied text (`ubugoe_view::forget_input`), the conversion server and its process.
//! - No core file is written, and on the appliance no other process of the same user may read this one.
//!
//! Two stronger measures were weighed. *A new window for every visit* would free every property at once, but on the
//! appliance a window is the display: the new one is opened before the old one goes, and the kernel gives a display to
//! one master only. *A new process for every visit* (exec) would drop the link, the card's ticket and the dictionaries
//! and cost seconds of a dark screen. Neither would leave less: the search finds nothing either way.
//!
//! Not covered: pictures. Glyph bitmaps say which characters were shown lately, not in which order; the frame buffer
//! holds the page that is on the screen.

use std::{
    alloc::System,
    env,
    io::{self, BufRead as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tracing_subscriber::EnvFilter;
use ubugoe_edge::{Layout, enrol::KIOSK};
use ubugoe_kiosk::{
    app::{self, Options},
    config::Config,
    core::End,
    service::accounts,
    watch::Supervisor,
};
use ubugoe_tech::order;
use zeroize::Zeroizing;
use zeroizing_alloc::ZeroAlloc;

/// The operator ordered a new start: systemd's unit has `RestartForceExitStatus=75`. Whoever ends the program otherwise means
/// it, and gets 0; what goes wrong ends with 1.
const RESTART: u8 = 75;

/// What is freed is emptied: one person's visit and the next one's share this process and its memory.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// The bedside kiosk.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    order: Option<Order>,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder below which a device keeps everything that registers itself: its configuration is `device/kiosk.toml` there, and
    /// while there is none, the screen asks for a city's code.
    #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
    home: Option<PathBuf>,
    /// Draw in memory instead of on a display, for example 1280x800.
    #[cfg(feature = "drive")]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    in_memory: Option<(u32, u32)>,
    /// Listen on this Unix socket for orders (see `src/control.rs`).
    #[cfg(feature = "drive")]
    #[arg(long, value_name = "SOCKET")]
    control: Option<PathBuf>,
}

/// What else this program does than run the kiosk.
#[derive(Debug, Subcommand)]
enum Order {
    /// Read a PIN of 6 to 12 digits from standard input and print its hash for the configuration's `pin_hash`.
    HashPin,
}

fn hash_pin() -> anyhow::Result<()> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line)?;
    let hash = accounts::hash_pin(line.trim_end_matches(['\r', '\n']))?;
    writeln!(io::stdout(), "{hash}")?;
    Ok(())
}

#[cfg(feature = "drive")]
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    sides.ok_or_else(|| "expected something like 1280x800".to_owned())
}

/// A core file is the whole memory on a disk. The limit holds for the conversion server too, which inherits it.
fn no_core_files() -> rustix::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    // Forbids debuggers and /proc/<pid>/mem to processes of the same user as well. A build that may be driven is there
    // for tests, and those read it.
    if cfg!(not(feature = "drive")) {
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(Order::HashPin) = arguments.order {
        return hash_pin().map(|()| ExitCode::SUCCESS);
    }
    let home = arguments
        .home
        .map(std::path::absolute)
        .transpose()
        .context("the folder of the device is nowhere")?;
    let configured = home
        .as_deref()
        .map(|home| Layout::below(home).enrolled.join(KIOSK));
    let path = arguments
        .config
        .or(configured)
        .context("no configuration file was named")?;
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    no_core_files().context("core files cannot be forbidden")?;
    let options = Options {
        config: path.clone(),
        #[cfg(feature = "drive")]
        in_memory: arguments.in_memory,
        #[cfg(feature = "drive")]
        control: arguments.control,
        supervisor: Supervisor::new(
            env::var("NOTIFY_SOCKET").ok(),
            env::var("WATCHDOG_USEC").ok().as_deref(),
        ),
    };
    // Before anything of the device is opened, and however this program was told where it is.
    let named = std::path::absolute(&path).context("the configuration is nowhere")?;
    let below = home.as_deref().or_else(|| named.parent()?.parent());
    if let Some((below, order)) = below.and_then(|below| Some((below, order::lying(below)?))) {
        return app::wipe(below, order, &options)
            .map(code)
            .context("the device cannot be wiped");
    }
    if let Some(home) = home.filter(|_| !path.exists()) {
        return app::set_up(&home, &options)
            .map(code)
            .context("the device cannot be set up");
    }
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let config = Config::from_toml(&text).with_context(|| format!("in {}", path.display()))?;
    Ok(code(app::run(&config, &options)?))
}

fn code(end: End) -> ExitCode {
    match end {
        End::Stop => ExitCode::SUCCESS,
        End::Restart => ExitCode::from(RESTART),
    }
}
