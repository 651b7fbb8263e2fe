//! The front panel from the kiosk's side: a thread that keeps it showing what it should, and says how it is.
//!
//! ```text
//!          ┌────────────── port gone, silent ──────────────┐
//!          v                                               │
//!   Absent ── opened ──> Identify ──┬─ same tables ──> Ready: Set at every change and every 2 s; news as they come
//!     ^                             └─ other tables ─> OtherTables: nothing is read; new firmware may help
//!     └── no port                   (no answer) ─────> Silent
//! ```
//!
//! Whatever happens to the panel, whoever started the thread goes on: every order returns at once, and [`News`] say the rest. Knows
//! nothing of visits; what a pattern means is the caller's.

mod client;
mod port;

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use client::{AskError, Client};
pub use ubugoe_icd::{
    Ask, Board, Identity, Lamp, Pattern, Presence, Scene, Senses, Sound, Tamper, UpdateRefusal,
};
use ubugoe_icd::{
    Slot, Table as _, Tell,
    image::{HEAD, Head},
};

use crate::port::wait_for_order;

/// How the driver works.
#[derive(Debug, Clone)]
pub struct Config {
    /// The serial port.
    pub path: PathBuf,
    /// How long one try of a question may take.
    pub patience: Duration,
    /// How often the panel hears from us at least. It takes us for dead after ten seconds.
    pub heartbeat: Duration,
    /// Between two tries to reach a panel.
    pub retry: Duration,
    /// How long the panel is to bear our silence after an orderly end, in seconds.
    pub leave: u16,
}

impl Config {
    /// As the appliance has it.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self {
            path,
            patience: Duration::from_millis(300),
            heartbeat: Duration::from_secs(2),
            retry: Duration::from_secs(1),
            leave: Ask::LONGEST_LEAVE,
        }
    }
}

/// How it stands with the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// There is no such port.
    Absent,
    /// There is a port, and nobody answers.
    Silent,
    /// It was built from other tables than this program: it shows nothing of ours.
    OtherTables(Identity),
    /// It does what it is told.
    Ready(Identity),
}

/// What the driver says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The condition is another.
    Condition(Condition),
    /// What the panel senses. Only while it is [`Condition::Ready`].
    Senses(Senses),
    /// New firmware was taken up to here, in bytes done and in all.
    Updating(u32, u32),
    /// This version runs and stays.
    Updated(u32),
    /// New firmware was not taken, or did not stay; the old one runs.
    NotUpdated(Option<UpdateRefusal>),
}

#[derive(Debug)]
enum Order {
    Show(Scene),
    Do(Ask),
    Offer(Vec<Vec<u8>>),
    Stop,
}

/// A handle to the thread. Dropping it tells the panel that the kiosk goes, and ends the thread.
#[derive(Debug)]
pub struct Panel {
    orders: mpsc::Sender<Order>,
    waker: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Panel {
    /// Starts the thread. `news` is called on it.
    ///
    /// # Errors
    /// What the system says about a thread or a pair of sockets. Not: a panel that is not there.
    pub fn start(config: Config, news: impl FnMut(News) + Send + 'static) -> io::Result<Self> {
        let (orders, from) = mpsc::channel();
        let (waker, woken) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let thread = thread::Builder::new()
            .name("panel".to_owned())
            .spawn(move || {
                let worker = Worker {
                    config,
                    news,
                    orders: from,
                    woken,
                    said: None,
                    scene: Scene::default(),
                    pending: Vec::new(),
                    offer: None,
                    trying: None,
                    stop: false,
                };
                worker.run();
            })?;
        Ok(Self {
            orders,
            waker,
            thread: Some(thread),
        })
    }

    /// Show this from now on, also after the panel was away.
    pub fn show(&self, scene: Scene) {
        self.send(Order::Show(scene));
    }

    /// Sound this, if the panel is there; it is not made up for later.
    pub fn sound(&self, sound: Sound) {
        self.send(Order::Do(Ask::Buzz(sound)));
    }

    /// Openings of the case up to this count are on record.
    pub fn note_tamper(&self, openings: u16) {
        self.send(Order::Do(Ask::NoteTamper { openings }));
    }

    /// Light every lamp for two seconds.
    pub fn test_lamps(&self) {
        self.send(Order::Do(Ask::TestLamps));
    }

    /// Firmware, one image for each slot. The one that fits is given to the panel if it is newer than what runs.
    pub fn offer(&self, images: Vec<Vec<u8>>) {
        self.send(Order::Offer(images));
    }

    fn send(&self, order: Order) {
        // Fails only when the thread has ended; a full pipe wakes it as well.
        let _ = self.orders.send(order);
        let _ = (&self.waker).write(&[1]);
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Worker<N> {
    config: Config,
    news: N,
    orders: mpsc::Receiver<Order>,
    woken: UnixStream,
    said: Option<Condition>,
    scene: Scene,
    /// What is to be done once.
    pending: Vec<Ask>,
    offer: Option<Vec<Vec<u8>>>,
    /// The version that was switched to and is not known to stay.
    trying: Option<u32>,
    stop: bool,
}

impl<N: FnMut(News)> Worker<N> {
    fn run(mut self) {
        while !self.stop {
            let mut client = match Client::open(&self.config.path, self.config.patience) {
                Ok(client) => client,
                Err(error) => {
                    if self.said != Some(Condition::Absent) {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, path = %self.config.path.display(), "no front panel");
                    }
                    self.condition(Condition::Absent);
                    self.pause();
                    continue;
                }
            };
            match self.session(&mut client) {
                Ok(()) => {}
                Err(AskError::Gone(_)) => self.condition(Condition::Absent),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the front panel is lost"
                    );
                    self.condition(Condition::Silent);
                }
            }
            if self.stop {
                self.farewell(&mut client);
            } else {
                self.pause();
            }
        }
    }

    /// From a first word to the last.
    fn session(&mut self, client: &mut Client) -> Result<(), AskError> {
        let identity = client.identify()?;
        if self.update(client, &identity)? {
            // It starts anew; who it is then is asked anew.
            return Ok(());
        }
        if (identity.ask, identity.tell) != (Ask::SCHEMA, Tell::SCHEMA) {
            return self.beside_a_stranger(client, identity);
        }
        let senses = client.tell(&Ask::Set(self.scene))?;
        if identity.trial {
            // It does what it is told: this firmware is good.
            client.confirm(identity.version)?;
        }
        self.tried(&identity);
        self.condition(Condition::Ready(identity));
        (self.news)(News::Senses(senses));
        let mut shown = self.scene;
        let mut next = Instant::now() + self.config.heartbeat;
        while !self.stop {
            self.take_orders();
            if self.offer.is_some() {
                return Ok(());
            }
            if shown != self.scene || Instant::now() >= next {
                shown = self.scene;
                next = Instant::now() + self.config.heartbeat;
                let senses = client.tell(&Ask::Set(shown))?;
                (self.news)(News::Senses(senses));
            }
            for ask in std::mem::take(&mut self.pending) {
                match client.tell(&ask) {
                    Ok(senses) => (self.news)(News::Senses(senses)),
                    // A sound that was not heard is not worth a panel.
                    Err(AskError::Silent | AskError::Unreadable) => {}
                    Err(error) => return Err(error),
                }
            }
            client.listen(next, Some(&self.woken))?;
            for senses in client.take_aside() {
                (self.news)(News::Senses(senses));
            }
        }
        Ok(())
    }

    /// Nothing can be shown; hearing from us it leaves our power alone.
    fn beside_a_stranger(
        &mut self,
        client: &mut Client,
        identity: Identity,
    ) -> Result<(), AskError> {
        if self.said != Some(Condition::OtherTables(identity)) {
            tracing::error!(?identity, "the front panel was built from other tables");
        }
        if !identity.trial {
            self.tried(&identity);
        }
        self.condition(Condition::OtherTables(identity));
        while !self.stop && self.offer.is_none() {
            client.listen(Instant::now() + self.config.heartbeat, Some(&self.woken))?;
            client.take_aside();
            self.take_orders();
            self.pending.clear();
            if client.identify()? != identity {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Gives the panel what is offered, if it is newer; true when it starts anew.
    fn update(&mut self, client: &mut Client, identity: &Identity) -> Result<bool, AskError> {
        let Some(images) = self.offer.take() else {
            return Ok(false);
        };
        let fitting = images.iter().find_map(|image| {
            let (slot, version) = image_of(image)?;
            let newer = version > identity.version && slot != identity.slot;
            (newer && !identity.trial).then_some((image, version))
        });
        let Some((image, version)) = fitting else {
            return Ok(false);
        };
        let mut shown = self.scene;
        let given = client.update(image, |client, done, all| {
            (self.news)(News::Updating(done, all));
            self.take_orders();
            if shown != self.scene {
                shown = self.scene;
                // A panel of other tables cannot; it is told again once it is new.
                let _ = client.tell(&Ask::Set(shown));
            }
            Ok(())
        });
        match given {
            Ok(()) => {
                self.trying = Some(version);
                Ok(true)
            }
            Err(AskError::Update(why)) => {
                tracing::error!(?why, version, "the front panel does not take its firmware");
                (self.news)(News::NotUpdated(Some(why)));
                Ok(false)
            }
            Err(error) => {
                // The line broke: once more from where it stopped.
                self.offer = Some(images);
                Err(error)
            }
        }
    }

    fn tried(&mut self, identity: &Identity) {
        let Some(version) = self.trying.take() else {
            return;
        };
        if identity.version == version {
            tracing::info!(version, "the front panel has new firmware");
            (self.news)(News::Updated(version));
        } else {
            tracing::error!(
                version,
                runs = identity.version,
                "the front panel went back"
            );
            (self.news)(News::NotUpdated(None));
        }
    }

    fn condition(&mut self, condition: Condition) {
        if self.said != Some(condition) {
            self.said = Some(condition);
            tracing::info!(?condition, "front panel");
            (self.news)(News::Condition(condition));
        }
    }

    fn take_orders(&mut self) {
        let mut drained = [0; 64];
        while (&self.woken).read(&mut drained).is_ok_and(|read| read > 0) {}
        loop {
            match self.orders.try_recv() {
                Ok(Order::Show(scene)) => self.scene = scene,
                // Quiet when it was ordered: a scene that comes right after it does not bring it back.
                Ok(Order::Do(Ask::Buzz(_))) if self.scene.quiet => {}
                Ok(Order::Do(ask)) => self.pending.push(ask),
                Ok(Order::Offer(images)) => self.offer = Some(images),
                Ok(Order::Stop) | Err(mpsc::TryRecvError::Disconnected) => {
                    self.stop = true;
                    return;
                }
                Err(mpsc::TryRecvError::Empty) => return,
            }
        }
    }

    /// Between two tries. What was to sound meanwhile is past.
    fn pause(&mut self) {
        let until = Instant::now() + self.config.retry;
        while !self.stop && Instant::now() < until {
            if wait_for_order(until, &self.woken).is_err() {
                break;
            }
            self.take_orders();
        }
        self.pending.clear();
    }

    /// The kiosk ends in order: the panel says so, and does not cut its power meanwhile.
    fn farewell(&self, client: &mut Client) {
        if !matches!(self.said, Some(Condition::Ready(_))) {
            return;
        }
        let last = Scene {
            pattern: Pattern::OutOfService,
            card_slot: false,
            ..self.scene
        };
        let leave = Ask::Leave {
            seconds: self.config.leave,
        };
        let said = client
            .tell(&Ask::Set(last))
            .and_then(|_| client.tell(&leave));
        if let Err(error) = said {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "no farewell to the front panel"
            );
        }
    }
}

/// Which slot an image is for, and its version; `None` when it is no image.
#[must_use]
pub fn image_of(image: &[u8]) -> Option<(Slot, u32)> {
    let head = Head::from_bytes(image.first_chunk::<HEAD>()?)?;
    Some((head.slot, head.version))
}
