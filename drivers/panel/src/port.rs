//! A serial port: raw, 115,200 baud, ours alone, and never waited for without a limit.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FlockOperation, Mode, OFlags, flock},
    termios::{OptionalActions, speed, tcgetattr, tcsetattr},
};

/// An open port.
#[derive(Debug)]
pub(crate) struct Port {
    line: File,
}

/// What a wait ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There are bytes.
    Bytes,
    /// Somebody has an order for us.
    Order,
    /// It was long enough.
    Time,
}

impl Port {
    /// Opens it, unless somebody else speaks on it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let line = rustix::fs::open(path, flags, Mode::empty())?;
        flock(&line, FlockOperation::NonBlockingLockExclusive)?;
        let mut settings = tcgetattr(&line)?;
        settings.make_raw();
        settings.set_speed(speed::B115200)?;
        tcsetattr(&line, OptionalActions::Flush, &settings)?;
        Ok(Self {
            line: File::from(line),
        })
    }

    /// Waits for bytes, for an order if `waker` is given, or until `until`.
    pub(crate) fn wait(&self, until: Instant, waker: Option<&UnixStream>) -> io::Result<Woken> {
        let mut ends = vec![PollFd::new(&self.line, PollFlags::IN)];
        ends.extend(waker.map(|waker| PollFd::new(waker, PollFlags::IN)));
        poll(&mut ends, Some(&left(until)))?;
        let ready = |at: usize| ends.get(at).is_some_and(|end| !end.revents().is_empty());
        Ok(if ready(0) {
            Woken::Bytes
        } else if ready(1) {
            Woken::Order
        } else {
            Woken::Time
        })
    }

    /// The bytes that are there. None at all on a port that said it had some is a port that is gone.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.line.read(into) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            read => read,
        }
    }

    /// Writes all of it within `patience`: a panel that hangs takes nothing more one day.
    pub(crate) fn write(&mut self, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
        let until = Instant::now() + patience;
        while !bytes.is_empty() {
            match self.line.write(bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut ends = [PollFd::new(&self.line, PollFlags::OUT)];
                    if poll(&mut ends, Some(&left(until)))? == 0 {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Waits for an order without a port.
pub(crate) fn wait_for_order(until: Instant, waker: &UnixStream) -> io::Result<()> {
    poll(&mut [PollFd::new(waker, PollFlags::IN)], Some(&left(until)))?;
    Ok(())
}

fn left(until: Instant) -> Timespec {
    let left = until.saturating_duration_since(Instant::now());
    Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    }
}
