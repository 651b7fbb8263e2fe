//! Orders of whoever runs this device: done once, answered as often as they come.
//!
//! The link has verified and kept them. What has to wait for the end of a visit stays open in the outbox meanwhile, so that
//! neither a cut of power nor a second delivery loses or doubles it; what this program cannot do it refuses by name.
//!
//! Closed or open is a file of its own, beside the outbox, because it has to outlive every start.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ubugoe_edge::outbox::{OutboxHandle, StoreError};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{Command, CommandId, Order, Report, UpdateId};

use crate::service::sidecar;

/// Whether visits may begin, as the operator ordered last.
#[derive(Debug)]
pub struct Gate {
    file: PathBuf,
    closed: bool,
    /// When the order that counts was signed.
    at: i64,
}

const CLOSED: &str = "closed";
const OPEN: &str = "open";

impl Gate {
    /// Reads it. Without a file, nobody ever closed this device; one that cannot be read keeps it closed until somebody
    /// orders otherwise.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let file = folder.join("gate");
        let (closed, at) = match fs::read_to_string(&file) {
            Ok(text) => said(&text).unwrap_or_else(|| {
                tracing::error!(path = %file.display(), "not readable: the device is closed");
                (true, i64::MIN)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (false, i64::MIN),
            Err(error) => {
                tracing::error!(path = %file.display(), %error, "the device is closed");
                (true, i64::MIN)
            }
        };
        Self { file, closed, at }
    }

    /// Whether no visit may begin.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Closes or opens, by an order signed at `at`. False when a later order was done before: this one came late.
    fn set(&mut self, closed: bool, at: i64) -> io::Result<bool> {
        if at < self.at {
            return Ok(false);
        }
        let word = if closed { CLOSED } else { OPEN };
        sidecar::replace(&self.file, format!("{word} {at}\n").as_bytes())?;
        (self.closed, self.at) = (closed, at);
        Ok(true)
    }
}

fn said(text: &str) -> Option<(bool, i64)> {
    let (word, at) = text.strip_suffix('\n')?.split_once(' ')?;
    let closed = match word {
        CLOSED => true,
        OPEN => false,
        _ => return None,
    };
    Some((closed, at.parse().ok()?))
}

/// What is to be done between visits, by order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// Start the program anew.
    Restart,
    /// Take an update back.
    Withdraw(UpdateId),
}

/// What becomes of an order.
#[derive(Debug, PartialEq, Eq)]
pub enum Obeyed {
    /// It is done, or refused: the answer.
    Answered(Report),
    /// It waits for the end of a visit.
    Waits(Later),
}

/// Does one order and notes what became of it, or says what is to be done later. `starting`: it was kept by an earlier
/// run of this program, and is looked at before anything else.
///
/// # Errors
/// [`StoreError`] when the outbox does not keep the outcome: then it is done again when it comes again.
pub fn obey(
    outbox: &OutboxHandle,
    gate: &mut Gate,
    command: &Command,
    starting: bool,
    now: i64,
) -> Result<Obeyed, StoreError> {
    let (outcome, detail) = match command.order {
        Order::Diagnose => (Outcome::Done, diagnosis(outbox, gate)?),
        Order::Close | Order::Open => {
            match gate.set(command.order == Order::Close, command.at) {
                Ok(true) => (Outcome::Done, String::new()),
                Ok(false) => refused("a later order was done before"),
                // It stays open and comes again.
                Err(error) => refused(&format!("not kept: {error}")),
            }
        }
        // The start it asks for is this one.
        Order::Restart if starting => (Outcome::Done, String::new()),
        Order::Restart => return Ok(Obeyed::Waits(Later::Restart)),
        Order::Withdraw { update } => return Ok(Obeyed::Waits(Later::Withdraw(update))),
        // With a folder for certificates, the link has asked for one already.
        Order::Renew => refused("certificates are renewed by hand"),
        // The link does these by itself.
        Order::Resend { .. } => refused("not an order for the screen"),
    };
    answer(outbox, command.id, outcome, detail, now).map(Obeyed::Answered)
}

fn refused(why: &str) -> (Outcome, String) {
    (Outcome::Refused, why.to_owned())
}

/// Notes what became of an order; what the operator is to hear.
///
/// # Errors
/// [`StoreError`] when the outbox does not keep it.
pub fn answer(
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
fn diagnosis(outbox: &OutboxHandle, gate: &Gate) -> Result<String, StoreError> {
    let outbox = outbox.lock();
    let counts = outbox.counts()?;
    let oldest = counts
        .oldest_open
        .map_or_else(String::new, |at| format!(" oldest={at}"));
    Ok(format!(
        "version={} queued={} sent={} arrived={} refused={} counter={} gate={}{oldest}",
        env!("CARGO_PKG_VERSION"),
        counts.queued,
        counts.sent,
        counts.arrived,
        counts.refused,
        outbox.last_counter()?,
        if gate.is_closed() { CLOSED } else { OPEN },
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]

    use ubugoe_edge::outbox::{Config, Outbox};
    use ubugoe_protocol::FilingId;

    use super::*;

    fn command(n: u8, order: Order, at: i64) -> Command {
        Command {
            id: FilingId::from_bytes([n; 16]),
            device: "d-3f81c2a7".parse().unwrap(),
            recipient: "r-9a40e71b".parse().unwrap(),
            at,
            expires: at + 1,
            order,
        }
    }

    struct Device {
        folder: tempfile::TempDir,
        outbox: OutboxHandle,
        gate: Gate,
    }

    fn device() -> Device {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&Config::at(folder.path().join("outbox"))).unwrap();
        Device {
            gate: Gate::read(folder.path()),
            outbox: OutboxHandle::new(outbox),
            folder,
        }
    }

    impl Device {
        fn obey(&mut self, order: &Command, starting: bool) -> Obeyed {
            let kept = self.outbox.lock().keep_command(order.id, b"signed", 1);
            assert_eq!(kept.unwrap().outcome, None);
            obey(&self.outbox, &mut self.gate, order, starting, 1).unwrap()
        }

        /// Whether it was done, with what was said.
        fn answered(&mut self, order: &Command) -> (bool, String) {
            let Obeyed::Answered(Report::Command {
                outcome, detail, ..
            }) = self.obey(order, false)
            else {
                unreachable!("{order:?} waits")
            };
            let kept = self.outbox.lock().command(&order.id).unwrap().unwrap();
            assert_eq!(kept.outcome, Some((outcome, detail.clone())));
            (outcome == Outcome::Done, detail)
        }
    }

    #[test]
    fn a_diagnosis_is_counts_and_what_cannot_be_done_is_refused_by_name() {
        let mut device = device();
        let (done, words) = device.answered(&command(1, Order::Diagnose, 1));
        assert!(
            done && words.contains("queued=0") && words.contains("gate=open"),
            "{words}"
        );
        let (done, words) = device.answered(&command(3, Order::Renew, 1));
        assert!(!done && words.contains("by hand"), "{words}");
    }

    #[test]
    fn a_closed_device_is_closed_after_a_restart_and_a_late_order_does_not_close_it_again() {
        let mut device = device();
        assert!(!device.gate.is_closed(), "control");
        assert!(device.answered(&command(1, Order::Close, 10)).0);
        assert!(Gate::read(device.folder.path()).is_closed());
        assert!(device.answered(&command(2, Order::Open, 20)).0);
        let (done, words) = device.answered(&command(3, Order::Close, 15));
        assert!(!done && words.contains("later"), "{words}");
        assert!(!Gate::read(device.folder.path()).is_closed());
        assert!(device.answered(&command(4, Order::Close, 20)).0);
        assert!(device.gate.is_closed());
    }

    #[test]
    fn a_damaged_gate_is_closed_until_somebody_orders_otherwise() {
        let mut device = device();
        fs::write(device.folder.path().join("gate"), "open").unwrap();
        device.gate = Gate::read(device.folder.path());
        assert!(device.gate.is_closed());
        assert!(device.answered(&command(1, Order::Open, 5)).0);
        assert!(!Gate::read(device.folder.path()).is_closed());
    }

    #[test]
    fn a_restart_waits_for_the_end_of_a_visit_and_one_kept_by_an_earlier_run_is_done_with_the_start()
     {
        let mut device = device();
        let order = command(1, Order::Restart, 1);
        assert_eq!(device.obey(&order, false), Obeyed::Waits(Later::Restart));
        assert_eq!(device.outbox.lock().open_commands().unwrap().len(), 1);
        let Obeyed::Answered(Report::Command { outcome, .. }) = device.obey(&order, true) else {
            unreachable!("it would start for ever")
        };
        assert_eq!(outcome, Outcome::Done);
        assert!(device.outbox.lock().open_commands().unwrap().is_empty());
    }
}
