//! Printers that are not there. Of pages: [`SimWardPrinter`], behind a real print server. Of receipts: [`SimPrinter`], which listens on a TCP port or a pseudo-terminal, understands the ESC/POS that pictures
//! need, and puts together what would be on paper.
//!
//! Answers for behaving like the thing: a roll that ends, a cover, a buffer that keeps what waits for paper, answers that come at
//! once and answers that come in order, a cable that is pulled. Written from the command reference, not from the driver.

mod cups;

pub use cups::SimWardPrinter;

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Bytes its receive buffer holds.
const BUFFER: usize = 16 * 1024;

/// What came out, to the knife.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slip {
    /// Bytes in a row.
    pub row: usize,
    /// Rows of dots.
    pub bytes: Vec<u8>,
    /// Letters that were sent as such: there should be none.
    pub letters: Vec<u8>,
}

impl Slip {
    /// Dots in a row, and rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (
            self.row * 8,
            self.bytes.len().checked_div(self.row).unwrap_or_default(),
        )
    }

    /// Whether a dot is black.
    #[must_use]
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        let byte = self.bytes.get(y * self.row + x / 8);
        byte.is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    /// Whether there is anything on it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0) && self.letters.is_empty()
    }
}

#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is done to it from outside, each by itself"
)]
struct Printer {
    /// Rows of paper that are left; `None`: plenty.
    paper: Option<usize>,
    cover_open: bool,
    /// It says nothing and takes nothing.
    stalled: bool,
    /// The cable is pulled.
    gone: bool,
    /// What was received and not done.
    buffer: Vec<u8>,
    /// What hangs out of it, not cut.
    hanging: Slip,
    slips: Vec<Slip>,
    cleared: usize,
    ended: bool,
    /// Where it answers, while somebody is at the other end.
    out: Option<File>,
}

impl Printer {
    fn answer(&mut self, bytes: &[u8]) {
        if let Some(out) = &mut self.out {
            let _ = out.write_all(bytes);
        }
    }
}

struct Shared {
    printer: Mutex<Printer>,
    moved: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Printer> {
        self.printer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The printer. Its line ends with it.
pub struct SimPrinter {
    shared: Arc<Shared>,
    place: ubugoe_printer::Place,
    /// The other end of the pseudo-terminal, open, so that it is there while nobody prints.
    _held: Option<OwnedFd>,
}

impl SimPrinter {
    /// One on a free TCP port of this machine.
    ///
    /// # Errors
    /// What the system says.
    pub fn tcp() -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        let address: SocketAddr = listener.local_addr()?;
        let shared = fresh();
        let of_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("sim-printer".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    if of_thread.lock().ended {
                        return;
                    }
                    let Ok(stream) = stream else { return };
                    serve(&of_thread, File::from(OwnedFd::from(stream)), false);
                }
            })?;
        Ok(Self {
            shared,
            place: ubugoe_printer::Place::Tcp {
                host: address.ip().to_string(),
                port: address.port(),
            },
            _held: None,
        })
    }

    /// One on a pseudo-terminal: a serial line to whoever opens it.
    ///
    /// # Errors
    /// What the system says.
    pub fn serial() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(ptsname(&master, Vec::new())?.to_string_lossy().into_owned());
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
        let held = rustix::fs::open(&path, flags, rustix::fs::Mode::empty())?;
        let mut line = rustix::termios::tcgetattr(&held)?;
        line.make_raw();
        rustix::termios::tcsetattr(&held, rustix::termios::OptionalActions::Now, &line)?;
        let shared = fresh();
        let of_thread = Arc::clone(&shared);
        let line = File::from(master);
        thread::Builder::new()
            .name("sim-printer".to_owned())
            .spawn(move || serve(&of_thread, line, true))?;
        Ok(Self {
            shared,
            place: ubugoe_printer::Place::Serial { path, baud: 19200 },
            _held: Some(held),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> ubugoe_printer::Place {
        self.place.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Printer)) {
        let mut printer = self.shared.lock();
        change(&mut printer);
        work(&mut printer);
        drop(printer);
        self.shared.moved.notify_all();
    }

    /// So many rows of paper are left.
    pub fn roll_ends_after(&self, rows: usize) {
        self.change(|printer| printer.paper = Some(rows));
    }

    /// A new roll.
    pub fn refill(&self) {
        self.change(|printer| printer.paper = None);
    }

    /// Opens or shuts the cover.
    pub fn open_cover(&self, open: bool) {
        self.change(|printer| printer.cover_open = open);
    }

    /// Falls silent, or speaks again.
    pub fn stall(&self, stalled: bool) {
        self.change(|printer| printer.stalled = stalled);
    }

    /// Pulls the cable, or puts it back. On a serial line that is silence.
    pub fn unplug(&self, gone: bool) {
        self.change(|printer| printer.gone = gone);
    }

    /// What came out and was cut off, so far.
    #[must_use]
    pub fn slips(&self) -> Vec<Slip> {
        self.shared.lock().slips.clone()
    }

    /// What hangs out of it.
    #[must_use]
    pub fn hanging(&self) -> Slip {
        self.shared.lock().hanging.clone()
    }

    /// Bytes in its buffer that wait.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.shared.lock().buffer.len()
    }

    /// How often it was told to forget what it has.
    #[must_use]
    pub fn cleared(&self) -> usize {
        self.shared.lock().cleared
    }

    /// Waits until something holds of it; false: not within `wait`.
    #[must_use]
    pub fn wait_for(&self, wait: Duration, holds: impl Fn(&[Slip], &Slip) -> bool) -> bool {
        let until = Instant::now() + wait;
        let mut printer = self.shared.lock();
        loop {
            if holds(&printer.slips, &printer.hanging) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            printer = self
                .shared
                .moved
                .wait_timeout(printer, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Drop for SimPrinter {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.moved.notify_all();
        if let ubugoe_printer::Place::Tcp { host, port } = &self.place {
            // whoever waits for a connection gets one, and ends
            let _ = TcpStream::connect((host.as_str(), *port));
        }
    }
}

fn fresh() -> Arc<Shared> {
    Arc::new(Shared {
        printer: Mutex::new(Printer::default()),
        moved: Condvar::new(),
    })
}

/// One connection, to its end. On a serial line nobody notices that there is nobody.
fn serve(shared: &Arc<Shared>, mut line: File, serial: bool) {
    let Ok(out) = line.try_clone() else { return };
    shared.lock().out = Some(out);
    let mut pending = Vec::new();
    let mut bytes = [0; 512];
    while let Ok(read @ 1..) = line.read(&mut bytes) {
        pending.extend_from_slice(bytes.get(..read).unwrap_or_default());
        let mut printer = shared.lock();
        // nothing is taken while it is stalled or its buffer is full
        while (printer.stalled || printer.buffer.len() >= BUFFER) && !printer.ended && !printer.gone
        {
            printer = shared
                .moved
                .wait(printer)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if printer.ended || (printer.gone && !serial) {
            break;
        }
        if printer.gone {
            pending.clear();
            continue;
        }
        at_once(&mut printer, &mut pending);
        work(&mut printer);
        drop(printer);
        shared.moved.notify_all();
    }
    shared.lock().out = None;
}

/// Orders that are obeyed wherever they stand; everything else goes to the buffer, in order.
fn at_once(printer: &mut Printer, pending: &mut Vec<u8>) {
    loop {
        match pending.as_slice() {
            // nothing, or the beginning of an order whose rest is still to come
            [] | [0x10] | [0x10, 0x04] => return,
            [0x10, 0x04, n, ..] => {
                let status = status(printer, *n);
                printer.answer(&[status]);
                pending.drain(..3);
            }
            [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8, ..] => {
                printer.buffer.clear();
                printer.cleared += 1;
                pending.drain(..10);
            }
            [0x10, 0x14, rest @ ..]
                if rest.len() < 8 && [8, 1, 3, 20, 1, 6, 2, 8].starts_with(rest) =>
            {
                return;
            }
            [byte, ..] => {
                printer.buffer.push(*byte);
                pending.remove(0);
            }
        }
    }
}

fn status(printer: &Printer, n: u8) -> u8 {
    let no_paper = printer.paper == Some(0);
    let offline = no_paper || printer.cover_open;
    let mut byte = 0x12;
    match n {
        1 if offline => byte |= 0x08,
        2 => {
            if printer.cover_open {
                byte |= 0x04;
            }
            if no_paper {
                byte |= 0x20;
            }
        }
        4 if no_paper => byte |= 0x60,
        _ => {}
    }
    byte
}

/// Does what is in the buffer, as far as it can.
fn work(printer: &mut Printer) {
    loop {
        if printer.cover_open || printer.paper == Some(0) || printer.stalled {
            return;
        }
        let buffer = &printer.buffer;
        let done = match buffer.as_slice() {
            [] => return,
            [0x1b, b'@', ..] => 2,
            [0x1d, b'r', 1, ..] => {
                printer.answer(&[0]);
                3
            }
            [0x1d, b'V', 66, _, ..] => {
                let slip = std::mem::take(&mut printer.hanging);
                printer.slips.push(slip);
                4
            }
            [0x1d, b'v', b'0', 0, xl, xh, yl, yh, ..] => {
                let row = usize::from(*xl) + 256 * usize::from(*xh);
                let rows = usize::from(*yl) + 256 * usize::from(*yh);
                let Some(data) = buffer.get(8..8 + row * rows) else {
                    return;
                };
                let data = data.to_vec();
                // row by row, so that the roll may end in the middle; the rest is printed on the next one
                let fits = printer.paper.map_or(rows, |left| left.min(rows));
                printer.hanging.row = row;
                printer
                    .hanging
                    .bytes
                    .extend_from_slice(data.get(..fits * row).unwrap_or_default());
                if let Some(left) = &mut printer.paper {
                    *left -= fits;
                }
                if fits < rows {
                    let rest = rows - fits;
                    let (low, high) = (rest % 256, rest / 256);
                    let mut again = vec![0x1d, b'v', b'0', 0, *xl, *xh];
                    again.extend([low, high].map(|n| u8::try_from(n).unwrap_or_default()));
                    again.extend_from_slice(data.get(fits * row..).unwrap_or_default());
                    printer.buffer.splice(..8 + row * rows, again);
                    continue;
                }
                8 + row * rows
            }
            // not all of it is here yet
            [0x1b | 0x1d] | [0x1d, b'r' | b'V' | b'v', ..] if buffer.len() < 8 => return,
            [0, ..] => 1,
            [byte, ..] => {
                printer.hanging.letters.push(*byte);
                1
            }
        };
        printer.buffer.drain(..done);
    }
}
