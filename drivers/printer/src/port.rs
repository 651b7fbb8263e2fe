//! Where a receipt printer is: a device file, a serial line, an address. All are file descriptors that are never waited for
//! without an end.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::net::sockopt;
use rustix::termios::{self, OptionalActions, QueueSelector};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// Where the printer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A device file, such as `/dev/usb/lp0`.
    Device(PathBuf),
    /// A serial line, and its speed in bits per second.
    Serial {
        /// Its device file.
        path: PathBuf,
        /// Its speed.
        baud: u32,
    },
    /// A host and a TCP port, mostly 9100.
    Tcp {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// An open way to a printer.
#[derive(Debug)]
pub struct Port {
    fd: OwnedFd,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Device,
    Serial,
    Tcp,
}

impl Port {
    /// Opens it.
    ///
    /// # Errors
    /// What the system says; `NotFound` where there is no such device.
    pub fn open(place: &Place) -> io::Result<Self> {
        match place {
            Place::Device(path) => Ok(Self {
                fd: device(path)?,
                kind: Kind::Device,
            }),
            Place::Serial { path, baud } => {
                let fd = device(path)?;
                let mut line = termios::tcgetattr(&fd)?;
                line.make_raw();
                line.set_speed(*baud)?;
                termios::tcsetattr(&fd, OptionalActions::Now, &line)?;
                Ok(Self {
                    fd,
                    kind: Kind::Serial,
                })
            }
            Place::Tcp { host, port } => {
                let address = (host.as_str(), *port)
                    .to_socket_addrs()?
                    .next()
                    .ok_or(io::ErrorKind::NotFound)?;
                let stream = TcpStream::connect_timeout(&address, CONNECT)?;
                stream.set_nonblocking(true)?;
                Ok(Self {
                    fd: stream.into(),
                    kind: Kind::Tcp,
                })
            }
        }
    }

    /// Writes what goes in now; waits at most so long for room. Nothing written and no error: there was none.
    ///
    /// # Errors
    /// What the system says: the printer is gone.
    pub fn write(&mut self, bytes: &[u8], wait: Duration) -> io::Result<usize> {
        if !self.ready(PollFlags::OUT, wait)? {
            return Ok(0);
        }
        match rustix::io::write(&self.fd, bytes) {
            Ok(written) => Ok(written),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads what is there; waits at most so long for it. Empty: nothing came.
    ///
    /// # Errors
    /// What the system says: the printer is gone. A connection that ended is `UnexpectedEof`.
    pub fn read(&mut self, wait: Duration) -> io::Result<Vec<u8>> {
        if !self.ready(PollFlags::IN, wait)? {
            return Ok(Vec::new());
        }
        let mut bytes = [0; 64];
        match rustix::io::read(&self.fd, &mut bytes) {
            // a device file of a printer that cannot answer reads as ended
            Ok(0) if self.kind == Kind::Device => Ok(Vec::new()),
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => Ok(bytes.get(..read).unwrap_or_default().to_vec()),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn ready(&self, flags: PollFlags, wait: Duration) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.fd, flags)];
        let wait = Timespec::try_from(wait).map_err(|_| io::ErrorKind::InvalidInput)?;
        match poll(&mut fds, Some(&wait)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => Ok(false),
            // hung up or broken: reading or writing says how
            Ok(_) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Closes it so that nothing that is still on its way from here arrives.
    pub fn discard(self) {
        match self.kind {
            // closing a USB printer's device takes back what was not sent
            Kind::Device => {}
            Kind::Serial => {
                let _ = termios::tcflush(&self.fd, QueueSelector::OFlush);
            }
            Kind::Tcp => {
                let _ = sockopt::set_socket_linger(self.fd.as_fd(), Some(Duration::ZERO));
            }
        }
    }
}

fn device(path: &std::path::Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}
