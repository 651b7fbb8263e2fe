//! Lines for the audit chain that stand alone, such as a look at a filing.
//!
//! The chain has one end, so whoever appends waits for whoever appended before, disk included. Lines that arrive in the meantime
//! are appended together: the more officers look at once, the fewer commits a look costs. Nobody is answered before the own line is
//! on the disk. Where the chain ended is remembered, so that an append is one exchange as long as nobody else appends.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::PostgresStore;
use super::write::{self, End};
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;

/// Most lines of one transaction.
const MOST: usize = 256;
const DOING: &str = "writing the audit log";

type Written = Result<(), StoreError>;

/// Lines that wait to be appended.
#[derive(Clone, Default)]
pub(super) struct Chain(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    lines: Vec<(AuditEntry, oneshot::Sender<Written>)>,
    /// Somebody is appending, and will look here again.
    appending: bool,
    /// Where the chain ended after the last of them; whatever else appends is not noticed here.
    end: Option<End>,
}

impl Chain {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends one line; back when it is on the disk.
    pub(super) async fn append(&self, store: &PostgresStore, entry: AuditEntry) -> Written {
        let (told, tells) = oneshot::channel();
        let first = {
            let mut waiting = self.waiting();
            waiting.lines.push((entry, told));
            !mem::replace(&mut waiting.appending, true)
        };
        if first {
            // on its own: whoever asked may hang up, and others wait for the same commit
            tokio::spawn(work(self.clone(), store.clone()));
        }
        tells.await.unwrap_or_else(|source| {
            self.waiting().appending = false;
            Err(StoreError::Unavailable {
                doing: DOING,
                source: Box::new(source),
            })
        })
    }

    /// What waits now; nothing once nobody waits, and the next line begins anew.
    fn next(&self) -> Vec<(AuditEntry, oneshot::Sender<Written>)> {
        let mut waiting = self.waiting();
        let most = waiting.lines.len().min(MOST);
        waiting.appending = most > 0;
        waiting.lines.drain(..most).collect()
    }
}

async fn work(chain: Chain, store: PostgresStore) {
    loop {
        let (entries, told): (Vec<_>, Vec<_>) = chain.next().into_iter().unzip();
        if entries.is_empty() {
            return;
        }
        let written = match append(&chain, &store, &entries).await {
            Ok(()) => entries.iter().map(|_| Ok(())).collect(),
            Err(error) if entries.len() == 1 => vec![Err(error)],
            // one of them may be at fault: each has its own answer
            Err(_) => {
                let mut written = Vec::with_capacity(entries.len());
                for entry in &entries {
                    written.push(append(&chain, &store, std::slice::from_ref(entry)).await);
                }
                written
            }
        };
        for (told, written) in told.into_iter().zip(written) {
            // whoever has hung up meanwhile: the line stands all the same
            let _ = told.send(written);
        }
    }
}

async fn append(chain: &Chain, store: &PostgresStore, entries: &[AuditEntry]) -> Written {
    let mut client = store.client(DOING).await?;
    let known = chain.waiting().end.take();
    let mut end = None;
    if let Some(known) = known {
        end = write::audit_after(&client, known, entries).await?;
    }
    let end = match end {
        Some(end) => end,
        None => write::audit(&mut client, entries).await?,
    };
    chain.waiting().end = Some(end);
    Ok(())
}
