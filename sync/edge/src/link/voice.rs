//! What the device says for itself, beside the rows: sealed like them, and never acknowledged.
//!
//! Reports go at QoS 0 and wait in memory only. Each answers a message that is repeated until it is answered, or asks a
//! question that is asked again; so losing one costs a repetition. Answers about settled rows never come from here.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use ubugoe_protocol::report::seal_report;
use ubugoe_protocol::{CaseId, FilingId, Header, Kind, RecipientId, Report, VERSION};

use super::{Context, held};

/// Most reports that wait for a connection; the oldest give way.
const MOST: usize = 1000;
/// A question for which somebody stands before the screen is not asked later than this: whoever typed it may be gone, and a number
/// that is looked up is spent.
const ASKED_WITHIN: Duration = Duration::from_secs(20);
/// How often a city is asked for the time on one connection.
const ASK_EVERY: Duration = Duration::from_hours(1);

/// What waits to be said.
#[derive(Debug, Default)]
pub(super) struct Mouth {
    waiting: Mutex<VecDeque<(RecipientId, Report, Instant)>>,
    asked: Mutex<Option<Instant>>,
    change: Notify,
}

impl Mouth {
    pub(super) fn say(&self, recipient: RecipientId, report: Report) {
        let mut waiting = held(&self.waiting);
        if waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back((recipient, report, Instant::now()));
        drop(waiting);
        self.change.notify_one();
    }

    pub(super) fn next(&self) -> Option<(RecipientId, Report, Instant)> {
        let mut waiting = held(&self.waiting);
        while let Some((recipient, report, since)) = waiting.pop_front() {
            let stale =
                matches!(report, Report::SecondAsk { .. }) && since.elapsed() > ASKED_WITHIN;
            if !stale {
                return Some((recipient, report, since));
            }
        }
        None
    }

    pub(super) fn put_back(&self, recipient: RecipientId, report: Report, since: Instant) {
        held(&self.waiting).push_front((recipient, report, since));
    }

    /// Ends when there is something to say.
    pub(super) async fn heard(&self) {
        self.change.notified().await;
    }

    /// A connection stands: ask for the time if somebody needs it.
    pub(super) fn connected(&self, context: &Context) {
        let Some(voice) = &context.config.voice else {
            return;
        };
        let Some(clock) = &voice.time else { return };
        let mut asked = held(&self.asked);
        let fresh = asked.is_some_and(|at| at.elapsed() < ASK_EVERY);
        if fresh && clock.now().is_ok() {
            return;
        }
        // Any city's word is as good as another's; the operator's first.
        let operator = voice.operator.as_ref().map(|o| &o.id);
        let Some(recipient) = operator.or_else(|| voice.seal.keys().next()) else {
            return;
        };
        let Ok(nonce) = FilingId::generate() else {
            return;
        };
        clock.asking(*nonce.as_bytes());
        *asked = Some(Instant::now());
        self.say(recipient.clone(), Report::TimeAsk(*nonce.as_bytes()));
    }
}

/// Seals a report; `None`, with a line in the log, when the recipient is unknown or the report impossible.
pub(super) fn seal(context: &Context, recipient: &RecipientId, report: &Report) -> Option<Vec<u8>> {
    let voice = context.config.voice.as_ref()?;
    let key = voice.seal.get(recipient)?;
    let header = Header {
        v: VERSION,
        id: FilingId::generate().ok()?,
        device: context.config.device.clone(),
        recipient: recipient.clone(),
        kind: Kind::Report,
        schema: "ubugoe-report/1".to_owned(),
        case: CaseId::from_bytes([0; 16]),
        case_seq: 0,
        created: context.now(),
        expires: None,
        key_id: key.key_id(),
    };
    seal_report(&header, report, key, &voice.signing)
        .inspect_err(|error| {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "a report cannot be sealed"
            );
        })
        .ok()
}
