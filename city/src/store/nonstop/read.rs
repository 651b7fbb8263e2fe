//! Reading: lists, one item, a case's line, files.

use ubugoe_protocol::FilingId;

use super::{
    Account, Aside, CaseLine, Cell, FileRow, Hop, HopRow, HopState, Item, ItemDetail, ItemKind,
    ItemState, Needs, NonstopCounts, NoticeRow, NoticeState, OnItsWay, Question, Row, Shelf, Shown,
    StopReason, Tx, Unpayable, cells, from_json,
};
use crate::store::{StoreError, fixed};

const ITEM: &str = "SELECT i.id, i.filing, i.child, i.procedure, i.kind, i.state, i.shown, i.detail, i.catalogue, i.yen, i.monthly,
    i.needs, i.hold_until, i.state_at, i.actor, i.reason, i.note FROM nonstop_items i";

fn an_item(mut row: Row) -> Result<Item, StoreError> {
    Ok(Item {
        id: row.int()?,
        filing: row.filing()?,
        child: row.text()?,
        procedure: row.text()?,
        kind: ItemKind::stored(&row.text()?)?,
        state: ItemState::stored(&row.text()?)?,
        shown: Shown::stored(&row.text()?)?,
        detail: from_json("item", &row.text()?)?,
        catalogue: row.text()?,
        yen: row.maybe_int()?,
        monthly: row.flag()?,
        needs: Needs::stored(&row.text()?)?,
        account: None,
        hold_until: row.maybe_int()?,
        state_at: row.int()?,
        actor: row.text()?,
        reason: row
            .maybe_text()?
            .map(|code| StopReason::stored(&code))
            .transpose()?,
        note: row.maybe_text()?,
        hops: Vec::new(),
    })
}

pub(super) fn items(tx: &dyn Tx, shelf: Shelf, limit: u32) -> Result<Vec<Item>, StoreError> {
    let shelf = match shelf {
        Shelf::Prepared => {
            "(i.state IN ('prepared', 'held') OR (i.state = 'done' AND i.needs = 'check')) ORDER BY i.hold_until, i.id"
        }
        Shelf::Offered => "i.state = 'offered' ORDER BY i.state_at, i.id",
        Shelf::Done => "i.state = 'done' ORDER BY i.state_at DESC, i.id DESC",
        Shelf::Ended => {
            "i.state IN ('stopped', 'declined', 'cancelled') ORDER BY i.state_at DESC, i.id DESC"
        }
    };
    tx.rows(
        &format!("{ITEM} WHERE {shelf} LIMIT $1"),
        cells![i64::from(limit)],
    )?
    .into_iter()
    .map(an_item)
    .collect()
}

pub(super) fn item(tx: &dyn Tx, id: i64) -> Result<Option<Item>, StoreError> {
    let found = tx
        .rows(&format!("{ITEM} WHERE i.id = $1"), cells![id])?
        .into_iter()
        .next();
    let Some(row) = found else {
        return Ok(None);
    };
    let mut item = an_item(row)?;
    let account = tx
        .rows(
            "SELECT account FROM nonstop_items WHERE id = $1",
            cells![id],
        )?
        .into_iter()
        .next()
        .map(|mut row| row.maybe_text())
        .transpose()?;
    item.account = account
        .flatten()
        .map(|text| Account::from_text(&text))
        .transpose()?;
    for mut row in tx.rows(
        "SELECT item, hop, state, at, actor FROM nonstop_hops WHERE item = $1 ORDER BY seq",
        cells![id],
    )? {
        row.int()?;
        newest(&mut item.hops, a_hop(row)?);
    }
    said(tx, &mut item)?;
    Ok(Some(item))
}

/// An agency's own words where its answer is no yes and an officer has it.
fn said(tx: &dyn Tx, item: &mut Item) -> Result<(), StoreError> {
    let open = |hop: &&mut HopRow| {
        matches!(
            hop.state,
            HopState::Refused | HopState::NeedsMore | HopState::NotKnown
        )
    };
    let Some(hop) = item.hops.iter_mut().find(open) else {
        return Ok(());
    };
    let answers = tx.rows(
        "SELECT answer FROM agency_requests WHERE filing = $1 AND issue LIKE $2
           AND state = 'given-up' AND answer IS NOT NULL ORDER BY state_at DESC LIMIT 1",
        cells![item.filing, format!("%-line-{}", item.id)],
    )?;
    if let Some(mut row) = answers.into_iter().next() {
        hop.said = crate::agencies::meaning::said(&row.blob()?);
    }
    Ok(())
}

fn a_hop(mut row: Row) -> Result<HopRow, StoreError> {
    Ok(HopRow {
        hop: Hop::stored(&row.text()?)?,
        state: HopState::stored(&row.text()?)?,
        at: row.int()?,
        actor: row.text()?,
        said: None,
    })
}

/// The newest word of a station stands in the station's place.
fn newest(hops: &mut Vec<HopRow>, hop: HopRow) {
    match hops.iter_mut().find(|known| known.hop == hop.hop) {
        Some(known) => *known = hop,
        None => hops.push(hop),
    }
}

/// Where items stand that the city has carried out and whose station at an agency has not come to its end. `$1` is the agency, `$2` its service,
/// `$3` what application numbers begin with.
const AT_AN_AGENCY: &str = "FROM nonstop_items i
    JOIN nonstop_hops h ON h.item = i.id AND h.hop = 'insurer' AND h.state IN ('waiting', 'refused', 'needs_more', 'not_known')
      AND h.seq = (SELECT max(seq) FROM nonstop_hops WHERE item = i.id AND hop = 'insurer')
    LEFT JOIN agency_requests r ON r.filing = i.filing AND r.agency = $1 AND r.service = $2
      AND r.issue = $3 || CAST(i.id AS TEXT) AND NOT (r.state = 'stopped' AND r.reason IN ('no-consent', 'asked-anew'))
    WHERE i.state = 'done'";
/// What a question has come to, in the words of a station.
const COME_TO: &str = "CASE WHEN r.state IN ('answered', 'by-hand') THEN 'done' WHEN r.state = 'stopped' THEN 'stopped'
    WHEN r.state <> 'given-up' THEN 'waiting' WHEN r.reason = 'declined' THEN 'refused'
    WHEN r.reason = 'needs-more' THEN 'needs_more' WHEN r.reason = 'not-known' THEN 'not_known' ELSE 'waiting' END";
/// The case of an item agrees to agency `$1` and purpose `$5`.
const AGREED: &str = "AND EXISTS (SELECT 1 FROM agency_consents k JOIN filings f ON f.id = i.filing
    WHERE k.source = $1 AND k.purpose = $5 AND k.withdrawn_at IS NULL
      AND k.recipient = f.recipient AND k.device = f.device AND k.case_id = f.case_id)";

/// `$1` to `$3`, then whatever follows, then the procedures; and the list of places for these.
fn about(question: &Question, further: Vec<Cell>) -> (Vec<Cell>, String) {
    let mut with: Vec<Cell> = vec![
        question.agency.clone().into(),
        question.service.clone().into(),
        question.issues.clone().into(),
    ];
    with.extend(further);
    let mut places = Vec::new();
    for item in &question.items {
        with.push(item.clone().into());
        places.push(format!("${}", with.len()));
    }
    (with, places.join(", "))
}

pub(super) fn line_unasked(
    tx: &dyn Tx,
    question: &Question,
    after: i64,
    limit: u32,
) -> Result<Vec<OnItsWay>, StoreError> {
    let mut further = vec![after.into()];
    if !question.law {
        further.push(question.purpose.clone().into());
    }
    let agreed = if question.law { "" } else { AGREED };
    let (with, items) = about(question, further);
    let sql = format!(
        "SELECT i.id, i.filing, i.procedure,
           (SELECT count(*) FROM agency_requests s WHERE s.filing = i.filing AND s.agency = $1 AND s.service = $2
              AND s.issue = $3 || CAST(i.id AS TEXT)) {AT_AN_AGENCY} AND r.id IS NULL AND i.id > $4 {agreed}
           AND i.procedure IN ({items}) ORDER BY i.id LIMIT {limit}"
    );
    tx.rows(&sql, &with)?
        .into_iter()
        .map(|mut row| {
            Ok(OnItsWay {
                item: row.int()?,
                filing: row.filing()?,
                procedure: row.text()?,
                before: row.int()?,
            })
        })
        .collect()
}

pub(super) fn line_answered(
    tx: &dyn Tx,
    question: &Question,
    limit: u32,
) -> Result<Vec<(i64, HopState)>, StoreError> {
    let (with, items) = about(question, Vec::new());
    let sql = format!(
        "SELECT i.id, {COME_TO} {AT_AN_AGENCY} AND r.id IS NOT NULL AND {COME_TO} <> h.state
           AND i.procedure IN ({items}) ORDER BY i.id LIMIT {limit}"
    );
    tx.rows(&sql, &with)?
        .into_iter()
        .map(|mut row| Ok((row.int()?, HopState::stored(&row.text()?)?)))
        .collect()
}

/// The case of a family's link, also of one printed before a restore.
pub(crate) fn case_of(tx: &dyn Tx, token_sha256: [u8; 32]) -> Result<Option<[u8; 32]>, StoreError> {
    tx.rows(
        "SELECT n.case_ref FROM nonstop_cases n JOIN cases c ON c.token_sha256 = n.case_ref WHERE n.case_ref = $1
         UNION SELECT c.token_sha256 FROM case_aliases a
           JOIN cases c ON c.recipient = a.recipient AND c.device = a.device AND c.case_id = a.case_id
           WHERE a.token_sha256 = $1",
        cells![token_sha256],
    )?
    .into_iter()
    .next()
    .map(|mut row| row.case_ref())
    .transpose()
}

pub(super) fn case_line(tx: &dyn Tx, filing: FilingId) -> Result<CaseLine, StoreError> {
    let found = tx
        .rows(
            "SELECT c.token_sha256 FROM filings f
             JOIN cases c ON c.recipient = f.recipient AND c.device = f.device AND c.case_id = f.case_id WHERE f.id = $1",
            cells![filing],
        )?
        .into_iter()
        .next();
    let Some(mut row) = found else {
        return Ok(CaseLine::default());
    };
    let mut line = line_of(tx, row.case_ref()?)?;
    for item in &mut line.items {
        said(tx, item)?;
    }
    Ok(line)
}

pub(super) fn family_line(
    tx: &dyn Tx,
    token_sha256: [u8; 32],
    now: i64,
) -> Result<CaseLine, StoreError> {
    let Some(case) = case_of(tx, token_sha256)? else {
        return Ok(CaseLine::default());
    };
    let mut line = line_of(tx, case)?;
    line.items.retain(Item::for_family);
    line.notices.retain(|notice| {
        notice.state == NoticeState::Handed && matches!(notice.shown, Shown::Show | Shown::Quiet)
    });
    if line.notices.iter().any(|notice| notice.seen_at.is_none()) {
        tx.run(
            "UPDATE nonstop_notices SET seen_at = $2 WHERE case_ref = $1 AND state = 'handed' AND seen_at IS NULL
               AND shown IN ('show', 'quiet')",
            cells![case, now],
        )?;
    }
    Ok(line)
}

pub(crate) fn losses(tx: &dyn Tx, case: [u8; 32]) -> Result<Vec<String>, StoreError> {
    tx.rows(
        "SELECT child FROM nonstop_losses WHERE case_ref = $1 ORDER BY child",
        cells![case],
    )?
    .into_iter()
    .map(|mut row| row.text())
    .collect()
}

fn line_of(tx: &dyn Tx, case: [u8; 32]) -> Result<CaseLine, StoreError> {
    let mut items = tx
        .rows(
            &format!("{ITEM} WHERE i.case_ref = $1 ORDER BY i.id"),
            cells![case],
        )?
        .into_iter()
        .map(an_item)
        .collect::<Result<Vec<_>, _>>()?;
    for mut row in tx.rows(
        "SELECT h.item, h.hop, h.state, h.at, h.actor FROM nonstop_hops h JOIN nonstop_items i ON i.id = h.item
         WHERE i.case_ref = $1 ORDER BY h.item, h.seq",
        cells![case],
    )? {
        let of = row.int()?;
        let hop = a_hop(row)?;
        if let Some(item) = items.iter_mut().find(|item| item.id == of) {
            newest(&mut item.hops, hop);
        }
    }
    let notices = tx
        .rows(
            "SELECT id, child, procedure, code, detail, state, shown, joyful, due_at, handed_at, seen_at FROM nonstop_notices
             WHERE case_ref = $1 AND state <> 'erased' ORDER BY due_at, id",
            cells![case],
        )?
        .into_iter()
        .map(|mut row| {
            Ok(NoticeRow {
                id: row.int()?,
                child: row.text()?,
                procedure: row.text()?,
                code: row.text()?,
                detail: from_json("notice", &row.text()?)?,
                state: NoticeState::stored(&row.text()?)?,
                shown: Shown::stored(&row.text()?)?,
                joyful: row.flag()?,
                due_at: row.int()?,
                handed_at: row.maybe_int()?,
                seen_at: row.maybe_int()?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let mut children: Vec<String> = Vec::new();
    for item in &items {
        if !item.child.is_empty() && !children.contains(&item.child) {
            children.push(item.child.clone());
        }
    }
    Ok(CaseLine {
        items,
        notices,
        losses: losses(tx, case)?,
        children,
    })
}

pub(super) fn counts(tx: &dyn Tx) -> Result<NonstopCounts, StoreError> {
    let mut counts = NonstopCounts::default();
    for mut row in tx.rows(
        "SELECT state, count(*) FROM nonstop_items
         WHERE state IN ('prepared', 'held', 'offered') OR (state = 'done' AND needs = 'check') GROUP BY state",
        &[],
    )? {
        let state = ItemState::stored(&row.text()?)?;
        let count = row.int()?;
        match state {
            ItemState::Offered => counts.offered = count,
            _ => counts.prepared += count,
        }
    }
    for mut row in tx.rows(
        "SELECT p.state, i.needs = '', count(*), CAST(sum(p.yen) AS BIGINT) FROM nonstop_payments p
         JOIN nonstop_items i ON i.id = p.item WHERE p.state IN ('due', 'held', 'aside') GROUP BY p.state, i.needs = ''",
        &[],
    )? {
        let state = row.text()?;
        let with_account = row.flag()?;
        let (count, yen) = (row.int()?, row.int()?);
        match (state.as_str(), with_account) {
            ("due", true) => (counts.due, counts.due_yen) = (count, yen),
            ("due", false) => counts.without_account = count,
            ("aside", _) => counts.aside += count,
            _ => counts.held += count,
        }
    }
    Ok(counts)
}

pub(super) fn aside(tx: &dyn Tx, limit: u32) -> Result<Vec<Aside>, StoreError> {
    tx.rows(
        "SELECT p.item, i.detail, p.month, p.yen, p.reason FROM nonstop_payments p JOIN nonstop_items i ON i.id = p.item
         WHERE p.state = 'aside' ORDER BY p.item, p.id LIMIT $1",
        cells![i64::from(limit)],
    )?
    .into_iter()
    .map(|mut row| {
        let item = row.int()?;
        let detail: ItemDetail = from_json("item", &row.text()?)?;
        Ok(Aside {
            item,
            title: detail.title,
            month: row.text()?,
            yen: row.int()?,
            why: Unpayable::stored(&row.text()?)?,
        })
    })
    .collect()
}

const FILE: &str =
    "SELECT id, transfer_day, records, yen, sha256, released_at, actor FROM nonstop_files";

fn a_file(row: &mut Row) -> Result<FileRow, StoreError> {
    Ok(FileRow {
        id: row.int()?,
        transfer_day: row.text()?,
        records: row.int()?,
        yen: row.int()?,
        sha256: fixed("file hash", &row.blob()?)?,
        released_at: row.int()?,
        actor: row.text()?,
    })
}

pub(super) fn files(tx: &dyn Tx, limit: u32) -> Result<Vec<FileRow>, StoreError> {
    tx.rows(
        &format!("{FILE} ORDER BY id DESC LIMIT $1"),
        cells![i64::from(limit)],
    )?
    .into_iter()
    .map(|mut row| a_file(&mut row))
    .collect()
}

pub(super) fn file(tx: &dyn Tx, id: i64) -> Result<Option<(FileRow, Vec<u8>)>, StoreError> {
    let sql = FILE.replace("actor FROM", "actor, bytes FROM");
    tx.rows(&format!("{sql} WHERE id = $1"), cells![id])?
        .into_iter()
        .next()
        .map(|mut row| Ok((a_file(&mut row)?, row.blob()?)))
        .transpose()
}
