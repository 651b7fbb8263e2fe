//! With which certificate the next connection is tried, and what it proved.
//!
//! ```text
//!          ask                granted                 CONNACK + SUBACK
//!  current ───> request ~~~~> next ──── a connection ──────────────────> current; the old one is dropped
//!     ^                        ^   with it   │ reached the broker, did not get in
//!     │                        │             v
//!     └── connects all the same ── trial later, longer each time ── three times so ──> dropped, reported
//! ```
//! A failed trial counts only once the old certificate got in after it: a broker that is down, or a line that flaps, says
//! nothing about a certificate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio::sync::Notify;
use ubugoe_protocol::{Grant, Report};

use super::backoff::Backoff;
use super::{Config, Context, DisconnectReason, LinkError, LinkEvent, Tls, held, tls};
use crate::identity::{Identities, Identity, IdentityError};
use crate::tpm::Tpm;

/// Trials in vain before a new certificate is given up.
const TRIALS: u32 = 3;
/// How often the end of a certificate is told and a new one asked for.
const ASK_EVERY: Duration = Duration::from_hours(1);

/// News of the device's own certificates.
#[derive(Debug)]
pub enum IdentityEvent {
    /// The certificate in use ends within [`super::Tuning::renew_ahead`], or has ended: seconds since 1970 UTC. Told once an hour
    /// while connected, and the operator is asked for a new one.
    Ends {
        /// Which.
        generation: u32,
        /// Its last moment.
        until: i64,
    },
    /// A new one came. It is tried as soon as a connection can be spared.
    Granted {
        /// Which.
        generation: u32,
    },
    /// It got a connection and a subscription: it is in use, and the old one is dropped.
    Proven {
        /// Which.
        generation: u32,
    },
    /// It did not get in, three times, while the old one did: it is dropped, and the old one stays in use.
    Rejected {
        /// Which.
        generation: u32,
        /// What happened the last time.
        reason: DisconnectReason,
    },
    /// A certificate could not be taken, a request not made, or the folder not written. The one in use still is.
    Failed(IdentityError),
}

/// A certificate that waits for its proof.
#[derive(Debug)]
struct Trial {
    generation: u32,
    /// Failures that count.
    strikes: u32,
    /// A failure that counts as soon as the old one gets in.
    pending: Option<DisconnectReason>,
    due: Instant,
    pause: Backoff,
}

impl Trial {
    fn new(context: &Context, generation: u32) -> Self {
        let longest = context.config.tuning.pause_max;
        Self {
            generation,
            strikes: 0,
            pending: None,
            due: Instant::now(),
            pause: Backoff::new(longest, longest.saturating_mul(8)),
        }
    }
}

/// What the link knows about its certificates.
#[derive(Debug)]
pub(super) struct Credentials {
    fixed: Tls,
    /// Where keys are used that rest in a TPM.
    tpm: Tpm,
    identities: Option<Arc<Mutex<Identities>>>,
    state: Mutex<State>,
    /// A new certificate came.
    change: Notify,
    wish: Notify,
}

#[derive(Debug, Default)]
struct State {
    built: BTreeMap<u32, Arc<ClientConfig>>,
    trial: Option<Trial>,
    told: Option<Instant>,
}

/// What to connect with.
pub(super) struct Choice {
    pub(super) tls: Arc<ClientConfig>,
    /// The generation, if this connection is its trial.
    pub(super) trial: Option<u32>,
}

impl Credentials {
    /// Reads everything once, so that mistakes show at the start.
    pub(super) fn new(config: &Config) -> Result<Self, LinkError> {
        let fixed = config.tls.clone();
        let identities = config.identities.as_ref();
        let tpm = identities.map(|all| held(all).tpm()).unwrap_or_default();
        let new = Self {
            identities: config.identities.clone(),
            state: Mutex::default(),
            change: Notify::new(),
            wish: Notify::new(),
            fixed,
            tpm,
        };
        let first = match &new.identities {
            None => tls::client(&new.fixed, &new.tpm)?,
            Some(identities) => {
                let mut identities = held(identities);
                identities
                    .adopt(&new.fixed.cert_pem, &new.fixed.key_pem)
                    .map_err(LinkError::Identity)?;
                let current = identities.current().map_err(LinkError::Identity)?;
                new.build(current)?
            }
        };
        // Without generations, everything is generation 0.
        if new.identities.is_none() {
            held(&new.state).built.insert(0, first);
        }
        Ok(new)
    }

    /// A TLS configuration is made once per generation, so that sessions can be resumed.
    fn build(&self, identity: &Identity) -> Result<Arc<ClientConfig>, LinkError> {
        if let Some(built) = held(&self.state).built.get(&identity.generation) {
            return Ok(Arc::clone(built));
        }
        let files = Tls {
            cert_pem: identity.pem.to_vec(),
            key_pem: identity.pem.to_vec(),
            ..self.fixed.clone()
        };
        let built = tls::client(&files, &self.tpm)?;
        held(&self.state)
            .built
            .insert(identity.generation, Arc::clone(&built));
        Ok(built)
    }

    /// What the next connection is tried with.
    pub(super) fn choose(&self, context: &Context) -> Result<Choice, LinkError> {
        let Some(identities) = &self.identities else {
            let built = held(&self.state).built.get(&0).cloned();
            return Ok(Choice {
                tls: built.map_or_else(|| tls::client(&self.fixed, &self.tpm), Ok)?,
                trial: None,
            });
        };
        let identities = held(identities);
        let current = identities.current().map_err(LinkError::Identity)?;
        if let Some(next) = identities.next()
            && self.is_due(context, next.generation)
        {
            match self.build(next) {
                Ok(tls) => {
                    let trial = Some(next.generation);
                    return Ok(Choice { tls, trial });
                }
                Err(error) => tracing::warn!(?error, "a new certificate cannot be tried"),
            }
        }
        Ok(Choice {
            tls: self.build(current)?,
            trial: None,
        })
    }

    fn is_due(&self, context: &Context, generation: u32) -> bool {
        let mut state = held(&self.state);
        let known = state
            .trial
            .as_ref()
            .is_some_and(|t| t.generation == generation);
        if !known {
            state.trial = Some(Trial::new(context, generation));
        }
        state
            .trial
            .as_ref()
            .is_some_and(|t| t.pending.is_none() && t.due <= Instant::now())
    }

    /// Ends when a connection with the old certificate should make way for a trial.
    pub(super) async fn trial_due(&self, context: &Context) {
        loop {
            let waiting = self
                .identities
                .as_ref()
                .and_then(|identities| held(identities).next().map(|next| next.generation));
            let due = waiting.map(|generation| {
                if self.is_due(context, generation) {
                    return Instant::now();
                }
                let state = held(&self.state);
                state.trial.as_ref().map_or_else(Instant::now, |t| t.due)
            });
            match due {
                Some(due) if due <= Instant::now() && !self.is_pending() => return,
                Some(due) if !self.is_pending() => tokio::select! {
                    () = tokio::time::sleep_until(due.into()) => {}
                    () = self.change.notified() => {}
                },
                _ => self.change.notified().await,
            }
        }
    }

    fn is_pending(&self) -> bool {
        let state = held(&self.state);
        state.trial.as_ref().is_some_and(|t| t.pending.is_some())
    }

    /// CONNACK and SUBACK: the certificate of this connection works.
    pub(super) fn got_in(&self, context: &Context, trial: Option<u32>) {
        let Some(identities) = &self.identities else {
            return;
        };
        if let Some(generation) = trial {
            let dropped = held(identities).proven(generation);
            let kept = self.over(context, generation, dropped.is_ok());
            held(&self.state)
                .built
                .retain(|g, _| kept || *g >= generation);
            tell(
                context,
                dropped.map(|()| IdentityEvent::Proven { generation }),
            );
        } else if let Some((generation, reason)) = self.strike() {
            let dropped = held(identities).failed(generation);
            self.over(context, generation, dropped.is_ok());
            held(&self.state).built.remove(&generation);
            let rejected = dropped.map(|()| IdentityEvent::Rejected { generation, reason });
            tell(context, rejected);
        }
        self.watch(context, identities);
    }

    /// A trial has its result. If the disk did not take it, both certificates are still there: the trial is repeated, but not
    /// at once. Whether that is so.
    fn over(&self, context: &Context, generation: u32, noted: bool) -> bool {
        held(&self.state).trial = (!noted).then(|| Trial {
            due: Instant::now() + ASK_EVERY,
            ..Trial::new(context, generation)
        });
        !noted
    }

    /// The old one got in: what failed before it counts. The generation, if that was once too often.
    fn strike(&self) -> Option<(u32, DisconnectReason)> {
        let mut state = held(&self.state);
        let trial = state.trial.as_mut()?;
        let reason = trial.pending.take()?;
        trial.strikes += 1;
        trial.due = Instant::now() + trial.pause.next();
        if trial.strikes < TRIALS {
            drop(state);
            self.change.notify_one();
            return None;
        }
        let generation = trial.generation;
        state.trial = None;
        Some((generation, reason))
    }

    /// A connection did not get in: with a new certificate or with the old one. Whether a broker was reached at all: if not,
    /// that says nothing about a certificate.
    pub(super) fn kept_out(&self, trial: Option<u32>, reason: &DisconnectReason, reached: bool) {
        let mut state = held(&self.state);
        let Some(waiting) = state.trial.as_mut() else {
            return;
        };
        match (trial, reached) {
            // The old one is next, and tells whether that was the certificate's fault.
            (Some(_), true) => waiting.pending = Some(reason.clone()),
            (Some(_), false) => waiting.due = Instant::now() + waiting.pause.next(),
            // The old one does not get in either. It may be over, and the new one the only one that works.
            (None, _) => {
                if waiting.pending.take().is_some() {
                    waiting.due = Instant::now() + waiting.pause.next();
                }
            }
        }
    }

    /// Somebody wants a new certificate.
    pub(super) fn wish(&self) {
        self.wish.notify_one();
    }

    /// Somebody else put a new certificate there.
    pub(super) fn changed(&self) {
        self.change.notify_one();
    }

    /// Ends when somebody wants a new certificate.
    pub(super) async fn wished(&self) {
        self.wish.notified().await;
    }

    /// Tells of an end that is near and asks for a new certificate.
    fn watch(&self, context: &Context, identities: &Arc<Mutex<Identities>>) {
        let ahead = i64::try_from(context.config.tuning.renew_ahead.as_secs()).unwrap_or(i64::MAX);
        let ends = {
            let identities = held(identities);
            let Ok(current) = identities.current() else {
                return;
            };
            let near = current.until.saturating_sub(context.now()) <= ahead;
            (near && identities.next().is_none()).then_some((current.generation, current.until))
        };
        let Some((generation, until)) = ends else {
            return;
        };
        {
            let mut state = held(&self.state);
            if state.told.is_some_and(|at| at.elapsed() < ASK_EVERY) {
                return;
            }
            state.told = Some(Instant::now());
        }
        tell(context, Ok(IdentityEvent::Ends { generation, until }));
        self.ask(context);
    }

    /// Asks the operator for a new certificate; the same request until it is answered. Whether it could be asked.
    pub(super) fn ask(&self, context: &Context) -> bool {
        let operator = context.config.voice.as_ref();
        let operator = operator.and_then(|voice| voice.operator.as_ref());
        let (Some(identities), Some(operator)) = (&self.identities, operator) else {
            return false;
        };
        match held(identities).ask(&context.config.device) {
            Ok(asked) => {
                let ask = Report::CertificateAsk(asked.der);
                context.voice.say(operator.id.clone(), ask);
                true
            }
            Err(error) => {
                tell(context, Err(error));
                false
            }
        }
    }

    /// Whether this link looks after certificates.
    pub(super) const fn renews(&self) -> bool {
        self.identities.is_some()
    }

    /// Keeps a certificate that came down; false when the disk refused, and it should come again.
    pub(super) fn granted(&self, context: &Context, grant: &Grant) -> bool {
        let Some(identities) = &self.identities else {
            return true;
        };
        let kept = held(identities).granted(
            &grant.request,
            &grant.chain_pem,
            &context.config.device,
            context.now(),
        );
        let stored = !matches!(kept, Err(IdentityError::Disk { .. }));
        match kept {
            // Repeated deliveries are no news.
            Err(IdentityError::NotAsked) => {}
            Ok(generation) => {
                tell(context, Ok(IdentityEvent::Granted { generation }));
                self.change.notify_one();
            }
            Err(error) => tell(context, Err(error)),
        }
        stored
    }
}

fn tell(context: &Context, news: Result<IdentityEvent, IdentityError>) {
    let news = news.unwrap_or_else(IdentityEvent::Failed);
    tracing::info!(?news, "certificates");
    context.emit(LinkEvent::Identity(news));
}
