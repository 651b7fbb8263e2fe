//! The way of a filing as a machine: what is on each disk, what is in each memory, what is under way, and what may happen.
//!
//! **What is under way is a set, not a list.** A message that is delivered may stay or go, so "in the set" means one copy or
//! any number of them. That covers every loss, repetition, reordering and replay without a bound on how many messages
//! there are: a broker that holds seven copies does nothing that this one cannot do.

use crate::explore::Machine;

/// Rows at most: a visit with one for each city, and a second visit for the first city.
pub const ROWS: usize = 3;
/// Cities. The first one is the operator of the device.
pub const CITIES: usize = 2;
/// Ways a message can take: a broker; and another broker or a USB stick.
pub const WAYS: usize = 2;

/// Which city a row is for.
#[must_use]
pub const fn city_of(row: usize) -> usize {
    if row == 1 { 1 } else { 0 }
}

/// Which visit a row belongs to.
#[must_use]
pub const fn visit_of(row: usize) -> usize {
    if row == 2 { 1 } else { 0 }
}

/// A wrong way of working, which must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A row is done when the broker took it.
    RetireAtPuback,
    /// The city inserts whatever it gets.
    NoDeduplication,
    /// The city answers, then commits.
    ReceiptBeforeCommit,
    /// A receipt need not repeat the digest.
    AnyDigest,
    /// A receipt need not be signed by a city.
    AnySigner,
    /// Any city's signature settles any row.
    AnyCity,
    /// A refusal need not be about the bytes that were sent.
    RefusalOfOtherBytes,
    /// A refusal undoes a receipt.
    RefusalOverrules,
    /// A new connection begins clean: what was sent and not answered is not queued again.
    CleanStart,
    /// A stick's rows are done when they are on the stick.
    ExportRetires,
    /// A notice is sent once.
    NoticeOnce,
    /// Sealed bytes are dropped at the receipt.
    ForgetAtReceipt,
    /// A receipt of before a restore counts after it.
    NoEra,
    /// The device's operator alone may ask for what it lost, no other city.
    OnlyOperatorAsks,
    /// The device shows a city its earlier receipt once, and a city takes it before the row comes or not at all.
    ProofOnce,
    /// After a restore notices are numbered from one again.
    NoticesStartOver,
    /// A notice that was not seen is given up until the device says something.
    NoticesRest,
    /// A device stays at a broker at which nobody listens.
    StaysInSilence,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::RetireAtPuback,
        Self::NoDeduplication,
        Self::ReceiptBeforeCommit,
        Self::AnyDigest,
        Self::AnySigner,
        Self::AnyCity,
        Self::RefusalOfOtherBytes,
        Self::RefusalOverrules,
        Self::CleanStart,
        Self::ExportRetires,
        Self::NoticeOnce,
        Self::ForgetAtReceipt,
        Self::NoEra,
        Self::OnlyOperatorAsks,
        Self::ProofOnce,
        Self::NoticesStartOver,
        Self::NoticesRest,
        Self::StaysInSilence,
    ];
}

/// What is explored: how much there is, and what may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each kind of fault is allowed or not"
)]
pub struct Scope {
    /// Rows, 1 to [`ROWS`].
    pub rows: usize,
    /// A second broker, or none.
    pub brokers: bool,
    /// A USB stick, or none. Not beside a second broker.
    pub stick: bool,
    /// Somebody with a device's key sends other content under the same id, forges receipts, and abuses another city's key.
    pub hostile: bool,
    /// Officers decide.
    pub notices: bool,
    /// Which cities are restored from a backup, once each.
    pub restore: [bool; CITIES],
}

/// Rules and scope: the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// What is explored.
    pub scope: Scope,
    /// A wrong way of working.
    pub flaw: Option<Flaw>,
}

/// Where a row stands on the device's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stand {
    /// The visit is not stored.
    Unstored,
    /// To be sent.
    Queued,
    /// With the broker.
    Sent,
    /// Receipted.
    Arrived,
    /// Refused.
    Refused,
}

/// What a city's database holds under a row's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holds {
    /// Nothing.
    Nothing,
    /// What the device stored.
    Own,
    /// Other content under the same id.
    Other,
    /// Two filings.
    Two,
}

/// What travels about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The sealed row.
    Own,
    /// Other content under the same id, sealed with the device's key.
    Other,
    /// The city's receipt of before a restore.
    Receipt,
    /// The city's receipt of after it, with the number of before.
    ReceiptAfter,
    /// The same, with a new number.
    ReceiptRenumbered,
    /// The city's receipt for the other content.
    ReceiptOther,
    /// The city's refusal of the row.
    RefusalOwn,
    /// The city's refusal of the other content.
    RefusalOther,
    /// A decision: the first; the one after a restore under the number of the first; or under a number of its own.
    Notice(Decision),
    /// The device has a notice with this number.
    Seen(u8),
    /// The device shows the city its own receipt of before a restore.
    Proof,
}

/// A decision as a notice carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// Number 1.
    First,
    /// Made after a restore lost the first; number 1 again.
    AnewNumberOne,
    /// Made after a restore lost the first; number 2.
    AnewNumberTwo,
}

impl Decision {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::First | Self::AnewNumberOne => 1,
            Self::AnewNumberTwo => 2,
        }
    }

    const fn is_anew(self) -> bool {
        !matches!(self, Self::First)
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Own,
        Self::Other,
        Self::Receipt,
        Self::ReceiptAfter,
        Self::ReceiptRenumbered,
        Self::ReceiptOther,
        Self::RefusalOwn,
        Self::RefusalOther,
        Self::Notice(Decision::First),
        Self::Notice(Decision::AnewNumberOne),
        Self::Notice(Decision::AnewNumberTwo),
        Self::Seen(1),
        Self::Seen(2),
        Self::Proof,
    ];

    const fn bit(self) -> u16 {
        let place = match self {
            Self::Own => 0,
            Self::Other => 1,
            Self::Receipt => 2,
            Self::ReceiptAfter => 3,
            Self::ReceiptRenumbered => 4,
            Self::ReceiptOther => 5,
            Self::RefusalOwn => 6,
            Self::RefusalOther => 7,
            Self::Notice(Decision::First) => 8,
            Self::Notice(Decision::AnewNumberOne) => 9,
            Self::Notice(Decision::AnewNumberTwo) => 10,
            Self::Seen(1) => 11,
            Self::Seen(_) => 12,
            Self::Proof => 13,
        };
        1 << place
    }

    /// Whether it is for the city.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Own | Self::Other | Self::Seen(_) | Self::Proof)
    }
}

/// A set of [`Kind`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Kinds(u16);

impl Kinds {
    /// Whether one is in it.
    #[must_use]
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// What is in it.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }

    const fn put(&mut self, kind: Kind) {
        self.0 |= kind.bit();
    }

    const fn drop(&mut self, kind: Kind) {
        self.0 &= !kind.bit();
    }
}

/// What a city's disk says about a row, and what its backup says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Record {
    /// The filing.
    pub holds: Holds,
    /// The number on its receipt: 0 none, 1 the first it ever got, 2 a later one.
    pub number: u8,
    /// The newest decision.
    pub decided: Option<Decision>,
    /// Its notice is to be sent.
    pub due: bool,
    /// The device said that it has it.
    pub seen: bool,
}

const EMPTY: Record = Record {
    holds: Holds::Nothing,
    number: 0,
    decided: None,
    due: false,
    seen: false,
};

/// Everything about one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a state is what is and what is not"
)]
pub struct Row {
    /// Device's disk: where it stands.
    pub stand: Stand,
    /// Device's disk: it arrived and is asked for once more.
    pub again: bool,
    /// Device's disk: the sealed bytes are still there.
    pub kept: bool,
    /// Device's disk: the number on the receipt that the family holds; 0 none.
    pub shown: u8,
    /// Device's disk: the newest notice.
    pub told: Option<Decision>,
    /// Device's memory: sent on this connection, and the broker has not acknowledged.
    pub unacked: bool,
    /// City's disk.
    pub record: Record,
    /// City's disk: a receipt of before the restore that the device brought back.
    pub proof: bool,
    /// City's backup.
    pub saved: Record,
    /// City's memory, by the way the answer goes: committed, and not sent yet.
    pub owed: [Kinds; WAYS],
    /// Under way.
    pub bag: [Kinds; WAYS],
    /// Nobody's memory, for judging only: the city ever committed it, ever refused it, ever decided on it.
    pub ever: [bool; 3],
}

const COMMITTED: usize = 0;
const REFUSED: usize = 1;
const DECIDED: usize = 2;

/// Everything about one city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct City {
    /// City's disk: it was restored and began an era.
    pub era: bool,
    /// City's disk: it asks for what it lost, and has no answer yet.
    pub asking: bool,
    /// Device's disk: the order came, so older receipts do not count.
    pub known: bool,
    /// The broker it listens at.
    pub at: u8,
    /// Under way: the order; and the device's answer to it.
    pub bag: [[bool; 2]; WAYS],
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    /// The rows.
    pub rows: [Row; ROWS],
    /// The cities.
    pub cities: [City; CITIES],
    /// Device's memory: the broker it is connected to.
    pub connected: Option<u8>,
}

/// Something that happens. `crate` says which function of the product each one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A visit is stored: all its rows.
    Store(usize),
    /// The device connects to a broker and queues what was not answered.
    Connect(usize),
    /// The connection ends.
    Disconnect,
    /// The device leaves a broker at which a city does not listen.
    Leave,
    /// The device's process dies.
    CrashDevice,
    /// A row goes to the broker.
    Publish(usize),
    /// The broker acknowledges it.
    Acknowledge(usize),
    /// A sealed row is written to the stick.
    Export(usize),
    /// A message reaches its city: judged and committed.
    Land(usize, usize, Kind),
    /// The city sends what it owes.
    Answer(usize, usize, Kind),
    /// The city's process dies.
    CrashCity(usize),
    /// A message reaches the device: verified and committed.
    Take(usize, usize, Kind),
    /// Acknowledged by whom it was for, or lost.
    Drop(usize, usize, Kind),
    /// The broker forgets everything.
    Forget(usize),
    /// Somebody sends other content under a row's id.
    Inject(usize, usize),
    /// Somebody without a city's key signs a receipt.
    Forge(usize),
    /// Another city signs a receipt for a row that is not its own.
    Misuse(usize),
    /// An officer decides.
    Decide(usize),
    /// The city sends a notice.
    Notify(usize),
    /// The city gives a notice up until the device says something.
    Rest(usize),
    /// The device asks its operator for the time: it is there.
    Hello,
    /// The database is copied.
    BackUp(usize),
    /// The database becomes its copy; the city begins an era and asks for what it lost.
    Restore(usize),
    /// The city sends the order to send again.
    Order(usize),
    /// The order reaches the device.
    TakeOrder(usize, usize),
    /// The device's answer to the order reaches the city.
    TakeObeyed(usize, usize),
    /// The order (false) or its answer (true) is lost.
    DropOrder(usize, usize, bool),
    /// The city is configured for the other broker.
    MoveCity(usize),
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A row is shown as arrived; its city does not hold it, and nobody will ask for it.
    Lost(usize),
    /// A city holds two filings of one id.
    Doubled(usize),
    /// A row is shown as arrived, and its city never received it.
    NeverReceived(usize),
    /// A row is shown as refused, and its city never refused it.
    NeverRefused(usize),
    /// A row that was shown as arrived is not any more.
    TakenBack(usize),
    /// With no more faults, no way leads to where everything is settled.
    Stuck,
}

impl State {
    fn of_city(city: usize) -> impl Iterator<Item = usize> {
        (0..ROWS).filter(move |row| city_of(*row) == city)
    }
}

impl Way {
    /// The product as it is, in a scope.
    #[must_use]
    pub const fn built(scope: Scope) -> Self {
        Self { scope, flaw: None }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    const fn ways(&self) -> usize {
        if self.scope.brokers || self.scope.stick {
            2
        } else {
            1
        }
    }

    const fn is_stick(&self, way: usize) -> bool {
        self.scope.stick && way == 1
    }

    /// Whether a message on this way can reach the row's city now.
    fn reaches_city(&self, s: &State, way: usize, city: usize) -> bool {
        self.is_stick(way) || usize::from(s.cities[city].at) == way
    }

    fn reaches_device(&self, s: &State, way: usize) -> bool {
        self.is_stick(way) || s.connected.map(usize::from) == Some(way)
    }

    /// What a state becomes; `None` where the action cannot happen.
    #[must_use]
    pub fn step(&self, state: &State, action: Action) -> Option<State> {
        let mut s = *state;
        match action {
            Action::Store(_)
            | Action::Connect(_)
            | Action::Disconnect
            | Action::Leave
            | Action::CrashDevice
            | Action::Publish(_)
            | Action::Acknowledge(_)
            | Action::Export(_) => self.device(&mut s, action)?,
            Action::Take(way, row, kind) => self.take(&mut s, way, row, kind)?,
            Action::Land(way, row, kind) => self.land(&mut s, way, row, kind)?,
            Action::Answer(way, row, kind) => answer(&mut s, way, row, kind)?,
            Action::CrashCity(_)
            | Action::BackUp(_)
            | Action::Restore(_)
            | Action::MoveCity(_)
            | Action::Decide(_)
            | Action::Notify(_)
            | Action::Rest(_)
            | Action::Hello => self.city(&mut s, action)?,
            Action::Order(_)
            | Action::TakeOrder(..)
            | Action::TakeObeyed(..)
            | Action::DropOrder(..) => self.order(&mut s, action)?,
            Action::Drop(..)
            | Action::Forget(_)
            | Action::Inject(..)
            | Action::Forge(_)
            | Action::Misuse(_) => self.broker(&mut s, action)?,
        }
        Some(s)
    }

    fn device(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Store(visit) => {
                for row in (0..self.scope.rows).filter(|row| visit_of(*row) == visit) {
                    (s.rows[row].stand == Stand::Unstored).then_some(())?;
                    s.rows[row].stand = Stand::Queued;
                    s.rows[row].kept = true;
                }
            }
            Action::Connect(way) => {
                (s.connected.is_none() && !self.is_stick(way)).then_some(())?;
                s.connected = u8::try_from(way).ok();
                for row in &mut s.rows {
                    if row.stand == Stand::Sent && !self.has(Flaw::CleanStart) {
                        row.stand = Stand::Queued;
                    }
                }
            }
            Action::Disconnect | Action::CrashDevice => {
                s.connected?;
                hang_up(s);
            }
            Action::Leave => {
                let way = usize::from(s.connected?);
                let silent = |row: &usize| {
                    let waits = matches!(s.rows[*row].stand, Stand::Queued | Stand::Sent);
                    waits && !self.reaches_city(s, way, city_of(*row))
                };
                (!self.has(Flaw::StaysInSilence) && (0..self.scope.rows).any(|row| silent(&row)))
                    .then_some(())?;
                hang_up(s);
            }
            Action::Publish(row) => {
                let way = usize::from(s.connected?);
                let row = &mut s.rows[row];
                let open = row.stand == Stand::Queued
                    // No receipt in time: it is sent again.
                    || row.stand == Stand::Sent && !self.has(Flaw::CleanStart);
                (open || row.again).then_some(())?;
                row.bag[way].put(Kind::Own);
                row.unacked = open;
            }
            Action::Acknowledge(row) => {
                s.connected?;
                let row = &mut s.rows[row];
                row.unacked.then_some(())?;
                row.unacked = false;
                row.stand = if self.has(Flaw::RetireAtPuback) {
                    Stand::Arrived
                } else {
                    Stand::Sent
                };
            }
            Action::Export(row) => {
                let row = &mut s.rows[row];
                let open = matches!(row.stand, Stand::Queued | Stand::Sent) || row.again;
                (self.scope.stick && open).then_some(())?;
                row.bag[1].put(Kind::Own);
                if self.has(Flaw::ExportRetires) {
                    row.stand = Stand::Arrived;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// What the device does with a message.
    fn take(&self, s: &mut State, way: usize, row: usize, kind: Kind) -> Option<()> {
        let here = s.rows[row].bag[way].has(kind) && !kind.is_up();
        (here && self.reaches_device(s, way)).then_some(())?;
        match kind {
            Kind::Receipt => self.receipt(s, row, false, 1),
            Kind::ReceiptAfter => self.receipt(s, row, true, 1),
            Kind::ReceiptRenumbered => self.receipt(s, row, true, 2),
            Kind::ReceiptOther if self.has(Flaw::AnyDigest) => self.receipt(s, row, false, 1),
            Kind::RefusalOther if self.has(Flaw::RefusalOfOtherBytes) => self.refusal(s, row),
            Kind::ReceiptOther | Kind::RefusalOther => {}
            Kind::RefusalOwn => self.refusal(s, row),
            Kind::Notice(notice) => {
                let older = |told: Decision| told.number() < notice.number();
                if s.rows[row].told.is_none_or(older) {
                    s.rows[row].told = Some(notice);
                }
                say(s, row, Kind::Seen(notice.number()));
            }
            Kind::Own | Kind::Other | Kind::Seen(_) | Kind::Proof => return None,
        }
        Some(())
    }

    fn receipt(&self, s: &mut State, row: usize, after: bool, number: u8) {
        let stale = s.cities[city_of(row)].known && !after && !self.has(Flaw::NoEra);
        let r = &mut s.rows[row];
        if r.stand == Stand::Unstored {
            return;
        }
        if r.stand == Stand::Arrived {
            let other = number != r.shown && !self.has(Flaw::ProofOnce);
            if r.again && !stale && !other {
                r.again = false;
            } else if r.again && (stale || other) {
                say(s, row, Kind::Proof);
            }
            return;
        }
        r.stand = Stand::Arrived;
        r.shown = number;
        r.again = stale;
        r.unacked = false;
        r.kept = !self.has(Flaw::ForgetAtReceipt);
        if stale {
            say(s, row, Kind::Proof);
        }
    }

    fn refusal(&self, s: &mut State, row: usize) {
        let row = &mut s.rows[row];
        let open = matches!(row.stand, Stand::Queued | Stand::Sent);
        if open || row.stand == Stand::Arrived && self.has(Flaw::RefusalOverrules) {
            row.stand = Stand::Refused;
            row.unacked = false;
        }
    }

    /// What the city does with a message, to its commit.
    fn land(&self, s: &mut State, way: usize, row: usize, kind: Kind) -> Option<()> {
        let city = city_of(row);
        let here = s.rows[row].bag[way].has(kind) && kind.is_up();
        (here && self.reaches_city(s, way, city)).then_some(())?;
        let era = s.cities[city].era;
        let r = &mut s.rows[row];
        match (kind, r.record.holds) {
            (Kind::Own, Holds::Nothing) if self.has(Flaw::ReceiptBeforeCommit) => {
                // What is owed here is the commit.
                r.owed[way].put(Kind::Own);
                r.bag[way].put(Kind::Receipt);
            }
            (Kind::Own, Holds::Nothing) => {
                // A receipt that the device brought back gives the filing its number again.
                let number = match (r.proof, r.ever[COMMITTED]) {
                    (true, _) => r.shown,
                    (false, true) => 2,
                    (false, false) => 1,
                };
                r.proof = false;
                r.record.holds = Holds::Own;
                r.record.number = number;
                r.ever[COMMITTED] = true;
                r.owed[way].put(receipt_of(r.record.number, era));
            }
            (Kind::Own, Holds::Own | Holds::Two) => {
                if self.has(Flaw::NoDeduplication) {
                    r.record.holds = Holds::Two;
                }
                r.owed[way].put(receipt_of(r.record.number, era));
            }
            (Kind::Own, Holds::Other) => {
                r.ever[REFUSED] = true;
                r.owed[way].put(Kind::RefusalOwn);
            }
            (Kind::Other, Holds::Nothing) => {
                r.record.holds = Holds::Other;
                r.owed[way].put(Kind::ReceiptOther);
            }
            (Kind::Other, Holds::Other) => r.owed[way].put(Kind::ReceiptOther),
            (Kind::Other, Holds::Own | Holds::Two) => r.owed[way].put(Kind::RefusalOther),
            (Kind::Seen(number), _) => {
                if r.record.decided.is_some_and(|d| d.number() <= number) {
                    r.record.seen = true;
                    r.record.due = false;
                }
            }
            (Kind::Proof, Holds::Nothing) => r.proof = true,
            (Kind::Proof, Holds::Own | Holds::Two) => {
                // A proof carries the number that the device shows; the first receipt it keeps never changes.
                if !self.has(Flaw::ProofOnce) {
                    r.record.number = r.shown;
                }
            }
            (Kind::Proof, Holds::Other) => {}
            _ => return None,
        }
        if !self.is_stick(way) {
            wake(s, city);
        }
        Some(())
    }

    fn city(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::CrashCity(city) => {
                let mut any = false;
                for row in State::of_city(city) {
                    for owed in &mut s.rows[row].owed {
                        any |= *owed != Kinds::default();
                        *owed = Kinds::default();
                    }
                }
                any.then_some(())?;
            }
            Action::MoveCity(city) => {
                self.scope.brokers.then_some(())?;
                for row in State::of_city(city) {
                    s.rows[row].owed = <[Kinds; WAYS]>::default();
                }
                s.cities[city].at ^= 1;
            }
            Action::BackUp(city) => {
                (self.scope.restore[city] && !s.cities[city].era).then_some(())?;
                for row in State::of_city(city) {
                    s.rows[row].saved = s.rows[row].record;
                }
            }
            Action::Restore(city) => {
                (self.scope.restore[city] && !s.cities[city].era).then_some(())?;
                for row in State::of_city(city) {
                    let row = &mut s.rows[row];
                    row.record = std::mem::replace(&mut row.saved, EMPTY);
                    row.owed = <[Kinds; WAYS]>::default();
                }
                s.cities[city].era = true;
                s.cities[city].asking = true;
            }
            Action::Decide(row) => {
                let city = city_of(row);
                let r = &mut s.rows[row];
                let free = r.record.holds == Holds::Own && r.record.decided.is_none();
                (self.scope.notices && free).then_some(())?;
                let anew = std::mem::replace(&mut r.ever[DECIDED], true);
                r.record.decided = Some(if !anew {
                    Decision::First
                } else if s.cities[city].era && !self.has(Flaw::NoticesStartOver) {
                    Decision::AnewNumberTwo
                } else {
                    Decision::AnewNumberOne
                });
                r.record.due = true;
                r.record.seen = false;
            }
            Action::Notify(row) => {
                let at = usize::from(s.cities[city_of(row)].at);
                let r = &mut s.rows[row];
                let notice = r.record.decided.filter(|_| r.record.due)?;
                r.bag[at].put(Kind::Notice(notice));
                if self.has(Flaw::NoticeOnce) {
                    r.record.due = false;
                }
            }
            Action::Rest(row) => {
                (s.rows[row].record.due && self.has(Flaw::NoticesRest)).then_some(())?;
                s.rows[row].record.due = false;
            }
            Action::Hello => {
                // The device asks one city only: its operator.
                let way = usize::from(s.connected?);
                let noted = self.scope.notices && self.reaches_city(s, way, 0);
                (noted && !self.has(Flaw::NoticeOnce)).then_some(())?;
                wake(s, 0);
            }
            _ => return None,
        }
        Some(())
    }

    fn order(&self, s: &mut State, action: Action) -> Option<()> {
        const ORDER: usize = 0;
        const OBEYED: usize = 1;
        match action {
            Action::Order(city) => {
                let c = &mut s.cities[city];
                c.asking.then_some(())?;
                c.bag[usize::from(c.at)][ORDER] = true;
            }
            Action::TakeOrder(way, city) => {
                (s.cities[city].bag[way][ORDER] && self.reaches_device(s, way)).then_some(())?;
                if city != 0 && self.has(Flaw::OnlyOperatorAsks) {
                    return Some(());
                }
                // An order is done once; after that it is only answered.
                if !std::mem::replace(&mut s.cities[city].known, true) {
                    for row in State::of_city(city) {
                        let r = &mut s.rows[row];
                        if r.stand == Stand::Arrived && r.kept {
                            r.again = true;
                            say(s, row, Kind::Proof);
                        }
                    }
                }
                s.cities[city].bag[way][OBEYED] = true;
            }
            Action::TakeObeyed(way, city) => {
                let here = s.cities[city].bag[way][OBEYED] && self.reaches_city(s, way, city);
                (here && s.cities[city].asking).then_some(())?;
                s.cities[city].asking = false;
            }
            Action::DropOrder(way, city, answer) => {
                let bag = &mut s.cities[city].bag[way][usize::from(answer)];
                std::mem::replace(bag, false).then_some(())?;
            }
            _ => return None,
        }
        Some(())
    }

    fn broker(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Drop(way, row, kind) => {
                let bag = &mut s.rows[row].bag[way];
                bag.has(kind).then_some(())?;
                bag.drop(kind);
            }
            Action::Forget(way) => {
                let before = *s;
                for row in &mut s.rows {
                    row.bag[way] = Kinds::default();
                }
                for city in &mut s.cities {
                    city.bag[way] = [false; 2];
                }
                (*s != before).then_some(())?;
            }
            Action::Inject(way, row) => {
                let stored = s.rows[row].stand != Stand::Unstored;
                (self.scope.hostile && stored && !self.is_stick(way)).then_some(())?;
                s.rows[row].bag[way].put(Kind::Other);
            }
            Action::Forge(row) => {
                self.scope.hostile.then_some(())?;
                if self.has(Flaw::AnySigner) {
                    self.receipt(s, row, false, 1);
                }
            }
            Action::Misuse(row) => {
                self.scope.hostile.then_some(())?;
                if self.has(Flaw::AnyCity) {
                    self.receipt(s, row, false, 1);
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Everything that may be tried.
    fn candidates(&self) -> Vec<Action> {
        let mut all = vec![
            Action::Store(0),
            Action::Disconnect,
            Action::CrashDevice,
            Action::Leave,
            Action::Hello,
        ];
        if self.scope.rows > 2 {
            all.push(Action::Store(1));
        }
        for way in 0..self.ways() {
            all.extend([Action::Connect(way), Action::Forget(way)]);
            for city in 0..CITIES {
                all.extend([
                    Action::TakeOrder(way, city),
                    Action::TakeObeyed(way, city),
                    Action::DropOrder(way, city, false),
                    Action::DropOrder(way, city, true),
                ]);
            }
        }
        for city in 0..CITIES.min(self.scope.rows) {
            all.extend([
                Action::CrashCity(city),
                Action::BackUp(city),
                Action::Restore(city),
                Action::Order(city),
                Action::MoveCity(city),
            ]);
        }
        for row in 0..self.scope.rows {
            all.extend([
                Action::Publish(row),
                Action::Acknowledge(row),
                Action::Export(row),
                Action::Forge(row),
                Action::Misuse(row),
                Action::Decide(row),
                Action::Notify(row),
                Action::Rest(row),
            ]);
            for way in 0..self.ways() {
                all.push(Action::Inject(way, row));
            }
        }
        all
    }
}

/// A connection is gone, and with it what the device knew of it.
fn hang_up(s: &mut State) {
    s.connected = None;
    for row in &mut s.rows {
        row.unacked = false;
    }
}

/// The device says something for itself: once, from memory, to whoever hears it.
fn say(s: &mut State, row: usize, kind: Kind) {
    if let Some(way) = s.connected {
        s.rows[row].bag[usize::from(way)].put(kind);
    }
}

/// The city sends what it owes.
fn answer(s: &mut State, way: usize, row: usize, kind: Kind) -> Option<()> {
    let r = &mut s.rows[row];
    r.owed[way].has(kind).then_some(())?;
    r.owed[way].drop(kind);
    if kind == Kind::Own {
        r.record.holds = Holds::Own;
        r.record.number = 1;
        r.ever[COMMITTED] = true;
    } else {
        r.bag[way].put(kind);
    }
    Some(())
}

/// A sign of life wakes the city's notices for the device.
fn wake(s: &mut State, city: usize) {
    for row in State::of_city(city) {
        let record = &mut s.rows[row].record;
        if record.decided.is_some() && !record.seen {
            record.due = true;
        }
    }
}

const fn receipt_of(number: u8, era: bool) -> Kind {
    match (era, number) {
        (false, _) => Kind::Receipt,
        (true, 1) => Kind::ReceiptAfter,
        (true, _) => Kind::ReceiptRenumbered,
    }
}

impl Machine for Way {
    type State = State;
    type Action = Action;
    type Fault = Fault;

    fn first(&self) -> State {
        let row = Row {
            stand: Stand::Unstored,
            again: false,
            kept: false,
            shown: 0,
            told: None,
            unacked: false,
            record: EMPTY,
            proof: false,
            saved: EMPTY,
            owed: <[Kinds; WAYS]>::default(),
            bag: <[Kinds; WAYS]>::default(),
            ever: [false; 3],
        };
        let city = City {
            era: false,
            asking: false,
            known: false,
            at: 0,
            bag: [[false; 2]; WAYS],
        };
        State {
            rows: [row; ROWS],
            cities: [city; CITIES],
            connected: None,
        }
    }

    fn next(&self, state: &State) -> Vec<(Action, State)> {
        let mut actions = self.candidates();
        for row in 0..self.scope.rows {
            for way in 0..self.ways() {
                for kind in state.rows[row].bag[way].iter() {
                    actions.push(if kind.is_up() {
                        Action::Land(way, row, kind)
                    } else {
                        Action::Take(way, row, kind)
                    });
                    actions.push(Action::Drop(way, row, kind));
                }
                let owed = state.rows[row].owed[way].iter();
                actions.extend(owed.map(|kind| Action::Answer(way, row, kind)));
            }
        }
        let done = |action| Some((action, self.step(state, action)?));
        actions.into_iter().filter_map(done).collect()
    }

    fn wrong(&self, s: &State) -> Option<Fault> {
        for (row, r) in s.rows.iter().enumerate() {
            let city = s.cities[city_of(row)];
            let comes_back = city.era && r.kept && (city.asking || r.again);
            if r.record.holds == Holds::Two {
                return Some(Fault::Doubled(row));
            }
            if r.stand == Stand::Arrived && r.record.holds != Holds::Own && !comes_back {
                return Some(Fault::Lost(row));
            }
            if r.stand == Stand::Arrived && !r.ever[COMMITTED] {
                return Some(Fault::NeverReceived(row));
            }
            if r.stand == Stand::Refused && !r.ever[REFUSED] {
                return Some(Fault::NeverRefused(row));
            }
        }
        None
    }

    fn wrong_step(&self, from: &State, to: &State) -> Option<Fault> {
        (0..ROWS)
            .find(|row| {
                from.rows[*row].stand == Stand::Arrived && to.rows[*row].stand != Stand::Arrived
            })
            .map(Fault::TakenBack)
    }

    fn is_end(&self, s: &State) -> bool {
        let settled = |r: &Row| {
            let arrived = r.stand == Stand::Arrived;
            let filed = r.record.holds == Holds::Own && r.record.number == r.shown;
            let newest = |d: Decision| r.told.is_some_and(|t| t.is_anew() == d.is_anew());
            !matches!(r.stand, Stand::Queued | Stand::Sent)
                && !r.again
                && (!arrived || filed)
                && r.record.decided.is_none_or(newest)
        };
        s.rows.iter().all(settled) && s.cities.iter().all(|c| !c.asking)
    }

    fn is_progress(&self, action: Action) -> bool {
        match action {
            // People carry sticks; nothing may depend on it.
            Action::Land(way, ..) | Action::Take(way, ..) | Action::Answer(way, ..) => {
                !self.is_stick(way)
            }
            Action::Connect(_)
            | Action::Leave
            | Action::Publish(_)
            | Action::Acknowledge(_)
            | Action::Notify(_)
            | Action::Hello
            | Action::Order(_)
            | Action::TakeOrder(..)
            | Action::TakeObeyed(..) => true,
            Action::Store(_)
            | Action::Disconnect
            | Action::CrashDevice
            | Action::Export(_)
            | Action::CrashCity(_)
            | Action::Drop(..)
            | Action::Forget(_)
            | Action::Inject(..)
            | Action::Forge(_)
            | Action::Misuse(_)
            | Action::Decide(_)
            | Action::Rest(_)
            | Action::BackUp(_)
            | Action::Restore(_)
            | Action::DropOrder(..)
            | Action::MoveCity(_) => false,
        }
    }

    fn stuck(&self) -> Fault {
        Fault::Stuck
    }
}
