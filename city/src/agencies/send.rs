//! Asks agencies, again and again under one id, until there is an answer or an officer has it.
//!
//! The truth is the table of questions: what is due is taken from there, each sending is written down with its entry in the
//! message log *before* it leaves, and several programs on one database never send the same thing at the same time. A
//! consent or a right that is gone by then stops it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use ubugoe_exchange::client::Answered;
use ubugoe_exchange::log::{Direction, Message};
use ubugoe_exchange::message::{JSON, body_digest};
use ubugoe_exchange::{Dialer, MessageId, Method, Place, Request};
use ubugoe_protocol::{FilingId, SigningKey};

use super::hops::{self, Happened, HopState, Reason};
use super::meaning::{Answers, Meaning};
use super::{Book, Denied, log};
use crate::Clock;
use crate::config::AgencyConfig;
use crate::store::agencies::{Hop, HopStep, NewRequest, Queued};
use crate::store::{Store, StoreError};

/// Questions that are sent at the same time.
const AT_ONCE: u32 = 16;
/// How long to rest at the longest, in seconds: another program may have queued something.
const REST: i64 = 30;

/// A question that somebody wants asked.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Drawn once; asking for the same again under it does nothing.
    pub id: MessageId,
    /// The filing it is about.
    pub filing: FilingId,
    /// The agency's short id.
    pub agency: String,
    /// Its service.
    pub service: String,
    /// What for.
    pub purpose: String,
    /// The application number that is sent along: `A–Z a–z 0–9 - . _ /`.
    pub issue: String,
    /// What follows the service in the address; nothing personal.
    pub path: String,
    /// JSON; none: GET.
    pub body: Option<Vec<u8>>,
    /// A staff account, or `system`.
    pub actor: String,
}

/// Why a wish was not even queued.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// The configuration does not allow it.
    #[error("the city may not ask this")]
    Denied(#[from] Denied),
    /// The path or the application number cannot stand in an address.
    #[error("the question cannot be sent")]
    Unsendable,
    /// The store.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Asks in the name of the city.
pub struct Sender {
    /// Who may be asked what.
    pub book: Book,
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// The way out.
    pub dialer: Dialer,
    /// The city's key: signs questions and seals the log.
    pub key: SigningKey,
    /// The city's clock.
    pub clock: Clock,
    /// How long one question may take.
    pub patience: Duration,
    /// After how many sendings an officer gets it.
    pub tries: u32,
    /// Rung when something was queued.
    pub queued: Notify,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sender({})", self.book.own())
    }
}

impl Sender {
    pub(super) fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    /// Queues a question.
    ///
    /// # Errors
    /// [`WishError`].
    pub async fn ask(&self, wish: Wish) -> Result<Queued, WishError> {
        let (agency, ask) = self
            .book
            .may_ask(&wish.agency, &wish.service, &wish.purpose)?;
        let request = NewRequest {
            id: wish.id,
            filing: wish.filing,
            agency: wish.agency.clone(),
            service: wish.service,
            purpose: wish.purpose,
            law: ask.law.clone(),
            joyful: ask.joyful,
            issue: wish.issue,
            path: wish.path,
            body: wish.body,
            actor: wish.actor,
            at: self.now(),
        };
        if !self
            .question(agency, &request)
            .is_some_and(|question| question.is_sendable())
        {
            return Err(WishError::Unsendable);
        }
        let queued = self.store.queue_request(request).await?;
        self.queued.notify_one();
        Ok(queued)
    }

    /// Asks and seals until `stop` becomes true.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            let rest = match self.round().await {
                Ok(next) => next.map_or(REST, |at| (at - self.now()).clamp(0, REST)),
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "agencies cannot be asked now"
                    );
                    REST
                }
            };
            let rest = Duration::from_secs(u64::try_from(rest).unwrap_or(1).max(1));
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.queued.notified() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// Follows the line, sends what is due, seals what waited. Answers when there is something to do again.
    async fn round(self: &Arc<Self>) -> Result<Option<i64>, StoreError> {
        self.follow_the_line().await?;
        if self.send_due().await? > 0 {
            self.follow_the_line().await?;
        }
        let seal = log::seal_if_due(self.store.as_ref(), &self.key, self.now()).await?;
        let next = self.store.next_request_at().await?;
        Ok([seal, next].into_iter().flatten().min())
    }

    /// Sends everything that is due now, each once. Answers how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn send_due(self: &Arc<Self>) -> Result<usize, StoreError> {
        let mut sent = 0;
        loop {
            let due = self.store.due_requests(self.now(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(sent);
            }
            let all = due.len();
            let mut tasks = JoinSet::new();
            for hop in due {
                let sender = Arc::clone(self);
                tasks.spawn(async move { sender.send(hop).await });
            }
            let mut moved = false;
            while let Some(done) = tasks.join_next().await {
                match done {
                    Ok(done) => moved |= done?,
                    Err(error) => tracing::error!(%error, "a question's task broke"),
                }
            }
            sent += all;
            // somebody else has what is due
            if !moved {
                return Ok(sent);
            }
        }
    }

    /// What goes over the wire.
    fn question(&self, agency: &AgencyConfig, request: &NewRequest) -> Option<Request> {
        Some(Request {
            method: if request.body.is_some() {
                Method::Post
            } else {
                Method::Get
            },
            service: agency.address.service(&request.service).ok()?,
            path: request.path.clone(),
            query: None,
            client: self.book.own().clone(),
            id: request.id,
            user: None,
            issue: Some(request.issue.clone()),
            content_type: request.body.is_some().then(|| JSON.to_owned()),
        })
    }

    /// Sends one question once. `false`: somebody else has it.
    async fn send(&self, hop: Hop) -> Result<bool, StoreError> {
        let request = &hop.request;
        let allowed = self
            .book
            .may_ask(&request.agency, &request.service, &request.purpose);
        let Ok((agency, ask)) = allowed else {
            return self.fail(&hop, Reason::NoRight, Vec::new(), None).await;
        };
        let (Some(question), Some(at)) = (self.question(agency, request), &agency.at) else {
            return self.fail(&hop, Reason::Unsendable, Vec::new(), None).await;
        };
        let body = request.body.clone().unwrap_or_default();
        let Ok(signature) = question.sign(&body, &self.key) else {
            return self.fail(&hop, Reason::Unsendable, Vec::new(), None).await;
        };
        let asked = Message {
            at: self.now(),
            direction: Direction::WeAsked,
            peer: agency.address.to_string(),
            id: request.id.to_string(),
            head: question.head(),
            body: body_digest(&body),
            signature,
        };
        if !self
            .step(&hop, Happened::Sending, vec![asked], None)
            .await?
        {
            return self.not_sent(&hop).await;
        }
        let sent = Hop {
            state: HopState::Sent,
            attempts: hop.attempts.saturating_add(1),
            ..hop.clone()
        };
        let place = Place {
            address: at.clone(),
            name: agency.tls_name.clone(),
        };
        match self
            .dialer
            .ask(&place, &question, body, &agency.verify)
            .await
        {
            Ok(answered) => {
                self.answered(&sent, (agency, &ask.answers), answered)
                    .await?
            }
            Err(error) => {
                tracing::info!(agency = %agency.id, error = %error, "a question to an agency failed");
                self.fail(&sent, Reason::of(&error), Vec::new(), None)
                    .await?
            }
        };
        Ok(true)
    }

    async fn answered(
        &self,
        sent: &Hop,
        (agency, answers): (&AgencyConfig, &Answers),
        answered: Answered,
    ) -> Result<bool, StoreError> {
        let Answered {
            answer,
            body,
            signature,
        } = answered;
        let message = Message {
            at: self.now(),
            direction: Direction::TheyAnswered,
            peer: agency.address.to_string(),
            id: answer.id.to_string(),
            head: answer.head(),
            body: body_digest(&body),
            signature,
        };
        let kept = Some((answer.status, body));
        let body = kept.as_ref().map_or(&[][..], |(_, body)| body);
        match outcome(answer.status, body, answers) {
            Ok(meaning) => {
                self.step(sent, Happened::Answered(meaning), vec![message], kept)
                    .await
            }
            Err(reason) => self.fail(sent, reason, vec![message], kept).await,
        }
    }

    /// It could not be taken: somebody else has it, or it may not be sent any more.
    async fn not_sent(&self, hop: &Hop) -> Result<bool, StoreError> {
        let Some(now) = self.store.request(hop.request.id).await? else {
            return Ok(false);
        };
        if (now.state, now.attempts, now.next_at) != (hop.state, hop.attempts, hop.next_at) {
            return Ok(false);
        }
        let request = &hop.request;
        let consented = request.law.is_some()
            || self
                .store
                .consented(request.filing, &request.agency, &request.purpose)
                .await?;
        let reason = if consented {
            Reason::Silenced
        } else {
            Reason::NoConsent
        };
        self.fail(hop, reason, Vec::new(), None).await
    }

    async fn fail(
        &self,
        hop: &Hop,
        reason: Reason,
        log: Vec<Message>,
        answer: Option<(u16, Vec<u8>)>,
    ) -> Result<bool, StoreError> {
        self.step(hop, Happened::Failed(reason), log, answer).await
    }

    /// An officer's word about a task. `false`: it is no task (any more).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn officer(
        &self,
        id: MessageId,
        word: Word,
        actor: &str,
    ) -> Result<bool, StoreError> {
        let Some(hop) = self.store.request(id).await? else {
            return Ok(false);
        };
        let answered = hop.reason.is_some_and(Reason::is_answer);
        let happened = match word {
            // whoever is asked the same under the same id answers the same
            Word::Again if answered => Happened::Anew,
            Word::Again => Happened::Again,
            Word::Settled => Happened::Settled,
            Word::Left => Happened::Left,
        };
        let done = self
            .step_by(&hop, happened, (Vec::new(), None), actor)
            .await?;
        self.queued.notify_one();
        Ok(done)
    }

    async fn step(
        &self,
        hop: &Hop,
        happened: Happened,
        log: Vec<Message>,
        answer: Option<(u16, Vec<u8>)>,
    ) -> Result<bool, StoreError> {
        self.step_by(hop, happened, (log, answer), "system").await
    }

    async fn step_by(
        &self,
        hop: &Hop,
        happened: Happened,
        (log, answer): (Vec<Message>, Option<(u16, Vec<u8>)>),
        actor: &str,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        // twice the patience: then whoever sends it is gone
        let lease = i64::try_from(self.patience.as_secs()).unwrap_or(i64::from(u16::MAX)) * 2 + 5;
        let Some(next) = hops::step(hop.state, hop.attempts, happened, (now, lease, self.tries))
        else {
            return Ok(false);
        };
        self.store
            .step_request(HopStep {
                id: hop.request.id,
                from: hop.state,
                attempts: hop.attempts,
                to: next.state,
                reason: next.reason,
                attempts_after: next.attempts,
                next_at: next.next_at,
                answer,
                log,
                actor: actor.to_owned(),
                at: now,
            })
            .await
    }
}

/// What an officer says about a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Ask again.
    Again,
    /// Settled on another way.
    Settled,
    /// It stays at what was answered, or failed.
    Left,
}

/// What an answer means.
fn outcome(status: u16, body: &[u8], answers: &Answers) -> Result<Meaning, Reason> {
    match status {
        200..=299 => answers.read(body),
        429 | 500..=599 => Err(Reason::NotNow),
        _ => Err(Reason::Refused),
    }
}
