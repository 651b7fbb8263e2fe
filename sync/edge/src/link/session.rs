//! One connection, from TCP to goodbye.
//!
//! Two futures share it: the poll loop turns events of the client into bookkeeping and never waits for the client;
//! the feeder puts rows and acknowledgements into the client's channel and never waits for it either. Neither is
//! ever cancelled and resumed: when one ends, the connection and its `EventLoop` are thrown away.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, Filter, Packet, PubAck, PubAckReason, Publish, PublishProperties, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use rumqttc::{Outgoing, TlsConfiguration};
use tokio::sync::Notify;
use ubugoe_protocol::topics::{self, Channel};
use ubugoe_protocol::{FilingId, MAX_ENVELOPE, RecipientId};

use super::flight::{Flight, Limits, Verdict};
use super::{Alert, Broker, Context, DisconnectReason, LinkEvent, Mode, Wish, inbox, voice};
use crate::outbox::{StoreError, Trouble};

/// Answers the broker may have on the way to us without our acknowledgement.
const INCOMING: u16 = 32;
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
}

/// What both futures see.
struct Session<'a> {
    context: &'a Context,
    broker: &'a Broker,
    client: AsyncClient,
    flight: RefCell<&'a mut Flight>,
    /// Messages that were kept and may be forgotten by the broker.
    acks: RefCell<VecDeque<Publish>>,
    /// Rows the broker has, not yet written to disk.
    sent: RefCell<Vec<FilingId>>,
    /// Recipients nobody listens for, each reported once.
    silent: RefCell<BTreeSet<RecipientId>>,
    /// Something changed that may let the feeder go on.
    feed: Notify,
    progress: Cell<Instant>,
    moved: Cell<bool>,
    /// When rows could begin to flow.
    since: Cell<Option<Instant>>,
    /// When the broker was last asked for this device's answers.
    asked: Cell<Instant>,
}

/// Runs one connection until it breaks, stalls or is switched off.
pub(super) async fn run(context: &Context, broker: &Broker, flight: &mut Flight) -> Ended {
    let options = options(context, broker);
    // Room for a full window, every possible acknowledgement and a goodbye: putting something in never has to wait.
    let room = usize::from(context.config.tuning.window) + usize::from(INCOMING) + 8;
    let (client, mut events) = AsyncClient::new(options, room);
    let session = Session {
        context,
        broker,
        client,
        flight: RefCell::new(flight),
        acks: RefCell::default(),
        sent: RefCell::default(),
        silent: RefCell::default(),
        feed: Notify::new(),
        progress: Cell::new(Instant::now()),
        moved: Cell::new(false),
        since: Cell::new(None),
        asked: Cell::new(Instant::now()),
    };
    let reason = tokio::select! {
        reason = session.poll(&mut events) => reason,
        reason = session.feeder() => reason,
        reason = session.watchdog() => reason,
        () = session.unwished() => {
            session.goodbye(&mut events).await;
            DisconnectReason::SwitchedOff
        }
    };
    session.close(&reason);
    // A quiet connection that held is as good as a busy one; one that broke at once is not.
    let held = session
        .since
        .get()
        .is_some_and(|s| s.elapsed() >= context.config.tuning.pause_max);
    Ended {
        moved: held || session.moved.get(),
        reason,
    }
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

fn options(context: &Context, broker: &Broker) -> MqttOptions {
    let tuning = &context.config.tuning;
    let mut options = MqttOptions::new(
        context.config.device.as_str(),
        broker.host.as_str(),
        broker.port,
    );
    options.set_transport(rumqttc::Transport::tls_with_config(
        TlsConfiguration::Rustls(context.tls.clone()),
    ));
    options.set_keep_alive(tuning.keep_alive.max(Duration::from_secs(5)));
    options.set_connection_timeout(seconds(tuning.connect_timeout));
    // The broker keeps answers for us while we are away; what we sent is kept by the outbox, not by the session.
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(
        u32::try_from(tuning.session_expiry.as_secs()).unwrap_or(u32::MAX),
    ));
    options.set_receive_maximum(Some(INCOMING));
    options.set_max_packet_size(Some(INCOMING_SIZE));
    options.set_manual_acks(true);
    options.set_outgoing_inflight_upper_limit(tuning.window.max(1));
    // Small packets go at once: with Nagle's algorithm a receipt took 43 ms instead of 25 (median, one machine).
    let mut network = options.network_options();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    options
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
        tracing::info!(broker = %self.broker.host, ?limits, rows = pending.len(), "connected");
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
        self.context.emit(LinkEvent::Connected(self.broker.clone()));
        self.flight.borrow_mut().open_gate();
        self.since.set(Some(Instant::now()));
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
                    if self.silent.borrow_mut().insert(row.recipient.clone()) {
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
        while let Some((recipient, report)) = self.context.voice.next() {
            let Some(sealed) = voice::seal(self.context, &recipient, &report) else {
                continue;
            };
            let topic = topics::up(&self.context.config.device, &recipient);
            if self
                .client
                .try_publish(topic, QoS::AtMostOnce, false, sealed)
                .is_err()
            {
                self.context.voice.put_back(recipient, report);
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
            flight.hand(row);
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
        let limit = self.context.config.tuning.stall_after;
        loop {
            let idle = self.progress.get().elapsed();
            if self.flight.borrow().is_waiting_for_broker() && idle >= limit {
                self.context.count(|s| s.stalls += 1);
                return DisconnectReason::Stalled;
            }
            let rest = limit.saturating_sub(idle).max(limit / 8);
            tokio::time::sleep(rest).await;
        }
    }

    /// Ends when this connection is no longer wanted.
    async fn unwished(&self) {
        let mut wish = self.context.wish.clone();
        // An error means the owner is gone, and with it the wish.
        let _ = wish.wait_for(|w| *w != Wish::Run).await;
    }

    async fn goodbye(&self, events: &mut EventLoop) {
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
        };
        // Rows and answers that were under way come again; a broker that does not listen changes nothing.
        let _ = tokio::time::timeout(GOODBYE, said).await;
    }

    fn close(&self, reason: &DisconnectReason) {
        if let Err(reason) = self.flush() {
            tracing::warn!(?reason, "could not note what was sent");
        }
        let suspicious = matches!(reason, DisconnectReason::Broken(_));
        let breaking = self
            .flight
            .borrow_mut()
            .disconnected(suspicious, Instant::now());
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
        ConnectionError::Tls(rumqttc::v5::TlsError::Io(io)) if !is_tls(io) => {
            DisconnectReason::Unreachable(text)
        }
        ConnectionError::Tls(_) => DisconnectReason::Tls(text),
        ConnectionError::ConnectionRefused(code) => DisconnectReason::Refused(format!("{code:?}")),
        ConnectionError::MqttState(StateError::ConnFail { reason }) => {
            DisconnectReason::Refused(format!("{reason:?}"))
        }
        ConnectionError::MqttState(_)
        | ConnectionError::NotConnAck(_)
        | ConnectionError::RequestsDone => DisconnectReason::Broken(text),
    }
}

/// A handshake failure arrives as an I/O error that carries one of TLS.
fn is_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|e| {
        e.is::<rustls::Error>()
            || e.source()
                .is_some_and(<dyn std::error::Error>::is::<rustls::Error>)
    })
}
