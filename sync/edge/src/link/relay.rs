//! Carries bytes between the MQTT client and a broker that was reached already, at most as fast as is allowed.
//!
//! ```text
//!  rumqttc ──socket of this process, no file, no network──> relay ──bucket──> TLS ──> TCP ──> (proxy) ──> broker
//! ```
//! `rumqttc` has no place for a connector of ours: it would connect, resolve and shake hands by itself, past proxies and
//! limits, and say less about what failed. Its Unix transport takes any socket. Ours has an abstract name of 128
//! random bits, serves one connection, and only one of this very process.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::Instant;

use super::dial::{Wire, from_alert, tls_error};
use super::{Cap, DisconnectReason};

/// Largest piece in bytes: one TLS record.
const PIECE: usize = 16 * 1024;

/// How the broker's side ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// It said goodbye under its own seal (TLS `close_notify`): nobody on the way can do that.
    Closed,
    /// The network ended it, or somebody on the way: no goodbye.
    Cut(String),
    /// TLS says what is wrong.
    Told(DisconnectReason),
}

/// One broker's connection, offered to the client under a name.
pub(super) struct Relay {
    /// For the client's Unix transport: a zero byte and the abstract name.
    pub(super) address: String,
    listener: UnixListener,
    wire: RefCell<Option<Wire>>,
    cap: Cap,
    end: RefCell<Option<End>>,
    /// When the kernel last took bytes for the broker.
    sent: Cell<Instant>,
}

impl Relay {
    /// Offers it.
    pub(super) fn offer(wire: Wire, cap: Cap) -> io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let address = format!("\0ubugoe-link-{}", hex::encode(random));
        Ok(Self {
            listener: UnixListener::bind(&address)?,
            address,
            wire: RefCell::new(Some(wire)),
            cap,
            end: RefCell::default(),
            sent: Cell::new(Instant::now()),
        })
    }

    /// When the kernel last took bytes for the broker: something moves, even if the broker has not answered yet.
    pub(super) fn sent(&self) -> Instant {
        self.sent.get()
    }

    /// How the broker's side ended, if it has.
    pub(super) fn end(&self) -> Option<End> {
        self.end.borrow().clone()
    }

    /// Carries until the client hangs up and everything it said is on its way. When the broker hangs up, the client is
    /// let know by an end of its stream.
    pub(super) async fn carry(&self) -> io::Result<()> {
        let Some(wire) = self.wire.take() else {
            return Ok(());
        };
        let client = own(&self.listener).await?;
        let (mut client_out, mut client_in) = split(client);
        let (mut wire_in, mut wire_out) = split(wire);
        let down = async {
            let mut bucket = Bucket::new(self.cap.down, Instant::now());
            let ended = copy(&mut wire_in, &mut client_in, &mut bucket, |_| {}).await;
            *self.end.borrow_mut() = Some(match ended {
                Ok(()) => End::Closed,
                Err(error) => tls_error(&error)
                    .and_then(from_alert)
                    .map_or_else(|| End::Cut(error.to_string()), End::Told),
            });
            // The client may be gone first; it knows all the same.
            let _ = client_in.shutdown().await;
            std::future::pending::<()>().await;
        };
        let up = async {
            let mut bucket = Bucket::new(self.cap.up, Instant::now());
            let done = copy(&mut client_out, &mut wire_out, &mut bucket, |_| {
                self.sent.set(Instant::now());
            });
            match done.await {
                Ok(()) => wire_out.shutdown().await,
                // Why it broke is for the other direction to find out: an alert may still wait to be read.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = down => Ok(()),
            done = up => done,
        }
    }
}

/// The first connection of this very process. Whoever else found the name is hung up on: behind it this device is logged in.
async fn own(listener: &UnixListener) -> io::Result<UnixStream> {
    let own = i32::try_from(std::process::id()).ok();
    loop {
        let (stream, _) = listener.accept().await?;
        if stream.peer_cred()?.pid() == own {
            return Ok(stream);
        }
    }
}

/// Copies until the end of `from`; what `from` or `to` says is wrong ends it.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    bucket: &mut Bucket,
    taken: impl Fn(usize),
) -> io::Result<()> {
    let mut piece = vec![0; bucket.piece()];
    loop {
        let n = from.read(&mut piece).await?;
        let Some(bytes) = piece.get(..n).filter(|b| !b.is_empty()) else {
            return Ok(());
        };
        bucket.pay(n).await;
        to.write_all(bytes).await?;
        to.flush().await?;
        taken(n);
    }
}

/// A token bucket that may be overdrawn by one piece and is then waited for.
#[derive(Debug)]
struct Bucket {
    /// Bytes per second; `None` is no limit.
    rate: Option<f64>,
    burst: f64,
    level: f64,
    filled: Instant,
}

impl Bucket {
    fn new(rate: Option<u32>, now: Instant) -> Self {
        let rate = rate.map(|r| f64::from(r.max(Cap::LEAST)));
        // A quarter of a second at once keeps packets whole without a peak that a line notices.
        let burst = rate.unwrap_or(0.0) / 4.0;
        Self {
            rate,
            burst,
            level: burst,
            filled: now,
        }
    }

    /// How much is taken at once, in bytes.
    fn piece(&self) -> usize {
        match self.rate {
            None => PIECE,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between zero and the size of a record"
            )]
            Some(_) => self.burst.clamp(512.0, 16_384.0) as usize,
        }
    }

    fn pay(&mut self, bytes: usize) -> impl Future<Output = ()> + use<> {
        let wait = self.wait(bytes, Instant::now());
        async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// How long these bytes have to wait.
    fn wait(&mut self, bytes: usize, now: Instant) -> Duration {
        let Some(rate) = self.rate else {
            return Duration::ZERO;
        };
        let since = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.level = (self.level + since * rate).min(self.burst) - f64::from(bytes);
        Duration::from_secs_f64((-self.level).max(0.0) / rate)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn another_process_that_found_the_name_is_hung_up_on_and_our_own_client_is_served() {
        const STRANGER: &str = "import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect('\\0' + sys.argv[1])
sys.exit(0 if s.recv(1) == b'' else 1)";
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let name = format!("ubugoe-test-{}", std::process::id());
            let address = format!("\0{name}");
            let listener = UnixListener::bind(&address).unwrap();
            let mut stranger = tokio::process::Command::new("python3")
                .args(["-c", STRANGER, &name])
                .spawn()
                .unwrap();
            let turned_away = tokio::select! {
                left = stranger.wait() => left.unwrap(),
                served = own(&listener) => unreachable!("served {served:?}"),
            };
            assert!(turned_away.success(), "it was told something");
            let (client, served) = tokio::join!(UnixStream::connect(&address), own(&listener));
            let (mut client, mut served) = (client.unwrap(), served.unwrap());
            client.write_all(b"x").await.unwrap();
            assert_eq!(served.read_u8().await.unwrap(), b'x');
        });
    }

    #[test]
    fn a_bucket_lets_its_rate_through_and_no_more_whatever_the_pieces() {
        for piece in [1_usize, 700, 4096] {
            let start = Instant::now();
            let mut now = start;
            let mut bucket = Bucket::new(Some(16_384), now);
            let mut sent = 0;
            while sent < 10 * 16_384 {
                now += bucket.wait(piece, now);
                sent += piece;
            }
            // Ten seconds' worth, of which a quarter of a second was there at the start.
            let took = now.duration_since(start).as_secs_f64();
            assert!((9.5..10.3).contains(&took), "{took} s in pieces of {piece}");
        }
    }

    #[test]
    fn what_was_not_used_is_kept_for_a_quarter_of_a_second_only() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Some(16_384), start);
        let later = start + Duration::from_mins(1);
        assert_eq!(bucket.wait(4096, later), Duration::ZERO);
        assert_eq!(bucket.wait(16_384, later), Duration::from_secs(1));
    }

    #[test]
    fn a_rate_that_could_not_carry_a_row_within_a_keep_alive_is_raised_and_none_is_no_limit() {
        let now = Instant::now();
        assert_eq!(Bucket::new(Some(1), now).rate, Some(8192.0));
        let mut free = Bucket::new(None, now);
        assert_eq!(free.wait(1 << 30, now), Duration::ZERO);
        assert_eq!(free.piece(), PIECE);
    }
}
