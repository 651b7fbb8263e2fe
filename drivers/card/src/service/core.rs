//! The one thread that knows everything: which readers, which card, whose turn. It alone calls the owner back, so
//! events have one order. Must not wait for a card.
//!
//! A reader in its life:
//! ```text
//!            present             looked            request / answer
//!   Empty ───────────▶ Looking ─────────▶ Open ◀──────────────────┐
//!     ▲                  │  │ in use        │ ───────────────────────┘
//!     │ removed          │  └─▶ Waiting ─┐  │ card lost: look again with a new ticket
//!     │                  │ unusable  ◀───┘  │ finished, mute
//!     └──────────────── Spent ◀─────────────┘
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::monitor::{Monitor, Seen};
use super::worker::{self, Pulse, Task, Word};
use super::{CardEvent, Config, Reply, Request, Ticket};
use crate::error::{CardError, Unusable};
use crate::session::{Cost, Look, Policy};
use crate::transport::TransmitError;

/// PC/SC wakes nobody when another program lets a card go, so this is asked again. Only while one holds it.
const IN_USE_AGAIN: Duration = Duration::from_millis(200);
/// When to look again at a card that the service still reports but that cannot be reached. Longer than pcscd's own
/// polling (400 ms): measured, every attempt to connect puts off its noticing that the card is gone.
const UNREACHABLE_AGAIN: Duration = Duration::from_millis(700);
/// How often a card is looked at that is reported but cannot be reached.
const LOOKS: u32 = 4;

/// What the core is told.
pub(super) enum Message {
    Request(Ticket, Request),
    Readers(Vec<Seen>),
    ServiceLost,
    ServiceBack,
    Worker(u64, Word),
    Shutdown,
}

/// A worker thread and the line to it.
struct Worker {
    number: u64,
    requests: Sender<Request>,
    pulse: Pulse,
}

/// A card that has not been looked at with success yet.
#[derive(Clone, Copy)]
struct Arrival {
    ticket: Ticket,
    /// The owner was told that another program holds it.
    reported: bool,
    /// Another program has held it since.
    held_since: Option<Instant>,
    /// Looks left if it vanishes again.
    looks: u32,
}

impl Arrival {
    fn new(ticket: Ticket) -> Self {
        Self {
            ticket,
            reported: false,
            held_since: None,
            looks: LOOKS,
        }
    }
}

/// Where a reader stands.
enum Slot {
    Empty,
    /// A worker is connecting and looking.
    Looking {
        worker: Worker,
        arrival: Arrival,
    },
    /// To be looked at, as soon as `at` has come and no worker is left on the reader.
    Waiting {
        arrival: Arrival,
        at: Option<Instant>,
    },
    /// A card in session; `open` requests are unanswered.
    Open {
        worker: Worker,
        ticket: Ticket,
        open: usize,
    },
    /// Nothing more will be done with what lies there; `ticket` if its end is still to be told.
    Spent {
        ticket: Option<Ticket>,
    },
}

struct Reader {
    slot: Slot,
    present: bool,
    events: u32,
    /// Workers that have not ended yet, with whether they were given up.
    workers: HashMap<u64, bool>,
    probe_out: Arc<AtomicBool>,
}

impl Reader {
    fn new() -> Self {
        Self {
            slot: Slot::Empty,
            present: false,
            events: 0,
            workers: HashMap::new(),
            probe_out: Arc::default(),
        }
    }
}

pub(super) struct Core {
    config: Config,
    on_event: Box<dyn Fn(CardEvent) + Send + Sync>,
    inbox: Sender<Message>,
    abandoned: Arc<AtomicUsize>,
    readers: HashMap<String, Reader>,
    /// Readers as last told to the owner.
    told: Option<Vec<String>>,
    next: u64,
}

impl Core {
    pub(super) fn new(
        config: Config,
        on_event: Box<dyn Fn(CardEvent) + Send + Sync>,
        inbox: Sender<Message>,
        abandoned: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            config,
            on_event,
            inbox,
            abandoned,
            readers: HashMap::new(),
            told: None,
            next: 1,
        }
    }

    pub(super) fn run(mut self, messages: &Receiver<Message>, monitor: Monitor) {
        loop {
            let message = match self.deadline() {
                Some(at) => {
                    match messages.recv_timeout(at.saturating_duration_since(Instant::now())) {
                        Ok(message) => Some(message),
                        Err(RecvTimeoutError::Timeout) => None,
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
                None => match messages.recv() {
                    Ok(message) => Some(message),
                    Err(_) => break,
                },
            };
            match message {
                Some(Message::Shutdown) => break,
                Some(message) => self.hear(message),
                None => {}
            }
            self.look_at_the_clock();
        }
        drop(monitor);
        self.shut_down(messages);
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Request(ticket, request) => self.pass_on(ticket, request),
            Message::Readers(seen) => self.follow(&seen),
            Message::ServiceLost => {
                let names: Vec<String> = self.readers.keys().cloned().collect();
                self.readers_gone(names, &service_gone());
                // What the readers are is not known now; the next list is news, even if it is the same.
                self.told = None;
                self.tell(CardEvent::ServiceLost);
            }
            Message::ServiceBack => self.tell(CardEvent::ServiceBack),
            Message::Worker(number, word) => self.listen(number, word),
            Message::Shutdown => {}
        }
    }

    fn tell(&self, event: CardEvent) {
        (self.on_event)(event);
    }

    fn mint(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    // ---- the owner's requests ------------------------------------------------------------------------------

    fn pass_on(&mut self, wanted: Ticket, request: Request) {
        let slot = self
            .readers
            .values_mut()
            .map(|reader| &mut reader.slot)
            .find(|slot| matches!(slot, Slot::Open { ticket, .. } if *ticket == wanted));
        let accepted = match slot {
            Some(Slot::Open { worker, open, .. }) if worker.requests.send(request).is_ok() => {
                *open += 1;
                true
            }
            _ => false,
        };
        if !accepted {
            self.tell(CardEvent::Failed {
                ticket: wanted,
                error: CardError::OldTicket,
            });
        }
    }

    // ---- readers -------------------------------------------------------------------------------------------

    fn follow(&mut self, seen: &[Seen]) {
        let wanted: Vec<&Seen> = seen
            .iter()
            .filter(|seen| match &self.config.reader_name_contains {
                Some(part) => seen.reader.contains(part),
                None => true,
            })
            .collect();
        let names: Vec<String> = wanted.iter().map(|seen| seen.reader.clone()).collect();
        let gone: Vec<String> = self
            .readers
            .keys()
            .filter(|name| !names.contains(name))
            .cloned()
            .collect();
        self.readers_gone(gone, &removed());
        if self.told.as_ref() != Some(&names) {
            self.told = Some(names.clone());
            self.tell(CardEvent::Readers(names));
        }
        for seen in wanted {
            self.follow_one(seen);
        }
    }

    fn readers_gone(&mut self, names: Vec<String>, error: &CardError) {
        for name in names {
            self.end(&name, error);
            if let Some(reader) = self.readers.get_mut(&name) {
                reader.present = false;
            }
        }
    }

    fn follow_one(&mut self, seen: &Seen) {
        let reader = self
            .readers
            .entry(seen.reader.clone())
            .or_insert_with(Reader::new);
        let was = (reader.present, reader.events);
        reader.present = seen.present;
        reader.events = seen.events;
        let same_card = was == (true, seen.events);
        if !seen.present || (was.0 && !same_card) {
            self.end(&seen.reader, &removed());
        }
        if !seen.present || same_card {
            return;
        }
        let ticket = Ticket(self.mint());
        if seen.mute {
            self.spend(&seen.reader, ticket);
            let why = Unusable::Unresponsive;
            self.tell(CardEvent::Unusable { ticket, why });
        } else {
            self.look_later(&seen.reader, Arrival::new(ticket), None);
        }
    }

    fn settle(&mut self, name: &str, slot: Slot) {
        if let Some(reader) = self.readers.get_mut(name) {
            reader.slot = slot;
        }
    }

    /// Ends whatever goes on at a reader and tells the owner, if the owner knows of it. The worker hears of it by
    /// losing its line; it logs out and leaves.
    fn end(&mut self, name: &str, error: &CardError) {
        let Some(reader) = self.readers.get_mut(name) else {
            return;
        };
        match std::mem::replace(&mut reader.slot, Slot::Empty) {
            Slot::Empty | Slot::Spent { ticket: None } => {}
            Slot::Looking { arrival, .. } | Slot::Waiting { arrival, .. } => {
                if arrival.reported {
                    let ticket = arrival.ticket;
                    self.tell(CardEvent::Removed { ticket });
                }
            }
            Slot::Open { ticket, open, .. } => {
                self.fail_open(ticket, open, error);
                self.tell(CardEvent::Removed { ticket });
            }
            Slot::Spent {
                ticket: Some(ticket),
            } => self.tell(CardEvent::Removed { ticket }),
        }
    }

    fn fail_open(&self, ticket: Ticket, open: usize, error: &CardError) {
        for _ in 0..open {
            self.tell(CardEvent::Failed {
                ticket,
                error: error.clone(),
            });
        }
    }

    // ---- looking -------------------------------------------------------------------------------------------

    fn look_later(&mut self, name: &str, arrival: Arrival, at: Option<Instant>) {
        self.settle(name, Slot::Waiting { arrival, at });
        self.look_if_due(name);
    }

    /// Starts a worker for a reader that waits for one, once nobody of ours holds it.
    fn look_if_due(&mut self, name: &str) {
        let Some(reader) = self.readers.get(name) else {
            return;
        };
        let Slot::Waiting { arrival, at } = reader.slot else {
            return;
        };
        if !reader.workers.is_empty() || at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let number = self.mint();
        let again = arrival.looks < LOOKS;
        if let Some(worker) = self.start_worker(name, number, again) {
            self.settle(name, Slot::Looking { worker, arrival });
        } else {
            self.spend(name, arrival.ticket);
            self.tell(CardEvent::Unusable {
                ticket: arrival.ticket,
                why: Unusable::Failed(CardError::WorkerStopped),
            });
        }
    }

    /// Does nothing more with what lies on the reader, until it is taken away.
    fn spend(&mut self, name: &str, ticket: Ticket) {
        let ticket = Some(ticket);
        self.settle(name, Slot::Spent { ticket });
    }

    fn start_worker(&mut self, name: &str, number: u64, power_cycle: bool) -> Option<Worker> {
        let reader = self.readers.get_mut(name)?;
        let (requests, receiver) = mpsc::channel();
        let pulse = Pulse::default();
        let task = Task {
            number,
            reader: name.to_owned(),
            policy: Policy {
                extended_length: self.config.extended_length
                    && !reader.probe_out.load(Ordering::SeqCst),
                check_integrity: self.config.integrity.check,
                roots: self.config.integrity.roots.clone(),
            },
            pulse: pulse.clone(),
            probe_out: Arc::clone(&reader.probe_out),
            power_cycle,
            requests: receiver,
            inbox: self.inbox.clone(),
        };
        let spawned = thread::Builder::new()
            .name(format!("card-{number}"))
            .spawn(move || worker::run(task));
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread for a card");
            return None;
        }
        reader.workers.insert(number, false);
        Some(Worker {
            number,
            requests,
            pulse,
        })
    }

    // ---- what workers say ----------------------------------------------------------------------------------

    /// The reader whose present worker has this number.
    fn reader_of(&self, number: u64) -> Option<String> {
        self.readers
            .iter()
            .find(|(_, reader)| match &reader.slot {
                Slot::Looking { worker, .. } | Slot::Open { worker, .. } => worker.number == number,
                Slot::Empty | Slot::Waiting { .. } | Slot::Spent { .. } => false,
            })
            .map(|(name, _)| name.clone())
    }

    fn listen(&mut self, number: u64, word: Word) {
        if matches!(word, Word::Ended) {
            self.worker_ended(number);
            return;
        }
        // A worker that was given up may still talk; its card is no longer anybody's business.
        let Some(name) = self.reader_of(number) else {
            return;
        };
        match word {
            Word::Looked(look) => self.looked(&name, look),
            Word::NotConnected(TransmitError::Shared(_)) => self.in_use(&name),
            Word::NotConnected(error) => {
                tracing::debug!(%error, source = ?error, "the card could not be connected to");
                self.look_again_or(&name, Unusable::Unresponsive);
            }
            // It vanished during the look; it may be back in a moment, and the owner need not know.
            Word::NotUsable(why @ Unusable::Failed(CardError::Gone { .. })) => {
                self.look_again_or(&name, why);
            }
            Word::NotUsable(why) => self.unusable(&name, why),
            Word::Answered { result, over } => self.answered(&name, result, over),
            Word::Ended => {}
        }
    }

    /// The arrival whose look is over; the caller says what becomes of the reader.
    fn take_looking(&mut self, name: &str) -> Option<(Worker, Arrival)> {
        let reader = self.readers.get_mut(name)?;
        match std::mem::replace(&mut reader.slot, Slot::Spent { ticket: None }) {
            Slot::Looking { worker, arrival } => Some((worker, arrival)),
            other => {
                reader.slot = other;
                None
            }
        }
    }

    fn looked(&mut self, name: &str, look: Look) {
        let today = self.config.today.as_ref().and_then(|today| today());
        match (look.card_expiry, today) {
            // The last day itself is still a valid one.
            (Some(on), Some(today)) if today > on => self.unusable(name, Unusable::Expired { on }),
            _ => {
                if let Some((worker, Arrival { ticket, .. })) = self.take_looking(name) {
                    let slot = Slot::Open {
                        worker,
                        ticket,
                        open: 0,
                    };
                    self.settle(name, slot);
                    self.tell(CardEvent::Inserted { ticket, look });
                }
            }
        }
    }

    fn unusable(&mut self, name: &str, why: Unusable) {
        if let Some((_, Arrival { ticket, .. })) = self.take_looking(name) {
            self.spend(name, ticket);
            self.tell(CardEvent::Unusable { ticket, why });
        }
    }

    fn in_use(&mut self, name: &str) {
        let now = Instant::now();
        let Some((_, mut arrival)) = self.take_looking(name) else {
            return;
        };
        let since = *arrival.held_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= self.config.in_use_after && !arrival.reported {
            arrival.reported = true;
            self.tell(CardEvent::Unusable {
                ticket: arrival.ticket,
                why: Unusable::InUse,
            });
        }
        self.look_later(name, arrival, Some(now + IN_USE_AGAIN));
    }

    /// Looks again, unless that has been tried often enough: then the owner is told why not. If the card is
    /// really gone, the monitor says so before.
    fn look_again_or(&mut self, name: &str, why: Unusable) {
        let Some((_, mut arrival)) = self.take_looking(name) else {
            return;
        };
        arrival.looks = arrival.looks.saturating_sub(1);
        if arrival.looks > 0 {
            self.look_later(name, arrival, Some(Instant::now() + UNREACHABLE_AGAIN));
        } else {
            let ticket = arrival.ticket;
            self.spend(name, ticket);
            self.tell(CardEvent::Unusable { ticket, why });
        }
    }

    fn answered(&mut self, name: &str, result: Result<(Reply, Cost), CardError>, over: bool) {
        let Some(reader) = self.readers.get_mut(name) else {
            return;
        };
        let Slot::Open { ticket, open, .. } = &mut reader.slot else {
            return;
        };
        *open = open.saturating_sub(1);
        let (ticket, left) = (*ticket, *open);
        let finished = matches!(&result, Ok((Reply::Finished, _)));
        self.tell(match result {
            Ok((reply, cost)) => CardEvent::Done {
                ticket,
                reply,
                cost,
            },
            Err(error) => CardEvent::Failed { ticket, error },
        });
        if !over {
            return;
        }
        self.fail_open(ticket, left, &CardError::OldTicket);
        if finished {
            self.spend(name, ticket);
        } else {
            self.lost(name, ticket);
        }
    }

    /// The session broke off, and only the monitor knows whether something still lies there. What does is another
    /// insertion.
    fn lost(&mut self, name: &str, ticket: Ticket) {
        self.tell(CardEvent::Removed { ticket });
        let next = Ticket(self.mint());
        self.look_later(name, Arrival::new(next), None);
    }

    fn worker_ended(&mut self, number: u64) {
        // Without a last answer, it panicked.
        if let Some(name) = self.reader_of(number) {
            let open = match self.readers.get(&name).map(|reader| &reader.slot) {
                Some(Slot::Open { ticket, open, .. }) => Some((*ticket, *open)),
                _ => None,
            };
            match open {
                Some((ticket, open)) => {
                    self.fail_open(ticket, open, &CardError::WorkerStopped);
                    self.spend(&name, ticket);
                }
                None => self.unusable(&name, Unusable::Failed(CardError::WorkerStopped)),
            }
        }
        let holder = self
            .readers
            .iter_mut()
            .find_map(|(name, reader)| Some((name.clone(), reader.workers.remove(&number)?)));
        if let Some((name, given_up)) = holder {
            if given_up {
                self.abandoned.fetch_sub(1, Ordering::Relaxed);
            }
            self.look_if_due(&name);
        }
    }

    // ---- time ----------------------------------------------------------------------------------------------

    /// When to look at the clock next; `None` while nothing depends on it.
    fn deadline(&self) -> Option<Instant> {
        let now = Instant::now();
        self.readers
            .values()
            .filter_map(|reader| match &reader.slot {
                Slot::Waiting { at, .. } if reader.workers.is_empty() => at.or(Some(now)),
                Slot::Looking { worker, .. } => {
                    Some(worker.pulse.waiting_since().unwrap_or(now) + self.config.mute_after)
                }
                Slot::Open { worker, open, .. } if *open > 0 => {
                    Some(worker.pulse.waiting_since().unwrap_or(now) + self.config.mute_after)
                }
                Slot::Empty | Slot::Waiting { .. } | Slot::Open { .. } | Slot::Spent { .. } => None,
            })
            .min()
    }

    fn look_at_the_clock(&mut self) {
        let names: Vec<String> = self.readers.keys().cloned().collect();
        for name in names {
            self.look_if_due(&name);
            self.give_up_if_mute(&name);
        }
    }

    /// Gives up a worker whose card has not answered for too long. The thread cannot be called back from
    /// `SCardTransmit`; it returns when the card is taken away.
    fn give_up_if_mute(&mut self, name: &str) {
        let after = self.config.mute_after;
        let Some(reader) = self.readers.get_mut(name) else {
            return;
        };
        let (worker, ticket, open) = match &reader.slot {
            Slot::Looking { worker, arrival } => (worker, arrival.ticket, None),
            Slot::Open {
                worker,
                ticket,
                open,
            } if *open > 0 => (worker, *ticket, Some(*open)),
            Slot::Empty | Slot::Waiting { .. } | Slot::Open { .. } | Slot::Spent { .. } => return,
        };
        let mute = worker
            .pulse
            .waiting_since()
            .is_some_and(|since| since.elapsed() >= after);
        if !mute {
            return;
        }
        reader.workers.insert(worker.number, true);
        self.abandoned.fetch_add(1, Ordering::Relaxed);
        reader.slot = Slot::Spent {
            ticket: Some(ticket),
        };
        let error = CardError::Mute { after };
        match open {
            Some(open) => self.fail_open(ticket, open, &error),
            None => self.tell(CardEvent::Unusable {
                ticket,
                why: Unusable::Failed(error),
            }),
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------

    /// Lets every worker log out, and waits for those that are not stuck.
    fn shut_down(mut self, messages: &Receiver<Message>) {
        for reader in self.readers.values_mut() {
            reader.slot = Slot::Empty;
        }
        let until = Instant::now() + self.config.mute_after;
        while self
            .readers
            .values()
            .any(|reader| reader.workers.values().any(|given_up| !given_up))
        {
            let left = until.saturating_duration_since(Instant::now());
            match messages.recv_timeout(left) {
                Ok(Message::Worker(number, Word::Ended)) => {
                    for reader in self.readers.values_mut() {
                        reader.workers.remove(&number);
                    }
                }
                Ok(_) => {}
                Err(_) => {
                    tracing::warn!("a card did not let go in time");
                    return;
                }
            }
        }
    }
}

fn removed() -> CardError {
    CardError::Gone {
        source: TransmitError::Removed(pcsc::Error::RemovedCard),
    }
}

fn service_gone() -> CardError {
    CardError::Gone {
        source: TransmitError::Service(pcsc::Error::NoService),
    }
}
