//! Lines between a kiosk and its broker that no real part can be made to be: they drop, crawl, or lead elsewhere. And a
//! proxy as small as the few lines of HTTP it needs.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What a line does with each connection.
pub(crate) trait Manners: Send + Sync + 'static {
    /// Serves one, on a thread of its own.
    fn serve(&self, near: TcpStream);
}

/// A loopback port with manners.
pub(crate) struct Line<M: Manners> {
    pub(crate) port: u16,
    pub(crate) manners: Arc<M>,
    over: Arc<AtomicBool>,
    /// Connections so far.
    pub(crate) count: Arc<AtomicU64>,
}

impl<M: Manners> Line<M> {
    pub(crate) fn new(manners: M) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let line = Self {
            port: listener.local_addr().unwrap().port(),
            manners: Arc::new(manners),
            over: Arc::default(),
            count: Arc::default(),
        };
        let (manners, over, count) = (
            Arc::clone(&line.manners),
            Arc::clone(&line.over),
            Arc::clone(&line.count),
        );
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                count.fetch_add(1, Ordering::SeqCst);
                let manners = Arc::clone(&manners);
                thread::spawn(move || manners.serve(near));
            }
        });
        line
    }

    pub(crate) fn connections(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }
}

impl<M: Manners> Drop for Line<M> {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// Copies both ways until either side ends; then both are cut.
fn join(near: &TcpStream, far: &TcpStream, up: impl FnMut(&[u8]) -> bool + Send) {
    thread::scope(|scope| {
        scope.spawn(|| one_way(near, far, up));
        one_way(far, near, |_| true);
    });
}

/// `may` sees each piece before it goes on, and ends it all by saying no.
fn one_way(mut from: &TcpStream, mut to: &TcpStream, mut may: impl FnMut(&[u8]) -> bool) {
    let mut piece = [0; 1024];
    while let Ok(n) = from.read(&mut piece)
        && n > 0
        && may(&piece[..n])
        && to.write_all(&piece[..n]).is_ok()
    {}
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn far(port: u16) -> io::Result<TcpStream> {
    let far = TcpStream::connect(("127.0.0.1", port))?;
    far.set_nodelay(true)?;
    Ok(far)
}

/// Ends each connection after some thousand bytes towards the broker, a different number each time.
pub(crate) struct Flapping {
    pub(crate) target: u16,
    /// Fewest bytes, and how many more at most.
    pub(crate) bytes: (u64, u64),
    pub(crate) turn: AtomicU64,
}

impl Manners for Flapping {
    fn serve(&self, near: TcpStream) {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        let (least, more) = self.bytes;
        let mut left = least + turn * 7919 % more.max(1);
        let Ok(far) = far(self.target) else { return };
        join(&near, &far, |piece| {
            let n = piece.len() as u64;
            let some = left >= n;
            left = left.saturating_sub(n);
            some
        });
    }
}

/// Takes bytes towards the broker at this rate, and no faster.
pub(crate) struct Slow {
    pub(crate) target: u16,
    /// Bytes per second.
    pub(crate) rate: u32,
}

impl Manners for Slow {
    fn serve(&self, near: TcpStream) {
        let Ok(far) = far(self.target) else { return };
        let began = Instant::now();
        let mut sent = 0_u32;
        let pause = Mutex::new(());
        let never = std::sync::Condvar::new();
        join(&near, &far, |piece| {
            sent += u32::try_from(piece.len()).unwrap();
            let due = Duration::from_secs_f64(f64::from(sent) / f64::from(self.rate));
            let wait = due.saturating_sub(began.elapsed());
            // A line's delay is not something to wait for: nobody ever signals this.
            drop(never.wait_timeout(pause.lock().unwrap(), wait));
            true
        });
    }
}

/// A network that wants somebody to log in: answers everything with its own page, until somebody did.
pub(crate) struct Portal {
    pub(crate) target: u16,
    pub(crate) open: AtomicBool,
    /// What it was told before.
    pub(crate) heard: Mutex<Vec<u8>>,
}

pub(crate) const PAGE: &str = "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

impl Manners for Portal {
    fn serve(&self, mut near: TcpStream) {
        if self.open.load(Ordering::SeqCst) {
            if let Ok(far) = far(self.target) {
                join(&near, &far, |_| true);
            }
            return;
        }
        let mut piece = [0; 4096];
        let n = near.read(&mut piece).unwrap_or(0);
        self.heard.lock().unwrap().extend_from_slice(&piece[..n]);
        let _ = near.write_all(PAGE.as_bytes());
        let _ = near.shutdown(Shutdown::Write);
        // Whatever else it has to say, until it leaves.
        let mut rest = Vec::new();
        let _ = near.read_to_end(&mut rest);
        self.heard.lock().unwrap().extend_from_slice(&rest);
    }
}

/// HTTP CONNECT. Knows where a name leads by `target` alone, as a proxy knows more of the network than its clients.
pub(crate) struct Proxy {
    pub(crate) target: u16,
    /// The header line it wants, if any.
    pub(crate) wants: Option<String>,
    /// The request lines it saw.
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Manners for Proxy {
    fn serve(&self, mut near: TcpStream) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if near.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let first = lines.next().unwrap().to_owned();
        let welcome = self
            .wants
            .as_ref()
            .is_none_or(|wanted| lines.any(|line| line == wanted));
        self.asked.lock().unwrap().push(first);
        if !welcome {
            let _ = near.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"ward\"\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        match far(self.target) {
            Ok(far) => {
                let _ = near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
                join(&near, &far, |_| true);
            }
            Err(_) => {
                let _ = near.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
            }
        }
    }
}
