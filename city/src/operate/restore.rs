//! After the city's database was restored from a backup: no number is given twice, and devices bring back what is missing.
//!
//! ```text
//!  backup ──> more filings land, receipts go out ──> disaster ──> backup restored ──> after-restore
//!                                                                    numbers += gap │ Resend{since} to every device
//!  device: Earlier(receipts) ──> their numbers, times and bytes are remembered      v
//!  device: the rows again    ──> each lands with its old number, time and receipt
//! ```

use ubugoe_protocol::Order;

use super::{OPERATOR, OperateError, Operator, STANDS};
use crate::config::Config;
use crate::store::{Gap, Store};

/// Numbers that are skipped unless said otherwise: more than a large shared centre takes in within a day.
pub const GAP: u32 = 100_000;

/// Raises the running number by `gap` and orders every device to send again what was receipted at or after `since` (unix
/// seconds). Answers how many devices were asked.
///
/// # Errors
/// [`OperateError`]; nothing was changed then.
pub async fn after_restore(
    config: &Config,
    store: &dyn Store,
    since: i64,
    gap: u32,
    now: i64,
) -> Result<usize, OperateError> {
    let operator = Operator::of(config)?;
    let order = Order::Resend { since };
    let orders = config
        .devices
        .iter()
        .filter(|(_, device)| device.revoked_at.is_none())
        // a device may be away for longer than an ordinary order stands
        .map(|(id, _)| operator.order(id, order, (now, now + 13 * STANDS), OPERATOR))
        .collect::<Result<Vec<_>, _>>()?;
    let count = orders.len();
    let detail = format!("since={since} gap={gap} devices={count}");
    let gap = Gap {
        recipient: config.office.recipient.clone(),
        by: gap,
        entry: operator.entry(now, "restore.announced", detail),
    };
    store.order(orders, Some(gap)).await?;
    Ok(count)
}
