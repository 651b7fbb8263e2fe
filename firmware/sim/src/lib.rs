//! The front panel on a developer's machine: the real logic, its pins in a [`World`], its line a pseudo-terminal.
//!
//! A host opens [`Sim::path`] as it would open the panel's serial port. Time is real, and can be moved forward. What the
//! microcontroller keeps in flash outlives its restarts, and a slot's version is the one its image says: images are not executed.

mod flash;
mod sensor;
mod world;

use std::{
    cell::RefCell,
    fs::{self, File},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use ubugoe_icd::{Board, ServiceTell, Splitter, encode, frame::MAX_WIRE};
use ubugoe_panel_logic::{
    Firmware, Hardware, Millis, Panel, Parts, Updater, choose, eye::TimeOfFlight,
    update::version_of,
};

pub use flash::{BLOCK, Flash, LAYOUT};
pub use sensor::{Chip, NoWait, ResetLine};
pub use world::{Pin, Ring, Shared, Wire, World};

/// What is done to a panel, beside what is changed in its [`World`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// The microcontroller stops where it is, or goes on.
    Hang(bool),
    /// Time goes forward by so much at once.
    Skip(Duration),
    /// These bytes are on the line to the host.
    Noise(Vec<u8>),
    /// It says that it was built from other tables.
    Stranger(bool),
    /// Every image that starts on trial dies at once.
    Brick(bool),
    /// The microcontroller loses its power for a moment.
    Restart,
    /// The end.
    Stop,
}

/// How a panel begins.
#[derive(Debug, Clone)]
pub struct Config {
    /// The version in its first slot.
    pub version: u32,
    /// Whose signature on firmware it trusts.
    pub key: [u8; 32],
    /// Where a link to its line is to be.
    pub link: Option<PathBuf>,
    /// What it was left with.
    pub flash: Flash,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: 1,
            key: [0; 32],
            link: None,
            flash: Flash::default(),
        }
    }
}

/// Where it is said that an order is obeyed.
type Obeyed = mpsc::SyncSender<()>;

/// A running panel. Dropping it ends it, and its line.
#[derive(Debug)]
pub struct Sim {
    path: PathBuf,
    link: Option<PathBuf>,
    world: Shared,
    orders: mpsc::Sender<(Order, Obeyed)>,
    thread: Option<JoinHandle<()>>,
}

struct Wires<'a>(std::marker::PhantomData<&'a ()>);

impl<'a> Hardware for Wires<'a> {
    type Ring = Ring;
    type Help = Pin;
    type HelpCurrent = Pin;
    type CardSlot = Pin;
    type Power = Pin;
    type Backlight = Pin;
    type Buzzer = Pin;
    type Case = Pin;
    type Eye = TimeOfFlight<'a, Chip, ResetLine, NoWait>;
    type Flash = Flash;
}

fn parts<'a>(world: &Shared) -> Parts<Wires<'a>> {
    let pin = |wire| Pin(world.clone(), wire);
    Parts {
        ring: Ring(world.clone()),
        help: pin(Wire::Help),
        help_current: pin(Wire::HelpCurrent),
        card_slot: pin(Wire::CardSlot),
        power: pin(Wire::Power),
        backlight: pin(Wire::Backlight),
        buzzer: pin(Wire::Buzzer),
        case: pin(Wire::Case),
    }
}

impl Sim {
    /// Starts one.
    ///
    /// # Errors
    /// What the system says about the pseudo-terminal, the link or the thread.
    pub fn start(config: Config) -> std::io::Result<Self> {
        let line = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&line)?;
        unlockpt(&line)?;
        let name = ptsname(&line, Vec::new())?;
        let path = PathBuf::from(name.to_string_lossy().into_owned());
        // Held open, so that a host that closes and opens the line finds it as it left it.
        let other_end = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let mut settings = tcgetattr(&other_end)?;
        settings.make_raw();
        tcsetattr(&other_end, OptionalActions::Now, &settings)?;
        if let Some(link) = &config.link {
            let _ = fs::remove_file(link);
            std::os::unix::fs::symlink(&path, link)?;
        }
        let (orders, from) = mpsc::channel();
        let world = Shared::default();
        let shortcut = config.link.clone();
        let inside = world.clone();
        let thread = thread::Builder::new()
            .name("panel".to_owned())
            .spawn(move || {
                let _held = other_end;
                run(&inside, &from, config, &mut File::from(line));
            })?;
        Ok(Self {
            path,
            link: shortcut,
            world,
            orders,
            thread: Some(thread),
        })
    }

    /// The serial port.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is around it.
    #[must_use]
    pub const fn world(&self) -> &Shared {
        &self.world
    }

    /// Does something to it; from when this returns, it is so.
    pub fn order(&self, order: Order) {
        let (obeyed, done) = mpsc::sync_channel(1);
        // Both fail only when it has ended.
        if self.orders.send((order, obeyed)).is_ok() {
            let _ = done.recv();
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.order(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let Some(link) = &self.link {
            let _ = fs::remove_file(link);
        }
    }
}

/// What a panel is when nobody does anything to it.
#[derive(Debug, Default)]
struct Mood {
    hangs: bool,
    stranger: bool,
    brick: bool,
}

fn run(world: &Shared, orders: &mpsc::Receiver<(Order, Obeyed)>, config: Config, line: &mut File) {
    let mut flash = config.flash;
    let mut mood = Mood::default();
    let mut clock = Clock(Instant::now(), Duration::ZERO);
    loop {
        let end = life(
            world,
            orders,
            (config.version, config.key),
            line,
            &mut flash,
            &mut mood,
            &mut clock,
        );
        if end == End::Stop {
            return;
        }
    }
}

struct Clock(Instant, Duration);

impl Clock {
    fn now(&self) -> Millis {
        let passed = self.0.elapsed() + self.1;
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Restart,
    Stop,
}

/// From one start of the microcontroller to the next.
fn life(
    world: &Shared,
    orders: &mpsc::Receiver<(Order, Obeyed)>,
    (version, key): (u32, [u8; 32]),
    line: &mut File,
    flash: &mut Flash,
    mood: &mut Mood,
    clock: &mut Clock,
) -> End {
    let Ok(choice) = choose(flash, &LAYOUT) else {
        return End::Stop;
    };
    if choice.trial && mood.brick {
        return End::Restart;
    }
    let version = version_of(flash, &LAYOUT, choice.slot, version);
    let firmware = Firmware {
        board: Board::Simulated,
        version,
        key,
    };
    let Ok(updater) = Updater::new(std::mem::take(flash), LAYOUT, firmware, choice) else {
        return End::Stop;
    };
    let (bus, reset) = (
        RefCell::new(Chip::new(world.clone())),
        RefCell::new(ResetLine),
    );
    let eye = TimeOfFlight::new(&bus, &reset, NoWait);
    {
        let mut world = world.lock();
        world.version = version;
        world.starts += 1;
    }
    let mut panel: Panel<Wires<'_>> = Panel::new(parts(world), eye, updater, clock.now());
    let end = loop {
        match obey(orders, mood, clock, line) {
            Some(end) => break end,
            None if mood.hangs => {
                let _ = poll(&mut [], Some(&TICK));
            }
            None => {
                turn(&mut panel, clock.now(), line, mood.stranger);
                world.changed();
                if panel.wants_restart() {
                    break End::Restart;
                }
            }
        }
    };
    *flash = panel.into_flash();
    end
}

const TICK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 10_000_000,
};

fn obey(
    orders: &mpsc::Receiver<(Order, Obeyed)>,
    mood: &mut Mood,
    clock: &mut Clock,
    line: &mut File,
) -> Option<End> {
    loop {
        // Whoever waits hears of it when `_obeyed` is dropped, after the order.
        let (order, _obeyed) = match orders.try_recv() {
            Ok(order) => order,
            Err(mpsc::TryRecvError::Disconnected) => return Some(End::Stop),
            Err(mpsc::TryRecvError::Empty) => return None,
        };
        match order {
            Order::Hang(hangs) => mood.hangs = hangs,
            Order::Skip(by) => clock.1 += by,
            Order::Noise(bytes) => {
                let _ = line.write_all(&bytes);
            }
            Order::Stranger(stranger) => mood.stranger = stranger,
            Order::Brick(brick) => mood.brick = brick,
            Order::Restart => return Some(End::Restart),
            Order::Stop => return Some(End::Stop),
        }
    }
}

fn turn(panel: &mut Panel<Wires<'_>>, now: Millis, line: &mut File, stranger: bool) {
    let mut out = Vec::new();
    let mut send = |bytes: &[u8]| out.extend_from_slice(bytes);
    let mut ready = [PollFd::new(&*line, PollFlags::IN)];
    if poll(&mut ready, Some(&TICK)).is_ok_and(|ready| ready > 0) {
        let mut bytes = [0; 512];
        let read = line.read(&mut bytes).unwrap_or(0);
        for byte in bytes.iter().take(read) {
            panel.receive(*byte, now, &mut send);
        }
    }
    panel.tick(now, &mut send);
    if stranger {
        out = as_a_stranger(&out);
    }
    // A host that reads nothing fills the line: what does not fit is lost, as on a wire.
    let _ = line.write_all(&out);
}

/// The same words from a panel that was built from other tables.
fn as_a_stranger(line: &[u8]) -> Vec<u8> {
    let mut splitter = Splitter::new();
    let mut out = Vec::new();
    for byte in line {
        let Some(Ok(frame)) = splitter.push(*byte) else {
            continue;
        };
        if let Ok(ServiceTell::Identity(mut identity)) = frame.read() {
            identity.ask ^= 1;
            let mut wire = [0; MAX_WIRE];
            let told = encode(&ServiceTell::Identity(identity), frame.sequence, &mut wire);
            out.extend_from_slice(told.unwrap_or_default());
        }
    }
    out
}
