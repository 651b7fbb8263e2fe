//! Erases what is due, once a night, in bounded steps.
//!
//! Answers for when and how much at a time. Several programs on one database may do it at once: each takes rows the others do not
//! hold. Whatever a dead program left is due still.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::DateTime;
use tokio::sync::watch;

use super::Policy;
use crate::Clock;
use crate::jst;
use crate::store::{Store, StoreError};

/// How often the keeper looks whether its hour has come.
const LOOK: Duration = Duration::from_mins(5);

/// What the keeper needs.
pub struct Keeper {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// How long.
    pub policy: Arc<Policy>,
    /// The hour from which it works, in Japan.
    pub hour: i8,
    /// The city's clock.
    pub clock: Clock,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper")
            .field("hour", &self.hour)
            .finish_non_exhaustive()
    }
}

/// Erases everything that is due, step by step, and leaves the database so that what was erased is not in its files any more.
/// Answers how much went.
///
/// # Errors
/// [`StoreError`]; what was erased stays so, the rest is due still.
pub async fn sweep(store: &dyn Store, policy: &Policy, now: i64) -> Result<u64, StoreError> {
    let mut gone = 0_u64;
    for due in policy.due(now) {
        loop {
            let step = store.erase_due(due.clone(), now).await?;
            gone = gone.saturating_add(step);
            if step == 0 {
                break;
            }
        }
    }
    // also after nothing: an earlier sweep may have ended before this
    store.forget_erased().await?;
    Ok(gone)
}

impl Keeper {
    /// Works until `stop` becomes true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut done = None;
        loop {
            let now = (self.clock)().as_second();
            let moment = jst::civil(now).filter(|moment| moment.hour() >= self.hour);
            let today = moment.map(DateTime::date);
            if today.is_some() && done != today {
                match sweep(self.store.as_ref(), &self.policy, now).await {
                    Ok(gone) => {
                        done = today;
                        if gone > 0 {
                            tracing::info!(gone, "what was due to be erased is erased");
                        }
                    }
                    Err(error) => tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "erasing what is due waits"
                    ),
                }
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}
