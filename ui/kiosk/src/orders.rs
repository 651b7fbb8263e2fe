//! Orders of whoever runs this device: done once, answered as often as they come.
//!
//! The link has verified and kept them. What this program cannot do it refuses by name, so that nobody waits for it.

use ubugoe_edge::outbox::{OutboxHandle, StoreError};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{Command, CommandId, Order, Report};

/// Does one order and notes what became of it; the answer for the operator.
///
/// # Errors
/// [`StoreError`] when the outbox does not keep the outcome: then it is done again when it comes again.
pub fn obey(outbox: &OutboxHandle, command: &Command, now: i64) -> Result<Report, StoreError> {
    let (outcome, detail) = match command.order {
        Order::Diagnose => (Outcome::Done, diagnosis(outbox)?),
        Order::Close | Order::Open | Order::Restart => refused("not in this version"),
        Order::Renew => refused("certificates are renewed by hand"),
        Order::Withdraw { .. } => refused("no update is in use"),
        // The link does these by itself.
        Order::Resend { .. } => refused("not an order for the screen"),
    };
    answer(outbox, command.id, outcome, detail, now)
}

fn refused(why: &str) -> (Outcome, String) {
    (Outcome::Refused, why.to_owned())
}

fn answer(
    outbox: &OutboxHandle,
    id: CommandId,
    outcome: Outcome,
    detail: String,
    now: i64,
) -> Result<Report, StoreError> {
    outbox.lock().finish_command(&id, outcome, &detail, now)?;
    Ok(Report::Command {
        id,
        outcome,
        detail,
    })
}

/// Counts only: nothing that says what was filed, or by whom.
fn diagnosis(outbox: &OutboxHandle) -> Result<String, StoreError> {
    let outbox = outbox.lock();
    let counts = outbox.counts()?;
    let oldest = counts
        .oldest_open
        .map_or_else(String::new, |at| format!(" oldest={at}"));
    Ok(format!(
        "version={} queued={} sent={} arrived={} refused={} counter={}{oldest}",
        env!("CARGO_PKG_VERSION"),
        counts.queued,
        counts.sent,
        counts.arrived,
        counts.refused,
        outbox.last_counter()?
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]

    use ubugoe_edge::outbox::{Config, Outbox};
    use ubugoe_protocol::FilingId;

    use super::*;

    fn command(n: u8, order: Order) -> Command {
        Command {
            id: FilingId::from_bytes([n; 16]),
            device: "d-3f81c2a7".parse().unwrap(),
            recipient: "r-9a40e71b".parse().unwrap(),
            at: 1,
            expires: 2,
            order,
        }
    }

    #[test]
    fn a_diagnosis_is_counts_and_what_cannot_be_done_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&Config::at(folder.path().join("outbox"))).unwrap();
        let outbox = OutboxHandle::new(outbox);
        for (n, order, done, word) in [
            (1, Order::Diagnose, true, "queued=0"),
            (2, Order::Close, false, "version"),
            (3, Order::Renew, false, "by hand"),
        ] {
            let order = command(n, order);
            outbox.lock().keep_command(order.id, b"signed", 1).unwrap();
            let report = obey(&outbox, &order, 1).unwrap();
            let Report::Command {
                outcome, detail, ..
            } = &report
            else {
                unreachable!("{report:?}")
            };
            assert_eq!(
                (*outcome == Outcome::Done, detail.contains(word)),
                (done, true),
                "{detail}"
            );
            let kept = outbox.lock().command(&order.id).unwrap().unwrap();
            assert_eq!(kept.outcome, Some((*outcome, detail.clone())));
        }
    }
}
