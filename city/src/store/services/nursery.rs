//! Ranked nurseries and applications for a place.
//!
//! A draft is what a family is putting together; each change names the version it was made on, so a form sent twice changes
//! once. Submitting copies the draft into the application of a child and a round, which is what officers see and what counts.

use super::{
    Act, Acted, ApplicationRow, ApplicationState, NurseryDraft, Submission, enter, family_line,
    first,
};
use crate::store::StoreError;
use crate::store::nonstop::{Row, Tx, cells, from_json, to_json};

const APPLICATION: &str = "SELECT a.id, a.filing, CAST(f.arrival_no AS TEXT), a.child, a.round, a.entry, a.state, a.version, a.times,
    a.wishes, a.household, a.points, a.closes_at, a.submitted_at FROM nursery_applications a JOIN filings f ON f.id = a.filing";

fn an_application(mut row: Row) -> Result<ApplicationRow, StoreError> {
    Ok(ApplicationRow {
        id: row.int()?,
        filing: row.filing()?,
        arrival_no: row.text()?,
        child: row.text()?,
        round: row.text()?,
        entry: row.text()?,
        state: ApplicationState::stored(&row.text()?)?,
        version: row.int()?,
        times: row.int()?,
        wishes: from_json("wishes", &row.text()?)?,
        household: row.text()?,
        points: row.maybe_int()?,
        closes_at: row.int()?,
        submitted_at: row.int()?,
    })
}

pub(super) fn of_case(tx: &dyn Tx, case: [u8; 32]) -> Result<Vec<ApplicationRow>, StoreError> {
    tx.rows(
        &format!("{APPLICATION} WHERE a.case_ref = $1 ORDER BY a.entry, a.id"),
        cells![case],
    )?
    .into_iter()
    .map(an_application)
    .collect()
}

pub(super) fn of_round(tx: &dyn Tx, round: &str) -> Result<Vec<ApplicationRow>, StoreError> {
    tx.rows(
        &format!("{APPLICATION} WHERE a.round = $1 AND a.state = 'submitted' ORDER BY a.id"),
        cells![round],
    )?
    .into_iter()
    .map(an_application)
    .collect()
}

pub(super) fn rounds(tx: &dyn Tx) -> Result<Vec<(String, i64)>, StoreError> {
    tx.rows(
        "SELECT round, count(*) FROM nursery_applications WHERE state = 'submitted' GROUP BY round ORDER BY round",
        &[],
    )?
    .into_iter()
    .map(|mut row| Ok((row.text()?, row.int()?)))
    .collect()
}

pub(super) fn draft(tx: &dyn Tx, child: &str) -> Result<NurseryDraft, StoreError> {
    let found = first(tx.rows(
        "SELECT wishes, household, version FROM nursery_drafts WHERE child = $1",
        cells![child],
    )?);
    let Some(mut row) = found else {
        return Ok(NurseryDraft::default());
    };
    Ok(NurseryDraft {
        wishes: from_json("wishes", &row.text()?)?,
        household: row.maybe_text()?,
        version: row.int()?,
    })
}

pub(super) fn change(tx: &dyn Tx, act: &Act, new: &NurseryDraft) -> Result<Acted, StoreError> {
    let Some(entered) = enter(tx, act)? else {
        return Ok(Acted::Closed);
    };
    let known = draft(tx, &act.child)?;
    if (&known.wishes, &known.household) == (&new.wishes, &new.household) {
        return Ok(Acted::Already);
    }
    if known.version != new.version {
        return Ok(Acted::Stale);
    }
    tx.run(
        "INSERT INTO nursery_drafts (child, case_ref, wishes, household, version, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (child) DO UPDATE SET wishes = excluded.wishes, household = excluded.household, version = excluded.version,
           changed_at = excluded.changed_at",
        cells![
            act.child.as_str(),
            entered.case,
            to_json("wishes", &new.wishes)?,
            new.household.clone(),
            known.version + 1,
            act.at
        ],
    )?;
    tx.audit(family_line(
        act,
        "nursery.changed",
        "-".to_owned(),
        format!("wishes={}", new.wishes.len()),
    ));
    Ok(Acted::Done)
}

pub(super) fn submit(tx: &dyn Tx, act: &Act, new: &Submission) -> Result<Acted, StoreError> {
    let Some(entered) = enter(tx, act)? else {
        return Ok(Acted::Closed);
    };
    let known = draft(tx, &act.child)?;
    let Some(household) = known.household.filter(|_| !known.wishes.is_empty()) else {
        return Ok(Acted::Closed);
    };
    if known.version != new.version {
        return Ok(Acted::Stale);
    }
    let before = first(tx.rows(
        "SELECT state, version FROM nursery_applications WHERE child = $1 AND round = $2",
        cells![act.child.as_str(), new.round.as_str()],
    )?);
    if let Some(mut row) = before {
        let state = ApplicationState::stored(&row.text()?)?;
        if state == ApplicationState::Submitted && row.int()? == new.version {
            return Ok(Acted::Already);
        }
    }
    if act.at >= new.closes_at {
        return Ok(Acted::TooLate);
    }
    tx.run(
        "INSERT INTO nursery_applications (case_ref, filing, child, round, entry, state, version, times, wishes, household, points,
           closes_at, first_at, submitted_at, state_at)
         VALUES ($1, $2, $3, $4, $5, 'submitted', $6, 1, $7, $8, $9, $10, $11, $11, $11)
         ON CONFLICT (child, round) DO UPDATE SET state = 'submitted', version = excluded.version, times = nursery_applications.times + 1,
           wishes = excluded.wishes, household = excluded.household, points = excluded.points, closes_at = excluded.closes_at,
           submitted_at = excluded.submitted_at, state_at = excluded.state_at",
        cells![
            entered.case,
            new.filing,
            act.child.as_str(),
            new.round.as_str(),
            new.entry.as_str(),
            known.version,
            to_json("wishes", &known.wishes)?,
            household,
            new.points,
            new.closes_at,
            act.at
        ],
    )?;
    tx.audit(family_line(
        act,
        "nursery.submitted",
        new.filing.to_string(),
        format!("round={} wishes={}", new.round, known.wishes.len()),
    ));
    Ok(Acted::Done)
}

pub(super) fn withdraw(tx: &dyn Tx, act: &Act, id: i64) -> Result<Acted, StoreError> {
    let Some(entered) = enter(tx, act)? else {
        return Ok(Acted::Closed);
    };
    let found = first(tx.rows(
        "SELECT state, closes_at, filing, round FROM nursery_applications WHERE id = $1 AND case_ref = $2 AND child = $3",
        cells![id, entered.case, act.child.as_str()],
    )?);
    let Some(mut row) = found else {
        return Ok(Acted::Closed);
    };
    match ApplicationState::stored(&row.text()?)? {
        ApplicationState::Withdrawn => return Ok(Acted::Already),
        ApplicationState::Ended => return Ok(Acted::Closed),
        ApplicationState::Submitted => {}
    }
    if act.at >= row.int()? {
        return Ok(Acted::TooLate);
    }
    tx.run(
        "UPDATE nursery_applications SET state = 'withdrawn', state_at = $2 WHERE id = $1",
        cells![id, act.at],
    )?;
    let (filing, round) = (row.filing()?, row.text()?);
    tx.audit(family_line(
        act,
        "nursery.withdrawn",
        filing.to_string(),
        format!("round={round}"),
    ));
    Ok(Acted::Done)
}
