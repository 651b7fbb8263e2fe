//! Several programs, one city: who takes in which inbox.
//!
//! Answers for taking, keeping and losing leases. The devices are spread over a number of inboxes; each inbox has one connection to
//! the broker, made by whoever holds its lease, under a client id of its own: so the broker too ends the connection of an owner
//! that was replaced. Nothing is lost or doubled without all this, for landing is idempotent; it keeps programs from doing each
//! other's work and from sending a notice twice.
//!
//! ```text
//!  look ─ free, mine from before, or no sign of life for its length ─> take (fence + 1) ─> connect, land under the fence
//!   ^                                                                                  │ a sign of life every quarter
//!   └──── lost, or not sure of it any more: the connection is dropped <────────────────┘
//! ```
//!
//! No clock of another machine is believed: a lease is dead when *this* program has seen the same sign of life for its whole length.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use ubugoe_protocol::{DeviceId, RecipientId};

use super::link::{self, LinkParts, MqttOptions};
use crate::store::Store;
use crate::store::leases::{Fence, Lease};

/// How programs share the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicasConfig {
    /// This program's name among them.
    pub name: String,
    /// Into how many inboxes the devices are spread; the same for all programs.
    pub inboxes: u32,
    /// How long a lease lasts without a sign of life.
    pub lease: Duration,
}

/// One of the inboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inbox {
    /// Which, from 0.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Inbox {
    /// The only one.
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    /// Whether a device's messages are for it.
    #[must_use]
    pub fn takes(self, device: &DeviceId) -> bool {
        let hash = Sha256::digest(device.as_str());
        let mut first = [0; 4];
        first.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        u32::from_be_bytes(first).checked_rem(self.of) == Some(self.number)
    }
}

/// What keeping an inbox needs.
pub(crate) struct Holder {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) config: ReplicasConfig,
    pub(crate) recipient: RecipientId,
    pub(crate) inbox: Inbox,
    /// `name#` and something that no other run of it has.
    pub(crate) owner: String,
    /// How many inboxes this program holds.
    pub(crate) held: Arc<AtomicU32>,
}

impl Holder {
    fn look(&self) -> Duration {
        self.config.lease / 4
    }

    fn lease_name(&self) -> String {
        format!("inbox/{}/{}", self.recipient, self.inbox.number)
    }

    /// Holds the inbox whenever it can, until `stop` becomes true.
    pub(crate) async fn run(
        self,
        ways: Vec<MqttOptions>,
        parts: LinkParts,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut pause = Duration::ZERO;
        loop {
            let lease = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                lease = self.ripe(pause) => lease,
            };
            pause = self.look();
            // A taking that has begun ends, whatever is wanted by now: a lease taken by nobody would stand until it runs out.
            let Some(fence) = self.take(lease).await else {
                continue;
            };
            self.held.fetch_add(1, Ordering::SeqCst);
            tracing::info!(
                inbox = self.inbox.number,
                fence = fence.number,
                "this program takes in an inbox"
            );
            let mut parts = parts.clone();
            parts.ingest = parts.ingest.fenced(fence.clone());
            parts.inbox = self.inbox;
            let stopped = tokio::select! {
                () = link::run(ways.clone(), parts, stop.clone()) => true,
                () = self.keep(&fence) => false,
            };
            self.held.fetch_sub(1, Ordering::SeqCst);
            if stopped {
                // so that nobody has to wait for it
                if let Err(error) = self.store.give_up_lease(fence).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a lease runs out");
                }
                return;
            }
            tracing::warn!(
                inbox = self.inbox.number,
                "another program takes in this inbox"
            );
        }
    }

    /// After a pause waits until the lease is free or dead: how it was then.
    async fn ripe(&self, pause: Duration) -> Option<Lease> {
        tokio::time::sleep(pause).await;
        let mut seen: Option<(Option<Lease>, Instant)> = None;
        loop {
            match self.store.lease(self.lease_name()).await {
                Ok(lease) => {
                    let since = match &seen {
                        Some((last, since)) if *last == lease => *since,
                        _ => seen.insert((lease.clone(), Instant::now())).1,
                    };
                    if since.elapsed() >= self.waits_for(lease.as_ref()) {
                        return lease;
                    }
                }
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "leases cannot be read; trying again"
                ),
            }
            tokio::time::sleep(self.look()).await;
        }
    }

    /// For how long a lease has to look the same before it may be taken.
    fn waits_for(&self, lease: Option<&Lease>) -> Duration {
        match lease.and_then(|lease| lease.owner.as_deref()) {
            // another run of this program: it is not there any more
            Some(owner) if mine(owner, &self.config.name) => Duration::ZERO,
            Some(_) => self.config.lease,
            // whoever has fewer is quicker
            None => self.look() * self.held.load(Ordering::SeqCst),
        }
    }

    /// Takes the lease if it is still so; nothing if somebody was quicker, or the store says no.
    async fn take(&self, lease: Option<Lease>) -> Option<Fence> {
        let name = self.lease_name();
        let taken = self
            .store
            .take_lease(name.clone(), lease, self.owner.clone());
        match taken.await {
            Ok(number) => number.map(|number| Fence { name, number }),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a lease cannot be taken; trying again"
                );
                None
            }
        }
    }

    /// Shows signs of life until the lease is lost, or may be.
    async fn keep(&self, fence: &Fence) {
        let mut sure = Instant::now();
        loop {
            tokio::time::sleep(self.look()).await;
            let asked = Instant::now();
            match self.store.beat_lease(fence.clone()).await {
                Ok(true) => sure = asked,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "no sign of life could be shown"
                    );
                    if sure.elapsed() > self.look() * 3 {
                        return;
                    }
                }
            }
        }
    }
}

/// Whether a lease's owner is a run of the program of this name.
fn mine(owner: &str, name: &str) -> bool {
    owner.rsplit_once('#').is_some_and(|(who, _)| who == name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn every_device_is_in_one_inbox_and_they_are_spread() {
        let mut counts = [0_u32; 4];
        for n in 0..400 {
            let device: DeviceId = format!("ward-{n}").parse().unwrap();
            let inboxes = (0..4).map(|number| Inbox { number, of: 4 });
            let taking: Vec<u32> = inboxes
                .filter(|inbox| inbox.takes(&device))
                .map(|inbox| inbox.number)
                .collect();
            assert_eq!(taking.len(), 1, "{device}");
            counts[taking[0] as usize] += 1;
            assert!(Inbox::WHOLE.takes(&device));
        }
        assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
    }

    #[test]
    fn a_program_knows_its_own_former_runs() {
        assert!(mine("a#0011", "a") && mine("a#b#0011", "a#b"));
        assert!(!mine("ab#0011", "a") && !mine("a", "a"));
    }
}
