//! After the city's database was restored from a backup: no number is given twice, and devices bring back what is missing.
//! Receipts say from then on in which era they were signed: an older one, still under way, ends no device's asking.
//!
//! ```text
//!  backup ──> more filings land, receipts go out ──> disaster ──> backup restored ──> after-restore
//!                                                                    numbers += gap │ Resend{since} to every device
//!  device: Earlier(receipts) ──> their numbers and times are remembered            v
//!  device: the rows again    ──> each lands with its old number and time; its receipt is signed anew for the era
//! ```

use ubugoe_protocol::Order;

use super::{OPERATOR, OperateError, Operator, STANDS, devices};
use crate::config::Config;
use crate::store::Store;

/// Numbers that are skipped unless said otherwise: more than a large shared centre takes in within a day.
pub const GAP: u32 = 100_000;

/// What was done after a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// The last running number before the gap.
    pub last: u64,
    /// How many devices were asked.
    pub asked: usize,
}

/// Begins an era, raises the running number by `gap` and orders every device to send again what was receipted at or after
/// `since` (unix seconds). Every city may: it signs with the key of its receipts, for it asks for its own filings only.
///
/// # Errors
/// [`OperateError`]. The era begins first: a repetition begins another one and does no harm.
pub async fn after_restore(
    config: &Config,
    store: &dyn Store,
    since: i64,
    gap: u32,
    now: i64,
) -> Result<Announced, OperateError> {
    let city = Operator {
        recipient: &config.office.recipient,
        key: &config.keys.sign,
    };
    let order = Order::Resend { since, era: now };
    let orders = devices(config)
        .iter()
        // a device may be away for longer than an ordinary order stands
        .map(|id| city.order(id, order, (now, now + 13 * STANDS), OPERATOR))
        .collect::<Result<Vec<_>, _>>()?;
    let asked = orders.len();
    let entry = city.entry(
        now,
        "store.restored",
        format!("since={since} gap={gap} devices={asked}"),
    );
    let last = store
        .begin_era(&config.office.recipient, gap, entry)
        .await?;
    store.order(orders).await?;
    Ok(Announced { last, asked })
}
