//! One connection, from TCP to goodbye.
//!
//! First the broker is reached and proves its name; only then MQTT begins. Three futures share what follows: the poll
//! loop turns events of the client into bookkeeping and never waits for the client; the feeder puts rows and
//! acknowledgements into the client's channel and never waits for it either; the relay carries the bytes. None is
//! ever cancelled and resumed: when one ends, the connection and its `EventLoop` are thrown away.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, DisconnectReasonCode, Filter, Packet, PubAck, PubAckReason, Publish,
    PublishProperties, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use rumqttc::{Outgoing, Transport};
use tokio::sync::Notify;
use ubugoe_protocol::topics::{self, Channel};
use ubugoe_protocol::{FilingId, MAX_ENVELOPE, RecipientId};

use super::dial::{self, Wire};
use super::flight::{Blame, Flight, Limits, Verdict};
use super::relay::{End, Relay};
use super::{
    Alert, Broker, Cap, Context, DisconnectReason, LinkEvent, Mode, Tuning, Wish, inbox, voice,
};
use crate::outbox::{StoreError, Trouble};

/// Answers the broker may have on the way to us without our acknowledgement.
const INCOMING: u16 = 32;
/// The same where the way down is capped: as many of the largest as come in ten seconds, but enough that a line which is
/// slow in both directions does not wait for acknowledgements all the time.
const INCOMING_LEAST: u16 = 8;
const INCOMING_SECONDS: u32 = 10;
/// Largest incoming packet; the client's own default of 10 KiB would end the connection at the first batch of receipts.
const INCOMING_SIZE: u32 = 132 * 1024;
const _: () = assert!(INCOMING_SIZE as usize > MAX_ENVELOPE);
/// How long the broker's acknowledgements are collected before they are written to disk in one go.
const COLLECT: Duration = Duration::from_millis(500);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection ended.
pub(super) struct Ended {
    pub(super) reason: DisconnectReason,
    /// Whether it was of any use; if not, the next pause is longer and the next broker is tried.
    pub(super) moved: bool,
    /// A better address answers: its index.
    pub(super) home: Option<usize>,
    /// A new certificate was tried and did not get in.
    pub(super) failed_trial: bool,
}

impl Ended {
    /// No connection came about.
    pub(super) const fn vain(reason: DisconnectReason) -> Self {
        Self {
            reason,
            moved: false,
            home: None,
            failed_trial: false,
        }
    }
}

/// Where and how to connect.
pub(super) struct Attempt<'a> {
    pub(super) broker: &'a Broker,
    /// Addresses that come before it, in order.
    pub(super) better: &'a [Broker],
    pub(super) tls: &'a Arc<rustls::ClientConfig>,
    /// The generation of the certificate, if this is its trial.
    pub(super) trial: Option<u32>,
    /// Factor of the watchdog's limit.
    pub(super) patience: u32,
    /// How long before a better address is looked for.
    pub(super) stay: Duration,
    /// There is no other address.
    pub(super) only: bool,
}

/// What all futures see.
struct Session<'a> {
    context: &'a Context,
    attempt: &'a Attempt<'a>,
    relay: Relay,
    client: AsyncClient,
    flight: RefCell<&'a mut Flight>,
    /// Messages that were kept and may be forgotten by the broker.
    acks: RefCell<VecDeque<Publish>>,
    /// Rows the broker has, not yet written to disk.
    sent: RefCell<Vec<FilingId>>,
    /// Recipients nobody listens for, each reported once, and since when.
    silent: RefCell<BTreeMap<RecipientId, Instant>>,
    /// Something changed that may let the feeder go on.
    feed: Notify,
    progress: Cell<Instant>,
    moved: Cell<bool>,
    /// When rows could begin to flow.
    since: Cell<Option<Instant>>,
    up: Notify,
    /// When the broker was last asked for this device's answers.
    asked: Cell<Instant>,
}

/// Runs one connection until it breaks, stalls or is switched off.
pub(super) async fn run(context: &Context, attempt: &Attempt<'_>, flight: &mut Flight) -> Ended {
    let began = Instant::now();
    let limit = context.config.tuning.connect_timeout;
    let network = &context.config.network;
    let reached = tokio::select! {
        reached = dial::dial(network, attempt.broker, attempt.tls, limit) => reached,
        () = unwished(context) => Err(DisconnectReason::SwitchedOff),
    };
    let relay = reached.and_then(|wire: Wire| {
        Relay::offer(wire, network.cap).map_err(|e| DisconnectReason::Broken(e.to_string()))
    });
    let (ended, up) = match relay {
        Ok(relay) => {
            let options = options(context, &relay, limit.saturating_sub(began.elapsed()));
            carried(context, attempt, flight, relay, options).await
        }
        Err(reason) => {
            let reached = matches!(reason, DisconnectReason::CertificateRefused(_));
            let ended = Ended::vain(reason);
            return tried(context, attempt, ended, reached);
        }
    };
    if up {
        ended
    } else {
        tried(context, attempt, ended, true)
    }
}

/// Nothing came of it, which may say something about a certificate.
fn tried(context: &Context, attempt: &Attempt<'_>, ended: Ended, reached: bool) -> Ended {
    if ended.reason == DisconnectReason::SwitchedOff {
        return ended;
    }
    context
        .credentials
        .kept_out(attempt.trial, &ended.reason, reached);
    Ended {
        failed_trial: attempt.trial.is_some(),
        ..ended
    }
}

/// MQTT on a connection that stands; and whether it came to a subscription.
async fn carried(
    context: &Context,
    attempt: &Attempt<'_>,
    flight: &mut Flight,
    relay: Relay,
    options: MqttOptions,
) -> (Ended, bool) {
    // Room for a full window, every possible acknowledgement and a goodbye: putting something in never has to wait.
    let room = usize::from(context.config.tuning.window) + usize::from(INCOMING) + 8;
    let (client, mut events) = AsyncClient::new(options, room);
    let session = Session {
        context,
        attempt,
        relay,
        client,
        flight: RefCell::new(flight),
        acks: RefCell::default(),
        sent: RefCell::default(),
        silent: RefCell::default(),
        feed: Notify::new(),
        progress: Cell::new(Instant::now()),
        moved: Cell::new(false),
        since: Cell::new(None),
        up: Notify::new(),
        asked: Cell::new(Instant::now()),
    };
    let mut home = None;
    let reason = {
        // Pinned, not moved: a goodbye goes through the relay that is at work.
        let mut relay = std::pin::pin!(session.relay.carry());
        let reason = tokio::select! {
            reason = session.poll(&mut events) => reason,
            reason = session.feeder() => reason,
            reason = session.watchdog() => reason,
            done = &mut relay => DisconnectReason::Broken(match done {
                Ok(()) => "the client hung up".to_owned(),
                Err(error) => error.to_string(),
            }),
            found = session.better() => {
                home = Some(found);
                DisconnectReason::Returning
            }
            () = session.silence() => DisconnectReason::Silence,
            () = session.renewals() => DisconnectReason::Renewing,
            () = unwished(context) => DisconnectReason::SwitchedOff,
        };
        if matches!(
            reason,
            DisconnectReason::SwitchedOff
                | DisconnectReason::Returning
                | DisconnectReason::Silence
                | DisconnectReason::Renewing
        ) {
            session.goodbye(events, relay).await;
        }
        reason
    };
    let (reason, blame) = session.blame(reason);
    session.close(blame);
    // A quiet connection that held is as good as a busy one; one that broke at once is not.
    let held = session
        .since
        .get()
        .is_some_and(|s| s.elapsed() >= context.config.tuning.pause_max);
    let ended = Ended {
        moved: reason != DisconnectReason::Silence && (held || session.moved.get()),
        reason,
        home,
        failed_trial: false,
    };
    (ended, session.since.get().is_some())
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

fn options(context: &Context, relay: &Relay, limit: Duration) -> MqttOptions {
    let tuning = &context.config.tuning;
    let mut options = MqttOptions::new(context.config.device.as_str(), relay.address.as_str(), 0);
    options.set_transport(Transport::Unix);
    options.set_keep_alive(keep_alive(tuning, context.config.network.cap.down));
    options.set_connection_timeout(seconds(limit));
    // The broker keeps answers for us while we are away; what we sent is kept by the outbox, not by the session.
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(
        u32::try_from(tuning.session_expiry.as_secs()).unwrap_or(u32::MAX),
    ));
    options.set_receive_maximum(Some(incoming(context.config.network.cap.down)));
    options.set_max_packet_size(Some(INCOMING_SIZE));
    options.set_manual_acks(true);
    options.set_outgoing_inflight_upper_limit(tuning.window.max(1));
    options
}

/// The client gives a connection up when a ping is not answered before the next is due, and answers queue too.
fn keep_alive(tuning: &Tuning, cap: Option<u32>) -> Duration {
    let queue = cap.map_or(Duration::ZERO, |rate| {
        let bytes = u32::from(incoming(cap)).saturating_mul(INCOMING_SIZE);
        Duration::from_secs((bytes / rate.max(Cap::LEAST)).into())
    });
    let whole = tuning.slow_after.saturating_add(queue);
    let least = Duration::from_secs(5);
    tuning
        .keep_alive
        .max(least)
        .max(if cap.is_some() { whole } else { least })
}

fn incoming(cap: Option<u32>) -> u16 {
    cap.map_or(INCOMING, |rate| {
        let fits = rate.saturating_mul(INCOMING_SECONDS) / INCOMING_SIZE;
        u16::try_from(fits)
            .unwrap_or(INCOMING)
            .clamp(INCOMING_LEAST, INCOMING)
    })
}

/// Ends when no connection is wanted any more.
async fn unwished(context: &Context) {
    let mut wish = context.wish.clone();
    // An error means the owner is gone, and with it the wish.
    let _ = wish.wait_for(|w| *w != Wish::Run).await;
}

impl Session<'_> {
    /// Turns events into bookkeeping until the connection ends.
    async fn poll(&self, events: &mut EventLoop) -> DisconnectReason {
        loop {
            let event = match events.poll().await {
                Ok(event) => event,
                Err(error) => return reason_of(&error),
            };
            if let Err(reason) = self.happened(event) {
                return reason;
            }
        }
    }

    fn happened(&self, event: Event) -> Result<(), DisconnectReason> {
        match event {
            Event::Incoming(Packet::ConnAck(ack)) => self.connected(&ack),
            Event::Incoming(Packet::SubAck(ack)) => self.subscribed(&ack.return_codes),
            Event::Incoming(Packet::PubAck(ack)) => self.acknowledged(&ack),
            Event::Incoming(Packet::Publish(publish)) => self.came_down(publish),
            // Reports go without acknowledgement; see `voice`.
            Event::Outgoing(Outgoing::Publish(0)) => Ok(()),
            Event::Outgoing(Outgoing::Publish(packet)) => {
                self.context.count(|s| s.published += 1);
                if self.flight.borrow_mut().left(packet) {
                    Ok(())
                } else {
                    Err(DisconnectReason::Broken(format!(
                        "packet {packet} belongs to no row"
                    )))
                }
            }
            // Our span keeps packet ids apart; should the client see it otherwise, its numbering cannot be trusted.
            Event::Outgoing(Outgoing::AwaitAck(packet)) => Err(DisconnectReason::Broken(format!(
                "packet id {packet} is taken"
            ))),
            Event::Incoming(_) | Event::Outgoing(_) => Ok(()),
        }
    }

    /// CONNACK: learn the limits, queue everything unsettled, and subscribe before anything is sent.
    fn connected(&self, ack: &ConnAck) -> Result<(), DisconnectReason> {
        let properties = ack.properties.as_ref();
        let limits = Limits {
            receive_maximum: properties.and_then(|p| p.receive_max).unwrap_or(u16::MAX),
            packet_size: properties.and_then(|p| p.max_packet_size),
        };
        let pending = {
            let mut outbox = self.context.outbox.lock();
            outbox
                .reopen_unsettled()
                .and_then(|_| outbox.pending())
                .map_err(|e| unreadable(&e))?
        };
        tracing::info!(broker = %self.attempt.broker.host, ?limits, rows = pending.len(), "connected");
        self.flight.borrow_mut().connected(limits, pending);
        self.subscribe()
    }

    /// Asks for this device's answers, and to hear who is there.
    fn subscribe(&self) -> Result<(), DisconnectReason> {
        self.asked.set(Instant::now());
        let device = &self.context.config.device;
        let own = Channel::ALL.map(|c| topics::down(device, c));
        let presence = self.context.config.recipients.keys().map(topics::presence);
        let filters = own
            .into_iter()
            .chain(presence)
            .map(|t| Filter::new(t, QoS::AtLeastOnce));
        self.client
            .try_subscribe_many(filters)
            .map_err(|e| DisconnectReason::Broken(format!("cannot subscribe: {e}")))
    }

    /// SUBACK: the device's own channels must be granted; presence is a courtesy some brokers' rules withhold.
    fn subscribed(&self, codes: &[SubscribeReasonCode]) -> Result<(), DisconnectReason> {
        let granted = codes
            .iter()
            .take(Channel::ALL.len())
            .filter(|c| matches!(c, SubscribeReasonCode::Success(_)))
            .count();
        if granted < Channel::ALL.len() {
            return Err(DisconnectReason::SubscriptionRefused);
        }
        if self.flight.borrow().is_open() {
            // Asked again on a connection that was in use already.
            return Ok(());
        }
        self.context.count(|s| s.connections += 1);
        self.context.enter(Mode::Online);
        self.context
            .emit(LinkEvent::Connected(self.attempt.broker.clone()));
        self.flight.borrow_mut().open_gate();
        self.since.set(Some(Instant::now()));
        self.up.notify_one();
        self.context
            .credentials
            .got_in(self.context, self.attempt.trial);
        self.context.voice.connected(self.context);
        self.feed.notify_one();
        Ok(())
    }

    fn acknowledged(&self, ack: &PubAck) -> Result<(), DisconnectReason> {
        self.context.count(|s| s.acknowledged += 1);
        let (verdict, trouble) = judge(ack.reason);
        let row = self
            .flight
            .borrow_mut()
            .acknowledged(ack.pkid, verdict, Instant::now());
        let Some(row) = row else {
            return Err(DisconnectReason::Broken(format!(
                "packet {} was not under way",
                ack.pkid
            )));
        };
        match trouble {
            None => {
                self.silent.borrow_mut().remove(&row.recipient);
                self.sent.borrow_mut().push(row.id);
            }
            Some(trouble) => {
                let news = self.trouble(row.id, trouble)?;
                if trouble == Trouble::NobodyListens {
                    self.context.count(|s| s.unheard += 1);
                    let mut silent = self.silent.borrow_mut();
                    let known = silent.len();
                    silent
                        .entry(row.recipient.clone())
                        .or_insert_with(Instant::now);
                    if silent.len() > known {
                        self.context.alert(Alert::NobodyListens(row.recipient));
                    }
                } else if news {
                    self.context.alert(Alert::Row {
                        id: row.id,
                        trouble,
                    });
                }
            }
        }
        self.moved();
        Ok(())
    }

    /// Keeps a message, settles rows, and only then lets the broker forget it.
    fn came_down(&self, publish: Publish) -> Result<(), DisconnectReason> {
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        if let Some(recipient) = self
            .context
            .config
            .recipients
            .keys()
            .find(|r| topics::presence(r) == topic)
        {
            // Its will says "offline" with the same topic; that is no reason to try at once.
            if publish.payload.as_ref() == b"online" {
                self.flight.borrow_mut().recipient_is_back(recipient);
            }
        } else {
            let taken = inbox::take(self.context, &topic, &publish.payload);
            for id in taken.settled {
                self.flight.borrow_mut().settled(id);
            }
            if taken.reread {
                self.again()?;
            }
            if !taken.acknowledge {
                // Not acknowledged: the broker brings it again on the next connection.
                return Err(DisconnectReason::Outbox(
                    "an answer could not be stored".to_owned(),
                ));
            }
        }
        self.acks.borrow_mut().push_back(publish);
        self.moved();
        Ok(())
    }

    /// Queues rows that arrived before and are asked for again.
    fn again(&self) -> Result<(), DisconnectReason> {
        let pending = self
            .context
            .outbox
            .lock()
            .pending()
            .map_err(|e| unreadable(&e))?;
        self.flight.borrow_mut().add_unknown(pending);
        Ok(())
    }

    fn moved(&self) {
        self.progress.set(Instant::now());
        self.moved.set(true);
        self.feed.notify_one();
    }

    fn trouble(&self, id: FilingId, trouble: Trouble) -> Result<bool, DisconnectReason> {
        self.context
            .outbox
            .lock()
            .note_trouble(&id, trouble)
            .map_err(|e| unreadable(&e))
    }

    /// Puts acknowledgements and rows into the client's channel whenever there is something to put.
    async fn feeder(&self) -> DisconnectReason {
        let mut flush_at = None;
        loop {
            // One time for both: what `fill` finds too early, `next_change` must find still to come.
            let now = Instant::now();
            if let Err(reason) = self.fill(now) {
                return reason;
            }
            if self.sent.borrow().is_empty() {
                flush_at = None;
            } else if *flush_at.get_or_insert(now + COLLECT) <= now {
                if let Err(reason) = self.flush() {
                    return reason;
                }
                flush_at = None;
            }
            let change = self.flight.borrow().next_change(now);
            let next = [change, flush_at].into_iter().flatten().min();
            tokio::select! {
                () = self.feed.notified() => {}
                () = self.context.voice.heard() => {}
                () = self.context.wake.notified() => {
                    if let Err(reason) = self.look() {
                        return reason;
                    }
                }
                () = until(next) => {}
            }
        }
    }

    /// Reads rows that were stored since the last look.
    fn look(&self) -> Result<(), DisconnectReason> {
        let newest = self.flight.borrow().newest();
        let fresh = self
            .context
            .outbox
            .lock()
            .pending_after(newest)
            .map_err(|e| unreadable(&e))?;
        self.flight.borrow_mut().add(fresh);
        Ok(())
    }

    fn fill(&self, now: Instant) -> Result<(), DisconnectReason> {
        let mut acks = self.acks.borrow_mut();
        while let Some(publish) = acks.front() {
            if self.client.try_ack(publish).is_err() {
                break;
            }
            acks.pop_front();
        }
        drop(acks);
        if self.flight.borrow().is_open() {
            self.speak();
        }
        let resent = self.flight.borrow_mut().resend_due(now);
        if resent > 0 {
            self.context.count(|s| s.resent += resent);
            self.ask_again()?;
        }
        let oversize = self.flight.borrow_mut().take_oversize();
        for row in oversize {
            if self.trouble(row.id, Trouble::TooLargeForBroker)? {
                self.context.alert(Alert::Row {
                    id: row.id,
                    trouble: Trouble::TooLargeForBroker,
                });
            }
        }
        while self.one(now)? {}
        Ok(())
    }

    /// Rows were taken and no receipt came: the broker may have lost the subscription and kept the connection. Only asking
    /// again can tell, and changes nothing if it has not.
    fn ask_again(&self) -> Result<(), DisconnectReason> {
        // Between rows only: a SUBSCRIBE takes one of the packet ids that the span of the rows rests on.
        let between = !self.flight.borrow().is_waiting_for_broker();
        if between && self.asked.get().elapsed() >= self.context.config.tuning.resend_after {
            self.subscribe()?;
        }
        Ok(())
    }

    /// Says what is to be said, before any row: what a report prepares (a city's lost receipts) should be there first.
    fn speak(&self) {
        while let Some((recipient, report, since)) = self.context.voice.next() {
            let Some(sealed) = voice::seal(self.context, &recipient, &report) else {
                continue;
            };
            let topic = topics::up(&self.context.config.device, &recipient);
            if self
                .client
                .try_publish(topic, QoS::AtMostOnce, false, sealed)
                .is_err()
            {
                self.context.voice.put_back(recipient, report, since);
                return;
            }
        }
    }

    /// Hands over the next row, if one may go.
    fn one(&self, now: Instant) -> Result<bool, DisconnectReason> {
        let next = self.flight.borrow_mut().next(now);
        let Some(row) = next else { return Ok(false) };
        let sealed = self
            .context
            .outbox
            .lock()
            .to_send(&row.id)
            .map_err(|e| unreadable(&e))?;
        let Some(sealed) = sealed else {
            self.flight.borrow_mut().settled(row.id);
            return Ok(true);
        };
        let topic = topics::up(&self.context.config.device, &row.recipient);
        let properties = PublishProperties {
            correlation_data: Some(row.id.as_bytes().to_vec().into()),
            ..PublishProperties::default()
        };
        let taken = self
            .client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, sealed, properties)
            .is_ok();
        let mut flight = self.flight.borrow_mut();
        if taken {
            // The clock of the watchdog starts with the first packet after a calm.
            if !flight.is_waiting_for_broker() {
                self.progress.set(Instant::now());
            }
            flight.hand(row, now);
        } else {
            flight.put_back(row);
        }
        Ok(taken)
    }

    /// Writes what the broker has to disk. Rows that were receipted meanwhile are not touched.
    fn flush(&self) -> Result<(), DisconnectReason> {
        let ids = std::mem::take(&mut *self.sent.borrow_mut());
        self.context
            .outbox
            .lock()
            .mark_sent(&ids, self.context.now())
            .map_err(|e| unreadable(&e))?;
        if !ids.is_empty() {
            self.context.emit(LinkEvent::Sent(ids));
        }
        Ok(())
    }

    /// Ends a connection on which packets are under way and nothing moves.
    async fn watchdog(&self) -> DisconnectReason {
        let tuning = &self.context.config.tuning;
        let limit = tuning.stall_after.saturating_mul(self.attempt.patience);
        loop {
            let moved = self.progress.get().max(self.relay.sent().into_std());
            let idle = moved.elapsed();
            if self.flight.borrow().is_waiting_for_broker() && idle >= limit {
                self.context.count(|s| s.stalls += 1);
                return DisconnectReason::Stalled;
            }
            let rest = limit.saturating_sub(idle).max(limit / 8);
            tokio::time::sleep(rest).await;
        }
    }

    /// Ends when nobody listened for some recipient for too long and another address may be better.
    async fn silence(&self) {
        if self.attempt.only {
            return std::future::pending().await;
        }
        let limit = self.context.config.tuning.silence_after;
        loop {
            let longest = self.silent.borrow().values().min().copied();
            let left = longest.map_or(limit, |since| limit.saturating_sub(since.elapsed()));
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    /// Ends when an address answers that is better than this one. Only TLS is tried: the broker there learns nothing and
    /// this connection goes on meanwhile.
    async fn better(&self) -> usize {
        let config = &self.context.config;
        loop {
            tokio::time::sleep(self.attempt.stay).await;
            for (index, broker) in self.attempt.better.iter().enumerate() {
                let limit = config.tuning.connect_timeout;
                match dial::dial(&config.network, broker, self.attempt.tls, limit).await {
                    Ok(_) => return index,
                    Err(reason) => {
                        tracing::info!(host = %broker.host, ?reason, "still not there");
                    }
                }
            }
        }
    }

    /// Ends when a new certificate waits for its proof.
    async fn renewals(&self) {
        self.up.notified().await;
        let credentials = &self.context.credentials;
        loop {
            tokio::select! {
                () = credentials.trial_due(self.context) => return,
                () = credentials.wished() => { credentials.ask(self.context); }
            }
        }
    }

    async fn goodbye(
        &self,
        mut events: EventLoop,
        relay: impl Future<Output = std::io::Result<()>>,
    ) {
        // Without a connection, polling would begin a new one.
        if !self.flight.borrow().is_open() || self.client.try_disconnect().is_err() {
            return;
        }
        let said = async {
            while let Ok(event) = events.poll().await {
                if event == Event::Outgoing(Outgoing::Disconnect) || self.happened(event).is_err() {
                    break;
                }
            }
            // The client's end of the relay: it carries what is left and hangs up too.
            drop(events);
            std::future::pending::<()>().await;
        };
        let both = async {
            tokio::select! {
                () = said => {}
                _ = relay => {}
            }
        };
        // Rows and answers that were under way come again; a broker that does not listen changes nothing.
        let _ = tokio::time::timeout(GOODBYE, both).await;
    }

    /// Why it really ended, and whose fault it may have been.
    fn blame(&self, reason: DisconnectReason) -> (DisconnectReason, Blame) {
        let broken = matches!(
            reason,
            DisconnectReason::Broken(_) | DisconnectReason::Unreachable(_)
        );
        match self.relay.end() {
            Some(End::Told(told)) if broken => (told, Blame::Nobody),
            Some(End::Cut(text)) if broken && !self.flight.borrow().is_open() => {
                (DisconnectReason::Unreachable(text), Blame::Nobody)
            }
            Some(End::Cut(text)) if broken => (DisconnectReason::Broken(text), Blame::Network),
            _ => {
                let blame = match reason {
                    DisconnectReason::Broken(_) => Blame::Rows,
                    _ => Blame::Nobody,
                };
                (reason, blame)
            }
        }
    }

    fn close(&self, blame: Blame) {
        if let Err(reason) = self.flush() {
            tracing::warn!(?reason, "could not note what was sent");
        }
        let breaking = self.flight.borrow_mut().disconnected(blame, Instant::now());
        for id in breaking {
            let trouble = Trouble::BreaksConnection;
            if matches!(self.trouble(id, trouble), Ok(true)) {
                self.context.alert(Alert::Row { id, trouble });
            }
        }
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

/// What a PUBACK's reason means for the row, and what staff should know.
fn judge(reason: PubAckReason) -> (Verdict, Option<Trouble>) {
    match reason {
        PubAckReason::Success => (Verdict::Taken, None),
        PubAckReason::NoMatchingSubscribers => {
            (Verdict::NobodyListens, Some(Trouble::NobodyListens))
        }
        PubAckReason::NotAuthorized => (Verdict::RecipientRefused, Some(Trouble::NotAuthorised)),
        PubAckReason::TopicNameInvalid => (Verdict::RecipientRefused, Some(Trouble::Broker(0x90))),
        PubAckReason::UnspecifiedError => (Verdict::RowRefused, Some(Trouble::Broker(0x80))),
        PubAckReason::ImplementationSpecificError => {
            (Verdict::RowRefused, Some(Trouble::Broker(0x83)))
        }
        PubAckReason::PacketIdentifierInUse => (Verdict::RowRefused, Some(Trouble::Broker(0x91))),
        PubAckReason::QuotaExceeded => (Verdict::RowRefused, Some(Trouble::Broker(0x97))),
        PubAckReason::PayloadFormatInvalid => (Verdict::RowRefused, Some(Trouble::Broker(0x99))),
    }
}

fn unreadable(error: &StoreError) -> DisconnectReason {
    DisconnectReason::Outbox(chain(error))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn reason_of(error: &ConnectionError) -> DisconnectReason {
    let text = chain(error);
    match error {
        ConnectionError::Timeout(_) | ConnectionError::Io(_) => DisconnectReason::Unreachable(text),
        ConnectionError::Tls(_) => DisconnectReason::Tls(text),
        ConnectionError::ConnectionRefused(code) => DisconnectReason::Refused(format!("{code:?}")),
        ConnectionError::MqttState(StateError::ConnFail { reason }) => {
            DisconnectReason::Refused(format!("{reason:?}"))
        }
        ConnectionError::MqttState(StateError::AwaitPingResp) => DisconnectReason::Stalled,
        ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. })
            if concerns_no_row(*reason_code) =>
        {
            DisconnectReason::Dismissed(text)
        }
        ConnectionError::MqttState(_)
        | ConnectionError::NotConnAck(_)
        | ConnectionError::RequestsDone => DisconnectReason::Broken(text),
    }
}

/// Goodbyes of a broker that have to do with itself, the device or the connection.
const fn concerns_no_row(code: DisconnectReasonCode) -> bool {
    matches!(
        code,
        DisconnectReasonCode::NotAuthorized
            | DisconnectReasonCode::ServerBusy
            | DisconnectReasonCode::ServerShuttingDown
            | DisconnectReasonCode::KeepAliveTimeout
            | DisconnectReasonCode::SessionTakenOver
            | DisconnectReasonCode::AdministrativeAction
            | DisconnectReasonCode::UseAnotherServer
            | DisconnectReasonCode::ServerMoved
            | DisconnectReasonCode::ConnectionRateExceeded
            | DisconnectReasonCode::MaximumConnectTime
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_has_time_to_come_back_behind_all_that_may_be_on_its_way_down() {
        let tuning = Tuning::default();
        assert_eq!(keep_alive(&tuning, None), tuning.keep_alive);
        assert_eq!(incoming(None), 32);
        // 8 packets of 132 KiB at 8 KiB/s, and the ping's own way up.
        assert_eq!(incoming(Some(1)), 8);
        assert_eq!(keep_alive(&tuning, Some(1)), Duration::from_secs(132 + 2));
        // A line that is hardly capped at all.
        assert_eq!(incoming(Some(1 << 20)), 32);
        assert_eq!(keep_alive(&tuning, Some(1 << 20)), tuning.keep_alive);
    }
}
