//! Which row goes next, which are under way, which must wait: the link's bookkeeping, without network or disk.
//!
//! Packet ids of `rumqttc` go round in a ring as large as the window. Limiting the *span* between the oldest and the
//! newest packet without PUBACK, rather than their number, keeps two rows from ever meeting on one id.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use ubugoe_protocol::{FilingId, RecipientId};

use super::Tuning;
use super::backoff::Backoff;
use crate::outbox::{Pending, RowKind};

/// Room for MQTT's own bytes around a payload: fixed header, the longest topic (137), packet id and correlation data,
/// with some to spare.
const OVERHEAD: u64 = 224;

/// How much blame a row gathers before it has to travel alone: two connections that the broker ended while it was under
/// way, or four that the network did.
const ALONE_AT: u32 = 4;

/// Bytes that may be under way at first, at least and at most. The least is two or three filings.
const BUDGET: u64 = 64 * 1024;
const BUDGET_LEAST: u64 = 16 * 1024;
const BUDGET_MOST: u64 = 16 * 1024 * 1024;

/// Whose fault the end of a connection may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// It fell silent, or was ended on purpose.
    Nobody,
    /// It broke, and whoever broke it could not prove to be the broker: a line that drops, a gateway that cuts. Or a broker
    /// that dies of a row, so rows that are always there travel alone; but none is called guilty for it.
    Network,
    /// The broker ended it, or said what the client does not understand: a row may be what it cannot bear.
    Rows,
}

/// What the broker allows on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// CONNACK's Receive Maximum.
    pub(super) receive_maximum: u16,
    /// CONNACK's Maximum Packet Size.
    pub(super) packet_size: Option<u32>,
}

/// What a PUBACK said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The broker has it and somebody subscribes.
    Taken,
    /// 0x10: the broker has it and nobody subscribes, so it is gone.
    NobodyListens,
    /// Refused for reasons that concern this recipient's topic.
    RecipientRefused,
    /// Refused for reasons that concern this row.
    RowRefused,
}

/// When a row's turn comes: rows that broke connections last, else what the law wants there first, filings before their
/// attachments, then in the order they were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    broke: u32,
    due: i64,
    chunk: bool,
    seq: i64,
}

/// A pause of one recipient or row.
#[derive(Debug, Clone)]
struct Hold {
    until: Instant,
    pause: Backoff,
    /// The one row that was sent to see whether the pause can end.
    probe: Option<FilingId>,
}

/// A row under way; tickets count up per connection.
#[derive(Debug, Clone)]
struct Under {
    ticket: u64,
    row: Pending,
    since: Instant,
}

/// A row the broker has.
#[derive(Debug, Clone)]
struct Awaiting {
    row: Pending,
    again: Instant,
}

#[derive(Debug)]
pub(super) struct Flight {
    window: u64,
    packet_size: Option<u32>,
    online: bool,
    next_ticket: u64,
    /// Waiting to be sent, in order.
    queue: BTreeMap<Turn, Pending>,
    /// Given to the client, without a packet id yet.
    handed: VecDeque<Under>,
    packets: HashMap<u16, Under>,
    /// Tickets without PUBACK.
    open: BTreeSet<u64>,
    /// Settled while a packet with them was under way.
    done: HashSet<FilingId>,
    awaiting: HashMap<FilingId, Awaiting>,
    /// Too large for this broker.
    oversize: Vec<Pending>,
    newest: i64,
    // What follows survives a connection.
    /// Bytes that may be under way.
    budget: u64,
    /// When the budget was last cut: what was under way then says nothing about the cut.
    cut: Option<Instant>,
    recipients: HashMap<RecipientId, Hold>,
    rows: HashMap<FilingId, Hold>,
    broke: HashMap<FilingId, u32>,
    resent: HashMap<FilingId, u32>,
    tuning: Tuning,
}

impl Flight {
    pub(super) fn new(tuning: &Tuning) -> Self {
        Self {
            window: 1,
            packet_size: None,
            online: false,
            next_ticket: 0,
            queue: BTreeMap::new(),
            handed: VecDeque::new(),
            packets: HashMap::new(),
            open: BTreeSet::new(),
            done: HashSet::new(),
            awaiting: HashMap::new(),
            oversize: Vec::new(),
            newest: i64::MIN,
            budget: BUDGET,
            cut: None,
            recipients: HashMap::new(),
            rows: HashMap::new(),
            broke: HashMap::new(),
            resent: HashMap::new(),
            tuning: tuning.clone(),
        }
    }

    /// The line is capped at this many bytes per second: no need to find that out.
    pub(super) fn capped(mut self, rate: Option<u32>) -> Self {
        if let Some(rate) = rate {
            self.budget = u64::from(rate).clamp(BUDGET_LEAST, BUDGET);
        }
        self
    }

    /// A connection is up: everything not settled is queued again.
    pub(super) fn connected(&mut self, limits: Limits, pending: Vec<Pending>) {
        self.clear();
        // One slot of the ring stays free: with all of them taken, the client would not send our PUBACKs either.
        self.window = u64::from(self.tuning.window.min(limits.receive_maximum))
            .saturating_sub(1)
            .max(1);
        self.packet_size = limits.packet_size;
        self.add(pending);
    }

    /// The answers' channels are subscribed: rows may go.
    pub(super) const fn open_gate(&mut self) {
        self.online = true;
    }

    /// The connection is gone. Rows that are found to break connections by themselves.
    pub(super) fn disconnected(&mut self, blame: Blame, now: Instant) -> Vec<FilingId> {
        let mut breaking = Vec::new();
        let under: Vec<FilingId> = self.packets.values().map(|u| u.row.id).collect();
        for id in under {
            let so_far = self.broke.get(&id).copied().unwrap_or(0);
            match blame {
                Blame::Nobody => {}
                // No upper limit: of all that travel alone, what broke most often goes last. A row too long for a line that
                // drops would otherwise be the first on every connection, and the only one.
                Blame::Network => {
                    self.broke.insert(id, so_far.saturating_add(1));
                }
                Blame::Rows => {
                    self.broke.insert(id, so_far.saturating_add(2));
                    if so_far >= ALONE_AT {
                        self.hold_row(id, now);
                        breaking.push(id);
                    }
                }
            }
        }
        for hold in self.recipients.values_mut().chain(self.rows.values_mut()) {
            hold.probe = None;
        }
        self.clear();
        breaking
    }

    fn clear(&mut self) {
        self.online = false;
        self.queue.clear();
        self.handed.clear();
        self.packets.clear();
        self.open.clear();
        self.done.clear();
        self.awaiting.clear();
        self.oversize.clear();
        self.newest = i64::MIN;
    }

    /// Rows that are new since [`Flight::newest`].
    pub(super) fn add(&mut self, pending: Vec<Pending>) {
        for row in pending {
            self.newest = self.newest.max(row.seq);
            let too_large = self
                .packet_size
                .is_some_and(|max| row.size.saturating_add(OVERHEAD) > u64::from(max));
            if too_large {
                self.oversize.push(row);
            } else {
                self.enqueue(row);
            }
        }
    }

    /// Those of these rows that are nowhere yet.
    pub(super) fn add_unknown(&mut self, pending: Vec<Pending>) {
        let mut known: HashSet<FilingId> = self.queue.values().map(|r| r.id).collect();
        known.extend(self.packets.values().chain(&self.handed).map(|u| u.row.id));
        known.extend(self.awaiting.keys());
        known.extend(self.oversize.iter().map(|r| r.id));
        self.done
            .retain(|id| !pending.iter().any(|row| row.id == *id));
        self.add(
            pending
                .into_iter()
                .filter(|r| !known.contains(&r.id))
                .collect(),
        );
    }

    /// Position of the newest row that was added on this connection.
    pub(super) const fn newest(&self) -> i64 {
        self.newest
    }

    /// Rows that do not fit this broker, each once.
    pub(super) fn take_oversize(&mut self) -> Vec<Pending> {
        std::mem::take(&mut self.oversize)
    }

    fn enqueue(&mut self, row: Pending) {
        let broke = self.broke.get(&row.id).copied().unwrap_or(0);
        let turn = Turn {
            broke,
            due: row.legal_due.unwrap_or(i64::MAX),
            chunk: row.kind == RowKind::Chunk,
            seq: row.seq,
        };
        self.queue.insert(turn, row);
    }

    /// Takes the next row that may be sent now. The caller hands it to the client or says why not.
    pub(super) fn next(&mut self, now: Instant) -> Option<Pending> {
        if !self.online || self.span() >= self.window {
            return None;
        }
        // A row that broke connections before travels alone, so that the next break names the culprit.
        let under = self.packets.values().chain(&self.handed);
        let suspect_under = under.clone().any(|u| self.suspect(u.row.id));
        let any_under = under.clone().count() > 0;
        let bytes: u64 = under.map(|u| u.row.size).sum();
        if suspect_under {
            return None;
        }
        let key = self
            .queue
            .iter()
            .find(|(_, row)| self.may_go(row, now))
            .map(|(turn, _)| *turn)
            .filter(|turn| turn.broke < ALONE_AT || !any_under)?;
        // The one whose turn it is waits; a smaller one does not overtake it.
        let size = self.queue.get(&key)?.size;
        if any_under && bytes.saturating_add(size) > self.budget {
            return None;
        }
        let row = self.queue.remove(&key)?;
        for hold in [
            self.recipients.get_mut(&row.recipient),
            self.rows.get_mut(&row.id),
        ]
        .into_iter()
        .flatten()
        {
            hold.probe = Some(row.id);
        }
        Some(row)
    }

    fn suspect(&self, id: FilingId) -> bool {
        self.broke.get(&id).is_some_and(|n| *n >= ALONE_AT)
    }

    fn may_go(&self, row: &Pending, now: Instant) -> bool {
        let free = |hold: Option<&Hold>| hold.is_none_or(|h| h.probe.is_none() && h.until <= now);
        free(self.recipients.get(&row.recipient)) && free(self.rows.get(&row.id))
    }

    fn span(&self) -> u64 {
        self.open
            .first()
            .map_or(0, |oldest| self.next_ticket - oldest)
    }

    /// The client has the row; packets leave in this order.
    pub(super) fn hand(&mut self, row: Pending, now: Instant) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.open.insert(ticket);
        self.handed.push_back(Under {
            ticket,
            row,
            since: now,
        });
    }

    /// The client did not take it.
    pub(super) fn put_back(&mut self, row: Pending) {
        self.forget_probe(&row);
        self.enqueue(row);
    }

    /// A packet left with this id; `false` if no row was handed over, which would be a fault of the client.
    pub(super) fn left(&mut self, packet: u16) -> bool {
        match self.handed.pop_front() {
            Some(under) => self.packets.insert(packet, under).is_none(),
            None => false,
        }
    }

    /// The broker answered a packet; whose row it was.
    pub(super) fn acknowledged(
        &mut self,
        packet: u16,
        verdict: Verdict,
        now: Instant,
    ) -> Option<Pending> {
        let under = self.packets.remove(&packet)?;
        self.open.remove(&under.ticket);
        self.pace(under.since, under.row.size, now);
        let row = under.row;
        self.broke.remove(&row.id);
        if self.done.remove(&row.id) {
            self.forget_probe(&row);
            return Some(row);
        }
        match verdict {
            Verdict::Taken => {
                self.recipients.remove(&row.recipient);
                self.rows.remove(&row.id);
                let times = self.resent.get(&row.id).copied().unwrap_or(0).min(4);
                let again = now + self.tuning.resend_after.saturating_mul(1 << times);
                self.awaiting.insert(
                    row.id,
                    Awaiting {
                        row: row.clone(),
                        again,
                    },
                );
            }
            Verdict::NobodyListens | Verdict::RecipientRefused => {
                // It may have been probing for itself, too: that says nothing about it.
                self.forget_probe(&row);
                self.hold_recipient(&row.recipient, now);
                self.enqueue(row.clone());
            }
            Verdict::RowRefused => {
                self.forget_probe(&row);
                self.hold_row(row.id, now);
                self.enqueue(row.clone());
            }
        }
        Some(row)
    }

    /// Learns from a PUBACK how much the line bears: what came back quickly makes room for more, what came back slowly had to
    /// queue, and so would acknowledgements and pings.
    fn pace(&mut self, since: Instant, size: u64, now: Instant) {
        if now.saturating_duration_since(since) <= self.tuning.slow_after {
            self.budget = self.budget.saturating_add(size).min(BUDGET_MOST);
        } else if self.cut.is_none_or(|cut| since > cut) {
            self.budget = (self.budget / 2).max(BUDGET_LEAST);
            self.cut = Some(now);
        }
    }

    /// A row is settled; wherever it is, it is done.
    pub(super) fn settled(&mut self, id: FilingId) {
        if self
            .packets
            .values()
            .chain(&self.handed)
            .any(|u| u.row.id == id)
        {
            self.done.insert(id);
        }
        self.awaiting.remove(&id);
        self.queue.retain(|_, row| row.id != id);
        self.rows.remove(&id);
        self.broke.remove(&id);
        self.resent.remove(&id);
        // The row may have been the one that probed; whoever answered is there.
        self.recipients.retain(|_, hold| hold.probe != Some(id));
    }

    /// Somebody said this recipient is there again.
    pub(super) fn recipient_is_back(&mut self, recipient: &RecipientId) {
        self.recipients.remove(recipient);
    }

    /// Queues again what waited too long for its receipt; how many.
    pub(super) fn resend_due(&mut self, now: Instant) -> u64 {
        let due: Vec<FilingId> = self
            .awaiting
            .iter()
            .filter(|(_, a)| a.again <= now)
            .map(|(id, _)| *id)
            .collect();
        let mut count = 0;
        for id in due {
            if let Some(awaiting) = self.awaiting.remove(&id) {
                *self.resent.entry(id).or_default() += 1;
                self.enqueue(awaiting.row);
                count += 1;
            }
        }
        count
    }

    /// Whether rows may go on this connection.
    pub(super) const fn is_open(&self) -> bool {
        self.online
    }

    /// Whether packets are under way that the broker has not answered.
    pub(super) fn is_waiting_for_broker(&self) -> bool {
        !self.open.is_empty()
    }

    /// When something changes by itself after `now`: a pause ends, a receipt is overdue. `now` must be the time the
    /// last [`Flight::next`] was asked with, or a pause that ends in between is missed.
    pub(super) fn next_change(&self, now: Instant) -> Option<Instant> {
        let holds = self.recipients.values().chain(self.rows.values());
        let pauses = holds
            .filter(|h| h.probe.is_none() && h.until > now)
            .map(|h| h.until);
        self.awaiting.values().map(|a| a.again).chain(pauses).min()
    }

    fn forget_probe(&mut self, row: &Pending) {
        for hold in [
            self.recipients.get_mut(&row.recipient),
            self.rows.get_mut(&row.id),
        ]
        .into_iter()
        .flatten()
        {
            if hold.probe == Some(row.id) {
                hold.probe = None;
            }
        }
    }

    fn hold_recipient(&mut self, recipient: &RecipientId, now: Instant) {
        let hold = self
            .recipients
            .entry(recipient.clone())
            .or_insert_with(|| new_hold(&self.tuning, now));
        renew(hold, now);
    }

    fn hold_row(&mut self, id: FilingId, now: Instant) {
        let hold = self
            .rows
            .entry(id)
            .or_insert_with(|| new_hold(&self.tuning, now));
        renew(hold, now);
    }
}

fn new_hold(tuning: &Tuning, now: Instant) -> Hold {
    Hold {
        until: now,
        pause: Backoff::new(tuning.pause_min, tuning.pause_max),
        probe: None,
    }
}

/// Lengthens a pause. Several packets may have been under way when the first answer came; those that follow while
/// the pause runs do not lengthen it.
fn renew(hold: &mut Hold, now: Instant) {
    hold.probe = None;
    if hold.until <= now {
        hold.until = now + hold.pause.next().max(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    const OPEN: Limits = Limits {
        receive_maximum: u16::MAX,
        packet_size: None,
    };

    fn row(seq: i64, recipient: &str) -> Pending {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&seq.to_be_bytes());
        Pending {
            seq,
            id: FilingId::from_bytes(id),
            recipient: recipient.parse().unwrap(),
            size: 500,
            legal_due: None,
            kind: RowKind::Filing,
        }
    }

    fn flight(window: u16, rows: Vec<Pending>) -> Flight {
        let mut flight = Flight::new(&Tuning {
            window,
            ..Tuning::default()
        });
        flight.connected(OPEN, rows);
        flight.open_gate();
        flight
    }

    /// The packet ids of `rumqttc`: a ring from 1 to the window.
    struct Ring {
        size: u16,
        last: u16,
    }

    impl Ring {
        fn next(&mut self) -> u16 {
            self.last = if self.last >= self.size {
                1
            } else {
                self.last + 1
            };
            self.last
        }
    }

    #[test]
    fn nothing_goes_before_the_answers_are_subscribed() {
        let mut flight = Flight::new(&Tuning::default());
        flight.connected(OPEN, vec![row(1, "city-a")]);
        assert_eq!(flight.next(Instant::now()), None);
        flight.open_gate();
        assert_eq!(flight.next(Instant::now()).unwrap().seq, 1);
    }

    #[test]
    fn what_the_law_wants_first_goes_first_and_filings_before_their_attachments() {
        let now = Instant::now();
        let due = |n, legal_due, kind| Pending {
            legal_due,
            kind,
            ..row(n, "city-a")
        };
        let mut flight = flight(
            50,
            vec![
                due(1, None, RowKind::Filing),
                due(2, Some(900), RowKind::Filing),
                due(3, Some(500), RowKind::Chunk),
                due(4, Some(500), RowKind::Filing),
                due(5, None, RowKind::Filing),
            ],
        );
        let mut order = Vec::new();
        while let Some(next) = flight.next(now) {
            order.push(next.seq);
            flight.hand(next, now);
        }
        assert_eq!(order, [4, 3, 2, 1, 5]);
    }

    #[test]
    fn the_span_not_the_number_of_packets_fills_the_window() {
        let now = Instant::now();
        let mut flight = flight(5, (1..20).map(|n| row(n, "city-a")).collect());
        for packet in 1..=4 {
            let next = flight.next(now).unwrap();
            flight.hand(next, now);
            assert!(flight.left(packet));
        }
        assert_eq!(flight.next(now), None);
        // Acknowledged out of order: three are free, the oldest still holds the window.
        for packet in [2, 3, 4] {
            assert!(flight.acknowledged(packet, Verdict::Taken, now).is_some());
        }
        assert_eq!(flight.next(now), None);
        assert!(flight.acknowledged(1, Verdict::Taken, now).is_some());
        assert!(flight.next(now).is_some());
    }

    #[test]
    fn whatever_the_broker_answers_no_row_is_forgotten_and_no_packet_id_meets_another() {
        const ROWS: i64 = 300;
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = move |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let mut now = Instant::now();
        let all: Vec<Pending> = (1..=ROWS)
            .map(|n| row(n, if n % 3 == 0 { "city-b" } else { "city-a" }))
            .collect();
        let mut unsettled: BTreeMap<i64, Pending> =
            all.iter().map(|r| (r.seq, r.clone())).collect();
        let mut flight = flight(7, all);
        let mut ring = Ring { size: 7, last: 0 };
        for step in 0..200_000 {
            if unsettled.is_empty() {
                return;
            }
            now += Duration::from_millis(draw(400));
            match draw(8) {
                0..=2 => {
                    if let Some(next) = flight.next(now) {
                        assert!(
                            unsettled.contains_key(&next.seq),
                            "sent again after it was settled"
                        );
                        flight.hand(next, now);
                        assert!(flight.left(ring.next()), "two rows on one packet id");
                    }
                }
                3..=5 => {
                    let under: Vec<u16> = flight.packets.keys().copied().collect();
                    if let Some(packet) = under.get(usize::try_from(draw(16)).unwrap()) {
                        let verdict = match draw(6) {
                            0 => Verdict::NobodyListens,
                            1 => Verdict::RecipientRefused,
                            2 => Verdict::RowRefused,
                            _ => Verdict::Taken,
                        };
                        assert!(flight.acknowledged(*packet, verdict, now).is_some());
                    }
                }
                6 => {
                    let known: Vec<FilingId> = flight.awaiting.keys().copied().collect();
                    let under: Vec<FilingId> = flight.packets.values().map(|u| u.row.id).collect();
                    if let Some(id) = known.iter().chain(&under).next() {
                        flight.settled(*id);
                        unsettled.retain(|_, r| r.id != *id);
                    }
                }
                _ if draw(50) == 0 => {
                    let blame = [Blame::Nobody, Blame::Network, Blame::Rows];
                    flight.disconnected(blame[usize::try_from(draw(3)).unwrap()], now);
                    flight.connected(OPEN, unsettled.values().cloned().collect());
                    flight.open_gate();
                    ring.last = 0;
                }
                _ => {
                    flight.resend_due(now);
                }
            }
            let places = flight.queue.len() + flight.awaiting.len() + flight.packets.len()
                - flight.done.len();
            assert_eq!(places, unsettled.len(), "step {step}");
        }
        unreachable!("{} rows never settled", unsettled.len());
    }

    #[test]
    fn while_a_recipient_is_silent_one_row_probes_and_others_pass() {
        let mut now = Instant::now();
        let mut flight = flight(
            50,
            vec![row(1, "city-a"), row(2, "city-a"), row(3, "city-b")],
        );
        for packet in 1..=3 {
            let next = flight.next(now).unwrap();
            flight.hand(next, now);
            flight.left(packet);
        }
        flight.acknowledged(1, Verdict::NobodyListens, now);
        flight.acknowledged(2, Verdict::NobodyListens, now);
        assert_eq!(flight.next(now), None, "both wait");
        flight.acknowledged(3, Verdict::Taken, now);
        now = flight.next_change(now).unwrap();
        let probe = flight.next(now).unwrap();
        assert_eq!((probe.seq, flight.next(now)), (1, None), "one probes");
        flight.hand(probe, now);
        flight.left(4);
        flight.acknowledged(4, Verdict::Taken, now);
        assert_eq!(flight.next(now).unwrap().seq, 2);
    }

    #[test]
    fn a_row_that_was_refused_itself_and_then_heard_by_nobody_goes_again() {
        let mut now = Instant::now();
        let mut flight = flight(50, vec![row(1, "city-a")]);
        for (packet, verdict) in [(1, Verdict::RowRefused), (2, Verdict::NobodyListens)] {
            let next = flight.next(now).unwrap();
            flight.hand(next, now);
            flight.left(packet);
            flight.acknowledged(packet, verdict, now);
            now = flight.next_change(now).unwrap();
        }
        assert_eq!(flight.next(now).unwrap().seq, 1);
    }

    #[test]
    fn rows_that_were_there_when_connections_broke_travel_alone_and_last() {
        let mut now = Instant::now();
        let rows: Vec<_> = (1..=3).map(|n| row(n, "city-a")).collect();
        let mut flight = flight(50, rows.clone());
        for _ in 0..2 {
            for packet in 1..=2 {
                let next = flight.next(now).unwrap();
                flight.hand(next, now);
                flight.left(packet);
            }
            assert!(flight.disconnected(Blame::Rows, now).is_empty());
            flight.connected(OPEN, vec![rows[0].clone(), rows[1].clone()]);
            flight.open_gate();
        }
        flight.add(vec![rows[2].clone()]);
        let innocent = flight.next(now).unwrap();
        assert_eq!(innocent.seq, 3, "others first");
        flight.hand(innocent, now);
        flight.left(1);
        assert_eq!(flight.next(now), None, "not beside another");
        flight.acknowledged(1, Verdict::Taken, now);
        let alone = flight.next(now).unwrap();
        flight.hand(alone, now);
        flight.left(2);
        assert_eq!(flight.next(now), None, "nobody beside it");
        assert_eq!(
            flight.disconnected(Blame::Rows, now),
            vec![rows[0].id],
            "named"
        );
        flight.connected(OPEN, vec![rows[0].clone()]);
        flight.open_gate();
        assert_eq!(flight.next(now), None, "held for a while");
        now = flight.next_change(now).unwrap();
        assert_eq!(
            flight.next(now).unwrap().seq,
            1,
            "and tried again, for ever"
        );
    }

    #[test]
    fn rows_above_the_brokers_packet_size_are_set_aside_once() {
        let mut flight = Flight::new(&Tuning::default());
        let large = Pending {
            size: 4000,
            ..row(1, "city-a")
        };
        let limits = Limits {
            receive_maximum: 20,
            packet_size: Some(4096),
        };
        flight.connected(limits, vec![large.clone(), row(2, "city-a")]);
        flight.open_gate();
        assert_eq!(flight.take_oversize(), vec![large]);
        assert_eq!(flight.take_oversize(), vec![]);
        assert_eq!(flight.next(Instant::now()).unwrap().seq, 2);
        assert_eq!(flight.newest(), 2);
    }

    #[test]
    fn no_row_is_called_guilty_of_a_line_that_drops_and_the_one_that_never_passes_goes_last() {
        let now = Instant::now();
        let rows: Vec<_> = (1..=3).map(|n| row(n, "city-a")).collect();
        let mut flight = flight(50, rows.clone());
        // All three are under way when it drops, and the first is long.
        for _ in 0..ALONE_AT {
            for packet in 1..=3 {
                let next = flight.next(now).unwrap();
                flight.hand(next, now);
                flight.left(packet);
            }
            assert!(flight.disconnected(Blame::Network, now).is_empty());
            flight.connected(OPEN, rows.clone());
            flight.open_gate();
        }
        // Alone from now on. The first drops the line again; the second is next, not the first for ever.
        let first = flight.next(now).unwrap();
        assert_eq!(first.seq, 1);
        flight.hand(first, now);
        flight.left(1);
        assert_eq!(flight.next(now), None);
        assert!(flight.disconnected(Blame::Network, now).is_empty());
        flight.connected(OPEN, rows);
        flight.open_gate();
        for (packet, seq) in [(1, 2), (2, 3), (3, 1)] {
            let next = flight.next(now).unwrap();
            assert_eq!(next.seq, seq);
            flight.hand(next, now);
            flight.left(packet);
            assert!(flight.acknowledged(packet, Verdict::Taken, now).is_some());
        }
    }

    #[test]
    fn slow_answers_halve_what_is_under_way_once_per_queue_and_quick_ones_make_room_again() {
        let mut now = Instant::now();
        let large = |n| Pending {
            size: 20_000,
            ..row(n, "city-a")
        };
        let mut flight = flight(90, (1..60).map(large).collect());
        let mut packet = 0;
        let mut fill = |flight: &mut Flight, now| {
            let mut count = 0;
            while let Some(next) = flight.next(now) {
                packet += 1;
                flight.hand(next, now);
                flight.left(packet);
                count += 1;
            }
            count
        };
        assert_eq!(fill(&mut flight, now), 3, "64 KiB");
        now += Tuning::default().slow_after * 2;
        for packet in 1..=3 {
            flight.acknowledged(packet, Verdict::Taken, now);
        }
        assert_eq!(flight.budget, BUDGET / 2, "one queue, one cut");
        assert_eq!(fill(&mut flight, now), 1);
        now += Duration::from_millis(100);
        flight.acknowledged(4, Verdict::Taken, now);
        assert_eq!(flight.budget, BUDGET / 2 + 20_000);
        assert_eq!(fill(&mut flight, now), 2);
    }

    #[test]
    fn a_row_larger_than_everything_that_may_be_under_way_goes_alone() {
        let now = Instant::now();
        let large = Pending {
            size: 3 * BUDGET,
            ..row(1, "city-a")
        };
        let mut flight = flight(50, vec![large, row(2, "city-a")]);
        let next = flight.next(now).unwrap();
        assert_eq!(next.seq, 1);
        flight.hand(next, now);
        flight.left(1);
        assert_eq!(flight.next(now), None);
        flight.acknowledged(1, Verdict::Taken, now);
        assert_eq!(flight.next(now).unwrap().seq, 2);
    }
}
