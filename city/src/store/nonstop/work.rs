//! Working off what is due: plans, periods that ended, months, notices, files. Every function is one transaction.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use ubugoe_protocol::FilingId;

use super::read::losses;
use super::{
    Account, AfterLoss, By, CaseSeen, Cell, FileRow, FileWriter, Hop, HopState, ItemDetail,
    ItemKind, ItemState, NewItem, NewNotice, NoticeDetail, Planned, Planner, Remittance, Row,
    SeenFiling, Shown, Tx, Unpayable, after_loss, cells, from_json, line, to_json,
};
use crate::casework::FilingState;
use crate::store::{StoreError, unsigned};

/// Most items carried out, and months turned, in one transaction.
const ITEMS: i64 = 50;
/// Most notices handed out in one transaction.
const NOTICES: i64 = 200;
/// Most payments of one file: far below what the layout counts.
const PAYMENTS: i64 = 50_000;

pub(super) fn plan_next(tx: &dyn Tx, now: i64, planner: &dyn Planner) -> Result<bool, StoreError> {
    let found = tx
        .claim(
            "SELECT e.id, e.case_ref, e.filing FROM nonstop_events e WHERE e.done_at IS NULL AND e.due_at <= $1
             ORDER BY e.due_at, e.id LIMIT 1",
            "e",
            cells![now],
        )?
        .into_iter()
        .next();
    let Some(mut row) = found else {
        return Ok(false);
    };
    let (event, case_ref, trigger) = (row.int()?, row.case_ref()?, row.filing()?);
    // whoever marks a loss waits here, and so do we for them
    tx.run(
        "UPDATE nonstop_cases SET touched_at = $2 WHERE case_ref = $1",
        cells![case_ref, now],
    )?;
    let seen = CaseSeen {
        case_ref,
        now,
        trigger,
        filings: filings(tx, case_ref)?,
        losses: losses(tx, case_ref)?,
    };
    let line_of_case = planner.plan(&seen);
    keep(tx, &seen, &line_of_case)?;
    tx.run(
        "UPDATE nonstop_events SET done_at = $2, outcome = $3 WHERE id = $1",
        cells![event, now, line_of_case.outcome],
    )?;
    let by = By {
        actor: "system".to_owned(),
        at: now,
    };
    let mut entry = line(
        &by,
        "nonstop.planned",
        event,
        format!(
            "{} items={}",
            line_of_case.outcome,
            line_of_case.items.len()
        ),
    );
    entry.subject = trigger.to_string();
    tx.audit(entry);
    Ok(true)
}

pub(crate) fn filings(tx: &dyn Tx, case_ref: [u8; 32]) -> Result<Vec<SeenFiling>, StoreError> {
    tx.rows(
        "SELECT f.id, f.procedure, f.state, f.canonical, f.arrived_at FROM cases c
         JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
         WHERE c.token_sha256 = $1 ORDER BY f.case_seq, f.arrival_no",
        cells![case_ref],
    )?
    .into_iter()
    .map(|mut row| {
        let id = row.filing()?;
        let procedure = row.text()?;
        let state = row.text()?;
        Ok(SeenFiling {
            id,
            procedure,
            state: FilingState::from_code(&state).ok_or(StoreError::Corrupt {
                what: "state",
                detail: state,
            })?,
            canonical: row.blob()?,
            arrived_at: row.int()?,
        })
    })
    .collect()
}

fn keep(tx: &dyn Tx, seen: &CaseSeen, planned: &Planned) -> Result<(), StoreError> {
    keep_items(tx, seen, &planned.items)?;
    keep_notices(tx, seen, &planned.notices)?;
    for (procedure, child) in &planned.settled {
        tx.run(
            "UPDATE nonstop_notices SET state = 'cancelled' WHERE case_ref = $1 AND procedure = $2 AND child = $3
               AND state = 'queued' AND code IN ('opens', 'closes', 'deadline')",
            cells![seen.case_ref, procedure.as_str(), child.as_str()],
        )?;
    }
    if let Some(again) = planned.again_at {
        tx.run(
            "INSERT INTO nonstop_events (case_ref, filing, kind, due_at) VALUES ($1, $2, 'again', $3) ON CONFLICT DO NOTHING",
            cells![seen.case_ref, seen.trigger, again],
        )?;
    }
    Ok(())
}

fn arrived(seen: &CaseSeen, filing: FilingId) -> i64 {
    seen.filings
        .iter()
        .find(|known| known.id == filing)
        .map_or(seen.now, |known| known.arrived_at)
}

/// Keeps items, each once for its key. One that nobody has acted on yet is brought up to date.
fn keep_items(tx: &dyn Tx, seen: &CaseSeen, items: &[NewItem]) -> Result<(), StoreError> {
    let items: Vec<NewItem> = items
        .iter()
        .filter_map(|item| second_look(seen, item))
        .collect();
    let values = items
        .iter()
        .map(|item| item_values(seen, item))
        .collect::<Result<Vec<_>, _>>()?;
    let inserted = tx.rows_each(
        "INSERT INTO nonstop_items (case_ref, filing, child, procedure, whom, kind, state, shown, loss_guard, joyful, congrats,
           detail, catalogue, yen, monthly, next_month, pay_at, household, needs, account, hold_until, created_at,
           state_at, actor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $22,
           'system') ON CONFLICT (procedure, whom) DO NOTHING RETURNING id",
        &values,
    )?;
    for (item, rows) in items.iter().zip(inserted) {
        match rows.into_iter().next() {
            Some(mut row) => begin(tx, seen, item, row.int()?)?,
            None => keep_again(tx, seen, item)?,
        }
    }
    Ok(())
}

/// The item as it may stand beside what the case has lost: the planner knows of losses, this is the second look.
fn second_look(seen: &CaseSeen, new: &NewItem) -> Option<NewItem> {
    let mut item = new.clone();
    match after_loss(
        &item.child,
        (item.joyful, item.congrats, item.loss_guard),
        &seen.losses,
    ) {
        AfterLoss::Stays => {}
        AfterLoss::Quiet => item.shown = item.shown.max(Shown::Quiet),
        AfterLoss::Staff => {
            item.shown = item.shown.max(Shown::Staff);
            if matches!(item.state, ItemState::Prepared | ItemState::Offered) {
                item.state = ItemState::Held;
            }
        }
        AfterLoss::Ends => return None,
    }
    Some(item)
}

/// What an item wants to know before it can pay.
fn needs(item: &NewItem) -> &'static str {
    if item.needs_account && item.account.is_none() {
        "account"
    } else {
        ""
    }
}

fn item_values(seen: &CaseSeen, item: &NewItem) -> Result<Vec<Cell>, StoreError> {
    let detail = to_json("item", &item.detail)?;
    let account = item.account.as_ref().map(Account::to_text).transpose()?;
    let values = cells![
        seen.case_ref,
        item.filing,
        item.child.as_str(),
        item.procedure.as_str(),
        item.whom.as_str(),
        item.kind.code(),
        item.state.code(),
        item.shown.code(),
        item.loss_guard.code(),
        item.joyful,
        item.congrats,
        detail.as_str(),
        item.catalogue.as_str(),
        item.yen,
        item.first_month.is_some(),
        item.first_month,
        item.pay_at,
        item.household.clone(),
        needs(item),
        account,
        item.hold_until,
        seen.now,
    ];
    Ok(values.into())
}

/// What is there already for its key follows the case as far as nobody has acted on it.
fn keep_again(tx: &dyn Tx, seen: &CaseSeen, item: &NewItem) -> Result<(), StoreError> {
    let detail = to_json("item", &item.detail)?;
    let account = item.account.as_ref().map(Account::to_text).transpose()?;
    // a claim the family filed itself goes before what was only offered or prepared
    let may_replace = if item.kind == ItemKind::Claim {
        "state IN ('open', 'offered', 'prepared', 'declined')"
    } else {
        "state = 'open'"
    };
    let replaced = tx
        .rows(
            &format!(
                "UPDATE nonstop_items SET filing = $4, kind = $5, state = $6, shown = $7, detail = $8, catalogue = $9, yen = $10,
                   monthly = $11, next_month = $12, pay_at = $13, household = $14, needs = $15, account = $16,
                   hold_until = $17, state_at = CASE WHEN state = $6 THEN state_at ELSE $18 END
                 WHERE procedure = $1 AND whom = $2 AND case_ref = $3 AND {may_replace}
                   AND (state <> $6 OR detail <> $8 OR catalogue <> $9) RETURNING id"
            ),
            cells![
                item.procedure.as_str(),
                item.whom.as_str(),
                seen.case_ref,
                item.filing,
                item.kind.code(),
                item.state.code(),
                item.shown.code(),
                detail.as_str(),
                item.catalogue.as_str(),
                item.yen,
                item.first_month.is_some(),
                item.first_month,
                item.pay_at,
                item.household.clone(),
                needs(item),
                account,
                item.hold_until,
                seen.now,
            ],
        )?
        .into_iter()
        .next();
    if let Some(mut row) = replaced {
        if item.state != ItemState::Open {
            begin(tx, seen, item, row.int()?)?;
        }
        return Ok(());
    }
    // waiting for somebody: its words and its sum follow the case
    tx.run(
        "UPDATE nonstop_items SET detail = $4, catalogue = $5, yen = $6
         WHERE procedure = $1 AND whom = $2 AND case_ref = $3 AND state IN ('offered', 'prepared')",
        cells![
            item.procedure.as_str(),
            item.whom.as_str(),
            seen.case_ref,
            detail.as_str(),
            item.catalogue.as_str(),
            item.yen,
        ],
    )?;
    Ok(())
}

/// The first words of an item's chain, its first notice, and its end where an officer decided it already.
fn begin(tx: &dyn Tx, seen: &CaseSeen, item: &NewItem, id: i64) -> Result<(), StoreError> {
    if item.state == ItemState::Open {
        return Ok(());
    }
    let by = By {
        actor: "system".to_owned(),
        at: seen.now,
    };
    let mut words: Vec<Vec<Cell>> = Vec::with_capacity(item.detail.hops.len());
    for hop in &item.detail.hops {
        let hop = Hop::stored(hop)?;
        let (state, at, actor) = if hop == Hop::Hospital {
            (HopState::Done, arrived(seen, item.filing), "hospital")
        } else {
            (HopState::Waiting, by.at, by.actor.as_str())
        };
        words.push(cells![id, hop.code(), state.code(), at, actor].into());
    }
    tx.rows_each(SAY, &words)?;
    match item.state {
        ItemState::Offered => tell(tx, id, "offered", "", seen.now),
        ItemState::Done => finish(tx, id, &by, "nonstop.claimed"),
        _ => Ok(()),
    }
}

const SAY: &str = "INSERT INTO nonstop_hops (item, seq, hop, state, at, actor)
    SELECT CAST($1 AS BIGINT), coalesce(max(seq), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT),
      CAST($5 AS TEXT) FROM nonstop_hops WHERE item = $1 RETURNING seq";

/// Appends a word to an item's chain.
pub(super) fn say(
    tx: &dyn Tx,
    item: i64,
    hop: Hop,
    state: HopState,
    by: &By,
) -> Result<(), StoreError> {
    tx.rows(
        SAY,
        cells![item, hop.code(), state.code(), by.at, by.actor.as_str()],
    )?;
    Ok(())
}

/// Queues a notice about an item, for now.
pub(super) fn tell(
    tx: &dyn Tx,
    item: i64,
    code: &str,
    number: &str,
    now: i64,
) -> Result<(), StoreError> {
    let Some(mut row) = tx
        .rows(
            "SELECT case_ref, child, procedure, shown, loss_guard, joyful, congrats, detail FROM nonstop_items WHERE id = $1",
            cells![item],
        )?
        .into_iter()
        .next()
    else {
        return Ok(());
    };
    let (case, child, procedure) = (row.case_ref()?, row.text()?, row.text()?);
    let shown = Shown::stored(&row.text()?)?;
    if shown >= Shown::Staff {
        return Ok(());
    }
    let guard = row.text()?;
    let (joyful, congrats) = (row.flag()?, row.flag()?);
    let detail: ItemDetail = from_json("item", &row.text()?)?;
    let detail = NoticeDetail {
        title: detail.title,
        label: None,
        from: None,
        to: None,
    };
    tx.run(
        "INSERT INTO nonstop_notices (case_ref, child, procedure, code, number, detail, shown, loss_guard, joyful, congrats,
           due_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued') ON CONFLICT DO NOTHING",
        cells![
            case,
            child,
            procedure,
            code,
            number,
            to_json("notice", &detail)?,
            shown.code(),
            guard,
            joyful,
            congrats,
            now
        ],
    )?;
    Ok(())
}

fn keep_notices(tx: &dyn Tx, seen: &CaseSeen, notices: &[NewNotice]) -> Result<(), StoreError> {
    let mut kept: Vec<Vec<Cell>> = Vec::with_capacity(notices.len());
    for notice in notices {
        let shown = match after_loss(
            &notice.child,
            (notice.joyful, notice.congrats, notice.loss_guard),
            &seen.losses,
        ) {
            AfterLoss::Stays => notice.shown,
            AfterLoss::Quiet => notice.shown.max(Shown::Quiet),
            AfterLoss::Staff | AfterLoss::Ends => continue,
        };
        if shown >= Shown::Staff {
            continue;
        }
        let values = cells![
            seen.case_ref,
            notice.child.as_str(),
            notice.procedure.as_str(),
            notice.code,
            notice.number.as_str(),
            to_json("notice", &notice.detail)?,
            shown.code(),
            notice.loss_guard.code(),
            notice.joyful,
            notice.congrats,
            notice.due_at,
        ];
        kept.push(values.into());
    }
    tx.rows_each(
        "INSERT INTO nonstop_notices (case_ref, child, procedure, code, number, detail, shown, loss_guard, joyful, congrats,
           due_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued') ON CONFLICT DO NOTHING RETURNING id",
        &kept,
    )
    .map(drop)
}

pub(super) fn carry_out_due(tx: &dyn Tx, now: i64) -> Result<u32, StoreError> {
    let due = tx.claim(
        "SELECT i.id, i.case_ref, i.child, i.joyful, i.congrats, i.loss_guard FROM nonstop_items i
         WHERE i.state = 'prepared' AND i.hold_until <= $1 ORDER BY i.hold_until, i.id LIMIT $2",
        "i",
        cells![now, ITEMS],
    )?;
    let by = By {
        actor: "system".to_owned(),
        at: now,
    };
    let mut done = 0;
    for mut row in due {
        let id = row.int()?;
        match guarded(tx, &mut row)? {
            AfterLoss::Ends => put_away(tx, id, ItemState::Cancelled, &by)?,
            AfterLoss::Staff => put_away(tx, id, ItemState::Held, &by)?,
            AfterLoss::Stays | AfterLoss::Quiet => finish(tx, id, &by, "nonstop.carried_out")?,
        }
        done += 1;
    }
    Ok(done)
}

/// Reads case, child and guards of a row, and looks whether there is a loss.
fn guarded(tx: &dyn Tx, row: &mut Row) -> Result<AfterLoss, StoreError> {
    let case = row.case_ref()?;
    let child = row.text()?;
    let (joyful, congrats) = (row.flag()?, row.flag()?);
    let guard = Shown::stored(&row.text()?)?;
    Ok(after_loss(
        &child,
        (joyful, congrats, guard),
        &losses(tx, case)?,
    ))
}

pub(super) fn put_away(tx: &dyn Tx, item: i64, to: ItemState, by: &By) -> Result<(), StoreError> {
    tx.run(
        "UPDATE nonstop_items SET state = $2, shown = 'staff', hold_until = NULL, pay_at = NULL, state_at = $3, actor = $4
         WHERE id = $1",
        cells![item, to.code(), by.at, by.actor.as_str()],
    )?;
    tx.audit(line(by, &format!("nonstop.{}", to.code()), item, "loss"));
    Ok(())
}

/// Carries an item out: its state, its chain, what is paid, the family's notice, the audit line.
pub(super) fn finish(tx: &dyn Tx, item: i64, by: &By, action: &str) -> Result<(), StoreError> {
    tx.run(
        "UPDATE nonstop_items SET state = 'done', hold_until = NULL, state_at = $2, actor = $3 WHERE id = $1",
        cells![item, by.at, by.actor.as_str()],
    )?;
    say(tx, item, Hop::City, HopState::Done, by)?;
    // once: now; month by month: when the first month is paid
    tx.run(
        "INSERT INTO nonstop_payments (item, case_ref, child, month, yen, state, created_at)
         SELECT id, case_ref, child, 'once', yen, 'due', CAST($2 AS BIGINT) FROM nonstop_items
         WHERE id = $1 AND yen > 0 AND monthly = 0 ON CONFLICT DO NOTHING",
        cells![item, by.at],
    )?;
    tell(tx, item, "done", "", by.at)?;
    tx.audit(line(by, action, item, ""));
    Ok(())
}

pub(super) fn pay_months(tx: &dyn Tx, now: i64, planner: &dyn Planner) -> Result<u32, StoreError> {
    let due = tx.claim(
        "SELECT i.id, i.next_month, i.household, i.case_ref, i.child, i.joyful, i.congrats, i.loss_guard FROM nonstop_items i
         WHERE i.state = 'done' AND i.pay_at <= $1 ORDER BY i.pay_at, i.id LIMIT $2",
        "i",
        cells![now, ITEMS],
    )?;
    let mut looked = 0;
    for mut row in due {
        let id = row.int()?;
        let (next, household) = (row.maybe_int()?, row.maybe_text()?);
        let stays = !matches!(guarded(tx, &mut row)?, AfterLoss::Ends | AfterLoss::Staff);
        let months = match (next, household) {
            (Some(next), Some(household)) if stays => planner.months(&household, next, now),
            _ => super::Months::default(),
        };
        for (month, yen) in &months.due {
            tx.run(
                "INSERT INTO nonstop_payments (item, case_ref, child, month, yen, state, created_at)
                 SELECT id, case_ref, child, CAST($2 AS TEXT), CAST($3 AS BIGINT), 'due', CAST($4 AS BIGINT)
                 FROM nonstop_items WHERE id = $1 ON CONFLICT DO NOTHING",
                cells![id, month.as_str(), *yen, now],
            )?;
        }
        let (next, pay_at) = months.next.unzip();
        tx.run(
            "UPDATE nonstop_items SET next_month = $2, pay_at = $3 WHERE id = $1",
            cells![id, next, pay_at],
        )?;
        looked += 1;
    }
    Ok(looked)
}

pub(super) fn hand_out(tx: &dyn Tx, now: i64) -> Result<u32, StoreError> {
    let due = tx.claim(
        "SELECT n.id, n.shown, n.case_ref, n.case_ref, n.child, n.joyful, n.congrats, n.loss_guard FROM nonstop_notices n
         WHERE n.state = 'queued' AND n.due_at <= $1 ORDER BY n.due_at, n.id LIMIT $2",
        "n",
        cells![now, NOTICES],
    )?;
    let mut looked = 0;
    for mut row in due {
        let id = row.int()?;
        let shown = Shown::stored(&row.text()?)?;
        let case = row.case_ref()?;
        // looked at once more, at the moment of sending
        let (state, shown) = match guarded(tx, &mut row)? {
            AfterLoss::Stays => ("handed", shown),
            AfterLoss::Quiet => ("handed", shown.max(Shown::Quiet)),
            AfterLoss::Staff | AfterLoss::Ends => ("cancelled", Shown::Staff),
        };
        tx.run(
            "UPDATE nonstop_notices SET state = $2, shown = $3, handed_at = CASE WHEN $2 = 'handed' THEN CAST($4 AS BIGINT) END
             WHERE id = $1",
            cells![id, state, shown.code(), now],
        )?;
        // what may make a sound makes one, where the family asked for it
        if state == "handed" && shown == Shown::Show {
            tx.run(crate::store::family::AFTER_NOTICE, cells![case, now])?;
        }
        looked += 1;
    }
    Ok(looked)
}

pub(super) fn next_at(tx: &dyn Tx) -> Result<Option<i64>, StoreError> {
    tx.rows(
        "SELECT min(at) FROM (
           SELECT min(due_at) AS at FROM nonstop_events WHERE done_at IS NULL
           UNION ALL SELECT min(hold_until) FROM nonstop_items WHERE state = 'prepared'
           UNION ALL SELECT min(pay_at) FROM nonstop_items WHERE state = 'done'
           UNION ALL SELECT min(due_at) FROM nonstop_notices WHERE state = 'queued') AS next",
        &[],
    )?
    .into_iter()
    .next()
    .map_or(Ok(None), |mut row| row.maybe_int())
}

/// What one bad account holds up is its own payments, not the file.
fn set_aside(
    tx: &dyn Tx,
    remittance: &Remittance,
    payments: &[i64],
    why: Unpayable,
    by: &By,
) -> Result<(), StoreError> {
    for payment in payments {
        tx.run(
            "UPDATE nonstop_payments SET state = 'aside', reason = $2 WHERE id = $1",
            cells![*payment, why.code()],
        )?;
    }
    let action = "payments.set_aside";
    tx.audit(line(by, action, remittance.number, why.code()));
    Ok(())
}

/// What goes into a file now, one remittance for each item, and the payments it is made of; the rest is set aside.
fn payable(
    tx: &dyn Tx,
    writer: &dyn FileWriter,
    by: &By,
) -> Result<(Vec<Remittance>, Vec<i64>), StoreError> {
    let rows = tx.claim(
        "SELECT p.id, p.item, p.yen, i.account FROM nonstop_payments p JOIN nonstop_items i ON i.id = p.item
         WHERE p.state = 'due' AND i.account IS NOT NULL AND i.needs = '' AND i.state = 'done'
         ORDER BY p.item, p.id LIMIT $1",
        "p",
        cells![PAYMENTS],
    )?;
    let mut remittances: Vec<(Remittance, Vec<i64>)> = Vec::new();
    for mut row in rows {
        let (id, item, yen) = (row.int()?, row.int()?, row.int()?);
        let account = Account::from_text(&row.text()?)?;
        let yen: u64 = unsigned("yen", yen)?;
        match remittances.last_mut() {
            Some((last, payments)) if last.number == item => {
                last.yen = last.yen.saturating_add(yen);
                payments.push(id);
            }
            _ => {
                let number = item;
                let remittance = Remittance {
                    account,
                    yen,
                    number,
                };
                remittances.push((remittance, vec![id]));
            }
        }
    }
    let mut payments = Vec::new();
    let mut payable = Vec::with_capacity(remittances.len());
    for (remittance, of_it) in remittances {
        match writer.unpayable(&remittance) {
            None => {
                payments.extend(of_it);
                payable.push(remittance);
            }
            Some(why) => set_aside(tx, &remittance, &of_it, why, by)?,
        }
    }
    Ok((payable, payments))
}

pub(super) fn release_file(
    tx: &dyn Tx,
    day: Date,
    writer: &dyn FileWriter,
    by: &By,
) -> Result<Option<FileRow>, StoreError> {
    let (remittances, payments) = payable(tx, writer, by)?;
    if remittances.is_empty() {
        return Ok(None);
    }
    let bytes = writer
        .write(day, &remittances)
        .map_err(|source| StoreError::Seal {
            what: "payment file",
            source,
        })?;
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let yen = remittances
        .iter()
        .fold(0_u64, |sum, one| sum.saturating_add(one.yen));
    let mut row = FileRow {
        id: 0,
        transfer_day: day.to_string(),
        records: i64::try_from(remittances.len()).unwrap_or(i64::MAX),
        yen: i64::try_from(yen).unwrap_or(i64::MAX),
        sha256,
        released_at: by.at,
        actor: by.actor.clone(),
    };
    let id = tx
        .rows(
            "INSERT INTO nonstop_files (transfer_day, records, yen, sha256, bytes, released_at, actor)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            cells![
                row.transfer_day.as_str(),
                row.records,
                row.yen,
                sha256,
                bytes.as_slice(),
                by.at,
                by.actor.as_str()
            ],
        )?
        .into_iter()
        .next()
        .map_or(Ok(0), |mut row| row.int())?;
    row.id = id;
    for payment in payments {
        tx.run(
            "UPDATE nonstop_payments SET state = 'in_file', file = $2 WHERE id = $1",
            cells![payment, id],
        )?;
    }
    for remittance in &remittances {
        say(tx, remittance.number, Hop::Payment, HopState::Done, by)?;
        tell(tx, remittance.number, "paid", &id.to_string(), by.at)?;
    }
    tx.audit(line(
        by,
        "payments.released",
        id,
        format!("records={} sha256={}", row.records, hex::encode(sha256)),
    ));
    Ok(Some(row))
}
