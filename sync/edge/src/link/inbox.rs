//! What comes down: opened with the device's key, verified against its row, kept, and only then reported.

use ubugoe_protocol::topics::{self, Channel};
use ubugoe_protocol::{Downlink, FilingId, open_down};

use super::{Alert, Context, LinkEvent};
use crate::outbox::{Noted, Refused, Retired, SettleError};

/// What became of a message.
pub(super) struct Taken {
    /// Rows that are settled now.
    pub(super) settled: Vec<FilingId>,
    /// Whether the broker may forget it. Not if the disk refused to keep it.
    pub(super) acknowledge: bool,
}

/// Takes one message in.
pub(super) fn take(context: &Context, topic: &str, payload: &[u8]) -> Taken {
    let mut taken = Taken {
        settled: Vec::new(),
        acknowledge: true,
    };
    let ours = topics::parse_down(topic).filter(|(device, _)| *device == context.config.device);
    let Some((_, Channel::Receipt | Channel::Status)) = ours else {
        context.alert(Alert::UnknownTopic(topic.to_owned()));
        return taken;
    };
    match open_down(payload, &context.config.device, &context.config.device_key) {
        Err(source) => context.alert(Alert::Downlink {
            topic: topic.to_owned(),
            source,
        }),
        Ok(Downlink::Receipts(items)) => receipts(context, items, &mut taken),
        Ok(Downlink::Refusals(items)) => items.iter().for_each(|i| refusal(context, i, &mut taken)),
        Ok(Downlink::Statuses(items)) => items.iter().for_each(|i| status(context, i, &mut taken)),
    }
    taken
}

fn receipts(context: &Context, items: Vec<Vec<u8>>, taken: &mut Taken) {
    let outcomes =
        context
            .outbox
            .lock()
            .retire_all(&items, &context.config.recipients, context.now());
    let outcomes = match outcomes {
        Ok(outcomes) => outcomes,
        Err(source) => {
            taken.acknowledge = false;
            return context.alert(Alert::Outbox(source));
        }
    };
    for (outcome, raw) in outcomes.into_iter().zip(items) {
        match outcome {
            Ok(Retired::First(receipt)) => {
                context.count(|s| s.receipts += 1);
                taken.settled.push(receipt.id);
                context.emit(LinkEvent::Receipt { receipt, raw });
            }
            Ok(Retired::Again(receipt)) => {
                context.count(|s| s.repeated += 1);
                taken.settled.push(receipt.id);
            }
            Err(error) => failed(context, error, taken),
        }
    }
}

fn refusal(context: &Context, raw: &[u8], taken: &mut Taken) {
    let outcome = context
        .outbox
        .lock()
        .refuse(raw, &context.config.recipients, context.now());
    match outcome {
        Ok(Refused::First(refusal)) => {
            taken.settled.push(refusal.id);
            context.emit(LinkEvent::Refused(refusal));
        }
        Ok(Refused::Again(refusal)) => taken.settled.push(refusal.id),
        Err(error) => failed(context, error, taken),
    }
}

fn status(context: &Context, raw: &[u8], taken: &mut Taken) {
    let outcome = context
        .outbox
        .lock()
        .note_status(raw, &context.config.recipients);
    match outcome {
        Ok(Noted::New(notice)) => context.emit(LinkEvent::Status(notice)),
        Ok(Noted::Old(_)) => {}
        Err(error) => failed(context, error, taken),
    }
}

fn failed(context: &Context, error: SettleError, taken: &mut Taken) {
    match error {
        SettleError::Store(source) => {
            taken.acknowledge = false;
            context.alert(Alert::Outbox(source));
        }
        other => context.alert(Alert::Answer(other)),
    }
}
