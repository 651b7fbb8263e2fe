//! The cable between a kiosk and its broker: a TCP forwarder that can be pulled and put back.
//!
//! Pulled, it ends what runs and takes no new connections; nothing of the broker changes. It reads no bytes.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use crate::Error;

/// A cable.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: u16,
    plugged: AtomicBool,
    ended: AtomicBool,
    up: AtomicU64,
    down: AtomicU64,
    running: Mutex<Vec<TcpStream>>,
}

impl Wire {
    /// A plugged cable from a free loopback port to `target`.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn to(target: u16) -> Result<Self, Error> {
        let failed = |source| Error::Wire { target, source };
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let shared = Arc::new(Shared {
            target,
            plugged: AtomicBool::new(true),
            ended: AtomicBool::new(false),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            running: Mutex::default(),
        });
        let inner = Arc::clone(&shared);
        thread::Builder::new()
            .name("wire".to_owned())
            .spawn(move || inner.accept(&listener))
            .map_err(failed)?;
        Ok(Self { port, shared })
    }

    /// The port on the kiosk's side.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Bytes carried so far, both ways.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.up() + self.down()
    }

    /// Bytes carried so far towards the target.
    #[must_use]
    pub fn up(&self) -> u64 {
        self.shared.up.load(Ordering::SeqCst)
    }

    /// Bytes carried so far from the target.
    #[must_use]
    pub fn down(&self) -> u64 {
        self.shared.down.load(Ordering::SeqCst)
    }

    /// Pulls the cable: every connection ends, and new ones end at once.
    pub fn pull(&self) {
        self.shared.plugged.store(false, Ordering::SeqCst);
        self.shared.end_all();
    }

    /// Puts it back.
    pub fn plug(&self) {
        self.shared.plugged.store(true, Ordering::SeqCst);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.end_all();
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for near in listener.incoming().flatten() {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            if self.plugged.load(Ordering::SeqCst) {
                // A broker that is down looks the same as a pulled cable: the near end is dropped.
                let _ = self.connect(near);
            }
        }
    }

    fn connect(self: &Arc<Self>, near: TcpStream) -> io::Result<()> {
        let far = TcpStream::connect(("127.0.0.1", self.target))?;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|s| s.peer_addr().is_ok());
        running.extend([near.try_clone()?, far.try_clone()?]);
        drop(running);
        self.carry(near.try_clone()?, far.try_clone()?, |shared| &shared.up)?;
        self.carry(far, near, |shared| &shared.down)
    }

    /// Copies one way on a thread of its own until either end closes; then closes both.
    fn carry(
        self: &Arc<Self>,
        mut from: TcpStream,
        mut to: TcpStream,
        count: fn(&Self) -> &AtomicU64,
    ) -> io::Result<()> {
        // What waits for a full packet would wait for the other end's acknowledgement.
        to.set_nodelay(true)?;
        let shared = Arc::clone(self);
        thread::Builder::new()
            .name("wire-way".to_owned())
            .spawn(move || {
                let mut some = vec![0; 64 * 1024];
                while let Ok(length @ 1..) = from.read(&mut some) {
                    let Some(read) = some.get(..length) else {
                        break;
                    };
                    count(&shared).fetch_add(length as u64, Ordering::SeqCst);
                    if to.write_all(read).is_err() {
                        break;
                    }
                }
                let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
            })?;
        Ok(())
    }

    fn end_all(&self) {
        for stream in self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
    };

    use super::Wire;

    #[test]
    fn a_pulled_wire_ends_connections_and_a_plugged_one_carries_again() {
        let far = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let wire = Wire::to(far.local_addr().unwrap().port()).unwrap();
        let mut near = TcpStream::connect(("127.0.0.1", wire.port())).unwrap();
        let (mut end, _) = far.accept().unwrap();
        near.write_all(b"ab").unwrap();
        let mut two = [0; 2];
        end.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"ab");

        wire.pull();
        assert_eq!(
            near.read(&mut two).unwrap_or_default(),
            0,
            "the near end is closed"
        );
        let mut refused = TcpStream::connect(("127.0.0.1", wire.port())).unwrap();
        assert_eq!(
            refused.read(&mut two).unwrap_or_default(),
            0,
            "a new connection ends at once"
        );

        wire.plug();
        let mut again = TcpStream::connect(("127.0.0.1", wire.port())).unwrap();
        let (mut end, _) = far.accept().unwrap();
        again.write_all(b"cd").unwrap();
        end.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"cd");
        end.write_all(b"e").unwrap();
        again.read_exact(&mut [0]).unwrap();
        assert_eq!((wire.up(), wire.down(), wire.carried()), (4, 1, 5));
    }
}
