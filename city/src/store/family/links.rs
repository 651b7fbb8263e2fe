//! Links: which case they open, their closing and renewing, what the pages need of the case, and who looked at it.

use sha2::{Digest, Sha256};
use ubugoe_protocol::FilingId;

use super::{CaseFile, Link, LinkState, Look, Paper};
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;
use crate::store::nonstop::{By, Transacts, Tx, cells};
use crate::store::{StoreError, facts_from_text};

pub(super) fn find(
    tx: &dyn Tx,
    token_sha256: [u8; 32],
    session_sha256: Option<[u8; 32]>,
    now: i64,
) -> Result<Option<Link>, StoreError> {
    let found = tx.rows(
        "SELECT c.token_sha256, f.id FROM cases c
         JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
         WHERE (c.recipient, c.device, c.case_id) IN (
           SELECT recipient, device, case_id FROM cases WHERE token_sha256 = $1
           UNION SELECT recipient, device, case_id FROM case_aliases WHERE token_sha256 = $1)
         AND NOT EXISTS (SELECT 1 FROM family_closed WHERE token_sha256 = $1)
         ORDER BY f.case_seq, f.arrival_no LIMIT 1",
        cells![token_sha256],
    )?;
    let Some(mut row) = found.into_iter().next() else {
        return Ok(None);
    };
    let (case_ref, filing) = (row.case_ref()?, row.filing()?);
    let opened = match session_sha256 {
        Some(session) => !tx
            .rows(
                "SELECT 1 FROM family_sessions WHERE token_sha256 = $1 AND link_sha256 = $2 AND ends_at > $3",
                cells![session, token_sha256, now],
            )?
            .is_empty(),
        None => false,
    };
    Ok(Some(Link {
        case_ref,
        filing,
        opened,
    }))
}

pub(super) fn case_file(tx: &dyn Tx, case_ref: [u8; 32]) -> Result<CaseFile, StoreError> {
    let papers = tx
        .rows(
            "SELECT f.id, f.procedure, f.canonical, f.facts, h.state FROM cases c
             JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
             JOIN history h ON h.filing = f.id AND h.seq = (SELECT max(seq) FROM history WHERE filing = f.id)
             WHERE c.token_sha256 = $1 ORDER BY f.case_seq, f.arrival_no",
            cells![case_ref],
        )?
        .into_iter()
        .map(|mut row| {
            Ok(Paper {
                id: row.filing()?,
                procedure: row.text()?,
                canonical: row.blob()?,
                facts: facts_from_text(&row.text()?)?,
                state: {
                    let code = row.text()?;
                    FilingState::from_code(&code).ok_or_else(|| StoreError::Corrupt {
                        what: "state",
                        detail: code,
                    })?
                },
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let loss = !tx
        .rows(
            "SELECT 1 FROM nonstop_losses WHERE case_ref = $1",
            cells![case_ref],
        )?
        .is_empty();
    let code_sha256 = tx
        .rows(
            "SELECT code_sha256 FROM family_codes WHERE case_ref = $1",
            cells![case_ref],
        )?
        .into_iter()
        .next()
        .map(|mut row| row.case_ref())
        .transpose()?;
    Ok(CaseFile {
        papers,
        loss,
        code_sha256,
    })
}

fn line(by: &By, action: &str, filing: FilingId, detail: &str) -> AuditEntry {
    AuditEntry {
        at: by.at,
        actor: by.actor.clone(),
        action: action.to_owned(),
        subject: filing.to_string(),
        detail: detail.to_owned(),
    }
}

/// Closes whatever links there are; answers how many that was.
fn close_all(tx: &dyn Tx, case_ref: [u8; 32], by: &By) -> Result<u64, StoreError> {
    let mut closed = 0;
    for mut row in tx.rows(
        "SELECT c.token_sha256 FROM cases c WHERE c.token_sha256 = $1
         UNION SELECT a.token_sha256 FROM case_aliases a
           JOIN cases c ON c.recipient = a.recipient AND c.device = a.device AND c.case_id = a.case_id
           WHERE c.token_sha256 = $1",
        cells![case_ref],
    )? {
        closed += tx.run(
            "INSERT INTO family_closed (token_sha256, case_ref, at, actor) VALUES ($1, $2, $3, $4)
             ON CONFLICT (token_sha256) DO NOTHING",
            cells![row.case_ref()?, case_ref, by.at, by.actor.as_str()],
        )?;
    }
    super::phones::forget(tx, case_ref)?;
    tx.run(
        "DELETE FROM family_sessions WHERE case_ref = $1",
        cells![case_ref],
    )?;
    Ok(closed)
}

pub(super) fn close(
    tx: &dyn Tx,
    case_ref: [u8; 32],
    filing: FilingId,
    by: &By,
) -> Result<bool, StoreError> {
    let closed = close_all(tx, case_ref, by)? > 0;
    if closed {
        tx.audit(line(by, "family.closed", filing, ""));
    }
    Ok(closed)
}

pub(super) fn renew(
    tx: &dyn Tx,
    case_ref: [u8; 32],
    filing: FilingId,
    (token, code_sha256): (&str, Option<[u8; 32]>),
    by: &By,
) -> Result<(), StoreError> {
    close_all(tx, case_ref, by)?;
    // the case keeps its name; what it is printed as changes, on later receipts too
    tx.run(
        "UPDATE cases SET token = $2 WHERE token_sha256 = $1",
        cells![case_ref, token],
    )?;
    let hash: [u8; 32] = Sha256::digest(token).into();
    for mut row in tx.rows(
        "SELECT recipient, device, case_id FROM cases WHERE token_sha256 = $1",
        cells![case_ref],
    )? {
        let (recipient, device, case) = (row.text()?, row.text()?, row.blob()?);
        tx.run(
            "INSERT INTO case_aliases (token_sha256, recipient, device, case_id) VALUES ($1, $2, $3, $4)",
            cells![hash, recipient, device, case.as_slice()],
        )?;
    }
    tx.run(
        "DELETE FROM family_codes WHERE case_ref = $1",
        cells![case_ref],
    )?;
    if let Some(code) = code_sha256 {
        tx.run(
            "INSERT INTO family_codes (case_ref, code_sha256, at, actor) VALUES ($1, $2, $3, $4)",
            cells![case_ref, code, by.at, by.actor.as_str()],
        )?;
    }
    let detail = if code_sha256.is_some() { "code" } else { "" };
    tx.audit(line(by, "family.renewed", filing, detail));
    Ok(())
}

pub(super) async fn state(
    store: &impl Transacts,
    filing: FilingId,
) -> Result<Option<LinkState>, StoreError> {
    const DOING: &str = "reading how a family's link stands";
    let case = "SELECT c.token_sha256, c.token FROM filings f
         JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id WHERE f.id = $1";
    let found = store.ask(DOING, case.to_owned(), cells![filing].into());
    let Some(mut row) = found.await?.into_iter().next() else {
        return Ok(None);
    };
    let (case_ref, token) = (row.case_ref()?, row.text()?);
    let hash: [u8; 32] = Sha256::digest(&token).into();
    let about = "SELECT (SELECT count(*) FROM family_codes WHERE case_ref = $2), x.at, x.actor
         FROM (SELECT 1) one LEFT JOIN family_closed x ON x.token_sha256 = $1";
    let about = store.ask(DOING, about.to_owned(), cells![hash, case_ref].into());
    let (mut code, mut closed) = (false, None);
    if let Some(mut row) = about.await?.into_iter().next() {
        code = row.int()? > 0;
        closed = row.maybe_int()?.zip(row.maybe_text()?);
    }
    Ok(Some(LinkState {
        case_ref,
        token,
        closed,
        code,
    }))
}

pub(super) fn looks(tx: &dyn Tx, case_ref: [u8; 32], limit: u32) -> Result<Vec<Look>, StoreError> {
    let mut subjects: Vec<(String, &str)> = Vec::new();
    for mut row in tx.rows(
        "SELECT f.id FROM cases c
         JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
         WHERE c.token_sha256 = $1 ORDER BY f.case_seq, f.arrival_no",
        cells![case_ref],
    )? {
        subjects.push((row.filing()?.to_string(), "%"));
    }
    for mut row in tx.rows(
        "SELECT id FROM nonstop_items WHERE case_ref = $1 ORDER BY id",
        cells![case_ref],
    )? {
        // a number alone may be something else's too
        subjects.push((row.int()?.to_string(), "nonstop.%"));
    }
    for mut row in tx.rows(
        "SELECT r.id FROM cases c
         JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
         JOIN agency_requests r ON r.filing = f.id WHERE c.token_sha256 = $1 ORDER BY r.created_at, r.id",
        cells![case_ref],
    )? {
        subjects.push((row.text()?, "request.%"));
    }
    let mut found: Vec<(i64, Look)> = Vec::new();
    for (subject, actions) in subjects {
        for mut row in tx.rows(
            "SELECT seq, at, actor, action, detail FROM audit WHERE subject = $1 AND action LIKE $2
             ORDER BY seq DESC LIMIT $3",
            cells![subject, actions, i64::from(limit)],
        )? {
            found.push((
                row.int()?,
                Look {
                    at: row.int()?,
                    actor: row.text()?,
                    action: row.text()?,
                    detail: row.text()?,
                },
            ));
        }
    }
    found.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
    found.truncate(limit as usize);
    Ok(found.into_iter().map(|(_, look)| look).collect())
}
