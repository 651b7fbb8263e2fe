//! What the loop last reported, and waiting for the next report: how tools and tests follow a kiosk without sleeping.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::core::Report;

/// A report and how many came before it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Posted {
    /// Counts up with every report.
    pub revision: u64,
    /// The report.
    pub report: Report,
}

/// The board.
#[derive(Debug, Default)]
pub struct Board {
    last: Mutex<Option<Posted>>,
    changed: Condvar,
}

impl Board {
    /// Posts a report; call it once the screen shows what it says.
    pub fn post(&self, report: Report) {
        let mut last = self.lock();
        let revision = last.as_ref().map_or(0, |p| p.revision) + 1;
        *last = Some(Posted { revision, report });
        drop(last);
        self.changed.notify_all();
    }

    /// The last report, if there is one.
    #[must_use]
    pub fn last(&self) -> Option<Posted> {
        self.lock().clone()
    }

    /// Waits until a report fits; gives the last one back either way, with whether it fits.
    #[must_use]
    pub fn wait(&self, most: Duration, fits: impl Fn(&Posted) -> bool) -> (Option<Posted>, bool) {
        let end = Instant::now() + most;
        let mut last = self.lock();
        loop {
            if last.as_ref().is_some_and(&fits) {
                return (last.clone(), true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return (last.clone(), false);
            }
            last = self
                .changed
                .wait_timeout(last, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Posted>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
