//! Gifts: one answer for a child, changed as often as the family likes until it is handed over.

use ubugoe_protocol::FilingId;

use super::{Act, Acted, GiftRow, GiftState, enter, family_line, first};
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;
use crate::store::nonstop::{By, Row, Tx, cells};

const GIFT: &str = "SELECT g.child, g.filing, CAST(f.arrival_no AS TEXT), g.state, g.choice, g.way, g.answered_at, g.handed_at, g.handed_by
    FROM gift_answers g JOIN filings f ON f.id = g.filing";

fn a_gift(mut row: Row) -> Result<GiftRow, StoreError> {
    Ok(GiftRow {
        child: row.text()?,
        filing: row.filing()?,
        arrival_no: row.text()?,
        state: GiftState::stored(&row.text()?)?,
        choice: row.maybe_text()?,
        way: row.maybe_text()?,
        answered_at: row.int()?,
        handed: row.maybe_int()?.zip(row.maybe_text()?),
    })
}

pub(super) fn of_case(tx: &dyn Tx, case: [u8; 32]) -> Result<Vec<GiftRow>, StoreError> {
    tx.rows(
        &format!("{GIFT} WHERE g.case_ref = $1 ORDER BY g.child"),
        cells![case],
    )?
    .into_iter()
    .map(a_gift)
    .collect()
}

pub(super) fn answer(
    tx: &dyn Tx,
    act: &Act,
    filing: FilingId,
    choice: Option<&(String, String)>,
) -> Result<Acted, StoreError> {
    let Some(entered) = enter(tx, act)? else {
        return Ok(Acted::Closed);
    };
    let state = if choice.is_some() {
        GiftState::Chosen
    } else {
        GiftState::Declined
    };
    let (what, way) = choice.cloned().unzip();
    let known = first(tx.rows(
        "SELECT state, choice, way FROM gift_answers WHERE child = $1",
        cells![act.child.as_str()],
    )?);
    if let Some(mut row) = known {
        let before = GiftState::stored(&row.text()?)?;
        match before {
            GiftState::Handed => return Ok(Acted::TooLate),
            GiftState::Ended => return Ok(Acted::Closed),
            GiftState::Chosen | GiftState::Declined => {}
        }
        if before == state && row.maybe_text()? == what && row.maybe_text()? == way {
            return Ok(Acted::Already);
        }
    }
    // an officer may hand it over at this moment
    let kept = tx.run(
        "INSERT INTO gift_answers (child, case_ref, filing, state, choice, way, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (child) DO UPDATE SET state = excluded.state, choice = excluded.choice, way = excluded.way,
           answered_at = excluded.answered_at WHERE gift_answers.state IN ('chosen', 'declined')",
        cells![
            act.child.as_str(),
            entered.case,
            filing,
            state.code(),
            what,
            way,
            act.at
        ],
    )?;
    if kept == 0 {
        return Ok(Acted::TooLate);
    }
    tx.audit(family_line(
        act,
        "gift.answered",
        filing.to_string(),
        state.code(),
    ));
    Ok(Acted::Done)
}

pub(super) fn list(tx: &dyn Tx, limit: u32) -> Result<Vec<GiftRow>, StoreError> {
    tx.rows(
        &format!(
            "{GIFT} WHERE g.state <> 'ended'
             ORDER BY CASE g.state WHEN 'chosen' THEN 0 WHEN 'handed' THEN 1 ELSE 2 END, g.answered_at, g.child LIMIT $1"
        ),
        cells![i64::from(limit)],
    )?
    .into_iter()
    .map(a_gift)
    .collect()
}

pub(super) fn counts(tx: &dyn Tx) -> Result<Vec<(Option<String>, GiftState, i64)>, StoreError> {
    tx.rows(
        "SELECT choice, state, count(*) FROM gift_answers WHERE state <> 'ended' GROUP BY choice, state ORDER BY choice, state",
        &[],
    )?
    .into_iter()
    .map(|mut row| {
        Ok((
            row.maybe_text()?,
            GiftState::stored(&row.text()?)?,
            row.int()?,
        ))
    })
    .collect()
}

pub(super) fn hand(tx: &dyn Tx, child: &str, by: &By) -> Result<Acted, StoreError> {
    let handed = tx.run(
        "UPDATE gift_answers SET state = 'handed', handed_at = $2, handed_by = $3 WHERE child = $1 AND state = 'chosen'",
        cells![child, by.at, by.actor.as_str()],
    )?;
    let found = first(tx.rows(
        "SELECT state, filing FROM gift_answers WHERE child = $1",
        cells![child],
    )?);
    let Some(mut row) = found else {
        return Ok(Acted::Closed);
    };
    let state = GiftState::stored(&row.text()?)?;
    if handed == 0 {
        return Ok(match state {
            GiftState::Handed => Acted::Already,
            _ => Acted::Closed,
        });
    }
    tx.audit(AuditEntry {
        at: by.at,
        actor: by.actor.clone(),
        action: "gift.handed".to_owned(),
        subject: row.filing()?.to_string(),
        detail: String::new(),
    });
    Ok(Acted::Done)
}
