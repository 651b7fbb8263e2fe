//! What people change: officers, families, agencies, and a loss. Every function is one transaction.

use ubugoe_protocol::FilingId;

use super::read::{case_of, losses};
use super::work::{finish, put_away, say, tell};
use super::{
    Account, AfterLoss, By, Hop, HopState, ItemState, Planner, Shown, Step, StopReason, Tx,
    after_loss, cells, line, loss,
};
use crate::store::StoreError;

/// Run by the decision that accepts a filing, in its transaction: `$1` filing, `$2` when. Both databases.
pub(crate) const AFTER_DECISION: [&str; 2] = [
    "INSERT INTO nonstop_cases (case_ref, touched_at)
     SELECT c.token_sha256, CAST($2 AS BIGINT) FROM filings f
     JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
     WHERE f.id = $1 ON CONFLICT (case_ref) DO UPDATE SET touched_at = excluded.touched_at",
    "INSERT INTO nonstop_events (case_ref, filing, kind, due_at)
     SELECT c.token_sha256, f.id, 'accepted', CAST($2 AS BIGINT) FROM filings f
     JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
     WHERE f.id = $1 ON CONFLICT DO NOTHING",
];

/// Run after them: `$1` filing, `$2` when, `$3` who. Where the filing notifies a stillbirth or a death, every child of the case
/// counts as lost until an officer says more: nothing joyful is left, and the rest is held. Items before payments before
/// notices: whoever carries an item out at the same moment is waited for at the item, and what came of it is seen after.
pub(crate) const AFTER_LOSS: [&str; 4] = [
    concat!(
        "INSERT INTO nonstop_losses (case_ref, child, at, actor, cause)
         SELECT c.token_sha256, '', CAST($2 AS BIGINT), CAST($3 AS TEXT), f.procedure FROM filings f
         JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id
         WHERE f.id = $1 AND f.procedure IN ",
        loss!(list),
        " ON CONFLICT DO NOTHING"
    ),
    concat!(
        "UPDATE nonstop_items SET shown = 'staff', hold_until = NULL, pay_at = NULL, state_at = $2, actor = $3,
           state = CASE WHEN joyful = 1 OR loss_guard = 'hide' THEN 'cancelled' ELSE 'held' END
         WHERE state IN ('open', 'offered', 'prepared') AND case_ref IN (",
        loss!(case),
        ")"
    ),
    concat!(
        "UPDATE nonstop_payments SET state = 'held', reason = NULL
         WHERE state IN ('due', 'aside') AND CAST($2 AS BIGINT) >= 0 AND CAST($3 AS TEXT) <> '' AND case_ref IN (",
        loss!(case),
        ")"
    ),
    concat!(
        "UPDATE nonstop_notices SET state = 'cancelled', shown = 'staff'
         WHERE state IN ('queued', 'handed') AND CAST($2 AS BIGINT) >= 0 AND CAST($3 AS TEXT) <> '' AND case_ref IN (",
        loss!(case),
        ")"
    ),
];

pub(super) fn approve(tx: &dyn Tx, ids: &[i64], by: &By) -> Result<u32, StoreError> {
    let mut went = 0;
    for id in ids {
        let Some(mut row) = tx
            .claim(
                "SELECT i.state FROM nonstop_items i WHERE i.id = $1
                   AND (i.state IN ('prepared', 'held') OR (i.state = 'done' AND i.needs = 'check'))",
                "i",
                cells![*id],
            )?
            .into_iter()
            .next()
        else {
            continue;
        };
        if row.text()? == ItemState::Done.code() {
            tx.audit(line(by, "nonstop.account_checked", *id, ""));
        } else {
            finish(tx, *id, by, "nonstop.approved")?;
        }
        tx.run(
            "UPDATE nonstop_items SET needs = '' WHERE id = $1 AND needs = 'check'",
            cells![*id],
        )?;
        went += 1;
    }
    Ok(went)
}

pub(super) fn stop(
    tx: &dyn Tx,
    id: i64,
    reason: StopReason,
    note: Option<String>,
    by: &By,
) -> Result<Step, StoreError> {
    let stopped = tx.run(
        "UPDATE nonstop_items SET state = 'stopped', hold_until = NULL, pay_at = NULL, reason = $2, note = $3, state_at = $4,
           actor = $5 WHERE id = $1 AND state IN ('prepared', 'held')",
        cells![id, reason.code(), note, by.at, by.actor.as_str()],
    )?;
    if stopped == 0 {
        return outcome(tx, id, None, &[ItemState::Stopped]);
    }
    say(tx, id, Hop::City, HopState::Stopped, by)?;
    tell(tx, id, "stopped", "", by.at)?;
    tx.audit(line(by, "nonstop.stopped", id, reason.code()));
    Ok(Step::Done)
}

/// Why a step changed nothing.
fn outcome(
    tx: &dyn Tx,
    id: i64,
    case: Option<[u8; 32]>,
    already: &[ItemState],
) -> Result<Step, StoreError> {
    let Some(mut row) = tx
        .rows(
            "SELECT state, case_ref FROM nonstop_items WHERE id = $1",
            cells![id],
        )?
        .into_iter()
        .next()
    else {
        return Ok(Step::NotFound);
    };
    let state = ItemState::stored(&row.text()?)?;
    let of = row.case_ref()?;
    Ok(if case.is_some_and(|case| case != of) {
        Step::NotFound
    } else if already.contains(&state) {
        Step::Already
    } else {
        Step::Closed
    })
}

pub(super) fn answer(
    tx: &dyn Tx,
    token_sha256: [u8; 32],
    id: i64,
    yes: bool,
    now: i64,
    planner: &dyn Planner,
) -> Result<Step, StoreError> {
    let Some(case) = case_of(tx, token_sha256)? else {
        return Ok(Step::NotFound);
    };
    let by = By {
        actor: "family".to_owned(),
        at: now,
    };
    let changed = if yes {
        tx.run(
            "UPDATE nonstop_items SET state = 'prepared', hold_until = $3, state_at = $4, actor = 'family'
             WHERE id = $1 AND case_ref = $2 AND state = 'offered' AND needs = '' AND shown IN ('show', 'quiet')",
            cells![id, case, planner.hold_until(now), now],
        )?
    } else {
        tx.run(
            "UPDATE nonstop_items SET state = 'declined', state_at = $3, actor = 'family'
             WHERE id = $1 AND case_ref = $2 AND state = 'offered' AND shown IN ('show', 'quiet')",
            cells![id, case, now],
        )?
    };
    if changed == 0 {
        let already: &[ItemState] = if yes {
            &[ItemState::Prepared, ItemState::Done]
        } else {
            &[ItemState::Declined]
        };
        return outcome(tx, id, Some(case), already);
    }
    let action = if yes {
        "nonstop.confirmed"
    } else {
        "nonstop.declined"
    };
    tx.audit(line(&by, action, id, ""));
    Ok(Step::Done)
}

pub(super) fn account(
    tx: &dyn Tx,
    token_sha256: [u8; 32],
    id: i64,
    account: &Account,
    now: i64,
    planner: &dyn Planner,
) -> Result<Step, StoreError> {
    let Some(case) = case_of(tx, token_sha256)? else {
        return Ok(Step::NotFound);
    };
    // named once: whoever comes by the link later cannot lead the money elsewhere. What is decided already waits for an officer's
    // look; what is only offered gets one in its period.
    let named = tx.run(
        "UPDATE nonstop_items SET account = $3, needs = CASE WHEN state = 'done' THEN 'check' ELSE '' END
         WHERE id = $1 AND case_ref = $2 AND needs = 'account' AND state IN ('offered', 'done') AND shown IN ('show', 'quiet')",
        cells![id, case, account.to_text()?],
    )?;
    if named == 0 {
        return outcome(tx, id, Some(case), &[ItemState::Prepared, ItemState::Done]);
    }
    let by = By {
        actor: "family".to_owned(),
        at: now,
    };
    tx.audit(line(&by, "nonstop.account_named", id, ""));
    answer(tx, token_sha256, id, true, now, planner)?;
    Ok(Step::Done)
}

pub(super) fn ask_account(tx: &dyn Tx, item: i64, by: &By) -> Result<bool, StoreError> {
    // the family's word and a file that is released wait for each other at the item
    let asked = tx.run(
        "UPDATE nonstop_items SET account = NULL, needs = 'account' WHERE id = $1 AND state = 'done'
           AND EXISTS (SELECT 1 FROM nonstop_payments p WHERE p.item = nonstop_items.id AND p.state = 'aside')",
        cells![item],
    )?;
    if asked == 0 {
        return Ok(false);
    }
    tx.run(
        "UPDATE nonstop_payments SET state = 'due', reason = NULL WHERE item = $1 AND state = 'aside'",
        cells![item],
    )?;
    tell(tx, item, "account", &by.at.to_string(), by.at)?;
    tx.audit(line(by, "nonstop.account_asked", item, ""));
    Ok(true)
}

pub(super) fn report_hop(
    tx: &dyn Tx,
    item: i64,
    hop: Hop,
    state: HopState,
    by: &By,
) -> Result<Step, StoreError> {
    // one report after the other
    let known = tx.run(
        "UPDATE nonstop_items SET shown = shown WHERE id = $1",
        cells![item],
    )?;
    if known == 0 {
        return Ok(Step::NotFound);
    }
    let last = tx
        .rows(
            "SELECT state FROM nonstop_hops WHERE item = $1 AND hop = $2 ORDER BY seq DESC LIMIT 1",
            cells![item, hop.code()],
        )?
        .into_iter()
        .next()
        .map(|mut row| row.text())
        .transpose()?;
    match last {
        None => Ok(Step::Closed),
        Some(last) if last == state.code() => Ok(Step::Already),
        Some(_) => {
            say(tx, item, hop, state, by)?;
            tx.audit(line(
                by,
                "nonstop.hop",
                item,
                format!("{}={}", hop.code(), state.code()),
            ));
            Ok(Step::Done)
        }
    }
}

pub(super) fn mark_loss(
    tx: &dyn Tx,
    filing: FilingId,
    child: &str,
    by: &By,
) -> Result<Step, StoreError> {
    let Some(mut row) = tx
        .rows(
            "SELECT c.token_sha256 FROM filings f
             JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id WHERE f.id = $1",
            cells![filing],
        )?
        .into_iter()
        .next()
    else {
        return Ok(Step::NotFound);
    };
    let case = row.case_ref()?;
    // the lock of the case: a plan that is being kept is waited for, and the next one sees the loss
    tx.run(
        "INSERT INTO nonstop_cases (case_ref, touched_at) VALUES ($1, $2)
         ON CONFLICT (case_ref) DO UPDATE SET touched_at = excluded.touched_at",
        cells![case, by.at],
    )?;
    let marked = tx.run(
        "INSERT INTO nonstop_losses (case_ref, child, at, actor, cause) VALUES ($1, $2, $3, $4, 'officer') ON CONFLICT DO NOTHING",
        cells![case, child, by.at, by.actor.as_str()],
    )?;
    if marked == 0 {
        return Ok(Step::Already);
    }
    let mut lost = losses(tx, case)?;
    let living = tx.rows(
        "SELECT DISTINCT child FROM nonstop_items WHERE case_ref = $1 AND child <> '' ORDER BY child",
        cells![case],
    )?;
    let mut all = true;
    for mut row in living {
        let one = row.text()?;
        all &= lost.contains(&one);
    }
    if all && !lost.iter().any(String::is_empty) {
        tx.run(
            "INSERT INTO nonstop_losses (case_ref, child, at, actor, cause) VALUES ($1, '', $2, $3, 'all') ON CONFLICT DO NOTHING",
            cells![case, by.at, by.actor.as_str()],
        )?;
        lost.push(String::new());
    }
    silence_items(tx, case, &lost, by)?;
    silence_notices(tx, case, &lost)?;
    crate::store::services::silence(tx, case, &lost, by)?;
    let mut entry = line(
        by,
        "case.loss",
        0,
        if child.is_empty() { "all" } else { "one" },
    );
    entry.subject = filing.to_string();
    tx.audit(entry);
    Ok(Step::Done)
}

fn silence_items(tx: &dyn Tx, case: [u8; 32], lost: &[String], by: &By) -> Result<(), StoreError> {
    // held against whoever carries them out: either they were first, or they find them put away
    tx.run(
        "UPDATE nonstop_items SET shown = shown WHERE case_ref = $1",
        cells![case],
    )?;
    for mut row in tx.rows(
        "SELECT id, child, joyful, congrats, loss_guard, shown, state FROM nonstop_items WHERE case_ref = $1 ORDER BY id",
        cells![case],
    )? {
        let (id, child) = (row.int()?, row.text()?);
        let (joyful, congrats) = (row.flag()?, row.flag()?);
        let guard = Shown::stored(&row.text()?)?;
        let shown = Shown::stored(&row.text()?)?;
        let state = ItemState::stored(&row.text()?)?;
        let waits = matches!(
            state,
            ItemState::Open | ItemState::Offered | ItemState::Prepared | ItemState::Held
        );
        let verdict = after_loss(&child, (joyful, congrats, guard), lost);
        match verdict {
            AfterLoss::Stays => {}
            AfterLoss::Quiet => {
                tx.run(
                    "UPDATE nonstop_items SET shown = $2 WHERE id = $1",
                    cells![id, shown.max(Shown::Quiet).code()],
                )?;
            }
            AfterLoss::Ends if waits => put_away(tx, id, ItemState::Cancelled, by)?,
            AfterLoss::Staff if waits => put_away(tx, id, ItemState::Held, by)?,
            AfterLoss::Ends | AfterLoss::Staff => {
                tx.run(
                    "UPDATE nonstop_items SET shown = 'staff', pay_at = NULL WHERE id = $1",
                    cells![id],
                )?;
            }
        }
        if matches!(verdict, AfterLoss::Ends | AfterLoss::Staff) {
            tx.run(
                "UPDATE nonstop_payments SET state = 'held', reason = NULL WHERE item = $1 AND state IN ('due', 'aside')",
                cells![id],
            )?;
        }
    }
    Ok(())
}

fn silence_notices(tx: &dyn Tx, case: [u8; 32], lost: &[String]) -> Result<(), StoreError> {
    tx.run(
        "UPDATE nonstop_notices SET shown = shown WHERE case_ref = $1",
        cells![case],
    )?;
    for mut row in tx.rows(
        "SELECT id, child, joyful, congrats, loss_guard, shown FROM nonstop_notices
         WHERE case_ref = $1 AND state IN ('queued', 'handed') ORDER BY id",
        cells![case],
    )? {
        let (id, child) = (row.int()?, row.text()?);
        let (joyful, congrats) = (row.flag()?, row.flag()?);
        let guard = Shown::stored(&row.text()?)?;
        let shown = Shown::stored(&row.text()?)?;
        match after_loss(&child, (joyful, congrats, guard), lost) {
            AfterLoss::Stays => {}
            AfterLoss::Quiet => {
                tx.run(
                    "UPDATE nonstop_notices SET shown = $2 WHERE id = $1",
                    cells![id, shown.max(Shown::Quiet).code()],
                )?;
            }
            AfterLoss::Staff | AfterLoss::Ends => {
                tx.run(
                    "UPDATE nonstop_notices SET state = 'cancelled', shown = 'staff' WHERE id = $1",
                    cells![id],
                )?;
            }
        }
    }
    Ok(())
}
