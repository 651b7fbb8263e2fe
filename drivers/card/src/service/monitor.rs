//! Watches the card service, its readers and whether something lies on them. Must not connect to a card.
//!
//! One thread, one PC/SC context of its own, blocked in `SCardGetStatusChange` on all readers and on the
//! `\\?PnP?\Notification` pseudo reader. The system wakes it; nothing is polled.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pcsc::{Context, ReaderState, Scope, State};

use super::StartError;
use super::core::Message;

/// The first and the longest wait for a card service that is not there.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How often a cancel that came too early is repeated.
const CANCEL_AGAIN: Duration = Duration::from_millis(10);

/// A reader as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) reader: String,
    /// Something lies on it.
    pub(super) present: bool,
    /// It does not answer to reset.
    pub(super) mute: bool,
    /// Insertions and removals so far, as the service counts them.
    pub(super) events: u32,
}

#[derive(Default)]
struct Control {
    stop: bool,
    ended: bool,
    /// To wake the thread with.
    context: Option<Context>,
}

#[derive(Default)]
struct Shared {
    control: Mutex<Control>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The running monitor; stops and joins when dropped.
pub(super) struct Monitor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    pub(super) fn start(inbox: Sender<Message>) -> Result<Self, StartError> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new()
            .name("card-monitor".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
                    run(&shared, &inbox);
                    shared.lock().ended = true;
                    shared.changed.notify_all();
                }
            })
            .map_err(|source| StartError::Thread {
                what: "watching the readers",
                source,
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let mut control = self.shared.lock();
        control.stop = true;
        self.shared.changed.notify_all();
        // SCardCancel does nothing if the thread is just about to block, so it is repeated until the thread ends.
        while !control.ended {
            if let Some(context) = &control.context
                && let Err(error) = context.cancel()
            {
                tracing::debug!(%error, "cancelling the reader watch");
            }
            let waited = self.shared.changed.wait_timeout(control, CANCEL_AGAIN);
            control = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(control);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the reader watch had panicked");
        }
    }
}

/// Until stopped: have a service, watch it until it fails, wait for the next.
fn run(shared: &Shared, inbox: &Sender<Message>) {
    let mut lost = false;
    let mut wait = FIRST_WAIT;
    while !shared.lock().stop {
        match Context::establish(Scope::User) {
            Ok(context) => {
                if lost && inbox.send(Message::ServiceBack).is_err() {
                    return;
                }
                lost = false;
                wait = FIRST_WAIT;
                shared.lock().context = Some(context.clone());
                let why = watch(&context, shared, inbox);
                shared.lock().context = None;
                tracing::debug!(error = ?why, "the reader watch ended");
            }
            Err(error) => tracing::debug!(%error, "no card service"),
        }
        if shared.lock().stop {
            return;
        }
        if !lost && inbox.send(Message::ServiceLost).is_err() {
            return;
        }
        lost = true;
        // A service that is not there cannot wake us: the one place where time has to pass.
        let control = shared.lock();
        if !control.stop {
            drop(shared.changed.wait_timeout(control, wait));
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Reports until the service fails (its error) or the monitor is stopped (`None`).
fn watch(context: &Context, shared: &Shared, inbox: &Sender<Message>) -> Option<pcsc::Error> {
    let mut states = vec![ReaderState::new(pcsc::PNP_NOTIFICATION(), State::UNAWARE)];
    loop {
        if let Err(error) = follow_readers(context, &mut states) {
            return Some(error);
        }
        if inbox.send(Message::Readers(report(&states))).is_err() || shared.lock().stop {
            return None;
        }
        match context.get_status_change(None, &mut states) {
            Ok(()) | Err(pcsc::Error::Timeout) => {
                for state in &mut states {
                    state.sync_current_state();
                }
            }
            Err(pcsc::Error::Cancelled) if shared.lock().stop => return None,
            // A reader went while we were looking, or a stray cancel: the list is made anew.
            Err(
                pcsc::Error::UnknownReader
                | pcsc::Error::ReaderUnavailable
                | pcsc::Error::Cancelled,
            ) => {}
            Err(error) => return Some(error),
        }
    }
}

/// Drops readers that are gone, adds new ones.
fn follow_readers(context: &Context, states: &mut Vec<ReaderState>) -> Result<(), pcsc::Error> {
    let names = match context.list_readers_owned() {
        Ok(names) => names,
        Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
        Err(error) => return Err(error),
    };
    states.retain(|state| {
        state.name() == pcsc::PNP_NOTIFICATION()
            || names.iter().any(|name| name.as_c_str() == state.name())
    });
    for name in names {
        if !states.iter().any(|state| state.name() == name.as_c_str()) {
            states.push(ReaderState::new(name, State::UNAWARE));
        }
    }
    Ok(())
}

fn report(states: &[ReaderState]) -> Vec<Seen> {
    states
        .iter()
        .filter(|state| state.name() != pcsc::PNP_NOTIFICATION())
        .map(|state| {
            let now = state.event_state();
            Seen {
                reader: state.name().to_string_lossy().into_owned(),
                present: now.contains(State::PRESENT),
                mute: now.contains(State::MUTE),
                events: state.event_count(),
            }
        })
        .collect()
}
