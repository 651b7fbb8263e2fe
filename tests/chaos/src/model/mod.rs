//! The way of a filing as a small machine, explored to its last state.
//!
//! One device, two cities, two filings for the first and one for the second; a broker that may lose, repeat, reorder and
//! forget; crashes on both ends; a database restored from a backup. Each action stands for a function of the product:
//!
//! | action | real code |
//! |---|---|
//! | `Send` | `Link` hands a row over: `Outbox::to_send`, `mark_sent` |
//! | `Requeue` | a new connection, or no receipt in time: `reopen_unsettled`, `Flight::resend_due` |
//! | `Deliver` an envelope | `Ingest::land`: open, one transaction, receipt |
//! | `CommitAndCrash` | the same, killed between commit and receipt; the broker brings the envelope again |
//! | `Deliver` a receipt | `Outbox::retire`: signature, recipient, digest |
//! | `Forge` | somebody without a city's key signs a receipt |
//! | `BackUp`, `Restore` | the city's database; after it `ubugoe-city after-restore` begins an era and orders `Resend` |
//! | `SendOrder`, `Deliver` an order | the order is repeated until it is answered; `Outbox::ask_again` |
//! | `Lose`, `Repeat`, `Forget` | the broker |
//!
//! What must hold in every state: a row that is shown as arrived was committed by its city, and still is unless the database
//! was restored and the device is going to be asked; no city holds a filing twice; nothing forged settles a row. And from
//! every state there is a way to the end, where each row has arrived and each city holds it: nothing is ever stuck.
//! (That a receipt carries its city's era was found here: without it, one that was on its way when the database was restored
//! ended the asking, and the filing was lost.) [`Protocol`] lists wrong ways of working, each of which breaks one of these and must be found ([`explore`]).
//!
//! `stateright` was considered and left: it brings a web server and a random walk that this small space does not need.

pub mod explore;
pub mod replay;

/// Rows: for the first city, the first city, the second.
pub const ROWS: usize = 3;
/// Cities.
pub const CITIES: usize = 2;
/// Most messages that are under way at once.
const UNDER_WAY: usize = 3;

/// Which city a row is for.
#[must_use]
pub const fn city_of(row: usize) -> usize {
    if row < 2 { 0 } else { 1 }
}

/// Whether the product's way of working, or a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// As it is.
    Ours,
    /// A row is done when the broker took it.
    RetireAtPuback,
    /// The city inserts what it gets.
    NoDeduplication,
    /// The city answers, then commits.
    ReceiptBeforeCommit,
    /// The device believes any receipt.
    BelieveAnyReceipt,
    /// What was sent once is not sent again.
    SendOnce,
    /// Sealed bytes are dropped as soon as the receipt is there.
    ForgetAtReceipt,
    /// A receipt of before the restore ends the asking after it.
    NoEras,
}

impl Protocol {
    /// The wrong ones.
    pub const WRONG: [Self; 7] = [
        Self::RetireAtPuback,
        Self::NoDeduplication,
        Self::ReceiptBeforeCommit,
        Self::BelieveAnyReceipt,
        Self::SendOnce,
        Self::ForgetAtReceipt,
        Self::NoEras,
    ];
}

/// Where a row stands on the device's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stand {
    /// To be sent.
    Queued,
    /// With the broker.
    Sent,
    /// Receipted.
    Arrived,
    /// Receipted, and asked for once more.
    Again,
    /// The same, and sent.
    AgainSent,
}

impl Stand {
    /// Whether the family is shown that it arrived.
    #[must_use]
    pub const fn has_arrived(self) -> bool {
        matches!(self, Self::Arrived | Self::Again | Self::AgainSent)
    }
}

/// A message with the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// A sealed row.
    Envelope(usize),
    /// A receipt for a row, signed before (0) or after (1) the city was restored.
    Receipt(usize, u8),
    /// A receipt for a row that its city did not sign.
    Forged(usize),
    /// The first city asks for what it lost.
    Order,
    /// The device says that it does.
    Obeyed,
}

/// Everything that matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    /// The device's rows.
    pub rows: [Stand; ROWS],
    /// How often each row is in its city's database.
    pub held: [u8; ROWS],
    /// What the first city's backup holds, once there is one.
    pub backup: Option<[u8; ROWS]>,
    /// The first city was restored and waits for the device's answer.
    pub asking: bool,
    /// How often the first city was restored, as it knows and as the device knows.
    pub eras: [u8; 2],
    /// Under way, sorted: a broker keeps no order.
    pub under_way: Vec<Message>,
    /// Ever committed; no action reads it.
    pub once: [bool; ROWS],
    /// How much may still go wrong: repetitions, city crashes, restores, forgeries.
    pub left: [u8; 4],
}

const REPEATS: usize = 0;
const CRASHES: usize = 1;
const RESTORES: usize = 2;
const FORGERIES: usize = 3;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A row goes to the broker.
    Send(usize),
    /// What was sent is sent again.
    Requeue,
    /// A message arrives.
    Deliver(Message),
    /// An envelope is committed, the city dies, the broker keeps the envelope.
    CommitAndCrash(usize),
    /// The broker loses a message.
    Lose(Message),
    /// The broker makes two of one.
    Repeat(Message),
    /// The broker forgets everything.
    Forget,
    /// The first city's database is copied.
    BackUp,
    /// The first city's database becomes its copy.
    Restore,
    /// The first city asks for what it lost.
    SendOrder,
    /// Somebody makes up a receipt.
    Forge(usize),
}

/// What is wrong with a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A row is shown as arrived and its city does not have it, nor will it ask.
    Lost(usize),
    /// A city holds a filing twice.
    Doubled(usize),
    /// A row is shown as arrived that no city ever had.
    Forged(usize),
    /// From here no way leads to the end.
    Stuck,
}

impl State {
    /// Everything filed, nothing sent, and as much may go wrong as is ever looked at.
    #[must_use]
    pub fn first() -> Self {
        Self::with_faults([1; 4])
    }

    /// The same, where only so many repetitions, city crashes, restores and forgeries may happen.
    #[must_use]
    pub const fn with_faults(left: [u8; 4]) -> Self {
        Self {
            rows: [Stand::Queued; ROWS],
            held: [0; ROWS],
            backup: None,
            asking: false,
            eras: [0; 2],
            under_way: Vec::new(),
            once: [false; ROWS],
            left,
        }
    }

    /// What is wrong here, whatever comes next.
    #[must_use]
    pub fn wrong(&self) -> Option<Wrong> {
        for (row, ((stand, held), once)) in
            self.rows.iter().zip(self.held).zip(self.once).enumerate()
        {
            if held > 1 {
                return Some(Wrong::Doubled(row));
            }
            if stand.has_arrived() && !once {
                return Some(Wrong::Forged(row));
            }
            // A restored city is going to ask; a row that is asked for is on its way.
            let comes_back = city_of(row) == 0 && (self.asking || *stand != Stand::Arrived);
            if stand.has_arrived() && held == 0 && !comes_back {
                return Some(Wrong::Lost(row));
            }
        }
        None
    }

    /// Every row has arrived, and every city holds it once.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.rows.iter().all(|s| *s == Stand::Arrived)
            && self.held.iter().all(|n| *n == 1)
            && !self.asking
    }

    /// What may happen, and what then is.
    #[must_use]
    pub fn next(&self, protocol: Protocol) -> Vec<(Action, Self)> {
        let mut next = Vec::new();
        let mut add = |action, state: Option<Self>| next.extend(state.map(|s| (action, s)));
        for row in 0..ROWS {
            add(Action::Send(row), self.send(row, protocol));
            add(Action::Forge(row), self.forge(row));
            add(
                Action::CommitAndCrash(row),
                self.commit_and_crash(row, protocol),
            );
        }
        add(Action::Requeue, self.requeue(protocol));
        let mut messages = self.under_way.clone();
        messages.dedup();
        for message in messages {
            add(
                Action::Deliver(message),
                self.without(message)
                    .map(|s| s.delivered(message, protocol)),
            );
            add(Action::Lose(message), self.without(message));
            add(
                Action::Repeat(message),
                self.spend(REPEATS).and_then(|s| s.with(message)),
            );
        }
        if !self.under_way.is_empty() {
            let mut state = self.clone();
            state.under_way.clear();
            add(Action::Forget, Some(state));
        }
        add(Action::BackUp, self.back_up());
        add(Action::Restore, self.restore());
        if self.asking {
            add(Action::SendOrder, self.with(Message::Order));
        }
        next
    }

    fn spend(&self, what: usize) -> Option<Self> {
        let mut state = self.clone();
        let left = state.left.get_mut(what)?;
        *left = left.checked_sub(1)?;
        Some(state)
    }

    fn with(&self, message: Message) -> Option<Self> {
        if self.under_way.len() >= UNDER_WAY {
            return None;
        }
        let mut state = self.clone();
        state.under_way.push(message);
        state.under_way.sort_unstable();
        Some(state)
    }

    fn without(&self, message: Message) -> Option<Self> {
        let at = self.under_way.iter().position(|m| *m == message)?;
        let mut state = self.clone();
        state.under_way.remove(at);
        Some(state)
    }

    fn send(&self, row: usize, protocol: Protocol) -> Option<Self> {
        let then = match self.rows.get(row)? {
            Stand::Queued if protocol == Protocol::RetireAtPuback => Stand::Arrived,
            Stand::Queued => Stand::Sent,
            Stand::Again => Stand::AgainSent,
            Stand::Sent | Stand::Arrived | Stand::AgainSent => return None,
        };
        let mut state = self.with(Message::Envelope(row))?;
        *state.rows.get_mut(row)? = then;
        Some(state)
    }

    fn requeue(&self, protocol: Protocol) -> Option<Self> {
        if protocol == Protocol::SendOnce {
            return None;
        }
        let mut state = self.clone();
        for stand in &mut state.rows {
            *stand = match *stand {
                Stand::Sent => Stand::Queued,
                Stand::AgainSent => Stand::Again,
                other => other,
            };
        }
        (state != *self).then_some(state)
    }

    fn forge(&self, row: usize) -> Option<Self> {
        self.spend(FORGERIES)?.with(Message::Forged(row))
    }

    /// The envelope stays with the broker: it was not acknowledged.
    fn commit_and_crash(&self, row: usize, protocol: Protocol) -> Option<Self> {
        if !self.under_way.contains(&Message::Envelope(row)) {
            return None;
        }
        let mut state = self.spend(CRASHES)?;
        if protocol == Protocol::ReceiptBeforeCommit {
            // It died before the commit, and had answered.
            return state.with(self.receipt(row));
        }
        state.commit(row, protocol);
        Some(state)
    }

    fn commit(&mut self, row: usize, protocol: Protocol) {
        if let (Some(held), Some(once)) = (self.held.get_mut(row), self.once.get_mut(row)) {
            *held = match protocol {
                Protocol::NoDeduplication => (*held + 1).min(2),
                _ => 1,
            };
            *once = true;
        }
    }

    fn delivered(mut self, message: Message, protocol: Protocol) -> Self {
        match message {
            Message::Envelope(row) => {
                self.commit(row, protocol);
                // No room: the answer is lost, as answers may be.
                self.with(self.receipt(row)).unwrap_or(self)
            }
            Message::Receipt(row, era) => {
                let known = if protocol == Protocol::NoEras {
                    0
                } else {
                    self.known_era(row)
                };
                self.settled(row, era < known)
            }
            Message::Forged(row) if protocol == Protocol::BelieveAnyReceipt => {
                self.settled(row, false)
            }
            Message::Forged(_) => self,
            Message::Order => {
                for (row, stand) in self.rows.iter_mut().enumerate() {
                    if city_of(row) == 0
                        && *stand == Stand::Arrived
                        && protocol != Protocol::ForgetAtReceipt
                    {
                        *stand = Stand::Again;
                    }
                }
                let [_, device] = &mut self.eras;
                *device = 1;
                self.with(Message::Obeyed).unwrap_or(self)
            }
            Message::Obeyed => {
                self.asking = false;
                self
            }
        }
    }

    /// The receipt that the row's city would sign now.
    #[must_use]
    pub const fn receipt(&self, row: usize) -> Message {
        let [city, _] = self.eras;
        Message::Receipt(row, if city_of(row) == 0 { city } else { 0 })
    }

    /// The era that the device knows of the row's city.
    const fn known_era(&self, row: usize) -> u8 {
        let [_, device] = self.eras;
        if city_of(row) == 0 { device } else { 0 }
    }

    fn settled(mut self, row: usize, stale: bool) -> Self {
        if let Some(stand) = self.rows.get_mut(row) {
            *stand = match *stand {
                // It has arrived, and is lost: on to the next way.
                Stand::Queued | Stand::Sent if stale => Stand::Again,
                other if stale => other,
                _ => Stand::Arrived,
            };
        }
        self
    }

    fn back_up(&self) -> Option<Self> {
        // Only where a restore can still come of it, or there would be twice the states for nothing.
        let useful = self.left.get(RESTORES).is_some_and(|n| *n > 0);
        let mut state = self.clone();
        state.backup = Some(self.held);
        (useful && state.backup != self.backup).then_some(state)
    }

    fn restore(&self) -> Option<Self> {
        let backup = self.backup?;
        let mut state = self.spend(RESTORES)?;
        for (row, (held, kept)) in state.held.iter_mut().zip(backup).enumerate() {
            if city_of(row) == 0 {
                *held = kept;
            }
        }
        state.backup = None;
        state.asking = true;
        let [city, _] = &mut state.eras;
        *city = 1;
        Some(state)
    }
}
