//! How a filing arrives exactly once.
//!
//! Answers for turning messages into committed rows and signed answers. Must not decide anything an officer decides.
//!
//! ```text
//!  broker ──publish──> link ──≤100──> judge: open, device, digest, parent's signature, content   (blocking pool)
//!                                       │
//!                                       v
//!                       store: ONE transaction { filing ON CONFLICT DO NOTHING, case, receipt, history, quarantine, audit }
//!                                       │ commit
//!            device <──sealed receipts── link ──PUBACK──> broker          (PUBACK only now: it is flow control, not truth)
//! ```
//!
//! Which answer for which message:
//!
//! | message | answer |
//! |---|---|
//! | good, new | receipt |
//! | same id, same content, same device | the same receipt, byte for byte |
//! | same id, other content | quarantine, alert, signed refusal |
//! | registered device, parent's signature wrong | **receipt**, and a reason code for the officer |
//! | piece of an attachment | receipt without number, token or address; its filing need not be here yet |
//! | question for the time | the signed time, before anything is stored |
//! | second signature | receipt, as of a piece: what it is worth the family's page says |
//! | number for a second signature | the signed answer, sealed to the one device that asked |
//! | another registered device's filing, carried by a trusted one | receipt to the device that sealed it; to the carrier a receipt for the envelope, without number, token or address |
//! | word of notices kept, of earlier receipts | kept in the same transaction; no answer |
//! | from a revoked device, not provably signed before | quarantine, no answer |
//! | for another recipient | quarantine, signed refusal |
//! | not decryptable, not readable, of unknown kind | quarantine, no answer: the device keeps its row and sends it again, and it lands once keys or program are mended |
//! | unknown device, word of a device on another's topic, wrong device signature, not an envelope | quarantine, no answer: there is nobody proven to answer |
//!
//! Why a wrong signature is received: arrival (到達) is a fact about bytes and time, and a machine refuses no legal
//! filing. A parent who hears "refused" at midnight of day 14 has lost a deadline over what an officer could put right
//! the next morning. The receipt claims no more than arrival, the officer sees 署名不一致 first thing, and cannot accept
//! without writing down how the person was identified.

mod judge;
pub mod lease;
pub mod link;
pub mod registry;
mod second;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tracing::Instrument as _;
use ubugoe_procedures::Catalogue;
use ubugoe_protocol::cades::Trust;
use ubugoe_protocol::{DeviceId, Downlink, SealError, digest, seal_down};

use crate::Clock;
use crate::config::{CityKeys, Office};
use crate::metrics::{Metrics, Outcome};
use crate::receipt::CitySealer;
use crate::store::leases::Fence;
use crate::store::second_card::{CardArrival, NumberAsk};
use crate::store::{Batch, Landed, NewQuarantine, QuarantineReason, Said, Store, StoreError, Word};

pub use registry::Registry;

/// Most messages in one transaction.
pub const MAX_BATCH: usize = 100;

/// Threads that judge one batch: more would only wait for its commit.
const JUDGES: usize = 2;
/// Fewest messages that are worth a thread of their own.
const FEWEST: usize = 8;

/// Seconds between two writes of a device's sign of life: it is asked for by the day, and is worth no write per filing.
const ALIVE_EVERY: i64 = 60;

/// What opening and judging needs.
pub struct Desk {
    /// Who this city is.
    pub office: Office,
    /// Its keys.
    pub keys: CityKeys,
    /// Registered devices.
    pub devices: Registry,
    /// Trusted signature authorities.
    pub trust: Trust,
    /// Known procedures.
    pub catalogue: Catalogue,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Desk({}, {} devices)",
            self.office.recipient,
            self.devices.len()
        )
    }
}

/// A message as it came from the broker.
#[derive(Debug, Clone)]
pub struct Message {
    /// Device of the topic; `None` when the topic is not one of ours.
    pub device: Option<DeviceId>,
    /// The payload.
    pub wire: Vec<u8>,
}

/// What goes back to one device after a commit, already sealed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// To whom.
    pub device: DeviceId,
    /// Receipts or refusals.
    pub content: Downlink,
}

/// What became of an envelope that was carried by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// It is in the database, now or before; the sealed receipt for its device, unless that is revoked.
    Landed(Option<Vec<u8>>),
    /// It was refused; the sealed refusal for its device.
    Refused(Option<Vec<u8>>),
    /// It could not be taken as anything and is in quarantine.
    Aside,
}

/// Why carrying failed.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The database; nothing is lost, the file is still there.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The answer could not be sealed; the filing has landed.
    #[error("the answer cannot be sealed")]
    Seal(#[from] SealError),
}

/// Where a test may pull the plug. Production never sets one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// The batch is committed; no receipt has been sent and nothing acknowledged.
    AfterCommit,
    /// Receipts are sent; nothing acknowledged.
    AfterReceipts,
}

/// Asked at every [`FaultPoint`]; `true` stops the link at once, as if the process had been killed there.
pub type Faults = Arc<dyn Fn(FaultPoint) -> bool + Send + Sync>;

/// No faults.
#[must_use]
pub fn no_faults() -> Faults {
    Arc::new(|_| false)
}

/// The ingest: judged, stored, answered.
#[derive(Clone)]
pub struct Ingest {
    desk: Arc<Desk>,
    store: Arc<dyn Store>,
    sealer: Arc<CitySealer>,
    clock: Clock,
    /// When each device's last sign of life was kept, unix seconds.
    noted: Arc<Mutex<BTreeMap<DeviceId, i64>>>,
    metrics: Arc<Metrics>,
    /// Under which lease it lands.
    fence: Option<Fence>,
}

impl fmt::Debug for Ingest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ingest({:?})", self.desk)
    }
}

/// From whom an envelope is, and who brought it.
struct From {
    /// Whose signature is on it.
    device: DeviceId,
    /// Another device that carried it on its topic, and the envelope's SHA-256.
    carrier: Option<(DeviceId, [u8; 32])>,
}

impl From {
    fn of(device: &DeviceId, message: &Message) -> Self {
        let carrier = message.device.as_ref().filter(|topic| *topic != device);
        Self {
            device: device.clone(),
            carrier: carrier.map(|carrier| (carrier.clone(), digest(&message.wire))),
        }
    }
}

/// What judging made of a batch: the part that lands, and answers that need no landing.
struct Judged {
    batch: Batch,
    /// Sender of every filing, in order.
    senders: Vec<From>,
    /// Sender of every piece, in order.
    senders_of_pieces: Vec<From>,
    refusals: Vec<(DeviceId, Vec<u8>)>,
    /// Answers to questions for the time.
    times: Vec<Answer>,
    /// Second signatures, with their messages.
    seconds: Vec<(CardArrival, Message)>,
    /// Numbers for a second signature.
    asks: Vec<NumberAsk>,
}

impl Judged {
    fn empty(now: i64, fence: Option<Fence>) -> Self {
        Self {
            batch: Batch {
                now,
                fence,
                ..Batch::default()
            },
            senders: Vec::new(),
            senders_of_pieces: Vec::new(),
            refusals: Vec::new(),
            times: Vec::new(),
            seconds: Vec::new(),
            asks: Vec::new(),
        }
    }

    /// What came behind it.
    fn append(&mut self, mut behind: Self) {
        let (batch, more) = (&mut self.batch, &mut behind.batch);
        batch.arrivals.append(&mut more.arrivals);
        batch.pieces.append(&mut more.pieces);
        batch.said.append(&mut more.said);
        batch.quarantined.append(&mut more.quarantined);
        batch.alive.append(&mut more.alive);
        // rows are taken in one order, so that two programs on one database wait instead of deadlock
        batch.alive.sort_unstable();
        batch.alive.dedup();
        self.senders.append(&mut behind.senders);
        self.senders_of_pieces.append(&mut behind.senders_of_pieces);
        self.refusals.append(&mut behind.refusals);
        self.times.append(&mut behind.times);
        self.seconds.append(&mut behind.seconds);
        self.asks.append(&mut behind.asks);
    }
}

/// Messages that were opened and judged, and have not landed.
pub struct Judgement {
    judged: Judged,
    /// As they came, in case the batch fails as a whole.
    messages: Arc<Vec<Message>>,
}

impl fmt::Debug for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Judgement({} messages)", self.messages.len())
    }
}

impl Judgement {
    /// Whether a device reports on an update in it.
    #[must_use]
    pub fn moves_rollouts(&self) -> bool {
        let update = |said: &Said| matches!(said.word, Word::Update { .. });
        self.judged.batch.said.iter().any(update)
    }

    /// What goes back before anything is stored: the time.
    pub fn at_once(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.judged.times)
    }
}

impl Ingest {
    /// Joins the parts.
    #[must_use]
    pub fn new(
        desk: Arc<Desk>,
        store: Arc<dyn Store>,
        sealer: Arc<CitySealer>,
        clock: Clock,
    ) -> Self {
        Self {
            desk,
            store,
            sealer,
            clock,
            noted: Arc::default(),
            metrics: Arc::default(),
            fence: None,
        }
    }

    /// Lands only as long as this lease stands.
    #[must_use]
    pub fn fenced(mut self, fence: Fence) -> Self {
        self.fence = Some(fence);
        self
    }

    /// The devices it knows.
    pub(crate) fn devices(&self) -> Vec<DeviceId> {
        self.desk.devices.ids()
    }

    /// Counts into these, which somebody reads.
    #[must_use]
    pub fn counting(mut self, metrics: Arc<Metrics>) -> Self {
        self.metrics = metrics;
        self
    }

    /// What it counts into.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Opens and judges messages, at most [`MAX_BATCH`] for one transaction. Nothing is stored yet.
    ///
    /// # Errors
    /// The judging thread ended without an answer.
    pub async fn judge(&self, messages: Vec<Message>) -> Result<Judgement, StoreError> {
        let messages = Arc::new(messages);
        let judged = self.judge_all(Arc::clone(&messages)).await?;
        Ok(Judgement { judged, messages })
    }

    /// Judges and lands messages; see [`Ingest::judge`] and [`Ingest::commit`].
    ///
    /// # Errors
    /// As [`Ingest::commit`].
    pub async fn land(&self, messages: Vec<Message>) -> Result<Vec<Answer>, StoreError> {
        let mut judgement = self.judge(messages).await?;
        let mut answers = judgement.at_once();
        answers.append(&mut self.commit(judgement).await?);
        Ok(answers)
    }

    /// Lands what was judged in one transaction, and returns what goes back. When a batch fails as a whole, its messages
    /// are tried one by one, and one that fails alone is set aside, so that no message can hold up the others.
    ///
    /// # Errors
    /// The store's, when the database is not to be had or not even setting aside works: nothing must be acknowledged then.
    pub async fn commit(&self, judgement: Judgement) -> Result<Vec<Answer>, StoreError> {
        let Judgement { judged, messages } = judgement;
        let failed = match self.store_all(judged).await {
            Ok(answers) => return Ok(answers),
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Fenced { .. })) => {
                return Err(error);
            }
            Err(error) => error,
        };
        tracing::warn!(
            error = &failed as &dyn std::error::Error,
            "a batch failed; trying its messages one by one"
        );
        let mut answers = Vec::new();
        for message in messages.iter() {
            match self.try_land(vec![message.clone()]).await {
                Ok(mut some) => answers.append(&mut some),
                Err(error @ (StoreError::Unavailable { .. } | StoreError::Fenced { .. })) => {
                    return Err(error);
                }
                Err(error) => self.set_aside(message.clone(), &error).await?,
            }
        }
        Ok(answers)
    }

    async fn set_aside(&self, message: Message, error: &StoreError) -> Result<(), StoreError> {
        let item = NewQuarantine {
            wire: message.wire,
            device: message.device,
            reason: QuarantineReason::UnreadableContent,
            detail: judge::tidy(&error.to_string()),
            refusal: None,
        };
        tracing::error!(
            error = error as &dyn std::error::Error,
            "a message could not be stored and is set aside"
        );
        self.quarantine(item, (self.clock)().as_second()).await
    }

    async fn quarantine(&self, item: NewQuarantine, now: i64) -> Result<(), StoreError> {
        let batch = Batch {
            quarantined: vec![item],
            now,
            fence: self.fence.clone(),
            ..Batch::default()
        };
        self.store
            .ingest(Arc::new(batch), Arc::clone(&self.sealer) as Arc<_>)
            .await
            .map(drop)
    }

    async fn try_land(&self, messages: Vec<Message>) -> Result<Vec<Answer>, StoreError> {
        let judged = self.judge_all(Arc::new(messages)).await?;
        self.store_all(judged).await
    }

    async fn judge_all(&self, messages: Arc<Vec<Message>>) -> Result<Judged, StoreError> {
        let span = tracing::info_span!(
            "judge",
            otel.kind = "consumer",
            messaging.batch.message_count = messages.len(),
        );
        self.judge_in_parts(messages).instrument(span).await
    }

    async fn judge_in_parts(&self, messages: Arc<Vec<Message>>) -> Result<Judged, StoreError> {
        let start = Instant::now();
        let each = messages.len().div_ceil(JUDGES).max(FEWEST);
        let parts: Vec<_> = (0..messages.len())
            .step_by(each)
            .map(|from| {
                let (this, messages) = (self.clone(), Arc::clone(&messages));
                tokio::task::spawn_blocking(move || {
                    let until = (from + each).min(messages.len());
                    let part = messages.get(from..until).unwrap_or_default();
                    judge_all(&this, part)
                })
            })
            .collect();
        let mut all = Judged::empty((self.clock)().as_second(), self.fence.clone());
        for part in parts {
            all.append(part.await.map_err(|_| StoreError::WorkerGone {
                doing: "judging a batch",
            })?);
        }
        self.metrics.judged(messages.len(), start.elapsed());
        Ok(all)
    }

    async fn store_all(&self, judged: Judged) -> Result<Vec<Answer>, StoreError> {
        let span = tracing::info_span!("store");
        self.store_in_order(judged).instrument(span).await
    }

    async fn store_in_order(&self, mut judged: Judged) -> Result<Vec<Answer>, StoreError> {
        let (seconds, asks) = (
            std::mem::take(&mut judged.seconds),
            std::mem::take(&mut judged.asks),
        );
        let mut answers = self.store_batch(judged).await?;
        // each in a transaction of its own, after the filings of the same batch: one may be what is signed
        answers.append(&mut self.land_seconds(seconds).await?);
        answers.append(&mut self.answer_asks(asks).await?);
        Ok(answers)
    }

    async fn store_batch(&self, judged: Judged) -> Result<Vec<Answer>, StoreError> {
        if judged.batch.is_empty() {
            return Ok(Vec::new());
        }
        let (now, alive) = (judged.batch.now, judged.batch.alive.clone());
        let mut senders = judged.senders;
        senders.extend(judged.senders_of_pieces);
        let aside: Vec<_> = judged.batch.quarantined.iter().map(|q| q.reason).collect();
        let start = Instant::now();
        let landed = self
            .store
            .ingest(Arc::new(judged.batch), Arc::clone(&self.sealer) as Arc<_>)
            .await?;
        self.metrics.committed(start.elapsed());
        for reason in aside {
            self.metrics.quarantined(reason);
        }
        for landed in &landed {
            self.metrics.landed(match landed {
                Landed::New { .. } => Outcome::New,
                Landed::Again { .. } => Outcome::Again,
                Landed::Conflict { .. } => Outcome::Conflict,
            });
        }
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(alive.into_iter().map(|device| (device, now)));
        drop(noted);
        Ok(answers(&self.sealer, &senders, landed, judged.refusals))
    }

    /// Whether this sign of life is news worth a write.
    fn is_news(&self, device: &DeviceId, now: i64) -> bool {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted
            .get(device)
            .is_none_or(|last| now.saturating_sub(*last) >= ALIVE_EVERY)
    }

    /// Lands what somebody carried here by hand: one sealed envelope, without a topic. It may have come over the network
    /// before.
    ///
    /// # Errors
    /// The store's, or the sealing's.
    pub async fn carry(&self, wire: Vec<u8>) -> Result<Carried, CarryError> {
        // nothing about the device is believed before its signature is checked under its registered key
        let device = ubugoe_protocol::peek(&wire)
            .ok()
            .map(|header| header.device);
        let answers = self.land(vec![Message { device, wire }]).await?;
        let Some(answer) = answers.first() else {
            return Ok(Carried::Aside);
        };
        let sealed = self.seal(answer)?;
        Ok(match answer.content {
            Downlink::Receipts(_) => Carried::Landed(sealed),
            Downlink::Refusals(_) => Carried::Refused(sealed),
            // An answer to a question for the time, which is too late when it comes on a stick.
            _ => Carried::Aside,
        })
    }

    /// Takes rollouts as far as they go; see [`crate::operate::rollout`].
    ///
    /// # Errors
    /// The store's.
    pub async fn look_at_rollouts(&self) -> Result<(), StoreError> {
        let now = (self.clock)().as_second();
        crate::operate::rollout::look(&self.desk, self.store.as_ref(), now).await
    }

    /// Tries everything in quarantine again: keys, devices or the program may have been mended since.
    ///
    /// # Errors
    /// The store's.
    pub async fn retry_quarantine(&self) -> Result<(), StoreError> {
        const MOST: u32 = 10_000;
        let waiting = self.store.quarantined_wires(MOST).await?;
        for chunk in waiting.chunks(MAX_BATCH) {
            let messages = chunk
                .iter()
                .map(|(device, wire)| Message {
                    device: device.as_ref().and_then(|d| d.parse().ok()),
                    wire: wire.clone(),
                })
                .filter(|message| judge::would_land(&self.desk, message, &self.clock))
                .collect::<Vec<_>>();
            if !messages.is_empty() {
                tracing::info!(count = messages.len(), "messages leave the quarantine");
                // the answers are not sent: the device sends again as long as it has no receipt, and gets it then
                self.land(messages).await?;
            }
        }
        Ok(())
    }

    /// Seals an answer to its device. `None` when the device is not registered, or revoked.
    ///
    /// # Errors
    /// The sealing's.
    pub fn seal(&self, answer: &Answer) -> Result<Option<Vec<u8>>, SealError> {
        let known = self.desk.devices.get(&answer.device);
        let Some(device) = known.filter(|device| device.revoked_at.is_none()) else {
            return Ok(None);
        };
        seal_down(&answer.content, &answer.device, &device.seal).map(Some)
    }
}

fn judge_all(ingest: &Ingest, messages: &[Message]) -> Judged {
    let now = (ingest.clock)().as_second();
    let mut judged = Judged::empty(now, ingest.fence.clone());
    let mut alive = BTreeSet::new();
    for message in messages {
        let sender = message.device.clone();
        match judge::judge(&ingest.desk, &ingest.sealer, message, &ingest.clock) {
            Ok(what) => {
                alive.extend(sender);
                match what {
                    judge::Judged::Filing(arrival) => {
                        judged.senders.push(From::of(&arrival.device, message));
                        judged.batch.arrivals.push(*arrival);
                    }
                    judge::Judged::Piece(piece) => {
                        judged
                            .senders_of_pieces
                            .push(From::of(&piece.device, message));
                        judged.batch.pieces.push(*piece);
                    }
                    judge::Judged::Said(said) => judged.batch.said.push(said),
                    judge::Judged::Time(device, signed) => judged.times.push(Answer {
                        device,
                        content: Downlink::Times(vec![signed]),
                    }),
                    judge::Judged::Second(second) => {
                        judged.seconds.push((*second, message.clone()));
                    }
                    judge::Judged::Ask(ask) => judged.asks.push(ask),
                    judge::Judged::Nothing => {}
                }
            }
            Err(item) => {
                tracing::error!(
                    reason = item.reason.code(),
                    device = item.device.as_ref().map(tracing::field::display),
                    detail = item.detail,
                    "a message goes to quarantine"
                );
                if let (Some(device), Some(refusal)) = (&item.device, &item.refusal) {
                    judged.refusals.push((device.clone(), refusal.clone()));
                }
                judged.batch.quarantined.push(*item);
            }
        }
    }
    judged.batch.alive = alive
        .into_iter()
        .filter(|device| ingest.is_news(device, now))
        .collect();
    judged
}

/// What a carrier is told: that this envelope arrived, and nothing that opens a family's page. `None` where it cannot be signed:
/// the carrier sends again, and is told then.
fn for_carrier(sealer: &CitySealer, from: &From, receipt: &[u8]) -> Option<(DeviceId, Vec<u8>)> {
    let (carrier, envelope) = from.carrier.as_ref()?;
    let told = sealer.for_carrier(receipt, *envelope).inspect_err(|error| {
        tracing::error!(%error, %carrier, "a carrier is not answered");
    });
    Some((carrier.clone(), told.ok()?))
}

/// Receipts and refusals, coalesced per device.
fn answers(
    sealer: &CitySealer,
    senders: &[From],
    landed: Vec<Landed>,
    refusals: Vec<(DeviceId, Vec<u8>)>,
) -> Vec<Answer> {
    let mut receipts: BTreeMap<DeviceId, Vec<Vec<u8>>> = BTreeMap::new();
    let mut refused: BTreeMap<DeviceId, Vec<Vec<u8>>> = BTreeMap::new();
    for (device, refusal) in refusals {
        refused.entry(device).or_default().push(refusal);
    }
    for (from, landed) in senders.iter().zip(landed) {
        let device = &from.device;
        match &landed {
            Landed::New { receipt, .. } | Landed::Again { receipt } => {
                if let Some((carrier, told)) = for_carrier(sealer, from, receipt) {
                    tracing::info!(%device, %carrier, "carried by another device");
                    receipts.entry(carrier).or_default().push(told);
                }
            }
            Landed::Conflict { refusal } => {
                if let Some((carrier, _)) = &from.carrier {
                    refused
                        .entry(carrier.clone())
                        .or_default()
                        .push(refusal.clone());
                }
            }
        }
        match landed {
            Landed::New {
                receipt,
                arrival_no,
                copied,
            } => {
                if copied {
                    tracing::error!(arrival_no, %device, "a count was used twice: the device was copied");
                }
                tracing::info!(arrival_no, %device, "arrived");
                receipts.entry(device.clone()).or_default().push(receipt);
            }
            Landed::Again { receipt } => {
                receipts.entry(device.clone()).or_default().push(receipt);
            }
            Landed::Conflict { refusal } => {
                tracing::error!(%device, "same id, other content: refused");
                refused.entry(device.clone()).or_default().push(refusal);
            }
        }
    }
    let receipts = receipts.into_iter().map(|(device, items)| Answer {
        device,
        content: Downlink::Receipts(items),
    });
    let refused = refused.into_iter().map(|(device, items)| Answer {
        device,
        content: Downlink::Refusals(items),
    });
    receipts.chain(refused).collect()
}
