//! Non-stop: what the city does without being asked again.
//!
//! Answers for turning accepted filings into a line of items ([`engine`]), for the moments of a life that come later
//! ([`schedule`]), for the bank's file ([`payments`]), and for the worker that works off what is due. Rules, dates and guards
//! are the catalogue's; what was done and by whom is the store's. Must not decide a filing, and must not say anything joyful
//! after a loss: the plan's guards are asked when something is prepared and once more when it leaves.

pub mod engine;
pub mod payments;
pub mod schedule;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::Clock;
use crate::store::nonstop::Planner;
use crate::store::{Store, StoreError};

pub use engine::Engine;

/// The worker looks at least this often: another program may have died over something that is due.
const LONGEST: Duration = Duration::from_mins(1);

/// What the worker needs.
pub struct Worker {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// Knows the procedures.
    pub planner: Arc<dyn Planner>,
    /// The city's clock.
    pub clock: Clock,
    /// Rung by whoever makes something due now.
    pub bell: Arc<Notify>,
    /// Rung when something was done: families' phones may have to be told.
    pub done: Arc<Notify>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl Worker {
    /// Works off everything that is due now. Answers how many steps it took.
    ///
    /// # Errors
    /// [`StoreError`]; what was done stays done, the rest is due still.
    pub async fn work_off(&self) -> Result<u32, StoreError> {
        let now = || (self.clock)().as_second();
        let mut steps: u32 = 0;
        loop {
            let before = steps;
            while self
                .store
                .plan_next(now(), Arc::clone(&self.planner))
                .await?
            {
                steps = steps.saturating_add(1);
            }
            steps = steps.saturating_add(self.store.carry_out_due(now()).await?);
            let months = self
                .store
                .pay_months(now(), Arc::clone(&self.planner))
                .await?;
            steps = steps.saturating_add(months);
            steps = steps.saturating_add(self.store.second_tell(now()).await?);
            steps = steps.saturating_add(self.store.hand_out(now()).await?);
            if steps == before {
                return Ok(steps);
            }
        }
    }

    /// Works until `stop` becomes true: at the bell, when something falls due, and now and then.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            match self.work_off().await {
                Ok(0) => {}
                Ok(_) => self.done.notify_one(),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what is due by itself waits"
                ),
            }
            let wait = self.wait().await;
            tokio::select! {
                // a dropped sender means the same as a raised flag
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.bell.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Until the next thing falls due.
    async fn wait(&self) -> Duration {
        let Ok(Some(at)) = self.store.next_nonstop_at().await else {
            return LONGEST;
        };
        let seconds = at.saturating_sub((self.clock)().as_second()).max(1);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(1)).min(LONGEST)
    }
}
