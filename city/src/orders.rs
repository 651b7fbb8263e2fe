//! Orders to devices, given by whoever runs them: signed, kept, audited, sent by the server until they are answered.

use jiff::Timestamp;
use ubugoe_protocol::{Command, CommandId, DeviceId, IdError, Order, RecipientId, SignedError};

use crate::casework::audit::AuditEntry;
use crate::config::Config;
use crate::store::{OrderRow, Store, StoreError};

/// How long an order may wait for its device, seconds.
pub const DEFAULT_LIFE: i64 = 7 * 86_400;

/// Arrival numbers that are left out after a restore, unless the operator says otherwise: more than a city of three million
/// receives between two backups.
pub const DEFAULT_GAP: u32 = 100_000;

/// Why orders could not be given.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The configuration names no key for orders.
    #[error("recipient.operate names no key: this city gives no orders")]
    NoKey,
    /// No such device.
    #[error("device {0} is not registered")]
    NoSuchDevice(DeviceId),
    /// No random bytes.
    #[error("no id could be made")]
    Id(#[source] IdError),
    /// The key did not sign.
    #[error("the order could not be signed")]
    Sign(#[source] SignedError),
    /// The store refused.
    #[error("the order could not be kept")]
    Store(#[from] StoreError),
}

/// An order in a word, for lists and the audit chain.
#[must_use]
pub fn word(order: &Order) -> String {
    match order {
        Order::Resend { since, .. } => format!("resend since={since}"),
        Order::Close => "close".to_owned(),
        Order::Open => "open".to_owned(),
        Order::Restart => "restart".to_owned(),
        Order::Renew => "renew".to_owned(),
        Order::Withdraw { update } => format!("withdraw {update}"),
        Order::Diagnose => "diagnose".to_owned(),
    }
}

/// Gives one order to each of these devices; answers their ids.
///
/// # Errors
/// [`OrderError`]; then none was given.
pub async fn give(
    config: &Config,
    store: &dyn Store,
    devices: &[DeviceId],
    order: Order,
    now: Timestamp,
) -> Result<Vec<CommandId>, OrderError> {
    let key = config.keys.operate.as_ref().ok_or(OrderError::NoKey)?;
    let now = now.as_second();
    let mut rows = Vec::with_capacity(devices.len());
    for device in devices {
        if !config.devices.contains_key(device) {
            return Err(OrderError::NoSuchDevice(device.clone()));
        }
        let command = Command {
            id: CommandId::generate().map_err(OrderError::Id)?,
            device: device.clone(),
            recipient: config.office.recipient.clone(),
            at: now,
            expires: now + DEFAULT_LIFE,
            order,
        };
        rows.push(OrderRow {
            id: command.id,
            device: device.clone(),
            what: word(&order),
            signed: command.sign(key).map_err(OrderError::Sign)?,
            at: now,
            expires: command.expires,
            attempts: 0,
            outcome: None,
        });
    }
    let ids = rows.iter().map(|row| row.id).collect();
    store.give_orders(rows).await?;
    Ok(ids)
}

/// What has to happen after the database was restored from a backup: numbers that were given since are not given again, and
/// every device is asked for what was receipted since. Answers the last arrival number before the gap.
///
/// # Errors
/// [`OrderError`]. The gap is made first: a repetition makes a second one and does no harm.
pub async fn after_restore(
    config: &Config,
    store: &dyn Store,
    since: i64,
    gap: u32,
    now: Timestamp,
) -> Result<u64, OrderError> {
    if config.keys.operate.is_none() {
        return Err(OrderError::NoKey);
    }
    let recipient: &RecipientId = &config.office.recipient;
    let entry = AuditEntry {
        at: now.as_second(),
        actor: "operator".to_owned(),
        action: "store.restored".to_owned(),
        subject: recipient.to_string(),
        detail: format!("since={since} gap={gap}"),
    };
    let era = entry.at;
    let last = store.begin_era(recipient, gap, entry).await?;
    let devices: Vec<DeviceId> = config.devices.keys().cloned().collect();
    give(config, store, &devices, Order::Resend { since, era }, now).await?;
    Ok(last)
}
