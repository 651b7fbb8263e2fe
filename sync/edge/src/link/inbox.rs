//! What comes down: opened with the device's key, verified against its row, kept, and only then reported.

use std::collections::BTreeMap;

use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::topics;
use ubugoe_protocol::{
    Command, Downlink, FilingId, Grant, Manifest, Order, Part, RecipientId, Report, SecondNotice,
    TimeNotice, open_down,
};

use super::{Alert, Context, LinkEvent, Operator};
use crate::outbox::{Noted, Refused, Retired, SettleError};

/// What became of a message.
pub(super) struct Taken {
    /// Rows that are settled now.
    pub(super) settled: Vec<FilingId>,
    /// Whether the broker may forget it. Not if the disk refused to keep it.
    pub(super) acknowledge: bool,
    /// Rows that arrived before are to be sent again.
    pub(super) reread: bool,
}

/// Takes one message in.
pub(super) fn take(context: &Context, topic: &str, payload: &[u8]) -> Taken {
    let mut taken = Taken {
        settled: Vec::new(),
        acknowledge: true,
        reread: false,
    };
    let ours = topics::parse_down(topic).filter(|(device, _)| *device == context.config.device);
    if ours.is_none() {
        context.alert(Alert::UnknownTopic(topic.to_owned()));
        return taken;
    }
    match open_down(payload, &context.config.device, &context.config.device_key) {
        Err(source) => context.alert(Alert::Downlink {
            topic: topic.to_owned(),
            source,
        }),
        Ok(Downlink::Receipts(items)) => receipts(context, items, &mut taken),
        Ok(Downlink::Refusals(items)) => items.iter().for_each(|i| refusal(context, i, &mut taken)),
        Ok(Downlink::Statuses(items)) => statuses(context, &items, &mut taken),
        Ok(Downlink::Manifests(items)) => items.into_iter().for_each(|i| manifest(context, i)),
        Ok(Downlink::Parts(items)) => items.iter().for_each(|i| part(context, i)),
        Ok(Downlink::Commands(items)) => {
            for item in &items {
                command(context, item, &mut taken);
            }
        }
        Ok(Downlink::Times(items)) => items.iter().for_each(|i| time(context, i)),
        Ok(Downlink::Grants(items)) => items.iter().for_each(|i| grant(context, i, &mut taken)),
        Ok(Downlink::Seconds(items)) => items.iter().for_each(|i| second(context, i)),
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
                if let Some(clock) = context.config.voice.as_ref().and_then(|v| v.time.as_ref()) {
                    clock.arrived(receipt.arrived_at);
                }
                context.count(|s| s.receipts += 1);
                taken.settled.push(receipt.id);
                context.emit(LinkEvent::Receipt { receipt, raw });
            }
            Ok(Retired::Stale(receipt)) => {
                // It has arrived all the same; the city is shown its own word and gets the row again.
                let proof = Report::Earlier(vec![raw.clone()]);
                context.voice.say(receipt.recipient.clone(), proof);
                taken.settled.push(receipt.id);
                taken.reread = true;
                context.emit(LinkEvent::Receipt { receipt, raw });
            }
            Ok(Retired::Renumbered { receipt, proof }) => {
                // Not settled: it goes again, more and more slowly, until the city repeats the number that the family has.
                context
                    .voice
                    .say(receipt.recipient, Report::Earlier(vec![proof]));
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

/// Keeps statuses, and tells each city which of its notices are on disk.
fn statuses(context: &Context, items: &[Vec<u8>], taken: &mut Taken) {
    let mut seen: BTreeMap<RecipientId, Vec<(FilingId, u32)>> = BTreeMap::new();
    for raw in items {
        let outcome = context
            .outbox
            .lock()
            .note_status(raw, &context.config.recipients);
        let notice = match outcome {
            Ok(Noted::New(notice)) => {
                context.emit(LinkEvent::Status(notice.clone()));
                notice
            }
            Ok(Noted::Old(notice)) => notice,
            Err(error) => {
                failed(context, error, taken);
                continue;
            }
        };
        let of = seen.entry(notice.recipient).or_default();
        of.push((notice.id, notice.seq));
    }
    for (recipient, notices) in seen {
        context.voice.say(recipient, Report::Seen(notices));
    }
}

fn time(context: &Context, raw: &[u8]) {
    let Some(clock) = context.config.voice.as_ref().and_then(|v| v.time.as_ref()) else {
        return;
    };
    let verified = TimeNotice::peek(raw).and_then(|said| {
        let key = context.config.recipients.get(&said.recipient);
        key.map(|key| TimeNotice::verify(raw, key)).transpose()
    });
    match verified {
        Ok(Some(said)) if said.device == context.config.device => {
            if clock.told(&said.nonce, said.at_ms) {
                tracing::info!(recipient = %said.recipient, "a city told the time");
            }
        }
        Ok(_) => context.alert(Alert::NotOurs("time")),
        Err(error) => context.alert(Alert::Unsigned(error)),
    }
}

fn second(context: &Context, raw: &[u8]) {
    let verified = SecondNotice::peek(raw).and_then(|said| {
        let key = context.config.recipients.get(&said.recipient);
        key.map(|key| SecondNotice::verify(raw, key)).transpose()
    });
    match verified {
        Ok(Some(notice)) if notice.device == context.config.device => {
            context.emit(LinkEvent::Second(notice));
        }
        Ok(_) => context.alert(Alert::NotOurs("second signature")),
        Err(error) => context.alert(Alert::Unsigned(error)),
    }
}

/// The operator whose orders count; an alert without one.
fn operator<'a>(context: &'a Context, what: &'static str) -> Option<&'a Operator> {
    let found = context.config.voice.as_ref()?.operator.as_ref();
    if found.is_none() {
        context.alert(Alert::NotOurs(what));
    }
    found
}

fn manifest(context: &Context, raw: Vec<u8>) {
    let Some(operator) = operator(context, "manifest") else {
        return;
    };
    match Manifest::verify(&raw, &operator.key) {
        Ok(manifest) => context.emit(LinkEvent::Manifest { manifest, raw }),
        Err(error) => context.alert(Alert::Unsigned(error)),
    }
}

fn part(context: &Context, raw: &[u8]) {
    if operator(context, "part").is_none() {
        return;
    }
    match Part::from_bytes(raw) {
        Ok(part) => context.emit(LinkEvent::Part(part)),
        Err(error) => context.alert(Alert::Part(error)),
    }
}

fn grant(context: &Context, raw: &[u8], taken: &mut Taken) {
    let Some(operator) = operator(context, "certificate") else {
        return;
    };
    match Grant::verify(raw, &operator.key) {
        Ok(grant) if grant.device != context.config.device => {
            context.alert(Alert::NotOurs("certificate"));
        }
        Ok(grant) if context.credentials.renews() => {
            taken.acknowledge &= context.credentials.granted(context, &grant);
        }
        Ok(grant) => context.emit(LinkEvent::Grant(grant)),
        Err(error) => context.alert(Alert::Unsigned(error)),
    }
}

/// An order and whose it is. A recipient asks for what it lost itself and signs that with its receipt key; everything else is the
/// operator's.
fn ordered(context: &Context, raw: &[u8]) -> Option<Command> {
    let verified = Command::peek(raw).and_then(|said| match said.order {
        Order::Resend { .. } => {
            let key = context.config.recipients.get(&said.recipient);
            key.map(|key| Command::verify(raw, key)).transpose()
        }
        _ => operator(context, "command")
            .filter(|operator| operator.id == said.recipient)
            .map(|operator| Command::verify(raw, &operator.key))
            .transpose(),
    });
    match verified {
        Ok(Some(command)) if command.device == context.config.device => Some(command),
        Ok(_) => {
            context.alert(Alert::NotOurs("command"));
            None
        }
        Err(error) => {
            context.alert(Alert::Unsigned(error));
            None
        }
    }
}

/// Keeps an order before it is done. One that was done before is only answered.
fn command(context: &Context, raw: &[u8], taken: &mut Taken) {
    let Some(command) = ordered(context, raw) else {
        return;
    };
    let kept = context
        .outbox
        .lock()
        .keep_command(command.id, raw, context.now());
    let kept = match kept {
        Ok(kept) => kept,
        Err(source) => {
            taken.acknowledge = false;
            return context.alert(Alert::Outbox(source));
        }
    };
    if let Some((outcome, detail)) = kept.outcome {
        return answer(context, &command, outcome, detail);
    }
    if command.expires < context.now() {
        let late = "expired".to_owned();
        return finish(context, &command, Outcome::Refused, late, taken);
    }
    match command.order {
        Order::Resend { since, era } => resend(context, &command, (since, era), taken),
        Order::Renew if context.credentials.renews() => renew(context, &command, taken),
        Order::Close
        | Order::Open
        | Order::Restart
        | Order::Renew
        | Order::Withdraw { .. }
        | Order::Diagnose => context.emit(LinkEvent::Command(command)),
    }
}

/// Asks for a new certificate. The order is done with the question: the answer is a certificate, and needs no order.
fn renew(context: &Context, command: &Command, taken: &mut Taken) {
    let (outcome, detail) = if context.credentials.ask(context) {
        (Outcome::Done, "asked")
    } else {
        (Outcome::Refused, "no request could be made")
    };
    finish(context, command, outcome, detail.to_owned(), taken);
}

/// A city lost what it had receipted: prove it with its own receipts, then send the rows again.
fn resend(context: &Context, command: &Command, (since, era): (i64, i64), taken: &mut Taken) {
    const AT_ONCE: usize = 256;
    let found = context
        .outbox
        .lock()
        .ask_again(&command.recipient, since, era);
    match found {
        Ok(receipts) => {
            for some in receipts.chunks(AT_ONCE) {
                let proof = Report::Earlier(some.to_vec());
                context.voice.say(command.recipient.clone(), proof);
            }
            let detail = format!("{} rows", receipts.len());
            finish(context, command, Outcome::Done, detail, taken);
            // The rows are below what was read on this connection: they go at the next look at everything.
            taken.reread = true;
        }
        Err(source) => {
            taken.acknowledge = false;
            context.alert(Alert::Outbox(source));
        }
    }
}

fn finish(
    context: &Context,
    command: &Command,
    outcome: Outcome,
    detail: String,
    taken: &mut Taken,
) {
    let kept = context
        .outbox
        .lock()
        .finish_command(&command.id, outcome, &detail, context.now());
    match kept {
        Ok(()) => answer(context, command, outcome, detail),
        Err(source) => {
            taken.acknowledge = false;
            context.alert(Alert::Outbox(source));
        }
    }
}

fn answer(context: &Context, command: &Command, outcome: Outcome, detail: String) {
    let report = Report::Command {
        id: command.id,
        outcome,
        detail,
    };
    context.voice.say(command.recipient.clone(), report);
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
