//! The card service as its owner sees it: start, ask, be told. Must not touch a card itself; see [`core`].

mod core;
mod monitor;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::date::CardDate;
use crate::error::{CardError, PrepareRefused, Unusable};
use crate::integrity::IssuerRoot;
use crate::secret::{Pin, SignPassword};
use crate::session::{Attributes, Cost, Look, Signed};

/// How the service behaves. Plain data; reading files is the binary's work.
#[derive(Clone)]
pub struct Config {
    /// Only readers whose name contains this; all if `None`.
    pub reader_name_contains: Option<String>,
    /// How long one command may take before the card counts as mute. A signature takes about a second.
    pub mute_after: Duration,
    /// How long another program may hold the card before it is reported.
    pub in_use_after: Duration,
    /// The day to judge card expiry by; `None` from the function if the clock cannot be trusted, and then no
    /// card is called expired.
    pub today: Option<Arc<dyn Fn() -> Option<CardDate> + Send + Sync>>,
    /// Use extended length on readers and cards that show it works.
    pub extended_length: bool,
    /// What to check the attributes against.
    pub integrity: IntegrityPolicy,
}

/// Whether and by which roots attributes are checked.
#[derive(Debug, Clone)]
pub struct IntegrityPolicy {
    /// Read the integrity record at all.
    pub check: bool,
    /// Keys that certify issuer keys. Without the right one, the best verdict is "consistent".
    pub roots: Vec<IssuerRoot>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reader_name_contains: None,
            mute_after: Duration::from_secs(5),
            in_use_after: Duration::from_millis(1500),
            today: None,
            extended_length: true,
            integrity: IntegrityPolicy {
                check: true,
                roots: Vec::new(),
            },
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("reader_name_contains", &self.reader_name_contains)
            .field("mute_after", &self.mute_after)
            .field("in_use_after", &self.in_use_after)
            .field("today", &self.today.is_some())
            .field("extended_length", &self.extended_length)
            .field("integrity", &self.integrity)
            .finish()
    }
}

/// One insertion of one card. Never reused while the process lives; a reply with an old ticket is about a card
/// that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What happened. All events come from one thread, in order.
///
/// Of one ticket: `Inserted` or `Unusable` first, `Removed` last, and in between exactly one `Done` or `Failed`
/// per request. Only `Unusable` with [`Unusable::InUse`] may be followed by another of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardEvent {
    /// The readers there are now, of those that are wanted.
    Readers(Vec<String>),
    /// The card service (pcscd) is not there. It is waited for.
    ServiceLost,
    /// It is back.
    ServiceBack,
    /// A card was put on a reader and looked at.
    Inserted {
        /// Of this insertion.
        ticket: Ticket,
        /// What it says without a PIN.
        look: Look,
    },
    /// Something was put on a reader that cannot be worked with.
    Unusable {
        /// Of this insertion.
        ticket: Ticket,
        /// Why.
        why: Unusable,
    },
    /// It was taken away, or its reader or the service was.
    Removed {
        /// Of the insertion that ended.
        ticket: Ticket,
    },
    /// A request succeeded.
    Done {
        /// Of the card that did it.
        ticket: Ticket,
        /// The result.
        reply: Reply,
        /// What it took.
        cost: Cost,
    },
    /// A request did not succeed.
    Failed {
        /// Of the card that was asked.
        ticket: Ticket,
        /// Why.
        error: CardError,
    },
}

/// Makes the digests to sign from the signing certificate (DER), or refuses to.
pub type Prepare = Box<dyn FnOnce(&[u8]) -> Result<Vec<[u8; 32]>, PrepareRefused> + Send>;

/// What a card can be asked for.
pub enum Request {
    /// The four attributes.
    ReadAttributes {
        /// The attributes PIN.
        pin: Pin,
    },
    /// The authentication certificate.
    ReadAuthCertificate,
    /// Signatures by the signing key.
    Sign {
        /// The signing password.
        password: SignPassword,
        /// Called once with the signing certificate, on a thread of the service.
        prepare: Prepare,
    },
    /// Log out and cut the power. The card stays unusable until it is taken away.
    Finish,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadAttributes { .. } => "ReadAttributes",
            Self::ReadAuthCertificate => "ReadAuthCertificate",
            Self::Sign { .. } => "Sign",
            Self::Finish => "Finish",
        })
    }
}

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To [`Request::ReadAttributes`].
    Attributes(Attributes),
    /// To [`Request::ReadAuthCertificate`]: DER.
    AuthCertificate(Vec<u8>),
    /// To [`Request::Sign`].
    Signed(Signed),
    /// To [`Request::Finish`]: logged out, power cut.
    Finished,
}

/// The service could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system gave no thread.
    #[error("no thread for {what}")]
    Thread {
        /// What the thread is for.
        what: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Watches readers and cards and carries out requests, until dropped.
///
/// Dropping it logs out and unpowers a card in session and joins its threads; it must not be dropped from inside
/// its own callback. Threads stuck in a mute card are left behind and counted.
pub struct CardService {
    inbox: Sender<core::Message>,
    core: Option<JoinHandle<()>>,
    abandoned: Arc<AtomicUsize>,
}

impl CardService {
    /// Starts the threads. `on_event` is called on one of them and must not block for long.
    ///
    /// A missing card service is not an error here: it is reported as [`CardEvent::ServiceLost`] and waited for.
    ///
    /// # Errors
    /// [`StartError`] if the system has no threads to give.
    pub fn start(
        config: Config,
        on_event: impl Fn(CardEvent) + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        let (inbox, messages) = mpsc::channel();
        let abandoned = Arc::new(AtomicUsize::new(0));
        let monitor = monitor::Monitor::start(inbox.clone())?;
        let core = core::Core::new(
            config,
            Box::new(on_event),
            inbox.clone(),
            Arc::clone(&abandoned),
        );
        let core = thread::Builder::new()
            .name("card-core".to_owned())
            .spawn(move || core.run(&messages, monitor))
            .map_err(|source| StartError::Thread {
                what: "the card service",
                source,
            })?;
        Ok(Self {
            inbox,
            core: Some(core),
            abandoned,
        })
    }

    /// Asks the card of `ticket`. Requests are carried out one after another; each is answered by one
    /// [`CardEvent::Done`] or [`CardEvent::Failed`].
    pub fn request(&self, ticket: Ticket, request: Request) {
        // The core thread only ends with the service itself.
        let _ = self.inbox.send(core::Message::Request(ticket, request));
    }

    /// Threads now stuck in a card that does not answer. They come back when it is taken away.
    #[must_use]
    pub fn abandoned_threads(&self) -> usize {
        self.abandoned.load(Ordering::Relaxed)
    }
}

impl Drop for CardService {
    fn drop(&mut self) {
        let _ = self.inbox.send(core::Message::Shutdown);
        if let Some(core) = self.core.take()
            && core.thread().id() != thread::current().id()
            && core.join().is_err()
        {
            tracing::error!("the card service thread had panicked");
        }
    }
}
