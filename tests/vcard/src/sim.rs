//! The simulated reader: a thread that plays a card to `vpcd` over TCP, and the handle tests and the control socket
//! hold. It owns the cards and the faults; what a card answers is decided in `card`.
//!
//! ```text
//! pcscd ── libifdvpcd listens on 127.0.0.1:PORT
//!   │  u16 length, message                      connection open   = card on the reader
//!   ▼                                           connection closed = no card
//! this thread: 1 byte: 0 power off · 1 power on · 2 reset · 4 ATR (answered)
//!              else:   an APDU (answered)
//! ```

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::{ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::{
    Card, Effect, Error, Exchange, Fault, Issuer, SecretName,
    faults::{Plan, garble},
    masked,
};

/// How long the card waits before it looks again for a reader that is not there (pcscd being restarted).
const RETRY: Duration = Duration::from_millis(40);

/// "Until somebody takes the card", in a form that instants can be added to.
const FOREVER: Duration = Duration::from_hours(10_000);

/// How many exchanges are kept in memory; the trace file keeps all.
const KEPT: usize = 4096;

/// Where the reader is and what is kept.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// vpcd's TCP port on loopback.
    pub port: u16,
    /// A file that gets one JSON line per APDU, secrets masked.
    pub trace: Option<PathBuf>,
}

/// Commands and bytes since the start or the last reset of the counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Command APDUs.
    pub apdus: u64,
    /// Bytes of commands.
    pub bytes_in: u64,
    /// Bytes of answers.
    pub bytes_out: u64,
}

/// What the reader looks like from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whose card is in hand or on the reader.
    pub persona: String,
    /// Whether it is on the reader.
    pub inserted: bool,
    /// Whether the reader has noticed it and powers it.
    pub powered: bool,
    /// APDUs since insertion.
    pub since_insertion: u64,
    /// Faults still to come.
    pub faults: usize,
    /// Tries left: attributes, sign, auth, resident; `null` where the card has no such secret.
    pub tries: [Option<u8>; 4],
    /// Totals.
    pub counters: Counters,
}

/// A handle on the simulated reader and its cards. Dropping it takes the card away and ends the thread.
#[derive(Debug)]
pub struct SimReader {
    shared: Arc<Shared>,
    issuer: Issuer,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    port: u16,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    cards: BTreeMap<String, Card>,
    current: String,
    inserted: bool,
    stopping: bool,
    /// Counts removals, so that a waiting thread knows that its card is gone even if another lies there now.
    generation: u64,
    stream: Option<TcpStream>,
    plan: Plan,
    delay: Duration,
    counters: Counters,
    exchanges: VecDeque<Exchange>,
    trace: Option<File>,
}

/// What one message from the reader leads to.
#[derive(Debug)]
enum Outcome {
    Nothing,
    Answer {
        bytes: Vec<u8>,
        delay: Duration,
        then_pull: bool,
    },
    Late {
        bytes: Vec<u8>,
        after: Option<Duration>,
    },
    Pulled,
}

impl SimReader {
    /// Starts the thread with `first` in hand, not yet on the reader.
    pub fn start(config: &SimConfig, issuer: Issuer, first: Card) -> Result<Self, Error> {
        let trace = match &config.trace {
            None => None,
            Some(path) => Some(File::create(path).map_err(|source| Error::Write {
                path: path.clone(),
                source,
            })?),
        };
        let name = first.persona().name.clone();
        let shared = Arc::new(Shared {
            port: config.port,
            state: Mutex::new(State {
                cards: BTreeMap::from([(name.clone(), first)]),
                current: name,
                inserted: false,
                stopping: false,
                generation: 0,
                stream: None,
                plan: Plan::default(),
                delay: Duration::ZERO,
                counters: Counters::default(),
                exchanges: VecDeque::new(),
                trace,
            }),
            changed: Condvar::new(),
        });
        let thread = std::thread::Builder::new()
            .name("vcard".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.run()
            })
            .map_err(Error::Thread)?;
        Ok(Self {
            shared,
            issuer,
            thread: Some(thread),
        })
    }

    /// Puts the card in hand on the reader. pcscd notices within its polling interval of 0.4 s.
    pub fn insert(&self) {
        let mut state = self.shared.lock();
        if !state.inserted {
            state.inserted = true;
            state.plan.inserted();
        }
        self.shared.changed.notify_all();
    }

    /// Takes the card off the reader.
    pub fn remove(&self) {
        self.shared.lock().take_off();
        self.shared.changed.notify_all();
    }

    /// Takes the card off the reader and this persona's into the hand; [`SimReader::insert`] puts it down.
    /// A card that was in hand before keeps its PIN counters.
    pub fn take(&self, persona: &str) -> Result<(), Error> {
        self.prepare(persona)?;
        let mut state = self.shared.lock();
        state.take_off();
        persona.clone_into(&mut state.current);
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Makes a persona's card anew, counters and all.
    pub fn reissue(&self, persona: &str) -> Result<(), Error> {
        let card = self.issuer.issue(persona)?;
        let mut state = self.shared.lock();
        if state.current == persona {
            state.take_off();
        }
        state.cards.insert(persona.to_owned(), card);
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Plans a fault.
    pub fn fault(&self, fault: Fault) -> Result<(), Error> {
        if let Effect::Swap(persona) = &fault.effect {
            self.prepare(persona)?;
        }
        self.shared.lock().plan.arm(fault);
        Ok(())
    }

    /// Forgets planned faults and slowness.
    pub fn clear_faults(&self) {
        let mut state = self.shared.lock();
        state.plan.clear();
        state.delay = Duration::ZERO;
    }

    /// Lets every answer take this long.
    pub fn slow(&self, per_apdu: Duration) {
        self.shared.lock().delay = per_apdu;
    }

    /// Sets the tries left on a secret of the card in hand or on the reader.
    pub fn set_tries(&self, secret: SecretName, left: u8) -> Result<(), Error> {
        let mut state = self.shared.lock();
        let name = state.current.clone();
        let card = state.cards.get_mut(&name).ok_or(Error::NotOnCard(name))?;
        card.set_tries(secret, left)
    }

    /// How things stand.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.lock().status()
    }

    /// Totals since the start or the last reset.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.lock().counters
    }

    /// Totals, then from zero again.
    #[expect(clippy::must_use_candidate, reason = "the reset is the point")]
    pub fn reset_counters(&self) -> Counters {
        std::mem::take(&mut self.shared.lock().counters)
    }

    /// The exchanges since the last call (the last few thousand of them), secrets masked.
    #[expect(
        clippy::must_use_candidate,
        reason = "forgetting them may be the point"
    )]
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.shared.lock().exchanges).into()
    }

    /// Waits until `condition` holds; false if it did not within `limit`. Looked at after every event here.
    pub fn wait_until(&self, limit: Duration, mut condition: impl FnMut(&Status) -> bool) -> bool {
        let state = self.shared.lock();
        let outcome = self
            .shared
            .changed
            .wait_timeout_while(state, limit, |state| !condition(&state.status()));
        !outcome
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .timed_out()
    }

    fn prepare(&self, persona: &str) -> Result<(), Error> {
        if self.shared.lock().cards.contains_key(persona) {
            return Ok(());
        }
        let card = self.issuer.issue(persona)?;
        self.shared.lock().cards.insert(persona.to_owned(), card);
        Ok(())
    }
}

impl Drop for SimReader {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        state.take_off();
        drop(state);
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl State {
    fn card(&mut self) -> Option<&mut Card> {
        self.cards.get_mut(&self.current)
    }

    fn take_off(&mut self) {
        self.inserted = false;
        self.generation += 1;
        if let Some(card) = self.card() {
            card.power_off();
        }
        if let Some(stream) = self.stream.take() {
            // Closed already means gone already.
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    fn status(&self) -> Status {
        let card = self.cards.get(&self.current);
        let tries = |secret| card.and_then(|card| card.tries(secret));
        Status {
            persona: self.current.clone(),
            inserted: self.inserted,
            powered: card.is_some_and(Card::is_powered),
            since_insertion: self.plan.seen(),
            faults: self.plan.waiting(),
            tries: [
                tries(SecretName::Attributes),
                tries(SecretName::Sign),
                tries(SecretName::Auth),
                tries(SecretName::Resident),
            ],
            counters: self.counters,
        }
    }

    /// One message from the reader.
    fn handle(&mut self, message: &[u8]) -> Outcome {
        let apdu = match message {
            [0] => {
                self.card().map(Card::power_off);
                return Outcome::Nothing;
            }
            [1] => {
                self.card().map(Card::power_on);
                return Outcome::Nothing;
            }
            [2] => {
                self.card().map(Card::reset);
                return Outcome::Nothing;
            }
            [4] => {
                let atr = self
                    .card()
                    .map(|card| card.atr().to_vec())
                    .unwrap_or_default();
                return Outcome::Answer {
                    bytes: atr,
                    delay: Duration::ZERO,
                    then_pull: false,
                };
            }
            apdu => apdu,
        };
        let effect = self.plan.step();
        self.counters.apdus += 1;
        self.counters.bytes_in += u64::try_from(apdu.len()).unwrap_or(0);
        let outcome = self.play(apdu, effect.as_ref());
        self.keep(apdu, &outcome, effect.as_ref());
        if matches!(outcome, Outcome::Pulled) {
            self.take_off();
        }
        outcome
    }

    /// The card's answer to an APDU, with the fault that belongs to it.
    fn play(&mut self, apdu: &[u8], effect: Option<&Effect>) -> Outcome {
        if let Some(Effect::PullBefore) = effect {
            return Outcome::Pulled;
        }
        if let Some(Effect::Swap(persona)) = effect {
            self.card().map(Card::power_off);
            persona.clone_into(&mut self.current);
            self.card().map(Card::power_on);
        }
        let mut bytes = match effect {
            Some(Effect::Status(word)) => word.to_be_bytes().to_vec(),
            _ => self
                .card()
                .map(|card| card.transmit(apdu))
                .unwrap_or_default(),
        };
        match effect {
            Some(Effect::PullDuring) => return Outcome::Pulled,
            Some(Effect::Mute(after)) => {
                return Outcome::Late {
                    bytes,
                    after: *after,
                };
            }
            Some(Effect::Garbage) => garble(&mut bytes),
            Some(Effect::Truncate(length)) => bytes.truncate(*length),
            Some(Effect::PullBefore | Effect::PullAfter | Effect::Status(_) | Effect::Swap(_))
            | None => {}
        }
        Outcome::Answer {
            bytes,
            delay: self.delay,
            then_pull: matches!(effect, Some(Effect::PullAfter)),
        }
    }

    fn keep(&mut self, apdu: &[u8], outcome: &Outcome, effect: Option<&Effect>) {
        let answer = match outcome {
            Outcome::Answer { bytes, .. }
            | Outcome::Late {
                bytes,
                after: Some(_),
            } => Some(bytes),
            Outcome::Late { after: None, .. } | Outcome::Nothing | Outcome::Pulled => None,
        };
        self.counters.bytes_out +=
            answer.map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(0));
        let exchange = Exchange {
            n: self.plan.seen(),
            persona: self.current.clone(),
            command: masked(apdu),
            answer: answer.map(hex::encode_upper),
            fault: effect.map(|effect| format!("{effect:?}")),
        };
        if let Some(file) = &mut self.trace {
            let written = serde_json::to_string(&exchange)
                .map_err(std::io::Error::other)
                .and_then(|line| writeln!(file, "{line}"));
            if let Err(error) = written {
                tracing::error!(%error, "the trace ends here");
                self.trace = None;
            }
        }
        if self.exchanges.len() == KEPT {
            self.exchanges.pop_front();
        }
        self.exchanges.push_back(exchange);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the card as it was: good enough for a simulator.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: wait for a card, lie on the reader, be taken away, again.
    fn run(&self) {
        loop {
            let mut state = self.lock();
            while !state.inserted && !state.stopping {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.stopping {
                return;
            }
            let generation = state.generation;
            drop(state);
            match self.connect(generation) {
                Ok(stream) => self.lie_on_reader(stream, generation),
                Err(error) => {
                    tracing::debug!(%error, port = self.port, "no reader yet");
                    self.still_there(generation, RETRY);
                }
            }
        }
    }

    fn connect(&self, generation: u64) -> std::io::Result<TcpStream> {
        let reader = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let stream = TcpStream::connect(reader)?;
        stream.set_nodelay(true)?;
        let mut state = self.lock();
        if state.generation != generation || !state.inserted {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        state.stream = Some(stream.try_clone()?);
        Ok(stream)
    }

    /// Serves one connection until the card is taken off or the reader goes away.
    fn lie_on_reader(&self, mut stream: TcpStream, generation: u64) {
        let ended = self.serve(&mut stream, generation);
        if let Err(error) = ended {
            tracing::debug!(%error, "the reader's connection ended");
        }
        drop(stream.shutdown(Shutdown::Both));
        let mut state = self.lock();
        if state.generation == generation {
            // The reader went away under the card: the field is gone, the card still lies there.
            state.stream = None;
            state.card().map(Card::power_off);
        }
    }

    fn serve(&self, stream: &mut TcpStream, generation: u64) -> std::io::Result<()> {
        loop {
            let message = receive(stream)?;
            let mut state = self.lock();
            if state.generation != generation {
                return Ok(());
            }
            let outcome = state.handle(&message);
            drop(state);
            self.changed.notify_all();
            match outcome {
                Outcome::Nothing => {}
                Outcome::Pulled => return Ok(()),
                Outcome::Answer {
                    bytes,
                    delay,
                    then_pull,
                } => {
                    if !delay.is_zero() && !self.still_there(generation, delay) {
                        return Ok(());
                    }
                    if bytes.is_empty() {
                        // A card without power says nothing, and vpcd cannot be told so: it reads the announced zero
                        // bytes with a recv that waits for more than zero, for ever. To a reader, silence is an
                        // exchange that failed; a closed connection is how vpcd reports one.
                        return Ok(());
                    }
                    send(stream, &bytes)?;
                    if then_pull {
                        self.lock().take_off();
                        self.changed.notify_all();
                        return Ok(());
                    }
                }
                Outcome::Late { bytes, after } => {
                    let wait = after.unwrap_or(FOREVER);
                    if !self.still_there(generation, wait) {
                        return Ok(());
                    }
                    send(stream, &bytes)?;
                }
            }
        }
    }

    /// Waits this long, or less if the card is taken away; true if it still lies there.
    fn still_there(&self, generation: u64, wait: Duration) -> bool {
        let end = Instant::now() + wait;
        let mut state = self.lock();
        while state.generation == generation && !state.stopping {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        false
    }
}

/// vpcd writes a message in two segments; without immediate acknowledgement the second waits for the kernel's
/// delayed ACK, 40 ms and more per APDU. The option is forgotten by the kernel, so it is set before each read.
fn receive(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 2];
    acknowledge_at_once(stream)?;
    stream.read_exact(&mut length)?;
    acknowledge_at_once(stream)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message)?;
    Ok(message)
}

fn acknowledge_at_once(stream: &TcpStream) -> std::io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_quickack(true)
}

/// One segment per message, which is more than vpcd does.
fn send(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| ErrorKind::InvalidData)?;
    let framed = [&length.to_be_bytes()[..], message].concat();
    stream.write_all(&framed)
}
