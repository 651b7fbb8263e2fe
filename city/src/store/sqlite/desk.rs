//! The officers' desk on SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use ubugoe_protocol::FilingId;

use super::read::{ROW, RawRow, filing_id, raw, state};
use super::write::{append_audit, begin, decide_in};
use super::{SqliteStore, failed};
use crate::casework::{FilingState, ReasonCode};
use crate::store::desk::{
    CaseLine, Concluded, Conclusion, DeskEntry, DeskStep, DeskStore, Done, Hand, Look,
    MOST_COUNTED, MOST_FOUND, OnDesk, Proposal, Queue, QueueCounts, Unsearchable, Whose, named,
    past, reason_condition, reason_word,
};
use crate::store::{Arrival, Decided, Decision, Sealer, StoreError, facts_from_text, unsigned};

const LISTING: &str = "listing a queue";

struct RawLine {
    row: RawRow,
    device: String,
    assignee: Option<String>,
    proposed_by: Option<String>,
}

fn raw_line(row: &Row<'_>) -> rusqlite::Result<RawLine> {
    Ok(RawLine {
        row: raw(row)?,
        device: row.get(11)?,
        assignee: row.get(12)?,
        proposed_by: row.get(13)?,
    })
}

fn lines(
    c: &Connection,
    sql: &str,
    values: &[Box<dyn ToSql>],
) -> Result<Vec<CaseLine>, StoreError> {
    let mut statement = c.prepare_cached(sql).map_err(failed(LISTING))?;
    let values = rusqlite::params_from_iter(values.iter().map(AsRef::as_ref));
    let found = statement
        .query_map(values, raw_line)
        .map_err(failed(LISTING))?;
    found
        .map(|line| {
            let line = line.map_err(failed(LISTING))?;
            Ok(CaseLine {
                row: line.row.into_row()?,
                device: line.device.parse().map_err(|e: ubugoe_protocol::IdError| {
                    StoreError::Corrupt {
                        what: "device",
                        detail: e.to_string(),
                    }
                })?,
                assignee: line.assignee,
                proposed_by: line.proposed_by,
            })
        })
        .collect()
}

/// Conditions with their parameters, in the order in which they were added.
#[derive(Default)]
struct Where {
    conditions: Vec<String>,
    values: Vec<Box<dyn ToSql>>,
}

impl Where {
    fn value(&mut self, value: impl ToSql + 'static) -> String {
        self.values.push(Box::new(value));
        format!("?{}", self.values.len())
    }
}

fn queue(c: &Connection, queue: Queue) -> Result<Vec<CaseLine>, StoreError> {
    let mut w = Where::default();
    if let Some(state) = queue.state {
        let value = w.value(state.code());
        w.conditions.push(format!("f.state = {value}"));
    }
    match queue.whose {
        Whose::All => {}
        Whose::Of(account) => {
            let value = w.value(account);
            w.conditions.push(format!("f.assignee = {value}"));
        }
        Whose::Nobody => w.conditions.push("f.assignee IS NULL".to_owned()),
    }
    if queue.proposed {
        w.conditions.push("f.proposed_by IS NOT NULL".to_owned());
    }
    if let Some(day) = queue.due_until {
        let value = w.value(day);
        w.conditions.push(format!("f.due_key <= {value}"));
    }
    if let Some(procedure) = queue.procedure {
        let value = w.value(procedure);
        w.conditions.push(format!("f.procedure = {value}"));
    }
    if let Some(code) = queue.reason {
        let value = w.value(reason_word(code));
        w.conditions.push(reason_condition(code, &value));
    }
    if let Some(device) = queue.device {
        let value = w.value(device.as_str().to_owned());
        w.conditions.push(format!(
            "f.device = {value} AND f.facts NOT LIKE '%\"protected\":true%'"
        ));
    }
    if let Some(after) = queue.after {
        let due = w.value(after.due_key);
        let at = w.value(after.arrived_at);
        let number = w.value(i64::try_from(after.arrival_no).unwrap_or(i64::MAX));
        w.conditions.push(format!(
            "(f.due_key, f.arrived_at, f.arrival_no) > ({due}, {at}, {number})"
        ));
    }
    let limit = w.value(queue.limit);
    let conditions = if w.conditions.is_empty() {
        "true".to_owned()
    } else {
        w.conditions.join(" AND ")
    };
    let sql = format!(
        "SELECT {ROW}, f.device, f.assignee, f.proposed_by FROM filings f WHERE {conditions}
         ORDER BY f.due_key, f.arrived_at, f.arrival_no LIMIT {limit}"
    );
    lines(c, &sql, &w.values)
}

fn queue_counts(c: &Connection, me: &str, urgent: &str) -> Result<QueueCounts, StoreError> {
    let count =
        |from: &str| format!("(SELECT count(*) FROM (SELECT 1 FROM {from} LIMIT {MOST_COUNTED}))");
    let sql = format!(
        "SELECT {}, {}, {}, {}, {}, {}, {}, {}",
        count("filings WHERE state = 'arrived'"),
        count("filings WHERE state = 'arrived' AND due_key <= ?2"),
        count("filings WHERE assignee = ?1 AND state = 'arrived'"),
        count("filings WHERE assignee IS NULL AND state = 'arrived'"),
        count("filings WHERE proposed_by IS NOT NULL"),
        count("filings WHERE state = 'returned'"),
        count("filings WHERE state = 'accepted'"),
        count("quarantine WHERE resolved_at IS NULL"),
    );
    c.query_row(&sql, params![me, urgent], |row| {
        let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
        Ok(QueueCounts {
            arrived: number(0)?,
            urgent: number(1)?,
            mine: number(2)?,
            free: number(3)?,
            proposed: number(4)?,
            returned: number(5)?,
            accepted: number(6)?,
            quarantined: number(7)?,
        })
    })
    .map_err(failed("counting a queue"))
}

fn on_desk(c: &Connection, id: FilingId) -> Result<OnDesk, StoreError> {
    const DOING: &str = "reading the desk";
    let id = id.as_bytes().as_slice();
    let found = c
        .query_row(
            "SELECT assignee, proposed_by FROM filings WHERE id = ?1",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(failed(DOING))?;
    let Some((assignee, proposed_by)) = found else {
        return Ok(OnDesk::default());
    };
    let mut statement = c
        .prepare_cached(
            "SELECT seq, at, actor, what, version, detail, note FROM desk_log WHERE filing = ?1 ORDER BY seq",
        )
        .map_err(failed(DOING))?;
    let rows = statement
        .query_map([id], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })
        .map_err(failed(DOING))?;
    let log = rows
        .map(|row| {
            let (seq, at, actor, what, version, detail, note) = row.map_err(failed(DOING))?;
            Ok(DeskEntry {
                seq: unsigned("desk number", seq)?,
                at,
                actor,
                what: DeskStep::from_code(&what)?,
                version: unsigned("version", version)?,
                detail,
                note,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(OnDesk {
        assignee,
        proposed_by,
        log,
    })
}

/// What decides whether a step is open.
struct Standing {
    state: FilingState,
    version: i64,
    assignee: Option<String>,
    proposed_by: Option<String>,
    /// Number of the newest proposal.
    proposal: Option<i64>,
}

const WORKING: &str = "working at the desk";

fn standing(tx: &Transaction<'_>, id: FilingId) -> Result<Option<Standing>, StoreError> {
    let found = tx
        .query_row(
            "SELECT f.state, (SELECT count(*) FROM history WHERE filing = f.id), f.assignee, f.proposed_by,
                    (SELECT max(seq) FROM desk_log WHERE filing = f.id AND what = 'proposed')
             FROM filings f WHERE f.id = ?1 AND f.erased_at IS NULL",
            [id.as_bytes().as_slice()],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            },
        )
        .optional()
        .map_err(failed(WORKING))?;
    let Some((code, version, assignee, proposed_by, proposal)) = found else {
        return Ok(None);
    };
    Ok(Some(Standing {
        state: state(&code)?,
        version,
        assignee,
        proposed_by,
        proposal,
    }))
}

fn write(
    tx: &Transaction<'_>,
    hand: &Hand,
    what: DeskStep,
    version: i64,
    detail: Option<&str>,
    note: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO desk_log (filing, seq, at, actor, what, version, detail, note)
         VALUES (?1, (SELECT count(*) FROM desk_log WHERE filing = ?1), ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            hand.filing.as_bytes().as_slice(),
            hand.at,
            hand.actor,
            what.code(),
            version,
            detail,
            note
        ],
    )
    .map_err(failed(WORKING))?;
    Ok(())
}

fn set(
    tx: &Transaction<'_>,
    id: FilingId,
    column: &str,
    value: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        &format!("UPDATE filings SET {column} = ?2 WHERE id = ?1"),
        params![id.as_bytes().as_slice(), value],
    )
    .map_err(failed(WORKING))?;
    Ok(())
}

fn take(c: &mut Connection, hand: &Hand, from: Option<&str>) -> Result<Done, StoreError> {
    let tx = begin(c, WORKING)?;
    let Some(now) = standing(&tx, hand.filing)? else {
        return Ok(Done::NotFound);
    };
    if now.state == FilingState::Accepted || now.assignee.as_deref() != from {
        return Ok(Done::Stale);
    }
    set(&tx, hand.filing, "assignee", Some(&hand.actor))?;
    write(&tx, hand, DeskStep::Taken, now.version, None, None)?;
    append_audit(&tx, &hand.audit_entry(DeskStep::Taken, String::new()))?;
    tx.commit().map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

fn put_back(c: &mut Connection, hand: &Hand) -> Result<Done, StoreError> {
    let tx = begin(c, WORKING)?;
    let Some(now) = standing(&tx, hand.filing)? else {
        return Ok(Done::NotFound);
    };
    if now.assignee.as_deref() != Some(&hand.actor) {
        return Ok(Done::Stale);
    }
    set(&tx, hand.filing, "assignee", None)?;
    write(&tx, hand, DeskStep::GivenBack, now.version, None, None)?;
    append_audit(&tx, &hand.audit_entry(DeskStep::GivenBack, String::new()))?;
    tx.commit().map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

fn ticks(
    tx: &Transaction<'_>,
    hand: &Hand,
    version: i64,
    paths: &[String],
) -> Result<(), StoreError> {
    if paths.is_empty() {
        return Ok(());
    }
    for path in paths {
        write(tx, hand, DeskStep::Ticked, version, Some(path), None)?;
    }
    append_audit(
        tx,
        &hand.audit_entry(DeskStep::Ticked, paths.len().to_string()),
    )
}

fn tick(
    c: &mut Connection,
    hand: &Hand,
    version: u32,
    paths: &[String],
) -> Result<Done, StoreError> {
    let tx = begin(c, WORKING)?;
    let Some(now) = standing(&tx, hand.filing)? else {
        return Ok(Done::NotFound);
    };
    if now.version != i64::from(version) || now.state == FilingState::Accepted {
        return Ok(Done::Stale);
    }
    ticks(&tx, hand, now.version, paths)?;
    tx.commit().map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

fn propose(c: &mut Connection, proposal: &Proposal) -> Result<Done, StoreError> {
    let hand = &proposal.hand;
    let tx = begin(c, WORKING)?;
    let Some(now) = standing(&tx, hand.filing)? else {
        return Ok(Done::NotFound);
    };
    if now.version != i64::from(proposal.version)
        || now.proposed_by.is_some()
        || !now.state.may_become(FilingState::Accepted)
    {
        return Ok(Done::Stale);
    }
    ticks(&tx, hand, now.version, &proposal.ticks)?;
    set(&tx, hand.filing, "proposed_by", Some(&hand.actor))?;
    let note = proposal.note.as_deref();
    write(&tx, hand, DeskStep::Proposed, now.version, None, note)?;
    append_audit(&tx, &hand.audit_entry(DeskStep::Proposed, String::new()))?;
    tx.commit().map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

fn send_back(
    c: &mut Connection,
    hand: &Hand,
    proposal: u32,
    note: &str,
) -> Result<Done, StoreError> {
    let tx = begin(c, WORKING)?;
    let Some(now) = standing(&tx, hand.filing)? else {
        return Ok(Done::NotFound);
    };
    let Some(maker) = now
        .proposed_by
        .filter(|_| now.proposal == Some(i64::from(proposal)))
    else {
        return Ok(Done::Stale);
    };
    if maker == hand.actor {
        return Ok(Done::SamePerson);
    }
    set(&tx, hand.filing, "proposed_by", None)?;
    write(&tx, hand, DeskStep::SentBack, now.version, None, Some(note))?;
    append_audit(&tx, &hand.audit_entry(DeskStep::SentBack, String::new()))?;
    tx.commit().map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

fn conclude(
    c: &mut Connection,
    decision: &Decision,
    conclusion: &Conclusion,
    sealer: &dyn Sealer,
) -> Result<Concluded, StoreError> {
    let tx = begin(c, "deciding")?;
    let Some(now) = standing(&tx, decision.filing)? else {
        return Ok(Concluded::Decided(Decided::NotFound));
    };
    if now.version != i64::from(decision.version) || !now.state.may_become(decision.to) {
        return Ok(Concluded::Decided(Decided::Stale { state: now.state }));
    }
    let hand = Hand {
        filing: decision.filing,
        actor: decision.actor.clone(),
        at: decision.at,
    };
    if let Some(number) = conclusion.confirms {
        let Some(maker) = now
            .proposed_by
            .filter(|_| now.proposal == Some(i64::from(number)))
        else {
            return Ok(Concluded::NoProposal);
        };
        if maker == decision.actor {
            return Ok(Concluded::SamePerson);
        }
        write(&tx, &hand, DeskStep::Confirmed, now.version, None, None)?;
        append_audit(&tx, &hand.audit_entry(DeskStep::Confirmed, String::new()))?;
    }
    ticks(&tx, &hand, now.version, &conclusion.ticks)?;
    let decided = decide_in(&tx, decision, sealer)?;
    if matches!(decided, Decided::Done { .. }) {
        tx.commit().map_err(failed("committing a decision"))?;
    }
    Ok(Concluded::Decided(decided))
}

fn look(c: &Connection, look: Look) -> Result<Vec<CaseLine>, StoreError> {
    let mut w = Where::default();
    let order = look.order();
    let which = match look {
        Look::Number(recipient, number) => {
            let recipient = w.value(recipient.as_str().to_owned());
            let number = w.value(i64::try_from(number).unwrap_or(i64::MAX));
            format!(
                "SELECT id FROM filings WHERE recipient = {recipient} AND arrival_no = {number}
                 UNION SELECT filing FROM earlier WHERE recipient = {recipient} AND arrival_no = {number}"
            )
        }
        Look::Id(id) => {
            let id = w.value(id.as_bytes().to_vec());
            format!("SELECT {id}")
        }
        Look::Token(hash) => {
            let hash = w.value(hash.to_vec());
            format!(
                "SELECT g.id FROM filings g WHERE (g.recipient, g.device, g.case_id) IN (
                     SELECT recipient, device, case_id FROM cases WHERE token_sha256 = {hash}
                     UNION SELECT recipient, device, case_id FROM case_aliases WHERE token_sha256 = {hash})"
            )
        }
        Look::Name { folded, most } => {
            let end = w.value(past(&folded));
            named(&w.value(folded), &end, most)
        }
    };
    let sql = format!(
        "SELECT {ROW}, f.device, f.assignee, f.proposed_by FROM filings f WHERE f.id IN ({which})
         ORDER BY {order} LIMIT {MOST_FOUND}"
    );
    lines(c, &sql, &w.values)
}

/// Makes a filing searchable as it lands.
pub(super) fn index(tx: &Transaction<'_>, arrival: &Arrival) -> Result<(), StoreError> {
    let reasons = arrival.facts.reasons.iter().map(|reason| reason.code);
    index_as(tx, arrival.id, &arrival.terms, reasons)
}

fn index_as(
    tx: &Transaction<'_>,
    id: FilingId,
    terms: &[String],
    reasons: impl Iterator<Item = ReasonCode>,
) -> Result<(), StoreError> {
    const DOING: &str = "making a filing searchable";
    let mut statement = tx
        .prepare_cached(
            "INSERT INTO search_terms (kind, term, filing, arrived_at)
             VALUES (?1, ?2, ?3, (SELECT arrived_at FROM filings WHERE id = ?3)) ON CONFLICT DO NOTHING",
        )
        .map_err(failed(DOING))?;
    for term in terms {
        statement
            .execute(params!["n", term, id.as_bytes().as_slice()])
            .map_err(failed(DOING))?;
    }
    for code in reasons {
        statement
            .execute(params!["r", reason_word(code), id.as_bytes().as_slice()])
            .map_err(failed(DOING))?;
    }
    Ok(())
}

fn unsearchable(c: &Connection, limit: u32) -> Result<Vec<Unsearchable>, StoreError> {
    const DOING: &str = "reading what cannot be searched";
    let mut statement = c
        .prepare_cached(
            "SELECT f.id, f.canonical, f.facts FROM search_todo t JOIN filings f ON f.id = t.filing LIMIT ?1",
        )
        .map_err(failed(DOING))?;
    let rows = statement
        .query_map([limit], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get(1)?,
                row.get::<_, String>(2)?,
            ))
        })
        .map_err(failed(DOING))?;
    rows.map(|row| {
        let (id, canonical, facts) = row.map_err(failed(DOING))?;
        let facts = facts_from_text(&facts)?;
        Ok(Unsearchable {
            id: filing_id(&id)?,
            canonical,
            reasons: facts.reasons.iter().map(|reason| reason.code).collect(),
        })
    })
    .collect()
}

fn make_searchable(
    c: &mut Connection,
    filings: Vec<(FilingId, Vec<String>, Vec<ReasonCode>)>,
) -> Result<(), StoreError> {
    const DOING: &str = "making filings searchable";
    let tx = begin(c, DOING)?;
    for (id, terms, reasons) in filings {
        index_as(&tx, id, &terms, reasons.into_iter())?;
        tx.execute(
            "DELETE FROM search_todo WHERE filing = ?1",
            [id.as_bytes().as_slice()],
        )
        .map_err(failed(DOING))?;
    }
    tx.commit().map_err(failed(DOING))
}

#[async_trait]
impl DeskStore for SqliteStore {
    async fn queue(&self, asked: Queue) -> Result<Vec<CaseLine>, StoreError> {
        self.with(LISTING, move |c| queue(c, asked)).await
    }

    async fn queue_counts(&self, me: String, urgent: String) -> Result<QueueCounts, StoreError> {
        self.with("counting a queue", move |c| queue_counts(c, &me, &urgent))
            .await
    }

    async fn badge(&self) -> Result<u64, StoreError> {
        const DOING: &str = "counting the quarantine";
        self.with(DOING, |c| {
            c.query_row(
                "SELECT count(*) FROM (SELECT 1 FROM quarantine WHERE resolved_at IS NULL LIMIT ?1)",
                [i64::from(MOST_COUNTED)],
                |row| row.get::<_, i64>(0),
            )
            .map(i64::unsigned_abs)
            .map_err(failed(DOING))
        })
        .await
    }

    async fn on_desk(&self, filing: FilingId) -> Result<OnDesk, StoreError> {
        self.with("reading the desk", move |c| on_desk(c, filing))
            .await
    }

    async fn take(&self, hand: Hand, from: Option<String>) -> Result<Done, StoreError> {
        self.with(WORKING, move |c| take(c, &hand, from.as_deref()))
            .await
    }

    async fn put_back(&self, hand: Hand) -> Result<Done, StoreError> {
        self.with(WORKING, move |c| put_back(c, &hand)).await
    }

    async fn tick(&self, hand: Hand, version: u32, paths: Vec<String>) -> Result<Done, StoreError> {
        self.with(WORKING, move |c| tick(c, &hand, version, &paths))
            .await
    }

    async fn propose(&self, proposal: Proposal) -> Result<Done, StoreError> {
        self.with(WORKING, move |c| propose(c, &proposal)).await
    }

    async fn send_back(&self, hand: Hand, proposal: u32, note: String) -> Result<Done, StoreError> {
        self.with(WORKING, move |c| send_back(c, &hand, proposal, &note))
            .await
    }

    async fn conclude(
        &self,
        decision: Decision,
        conclusion: Conclusion,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Concluded, StoreError> {
        self.with("deciding", move |c| {
            conclude(c, &decision, &conclusion, sealer.as_ref())
        })
        .await
    }

    async fn look(&self, asked: Look) -> Result<Vec<CaseLine>, StoreError> {
        self.with("searching", move |c| look(c, asked)).await
    }

    async fn unsearchable(&self, limit: u32) -> Result<Vec<Unsearchable>, StoreError> {
        self.with("reading what cannot be searched", move |c| {
            unsearchable(c, limit)
        })
        .await
    }

    async fn make_searchable(
        &self,
        filings: Vec<(FilingId, Vec<String>, Vec<ReasonCode>)>,
    ) -> Result<(), StoreError> {
        self.with("making filings searchable", move |c| {
            make_searchable(c, filings)
        })
        .await
    }
}
