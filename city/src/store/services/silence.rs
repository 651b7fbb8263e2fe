//! After a loss: places are given back, gifts and applications end, without a word to anybody. In the transaction of the loss.

use super::{StoreError, Tx};
use crate::store::nonstop::{By, cells, loss};

/// Run by the decision that accepts a filing, after the statements of the same name of `nonstop`: `$1` filing, `$2` when, `$3` who.
/// A stillbirth or a death ends what every child of the case had.
pub(crate) const AFTER_LOSS: [&str; 3] = [
    concat!(
        "UPDATE checkup_bookings SET state = 'cancelled', place = NULL, held_until = NULL, state_at = $2, actor = $3
         WHERE place IS NOT NULL AND state <> 'attended' AND case_ref IN (",
        loss!(case),
        ")"
    ),
    concat!(
        "UPDATE gift_answers SET state = 'ended'
         WHERE state IN ('chosen', 'declined') AND CAST($2 AS BIGINT) >= 0 AND CAST($3 AS TEXT) <> '' AND case_ref IN (",
        loss!(case),
        ")"
    ),
    concat!(
        "UPDATE nursery_applications SET state = 'ended', state_at = $2
         WHERE state = 'submitted' AND CAST($3 AS TEXT) <> '' AND case_ref IN (",
        loss!(case),
        ")"
    ),
];

/// An officer's mark: of the lost children everything ends; no gift is left to a family that lost one.
pub(crate) fn silence(
    tx: &dyn Tx,
    case: [u8; 32],
    lost: &[String],
    by: &By,
) -> Result<(), StoreError> {
    for child in lost {
        tx.run(
            "UPDATE checkup_bookings SET state = 'cancelled', place = NULL, held_until = NULL, state_at = $3, actor = $4
             WHERE case_ref = $1 AND place IS NOT NULL AND state <> 'attended' AND (CAST($2 AS TEXT) = '' OR child = $2)",
            cells![case, child.as_str(), by.at, by.actor.as_str()],
        )?;
        tx.run(
            "UPDATE nursery_applications SET state = 'ended', state_at = $3
             WHERE case_ref = $1 AND state = 'submitted' AND (CAST($2 AS TEXT) = '' OR child = $2)",
            cells![case, child.as_str(), by.at],
        )?;
    }
    if !lost.is_empty() {
        tx.run(
            "UPDATE gift_answers SET state = 'ended' WHERE case_ref = $1 AND state IN ('chosen', 'declined')",
            cells![case],
        )?;
    }
    Ok(())
}
