//! The scripted broker's inside, without network: clients, sessions, retained messages, and the deeds.
//!
//! One lock around everything and no waiting under it: what happens is in one order, and the record is that order.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::codec::{self, Connect, Message, Packet};
use super::script::{Deed, Point, Script, Sight};

/// What the writer of a connection does next.
pub(super) enum Out {
    Frame(Vec<u8>),
    Wait(Duration),
    Close,
}

/// What the reader of a connection does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Read,
    Deaf,
    Close,
}

/// What the broker allows its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Receive Maximum in CONNACK.
    pub receive_maximum: Option<u16>,
    /// Maximum Packet Size in CONNACK.
    pub packet_size: Option<u32>,
    /// A limit that is not told: larger packets end the connection with 0x95.
    pub secret_size: Option<u32>,
}

/// A packet as it passed by: what a curious broker sees of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Since the broker began.
    pub at: Duration,
    /// Connections count from 1.
    pub connection: u64,
    /// The MQTT client id.
    pub client: String,
    /// From the client.
    pub up: bool,
    /// Its type; see [`codec`].
    pub kind: u8,
    /// The topic of a PUBLISH.
    pub topic: Option<String>,
    /// The payload of a PUBLISH.
    pub payload: Vec<u8>,
    /// Whether it is a PUBLISH to be kept, or one that was kept.
    pub retained: bool,
    /// All of it, as it stood inside TLS.
    pub frame: Vec<u8>,
}

/// Everything the broker has noted.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Every packet, in order.
    pub seen: Vec<Seen>,
    /// What was done, by name and how often.
    pub deeds: BTreeMap<&'static str, u64>,
    /// What clients did that the standard or the broker's limits forbid.
    pub violations: Vec<String>,
    /// Connections that were accepted.
    pub accepted: u64,
    /// TLS handshakes that failed.
    pub unshaken: u64,
}

impl Record {
    /// How many deeds were none of an honest broker.
    #[must_use]
    pub fn misdeeds(&self) -> u64 {
        let bad = self.deeds.iter().filter(|(name, _)| **name != "passed");
        bad.map(|(_, count)| count).sum()
    }

    /// Packets of a type in one direction.
    pub fn packets(&self, kind: u8, up: bool) -> impl Iterator<Item = &Seen> {
        self.seen
            .iter()
            .filter(move |s| s.kind == kind && s.up == up)
    }
}

#[derive(Debug, Default)]
struct Session {
    filters: BTreeMap<String, u8>,
    /// Not sent yet.
    waiting: VecDeque<Message>,
    under_way: BTreeMap<u16, Message>,
    last_id: u16,
}

struct Wire {
    connection: u64,
    out: UnboundedSender<Out>,
    receive_maximum: usize,
    packet_size: Option<u32>,
    silent: bool,
    will: Option<Message>,
    /// Whether the session outlives it.
    keep: bool,
    /// Publishes without our acknowledgement.
    owed: u32,
}

/// A message that is kept back.
enum Kept {
    Published(String, Message, Option<u16>),
    Delivery(String, Message),
}

pub(super) struct Hub {
    sessions: BTreeMap<String, Session>,
    wires: BTreeMap<String, Wire>,
    retained: BTreeMap<String, Message>,
    scripts: Vec<Script>,
    held: Vec<Kept>,
    /// Publishes that go after the next one.
    later_up: Vec<Message>,
    later_down: BTreeMap<String, Vec<Message>>,
    past: Vec<Message>,
    picked: usize,
    pub(super) limits: Limits,
    pub(super) open: bool,
    pub(super) record: Record,
    began: Instant,
}

impl Hub {
    pub(super) fn new() -> Self {
        Self {
            sessions: BTreeMap::new(),
            wires: BTreeMap::new(),
            retained: BTreeMap::new(),
            scripts: Vec::new(),
            held: Vec::new(),
            later_up: Vec::new(),
            later_down: BTreeMap::new(),
            past: Vec::new(),
            picked: 0,
            limits: Limits::default(),
            open: true,
            record: Record::default(),
            began: Instant::now(),
        }
    }

    pub(super) fn add(&mut self, script: Script) {
        self.scripts.push(script);
    }

    /// Honest from now on; what was kept back goes on its way.
    pub(super) fn calm(&mut self) {
        self.scripts.clear();
        self.release();
    }

    pub(super) fn release(&mut self) {
        for message in std::mem::take(&mut self.later_up) {
            self.route(&message);
        }
        for (client, messages) in std::mem::take(&mut self.later_down) {
            for message in messages {
                self.enqueue(&client, message);
            }
        }
        for kept in std::mem::take(&mut self.held) {
            match kept {
                Kept::Published(client, message, id) => {
                    let heard = self.route(&message);
                    self.acknowledge(&client, id, reason_for(heard));
                }
                Kept::Delivery(client, message) => self.enqueue(&client, message),
            }
        }
    }

    /// Ends connections; of this client, or all.
    pub(super) fn kick(&mut self, client: Option<&str>) {
        for (id, wire) in &self.wires {
            if client.is_none_or(|c| c == id) {
                let _ = wire.out.send(Out::Close);
            }
        }
    }

    pub(super) fn forget(&mut self, client: &str) {
        self.sessions.remove(client);
    }

    /// Every connection ends, and nothing is remembered; a dead broker publishes no wills.
    pub(super) fn die(&mut self) {
        self.kick(None);
        self.wires.clear();
        self.sessions.clear();
        self.retained.clear();
        self.held.clear();
        self.later_up.clear();
        self.later_down.clear();
    }

    pub(super) fn is_connected(&self, client: &str) -> bool {
        self.wires.contains_key(client)
    }

    pub(super) fn decide(&mut self, point: Point, client: &str, topic: &str) -> Deed {
        let sight = Sight {
            point,
            client,
            topic,
        };
        let deed = self
            .scripts
            .iter_mut()
            .find_map(|script| script(sight))
            .unwrap_or(Deed::Pass);
        *self.record.deeds.entry(deed.name()).or_default() += 1;
        deed
    }

    fn see(&mut self, client: &str, connection: u64, up: bool, frame: &[u8]) {
        let first = frame.first().copied().unwrap_or(0);
        let kind = first >> 4;
        let message = match codec::decode(frame) {
            Ok(Packet::Publish(message, _)) => Some(message),
            _ => None,
        };
        let (topic, payload) = message.map_or((None, Vec::new()), |m| (Some(m.topic), m.payload));
        self.record.seen.push(Seen {
            at: self.began.elapsed(),
            connection,
            client: client.to_owned(),
            up,
            kind,
            topic,
            payload,
            retained: kind == codec::PUBLISH && first & 1 == 1,
            frame: frame.to_vec(),
        });
    }

    fn violation(&mut self, client: &str, what: &str) -> Next {
        self.record.violations.push(format!("{client}: {what}"));
        Next::Close
    }

    // ---- connections ----

    /// A first packet; answers the client's id, unless the connection is over at once.
    pub(super) fn connect(
        &mut self,
        frame: &[u8],
        connection: u64,
        out: &UnboundedSender<Out>,
    ) -> Option<(String, Next)> {
        let packet = codec::decode(frame);
        let Ok(Packet::Connect(connect)) = packet else {
            self.violation("somebody", "a connection without a CONNECT");
            return None;
        };
        let client = connect.client.clone();
        self.see(&client, connection, true, frame);
        if let Some(old) = self.wires.remove(&client) {
            // §3.1.4: the one who was here before is told so and goes.
            let _ = old.out.send(Out::Frame(codec::goodbye(0x8E)));
            let _ = old.out.send(Out::Close);
        }
        let deed = self.decide(Point::Connect, &client, "");
        let mut next = Next::Read;
        let mut silent = false;
        match deed {
            Deed::Refuse(reason) => {
                let _ = out.send(Out::Frame(codec::connack(false, reason, None, None)));
                return None;
            }
            Deed::Close => return None,
            Deed::Rubbish(bytes) => {
                let _ = out.send(Out::Frame(bytes));
                return None;
            }
            Deed::Forget => drop(self.sessions.remove(&client)),
            Deed::Silence => silent = true,
            Deed::Deaf => next = Next::Deaf,
            Deed::Slow(time) => drop(out.send(Out::Wait(time))),
            _ => {}
        }
        let present = self.resume(&connect);
        let Limits {
            receive_maximum,
            packet_size,
            ..
        } = self.limits;
        self.wires.insert(
            client.clone(),
            Wire {
                connection,
                out: out.clone(),
                receive_maximum: usize::from(connect.receive_maximum),
                packet_size: connect.packet_size,
                silent,
                will: connect.will,
                keep: connect.session_expiry > 0,
                owed: 0,
            },
        );
        self.write(
            &client,
            codec::connack(present, 0, receive_maximum, packet_size),
        );
        self.again(&client);
        self.pump(&client);
        Some((client, next))
    }

    /// Whether there was a session; afterwards there is one.
    fn resume(&mut self, connect: &Connect) -> bool {
        if connect.clean_start {
            self.sessions.remove(&connect.client);
        }
        let present = self.sessions.contains_key(&connect.client);
        self.sessions.entry(connect.client.clone()).or_default();
        present
    }

    /// What was under way before is delivered again (§4.4).
    fn again(&mut self, client: &str) {
        let under_way: Vec<(u16, Message)> = self
            .sessions
            .get(client)
            .into_iter()
            .flat_map(|s| s.under_way.iter().map(|(id, m)| (*id, m.clone())))
            .collect();
        for (id, message) in under_way {
            self.write(client, codec::publishing(&message, id, true));
        }
    }

    /// Whose connection this is, if it still is anybody's.
    pub(super) fn client_of(&self, connection: u64) -> Option<String> {
        let mut wires = self.wires.iter();
        wires
            .find(|(_, wire)| wire.connection == connection)
            .map(|(id, _)| id.clone())
    }

    /// A connection is over.
    pub(super) fn gone(&mut self, client: &str, connection: u64) {
        if self
            .wires
            .get(client)
            .is_none_or(|w| w.connection != connection)
        {
            return;
        }
        let Some(wire) = self.wires.remove(client) else {
            return;
        };
        if !wire.keep {
            self.sessions.remove(client);
        }
        if let Some(will) = wire.will {
            self.published(&will);
        }
    }

    fn write(&mut self, client: &str, frame: Vec<u8>) {
        let Some(wire) = self.wires.get(client) else {
            return;
        };
        if wire.silent {
            return;
        }
        let (connection, out) = (wire.connection, wire.out.clone());
        self.see(client, connection, false, &frame);
        let _ = out.send(Out::Frame(frame));
    }

    /// Writes bytes that are no packet, or not a whole one.
    pub(super) fn write_raw(&mut self, client: &str, bytes: Vec<u8>) {
        if let Some(wire) = self.wires.get(client) {
            let _ = wire.out.send(Out::Frame(bytes));
        }
    }

    fn close(&self, client: &str) {
        if let Some(wire) = self.wires.get(client) {
            let _ = wire.out.send(Out::Close);
        }
    }

    fn hush(&mut self, client: &str) {
        if let Some(wire) = self.wires.get_mut(client) {
            wire.silent = true;
        }
    }

    // ---- packets ----

    /// Whether a packet of this length is more than the broker takes.
    pub(super) fn too_large(&mut self, client: &str, length: usize) -> bool {
        let limits = [self.limits.packet_size, self.limits.secret_size];
        let least = limits.into_iter().flatten().min();
        let too_large = least.is_some_and(|most| length > usize::try_from(most).unwrap_or(0));
        if too_large {
            if self
                .limits
                .packet_size
                .is_some_and(|most| length > usize::try_from(most).unwrap_or(0))
            {
                self.violation(client, "a packet larger than it was told");
            }
            self.write(client, codec::goodbye(0x95));
        }
        too_large
    }

    pub(super) fn packet(&mut self, client: &str, connection: u64, frame: &[u8]) -> Next {
        self.see(client, connection, true, frame);
        match codec::decode(frame) {
            Err(codec::Malformed(why)) => {
                self.write(client, codec::goodbye(0x81));
                self.violation(client, why)
            }
            Ok(Packet::Connect(_)) => self.violation(client, "a second CONNECT"),
            Ok(Packet::Publish(message, id)) => self.publish(client, message, id),
            Ok(Packet::PubAck(id)) => self.acknowledged(client, id),
            Ok(Packet::Subscribe(id, filters)) => self.subscribe(client, id, filters),
            Ok(Packet::Unsubscribe(id, filters)) => {
                if let Some(session) = self.sessions.get_mut(client) {
                    session.filters.retain(|f, _| !filters.contains(f));
                }
                let reasons = vec![0; filters.len()];
                self.write(client, codec::suback(codec::UNSUBACK, id, &reasons));
                Next::Read
            }
            Ok(Packet::Ping) => {
                let deed = self.decide(Point::Ping, client, "");
                self.answer(client, &deed, Some(codec::pong()))
            }
            Ok(Packet::Disconnect(reason)) => {
                if reason != 4
                    && let Some(wire) = self.wires.get_mut(client)
                {
                    wire.will = None;
                }
                Next::Close
            }
        }
    }

    /// Writes an answer, or what the deed makes of it.
    fn answer(&mut self, client: &str, deed: &Deed, answer: Option<Vec<u8>>) -> Next {
        match deed {
            Deed::Drop => return Next::Read,
            Deed::Close => return Next::Close,
            Deed::Silence => {
                self.hush(client);
                return Next::Read;
            }
            Deed::Deaf => return Next::Deaf,
            Deed::Rubbish(bytes) => {
                self.write_raw(client, bytes.clone());
                return Next::Read;
            }
            Deed::Slow(time) => self.wait(client, *time),
            _ => {}
        }
        if let Some(answer) = answer {
            self.write(client, answer);
        }
        match deed {
            Deed::CloseAfter => Next::Close,
            _ => Next::Read,
        }
    }

    fn wait(&self, client: &str, time: Duration) {
        if let Some(wire) = self.wires.get(client) {
            let _ = wire.out.send(Out::Wait(time));
        }
    }

    fn subscribe(&mut self, client: &str, id: u16, filters: Vec<(String, u8)>) -> Next {
        let first = filters.first().map_or("", |(filter, _)| filter).to_owned();
        let deed = self.decide(Point::Subscribe, client, &first);
        let reasons: Vec<u8> = match deed {
            Deed::Refuse(reason) => vec![reason; filters.len()],
            _ => filters.iter().map(|(_, qos)| (*qos).min(1)).collect(),
        };
        let next = self.answer(
            client,
            &deed,
            Some(codec::suback(codec::SUBACK, id, &reasons)),
        );
        if matches!(
            deed,
            Deed::Refuse(_) | Deed::Lie | Deed::Drop | Deed::Close | Deed::Rubbish(_)
        ) {
            return next;
        }
        for (filter, qos) in filters {
            let kept: Vec<Message> = self
                .retained
                .values()
                .filter(|m| codec::matches(&filter, &m.topic))
                .cloned()
                .collect();
            // The session may have been forgotten while the connection stayed.
            let session = self.sessions.entry(client.to_owned()).or_default();
            session.filters.insert(filter, qos);
            for message in kept {
                self.enqueue(client, message);
            }
        }
        next
    }

    fn publish(&mut self, client: &str, message: Message, id: Option<u16>) -> Next {
        if let (Some(wire), true) = (self.wires.get_mut(client), id.is_some()) {
            wire.owed += 1;
            let most = self.limits.receive_maximum.unwrap_or(u16::MAX);
            if wire.owed > u32::from(most) {
                self.write(client, codec::goodbye(0x93));
                return self.violation(client, "more publishes than it was told");
            }
        }
        let deed = self.decide(Point::Publish, client, &message.topic);
        let old = self.old(&message.topic);
        self.past.push(message.clone());
        match &deed {
            Deed::Drop => return Next::Read,
            Deed::Close | Deed::Deaf | Deed::Silence | Deed::Rubbish(_) => {
                return self.answer(client, &deed, None);
            }
            Deed::Lie => {
                self.acknowledge(client, id, 0);
                return Next::Read;
            }
            Deed::Refuse(reason) => {
                self.acknowledge(client, id, *reason);
                return Next::Read;
            }
            Deed::Hold => {
                self.held
                    .push(Kept::Published(client.to_owned(), message, id));
                return Next::Read;
            }
            Deed::After => {
                self.later_up.push(message);
                self.acknowledge(client, id, 0);
                return Next::Read;
            }
            _ => {}
        }
        let heard = match &deed {
            Deed::Divert(topic) => self.published(&Message {
                topic: topic.clone(),
                ..message
            }),
            Deed::Alter(at) => self.published(&altered(message, *at)),
            Deed::Twice => {
                self.published(&message);
                self.published(&message)
            }
            Deed::Old => {
                if let Some(old) = old {
                    self.published(&old);
                }
                self.published(&message)
            }
            _ => self.published(&message),
        };
        for message in std::mem::take(&mut self.later_up) {
            self.published(&message);
        }
        self.answer_publish(client, &deed, id, reason_for(heard))
    }

    fn answer_publish(&mut self, client: &str, deed: &Deed, id: Option<u16>, reason: u8) -> Next {
        match deed {
            Deed::Unacknowledged => return Next::Read,
            Deed::WrongId => {
                self.acknowledge(client, id.map(|id| id.wrapping_add(7_777).max(1)), 0);
                return Next::Read;
            }
            Deed::Doubly => self.acknowledge(client, id, reason),
            Deed::Cut(bytes) => {
                if let Some(id) = id {
                    let whole = codec::puback(id, reason);
                    self.write_raw(client, whole.into_iter().take(*bytes).collect());
                }
                return Next::Close;
            }
            Deed::Slow(time) => self.wait(client, *time),
            _ => {}
        }
        self.acknowledge(client, id, reason);
        match deed {
            Deed::CloseAfter => Next::Close,
            _ => Next::Read,
        }
    }

    fn acknowledge(&mut self, client: &str, id: Option<u16>, reason: u8) {
        if let Some(id) = id {
            if let Some(wire) = self.wires.get_mut(client) {
                wire.owed = wire.owed.saturating_sub(1);
            }
            self.write(client, codec::puback(id, reason));
        }
    }

    fn acknowledged(&mut self, client: &str, id: u16) -> Next {
        let deed = self.decide(Point::Acknowledge, client, "");
        if !matches!(deed, Deed::Drop | Deed::Close) {
            let known = self
                .sessions
                .get_mut(client)
                .and_then(|session| session.under_way.remove(&id));
            if known.is_none() {
                // After a doubled or replayed delivery of a lost session this is no fault; it is noted all the same.
                self.record
                    .deeds
                    .entry("acknowledgements of nothing")
                    .and_modify(|n| *n += 1)
                    .or_insert(1);
            }
            self.pump(client);
        }
        self.answer(client, &deed, None)
    }

    // ---- messages ----

    /// One that was on this topic before, each time another.
    fn old(&mut self, topic: &str) -> Option<Message> {
        let past: Vec<&Message> = self.past.iter().filter(|m| m.topic == topic).collect();
        let at = self.picked.checked_rem(past.len())?;
        let found = past.get(at).copied().cloned();
        self.picked = self.picked.wrapping_add(1);
        found
    }

    /// Keeps it if it is to be kept, and passes it on; to how many.
    pub(super) fn published(&mut self, message: &Message) -> usize {
        if message.retain {
            if message.payload.is_empty() {
                self.retained.remove(&message.topic);
            } else {
                self.retained.insert(message.topic.clone(), message.clone());
            }
        }
        self.route(message)
    }

    fn route(&mut self, message: &Message) -> usize {
        let clients: Vec<String> = self
            .sessions
            .iter()
            .filter(|(_, s)| s.filters.keys().any(|f| codec::matches(f, &message.topic)))
            .map(|(id, _)| id.clone())
            .collect();
        for client in &clients {
            let message = Message {
                // §3.3.1.3: to those who subscribed before, it comes as new.
                retain: false,
                ..message.clone()
            };
            self.deliver(client, message);
        }
        clients.len()
    }

    /// Lets the script decide what becomes of one message to one client.
    fn deliver(&mut self, client: &str, message: Message) {
        let deed = self.decide(Point::Deliver, client, &message.topic);
        match deed {
            Deed::Drop => return,
            Deed::Hold => {
                self.held.push(Kept::Delivery(client.to_owned(), message));
                return;
            }
            Deed::After => {
                let later = self.later_down.entry(client.to_owned()).or_default();
                later.push(message);
                return;
            }
            Deed::Twice => {
                self.enqueue(client, message.clone());
                self.enqueue(client, message);
            }
            Deed::Old => {
                if let Some(old) = self.old(&message.topic) {
                    self.enqueue(client, old);
                }
                self.enqueue(client, message);
            }
            Deed::Divert(topic) => {
                let theirs: Vec<String> = self
                    .sessions
                    .iter()
                    .filter(|(_, s)| s.filters.keys().any(|f| codec::matches(f, &topic)))
                    .map(|(id, _)| id.clone())
                    .collect();
                for other in theirs {
                    let message = Message {
                        topic: topic.clone(),
                        ..message.clone()
                    };
                    self.enqueue(&other, message);
                }
            }
            Deed::Misdeliver(other) => self.enqueue(&other, message),
            Deed::Stray => {
                let other = self.wires.keys().find(|id| *id != client).cloned();
                self.enqueue(other.as_deref().unwrap_or(client), message);
            }
            Deed::Alter(at) => self.enqueue(client, altered(message, at)),
            Deed::Close => {
                // The session keeps it.
                self.hush(client);
                self.enqueue(client, message);
                self.close(client);
            }
            Deed::CloseAfter => {
                self.enqueue(client, message);
                self.close(client);
            }
            Deed::Cut(bytes) => {
                let id = self.sessions.get(client).map_or(1, |s| s.last_id + 1);
                let whole = codec::publishing(&message, id, false);
                self.write_raw(client, whole.into_iter().take(bytes).collect());
                self.hush(client);
                self.enqueue(client, message);
                self.close(client);
            }
            Deed::Silence => {
                self.hush(client);
                self.enqueue(client, message);
            }
            Deed::Rubbish(bytes) => self.write_raw(client, bytes),
            Deed::Slow(time) => {
                self.wait(client, time);
                self.enqueue(client, message);
            }
            _ => self.enqueue(client, message),
        }
        for message in self.later_down.remove(client).unwrap_or_default() {
            self.enqueue(client, message);
        }
    }

    fn enqueue(&mut self, client: &str, mut message: Message) {
        let connected = self.wires.contains_key(client);
        let Some(session) = self.sessions.get_mut(client) else {
            return;
        };
        let granted = session.filters.iter();
        let granted = granted
            .filter(|(f, _)| codec::matches(f, &message.topic))
            .map(|(_, qos)| *qos)
            .max();
        // A misdelivered one comes as it was sent.
        message.qos = message.qos.min(granted.unwrap_or(1));
        if message.qos == 0 {
            if connected {
                self.write(client, codec::publishing(&message, 0, false));
            }
            return;
        }
        session.waiting.push_back(message);
        self.pump(client);
    }

    /// Sends what waits, as far as the client's Receive Maximum goes.
    fn pump(&mut self, client: &str) {
        while let Some(wire) = self.wires.get(client) {
            let (most, largest) = (wire.receive_maximum, wire.packet_size);
            let Some(session) = self.sessions.get_mut(client) else {
                return;
            };
            if session.under_way.len() >= most {
                return;
            }
            let Some(message) = session.waiting.pop_front() else {
                return;
            };
            let id = free_id(session);
            let frame = codec::publishing(&message, id, false);
            if largest.is_some_and(|l| frame.len() > usize::try_from(l).unwrap_or(usize::MAX)) {
                // §3.1.2.11.4: it is dropped as if it had been sent.
                continue;
            }
            session.under_way.insert(id, message);
            self.write(client, frame);
        }
    }
}

/// One bit is another.
fn altered(mut message: Message, at: usize) -> Message {
    let at = at.checked_rem(message.payload.len()).unwrap_or(0);
    if let Some(byte) = message.payload.get_mut(at) {
        *byte ^= 1;
    }
    message
}

const fn reason_for(heard: usize) -> u8 {
    if heard == 0 { 0x10 } else { 0 }
}

fn free_id(session: &mut Session) -> u16 {
    loop {
        session.last_id = session.last_id.checked_add(1).unwrap_or(1);
        if !session.under_way.contains_key(&session.last_id) {
            return session.last_id;
        }
    }
}
